#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
test_description='update takes in a newer version of the series, whole or not at all'
. "${0%/*}/../lib.sh"

make_store
make_workspace
conf=ws/series/demo/series.conf

# A version of the demo series as it is posted, to standard output: post N FIRST SECOND [git format-patch's options]. FIRST is a command that
# changes lib/demo.c (on v6.12.3's) for patch 1, SECOND for patch 2; ":" leaves the patch out.
post() {
	rm -rf mail.git && git init -q mail.git && kernel_files v6.12.3 mail.git && lib_mail base &&
	GIT_AUTHOR_DATE="$((1700000000 + 86400 * $1)) +0100" && export GIT_AUTHOR_DATE &&
	(cd mail.git && eval "$2") && lib_mail "${first:-demo: count and clamp what is added}

A sum must not be negative, and somebody wants to know how many there were.

Cc: stable@vger.kernel.org
Signed-off-by: A U Thor <author@example.org>" &&
	if [ "$3" != : ]; then
		(cd mail.git && eval "$3") && lib_mail 'demo: twice

Signed-off-by: A U Thor <author@example.org>'
	fi &&
	v=$1 && shift 3 && base=$(git -C mail.git rev-list --max-parents=0 HEAD) &&
	git -C mail.git format-patch -q --thread=shallow -v "$v" --full-index --stdout "$@" "$base"
}
fix='kernel_files v6.12.9 .'
twice='printf "\nint demo_twice(int a)\n{\nreturn demo_add(a, a);\n}\n" >>lib/demo.c'
# The second version counts in steps of two.
fix2="$fix; sed -i 's/demo_count++/demo_count += 2/' lib/demo.c"

post 2 "$fix2" "$twice" >v2.mbox
GIT_AUTHOR_DATE='1700000000 +0100'

test_expect_success '--dry-run says what is newer, and changes nothing' '
	cp -r ws before && test_expect_code 3 series -C ws update --dry-run v2.mbox >out && cat out &&
	grep "v2  demo: count and clamp what is added" out && grep "  1  changed " out && grep "  2  same " out &&
	grep "^1:  .* ! 1:  " out && grep "    .*+.*demo_count += 2" out && grep "Nothing was changed" out && diff -r before ws
'

test_expect_success 'the marks on every target stand there, before and after' '
	test_expect_code 3 series -C ws update --json --dry-run v2.mbox >out && cat out &&
	json ".targets[] | [.kernel, .before[0], .after[0]] | join(\" \")" out >got &&
	printf "v5.10.7 X X\nv6.1.5 ~ ~\nv6.12.9 U X\n" >want && test_cmp want got
'

test_expect_success 'it is taken in: patches, links, version, and the rest of series.conf as it was' '
	git config -f $conf patch.0001-demo-count-and-clamp-what-is-added.patch.why "ours" && echo "# mine" >>$conf &&
	test_expect_code 3 series -C ws update v2.mbox >out && cat out && grep "Taken in" out &&
	grep "+	demo_count += 2;" ws/series/demo/0001-*.patch && test $(ls ws/series/demo/*.patch | wc -l) = 2 &&
	test "$(git config -f $conf patch.0001-demo-count-and-clamp-what-is-added.patch.version)" = 2 &&
	test "$(git config -f $conf patch.0001-demo-count-and-clamp-what-is-added.patch.why)" = ours && grep "^# mine" $conf &&
	id=$(sed -n "s/^Message-I[dD]: <\(.*\)>/\1/p" v2.mbox | head -n 1) &&
	test "$(git config -f $conf patch.0001-demo-count-and-clamp-what-is-added.patch.link)" = "https://lore.kernel.org/all/$id" &&
	ls -A ws/series >got && echo demo >want && test_cmp want got
'
test_done
