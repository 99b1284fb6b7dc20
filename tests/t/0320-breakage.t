#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
test_description='whatever breaks in mid-run, nothing is left running, what is known stays known, and the next run goes on'
. "${0%/*}/../lib.sh"

make_store
make_workspace
make_machine

evidence=$HOME/.local/state/series/runs/demo
database=$HOME/.local/state/series/results.db
kernels=$HOME/.cache/series/kernels

scenario() {
	printf '%s\n' "$@" >"$FAKE_QEMU"
}
boots() {
	wc -l <"$FAKE_QEMU.boots"
}
# Wait until the command holds; half a minute at most.
until_true() {
	for i in $(seq 300); do
		"$@" && return 0
		sleep 0.1
	done
	echo "never came true: $*"
	return 1
}

# What a run of this test started and is still there. Inside of a sandbox the environment is another one: what waits there
# waits for a number of seconds that nobody else has.
nap=90.0$$
left_running() {
	grep -laF -e "FAKE_QEMU=$FAKE_QEMU" /proc/[0-9]*/environ /dev/null 2>/dev/null | sed 's,/environ,,' >running
	grep -laF -e "$nap" /proc/[0-9]*/cmdline /dev/null 2>/dev/null | sed 's,/cmdline,,' >>running
	while read -r process; do
		{ tr '\0' ' ' <"$process/cmdline" >line; } 2>/dev/null && ! grep -q "^grep" line && cat line && echo
	done <running >left
	test -s left
}
nothing_left() {
	! left_running
}

# A kernel whose build with the series does not come to an end when it is asked for with --jobs 7.
mkdir -p slow && kernel_files v6.12.3 slow && cat >slow/GNUmakefile <<END
include Makefile
bzImage: wait
wait: \$(O)/lib/demo.o ; @if grep -q demo_twice lib/demo.c && echo '\$(MAKEFLAGS)' | grep -q -e -j7; then touch \$(O)/waiting; sleep $nap; fi
END
add_kernel v6.12.20 slow

# Start "series ARGUMENTS..." in the background, as a terminal would.
start() {
	env --default-signal=INT "$SERIES" -C ws "$@" >out 2>err &
	pid=$!
}
ended_by() {
	kill -"$1" "$pid" && wait "$pid"
}
compiles_for_ever() {
	rm -f "$kernels/v6.12.20/build/demo/waiting" && start build --jobs 7 v6.12.20 &&
	until_true test -e "$kernels/v6.12.20/build/demo/waiting"
}
# Base has run and is put down, patched hangs.
patched_hangs() {
	rm -f "$FAKE_QEMU.boots" && scenario 'demo_twice - hang' && start test "$1" &&
	until_true test -s "$evidence/$1/fake/base.1/key" && until_true test -s "$evidence/$1/fake/patched.1/console" && sleep 0.3
}

test_expect_success '^C while a machine hangs: 130, nothing is left running, and it says that it can go on' '
	patched_hangs v6.12.3 && left_running && cat left && test_expect_code 130 ended_by INT &&
	cat err && grep interrupted err && grep "goes on there" err && ! test -s out && until_true nothing_left
'

test_expect_success 'what was complete is not done again' '
	scenario && boots >before && series -C ws test v6.12.3 >out && tail -n 2 out | tr "\n" " " >sums && cat sums && grep "booted 1 (1 known)" sums &&
	test $(boots) = $(($(cat before) + 1)) && grep "no regressions" out
'

test_expect_success 'programs for the guest that were damaged are built again' '
	find "$HOME/.cache/series/built" -name own_test -o -name smoke_test >programs && test $(wc -l <programs) = 2 &&
	while read -r program; do echo "no program" >"$program"; done <programs &&
	series -C ws test --fresh v6.12.3 >out && grep "no regressions" out &&
	while read -r program; do ! grep "no program" "$program" || return 1; done <programs
'

test_expect_success 'while one run tests a target another one is told so: exit code 75; other targets are free' '
	patched_hangs v6.1.5 && test_expect_code 75 series -C ws test v6.1 >out2 2>err2 && cat out2 err2 && cat out2 err2 | grep "another run tests v6.1.5" &&
	FAKE_QEMU=/dev/null series -C ws test v6.12.9 >out2 && grep "v6.12.9: no regressions" out2 && kill -0 $pid
'

test_expect_success 'killed outright, nothing is left running' '
	left_running && test_expect_code 137 ended_by KILL && until_true nothing_left
'

test_expect_success 'and the next run goes on where it was' '
	scenario && series -C ws test v6.1 >out && tail -n 2 out | tr "\n" " " >sums && cat sums && grep "booted 1 (1 known)" sums &&
	grep "v6.1.5: no regressions" out
'

test_expect_success 'killed while it compiles: nothing is left running either' '
	compiles_for_ever &&
	left_running && grep "sleep $nap" left && test_expect_code 137 ended_by KILL && until_true nothing_left
'

test_expect_success 'the next build does not start from what the killed one left, and base is known' '
	test -e "$kernels/v6.12.20/build/demo/waiting" && series -C ws build v6.12.20 >out && cat out &&
	grep "base *cached" out && grep "patched *built" out && ! test -e "$kernels/v6.12.20/build/demo/waiting"
'

test_expect_success '^C while it compiles: 130; who waited to build the same kernel goes on then' '
	rm -r "$HOME/.cache/series/built" && compiles_for_ever &&
	{ "$SERIES" -C ws build v6.12.20 >out2 2>err2 & } && second=$! && sleep 1 && kill -0 $second && ! test -s out2 &&
	test_expect_code 130 ended_by INT && grep interrupted err && { wait $second || { cat out2 err2; false; }; } && grep "no new warnings" out2 &&
	until_true nothing_left
'

