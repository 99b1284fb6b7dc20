/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/build_part.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

#include "base/child.h"
#include "base/clock.h"
#include "base/fail.h"
#include "base/file.h"

#define SAID_MAX ((size_t)64 << 20)
#define LOG_LINE_KEPT 4096
#define TICK_MS 200
/* What was laid out or built a moment ago is as it was. */
#define TRUSTED_SECONDS 3600

char *build_name(struct arena *arena, const char *name)
{
	struct text out __free_text = TEXT_INIT;

	for (const char *p = name; *p; p++) {
		if (isalnum((unsigned char)*p) || strchr("-_+", *p) || (*p == '.' && p > name))
			text_addc(&out, *p);
		else
			text_addf(&out, "%%%02X", (unsigned char)*p);
	}
	return arena_strdup(arena, text_str(&out));
}

char *build_key(struct arena *arena, const struct memo_key *key)
{
	struct sha256_ctx hash = key->hash;
	uint8_t digest[SHA256_DIGEST_SIZE];
	char hex[2 * SHA256_DIGEST_SIZE + 1];

	sha256_digest(&hash, sizeof(digest), digest);
	for (size_t i = 0; i < sizeof(digest); i++)
		snprintf(hex + 2 * i, 3, "%02x", digest[i]);
	return arena_strdup(arena, hex);
}

char *build_entry_dir(struct arena *arena, const struct build_site *site, const char *name)
{
	return arena_printf(arena, "%s/built/%s", site->cache, name);
}

/* Is it still the file of that name? What is no longer used is taken away with its lock held (see ci/guard.h). */
static bool lock_stands(int fd, const char *path)
{
	struct stat held, there;

	return !fstat(fd, &held) && !stat(path, &there) && held.st_dev == there.st_dev &&
	       held.st_ino == there.st_ino;
}

int room_open(struct arena *arena, const struct build_site *site, const char *target, bool wait,
	      struct room *room)
{
	char *lock;

	*room = (struct room){ .site = site, .target = target, .lock = -1 };
	room->dir = arena_printf(arena, "%s/kernels/%s", site->cache, build_name(arena, target));
	room->source = arena_printf(arena, "%s/source", room->dir);
	if (file_make_dirs(arena_printf(arena, "%s/build", room->dir)))
		return -1;
	if (child_exists("ccache")) {
		room->ccache = arena_printf(arena, "%s/ccache", site->cache);
		if (file_make_dirs(room->ccache))
			return -1;
	}
	lock = arena_printf(arena, "%s/lock", room->dir);
	room->lock = open(lock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
	if (room->lock < 0)
		return fail_errno("cannot open %s", lock);
	if (!flock(room->lock, wait ? LOCK_EX : LOCK_EX | LOCK_NB)) {
		if (lock_stands(room->lock, lock))
			return 0;
		room_close(room);
		return room_open(arena, site, target, wait, room);
	}

	int err = errno;

	room_close(room);
	if (err == EWOULDBLOCK)
		return fail_as(FAIL_BUSY, "another run is building %s (it holds %s)", room->target,
			       lock);
	if (err == EINTR)
		return fail_as(FAIL_INTERRUPTED, "interrupted while waiting for %s", lock);
	errno = err;
	return fail_errno("cannot lock %s", lock);
}

void room_close(struct room *room)
{
	if (room->lock >= 0)
		close(room->lock);
	room->lock = -1;
}

static time_t changed_at(const char *path)
{
	struct stat st;

	return stat(path, &st) ? 0 : st.st_mtime;
}

bool room_was_left(struct arena *arena, const struct room *room, const char *config)
{
	time_t sources = changed_at(arena_printf(arena, "%s.tree", room->source));
	time_t objects = changed_at(
		arena_printf(arena, "%s/build/%s.state", room->dir, build_name(arena, config)));
	time_t last = sources > objects ? sources : objects;

	return last && last + TRUSTED_SECONDS < time(NULL);
}

/* A command that runs. */
struct running {
	const struct room_ask *ask;
	FILE *log;
	struct text said;
	size_t made;
	bool log_failed, stopped;
	int log_errno;
};

static void hear(void *data, struct slice line)
{
	struct running *running = data;

	if (running->said.len < SAID_MAX) {
		text_add_slice(&running->said, line);
		text_addc(&running->said, '\n');
	}
	if (running->log && (fwrite(line.p, 1, line.n, running->log) != line.n ||
			     putc('\n', running->log) == EOF || fflush(running->log))) {
		running->log_failed = true;
		running->log_errno = errno;
	}
	/* "  CC      x.o" */
	running->made += line.n > 4 && !memcmp(line.p, "  ", 2) && line.p[2] >= 'A' &&
			 line.p[2] <= 'Z';
}

static bool look(void *data)
{
	struct running *running = data;
	const struct room_ask *ask = running->ask;

	running->stopped |= !progress_step(ask->site->progress, ask->title, running->made,
					   ask->expected < running->made ? 0 : ask->expected,
					   "files");
	return !running->stopped && !running->log_failed;
}

/* What `times` of the shell says second: of its children. */
static double children_seconds(struct slice out)
{
	double user_min, user, system_min, system;
	char text[256];
	struct slice line;

	slice_line(&out, &line);
	slice_line(&out, &line);
	snprintf(text, sizeof(text), SLICE_FMT, SLICE_ARG(line));
	if (sscanf(text, "%lfm%lfs %lfm%lfs", &user_min, &user, &system_min, &system) != 4)
		return 0;
	return user_min * 60 + user + system_min * 60 + system;
}

static struct sandbox_ask sandbox_ask_of(struct arena *arena, const struct room_ask *ask)
{
	struct sandbox_bind *binds = arena_alloc(arena, 4 * sizeof(*binds));
	const char **env = arena_alloc(arena, 12 * sizeof(*env));
	size_t n = 0, k = 0;

