/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/srctree.h"

#include <sys/stat.h>

#include "base/file.h"
#include "store.h"

static const char first_files[] =
	"mkdir -p a/deep arch/x86/kvm arch/arm/mach Documentation/deep lone/only swap\n"
	"echo one >a/x; echo two >a/deep/y; seq 2000 >arch/x86/kvm/x86.c; echo z >z; echo s >swap/s\n"
	"echo only >lone/only/file; ln -s a link; ln -s /etc etc; printf 'x\\n' >run; chmod +x run\n"
	"echo arm >arch/arm/mach/arm.c; echo config >arch/arm/Kconfig; echo all >arch/Kconfig\n"
	"echo doc >Documentation/deep/doc; echo config >Documentation/Kconfig.deep; : >empty";
static const char second_files[] =
	"git checkout-index -a; echo new >a/x; rm -r lone link swap z; mkdir -p z link; echo in >z/in\n"
	"echo in >link/in; echo file >swap; mkdir -p arch/arm/new; echo more >arch/arm/new/c.c\n"
	"ln -s nowhere lone";

struct fixture {
	struct store store;
	char *dir;
	git_oid first, second;
	struct srctree_answer answer;
};

static void begin(struct fixture *f)
{
	store_init(&f->store, first_files);
	store_sh(&f->store,
		 "mkdir second; cd second; export GIT_WORK_TREE=.; git read-tree main; %s\n"
		 "git add -A; git commit -qm second; rm -f $GIT_DIR/index",
		 second_files);
	store_open(&f->store);
	f->first = store_id(&f->store, "main~1^{tree}");
	f->second = store_id(&f->store, "main^{tree}");
	f->dir = arena_printf(f->store.arena, "%s/source", f->store.dir);
}

static int lay_with(struct fixture *f, const git_oid *tree, const struct progress *progress)
{
	struct srctree_ask ask = {
		.repo = f->store.repo,
		.dir = f->dir,
		.tree = tree,
		.title = "v6.1.1",
		.progress = progress,
	};

	return srctree_lay(f->store.arena, &ask, &f->answer);
}

static int lay(struct fixture *f, const git_oid *tree)
{
	return lay_with(f, tree, NULL);
}

/* The folder is what git itself would check out, but for what is left out. */
static void assert_holds(struct fixture *f, const char *revision)
{
	git_oid holds,
		tree = store_id(&f->store, arena_printf(f->store.arena, "%s^{tree}", revision));

	store_sh(
		&f->store,
		"rm -rf want; mkdir want; cd want; export GIT_WORK_TREE=. GIT_INDEX_FILE=../index2\n"
		"git read-tree %s; git checkout-index -a; rm ../index2\n"
		"rm -rf Documentation/deep arch/arm/mach arch/arm/new\n"
		"diff -r --no-dereference . ../source\n"
		"find . -type f -perm -100 | sort >../want.x; cd ../source\n"
		"find . -type f -perm -100 | sort | diff ../want.x -",
		revision);
	assert_int_equal(srctree_holds(f->store.arena, f->dir, &holds), 1);
	assert_true(git_oid_equal(&holds, &tree));
}

static int64_t mtime(struct fixture *f, const char *path)
{
	struct stat st;

	assert_int_equal(lstat(arena_printf(f->store.arena, "%s/%s", f->dir, path), &st), 0);
	return (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
}

static void a_tree_is_laid_out_as_git_would_less_what_no_build_reads(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f);
	assert_ok(lay(&f, &f.first));
	assert_true(f.answer.from_nothing);
	assert_int_equal(f.answer.written, 13);
	assert_holds(&f, "main~1");
	assert_int_equal(file_kind(arena_printf(f.store.arena, "%s/Documentation/deep", f.dir)), 0);
	assert_int_equal(file_kind(arena_printf(f.store.arena, "%s/arch/arm/Kconfig", f.dir)), 2);
	store_release(&f.store);
}

