/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bochs interprets every instruction, VMX among them: an Intel machine where there is none. It boots from a CD, so
 * kernel and image go onto one, with isolinux, made by xorriso.
 *
 * It has no way of running without a screen: the one that draws on a terminal (package bochs-term) is content with
 * two variables that say how large that is, and no terminal; the other one that a server can have listens on
 * a port, and is taken only where there is no better.
 */
#define _GNU_SOURCE
#include "kernel/machine_driver.h"

#include <errno.h>
#include <limits.h>

#include "base/child.h"
#include "base/fail.h"
#include "base/file.h"

#define VERSION_DEADLINE_MS 20000
/* The newest with VMX whose XSAVE agrees with itself: on later ones new kernels panic, old ones WARN. */
#define MODEL "broadwell_ult"

/* Where Debian, Fedora and Arch put what a CD boots with, and Bochs' own things. */
static const char *const isolinux_bin[] = { "/usr/lib/ISOLINUX/isolinux.bin",
					    "/usr/share/syslinux/isolinux.bin",
					    "/usr/lib/syslinux/bios/isolinux.bin", NULL };
static const char *const ldlinux_c32[] = { "/usr/lib/syslinux/modules/bios/ldlinux.c32",
					   "/usr/share/syslinux/ldlinux.c32",
					   "/usr/lib/syslinux/bios/ldlinux.c32", NULL };
static const char *const bios[] = { "/usr/share/bochs/BIOS-bochs-latest",
				    "/usr/local/share/bochs/BIOS-bochs-latest", NULL };
static const char *const vga_bios[] = { "/usr/share/bochs/VGABIOS-lgpl-latest",
					"/usr/share/vgabios/vgabios.bin",
					"/usr/local/share/bochs/VGABIOS-lgpl-latest", NULL };

static const char *first_of(const char *const *paths)
{
	for (; *paths; paths++)
		if (file_kind(*paths) == 2)
			return *paths;
	return NULL;
}

static int bochs_there(struct arena *arena, const struct machine *machine, char **why)
{
	const char *program = machine_program(machine);
	__free_text struct text missing = TEXT_INIT;

	if (!child_exists(program)) {
		if (machine->program) {
			*why = arena_printf(arena, "no such program: %s", program);
			return 0;
		}
		text_adds(&missing, " bochs bochs-term");
	}
	if (!first_of(bios))
		text_adds(&missing, " bochsbios");
	if (!first_of(vga_bios))
		text_adds(&missing, " vgabios");
	if (!first_of(isolinux_bin))
		text_adds(&missing, " isolinux");
	if (!first_of(ldlinux_c32))
		text_adds(&missing, " syslinux-common");
	if (!child_exists("xorriso"))
		text_adds(&missing, " xorriso");
	if (!missing.len)
		return 1;
	*why = arena_printf(arena, "not everything is installed that it needs: apt install%s",
			    text_str(&missing));
	return 0;
}

/* It says what it is, and what was built into it, with its help. */
static int bochs_help(struct arena *arena, const char *program, const char *topic,
		      struct slice *help)
{
	struct child_ask ask = { .argv = (const char *const[]){ program, "--help", topic, NULL },
				 .deadline_ms = VERSION_DEADLINE_MS };
	struct child_answer answer;

	if (child_run(arena, &ask, &answer))
		return -1;
	*help = slice_of(arena_printf(arena, SLICE_FMT "\n" SLICE_FMT, SLICE_ARG(answer.out),
				      SLICE_ARG(answer.err)));
	return 0;
}

static char *bochs_version(struct arena *arena, const char *program)
{
	struct slice help, line;

	if (bochs_help(arena, program, NULL, &help))
		return NULL;
	while (slice_line(&help, &line))
		if (slice_find(line, SLICE("Bochs x86 Emulator")) >= 0)
			return slice_str(arena, slice_trim(line));
	fail("%s --help does not say that it is Bochs", program);
	return NULL;
}

static const char *model_of(const struct machine *machine)
{
	return machine->cpu ? machine->cpu : MODEL;
}

/* What the guest sees: the lines of its configuration that are no paths. Its clock counts instructions. */
static void add_machine(struct text *rc, const struct machine *machine)
{
	unsigned int memory = machine->memory ? machine->memory : 1024;

	text_addf(rc, "memory: guest=%u, host=%u\n", memory, memory);
	text_addf(rc, "cpu: model=%s, count=%u, ips=100000000\n", model_of(machine),
		  machine->cpus ? machine->cpus : 1);
	text_adds(rc, "clock: sync=none\npci: enabled=1, chipset=i440fx\n");
}

