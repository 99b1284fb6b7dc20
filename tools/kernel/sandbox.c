/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bubblewrap makes the namespaces where it is there. Where it is not, unshare(1) and a small script do the same: user,
 * mount, pid, network, ipc and uts namespaces, a root file system in memory with the system's programs bound into it
 * read-only, and then a second user namespace, in which the command is nobody and owns none of those mounts. Both are
 * begun by `env -i`, so that the caller's environment is not even to be found in /proc. What neither can do
 * (a machine without user namespaces) runs with the caller's own rights, and the caller is told so.
 */
#include "kernel/sandbox.h"

#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/child.h"
#include "base/fail.h"

#define NOBODY "65534"
#define PROBE_MS 20000

/* The system's programs and libraries; on most systems some are symlinks into /usr. */
static const char *const system_folders[] = { "/usr",	"/bin",	  "/sbin",  "/lib",
					      "/lib64", "/lib32", "/libx32" };
/* cc, awk and others are what these say; loading a library asks the cache. */
static const char *const system_files[] = { "/etc/alternatives", "/etc/ld.so.cache" };
static const char *const inside_env[] = { "PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
					  "HOME=/tmp", "LC_ALL=C", "TMPDIR=/tmp" };

struct words {
	const char **items;
	size_t n, cap;
};

static void add(struct arena *arena, struct words *words, const char *word)
{
	*arena_push(arena, words) = word;
}

#define add_all(arena, words, ...)                                                                 \
	do {                                                                                       \
		static const char *const _all[] = { __VA_ARGS__ };                                 \
		for (size_t _i = 0; _i < ARRAY_SIZE(_all); _i++)                                   \
			add(arena, words, _all[_i]);                                               \
	} while (0)

const char *sandbox_word(enum sandbox_kind kind)
{
	static const char *const words[] = {
		[SANDBOX_BWRAP] = "bubblewrap",
		[SANDBOX_UNSHARE] = "unshare",
		[SANDBOX_NONE] = "none",
	};

	return words[kind];
}

static void add_environment(struct arena *arena, struct words *words, const struct sandbox_ask *ask)
{
	for (size_t i = 0; i < ARRAY_SIZE(inside_env); i++)
		add(arena, words, inside_env[i]);
	for (size_t i = 0; ask->setenv && ask->setenv[i]; i++)
		add(arena, words, ask->setenv[i]);
}

static void add_command(struct arena *arena, struct words *words, const struct sandbox_ask *ask)
{
	for (size_t i = 0; ask->argv[i]; i++)
		add(arena, words, ask->argv[i]);
	add(arena, words, NULL);
}

/* Where a symlink of the system's root leads ("usr/bin"), or NULL where it is none. */
static char *link_target(struct arena *arena, const char *path)
{
	char target[PATH_MAX];
	ssize_t n = readlink(path, target, sizeof(target) - 1);

	return n < 0 ? NULL : arena_copy(arena, target, (size_t)n);
}

static void bwrap_argv(struct arena *arena, const struct sandbox_ask *ask, struct words *words)
{
	add_all(arena, words, "env", "-i", "PATH=/usr/bin:/bin:/usr/sbin:/sbin", "bwrap",
		"--unshare-user", "--unshare-all", "--die-with-parent", "--new-session",
		"--cap-drop", "ALL", "--uid", NOBODY, "--gid", NOBODY, "--hostname", "series",
		"--clearenv");
	for (size_t i = 0; i < ARRAY_SIZE(system_folders); i++) {
		const char *folder = system_folders[i], *target = link_target(arena, folder);

		add(arena, words, target ? "--symlink" : "--ro-bind-try");
		add(arena, words, target ? target : folder);
		add(arena, words, folder);
	}
	for (size_t i = 0; i < ARRAY_SIZE(system_files); i++) {
		add(arena, words, "--ro-bind-try");
		add(arena, words, system_files[i]);
		add(arena, words, system_files[i]);
	}
	/*
	 * Started by root, bubblewrap leaves most of /proc/sys writable: its files belong to root, and the command is
	 * root to the world outside, if without privilege.
	 */
	add_all(arena, words, "--proc", "/proc", "--ro-bind-try", "/proc/sys", "/proc/sys",
		"--ro-bind-try", "/proc/sysrq-trigger", "/proc/sysrq-trigger", "--ro-bind-try",
		"/proc/irq", "/proc/irq", "--ro-bind-try", "/proc/bus", "/proc/bus",
		"--ro-bind-try", "/proc/fs", "/proc/fs", "--ro-bind-try", "/proc/acpi",
		"/proc/acpi", "--dev", "/dev", "--tmpfs", "/tmp");
	for (size_t i = 0; i < ask->nbinds; i++) {
		add(arena, words, ask->binds[i].writable ? "--bind" : "--ro-bind");
		add(arena, words, ask->binds[i].from);
		add(arena, words, ask->binds[i].to);
	}
	if (ask->cwd) {
		add(arena, words, "--chdir");
		add(arena, words, ask->cwd);
	}
	add_all(arena, words, "--", "env", "-i");
	add_environment(arena, words, ask);
	add_command(arena, words, ask);
}

