#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
test_description='bad input gives one clear line and the exit code of its kind, and nothing is written'
. "${0%/*}/../lib.sh"

make_store
make_workspace
cp -r ws ws.good

# refused CODE WORDS COMMAND...: it exits with CODE, says WORDS in one line, prints nothing, changes nothing.
refused() {
	code=$1 words=$2
	shift 2
	lib_git for-each-ref >refs.before && lib_git count-objects -v >objects.before &&
	find ws -type f -exec sha1sum {} + | sort >files.before &&
	test_expect_code "$code" "$@" >out 2>err &&
	cat err &&
	test $(wc -l <err) = 1 && grep -q -e "$words" err && ! test -s out &&
	find ws -type f -exec sha1sum {} + | sort >files.after &&
	lib_git for-each-ref >refs.after && lib_git count-objects -v >objects.after &&
	test_cmp refs.before refs.after && test_cmp objects.before objects.after &&
	test_cmp files.before files.after
}
fresh() {
	rm -rf ws && cp -r ws.good ws
}

test_expect_success 'an unknown target' '
	refused 2 "unknown target .nonsense.*configured: v5.10 v6.1 v6.12" series -C ws apply nonsense
'

test_expect_success 'a version that the store lacks: what to fetch' '
	refused 2 "series fetch v6.12.99" series -C ws apply v6.12.99 &&
	refused 2 "v8" series -C ws apply v8.x
'

test_expect_success 'one bad target of several: the good ones are not touched either' '
	refused 2 "unknown target" series -C ws apply v6.12.3 nonsense
'

test_expect_success 'an unknown key of series.conf is named, with its file' '
	test_when_finished fresh && echo "	upstraem = 0" >>ws/series/demo/series.conf &&
	refused 2 "series.conf.*upstraem" series -C ws apply v6.12.3
'

test_expect_success 'an unknown key of targets.conf is named, with its file' '
	test_when_finished fresh && echo "	sauce = tarball x" >>ws/ci/targets.conf &&
	refused 2 "targets.conf.*sauce" series -C ws apply v6.12.3
'

test_expect_success 'a malformed patch: file and line' '
	test_when_finished fresh && sed -i "/^+	demo_count++;/d" ws/series/demo/0001-*.patch &&
	refused 2 "0001-.*line [0-9]*" series -C ws apply v6.12.3
'

test_expect_success 'a patch that the series names and that is not there' '
	test_when_finished fresh && rm ws/series/demo/0002-*.patch &&
	refused 2 "0002-" series -C ws apply v6.12.3
'

test_expect_success 'a path that leads out of the tree is refused on purpose' '
	test_when_finished fresh && sed -i "s,b/lib/demo.c,b/../../etc/passwd,g" ws/series/demo/0001-*.patch &&
	refused 4 "passwd" series -C ws apply v6.12.3
'

test_expect_success 'a store that is no repository, and one that is not there' '
	mkdir -p none && refused 2 "none.*git init --bare" series -C ws --store "$PWD/none" apply v6.12.3 &&
	refused 2 "missing" series -C ws --store "$PWD/missing" apply v6.12.3 && ! test -e missing
'

# Only root can give a repository away.
[ "$(id -u)" = 0 ] && test_set_prereq ROOT
test_expect_success ROOT 'a store of another user: how to allow it' '
	git init -q --bare theirs.git && chown -R 65534 theirs.git &&
	refused 4 "theirs.git belongs to another user.*safe.directory" \
		env HOME=/nonexistent "$SERIES" -C ws --store theirs.git apply v6.12.3
'

test_expect_success 'no store at all: how to get one' '
	no_store() { (unset SERIES_STORE && series "$@"); } &&
	refused 2 "series fetch" no_store -C ws apply v6.12.3
'

test_expect_success 'an object that the store lost' '
	cp -r store.git damaged.git &&
	blob=$(lib_git rev-parse series/kernel/v6.12.3:lib/demo.c) &&
	rm -f damaged.git/objects/$(echo $blob | sed "s,^..,&/,") &&
	refused 125 "demo.c) is not in" series -C ws --store "$PWD/damaged.git" apply v6.12.3 &&
	test -z "$(git --git-dir=damaged.git for-each-ref refs/series/demo)"
'

test_expect_success 'a tree that the store lost' '
	cp -r store.git damaged2.git &&
	tree=$(lib_git rev-parse series/kernel/v6.12.3:lib) &&
	rm -f damaged2.git/objects/$(echo $tree | sed "s,^..,&/,") &&
	refused 125 "lib" series -C ws --store "$PWD/damaged2.git" apply v6.12.3
'

test_expect_success 'a folder that is no workspace' '
	refused 2 "no workspace" series apply v6.12.3 &&
	refused 2 "nowhere" series -C nowhere apply v6.12.3
'

test_expect_success 'a malformed record of a backport: its file' '
	test_when_finished fresh && mkdir -p ws/backports/demo/v6.12 &&
	sed "/^+	demo_count++;/d" ws/series/demo/0001-*.patch \
		>ws/backports/demo/v6.12/0001-demo-count-and-clamp-what-is-added.patch &&
	refused 2 "backports/demo/v6.12/0001" series -C ws apply v6.12.3
'

test_expect_success 'a semantic patch is needed and no spatch is installed: how to get it' '
	test_when_finished fresh && mkdir -p empty &&
	lib_rule ws &&
	no_spatch() { PATH=$PWD/empty "$SERIES" "$@"; } &&
	refused 125 "coccinelle" no_spatch -C ws apply v5.10
'

test_expect_success 'a ref that someone else moved meanwhile: busy, nothing moved' '
	: >store.git/refs/series/demo.lock &&
	mkdir -p store.git/refs/series/demo && : >store.git/refs/series/demo/v6.12.3.lock &&
	test_expect_code 75 series -C ws apply v6.12.3 v6.12.9 2>err && cat err && test $(wc -l <err) = 1 &&
	rm store.git/refs/series/demo.lock store.git/refs/series/demo/v6.12.3.lock &&
	test -z "$(lib_git for-each-ref refs/series/demo)"
'

test_expect_success 'a full disk under standard output is a failure' '
	test_expect_code 125 series -C ws list >/dev/full
'

test_done
