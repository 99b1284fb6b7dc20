#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
test_description='a tick keeps pages of its run: what came out, the report, and the evidence'
. "${0%/*}/../lib.sh"

make_store
make_workspace
make_machine
make_ci
kernel_files v6.1.5 k6.1
kernel_files v6.12.3 k6.12
CI=$HOME/.local/state/series/ci

check() {
	python3 "$TOP/tests/fake/site-check" site
}
plain() {
	sed 's/<[^>]*>//g' "$1"
}

release v6.1.6 k6.1
release v6.12.10 k6.12

test_expect_success 'the first run has its pages, and every link leads somewhere' '
	test_expect_code 3 series -C ws ci >out && cat out && check && readlink site/latest | grep "^runs/1$" && test -s "$CI/pages/1/round.json" &&
	plain site/latest/index.html >page && cat page && grep "Run 1: 1 red, 2 well" page && grep "5.10.y.*conflict" page
'

test_expect_success 'what machines said is linked, as text, and is what they said' '
	grep -o "\.\./evidence/[0-9a-f/]*\.txt\">console" site/runs/1/index.html | sed "s,^../\(.*\)\".*,\1," >consoles && test "$(wc -l <consoles)" = 4 &&
	while read -r file; do
		grep -q "KTAP\|SERIES\|payload_test" "site/$file" && test "$(sha256sum <"site/$file" | cut -d" " -f1)" = "$(basename "$file" .txt)" || return 1
	done <consoles && grep -o "evidence/[0-9a-f/]*.txt\">log" site/runs/1/index.html | grep log
'

test_expect_success 'the report is of the kernels of the run, and links the same evidence' '
	grep "<a href=\"../../index.html\">run 1</a>" site/runs/1/report/demo/index.html && plain site/runs/1/report/demo/index.html >report && grep "v6.1.6" report && grep "v6.12.10" report && grep "v5.10.7" report &&
	grep "href=\"../../../evidence/[0-9a-f/]*.txt\">console" site/runs/1/report/demo/index.html && ! grep "file://" site/runs/1/report/demo/index.html
'

test_expect_success 'a run keeps its pages as they were when a newer one comes' '
	cp -r site/runs/1 before && release v6.1.7 k6.1 && echo "demo_twice own_test fail regs.rip <b>is not</b> what it was" >"$FAKE_QEMU" &&
	test_might_fail series -C ws ci && check && diff -r before site/runs/1 && readlink site/latest | grep "^runs/2$" &&
	plain site/latest/index.html >page && grep "regression" page && grep "own_test" page && ! grep "<b>" site/latest/index.html
'

test_expect_success 'how the log of what failed ends stands on the page' '
	grep "The end of the log of test 6.1.y fake" site/latest/index.html && grep "<pre class=\"run\"" site/latest/index.html
'

test_expect_success 'the same file of two runs is one file' '
	grep -oh "evidence/[0-9a-f/]*.txt\">config" site/runs/1/index.html site/runs/2/index.html | sort | uniq -d | head -n 1 | sed "s/\".*//" >same && test -s same &&
	test "$(stat -c %i "$CI/pages/1/$(cat same)")" = "$(stat -c %i "$CI/pages/2/$(cat same)")"
'

test_expect_success 'pages that a killed tick left half are made anew' '
	cp -r "$CI/pages/2" "$CI/pages/3.new-aBcDeF" && rm "$CI/pages/3.new-aBcDeF/round.json" && : >"$FAKE_QEMU" && release v6.1.8 k6.1 &&
	test_might_fail series -C ws ci && check && ls "$CI/pages" >left && printf "%s\n" 1 2 3 >want && test_cmp want left && readlink site/latest | grep "^runs/3$"
'

test_expect_success 'a machine that never comes up is unknown on the site, with what was known before' '
	echo "any - die" >"$FAKE_QEMU" && release v6.1.9 k6.1 && test_might_fail series -C ws ci && check &&
	plain site/index.html >page && grep "1 could not be found out" page && grep "6.1.y.*v6.1.9.*infrastructure.*last known: ok, fixed, v6.1.8, run 3" page &&
	json ".lines[] | select(.line == \"6.1.y\") | .unknown and (.red | not) and .known.target == \"v6.1.8\"" site/status.json
'

test_done
