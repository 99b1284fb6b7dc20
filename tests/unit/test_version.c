/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include "patch/version.h"

static struct version parsed(const char *s)
{
	struct version v;

	if (!version_parse(slice_of(s), &v))
		fail_msg("%s is a version", s);
	return v;
}

static void versions_are_read(void **state)
{
	struct version v = parsed("v6.12.73");

	(void)state;
	assert_int_equal(v.major, 6);
	assert_int_equal(v.minor, 12);
	assert_int_equal(v.patch, 73);
	assert_int_equal(v.rc, 0);
	v = parsed("7.1-rc3");
	assert_int_equal(v.patch, -1);
	assert_int_equal(v.rc, 3);
	v = parsed("6.12.74-rc1");
	assert_int_equal(v.patch, 74);
	assert_int_equal(v.rc, 1);
	assert_int_equal(parsed("v6.12.0").patch, 0);
}

static void what_is_no_version_is_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"v",
		"6",
		"v6",
		"v6.",
		"v6.x",
		"v.12",
		"v6.12.",
		"v6.12-dirty",
		"v6.12-rc",
		"v6.12-rc0",
		"v6.12-rc1x",
		"V6.12",
		"vv6.12",
		" v6.12",
		"v6.12 ",
		"v6.12.1.2",
		"v06.12",
		"v6.012",
		"v-6.12",
		"v6.99999999999999999999",
		"v6.100000",
		"v6.12\n",
		"v6.12+",
		"v6.12+.a",
		"v6.12+a..b",
		"v6.12+a.",
		"v6.12+A",
		"v6.12+a/b",
		"v6.12+a b",
		"v6.12+a+b",
		"v6.12+a.lock",
		"v6.12+0123456789012345678901234567890123456789012345678901234567890123456",
	};
	struct version v;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (version_parse(slice_of(bad[i]), &v))
			fail_msg("\"%s\" was taken for a version", bad[i]);
}

static void versions_are_in_the_order_of_their_releases(void **state)
{
	static const char *const order[] = {
		"5.10.262", "6.1",	  "6.1.187", "6.9",    "6.12-rc1", "6.12-rc10",
		"6.12",	    "6.12.1-rc1", "6.12.1",  "6.12.9", "6.12.73",  "6.12.107",
		"6.18",	    "7.0-rc7",	  "7.0",     "7.1.3",  "10.0",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(order); i++)
		for (size_t j = 0; j < ARRAY_SIZE(order); j++) {
			struct version a = parsed(order[i]), b = parsed(order[j]);
			int c = version_cmp(&a, &b);

			if ((c > 0) - (c < 0) != (i > j) - (i < j))
				fail_msg("%s against %s: %d", order[i], order[j], c);
		}
}

static void a_branch_has_its_releases_and_no_candidates(void **state)
{
	struct version branch = parsed("v6.12"), v;

	(void)state;
	v = parsed("6.12");
	assert_true(version_in(&v, &branch));
	v = parsed("6.12.73");
	assert_true(version_in(&v, &branch));
	v = parsed("6.1.73");
	assert_false(version_in(&v, &branch));
	v = parsed("6.12.74-rc1");
	assert_false(version_in(&v, &branch));
}

static void a_candidate_for_a_release_belongs_to_its_branch(void **state)
{
	struct version branch = parsed("v6.12"), v;

	(void)state;
	v = parsed("6.12.74-rc1");
	assert_true(version_belongs(&v, &branch));
	v = parsed("v6.12.74-rc1+0123456789ab");
	assert_true(version_belongs(&v, &branch));
	v = parsed("6.12.74");
	assert_true(version_belongs(&v, &branch));
	v = parsed("6.12-rc1");
	assert_false(version_belongs(&v, &branch));
	v = parsed("6.1.74");
	assert_false(version_belongs(&v, &branch));
}

static void the_name_of_a_tip_says_its_version_and_is_no_release(void **state)
{
	struct version v = parsed("v6.1.188-rc1+0123456789ab"), plain;

	(void)state;
	assert_int_equal(v.patch, 188);
	assert_int_equal(v.rc, 1);
	assert_int_equal(parsed("v6.1.187+queue.0123456789ab").patch, 187);
	assert_true(version_is_tip(slice_of("v6.1.187+queue.0123456789ab")));
	assert_false(version_is_tip(slice_of("v6.1.187")));
	assert_false(version_is_tip(slice_of("linux+x")));
	assert_false(version_parse_plain(slice_of("v6.1.188-rc1+0123456789ab"), &plain));
	assert_true(version_parse_plain(slice_of("v6.1.188-rc1"), &plain));
}

static void names_are_read_back(void **state)
{
	static const char *const names[] = { "v6.12.73", "v6.12", "v7.1-rc3", "v6.12.74-rc1" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct version v = parsed(names[i]);

		assert_string_equal(version_name(*state, &v), names[i]);
	}

	struct version v = parsed("6.12.73");

	assert_string_equal(version_branch(*state, &v), "6.12.y");
}

static void a_makefile_says_its_version(void **state)
{
	struct version v;

	(void)state;
	assert_true(version_of_makefile(
		slice_of("# x\nVERSION = 6\nPATCHLEVEL = 1\nSUBLEVEL = 187\nEXTRAVERSION =\n"),
		&v));
	assert_int_equal(v.major, 6);
	assert_int_equal(v.minor, 1);
	assert_int_equal(v.patch, 187);
	assert_false(version_of_makefile(slice_of("VERSION = 6\nPATCHLEVEL = 1\n"), &v));
	assert_false(
		version_of_makefile(slice_of("VERSION = 6\nPATCHLEVEL = x\nSUBLEVEL = 1\n"), &v));
	assert_false(version_of_makefile(slice_of("all:\n"), &v));
}

UNIT_MAIN(unit(versions_are_read), unit(what_is_no_version_is_refused),
	  unit(versions_are_in_the_order_of_their_releases),
	  unit(a_candidate_for_a_release_belongs_to_its_branch),
	  unit(the_name_of_a_tip_says_its_version_and_is_no_release),
	  unit(a_branch_has_its_releases_and_no_candidates), unit(names_are_read_back),
	  unit(a_makefile_says_its_version))
