/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes are refused with a message or read as mails. A mail with a patch, written as git
 * format-patch does, is read back with the same author, subject, message and patch.
 */
#include "fuzz.h"

#include "patch/mail.h"

static void check_written(struct arena *arena, const struct mail *mail)
{
	const struct mail_style style = {
		.prefix = "PATCH 6.1.y",
		.number = 1,
		.total = 1,
		.sender = { (char *)"S Ender", (char *)"sender@example.org" },
	};
	__free_text struct text once = TEXT_INIT;
	__free_text struct text twice = TEXT_INIT;
	const char *message = arena_printf(arena, "%s\n\n%s", mail->subject, mail->body);
	struct mail again, third;

	mail_write(&once, &style, &mail->author, mail->date, mail->date_offset, message,
		   &mail->diff);
	must(!mail_parse(arena, text_slice(&once), &again));
	must(again.diff.n == mail->diff.n);
	must(again.date == mail->date);
	must(!strcmp(again.author.email, mail->author.email));
	message = arena_printf(arena, "%s\n\n%s", again.subject, again.body);
	mail_write(&twice, &style, &again.author, again.date, again.date_offset, message,
		   &again.diff);
	must(!mail_parse(arena, text_slice(&twice), &third));
	must(slice_eq(third.patch, again.patch));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	struct slice text = fuzz_text(arena, data, size);
	struct mails mails = { 0 };
	struct mail mail;

	fail_clear();
	if (mail_parse(arena, text, &mail)) {
		must(*fail_message());
	} else {
		must(mail.subject && mail.body && mail.prefix && mail.notes);
		if (mail.diff.n) {
			must(mail.author.name && mail.author.email);
			check_written(arena, &mail);
		}
	}
	fail_clear();
	if (mail_parse_mbox(arena, text, &mails))
		must(*fail_message());
	arena_free(arena);
	return 0;
}
