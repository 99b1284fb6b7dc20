/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two passes over the dump. The first notes where symbols are, and for each instruction its section, address and
 * function; the second writes each instruction down with its addresses made into names by what the first one knows. An
 * object comes out of a build that strangers had a hand in: whatever the text says, nothing is indexed by it.
 */
#define _GNU_SOURCE
#include "kernel/objcode.h"

#include <ctype.h>
#include <stdint.h>

struct symbol {
	struct slice section, name;
	uint64_t at, size;
};
struct symbols {
	struct symbol *items;
	size_t n, cap;
};

/* A line of code. */
struct insn {
	struct slice section, label, text, reloc;
	uint64_t at, end;
	uint64_t reloc_at;
	size_t number; /* in its part, padding not counted */
	size_t place;  /* of its section: 0, 1, ... */
	bool padding;
};
struct insns {
	struct insn *items;
	size_t n, cap;
};

struct reader {
	struct arena *arena;
	struct symbols symbols;
	struct insns insns;
	size_t *first; /* of each section */
};

/* "foo.isra.0.cold" is foo, "done.12" is done, "__UNIQUE_ID_x123" ends before its number. */
static struct slice fold(struct slice name)
{
	const char *dot;

	if (!name.n || name.p[0] == '.')
		return name;
	dot = memchr(name.p, '.', name.n);
	if (dot)
		name.n = (size_t)(dot - name.p);
	if (slice_starts(name, "__UNIQUE_ID_"))
		while (name.n && isdigit((unsigned char)name.p[name.n - 1]))
			name.n--;
	return name;
}

static bool hex(struct slice *s, uint64_t *value)
{
	size_t n = 0;

	*value = 0;
	for (; n < s->n && isxdigit((unsigned char)s->p[n]); n++) {
		char c = (char)tolower((unsigned char)s->p[n]);

		*value = *value * 16 +
			 (uint64_t)(isdigit((unsigned char)c) ? c - '0' : c - 'a' + 10);
	}
	*s = slice_skip(*s, n);
	return n > 0;
}

/* "0000000000000020 l     O .data	0000000000000004 foo" */
static void read_symbol(struct reader *r, struct slice line)
{
	struct symbol symbol = { 0 };
	struct slice flags, rest = line;

	if (!hex(&rest, &symbol.at) || rest.n < 9)
		return;
	flags = (struct slice){ rest.p + 1, 7 };
	rest = slice_skip(rest, 9);
	if (!memchr(flags.p, 'F', flags.n) && !memchr(flags.p, 'O', flags.n))
		return;
	if (!slice_cut(&rest, '\t', &symbol.section) || !hex(&rest, &symbol.size))
		return;
	symbol.name = slice_trim(rest);
	if (slice_starts(symbol.name, ".hidden "))
		symbol.name = slice_skip(symbol.name, strlen(".hidden "));
	if (symbol.name.n)
		*arena_push(r->arena, &r->symbols) = symbol;
}

/* What the assembler and the compiler fill gaps with. */
static bool is_padding(struct slice text)
{
	static const char *const words[] = { "nop", "nopw", "nopl", "int3", "data16", "cs" };
	struct slice rest = text, word;

	if (slice_is(text, "xchg %ax,%ax"))
		return true;
	slice_cut(&rest, ' ', &word);
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (slice_is(word, words[i]))
			return slice_find(text, SLICE("nop")) >= 0 || slice_is(text, "int3");
	return false;
}

