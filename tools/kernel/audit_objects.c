/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the compiler made of a port, function by function, held against what the patches are about.
 *
 * Code may differ in a function that a patch changes, in one that uses a macro, a variable or an inline function which a
 * patch changes, and in who inlines one of those; the way from one to the next goes only through functions whose code
 * differs too, or which have none of their own. A static function whose caller was changed may be made differently
 * for its new callers. Anything else is a finding, and so is a function that the port changes and the patches as
 * mailed do not.
 */
#include "base/child.h"
#include "base/fail.h"
#include "base/file.h"
#include "kernel/audit_built.h"
#include "kernel/audit_checks.h"
#include "kernel/audit_names.h"
#include "kernel/audit_port.h"
#include "kernel/objcode.h"
#include "kernel/treeview.h"
#include "patch/base.h"
#include "patch/cocci.h"

#define FOLDER "/series/objects"
#define DEADLINE_MS 60000

/* What one patch of the port is about. */
struct about {
	const struct port_patch *patch;
	struct audit_change change;
	struct audit_words reached; /* of the source at hand */
	bool has_code;
};

struct judging {
	struct arena *arena;
	const struct audit_ask *ask;
	struct audit_answer *answer;
	struct about *about; /* of each patch that was committed */
	size_t nabout;
	struct audit_words mailed; /* functions that the patches as mailed change */
	size_t objects, functions, changed, direct;
};

static int read_text(const struct judging *j, const char *id, struct slice *text)
{
	git_oid oid;
	int r;

	*text = SLICE("");
	if (!*id || git_oid_fromstr(&oid, id) || git_oid_is_zero(&oid))
		return 0;
	r = audit_read(j->arena, j->ask, &oid, text);
	return r == 1 ? 0 : r < 0 ? -1 : fail("object %s is missing", id);
}

static bool is_c(const char *path)
{
	return path && (slice_ends(slice_of(path), ".c") || slice_ends(slice_of(path), ".h"));
}

static int add_change(struct judging *j, const struct diff *diff, struct audit_change *change)
{
	for (size_t f = 0; f < diff->n; f++) {
		const struct filediff *file = &diff->items[f];
		struct slice old, new;

		if (!is_c(file->new_path ? file->new_path : file->old_path))
			continue;
		if (read_text(j, file->old_path ? file->old_id : "", &old) ||
		    read_text(j, file->new_path ? file->new_id : "", &new) ||
		    audit_change(j->arena, old, new, change))
			return -1;
	}
	return 0;
}

/* Functions that a semantic patch says it changes, under each of the names that they have somewhere. */
static int add_declared(struct judging *j, const struct series_patch *patch)
{
	char *dir = arena_printf(j->arena, "%s/coccinelle/%s", j->ask->site.workspace,
				 j->ask->series->name);
	struct file_names names = { 0 };
	char number[16];

	snprintf(number, sizeof(number), "%04u-", patch->number);
	if (file_list(j->arena, dir, &names) < 0)
		return -1;
	for (size_t i = 0; i < names.n; i++) {
		struct cocci cocci;

		if (!slice_starts(slice_of(names.items[i]), number) ||
		    !slice_ends(slice_of(names.items[i]), ".cocci"))
			continue;
		if (cocci_read(j->arena, arena_printf(j->arena, "%s/%s", dir, names.items[i]),
			       j->ask->series->trusted, &cocci))
			return -1;
		for (size_t k = 0; k < cocci.n; k++) {
			struct slice rest = cocci.items[k].value, name;

			if (cocci.items[k].key != COCCI_CHANGE && cocci.items[k].key != COCCI_ADD)
				continue;
			while (slice_cut(&rest, '|', &name))
				audit_words_add(j->arena, &j->mailed, slice_trim(name));
		}
	}
	return 0;
}

/*
 * On the kernel that the series fits exactly, it is plain which functions the mails change; without one, those
 * that their lines name.
 */
