/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a ref of a remote has, taken in or passed over, and what is noted of it: what stays wrong is said once.
 */
#include "base/fail.h"
#include "ci/guard.h"
#include "ci/watch_part.h"
#include "kernel/intake.h"

#define TAGS "refs/tags/"
#define HEADS "refs/heads/"

struct tip *look_tip_of(struct looking *l, const char *ref, const struct target *target)
{
	for (size_t i = 0; i < l->tips.n; i++)
		if (!strcmp(l->tips.items[i].ref, ref) &&
		    !strcmp(l->tips.items[i].target, target->name))
			return &l->tips.items[i];
	return NULL;
}

const char *oid_hex(struct looking *l, const git_oid *id)
{
	return arena_strdup(l->arena, git_oid_tostr_s(id));
}

const char *oid_short(struct looking *l, const git_oid *id)
{
	return arena_printf(l->arena, "%.12s", git_oid_tostr_s(id));
}

/* Without refs/heads/ or refs/tags/. */
const char *ref_plain(const char *ref)
{
	return ref + (slice_starts(slice_of(ref), TAGS) ? strlen(TAGS) : strlen(HEADS));
}

/* ---- taking in ---- */

static int passed(struct taking *t, bool wrong, char *why)
{
	t->taken = PASSED;
	t->wrong = wrong;
	t->why = why;
	return 0;
}

/* What failed: 0 with an outcome, -1 where it ends the look. */
static int failed(struct looking *l, struct line *line, struct taking *t)
{
	if (fail_kind() == FAIL_INTERRUPTED)
		return -1;
	if (fail_kind() == FAIL_USAGE || fail_kind() == FAIL_POLICY)
		return passed(t, true, arena_strdup(l->arena, fail_message()));
	t->taken = LEFT;
	look_trouble(l, line, "%s of %s could not be fetched: %s", ref_plain(t->ref->name),
		     t->remote->shown, fail_message());
	fail_clear();
	return 0;
}

/* Is there room for it, after some was made where that helps? NULL: yes. */
static int no_room(struct looking *l, struct line *line, char **why)
{
	struct guard_ask guard = { .settings = l->ask->settings,
				   .cache = l->ask->cache,
				   .state = l->ask->state,
				   .journal = l->ask->journal,
				   .now = l->ask->now };
	struct estimate estimate;

	*why = NULL;
	if (!l->ask->state)
		return 0;
	guard.home = arena_printf(l->arena, "%s/ci", l->ask->state);
	if (estimate_make(l->arena, l->ask->journal, l->ask->cache, PROOF_APPLY,
			  line->watched->line, 0, &estimate))
		return -1;
	*why = guard_refusal(l->arena, &guard, &estimate);
	return 0;
}

/* Does the version that a branch's Makefile says belong here? 1: yes; 0: passed. */
static int judge_branch(struct looking *l, struct line *line, struct taking *t,
			const struct version *says)
{
	struct kernel newest;
	struct version release;
	int r;

	if (says->major != line->branch.major || says->minor != line->branch.minor)
		return passed(t, true,
			      arena_printf(l->arena, "the Makefile of %s says %s",
					   ref_plain(t->ref->name), version_name(l->arena, says)));
	if (l->watch->kind != WATCH_CANDIDATE)
		return 1;
	r = look_release(l, line->target, &newest, &release);
	if (r <= 0 || version_cmp(says, &release) > 0)
		return r < 0 ? -1 : 1;
	return passed(t, false,
		      arena_printf(l->arena, "%s is at %s, and %s is out", ref_plain(t->ref->name),
				   version_name(l->arena, says), version_name(l->arena, &release)));
}

/* 1 with its name, 0 passed, -1. */
static int judge_tip(struct looking *l, struct line *line, struct taking *t,
		     const struct remote_tip *tip, const char **name)
{
	if (!t->want) {
		*name = intake_tip_name(l->arena, &tip->version,
					l->watch->kind == WATCH_QUEUE ? "queue" : "", &tip->commit);
		return judge_branch(l, line, t, &tip->version);
	}
	*name = version_name(l->arena, t->want);
	if (!version_cmp(&tip->version, t->want))
		return 1;
	return passed(t, true,
		      arena_printf(l->arena, "the Makefile of %s says %s", *name,
				   version_name(l->arena, &tip->version)));
}

/* Another commit whose name is the same in its first digits? It is not to be taken for this one. */
static bool is_other(struct looking *l, const struct kernel *kernel, const git_oid *commit)
{
	git_commit *have = NULL;
	bool other = false;

	if (!git_commit_lookup(&have, repo_git(l->ask->repo), &kernel->commit))
		other = !strstr(git_commit_message(have), git_oid_tostr_s(commit));
	git_commit_free(have);
	return other;
}

