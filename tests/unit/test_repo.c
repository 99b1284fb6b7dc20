/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "store.h"

static const char files[] = "mkdir -p a/deep; echo one >a/x; echo two >a/deep/y; ln -s a link\n"
			    "seq 30000 >long; echo top >z";

/* Kernels as a clone of linux-stable has them, and tags that are none. */
static const char tags[] =
	"c=$(git rev-parse main); t=$(git rev-parse main^{tree})\n"
	"commit() { git commit-tree -m $1 $t -p $c; }\n"
	"for v in v5.10.9 v5.10.100 v6.12-rc7 v6.12 v6.12.9 v6.12.73 v6.13-rc1 v6.13-rc2; do\n"
	"	git tag -a -m $v $v $(commit $v)\n"
	"done\n"
	"git tag v6.12.10 $(commit light); git tag v6.12.74-rc1 $(commit x)\n"
	"git tag v6.12.99-dirty $c; git tag verify $c; git tag vault/v6.12.98 $c; git tag v2.6.11 $t\n"
	"git update-ref refs/series/kernel/v6.12.9 $(commit ours)\n"
	"git update-ref refs/series/kernel/v7.0 $(commit seven); git pack-refs --all\n"
	"git update-ref refs/series/other/v6.12.200 $c; git tag v6.12.300+mine $c\n"
	"git update-ref refs/series/kernel/v6.12.301+x $c\n"
	"git update-ref refs/series/tip/v6.12.108-rc1+0123456789ab $(commit tip)";

static int open_and_read(const char *path)
{
	struct repo *repo __free(repo) = NULL;
	struct arena *arena __free(arena) = arena_new();
	struct kernel kernel;
	struct slice text;

	if (repo_open(path, &repo))
		return -1;
	assert_int_equal(repo_kernel(repo, arena, "v6.1.1", &kernel), 1);
	assert_int_equal(repo_read(repo, arena, &kernel.tree, "a/deep/y", &text), 1);
	assert_slice(text, "two\n");
	return 0;
}

static void any_kind_of_repository_opens(void **state)
{
	static const char *const paths[] = { "store.git", "clone",  "clone/.git", "linked",
					     "submodule", "shared", "shallow",	  "scalar" };
	struct store s;

	(void)state;
	store_init(&s, files);
	store_sh(
		&s,
		"unset GIT_DIR; git clone -q store.git clone; cd clone\n"
		"git fetch -q origin '+refs/series/*:refs/series/*'; git worktree add -q ../linked\n"
		"cd ..; mkdir submodule; echo 'gitdir: ../clone/.git' >submodule/.git\n"
		"git clone -q --shared --bare store.git shared\n"
		"git -C shared fetch -q origin '+refs/series/*:refs/series/*'\n"
		"git clone -q --depth 1 file://$PWD/store.git shallow\n"
		"git -C shallow fetch -q --depth 1 origin '+refs/series/*:refs/series/*'\n"
		"git clone -q store.git scalar; cd scalar; git sparse-checkout set --cone a\n"
		"git fetch -q origin '+refs/series/*:refs/series/*'\n"
		"git config extensions.worktreeConfig true; git config extensions.partialClone origin");
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
		assert_ok(open_and_read(arena_printf(s.arena, "%s/%s", s.dir, paths[i])));
	store_release(&s);
}

