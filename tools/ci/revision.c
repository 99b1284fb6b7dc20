/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The answer of a look is kept in the journal's notes, with the hash of the series that it was about: an update of the series asks
 * again at once. A look that failed counts as one, so that a lore that is down is not asked by every tick.
 */
#include "ci/revision.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/fail.h"
#include "base/memo.h"
#include "patch/lore.h"
#include "patch/posting.h"

#define LORE_SOURCE "lore"
#define LOOK_SECONDS (60 * 60)
#define LORE_MS (3 * 60 * 1000)

/* What the last look gave. */
struct answer {
	int64_t at;
	char series[65]; /* hash of the series then */
	bool failed, found;
	struct revision revision;
	char *why; /* it failed */
};

static void hash_series(const struct series *series, char hex[65])
{
	uint8_t bytes[SHA256_DIGEST_SIZE];
	struct memo_key key;

	memo_key_init(&key);
	memo_key_add(&key, slice_of(series->name));
	for (size_t i = 0; i < series->n; i++) {
		const struct series_patch *patch = &series->items[i];
		char version[16];

		snprintf(version, sizeof(version), "%u", patch->version);
		memo_key_add(&key, slice_of(version));
		memo_key_add(&key, slice_of(patch->link ? patch->link : ""));
		memo_key_add(&key, slice_of(patch->mail.subject));
		memo_key_add(&key, slice_of(patch->mail.body));
		memo_key_add(&key, patch->mail.patch);
	}
	sha256_digest(&key.hash, sizeof(bytes), bytes);
	for (size_t i = 0; i < sizeof(bytes); i++)
		snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
}

/* A line of a note: nothing in it ends a line. */
static void add_line(struct text *note, const char *s)
{
	for (; s && *s; s++)
		text_addc(note, (unsigned char)*s < ' ' ? ' ' : *s);
	text_addc(note, '\n');
}

static char *note_name(struct arena *arena, const struct series *series)
{
	return arena_printf(arena, "revision %s", series->name);
}

static int answer_put(struct arena *arena, const struct revision_ask *ask,
		      const struct answer *answer)
{
	struct text note __free_text = TEXT_INIT;

	text_addf(&note, "%" PRId64 "\n%s\n%s\n%u %u\n", answer->at, answer->series,
		  answer->failed ? "failed" :
		  answer->found	 ? "found" :
				   "none",
		  answer->revision.have, answer->revision.found);
	add_line(&note, answer->revision.subject);
	add_line(&note, answer->revision.from);
	add_line(&note, answer->revision.message_id);
	add_line(&note, answer->why);
	return journal_note_put(ask->journal, note_name(arena, ask->series), text_str(&note));
}

static char *next_line(struct arena *arena, struct slice *rest)
{
	struct slice line;

	slice_line(rest, &line);
	return slice_str(arena, line);
}

/* 1 there is one, 0, -1. */
static int answer_get(struct arena *arena, const struct revision_ask *ask, struct answer *answer)
{
	unsigned long at = 0, have = 0, found = 0;
	struct slice rest, line, part;
	char *value;

	*answer = (struct answer){ 0 };
	if (journal_note_get(ask->journal, arena, note_name(arena, ask->series), &value))
		return -1;
	if (!value)
		return 0;
	rest = slice_of(value);
	slice_line(&rest, &line);
	slice_number(line, (unsigned long)INT64_MAX, &at);
	slice_line(&rest, &line);
	if (line.n != sizeof(answer->series) - 1)
		return 0; /* of another program's making */
	memcpy(answer->series, line.p, line.n);
	slice_line(&rest, &line);
	answer->failed = slice_is(line, "failed");
	answer->found = slice_is(line, "found");
	slice_line(&rest, &line);
	slice_cut(&line, ' ', &part);
	slice_number(part, 9999, &have);
	slice_number(line, 9999, &found);
	answer->at = (int64_t)at;
	answer->revision.have = (unsigned int)have;
	answer->revision.found = (unsigned int)found;
	answer->revision.subject = next_line(arena, &rest);
	answer->revision.from = next_line(arena, &rest);
	answer->revision.message_id = next_line(arena, &rest);
	answer->why = next_line(arena, &rest);
	return 1;
}

