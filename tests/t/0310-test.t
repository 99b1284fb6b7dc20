#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
test_description='test says whether a port is safe to take, and why not'
. "${0%/*}/../lib.sh"

make_store
make_workspace
make_machine

# One line for each thing that is otherwise than well: see tests/fake/qemu.
scenario() {
	printf '%s\n' "$@" >"$FAKE_QEMU"
}
boots() {
	wc -l <"$FAKE_QEMU.boots"
}

test_expect_success 'the verdict comes first, the totals last; the fix is shown to fail before and pass after' '
	series -C ws test v6.12.3 v6.12.9 v6.1 >out &&
	head -n 1 out | grep "^demo: v6.12.3, v6.12.9, v6.1.5: no regressions. Fixed: payload_test on 2 of 3" &&
	grep "1/2  = *BT *U *~ *BT" out &&
	grep "payload_test: fails -> passes on 2 of 3" out && grep "the sum is -1, should be 0" out &&
	grep "on v6.12.9: passes on base too, which has a patch of the series" out &&
	grep "Intel (VMX): no machine with kvm_intel ran" out && grep "^Reproduce:" out &&
	tail -n 2 out | grep "3 targets, 9 tests: 7 ok, 2 fixed"
'

test_expect_success 'what is known is not booted again, and comes out the same' '
	boots >before && series -C ws test v6.12.3 v6.12.9 v6.1 >again && boots >after && test_cmp before after &&
	sed "\$d" out | sed "\$d" >one && sed "\$d" again | sed "\$d" >two && test_cmp one two && tail -n 2 again | tr "\n" " " | grep "booted 0 (6 known)"
'

test_expect_success '--rerun boots base and patched of one cell once more, --fresh all of them' '
	boots >before && series -C ws test --rerun v6.1.5/fake >out && tail -n 2 out | tr "\n" " " | grep "booted 2 (0 known)" &&
	test $(boots) = $(($(cat before) + 2)) && series -C ws test --fresh v6.12.3 v6.1 >out && test $(boots) = $(($(cat before) + 6))
'

test_expect_success 'status has B and T behind the marks' '
	series -C ws status v6.12.3 v6.12.9 v6.1 >out && grep "1/2  = *BT *U  *~ *BT" out && grep "2/2  = *BT *= *BT *= *BT" out &&
	series -C ws status --json v6.12.3 >out.json && json ".targets[0].patches[0].tested" out.json >got && echo good >want && test_cmp want got
'

test_expect_success 'the evidence of each boot is kept where the report says' '
	dir=$HOME/.local/state/series/runs/demo && series -C ws test v6.12.3 >out && grep "evidence: ~/.local/state/series/runs/demo" out &&
	for arm in base patched; do
		for file in command console ktap end; do
			test -s "$dir/v6.12.3/fake/$arm.1/$file" || return 1
		done
	done
'

test_expect_success 'a regression is run again, then named with its reason and its first bad patch: exit code 1' '
	scenario "demo_twice own_test fail regs.rip is not what it was" &&
	test_expect_code 1 series -C ws test --fresh v6.12.3 >out && cat out &&
	head -n 2 out | tr "\n" " " | grep "LOOK: regression in own_test" &&
	grep "own_test: regression, on v6.12.3" out && grep "regs.rip is not what it was" out &&
	grep "first bad patch: 2/2, demo: twice" out && grep "= *BT!" out &&
	grep "series -C ws test v6.12.3 --cell fake --only own_test" out &&
	grep "evidence: .*v6.12.3/fake/patched.1" out
'

test_expect_success 'the same on two targets is said once' '
	test_expect_code 1 series -C ws test --fresh v6.12.3 v6.1 >out && grep "own_test: regression, on v6.12.3, v6.1.5" out &&
	test $(grep -c "regs.rip" out) = 1
'

test_expect_success 'status has T! then' '
	test_might_fail series -C ws status v6.12.3 >out && grep "2/2  = *BT!" out
