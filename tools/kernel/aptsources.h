/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Aptsources: the archives that a machine's apt uses, read from its source lists of both formats.
 */
#ifndef SERIES_KERNEL_APTSOURCES_H
#define SERIES_KERNEL_APTSOURCES_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/text.h"

/* One suite of one archive. */
struct aptsite {
	char *uri, *suite;
	char *components; /* space-separated */
	char *signed_by; /* as in the file, a whole key of several lines too; "" when it is not said */
	bool trusted;	 /* the machine's owner said so */
};

struct aptsites {
	struct aptsite *items;
	size_t n, cap;
};

/*
 * "deb [signed-by=...] URI SUITE COMPONENT...", one a line. What cannot be read is passed over: apt
 * will complain.
 */
void aptsources_parse_list(struct arena *arena, struct slice text, struct aptsites *sites);
/* Stanzas of "Types:", "URIs:", "Suites:" and so on (deb822). */
void aptsources_parse_stanzas(struct arena *arena, struct slice text, struct aptsites *sites);

/*
 * The site that holds `suite` for a machine of release `codename`: one of that very suite; else the
 * archive of security updates for a suite that ends in "-security", the main archive for any other.
 * NULL: none such.
 */
const struct aptsite *aptsites_for(const struct aptsites *sites, const char *suite,
				   const char *codename);
/* A stanza of `type` ("deb", "deb-src") for `suite` at that site. */
void aptsite_write(struct text *out, const struct aptsite *site, const char *type,
		   const char *suite);

#endif
