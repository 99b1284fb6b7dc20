/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * b4 knows the archive and the ways of its people, so it is asked wherever there is more than one
 * mail. It gets an mbox made by us, with unfolded headers (0.12 dies on a folded Subject:), and its
 * answer is read like any other mbox. Which trailers it added is found by comparing with the mails
 * as they were.
 */
#include "patch/gather.h"

#include <stdio.h>

#include "base/child.h"
#include "base/fail.h"
#include "base/file.h"
#include "patch/lore.h"
#include "patch/mbox.h"

#define MAIL_MAX ((size_t)256 * 1024 * 1024)
#define B4_OFFLINE_MS (2 * 60 * 1000)
#define B4_ONLINE_MS (5 * 60 * 1000)

DEFINE_FREE(folder, char *, if (_v) file_remove_tree(_v))

static bool is_id(const char *word)
{
	return strchr(word, '@') || !strncmp(word, "https://", 8) || !strncmp(word, "http://", 7);
}

/* The .mbx that b4 left in `dir`. */
static int read_mbx(struct arena *arena, const char *dir, struct mails *mails)
{
	struct file_names names = { 0 };
	struct slice text;

	if (file_list(arena, dir, &names) < 0)
		return -1;
	for (size_t i = 0; i < names.n; i++) {
		if (!slice_ends(slice_of(names.items[i]), ".mbx"))
			continue;
		if (file_read(arena, arena_printf(arena, "%s/%s", dir, names.items[i]), MAIL_MAX,
			      &text) != 1)
			return -1;
		return mail_parse_mbox(arena, text, mails) ? fail_in("what b4 made of the thread") :
							     0;
	}
	return fail("b4 found no series in it");
}

/* Ask b4 for the series that message `id` is of; `mbox` NULL: from the archive. */
static int ask_b4(struct arena *arena, const char *id, const struct text *mbox, struct mails *mails)
{
	char *dir __free(folder) = NULL;
	struct child_answer answer;
	const char *argv[12];
	size_t n = 0;
	char *file;

	if (file_temp_dir(arena, "series-b4", &dir))
		return -1;
	file = arena_printf(arena, "%s/thread", dir);
	argv[n++] = "b4";
	if (mbox) {
		if (file_write(file, text_slice(mbox), 0600))
			return -1;
		argv[n++] = "--offline-mode";
	}
	argv[n++] = "am";
	argv[n++] = "--apply-cover-trailers";
	if (mbox) {
		argv[n++] = "-m";
		argv[n++] = file;
	}
	argv[n++] = "-o";
	argv[n++] = dir;
	argv[n++] = id;
	argv[n] = NULL;
	if (child_run(arena,
		      &(struct child_ask){ .argv = argv,
					   .setenv = lore_environment,
					   .deadline_ms = mbox ? B4_OFFLINE_MS : B4_ONLINE_MS },
		      &answer))
		return -1;
	if (answer.timed_out)
		return fail(
			"b4 took too long over message %s; get the mails as files and import those",
			id);
	if (answer.status)
		return fail(
			mbox ? "b4 could not make a series of the mails (%s): %s" :
			       "b4 could not get message %s (%s); without the network, import the mails as files",
			mbox ? lore_last_words(arena, answer.out, answer.err) : id,
			mbox ? "try --no-b4" : lore_last_words(arena, answer.out, answer.err));
	return read_mbx(arena, dir, mails);
}

/* Add the mail to an mbox, headers unfolded, "From " lines escaped as mboxrd. */
static void add_unfolded(struct text *mbox, struct slice raw)
{
	struct slice rest = raw, line;
	bool headers = true, first = true;

	text_adds(mbox, "From mboxrd@z Thu Jan  1 00:00:00 1970\n");
	for (; slice_line(&rest, &line); first = false) {
		size_t quoted = 0;

		if (line.n && line.p[line.n - 1] == '\r')
			line.n--;
		if (first && slice_starts(line, "From "))
			continue;
		if (headers && line.n && (*line.p == ' ' || *line.p == '\t')) {
			mbox->p[--mbox->len] = '\0';
			text_addc(mbox, ' ');
			line = slice_trim(line);
		}
		headers = headers && line.n;
		while (!headers && quoted < line.n && line.p[quoted] == '>')
			quoted++;
		if (!headers && slice_starts(slice_skip(line, quoted), "From "))
			text_addc(mbox, '>');
		text_add_slice(mbox, line);
		text_addc(mbox, '\n');
	}
	text_addc(mbox, '\n');
}

