/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What rounds have left: pages/ID, and tasks/ID with a folder for each task (log, database, evidence).
 *
 * Kept whatever its age and size: the open round, the newest one, and of each proof (a series on a line, of a kind, in a cell) the
 * round of its newest ruling, of its newest known one and of its newest good one; of each line the newest round in which all of
 * it was good. Of a round that is kept for one proof, the other proofs' folders go.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/fail.h"
#include "base/file.h"
#include "ci/prune_part.h"
#include "ci/usage.h"

/* A proof of a round, or all proofs of a line there. */
struct kept {
	const struct ruling *ruling;
	bool line;
};

struct keeping {
	struct kept *items;
	size_t n, cap;
	int64_t open, newest; /* rounds; 0: there is none */
};

static bool same_line(const struct ruling *a, const struct ruling *b)
{
	return !strcmp(a->series, b->series) && !strcmp(a->line, b->line);
}

static bool same_proof(const struct ruling *a, const struct ruling *b)
{
	return a->kind == b->kind && same_line(a, b) && !strcmp(a->cell, b->cell);
}

static bool is_good(const struct ruling *ruling)
{
	return !ruling->red && !ruling->unknown;
}

static void keep(struct pruning *p, struct keeping *keeping, const struct ruling *ruling, bool line)
{
	for (size_t i = 0; i < keeping->n; i++) {
		const struct kept *kept = &keeping->items[i];

		if (kept->ruling->round == ruling->round && kept->line == line &&
		    (line ? same_line(kept->ruling, ruling) : same_proof(kept->ruling, ruling)))
			return;
	}
	*arena_push(p->arena, keeping) = (struct kept){ ruling, line };
}

/* What is known of one proof, going back in time. */
struct proof_seen {
	const struct ruling *first;
	bool known, good;
};
/* Of one line: the round that is being gone through. */
struct line_seen {
	const struct ruling *first; /* of that round */
	bool bad, done;
};
struct seen {
	struct proof_seen *items;
	size_t n, cap;
};
struct lines_seen {
	struct line_seen *items;
	size_t n, cap;
};

static struct proof_seen *proof_of(struct pruning *p, struct seen *seen,
				   const struct ruling *ruling)
{
	for (size_t i = 0; i < seen->n; i++)
		if (same_proof(seen->items[i].first, ruling))
			return &seen->items[i];
	*arena_push(p->arena, seen) = (struct proof_seen){ .first = NULL };
	return &seen->items[seen->n - 1];
}

static void proof_look(struct pruning *p, struct keeping *keeping, struct seen *seen,
		       const struct ruling *ruling)
{
	struct proof_seen *proof = proof_of(p, seen, ruling);
	bool wanted = !proof->first || (!proof->known && !ruling->unknown) ||
		      (!proof->good && is_good(ruling));

	if (!proof->first)
		proof->first = ruling;
	proof->known |= !ruling->unknown;
	proof->good |= is_good(ruling);
	if (wanted)
		keep(p, keeping, ruling, false);
}

/* The round before was all good, as far as this line goes. */
static void line_close(struct pruning *p, struct keeping *keeping, struct line_seen *line)
{
	if (line->done || line->bad)
		return;
	line->done = true;
	keep(p, keeping, line->first, true);
}

static void line_look(struct pruning *p, struct keeping *keeping, struct lines_seen *lines,
		      const struct ruling *ruling)
{
	struct line_seen *line = NULL;

	for (size_t i = 0; i < lines->n && !line; i++)
		if (same_line(lines->items[i].first, ruling))
			line = &lines->items[i];
	if (!line) {
		line = arena_push(p->arena, lines);
		line->first = ruling;
	}
	if (line->first->round != ruling->round) {
		line_close(p, keeping, line);
		line->first = ruling;
		line->bad = false;
	}
	line->bad |= !is_good(ruling);
}

