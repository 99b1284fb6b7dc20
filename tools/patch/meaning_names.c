/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The names on the lines that a patch adds: what is called, what is used, which members, which variables.
 *
 * A name that has several declarations (under #if, in another architecture's header) is the same in two trees when one of its
 * declarations here is one of those there. Only what differs on a line that came over as it is asks for eyes: on a line that
 * was adapted, somebody (or a method that says so) had the difference in view.
 */
#include <ctype.h>

#include "base/fail.h"
#include "patch/meaning_part.h"
#include "patch/symbol.h"

#define NONE MEANING_NONE
#define ARGS_MAX 64

static const struct ctoken *token_at(const struct meaning_file *file, size_t i)
{
	return i < file->tokens.n ? &file->tokens.items[i] : NULL;
}

static bool token_is(const struct meaning_file *file, size_t i, const char *text)
{
	const struct ctoken *token = token_at(file, i);

	return token && ctoken_is(token, text);
}

static bool is_name(const struct ctoken *token)
{
	return ctoken_word(token) && !isdigit((unsigned char)token->text.p[0]) &&
	       !symbol_common(token->text);
}

static bool is_member(const struct meaning_file *file, size_t i)
{
	return i && (token_is(file, i - 1, "->") || token_is(file, i - 1, "."));
}

/* How many arguments the call has whose "(" is token `open`; NONE when it does not end. */
static size_t count_arguments(const struct meaning_file *file, size_t open)
{
	size_t depth = 0, n = 0;
	bool any = false;

	for (size_t i = open; i < file->tokens.n; i++) {
		const struct ctoken *token = &file->tokens.items[i];
		char c = token->text.n == 1 ? token->text.p[0] : '\0';

		if (c == '(' || c == '[' || c == '{')
			depth++;
		else if ((c == ')' || c == ']' || c == '}') && !--depth)
			return any ? n + 1 : 0;
		else if (depth == 1 && c == ',')
			n++;
		if (i > open)
			any = true;
	}
	return NONE;
}

/* Is it a call (or a use of a macro with arguments), and not the head of the function itself? */
static bool is_call(const struct meaning_file *file, size_t i)
{
	const struct cfunction *function = meaning_function(file, i);

	return token_is(file, i + 1, "(") && !is_member(file, i) && function && i > function->body;
}

struct variants { /* of a name, those that take arguments */
	const struct decl **decls;
	struct signature *items;
	size_t n;
	bool macros, functions;
};

static struct variants variants_of(struct meaning *m, const struct meaning_file *file,
				   struct slice name)
{
	const struct decl *first = decls_find(file->decls, name);
	struct variants v = { 0 };
	size_t n = 0;

	for (const struct decl *d = first; d; d = d->next)
		n++;
	v.items = arena_alloc(m->arena, (n + 1) * sizeof(*v.items));
	v.decls = arena_alloc(m->arena, (n + 1) * sizeof(*v.decls));
	for (const struct decl *d = first; d; d = d->next) {
		if (!decl_signature(m->arena, d, &v.items[v.n]))
			continue;
		v.macros |= d->kind == DECL_MACRO;
		v.functions |= d->kind == DECL_FUNCTION;
		v.decls[v.n++] = d;
	}
	return v;
}

static bool accepts(const struct variants *v, size_t arguments)
{
	for (size_t i = 0; i < v->n; i++)
		if (v->items[i].variadic ? arguments >= v->items[i].n : arguments == v->items[i].n)
			return true;
	return false;
}

static bool same_params(const struct signature *a, const struct signature *b)
{
	if (a->n != b->n || a->variadic != b->variadic)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (strcmp(a->params[i], b->params[i]) != 0)
			return false;
	return true;
}

/* The same types, and two of the same names in each other's place: the compiler sees nothing. */
static bool swapped(const struct signature *a, const struct signature *b)
{
	for (size_t i = 0; i < a->n; i++)
		for (size_t k = 0; k < a->n; k++)
			if (i != k && a->names[i][0] && !strcmp(a->names[i], b->names[k]) &&
			    !strcmp(a->names[k], b->names[i]) && strcmp(a->names[i], a->names[k]))
				return true;
	return false;
}

static char *params_text(struct meaning *m, const struct signature *s)
{
	struct text out __free_text = TEXT_INIT;

	for (size_t i = 0; i < s->n; i++)
		text_addf(&out, "%s%s", i ? ", " : "", *s->params[i] ? s->params[i] : s->names[i]);
	if (s->variadic)
		text_adds(&out, s->n ? ", ..." : "...");
	return arena_strdup(m->arena, out.len ? text_str(&out) : "void");
}

/* Is what the call gives looked at? Not where it is a statement of its own. */
static bool value_used(const struct meaning_file *file, size_t i)
{
	return i && !token_is(file, i - 1, ";") && !token_is(file, i - 1, "{") &&
	       !token_is(file, i - 1, "}") && !token_is(file, i - 1, ")") &&
	       !token_is(file, i - 1, "else") && !token_is(file, i - 1, ":");
}

/*
 * Eyes are for a line that came over as it is, about which nobody had a reason to think; not for one that was adapted, nor
 * for a function that the patch itself brings.
 */
static enum severity callee_severity(const struct meaning *m, size_t i)
{
	const struct cfunction *function =
		cfunctions_find(&m->target.functions, m->target.tokens.items[i].text);

	if (!m->partner[m->target.line[i]] ||
	    (function && m->target.added[m->target.line[function->body]]))
		return SEVERITY_NOTE;
	return SEVERITY_LOOK;
}

static void compare_results(struct meaning *m, size_t i, const struct signature *here,
			    const struct signature *there)
{
	struct slice name = m->target.tokens.items[i].text;
	bool used = value_used(&m->target, i);

	if (!strcmp(here->result, there->result))
		return;
	if (!used && strcmp(there->result, "void") != 0)
		return;
	meaning_say(m, i, "meaning/callee", callee_severity(m, i), name,
		    arena_printf(m->arena, SLICE_FMT "() gives %s here, %s in %s%s",
				 SLICE_ARG(name), here->result, there->result, m->ask->base.name,
				 used ? "" : ": what it gives here is not looked at"));
}

static bool same_body(struct meaning *m, const struct decl *a, const struct decl *b)
{
	return !strcmp(decl_body(m->arena, a), decl_body(m->arena, b));
}

/* Both trees have the callee: do any two of its declarations agree? */
static void compare_callee(struct meaning *m, size_t i, const struct variants *here,
			   const struct variants *there)
{
	struct slice name = m->target.tokens.items[i].text;
	size_t a = NONE, b = NONE;

	for (size_t x = 0; x < here->n; x++)
		for (size_t y = 0; y < there->n; y++) {
			const struct decl *dx = here->decls[x], *dy = there->decls[y];

			if (dx->kind != dy->kind)
				continue;
			if (dx->kind == DECL_MACRO ?
				    same_body(m, dx, dy) :
				    same_params(&here->items[x], &there->items[y]) &&
					    !strcmp(here->items[x].result,
						    there->items[y].result) &&
					    !swapped(&here->items[x], &there->items[y]))
				return;
			if (a == NONE || dx->kind == DECL_FUNCTION) {
				a = x;
				b = y;
			}
		}
	if (a == NONE)
		return;
	if (here->decls[a]->kind == DECL_MACRO) {
		if (!here->functions && !there->functions)
			meaning_say(m, i, "meaning/macro", SEVERITY_NOTE, name,
				    arena_printf(m->arena,
						 "the macro " SLICE_FMT
						 "() has another body here than in %s",
						 SLICE_ARG(name), m->ask->base.name));
		return;
	}
	if (!same_params(&here->items[a], &there->items[b]) ||
	    swapped(&here->items[a], &there->items[b])) {
		bool order = same_params(&here->items[a], &there->items[b]);
		const struct signature *s = &here->items[a], *t = &there->items[b];

		meaning_say(
			m, i, "meaning/callee", callee_severity(m, i), name,
			order ? arena_printf(
					m->arena,
					SLICE_FMT
					"() takes the same types here as in %s, in another order of names",
					SLICE_ARG(name), m->ask->base.name) :
				arena_printf(m->arena, SLICE_FMT "() takes (%s) here, (%s) in %s",
					     SLICE_ARG(name), params_text(m, s), params_text(m, t),
					     m->ask->base.name));
		return;
	}
	compare_results(m, i, &here->items[a], &there->items[b]);
}

static void check_call(struct meaning *m, size_t i)
{
	struct slice name = m->target.tokens.items[i].text;
	struct variants here = variants_of(m, &m->target, name), there = { 0 };
	size_t arguments = count_arguments(&m->target, i + 1);
	struct declared local;

	if (decl_local(m->arena, &m->target.tokens, meaning_function(&m->target, i), i, name,
		       &local))
		return;
	m->seen->calls++;
	if (!here.n || arguments == NONE)
		return;
	if (m->has_base)
		there = variants_of(m, &m->base, name);
	if (!accepts(&here, arguments) && (!there.n || accepts(&there, arguments))) {
		meaning_say(m, i, "meaning/arity", SEVERITY_BAD, name,
			    arena_printf(m->arena,
					 SLICE_FMT
					 "() is called with %zu argument%s and takes (%s) here",
					 SLICE_ARG(name), arguments, arguments == 1 ? "" : "s",
					 params_text(m, &here.items[0])));
		return;
	}
	if (there.n)
		compare_callee(m, i, &here, &there);
}

/* "#define X 5": the value of a name that is used as it stands. */
static void check_constant(struct meaning *m, size_t i)
{
	struct slice name = m->target.tokens.items[i].text;
	const struct decl *here = decls_find(m->target.decls, name), *there;
	struct signature signature;

	if (!m->has_base || !here || here->kind != DECL_MACRO ||
	    decl_signature(m->arena, here, &signature))
		return;
	there = decls_find(m->base.decls, name);
	for (const struct decl *a = here; a && there; a = a->next)
		for (const struct decl *b = there; b; b = b->next)
			if (a->kind != DECL_MACRO || b->kind != DECL_MACRO || same_body(m, a, b))
				return;
	if (there)
		meaning_say(m, i, "meaning/constant", SEVERITY_NOTE, name,
			    arena_printf(m->arena, SLICE_FMT " is \"%s\" here, \"%s\" in %s",
					 SLICE_ARG(name), decl_body(m->arena, here),
					 decl_body(m->arena, there), m->ask->base.name));
}

static bool opaque(const struct declared *declared)
{
	return declared->inline_body.n || !*declared->type;
}

static void check_member(struct meaning *m, size_t i)
{
	const struct cfunction *function = meaning_function(&m->target, i), *other;
	struct slice name = m->target.tokens.items[i].text;
	size_t twin = m->has_base ? meaning_twin(m, i) : NONE;
	struct declared here, there;
	struct decl_miss miss;
	bool known;

	m->seen->members++;
	known = decl_type(m->arena, m->target.decls, &m->target.tokens, function, i + 1, &here,
			  &miss);
	if (!known && miss.member.n) {
		meaning_say(m, i, "meaning/field", SEVERITY_BAD, name,
			    arena_printf(m->arena,
					 "struct " SLICE_FMT " has no member " SLICE_FMT " here",
					 SLICE_ARG(miss.record), SLICE_ARG(miss.member)));
		return;
	}
	other = twin == NONE ? NULL : meaning_function(&m->base, twin);
	if (!known || !other ||
	    !decl_type(m->arena, m->base.decls, &m->base.tokens, other, twin + 1, &there, NULL) ||
	    opaque(&here) || opaque(&there) || !strcmp(here.type, there.type))
		return;
	meaning_say(m, i, "meaning/field", SEVERITY_LOOK, name,
		    arena_printf(m->arena, SLICE_FMT " is of type %s here, %s in %s",
				 SLICE_ARG(name), here.type, there.type, m->ask->base.name));
}

/* Is token `i` an argument of a macro, which may take the name of a member or of anything? */
static bool in_macro(const struct meaning *m, size_t i)
{
	size_t depth = 0;

	while (i-- && !token_is(&m->target, i, ";") && !token_is(&m->target, i, "{")) {
		if (token_is(&m->target, i, ")"))
			depth++;
		else if (token_is(&m->target, i, "(") && depth)
			depth--;
		else if (token_is(&m->target, i, "(") && i) {
			struct slice name = m->target.tokens.items[i - 1].text;
			const struct decl *decl = decls_find(m->target.decls, name);

			if ((decl && decl->kind == DECL_MACRO) ||
			    slice_find(name, SLICE("for_each")) >= 0)
				return true;
		}
	}
	return false;
}

static void check_local(struct meaning *m, size_t i)
{
	const struct cfunction *function = meaning_function(&m->target, i), *other;
	struct slice name = m->target.tokens.items[i].text;
	size_t twin = m->has_base ? meaning_twin(m, i) : NONE;
	struct declared here, there;

	other = twin == NONE ? NULL : meaning_function(&m->base, twin);
	if (!other || !decl_local(m->arena, &m->base.tokens, other, twin, name, &there))
		return;
	if (!decl_local(m->arena, &m->target.tokens, function, i, name, &here)) {
		if (!decls_find(m->target.decls, name) && i > function->body && !in_macro(m, i))
			meaning_say(m, i, "meaning/local", SEVERITY_BAD, name,
				    arena_printf(m->arena,
						 "its function has no '" SLICE_FMT "' here",
						 SLICE_ARG(name)));
		return;
	}
	if (strcmp(here.type, there.type) != 0)
		meaning_say(m, i, "meaning/local", SEVERITY_LOOK, name,
			    arena_printf(m->arena, "'" SLICE_FMT "' is of type %s here, %s in %s",
					 SLICE_ARG(name), here.type, there.type,
					 m->ask->base.name));
}

/* Names to look for in the whole tree, and a token that has each. */
struct wanted {
	struct names *names;
	struct {
		size_t *items;
		size_t n, cap;
	} tokens;
};

static void want(struct meaning *m, struct wanted *wanted, struct slice name, size_t i)
{
	if (names_number(wanted->names, name) == wanted->tokens.n)
		*arena_push(m->arena, &wanted->tokens) = i;
}

/* "CONFIG_X" wherever it stands in the text of a token: a directive is one. */
static void want_configs(struct meaning *m, struct wanted *wanted, size_t i)
{
	struct slice rest = m->target.tokens.items[i].text;
	ptrdiff_t at;

	while ((at = slice_find(rest, SLICE("CONFIG_"))) >= 0) {
		const char *before = rest.p + at;
		size_t n = 0;

		rest = slice_skip(rest, (size_t)at);
		while (n < rest.n && (isalnum((unsigned char)rest.p[n]) || rest.p[n] == '_'))
			n++;
		if (at == 0 || !(isalnum((unsigned char)before[-1]) || before[-1] == '_'))
			want(m, wanted, (struct slice){ rest.p, n }, i);
		rest = slice_skip(rest, n);
	}
}

/* What no declaration was seen of has to stand somewhere: an enum's constant, a member, what a macro makes. */
static int check_wanted(struct meaning *m, const struct wanted *wanted)
{
	size_t n = wanted->tokens.n;
	bool *here = arena_alloc(m->arena, n + 1), *there = arena_alloc(m->arena, n + 1);
	const struct slice *names = wanted->names->items;

	m->seen->names += n;
	if (lookup_names(&m->ask->target.lookup, m->target.path, names, n, here))
		return -1;
	if (!n || !memchr(here, 0, n))
		return 0;
	if (m->has_base && lookup_names(&m->ask->base.lookup, m->base.path, names, n, there))
		return -1;
	for (size_t k = 0; k < n; k++) {
		bool config = slice_starts(names[k], "CONFIG_");

		if (here[k] || (!there[k] && !config))
			continue;
		meaning_say(m, wanted->tokens.items[k], config ? "meaning/config" : "meaning/name",
			    SEVERITY_BAD, names[k],
			    config ? arena_printf(m->arena,
						  "no Kconfig file here declares " SLICE_FMT
						  ": what depends on it is never built",
						  SLICE_ARG(names[k])) :
				     arena_printf(m->arena, "%s has no '" SLICE_FMT "'",
						  m->ask->target.name, SLICE_ARG(names[k])));
	}
	return 0;
}

/* Is the name there without the lines that the patch adds? */
static bool in_old_lines(const struct meaning_file *file, struct slice name)
{
	for (size_t i = 1; i <= file->nlines; i++)
		if (!file->added[i] && slice_has_word(file->text[i], name))
			return true;
	return false;
}

/* "type name;", "type *name[": the line brings the name itself. */
static bool is_declared(const struct meaning_file *file, size_t i)
{
	static const char *const behind[] = { ";", ",", "=", "[", ":", ")", "(" };

	if (!i || !(ctoken_word(&file->tokens.items[i - 1]) || token_is(file, i - 1, "*")))
		return false;
	for (size_t k = 0; k < ARRAY_SIZE(behind); k++)
		if (token_is(file, i + 1, behind[k]))
			return true;
	return false;
}

static void check_token(struct meaning *m, size_t i, struct wanted *wanted)
{
	const struct ctoken *token = &m->target.tokens.items[i];
	bool inside = meaning_function(&m->target, i) != NULL;
	struct declared local;

	if (token->text.p[0] == '#' || slice_starts(token->text, "CONFIG_")) {
		want_configs(m, wanted, i);
		return;
	}
	if (!is_name(token))
		return;
	if (is_member(&m->target, i)) {
		if (inside)
			check_member(m, i);
		return;
	}
	if (i && token_is(&m->target, i - 1, "goto"))
		return;
	if (is_call(&m->target, i)) {
		check_call(m, i);
	} else if (inside) {
		check_constant(m, i);
		check_local(m, i);
		if (decl_local(m->arena, &m->target.tokens, meaning_function(&m->target, i), i,
			       token->text, &local) ||
		    token_is(&m->target, i + 1, ":"))
			return;
	}
	if (!inside && is_declared(&m->target, i))
		return;
	if (!decls_find(m->target.decls, token->text) &&
	    !decls_record(m->target.decls, token->text) && !in_old_lines(&m->target, token->text))
		want(m, wanted, token->text, i);
}

int meaning_names(struct meaning *m)
{
	struct wanted wanted = { .names = names_new(m->arena) };

	for (size_t i = 0; i < m->target.tokens.n; i++) {
		size_t line = m->target.line[i];

		if (m->target.added[line])
			check_token(m, i, &wanted);
	}
	return check_wanted(m, &wanted);
}