/* Read a file of mails: parsed into `mails`, and as text for b4 into `mbox`. */
static int read_file(struct arena *arena, const char *path, struct mails *mails, struct text *mbox)
{
	struct slice text;
	struct mails more;
	struct mbox parts;
	int r = file_read(arena, path, MAIL_MAX, &text);

	if (r < 0)
		return -1;
	if (!r)
		return fail_as(FAIL_USAGE, "there is no file %s", path);
	if (mail_parse_mbox(arena, text, &more))
		return fail_in("%s", path);
	for (size_t i = 0; i < more.n; i++)
		*arena_push(arena, mails) = more.items[i];
	mbox_split(arena, text, &parts);
	for (size_t i = 0; i < parts.n; i++)
		add_unfolded(mbox, parts.items[i].raw);
	return 0;
}

static bool has_trailer(const struct mail *mail, const struct trailer *trailer)
{
	for (size_t i = 0; i < mail->ntrailers; i++)
		if (!strcmp(mail->trailers[i].key, trailer->key) &&
		    !strcmp(mail->trailers[i].value, trailer->value))
			return true;
	return false;
}

/* Take b4's series over; the mails as they were (NULL where not known) tell what it added. */
static void take_b4(struct arena *arena, const struct mails *series, const struct mails *before,
		    struct gathered *gathered)
{
	gathered->by_b4 = true;
	gathered->given = arena_alloc(arena, (series->n + 1) * sizeof(*gathered->given));
	for (size_t i = 0; i < series->n; i++) {
		const struct mail *mail = &series->items[i], *was = NULL;

		if (!mail->diff.n)
			continue;
		*arena_push(arena, gathered) = *mail;
		for (size_t k = 0; before && k < before->n; k++)
			if (before->items[k].message_id && mail->message_id &&
			    !strcmp(before->items[k].message_id, mail->message_id))
				was = &before->items[k];
		for (size_t k = 0; was && k < mail->ntrailers; k++)
			if (!has_trailer(was, &mail->trailers[k]))
				*arena_push(arena, &gathered->given[gathered->n - 1]) =
					mail->trailers[k];
	}
}

static void take_thread(struct arena *arena, const struct thread *thread, struct gathered *gathered)
{
	gathered->given = arena_alloc(arena, (thread->n + 1) * sizeof(*gathered->given));
	for (size_t i = 0; i < thread->n; i++) {
		struct mail *mail = arena_push(arena, gathered);

		*mail = *thread->items[i].mail;
		mail->body = thread_body(arena, &thread->items[i]);
		mail_trailers(arena, slice_of(mail->body), &mail->trailers, &mail->ntrailers);
		gathered->given[i] = thread->items[i].given;
	}
	gathered->refused = thread->refused;
}

static int gather_id(struct arena *arena, const char *word, struct gathered *gathered)
{
	struct mails mails = { 0 };
	const char *id = lore_clean_id(arena, word);

	if (*id == '-')
		return fail_as(FAIL_USAGE, "'%s' is neither a file nor a message id", word);
	if (!child_exists("b4"))
		return fail(
			"b4 is needed to get message %s: install b4 (apt install b4), or import the mails as files",
			id);
	if (ask_b4(arena, id, NULL, &mails))
		return -1;
	take_b4(arena, &mails, NULL, gathered);
	return gathered->n ? 0 : fail_as(FAIL_USAGE, "there is no patch in the thread of %s", id);
}

int gather(struct arena *arena, const char *const *words, size_t nwords, bool no_b4,
	   struct gathered *gathered)
{
	struct text mbox __free_text = TEXT_INIT;
	struct mails mails = { 0 }, series = { 0 };
	struct thread thread;
	const char *id;

	*gathered = (struct gathered){ 0 };
	if (nwords == 1 && is_id(words[0]) && file_kind(words[0]) == 0)
		return gather_id(arena, words[0], gathered);
	for (size_t i = 0; i < nwords; i++) {
		if (nwords > 1 && is_id(words[i]) && file_kind(words[i]) == 0)
			return fail_as(FAIL_USAGE, "'%s' is no file; a message id stands alone",
				       words[i]);
		if (read_file(arena, words[i], &mails, &mbox))
			return -1;
	}
	if (thread_collect(arena, &mails, &thread))
		return nwords == 1 ? fail_in("%s", words[0]) : -1;
	gathered->title = thread.cover ? thread.cover->subject : NULL;
	id = thread.items[0].mail->message_id;
	if (mails.n == 1 || no_b4 || !id || *id == '-' || !child_exists("b4")) {
		take_thread(arena, &thread, gathered);
		return 0;
	}
	if (ask_b4(arena, id, &mbox, &series))
		return -1;
	take_b4(arena, &series, &mails, gathered);
	if (gathered->n != thread.n)
		return fail(
			"b4 made %zu patches of the mails, and we see %zu; import them one by one, or with --no-b4",
			gathered->n, thread.n);
	return 0;
}
