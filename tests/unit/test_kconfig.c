/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/kconfig.h"

#include "unit.h"

static struct kconfig parse(struct arena *arena, const char *text)
{
	struct kconfig kconfig = { 0 };

	kconfig_parse(arena, slice_of(text), &kconfig);
	return kconfig;
}

static void the_last_value_of_a_symbol_counts(void **state)
{
	struct kconfig kconfig = parse(
		*state, "# a comment\nCONFIG_KVM=m\n# CONFIG_SMP is not set\n"
			"CONFIG_KVM=y\r\nCONFIG_PANIC_TIMEOUT=-1\nCONFIG_NAME=\"a = b\"\n"
			"CONFIG_BROKEN\nNOT_A_SYMBOL=y\n# CONFIG_X Y is not set\nCONFIG_LAST=0x10");

	assert_int_equal(kconfig.n, 6);
	assert_slice(kconfig_value(&kconfig, SLICE("KVM")), "y");
	assert_slice(kconfig_value(&kconfig, SLICE("SMP")), "n");
	assert_slice(kconfig_value(&kconfig, SLICE("PANIC_TIMEOUT")), "-1");
	assert_slice(kconfig_value(&kconfig, SLICE("NAME")), "\"a = b\"");
	assert_slice(kconfig_value(&kconfig, SLICE("LAST")), "0x10");
	assert_slice(kconfig_value(&kconfig, SLICE("NOT_THERE")), "n");
}

static void what_did_not_stick_is_named_with_both_values(void **state)
{
	struct kconfig wanted = parse(*state,
				      "CONFIG_KVM=y\nCONFIG_SMM=y\nCONFIG_MODULES=y\n"
				      "# CONFIG_BLOCK is not set\n# CONFIG_WERROR is not set\n"
				      "CONFIG_TIMEOUT=-1\nCONFIG_TIMEOUT=5\n"
				      "# CONFIG_MODULES is not set\n");
	struct kconfig got = parse(*state, "CONFIG_KVM=y\nCONFIG_BLOCK=y\nCONFIG_TIMEOUT=-1\n"
					   "# CONFIG_MODULES is not set\nCONFIG_OTHER=y\n");
	struct kconfig_unmets unmets = { 0 };

	kconfig_compare(*state, &wanted, &got, &unmets);
	assert_int_equal(unmets.n, 3);
	assert_string_equal(unmets.items[0].name, "BLOCK");
	assert_string_equal(unmets.items[0].wanted, "n");
	assert_string_equal(unmets.items[0].got, "y");
	assert_string_equal(unmets.items[1].name, "SMM");
	assert_string_equal(unmets.items[1].got, "n");
	assert_string_equal(unmets.items[2].name, "TIMEOUT");
	assert_string_equal(unmets.items[2].wanted, "5");
	assert_string_equal(unmets.items[2].got, "-1");
	assert_false(unmets.items[1].lacking);
}

static void count(void *data, struct slice name)
{
	text_add_slice(data, name);
	text_addc(data, ' ');
}

static void declarations_are_found_and_uses_are_not(void **state)
{
	struct text names __free_text = TEXT_INIT;

	(void)state;
	kconfig_declared(SLICE("menuconfig VIRTUALIZATION\n\tbool \"x\"\nif VIRTUALIZATION\n"
			       "config KVM\n\ttristate\n\tselect SMM\n\tdepends on X86\n"
			       "  config\tKVM_XEN\nconfigure ME\nconfig \nconfig A B\nconfig LAST"),
			 count, &names);
	assert_string_equal(text_str(&names), "VIRTUALIZATION KVM KVM_XEN LAST ");
}

UNIT_MAIN(unit(the_last_value_of_a_symbol_counts),
	  unit(what_did_not_stick_is_named_with_both_values),
	  unit(declarations_are_found_and_uses_are_not))
