/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "ci/recipe.h"

#include <nettle/base16.h>
#include <sys/stat.h>

#include "base/child.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/memo.h"
#include "ci/rule.h"
#include "kernel/audit.h"

#define RECIPE_FORMAT "recipe 1"
#define FILE_BYTES ((size_t)256 * 1024 * 1024)
#define TOOL_MS 60000

/* An answer that was had already: of a program, or of a file. */
struct answer {
	const char *about, *text;
};
struct recipes {
	struct arena *arena;
	const struct plan_ask *ask;
	struct answer *items;
	size_t n, cap;
};

/* The three parts while they are made. */
struct parts {
	struct recipes *recipes;
	struct memo_key workspace, known, tools;
};

static void add(struct memo_key *key, const char *text)
{
	memo_key_add(key, slice_of(text ? text : ""));
}

static void add_number(struct memo_key *key, uint64_t n)
{
	memo_key_add(key, (struct slice){ (const char *)&n, sizeof(n) });
}

struct recipes *recipes_new(struct arena *arena, const struct plan_ask *ask)
{
	struct recipes *recipes = arena_new_of(arena, struct recipes);

	recipes->arena = arena;
	recipes->ask = ask;
	return recipes;
}

static const char *known_answer(const struct recipes *recipes, const char *about)
{
	for (size_t i = 0; i < recipes->n; i++)
		if (!strcmp(recipes->items[i].about, about))
			return recipes->items[i].text;
	return NULL;
}

static const char *keep_answer(struct recipes *recipes, const char *about, const char *text)
{
	*arena_push(recipes->arena, recipes) =
		(struct answer){ .about = arena_strdup(recipes->arena, about), .text = text };
	return text;
}

/*
 * The first line with something in it that `NAME --version` gives; a tool that is not there is said to be missing. One that gives no
 * answer now is no other tool: that would have everything done again.
 */
static const char *tool_version(struct recipes *recipes, const char *name)
{
	struct arena *arena = recipes->arena;
	const char *argv[] = { name, "--version", NULL };
	struct child_ask ask = { .argv = argv, .deadline_ms = TOOL_MS };
	const char *about = arena_printf(arena, "tool %s", name);
	const char *text = known_answer(recipes, about);
	struct child_answer answer;
	struct slice line;

	if (text)
		return text;
	if (!child_exists(name))
		return keep_answer(recipes, about, "missing");
	if (child_run(arena, &ask, &answer))
		return NULL;
	if (answer.timed_out || answer.status > 128) {
		fail("%s --version gives no answer", name);
		return NULL;
	}
	while (slice_line(&answer.out, &line) && slice_blank(line))
		;
	return keep_answer(recipes, about, slice_str(arena, line));
}

static int add_tool(struct parts *parts, const char *name)
{
	const char *version = tool_version(parts->recipes, name);

	add(&parts->tools, name);
	add(&parts->tools, version);
	return version ? 0 : -1;
}

/* Of a file's bytes, in hexadecimal; "missing". */
static const char *file_hash(struct recipes *recipes, const char *path)
{
	struct arena *scratch __free(arena) = arena_new();
	const char *about = arena_printf(recipes->arena, "file %s", path);
	const char *had = known_answer(recipes, about);
	char *hex = arena_alloc(recipes->arena, 2 * SHA256_DIGEST_SIZE + 1);
	uint8_t digest[SHA256_DIGEST_SIZE];
	struct sha256_ctx hash;
	struct slice bytes;
	int there = had ? 0 : file_read(scratch, path, FILE_BYTES, &bytes);

	if (had)
		return had;
	if (there < 0)
		return NULL;
	if (!there)
		return keep_answer(recipes, about, "missing");
	sha256_init(&hash);
	sha256_update(&hash, bytes.n, (const uint8_t *)bytes.p);
	sha256_digest(&hash, sizeof(digest), digest);
	base16_encode_update(hex, sizeof(digest), digest);
	return keep_answer(recipes, about, hex);
}

static int add_file(struct parts *parts, struct memo_key *key, const char *path)
{
	const char *hash = file_hash(parts->recipes, path);

	add(key, hash);
	return hash ? 0 : -1;
}

