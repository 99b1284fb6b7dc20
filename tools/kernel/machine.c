/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The emulator writes both serial ports into files of its own accord; we look at them forty times a
 * second, read what is new of the console, and decide from that alone when the machine is done: the
 * emulator's exit code says nothing of what happened in it.
 */
#define _GNU_SOURCE
#include "kernel/machine_driver.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <sys/stat.h>

#include <nettle/sha2.h>

#include "base/child.h"
#include "base/clock.h"
#include "base/fail.h"
#include "base/file.h"
#include "kernel/console.h"
#include "kernel/machine_record.h"

#define TICK_MS 25
/* A port that gives more than this is a loop: the machine is ended. */
#define PORT_MAX ((off_t)64 * 1024 * 1024)
#define BEFORE_DEADLINE_MS 120000
#define PROGRAM_MAX ((size_t)256 * 1024 * 1024)
#define LOG_MAX ((size_t)1024 * 1024)
/* From the guest's last word to its power off. */
#define DONE_GRACE_MS 3000
/* A panic's trace is complete when nothing came for a while; some emulators then run on. */
#define PANIC_QUIET_MS 1500
#define PANIC_GRACE_MS 15000
/* Nothing new for this long: is the disk full? */
#define PROBE_MS 2000

static const struct machine_driver *driver_of(const struct machine *machine)
{
	return machine->kind == MACHINE_BOCHS ? &machine_bochs : &machine_qemu;
}

const char *machine_program(const struct machine *machine)
{
	return machine->program ? machine->program : driver_of(machine)->program;
}

char *machine_cmdline(struct arena *arena, const struct machine *machine, const char *more)
{
	const char *own = machine->cmdline ? machine->cmdline : "";

	if (!more)
		more = "";
	return arena_printf(arena, "console=ttyS0,115200 panic=-1 printk.devkmsg=on%s%s%s%s",
			    *own ? " " : "", own, *more ? " " : "", more);
}

void machine_word(struct arena *arena, struct machine_words *words, const char *word)
{
	*arena_push(arena, words) = word;
}

const char *machine_path(struct arena *arena, const char *path)
{
	char full[PATH_MAX];

	return arena_strdup(arena, realpath(path, full) ? full : path);
}

int machine_there(struct arena *arena, const struct machine *machine, char **why)
{
	return driver_of(machine)->there(arena, machine, why);
}

char *machine_version(struct arena *arena, const struct machine *machine)
{
	return driver_of(machine)->version(arena, machine_program(machine));
}

/* A program of the user's own says the same version after it was built anew. */
static int add_hash(struct arena *arena, const char *program, struct text *key)
{
	struct sha256_ctx sha;
	uint8_t digest[SHA256_DIGEST_SIZE];
	struct slice bytes;
	int got = strchr(program, '/') ? file_read(arena, program, PROGRAM_MAX, &bytes) : 0;

	if (got <= 0)
		return got;
	sha256_init(&sha);
	sha256_update(&sha, bytes.n, (const uint8_t *)bytes.p);
	sha256_digest(&sha, sizeof(digest), digest);
	for (size_t i = 0; i < sizeof(digest); i++)
		text_addf(key, "%02x", digest[i]);
	text_addc(key, '\n');
	return 0;
}

char *machine_key(struct arena *arena, const struct machine *machine)
{
	__free_text struct text key = TEXT_INIT;
	char *version = machine_version(arena, machine);

	if (!version)
		return NULL;
	text_addf(&key, "%s\n", version);
	if (machine->program && add_hash(arena, machine->program, &key))
		return NULL;
	driver_of(machine)->key(machine, &key);
	text_addf(&key, "\n%s", machine_cmdline(arena, machine, NULL));
	return slice_str(arena, text_slice(&key));
}

/* ---- a run being watched ---- */

enum stop {
	STOP_NONE, /* it ended by itself */
	STOP_DONE,
	STOP_PANIC,
	STOP_SILENT,
	STOP_WALL,
	STOP_FLOOD,
	STOP_DISK,
	STOP_ASKED
};

struct port {
	char *path;
	off_t size; /* when it was last looked at */
	off_t at;   /* as far as it was read: behind the last complete line */
	int fd;	    /* -1: not yet there */
};

