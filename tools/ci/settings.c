/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "ci/settings.h"

#include <ctype.h>
#include <time.h>

#include <git2.h>

#include "base/fail.h"
#include "base/file.h"
#include "ci/settings_keys.h"
#include "patch/series.h"

#define DEFAULT_WATCH "stable"
#define NAME_MAX_BYTES 64

struct reader {
	struct arena *arena;
	const char *workspace;
	const struct targets *targets;
	struct conf conf;
};

static const char *const kind_words[] = {
	[WATCH_RELEASE] = "release",
	[WATCH_CANDIDATE] = "candidate",
	[WATCH_QUEUE] = "queue",
};
static const char *const depth_words[] = {
	[DEPTH_APPLY] = "apply",
	[DEPTH_BUILD] = "build",
	[DEPTH_TEST] = "test",
};
static const char *const executor_words[] = {
	[EXECUTOR_LOCAL] = "local",
	[EXECUTOR_SLURM] = "slurm",
};

const char *watch_kind_word(enum watch_kind kind)
{
	return kind_words[kind];
}

char *watch_line(struct arena *arena, enum watch_kind kind, const struct target *target)
{
	return arena_printf(arena, "%s.y%s%s", target->name + 1, kind == WATCH_RELEASE ? "" : "-",
			    kind == WATCH_RELEASE   ? "" :
			    kind == WATCH_CANDIDATE ? "rc" :
						      "queue");
}

/* ---- values ---- */

/* Where a key stands; `key` NULL: the section's first. */
static const struct conf_entry *entry_of(const struct reader *r, const char *section,
					 const char *name, const char *key)
{
	for (size_t i = 0; i < r->conf.n; i++) {
		const struct conf_entry *e = &r->conf.items[i];

		if (!strcmp(e->key->section, section) &&
		    slice_eq(slice_of(e->name), slice_of(name)) &&
		    (!key || !strcmp(e->key->key, key)))
			return e;
	}
	return NULL;
}

