/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The reply to an announcement: to all whom it went to, one line on top where all is well, what fails first where it is not.
 *
 * What breaks without any patch of ours concerns everybody who reads it; what breaks only with the series concerns those who carry it, and
 * the mail keeps the two apart. A Tested-by: claims that everything that was asked was found out and well, so that is when it is there.
 */
#include "ci/announcement.h"

#include "base/fail.h"
#include "base/shown.h"
#include "ci/letterhead.h"
#include "patch/mail_date.h"
#include "patch/mime.h"

#define BAD_MOST 20u

static const char *kind_phrase(enum proof_kind kind)
{
	switch (kind) {
	case PROOF_APPLY:
		return "applying it";
	case PROOF_BUILD:
		return "building it";
	case PROOF_VERIFY:
		return "checks without booting";
	case PROOF_TEST:
		break;
	}
	return "tests";
}

static bool known(const struct reply_to_rc *reply, enum proof_kind kind)
{
	for (size_t i = 0; i < reply->rulings.n; i++)
		if (reply->rulings.items[i].kind == kind && !reply->rulings.items[i].unknown)
			return true;
	return false;
}

bool reply_clean(const struct reply_to_rc *reply)
{
	for (size_t i = 0; i < reply->rulings.n; i++)
		if (reply->rulings.items[i].red || reply->rulings.items[i].unknown)
			return false;
	return !reply->nbroken && known(reply, PROOF_TEST);
}

/* "kvm-exception-payload and demo" */
static char *series_names(struct arena *arena, const struct rulings *rulings)
{
	struct text out __free_text = TEXT_INIT;
	const char *seen[8] = { NULL };
	size_t n = 0;

	for (size_t i = 0; i < rulings->n && n < ARRAY_SIZE(seen); i++) {
		bool again = false;

		for (size_t j = 0; j < n; j++)
			again |= !strcmp(seen[j], rulings->items[i].series);
		if (!again)
			seen[n++] = rulings->items[i].series;
	}
	for (size_t i = 0; i < n; i++)
		text_addf(&out, "%s%s", !i ? "" : i + 1 == n ? " and " : ", ", seen[i]);
	return slice_str(arena, text_slice(&out));
}

/* The commit that was tested, from "v6.1.188-rc1+0123456789ab"; "". */
static const char *commit_of(const struct rulings *rulings)
{
	const char *plus = rulings->n ? strchr(rulings->items[0].target, '+') : NULL;

	return plus ? plus + 1 : "";
}

static char *what_was_done(struct arena *arena, const struct reply_to_rc *reply)
{
	const char *name = reply->announcement->name + 1, *commit = commit_of(&reply->rulings);
	char *on = reply->machine ? arena_printf(arena, " on %s", reply->machine) :
				    arena_strdup(arena, "");
	char *version = *commit ? arena_printf(arena, "%s (%s)", name, commit) :
				  arena_strdup(arena, name);

	if (!known(reply, PROOF_TEST))
		return arena_printf(arena, "%s: %s, not booted.", version,
				    known(reply, PROOF_BUILD) ? "built for x86_64" : "looked at");
	return arena_printf(
		arena,
		"%s built for x86_64, booted and KVM-tested%s, without and with the series %s.%s",
		version, on, series_names(arena, &reply->rulings),
		reply_clean(reply) ?
			reply->before ?
			arena_printf(arena, " No regressions against %s.", reply->before) :
			" No regressions." :
			"");
}

static void bad_lines(struct arena *arena, struct text *out, const struct ruling *ruling)
{
	struct slice rest = slice_of(ruling->bad ? ruling->bad : ""), line;
	size_t n = 0;

	letter_filled(out, 2,
		      arena_printf(arena, "%s: %s%s%s",
				   ruling->kind == PROOF_TEST ? ruling->cell :
								kind_phrase(ruling->kind),
				   ruling->word, ruling->why && *ruling->why ? ": " : "",
				   ruling->why ? ruling->why : ""));
	while (slice_line(&rest, &line) && n < BAD_MOST) {
		letter_filled(out, 4, slice_str(arena, line));
		n++;
	}
	if (rest.n)
		letter_filled(out, 4, "and more");
}

