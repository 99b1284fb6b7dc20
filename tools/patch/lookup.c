/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * No preprocessor: an #include counts whatever #if it stands under, and a word in a header counts
 * whatever it is there. That finds too much rather than too little, which is what is wanted: only a
 * name that is nowhere at all is one that the kernel does not have. Headers are walked breadth first
 * from the file, each once, until all names are found.
 */
#include "patch/lookup.h"

#include "base/fail.h"
#include "patch/diff.h"
#include "patch/names.h"

#define HEADERS_MAX 6000
#define FOLDERS_MAX 20000
#define CONFIG "CONFIG_"
#define MODULE "_MODULE"

struct search {
	struct arena *arena;
	const struct lookup *lookup;
	const struct slice *names;
	size_t n;
	bool *found;
	struct names *seen; /* paths of headers, in the order to read them */
	struct slice dir;   /* of the file that asks, with "/" behind it */
	struct slice arch;  /* "x86" */
};

static bool is_config(struct slice name)
{
	return slice_starts(name, CONFIG);
}

static bool all_found(const struct search *s, bool config)
{
	for (size_t i = 0; i < s->n; i++)
		if (!s->found[i] && is_config(s->names[i]) == config)
			return false;
	return true;
}

static void look_in(struct search *s, struct slice text)
{
	for (size_t i = 0; i < s->n; i++)
		if (!s->found[i] && !is_config(s->names[i]))
			s->found[i] = slice_has_word(text, s->names[i]);
}

/* "config NAME" or "menuconfig NAME" on a line by itself. */
static bool declares(struct slice text, struct slice symbol)
{
	struct slice line;

	while (slice_line(&text, &line)) {
		line = slice_trim(line);
		if (slice_starts(line, "menu"))
			line = slice_skip(line, 4);
		if (slice_starts(line, "config ") &&
		    slice_eq(slice_trim(slice_skip(line, 7)), symbol))
			return true;
	}
	return false;
}

static void look_in_kconfig(struct search *s, struct slice text)
{
	for (size_t i = 0; i < s->n; i++) {
		struct slice symbol;

		if (s->found[i] || !is_config(s->names[i]))
			continue;
		symbol = slice_skip(s->names[i], strlen(CONFIG));
		if (slice_ends(symbol, MODULE))
			symbol.n -= strlen(MODULE);
		s->found[i] = declares(text, symbol);
	}
}

/* What was edited is in the draft alone; all the rest is read from the store. */
static int look_in_edited(struct search *s, const char *path)
{
	struct draft_paths edited = draft_edited(s->lookup->draft, s->arena, 0);
	struct slice text;

	for (size_t i = 0; i < edited.n; i++) {
		int r = strcmp(edited.items[i], path) != 0 ?
				draft_read(s->lookup->draft, edited.items[i], &text, NULL) :
				0;

		if (r < 0)
			return -1;
		if (!r)
			continue;
		look_in(s, text);
		if (strstr(edited.items[i], "Kconfig"))
			look_in_kconfig(s, text);
	}
	return 0;
}

static struct slice folder_of(const char *path)
{
	const char *last = strrchr(path, '/');

	return (struct slice){ path, last ? (size_t)(last - path) + 1 : 0 };
}

/* Note a header to read when the tree has it: 1, 0, -1. `dir` ends in "/", or is empty. */
static int note_header(struct search *s, struct slice dir, const char *below, struct slice name)
{
	char *path = arena_printf(s->arena, SLICE_FMT "%s" SLICE_FMT, SLICE_ARG(dir), below,
				  SLICE_ARG(name));
	struct repo_entry entry;
	int r;

	if (!diff_path_ok(slice_of(path)))
		return 0;
	r = repo_entry(s->lookup->repo, &s->lookup->tree, path, &entry);
	if (r == 1 && s->seen->n < HEADERS_MAX)
		names_number(s->seen, slice_of(path));
	return r;
}

/* "../" in front of an include takes a folder off the one that it starts from. */
static void climb(struct slice *dir, struct slice *name)
{
	while (slice_starts(*name, "../") && dir->n) {
		*name = slice_skip(*name, 3);
		dir->n--;
		while (dir->n && dir->p[dir->n - 1] != '/')
			dir->n--;
	}
}

