/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/tarball.h"

#include <signal.h>
#include <sys/wait.h>

#include "base/file.h"
#include "kernel/tarfile.h"
#include "store.h"

#define MAKEFILE "VERSION = 6\nPATCHLEVEL = 12\nSUBLEVEL = 7\nEXTRAVERSION =\n"

enum { FILE_ = '0', HARDLINK = '1', SYMLINK = '2', DEVICE = '3', FOLDER = '5', FIFO = '6' };

/* One entry of a tar that no tar program would write. */
struct member {
	const char *path;
	char type;	  /* 0: a file */
	const char *text; /* a file's bytes, a link's target */
};

/*
 * The old format: a block of 512 bytes with everything at its place, then the bytes in full blocks.
 */
static void add_member(struct text *tar, const struct member *m)
{
	static const char zeros[512];
	char type = m->type ? m->type : FILE_;
	size_t bytes = type == FILE_ ? strlen(m->text) : 0;
	char block[513] = { 0 };
	unsigned int sum = 0;

	snprintf(block, 100, "%s", m->path);
	snprintf(block + 100, 8, "%07o", 0644);
	snprintf(block + 124, 12, "%011o", (unsigned int)bytes);
	snprintf(block + 136, 12, "%011o", 1700000000);
	memset(block + 148, ' ', 8);
	block[156] = type;
	if ((type == HARDLINK || type == SYMLINK) && m->text)
		snprintf(block + 157, 100, "%s", m->text);
	memcpy(block + 257, "ustar\00000", 8);
	for (size_t i = 0; i < 512; i++)
		sum += (unsigned char)block[i];
	snprintf(block + 148, 8, "%06o", sum);
	text_add(tar, block, 512);
	if (bytes)
		text_add(tar, m->text, bytes);
	text_add(tar, zeros, (512 - tar->len % 512) % 512);
}

static char *write_tar(struct store *s, const char *name, const struct member *members, size_t n)
{
	char *path = arena_printf(s->arena, "%s/%s", s->dir, name);
	struct text tar __free_text = TEXT_INIT;
	char end[1024] = { 0 };

	for (size_t i = 0; i < n; i++)
		add_member(&tar, &members[i]);
	text_add(&tar, end, sizeof(end));
	assert_ok(file_write(path, text_slice(&tar), 0644));
	return path;
}

static int take(struct store *s, const char *path, struct tarball_answer *answer)
{
	struct tarball_ask ask = { .repo = s->repo, .path = path, .from = "tarball test" };

	return tarball_take(s->arena, &ask, answer);
}

static void begin(struct store *s)
{
	store_init(s, "echo x >x");
	store_open(s);
}

/* Nothing came into the store: no ref, no pack, no leftover. */
static void assert_untouched(struct store *s)
{
	assert_string_equal(
		store_sh(s, "git for-each-ref refs/series/kernel; ls $GIT_DIR/objects/pack"),
		store_sh(s, "git for-each-ref refs/series/kernel/v6.1.1"));
}

/* A folder with all that git keeps of files, and names that sort otherwise with and without '/'. */
#define TREE                                                                                        \
	"mkdir -p linux-6.12.7/a/deep/er linux-6.12.7/empty linux-6.12.7/a.d; cd linux-6.12.7\n"    \
	"printf '" MAKEFILE "' >Makefile; echo '*.o' >.gitignore; echo obj >x.o; : >nothing\n"      \
	"echo 1 >a/b; echo 2 >a-b; echo 3 >a.b; echo 4 >a0; echo 5 >a.d/z; cp a/b a/deep/er/same\n" \
	"echo '#!/bin/sh' >run; chmod 755 run; echo g >group; chmod 654 group\n"                    \
	"ln -s ../a/b a/deep/link; ln -s /abs/olute far; ln -s missing dangling\n"                  \
	"head -c 300000 /dev/urandom >noise; printf 'no newline' >'with space'; echo u >'\303\274mlaut'\n"

