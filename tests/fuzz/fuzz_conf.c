/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any file is refused with a message that names it, or read: each entry is known and has a line. */
#define _GNU_SOURCE
#include "fuzz.h"

#include <sys/mman.h>
#include <unistd.h>

#include "base/conf.h"

static const struct conf_key keys[] = {
	{ "target", true, "source", CONF_LIST, "" },
	{ "target", true, "enabled", CONF_BOOL, "" },
	{ "store", false, "path", CONF_STRING, "" },
	{ "store", false, "jobs", CONF_NUMBER, "" },
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	int fd = memfd_create("conf", MFD_CLOEXEC);
	char *path = arena_printf(arena, "/proc/self/fd/%d", fd);
	unsigned int last = 0;
	struct conf conf;

	fail_clear();
	must(write(fd, data, size) == (ssize_t)size);
	if (conf_read(arena, path, keys, ARRAY_SIZE(keys), &conf)) {
		must(!strncmp(fail_message(), path, strlen(path)));
	} else {
		for (size_t i = 0; i < conf.n; i++) {
			const struct conf_entry *e = &conf.items[i];

			must(e->key >= keys && e->key < keys + ARRAY_SIZE(keys));
			must(!e->name == !e->key->named);
			must(e->value || e->key->type == CONF_BOOL);
			must(e->line >= last && e->line >= 1 && e->line <= size + 1);
			last = e->line;
		}
		conf_section_names(arena, &conf, "target");
	}
	close(fd);
	arena_free(arena);
	return 0;
}
