/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/junit.h"

/* The length of the UTF-8 character at `p`, of at most `n` bytes, if XML 1.0 has it; else 0. */
static size_t character(const unsigned char *p, size_t n)
{
	unsigned long value;
	size_t more;

	if (p[0] < 0x80)
		return p[0] >= 0x20 || p[0] == '\t' || p[0] == '\n' || p[0] == '\r';
	if (p[0] >= 0xc2 && p[0] < 0xe0)
		more = 1;
	else if (p[0] >= 0xe0 && p[0] < 0xf0)
		more = 2;
	else if (p[0] >= 0xf0 && p[0] < 0xf5)
		more = 3;
	else
		return 0;
	if (more >= n)
		return 0;
	value = p[0] & (0x3f >> more);
	for (size_t i = 1; i <= more; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		value = value << 6 | (p[i] & 0x3f);
	}
	/* Longer than need be, half of a UTF-16 pair, no character at all, beyond Unicode. */
	if ((more == 2 && value < 0x800) || (more == 3 && value < 0x10000) ||
	    (value >= 0xd800 && value < 0xe000) || value == 0xfffe || value == 0xffff ||
	    value > 0x10ffff)
		return 0;
	return more + 1;
}

/* `attribute`: a reader makes blanks of bare line ends there, and '\r' is lost anywhere. */
static void escaped(struct text *out, const char *s, bool attribute)
{
	size_t n = strlen(s);

	for (size_t at = 0, bytes; at < n; at += bytes ? bytes : 1) {
		bytes = character((const unsigned char *)s + at, n - at);
		if (!bytes)
			text_adds(out, "\xef\xbf\xbd");
		else if (s[at] == '&')
			text_adds(out, "&amp;");
		else if (s[at] == '<')
			text_adds(out, "&lt;");
		else if (s[at] == '>')
			text_adds(out, "&gt;");
		else if (s[at] == '"')
			text_adds(out, "&quot;");
		else if (s[at] == '\r' || (attribute && (s[at] == '\n' || s[at] == '\t')))
			text_addf(out, "&#%d;", s[at]);
		else
			text_add(out, s + at, bytes);
	}
}

static void attribute_write(struct text *out, const char *key, const char *value)
{
	text_addf(out, " %s=\"", key);
	escaped(out, value ? value : "", true);
	text_addc(out, '"');
}

/* Not as printf() does it: that asks the locale for its decimal point. */
static void seconds_write(struct text *out, double seconds)
{
	unsigned long long ms =
		seconds > 0 && seconds < 1e12 ? (unsigned long long)(seconds * 1000 + 0.5) : 0;

	text_addf(out, " time=\"%llu.%03llu\"", ms / 1000, ms % 1000);
}

struct sums {
	size_t tests, failures, errors, skipped;
	double seconds;
};

static void sums_add(struct sums *sums, const struct junit_suite *suite)
{
	for (size_t i = 0; i < suite->n; i++) {
		sums->tests++;
		sums->failures += suite->items[i].status == JUNIT_FAIL;
		sums->errors += suite->items[i].status == JUNIT_ERROR;
		sums->skipped += suite->items[i].status == JUNIT_SKIP;
	}
	sums->seconds += suite->seconds;
}

static void sums_write(struct text *out, const struct sums *sums)
{
	text_addf(out, " tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" skipped=\"%zu\"",
		  sums->tests, sums->failures, sums->errors, sums->skipped);
	seconds_write(out, sums->seconds);
}

static void case_write(struct text *out, const char *suite, const struct junit_case *item)
{
	static const char *const elements[] = {
		[JUNIT_FAIL] = "failure",
		[JUNIT_ERROR] = "error",
		[JUNIT_SKIP] = "skipped",
	};
	const char *element = elements[item->status];

	text_adds(out, "    <testcase");
	attribute_write(out, "classname", suite);
	attribute_write(out, "name", item->name);
	seconds_write(out, item->seconds);
	if (!element && !item->message && !item->details) {
		text_adds(out, "/>\n");
		return;
	}
	text_adds(out, ">\n");
	if (element) {
		text_addf(out, "      <%s", element);
		if (item->message)
			attribute_write(out, "message", item->message);
		text_addc(out, '>');
	} else {
		/* A test that passed has no place for a message but its output. */
		text_adds(out, "      <system-out>");
		if (item->message) {
			escaped(out, item->message, false);
			text_addc(out, '\n');
		}
	}
	if (item->details)
		escaped(out, item->details, false);
	text_addf(out, "</%s>\n    </testcase>\n", element ? element : "system-out");
}

void junit_write(struct text *out, const char *name, const struct junit *junit)
{
	struct sums all = { 0 };

	for (size_t i = 0; i < junit->n; i++)
		sums_add(&all, &junit->items[i]);
	text_adds(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites");
	attribute_write(out, "name", name);
	sums_write(out, &all);
	text_adds(out, ">\n");
	for (size_t i = 0; i < junit->n; i++) {
		const struct junit_suite *suite = &junit->items[i];
		struct sums sums = { 0 };

		sums_add(&sums, suite);
		text_adds(out, "  <testsuite");
		attribute_write(out, "name", suite->name);
		sums_write(out, &sums);
		text_adds(out, ">\n");
		for (size_t j = 0; j < suite->n; j++)
			case_write(out, suite->name, &suite->items[j]);
		text_adds(out, "  </testsuite>\n");
	}
	text_adds(out, "</testsuites>\n");
}
