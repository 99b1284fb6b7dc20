/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a merge has to stand up to before it is sure.
 *
 * Text that fits can still be wrong code: it lands in another function, names what the target does not have, leaves a
 * function past the label that cleans up, gives a number away twice, or leaves a use of what the patch removes. Each check compares what
 * base and target show of the same thing, so each needs evidence to refuse, and none parses. O(lines of the scopes touched) a group,
 * O(bytes) a file.
 */
#include "patch/check.h"

#include "patch/fileport.h"
#include "patch/scope.h"

#define BROUGHT_MAX 4000 /* lines of a group that are looked at word by word */

static void refuse(struct group *group, const char *rule, char *why)
{
	group->sure = false;
	group->rule = rule;
	group->why = why;
}

bool fileport_is_code(const char *path)
{
	static const char *const suffixes[] = { ".c", ".h", ".S",   ".dts", ".dtsi",
						".y", ".l", ".cpp", ".inc", ".dtso" };

	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++)
		if (slice_ends(slice_of(path), suffixes[i]))
			return true;
	return false;
}

/* Does the group write the head of that function, which begins in the first column? */
static bool defines(const struct group *group, struct slice name)
{
	for (size_t i = 0; i < group->n_lines; i++) {
		struct slice line = group->lines[i];

		if (line.n && ((line.p[0] | 32) >= 'a' && (line.p[0] | 32) <= 'z') &&
		    memchr(line.p, '(', line.n) && slice_eq(scope_name(line), name))
			return true;
	}
	return false;
}

/* What the group's lines use. */
static struct symbols *brought_by(struct check *m, struct arena *arena, const struct group *group)
{
	struct symbols *brought = symbols_new(arena);

	symbols_add_lines(brought, group->lines, group->n_lines);
	for (size_t i = 0; i < brought->n; i++) {
		struct symbol *s = &brought->items[i];
		const struct symbol *was = symbols_find(m->in_base, s->name),
				    *now = m->in_after ? symbols_find(m->in_after, s->name) : NULL;

		s->removed = (symbols_find(m->removed, s->name) && !defines(group, s->name)) ||
			     (was && now && was->arities != now->arities);
	}
	return brought;
}

static void add_scope(struct symbols *symbols, const struct source *source,
		      const struct scope *scope, size_t skip_from, size_t skip_to)
{
	for (size_t i = scope->first; i <= scope->last && i < source->lines.n; i++)
		if (i < skip_from || i >= skip_to)
			symbols_add_lines(symbols, &source->lines.items[i], 1);
}

/* The same name, or another one for the same: then neither has both. */
static bool same_scope(const struct check *m, const struct scope *was, const struct scope *is)
{
	return slice_eq_space(was->name, is->name) ||
	       (m->align->to[was->head] == is->head && !symbols_find(m->in_target, was->name) &&
		!symbols_find(m->in_base, is->name));
}

static bool is_sign(const struct words *words, size_t i, const char *signs)
{
	return i < words->n && words->items[i].kind == WORD_SIGN && words->items[i].text.n == 1 &&
	       strchr(signs, words->items[i].text.p[0]);
}

/* Does word i of the line stand where a variable, a parameter or a label is declared? */
static bool declares(const struct words *words, size_t i)
{
	const struct word *before = i ? &words->items[i - 1] : NULL;

	if (words->items[i].kind != WORD_NAME)
		return false;
	if (!before)
		return words->n == 2 && is_sign(words, 1, ":");
	if (!is_sign(words, i + 1, ";=,)["))
		return false;
	return is_sign(words, i - 1, "*") ||
	       (before->kind == WORD_NAME && !slice_is(before->text, "goto") &&
		!slice_is(before->text, "return"));
}

static bool scope_declares(struct source *source, const struct scope *scope, unsigned int number,
			   size_t skip_from, size_t skip_to)
{
	for (size_t i = scope->first; i <= scope->last && i < source->lines.n; i++) {
		const struct words *words = source_words(source, i);

		for (size_t k = 0; k < words->n && (i < skip_from || i >= skip_to); k++)
			if (words->items[k].number == number && declares(words, k))
				return true;
	}
	return false;
}