static int keeping_make(struct pruning *p, struct keeping *keeping)
{
	struct seen seen = { 0 };
	struct lines_seen lines = { 0 };
	struct rounds rounds = { 0 };
	struct round open;
	int is_open = journal_round_open(p->ask->journal, p->arena, &open);

	if (is_open < 0 || journal_rounds(p->ask->journal, p->arena, 2, &rounds))
		return -1;
	keeping->open = is_open ? open.id : 0;
	for (size_t i = 0; i < rounds.n && !keeping->newest; i++)
		keeping->newest = rounds.items[i].ended ? rounds.items[i].id : 0;
	for (size_t i = 0; i < p->all.n; i++) {
		proof_look(p, keeping, &seen, &p->all.items[i]);
		line_look(p, keeping, &lines, &p->all.items[i]);
	}
	for (size_t i = 0; i < lines.n; i++)
		line_close(p, keeping, &lines.items[i]);
	return 0;
}

static bool task_is_kept(const struct keeping *keeping, const struct task *task)
{
	struct ruling like = {
		.kind = task->kind, .series = task->series, .line = task->line, .cell = task->cell
	};

	for (size_t i = 0; i < keeping->n; i++) {
		const struct kept *kept = &keeping->items[i];

		if (kept->ruling->round == task->round &&
		    (kept->line ? same_line(kept->ruling, &like) : same_proof(kept->ruling, &like)))
			return true;
	}
	return false;
}

static bool round_is_kept(const struct keeping *keeping, int64_t round)
{
	if (round == keeping->newest)
		return true;
	for (size_t i = 0; i < keeping->n; i++)
		if (keeping->items[i].ruling->round == round)
			return true;
	return false;
}

/* ---- what there is ---- */

/* A folder that may go. */
struct folder {
	int64_t round;
	const char *dir, *name; /* .../tasks/17, 3-test-v6.1.188-tcg */
	struct usage usage;
	int64_t at; /* when its round had ended */
	bool kept;
};
struct folders {
	struct folder *items;
	size_t n, cap;
	uint64_t bytes;
	const char *pages;
};

/* Somebody still works there, on a cluster, say. */
static bool is_held(struct arena *arena, const char *dir)
{
	int fd __free(fd) =
		open(arena_printf(arena, "%s/lock", dir), O_RDWR | O_CLOEXEC | O_NOFOLLOW);

	return fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) && errno == EWOULDBLOCK;
}

static int folder_add(struct pruning *p, struct folders *folders, struct folder folder)
{
	const char *path = arena_printf(p->arena, "%s/%s", folder.dir, folder.name);

	if (usage_add(path, &folder.usage))
		return -1;
	if (!folder.at)
		folder.at = folder.usage.newest;
	folder.kept |= is_held(p->arena, path);
	folders->bytes += folder.usage.bytes;
	*arena_push(p->arena, folders) = folder;
	return 0;
}

/* By the folder's own name: the home above it may have been spelled otherwise then, or moved since. */
static const struct task *task_at(const struct tasks *tasks, const char *name)
{
	for (size_t i = 0; i < tasks->n; i++) {
		const char *slash = strrchr(tasks->items[i].dir, '/');

		if (slash && !strcmp(slash + 1, name))
			return &tasks->items[i];
	}
	return NULL;
}

/* A link leads to what is not ours to take away. */
static bool is_own_folder(const char *path)
{
	struct stat st;

	return !lstat(path, &st) && S_ISDIR(st.st_mode);
}

static int tasks_add(struct pruning *p, const struct keeping *keeping, struct folders *folders,
		     int64_t round, int64_t at)
{
	const char *dir = arena_printf(p->arena, "%s/tasks/%lld", p->ask->home, (long long)round);
	struct file_names names = { 0 };
	struct tasks tasks = { 0 };

	if (!is_own_folder(dir))
		return 0;
	if (prune_sweep(p, dir) || file_list(p->arena, dir, &names) < 0 ||
	    journal_tasks(p->ask->journal, p->arena, round, &tasks))
		return -1;
	for (size_t i = 0; i < names.n; i++) {
		const struct task *task = task_at(&tasks, names.items[i]);
		struct folder folder = { .round = round,
					 .dir = dir,
					 .name = names.items[i],
					 .at = at,
					 .kept = task && task_is_kept(keeping, task) };

		if (folder_add(p, folders, folder))
			return -1;
	}
	return 0;
}

