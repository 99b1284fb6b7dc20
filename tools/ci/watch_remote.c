/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tags are releases: one that is rewritten or gone is an alarm, and what we have of it stays what is tested, until a person removes its ref from
 * the store. Branches of candidates and of the queue are rewritten as a habit, and are followed.
 */
#include "base/fail.h"
#include "ci/watch_part.h"

#define TAGS "refs/tags/"
#define LIES_FETCHED 3	    /* tags of a line, in one look, that turn out not to be what they say */
#define LIES_MOST 50	    /* that are passed over; with more there is nothing to believe */
#define DEPTH 1000	    /* commits looked back for where a branch was */
#define RELEASE_DEPTH 20000 /* on a branch of releases, where it matters more */

/* ---- tags ---- */

static bool tag_version(const struct line *line, const char *ref, struct version *version)
{
	return slice_starts(slice_of(ref), TAGS "v") &&
	       version_parse_plain(slice_of(ref + strlen(TAGS)), version) &&
	       version_in(version, &line->branch);
}

/* The tags that we took in: rewritten, gone, back? */
static int compare_tags(struct looking *l, const struct asked_remote *remote, struct line *line)
{
	for (size_t i = 0; i < l->tips.n; i++) {
		struct tip *tip = &l->tips.items[i];
		const struct remote_ref *ref;
		struct version version;
		struct kernel kernel;
		int said, have;

		if (strcmp(tip->target, line->target->name) != 0 ||
		    !tag_version(line, tip->ref, &version))
			continue;
		have = look_store(l, version_name(l->arena, &version), &kernel);
		if (have < 0)
			return -1;
		/* Somebody removed it: what the source has is what counts. */
		if (!have)
			continue;
		ref = remote_find(&remote->refs, tip->ref);
		if (!ref) {
			look_alarm(l, line, "%s is not at its source any more; its tree is kept",
				   ref_plain(tip->ref));
			look_gone(l, line, tip);
			continue;
		}
		look_seen(l, line, tip);
		said = look_said(l, "now", tip->ref, oid_hex(l, &ref->id));
		if (said < 0)
			return -1;
		if (git_oid_equal(&ref->id, &tip->id))
			continue;
		look_alarm(l, line,
			   "%s was rewritten at its source; the tree that was there before is kept",
			   ref_plain(tip->ref));
		if (!said)
			look_event(l, "rewritten", line->watched->line,
				   "%s was %s and is %s at %s now: the tree of the first is kept",
				   ref_plain(tip->ref), oid_short(l, &tip->id),
				   oid_short(l, &ref->id), remote->shown);
	}
	return 0;
}

/* The newest tag below `under` (NULL: of all); NULL: there is none. */
static const struct remote_ref *newest_tag(const struct asked_remote *remote,
					   const struct line *line, const struct version *under,
					   struct version *version)
{
	const struct remote_ref *newest = NULL;

	for (size_t i = 0; i < remote->refs.n; i++) {
		const struct remote_ref *ref = &remote->refs.items[i];
		struct version v;

		if (!tag_version(line, ref->name, &v) || (under && version_cmp(&v, under) >= 0) ||
		    (newest && version_cmp(&v, version) <= 0))
			continue;
		newest = ref;
		*version = v;
	}
	return newest;
}

/* 1: this is the newest that is to be had, or cannot be had now; 0: the one before it. */
static int take_tag(struct looking *l, const struct asked_remote *remote, struct line *line,
		    const struct remote_ref *ref, const struct version *version, size_t *fetched)
{
	struct taking t = { .remote = remote, .ref = ref, .want = version, .id = ref->id };
	const struct tip *tip = look_tip_of(l, ref->name, line->target);
	char *why;
	int r = look_passed(l, ref, &why);

	if (r)
		return r < 0 ? -1 : 0;
	r = look_store(l, version_name(l->arena, version), &t.kernel);
	if (r < 0)
		return -1;
	if (r && tip)
		return 1;
	if (!r && l->ask->look_only) {
		line->watched->kernel.name = version_name(l->arena, version);
		return 1;
	}
	if (!r && look_take(l, line, &t))
		return -1;
	if (t.taken == LEFT)
		return 1;
	if (t.taken == PASSED) {
		look_pass(l, line, &t);
		++*fetched;
		return 0;
	}
	look_note(l, look_note_name(l, "now", ref->name), oid_hex(l, &t.id));
	look_put(l, line, &t);
	return 1;
}

