/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "kernel/apt.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>

#include "base/child.h"
#include "base/fail.h"
#include "base/file.h"
#include "kernel/aptsources.h"

#define LIST_MAX ((size_t)4 << 20)
#define UPDATE_MINUTES 10
#define DOWNLOAD_MINUTES 60
#define ARGS_MAX 48

struct apt {
	struct arena *arena;
	const struct progress *progress;
	char *dir;	/* its state */
	char *download; /* files that were asked for */
	int lock;
	bool own; /* the machine's apt as it is */
	struct aptsites sites;
	char *codename;
	char *complaint;
};

/* ---- running it ---- */

struct args {
	const char *items[ARGS_MAX];
	size_t n;
};

static void arg(struct args *args, const char *s)
{
	if (args->n < ARGS_MAX - 1)
		args->items[args->n++] = s;
}

static void option(struct apt *apt, struct args *args, const char *name, const char *value)
{
	arg(args, "-o");
	arg(args, arena_printf(apt->arena, "%s=%s", name, value));
}

static void arguments(struct apt *apt, struct args *args, const char *program)
{
	arg(args, program);
	/* As root apt would drop to a user that may not write here, and warn that it could not. */
	option(apt, args, "APT::Sandbox::User", "root");
	option(apt, args, "APT::Status-Fd", "2");
	option(apt, args, "Acquire::Retries", "2");
	option(apt, args, "Acquire::http::Timeout", "20");
	option(apt, args, "Acquire::https::Timeout", "20");
	option(apt, args, "Dir::Cache::archives",
	       arena_printf(apt->arena, "%s/archives", apt->dir));
	if (apt->own)
		return;
	option(apt, args, "Dir::State", apt->dir);
	option(apt, args, "Dir::State::lists", arena_printf(apt->arena, "%s/lists", apt->dir));
	option(apt, args, "Dir::Cache", apt->dir);
	option(apt, args, "Dir::Etc::SourceList",
	       arena_printf(apt->arena, "%s/series.sources", apt->dir));
	option(apt, args, "Dir::Etc::SourceParts", "/dev/null");
	/* The lists of suites that were looked into before stay. */
	option(apt, args, "APT::Get::List-Cleanup", "false");
}

/* How far a download is: "dlstatus:1:33.4:Retrieving file 1 of 1". */
struct watch {
	struct apt *apt;
	const char *what;
};

static void watch_line(void *data, struct slice line)
{
	struct watch *watch = data;
	struct slice word, percent;
	unsigned long whole;

	if (!slice_starts(line, "dlstatus:"))
		return;
	slice_cut(&line, ':', &word);
	slice_cut(&line, ':', &word);
	slice_cut(&line, ':', &percent);
	slice_cut(&percent, '.', &word);
	if (slice_number(word, 100, &whole))
		/* Whether to stop is asked when apt is done; a signal ends it at once. */
		(void)progress_step(watch->apt->progress, watch->what, whole, 100, "%");
}

/* apt's reason: its first "E: " line, else the last one that says something. */
static struct slice error_of(struct slice err)
{
	struct slice line, any = { "", 0 }, error = { "", 0 };

	while (slice_line(&err, &line)) {
		line = slice_trim(line);
		if (slice_starts(line, "E: ") && !error.n)
			error = slice_skip(line, 3);
		else if (line.n && !slice_starts(line, "dlstatus:") && !slice_starts(line, "W: "))
			any = line;
	}
	return error.n ? error : any;
}

static int run(struct apt *apt, struct args *args, const char *what, unsigned int minutes,
	       struct child_answer *got)
{
	static const char *const env[] = { "LC_ALL=C.UTF-8",
					   "LANGUAGE=", "DEBIAN_FRONTEND=noninteractive", NULL };
	struct watch watch = { apt, what };
	struct child_ask ask = {
		.argv = args->items,
		.setenv = env,
		.cwd = apt->download,
		.deadline_ms = minutes * 60000u,
		.on_stderr = watch_line,
		.data = &watch,
	};

