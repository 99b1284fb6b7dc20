/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Slurm: jobs sent, looked at and cancelled by Slurm's own commands.
 *
 * Nothing of the library is used: its interface changes with each release,
 * sbatch and squeue have said the same for fifteen years. All that is read here
 * is asked for in a format of ours.
 */
#ifndef SERIES_CI_SLURM_H
#define SERIES_CI_SLURM_H

#include "ci/settings.h"

/* What a state of Slurm's means for who waits. */
enum slurm_state {
	SLURM_WAITS,	 /* pending, held, requeued */
	SLURM_RUNS,	 /* or is about to begin or to end, or is suspended */
	SLURM_COMPLETED, /* with exit code 0 */
	SLURM_FAILED,	 /* otherwise */
	SLURM_CANCELLED,
	SLURM_TIMEOUT,
	SLURM_MEMORY,
	SLURM_LOST, /* its node went away, or something more important took its place
               */
};
struct slurm_job {
	const char *id; /* "4711"; of an array: its own, not the element's */
	long element;	/* -1: no array, or all of its elements that have no line of
                     their own */
	enum slurm_state state;
	const char *word;   /* "NODE_FAIL" */
	const char *reason; /* "Dependency"; "None" */
	const char *name;
};
struct slurm_jobs {
	struct slurm_job *items;
	size_t n, cap;
};
/*
 * Ours whose name begins with `prefix`, ended ones too as long as Slurm
 * remembers them. -1: no answer, and why.
 */
int slurm_jobs(struct arena *arena, const char *prefix, struct slurm_jobs *jobs);
/* By id, "4711" or "4711_3". NULL: not known. */
const struct slurm_job *slurm_find(const struct slurm_jobs *jobs, const char *id);
/* By name, "NAME" or "NAME_3"; the newest. The id, as above; NULL. */
char *slurm_find_name(struct arena *arena, const struct slurm_jobs *jobs, const char *name);
/* Does it remember anything of the array that this is an element of? */
bool slurm_knows_array(const struct slurm_jobs *jobs, const char *id);

struct slurm_ask {
	const char *name;
	const char *log;      /* absolute; "%a" is the element, a "%" of a path is "%%" */
	const char *dir;      /* its current folder */
	const char *after;    /* id of the job that must have completed; NULL */
	size_t elements;      /* of an array, 0 to elements - 1; 0: no array */
	unsigned int cores;   /* 0: the whole node */
	unsigned int memory;  /* MiB; 0: all of the node, or what Slurm gives */
	unsigned int minutes; /* 0: as Slurm has it */
	char *const *options; /* of the settings */
	size_t noptions;
	struct slice script;
};
/* 0 with the id; -1 with sbatch's own words: refused, or no answer. */
int slurm_send(struct arena *arena, const struct slurm_ask *ask, char **id);
/* "4711" or "4711_3"; best effort. */
void slurm_cancel(struct arena *arena, const char *id);
/* Who did, where Slurm keeps accounts: "root"; NULL. */
char *slurm_canceller(struct arena *arena, const char *id);

struct slurm_node {
	const char *host, *address;
	bool up;
};
struct slurm_nodes {
	struct slurm_node *items;
	size_t n, cap;
};
int slurm_nodes(struct arena *arena, struct slurm_nodes *nodes);

/* An option of the settings that cannot be passed on: NULL, or why. */
char *slurm_option_flaw(struct arena *arena, const char *option);
/* Without asking Slurm: are its commands here, can the options be passed on? NULL, or why not. */
char *slurm_flaw(struct arena *arena, const struct settings *settings);
/* What a task gets where the options say so: processors and MiB; else they stay as they are. */
void slurm_sizes(const struct settings *settings, unsigned int *cores, unsigned int *memory);
/* A path in a file name pattern of Slurm's. */
char *slurm_pattern(struct arena *arena, const char *path);

#endif
