/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "unit.h"

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "ci/order.h"

static struct order order_for(struct arena *arena, char **temp)
{
	struct order order = { .workspace = "/home/me/w",
			       .store = "/home/me/store.git",
			       .cores = 2,
			       .memory = 4096,
			       .minutes = 180 };
	struct task *task = &order.task;

	assert_ok(file_temp_dir(arena, "test_order", temp));
	task->id = 7;
	task->round = 3;
	task->kind = PROOF_TEST;
	task->series = "exc";
	task->line = "6.1.y-rc";
	task->target = "v6.1.188-rc1+0123456789ab";
	task->cell = "tcg";
	task->why = "new candidate \xc3\xa4\xff\n\"quoted\"";
	task->dir = arena_printf(arena, "%s/tasks/3/7", *temp);
	git_oid_fromstr(&task->input.base, "0123456789012345678901234567890123456789");
	git_oid_fromstr(&task->input.patched, "abcdef0123456789abcdef0123456789abcdef01");
	memset(task->input.recipe, 'a', 64);
	return order;
}

static void an_order_comes_back_as_it_was_written(void **state)
{
	char *temp;
	struct order order = order_for(*state, &temp), back;
	const struct task *task = &back.task;

	assert_ok(order_write(*state, &order));
	assert_ok(order_read(*state, order.task.dir, &back));
	assert_string_equal(back.workspace, order.workspace);
	assert_string_equal(back.store, order.store);
	assert_int_equal(back.cores, 2);
	assert_int_equal(back.memory, 4096);
	assert_int_equal(back.minutes, 180);
	assert_int_equal(task->id, 7);
	assert_int_equal(task->round, 3);
	assert_int_equal(task->kind, PROOF_TEST);
	assert_string_equal(task->series, "exc");
	assert_string_equal(task->line, "6.1.y-rc");
	assert_string_equal(task->target, "v6.1.188-rc1+0123456789ab");
	assert_string_equal(task->cell, "tcg");
	assert_string_equal(task->dir, order.task.dir);
	assert_true(git_oid_equal(&task->input.base, &order.task.input.base));
	assert_true(git_oid_equal(&task->input.patched, &order.task.input.patched));
	assert_string_equal(task->input.recipe, order.task.input.recipe);
	/* One line, and UTF-8 whatever it was. */
	assert_string_equal(task->why, "new candidate \xc3\xa4? \"quoted\"");
	assert_int_equal(file_kind(arena_printf(*state, "%s/state", order.task.dir)), 1);
	assert_ok(file_remove_tree(temp));
}

/* The order with one text of its file replaced by another. */
static void changed(struct arena *arena, const struct order *order, const char *from,
		    const char *to)
{
	const char *path = arena_printf(arena, "%s/order.json", order->task.dir);
	struct slice text;
	ptrdiff_t at;

	assert_ok(order_write(arena, order));
	assert_int_equal(file_read(arena, path, 1 << 20, &text), 1);
	at = slice_find(text, slice_of(from));
	if (at < 0)
		fail_msg("no %s in %.*s", from, SLICE_ARG(text));
	assert_ok(file_write(path,
			     slice_of(arena_printf(arena, "%.*s%s%s", (int)at, text.p, to,
						   text.p + at + strlen(from))),
			     0666));
}

static void what_is_not_just_an_order_is_refused(void **state)
{
	static const struct {
		const char *from, *to, *says;
	} table[] = {
		{ "\"order\": 1", "\"order\": 2", "newer version" },
		{ "\"order\": 1", "\"order\": 0", "another version" },
		{ "\"order\": 1,", "\"order\": 1, \"more\": 2,", "more" },
		{ "{", "[", "no order" },
		{ "/home/me/w", "home/me/w", "absolute" },
		{ "/home/me/store.git", "/home/me\\nx", "absolute" },
		{ "\"test\"", "\"apply\"", "kind" },
		{ "\"test\"", "\"tset\"", "kind" },
		{ "\"exc\"", "\"../exc\"", "series" },
		{ "6.1.y-rc", "../6.1.y", "line or target" },
		{ "6.1.y-rc", "", "line or target" },
		{ "v6.1.188-rc1+", "--option", "line or target" },
		{ "v6.1.188-rc1+", "a/../b", "line or target" },
		{ "v6.1.188-rc1+", "a b", "line or target" },
		{ "\"tcg\"", "\"\"", "names a cell" },
		{ "\"tcg\"", "\"a/b\"", "names a cell" },
		{ "abcdef01234", "xbcdef01234", "no id" },
		{ "0123456789012345678901234567890123456789",
		  "0000000000000000000000000000000000000000", "no id" },
		{ "aaaaaaaa", "aaaaaaa", "no id" },
		{ "aaaaaaaa", "aaaaaaaA", "no id" },
		{ "\"round\": 3", "\"round\": 0", "out of range" },
		{ "\"cores\": 2", "\"cores\": -2", "out of range" },
		{ "\"minutes\": 180", "\"minutes\": 18000000", "out of range" },
		{ "\"minutes\": 180", "\"minutes\": \"180\"", "integer" },
	};
	char *temp;
	struct order order = order_for(*state, &temp), back;

	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		changed(*state, &order, table[i].from, table[i].to);
		assert_fails(order_read(*state, order.task.dir, &back), FAIL_USAGE, table[i].says);
	}
	assert_fails(order_read(*state, arena_printf(*state, "%s/none", temp), &back), FAIL_USAGE,
		     "no order in");
	assert_fails(order_read(*state, "some/where", &back), FAIL_USAGE, "from / on");
	assert_ok(file_remove_tree(temp));
}

