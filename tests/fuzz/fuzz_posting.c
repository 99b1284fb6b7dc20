/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any mails give postings whose patches are numbered as they say, whatever answers what; and the first of them as the workspace's
 * series, the newer one is another posting, and every one of its patches has a place in what follows.
 */
#include "fuzz.h"

#include "patch/posting.h"
#include "patch/succession.h"

static void check_posting(const struct posting *posting)
{
	must(posting->n && posting->subject);
	for (size_t i = 1; i < posting->n; i++)
		must(posting->items[i - 1]->mail.number <= posting->items[i]->mail.number);
	for (size_t i = 0; i < posting->n && !posting->missing && posting->total; i++)
		must(posting->items[i]->mail.number == i + 1);
}

static void check_newer(struct arena *arena, const struct pile *pile,
			const struct postings *postings)
{
	const struct posting *first = &postings->items[0];
	struct mail *mails = arena_alloc(arena, (pile->n + 1) * sizeof(*mails));
	struct series series = { .name = "fuzz" };
	struct succession succession;
	struct newer newer;
	size_t old = 0, now = 0;

	for (size_t i = 0; i < first->n; i++)
		arena_push(arena, &series)->mail = first->items[i]->mail;
	posting_newer(arena, &series, pile, postings, &newer);
	if (!newer.posting)
		return;
	must(newer.posting != first && !newer.posting->missing && !newer.posting->stable);
	for (size_t i = 0; i < newer.posting->n; i++)
		mails[i] = newer.posting->items[i]->mail;
	succession_find(arena, &series, newer.replaced, mails, newer.posting->n, &succession);
	for (size_t i = 0; i < succession.n; i++) {
		old += succession.items[i].old != SUCCESSION_NONE;
		now += succession.items[i].now != SUCCESSION_NONE;
	}
	must(now == newer.posting->n && old + succession.ndropped == series.n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	struct pile pile = { 0 };
	struct postings postings;

	fail_clear();
	must(!pile_add(arena, fuzz_text(arena, data, size), "fuzz", false, &pile));
	postings_find(arena, &pile, &postings);
	for (size_t i = 0; i < postings.n; i++) {
		struct text mbox = TEXT_INIT;

		check_posting(&postings.items[i]);
		posting_write(&pile, &postings.items[i], &mbox);
		must(mbox.len);
		text_release(&mbox);
	}
	if (postings.n)
		check_newer(arena, &pile, &postings);
	arena_free(arena);
	return 0;
}
