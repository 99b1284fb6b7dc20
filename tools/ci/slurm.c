/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "ci/slurm.h"

#include <limits.h>
#include <pwd.h>
#include <unistd.h>

#include "base/child.h"
#include "base/fail.h"

/*
 * slurmctld answers within its MessageTimeout (10 s, up to 100 by its own
 * documentation), tried a few times.
 */
#define ANSWER_MS 180000
#define OUTPUT_MAX ((size_t)16 * 1024 * 1024)
#define SEPARATOR '|'

static const struct {
	const char *word;
	enum slurm_state state;
} states[] = {
	{ "PENDING", SLURM_WAITS },	  { "REQUEUED", SLURM_WAITS },
	{ "REQUEUE_HOLD", SLURM_WAITS },  { "REQUEUE_FED", SLURM_WAITS },
	{ "SPECIAL_EXIT", SLURM_WAITS },  { "RESV_DEL_HOLD", SLURM_WAITS },
	{ "COMPLETED", SLURM_COMPLETED }, { "FAILED", SLURM_FAILED },
	{ "CANCELLED", SLURM_CANCELLED }, { "TIMEOUT", SLURM_TIMEOUT },
	{ "DEADLINE", SLURM_TIMEOUT },	  { "OUT_OF_MEMORY", SLURM_MEMORY },
	{ "NODE_FAIL", SLURM_LOST },	  { "BOOT_FAIL", SLURM_LOST },
	{ "PREEMPTED", SLURM_LOST },	  { "LAUNCH_FAILED", SLURM_LOST },
	{ "REVOKED", SLURM_LOST },
};

/* Whatever else it says (RUNNING, COMPLETING, SUSPENDED, what a later release adds) has not ended. */
static enum slurm_state state_of(const char *word)
{
	for (size_t i = 0; i < ARRAY_SIZE(states); i++)
		if (!strcmp(word, states[i].word))
			return states[i].state;
	return SLURM_RUNS;
}

/*
 * The line in which a command of Slurm's says why: "sbatch: error: Batch job
 * submission failed: ..." without its head.
 */
static struct slice words_of(struct slice err)
{
	struct slice line, said = SLICE(""), rest;
	ptrdiff_t at;

	while (slice_line(&err, &line)) {
		at = slice_find(line, SLICE("rror: "));
		if (at >= 0 || !said.n)
			said = slice_trim(at >= 0 ? slice_skip(line, (size_t)at + 6) : line);
	}
	rest = said;
	at = slice_find(said, SLICE("submission failed: "));
	if (at >= 0)
		rest = slice_skip(said, (size_t)at + strlen("submission failed: "));
	return rest.n ? rest : said;
}

static int run(struct arena *arena, const char *const *argv, struct slice input,
	       struct child_answer *answer)
{
	static const char *const env[] = { "LC_ALL=C", NULL };
	struct child_ask ask = { .argv = argv,
				 .setenv = env,
				 .input = input,
				 .deadline_ms = ANSWER_MS,
				 .output_max = OUTPUT_MAX };
	struct slice said;

	if (child_run(arena, &ask, answer))
		return -1;
	if (answer->timed_out)
		return fail("%s: no answer within %u seconds", argv[0], ANSWER_MS / 1000);
	if (!answer->status)
		return 0;
	said = words_of(answer->err);
	if (!said.n)
		return fail("%s: exit code %d", argv[0], answer->status);
	return fail("%s: " SLICE_FMT, argv[0], SLICE_ARG(said));
}

static bool id_ok(struct slice id)
{
	unsigned long number;

	return slice_number(id, UINT_MAX, &number);
}

static void add_line(struct arena *arena, struct slice line, const char *prefix,
		     struct slurm_jobs *jobs)
{
	struct slice id, element, word, reason;
	unsigned long number = 0;
	bool array;