static char *person_line(struct arena *arena, const struct person *person)
{
	if (!person->email)
		return arena_strdup(arena, person->name ? person->name : "");
	return arena_printf(arena, "%s <%s>", person->name ? person->name : "", person->email);
}

/* The archive, or lore: 0, -1 where it cannot be read. */
static int look(struct arena *arena, const struct revision_ask *ask, struct answer *answer)
{
	const char *archive = ask->settings->lore.archive;
	struct pile pile = { 0 };
	struct postings postings;
	struct newer newer;

	if (archive ? pile_read(arena, archive, false, &pile) :
		      lore_read_series(arena, ask->series, LORE_MS, &pile))
		return -1;
	postings_find(arena, &pile, &postings);
	posting_newer(arena, ask->series, &pile, &postings, &newer);
	if (!newer.posting)
		return 0;
	answer->found = true;
	answer->revision = (struct revision){
		.have = newer.have,
		.found = newer.posting->version,
		.subject = newer.posting->subject,
		.from = person_line(arena, &newer.posting->from),
		.message_id = newer.posting->message_id ? newer.posting->message_id : "",
	};
	return 0;
}

/* When the source was asked and answered: what staleness goes by. */
static int reach_put(struct arena *arena, const struct revision_ask *ask,
		     const struct answer *answer)
{
	struct reach reach = { .source = LORE_SOURCE, .asked = ask->now, .why = "" };
	struct reaches reaches = { 0 };

	if (answer->failed) {
		if (journal_reaches(ask->journal, arena, &reaches))
			return -1;
		for (size_t i = 0; i < reaches.n; i++)
			if (!strcmp(reaches.items[i].source, LORE_SOURCE))
				reach.reached = reaches.items[i].reached;
		reach.why = answer->why;
	} else {
		reach.reached = ask->now;
	}
	return journal_reach_put(ask->journal, &reach);
}

/* A posting is an event once. */
static int event_put(struct arena *arena, const struct revision_ask *ask,
		     const struct revision *revision)
{
	char *name = arena_printf(arena, "revision said %s", ask->series->name), *said;
	const char *about = *revision->message_id ? revision->message_id : revision->subject;

	if (journal_note_get(ask->journal, arena, name, &said))
		return -1;
	if (said && !strcmp(said, about))
		return 0;
	return journal_event(ask->journal, ask->tick, "revision", ask->series->name,
			     arena_printf(arena, "v%u: %s, <%s>: series update", revision->found,
					  revision->subject, revision->message_id)) ||
			       journal_note_put(ask->journal, name, about) ?
		       -1 :
		       0;
}

/* The answer for this look, kept. */
static int ask_now(struct arena *arena, const struct revision_ask *ask, struct answer *answer)
{
	if (look(arena, ask, answer)) {
		if (fail_kind() == FAIL_INTERRUPTED)
			return -1;
		answer->failed = true;
		answer->why = arena_strdup(arena, fail_message());
	}
	if (reach_put(arena, ask, answer) || answer_put(arena, ask, answer))
		return -1;
	return answer->found ? event_put(arena, ask, &answer->revision) : 0;
}

int revision_look(struct arena *arena, const struct revision_ask *ask, struct revision *revision)
{
	struct answer answer;
	char series[65];
	bool fresh;
	int r;

	*revision = (struct revision){ 0 };
	if (!ask->settings->lore.watch)
		return 0;
	hash_series(ask->series, series);
	r = answer_get(arena, ask, &answer);
	if (r < 0)
		return -1;
	/* A clock that was set back must not end the looking. */
	fresh = r && !strcmp(answer.series, series) && answer.at <= ask->now &&
		ask->now - answer.at < LOOK_SECONDS;
	if (!fresh && !ask->look_only) {
		answer = (struct answer){ .at = ask->now };
		memcpy(answer.series, series, sizeof(series));
		if (ask_now(arena, ask, &answer))
			return -1;
	} else if (!fresh && (!r || strcmp(answer.series, series) != 0)) {
		return 0;
	}
	if (answer.failed)
		return fail("%s", answer.why);
	*revision = answer.revision;
	return answer.found;
}
