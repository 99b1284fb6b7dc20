/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Mails belong together that have the same root, version and total: the root is the cover letter or the first patch, which the
 * others answer (git send-email's shallow threads, or one by one). A second version may itself answer the first one's
 * cover letter, so the way to the root ends where the version changes.
 */
#define _GNU_SOURCE /* strcasestr() */
#include "patch/posting.h"

#include <ctype.h>
#include <strings.h>

#include "patch/message.h"
#include "patch/trailer.h"

/* Mails that answer one another: made to do so by the thousand, or in a circle, they must not keep us for hours. */
#define ANSWERS_DEEPEST 500

/* Does the prefix name a branch of stable ("PATCH 6.1.y", "PATCH 6.12 013/200", "PATCH AUTOSEL 6.6")? */
static bool is_stable_prefix(const char *prefix)
{
	struct slice rest = slice_of(prefix), word;

	if (strcasestr(prefix, "stable") || strcasestr(prefix, "AUTOSEL"))
		return true;
	while (slice_cut(&rest, ' ', &word)) {
		size_t i = word.n && *word.p == 'v';
		size_t digits = 0;

		while (i < word.n && isdigit((unsigned char)word.p[i]))
			digits++, i++;
		/* "v2" and "2/3" are not; "6.1", "v6.6.y", "5.10/5.15" are. */
		if (digits && i + 1 < word.n && word.p[i] == '.' &&
		    isdigit((unsigned char)word.p[i + 1]))
			return true;
	}
	return false;
}

static bool is_patch(const struct mail *mail)
{
	return mail->diff.n && !mail->reply;
}

static bool is_cover(const struct mail *mail)
{
	return !mail->diff.n && !mail->reply && mail->total && !mail->number;
}

static bool is_part(const struct mail *mail)
{
	return is_patch(mail) || is_cover(mail);
}

/* The id of the mail that all of its posting hang on. */
static const char *root_of(const struct pile *pile, const struct mail *mail)
{
	const struct mail *at = mail;

	for (size_t i = 0; i <= pile->n && i < ANSWERS_DEEPEST; i++) {
		const struct pile_mail *up = pile_find(pile, at->in_reply_to);
		const struct mail *parent = up ? &up->mail : NULL;

		if (!parent) {
			/* Its brothers answer the same mail, which the pile has not. */
			if (at->in_reply_to && at->number && at->total > 1)
				return at->in_reply_to;
			break;
		}
		if (!is_part(parent) || parent->version != at->version ||
		    parent->total != at->total)
			break;
		at = parent;
	}
	return at->message_id ? at->message_id : "";
}

static void add_part(struct arena *arena, struct posting *posting, const struct pile_mail *part)
{
	size_t at = posting->n;

	if (is_cover(&part->mail)) {
		posting->cover = part;
		return;
	}
	arena_push(arena, posting);
	while (at && posting->items[at - 1]->mail.number > part->mail.number) {
		posting->items[at] = posting->items[at - 1];
		at--;
	}
	posting->items[at] = part;
}

/* "change-id: 20260218-fix-6f3a" below the text of b4's mails. */
static char *change_id_of(struct arena *arena, const struct mail *mail)
{
	const char *const texts[] = { mail->body, mail->notes };

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct slice rest = slice_of(texts[i] ? texts[i] : ""), line;

		while (slice_line(&rest, &line))
			if (line.n > 11 && !strncasecmp(line.p, "change-id: ", 11) &&
			    slice_trim(slice_skip(line, 11)).n)
				return slice_str(arena, slice_trim(slice_skip(line, 11)));
	}
	return NULL;
}

static char *missing_of(struct arena *arena, const struct posting *posting)
{
	unsigned int next = 1;

	for (size_t i = 0; i < posting->n && posting->total; i++) {
		unsigned int number = posting->items[i]->mail.number;

		if (number < next)
			return arena_printf(arena, "patch %u/%u is there twice", number,
					    posting->total);
		if (number > next)
			break;
		next++;
	}
	if (posting->total && next <= posting->total)
		return arena_printf(arena, "patch %u/%u is missing", next, posting->total);
	if (!posting->total && posting->n > 1)
		return arena_strdup(arena, "several patches without a number");
	return NULL;
}

static void complete(struct arena *arena, struct posting *posting)
{
	const struct mail *head = posting->cover ? &posting->cover->mail : &posting->items[0]->mail;

	posting->version = head->version;
	posting->total = head->total;
	posting->subject = head->subject;
	posting->message_id = head->message_id;
	posting->from = head->author;
	posting->date = head->date;
	posting->change_id = change_id_of(arena, head);
	posting->stable = is_stable_prefix(head->prefix);
	for (size_t i = 0; i < posting->n; i++) {
		const struct mail *mail = &posting->items[i]->mail;

		posting->stable |= mail->upstream ||
				   message_upstream(arena, slice_of(mail->body)) != NULL;
	}
	posting->missing = missing_of(arena, posting);
}

