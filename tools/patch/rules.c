/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The message of a backport against the mail that it is made from.
 *
 * Upstream's lines are looked for in the message, each behind the one before; what is left of the message has to
 * be of the few kinds that a backport adds: the upstream line, a [ note ], trailers. A line that is neither found
 * nor allowed is named, once for the prose and once for the trailers. O(lines^2), of some 100.
 */
#include "patch/rules.h"

#include <ctype.h>
#include <strings.h>

#include "base/fail.h"
#include "patch/compare.h"
#include "patch/message.h"
#include "patch/trailer.h"

DEFINE_FREE(commit, git_commit *, if (_v) git_commit_free(_v))

#define ID_DIGITS 40
#define NOTE_LINES 40 /* that a [ note ] may have */

static void add(struct arena *arena, const struct rules_ask *ask, struct findings *findings,
		const char *rule, enum severity severity, const char *text)
{
	finding_add(arena, findings, rule, severity, "%s", text)->patch = ask->label;
}

static bool is_id(const char *id)
{
	size_t n = strspn(id, "0123456789abcdefABCDEF");

	return n == ID_DIGITS && !id[n] && strspn(id, "0") < ID_DIGITS;
}

/* The subject of a commit of the store: 1, 0 it is not there, -1. */
static int subject_of(struct arena *arena, struct repo *repo, const char *hex, char **subject)
{
	git_commit *commit __free(commit) = NULL;
	git_oid id;
	int r = git_oid_fromstr(&id, hex);

	if (!r)
		r = git_commit_lookup(&commit, repo_git(repo), &id);
	if (r == GIT_ENOTFOUND || r == GIT_EINVALIDSPEC)
		return 0;
	if (r)
		return fail_git("commit %.12s", hex);
	*subject = arena_strdup(arena, git_commit_summary(commit));
	return 1;
}

/* A commit that the store has under this id must be this change. */
static int check_real(struct arena *arena, const struct rules_ask *ask, const char *id,
		      struct findings *findings)
{
	char *subject = NULL;
	int r = ask->repo ? subject_of(arena, ask->repo, id, &subject) : 0;

	if (r == 1 && !slice_eq_space(slice_of(subject), slice_of(ask->patch->mail.subject)))
		add(arena, ask, findings, "rules/upstream-real", SEVERITY_BAD,
		    arena_printf(arena,
				 "commit %.12s in the store is \"%s\", which is another change", id,
				 subject));
	return r < 0 ? -1 : 0;
}

static int check_upstream(struct arena *arena, const struct rules_ask *ask,
			  struct findings *findings)
{
	const char *want = ask->patch->upstream;
	const char *named = message_upstream(arena, slice_of(ask->message));

	if (want && !is_id(want)) {
		add(arena, ask, findings, "rules/upstream-real", SEVERITY_BAD,
		    arena_printf(arena, "%s is no commit id: 40 hexadecimal digits are", want));
		return 0;
	}
	if (want && !named)
		add(arena, ask, findings, "rules/upstream-line", SEVERITY_BAD,
		    arena_printf(
			    arena,
			    "the message does not name the upstream commit: [ Upstream commit %s ]",
			    want));
	else if (named && !want)
		add(arena, ask, findings, "rules/upstream-real", SEVERITY_BAD,
		    arena_printf(
			    arena,
			    "the message names %.12s as upstream, of which the series knows nothing",
			    named));
	else if (named && strlen(named) < ID_DIGITS && !strncasecmp(named, want, strlen(named)))
		add(arena, ask, findings, "rules/upstream-line", SEVERITY_BAD,
		    arena_printf(arena, "the upstream commit's id is cut to %zu digits, it is %s",
				 strlen(named), want));
	else if (named && strcasecmp(named, want) != 0)
		add(arena, ask, findings, "rules/upstream-real", SEVERITY_BAD,
		    arena_printf(arena, "the message names %.12s as upstream, the series %.12s",
				 named, want));
	return want ? check_real(arena, ask, want, findings) : 0;
}

/* Lines that say something, without white space at their ends. */
static struct lines said(struct arena *arena, struct slice text)
{
	struct lines lines = { 0 };
	struct slice line;

	while (slice_line(&text, &line)) {
		line = slice_trim(line);
		if (line.n)
			*arena_push(arena, &lines) = line;
	}
	return lines;
}

static bool is_upstream_line(struct arena *arena, struct slice line)
{
	return message_upstream(arena, line) != NULL;
}

struct matched {
	struct lines lines; /* of the message, behind its subject */
	bool *taken, *note; /* it is a line of upstream's; it is of a [ note ] */
	bool has_note;
};

/* Marks what stands in "[ words ]", over several lines too, and is neither upstream's nor the upstream line. */
static void find_notes(struct arena *arena, struct matched *m)
{
	for (size_t i = 0; i < m->lines.n; i++) {
		size_t last = i;

		if (m->taken[i] || m->lines.items[i].p[0] != '[' ||
		    is_upstream_line(arena, m->lines.items[i]))
			continue;
		while (last < m->lines.n && last < i + NOTE_LINES && !m->taken[last] &&
		       !slice_ends(m->lines.items[last], "]"))
			last++;
		if (last == m->lines.n || last == i + NOTE_LINES || m->taken[last])
			continue;
		while (i < last)
			m->note[i++] = true;
		m->note[last] = m->has_note = true;
	}
}

