/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How long each step took: a picture, and the same as a table for who cannot see it. Steps stand one behind the other as
 * a machine alone would do them. A build that was known is drawn with the time that it took when it was made.
 */
#define _GNU_SOURCE
#include "cmd/built.h"
#include "cmd/page_part.h"

enum step {
	STEP_FETCH,
	STEP_APPLY,
	STEP_BUILD_BASE,
	STEP_BUILD,
	STEP_BOOT_BASE,
	STEP_TEST_BASE,
	STEP_BOOT,
	STEP_TEST,
	STEPS
};

static const struct {
	const char *name, *fill, *pattern;
} steps[STEPS] = {
	[STEP_FETCH] = { "fetch", "#9a8f85", NULL },
	[STEP_APPLY] = { "apply", "#a4508b", NULL },
	[STEP_BUILD_BASE] = { "build base", "#8fa8c8", NULL },
	[STEP_BUILD] = { "build patched", "#3f6fae", NULL },
	[STEP_BOOT_BASE] = { "boot base", "#d9b45f", NULL },
	[STEP_TEST_BASE] = { "tests, base", "#b8cf9a", NULL },
	[STEP_BOOT] = { "boot patched", "#b07d12", NULL },
	[STEP_TEST] = { "tests, patched", "#5f9440", NULL },
};

#define LEFT 190 /* where the bars begin */
#define WIDE 560
#define ROW 34

struct lane {
	char *name;
	double seconds[STEPS], all;
	const struct known_cell *cell;
};
struct lanes {
	struct lane *items;
	size_t n, cap;
	double most;
};

static void arm_steps(const struct known_arm *arm, double *boot, double *tests)
{
	*tests = arm->test_seconds < arm->wall_seconds ? arm->test_seconds : arm->wall_seconds;
	*boot = arm->wall_seconds - *tests;
}

static struct lanes lanes_of(struct context *c, const struct sheet *sheet)
{
	struct lanes lanes = { 0 };

	for (size_t i = 0; i < sheet->n; i++) {
		const struct history *h = &sheet->items[i].history;

		for (size_t k = 0; k < (h->ncells ? h->ncells : h->nbuilds > 0); k++) {
			struct lane *lane = arena_push(c->arena, &lanes);

			lane->name = sheet->items[i].port->kernel.name;
			/* Cells of one target share what comes before: it stands in the first one's lane. */
			lane->seconds[STEP_FETCH] = k ? 0 : h->fetch_seconds;
			lane->seconds[STEP_APPLY] = k ? 0 : h->apply_seconds;
			for (size_t b = 0; b < h->nbuilds && !k; b++)
				lane->seconds[h->builds[b].base ? STEP_BUILD_BASE : STEP_BUILD] +=
					h->builds[b].wall_seconds;
			if (h->ncells) {
				lane->cell = &h->cells[k];
				lane->name = arena_printf(c->arena, "%s %s", lane->name,
							  lane->cell->name);
				arm_steps(&lane->cell->base, &lane->seconds[STEP_BOOT_BASE],
					  &lane->seconds[STEP_TEST_BASE]);
				arm_steps(&lane->cell->patched, &lane->seconds[STEP_BOOT],
					  &lane->seconds[STEP_TEST]);
			}
			for (int s = 0; s < STEPS; s++)
				lane->all += lane->seconds[s];
			lanes.most = lane->all > lanes.most ? lane->all : lanes.most;
		}
	}
	return lanes;
}

/* A round number of seconds, so that at most eight of them fill the width. */
static unsigned int grid_step(double most)
{
	static const unsigned int rounds[] = { 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 21600 };

	for (size_t i = 0; i < ARRAY_SIZE(rounds); i++)
		if (most / rounds[i] <= 8)
			return rounds[i];
	return 86400;
}

static void lane_draw(struct context *c, struct text *out, const struct lanes *lanes, size_t i)
{
	const struct lane *lane = &lanes->items[i];
	double x = LEFT, scale = WIDE / (lanes->most > 0 ? lanes->most : 1);
	size_t y = 30 + i * ROW;

	text_addf(out, "<text x=\"0\" y=\"%zu\">%s</text>\n", y + 15,
		  html_of(c->arena, lane->name));
	for (int s = 0; s < STEPS; s++) {
		double wide = lane->seconds[s] * scale;

		if (lane->seconds[s] <= 0)
			continue;
		text_addf(
			out,
			"<rect x=\"%.1f\" y=\"%zu\" width=\"%.1f\" height=\"20\" fill=\"%s\"><title>%s, %s: %.1f s</title></rect>\n",
			x, y, wide > 1 ? wide : 1, steps[s].fill, html_of(c->arena, lane->name),
			steps[s].name, lane->seconds[s]);
		x += wide;
	}
	text_addf(out, "<text class=\"dimtext\" x=\"%.1f\" y=\"%zu\">%s</text>\n", x + 6, y + 15,
		  seconds_word(c->arena, lane->all));
}