/* "    5e76:	mov    0x0(%rip),%rax        # 5e7d <f+0x49>	5e79: R_X86_64_PC32	kvm_x86_ops+0x2e4" */
static void read_insn(struct reader *r, struct slice section, struct slice label, struct slice line)
{
	struct insn insn = { .section = section, .label = label };
	struct slice rest = slice_trim(line), text;
	ptrdiff_t comment;

	if (!hex(&rest, &insn.at) || !slice_starts(rest, ":\t"))
		return;
	rest = slice_skip(rest, 2);
	slice_cut(&rest, '\t', &text);
	comment = slice_find(text, SLICE(" # "));
	if (comment >= 0)
		text.n = (size_t)comment;
	insn.text = slice_trim(text);
	rest = slice_trim(rest);
	if (hex(&rest, &insn.reloc_at) && slice_starts(rest, ": "))
		insn.reloc = slice_trim(slice_skip(rest, 2));
	/* One with a relocation is patched at run time: no padding. */
	insn.padding = !insn.reloc.n && is_padding(insn.text);
	insn.end = insn.at + 1;
	if (r->insns.n) {
		struct insn *last = &r->insns.items[r->insns.n - 1];

		if (slice_eq(last->section, section) && insn.at > last->at)
			last->end = insn.at;
		insn.number = last->label.p == label.p ? last->number + !last->padding : 0;
	}
	*arena_push(r->arena, &r->insns) = insn;
}

static void read_lines(struct reader *r, struct slice dump)
{
	struct slice section = SLICE(""), label = SLICE(""), line;
	bool table = false;

	while (slice_line(&dump, &line)) {
		uint64_t at;
		struct slice rest = line;

		if (slice_starts(line, "SYMBOL TABLE:")) {
			table = true;
		} else if (slice_starts(line, "Disassembly of section ")) {
			table = false;
			section = slice_skip(line, strlen("Disassembly of section "));
			section.n -= section.n > 0;
			label = SLICE("");
		} else if (table) {
			read_symbol(r, line);
		} else if (slice_ends(line, ">:") && hex(&rest, &at) && slice_starts(rest, " <")) {
			label = (struct slice){ rest.p + 2, rest.n - 4 };
		} else if (label.n && section.n) {
			read_insn(r, section, label, line);
		}
	}
}

static int symbol_cmp(const void *a, const void *b)
{
	const struct symbol *x = a, *y = b;
	int order = slice_cmp(x->section, y->section);

	return order ? order : x->at < y->at ? -1 : x->at > y->at;
}

/* The symbol of a section that covers an address, or NULL. */
static const struct symbol *symbol_at(const struct reader *r, struct slice section, uint64_t at)
{
	size_t low = 0, high = r->symbols.n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		const struct symbol *s = &r->symbols.items[mid];
		int order = slice_cmp(s->section, section);

		if (order < 0 || (!order && s->at <= at))
			low = mid + 1;
		else
			high = mid;
	}
	if (!low)
		return NULL;

	const struct symbol *s = &r->symbols.items[low - 1];

	return slice_eq(s->section, section) && at - s->at < (s->size ? s->size : 1) ? s : NULL;
}

/* The instruction at an address of the section that `near` is in: they stand in order there. O(log n). */
static const struct insn *insn_at(const struct reader *r, const struct insn *near, uint64_t at)
{
	size_t low = r->first[near->place], high = r->first[near->place + 1];

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (r->insns.items[mid].at < at)
			low = mid + 1;
		else
			high = mid;
	}
	return low < r->first[near->place + 1] && r->insns.items[low].at == at ?
		       &r->insns.items[low] :
		       NULL;
}

/* Where each section's instructions begin, and where the last one's end. */
static void index_sections(struct reader *r)
{
	size_t place = 0;

	r->first = arena_alloc(r->arena, (r->insns.n + 2) * sizeof(*r->first));
	for (size_t i = 0; i < r->insns.n; i++) {
		if (i && r->insns.items[i].section.p != r->insns.items[i - 1].section.p)
			r->first[++place] = i;
		r->insns.items[i].place = place;
	}
	r->first[place + 1] = r->insns.n;
}

/* "kvm_x86_ops+0x2e4", ".text-0x4": its name and what is added. */
static struct slice split_addend(struct slice target, int64_t *addend)
{
	size_t n = target.n;
	uint64_t value = 0;

	*addend = 0;
	while (n && target.p[n - 1] != '+' && target.p[n - 1] != '-')
		n--;
	if (n < 2 || !slice_starts(slice_skip(target, n), "0x"))
		return target;

