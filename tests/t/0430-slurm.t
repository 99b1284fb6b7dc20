#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
test_description='tasks done by a real Slurm: the same results as without it, and whatever happens to its jobs is noticed'
. "${0%/*}/../lib.sh"
. "$TOP/tests/lib-slurm.sh"

make_store
make_workspace
make_machine
make_ci
kernel_files v6.1.5 k6.1
kernel_files v6.12.3 k6.12
# Both cells on both kernels: the tests of a build are more than one.
sed -i '/target "v5.10"/,/source/d' ws/ci/targets.conf
sed -i '/default = no/d; /target = v6.12/d' ws/ci/matrix.conf
release v6.1.6 k6.1
release v6.12.10 k6.12
printf '[ci]\n\ttask-minutes = 5\n' >>ws/ci/ci.conf
cp -r ws local
# Two nodes of four processors each, all of them this machine's two.
printf '[ci]\n\texecutor = slurm\n[slurm]\n\tpoll-seconds = 1\n\toption = --cpus-per-task=2\n\toption = --mem=100\n' >>ws/ci/ci.conf

# Machines are slow as long as there is a file "slow"; sbatch's calls are written down, and it can be told to end a tick.
slow=$PWD/slow
mv bin/qemu-system-x86_64 bin/fake-qemu
cat >bin/qemu-system-x86_64 <<-END
	#!/bin/sh
	[ "\$1" = --version ] || while [ -e "$slow" ]; do sleep 0.1; done
	exec "$PWD/bin/fake-qemu" "\$@"
END
cat >bin/sbatch <<-END
	#!/bin/sh
	echo "\$*" >>"$PWD/calls"
	/usr/bin/sbatch "\$@" || exit
	case "\$*" in *--array=*) [ ! -s "$PWD/victim" ] || kill -9 \$(cat "$PWD/victim") ;; esac
