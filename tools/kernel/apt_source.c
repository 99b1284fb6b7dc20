/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Kernels of the distribution: the pristine upstream tarball that its source package `linux`
 * carries ("orig"), in any suite that apt can reach, and the binary packages linux-source-X, which
 * hold a tree with the distribution's patches on top. Of a branch the newest that the lists have is
 * taken; where its file is gone from the archive (lists and files move apart), the next older ones
 * are tried.
 */
#define _GNU_SOURCE
#include "kernel/fetch.h"

#include "base/fail.h"
#include "kernel/apt.h"
#include "kernel/intake.h"
#include "kernel/tarball.h"

#define SOURCE_PACKAGE_NAME "linux"
#define TRIES_MAX 16

/* A version of the archive that would do. */
struct offer {
	struct version version;
	char *full; /* "6.12.73-1~bpo12+1" */
};

struct offers {
	struct offer *items; /* newest kernel first, in apt's order within one */
	size_t n, cap;
};

/* The kernel's own version in a package's: "1:6.12~rc3-1~exp1" is 6.12-rc3. */
static bool upstream_of(struct arena *arena, const char *full, struct version *version)
{
	struct slice s = slice_of(full);
	const char *p = memchr(s.p, ':', s.n);
	char *plain, *rc;

	if (p)
		s = slice_skip(s, (size_t)(p - s.p) + 1);
	p = memrchr(s.p, '-', s.n);
	if (p)
		s.n = (size_t)(p - s.p);
	plain = slice_str(arena, s);
	rc = strstr(plain, "~rc");
	if (rc)
		*rc = '-';
	return version_parse_plain(slice_of(plain), version);
}

static int newest_first(const void *a, const void *b)
{
	const struct offer *oa = a, *ob = b;
	int order = version_cmp(&ob->version, &oa->version);

	/*
	 * qsort() is not stable: keep it so, later in the list first, which is the later revision
	 * mostly.
	 */
	return order ? order : strverscmp(ob->full, oa->full);
}

static struct offers offers_of(struct arena *arena, const struct apt_versions *versions,
			       const struct version *want)
{
	struct offers offers = { 0 };

	for (size_t i = 0; i < versions->n; i++) {
		struct version version;

		if (!upstream_of(arena, versions->items[i], &version) ||
		    !intake_wanted(&version, want))
			continue;
		/* A release candidate only for who asks for that one. */
		if (version.rc && (!want || !want->rc))
			continue;
		*arena_push(arena, &offers) = (struct offer){ version, versions->items[i] };
	}
	if (offers.n)
		qsort(offers.items, offers.n, sizeof(*offers.items), newest_first);
	return offers;
}

/* Where each kind of source differs. */
struct kind {
	int (*versions)(struct apt *apt, const char *name, struct apt_versions *versions);
	int (*download)(struct apt *apt, const char *name, const char *version,
			struct apt_file *file);
	const char *word, *remark;
	bool member; /* the tar stands inside a package */
};

static const struct kind orig_kind = { apt_source_versions, apt_download_orig, "orig", "", false };
static const struct kind package_kind = { apt_package_versions, apt_download_package, "package",
					  " with the distribution's patches", true };

static int take_download(struct arena *arena, const struct source_ask *ask, const struct kind *kind,
			 const char *name, const struct offer *offer, const struct apt_file *file,
			 struct fetch_answer *answer)
{
	struct tarball_answer taken;
	struct tarball_ask tarball = {
		.repo = ask->repo,
		.path = file->path,
		.member = kind->member ? arena_printf(arena, "./usr/src/%s.tar", name) : NULL,
		.from = arena_printf(arena, "%s %s %s%s", kind->word, name, offer->full,
				     kind->remark),
		.sha256 = file->sha256,
		.want = &offer->version,
		.title = version_name(arena, &offer->version),
		.progress = ask->progress,
	};
	int failed = tarball_take(arena, &tarball, &taken);

	/* What was only interrupted need not be downloaded again. */
	if (!failed || fail_kind() != FAIL_INTERRUPTED)
		unlink(file->path);
	if (failed)
		return -1;
	*answer = (struct fetch_answer){
		.kernel = taken.kernel,
		.from = taken.had ? taken.had_from : arena_strdup(arena, tarball.from),
		.had = taken.had,
		.objects = taken.objects,
		.bytes = taken.bytes,
	};
	return 0;
}

