/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "patch/pack.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "store.h"

/* Bytes that do not compress, the same each time. */
static struct slice noise(struct arena *arena, size_t n, uint64_t seed)
{
	char *p = arena_alloc(arena, n + 1);

	for (size_t i = 0; i < n; i++) {
		seed = seed * 6364136223846793005u + 1442695040888963407u;
		p[i] = (char)(seed >> 56);
	}
	return (struct slice){ p, n };
}

static git_oid add(struct pack *pack, git_object_t type, struct slice bytes)
{
	git_oid id, want;

	assert_ok(pack_add(pack, type, bytes, &id));
	assert_int_equal(git_odb_hash(&want, bytes.p, bytes.n, type), 0);
	assert_true(git_oid_equal(&id, &want));
	return id;
}

static void what_goes_in_comes_out(struct store *s, struct pack *pack, const git_oid *id,
				   struct slice bytes)
{
	struct slice got;

	assert_int_equal(pack_read(pack, s->arena, id, &got), 1);
	assert_true(slice_eq(got, bytes));
}

static void objects_are_gits_own(void **state)
{
	static const size_t sizes[] = {
		0,    1,     15,    16,	   63,	   64,	   2047,    2048,
		4095, 65535, 65536, 99999, 131070, 262143, 1 << 20, 20 << 20
	};
	struct store s;
	struct slice bytes[2 * ARRAY_SIZE(sizes)];
	git_oid ids[2 * ARRAY_SIZE(sizes)], id;
	size_t n = 0;

	(void)state;
	store_init(&s, "echo x >x");
	store_open(&s);

	struct pack *pack = pack_new(s.repo);

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		char *run = arena_alloc(s.arena, sizes[i] + 1);

		memset(run, 'r', sizes[i]);
		bytes[n++] = noise(s.arena, sizes[i], i);
		bytes[n++] = (struct slice){ run, sizes[i] };
	}
	for (size_t i = 0; i < n; i++)
		ids[i] = add(pack, GIT_OBJECT_BLOB, bytes[i]);
	/* Enough to have gone to the file by now. */
	for (size_t i = 0; i < n; i++)
		what_goes_in_comes_out(&s, pack, &ids[i], bytes[i]);
	assert_ok(pack_finish(pack));
	for (size_t i = 0; i < n; i++) {
		struct slice got;

		assert_int_equal(repo_blob(s.repo, s.arena, &ids[i], &got), 1);
		assert_true(slice_eq(got, bytes[i]));
	}
	id = add(pack, GIT_OBJECT_TREE, slice_of(store_sh(&s, ":"))); /* the empty tree */
	add(pack, GIT_OBJECT_COMMIT,
	    slice_of(arena_printf(
		    s.arena, "tree %s\nauthor A <a@b> 1 +0000\ncommitter A <a@b> 1 +0000\n\nm\n",
		    git_oid_tostr_s(&id))));
	assert_ok(pack_finish(pack));
	store_check(&s);
	assert_string_equal(store_sh(&s, "ls $GIT_DIR/objects/pack | wc -l"), "4");
	assert_string_equal(store_sh(&s, "find $GIT_DIR/objects/pack -type f ! -perm 0444"), "");
	pack_free(pack);
	store_release(&s);
}