'

test_expect_success 'what failed once and not again is flaky, said, and no regression' '
	scenario "demo_twice own_test once" && rm "$FAKE_QEMU.boots" &&
	series -C ws test --fresh v6.12.3 >out && head -n 1 out | grep "no regressions" && grep "^Flaky" out && grep "own_test" out
'

test_expect_success 'what fails with and without the series, in the same way, is one line for its targets' '
	scenario "any own_test fail as ever" && series -C ws test --fresh v6.12.3 v6.1 >out &&
	sed -n "/^Fails with and without/,/^\$/p" out >part && grep "on v6.12.3, v6.1.5: own_test" part
'

test_expect_success 'in another way it is as bad as a regression' '
	scenario "!demo_twice own_test fail one thing" "any own_test fail quite another" &&
	test_expect_code 1 series -C ws test --fresh v6.12.3 >out && grep "own_test" out && grep "quite another" out
'

test_expect_success 'a test that should show the fix and fails with the series too is not let through' '
	scenario "any payload_test fail the sum is -1" &&
	test_expect_code 1 series -C ws test --fresh v6.12.3 >out && cat out &&
	head -n 2 out | tr "\n" " " | grep "payload_test does not pass" && grep "NOT FIXED" out && grep "the sum is -1" out
'

test_expect_success 'a test that vanishes, skips only with the series, or is not come to, is red' '
	scenario "demo_twice own_test vanish" && test_expect_code 1 series -C ws test --fresh v6.12.3 >out &&
	grep "lost coverage" out && grep own_test out &&
	scenario "demo_twice own_test skip no such thing" && test_expect_code 1 series -C ws test --fresh v6.12.3 >out && grep "lost coverage" out &&
	scenario "demo_twice - short" && test_expect_code 1 series -C ws test --fresh v6.12.3 >out && grep "lost coverage" out
'

test_expect_success 'all tests skipped is red' '
	scenario "any * skip nothing here" && test_expect_code 1 series -C ws test --fresh v6.12.3 >out &&
	grep "all tests were skipped" out
'

test_expect_success 'a complaint of the kernel during a test that passes is red, and named' '
	scenario "demo_twice own_test splat demo_half+0x10/0x20" && test_expect_code 1 series -C ws test --fresh v6.12.3 >out && cat out &&
	grep "own_test: regression" out && test $(grep -c "WARNING: lib/demo.c demo_half" out) = 1
'

test_expect_success 'a kernel with the series that panics or hangs is red, not a failure of the machine' '
	scenario "demo_twice - panic Attempted to kill init" && test_expect_code 1 series -C ws test --fresh v6.12.3 >out && cat out &&
	head -n 2 out | grep LOOK && grep "Attempted to kill init" out &&
	scenario "demo_twice - hang" && test_expect_code 1 series -C ws test --fresh v6.12.3 >out && head -n 2 out | grep LOOK
'

test_expect_success 'a machine that is lost once gets another one, and is told of' '
	scenario "first - panic IO-APIC + timer does not work" && rm "$FAKE_QEMU.boots" &&
	series -C ws test --fresh v6.12.3 >out && head -n 1 out | grep "no regressions" &&
	grep "^A first machine was lost" out && grep "on v6.12.3: base: .*IO-APIC" out && grep "on v6.12.3: patched: .*IO-APIC" out
'

test_expect_success 'what another run has is busy: exit code 75' '
	scenario "any - hang" && rm -f "$FAKE_QEMU.boots" &&
	{ "$SERIES" -C ws test --fresh v6.12.3 >first 2>&1 & } && pid=$! &&
	for i in $(seq 300); do test -e "$FAKE_QEMU.boots" && break; sleep 0.1; done &&
	test_expect_code 75 series -C ws test --fresh v6.12.3 >out; kill $pid; wait $pid; cat out && grep "another run" out &&
	sed -n "/To try again:/,/^\$/p" out | grep "series -C ws test v6.12.3\$"