END
chmod +x bin/*

rulings() {
	series -C "$1" ci log "$2" --json >log.json && jq -S "[.rulings[] | {line, target, kind, cell, verdict, red, bad, known, marks}] | sort" log.json
}
# tasks RUN: what became of each, a line: KIND CELL OUTCOME TRIES JOB NOTE
tasks() {
	series -C ws ci log "$1" --json >log.json &&
	jq -r ".tasks[] | [.kind, .cell // \"-\", .outcome // \"-\", .tries, .job // \"-\", .note // \"\"] | map(tostring) | join(\" \")" log.json
}
boots() {
	test_might_fail cat "$FAKE_QEMU.boots" | wc -l
}
# Jobs are taken, and none begins, until this is "up" again.
partition() {
	scontrol update partitionname=all state="$1"
}
queued() {
	squeue -h -a -r -t "$1" -o "%T %K %E" >queued && grep -E "$2" queued
}
tick() {
	setsid series -C ws ci >tick 2>&1 &
	tick=$!
}
tick_ends() {
	code=0
	wait $tick || code=$?
	cat tick
	test $code = ${1:-0}
}
array_waits() {
	wait_for 60 queued pending "PENDING 1 afterok"
}

slurm_start

test_expect_success 'what comes out without Slurm' '
	(XDG_STATE_HOME=$PWD/ref.state XDG_CACHE_HOME=$PWD/ref.cache && export XDG_STATE_HOME XDG_CACHE_HOME &&
		cp -r store.git ref.git && SERIES_STORE=$PWD/ref.git && series -C local ci >want.out && cat want.out && rulings local 1 >want) &&
	jq -e "length == 10" want && boots >want.boots && rm -rf site mails
'

test_expect_success 'with it, the same plan gives the same results' '
	: >"$FAKE_QEMU.boots" && series -C ws ci >out && cat out && rulings ws 1 >got && test_cmp want got && boots >got.boots && test_cmp want.boots got.boots &&
	series -C ws ci log 1 --json | jq -e "[.tasks[] | select(.executor == \"slurm\" and .outcome == \"done\" and .tries == 1)] | length == 8"
'

test_expect_success 'builds and checks are jobs, the tests of a build one array behind it' '
	test $(grep -c -e "--array=0-1 --dependency=afterok:[0-9]* --kill-on-invalid-dep=yes" calls) = 2 && test $(wc -l <calls) = 6 &&
	tasks 1 >out && cat out && test $(grep -c "^test fake done 1 [0-9]*_0" out) = 2 && test $(grep -c "^test other done 1 [0-9]*_1" out) = 2
'

test_expect_success 'a tick without news has nothing to do with Slurm' '
	series -C ws ci >out && test_must_be_empty out && test $(wc -l <calls) = 6
'

test_expect_success 'a tick killed when its jobs wait: Slurm does them, and the next tick takes what they found' '
	partition down && release v6.12.11 k6.12 && : >calls && boots >before && tick && array_waits && kill -9 $tick && partition up &&
	wait_for 90 sh -c "! squeue -h -a | grep ." && boots >after && series -C ws ci >out && cat out && grep "6\.12\.y *v6\.12\.11 *ok" out && boots >now && test_cmp after now &&
	test $(wc -l <calls) = 3 && test $(cat after) = $(($(cat before) + 4)) && tasks 2 >out && cat out && ! grep -v " done 1 " out
'

test_expect_success 'one killed before it could note what it had sent: the next finds the jobs by name' '
	partition down && release v6.12.12 k6.12 && : >calls && boots >before && tick && echo $tick >victim && wait_for 60 queued pending "PENDING 1 afterok" &&
	! wait $tick && rm victim && tasks 3 >out && cat out && grep "^test fake - 1 @series-.*_0" out && partition up && series -C ws ci >out && cat out &&
	grep "6\.12\.y *v6\.12\.12 *ok" out && test $(wc -l <calls) = 3 && test $(boots) = $(($(cat before) + 4)) && tasks 3 >out && cat out && ! grep -v " done 1 " out
'

test_expect_success 'a test that somebody cancels says nothing about the series, and the other one counts' '
	>slow && release v6.12.13 k6.12 && tick && wait_for 60 queued running "RUNNING 1 " && scancel $(squeue -h -r -o "%F_%K" -t running | grep _1) &&
	rm slow && tick_ends 125 && tasks 4 >out && cat out && grep "^test fake done" out && grep "^test other cancelled 1 .* was cancelled (scancel)" out &&
	rulings ws 4 >got && jq -e ".[] | select(.cell == \"other\" and .verdict == \"infrastructure\")" got && jq -e ".[] | select(.cell == \"fake\" and .verdict == \"fixed\")" got
'

test_expect_success 'a build that somebody cancels takes its tests with it, and nothing stays in the queue' '
	partition down && release v6.12.14 k6.12 && tick && array_waits && scancel $(tasks 5 | sed -n "s/^build - - 1 \([0-9]*\).*/\1/p") && partition up &&
	tick_ends 125; tasks 5 >out && cat out && grep "^build - cancelled" out && test $(grep -c "^test .* cancelled 1 .* its build was cancelled" out) = 2 &&
	wait_for 30 sh -c "! squeue -h -a | grep ."
'

test_expect_success 'a machine that dies: what it did is done once more, elsewhere' '
	>slow && release v6.12.15 k6.12 && tick && wait_for 60 queued running "RUNNING 1 " && node=$(squeue -h -r -t running -o "%K %N" | sed -n "s/^1 //p") &&
	slurm_kill $node && rm slow && tick_ends && grep "6\.12\.y *v6\.12\.15 *ok" tick && tasks 6 >out && cat out && grep "^test other done 2" out; slurm_node $node
'

test_expect_success 'a controller that is away for a while is waited for' '
	>slow && release v6.12.16 k6.12 && tick && wait_for 60 queued running "RUNNING 1 " && sleep 1 && kill $(cat "$slurm_dir/slurmctld.pid") && rm slow && sleep 2 &&
	kill -0 $tick && slurm_controller && tick_ends && grep "6\.12\.y *v6\.12\.16 *ok" tick && tasks 7 >out && cat out && ! grep -v " done 1 " out
'

test_expect_success 'what sbatch refuses is infrastructure, in its own words' '
	printf "\toption = --partition=nowhere\n" >>ws/ci/ci.conf && release v6.12.17 k6.12 && test_expect_code 125 series -C ws ci >out && cat out &&
	tasks 8 >out && cat out && grep "^build - failed 1 .*Invalid partition name specified" out && sed -i /nowhere/d ws/ci/ci.conf
'

test_expect_success 'what cannot be done is said by doctor' '
	printf "\toption = --array=0-7\n" >>ws/ci/ci.conf && test_might_fail series -C ws ci doctor >out && cat out && grep -e "--array is set by series" out && sed -i /--array/d ws/ci/ci.conf
'

slurm_stop
test_done
