/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A record answers one form of a patch. Where the patch changes other lines now, what the two forms differ in is made on the
 * kernel that the series fits, and put onto the target with the record: if it fits there as it is, once, or stands there
 * already, the record is carried over, and says so. Anything less is for a person: the record stays as it is, and so answers
 * nothing, which is what port says of it.
 */
#include <stdio.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/file.h"
#include "patch/base.h"
#include "patch/known.h"
#include "patch/message.h"
#include "patch/port.h"
#include "patch/recorded.h"
#include "patch/reduce.h"
#include "patch/renewal_part.h"

#define RECORD_MAX ((size_t)16 << 20)

struct carrying {
	struct arena *arena;
	const struct renewal_ask *ask;
	struct renewal *renewal;
	struct pack *pack;
	const char *target; /* "v6.1": folder's name */
	struct kernel kernel;
	const struct renewed_patch *item;
	const struct series_patch *now; /* of the new series */
	struct recorded record;
	struct diff diff; /* of the carried record */
	char *why;	  /* it was not carried, or what makes it sure */
};

/* Not sure: 0, with the reason. */
static int unsure(struct carrying *c, char *why)
{
	c->why = why;
	return 0;
}

/* The target's tree where the new patch starts: 1, 0 with `why`, -1. */
static int tree_before(struct carrying *c, git_oid *before)
{
	struct port_ask ask = {
		.repo = c->ask->scratch,
		.workspace = c->renewal->dir,
		.series = &c->renewal->series,
		.kernel = &c->kernel,
	};
	struct port port;
	size_t at = c->item->number - 1;

	if (port_series(c->arena, &ask, c->pack, &port) || pack_finish(c->pack))
		return -1;
	for (size_t i = 0; i < at; i++)
		if (port.items[i].mark == MARK_CONFLICT)
			return unsure(c, arena_printf(c->arena, "patch %zu conflicts on %s first",
						      i + 1, c->kernel.name));
	*before = port.items[at].before;
	return 1;
}

/* Put a patch onto the draft where it fits exactly: 1, 0, -1. */
static int put_exactly(struct carrying *c, struct draft *draft, const struct diff *diff)
{
	struct ladder_ask ask = {
		.diff = diff,
		.repo = c->ask->scratch,
		.methods = LADDER_ONLY(MARK_EXACT),
	};
	struct ladder_answer answer;

	if (ladder_apply(c->arena, &ask, draft, &answer))
		return -1;
	return answer.mark == MARK_EXACT;
}

static int put_patch(struct carrying *c, struct draft *draft, const struct series_patch *patch)
{
	struct reduced reduced;

	if (reduce(c->arena, patch, draft, &reduced))
		return -1;
	return !reduced.left || put_exactly(c, draft, &reduced.diff);
}

/* The same tree twice, with the old and with the new form of the patch. */
struct forms {
	struct base base;
	struct draft *old, *now;
	struct diff delta;
};

static int make_forms(struct carrying *c, struct forms *forms)
{
	git_oid tree, old, now;
	int r = base_find(c->arena, c->ask->scratch, &c->renewal->series, &forms->base);

	if (r < 0)
		return -1;
	if (!r)
		return unsure(c, "the new version fits exactly on no kernel of the store");
	if (base_advance(c->arena, &forms->base, c->item->number - 1) ||
	    draft_tree(forms->base.draft, c->pack, &tree) || pack_finish(c->pack))
		return -1;
	forms->old = draft_new(c->arena, c->ask->scratch, &tree);
	forms->now = draft_new(c->arena, c->ask->scratch, &tree);
	r = put_patch(c, forms->old, c->item->old);
	if (r == 1)
		r = put_patch(c, forms->now, c->now);
	if (r < 0)
		return -1;
	if (!r)
		return unsure(c, arena_printf(c->arena,
					      "the two versions do not both fit exactly on %s",
					      forms->base.kernel.name));
	if (draft_tree(forms->old, c->pack, &old) || draft_tree(forms->now, c->pack, &now) ||
	    port_diff(c->arena, c->pack, &old, &now, 3, &forms->delta) || pack_finish(c->pack))
		return -1;
	return 1;
}

static int base_lookup(void *data, struct lookup *base)
{
	const struct carrying *c = ((void **)data)[0];
	const struct forms *forms = ((void **)data)[1];

	*base = (struct lookup){ c->ask->scratch, forms->base.kernel.tree, forms->now };
	return 1;
}

