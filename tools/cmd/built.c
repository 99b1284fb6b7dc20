/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "cmd/built.h"

#include "base/file.h"
#include "cmd/report.h"
#include "cmd/screen.h"
#include "cmd/tally.h"

#define COLUMN_LEAST 13u /* "built 1234 s" */
#define ERRORS_MOST 3u	 /* of a build that failed; the log has them all */

char *seconds_word(struct arena *arena, double seconds)
{
	unsigned long s = (unsigned long)(seconds + 0.5);

	if (s < 120)
		return arena_printf(arena, "%lu s", s);
	return arena_printf(arena, "%lu min %02lu s", s / 60, s % 60);
}

void heading_add(struct context *c, struct text *out, const char *title)
{
	text_addf(out, "\n%s%s:%s\n", tint_on(c->color, TINT_BOLD), title,
		  tint_off(c->color, TINT_BOLD));
}

const struct proof_build *built_arm(const struct proof_target *target, const char *arm)
{
	const struct proof_build *found = NULL;

	for (size_t i = 0; target && i < target->nbuilds; i++)
		if (!strcmp(target->builds[i].arm, arm) &&
		    (!found || (found->answer.built && !target->builds[i].answer.built)))
			found = &target->builds[i];
	return found;
}

struct built_sum built_sum(const struct proof_target *target)
{
	struct built_sum sum = { 0 };
	const struct proof_build *base = built_arm(target, "base");
	const struct proof_build *patched = built_arm(target, "patched");

	sum.base_failed = base && !base->answer.built;
	for (size_t i = 0; i < target->nbuilds; i++) {
		const struct proof_build *build = &target->builds[i];

		sum.failed += build->patch && !sum.base_failed && !build->answer.built;
		sum.warnings += build->fresh.n;
	}
	/* Of one arm: the same on all of them, mostly. */
	if (base)
		sum.unmet = base->answer.unmets.n;
	if (patched && patched->answer.unmets.n > sum.unmet)
		sum.unmet = patched->answer.unmets.n;
	sum.patched_built = patched ? patched->answer.built :
				      base && target->unchanged && base->answer.built;
	return sum;
}

/* Base first, then one arm a commit where there are any, patched last. */
static size_t arms_list(struct context *c, const struct proving *proving, const char ***arms)
{
	const struct series *series = proving->ports.series;
	size_t n = 0;

	*arms = arena_alloc(c->arena, (series->n + 2) * sizeof(**arms));
	(*arms)[n++] = "base";
	for (size_t p = 0; p < series->n; p++) {
		const char *arm = patch_place(c->arena, series, &series->items[p]);
		bool there = false;

		for (size_t t = 0; t < proving->proof.n && !there; t++)
			there = built_arm(&proving->proof.items[t], arm) != NULL;
		if (there)
			(*arms)[n++] = arm;
	}
	(*arms)[n++] = "patched";
	return n;
}

static void arm_cell(struct context *c, struct table *table, const struct proof_target *target,
		     const char *arm)
{
	const struct proof_build *build = built_arm(target, arm);

	if (!build)
		table_cell(c->arena, table, TINT_DIM, "%s",
			   !strcmp(arm, "patched") && target->unchanged ? "as base" : "-");
	else if (!build->answer.built)
		table_cell(c->arena, table, TINT_BAD, "FAILED");
	else if (!build->built_now)
		table_cell(c->arena, table, TINT_GOOD, "cached");
	else
		table_cell(c->arena, table, TINT_GOOD, "built %.0f s", build->answer.wall_seconds);
}

static void table_block(struct context *c, struct text *out, const struct proving *proving,
			size_t from, size_t n, const char *const *arms, size_t narms)
{
	struct table table = { .columns = n + 1 };

	table_cell(c->arena, &table, TINT_NONE, "%s", "");
	for (size_t t = from; t < from + n; t++)
		table_cell(c->arena, &table, TINT_BOLD, "%s",
			   text_shown(c->arena, proving->proof.items[t].port->kernel.name));
	for (size_t a = 0; a < narms; a++) {
		table_cell(c->arena, &table, TINT_NONE, "%s", arms[a]);
		for (size_t t = from; t < from + n; t++)
			arm_cell(c, &table, &proving->proof.items[t], arms[a]);
	}
	table_write(out, &table, 2, c->color);
}

