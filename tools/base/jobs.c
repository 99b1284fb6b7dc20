/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A job is a fork of us in our own process group, so that Ctrl-C reaches it by
 * itself, and it dies with us (PR_SET_PDEATHSIG); what it started through
 * base/child.h dies with it. Between us stands a socket pair that keeps the
 * borders of messages: the job sends its progress and, last, its result; when
 * all ends on its side are closed it is over, so poll() waits for the first of
 * many without a handler for SIGCHLD or a wait for other people's children. The
 * other way nothing is ever sent: that we shut it down is how a job hears that
 * it should stop.
 *
 * What runs next: the first that was added and fits. One that does not fit is
 * passed by later ones only as long as they leave room for it, or a stream of
 * small jobs would keep a large one waiting for ever.
 */
#define _GNU_SOURCE
#include "base/jobs.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/file.h"

/* How often whoever called is asked whether to go on. */
#define BEAT_MS 200
/* Time to end in, once told to; then they are killed. */
#define GRACE_MS 10000
/* Between two messages of progress about the same thing. */
#define STEP_MS 100
#define WORDS_MAX 1000
#define UNIT_MAX_BYTES 24
/* Left to the rest of the machine: a quarter of a GiB and a twentieth of what
 * there is. */
#define RESERVE_MIB 256
#define RESERVE_PART 20

struct message {
	enum { MESSAGE_STEP, MESSAGE_RESULT } what;
	int code;
	enum fail_kind kind;
	uint64_t done, total;
	char unit[UNIT_MAX_BYTES];
	char words[WORDS_MAX];
};

enum state { STATE_WAITING, STATE_RUNNING, STATE_OVER };

struct entry {
	struct job job;
	enum state state;
	unsigned int cores, memory; /* as counted against what there is */
	pid_t pid;
	int fd;
	struct job_result result;
	bool said; /* a result came */
};

struct jobs {
	struct arena *arena;
	struct entry **items; /* in the order in which they were added */
	size_t n, cap;
	size_t running, over;
	unsigned int cores, memory; /* that there are */
	const struct progress *progress;
	struct message shown; /* the last progress that was told */
	const char *shown_title;
};

struct jobs *jobs_new(struct arena *arena)
{
	struct jobs *jobs = arena_new_of(arena, struct jobs);

	jobs->arena = arena;
	return jobs;
}

void jobs_add(struct jobs *jobs, const struct job *job)
{
	struct entry *entry = arena_new_of(jobs->arena, struct entry);

	entry->job = *job;
	entry->fd = -1;
	*arena_push(jobs->arena, jobs) = entry;
}

unsigned int jobs_cores(void)
{
	cpu_set_t set;
	int n = sched_getaffinity(0, sizeof(set), &set) ? 0 : CPU_COUNT(&set);

	return n > 0 ? (unsigned int)n : 1;
}

unsigned int jobs_memory(void)
{
	struct arena *arena __free(arena) = arena_new();
	struct slice text = { 0 }, line;
	unsigned long kib = 0;

	if (file_read(arena, "/proc/meminfo", 65536, &text) == 1)
		while (slice_line(&text, &line))
			if (slice_starts(line, "MemAvailable:"))
				kib = strtoul(line.p + strlen("MemAvailable:"), NULL, 10);

	unsigned long mib = kib / 1024, reserve = RESERVE_MIB + mib / RESERVE_PART;

	return mib > reserve ? (unsigned int)(mib - reserve) : 1;
}

/* The job's side */

struct teller {
	int fd;
	struct message last;
	int64_t at;
};

/* Nothing is ever sent to a job; an end means that it is to stop. */
static bool told_to_stop(int fd)
{
	char byte;

	return recv(fd, &byte, 1, MSG_DONTWAIT | MSG_PEEK) == 0;
}

static bool teller_step(void *data, const char *what, uint64_t done, uint64_t total,
			const char *unit)
{
	struct teller *teller = data;
	struct message *m = &teller->last;
	int64_t now = clock_ms();
	bool other = strncmp(m->words, what, sizeof(m->words) - 1) != 0;

	if (told_to_stop(teller->fd))
		return false;
	if (!other && now - teller->at < STEP_MS)
		return true;
	m->what = MESSAGE_STEP;
	m->done = done;
	m->total = total;
	snprintf(m->words, sizeof(m->words), "%s", what);
	snprintf(m->unit, sizeof(m->unit), "%s", unit ? unit : "");
	teller->at = now;
	/* Where nobody has read for long it is dropped: progress is not worth waiting
   * for. */
	send(teller->fd, m, sizeof(*m), MSG_DONTWAIT | MSG_NOSIGNAL);
	return true;
}

