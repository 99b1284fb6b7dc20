/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One walk over the function's tokens: calls that take a lock push it, those that give it back pop it, a block that is left
 * for good puts back what was held where it began. Calls are known by their names, which the kernel spells one way:
 * X_lock and X_unlock with their _irqsave, down_read and up_read, preempt_disable, guard(X). What a callee takes or gives
 * back is not seen, nor which branch is taken: two trees are compared by the same blind eye.
 */
#include "patch/locks.h"

#include <ctype.h>

#define DEPTH_MAX 64

enum effect { EFFECT_NONE, EFFECT_TAKE, EFFECT_GIVE, EFFECT_ASSERT };

static bool strip(struct slice *name, const char *suffix)
{
	if (!slice_ends(*name, suffix))
		return false;
	name->n -= strlen(suffix);
	return true;
}

/* "spin_lock_irqsave" is "spin_lock". */
static void strip_ways(struct slice *name)
{
	static const char *const ways[] = {
		"_irqsave",   "_irqrestore",	 "_irq",      "_bh",
		"_nested",    "_interruptible",	 "_killable", "_nest_lock",
		"_non_owner", "_irqsave_nested", "_noirq"
	};
	bool more = true;

	while (more) {
		more = false;
		for (size_t i = 0; i < ARRAY_SIZE(ways); i++)
			more |= strip(name, ways[i]);
	}
}

static bool part(struct slice name, const char *word)
{
	return slice_find(name, slice_of(word)) >= 0;
}

/* What guard(class) and scoped_guard(class, ...) take; NULL for what is no lock. */
static char *guard_kind(struct arena *arena, struct slice class)
{
	static const char *const known[][2] = {
		{ "mutex", "mutex_lock" },
		{ "spinlock", "spin_lock" },
		{ "raw_spinlock", "raw_spin_lock" },
		{ "rcu", "rcu_read_lock" },
		{ "srcu", "srcu_read_lock" },
		{ "rwsem_read", "down_read" },
		{ "rwsem_write", "down_write" },
		{ "read_lock", "read_lock" },
		{ "write_lock", "write_lock" },
		{ "preempt", "preempt_disable" },
		{ "irq", "local_irq_disable" },
		{ "irqsave", "local_irq_disable" },
		{ "cpus_read_lock", "cpus_read_lock" },
	};

	strip(&class, "_intr");
	strip(&class, "_kill");
	strip_ways(&class);
	strip(&class, "_try");
	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (slice_is(class, known[i][0]))
			return arena_strdup(arena, known[i][1]);
	return part(class, "lock") || part(class, "mutex") || part(class, "srcu") ?
		       slice_str(arena, class) :
		       NULL;
}

/* Those that are not spelt lock and unlock. */
static const struct {
	const char *take, *give;
} pairs[] = {
	{ "preempt_disable", "preempt_enable" },
	{ "local_irq_disable", "local_irq_enable" },
	{ "local_bh_disable", "local_bh_enable" },
	{ "local_irq_save", "local_irq_restore" },
	{ "down_read", "up_read" },
	{ "down_write", "up_write" },
	{ "percpu_down_read", "percpu_up_read" },
	{ "percpu_down_write", "percpu_up_write" },
	{ "down", "up" },
	{ "lock_sock", "release_sock" },
	{ "get_online_cpus", "put_online_cpus" },
};

/* What a call of that name does; `kind` is what takes, also where this one gives back. */
static enum effect effect_of(struct arena *arena, struct slice name, char **kind)
{
	ptrdiff_t at;

	if (slice_starts(name, "lockdep_assert_held")) {
		*kind = arena_strdup(arena, "");
		return EFFECT_ASSERT;
	}
	if (part(name, "lockdep") || part(name, "lock_is") || part(name, "locked") ||
	    part(name, "lock_init") || part(name, "lock_class"))
		return EFFECT_NONE;
	strip_ways(&name);
	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++)
		if (slice_is(name, pairs[i].take) || slice_is(name, pairs[i].give)) {
			*kind = arena_strdup(arena, pairs[i].take);
			return slice_is(name, pairs[i].take) ? EFFECT_TAKE : EFFECT_GIVE;
		}
	at = slice_find(name, SLICE("unlock"));
	if (slice_ends(name, "_unlock") || slice_starts(name, "unlock_")) {
		*kind = arena_printf(arena, SLICE_FMT SLICE_FMT, (int)at, name.p,
				     SLICE_ARG(slice_skip(name, (size_t)at + 2)));
		return EFFECT_GIVE;
	}
	if (!slice_ends(name, "_lock") && !slice_ends(name, "_trylock") &&
	    !slice_starts(name, "lock_"))
		return EFFECT_NONE;
	*kind = slice_ends(name, "_trylock") ?
			arena_printf(arena, SLICE_FMT "lock", (int)(name.n - 7), name.p) :
			slice_str(arena, name);
	return EFFECT_TAKE;
}

/* The last name of the argument that begins at token `i`: "&vcpu->kvm->slots_lock" is "slots_lock". */
static struct slice argument(const struct ctokens *tokens, size_t i, size_t end)
{
	struct slice last = SLICE("");

	for (size_t depth = 0; i < end; i++) {
		const struct ctoken *token = &tokens->items[i];

		if (ctoken_is(token, "(") || ctoken_is(token, "["))
			depth++;
		else if (!depth && (ctoken_is(token, ")") || ctoken_is(token, ",")))
			break;
		else if (ctoken_is(token, ")") || ctoken_is(token, "]"))
			depth -= depth > 0;
		else if (!depth && ctoken_word(token) && !isdigit((unsigned char)token->text.p[0]))
			last = token->text;
	}
	return last;
}

