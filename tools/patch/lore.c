/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "patch/lore.h"

#include <ctype.h>

#include "base/child.h"
#include "base/clock.h"
#include "base/fail.h"
#include "base/file.h"
#include "patch/posting.h"

#define MAIL_MAX ((size_t)256 * 1024 * 1024)

DEFINE_FREE(folder, char *, if (_v) file_remove_tree(_v))

const char *const lore_environment[] = { "GIT_CONFIG_COUNT=2",
					 "GIT_CONFIG_KEY_0=user.name",
					 "GIT_CONFIG_VALUE_0=series",
					 "GIT_CONFIG_KEY_1=user.email",
					 "GIT_CONFIG_VALUE_1=series@localhost.invalid",
					 NULL };

char *lore_clean_id(struct arena *arena, const char *word)
{
	struct slice id = slice_trim(slice_of(word));

	if (id.n > 2 && id.p[0] == '<' && id.p[id.n - 1] == '>')
		id = (struct slice){ id.p + 1, id.n - 2 };
	if (slice_starts(id, "http")) {
		struct slice rest = id, part;

		while (slice_cut(&rest, '/', &part))
			if (part.n && memchr(part.p, '@', part.n))
				id = part;
	}
	return slice_str(arena, id);
}

bool lore_id_ok(const char *id)
{
	for (const char *p = id; *p; p++)
		if (!isgraph((unsigned char)*p) || *p == '/')
			return false;
	return *id != '-' && strchr(id, '@') && strlen(id) < 400;
}

char *lore_last_words(struct arena *arena, struct slice out, struct slice err)
{
	struct slice texts[] = { out, err }, line, last = SLICE("it said nothing");

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		while (slice_line(&texts[i], &line))
			if (!slice_blank(line) && !slice_starts(line, "---"))
				last = slice_trim(line);
	/* An exception's arguments are not for people. */
	if (memchr(last.p, '(', last.n))
		last.n = (size_t)((const char *)memchr(last.p, '(', last.n) - last.p);
	if (last.n > 120)
		last.n = 120;
	return slice_str(arena, slice_trim(last));
}

int lore_read(struct arena *arena, const char *id, unsigned int deadline_ms, struct pile *pile)
{
	char *dir __free(folder) = NULL;
	struct child_answer answer;
	struct slice text;
	int r;

	if (!lore_id_ok(id))
		return fail_as(FAIL_USAGE, "'%s' is no message id", id);
	if (!child_exists("b4"))
		return fail("b4 is needed to ask lore: install b4 (apt install b4)");
	if (file_temp_dir(arena, "series-b4", &dir))
		return -1;
	const char *const argv[] = { "b4",	   "mbox", "--check-newer-revisions",
				     "-o",	   dir,	   "-n",
				     "thread.mbx", id,	   NULL };

	if (child_run(arena,
		      &(struct child_ask){ .argv = argv,
					   .setenv = lore_environment,
					   .cwd = dir,
					   .deadline_ms = deadline_ms },
		      &answer))
		return -1;
	if (answer.timed_out)
		return fail("b4 took longer than %u s over message %s", deadline_ms / 1000, id);
	if (answer.status)
		return fail("b4 could not get message %s (%s)", id,
			    lore_last_words(arena, answer.out, answer.err));
	r = file_read(arena, arena_printf(arena, "%s/thread.mbx", dir), MAIL_MAX, &text);
	if (r <= 0)
		return r < 0 ? -1 : fail("b4 found nothing for message %s", id);
	/* What strangers wrote in that thread is not ours to refuse: what cannot be read is passed over. */
	return pile_add(arena, text, arena_printf(arena, "the thread of %s", id), false, pile);
}

/* The ids that the series knows of itself, each once, and none that b4 would not take. */
static size_t ids_of(struct arena *arena, const struct series *series, char **ids)
{
	size_t n = 0;

	for (size_t i = 0; i <= series->n; i++) {
		char *id = i < series->n ? posting_patch_id(arena, &series->items[i]) :
			   series->link	 ? lore_clean_id(arena, series->link) :
					   NULL;
		bool known = !id || !lore_id_ok(id);

		for (size_t k = 0; !known && k < n; k++)
			known = !strcmp(ids[k], id);
		if (!known)
			ids[n++] = id;
	}
	return n;
}

int lore_read_series(struct arena *arena, const struct series *series, unsigned int deadline_ms,
		     struct pile *pile)
{
	char **ids = arena_alloc(arena, (series->n + 2) * sizeof(*ids));
	size_t n = ids_of(arena, series, ids);
	int64_t end = clock_ms() + deadline_ms;

	if (!n)
		return fail_as(
			FAIL_USAGE,
			"series %s does not say where it was discussed: set 'link' in its series.conf",
			series->name);
	for (size_t i = 0; i < n; i++) {
		int64_t left = end - clock_ms();

		/* It came with another one's thread. */
		if (pile_find(pile, ids[i]))
			continue;
		if (left < 1000)
			return fail("b4 took longer than %u s over the threads of %s",
				    deadline_ms / 1000, series->name);
		if (lore_read(arena, ids[i], (unsigned int)left, pile))
			return -1;
	}
	return 0;
}