struct watch {
	const struct machine_ask *ask;
	struct arena *arena;
	struct port console, ktap;
	struct console *reader;
	int64_t begun, last, probed; /* milliseconds; of the last byte on either port */
	int64_t ended, panicked;     /* when the console said so; 0 */
	enum stop stop;
};

/* Did it become longer since it was looked at? The emulator makes it when it starts. */
static bool port_grew(struct port *port)
{
	off_t before = port->size;
	struct stat st;

	if (port->fd < 0)
		port->fd = open(port->path, O_RDONLY | O_CLOEXEC);
	if (port->fd >= 0 && !fstat(port->fd, &st) && st.st_size > before)
		port->size = st.st_size;
	return port->size > before;
}

/*
 * What is new of the console, by whole lines: of half a line, the name of a test would be half a
 * name. The end of a console need be no line's end.
 */
static void console_read(struct watch *watch, bool end)
{
	struct port *port = &watch->console;
	char buf[65536];

	while (port->at < port->size && port->at < PORT_MAX) {
		ssize_t n = pread(port->fd, buf, sizeof(buf), port->at);
		char *newline = n > 0 ? memrchr(buf, '\n', (size_t)n) : NULL;

		if (newline)
			n = newline + 1 - buf;
		else if (n <= 0 || (!end && n < (ssize_t)sizeof(buf)))
			break;
		console_feed(watch->reader, (struct slice){ buf, (size_t)n });
		port->at += n;
	}
}

/* Can a file of the run still grow? What the emulator cannot write, it loses without a word. */
static bool disk_full(const char *dir)
{
	static const char zeros[65536];
	__free(fd) int fd = open(dir, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
	char path[PATH_MAX];

	if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR)) {
		snprintf(path, sizeof(path), "%s/probe", dir);
		fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
		unlink(path);
	}
	if (fd < 0)
		return errno == ENOSPC || errno == EDQUOT;

	ssize_t n = write(fd, zeros, sizeof(zeros));

	return n < 0 ? errno == ENOSPC || errno == EDQUOT : n < (ssize_t)sizeof(zeros);
}

static bool tell_progress(const struct watch *watch, const struct console_report *report)
{
	__free_text struct text what = TEXT_INIT;

	text_addf(&what, "%s: ", watch->ask->title);
	if (report->test)
		text_adds(&what, report->test);
	else if (report->init)
		text_adds(&what, "between tests");
	else
		text_adds(&what, "booting");
	return progress_step(watch->ask->progress, text_str(&what), 0, 0, "");
}

/* Is it over, by what was seen so far? */
static enum stop watch_judge(struct watch *watch, const struct console_report *report)
{
	const struct machine *machine = watch->ask->machine;
	int64_t now = clock_ms();

	if (report->ended && !watch->ended)
		watch->ended = now;
	if (report->panicked && !watch->panicked)
		watch->panicked = now;
	if (watch->ended)
		return now - watch->ended > DONE_GRACE_MS ? STOP_DONE : STOP_NONE;
	if (watch->panicked &&
	    (now - watch->panicked > PANIC_GRACE_MS || now - watch->last > PANIC_QUIET_MS))
		return STOP_PANIC;
	if (watch->console.size >= PORT_MAX || watch->ktap.size >= PORT_MAX)
		return STOP_FLOOD;
	if (now - watch->last > PROBE_MS && now - watch->probed > PROBE_MS) {
		watch->probed = now;
		if (disk_full(watch->ask->dir))
			return STOP_DISK;
	}
	if (machine->silence && now - watch->last > (int64_t)machine->silence * 1000)
		return STOP_SILENT;
	if (machine->wall && now - watch->begun > (int64_t)machine->wall * 1000)
		return STOP_WALL;
	return STOP_NONE;
}

static bool watch_tick(void *data)
{
	struct watch *watch = data;
	bool console_grew = port_grew(&watch->console);

	if (port_grew(&watch->ktap) || console_grew)
		watch->last = clock_ms();
	if (console_grew)
		console_read(watch, false);

	const struct console_report *report = console_report(watch->reader);

	if (!tell_progress(watch, report))
		watch->stop = STOP_ASKED;
	else
		watch->stop = watch_judge(watch, report);
	return watch->stop == STOP_NONE;
}

static void watch_begin(struct watch *watch, struct arena *arena, const struct machine_ask *ask)
{
	*watch = (struct watch){
		.ask = ask,
		.arena = arena,
		.console = { .path = record_path(arena, ask, "console"), .fd = -1 },
		.ktap = { .path = record_path(arena, ask, "ktap"), .fd = -1 },
		.reader = console_new(arena),
		.begun = clock_ms(),
	};
	watch->last = watch->begun;
}