	binds[n++] = (struct sandbox_bind){ ask->output, ROOM_OUTPUT, true };
	if (ask->source)
		binds[n++] = (struct sandbox_bind){ ask->source, ROOM_SOURCE, false };
	if (ask->config)
		binds[n++] = (struct sandbox_bind){ ask->config, ROOM_CONFIG, false };
	if (ask->ccache)
		binds[n++] = (struct sandbox_bind){ ask->ccache, ROOM_CCACHE, true };
	env[k++] = "KBUILD_BUILD_TIMESTAMP=1970-01-01";
	env[k++] = "KBUILD_BUILD_USER=series";
	env[k++] = "KBUILD_BUILD_HOST=series";
	if (ask->mark)
		env[k++] = arena_printf(arena, "KBUILD_BUILD_VERSION=%s", ask->mark);
	if (ask->ccache) {
		env[k++] = "CCACHE_DIR=" ROOM_CCACHE;
		env[k++] = "CCACHE_COMPILERCHECK=content";
	}
	/* There the paths are the real ones: the best that ccache can do about them. */
	if (ask->ccache && ask->site->sandbox->kind == SANDBOX_NONE) {
		env[k++] = arena_printf(arena, "CCACHE_BASEDIR=%s", ask->site->cache);
		env[k++] = "CCACHE_NOHASHDIR=1";
	}
	return (struct sandbox_ask){ binds, n, env, ROOM_OUTPUT, ask->argv };
}

const char *room_source(struct arena *arena, const struct room_ask *ask)
{
	struct sandbox_ask sandbox = sandbox_ask_of(arena, ask);

	return sandbox_path(arena, ask->site->sandbox, &sandbox, ROOM_SOURCE);
}

int room_run(struct arena *arena, const struct room_ask *ask, struct room_answer *answer)
{
	/* All that it says in one stream, in its order; what it took on the other. */
	static const char *const shell[] = { "sh", "-c",
					     "\"$@\" >&2; status=$?; times; exit $status", "run" };
	struct room_ask whole = *ask;
	struct running running = { .ask = ask };
	struct child_answer child;
	const char **argv;
	size_t n = 0;
	int failed;

	while (ask->argv[n])
		n++;
	argv = arena_alloc(arena, (n + ARRAY_SIZE(shell) + 1) * sizeof(*argv));
	memcpy(argv, shell, sizeof(shell));
	memcpy(argv + ARRAY_SIZE(shell), ask->argv, n * sizeof(*argv));
	whole.argv = argv;

	struct sandbox_ask sandbox = sandbox_ask_of(arena, &whole);
	struct child_ask run = {
		.argv = sandbox_argv(arena, ask->site->sandbox, &sandbox),
		.output_max = LOG_LINE_KEPT,
		.on_stderr = hear,
		.on_tick = look,
		.tick_ms = TICK_MS,
		.data = &running,
	};
	double begun = clock_seconds();

	if (ask->log && !(running.log = fopen(ask->log, "ae")))
		return fail_errno("cannot write %s", ask->log);
	failed = child_run(arena, &run, &child);
	if (running.log && fclose(running.log) && !running.log_failed) {
		running.log_failed = true;
		running.log_errno = errno;
	}
	answer->said = slice_copy(arena, text_slice(&running.said));
	text_release(&running.said);
	if (failed)
		return fail_in("%s", ask->title);
	if (running.stopped)
		return fail_as(FAIL_INTERRUPTED, "%s: stopped", ask->title);
	if (running.log_failed) {
		errno = running.log_errno;
		return errno == ENOSPC ? fail("the disk is full: cannot write %s", ask->log) :
					 fail_errno("cannot write %s", ask->log);
	}
	/* make itself, or the sandbox around it: make ends otherwise, whatever a kernel does to it. */
	if (child.status == 128 + SIGKILL || child.status == 128 + SIGTERM)
		return fail("%s: it was killed by somebody else: out of memory?", ask->title);
	answer->status = child.status;
	answer->wall_seconds = clock_seconds() - begun;
	answer->cpu_seconds = children_seconds(child.out);
	return 0;
}

int room_compiler(struct arena *arena, const struct build_site *site, const char *compiler,
		  char **version)
{
	static const char *const needed[] = { "make", "ld" };
	const char *const command[] = { compiler, "--version", NULL };
	const struct sandbox_ask sandbox = { .argv = command };
	struct child_answer answer;
	struct slice line;

	for (size_t i = 0; i < ARRAY_SIZE(needed); i++)
		if (!child_exists(needed[i]))
			return fail("no %s here: run 'ci/need.sh build check-kernel'", needed[i]);
	if (!child_exists(compiler))
		return fail(
			"no compiler '%s' here: run 'ci/need.sh build check-kernel', or name another in ci/matrix.conf",
			compiler);

	struct child_ask run = { .argv = sandbox_argv(arena, site->sandbox, &sandbox),
				 .deadline_ms = 60000 };

	if (child_run(arena, &run, &answer))
		return -1;
	if (answer.status)
		return fail("%s --version: " SLICE_FMT, compiler,
			    SLICE_ARG(slice_trim(answer.err)));
	slice_line(&answer.out, &line);
	*version = slice_str(arena, slice_trim(line));
	return 0;
}

/* What says of itself that no kernel is to blame. */
int room_judge(struct slice said)
{
	static const struct {
		const char *words, *why;
	} table[] = {
		{ "No space left on device", "the disk is full" },
		{ "Disk quota exceeded", "the disk is full (quota)" },
		{ "Killed signal terminated program", "the compiler was killed: out of memory?" },
		{ "] Killed\n", "a program of the build was killed: out of memory?" },
		{ "] Error 137\n", "a program of the build was killed: out of memory?" },
		{ "virtual memory exhausted", "the compiler was out of memory" },
		{ "gelf.h: No such file", "no libelf-dev here: run 'ci/need.sh check-kernel'" },
		{ "libelf.h: No such file", "no libelf-dev here: run 'ci/need.sh check-kernel'" },
		{ "openssl/opensslv.h: No such file",
		  "no libssl-dev here: run 'ci/need.sh check-kernel'" },
	};

	/* Programs that a kernel's build wants; another that is not there may well be the patch's fault. */
	static const char *const programs[] = { "flex",	   "bison",   "bc",   "perl", "awk",
						"python3", "openssl", "cpio", "strip" };

	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		if (slice_find(said, slice_of(table[i].words)) >= 0)
			return fail("%s", table[i].why);
	for (size_t i = 0; i < ARRAY_SIZE(programs); i++) {
		char words[64];
		int n = snprintf(words, sizeof(words), ": %s: not found", programs[i]);

		if (slice_find(said, (struct slice){ words, (size_t)n }) >= 0)
			return fail("no %s here: run 'ci/need.sh check-kernel'", programs[i]);
	}
	return 0;
}
