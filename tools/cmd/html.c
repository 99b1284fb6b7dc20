/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/html.h"

#include <ctype.h>

#include "cmd/screen.h"

void html_add(struct text *out, struct slice s)
{
	struct text safe __free_text = TEXT_INIT;

	text_add_shown(&safe, s, true);
	for (size_t i = 0; i < safe.len; i++)
		switch (safe.p[i]) {
		case '&':
			text_adds(out, "&amp;");
			break;
		case '<':
			text_adds(out, "&lt;");
			break;
		case '>':
			text_adds(out, "&gt;");
			break;
		case '"':
			text_adds(out, "&quot;");
			break;
		case '\'':
			text_adds(out, "&#39;");
			break;
		case '\n':
			text_addc(out, ' ');
			break;
		default:
			text_addc(out, safe.p[i]);
		}
}

char *html_of(struct arena *arena, const char *s)
{
	struct text out __free_text = TEXT_INIT;

	html_add(&out, slice_of(s));
	return slice_str(arena, text_slice(&out));
}

char *html_file(struct arena *arena, const char *path)
{
	struct text out __free_text = TEXT_INIT;

	text_adds(&out, "file://");
	for (const unsigned char *p = (const unsigned char *)path; *p; p++)
		if (isalnum(*p) || strchr("/._-~", *p))
			text_addc(&out, (char)*p);
		else
			text_addf(&out, "%%%02X", *p);
	return slice_str(arena, text_slice(&out));
}
