/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "kernel/guest.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>

#include "base/fail.h"
#include "base/file.h"

/* Where Debian, Fedora and others put it. */
static const char *const busyboxes[] = {
	"/bin/busybox",
	"/usr/bin/busybox",
	"/sbin/busybox",
	"/usr/sbin/busybox",
	"/usr/lib/busybox/busybox-static",
};

static const char *const speeches[] = {
	[SPEECH_KTAP] = "ktap",
	[SPEECH_KSELFTEST] = "kselftest",
	[SPEECH_KVM_UNIT] = "kvm-unit",
};

/* Does it ask for a loader? 1 static, 0 not (or no program for x86-64), -1 unreadable. */
static int program_static(const char *path)
{
	__free(fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
	Elf64_Ehdr elf;

	if (fd < 0)
		return fail_errno("cannot open %s", path);
	if (pread(fd, &elf, sizeof(elf), 0) != (ssize_t)sizeof(elf) ||
	    memcmp(elf.e_ident, ELFMAG, SELFMAG) || elf.e_ident[EI_CLASS] != ELFCLASS64 ||
	    elf.e_machine != EM_X86_64)
		return 0;
	for (unsigned int i = 0; i < elf.e_phnum; i++) {
		Elf64_Phdr part;
		off_t at = (off_t)(elf.e_phoff + (Elf64_Off)i * elf.e_phentsize);

		if (pread(fd, &part, sizeof(part), at) != (ssize_t)sizeof(part) ||
		    part.p_type == PT_INTERP)
			return 0;
	}
	return 1;
}

/* A script, for the guest's busybox. */
static bool program_script(const char *path)
{
	__free(fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
	char begin[2];

	return fd >= 0 && pread(fd, begin, 2, 0) == 2 && !memcmp(begin, "#!", 2);
}

/* The guest has no loader and no libraries. */
static int must_be_static(const char *path)
{
	int is = program_static(path);

	if (is < 0)
		return -1;
	return is ? 0 : fail("%s is not a static x86-64 program: a guest cannot run it", path);
}

const char *guest_busybox(void)
{
	bool dynamic = false;

	for (size_t i = 0; i < ARRAY_SIZE(busyboxes); i++) {
		if (file_kind(busyboxes[i]) != 2)
			continue;
		if (program_static(busyboxes[i]) == 1)
			return busyboxes[i];
		dynamic = true;
	}
	fail(dynamic ?
		     "the busybox here is not static, a guest needs one: apt install busybox-static" :
		     "a guest needs a static busybox: apt install busybox-static");
	return NULL;
}

static bool word_right(const char *word)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				      "0123456789_.-";

	return *word && word[strspn(word, letters)] == '\0' && *word != '.';
}

/* What ci/guest/init reads: one line a test, its fields parted by tabs. */
static int plan_text(const struct guest_ask *ask, struct text *plan)
{
	for (size_t i = 0; i < ask->ntests; i++) {
		const struct guest_test *test = &ask->tests[i];
		const char *arguments = test->arguments ? test->arguments : "";

		if (!word_right(test->name))
			return fail_as(FAIL_USAGE, "not a name for a test: \"%s\"", test->name);
		if (strpbrk(arguments, "\t\n\r"))
			return fail_as(FAIL_USAGE, "%s: its arguments hold a tab or a line's end",
				       test->name);
		if (!program_script(test->program) && must_be_static(test->program))
			return fail_in("%s", test->name);
		text_addf(plan, "%zu\t%s\t%s\t%u\t/tests/%s\t%s\n", i + 1, test->name,
			  speeches[test->speech], test->timeout ? test->timeout : 1, test->name,
			  arguments);
	}
	return 0;
}

int guest_image(struct arena *arena, const struct guest_ask *ask, struct image_answer *answer)
{
	const char *busybox = guest_busybox();
	const char *init = arena_printf(arena, "%s/ci/guest/init", ask->workspace);
	struct text *plan = arena_new_of(arena, struct text);
	struct {
		struct image_item *items;
		size_t n, cap;
	} image = { 0 };

	arena_own(arena, plan, (void (*)(void *))text_release);
	if (!busybox || must_be_static(ask->preflight) || plan_text(ask, plan))
		return fail_in("cannot make a guest");

	struct image_item fixed[] = {
		{ .path = "init", .from = init, .mode = 0755 },
		{ .path = "plan", .text = text_slice(plan), .mode = 0644 },
		{ .path = "preflight", .from = ask->preflight, .mode = 0755 },
		{ .path = "bin/busybox", .from = busybox, .mode = 0755 },
		{ .path = "bin/sh", .link = "busybox", .mode = 0777 },
		/* The kernel opens it for init before anything is mounted. */
		{ .path = "dev/console", .mode = 020600, .major = 5, .minor = 1 },
		{ .path = "proc", .mode = 040755 },
		{ .path = "sys", .mode = 040755 },
		{ .path = "tmp", .mode = 041777 },
		{ .path = "root", .mode = 040700 },
		{ .path = "tests", .mode = 040755 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(fixed); i++)
		*arena_push(arena, &image) = fixed[i];
	for (size_t i = 0; i < ask->ntests; i++)
		*arena_push(arena, &image) = (struct image_item){
			.path = arena_printf(arena, "tests/%s", ask->tests[i].name),
			.from = ask->tests[i].program,
			.mode = 0755,
		};
	return image_write(arena, ask->path, image.items, image.n, answer);
}
