#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
test_description='status and list say what there is and write nothing'
. "${0%/*}/../lib.sh"

make_store
make_workspace

test_expect_success 'status is patches by targets, every configured one, and exits with 3 for a conflict' '
	lib_git for-each-ref >before &&
	test_expect_code 3 series -C ws status >out &&
	grep "v5.10.7 *v6.1.5 *v6.12.9" out &&
	grep "1/2 *X .*U " out && grep "2/2 *- .*= *=" out &&
	lib_git for-each-ref >after && test_cmp before after
'

test_expect_success 'of targets named it shows those only, and exits with 0 when all is well' '
	series -C ws status v6.12.3 v6.12.9 >out && grep "v6.12.3 *v6.12.9" out && ! grep v5.10 out
'

test_expect_success 'it says which branches are up to date' '
	series -C ws apply v6.12.3 v6.12.9 >out &&
	series -C ws status v6.x v6.12.3 >out &&
	grep "v6.12.9 .*up to date" out && grep "v6.1.5 .*not applied" out &&
	sed -i "s/who wanted/who wants/; s/somebody wants/someone wants/" ws/series/demo/0001-*.patch &&
	series -C ws status v6.12.3 >out && grep "v6.12.3 .*out of date" out
'

test_expect_success 'a configured target that the store lacks is named, and what to do' '
	printf "[target \"v6.18\"]\n\tsource = tarball none/linux-6.18.tar\n" >>ws/ci/targets.conf &&
	series -C ws status v6.x >out 2>err && grep "series fetch v6.18" err &&
	test_expect_code 2 series -C ws status v6.18 2>err && grep "series fetch v6.18" err
'

test_expect_success 'more targets than the line is wide go into blocks, and no line is too long' '
	for v in 6.12.101 6.12.102 6.12.103 6.12.104 6.12.105 6.12.106 6.12.107 6.12.108 6.12.109; do
		lib_git update-ref "refs/series/kernel/v$v" "$(lib_git rev-parse series/kernel/v6.12.3)" || return 1
	done &&
	series -C ws status v6.12.101 v6.12.102 v6.12.103 v6.12.104 v6.12.105 v6.12.106 v6.12.107 v6.12.108 v6.12.109 >out &&
	test $(grep -c "1/2 *= " out) -ge 2 && ! grep "^.\{81\}" out
'

test_expect_success 'list has the series, the targets with their kernels, and the kernels of the store' '
	series -C ws list >out &&
	grep "demo *2 patches *count, clamp and double" out && grep "v6.1 *v6.1.5" out &&
	grep "v6.18 *not in the store" out && grep "v6.12.3 v6.12.9" out &&
	series -C ws list --names targets >out && grep -x v6.18 out && grep -x v6.12.3 out &&
	series -C ws list --json >out.json && json ".targets[] | select(.target == \"v5.10\") | .kernel" out.json >got &&
	echo v5.10.7 >want && test_cmp want got
'

test_expect_success 'list without a store is no failure' '
	(unset SERIES_STORE && series -C ws list) >out && grep "Store: none yet" out
'

test_expect_success 'two series: one has to be chosen' '
	cp -r ws/series/demo ws/series/other && sed -i "s/name = demo/name = other/" ws/series/other/series.conf &&
	test_expect_code 2 series -C ws status v6.12.3 2>err && grep -e "--series: demo, other" err &&
	series -C ws --series other status v6.12.3 >out && grep "^other" out &&
	test_expect_code 2 series -C ws --series third status v6.12.3 2>err && grep "demo, other" err
'

test_done
