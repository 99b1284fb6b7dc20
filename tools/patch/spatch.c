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
#include "base/memo.h"

/* Without what the user may have set to point it at another standard.h and standard.iso. */
#define SPATCH "env", "-u", "COCCINELLE_HOME", "spatch"
#define SPATCH_OUTPUT_MAX ((size_t)16 * 1024 * 1024)
#define VERSION_DEADLINE_MS 10000

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

int spatch_open(struct arena *arena, struct spatch *spatch)
{
	const char *const argv[] = { SPATCH, "--version", NULL };
	struct child_answer answer;

	*spatch = (struct spatch){ 0 };
	if (!child_exists("spatch"))
		return fail(
			"spatch is not installed: a semantic patch needs the package 'coccinelle' (apt-get install coccinelle)");
	if (file_temp_dir(arena, "series-spatch", &spatch->dir))
		return -1;
	if (run(arena, spatch, argv, VERSION_DEADLINE_MS, &answer)) {
		spatch_release(spatch);
		return -1;
	}
	if (answer.status) {
		spatch_release(spatch);
		return fail("spatch --version: exit status %d", answer.status);
	}
	spatch->version = slice_str(arena, answer.out);
	spatch->memo = memo_dir(arena, "spatch");
	return 0;
}

void spatch_release(struct spatch *spatch)
{
	if (spatch->dir)
		file_remove_tree(spatch->dir);
	spatch->dir = NULL;
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

/* What the program said and did, in one process or long ago. */
struct raw {
	int status;
	bool timed_out, truncated;
	struct slice out, err, after; /* after: the text as it left it */
};

static struct memo_key key_of(const struct spatch *spatch, const char *const *options,
			      struct slice rule, struct slice text)
{
	struct memo_key key;

	memo_key_init(&key);
	memo_key_add(&key, slice_of(spatch->version));
	for (; *options; options++)
		memo_key_add(&key, slice_of(*options));
	memo_key_add(&key, rule);
	memo_key_add(&key, text);
	return key;
}

static bool recall(struct arena *arena, const struct spatch *spatch, const struct memo_key *key,
		   struct raw *raw)
{
	unsigned long numbers[4]; /* status, and bytes of out, err, after */
	struct slice *const parts[] = { &raw->out, &raw->err, &raw->after };
	struct slice answer, head, number;

	*raw = (struct raw){ 0 };
	if (!memo_get(arena, spatch->memo, key, &answer) || !slice_line(&answer, &head))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		if (!slice_cut(&head, ' ', &number) ||
		    !slice_number(number, SPATCH_OUTPUT_MAX, &numbers[i]))
			return false;
	raw->status = (int)numbers[0];
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		if (answer.n < numbers[i + 1])
			return false;
		*parts[i] = (struct slice){ answer.p, numbers[i + 1] };
		answer = slice_skip(answer, numbers[i + 1]);
	}
	return !answer.n;
}

static void remember(const struct spatch *spatch, const struct memo_key *key, const struct raw *raw)
{
	struct text text __free_text = TEXT_INIT;

	if (raw->timed_out || raw->truncated)
		return;
	text_addf(&text, "%d %zu %zu %zu\n", raw->status, raw->out.n, raw->err.n, raw->after.n);
	text_add_slice(&text, raw->out);
	text_add_slice(&text, raw->err);
	text_add_slice(&text, raw->after);
	memo_put(spatch->memo, key, text_slice(&text));
}

/*
 * Run it on `text` with these options, and with the semantic patch `rule` where there is one. The
 * file has the same name each time and is in the program's own folder, so that what it says is the
 * same.
 */
static int ask_program(struct arena *arena, const struct spatch *spatch, const char *const *options,
		       const char *rule, struct slice text, unsigned int deadline_ms,
		       struct raw *raw)
{
	const char *argv[32] = { SPATCH };
	const char *in = arena_printf(arena, "%s/in.c", spatch->dir);
	/* An absolute path, since the program's folder is another. */
	char *path __free(ptr) = rule ? realpath(rule, NULL) : NULL;
	struct slice rule_text = { 0 };
	struct child_answer child;
	struct memo_key key;
	size_t n = 4;

	if (rule && (!path || file_read(arena, path, SPATCH_OUTPUT_MAX, &rule_text) != 1))
		return fail_errno("%s", rule);
	key = key_of(spatch, options, rule_text, text);
	if (recall(arena, spatch, &key, raw))
		return 0;
	for (size_t i = 0; options[i]; i++) {
		if (n + 5 > ARRAY_SIZE(argv))
			return fail_as(FAIL_USAGE, "%s: defines too many names", rule);
		argv[n++] = options[i];
	}
	if (rule) {
		argv[n++] = "--sp-file";
		argv[n++] = path;
	}
	argv[n++] = "in.c";
	argv[n] = NULL;
	if (file_write(in, text, 0600) || run(arena, spatch, argv, deadline_ms, &child))
		return -1;
	*raw = (struct raw){ .status = child.status,
			     .timed_out = child.timed_out,
			     .truncated = child.truncated,
			     .out = child.out,
			     .err = child.err };
	if (file_read(arena, in, SPATCH_OUTPUT_MAX, &raw->after) < 0)
		return -1;
	remember(spatch, &key, raw);
	return 0;
}

int spatch_run(struct arena *arena, const struct spatch *spatch, const struct spatch_ask *ask,
	       struct spatch_answer *answer)
{
	const char *options[24] = { "--very-quiet", "--no-includes", "--smpl-spacing",
				    "--in-place" };
	size_t n = 4;
	struct raw raw;

	for (size_t i = 0; ask->defines && ask->defines[i]; i++) {
		if (n + 3 > ARRAY_SIZE(options))
			return fail_as(FAIL_USAGE, "%s: defines too many names", ask->rule);
		options[n++] = "-D";
		options[n++] = ask->defines[i];
	}
	if (ask_program(arena, spatch, options, ask->rule, ask->text, ask->deadline_ms, &raw))
		return -1;
	*answer = (struct spatch_answer){ .diff = raw.out, .text = raw.after };
	answer->said = telling_line(raw.err.n ? raw.err : raw.out);
	if (raw.timed_out)
		answer->outcome = SPATCH_TIMED_OUT;
	else if (raw.status || raw.truncated)
		answer->outcome = SPATCH_REFUSED;
	if (answer->outcome != SPATCH_DONE)
		answer->text = ask->text;
	return 0;
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
	static const char *const options[] = { "--no-includes", "--parse-c", NULL };
	struct slice rest, line;
	struct raw raw;
	long bad;

	*where = NULL;
	if (ask_program(arena, spatch, options, NULL, text, deadline_ms, &raw))
		return -1;
	if (raw.timed_out) {
		*lines_bad = 1;
		*where = arena_printf(arena, "it was not done after %u ms", deadline_ms);
		return 0;
	}
	bad = bad_lines(raw.out);
	if (bad < 0)
		bad = bad_lines(raw.err);
	if (raw.status || bad < 0)
		return fail("spatch --parse-c gave no statistics: " SLICE_FMT,
			    SLICE_ARG(telling_line(raw.err.n ? raw.err : raw.out)));
	*lines_bad = (unsigned long)bad;
	for (rest = raw.err.n ? raw.err : raw.out; bad && !*where && slice_line(&rest, &line);)
		if (slice_find(line, SLICE("whole content = ")) >= 0)
			*where = slice_str(arena, slice_trim(slice_skip(slice_trim(line), 16)));
	return 0;
}
