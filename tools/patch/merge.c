/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Three-way merge, one group of changed lines at a time.
 *
 * diff3 gives up where the other side changed a line that touches; most refusals of a backport are of that kind, and
 * harmless. Here the alignment of base and target says where each line of the base went, and a group asks only for what
 * it needs: the lines that it removes, each found in the target, together; or, when it only inserts, both neighbours still being
 * neighbours, or one of them being there while the other one's place holds nothing else. Lines that drifted
 * are merged word by word (words.h). What is not certain is not decided here: `sure` stays false and `why` says what was missing.
 * Each decision carries its rule's name. O(lines of the group x lines of its gap).
 */
#include "patch/merge.h"

#include "patch/scope.h"

#define MERGE_MIN                                                                                  \
	85 /* percent of a line that must be left for it to be merged by words: beyond that it says something else */
#define DRIFT_MIN 70 /* percent of a removed line that must be left for it to count as that line */

void groups_of_hunk(struct arena *arena, const struct hunk *hunk, size_t number, size_t at,
		    struct groups *groups)
{
	for (size_t i = 0; i < hunk->n;) {
		struct group *group;
		size_t end = i, added = 0;

		if (hunk->items[i].kind == ' ') {
			at++;
			i++;
			continue;
		}
		while (end < hunk->n && hunk->items[end].kind != ' ')
			added += hunk->items[end++].kind == '+';
		group = arena_push(arena, groups);
		group->hunk = number;
		group->from = at;
		group->added = arena_alloc(arena, (added + 1) * sizeof(*group->added));
		for (; i < end; i++) {
			if (hunk->items[i].kind == '+')
				group->added[group->n_added++] = hunk->items[i].text;
			else
				at++;
		}
		group->to = at;
	}
}

static void decide(struct group *group, enum mark mark, const char *rule, char *why)
{
	group->sure = true;
	group->mark = mark;
	group->rule = rule;
	group->why = why;
}

static void refuse(struct group *group, const char *rule, char *why)
{
	group->sure = false;
	group->rule = rule;
	group->why = why;
}

/* The gap of the target that the group's place in the base corresponds to. */
struct gap {
	long above,
		below; /* base lines with a partner, nearest to the group from outside; ALIGN_NONE */
	size_t first, end; /* target lines between their partners */
};

static struct gap gap_around(const struct align *align, const struct group *group)
{
	struct gap gap = { .above = align_above(align, (long)group->from - 1),
			   .below = align_below(align, (long)group->to) };

	gap.first = gap.above == ALIGN_NONE ? 0 : (size_t)align->to[gap.above] + 1;
	gap.end = gap.below == ALIGN_NONE ? align->b->lines.n : (size_t)align->to[gap.below];
	return gap;
}

static bool line_same(const struct align *align, size_t j, struct slice text)
{
	return slice_eq_space(align->b->lines.items[j], text);
}

/* Do the group's added lines stand in the target, as a block, inside [first, end)? */
static bool added_present(const struct align *align, const struct group *group, size_t first,
			  size_t end)
{
	if (!group->n_added || end - first < group->n_added)
		return false;
	for (size_t j = first; j + group->n_added <= end; j++) {
		size_t k = 0;

		while (k < group->n_added && line_same(align, j + k, group->added[k]))
			k++;
		if (k == group->n_added)
			return true;
	}
	return false;
}

static void replace(struct group *group, size_t at, size_t drop)
{
	group->at = at;
	group->drop = drop;
	group->lines = group->added;
	group->n_lines = group->n_added;
}

/* All removed lines are in the target, the same, one behind the other. */
static bool removed_together(const struct align *align, const struct group *group)
{
	for (size_t i = group->from; i < group->to; i++)
		if (align->alike[i] != 100 ||
		    align->to[i] != align->to[group->from] + (long)(i - group->from))
			return false;
	return true;
}

