/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One run in full: what was done where and how it ended, what was ruled, what happened meanwhile.
 */
#define _GNU_SOURCE
#include "cmd/ci_log.h"

#include "base/fail.h"
#include "base/file.h"
#include "ci/order.h"
#include "cmd/built.h"

struct account {
	struct ci *ci;
	struct arena *arena;
	struct round round;
	struct tasks tasks;
	struct rulings rulings;
	struct news news;
	struct ticks ticks; /* that worked on it, the first one first */
	struct events events;
};

static int ticks_of(struct account *a)
{
	struct ticks all;

	if (journal_ticks(a->ci->journal, a->arena, 0, &all))
		return -1;
	for (size_t i = all.n; i-- > 0;) {
		const struct tick *tick = &all.items[i];
		struct events events;

		if (tick->round != a->round.id && tick->id != a->round.tick)
			continue;
		*arena_push(a->arena, &a->ticks) = *tick;
		if (journal_events(a->ci->journal, a->arena, tick->id, 0, &events))
			return -1;
		while (events.n)
			*arena_push(a->arena, &a->events) = events.items[--events.n];
	}
	return 0;
}

static int account_read(struct account *a, int64_t id)
{
	struct results *journal = a->ci->journal;
	int there = journal_round_find(journal, a->arena, id, &a->round);

	if (there == 0) {
		struct rounds last;

		if (journal_rounds(journal, a->arena, 1, &last))
			return -1;
		if (!last.n)
			return fail_as(FAIL_USAGE, "there is no run %lld: none was made yet",
				       (long long)id);
		return fail_as(FAIL_USAGE, "there is no run %lld; the last one is %lld",
			       (long long)id, (long long)last.items[0].id);
	}
	if (there < 0 || journal_tasks(journal, a->arena, id, &a->tasks) ||
	    journal_rulings(journal, a->arena, id, &a->rulings) || ticks_of(a))
		return -1;
	return a->round.ended ?
		       news_make(a->arena, journal, &a->ci->settings, &a->round, &a->news) :
		       0;
}

static void head(const struct account *a, struct text *out)
{
	const struct context *c = a->ci->context;
	const struct round *round = &a->round;
	struct text why __free_text = TEXT_INIT;

	text_addf(&why, "run %lld: ", (long long)round->id);
	text_add_shown(&why, slice_of(round->why), false);
	text_adds(out, tint_on(c->color, TINT_BOLD));
	text_add_filled(out, text_slice(&why), 0, c->width);
	text_addf(out, "%s  %s", tint_off(c->color, TINT_BOLD),
		  minute_word(a->arena, round->started));
	if (round->ended)
		text_addf(out, " to %s UTC, %s", minute_word(a->arena, round->ended),
			  seconds_word(a->arena, (double)(round->ended - round->started)));
	else
		text_adds(out, " UTC, not complete: the next tick goes on with it");
	if (a->ticks.n > 1)
		text_addf(out, ", in %zu ticks", a->ticks.n);
	text_addc(out, '\n');
	if (round->stale)
		text_adds(out, "  on old data: a source did not answer\n");
	if (round->published)
		text_addf(out, "  published %s\n", minute_word(a->arena, round->published));
	if (round->told)
		text_addf(out, "  told %s\n", minute_word(a->arena, round->told));
}

static void news_write(const struct account *a, struct text *out)
{
	if (a->news.n)
		text_adds(out, "\nNews:\n");
	for (size_t i = 0; i < a->news.n; i++) {
		struct text safe __free_text = TEXT_INIT;
		size_t dash = out->len + 2;

		text_add_shown(&safe, slice_of(a->news.items[i].text), false);
		text_add_filled(out, text_slice(&safe), 4, a->ci->context->width);
		out->p[dash] = '-';
	}
}

/* "slurm job 4711 on node3" */
static char *where(struct arena *arena, const struct task *task)
{
	return text_shown(arena,
			  arena_printf(arena, "%s%s%s%s%s", task->executor, *task->job ? " " : "",
				       task->job, *task->host ? " on " : "", task->host));
}

static char *task_word(struct arena *arena, const struct task *task)
{
	if (task->state == TASK_ENDED)
		return text_shown(arena, task->word);
	return arena_strdup(arena, task_state_word(task->state));
}