static void going_on_rewrites_only_what_differs(void **state)
{
	struct fixture f;
	int64_t was, link;

	(void)state;
	begin(&f);
	assert_ok(lay(&f, &f.first));
	was = mtime(&f, "arch/x86/kvm/x86.c");
	link = mtime(&f, "etc");
	assert_ok(lay(&f, &f.first));
	assert_int_equal(f.answer.written + f.answer.removed, 0);
	assert_ok(lay(&f, &f.second));
	assert_false(f.answer.from_nothing);
	assert_int_equal(f.answer.written, 5);
	assert_int_equal(f.answer.removed, 4);
	assert_holds(&f, "main");
	assert_int_equal(mtime(&f, "arch/x86/kvm/x86.c"), was);
	assert_int_equal(mtime(&f, "etc"), link);
	assert_ok(lay(&f, &f.first));
	assert_holds(&f, "main~1");
	assert_int_equal(mtime(&f, "arch/x86/kvm/x86.c"), was);
	store_release(&f.store);
}

static void a_folder_left_between_two_trees_becomes_whole(void **state)
{
	static const char *const damage[] = {
		"rm -r source/lone; echo half >source/a/x",
		"rm -r source/swap; echo x >source/swap",
		"rm source/link; mkdir source/link; echo half >source/link/in",
		"rm source/z; mkdir source/z; echo half >source/z/in",
	};
	static const char *const ends[] = { "main", "main~1" };
	struct fixture f;
	char first[41], second[41];

	(void)state;
	begin(&f);
	git_oid_tostr(first, sizeof(first), &f.first);
	git_oid_tostr(second, sizeof(second), &f.second);
	for (size_t i = 0; i < ARRAY_SIZE(damage) * 2; i++) {
		assert_ok(lay(&f, &f.first));
		/* As it is when the process dies on its way. */
		store_sh(&f.store, "sed -i 's/ at .*/ moving %s %s/' source.tree; %s", first,
			 second, damage[i / 2]);
		assert_ok(lay(&f, i % 2 ? &f.first : &f.second));
		assert_false(f.answer.from_nothing);
		assert_holds(&f, ends[i % 2]);
	}
	/* Not even the first tree was complete. */
	store_sh(
		&f.store,
		"sed -i 's/ at .*/ moving 0000000000000000000000000000000000000000 %s/' source.tree\n"
		"rm source/run; echo half >source/more",
		second);
	assert_ok(lay(&f, &f.second));
	assert_true(f.answer.from_nothing);
	assert_holds(&f, "main");
	store_release(&f.store);
}

static bool stop(void *data, const char *what, uint64_t done, uint64_t total, const char *unit)
{
	(void)data;
	(void)what;
	(void)done;
	(void)total;
	(void)unit;
	return false;
}

static void a_stop_half_way_is_made_good_by_the_next_run(void **state)
{
	const struct progress progress = { .step = stop };
	struct fixture f;
	git_oid many, holds;

	(void)state;
	begin(&f);
	store_sh(
		&f.store,
		"mkdir many; cd many; export GIT_WORK_TREE=.; git read-tree main; git checkout-index -a\n"
		"mkdir m; for i in $(seq 700); do echo $i >m/$i; done; git add -A; git commit -qm many\n"
		"rm -f $GIT_DIR/index");
	store_open(&f.store);
	many = store_id(&f.store, "main^{tree}");
	assert_ok(lay(&f, &f.first));
	assert_fails(lay_with(&f, &many, &progress), FAIL_INTERRUPTED, "v6.1.1");
	assert_int_equal(srctree_holds(f.store.arena, f.dir, &holds), 0);
	assert_ok(lay(&f, &f.first));
	assert_holds(&f, "main~2");
	assert_fails(lay_with(&f, &many, &progress), FAIL_INTERRUPTED, "v6.1.1");
	assert_ok(lay(&f, &many));
	assert_holds(&f, "main");
	store_release(&f.store);
}

static void a_folder_of_unknown_state_or_of_a_lost_tree_is_laid_anew(void **state)
{
	static const char *const spoilt[] = {
		"rm source.tree",
		"echo 1 >source.tree",
		"rm -r source",
		"sed -i 's/ at .*/ at 1111111111111111111111111111111111111111/' source.tree",
	};
	struct fixture f;

	(void)state;
	begin(&f);
	for (size_t i = 0; i < ARRAY_SIZE(spoilt); i++) {
		assert_ok(lay(&f, &f.first));
		store_sh(&f.store, "%s", spoilt[i]);
		assert_ok(lay(&f, &f.first));
		assert_true(f.answer.from_nothing);
		assert_holds(&f, "main~1");
	}
	store_release(&f.store);
}