static bool only_blank(const struct source *source, size_t first, size_t end)
{
	for (size_t j = first; j < end; j++)
		if (source->weight[j] != WEIGHT_BLANK)
			return false;
	return true;
}

static bool leaves(struct slice line)
{
	static const char *const jumps[] = { "return", "goto ", "break;", "continue;" };

	line = slice_trim(line);
	for (size_t i = 0; i < ARRAY_SIZE(jumps); i++)
		if (slice_starts(line, jumps[i]))
			return true;
	return false;
}

/* Both sides appended to the same list, block or paragraph: the patch's lines go last. */
static bool appended(const struct merge_ask *ask, const struct group *group, const struct gap *gap)
{
	const struct source *a = ask->align->a, *b = ask->align->b;
	struct slice below = slice_trim(a->lines.items[group->from]);
	bool ends = !below.n || below.p[0] == '}';

	for (size_t j = gap->first; j < gap->end; j++)
		if (slice_starts(slice_trim(b->lines.items[j]), "#if") ||
		    slice_starts(slice_trim(b->lines.items[j]), "#e"))
			return false;
	if (!ends || a->weight[group->from - 1] == WEIGHT_BLANK ||
	    leaves(b->lines.items[gap->end - 1]))
		return false;
	return b->weight[gap->first] != WEIGHT_BLANK || slice_blank(group->added[0]);
}

/* Which side of target lines that the base does not have does an insertion go to, when both of its neighbours are there? */
static void insert_beside_news(struct arena *arena, const struct merge_ask *ask,
			       struct group *group, const struct gap *gap)
{
	size_t n = gap->end - gap->first;

	if (appended(ask, group, gap)) {
		replace(group, gap->end, 0);
		decide(group, ask->plain, "insert-appended",
		       arena_printf(
			       arena,
			       "the target has %zu more lines at the end of the same list: behind them",
			       n));
	} else {
		refuse(group, "insert-beside-new",
		       arena_printf(
			       arena,
			       "the target has %zu more lines (from line %zu) where lines are to be inserted: before or behind them?",
			       n, gap->first + 1));
	}
}

/* Does a neighbour that is not at its place stand elsewhere in the function or structure? Then the order says nothing. */
static bool neighbour_moved(const struct merge_ask *ask, size_t neighbour, size_t at)
{
	const struct source *a = ask->align->a, *b = ask->align->b;
	struct scope scope = scope_at(b, at);

	if (neighbour >= a->lines.n || a->weight[neighbour] != WEIGHT_FULL ||
	    scope.head == SCOPE_NONE)
		return false;
	for (size_t j = scope.first; j <= scope.last && j < b->lines.n; j++)
		if (b->number[j] == a->number[neighbour] && ask->align->from[j] == ALIGN_NONE)
			return true;
	return false;
}

static void merge_insertion(struct arena *arena, const struct merge_ask *ask, struct group *group)
{
	const struct align *align = ask->align;
	struct gap gap = gap_around(align, group);
	bool near_above = gap.above == (long)group->from - 1,
	     near_below = gap.below == (long)group->to;

	if (added_present(align, group, gap.first, gap.end)) {
		group->present = true;
		decide(group, MARK_PRESENT, "insert-present",
		       arena_printf(arena, "the lines are there already, behind line %zu",
				    gap.first));
		return;
	}
	if (only_blank(align->b, gap.first, gap.end)) {
		bool above = near_above || !near_below;

		if ((!near_above || align->a->weight[group->from - 1] != WEIGHT_FULL) &&
		    (!near_below || align->a->weight[group->to] != WEIGHT_FULL) &&
		    near_above != near_below) {
			refuse(group, "insert-weak",
			       arena_printf(
				       arena,
				       "the only neighbour that is left says nothing about the place"));
			return;
		}
		if (!near_above && !near_below) {
			refuse(group, "insert-lost",
			       arena_printf(
				       arena,
				       "neither neighbour of the inserted lines is in the target"));
			return;
		}
		if (near_above != near_below &&
		    neighbour_moved(ask, near_above ? group->to : group->from - 1, gap.first)) {
			refuse(group, "insert-moved",
			       arena_printf(
				       arena,
				       "the line %s the inserted ones stands elsewhere in the target",
				       near_above ? "below" : "above"));
			return;
		}
		replace(group, above ? gap.first : gap.end, 0);
		decide(group, ask->plain,
		       near_above && near_below ? "insert-between" : "insert-one-neighbour",
		       arena_printf(
			       arena,
			       near_above && near_below ?
				       "the lines above and below are neighbours in the target too" :
				       "one neighbour is there, the other is gone and nothing stands in its place"));
		return;
	}
	if (near_above && near_below) {
		insert_beside_news(arena, ask, group, &gap);
		return;
	}
	if (near_above == near_below) {
		refuse(group, "insert-lost",
		       arena_printf(arena,
				    "neither neighbour of the inserted lines is in the target"));
		return;
	}
	refuse(group, near_above ? "insert-after" : "insert-before",
	       arena_printf(
		       arena,
		       "the line %s the inserted ones is there, but the target has others (from line %zu) on the other side",
		       near_above ? "above" : "below", gap.first + 1));
}

