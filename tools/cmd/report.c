/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "cmd/report.h"

#include "cmd/screen.h"
#include "patch/compare_port.h"

#define SUBJECT_LEAST 40u /* columns; with less the subjects stand above the table */

enum mark report_mark(const struct report *report)
{
	enum mark mark = MARK_NONE;

	for (size_t i = 0; i < report->n; i++)
		mark = mark_worse(mark, report->items[i].mark);
	return mark;
}

char *patch_place(struct arena *arena, const struct series *series,
		  const struct series_patch *patch)
{
	return arena_printf(arena, "%u/%zu", patch->number, series->n);
}

static char *shown(struct arena *arena, const char *s, size_t columns)
{
	struct text safe __free_text = TEXT_INIT, cut __free_text = TEXT_INIT;

	text_add_shown(&safe, slice_of(s), false);
	text_add_cut(&cut, text_slice(&safe), columns);
	return slice_str(arena, text_slice(&cut));
}

static const char *patch_letters(const struct report *report, size_t target, size_t patch)
{
	return report->letters ? report->letters[target * report->series->n + patch] : "";
}

/* What is proven to be wrong, or is not known, is more to look at than how the patch got there. */
static enum tint letters_tint(const char *letters, enum tint mark)
{
	return strchr(letters, '!') ? TINT_BAD : strchr(letters, '?') ? TINT_LOOK : mark;
}

/* How many targets from `from` on fit beside the patches' numbers, at least one. */
static size_t targets_fitting(const struct report *report, size_t from, size_t number,
			      unsigned int width, size_t *used)
{
	size_t n = 0;

	*used = 2 + number;
	for (size_t i = from; i < report->n; i++, n++) {
		size_t columns = text_columns(slice_of(report->items[i].kernel.name)) + 2;

		for (size_t p = 0; p < report->series->n; p++) {
			size_t cell = strlen(patch_letters(report, i, p)) + 6;

			columns = cell > columns ? cell : columns;
		}

		if (n && *used + columns > width)
			break;
		*used += columns;
	}
	return n;
}

static void table_block(struct arena *arena, struct text *out, const struct report *report,
			size_t from, size_t n, size_t subject, bool color)
{
	struct table table = { .columns = n + 1 + (subject > 0) };

	table_cell(arena, &table, TINT_NONE, "%s", "");
	for (size_t i = from; i < from + n; i++)
		table_cell(arena, &table, TINT_BOLD, "%s",
			   shown(arena, report->items[i].kernel.name, 60));
	if (subject)
		table_cell(arena, &table, TINT_NONE, "%s", "");
	for (size_t p = 0; p < report->series->n; p++) {
		const struct series_patch *patch = &report->series->items[p];

		table_cell(arena, &table, TINT_NONE, "%s",
			   patch_place(arena, report->series, patch));
		for (size_t i = from; i < from + n; i++) {
			enum mark mark = report->items[i].items[p].mark;
			const char *letters = patch_letters(report, i, p);

			table_cell(arena, &table, letters_tint(letters, mark_tint(mark)),
				   *letters ? "%-3s %s" : "%s%s", mark_info(mark)->sign, letters);
		}
		if (subject)
			table_cell(arena, &table, TINT_NONE, "%s",
				   shown(arena, patch->mail.subject, subject));
	}
	table_write(out, &table, 2, color);
}

/* Of the letters that are in the table. */
static const char *letters_legend(const struct report *report)
{
	static const char *const words[] = {
		",  B builds,  T tested, no regression",
		",  B builds,  T tested, no regression,  ! not so,  ? could not be found out",
		",  B builds,  V checked, nothing found,  T tested, no regression",
		",  B builds,  V checked, nothing found,  T tested, no regression,  ! not so,  ? "
		"could not be found out",
	};
	bool trouble = false, any = false, checked = false;

	for (size_t i = 0; i < report->n; i++)
		for (size_t p = 0; p < report->series->n; p++) {
			const char *letters = patch_letters(report, i, p);

			any = any || *letters;
			trouble = trouble || strpbrk(letters, "!?");
			checked = checked || strchr(letters, 'V');
		}
	return any ? words[2 * checked + trouble] : ",  nothing is built or tested yet";
}

