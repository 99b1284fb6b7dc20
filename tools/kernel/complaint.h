/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Complaint: what a compiler (or sparse) said, as data.
 *
 * Two are the same when file, function and text are, the text normalised: no line numbers, no
 * columns, no absolute paths. Lines move and a warning in a header comes once per file that includes it;
 * neither makes a new one.
 */
#ifndef SERIES_KERNEL_COMPLAINT_H
#define SERIES_KERNEL_COMPLAINT_H

#include "base/arena.h"
#include "base/text.h"

enum complaint_kind { COMPLAINT_WARNING, COMPLAINT_ERROR };

struct complaint {
	enum complaint_kind kind;
	char *file;	/* "arch/x86/kvm/x86.c", from the top of the sources; "" for a tool's own */
	char *function; /* "" outside of one */
	char *text;	/* normalised, with its [-Woption] */
	unsigned int line; /* where it was; 0: nobody said */
};
struct complaints {
	struct complaint *items; /* each once, in the order of the log */
	size_t n, cap;
};

/*
 * gcc's, clang's, the linker's, make's ("No rule to make target"), objtool's, modpost's and sparse's messages in a
 * log of a build; other lines are passed over. `top`: the sources' folder as the log has it
 * ("/series/source"), taken off the paths. O(bytes).
 */
void complaints_parse(struct arena *arena, struct slice log, const char *top,
		      struct complaints *complaints);
/* Those of `now` that are not in `before`. O(n log n). */
void complaints_new(struct arena *arena, const struct complaints *before,
		    const struct complaints *now, struct complaints *fresh);

#endif
