/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The order of trust: the functions that a rule declares are parsed before it runs (what spatch
 * cannot parse it skips in silence), what it did is held against what it declares (patch/verify.h),
 * its edits are put onto the target's own text (patch/layout.h), and the functions are parsed once
 * more. One file at a time; files of the patch that no rule is about land by their text. The draft
 * gets all of it or nothing.
 */
#include "patch/semantic.h"

#include "base/fail.h"
#include "base/file.h"
#include "patch/cocci.h"
#include "patch/ctoken.h"
#include "patch/layout.h"
#include "patch/spatch.h"
#include "patch/verify.h"

#define DEADLINE_MS 60000

struct running {
	struct arena *arena;
	const struct semantic_ask *ask;
	struct draft *draft;
	struct ladder_answer *answer;
	struct spatch spatch;
	struct cocci cocci;
	const char *rule; /* its file's name */
	char *why;	  /* it is not sure: the reason */
	struct text *notes;
	size_t files; /* that it changed */
};

static int find_rule(struct arena *arena, const struct semantic_ask *ask, const char **name)
{
	struct file_names names = { 0 };
	const char *number = arena_printf(arena, "%04u-", ask->patch->number);
	int r = file_list(arena, ask->dir, &names);

	*name = NULL;
	if (r <= 0)
		return r;
	for (size_t i = 0; i < names.n; i++) {
		struct slice file = slice_of(names.items[i]);

		if (!slice_starts(file, number) || !slice_ends(file, ".cocci"))
			continue;
		if (*name)
			return fail_as(FAIL_USAGE, "%s: both %s and %s are for patch %u", ask->dir,
				       *name, names.items[i], ask->patch->number);
		*name = names.items[i];
	}
	return 0;
}

/*
 * The patch's own diff of the file; where the rule is for a file that the patch does not have, the
 * only one it has.
 */
static size_t file_of(const struct diff *diff, const char *path)
{
	for (size_t i = 0; i < diff->n; i++)
		if (diff->items[i].new_path && !strcmp(diff->items[i].new_path, path))
			return i;
	return diff->n == 1 ? 0 : diff->n;
}

static struct hunk_fate *fate_of(struct running *r, size_t file, size_t hunk)
{
	for (size_t i = 0; i < r->answer->n; i++)
		if (r->answer->items[i].file == file && r->answer->items[i].hunk == hunk)
			return &r->answer->items[i];
	return NULL;
}

/* A fate per hunk before anything is known; what comes of them is filled in later. */
static void add_fates(struct running *r)
{
	for (size_t i = 0; i < r->ask->diff->n; i++) {
		const struct filediff *file = &r->ask->diff->items[i];

		for (size_t k = 0; k < (file->n ? file->n : 1); k++) {
			struct hunk_fate *fate = arena_push(r->arena, r->answer);

			*fate = (struct hunk_fate){
				.file = i,
				.hunk = k,
				.path = file->new_path ? file->new_path : file->old_path,
				.mark = MARK_SEMANTIC,
			};
		}
	}
}

/* "f()", in which line `line` of the tokens' file stands. */
static const char *function_at(struct arena *arena, const struct ctokens *tokens,
			       const struct cfunctions *functions, size_t line)
{
	for (size_t i = 0; i < functions->n; i++) {
		const struct cfunction *f = &functions->items[i];

		if (ctokens_line(tokens, f->end - 1) >= line)
			return arena_printf(arena, SLICE_FMT "()", SLICE_ARG(f->name));
	}
	return "the file";
}

static void tell_fates(struct running *r, const char *path, const struct layout *layout,
		       const char *did)
{
	size_t file = file_of(r->ask->diff, path);
	struct ctokens tokens = ctokens_of(r->arena, layout->text);
	struct cfunctions functions = cfunctions_of(r->arena, &tokens);

	for (size_t i = 0; i < layout->n; i++) {
		const struct layout_edit *edit = &layout->items[i];
		struct hunk_fate *fate = fate_of(r, file, edit->hunk);

		if (!fate || fate->line)
			continue;
		fate->path = arena_strdup(r->arena, path);
		fate->line = edit->line;
		fate->offset = (long)edit->line -
			       (long)r->ask->diff->items[file].items[fate->hunk].new_start;
		fate->evidence = arena_printf(
			r->arena,
			"%s changed %s; it matched all that it declares%s%s, and all parses",
			r->rule, function_at(r->arena, &tokens, &functions, edit->line),
			i ? "" : ": ", i ? "" : did);
	}
}