static void a_tarball_is_the_tree_that_git_add_makes(void **state)
{
	static const char *const flags[] = { "-c", "-cz", "-cJ", "-cj" };
	struct store s;
	char *tree;

	(void)state;
	store_init(&s, "echo x >x");
	store_sh(&s, TREE);
	tree = store_sh(
		&s,
		"export GIT_DIR=$PWD/other GIT_WORK_TREE=$PWD/linux-6.12.7; git init -q; cd linux-6.12.7\n"
		"git add -A -f . && git write-tree");
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
		struct tarball_answer answer;

		store_sh(
			&s,
			"git update-ref -d refs/series/kernel/v6.12.7; tar %s -f t.tar linux-6.12.7",
			flags[i]);
		store_open(&s);
		assert_ok(take(&s, arena_printf(s.arena, "%s/t.tar", s.dir), &answer));
		assert_string_equal(answer.kernel.name, "v6.12.7");
		assert_string_equal(git_oid_tostr_s(&answer.kernel.tree), tree);
		assert_string_equal(store_sh(&s, "git rev-parse refs/series/kernel/v6.12.7^{tree}"),
				    tree);
		assert_int_equal(answer.files, 18);
		assert_false(answer.had);
		store_check(&s);
	}
	store_release(&s);
}

static void a_tarball_without_a_top_folder_does(void **state)
{
	struct tarball_answer answer;
	struct store s;

	(void)state;
	begin(&s);
	store_sh(&s, TREE "tar -cf ../flat.tar .; tar -cf ../top.tar ../linux-6.12.7 2>/dev/null");
	assert_ok(take(&s, arena_printf(s.arena, "%s/flat.tar", s.dir), &answer));
	assert_string_equal(store_sh(&s, "git ls-tree --name-only refs/series/kernel/v6.12.7 a/"),
			    "a/b\na/deep");
	store_check(&s);
	store_release(&s);
}

static void what_the_store_has_is_not_written_again(void **state)
{
	struct tarball_answer first, second;
	struct store s;

	(void)state;
	begin(&s);
	store_sh(
		&s, TREE
		"cd ..; tar -cJf 1.tar linux-6.12.7\n"
		"sed -i s/7/8/ linux-6.12.7/Makefile; echo new >linux-6.12.7/a/b; tar -cJf 2.tar linux-6.12.7");
	assert_ok(take(&s, arena_printf(s.arena, "%s/1.tar", s.dir), &first));
	assert_ok(take(&s, arena_printf(s.arena, "%s/2.tar", s.dir), &second));
	assert_string_equal(second.kernel.name, "v6.12.8");
	/* Makefile, a/b; the trees of a and the top; the commit. */
	assert_int_equal(second.objects, 5);
	assert_true(second.bytes < 2000 && first.bytes > 300000);
	assert_ok(take(&s, arena_printf(s.arena, "%s/1.tar", s.dir), &first));
	assert_true(first.had);
	assert_string_equal(first.had_from, "tarball test");
	assert_int_equal(first.objects, 0);
	store_check(&s);
	store_release(&s);
}

static void the_same_tarball_is_the_same_commit_anywhere(void **state)
{
	struct tarball_answer a, b;
	struct store one, two;
	char *path;

	(void)state;
	begin(&one);
	begin(&two);
	store_sh(&one, TREE "cd ..; tar --mtime=@1650000000 -cJf 1.tar linux-6.12.7");
	path = arena_printf(one.arena, "%s/1.tar", one.dir);
	assert_ok(take(&one, path, &a));
	assert_ok(take(&two, path, &b));
	assert_true(git_oid_equal(&a.kernel.commit, &b.kernel.commit));
	assert_string_equal(store_sh(&one, "git log --format='%%s %%ct %%an' %s", a.kernel.ref),
			    "Linux 6.12.7 1650000000 series");
	assert_string_equal(store_sh(&one, "git log --format=%%b %s | grep SHA256", a.kernel.ref),
			    arena_printf(one.arena, "SHA256: %s (not verified)",
					 store_sh(&one, "sha256sum 1.tar | cut -d' ' -f1")));
	store_release(&one);
	store_release(&two);
}