static int refuse(const struct reader *r, const struct conf_entry *at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
static int refuse(const struct reader *r, const struct conf_entry *at, const char *fmt, ...)
{
	va_list ap;
	char *why;

	va_start(ap, fmt);
	why = arena_vprintf(r->arena, fmt, ap);
	va_end(ap);
	return at ? fail_as(FAIL_USAGE, "%s:%u: %s", r->conf.path, at->line, why) :
		    fail_as(FAIL_USAGE, "%s: %s", r->conf.path, why);
}

/* They go into mails, pages, file names, arguments: one line of text each. */
static int check_values(const struct reader *r)
{
	for (size_t i = 0; i < r->conf.n; i++) {
		const struct conf_entry *e = &r->conf.items[i];

		if (e->key->type == CONF_BOOL || e->key->type == CONF_NUMBER)
			continue;
		if (slice_blank(slice_of(e->value)))
			return refuse(r, e, "'%s' has no value", e->key->key);
		for (const char *p = e->value; *p; p++)
			if ((unsigned char)*p < ' ' || *p == 0x7f)
				return refuse(r, e, "'%s' has a control character in it",
					      e->key->key);
	}
	return 0;
}

static char *text_at(const struct reader *r, const char *section, const char *name, const char *key,
		     const char *otherwise)
{
	const char *value = conf_get(&r->conf, section, name, key);

	return arena_strdup(r->arena, value ? value : otherwise);
}

/* A path: relative to the workspace, "~/" the user's home. */
static char *path_at(const struct reader *r, const char *section, const char *key)
{
	const char *value = conf_get(&r->conf, section, NULL, key), *home = getenv("HOME");

	if (!value || *value == '/')
		return arena_strdup(r->arena, value);
	if (value[0] == '~' && value[1] == '/' && home)
		return arena_printf(r->arena, "%s%s", home, value + 1);
	return arena_printf(r->arena, "%s/%s", r->workspace, value);
}

static int number_at(const struct reader *r, const char *section, const char *key,
		     unsigned int least, unsigned int most, unsigned int *value)
{
	int64_t number = conf_number(&r->conf, section, NULL, key, *value);

	if (number < least || number > most)
		return refuse(r, entry_of(r, section, NULL, key), "%s.%s is %lld, not %u to %u",
			      section, key, (long long)number, least, most);
	*value = (unsigned int)number;
	return 0;
}

/* Which of `words` a value is; `value` stays where there is none. */
static int word_at(const struct reader *r, const char *section, const char *name, const char *key,
		   const char *const *words, size_t n, unsigned int *value)
{
	const char *word = conf_get(&r->conf, section, name, key);
	struct text known __free_text = TEXT_INIT;

	for (size_t i = 0; word && i < n; i++) {
		if (!strcmp(word, words[i])) {
			*value = (unsigned int)i;
			return 0;
		}
		text_addf(&known, "%s%s", i ? ", " : "", words[i]);
	}
	return word ? refuse(r, entry_of(r, section, name, key), "unknown %s '%s' (known: %s)", key,
			     word, text_str(&known)) :
		      0;
}

struct words {
	struct word_of {
		const char *text;
		const struct conf_entry *entry;
	} * items;
	size_t n, cap;
};

/* All words of a key that may be given more than once. */
static struct words words_at(const struct reader *r, const char *section, const char *name,
			     const char *key)
{
	struct words words = { 0 };

	for (size_t i = 0; i < r->conf.n; i++) {
		const struct conf_entry *e = &r->conf.items[i];
		struct slice rest = slice_of(e->value), word;

		if (strcmp(e->key->section, section) != 0 || strcmp(e->key->key, key) != 0 ||
		    !slice_eq(slice_of(e->name), slice_of(name)))
			continue;
		while (slice_cut(&rest, ' ', &word))
			if (word.n)
				*arena_push(r->arena, &words) =
					(struct word_of){ slice_str(r->arena, word), e };
	}
	return words;
}

/* ---- what is watched ---- */

static bool has_target(const struct watch *watch, const struct target *target)
{
	for (size_t i = 0; i < watch->ntargets; i++)
		if (watch->targets[i] == target)
			return true;
	return false;
}

static int read_targets(const struct reader *r, const char *name, struct watch *watch)
{
	struct words words = name ? words_at(r, "watch", name, "target") : (struct words){ 0 };
	bool *wanted = arena_alloc(r->arena, r->targets->n + 1);

	for (size_t i = 0; i < words.n; i++) {
		struct target_names names;
		bool known = !targets_expand(r->arena, r->targets, &words.items[i].text, 1, &names);

		for (size_t k = 0; known && k < names.n; k++) {
			const struct target *target = targets_find(r->targets, names.items[k]);

			known = target != NULL;
			if (target)
				wanted[target - r->targets->items] = true;
		}
		if (!known)
			return refuse(r, words.items[i].entry,
				      "'%s' is no target of ci/targets.conf (there are: %s)",
				      words.items[i].text, targets_list(r->arena, r->targets));
	}
	watch->targets = arena_alloc(r->arena, (r->targets->n + 1) * sizeof(*watch->targets));
	for (size_t i = 0; i < r->targets->n; i++)
		if (!words.n || wanted[i])
			watch->targets[watch->ntargets++] = &r->targets->items[i];
	return 0;
}

/* Each target must give the name of a branch of its own. */
static int check_branch(const struct reader *r, const char *name, const struct watch *watch)
{
	const struct conf_entry *at = entry_of(r, "watch", name, "branch");

	if (!strchr(watch->branch, '%') && watch->ntargets > 1)
		return refuse(
			r, at,
			"'%s' is one branch for %zu targets: write %% where it has 6.1, or name one target",
			watch->branch, watch->ntargets);
	for (size_t i = 0; i < watch->ntargets; i++) {
		char *ref = watch_ref(r->arena, watch, watch->targets[i]);
		int valid;

		if (git_reference_name_is_valid(&valid, ref) || !valid)
			return refuse(r, at, "'%s' is no name of a branch", watch->branch);
	}
	return 0;
}

char *watch_ref(struct arena *arena, const struct watch *watch, const struct target *target)
{
	struct text ref __free_text = TEXT_INIT;

	text_adds(&ref, "refs/heads/");
	for (const char *p = watch->branch; *p; p++) {
		if (*p == '%')
			text_adds(&ref, target->name + 1);
		else
			text_addc(&ref, *p);
	}
	return arena_strdup(arena, text_str(&ref));
}

static bool is_name(const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; i < n; i++)
		if (!isalnum((unsigned char)name[i]) && (!i || !strchr("._-", name[i])))
			return false;
	return n && n <= NAME_MAX_BYTES && strcmp(name, "lore") != 0;
}

