/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Drafts of replies to the announcements of release candidates: for a person to read and send.
 *
 * A candidate is announced before or after it was tested, so both are looked at in every tick; as long as neither the mailbox nor a
 * ruling has changed that is two stat() calls and a note of the journal. What a draft says follows from its state, all of
 * which is kept: the same state is not drafted again, another one takes the draft's place. After the deadline nothing is.
 *
 * The verdicts compare with and without the series. Who sent the announcement asks another question: is the candidate well by itself? So
 * the unpatched arms are compared with those of the last release, too.
 */
#define _GNU_SOURCE
#include <nettle/sha2.h>
#include <sys/stat.h>
#include <time.h>

#include "base/fail.h"
#include "base/file.h"
#include "base/shown.h"
#include "ci/announcement.h"
#include "cmd/ci_letter.h"
#include "kernel/results_history.h"

#define NOTE_SEEN "announcements"
#define BROKEN_MOST 20u
#define ASIDE_MOST 100u

/* One candidate, and what is to be said of it. */
struct candidate {
	struct ci *ci;
	const struct announcement *announcement;
	struct rulings rulings; /* of its kernel, the newest of each proof */
	const struct rulings *all;
	struct {
		const char **items;
		size_t n, cap;
	} broken;
	struct text tests, machines;
	const char *before; /* the release that it was compared with; NULL */
	bool real;	    /* something ran on real hardware */
};

static bool is_candidate_line(const char *line)
{
	return slice_ends(slice_of(line), ".y-rc");
}

static bool is_version(const char *target, const struct version *want)
{
	struct version version;

	return version_parse((struct slice){ target, strcspn(target, "+") }, &version) &&
	       !version_cmp(&version, want);
}

/* ---- the candidate by itself, against the last release ---- */

/* The unpatched arm's tests in the cell of a ruling; NULL: not known. */
static int cell_known(struct ci *ci, const struct ruling *ruling, const struct known_cell **cell)
{
	struct history *history = arena_new_of(ci->arena, struct history);

	*cell = NULL;
	if (results_history(ci->journal, ci->arena, ruling->series, ruling->target,
			    &ruling->input.base, &ruling->input.patched, history))
		return -1;
	for (size_t i = 0; i < history->ncells; i++)
		if (!strcmp(history->cells[i].name, ruling->cell))
			*cell = &history->cells[i];
	return 0;
}

/* The same proof of the branch's release. */
static const struct ruling *release_of(const struct rulings *all, const struct ruling *ruling)
{
	size_t n = strlen(ruling->line) - strlen("-rc");

	for (size_t i = 0; i < all->n; i++) {
		const struct ruling *r = &all->items[i];

		if (r->kind == ruling->kind && !r->unknown && !strcmp(r->series, ruling->series) &&
		    !strcmp(r->cell, ruling->cell) && strlen(r->line) == n &&
		    !strncmp(r->line, ruling->line, n))
			return r;
	}
	return NULL;
}

static bool fails(const char *status)
{
	return !strcmp(status, "fail") || !strcmp(status, "timeout");
}

static void compare_bases(struct candidate *c, const struct ruling *ruling,
			  const struct known_cell *here, const char *target,
			  const struct known_cell *there)
{
	for (size_t i = 0; i < here->n; i++)
		for (size_t j = 0; j < there->n; j++) {
			const struct known_test *test = &here->items[i];
			char *line;
			bool again = false;

			if (strcmp(test->name, there->items[j].name) != 0 || !fails(test->base) ||
			    strcmp(there->items[j].base, "pass") != 0)
				continue;
			line = arena_printf(c->ci->arena, "%s (%s): passes on %s, %s on %s",
					    test->name, ruling->cell, target,
					    strcmp(test->base, "fail") ? "times out" : "fails",
					    c->announcement->name);
			for (size_t b = 0; b < c->broken.n && !again; b++)
				again = !strcmp(c->broken.items[b], line);
			if (!again && c->broken.n < BROKEN_MOST)
				*arena_push(c->ci->arena, &c->broken) = line;
		}
	c->before = target;
}

static void count_tests(struct candidate *c, const struct ruling *ruling,
			const struct known_cell *cell)
{
	size_t base = 0, patched = 0, skipped = 0, n = 0;

	for (size_t i = 0; i < cell->n; i++) {
		const struct known_test *test = &cell->items[i];

		if (strchr(test->name, '/')) /* part of another */
			continue;
		n++;
		base += !strcmp(test->base, "pass");
		patched += !strcmp(test->patched, "pass");
		skipped += !strcmp(test->base, "skip") && !strcmp(test->patched, "skip");
	}
	if (n)
		text_addf(&c->tests, "%sOf %zu tests (%s) %zu pass without %s, %zu with it%s.",
			  c->tests.len ? " " : "", n, ruling->cell, base, ruling->series, patched,
			  skipped ? arena_printf(c->ci->arena, ", %zu are skipped", skipped) : "");
}