	slice_cut(&line, SEPARATOR, &id);
	slice_cut(&line, SEPARATOR, &element);
	slice_cut(&line, SEPARATOR, &word);
	slice_cut(&line, SEPARATOR, &reason);
	if (!id_ok(id) || !slice_starts(line, prefix))
		return;
	array = slice_number(element, LONG_MAX, &number);
	*arena_push(arena, jobs) = (struct slurm_job){
		.id = slice_str(arena, id),
		.element = array ? (long)number : -1,
		.state = state_of(slice_str(arena, word)),
		.word = slice_str(arena, word),
		.reason = slice_str(arena, reason),
		.name = slice_str(arena, line),
	};
}

int slurm_jobs(struct arena *arena, const char *prefix, struct slurm_jobs *jobs)
{
	const char *const argv[] = { "squeue",
				     "--noheader",
				     "--array",
				     "--all",
				     "--states=all",
				     arena_printf(arena, "--user=%lu", (unsigned long)getuid()),
				     "--format=%F|%K|%T|%r|%j",
				     NULL };
	struct child_answer answer;
	struct slice line;

	*jobs = (struct slurm_jobs){ 0 };
	if (run(arena, argv, SLICE(""), &answer))
		return -1;
	/* Half a list would make what is missing in it look lost. */
	if (answer.truncated)
		return fail("squeue lists more than we can read");
	while (slice_line(&answer.out, &line))
		add_line(arena, line, prefix, jobs);
	return 0;
}

/* "4711_3" or "NAME_3" in its two parts; element -1: there is only one. */
static struct slice id_split(const char *id, long *element)
{
	const char *mark = strrchr(id, '_');
	unsigned long number;

	*element = -1;
	if (!mark || !slice_number(slice_of(mark + 1), LONG_MAX, &number))
		return slice_of(id);
	*element = (long)number;
	return (struct slice){ id, (size_t)(mark - id) };
}

const struct slurm_job *slurm_find(const struct slurm_jobs *jobs, const char *id)
{
	const struct slurm_job *all = NULL;
	long element;
	struct slice head = id_split(id, &element);

	for (size_t i = 0; i < jobs->n; i++) {
		if (!slice_is(head, jobs->items[i].id))
			continue;
		if (jobs->items[i].element == element)
			return &jobs->items[i];
		if (jobs->items[i].element < 0)
			all = &jobs->items[i];
	}
	return all;
}

bool slurm_knows_array(const struct slurm_jobs *jobs, const char *id)
{
	long element;
	struct slice head = id_split(id, &element);

	for (size_t i = 0; element >= 0 && i < jobs->n; i++)
		if (slice_is(head, jobs->items[i].id))
			return true;
	return false;
}

char *slurm_find_name(struct arena *arena, const struct slurm_jobs *jobs, const char *name)
{
	unsigned long best = 0, number;
	long element;
	struct slice head = id_split(name, &element);

	for (size_t i = 0; i < jobs->n; i++) {
		if (!slice_is(head, jobs->items[i].name) ||
		    !slice_number(slice_of(jobs->items[i].id), UINT_MAX, &number))
			continue;
		if (number > best)
			best = number;
	}
	if (!best)
		return NULL;
	return element < 0 ? arena_printf(arena, "%lu", best) :
			     arena_printf(arena, "%lu_%ld", best, element);
}

struct words {
	const char **items;
	size_t n, cap;
};

static void add_word(struct arena *arena, struct words *words, const char *word)
{
	*arena_push(arena, words) = word;
}

/* Do the settings say it themselves? */
static bool has_option(const struct slurm_ask *ask, const char *name)
{
	for (size_t i = 0; i < ask->noptions; i++)
		if (!strncmp(ask->options[i], name, strlen(name)))
			return true;
	return false;
}