static int read_watch(const struct reader *r, const char *name, struct watch *watch)
{
	const struct conf_entry *at = entry_of(r, "watch", name, NULL);
	unsigned int kind = WATCH_RELEASE, depth;
	const char *url = conf_get(&r->conf, "watch", name, "url");
	struct source source;

	if (!is_name(name))
		return refuse(r, at, "'%s' is no name for a watch", name);
	if (!conf_get(&r->conf, "watch", name, "kind"))
		return refuse(r, at, "watch '%s' has no kind (known: release, candidate, queue)",
			      name);
	if (word_at(r, "watch", name, "kind", kind_words, ARRAY_SIZE(kind_words), &kind))
		return -1;
	depth = kind == WATCH_QUEUE ? DEPTH_APPLY : DEPTH_TEST;
	if (word_at(r, "watch", name, "depth", depth_words, ARRAY_SIZE(depth_words), &depth))
		return -1;
	*watch = (struct watch){ .name = arena_strdup(r->arena, name),
				 .kind = (enum watch_kind)kind,
				 .depth = (enum watch_depth)depth,
				 .branch = text_at(r, "watch", name, "branch", NULL) };
	if (url &&
	    source_parse(r->arena, arena_printf(r->arena, "git %s", url), r->workspace, &source))
		return fail_in("%s:%u", r->conf.path, entry_of(r, "watch", name, "url")->line);
	watch->url = url ? source.value : NULL;
	if (kind != WATCH_RELEASE && (!url || !watch->branch))
		return refuse(r, at, "watch '%s' needs a %s: a %s has no tag", name,
			      url ? "branch" : "url", kind_words[kind]);
	if (watch->branch && !url)
		return refuse(r, at, "watch '%s' has a branch, but no url", name);
	if (read_targets(r, name, watch))
		return -1;
	return watch->branch ? check_branch(r, name, watch) : 0;
}

/* A line is looked for in one place. */
static int check_overlap(const struct reader *r, const struct settings *settings,
			 const struct watch *watch)
{
	for (const struct watch *other = settings->watches; other < watch; other++)
		for (size_t i = 0; i < watch->ntargets && other->kind == watch->kind; i++)
			if (has_target(other, watch->targets[i]))
				return refuse(r, entry_of(r, "watch", watch->name, NULL),
					      "watch '%s': '%s' looks for the %s of %s already",
					      watch->name, other->name, kind_words[watch->kind],
					      watch->targets[i]->name);
	return 0;
}

static int read_watches(const struct reader *r, struct settings *settings)
{
	struct conf_names names = conf_section_names(r->arena, &r->conf, "watch");

	settings->watches = arena_alloc(r->arena, (names.n + 1) * sizeof(*settings->watches));
	for (; settings->nwatches < names.n; settings->nwatches++) {
		struct watch *watch = &settings->watches[settings->nwatches];

		if (read_watch(r, names.items[settings->nwatches], watch) ||
		    check_overlap(r, settings, watch))
			return -1;
	}
	if (names.n)
		return 0;
	settings->watches[settings->nwatches++] =
		(struct watch){ .name = arena_strdup(r->arena, DEFAULT_WATCH),
				.kind = WATCH_RELEASE,
				.depth = DEPTH_TEST };
	return read_targets(r, NULL, &settings->watches[0]);
}

/* ---- known failures ---- */

