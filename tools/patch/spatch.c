/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * spatch exits with 0 when it skipped a function that it could not parse, and when nothing matched.
 * Its exit status tells only that it died; whether it did its work is the caller's to find out,
 * from the text (see patch/semantic.c) and by spatch_parse().
 *
 * It is run with nothing of the user's: COCCINELLE_HOME, a cache or a configuration would change
 * what a rule means from one machine to the next.
 */
#include "patch/spatch.h"

#include "base/child.h"
#include "base/fail.h"
#include "base/file.h"

/* Without what the user may have set to point it at another standard.h and standard.iso. */
#define SPATCH "env", "-u", "COCCINELLE_HOME", "spatch"
#define SPATCH_OUTPUT_MAX ((size_t)16 * 1024 * 1024)

int spatch_open(struct arena *arena, struct spatch *spatch)
{
	spatch->dir = NULL;
	if (!child_exists("spatch"))
		return fail(
			"spatch is not installed: a semantic patch needs the package 'coccinelle' (apt-get install coccinelle)");
	return file_temp_dir(arena, "series-spatch", &spatch->dir);
}

void spatch_release(struct spatch *spatch)
{
	if (spatch->dir)
		file_remove_tree(spatch->dir);
	spatch->dir = NULL;
}

static int run(struct arena *arena, const struct spatch *spatch, const char *const *argv,
	       unsigned int deadline_ms, struct child_answer *answer)
{
	const char *home = arena_printf(arena, "HOME=%s", spatch->dir);
	const char *tmp = arena_printf(arena, "TMPDIR=%s", spatch->dir);
	const char *const env[] = { home, tmp, "LC_ALL=C", NULL };
	struct child_ask ask = {
		.argv = argv,
		.setenv = env,
		.cwd = spatch->dir,
		.deadline_ms = deadline_ms,
		.output_max = SPATCH_OUTPUT_MAX,
	};

	return child_run(arena, &ask, answer);
}

/* The first line that says what went wrong, else the last line. */
static struct slice telling_line(struct slice messages)
{
	static const char *const words[] = { "rror", "xception", "bad", "not found", "no " };
	struct slice rest = messages, line, last = { 0 };

	while (slice_line(&rest, &line)) {
		if (slice_blank(line))
			continue;
		last = line;
		for (size_t i = 0; i < ARRAY_SIZE(words); i++)
			if (slice_find(line, slice_of(words[i])) >= 0)
				return slice_trim(line);
	}
	return slice_trim(last);
}

int spatch_run(struct arena *arena, const struct spatch *spatch, const struct spatch_ask *ask,
	       struct spatch_answer *answer)
{
	const char *in = arena_printf(arena, "%s/in.c", spatch->dir);
	/* An absolute path, since the program's folder is another. */
	char *rule __free(ptr) = realpath(ask->rule, NULL);
	const char *argv[32] = { SPATCH,
				 "--very-quiet",
				 "--no-includes",
				 "--smpl-spacing",
				 "--in-place",
				 "--sp-file",
				 rule,
				 in };
	size_t n = 11;
	struct child_answer child;
	int r;

	if (!rule)
		return fail_errno("%s", ask->rule);
	for (size_t i = 0; ask->defines && ask->defines[i]; i++) {
		if (n + 3 > ARRAY_SIZE(argv))
			return fail_as(FAIL_USAGE, "%s: defines too many names", ask->rule);
		argv[n++] = "-D";
		argv[n++] = ask->defines[i];
	}
	argv[n] = NULL;
	if (file_write(in, ask->text, 0600) || run(arena, spatch, argv, ask->deadline_ms, &child))
		return -1;
	*answer = (struct spatch_answer){ .diff = child.out, .text = ask->text };
	answer->said = telling_line(child.err.n ? child.err : child.out);
	if (child.timed_out) {
		answer->outcome = SPATCH_TIMED_OUT;
		return 0;
	}
	if (child.status || child.truncated) {
		answer->outcome = SPATCH_REFUSED;
		return 0;
	}
	r = file_read(arena, in, SPATCH_OUTPUT_MAX, &answer->text);
	return r < 0 ? -1 : 0;
}

/* The number behind "nb bad = " in its statistics, or -1. */
static long bad_lines(struct slice out)
{
	ptrdiff_t at = slice_find(out, SLICE("nb bad = "));
	struct slice digits;
	unsigned long value;

	if (at < 0)
		return -1;
	digits = slice_skip(out, (size_t)at + strlen("nb bad = "));
	for (size_t i = 0; i < digits.n; i++)
		if (digits.p[i] < '0' || digits.p[i] > '9')
			digits.n = i;
	return slice_number(digits, 1000000000, &value) ? (long)value : -1;
}

int spatch_parse(struct arena *arena, const struct spatch *spatch, struct slice text,
		 unsigned int deadline_ms, unsigned long *lines_bad, char **where)
{
	const char *in = arena_printf(arena, "%s/parse.c", spatch->dir);
	const char *const argv[] = { SPATCH, "--no-includes", "--parse-c", in, NULL };
	struct child_answer child;
	struct slice rest, line;
	long bad;

	*where = NULL;
	if (file_write(in, text, 0600) || run(arena, spatch, argv, deadline_ms, &child))
		return -1;
	bad = bad_lines(child.out);
	if (bad < 0)
		bad = bad_lines(child.err);
	if (child.timed_out || child.status || bad < 0)
		return fail("spatch --parse-c gave no statistics: " SLICE_FMT,
			    SLICE_ARG(telling_line(child.err.n ? child.err : child.out)));
	*lines_bad = (unsigned long)bad;
	for (rest = child.err.n ? child.err : child.out;
	     bad && !*where && slice_line(&rest, &line);)
		if (slice_find(line, SLICE("whole content = ")) >= 0)
			*where = slice_str(arena, slice_trim(slice_skip(slice_trim(line), 16)));
	return 0;
}
