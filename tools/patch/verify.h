/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Verify: what a semantic patch did to a file, against what it declares it does.
 */
#ifndef SERIES_PATCH_VERIFY_H
#define SERIES_PATCH_VERIFY_H

#include "patch/cocci.h"
#include "patch/ctoken.h"

struct verify_ask {
	const struct cocci *cocci;
	size_t first, end; /* its lines about this file */
	const char *path;
	struct slice before, after;
	bool (*holds)(void *data, const char *probe);
	void *data;
};

/* Does the condition hold for the file as it was? */
bool verify_holds(const struct verify_ask *ask, const struct ctokens *before,
		  const struct cocci_condition *condition);
/* The declared functions, cut out of a file: all that spatch is shown. */
struct verify_cut {
	struct slice text; /* one behind the other, a line between them that tells them apart */
	size_t n;
	struct slice *functions; /* where they stand in the file */
};

/*
 * Cut the functions that are declared to change or to come (and are there) out of `text`. `missing`
 * is told when one that is to change is not there; NULL.
 */
void verify_cut(struct arena *arena, const struct verify_ask *ask, struct slice text,
		struct verify_cut *cut, char **missing);
/*
 * The file with `made` in the place of what was cut; false when the parts cannot be told apart any
 * more.
 */
bool verify_join(struct arena *arena, const struct verify_cut *cut, struct slice text,
		 struct slice made, struct slice *joined);
/*
 * Did exactly what is declared happen? NULL, with the changed functions in `did` ("a(), b()"); else
 * the first thing that is not as declared, in words.
 */
char *verify_changes(struct arena *arena, const struct verify_ask *ask, char **did);
/* The first of "a|b" that is among the functions, or NULL. */
const struct cfunction *verify_function(const struct cfunctions *functions, struct slice names);

#endif
