/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Between us and the program stands a keeper, a process of ours that leads the program's process
 * group. PR_SET_PDEATHSIG reaches only one process; the keeper is the one it reaches, and it kills
 * the whole group, so that killing us (even with SIGKILL) leaves no compiler or QEMU behind. The
 * keeper holds the report pipe open as long as it lives, so its end is seen by poll() together
 * with the program's output: no signal handler and no busy waiting is needed on our side.
 */
#define _GNU_SOURCE
#include "base/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "base/clock.h"
#include "base/fail.h"

#define OUTPUT_MAX ((size_t)64 * 1024 * 1024)
#define LINE_MAX_BYTES ((size_t)64 * 1024)
/* What a shell says of a program that a signal ended. */
#define STATUS_OF_SIGNAL 128

extern char **environ;

/*
 * What keeper and program tell us through the report pipe; less than PIPE_BUF, so never in pieces.
 */
struct report {
	enum { REPORT_NO_FOLDER, REPORT_NO_EXEC, REPORT_NO_FORK, REPORT_ENDED } what;
	int value; /* errno, or the wait status */
};

/*
 * Everything that fork() needs is made before it: after it only async-signal-safe calls are
 * allowed.
 */
struct launch {
	const char *program;
	char *const *argv;
	char **env;
	const char *cwd;
	pid_t parent;
	bool own_group;
	sigset_t mask;	  /* as it was before we blocked SIGPIPE */
	int in, out, err; /* the program's ends; -1: inherited */
	int report;	  /* write end */
};

static char *find_program(struct arena *arena, const char *name)
{
	const char *env = getenv("PATH");
	struct slice path = slice_of(env ? env : "/usr/local/bin:/usr/bin:/bin"), dir;

	if (strchr(name, '/'))
		return arena_strdup(arena, name);
	while (*name && slice_cut(&path, ':', &dir)) {
		/* A relative folder in PATH means another program in each place: never followed. */
		if (!dir.n || dir.p[0] != '/')
			continue;

		char *full = arena_printf(arena, SLICE_FMT "/%s", SLICE_ARG(dir), name);
		struct stat st;

		if (!stat(full, &st) && S_ISREG(st.st_mode) && !access(full, X_OK))
			return full;
	}
	return NULL;
}

bool child_exists(const char *name)
{
	struct arena *arena = arena_new();
	const char *full = find_program(arena, name);
	bool there = full && !access(full, X_OK);

	arena_free(arena);
	return there;
}

/* Our environment with the asked names added or replaced. */
static char **make_env(struct arena *arena, const char *const *more)
{
	size_t n = 0, nmore = 0, k = 0;

	while (environ && environ[n])
		n++;
	while (more && more[nmore])
		nmore++;

	char **env = arena_alloc(arena, (n + nmore + 1) * sizeof(*env));

	for (size_t i = 0; i < n; i++) {
		const char *equals = strchr(environ[i], '=');
		size_t len = equals ? (size_t)(equals - environ[i]) + 1 : strlen(environ[i]);
		bool replaced = false;

		for (size_t j = 0; j < nmore; j++)
			replaced |= !strncmp(environ[i], more[j], len);
		if (!replaced)
			env[k++] = environ[i];
	}
	for (size_t j = 0; j < nmore; j++)
		env[k++] = arena_strdup(arena, more[j]);
	return env;
}

/*
 * A descriptor above 2, so that putting it at 0, 1 or 2 later never means putting it onto itself.
 */
static int fd_high(int fd)
{
	if (fd < 0 || fd > 2)
		return fd;

	int high = fcntl(fd, F_DUPFD_CLOEXEC, 3), err = errno;

	close(fd);
	errno = err;
	return high;
}

static int open_pipe(int ends[2])
{
	if (pipe2(ends, O_CLOEXEC))
		return -1;
	ends[0] = fd_high(ends[0]);
	ends[1] = fd_high(ends[1]);
	return ends[0] < 0 || ends[1] < 0 ? -1 : 0;
}

static void fd_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void tell(int fd, int what, int value)
{
	struct report report = { .what = what, .value = value };
	ssize_t n = write(fd, &report, sizeof(report));

	(void)n; /* nobody reads any more: nobody needs it */
}

