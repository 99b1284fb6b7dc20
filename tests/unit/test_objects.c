/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "patch/objects.h"

#include "base/file.h"
#include "patch/pack.h"
#include "store.h"

/* A store with every form there is: chains of deltas, plain and loose objects. */
static const char script[] =
	"export GIT_WORK_TREE=$PWD/first; for i in 1 2 3 4 5 6 7 8; do\n"
	"	seq $i 400 >first/file; echo $i >first/other; git add -A; git commit -qm $i\n"
	"done; rm -f $GIT_DIR/index; git repack -adfq --depth=8 --window=10\n"
	"echo loose | git hash-object -w --stdin >/dev/null";

static char *all_ids(struct store *s)
{
	return store_sh(s, "git cat-file --batch-all-objects --batch-check='%%(objectname)'");
}

static struct objects *open_objects(struct store *s)
{
	return objects_open(arena_printf(s->arena, "%s/objects", s->path));
}

static void what_is_read_is_what_git_reads(void **state)
{
	struct store s;
	struct slice ids, line, bytes;
	size_t n = 0;

	(void)state;
	store_init(&s, "seq 300 >file");
	store_sh(&s, script);

	struct objects *objects = open_objects(&s);

	ids = slice_of(all_ids(&s));
	while (slice_line(&ids, &line)) {
		git_object_t type;
		git_oid id, same;

		assert_int_equal(git_oid_fromstrn(&id, line.p, line.n), 0);
		assert_true(objects_has(objects, &id));
		assert_true(objects_read(objects, s.arena, &id, &type, &bytes));
		pack_id(type, bytes, &same);
		assert_true(git_oid_equal(&id, &same));
		n++;
	}
	assert_true(n > 30);
	objects_free(objects);
	store_release(&s);
}

static void a_pack_that_comes_later_is_seen_after_a_look(void **state)
{
	struct store s;
	struct slice bytes;
	git_object_t type;
	git_oid id;

	(void)state;
	store_init(&s, "seq 300 >file");

	struct objects *objects = open_objects(&s);

	id = store_id(&s, "main:file");
	assert_true(objects_has(objects, &id));
	store_sh(&s, "git repack -adq; git prune-packed -q");
	assert_false(objects_read(objects, s.arena, &id, &type, &bytes));
	objects_refresh(objects);
	assert_true(objects_read(objects, s.arena, &id, &type, &bytes));
	assert_int_equal(type, GIT_OBJECT_BLOB);
	/* The files may go: what was mapped stays. */
	store_sh(&s, "rm -f $GIT_DIR/objects/pack/*");
	assert_true(objects_read(objects, s.arena, &id, &type, &bytes));
	objects_free(objects);
	store_release(&s);
}

/* Whatever the bytes of a pack or index are, nothing is read or written where it should not be. */
static void a_damaged_pack_is_survived(void **state)
{
	struct store s;
	struct slice good, ids, line, bytes;
	struct file_names names;
	char *dir;
	uint64_t seed = 1;
	size_t wrong = 0;

	(void)state;
	store_init(&s, "seq 300 >file");
	store_sh(&s, script);
	store_sh(&s, "chmod u+w $GIT_DIR/objects/pack/*");
	dir = arena_printf(s.arena, "%s/objects/pack", s.path);
	assert_int_equal(file_list(s.arena, dir, &names), 1);
	ids = slice_of(all_ids(&s));

	for (size_t which = 0; which < names.n; which++) {
		char *path = arena_printf(s.arena, "%s/%s", dir, names.items[which]);

		if (!slice_ends(slice_of(path), ".pack") && !slice_ends(slice_of(path), ".idx"))
			continue;
		assert_int_equal(file_read(s.arena, path, 1 << 24, &good), 1);
		for (int round = 0; round < 150; round++) {
			struct arena *arena = arena_new();
			char *bad = arena_copy(arena, good.p, good.n);
			size_t n = good.n;

			for (int i = 0; i < 1 + round % 4; i++) {
				seed = seed * 6364136223846793005u + 1442695040888963407u;
				bad[(seed >> 20) % (round % 3 ? good.n : 1100)] =
					(char)(seed >> 56);
			}
			if (round % 5 == 0)
				n = (seed >> 33) % good.n;
			assert_ok(file_write(path, (struct slice){ bad, n }, 0644));

			struct objects *objects = open_objects(&s);
			struct slice rest = ids;

			while (slice_line(&rest, &line)) {
				git_object_t type;
				git_oid id;

				git_oid_fromstrn(&id, line.p, line.n);
				wrong += !objects_read(objects, arena, &id, &type, &bytes);
			}
			objects_free(objects);
			arena_free(arena);
		}
		assert_ok(file_write(path, good, 0644));
	}
	assert_true(wrong > 100);
	store_release(&s);
}

UNIT_MAIN(unit(what_is_read_is_what_git_reads), unit(a_pack_that_comes_later_is_seen_after_a_look),
	  unit(a_damaged_pack_is_survived))
