#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
test_description='show puts a ported patch beside the one as mailed'
. "${0%/*}/../lib.sh"

make_store
make_workspace

test_expect_success 'the same patch has the same patch-id, and its hunks are identical' '
	series -C ws show v6.12.3 >out &&
	test $(grep -c "the same patch-id" out) = 2 && grep "1 identical" out && ! grep "^  *[<>~] " out
'

test_expect_success 'other context is shown, what is the same in it is not marked' '
	series -C ws show v6.1 >out &&
	grep "another patch-id" out && grep "context only *lib/demo.c" out &&
	grep "^ *<  void demo_reset" out && grep "^ *>  void demo_clear" out
'

test_expect_success 'with a number the patch itself is there, and git takes it' '
	series -C ws apply v6.1 >applied &&
	series -C ws show v6.1 1 >out &&
	grep "^commit $(lib_git rev-parse series/demo/v6.1~1)\$" out &&
	sed -n "/^diff --git/,\$p" out >diff &&
	lib_git show --format= --full-index series/demo/v6.1~1 >want && test_cmp want diff
'

test_expect_success 'a patch that is there already has nothing to compare' '
	series -C ws show v6.12.9 1 >out && grep "U already there" out && ! grep "patch-id" out
'

test_expect_success 'a conflict is shown as one, and exits with 3' '
	test_expect_code 3 series -C ws show v5.10 1 >out && grep "X conflict" out &&
	series -C ws show v5.10 2 >out && grep "not reached" out
'

test_expect_success 'words that differ are marked' '
	mkdir -p ws/backports/demo/v5.10 &&
	test_expect_code 3 series -C ws resolve v5.10 >out &&
	kernel_files v5.10.7 k && sed "s/return sum;/return demo_clamp(sum);/" k/lib/demo.c \
		>ws/build/resolve/demo/v5.10.7/work/lib/demo.c &&
	series -C ws resolve v5.10 --continue --note "a sum stands there" >out &&
	series -C ws show v5.10 1 >out && grep "adapted" out &&
	grep "^ *~ +	return demo_clamp(\[-a + b-\]{+sum+});" out
'

test_expect_success 'JSON has the state of each hunk' '
	series -C ws show --json v6.1 >out.json &&
	json ".patches[0] | .same_patch_id == false and .hunks[0].state == \"context only\"" out.json &&
	json ".patches[1].hunks[0].state" out.json >got && echo identical >want && test_cmp want got
'

test_expect_success 'a number that is none of the series is refused' '
	test_expect_code 2 series -C ws show v6.12.3 3 2>err && grep "has 1 to 2" err &&
	test_expect_code 2 series -C ws show v6.12.3 0 2>err &&
	test_expect_code 2 series -C ws show v6.x 2>err && grep "more than one kernel" err
'

test_done
