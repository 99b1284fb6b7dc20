/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Check: subtests that say in words why they fail, as KTAP on the standard output.
 *
 * A subtest is a function. check_equal() notes what is not as it should be and goes on, check_stop() and
 * check_skip() end the subtest there. Exit code: 0 passed, 1 failed, 4 nothing could be run.
 */
#ifndef SERIES_GUEST_CHECK_H
#define SERIES_GUEST_CHECK_H

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Of one subtest: an emulated machine inside an emulated machine is slow. */
#define CHECK_SECONDS 40

enum { CHECK_RELEASES = 4 };

struct check {
	bool failed, skipped;
	char reason[200]; /* of the skip */
	jmp_buf end;
	struct {
		void (*function)(void *);
		void *data;
	} releases[CHECK_RELEASES];
	int nreleases;
};

struct check_case {
	const char *name; /* a word */
	void (*run)(struct check *check);
};

/* What has to be closed when the subtest ends, wherever it ends. */
static inline void check_release(struct check *check, void (*function)(void *), void *data)
{
	if (check->nreleases == CHECK_RELEASES)
		abort();
	check->releases[check->nreleases].function = function;
	check->releases[check->nreleases++].data = data;
}

__attribute__((format(printf, 2, 3))) static inline void check_note(struct check *check,
								    const char *format, ...)
{
	va_list list;

	check->failed = true;
	fputs("# ", stdout);
	va_start(list, format);
	vprintf(format, list);
	va_end(list);
	putchar('\n');
}

__attribute__((format(printf, 2, 3), noreturn)) static inline void
check_stop(struct check *check, const char *format, ...)
{
	va_list list;

	check->failed = true;
	fputs("# ", stdout);
	va_start(list, format);
	vprintf(format, list);
	va_end(list);
	putchar('\n');
	longjmp(check->end, 1);
}

__attribute__((format(printf, 2, 3), noreturn)) static inline void
check_skip(struct check *check, const char *format, ...)
{
	va_list list;

	check->skipped = true;
	va_start(list, format);
	vsnprintf(check->reason, sizeof(check->reason), format, list);
	va_end(list);
	longjmp(check->end, 1);
}

/* `got` is `expected`, else a note: `what`, the two, and `why` it should have been so. */
static inline void check_equal(struct check *check, const char *what, uint64_t expected,
			       uint64_t got, const char *why)
{
	if (expected != got)
		check_note(check, "%s: expected 0x%llx, got 0x%llx: %s", what,
			   (unsigned long long)expected, (unsigned long long)got, why);
}

static inline void check_alarm(int signal)
{
	(void)signal; /* KVM_RUN ends with EINTR, that is all it is for */
}

static inline void check_run(struct check *check, const struct check_case *item)
{
	*check = (struct check){ 0 };
	if (!setjmp(check->end)) {
		alarm(CHECK_SECONDS);
		item->run(check);
	}
	alarm(0);
	while (check->nreleases--)
		check->releases[check->nreleases].function(check->releases[check->nreleases].data);
}

/* All of them; `unable` is why none can run, or NULL. The exit code. */
static inline int check_main(const struct check_case *cases, size_t n, const char *unable)
{
	static struct check check; /* outlives the longjmp */
	struct sigaction action = { .sa_handler = check_alarm };
	size_t failed = 0, skipped = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	puts("KTAP version 1");
	if (unable) {
		printf("1..0 # SKIP %s\n", unable);
		return 4;
	}
	sigaction(SIGALRM, &action, NULL);
	printf("1..%zu\n", n);
	for (size_t i = 0; i < n; i++) {
		check_run(&check, &cases[i]);
		/* What failed before it was left has failed. */
		if (check.failed) {
			printf("not ok %zu %s\n", i + 1, cases[i].name);
			failed++;
		} else if (check.skipped) {
			printf("ok %zu %s # SKIP %s\n", i + 1, cases[i].name, check.reason);
			skipped++;
		} else {
			printf("ok %zu %s\n", i + 1, cases[i].name);
		}
	}
	return failed ? 1 : skipped == n ? 4 : 0;
}

#endif
