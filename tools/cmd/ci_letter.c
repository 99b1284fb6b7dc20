/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a maintainer reads first: the verdict, what changed and why, how all lines stand, what was not tested, how to see it again.
 * Whatever a kernel, a patch or a test has said is made safe before it is filled.
 */
#include "cmd/ci_letter.h"

#include "base/shown.h"
#include "cmd/screen.h"

#define BAD_MOST 12u	 /* of one proof that is not green */
#define COMMANDS_MOST 8u /* to see it again */
#define MARKS_COLUMNS 10u
#define PROVEN_COLUMNS 12u /* of a row, at the least */

static bool is_of(const char *name, const char *series)
{
	return !series || !strcmp(name, series);
}

static bool is_current(const struct standing *standing, const struct ruling *ruling)
{
	return !strcmp(standing->target, ruling->target);
}

static char *short_target(struct arena *arena, const char *target)
{
	return arena_copy(arena, target, strcspn(target, "+"));
}

/* ---- the verdict ---- */

char *letter_sum(struct arena *arena, const struct standings *standings, const char *series)
{
	size_t n = 0, red = 0, unknown = 0;
	struct text names __free_text = TEXT_INIT;

	for (size_t i = 0; i < standings->n; i++) {
		const struct standing *s = &standings->items[i];

		/* One without a kernel is neither well nor not. */
		if (!is_of(s->series, series) || s->none)
			continue;
		n++;
		red += s->red;
		unknown += s->unknown;
		if (s->red)
			text_addf(&names, "%s%s", names.len ? ", " : "", s->line);
	}
	if (!n)
		return arena_strdup(arena, "no line has been looked at yet");
	if (!red && !unknown)
		return n == 1 ? arena_strdup(arena, "the one line is ok") :
				arena_printf(arena, "all %zu lines are ok", n);
	if (!red)
		return arena_printf(arena,
				    "%zu of %zu line%s could not be judged, the others are ok",
				    unknown, n, n == 1 ? "" : "s");
	return arena_printf(arena, "%zu of %zu line%s need%s eyes: %s%s", red, n, n == 1 ? "" : "s",
			    red == 1 ? "s" : "", text_str(&names),
			    unknown ? arena_printf(arena, "; %zu could not be judged", unknown) :
				      "");
}

/* ---- how the lines stand ---- */

/* "build, verify, tcg !, bochs ?": of the newest kernel; '!' is red, '?' is not known. */
static char *proven(struct arena *arena, const struct standing *standing, size_t columns)
{
	struct text out __free_text = TEXT_INIT, cut __free_text = TEXT_INIT;

	for (int kind = PROOF_BUILD; kind <= PROOF_TEST; kind++)
		for (size_t i = 0; i < standing->n; i++) {
			const struct ruling *ruling = standing->items[i];

			if ((int)ruling->kind != kind || !is_current(standing, ruling))
				continue;
			text_addf(&out, "%s%s%s", out.len ? ", " : "",
				  kind == PROOF_TEST ? text_shown(arena, ruling->cell) :
						       proof_kind_word(ruling->kind),
				  ruling->red	  ? " !" :
				  ruling->unknown ? " ?" :
						    "");
		}
	text_add_cut(&cut, out.len ? text_slice(&out) : SLICE("-"), columns);
	return slice_str(arena, text_slice(&cut));
}

/* What is left of a row for what was proven, behind the widest of what stands before it. */
static size_t proven_columns(char *(*rows)[4], size_t n)
{
	size_t used = 2, widest;

	for (size_t c = 0; c < 4; c++) {
		widest = 0;
		for (size_t i = 0; i < n; i++)
			if (text_columns(slice_of(rows[i][c])) > widest)
				widest = text_columns(slice_of(rows[i][c]));
		used += widest + 2;
	}
	return used + PROVEN_COLUMNS < LETTER_COLUMNS ? LETTER_COLUMNS - used : PROVEN_COLUMNS;
}

