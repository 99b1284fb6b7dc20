#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
test_description='update keeps what people decided for the old version where it still fits, and says where it does not'
. "${0%/*}/../lib.sh"

make_store
make_workspace
record=ws/backports/demo/v5.10/0001-demo-count-and-clamp-what-is-added.patch

# A version of the demo series: post N FIX, where FIX changes lib/demo.c for patch 1; patch 2 is the workspace's own.
post() {
	rm -rf mail.git && git init -q mail.git && kernel_files v6.12.3 mail.git && lib_mail base &&
	GIT_AUTHOR_DATE="$((1700000000 + 86400 * $1)) +0100" && export GIT_AUTHOR_DATE &&
	if [ -n "$3" ]; then (cd mail.git && eval "$3") && lib_mail 'demo: zero'; fi &&
	(cd mail.git && eval "$2") && lib_mail 'demo: count and clamp what is added

Counted.

Signed-off-by: A U Thor <author@example.org>' &&
	(cd mail.git && printf '\nint demo_twice(int a)\n{\nreturn demo_add(a, a);\n}\n' >>lib/demo.c) && lib_mail 'demo: twice

Signed-off-by: A U Thor <author@example.org>' &&
	git -C mail.git format-patch -q --thread=shallow -v "$1" --full-index --stdout "$(git -C mail.git rev-list --max-parents=0 HEAD)" && GIT_AUTHOR_DATE='1700000000 +0100'
}
fix='kernel_files v6.12.9 .'
half="$fix; sed -i 's|return a / 2;|return a >> 1;|' lib/demo.c"
steps="$fix; sed -i 's/demo_count++/demo_count += 2/' lib/demo.c"
post 2 "$fix" >words.mbox && post 3 "$half" >half.mbox && post 4 "$steps" >steps.mbox

# What a person decided for v5.10 about patch 1.
test_expect_success 'a record, to begin with' '
	test_expect_code 3 series -C ws resolve v5.10 >out && work=ws/build/resolve/demo/v5.10.7/work/lib/demo.c &&
	file_of refs/series/kernel/v5.10.7 lib/demo.c | sed "s/return sum;/demo_count++;\n\treturn demo_clamp(sum);/" >$work &&
	series -C ws resolve v5.10 --continue --note "it adds in two steps here" && test -f $record && series -C ws show v5.10 >out && grep "H recorded" out && rm -rf ws/build && cp -r ws before
'

restore() {
	rm -rf ws && cp -r before ws
}

marks() {
	json ".targets[] | select(.target == \"$1\") | (.before | join(\" \")) + \" -> \" + (.after | join(\" \"))" out
}

test_expect_success 'where the lines are the same the record stays, byte for byte' '
	cp $record was && series -C ws update --no-b4 --json words.mbox >out && cat out && test "$(marks v5.10)" = "H = -> H =" &&
	test "$(json ".decided[0].fate" out)" = kept && test_cmp was $record && series -C ws apply v5.10
'

test_expect_success 'where what is new fits the record as it is, it is carried over, and says so' '
	restore && series -C ws update --no-b4 --json half.mbox >out && cat out && test "$(marks v5.10)" = "H = -> H =" &&
	test "$(json ".decided[0].fate" out)" = carried && grep "fits the record as it is" out &&
	grep "^Series-Carried-From: " $record && cat $record && grep "^\[ it adds in two steps here \]" $record && grep "^+return a >> 1;" $record &&
	series -C ws apply v5.10 && file_of refs/series/demo/v5.10.7 lib/demo.c >got && grep "demo_clamp(sum)" got && grep "return a >> 1;" got &&
	series -C ws show v5.10 --json >out && cat out && grep "series update brought it over" out
'

test_expect_success 'a carried record is carried again, and still says which form a person answered' '
	from=$(sed -n "s/^Series-Carried-From: //p" $record) && post 5 "$half; sed -i \"s/^int demo_count;/int demo_count = 0;/\" lib/demo.c" >again.mbox &&
	series -C ws update --no-b4 --json again.mbox >out && cat out && test "$(json ".decided[0].fate" out)" = carried && test "$(sed -n "s/^Series-Carried-From: //p" $record)" = "$from" &&
	series -C ws apply v5.10 && file_of refs/series/demo/v5.10.7 lib/demo.c | grep "int demo_count = 0;"
'