static void an_outcome_comes_back_and_a_new_order_removes_it(void **state)
{
	char *temp;
	struct order order = order_for(*state, &temp);
	struct outcome outcome = { .word = OUTCOME_FAILED,
				   .note = "disk\tfull \xff",
				   .host = "node3",
				   .wall_seconds = 12.5,
				   .cpu_seconds = 3.25 },
		       back;
	const char *dir = order.task.dir, *kept;

	assert_ok(order_write(*state, &order));
	assert_int_equal(outcome_read(*state, dir, &back), 0);
	assert_ok(outcome_write(*state, dir, &outcome));
	assert_int_equal(outcome_read(*state, dir, &back), 1);
	assert_int_equal(back.word, OUTCOME_FAILED);
	assert_string_equal(back.note, "disk full ?");
	assert_string_equal(back.host, "node3");
	assert_true(back.wall_seconds == 12.5 && back.cpu_seconds == 3.25);
	outcome.host = NULL; /* this machine's */
	assert_ok(outcome_write(*state, dir, &outcome));
	assert_int_equal(outcome_read(*state, dir, &back), 1);
	assert_true(*back.host);
	kept = arena_printf(*state, "%s/state/kept", dir);
	assert_ok(file_write(kept, SLICE("x"), 0666));
	assert_ok(order_write(*state, &order));
	assert_int_equal(outcome_read(*state, dir, &back), 0);
	assert_int_equal(file_kind(kept), 2);
	assert_ok(file_remove_tree(temp));
}

static void a_broken_outcome_is_moved_aside(void **state)
{
	static const char *const broken[] = {
		"",
		"{",
		"[]",
		"{\"outcome\": 1, \"word\": \"finished\", \"note\": \"\", \"host\": \"\","
		" \"wall_seconds\": 1, \"cpu_seconds\": 1}",
		"{\"outcome\": 1, \"word\": \"done\", \"note\": \"\", \"host\": \"\","
		" \"wall_seconds\": -1, \"cpu_seconds\": 1}",
		"{\"outcome\": 1, \"word\": \"done\"}",
	};
	char *temp;
	struct outcome back;

	assert_ok(file_temp_dir(*state, "test_order", &temp));
	for (size_t i = 0; i < ARRAY_SIZE(broken); i++) {
		assert_ok(file_write(arena_printf(*state, "%s/outcome.json", temp),
				     slice_of(broken[i]), 0666));
		assert_fails(outcome_read(*state, temp, &back), FAIL_INFRA, "no outcome");
		assert_int_equal(outcome_read(*state, temp, &back), 0);
		assert_int_equal(file_kind(arena_printf(*state, "%s/outcome.json.broken", temp)),
				 2);
	}
	assert_ok(file_remove_tree(temp));
}

static void a_lock_is_held_by_one_and_its_holder_can_be_told(void **state)
{
	char *temp;
	int fd, second, ready[2];
	char c;
	pid_t pid;

	assert_ok(file_temp_dir(*state, "test_order", &temp));
	assert_int_equal(order_lock(*state, temp, &fd), 1);
	assert_int_equal(order_lock(*state, temp, &second), 0);
	assert_int_equal(second, -1);
	/* We were not started for this task, so it is not us who would be ended. */
	assert_ok(order_sign(fd));
	assert_int_equal(order_holder(*state, temp), 0);
	close(fd);
	assert_int_equal(order_lock(*state, temp, &fd), 1);
	assert_int_equal(pipe(ready), 0);
	pid = fork();
	if (!pid) {
		char *argv[] = { "sh", "-c", "echo; exec sleep 60", NULL };
		char *envp[] = { "PATH=/usr/bin:/bin",
				 arena_printf(*state, ORDER_VARIABLE "=%s", temp), NULL };

		dup2(ready[1], 1);
		order_sign(fd);
		execve("/bin/sh", argv, envp);
		_exit(1);
	}
	assert_int_equal(read(ready[0], &c, 1), 1);
	/* It has no environment while it becomes another program. */
	for (int i = 0; i < 200 && !order_holder(*state, temp); i++)
		usleep(10000);
	assert_int_equal(order_holder(*state, temp), pid);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	assert_int_equal(order_holder(*state, temp), 0);
	close(fd);
	assert_fails(order_lock(*state, arena_printf(*state, "%s/none", temp), &fd), FAIL_INFRA,
		     "cannot open");
	assert_ok(file_remove_tree(temp));
}

UNIT_MAIN(unit(an_order_comes_back_as_it_was_written), unit(what_is_not_just_an_order_is_refused),
	  unit(an_outcome_comes_back_and_a_new_order_removes_it),
	  unit(a_broken_outcome_is_moved_aside),
	  unit(a_lock_is_held_by_one_and_its_holder_can_be_told))