/* Every file of a folder of the workspace, by name; folders in it are passed over, as whoever reads it does. */
static int add_folder(struct parts *parts, const char *name)
{
	struct arena *arena = parts->recipes->arena;
	const char *dir = arena_printf(arena, "%s/%s", parts->recipes->ask->workspace, name);
	struct file_names names = { 0 };

	if (file_list(arena, dir, &names) < 0)
		return -1;
	add(&parts->workspace, name);
	for (size_t i = 0; i < names.n; i++) {
		const char *path = arena_printf(arena, "%s/%s", dir, names.items[i]);

		if (file_kind(path) != 2)
			continue;
		add(&parts->workspace, names.items[i]);
		if (add_file(parts, &parts->workspace, path))
			return -1;
	}
	return 0;
}

/* A configuration as it is for this kernel. */
static int add_config(struct parts *parts, const struct build_config *config, const char *kernel)
{
	struct arena *arena = parts->recipes->arena;
	const struct plan_ask *ask = parts->recipes->ask;
	struct build_config c = config_for(arena, ask->matrix, config, kernel);

	add(&parts->workspace, c.name);
	add(&parts->workspace, c.make_flags);
	add(&parts->workspace, c.compiler);
	add_number(&parts->workspace, c.nfragments);
	for (size_t i = 0; i < c.nfragments; i++) {
		add(&parts->workspace, c.fragments[i]);
		if (add_file(parts, &parts->workspace,
			     arena_printf(arena, "%s/ci/kconfig/%s.config", ask->workspace,
					  c.fragments[i])))
			return -1;
	}
	add_number(&parts->workspace, c.nlacks);
	for (size_t i = 0; i < c.nlacks; i++)
		add(&parts->workspace, c.lacks[i]);
	return add_tool(parts, c.compiler ? c.compiler : "gcc");
}

/* Those of the cells that run by default, each once: what a build makes. */
static int add_configs(struct parts *parts, const char *kernel)
{
	const struct matrix *matrix = parts->recipes->ask->matrix;

	for (size_t k = 0; k < matrix->nconfigs; k++) {
		bool wanted = false;

		for (size_t i = 0; i < matrix->ncells && !wanted; i++)
			wanted = !strcmp(matrix->cells[i].config->name, matrix->configs[k].name) &&
				 matrix->cells[i].by_default &&
				 cell_covers(&matrix->cells[i], kernel);
		if (wanted && add_config(parts, &matrix->configs[k], kernel))
			return -1;
	}
	return 0;
}

static int add_machine(struct parts *parts, const struct machine *machine)
{
	struct arena *arena = parts->recipes->arena;
	struct memo_key *key = &parts->workspace;
	const char *about = arena_printf(arena, "machine %s", machine->name);
	const char *tools = known_answer(parts->recipes, about);
	char *why;
	int there;

	add(key, machine->name);
	add_number(key, machine->kind);
	add(key, machine->accel);
	add(key, machine->program);
	add(key, machine->cpu);
	add(key, machine->vendor);
	add(key, machine->cmdline);
	add_number(key, machine->memory);
	add_number(key, machine->cpus);
	add_number(key, machine->wall);
	add_number(key, machine->silence);
	if (!tools) {
		there = machine_there(arena, machine, &why);
		if (there < 0)
			return -1;
		tools = there ? machine_key(arena, machine) : "not here";
		if (!tools)
			return -1;
		keep_answer(parts->recipes, about, tools);
	}
	add(&parts->tools, tools);
	return 0;
}

static int add_suite(struct parts *parts, const struct suite *suite)
{
	struct memo_key *key = &parts->workspace;

	add(key, suite->name);
	for (size_t i = 0; i < suite->n; i++) {
		const struct suite_test *test = &suite->items[i];

		add(key, test->name);
		add_number(key, test->from);
		add(key, test->arguments);
		add_number(key, test->speech);
		add_number(key, test->timeout);
		add_number(key, test->prove);
		if (test->from == SUITE_PROGRAM && add_file(parts, key, test->path))
			return -1;
	}
	return 0;
}