/* 1 taken, 0 the archive does not give the file (the message says why), -1. */
static int take_offer(struct arena *arena, const struct source_ask *ask, struct apt *apt,
		      const struct kind *kind, const char *name, const struct offer *offer,
		      struct fetch_answer *answer)
{
	struct apt_file file;
	int known = intake_known(ask->repo, arena, version_name(arena, &offer->version),
				 &answer->kernel, &answer->from);

	answer->had = known > 0;
	if (known)
		return known;
	if (kind->download(apt, name, offer->full, &file))
		return fail_kind() == FAIL_INFRA ? 0 : -1;
	return take_download(arena, ask, kind, name, offer, &file, answer) ? -1 : 1;
}

/* The same outcomes. */
static int take_offers(struct arena *arena, const struct source_ask *ask, struct apt *apt,
		       const struct kind *kind, const char *name, const struct offers *offers,
		       struct fetch_answer *answer)
{
	struct version last = { 0 };
	size_t tries = 0;

	for (size_t i = 0; i < offers->n && tries < TRIES_MAX; i++) {
		const struct offer *offer = &offers->items[i];
		int got;

		/* Another revision of the same kernel has the same upstream tarball. */
		if (i && !kind->member && !version_cmp(&last, &offer->version))
			continue;
		last = offer->version;
		tries++;
		got = take_offer(arena, ask, apt, kind, name, offer, answer);
		if (got)
			return got;
	}
	return 0;
}

static int fail_none(const struct apt *apt, const struct source_ask *ask)
{
	const char *why = apt_complaint(apt);

	return fail("no %s there%s%s%s", ask->name, *why ? " (" : "", why, *why ? ")" : "");
}

static struct offers offers_there(struct arena *arena, const struct source_ask *ask,
				  struct apt *apt, const struct kind *kind, const char *name,
				  int *failed)
{
	struct apt_versions versions;

	*failed = kind->versions(apt, name, &versions);
	return *failed ? (struct offers){ 0 } : offers_of(arena, &versions, ask->want);
}

static bool is_exact(const struct version *want)
{
	return want && (want->patch >= 0 || want->rc);
}

int orig_source(struct arena *arena, const struct source_ask *ask, struct fetch_answer *answer)
{
	struct apt *apt __free(apt) = apt_new(arena, ask->cache, ask->progress);
	struct offers offers = { 0 };
	int failed = 0;

	if (!apt || apt_use(apt, "deb-src", ask->value))
		return -1;
	/*
	 * The lists of the last time do for a release that is in them; what is newest only the
	 * archive knows.
	 */
	if (is_exact(ask->want))
		offers = offers_there(arena, ask, apt, &orig_kind, SOURCE_PACKAGE_NAME, &failed);
	if (!failed && !offers.n) {
		if (apt_update(apt))
			return -1;
		offers = offers_there(arena, ask, apt, &orig_kind, SOURCE_PACKAGE_NAME, &failed);
	}
	if (failed)
		return -1;
	if (!offers.n)
		return fail_none(apt, ask);
	return take_offers(arena, ask, apt, &orig_kind, SOURCE_PACKAGE_NAME, &offers, answer) > 0 ?
		       0 :
		       -1;
}

int package_source(struct arena *arena, const struct source_ask *ask, struct fetch_answer *answer)
{
	struct apt *apt __free(apt) = apt_new(arena, ask->cache, ask->progress);
	struct offers offers;
	const char *suites;
	int failed, taken;

	if (!apt)
		return -1;
	/* The machine's own lists first: they are mostly there and cost nothing. */
	offers = offers_there(arena, ask, apt, &package_kind, ask->value, &failed);
	if (failed)
		return -1;
	taken = take_offers(arena, ask, apt, &package_kind, ask->value, &offers, answer);
	if (taken)
		return taken < 0 ? -1 : 0;
	suites = apt_own_suites(apt);
	if (!*suites)
		return offers.n ? -1 : fail_none(apt, ask);
	if (apt_use(apt, "deb", suites) || apt_update(apt))
		return -1;
	offers = offers_there(arena, ask, apt, &package_kind, ask->value, &failed);
	if (failed)
		return -1;
	if (!offers.n)
		return fail_none(apt, ask);
	return take_offers(arena, ask, apt, &package_kind, ask->value, &offers, answer) > 0 ? 0 :
											      -1;
}