void postings_find(struct arena *arena, const struct pile *pile, struct postings *postings)
{
	struct names *keys = names_new(arena);
	struct postings all = { 0 };

	for (size_t i = 0; i < pile->n; i++) {
		const struct pile_mail *part = &pile->items[i];
		unsigned int number;
		char *key;

		if (!is_part(&part->mail))
			continue;
		/* Two mails without an id have nothing in common. */
		key = arena_printf(arena, "%s\n%u\n%u\n%zu", root_of(pile, &part->mail),
				   part->mail.version, part->mail.total,
				   part->mail.message_id ? 0 : i + 1);
		number = names_number(keys, slice_of(key));
		while (all.n <= number)
			arena_push(arena, &all);
		add_part(arena, &all.items[number], part);
	}
	*postings = (struct postings){ 0 };
	for (size_t i = 0; i < all.n; i++) {
		if (!all.items[i].n)
			continue; /* a cover letter alone */
		complete(arena, &all.items[i]);
		*arena_push(arena, postings) = all.items[i];
	}
}

/* Is the mail of the posting? */
static bool has_mail(const struct posting *posting, const struct pile_mail *mail)
{
	bool has = mail && posting->cover == mail;

	for (size_t i = 0; mail && i < posting->n; i++)
		has |= posting->items[i] == mail;
	return has;
}

void posting_write(const struct pile *pile, const struct posting *posting, struct text *mbox)
{
	if (posting->cover)
		pile_write(mbox, posting->cover);
	for (size_t i = 0; i < posting->n; i++)
		pile_write(mbox, posting->items[i]);
	for (size_t i = 0; i < pile->n; i++) {
		const struct pile_mail *mail = &pile->items[i];

		if (!mail->mail.reply)
			continue;
		for (size_t steps = 0; mail && mail->mail.reply && steps < ANSWERS_DEEPEST; steps++)
			mail = pile_find(pile, mail->mail.in_reply_to);
		if (has_mail(posting, mail))
			pile_write(mbox, &pile->items[i]);
	}
}

char *posting_patch_id(struct arena *arena, const struct series_patch *patch)
{
	struct slice rest = slice_of(patch->link ? patch->link : ""), part, id = { NULL, 0 };

	if (patch->mail.message_id)
		return patch->mail.message_id;
	while (slice_cut(&rest, '/', &part))
		if (part.n && memchr(part.p, '@', part.n))
			id = part;
	return id.n ? slice_str(arena, id) : NULL;
}

/*
 * What the ids of one posting have in common: git send-email and b4 number them, "2026.1234-2-name@host",
 * "2026-topic-v2-2-abcd@host". NULL where it is no such id.
 */
static char *stem_of(struct arena *arena, const char *id)
{
	const char *at = id ? strchr(id, '@') : NULL;

	for (const char *p = at; p && p > id; p--) {
		const char *digits = p;

		if (*p != '-' && p != at)
			continue;
		while (digits > id && isdigit((unsigned char)digits[-1]))
			digits--;
		if (digits < p && digits > id && digits[-1] == '-' && *p == '-')
			return arena_printf(arena, "%.*s#%s", (int)(digits - id), id, p);
	}
	return NULL;
}

static bool same_person(const struct person *a, const struct person *b)
{
	return a->email && b->email && !strcasecmp(a->email, b->email);
}

/* One series held against postings. */
struct search {
	struct arena *arena;
	const struct series *series;
	const struct pile *pile;
	char **ids;   /* of the series' patches; NULL */
	char **stems; /* likewise */
	struct {
		const struct posting **items;
		size_t n, cap;
	} came; /* the postings that brought any of the series' patches: few, of an archive of thousands */
};

static bool same_text(const char *a, const char *b)
{
	return a && b && slice_eq_space(slice_of(a), slice_of(b));
}

/* The series' patch that this mail is a form of, by title and author; -1. */
static ptrdiff_t form_of(const struct search *s, const struct mail *mail)
{
	for (size_t i = 0; i < s->series->n; i++) {
		const struct mail *own = &s->series->items[i].mail;

		if (same_text(own->subject, mail->subject) &&
		    same_person(&own->author, &mail->author))
			return (ptrdiff_t)i;
	}
	return -1;
}

