#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
test_description='resolve opens a conflict for a person and records the answer'
. "${0%/*}/../lib.sh"

make_store
make_workspace
dir=ws/build/resolve/demo/v5.10.7

test_expect_success 'nothing is opened where nothing conflicts' '
	series -C ws resolve v6.12.3 >out && grep "Nothing to decide" out && ! test -e ws/build
'

test_expect_success 'a conflict is opened between markers, three-way' '
	test_expect_code 3 series -C ws resolve v5.10 >out &&
	grep "Opened in" out && grep "three-way" out &&
	grep "^<<<<<<< v5.10.7\$" $dir/work/lib/demo.c && grep "^||||||| " $dir/work/lib/demo.c &&
	grep "^>>>>>>> 1/2 demo: count" $dir/work/lib/demo.c &&
	kernel_files v5.10.7 k && test_cmp k/lib/demo.c $dir/target/lib/demo.c
'

test_expect_success 'it is not opened twice' '
	echo mine >>$dir/work/lib/demo.c &&
	test_expect_code 2 series -C ws resolve v5.10 2>err && grep "open already" err &&
	grep mine $dir/work/lib/demo.c
'

test_expect_success 'nothing is recorded while a marker is left, or without a note' '
	test_expect_code 2 series -C ws resolve v5.10 --continue 2>err && grep -e "--note" err &&
	test_expect_code 2 series -C ws resolve v5.10 --continue --note x 2>err &&
	grep "lib/demo.c:[0-9]*: a conflict marker is left" err &&
	! test -e ws/backports/demo
'

test_expect_success 'a note without --continue is not taken silently' '
	test_expect_code 2 series -C ws resolve v5.10 --note x 2>err && grep "goes with --continue" err
'

test_expect_success 'what is said to do next names the same workspace and store' '
	test_expect_code 3 series -C ws --store "$SERIES_STORE" apply v5.10 v6.12.3 >out &&
	grep "^To decide:  *series -C ws --store ~/store.git resolve v5.10.7\$" out &&
	grep "^Against upstream:  *series -C ws --store ~/store.git show v6.12.3\$" out
'

test_expect_success 'abort removes what was opened, and the folders made for it' '
	series -C ws resolve v5.10 --abort >out && ! test -e $dir && ! test -e ws/build &&
	test_expect_code 2 series -C ws resolve v5.10 --abort 2>err && grep "nothing is open" err
'

test_expect_success 'what the person made of it is recorded, and used' '
	test_expect_code 3 series -C ws resolve v5.10 >out &&
	sed "s/	return sum;/	demo_count++;\\
	return demo_clamp(sum);/" k/lib/demo.c >fixed.c && cp fixed.c $dir/work/lib/demo.c &&
	series -C ws resolve v5.10 --continue --note "a variable holds the sum" >out &&
	grep "H recorded backport" out && ! test -e $dir &&
	grep "^\[ a variable holds the sum \]\$" ws/backports/demo/v5.10/0001-*.patch &&
	cp ws/backports/demo/v5.10/0001-*.patch record &&
	series -C ws apply v5.10 >out && grep "1/2 *H " out &&
	series -C ws status --json v5.10 >json && json ".targets[].patches[0].hunks[0].evidence" json >got &&
	grep "^recorded in backports/demo/v5.10/0001-" got &&
	file_of series/demo/v5.10.7~1 lib/demo.c >got && test_cmp fixed.c got &&
	lib_git log -1 --format=%B series/demo/v5.10.7~1 | grep "a variable holds the sum"
'

test_expect_success 'git am takes the record' '
	git clone -q "$SERIES_STORE" clone 2>err && git -C clone fetch -q origin refs/series/kernel/v5.10.7 &&
	git -C clone checkout -q FETCH_HEAD && git -C clone am -q "$PWD"/ws/backports/demo/v5.10/0001-*.patch &&
	test_cmp fixed.c clone/lib/demo.c
'

test_expect_success 'the record serves the next release of the branch while its pre-image is there' '
	sed "s/a \/ 2/a >> 1/" k/lib/demo.c >k2.c && cp -r k k2 && mv k2.c k2/lib/demo.c &&
	printf "\nint demo_more;\n" >>k/lib/demo.c && add_kernel v5.10.8 k &&
	series -C ws apply v5.10 >out && grep "v5.10.8" out && grep "1/2 *H " out &&
	add_kernel v5.10.9 k2 &&
	test_expect_code 3 series -C ws apply v5.10 >out && grep "1/2 *X " out
'

test_expect_success 'an answer to another tree is refused' '
	rm -rf ws/backports/demo && test_expect_code 3 series -C ws resolve v5.10.7 >out &&
	cp fixed.c $dir/work/lib/demo.c && sed -i "s/^tree .*/tree 0/" $dir/state &&
	test_expect_code 2 series -C ws resolve v5.10.7 --continue --note x 2>err && grep "start again" err &&
	! test -e ws/backports/demo && series -C ws resolve v5.10.7 --abort
'

test_expect_success 'a record that would not be used is taken back, and the work stays' '
	test_expect_code 3 series -C ws resolve v5.10.7 >out && cp fixed.c $dir/work/lib/demo.c &&
	mkdir -p ws/backports/demo/v5.10.7 &&
	sed "s/^Series-Patch-Id: ./&0/" "$PWD/record" >ws/backports/demo/v5.10.7/0001-demo-count-and-clamp-what-is-added.patch &&
	test_must_fail series -C ws resolve v5.10.7 --continue --note x 2>err && grep "not used" err &&
	! test -e ws/backports/demo/v5.10 && test -e $dir/work/lib/demo.c &&
	rm -r ws/backports/demo/v5.10.7 && series -C ws resolve v5.10.7 --abort
'

test_expect_success 'that nothing is needed is an answer too' '
	series -C ws resolve v5.10.7 --not-needed "nobody adds there" >out && grep "n/a" out &&
	series -C ws apply v5.10.7 >out && grep "1/2 *n/a" out && grep "nobody adds there" out &&
	grep "^ *backports/demo/v5.10/0001-" out
'

test_expect_success 'a clone and its worktree are not touched' '
	git -C clone fetch -q origin "refs/series/kernel/*:refs/tags/*" && git -C clone checkout -q v6.12.3 &&
	rm -rf ws/backports/demo && git -C clone status --porcelain >before &&
	test_expect_code 3 series -C ws --store clone resolve v5.10.7 >out &&
	git -C clone status --porcelain >after && test_cmp before after &&
	test $(git -C clone worktree list | wc -l) = 1
'

test_done
