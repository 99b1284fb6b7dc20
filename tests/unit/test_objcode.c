/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Objects that gcc makes here and now, compared as base and patched; and what no compiler would write. */
#include "kernel/objcode.h"

#include "base/child.h"
#include "base/file.h"
#include "kernel/audit_names.h"
#include "unit.h"

#define HEAD                                                                                       \
	"void out(int, const char *);\nextern int state;\nstatic int seen;\n"                      \
	"#define OUT(x) out(__LINE__, x)\n"

static struct objcode compiled(struct arena *arena, const char *text)
{
	char *dir, *source, *object;
	struct objcode code;
	struct child_answer answer;

	assert_ok(file_temp_dir(arena, "test_objcode", &dir));
	source = arena_printf(arena, "%s/x.c", dir);
	object = arena_printf(arena, "%s/x.o", dir);
	assert_ok(file_write(source, slice_of(text), 0644));
	{
		const char *const argv[] = { "gcc", "-O2",  "-fno-pic", "-fcf-protection=none",
					     "-c",  source, "-o",	object,
					     NULL };
		struct child_ask ask = { .argv = argv };

		assert_ok(child_run(arena, &ask, &answer));
		assert_int_equal(answer.status, 0);
	}
	{
		const char *const argv[] = { OBJCODE_COMMAND, object, NULL };
		struct child_ask ask = { .argv = argv };

		assert_ok(child_run(arena, &ask, &answer));
		assert_int_equal(answer.status, 0);
	}
	objcode_read(arena, answer.out, &code);
	assert_ok(file_remove_tree(dir));
	return code;
}

/* All lines of the second source stand three lower than in the first. */
static size_t three_lower(void *data, size_t line)
{
	(void)data;
	return line + 3;
}

/* "changed f, new g" */
static const char *changes(struct arena *arena, const char *base, const char *patched,
			   objcode_line *line)
{
	static const char *const words[] = { "changed", "new", "gone" };
	struct objcode was = compiled(arena, base), is = compiled(arena, patched);
	struct objcode_changes found;
	struct text out __free_text = TEXT_INIT;

	objcode_compare(arena, &was, &is, line, NULL, &found);
	for (size_t i = 0; i < found.n; i++)
		text_addf(&out, "%s%s %s", i ? ", " : "", words[found.items[i].kind],
			  found.items[i].name);
	return arena_strdup(arena, text_str(&out));
}

#define LAST "int last(int a)\n{\n\tseen++;\n\tif (a)\n\t\tOUT(\"last\");\n\treturn a + seen;\n}\n"

static void code_that_only_moved_is_the_same(void **state)
{
	assert_string_equal(changes(*state, HEAD "int f(int a)\n{\n\treturn a;\n}\n\n\n\n\n" LAST,
				    HEAD "int f(int a)\n{\n\tif (state)\n\t\tOUT(\"more\");\n"
					 "\tstate += a * 77;\n\treturn a;\n}\n\n" LAST,
				    NULL),
			    "changed f");
}

static void a_line_number_that_moved_with_its_line_is_no_change(void **state)
{
	const char *base = HEAD LAST, *patched = HEAD "\n\n\n" LAST;

	assert_string_equal(changes(*state, base, patched, three_lower), "");
	/* Any other number is, and so is this one where nothing moved. */
	assert_string_equal(changes(*state, base, patched, NULL), "changed last");
	assert_string_equal(changes(*state, HEAD "int f(void)\n{\n\treturn 41;\n}\n",
				    HEAD "int f(void)\n{\n\treturn 43;\n}\n", three_lower),
			    "changed f");
}

static void what_is_called_counts_wherever_it_is(void **state)
{
#define CALLS(g)                                                                                     \
	HEAD "__attribute__((noinline)) static void one(int a)\n{\n\tseen += a;\n\tOUT(\"1\");\n}\n" \
	     "__attribute__((noinline)) static void two(int a)\n{\n\tseen -= a;\n\tOUT(\"2\");\n}\n" \
	     "void f(int a)\n{\n\tone(a);\n\ttwo(a);\n\t" g "(a + 1);\n\tout(a, \"f\");\n}\n"
	assert_string_equal(changes(*state, CALLS("one"), CALLS("two"), NULL), "changed f");
}

