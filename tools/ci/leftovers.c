/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a dead tick leaves behind: processes that were not ended with it, and names that were to be renamed or removed.
 *
 * A task's processes have its folder in their environment (ORDER_VARIABLE), which their children inherit; what is below them counts
 * too, whatever its environment is (a sandbox empties it). They are ended through pidfds, opened before they are looked at, so that a
 * number that was given to somebody else meanwhile harms nobody. Only processes of our own user are looked at.
 *
 * A temporary folder is somebody's as long as its lock is held (see file_temp_dir()): the kernel lets go of it with its owner.
 */
#define _GNU_SOURCE
#include "ci/guard.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>

#include "base/clock.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/replacement.h"
#include "ci/order.h"
#include "ci/site_mark.h"

#define ENVIRON_MAX ((size_t)4 << 20)
#define STAT_MAX 4096
/* From being told to end to being killed. */
#define GRACE_MS 3000
#define KILLED_MS 2000
/* Whoever forks while we look is found by looking again. */
#define ROUNDS 3
/* Rounds whose tasks' folders are looked through: what a dead tick worked at. */
#define LAST_ROUNDS 2
#define DEPTH_MAX 12
/* From making a temporary folder to locking it. */
#define UNLOCKED_SECONDS 60

/* ---- processes ---- */

struct process {
	pid_t pid, parent;
	unsigned long long
		start; /* in ticks since boot: with the pid it is one process and no other */
	char *name;
	char *task; /* folder of the task that it belongs to; NULL: none */
	bool ours;  /* of our user */
	int fd;	    /* of those to be ended; -1 */
};

struct processes {
	struct process *items;
	size_t n, cap;
};

static int pidfd_of(pid_t pid)
{
	return (int)syscall(SYS_pidfd_open, pid, 0);
}

static void told(int fd, pid_t pid, int signal)
{
	if (fd >= 0)
		syscall(SYS_pidfd_send_signal, fd, signal, NULL, 0);
	else
		kill(pid, signal);
}

/* "4711 (a name) S 1 ...", the 22nd word is when it was started. False: it is gone. */
static bool stat_read(struct arena *arena, pid_t pid, struct process *process)
{
	struct slice text = { 0 };
	const char *open, *close;
	char state;

	if (file_read(arena, arena_printf(arena, "/proc/%d/stat", pid), STAT_MAX, &text) != 1) {
		fail_clear();
		return false;
	}
	open = memchr(text.p, '(', text.n);
	close = memrchr(text.p, ')', text.n);
	if (!open || !close || close < open || text.p + text.n - close < 5)
		return false;
	state = close[2];
	*process = (struct process){
		.pid = pid,
		.parent = (pid_t)strtol(close + 4, NULL, 10),
		.name = arena_copy(arena, open + 1, (size_t)(close - open) - 1),
		.fd = -1,
	};
	for (size_t words = 2; close && words < 22; words++)
		close = strchr(close + 1, ' ');
	process->start = close ? strtoull(close, NULL, 10) : 0;
	/* One that is dead and only waits for its parent has nothing left to end. */
	return state != 'Z' && state != 'X';
}

/* The folder of the task, when it is one of `home`; NULL. */
static char *task_of(struct arena *arena, pid_t pid, const char *home)
{
	struct arena *scratch __free(arena) = arena_new();
	const char *path = arena_printf(scratch, "/proc/%d/environ", pid);
	struct slice text = { 0 }, one;
	size_t n = strlen(home);

	if (file_read(scratch, path, ENVIRON_MAX, &text) != 1) {
		fail_clear();
		return NULL;
	}
	while (slice_cut(&text, '\0', &one)) {
		struct slice dir = slice_skip(one, strlen(ORDER_VARIABLE "="));

		if (slice_starts(one, ORDER_VARIABLE "=") && slice_starts(dir, home) &&
		    dir.n > n + 1 && dir.p[n] == '/')
			return slice_str(arena, dir);
	}
	return NULL;
}