void built_table(struct context *c, struct text *out, const struct proving *proving)
{
	const char **arms;
	size_t narms = arms_list(c, proving, &arms), n;

	for (size_t from = 0; from < proving->proof.n; from += n) {
		size_t used = 2 + strlen("patched");

		for (n = 0; from + n < proving->proof.n; n++) {
			size_t columns = text_columns(
				slice_of(proving->proof.items[from + n].port->kernel.name));

			used += 2 + (columns > COLUMN_LEAST ? columns : COLUMN_LEAST);
			if (n && used > c->width)
				break;
		}
		text_addc(out, '\n');
		table_block(c, out, proving, from, n, arms, narms);
	}
}

/* "arch/x86/kvm/x86.c:12, in f(): unused variable 'x' [-Wunused-variable]",
 * made safe. */
static char *complaint_words(struct arena *arena, const struct complaint *complaint, bool line)
{
	struct text words __free_text = TEXT_INIT, safe __free_text = TEXT_INIT;

	text_adds(&words, complaint->file);
	if (line && complaint->line)
		text_addf(&words, ":%u", complaint->line);
	if (*complaint->function)
		text_addf(&words, ", in %s()", complaint->function);
	text_addf(&words, "%s%s", words.len ? ": " : "", complaint->text);
	text_add_shown(&safe, text_slice(&words), false);
	return slice_str(arena, text_slice(&safe));
}

static void failure_add(struct context *c, struct text *out, const struct proving *proving,
			const struct proof_target *target, const struct proof_build *build)
{
	const struct complaints *complaints = &build->answer.complaints;
	const struct port_patch *bad = target->bad_build ? target->bad_build : build->patch;
	struct text line __free_text = TEXT_INIT;
	size_t said = 0, errors = 0;

	text_addf(&line, "%s, %s", text_shown(c->arena, target->port->kernel.name), build->arm);
	if (build->patch)
		text_addf(&line, "%s patch %s, %s", target->bad_build ? ": first bad is" : ", with",
			  patch_place(c->arena, proving->ports.series, bad->patch),
			  text_shown(c->arena, bad->patch->mail.subject));
	text_add_filled(out, text_slice(&line), 2, c->width);
	for (size_t i = 0; i < complaints->n; i++) {
		struct text filled __free_text = TEXT_INIT;

		if (complaints->items[i].kind != COMPLAINT_ERROR || ++errors > ERRORS_MOST)
			continue;
		text_add_filled(out,
				slice_of(complaint_words(c->arena, &complaints->items[i], true)), 6,
				c->width);
		said++;
	}
	if (!said)
		text_add_filled(out,
				slice_of(build->error ?
						 text_shown(c->arena, build->error) :
						 "no error message was understood; read the log"),
				6, c->width);
	if (errors > said)
		text_addf(out, "      and %zu more errors\n", errors - said);
	if (build->answer.log)
		text_addf(out, "      log: %s\n", path_word(c->arena, build->answer.log));
}

void built_failures(struct context *c, struct text *out, const struct proving *proving)
{
	size_t n = 0;

	for (size_t t = 0; t < proving->proof.n; t++) {
		const struct proof_target *target = &proving->proof.items[t];
		bool base_failed = built_sum(target).base_failed;

		for (size_t i = 0; i < target->nbuilds; i++) {
			const struct proof_build *build = &target->builds[i];

			if (build->answer.built || (base_failed && build->patch))
				continue;
			if (!n++)
				heading_add(c, out, "Does not build");
			failure_add(c, out, proving, target, build);
			if (base_failed)
				text_add_filled(
					out,
					SLICE("Base does not build either, so nothing is said "
					      "of the series: it is the configuration "
					      "(ci/matrix.conf, ci/kconfig/), the compiler or the kernel's own."),
					6, c->width);
		}
	}
}

