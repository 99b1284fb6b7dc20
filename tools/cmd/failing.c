/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "cmd/failing.h"

#include "cmd/compared.h"
#include "cmd/report.h"
#include "cmd/screen.h"

const char *failing_outcome_name(enum failing_outcome outcome)
{
	static const char *const names[] = {
		[FAILING_DRAFTED] = "drafted",	     [FAILING_KEPT] = "kept",
		[FAILING_PRESENT] = "already there", [FAILING_NOT_NEEDED] = "not needed",
		[FAILING_CONFLICT] = "conflict",     [FAILING_MISSING] = "no kernel",
		[FAILING_REFUSED] = "refused",
	};

	return names[outcome];
}

static void add_line(struct text *out, const char *before, const char *shown, const char *behind)
{
	text_adds(out, before);
	text_add_shown(out, slice_of(shown), false);
	text_addf(out, "%s\n", behind);
}

/* Which notice, of what: two lines. */
static void head_write(struct context *c, struct text *out, const struct failing *f)
{
	const struct failed_notice *notice = f->notice;
	const char *name = f->kernel.name ? f->kernel.name : notice->branch ? notice->branch : "?";

	text_adds(out, tint_on(c->color, TINT_BOLD));
	text_add_shown(out, slice_of(name), false);
	text_adds(out, "  ");
	if (f->outcome == FAILING_REFUSED)
		text_add_shown(out, slice_of(notice->subject), false);
	else
		text_add_shown(out, slice_of(notice->patch.subject), false);
	text_addf(out, "%s\n", tint_off(c->color, TINT_BOLD));
	if (f->outcome == FAILING_REFUSED) {
		text_addf(out, "  a FAILED notice, line %zu of the file\n", notice->line);
		return;
	}
	text_addf(out, "  upstream %.12s; %s notice %s, <", notice->upstream,
		  notice_form_name(notice->form), notice->branch);
	text_add_shown(out, slice_of(notice->message_id), false);
	text_adds(out, ">\n");
}

