#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
test_description='series ci sees what its sources do: new, rewritten, gone, out of reach'
. "${0%/*}/../lib.sh"

make_store
make_workspace
make_machine
make_ci

files() {
	rm -rf k && kernel_files "$1" k
}

# What the journal saw of KIND, the newest first.
events() {
	series -C ws ci log --json | jq -r ".events[] | select(.kind == \"$1\") | .subject + \" \" + .text"
}

test_expect_success 'what is out and what is coming is found, each under its line' '
	files v6.12.3 && release v6.12.10 k && files v6.1.5 && release v6.1.6 k &&
	files v6.12.3 && echo "/* rc */" >>k/lib/demo.c && branch_tip linux-6.12.y v6.12.11-rc1 k &&
	files v6.1.5 && echo "/* next */" >>k/lib/demo.c && branch_tip queue/6.1 v6.1.6 k &&
	test_might_fail series -C ws ci >out 2>err && cat out err &&
	lib_git rev-parse refs/series/kernel/v6.12.10 refs/series/kernel/v6.1.6 &&
	lib_git for-each-ref --format="%(refname:lstrip=3)" refs/series/tip >tips &&
	grep "^v6.12.11-rc1+[0-9a-f]\{12\}$" tips && grep "^v6.1.6+queue.[0-9a-f]\{12\}$" tips && test $(wc -l <tips) = 2
'

test_expect_success 'a tick that sees nothing new writes nothing but its journal' '
	find "$SERIES_STORE" .cache -type f ! -name "*.lock" -printf "%p %s\n" | sort >before && series -C ws ci >out 2>&1 && test_must_be_empty out &&
	find "$SERIES_STORE" .cache -type f ! -name "*.lock" -printf "%p %s\n" | sort >after && test_cmp before after
'

test_expect_success 'a candidate that is rewritten is followed, without alarm, and the tree before it is pinned' '
	files v6.12.3 && echo "/* rc, again */" >>k/lib/demo.c && branch_tip linux-6.12.y v6.12.11-rc1 k &&
	series -C ws ci >out && cat out && grep "6.12.y-rc *v6.12.11-rc1+$(echo "$lib_commit" | cut -c 1-12)" out &&
	events rewritten >seen && cat seen && test $(wc -l <seen) = 1 && grep "^6.12.y-rc linux-6.12.y was rewritten" seen &&
	while read -r tip; do
		lib_git rev-parse "refs/series/tip/$tip" || return 1
	done <tips
'

test_expect_success 'a tag that is rewritten or gone is an alarm, and the tree that was there stays what is tested' '
	lib_git rev-parse refs/series/kernel/v6.1.6 refs/series/kernel/v6.12.10 >before &&
	files v6.1.5 && echo "/* evil */" >>k/lib/demo.c && release v6.1.6 k && git --git-dir=remote.git update-ref -d refs/tags/v6.12.10 &&
	{ test_might_fail series -C ws ci >out; } && { test_might_fail series -C ws ci >out2; } && cat out out2 &&
	lib_git rev-parse refs/series/kernel/v6.1.6 refs/series/kernel/v6.12.10 >after && test_cmp before after &&
	events rewritten >seen && cat seen && test $(wc -l <seen) = 2 && head -n 1 seen | grep "^6.1.y v6.1.6 was .* the tree of the first is kept" &&
	events gone >seen && cat seen && test $(wc -l <seen) = 1 && grep "^6.12.y v6.12.10 is not at" seen &&
	series -C ws ci --plan --json >plan && json ".. | objects | select(.alarm? == true) | .why" plan >alarms && cat alarms &&
	grep "v6.1.6 was rewritten at its source" alarms && grep "v6.12.10 is not at its source any more" alarms &&
	grep -r "v6.1.6 was rewritten at its source" mails
'

test_expect_success 'a tag that lies is refused, and holds up nobody' '
	files v6.12.3 && release v6.12.12 k && git --git-dir=remote.git tag -f v6.12.13 v6.12.12 && release v6.12.10 k &&
	files v6.1.5 && release v6.1.7 k && { test_might_fail series -C ws ci >out; } && cat out &&
	grep "6.12.y *v6.12.12 " out && grep "6.1.y *v6.1.7 " out &&
	events refused >seen && test $(wc -l <seen) = 1 && grep "the Makefile of v6.12.13 says v6.12.12" seen
'

test_expect_success 'what has been released is no candidate any more, and an empty queue nothing to test' '
	files v6.12.3 && echo "/* rc, again */" >>k/lib/demo.c && branch_tip linux-6.12.y v6.12.12-rc1 k && files v6.1.5 && branch_tip queue/6.1 v6.1.7 k &&
	{ test_might_fail series -C ws ci >out; } && series -C ws ci --plan >plan && cat plan && ! grep "v6.12.12-rc1+" plan
'

test_expect_success 'no network: the kernels of the store stay, it is said once, and said again when it is over' '
	mv remote.git away && { test_might_fail series -C ws ci >out; } && { test_might_fail series -C ws ci >out2; } && cat out out2 &&
	events unreachable >seen && cat seen && test $(wc -l <seen) = 1 && grep "^stable .*remote.git" seen &&
	mv away remote.git && { test_might_fail series -C ws ci >out; } && events reached >seen && test $(wc -l <seen) = 1
'

test_expect_success 'a remote that would start a program is refused before anything is asked' '
	cp ws/ci/ci.conf conf && sed "s,url = .*/rc.git,url = ext::sh -c touch% evil," conf >ws/ci/ci.conf &&
	test_expect_code 4 series -C ws ci 2>err && grep "ci/ci.conf:[0-9]*: .*refusing the git transport" err && ! test -e evil &&
	sed "s,url = .*/rc.git,url = --upload-pack=touch evil," conf >ws/ci/ci.conf &&
	test_expect_code 2 series -C ws ci 2>err && grep "ci.conf:[0-9]*:" err && ! test -e evil && cp conf ws/ci/ci.conf
'

test_expect_success 'nothing of a fetch is left behind, and the store is whole' '
	! test -e .cache/series/scratch.git && lib_git fsck --strict 2>&1 && test -z "$(find "$SERIES_STORE" -name "tmp_*")"
'

test_done
