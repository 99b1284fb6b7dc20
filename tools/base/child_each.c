/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Jobs are forks of us, in our process group, so that Ctrl-C reaches them by itself. Each holds the
 * write end of a pipe that nothing is ever written to: its end says that the job is over, and
 * poll() waits for the first of many without a handler for SIGCHLD or a wait for any child,
 * which would take other people's children too.
 */
#define _GNU_SOURCE
#include "base/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "base/fail.h"

/* A job under way: its process, and a pipe whose end says that it is over. */
struct job {
	pid_t pid;
	int alive;
	size_t i;
};

static int job_start(struct job *job, size_t i, int (*work)(void *data, size_t i), void *data)
{
	int ends[2];
	pid_t parent = getpid();

	if (pipe2(ends, O_CLOEXEC))
		return fail_errno("cannot start a process");
	job->pid = fork();
	if (!job->pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(ends[0]);
		_exit(getppid() == parent ? work(data, i) & 0xff : 127);
	}

	int err = errno;

	close(ends[1]);
	job->alive = ends[0];
	job->i = i;
	if (job->pid > 0)
		return 0;
	close(ends[0]);
	errno = err;
	return fail_errno("cannot start a process");
}

static void job_end(struct job *job, int *results)
{
	int status = 0;

	close(job->alive);
	while (waitpid(job->pid, &status, 0) < 0 && errno == EINTR)
		;
	results[job->i] = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int child_each(size_t n, size_t width, int (*job)(void *data, size_t i), void *data, int *results)
{
	struct arena *arena = arena_new();
	size_t running = 0, next = 0;
	int ret = 0;

	if (!width)
		width = 1;
	if (width > n)
		width = n;

	struct job *jobs = arena_alloc(arena, width * sizeof(*jobs));
	struct pollfd *fds = arena_alloc(arena, width * sizeof(*fds));

	for (size_t i = 0; i < n; i++)
		results[i] = -1;
	while (running || (next < n && !ret)) {
		while (!ret && running < width && next < n) {
			ret = job_start(&jobs[running], next, job, data);
			if (!ret) {
				running++;
				next++;
			}
		}
		for (size_t i = 0; i < running; i++)
			fds[i] = (struct pollfd){ .fd = jobs[i].alive, .events = POLLIN };

		int ready = running ? poll(fds, running, -1) : 0;

		if (ready < 0 && errno == EINTR) {
			ret = fail_as(FAIL_INTERRUPTED, "interrupted");
			for (size_t i = 0; i < running; i++)
				kill(jobs[i].pid, SIGTERM);
		}
		if (ready <= 0)
			continue;
		for (size_t i = running; i-- > 0;) {
			if (!fds[i].revents)
				continue;
			job_end(&jobs[i], results);
			jobs[i] = jobs[--running];
		}
	}
	arena_free(arena);
	return ret;
}
