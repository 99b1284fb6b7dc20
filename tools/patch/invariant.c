/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A check is a semantic patch whose lines with "*" match what must not be. Silence is worth
 * something only from one who looked, so each check says where it has to look ("look") and of what
 * it must see every use ("every"). The functions that have these words are cut out of the files,
 * each on its own lines, and only they are given to spatch: all of them have to parse, and a
 * function that is not there, or a use that hides in a macro, is a finding like any other. It is
 * also what makes a check of three folders take a second.
 */
#include "base/fail.h"
#include "base/file.h"
#include "patch/cocci.h"
#include "patch/ctoken.h"
#include "patch/diff.h"
#include "patch/semantic.h"
#include "patch/spatch.h"
#include "patch/verify.h"

#define DEADLINE_MS 60000

struct checking {
	struct arena *arena;
	struct draft *draft;
	const struct spatch *spatch;
	struct invariant_findings *findings;
	struct cocci cocci;
	const char *name; /* of the check */
	bool *looked;	  /* per line of the head */
	size_t given;	  /* functions cut out of the file at hand */
};

static void find(struct checking *c, const char *path, size_t line, char *what)
{
	c->findings->skipped += slice_starts(slice_of(what), INVARIANT_SKIPPED);
	*arena_push(c->arena, c->findings) = (struct invariant_finding){
		.check = arena_strdup(c->arena, c->name),
		.path = arena_strdup(c->arena, path),
		.what = what,
		.line = line,
	};
}

static const char *message_of(const struct checking *c)
{
	for (size_t i = 0; i < c->cocci.n; i++)
		if (c->cocci.items[i].key == COCCI_NOTE)
			return slice_str(c->arena, c->cocci.items[i].value);
	return "must not be";
}

static bool mentions(const struct checking *c, const struct ctokens *tokens,
		     const struct cfunction *function)
{
	for (size_t i = 0; i < c->cocci.n; i++)
		if (c->cocci.items[i].key == COCCI_EVERY &&
		    ctokens_count(tokens, function->first, function->end, c->cocci.items[i].value))
			return true;
	return false;
}

static void look(struct checking *c, const struct ctokens *tokens,
		 const struct cfunctions *functions)
{
	for (size_t i = 0; i < c->cocci.n; i++) {
		const struct cocci_line *line = &c->cocci.items[i];
		const struct cfunction *function;
		bool all = true;

		if (line->key != COCCI_LOOK)
			continue;
		function = verify_function(functions, line->value);
		for (size_t k = 0; function && k < line->n; k++)
			all = all && ctokens_count(tokens, function->first, function->end,
						   line->items[k].word);
		c->looked[i] = c->looked[i] || (function && all);
	}
}

/* A macro is not seen by spatch as what it stands for. */
static void look_at_macros(struct checking *c, const char *path, const struct ctokens *tokens)
{
	for (size_t i = 0; i < tokens->n; i++) {
		struct ctokens inside = { 0 };

		if (tokens->items[i].text.p[0] != '#')
			continue;
		for (size_t k = 0; k < c->cocci.n; k++) {
			struct slice word = c->cocci.items[k].value;

			if (c->cocci.items[k].key != COCCI_EVERY ||
			    slice_find(tokens->items[i].text, word) < 0)
				continue;
			inside = ctokens_of(c->arena, slice_skip(tokens->items[i].text, 1));
			if (ctokens_count(&inside, 0, inside.n, word))
				find(c, path, ctokens_line(tokens, i),
				     arena_printf(c->arena,
						  INVARIANT_SKIPPED "a macro has " SLICE_FMT,
						  SLICE_ARG(word)));
		}
	}
}

/*
 * The functions that the check is about, on the lines where they stand in the file; empty when
 * there are none.
 */
static struct slice functions_of(struct checking *c, const struct ctokens *tokens,
				 const struct cfunctions *functions)
{
	struct text out __free_text = TEXT_INIT;
	size_t line = 1;

	c->given = 0;
	for (size_t i = 0; i < functions->n; i++) {
		const struct cfunction *f = &functions->items[i];
		struct slice body = { tokens->items[f->first].text.p, 0 };
		struct slice rest, one;
		size_t first;

		if (!mentions(c, tokens, f))
			continue;
		c->given++;
		body.n = (size_t)(tokens->items[f->end - 1].text.p - body.p) + 1;
		for (first = ctokens_line(tokens, f->first); line < first; line++)
			text_addc(&out, '\n');
		for (rest = body; slice_line(&rest, &one); line++) {
			text_add_slice(&out, one);
			text_addc(&out, '\n');
		}
	}
	return slice_copy(c->arena, text_slice(&out));
}

/* What spatch's diff takes away are the lines that its "*" matched. */
static int add_matches(struct checking *c, const char *path, struct slice printed)
{
	struct diff diff = { 0 };

	if (slice_blank(printed))
		return 0;
	/* The names it gives are those of temporary files, which diff_parse() refuses. */
	for (struct slice rest = printed, line; slice_line(&rest, &line);)
		if (slice_starts(line, "@@ ")) {
			struct text text __free_text = TEXT_INIT;

			text_adds(&text, "diff --git a/x b/x\n--- a/x\n+++ b/x\n");
			text_add(&text, line.p, (size_t)(printed.p + printed.n - line.p));
			if (diff_parse(c->arena, slice_copy(c->arena, text_slice(&text)), &diff))
				return fail_in("what spatch printed");
			break;
		}
	for (size_t i = 0; diff.n && i < diff.items[0].n; i++) {
		const struct hunk *hunk = &diff.items[0].items[i];
		size_t at = hunk->old_start;

		for (size_t k = 0; k < hunk->n; k++) {
			if (hunk->items[k].kind == '-' && (!k || hunk->items[k - 1].kind != '-'))
				find(c, path, at,
				     arena_printf(c->arena, "%s: " SLICE_FMT, message_of(c),
						  SLICE_ARG(slice_trim(hunk->items[k].text))));
			at += hunk->items[k].kind != '+';
		}
	}
	return 0;
}

