/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "patch/recorded.h"

#include "base/fail.h"
#include "base/file.h"
#include "patch/version.h"

#define RECORD_MAX ((size_t)16 << 20) /* bytes of one record */

DEFINE_FREE(git_diff, git_diff *, if (_v) git_diff_free(_v))

int patch_id(const struct diff *diff, char id[41])
{
	struct text text __free_text = TEXT_INIT;
	git_diff *parsed __free(git_diff) = NULL;
	git_oid oid;

	diff_write(&text, diff);
	if (git_diff_from_buffer(&parsed, text_str(&text), text.len) ||
	    git_diff_patchid(&oid, parsed, NULL))
		return fail_git("patch-id");
	git_oid_tostr(id, 41, &oid);
	return 0;
}

/* "Series-Kernel: v6.1.187" of the lines below "---"; NULL without. */
static char *note_value(struct arena *arena, const struct mail *mail, const char *key)
{
	/* Without a diff a mail is all body, what stands below its "---" included. */
	struct slice rest = slice_of(mail->diff.n ? mail->notes : mail->body), line;

	while (slice_line(&rest, &line)) {
		if (!slice_starts(line, key))
			continue;
		line = slice_skip(line, strlen(key));
		if (slice_starts(line, ":"))
			return slice_str(arena, slice_trim(slice_skip(line, 1)));
	}
	return NULL;
}

/* The last "[ ... ]" paragraph of the message that is not its upstream line, without brackets. */
static char *bracket_note(struct arena *arena, const struct mail *mail)
{
	struct slice rest = slice_of(mail->body), line, found = { 0 };

	while (slice_line(&rest, &line)) {
		const char *start = line.p;

		if (!slice_starts(line, "[ ") || slice_starts(line, "[ Upstream commit"))
			continue;
		while (!slice_ends(line, " ]") && slice_line(&rest, &line) && !slice_blank(line))
			;
		if (slice_ends(line, " ]"))
			found = (struct slice){ start, (size_t)(line.p + line.n - start) };
	}
	if (!found.n)
		return NULL;
	return slice_str(arena, (struct slice){ found.p + 2, found.n - 4 });
}

/* The folders that may hold a record for this kernel, the more exact one first. */
static size_t record_dirs(struct arena *arena, const char *workspace, const struct series *series,
			  const struct kernel *kernel, char *dirs[2])
{
	struct version v;
	size_t n = 0;

	if (strchr(kernel->name, '/') || kernel->name[0] == '.')
		return 0;
	dirs[n++] =
		arena_printf(arena, "%s/backports/%s/%s", workspace, series->name, kernel->name);
	if (version_parse(slice_of(kernel->name), &v) && v.patch >= 0)
		dirs[n++] = arena_printf(arena, "%s/backports/%s/v%u.%u", workspace, series->name,
					 v.major, v.minor);
	return n;
}

static int record_read(struct arena *arena, const char *path, const struct series_patch *patch,
		       struct recorded *recorded)
{
	struct slice text;
	char id[41];
	int r = file_read(arena, path, RECORD_MAX, &text);

	if (r <= 0)
		return r;
	*recorded = (struct recorded){ .path = arena_strdup(arena, path) };
	if (mail_parse(arena, text, &recorded->mail))
		return fail_in("%s", path);
	recorded->kernel = note_value(arena, &recorded->mail, "Series-Kernel");
	recorded->patch_id = note_value(arena, &recorded->mail, "Series-Patch-Id");
	recorded->carried = note_value(arena, &recorded->mail, "Series-Carried-From");
	recorded->note = bracket_note(arena, &recorded->mail);
	if (patch_id(&patch->mail.diff, id))
		return -1;
	recorded->current = recorded->patch_id && !strcmp(recorded->patch_id, id);
	return 1;
}

int recorded_find(struct arena *arena, const char *workspace, const struct series *series,
		  const struct series_patch *patch, const struct kernel *kernel,
		  struct recorded *recorded)
{
	char *dirs[2];
	size_t n = record_dirs(arena, workspace, series, kernel, dirs);

