/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "patch/draft.h"

#include "store.h"

/* Names that stand around a folder's in git's order: "a.b" < "a/" < "a0". */
static const char first_files[] =
	"mkdir -p a/deep arch/x86/kvm lone/only; echo one >a.b; echo two >a0; echo three >a-b\n"
	"echo four >a/x; echo five >a/deep/y; seq 2000 >arch/x86/kvm/x86.c; echo z >z\n"
	"echo only >lone/only/file; ln -s a link; ln -s /etc etc; printf 'x\\n' >run; chmod +x run";

struct fixture {
	struct store store;
	struct draft *draft;
	struct pack *pack;
	git_oid first;
};

static void begin(struct fixture *f, const char *script)
{
	store_init(&f->store, script);
	store_open(&f->store);
	f->first = store_id(&f->store, "main^{tree}");
	f->draft = draft_new(f->store.arena, f->store.repo, &f->first);
	f->pack = pack_new(f->store.repo);
}

static void end(struct fixture *f)
{
	pack_free(f->pack);
	store_release(&f->store);
}

/* The draft as a tree is what git's index makes of `script`, run in a worktree of the first commit.
 */
static void same_as_git(struct fixture *f, const char *script)
{
	git_oid ours, git;

	assert_ok(draft_tree(f->draft, f->pack, &ours));
	assert_ok(pack_finish(f->pack));
	store_sh(
		&f->store,
		"rm -rf tree; mkdir tree; export GIT_INDEX_FILE=$PWD/index GIT_WORK_TREE=.; rm -f index\n"
		"cd tree; git read-tree main; git checkout-index -a; %s\n"
		"git add -A; git write-tree >../written",
		script);
	assert_int_equal(git_oid_fromstr(&git, store_sh(&f->store, "cat written")), 0);
	if (!git_oid_equal(&ours, &git)) {
		char hex[GIT_OID_HEXSZ + 1];

		fail_msg("%s",
			 store_sh(&f->store, "git diff-tree -r --abbrev %s %s 2>&1",
				  git_oid_tostr(hex, sizeof(hex), &ours), git_oid_tostr_s(&git)));
	}
	store_check(&f->store);
}

static void put(struct fixture *f, const char *path, const char *text, unsigned int mode)
{
	assert_ok(draft_write(f->draft, path, slice_copy(f->store.arena, slice_of(text)), mode));
}

static void an_untouched_draft_is_its_tree(void **state)
{
	struct fixture f;
	git_oid tree, commit;

	(void)state;
	begin(&f, first_files);
	assert_ok(draft_tree(f.draft, f.pack, &tree));
	assert_true(git_oid_equal(&tree, &f.first));
	commit = store_id(&f.store, "main");
	assert_ok(draft_tree(draft_new(f.store.arena, f.store.repo, &commit), f.pack, &tree));
	assert_true(git_oid_equal(&tree, &f.first));
	assert_ok(pack_finish(f.pack));
	assert_string_equal(store_sh(&f.store, "ls $GIT_DIR/objects/pack"), "");
	end(&f);
}

static void edits_give_the_tree_that_git_gives(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, first_files);
	put(&f, "arch/x86/kvm/x86.c", "new\n", 0100644);
	put(&f, "a/deep/y", "FIVE\n", 0100755);
	put(&f, "a/b/c/d/e", "new\n", 0100644);
	put(&f, "a.c", "beside\n", 0100644);
	put(&f, "run", "x\n", 0100644);
	put(&f, "other", "a", 0120000);
	same_as_git(&f, "echo new >arch/x86/kvm/x86.c; echo FIVE >a/deep/y; chmod +x a/deep/y\n"
			"mkdir -p a/b/c/d; echo new >a/b/c/d/e; echo beside >a.c; chmod -x run\n"
			"ln -s a other");
	end(&f);
}

static void a_folder_left_empty_goes(void **state)
{
	struct fixture f;
	struct repo_names names;

	(void)state;
	begin(&f, first_files);
	assert_int_equal(draft_remove(f.draft, "lone/only/file"), 1);
	assert_int_equal(draft_remove(f.draft, "lone/only/file"), 0);
	assert_int_equal(draft_list(f.draft, f.store.arena, "lone", &names), 0);
	same_as_git(&f, "rm -r lone");
	put(&f, "lone/only/other", "back\n", 0100644);
	same_as_git(&f, "rm lone/only/file; mkdir -p lone/only; echo back >lone/only/other");
	end(&f);
}

