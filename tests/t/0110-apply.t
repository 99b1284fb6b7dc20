#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
test_description='apply lands the series, all refs at once, and says what differs'
. "${0%/*}/../lib.sh"

make_store
make_workspace
refs() {
	lib_git for-each-ref --format='%(refname) %(objectname)'
}
objects() {
	lib_git count-objects -v
}

test_expect_success 'a dry run says what would be and writes nothing' '
	refs >before && objects >objects.before &&
	series -C ws apply --dry-run v6.12.3 >out && grep "Dry run" out &&
	refs >after && objects >objects.after &&
	test_cmp before after && test_cmp objects.before objects.after
'

test_expect_success 'a series that fits lands as it is, with the upstream line and the sign-off' '
	series -C ws apply v6.12.3 >out &&
	grep "1/2 *= " out && grep "2/2 *= " out && grep "series/demo/v6.12.3 *new" out &&
	lib_git log -1 --format=%B series/demo/v6.12.3~1 >message &&
	grep "^\[ Upstream commit d0ad1b05bbe6f8da159a4dfb6692b3b7ce30ccc8 \]\$" message &&
	grep "^Signed-off-by: C O Mitter <committer@example.org>\$" message &&
	kernel_files v6.12.9 k &&
	file_of series/demo/v6.12.3~1 lib/demo.c >got && test_cmp k/lib/demo.c got
'

test_expect_success 'the branch that it names is one that git knows' '
	branch=$(sed -n "s/.* \(series\/demo\/v6.12.3\) .*/\1/p" out | head -n 1) &&
	lib_git log --oneline series/kernel/v6.12.3.."$branch" >log &&
	test $(wc -l <log) = 2
'

test_expect_success 'applied again, nothing changes' '
	refs >before &&
	series -C ws apply v6.12.3 >out && grep "Nothing changed" out && grep "unchanged" out &&
	refs >after && test_cmp before after
'

test_expect_success 'a branch stands for its newest release, which has patch 1 already' '
	series -C ws apply v6.12 >out &&
	grep "v6.12.9" out && grep "1/2 *U " out && grep "2/2 *= " out &&
	lib_git rev-parse series/demo/v6.12 series/demo/v6.12.9 | uniq >ids && test $(wc -l <ids) = 1
'

test_expect_success 'named twice, it is ported once, and the branch moves too' '
	lib_git update-ref -d refs/series/demo/v6.12 &&
	series -C ws apply --json v6.12.9 v6.12 >out.json && test "$(json ".targets | length" out.json)" = 1 &&
	lib_git rev-parse --verify series/demo/v6.12
'

test_expect_success 'what was adapted is said, and stands in the message' '
	series -C ws apply v6.1 >out && grep "What differs from upstream" out &&
	lib_git log -1 --format=%B series/demo/v6.1.5~1 >message &&
	sed -n "/^Signed-off-by: A U Thor/,\$p" message | grep "^\[ .* \]\$"
'

test_expect_success 'a conflict exits with 3 and says how to decide; the other targets land' '
	lib_git update-ref -d refs/series/demo/v6.12.9 &&
	test_expect_code 3 series -C ws apply v5.10 v6.12.9 >out &&
	grep "Conflict on v5.10.7" out && grep "Landed on v6.12.9" out &&
	grep "series -C ws resolve v5.10.7" out &&
	lib_git rev-parse --verify series/demo/v6.12.9 &&
	test_must_fail lib_git rev-parse --verify -q series/demo/v5.10.7
'

test_expect_success 'v6.x is every v6 target, in order' '
	series -C ws apply v6.x --json >out.json &&
	json ".targets[].target" out.json >got && printf "%s\n" v6.1.5 v6.12.9 >want && test_cmp want got
'

test_expect_success 'explain gives each hunk with its place and evidence' '
	test_expect_code 3 series -C ws apply -n --explain v6.12.3 v5.10 >out &&
	grep "lib/demo.c:[0-9]*  hunk 1" out &&
	test $(grep -c "hunk 1" out) -ge 3
'

test_expect_success 'JSON has every key that is promised, and the ids that git has' '
	test_expect_code 3 series -C ws apply --json v6.12.3 v5.10 >out.json &&
	json ".version" out.json >got && echo 1 >want && test_cmp want got &&
	json ".series" out.json >got && echo demo >want && test_cmp want got &&
	json ".targets[0] | .target, .ref, .commit" out.json >got &&
	{ echo v6.12.3 && echo refs/series/demo/v6.12.3 && lib_git rev-parse series/demo/v6.12.3; } >want &&
	test_cmp want got &&
	json ".targets[0].patches | map(.number, .subject, .mark, .hunks[0].file, .hunks[0].mark)[]" out.json >got &&
	cat >want <<-\END &&
	1
	demo: count and clamp what is added
	=
	lib/demo.c
	=
	2
	demo: twice
	=
	lib/demo.c
	=
	END
	test_cmp want got &&
	json ".targets[0].patches[1].commit" out.json >got &&
	lib_git rev-parse series/demo/v6.12.3 >want && test_cmp want got &&
	json ".targets[1].patches[0].hunks[0].evidence | length > 0" out.json &&
	jq -e ".targets[1] | .ref == null and .commit == null and .patches[0].mark == \"X\"" out.json
'

test_expect_success 'without a name and an address of git there is no sign-off, and that is said' '
	(
		unset GIT_COMMITTER_NAME GIT_COMMITTER_EMAIL
		lib_git update-ref -d refs/series/demo/v6.12.3 &&
		series -C ws apply v6.12.3 2>err
	) && grep "no Signed-off-by" err &&
	lib_git log -1 --format=%B series/demo/v6.12.3 >message &&
	test $(grep -c ^Signed-off-by: message) = 1
'

test_expect_success 'they are taken from the configuration of git' '
	(
		unset GIT_COMMITTER_NAME GIT_COMMITTER_EMAIL
		lib_git config user.name "Nom de Plume" && lib_git config user.email nom@example.org &&
		series -C ws apply v6.12.3 >out && grep "moved" out
	) &&
	lib_git log -1 --format="%B%cn" series/demo/v6.12.3 >message &&
	grep "Signed-off-by: Nom de Plume <nom@example.org>" message && grep "^Nom de Plume\$" message
'

test_expect_success 'a clone is used as it is: only refs/series/ changes' '
	git clone -q "$SERIES_STORE" clone 2>err &&
	git -C clone fetch -q origin "refs/series/kernel/*:refs/tags/*" &&
	git -C clone checkout -q -b mine v6.12.3 && echo change >>clone/lib/demo.c && echo new >clone/new &&
	state() {
		git -C clone status --porcelain=v2 --branch && git -C clone for-each-ref refs/heads refs/tags refs/remotes &&
		cat clone/.git/config clone/.git/HEAD
	} &&
	state >before && series -C ws --store clone apply v6.12.3 >out && state >after &&
	test_cmp before after &&
	git -C clone rev-parse --verify series/demo/v6.12.3 &&
	test -z "$(git -C clone fsck 2>&1 | grep -v dangling)"
'

test_expect_success 'a series on a branch or commit of the store' '
	git -C clone branch topic v6.12.3 &&
	series -C ws --store clone apply topic >out && grep "series/demo/topic" out &&
	series -C ws --store clone apply "$(git -C clone rev-parse v6.12.3)" >out && grep "Landed" out
'

test_done
