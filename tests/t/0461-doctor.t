#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
test_description='doctor says what an installation lacks, and what to do about it'
. "${0%/*}/../lib.sh"

make_store
make_workspace
make_machine
make_ci
kernel_files v6.12.3 k6.12
release v6.12.10 k6.12
sed -i '/target "v5.10"/,/source/d; /target "v6.1"/,/source/d' ws/ci/targets.conf
sed -i '/watch "stable-rc"/,/queue\/%/d' ws/ci/ci.conf
cp ws/ci/ci.conf conf
git init -q --bare ok.git

# What this machine has of its own must not show.
cat >bin/crontab <<\END
#!/bin/sh
[ -e crontab.txt ] && cat crontab.txt
END
printf '#!/bin/sh\nexit 0\n' >bin/sendmail
chmod +x bin/crontab bin/sendmail

# check NAME: "HEALTH: what it said -> what to do" of one check.
check() {
	jq -r --arg name "$1" '.checks[] | select(.name == $name) | .health + ": " + .said + " -> " + (.todo // "")' out.json
}
doctor() {
	series -C ws ci doctor --json >out.json
}

test_expect_success 'where all is well it says so, a line for each thing it looked at: exit code 0' '
	mkdir -p .config/systemd/user/timers.target.wants && cp "$TOP"/ci/series-ci.service "$TOP"/ci/series-ci.timer .config/systemd/user/ &&
	ln -s ../series-ci.timer .config/systemd/user/timers.target.wants/ &&
	series -C ws ci doctor >out; code=$?; cat out && test $code = 0 && tail -n 1 out | grep "^all well" && ! grep "^bad" out &&
	for name in targets series settings database tools sandbox "machine fake" executor store "git identity" room remote site mail schedule "last tick" clock umask locale; do
		grep -q "^\(ok\|warn\)  *$name  " out || { echo "no word of $name"; return 1; }
	done
'

test_expect_success 'its JSON says the same' '
	doctor && json ".version == 1 and .ok and (.checks | length > 15) and ([.checks[].health] - [\"ok\", \"warn\"] == [])" out.json
'

test_expect_success 'it changes nothing' '
	find ws store.git remote.git site mails .cache .config -type f -exec md5sum {} + 2>/dev/null | sort >before && doctor &&
	find ws store.git remote.git site mails .cache .config -type f -exec md5sum {} + 2>/dev/null | sort >after && test_cmp before after &&
	test -z "$(find .local -type f)"
'

test_expect_success 'settings that cannot be read are named by file and line; the rest is looked at all the same: exit code 1' '
	printf "[guard]\n\tdisk = 7\n" >>ws/ci/ci.conf && test_expect_code 1 series -C ws ci doctor --json >out.json && check settings >got && cat got &&
	grep "^bad: .*ci.conf:[0-9]*: .*disk" got && check store | grep "^ok" && cp conf ws/ci/ci.conf
'

test_expect_success 'without a workspace, a store, a git identity or a home it still looks at what it can' '
	mkdir -p nowhere && (cd nowhere && unset GIT_COMMITTER_NAME GIT_COMMITTER_EMAIL && test_expect_code 1 series --store "$PWD/none.git" ci doctor --json >../out.json) && check workspace | grep "^bad: no workspace" &&
	check store | grep "^bad" && check "git identity" | grep "^bad: .* -> git config --global user.name" && check tools &&
	test_expect_code 1 env -u HOME "$SERIES" -C ws ci doctor --json >out.json && check "state folder" | grep "^bad: .*HOME.* -> set HOME"
'

test_expect_success 'tools that are missing are named with the packages that bring them' '
	mkdir -p few && for tool in sh env git gcc make perl sed true unshare bwrap; do ln -sf "$(command -v $tool)" few/$tool || return 1; done &&
	test_expect_code 1 env PATH="$PWD/few" "$SERIES" -C ws ci doctor --json >out.json && check tools >got && cat got &&
	grep "^bad: missing: .*bison.* -> apt-get install .*bison" got && grep "^warn: not here: .*ccache (builds in seconds" got && grep "install .*busybox-static" got &&
	check "machine fake" | grep "^bad: qemu-system-x86_64 is not installed: apt install qemu-system-x86"
'

test_expect_success 'each package that it names is in ci/packages' '
	tr " " "\n" <got | sed -n "/^install\$/,/^warn:\$/p" | grep -v "^install\$\|^warn:\$" | sort -u >named && test -s named &&
	while read -r package; do
		grep -q "^[a-z-]*[[:blank:]]*$package[[:blank:]]" "$TOP/ci/packages" || { echo "$package is not in ci/packages"; return 1; }
	done <named
'

test_expect_success 'an emulator that does not know the accelerator' '
	sed -i "s/accel = tcg/accel = kvm/" ws/ci/matrix.conf && { doctor; check "machine fake" >got; cat got; } && sed -i "s/accel = kvm/accel = tcg/" ws/ci/matrix.conf &&
	grep "^bad: .*\(/dev/kvm\|no accelerator\|no nested\)" got || { test -c /dev/kvm && grep "^ok" got; }
'

test_expect_success 'a disk or a memory that will not do' '
	printf "[guard]\n\tdisk-mb = 999999999\n" >>ws/ci/ci.conf && test_expect_code 1 series -C ws ci doctor --json >out.json && check room | grep "^bad: not enough disk space" &&
	cp conf ws/ci/ci.conf && printf "[guard]\n\tmemory-mb = 999999999\n" >>ws/ci/ci.conf && test_expect_code 1 series -C ws ci doctor --json >out.json && check room | grep "^bad: not enough memory" &&
	cp conf ws/ci/ci.conf
