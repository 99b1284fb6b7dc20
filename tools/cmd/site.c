/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The site is made anew as a whole beside the one that is there, and put in place in one step: base/replacement.h. What does not change any more
 * (the pages of rounds, evidence) is linked, so it costs a link a file; what says how things stand is written from the journal,
 * in a few questions that do not depend on the number of runs.
 */
#define _GNU_SOURCE
#include "cmd/site.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/file.h"
#include "base/replacement.h"
#include "cmd/report.h"

static bool round_kept(const struct site *site, int64_t id)
{
	size_t from = 0, to = site->rounds.n;

	/* The newest first. */
	while (from < to) {
		size_t mid = from + (to - from) / 2;

		if (site->rounds.items[mid].id > id)
			from = mid + 1;
		else
			to = mid;
	}
	return from < site->rounds.n && site->rounds.items[from].id == id && site->kept[from];
}

char *site_run_link(const struct site *site, int64_t id, const char *runs)
{
	long long n = id;

	return round_kept(site, id) ?
		       arena_printf(site->arena, "<a href=\"%s%lld/index.html\">run %lld</a>", runs,
				    n, n) :
		       arena_printf(site->arena, "run %lld", n);
}

static int watches(struct site *site)
{
	const struct settings *settings = &site->ci->settings;
	int64_t patience = (int64_t)settings->guard.stale_hours * 3600;
	struct reaches reaches;
	size_t n = 0;

	if (journal_reaches(site->ci->journal, site->arena, &reaches))
		return -1;
	for (size_t w = 0; w < settings->nwatches; w++)
		n += settings->watches[w].ntargets;
	site->watches = arena_alloc(site->arena, (n + 1) * sizeof(*site->watches));
	for (size_t w = 0; w < settings->nwatches; w++) {
		const struct watch *watch = &settings->watches[w];
		struct watched_line line = { 0 };

		for (size_t i = 0; i < reaches.n; i++)
			if (!strcmp(reaches.items[i].source, watch->name)) {
				line.reached = reaches.items[i].reached;
				line.stale = site->ci->now - line.reached > patience;
			}
		for (size_t t = 0; t < watch->ntargets; t++) {
			line.line = watch_line(site->arena, watch->kind, watch->targets[t]);
			site->watches[site->nwatches++] = line;
		}
	}
	return 0;
}

/* As ci/news.h has it: what a person took out of the settings is history. */
static bool watched(struct site *site, const struct course *course)
{
	const struct settings *settings = &site->ci->settings;
	bool series = !settings->nseries;

	for (size_t i = 0; i < settings->nseries && !series; i++)
		series = !strcmp(settings->series[i], course->series);
	return series && (!site->nwatches || site_watch(site, course->line));
}

static void count(struct site *site)
{
	site->watched = arena_alloc(site->arena, (site->courses.n + 1) * sizeof(*site->watched));
	for (size_t i = 0; i < site->courses.n; i++) {
		const struct course *course = &site->courses.items[i];

		site->watched[i] = watched(site, course);
		if (!site->watched[i])
			continue;
		site->lines++;
		site->red += course->last->red;
		site->unknown += course->last->unknown;
	}
}

static int load(struct site *site)
{
	struct ci *ci = site->ci;
	struct round open;
	int is_open = journal_round_open(ci->journal, ci->arena, &open);
	struct rounds all;

	if (is_open < 0 || journal_rounds(ci->journal, ci->arena, 0, &all) ||
	    courses_read(ci->journal, ci->arena, &site->courses) ||
	    results_trends(ci->journal, ci->arena, SITE_BOOTS_MOST, &site->trends) ||
	    staleness_find(ci->arena, ci->journal, &ci->settings, ci->now, &site->stale) ||
	    watches(site))
		return -1;
	site->open = is_open ? open.id : 0;
	site->kept = arena_alloc(ci->arena, (all.n + 1) * sizeof(*site->kept));
	for (size_t i = 0; i < all.n; i++) {
		char *whole = arena_printf(ci->arena, "%s/pages/%lld/round.json", ci->home,
					   (long long)all.items[i].id);

		if (!all.items[i].ended)
			continue;
		site->kept[site->rounds.n] = file_kind(whole) == 2;
		if (site->kept[site->rounds.n] && !site->latest)
			site->latest = all.items[i].id;
		*arena_push(ci->arena, &site->rounds) = all.items[i];
	}
	count(site);
	return 0;
}

/*
 * All that home/pages/ID has into runs/ID, but for the evidence, which all runs have together. On another file system than these the site
 * that is there has most of it.
 */