/* "2026-12-31": when it begins, UTC. */
static bool parse_day(const char *day, int64_t *when)
{
	struct tm tm = { 0 }, again;
	const char *end = strptime(day, "%Y-%m-%d", &tm);
	time_t t;

	if (strlen(day) != strlen("2026-12-31") || !end || *end)
		return false;
	again = tm;
	t = timegm(&again);
	*when = t;
	/* Of 2026-02-30 it made 2026-03-02. */
	return again.tm_mday == tm.tm_mday && again.tm_mon == tm.tm_mon;
}

static int read_waiver(const struct reader *r, const char *name, struct waiver *waiver)
{
	static const char *const musts[] = { "owner", "reason", "until" };
	const struct conf_entry *at = entry_of(r, "known", name, NULL);

	for (size_t i = 0; i < ARRAY_SIZE(musts); i++)
		if (!conf_get(&r->conf, "known", name, musts[i]))
			return refuse(
				r, at,
				"known failure '%s' has no %s (it needs owner, reason, until)",
				name, musts[i]);
	*waiver = (struct waiver){
		.test = text_at(r, "known", name, "test", name),
		.target = text_at(r, "known", name, "target", NULL),
		.cell = text_at(r, "known", name, "cell", NULL),
		.series = text_at(r, "known", name, "series", NULL),
		.owner = text_at(r, "known", name, "owner", NULL),
		.reason = text_at(r, "known", name, "reason", NULL),
		.until_day = text_at(r, "known", name, "until", NULL),
	};
	if (waiver->target && !targets_find(r->targets, waiver->target))
		return refuse(r, entry_of(r, "known", name, "target"),
			      "'%s' is no target of ci/targets.conf (there are: %s)",
			      waiver->target, targets_list(r->arena, r->targets));
	if (!parse_day(waiver->until_day, &waiver->until))
		return refuse(r, entry_of(r, "known", name, "until"),
			      "'%s' is no day such as 2026-12-31", waiver->until_day);
	return 0;
}

static int read_waivers(const struct reader *r, struct settings *settings)
{
	struct conf_names names = conf_section_names(r->arena, &r->conf, "known");

	settings->waivers = arena_alloc(r->arena, (names.n + 1) * sizeof(*settings->waivers));
	for (; settings->nwaivers < names.n; settings->nwaivers++)
		if (read_waiver(r, names.items[settings->nwaivers],
				&settings->waivers[settings->nwaivers]))
			return -1;
	return 0;
}

/* ---- the rest ---- */

static int read_ci(const struct reader *r, struct settings *settings)
{
	struct words series = words_at(r, "ci", NULL, "series");
	unsigned int executor = EXECUTOR_LOCAL;

	settings->series = arena_alloc(r->arena, (series.n + 1) * sizeof(*settings->series));
	for (size_t i = 0; i < series.n; i++) {
		if (!series_name_ok(series.items[i].text))
			return refuse(r, series.items[i].entry, "'%s' is no name of a series",
				      series.items[i].text);
		settings->series[settings->nseries++] =
			arena_strdup(r->arena, series.items[i].text);
	}
	settings->verify = conf_bool(&r->conf, "ci", NULL, "verify", true);
	settings->tries = 3;
	settings->task_minutes = 180;
	if (word_at(r, "ci", NULL, "executor", executor_words, ARRAY_SIZE(executor_words),
		    &executor) ||
	    number_at(r, "ci", "tries", 1, 100, &settings->tries) ||
	    number_at(r, "ci", "task-minutes", 1, 100000, &settings->task_minutes))
		return -1;
	settings->executor = (enum executor_kind)executor;
	return 0;
}

