/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes are an announcement or none. What is one has all that a reply needs, and a reply to it is one mail with the headers that it
 * should have and no others, whatever names and subjects it came with.
 */
#include "fuzz.h"

#include "base/shown.h"
#include "ci/announcement.h"
#include "patch/mbox.h"
#include "patch/mime.h"

static const char *const headers[] = {
	"Date",	       "From",	     "To",	     "Cc",	     "Subject",
	"In-Reply-To", "References", "MIME-Version", "Content-Type", "Content-Transfer-Encoding"
};

static void check_reply(struct arena *arena, const struct announcement *a)
{
	struct ruling ruling = { .kind = PROOF_TEST,
				 .series = "demo",
				 .line = "6.1.y-rc",
				 .target = a->name,
				 .cell = "tcg",
				 .word = "ok",
				 .why = "",
				 .bad = "",
				 .waived = "" };
	struct reply_to_rc reply = { .announcement = a,
				     .rulings = { &ruling, 1, 1 },
				     .from = "S Ender <sender@example.org>",
				     .machine = "QEMU",
				     .now = 1795444980 };
	__free_text struct text mail = TEXT_INIT;
	struct slice rest, line;
	struct mime mime;
	bool late;

	must(!announcement_reply(arena, &reply, &mail, &late));
	must(late == (a->deadline && reply.now > a->deadline));
	must(!mime_parse(arena, text_slice(&mail), &mime));
	must(mime.n <= ARRAY_SIZE(headers));
	for (size_t i = 0; i < mime.n; i++) {
		bool known = false;

		for (size_t h = 0; h < ARRAY_SIZE(headers); h++)
			known |= slice_is(mime.items[i].name, headers[h]);
		must(known);
		for (size_t j = 0; j < i; j++)
			must(!slice_eq(mime.items[i].name, mime.items[j].name));
	}
	must(mime_get(&mime, "in-reply-to") && mime_get(&mime, "to"));
	must(slice_find(mime.text, SLICE("Tested-by: S Ender <sender@example.org>\n")) > 0);
	for (rest = text_slice(&mail); slice_line(&rest, &line);)
		must(line.n < 998);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	struct slice text = fuzz_text(arena, data, size);
	struct announcement a;
	struct mbox mbox;

	fail_clear();
	mbox_split(arena, text, &mbox);
	for (size_t i = 0; i < mbox.n; i++) {
		if (announcement_read(arena, mbox.items[i].raw, &a) != 1)
			continue;
		must(a.version.rc > 0 && a.version.patch >= 0 && *a.name == 'v');
		must(a.subject && *a.subject && a.message_id && *a.message_id);
		must(a.from.email && strchr(a.from.email, '@'));
		must(a.deadline >= 0);
		check_reply(arena, &a);
	}
	must(!*fail_message());
	arena_free(arena);
	return 0;
}
