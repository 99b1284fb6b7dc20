#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
test_description='what a dead tick left is finished by the next one, and counts there with what is new'
. "${0%/*}/../lib.sh"

make_store
make_workspace
make_machine
make_ci
kernel_files v5.10.7 k5.10
kernel_files v6.1.5 k6.1
kernel_files v6.12.3 k6.12

scenario() {
	printf '%s\n' "$@" >"$FAKE_QEMU"
}
# A tick that dies while it tests.
dead_tick() {
	scenario "any - hang"
	setsid series -C ws ci >tick 2>&1 &
	lib_pid=$!
	for lib_i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30; do
		lib_run=$(series -C ws ci log --json | jq -r '.runs[0] | select(. and .ended == null) | .ci_run')
		[ -z "$lib_run" ] || ! series -C ws ci log "$lib_run" --json | jq -e '.tasks[] | select(.kind == "test" and .state == "sent")' || break
		sleep 0.1
	done
	kill -9 $lib_pid
	wait $lib_pid
	scenario
	flock -w 10 "$HOME/.local/state/series/ci/lock" true
}
rulings() {
	series -C ws ci log "$1" --json | jq -c "[.rulings[] | select($2) | $3]"
}

test_expect_success 'the exit code is of all that a tick found out, also of the run that another one had begun' '
	release v5.10.8 k5.10 && release v6.12.10 k6.12 && sed -i "/watch \"stable\"/,/kind/s/kind = release/&\n\ttarget = v5.10\n\ttarget = v6.12/" ws/ci/ci.conf &&
	dead_tick && sed -i "s/target = v6.12/&\n\ttarget = v6.1/" ws/ci/ci.conf && sed -i "/target = v5.10/d" ws/ci/ci.conf &&
	release v6.1.6 k6.1 && test_expect_code 3 series -C ws ci >out && cat out && grep "^run 1: " out && grep "5\.10\.y *v5\.10\.8 *conflict" out &&
	grep "^run 2: " out && grep "6\.1\.y *v6\.1\.6 *ok" out && series -C ws ci >out && test_must_be_empty out
'

test_expect_success 'tests that are others by now: the open run does not know, the next one does, and neither is done for ever' '
	release v6.12.11 k6.12 && dead_tick && echo "/* changed */" >>ws/ci/guest/smoke_test.c && series -C ws ci --json >out; cat out &&
	jq -e "[.lines[] | select(.line == \"6.12.y\") | [.ci_run, .verdict]] == [[3, \"infrastructure\"], [4, \"ok, fixed\"]]" out &&
	rulings 3 ".unknown" ".kind, .why" | grep "\"test\".*have changed since it was planned" && series -C ws ci >out && test_must_be_empty out
'

test_expect_success 'a ref that a killed process has locked is said, and keeps nothing else from being done' '
	mkdir -p store.git/refs/series/demo && : >store.git/refs/series/demo/v6.12.12.lock && release v6.12.12 k6.12 && release v6.1.7 k6.1 &&
	series -C ws ci >out && cat out && git --git-dir=store.git rev-parse --verify refs/series/demo/v6.1.7 && series -C ws ci log >log && cat log &&
	grep "ref 6\.12\.y: refs/series/demo/v6\.12\.12 " log && rm store.git/refs/series/demo/v6.12.12.lock
'

test_expect_success 'two lines that have the same trees are ruled in the same run' '
	sed -i "s/kind = queue/&\n\tdepth = test/" ws/ci/ci.conf && branch_tip linux-6.1.y v6.1.8-rc1 k6.1 &&
	branch_tip queue/6.1 v6.1.8-rc1 k6.1 && series -C ws ci >out && cat out && grep "6\.1\.y-rc .*ok" out && grep "6\.1\.y-queue .*ok" out &&
	series -C ws ci log --json | jq .runs[0].ci_run >run && rulings $(cat run) ".line | test(\"-\")" "[.line, .kind]" >got && cat got &&
	for kind in apply build test; do
		grep "6.1.y-rc\",\"$kind\"" got && grep "6.1.y-queue\",\"$kind\"" got || return 1
	done && series -C ws ci >out && test_must_be_empty out
'

test_expect_success 'a site that cannot be made is tried once in a tick, and made for all runs when it can' '
	mv site away && echo "no folder" >site && for n in 13 14 15; do
		release v6.12.$n k6.12 && series -C ws ci || return 1
	done && rm site && mv away site && series -C ws ci && series -C ws ci log --json | jq -e "[.runs[].published | select(. == null)] == []"
'

test_done