const struct lock *locks_find(const struct locks *locks, const struct lock *lock)
{
	for (size_t i = 0; i < locks->n; i++) {
		const struct lock *held = &locks->items[i];

		if (lock->what.n ? slice_eq(held->what, lock->what) :
				   !held->what.n && !strcmp(held->kind, lock->kind))
			return held;
	}
	return NULL;
}

static void give(struct locks *locks, const struct lock *lock)
{
	for (size_t i = locks->n; i--;) {
		if (strcmp(locks->items[i].kind, lock->kind) != 0 ||
		    !slice_eq(locks->items[i].what, lock->what))
			continue;
		memmove(&locks->items[i], &locks->items[i + 1],
			(locks->n - i - 1) * sizeof(*locks->items));
		locks->n--;
		return;
	}
}

struct block {
	struct lock *held; /* where it began */
	size_t n;
	bool leaves; /* its last statement goes elsewhere */
};

struct walk {
	struct arena *arena;
	const struct ctokens *tokens;
	struct block blocks[DEPTH_MAX];
	size_t depth; /* of blocks that are open */
	struct locks *locks;
};

static void block_open(struct walk *walk)
{
	struct locks *locks = walk->locks;

	if (walk->depth < DEPTH_MAX) {
		struct block *block = &walk->blocks[walk->depth];

		*block = (struct block){
			.held = arena_alloc(walk->arena, (locks->n + 1) * sizeof(*block->held)),
			.n = locks->n,
		};
		if (locks->n)
			memcpy(block->held, locks->items, locks->n * sizeof(*block->held));
	}
	walk->depth++;
}

/* What was held where the innermost block began. */
static void block_restore(struct walk *walk)
{
	const struct block *block = &walk->blocks[walk->depth - 1];

	walk->locks->n = 0;
	for (size_t i = 0; i < block->n; i++)
		*arena_push(walk->arena, walk->locks) = block->held[i];
}

static void block_close(struct walk *walk)
{
	struct locks *locks = walk->locks;
	size_t kept = 0;

	if (!walk->depth)
		return;
	if (walk->depth <= DEPTH_MAX && walk->blocks[walk->depth - 1].leaves)
		block_restore(walk);
	for (size_t i = 0; i < locks->n; i++)
		if (locks->items[i].depth < walk->depth)
			locks->items[kept++] = locks->items[i];
	locks->n = kept;
	walk->depth--;
}

static bool leaves(const struct ctoken *token)
{
	return ctoken_is(token, "return") || ctoken_is(token, "goto") ||
	       ctoken_is(token, "break") || ctoken_is(token, "continue");
}

/* guard(mutex)(&x) and scoped_guard(mutex, &x), at token `i`. */
static void take_guard(struct walk *walk, size_t i, size_t end)
{
	bool scoped = ctoken_is(&walk->tokens->items[i], "scoped_guard");
	struct lock *lock;
	char *kind;

	if (i + 5 >= end)
		return;
	kind = guard_kind(walk->arena, walk->tokens->items[i + 2].text);
	if (!kind)
		return;
	lock = arena_push(walk->arena, walk->locks);
	lock->kind = kind;
	lock->what = argument(walk->tokens, i + (scoped ? 4 : 5), end);
	lock->depth = walk->depth + scoped;
}

static void take_call(struct walk *walk, size_t i, size_t end)
{
	struct slice name = walk->tokens->items[i].text;
	struct lock lock = { 0 };
	enum effect effect;
	char *kind = NULL;

	if (slice_is(name, "guard") || slice_is(name, "scoped_guard")) {
		take_guard(walk, i, end);
		return;
	}
	effect = effect_of(walk->arena, name, &kind);
	lock.kind = kind;
	lock.what = argument(walk->tokens, i + 2, end);
	lock.asserted = effect == EFFECT_ASSERT;
	if (effect == EFFECT_GIVE)
		give(walk->locks, &lock);
	else if (effect != EFFECT_NONE)
		*arena_push(walk->arena, walk->locks) = lock;
}

void locks_at(struct arena *arena, const struct ctokens *tokens, const struct cfunction *function,
	      size_t at, struct locks *locks)
{
	struct walk walk = { .arena = arena, .tokens = tokens, .locks = locks };
	size_t end = at < function->end ? at : function->end;

	*locks = (struct locks){ 0 };
	for (size_t i = function->first; i + 2 < function->body; i++)
		if (ctoken_is(&tokens->items[i], "__must_hold") ||
		    ctoken_is(&tokens->items[i], "__releases"))
			*arena_push(arena, locks) = (struct lock){
				.kind = "",
				.what = argument(tokens, i + 2, function->body),
				.asserted = true,
			};
	for (size_t i = function->body; i < end; i++) {
		const struct ctoken *token = &tokens->items[i],
				    *before = &tokens->items[i - (i > 0)];
		bool begins = ctoken_is(before, ";") || ctoken_is(before, "{") ||
			      ctoken_is(before, "}");

		if (begins && walk.depth && walk.depth <= DEPTH_MAX && !ctoken_is(token, "}"))
			walk.blocks[walk.depth - 1].leaves = leaves(token);
		if (ctoken_is(token, "{"))
			block_open(&walk);
		else if (ctoken_is(token, "}"))
			block_close(&walk);
		else if ((ctoken_is(token, "case") || ctoken_is(token, "default")) &&
			 walk.depth > 1 && walk.depth <= DEPTH_MAX)
			block_restore(&walk);
		else if (i + 1 < tokens->n && ctoken_word(token) &&
			 ctoken_is(&tokens->items[i + 1], "("))
			take_call(&walk, i, function->end);
	}
}