test_expect_success 'where it does not fit the record waits for a person: exit code 3, and the port says why' '
	restore && test_expect_code 3 series -C ws update --no-b4 steps.mbox >out && cat out && grep "stale   backports/demo/v5.10/0001-" out && grep "does not fit what the record made" out &&
	grep "decide again: series -C ws resolve v5.10" out && grep "H -> X" out && test_cmp before/${record#ws/} $record &&
	test_expect_code 3 series -C ws apply v5.10 >out; cat out && test_expect_code 3 series -C ws resolve v5.10 >out && cat out &&
	file_of refs/series/kernel/v5.10.7 lib/demo.c | sed "s/return sum;/demo_count += 2;\n\treturn demo_clamp(sum);/" >ws/build/resolve/demo/v5.10.7/work/lib/demo.c &&
	series -C ws resolve v5.10 --continue --note "it adds in two steps here" && series -C ws apply v5.10 && file_of refs/series/demo/v5.10.7 lib/demo.c | grep "demo_count += 2"
'

test_expect_success 'what is new and names what the target does not have is not carried' '
	restore && kernel_files v6.12.3 kernel && printf "\n#define demo_fresh(x) (x)\n" >>kernel/include/linux/demo.h && add_kernel v6.12.4 kernel &&
	post 6 "$fix; sed -i \"s|^return a / 2;|\treturn demo_fresh(a);|\" lib/demo.c" >named.mbox && cp -r ws named && git config -f named/series/demo/series.conf series.base v6.12.4 &&
	series -C named update --no-b4 --json named.mbox >out; code=$?; cat out; test $code = 3 && test "$(json ".decided[0].fate" out)" = stale && grep "names .demo_fresh., which v5.10.7 does not have" out &&
	lib_git update-ref -d refs/series/kernel/v6.12.4
'

test_expect_success 'a decision that nothing is needed was about the old version' '
	restore && rm -rf ws/backports && series -C ws resolve v5.10 --not-needed "nobody adds there" && test_expect_code 3 series -C ws update --no-b4 --json half.mbox >out && cat out &&
	test "$(json ".decided[0].fate" out)" = stale && test "$(marks v5.10)" = "n/a = -> X -"
'

test_expect_success 'records and semantic patches follow their patches to another number' '
	restore && lib_rule ws && mkdir -p ws/coccinelle/demo/tests && echo x >ws/coccinelle/demo/tests/0001-demo.c && cp -r ws/coccinelle rules &&
	post 7 "$fix" "echo \"int demo_zero;\" >lib/zero.c" >front.mbox && series -C ws update --no-b4 --json front.mbox >out; cat out && ls -R ws/backports ws/coccinelle &&
	test -f ws/backports/demo/v5.10/0002-demo-count-and-clamp-what-is-added.patch && ! test -e $record && diff before/${record#ws/} ws/backports/demo/v5.10/0002-*.patch &&
	diff rules/demo/0001-*.cocci ws/coccinelle/demo/0002-*.cocci && ! ls ws/coccinelle/demo/0001-* 2>/dev/null && test -f ws/coccinelle/demo/tests/0002-demo.c &&
	test "$(marks v5.10)" = "H = -> = H =" && grep "\"coccinelle/demo/0002-" out
'

test_expect_success 'those of a patch that is gone are kept beside, under a name that nobody reads' '
	restore && lib_rule ws && rm -rf mail.git && git init -q mail.git && kernel_files v6.12.3 mail.git && lib_mail base && printf "\nint demo_twice(int a)\n{\nreturn demo_add(a, a) + 0;\n}\n" >>mail.git/lib/demo.c &&
	GIT_AUTHOR_DATE="1700900000 +0100" lib_mail "demo: twice" && git -C mail.git format-patch -q -v 2 --stdout -1 --add-header="Message-ID: <20231116.1-2-a@example.org>" >only.mbox &&
	for n in 1 2; do git config -f ws/series/demo/series.conf "patch.$(sed -n ${n}p ws/series/demo/series).link" "https://lore.kernel.org/all/20231114.1-$n-a@example.org" || return 1; done &&
	series -C ws update --no-b4 only.mbox >out; cat out && cat ws/series/demo/series && test "$(cat ws/series/demo/series)" = 0001-demo-twice.patch &&
	test -f $record.dropped && ls ws/coccinelle/demo/0001-*.cocci.dropped && grep "dropped backports/demo/v5.10/0001-" out && series -C ws apply v5.10
'

command -v spatch >/dev/null && test_set_prereq SPATCH
test_expect_success SPATCH 'a semantic patch that does what the old patch did is set aside: S becomes X' '
	restore && rm -rf ws/backports && lib_rule ws && sed -i "s/^-return sum;/-return sum;\n+demo_count++;/; s/^\/\/: change .*/\/\/: change demo_add: demo_clamp+1 demo_count+1/" ws/coccinelle/demo/*.cocci &&
	series -C ws show v5.10 >out && grep "S semantic" out && test_expect_code 3 series -C ws update --no-b4 --json half.mbox >out && cat out && test "$(marks v5.10)" = "S = -> X -" &&
	test "$(json ".decided[0].fate" out)" = stale && ls ws/coccinelle/demo/0001-*.cocci.old && ! ls ws/coccinelle/demo/*.cocci 2>/dev/null
'

test_expect_success SPATCH 'one that comes to the same as the new patch stays' '
	restore && rm -rf ws/backports && mkdir -p ws/coccinelle/demo && cat >ws/coccinelle/demo/0001-demo.cocci <<-\END &&
	// SPDX-License-Identifier: GPL-2.0-or-later
	//: file lib/demo.c
	//: change demo_add: demo_clamp+1 demo_count+1

	@@
	expression e;
	@@
	 demo_add(...) {
	<...
	+demo_count += 2;
	-return e;
	+return demo_clamp(e);
	...>
	 }
	END
	series -C ws update --no-b4 --json steps.mbox >out; cat out && test "$(json ".decided[0].fate" out)" = carried && test -f ws/coccinelle/demo/0001-demo.cocci
'
# Another file system, where there is one: a folder is not renamed to there.
other=$(mktemp -d /dev/shm/series-t.XXXXXX 2>/dev/null) && test "$(stat -c %d "$other")" != "$(stat -c %d .)" && test_set_prereq OTHER_DISK
test_expect_success OTHER_DISK 'backports may lie on another disk' '
	test_when_finished "rm -rf $other" && restore && series -C ws update --no-b4 half.mbox && cp -r ws want && restore &&
	cp -r ws/backports/demo "$other/demo" && rm -rf ws/backports && ln -s "$other" ws/backports &&
	series -C ws update --no-b4 half.mbox >out && cat out && grep "carried" out && diff -r want/series ws/series && diff -r want/backports/demo ws/backports/demo && ! test -e ws/series/.update &&
	series -C ws update --no-b4 half.mbox | grep "up to date"
'

test_done
