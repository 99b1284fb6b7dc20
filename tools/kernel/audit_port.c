/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/audit_port.h"

#include "base/fail.h"
#include "patch/commit.h"

char *audit_label(struct arena *arena, const struct port *port, const struct port_patch *patch)
{
	return arena_printf(arena, "%u/%zu", patch->patch->number, port->n);
}

int audit_read(struct arena *arena, const struct audit_ask *ask, const git_oid *id,
	       struct slice *bytes)
{
	struct pack *own __free(pack) = ask->site.pack ? NULL : pack_new(ask->site.repo);

	return pack_read(own ? own : ask->site.pack, arena, id, bytes);
}

int audit_diff(struct arena *arena, const struct audit_ask *ask, const struct port_patch *patch,
	       struct diff *diff)
{
	struct pack *own __free(pack) = ask->site.pack ? NULL : pack_new(ask->site.repo);

	if (port_diff(arena, own ? own : ask->site.pack, &patch->before, &patch->tree, 3, diff))
		return fail_in("%s on %s", patch->patch->file, ask->port->kernel.name);
	return 0;
}

/* The line of a commit object that begins with `word`; empty where there is none. */
static struct slice commit_line(struct slice bytes, const char *word)
{
	struct slice line;

	while (slice_line(&bytes, &line) && line.n)
		if (slice_starts(line, word))
			return slice_skip(line, strlen(word));
	return SLICE("");
}

int audit_committer(struct arena *arena, const struct audit_ask *ask,
		    const struct port_patch *patch, struct person *person)
{
	struct slice bytes, line, name, email;
	int r = audit_read(arena, ask, &patch->commit, &bytes);

	*person = (struct person){ 0 };
	if (r != 1)
		return r < 0 ? -1 : fail("the commit of %s is missing", patch->patch->file);
	line = commit_line(bytes, "committer ");
	if (!slice_cut(&line, '<', &name) || !slice_cut(&line, '>', &email) ||
	    slice_is(email, COMMITTER_EMAIL))
		return 0;
	person->name = slice_str(arena, slice_trim(name));
	person->email = slice_str(arena, email);
	return 0;
}
