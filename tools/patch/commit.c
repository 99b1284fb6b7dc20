/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "patch/commit.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/fail.h"

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
	git_commit *commit;

	if (git_commit_lookup(&commit, repo_git(repo), id))
		return fail_git("%s: commit", repo_path(repo));
	*date = git_commit_time(commit);
	git_commit_free(commit);
	return 0;
}
