/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The old folder is copied to a hidden name beside it, changed there, read back with
 * series_read_dir(), and exchanged with the old one by renameat2(). Whatever fails before that
 * leaves the series as it was; a leftover hidden folder is not a series' name, so nothing reads it.
 * series.conf is edited through libgit2, which keeps what people wrote around its keys.
 */
#define _GNU_SOURCE /* renameat2() */
#include "patch/import.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <git2.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/fail.h"
#include "base/file.h"
#include "patch/gather.h"
#include "patch/import_part.h"
#include "patch/message.h"

#define COPY_MAX ((size_t)256 * 1024 * 1024)

DEFINE_FREE(config, git_config *, git_config_free(_v))
DEFINE_FREE(folder, char *, if (_v) file_remove_tree(_v))

/* One import on its way. */
struct intake {
	struct arena *arena;
	const struct import_ask *ask;
	struct import *import;
	struct gathered gathered;
	struct series old; /* as it was; n 0 for a new one */
	char *temp;	   /* the folder being made */
};

char *import_series_name(struct arena *arena, const char *subject)
{
	struct text name __free_text = TEXT_INIT;
	const char *p;

	for (p = subject; *p && name.len < 40; p++) {
		if (isalnum((unsigned char)*p))
			text_addc(&name, (char)tolower((unsigned char)*p));
		else if (name.len && name.p[name.len - 1] != '-')
			text_addc(&name, '-');
	}
	/* No half word at the end, unless that is most of it. */
	if (isalnum((unsigned char)*p) && name.len) {
		size_t n = name.len;

		while (n && name.p[n - 1] != '-')
			n--;
		name.len = n > 20 ? n : name.len;
	}
	while (name.len && name.p[name.len - 1] == '-')
		name.len--;
	return name.len ? arena_printf(arena, "%.*s", (int)name.len, text_str(&name)) :
			  arena_strdup(arena, "series");
}

char *import_file_name(struct arena *arena, unsigned int number, const char *subject)
{
	struct text name __free_text = TEXT_INIT;
	bool gap = false;
	size_t max;

	text_addf(&name, "%04u-", number);
	max = name.len + 52;
	for (const char *p = subject; *p && name.len < max; p++) {
		bool dots = *p == '.' && p[1] == '.';

		if ((isalnum((unsigned char)*p) || *p == '.' || *p == '_') && !dots) {
			if (gap && name.p[name.len - 1] != '-')
				text_addc(&name, '-');
			gap = false;
			if (name.len < max)
				text_addc(&name, *p);
		} else if (!dots) {
			gap = true;
		}
	}
	while (name.len > 5 && (name.p[name.len - 1] == '.' || name.p[name.len - 1] == '-'))
		name.len--;
	return arena_printf(arena, "%.*s.patch", (int)name.len, name.p);
}

/* Where each gathered patch goes: its number, and the file name it takes over. */
static int place_patches(struct intake *in)
{
	const struct import_ask *ask = in->ask;
	unsigned int number = ask->number;

	if (number > in->old.n + 1)
		return fail_as(FAIL_USAGE, "series %s has %zu patches: number %u would leave a gap",
			       ask->name, in->old.n, number);
	if (number && number <= in->old.n && !ask->in_place)
		return fail_as(FAIL_USAGE, "series %s has a patch %u (%s); --in-place replaces it",
			       ask->name, number, in->old.items[number - 1].mail.subject);
	if (!number)
		number = (unsigned int)in->old.n + 1;
	for (size_t i = 0; i < in->gathered.n; i++) {
		const struct mail *mail = &in->gathered.items[i];
		struct imported *out = arena_push(in->arena, in->import);
		const struct series_patch *old = NULL;

		out->subject = mail->subject;
		out->given = in->gathered.given[i];
		for (size_t k = 0; !ask->number && k < in->old.n; k++)
			if (!strcmp(in->old.items[k].mail.subject, mail->subject))
				old = &in->old.items[k];
		/* Taken twice, the second time can only conflict with the first. */
		if (old && !ask->in_place)
			return fail_as(
				FAIL_USAGE,
				"series %s has '%s' already, as patch %u; --in-place replaces it",
				ask->name, mail->subject, old->number);
		if (!old && ask->in_place && !ask->number)
			return fail_as(
				FAIL_USAGE,
				"series %s has no patch '%s' to replace; name one with --number",
				ask->name, mail->subject);
		out->number = old ? old->number : number++;
		if (!old && out->number <= in->old.n)
			old = &in->old.items[out->number - 1];
		out->replaced = old;
		out->file = old ? old->file :
				  import_file_name(in->arena, out->number, mail->subject);
		for (size_t k = 0; !old && k < in->old.n; k++)
			if (!strcmp(in->old.items[k].file, out->file))
				return fail_as(FAIL_USAGE, "series %s has a file %s already",
					       ask->name, out->file);
	}
	return 0;
}

