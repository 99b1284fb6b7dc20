#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
test_description='what goes wrong around the kernels is neither a pass nor a regression, and is tried again'
. "${0%/*}/../lib.sh"

make_store
make_workspace
make_machine
make_ci
kernel_files v6.12.3 k6.12
sed -i '/target "v5.10"/,/source/d; /target "v6.1"/,/source/d' ws/ci/targets.conf
release v6.12.10 k6.12

scenario() {
	printf '%s\n' "$@" >"$FAKE_QEMU"
}
boots() {
	cat "$FAKE_QEMU.boots" 2>/dev/null | wc -l
}
word() {
	series -C ws ci log "$1" --json | jq -r "[.rulings[] | select(.kind == \"$2\")][-1].verdict"
}
mails() {
	find mails -type f 2>/dev/null | wc -l
}

test_expect_success 'a machine that hangs is infrastructure: exit code 125, no verdict' '
	scenario "any - hang" && test_expect_code 125 series -C ws ci >out && cat out && grep "6\.12\.y *v6\.12\.10 *infrastructure" out &&
	test "$(word 1 test)" = infrastructure && ! grep -rhi regression mails 2>/dev/null
'

test_expect_success 'the next tick tries that again, and nothing else' '
	series -C ws ci --plan >out && cat out && grep "try 2 of 3" out && scenario && boots >before && series -C ws ci >out && cat out &&
	grep "6\.12\.y *v6\.12\.10 *ok" out && test "$(word 2 test)" = fixed && test $(boots) = $(($(cat before) + 2)) &&
	series -C ws ci log 2 --json | jq -e "[.rulings[].kind] == [\"test\"]"
'

test_expect_success 'what fails for ever is tried three times in a row, told once, then once a day' '
	scenario "any - refuse no such accelerator" && release v6.12.11 k6.12 && before=$(mails) &&
	for i in 1 2 3 4 5; do
		series -C ws ci >out.$i 2>&1
	done && test_must_be_empty out.4 && test_must_be_empty out.5 && test $(mails) = $((before + 1)) && grep -rh "no such accelerator" mails | head -n 1 &&
	series -C ws ci --plan >out && cat out && grep "tried again after" out
'

test_expect_success 'a broken entry of the cache is made anew: the results are the same' '
	scenario && release v6.12.12 k6.12 && series -C ws ci >out && cat out && grep "6\.12\.y *v6\.12\.12 *ok" out &&
	for file in .cache/series/built/*/bzImage; do
		echo broken >>"$file" || return 1
	done && ls .cache/series/built/*/bzImage | wc -l >all && echo "/* changed */" >>ws/ci/guest/smoke_test.c && series -C ws ci >out 2>err; cat out err; grep "6\.12\.y *v6\.12\.12 *ok" out &&
	test $(grep -l broken .cache/series/built/*/bzImage | wc -l) = $(($(cat all) - 2))
'

test_expect_success 'a known failure with an owner, a reason and an end is not red until that day' '
	scenario "demo_twice own_test fail regs.rip is not what it was" && cp ws/ci/ci.conf conf &&
	printf "[known \"own_test\"]\n\towner = A U Thor <author@example.org>\n\treason = waits for the next merge window\n\tuntil = 2999-12-31\n" >>ws/ci/ci.conf &&
	release v6.12.13 k6.12 && series -C ws ci >out && cat out && grep "6\.12\.y *v6\.12\.13 *ok, fixed *known: own_test: .*2999-12-31.*A U Thor" out && series -C ws ci log >log && cat log && grep -r "own_test" site/index.html &&
	sed "s/2999-12-31/2020-01-01/" ws/ci/ci.conf >new && mv new ws/ci/ci.conf && release v6.12.14 k6.12 && test_expect_code 1 series -C ws ci >out && cat out &&
	grep "6\.12\.y *v6\.12\.14 *regression" out
'

test_expect_success 'one without an owner is refused, by file and line' '
	cp conf ws/ci/ci.conf && printf "[known \"own_test\"]\n\treason = x\n\tuntil = 2999-12-31\n" >>ws/ci/ci.conf && test_expect_code 2 series -C ws ci 2>err && cat err && grep "ci.conf:[0-9]*: .*owner" err
'

test_done