static void watch_end(struct watch *watch)
{
	if (watch->console.fd >= 0)
		close(watch->console.fd);
	if (watch->ktap.fd >= 0)
		close(watch->ktap.fd);
}

/* ---- what became of it ---- */

/* ", while state_test ran" */
static const char *during(struct arena *arena, const struct console_report *report)
{
	if (report->test)
		return arena_printf(arena, ", while %s ran", report->test);
	return report->init ? ", between tests" : ", while it booted";
}

static const char *status_words(struct arena *arena, int status)
{
	if (status > 128)
		return arena_printf(arena, "it was ended by signal %d (%s)", status - 128,
				    strsignal(status - 128));
	return arena_printf(arena, "it exited with %d", status);
}

/* It ended by itself, or was stopped, and the console says neither that it is done nor that it panicked. */
static void answer_other(struct watch *watch, const struct child_answer *child, struct slice log,
			 const struct console_report *report, struct machine_answer *answer)
{
	const struct machine *machine = watch->ask->machine;
	const struct machine_driver *driver = driver_of(machine);
	struct arena *arena = watch->arena;
	const char *program = machine_program(machine);
	char *words = driver->words(arena, log);
	bool by_itself = watch->stop == STOP_NONE;

	if (!report->kernel) {
		bool refused = by_itself &&
			       (driver->code_means_nothing ? words != NULL : child->status != 0);

		answer->end = refused ? MACHINE_NOT_STARTED : MACHINE_NO_KERNEL;
		if (by_itself)
			answer->why =
				arena_printf(arena, "%s: %s", program,
					     words ? words : status_words(arena, child->status));
		else
			answer->why = arena_printf(
				arena, "%s ran for %.0f s, and no kernel said a word%s%s", program,
				answer->wall_seconds, words ? ": " : "", words ? words : "");
	} else if (by_itself) {
		answer->end = MACHINE_DIED;
		answer->why = arena_printf(arena, "the machine ended%s: %s%s%s",
					   during(arena, report),
					   status_words(arena, child->status), words ? ": " : "",
					   words ? words : "");
	} else if (watch->stop == STOP_SILENT) {
		answer->end = MACHINE_SILENT;
		answer->why = arena_printf(arena, "nothing came for %u s%s", machine->silence,
					   during(arena, report));
	} else {
		answer->end = MACHINE_LATE;
		answer->why = watch->stop == STOP_FLOOD ?
				      arena_printf(arena, "it wrote more than %d MiB%s",
						   (int)(PORT_MAX >> 20), during(arena, report)) :
				      arena_printf(arena, "not done after %u s%s", machine->wall,
						   during(arena, report));
	}
}

/* A console may say anything; this goes into JSON, and before a reader's eyes. */
static void make_plain(char *s)
{
	for (; *s; s++)
		if (*s < ' ' || *s > '~')
			*s = '?';
}

static void answer_make(struct watch *watch, const struct child_answer *child, struct slice log,
			struct machine_answer *answer)
{
	const struct console_report *report = console_report(watch->reader);
	struct arena *arena = watch->arena;

	*answer = (struct machine_answer){
		.wall_seconds = (double)(clock_ms() - watch->begun) / 1000,
		.cpu_seconds = child->cpu_seconds,
	};
	if (report->ended) {
		answer->end = MACHINE_DONE;
		answer->why = arena_strdup(arena, "");
	} else if (report->panicked) {
		answer->end = MACHINE_PANIC;
		answer->why = arena_printf(arena, "%s%s", report->panic ? report->panic : "panic",
					   during(arena, report));
	} else {
		answer_other(watch, child, log, report, answer);
	}
	make_plain(answer->why);
}

/* ---- a run ---- */

static int fail_disk(const struct machine_ask *ask)
{
	return fail("%s: the disk is full: what the machine writes into %s is lost", ask->title,
		    ask->dir);
}