/* What the signs in the table mean, those that are in it. */
static void legend(struct text *out, const struct report *report, unsigned int width, bool color)
{
	struct text line __free_text = TEXT_INIT;
	bool seen[MARK_COUNT] = { false };

	for (size_t i = 0; i < report->n; i++)
		for (size_t p = 0; p < report->items[i].n; p++)
			seen[report->items[i].items[p].mark] = true;
	for (int m = 0; m < MARK_COUNT; m++)
		if (seen[m])
			text_addf(&line, "%s%s %s", line.len ? ",  " : "", mark_info(m)->sign,
				  m == MARK_NONE ? "not reached" : mark_info(m)->name);
	if (report->letters)
		text_adds(&line, letters_legend(report));
	text_adds(out, tint_on(color, TINT_DIM));
	text_add_filled(out, text_slice(&line), 2, width);
	text_adds(out, tint_off(color, TINT_DIM));
}

void report_table(struct arena *arena, struct text *out, const struct report *report,
		  unsigned int width, bool color)
{
	size_t number = text_columns(
		slice_of(arena_printf(arena, "%zu/%zu", report->series->n, report->series->n)));
	size_t used, n = targets_fitting(report, 0, number, width, &used);
	size_t subject = n == report->n && used + 2 + SUBJECT_LEAST <= width ? width - used - 2 : 0;

	for (size_t p = 0; !subject && p < report->series->n; p++)
		text_addf(out, "  %s  %s\n",
			  patch_place(arena, report->series, &report->series->items[p]),
			  shown(arena, report->series->items[p].mail.subject, width - number - 4));
	if (!subject)
		text_addc(out, '\n');
	for (size_t from = 0; from < report->n; from += n) {
		n = targets_fitting(report, from, number, width, &used);
		if (from)
			text_addc(out, '\n');
		table_block(arena, out, report, from, n, subject, color);
	}
	legend(out, report, width, color);
}

/* The same thing said of a patch on some targets. */
struct remark {
	const struct series_patch *patch;
	enum mark mark;
	char *text;
	char *targets;
	size_t ntargets;
};

struct remarks {
	struct arena *arena;
	const struct report *report;
	struct remark *items;
	size_t n, cap;
};

static void remark_add(struct remarks *remarks, const struct port *port,
		       const struct port_patch *patch, enum mark mark, const char *text)
{
	struct arena *arena = remarks->arena;
	struct remark *r = NULL;

	for (size_t i = 0; i < remarks->n && !r; i++)
		if (remarks->items[i].patch == patch->patch && remarks->items[i].mark == mark &&
		    !strcmp(remarks->items[i].text, text))
			r = &remarks->items[i];
	if (!r) {
		r = arena_push(arena, remarks);
		*r = (struct remark){ patch->patch, mark, arena_strdup(arena, text), NULL, 0 };
	}
	r->targets = arena_printf(arena, "%s%s%s", r->targets ? r->targets : "",
				  r->targets ? " " : "", port->kernel.name);
	r->ntargets++;
}

/* Hunks that are not there, and why, each reason once. */
static void skipped_hunks(struct remarks *remarks, const struct port *port,
			  const struct port_patch *patch)
{
	const struct ladder_answer *answer = &patch->answer;

	for (size_t i = 0; i < answer->n; i++) {
		const struct hunk_fate *fate = &answer->items[i];
		bool said = fate->mark != MARK_SKIPPED || !fate->evidence;
		size_t same = 1;

		for (size_t k = 0; k < i && !said; k++)
			said = answer->items[k].mark == MARK_SKIPPED && answer->items[k].evidence &&
			       !strcmp(answer->items[k].evidence, fate->evidence);
		for (size_t k = i + 1; k < answer->n && !said; k++)
			same += answer->items[k].mark == MARK_SKIPPED &&
				answer->items[k].evidence &&
				!strcmp(answer->items[k].evidence, fate->evidence);
		if (!said)
			remark_add(remarks, port, patch, MARK_SKIPPED,
				   arena_printf(remarks->arena,
						"%zu of %zu hunks (%s) not there: %s", same,
						answer->n, fate->path, fate->evidence));
	}
}

