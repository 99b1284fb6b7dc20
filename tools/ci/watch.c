/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What each source has, against what the journal says that it had. Nothing is written before a source has been looked through, but that a tree
 * which was taken in is in the store by then: killed in between, the next look finds it there and writes the same.
 */
#include "ci/watch.h"

#include "base/fail.h"
#include "base/shown.h"
#include "ci/watch_part.h"

/* ---- what is to be written ---- */

#define PUSH(l, what)                                                                              \
	(arena_grow((l)->arena, (void **)&(l)->pending.what, &(l)->pending.cap##what,              \
		    (l)->pending.n##what + 1, sizeof(*(l)->pending.what)),                         \
	 &(l)->pending.what[(l)->pending.n##what++])

void look_note(struct looking *l, const char *name, const char *value)
{
	*PUSH(l, notes) = (struct pending_note){ name, value };
}

void look_event(struct looking *l, const char *kind, const char *subject, const char *fmt, ...)
{
	va_list ap;
	char *text;

	va_start(ap, fmt);
	text = arena_vprintf(l->arena, fmt, ap);
	va_end(ap);
	*PUSH(l, events) = (struct pending_event){ kind, subject, text_shown(l->arena, text) };
}

void look_tip(struct looking *l, const struct tip *tip)
{
	*PUSH(l, tips) = *tip;
}

int look_flush(struct looking *l)
{
	struct results *journal = l->ask->journal;
	struct pending *p = &l->pending;
	int failed = 0;

	if (!l->ask->look_only && p->nnotes + p->nevents + p->ntips) {
		if (journal_begin(journal))
			return -1;
		for (size_t i = 0; i < p->ntips && !failed; i++)
			failed = journal_tip_put(journal, &p->tips[i]);
		for (size_t i = 0; i < p->nnotes && !failed; i++)
			failed = journal_note_put(journal, p->notes[i].name, p->notes[i].value);
		for (size_t i = 0; i < p->nevents && !failed; i++)
			failed = journal_event(journal, l->ask->tick, p->events[i].kind,
					       p->events[i].subject, p->events[i].text);
		if (journal_finish(journal, !failed) || failed)
			return -1;
	}
	*p = (struct pending){ 0 };
	return 0;
}

char *look_note_name(struct looking *l, const char *what, const char *thing)
{
	return arena_printf(l->arena, "%s %s %s", what, l->watch->name, thing);
}

int look_noted(struct looking *l, const char *what, const char *thing, char **value)
{
	return journal_note_get(l->ask->journal, l->arena, look_note_name(l, what, thing), value);
}

void look_trouble(struct looking *l, struct line *line, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	line->trouble = text_shown(l->arena, arena_vprintf(l->arena, fmt, ap));
	va_end(ap);
}

/* ---- what is there ---- */

int look_store(struct looking *l, const char *name, struct kernel *kernel)
{
	int r = repo_kernel(l->ask->repo, l->arena, name, kernel);

	/* Nobody asked for the branch: its ref is not to move. */
	if (r > 0)
		kernel->asked = kernel->name;
	return r;
}

int look_release(struct looking *l, const struct target *target, struct kernel *kernel,
		 struct version *version)
{
	int r = look_store(l, target->name, kernel);
	struct version branch;
	bool there = r > 0 && version_parse_plain(slice_of(kernel->name), version) &&
		     !version->rc && version_parse(slice_of(target->name), &branch) &&
		     version_in(version, &branch);

	if (r < 0)
		return -1;
	for (size_t i = 0; i < l->answer->n; i++) {
		const struct watched *other = &l->answer->items[i];
		struct version v;

		if (other->target != target || other->watch->kind != WATCH_RELEASE ||
		    !other->kernel.name || !version_parse(slice_of(other->kernel.name), &v) ||
		    (there && version_cmp(&v, version) <= 0))
			continue;
		*kernel = other->kernel;
		*version = v;
		there = true;
	}
	return there;
}

int look_settle(struct looking *l, struct line *line)
{
	struct watched *w = line->watched;
	struct version version;
	int r;

	w->there = true;
	if (w->kernel.name && !w->kernel.ref)
		return 0;
	r = look_release(l, line->target, &w->kernel, &version);
	w->there = r > 0;
	if (!r)
		w->kernel = (struct kernel){ 0 };
	return r < 0 ? -1 : 0;
}

static bool wants_tags(const struct watch *watch, const struct target *target, const char *url)
{
	if (watch->url)
		return !watch->branch && !strcmp(watch->url, url);
	for (size_t i = 0; i < target->n; i++)
		if (target->items[i].kind == SOURCE_GIT && !strcmp(target->items[i].value, url))
			return true;
	return false;
}

const struct asked_remote *look_ask(struct looking *l, const char *url)
{
	const struct settings *settings = l->ask->settings;
	struct asked_remote *remote;
	struct {
		const char **items;
		size_t n, cap;
	} patterns = { 0 };

	for (size_t i = 0; i < l->remotes.n; i++)
		if (!strcmp(l->remotes.items[i].url, url))
			return &l->remotes.items[i];
	for (size_t i = 0; i < settings->nwatches; i++) {
		const struct watch *watch = &settings->watches[i];

		for (size_t k = 0; k < watch->ntargets; k++) {
			const struct target *target = watch->targets[k];

			if (wants_tags(watch, target, url))
				*arena_push(l->arena, &patterns) =
					arena_printf(l->arena, "refs/tags/%s*", target->name);
			else if (watch->branch && !strcmp(watch->url, url))
				*arena_push(l->arena, &patterns) =
					watch_ref(l->arena, watch, target);
		}
	}
	remote = arena_push(l->arena, &l->remotes);
	*remote = (struct asked_remote){ .url = url, .shown = url_shown(l->arena, url) };
	if (!progress_step(l->ask->progress, arena_printf(l->arena, "asking %s", remote->shown), 0,
			   0, "")) {
		fail_as(FAIL_INTERRUPTED, "stopped");
		return NULL;
	}
	if (remote_list(l->arena, url, patterns.items, patterns.n, &remote->refs)) {
		if (fail_kind() == FAIL_INTERRUPTED)
			return NULL;
		remote->why = arena_strdup(l->arena, fail_message());
		fail_clear();
	}
	return remote;
}

/* ---- a line ---- */

static const char *moved_on(enum watch_kind kind)
{
	return kind == WATCH_RELEASE   ? "new release, after" :
	       kind == WATCH_CANDIDATE ? "new candidate, after" :
					 "the queue moved on from";
}

/*
 * Why it is what it is now, which stays true until the next one comes: "line WATCH LINE" holds its kernel and the one before it.
 */
static int explain(struct looking *l, struct line *line)
{
	struct watched *w = line->watched;
	char *noted, *before = NULL;

	if (!w->kernel.name || !w->there)
		return 0;
	if (look_noted(l, "line", w->line, &noted))
		return -1;
	if (noted && strchr(noted, ' ')) {
		before = strchr(noted, ' ') + 1;
		before[-1] = '\0';
	}
	w->found_now = !noted || strcmp(noted, w->kernel.name) != 0;
	if (w->found_now) {
		before = noted;
		look_note(l, look_note_name(l, "line", w->line),
			  arena_printf(l->arena, "%s%s%s", w->kernel.name, before ? " " : "",
				       before ? before : ""));
		look_event(l, watch_kind_word(l->watch->kind), w->line, "%s%s%s", w->kernel.name,
			   before ? ", after " : ", seen for the first time", before ? before : "");
	}
	if (!w->why)
		w->why = before ?
				 arena_printf(l->arena, "%s %s", moved_on(l->watch->kind), before) :
				 arena_strdup(l->arena, "seen for the first time");
	return 0;
}

static int finish_line(struct looking *l, struct line *line)
{
	struct watched *w = line->watched;

	if (!w->there && !w->why)
		w->why = line->trouble ?
				 line->trouble :
				 arena_printf(l->arena, "there is no %s of %s",
					      watch_kind_word(l->watch->kind), w->target->name);
	if (w->there && line->trouble)
		w->why = arena_printf(l->arena, "%s; %s stays", line->trouble, w->kernel.name);
	return explain(l, line);
}

/* ---- a watch ---- */

static struct line line_of(const struct target *target, struct watched *watched)
{
	struct line line = { .watched = watched, .target = target };

	version_parse(slice_of(target->name), &line.branch);
	return line;
}

static int look_at_url(struct looking *l, struct line *lines, size_t n)
{
	const struct asked_remote *remote = look_ask(l, l->watch->url);
	bool any;

	if (!remote)
		return -1;
	for (size_t i = 0; i < n; i++) {
		if ((l->watch->branch ? look_branch(l, remote, &lines[i]) :
					look_tags(l, remote, &lines[i], &any)) ||
		    finish_line(l, &lines[i]) || look_flush(l))
			return -1;
		if (!lines[i].trouble)
			lines[i].watched->reached = l->ask->now;
	}
	return 0;
}

static int look_at_sources(struct looking *l, struct line *lines, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (look_sources(l, &lines[i], &lines[i].watched->reached) ||
		    finish_line(l, &lines[i]) || look_flush(l))
			return -1;
	return 0;
}

/*
 * What could not be had, each reason once. A target that has never been there has no old data: it is said where it stands, but does not
 * make the others stale, unless nothing could be had.
 */
static char *troubles(struct looking *l, const struct line *lines, size_t n)
{
	struct text out __free_text = TEXT_INIT;
	size_t troubled = 0;

	for (size_t i = 0; i < n; i++)
		troubled += lines[i].trouble != NULL;
	for (size_t i = 0; i < n; i++) {
		bool said = false;

		if (!lines[i].trouble || (!lines[i].watched->there && troubled < n))
			continue;
		for (size_t k = 0; k < i; k++)
			said |= lines[k].trouble && !strcmp(lines[k].trouble, lines[i].trouble) &&
				(lines[k].watched->there || troubled == n);
		if (!said)
			text_addf(&out, "%s%s", out.len ? "; " : "", lines[i].trouble);
	}
	return out.len ? arena_strdup(l->arena, text_str(&out)) : NULL;
}

static int put_reach(struct looking *l, struct line *lines, size_t n, const char *why)
{
	struct reach reach = { .source = l->watch->name, .asked = l->ask->now, .why = "" };
	struct reaches reaches = { 0 };
	bool was = true;

	if (journal_reaches(l->ask->journal, l->arena, &reaches))
		return -1;
	for (size_t i = 0; i < reaches.n; i++)
		if (!strcmp(reaches.items[i].source, l->watch->name)) {
			reach.reached = reaches.items[i].reached;
			was = !reaches.items[i].why || !*reaches.items[i].why;
		}
	for (size_t i = 0; i < n; i++)
		if (l->watch->url && lines[i].trouble && !lines[i].watched->reached)
			lines[i].watched->reached = reach.reached;
	if (why && was)
		look_event(l, "unreachable", l->watch->name, "%s", why);
	if (!why && !was)
		look_event(l, "reached", l->watch->name, "it answers again");
	if (why) {
		reach.why = why;
		l->answer->stale_why = arena_printf(l->arena, "%s%s%s: %s",
						    l->answer->stale ? l->answer->stale_why : "",
						    l->answer->stale ? "; " : "", l->watch->name,
						    why);
		l->answer->stale = true;
	} else {
		reach.reached = l->ask->now;
	}
	if (!l->ask->look_only && journal_reach_put(l->ask->journal, &reach))
		return -1;
	return look_flush(l);
}

static int look_at(struct looking *l, const struct watch *watch, struct watched *items)
{
	struct line *lines = arena_alloc(l->arena, (watch->ntargets + 1) * sizeof(*lines));

	l->watch = watch;
	l->tips = (struct tips){ 0 };
	for (size_t i = 0; i < watch->ntargets; i++)
		lines[i] = line_of(watch->targets[i], &items[i]);
	if (journal_tips(l->ask->journal, l->arena, watch->name, &l->tips) ||
	    (watch->url ? look_at_url(l, lines, watch->ntargets) :
			  look_at_sources(l, lines, watch->ntargets)))
		return -1;
	return put_reach(l, lines, watch->ntargets, troubles(l, lines, watch->ntargets));
}

int watch_look(struct arena *arena, const struct watch_ask *ask, struct watch_answer *answer)
{
	struct looking l = { .arena = arena, .ask = ask, .answer = answer };
	const struct settings *settings = ask->settings;

	*answer = (struct watch_answer){ 0 };
	for (size_t i = 0; i < settings->nwatches; i++)
		for (size_t k = 0; k < settings->watches[i].ntargets; k++)
			*arena_push(arena, answer) = (struct watched){
				.watch = &settings->watches[i],
				.target = settings->watches[i].targets[k],
				.line = watch_line(arena, settings->watches[i].kind,
						   settings->watches[i].targets[k]),
			};
	/* Whether a candidate is one depends on what has been released. */
	for (int release = 1; release >= 0; release--) {
		size_t first = 0;

		for (size_t i = 0; i < settings->nwatches; i++) {
			const struct watch *watch = &settings->watches[i];

			if ((watch->kind == WATCH_RELEASE) == release &&
			    look_at(&l, watch, answer->items + first))
				return -1;
			first += watch->ntargets;
		}
	}
	return 0;
}