void letter_lines(struct arena *arena, struct text *out, const struct standings *standings,
		  const char *series)
{
	struct table table = { .columns = 5 };
	static const char *const titles[] = { "line", "kernel", "verdict", "patches" };
	char *(*rows)[4] = arena_alloc(arena, (standings->n + 1) * sizeof(*rows));
	struct text cut __free_text = TEXT_INIT;
	size_t n = 1, columns;

	for (size_t c = 0; c < ARRAY_SIZE(titles); c++)
		rows[0][c] = arena_strdup(arena, titles[c]);
	for (size_t i = 0; i < standings->n; i++) {
		const struct standing *s = &standings->items[i];

		if (!is_of(s->series, series))
			continue;
		text_clear(&cut);
		text_add_cut(&cut, slice_of(text_shown(arena, s->marks)), MARKS_COLUMNS);
		rows[n][0] = text_shown(arena, s->line);
		rows[n][1] = text_shown(arena, short_target(arena, s->target));
		rows[n][2] = text_shown(arena, s->word);
		rows[n++][3] = slice_str(arena, text_slice(&cut));
	}
	columns = proven_columns(rows, n);
	n = 0;
	for (size_t i = 0; i <= standings->n; i++) {
		if (i && !is_of(standings->items[i - 1].series, series))
			continue;
		for (size_t c = 0; c < 4; c++)
			table_cell(arena, &table, TINT_NONE, "%s", rows[n][c]);
		table_cell(arena, &table, TINT_NONE, "%s",
			   i ? proven(arena, &standings->items[i - 1], columns) : "proven");
		n++;
	}
	table_write(out, &table, 2, false);
}

static void set_lines(struct arena *arena, struct text *out, const char *set)
{
	struct slice rest = slice_of(set ? set : ""), line;
	size_t n = 0, more = 0;

	while (slice_line(&rest, &line)) {
		if (slice_blank(line))
			continue;
		if (n++ < BAD_MOST)
			letter_filled(out, 4, slice_str(arena, line));
		else
			more++;
	}
	if (more)
		text_addf(out, "    and %zu more\n", more);
}

static char *proof_name(struct arena *arena, const struct ruling *ruling)
{
	return arena_printf(arena, "%s (%s)%s%s", ruling->line, short_target(arena, ruling->target),
			    ruling->kind == PROOF_TEST	? " " :
			    ruling->kind == PROOF_APPLY ? "" :
							  " ",
			    ruling->kind == PROOF_TEST	? ruling->cell :
			    ruling->kind == PROOF_APPLY ? "" :
							  proof_kind_word(ruling->kind));
}

static bool is_news(const struct news *news, const struct ruling *ruling)
{
	for (size_t i = 0; i < news->n; i++)
		if (news->items[i].now->id == ruling->id)
			return true;
	return false;
}

/* Every proof that is red or not known, with all that is not green in it; why, where that was not said above. */
static void not_green(struct arena *arena, struct text *out, const struct news *news,
		      const struct standings *standings, const char *series)
{
	bool any = false;

	for (size_t i = 0; i < standings->n; i++)
		for (size_t r = 0; r < standings->items[i].n; r++) {
			const struct standing *s = &standings->items[i];
			const struct ruling *ruling = s->items[r];
			const char *why = is_news(news, ruling) ? "" : ruling->why;

			if (!is_of(s->series, series) || !is_current(s, ruling) ||
			    (!ruling->red && !ruling->unknown))
				continue;
			text_adds(out, any ? "" : "\nNot green:\n");
			any = true;
			letter_filled(out, 2,
				      arena_printf(arena, "%s: %s%s%s", proof_name(arena, ruling),
						   ruling->word, *why ? ": " : "", why));
			set_lines(arena, out, ruling->bad);
		}
}

static void known_failures(struct arena *arena, struct text *out, const struct standings *standings,
			   const char *series)
{
	bool any = false;

	for (size_t i = 0; i < standings->n; i++)
		for (size_t r = 0; r < standings->items[i].n; r++) {
			const struct ruling *ruling = standings->items[i].items[r];

			if (!is_of(ruling->series, series) || !ruling->waived || !*ruling->waived ||
			    !is_current(&standings->items[i], ruling))
				continue;
			text_adds(out, any ? "" : "\nKnown failures, not counted:\n");
			any = true;
			letter_filled(out, 2, proof_name(arena, ruling));
			set_lines(arena, out, ruling->waived);
		}
}