/* What the base's function declares and the group uses, the target's function has to declare, too. */
static void check_used(struct check *m, struct group *group, const struct scope *was,
		       const struct scope *is)
{
	for (size_t i = 0; i < group->n_lines; i++) {
		struct words words = words_of(m->vocabulary, group->lines[i]);

		for (size_t k = 0; k < words.n && !words.comment; k++) {
			if (words.items[k].kind != WORD_NAME ||
			    symbol_common(words.items[k].text) ||
			    !scope_declares(m->base, was, words.items[k].number, group->from,
					    group->to) ||
			    scope_declares(m->target, is, words.items[k].number, group->at,
					   group->at + group->drop))
				continue;
			refuse(group, "scope-name",
			       arena_printf(m->arena, "its function has no '" SLICE_FMT "' here",
					    SLICE_ARG(words.items[k].text)));
			return;
		}
	}
}

/* What the group declares, the target's function must not declare already, unless the base's does, too. */
static void check_twice(struct check *m, struct group *group, const struct scope *was,
			const struct scope *is)
{
	for (size_t i = 0; i < group->n_lines; i++) {
		struct words words = words_of(m->vocabulary, group->lines[i]);

		for (size_t k = 1; k < words.n && !words.comment; k++) {
			if (!declares(&words, k) || !is_sign(&words, k + 1, ";=") ||
			    is_sign(&words, k - 1, "*") ||
			    scope_declares(m->base, was, words.items[k].number, group->from,
					   group->to) ||
			    !scope_declares(m->target, is, words.items[k].number, group->at,
					    group->at + group->drop))
				continue;
			refuse(group, "declared-twice",
			       arena_printf(m->arena,
					    "its function declares '" SLICE_FMT "' already",
					    SLICE_ARG(words.items[k].text)));
			return;
		}
	}
}

static bool scope_has(const struct source *source, const struct scope *scope, unsigned int number)
{
	for (size_t i = scope->first; i <= scope->last && i < source->lines.n; i++)
		if (source->number[i] == number)
			return true;
	return false;
}

/* A statement on a line of its own. */
static bool is_statement(struct slice line)
{
	return slice_ends(slice_trim(line), ";") && !slice_is_comment(line);
}

/* The target's own lines, which the base does not have, right above (step -1) or below (step 1) line `at`: is this one of them? */
static bool own_line_beside(const struct check *m, long at, long step, unsigned int number)
{
	for (; at >= 0 && at < (long)m->target->lines.n; at += step) {
		if (m->target->weight[at] == WEIGHT_BLANK)
			continue;
		if (m->align->from[at] != ALIGN_NONE)
			return false;
		if (m->target->number[at] == number)
			return true;
	}
	return false;
}

/*
 * A statement that the patch brings, and that the target has already right there, among lines that the base does not have: a part
 * of the change was made there in another way, and to make it again is to do it twice.
 */
static void check_half(struct check *m, struct group *group, const struct scope *was)
{
	struct lines added = { group->added, group->n_added, group->n_added, false };
	struct source *new = source_of_lines(m->vocabulary, added);

	for (size_t k = 0; k < new->lines.n; k++) {
		if (new->weight[k] != WEIGHT_FULL || !is_statement(new->lines.items[k]) ||
		    scope_has(m->base, was, new->number[k]) ||
		    (!own_line_beside(m, (long)group->at - 1, -1, new->number[k]) &&
		     !own_line_beside(m, (long)(group->at + group->drop), 1, new->number[k])))
			continue;
		refuse(group, "half-there",
		       arena_printf(m->arena, "'" SLICE_FMT "' stands beside it already",
				    SLICE_ARG(slice_trim(new->lines.items[k]))));
		return;
	}
}