static int write_rc(struct arena *arena, const struct machine_ask *ask, const char *display)
{
	__free_text struct text rc = TEXT_INIT;
	const char *program = machine_program(ask->machine);
	struct slice features;

	if (bochs_help(arena, program, "features", &features))
		return -1;
	text_addf(&rc, "config_interface: textconfig\ndisplay_library: %s\n", display);
	add_machine(&rc, ask->machine);
	text_addf(&rc, "romimage: file=%s\nvgaromimage: file=%s\n", first_of(bios),
		  first_of(vga_bios));
	text_adds(&rc, "ata0: enabled=1\n"
		       "ata0-master: type=cdrom, path=cd.iso, status=inserted\n"
		       "boot: cdrom\n"
		       "com1: enabled=1, mode=file, dev=console\n"
		       "com2: enabled=1, mode=file, dev=ktap\n"
		       "log: bochs.log\n"
		       "panic: action=fatal\nerror: action=report\n"
		       "info: action=ignore\ndebug: action=ignore\n"
		       "speaker: enabled=0\n");
	/* One with sound dies where there is none. */
	if (slice_find(features, SLICE("sb16")) >= 0)
		text_adds(&rc, "sound: waveoutdrv=dummy, waveindrv=dummy, midioutdrv=dummy\n");
	return file_write(arena_printf(arena, "%s/bochsrc", ask->dir), text_slice(&rc), 0644);
}

static int write_cd_files(struct arena *arena, const struct machine_ask *ask)
{
	char *cmdline = machine_cmdline(arena, ask->machine, ask->cmdline);
	char *menu = arena_printf(arena,
				  "DEFAULT series\nPROMPT 0\nLABEL series\n"
				  " KERNEL kernel\n INITRD initrd\n APPEND %s\n",
				  cmdline);

	if (file_write(arena_printf(arena, "%s/isolinux.cfg", ask->dir), slice_of(menu), 0644))
		return -1;
	/* For the prompt of a Bochs that was built with its debugger. */
	return file_write(arena_printf(arena, "%s/bochs.go", ask->dir), SLICE("c\n"), 0644);
}

/* NAME=PATH as xorriso wants it. */
static const char *graft(struct arena *arena, const char *name, const char *path)
{
	__free_text struct text word = TEXT_INIT;

	text_addf(&word, "%s=", name);
	for (path = machine_path(arena, path); *path; path++) {
		if (*path == '=' || *path == '\\')
			text_addc(&word, '\\');
		text_addc(&word, *path);
	}
	return slice_str(arena, text_slice(&word));
}

static void add_xorriso(struct arena *arena, const struct machine_ask *ask,
			struct machine_words *words)
{
	static const char *const fixed[] = { "xorriso",
					     "-as",
					     "mkisofs",
					     "-quiet",
					     "-o",
					     "cd.iso",
					     "-b",
					     "isolinux.bin",
					     "-c",
					     "boot.cat",
					     "-no-emul-boot",
					     "-boot-load-size",
					     "4",
					     "-boot-info-table",
					     "-graft-points" };

	for (size_t i = 0; i < ARRAY_SIZE(fixed); i++)
		machine_word(arena, words, fixed[i]);
	machine_word(arena, words, graft(arena, "isolinux.bin", first_of(isolinux_bin)));
	machine_word(arena, words, graft(arena, "ldlinux.c32", first_of(ldlinux_c32)));
	machine_word(arena, words, "isolinux.cfg=isolinux.cfg");
	machine_word(arena, words, graft(arena, "kernel", ask->kernel));
	machine_word(arena, words, graft(arena, "initrd", ask->initrd));
	machine_word(arena, words, NULL);
}

static int bochs_launch(struct arena *arena, const struct machine_ask *ask, unsigned int attempt,
			struct machine_launch *launch)
{
	static const char *const displays[] = { "term", "nogui", "rfb, options=\"timeout=0\"" };
	static const char *const env[] = { "TERM=vt100", "LINES=50", "COLUMNS=132", NULL };
	const char *program = machine_program(ask->machine);
	struct machine_words *words = &launch->argv;
	struct slice help;

	if (bochs_help(arena, program, NULL, &help) || write_rc(arena, ask, displays[attempt]) ||
	    write_cd_files(arena, ask))
		return -1;
	add_xorriso(arena, ask, &launch->before);
	launch->cwd = machine_path(arena, ask->dir);
	launch->env = env;
	machine_word(arena, words, program);
	machine_word(arena, words, "-q");
	machine_word(arena, words, "-f");
	machine_word(arena, words, "bochsrc");
	if (slice_find(help, SLICE("-rc ")) >= 0) {
		machine_word(arena, words, "-rc");
		machine_word(arena, words, "bochs.go");
	}
	machine_word(arena, words, NULL);
	return 0;
}

static void bochs_key(const struct machine *machine, struct text *key)
{
	add_machine(key, machine);
}

/* "Bochs is exiting with the following message:" and the line behind it. */
static char *bochs_words(struct arena *arena, struct slice log)
{
	ptrdiff_t at = slice_find(log, SLICE("exiting with the following message:\n"));
	struct slice line;

	if (at < 0)
		return NULL;
	log = slice_skip(log, (size_t)at);
	slice_line(&log, &line);
	slice_line(&log, &line);
	return slice_str(arena, slice_trim(line));
}

static bool bochs_refuses(struct slice log)
{
	return slice_find(log, SLICE("display library")) >= 0;
}

static const char *const litter[] = { "cd.iso", "bochs.go", NULL };

const struct machine_driver machine_bochs = {
	.program = "bochs",
	.there = bochs_there,
	.version = bochs_version,
	.launch = bochs_launch,
	.attempts = 3,
	.refuses = bochs_refuses,
	.key = bochs_key,
	.litter = litter,
	.words = bochs_words,
	.code_means_nothing = true,
};
