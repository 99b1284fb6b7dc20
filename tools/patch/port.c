/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The order of work on one patch, cheapest evidence first:
 *
 *	1. the series' own word: version range, probes, conditional hunks	n/a
 *	2. a recorded backport whose pre-image is here				H
 *	3. the text as it is: already there, or exact				U =
 *	4. where that fails, history: the upstream id, or stable's backport	U
 *	5. the text adapted, against the base that the series fits exactly	~ 3 M
 *	6. the semantic patch, which a person wrote for this very change	S
 *	7. without such a rule, the text adapted inside its lines		W
 *
 * 1 to 3 read the touched files only, so a series that still fits costs milliseconds; the base
 * is looked for when 5 is reached, once per port. A merge of words knows nothing of meaning, so it
 * is the last resort although the semantic patch takes seconds.
 */
#include "patch/port.h"

#include "base/fail.h"
#include "base/file.h"
#include "patch/base.h"
#include "patch/commit.h"
#include "patch/history.h"
#include "patch/known.h"
#include "patch/message.h"
#include "patch/probe.h"
#include "patch/recorded.h"
#include "patch/reduce.h"
#include "patch/semantic.h"
#include "patch/version.h"

/* As port_tried.method says it; compared by address. */
static const char RECORDED[] = "recorded backport", AS_IT_IS[] = "text as it is",
		  ADAPTED[] = "text adapted", SEMANTIC[] = "semantic patch";

struct porting {
	struct arena *arena;
	const struct port_ask *ask;
	struct pack *pack;
	struct draft *draft;
	struct base base;
	int have_base; /* -1: not looked for yet */
	bool records;  /* the series has a folder under backports/ */
	int64_t date;  /* committer's date of the last commit */
	git_oid parent, tree;
};

static void settle(struct port_patch *out, const struct ladder_answer *answer, char *why)
{
	out->mark = answer->mark;
	out->answer = *answer;
	out->why = why;
}

static void skip_all(struct porting *p, struct port_patch *out, const char *why)
{
	struct ladder_answer answer = { .mark = MARK_SKIPPED };
	const struct diff *diff = &out->patch->mail.diff;

	for (size_t f = 0; f < diff->n; f++) {
		const struct filediff *file = &diff->items[f];

		for (size_t h = 0; h < (file->n ? file->n : 1); h++)
			*arena_push(p->arena, &answer) = (struct hunk_fate){
				.file = f,
				.hunk = h,
				.path = file->new_path ? file->new_path : file->old_path,
				.mark = MARK_SKIPPED,
				.evidence = arena_strdup(p->arena, why),
			};
	}
	settle(out, &answer, arena_strdup(p->arena, why));
}

/* The version of a target that is not named by one: its Makefile says. */
static int kernel_version(struct porting *p, struct version *version, bool *known)
{
	struct slice text;
	int r;

	*known = version_parse(slice_of(p->ask->kernel->name), version);
	if (*known)
		return 0;
	r = draft_read(p->draft, "Makefile", &text, NULL);
	*known = r > 0 && version_of_makefile(text, version);
	return r < 0 ? -1 : 0;
}

/* Is the version before `from` or after `until`? A branch ("v6.12") as `until` has all its
 * releases. */
static bool outside(const struct version *v, const char *from, const char *until)
{
	struct version bound;

	if (from && version_parse(slice_of(from), &bound) && version_cmp(v, &bound) < 0 &&
	    !version_in(v, &bound))
		return true;
	return until && version_parse(slice_of(until), &bound) && version_cmp(v, &bound) > 0 &&
	       !version_belongs(v, &bound);
}

/* 1: the series says that this kernel does not need the patch; `out` is settled. */
static int not_applicable(struct porting *p, struct port_patch *out)
{
	const struct series_patch *patch = out->patch;
	struct version version;
	char *missing = NULL;
	bool known = false;
	int r = 1;

	if ((patch->applies_from || patch->applies_until) && kernel_version(p, &version, &known))
		return -1;
	if (known && outside(&version, patch->applies_from, patch->applies_until)) {
		skip_all(p, out,
			 arena_printf(p->arena, "for %s to %s only: %s",
				      patch->applies_from ? patch->applies_from : "any",
				      patch->applies_until ? patch->applies_until : "any",
				      patch->applies_why ? patch->applies_why :
							   "the series says so"));
		return 1;
	}
	if (patch->needs)
		r = probe_holds(p->arena, patch->needs, p->draft, &missing);
	if (r < 0)
		return -1;
	if (r)
		return 0;
	skip_all(p, out,
		 arena_printf(p->arena, "%s (%s)",
			      patch->needs_why ? patch->needs_why : patch->needs->name, missing));
	return 1;
}