	for (size_t i = 0; i < n; i++) {
		char *path = arena_printf(arena, "%s/%s", dirs[i], patch->file);
		int r = record_read(arena, path, patch, recorded);

		if (r == 1)
			recorded->name = recorded->path + strlen(workspace) + 1;
		if (r)
			return r;
	}
	return 0;
}

static void refuse(struct arena *arena, struct ladder_answer *answer, char *why)
{
	struct hunk_fate *fate;

	*answer = (struct ladder_answer){ .mark = MARK_CONFLICT };
	fate = arena_push(arena, answer);
	fate->mark = MARK_CONFLICT;
	fate->path = "";
	fate->evidence = why;
}

int recorded_apply(struct arena *arena, struct repo *repo, const struct recorded *recorded,
		   struct draft *draft, struct ladder_answer *answer)
{
	struct ladder_ask ask = {
		.diff = &recorded->mail.diff,
		.repo = repo,
		.methods = LADDER_ONLY(MARK_EXACT),
	};

	if (!recorded->current) {
		refuse(arena, answer,
		       arena_printf(arena,
				    "%s answers an older form of this patch (patch-id %.12s)",
				    recorded->name,
				    recorded->patch_id ? recorded->patch_id : "not said"));
		return 0;
	}
	if (!recorded->mail.diff.n) {
		*answer = (struct ladder_answer){ .mark = MARK_SKIPPED };
		return 0;
	}
	if (ladder_apply(arena, &ask, draft, answer))
		return fail_in("%s", recorded->name);
	if (answer->mark == MARK_CONFLICT) {
		refuse(arena, answer,
		       arena_printf(arena, "%s was made for %s, and its pre-image is not here",
				    recorded->name,
				    recorded->kernel ? recorded->kernel : "another kernel"));
		return 0;
	}
	answer->mark = MARK_RECORDED;
	for (size_t i = 0; i < answer->n; i++) {
		answer->items[i].mark = MARK_RECORDED;
		answer->items[i].evidence = arena_printf(
			arena, "recorded in %s for %s%s: its pre-image, %u lines around, is here",
			recorded->name, recorded->kernel ? recorded->kernel : "this branch",
			recorded->carried ? ", carried over from an older form of the patch" : "",
			RECORDED_CONTEXT);
		answer->items[i].note = recorded->note;
	}
	return 0;
}

int recorded_write(struct arena *arena, const char *workspace, const struct series *series,
		   const struct series_patch *patch, const struct kernel *kernel,
		   const char *message, const struct diff *diff, char **path)
{
	struct text text __free_text = TEXT_INIT, out __free_text = TEXT_INIT;
	struct mail_style style = { .prefix = "PATCH", .number = 1, .total = 1 };
	char *dirs[2], id[41];
	size_t n = record_dirs(arena, workspace, series, kernel, dirs);
	/* A mail without a diff has no "---", which git am asks for only where one follows. */
	const char *const rule = diff->n ? "\n---\n" : "\n-- \n";
	ptrdiff_t at;

	if (!n)
		return fail_as(FAIL_USAGE,
			       "%s: a record needs a kernel with a name that can be a folder's",
			       kernel->name);
	if (patch_id(&patch->mail.diff, id))
		return -1;
	style.sender = patch->mail.author;
	mail_write(&text, &style, &patch->mail.author, patch->mail.date, patch->mail.date_offset,
		   message, diff);
	at = slice_find(text_slice(&text), slice_of(rule));
	if (at < 0)
		return fail("%s: the mail written for it does not end its message", patch->file);
	text_add(&out, text.p, (size_t)at);
	text_addf(&out, "\n---\nSeries-Kernel: %s\nSeries-Patch-Id: %s\n\n", kernel->name, id);
	text_add_slice(&out, slice_skip(text_slice(&text), (size_t)at + (diff->n ? 5 : 1)));

	/* By branch where there is one: the next release of it mostly has the same pre-image. */
	*path = arena_printf(arena, "%s/%s", dirs[n - 1], patch->file);
	if (file_make_dirs(dirs[n - 1]) || file_write(*path, text_slice(&out), 0644))
		return -1;
	return 0;
}