static void nothing_is_written_twice(void **state)
{
	struct store s;
	struct slice got;
	git_oid id;

	(void)state;
	store_init(&s, "echo x >x; echo y >y");
	store_sh(&s, "git repack -adq");
	store_open(&s);

	struct pack *pack = pack_new(s.repo);

	add(pack, GIT_OBJECT_BLOB, SLICE("x\n"));
	add(pack, GIT_OBJECT_BLOB, SLICE("y\n"));
	assert_ok(pack_finish(pack));
	assert_string_equal(store_sh(&s, "ls $GIT_DIR/objects/pack/*.pack | wc -l"), "1");
	for (int i = 0; i < 3; i++)
		add(pack, GIT_OBJECT_BLOB, SLICE("new\n"));
	assert_ok(pack_finish(pack));
	assert_string_equal(store_sh(&s, "git count-objects -v | grep -E '^in-pack'"),
			    "in-pack: 5");
	add(pack, GIT_OBJECT_BLOB, SLICE("new\n"));
	assert_ok(pack_finish(pack));
	assert_ok(pack_finish(pack));
	assert_string_equal(store_sh(&s, "ls $GIT_DIR/objects/pack/*.pack | wc -l"), "2");
	pack_free(pack);

	/* Two that did not know of each other write the same pack. */
	struct repo *other;

	assert_ok(repo_open(s.path, &other));
	pack = pack_new(s.repo);

	struct pack *rival = pack_new(other);

	id = add(pack, GIT_OBJECT_BLOB, SLICE("raced\n"));
	add(rival, GIT_OBJECT_BLOB, SLICE("raced\n"));
	assert_ok(pack_finish(rival));
	assert_ok(pack_finish(pack));
	assert_int_equal(repo_blob(s.repo, s.arena, &id, &got), 1);
	assert_string_equal(store_sh(&s, "ls $GIT_DIR/objects/pack/*.pack | wc -l"), "3");
	store_check(&s);
	pack_free(rival);
	pack_free(pack);
	repo_free(other);
	store_release(&s);
}

/* An object that nothing reaches yet and that we count on is not old for git gc. */
static void what_is_counted_on_is_not_cleared_away(void **state)
{
	struct store s;

	(void)state;
	store_init(&s, "echo x >x");
	store_sh(
		&s,
		"echo loose | git hash-object -w --stdin; echo packed | git hash-object -w --stdin |\n"
		"git pack-objects -q $GIT_DIR/objects/pack/pack; git prune-packed\n"
		"find $GIT_DIR/objects -type f -exec touch -d '2 months ago' {} +");
	store_open(&s);

	struct pack *pack = pack_new(s.repo);

	add(pack, GIT_OBJECT_BLOB, SLICE("loose\n"));
	add(pack, GIT_OBJECT_BLOB, SLICE("packed\n"));
	assert_ok(pack_finish(pack));
	assert_string_equal(
		store_sh(&s, "find $GIT_DIR/objects -type f -newermt yesterday | wc -l"), "2");
	store_sh(&s, "git gc -q --prune=2.weeks.ago; for text in loose packed; do\n"
		     "	git cat-file -e $(echo $text | git hash-object --stdin)\n"
		     "done");
	pack_free(pack);
	store_release(&s);
}

static void deltas_give_the_same_object(void **state)
{
	struct store s;
	git_oid base, id, want, next;
	struct slice bytes, old;

	(void)state;
	store_init(&s, "echo x >x");
	store_open(&s);

	struct pack *pack = pack_new(s.repo);

	old = noise(s.arena, (17 << 20) + 5, 1);
	base = add(pack, GIT_OBJECT_BLOB, old);

	/* Copies of each size that git writes in another way, and inserts longer than one code
	 * holds. */
	static const size_t copies[] = { 1,	  0xff,	   0x100,    0xffff,
					 0x10000, 0x10001, 0xffffff, 0x1000000 };
	struct text new __free_text = TEXT_INIT;
	struct pack_run runs[ARRAY_SIZE(copies)];
	size_t at[ARRAY_SIZE(copies)];

	for (size_t i = 0; i < ARRAY_SIZE(copies); i++) {
		struct slice more = noise(s.arena, i * 61, i + 100);

		at[i] = i * 0x1234;
		text_add(&new, old.p + at[i], copies[i]);
		text_add_slice(&new, more);
		runs[i] = (struct pack_run){ at[i], copies[i], more };
	}
	bytes = slice_copy(s.arena, text_slice(&new));
	assert_ok(pack_add_delta(pack, bytes, &base, runs, ARRAY_SIZE(runs), &id));
	assert_int_equal(git_odb_hash(&want, bytes.p, bytes.n, GIT_OBJECT_BLOB), 0);
	assert_true(git_oid_equal(&id, &want));
	what_goes_in_comes_out(&s, pack, &id, bytes);

	/* A long chain, and a base that is nowhere. */
	for (int i = 0; i < 200; i++) {
		struct slice small = noise(s.arena, 100 + (size_t)i, 3);
		struct slice tail = slice_skip(small, 99 + (size_t)i);
		struct pack_run run = { 0, 99 + (size_t)i, tail };

		assert_ok(pack_add_delta(pack, small, i ? &next : NULL, &run, 1, &next));
		what_goes_in_comes_out(&s, pack, &next, small);
	}
	assert_ok(pack_add_delta(pack, SLICE("nowhere"), &want,
				 &(struct pack_run){ 0, 0, SLICE("nowhere") }, 1, &want));
	what_goes_in_comes_out(&s, pack, &want, SLICE("nowhere"));
	assert_ok(pack_finish(pack));
	store_check(&s);
	assert_string_equal(store_sh(&s, "git cat-file blob %s | git hash-object --stdin",
				     git_oid_tostr_s(&id)),
			    git_oid_tostr_s(&id));
	pack_free(pack);
	store_release(&s);
}