'

test_expect_success 'a remote that cannot be reached is known of, and no reason to stop' '
	mv remote.git away.git && doctor && check remote >got && cat got && grep "^warn: .*remote.git cannot be reached: .* -> a tick goes on" got && mv away.git remote.git
'

test_expect_success 'a store that is damaged' '
	cp -r store.git broken.git && git --git-dir=broken.git repack -adq && for pack in broken.git/objects/pack/*.pack; do chmod +w "$pack" && truncate -s 300 "$pack" || return 1; done &&
	test_expect_code 1 series -C ws --store "$PWD/broken.git" ci doctor --json >out.json && check store >got && cat got && grep "^bad: .*fetch anew" got
'

test_expect_success 'a site that cannot be put in place, mails that cannot be sent' '
	sed "s,dir = .*,dir = $PWD/no/such/site,; s,folder = .*,sendmail = $PWD/bin/nothing," conf >ws/ci/ci.conf && test_expect_code 1 series -C ws ci doctor --json >out.json &&
	check site | grep "^bad: .*no/such cannot be written.* -> mkdir -p" && check mail | grep "^bad: .*bin/nothing: No such file.*maintainer@example.org wait" &&
	sed "s,folder = .*,sendmail = $PWD/bin/sendmail," conf >ws/ci/ci.conf && doctor && check mail | grep "^ok: to maintainer@example.org, by .*bin/sendmail" && cp conf ws/ci/ci.conf
'

# This machine may call it, too.
if ! grep -rqs "series.* ci" /etc/crontab /etc/cron.d /etc/cron.hourly /etc/systemd; then
	test_set_prereq NOBODY_CALLS
fi
test_expect_success NOBODY_CALLS 'what calls it: nobody, a timer that is not enabled, cron with and without a path' '
	rm .config/systemd/user/timers.target.wants/series-ci.timer && test_expect_code 1 series -C ws ci doctor --json >out.json && check schedule | grep "^bad: .*not enabled -> systemctl --user enable --now series-ci.timer" &&
	rm .config/systemd/user/series-ci.* && doctor && check schedule >got && cat got && grep "^warn: neither cron nor .* -> crontab -e, and add: 17 \* \* \* \* /.*series -C /.*ws ci" got &&
	echo "17 * * * * series -C ws ci" >crontab.txt && doctor && check schedule | grep "^warn: crontab -l: cron looks for .series. in /usr/bin and /bin only" &&
	printf "17 * * * *\tseries\t-C ws\tci\n" >crontab.txt && doctor && check schedule | grep "^warn: crontab -l: cron looks for .series." &&
	echo "#17 * * * * /usr/bin/series -C ws ci" >crontab.txt && doctor && check schedule | grep "^warn: neither" &&
	echo "17 * * * * nice /usr/local/bin/series -C ws ci --quiet" >crontab.txt && doctor && check schedule | grep "^ok: crontab -l" &&
	cp "$TOP/ci/series-ci.cron" crontab.txt && doctor && check schedule | grep "^ok: crontab -l"
'

test_expect_success 'the last tick: when, how long, killed' '
	series -C ws ci && doctor && check "last tick" | grep "^ok: [0-9]* s ago, took [0-9]* s (worked)" && check "machine fake" | grep "last judged a kernel 0 h ago" &&
	release v6.12.11 k6.12 && echo "any - hang" >"$FAKE_QEMU" &&
	{ setsid "$SERIES" -C ws ci >tick 2>&1 & } && pid=$! && for i in $(seq 100); do test -d .local/state/series/ci/tasks/2 && break; sleep 0.1; done && kill -9 $pid; wait $pid
	doctor && check "last tick" >got && cat got && grep "^warn: [0-9]* s ago, and was killed -> the next one goes on" got && : >"$FAKE_QEMU" && series -C ws ci && doctor && check "last tick" | grep "^ok"
'

test_expect_success 'a database that is damaged' '
	cp .local/state/series/results.db good.db && perl -e "open F, q(+<), q(.local/state/series/results.db); seek F, 4096, 0; print F qq(x) x 20000" &&
	rm -f .local/state/series/results.db-wal .local/state/series/results.db-shm && test_expect_code 1 series -C ws ci doctor --json >out.json && check database >got && cat got &&
	grep "^bad: .*results.db.*damaged.* -> move it away" got && cp good.db .local/state/series/results.db
'

test_expect_success 'a umask that hides the site from its web server' '
	(umask 077 && doctor && check umask | grep "^warn: 077: a web server cannot read the site")
'

if command -v systemd-analyze >/dev/null; then
	test_set_prereq SYSTEMD
fi
test_expect_success SYSTEMD 'systemd finds nothing wrong with the units' '
	mkdir -p units run && cp "$TOP"/ci/series-ci.service "$TOP"/ci/series-ci.timer units/ && sed -i "s,/usr/local/bin/series,$SERIES," units/series-ci.service &&
	XDG_RUNTIME_DIR=$PWD/run systemd-analyze verify --user --man=no "$PWD/units/series-ci.timer" "$PWD/units/series-ci.service" >said 2>&1; cat said; ! grep "series-ci" said
'

test_done