static void of_a_path_given_twice_the_last_counts(void **state)
{
	static const struct member members[] = {
		{ .path = "top/Makefile",
		  .text = "VERSION = 5\nPATCHLEVEL = 1\nSUBLEVEL = 0\nEXTRAVERSION =\n" },
		{ .path = "top/f", .text = "old" },
		{ .path = "top/Makefile", .text = MAKEFILE },
		{ .path = "top//./f", .text = "new" },
		{ .path = "top/hard", .type = HARDLINK, .text = "top/f" },
	};
	struct tarball_answer answer;
	struct store s;

	(void)state;
	begin(&s);
	assert_ok(take(&s, write_tar(&s, "t.tar", members, ARRAY_SIZE(members)), &answer));
	assert_string_equal(answer.kernel.name, "v6.12.7");
	assert_string_equal(store_sh(&s, "git show %s:f; echo; git show %s:hard", answer.kernel.ref,
				     answer.kernel.ref),
			    "new\nnew");
	assert_string_equal(store_sh(&s, "git ls-tree -r --name-only %s", answer.kernel.ref),
			    "Makefile\nf\nhard");
	store_release(&s);
}

static void hostile_tarballs_are_refused_and_leave_nothing(void **state)
{
	static const struct {
		struct member member, second;
		const char *why;
	} cases[] = {
		{ { .path = "top/../../evil", .text = "x" },
		  { 0 },
		  "refusing the path 'top/../../evil'" },
		{ { .path = "../evil", .text = "x" }, { 0 }, "refusing the path" },
		{ { .path = "/etc/evil", .text = "x" }, { 0 }, "refusing the path" },
		{ { .path = "top/.git/config", .text = "x" }, { 0 }, "refusing the path" },
		{ { .path = "top/.GIT/hooks/post-checkout", .text = "x" },
		  { 0 },
		  "refusing the path" },
		{ { .path = "top/..", .type = FOLDER }, { 0 }, "refusing the path" },
		{ { .path = "top/line\nbreak", .text = "x" }, { 0 }, "refusing the path" },
		{ { .path = "top/dev", .type = DEVICE },
		  { 0 },
		  "'top/dev': it is a character device" },
		{ { .path = "top/pipe", .type = FIFO }, { 0 }, "it is a fifo" },
		{ { .path = "top/hard", .type = HARDLINK, .text = "/etc/passwd" },
		  { 0 },
		  "refusing the path" },
		{ { .path = "top/hard", .type = HARDLINK, .text = "top/none" },
		  { 0 },
		  "which is not in it" },
		{ { .path = "top/l", .type = SYMLINK, .text = "/tmp" },
		  { .path = "top/l/f", .text = "x" },
		  "'top/l': it is a file and a folder" },
		{ { .path = "top/f/g", .text = "x" },
		  { .path = "top/f", .text = "x" },
		  "it is a file and a folder" },
	};
	struct tarball_answer answer;
	struct store s;

	(void)state;
	begin(&s);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct member members[3] = { { .path = "top/Makefile", .text = MAKEFILE },
					     cases[i].member,
					     cases[i].second };
		char *path = write_tar(&s, "t.tar", members, cases[i].second.path ? 3 : 2);

		assert_fails(take(&s, path, &answer), FAIL_POLICY, cases[i].why);
		assert_untouched(&s);
	}
	store_release(&s);
}

static void what_is_no_kernel_is_refused(void **state)
{
	static const struct {
		struct member members[2];
		const char *why;
	} cases[] = {
		{ { { .path = "top/f", .text = "x" }, { .path = "top/g", .text = "x" } },
		  "no Makefile" },
		{ { { .path = "top/Makefile", .text = "all:\n" },
		    { .path = "top/g", .text = "x" } },
		  "is not a kernel's" },
		{ { { .path = "top/Makefile", .text = MAKEFILE },
		    { .path = "other/f", .text = "x" } },
		  "no Makefile in its one top folder" },
		{ { { .path = "top/Makefile", .text = MAKEFILE },
		    { .path = "stray", .text = "x" } },
		  "no Makefile in its one top folder" },
		{ { { .path = "top/Makefile",
		      .text = "VERSION = 6\nPATCHLEVEL = 12\nSUBLEVEL = 7\nEXTRAVERSION = -mine\n" },
		    { .path = "top/g", .text = "x" } },
		  "says 6.12.7-mine, which is not a release" },
	};
	struct tarball_answer answer;
	struct store s;

	(void)state;
	begin(&s);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *path = write_tar(&s, "t.tar", cases[i].members, 2);

		assert_fails(take(&s, path, &answer), FAIL_USAGE, cases[i].why);
		assert_untouched(&s);
	}
	store_sh(&s, "echo text >t.tar");
	assert_fails(take(&s, arena_printf(s.arena, "%s/t.tar", s.dir), &answer), FAIL_USAGE,
		     "not a tar archive");
	assert_fails(take(&s, s.dir, &answer), FAIL_USAGE, "not a file");
	assert_fails(take(&s, "/nonexistent.tar", &answer), FAIL_USAGE, "No such file");
	store_release(&s);
}

