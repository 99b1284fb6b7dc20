/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The series' own folder is written first and read back; records and semantic patches are tried against what was read. A file
 * is named by its patch's number and title, as import names it; one that keeps both keeps its name.
 */
#include "patch/renewal.h"

#include <unistd.h>

#include "base/fail.h"
#include "base/file.h"
#include "patch/import.h"
#include "patch/import_part.h"
#include "patch/recorded.h"
#include "patch/renewal_part.h"
#include "patch/succession.h"

#define FOLDER_FILE_MAX ((size_t)256 * 1024 * 1024)

DEFINE_FREE(config, git_config *, git_config_free(_v))

const struct renewed_patch *renewal_successor(const struct renewal *renewal,
					      const struct series_patch *old)
{
	for (size_t i = 0; i < renewal->n; i++)
		if (renewal->items[i].old == old && renewal->items[i].number)
			return &renewal->items[i];
	return NULL;
}

void renewal_remark(struct arena *arena, struct renewal *renewal, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	*arena_push(arena, &renewal->remarks) = arena_vprintf(arena, fmt, ap);
	va_end(ap);
}

/* A name's part behind "0001-". */
static const char *behind_number(const char *file)
{
	return strspn(file, "0123456789") == 4 && file[4] == '-' ? file + 5 : file;
}

/* The name of a patch that was there: its number is brought up to date, its words where the title changed. */
static char *file_of(struct arena *arena, const struct series_patch *old, const struct mail *mail,
		     unsigned int number)
{
	if (mail && strcmp(mail->subject, old->mail.subject) != 0)
		return import_file_name(arena, number, mail->subject);
	if (number == old->number || behind_number(old->file) == old->file)
		return old->file;
	return arena_printf(arena, "%04u-%s", number, behind_number(old->file));
}

static int compare_forms(struct renewed_patch *item, const struct mail *mail)
{
	const struct mail *old = &item->old->mail;
	char was[41], is[41];

	if (patch_id(&old->diff, was) || patch_id(&mail->diff, is))
		return -1;
	item->other_id = strcmp(was, is) != 0;
	if (!succession_same_change(&old->diff, &mail->diff))
		/* White space alone is no other change. */
		item->kind = item->other_id ? RENEWAL_CHANGED : RENEWAL_WORDS;
	else
		item->kind = item->other_id || strcmp(old->subject, mail->subject) != 0 ||
					     strcmp(old->body, mail->body) != 0 ?
				     RENEWAL_WORDS :
				     RENEWAL_SAME;
	return 0;
}

static int add_item(struct arena *arena, const struct renewal_ask *ask, struct renewal *renewal,
		    const struct successor *place)
{
	struct renewed_patch *item = arena_push(arena, renewal);
	const struct mail *mail = NULL;

	item->number = (unsigned int)renewal->n;
	if (place->now != SUCCESSION_NONE) {
		mail = &ask->gathered->items[place->now];
		item->given = ask->gathered->given[place->now];
	}
	if (place->old == SUCCESSION_NONE) {
		item->kind = RENEWAL_ADDED;
		item->file = import_file_name(arena, item->number, mail->subject);
		item->subject = mail->subject;
		return 0;
	}
	item->old = &ask->series->items[place->old];
	item->kind = RENEWAL_SAME;
	if (mail && compare_forms(item, mail))
		return -1;
	item->file = file_of(arena, item->old, mail, item->number);
	item->subject = mail ? mail->subject : item->old->mail.subject;
	for (size_t i = 0; i < ask->nupstreams; i++)
		if (ask->upstreams[i].number == item->old->number)
			item->upstream = ask->upstreams[i].id;
	return 0;
}

/* The items, and of each the new mail. */
static int list_items(struct arena *arena, const struct renewal_ask *ask, struct renewal *renewal,
		      const struct mail ***mails)
{
	static const struct gathered nothing;
	const struct gathered *gathered = ask->gathered ? ask->gathered : &nothing;
	const bool *replaced = ask->replaced;
	struct succession succession;

	if (!replaced)
		replaced = arena_alloc(arena, (ask->series->n + 1) * sizeof(*replaced));
	succession_find(arena, ask->series, replaced, gathered->items, gathered->n, &succession);
	*mails = arena_alloc(arena, (succession.n + succession.ndropped + 1) * sizeof(**mails));
	for (size_t i = 0; i < succession.n; i++) {
		if (add_item(arena, ask, renewal, &succession.items[i]))
			return -1;
		if (succession.items[i].now != SUCCESSION_NONE)
			(*mails)[i] = &gathered->items[succession.items[i].now];
	}
	for (size_t i = 0; i < succession.n; i++)
		for (size_t k = 0; k < i; k++)
			if (!strcmp(renewal->items[i].file, renewal->items[k].file))
				return fail_as(FAIL_USAGE, "two patches would be %s",
					       renewal->items[i].file);
	for (size_t i = 0; i < succession.ndropped; i++) {
		const struct series_patch *old = &ask->series->items[succession.dropped[i]];

		*arena_push(arena, renewal) = (struct renewed_patch){
			.kind = RENEWAL_DROPPED,
			.old = old,
			.file = old->file,
			.subject = old->mail.subject,
		};
	}
	return succession.n ?
		       0 :
		       fail_as(FAIL_USAGE, "no patch of %s would be left", ask->series->name);
}

