#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
test_description='ci --task does one order in its folder, and goes on where it was killed'
. "${0%/*}/../lib.sh"

make_store
make_workspace
make_machine

scenario() {
	printf '%s\n' "$@" >"$FAKE_QEMU"
}
boots() {
	wc -l <"$FAKE_QEMU.boots"
}
# order DIR KIND CELL [TARGET]: as a tick writes it; the recipe is left out, which none has to agree with.
order() {
	mkdir -p "$1" && rm -f "$1/outcome.json" &&
	cat >"$1/order.json" <<-END
	{"order": 1, "workspace": "$PWD/ws", "store": "$SERIES_STORE", "task": 1, "round": 1, "kind": "$2", "series": "demo",
	 "line": "6.12.y", "target": "${4-v6.12.3}", "cell": "$3", "base": "$base", "patched": "$patched", "recipe": "", "why": "not done yet",
	 "cores": 2, "memory": 0, "minutes": 10}
	END
}
# The outcome's key $2 in folder $1 is $3.
outcome() {
	json ".$2" "$1/outcome.json" >got && echo "$3" >want && test_cmp want got
}
found() {
	json '.items[] | select(.weight != "passed") | "\(.weight) \(.name): \(.word)"' "$1/found.json" | sort
}

test_expect_success 'the port that is ordered' '
	series -C ws apply v6.12.3 &&
	base=$(lib_git rev-parse "refs/series/kernel/v6.12.3^{tree}") && patched=$(lib_git rev-parse "refs/series/demo/v6.12.3^{tree}") &&
	test $base != $patched
'

test_expect_success 'a build: both arms in its own database, what it found, then its outcome' '
	order b build "" && series ci --task b 2>err && outcome b word done && outcome b note "" &&
	json .host b/outcome.json && json ".wall_seconds > 0" b/outcome.json &&
	found b >out && test_must_be_empty out && grep "done" err &&
	test -s b/state/results.db && ! test -e .local/state/series/results.db
'

test_expect_success 'a test: one cell, booted with and without; the evidence lies in the folder' '
	order t test fake && series ci --task t >out && outcome t word done && grep "no regressions. Fixed: payload_test" out &&
	echo "noted payload_test: fixed" >want && found t >out && test_cmp want out && json .fixed t/found.json &&
	test -s t/state/runs/v6.12.3/fake/base.1/console && test -s t/state/runs/v6.12.3/fake/patched.1/ktap &&
	test $(boots) = 2 && ! test -e .local/state/series
'

test_expect_success 'one that has ended is not done again' '
	boots >before && series ci --task t && boots >after && test_cmp before after
'

test_expect_success 'done again in its folder, what is complete is not booted again' '
	rm t/outcome.json t/found.json && series ci --task t && outcome t word done && boots >after && test_cmp before after
'

test_expect_success 'killed in the middle and begun again: the same result' '
	order k test fake && scenario "any own_test hang" && { series ci --task k & } && pid=$! && i=0 &&
	while ! test -s k/state/runs/v6.12.3/fake/base.1/ktap && test $i -lt 100; do sleep 0.1; i=$((i + 1)); done &&
	kill -KILL $pid && { wait $pid || :; } && ! test -e k/outcome.json && scenario &&
	series ci --task k && outcome k word done && found k >out && echo "noted payload_test: fixed" >want && test_cmp want out
'

test_expect_success 'a regression is done, and told by name' '
	order r test fake && scenario "demo_twice own_test fail regs.rip is not what it was" &&
	series ci --task r && outcome r word done && found r >out &&
	printf "noted payload_test: fixed\nred own_test: regression\n" >want && test_cmp want out &&
	json .why r/found.json | grep "first bad patch: 2"
'

test_expect_success 'what should show the fix and does not is red' '
	order p test fake && scenario "any payload_test fail never" && series ci --task p && found p >out &&
	grep "red payload_test: does not show the fix" out
'

test_expect_success 'a machine that refuses to run is infrastructure, not a result' '
	order m test fake && scenario "any - refuse no memory for it" && series ci --task m && found m >out &&
	! grep red out && grep "unknown .*: infrastructure" out && json .why m/found.json | grep "no memory for it"
'

test_expect_success 'a machine that cannot be had here: failed, with the reason' '
	scenario && order u test fake && cp ws/ci/matrix.conf kept && sed -i "/kind = qemu/a program = /no/such/qemu" ws/ci/matrix.conf &&
	test_expect_code 125 series ci --task u && outcome u word failed && json .note u/outcome.json | grep "machine unavailable: .*no/such/qemu" &&
	mv kept ws/ci/matrix.conf
'

test_expect_success 'verify: every check, those that cannot run as unknown' '
	order v verify "" && series ci --task v && outcome v word done &&
	json ".items[] | select(.name == \"rules\") | .weight" v/found.json && test -s v/state/results.db
