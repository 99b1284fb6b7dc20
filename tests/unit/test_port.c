/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A series carried onto small kernels: the order of evidence, commits, notes, refs. */
#include "base/file.h"
#include "patch/port.h"
#include "patch/recorded.h"
#include "unit.h"
#include "world.h"

#define UPSTREAM "0123456789abcdef0123456789abcdef01234567"
/* A file that looks like kernel code, with a function of the given body among others. */
#define FILE_OF(before, body)                                                                      \
	"#include <linux/kvm.h>\n\n" before                                                        \
	"static int first(struct vcpu *vcpu)\n{\n\treturn vcpu->first;\n}\n\n"                     \
	"static int second(struct vcpu *vcpu)\n{\n" body "\treturn vcpu->second;\n}\n\n"           \
	"static int third(struct vcpu *vcpu)\n{\n\treturn vcpu->third;\n}\n"

#define OLD FILE_OF("", "\tvcpu->ready = 0;\n")
#define NEW FILE_OF("", "\tvcpu->ready = 1;\n\tfirst(vcpu);\n")
#define NEWER FILE_OF("", "\tvcpu->ready = 1;\n\tfirst(vcpu);\n\tthird(vcpu);\n")
#define SHIFT "/* some\n * lines\n * more\n */\n"

static const struct person backporter = { (char *)"B Porter", (char *)"b@example.org" };

struct fixture {
	struct world world;
	struct series series;
	struct pack *pack;
	struct port port;
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct world *w = &f->world;

	world_init(w);
	world_write(w, "ci/targets.conf", "");
	world_write(w, "series/demo/series", "0001-ready.patch\n0002-third.patch\n");
	world_write(w, "series/demo/series.conf",
		    "[series]\n\tname = demo\n\ttitle = Demo\n"
		    "[patch \"0001-ready.patch\"]\n\tupstream = " UPSTREAM
		    "\n\tclass = stable-eligible\n\twhy = fixes\n"
		    "[patch \"0002-third.patch\"]\n\tclass = out-of-tree\n\twhy = ours\n");
	world_patch(w, "series/demo/0001-ready.patch", "kvm: be ready", "kvm/x86.c", OLD, NEW);
	world_patch(w, "series/demo/0002-third.patch", "kvm: call the third", "kvm/x86.c", NEW,
		    NEWER);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	pack_free(f->pack);
	world_release(&f->world);
	free(f);
	return 0;
}

static void kernel_of(struct fixture *f, const char *version, const char *text)
{
	struct world_file file = { "kvm/x86.c", text };

	world_commit(&f->world, version, NULL, version, &file, 1);
}

/* Port the series onto `name` and give the port; objects are in the store afterwards. */
static struct port *port(struct fixture *f, const char *name)
{
	struct world *w = &f->world;
	struct kernel kernel;
	struct port_ask ask = {
		.repo = w->repo,
		.workspace = w->dir,
		.series = &f->series,
		.kernel = &kernel,
		.backporter = backporter,
		.no_semantic = true,
	};

	assert_ok(series_read(w->arena, w->dir, "demo", &f->series));
	assert_int_equal(repo_kernel(w->repo, w->arena, name, &kernel), 1);
	pack_free(f->pack);
	f->pack = pack_new(w->repo);
	assert_ok(port_series(w->arena, &ask, f->pack, &f->port));
	assert_ok(pack_finish(f->pack));
	return &f->port;
}

static const char *show(struct fixture *f, const git_oid *commit, const char *format)
{
	const char *args[] = { "show", "-s", format, git_oid_tostr_s(commit), NULL };

	return world_git(&f->world, args);
}

static const char *file_at(struct fixture *f, const git_oid *commit)
{
	struct slice text;

	assert_int_equal(repo_read(f->world.repo, f->world.arena, commit, "kvm/x86.c", &text), 1);
	return slice_str(f->world.arena, text);
}