/* In the program's process: become it. */
static __attribute__((noreturn)) void launch_program(const struct launch *launch)
{
	static const struct sigaction usual = { .sa_handler = SIG_DFL };

	/* Handlers end at exec by themselves; what is ignored would stay ignored. */
	sigaction(SIGPIPE, &usual, NULL);
	sigaction(SIGINT, &usual, NULL);
	sigaction(SIGQUIT, &usual, NULL);
	sigprocmask(SIG_SETMASK, &launch->mask, NULL);
	if ((launch->in >= 0 && dup2(launch->in, 0) < 0) ||
	    (launch->out >= 0 && dup2(launch->out, 1) < 0) ||
	    (launch->err >= 0 && dup2(launch->err, 2) < 0)) {
		tell(launch->report, REPORT_NO_EXEC, errno);
		_exit(127);
	}
	if (launch->cwd && chdir(launch->cwd)) {
		tell(launch->report, REPORT_NO_FOLDER, errno);
		_exit(127);
	}
	/* A library's descriptor without O_CLOEXEC is not the program's business. */
	close_range(3, ~0u, CLOSE_RANGE_CLOEXEC);
	execve(launch->program, launch->argv, launch->env);
	tell(launch->report, REPORT_NO_EXEC, errno);
	_exit(127);
}

/* In the keeper's process: start the program, stay until it ends or until we die. */
static __attribute__((noreturn)) void keep(const struct launch *launch)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGCHLD, SIG_DFL); /* ignored, it would take the status away */
	if (launch->own_group)
		setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != launch->parent) /* it died before that */
		_exit(127);

	pid_t program = fork();

	if (!program)
		launch_program(launch);
	if (program < 0) {
		tell(launch->report, REPORT_NO_FORK, errno);
		_exit(127);
	}
	/* The program's ends are its own: a pipe ends when it closes them. */
	close_range(0, (unsigned int)launch->report - 1, 0);
	close_range((unsigned int)launch->report + 1, ~0u, 0);
	for (;;) {
		int sig = sigwaitinfo(&set, NULL), status;

		if (sig == SIGTERM)
			kill(launch->own_group ? 0 : program, SIGKILL);
		/*
		 * Looked at after every wake-up: signals of one kind that come together count once.
		 */
		if (waitpid(program, &status, WNOHANG) == program) {
			tell(launch->report, REPORT_ENDED, status);
			_exit(0);
		}
	}
}

/* One stream of the program, as much of it as is kept. */
struct stream {
	int fd;
	size_t max;
	struct text kept, line;
	bool truncated;
	const struct child_ask *ask; /* whose on_stderr wants lines; NULL: nobody */
};

static void stream_lines(struct stream *s, struct slice piece, bool end)
{
	struct slice line;

	text_add_slice(&s->line, piece);

	struct slice rest = text_slice(&s->line);

	while (rest.n && (memchr(rest.p, '\n', rest.n) || end || rest.n > LINE_MAX_BYTES)) {
		slice_line(&rest, &line);
		s->ask->on_stderr(s->ask->data, line);
	}

	__free_text struct text left = TEXT_INIT;

	text_add_slice(&left, rest);
	text_clear(&s->line);
	text_add_slice(&s->line, text_slice(&left));
}

/* Read what is there. False: nothing more now (or ever; then the descriptor is closed). */
static bool stream_read(struct stream *s)
{
	char buf[65536];
	ssize_t n = read(s->fd, buf, sizeof(buf));

	if (n < 0 && errno == EINTR)
		return true;
	if (n < 0 && errno == EAGAIN)
		return false;
	if (n <= 0) {
		fd_close(&s->fd);
		return false;
	}

	struct slice piece = { buf, (size_t)n };

	if (s->ask)
		stream_lines(s, piece, false);
	if (piece.n > s->max - s->kept.len) {
		piece.n = s->max - s->kept.len;
		s->truncated = true;
	}
	text_add_slice(&s->kept, piece);
	return true;
}

static void stream_release(struct stream *s)
{
	fd_close(&s->fd);
	text_release(&s->kept);
	text_release(&s->line);
}

/* The run as we see it. */
struct run {
	pid_t keeper;
	bool own_group;
	int in, report; /* our ends */
	struct slice input;
	struct stream out, err;
	struct report said;
	bool has_said, timed_out, stopped, interrupted;
};

static void run_kill(const struct run *run)
{
	/* Without a group of its own the keeper does it, as if we had died. */
	kill(run->own_group ? -run->keeper : run->keeper, run->own_group ? SIGKILL : SIGTERM);
}

static void run_feed(struct run *run)
{
	ssize_t n = write(run->in, run->input.p, run->input.n);

	if (n >= 0)
		run->input = slice_skip(run->input, (size_t)n);
	/* EPIPE: it does not want the rest. That is for its exit code to judge. */
	if (!run->input.n || (n < 0 && errno != EINTR && errno != EAGAIN))
		fd_close(&run->in);
}

static void run_hear(struct run *run)
{
	struct report said;
	ssize_t n = read(run->report, &said, sizeof(said));

	if (n == (ssize_t)sizeof(said)) {
		/* The first counts: a failed exec is followed by the end of that process. */
		if (!run->has_said)
			run->said = said;
		run->has_said = true;
	} else if (n >= 0 || errno != EINTR) {
		fd_close(&run->report);
	}
}