/* Keep what an unsure method said of the first hunk that stopped it. */
static void keep_reason(struct porting *p, struct port_patch *out, const char *method,
			const struct ladder_answer *answer)
{
	for (size_t i = 0; i < answer->n && out->ntried < ARRAY_SIZE(out->tried); i++) {
		const struct hunk_fate *fate = &answer->items[i];

		if (fate->mark != MARK_CONFLICT || !fate->evidence)
			continue;
		out->tried[out->ntried++] = (struct port_tried){
			method,
			*fate->path ? arena_printf(p->arena, "%s: %s", fate->path, fate->evidence) :
				      fate->evidence,
		};
		return;
	}
}

/* 1: a record was used; 0: there is none that fits. */
static int try_record(struct porting *p, struct port_patch *out)
{
	struct ladder_answer answer;
	struct recorded recorded;
	int r = recorded_find(p->arena, p->ask->workspace, p->ask->series, out->patch,
			      p->ask->kernel, &recorded);

	if (r <= 0)
		return r;
	if (recorded_apply(p->arena, p->ask->repo, &recorded, p->draft, &answer))
		return -1;
	if (answer.mark == MARK_CONFLICT) {
		keep_reason(p, out, RECORDED, &answer);
		return 0;
	}
	if (answer.mark == MARK_SKIPPED)
		skip_all(p, out,
			 arena_printf(p->arena, "%s says that nothing is needed: %s", recorded.name,
				      recorded.note ? recorded.note : "no reason given"));
	else
		settle(out, &answer,
		       recorded.carried ?
			       arena_strdup(p->arena,
					    "series update brought it over from what was recorded "
					    "for an older form of the patch") :
			       NULL);
	return 1;
}

/* 1: history has the upstream commit, or a backport that names it. */
static int try_history(struct porting *p, struct port_patch *out)
{
	git_oid found;
	char hex[13];
	int r;

	if (!out->patch->upstream)
		return 0;
	r = history_find(p->ask->repo, p->ask->kernel, out->patch->upstream, &found);
	if (r != 1)
		return r;
	git_oid_tostr(hex, sizeof(hex), &found);
	skip_all(p, out,
		 arena_printf(p->arena, "in the history: commit %s is upstream %.12s", hex,
			      out->patch->upstream));
	out->mark = out->answer.mark = MARK_PRESENT;
	for (size_t i = 0; i < out->answer.n; i++)
		out->answer.items[i].mark = MARK_PRESENT;
	return 1;
}

/* The base, brought to where the patch starts: 1, 0 there is none, -1. */
static int find_base(struct porting *p, const struct port_patch *out)
{
	if (p->have_base < 0) {
		p->have_base = base_find(p->arena, p->ask->repo, p->ask->series, &p->base);
		if (p->have_base < 0)
			return fail_in("looking for a base of the series");
	}
	if (!p->have_base)
		return 0;
	return base_advance(p->arena, &p->base, (size_t)(out->patch - p->ask->series->items)) ? -1 :
												1;
}

struct base_ask {
	struct porting *p;
	const struct port_patch *out;
};

static int base_lookup(void *data, struct lookup *base)
{
	const struct base_ask *ask = data;
	int r = find_base(ask->p, ask->out);

	if (r == 1)
		*base = (struct lookup){ ask->p->ask->repo, ask->p->base.kernel.tree,
					 ask->p->base.draft };
	return r;
}

/*
 * What landed since `since` brings a name that the kernel does not have: then the method was not
 * sure after all, the draft is as it was, and the answer says so.
 */
