#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
test_description='a patch that does not fit lands by its semantic patch, or says why not'
. "${0%/*}/../lib.sh"

make_store
make_workspace
# demo_add() of v5.10.7 is written otherwise, so the text of patch 1 does not fit there.
rule() {
	cat >ws/coccinelle/demo/0001-count.cocci
}
good() {
	rule <<-\END
	// SPDX-License-Identifier: GPL-2.0-or-later
	//: file lib/demo.c
	//: change demo_add: demo_count+1 demo_clamp+1
	//: note the sum is kept in a variable here

	@@
	identifier a, sum;
	@@
	 demo_add(int a, ...)
	 {
	 int sum = a;
	+	demo_count++;
	 ...
	-	return sum;
	+	return demo_clamp(sum);
	 }
	END
}
refs() {
	lib_git for-each-ref --format='%(refname) %(objectname)'
}

test_expect_success 'without a rule it is a conflict' '
	test_expect_code 3 series -C ws apply --json v5.10 >out.json &&
	test "$(json ".targets[0].patches[0].mark" out.json)" = X
'

test_expect_success 'with its rule it lands as S, and the rest of the file is as it was' '
	good && series -C ws apply --json v5.10 >out.json &&
	test "$(json ".targets[0].patches[0].mark" out.json)" = S &&
	file_of series/demo/v5.10.7~1 lib/demo.c >got &&
	kernel_files v5.10.7 k &&
	sed -e "s/^	int sum = a;\$/&\n\n	demo_count++;/" -e "s/return sum;/return demo_clamp(sum);/" \
		k/lib/demo.c | cat -s >want &&
	cat -s got >got.s && diff -b -B want got.s
'

test_expect_success 'the note and the evidence tell how' '
	lib_git log -1 --format=%B series/demo/v5.10.7~1 >message &&
	grep "the sum is kept in a variable here" message &&
	json ".targets[0].patches[0].hunks[0].evidence" out.json >evidence &&
	grep "0001-count.cocci changed demo_add()" evidence
'

test_expect_success 'applied again, nothing changes' '
	series -C ws apply v5.10 >out && grep "Nothing changed" out
'

test_expect_success 'a rule that matches less than it declares leaves the conflict' '
	lib_git update-ref -d refs/series/demo/v5.10.7 && lib_git update-ref -d refs/series/demo/v5.10 &&
	good && sed "s/demo_count+1/demo_count+2/" ws/coccinelle/demo/0001-count.cocci >rule.new &&
	rule <rule.new && refs >before &&
	test_expect_code 3 series -C ws apply --json v5.10 >out.json &&
	refs >after && test_cmp before after
'

test_expect_success 'whoever explains the conflict says why the rule was not sure' '
	test_expect_code 3 series -C ws apply --explain v5.10 >out 2>&1 &&
	tr -s " \n" " " <out | grep "must stand +2 times"
'

test_expect_success 'a rule with a script is refused, with exit code 4 and nothing written' '
	good && printf "@script:python@\n@@\nimport os\n" >>ws/coccinelle/demo/0001-count.cocci &&
	refs >before &&
	test_expect_code 4 series -C ws apply v5.10 2>err &&
	grep "0001-count.cocci.*not trusted" err && test $(wc -l <err) = 1 &&
	refs >after && test_cmp before after
'

test_expect_success 'a head that is not understood is named with file and line, exit code 2' '
	good && sed "s/^\/\/: change/\/\/: chanje/" ws/coccinelle/demo/0001-count.cocci >rule.new &&
	rule <rule.new &&
	test_expect_code 2 series -C ws apply v5.10 2>err && grep "0001-count.cocci:3: unknown word" err
'

test_expect_success 'without spatch the package to install is named, exit code 125, nothing written' '
	good && refs >before && mkdir bin && ln -s "$(command -v git)" bin/git &&
	program=$(cd "${SERIES%/*}" && pwd)/${SERIES##*/} &&
	(PATH=$PWD/bin && export PATH && "$program" -C ws apply v5.10) 2>err
	code=$? && cat err && test $code = 125 && grep coccinelle err &&
	refs >after && test_cmp before after
'

test_done