/* An entry of a tree as git itself would not write it. */
struct odd {
	const char *mode, *name;
};

static git_oid put(struct fixture *f, git_object_t type, struct slice bytes)
{
	git_odb *odb = NULL;
	git_oid id;

	assert_int_equal(git_repository_odb(&odb, repo_git(f->store.repo)), 0);
	assert_int_equal(git_odb_write(&id, odb, bytes.p, bytes.n, type), 0);
	git_odb_free(odb);
	return id;
}

static void add_odd(struct text *tree, const struct odd *odd, const git_oid *id)
{
	text_addf(tree, "%s %s", odd->mode, odd->name);
	text_addc(tree, '\0');
	text_add(tree, id->id, GIT_OID_RAWSZ);
}

static git_oid odd_tree(struct fixture *f, const struct odd *entries)
{
	struct text tree __free_text = TEXT_INIT;
	git_oid blob = put(f, GIT_OBJECT_BLOB, SLICE("../outside")), folder;

	add_odd(&tree, &(struct odd){ "100644", "x" }, &blob);
	folder = put(f, GIT_OBJECT_TREE, text_slice(&tree));
	text_clear(&tree);
	for (; entries->mode; entries++)
		add_odd(&tree, entries, *entries->mode == '4' ? &folder : &blob);
	return put(f, GIT_OBJECT_TREE, text_slice(&tree));
}

static void hostile_trees_are_refused_and_nothing_is_written_outside(void **state)
{
	static const struct odd trees[][4] = {
		{ { "100644", ".." } },
		{ { "40000", ".." } },
		{ { "40000", ".git" } },
		{ { "100644", "." } },
		{ { "100644", "" } },
		{ { "100644", "a/b" } },
		{ { "100644", "../escape" } },
		{ { "120000", "a" }, { "40000", "a" } },
		{ { "120000", "a" }, { "100644", "a-b" }, { "40000", "a" } },
		{ { "100644", "b" }, { "100644", "a" } },
		{ { "100644", "a" }, { "100644", "a" } },
	};
	struct fixture f;

	(void)state;
	begin(&f);
	store_sh(&f.store, "mkdir outside");
	for (size_t i = 0; i < ARRAY_SIZE(trees); i++) {
		git_oid tree = odd_tree(&f, trees[i]);

		assert_fails(lay(&f, &tree), FAIL_POLICY, "sources of v6.1.1");
		store_sh(&f.store, "test ! -e escape; test ! -e x; test ! -e outside/x");
	}
	store_release(&f.store);
}

static void a_symlink_where_a_folder_was_is_not_followed(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f);
	assert_ok(lay(&f, &f.first));
	store_sh(&f.store,
		 "mkdir outside; echo mine >outside/x; rm -r source/a source/lone\n"
		 "ln -s ../outside source/a; ln -s ../outside source/lone; mkdir outside/only\n"
		 "echo mine >outside/only/file");
	assert_ok(lay(&f, &f.second));
	store_sh(&f.store, "test $(cat outside/x) = mine; test $(cat outside/only/file) = mine\n"
			   "test $(cat source/a/x) = new");
	store_release(&f.store);
}

static void a_tree_that_is_not_there_leaves_the_folder_as_it_is(void **state)
{
	struct fixture f;
	git_oid none;

	(void)state;
	begin(&f);
	assert_ok(lay(&f, &f.first));
	assert_int_equal(git_oid_fromstr(&none, "2222222222222222222222222222222222222222"), 0);
	assert_fails(lay(&f, &none), FAIL_INFRA, "not in the store");
	assert_holds(&f, "main~1");
	store_release(&f.store);
}

UNIT_MAIN(unit(a_tree_is_laid_out_as_git_would_less_what_no_build_reads),
	  unit(going_on_rewrites_only_what_differs),
	  unit(a_folder_left_between_two_trees_becomes_whole),
	  unit(a_stop_half_way_is_made_good_by_the_next_run),
	  unit(a_folder_of_unknown_state_or_of_a_lost_tree_is_laid_anew),
	  unit(hostile_trees_are_refused_and_nothing_is_written_outside),
	  unit(a_symlink_where_a_folder_was_is_not_followed),
	  unit(a_tree_that_is_not_there_leaves_the_folder_as_it_is))