static void a_series_that_fits_lands_exactly(void **state)
{
	struct fixture *f = *state;

	kernel_of(f, "refs/series/kernel/v6.1.3", OLD);

	struct port *p = port(f, "v6.1");

	assert_int_equal(p->items[0].mark, MARK_EXACT);
	assert_int_equal(p->items[1].mark, MARK_EXACT);
	assert_string_equal(file_at(f, &p->commit), NEWER);
	assert_string_equal(p->ref, "refs/series/demo/v6.1.3");
	assert_string_equal(p->branch_ref, "refs/series/demo/v6.1");
	assert_true(p->changed);
}

static void its_commits_keep_author_and_message_and_name_the_upstream_commit(void **state)
{
	struct fixture *f = *state;

	kernel_of(f, "refs/series/kernel/v6.1.3", OLD);

	struct port *p = port(f, "v6.1.3");
	const char *body = show(f, &p->items[0].commit, "--format=%B");

	assert_string_equal(show(f, &p->items[0].commit, "--format=%an <%ae> %ad"),
			    "A U Thor <author@example.org> Tue Nov 14 23:13:20 2023 +0100");
	assert_non_null(strstr(body, "kvm: be ready\n\n[ Upstream commit " UPSTREAM " ]\n"));
	assert_non_null(strstr(body, "Signed-off-by: B Porter <b@example.org>"));
	assert_null(strstr(show(f, &p->items[1].commit, "--format=%B"), "Upstream commit"));
}

static void porting_again_gives_the_same_commit_and_moves_nothing(void **state)
{
	struct fixture *f = *state;
	struct ref_move moves[2];

	kernel_of(f, "refs/series/kernel/v6.1.3", OLD);

	git_oid first = port(f, "v6.1")->commit;
	size_t n = port_moves(&f->port, moves);

	assert_int_equal(n, 2);
	assert_ok(repo_move_refs(f->world.repo, moves, n, "test"));

	struct port *again = port(f, "v6.1");

	assert_true(git_oid_equal(&first, &again->commit));
	assert_false(again->changed);
	assert_int_equal(port_moves(again, moves), 0);
}

static void a_kernel_that_has_the_change_gets_no_commit_for_it(void **state)
{
	struct fixture *f = *state;

	kernel_of(f, "refs/series/kernel/v6.1.9", NEW);

	struct port *p = port(f, "v6.1.9");

	assert_int_equal(p->items[0].mark, MARK_PRESENT);
	assert_false(p->items[0].committed);
	assert_int_equal(p->items[1].mark, MARK_EXACT);
	assert_string_equal(file_at(f, &p->commit), NEWER);
}

static void a_backport_in_history_counts_where_the_text_tells_nothing(void **state)
{
	struct fixture *f = *state;
	struct world_file rewritten = {
		"kvm/x86.c", "static int rewritten(struct vcpu *vcpu)\n{\n\treturn 7;\n}\n"
	};

	kernel_of(f, "refs/series/kernel/v6.1.3", OLD);
	world_commit(&f->world, "refs/heads/linux-6.1.y", "refs/series/kernel/v6.1.3",
		     "kvm: be ready\n\n[ Upstream commit " UPSTREAM " ]\n", NULL, 0);
	world_commit(&f->world, "refs/heads/linux-6.1.y", "refs/heads/linux-6.1.y", "later",
		     &rewritten, 1);

	struct port *p = port(f, "linux-6.1.y");

	assert_int_equal(p->items[0].mark, MARK_PRESENT);
	assert_non_null(strstr(p->items[0].why, "in the history"));
}

static void a_patch_in_conflict_stops_the_series_and_moves_no_ref(void **state)
{
	struct fixture *f = *state;
	struct ref_move moves[2];

	kernel_of(f, "refs/series/kernel/v5.4.1", "static int other(void)\n{\n\treturn 1;\n}\n");

	struct port *p = port(f, "v5.4");

	assert_int_equal(p->items[0].mark, MARK_CONFLICT);
	assert_non_null(p->items[0].why);
	assert_int_equal(p->items[1].mark, MARK_NONE);
	assert_int_equal(port_moves(p, moves), 0);
	assert_true(git_oid_equal(&p->commit, &p->kernel.commit));
}