static void what_is_no_repository_is_refused_by_name(void **state)
{
	struct store s;

	(void)state;
	store_init(&s, files);
	store_sh(&s, "mkdir plain; echo x >file; git init -q --bare newer; cd newer\n"
		     "GIT_DIR=. git config core.repositoryformatversion 1\n"
		     "GIT_DIR=. git config extensions.fromTheFuture true");
	assert_fails(open_and_read(arena_printf(s.arena, "%s/none", s.dir)), FAIL_USAGE, "/none");
	assert_fails(open_and_read(arena_printf(s.arena, "%s/plain", s.dir)), FAIL_USAGE, "/plain");
	assert_fails(open_and_read(arena_printf(s.arena, "%s/file", s.dir)), FAIL_USAGE, "/file");
	assert_fails(open_and_read(arena_printf(s.arena, "%s/newer", s.dir)), FAIL_USAGE,
		     "fromthefuture");
	assert_fails(repo_open_or_create(arena_printf(s.arena, "%s/plain", s.dir), &s.repo),
		     FAIL_USAGE, "/plain");
	assert_null(s.repo);
	assert_ok(repo_open_or_create(arena_printf(s.arena, "%s/new/store.git", s.dir), &s.repo));
	assert_string_equal(
		store_sh(&s, "git --git-dir=new/store.git rev-parse --is-bare-repository"), "true");
	store_release(&s);
}

static void paths_are_found_or_not(void **state)
{
	struct store s;
	struct repo_entry entry;
	struct repo_names names;
	struct slice text;
	git_oid commit, tree;

	(void)state;
	store_init(&s, files);
	store_open(&s);
	commit = store_id(&s, "main");
	tree = store_id(&s, "main^{tree}");
	assert_int_equal(repo_entry(s.repo, &commit, "a/deep/y", &entry), 1);
	assert_int_equal(entry.mode, 0100644);
	assert_int_equal(repo_entry(s.repo, &tree, "", &entry), 1);
	assert_true(git_oid_equal(&entry.id, &tree));
	assert_int_equal(repo_entry(s.repo, &tree, "a/none", &entry), 0);
	assert_int_equal(repo_entry(s.repo, &tree, "a/x/none", &entry), 0);
	assert_int_equal(repo_entry(s.repo, &tree, "a//x", &entry), 0);
	assert_int_equal(repo_read(s.repo, s.arena, &tree, "a", &text), 0);
	assert_int_equal(repo_read(s.repo, s.arena, &tree, "link/x", &text), 0);
	assert_int_equal(repo_read(s.repo, s.arena, &tree, "link", &text), 1);
	assert_slice(text, "a");
	assert_int_equal(repo_list(s.repo, s.arena, &tree, "a", &names), 1);
	assert_int_equal(names.n, 2);
	assert_string_equal(names.items[1].name, "x");
	assert_int_equal(names.items[0].entry.mode, 040000);
	assert_int_equal(repo_list(s.repo, s.arena, &tree, "a/x", &names), 0);
	memset(&commit, 7, sizeof(commit));
	assert_int_equal(repo_entry(s.repo, &commit, "a", &entry), 0);
	store_release(&s);
}

/* Packed by git, so that deltas are among them. */
static void blobs_are_read_from_any_pack(void **state)
{
	struct store s;
	struct slice text, again;
	git_oid id, tree;

	(void)state;
	store_init(&s, files);
	store_sh(&s, "export GIT_WORK_TREE=$PWD/first; for i in 1 2 3 4 5 6; do\n"
		     "	sed -i \"${i}000s/$/ changed/\" first/long; git add -A; git commit -qm $i\n"
		     "done; git repack -adfq --depth=10 --window=10");
	store_open(&s);
	for (int i = 0; i < 6; i++) {
		id = store_id(&s, arena_printf(s.arena, "main~%d:long", i));
		tree = store_id(&s, arena_printf(s.arena, "main~%d^{tree}", i));
		assert_int_equal(repo_blob(s.repo, s.arena, &id, &text), 1);
		assert_int_equal(repo_read(s.repo, s.arena, &tree, "long", &again), 1);
		assert_true(slice_eq(text, again));
		assert_int_equal(git_odb_hash(&tree, text.p, text.n, GIT_OBJECT_BLOB), 0);
		assert_true(git_oid_equal(&id, &tree));
	}
	assert_int_equal(repo_blob_by_prefix(s.repo, s.arena,
					     store_sh(&s, "git rev-parse --short=12 main:a/x"),
					     &text),
			 1);
	assert_slice(text, "one\n");
	assert_int_equal(repo_blob_by_prefix(s.repo, s.arena, store_sh(&s, "git rev-parse main:a"),
					     &text),
			 0);
	assert_int_equal(repo_blob_by_prefix(s.repo, s.arena, "0123456789ab", &text), 0);
	assert_int_equal(repo_blob_by_prefix(s.repo, s.arena, "x", &text), 0);
	assert_int_equal(repo_blob_by_prefix(s.repo, s.arena, "nonsense", &text), 0);
	memset(&id, 9, sizeof(id));
	assert_int_equal(repo_blob(s.repo, s.arena, &id, &text), 0);
	id = store_id(&s, "main^{tree}");
	assert_int_equal(repo_blob(s.repo, s.arena, &id, &text), 0);
	store_release(&s);
}