/* "7.2.22" of "QEMU emulator version 7.2.22 (Debian ...)"; "". */
static char *emulator_version(struct arena *arena, const char *says)
{
	const char *at = says ? strstr(says, "version ") : NULL;

	if (!at)
		return arena_strdup(arena, "");
	at += strlen("version ");
	return arena_copy(arena, at, strcspn(at, " ,("));
}

/* "QEMU 7.2.22 (TCG, AMD SVM)" */
static void add_machine(struct candidate *c, const struct ruling *ruling,
			const struct known_cell *known)
{
	const struct machine *machine = NULL;
	const char *emulator = emulator_version(c->ci->arena, known->base.emulator);
	bool intel, any;
	char *what;

	for (size_t i = 0; i < c->ci->matrix.ncells; i++)
		if (!strcmp(c->ci->matrix.cells[i].name, ruling->cell))
			machine = c->ci->matrix.cells[i].machine;
	if (!machine)
		return;
	intel = machine->vendor && !strcmp(machine->vendor, "kvm_intel");
	any = !machine->vendor || !strcmp(machine->vendor, "any");
	c->real |= machine->kind == MACHINE_QEMU && machine->accel &&
		   !strcmp(machine->accel, "kvm");
	what = arena_printf(c->ci->arena, "%s%s (%s%s)",
			    machine->kind == MACHINE_QEMU ? "QEMU" : "Bochs",
			    *emulator ? arena_printf(c->ci->arena, " %s", emulator) : "",
			    machine->kind == MACHINE_QEMU && machine->accel ?
				    !strcmp(machine->accel, "kvm") ? "KVM" : "TCG" :
				    "emulated",
			    any	  ? "" :
			    intel ? ", Intel VMX" :
				    ", AMD SVM");
	if (slice_find(text_slice(&c->machines), slice_of(what)) < 0)
		text_addf(&c->machines, "%s%s", c->machines.len ? " and " : "", what);
}

static int look_closer(struct candidate *c)
{
	for (size_t i = 0; i < c->rulings.n; i++) {
		const struct ruling *ruling = &c->rulings.items[i];
		const struct ruling *release = release_of(c->all, ruling);
		const struct known_cell *here, *there = NULL;

		if (ruling->kind != PROOF_TEST || ruling->unknown)
			continue;
		if (cell_known(c->ci, ruling, &here) ||
		    (release && cell_known(c->ci, release, &there)))
			return -1;
		if (!here)
			continue;
		add_machine(c, ruling, here);
		count_tests(c, ruling, here);
		if (there)
			compare_bases(c, ruling, here, release->target, there);
	}
	return 0;
}

/* ---- its state ---- */

/* Is there anything to say: was it built or booted, or does something fail? */
static bool worth_saying(const struct candidate *c)
{
	for (size_t i = 0; i < c->rulings.n; i++) {
		const struct ruling *ruling = &c->rulings.items[i];

		if (ruling->red || (!ruling->unknown &&
				    (ruling->kind == PROOF_BUILD || ruling->kind == PROOF_TEST)))
			return true;
	}
	return false;
}

static char *state_of(struct candidate *c)
{
	struct text all __free_text = TEXT_INIT, hex __free_text = TEXT_INIT;
	uint8_t digest[16];
	struct sha256_ctx ctx;

	text_addf(&all, "%s\n", c->announcement->message_id);
	for (size_t i = 0; i < c->rulings.n; i++) {
		const struct ruling *r = &c->rulings.items[i];

		text_addf(&all, "%s %s %d %s %s %d %d\n%s\n%s\n%s\n", r->series, r->target,
			  (int)r->kind, r->cell, r->word, r->red, r->unknown, r->why, r->bad,
			  r->waived);
	}
	for (size_t i = 0; i < c->broken.n; i++)
		text_addf(&all, "%s\n", c->broken.items[i]);
	sha256_init(&ctx);
	sha256_update(&ctx, all.len, (const uint8_t *)all.p);
	sha256_digest(&ctx, sizeof(digest), digest);
	for (size_t i = 0; i < sizeof(digest); i++)
		text_addf(&hex, "%02x", digest[i]);
	return slice_str(c->ci->arena, text_slice(&hex));
}

