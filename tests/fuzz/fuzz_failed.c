/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes give notices that are refused with words, or that have all that an answer needs in a
 * form that a header may carry. A notice alone is read as it was among others.
 */
#include "fuzz.h"

#include <ctype.h>

#include "patch/failed_notice.h"

static void check_printable(const char *s)
{
	must(*s);
	for (; *s; s++)
		must(*s > ' ' && *s < 127 && *s != '<' && *s != '>');
}

static void check_usable(const struct failed_notice *notice)
{
	must(notice->branch && notice->branch[0] == 'v' &&
	     isdigit((unsigned char)notice->branch[1]));
	must(strspn(notice->branch + 1, "0123456789.") == strlen(notice->branch) - 1);
	must(strlen(notice->upstream) == 40);
	must(strspn(notice->upstream, "0123456789abcdef") == 40);
	check_printable(notice->message_id);
	must(notice->patch.diff.n && *notice->patch.subject && notice->patch.author.email);
	for (size_t i = 0; i < notice->all.n; i++) {
		check_printable(notice->all.items[i].email);
		must(strchr(notice->all.items[i].email, '@') &&
		     !strchr(notice->all.items[i].email, ','));
		for (const char *p = notice->all.items[i].name; *p; p++)
			must(!iscntrl((unsigned char)*p));
		must(!person_is_stable(&notice->all.items[i]));
	}
	for (size_t i = 0; i < notice->needs.n; i++)
		must(strspn(notice->needs.items[i].id, "0123456789abcdefABCDEF") ==
		     strlen(notice->needs.items[i].id));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	struct failed_notices notices, alone;

	fail_clear();
	if (failed_notices_read(arena, fuzz_text(arena, data, size), &notices))
		must(*fail_message());
	for (size_t i = 0; i < notices.n; i++) {
		const struct failed_notice *notice = &notices.items[i];

		must(notice->line && notice->subject && notice->raw.n);
		if (notice->refused) {
			must(*notice->refused);
			continue;
		}
		check_usable(notice);
		must(!failed_notices_read(arena, notice->raw, &alone));
		must(alone.n == 1 && !alone.items[0].refused);
		must(!strcmp(alone.items[0].upstream, notice->upstream));
		must(!strcmp(alone.items[0].message_id, notice->message_id));
		must(!strcmp(alone.items[0].patch.body, notice->patch.body));
	}
	arena_free(arena);
	return 0;
}
