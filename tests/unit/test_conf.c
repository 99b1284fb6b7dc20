/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include "base/conf.h"
#include "base/file.h"

static const struct conf_key keys[] = {
	{ "target", true, "source", CONF_LIST, "where it comes from" },
	{ "target", true, "enabled", CONF_BOOL, "is it used" },
	{ "store", false, "path", CONF_STRING, "where kernels lie" },
	{ "store", false, "jobs", CONF_NUMBER, "how many at once" },
};

static char *temp, *path;

static int begin(void **state)
{
	unit_begin(state);
	if (file_temp_dir(*state, "test_conf", &temp))
		return -1;
	path = arena_printf(*state, "%s/x.conf", temp);
	return 0;
}

static int end(void **state)
{
	int ret = file_remove_tree(temp);

	return unit_end(state) || ret;
}

static int read_text(struct arena *arena, const char *text, struct conf *conf)
{
	if (file_write(path, slice_of(text), 0644))
		return -1;
	return conf_read(arena, path, keys, ARRAY_SIZE(keys), conf);
}

static void values_come_in_order_with_their_lines(void **state)
{
	struct conf conf;

	assert_ok(read_text(*state,
			    "# a comment\n"
			    "[store]\n"
			    "\tpath = /srv/linux ; mine\n"
			    "\n"
			    "[target \"v6.12\"]\n"
			    "\tsource = one\n"
			    "\tsource = \"two \\\"quoted\\\" # kept\"\n"
			    "[Store] Jobs = 4\n"
			    "[target \"v6.1\"]\n"
			    "\tsource = a \\\n"
			    "\t\tb\n"
			    "\tenabled\n"
			    "[target \"v6.12\"]\n"
			    "\tsource = three\n",
			    &conf));
	assert_int_equal(conf.n, 7);

	static const struct {
		const char *name, *key, *value;
		unsigned int line;
	} want[] = {
		{ NULL, "path", "/srv/linux", 3 },
		{ "v6.12", "source", "one", 6 },
		{ "v6.12", "source", "two \"quoted\" # kept", 7 },
		{ NULL, "jobs", "4", 8 },
		{ "v6.1", "source", "a \t\tb", 10 },
		{ "v6.1", "enabled", NULL, 12 },
		{ "v6.12", "source", "three", 14 },
	};

	for (size_t i = 0; i < conf.n; i++) {
		const struct conf_entry *e = &conf.items[i];

		assert_string_equal(e->key->key, want[i].key);
		assert_int_equal(e->line, want[i].line);
		assert_true(slice_eq(slice_of(e->name), slice_of(want[i].name)));
		assert_int_equal(!e->value, !want[i].value);
		if (e->value)
			assert_string_equal(e->value, want[i].value);
	}
	assert_string_equal(conf_get(&conf, "target", "v6.12", "source"), "three");
	assert_null(conf_get(&conf, "target", "v6.18", "source"));
	assert_string_equal(conf_get(&conf, "store", NULL, "path"), "/srv/linux");
	assert_int_equal(conf_number(&conf, "store", NULL, "jobs", 1), 4);
	assert_true(conf_bool(&conf, "target", "v6.1", "enabled", false));
	assert_true(conf_bool(&conf, "target", "v6.12", "enabled", true));

	struct conf_names names = conf_section_names(*state, &conf, "target");

	assert_int_equal(names.n, 2);
	assert_string_equal(names.items[0], "v6.12");
	assert_string_equal(names.items[1], "v6.1");
}

static void what_is_not_known_is_refused_by_name_and_line(void **state)
{
	static const struct {
		const char *text, *says;
	} bad[] = {
		{ "[target \"v6.12\"]\n\n\tsauce = x\n",
		  "x.conf:3: unknown key 'target.v6.12.sauce' (known: source, enabled)" },
		{ "[shop]\n\tpath = x\n",
		  "x.conf:2: unknown section in 'shop.path' (known: target, store)" },
		{ "[target]\n\tsource = x\n", "x.conf:2: key 'target.source' needs a name" },
		{ "[store \"x\"]\n\tpath = x\n", "x.conf:2: key 'store.x.path' takes no name" },
		{ "[store]\n\tpath = a\n\tpath = b\n",
		  "x.conf:3: 'store.path' is given twice, first in line 2" },
		{ "[store]\n\tpath\n", "x.conf:2: 'store.path' has no value" },
		{ "[store]\n\tjobs = many\n", "x.conf:2: 'store.jobs' is not a number: 'many'" },
		{ "[target \"a\"]\n\tenabled = perhaps\n",
		  "x.conf:2: 'target.a.enabled' is neither true nor false: 'perhaps'" },
		{ "path = x\n", "x.conf:1: " },
		{ "[store\n\tpath = x\n", "x.conf:1: " },
		{ "[store]\n\tpath = \"x\n", "x.conf:2: a quote is not closed" },
		{ "[store]\n\tpath = x\n\t= y\n", "x.conf:3: " },
		{ "[store]\n\tpath = \\q\n", "x.conf" },
	};
	struct conf conf;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_fails(read_text(*state, bad[i].text, &conf), FAIL_USAGE, bad[i].says);
	assert_fails(conf_read(*state, "/no/such.conf", keys, ARRAY_SIZE(keys), &conf), FAIL_USAGE,
		     "/no/such.conf: no such file");
}

static void another_file_is_never_included(void **state)
{
	struct conf conf;

	assert_ok(file_write(arena_printf(*state, "%s/other", temp),
			     SLICE("[store]\n\tpath = stolen\n"), 0644));
	assert_fails(read_text(*state, "[Include]\n\tpath = other\n", &conf), FAIL_USAGE,
		     "x.conf:1: another file cannot be included");
	assert_fails(read_text(*state, "[store] [includeIf \"gitdir:/\"]\n\tpath = other\n", &conf),
		     FAIL_USAGE, "x.conf:1: another file cannot be included");
	assert_fails(read_text(*state, "[include.x]\n\tpath = other\n", &conf), FAIL_USAGE,
		     "x.conf:1: another file cannot be included");
}

static void an_empty_file_has_nothing(void **state)
{
	struct conf conf;

	assert_ok(read_text(*state, "", &conf));
	assert_int_equal(conf.n, 0);
	assert_ok(read_text(*state, "; nothing\n\n[store]\n", &conf));
	assert_int_equal(conf.n, 0);
}

#define with_temp(test) cmocka_unit_test_setup_teardown(test, begin, end)

UNIT_MAIN(with_temp(values_come_in_order_with_their_lines),
	  with_temp(what_is_not_known_is_refused_by_name_and_line),
	  with_temp(another_file_is_never_included), with_temp(an_empty_file_has_nothing))
