#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
test_description='history says how a test, a cell or a proof did over time'
. "${0%/*}/../lib.sh"

make_store
make_workspace
make_machine

scenario() {
	printf '%s\n' "$@" >"$FAKE_QEMU"
}

test_expect_success 'where nothing was tested yet, it says so, and makes no database' '
	test_expect_code 2 series history own_test 2>err && grep "nothing was tested yet: series test" err &&
	! test -e .local/state/series/results.db
'

test_expect_success 'a test that got worse on a newer kernel: since when, what was good last, why' '
	series -C ws test v6.12.3 v6.1 &&
	scenario "demo_twice own_test fail regs.rip is not what it was" &&
	test_expect_code 1 series -C ws test v6.12.9 &&
	series history own_test >out && cat out &&
	head -n 1 out | grep "^own_test: 1 of 2 not green: 6.12.y, fake$" &&
	grep "^  6.12.y, fake  regression  since v6.12.9 " out && grep "^  6.1.y, fake   ok          since v6.1.5 " out &&
	sed -n "/^6.12.y, fake/,/^$/p" out >part && grep "last good: v6.12.3, 2" part &&
	sed -n 3p part | grep "v6.12.9  regression  pass -> fail" && grep "regs.rip is not what it was" part &&
	grep "first bad patch: 2/2" part && tail -n 2 part | head -n 1 | grep "v6.12.3  ok  *pass -> pass"
'

test_expect_success 'a branch, a version, a line: only what they name' '
	series history own_test v6.1 >one && ! grep 6.12 one && grep "6.1.y, fake" one &&
	series history own_test 6.12.y >two && ! grep v6.1.5 two && grep "v6.12.3" two &&
	series history own_test v6.12.3 >three && head -n 1 three | grep "nothing red" && ! grep v6.12.9 three &&
	series history own_test v6.x >four && series history own_test >all && test_cmp all four &&
	series --series demo history own_test >five && test_cmp all five &&
	test_expect_code 2 series --series other history own_test
'

test_expect_success 'a target or a test that nothing is known of is refused, with those that were meant' '
	test_expect_code 2 series history own_test v5.10 2>err && grep "nothing is known of own_test on .v5.10.; it is on 6.12.y, 6.1.y" err &&
	test_expect_code 2 series history pyload_test 2>err && grep "did you mean payload_test?" err &&
	test_expect_code 2 series history nothing_like_it 2>err && grep "it is of build, fake, own_test, payload_test, smoke_test" err &&
	test_expect_code 2 series history own_test --last some 2>err && grep "takes a number" err
'

test_expect_success 'what is known is judged again without a boot: it counts once' '
	series history own_test >before && test_expect_code 1 series -C ws test v6.12.9 && series -C ws test v6.12.3 &&
	series history own_test >after && test_cmp before after
'

test_expect_success 'the same input with another outcome is unsteady' '
	scenario "demo_twice own_test once" && rm -f "$FAKE_QEMU.boots" && series -C ws test --fresh v6.12.3 &&
	scenario "" && series -C ws test --fresh v6.12.3 && series history own_test v6.12.3 >out && cat out &&
	grep "unsteady: the same input booted again [0-9]* times, [12] with another outcome" out &&
	grep "v6.12.3  flaky" out && series history smoke_test >out && ! grep unsteady out
'

test_expect_success 'of a subtest, a cell, and a build' '
	scenario "any smoke_test subtests one two=it_failed" && series -C ws test --fresh v6.1 &&
	series history smoke_test/two >out && grep "v6.1.5  pre-existing  fail -> fail" out &&
	series history fake v6.12.9 >out && grep "6.12.y, fake  regression  since v6.12.9" out &&
	series history build >out && cat out && head -n 1 out | grep "^build: nothing red" && grep "^  2.*v6.12.9  ok" out &&
	test $(grep -c "v6.12.3  ok" out) = 1
'

test_expect_success 'infrastructure is neither: the last that is known still stands' '
	scenario "any - refuse no room" && test_expect_code 125 series -C ws test --fresh v6.1 && series history own_test v6.1 >out && cat out &&
	head -n 1 out | grep "nothing red; 1 of 1 not known now" && grep "not known now: the last is infrastructure" out &&
	grep "^  6.1.y, fake  ok  since v6.1.5" out
'

test_expect_success 'JSON has all of it' '
	series history own_test --json >out.json && json ".name + \" \" + .kind" out.json >got && echo "own_test test" >want && test_cmp want got &&
	json ".lines[0] | [.line, .cell, .now.verdict, .now.target, .since.target, .now.first_bad, .now.with] | join(\" \")" out.json >got &&
	json ".lines[0].seen | length > 2" out.json && json "[.lines[].seen[] | select(.target == \"v6.12.9\" and .red)] | length == 1" out.json &&
	json ".lines[0].changes > 0 and .lines[0].repeats >= .lines[0].changes" out.json && json ".lines[0].seconds.times > 0" out.json &&
	series history own_test --json --last 1 >out.json && json "[.lines[].seen | length] == [1, 1]" out.json
'

test_expect_success 'long histories show the last ones, and say how many there are' '
	scenario "" && for i in 1 2 3; do series -C ws test --fresh v6.1 || return 1; done && series history own_test --last 2 v6.1 >out && cat out &&
	grep "and [0-9]* before: --last 0 shows all" out && test $(grep -c "^  2" out) = 2 && series history --last 0 own_test v6.1 >out && ! grep "before:" out
'

test_expect_success 'no line is wider than 80 columns' '
	series history own_test >out && series history payload_test >>out && series history fake >>out && ! grep -E "^.{81}" out
'

test_done