static int add_mailed(struct judging *j)
{
	const struct series *series = j->ask->series;
	struct base base;
	int have = base_find(j->arena, j->ask->site.repo, series, &base);

	if (have < 0)
		return -1;
	for (size_t i = 0; i < series->n; i++) {
		struct draft_paths paths;
		struct audit_change change = { 0 };
		size_t point;

		if (add_declared(j, &series->items[i]))
			return -1;
		if (!have) {
			audit_diff_functions(j->arena, &series->items[i].mail.diff, &j->mailed);
			continue;
		}
		if (base_advance(j->arena, &base, i))
			return -1;
		point = draft_point(base.draft);
		if (base_advance(j->arena, &base, i + 1))
			return -1;
		paths = draft_edited(base.draft, j->arena, point);
		for (size_t k = 0; k < paths.n; k++) {
			struct slice old = SLICE(""), new = SLICE("");

			if (!is_c(paths.items[k]))
				continue;
			if (draft_read_at(base.draft, point, paths.items[k], &old) < 0 ||
			    draft_read(base.draft, paths.items[k], &new, NULL) < 0 ||
			    audit_change(j->arena, old, new, &change))
				return -1;
		}
		for (size_t k = 0; k < change.functions.n; k++)
			audit_words_add(j->arena, &j->mailed, change.functions.items[k]);
	}
	return 0;
}

static int add_patches(struct judging *j)
{
	const struct port *port = j->ask->port;

	j->about = arena_alloc(j->arena, (port->n + 1) * sizeof(*j->about));
	for (size_t i = 0; i < port->n; i++) {
		struct diff diff;

		if (!port->items[i].committed)
			continue;
		j->about[j->nabout].patch = &port->items[i];
		if (audit_diff(j->arena, j->ask, &port->items[i], &diff) ||
		    add_change(j, &diff, &j->about[j->nabout].change))
			return -1;
		j->nabout++;
	}
	return add_mailed(j);
}

/* One object on both sides. */
struct pair {
	const char *source;
	struct audit_text old, new;
	struct objcode base, patched;
	struct objcode_changes changes;
	struct filediff lines; /* hunks without context */
};

static const struct objcode_change *change_of(const struct pair *pair, struct slice name)
{
	for (size_t i = 0; i < pair->changes.n; i++)
		if (slice_is(name, pair->changes.items[i].name))
			return &pair->changes.items[i];
	return NULL;
}

/* Has the function the same code on both sides? Then nothing comes through it. */
static bool is_wall(struct arena *arena, const struct pair *pair, struct slice name)
{
	const char *word = slice_str(arena, name);

	return !change_of(pair, name) &&
	       (objcode_find(&pair->base, word) || objcode_find(&pair->patched, word));
}

static bool reach_more(struct judging *j, const struct pair *pair, const struct audit_text *text,
		       struct audit_words *reached)
{
	bool more = false;

	for (size_t i = 0; i < text->functions.n; i++) {
		const struct cfunction *f = &text->functions.items[i];

		if (audit_words_have(reached, f->name) || !audit_mentions(text, f, reached) ||
		    is_wall(j->arena, pair, f->name))
			continue;
		audit_words_add(j->arena, reached, f->name);
		more = true;
	}
	return more;
}

static bool is_static(const struct audit_text *text, const struct cfunction *f)
{
	for (size_t i = f->first; i < f->body; i++)
		if (ctoken_is(&text->tokens.items[i], "static"))
			return true;
	return false;
}

/* Static functions that a changed one calls, or called. */
static void reach_callees(struct judging *j, const struct pair *pair, const struct audit_text *text,
			  struct about *about)
{
	for (size_t i = 0; i < text->functions.n; i++) {
		const struct cfunction *f = &text->functions.items[i];
		struct audit_words callee = { 0 };

		if (!change_of(pair, f->name) || !is_static(text, f))
			continue;
		audit_words_add(j->arena, &callee, f->name);
		for (size_t k = 0; k < text->functions.n; k++)
			if (audit_words_have(&about->change.functions,
					     text->functions.items[k].name) &&
			    audit_mentions(text, &text->functions.items[k], &callee))
				audit_words_add(j->arena, &about->reached, f->name);
	}
}