/* ---- what was not tested ---- */

static bool has_test(const struct standing *standing)
{
	for (size_t i = 0; i < standing->n; i++)
		if (standing->items[i]->kind == PROOF_TEST && !standing->items[i]->unknown &&
		    is_current(standing, standing->items[i]))
			return true;
	return false;
}

/* The machine of a cell; NULL: the matrix has no such cell any more. */
static const struct machine *machine_of(const struct ci *ci, const char *cell)
{
	for (size_t c = 0; c < ci->matrix.ncells; c++)
		if (!strcmp(ci->matrix.cells[c].name, cell))
			return ci->matrix.cells[c].machine;
	return NULL;
}

/* What the tests have run on. */
struct hardware {
	bool intel, amd, real;
};

static struct hardware hardware_tested(const struct ci *ci, const struct standings *standings,
				       const char *series)
{
	struct hardware h = { 0 };

	for (size_t i = 0; i < standings->n; i++)
		for (size_t r = 0; r < standings->items[i].n; r++) {
			const struct ruling *ruling = standings->items[i].items[r];
			const struct machine *machine = machine_of(ci, ruling->cell);

			if (ruling->kind != PROOF_TEST || ruling->unknown || !machine ||
			    !is_of(ruling->series, series) ||
			    !is_current(&standings->items[i], ruling))
				continue;
			h.intel |= machine->vendor && !strcmp(machine->vendor, "kvm_intel");
			h.amd |= machine->vendor && !strcmp(machine->vendor, "kvm_amd");
			h.real |= machine->kind == MACHINE_QEMU && machine->accel &&
				  !strcmp(machine->accel, "kvm");
		}
	return h;
}

static void not_tested(struct ci *ci, struct text *out, const struct standings *standings,
		       const char *series)
{
	struct hardware h = hardware_tested(ci, standings, series);
	struct text lines __free_text = TEXT_INIT, less __free_text = TEXT_INIT;

	for (size_t i = 0; i < standings->n; i++)
		if (is_of(standings->items[i].series, series) && !has_test(&standings->items[i]))
			text_addf(&lines, "%s%s", lines.len ? ", " : "", standings->items[i].line);
	if (lines.len)
		letter_filled(&less, 2,
			      arena_printf(ci->arena, "%s: not booted", text_str(&lines)));
	if (!h.intel)
		letter_filled(&less, 2, "on all lines: Intel (nothing has run with kvm_intel)");
	if (!h.amd)
		letter_filled(&less, 2, "on all lines: AMD (nothing has run with kvm_amd)");
	if (!h.real)
		letter_filled(&less, 2, "on all lines: real hardware (every machine is emulated)");
	if (less.len)
		text_addf(out, "\nNot tested:\n%s", text_str(&less));
}

/* ---- how to see it again ---- */

/* "smm_test" of "smm_test/smi: regression", where it is a test of that cell; NULL. */
static const char *test_of(struct ci *ci, const struct ruling *ruling)
{
	struct slice rest = slice_of(ruling->bad ? ruling->bad : ""), line;

	while (slice_line(&rest, &line)) {
		struct slice name = { line.p, 0 };

		while (name.n < line.n && !strchr(":/ ", name.p[name.n]))
			name.n++;
		for (size_t c = 0; c < ci->matrix.ncells; c++) {
			const struct cell *cell = &ci->matrix.cells[c];

			for (size_t t = 0; !strcmp(cell->name, ruling->cell) && t < cell->suite->n;
			     t++)
				if (slice_is(name, cell->suite->items[t].name))
					return cell->suite->items[t].name;
		}
	}
	return NULL;
}