static const char *const *defines_of(struct running *r, const struct verify_ask *verify)
{
	struct ctokens before = ctokens_of(r->arena, verify->before);
	const char **names = arena_alloc(r->arena, (r->cocci.n + 1) * sizeof(*names));
	size_t n = 0;

	for (size_t i = verify->first; i < verify->end; i++) {
		const struct cocci_line *line = &r->cocci.items[i];

		if (line->key == COCCI_DEFINE && verify_holds(verify, &before, &line->condition))
			names[n++] = slice_str(r->arena, line->value);
	}
	return names;
}

static void add_notes(struct running *r, const struct verify_ask *verify)
{
	struct ctokens before = ctokens_of(r->arena, verify->before);

	for (size_t i = verify->first; i < verify->end; i++) {
		const struct cocci_line *line = &r->cocci.items[i];

		if (line->key == COCCI_NOTE && verify_holds(verify, &before, &line->condition))
			text_addf(r->notes, "%s" SLICE_FMT, r->notes->len ? "; " : "",
				  SLICE_ARG(line->value));
	}
}

/*
 * Can spatch parse the functions that matter in this version of the file? 0, with r->why where not;
 * -1.
 */
static int parse_check(struct running *r, const struct verify_ask *verify, struct slice text,
		       unsigned int deadline, struct verify_cut *cut)
{
	unsigned long bad = 0;
	char *missing, *where;

	verify_cut(r->arena, verify, text, cut, &missing);
	if (missing) {
		r->why = missing;
		return 0;
	}
	if (spatch_parse(r->arena, &r->spatch, cut->text, deadline, &bad, &where))
		return -1;
	if (bad)
		r->why = arena_printf(r->arena,
				      "spatch cannot parse a function of %s that %s is about: %s",
				      verify->path, r->rule,
				      where ? where : "it does not say where");
	return 0;
}

static int run_rule(struct running *r, struct verify_ask *verify, const struct verify_cut *cut,
		    unsigned int deadline)
{
	struct spatch_ask ask = {
		.rule = r->cocci.path,
		.text = cut->text,
		.defines = defines_of(r, verify),
		.deadline_ms = deadline,
	};
	struct spatch_answer answer;

	if (spatch_run(r->arena, &r->spatch, &ask, &answer))
		return -1;
	if (answer.outcome == SPATCH_TIMED_OUT)
		r->why = arena_printf(r->arena, "spatch was not done with %s on %s after %u s",
				      r->rule, verify->path, deadline / 1000);
	else if (answer.outcome == SPATCH_REFUSED)
		return fail_as(FAIL_USAGE, "%s: spatch refuses it: " SLICE_FMT, r->cocci.path,
			       SLICE_ARG(answer.said));
	else if (slice_eq(answer.text, cut->text))
		r->why = arena_printf(r->arena, "%s matched nothing in %s", r->rule, verify->path);
	else if (!verify_join(r->arena, cut, verify->before, answer.text, &verify->after))
		r->why = arena_printf(r->arena, "%s: its functions cannot be told apart in %s",
				      r->rule, verify->path);
	return 0;
}

static int run_file(struct running *r, struct verify_ask *verify)
{
	unsigned int deadline = r->ask->deadline_ms ? r->ask->deadline_ms : DEADLINE_MS, mode;
	size_t file = file_of(r->ask->diff, verify->path);
	struct verify_cut cut;
	struct layout layout;
	char *did, *wrong;
	int there = draft_read(r->draft, verify->path, &verify->before, &mode);

	if (there < 0)
		return -1;
	if (!there) {
		r->why = arena_printf(r->arena, "%s is not in this kernel", verify->path);
		return 0;
	}
	if (parse_check(r, verify, verify->before, deadline, &cut) || r->why)
		return r->why ? 0 : -1;
	if (run_rule(r, verify, &cut, deadline) || r->why)
		return r->why ? 0 : -1;
	wrong = verify_changes(r->arena, verify, &did);
	if (wrong) {
		r->why = arena_printf(r->arena, "%s: %s", r->rule, wrong);
		return 0;
	}
	if (!layout_make(r->arena, verify->before, verify->after,
			 file < r->ask->diff->n ? &r->ask->diff->items[file] : NULL, &layout)) {
		r->why = arena_printf(r->arena, "%s: what it did to %s could not be laid out",
				      r->rule, verify->path);
		return 0;
	}
	if (parse_check(r, verify, layout.text, deadline, &cut) || r->why)
		return r->why ? 0 : -1;
	tell_fates(r, verify->path, &layout, did);
	add_notes(r, verify);
	r->files++;
	return draft_write(r->draft, verify->path, layout.text, mode);
}