static struct process *process_at(const struct processes *all, pid_t pid)
{
	for (size_t i = 0; i < all->n; i++)
		if (all->items[i].pid == pid)
			return &all->items[i];
	return NULL;
}

/* What stands below a task's process belongs to the task too. */
static void tasks_inherit(const struct processes *all)
{
	for (size_t i = 0; i < all->n; i++) {
		const struct process *above = &all->items[i];

		/* A loop of parents cannot be, unless they changed while we read. */
		for (size_t steps = 0; above && !above->task && steps < all->n; steps++)
			above = process_at(all, above->parent);
		if (above && above->task && all->items[i].ours)
			all->items[i].task = above->task;
	}
}

/* Nothing above us is a leftover, nor are we. */
static void selves_spare(const struct processes *all)
{
	struct process *self = process_at(all, getpid());

	for (size_t steps = 0; self && steps < all->n; steps++) {
		self->task = NULL;
		self = process_at(all, self->parent);
	}
}

static int processes_read(struct arena *arena, const char *home, struct processes *all)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;

	*all = (struct processes){ 0 };
	if (!proc)
		return fail_errno("cannot see what runs (/proc)");
	while ((entry = readdir(proc))) {
		struct process process;
		struct stat st;
		char *end;
		long pid = strtol(entry->d_name, &end, 10);

		if (*end || pid <= 0 || !stat_read(arena, (pid_t)pid, &process))
			continue;
		process.ours = !fstatat(dirfd(proc), entry->d_name, &st, 0) &&
			       st.st_uid == geteuid();
		if (process.ours)
			process.task = task_of(arena, (pid_t)pid, home);
		*arena_push(arena, all) = process;
	}
	closedir(proc);
	tasks_inherit(all);
	selves_spare(all);
	return 0;
}

struct victims {
	struct process *items;
	size_t n, cap;
};

/* Is it still the one that was looked at, now that its descriptor is held? */
static bool is_same(struct arena *arena, const struct process *process)
{
	struct process now;

	return stat_read(arena, process->pid, &now) && now.start == process->start;
}

static int victims_find(struct arena *arena, const char *home,
			bool (*keep)(void *data, const char *task_dir), void *data,
			struct victims *victims)
{
	struct processes all;

	*victims = (struct victims){ 0 };
	if (processes_read(arena, home, &all))
		return -1;
	for (size_t i = 0; i < all.n; i++) {
		struct process *process = &all.items[i];

		if (!process->task || (keep && keep(data, process->task)))
			continue;
		process->fd = pidfd_of(process->pid);
		if ((process->fd < 0 && errno == ESRCH) || !is_same(arena, process)) {
			if (process->fd >= 0)
				close(process->fd);
			continue;
		}
		*arena_push(arena, victims) = *process;
	}
	return 0;
}

/* Have all ended within that time? A pidfd is readable once its process has. */
static bool all_ended(const struct victims *victims, unsigned int ms)
{
	int64_t until = clock_ms() + ms;
	bool ended;

	do {
		ended = true;
		for (size_t i = 0; i < victims->n; i++) {
			const struct process *process = &victims->items[i];
			struct pollfd poll_one = { .fd = process->fd, .events = POLLIN };
			int64_t left = until - clock_ms();

			if (process->fd < 0)
				ended &= kill(process->pid, 0) && errno == ESRCH;
			else
				ended &= poll(&poll_one, 1, left > 0 ? (int)left : 0) == 1;
		}
	} while (!ended && clock_ms() < until);
	return ended;
}

static bool has_ended(const struct process *process)
{
	struct victims one = { .items = (struct process *)process, .n = 1 };

	return all_ended(&one, 0);
}

static void leave(struct arena *arena, struct leftovers *leftovers, bool removed, const char *what)
{
	*arena_push(arena, leftovers) = (struct leftover){ arena_strdup(arena, what), removed };
}