static int note_include(struct search *s, const char *from, struct slice name, bool quoted)
{
	struct slice none = { "", 0 }, dir = folder_of(from), above = s->dir;
	static const char *const anywhere[] = { "include/", "include/uapi/" };
	static const char *const of_arch[] = { "include/", "include/uapi/" };
	struct slice arch;
	int r = 0;

	if (quoted) {
		struct slice relative = name;

		climb(&dir, &relative);
		r = note_header(s, dir, "", relative);
		if (!r)
			r = note_header(s, s->dir, "", name);
		climb(&above, &(struct slice){ "../", 3 });
		if (!r)
			r = note_header(s, above, "", name);
	}
	for (size_t i = 0; i < ARRAY_SIZE(anywhere) && !r; i++)
		r = note_header(s, none, anywhere[i], name);
	arch = slice_of(arena_printf(s->arena, "arch/" SLICE_FMT "/", SLICE_ARG(s->arch)));
	for (size_t i = 0; i < ARRAY_SIZE(of_arch) && !r; i++)
		r = note_header(s, arch, of_arch[i], name);
	if (!r && slice_starts(name, "asm/"))
		r = note_header(s, none, "include/asm-generic/", slice_skip(name, 4));
	return r < 0 ? -1 : 0;
}

/* Note what a text includes; TRACE_INCLUDE and other ways that need a preprocessor are passed over. */
static int note_includes(struct search *s, const char *from, struct slice text)
{
	static const struct slice mark = { "include", 7 };
	struct slice rest = text;
	ptrdiff_t at;

	while ((at = slice_find(rest, mark)) >= 0) {
		const char *p = rest.p + at, *line = p;
		struct slice name;

		while (line > text.p && line[-1] != '\n')
			line--;
		rest = slice_skip(rest, (size_t)at + mark.n);
		name = (struct slice){ line, (size_t)(p - line) };
		if (!slice_starts(name, "#") || !slice_blank(slice_skip(name, 1)))
			continue;
		name = rest;
		while (name.n && (*name.p == ' ' || *name.p == '\t'))
			name = slice_skip(name, 1);
		if (!name.n || (*name.p != '<' && *name.p != '"'))
			continue;

		bool quoted = *name.p == '"';
		struct slice file;

		name = slice_skip(name, 1);
		if (slice_cut(&name, quoted ? '"' : '>', &file) && file.n < 200 &&
		    !memchr(file.p, '\n', file.n) && note_include(s, from, file, quoted))
			return -1;
	}
	return 0;
}

static int look_in_headers(struct search *s, const char *path, struct slice text)
{
	if (note_includes(s, path, text))
		return -1;
	for (size_t i = 0; i < s->seen->n && !all_found(s, false); i++) {
		struct arena *scratch __free(arena) = arena_new();
		char *header = slice_str(s->arena, s->seen->items[i]);
		int r = repo_read(s->lookup->repo, scratch, &s->lookup->tree, header, &text);

		if (r < 0)
			return -1;
		if (!r)
			continue;
		look_in(s, text);
		if (note_includes(s, header, text))
			return -1;
	}
	return 0;
}

/* All Kconfig files of a folder and below; stops when there is nothing left to find. */
static int look_below(struct search *s, const char *dir, size_t *budget)
{
	struct arena *scratch __free(arena) = arena_new();
	struct repo_names names = { 0 };
	struct slice text;

	if (!*budget)
		return fail("more than %d folders with Kconfig files to look at", FOLDERS_MAX);
	--*budget;
	if (repo_list(s->lookup->repo, scratch, &s->lookup->tree, dir, &names) < 0)
		return -1;
	for (size_t i = 0; i < names.n && !all_found(s, true); i++) {
		const struct repo_name *name = &names.items[i];
		char *path = arena_printf(scratch, "%s%s%s", dir, *dir ? "/" : "", name->name);

		if (name->entry.mode == GIT_FILEMODE_TREE) {
			if (strcmp(path, "Documentation") != 0 && look_below(s, path, budget))
				return -1;
		} else if (slice_starts(slice_of(name->name), "Kconfig")) {
			if (repo_read(s->lookup->repo, scratch, &s->lookup->tree, path, &text) < 0)
				return -1;
			look_in_kconfig(s, text);
		}
	}
	return 0;
}

