/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <pwd.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

#include "base/child.h"
#include "base/fail.h"
#include "base/file.h"
#include "cmd/doctor.h"

#define CRON_MS 10000
#define FILE_BYTES ((size_t)1 << 20)
/* The first tick that this program could have made. */
#define EARLIEST 1760000000
/* A tick is due each hour; one may take a while. */
#define OVERDUE_HOURS 3
#define LONG_HOURS 12

/* ---- what calls it ---- */

/* Does it call us: "... /usr/local/bin/series -C ws ci ..."? `program` gets the word. */
static bool calls_us(struct slice line, struct slice *program)
{
	struct slice word;
	bool series = false;

	line = slice_trim(line);
	if (slice_starts(line, "#"))
		return false;
	while (line.n) {
		/* cron takes blanks and tabs alike. */
		word = (struct slice){ line.p, 0 };
		while (word.n < line.n && !memchr(" \t", word.p[word.n], 2))
			word.n++;
		line = slice_trim(slice_skip(line, word.n));
		if (slice_is(word, "series") || slice_ends(word, "/series") ||
		    slice_ends(word, "=series")) {
			series = true;
			*program = word;
		} else if (series && slice_is(word, "ci")) {
			return true;
		}
	}
	return false;
}

/* A crontab that calls us: how, or NULL. */
struct found {
	char *where;
	bool bare;  /* by a name that is looked up in PATH */
	bool paths; /* the file says which PATH */
};

static bool crontab_calls(struct doctor *d, const char *where, struct slice text,
			  struct found *found)
{
	struct slice line, program;
	bool paths = false;

	while (slice_line(&text, &line)) {
		paths |= slice_starts(slice_trim(line), "PATH");
		if (!calls_us(line, &program))
			continue;
		*found = (struct found){ .where = arena_strdup(d->arena, where),
					 .bare = !memchr(program.p, '/', program.n),
					 .paths = paths };
		return true;
	}
	return false;
}

static bool file_calls(struct doctor *d, const char *path, struct found *found)
{
	struct slice text = { 0 };

	if (file_kind(path) != 2 || file_read(d->arena, path, FILE_BYTES, &text) != 1) {
		fail_clear();
		return false;
	}
	return crontab_calls(d, path, text, found);
}

static bool folder_calls(struct doctor *d, const char *dir, struct found *found)
{
	struct file_names names = { 0 };

	if (file_list(d->arena, dir, &names) < 0)
		fail_clear();
	for (size_t i = 0; i < names.n; i++)
		if (file_calls(d, arena_printf(d->arena, "%s/%s", dir, names.items[i]), found))
			return true;
	return false;
}

static bool cron_calls(struct doctor *d, struct found *found)
{
	struct child_ask ask = { .argv = (const char *const[]){ "crontab", "-l", NULL },
				 .deadline_ms = CRON_MS };
	struct child_answer answer;

	if (child_exists("crontab")) {
		if (child_run(d->arena, &ask, &answer))
			fail_clear();
		else if (!answer.status && crontab_calls(d, "crontab -l", answer.out, found))
			return true;
	}
	return file_calls(d, "/etc/crontab", found) || folder_calls(d, "/etc/cron.d", found) ||
	       folder_calls(d, "/etc/cron.hourly", found);
}

/* ---- systemd ---- */

/* A service of ours with its timer. */
struct unit {
	char *timer;  /* its path; NULL: there is none */
	bool enabled; /* timers.target wants it */
	bool user;    /* of the user's own manager */
};

static bool service_is_ours(struct doctor *d, const char *path)
{
	struct slice text = { 0 }, line, program;

	if (file_read(d->arena, path, FILE_BYTES, &text) != 1) {
		fail_clear();
		return false;
	}
	while (slice_line(&text, &line))
		if (slice_starts(line, "ExecStart=") && calls_us(line, &program))
			return true;
	return false;
}

