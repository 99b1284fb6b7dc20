/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Three texts, word by word; names that one file calls differently; changes that were refactored since. */
#include "patch/present.h"
#include "patch/words.h"
#include "unit.h"

static const char *merged(struct arena *arena, const char *old, const char *new, const char *mine)
{
	struct text out __free_text = TEXT_INIT;

	if (!words_merge(vocabulary_new(arena), slice_of(old), slice_of(new), slice_of(mine), &out))
		return NULL;
	return slice_str(arena, text_slice(&out));
}

static void changes_of_different_words_are_put_together(void **state)
{
	assert_string_equal(merged(*state, "\tf(a, b, c);", "\tf(a, b, d);", "\tg(a, b, c);"),
			    "\tg(a, b, d);");
	assert_string_equal(merged(*state, "f(a, b);", "f(a, b, c);", "x = f(a, b);"),
			    "x = f(a, b, c);");
	assert_string_equal(merged(*state, "f(a);", "f(b);", "f(b);"), "f(b);");
}

static void changes_that_overlap_or_touch_are_refused(void **state)
{
	assert_null(merged(*state, "f(a, b);", "f(c, b);", "f(d, b);"));
	assert_null(merged(*state, "f(a);", "f(a b);", "f(c);"));
	assert_null(merged(*state, "f(a);", "f(a, b);", "f(a, c);"));
}

static void a_hostile_line_is_refused_and_not_computed(void **state)
{
	struct text a __free_text = TEXT_INIT, b __free_text = TEXT_INIT;

	for (int i = 0; i < 20000; i++) {
		text_addf(&a, "a%d ", i);
		text_addf(&b, "b%d ", i);
	}
	assert_null(merged(*state, text_str(&a), text_str(&b), text_str(&a)));
}

static void a_name_is_renamed_when_three_lines_say_so_and_neither_side_has_both(void **state)
{
	static const char a[] =
		"x = call(pix_format, 1, 2);\none();\ny = other(pix_format, 3, 4);\ntwo();\nz = third(pix_format, 5, 6);\n";
	static const char b[] =
		"x = call(pixfmt, 1, 2);\none();\ny = other(pixfmt, 3, 4);\ntwo();\nz = third(pixfmt, 5, 6);\n";
	struct vocabulary *vocabulary = vocabulary_new(*state);
	struct align *align = align_new(*state, source_new(vocabulary, SLICE(a)),
					source_new(vocabulary, SLICE(b)));
	struct symbols *in_a = symbols_new(*state), *in_b = symbols_new(*state);
	struct renames renames;

	symbols_add(in_a, SLICE(a));
	symbols_add(in_b, SLICE(b));
	renames = renames_learn(*state, align, in_a, in_b);
	assert_int_equal(renames.n, 1);
	assert_slice(renames.items[0].to, "pixfmt");
	symbols_add(in_b, SLICE("pix_format"));
	assert_int_equal(renames_learn(*state, align, in_a, in_b).n, 0);
}

struct texts {
	struct present_text items[3];
	size_t n;
};

static int text_at(void *data, size_t index, struct present_text *text)
{
	const struct texts *texts = data;

	if (index >= texts->n)
		return 0;
	*text = texts->items[index];
	return 1;
}

static bool found(struct arena *arena, const char *here, const char *beside,
		  struct present *present)
{
	static const char patch[] =
		"--- a/x.c\n+++ b/x.c\n"
		"@@ -5,3 +5,8 @@ int get_regs(struct vcpu *vcpu)\n \tcheck_it(vcpu);\n+\thandle_the_quirk(vcpu);\n \tread_regs(vcpu);\n }\n"
		"+\n+static void handle_the_quirk(struct vcpu *vcpu)\n+{\n+\tdeliver(vcpu);\n"
		"@@ -20,3 +25,2 @@ void queue(struct vcpu *vcpu)\n \tset(vcpu);\n-\tdeliver_at_once(vcpu);\n }\n";
	struct texts texts = { { { "x.c", slice_of(here) }, { "regs.c", slice_of(beside) } }, 2 };
	struct diff diff;
	struct present_ask ask = { .text = text_at, .data = &texts };