static int processes_end(struct arena *arena, const char *home,
			 bool (*keep)(void *data, const char *task_dir), void *data,
			 struct leftovers *leftovers)
{
	for (unsigned int round = 0; round < ROUNDS; round++) {
		struct victims victims;

		if (victims_find(arena, home, keep, data, &victims))
			return -1;
		if (!victims.n)
			break;
		for (size_t i = 0; i < victims.n; i++)
			told(victims.items[i].fd, victims.items[i].pid, SIGTERM);
		if (!all_ended(&victims, GRACE_MS)) {
			for (size_t i = 0; i < victims.n; i++)
				told(victims.items[i].fd, victims.items[i].pid, SIGKILL);
			all_ended(&victims, KILLED_MS);
		}
		for (size_t i = 0; i < victims.n; i++) {
			const struct process *p = &victims.items[i];

			leave(arena, leftovers, has_ended(p),
			      arena_printf(arena, "%s (pid %d) of %s", p->name, p->pid,
					   p->task + strlen(home) + 1));
			if (p->fd >= 0)
				close(p->fd);
		}
	}
	return 0;
}

/* ---- names ---- */

static bool is_random(const char *s)
{
	return strlen(s) == 6 && strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
					   "0123456789") == 6;
}

/* ".NAME.XXXXXX", as file_write() makes them. */
static bool is_temporary(const char *name)
{
	const char *dot = strrchr(name, '.');

	return name[0] == '.' && dot && dot > name + 1 && is_random(dot + 1);
}

static void taken_away(struct arena *arena, const char *path, bool removed,
		       struct leftovers *leftovers)
{
	leave(arena, leftovers, removed,
	      removed ? path : arena_printf(arena, "%s: %s", path, fail_message()));
	fail_clear();
}

static void take_away(struct arena *arena, const char *path, struct leftovers *leftovers)
{
	taken_away(arena, path, !file_remove_tree(path), leftovers);
}

/* "17.new-XXXXXX": pages that were being made. */
static bool is_unfinished(const char *name)
{
	const char *mark = strstr(name, ".new-");

	return mark && is_random(mark + strlen(".new-"));
}

/* A folder that cannot be listed holds nothing that we could take away. */
static struct file_names list(struct arena *arena, const char *dir)
{
	struct file_names names = { 0 };

	if (file_list(arena, dir, &names) < 0)
		fail_clear();
	return names;
}

/* Whoever writes in there holds our lock, which we have now. */
static void home_clear(struct arena *arena, const char *home, struct leftovers *leftovers)
{
	static const char *const folders[] = { "", "/pages", "/mails", "/drafts" };

	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		const char *dir = arena_printf(arena, "%s%s", home, folders[i]);
		struct file_names names = list(arena, dir);

		for (size_t k = 0; k < names.n; k++)
			if (is_temporary(names.items[k]) || is_unfinished(names.items[k]))
				take_away(arena, arena_printf(arena, "%s/%s", dir, names.items[k]),
					  leftovers);
	}
}

/* Whatever stands below a task's folder with a temporary name; no symlink is followed. */
static void task_clear(struct arena *arena, const char *dir, unsigned int depth,
		       struct leftovers *leftovers)
{
	struct file_names names = list(arena, dir);

	for (size_t i = 0; i < names.n; i++) {
		const char *path = arena_printf(arena, "%s/%s", dir, names.items[i]);
		struct stat st;

		if (is_temporary(names.items[i]))
			take_away(arena, path, leftovers);
		else if (depth < DEPTH_MAX && !lstat(path, &st) && S_ISDIR(st.st_mode))
			task_clear(arena, path, depth + 1, leftovers);
	}
}

/* Does somebody do the task just now, on a cluster, say? He holds its lock. */
static bool is_done_now(struct arena *arena, const char *dir)
{
	int fd __free(fd) =
		open(arena_printf(arena, "%s/lock", dir), O_RDWR | O_CLOEXEC | O_NOFOLLOW);

	return fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) && errno == EWOULDBLOCK;
}