static __attribute__((noreturn)) void job_live(const struct job *job, int fd)
{
	static const int crashes[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT };
	struct teller teller = { .fd = fd };
	struct progress progress = { teller_step, &teller };
	struct message m = { .what = MESSAGE_RESULT };

	/* A crash ends the job, whatever our caller does about its own. */
	for (size_t i = 0; i < ARRAY_SIZE(crashes); i++)
		signal(crashes[i], SIG_DFL);
	fail_clear();
	m.code = job->run(job->data, &progress);
	if (m.code < 0) {
		m.kind = fail_kind();
		snprintf(m.words, sizeof(m.words), "%s", fail_message());
	}
	while (send(fd, &m, sizeof(m), MSG_NOSIGNAL) < 0 && errno == EINTR)
		;
	/* Nothing of ours is flushed or released twice: the parent does that. */
	_exit(0);
}

/* Our side */

static int entry_start(struct jobs *jobs, struct entry *entry)
{
	int ends[2];
	pid_t parent = getpid();

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
		return fail_errno("cannot start a process");
	entry->pid = fork();
	if (!entry->pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent) /* it died before that */
			_exit(127);
		close(ends[0]);
		for (size_t i = 0; i < jobs->n; i++)
			if (jobs->items[i]->fd >= 0)
				close(jobs->items[i]->fd);
		job_live(&entry->job, ends[1]);
	}

	int err = errno;

	close(ends[1]);
	if (entry->pid < 0) {
		close(ends[0]);
		errno = err;
		return fail_errno("cannot start a process");
	}
	entry->fd = ends[0];
	entry->state = STATE_RUNNING;
	jobs->running++;
	return 0;
}

static bool lane_taken(const struct jobs *jobs, const struct entry *entry)
{
	for (size_t i = 0; entry->job.lane && i < jobs->n; i++) {
		const struct entry *other = jobs->items[i];

		if (other->state == STATE_RUNNING && other->job.lane &&
		    !strcmp(other->job.lane, entry->job.lane))
			return true;
	}
	return false;
}

/* What running jobs take; only of those behind `from` in the queue. */
static void taken_behind(const struct jobs *jobs, size_t from, unsigned int *cores,
			 unsigned int *memory)
{
	*cores = *memory = 0;
	for (size_t i = from; i < jobs->n; i++) {
		const struct entry *entry = jobs->items[i];

		if (entry->state != STATE_RUNNING)
			continue;
		*cores += entry->cores;
		*memory += entry->memory;
	}
}

static bool fits(const struct jobs *jobs, const struct entry *entry, unsigned int cores,
		 unsigned int memory)
{
	return cores + entry->cores <= jobs->cores && memory + entry->memory <= jobs->memory;
}

/* The first that may begin now, or NULL. O(n^2) in the jobs of a run, which are
 * few. */
static struct entry *next_to_start(const struct jobs *jobs)
{
	const struct entry *held = NULL; /* the first that does not fit */
	size_t held_at = 0;
	unsigned int cores, memory;

	for (size_t i = 0; i < jobs->n; i++) {
		struct entry *entry = jobs->items[i];

		if (entry->state != STATE_WAITING || lane_taken(jobs, entry))
			continue;
		taken_behind(jobs, 0, &cores, &memory);
		if (!jobs->running)
			return entry;
		if (!fits(jobs, entry, cores, memory)) {
			held_at = held ? held_at : i;
			held = held ? held : entry;
			continue;
		}
		if (!held)
			return entry;
		taken_behind(jobs, held_at, &cores, &memory);
		if (fits(jobs, entry, cores + held->cores, memory + held->memory))
			return entry;
	}
	return NULL;
}

static int start_what_fits(struct jobs *jobs)
{
	struct entry *entry;

	/* Those that `done` added are measured here too. */
	for (size_t i = 0; i < jobs->n; i++) {
		entry = jobs->items[i];
		entry->cores = entry->job.cores < jobs->cores ? entry->job.cores : jobs->cores;
		entry->memory = entry->job.memory < jobs->memory ? entry->job.memory : jobs->memory;
	}
	while ((entry = next_to_start(jobs)) != NULL)
		if (entry_start(jobs, entry))
			return -1;
	return 0;
}

/* Tell the caller how far it is; false: it wants to stop. */
static bool tell(const struct jobs *jobs)
{
	char what[WORDS_MAX + 200];
	const struct message *m = &jobs->shown;

	if (!jobs->shown_title)
		return progress_step(jobs->progress, "starting", jobs->over, jobs->n, "jobs");
	snprintf(what, sizeof(what), "%s%s%s", jobs->shown_title, *m->words ? ": " : "", m->words);
	return progress_step(jobs->progress, what, m->done, m->total, m->unit);
}