/* Did this very posting bring the series' patch? */
static bool brought(const struct search *s, const struct posting *posting, size_t patch)
{
	if (posting->cover && s->ids[patch] && posting->cover->mail.message_id &&
	    !strcmp(posting->cover->mail.message_id, s->ids[patch]))
		return true;
	for (size_t i = 0; s->ids[patch] && i < posting->n; i++) {
		const char *id = posting->items[i]->mail.message_id;

		if (id && !strcmp(id, s->ids[patch]))
			return true;
	}
	return false;
}

static bool by_authors(const struct search *s, const struct posting *posting)
{
	for (size_t i = 0; i < s->series->n; i++) {
		const struct person *author = &s->series->items[i].mail.author;

		if (same_person(author, &posting->from))
			return true;
		for (size_t k = 0; k < posting->n; k++)
			if (same_person(author, &posting->items[k]->mail.author))
				return true;
	}
	return false;
}

/* Does it answer, over other mails, one of a posting that the series came with? */
static bool in_thread(const struct search *s, const struct posting *posting,
		      const struct posting *ours)
{
	const struct mail *mail = posting->cover ? &posting->cover->mail : &posting->items[0]->mail;

	for (size_t steps = 0; mail->in_reply_to && steps < ANSWERS_DEEPEST; steps++) {
		const struct pile_mail *up = pile_find(s->pile, mail->in_reply_to);

		for (size_t i = 0; i < s->series->n; i++)
			if (s->ids[i] && !strcmp(s->ids[i], mail->in_reply_to))
				return true;
		if (!up)
			return false;
		if (ours && has_mail(ours, up))
			return true;
		mail = &up->mail;
	}
	return false;
}

/* Which of the series' patches would it replace? Nothing: it is of something else. */
static size_t related(const struct search *s, const struct posting *posting,
		      const struct posting *ours, bool *replaced)
{
	size_t n = 0;
	bool same_thing = false;

	memset(replaced, 0, (s->series->n + 1) * sizeof(*replaced));
	for (size_t i = 0; i < posting->n; i++) {
		ptrdiff_t which = form_of(s, &posting->items[i]->mail);

		if (which >= 0)
			replaced[which] = true;
	}
	if (ours && by_authors(s, posting))
		same_thing = in_thread(s, posting, ours) ||
			     (posting->change_id && ours->change_id &&
			      !strcmp(posting->change_id, ours->change_id)) ||
			     (posting->cover && ours->cover &&
			      same_text(posting->subject, ours->subject));
	/* Those that came together with one that it replaces. */
	for (size_t i = 0; i < s->series->n; i++)
		for (size_t k = 0; k < s->series->n; k++)
			if (replaced[k] && s->stems[i] && s->stems[k] &&
			    !strcmp(s->stems[i], s->stems[k]))
				replaced[i] = true;
	for (size_t i = 0; ours && i < s->series->n; i++)
		for (size_t k = 0; k < s->series->n; k++)
			if ((same_thing || replaced[k]) && brought(s, ours, i) &&
			    (same_thing || brought(s, ours, k)))
				replaced[i] = true;
	for (size_t i = 0; i < s->series->n; i++)
		n += replaced[i];
	return n;
}

/* The message without its trailers. */
static struct slice prose_of(const struct mail *mail)
{
	struct slice body = slice_of(mail->body);

	return (struct slice){ body.p, trailer_block(body) };
}

/* What a patch says and does, its numbers and the trailers that replies gave aside. */
static bool same_patch(const struct mail *a, const struct mail *b)
{
	struct text x __free_text = TEXT_INIT, y __free_text = TEXT_INIT;
	const struct diff *diffs[] = { &a->diff, &b->diff };
	struct text *texts[] = { &x, &y };

	if (!same_text(a->subject, b->subject) || !slice_eq_space(prose_of(a), prose_of(b)))
		return false;
	for (size_t d = 0; d < 2; d++)
		for (size_t f = 0; f < diffs[d]->n; f++) {
			const struct filediff *file = &diffs[d]->items[f];

			text_addf(texts[d], "%s %s\n", file->old_path ? file->old_path : "-",
				  file->new_path ? file->new_path : "-");
			for (size_t h = 0; h < file->n; h++)
				for (size_t l = 0; l < file->items[h].n; l++) {
					const struct diff_line *line = &file->items[h].items[l];

					text_addc(texts[d], line->kind);
					text_add_slice(texts[d], line->text);
					text_addc(texts[d], '\n');
				}
		}
	return slice_eq(text_slice(&x), text_slice(&y));
}

/* Has the series all that the posting says? */
static bool same_content(const struct search *s, const struct posting *posting)
{
	for (size_t i = 0; i < posting->n; i++) {
		bool there = false;

		for (size_t k = 0; k < s->series->n; k++)
			there |= same_patch(&s->series->items[k].mail, &posting->items[i]->mail);
		if (!there)
			return false;
	}
	return true;
}

