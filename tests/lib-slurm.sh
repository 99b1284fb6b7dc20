# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# A real Slurm for a test, on this machine alone and beside whatever runs here: munged, slurmctld and a slurmd for each of two nodes,
# with a key, sockets, ports and spools of their own, all in a folder of the test. In a test, after tests/lib.sh:
#
#   . "$TOP/tests/lib-slurm.sh"
#   slurm_start		the whole test file is skipped, aloud, where it cannot be had. Else sbatch and the others speak to
#			it from here on, and there are the nodes n1 and n2 with 4 (made up) processors each
#   slurm_kill NODE	kill -9 of its slurmd and of all that runs there, as when a machine loses its power; and
#			Slurm is told, which would find out by itself after a minute
#   slurm_node NODE	it is switched on again
#   slurm_controller	slurmctld is started (slurm_start did); slurm_controller_kill: kill -9
#   slurm_stop		end it all
#   wait_for SECONDS COMMAND...	until the command succeeds; false when it did not in time
#
# It takes root, since slurmd starts jobs for others. All of it is ended when the test ends, however that happens: a watcher
# outside of the test's process group waits for the test's process to be gone.

slurm_dir=$lib_root/slurm

slurm_flaw() {
	[ "$(id -u)" = 0 ] || { echo 'starting a Slurm takes root'; return; }
	case $slurm_dir in *[!A-Za-z0-9/._+-]*) echo "Slurm takes no such path as $slurm_dir: set TMPDIR"; return ;; esac
	for slurm_word in munged mungekey slurmctld slurmd sbatch; do
		command -v $slurm_word >/dev/null || { echo "no $slurm_word here: run ci/need.sh slurm"; return; }
	done
}

# All processes that have this "NAME=VALUE" in their environment.
slurm_pids() {
	grep -lzxF -e "$1" /proc/[0-9]*/environ 2>/dev/null | sed 's,/proc/\([0-9]*\)/.*,\1,'
}

# The slurmstepd of each job that writes to this log; their environment is overwritten by the title that they give themselves.
slurm_steps() {
	for slurm_pid in $(grep -lx slurmstepd /proc/[0-9]*/comm 2>/dev/null | sed 's,/proc/\([0-9]*\)/.*,\1,'); do
		find "/proc/$slurm_pid/fd" -lname "$slurm_dir/$1*" 2>/dev/null | grep -q . && echo "$slurm_pid"
	done
}