int import_check(const struct mail *mails, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (!*mails[i].subject)
			return fail_as(FAIL_USAGE, "a patch by %s has no subject",
				       mails[i].author.name);
		for (size_t k = 0; k < mails[i].diff.n; k++)
			if (mails[i].diff.items[k].binary)
				return fail_as(FAIL_USAGE,
					       "'%s' changes a binary file: a series is text",
					       mails[i].subject);
	}
	return 0;
}

static int check_mails(const struct intake *in)
{
	if (in->ask->upstream && in->gathered.n != 1)
		return fail_as(FAIL_USAGE, "--upstream names one commit, and these are %zu patches",
			       in->gathered.n);
	return import_check(in->gathered.items, in->gathered.n);
}

/* Copy the files of the old folder, not the folders in it. */
static int copy_old(struct intake *in)
{
	struct file_names names = { 0 };
	struct slice text;

	if (file_list(in->arena, in->import->dir, &names) < 0)
		return -1;
	for (size_t i = 0; i < names.n; i++) {
		char *from = arena_printf(in->arena, "%s/%s", in->import->dir, names.items[i]);

		if (file_kind(from) != 2)
			return fail_as(FAIL_USAGE,
				       "%s is no file; move it out of the series' folder", from);
		if (file_read(in->arena, from, COPY_MAX, &text) != 1 ||
		    file_write(arena_printf(in->arena, "%s/%s", in->temp, names.items[i]), text,
			       0666))
			return -1;
	}
	return 0;
}

int import_put_patch(struct arena *arena, const char *path, const struct mail *mail,
		     const char *upstream)
{
	char *message = arena_printf(arena, "%s\n\n%s", mail->subject, mail->body);
	struct mail_style style = { .prefix = "PATCH",
				    .message_id = mail->message_id,
				    .base_commit = mail->base_commit,
				    .from_line = upstream ? upstream : mail->upstream };
	struct text text __free_text = TEXT_INIT, was __free_text = TEXT_INIT,
			 is __free_text = TEXT_INIT;
	struct mail back;

	mail_write(&text, &style, &mail->author, mail->date, mail->date_offset, message,
		   &mail->diff);
	if (mail_parse(arena, text_slice(&text), &back))
		return fail_in("'%s' as it would be written", mail->subject);
	diff_write(&was, &mail->diff);
	diff_write(&is, &back.diff);
	if (!slice_eq(text_slice(&was), text_slice(&is)) ||
	    strcmp(back.subject, mail->subject) != 0)
		return fail("'%s' cannot be written as a mail without changing it", mail->subject);
	return file_write(path, text_slice(&text), 0666);
}

/* quilt's order: the old file, and new names behind it. */
static int write_order(struct intake *in)
{
	char *path = arena_printf(in->arena, "%s/series", in->temp);
	struct text text __free_text = TEXT_INIT;
	struct slice old;
	int r = file_read(in->arena, path, COPY_MAX, &old);

	if (r < 0)
		return -1;
	if (r)
		text_add_slice(&text, old);
	if (text.len && text.p[text.len - 1] != '\n')
		text_addc(&text, '\n');
	for (size_t i = 0; i < in->import->n; i++)
		if (!in->import->items[i].replaced)
			text_addf(&text, "%s\n", in->import->items[i].file);
	return file_write(path, text_slice(&text), 0666);
}

static int set_key(git_config *config, const char *name, const char *value)
{
	return git_config_set_string(config, name, value) ?
		       fail_git("series.conf: cannot set %s", name) :
		       0;
}

static bool has_stable_tag(const struct mail *mail)
{
	for (size_t i = 0; i < mail->ntrailers; i++)
		if (!strcasecmp(mail->trailers[i].key, "Cc") &&
		    strstr(mail->trailers[i].value, "stable@vger.kernel.org"))
			return true;
	return false;
}

int import_put_keys(struct arena *arena, git_config *config, const char *file,
		    const struct mail *mail, const char *upstream, bool replaced)
{
	char *named = message_upstream(arena, slice_of(mail->body));
	char *link = mail->message_id ? arena_printf(arena, LORE_ALL "%s", mail->message_id) : NULL;
	bool tagged = has_stable_tag(mail);

#define KEY(key) arena_printf(arena, "patch.%s." key, file)
	if (!upstream)
		upstream = mail->upstream;
	if (!upstream && named && strlen(named) == 40)
		upstream = named;
	if (upstream && set_key(config, KEY("upstream"), upstream))
		return -1;
	if (link && set_key(config, KEY("link"), link))
		return -1;
	/* Without a prefix nobody said. */
	if (link && mail->prefix && *mail->prefix && !mail->upstream &&
	    set_key(config, KEY("version"), arena_printf(arena, "%u", mail->version)))
		return -1;
	if (replaced)
		return 0; /* the rest is what somebody decided */
	if (!upstream && link &&
	    set_key(config, KEY("mainline"), arena_printf(arena, "Submitted, %s", link)))
		return -1;
	if (set_key(config, KEY("class"),
		    upstream && tagged ? "stable-eligible" :
		    upstream	       ? "distro-only" :
					 "out-of-tree") ||
	    set_key(config, KEY("why"),
		    upstream && tagged ? "upstream and tagged Cc: stable" :
		    upstream	       ? "upstream, not tagged Cc: stable" :
					 WHY_NOT_UPSTREAM))
		return -1;
#undef KEY
	return 0;
}