static char *task_remark(const struct account *a, const struct task *task)
{
	const char *log = arena_printf(a->arena, "%s/log", task->dir);
	bool there = *task->dir && file_kind(log) == 2;

	return arena_printf(a->arena, "%s%s%s%s%s%s", *task->why ? "because: " : "", task->why,
			    *task->note ? "\n" : "", task->note, there ? "\nlog: " : "",
			    there ? path_word(a->arena, log) : "");
}

static void tasks_write(const struct account *a, struct text *out)
{
	struct rows rows = { .table.columns = 6 };

	for (size_t i = 0; i < a->tasks.n; i++) {
		const struct task *task = &a->tasks.items[i];
		bool done = task->sent && task->ended;
		bool good = !strcmp(task->word, outcome_word(OUTCOME_DONE));
		const char *of = arena_printf(a->arena, "%s%s%s", task->line,
					      *task->cell ? ", " : "", task->cell);

		table_cell(a->arena, &rows.table, TINT_BOLD, "%s", proof_kind_word(task->kind));
		table_cell(a->arena, &rows.table, TINT_NONE, "%s", text_shown(a->arena, of));
		table_cell(a->arena, &rows.table,
			   task->state != TASK_ENDED ? TINT_DIM :
			   good			     ? TINT_GOOD :
						       TINT_LOOK,
			   "%s", task_word(a->arena, task));
		table_cell(a->arena, &rows.table, TINT_NONE, "%s",
			   done ? seconds_word(a->arena, (double)(task->ended - task->sent)) : "");
		table_cell(a->arena, &rows.table, task->tries > 1 ? TINT_LOOK : TINT_NONE,
			   task->tries > 1 ? "%u tries" : "", task->tries);
		table_cell(a->arena, &rows.table, TINT_DIM, "%s", where(a->arena, task));
		rows_remark(a->arena, &rows, task_remark(a, task));
	}
	if (a->tasks.n)
		text_adds(out, "\nTasks:\n");
	rows_write(a->ci->context, out, &rows, 2, 6);
}

static char *ruling_remark(struct arena *arena, const struct ruling *r)
{
	return arena_printf(arena, "%s\n%s%s%s%s", r->why, r->bad, *r->bad ? "\n" : "",
			    *r->waived ? "known: " : "", r->waived);
}

static void rulings_write(const struct account *a, struct text *out)
{
	struct rows rows = { .table.columns = 5 };
	bool several = a->ci->nseries > 1;

	for (size_t i = 0; i < a->rulings.n; i++) {
		const struct ruling *r = &a->rulings.items[i];
		const char *of = arena_printf(a->arena, "%s%s%s%s%s", several ? r->series : "",
					      several ? ": " : "", r->line, *r->cell ? ", " : "",
					      r->cell);

		table_cell(a->arena, &rows.table, TINT_BOLD, "%s", proof_kind_word(r->kind));
		table_cell(a->arena, &rows.table, TINT_NONE, "%s", text_shown(a->arena, of));
		table_cell(a->arena, &rows.table, TINT_NONE, "%s",
			   kernel_word(a->arena, r->target));
		table_cell(a->arena, &rows.table,
			   r->red     ? TINT_BAD :
			   r->unknown ? TINT_LOOK :
					TINT_GOOD,
			   "%s", text_shown(a->arena, r->word));
		table_cell(a->arena, &rows.table, TINT_NONE, "%s", text_shown(a->arena, r->marks));
		rows_remark(a->arena, &rows, ruling_remark(a->arena, r));
	}
	if (a->rulings.n)
		text_adds(out, "\nRulings:\n");
	rows_write(a->ci->context, out, &rows, 2, 6);
}

static json_t *task_json(const struct task *task)
{
	json_t *json = json_object();

	json_object_set_new(json, "kind", json_string(proof_kind_word(task->kind)));
	json_object_set_new(json, "series", word_json(task->series));
	json_object_set_new(json, "line", word_json(task->line));
	json_object_set_new(json, "target", word_json(task->target));
	json_object_set_new(json, "cell", word_json(task->cell));
	json_object_set_new(json, "planned", word_json(task->why));
	json_object_set_new(json, "state", json_string(task_state_word(task->state)));
	json_object_set_new(json, "tries", json_integer(task->tries));
	json_object_set_new(json, "executor", word_json(task->executor));
	json_object_set_new(json, "job", word_json(task->job));
	json_object_set_new(json, "host", word_json(task->host));
	json_object_set_new(json, "sent", number_json(task->sent));
	json_object_set_new(json, "ended", number_json(task->ended));
	json_object_set_new(json, "outcome", word_json(task->word));
	json_object_set_new(json, "note", word_json(task->note));
	json_object_set_new(json, "dir", word_json(task->dir));
	return json;
}