static void a_damaged_object_is_a_failure(void **state)
{
	struct store s;
	struct slice text;
	git_oid tree;

	(void)state;
	store_init(&s, files);
	tree = store_id(&s, "main^{tree}");
	store_sh(&s, "id=$(git rev-parse main:long); f=$GIT_DIR/objects/$(echo $id | cut -c1-2)/"
		     "$(echo $id | cut -c3-); chmod u+w $f; dd if=/dev/zero of=$f bs=1 seek=3000 "
		     "count=500 conv=notrunc status=none; rm -f $GIT_DIR/objects/"
		     "$(git rev-parse main:z | sed 's,..,&/,')");
	store_open(&s);
	assert_int_equal(repo_read(s.repo, s.arena, &tree, "long", &text), -1);
	assert_fails(repo_read(s.repo, s.arena, &tree, "z", &text), FAIL_INFRA, "z");
	store_release(&s);
}

static void kernels_come_in_order_of_version(void **state)
{
	static const char *const want[] = { "v5.10.9",	    "v5.10.100", "v6.1.1",    "v6.12-rc7",
					    "v6.12",	    "v6.12.9",	 "v6.12.10",  "v6.12.73",
					    "v6.12.74-rc1", "v6.13-rc1", "v6.13-rc2", "v7.0" };
	struct store s;
	struct kernels kernels;

	(void)state;
	store_init(&s, files);
	store_sh(&s, "%s", tags);
	store_open(&s);
	assert_ok(repo_kernels(s.repo, s.arena, &kernels));
	assert_int_equal(kernels.n, ARRAY_SIZE(want));
	for (size_t i = 0; i < kernels.n; i++) {
		const struct kernel *k = &kernels.items[i];
		git_oid commit = store_id(&s, arena_printf(s.arena, "%s^{commit}", k->ref));
		git_oid tree = store_id(&s, arena_printf(s.arena, "%s^{tree}", k->ref));

		assert_string_equal(k->name, want[i]);
		assert_true(git_oid_equal(&k->commit, &commit));
		assert_true(git_oid_equal(&k->tree, &tree));
	}
	assert_string_equal(kernels.items[5].ref, "refs/series/kernel/v6.12.9");
	assert_string_equal(kernels.items[6].ref, "refs/tags/v6.12.10");
	store_release(&s);
}