static void picture(struct context *c, struct text *out, const struct lanes *lanes)
{
	size_t high = 30 + lanes->n * ROW;
	unsigned int step = grid_step(lanes->most);

	text_addf(
		out,
		"<figure>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Timeline\">"
		"<svg viewBox=\"0 0 %d %zu\" width=\"%d\" height=\"%zu\" role=\"img\" aria-label=\"How long each step took, kernel by kernel; the table below says the same\">\n",
		LEFT + WIDE + 90, high + 4, LEFT + WIDE + 90, high + 4);
	for (unsigned int s = 0; s <= lanes->most; s += step) {
		double x = LEFT + s * WIDE / (lanes->most > 0 ? lanes->most : 1);

		text_addf(out,
			  "<line class=\"axis\" x1=\"%.1f\" y1=\"20\" x2=\"%.1f\" y2=\"%zu\"/>"
			  "<text class=\"dimtext\" x=\"%.1f\" y=\"14\">%u s</text>\n",
			  x, x, high, x, s);
	}
	for (size_t i = 0; i < lanes->n; i++)
		lane_draw(c, out, lanes, i);
	text_adds(out, "</svg></div>\n<figcaption>");
	for (int s = 0; s < STEPS; s++)
		text_addf(
			out,
			"<svg width=\"12\" height=\"12\" viewBox=\"0 0 12 12\" aria-hidden=\"true\" style=\"display:inline-block\">"
			"<rect width=\"12\" height=\"12\" fill=\"%s\"/></svg> %s%s\n",
			steps[s].fill, steps[s].name, s + 1 < STEPS ? ", " : ". ");
	text_adds(
		out,
		"What was known from before has the time that it took then; a kernel that another program put into the store has no "
		"time of fetching.</figcaption>\n</figure>\n");
}

/* The last runs' tests as bars, the newest at the right. */
static void spark(struct text *out, const struct known_cell *cell)
{
	double most = 0.001;

	for (size_t i = 0; i < cell->nbefore; i++)
		most = cell->before[i] > most ? cell->before[i] : most;
	text_addf(
		out,
		"<svg width=\"%zu\" height=\"22\" viewBox=\"0 0 %zu 22\" role=\"img\" aria-label=\"tests of the last %zu boots, in seconds:",
		cell->nbefore * 9 + 2, cell->nbefore * 9 + 2, cell->nbefore);
	for (size_t i = 0; i < cell->nbefore; i++)
		text_addf(out, " %.1f", cell->before[i]);
	text_adds(out, "\">");
	for (size_t i = 0; i < cell->nbefore; i++) {
		double high = 20 * cell->before[i] / most;

		text_addf(
			out,
			"<rect x=\"%zu\" y=\"%.1f\" width=\"7\" height=\"%.1f\" fill=\"#5f9440\"/>",
			i * 9, 21 - high, high + 1);
	}
	text_adds(out, "</svg>");
}

static void numbers(struct context *c, struct text *out, const struct lanes *lanes)
{
	text_adds(
		out,
		"<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Durations\"><table>\n<thead><tr><th scope=\"col\">kernel, cell</th>");
	for (int s = 0; s < STEPS; s++)
		text_addf(out, "<th scope=\"col\">%s</th>", steps[s].name);
	text_adds(out, "<th scope=\"col\">tests, patched: last boots</th></tr></thead>\n<tbody>\n");
	for (size_t i = 0; i < lanes->n; i++) {
		const struct lane *lane = &lanes->items[i];

		text_addf(out, "<tr><th scope=\"row\">%s</th>", html_of(c->arena, lane->name));
		for (int s = 0; s < STEPS; s++)
			if (lane->seconds[s] > 0)
				text_addf(out, "<td>%.*f s</td>", lane->seconds[s] < 0.1 ? 3 : 1,
					  lane->seconds[s]);
			else
				text_adds(out, "<td>\xe2\x80\x93</td>");
		text_adds(out, "<td>");
		if (lane->cell && lane->cell->nbefore)
			spark(out, lane->cell);
		text_adds(out, "</td></tr>\n");
	}
	text_adds(out, "</tbody></table></div>\n");
}

void page_timeline(struct context *c, const struct sheet *sheet, struct text *out)
{
	struct lanes lanes = lanes_of(c, sheet);

	text_adds(out, "<section id=\"timeline\">\n<h2>How long it took</h2>\n");
	if (!lanes.n) {
		text_adds(out, "<p>Nothing was built.</p>\n</section>\n");
		return;
	}
	picture(c, out, &lanes);
	numbers(c, out, &lanes);
	text_adds(out, "</section>\n");
}