json_t *log_list_json(const char *lines)
{
	struct slice rest = slice_of(lines), line;
	json_t *array = json_array();

	while (slice_line(&rest, &line)) {
		char *copy __free(ptr) = strndup(line.p, line.n);

		json_array_append_new(array, json_shown(copy));
	}
	return array;
}

static json_t *log_ruling_json(const struct ruling *r)
{
	char base[GIT_OID_HEXSZ + 1], patched[GIT_OID_HEXSZ + 1];
	json_t *json = json_object();

	git_oid_tostr(base, sizeof(base), &r->input.base);
	git_oid_tostr(patched, sizeof(patched), &r->input.patched);
	json_object_set_new(json, "kind", json_string(proof_kind_word(r->kind)));
	json_object_set_new(json, "series", word_json(r->series));
	json_object_set_new(json, "line", word_json(r->line));
	json_object_set_new(json, "target", word_json(r->target));
	json_object_set_new(json, "cell", word_json(r->cell));
	json_object_set_new(json, "base", json_string(base));
	json_object_set_new(json, "patched", json_string(patched));
	json_object_set_new(json, "recipe", word_json(r->input.recipe));
	json_object_set_new(json, "verdict", word_json(r->word));
	json_object_set_new(json, "red", json_boolean(r->red));
	json_object_set_new(json, "unknown", json_boolean(r->unknown));
	json_object_set_new(json, "why", word_json(r->why));
	json_object_set_new(json, "bad", log_list_json(r->bad));
	json_object_set_new(json, "known", log_list_json(r->waived));
	json_object_set_new(json, "marks", word_json(r->marks));
	json_object_set_new(json, "run", number_json(r->run));
	json_object_set_new(json, "seconds", json_real(r->wall_seconds));
	json_object_set_new(json, "cpu_seconds", json_real(r->cpu_seconds));
	return json;
}

/* Everything that the run's tasks found: each run of the results once. */
static int results_of(const struct account *a, json_t *array)
{
	for (size_t i = 0; i < a->rulings.n; i++) {
		int64_t run = a->rulings.items[i].run;
		bool had = !run;
		json_t *one;

		for (size_t k = 0; k < i && !had; k++)
			had = a->rulings.items[k].run == run;
		if (had)
			continue;
		if (results_json(a->ci->journal, run, &one))
			return -1;
		json_array_append_new(array, one);
	}
	return 0;
}

static int account_json(const struct account *a, struct text *out)
{
	json_t *json __free(json) = log_round_json(&a->round);
	json_t *news = json_array(), *tasks = json_array(), *rulings = json_array(),
	       *results = json_array();

	json_object_set_new(json, "version", json_integer(1));
	json_object_set_new(json, "news", news);
	json_object_set_new(json, "tasks", tasks);
	json_object_set_new(json, "rulings", rulings);
	json_object_set_new(json, "events", log_events_json(&a->events));
	json_object_set_new(json, "results", results);
	for (size_t i = 0; i < a->news.n; i++)
		json_array_append_new(news, json_shown(a->news.items[i].text));
	for (size_t i = 0; i < a->tasks.n; i++)
		json_array_append_new(tasks, task_json(&a->tasks.items[i]));
	for (size_t i = 0; i < a->rulings.n; i++)
		json_array_append_new(rulings, log_ruling_json(&a->rulings.items[i]));
	if (results_of(a, results))
		return -1;
	text_add_json(out, json);
	return 0;
}

int log_run(struct ci *ci, int64_t id)
{
	struct account a = { .ci = ci, .arena = ci->arena };
	struct text out __free_text = TEXT_INIT;

	if (account_read(&a, id))
		return -1;
	if (ci->context->json)
		return account_json(&a, &out) ? -1 : context_print(ci->context, &out);
	head(&a, &out);
	news_write(&a, &out);
	tasks_write(&a, &out);
	rulings_write(&a, &out);
	log_events(ci, &out, "What happened meanwhile:", &a.events);
	return context_print(ci->context, &out);
}
