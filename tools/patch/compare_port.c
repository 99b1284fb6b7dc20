/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "patch/compare_port.h"

#include "patch/recorded.h"

/* A hunk that is left out has a fate that says so; what a semantic patch leaves out, its note has to account for. */
static const char *reason(const struct part *part, const struct port_patch *patch)
{
	for (size_t i = 0; i < patch->answer.n; i++) {
		const struct hunk_fate *fate = &patch->answer.items[i];

		if (fate->mark == MARK_SKIPPED && fate->file == part->up.items[0].file &&
		    fate->hunk == part->up.items[0].hunk)
			return fate->evidence;
	}
	return NULL;
}

void compare_reasons(struct compare *compare, const struct port_patch *patch)
{
	for (size_t i = 0; i < compare->n; i++) {
		struct part *part = &compare->items[i];

		if (part->state != PART_DROPPED)
			continue;
		part->why = reason(part, patch);
		part->left_out = part->why;
		if (!part->why)
			part->why = patch->note;
	}
}

int compare_port(struct arena *arena, struct pack *pack, const struct port_patch *patch,
		 struct compared_port *compared)
{
	const struct diff *mailed = &patch->patch->mail.diff;

	*compared = (struct compared_port){ .patch = patch };
	if (!patch->committed)
		return 0;
	if (port_diff(arena, pack, &patch->before, &patch->tree, 3, &compared->diff) ||
	    patch_id(mailed, compared->up_id) || patch_id(&compared->diff, compared->down_id))
		return -1;
	compared->same_id = !strcmp(compared->up_id, compared->down_id);
	compare_diffs(arena, mailed, &compared->diff, &compared->compare);
	compare_reasons(&compared->compare, patch);
	return 0;
}