static void a_recorded_backport_is_used_where_its_pre_image_is(void **state)
{
	struct fixture *f = *state;
	struct world *w = &f->world;
	struct filediff change = { .change = CHANGE_MODIFY };
	struct diff diff = { &change, 1, 1 };
	static const char pre[] = "int other(void)\n{\n\treturn 1;\n}\n";
	static const char post[] = "int other(void)\n{\n\treturn 2;\n}\n";
	char *path;

	kernel_of(f, "refs/series/kernel/v5.4.1", pre);

	struct port *p = port(f, "v5.4");

	assert_int_equal(p->items[0].mark, MARK_CONFLICT);
	change.old_path = change.new_path = (char *)"kvm/x86.c";
	change.old_mode = change.new_mode = 0100644;
	assert_ok(diff_texts(w->arena, slice_of(pre), slice_of(post), RECORDED_CONTEXT, &change));
	assert_ok(recorded_write(w->arena, w->dir, &f->series, &f->series.items[0], &p->kernel,
				 "kvm: be ready\n\nBecause.\n\n[ no second() here ]\n", &diff,
				 &path));
	assert_string_equal(path, arena_printf(w->arena, "%s/backports/demo/v5.4/0001-ready.patch",
					       w->dir));

	p = port(f, "v5.4");
	assert_int_equal(p->items[0].mark, MARK_RECORDED);
	assert_string_equal(p->items[0].note, "no second() here");
	assert_string_equal(file_at(f, &p->items[0].commit), post);

	/* The next release changed those lines: the record no longer speaks for it. */
	kernel_of(f, "refs/series/kernel/v5.4.2", "int other(void)\n{\n\treturn 3;\n}\n");
	p = port(f, "v5.4.2");
	assert_int_equal(p->items[0].mark, MARK_CONFLICT);
	assert_non_null(strstr(p->items[0].why, "its pre-image is not here"));
	assert_string_equal(p->items[0].tried[0].method, "recorded backport");
	assert_non_null(strstr(p->items[0].tried[0].reason, "its pre-image is not here"));
}

static void a_record_answers_only_the_patch_it_was_made_for(void **state)
{
	struct fixture *f = *state;
	struct world *w = &f->world;
	struct filediff change = { .change = CHANGE_MODIFY };
	struct diff diff = { &change, 1, 1 };
	char *path;

	kernel_of(f, "refs/series/kernel/v6.1.3", OLD);
	port(f, "v6.1");
	change.old_path = change.new_path = (char *)"kvm/x86.c";
	change.old_mode = change.new_mode = 0100644;
	assert_ok(diff_texts(w->arena, slice_of(OLD), slice_of(NEWER), RECORDED_CONTEXT, &change));
	assert_ok(recorded_write(w->arena, w->dir, &f->series, &f->series.items[0], &f->port.kernel,
				 "kvm: be ready\n\nBecause.\n", &diff, &path));
	world_patch(w, "series/demo/0001-ready.patch", "kvm: be ready", "kvm/x86.c", OLD,
		    FILE_OF("", "\tvcpu->ready = 2;\n\tfirst(vcpu);\n"));
	world_write(w, "series/demo/series", "0001-ready.patch\n");
	world_write(w, "series/demo/series.conf",
		    "[series]\n\tname = demo\n\ttitle = Demo\n"
		    "[patch \"0001-ready.patch\"]\n\tclass = out-of-tree\n\twhy = ours\n");

	struct port *p = port(f, "v6.1");

	assert_int_equal(p->items[0].mark, MARK_EXACT);
}

static void a_hunk_whose_probe_does_not_hold_is_left_out_and_said(void **state)
{
	struct fixture *f = *state;
	struct world *w = &f->world;

	world_write(w, "series/demo/series.conf",
		    "[series]\n\tname = demo\n\ttitle = Demo\n"
		    "[probe \"ready\"]\n\thas = kvm/x86.c: not_in_there\n"
		    "\tmeaning = the kernel has it\n\totherwise = nothing to make ready\n"
		    "[patch \"0001-ready.patch\"]\n\tclass = out-of-tree\n\twhy = ours\n"
		    "\tcondition = ready kvm/x86.c\n");
	world_write(w, "series/demo/series", "0001-ready.patch\n");
	kernel_of(f, "refs/series/kernel/v6.1.3", OLD);

	struct port *p = port(f, "v6.1.3");

	assert_int_equal(p->items[0].mark, MARK_SKIPPED);
	assert_non_null(strstr(p->items[0].why, "nothing to make ready"));
	assert_non_null(strstr(p->items[0].why, "no not_in_there in kvm/x86.c"));
	assert_true(git_oid_equal(&p->commit, &p->kernel.commit));
}

