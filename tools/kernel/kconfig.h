/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Kconfig: a kernel's configuration as text, and what became of the one that was asked for.
 */
#ifndef SERIES_KERNEL_KCONFIG_H
#define SERIES_KERNEL_KCONFIG_H

#include "base/text.h"

struct kconfig_symbol {
	struct slice name;  /* "KVM_SMM" */
	struct slice value; /* "y", "-1"; "n" for "# CONFIG_X is not set" */
};
struct kconfig {
	struct kconfig_symbol *items; /* the last one of a name counts */
	size_t n, cap;
};

/* A .config or a fragment; other lines are passed over. Adds to `kconfig`. O(n). */
void kconfig_parse(struct arena *arena, struct slice text, struct kconfig *kconfig);
/* "n" where it does not stand. */
struct slice kconfig_value(const struct kconfig *kconfig, struct slice name);

/* A symbol that did not stick. */
struct kconfig_unmet {
	char *name, *wanted, *got;
	bool lacking; /* no Kconfig file of this kernel declares it */
};
struct kconfig_unmets {
	struct kconfig_unmet *items;
	size_t n, cap;
};
/* What of `wanted` is otherwise in `got`; `lacking` is left false. O(n log n). */
void kconfig_compare(struct arena *arena, const struct kconfig *wanted, const struct kconfig *got,
		     struct kconfig_unmets *unmets);
/* Each symbol that a Kconfig file declares ("config X", "menuconfig X"), as often as it does. O(n). */
void kconfig_declared(struct slice text, void (*declares)(void *data, struct slice name),
		      void *data);

#endif
