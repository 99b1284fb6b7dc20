/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/machine_record.h"

#include <errno.h>

#include <jansson.h>

#include "base/fail.h"
#include "base/file.h"
#include "base/shell.h"

#define END_MAX ((size_t)1024 * 1024)

static const char *const end_words[MACHINE_ENDS] = {
	[MACHINE_DONE] = "done",	   [MACHINE_PANIC] = "panic",
	[MACHINE_SILENT] = "silent",	   [MACHINE_LATE] = "late",
	[MACHINE_DIED] = "died",	   [MACHINE_NOT_STARTED] = "not-started",
	[MACHINE_NO_KERNEL] = "no-kernel",
};

const char *machine_end_word(enum machine_end end)
{
	return end_words[end];
}

char *record_path(struct arena *arena, const struct machine_ask *ask, const char *name)
{
	return arena_printf(arena, "%s/%s", ask->dir, name);
}

int record_begin(struct arena *arena, const struct machine_ask *ask)
{
	static const char *const names[] = { "end", "command", "console", "ktap", "machine.log" };

	if (file_make_dirs(ask->dir))
		return -1;
	/* `end` first: what is left of a killed run says that it did not get there. */
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (unlink(record_path(arena, ask, names[i])) && errno != ENOENT)
			return fail_errno("cannot remove %s", record_path(arena, ask, names[i]));
	return 0;
}

static void add_command(struct text *text, const struct machine_words *words)
{
	for (size_t i = 0; i < words->n && words->items[i]; i++) {
		if (i)
			text_addc(text, ' ');
		shell_quote(text, words->items[i]);
	}
}

int record_command(struct arena *arena, const struct machine_ask *ask,
		   const struct machine_launch *launch)
{
	__free_text struct text command = TEXT_INIT;

	if (launch->cwd) {
		text_adds(&command, "cd ");
		shell_quote(&command, launch->cwd);
		text_adds(&command, " && ");
	}
	if (launch->before.n) {
		add_command(&command, &launch->before);
		text_adds(&command, " && ");
	}
	for (size_t i = 0; launch->env && launch->env[i]; i++)
		text_addf(&command, "%s ", launch->env[i]);
	add_command(&command, &launch->argv);
	text_addc(&command, '\n');
	return file_write(record_path(arena, ask, "command"), text_slice(&command), 0644);
}

int record_end(struct arena *arena, const struct machine_ask *ask,
	       const struct machine_answer *answer)
{
	json_t *json = json_pack("{s:i, s:s, s:s, s:f, s:f}", "version", 1, "end",
				 machine_end_word(answer->end), "why", answer->why, "wall_seconds",
				 answer->wall_seconds, "cpu_seconds", answer->cpu_seconds);
	char *text = json ? json_dumps(json, JSON_INDENT(2)) : NULL;
	int ret = text ? file_write(record_path(arena, ask, "end"), slice_of(text), 0644) :
			 fail("cannot write down how %s ended", ask->title);

	free(text);
	json_decref(json);
	return ret;
}

int machine_read(struct arena *arena, const char *dir, struct machine_answer *answer)
{
	struct slice text;
	int got = file_read(arena, arena_printf(arena, "%s/end", dir), END_MAX, &text);

	if (got <= 0)
		return got;

	json_t *json = json_loadb(text.p, text.n, 0, NULL);
	const char *word = NULL, *why = NULL;
	double wall = 0, cpu = 0;
	int version = 0, end = MACHINE_ENDS;

	if (json && !json_unpack(json, "{s:i, s:s, s:s, s:F, s:F}", "version", &version, "end",
				 &word, "why", &why, "wall_seconds", &wall, "cpu_seconds", &cpu))
		for (end = 0; end < MACHINE_ENDS && strcmp(end_words[end], word); end++)
			;
	if (end < MACHINE_ENDS && version == 1)
		*answer = (struct machine_answer){
			.end = (enum machine_end)end,
			.why = arena_strdup(arena, why),
			.wall_seconds = wall,
			.cpu_seconds = cpu,
		};
	json_decref(json);
	return end < MACHINE_ENDS && version == 1;
}
