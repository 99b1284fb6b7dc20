/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An archive has mails of everybody, and some of them are broken: one that is gets counted, and the others are read. What a
 * user names is another matter: there a mail that cannot be read is said and ends it.
 */
#include "patch/pile.h"

#include "base/fail.h"
#include "base/file.h"
#include "patch/mbox.h"

#define PILE_FILE_MAX ((size_t)256 * 1024 * 1024)

const struct pile_mail *pile_find(const struct pile *pile, const char *id)
{
	unsigned int number;

	if (!id || !pile->ids || !names_find(pile->ids, slice_of(id), &number))
		return NULL;
	return &pile->items[pile->by_id.items[number]];
}

/* Unless a mail of that id is there. */
static void add_mail(struct arena *arena, struct pile *pile, const struct pile_mail *mail)
{
	const char *id = mail->mail.message_id;

	if (id && pile_find(pile, id))
		return;
	if (!pile->ids)
		pile->ids = names_new(arena);
	if (id) {
		/* Numbers are given in order, from 0. */
		names_number(pile->ids, slice_of(id));
		*arena_push(arena, &pile->by_id) = pile->n;
	}
	*arena_push(arena, pile) = *mail;
}

int pile_add(struct arena *arena, struct slice text, const char *where, bool strict,
	     struct pile *pile)
{
	struct mbox mbox;

	mbox_split(arena, text, &mbox);
	if (!mbox.n && strict)
		return fail_as(FAIL_USAGE, "%s: no mail in it", where);
	for (size_t i = 0; i < mbox.n; i++) {
		struct pile_mail one = { .raw = mbox.items[i].raw };

		if (mail_parse(arena, one.raw, &one.mail)) {
			/* A mail counts its lines from its own first one. */
			if (strict || fail_kind() == FAIL_INTERRUPTED)
				return mbox.n > 1 ? fail_in("%s, mail at line %zu", where,
							    mbox.items[i].line) :
						    fail_in("%s", where);
			if (!pile->unread++)
				pile->why = arena_printf(arena, "%s, mail at line %zu: %s", where,
							 mbox.items[i].line, fail_message());
			fail_clear();
			continue;
		}
		add_mail(arena, pile, &one);
	}
	return 0;
}

static int read_file(struct arena *arena, const char *path, bool strict, struct pile *pile)
{
	struct slice text;
	int r = file_read(arena, path, PILE_FILE_MAX, &text);

	if (r < 0)
		return -1;
	/* Gone since its folder was listed: a maildir's mails are renamed. */
	return r ? pile_add(arena, text, path, strict, pile) : 0;
}

static int read_folder(struct arena *arena, const char *path, bool strict, struct pile *pile)
{
	struct file_names names = { 0 };

	if (file_list(arena, path, &names) < 0)
		return -1;
	for (size_t i = 0; i < names.n; i++) {
		char *file = arena_printf(arena, "%s/%s", path, names.items[i]);

		if (names.items[i][0] != '.' && file_kind(file) == 2 &&
		    read_file(arena, file, strict, pile))
			return -1;
	}
	return 0;
}

int pile_read(struct arena *arena, const char *path, bool strict, struct pile *pile)
{
	static const char *const parts[] = { "", "/cur", "/new" };
	int kind = file_kind(path);

	if (kind < 0)
		return -1;
	if (!kind)
		return fail_as(FAIL_USAGE, "there is no %s", path);
	if (kind != 1)
		return read_file(arena, path, strict, pile);
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		char *dir = arena_printf(arena, "%s%s", path, parts[i]);

		if (file_kind(dir) == 1 && read_folder(arena, dir, strict, pile))
			return -1;
	}
	return 0;
}

void pile_write(struct text *mbox, const struct pile_mail *mail)
{
	struct slice rest = mail->raw, line;
	bool first = true;

	text_adds(mbox, "From mboxrd@z Thu Jan  1 00:00:00 1970\n");
	for (; slice_line(&rest, &line); first = false) {
		size_t quoted = 0;

		if (first && slice_starts(line, "From "))
			continue;
		while (quoted < line.n && line.p[quoted] == '>')
			quoted++;
		if (slice_starts(slice_skip(line, quoted), "From "))
			text_addc(mbox, '>');
		text_add_slice(mbox, line);
		text_addc(mbox, '\n');
	}
	text_addc(mbox, '\n');
}