static void another_version_than_asked_for_is_refused(void **state)
{
	static const struct member members[] = { { .path = "linux-6.1/Makefile",
						   .text = MAKEFILE } };
	static const struct version branch = { 6, 12, -1, 0 }, other = { 6, 1, -1, 0 },
				    release = { 6, 12, 8, 0 };
	struct tarball_answer answer;
	struct tarball_ask ask = { .from = "test", .want = &other };
	struct store s;

	(void)state;
	begin(&s);
	ask.repo = s.repo;
	/* The name of the folder and of the file say nothing. */
	ask.path = write_tar(&s, "linux-6.1.tar", members, 1);
	assert_fails(tarball_take(s.arena, &ask, &answer), FAIL_USAGE, "holds v6.12.7, not v6.1");
	ask.want = &release;
	assert_fails(tarball_take(s.arena, &ask, &answer), FAIL_USAGE,
		     "holds v6.12.7, not v6.12.8");
	assert_untouched(&s);
	ask.want = &branch;
	assert_ok(tarball_take(s.arena, &ask, &answer));
	store_release(&s);
}

static void the_hash_decides(void **state)
{
	static const struct member members[] = { { .path = "top/Makefile", .text = MAKEFILE } };
	struct tarball_answer answer;
	struct tarball_ask ask = { .from = "test" };
	struct store s;

	(void)state;
	begin(&s);
	ask.repo = s.repo;
	ask.path = write_tar(&s, "t.tar", members, 1);
	/* What stands behind the archive's end counts too. */
	store_sh(&s, "head -c 700000 /dev/zero >>t.tar");
	ask.sha256 = "0000000000000000000000000000000000000000000000000000000000000000";
	assert_fails(tarball_take(s.arena, &ask, &answer), FAIL_POLICY, "damaged, or another file");
	assert_untouched(&s);
	ask.sha256 = store_sh(&s, "sha256sum t.tar | cut -d' ' -f1");
	assert_ok(tarball_take(s.arena, &ask, &answer));
	assert_null(strstr(store_sh(&s, "git log %s", answer.kernel.ref), "not verified"));
	store_release(&s);
}

static void a_tarball_that_is_cut_off_leaves_nothing(void **state)
{
	static const char *const flags[] = { "-c", "-cz", "-cJ" };
	struct tarball_answer answer;
	struct store s;

	(void)state;
	begin(&s);
	store_sh(&s, TREE);
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
		for (unsigned int cut = 400; cut <= 301000; cut += 60120) {
			store_sh(&s, "tar %s -f t.tar linux-6.12.7; head -c %u t.tar >cut.tar",
				 flags[i], cut);
			assert_int_equal(
				take(&s, arena_printf(s.arena, "%s/cut.tar", s.dir), &answer), -1);
			assert_untouched(&s);
		}
	store_release(&s);
}

struct stop {
	unsigned int after;
	int signal;
};

static bool stop_step(void *data, const char *what, uint64_t done, uint64_t total, const char *unit)
{
	struct stop *stop = data;

	assert_non_null(strstr(what, "t.tar"));
	assert_true(done <= total);
	assert_string_equal(unit, "B");
	if (stop->after--)
		return true;
	if (stop->signal)
		kill(getpid(), stop->signal);
	return false;
}

