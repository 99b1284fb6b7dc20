/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The target's own checkpatch, on every patch twice: as it was mailed and as it was ported.
 *
 * What it says of upstream's mail, upstream's maintainers have accepted. So each message about the port is paired with one
 * about the mail: first with that about the same line of code, then with any of the same kind. What is left is new, and is
 * about what porting did. One run of perl for all of them. Line numbers in messages are those of the mail; the mail's own
 * hunk headers say which line of which file that is.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <stdint.h>
#include <time.h>

#include "base/child.h"
#include "base/fail.h"
#include "base/file.h"
#include "kernel/audit_checks.h"
#include "kernel/audit_port.h"
#include "patch/message.h"

#define FOLDER "/series/checkpatch" /* in the sandbox */
#define DEADLINE_MS 120000

/* What checkpatch said of one line of a mail. */
struct remark {
	struct slice level, type; /* "WARNING", "LONG_LINE" */
	struct slice text;
	size_t line;	    /* of the mail, from 1 */
	struct slice about; /* that line */
	bool used;	    /* paired with one of the other mail */
};
struct remarks {
	struct remark *items;
	size_t n, cap;
};

struct patch_mails {
	const struct port_patch *patch;
	struct slice up, down; /* as mailed, as ported */
	struct remarks said_up, said_down;
};

static struct slice mail_of(struct arena *arena, const struct mail *mail, const char *message,
			    const struct diff *diff)
{
	struct mail_style style = { .prefix = "PATCH",
				    .total = 1,
				    .from_line = "0000000000000000000000000000000000000000" };
	struct text out __free_text = TEXT_INIT;

	mail_write(&out, &style, &mail->author, mail->date, mail->date_offset, message, diff);
	return slice_copy(arena, text_slice(&out));
}

/* The message without the lines that porting adds in forms that checkpatch does not know. */
static char *without_ours(struct arena *arena, const char *message)
{
	struct slice rest = slice_of(message), line;
	struct text out __free_text = TEXT_INIT;

	while (slice_line(&rest, &line))
		if (!message_upstream(arena, line) && !slice_starts(line, "Patch-mainline:"))
			text_addf(&out, SLICE_FMT "\n", SLICE_ARG(line));
	return arena_strdup(arena, text_str(&out));
}

static int write_mails(struct arena *arena, const struct audit_ask *ask, const char *dir, size_t i,
		       struct patch_mails *mails)
{
	const struct mail *mail = &mails->patch->patch->mail;
	struct diff diff;

	if (audit_diff(arena, ask, mails->patch, &diff))
		return -1;
	mails->up = mail_of(arena, mail,
			    arena_printf(arena, "%s\n\n%s", mail->subject,
					 mail->body ? mail->body : ""),
			    &mail->diff);
	mails->down = mail_of(arena, mail, without_ours(arena, mails->patch->message), &diff);
	return file_write(arena_printf(arena, "%s/%zu-up.patch", dir, i), mails->up, 0644) ||
			       file_write(arena_printf(arena, "%s/%zu-down.patch", dir, i),
					  mails->down, 0644) ?
		       -1 :
		       0;
}

/* checkpatch and what it reads, out of the target's tree: 1, 0 the tree has none, -1. */
static int write_tool(struct arena *arena, const struct audit_ask *ask, const char *dir)
{
	static const char *const files[] = { "checkpatch.pl", "spelling.txt",
					     "const_structs.checkpatch" };

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		struct slice text;
		int r = repo_read(ask->site.repo, arena, &ask->port->kernel.tree,
				  arena_printf(arena, "scripts/%s", files[i]), &text);

		if (r < 0 || (!r && !i))
			return r;
		if (r && file_write(arena_printf(arena, "%s/%s", dir, files[i]), text, 0644))
			return -1;
	}
	return 1;
}

/* Line `line` of a mail. */
static struct slice line_of(struct slice mail, size_t line)
{
	struct slice one = SLICE("");

	while (line-- && slice_line(&mail, &one))
		;
	return one;
}