struct round_ids {
	int64_t *items;
	size_t n, cap;
};

static int id_order(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* Those that have a folder in pages/ or tasks/, oldest first. */
static int ids_find(struct pruning *p, struct round_ids *ids)
{
	static const char *const folders[] = { "pages", "tasks" };

	for (size_t f = 0; f < ARRAY_SIZE(folders); f++) {
		const char *dir = arena_printf(p->arena, "%s/%s", p->ask->home, folders[f]);
		struct file_names names = { 0 };

		if (prune_sweep(p, dir) || file_list(p->arena, dir, &names) < 0)
			return -1;
		for (size_t i = 0; i < names.n; i++) {
			unsigned long id;
			bool known = false;

			if (!slice_number(slice_of(names.items[i]), INT64_MAX, &id))
				continue;
			for (size_t k = 0; k < ids->n; k++)
				known |= ids->items[k] == (int64_t)id;
			if (!known)
				*arena_push(p->arena, ids) = (int64_t)id;
		}
	}
	if (ids->n)
		qsort(ids->items, ids->n, sizeof(*ids->items), id_order);
	return 0;
}

static int folders_find(struct pruning *p, const struct keeping *keeping, struct folders *folders)
{
	const char *pages = arena_printf(p->arena, "%s/pages", p->ask->home);
	struct round_ids ids = { 0 };

	folders->pages = pages;
	if (ids_find(p, &ids))
		return -1;
	for (size_t i = 0; i < ids.n; i++) {
		struct folder page = { .round = ids.items[i], .dir = pages };
		struct round round;
		int found = journal_round_find(p->ask->journal, p->arena, ids.items[i], &round);

		if (found < 0)
			return -1;
		/* One that is not in the journal (it was lost, say) is as old as its files. */
		page.at = found ? (round.ended ? round.ended : round.started) : 0;
		page.name = arena_printf(p->arena, "%lld", (long long)ids.items[i]);
		page.kept = ids.items[i] == keeping->open || round_is_kept(keeping, ids.items[i]);
		if (file_kind(arena_printf(p->arena, "%s/%s", pages, page.name)) == 1 &&
		    folder_add(p, folders, page))
			return -1;
		if (ids.items[i] != keeping->open &&
		    tasks_add(p, keeping, folders, ids.items[i], page.at))
			return -1;
	}
	return 0;
}

/* ---- taking away ---- */

static int folder_take(struct pruning *p, struct folders *folders, struct folder *folder)
{
	folder->kept = true; /* not twice */
	folders->bytes -= folder->usage.bytes;
	p->pruned->folders++;
	return prune_take(p, folder->dir, folder->name, folder->usage.bytes);
}

/* Folders of rounds whose tasks are all gone. */
static void empty_remove(struct pruning *p, const struct folders *folders)
{
	for (size_t i = 0; i < folders->n && !p->ask->dry; i++)
		if (strcmp(folders->items[i].dir, folders->pages) != 0)
			rmdir(folders->items[i].dir);
}

int prune_rounds(struct pruning *p)
{
	const struct settings *settings = p->ask->settings;
	struct keeping keeping = { 0 };
	struct folders folders = { 0 };
	int64_t last = 0;

	if (keeping_make(p, &keeping) || folders_find(p, &keeping, &folders))
		return -1;
	for (size_t i = 0; i < folders.n; i++) {
		struct folder *folder = &folders.items[i];

		/* Oldest rounds first: those that are old, and then as long as all takes too much. */
		if (folder->kept || (!prune_is_old(p, folder->at, settings->publish.days) &&
				     folders.bytes <= settings->publish.mib * MIB))
			continue;
		p->pruned->rounds += folder->round != last;
		last = folder->round;
		if (folder_take(p, &folders, folder))
			return -1;
	}
	empty_remove(p, &folders);
	return 0;
}
