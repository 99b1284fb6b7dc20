/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * series.conf is edited as text, line by line, since it is people who wrote it: comments and what they decided stay. Only the
 * head of a section that is renamed changes, the sections of patches that are gone go, and a condition on a hunk follows it.
 */
#include <ctype.h>

#include "base/fail.h"
#include "base/file.h"
#include "patch/import_part.h"
#include "patch/renewal_part.h"
#include "patch/succession.h"

#define CONF_MAX ((size_t)16 << 20)

struct rewriting {
	struct arena *arena;
	const struct renewal_ask *ask;
	struct renewal *renewal;
	const struct mail *const *mails;
	struct text out, held; /* held: comments and empty lines, which belong to what follows */
	const struct renewed_patch *item; /* whose section it is; NULL */
	const struct mail *mail;	  /* its new one; NULL: stays */
	bool gone;			  /* of a patch that is dropped */
	bool series;			  /* [series] */
};

/* [patch "NAME"]: the name, unquoted; what stands behind the bracket in `rest`. */
static bool patch_head(struct arena *arena, struct slice line, char **name, struct slice *rest)
{
	struct text out __free_text = TEXT_INIT;
	size_t i = 6;

	line = slice_trim(line);
	if (!slice_starts(line, "[patch"))
		return false;
	while (i < line.n && isspace((unsigned char)line.p[i]))
		i++;
	if (i >= line.n || line.p[i++] != '"')
		return false;
	for (; i < line.n && line.p[i] != '"'; i++) {
		if (line.p[i] == '\\' && i + 1 < line.n)
			i++;
		text_addc(&out, line.p[i]);
	}
	if (i + 1 >= line.n || line.p[i + 1] != ']')
		return false;
	*name = slice_str(arena, text_slice(&out));
	*rest = slice_skip(line, i + 2);
	return true;
}

static void add_head(struct text *out, const char *name, struct slice rest)
{
	text_adds(out, "[patch \"");
	for (; *name; name++) {
		if (*name == '"' || *name == '\\')
			text_addc(out, '\\');
		text_addc(out, *name);
	}
	text_addf(out, "\"]" SLICE_FMT "\n", SLICE_ARG(rest));
}

/* "key = value": the value without what is around it, when the line sets that key. */
static bool line_sets(struct slice line, const char *key, struct slice *value)
{
	size_t n = strlen(key);

	line = slice_trim(line);
	if (line.n < n || strncasecmp(line.p, key, n) != 0)
		return false;
	line = slice_trim(slice_skip(line, n));
	if (!line.n || *line.p != '=')
		return false;
	*value = slice_trim(slice_skip(line, 1));
	if (value->n > 1 && *value->p == '"' && value->p[value->n - 1] == '"')
		*value = (struct slice){ value->p + 1, value->n - 2 };
	return true;
}

static const struct filediff *file_in(const struct diff *diff, struct slice path)
{
	for (size_t i = 0; i < diff->n; i++) {
		const struct filediff *file = &diff->items[i];

		if (slice_is(path, file->new_path ? file->new_path : file->old_path))
			return file;
	}
	return NULL;
}

static bool same_hunk(const struct hunk *a, const struct hunk *b)
{
	size_t i = 0, k = 0;

	/* The changed lines in their order; context aside. */
	for (;; i++, k++) {
		while (i < a->n && a->items[i].kind == ' ')
			i++;
		while (k < b->n && b->items[k].kind == ' ')
			k++;
		if (i == a->n || k == b->n)
			return i == a->n && k == b->n;
		if (a->items[i].kind != b->items[k].kind ||
		    !slice_eq(a->items[i].text, b->items[k].text))
			return false;
	}
}

/* The number that the hunk has in the new file, from 1; 0: it cannot be told. */
static size_t hunk_now(const struct filediff *was, const struct filediff *is, size_t number)
{
	size_t found = 0, n = 0;

	for (size_t h = 0; h < is->n; h++)
		if (same_hunk(&was->items[number - 1], &is->items[h])) {
			found = h + 1;
			n++;
		}
	return n == 1 ? found : n > 1 || was->n != is->n ? 0 : number;
}

/* "condition = PROBE FILE[:HUNK]" of a patch that changed. */
static int add_condition(struct rewriting *w, struct slice line, struct slice value)
{
	struct slice rest = value, probe, path;
	const struct filediff *was, *is;
	unsigned long number = 0;
	size_t now;

	slice_cut(&rest, ' ', &probe);
	rest = slice_trim(rest);
	slice_cut(&rest, ':', &path);
	was = file_in(&w->item->old->mail.diff, path);
	is = file_in(&w->mail->diff, path);
	if (!is) {
		renewal_remark(w->arena, w->renewal,
			       "%s: the condition '" SLICE_FMT
			       "' is gone: the patch does not touch that file any more",
			       w->item->file, SLICE_ARG(value));
		return 0;
	}
	if (!rest.n || !was || !slice_number(rest, 100000, &number) || !number || number > was->n) {
		text_addf(&w->out, SLICE_FMT "\n", SLICE_ARG(line));
		return 0;
	}
	now = hunk_now(was, is, number);
	if (!now)
		return fail_as(
			FAIL_USAGE,
			"series.conf: the condition '" SLICE_FMT
			"' of %s is on a hunk that cannot be told in the newer version; name the whole file, or take the mails in with series import --in-place",
			SLICE_ARG(value), w->item->old->file);
	if (!same_hunk(&was->items[number - 1], &is->items[now - 1]))
		renewal_remark(w->arena, w->renewal,
			       "%s: the condition '" SLICE_FMT
			       "' is on a hunk that changed: does it still hold?",
			       w->item->file, SLICE_ARG(value));
	text_addf(&w->out, "\tcondition = " SLICE_FMT " " SLICE_FMT ":%zu\n", SLICE_ARG(probe),
		  SLICE_ARG(path), now);
	return 0;
}