/*
 * Until when to wait at most, in milliseconds as poll() wants them: -1 for ever. Ends the run where
 * its deadline has passed or the caller wants no more of it; `until` and `tick` are 0 from then on.
 */
static int run_clock(struct run *run, const struct child_ask *ask, int64_t *until, int64_t *tick)
{
	int64_t now = clock_ms(), left = INT32_MAX;

	if (*tick && now >= *tick) {
		run->stopped = !ask->on_tick(ask->data);
		now = clock_ms();
		*tick = now + ask->tick_ms;
	}
	run->timed_out |= !run->stopped && *until && now >= *until;
	if ((run->stopped || run->timed_out) && (*until || *tick)) {
		run_kill(run);
		*until = *tick = 0;
	}
	if (*until && *until - now < left)
		left = *until - now;
	if (*tick && *tick - now < left)
		left = *tick - now;
	return *until || *tick ? (int)left : -1;
}

/* Feed and read until the keeper is gone. */
static void run_poll(struct run *run, const struct child_ask *ask)
{
	int64_t until = ask->deadline_ms ? clock_ms() + ask->deadline_ms : 0;
	int64_t tick = ask->on_tick ? clock_ms() + ask->tick_ms : 0;

	while (run->report >= 0) {
		struct pollfd fds[] = {
			/* poll() passes over an fd of -1 */
			{ .fd = run->report, .events = POLLIN },
			{ .fd = run->in, .events = POLLOUT },
			{ .fd = run->out.fd, .events = POLLIN },
			{ .fd = run->err.fd, .events = POLLIN },
		};
		int ready = poll(fds, ARRAY_SIZE(fds), run_clock(run, ask, &until, &tick));

		/*
		 * It is in a group of its own, so Ctrl-C reached only us: a caught signal is for it
		 * too.
		 */
		if (ready < 0 && errno == EINTR) {
			run->interrupted = true;
			run_kill(run);
		}
		if (ready <= 0)
			continue;
		if (fds[1].revents)
			run_feed(run);
		if (fds[2].revents)
			stream_read(&run->out);
		if (fds[3].revents)
			stream_read(&run->err);
		if (fds[0].revents)
			run_hear(run);
	}
	/*
	 * What the program left running in its group ends with it; the keeper, not yet waited for,
	 * holds its number.
	 */
	if (run->own_group)
		run_kill(run);
	/*
	 * What was written is in the pipes; one who fled the group and holds them is not waited
	 * for.
	 */
	while (run->out.fd >= 0 && stream_read(&run->out))
		;
	while (run->err.fd >= 0 && stream_read(&run->err))
		;
	if (run->err.ask)
		stream_lines(&run->err, SLICE(""), true);
}

static int run_failed(const struct child_ask *ask, const struct report *said)
{
	errno = said->value;
	if (said->what == REPORT_NO_FOLDER)
		return fail_errno("cannot start %s in %s", ask->argv[0], ask->cwd);
	return fail_errno("cannot start %s", ask->argv[0]);
}

static int run_answer(struct arena *arena, const struct child_ask *ask, struct run *run,
		      struct child_answer *answer)
{
	int status = 0;
	struct rusage use = { 0 };

