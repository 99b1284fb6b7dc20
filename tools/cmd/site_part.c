/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <time.h>

#include "base/fail.h"
#include "ci/rule.h"
#include "cmd/built.h"
#include "cmd/site.h"

void site_head(struct arena *arena, struct text *out, const char *site_title, const char *title,
	       const char *up, const char *sub)
{
	page_begin(arena, out, arena_printf(arena, "%s: %s", site_title, title));
	text_addf(
		out,
		"<a class=\"skip\" href=\"#main\">To the contents</a>\n<header>\n"
		"<p class=\"dim\"><a href=\"%sindex.html\">%s</a>%s%s</p>\n<h1>%s</h1>\n"
		"<nav aria-label=\"Site\"><ul>\n<li><a href=\"%sindex.html\">Lines</a></li>\n"
		"<li><a href=\"%sruns/index.html\">Runs</a></li>\n<li><a href=\"%stests.html\">Tests</a></li>\n"
		"<li><a href=\"%sfeed.xml\">Feed</a></li>\n<li><a href=\"%sstatus.json\">JSON</a></li>\n"
		"</ul></nav>\n</header>\n<main id=\"main\">\n",
		up, html_of(arena, site_title), *sub ? ", " : "", sub, html_of(arena, title), up,
		up, up, up, up);
}

void site_foot(struct arena *arena, struct text *out, int64_t now)
{
	text_addf(out, "</main>\n<footer>Written by series %s, %s. All times are UTC.</footer>\n",
		  html_of(arena, program_version), site_time(arena, now));
	text_adds(out, "</body>\n</html>\n");
}

const char *site_class(bool red, bool unknown)
{
	return red ? "dont" : unknown ? "look" : "take";
}

const char *site_sign(bool red, bool unknown)
{
	return red ? "\xe2\x9c\x97" : unknown ? "?" : "\xe2\x9c\x93";
}

void site_badge(struct arena *arena, struct text *out, bool red, bool unknown, const char *word)
{
	/* A line without a kernel is neither well nor red. */
	bool none = !strcmp(word, RULE_NONE);

	text_addf(out, "<span class=\"badge %s\">%s %s</span>",
		  none ? "dim" : site_class(red, unknown),
		  none ? "\xe2\x80\x93" : site_sign(red, unknown), html_of(arena, word));
}

char *site_time(struct arena *arena, int64_t at)
{
	time_t when = (time_t)at;
	char machine[40], person[40];
	struct tm tm;

	if (!at || !gmtime_r(&when, &tm))
		return "\xe2\x80\x93";
	strftime(machine, sizeof(machine), "%Y-%m-%dT%H:%MZ", &tm);
	strftime(person, sizeof(person), "%Y-%m-%d %H:%M", &tm);
	return arena_printf(arena, "<time datetime=\"%s\">%s</time>", machine, person);
}

char *site_took(struct arena *arena, double seconds)
{
	unsigned long minutes = (unsigned long)(seconds / 60);

	if (minutes < 60)
		return seconds_word(arena, seconds < 0 ? 0 : seconds);
	return arena_printf(arena, "%lu h %02lu min", minutes / 60, minutes % 60);
}

char *site_branch(struct arena *arena, const char *line)
{
	const char *end = strstr(line, ".y");

	return end ? arena_copy(arena, line, (size_t)(end - line) + 2) : arena_strdup(arena, line);
}

char *site_file(struct arena *arena, const char *name)
{
	char *file = arena_strdup(arena, name);
	bool same = *file && *file != '.' && *file != '-';

	if (!same && *file)
		*file = '_';
	for (char *p = file; *p; p++)
		if (!isalnum((unsigned char)*p) && !strchr("._-", *p)) {
			*p = '_';
			same = false;
		}
	return same ? file : arena_printf(arena, "%.100s-%lx", file, slice_hash(slice_of(name)));
}

char *site_anchor(struct arena *arena, const char *series, const char *line)
{
	char *anchor = arena_printf(arena, "on-%s-%s", series, line);

	for (char *p = anchor; *p; p++)
		if (!isalnum((unsigned char)*p) && *p != '-')
			*p = '-';
	return anchor;
}

void site_table(struct text *out, const char *label, const char *const *columns, size_t n,
		const char *class)
{
	text_addf(
		out,
		"<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"%s\"><table%s%s%s>\n<thead><tr>",
		label, class ? " class=\"" : "", class ? class : "", class ? "\"" : "");
	for (size_t i = 0; i < n; i++)
		text_addf(out, "<th scope=\"col\">%s</th>", columns[i]);
	text_adds(out, "</tr></thead>\n<tbody>\n");
}

/* Nobody sees it before all is in place, so it needs no other name; its bytes are on their way to the disk, see site_sync(). */
int site_put(struct site *site, const char *name, const struct text *text)
{
	char *path = arena_printf(site->arena, "%s/%s", site->dir, name);
	__free(fd) int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	struct slice rest = text_slice(text);

	if (fd < 0)
		return fail_errno("cannot write %s", path);
	while (rest.n) {
		ssize_t n = write(fd, rest.p, rest.n);

		if (n < 0 && errno != EINTR)
			return fail_errno("cannot write %s", path);
		rest = slice_skip(rest, n < 0 ? 0 : (size_t)n);
	}
	/* A hint: where it is not known, site_sync() takes longer. */
	(void)sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE);
	*arena_push(site->arena, &site->written) = path;
	return 0;
}

int site_sync(struct site *site)
{
	for (size_t i = 0; i < site->written.n; i++) {
		__free(fd) int fd = open(site->written.items[i], O_RDONLY | O_CLOEXEC);

		if (fd < 0 || fsync(fd))
			return fail_errno("cannot sync %s", site->written.items[i]);
	}
	return 0;
}