/* Does what differs bring a name that the target does not have? */
static int names_ok(struct carrying *c, struct forms *forms, struct draft *draft, size_t since)
{
	void *data[] = { c, forms };
	struct known_ask ask = {
		.target = { c->ask->scratch, c->kernel.tree, draft },
		.since = since,
		.diff = &forms->delta,
		.as_it_is = true,
		.base = base_lookup,
		.data = data,
	};
	struct known_miss miss;
	int r = known_check(c->arena, &ask, &miss);

	if (r == 1)
		return unsure(c, arena_printf(c->arena,
					      "what is new in the patch names '" SLICE_FMT
					      "', which %s does not have",
					      SLICE_ARG(miss.name), c->kernel.name));
	return r < 0 ? -1 : 1;
}

/* What differs between the forms, onto the target with the record. */
static int put_delta(struct carrying *c, struct forms *forms, struct draft *draft)
{
	struct ladder_ask ask = {
		.diff = &forms->delta,
		.repo = c->ask->scratch,
		.base = forms->old,
		.base_name = forms->base.kernel.name,
		.methods = LADDER_ONLY(MARK_PRESENT) | LADDER_ONLY(MARK_EXACT),
	};
	size_t since = draft_point(draft);
	struct ladder_answer answer = { .mark = MARK_PRESENT };

	if (forms->delta.n && ladder_apply(c->arena, &ask, draft, &answer))
		return -1;
	if (answer.mark == MARK_PRESENT)
		c->why = "the record has all that the new version changes";
	else if (answer.mark == MARK_EXACT)
		c->why = "what the versions differ in fits the record as it is";
	else
		return unsure(c, "what the versions differ in does not fit what the record made");
	return answer.mark == MARK_EXACT ? names_ok(c, forms, draft, since) : 1;
}

/* 1: `diff` is the record for the new patch; 0 with `why`; -1. */
static int carry(struct carrying *c)
{
	struct forms forms = { 0 };
	struct draft *draft;
	git_oid before, after;
	int r;

	if (!c->record.mail.diff.n)
		return unsure(c, "it says that nothing is needed, of the old version");
	if (!c->ask->scratch)
		return unsure(c, "there is no kernel store to try it in");
	r = repo_kernel(c->ask->scratch, c->arena, c->target, &c->kernel);
	if (r < 0)
		return -1;
	if (!r)
		return unsure(c, arena_printf(c->arena, "%s is not in the store", c->target));
	r = tree_before(c, &before);
	if (r <= 0)
		return r;
	draft = draft_new(c->arena, c->ask->scratch, &before);
	r = put_exactly(c, draft, &c->record.mail.diff);
	if (!r)
		return unsure(c, arena_printf(c->arena, "what it was made on is not in %s any more",
					      c->kernel.name));
	if (c->item->kind != RENEWAL_CHANGED) {
		c->why = "its patch changes the same lines, with others around them";
	} else {
		if (r == 1)
			r = make_forms(c, &forms);
		if (r == 1)
			r = put_delta(c, &forms, draft);
	}
	if (r <= 0)
		return r;
	if (draft_tree(draft, c->pack, &after) ||
	    port_diff(c->arena, c->pack, &before, &after, RECORDED_CONTEXT, &c->diff))
		return -1;
	return c->diff.n ? 1 : unsure(c, "nothing would be left of it");
}

/* The record anew, in the place of the old one. */
static int write_carried(struct carrying *c, const char *path)
{
	struct message_ask message = { .patch = c->now, .note = c->record.note };
	struct text out __free_text = TEXT_INIT;
	char *dir = arena_printf(c->arena, "%s/carried", c->renewal->dir), *made;
	struct slice text, line;

	if (recorded_write(c->arena, dir, &c->renewal->series, c->now, &c->kernel,
			   message_stable(c->arena, &message), &c->diff, &made) ||
	    file_read(c->arena, made, RECORD_MAX, &text) != 1)
		return -1;
	while (slice_line(&text, &line)) {
		text_addf(&out, SLICE_FMT "\n", SLICE_ARG(line));
		/* Who answered which form stays known over several versions. */
		if (slice_starts(line, "Series-Patch-Id: "))
			text_addf(&out, "Series-Carried-From: %s\n",
				  c->record.carried ? c->record.carried : c->record.patch_id);
	}
	return file_write(path, text_slice(&out), 0644) || file_remove_tree(dir) ? -1 : 0;
}