static int64_t newest_round(const struct rulings *rulings)
{
	int64_t round = 0;

	for (size_t i = 0; i < rulings->n; i++)
		if (rulings->items[i].round > round)
			round = rulings->items[i].round;
	return round;
}

/* ---- the draft ---- */

static const char *drafts_dir(const struct ci *ci)
{
	return ci->settings.tell.drafts ? ci->settings.tell.drafts :
					  arena_printf(ci->arena, "%s/drafts", ci->home);
}

/* Who sends it: who git says one is, else who the mails come from. NULL: nobody knows. */
static int sender_of(struct ci *ci, const char **from)
{
	struct person person = { 0 };
	int got = context_person(ci->context, &person);

	if (got < 0)
		return -1;
	*from = got ? arena_printf(ci->arena, "%s <%s>", person.name, person.email) :
		      ci->settings.tell.from;
	return 0;
}

/* "DRAFT.old", or ".old2" ... where an earlier one lies there already. */
static char *aside_of(struct ci *ci, const char *path)
{
	char *aside = arena_printf(ci->arena, "%s.old", path);
	struct stat st;

	for (unsigned int n = 2; !lstat(aside, &st) && n < ASIDE_MOST; n++)
		aside = arena_printf(ci->arena, "%s.old%u", path, n);
	return aside;
}

/* What stands there may have been worked on by a person: it is put aside, not away. */
static int draft_put(struct ci *ci, const char *path, const struct text *mail)
{
	if (file_make_dirs(drafts_dir(ci)))
		return -1;
	if (file_kind(path) == 2 && rename(path, aside_of(ci, path)))
		return fail_errno("cannot put %s aside", path);
	return file_write(path, text_slice(mail), 0644);
}

static char *draft_said(struct candidate *c, const struct reply_to_rc *reply, const char *path)
{
	int64_t deadline = c->announcement->deadline;

	return arena_printf(c->ci->arena, "a reply is drafted (%s), %s; %s",
			    reply_clean(reply) ? "Tested-by" : "not all is well",
			    deadline ? arena_printf(c->ci->arena, "to be sent before %s",
						    time_utc(c->ci->arena, deadline)) :
				       "no deadline was given",
			    path);
}

static int too_late(struct candidate *c, const char *drafted)
{
	struct ci *ci = c->ci;
	const char *note = arena_printf(ci->arena, "late %s", c->announcement->name);
	char *said;

	if (journal_note_get(ci->journal, ci->arena, note, &said))
		return -1;
	if (said)
		return 0;
	if (journal_event(ci->journal, ci->tick.id, "mail", c->announcement->name,
			  arena_printf(ci->arena, "deadline passed (%s): %s",
				       time_utc(ci->arena, c->announcement->deadline),
				       drafted ? "the draft of a reply stays as it is" :
						 "no reply is drafted")))
		return -1;
	return journal_note_put(ci->journal, note, c->announcement->message_id);
}

static int draft_enter(struct candidate *c, const struct reply_to_rc *reply, const char *path,
		       const char *note, const char *state)
{
	struct ci *ci = c->ci;
	struct letter letter = { .at = ci->now,
				 .round = newest_round(&c->rulings),
				 .path = path,
				 .sent = ci->now,
				 .why = "a draft: a person sends it" };
	int ret = -1;

	letter.key = arena_printf(ci->arena, "rc %s %lld", c->announcement->name,
				  (long long)letter.round);
	if (journal_begin(ci->journal))
		return -1;
	if (journal_letter_add(ci->journal, &letter) >= 0 &&
	    !journal_event(ci->journal, ci->tick.id, "mail", c->announcement->name,
			   draft_said(c, reply, path)) &&
	    !journal_note_put(ci->journal, note, state))
		ret = 0;
	return journal_finish(ci->journal, !ret) ? -1 : ret;
}

static int candidate_draft(struct candidate *c)
{
	struct ci *ci = c->ci;
	const struct announcement *a = c->announcement;
	const char *note = arena_printf(ci->arena, "draft %s", a->name);
	const char *path = arena_printf(ci->arena, "%s/%s.eml", drafts_dir(ci), a->name);
	/* Not the time when the tick began: it may have worked for hours since. */
	struct reply_to_rc reply = { .announcement = a, .rulings = c->rulings, .now = time(NULL) };
	struct text mail __free_text = TEXT_INIT;
	const char *state;
	char *drafted;
	bool late;

	if (look_closer(c) || journal_note_get(ci->journal, ci->arena, note, &drafted))
		return -1;
	state = state_of(c);
	if (drafted && !strcmp(drafted, state))
		return 0;
	if (a->deadline && reply.now > a->deadline)
		return too_late(c, drafted);
	if (sender_of(ci, &reply.from))
		return -1;
	if (!reply.from)
		return fail_as(
			FAIL_USAGE,
			"nobody to sign a reply: set user.name and user.email of git, or tell.from");
	reply.before = c->before;
	reply.broken = c->broken.items;
	reply.nbroken = c->broken.n;
	reply.tests = c->tests.len ? slice_str(ci->arena, text_slice(&c->tests)) : NULL;
	if (c->machines.len)
		reply.machine = arena_printf(ci->arena, "%s%s", text_str(&c->machines),
					     c->real ? "" : ", no real hardware");
	reply.where = letter_url(ci, newest_round(&c->rulings));
	if (announcement_reply(ci->arena, &reply, &mail, &late) || draft_put(ci, path, &mail))
		return -1;
	return draft_enter(c, &reply, path, note, state);
}

