/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "patch/condition.h"

/* A directive's words, without "#", comments and spare white space; spelt one way where there are two. */
static char *directive_text(struct arena *arena, struct slice directive)
{
	struct ctokens tokens = ctokens_of(arena, slice_skip(directive, 1));
	struct text out __free_text = TEXT_INIT;
	size_t word = tokens.n == 6 && ctoken_is(&tokens.items[1], "!") ? 2 : 1;

	/* "if defined(X)" */
	if (tokens.n == word + 4 && ctoken_is(&tokens.items[0], "if") &&
	    ctoken_is(&tokens.items[word], "defined"))
		return arena_printf(arena, "%s " SLICE_FMT, word == 2 ? "ifndef" : "ifdef",
				    SLICE_ARG(tokens.items[word + 2].text));
	for (size_t i = 0; i < tokens.n; i++) {
		struct slice text = tokens.items[i].text;

		/* The older and the newer name of the same. */
		if (slice_is(text, "__ASSEMBLER__"))
			text = SLICE("__ASSEMBLY__");
		text_addf(&out, "%s" SLICE_FMT, out.len ? " " : "", SLICE_ARG(text));
	}
	return arena_strdup(arena, text_str(&out));
}

/* What holds behind #else or #elif (`text`) of `of`. */
static char *otherwise(struct arena *arena, const char *text, const char *of)
{
	bool plain = !strcmp(text, "else");

	if (plain && !strncmp(of, "ifdef ", 6))
		return arena_printf(arena, "ifndef %s", of + 6);
	if (plain && !strncmp(of, "ifndef ", 7))
		return arena_printf(arena, "ifdef %s", of + 7);
	return arena_printf(arena, "%s of %s", text, of);
}

/* "#ifndef X_H" with "#define X_H" behind it. */
static bool is_guard(const struct ctokens *tokens, size_t i)
{
	struct slice text = tokens->items[i].text, next;

	if (i + 1 >= tokens->n || !slice_starts(text, "#ifndef") || !slice_ends(text, "_H"))
		return false;
	next = tokens->items[i + 1].text;
	return slice_starts(next, "#define") &&
	       slice_find(next, slice_trim(slice_skip(text, 7))) >= 0;
}

static const struct condition *condition_new(struct arena *arena, char *text,
					     const struct condition *outer)
{
	struct condition *condition = arena_new_of(arena, struct condition);

	*condition = (struct condition){ text, outer };
	return condition;
}

const struct condition **conditions_of(struct arena *arena, const struct ctokens *tokens,
				       bool header)
{
	const struct condition **under = arena_alloc(arena, (tokens->n + 1) * sizeof(*under));
	const struct condition *now = NULL;

	for (size_t i = 0; i < tokens->n; i++) {
		char *text;

		under[i] = now;
		if (tokens->items[i].text.p[0] != '#')
			continue;
		text = directive_text(arena, tokens->items[i].text);
		if (!strncmp(text, "if", 2))
			now = condition_new(arena, header && is_guard(tokens, i) ? NULL : text,
					    now);
		else if (!strncmp(text, "endif", 5))
			now = now ? now->outer : NULL;
		else if (!strncmp(text, "el", 2) && now)
			now = condition_new(arena,
					    otherwise(arena, text, now->text ? now->text : ""),
					    now->outer);
	}
	return under;
}

bool condition_has(const struct condition *condition, const char *text)
{
	for (; condition; condition = condition->outer)
		if (condition->text && !strcmp(condition->text, text))
			return true;
	return false;
}