static void add_sizes(struct arena *arena, const struct slurm_ask *ask, struct words *words)
{
	bool cpus = has_option(ask, "--cpus-per-task");

	if (ask->cores && !cpus)
		add_word(arena, words, arena_printf(arena, "--cpus-per-task=%u", ask->cores));
	else if (!cpus)
		add_word(arena, words, "--exclusive");
	/* Also --mem-per-cpu, which cannot stand beside --mem. */
	if (has_option(ask, "--mem"))
		;
	else if (ask->memory)
		add_word(arena, words, arena_printf(arena, "--mem=%uM", ask->memory));
	else if (!ask->cores && !cpus)
		add_word(arena, words, "--mem=0");
	if (ask->minutes)
		add_word(arena, words, arena_printf(arena, "--time=%u", ask->minutes));
}

int slurm_send(struct arena *arena, const struct slurm_ask *ask, char **id)
{
	struct words words = { 0 };
	struct child_answer answer;
	struct slice said, first;

	*id = NULL;
	add_word(arena, &words, "sbatch");
	add_word(arena, &words, "--parsable");
	add_word(arena, &words, arena_printf(arena, "--job-name=%s", ask->name));
	add_word(arena, &words, "--export=ALL");
	/* Sent once more by us, with the try counted, not behind our back. */
	add_word(arena, &words, "--no-requeue");
	add_word(arena, &words, arena_printf(arena, "--chdir=%s", ask->dir));
	add_word(arena, &words, arena_printf(arena, "--output=%s", ask->log));
	add_word(arena, &words, "--open-mode=append");
	add_word(arena, &words, "--nodes=1");
	if (ask->elements)
		add_word(arena, &words, arena_printf(arena, "--array=0-%zu", ask->elements - 1));
	if (ask->after) {
		add_word(arena, &words, arena_printf(arena, "--dependency=afterok:%s", ask->after));
		/* Also when nobody of us is there to see it. */
		add_word(arena, &words, "--kill-on-invalid-dep=yes");
	}
	add_sizes(arena, ask, &words);
	for (size_t i = 0; i < ask->noptions; i++)
		add_word(arena, &words, ask->options[i]);
	add_word(arena, &words, NULL);
	if (run(arena, words.items, ask->script, &answer))
		return -1;
	/* "4711", or "4711;cluster" */
	said = slice_trim(answer.out);
	slice_cut(&said, ';', &first);
	if (!id_ok(first))
		return fail("sbatch: an answer that is no number: " SLICE_FMT,
			    SLICE_ARG(slice_trim(answer.out)));
	*id = slice_str(arena, first);
	return 0;
}

void slurm_cancel(struct arena *arena, const char *id)
{
	const char *const argv[] = { "scancel", "--quiet", id, NULL };
	struct child_answer answer;

	if (run(arena, argv, SLICE(""), &answer))
		fail_clear();
}

char *slurm_canceller(struct arena *arena, const char *id)
{
	const char *const argv[] = {
		"sacct",  "--noheader", "--parsable2", "--allocations", "--format=State",
		"--jobs", id,		NULL
	};
	struct child_answer answer;
	unsigned long uid;
	struct slice line;
	struct passwd *who;

	if (!child_exists("sacct") || run(arena, argv, SLICE(""), &answer)) {
		fail_clear(); /* no accounts are kept */
		return NULL;
	}
	while (slice_line(&answer.out, &line)) {
		if (!slice_starts(line, "CANCELLED by "))
			continue;
		line = slice_trim(slice_skip(line, strlen("CANCELLED by ")));
		if (!slice_number(line, UINT_MAX, &uid))
			continue;
		who = getpwuid((uid_t)uid);
		return who ? arena_strdup(arena, who->pw_name) :
			     arena_printf(arena, "user %lu", uid);
	}
	return NULL;
}