/* Names that the group brings and that its function has in the base must be in the function of the target: locals, labels. */
static void check_scope(struct check *m, struct group *group)
{
	struct scope was = scope_at(m->base, group->from), is = scope_at(m->target, group->at);

	if ((was.head == SCOPE_NONE) != (is.head == SCOPE_NONE) ||
	    (was.head != SCOPE_NONE && !same_scope(m, &was, &is))) {
		refuse(group, "scope-differs",
		       arena_printf(m->arena,
				    "it would land in '" SLICE_FMT "' instead of '" SLICE_FMT "'",
				    SLICE_ARG(is.name), SLICE_ARG(was.name)));
		return;
	}
	if (was.head == SCOPE_NONE || m->tree)
		return;
	check_used(m, group, &was, &is);
	if (group->sure)
		check_twice(m, group, &was, &is);
	if (group->sure && group->mark != MARK_EXACT)
		check_half(m, group, &was);
}

/* "struct x {", "enum x {": what the group defines, the target must not define already. */
static void check_defined(struct check *m, struct group *group)
{
	for (size_t i = 0; i < group->n_lines && group->sure; i++) {
		struct slice line = group->lines[i];
		unsigned int number;

		if (!line.n || line.p[0] < 'a' || line.p[0] > 'z' || !slice_ends(line, "{") ||
		    words_of(m->vocabulary, line).n > 4)
			continue;
		for (size_t j = 0;
		     j < m->target->lines.n && names_find(m->vocabulary->lines, line, &number);
		     j++) {
			if (m->target->number[j] != number || m->align->from[j] != ALIGN_NONE ||
			    (j >= group->at && j < group->at + group->drop))
				continue;
			refuse(group, "defined-twice",
			       arena_printf(m->arena, "the target has '" SLICE_FMT "' already",
					    SLICE_ARG(line)));
			return;
		}
	}
}

/* Brackets that a run of lines opens more than it closes. */
struct balance {
	long round, square, curly;
};

static struct balance balance_of(struct vocabulary *vocabulary, const struct slice *lines, size_t n)
{
	struct balance b = { 0 };

	for (size_t i = 0; i < n; i++) {
		struct words words = words_of(vocabulary, lines[i]);

		if (words.comment)
			continue;
		for (size_t k = 0; k < words.n; k++) {
			char c = words.items[k].kind == WORD_SIGN ? words.items[k].text.p[0] : '\0';

			b.round += (c == '(') - (c == ')');
			b.square += (c == '[') - (c == ']');
			b.curly += (c == '{') - (c == '}');
		}
	}
	return b;
}

/* A merge inside lines has to open and close as many brackets as the patch does. */
static void check_balance(struct check *m, struct group *group)
{
	struct balance was = balance_of(m->vocabulary, m->base->lines.items + group->from,
					group->to - group->from);
	struct balance new = balance_of(m->vocabulary, group->added, group->n_added);
	struct balance mine =
		balance_of(m->vocabulary, m->target->lines.items + group->at, group->drop);
	struct balance now = balance_of(m->vocabulary, group->lines, group->n_lines);

	if (!group->sure || group->present || group->mark != MARK_WORDS)
		return;
	if (new.round - was.round == now.round - mine.round &&new.square - was.square ==
	    now.square - mine.square &&new.curly - was.curly == now.curly - mine.curly)
		return;
	refuse(group, "brackets",
	       arena_printf(
		       m->arena,
		       "the merged lines do not open and close the brackets that the patch does"));
}