/* ---- all of them ---- */

/* The kernel of a series that is that version, as it was last applied to: its branch may have been pushed again. */
static const char *candidate_target(const struct rulings *all, const char *series,
				    const struct version *version)
{
	for (size_t i = 0; i < all->n; i++)
		if (all->items[i].kind == PROOF_APPLY && is_candidate_line(all->items[i].line) &&
		    !strcmp(all->items[i].series, series) &&
		    is_version(all->items[i].target, version))
			return all->items[i].target;
	return NULL;
}

static int candidate_look(struct ci *ci, const struct announcement *a, const struct rulings *all)
{
	struct candidate c = { .ci = ci, .announcement = a, .all = all };
	int ret = 0;

	for (size_t i = 0; i < all->n; i++) {
		const struct ruling *ruling = &all->items[i];
		const char *target = is_candidate_line(ruling->line) ?
					     candidate_target(all, ruling->series, &a->version) :
					     NULL;

		if (target && !strcmp(ruling->target, target))
			*arena_push(ci->arena, &c.rulings) = *ruling;
	}
	if (worth_saying(&c))
		ret = candidate_draft(&c);
	text_release(&c.tests);
	text_release(&c.machines);
	return ret ? fail_in("%s", a->name) : 0;
}

/* What a look would find depends on: the mailbox as it is, and the newest ruling of a candidate. */
static char *signature(struct ci *ci, const struct rulings *all)
{
	static const char *const below[] = { "", "/cur", "/new" };
	struct text out __free_text = TEXT_INIT;
	int64_t newest = 0;

	for (size_t i = 0; i < all->n; i++)
		if (is_candidate_line(all->items[i].line) && all->items[i].id > newest)
			newest = all->items[i].id;
	text_addf(&out, "%lld", (long long)newest);
	for (size_t i = 0; i < ARRAY_SIZE(below); i++) {
		struct stat st;

		if (!stat(arena_printf(ci->arena, "%s%s", ci->settings.lore.announcements,
				       below[i]),
			  &st))
			text_addf(&out, " %lld.%09ld/%lld", (long long)st.st_mtim.tv_sec,
				  st.st_mtim.tv_nsec, (long long)st.st_size);
	}
	return slice_str(ci->arena, text_slice(&out));
}

static int drafts_make(struct ci *ci, const struct rulings *all)
{
	struct announcements announcements;
	int ret = 0;

	if (announcements_read(ci->arena, ci->settings.lore.announcements, &announcements))
		return -1;
	for (size_t i = 0; i < announcements.n && !ret; i++)
		ret = candidate_look(ci, &announcements.items[i], all);
	return ret;
}

/*
 * A mailbox that cannot be read, a folder that cannot be written to: said once, in the log, and tried again; the tick has done its work all
 * the same.
 */
int ci_draft_replies(struct ci *ci)
{
	const char *mark, *failed;
	struct rulings all;
	char *seen;

	if (!ci->settings.lore.announcements)
		return 0;
	if (journal_standings(ci->journal, ci->arena, 0, false, &all) ||
	    journal_note_get(ci->journal, ci->arena, NOTE_SEEN, &seen))
		return -1;
	mark = signature(ci, &all);
	if (*mark == '0' || (seen && !strcmp(seen, mark)))
		return 0;
	if (!drafts_make(ci, &all))
		return journal_note_put(ci->journal, NOTE_SEEN, mark);
	if (fail_kind() == FAIL_INTERRUPTED)
		return -1;
	failed = arena_printf(ci->arena, "no reply can be drafted: %s", fail_message());
	fail_clear();
	if (seen && !strcmp(seen, failed))
		return 0;
	if (journal_event(ci->journal, ci->tick.id, "mail", "announcements", failed))
		return -1;
	return journal_note_put(ci->journal, NOTE_SEEN, failed);
}
