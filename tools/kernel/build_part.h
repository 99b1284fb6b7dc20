/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Build's own parts: the room it works in, a run of make there, what it said, and what is kept.
 */
#ifndef SERIES_KERNEL_BUILD_PART_H
#define SERIES_KERNEL_BUILD_PART_H

#include <jansson.h>

#include "base/memo.h"
#include "kernel/build.h"
#include "kernel/sandbox.h"
#include "kernel/treeview.h"

/* Goes into every key: what is kept by other rules is not read. */
#define BUILD_FORMAT "2"

/* The names inside the sandbox. They are in the objects, so ccache knows them whatever the real ones are. */
#define ROOM_SOURCE "/series/source"
#define ROOM_OUTPUT "/series/build"
#define ROOM_CCACHE "/series/ccache"
#define ROOM_CONFIG "/series/config" /* the fragments, one after the other */

DEFINE_FREE(json, json_t *, json_decref(_v))

/* As a file's name: "feature/x" is "feature%2Fx". */
char *build_name(struct arena *arena, const char *name);
/* A key's digits. */
char *build_key(struct arena *arena, const struct memo_key *key);
/* The folder CACHE/built/NAME. */
char *build_entry_dir(struct arena *arena, const struct build_site *site, const char *name);

/* The folders of one target, locked: nobody else builds there. */
struct room {
	const struct build_site *site;
	const char *target;
	char *dir;    /* CACHE/kernels/TARGET */
	char *source; /* in it */
	char *ccache; /* NULL: there is no ccache */
	int lock;
};
/* 0; -1: FAIL_BUSY where it does not `wait` for who is there, or no such folder can be made. */
int room_open(struct arena *arena, const struct build_site *site, const char *target, bool wait,
	      struct room *room);
void room_close(struct room *room);
/*
 * Have its sources, and the objects of a configuration, lain here for some time? Then a crash of the machine, a bad disk or a person
 * may have made something else of them, which no time of a file tells.
 */
bool room_was_left(struct arena *arena, const struct room *room, const char *config);
#define __free_room __attribute__((cleanup(room_close)))

/* One command in the sandbox, what it says going into a log. */
struct room_ask {
	const struct build_site *site;
	const char *source; /* bound read-only at ROOM_SOURCE; NULL */
	const char *output; /* bound writable at ROOM_OUTPUT, and where it begins */
	const char *config; /* a file bound at ROOM_CONFIG; NULL */
	const char *ccache; /* bound writable at ROOM_CCACHE; NULL */
	const char *mark;   /* of the kernel; NULL */
	const char *const *argv;
	const char *log;   /* a path here, added to; NULL */
	const char *title; /* for progress: "v6.12.73: compiling" */
	size_t expected;   /* lines of "CC x.o"; 0: not known */
};
struct room_answer {
	int status;
	struct slice said; /* both streams */
	double wall_seconds, cpu_seconds;
};
int room_run(struct arena *arena, const struct room_ask *ask, struct room_answer *answer);
/* Where the command sees ROOM_SOURCE: for the paths of its messages. */
const char *room_source(struct arena *arena, const struct room_ask *ask);
/* The compiler's own first line about itself. 0; -1: it is not there, and what to install. */
int room_compiler(struct arena *arena, const struct build_site *site, const char *compiler,
		  char **version);
/* Is it us who failed, or the machine? -1 with fail() for a full disk, a missing program, a killed compiler. */
int room_judge(struct slice said);

/*
 * What make said, by what it was making: "CC arch/x86/kvm/x86.o" and the lines below it. make -O keeps them
 * together.
 */
struct said_block {
	struct slice key;  /* "" for what belongs to the run itself */
	struct slice text; /* with the line that is the key */
};
struct said {
	struct said_block *items;
	size_t n, cap;
	size_t announced; /* blocks seen, the silent ones too */
};
/* Only blocks that say something; `log` outlives them unless it is copied. */
void said_parse(struct arena *arena, struct slice log, struct said *said);
/*
 * `before` was all that the objects in the folder have to say; `log` is of a run that made some of them anew. What it
 * made anew speaks for itself, the rest still says what it said.
 */
void said_renew(struct arena *arena, const struct said *before, struct slice log,
		struct said *after);
void said_write(struct text *out, const struct said *said);

#define MARK_DIGITS 12

/* A build that is being made. */
struct work {
	struct arena *arena;
	const struct build_site *site;
	const struct build_ask *ask;
	struct treeview view;
	git_oid tree;
	struct slice fragments; /* one after the other */
	char *compiler;		/* its version line */
	char mark[MARK_DIGITS + 1];
	char *key;
	/* From here on with the room open. */
	struct room room;
	char *output, *config; /* CACHE/kernels/TARGET/build/CONFIG; the fragments beside it */
	char *state, *spoken;  /* what is in it, what its objects say */
	char *count;	       /* how many things make made in it from nothing */
	char *folder_key;      /* what all its objects have in common */
	char *log;
	struct said said;
	size_t expected; /* things for make to make; 0: not known */
	double wall_seconds, cpu_seconds;
};

/* What the build is of: its tree, compiler and key. */
int work_begin(struct work *work);
/* With the room open: its sources are laid out. 1: make may go on in the output folder; 0: it is empty now; -1. */
int work_open(struct work *work);
/* The configuration, in an empty output folder: 1, 0 refused, -1. */
int work_configure(struct work *work);
/* Now it is known what is in the folder, and what its objects say. `done`: 1 when all of a kernel is in it. */
int work_close(const struct work *work, bool go_on, int done);
/* The command line of make up to where targets come. */
struct work_words {
	const char **items;
	size_t n, cap;
};
struct work_words work_words(const struct work *work);
struct room_ask work_room(const struct work *work, const char *const *argv, const char *doing);

/* A file of an entry. */
struct entry_file {
	const char *name; /* "bzImage" */
	const char *from; /* a path here; NULL: `text` */
	const char *
		below; /* not NULL: `from` is a path in this folder, which strangers wrote in: no symlink is
			      followed */
	struct slice text;
	unsigned int mode;
};
/*
 * Kept as CACHE/built/NAME, with build.json, which says the hashes of the others. All or nothing; an entry that is
 * there is replaced.
 */
int entry_write(struct arena *arena, const struct build_site *site, const char *name, json_t *json,
		const struct entry_file *files, size_t n);
/* 1 with its build.json, every file as it was written; 0: none, or damaged; -1. */
int entry_read(struct arena *arena, const struct build_site *site, const char *name, json_t **json);
/* A file that a build made: 1, 0 (not there, no plain file, too large), -1. */
int entry_slurp(struct arena *arena, const char *dir, const char *path, struct slice *bytes);

#endif
