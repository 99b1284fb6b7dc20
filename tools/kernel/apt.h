/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Apt: the distribution's archive, asked through apt's own programs.
 *
 * Its state is ours, in a folder of the cache, so that suites which the machine does not use can be
 * looked into and nothing of the machine's own apt is touched. Addresses, keys and components are
 * read from the machine's own source lists. apt checks signatures, downloads, goes on where a
 * download stopped, and checks hashes.
 */
#ifndef SERIES_KERNEL_APT_H
#define SERIES_KERNEL_APT_H

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/progress.h"
#include "base/text.h"

struct apt; /* opaque */

/*
 * Take the lock on the state in folder `cache`. NULL with fail(): FAIL_BUSY when another fetch has
 * it.
 */
struct apt *apt_new(struct arena *arena, const char *cache, const struct progress *progress);
void apt_free(struct apt *apt);
DEFINE_FREE(apt, struct apt *, apt_free(_v))

/*
 * Which suites are looked into, space-separated; NULL: the machine's own apt as it is. `type` is
 * "deb" or "deb-src". Fails where the machine has no such archive.
 */
int apt_use(struct apt *apt, const char *type, const char *suites);
/* The suites of the machine's own release: "bookworm bookworm-updates bookworm-security". */
char *apt_own_suites(struct apt *apt);
/*
 * Bring the lists up to date. A suite that is gone does not fail: its message stays for
 * apt_complaint().
 */
int apt_update(struct apt *apt);
const char *apt_complaint(const struct apt *apt); /* of the last update, or "" */

struct apt_versions {
	char **items; /* "6.12.73-1~bpo12+1", in apt's order */
	size_t n, cap;
};
int apt_source_versions(struct apt *apt, const char *source, struct apt_versions *versions);
int apt_package_versions(struct apt *apt, const char *package, struct apt_versions *versions);

struct apt_file {
	char *path;   /* where it was downloaded to */
	char *sha256; /* what the archive says, and apt has checked */
};
/* A source's upstream tarball alone; a binary package. */
int apt_download_orig(struct apt *apt, const char *source, const char *version,
		      struct apt_file *file);
int apt_download_package(struct apt *apt, const char *package, const char *version,
			 struct apt_file *file);

#endif