/* "of 5 hunks 1 context only, 2 adapted": what show would say of the hunks that are there. */
static int differences(struct remarks *remarks, const struct port_patch *patch, struct text *out)
{
	struct arena *arena = remarks->arena;
	struct compared_port compared;
	struct compare compare;
	size_t skipped = 0, n = 0;

	if (compare_port(arena, remarks->report->pack, patch, &compared))
		return -1;
	compare = compared.compare;
	for (size_t i = 0; i < patch->answer.n; i++)
		skipped += patch->answer.items[i].mark == MARK_SKIPPED;
	if (compare.counts[PART_DROPPED] >= skipped)
		compare.counts[PART_DROPPED] -= skipped;
	for (int state = PART_MOVED; state < PART_STATE_COUNT; state++)
		n += compare.counts[state];
	text_addf(out, n ? "of %zu hunks" : "all %zu hunks as mailed", compare.n - skipped);
	n = 0;
	for (int state = PART_MOVED; state < PART_STATE_COUNT; state++)
		if (compare.counts[state])
			text_addf(out, "%s%zu %s", n++ ? ", " : " ", compare.counts[state],
				  part_state_name(state));
	return 0;
}

static int remarks_of(struct remarks *remarks, const struct port *port,
		      const struct port_patch *patch)
{
	struct text text __free_text = TEXT_INIT;
	size_t adapted = 0;

	switch (patch->mark) {
	case MARK_CONFLICT:
		remark_add(remarks, port, patch, patch->mark,
			   patch->why ? patch->why : "no method was sure of itself");
		return 0;
	case MARK_SKIPPED:
	case MARK_PRESENT:
		if (patch->why)
			remark_add(remarks, port, patch, patch->mark, patch->why);
		return 0;
	default:
		break;
	}
	skipped_hunks(remarks, port, patch);
	for (size_t i = 0; i < patch->answer.n; i++)
		adapted += patch->answer.items[i].mark > MARK_EXACT &&
			   patch->answer.items[i].mark != MARK_SKIPPED;
	if (!adapted)
		return 0;
	text_addf(&text, "%s; ", mark_info(patch->mark)->name);
	if (differences(remarks, patch, &text))
		return -1;
	if (patch->note)
		text_addf(&text, ": %s", patch->note);
	remark_add(remarks, port, patch, patch->mark, text_str(&text));
	return 0;
}

/* A remark: what it is about in its own columns, the words filled beside it. */
static void remark_write(struct remarks *remarks, struct text *out, const struct remark *r,
			 unsigned int width, bool color)
{
	struct text safe __free_text = TEXT_INIT, filled __free_text = TEXT_INIT;
	const char *sign = mark_info(r->mark)->sign;
	char *where = r->ntargets == remarks->report->n && r->ntargets > 1 ?
			      arena_strdup(remarks->arena, "all targets") :
			      r->targets;

	text_adds(&safe, where);
	text_addc(&safe, ':');
	if (r->mark != MARK_CONFLICT) {
		text_addc(&safe, ' ');
		text_add_shown(&safe, slice_of(r->text), false);
	}
	text_add_filled(&filled, text_slice(&safe), 12, width);
	text_addf(out, "  %-4s %s%-3s%s  %s",
		  patch_place(remarks->arena, remarks->report->series, r->patch),
		  tint_on(color, mark_tint(r->mark)), sign, tint_off(color, mark_tint(r->mark)),
		  text_str(&filled) + 12);
	if (r->mark == MARK_CONFLICT)
		text_add_reasons(out, slice_of(r->text), 12, width);
}

int report_remarks(struct arena *arena, struct text *out, const struct report *report,
		   unsigned int width, bool color)
{
	struct remarks remarks = { .arena = arena, .report = report };
	bool conflicts[] = { true, false };

	for (size_t p = 0; p < report->series->n; p++)
		for (size_t i = 0; i < report->n; i++)
			if (remarks_of(&remarks, &report->items[i], &report->items[i].items[p]))
				return -1;
	for (size_t k = 0; k < ARRAY_SIZE(conflicts); k++) {
		bool first = true;

		for (size_t i = 0; i < remarks.n; i++) {
			if ((remarks.items[i].mark == MARK_CONFLICT) != conflicts[k])
				continue;
			if (first)
				text_addf(out, "\n%s\n",
					  conflicts[k] ? "A person has to decide:" :
							 "What differs from upstream:");
			first = false;
			remark_write(&remarks, out, &remarks.items[i], width, color);
		}
	}
	return 0;
}