test_expect_success 'sources that a killed run left between base and patched become those that are asked for' '
	rm "$kernels/v6.12.20/source/include/linux/demo.h" && echo "#error of half a tree" >"$kernels/v6.12.20/source/lib/demo.c" &&
	rm "$kernels/v6.12.20/source.tree" && series -C ws build --fresh v6.12.20 >out && grep "no new warnings" out &&
	file_of refs/series/kernel/v6.12.20 lib/demo.c >want && grep demo_twice "$kernels/v6.12.20/source/lib/demo.c" &&
	sed "/demo_twice/,\$d" "$kernels/v6.12.20/source/lib/demo.c" >got && grep demo_half got
'

test_expect_success 'a damaged entry of the build cache is built again, whatever of it is damaged' '
	for file in bzImage config log complaints build.json; do
		for entry in "$HOME"/.cache/series/built/*/$file; do
			echo damaged >>"$entry"
		done && series -C ws build v6.12.3 >out && cat out && grep "patched *built" out && grep "base *built" out || return 1
	done && rm "$HOME"/.cache/series/built/*/bzImage && series -C ws build v6.12.3 >out && grep "base *built" out &&
	series -C ws build v6.12.3 >out && grep "patched *cached" out
'

test_expect_success 'evidence that was taken away is made again, not invented' '
	rm "$evidence/v6.12.3/fake/base.1/ktap" && series -C ws test v6.12.3 >out && tail -n 2 out | tr "\n" " " | grep "booted 1 (1 known)"
'

test_expect_success 'a damaged database of results is named, and what to do about it' '
	cp "$database" good.db && size=$(wc -c <"$database") && rm -f "$database"-* &&
	head -c $((size - 4096)) /dev/zero | tr "\0" Z >rest && dd if=rest of="$database" bs=4096 seek=1 conv=notrunc 2>dd.log &&
	test_expect_code 125 series -C ws test v6.12.3 >out 2>err && cat err && grep "results.db: damaged" err && grep "move it away" err
'

test_expect_success 'moved away, everything is tested again' '
	mv "$database" damaged.db && series -C ws test v6.12.3 >out && tail -n 2 out | tr "\n" " " | grep "booted 2 (0 known)"
'

test_expect_success 'one of a newer series is left as it is' '
	cp good.db "$database" && printf "\143" | dd of="$database" bs=1 seek=63 conv=notrunc 2>dd.log && cp "$database" newer.db &&
	test_expect_code 2 series -C ws test v6.12.3 >out 2>err && cat err && grep "written by a newer series" err && test_cmp newer.db "$database" &&
	rm "$database"
'

test_expect_success 'what is no database of ours is left as it is' '
	echo "a text of somebody else, and long enough to be looked at ....................................................." >"$database" &&
	cp "$database" text && test_expect_code 2 series -C ws test v6.12.3 >out 2>err && cat err && grep results.db err && test_cmp text "$database" &&
	rm "$database"
'

# A disk of its own over folder $1, of size $2 and with room for $3 files until make_room, for the script of standard input; where
# we may not mount, in namespaces of our own.
on_a_small_disk() {
	{
		cat <<-\END
		mount -t tmpfs -o "size=$2,nr_inodes=2000" none "$1" && mkdir "$1/full" && seq $((1998 - $3)) | (cd "$1/full" && xargs touch) || exit 1
		folder=$1
		make_room() {
			rm -r "$folder/full"
		}
		END
		cat
	} >script &&
	if [ "$(id -u)" = 0 ] && unshare -m true 2>/dev/null; then as=-m; else as=-Urm; fi &&
	unshare "$as" sh -c '. ./script' disk "$@"
}
if echo : | on_a_small_disk "$PWD/ws/backports" 1m 9 2>/dev/null; then
	test_set_prereq SMALL_DISK
else
	say "# no mounts here, not even in a user namespace: a full disk is not shown"
fi

test_expect_success SMALL_DISK 'where there is not enough room for a build it is not begun, and the room is named' '
	rm -rf "$HOME/.cache/series/built" &&
	on_a_small_disk "$HOME/.cache" 1m 999 <<-\END
	series -C ws build v6.12.3 >out 2>&1
	code=$?
	cat out
	test $code = 125 && grep "no room for a build" out && grep "1 MiB left" out && grep "2500 are wanted" out
	END
'

test_expect_success SMALL_DISK 'one more build of a kernel that is laid out wants less' '
	cp -r "$HOME/.cache" laid && on_a_small_disk "$HOME/.cache" 400m 999 <<-\END
	cp -r laid/. "$HOME/.cache" && series -C ws build v6.12.3 >out 2>&1
	code=$?
	cat out
	test $code = 0 && grep "patched *built" out
	END
'

test_expect_success SMALL_DISK 'the disk is full in mid-build: 125, in those words; with room again the next run goes on' '
	on_a_small_disk "$HOME/.cache" 3g 28 <<-\END
	series -C ws build v6.12.3 >out 2>&1
	code=$?
	cat out
	test $code = 125 && grep "disk is full\|No space left on device" out && ! grep "no new warnings\|DOES NOT" out &&
	make_room && series -C ws build v6.12.3 >out && cat out && grep "no new warnings" out
	END
'

test_expect_success SMALL_DISK 'the disk of the evidence is full: 125, and nothing about the series' '
	on_a_small_disk "$HOME/.local/state" 3g 15 <<-\END
	series -C ws test v6.12.3 >out 2>&1
	code=$?
	cat out
	test $code = 125 && grep "disk is full\|No space left on device" out && ! grep "no regressions\|LOOK" out &&
	make_room && series -C ws test v6.12.3 >out && cat out && grep "no regressions" out
	END
'

test_expect_success 'after all that nothing is left running' '
	nothing_left
'

test_done