	struct slice digits = slice_skip(target, n + 2);

	if (!hex(&digits, &value) || digits.n)
		return target;
	*addend = target.p[n - 1] == '-' ? -(int64_t)value : (int64_t)value;
	return (struct slice){ target.p, n - 1 };
}

/* "R_X86_64_PC32	.bss+0x10": by the name of what is there. */
static void add_reloc(const struct reader *r, struct text *out, const struct insn *insn)
{
	struct slice target = insn->reloc, type, name;
	const struct symbol *symbol;
	int64_t addend, at;

	slice_cut(&target, '\t', &type);
	name = split_addend(slice_trim(target), &addend);
	if (!name.n || name.p[0] != '.') {
		text_addf(out, " [" SLICE_FMT "%+lld]", SLICE_ARG(fold(name)), (long long)addend);
		return;
	}
	at = addend;
	if (slice_find(type, SLICE("PC32")) >= 0 || slice_find(type, SLICE("PLT32")) >= 0)
		at += (int64_t)(insn->end - insn->reloc_at);
	symbol = symbol_at(r, name, (uint64_t)at);
	if (symbol)
		text_addf(out, " [" SLICE_FMT "+%llu]", SLICE_ARG(fold(symbol->name)),
			  (unsigned long long)((uint64_t)at - symbol->at));
	else
		text_addf(out, " [" SLICE_FMT "]", SLICE_ARG(name));
}

/* The instruction in words that do not move. "call   885 <__kvm_make_request>", "jne    5ec3 <f+0x8f>". */
static struct slice written(const struct reader *r, const struct insn *insn)
{
	struct text out __free_text = TEXT_INIT;
	struct slice text = insn->text;
	const char *less = text.n && text.p[text.n - 1] == '>' ? memrchr(text.p, '<', text.n) :
								 NULL;
	bool space = false;

	if (less) {
		size_t n = (size_t)(less - text.p);

		while (n && text.p[n - 1] == ' ')
			n--;
		while (n && isxdigit((unsigned char)text.p[n - 1]))
			n--;
		text.n = n;
	}
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] != ' ' || !space)
			text_addc(&out, text.p[i]);
		space = text.p[i] == ' ';
	}
	if (insn->reloc.n) {
		add_reloc(r, &out, insn);
	} else if (less) {
		struct slice rest = slice_skip(insn->text, text.n);
		const struct insn *to;
		uint64_t at;

		to = hex(&rest, &at) ? insn_at(r, insn, at) : NULL;
		if (to && slice_eq(fold(to->label), fold(insn->label)))
			text_addf(&out, "#%zu", to->number);
		else if (to)
			text_addf(&out, "<" SLICE_FMT ":%zu>", SLICE_ARG(fold(to->label)),
				  to->number);
		else
			text_adds(&out, "<?>");
	}
	return slice_copy(r->arena, text_slice(&out));
}

/* Code that is in no function: what alternatives are patched with, and the like. */
static bool is_function_section(struct slice section)
{
	return !slice_starts(section, ".altinstr") && slice_find(section, SLICE("text")) >= 0;
}

static int function_cmp(const void *a, const void *b)
{
	return strcmp(((const struct objcode_function *)a)->name,
		      ((const struct objcode_function *)b)->name);
}

/* A part of a function: what stands under one label. */
struct part {
	struct slice label;
	size_t first, n;
};

static int part_cmp(const void *a, const void *b)
{
	const struct part *x = a, *y = b;
	int order = slice_cmp(fold(x->label), fold(y->label));

	if (!order)
		order = slice_cmp(x->label, y->label);
	return order ? order : x->first < y->first ? -1 : 1;
}