int look_tags(struct looking *l, const struct asked_remote *remote, struct line *line, bool *any)
{
	const struct remote_ref *ref = NULL;
	struct version version, last;
	size_t passed = 0, fetched = 0;
	int r = 0;

	*any = false;
	if (remote->why)
		look_trouble(l, line, "%s", remote->why);
	else if (compare_tags(l, remote, line))
		return -1;
	while (!remote->why && !r &&
	       (ref = newest_tag(remote, line, ref ? &last : NULL, &version))) {
		*any = true;
		last = version;
		if (passed == LIES_MOST || fetched == LIES_FETCHED) {
			look_trouble(l, line, "%zu tags of %s at %s are not what they say", passed,
				     line->target->name, remote->shown);
			break;
		}
		r = take_tag(l, remote, line, ref, &version, &fetched);
		if (r < 0)
			return -1;
		passed++;
	}
	return look_settle(l, line);
}

/* ---- branches ---- */

/* How it went on from where it was; `l` goes on where that cannot be found out. */
static int step_of(struct looking *l, struct line *line, const struct asked_remote *remote,
		   const struct remote_ref *ref, const struct tip *tip, enum remote_step *step)
{
	bool release = l->watch->kind == WATCH_RELEASE;
	struct remote_ask ask = { .url = remote->url,
				  .ref = ref->name,
				  .repo = l->ask->repo,
				  .cache = l->ask->cache,
				  .progress = l->ask->progress };
	struct remote_past past = { .commit = tip->id,
				    .date = tip->first,
				    .depth = release ? RELEASE_DEPTH : DEPTH };
	struct kernel kernel;
	git_commit *commit = NULL;

	/* The date of the commit, where we have it: it was seen later than it was made. */
	if (*tip->kernel && look_store(l, tip->kernel, &kernel) > 0 &&
	    !git_commit_lookup(&commit, repo_git(l->ask->repo), &kernel.commit))
		past.date = git_commit_time(commit);
	git_commit_free(commit);
	*step = STEP_FAR;
	if (!remote_step(l->arena, &ask, &past, step))
		return 1;
	if (fail_kind() == FAIL_INTERRUPTED)
		return -1;
	if (release)
		look_trouble(l, line, "%s of %s could not be fetched: %s", ref_plain(ref->name),
			     remote->shown, fail_message());
	fail_clear();
	return 0;
}

static void tell_step(struct looking *l, struct line *line, const struct remote_ref *ref,
		      const struct tip *tip, enum remote_step step, bool known)
{
	if (known && step == STEP_REWRITTEN)
		look_event(l, "rewritten", line->watched->line,
			   "%s was rewritten: %s is not in its history", ref_plain(ref->name),
			   oid_short(l, &tip->id));
	else if (known && step == STEP_FAR)
		look_event(l, "rewritten", line->watched->line,
			   "%s moved by more than %d commits from %s, or was rewritten",
			   ref_plain(ref->name),
			   l->watch->kind == WATCH_RELEASE ? RELEASE_DEPTH : DEPTH,
			   oid_short(l, &tip->id));
}

/* A branch of releases that does not go on from where it was is left there. 1: left, 0, -1. */
static int hold_release(struct looking *l, struct line *line, const struct remote_ref *ref,
			enum remote_step step, bool known, const struct tip *tip)
{
	int said;

	if (!known)
		return 1; /* the line has its trouble */
	if (step != STEP_REWRITTEN)
		return 0;
	said = look_said(l, "now", ref->name, oid_hex(l, &ref->id));
	if (said < 0)
		return -1;
	look_alarm(l, line,
		   "%s was rewritten at its source; the tree that was there before is kept",
		   ref_plain(ref->name));
	if (!said)
		tell_step(l, line, ref, tip, step, known);
	return 1;
}

/* It is where it was not before. */
static int take_branch(struct looking *l, const struct asked_remote *remote, struct line *line,
		       const struct remote_ref *ref, struct tip *tip)
{
	struct taking t = { .remote = remote, .ref = ref };
	bool moved = tip && !git_oid_equal(&tip->id, &ref->id);
	bool release = l->watch->kind == WATCH_RELEASE;
	enum remote_step step = STEP_AHEAD;
	int known = 0, r;

	/* Without what we had of it there is nothing to hold on to. */
	if (moved && release && line->watched->kernel.ref) {
		known = step_of(l, line, remote, ref, tip, &step);
		r = known < 0 ? -1 : hold_release(l, line, ref, step, known > 0, tip);
		if (r)
			return r < 0 ? -1 : 0;
	}
	if (look_take(l, line, &t))
		return -1;
	if (t.taken == LEFT)
		return 0;
	if (t.taken == PASSED)
		look_pass(l, line, &t);
	if (moved && !release)
		known = step_of(l, line, remote, ref, tip, &step);
	if (known < 0)
		return -1;
	if (moved)
		tell_step(l, line, ref, tip, step, known > 0);
	/* Of releases what we have stays; of others it is the tip that counts. */
	if (t.taken == PASSED && release && tip)
		return 0;
	look_put(l, line, &t);
	line->watched->kernel = t.taken == TAKEN ? t.kernel : (struct kernel){ 0 };
	if (t.taken == PASSED)
		line->watched->why = t.why;
	return 0;
}