static void reach(struct judging *j, const struct pair *pair, struct about *about)
{
	about->reached = (struct audit_words){ 0 };
	for (size_t i = 0; i < about->change.functions.n; i++)
		audit_words_add(j->arena, &about->reached, about->change.functions.items[i]);
	for (size_t i = 0; i < about->change.names.n; i++)
		audit_words_add(j->arena, &about->reached, about->change.names.items[i]);
	reach_callees(j, pair, &pair->old, about);
	reach_callees(j, pair, &pair->new, about);
	while (reach_more(j, pair, &pair->old, &about->reached) |
	       reach_more(j, pair, &pair->new, &about->reached))
		;
	for (size_t i = 0; i < pair->changes.n; i++)
		about->has_code |=
			about->change.wide ||
			audit_words_have(&about->reached, slice_of(pair->changes.items[i].name));
}

/* The line where a function stands in the new text; 0. */
static size_t line_of(const struct audit_text *text, const char *name)
{
	const struct cfunction *f = cfunctions_find(&text->functions, slice_of(name));

	return f ? ctokens_line(&text->tokens, f->first) : 0;
}

static char *how(struct arena *arena, const struct objcode_change *change)
{
	if (change->kind == OBJCODE_ADDED)
		return arena_strdup(arena, "it is new");
	if (change->kind == OBJCODE_REMOVED)
		return arena_strdup(arena, "it is gone");
	if (!change->was.n || !change->is.n)
		return arena_strdup(arena, "it is longer or shorter");
	return arena_printf(arena, "first '" SLICE_FMT "', was '" SLICE_FMT "'",
			    SLICE_ARG(change->is), SLICE_ARG(change->was));
}

static void judge_change(struct judging *j, const struct pair *pair,
			 const struct objcode_change *change)
{
	struct slice name = slice_of(change->name);
	const struct about *by = NULL;
	bool reached = false;
	struct finding *finding;

	for (size_t i = 0; i < j->nabout; i++) {
		if (audit_words_have(&j->about[i].change.functions, name))
			by = &j->about[i];
		reached |= j->about[i].change.wide || audit_words_have(&j->about[i].reached, name);
	}
	j->direct += by != NULL;
	if (by && (audit_words_have(&j->mailed, name) || by->patch->mark == MARK_MOVED))
		return;
	if (by) {
		finding = finding_add(
			j->arena, &j->answer->findings, "objects/stray", SEVERITY_LOOK,
			"the port changes %s() and its code; the patch as mailed does not change it",
			change->name);
		finding->patch = audit_label(j->arena, j->ask->port, by->patch);
	} else if (reached) {
		return;
	} else {
		bool source = cfunctions_find(&pair->new.functions, name) ||
			      cfunctions_find(&pair->old.functions, name);

		finding = finding_add(j->arena, &j->answer->findings, "objects/unexplained",
				      source ? SEVERITY_LOOK : SEVERITY_NOTE,
				      "other code in %s() (%s), though nothing that it uses was "
				      "changed%s",
				      change->name, how(j->arena, change),
				      source ? "" : " as far as this file shows");
	}
	finding->path = pair->source;
	finding->line = line_of(&pair->new, change->name);
	finding->function = change->name;
}

/* Where an old line stands now. */
static size_t line_now(void *data, size_t line)
{
	const struct filediff *file = data;
	long shift = 0;

	for (size_t i = 0; i < file->n; i++) {
		const struct hunk *hunk = &file->items[i];

		if (line < hunk->old_start || (!hunk->old_count && line == hunk->old_start))
			break;
		if (line < hunk->old_start + hunk->old_count)
			return 0;
		shift += (long)hunk->new_count - (long)hunk->old_count;
	}
	return (size_t)((long)line + shift);
}

/* objdump reads what a build made that strangers had a hand in: in the sandbox. 1, 0 it failed, -1. */
static int disassemble(struct judging *j, const struct build_objects *side, const char *object,
		       struct objcode *code)
{
	static const struct sandbox none = { .kind = SANDBOX_NONE };
	const char *path = arena_printf(j->arena, FOLDER "%s", strrchr(object, '/'));
	const char *const argv[] = { OBJCODE_COMMAND, path, NULL };
	struct sandbox_bind bind = { side->dir, FOLDER, false };
	struct sandbox_ask ask = { .binds = &bind, .nbinds = 1, .cwd = FOLDER, .argv = argv };
	struct child_ask run = {
		.argv = sandbox_argv(j->arena, j->ask->site.sandbox ? j->ask->site.sandbox : &none,
				     &ask),
		.deadline_ms = DEADLINE_MS,
		.output_max = (size_t)256 << 20,
	};
	struct child_answer answer;