static void collect(struct reader *r, struct objcode *code)
{
	struct {
		struct part *items;
		size_t n, cap;
	} parts = { 0 };
	const struct insns *insns = &r->insns;

	for (size_t i = 0; i < insns->n; i++) {
		const struct insn *insn = &insns->items[i];

		if (!is_function_section(insn->section))
			continue;
		if (!parts.n || parts.items[parts.n - 1].label.p != insn->label.p)
			*arena_push(r->arena, &parts) = (struct part){ insn->label, i, 0 };
		parts.items[parts.n - 1].n++;
	}
	if (parts.n)
		qsort(parts.items, parts.n, sizeof(*parts.items), part_cmp);
	for (size_t p = 0; p < parts.n; p++) {
		struct slice name = fold(parts.items[p].label);
		struct objcode_function *function = code->n ? &code->items[code->n - 1] : NULL;

		if (!function || !slice_is(name, function->name)) {
			function = arena_push(r->arena, code);
			function->name = slice_str(r->arena, name);
		}
		for (size_t k = 0; k < parts.items[p].n; k++) {
			const struct insn *insn = &insns->items[parts.items[p].first + k];

			if (!insn->padding)
				*arena_push(r->arena, function) = written(r, insn);
		}
	}
	if (code->n)
		qsort(code->items, code->n, sizeof(*code->items), function_cmp);
}

void objcode_read(struct arena *arena, struct slice dump, struct objcode *code)
{
	struct reader reader = { .arena = arena };

	*code = (struct objcode){ 0 };
	read_lines(&reader, dump);
	index_sections(&reader);
	if (reader.symbols.n)
		qsort(reader.symbols.items, reader.symbols.n, sizeof(*reader.symbols.items),
		      symbol_cmp);
	collect(&reader, code);
}

const struct objcode_function *objcode_find(const struct objcode *code, const char *name)
{
	const struct objcode_function key = { .name = (char *)name };

	return code->n ? bsearch(&key, code->items, code->n, sizeof(*code->items), function_cmp) :
			 NULL;
}

/* Do they differ in one number only, which is a line's, here and there? */
static bool same_but_line(struct slice a, struct slice b, objcode_line *line, void *data)
{
	size_t i = 0;
	uint64_t was, is;

	if (!line)
		return false;
	while (i < a.n && i < b.n && a.p[i] == b.p[i])
		i++;
	while (i && isxdigit((unsigned char)a.p[i - 1]))
		i--;
	if (i < 3 || memcmp(a.p + i - 3, "$0x", 3))
		return false;
	a = slice_skip(a, i);
	b = slice_skip(b, i);
	return hex(&a, &was) && hex(&b, &is) && slice_eq(a, b) && was && was < 1000000 &&
	       line(data, (size_t)was) == is;
}

static bool same(const struct objcode_function *a, const struct objcode_function *b,
		 objcode_line *line, void *data, struct objcode_change *change)
{
	for (size_t i = 0; i < a->n || i < b->n; i++) {
		struct slice was = i < a->n ? a->items[i] : SLICE("");
		struct slice is = i < b->n ? b->items[i] : SLICE("");

		if (slice_eq(was, is) || same_but_line(was, is, line, data))
			continue;
		change->was = was;
		change->is = is;
		return false;
	}
	return true;
}

void objcode_compare(struct arena *arena, const struct objcode *base, const struct objcode *patched,
		     objcode_line *line, void *data, struct objcode_changes *changes)
{
	size_t i = 0, k = 0;

	*changes = (struct objcode_changes){ 0 };
	while (i < base->n || k < patched->n) {
		const struct objcode_function *a = i < base->n ? &base->items[i] : NULL;
		const struct objcode_function *b = k < patched->n ? &patched->items[k] : NULL;
		int order = !a ? 1 : !b ? -1 : strcmp(a->name, b->name);
		struct objcode_change change = { .name = order > 0 ? b->name : a->name };

		i += order <= 0;
		k += order >= 0;
		change.kind = order < 0 ? OBJCODE_REMOVED :
			      order > 0 ? OBJCODE_ADDED :
					  OBJCODE_CHANGED;
		if (order || !same(a, b, line, data, &change))
			*arena_push(arena, changes) = change;
	}
}