	while (wait4(run->keeper, &status, 0, &use) < 0)
		if (errno != EINTR)
			return fail_errno("cannot wait for %s", ask->argv[0]);
	if (run->interrupted)
		return fail_as(FAIL_INTERRUPTED, "%s was interrupted", ask->argv[0]);
	if (run->has_said && run->said.what != REPORT_ENDED)
		return run_failed(ask, &run->said);
	if (run->has_said) /* else the keeper was killed with its group: its own status will do */
		status = run->said.value;
	*answer = (struct child_answer){
		.status = WIFSIGNALED(status) ? STATUS_OF_SIGNAL + WTERMSIG(status) :
						WEXITSTATUS(status),
		.timed_out = run->timed_out,
		.stopped = run->stopped,
		.truncated = run->out.truncated || run->err.truncated,
		.out = slice_copy(arena, text_slice(&run->out.kept)),
		.err = slice_copy(arena, text_slice(&run->err.kept)),
		.cpu_seconds = (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) +
			       (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1e6,
	};
	return 0;
}

/* Open the three streams: the program's ends into `launch`, ours into `run`. */
static int open_streams(const struct child_ask *ask, struct launch *launch, struct run *run)
{
	int ends[2];

	if (open_pipe(ends))
		return -1;
	run->report = ends[0];
	launch->report = ends[1];
	if (ask->inherit_stdio)
		return 0;
	if (ask->input.n) {
		if (open_pipe(ends))
			return -1;
		launch->in = ends[0];
		run->in = ends[1];
		if (fcntl(run->in, F_SETFL, O_NONBLOCK))
			return -1;
	} else {
		launch->in = fd_high(open("/dev/null", O_RDONLY | O_CLOEXEC));
	}
	if (ask->log_file) {
		launch->out = fd_high(
			open(ask->log_file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666));
		launch->err = launch->out < 0 ? -1 : fcntl(launch->out, F_DUPFD_CLOEXEC, 3);
		return launch->in < 0 || launch->err < 0 ? -1 : 0;
	}
	if (ask->stdout_file) {
		launch->out = fd_high(
			open(ask->stdout_file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
	} else {
		if (open_pipe(ends))
			return -1;
		run->out.fd = ends[0];
		launch->out = ends[1];
		if (fcntl(run->out.fd, F_SETFL, O_NONBLOCK))
			return -1;
	}
	if (open_pipe(ends))
		return -1;
	run->err.fd = ends[0];
	launch->err = ends[1];
	if (fcntl(run->err.fd, F_SETFL, O_NONBLOCK))
		return -1;
	return launch->in < 0 || launch->out < 0 ? -1 : 0;
}

static void close_launch(struct launch *launch)
{
	fd_close(&launch->in);
	fd_close(&launch->out);
	fd_close(&launch->err);
	fd_close(&launch->report);
}

/* Whoever talks to the terminal is the one whom Ctrl-C is for, as system() does it. */
static void step_back(struct sigaction was[2], bool back)
{
	static const struct sigaction ignore = { .sa_handler = SIG_IGN };

	sigaction(SIGINT, back ? &ignore : &was[0], back ? &was[0] : NULL);
	sigaction(SIGQUIT, back ? &ignore : &was[1], back ? &was[1] : NULL);
}

/* Start the keeper and see the run to its end. SIGPIPE is blocked in this thread meanwhile. */
static int run_launch(struct arena *arena, const struct child_ask *ask, struct launch *launch,
		      struct run *run, struct child_answer *answer)
{
	struct sigaction was[2];

	if (open_streams(ask, launch, run)) {
		close_launch(launch);
		return fail_errno("cannot start %s", ask->argv[0]);
	}
	if (ask->inherit_stdio)
		step_back(was, true);
	run->keeper = fork();
	if (!run->keeper)
		keep(launch);
	if (run->keeper > 0 && run->own_group)
		setpgid(run->keeper, run->keeper); /* whoever comes first */

	int err = errno;

	close_launch(launch);
	if (run->keeper > 0)
		run_poll(run, ask);
	if (ask->inherit_stdio)
		step_back(was, false);
	errno = err;
	if (run->keeper < 0)
		return fail_errno("cannot start %s", ask->argv[0]);
	return run_answer(arena, ask, run, answer);
}

int child_run(struct arena *arena, const struct child_ask *ask, struct child_answer *answer)
{
	size_t max = ask->output_max ? ask->output_max : OUTPUT_MAX;
	struct launch launch = {
		.program = find_program(arena, ask->argv[0]),
		.argv = (char *const *)ask->argv,
		.env = make_env(arena, ask->setenv),
		.cwd = ask->cwd,
		.parent = getpid(),
		.own_group = !ask->inherit_stdio,
		.in = -1,
		.out = -1,
		.err = -1,
		.report = -1,
	};
	struct run run = {
		.keeper = -1,
		.own_group = launch.own_group,
		.in = -1,
		.report = -1,
		.input = ask->input,
		.out = { .fd = -1, .max = max },
		.err = { .fd = -1, .max = max, .ask = ask->on_stderr ? ask : NULL },
	};
	sigset_t pipe_set, pending;

	if (!launch.program)
		return fail("cannot start %s: no such program in PATH", ask->argv[0]);

	/*
	 * A program that stops reading must not kill us; blocked here, taken off below, other
	 * threads untouched.
	 */
	sigemptyset(&pipe_set);
	sigaddset(&pipe_set, SIGPIPE);
	sigpending(&pending);
	pthread_sigmask(SIG_BLOCK, &pipe_set, &launch.mask);

	int ret = run_launch(arena, ask, &launch, &run, answer);

	if (!sigismember(&pending, SIGPIPE))
		while (sigtimedwait(&pipe_set, NULL, &(struct timespec){ 0 }) == SIGPIPE)
			;
	pthread_sigmask(SIG_SETMASK, &launch.mask, NULL);
	fd_close(&run.in);
	fd_close(&run.report);
	stream_release(&run.out);
	stream_release(&run.err);
	return ret;
}