/* "#define X 5": a number that the target gives to another name by now? */
static void check_number(struct check *m, struct group *group)
{
	for (size_t i = 0; group->sure && i < group->n_lines; i++) {
		struct words words = words_of(m->vocabulary, group->lines[i]);
		bool number = false;

		for (size_t k = 3; k < words.n; k++)
			number |= words.items[k].kind == WORD_NUMBER;
		if (!number || !slice_is(words.items[1].text, "define"))
			continue;
		for (size_t j = 0; j < m->target->lines.n && group->sure; j++) {
			const struct words *other;
			size_t k = 3;

			if (m->align->from[j] != ALIGN_NONE ||
			    !slice_starts(m->target->lines.items[j], "#define"))
				continue;
			other = source_words(m->target, j);
			while (k < words.n && k < other->n &&
			       words.items[k].number == other->items[k].number)
				k++;
			if (k < words.n || other->items[2].number == words.items[2].number)
				continue;
			refuse(group, "same-number",
			       arena_printf(m->arena,
					    "the target gives that number to '" SLICE_FMT "'",
					    SLICE_ARG(other->items[2].text)));
		}
	}
}

/* EXPORT_SYMBOL(x) stands behind x. */
static void check_export(struct check *m, struct group *group)
{
	for (size_t i = 0; group->sure && i < group->n_lines; i++) {
		struct slice name = group->lines[i];
		const char *open = memchr(name.p, '(', name.n);
		long at = (long)group->at - 1;

		if (!slice_starts(name, "EXPORT_SYMBOL") || !open)
			continue;
		name = slice_skip(name, (size_t)(open - name.p) + 1);
		for (size_t k = 0; k < name.n; k++)
			if (name.p[k] == ')')
				name.n = k;
		for (size_t k = 0; k < i; k++)
			if (slice_find(group->lines[k], name) >= 0)
				return;
		if (slice_find(m->base_text, name) < 0)
			continue;
		while (at > 0 && m->target->weight[at] == WEIGHT_BLANK)
			at--;
		if (at > 0 && m->target->lines.items[at].n &&
		    m->target->lines.items[at].p[0] == '}') {
			struct scope scope = scope_at(m->target, (size_t)at);

			if (slice_eq(scope.name, name))
				continue;
		} else if (at >= 0 && slice_find(m->target->lines.items[at], name) >= 0) {
			continue;
		}
		refuse(group, "export",
		       arena_printf(m->arena, "'" SLICE_FMT "' is not what stands above",
				    SLICE_ARG(name)));
	}
}

/* A device tree's own names are the labels that it refers to: &label. */
static struct symbols *labels_of(struct check *m, struct arena *arena, const struct group *group)
{
	struct symbols *labels = symbols_new(arena);

	for (size_t i = 0; i < group->n_lines; i++) {
		struct words words = words_of(m->vocabulary, group->lines[i]);

		for (size_t k = 1; k < words.n; k++)
			if (words.items[k].kind == WORD_NAME && is_sign(&words, k - 1, "&"))
				symbols_add(labels, words.items[k].text);
	}
	return labels;
}

static void check_file(struct check *m, struct group *group)
{
	struct arena *scratch __free(arena) = arena_new();
	struct symbol_miss miss;
	struct symbols *brought;

	if (!group->sure)
		return;
	brought = brought_by(m, scratch, group);
	if (m->tree)
		brought = labels_of(m, scratch, group);
	if (!symbols_miss(brought, m->in_base, m->in_target, &miss))
		return;
	refuse(group, miss.arity ? "file-arity" : "file-name",
	       arena_printf(m->arena,
			    miss.arity ? "'" SLICE_FMT "' takes other arguments in the target" :
					 "the target has no '" SLICE_FMT "'",
			    SLICE_ARG(miss.name)));
}

static bool text_has(const struct source *source, struct slice word)
{
	for (size_t i = 0; i < source->lines.n; i++)
		if (slice_has_word(source->lines.items[i], word))
			return true;
	return false;
}

/* "a->b" or "a.b", from word k on: all of it as it stands there. */
static bool member_at(const struct words *words, size_t k, struct slice *member)
{
	const struct word *a = &words->items[k], *sign = a + 1, *b = a + 2;

	if (k + 2 >= words->n || a->kind != WORD_NAME || b->kind != WORD_NAME ||
	    (!slice_is(sign->text, "->") && !slice_is(sign->text, ".")))
		return false;
	member->p = a->text.p;
	member->n = (size_t)(b->text.p + b->text.n - a->text.p);
	return true;
}