	if (!progress_step(apt->progress, what, 0, 0, "%"))
		return fail_as(FAIL_INTERRUPTED, "stopped; the store is as it was");
	if (child_run(apt->arena, &ask, got))
		return -1;
	if (got->timed_out)
		return fail("%s took longer than %u minutes", args->items[0], minutes);
	return 0;
}

static int fail_apt(const struct child_answer *got, const char *what)
{
	struct slice error = error_of(got->err);

	return fail("%s: " SLICE_FMT, what,
		    SLICE_ARG(error.n ? error : SLICE("apt gave no reason")));
}

/* ---- the machine's own sources ---- */

static int read_sources(struct apt *apt, const char *path)
{
	struct slice text;
	int got = file_read(apt->arena, path, LIST_MAX, &text);

	if (got <= 0)
		return got;
	if (slice_ends(slice_of(path), ".sources"))
		aptsources_parse_stanzas(apt->arena, text, &apt->sites);
	else
		aptsources_parse_list(apt->arena, text, &apt->sites);
	return 0;
}

static int read_parts(struct apt *apt, const char *dir)
{
	struct file_names names = { 0 };

	if (file_list(apt->arena, dir, &names) < 0)
		return -1;
	for (size_t i = 0; i < names.n; i++) {
		struct slice name = slice_of(names.items[i]);

		if ((slice_ends(name, ".sources") || slice_ends(name, ".list")) &&
		    read_sources(apt, arena_printf(apt->arena, "%s/%s", dir, names.items[i])))
			return -1;
	}
	return 0;
}

/* "NAME='VALUE'" or "NAME=VALUE" among lines of them; "" when it is not there. */
static char *shell_value(struct arena *arena, struct slice text, const char *name)
{
	struct slice line;

	while (slice_line(&text, &line)) {
		if (!slice_starts(line, name) || line.n == strlen(name) ||
		    line.p[strlen(name)] != '=')
			continue;
		line = slice_trim(slice_skip(line, strlen(name) + 1));
		if (line.n >= 2 && (line.p[0] == '\'' || line.p[0] == '"') &&
		    line.p[line.n - 1] == line.p[0])
			line = (struct slice){ line.p + 1, line.n - 2 };
		return slice_str(arena, line);
	}
	return arena_strdup(arena, "");
}

static int read_machine(struct apt *apt)
{
	const char *const argv[] = { "apt-config", "shell",
				     "LIST",	   "Dir::Etc::sourcelist/f",
				     "PARTS",	   "Dir::Etc::sourceparts/d",
				     NULL };
	struct child_ask ask = { .argv = argv, .deadline_ms = 20000 };
	struct child_answer got;
	struct slice release;
	const char *list, *parts;

	if (child_run(apt->arena, &ask, &got))
		return -1;
	if (got.status)
		return fail_apt(&got, "apt-config");
	list = shell_value(apt->arena, got.out, "LIST");
	parts = shell_value(apt->arena, got.out, "PARTS");
	if ((*list && read_sources(apt, list)) || (*parts && read_parts(apt, parts)))
		return -1;
	apt->codename = arena_strdup(apt->arena, "");
	if (file_read(apt->arena, "/etc/os-release", LIST_MAX, &release) > 0)
		apt->codename = shell_value(apt->arena, release, "VERSION_CODENAME");
	return 0;
}

/* ---- its life ---- */

struct apt *apt_new(struct arena *arena, const char *cache, const struct progress *progress)
{
	struct apt *apt = arena_new_of(arena, struct apt);