int slurm_nodes(struct arena *arena, struct slurm_nodes *nodes)
{
	static const char *const argv[] = { "sinfo", "--noheader", "--Node", "--format=%n|%o|%T",
					    NULL };
	/*
	 * "idle", "mixed", "allocated", "completing"; with "*": does not answer;
	 * other marks: powered down, in maintenance.
	 */
	static const char *const good[] = { "idle", "mixed", "allocated", "completing" };
	struct child_answer answer;
	struct slice line, host, address;

	*nodes = (struct slurm_nodes){ 0 };
	if (run(arena, argv, SLICE(""), &answer))
		return -1;
	while (slice_line(&answer.out, &line)) {
		bool up = false;

		slice_cut(&line, SEPARATOR, &host);
		slice_cut(&line, SEPARATOR, &address);
		for (size_t i = 0; i < ARRAY_SIZE(good); i++)
			up |= slice_is(slice_trim(line), good[i]);
		*arena_push(arena, nodes) = (struct slurm_node){
			.host = slice_str(arena, host),
			.address = slice_str(arena, address),
			.up = up,
		};
	}
	return 0;
}

char *slurm_option_flaw(struct arena *arena, const char *option)
{
	/*
	 * What says which job it is, when it begins and where its output goes is not
	 * for the settings to say.
	 */
	static const char *const ours[] = {
		"--array",	"--batch",   "--chdir",	    "--clusters",
		"--dependency", "--error",   "--export",    "--export-file",
		"--hold",	"--input",   "--job-name",  "--kill-on-invalid-dep",
		"--nodes",	"--ntasks",  "--open-mode", "--output",
		"--parsable",	"--requeue", "--test-only", "--uid",
		"--wait",	"--wrap",    "--help",	    "--usage",
		"--version",
	};
	size_t n = strcspn(option, "=");

	if (strncmp(option, "--", 2) || n < 4)
		return arena_printf(arena, "'%s' is no option of sbatch: --NAME or --NAME=VALUE",
				    option);
	for (const char *p = option; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			return arena_strdup(arena, "an option of sbatch is one line of text");
	if (strspn(option + 2, "abcdefghijklmnopqrstuvwxyz-") < n - 2)
		return arena_printf(arena, "'%.*s' is no name of an option of sbatch", (int)n,
				    option);
	/* sbatch takes an abbreviation for the whole name. */
	for (size_t i = 0; i < ARRAY_SIZE(ours); i++)
		if (!strncmp(option, ours[i], n))
			return arena_printf(arena, "%.*s is set by series itself", (int)n, option);
	return NULL;
}

static unsigned int number_of(const char *value, const char **rest)
{
	unsigned long number = 0;
	size_t n = strspn(value, "0123456789");

	*rest = value + n;
	return slice_number((struct slice){ value, n }, 1 << 24, &number) ? (unsigned int)number :
									    0;
}

/* "16G", "16000", "16000M"; what is neither is for sbatch to refuse. */
static unsigned int mib_of(const char *value)
{
	const char *unit;
	unsigned int number = number_of(value, &unit);

	switch (*unit) {
	case 'K':
		return number / 1024;
	case 'G':
		return number < 1 << 20 ? number * 1024 : 0;
	case '\0':
	case 'M':
		return number;
	}
	return 0;
}

void slurm_sizes(const struct settings *settings, unsigned int *cores, unsigned int *memory)
{
	const char *value, *rest;

	for (size_t i = 0; i < settings->slurm.noptions; i++) {
		const char *option = settings->slurm.options[i];

		value = strchr(option, '=');
		if (!value++)
			continue;
		if (!strncmp(option, "--cpus-per-task=", strlen("--cpus-per-task=")))
			*cores = number_of(value, &rest);
		if (!strncmp(option, "--mem=", strlen("--mem=")))
			*memory = mib_of(value);
	}
}

char *slurm_pattern(struct arena *arena, const char *path)
{
	__free_text struct text text = TEXT_INIT;

	for (; *path; path++) {
		if (*path == '%')
			text_addc(&text, '%');
		text_addc(&text, *path);
	}
	return slice_str(arena, text_slice(&text));
}
