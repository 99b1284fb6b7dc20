/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>

#include "base/fail.h"
#include "cmd/ci.h"
#include "cmd/report.h"

/* What a tick works with is not taken away under it. */
static int lock_take(struct ci *ci, int *fd)
{
	const char *path = arena_printf(ci->arena, "%s/lock", ci->home);

	*fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	if (*fd < 0)
		return fail_errno("cannot lock %s", path);
	if (!flock(*fd, LOCK_EX | LOCK_NB))
		return 0;
	return errno == EWOULDBLOCK ?
		       fail_as(FAIL_BUSY,
			       "a tick is running; it prunes by itself when it is done") :
		       fail_errno("cannot lock %s", path);
}

static json_t *pruned_json(const struct pruned *pruned, bool dry)
{
	return json_pack("{s:i, s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "version", 1, "dry_run",
			 dry, "runs", (json_int_t)pruned->rounds, "folders",
			 (json_int_t)pruned->folders, "mails", (json_int_t)pruned->letters,
			 "builds", (json_int_t)pruned->cached, "kernels", (json_int_t)pruned->rooms,
			 "tips", (json_int_t)pruned->tips, "bytes", (json_int_t)pruned->bytes);
}

int ci_prune(struct ci *ci)
{
	const struct context *c = ci->context;
	struct prune_ask ask = { .settings = &ci->settings,
				 .journal = ci->journal,
				 .home = ci->home,
				 .cache = ci->cache,
				 .state = ci->state,
				 .now = ci->now,
				 .dry = option_given(c, "dry-run"),
				 .repo = c->repo };
	struct text out __free_text = TEXT_INIT;
	struct pruned pruned;
	int lock __free(fd) = -1;

	if (lock_take(ci, &lock) || prune(ci->arena, &ask, &pruned))
		return -1;
	if (c->json) {
		json_t *json __free(json) = pruned_json(&pruned, ask.dry);

		text_add_json(&out, json);
	} else if (!c->quiet) {
		text_addf(&out, "%s %s\n",
			  ask.dry ? "would go:" : "gone:", pruned_text(ci->arena, &pruned));
	}
	return out.len && context_print(c, &out) ? -1 : EXIT_CLEAN;
}
