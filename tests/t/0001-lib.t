#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
test_description='the made-up kernels and the workspace of lib.sh are what it says'
. "${0%/*}/../lib.sh"

make_store
make_workspace

applies() {
	rm -rf tree && mkdir tree &&
	git --git-dir="$SERIES_STORE" --work-tree=tree checkout -q "refs/series/kernel/$1" -- . &&
	(cd tree && git init -q . && git apply --check "../ws/series/demo/$2"*)
}

test_expect_success 'the store has the four versions and nothing else' '
	git --git-dir=store.git for-each-ref --format="%(refname)" >refs &&
	cat >want <<-END &&
	refs/series/kernel/v5.10.7
	refs/series/kernel/v6.1.5
	refs/series/kernel/v6.12.3
	refs/series/kernel/v6.12.9
	END
	test_cmp want refs
'

test_expect_success 'both patches fit on v6.12.3, and make the v6.12.9 of patch 1' '
	applies v6.12.3 0001 &&
	(cd tree && git apply ../ws/series/demo/0001*) &&
	file_of refs/series/kernel/v6.12.9 lib/demo.c >want &&
	test_cmp want tree/lib/demo.c &&
	(cd tree && git apply ../ws/series/demo/0002*)
'

test_expect_success 'git apply refuses patch 1 on the other three' '
	test_must_fail applies v6.12.9 0001 &&
	test_must_fail applies v6.1.5 0001 &&
	test_must_fail applies v5.10.7 0001 &&
	applies v6.1.5 0002
'

test_expect_success 'the made-up C compiles' '
	gcc -Wall -Werror -Itree/include -c tree/lib/demo.c -o /dev/null
'

test_expect_success 'a patch is a mail that git am takes' '
	git init -q am && kernel_files v6.12.3 am &&
	git -C am add -A && git -C am commit -q -m base &&
	git -C am am -q "$PWD"/ws/series/demo/*.patch &&
	test "$(git -C am log -1 --format=%an,%at,%s)" = "A U Thor,1700000000,demo: twice"
'

test_expect_success 'made twice they have the same ids' '
	git --git-dir=store.git for-each-ref >once &&
	rm -rf store.git && make_store &&
	git --git-dir=store.git for-each-ref >twice &&
	test_cmp once twice
'

test_expect_success 'nothing of the user shows' '
	test "$(git config user.name)" = "" &&
	test "$HOME" = "$PWD" &&
	test_must_fail series list
'

test_done