static void what_is_not_finished_leaves_nothing(void **state)
{
	struct store s;

	(void)state;
	store_init(&s, "echo x >x");
	store_open(&s);

	struct pack *pack = pack_new(s.repo);

	add(pack, GIT_OBJECT_BLOB, noise(s.arena, 30 << 20, 4));
	pack_free(pack);
	assert_string_equal(store_sh(&s, "ls $GIT_DIR/objects/pack"), "");
	store_release(&s);
}

/* Killed, it leaves at most what `git gc` clears away, and nothing that git reads. */
static void a_killed_process_leaves_no_pack(void **state)
{
	struct store s;
	int status;
	pid_t pid;

	(void)state;
	store_init(&s, "echo x >x");
	store_open(&s);
	pid = fork();
	if (!pid) {
		struct pack *pack = pack_new(s.repo);

		add(pack, GIT_OBJECT_BLOB, noise(s.arena, 30 << 20, 4));
		raise(SIGKILL);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_string_equal(store_sh(&s, "ls $GIT_DIR/objects/pack | sed 's/_[^_]*$//'"),
			    "tmp_pack");
	store_sh(&s, "git fsck --strict; git prune --expire=now");
	assert_string_equal(store_sh(&s, "ls $GIT_DIR/objects/pack"), "");
	store_release(&s);
}

/* No room: it says so, and nothing of it stays. */
static void a_full_disk_is_a_failure(void **state)
{
	static const size_t sizes[] = { 20 << 20, 3000 };
	struct store s;
	struct rlimit old, low;

	(void)state;
	store_init(&s, "echo x >x");
	store_open(&s);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	signal(SIGXFSZ, SIG_IGN);
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct pack *pack = pack_new(s.repo);
		git_oid id;
		int r;

		low = (struct rlimit){ 2000, old.rlim_max };
		assert_int_equal(setrlimit(RLIMIT_FSIZE, &low), 0);
		r = pack_add(pack, GIT_OBJECT_BLOB, noise(s.arena, sizes[i], i), &id);
		if (!r)
			r = pack_finish(pack);
		assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
		assert_int_equal(r, -1);
		assert_non_null(strstr(fail_message(), "File too large"));
		pack_free(pack);
		assert_string_equal(store_sh(&s, "ls $GIT_DIR/objects/pack"), "");
	}
	signal(SIGXFSZ, SIG_DFL);
	store_release(&s);
}

static void what_is_nowhere_is_not_read(void **state)
{
	struct store s;
	struct slice got;
	git_oid id;

	(void)state;
	store_init(&s, "echo x >x");
	store_open(&s);

	struct pack *pack = pack_new(s.repo);

	memset(&id, 3, sizeof(id));
	assert_int_equal(pack_read(pack, s.arena, &id, &got), 0);
	id = store_id(&s, "main:x");
	assert_int_equal(pack_read(pack, s.arena, &id, &got), 1);
	assert_slice(got, "x\n");
	pack_free(pack);
	store_release(&s);
}

UNIT_MAIN(unit(objects_are_gits_own), unit(nothing_is_written_twice),
	  unit(what_is_counted_on_is_not_cleared_away), unit(deltas_give_the_same_object),
	  unit(what_is_not_finished_leaves_nothing), unit(a_killed_process_leaves_no_pack),
	  unit(a_full_disk_is_a_failure), unit(what_is_nowhere_is_not_read))