# Ports that nobody listens at, as many as asked for.
slurm_ports() {
	perl -MIO::Socket::INET -e '
		my @held = map { IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1") or die } 1 .. $ARGV[0];
		print join(" ", map { $_->sockport } @held), "\n"' "$1"
}

slurm_configure() {
	# shellcheck disable=SC2046
	set -- $(slurm_ports 3)
	[ $# = 3 ] && mkdir -p "$slurm_dir/state" "$slurm_dir/n1" "$slurm_dir/n2" &&
	# The plugin that asks for nothing as long as no job is put into a group; the other one wants systemd.
	printf 'CgroupAutomount=no\nCgroupPlugin=cgroup/v1\n' >"$slurm_dir/cgroup.conf" &&
	cat >"$slurm_dir/slurm.conf" <<-END
	ClusterName=test
	SlurmctldHost=localhost(127.0.0.1)
	SlurmctldPort=$1
	SlurmUser=root
	SlurmdUser=root
	AuthType=auth/munge
	AuthInfo=socket=$slurm_dir/munge.socket
	CredType=cred/munge
	StateSaveLocation=$slurm_dir/state
	SlurmdSpoolDir=$slurm_dir/%n
	SlurmctldPidFile=$slurm_dir/slurmctld.pid
	SlurmdPidFile=$slurm_dir/%n.pid
	SlurmctldLogFile=$slurm_dir/slurmctld.log
	SlurmdLogFile=$slurm_dir/%n.log
	MailProg=/bin/true
	MpiDefault=none
	ProctrackType=proctrack/linuxproc
	TaskPlugin=task/none
	SwitchType=switch/none
	JobAcctGatherType=jobacct_gather/none
	AccountingStorageType=accounting_storage/none
	SelectType=select/cons_tres
	SelectTypeParameters=CR_Core_Memory
	SchedulerType=sched/builtin
	SchedulerParameters=batch_sched_delay=0,sched_interval=1
	SlurmdParameters=config_overrides
	ReturnToService=2
	SlurmdTimeout=60
	SlurmctldTimeout=5
	MessageTimeout=10
	KillWait=2
	MinJobAge=60
	NodeName=DEFAULT CPUs=4 RealMemory=16000
	NodeName=n1 NodeHostname=localhost NodeAddr=127.0.0.1 Port=$2
	NodeName=n2 NodeHostname=localhost NodeAddr=127.0.0.1 Port=$3
	PartitionName=all Nodes=n1,n2 Default=YES MaxTime=INFINITE State=UP
	END
}

# Outside of our process group: Ctrl-C is for the test, and the watcher is for them.
slurm_spawn() {
	SLURM_TEST=$slurm_dir setsid "$@" </dev/null >>"$slurm_dir/out" 2>&1 3>&- 4>&- &
}

slurm_node() {
	SLURM_TEST_NODE="$slurm_dir/$1" slurm_spawn slurmd -D -N "$1"
}

slurm_controller() {
	slurm_spawn slurmctld -D
}

# Those of the processes which know this Slurm that run for it, on node $1 or any; not ourselves, who only speak to it.
slurm_jobs() {
	for slurm_pid in $(slurm_pids "SLURM_CONF=$slurm_dir/slurm.conf"); do
		tr '\0' '\n' 2>/dev/null <"/proc/$slurm_pid/environ" | grep -q "^SLURMD_NODENAME=$1" && echo "$slurm_pid"
	done
}

slurm_kill() {
	# First slurmd and its helpers, or they would report what comes now.
	slurm_victims=$(slurm_pids "SLURM_TEST_NODE=$slurm_dir/$1")
	kill -9 $slurm_victims $(slurm_steps "$1.log") 2>/dev/null
	kill -9 $(slurm_jobs "$1") 2>/dev/null
	[ -n "$slurm_victims" ] && scontrol update "nodename=$1" state=down reason='no power'
}

slurm_controller_kill() {
	kill -9 "$(cat "$slurm_dir/slurmctld.pid")"
}

wait_for() {
	slurm_until=$(($(date +%s) + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ "$(date +%s)" -lt "$slurm_until" ] || return 1
		sleep 0.1
	done
}

slurm_stop() {
	kill -9 $(slurm_pids "SLURM_TEST=$slurm_dir") $(slurm_steps) 2>/dev/null
	kill -9 $(slurm_jobs) 2>/dev/null
	return 0
}

# A process that is gone has no exe any more, also where nobody has waited for it.
slurm_watch() {
	(
		unset SLURM_CONF
		exec </dev/null >/dev/null 2>&1 3>&- 4>&-
		exec setsid sh -c '. "$1"; slurm_dir=$2; while readlink "/proc/$3/exe"; do sleep 0.5; done; slurm_stop' \
			sh "$TOP/tests/lib-slurm.sh" "$slurm_dir" "$$"
	) &
}

slurm_nodes_idle() {
	[ "$(sinfo -h -N -o %T | sort | uniq -c | tr -s ' ')" = ' 2 idle' ]
}

slurm_try() {
	rm -rf "$slurm_dir" && mkdir -p "$slurm_dir" && slurm_configure && mungekey -c -k "$slurm_dir/munge.key" || return 1
	slurm_spawn munged --force -F --socket="$slurm_dir/munge.socket" --key-file="$slurm_dir/munge.key" \
		--pid-file="$slurm_dir/munge.pid" --seed-file="$slurm_dir/munge.seed" --num-threads=2
	wait_for 20 test -S "$slurm_dir/munge.socket" || return 1
	slurm_controller
	slurm_node n1
	slurm_node n2
	wait_for 40 slurm_nodes_idle && return
	slurm_stop
	return 1
}

slurm_start() {
	PATH=$PATH:/usr/sbin:/sbin
	slurm_words=$(slurm_flaw)
	if [ -n "$slurm_words" ]; then
		skip_all=$slurm_words
		test_done
	fi
	SLURM_CONF=$slurm_dir/slurm.conf
	export SLURM_CONF PATH
	slurm_watch
	# Another may have taken a port in between.
	slurm_try || slurm_try || slurm_try || {
		tail -n 20 "$slurm_dir/out" "$slurm_dir"/*.log >&2
		error 'the Slurm of the test does not come up'
	}
}