/* One line of what comes instead: a new name for each name that the target calls differently. */
static struct slice renamed(struct arena *arena, const struct merge_ask *ask, struct slice line,
			    bool *changed)
{
	struct words words;
	struct text out __free_text = TEXT_INIT;
	bool any = false;

	if (!ask->renames || !ask->renames->n)
		return line;
	words = words_of(ask->align->a->vocabulary, line);
	for (size_t i = 0; i < words.n; i++) {
		const struct word *w = &words.items[i];
		const struct rename *rename =
			w->kind == WORD_NAME ? renames_find(ask->renames, w->number) : NULL;

		text_add(&out, w->text.p - w->space, w->space);
		text_add_slice(&out, rename ? rename->to : w->text);
		any |= rename != NULL;
	}
	if (!any)
		return line;
	*changed = true;
	return slice_copy(arena, text_slice(&out));
}

struct build { /* the lines that come instead, growing */
	struct slice *items;
	size_t n, cap;
};

static bool merge_pair(struct arena *arena, const struct merge_ask *ask, size_t i, struct slice new,
		       struct build *build)
{
	struct align *align = ask->align;
	struct text out __free_text = TEXT_INIT;

	if (align->alike[i] == 100) {
		*arena_push(arena, build) = new;
		return true;
	}
	if (align->alike[i] < MERGE_MIN)
		return false;
	if (!words_merge(align->a->vocabulary, align->a->lines.items[i], new,
			 align->b->lines.items[align->to[i]], &out))
		return false;
	*arena_push(arena, build) = slice_copy(arena, text_slice(&out));
	return true;
}

/* Keep the target's own lines [first, end), which stand between two lines of the group. */
static void keep_lines(struct arena *arena, const struct align *align, size_t first, size_t end,
		       struct build *build)
{
	for (size_t j = first; j < end; j++)
		*arena_push(arena, build) = align->b->lines.items[j];
}

/*
 * Line by line: each removed line against the added line that replaces it (alike, in order) and against the line of the
 * target that it became. false with the reason when one of them cannot be settled.
 */
static bool merge_lines(struct arena *arena, const struct merge_ask *ask, struct group *group,
			struct build *build, char **why)
{
	struct align *align = ask->align;
	struct lines added = { group->added, group->n_added, group->n_added, false };
	struct source *new = source_of_lines(align->a->vocabulary, added);
	struct align *pairs =
		align_ranges(arena, align->a, group->from, group->to, new, 0, new->lines.n);
	size_t next_new = 0, next_mine = (size_t)align->to[group->from];
	bool was_pair = true;

