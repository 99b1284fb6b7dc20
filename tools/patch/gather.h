/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Gather: the patches that somebody's mails give, trailers of replies included.
 */
#ifndef SERIES_PATCH_GATHER_H
#define SERIES_PATCH_GATHER_H

#include "patch/thread.h"

struct gathered {
	struct mail *items; /* their bodies with what replies gave */
	size_t n, cap;
	struct trailers *given; /* of each, which those were */
	struct trailers refused;
	const char *title; /* of the cover letter; NULL */
	bool by_b4;
};

/*
 * `words` are files or message ids. A lone mail is taken as it is; of a thread, or an id, b4 makes
 * a series where it is installed. Fails with FAIL_USAGE naming file and line, FAIL_INFRA where b4
 * could not get a message.
 */
int gather(struct arena *arena, const char *const *words, size_t nwords, bool no_b4,
	   struct gathered *gathered);

#endif