static void rulings_part(struct arena *arena, struct text *out, const struct reply_to_rc *reply,
			 bool unknown, const char *title)
{
	bool any = false;

	for (size_t i = 0; i < reply->rulings.n; i++) {
		const struct ruling *ruling = &reply->rulings.items[i];

		if (unknown ? !ruling->unknown : !ruling->red || ruling->unknown)
			continue;
		if (!any)
			letter_filled(out, 0, title);
		any = true;
		bad_lines(arena, out, ruling);
	}
	if (any)
		text_addc(out, '\n');
}

static void waived_part(struct arena *arena, struct text *out, const struct reply_to_rc *reply)
{
	bool any = false;

	for (size_t i = 0; i < reply->rulings.n; i++) {
		const char *waived = reply->rulings.items[i].waived;
		struct slice rest = slice_of(waived ? waived : ""), line;

		while (slice_line(&rest, &line)) {
			if (!any)
				letter_filled(out, 0, "Known before, and left out of account:");
			any = true;
			letter_filled(out, 2, slice_str(arena, line));
		}
	}
	if (any)
		text_addc(out, '\n');
}

static void body_write(struct arena *arena, const struct reply_to_rc *reply,
		       const struct person *from, struct text *out)
{
	const struct announcement *a = reply->announcement;
	struct text when __free_text = TEXT_INIT, date __free_text = TEXT_INIT;
	struct person me = *from;

	text_addf(&when, "> This is the start of the stable review cycle for the %u.%u.%d release.",
		  a->version.major, a->version.minor, a->version.patch);
	if (a->sent)
		mail_date_write(&date, a->sent, 0);
	letter_filled(
		out, 0,
		arena_printf(arena, "%s" SLICE_FMT "%s%s wrote:", a->sent ? "On " : "",
			     SLICE_ARG(slice_trim(slice_skip(text_slice(&date), strlen("Date: ")))),
			     a->sent ? ", " : "", *a->from.name ? a->from.name : a->from.email));
	text_addf(out, "%s\n\n", text_str(&when));
	letter_filled(out, 0, what_was_done(arena, reply));
	text_addc(out, '\n');
	if (reply->nbroken)
		letter_filled(out, 0,
			      arena_printf(arena, "What fails on %s by itself, and not on %s:",
					   a->name + 1,
					   reply->before ? reply->before : "the release"));
	for (size_t i = 0; i < reply->nbroken; i++)
		letter_filled(out, 2, reply->broken[i]);
	if (reply->nbroken)
		text_addc(out, '\n');
	rulings_part(arena, out, reply, false,
		     arena_printf(arena, "What fails with the series %s on top:",
				  series_names(arena, &reply->rulings)));
	rulings_part(arena, out, reply, true, "What could not be found out:");
	waived_part(arena, out, reply);
	if (reply->tests) {
		letter_filled(out, 0, reply->tests);
		text_addc(out, '\n');
	}
	if (reply->where) {
		text_addf(out, "Results: ");
		text_add_shown(out, slice_of(reply->where), false);
		text_adds(out, "\n\n");
	}
	if (reply_clean(reply)) {
		text_adds(out, "Tested-by: ");
		if (*me.name)
			text_addf(out, "%s <%s>\n", me.name, me.email);
		else
			text_addf(out, "%s\n", me.email);
	}
}

int announcement_reply(struct arena *arena, const struct reply_to_rc *reply, struct text *mail,
		       bool *late)
{
	const struct announcement *a = reply->announcement;
	struct text body __free_text = TEXT_INIT;
	struct letterhead head = { .subject = arena_printf(arena, "Re: %s", a->subject),
				   .date = reply->now,
				   .in_reply_to = a->message_id };
	const struct people *others[] = { &a->to, &a->cc };
	struct person from;

	if (!mime_person(arena, reply->from ? reply->from : "", &from) ||
	    !address_clean(arena, &from, false, &head.from))
		return fail_as(FAIL_USAGE, "'%s' is no address that a reply could come from",
			       reply->from ? text_shown(arena, reply->from) : "");
	*late = a->deadline && reply->now > a->deadline;
	*arena_push(arena, &head.to) = a->from;
	/* As a reply to all goes: the sender first, everybody once, oneself left out. */
	for (size_t s = 0; s < ARRAY_SIZE(others); s++)
		for (size_t i = 0; i < others[s]->n; i++)
			if (strcmp(others[s]->items[i].email, a->from.email) != 0 &&
			    strcmp(others[s]->items[i].email, head.from.email) != 0)
				*arena_push(arena, &head.cc) = others[s]->items[i];
	body_write(arena, reply, &head.from, &body);
	letterhead_write(arena, &head, text_slice(&body), mail);
	return 0;
}
