/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Unit: what every unit test includes: cmocka, and a few asserts that show what was found.
 *
 * A test program names its tests as functions that read as sentences, and ends in
 * `UNIT_MAIN(unit(a_test), unit(another_test))`. It prints TAP, with a skip() counted as one.
 */
#ifndef SERIES_TESTS_UNIT_H
#define SERIES_TESTS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* cmocka's fail() is a macro; ours is a function of base/fail.h. */
#undef fail
#undef fail_msg
#define fail_msg(...)                                                                              \
	do {                                                                                       \
		print_error(__VA_ARGS__);                                                          \
		print_error("\n");                                                                 \
		_fail(__FILE__, __LINE__);                                                         \
	} while (0)

#include "base/arena.h"
#include "base/fail.h"
#include "base/text.h"

/* Each test gets an arena of its own as its state. */
static inline int unit_begin(void **state)
{
	*state = arena_new();
	fail_clear();
	return 0;
}

static inline int unit_end(void **state)
{
	arena_free(*state);
	return 0;
}

#define unit(test) cmocka_unit_test_setup_teardown(test, unit_begin, unit_end)
#define UNIT_MAIN(...)                                                                             \
	int main(void)                                                                             \
	{                                                                                          \
		const struct CMUnitTest tests[] = { __VA_ARGS__ };                                 \
		cmocka_set_message_output(CM_OUTPUT_TAP);                                          \
		return cmocka_run_group_tests(tests, NULL, NULL) ? 1 : 0;                          \
	}

/* The call gave 0; else its own message is shown. */
#define assert_ok(call)                                                                            \
	do {                                                                                       \
		if ((call) < 0)                                                                    \
			fail_msg("%s: %s", #call, fail_message());                                 \
	} while (0)

/* The call gave -1, of this kind, and its message holds `part`. */
#define assert_fails(call, as, part)                                                               \
	do {                                                                                       \
		fail_clear();                                                                      \
		assert_int_equal((call), -1);                                                      \
		if (!strstr(fail_message(), part) || fail_kind() != (as))                          \
			fail_msg("kind %d, \"%s\" does not say \"%s\"", fail_kind(),               \
				 fail_message(), part);                                            \
	} while (0)

#define assert_slice(s, str)                                                                       \
	do {                                                                                       \
		struct slice _got = (s);                                                           \
		if (!slice_is(_got, str))                                                          \
			fail_msg("\"%.*s\" is not \"%s\"", SLICE_ARG(_got), str);                  \
	} while (0)

#endif