/* The record of a patch whose lines changed. */
static int renew_record(struct carrying *c, struct renewed_file *file, const char *path)
{
	struct kernel named = { .name = (char *)c->target };
	char was[41];
	int r = recorded_find(c->arena, c->renewal->dir, &c->renewal->series, c->now, &named,
			      &c->record);

	if (r < 0)
		return -1;
	if (!r)
		return fail("%s is not where it was put", path);
	/* Made for the new form already. */
	if (c->record.current)
		return 0;
	if (patch_id(&c->item->old->mail.diff, was))
		return -1;
	file->fate = FATE_STALE;
	if (!c->record.patch_id || strcmp(c->record.patch_id, was) != 0) {
		file->why = "it answered a still older form of the patch";
		return 0;
	}
	r = carry(c);
	if (r < 0)
		return fail_in("%s", file->name);
	if (r && write_carried(c, path))
		return -1;
	if (r)
		file->fate = FATE_CARRIED;
	file->why = c->why;
	return 0;
}

static const struct renewed_patch *item_of(const struct renewal *renewal, const char *old_file)
{
	for (size_t i = 0; i < renewal->n; i++)
		if (renewal->items[i].old && !strcmp(renewal->items[i].old->file, old_file))
			return &renewal->items[i];
	return NULL;
}

/* All files of the folder under the names that they have now; patches may have changed places. */
static int rename_all(struct arena *arena, struct renewal *renewal, const char *target,
		      const char *dir, struct renewed_files *files)
{
	const char *name = renewal->series.name;
	struct file_names names = { 0 };

	if (file_list(arena, dir, &names) < 0)
		return -1;
	for (size_t i = 0; i < names.n; i++) {
		const struct renewed_patch *item = item_of(renewal, names.items[i]);
		struct renewed_file *file;

		if (!item)
			continue;
		file = arena_push(arena, files);
		file->target = target;
		file->number = item->number;
		file->fate = item->number ? FATE_KEPT : FATE_DROPPED;
		file->why = item->number ? NULL : "its patch is not in the new version";
		file->old_name =
			arena_printf(arena, "backports/%s/%s/%s", name, target, names.items[i]);
		file->name = arena_printf(arena, "backports/%s/%s/%s%s", name, target, item->file,
					  item->number ? "" : ".dropped");
		if (rename(arena_printf(arena, "%s/%s", dir, names.items[i]),
			   arena_printf(arena, "%s/.%zu", dir, files->n)))
			return fail_errno("%s", file->old_name);
	}
	for (size_t i = 0; i < files->n; i++)
		if (rename(arena_printf(arena, "%s/.%zu", dir, i + 1),
			   arena_printf(arena, "%s/%s", renewal->dir, files->items[i].name)))
			return fail_errno("%s", files->items[i].name);
	return 0;
}

static int renew_target(struct arena *arena, const struct renewal_ask *ask, struct renewal *renewal,
			const char *target, struct pack *pack)
{
	struct renewed_files files = { 0 };

	if (rename_all(arena, renewal, target,
		       arena_printf(arena, "%s/backports/%s/%s", renewal->dir, renewal->series.name,
				    target),
		       &files))
		return -1;
	/* In the patches' order: a later one stands on what the earlier ones came to. */
	for (unsigned int number = 0; number <= renewal->series.n; number++)
		for (size_t i = 0; i < files.n; i++) {
			struct renewed_file *file = &files.items[i];
			struct carrying c = {
				.arena = arena,
				.ask = ask,
				.renewal = renewal,
				.pack = pack,
				.target = target,
			};

			if (file->number != number)
				continue;
			if (number) {
				c.item = &renewal->items[number - 1];
				c.now = &renewal->series.items[number - 1];
			}
			if (number && c.item->other_id &&
			    renew_record(&c, file,
					 arena_printf(arena, "%s/%s", renewal->dir, file->name)))
				return -1;
			*arena_push(arena, &renewal->files) = *file;
		}
	return 0;
}

int renewal_records(struct arena *arena, const struct renewal_ask *ask, struct renewal *renewal)
{
	char *dir = arena_printf(arena, "%s/backports/%s", renewal->dir, renewal->series.name);
	struct pack *pack __free(pack) = ask->scratch ? pack_new(ask->scratch) : NULL;
	struct file_names targets = { 0 };

	if (file_list(arena, dir, &targets) < 0)
		return -1;
	for (size_t i = 0; i < targets.n; i++)
		if (file_kind(arena_printf(arena, "%s/%s", dir, targets.items[i])) == 1 &&
		    renew_target(arena, ask, renewal, targets.items[i], pack))
			return -1;
	return 0;
}