static char *command_of(struct ci *ci, const struct ruling *ruling)
{
	static const char *const words[] = { [PROOF_APPLY] = "apply --dry-run --explain",
					     [PROOF_BUILD] = "build",
					     [PROOF_VERIFY] = "verify",
					     [PROOF_TEST] = "test" };
	struct arena *arena = ci->arena;
	const char *only = test_of(ci, ruling);
	struct text line __free_text = TEXT_INIT;

	text_addf(&line, "%s %s", context_invoke(ci->context, words[ruling->kind]),
		  path_word(arena, text_shown(arena, ruling->target)));
	if (ci->nseries > 1 && !ci->context->series_name)
		text_addf(&line, " --series %s", path_word(arena, ruling->series));
	if (ruling->kind == PROOF_TEST)
		text_addf(&line, " --cell %s", path_word(arena, text_shown(arena, ruling->cell)));
	if (ruling->kind == PROOF_TEST && only)
		text_addf(&line, " --only %s", only);
	return slice_str(arena, text_slice(&line));
}

/* Once. What is longer than a line goes on in the next one, as a shell reads it. */
static void add_command(struct ci *ci, struct text *out, const struct ruling *ruling, size_t *n)
{
	struct slice rest = slice_of(command_of(ci, ruling));
	struct text command __free_text = TEXT_INIT;
	size_t columns = 2;

	text_adds(&command, "  ");
	while (rest.n) {
		ptrdiff_t next = slice_find(slice_skip(rest, 1), SLICE(" --"));
		struct slice part = { rest.p, next < 0 ? rest.n : (size_t)next + 1 };
		size_t wide = text_columns(part);

		if (columns > 2 && columns + wide > LETTER_COLUMNS - 2) {
			text_adds(&command, " \\\n     ");
			columns = 5;
		}
		text_add_slice(&command, part);
		columns += wide;
		rest = slice_skip(rest, part.n);
	}
	text_addc(&command, '\n');
	if (*n >= COMMANDS_MOST || slice_find(text_slice(out), text_slice(&command)) >= 0)
		return;
	text_add_slice(out, text_slice(&command));
	++*n;
}

/* What is bad, then what became good; of what was well from the beginning only how it was tested. */
static void reproduce(struct ci *ci, struct text *out, const struct news *news,
		      const struct standings *standings, const char *series)
{
	struct text lines __free_text = TEXT_INIT;
	size_t n = 0;

	for (int turn = 0; turn < 3; turn++) {
		for (size_t i = 0; i < news->n; i++) {
			const struct ruling *now = news->items[i].now;
			bool first = news->items[i].kind == NEWS_FIRST && !now->red;
			int its_turn = now->red ? 0 : first ? 2 : 1;

			if (is_of(now->series, series) && its_turn == turn &&
			    (!first || now->kind == PROOF_TEST))
				add_command(ci, &lines, now, &n);
		}
		for (size_t i = 0; i < standings->n && !turn; i++)
			if (is_of(standings->items[i].series, series) && standings->items[i].red)
				add_command(ci, &lines, standings->items[i].worst, &n);
	}
	if (n)
		text_addf(out, "\nReproduce:\n%s", text_str(&lines));
}

/* A path or a command in one piece. */
static void see(struct text *out, const char *what, const char *value)
{
	text_addf(out, "  %-9s ", what);
	text_add_shown(out, slice_of(value), false);
	text_addc(out, '\n');
}

char *letter_url(const struct ci *ci, int64_t round)
{
	const char *base = ci->settings.publish.base;
	size_t n = base ? strlen(base) : 0;

	while (n && base[n - 1] == '/')
		n--;
	return n ? arena_printf(ci->arena, "%.*s/runs/%lld/", (int)n, base, (long long)round) :
		   NULL;
}

static void where(struct ci *ci, struct text *out, int64_t round)
{
	const struct settings *settings = &ci->settings;

	text_adds(out, "\nSee:\n");
	if (letter_url(ci, round))
		see(out, "site", letter_url(ci, round));
	else if (settings->publish.dir)
		see(out, "site",
		    arena_printf(ci->arena, "%s/index.html",
				 path_word(ci->arena, settings->publish.dir)));
	see(out, "evidence", path_word(ci->arena, arena_printf(ci->arena, "%s/runs", ci->state)));
	see(out, "tasks", path_word(ci->arena, arena_printf(ci->arena, "%s/tasks", ci->home)));
	see(out, "log",
	    arena_printf(ci->arena, "%s %lld", context_invoke(ci->context, "ci log"),
			 (long long)round));
}