static void everything_may_go(void **state)
{
	static const char *const all[] = { "a.b",
					   "a0",
					   "a-b",
					   "a/x",
					   "a/deep/y",
					   "z",
					   "link",
					   "arch/x86/kvm/x86.c",
					   "lone/only/file",
					   "etc",
					   "run" };
	struct fixture f;
	git_oid tree;

	(void)state;
	begin(&f, first_files);
	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		assert_int_equal(draft_remove(f.draft, all[i]), 1);
	assert_ok(draft_tree(f.draft, f.pack, &tree));
	assert_string_equal(git_oid_tostr_s(&tree), "4b825dc642cb6eb9a060e54bf8d69288fbee4904");
	end(&f);
}

static void a_file_becomes_a_folder_and_back(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, first_files);
	assert_fails(draft_write(f.draft, "z/in", SLICE("x"), 0100644), FAIL_POLICY, "a file");
	assert_int_equal(draft_remove(f.draft, "z"), 1);
	put(&f, "z/in", "in\n", 0100644);
	same_as_git(&f, "rm z; mkdir z; echo in >z/in");

	assert_fails(draft_write(f.draft, "a", SLICE("x"), 0100644), FAIL_POLICY, "a folder");
	assert_int_equal(draft_remove(f.draft, "a/x"), 1);
	assert_int_equal(draft_remove(f.draft, "a/deep/y"), 1);
	put(&f, "a", "file\n", 0100644);
	same_as_git(&f, "rm z; mkdir z; echo in >z/in; rm -r a; echo file >a");

	assert_int_equal(draft_remove(f.draft, "z/in"), 1);
	put(&f, "z", "z\n", 0100644);
	same_as_git(&f, "rm -r a; echo file >a");
	end(&f);
}

static void nothing_leads_through_a_symlink_or_a_submodule(void **state)
{
	struct fixture f;
	struct slice text;

	(void)state;
	begin(&f, first_files);
	assert_fails(draft_write(f.draft, "link/x", SLICE("x"), 0100644), FAIL_POLICY, "a symlink");
	assert_fails(draft_write(f.draft, "etc/passwd", SLICE("x"), 0100644), FAIL_POLICY,
		     "a symlink");
	assert_int_equal(draft_read(f.draft, "link/x", &text, NULL), 0);
	assert_int_equal(draft_remove(f.draft, "link/x"), 0);
	assert_fails(draft_write(f.draft, "../up", SLICE("x"), 0100644), FAIL_POLICY, "../up");
	assert_fails(draft_write(f.draft, ".git/hooks/x", SLICE("x"), 0100644), FAIL_POLICY,
		     ".git");
	assert_fails(draft_write(f.draft, "", SLICE("x"), 0100644), FAIL_POLICY, "path");
	assert_fails(draft_write(f.draft, "sub", SLICE("x"), 0160000), FAIL_POLICY, "mode");
	assert_int_equal(draft_point(f.draft), 0);
	end(&f);

	begin(&f, "echo y >y");
	store_sh(&f.store,
		 "sub=$(printf '160000 commit %%s\\tsub\\n' $(git rev-parse main) | git mktree)\n"
		 "top=$(printf '040000 tree %%s\\tm\\n' $sub | git mktree)\n"
		 "git update-ref refs/heads/main $(git commit-tree -m sub $top)");
	f.first = store_id(&f.store, "main^{tree}");
	f.draft = draft_new(f.store.arena, f.store.repo, &f.first);
	assert_fails(draft_write(f.draft, "m/sub/x", SLICE("x"), 0100644), FAIL_POLICY,
		     "a submodule");
	assert_fails(draft_write(f.draft, "m/sub", SLICE("x"), 0100644), FAIL_POLICY,
		     "a submodule");
	assert_fails(draft_remove(f.draft, "m/sub"), FAIL_POLICY, "a submodule");
	assert_int_equal(draft_read(f.draft, "m/sub", &text, NULL), 0);
	assert_int_equal(draft_read(f.draft, "m/sub/x", &text, NULL), 0);
	end(&f);
}