/*
 * "a->b" that the base's file uses and the target's nowhere, though it may have both names: the member
 * came later, or what it is a member of is called otherwise here.
 */
static void check_member(struct check *m, struct group *group)
{
	for (size_t i = 0; group->sure && i < group->n_lines; i++) {
		struct words words = words_of(m->vocabulary, group->lines[i]);
		struct slice member;

		for (size_t k = 0; group->sure && k < words.n && !words.comment; k++)
			if (member_at(&words, k, &member) && text_has(m->base, member) &&
			    !text_has(m->target, member))
				refuse(group, "member",
				       arena_printf(m->arena, "the target uses no '" SLICE_FMT "'",
						    SLICE_ARG(member)));
	}
}

static bool is_return(const struct words *words)
{
	return words->n && slice_is(words->items[0].text, "return");
}

/* A return out of a function that the target leaves through a label, where the base's function has no such label. */
static void check_return(struct check *m, struct group *group)
{
	struct arena *scratch __free(arena) = arena_new();
	struct scope was = scope_at(m->base, group->from), is = scope_at(m->target, group->at);
	struct symbols *before = symbols_new(scratch);
	bool returns = false;

	for (size_t i = 0; i < group->n_added; i++) {
		struct words words = words_of(m->vocabulary, group->added[i]);

		returns |= is_return(&words);
	}
	for (size_t i = group->from; i < group->to; i++)
		if (is_return(source_words(m->base, i)))
			return;
	if (!returns || was.head == SCOPE_NONE || is.head == SCOPE_NONE)
		return;
	add_scope(before, m->base, &was, 0, 0);
	for (size_t j = is.first; j < group->at && j < m->target->lines.n; j++) {
		const struct words *words = source_words(m->target, j);

		if (words->n < 2 || !slice_is(words->items[0].text, "goto") ||
		    symbols_find(before, words->items[1].text))
			continue;
		refuse(group, "return-past-label",
		       arena_printf(m->arena,
				    "it returns from a function that is left through '" SLICE_FMT
				    "' here, which the base does not have",
				    SLICE_ARG(words->items[1].text)));
		return;
	}
}

void check_group(struct check *check, struct group *group)
{
	if (!check->code || !group->sure || group->present || group->n_lines > BROUGHT_MAX)
		return;
	check_scope(check, group);
	/* where the whole patch fits as it is, a name that the file has not is no news */
	if (group->sure && !check->fits)
		check_file(check, group);
	if (group->sure && !check->fits)
		check_member(check, group);
	check_defined(check, group);
	check_balance(check, group);
	check_number(check, group);
	check_export(check, group);
	if (group->sure)
		check_return(check, group);
}

char *check_result(struct check *check, struct slice result)
{
	struct arena *scratch __free(arena) = arena_new();
	struct symbols *in_after = check->in_after, *in_result = symbols_new(scratch);

	if (!check->code || !in_after)
		return NULL;
	symbols_add(in_result, result);
	for (size_t i = 0; i < check->removed->n; i++) {
		const struct symbol *gone = &check->removed->items[i];

		if (gone->removed && !symbol_common(gone->name) &&
		    symbols_find(in_result, gone->name) && !symbols_find(in_after, gone->name))
			return arena_printf(check->arena,
					    "the patch removes '" SLICE_FMT
					    "', and a use of it is left in the target",
					    SLICE_ARG(gone->name));
	}
	for (size_t i = 0; i < check->in_base->n; i++) {
		const struct symbol *was = &check->in_base->items[i];
		const struct symbol *left = symbols_find(in_result, was->name),
				    *want = symbols_find(in_after, was->name);

		if (left && want && want->arities &&
		    (left->arities & was->arities & ~want->arities))
			return arena_printf(check->arena,
					    "the patch changes the arguments of '" SLICE_FMT
					    "', and a use with the old ones is left",
					    SLICE_ARG(was->name));
	}
	return NULL;
}
