/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A C file: everything that it declares is taken apart, every expression in its functions typed, the locks of every function
 * followed to its end. What is found lies in the file.
 */
#include "fuzz.h"

#include "patch/decl.h"
#include "patch/locks.h"

static void take_apart(struct arena *arena, const struct decls *decls, struct slice text)
{
	for (size_t i = 0; i < decls->n; i++)
		for (const struct decl *decl = decls->items[i]; decl; decl = decl->next) {
			struct signature signature;

			must(decl->text.p >= text.p &&
			     decl->text.p + decl->text.n <= text.p + text.n);
			if (decl_signature(arena, decl, &signature))
				for (size_t k = 0; k < signature.n; k++)
					must(signature.params[k] && signature.names[k]);
			if (decl->kind == DECL_MACRO)
				must(decl_body(arena, decl));
		}
}

static void type_all(struct arena *arena, const struct decls *decls, const struct ctokens *tokens,
		     const struct cfunction *function)
{
	struct declared declared;
	struct decl_miss miss;
	struct locks locks;

	for (size_t i = function->body; i < function->end && i < function->body + 200; i++)
		if (ctoken_word(&tokens->items[i]) &&
		    decl_type(arena, decls, tokens, function, i + 1, &declared, &miss))
			must(declared.type);
	locks_at(arena, tokens, function, function->end, &locks);
	for (size_t i = 0; i < locks.n; i++)
		must(locks.items[i].kind && locks_find(&locks, &locks.items[i]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	struct slice text = slice_copy(arena, (struct slice){ (const char *)data, size });
	struct lookup_text one = { "a.c", text };
	struct lookup_texts texts = { &one, 1, 1 };
	struct decls *decls = decls_new(arena, &texts);
	struct ctokens tokens = ctokens_of(arena, text);
	struct cfunctions functions = cfunctions_of(arena, &tokens);

	take_apart(arena, decls, text);
	for (size_t i = 0; i < functions.n && i < 20; i++)
		type_all(arena, decls, &tokens, &functions.items[i]);
	arena_free(arena);
	return 0;
}
