/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/aptsources.h"

#include "unit.h"

static const char stanzas[] =
	"Types: deb deb-src\n"
	"# a comment\n"
	"URIs: http://mirror.example/debian http://other.example/debian\n"
	"Suites: bookworm bookworm-updates\n"
	"Components: main contrib\n"
	"Signed-By: /usr/share/keyrings/a.gpg\n"
	"\n"
	"Types: deb\nEnabled: no\nURIs: http://off.example\nSuites: bookworm-security\nComponents: main\n"
	"\n\n"
	"types: deb\nURIS: http://sec.example/debian-security\nSuites: bookworm-security\nComponents: main\n"
	"Signed-By:\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n abc\n -----END PGP PUBLIC KEY BLOCK-----\n"
	"Trusted: yes";

static void stanzas_give_a_site_for_each_suite_of_each_address(void **state)
{
	struct aptsites sites = { 0 };

	aptsources_parse_stanzas(*state, SLICE(stanzas), &sites);
	assert_int_equal(sites.n, 5);
	assert_string_equal(sites.items[0].uri, "http://mirror.example/debian");
	assert_string_equal(sites.items[1].suite, "bookworm-updates");
	assert_string_equal(sites.items[3].uri, "http://other.example/debian");
	assert_string_equal(sites.items[0].signed_by, "/usr/share/keyrings/a.gpg");
	assert_string_equal(sites.items[4].suite, "bookworm-security");
	assert_true(sites.items[4].trusted);
}

static void a_line_gives_a_site_with_its_options(void **state)
{
	static const char list[] =
		"# deb http://no.example x main\n"
		"deb [ arch=amd64 signed-by=/k/a.gpg,/k/b.gpg ] http://m.example/debian bookworm main # why\n"
		"deb-src http://m.example/debian sid main contrib\n"
		"deb http://cut.example\nrpm http://m.example x y\ndeb [never closed http://m x y\n";
	struct aptsites sites = { 0 };

	aptsources_parse_list(*state, SLICE(list), &sites);
	assert_int_equal(sites.n, 2);
	assert_string_equal(sites.items[0].uri, "http://m.example/debian");
	assert_string_equal(sites.items[0].components, "main");
	assert_string_equal(sites.items[0].signed_by, "/k/a.gpg /k/b.gpg");
	assert_string_equal(sites.items[1].suite, "sid");
	assert_string_equal(sites.items[1].components, "main contrib");
	assert_string_equal(sites.items[1].signed_by, "");
}

static void a_suite_is_looked_for_where_its_kind_is(void **state)
{
	struct aptsites sites = { 0 };
	const struct aptsite *site;

	aptsources_parse_list(*state, SLICE("deb http://third.example/x nodistro main\n"), &sites);
	assert_null(aptsites_for(&sites, "trixie", "bookworm"));
	aptsources_parse_stanzas(*state, SLICE(stanzas), &sites);
	site = aptsites_for(&sites, "trixie", "bookworm");
	assert_string_equal(site->uri, "http://mirror.example/debian");
	site = aptsites_for(&sites, "trixie-security", "bookworm");
	assert_string_equal(site->uri, "http://sec.example/debian-security");
	site = aptsites_for(&sites, "bookworm-backports", "bookworm");
	assert_string_equal(site->uri, "http://mirror.example/debian");
	/* A third party's suite only by its own name. */
	assert_string_equal(aptsites_for(&sites, "nodistro", "bookworm")->uri,
			    "http://third.example/x");
	assert_null(aptsites_for(&sites, "trixie", "jammy"));
}

static void a_moving_suite_is_the_distributions_too(void **state)
{
	struct aptsites sites = { 0 };

	aptsources_parse_list(*state, SLICE("deb http://m.example/debian unstable main\n"), &sites);
	assert_string_equal(aptsites_for(&sites, "trixie", "forky")->uri,
			    "http://m.example/debian");
	assert_null(aptsites_for(&sites, "trixie-security", "forky"));
}

static void what_is_written_is_read_again(void **state)
{
	struct aptsites sites = { 0 }, again = { 0 };
	struct text out __free_text = TEXT_INIT;

	aptsources_parse_stanzas(*state, SLICE(stanzas), &sites);
	aptsite_write(&out, &sites.items[4], "deb-src", "trixie-security");
	aptsite_write(&out, &sites.items[0], "deb-src", "trixie");
	aptsources_parse_stanzas(*state, text_slice(&out), &again);
	assert_int_equal(again.n, 2);
	assert_string_equal(again.items[0].uri, sites.items[4].uri);
	assert_string_equal(again.items[0].suite, "trixie-security");
	assert_string_equal(again.items[0].signed_by, sites.items[4].signed_by);
	assert_non_null(strstr(again.items[0].signed_by, "-----END"));
	assert_true(again.items[0].trusted);
	/* Kernels are in main. */
	assert_string_equal(again.items[1].components, "main");
}

UNIT_MAIN(unit(stanzas_give_a_site_for_each_suite_of_each_address),
	  unit(a_line_gives_a_site_with_its_options), unit(a_suite_is_looked_for_where_its_kind_is),
	  unit(a_moving_suite_is_the_distributions_too), unit(what_is_written_is_read_again))
