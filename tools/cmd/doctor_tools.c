/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include <fcntl.h>

#include "base/child.h"
#include "base/fail.h"
#include "base/file.h"
#include "ci/executor.h"
#include "cmd/doctor.h"
#include "kernel/sandbox.h"

#define SHORT_MS 15000

enum purpose { FOR_ALL, FOR_BUILDS, FOR_BOOTS };

/* The packages are those of ci/packages, as Debian calls them. `header`: a file below an include folder, in place of a program. */
static const struct tool {
	const char *program, *package;
	enum purpose purpose;
	enum health missing;
	const char *use; /* NULL: without it nothing goes */
	const char *header;
} tools[] = {
	{ "git", "git", FOR_ALL, HEALTH_BAD, NULL, NULL },
	{ "xz", "xz-utils", FOR_ALL, HEALTH_WARN, "kernels in archives", NULL },
	{ "curl", "curl", FOR_ALL, HEALTH_WARN, "kernels from a URL", NULL },
	{ "spatch", "coccinelle", FOR_ALL, HEALTH_WARN, "semantic patches", NULL },
	{ "make", "make", FOR_BUILDS, HEALTH_BAD, NULL, NULL },
	{ "gcc", "gcc", FOR_BUILDS, HEALTH_BAD, NULL, NULL },
	{ "flex", "flex", FOR_BUILDS, HEALTH_BAD, NULL, NULL },
	{ "bison", "bison", FOR_BUILDS, HEALTH_BAD, NULL, NULL },
	{ "bc", "bc", FOR_BUILDS, HEALTH_BAD, NULL, NULL },
	{ "perl", "perl", FOR_BUILDS, HEALTH_BAD, NULL, NULL },
	{ "rsync", "rsync", FOR_BUILDS, HEALTH_BAD, NULL, NULL },
	{ "cpio", "cpio", FOR_BUILDS, HEALTH_BAD, NULL, NULL },
	{ "depmod", "kmod", FOR_BUILDS, HEALTH_WARN, "kernels with modules", NULL },
	{ "python3", "python3", FOR_BUILDS, HEALTH_WARN, "checkpatch's SPDX check", NULL },
	{ "sparse", "sparse", FOR_BUILDS, HEALTH_WARN, "what sparse says of a port", NULL },
	{ "ccache", "ccache", FOR_BUILDS, HEALTH_WARN, "builds in seconds, not minutes", NULL },
	{ "libelf", "libelf-dev", FOR_BUILDS, HEALTH_BAD, NULL, "libelf.h" },
	{ "libssl", "libssl-dev", FOR_BUILDS, HEALTH_BAD, NULL, "openssl/opensslv.h" },
	{ "busybox", "busybox-static", FOR_BOOTS, HEALTH_BAD, NULL, NULL },
};

static bool has_tool(struct arena *arena, const struct tool *tool)
{
	static const char *const folders[] = { "/usr/include", "/usr/local/include" };

	if (!tool->header)
		/* cron's PATH leaves out where administrators' tools are; so does a build's not. */
		return child_exists(tool->program) ||
		       !access(arena_printf(arena, "/usr/sbin/%s", tool->program), X_OK) ||
		       !access(arena_printf(arena, "/sbin/%s", tool->program), X_OK);
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++)
		if (!access(arena_printf(arena, "%s/%s", folders[i], tool->header), R_OK))
			return true;
	return false;
}

static bool is_needed(const struct doctor *d, const struct tool *tool)
{
	return tool->purpose == FOR_ALL || (tool->purpose == FOR_BUILDS && d->builds) ||
	       (tool->purpose == FOR_BOOTS && d->boots);
}

static void add_word(struct text *text, const char *word)
{
	text_addf(text, "%s%s", text->len ? " " : "", word);
}

static void programs_look(struct doctor *d)
{
	struct text missing __free_text = TEXT_INIT, packages __free_text = TEXT_INIT;
	struct text useful __free_text = TEXT_INIT, more __free_text = TEXT_INIT;
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(tools); i++) {
		const struct tool *tool = &tools[i];

		if (!is_needed(d, tool))
			continue;
		n++;
		if (has_tool(d->arena, tool))
			continue;
		if (tool->missing == HEALTH_BAD) {
			add_word(&missing, tool->program);
			add_word(&packages, tool->package);
		} else {
			text_addf(&useful, "%s%s (%s)", useful.len ? ", " : "", tool->program,
				  tool->use);
			add_word(&more, tool->package);
		}
	}
	if (missing.len)
		doctor_say(d, "tools", HEALTH_BAD,
			   arena_printf(d->arena, "apt-get install %s", text_str(&packages)),
			   "missing: %s", text_str(&missing));
	if (useful.len)
		doctor_say(d, "tools", HEALTH_WARN,
			   arena_printf(d->arena, "apt-get install %s", text_str(&more)),
			   "not here: %s", text_str(&useful));
	if (!missing.len && !useful.len)
		doctor_say(d, "tools", HEALTH_OK, NULL, "all %zu that are called are here", n);
}

static void b4_look(struct doctor *d)
{
	if (!d->settings.lore.watch || d->settings.lore.archive)
		return;
	if (child_exists("b4"))
		doctor_say(d, "b4", HEALTH_OK, NULL, "is here, for lore");
	else
		doctor_say(d, "b4", HEALTH_BAD,
			   "apt-get install b4, or name an mbox: [lore] archive",
			   "missing: newer revisions cannot be looked for ([lore] watch)");
}

