/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Decl part: what decl.c and decl_type.c share.
 */
#ifndef SERIES_PATCH_DECL_PART_H
#define SERIES_PATCH_DECL_PART_H

#include "patch/ctoken.h"

bool decl_word(const struct ctoken *token); /* a name or a keyword */
/* Says nothing about the type: storage, attributes, qualifiers. */
bool decl_decoration(struct slice word);
bool decl_record_word(struct slice word); /* struct, union, enum */
/* The bracket that closes the one at `i`; `end` where none does. */
size_t decl_closing(const struct ctokens *tokens, size_t i, size_t end);
/* Tokens [first, end) as a type: one space between words, what decorates it left out. */
char *decl_text(struct arena *arena, const struct ctokens *tokens, size_t first, size_t end);

#endif
