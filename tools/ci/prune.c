/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/fail.h"
#include "base/file.h"
#include "ci/prune_part.h"
#include "ci/usage.h"

#define GONE ".gone-"

bool prune_is_old(const struct pruning *p, int64_t last, unsigned int days)
{
	return last + (int64_t)days * DAY < p->ask->now;
}

int prune_take(struct pruning *p, const char *dir, const char *name, uint64_t bytes)
{
	const char *from = arena_printf(p->arena, "%s/%s", dir, name);
	const char *to = arena_printf(p->arena, "%s/" GONE "%s", dir, name);

	p->pruned->bytes += bytes;
	if (p->ask->dry)
		return 0;
	if (file_remove_tree(to))
		return -1;
	if (rename(from, to))
		return errno == ENOENT ? 0 : fail_errno("cannot rename %s", from);
	return file_remove_tree(to);
}

int prune_sweep(struct pruning *p, const char *dir)
{
	struct file_names names = { 0 };

	if (p->ask->dry)
		return 0;
	if (file_list(p->arena, dir, &names) < 0)
		return -1;
	for (size_t i = 0; i < names.n; i++)
		if (slice_starts(slice_of(names.items[i]), GONE) &&
		    file_remove_tree(arena_printf(p->arena, "%s/%s", dir, names.items[i])))
			return -1;
	return 0;
}

/* A mail that has not gone out yet. */
static bool is_waiting(const struct letters *letters, const char *path)
{
	for (size_t i = 0; i < letters->n; i++)
		if (!strcmp(letters->items[i].path, path))
			return true;
	return false;
}

/* Mails that were sent, and drafts for which nobody came: `dir` is of ours. */
static int letters_prune(struct pruning *p, const char *dir, const struct letters *waiting)
{
	struct file_names names = { 0 };

	if (file_list(p->arena, dir, &names) < 0)
		return -1;
	for (size_t i = 0; i < names.n; i++) {
		const char *path = arena_printf(p->arena, "%s/%s", dir, names.items[i]);
		struct usage usage = { 0 };

		if (usage_add(path, &usage))
			return -1;
		if (!usage.files || is_waiting(waiting, path) ||
		    !prune_is_old(p, usage.newest, p->ask->settings->publish.days))
			continue;
		p->pruned->letters++;
		if (prune_take(p, dir, names.items[i], usage.bytes))
			return -1;
	}
	return 0;
}

int prune(struct arena *arena, const struct prune_ask *ask, struct pruned *pruned)
{
	struct pruning p = { .arena = arena, .ask = ask, .pruned = pruned };
	const char *mails = arena_printf(arena, "%s/mails", ask->home);
	const char *drafts = arena_printf(arena, "%s/drafts", ask->home);
	struct letters waiting = { 0 };

	*pruned = (struct pruned){ 0 };
	if (journal_history(ask->journal, arena, NULL, NULL, 0, &p.all) || prune_rounds(&p) ||
	    journal_letters(ask->journal, arena, false, &waiting) || prune_sweep(&p, mails) ||
	    prune_sweep(&p, drafts) || letters_prune(&p, mails, &waiting) ||
	    letters_prune(&p, drafts, &waiting) || prune_cache(&p))
		return fail_in("cannot take away what is old");
	return ask->dry ? 0 : journal_prune(ask->journal, ask->now, ask->settings->publish.days);
}

int prune_hurry(struct arena *arena, const struct prune_ask *ask, struct pruned *pruned)
{
	struct prune_ask cache_only = *ask;
	struct pruning p = { .arena = arena, .ask = &cache_only, .pruned = pruned, .hurry = true };

	*pruned = (struct pruned){ 0 };
	cache_only.repo = NULL;
	return prune_cache(&p) ? fail_in("cannot make room") : 0;
}

char *pruned_text(struct arena *arena, const struct pruned *pruned)
{
	const struct {
		size_t n;
		const char *one, *more;
	} parts[] = {
		{ pruned->rounds, "run", "runs" },
		{ pruned->letters, "mail", "mails" },
		{ pruned->cached, "build", "builds" },
		{ pruned->rooms, "kernel's sources and objects", "kernels' sources and objects" },
		{ pruned->tips, "tip of a branch", "tips of branches" },
	};
	struct text out __free_text = TEXT_INIT;

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		if (parts[i].n)
			text_addf(&out, "%s%zu %s", out.len ? ", " : "", parts[i].n,
				  parts[i].n == 1 ? parts[i].one : parts[i].more);
	if (!out.len)
		return arena_strdup(arena, "nothing");
	text_addf(&out, ": %llu MiB", (unsigned long long)((pruned->bytes + MIB / 2) / MIB));
	return slice_str(arena, text_slice(&out));
}