static int add_cell(struct parts *parts, const struct cell *cell, const char *kernel)
{
	const struct plan_ask *ask = parts->recipes->ask;
	const char *busybox = guest_busybox();

	add(&parts->workspace, cell->name);
	add(&parts->workspace, cmdline_for(parts->recipes->arena, ask->matrix, kernel));
	add_number(&parts->workspace, ask->matrix->retries);
	if (!busybox)
		fail_clear();
	if (add_config(parts, cell->config, kernel) || add_machine(parts, cell->machine) ||
	    add_suite(parts, cell->suite) || add_folder(parts, "ci/guest") ||
	    add_tool(parts, "gcc"))
		return -1;
	if (!busybox) {
		add(&parts->tools, "no busybox");
		return 0;
	}
	return add_file(parts, &parts->tools, busybox);
}

/*
 * Whether the newer branches have it, which verify asks (kernel/audit_rules.c). Not a part of what the workspace says: who does
 * a task sees one line only.
 */
static void add_newer(struct parts *parts, const struct plan_line *line)
{
	const struct plan_ask *ask = parts->recipes->ask;
	struct version own, branch;

	if (!version_parse(slice_of(line->port.kernel.name), &own))
		return;
	for (size_t i = 0; i < ask->nlines; i++) {
		const struct plan_line *other = &ask->lines[i];
		const char *target = other->watched ? other->watched->target->name : "";

		if (!other->ported || other->series != line->series ||
		    other->watched->watch->kind != WATCH_RELEASE ||
		    !version_parse(slice_of(target), &branch) || version_belongs(&own, &branch) ||
		    version_cmp(&branch, &own) < 0)
			continue;
		add(&parts->tools, target);
		for (size_t p = 0; p < other->port.n; p++)
			add_number(&parts->tools, other->port.items[p].mark == MARK_CONFLICT ? 0 :
						  other->port.items[p].mark == MARK_PRESENT  ? 1 :
						  other->port.items[p].mark == MARK_SKIPPED  ? 2 :
											       3);
	}
}

/* What the checks of kernel/audit.h look at beside the trees. */
static int add_checks(struct parts *parts, const struct plan_line *line)
{
	static const char *const tools[] = { "spatch", "sparse", "objdump", "perl" };
	const struct matrix *matrix = parts->recipes->ask->matrix;
	const struct port *port = &line->port;
	struct memo_key *key = &parts->workspace;

	for (size_t i = 0; i < naudit_checks; i++)
		add(key, audit_checks[i].name);
	for (size_t i = 0; i < port->n; i++) {
		const struct port_patch *p = &port->items[i];

		add(key, p->patch->file);
		add(key, mark_info(p->mark)->sign);
		add(key, git_oid_tostr_s(&p->tree));
		add(key, p->message);
		add(key, p->why);
		add(key, p->patch->mail.subject);
		add(key, p->patch->mail.body);
		add(key, p->patch->upstream);
		add(key, p->patch->mainline);
		add_number(key, p->patch->class);
	}
	add(key, line->series->base);
	add_number(key, line->series->trusted);
	add_newer(parts, line);
	if (add_folder(parts, "coccinelle/checks") ||
	    add_folder(parts,
		       arena_printf(parts->recipes->arena, "coccinelle/%s", line->series->name)))
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(tools); i++)
		if (add_tool(parts, tools[i]))
			return -1;
	return matrix->nconfigs ? add_config(parts, &matrix->configs[0], port->kernel.name) : 0;
}

/* The port itself, as it is told: marks, messages, reasons. */
static void add_port(struct parts *parts, const struct port *port)
{
	for (size_t i = 0; i < port->n; i++) {
		const struct port_patch *p = &port->items[i];

		add(&parts->workspace, p->patch->file);
		add(&parts->workspace, mark_info(p->mark)->sign);
		add(&parts->workspace, p->why);
		add(&parts->workspace, p->message);
		add(&parts->workspace, git_oid_tostr_s(&p->tree));
	}
}

