/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A patch of several files onto a draft: all of it or nothing. */
#include "patch/draft.h"
#include "patch/ladder.h"
#include "unit.h"
#include "world.h"

#define F_C                                                                                        \
	"int f(struct x *x)\n{\n\tint ret = 0;\n\n\tprepare_it(x);\n\tstart_it(x);\n\treturn ret;\n}\n"
#define F_PATCH                                                                                                           \
	"diff --git a/d/f.c b/d/f.c\n--- a/d/f.c\n+++ b/d/f.c\n@@ -3,5 +3,6 @@ int f(struct x *x)\n \tint ret = 0;\n \n " \
	"\tprepare_it(x);\n+\treset_it(x);\n \tstart_it(x);\n \treturn ret;\n"
#define NEW_PATCH                                                                                  \
	"diff --git a/d/new.h b/d/new.h\nnew file mode 100644\n--- /dev/null\n+++ b/d/new.h\n@@ -0,0 +1 @@\n+int a;\n"
#define GONE_PATCH                                                                                 \
	"diff --git a/d/old.h b/d/old.h\ndeleted file mode 100644\n--- a/d/old.h\n+++ /dev/null\n@@ -1 +0,0 @@\n-int b;\n"
#define MODE_PATCH "diff --git a/run.sh b/run.sh\nold mode 100644\nnew mode 100755\n"
#define MOVE_PATCH                                                                                 \
	"diff --git a/d/g.c b/e/g.c\nsimilarity index 100%\nrename from d/g.c\nrename to e/g.c\n"

static struct draft *begin(struct world *world, struct arena *arena, const char *f_c)
{
	const struct world_file files[] = { { "d/f.c", f_c },
					    { "d/old.h", "int b;\n" },
					    { "d/g.c", "int g;\n" },
					    { "run.sh", "true\n" } };
	git_object *commit;
	git_oid id;

	world_init(world);
	world_commit(world, "refs/series/kernel/v6.1", NULL, "kernel", files, ARRAY_SIZE(files));
	assert_int_equal(
		git_revparse_single(&commit, repo_git(world->repo), "refs/series/kernel/v6.1"), 0);
	git_oid_cpy(&id, git_object_id(commit));
	git_object_free(commit);
	return draft_new(arena, world->repo, &id);
}

static enum mark apply(struct arena *arena, struct world *world, struct draft *draft,
		       const char *patch, unsigned int methods, struct ladder_answer *answer)
{
	struct diff *diff = arena_new_of(arena, struct diff);
	struct ladder_ask ask = { .diff = diff, .repo = world->repo, .methods = methods };

	assert_ok(diff_parse(arena, slice_of(patch), diff));
	assert_ok(ladder_apply(arena, &ask, draft, answer));
	return answer->mark;
}

static const char *text_of(struct arena *arena, struct draft *draft, const char *path)
{
	struct slice text;
	int r = draft_read(draft, path, &text, NULL);

	assert_ok(r);
	return r ? slice_str(arena, text) : NULL;
}

static void files_come_go_move_and_change_their_mode(void **state)
{
	struct world world;
	struct draft *draft = begin(&world, *state, "// more\n" F_C);
	struct ladder_answer answer;
	struct slice text;
	unsigned int mode;

	assert_int_equal(apply(*state, &world, draft,
			       F_PATCH NEW_PATCH GONE_PATCH MODE_PATCH MOVE_PATCH, LADDER_ALL,
			       &answer),
			 MARK_EXACT);
	assert_int_equal(answer.n, 5);
	assert_int_equal(answer.items[0].line, 7);
	assert_int_equal(answer.items[0].offset, 1);
	assert_string_equal(text_of(*state, draft, "d/new.h"), "int a;\n");
	assert_null(text_of(*state, draft, "d/old.h"));
	assert_null(text_of(*state, draft, "d/g.c"));
	assert_string_equal(text_of(*state, draft, "e/g.c"), "int g;\n");
	assert_int_equal(draft_read(draft, "run.sh", &text, &mode), 1);
	assert_int_equal(mode, 0100755);
	assert_non_null(strstr(text_of(*state, draft, "d/f.c"), "reset_it"));
	world_release(&world);
}

static void one_file_that_does_not_fit_leaves_all_as_it_was(void **state)
{
	struct world world;
	struct draft *draft = begin(&world, *state, "int other;\n");
	struct ladder_answer answer;

	assert_int_equal(apply(*state, &world, draft, NEW_PATCH GONE_PATCH F_PATCH, LADDER_ALL,
			       &answer),
			 MARK_CONFLICT);
	assert_null(text_of(*state, draft, "d/new.h"));
	assert_non_null(text_of(*state, draft, "d/old.h"));
	assert_int_equal(draft_edited(draft, *state, 0).n, 0);
	assert_int_equal(answer.items[2].mark, MARK_CONFLICT);
	assert_non_null(answer.items[2].evidence);
	world_release(&world);
}

static void a_patch_that_is_there_is_not_applied_again(void **state)
{
	struct world world;
	struct draft *draft = begin(&world, *state, F_C);
	struct ladder_answer answer;

	assert_int_equal(apply(*state, &world, draft, F_PATCH, LADDER_ALL, &answer), MARK_EXACT);
	assert_int_equal(apply(*state, &world, draft, F_PATCH, LADDER_ALL, &answer), MARK_PRESENT);
	assert_null(strstr(strstr(text_of(*state, draft, "d/f.c"), "reset_it") + 1, "reset_it"));
	world_release(&world);
}

static void changed_context_needs_a_method_that_is_allowed(void **state)
{
	struct world world;
	struct draft *draft = begin(
		&world, *state,
		"int f(struct x *x)\n{\n\tint err = 0;\n\n\tprepare_it(x);\n\tstart_it(x);\n\treturn err;\n}\n");
	struct ladder_answer answer;

	assert_int_equal(apply(*state, &world, draft, F_PATCH,
			       LADDER_ONLY(MARK_EXACT) | LADDER_ONLY(MARK_PRESENT), &answer),
			 MARK_CONFLICT);
	assert_int_equal(apply(*state, &world, draft, F_PATCH, LADDER_ALL, &answer), MARK_CONTEXT);
	assert_string_equal(answer.items[0].note, "context adjusted");
	assert_int_equal(answer.items[0].line, 6);
	assert_non_null(strstr(text_of(*state, draft, "d/f.c"),
			       "prepare_it(x);\n\treset_it(x);\n\tstart_it(x);"));
	world_release(&world);
}

UNIT_MAIN(unit(files_come_go_move_and_change_their_mode),
	  unit(one_file_that_does_not_fit_leaves_all_as_it_was),
	  unit(a_patch_that_is_there_is_not_applied_again),
	  unit(changed_context_needs_a_method_that_is_allowed))