int look_take(struct looking *l, struct line *line, struct taking *t)
{
	__free_remote_tip struct remote_tip tip = REMOTE_TIP_INIT;
	struct remote_ask ask = { .url = t->remote->url,
				  .ref = t->ref->name,
				  .repo = l->ask->repo,
				  .cache = l->ask->cache,
				  .progress = l->ask->progress };
	struct fetch_answer answer = { 0 };
	const char *name, *from;
	char *why;
	int r;

	t->id = t->ref->id;
	if (no_room(l, line, &why))
		return -1;
	if (why) {
		t->taken = LEFT;
		look_trouble(l, line, "%s of %s is not fetched: it %s", ref_plain(t->ref->name),
			     t->remote->shown, why);
		return 0;
	}
	if (remote_fetch(l->arena, &ask, &tip))
		return failed(l, line, t);
	t->id = tip.id;
	r = judge_tip(l, line, t, &tip, &name);
	if (r <= 0)
		return r;
	r = look_store(l, name, &t->kernel);
	if (r < 0)
		return -1;
	if (r && !t->want && is_other(l, &t->kernel, &tip.commit))
		return passed(t, true,
			      arena_printf(l->arena, "%s is there already, of another commit",
					   name));
	from = arena_printf(l->arena, "git %s%s%s", t->remote->shown, t->want ? "" : " ",
			    t->want ? "" : ref_plain(t->ref->name));
	if (!r && remote_take(l->arena, &ask, &tip, name, from, &answer))
		return failed(l, line, t);
	if (!r)
		t->kernel = answer.kernel;
	t->taken = TAKEN;
	return 0;
}

/* Was just this passed over before? 1 with why, 0, -1. */
int look_passed(struct looking *l, const struct remote_ref *ref, char **why)
{
	char *noted;

	if (look_noted(l, "passed", ref->name, &noted))
		return -1;
	if (!noted || strncmp(noted, git_oid_tostr_s(&ref->id), GIT_OID_HEXSZ) != 0)
		return 0;
	*why = noted + GIT_OID_HEXSZ + (noted[GIT_OID_HEXSZ] == ' ');
	return 1;
}

void look_pass(struct looking *l, struct line *line, const struct taking *t)
{
	look_note(l, look_note_name(l, "passed", t->ref->name),
		  arena_printf(l->arena, "%s %s", git_oid_tostr_s(&t->id), t->why));
	look_event(l, t->wrong ? "refused" : watch_kind_word(l->watch->kind), line->watched->line,
		   "%s", t->why);
}

/* ---- against what was there ---- */

void look_alarm(struct looking *l, struct line *line, const char *fmt, ...)
{
	struct watched *w = line->watched;
	va_list ap;
	char *why;

	va_start(ap, fmt);
	why = arena_vprintf(l->arena, fmt, ap);
	va_end(ap);
	w->why = w->alarm ? arena_printf(l->arena, "%s; %s", w->why, why) : why;
	w->alarm = true;
}

/* Something that stays wrong is said once: `value` is what it is now. */
int look_said(struct looking *l, const char *what, const char *ref, const char *value)
{
	char *noted;

	if (look_noted(l, what, ref, &noted))
		return -1;
	if (noted && !strcmp(noted, value))
		return 1;
	look_note(l, look_note_name(l, what, ref), value);
	return 0;
}

void look_gone(struct looking *l, struct line *line, struct tip *tip)
{
	if (!tip->gone) {
		tip->gone = l->ask->now;
		look_tip(l, tip);
		look_event(l, "gone", line->watched->line, "%s is not at %s any more",
			   ref_plain(tip->ref),
			   l->watch->url ? url_shown(l->arena, l->watch->url) : "its source");
	}
}

void look_seen(struct looking *l, struct line *line, struct tip *tip)
{
	if (tip->gone)
		look_event(l, "back", line->watched->line, "%s is there again",
			   ref_plain(tip->ref));
	tip->gone = 0;
	tip->seen = l->ask->now;
	look_tip(l, tip);
}

void look_put(struct looking *l, struct line *line, const struct taking *t)
{
	struct tip tip = { .watch = l->watch->name,
			   .ref = t->ref->name,
			   .target = line->target->name,
			   .line = line->watched->line,
			   .id = t->id,
			   .kernel = t->taken == TAKEN ? t->kernel.name : "",
			   .first = l->ask->now,
			   .seen = l->ask->now };

	look_tip(l, &tip);
}