static bool find_line(const struct matched *m, struct slice line, size_t from, size_t to,
		      size_t *at)
{
	for (size_t i = from; i < to; i++)
		if (!m->taken[i] && slice_eq_space(m->lines.items[i], line)) {
			*at = i;
			return true;
		}
	return false;
}

/* Upstream's lines, each behind the one before; the first that is not there, or not in its place. */
static void match_lines(struct arena *arena, const struct rules_ask *ask, struct matched *m,
			const struct lines *lines, const char *rule, size_t *next,
			struct findings *findings)
{
	bool told = false;

	for (size_t i = 0; i < lines->n; i++) {
		struct slice line = lines->items[i];
		bool before = false;
		size_t at;

		if (find_line(m, line, *next, m->lines.n, &at)) {
			m->taken[at] = true;
			*next = at + 1;
			continue;
		}
		if (find_line(m, line, 0, *next, &at))
			m->taken[at] = before = true;
		if (told)
			continue;
		told = true;
		add(arena, ask, findings, rule, SEVERITY_BAD,
		    arena_printf(arena, "upstream's line \"" SLICE_FMT "\" is %s", SLICE_ARG(line),
				 before ? "not in upstream's order" : "missing"));
	}
}

/* What the backport's message has beyond upstream's. */
static void check_added(struct arena *arena, const struct rules_ask *ask, const struct matched *m,
			struct findings *findings)
{
	for (size_t i = 0; i < m->lines.n; i++) {
		struct slice line = m->lines.items[i];

		if (m->taken[i] || m->note[i] || is_upstream_line(arena, line) || trailer_key(line))
			continue;
		add(arena, ask, findings, "rules/body", SEVERITY_BAD,
		    arena_printf(arena,
				 "\"" SLICE_FMT
				 "\" is not upstream's: what was adapted goes into a [ note ]",
				 SLICE_ARG(line)));
		return;
	}
}

static void check_sign_off(struct arena *arena, const struct rules_ask *ask,
			   const struct matched *m, struct findings *findings)
{
	struct slice last = m->lines.n ? m->lines.items[m->lines.n - 1] : SLICE("");
	char *want;

	if (!ask->committer.email)
		return;
	want = arena_printf(arena, "Signed-off-by: %s <%s>", ask->committer.name,
			    ask->committer.email);
	if (!slice_eq_space(last, slice_of(want)))
		add(arena, ask, findings, "rules/sign-off", SEVERITY_BAD,
		    arena_printf(arena, "the last line is not \"%s\"", want));
}

/* A change that is not upstream's own wants a word about why. */
static void check_note(struct arena *arena, const struct rules_ask *ask, bool has_note,
		       struct findings *findings)
{
	struct compare compare = { 0 };
	size_t differ;

	if (has_note)
		return;
	compare_diffs(arena, &ask->patch->mail.diff, ask->diff, &compare);
	/* One in each's place counts once. */
	differ = compare.counts[PART_ADDED] > compare.counts[PART_DROPPED] ?
			 compare.counts[PART_ADDED] :
			 compare.counts[PART_DROPPED];
	differ += compare.counts[PART_ADAPTED];
	if (differ)
		add(arena, ask, findings, "rules/note", SEVERITY_BAD,
		    arena_printf(
			    arena,
			    "%zu hunk%s from upstream's, and no [ note ] in the message says why",
			    differ, differ == 1 ? " differs" : "s differ"));
}

int rules_message(struct arena *arena, const struct rules_ask *ask, struct findings *findings)
{
	struct slice rest = slice_of(ask->message), title,
		     body = slice_of(ask->patch->mail.body ? ask->patch->mail.body : "");
	size_t block = trailer_block(body), next = 0;
	struct lines prose = said(arena, (struct slice){ body.p, block });
	struct lines trailers = said(arena, slice_skip(body, block));
	struct matched m = { 0 };

	slice_line(&rest, &title);
	if (!slice_eq_space(title, slice_of(ask->patch->mail.subject)))
		add(arena, ask, findings, "rules/title", SEVERITY_BAD,
		    arena_printf(arena, "the title is not upstream's, \"%s\"",
				 ask->patch->mail.subject));
	if (check_upstream(arena, ask, findings))
		return -1;
	m.lines = said(arena, rest);
	m.taken = arena_alloc(arena, m.lines.n + 1);
	m.note = arena_alloc(arena, m.lines.n + 1);
	match_lines(arena, ask, &m, &prose, "rules/body", &next, findings);
	match_lines(arena, ask, &m, &trailers, "rules/trailers", &next, findings);
	find_notes(arena, &m);
	check_added(arena, ask, &m, findings);
	check_note(arena, ask, m.has_note, findings);
	check_sign_off(arena, ask, &m, findings);
	return 0;
}

int rules_check(struct arena *arena, const struct rules_ask *ask, struct findings *findings)
{
	return rules_message(arena, ask, findings) || rules_stable(arena, ask, findings) ? -1 : 0;
}
