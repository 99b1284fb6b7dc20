/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include <stdarg.h>
#include <time.h>

#include "base/fail.h"
#include "cmd/ci.h"
#include "cmd/doctor.h"
#include "cmd/report.h"
#include "cmd/screen.h"

static const struct {
	const char *word;
	enum tint tint;
} healths[] = {
	[HEALTH_OK] = { "ok", TINT_GOOD },
	[HEALTH_WARN] = { "warn", TINT_LOOK },
	[HEALTH_BAD] = { "bad", TINT_BAD },
};

void doctor_say(struct doctor *doctor, const char *name, enum health health, const char *todo,
		const char *fmt, ...)
{
	va_list ap;
	char *said;

	va_start(ap, fmt);
	said = arena_vprintf(doctor->arena, fmt, ap);
	va_end(ap);
	*arena_push(doctor->arena, doctor) =
		(struct checked){ name, health, said,
				  todo ? arena_strdup(doctor->arena, todo) : NULL };
}

void doctor_failed(struct doctor *doctor, const char *name, enum health health, const char *todo)
{
	doctor_say(doctor, name, health, todo, "%s", fail_message());
	fail_clear();
}

static size_t count(const struct doctor *doctor, enum health health)
{
	size_t n = 0;

	for (size_t i = 0; i < doctor->n; i++)
		n += doctor->items[i].health == health;
	return n;
}

static void print_text(const struct doctor *doctor, struct text *out)
{
	const struct context *c = doctor->context;
	size_t bad = count(doctor, HEALTH_BAD), warn = count(doctor, HEALTH_WARN), widest = 0;

	for (size_t i = 0; i < doctor->n; i++)
		if (strlen(doctor->items[i].name) > widest)
			widest = strlen(doctor->items[i].name);
	for (size_t i = 0; i < doctor->n; i++) {
		const struct checked *item = &doctor->items[i];
		enum tint tint = healths[item->health].tint;

		text_addf(out, "%s%-4s%s  %-*s  ", tint_on(c->color, tint),
			  healths[item->health].word, tint_off(c->color, tint), (int)widest,
			  item->name);
		text_add_shown(out, slice_of(item->said), false);
		if (item->todo && item->health != HEALTH_OK) {
			text_addf(out, "\n      %*s  -> ", (int)widest, "");
			text_add_shown(out, slice_of(item->todo), false);
		}
		text_addc(out, '\n');
	}
	if (bad)
		text_addf(out, "%zu to mend, %zu to know of\n", bad, warn);
	else if (warn)
		text_addf(out, "all well, %zu to know of\n", warn);
	else
		text_adds(out, "all well\n");
}

static json_t *doctor_json(const struct doctor *doctor)
{
	json_t *json = json_object(), *checks = json_array();

	json_object_set_new(json, "version", json_integer(1));
	json_object_set_new(json, "ok", json_boolean(!count(doctor, HEALTH_BAD)));
	json_object_set_new(json, "checks", checks);
	for (size_t i = 0; i < doctor->n; i++) {
		const struct checked *item = &doctor->items[i];
		json_t *check = json_object();

		json_object_set_new(check, "name", json_string(item->name));
		json_object_set_new(check, "health", json_string(healths[item->health].word));
		json_object_set_new(check, "said", json_shown(item->said));
		json_object_set_new(check, "todo", json_shown(item->todo));
		json_array_append_new(checks, check);
	}
	return json;
}

int ci_doctor(struct context *c)
{
	static void (*const parts[])(struct doctor *) = { doctor_open, doctor_tools, doctor_places,
							  doctor_sources, doctor_schedule };
	struct doctor doctor = { .context = c, .arena = c->arena, .now = time(NULL) };
	struct text out __free_text = TEXT_INIT;
	int code = 0;

	for (size_t i = 0; i < ARRAY_SIZE(parts) && !code; i++) {
		parts[i](&doctor);
		code = context_interrupted();
	}
	if (c->drawer)
		drawer_clear(c->drawer);
	results_free(doctor.journal);
	if (code)
		return -1;
	if (c->json) {
		json_t *json __free(json) = doctor_json(&doctor);

		text_add_json(&out, json);
	} else {
		print_text(&doctor, &out);
	}
	if (context_print(c, &out))
		return -1;
	return count(&doctor, HEALTH_BAD) ? EXIT_FINDINGS : EXIT_CLEAN;
}