static void say(struct context *c, struct text *out, enum tint tint, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* Words, two columns in, filled. */
static void say(struct context *c, struct text *out, enum tint tint, const char *fmt, ...)
{
	struct text line __free_text = TEXT_INIT, safe __free_text = TEXT_INIT;
	va_list ap;

	va_start(ap, fmt);
	text_vaddf(&line, fmt, ap);
	va_end(ap);
	text_add_shown(&safe, text_slice(&line), false);
	text_adds(out, tint_on(c->color, tint));
	text_add_filled(out, text_slice(&safe), 2, c->width);
	text_adds(out, tint_off(c->color, tint));
}

static void needs_write(struct text *out, const struct failed_notice *notice)
{
	if (!notice->needs.n)
		return;
	text_adds(out, "  The notice names what it might need first:\n");
	for (size_t i = 0; i < notice->needs.n; i++) {
		text_addf(out, "    %.12s  ", notice->needs.items[i].id);
		add_line(out, "", notice->needs.items[i].title, "");
	}
}

static void differs_write(struct context *c, struct text *out, const struct failing *f)
{
	const struct port_patch *patch = &f->port.items[0];
	enum tint tint = mark_tint(patch->mark);

	text_addf(out, "  %s%s %s%s; %s%s%s\n", tint_on(c->color, tint),
		  mark_info(patch->mark)->sign, mark_info(patch->mark)->name,
		  tint_off(c->color, tint), tint_on(c->color, f->same_id ? TINT_GOOD : TINT_LOOK),
		  f->same_id ? "the same patch-id as upstream" : "another patch-id than upstream",
		  tint_off(c->color, f->same_id ? TINT_GOOD : TINT_LOOK));
	compared_write(out, &f->compare, &patch->patch->mail.diff, &f->diff,
		       c->terminal ? c->width : 0, c->color);
	if (patch->mark == MARK_EXACT)
		say(c, out, TINT_LOOK,
		    "It fits as it is, although the notice says that it does not apply: it may be the build that failed, or the branch has moved on since. Build it before you send it.");
	if (patch->note)
		say(c, out, TINT_NONE, "Its note: [ %s ]", patch->note);
}

/* A kernel as git am is to find it. */
static const char *checkout_word(const struct failing *f)
{
	return f->kernel.ref && !strncmp(f->kernel.ref, "refs/tags/", 10) ? f->kernel.ref + 10 :
									    f->kernel.name;
}

static void drafted_write(struct context *c, struct text *out, const struct failing *f)
{
	const char *path = f->path ? path_word(c->arena, f->path) : NULL;

	differs_write(c, out, f);
	needs_write(out, f->notice);
	if (f->outcome == FAILING_KEPT) {
		say(c, out, TINT_BAD,
		    "Not written: %s is there and says something else; --force replaces it, --out names another",
		    path);
		return;
	}
	if (path)
		text_addf(out, "  Draft: %s%s\n", path, f->before ? " (as it was)" : "");
	if (!f->signed_off)
		say(c, out, TINT_LOOK,
		    "Not signed off: git's configuration has no user.name and user.email; the mail is in the author's name");
	if (!path)
		return;
	say(c, out, TINT_NONE,
	    "Next: read it, git am it on %s, build and test it there; nothing was sent. To send (it has To, %zu Cc and In-Reply-To):",
	    checkout_word(f), f->reply.cc.n);
	text_addf(out, "    git send-email %s\n", path);
}

/* How to call this command again on the same notice, with other options. */
static const char *again(struct context *c, const char *options)
{
	const char *on = option_value(c, "on");

	return arena_printf(c->arena, "%s%s%s %s",
			    context_invoke(c, arena_printf(c->arena, "failed%s", options)),
			    on ? " --on " : "", on ? path_word(c->arena, on) : "",
			    path_word(c->arena, c->words[0]));
}

/* How a person goes on: a command a line. */
static void steps_write(struct context *c, struct text *out, const struct failing *f)
{
	const char *name = f->taken_as ? f->taken_as : f->known_as;

	if (f->taken_as)
		text_addf(out, "  Taken in as series/%s. ", f->taken_as);
	else
		text_adds(out, "  ");
	if (name) {
		text_adds(out, "To decide it by hand, then draft the answer:\n");
		text_addf(out, "    %s %s\n    %s\n",
			  context_invoke(c, arena_printf(c->arena, "resolve --series %s", name)),
			  f->kernel.asked, again(c, ""));
		return;
	}
	text_adds(out, "To take it in, decide it by hand, and draft the answer:\n");
	if (!c->workspace)
		text_adds(out, "    mkdir -p ws/series ws/ci && touch ws/ci/targets.conf\n");
	text_addf(out, "    %s\n", again(c, c->workspace ? " --import" : " -C ws --import"));
}

static void conflict_write(struct context *c, struct text *out, struct pack *pack,
			   const struct failing *f)
{
	const struct report report = {
		.series = &f->series, .items = &f->port, .n = 1, .pack = pack
	};
	struct text explain __free_text = TEXT_INIT;
	struct slice rest, line;

	report_explain(&explain, &report, c->width, c->color);
	/* Its first two lines are a head, too. */
	rest = text_slice(&explain);
	slice_line(&rest, &line);
	slice_line(&rest, &line);
	text_add_slice(out, rest);
	needs_write(out, f->notice);
	steps_write(c, out, f);
}

/* Where it stands; what the sign says is not said twice. */
static const char *present_why(const struct port_patch *patch)
{
	static const char twice[] = "already there, ";
	const char *why = patch->why;

	if (!why && patch->answer.n)
		why = patch->answer.items[0].evidence;
	if (!why)
		return "its lines are in the kernel";
	return strncmp(why, twice, sizeof(twice) - 1) ? why : why + sizeof(twice) - 1;
}

void failing_text(struct context *c, struct pack *pack, const struct failing *f, struct text *out)
{
	const struct port_patch *patch = f->port.n ? &f->port.items[0] : NULL;

	head_write(c, out, f);
	if (f->unbroken)
		say(c, out, TINT_LOOK,
		    "Fixes: %s is not in the history of %s, nor a backport that names it: is this needed here at all?",
		    f->unbroken, f->kernel.name);
	if (f->other_text)
		say(c, out, TINT_LOOK,
		    "series/%s has this commit with another diff; the notice's is ported",
		    f->known_as);
	switch (f->outcome) {
	case FAILING_DRAFTED:
	case FAILING_KEPT:
		drafted_write(c, out, f);
		break;
	case FAILING_CONFLICT:
		conflict_write(c, out, pack, f);
		break;
	case FAILING_PRESENT:
		say(c, out, TINT_GOOD, "U already there: %s", present_why(patch));
		text_adds(out, "  No draft: there is nothing to send.\n");
		break;
	case FAILING_NOT_NEEDED:
		say(c, out, TINT_LOOK, "n/a: %s", patch->why ? patch->why : "the series says so");
		text_adds(out, "  No draft: there is nothing to send.\n");
		break;
	case FAILING_MISSING:
	case FAILING_REFUSED:
		say(c, out, TINT_BAD, "%s", f->why);
		break;
	}
}

static json_t *needs_json(const struct failed_notice *notice)
{
	json_t *json = json_array();

	for (size_t i = 0; i < notice->needs.n; i++) {
		json_t *one = json_object();

		json_array_append_new(json, one);
		json_object_set_new(one, "commit", json_shown(notice->needs.items[i].id));
		json_object_set_new(one, "title", json_shown(notice->needs.items[i].title));
	}
	return json;
}

static json_t *people_json(const struct people *people)
{
	json_t *json = json_array();

	for (size_t i = 0; i < people->n; i++)
		json_array_append_new(json, json_shown(people->items[i].email));
	return json;
}

static json_t *tried_json(const struct port_patch *patch)
{
	json_t *json = json_array();

	for (size_t i = 0; i < patch->ntried; i++) {
		json_t *one = json_object();

		json_array_append_new(json, one);
		json_object_set_new(one, "method", json_string(patch->tried[i].method));
		json_object_set_new(one, "reason", json_shown(patch->tried[i].reason));
	}
	return json;
}

static void port_json(json_t *json, const struct failing *f)
{
	const struct port_patch *patch = &f->port.items[0];

	json_object_set_new(json, "target", json_shown(f->kernel.name));
	json_object_set_new(json, "series", json_shown(f->known_as ? f->known_as : f->taken_as));
	json_object_set_new(json, "mark", json_string(mark_info(patch->mark)->sign));
	json_object_set_new(json, "note", json_shown(patch->note));
	json_object_set_new(json, "fixes_not_there", json_shown(f->unbroken));
	json_object_set_new(json, "tried", tried_json(patch));
	if (f->outcome != FAILING_DRAFTED && f->outcome != FAILING_KEPT)
		return;
	json_object_set_new(json, "draft", json_shown(f->path));
	json_object_set_new(json, "tree", json_string(git_oid_tostr_s(&patch->tree)));
	json_object_set_new(json, "mail_subject", json_shown(f->reply.subject));
	json_object_set_new(json, "cc", people_json(&f->reply.cc));
	json_object_set_new(json, "signed_off", json_boolean(f->signed_off));
	json_object_set_new(json, "same_patch_id", json_boolean(f->same_id));
	json_object_set_new(json, "hunks",
			    compared_json(&f->compare, &patch->patch->mail.diff, &f->diff));
}

json_t *failing_json(const struct failing *f)
{
	const struct failed_notice *notice = f->notice;
	json_t *json = json_object();

	json_object_set_new(json, "line", json_integer((json_int_t)notice->line));
	json_object_set_new(json, "outcome", json_string(failing_outcome_name(f->outcome)));
	json_object_set_new(json, "notice_subject", json_shown(notice->subject));
	json_object_set_new(json, "why",
			    json_shown(f->why	 ? f->why :
				       f->port.n ? f->port.items[0].why :
						   NULL));
	if (notice->refused)
		return json;
	json_object_set_new(json, "form",
			    json_string(notice->form == NOTICE_GREG ? "greg" : "sasha"));
	json_object_set_new(json, "branch", json_shown(notice->branch));
	json_object_set_new(json, "message_id", json_shown(notice->message_id));
	json_object_set_new(json, "upstream", json_shown(notice->upstream));
	json_object_set_new(json, "subject", json_shown(notice->patch.subject));
	json_object_set_new(json, "needs", needs_json(notice));
	if (f->port.n)
		port_json(json, f);
	return json;
}