static void a_name_stands_for_what_people_mean(void **state)
{
	static const struct {
		const char *asked, *name, *ref;
	} cases[] = {
		{ "v6.12", "v6.12.73", "refs/tags/v6.12.73" },
		{ "6.12", "v6.12.73", "refs/tags/v6.12.73" },
		{ "v6.12.9", "v6.12.9", "refs/series/kernel/v6.12.9" },
		{ "v6.12.10", "v6.12.10", "refs/tags/v6.12.10" },
		{ "v6.12.74-rc1", "v6.12.74-rc1", "refs/tags/v6.12.74-rc1" },
		{ "v6.13", "v6.13-rc2", "refs/tags/v6.13-rc2" },
		{ "v5.10", "v5.10.100", "refs/tags/v5.10.100" },
		{ "v7.0", "v7.0", "refs/series/kernel/v7.0" },
		{ "v6.12.108-rc1+0123456789ab", "v6.12.108-rc1+0123456789ab",
		  "refs/series/tip/v6.12.108-rc1+0123456789ab" },
		{ "v6.12.300+mine", "v6.12.300+mine", "refs/tags/v6.12.300+mine" },
		{ "main", "main", "refs/heads/main" },
		{ "refs/tags/verify", "refs/tags/verify", "refs/tags/verify" },
		{ "v6.12.99-dirty", "v6.12.99-dirty", "refs/tags/v6.12.99-dirty" },
		{ "series/other/v6.12.200", "series/other/v6.12.200",
		  "refs/series/other/v6.12.200" },
	};
	struct store s;
	struct kernel k;

	(void)state;
	store_init(&s, files);
	store_sh(&s, "%s", tags);
	store_open(&s);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		if (repo_kernel(s.repo, s.arena, cases[i].asked, &k) != 1)
			fail_msg("%s is not found: %s", cases[i].asked, fail_message());

		git_oid commit = store_id(&s, arena_printf(s.arena, "%s^{commit}", cases[i].ref));

		assert_string_equal(k.asked, cases[i].asked);
		assert_string_equal(k.name, cases[i].name);
		assert_string_equal(k.ref, cases[i].ref);
		assert_true(git_oid_equal(&k.commit, &commit));
	}

	const char *hex = store_sh(&s, "git rev-parse --short main");

	assert_int_equal(repo_kernel(s.repo, s.arena, hex, &k), 1);
	assert_null(k.ref);
	assert_string_equal(k.name, hex);
	assert_int_equal(repo_kernel(s.repo, s.arena, "v6.14", &k), 0);
	assert_int_equal(repo_kernel(s.repo, s.arena, "v6.12.11", &k), 0);
	assert_int_equal(repo_kernel(s.repo, s.arena, "no/such", &k), 0);
	assert_int_equal(repo_kernel(s.repo, s.arena, "", &k), 0);
	assert_int_equal(repo_kernel(s.repo, s.arena, "..", &k), 0);
	assert_int_equal(repo_kernel(s.repo, s.arena, "v2.6.11", &k), 0);
	store_release(&s);
}

static void refs_move_together(void **state)
{
	struct store s;
	git_oid first, second, none = { { 0 } }, id;

	(void)state;
	store_init(&s, files);
	store_sh(&s, "git update-ref refs/heads/second $(git commit-tree -m 2 main^{tree})\n"
		     "git update-ref refs/series/k/packed main; git pack-refs --all");
	first = store_id(&s, "main");
	second = store_id(&s, "second");
	store_open(&s);

	struct ref_move make[] = { { "refs/series/k/v6.12.73", none, first },
				   { "refs/series/k/v6.12", none, first },
				   { "refs/series/k/packed", first, second } };
	struct ref_move move[] = { { "refs/series/k/v6.12.73", first, second },
				   { "refs/series/k/v6.12", first, none },
				   { "refs/series/k/packed", second, none } };

	assert_ok(repo_move_refs(s.repo, make, 3, "apply"));
	assert_int_equal(repo_ref(s.repo, "refs/series/k/v6.12", &id), 1);
	assert_true(git_oid_equal(&id, &first));
	assert_string_equal(store_sh(&s, "git rev-parse series/k/packed"),
			    git_oid_tostr_s(&second));
	assert_ok(repo_move_refs(s.repo, move, 3, "apply"));
	assert_int_equal(repo_ref(s.repo, "refs/series/k/v6.12", &id), 0);
	assert_string_equal(store_sh(&s, "git for-each-ref --format='%%(refname)' refs/series/k"),
			    "refs/series/k/v6.12.73");
	store_check(&s);
	store_release(&s);
}