static void what_differs_is_merged_against_the_kernel_that_the_series_fits(void **state)
{
	struct fixture *f = *state;

	/* The neighbour line differs, so the hunk's context does; the base shows what is whose. */
	static const char drifted[] =
		FILE_OF(SHIFT "static int zeroth(struct vcpu *vcpu)\n{\n\treturn 0;\n}\n\n",
			"\tzeroth(vcpu);\n\tvcpu->ready = 0;\n");

	kernel_of(f, "refs/series/kernel/v6.12.1", OLD);
	kernel_of(f, "refs/series/kernel/v6.1.3", drifted);

	struct port *p = port(f, "v6.1.3");

	assert_true(p->items[0].mark == MARK_CONTEXT || p->items[0].mark == MARK_THREEWAY);
	assert_non_null(p->items[0].note);
	assert_non_null(strstr(file_at(f, &p->items[0].commit),
			       "\tzeroth(vcpu);\n\tvcpu->ready = 1;\n\tfirst(vcpu);\n"));
	assert_non_null(strstr(p->items[0].message, "\n[ "));
}

static void text_that_fits_but_names_what_the_kernel_lacks_does_not_land(void **state)
{
	struct fixture *f = *state;
	struct world *w = &f->world;
	static const char header[] = "struct vcpu {\n\tint first, second, third, ready;\n};\n";
	struct world_file files[] = {
		{ "kvm/x86.c", OLD },
		{ "include/linux/kvm.h", "void fourth(struct vcpu *vcpu);\n" },
	};

	world_patch(w, "series/demo/0001-ready.patch", "kvm: be ready", "kvm/x86.c", OLD,
		    FILE_OF("", "\tvcpu->ready = 1;\n\tfourth(vcpu);\n"));
	world_write(w, "series/demo/series", "0001-ready.patch\n");
	world_write(w, "series/demo/series.conf",
		    "[series]\n\tname = demo\n\ttitle = Demo\n"
		    "[patch \"0001-ready.patch\"]\n\tclass = out-of-tree\n\twhy = ours\n");
	world_commit(w, "refs/series/kernel/v6.12.1", NULL, "v6.12.1", files, 2);
	files[1].text = header;
	world_commit(w, "refs/series/kernel/v6.1.3", NULL, "v6.1.3", files, 2);
	assert_int_equal(port(f, "v6.12.1")->items[0].mark, MARK_EXACT);

	struct port *p = port(f, "v6.1.3");

	assert_int_equal(p->items[0].mark, MARK_CONFLICT);
	assert_non_null(
		strstr(p->items[0].why, "v6.1.3 has no 'fourth', which is there in v6.12.1"));
	assert_true(git_oid_equal(&p->tree, &p->kernel.tree));
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_series_that_fits_lands_exactly),
		CASE(its_commits_keep_author_and_message_and_name_the_upstream_commit),
		CASE(porting_again_gives_the_same_commit_and_moves_nothing),
		CASE(a_kernel_that_has_the_change_gets_no_commit_for_it),
		CASE(a_backport_in_history_counts_where_the_text_tells_nothing),
		CASE(a_patch_in_conflict_stops_the_series_and_moves_no_ref),
		CASE(a_recorded_backport_is_used_where_its_pre_image_is),
		CASE(a_record_answers_only_the_patch_it_was_made_for),
		CASE(a_hunk_whose_probe_does_not_hold_is_left_out_and_said),
		CASE(what_differs_is_merged_against_the_kernel_that_the_series_fits),
		CASE(text_that_fits_but_names_what_the_kernel_lacks_does_not_land),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("port", tests, NULL, NULL) ? 1 : 0;
}