/* First the folders from the file's own up, which mostly have it; then all. */
static int look_in_kconfigs(struct search *s, const char *path)
{
	size_t budget = FOLDERS_MAX;
	struct slice dir = folder_of(path), text;

	while (dir.n && !all_found(s, true)) {
		char *kconfig = arena_printf(s->arena, SLICE_FMT "Kconfig", SLICE_ARG(dir));
		int r = repo_read(s->lookup->repo, s->arena, &s->lookup->tree, kconfig, &text);

		if (r < 0)
			return -1;
		if (r)
			look_in_kconfig(s, text);
		climb(&dir, &(struct slice){ "../", 3 });
	}
	return all_found(s, true) ? 0 : look_below(s, "", &budget);
}

static void search_begin(struct search *s, struct arena *arena, const struct lookup *lookup,
			 const char *path)
{
	struct slice rest = slice_of(path);

	*s = (struct search){
		.arena = arena,
		.lookup = lookup,
		.seen = names_new(arena),
		.dir = folder_of(path),
		.arch = SLICE("x86"),
	};
	if (slice_starts(rest, "arch/")) {
		rest = slice_skip(rest, 5);
		slice_cut(&rest, '/', &s->arch);
	}
}

int lookup_names(const struct lookup *lookup, const char *path, const struct slice *names, size_t n,
		 bool *found)
{
	struct arena *scratch __free(arena) = arena_new();
	struct search s;
	struct slice text;
	int r;

	search_begin(&s, scratch, lookup, path);
	s.names = names;
	s.n = n;
	s.found = found;
	r = draft_read(lookup->draft, path, &text, NULL);
	if (r < 0 || look_in_edited(&s, path) ||
	    (r && !all_found(&s, false) && look_in_headers(&s, path, text)))
		return fail_in("names that %s uses", path);
	if (!all_found(&s, true) && look_in_kconfigs(&s, path))
		return fail_in("CONFIG_ symbols that %s uses", path);
	return 0;
}

/* The file and the others that were edited: all of them are noted as seen. */
static int edited_texts(struct search *s, struct arena *arena, const char *path,
			struct lookup_texts *texts)
{
	struct draft_paths edited = draft_edited(s->lookup->draft, s->arena, 0);

	for (size_t i = 0; i <= edited.n; i++) {
		const char *one = i ? edited.items[i - 1] : path;
		struct slice text;
		unsigned int number;
		int r = names_find(s->seen, slice_of(one), &number) ?
				0 :
				draft_read(s->lookup->draft, one, &text, NULL);

		if (r < 0)
			return -1;
		if (!r)
			continue;
		names_number(s->seen, slice_of(arena_strdup(s->arena, one)));
		*arena_push(arena, texts) =
			(struct lookup_text){ arena_strdup(arena, one), slice_copy(arena, text) };
	}
	return 0;
}

int lookup_texts(struct arena *arena, const struct lookup *lookup, const char *path,
		 struct lookup_texts *texts)
{
	struct arena *scratch __free(arena) = arena_new();
	struct search s;
	size_t own;

	search_begin(&s, scratch, lookup, path);
	if (edited_texts(&s, arena, path, texts))
		return fail_in("what %s includes", path);
	own = texts->n;
	for (size_t i = 0; i < own; i++)
		if (note_includes(&s, texts->items[i].path, texts->items[i].text))
			return fail_in("what %s includes", path);
	for (size_t i = own; i < s.seen->n; i++) {
		struct lookup_text text;
		int r;

		text.path = slice_str(arena, s.seen->items[i]);
		r = repo_read(lookup->repo, arena, &lookup->tree, text.path, &text.text);
		if (r < 0 || (r && note_includes(&s, text.path, text.text)))
			return fail_in("what %s includes", path);
		if (r)
			*arena_push(arena, texts) = text;
	}
	return 0;
}