static void a_ref_that_moved_meanwhile_moves_none(void **state)
{
	struct store s;
	git_oid first, second, none = { { 0 } };

	(void)state;
	store_init(&s, files);
	store_sh(&s, "git update-ref refs/heads/second $(git commit-tree -m 2 main^{tree})\n"
		     "git update-ref refs/series/k/b second");
	first = store_id(&s, "main");
	second = store_id(&s, "second");
	store_open(&s);

	struct ref_move stale[] = { { "refs/series/k/a", none, first },
				    { "refs/series/k/b", first, second } };
	struct ref_move there[] = { { "refs/series/k/a", none, first },
				    { "refs/series/k/b", none, first } };
	struct ref_move gone[] = { { "refs/series/k/b", second, first },
				   { "refs/series/k/a", first, second } };

	assert_fails(repo_move_refs(s.repo, stale, 2, "x"), FAIL_BUSY, "refs/series/k/b");
	assert_fails(repo_move_refs(s.repo, there, 2, "x"), FAIL_BUSY, "refs/series/k/b");
	assert_fails(repo_move_refs(s.repo, gone, 2, "x"), FAIL_BUSY, "refs/series/k/a");
	store_sh(&s, "touch $GIT_DIR/refs/series/k/c.lock");

	struct ref_move locked[] = { { "refs/series/k/b", second, first },
				     { "refs/series/k/c", none, first } };

	assert_fails(repo_move_refs(s.repo, locked, 2, "x"), FAIL_BUSY, "refs/series/k/c");
	assert_string_equal(store_sh(&s, "git rev-parse refs/series/k/b"),
			    git_oid_tostr_s(&second));
	assert_string_equal(store_sh(&s,
				     "find $GIT_DIR/refs/series/k -type f | sort | sed 's,.*/,,'"),
			    "b\nc.lock");
	store_release(&s);
}

/* Everything of a clone but new objects and refs/series/ is as it was. */
static void the_rest_of_a_clone_stays_as_it_is(void **state)
{
	static const char sums[] =
		"cd clone; find . -type f ! -path './.git/objects/*' ! -path './.git/refs/series/*' "
		"! -path './.git/packed-refs' -print0 | sort -z | xargs -0 sha1sum; "
		"git --git-dir=.git for-each-ref refs/heads refs/tags refs/remotes; "
		"git --git-dir=.git status --porcelain; cat .git/HEAD; find . -type d "
		"! -path './.git/objects/*' ! -path './.git/refs/series*' | sort";
	struct store s;
	git_oid first, none = { { 0 } };
	char *before;

	(void)state;
	store_init(&s, files);
	store_sh(
		&s,
		"unset GIT_DIR; git clone -q store.git clone; cd clone; git checkout -q -b topic\n"
		"echo dirty >>z; echo staged >staged; git add staged; echo untracked >untracked\n"
		"git config core.logAllRefUpdates always; git pack-refs --all; git status >/dev/null");
	first = store_id(&s, "main");
	before = store_sh(&s, "unset GIT_DIR; %s", sums);
	s.path = arena_printf(s.arena, "%s/clone", s.dir);
	store_open(&s);

	struct ref_move move = { "refs/series/k/v6.1", none, first };

	assert_ok(repo_move_refs(s.repo, &move, 1, "apply"));
	s.path = arena_printf(s.arena, "%s/clone/.git", s.dir);
	assert_string_equal(store_sh(&s, "git rev-parse series/k/v6.1"), git_oid_tostr_s(&first));
	store_sh(&s, "rm -rf clone/.git/logs/refs/series");
	assert_string_equal(store_sh(&s, "unset GIT_DIR; %s", sums), before);
	store_release(&s);
}

UNIT_MAIN(unit(any_kind_of_repository_opens), unit(what_is_no_repository_is_refused_by_name),
	  unit(paths_are_found_or_not), unit(blobs_are_read_from_any_pack),
	  unit(a_damaged_object_is_a_failure), unit(kernels_come_in_order_of_version),
	  unit(a_name_stands_for_what_people_mean), unit(refs_move_together),
	  unit(a_ref_that_moved_meanwhile_moves_none), unit(the_rest_of_a_clone_stays_as_it_is))