/* What it needs before it can start. */
static int run_before(struct arena *arena, const struct machine_ask *ask,
		      const struct machine_launch *launch)
{
	struct child_ask child_ask = { .argv = launch->before.items,
				       .cwd = launch->cwd,
				       .deadline_ms = BEFORE_DEADLINE_MS };
	struct child_answer child;

	if (!launch->before.n)
		return 0;
	if (child_run(arena, &child_ask, &child))
		return fail_in("%s", ask->title);
	if (!child.status)
		return 0;
	if (disk_full(ask->dir))
		return fail_disk(ask);

	struct slice said = slice_trim(child.err);
	ptrdiff_t end;

	while ((end = slice_find(said, SLICE("\n"))) >= 0)
		said = slice_skip(said, (size_t)end + 1);
	return fail("%s: %s failed: " SLICE_FMT, ask->title, launch->before.items[0],
		    SLICE_ARG(said));
}

/*
 * Ended by whom? Not by us, and not by what ran in it: the kernel's OOM killer, a service manager, a person. An emulator that breaks
 * down of itself has other signals.
 */
static bool was_killed(const struct watch *watch, const struct child_answer *child)
{
	const struct console_report *report = console_report(watch->reader);

	return watch->stop == STOP_NONE && !report->ended && !report->panicked &&
	       (child->status == 128 + SIGKILL || child->status == 128 + SIGTERM);
}

/* The emulator's own words are kept, whatever became of it. */
static int log_write(struct arena *arena, const struct machine_ask *ask,
		     const struct child_answer *child, struct text *log)
{
	text_add_slice(log, child->out);
	text_add_slice(log, child->err);
	if (slice_find(text_slice(log), SLICE("No space left on device")) >= 0)
		return fail_disk(ask);
	return file_write(record_path(arena, ask, "machine.log"), text_slice(log), 0644);
}

/* 1: it refuses to start, and another attempt could do better. */
static int run_once(struct arena *arena, const struct machine_ask *ask, unsigned int attempt,
		    struct machine_answer *answer)
{
	const struct machine_driver *driver = driver_of(ask->machine);
	struct machine_launch launch = { 0 };
	struct watch watch;
	struct child_answer child = { 0 };
	__free_text struct text log = TEXT_INIT;

	if (record_begin(arena, ask) || driver->launch(arena, ask, attempt, &launch) ||
	    record_command(arena, ask, &launch) || run_before(arena, ask, &launch))
		return -1;
	watch_begin(&watch, arena, ask);

	struct child_ask child_ask = { .argv = launch.argv.items,
				       .setenv = launch.env,
				       .cwd = launch.cwd,
				       .output_max = LOG_MAX,
				       .on_tick = watch_tick,
				       .tick_ms = TICK_MS,
				       .data = &watch };
	int ret = child_run(arena, &child_ask, &child);

	port_grew(&watch.console);
	console_read(&watch, true);
	watch_end(&watch);
	if (ret)
		return -1;
	if (watch.stop == STOP_ASKED)
		return fail_as(FAIL_INTERRUPTED, "%s was interrupted", ask->title);
	if (watch.stop == STOP_DISK)
		return fail_disk(ask);
	/* Also where the guest was done: its last words may have found room, and what it said before them not. */
	if (disk_full(ask->dir))
		return fail_disk(ask);
	if (log_write(arena, ask, &child, &log))
		return -1;
	if (was_killed(&watch, &child))
		return fail("%s: %s was killed by somebody else%s: is there too little memory?",
			    ask->title, machine_program(ask->machine),
			    during(arena, console_report(watch.reader)));
	answer_make(&watch, &child, text_slice(&log), answer);
	return answer->end == MACHINE_NOT_STARTED && attempt + 1 < driver->attempts &&
	       driver->refuses(text_slice(&log));
}

static void clean(struct arena *arena, const struct machine_ask *ask)
{
	const char *const *names = driver_of(ask->machine)->litter;

	for (; names && *names; names++)
		unlink(record_path(arena, ask, *names));
}

int machine_run(struct arena *arena, const struct machine_ask *ask, struct machine_answer *answer)
{
	char *why;
	int there = machine_there(arena, ask->machine, &why), got = 1;

	if (there < 0)
		return -1;
	if (!there) {
		*answer = (struct machine_answer){ .end = MACHINE_NOT_STARTED, .why = why };
		return record_begin(arena, ask) ? -1 : record_end(arena, ask, answer);
	}
	for (unsigned int attempt = 0; got > 0; attempt++)
		got = run_once(arena, ask, attempt, answer);
	clean(arena, ask);
	return got < 0 ? -1 : record_end(arena, ask, answer);
}
