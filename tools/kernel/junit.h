/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * JUnit: test results as the XML that CI servers read.
 */
#ifndef SERIES_KERNEL_JUNIT_H
#define SERIES_KERNEL_JUNIT_H

#include "base/text.h"

struct junit_case {
	const char *name;
	enum { JUNIT_PASS, JUNIT_FAIL, JUNIT_ERROR, JUNIT_SKIP } status;
	const char *message; /* one line; NULL */
	const char *details; /* lines; NULL */
	double seconds;
};
struct junit_suite {
	const char *name;
	struct junit_case *items;
	size_t n, cap;
	double seconds;
};
struct junit {
	struct junit_suite *items;
	size_t n, cap;
};

/*
 * `name` of the whole. Any bytes may be in names and messages: what XML 1.0 cannot hold, control characters and what is no
 * UTF-8, becomes U+FFFD.
 */
void junit_write(struct text *out, const char *name, const struct junit *junit);

#endif