static int check_names(struct porting *p, const struct port_patch *out, const struct diff *diff,
		       size_t since, struct ladder_answer *answer)
{
	struct base_ask base = { p, out };
	struct known_ask ask = {
		.target = { p->ask->repo, p->ask->kernel->tree, p->draft },
		.since = since,
		.diff = diff,
		.as_it_is = answer->mark == MARK_EXACT,
		.base = base_lookup,
		.data = &base,
	};
	struct known_miss miss;
	int r;

	if (answer->mark == MARK_CONFLICT || answer->mark == MARK_PRESENT ||
	    answer->mark == MARK_NONE)
		return 0;
	r = known_check(p->arena, &ask, &miss);
	if (r <= 0)
		return r;
	draft_back(p->draft, since);
	answer->mark = MARK_CONFLICT;
	for (size_t i = 0; i < answer->n; i++) {
		struct hunk_fate *fate = &answer->items[i];

		if (strcmp(fate->path, miss.path) != 0)
			continue;
		fate->mark = MARK_CONFLICT;
		fate->note = NULL;
		fate->evidence = arena_printf(p->arena,
					      "it fits, but %s has no '" SLICE_FMT "'%s%s",
					      p->ask->kernel->name, SLICE_ARG(miss.name),
					      miss.base ? ", which is there in " : "",
					      miss.base ? p->base.kernel.name : "");
	}
	return 0;
}

static int try_text(struct porting *p, const struct port_patch *out, const struct ladder_ask *ask,
		    struct ladder_answer *answer)
{
	size_t since = draft_point(p->draft);

	if (ladder_apply(p->arena, ask, p->draft, answer))
		return -1;
	return check_names(p, out, ask->diff, since, answer);
}

/* Does the series' probe of that name hold? Unknown names do not. */
static bool probe_by_name(void *data, const char *name)
{
	struct porting *p = data;
	const struct series *series = p->ask->series;

	for (size_t i = 0; i < series->n; i++)
		for (size_t c = 0; c < series->items[i].nconditions; c++) {
			const struct probe *probe = series->items[i].conditions[c].probe;

			if (!strcmp(probe->name, name))
				return probe_holds(p->arena, probe, p->draft, NULL) == 1;
		}
	return false;
}

static int try_semantic(struct porting *p, const struct reduced *reduced, struct port_patch *out,
			struct ladder_answer *answer)
{
	size_t since = draft_point(p->draft);
	struct semantic_ask ask = {
		.dir = arena_printf(p->arena, "%s/coccinelle/%s", p->ask->workspace,
				    p->ask->series->name),
		.patch = out->patch,
		.diff = &reduced->diff,
		.trusted = p->ask->series->trusted,
		.holds = probe_by_name,
		.data = p,
	};

	if (p->ask->no_semantic || !p->ask->workspace) {
		answer->mark = MARK_NONE;
		return 0;
	}
	if (semantic_apply(p->arena, &ask, p->draft, answer))
		return -1;
	return check_names(p, out, &reduced->diff, since, answer);
}

/* Let the methods have the base, where there is one. */
static int use_base(struct porting *p, const struct port_patch *out, struct ladder_ask *ask)
{
	int r = find_base(p, out);

	if (r == 1) {
		ask->base = p->base.draft;
		ask->base_name = p->base.kernel.name;
	}
	return r < 0 ? -1 : 0;
}

/* The text as it is, history, the text adapted, the semantic patch, words. */
static int climb(struct porting *p, const struct reduced *reduced, struct port_patch *out)
{
	struct ladder_ask ask = {
		.diff = &reduced->diff,
		.repo = p->ask->repo,
		.methods = LADDER_ONLY(MARK_PRESENT) | LADDER_ONLY(MARK_EXACT),
	};
	struct ladder_answer answer, semantic = { 0 };
	int r;

	if (p->ask->careful && use_base(p, out, &ask))
		return -1;
	if (try_text(p, out, &ask, &answer))
		return -1;
	if (answer.mark == MARK_CONFLICT) {
		r = try_history(p, out);
		if (r)
			return r < 0 ? -1 : 0;
		keep_reason(p, out, AS_IT_IS, &answer);
		if (use_base(p, out, &ask))
			return -1;
		ask.methods = LADDER_ALL & ~LADDER_ONLY(MARK_WORDS);
		if (try_text(p, out, &ask, &answer))
			return -1;
	}
	if (answer.mark == MARK_CONFLICT) {
		keep_reason(p, out, ADAPTED, &answer);
		if (try_semantic(p, reduced, out, &semantic))
			return -1;
		if (semantic.mark == MARK_SEMANTIC)
			answer = semantic;
		else if (semantic.mark == MARK_CONFLICT)
			keep_reason(p, out, SEMANTIC, &semantic);
	}
	/* Where a rule was written and is not sure, words would not be either. */
	if (answer.mark == MARK_CONFLICT && semantic.mark == MARK_NONE) {
		ask.methods = LADDER_ALL;
		if (try_text(p, out, &ask, &answer))
			return -1;
	}
	reduce_restore(p->arena, reduced, &answer);
	settle(out, &answer, NULL);
	return 0;
}

