/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/matrix.h"

#include <elf.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/file.h"
#include "patch/version.h"

bool matrix_names(const char *word, const char *kernel)
{
	struct version of_word, version;
	struct slice s = slice_of(word);
	unsigned long major;

	if (!strcmp(word, kernel))
		return true;
	if (!version_parse(slice_of(kernel), &version))
		return false;
	if (version_parse(s, &of_word))
		return of_word.patch < 0 && !of_word.rc && version_belongs(&version, &of_word);
	if (!slice_starts(s, "v") || !slice_ends(s, ".x"))
		return false;
	s = slice_skip(s, 1);
	s.n -= 2;
	return slice_number(s, 9999, &major) && version.major == major;
}

bool cell_covers(const struct cell *cell, const char *kernel)
{
	for (size_t i = 0; i < cell->ntargets; i++)
		if (matrix_names(cell->targets[i], kernel))
			return true;
	return !cell->ntargets;
}

struct build_config config_for(struct arena *arena, const struct matrix *matrix,
			       const struct build_config *config, const char *kernel)
{
	struct build_config c = *config;
	struct {
		const char **items;
		size_t n, cap;
	} lacks = { 0 };

	for (size_t i = 0; i < c.nlacks; i++)
		*arena_push(arena, &lacks) = c.lacks[i];
	for (size_t i = 0; i < matrix->ntargets; i++) {
		const struct matrix_target *target = &matrix->targets[i];

		if (!matrix_names(target->name, kernel))
			continue;
		for (size_t k = 0; k < target->nlacks; k++)
			*arena_push(arena, &lacks) = target->lacks[k];
		c.compiler = target->compiler ? target->compiler : c.compiler;
	}
	c.lacks = lacks.items;
	c.nlacks = lacks.n;
	return c;
}

const char *cmdline_for(struct arena *arena, const struct matrix *matrix, const char *kernel)
{
	struct text line __free_text = TEXT_INIT;

	for (size_t i = 0; i < matrix->ntargets; i++)
		if (*matrix->targets[i].cmdline && matrix_names(matrix->targets[i].name, kernel))
			text_addf(&line, "%s%s", line.len ? " " : "", matrix->targets[i].cmdline);
	return arena_strdup(arena, text_str(&line));
}

/* Does an ELF file of this machine's kind need nobody else to run? NULL, or why not. */
static const char *elf_flaw(int fd, const Elf64_Ehdr *head)
{
	Elf64_Phdr part;

	if (head->e_ident[EI_CLASS] != ELFCLASS64 || head->e_machine != EM_X86_64)
		return "is for another machine than x86-64";
	if (head->e_type != ET_EXEC && head->e_type != ET_DYN)
		return "is no program";
	for (unsigned int i = 0; i < head->e_phnum; i++) {
		off_t at = (off_t)(head->e_phoff + (Elf64_Off)i * head->e_phentsize);

		if (pread(fd, &part, sizeof(part), at) != (ssize_t)sizeof(part))
			return "is cut off";
		if (part.p_type == PT_INTERP)
			return "is not static: the guest has no libraries";
	}
	return NULL;
}

int suite_test_check(struct arena *arena, const struct matrix *matrix,
		     const struct suite_test *test)
{
	const char *where = arena_printf(arena, "%s:%u: test '%s': %s", matrix->path, test->line,
					 test->name, test->path ? test->path : "");
	const char *flaw = NULL;
	Elf64_Ehdr head = { 0 };
	ssize_t n;

	if (test->from != SUITE_PROGRAM)
		return 0;
	switch (file_kind(test->path)) {
	case -1:
		return -1;
	case 0:
		return fail_as(FAIL_USAGE, "%s is not there", where);
	case 2:
		break;
	default:
		return fail_as(FAIL_USAGE, "%s is no file", where);
	}

	__free(fd) int fd = open(test->path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return fail_errno("%s cannot be read", where);
	n = pread(fd, &head, sizeof(head), 0);
	if (n >= 2 && !memcmp(&head, "#!", 2))
		return 0;
	if (n < (ssize_t)sizeof(head) || memcmp(head.e_ident, ELFMAG, SELFMAG) != 0)
		return fail_as(FAIL_USAGE, "%s is neither a static program nor a script", where);
	flaw = elf_flaw(fd, &head);
	return flaw ? fail_as(FAIL_USAGE, "%s %s", where, flaw) : 0;
}