	*apt = (struct apt){
		.arena = arena, .progress = progress, .lock = -1, .own = true, .complaint = ""
	};
	if (!child_exists("apt-get") || !child_exists("apt-cache")) {
		fail("there is no apt on this machine");
		return NULL;
	}
	apt->dir = arena_printf(arena, "%s/apt", cache);
	apt->download = arena_printf(arena, "%s/download", cache);
	if (file_make_dirs(arena_printf(arena, "%s/lists/partial", apt->dir)) ||
	    file_make_dirs(arena_printf(arena, "%s/archives/partial", apt->dir)) ||
	    file_make_dirs(apt->download))
		return NULL;
	apt->lock = open(arena_printf(arena, "%s/series.lock", apt->dir),
			 O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	if (apt->lock < 0) {
		fail_errno("cannot lock %s", apt->dir);
		return NULL;
	}
	if (flock(apt->lock, LOCK_EX | LOCK_NB)) {
		if (errno == EWOULDBLOCK)
			fail_as(FAIL_BUSY, "another series fetch is using %s", apt->dir);
		else
			fail_errno("cannot lock %s", apt->dir);
		apt_free(apt);
		return NULL;
	}
	if (read_machine(apt)) {
		apt_free(apt);
		return NULL;
	}
	return apt;
}

void apt_free(struct apt *apt)
{
	if (!apt || apt->lock < 0)
		return;
	close(apt->lock);
	apt->lock = -1;
}

int apt_use(struct apt *apt, const char *type, const char *suites)
{
	struct text text __free_text = TEXT_INIT;
	struct slice rest, suite;

	apt->own = !suites;
	if (!suites)
		return 0;
	for (rest = slice_of(suites); slice_cut(&rest, ' ', &suite);) {
		const char *name = slice_str(apt->arena, suite);
		const struct aptsite *site =
			suite.n ? aptsites_for(&apt->sites, name, apt->codename) : NULL;

		if (site)
			aptsite_write(&text, site, type, name);
		else if (suite.n)
			apt->complaint = arena_printf(
				apt->arena, "this machine's apt has no archive for suite %s", name);
	}
	if (!text.len)
		return fail("%s", *apt->complaint ? apt->complaint : "no suite is named");
	return file_write(arena_printf(apt->arena, "%s/series.sources", apt->dir),
			  text_slice(&text), 0644);
}

char *apt_own_suites(struct apt *apt)
{
	struct text text __free_text = TEXT_INIT;

	for (size_t i = 0; i < apt->sites.n; i++) {
		const char *suite = apt->sites.items[i].suite;

		if (*apt->codename && slice_starts(slice_of(suite), apt->codename))
			text_addf(&text, "%s%s", text.len ? " " : "", suite);
	}
	return arena_strdup(apt->arena, text_str(&text));
}

int apt_update(struct apt *apt)
{
	struct args args = { 0 };
	struct child_answer got;

	arguments(apt, &args, "apt-get");
	arg(&args, "-q");
	arg(&args, "update");
	if (run(apt, &args, "reading the archive's lists", UPDATE_MINUTES, &got))
		return -1;
	if (got.status)
		apt->complaint = slice_str(apt->arena, error_of(got.err));
	return 0;
}

const char *apt_complaint(const struct apt *apt)
{
	return apt->complaint;
}

/* ---- what there is ---- */

static void add_version(struct apt *apt, struct slice version, struct apt_versions *versions)
{
	for (size_t i = 0; i < versions->n; i++)
		if (slice_is(version, versions->items[i]))
			return;
	*arena_push(apt->arena, versions) = slice_str(apt->arena, version);
}

int apt_source_versions(struct apt *apt, const char *source, struct apt_versions *versions)
{
	struct args args = { 0 };
	struct child_answer got;
	struct slice line;

	*versions = (struct apt_versions){ 0 };
	arguments(apt, &args, "apt-cache");
	arg(&args, "showsrc");
	arg(&args, "--only-source");
	arg(&args, source);
	if (run(apt, &args, "reading the archive's lists", UPDATE_MINUTES, &got))
		return -1;
	/* It fails where there is no such source: then there is no version. */
	while (slice_line(&got.out, &line))
		if (slice_starts(line, "Version:"))
			add_version(apt, slice_trim(slice_skip(line, strlen("Version:"))),
				    versions);
	return 0;
}

int apt_package_versions(struct apt *apt, const char *package, struct apt_versions *versions)
{
	struct args args = { 0 };
	struct child_answer got;
	struct slice line, name, version;

	*versions = (struct apt_versions){ 0 };
	arguments(apt, &args, "apt-cache");
	arg(&args, "madison");
	arg(&args, package);
	if (run(apt, &args, "reading the archive's lists", UPDATE_MINUTES, &got))
		return -1;
	while (slice_line(&got.out, &line)) {
		if (!slice_ends(slice_trim(line), "Packages"))
			continue;
		slice_cut(&line, '|', &name);
		slice_cut(&line, '|', &version);
		if (slice_is(slice_trim(name), package) && slice_trim(version).n)
			add_version(apt, slice_trim(version), versions);
	}
	return 0;
}

/* ---- downloads ---- */

/* "'URI' NAME SIZE SHA256:HASH" of --print-uris: the name and the hash. */
static int read_uri(struct apt *apt, const struct child_answer *got, const char *what,
		    struct apt_file *file)
{
	struct slice out = got->out, line, uri, name, size, hash;