/* One line for the reader: what they must know that the marks do not say. */
static void say_why(struct porting *p, struct port_patch *out)
{
	struct text text __free_text = TEXT_INIT;
	const char *last = NULL;

	if (out->why)
		return;
	for (size_t i = 0; i < out->answer.n; i++) {
		const struct hunk_fate *fate = &out->answer.items[i];

		if (fate->mark != MARK_SKIPPED && fate->mark != MARK_CONFLICT)
			continue;
		if (!fate->evidence || (last && !strcmp(last, fate->evidence)))
			continue;
		last = fate->evidence;
		text_addf(&text, "%s%s: %s", text.len ? "; " : "", fate->path, fate->evidence);
	}
	/* What the text methods said is in the fates already. */
	for (size_t i = 0; out->mark == MARK_CONFLICT && i < out->ntried; i++)
		if (out->tried[i].method == RECORDED || out->tried[i].method == SEMANTIC)
			text_addf(&text, "%s%s: %s", text.len ? "; " : "", out->tried[i].method,
				  out->tried[i].reason);
	if (text.len)
		out->why = slice_str(p->arena, text_slice(&text));
}

/* What was adapted, each thing once, for the [ ... ] note. */
static char *draft_note(struct porting *p, const struct port_patch *out)
{
	struct text text __free_text = TEXT_INIT;

	for (size_t i = 0; i < out->answer.n; i++) {
		const char *note = out->answer.items[i].note;
		bool said = !note;

		for (size_t k = 0; k < i && !said; k++)
			said = out->answer.items[k].note &&
			       !strcmp(out->answer.items[k].note, note);
		if (!said)
			text_addf(&text, "%s%s", text.len ? "; " : "", note);
	}
	return text.len ? slice_str(p->arena, text_slice(&text)) : NULL;
}

static int commit_patch(struct porting *p, struct port_patch *out)
{
	const struct port_ask *ask = p->ask;
	const struct mail *mail = &out->patch->mail;
	struct message_ask message = {
		.patch = out->patch,
		.note = out->note = draft_note(p, out),
		.backporter = ask->backporter.email ? &ask->backporter : NULL,
	};
	struct commit_ask commit = {
		.parent = p->parent,
		.author = mail->author,
		.date = mail->date,
		.date_offset = mail->date_offset,
		.committer = ask->backporter,
		.not_before = p->date,
	};

	if (draft_tree(p->draft, p->pack, &out->tree))
		return -1;
	if (git_oid_equal(&out->tree, &out->before))
		return fail("%s landed as %s but changes nothing", out->patch->file,
			    mark_info(out->mark)->name);
	commit.tree = out->tree;
	commit.message = out->message = message_stable(p->arena, &message);
	if (commit_write(p->pack, &commit, &out->commit))
		return -1;
	out->committed = true;
	p->parent = out->commit;
	p->tree = out->tree;
	p->date = commit.date > p->date ? commit.date : p->date;
	return 0;
}

static int port_one(struct porting *p, struct port_patch *out)
{
	struct reduced reduced;
	int r;

	out->before = out->tree = p->tree;
	out->commit = p->parent;
	r = not_applicable(p, out);
	if (!r && p->records)
		r = try_record(p, out);
	if (!r) {
		if (reduce(p->arena, out->patch, p->draft, &reduced))
			return -1;
		if (!reduced.left) {
			struct ladder_answer answer = { .mark = MARK_SKIPPED };

			reduce_restore(p->arena, &reduced, &answer);
			settle(out, &answer, NULL);
		} else {
			r = climb(p, &reduced, out);
		}
	}
	if (r < 0)
		return -1;
	say_why(p, out);
	if (out->mark == MARK_PRESENT || out->mark == MARK_SKIPPED || out->mark == MARK_CONFLICT)
		return 0;
	return commit_patch(p, out);
}