static int run_files(struct running *r)
{
	for (size_t i = 0; i < r->cocci.n && !r->why; i++) {
		struct cocci_line *line = &r->cocci.items[i];
		struct verify_ask verify = {
			.cocci = &r->cocci,
			.first = i + 1,
			.holds = r->ask->holds,
			.data = r->ask->data,
		};

		if (line->key != COCCI_FILE)
			continue;
		for (verify.end = i + 1; verify.end < r->cocci.n; verify.end++)
			if (r->cocci.items[verify.end].key == COCCI_FILE)
				break;
		verify.path = slice_str(r->arena, line->value);
		if (line->condition.when == COCCI_PROBE) {
			struct ctokens none = { 0 };

			if (!verify_holds(&verify, &none, &line->condition))
				continue;
		}
		if (run_file(r, &verify))
			return -1;
	}
	if (!r->files && !r->why)
		r->why = arena_printf(r->arena, "%s has no file to change here", r->rule);
	return 0;
}

static bool has_rule(const struct running *r, const struct filediff *file)
{
	for (size_t i = 0; i < r->cocci.n; i++)
		if (r->cocci.items[i].key == COCCI_FILE && file->new_path &&
		    slice_is(r->cocci.items[i].value, file->new_path))
			return true;
	return false;
}

/* Files that no rule is about (documentation, say) land by their text, or nothing does. */
static int apply_rest(struct running *r)
{
	const struct diff *diff = r->ask->diff;
	struct diff rest = { 0 };
	size_t *which = arena_alloc(r->arena, (diff->n + 1) * sizeof(*which));
	struct ladder_answer answer;
	struct ladder_ask ask = {
		.diff = &rest,
		.methods = LADDER_ONLY(MARK_PRESENT) | LADDER_ONLY(MARK_EXACT) |
			   LADDER_ONLY(MARK_CONTEXT),
	};

	for (size_t i = 0; i < diff->n; i++) {
		if (has_rule(r, &diff->items[i]))
			continue;
		which[rest.n] = i;
		*arena_push(r->arena, &rest) = diff->items[i];
	}
	if (!rest.n)
		return 0;
	if (ladder_apply(r->arena, &ask, r->draft, &answer))
		return -1;
	for (size_t i = 0; i < answer.n; i++) {
		struct hunk_fate *fate =
			fate_of(r, which[answer.items[i].file], answer.items[i].hunk);

		answer.items[i].file = which[answer.items[i].file];
		if (answer.items[i].mark == MARK_CONFLICT)
			r->why = arena_printf(
				r->arena, "%s has nothing about %s, whose text does not fit: %s",
				r->rule, answer.items[i].path, answer.items[i].evidence);
		if (fate)
			*fate = answer.items[i];
	}
	return 0;
}

static void finish_fates(struct running *r)
{
	bool sure = !r->why;

	r->answer->mark = sure ? MARK_SEMANTIC : MARK_CONFLICT;
	for (size_t i = 0; i < r->answer->n; i++) {
		struct hunk_fate *fate = &r->answer->items[i];

		if (sure && fate->mark != MARK_SEMANTIC)
			continue;
		fate->mark = r->answer->mark;
		if (!sure)
			*fate = (struct hunk_fate){ .file = fate->file,
						    .hunk = fate->hunk,
						    .path = fate->path,
						    .mark = MARK_CONFLICT,
						    .evidence = r->why };
		else if (!fate->line)
			fate->evidence = arena_printf(
				r->arena, "%s has nothing to do for it in this kernel", r->rule);
	}
	if (sure && r->answer->n && r->notes->len)
		r->answer->items[0].note = arena_strdup(r->arena, text_str(r->notes));
}

int semantic_apply(struct arena *arena, const struct semantic_ask *ask, struct draft *draft,
		   struct ladder_answer *answer)
{
	struct text notes __free_text = TEXT_INIT;
	struct running r = {
		.arena = arena, .ask = ask, .draft = draft, .answer = answer, .notes = &notes
	};
	size_t point = draft_point(draft);
	int failed;

	*answer = (struct ladder_answer){ .mark = MARK_NONE };
	if (find_rule(arena, ask, &r.rule))
		return -1;
	if (!r.rule)
		return 0;
	if (cocci_read(arena, arena_printf(arena, "%s/%s", ask->dir, r.rule), ask->trusted,
		       &r.cocci) ||
	    spatch_open(arena, &r.spatch))
		return -1;
	add_fates(&r);
	failed = run_files(&r) || (!r.why && apply_rest(&r));
	spatch_release(&r.spatch);
	if (failed || r.why)
		draft_back(draft, point);
	if (failed)
		return fail_in("coccinelle");
	finish_fates(&r);
	return 0;
}