static int check_text(struct checking *c, const char *path, struct slice functions)
{
	struct spatch_ask ask = {
		.rule = c->cocci.path,
		.text = functions,
		.deadline_ms = DEADLINE_MS,
	};
	struct spatch_answer answer;
	unsigned long bad;
	char *where;

	if (spatch_parse(c->arena, c->spatch, functions, DEADLINE_MS, &bad, &where))
		return -1;
	if (bad) {
		find(c, path, 0,
		     arena_printf(c->arena, INVARIANT_SKIPPED "spatch cannot parse a function: %s",
				  where ? where : "it does not say where"));
		return 0;
	}
	if (spatch_run(c->arena, c->spatch, &ask, &answer))
		return -1;
	if (answer.outcome == SPATCH_REFUSED)
		return fail_as(FAIL_USAGE, "%s: spatch refuses it: " SLICE_FMT, c->cocci.path,
			       SLICE_ARG(answer.said));
	c->findings->functions += c->given;
	if (answer.outcome == SPATCH_TIMED_OUT) {
		find(c, path, 0,
		     arena_printf(c->arena, INVARIANT_SKIPPED "spatch was not done after %u s",
				  DEADLINE_MS / 1000));
		return 0;
	}
	return add_matches(c, path, answer.diff);
}

static bool any_word(const struct checking *c, struct slice text)
{
	for (size_t i = 0; i < c->cocci.n; i++)
		if (c->cocci.items[i].key == COCCI_EVERY &&
		    slice_find(text, c->cocci.items[i].value) >= 0)
			return true;
	return false;
}

static int check_file(struct checking *c, const char *path)
{
	struct ctokens tokens;
	struct cfunctions functions;
	struct slice text, cut;
	int there = draft_read(c->draft, path, &text, NULL);

	if (there <= 0)
		return there;
	if (!any_word(c, text))
		return 0;
	tokens = ctokens_of(c->arena, text);
	functions = cfunctions_of(c->arena, &tokens);
	look(c, &tokens, &functions);
	look_at_macros(c, path, &tokens);
	cut = functions_of(c, &tokens, &functions);
	return slice_blank(cut) ? 0 : check_text(c, path, cut);
}

/* A file, or with "/" at its end all C files directly in a folder. */
static int check_place(struct checking *c, struct slice place)
{
	struct repo_names names = { 0 };
	char *path = slice_str(c->arena, place);

	if (!slice_ends(place, "/"))
		return check_file(c, path);
	path[place.n - 1] = '\0';
	if (draft_list(c->draft, c->arena, path, &names) < 0)
		return -1;
	for (size_t i = 0; i < names.n; i++)
		if (slice_ends(slice_of(names.items[i].name), ".c") &&
		    check_file(c, arena_printf(c->arena, "%s/%s", path, names.items[i].name)))
			return -1;
	return 0;
}

static int run_check(struct checking *c)
{
	c->looked = arena_alloc(c->arena, c->cocci.n + 1);
	for (size_t i = 0; i < c->cocci.n; i++)
		if (c->cocci.items[i].key == COCCI_FILE && check_place(c, c->cocci.items[i].value))
			return -1;
	for (size_t i = 0; i < c->cocci.n; i++) {
		const struct cocci_line *line = &c->cocci.items[i];
		struct text words __free_text = TEXT_INIT;

		if (line->key != COCCI_LOOK || c->looked[i])
			continue;
		for (size_t k = 0; k < line->n; k++)
			text_addf(&words, "%s" SLICE_FMT, k ? " and " : "",
				  SLICE_ARG(line->items[k].word));
		find(c, "", 0,
		     arena_printf(c->arena, INVARIANT_SKIPPED "no function " SLICE_FMT " with %s",
				  SLICE_ARG(line->value), text_str(&words)));
	}
	c->findings->checks_run++;
	return 0;
}

int semantic_check(struct arena *arena, const char *dir, struct draft *draft, bool trusted,
		   struct invariant_findings *findings)
{
	struct spatch spatch __free_spatch = { 0 };
	struct checking c = {
		.arena = arena, .draft = draft, .spatch = &spatch, .findings = findings
	};
	struct file_names names = { 0 };

	*findings = (struct invariant_findings){ 0 };
	if (file_list(arena, dir, &names) < 0 || spatch_open(arena, &spatch))
		return -1;
	for (size_t i = 0; i < names.n; i++) {
		struct slice name = slice_of(names.items[i]);

		if (!slice_ends(name, ".cocci"))
			continue;
		name.n -= strlen(".cocci");
		c.name = slice_str(arena, name);
		if (cocci_read(arena, arena_printf(arena, "%s/%s", dir, names.items[i]), trusted,
			       &c.cocci) ||
		    run_check(&c))
			return fail_in("coccinelle/checks");
	}
	return 0;
}
