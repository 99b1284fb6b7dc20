/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/complaint.h"

#include "unit.h"

#define TOP "/series/source"

static struct complaints parse(struct arena *arena, const char *log)
{
	struct complaints complaints = { 0 };

	complaints_parse(arena, slice_of(log), TOP, &complaints);
	return complaints;
}

/* The only complaint of a log. */
static const struct complaint *only(struct arena *arena, const char *log)
{
	struct complaints complaints = parse(arena, log);

	if (complaints.n != 1)
		fail_msg("%zu complaints in: %s", complaints.n, log);
	return &complaints.items[0];
}

static void each_tool_is_understood(void **state)
{
	static const struct {
		const char *log;
		enum complaint_kind kind;
		const char *file, *function, *text;
		unsigned int line;
	} cases[] = {
		{ TOP "/lib/a.c: In function 'f':\n" TOP
		      "/lib/a.c:12:9: warning: unused variable 'x' [-Wunused-variable]\n"
		      "   12 |  int x;\n      |      ^\n",
		  COMPLAINT_WARNING, "lib/a.c", "f", "unused variable 'x' [-Wunused-variable]",
		  12 },
		{ TOP "/lib/a.c:3:10: fatal error: b.h: No such file or directory\n",
		  COMPLAINT_ERROR, "lib/a.c", "", "b.h: No such file or directory", 3 },
		{ "./include/linux/x.h:7:2: error: #error \"no\"\n", COMPLAINT_ERROR,
		  "include/linux/x.h", "", "#error \"no\"", 7 },
		{ "arch/x86/kvm/../../../virt/kvm/kvm_main.c:9:1: warning: symbol 'x' was not declared. Should it be static?\n",
		  COMPLAINT_WARNING, "virt/kvm/kvm_main.c", "",
		  "symbol 'x' was not declared. Should it be static?", 9 },
		{ TOP
		  "/kernel/reboot.c:234: warning: Function parameter 'cmd' not described in 'f'\n",
		  COMPLAINT_WARNING, "kernel/reboot.c", "",
		  "Function parameter 'cmd' not described in 'f'", 234 },
		{ "Warning: " TOP
		  "/kernel/reboot.c:234 function parameter 'cmd' not described in 'f'\n",
		  COMPLAINT_WARNING, "kernel/reboot.c", "",
		  "function parameter 'cmd' not described in 'f'", 234 },
		{ "WARNING: modpost: vmlinux: section mismatch in reference: f+0x1c (section: .text) -> g (section: .init.text)\n",
		  COMPLAINT_WARNING, "", "",
		  "modpost: vmlinux: section mismatch in reference: f (section: .text) -> g (section: .init.text)",
		  0 },
		{ "vmlinux.o: warning: objtool: kvm_x+0x5f: call to y() leaves .noinstr.text section\n",
		  COMPLAINT_WARNING, "vmlinux.o", "kvm_x",
		  "objtool: kvm_x: call to y() leaves .noinstr.text section", 0 },
		{ "ld: arch/x86/kvm/x86.o: in function `kvm_f':\nx86.c:(.text+0x12): undefined reference to `kvm_g'\n",
		  COMPLAINT_ERROR, "x86.c", "kvm_f", "undefined reference to `kvm_g'", 0 },
		{ "ld: warning: vmlinux has a LOAD segment with RWX permissions\n",
		  COMPLAINT_WARNING, "", "", "ld: vmlinux has a LOAD segment with RWX permissions",
		  0 },
		{ "make[3]: *** No rule to make target 'arch/x86/kvm/y.o', needed by 'built-in.a'.  Stop.\n"
		  "make[2]: *** [scripts/Makefile.build:466: arch/x86/kvm] Error 2\n",
		  COMPLAINT_ERROR, "", "",
		  "No rule to make target 'arch/x86/kvm/y.o', needed by 'built-in.a'.", 0 },
		{ TOP "/arch/x86/kvm/Makefile:7: *** missing separator.  Stop.\n", COMPLAINT_ERROR,
		  "arch/x86/kvm/Makefile", "", "missing separator.", 7 },
		{ TOP "/arch/x86/kvm/Kconfig:12: syntax error\n", COMPLAINT_ERROR,
		  "arch/x86/kvm/Kconfig", "", "syntax error", 12 },
		{ "arch/x86/kvm/Kconfig:12:warning: ignoring unsupported character '@'\n",
		  COMPLAINT_WARNING, "arch/x86/kvm/Kconfig", "",
		  "ignoring unsupported character '@'", 12 },
		{ "/bin/sh: 1: bc: not found\n", COMPLAINT_ERROR, "", "", "1: bc: not found", 0 },
		{ "x.S: Assembler messages:\n" TOP "/x.S:4: Error: no such instruction: `foo'\n",
		  COMPLAINT_ERROR, "x.S", "", "no such instruction: `foo'", 4 },
		{ "/usr/include/stdio.h:5:1: error: oh\n", COMPLAINT_ERROR, "stdio.h", "", "oh",
		  5 },
		{ "cc1: error: unrecognized command-line option '-Wx'\ncc1: all warnings being treated as errors\n",
		  COMPLAINT_ERROR, "", "", "cc1: unrecognized command-line option '-Wx'", 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct complaint *complaint = only(*state, cases[i].log);

		assert_string_equal(complaint->file, cases[i].file);
		assert_string_equal(complaint->function, cases[i].function);
		assert_string_equal(complaint->text, cases[i].text);
		assert_int_equal(complaint->kind, cases[i].kind);
		assert_int_equal(complaint->line, cases[i].line);
	}
}

static void what_is_no_complaint_is_passed_over(void **state)
{
	struct complaints complaints =
		parse(*state, "  CC      drivers/acpi/acpica/utxferror.o\n"
			      "   12 |  pr_err(\"a.c:1:1: warning: not one\");\n"
			      "In file included from " TOP
			      "/include/a.h:3,\n                 from b.c:1:\n" TOP
			      "/a.c:1:2: note: in expansion of macro 'X'\n"
			      "make[1]: Entering directory '/series/build'\n"
			      "make[2]: *** [scripts/Makefile.build:466: arch/x86/kvm] Error 2\n"
			      "make[2]: *** Waiting for unfinished jobs....\n"
			      "Kernel: arch/x86/boot/bzImage is ready  (#1)\n");

	assert_int_equal(complaints.n, 0);
}

static void lines_that_moved_and_headers_seen_twice_make_nothing_new(void **state)
{
	struct complaints fresh = { 0 };
	struct complaints before = parse(
		*state,
		"  CC      a.o\nIn file included from " TOP "/a.c:1:\n" TOP
		"/include/h.h: In function 'h':\n" TOP
		"/include/h.h:10:3: warning: '__UNIQUE_ID_x12' unused, see /series/source/b.h:7:1 [-Wunused]\n" TOP
		"/a.c: In function 'f.constprop.0':\n" TOP
		"/a.c:20:3: warning: f+0x12/0x34 is odd at line 7 [-Wodd]\n");
	struct complaints now = parse(
		*state,
		"  CC      b.o\nIn file included from " TOP "/b.c:1:\n" TOP
		"/include/h.h: In function 'h':\n" TOP
		"/include/h.h:11:5: warning: '__UNIQUE_ID_x99' unused, see /series/source/b.h:8:2 [-Wunused]\n"
		"  CC      a.o\n" TOP "/include/h.h: In function 'h':\n" TOP
		"/include/h.h:11:5: warning: '__UNIQUE_ID_x13' unused, see /series/source/b.h:8:2 [-Wunused]\n" TOP
		"/a.c: In function 'f':\n" TOP
		"/a.c:120:3: warning: f+0x2/0x44 is odd at line 107 [-Wodd]\n");

	assert_int_equal(before.n, 2);
	assert_int_equal(now.n, 2);
	complaints_new(*state, &before, &now, &fresh);
	assert_int_equal(fresh.n, 0);
}

static void the_same_words_elsewhere_are_new(void **state)
{
	struct complaints fresh = { 0 };
	struct complaints before = parse(*state,
					 TOP "/a.c: In function 'f':\n" TOP
					     "/a.c:1:1: warning: unused variable 'x' [-Wx]\n");
	struct complaints now = parse(
		*state, TOP
		"/a.c: In function 'f':\n" TOP "/a.c:1:1: warning: unused variable 'x' [-Wx]\n" TOP
		"/a.c: In function 'g':\n" TOP "/a.c:9:1: warning: unused variable 'x' [-Wx]\n" TOP
		"/b.c: In function 'f':\n" TOP "/b.c:9:1: warning: unused variable 'x' [-Wx]\n");

	complaints_new(*state, &before, &now, &fresh);
	assert_int_equal(fresh.n, 2);
	assert_string_equal(fresh.items[0].function, "g");
	assert_int_equal(fresh.items[0].line, 9);
	assert_string_equal(fresh.items[1].file, "b.c");
}

static void a_function_ends_with_the_object_it_is_in(void **state)
{
	struct complaints complaints =
		parse(*state, "  CC      a.o\n" TOP "/a.c: In function 'f':\n" TOP
			      "/a.c:1:1: warning: one [-Wx]\n"
			      "  CHECK   " TOP "/a.c\n" TOP "/a.c:2:1: warning: two\n"
			      "  CC      b.o\n" TOP "/b.c: In function 'g':\n" TOP
			      "/b.c: At top level:\n" TOP "/b.c:3:1: warning: three [-Wx]\n");

	assert_int_equal(complaints.n, 3);
	assert_string_equal(complaints.items[0].function, "f");
	assert_string_equal(complaints.items[1].function, "");
	assert_string_equal(complaints.items[2].function, "");
}

static void complaints_are_added_to_those_that_are_there(void **state)
{
	struct complaints complaints = { 0 };

	for (int i = 0; i < 2; i++)
		complaints_parse(*state, SLICE("a.c:1:1: warning: one\nb.c:1:1: warning: two\n"),
				 "", &complaints);
	assert_int_equal(complaints.n, 2);
	for (int i = 0; i < 500; i++)
		complaints_parse(*state,
				 slice_of(arena_printf(*state, "a.c:1:1: warning: w%d\n", i)), "",
				 &complaints);
	assert_int_equal(complaints.n, 502);
}

UNIT_MAIN(unit(each_tool_is_understood), unit(what_is_no_complaint_is_passed_over),
	  unit(lines_that_moved_and_headers_seen_twice_make_nothing_new),
	  unit(the_same_words_elsewhere_are_new), unit(a_function_ends_with_the_object_it_is_in),
	  unit(complaints_are_added_to_those_that_are_there))