static void reads_and_lists_see_the_edits(void **state)
{
	struct fixture f;
	struct slice text;
	struct repo_names names;
	unsigned int mode;
	git_oid id;

	(void)state;
	begin(&f, first_files);
	assert_int_equal(draft_read(f.draft, "run", &text, &mode), 1);
	assert_int_equal(mode, 0100755);
	assert_int_equal(draft_read(f.draft, "a", &text, &mode), 0);
	assert_int_equal(draft_read(f.draft, "a/none", &text, &mode), 0);
	assert_int_equal(draft_read(f.draft, "a/x/none", &text, &mode), 0);
	assert_int_equal(draft_read(f.draft, "link", &text, &mode), 1);
	assert_slice(text, "a");
	put(&f, "a/new", "new\n", 0100755);
	assert_int_equal(draft_read(f.draft, "a/new", &text, &mode), 1);
	assert_slice(text, "new\n");
	assert_int_equal(mode, 0100755);
	assert_int_equal(draft_remove(f.draft, "a/x"), 1);
	assert_int_equal(draft_read(f.draft, "a/x", &text, &mode), 0);
	assert_int_equal(draft_list(f.draft, f.store.arena, "a", &names), 1);
	assert_int_equal(names.n, 2);
	assert_string_equal(names.items[0].name, "deep");
	assert_int_equal(names.items[0].entry.mode, 040000);
	assert_string_equal(names.items[1].name, "new");
	pack_id(GIT_OBJECT_BLOB, SLICE("new\n"), &id);
	assert_true(git_oid_equal(&id, &names.items[1].entry.id));
	assert_int_equal(draft_list(f.draft, f.store.arena, "", &names), 1);
	assert_string_equal(names.items[0].name, "a-b");
	assert_string_equal(names.items[1].name, "a.b");
	assert_string_equal(names.items[2].name, "a");
	assert_string_equal(names.items[3].name, "a0");
	assert_int_equal(draft_list(f.draft, f.store.arena, "z", &names), 0);
	assert_int_equal(draft_list(f.draft, f.store.arena, "none", &names), 0);
	end(&f);
}

static void going_back_undoes_what_came_since(void **state)
{
	struct fixture f;
	struct draft_paths paths;
	struct slice text;
	git_oid tree;
	size_t point;

	(void)state;
	begin(&f, first_files);
	put(&f, "a/x", "kept\n", 0100644);
	point = draft_point(f.draft);
	assert_ok(draft_remove(f.draft, "a/x"));
	assert_ok(draft_remove(f.draft, "a/deep/y"));
	put(&f, "a", "a file now\n", 0100755);
	put(&f, "new/folder/file", "x\n", 0100644);
	put(&f, "a", "again\n", 0100644);
	paths = draft_edited(f.draft, f.store.arena, point);
	assert_int_equal(paths.n, 4);
	assert_string_equal(paths.items[0], "a/x");
	assert_string_equal(paths.items[2], "a");
	assert_string_equal(paths.items[3], "new/folder/file");
	/* A tree in between must not matter. */
	assert_ok(draft_tree(f.draft, f.pack, &tree));
	draft_back(f.draft, point);
	assert_int_equal(draft_point(f.draft), point);
	assert_int_equal(draft_read(f.draft, "a/x", &text, NULL), 1);
	assert_slice(text, "kept\n");
	assert_int_equal(draft_read(f.draft, "new/folder/file", &text, NULL), 0);
	assert_int_equal(draft_edited(f.draft, f.store.arena, 0).n, 1);
	same_as_git(&f, "echo kept >a/x");
	draft_back(f.draft, 0);
	assert_ok(draft_tree(f.draft, f.pack, &tree));
	assert_true(git_oid_equal(&tree, &f.first));
	end(&f);
}

/* Many versions of one file, each a delta on the one before it, and of its folders. */
static void successive_versions_are_small(void **state)
{
	struct fixture f;
	git_oid tree, id;
	struct slice text;

	(void)state;
	begin(&f, first_files);
	for (int i = 0; i < 120; i++) {
		struct text new __free_text = TEXT_INIT;

		assert_int_equal(draft_read(f.draft, "arch/x86/kvm/x86.c", &text, NULL), 1);
		text_add_slice(&new, text);
		new.len = 0;
		text_add(&new, text.p, text.n * (size_t)i / 120);
		text_addf(&new, "inserted %d\n", i);
		text_add_slice(&new, slice_skip(text, text.n * (size_t)i / 120 + 3));
		put(&f, "arch/x86/kvm/x86.c", text_str(&new), 0100644);
		assert_ok(draft_tree(f.draft, f.pack, &tree));
		/* What is not finished is read from the pack all the same. */
		assert_int_equal(pack_read(f.pack, f.store.arena, &tree, &text), 1);
		pack_id(GIT_OBJECT_BLOB, text_slice(&new), &id);
		assert_int_equal(pack_read(f.pack, f.store.arena, &id, &text), 1);
		assert_true(slice_eq(text, text_slice(&new)));
	}
	assert_int_equal(draft_read(f.draft, "arch/x86/kvm/x86.c", &text, NULL), 1);
	assert_ok(pack_finish(f.pack));
	pack_id(GIT_OBJECT_BLOB, text, &id);
	assert_string_equal(store_sh(&f.store, "git cat-file blob %s | git hash-object --stdin",
				     git_oid_tostr_s(&id)),
			    git_oid_tostr_s(&id));
	store_check(&f.store);
	assert_true(atoi(store_sh(&f.store, "cat $GIT_DIR/objects/pack/*.pack | wc -c")) < 60000);
	end(&f);
}