/* Could a failure of that name come out of this proof? */
static bool may_name(const struct plan_ask *ask, enum proof_kind kind, const struct cell *cell,
		     const char *test)
{
	struct slice rest = slice_of(test), program;

	slice_cut(&rest, '/', &program);
	for (size_t i = 0; kind == PROOF_BUILD && i < ask->matrix->nconfigs; i++)
		if (!strcmp(ask->matrix->configs[i].name, test))
			return true;
	for (size_t i = 0; kind == PROOF_VERIFY && i < naudit_checks; i++)
		if (!strcmp(audit_checks[i].name, test))
			return true;
	if (kind != PROOF_TEST)
		return false;
	for (size_t i = 0; i < cell->suite->n; i++)
		if (slice_is(program, cell->suite->items[i].name))
			return true;
	return !strcmp(test, "kernel") || !strcmp(test, "all tests");
}

static void add_known(struct parts *parts, const struct plan_line *line, enum proof_kind kind,
		      const struct cell *cell)
{
	const struct plan_ask *ask = parts->recipes->ask;

	for (size_t i = 0; ask->settings && i < ask->settings->nwaivers; i++) {
		const struct waiver *w = &ask->settings->waivers[i];

		if (!may_name(ask, kind, cell, w->test) ||
		    !waiver_covers(w, line->series->name, line->port.kernel.name,
				   cell ? cell->name : ""))
			continue;
		add(&parts->known, w->test);
		add(&parts->known, w->owner);
		add(&parts->known, w->until_day);
		add_number(&parts->known, ask->now < w->until);
	}
}

static void digits(struct memo_key *key, char *hex, size_t n)
{
	uint8_t digest[SHA256_DIGEST_SIZE];
	char all[2 * SHA256_DIGEST_SIZE];

	sha256_digest(&key->hash, sizeof(digest), digest);
	base16_encode_update(all, sizeof(digest), digest);
	memcpy(hex, all, n);
}

int recipe_make(struct recipes *recipes, const struct plan_line *line, enum proof_kind kind,
		const struct cell *cell, char hex[65])
{
	struct parts parts = { .recipes = recipes };
	const char *kernel = line->port.kernel.name;
	int ret = 0;

	memo_key_init(&parts.workspace);
	memo_key_init(&parts.known);
	memo_key_init(&parts.tools);
	add(&parts.workspace, RECIPE_FORMAT);
	add(&parts.workspace, proof_kind_word(kind));
	if (kind != PROOF_APPLY)
		add(&parts.tools, recipes->ask->program_version);
	switch (kind) {
	case PROOF_APPLY:
		add_port(&parts, &line->port);
		break;
	case PROOF_BUILD:
		ret = add_configs(&parts, kernel);
		break;
	case PROOF_VERIFY:
		ret = add_checks(&parts, line);
		break;
	case PROOF_TEST:
		ret = add_cell(&parts, cell, kernel);
		break;
	}
	if (ret)
		return -1;
	if (kind != PROOF_APPLY)
		add_known(&parts, line, kind, cell);
	digits(&parts.workspace, hex + RECIPE_WORKSPACE, RECIPE_KNOWN - RECIPE_WORKSPACE);
	digits(&parts.known, hex + RECIPE_KNOWN, RECIPE_TOOLS - RECIPE_KNOWN);
	digits(&parts.tools, hex + RECIPE_TOOLS, RECIPE_DIGITS - RECIPE_TOOLS);
	hex[RECIPE_DIGITS] = '\0';
	return 0;
}

static bool differs(const char *a, const char *b, size_t from, size_t to)
{
	return strlen(a) != RECIPE_DIGITS || strlen(b) != RECIPE_DIGITS ||
	       memcmp(a + from, b + from, to - from);
}

const char *recipe_change(const char *before, const char *now)
{
	if (differs(before, now, RECIPE_WORKSPACE, RECIPE_KNOWN))
		return "tests, machines or configuration changed";
	if (differs(before, now, RECIPE_KNOWN, RECIPE_TOOLS))
		return "a known failure was added, changed or is over";
	if (differs(before, now, RECIPE_TOOLS, RECIPE_DIGITS))
		return RECIPE_TOOLS_CHANGED;
	return NULL;
}

bool plan_same_workspace(const char *a, const char *b)
{
	return !differs(a, b, RECIPE_WORKSPACE, RECIPE_KNOWN);
}

int plan_recipe(struct arena *arena, const struct plan_ask *ask, const struct plan_line *line,
		enum proof_kind kind, const struct cell *cell, char hex[65])
{
	return recipe_make(recipes_new(arena, ask), line, kind, cell, hex);
}
