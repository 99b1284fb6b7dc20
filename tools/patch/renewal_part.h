/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Renewal, its steps.
 */
#ifndef SERIES_PATCH_RENEWAL_PART_H
#define SERIES_PATCH_RENEWAL_PART_H

#include "patch/renewal.h"

/* Where an old patch is now; NULL: dropped. */
const struct renewed_patch *renewal_successor(const struct renewal *renewal,
					      const struct series_patch *old);
void renewal_remark(struct arena *arena, struct renewal *renewal, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * renewal_conf.c: series.conf with its sections renamed and dropped, conditions brought to the new hunks, links renewed. `mails`: of
 * each item of the renewal, the new mail; NULL where it stays.
 */
int renewal_conf(struct arena *arena, const struct renewal_ask *ask, struct renewal *renewal,
		 const struct mail *const *mails, const char *path);
/* renewal_records.c: the records; the renewal's series is read already. */
int renewal_records(struct arena *arena, const struct renewal_ask *ask, struct renewal *renewal);
/* renewal_rules.c: the semantic patches. */
int renewal_rules(struct arena *arena, const struct renewal_ask *ask, struct renewal *renewal);

/* A folder and all in it, copied; nothing where there is none. Refuses what is neither file nor folder. */
int renewal_copy(struct arena *arena, const char *from, const char *to);
/* A hash of the series' folders in a workspace: names, bytes, executable bits. */
int renewal_digest(struct arena *arena, const char *workspace, const char *name, char digest[65]);

extern const char *const
	renewal_folders[3]; /* "backports", "coccinelle", "series": in this order they are replaced */

#endif