/* The tip that the journal has, in the store: 1, 0, -1. */
static int tip_kernel(struct looking *l, const struct tip *tip, struct kernel *kernel)
{
	int r = tip && *tip->kernel ? look_store(l, tip->kernel, kernel) : 0;

	if (r <= 0)
		*kernel = (struct kernel){ 0 };
	return r;
}

static int follow_branch(struct looking *l, const struct asked_remote *remote, struct line *line,
			 const struct remote_ref *ref, struct tip *tip)
{
	struct watched *w = line->watched;
	char *why = NULL;
	bool same = tip && git_oid_equal(&tip->id, &ref->id);
	int r = look_passed(l, ref, &why);

	if (r < 0)
		return -1;
	if (tip)
		look_seen(l, line, tip);
	if (r > 0) {
		/* A tip that is not wanted takes the place of the one before it, but for releases. */
		if (l->watch->kind != WATCH_RELEASE)
			w->kernel = (struct kernel){ 0 };
		w->why = w->kernel.name ? w->why : why;
		return 0;
	}
	if (same && w->kernel.ref)
		return 0;
	if (l->ask->look_only) {
		w->kernel = (struct kernel){ .name = arena_printf(l->arena, "%s at %s",
								  ref_plain(ref->name),
								  oid_short(l, &ref->id)) };
		return 0;
	}
	return take_branch(l, remote, line, ref, tip);
}

/* Is what the branch has still ahead of what is out? Else why not. */
static int judge_tip(struct looking *l, struct line *line)
{
	struct watched *w = line->watched;
	struct kernel newest;
	struct version release, version;
	int r, order;

	if (l->watch->kind == WATCH_RELEASE || !w->kernel.ref ||
	    !version_parse(slice_of(w->kernel.name), &version))
		return 0;
	r = look_release(l, line->target, &newest, &release);
	if (r <= 0)
		return r;
	order = version_cmp(&version, &release);
	if (l->watch->kind == WATCH_CANDIDATE && order <= 0)
		w->why = arena_printf(l->arena, "%s is out, and %s is no newer", newest.name,
				      w->kernel.name);
	else if (l->watch->kind == WATCH_QUEUE && order < 0)
		w->why = arena_printf(l->arena, "%s is out, and %s is still on the one before",
				      newest.name, w->kernel.name);
	else if (l->watch->kind == WATCH_QUEUE && newest.ref &&
		 git_oid_equal(&newest.tree, &w->kernel.tree))
		w->why = arena_printf(l->arena, "nothing is queued after %s", newest.name);
	else
		return 0;
	w->there = false;
	return 0;
}

int look_branch(struct looking *l, const struct asked_remote *remote, struct line *line)
{
	char *name = watch_ref(l->arena, l->watch, line->target);
	struct watched *w = line->watched;
	struct tip *tip = look_tip_of(l, name, line->target);
	const struct remote_ref *ref = NULL;

	if (tip_kernel(l, tip, &w->kernel) < 0)
		return -1;
	if (remote->why) {
		look_trouble(l, line, "%s", remote->why);
	} else {
		ref = remote_find(&remote->refs, name);
		if (ref && follow_branch(l, remote, line, ref, tip))
			return -1;
		if (!ref && tip)
			look_gone(l, line, tip);
	}
	w->there = w->kernel.name != NULL;
	if (!remote->why && !ref) {
		if (l->watch->kind == WATCH_RELEASE && w->there)
			look_alarm(l, line, "%s is not at its source any more; its tree is kept",
				   ref_plain(name));
		else
			w->why = arena_printf(l->arena, "%s has no branch %s%s", remote->shown,
					      ref_plain(name), tip ? " any more" : "");
		w->there = w->there && l->watch->kind == WATCH_RELEASE;
	}
	return w->there ? judge_tip(l, line) : 0;
}
