#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
test_description='ci log says how things stand, what the last runs brought, and one run in full'
. "${0%/*}/../lib.sh"

make_store
make_workspace
make_machine
make_ci

scenario() {
	printf '%s\n' "$@" >"$FAKE_QEMU"
}
kernel_files v6.1.5 old
kernel_files v6.12.3 new

test_expect_success 'before the first tick' '
	series -C ws ci log >out && cat out && grep "^Nothing was ruled yet" out && grep "no tick yet: see series ci doctor" out &&
	test_expect_code 2 series -C ws ci log 1 2>err && grep "there is no run 1: none was made yet" err
'

test_expect_success 'a regression and a conflict stand at the top, with their reasons; the run tells its news' '
	release v6.1.6 old && release v6.12.10 new && scenario "demo_twice own_test fail regs.rip is not what it was" &&
	test_expect_code 1 series -C ws ci && series -C ws ci log >out && cat out &&
	head -n 1 out | grep "^3 of 3 lines red" && grep "^  6.12.y *v6.12.10 *regression .* run 1, 2" out && grep "^  5.10.y *v5.10.7 *conflict" out &&
	sed -n "/^The last runs/,/^The last tick/p" out >part && grep "^  run 1  2.* 3 of 3 red" part && grep "5.10.y (v5.10.7): conflict" part &&
	grep "^The last tick: 2.*, worked" out && sed -n "/^Sources/,/^$/p" out | grep "stable *answers *last 2" &&
	sed -n "/^What happened last/,\$p" out | grep "release 6.1.y: v6.1.6"
'

test_expect_success 'one run: its tasks with times, executor and log; its rulings; its events' '
	series -C ws ci log 1 >out && cat out && head -n 1 out | grep "^run 1: .*v6.1.6" &&
	sed -n "/^Tasks/,/^$/p" out >tasks && grep "^  test *6.12.y, fake *done *[0-9]* s .*local" tasks && grep "because: not tested yet" tasks &&
	log=$(sed -n "s/^      log: //p" tasks | tail -n 1) && test -s "$HOME/${log#\~/}" &&
	sed -n "/^Rulings/,/^$/p" out >rulings && grep "^  apply *6.1.y *v6.1.6 *ok *~ =" rulings && grep "^  test *6.12.y, fake *v6.12.10 *regression" rulings &&
	grep "own_test: regression" rulings && sed -n "/^What happened meanwhile/,\$p" out | grep "release 6.12.y: v6.12.10"
'

test_expect_success 'a run that is not there, or is no number' '
	test_expect_code 2 series -C ws ci log 99 2>err && grep "there is no run 99; the last one is 1" err &&
	test_expect_code 2 series -C ws ci log last 2>err && grep "is no run; its number is wanted" err &&
	test_expect_code 2 series -C ws ci log 1 2 2>err && grep "one word too many" err
'

test_expect_success 'quiet ticks are one line' '
	for i in 1 2 3; do series -C ws ci || return 1; done && series -C ws ci log >out && grep "^3 quiet ticks since 2.*, the last at 2" out &&
	! grep "no good end" out
'

test_expect_success 'a source that does not answer is named, with since when' '
	mv rc.git away.git && test_might_fail series -C ws ci; mv away.git rc.git && series -C ws ci log >out && cat out &&
	head -n 1 out | grep "on old data" && sed -n "/^Sources/,/^$/p" out | grep "stable-rc *does not answer *last 2"
'

test_expect_success 'a run that was killed is not complete; the tick after it ends it' '
	scenario "any - hang" && release v6.12.11 new && { series -C ws ci & } && pid=$! &&
	for i in $(seq 100); do sleep 0.1; series -C ws ci log 2>/dev/null | grep -q "^  run 2 " && break; done && kill -9 $pid && wait $pid;
	scenario "" && series -C ws ci log >out && cat out && grep "^  run 2 .* not complete: [012] of 3 tasks ended" out && grep "goes on, or was killed" out &&
	grep "^  6.12.y *v6.12.10 *regression .* run 1, 2" out &&
	series -C ws ci log 2 >out && grep "not complete: the next tick goes on with it" out &&
	test_might_fail series -C ws ci; series -C ws ci log 2 >out && cat out && grep "in 2 ticks" out && ! grep "not complete" out &&
	series -C ws ci log >out && cat out && sed -n "/no good end/,/^$/p" out | grep "killed" && grep "^  6.12.y *v6.12.11 *ok" out
'

test_expect_success 'a known failure is green, and named with its owner and its day' '
	cp ws/ci/ci.conf conf && cat >>ws/ci/ci.conf <<-\END &&
	[known "own_test"]
		owner = A U Thor <author@example.org>
		reason = the machine lies
		until = 2099-01-31
	END
	scenario "demo_twice own_test fail regs.rip is not what it was" && release v6.12.12 new && test_might_fail series -C ws ci &&
	series -C ws ci log >out && cat out && sed -n "/^Known failures/,/^$/p" out >known && grep "^  6.12.y: own_test: regression (until 2099-01-31" known &&
	series -C ws ci log --json >out.json && json ".lines[0].known | length == 1" out.json && series -C ws ci log 3 | grep "known: own_test: regression" &&
	series -C ws history own_test 6.12.y >out && grep "v6.12.12  regression, known" out && head -n 1 out | grep "nothing red" &&
	cp conf ws/ci/ci.conf
'

test_expect_success 'JSON of all, and of one run with what its tests found' '
	series -C ws ci log --json >out.json && json "[.runs[].ci_run] == [3, 2, 1]" out.json && json ".ticks.last_word == \"worked\"" out.json &&
	json "[.lines[] | select(.line == \"6.12.y\")][0] | .target == \"v6.12.12\" and (.red | not) and .since_ci_run == 2" out.json &&
	json "[.sources[].source] == [\"queue\", \"stable\", \"stable-rc\"]" out.json && json ".events | length > 3" out.json &&
	series -C ws ci log 1 --json >out.json && json ".ci_run == 1 and .ended > .started - 1" out.json && json ".news | length > 1" out.json &&
	json "[.tasks[] | select(.kind == \"test\")][0] | .outcome == \"done\" and .tries == 1 and .executor == \"local\" and (.dir | length > 9)" out.json &&
	json "[.rulings[] | select(.line == \"6.12.y\" and .kind == \"test\")][0] | .red and .bad == [\"own_test: regression\"] and .run > 0" out.json &&
	json "[.results[].cells[].tests[] | select(.name == \"own_test\").class] | index(\"regression\") != null" out.json &&
	json "[.results[].schema] | unique == [1]" out.json
'

test_expect_success 'series history has what the ticks found, with their runs' '
	series -C ws history own_test 6.12.y >out && cat out && grep "v6.12.11  ok .*run 2" out && grep "v6.12.10  regression .*run 1" out &&
	series -C ws history apply v5.10 >out && grep "v5.10.7  conflict  *run 1" out && series -C ws history build 6.12.y >out && grep "v6.12.11  ok" out
'

test_expect_success 'no line is wider than 80 columns' '
	series -C ws ci log >out && series -C ws ci log 1 >>out && series -C ws ci log 2 >>out && ! grep "^.\{81\}" out
'

test_done
