/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `series verify` has the rule (rules/newer-tree), and this asks it. The rule looks at branches that it is not given a port of by
 * their text alone, and then does not know; here it is given all, so that it does.
 */
#include "base/fail.h"
#include "cmd/exporting.h"
#include "kernel/audit_checks.h"

struct gate {
	struct exporting *e;
	struct pack *pack;
	struct port *ports; /* of what is exported, then of the other branches */
	size_t n;
};

static int port_one(struct gate *gate, const struct kernel *kernel)
{
	struct context *c = gate->e->context;
	struct port_ask ask = {
		.repo = gate->e->ask.repo,
		.workspace = context_workspace(c),
		.series = gate->e->ask.series,
		.kernel = kernel,
		.backporter = gate->e->ask.sender,
	};
	char *what = arena_printf(c->arena, "how the patches stand on %s", kernel->name);

	if (!progress_step(&c->progress, what, 0, 0, "") || context_interrupted())
		return context_interrupted();
	return port_series(c->arena, &ask, gate->pack, &gate->ports[gate->n++]) ?
		       fail_in("%s", kernel->name) :
		       0;
}

static bool is_ported(const struct gate *gate, const struct kernel *kernel)
{
	for (size_t i = 0; i < gate->n; i++)
		if (!strcmp(gate->ports[i].kernel.name, kernel->name))
			return true;
	return false;
}

/* The configured branches above the oldest of what is exported. */
static int port_others(struct gate *gate, const struct targets *targets)
{
	struct version oldest = { 0 }, version;
	bool any = false;

	for (size_t i = 0; i < gate->n; i++)
		if (version_parse(slice_of(gate->ports[i].kernel.name), &version) &&
		    (!any || version_cmp(&version, &oldest) < 0)) {
			oldest = version;
			any = true;
		}
	for (size_t i = 0; any && i < targets->n; i++) {
		struct kernel *kernel = arena_new_of(gate->e->context->arena, struct kernel);
		int r = repo_kernel(gate->e->ask.repo, gate->e->context->arena,
				    targets->items[i].name, kernel);

		if (r < 0)
			return -1;
		if (r && version_parse(slice_of(kernel->name), &version) &&
		    version_cmp(&version, &oldest) > 0 && !is_ported(gate, kernel) &&
		    port_one(gate, kernel))
			return -1;
	}
	return 0;
}

static int look_at(const struct gate *gate, const struct port *port, struct parcel *parcel)
{
	struct context *c = gate->e->context;
	struct audit_answer answer = { 0 };
	struct audit_ask ask = {
		.site = { .repo = gate->e->ask.repo,
			  .pack = gate->pack,
			  .workspace = context_workspace(c) },
		.series = gate->e->ask.series,
		.port = port,
		.ports = gate->ports,
		.nports = gate->n,
		.targets = context_targets(c),
	};

	if (audit_rules(c->arena, &ask, &answer))
		return fail_in("%s", port->kernel.name);
	for (size_t i = 0; i < answer.findings.n; i++)
		if (!strcmp(answer.findings.items[i].rule, "rules/newer-tree"))
			*arena_push(c->arena, &parcel->gate) = answer.findings.items[i];
	return 0;
}

int exporting_gate(struct exporting *e)
{
	const struct targets *targets = context_targets(e->context);
	struct pack *pack __free(pack) = pack_new(e->ask.repo);
	struct gate gate = { .e = e, .pack = pack };

	if (!targets || !context_workspace(e->context))
		return -1;
	gate.ports = arena_alloc(e->context->arena, (e->n + targets->n + 1) * sizeof(*gate.ports));
	for (size_t i = 0; i < e->n; i++)
		if (port_one(&gate, e->items[i].kernel))
			return -1;
	if (port_others(&gate, targets))
		return -1;
	for (size_t i = 0; i < e->n; i++)
		if (gate.ports[i].mark != MARK_CONFLICT &&
		    look_at(&gate, &gate.ports[i], &e->items[i]))
			return -1;
	return 0;
}