/*
 * The script: arguments are "ro|rw|link FROM TO" in threes, "--", the folder to begin in, the command. Binds never
 * come from /sys, so the new root can be put there. A bind that is made read-only has to keep what is locked on the
 * mount it comes from, which differs from machine to machine.
 */
static const char unshare_script[] =
	"set -e\n"
	"umask 022\n"
	"root=/sys\n"
	"mount -t tmpfs -o mode=755 tmpfs $root\n"
	"read_only() {\n"
	"	for more in '' ,nosuid,nodev ,nosuid,nodev,relatime ,nosuid,nodev,noatime \\\n"
	"		,nosuid,nodev,noexec ,nosuid,nodev,noexec,relatime; do\n"
	"		mount -o remount,bind,ro$more \"$1\" 2>/dev/null && return\n"
	"	done\n"
	"	echo \"cannot make $1 read-only\" >&2\n"
	"	return 1\n"
	"}\n"
	"mkdir $root/proc $root/dev $root/tmp $root/.old\n"
	"chmod 1777 $root/tmp\n"
	"for dev in null zero full random urandom; do\n"
	"	: >$root/dev/$dev\n"
	"	mount --bind /dev/$dev $root/dev/$dev\n"
	"done\n"
	"mkdir $root/dev/shm\n"
	"ln -s /proc/self/fd $root/dev/fd\n"
	"while [ \"$1\" != -- ]; do\n"
	"	to=$root$3\n"
	"	mkdir -p \"${to%/*}\"\n"
	"	if [ \"$1\" = link ]; then\n"
	"		ln -s \"$2\" \"$to\"\n"
	"	else\n"
	"		if [ -d \"$2\" ]; then mkdir -p \"$to\"; else : >\"$to\"; fi\n"
	"		mount --bind \"$2\" \"$to\"\n"
	"		[ \"$1\" = rw ] || read_only \"$to\"\n"
	"	fi\n"
	"	shift 3\n"
	"done\n"
	"shift\n"
	"mount -t proc proc $root/proc\n"
	"for part in sys sysrq-trigger irq bus fs acpi; do\n"
	"	[ -e $root/proc/$part ] || continue\n"
	"	mount --bind $root/proc/$part $root/proc/$part\n"
	"	mount -o remount,bind,ro,nosuid,nodev,noexec $root/proc/$part\n"
	"done\n"
	"cd $root\n"
	"pivot_root . .old\n"
	"umount -l /.old\n"
	"rmdir /.old\n"
	"mount -o remount,bind,ro /\n"
	"mount -t tmpfs -o mode=1777 tmpfs /tmp\n"
	"cd \"$1\"\n"
	"shift\n"
	"exec unshare -U --map-user=" NOBODY " --map-group=" NOBODY
	" setpriv --no-new-privs -- \"$@\"\n";

static void unshare_argv(struct arena *arena, const struct sandbox_ask *ask, struct words *words)
{
	add_all(arena, words, "env", "-i", "PATH=/usr/bin:/bin:/usr/sbin:/sbin", "unshare", "-U",
		"-r", "-n", "-m", "-p", "-i", "-u", "-f", "--kill-child", "sh", "-c");
	add(arena, words, unshare_script);
	add(arena, words, "sandbox");
	for (size_t i = 0; i < ARRAY_SIZE(system_folders); i++) {
		const char *folder = system_folders[i], *target = link_target(arena, folder);

		if (!target && access(folder, F_OK))
			continue;
		add(arena, words, target ? "link" : "ro");
		add(arena, words, target ? target : folder);
		add(arena, words, folder);
	}
	for (size_t i = 0; i < ARRAY_SIZE(system_files); i++) {
		if (access(system_files[i], F_OK))
			continue;
		add(arena, words, "ro");
		add(arena, words, system_files[i]);
		add(arena, words, system_files[i]);
	}
	for (size_t i = 0; i < ask->nbinds; i++) {
		add(arena, words, ask->binds[i].writable ? "rw" : "ro");
		add(arena, words, ask->binds[i].from);
		add(arena, words, ask->binds[i].to);
	}
	add(arena, words, "--");
	add(arena, words, ask->cwd ? ask->cwd : "/");
	add_all(arena, words, "env", "-i");
	add_environment(arena, words, ask);
	add_command(arena, words, ask);
}