static void sandbox_look(struct doctor *d)
{
	struct sandbox sandbox;

	if (!d->builds)
		return;
	if (sandbox_probe(d->arena, NULL, &sandbox))
		doctor_failed(d, "sandbox", HEALTH_BAD, "apt-get install bubblewrap");
	else if (sandbox.kind == SANDBOX_NONE)
		doctor_say(d, "sandbox", HEALTH_WARN,
			   "allow user namespaces, and apt-get install bubblewrap",
			   "none: what a patch brings is built with your own rights (%s)",
			   sandbox.why);
	else
		doctor_say(d, "sandbox", HEALTH_OK, NULL, "%s", sandbox_word(sandbox.kind));
}

/* ---- machines ---- */

static bool is_asked(const struct doctor *d, const struct machine *machine)
{
	for (size_t i = 0; i < d->matrix.ncells; i++)
		if (d->matrix.cells[i].by_default && d->matrix.cells[i].machine == machine)
			return true;
	return false;
}

/* When it last booted a kernel that could be judged; 0: never, as far as the journal knows. */
static int64_t booted(struct doctor *d, const struct machine *machine)
{
	struct rulings rulings = { 0 };
	int64_t at = 0;

	if (!d->journal || journal_standings(d->journal, d->arena, 0, true, &rulings)) {
		fail_clear();
		return 0;
	}
	for (size_t i = 0; i < rulings.n; i++)
		for (size_t k = 0; k < d->matrix.ncells; k++)
			if (d->matrix.cells[k].machine == machine &&
			    rulings.items[i].kind == PROOF_TEST &&
			    !strcmp(d->matrix.cells[k].name, rulings.items[i].cell) &&
			    rulings.items[i].at > at)
				at = rulings.items[i].at;
	return at;
}

/* Does this emulator know the accelerator at all? One that cannot be asked is not blamed. */
static bool knows_accel(struct doctor *d, const struct machine *machine)
{
	const char *program = machine->program ? machine->program : "qemu-system-x86_64";
	const char *accel = machine->accel ? machine->accel : "tcg";
	struct child_ask ask = { .argv = (const char *const[]){ program, "-accel", "help", NULL },
				 .deadline_ms = SHORT_MS };
	struct child_answer answer;

	if (machine->kind != MACHINE_QEMU)
		return true;
	if (child_run(d->arena, &ask, &answer) || answer.status || slice_blank(answer.out)) {
		fail_clear();
		return true;
	}
	return slice_has_word(answer.out, slice_of(accel));
}

/* "Y", "1": KVM here lets its guests have KVM. */
static bool is_nested(struct arena *arena)
{
	static const char *const modules[] = { "kvm_intel", "kvm_amd" };

	for (size_t i = 0; i < ARRAY_SIZE(modules); i++) {
		struct slice text = { 0 };

		if (file_read(arena,
			      arena_printf(arena, "/sys/module/%s/parameters/nested", modules[i]),
			      16, &text) == 1)
			return slice_starts(text, "Y") || slice_starts(text, "1");
	}
	fail_clear();
	return false;
}

static void machine_look(struct doctor *d, const struct machine *machine)
{
	const char *name = arena_printf(d->arena, "machine %s", machine->name);
	char *why = NULL, *version = NULL;
	int64_t at;
	int there = machine_there(d->arena, machine, &why);

	if (there > 0)
		version = machine_version(d->arena, machine);
	if (there < 0 || (there && !version)) {
		doctor_failed(d, name, HEALTH_BAD, NULL);
		return;
	}
	if (!there) {
		doctor_say(d, name, HEALTH_BAD, "or make its cells default = no in ci/matrix.conf",
			   "%s", why);
		return;
	}
	if (!knows_accel(d, machine)) {
		doctor_say(d, name, HEALTH_BAD,
			   "install a QEMU for this host, or choose another accel",
			   "%s has no accelerator '%s'", version,
			   machine->accel ? machine->accel : "tcg");
		return;
	}
	if (machine->accel && !strcmp(machine->accel, "kvm") && !is_nested(d->arena)) {
		doctor_say(
			d, name, HEALTH_BAD,
			"load kvm_intel or kvm_amd with nested=1, or use the cell with accel = tcg",
			"KVM has no nested virtualization here: the guest's tests would be skipped");
		return;
	}
	at = booted(d, machine);
	if (at)
		doctor_say(d, name, HEALTH_OK, NULL, "%s; last judged a kernel %lld h ago", version,
			   (long long)(d->now - at) / 3600);
	else
		doctor_say(d, name, HEALTH_OK, NULL,
			   "%s; it has not booted a kernel for a tick yet", version);
}

static void machines_look(struct doctor *d)
{
	size_t n = 0;

	if (!d->has_matrix || !d->boots)
		return;
	for (size_t i = 0; i < d->matrix.nmachines; i++)
		if (is_asked(d, &d->matrix.machines[i])) {
			n++;
			machine_look(d, &d->matrix.machines[i]);
		}
	if (!n)
		doctor_say(d, "machines", HEALTH_BAD, "docs/matrix.md",
			   "no cell of %s is on by default", path_word(d->arena, d->matrix.path));
}

static void executor_look(struct doctor *d)
{
	bool slurm = d->settings.executor == EXECUTOR_SLURM;
	char *flaw;

	if (!d->has_settings)
		return;
	flaw = slurm ? executor_slurm_flaw(d->arena, &d->settings) :
		       executor_local_flaw(d->arena, &d->settings);
	if (flaw)
		doctor_say(d, "executor", HEALTH_BAD, NULL, "%s", flaw);
	else
		doctor_say(d, "executor", HEALTH_OK, NULL, "%s", slurm ? "slurm" : "local");
}

void doctor_tools(struct doctor *d)
{
	programs_look(d);
	b4_look(d);
	sandbox_look(d);
	machines_look(d);
	executor_look(d);
}