static int read_publish(const struct reader *r, struct settings *settings)
{
	settings->publish.dir = path_at(r, "publish", "dir");
	settings->publish.title = text_at(r, "publish", NULL, "title", "series");
	settings->publish.base = text_at(r, "publish", NULL, "url", NULL);
	settings->publish.days = 180;
	settings->publish.mib = 20480;
	if (settings->publish.base && strncmp(settings->publish.base, "https://", 8) != 0 &&
	    strncmp(settings->publish.base, "http://", 7) != 0)
		return refuse(r, entry_of(r, "publish", NULL, "url"),
			      "'%s' does not begin with https:// or http://",
			      settings->publish.base);
	return number_at(r, "publish", "keep-days", 1, 100000, &settings->publish.days) ||
			       number_at(r, "publish", "keep-mb", 1, 1u << 30,
					 &settings->publish.mib) ?
		       -1 :
		       0;
}

static int read_tell(const struct reader *r, struct settings *settings)
{
	const char *program = conf_get(&r->conf, "tell", NULL, "sendmail");

	settings->tell.to = text_at(r, "tell", NULL, "to", NULL);
	settings->tell.from = text_at(r, "tell", NULL, "from", NULL);
	settings->tell.sendmail = program ? path_at(r, "tell", "sendmail") :
					    arena_strdup(r->arena, "/usr/sbin/sendmail");
	settings->tell.folder = path_at(r, "tell", "folder");
	settings->tell.drafts = path_at(r, "tell", "drafts");
	settings->tell.heartbeat_days = 7;
	return number_at(r, "tell", "heartbeat-days", 0, 365, &settings->tell.heartbeat_days);
}

static int read_rest(const struct reader *r, struct settings *settings)
{
	struct conf_entry *e = r->conf.items;

	settings->lore.watch = conf_bool(&r->conf, "lore", NULL, "watch", false);
	settings->lore.archive = path_at(r, "lore", "archive");
	settings->lore.announcements = path_at(r, "lore", "announcements");
	settings->guard.disk_mib = 2048;
	settings->guard.memory_mib = 1024;
	settings->guard.stale_hours = 24;
	settings->slurm.poll_seconds = 10;
	settings->slurm.options =
		arena_alloc(r->arena, (r->conf.n + 1) * sizeof(*settings->slurm.options));
	for (size_t i = 0; i < r->conf.n; i++) {
		if (strcmp(e[i].key->section, "slurm") != 0 || strcmp(e[i].key->key, "option") != 0)
			continue;
		if (*e[i].value != '-')
			return refuse(r, &e[i], "'%s' is no option of sbatch: it begins with no -",
				      e[i].value);
		settings->slurm.options[settings->slurm.noptions++] = e[i].value;
	}
	return number_at(r, "guard", "disk-mb", 0, 1u << 30, &settings->guard.disk_mib) ||
			       number_at(r, "guard", "memory-mb", 0, 1u << 30,
					 &settings->guard.memory_mib) ||
			       number_at(r, "guard", "stale-hours", 1, 100000,
					 &settings->guard.stale_hours) ||
			       number_at(r, "slurm", "poll-seconds", 1, 3600,
					 &settings->slurm.poll_seconds) ?
		       -1 :
		       0;
}

int settings_read(struct arena *arena, const char *workspace, const struct targets *targets,
		  struct settings *settings)
{
	struct reader r = { .arena = arena, .workspace = workspace, .targets = targets };
	char *path = arena_printf(arena, "%s/ci/ci.conf", workspace);
	int kind = file_kind(path);

	*settings = (struct settings){ .path = path };
	r.conf.path = path;
	if (kind < 0 || (kind && conf_read(arena, path, settings_keys, nsettings_keys, &r.conf)))
		return -1;
	return check_values(&r) || read_ci(&r, settings) || read_watches(&r, settings) ||
			       read_publish(&r, settings) || read_tell(&r, settings) ||
			       read_rest(&r, settings) || read_waivers(&r, settings) ?
		       -1 :
		       0;
}

char *ci_home(struct arena *arena, const char *state)
{
	static const char *const folders[] = { "tasks", "pages", "mails", "drafts" };
	char *home = arena_printf(arena, "%s/ci", state);

	for (size_t i = 0; i < ARRAY_SIZE(folders); i++)
		if (file_make_dirs(arena_printf(arena, "%s/%s", home, folders[i])))
			return NULL;
	return home;
}
