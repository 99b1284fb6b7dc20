/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/matrix.h"

#include "base/fail.h"
#include "base/file.h"
#include "patch/version.h"

#define DEFAULT_TIMEOUT 60
#define DEFAULT_MEMORY 2048
#define DEFAULT_WALL 900
#define DEFAULT_SILENCE 120
#define DEFAULT_RETRIES 3

const struct conf_key matrix_keys[] = {
	{ "run", false, "retries", CONF_NUMBER,
	  "how often a test in doubt is run again on each arm, in fresh machines (3)" },
	{ "config", true, "fragment", CONF_LIST,
	  "pieces of ci/kconfig/, without .config, in order, on top of tinyconfig" },
	{ "config", true, "compiler", CONF_STRING,
	  "gcc, clang or another program of that kind (gcc)" },
	{ "config", true, "make", CONF_STRING, "further words for make: W=1 LLVM=1" },
	{ "target", true, "lacks", CONF_LIST,
	  "symbols of the fragments that this kernel is known not to have" },
	{ "target", true, "cmdline", CONF_STRING, "further words for this kernel's command line" },
	{ "target", true, "compiler", CONF_STRING, "in place of the configuration's" },
	{ "machine", true, "kind", CONF_STRING, "qemu or bochs" },
	{ "machine", true, "accel", CONF_STRING, "of qemu: kvm or tcg" },
	{ "machine", true, "program", CONF_STRING,
	  "the emulator (qemu-system-x86_64, bochs from PATH); a path is relative to the workspace" },
	{ "machine", true, "cpu", CONF_STRING, "its model, by the emulator's name for it" },
	{ "machine", true, "vendor", CONF_STRING,
	  "what the guest must find: kvm_amd, kvm_intel or any" },
	{ "machine", true, "cmdline", CONF_STRING, "further words for the kernel's command line" },
	{ "machine", true, "memory", CONF_NUMBER, "MiB (2048)" },
	{ "machine", true, "cpus", CONF_NUMBER, "processors (1)" },
	{ "machine", true, "wall", CONF_NUMBER, "seconds that a run may take at most (900)" },
	{ "machine", true, "silence", CONF_NUMBER,
	  "seconds without a byte from the guest at most (120)" },
	{ "tests", true, "prove", CONF_LIST,
	  "tests that show the series' own fix: expected to fail before and to pass after; of ci/guest/ unless named under another key" },
	{ "tests", true, "guest", CONF_LIST, "tests of ours: ci/guest/NAME.c" },
	{ "tests", true, "selftest", CONF_LIST,
	  "the kernel's own, of tools/testing/selftests/kvm, where it has them" },
	{ "tests", true, "program", CONF_LIST,
	  "any static program or script: a path, relative to the workspace, or the name of a [test]" },
	{ "tests", true, "timeout", CONF_NUMBER, "seconds for each test (60)" },
	{ "test", true, "program", CONF_STRING, "the file, relative to the workspace" },
	{ "test", true, "arguments", CONF_STRING, "what it is called with" },
	{ "test", true, "speech", CONF_STRING,
	  "how it says what became of it: ktap, kselftest or kvm-unit" },
	{ "test", true, "timeout", CONF_NUMBER, "seconds, in place of its tests'" },
	{ "cell", true, "target", CONF_LIST, "kernels: v6.12, v6.12.73, v6.x (all)" },
	{ "cell", true, "config", CONF_STRING, "a [config]" },
	{ "cell", true, "machine", CONF_STRING, "a [machine]" },
	{ "cell", true, "tests", CONF_STRING, "the [tests] that run in it" },
	{ "cell", true, "default", CONF_BOOL, "run when no cell or machine is asked for (yes)" },
};
const size_t nmatrix_keys = ARRAY_SIZE(matrix_keys);

static const char *const speech_words[] = {
	[SPEECH_KTAP] = "ktap",
	[SPEECH_KSELFTEST] = "kselftest",
	[SPEECH_KVM_UNIT] = "kvm-unit",
};