'

test_expect_success 'the kernel is another one now: superseded' '
	order s build "" && sed -i "s/\"base\": \"$base\"/\"base\": \"$patched\"/" s/order.json &&
	test_expect_code 125 series ci --task s && outcome s word superseded &&
	json .note s/outcome.json | grep "the kernel v6.12.3 has another tree" && ! test -e s/found.json
'

test_expect_success 'the series has changed since: superseded' '
	order s build "" && sed -i "s/\"patched\": \"$patched\"/\"patched\": \"$base\"/" s/order.json &&
	test_expect_code 125 series ci --task s && outcome s word superseded && json .note s/outcome.json | grep "the series or its backports have changed" &&
	order s build "" v6.12.99 && test_expect_code 125 series ci --task s && outcome s word superseded && json .note s/outcome.json | grep "not in the store"
'

test_expect_success 'the recipe is another one now: superseded' '
	order s build "" && sed -i "s/\"recipe\": \"\"/\"recipe\": \"$(printf %064d 0)\"/" s/order.json &&
	test_expect_code 125 series ci --task s && outcome s word superseded && json .note s/outcome.json | grep "configurations of the workspace have changed"
'

test_expect_success 'a damaged database of an earlier try is put aside and begun anew' '
	order d test fake && mkdir -p d/state && { printf "SQLite format 3\0"; head -c 5000 /dev/zero | tr "\0" x; } >d/state/results.db &&
	series ci --task d 2>err && outcome d word done && grep "damaged: put aside" err && test -s d/state/results.db.damaged &&
	order d test fake && series ci --task d && boots >before && rm d/outcome.json &&
	dd if=/dev/urandom of=d/state/results.db bs=4096 seek=2 count=3 conv=notrunc && series ci --task d 2>err &&
	outcome d word done && grep "damaged: put aside" err
'

test_expect_success 'a folder is worked in by one at a time: 75 for the second' '
	order l build "" && exec 9>l/lock && flock 9 && test_expect_code 75 series ci --task l 2>err && grep "another process does the task" err &&
	! test -e l/outcome.json && exec 9>&- && series ci --task l && outcome l word done
'

# changed SED: patch 2 is another one now, and ordered as such.
changed() {
	sed -i "$1" ws/series/demo/0002-*.patch && series -C ws apply v6.12.3 && patched=$(lib_git rev-parse "refs/series/demo/v6.12.3^{tree}")
}

test_expect_success 'what the compiler says anew is red, each thing by file and function' '
	cp ws/series/demo/0002-*.patch kept && changed "s/return demo_add(a, a);/int unused; &/" &&
	order w build "" && series ci --task w && outcome w word done && found w >out && echo "red demo: new warning" >want && test_cmp want out &&
	json ".items[] | select(.weight == \"red\") | .more" w/found.json | grep "lib/demo.c: in demo_twice(): unused variable"
'

test_expect_success 'what does not build is red, for the build and for its tests' '
	cp kept ws/series/demo/0002-*.patch && changed "s/return demo_add(a, a);/return demo_add(a, a;/" &&
	order x build "" && series ci --task x >out && outcome x word done && found x >got && echo "red demo: does not build" >want && test_cmp want got &&
	json ".items[] | select(.weight == \"red\") | .more" x/found.json | grep "^lib/demo.c: .*expected" && grep "patched  *FAILED" out &&
	order y test fake && series ci --task y && outcome y word done && found y >got && grep "^red all tests: flaw" got &&
	json .why y/found.json | grep "does not build as of patch 2" && cp kept ws/series/demo/0002-*.patch
'

test_expect_success 'base that does not build says nothing of the series' '
	kernel_files v6.12.3 k && sed -i "s/^int demo_half.*/int demo_half(int a/" k/include/linux/demo.h && add_kernel v6.12.5 k &&
	series -C ws apply v6.12.5 && base=$(lib_git rev-parse "refs/series/kernel/v6.12.5^{tree}") && patched=$(lib_git rev-parse "refs/series/demo/v6.12.5^{tree}") &&
	order z build "" v6.12.5 && series ci --task z && outcome z word done && found z >got && echo "unknown demo: base does not build" >want && test_cmp want got &&
	order z test fake v6.12.5 && test_expect_code 125 series ci --task z && outcome z word failed && json .note z/outcome.json | grep "base does not build"
'

test_expect_success 'what is no order of ours is refused: 2' '
	mkdir -p none && test_expect_code 2 series ci --task none 2>err && grep "no order in" err &&
	test_expect_code 2 series ci --task missing 2>err && grep "missing: No such file" err &&
	order e build "" "../../etc" && test_expect_code 2 series ci --task e 2>err && grep "no proper name" err && ! test -e e/outcome.json
'

test_done
