#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
test_description='the tip of a branch is a target like a release, and never taken for one'
. "${0%/*}/../lib.sh"

make_store
make_workspace
make_machine

rc=v6.12.10-rc1+0123456789ab
queue=v6.1.5+queue.fedcba987654

# Put DIR under refs/series/tip/ as NAME, version V.
add_tip() {
	add_kernel "$2" "$3" && lib_git update-ref "refs/series/tip/$1" "refs/series/kernel/$2" &&
	lib_git update-ref -d "refs/series/kernel/$2"
}

test_expect_success 'tips are put where series ci puts them' '
	kernel_files v6.12.3 tip && add_tip $rc v6.12.10 tip &&
	kernel_files v6.1.5 tip && add_tip $queue v6.1.6 tip
'

test_expect_success 'apply ports onto a tip, and makes a ref for it alone' '
	series -C ws apply $rc >out && grep "^ *$rc " out &&
	lib_git rev-parse "refs/series/demo/$rc" && ! lib_git rev-parse -q --verify refs/series/demo/v6.12 &&
	series -C ws apply $queue >out && grep "^ *$queue " out && grep "1/2 *~ " out
'

test_expect_success 'the branch is its newest release, never a tip' '
	series -C ws apply v6.12 >out && grep "^ *v6.12.9 " out && ! grep rc1 out &&
	series -C ws apply v6.1 >out && grep "^ *v6.1.5 " out
'

test_expect_success 'a tip is built, booted and tested, and its results are its own' '
	test_expect_code 0 series -C ws test $rc >out && grep "$rc" out && grep -i "ok" out &&
	series -C ws status $rc >out && grep "$rc" out &&
	series -C ws test --json $rc >json && test "$(json ".targets[0].target" json)" = $rc
'

test_expect_success 'what the matrix says of a branch holds for its tips' '
	series -C ws test --list $rc >out && grep "^ *other" out &&
	series -C ws test --list $queue >out && ! grep "^ *other.*$queue" out
'

test_expect_success 'bounds of a patch are those of the version that a tip has' '
	cp ws/series/demo/series.conf conf &&
	sed -i "/0002/a\\	until = v6.12\\n\\trange-why = gone" ws/series/demo/series.conf &&
	series -C ws apply $rc >out && ! grep "n/a" out &&
	cp conf ws/series/demo/series.conf &&
	sed -i "/0002/a\\	until = v6.6\\n\\trange-why = gone" ws/series/demo/series.conf &&
	series -C ws apply $rc >out && grep "n/a" out && cp conf ws/series/demo/series.conf
'

test_expect_success 'a backport recorded for the branch is found for its tips' '
	old=v5.10.8-rc1+aaaaaaaaaaaa && kernel_files v5.10.7 tip && add_tip $old v5.10.8 tip &&
	test_expect_code 3 series -C ws resolve v5.10 >out && dir=ws/build/resolve/demo/v5.10.7 &&
	sed "s/	return sum;/	demo_count++;\\
	return demo_clamp(sum);/" tip/lib/demo.c >$dir/work/lib/demo.c &&
	series -C ws resolve v5.10 --continue --note "a variable holds the sum" >out &&
	series -C ws apply $old >out && grep "1/2 *H " out
'

test_expect_success 'mails for it have the prefix of the branch' '
	series -C ws apply $rc >/dev/null && series -C ws export -o mails $rc >list && grep -r "^Subject: \[PATCH 6.12.y 1/2\]" mails
'

test_expect_success 'a report can be made of it' '
	series -C ws report --html report $rc >out && grep "$rc" out && grep "$rc" report/index.html
'

test_expect_success 'fetch and a store without it say what it is' '
	test_expect_code 2 series -C ws fetch v6.1.9-rc1+000000000000 2>err && grep "tip of a branch" err &&
	test_expect_code 2 series -C ws apply v6.1.9-rc1+000000000000 2>err && grep "tips of branches come and go" err
'

test_expect_success 'tag names that only look like a tip are no kernels' '
	lib_git tag v6.12.99+evil refs/series/kernel/v6.12.3 && series -C ws apply v6.12 >out && grep "^ *v6.12.9 " out
'

test_done
