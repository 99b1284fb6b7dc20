/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The standing for programs: docs/json.md says what the keys mean. The feed is Atom: an entry for each line that changed.
 */
#define _GNU_SOURCE
#include <time.h>

#include "cmd/report.h"
#include "cmd/site.h"

#define ENTRIES_MOST 60u

static json_t *json_time(int64_t at)
{
	return at ? json_integer(at) : json_null();
}

/* NULL or "": null. */
static json_t *json_words(const char *s)
{
	return s && *s ? json_shown(s) : json_null();
}

static json_t *step_json(const struct course_step *step)
{
	return step ? json_pack("{so so so so so so sb sb}", "ci_run", json_integer(step->round),
				"at", json_time(step->at), "target", json_shown(step->target),
				"verdict", json_shown(step->word), "why", json_words(step->why),
				"marks", json_words(step->marks), "red", step->red, "unknown",
				step->unknown) :
		      json_null();
}

static json_t *line_json(const struct site *site, const struct course *course)
{
	json_t *line = step_json(course->last);
	const struct watched_line *watch = site_watch(site, course->line);

	json_object_set_new(line, "series", json_shown(course->series));
	json_object_set_new(line, "line", json_shown(course->line));
	json_object_set_new(line, "watched",
			    json_boolean(site->watched[course - site->courses.items]));
	json_object_set_new(line, "since", json_time(course->since->at));
	json_object_set_new(line, "since_ci_run", json_integer(course->since->round));
	json_object_set_new(line, "stale_since",
			    watch && watch->stale ? json_integer(watch->reached) : json_null());
	json_object_set_new(line, "known", step_json(course->known));
	return line;
}

static json_t *run_json(const struct site *site, size_t i)
{
	const struct round *round = &site->rounds.items[i];
	const struct course_round *found = courses_round(&site->courses, round->id);
	struct course_round sum = found ? *found : (struct course_round){ 0 };

	return json_pack("{so so so so sb sb si si si si}", "ci_run", json_integer(round->id),
			 "started", json_time(round->started), "ended", json_time(round->ended),
			 "why", json_words(round->why), "stale", round->stale, "pages",
			 site->kept[i], "lines", (int)sum.lines, "red", (int)sum.red, "unknown",
			 (int)sum.unknown, "changed", (int)sum.changed);
}

static json_t *json_run(int64_t id)
{
	return id ? json_integer(id) : json_null();
}

int site_status(struct site *site)
{
	struct text out __free_text = TEXT_INIT;
	__free(json) json_t *lines = json_array();
	__free(json) json_t *runs = json_array();
	__free(json) json_t *top = NULL;
	bool stale = site->stale.stale;

	for (size_t i = 0; i < site->courses.n; i++)
		json_array_append_new(lines, line_json(site, &site->courses.items[i]));
	for (size_t i = 0; i < site->rounds.n; i++)
		json_array_append_new(runs, run_json(site, i));
	top = json_pack("{si so ss so so so sb so sO sO}", "version", 1, "made",
			json_time(site->ci->now), "state", site_state(site), "latest",
			json_run(site->latest), "open", json_run(site->open), "stale",
			json_words(stale ? site->stale.text : NULL), "stale_red", site->stale.red,
			"stale_since", json_time(stale ? site->stale.since : 0), "lines", lines,
			"runs", runs);
	text_add_json(&out, top);
	return site_put(site, "status.json", &out);
}

static char *atom_time(struct arena *arena, int64_t at)
{
	time_t when = (time_t)at;
	char text[40] = "1970-01-01T00:00:00Z";
	struct tm tm;

	if (gmtime_r(&when, &tm))
		strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	return arena_strdup(arena, text);
}

struct entry {
	const struct course *course;
	const struct course_step *now, *before;
};
struct entries {
	struct entry *items;
	size_t n, cap;
};

static int newest_first(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	if (x->now->round != y->now->round)
		return x->now->round < y->now->round ? 1 : -1;
	return x->course < y->course ? -1 : x->course > y->course;
}

static struct entries entries_of(struct site *site)
{
	struct entries all = { 0 };

	for (size_t i = 0; i < site->courses.n; i++) {
		const struct course *course = &site->courses.items[i];

		for (size_t k = 0; k < course->n; k++)
			if (course->items[k].changed)
				*arena_push(site->arena, &all) =
					(struct entry){ course, &course->items[k],
							k ? &course->items[k - 1] : NULL };
	}
	if (all.n)
		qsort(all.items, all.n, sizeof(*all.items), newest_first);
	return all;
}

/* Without an address of its own the feed still needs names that nobody else has: by the state folder and when the run began. */
static void entry_add(struct site *site, struct text *out, const struct entry *e)
{
	const char *base = site->ci->settings.publish.base;
	struct arena *arena = site->arena;

	text_addf(
		out,
		"<entry>\n<title>%s: %s, %s</title>\n<id>urn:x-series:%016lx</id>\n<updated>%s</updated>\n",
		html_of(arena, e->course->line), html_of(arena, e->now->word),
		html_of(arena, e->now->target),
		slice_hash(slice_of(arena_printf(arena, "%s\n%s\n%s\n%lld\n%lld", site->ci->state,
						 e->course->series, e->course->line,
						 (long long)e->now->round, (long long)e->now->at))),
		atom_time(arena, e->now->at));
	text_addf(out, "<link href=\"%s%stargets/%s.html#%s\"/>\n",
		  base ? html_of(arena, base) : "",
		  base && *base && base[strlen(base) - 1] != '/' ? "/" : "",
		  site_file(arena, site_branch(arena, e->course->line)),
		  site_anchor(arena, e->course->series, e->course->line));
	text_addf(out, "<summary>%s on %s%s%s%s%s</summary>\n</entry>\n",
		  html_of(arena, e->course->series), html_of(arena, e->course->line),
		  e->before ? ", before: " : "", e->before ? html_of(arena, e->before->word) : "",
		  *e->now->why ? ". " : "", html_of(arena, e->now->why));
}

int site_feed(struct site *site)
{
	struct text out __free_text = TEXT_INIT;
	struct entries all = entries_of(site);

	text_addf(
		&out,
		"<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\">\n"
		"<title>%s: what changed</title>\n<id>urn:x-series:%016lx</id>\n<updated>%s</updated>\n<author><name>series ci</name></author>\n",
		html_of(site->arena, site->ci->settings.publish.title),
		slice_hash(slice_of(site->ci->state)),
		atom_time(site->arena, all.n ? all.items[0].now->at : site->ci->now));
	for (size_t i = 0; i < all.n && i < ENTRIES_MOST; i++)
		entry_add(site, &out, &all.items[i]);
	text_adds(&out, "</feed>\n");
	return site_put(site, "feed.xml", &out);
}
