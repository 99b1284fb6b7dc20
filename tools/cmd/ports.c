/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "cmd/ports.h"

#include "base/clock.h"
#include "base/fail.h"

static int ports_kernels(struct context *c, const struct kernels *kernels, struct ports *ports)
{
	struct port_ask ask = { .workspace = c->workspace, .repo = c->repo };

	if (context_person(c, &ask.backporter) < 0)
		return -1;
	ports->series = ask.series = context_series(c);
	if (!ask.series)
		return -1;
	ports->pack = pack_new(c->repo);
	ports->items = arena_alloc(c->arena, (kernels->n + 1) * sizeof(*ports->items));
	for (size_t i = 0; i < kernels->n; i++) {
		char *what = arena_printf(c->arena, "porting to %s", kernels->items[i].name);

		if (!progress_step(&c->progress, what, i, kernels->n > 1 ? kernels->n : 0,
				   "kernels") ||
		    context_interrupted())
			return context_interrupted();
		ask.kernel = &kernels->items[i];

		double before = clock_seconds();

		if (port_series(c->arena, &ask, ports->pack, &ports->items[i]))
			return -1;
		ports->items[i].seconds = clock_seconds() - before;
		ports->n++;
	}
	return context_interrupted();
}

int ports_make(struct context *c, const char *const *words, size_t nwords, struct ports *ports)
{
	struct kernels kernels = { 0 };
	struct target_names missing = { 0 };
	struct text names __free_text = TEXT_INIT;

	*ports = (struct ports){ 0 };
	if (!context_series(c) || context_kernels(c, words, nwords, &kernels, &missing))
		return -1;
	for (size_t i = 0; i < missing.n; i++)
		text_addf(&names, " %s", missing.items[i]);
	if (missing.n)
		context_say(c, "not in the store, left out:%s (get them with: series fetch%s)",
			    text_str(&names), text_str(&names));
	return ports_kernels(c, &kernels, ports);
}

int ports_make_one(struct context *c, const struct kernel *kernel, struct ports *ports)
{
	struct kernel one = *kernel;
	struct kernels kernels = { &one, 1, 1 };

	*ports = (struct ports){ 0 };
	return ports_kernels(c, &kernels, ports);
}