static void another_variable_is_another_code(void **state)
{
#define SETS(x)                                                                                                                       \
	HEAD "static int other;\nint *g(int a)\n{\n\tseen = a;\n\tother = a;\n\treturn a ? &seen : &other;\n}\nvoid f(void)\n{\n\t" x \
	     "++;\n}\n"
	assert_string_equal(changes(*state, SETS("seen"), SETS("other"), NULL), "changed f");
}

static void functions_come_and_go(void **state)
{
	assert_string_equal(changes(*state, HEAD "int a(void)\n{\n\treturn 1;\n}\n",
				    HEAD "int b(void)\n{\n\treturn 1;\n}\n", NULL),
			    "gone a, new b");
}

static void parts_that_the_compiler_made_are_one_function(void **state)
{
	struct objcode code;

	objcode_read(
		*state,
		SLICE("Disassembly of section .text:\n\n"
		      "0000000000000000 <f.part.0>:\n   0:\tret\n   1:\tnop\n\n"
		      "0000000000000010 <f>:\n  10:\tjmp    10 <f>\n  12:\tnopw   0x0(%rax,%rax,1)\n"
		      "\nDisassembly of section .text.unlikely:\n\n"
		      "0000000000000000 <f.cold>:\n   0:\tjmp    5 <f.cold+0x5>\t1: R_X86_64_PC32\t.text+0xc\n"),
		&code);
	assert_int_equal(code.n, 1);
	assert_string_equal(code.items[0].name, "f");
	assert_int_equal(code.items[0].n, 3);
	assert_true(slice_is(code.items[0].items[0], "jmp #0"));
}

static void nonsense_is_read_as_nothing(void **state)
{
	static const char *const texts[] = {
		"",
		"SYMBOL TABLE:\n",
		"SYMBOL TABLE:\nffffffffffffffffffffff l     F .text\tzz\n",
		"Disassembly of section \n0 <>:\n 0:\t\n",
		"Disassembly of section .text:\n<x>:\n",
		"Disassembly of section .text:\n0 <x>:\n 0:\tjmp <\n 1:\tjmp >\n 2:\t>\t: \n 3:\ta\t4: R\t+0x\n",
		"Disassembly of section .text:\n0 <x>:\n 9:\tjmp 9 <x>\n 1:\tjmp 9 <x>\t\t\t\n\t:\n",
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct objcode code;
		struct objcode_changes found;

		objcode_read(*state, slice_of(texts[i]), &code);
		objcode_compare(*state, &code, &code, NULL, NULL, &found);
		assert_int_equal(found.n, 0);
	}
}

static char *said(struct arena *arena, const struct audit_change *change)
{
	struct text out __free_text = TEXT_INIT;

	for (size_t i = 0; i < change->functions.n; i++)
		text_addf(&out, "%s" SLICE_FMT "()", i ? " " : "",
			  SLICE_ARG(change->functions.items[i]));
	for (size_t i = 0; i < change->names.n; i++)
		text_addf(&out, " " SLICE_FMT, SLICE_ARG(change->names.items[i]));
	text_adds(&out, change->wide ? " wide" : "");
	return arena_strdup(arena, text_str(&out));
}

static void a_change_is_about_functions_names_or_anything(void **state)
{
#define FILE_WITH(body, macro, member)                                                             \
	"struct s {\n\tint a;\n" member "};\n#define M(x) " macro "\n"                             \
	"static int f(void)\n{\n\treturn " body ";\n}\n\nint g(void)\n{\n\treturn f();\n}\n"
	static const struct {
		const char *new, *want;
	} table[] = {
		{ FILE_WITH("1", "1", ""), "" },
		{ FILE_WITH("2", "1", ""), "f()" },
		{ FILE_WITH("1", "2", ""), " M" },
		{ FILE_WITH("1", "1", "\tlong b;\n"), " long wide" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		struct audit_change change = { 0 };

		assert_ok(audit_change(*state, slice_of(table[0].new), slice_of(table[i].new),
				       &change));
		assert_string_equal(said(*state, &change), table[i].want);
	}
}

UNIT_MAIN(unit(code_that_only_moved_is_the_same),
	  unit(a_line_number_that_moved_with_its_line_is_no_change),
	  unit(what_is_called_counts_wherever_it_is), unit(another_variable_is_another_code),
	  unit(functions_come_and_go), unit(parts_that_the_compiler_made_are_one_function),
	  unit(nonsense_is_read_as_nothing), unit(a_change_is_about_functions_names_or_anything))