/* The files of the series' folder that are no patches of it: kept as they are. */
static int copy_rest(struct arena *arena, const struct renewal_ask *ask, const char *to)
{
	struct file_names names = { 0 };

	if (file_list(arena, ask->series->dir, &names) < 0)
		return -1;
	for (size_t i = 0; i < names.n; i++) {
		char *from = arena_printf(arena, "%s/%s", ask->series->dir, names.items[i]);
		bool patch = !strcmp(names.items[i], "series");

		for (size_t k = 0; k < ask->series->n; k++)
			patch |= !strcmp(names.items[i], ask->series->items[k].file);
		if (!patch &&
		    renewal_copy(arena, from, arena_printf(arena, "%s/%s", to, names.items[i])))
			return -1;
	}
	return 0;
}

static int write_patches(struct arena *arena, const struct renewal_ask *ask,
			 const struct renewal *renewal, const struct mail *const *mails,
			 const char *to)
{
	for (size_t i = 0; i < renewal->n; i++) {
		const struct renewed_patch *item = &renewal->items[i];
		char *path = arena_printf(arena, "%s/%s", to, item->file);
		int r;

		if (!item->number)
			continue;
		if (file_kind(path))
			return fail_as(FAIL_USAGE, "%s/%s is there already, and is no patch of it",
				       ask->series->dir, item->file);
		/* One that says the same as before stays byte for byte, but where its mail is another one. */
		if (mails[i])
			r = import_put_patch(arena, path, mails[i],
					     item->upstream ? item->upstream :
					     item->old	    ? item->old->upstream :
							      NULL);
		else
			r = renewal_copy(arena,
					 arena_printf(arena, "%s/%s", ask->series->dir,
						      item->old->file),
					 path);
		if (r)
			return -1;
	}
	return 0;
}

/* quilt's order: comments stay above the patch that they stood above. */
static int write_order(struct arena *arena, const struct renewal_ask *ask,
		       const struct renewal *renewal, const char *to)
{
	struct text out __free_text = TEXT_INIT, comments __free_text = TEXT_INIT;
	struct slice text, line;

	if (file_read(arena, arena_printf(arena, "%s/series", ask->series->dir), FOLDER_FILE_MAX,
		      &text) != 1)
		return fail_in("%s/series", ask->series->dir);
	/* At its head only: further down nobody knows what they are about. */
	while (slice_line(&text, &line) && (slice_starts(line, "#") || slice_blank(line)))
		text_addf(&out, SLICE_FMT "\n", SLICE_ARG(line));
	for (size_t i = 0; i < renewal->n; i++)
		if (renewal->items[i].number)
			text_addf(&out, "%s\n", renewal->items[i].file);
	return file_write(arena_printf(arena, "%s/series", to), text_slice(&out), 0666);
}

static int write_keys(struct arena *arena, const struct renewal *renewal,
		      const struct mail *const *mails, const char *path)
{
	git_config *config __free(config) = NULL;

	if (git_config_open_ondisk(&config, path))
		return fail_git("cannot edit %s", path);
	for (size_t i = 0; i < renewal->n; i++) {
		const struct renewed_patch *item = &renewal->items[i];

		if (item->number && mails[i] &&
		    import_put_keys(arena, config, item->file, mails[i], item->upstream,
				    item->old != NULL))
			return -1;
		if (item->number && !mails[i] && item->upstream &&
		    git_config_set_string(config,
					  arena_printf(arena, "patch.%s.upstream", item->file),
					  item->upstream))
			return fail_git("series.conf: cannot set patch.%s.upstream", item->file);
	}
	return 0;
}

int renewal_make(struct arena *arena, const struct renewal_ask *ask, const char *dir,
		 struct renewal *renewal)
{
	const char *name = ask->series->name;
	char *to = arena_printf(arena, "%s/series/%s", dir, name);
	char *conf = arena_printf(arena, "%s/series.conf", to);
	const struct mail **mails;

	*renewal = (struct renewal){ .dir = arena_strdup(arena, dir) };
	if ((ask->gathered && import_check(ask->gathered->items, ask->gathered->n)) ||
	    renewal_digest(arena, ask->workspace, name, renewal->digest) || file_make_dirs(to) ||
	    list_items(arena, ask, renewal, &mails) || copy_rest(arena, ask, to) ||
	    write_patches(arena, ask, renewal, mails, to) || write_order(arena, ask, renewal, to) ||
	    renewal_conf(arena, ask, renewal, mails, conf) ||
	    write_keys(arena, renewal, mails, conf))
		return -1;
	for (size_t i = 0; i < 2; i++)
		if (renewal_copy(arena,
				 arena_printf(arena, "%s/%s/%s", ask->workspace, renewal_folders[i],
					      name),
				 arena_printf(arena, "%s/%s/%s", dir, renewal_folders[i], name)))
			return -1;
	if (series_read(arena, dir, name, &renewal->series))
		return fail_in("as it would be");
	/* The workspace says so, and what is new in it is not the semantic patches. */
	renewal->series.trusted = ask->series->trusted;
	return renewal_records(arena, ask, renewal) || renewal_rules(arena, ask, renewal) ? -1 : 0;
}