static void tasks_clear(struct arena *arena, const char *home,
			bool (*keep)(void *data, const char *task_dir), void *data,
			struct leftovers *leftovers)
{
	const char *dir = arena_printf(arena, "%s/tasks", home);
	struct file_names rounds = list(arena, dir);
	unsigned long newest = 0, id;

	for (size_t i = 0; i < rounds.n; i++)
		if (slice_number(slice_of(rounds.items[i]), INT64_MAX, &id) && id > newest)
			newest = id;
	for (unsigned long n = 0; n < LAST_ROUNDS && n < newest; n++) {
		const char *round = arena_printf(arena, "%s/%lu", dir, newest - n);
		struct file_names tasks = list(arena, round);

		for (size_t i = 0; i < tasks.n; i++) {
			const char *task = arena_printf(arena, "%s/%s", round, tasks.items[i]);

			if (!(keep && keep(data, task)) && !is_done_now(arena, task))
				task_clear(arena, task, 0, leftovers);
		}
	}
}

/* Of our user, a folder, and nobody holds its lock. */
static bool is_abandoned(const char *path)
{
	int fd __free(fd) = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	return fd >= 0 && !fstat(fd, &st) && st.st_uid == geteuid() &&
	       st.st_mtime + UNLOCKED_SECONDS < time(NULL) && !flock(fd, LOCK_EX | LOCK_NB);
}

/*
 * DIR.new-XXXXXX: a site that was being made, and is locked while it is. DIR.old-* may be the only one there is: it is left to
 * base/replacement.h.
 */
static void site_clear(struct arena *arena, const char *site, struct leftovers *leftovers)
{
	const char *slash = site ? strrchr(site, '/') : NULL, *dir, *name;
	struct file_names names;

	if (!slash || !slash[1])
		return;
	dir = slash == site ? "/" : arena_copy(arena, site, (size_t)(slash - site));
	name = slash + 1;
	names = list(arena, dir);
	for (size_t i = 0; i < names.n; i++) {
		const char *path = arena_printf(arena, "%s/%s", dir, names.items[i]);

		if (slice_starts(slice_of(names.items[i]), name) &&
		    strstr(names.items[i], ".new-") == names.items[i] + strlen(name) &&
		    is_unfinished(names.items[i]) && is_abandoned(path) &&
		    replacement_made(path, SITE_MARK))
			taken_away(arena, path, !replacement_remove(path, SITE_MARK), leftovers);
	}
}

static void temporary_clear(struct arena *arena, struct leftovers *leftovers)
{
	/* Those that file_temp_dir() makes for us: others' folders in there may be called series-something too. */
	static const char *const prefixes[] = { "series-spatch.", "series-checkpatch.",
						"series-failed.", "series-b4." };
	const char *tmp = getenv("TMPDIR");
	struct file_names names = list(arena, tmp && *tmp ? tmp : "/tmp");

	for (size_t i = 0; i < names.n; i++)
		for (size_t k = 0; k < ARRAY_SIZE(prefixes); k++) {
			struct slice name = slice_of(names.items[i]);
			const char *path = arena_printf(arena, "%s/%s", tmp && *tmp ? tmp : "/tmp",
							names.items[i]);

			if (slice_starts(name, prefixes[k]) &&
			    is_random(name.p + strlen(prefixes[k])) && is_abandoned(path))
				take_away(arena, path, leftovers);
		}
}

int leftovers_clear(struct arena *arena, const char *home, const char *site,
		    bool (*keep)(void *data, const char *task_dir), void *data,
		    struct leftovers *leftovers)
{
	*leftovers = (struct leftovers){ 0 };
	if (processes_end(arena, home, keep, data, leftovers))
		return -1;
	home_clear(arena, home, leftovers);
	tasks_clear(arena, home, keep, data, leftovers);
	site_clear(arena, site, leftovers);
	temporary_clear(arena, leftovers);
	return 0;
}