'

test_expect_success 'a machine that hangs with and without the series says nothing about it: exit code 125' '
	scenario "any - hang" && test_expect_code 125 series -C ws test --fresh v6.12.3 >out && cat out && grep "could not be found out" out && ! grep "LOOK\|no regressions" out
'

test_expect_success 'what is wrong with the machine says so, in words, and nothing about the series: exit code 125' '
	scenario "any - refuse could not set up host forwarding" && test_expect_code 125 series -C ws test --fresh v6.12.3 >out && cat out &&
	grep "^Could not be found out" out && grep "could not set up host forwarding" out &&
	scenario "any - no-kvm cannot open /dev/kvm" && test_expect_code 125 series -C ws test --fresh v6.12.3 >out &&
	grep "cannot open /dev/kvm" out && grep -e "--rerun v6.12.3/fake" out &&
	scenario "any - vendor kvm_intel" && test_expect_code 125 series -C ws test --fresh v6.12.3 >out && grep kvm_amd out
'

test_expect_success 'a target where a patch conflicts is not tested, the others are: exit code 3' '
	scenario && test_expect_code 3 series -C ws test v5.10 v6.12.3 >out && grep "v5.10.7: conflict, not tested" out && grep "v6.12.3: no regressions" out
'

test_expect_success 'a regression weighs more than a conflict' '
	scenario "demo_twice own_test fail so" && test_expect_code 1 series -C ws test --fresh v5.10 v6.12.3 >out
'

test_expect_success 'the series does not build on one target: that is said, the others are tested' '
	scenario && mkdir -p other && kernel_files v6.12.3 other && sed -i "s/^#define demo_clamp.*/int demo_clamp(void);/" other/include/linux/demo.h &&
	add_kernel v6.12.8 other && test_expect_code 1 series -C ws test v6.12.8 v6.1 >out && cat out &&
	grep "v6.12.8: LOOK: does not build as of patch 1/2" out && grep "first bad is patch 1/2" out && grep "v6.1.5: no regressions" out
'

test_expect_success '--list says what would run, and what cannot be had' '
	boots >before && series -C ws test --list v6.12.3 v6.1 >out && grep "fake .*3 tests" out && grep "payload_test\* " out && grep "other .*not by default" out &&
	test $(grep -c other out) = 1 && boots >after && test_cmp before after &&
	printf "[machine \"none\"]\n\tkind = qemu\n\taccel = tcg\n\tcpu = max\n\tprogram = no-such-emulator\n[cell \"gone\"]\n\tconfig = demo\n\tmachine = none\n\ttests = demo\n\tdefault = no\n" >>ws/ci/matrix.conf &&
	series -C ws test --list v6.12.3 >out && grep "cannot be had here: .*no-such-emulator" out &&
	series -C ws test --list --json v6.12.3 >out.json && json ".cells[] | select(.cell == \"gone\") | .unavailable" out.json >got && grep no-such-emulator got
'

test_expect_success 'a machine that cannot be had is no pass' '
	test_expect_code 125 series -C ws test --cell gone v6.12.3 >out && grep "NOTHING was tested" out && grep "no-such-emulator" out
'

test_expect_success 'one of the machines that are to run by default cannot be had: that is not well, whatever the others say' '
	cp ws/ci/matrix.conf kept && sed "\$d" kept >ws/ci/matrix.conf && test_expect_code 125 series -C ws test v6.1 >out && cat out &&
	head -n 1 out | grep "v6.1.5: NOT ALL was tested" && sed -n "/^Could not be found out/,/^\$/p" out >part && grep "cell gone" part &&
	grep "no-such-emulator" part && grep "series -C ws test v6.1.5 --cell gone" part && series -C ws status v6.1 >out && grep "2/2  = *BT?" out &&
	test_expect_code 125 series -C ws test --json v6.1 >out.json && json ".outcome" out.json >got && echo unknown >want && test_cmp want got; code=$?
	mv kept ws/ci/matrix.conf && return $code