/* What all readers of sections share. */
struct reader {
	struct arena *arena;
	const char *workspace;
	struct conf conf;
	struct matrix *matrix;
};

static bool entry_is(const struct conf_entry *entry, const char *section, const char *name,
		     const char *key)
{
	return !strcmp(entry->key->section, section) && (!key || !strcmp(entry->key->key, key)) &&
	       (!name || (entry->name && !strcmp(entry->name, name)));
}

/* The first line of a section, or that of its key. */
static unsigned int line_of(const struct reader *r, const char *section, const char *name,
			    const char *key)
{
	unsigned int first = 0;

	for (size_t i = 0; i < r->conf.n; i++) {
		const struct conf_entry *e = &r->conf.items[i];

		if (entry_is(e, section, name, key))
			return e->line;
		if (!first && entry_is(e, section, name, NULL))
			first = e->line;
	}
	return first;
}

static int refuse(const struct reader *r, unsigned int line, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
static int refuse(const struct reader *r, unsigned int line, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);

	const char *why = arena_vprintf(r->arena, fmt, ap);

	va_end(ap);
	return fail_as(FAIL_USAGE, "%s:%u: %s", r->conf.path, line, why);
}

/* A name that goes into paths, command lines and the guest's plan as it is. */
static bool is_word(const char *s)
{
	if (!*s || *s == '-' || *s == '.')
		return false;
	for (; *s; s++)
		if (!((*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z') ||
		      (*s >= '0' && *s <= '9') || strchr("_.-", *s)))
			return false;
	return true;
}

/* Names of sections become names of folders. */
static int check_names(const struct reader *r)
{
	for (size_t i = 0; i < r->conf.n; i++) {
		const struct conf_entry *e = &r->conf.items[i];

		if (e->name && !is_word(e->name))
			return refuse(r, e->line,
				      "'%s' is no name: letters, digits, '_', '-' and '.'",
				      e->name);
	}
	return 0;
}

/* A word of a list, and where it stood. */
struct words {
	struct word {
		const char *text;
		unsigned int line;
	} * items;
	size_t n, cap;
};

static struct words words_of(const struct reader *r, const char *section, const char *name,
			     const char *key)
{
	struct words words = { 0 };

	for (size_t i = 0; i < r->conf.n; i++) {
		const struct conf_entry *e = &r->conf.items[i];
		struct slice rest, piece;

		if (!entry_is(e, section, name, key))
			continue;
		for (rest = slice_of(e->value); slice_cut(&rest, ' ', &piece);) {
			piece = slice_trim(piece);
			if (piece.n)
				*arena_push(r->arena, &words) =
					(struct word){ slice_str(r->arena, piece), e->line };
		}
	}
	return words;
}

static const char *const *texts_of(const struct reader *r, const struct words *words)
{
	const char **texts = arena_alloc(r->arena, (words->n + 1) * sizeof(*texts));

	for (size_t i = 0; i < words->n; i++)
		texts[i] = words->items[i].text;
	return texts;
}

/* A number between one and `max`. */
static int read_count(const struct reader *r, const char *section, const char *name,
		      const char *key, unsigned int otherwise, unsigned int max,
		      unsigned int *count)
{
	int64_t n = conf_number(&r->conf, section, name, key, otherwise);

	if (n < 1 || n > max)
		return refuse(r, line_of(r, section, name, key), "%s is between 1 and %u, not %lld",
			      key, max, (long long)n);
	*count = (unsigned int)n;
	return 0;
}

/* Words for a command line: nothing that would end it or begin something else. */
static int read_line(const struct reader *r, const char *section, const char *name, const char *key,
		     const char **line)
{
	const char *value = conf_get(&r->conf, section, name, key);

	*line = value ? value : "";
	for (const char *c = *line; *c; c++)
		if ((unsigned char)*c < ' ' || strchr("'\"`$\\;|&<>", *c))
			return refuse(r, line_of(r, section, name, key),
				      "%s: the character '%c' cannot be in there", key,
				      (unsigned char)*c < ' ' ? '?' : *c);
	return 0;
}

static const char *located(const struct reader *r, const char *path)
{
	return path[0] == '/' ? path : arena_printf(r->arena, "%s/%s", r->workspace, path);
}

static int read_config(const struct reader *r, const char *name, struct build_config *config)
{
	struct words fragments = words_of(r, "config", name, "fragment");
	const char *flags;

	if (!fragments.n)
		return refuse(r, line_of(r, "config", name, NULL),
			      "configuration '%s' has no fragment", name);
	for (size_t i = 0; i < fragments.n; i++) {
		const struct word *w = &fragments.items[i];

		if (!is_word(w->text))
			return refuse(r, w->line, "'%s' is no name of a fragment", w->text);
		if (file_kind(arena_printf(r->arena, "%s/ci/kconfig/%s.config", r->workspace,
					   w->text)) != 2)
			return refuse(r, w->line, "there is no ci/kconfig/%s.config", w->text);
	}
	if (read_line(r, "config", name, "make", &flags))
		return -1;
	*config = (struct build_config){
		.name = name,
		.fragments = texts_of(r, &fragments),
		.nfragments = fragments.n,
		.compiler = conf_get(&r->conf, "config", name, "compiler"),
		.make_flags = *flags ? flags : NULL,
	};
	if (config->compiler && !is_word(config->compiler))
		return refuse(r, line_of(r, "config", name, "compiler"),
			      "'%s' is no name of a compiler", config->compiler);
	return 0;
}

static bool is_target(const char *word)
{
	struct version version;
	struct slice s = slice_of(word);
	unsigned long major;

	if (!slice_starts(s, "v"))
		return false;
	if (version_parse_plain(s, &version))
		return true;
	s = slice_skip(s, 1);
	if (!slice_ends(s, ".x"))
		return false;
	s.n -= 2;
	return slice_number(s, 9999, &major);
}

static int read_target(const struct reader *r, const char *name, struct matrix_target *target)
{
	struct words lacks = words_of(r, "target", name, "lacks");

	if (!is_target(name))
		return refuse(r, line_of(r, "target", name, NULL),
			      "target '%s' is none such as v6.12, v6.12.73, v6.x", name);
	for (size_t i = 0; i < lacks.n; i++)
		if (!is_word(lacks.items[i].text) ||
		    !strncmp(lacks.items[i].text, "CONFIG_", strlen("CONFIG_")))
			return refuse(r, lacks.items[i].line, "'%s' is no symbol (without CONFIG_)",
				      lacks.items[i].text);
	*target = (struct matrix_target){
		.name = name,
		.compiler = conf_get(&r->conf, "target", name, "compiler"),
		.lacks = texts_of(r, &lacks),
		.nlacks = lacks.n,
	};
	if (target->compiler && !is_word(target->compiler))
		return refuse(r, line_of(r, "target", name, "compiler"),
			      "'%s' is no name of a compiler", target->compiler);
	return read_line(r, "target", name, "cmdline", &target->cmdline);
}

static int read_kind(const struct reader *r, const char *name, struct machine *machine)
{
	const char *kind = conf_get(&r->conf, "machine", name, "kind");
	const char *accel = conf_get(&r->conf, "machine", name, "accel");

	if (!kind)
		return refuse(r, line_of(r, "machine", name, NULL),
			      "machine '%s' has no kind (qemu, bochs)", name);
	if (strcmp(kind, "qemu") != 0 && strcmp(kind, "bochs") != 0)
		return refuse(r, line_of(r, "machine", name, "kind"),
			      "unknown kind of machine '%s' (known: qemu, bochs)", kind);
	machine->kind = !strcmp(kind, "qemu") ? MACHINE_QEMU : MACHINE_BOCHS;
	if (machine->kind == MACHINE_BOCHS && accel)
		return refuse(r, line_of(r, "machine", name, "accel"), "Bochs has no accelerators");
	if (machine->kind == MACHINE_QEMU && !accel)
		return refuse(r, line_of(r, "machine", name, NULL),
			      "machine '%s' has no accel (kvm, tcg)", name);
	if (accel && strcmp(accel, "kvm") != 0 && strcmp(accel, "tcg") != 0)
		return refuse(r, line_of(r, "machine", name, "accel"),
			      "unknown accelerator '%s' (known: kvm, tcg)", accel);
	machine->accel = accel;
	return 0;
}

static int read_machine(const struct reader *r, const char *name, struct machine *machine)
{
	const char *vendor = conf_get(&r->conf, "machine", name, "vendor");
	const char *program = conf_get(&r->conf, "machine", name, "program");
	const char *cpu = conf_get(&r->conf, "machine", name, "cpu");

	machine->name = name;
	if (read_kind(r, name, machine))
		return -1;
	machine->vendor = vendor ? vendor : "any";
	if (strcmp(machine->vendor, "any") != 0 && strcmp(machine->vendor, "kvm_amd") != 0 &&
	    strcmp(machine->vendor, "kvm_intel") != 0)
		return refuse(r, line_of(r, "machine", name, "vendor"),
			      "unknown vendor '%s' (known: kvm_amd, kvm_intel, any)", vendor);
	if (!cpu)
		return refuse(r, line_of(r, "machine", name, NULL), "machine '%s' has no cpu",
			      name);
	/* Bochs's and QEMU's models, with QEMU's further properties. */
	if (cpu[strspn(cpu, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.+,=")])
		return refuse(r, line_of(r, "machine", name, "cpu"),
			      "'%s' is no model of a processor", cpu);
	machine->cpu = cpu;
	/* One name is looked up in PATH; a path is the workspace's. */
	machine->program = program && strchr(program, '/') ? located(r, program) : program;
	if (read_line(r, "machine", name, "cmdline", &machine->cmdline) ||
	    read_count(r, "machine", name, "memory", DEFAULT_MEMORY, 1024 * 1024,
		       &machine->memory) ||
	    read_count(r, "machine", name, "cpus", 1, 256, &machine->cpus) ||
	    read_count(r, "machine", name, "wall", DEFAULT_WALL, 86400, &machine->wall) ||
	    read_count(r, "machine", name, "silence", DEFAULT_SILENCE, 86400, &machine->silence))
		return -1;
	return 0;
}

/* Is there [test "NAME"]? */
static bool has_test(const struct reader *r, const char *name)
{
	return line_of(r, "test", name, NULL) != 0;
}

static struct suite_test *suite_find(const struct suite *suite, const char *name)
{
	for (size_t i = 0; i < suite->n; i++)
		if (!strcmp(suite->items[i].name, name))
			return &suite->items[i];
	return NULL;
}

/* Its own [test "NAME"], and what comes with where it is from. */
static int read_test(const struct reader *r, unsigned int timeout, struct suite_test *test)
{
	const char *speech = conf_get(&r->conf, "test", test->name, "speech");
	const char *program = conf_get(&r->conf, "test", test->name, "program");

	if (program && test->from != SUITE_PROGRAM)
		return refuse(r, line_of(r, "test", test->name, "program"),
			      "'%s' is no program of the [tests] that name it", test->name);
	if (program)
		test->path = located(r, program);
	test->speech = test->from == SUITE_GUEST ? SPEECH_KTAP : SPEECH_KSELFTEST;
	if (speech) {
		size_t i = 0;

		while (i < ARRAY_SIZE(speech_words) && strcmp(speech, speech_words[i]) != 0)
			i++;
		if (i == ARRAY_SIZE(speech_words))
			return refuse(r, line_of(r, "test", test->name, "speech"),
				      "unknown speech '%s' (known: ktap, kselftest, kvm-unit)",
				      speech);
		test->speech = (enum test_speech)i;
	}
	if (read_line(r, "test", test->name, "arguments", &test->arguments))
		return -1;
	return read_count(r, "test", test->name, "timeout", timeout, 86400, &test->timeout);
}

static int add_test(const struct reader *r, const char *suite_name, const struct word *word,
		    struct suite_test what, unsigned int timeout, struct suite *suite)
{
	const char *base = strrchr(word->text, '/');
	struct suite_test *test;

	what.name = base ? base + 1 : word->text;
	what.line = word->line;
	if (base && what.from != SUITE_PROGRAM)
		return refuse(r, word->line, "'%s': a name is wanted here, no path", word->text);
	if (!is_word(what.name))
		return refuse(r, word->line, "'%s' is no name of a test", what.name);
	if (suite_find(suite, what.name))
		return refuse(r, word->line, "test '%s' is named twice in [tests \"%s\"]",
			      what.name, suite_name);
	if (what.from == SUITE_GUEST &&
	    file_kind(arena_printf(r->arena, "%s/ci/guest/%s.c", r->workspace, what.name)) != 2)
		return refuse(r, word->line, "there is no ci/guest/%s.c", what.name);
	if (base)
		what.path = located(r, word->text);
	else if (what.from == SUITE_PROGRAM && !has_test(r, what.name))
		return refuse(r, word->line, "'%s' is no path, and there is no [test \"%s\"]",
			      what.name, what.name);
	test = arena_push(r->arena, suite);
	*test = what;
	if (read_test(r, timeout, test))
		return -1;
	if (test->from == SUITE_PROGRAM && !test->path)
		return refuse(r, line_of(r, "test", test->name, NULL), "test '%s' has no program",
			      test->name);
	return 0;
}

static int read_suite(const struct reader *r, const char *name, struct suite *suite)
{
	static const struct {
		const char *key;
		int from;
	} kinds[] = { { "guest", SUITE_GUEST },
		      { "selftest", SUITE_SELFTEST },
		      { "program", SUITE_PROGRAM } };
	struct words proves = words_of(r, "tests", name, "prove"), words;
	struct suite rest = { 0 };
	unsigned int timeout;

	suite->name = name;
	if (read_count(r, "tests", name, "timeout", DEFAULT_TIMEOUT, 86400, &timeout))
		return -1;
	for (size_t k = 0; k < ARRAY_SIZE(kinds); k++) {
		struct suite_test what = { 0 };

		what.from = kinds[k].from;
		words = words_of(r, "tests", name, kinds[k].key);
		for (size_t i = 0; i < words.n; i++)
			if (add_test(r, name, &words.items[i], what, timeout, &rest))
				return -1;
	}
	/* What the series is about comes first. */
	for (size_t i = 0; i < proves.n; i++) {
		struct suite_test what = { .from = SUITE_GUEST, .prove = true };
		struct suite_test *other = suite_find(&rest, proves.items[i].text);

		if (other && !suite_find(suite, other->name)) {
			other->prove = true;
			*arena_push(r->arena, suite) = *other;
		} else if (add_test(r, name, &proves.items[i], what, timeout, suite)) {
			return -1;
		}
	}
	for (size_t i = 0; i < rest.n; i++)
		if (!rest.items[i].prove)
			*arena_push(r->arena, suite) = rest.items[i];
	if (!suite->n)
		return refuse(r, line_of(r, "tests", name, NULL), "[tests \"%s\"] has no test",
			      name);
	return 0;
}

/* What a cell names, by its key. */
static int cell_part(const struct reader *r, const char *cell, const char *key, size_t n,
		     const char *(*name_of)(const struct matrix *matrix, size_t i), size_t *found)
{
	const char *name = conf_get(&r->conf, "cell", cell, key);
	struct text known __free_text = TEXT_INIT;

	if (!name)
		return refuse(r, line_of(r, "cell", cell, NULL), "cell '%s' has no %s", cell, key);
	for (size_t i = 0; i < n; i++) {
		if (!strcmp(name_of(r->matrix, i), name)) {
			*found = i;
			return 0;
		}
		text_addf(&known, "%s%s", i ? ", " : "", name_of(r->matrix, i));
	}
	return refuse(r, line_of(r, "cell", cell, key),
		      "cell '%s': there is no [%s \"%s\"] (known: %s)", cell, key, name,
		      text_str(&known));
}

static const char *config_name(const struct matrix *matrix, size_t i)
{
	return matrix->configs[i].name;
}

static const char *machine_name(const struct matrix *matrix, size_t i)
{
	return matrix->machines[i].name;
}

static const char *suite_name(const struct matrix *matrix, size_t i)
{
	return matrix->suites[i].name;
}

static int read_cell(const struct reader *r, const char *name, struct cell *cell)
{
	struct words targets = words_of(r, "cell", name, "target");
	size_t config, machine, suite;

	if (cell_part(r, name, "config", r->matrix->nconfigs, config_name, &config) ||
	    cell_part(r, name, "machine", r->matrix->nmachines, machine_name, &machine) ||
	    cell_part(r, name, "tests", r->matrix->nsuites, suite_name, &suite))
		return -1;
	for (size_t i = 0; i < targets.n; i++)
		if (!is_target(targets.items[i].text))
			return refuse(r, targets.items[i].line,
				      "target '%s' is none such as v6.12, v6.12.73, v6.x",
				      targets.items[i].text);
	*cell = (struct cell){
		.name = name,
		.targets = texts_of(r, &targets),
		.ntargets = targets.n,
		.config = &r->matrix->configs[config],
		.machine = &r->matrix->machines[machine],
		.suite = &r->matrix->suites[suite],
		.by_default = conf_bool(&r->conf, "cell", name, "default", true),
	};
	return 0;
}

/* A [test] that no [tests] names is a slip of the pen. */
static int check_tests(const struct reader *r)
{
	struct conf_names names = conf_section_names(r->arena, &r->conf, "test");

	for (size_t i = 0; i < names.n; i++) {
		bool there = false;

		for (size_t k = 0; k < r->matrix->nsuites && !there; k++)
			there = suite_find(&r->matrix->suites[k], names.items[i]) != NULL;
		if (!there)
			return refuse(r, line_of(r, "test", names.items[i], NULL),
				      "no [tests] names the test '%s'", names.items[i]);
	}
	return 0;
}

#define READ_ALL(section, read, array, count)                                                      \
	do {                                                                                       \
		names = conf_section_names(arena, &r.conf, section);                               \
		matrix->array = arena_alloc(arena, (names.n + 1) * sizeof(*matrix->array));        \
		for (; matrix->count < names.n; matrix->count++)                                   \
			if (read(&r, names.items[matrix->count], &matrix->array[matrix->count]))   \
				return -1;                                                         \
	} while (0)

int matrix_read(struct arena *arena, const char *workspace, struct matrix *matrix)
{
	struct reader r = { .arena = arena, .workspace = workspace, .matrix = matrix };
	struct conf_names names;
	int64_t retries;

	*matrix = (struct matrix){ .path = arena_printf(arena, "%s/ci/matrix.conf", workspace) };
	if (conf_read(arena, matrix->path, matrix_keys, nmatrix_keys, &r.conf) || check_names(&r))
		return -1;
	retries = conf_number(&r.conf, "run", NULL, "retries", DEFAULT_RETRIES);
	if (retries < 0 || retries > 100)
		return refuse(&r, line_of(&r, "run", NULL, "retries"),
			      "retries is between 0 and 100, not %lld", (long long)retries);
	matrix->retries = (unsigned int)retries;
	READ_ALL("config", read_config, configs, nconfigs);
	READ_ALL("target", read_target, targets, ntargets);
	READ_ALL("machine", read_machine, machines, nmachines);
	READ_ALL("tests", read_suite, suites, nsuites);
	READ_ALL("cell", read_cell, cells, ncells);
	return check_tests(&r);
}