static void explain_hunk(struct text *out, const struct series_patch *patch,
			 const struct hunk_fate *fate, const struct hunk_fate *next,
			 unsigned int width, bool color)
{
	const struct filediff *file =
		fate->file < patch->mail.diff.n ? &patch->mail.diff.items[fate->file] : NULL;
	const struct hunk *hunk = file && fate->hunk < file->n ? &file->items[fate->hunk] : NULL;
	struct text evidence __free_text = TEXT_INIT;

	text_addf(out, "  %s%-3s%s  ", tint_on(color, mark_tint(fate->mark)),
		  mark_info(fate->mark)->sign, tint_off(color, mark_tint(fate->mark)));
	text_add_shown(out, slice_of(fate->path ? fate->path : "?"), false);
	if (fate->line)
		text_addf(out, ":%zu", fate->line);
	if (fate->line && fate->offset)
		text_addf(out, " (%+ld lines)", fate->offset);
	if (hunk) {
		text_addf(out, "  hunk %zu", fate->hunk + 1);
		if (hunk->heading.n) {
			text_adds(out, ", ");
			text_add_shown(out, slice_trim(hunk->heading), false);
		}
	}
	text_addc(out, '\n');
	/* What is said of several hunks in a row stands below the last. */
	if (fate->evidence &&
	    !(next && next->evidence && !strcmp(fate->evidence, next->evidence))) {
		text_add_shown(&evidence, slice_of(fate->evidence), false);
		text_add_filled(out, text_slice(&evidence), 7, width);
	}
}

/* Is it what a hunk's line says already, or a method before it said? */
static bool said_before(const struct port_patch *patch, size_t tried)
{
	struct slice reason = slice_of(patch->tried[tried].reason);

	for (size_t i = 0; i < patch->answer.n; i++)
		if (patch->answer.items[i].evidence &&
		    slice_ends(reason, patch->answer.items[i].evidence))
			return true;
	for (size_t i = 0; i < tried; i++)
		if (slice_is(reason, patch->tried[i].reason))
			return true;
	return false;
}

static void explain_patch(struct text *out, const struct port *port, const struct port_patch *patch,
			  unsigned int width, bool color)
{
	const struct mark_info *mark = mark_info(patch->mark);
	const struct ladder_answer *answer = &patch->answer;

	text_addf(out, "\n%s%s %u/%zu%s  ", tint_on(color, TINT_BOLD), port->kernel.name,
		  patch->patch->number, port->n, tint_off(color, TINT_BOLD));
	text_add_shown(out, slice_of(patch->patch->mail.subject), false);
	text_addf(out, "\n  %s%s %s%s: %s\n", tint_on(color, mark_tint(patch->mark)), mark->sign,
		  mark->name, tint_off(color, mark_tint(patch->mark)), mark->summary);
	for (size_t h = 0; h < answer->n; h++)
		explain_hunk(out, patch->patch, &answer->items[h],
			     h + 1 < answer->n ? &answer->items[h + 1] : NULL, width, color);
	for (size_t i = 0; i < patch->ntried; i++) {
		struct text said __free_text = TEXT_INIT;

		if (said_before(patch, i))
			continue;
		text_addf(&said, "tried before, not sure: %s: ", patch->tried[i].method);
		text_add_shown(&said, slice_of(patch->tried[i].reason), false);
		text_add_filled(out, text_slice(&said), 2, width);
	}
}

void report_explain(struct text *out, const struct report *report, unsigned int width, bool color)
{
	for (size_t i = 0; i < report->n; i++)
		for (size_t p = 0; p < report->items[i].n; p++)
			explain_patch(out, &report->items[i], &report->items[i].items[p], width,
				      color);
}