'

test_expect_success 'only what is asked for runs' '
	series -C ws test --only payload_test v6.12.3 >out && grep "Every test but those of --only: payload_test" out && tail -n 2 out | grep "1 tests\|1 test: 1 fixed" &&
	series -C ws test --only payload_test,own_test v6.12.3 >out && tail -n 2 out | grep "2 tests" &&
	series -C ws test --only payload_test --only own_test v6.12.3 >out && tail -n 2 out | grep "2 tests" &&
	series -C ws test --cell other v6.12.3 >out && grep "v6.12.3: no regressions" out
'

test_expect_success 'names that are not there are refused, and the near ones named' '
	test_expect_code 2 series -C ws test --only payload_tset v6.12.3 2>err && grep "did you mean .payload_test" err &&
	test_expect_code 2 series -C ws test --cell elsewhere v6.12.3 2>err && grep "there are: fake other" err &&
	test_expect_code 2 series -C ws test --machine elsewhere v6.12.3 2>err && grep "there are: fake" err &&
	test_expect_code 2 series -C ws test --rerun v6.12.3 2>err && grep "TARGET/CELL" err &&
	test_expect_code 2 series -C ws test --rerun v6.12.3/fake v6.1 2>err && grep "leave out" err &&
	test_expect_code 2 series -C ws test 2>err && grep TARGET err
'

test_expect_success 'JSON has it all' '
	scenario "demo_twice own_test fail so" && test_expect_code 1 series -C ws test --fresh --json v6.12.3 v5.10 >out.json &&
	json ".version" out.json && json ".outcome" out.json >got && echo red >want && test_cmp want got &&
	json ".targets[] | select(.target == \"v6.12.3\") | .cells[0].tests[] | select(.name == \"own_test\") | .class" out.json >got &&
	echo regression >want && test_cmp want got &&
	json ".targets[0].cells[0].first_bad" out.json >got && echo 2 >want && test_cmp want got &&
	json ".targets[] | select(.target == \"v5.10.7\") | .outcome" out.json >got && echo conflict >want && test_cmp want got
'

test_expect_success 'KTAP and JUnit have it too, in files or on standard output' '
	test_expect_code 1 series -C ws test --ktap out.ktap --junit out.xml v6.12.3 v5.10 >out && head -n 1 out | grep demo &&
	head -n 1 out.ktap | grep "^KTAP version 1" && grep "^    not ok [0-9]* own_test # regression" out.ktap && grep "^not ok 1 v6.12.3" out.ktap &&
	grep "^not ok 2 v5.10.7 # ERROR" out.ktap &&
	xmllint --noout out.xml && xmllint --xpath "string(//testcase[@name=\"own_test\"]/failure/@message)" out.xml | grep regression &&
	test_expect_code 1 series -C ws test --ktap - v6.12.3 v5.10 >out && test_cmp out.ktap out &&
	test_expect_code 2 series -C ws test --ktap - --json v6.12.3 2>err && grep "only one" err &&
	test_expect_code 2 series -C ws test --junit nowhere/out.xml v6.12.3 2>err && grep "no folder nowhere" err
'

test_expect_success 'what a guest prints is shown, not obeyed' '
	escape=$(printf "\033") && scenario "demo_twice own_test fail ${escape}[31mred" &&
	for format in "" --json "--ktap -" "--junit -"; do
		test_might_fail series -C ws test --fresh $format v6.12.3 >out && ! grep "$escape" out && grep red out || return 1
	done && xmllint --noout out
'

test_expect_success 'no line is longer than the width, but for paths and commands' '
	test_might_fail series -C ws test v6.12.3 v6.1 >out && ! grep -v "^  evidence:\|^  series" out | grep "^.\{81\}"
'

test_done