static void stopped_or_killed_anywhere_it_leaves_nothing_and_starts_again(void **state)
{
	struct tarball_answer answer;
	struct tarball_ask ask = { .from = "test" };
	struct stop stop = { 0 };
	struct progress progress = { stop_step, &stop };
	struct store s;

	(void)state;
	begin(&s);
	ask.repo = s.repo;
	ask.progress = &progress;
	store_sh(
		&s, TREE
		"for i in 1 2 3 4 5 6 7 8 9; do head -c 300000 /dev/urandom >a/$i; done; tar -cf ../t.tar .");
	ask.path = arena_printf(s.arena, "%s/t.tar", s.dir);
	for (unsigned int after = 0; after < 10; after++) {
		int status;
		pid_t pid;

		stop = (struct stop){ .after = after };
		if (!tarball_take(s.arena, &ask, &answer)) {
			/* It was through before it was asked so often. */
			assert_true(after > 2);
			break;
		}
		assert_int_equal(fail_kind(), FAIL_INTERRUPTED);
		assert_untouched(&s);
		stop = (struct stop){ .after = after, .signal = SIGKILL };
		pid = fork();
		if (!pid)
			_exit(tarball_take(s.arena, &ask, &answer) ? 1 : 0);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status));
		assert_untouched(&s);
	}
	store_check(&s);
	store_release(&s);
}

static void a_file_beyond_the_limit_is_refused_while_it_is_read(void **state)
{
	static const struct member members[] = { { .path = "f", .text = "0123456789" } };
	struct text bytes __free_text = TEXT_INIT;
	struct tarentry entry;
	struct tarfile *tarfile;
	struct store s;

	(void)state;
	begin(&s);
	tarfile = tarfile_open(write_tar(&s, "t.tar", members, 1), NULL);
	assert_non_null(tarfile);
	assert_int_equal(tarfile_next(tarfile, &entry), 1);
	assert_fails(tarfile_read(tarfile, 9, &bytes), FAIL_POLICY, "more than");
	tarfile_free(tarfile);
	store_release(&s);
}

static void a_debian_package_is_read_to_the_tar_inside(void **state)
{
	struct tarball_answer answer;
	struct tarball_ask ask = { .from = "test", .member = "./usr/src/linux-source-6.12.tar" };
	struct store s;

	(void)state;
	begin(&s);
	ask.repo = s.repo;
	store_sh(
		&s, TREE
		"cd ..; mkdir -p usr/src usr/share; tar -cJf usr/src/linux-source-6.12.tar.xz linux-6.12.7\n"
		"echo 2.0 >debian-binary; tar -czf control.tar.gz debian-binary; tar -cJf data.tar.xz ./usr\n"
		"ar qc p.deb debian-binary control.tar.gz data.tar.xz");
	ask.path = arena_printf(s.arena, "%s/p.deb", s.dir);
	ask.sha256 = store_sh(&s, "sha256sum p.deb | cut -d' ' -f1");
	assert_ok(tarball_take(s.arena, &ask, &answer));
	assert_int_equal(answer.files, 18);
	ask.member = "./usr/src/linux-source-6.1.tar";
	assert_fails(tarball_take(s.arena, &ask, &answer), FAIL_INFRA,
		     "there is no ./usr/src/linux-source-6.1.tar");
	store_sh(&s, "echo '!<arch>' >p.deb");
	assert_int_equal(tarball_take(s.arena, &ask, &answer), -1);
	store_check(&s);
	store_release(&s);
}

UNIT_MAIN(unit(a_tarball_is_the_tree_that_git_add_makes), unit(a_tarball_without_a_top_folder_does),
	  unit(what_the_store_has_is_not_written_again),
	  unit(the_same_tarball_is_the_same_commit_anywhere),
	  unit(of_a_path_given_twice_the_last_counts),
	  unit(hostile_tarballs_are_refused_and_leave_nothing), unit(what_is_no_kernel_is_refused),
	  unit(another_version_than_asked_for_is_refused), unit(the_hash_decides),
	  unit(a_tarball_that_is_cut_off_leaves_nothing),
	  unit(stopped_or_killed_anywhere_it_leaves_nothing_and_starts_again),
	  unit(a_file_beyond_the_limit_is_refused_while_it_is_read),
	  unit(a_debian_package_is_read_to_the_tar_inside))