void letter_sources(struct ci *ci, struct text *out, const struct staleness *staleness)
{
	if (staleness->stale)
		letter_filled(out, 0,
			      arena_printf(ci->arena, "%s: %s.",
					   staleness->red ? "Old data, and red for it" :
							    "Perhaps not the newest",
					   staleness->text));
}

/* ---- a round's news ---- */

static void changes(struct ci *ci, struct text *out, const struct news *news, const char *series)
{
	size_t first = 0;
	bool any = false;

	for (size_t i = 0; i < news->n; i++) {
		const struct news_item *item = &news->items[i];
		const char *cause;

		if (!is_of(item->now->series, series))
			continue;
		/* What begins well needs no line of its own: it stands in the table. */
		if (item->kind == NEWS_FIRST && !item->now->red) {
			first++;
			continue;
		}
		text_adds(out, any ? "" : "\nWhat changed:\n");
		any = true;
		cause = item->kind == NEWS_ALARM ? ci_cause(ci, item->now) : NULL;
		letter_filled(out, 2,
			      arena_printf(ci->arena, "%s%s%s", item->text, cause ? "; " : "",
					   cause ? cause : ""));
	}
	if (first && !any)
		text_addc(out, '\n');
	if (first)
		letter_filled(out, any ? 2 : 0,
			      arena_printf(ci->arena, "%zu proof%s for the first time, and well.",
					   first, first == 1 ? "" : "s"));
}

/* "the next 6.1.y and 6.12.y"; "": none will break it. */
static char *alarms(struct arena *arena, const struct news *news, const char *series)
{
	struct text out __free_text = TEXT_INIT;

	for (size_t i = 0; i < news->n; i++) {
		const char *line = news->items[i].now->line, *y = strstr(line, ".y-");
		char *branch = arena_copy(arena, line, y ? (size_t)(y - line) + 2 : strlen(line));

		if (news->items[i].kind != NEWS_ALARM || !is_of(news->items[i].now->series, series))
			continue;
		if (!slice_has_word(text_slice(&out), slice_of(branch)))
			text_addf(&out, "%s%s", out.len ? " and " : "the next ", branch);
	}
	return slice_str(arena, text_slice(&out));
}

static char *verdict(struct arena *arena, const struct news *news,
		     const struct standings *standings, const char *series)
{
	const char *alarm = alarms(arena, news, series);
	bool red = false, tested = false;

	for (size_t i = 0; i < standings->n; i++) {
		if (!is_of(standings->items[i].series, series))
			continue;
		red |= standings->items[i].red;
		tested |= has_test(&standings->items[i]);
	}
	return arena_printf(arena, "Verdict: %s.%s%s%s%s", letter_sum(arena, standings, series),
			    *alarm ? " The series will break on " : "", alarm, *alarm ? "." : "",
			    red	   ? "" :
			    tested ? " No regressions (base against patched)." :
				     " Nothing was tested.");
}

void letter_news(struct ci *ci, const struct news *news, const struct staleness *staleness,
		 const struct standings *standings, const char *series, struct text *out)
{
	int64_t round = news->n ? news->items[0].now->round : 0;
	struct arena *arena = ci->arena;
	const char *why;

	letter_filled(out, 0, verdict(arena, news, standings, series));
	letter_sources(ci, out, staleness);
	changes(ci, out, news, series);
	text_adds(out, "\nHow the lines stand (base against patched):\n");
	letter_lines(arena, out, standings, series);
	not_green(arena, out, news, standings, series);
	known_failures(arena, out, standings, series);
	not_tested(ci, out, standings, series);
	reproduce(ci, out, news, standings, series);
	where(ci, out, round);
	text_addc(out, '\n');
	/* A tick that settles what another one left unsaid works on a round of its own. */
	why = ci->round.id == round && ci->round.why ? ci->round.why : "";
	letter_filled(out, 0,
		      arena_printf(arena, "Run %lld%s%s.", (long long)round, *why ? ": " : "",
				   why));
}