static int write_conf(struct intake *in)
{
	char *path = arena_printf(in->arena, "%s/series.conf", in->temp);
	const char *title = in->gathered.title ? in->gathered.title : in->gathered.items[0].subject;
	git_config *config __free(config) = NULL;

	if (file_kind(path) == 0 && file_write(path, SLICE(""), 0666))
		return -1;
	if (git_config_open_ondisk(&config, path))
		return fail_git("cannot edit %s", path);
	if (in->import->created && (set_key(config, "series.name", in->ask->name) ||
				    set_key(config, "series.title", title)))
		return -1;
	for (size_t i = 0; i < in->import->n; i++)
		if (import_put_keys(in->arena, config, in->import->items[i].file,
				    &in->gathered.items[i], in->ask->upstream,
				    in->import->items[i].replaced))
			return -1;
	return 0;
}

/* The new folder in the place of the old one. */
static int publish(const struct intake *in)
{
	const char *dir = in->import->dir;

	if (in->import->created)
		return rename(in->temp, dir) ? fail_errno("cannot make %s", dir) : 0;
	if (!renameat2(AT_FDCWD, in->temp, AT_FDCWD, dir, RENAME_EXCHANGE))
		return 0; /* what lies at `temp` now is the old one */
	if (errno != EINVAL && errno != ENOSYS)
		return fail_errno("cannot replace %s", dir);
	/* A file system that cannot exchange: two steps. */
	{
		char *aside = arena_printf(in->arena, "%s.old", in->temp);

		if (rename(dir, aside))
			return fail_errno("cannot move %s away", dir);
		if (rename(in->temp, dir)) {
			int r = fail_errno("cannot replace %s", dir);

			rename(aside, dir);
			return r;
		}
		return file_remove_tree(aside);
	}
}

/* The folder of all series is the lock. */
int import_lock(struct arena *arena, const char *workspace, int *fd)
{
	char *dir = arena_printf(arena, "%s/series", workspace);

	if (file_make_dirs(dir))
		return -1;
	*fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*fd < 0)
		return fail_errno("cannot open %s", dir);
	if (!flock(*fd, LOCK_EX | LOCK_NB))
		return 0;
	return errno == EWOULDBLOCK ? fail_as(FAIL_BUSY, "another import is at work in %s", dir) :
				      fail_errno("cannot lock %s", dir);
}

static int make_temp(struct intake *in)
{
	char *name =
		arena_printf(in->arena, "%s/series/.%s.XXXXXX", in->ask->workspace, in->ask->name);
	mode_t mask = umask(0);

	umask(mask);
	if (!mkdtemp(name))
		return fail_errno("cannot make %s", name);
	in->temp = name;
	return chmod(name, 0777 & ~mask) ? fail_errno("cannot open %s for others", name) : 0;
}

static int take_in(struct intake *in)
{
	char *temp __free(folder) = NULL;
	struct series check;

	if (make_temp(in))
		return -1;
	temp = in->temp;
	if (!in->import->created && copy_old(in))
		return -1;
	for (size_t i = 0; i < in->gathered.n; i++)
		if (import_put_patch(in->arena,
				     arena_printf(in->arena, "%s/%s", in->temp,
						  in->import->items[i].file),
				     &in->gathered.items[i], in->ask->upstream))
			return -1;
	if (write_order(in) || write_conf(in))
		return -1;
	if (series_read_dir(in->arena, in->temp, in->ask->name, &check))
		return fail_in("as it would be");
	return publish(in);
}

int import_mails(struct arena *arena, const struct import_ask *ask, struct import *import)
{
	struct intake in = { .arena = arena, .ask = ask, .import = import };
	int lock __free(fd) = -1, r;

	*import = (struct import){ 0 };
	if (!series_name_ok(ask->name))
		return fail_as(
			FAIL_USAGE,
			"'%s' is no name for a series: lower-case letters, digits, '.', '_', '-', and not 'kernel'",
			ask->name);
	if (ask->upstream &&
	    (strlen(ask->upstream) != 40 || strspn(ask->upstream, "0123456789abcdef") != 40))
		return fail_as(FAIL_USAGE,
			       "--upstream takes a commit of 40 hexadecimal digits, not '%s'",
			       ask->upstream);
	if (import_lock(arena, ask->workspace, &lock))
		return -1;
	import->dir = arena_printf(arena, "%s/series/%s", ask->workspace, ask->name);
	import->created = file_kind(import->dir) == 0;
	if (!import->created && series_read(arena, ask->workspace, ask->name, &in.old))
		return -1;
	if (gather(arena, ask->words, ask->nwords, ask->no_b4, &in.gathered))
		return -1;
	import->by_b4 = in.gathered.by_b4;
	import->refused = in.gathered.refused;
	if (check_mails(&in) || place_patches(&in))
		return -1;
	if (git_libgit2_init() < 0)
		return fail_git("libgit2 does not start");
	r = take_in(&in);
	git_libgit2_shutdown();
	return r;
}
