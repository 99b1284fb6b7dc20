/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "patch/commit.h"

#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>

#include "base/fail.h"
#include "patch/repo_part.h"

/* git's own rule: what would end the field is not part of a name or address. */
static void add_person(struct text *text, const char *role, const struct person *person,
		       int64_t date, int offset)
{
	text_addf(text, "%s ", role);
	for (const char *p = person->name ? person->name : ""; *p; p++)
		if (!strchr("<>\n", *p))
			text_addc(text, *p);
	text_adds(text, " <");
	for (const char *p = person->email; *p; p++)
		if (!strchr("<>\n", *p))
			text_addc(text, *p);
	text_addf(text, "> %" PRId64 " %c%02d%02d\n", date, offset < 0 ? '-' : '+',
		  abs(offset) / 60, abs(offset) % 60);
}

int commit_write(struct pack *pack, const struct commit_ask *ask, git_oid *id)
{
	static const struct person ours = { (char *)COMMITTER_NAME, (char *)COMMITTER_EMAIL };
	const struct person *committer = ask->committer.email ? &ask->committer : &ours;
	bool later = ask->not_before > ask->date;
	struct text text __free_text = TEXT_INIT;
	char tree[GIT_OID_HEXSZ + 1], parent[GIT_OID_HEXSZ + 1];

	git_oid_tostr(tree, sizeof(tree), &ask->tree);
	git_oid_tostr(parent, sizeof(parent), &ask->parent);
	text_addf(&text, "tree %s\nparent %s\n", tree, parent);
	add_person(&text, "author", &ask->author, ask->date, ask->date_offset);
	add_person(&text, "committer", committer, later ? ask->not_before : ask->date,
		   later ? 0 : ask->date_offset);
	text_addc(&text, '\n');
	text_adds(&text, ask->message);
	return pack_add(pack, GIT_OBJECT_COMMIT, text_slice(&text), id);
}

int commit_date(struct repo *repo, const git_oid *id, int64_t *date)
{
	struct arena *arena __free(arena) = arena_new();
	struct slice rest, line, word;
	unsigned long seconds;
	git_object_t type;
	int r = repo_object(repo, arena, id, &type, &rest);

	if (r < 0)
		return -1;
	while (r && type == GIT_OBJECT_COMMIT && slice_line(&rest, &line) && line.n) {
		const char *mail = memrchr(line.p, '>', line.n);

		if (!slice_starts(line, "committer ") || !mail)
			continue;
		line = slice_skip(line, (size_t)(mail + 2 - line.p));
		if (!slice_cut(&line, ' ', &word) || !slice_number(word, LONG_MAX, &seconds))
			break;
		*date = (int64_t)seconds;
		return 0;
	}
	return fail("%s: no commit, or a malformed one: %s", repo_path(repo), git_oid_tostr_s(id));
}