	assert_ok(diff_parse(arena, slice_of(patch), &diff));
	ask.file = &diff.items[0];
	assert_ok(present_find(arena, &ask, present));
	return present->all && present->strong;
}

#define QUEUE "void queue(struct vcpu *vcpu)\n{\n\tset(vcpu);\n}\n"
#define QUEUE_OLD "void queue(struct vcpu *vcpu)\n{\n\tset(vcpu);\n\tdeliver_at_once(vcpu);\n}\n"
#define QUIRK "void handle_the_quirk(struct vcpu *vcpu)\n{\n\tdeliver(vcpu);\n}\n"
#define REGS                                                                                       \
	"int get_regs(struct vcpu *vcpu)\n{\n\tnew_check(vcpu);\n\thandle_the_quirk(vcpu);\n\tread_regs(vcpu);\n}\n"
#define REGS_OLD "int get_regs(struct vcpu *vcpu)\n{\n\tcheck_it(vcpu);\n\tread_regs(vcpu);\n}\n"

static void a_change_that_moved_to_another_file_is_seen(void **state)
{
	struct present present;

	assert_true(found(*state, QUEUE QUIRK, REGS, &present));
	assert_string_equal(present.hunks[0].path, "x.c");
	assert_true(found(*state, QUEUE QUIRK REGS, "", &present));
}

static void half_of_a_change_is_not_the_change(void **state)
{
	struct present present;

	assert_false(found(*state, QUEUE_OLD QUIRK, REGS, &present));
	assert_false(found(*state, QUEUE QUIRK, REGS_OLD, &present));
	assert_false(found(*state, QUEUE, REGS_OLD, &present));
	assert_false(found(*state, "", "", &present));
}

#define TUN_HEAD "int tun_one(struct page *page)\n{\n\tif (!page_ok(page)) {\n\t\tput_page(page);\n"
#define TUN(body)                                                                                  \
	TUN_HEAD "\t\treturn -EIO;\n\t}\n\tbuild_skb(page);\n\tif (!skb) {\n" body                 \
		 "\t\tgoto out;\n\t}\n}\n"

static bool fix_is_in(struct arena *arena, const char *base, const char *target)
{
	static const char patch[] =
		"--- a/tun.c\n+++ b/tun.c\n"
		"@@ -8,5 +8,6 @@ int tun_one(struct page *page)\n \tbuild_skb(page);\n \tif (!skb) {\n+\t\tput_page(page);\n \t\terr = -ENOMEM;\n \t\tgoto out;\n \t}\n";
	struct texts texts = { { { "tun.c", slice_of(target) } }, 1 };
	struct diff diff;
	struct present_ask ask = { .text = text_at, .data = &texts };
	struct present present;

	assert_ok(diff_parse(arena, slice_of(patch), &diff));
	ask.file = &diff.items[0];
	ask.base = slice_of(base);
	assert_ok(present_find(arena, &ask, &present));
	return present.all && present.strong;
}

static void a_line_that_the_function_has_elsewhere_is_not_the_fix(void **state)
{
	static const char base[] = TUN("\t\terr = -ENOMEM;\n");

	assert_false(fix_is_in(*state, base, TUN("\t\tret = -ENOMEM;\n")));
	assert_true(fix_is_in(*state, base, TUN("\t\tput_page(page);\n\t\tret = -ENOMEM;\n")));
}

UNIT_MAIN(unit(changes_of_different_words_are_put_together),
	  unit(changes_that_overlap_or_touch_are_refused),
	  unit(a_hostile_line_is_refused_and_not_computed),
	  unit(a_name_is_renamed_when_three_lines_say_so_and_neither_side_has_both),
	  unit(a_change_that_moved_to_another_file_is_seen),
	  unit(half_of_a_change_is_not_the_change),
	  unit(a_line_that_the_function_has_elsewhere_is_not_the_fix))