/* `path` where it stands here: the longest `to` that it begins with is replaced. */
static const char *real_path(struct arena *arena, const struct sandbox_ask *ask, const char *path)
{
	const struct sandbox_bind *best = NULL;

	for (size_t i = 0; i < ask->nbinds; i++) {
		const struct sandbox_bind *bind = &ask->binds[i];
		size_t n = strlen(bind->to);

		if (!strncmp(path, bind->to, n) && (!path[n] || path[n] == '/') &&
		    (!best || n > strlen(best->to)))
			best = bind;
	}
	return best ? arena_printf(arena, "%s%s", best->from, path + strlen(best->to)) : path;
}

/* A word of the command line, or NAME=PATH. */
static const char *real_word(struct arena *arena, const struct sandbox_ask *ask, const char *word)
{
	const char *equals = strchr(word, '='), *path;

	if (*word == '/')
		return real_path(arena, ask, word);
	if (!equals)
		return word;
	path = real_path(arena, ask, equals + 1);
	return path == equals + 1 ?
		       word :
		       arena_printf(arena, "%.*s%s", (int)(equals + 1 - word), word, path);
}

static void plain_argv(struct arena *arena, const struct sandbox_ask *ask, struct words *words)
{
	add_all(arena, words, "env", "-i");
	if (ask->cwd) {
		add(arena, words, "-C");
		add(arena, words, real_path(arena, ask, ask->cwd));
	}
	for (size_t i = 0; i < ARRAY_SIZE(inside_env); i++)
		add(arena, words, inside_env[i]);
	for (size_t i = 0; ask->setenv && ask->setenv[i]; i++)
		add(arena, words, real_word(arena, ask, ask->setenv[i]));
	for (size_t i = 0; ask->argv[i]; i++)
		add(arena, words, real_word(arena, ask, ask->argv[i]));
	add(arena, words, NULL);
}

const char *const *sandbox_argv(struct arena *arena, const struct sandbox *sandbox,
				const struct sandbox_ask *ask)
{
	struct words words = { 0 };

	switch (sandbox->kind) {
	case SANDBOX_BWRAP:
		bwrap_argv(arena, ask, &words);
		break;
	case SANDBOX_UNSHARE:
		unshare_argv(arena, ask, &words);
		break;
	case SANDBOX_NONE:
		plain_argv(arena, ask, &words);
		break;
	}
	return words.items;
}

const char *sandbox_path(struct arena *arena, const struct sandbox *sandbox,
			 const struct sandbox_ask *ask, const char *path)
{
	return sandbox->kind == SANDBOX_NONE ? real_path(arena, ask, path) : path;
}

/* Does `true` run in it? What it said otherwise goes into `why`. 1, 0, -1. */
static int try_kind(struct arena *arena, enum sandbox_kind kind, struct text *why)
{
	static const char *const programs[] = {
		[SANDBOX_BWRAP] = "bwrap", [SANDBOX_UNSHARE] = "unshare"
	};
	static const char *const command[] = { "true", NULL };
	const struct sandbox_ask ask = { .argv = command };
	const struct sandbox sandbox = { .kind = kind };
	struct child_answer answer;
	struct slice line;

	if (kind != SANDBOX_NONE && !child_exists(programs[kind])) {
		text_addf(why, "%s is not installed; ", programs[kind]);
		return 0;
	}

	struct child_ask run = { .argv = sandbox_argv(arena, &sandbox, &ask),
				 .deadline_ms = PROBE_MS };

	if (child_run(arena, &run, &answer))
		return fail_in("sandbox");
	if (!answer.status)
		return 1;
	answer.err = slice_trim(answer.err);
	slice_line(&answer.err, &line);
	text_addf(why, "%s said: " SLICE_FMT "; ", sandbox_word(kind), SLICE_ARG(line));
	return 0;
}

int sandbox_probe(struct arena *arena, const char *only, struct sandbox *sandbox)
{
	struct text why __free_text = TEXT_INIT;
	bool known = false;

	for (enum sandbox_kind kind = SANDBOX_BWRAP; kind <= SANDBOX_NONE; kind++) {
		if (only && strcmp(only, sandbox_word(kind)))
			continue;
		known = true;

		int works = try_kind(arena, kind, &why);

		if (works < 0)
			return -1;
		if (!works)
			continue;
		*sandbox = (struct sandbox){ .kind = kind };
		if (kind == SANDBOX_NONE)
			sandbox->why = arena_printf(
				arena,
				"%sbuilds run with your own rights: install bubblewrap, or allow user namespaces",
				only ? "asked for; " : text_str(&why));
		return 0;
	}
	if (!known)
		return fail_as(FAIL_USAGE, "'%s' is no sandbox (known: bubblewrap, unshare, none)",
			       only);
	if (why.len > 2)
		why.p[why.len -= 2] = '\0';
	return fail("sandbox %s does not work here: %s", only, text_str(&why));
}
