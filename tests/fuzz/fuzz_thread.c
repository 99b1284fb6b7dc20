/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any mbox gives a series or a message why not. A body with the trailers of replies begins with the
 * body as it was, and none of them is there twice.
 */
#include "fuzz.h"

#include <strings.h>

#include "patch/thread.h"

static void check_patch(struct arena *arena, const struct thread_patch *patch)
{
	const char *body = thread_body(arena, patch);

	must(patch->mail->diff.n);
	must(!strncmp(body, patch->mail->body, strlen(patch->mail->body)));
	for (size_t i = 0; i < patch->given.n; i++)
		for (size_t k = 0; k < i; k++)
			must(strcasecmp(patch->given.items[i].key, patch->given.items[k].key) !=
				     0 ||
			     strcasecmp(patch->given.items[i].value, patch->given.items[k].value) !=
				     0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	struct mails mails = { 0 };
	struct thread thread;

	fail_clear();
	if (!mail_parse_mbox(arena, fuzz_text(arena, data, size), &mails)) {
		if (thread_collect(arena, &mails, &thread)) {
			must(*fail_message() && fail_kind() == FAIL_USAGE);
		} else {
			must(thread.n);
			for (size_t i = 0; i < thread.n; i++)
				check_patch(arena, &thread.items[i]);
		}
	}
	arena_free(arena);
	return 0;
}
