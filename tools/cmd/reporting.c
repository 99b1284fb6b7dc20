/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include <jansson.h>

#include "base/fail.h"
#include "cmd/commands.h"
#include "cmd/report.h"
#include "cmd/sheet.h"

/* One form at a time on standard output; a page beside it is fine. */
static int forms_check(struct context *c)
{
	size_t n = (size_t)option_given(c, "mail") + (option_value(c, "cover") != NULL) + c->json;

	if (n > 1)
		return fail_as(FAIL_USAGE, "one of --mail, --cover and --json at a time");
	if (!n && !option_value(c, "html"))
		return fail_as(FAIL_USAGE,
			       "which form? --html DIR, --mail, --cover TARGET or --json");
	if (option_value(c, "cover") && c->nwords)
		return fail_as(FAIL_USAGE,
			       "--cover takes its target itself: leave out the other ones");
	if (option_value(c, "cover") && option_value(c, "html"))
		return fail_as(FAIL_USAGE, "--cover and --html: one at a time");
	return 0;
}

static int forms_write(struct context *c, const struct sheet *sheet)
{
	struct text out __free_text = TEXT_INIT;
	const char *dir = option_value(c, "html");

	if (dir && page_write(c, sheet, dir))
		return -1;
	if (c->json) {
		json_t *json __free(json) = sheet_json(sheet);

		text_add_json(&out, json);
	} else if (option_given(c, "mail")) {
		letter_write(c, sheet, &out);
	} else if (option_value(c, "cover")) {
		if (cover_write(c, sheet, &out))
			return -1;
	} else {
		text_addf(&out, "%s: %s\n", sheet->series->name, sheet_sum(c->arena, sheet));
		for (size_t i = 0; i < sheet->n; i++)
			text_addf(&out, "  %-5s  %s: %s\n", advice_word(sheet->items[i].advice),
				  sheet->items[i].name, sheet->items[i].why);
		text_addf(&out, "Written: %s/index.html\n", path_word(c->arena, dir));
	}
	return context_print(c, &out);
}

static int exit_of(const struct sheet *sheet)
{
	int code = EXIT_CLEAN;

	for (size_t i = 0; i < sheet->n; i++) {
		if (sheet->items[i].port->mark == MARK_CONFLICT && !code)
			code = EXIT_CONFLICT;
		else if (sheet->items[i].port->mark != MARK_CONFLICT &&
			 sheet->items[i].advice == ADVICE_DONT)
			code = EXIT_FINDINGS;
	}
	return code;
}

static int reporting_run(struct context *c)
{
	const char *cover = option_value(c, "cover");
	struct ports ports = { 0 };
	struct sheet sheet;
	int code = -1;

	if (forms_check(c))
		return -1;
	if (!ports_make(c, cover ? &cover : c->words, cover ? 1 : c->nwords, &ports)) {
		if (cover && ports.n != 1)
			fail_as(FAIL_USAGE, "--cover: '%s' stands for %zu kernels, not one", cover,
				ports.n);
		else if (!sheet_make(c, &ports, &sheet) && !forms_write(c, &sheet))
			code = exit_of(&sheet);
	}
	pack_free(ports.pack);
	return code;
}

static const struct command_option reporting_options[] = {
	{ '\0', "html", "DIR", "a page, DIR/index.html, and one for each patch that differs",
	  NULL },
	{ '\0', "mail", NULL, "a mail for a list, on standard output", NULL },
	{ '\0', "cover", "TARGET", "the cover letter of a submission for that kernel", NULL },
};

const struct command command_report = {
	.name = "report",
	.summary = "write what is known as a page, a mail or a cover letter",
	.args = "[TARGET...]",
	.description =
		"Says for each target whether the series is safe to take (TAKE), needs eyes (LOOK) or must not be taken as it is (DON'T), and why: "
		"what differs from upstream, what broke, what it fixes, what nobody has tested. It runs nothing: of just these ports it tells "
		"what series build and series test have found out, and says what is not known.\n\n"
		"The page needs no network and no script. Mails and cover letters are drafts: a person reads and sends them. Without a target: "
		"every one of ci/targets.conf that the store has. Exit code 1 when something is worse with the series, 3 when a patch conflicts.",
	.options = reporting_options,
	.noptions = ARRAY_SIZE(reporting_options),
	.words = WORDS_TARGETS,
	.run = reporting_run,
};