/* The names of the refs, and where the first points now. */
static int name_refs(struct porting *p, struct port *port)
{
	const struct kernel *kernel = p->ask->kernel;
	const char *name = p->ask->series->name;
	struct version asked, version;
	int valid, r;

	port->ref = arena_printf(p->arena, "refs/series/%s/%s", name, kernel->name);
	if (git_reference_name_is_valid(&valid, port->ref) || !valid)
		return fail_as(FAIL_USAGE, "%s: no ref can have this name (%s)", kernel->name,
			       port->ref);
	if (strcmp(kernel->asked, kernel->name) && version_parse(slice_of(kernel->asked), &asked) &&
	    asked.patch < 0 && version_parse(slice_of(kernel->name), &version))
		port->branch_ref = arena_printf(p->arena, "refs/series/%s/%s", name, kernel->asked);
	r = repo_ref(p->ask->repo, port->ref, &port->was);
	port->had = r == 1;
	if (r >= 0 && port->branch_ref) {
		r = repo_ref(p->ask->repo, port->branch_ref, &port->branch_was);
		port->branch_had = r == 1;
	}
	return r < 0 ? -1 : 0;
}

/* Take what the port says over into `arena`: all else that porting took is freed at its end. */
static void keep(struct arena *arena, struct port *port)
{
	port->ref = arena_strdup(arena, port->ref);
	port->branch_ref = arena_strdup(arena, port->branch_ref);
	for (size_t i = 0; i < port->n; i++) {
		struct port_patch *out = &port->items[i];
		struct ladder_answer answer = { .mark = out->answer.mark };

		out->why = arena_strdup(arena, out->why);
		out->note = arena_strdup(arena, out->note);
		out->message = arena_strdup(arena, out->message);
		for (size_t k = 0; k < out->answer.n; k++) {
			struct hunk_fate *fate = arena_push(arena, &answer);

			*fate = out->answer.items[k];
			fate->path = arena_strdup(arena, fate->path);
			fate->evidence = arena_strdup(arena, fate->evidence);
			fate->note = arena_strdup(arena, fate->note);
		}
		out->answer = answer;
		for (size_t k = 0; k < out->ntried; k++)
			out->tried[k].reason = arena_strdup(arena, out->tried[k].reason);
	}
}

int port_series(struct arena *arena, const struct port_ask *ask, struct pack *pack,
		struct port *port)
{
	/* Texts of large files, which the next kernel's take the place of. */
	struct arena *scratch __free(arena) = arena_new();
	struct porting p = {
		.arena = scratch,
		.ask = ask,
		.pack = pack,
		.draft = draft_new(scratch, ask->repo, &ask->kernel->tree),
		.have_base = -1,
		.parent = ask->kernel->commit,
		.tree = ask->kernel->tree,
	};

	*port = (struct port){
		.kernel = *ask->kernel,
		.n = ask->series->n,
		.items = arena_alloc(arena, (ask->series->n + 1) * sizeof(*port->items)),
	};
	p.records = ask->workspace &&
		    file_kind(arena_printf(scratch, "%s/backports/%s", ask->workspace,
					   ask->series->name)) == 1;
	if (name_refs(&p, port) || commit_date(ask->repo, &p.parent, &p.date))
		return -1;
	for (size_t i = 0; i < port->n; i++)
		port->items[i].patch = &ask->series->items[i];
	for (size_t i = 0; i < port->n && port->mark != MARK_CONFLICT; i++) {
		if (port_one(&p, &port->items[i]))
			return fail_in("%s on %s", port->items[i].patch->file, ask->kernel->name);
		port->mark = mark_worse(port->mark, port->items[i].mark);
	}
	port->commit = p.parent;
	port->tree = p.tree;
	port->changed = !port->had || !git_oid_equal(&port->was, &port->commit);
	keep(arena, port);
	return 0;
}

size_t port_moves(const struct port *port, struct ref_move moves[2])
{
	size_t n = 0;

	if (port->mark == MARK_CONFLICT)
		return 0;
	if (port->changed)
		moves[n++] = (struct ref_move){ port->ref, port->was, port->commit };
	if (port->branch_ref &&
	    !(port->branch_had && git_oid_equal(&port->branch_was, &port->commit)))
		moves[n++] = (struct ref_move){ port->branch_ref, port->branch_was, port->commit };
	return n;
}
