/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What others rely on and a port changes: lines of uAPI headers, and symbols that are exported to modules. What the
 * patch as mailed changes in the same way is for the record; the rest is the port's own doing.
 */
#include <ctype.h>
#include <time.h>

#include "base/fail.h"
#include "kernel/audit_checks.h"
#include "kernel/audit_port.h"

static bool is_uapi(const char *path)
{
	return !strncmp(path, "include/uapi/", 13) || strstr(path, "/include/uapi/");
}

/* Has the mail this very line, added or removed as here? */
static bool mailed(const struct port_patch *patch, const struct diff_line *line)
{
	const struct diff *diff = &patch->patch->mail.diff;

	for (size_t f = 0; f < diff->n; f++)
		for (size_t h = 0; h < diff->items[f].n; h++)
			for (size_t i = 0; i < diff->items[f].items[h].n; i++) {
				const struct diff_line *one = &diff->items[f].items[h].items[i];

				if (one->kind == line->kind &&
				    slice_eq_space(one->text, line->text))
					return true;
			}
	return false;
}

/* "EXPORT_SYMBOL_GPL(name);", "EXPORT_SYMBOL_FOR_KVM_INTERNAL(name)": name. */
static struct slice exported(struct slice line)
{
	struct slice rest = slice_trim(line);
	size_t n = 0;

	if (!slice_starts(rest, "EXPORT_"))
		return SLICE("");
	while (rest.n && rest.p[0] != '(')
		rest = slice_skip(rest, 1);
	rest = slice_trim(slice_skip(rest, 1));
	while (n < rest.n && (isalnum((unsigned char)rest.p[n]) || rest.p[n] == '_'))
		n++;
	return (struct slice){ rest.p, n };
}

/* Does the other kind of line say the same elsewhere in the patch? Then it only moved. */
static bool moved(const struct diff *diff, const struct diff_line *line)
{
	for (size_t f = 0; f < diff->n; f++)
		for (size_t h = 0; h < diff->items[f].n; h++)
			for (size_t i = 0; i < diff->items[f].items[h].n; i++) {
				const struct diff_line *one = &diff->items[f].items[h].items[i];

				if (one->kind != ' ' && one->kind != line->kind &&
				    slice_eq_space(one->text, line->text))
					return true;
			}
	return false;
}

static void judge_line(struct arena *arena, const struct audit_ask *ask,
		       const struct port_patch *patch, const struct diff *diff,
		       const struct filediff *file, const struct diff_line *line, size_t at,
		       struct findings *findings)
{
	const char *path = file->new_path ? file->new_path : file->old_path;
	struct slice name = exported(line->text);
	bool added = line->kind == '+';
	struct finding *finding;

	if (line->kind == ' ' || moved(diff, line))
		return;
	if (name.n)
		finding = finding_add(arena, findings, "abi/export", SEVERITY_LOOK,
				      SLICE_FMT " is %s modules", SLICE_ARG(name),
				      added ? "exported to" : "no longer exported to");
	else if (is_uapi(path) && !slice_blank(line->text))
		finding = finding_add(arena, findings, "abi/uapi", SEVERITY_LOOK,
				      "userspace's header %s '" SLICE_FMT "'",
				      added ? "gets" : "loses", SLICE_ARG(slice_trim(line->text)));
	else
		return;
	finding->patch = audit_label(arena, ask->port, patch);
	finding->path = path;
	finding->line = added ? at : 0;
	if (mailed(patch, line)) {
		finding->severity = SEVERITY_NOTE;
		finding->text =
			arena_printf(arena, "%s, as the patch as mailed says", finding->text);
	}
}

int audit_abi(struct arena *arena, const struct audit_ask *ask, struct audit_answer *answer)
{
	clock_t begun = clock();
	size_t patches = 0, lines = 0;

	for (size_t i = 0; i < ask->port->n; i++) {
		const struct port_patch *patch = &ask->port->items[i];
		struct diff diff = { 0 };

		if (!patch->committed)
			continue;
		patches++;
		if (audit_diff(arena, ask, patch, &diff))
			return -1;
		for (size_t f = 0; f < diff.n; f++)
			for (size_t h = 0; h < diff.items[f].n; h++) {
				const struct hunk *hunk = &diff.items[f].items[h];
				size_t at = hunk->new_start;

				for (size_t k = 0; k < hunk->n; k++) {
					lines += hunk->items[k].kind != ' ';
					judge_line(arena, ask, patch, &diff, &diff.items[f],
						   &hunk->items[k], at, &answer->findings);
					at += hunk->items[k].kind != '-';
				}
			}
	}
	answer->ran = true;
	answer->coverage = arena_printf(arena, "%zu changed lines of %zu patch%s", lines, patches,
					patches == 1 ? "" : "es");
	answer->cpu_seconds = (double)(clock() - begun) / CLOCKS_PER_SEC;
	return 0;
}
