/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Objcode: the functions of an object file, as objdump shows them, without what moves when code moves.
 *
 * Addresses, displacements between functions and offsets into sections are turned into names; padding is left
 * out; a jump inside a function names the instruction that it goes to. What is left is the same when the
 * compiler did the same. Parts that it made of one function (.cold, .isra.0, .constprop.1, .part.2) are one.
 */
#ifndef SERIES_KERNEL_OBJCODE_H
#define SERIES_KERNEL_OBJCODE_H

#include "base/arena.h"
#include "base/text.h"

/* What makes the text that objcode_read() reads; the object's name comes behind. */
#define OBJCODE_COMMAND "objdump", "-w", "-t", "-d", "-r", "--no-show-raw-insn"

struct objcode_function {
	char *name;
	struct slice *items; /* instructions, part after part */
	size_t n, cap;
};
struct objcode {
	struct objcode_function *items; /* sorted by name */
	size_t n, cap;
};
void objcode_read(struct arena *arena, struct slice dump, struct objcode *code);
const struct objcode_function *objcode_find(const struct objcode *code, const char *name);

/* Where a line of the old source stands in the new one; 0: it is not there any more. */
typedef size_t objcode_line(void *data, size_t line);

enum objcode_change_kind { OBJCODE_CHANGED, OBJCODE_ADDED, OBJCODE_REMOVED };
struct objcode_change {
	enum objcode_change_kind kind;
	const char *name;
	struct slice was, is; /* the first instructions that differ; empty where there is none */
};
struct objcode_changes {
	struct objcode_change *items; /* sorted by name */
	size_t n, cap;
};
/* A number that is that of a source line, and moved as the line did (`line`, may be NULL), is no change. */
void objcode_compare(struct arena *arena, const struct objcode *base, const struct objcode *patched,
		     objcode_line *line, void *data, struct objcode_changes *changes);

#endif