/* "/series/checkpatch/0-up.patch:12: WARNING:LONG_LINE: line length of 101 exceeds 100 columns" */
static bool parse_remark(struct slice line, size_t *index, bool *up, struct remark *remark)
{
	struct slice file, number, rest = line, name;
	unsigned long value;

	if (!slice_cut(&rest, ':', &file) || !slice_cut(&rest, ':', &number) ||
	    !slice_number(number, SIZE_MAX / 2, &value))
		return false;
	remark->line = value;
	rest = slice_trim(rest);
	if (!slice_cut(&rest, ':', &remark->level) || !slice_cut(&rest, ':', &remark->type))
		return false;
	remark->text = slice_trim(rest);
	while (memchr(file.p, '/', file.n))
		file = slice_skip(file, 1);
	*up = slice_ends(file, "-up.patch");
	if ((!*up && !slice_ends(file, "-down.patch")) || !slice_cut(&file, '-', &name) ||
	    !slice_number(name, SIZE_MAX / 2, &value))
		return false;
	*index = value;
	return slice_is(remark->level, "ERROR") || slice_is(remark->level, "WARNING") ||
	       slice_is(remark->level, "CHECK");
}

static size_t read_remarks(struct arena *arena, struct slice out, struct patch_mails *mails,
			   size_t n)
{
	struct slice line;
	size_t count = 0;

	while (slice_line(&out, &line)) {
		struct remark remark = { 0 };
		size_t index;
		bool up;

		if (!parse_remark(line, &index, &up, &remark) || index >= n)
			continue;
		remark.about = line_of(up ? mails[index].up : mails[index].down, remark.line);
		*arena_push(arena, up ? &mails[index].said_up : &mails[index].said_down) = remark;
		count++;
	}
	return count;
}

/* The same but for numbers: a line that is too long by 3 is as one that is too long by 5. */
static bool same_words(struct slice a, struct slice b)
{
	size_t i = 0, k = 0;

	while (i < a.n && k < b.n) {
		bool x = isdigit((unsigned char)a.p[i]), y = isdigit((unsigned char)b.p[k]);

		if (x != y || (!x && a.p[i] != b.p[k]))
			return false;
		do
			i++;
		while (x && i < a.n && isdigit((unsigned char)a.p[i]));
		do
			k++;
		while (y && k < b.n && isdigit((unsigned char)b.p[k]));
	}
	return i == a.n && k == b.n;
}

/* Pair what both mails are told; `exact`: about the same line only. */
static void pair(struct patch_mails *mails, bool exact)
{
	for (size_t i = 0; i < mails->said_down.n; i++) {
		struct remark *down = &mails->said_down.items[i];

		for (size_t k = 0; k < mails->said_up.n && !down->used; k++) {
			struct remark *up = &mails->said_up.items[k];

			if (up->used || !slice_eq(up->type, down->type) ||
			    !(exact ? slice_eq_space(up->about, down->about) :
				      same_words(up->text, down->text)))
				continue;
			up->used = down->used = true;
		}
	}
}

/* Where line `line` of the mail stands in the file that it is about; path NULL: in the message. */
static void place_of(struct arena *arena, struct slice mail, size_t line, struct finding *finding)
{
	struct slice one;
	size_t number = 0, at = 0;

	while (at++ < line && slice_line(&mail, &one)) {
		if (slice_starts(one, "+++ b/")) {
			finding->path = slice_str(arena, slice_skip(one, 6));
			number = 0;
		} else if (slice_starts(one, "@@ -") && finding->path) {
			const char *plus = memchr(one.p, '+', one.n);

			/* The line that the first one behind the header is, less one. */
			number = plus ? strtoul(plus + 1, NULL, 10) : 1;
			number -= number > 0;
		} else if (finding->path && (slice_starts(one, "+") || slice_starts(one, " "))) {
			number++;
		}
	}
	finding->line = finding->path ? number : 0;
}

/* "checkpatch/long-line" */
static char *rule_of(struct arena *arena, struct slice type)
{
	char *rule = arena_printf(arena, "checkpatch/" SLICE_FMT, SLICE_ARG(type));

	for (char *p = rule; *p; p++)
		*p = *p == '_' ? '-' : (char)tolower((unsigned char)*p);
	return rule;
}

static void report(struct arena *arena, const struct audit_ask *ask, struct patch_mails *mails,
		   struct findings *findings)
{
	pair(mails, true);
	pair(mails, false);
	for (size_t i = 0; i < mails->said_down.n; i++) {
		const struct remark *remark = &mails->said_down.items[i];
		struct finding *finding;

		if (remark->used)
			continue;
		finding = finding_add(arena, findings, rule_of(arena, remark->type), SEVERITY_NOTE,
				      SLICE_FMT, SLICE_ARG(remark->text));
		finding->patch = audit_label(arena, ask->port, mails->patch);
		place_of(arena, mails->down, remark->line, finding);
		if (finding->path && !slice_is(remark->level, "CHECK"))
			finding->severity = SEVERITY_LOOK;
	}
}