/* Paths that get into each other's way. */
static const char *const model_paths[] = { "a",	    "a/b",   "a/b/c", "a/c",   "a-b",
					   "a.b",   "a0",    "b/a",   "b/a/c", "b",
					   "c/d/e", "c/d/f", "c/d",   "c.d/e", "c-d/e",
					   "x/y/z", "x/y",   "x0",    "x" };
#define MODEL ARRAY_SIZE(model_paths)

static bool in_the_way(const int *model, size_t which)
{
	for (size_t i = 0; i < MODEL; i++) {
		size_t n = strlen(model_paths[i]), m = strlen(model_paths[which]);

		if (model[i] && i != which &&
		    (n < m ? !strncmp(model_paths[i], model_paths[which], n) &&
				     model_paths[which][n] == '/' :
			     !strncmp(model_paths[i], model_paths[which], m) &&
				     model_paths[i][m] == '/'))
			return true;
	}
	return false;
}

/*
 * Any edits in any order, undone and done again: the tree that git makes of what should be there.
 */
static void any_edits_give_the_tree_that_git_gives(void **state)
{
	struct fixture f;
	int model[MODEL] = { 0 }, kept[8][MODEL];
	size_t points[8], npoints = 0;
	uint32_t seed = 4;
	git_oid tree;

	(void)state;
	begin(&f, "echo 1 >a0; mkdir -p x/y; echo 1 >x/y/z");
	model[6] = model[15] = 1;
	for (int round = 1; round <= 3000; round++) {
		size_t which = (seed = seed * 1103515245 + 12345) >> 16 & 0x7fff;
		const char *path = model_paths[which % MODEL];
		unsigned int op = which / MODEL % 16;

		which %= MODEL;
		if (op < 7) {
			char *text = arena_printf(f.store.arena, "%d\n", round);
			bool blocked = in_the_way(model, which);

			assert_int_equal(draft_write(f.draft, path, slice_of(text), 0100644),
					 blocked ? -1 : 0);
			model[which] = blocked ? model[which] : round;
		} else if (op < 13) {
			int r = draft_remove(f.draft, path);

			assert_true(model[which] ? r == 1 : r == 0 || r == -1);
			model[which] = 0;
		} else if (op == 13 && npoints < 8) {
			memcpy(kept[npoints], model, sizeof(model));
			points[npoints++] = draft_point(f.draft);
		} else if (op == 14 && npoints) {
			draft_back(f.draft, points[--npoints]);
			memcpy(model, kept[npoints], sizeof(model));
		} else {
			assert_ok(draft_tree(f.draft, f.pack, &tree));
		}
		if (round % 250)
			continue;

		struct text index __free_text = TEXT_INIT;

		for (size_t i = 0; i < MODEL; i++)
			if (model[i])
				text_addf(
					&index,
					"git update-index --add --cacheinfo 100644,$(echo %d | git hash-object -w --stdin),%s\n",
					model[i], model_paths[i]);
		assert_ok(draft_tree(f.draft, f.pack, &tree));
		assert_ok(pack_finish(f.pack));
		assert_string_equal(
			store_sh(&f.store,
				 "export GIT_INDEX_FILE=$PWD/index; rm -f index\n%sgit write-tree",
				 text_str(&index)),
			git_oid_tostr_s(&tree));
	}
	store_check(&f.store);
	end(&f);
}

UNIT_MAIN(unit(an_untouched_draft_is_its_tree), unit(edits_give_the_tree_that_git_gives),
	  unit(a_folder_left_empty_goes), unit(everything_may_go),
	  unit(a_file_becomes_a_folder_and_back),
	  unit(nothing_leads_through_a_symlink_or_a_submodule), unit(reads_and_lists_see_the_edits),
	  unit(going_back_undoes_what_came_since), unit(successive_versions_are_small),
	  unit(any_edits_give_the_tree_that_git_gives))