/* Services of ours in a folder of units. */
static bool units_find(struct doctor *d, const char *dir, bool user, struct unit *unit)
{
	struct file_names names = { 0 };

	if (file_list(d->arena, dir, &names) < 0)
		fail_clear();
	for (size_t i = 0; i < names.n; i++) {
		struct slice name = slice_of(names.items[i]);
		char *base;

		if (!slice_ends(name, ".service") ||
		    !service_is_ours(d, arena_printf(d->arena, "%s/%s", dir, names.items[i])))
			continue;
		base = arena_copy(d->arena, name.p, name.n - strlen(".service"));
		*unit = (struct unit){
			.timer = arena_printf(d->arena, "%s/%s.timer", dir, base),
			.user = user,
			.enabled = !access(arena_printf(d->arena, "%s/timers.target.wants/%s.timer",
							dir, base),
					   F_OK),
		};
		if (file_kind(unit->timer) != 2)
			unit->timer = NULL;
		return true;
	}
	return false;
}

static bool systemd_calls(struct doctor *d, struct unit *unit)
{
	const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");

	if (config && *config == '/' &&
	    units_find(d, arena_printf(d->arena, "%s/systemd/user", config), true, unit))
		return true;
	if (home && *home == '/' &&
	    units_find(d, arena_printf(d->arena, "%s/.config/systemd/user", home), true, unit))
		return true;
	return units_find(d, "/etc/systemd/user", true, unit) ||
	       units_find(d, "/etc/systemd/system", false, unit);
}

static bool lingers(struct arena *arena)
{
	const struct passwd *user = getpwuid(geteuid());

	return user &&
	       !access(arena_printf(arena, "/var/lib/systemd/linger/%s", user->pw_name), F_OK);
}

static void unit_look(struct doctor *d, const struct unit *unit)
{
	const char *name = unit->timer ? strrchr(unit->timer, '/') + 1 : NULL;
	const char *user = unit->user ? "--user " : "";

	if (!name)
		doctor_say(d, "schedule", HEALTH_BAD, "copy ci/series-ci.timer beside its service",
			   "there is a service of systemd, and no timer for it");
	else if (!unit->enabled)
		doctor_say(d, "schedule", HEALTH_BAD,
			   arena_printf(d->arena, "systemctl %senable --now %s", user, name),
			   "%s is there and not enabled", path_word(d->arena, unit->timer));
	else if (unit->user && !lingers(d->arena))
		doctor_say(d, "schedule", HEALTH_WARN, "loginctl enable-linger",
			   "%s runs only while you are logged in", name);
	else
		doctor_say(d, "schedule", HEALTH_OK, NULL, "%s", path_word(d->arena, unit->timer));
}

static char *program_path(struct arena *arena)
{
	char path[4096];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);

	return n > 0 ? arena_copy(arena, path, (size_t)n) : arena_strdup(arena, "series");
}

static void schedule_look(struct doctor *d)
{
	struct found found;
	struct unit unit;

	if (systemd_calls(d, &unit)) {
		unit_look(d, &unit);
		return;
	}
	if (!cron_calls(d, &found)) {
		doctor_say(d, "schedule", HEALTH_WARN,
			   arena_printf(d->arena, "crontab -e, and add: 17 * * * * %s -C %s ci",
					program_path(d->arena),
					d->workspace ? d->workspace : "WORKSPACE"),
			   "neither cron nor a systemd timer calls series ci");
		return;
	}
	if (found.bare && !found.paths)
		doctor_say(d, "schedule", HEALTH_WARN,
			   arena_printf(d->arena, "write %s there, or a line PATH=... above it",
					program_path(d->arena)),
			   "%s: cron looks for `series` in /usr/bin and /bin only", found.where);
	else
		doctor_say(d, "schedule", HEALTH_OK, NULL, "%s", found.where);
}

/* ---- the last tick ---- */

/* Is one running now? Asked for a moment only. */
static bool is_running(struct doctor *d)
{
	int fd __free(fd) = open(arena_printf(d->arena, "%s/lock", d->home), O_RDONLY | O_CLOEXEC);

	return fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) && errno == EWOULDBLOCK;
}