/* 0 with what it said; answer->ran false where it could not say anything. */
static int run(struct arena *arena, const struct audit_ask *ask, const char *dir,
	       struct patch_mails *mails, size_t n, struct audit_answer *answer)
{
	static const struct sandbox none = { .kind = SANDBOX_NONE };
	struct {
		const char **items;
		size_t n, cap;
	} argv = { 0 };
	static const char *const begin[] = {
		"perl",	   FOLDER "/checkpatch.pl", "--no-tree",    "--no-signoff", "--strict",
		"--terse", "--show-types",	    "--no-summary", "--color=never"
	};
	struct sandbox_bind bind = { dir, FOLDER, false };
	struct sandbox_ask sandbox = { .binds = &bind, .nbinds = 1, .cwd = FOLDER };
	struct child_ask child = { .deadline_ms = DEADLINE_MS };
	struct child_answer out;
	struct slice line;

	for (size_t i = 0; i < ARRAY_SIZE(begin); i++)
		*arena_push(arena, &argv) = begin[i];
	for (size_t i = 0; i < 2 * n; i++)
		*arena_push(arena, &argv) =
			arena_printf(arena, FOLDER "/%zu-%s.patch", i / 2, i % 2 ? "down" : "up");
	*arena_push(arena, &argv) = NULL;
	sandbox.argv = argv.items;
	child.argv = sandbox_argv(arena, ask->site.sandbox ? ask->site.sandbox : &none, &sandbox);
	if (child_run(arena, &child, &out))
		return -1;
	answer->cpu_seconds += out.cpu_seconds;
	answer->ran = !out.timed_out && out.status <= 1;
	if (answer->ran) {
		answer->coverage =
			arena_printf(arena, "%zu patch%s, %zu remarks as mailed and as ported", n,
				     n == 1 ? "" : "es", read_remarks(arena, out.out, mails, n));
		return 0;
	}
	slice_line(&out.err, &line);
	answer->coverage = arena_printf(arena, "checkpatch %s: " SLICE_FMT,
					out.timed_out ? "did not end" : "failed", SLICE_ARG(line));
	return 0;
}

static int check(struct arena *arena, const struct audit_ask *ask, const char *dir,
		 struct audit_answer *answer)
{
	struct patch_mails *mails = arena_alloc(arena, (ask->port->n + 1) * sizeof(*mails));
	size_t n = 0;
	int r = write_tool(arena, ask, dir);

	if (r <= 0) {
		answer->coverage = arena_printf(arena, "%s has no scripts/checkpatch.pl",
						ask->port->kernel.name);
		return r;
	}
	for (size_t i = 0; i < ask->port->n; i++) {
		if (!ask->port->items[i].committed)
			continue;
		mails[n].patch = &ask->port->items[i];
		if (write_mails(arena, ask, dir, n, &mails[n]))
			return fail_in("%s", ask->port->items[i].patch->file);
		n++;
	}
	if (!n) {
		answer->ran = true;
		answer->coverage = arena_strdup(arena, "nothing was ported");
		return 0;
	}
	if (run(arena, ask, dir, mails, n, answer))
		return -1;
	for (size_t i = 0; answer->ran && i < n; i++)
		report(arena, ask, &mails[i], &answer->findings);
	return 0;
}

int audit_checkpatch(struct arena *arena, const struct audit_ask *ask, struct audit_answer *answer)
{
	clock_t begun = clock();
	char *dir;
	int r;

	if (!child_exists("perl")) {
		answer->coverage =
			arena_strdup(arena, "perl is not installed: apt-get install perl");
		return 0;
	}
	if (file_temp_dir(arena, "series-checkpatch", &dir))
		return -1;
	r = check(arena, ask, dir, answer);
	if (file_remove_tree(dir) && !r)
		r = -1;
	answer->cpu_seconds += (double)(clock() - begun) / CLOCKS_PER_SEC;
	return r;
}

/* The mails that the ports are compared with. */
char *audit_checkpatch_key(struct arena *arena, const struct audit_ask *ask)
{
	struct text key __free_text = TEXT_INIT;

	for (size_t i = 0; i < ask->series->n; i++) {
		const struct mail *mail = &ask->series->items[i].mail;
		git_oid message, patch;

		pack_id(GIT_OBJECT_BLOB, slice_of(mail->body ? mail->body : ""), &message);
		pack_id(GIT_OBJECT_BLOB, mail->patch, &patch);
		text_addf(&key, "%s ", git_oid_tostr_s(&message));
		text_addf(&key, "%s %s\n", git_oid_tostr_s(&patch), mail->subject);
	}
	return slice_str(arena, text_slice(&key));
}