	if (child_run(j->arena, &run, &answer))
		return -1;
	if (answer.status || answer.truncated)
		return 0;
	objcode_read(j->arena, answer.out, code);
	return 1;
}

static int file_text(struct judging *j, const git_oid *tree, const char *path,
		     struct audit_text *text)
{
	struct treeview view = { j->ask->site.repo, j->ask->site.pack };
	struct repo_entry entry;
	struct slice bytes = SLICE("");
	int r = treeview_entry(&view, tree, path, &entry);

	if (r == 1)
		r = treeview_object(&view, j->arena, &entry.id, &bytes);
	*text = audit_text(j->arena, bytes);
	return r < 0 ? -1 : 0;
}

static int judge_object(struct judging *j, const struct audit_built *built, size_t i)
{
	const struct build_object *base = &built->base.items[i];
	const struct build_object *patched = &built->patched.items[i];
	struct pair pair = { .source = patched->source };
	int was = 1, is;

	if (!patched->object)
		return 0;
	if (base->object)
		was = disassemble(j, &built->base, base->object, &pair.base);
	is = was == 1 ? disassemble(j, &built->patched, patched->object, &pair.patched) : was;
	if (is <= 0) {
		if (!is) {
			struct finding *finding = finding_add(j->arena, &j->answer->findings,
							      "objects/unread", SEVERITY_LOOK,
							      "objdump cannot read the object");

			finding->path = patched->source;
		}
		return is;
	}
	if (file_text(j, &j->ask->port->kernel.tree, pair.source, &pair.old) ||
	    file_text(j, &j->ask->port->tree, pair.source, &pair.new) ||
	    diff_texts(j->arena, pair.old.text, pair.new.text, 0, &pair.lines))
		return -1;
	objcode_compare(j->arena, &pair.base, &pair.patched, line_now, &pair.lines, &pair.changes);
	j->objects++;
	j->functions += pair.patched.n;
	j->changed += pair.changes.n;
	for (size_t k = 0; k < j->nabout; k++)
		reach(j, &pair, &j->about[k]);
	for (size_t k = 0; k < pair.changes.n; k++)
		judge_change(j, &pair, &pair.changes.items[k]);
	return 0;
}

/* Patches that came out as no code at all are named: that may be right, and a reader wants to know. */
static void name_silent(struct judging *j)
{
	for (size_t i = 0; i < j->nabout; i++) {
		const struct audit_change *change = &j->about[i].change;
		struct finding *finding;

		if (j->about[i].has_code)
			continue;
		finding = finding_add(j->arena, &j->answer->findings, "objects/no-code",
				      SEVERITY_NOTE, "changes no object code%s",
				      change->functions.n || change->names.n || change->wide ?
					      " of what was compiled" :
					      ": no C code differs");
		finding->patch = audit_label(j->arena, j->ask->port, j->about[i].patch);
	}
}

static int judge(struct judging *j, const struct audit_built *built)
{
	if (add_patches(j))
		return -1;
	for (size_t i = 0; i < built->patched.n; i++)
		if (judge_object(j, built, i))
			return -1;
	name_silent(j);
	return 0;
}

int audit_objects(struct arena *arena, const struct audit_ask *ask, struct audit_answer *answer)
{
	struct audit_built built;
	int go_on;
	struct judging j = { .arena = arena, .ask = ask, .answer = answer };

	if (!child_exists("objdump")) {
		answer->coverage =
			arena_strdup(arena, "objdump is not installed: apt-get install binutils");
		return 0;
	}
	go_on = audit_built_for(arena, ask, &built, answer);
	if (go_on <= 0)
		return go_on;
	if (judge(&j, &built))
		return -1;
	answer->coverage = arena_printf(
		arena,
		"%s; %zu functions compared, %zu have other code: %zu that the port changes, "
		"%zu by what they use or inline",
		answer->coverage, j.functions, j.changed, j.direct, j.changed - j.direct);
	return 0;
}
