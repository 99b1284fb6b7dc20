/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Diff: a unified diff, parsed into files, hunks and lines.
 *
 * Everything is a slice of the parsed buffer, or owned by the arena. Paths come from strangers:
 * what diff_parse() gives is relative, without "." or ".." or empty parts, not into .git, and
 * free of control characters; anything else is refused (FAIL_POLICY).
 */
#ifndef SERIES_PATCH_DIFF_H
#define SERIES_PATCH_DIFF_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/text.h"

struct diff_line {
	char kind;	   /* ' ' context, '-' removed, '+' added */
	struct slice text; /* without the kind and without '\n' */
	bool no_newline;   /* "\ No newline at end of file" follows it */
};

struct hunk {
	size_t old_start, old_count, new_start,
		new_count; /* lines, from 1, as the header has them */
	struct slice
		heading; /* what stands behind the second "@@", mostly a function; may be empty */
	size_t at;	 /* line of the parsed buffer that holds the "@@", from 1 */
	struct diff_line *items;
	size_t n, cap;
};

enum change { CHANGE_MODIFY, CHANGE_ADD, CHANGE_DELETE, CHANGE_RENAME, CHANGE_COPY };

struct filediff {
	enum change change;
	char *old_path, *new_path;	 /* NULL where there is none (added, deleted) */
	unsigned int old_mode, new_mode; /* 0100644 and so on; 0: not said */
	char old_id[65], new_id[65]; /* of the "index" line, as abbreviated there; "" without one */
	bool binary;		     /* "GIT binary patch" or "Binary files differ": no hunks */
	struct hunk *items;
	size_t n, cap;
};

struct diff {
	struct filediff *items;
	size_t n, cap;
};

/*
 * Parse all file diffs in `text`; what stands before the first and between them is passed over (a
 * "-- " signature line ends the last hunk). The hunks' line counts must be right. Fails with
 * FAIL_USAGE ("line 31: hunk has 6 lines where its header says 7") or FAIL_POLICY (a hostile path).
 * `text` outlives the result. O(bytes).
 */
int diff_parse(struct arena *arena, struct slice text, struct diff *diff);

/* As `git diff --full-index` (or with the ids as they are) writes it. */
void diff_write(struct text *out, const struct diff *diff);
void diff_write_file(struct text *out, const struct filediff *file);

/*
 * The hunks that turn `old` into `new`, with `context` lines around (as `git diff` does, through
 * libgit2's xdiff), headings by git's rule for C. Appended to `file`, whose paths the caller sets.
 * The buffers outlive it.
 */
int diff_texts(struct arena *arena, struct slice old, struct slice new, unsigned int context,
	       struct filediff *file);

/* true for a relative path that may be written: see above. */
bool diff_path_ok(struct slice path);

#endif
