/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "patch/finding.h"

#include <stdarg.h>

const char *severity_word(enum severity severity)
{
	switch (severity) {
	case SEVERITY_NOTE:
		return "note";
	case SEVERITY_LOOK:
		return "look";
	case SEVERITY_BAD:
		return "bad";
	}
	return "?";
}

struct finding *finding_add(struct arena *arena, struct findings *findings, const char *rule,
			    enum severity severity, const char *fmt, ...)
{
	struct finding *finding = arena_push(arena, findings);
	va_list ap;

	finding->rule = rule;
	finding->severity = severity;
	va_start(ap, fmt);
	finding->text = arena_vprintf(arena, fmt, ap);
	va_end(ap);
	return finding;
}
