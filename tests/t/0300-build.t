#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
test_description='build says what builds with the series, and what is new in what the compiler says'
. "${0%/*}/../lib.sh"

make_store
make_workspace
make_machine

# The made-up kernel V with file FILE changed by the sed script SCRIPT, as version NEW.
changed_kernel() {
	mkdir -p "changed/$2" && kernel_files "$1" "changed/$2" && sed -i "$4" "changed/$2/$3" && add_kernel "$2" "changed/$2"
}

# A fourth patch of the demo series: $1 its name, standard input what is put behind demo_reset's opening.
third_patch() {
	git init -q mail.git && kernel_files v6.12.3 mail.git && lib_mail base &&
	git -C mail.git am -q "$PWD"/ws/series/demo/000[12]-*.patch && cat >>mail.git/lib/demo.c &&
	lib_mail "demo: $1

Signed-off-by: A U Thor <author@example.org>" &&
	rm -f ws/series/demo/0003-* &&
	git -C mail.git format-patch -q --full-index --start-number 3 -o ../ws/series/demo HEAD^ && rm -rf mail.git &&
	(cd ws/series/demo && ls -- *.patch >series) &&
	{
		sed "/0003-/,\$d" ws/series/demo/series.conf &&
		printf "[patch \"%s\"]\n\tmainline = Not yet, a test\n\tclass = out-of-tree\n\twhy = a test\n" \
			"$(cd ws/series/demo && ls 0003-*)"
	} >conf.new && mv conf.new ws/series/demo/series.conf
}

test_expect_success 'base and patched are built, and the verdict comes first' '
	series -C ws build v6.12.3 v6.1 >out &&
	head -n 1 out | grep "^demo: v6.12.3, v6.1.5: builds, no new warnings" &&
	grep "v6.12.3 *v6.1.5" out && grep "base *built .*built" out && grep "patched *built .*built" out &&
	grep "Sandbox: [bu]" out && grep "Compiler: gcc" out
'

test_expect_success 'the second time all of it is known' '
	series -C ws build v6.12.3 v6.1 >out && grep "base *cached *cached" out && grep "patched *cached *cached" out
'

test_expect_success 'and with --fresh it is built again' '
	series -C ws build --fresh v6.12.3 >out && grep "base *built" out && grep "patched *built" out
'

test_expect_success 'nothing of the store is changed by it' '
	lib_git for-each-ref >refs && ! grep series/demo refs
'

test_expect_success 'a target where a patch conflicts is not built, the others are: exit code 3' '
	test_expect_code 3 series -C ws build v5.10 v6.12.3 >out &&
	grep "v5.10.7: conflict, not built" out && grep "v6.12.3: builds" out && grep "series -C ws resolve v5.10.7" out
'

test_expect_success 'a warning that base has too is none, by text and function, wherever its line went' '
	changed_kernel v6.12.3 v6.12.4 lib/demo.c "s/^int demo_half(int a)/static int nobody;\n&/" &&
	series -C ws build v6.12.4 >out && grep "no new warnings" out
'

test_expect_success 'a new warning is a finding, with file, function and text: exit code 1' '
	third_patch "waste" <<-\END &&

	int demo_waste(int a)
	{
		int unused;

		return a;
	}
	END
	test_expect_code 1 series -C ws build v6.12.3 v6.12.9 >out &&
	head -n 1 out | grep "1 NEW WARNING" && grep "^New warnings:" out &&
	grep "lib/demo.c, in demo_waste(): unused variable" out &&
	series -C ws build --json v6.12.3 >out.json || test $? = 1 &&
	json ".targets[0].builds[] | select(.arm == \"patched\") | .new_messages[0].function" out.json >got &&
	echo demo_waste >want && test_cmp want got && json .outcome out.json >got && echo red >want && test_cmp want got
'

test_expect_success 'what does not build names the first bad patch, the error, and the log' '
	third_patch "break" <<-\END &&

	int demo_break(int a)
	{
		return nowhere(a;
	}
	END
	test_expect_code 1 series -C ws build v6.12.3 >out &&
	head -n 1 out | grep "DOES NOT BUILD as of patch 3/3" && grep "patched *FAILED" out &&
	grep "first bad is patch 3/3, demo: break" out && grep "lib/demo.c:[0-9]*, in demo_break():" out && grep "log: ~/.cache" out
'

test_expect_success 'with --each every commit is built' '
	test_expect_code 1 series -C ws build --each v6.12.3 >out &&
	grep "1/3 *\(built\|cached\)" out && grep "2/3 *\(built\|cached\)" out && grep "patched *FAILED" out
'

test_expect_success 'status has B behind the marks of what was built, and B! of what does not build' '
	test_might_fail series -C ws status v6.12.3 >out && grep "1/3  = *B " out && grep "3/3  = *B! " out &&
	series -C ws status --json v6.12.3 >out.json && json ".targets[0].patches[2].built" out.json >got && echo bad >want && test_cmp want got
'

test_expect_success 'base that does not build says nothing about the series: exit code 125' '
	changed_kernel v6.12.3 v6.12.5 include/linux/demo.h "s/^int demo_half.*/int demo_half(int a/" &&
	test_expect_code 125 series -C ws build v6.12.5 >out && cat out &&
	head -n 1 out | grep "base itself does not build" && grep "nothing is said of the series" out
'

test_expect_success 'a symbol that does not stick is a finding; one that the target is said to lack is none' '
	rm ws/series/demo/0003-* && sed -i "/^0003/d" ws/series/demo/series && sed -i "/0003-/,\$d" ws/series/demo/series.conf &&
	echo CONFIG_NOWHERE=y >>ws/ci/kconfig/demo.config &&
	test_expect_code 1 series -C ws build v6.12.3 >out &&
	grep "CONFIG_NOWHERE: this kernel has no such symbol" out && grep "lacks =" out &&
	printf "[target \"v6.12\"]\n\tlacks = NOWHERE\n" >>ws/ci/matrix.conf &&
	series -C ws build v6.12.3 >out && grep "no new warnings" out
'

test_expect_success 'without a sandbox it says so, on standard error and in the report' '
	series -C ws build --sandbox none v6.12.3 >out 2>err &&
	grep "without a sandbox" err && grep "Sandbox: none" out
'

test_expect_success 'what is asked for is checked before anything is built' '
	test_expect_code 2 series -C ws build 2>err && grep TARGET err &&
	test_expect_code 2 series -C ws build --cell fakes v6.12.3 2>err && grep "did you mean .fake" err &&
	test_expect_code 2 series -C ws build --jobs none v6.12.3 2>err && grep -e "--jobs" err &&
	test_expect_code 2 series -C ws build --sandbox jail v6.12.3 2>err && grep "bubblewrap unshare none" err &&
	test_expect_code 2 series -C ws build v6.99 2>err && grep "v6.99" err
'

test_expect_success 'what a compiler says is shown, not obeyed' '
	escape=$(printf "\033") &&
	third_patch "warn" <<-END &&

	#warning "${escape}[31mred"
	END
	test_expect_code 1 series -C ws build v6.12.3 >out && ! grep "$escape" out && grep "#warning .*red" out
'

test_done