/* A message id is what a stranger wrote: as git quotes it, it is the value and nothing else. */
static void add_value(struct text *out, const char *key, const char *before, const char *value)
{
	text_addf(out, "\t%s = \"%s", key, before);
	for (; *value; value++) {
		if (*value == '"' || *value == '\\')
			text_addc(out, '\\');
		text_addc(out, *value);
	}
	text_adds(out, "\"\n");
}

static bool mentions(struct slice value, const char *what)
{
	return what && slice_find(value, slice_of(what)) >= 0;
}

/* A key of a section whose patch is replaced, or became upstream. */
static int add_patch_line(struct rewriting *w, struct slice line)
{
	const struct series_patch *old = w->item->old;
	const char *upstream = w->item->upstream;
	struct slice value;

	if (upstream && line_sets(line, "mainline", &value))
		return 0; /* it is there now */
	if (upstream && line_sets(line, "class", &value) &&
	    !strcmp(old->class_why, WHY_NOT_UPSTREAM)) {
		text_adds(&w->out, "\tclass = distro-only\n");
		return 0;
	}
	if (upstream && line_sets(line, "why", &value) && slice_is(value, WHY_NOT_UPSTREAM)) {
		text_adds(&w->out,
			  "\twhy = \"upstream; nobody has said yet whether it is for stable\"\n");
		return 0;
	}
	if (w->mail && w->mail->message_id && line_sets(line, "mainline", &value) &&
	    slice_starts(value, "Submitted, ") && old->link && mentions(value, old->link)) {
		add_value(&w->out, "mainline", "Submitted, " LORE_ALL, w->mail->message_id);
		return 0;
	}
	if (w->mail && w->item->kind == RENEWAL_CHANGED && line_sets(line, "condition", &value))
		return add_condition(w, line, value);
	text_addf(&w->out, SLICE_FMT "\n", SLICE_ARG(line));
	return 0;
}

/* A new section begins: whose? */
static void enter(struct rewriting *w, struct slice line)
{
	char *name;
	struct slice rest;

	w->item = NULL;
	w->mail = NULL;
	w->gone = false;
	w->series = slice_starts(slice_trim(line), "[series]");
	if (!patch_head(w->arena, line, &name, &rest)) {
		text_add_slice(&w->out, text_slice(&w->held));
		text_addf(&w->out, SLICE_FMT "\n", SLICE_ARG(line));
		return;
	}
	for (size_t i = 0; i < w->renewal->n; i++)
		if (w->renewal->items[i].old && !strcmp(w->renewal->items[i].old->file, name)) {
			w->item = &w->renewal->items[i];
			w->mail = w->item->number ? w->mails[i] : NULL;
		}
	w->gone = w->item && !w->item->number;
	if (w->gone)
		return;
	text_add_slice(&w->out, text_slice(&w->held));
	if (w->item && strcmp(w->item->file, name) != 0)
		add_head(&w->out, w->item->file, rest);
	else
		text_addf(&w->out, SLICE_FMT "\n", SLICE_ARG(line));
}

static int rewrite_line(struct rewriting *w, struct slice line)
{
	struct slice bare = slice_trim(line), value;

	if (!bare.n || *bare.p == '#' || *bare.p == ';') {
		text_addf(&w->held, SLICE_FMT "\n", SLICE_ARG(line));
		return 0;
	}
	if (*bare.p == '[') {
		enter(w, line);
		text_clear(&w->held);
		return 0;
	}
	if (!w->gone)
		text_add_slice(&w->out, text_slice(&w->held));
	text_clear(&w->held);
	if (w->gone)
		return 0;
	if (w->item)
		return add_patch_line(w, line);
	if (w->series && w->ask->link && line_sets(line, "link", &value) &&
	    mentions(value, w->ask->old_link))
		add_value(&w->out, "link", "", w->ask->link);
	else
		text_addf(&w->out, SLICE_FMT "\n", SLICE_ARG(line));
	return 0;
}

int renewal_conf(struct arena *arena, const struct renewal_ask *ask, struct renewal *renewal,
		 const struct mail *const *mails, const char *path)
{
	struct rewriting w = { .arena = arena, .ask = ask, .renewal = renewal, .mails = mails };
	struct slice text, line;
	int r = file_read(arena, path, CONF_MAX, &text);

	if (r < 0)
		return -1;
	for (r = 0; !r && slice_line(&text, &line);)
		r = rewrite_line(&w, line);
	if (!w.gone)
		text_add_slice(&w.out, text_slice(&w.held));
	if (!r)
		r = file_write(path, text_slice(&w.out), 0666);
	text_release(&w.out);
	text_release(&w.held);
	for (size_t i = 0; i < renewal->n; i++) {
		const struct renewed_patch *item = &renewal->items[i];

		if (mails[i] && item->kind == RENEWAL_CHANGED && item->old->upstream &&
		    mails[i]->message_id)
			renewal_remark(
				arena, renewal,
				"%s is upstream as %.12s: what was posted since is not how it reads there",
				item->file, item->old->upstream);
		if (item->upstream && strcmp(item->old->class_why, WHY_NOT_UPSTREAM) != 0 &&
		    item->old->class == CLASS_OUT_OF_TREE)
			renewal_remark(
				arena, renewal,
				"%s is upstream now, and its class is out-of-tree still: '%s'",
				item->file, item->old->class_why);
	}
	return r;
}