	while (slice_line(&out, &line)) {
		if (!slice_starts(line, "'"))
			continue;
		slice_cut(&line, ' ', &uri);
		slice_cut(&line, ' ', &name);
		slice_cut(&line, ' ', &size);
		hash = slice_trim(line);
		if (!name.n || name.p[0] == '.' || memchr(name.p, '/', name.n))
			return fail_as(FAIL_POLICY, "%s: refusing the file name '" SLICE_FMT "'",
				       what, SLICE_ARG(name));
		if (!slice_starts(hash, "SHA256:") || hash.n != strlen("SHA256:") + 64)
			return fail_as(FAIL_POLICY,
				       "%s: the archive gives no SHA-256 for " SLICE_FMT, what,
				       SLICE_ARG(name));
		file->path =
			arena_printf(apt->arena, "%s/" SLICE_FMT, apt->download, SLICE_ARG(name));
		file->sha256 = slice_str(apt->arena, slice_skip(hash, strlen("SHA256:")));
		return 0;
	}
	return got->status ? fail_apt(got, what) : fail("%s: apt names no file for it", what);
}

/* The same words twice: first what it would fetch, then to fetch it. */
static int download(struct apt *apt, const char *const *words, const char *what,
		    struct apt_file *file)
{
	struct args ask = { 0 }, get = { 0 };
	struct child_answer got;

	arguments(apt, &ask, "apt-get");
	arguments(apt, &get, "apt-get");
	arg(&ask, "--print-uris");
	arg(&get, "-q");
	for (; *words; words++) {
		arg(&ask, *words);
		arg(&get, *words);
	}
	if (run(apt, &ask, "reading the archive's lists", UPDATE_MINUTES, &got) ||
	    read_uri(apt, &got, what, file))
		return -1;
	if (run(apt, &get, arena_printf(apt->arena, "downloading %s", strrchr(file->path, '/') + 1),
		DOWNLOAD_MINUTES, &got))
		return -1;
	if (got.status)
		return fail_apt(&got, what);
	if (file_kind(file->path) != 2)
		return fail("%s: apt did not leave %s", what, file->path);
	return 0;
}

int apt_download_orig(struct apt *apt, const char *source, const char *version,
		      struct apt_file *file)
{
	const char *what = arena_printf(apt->arena, "%s=%s", source, version);
	/*
	 * The tarball alone: the whole source fails when the distribution's own part of it is gone.
	 */
	const char *const words[] = { "source",	    "--download-only",
				      "--tar-only", "--only-source",
				      what,	    NULL };

	return download(apt, words, what, file);
}

int apt_download_package(struct apt *apt, const char *package, const char *version,
			 struct apt_file *file)
{
	const char *what = arena_printf(apt->arena, "%s=%s", package, version);
	const char *const words[] = { "download", what, NULL };

	return download(apt, words, what, file);
}
