#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
test_description='a tick on too small a machine says so before it begins, and a full disk is never a verdict'
. "${0%/*}/../lib.sh"

make_store
make_workspace
make_machine
make_ci
kernel_files v6.12.3 k6.12
sed -i '/target "v5.10"/,/source/d; /target "v6.1"/,/source/d' ws/ci/targets.conf
sed -i '/watch "stable-rc"/,/queue\/%/d' ws/ci/ci.conf
cp ws/ci/ci.conf conf
home=$HOME/.local/state/series/ci

# rulings RUN: what came out, a line each.
rulings() {
	series -C ws ci log "$1" --json | jq -r ".rulings[] | [.kind, .verdict, .why] | join(\" \")"
}
boots() {
	cat "$FAKE_QEMU.boots" 2>/dev/null | wc -l
}
# guard LINE...: ci.conf with these in [guard].
guard() {
	{ cat conf && echo '[guard]' && printf '\t%s\n' "$@"; } >ws/ci/ci.conf
}

test_expect_success 'a disk that will not do is seen before anything is fetched or built: infrastructure, and what to do' '
	release v6.12.10 k6.12 && guard "disk-mb = 999999999" && test_expect_code 125 series -C ws ci >out && cat out &&
	grep "6\.12\.y *v6\.12\.9 *infrastructure" out && rulings 1 >got && cat got && grep "^apply ok" got && grep "^build infrastructure .*not enough disk space" got &&
	grep "series ci prune" got && ! test -e .cache/series/kernels && series -C ws ci log --json >log.json && json ".sources[0].why" log.json >why && cat why && grep "disk" why &&
	! git --git-dir=store.git rev-parse -q --verify refs/series/kernel/v6.12.10
'

test_expect_success 'so is memory' '
	guard "memory-mb = 999999999" && test_expect_code 125 series -C ws ci >out && rulings 2 >got && cat got &&
	grep "^build infrastructure .*not enough memory" got && grep "in all" got && ! test -e .cache/series/kernels
'

test_expect_success 'with room the same is done, as if nothing had been' '
	cp conf ws/ci/ci.conf && series -C ws ci >out && cat out && grep "6\.12\.y *v6\.12\.10 *ok" out
'

test_expect_success 'an emulator that is killed by somebody else, for want of memory, say, is no verdict about the kernel in it' '
	echo "demo_twice - killed" >"$FAKE_QEMU" && echo "/* anew */" >>ws/ci/guest/smoke_test.c && test_expect_code 125 series -C ws ci >out && cat out &&
	grep "6\.12\.y *v6\.12\.10 *infrastructure .*killed by somebody else, .*memory" out && ! grep -i "regression\|lost coverage" out &&
	: >"$FAKE_QEMU" && series -C ws ci >out && grep "6\.12\.y *v6\.12\.10 *ok" out
'

test_expect_success 'what a tick that was killed has left running is ended by the next one, and told' '
	mkdir -p "$home/tasks/99/1-build-v6.12.10" && (SERIES_TASK=$home/tasks/99/1-build-v6.12.10 setsid sleep 600 & echo $! >pid; wait) & keeper=$! &&
	for i in $(seq 50); do test -s pid && break; sleep 0.1; done && kill -0 $(cat pid) &&
	: >"$home/pages/.index.html.aB3dE6" && series -C ws ci >out 2>&1 && test_must_be_empty out && wait $keeper; ! kill -0 $(cat pid) 2>/dev/null &&
	! test -e "$home/pages/.index.html.aB3dE6" && series -C ws ci log --json >log.json && jq -r ".events[].text" log.json >out && cat out && grep "sleep (pid $(cat pid)) of tasks/99/1-build-v6.12.10" out
'

