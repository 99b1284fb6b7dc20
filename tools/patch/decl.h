/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Decl: what the names that a C file can see are declared as.
 */
#ifndef SERIES_PATCH_DECL_H
#define SERIES_PATCH_DECL_H

#include "patch/ctoken.h"
#include "patch/lookup.h"
#include "patch/names.h"

enum decl_kind { DECL_FUNCTION, DECL_MACRO, DECL_RECORD, DECL_TYPE, DECL_VARIABLE };

/* One declaration of a name; #if is not looked at, so a name may have several. */
struct decl {
	enum decl_kind kind;
	struct slice
		text; /* a function up to its ")", a macro with its body, a record with its "}" */
	const char *path;
	const struct decl *next; /* of the same name */
};

struct decls {
	struct arena *arena;
	struct names *names; /* numbers are indexes into items; "struct x" for a record */
	const struct decl **items;
	size_t n, cap;
};

/* Of all that the texts declare at their top level. O(bytes). */
struct decls *decls_new(struct arena *arena, const struct lookup_texts *texts);
/* The first one; NULL. `record` asks for struct, union or enum NAME. */
const struct decl *decls_find(const struct decls *decls, struct slice name);
const struct decl *decls_record(const struct decls *decls, struct slice name);

/* What a function (or a macro with arguments) takes and gives. */
struct signature {
	char *result;  /* "int"; "" for a macro */
	char **params; /* types, spelt one way, without names and "const" */
	char **names;  /* of the parameters; "" where they have none */
	size_t n;
	bool variadic;
};
/* false for what takes no arguments: a plain macro, a variable. */
bool decl_signature(struct arena *arena, const struct decl *decl, struct signature *signature);
/* The text of a macro's body as tokens with one space between them. */
char *decl_body(struct arena *arena, const struct decl *decl);

/* A declared variable, parameter or member. */
struct declared {
	char *type; /* "struct kvm_vcpu *"; "" for a record without name that stands inline */
	struct slice inline_body; /* of such a record: "{ ... }" */
};
/* What a parameter or local variable of the function is declared as, seen from token `at`; false for none such. */
bool decl_local(struct arena *arena, const struct ctokens *tokens, const struct cfunction *function,
		size_t at, struct slice name, struct declared *declared);
/* The same of a member of "{ ... }", those of records without name inside of it included. */
bool decl_member(struct arena *arena, struct slice body, struct slice name,
		 struct declared *declared);
/*
 * The type of the expression that ends before token `end`: "vcpu->arch.exception", "to_vmx(vcpu)->loaded".
 * false where it cannot be told. `missing` gets the record that lacks the member, when that is why.
 */
struct decl_miss {
	struct slice record, member;
};
bool decl_type(struct arena *arena, const struct decls *decls, const struct ctokens *tokens,
	       const struct cfunction *function, size_t end, struct declared *declared,
	       struct decl_miss *missing);

#endif