static int link_round(struct site *site, int64_t id)
{
	char *from = arena_printf(site->arena, "%s/pages/%lld", site->ci->home, (long long)id);
	char *own = arena_printf(site->arena, "runs/%lld", (long long)id);
	char *to = arena_printf(site->arena, "%s/%s", site->dir, own);
	struct file_names names;

	if (mkdir(to, 0777))
		return fail_errno("cannot make the folder %s", to);
	if (file_list(site->arena, from, &names) < 0)
		return -1;
	for (size_t i = 0; i < names.n; i++) {
		const char *name = names.items[i];
		const char *place = !strcmp(name, "evidence") ?
					    name :
					    arena_printf(site->arena, "%s/%s", own, name);
		char *a = arena_printf(site->arena, "%s/%s", from, name);
		char *b = arena_printf(site->arena, "%s/%s", site->dir, place);
		char *was = arena_printf(site->arena, "%s/%s", site->old, place);
		int kind = file_kind(a);

		if (kind < 0 || (kind == 1 && file_link_tree(a, b, was, NULL)) ||
		    (kind == 2 && file_link(a, b, was) < 0))
			return -1;
	}
	return 0;
}

static int point(struct site *site, const char *to, const char *name)
{
	const char *path = arena_printf(site->arena, "%s/%s", site->dir, name);

	return symlink(to, path) ? fail_errno("cannot make the link %s", path) : 0;
}

static int fill(struct site *site)
{
	static const char *const folders[] = { "runs", "targets", "evidence" };
	char *latest = arena_printf(site->arena, "%lld", (long long)site->latest);

	for (size_t i = 0; i < ARRAY_SIZE(folders); i++)
		if (file_make_dirs(arena_printf(site->arena, "%s/%s", site->dir, folders[i])))
			return -1;
	for (size_t i = 0; i < site->rounds.n; i++)
		if (site->kept[i] && link_round(site, site->rounds.items[i].id))
			return -1;
	if (point(site, "../evidence", "runs/evidence") ||
	    (site->latest && (point(site, latest, "runs/latest") ||
			      point(site, arena_printf(site->arena, "runs/%s", latest), "latest"))))
		return -1;
	return site_index(site) || site_runs(site) || site_targets(site) || site_tests(site) ||
			       site_feed(site) || site_status(site) ?
		       -1 :
		       0;
}

/* One at a time, so that who comes later does not put an older site in place of a newer one. It takes a second: wait. */
static int lock(struct ci *ci)
{
	char *path = arena_printf(ci->arena, "%s/publish.lock", ci->home);
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);

	if (fd >= 0 && !flock(fd, LOCK_EX))
		return fd;
	fail_errno("cannot lock %s", path);
	if (fd >= 0)
		close(fd);
	return -1;
}

static int publish(struct ci *ci, struct site *site)
{
	struct replacement r __free_replacement = { .lock = -1 };
	__free(fd) int fd = lock(ci);

	if (fd < 0)
		return -1;
	*site = (struct site){ .ci = ci, .arena = ci->arena };
	if (replacement_begin(ci->arena, ci->settings.publish.dir, SITE_MARK, &r))
		return fail_in("[publish] dir");
	site->dir = r.fresh;
	site->old = r.dir;
	return load(site) || fill(site) || site_sync(site) || replacement_finish(&r) ? -1 : 0;
}

int site_publish(struct ci *ci)
{
	struct site site;

	return ci->settings.publish.dir ? publish(ci, &site) : 0;
}

static void published_json(const struct site *site, struct text *out)
{
	__free(json) json_t *json = json_pack(
		"{si so si so ss}", "version", 1, "dir", json_shown(site->ci->settings.publish.dir),
		"run_count", (int)site->rounds.n, "latest",
		site->latest ? json_integer(site->latest) : json_null(), "state", site_state(site));

	text_add_json(out, json);
}

int ci_publish(struct ci *ci)
{
	struct text out __free_text = TEXT_INIT;
	const char *dir = ci->settings.publish.dir;
	struct site site;

	if (!dir)
		return fail_as(FAIL_USAGE,
			       "ci/ci.conf: no [publish] dir: say where the site shall be");
	if (publish(ci, &site))
		return -1;
	if (ci->context->json)
		published_json(&site, &out);
	else if (site.latest)
		text_addf(&out, "%s: %zu runs, the latest is run %lld; %s\n",
			  path_word(ci->arena, dir), site.rounds.n, (long long)site.latest,
			  site_state(&site));
	else
		text_addf(&out, "%s: no run has its pages yet; %s\n", path_word(ci->arena, dir),
			  site_state(&site));
	if (context_print(ci->context, &out))
		return -1;
	return EXIT_CLEAN;
}