static void tally_write(struct context *c, struct text *out, const struct tally *tally, size_t all)
{
	for (size_t i = 0; i < tally->n; i++) {
		struct text line __free_text = TEXT_INIT;

		text_addf(&line, "%s: %s", tally_on(c->arena, &tally->items[i], all),
			  tally->items[i].what);
		text_add_filled(out, text_slice(&line), 2, c->width);
	}
}

void built_warnings(struct context *c, struct text *out, const struct proving *proving)
{
	struct tally tally = { 0 };

	for (size_t t = 0; t < proving->proof.n; t++) {
		const struct proof_target *target = &proving->proof.items[t];

		for (size_t i = 0; i < target->nbuilds; i++)
			for (size_t k = 0; k < target->builds[i].fresh.n; k++) {
				const struct complaint *fresh = &target->builds[i].fresh.items[k];

				if (fresh->kind == COMPLAINT_WARNING)
					tally_add(c->arena, &tally,
						  complaint_words(c->arena, fresh, false),
						  text_shown(c->arena, target->port->kernel.name));
			}
	}
	if (!tally.n)
		return;
	heading_add(c, out, "New warnings");
	tally_write(c, out, &tally, proving->proof.n);
}

void built_unmet(struct context *c, struct text *out, const struct proving *proving)
{
	struct tally tally = { 0 };

	for (size_t t = 0; t < proving->proof.n; t++) {
		const struct proof_target *target = &proving->proof.items[t];

		for (size_t i = 0; i < target->nbuilds; i++) {
			const struct kconfig_unmets *unmets = &target->builds[i].answer.unmets;

			for (size_t k = 0; k < unmets->n; k++) {
				const struct kconfig_unmet *u = &unmets->items[k];

				tally_add(
					c->arena, &tally,
					text_shown(
						c->arena,
						arena_printf(
							c->arena,
							u->lacking ?
								"CONFIG_%s: this kernel has no such symbol" :
								"CONFIG_%s=%s was asked for, and it is %s",
							u->name, u->wanted, u->got)),
					text_shown(c->arena, target->port->kernel.name));
			}
		}
	}
	if (!tally.n)
		return;
	heading_add(c, out, "Configuration that did not stick");
	tally_write(c, out, &tally, proving->proof.n);
	text_add_filled(out,
			SLICE("Mend the fragment in ci/kconfig/, or declare it: "
			      "[target \"vX.Y\"] lacks = SYMBOL in ci/matrix.conf."),
			2, c->width);
}

void built_where(struct context *c, struct text *out, const struct proving *proving)
{
	struct tally compilers = { 0 };
	struct text line __free_text = TEXT_INIT;

	for (size_t t = 0; t < proving->proof.n; t++)
		for (size_t i = 0; i < proving->proof.items[t].nbuilds; i++)
			if (proving->proof.items[t].builds[i].answer.compiler)
				tally_add(
					c->arena, &compilers,
					text_shown(
						c->arena,
						proving->proof.items[t].builds[i].answer.compiler),
					"");
	if (!proving->proof.n)
		return;
	if (proving->sandbox.kind == SANDBOX_NONE)
		text_addf(&line, "Sandbox: none: what the patches bring ran as you (%s).",
			  proving->sandbox.why ? text_shown(c->arena, proving->sandbox.why) :
						 "asked for");
	else
		text_addf(&line, "Sandbox: %s, without network, home or privileges.",
			  sandbox_word(proving->sandbox.kind));
	for (size_t i = 0; i < compilers.n; i++)
		text_addf(&line, "%s%s", i ? "; " : " Compiler: ", compilers.items[i].what);
	text_adds(&line, compilers.n ? "." : "");
	text_addc(out, '\n');
	text_add_filled(out, text_slice(&line), 0, c->width);
}
