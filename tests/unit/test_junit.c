/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/junit.h"

#include "unit.h"

static char *written(struct arena *arena, struct junit_case *items, size_t n)
{
	struct junit_suite suite = {
		.name = "v6.12.73/tcg", .items = items, .n = n, .seconds = 2.5
	};
	struct junit junit = { .items = &suite, .n = 1 };
	struct text out __free_text = TEXT_INIT;

	junit_write(&out, "a series", &junit);
	return arena_strdup(arena, text_str(&out));
}

static void suites_and_sums_are_written(void **state)
{
	struct junit_case items[] = {
		{ .name = "state_test", .seconds = 0.0004 },
		{ .name = "payload_test",
		  .status = JUNIT_FAIL,
		  .message = "cr2 is lost",
		  .details = "line 1\nline 2\n",
		  .seconds = 1.25 },
		{ .name = "vmx", .status = JUNIT_SKIP, .message = "no VMX" },
		{ .name = "guest", .status = JUNIT_ERROR },
		{ .name = "fixed", .message = "fails without the change" },
	};

	assert_string_equal(
		written(*state, items, 5),
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		"<testsuites name=\"a series\" tests=\"5\" failures=\"1\" errors=\"1\" skipped=\"1\" "
		"time=\"2.500\">\n"
		"  <testsuite name=\"v6.12.73/tcg\" tests=\"5\" failures=\"1\" errors=\"1\" "
		"skipped=\"1\" time=\"2.500\">\n"
		"    <testcase classname=\"v6.12.73/tcg\" name=\"state_test\" time=\"0.000\"/>\n"
		"    <testcase classname=\"v6.12.73/tcg\" name=\"payload_test\" time=\"1.250\">\n"
		"      <failure message=\"cr2 is lost\">line 1\nline 2\n</failure>\n"
		"    </testcase>\n"
		"    <testcase classname=\"v6.12.73/tcg\" name=\"vmx\" time=\"0.000\">\n"
		"      <skipped message=\"no VMX\"></skipped>\n"
		"    </testcase>\n"
		"    <testcase classname=\"v6.12.73/tcg\" name=\"guest\" time=\"0.000\">\n"
		"      <error></error>\n"
		"    </testcase>\n"
		"    <testcase classname=\"v6.12.73/tcg\" name=\"fixed\" time=\"0.000\">\n"
		"      <system-out>fails without the change\n</system-out>\n"
		"    </testcase>\n"
		"  </testsuite>\n</testsuites>\n");
}

static void hostile_text_stays_text(void **state)
{
	static const char *const cases[][2] = {
		{ "a<b>&\"c'", "a&lt;b&gt;&amp;&quot;c'" },
		{ "]]>", "]]&gt;" },
		{ "a\nb\tc\rd", "a&#10;b&#9;c&#13;d" },
		{ "\001\033[31m\177", "\xef\xbf\xbd\xef\xbf\xbd[31m\177" },
		{ "gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80",
		  "gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80" },
		/* cut off, too long, half of a pair, beyond the end, not a character */
		{ "\xc3", "\xef\xbf\xbd" },
		{ "\xe2\x82", "\xef\xbf\xbd\xef\xbf\xbd" },
		{ "\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd" },
		{ "\xe0\x80\xaf", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
		{ "\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
		{ "\xf4\x90\x80\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
		{ "\xef\xbf\xbf", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct junit_case item = { .name = cases[i][0] };

		assert_non_null(strstr(written(*state, &item, 1),
				       arena_printf(*state, " name=\"%s\" time=", cases[i][1])));
	}
}

static void nothing_is_a_document_too(void **state)
{
	struct text out __free_text = TEXT_INIT;
	struct junit junit = { 0 };

	(void)state;
	junit_write(&out, "none", &junit);
	assert_non_null(strstr(text_str(&out), "<testsuites name=\"none\" tests=\"0\""));
}

UNIT_MAIN(unit(suites_and_sums_are_written), unit(hostile_text_stays_text),
	  unit(nothing_is_a_document_too))