	for (size_t i = group->from; i < group->to; i++) {
		long j = pairs->to[i], t = align->to[i];

		if (t == ALIGN_NONE) {
			*why = arena_printf(arena,
					    "the removed line '" SLICE_FMT "' is not in the target",
					    SLICE_ARG(slice_trim(align->a->lines.items[i])));
			return false;
		}
		if ((size_t)t > next_mine) {
			if (!was_pair || j == ALIGN_NONE || (size_t)j != next_new) {
				*why = arena_printf(
					arena,
					"the target has lines of its own between the removed ones, from line %zu",
					next_mine + 1);
				return false;
			}
			keep_lines(arena, align, next_mine, (size_t)t, build);
		}
		next_mine = (size_t)t + 1;
		was_pair = j != ALIGN_NONE;
		if (j == ALIGN_NONE) {
			if (align->alike[i] < DRIFT_MIN) {
				*why = arena_printf(
					arena,
					"the removed line '" SLICE_FMT
					"' differs too much in the target",
					SLICE_ARG(slice_trim(align->a->lines.items[i])));
				return false;
			}
			continue;
		}
		while (next_new < (size_t)j)
			*arena_push(arena, build) = group->added[next_new++];
		next_new++;
		if (!merge_pair(arena, ask, i, group->added[j], build)) {
			*why = arena_printf(arena,
					    "both sides changed the same words of '" SLICE_FMT "'",
					    SLICE_ARG(slice_trim(align->a->lines.items[i])));
			return false;
		}
	}
	while (next_new < group->n_added)
		*arena_push(arena, build) = group->added[next_new++];
	group->at = (size_t)align->to[group->from];
	group->drop = next_mine - group->at;
	return true;
}

static void merge_drifted(struct arena *arena, const struct merge_ask *ask, struct group *group)
{
	struct build build = { 0 };
	char *why = NULL;

	if (!ask->words) {
		refuse(group, "removed-differ",
		       arena_printf(arena, "the removed lines differ in the target"));
		return;
	}
	if (!merge_lines(arena, ask, group, &build, &why)) {
		refuse(group, "words-refused", why);
		return;
	}
	group->lines = build.items;
	group->n_lines = build.n;
	decide(group, MARK_WORDS, "words",
	       arena_printf(
		       arena,
		       "merged inside the lines: each removed line has its own line in the target"));
	group->note = arena_printf(arena, "adapted to lines that read differently here");
}

static void merge_removal(struct arena *arena, const struct merge_ask *ask, struct group *group)
{
	const struct align *align = ask->align;
	struct gap gap = gap_around(align, group);

	if (removed_together(align, group)) {
		replace(group, (size_t)align->to[group->from], group->to - group->from);
		decide(group, ask->plain, "removed-together",
		       arena_printf(arena, "the removed lines stand together at line %ld",
				    align->to[group->from] + 1));
		return;
	}
	if (gap.end - gap.first == group->n_added && gap.above == (long)group->from - 1 &&
	    gap.below == (long)group->to && added_present(align, group, gap.first, gap.end)) {
		group->present = true;
		decide(group, MARK_PRESENT, "removal-present",
		       arena_printf(
			       arena,
			       "between lines %zu and %zu the target has what the patch leaves there",
			       gap.first, gap.end + 1));
		return;
	}
	merge_drifted(arena, ask, group);
}

static void rename_lines(struct arena *arena, const struct merge_ask *ask, struct group *group)
{
	bool changed = false;
	struct slice *lines = arena_alloc(arena, (group->n_lines + 1) * sizeof(*lines));

	for (size_t i = 0; i < group->n_lines; i++)
		lines[i] = renamed(arena, ask, group->lines[i], &changed);
	if (!changed)
		return;
	group->lines = lines;
	group->mark = MARK_WORDS;
	group->note = arena_printf(arena, "with the names that are used here");
}

void merge_group(struct arena *arena, const struct merge_ask *ask, struct group *group)
{
	if (group->from == group->to)
		merge_insertion(arena, ask, group);
	else
		merge_removal(arena, ask, group);
	if (group->sure && !group->present && ask->words)
		rename_lines(arena, ask, group);
}
