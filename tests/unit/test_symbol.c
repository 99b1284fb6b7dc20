/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The names that ported lines bring, against those that the target has. */
#include "patch/symbol.h"
#include "unit.h"

static struct symbols *of_lines(struct arena *arena, const char *text)
{
	struct symbols *symbols = symbols_new(arena);
	struct lines lines = lines_of(arena, slice_of(text));

	symbols_add_lines(symbols, lines.items, lines.n);
	return symbols;
}

static struct symbols *of_text(struct arena *arena, const char *text)
{
	struct symbols *symbols = symbols_new(arena);

	symbols_add(symbols, slice_of(text));
	return symbols;
}

static void a_local_that_the_target_does_not_have_is_missed_behind_a_comment(void **state)
{
	struct symbols *brought =
		of_lines(*state, "\t/*\n\t * Not again.\n\t */\n\tif (ex->injected)\n");
	struct symbols *base = of_text(*state, "if (!ex->has_payload)\n\treturn;\n");
	struct symbols *target = of_text(*state, "if (!has_payload)\n\treturn;\n");
	struct symbol_miss miss;

	assert_int_equal(symbols_miss(brought, base, target, &miss), 1);
	assert_slice(miss.name, "ex");
	assert_false(miss.arity);
}

static void words_of_a_comment_that_began_above_are_no_names(void **state)
{
	struct symbols *brought = of_lines(*state, "\t * of the ex here\n\t */\n\tcall(vcpu);\n");

	assert_null(symbols_find(brought, SLICE("ex")));
	assert_non_null(symbols_find(brought, SLICE("call")));
}

static void a_call_with_another_number_of_arguments_is_missed(void **state)
{
	struct symbols *brought = of_lines(*state, "\tdeliver(vcpu, ex);\n");
	struct symbols *base = of_text(*state, "void deliver(struct vcpu *vcpu, struct ex *ex);\n");
	struct symbols *target = of_text(*state, "void deliver(struct vcpu *vcpu);\nex, vcpu;\n");
	struct symbol_miss miss;

	assert_int_equal(symbols_miss(brought, base, target, &miss), 1);
	assert_slice(miss.name, "deliver");
	assert_true(miss.arity);
}

static void a_name_that_neither_file_shows_proves_nothing(void **state)
{
	struct symbols *brought = of_lines(*state, "\tfresh(vcpu);\n");
	struct symbols *file = of_text(*state, "vcpu;\n");
	struct symbol_miss miss;

	assert_int_equal(symbols_miss(brought, file, file, &miss), 0);
}

UNIT_MAIN(unit(a_local_that_the_target_does_not_have_is_missed_behind_a_comment),
	  unit(words_of_a_comment_that_began_above_are_no_names),
	  unit(a_call_with_another_number_of_arguments_is_missed),
	  unit(a_name_that_neither_file_shows_proves_nothing))
