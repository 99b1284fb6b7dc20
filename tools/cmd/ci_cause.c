/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ci/cause.h"

#include "base/fail.h"
#include "cmd/ci.h"

/* The same series on the newest release of the same branch, where it fits. */
static const struct port *release_port(const struct ci *ci, const struct plan_line *line)
{
	for (size_t i = 0; i < ci->nlines; i++) {
		const struct plan_line *other = &ci->lines[i];

		if (other->ported && other->series == line->series &&
		    other->watched->target == line->watched->target &&
		    other->watched->watch->kind == WATCH_RELEASE &&
		    other->port.mark != MARK_CONFLICT)
			return &other->port;
	}
	return NULL;
}

/* NULL: nothing can be told; the verdict stands without it. */
static char *cause_on(struct ci *ci, const struct plan_line *line)
{
	const struct port *well = NULL;
	char *cause = NULL;

	if (line->ported && line->port.mark == MARK_CONFLICT &&
	    line->watched->watch->kind != WATCH_RELEASE)
		well = release_port(ci, line);
	if (well && cause_find(ci->arena, context_repo(ci->context), well, &line->port, &cause))
		fail_clear();
	return cause;
}

void ci_cause_add(struct ci *ci, const struct plan_line *line, struct ruling *ruling)
{
	const char *cause = cause_on(ci, line);

	if (cause)
		ruling->why = arena_printf(ci->arena, "%s%s%s", ruling->why,
					   *ruling->why ? "; " : "", cause);
}

char *ci_cause(struct ci *ci, const struct ruling *ruling)
{
	for (size_t i = 0; ruling->kind == PROOF_APPLY && ruling->red && i < ci->nlines; i++) {
		const struct plan_line *line = &ci->lines[i];
		char *cause;

		if (!line->ported || strcmp(line->series->name, ruling->series) != 0 ||
		    strcmp(line->watched->line, ruling->line) != 0 ||
		    strcmp(line->port.kernel.name, ruling->target) != 0)
			continue;
		cause = cause_on(ci, line);
		/* Where it is part of why already, it was said. */
		return cause && !strstr(ruling->why, cause) ? cause : NULL;
	}
	return NULL;
}