static char *ago(struct arena *arena, int64_t seconds)
{
	if (seconds < 120)
		return arena_printf(arena, "%lld s ago", (long long)seconds);
	if (seconds < 7200)
		return arena_printf(arena, "%lld min ago", (long long)seconds / 60);
	if (seconds < 2 * 86400)
		return arena_printf(arena, "%lld h ago", (long long)seconds / 3600);
	return arena_printf(arena, "%lld days ago", (long long)seconds / 86400);
}

static void tick_look(struct doctor *d, const struct tick *tick)
{
	const char *when = ago(d->arena, d->now - tick->started);
	int64_t hours = (d->now - tick->started) / 3600;

	if (!tick->ended && is_running(d))
		doctor_say(d, "last tick", hours >= LONG_HOURS ? HEALTH_WARN : HEALTH_OK,
			   "see what it does: series ci log", "runs now, begun %s", when);
	else if (!tick->ended)
		doctor_say(d, "last tick", HEALTH_WARN,
			   "the next one goes on where it was; see series ci log",
			   "%s, and was killed", when);
	else if (!strcmp(tick->word, "failed"))
		doctor_say(d, "last tick", HEALTH_BAD, "see series ci log", "%s, and failed: %s",
			   when, tick->why);
	else if (hours >= OVERDUE_HOURS)
		doctor_say(d, "last tick", HEALTH_WARN, "is it called? See the line above",
			   "%s, took %lld s (%s)", when, (long long)(tick->ended - tick->started),
			   tick->word);
	else
		doctor_say(d, "last tick", HEALTH_OK, NULL, "%s, took %lld s (%s)", when,
			   (long long)(tick->ended - tick->started), tick->word);
}

static void clock_look(struct doctor *d, const struct tick *tick)
{
	if (d->now < EARLIEST)
		doctor_say(d, "clock", HEALTH_BAD, "set it: timedatectl set-ntp true",
			   "it says a day before this program was written");
	else if (tick && tick->started > d->now + 60)
		doctor_say(d, "clock", HEALTH_BAD, "set it: timedatectl set-ntp true",
			   "the last tick was begun %lld s from now",
			   (long long)(tick->started - d->now));
	else
		doctor_say(d, "clock", HEALTH_OK, NULL, "not before the last tick");
}

static void ticks_look(struct doctor *d)
{
	struct ticks ticks = { 0 };

	if (d->journal && journal_ticks(d->journal, d->arena, 1, &ticks)) {
		doctor_failed(d, "last tick", HEALTH_BAD, NULL);
		return;
	}
	if (ticks.n)
		tick_look(d, &ticks.items[0]);
	else
		doctor_say(d, "last tick", HEALTH_OK, NULL,
			   "none yet: series ci makes the first one");
	clock_look(d, ticks.n ? &ticks.items[0] : NULL);
}

/* ---- what a process is born with ---- */

static void birth_look(struct doctor *d)
{
	mode_t mask = umask(0);

	umask(mask);
	if (mask & 0700)
		doctor_say(d, "umask", HEALTH_BAD, "umask 022",
			   "%03o: we could not read our own files", mask);
	else if (d->settings.publish.dir && (mask & 0005))
		doctor_say(d, "umask", HEALTH_WARN, "umask 022, where it is called",
			   "%03o: a web server cannot read the site", mask);
	else
		doctor_say(d, "umask", HEALTH_OK, NULL, "%03o", mask);
	if (setlocale(LC_ALL, ""))
		doctor_say(d, "locale", HEALTH_OK, NULL, "%s", setlocale(LC_CTYPE, NULL));
	else
		doctor_say(
			d, "locale", HEALTH_WARN, "export LC_ALL=C.UTF-8, or install it: locales",
			"what LANG and LC_* name is not installed: perl and others complain in each log");
	setlocale(LC_ALL, "C");
}

void doctor_schedule(struct doctor *d)
{
	schedule_look(d);
	ticks_look(d);
	birth_look(d);
}
