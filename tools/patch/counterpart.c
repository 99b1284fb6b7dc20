/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is searched: the place in a patch that a run of new tokens was written after, although some
 * tokens differ (the rule adapted them to the target). It is Smith and Waterman's alignment with
 * affine gaps: a matching word counts for more than a matching parenthesis, one on a '+' line for
 * more than one in the context, and each gap costs once, nearly however long it is. So a match that
 * stands alone does not pay, and `kvm_handle_exception_payload_quirk(vcpu);`, which the patch adds
 * in three places, is put to the one whose neighbours it has. Cost: tokens times tokens of the
 * patch, some 100,000 steps.
 */
#define _GNU_SOURCE
#include "patch/counterpart.h"

#include <stdint.h>

#define GAP_COST                                                                                   \
	500 /* and 1 for each token of the patch passed over, so that of equals the near one wins */
#define CELLS_MAX ((size_t)32 * 1024 * 1024)

static void add_hunk(struct arena *arena, const struct hunk *hunk, size_t index, char side,
		     struct patch_tokens *out)
{
	struct text text __free_text = TEXT_INIT;
	struct slice copy;
	struct ctokens tokens;
	size_t line = 0, *marks = arena_alloc(arena, (hunk->n + 1) * sizeof(*marks)), n = 0;
	ptrdiff_t close, open;

	for (size_t i = 0; i < hunk->n; i++) {
		const struct diff_line *l = &hunk->items[i];

		if (l->kind != ' ' && l->kind != side)
			continue;
		text_add_slice(&text, l->text);
		text_addc(&text, '\n');
		marks[n++] = l->kind == side;
	}
	copy = slice_copy(arena, text_slice(&text));
	/* A hunk may begin in the middle of a comment. */
	close = slice_find(copy, SLICE("*/"));
	open = slice_find(copy, SLICE("/*"));
	if (close >= 0 && (open < 0 || close < open))
		for (ptrdiff_t i = 0; i < close + 2; i++)
			if (copy.p[i] != '\n')
				((char *)copy.p)[i] = ' ';
	tokens = ctokens_of(arena, copy);
	for (size_t i = 0; i < tokens.n; i++) {
		struct patch_token *token = arena_push(arena, out);

		line = ctokens_line(&tokens, i);
		token->text = tokens.items[i].text;
		token->gap = ctokens_gap(&tokens, i);
		token->hunk = index;
		token->first = i == 0;
		token->marked = line <= n && marks[line - 1];
	}
}

struct patch_tokens patch_tokens_of(struct arena *arena, const struct filediff *file, char side)
{
	struct patch_tokens out = { 0 };

	for (size_t i = 0; i < file->n; i++)
		add_hunk(arena, &file->items[i], i, side, &out);
	return out;
}

static int score(const struct ctoken *token, const struct patch_token *other)
{
	return (ctoken_word(token) ? 300 : 100) + (other->marked ? 100 : 0);
}

enum step { STEP_NONE, STEP_MATCH, STEP_TOKEN, STEP_PATCH, STEP_OPEN };

struct grid {
	size_t width;
	int32_t *match, *gap;		/* best score of what ends in a match, in a gap */
	uint8_t *match_step, *gap_step; /* where it came from */
};

#define WORST (INT32_MIN / 2)

static void fill(const struct grid *g, const struct ctokens *tokens, size_t first, size_t n,
		 const struct patch_tokens *patch)
{
	for (size_t j = 0; j < g->width; j++)
		g->match[j] = WORST;
	for (size_t i = 1; i <= n; i++) {
		g->match[i * g->width] = WORST;
		for (size_t j = 1; j < g->width; j++) {
			size_t at = i * g->width + j, diagonal = at - g->width - 1;
			const struct ctoken *token = &tokens->items[first + i - 1];
			const struct patch_token *other = &patch->items[j - 1];
			int32_t open;

			g->match[at] = WORST;
			if (slice_eq(token->text, other->text)) {
				bool from_match = g->match[diagonal] >= g->gap[diagonal];

				g->match[at] = score(token, other) +
					       (from_match ? g->match[diagonal] : g->gap[diagonal]);
				g->match_step[at] = from_match ? STEP_MATCH : STEP_OPEN;
			}
			open = g->match[at] - GAP_COST;
			g->gap[at] = open;
			g->gap_step[at] = STEP_OPEN;
			if (g->gap[at - g->width] >= g->gap[at]) {
				g->gap[at] = g->gap[at - g->width];
				g->gap_step[at] = STEP_TOKEN;
			}
			if (g->gap[at - 1] - 1 > g->gap[at]) {
				g->gap[at] = g->gap[at - 1] - 1;
				g->gap_step[at] = STEP_PATCH;
			}
		}
	}
}

static void trace(const struct grid *g, size_t n, size_t *out)
{
	size_t i = n, j = 0;
	const int32_t *match = g->match + n * g->width, *gap = g->gap + n * g->width;
	int32_t best = WORST;
	bool in_gap = true;

	/* What the patch has behind the end is passed over at no cost. */
	for (size_t k = 0; k < g->width; k++) {
		if (match[k] <= best && gap[k] <= best)
			continue;
		in_gap = gap[k] > match[k];
		best = in_gap ? gap[k] : match[k];
		j = k;
	}
	while (i > 0 && j > 0) {
		size_t at = i * g->width + j;

		if (in_gap) {
			if (g->gap_step[at] == STEP_TOKEN)
				i--;
			else if (g->gap_step[at] == STEP_PATCH)
				j--;
			else
				in_gap = false;
		} else {
			out[i - 1] = j - 1;
			in_gap = g->match_step[at] == STEP_OPEN;
			i--;
			j--;
		}
	}
}

size_t *counterpart_find(struct arena *arena, const struct ctokens *tokens, size_t first,
			 size_t end, const struct patch_tokens *patch)
{
	size_t n = end - first, cells = (n + 1) * (patch->n + 1);
	size_t *out = arena_alloc(arena, (n + 1) * sizeof(*out));
	struct grid g = { .width = patch->n + 1 };

	for (size_t i = 0; i < n; i++)
		out[i] = CTOKEN_NONE;
	if (cells > CELLS_MAX)
		return out;
	g.match = arena_alloc(arena, cells * sizeof(*g.match));
	g.gap = arena_alloc(arena, cells * sizeof(*g.gap));
	g.match_step = arena_alloc(arena, cells);
	g.gap_step = arena_alloc(arena, cells);
	for (size_t j = 0; j <= patch->n; j++)
		g.gap_step[j] = STEP_PATCH;
	for (size_t i = 0; i <= n; i++)
		g.gap_step[i * g.width] = STEP_TOKEN;
	fill(&g, tokens, first, n, patch);
	trace(&g, n, out);
	return out;
}