test_expect_success 'prune says what would go, takes it, and leaves the last good word on each line' '
	release v6.12.11 k6.12 && series -C ws ci && touch -d "9 days ago" .cache/series/kernels/v6.12.10 .cache/series/kernels/v6.12.10/* .cache/series/kernels/v6.12.10/build/* &&
	rm -rf "$home/tasks/99" && head -c 30000000 /dev/urandom >"$home/pages/1/evidence" && { cat conf && printf "[publish]\n\tkeep-mb = 20\n"; } >ws/ci/ci.conf && ls "$home/tasks" >before &&
	series -C ws ci prune --dry-run >out && cat out && grep "would go: 1 run, 1 kernel.s sources and objects: [23][0-9] MiB" out && ls "$home/tasks" >after && test_cmp before after && test -e .cache/series/kernels/v6.12.10 &&
	series -C ws ci prune --json >out.json && cat out.json && json ".kernels == 1 and .runs == 1" out.json && ! test -e .cache/series/kernels/v6.12.10 && test -e .cache/series/kernels/v6.12.11 &&
	newest=$(series -C ws ci log --json | jq ".runs[0].ci_run") && test -d "$home/pages/$newest" && test -d "$home/tasks/$newest" && ! test -e "$home/pages/1" &&
	series -C ws ci prune >out && grep "^gone: nothing" out && series -C ws ci publish && cp conf ws/ci/ci.conf
'

test_expect_success 'not while a tick is at it' '
	exec 9>"$home/lock" && flock 9 && test_expect_code 75 series -C ws ci prune 2>err && grep "a tick is running" err; exec 9>&-
'

# The rest needs a small file system, in a mount namespace of its own.
if unshare -m true 2>/dev/null; then
	alone='unshare -m'
elif unshare -rm true 2>/dev/null; then
	alone='unshare -rm'
fi
if [ -n "$alone" ] && mkdir -p small && $alone sh -c 'mount -t tmpfs none small' 2>/dev/null; then
	test_set_prereq TMPFS
fi

# fill DIR: what is left of the file system is taken away. Its size becomes what is in use.
cat >bin/fill <<\END
#!/bin/sh
for try in 1 2 3 4 5; do
	mount -o remount,size="$(df --output=used -k "$1" | tail -n 1 | tr -d ' ')"k "$1" && exit 0
done
exit 1
END
chmod +x bin/fill

test_expect_success TMPFS 'a disk that gets full while a machine runs, with the journal on it: the tick says so; with room again the next one finishes the same round' '
	rm -rf .local .cache site mails && guard "disk-mb = 0" && mv bin/qemu-system-x86_64 bin/qemu && cat >bin/qemu-system-x86_64 <<-\END && chmod +x bin/qemu-system-x86_64 &&
	#!/bin/sh
	case $1 in --version) ;; *) [ -e "$SMALL.filled" ] || { fill "$SMALL" && : >"$SMALL.filled"; } ;; esac
	exec qemu "$@"
	END
	cat >script <<-\END &&
	mount -t tmpfs -o size=8g none "$PWD/small" || exit 99
	export XDG_STATE_HOME=$PWD/small SMALL=$PWD/small
	"$SERIES" -C ws ci >out 2>&1; echo $? >code
	mount -o remount,size=8g small
	"$SERIES" -C ws ci log --json >log.json
	"$SERIES" -C ws ci >out2 2>&1; echo $? >code2
	"$SERIES" -C ws ci log --json >log2.json
	"$SERIES" -C ws ci >out3 2>&1; echo $? >code3
	END
	$alone sh script; cat out out2 out3 && test "$(cat code)" = 125 && grep -i "full\|no space" out && ! grep "regression" out &&
	! grep "regression" out2 && test "$(cat code2)" = 0 && grep "6\.12\.y *v6\.12\.11 *ok" out2 && test_must_be_empty out3 &&
	jq -e "[.runs[] | .ci_run] == [1] and .runs[0].ended" log2.json
'

# A compiler that waits until the disk is full, or two seconds: it works in the sandbox and cannot fill it.
lib_rules_usual=$(lib_rules)
lib_rules() {
	printf '%s\n' "$lib_rules_usual" | sed 's,^bzImage: ,waiting: ; @for i in $$(seq 20); do dd if=/dev/zero of=$(O)/probe bs=64k count=1 2>/dev/null || break; sleep 0.1; done; rm -f $(O)/probe; dd if=/dev/zero of=$(O)/objects bs=64k count=4\n&waiting ,'
}

test_expect_success TMPFS 'a disk that gets full in the middle of a build is infrastructure: no verdict, and the next tick goes on' '
	rm -rf .local .cache site mails bin/qemu-system-x86_64 && mv bin/qemu bin/qemu-system-x86_64 && release v6.12.13 k6.12 &&
	cat >script <<-\END &&
	mount -t tmpfs -o size=8g none "$PWD/small" || exit 99
	export XDG_CACHE_HOME=$PWD/small
	(for i in $(seq 200); do test -e small/series/kernels/v6.12.13/build/demo/probe && break; sleep 0.05; done; fill small) &
	"$SERIES" -C ws ci >out 2>&1; echo $? >code
	wait
	"$SERIES" -C ws ci log 1 --json >log.json
	mount -o remount,size=8g small && "$SERIES" -C ws ci >out2 2>&1; echo $? >code2
	END
	$alone sh script; cat out out2 && test "$(cat code)" = 125 && jq -r ".rulings[] | [.kind, .verdict, .why] | join(\" \")" log.json >got && cat got &&
	grep "^build infrastructure .*disk is full" got && ! grep "does not build" got out && test "$(cat code2)" = 0 && grep "6\.12\.y *v6\.12\.13 *ok" out2
'

test_done