/* Read all that a job has said by now. True: it is over. */
static bool entry_hear(struct jobs *jobs, struct entry *entry)
{
	struct message m;

	for (;;) {
		ssize_t n = recv(entry->fd, &m, sizeof(m), MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return false;
		if (n != (ssize_t)sizeof(m))
			return true;
		m.words[sizeof(m.words) - 1] = m.unit[sizeof(m.unit) - 1] = '\0';
		if (m.what == MESSAGE_STEP) {
			jobs->shown = m;
			jobs->shown_title = entry->job.title;
			continue;
		}
		entry->said = true;
		entry->result.code = m.code < 0 ? -1 : m.code & 0xff;
		entry->result.kind = m.kind;
		entry->result.message = m.code < 0 ? arena_strdup(jobs->arena, m.words) : NULL;
	}
}

static void entry_end(struct jobs *jobs, struct entry *entry)
{
	int status = 0;

	while (waitpid(entry->pid, &status, 0) < 0 && errno == EINTR)
		;
	close(entry->fd);
	entry->fd = -1;
	entry->state = STATE_OVER;
	jobs->running--;
	jobs->over++;
	if (entry->said)
		return;
	entry->result = (struct job_result){ .code = -1, .kind = FAIL_INFRA };
	if (WIFSIGNALED(status))
		entry->result.message = arena_printf(jobs->arena, "its process was killed: %s",
						     strsignal(WTERMSIG(status)));
	else
		entry->result.message = arena_strdup(jobs->arena, "its process ended early");
}

/*
 * Wait until something happens, at most `wait_ms`. The jobs that ended are put
 * to the front of `ended`, which has room for all that run. Gives how many, or
 * -1 when a signal came.
 */
static int wait_for_some(struct jobs *jobs, int wait_ms, struct entry **ended)
{
	struct arena *arena __free(arena) = arena_new();
	struct pollfd *fds = arena_alloc(arena, (jobs->running + 1) * sizeof(*fds));
	struct entry **of = arena_alloc(arena, (jobs->running + 1) * sizeof(struct entry *));
	nfds_t n = 0;
	int nended = 0;

	for (size_t i = 0; i < jobs->n; i++) {
		if (jobs->items[i]->state != STATE_RUNNING)
			continue;
		of[n] = jobs->items[i];
		fds[n] = (struct pollfd){ .fd = of[n]->fd, .events = POLLIN };
		n++;
	}
	if (poll(fds, n, wait_ms) < 0)
		return errno == EINTR ? -1 : 0;
	for (nfds_t i = 0; i < n; i++) {
		if (!fds[i].revents || !entry_hear(jobs, of[i]))
			continue;
		entry_end(jobs, of[i]);
		ended[nended++] = of[i];
	}
	return nended;
}

static void signal_all(const struct jobs *jobs, int sig)
{
	for (size_t i = 0; i < jobs->n; i++) {
		if (jobs->items[i]->state != STATE_RUNNING)
			continue;
		shutdown(jobs->items[i]->fd, SHUT_WR);
		kill(jobs->items[i]->pid, sig);
	}
}

/*
 * Everything ends: asked first, so that each can put down what it holds, then
 * killed. SIGTERM ends the wait for a child at once (base/child.h); who does
 * not wait hears of it with its next progress.
 */
static void stop_all(struct jobs *jobs)
{
	struct entry **ended = arena_alloc(jobs->arena, jobs->n * sizeof(struct entry *));
	int64_t until = clock_ms() + GRACE_MS;

	signal_all(jobs, SIGTERM);
	while (jobs->running) {
		if (clock_ms() >= until)
			signal_all(jobs, SIGKILL);
		wait_for_some(jobs, BEAT_MS, ended);
	}
}

static int jobs_loop(struct jobs *jobs, const struct jobs_ask *ask)
{
	struct entry **ended = NULL;
	size_t room = 0;

	while (jobs->over < jobs->n) {
		if (start_what_fits(jobs))
			return -1;
		arena_grow(jobs->arena, (void **)&ended, &room, jobs->running,
			   sizeof(struct entry *));

		int n = wait_for_some(jobs, BEAT_MS, ended);

		if (n < 0 || !tell(jobs))
			return fail_as(FAIL_INTERRUPTED, "interrupted");
		for (int i = 0; i < n; i++) {
			const struct job_result *result = &ended[i]->result;

			/* Ctrl-C reaches a job and us in any order. */
			if (result->code < 0 && result->kind == FAIL_INTERRUPTED)
				return fail_as(FAIL_INTERRUPTED, "%s", result->message);
			if (ask->done && ask->done(ask->data, jobs, &ended[i]->job, result))
				return -1;
		}
	}
	return 0;
}

int jobs_run(struct jobs *jobs, const struct jobs_ask *ask)
{
	jobs->cores = ask->cores ? ask->cores : jobs_cores();
	jobs->memory = ask->memory ? ask->memory : jobs_memory();
	jobs->progress = ask->progress;

	int ret = jobs_loop(jobs, ask);

	if (ret) {
		enum fail_kind kind = fail_kind();
		char *message = arena_strdup(jobs->arena, fail_message());

		stop_all(jobs);
		fail_as(kind, "%s", message);
	}
	return ret;
}