/* What is known of the series' patches that a posting would replace. */
static void have_of(const struct search *s, const bool *replaced, const struct posting *ours,
		    unsigned int *version, int64_t *date)
{
	*version = ours ? ours->version : 0;
	*date = ours ? ours->date : 0;
	for (size_t i = 0; i < s->series->n; i++) {
		const struct series_patch *patch = &s->series->items[i];

		if (!replaced[i])
			continue;
		if (patch->version > *version)
			*version = patch->version;
		if (patch->mail.date > *date)
			*date = patch->mail.date;
	}
}

static bool is_newer(const struct search *s, const struct posting *posting, unsigned int have,
		     int64_t date)
{
	if (have && posting->version != have)
		return posting->version > have;
	return posting->date > date && !same_content(s, posting);
}

static bool is_better(const struct posting *a, const struct posting *b)
{
	return !b || a->version > b->version || (a->version == b->version && a->date > b->date);
}

/* The newest posting that brought patches of the series. */
static const struct posting *ours_of(const struct search *s, const struct posting *like)
{
	const struct posting *ours = NULL;
	bool *wanted = arena_alloc(s->arena, (s->series->n + 1) * sizeof(*wanted));
	size_t any = like ? related(s, like, NULL, wanted) : 0;

	for (size_t p = 0; p < s->came.n; p++)
		for (size_t i = 0; i < s->series->n; i++)
			if ((!any || wanted[i]) && brought(s, s->came.items[p], i) &&
			    is_better(s->came.items[p], ours))
				ours = s->came.items[p];
	return ours;
}

static void came_find(struct search *s, const struct postings *postings)
{
	for (size_t p = 0; p < postings->n; p++) {
		bool any = false;

		for (size_t i = 0; i < s->series->n && !any; i++)
			any = brought(s, &postings->items[p], i);
		if (any)
			*arena_push(s->arena, &s->came) = &postings->items[p];
	}
}

void posting_newer(struct arena *arena, const struct series *series, const struct pile *pile,
		   const struct postings *postings, struct newer *newer)
{
	struct search s = { .arena = arena, .series = series, .pile = pile };
	size_t bytes = (series->n + 1) * sizeof(bool);
	bool *replaced = arena_alloc(arena, bytes);
	const struct posting *broken = NULL;

	*newer = (struct newer){ .replaced = arena_alloc(arena, bytes) };
	s.ids = arena_alloc(arena, (series->n + 1) * sizeof(*s.ids));
	s.stems = arena_alloc(arena, (series->n + 1) * sizeof(*s.stems));
	for (size_t i = 0; i < series->n; i++) {
		s.ids[i] = posting_patch_id(arena, &series->items[i]);
		s.stems[i] = stem_of(arena, s.ids[i]);
	}
	came_find(&s, postings);
	for (size_t p = 0; p < postings->n; p++) {
		const struct posting *posting = &postings->items[p], *ours;
		unsigned int have;
		int64_t date;

		if (posting->stable)
			continue;
		ours = ours_of(&s, posting);
		if (ours == posting || !related(&s, posting, ours, replaced))
			continue;
		have_of(&s, replaced, ours, &have, &date);
		if (!is_newer(&s, posting, have, date))
			continue;
		if (posting->missing) {
			broken = is_better(posting, broken) ? posting : broken;
			continue;
		}
		/* One at a time: of other patches of the series, next time. */
		newer->others += newer->posting && newer->ours != ours;
		if (!is_better(posting, newer->posting))
			continue;
		newer->posting = posting;
		newer->ours = ours;
		newer->have = have;
		memcpy(newer->replaced, replaced, bytes);
	}
	if (broken && is_better(broken, newer->posting))
		newer->passed_over =
			arena_printf(arena, "v%u: %s", broken->version, broken->missing);
}

void posting_became(struct arena *arena, const struct series *series, const struct pile *pile,
		    struct becames *becames)
{
	struct search s = { .arena = arena, .series = series, .pile = pile };

	*becames = (struct becames){ 0 };
	for (size_t i = 0; i < pile->n; i++) {
		const struct mail *mail = &pile->items[i].mail;
		ptrdiff_t which = is_patch(mail) ? form_of(&s, mail) : -1;
		char *named = which < 0	     ? NULL :
			      mail->upstream ? mail->upstream :
					       message_upstream(arena, slice_of(mail->body));
		bool known = false;

		if (!named || strlen(named) != 40 || series->items[which].upstream)
			continue;
		for (size_t k = 0; k < becames->n; k++)
			known |= becames->items[k].patch == &series->items[which];
		if (!known)
			*arena_push(arena, becames) =
				(struct became){ &series->items[which], named, &pile->items[i] };
	}
}
