/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "patch/reply.h"

#include <strings.h>

#include "patch/export.h"
#include "patch/mime.h"

#define STABLE "stable@vger.kernel.org"

/* "Cc", "Reviewed-by", "Reported-by", all that git send-email would take addresses of. */
static bool names_person(const char *key)
{
	size_t n = strlen(key);

	return !strcasecmp(key, "cc") || !strcasecmp(key, "to") ||
	       (n > 3 && !strcasecmp(key + n - 3, "-by"));
}

static void add_trailers(struct arena *arena, const struct mail *mail, struct people *people)
{
	for (size_t i = 0; i < mail->ntrailers; i++) {
		const struct trailer *trailer = &mail->trailers[i];
		char *value = arena_strdup(arena, trailer->value);
		struct person person;

		if (!names_person(trailer->key))
			continue;
		/* "stable@vger.kernel.org # 6.1.x" */
		value[strcspn(value, "#\n")] = '\0';
		if (mime_person(arena, value, &person) && !person_is_stable(&person))
			people_add(arena, people, &person);
	}
}

static void add_cc(struct arena *arena, const struct reply_ask *ask, struct people *cc)
{
	struct people all = { 0 };

	for (size_t i = 0; i < ask->notice->all.n; i++)
		people_add(arena, &all, &ask->notice->all.items[i]);
	if (!person_is_stable(&ask->patch->patch->mail.author))
		people_add(arena, &all, &ask->patch->patch->mail.author);
	add_trailers(arena, &ask->patch->patch->mail, &all);
	for (size_t i = 0; i < all.n; i++)
		if (!ask->sender.email || strcasecmp(all.items[i].email, ask->sender.email) != 0)
			people_add(arena, cc, &all.items[i]);
}

int reply_write(struct arena *arena, const struct reply_ask *ask, struct reply *reply)
{
	const struct mail *mail = &ask->patch->patch->mail;
	struct person stable = { (char *)STABLE, (char *)STABLE };
	struct text text __free_text = TEXT_INIT;
	struct mail_style style;

	*reply = (struct reply){ 0 };
	if (export_style(arena, ask->repo, ask->kernel, &style))
		return -1;
	add_cc(arena, ask, &reply->cc);
	style.number = style.total = 1;
	style.sender = ask->sender;
	style.in_reply_to = ask->notice->message_id;
	style.to = (struct people){ &stable, 1, 1 };
	style.cc = reply->cc;
	mail_write(&text, &style, &mail->author, mail->date, mail->date_offset, ask->patch->message,
		   ask->diff);
	reply->text = slice_str(arena, text_slice(&text));
	reply->subject = arena_printf(arena, "[%s] %s", style.prefix, mail->subject);
	if (slice_starts(slice_of(style.prefix), "PATCH "))
		reply->branch = arena_strdup(arena, style.prefix + strlen("PATCH "));
	return 0;
}
