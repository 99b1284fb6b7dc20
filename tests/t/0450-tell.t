#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
test_description='series ci says what changed, each thing once'
. "${0%/*}/../lib.sh"

make_store
make_workspace
make_machine
make_ci
# One branch is enough here; its candidates are mailed about, too.
for lib_v in v5.10 v6.12; do
	git config -f ws/ci/targets.conf --remove-section "target.$lib_v"
done
git config -f ws/ci/ci.conf publish.url https://ci.example.org/demo/
kernel_files v6.1.5 good
kernel_files v5.10.7 broken
db=$HOME/.local/state/series/results.db

mails() {
	find mails -name '*.eml' 2>/dev/null | wc -l
}
# The mail that came last.
last_mail() {
	cat "mails/$(ls -t mails | head -n 1)"
}
# sql STATEMENT: time passes, or the state is as something has left it.
sql() {
	python3 -c 'import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
db.execute(sys.argv[2])
db.commit()' "$db" "$1"
}
# From now on own_test fails on kernels that have this in their source: by default the series.
breaks() {
	echo "${1:-demo_twice} own_test fail regs.rip is not what it was" >"$FAKE_QEMU"
}
works() {
	: >"$FAKE_QEMU"
}
# What the log has, a line each.
events() {
	series -C ws ci log --json | jq -r ".events[] | [.kind, .subject, .text] | join(\" \")"
}
tick() {
	rm -f code
	series -C ws ci >tick.out 2>tick.err
	echo $? >code
	cat tick.out tick.err
	case $(cat code) in 0 | 1 | 3) ;; *) return 1 ;; esac
}

test_expect_success 'the first run of a line is told in one mail, complete, verdict on top' '
	release v6.1.6 good && tick && test "$(mails)" = 1 && last_mail >mail && cat mail &&
	grep "^To: maintainer@example.org" mail && grep "^From: ci@example.org" mail &&
	grep "^Subject: \[series demo\] 6.1.y ok\$" mail && grep "^Auto-Submitted: auto-generated" mail &&
	sed "1,/^\$/d" mail >body && head -n 1 body | grep "^Verdict: the one line is ok. No regressions" &&
	grep "^  6.1.y *v6.1.6 .*fake" body && grep "https://ci.example.org/demo/runs/1/" body
'

test_expect_success 'a tick without news, and the same verdict on a newer kernel, are no mails' '
	tick && test_must_be_empty tick.out && echo "/* more */" >>good/lib/demo.c && release v6.1.7 good && tick && test "$(mails)" = 1 &&
	series -C ws ci log >out && grep "v6.1.7" out
'

test_expect_success 'a regression is told with what broke and how to see it again' '
	breaks && release v6.1.8 good && tick && test "$(mails)" = 2 &&
	last_mail >mail && cat mail && grep "^Subject: \[series demo\] 6.1.y regression" mail &&
	grep "^Verdict: 1 of 1 line needs eyes: 6.1.y" mail && grep "own_test" mail &&
	sed -n "/^Reproduce:/,/^\$/p" mail | grep "  series -C ws test v6.1.8 --cell fake --only own_test" &&
	! sed "1,/^\$/d" mail | grep ".\{73\}" && tick && test "$(mails)" = 2
'

test_expect_success 'that it is gone is told, and that it is back' '
	works && release v6.1.9 good && tick && test "$(mails)" = 3 && last_mail >mail && grep "^Subject: .* 6.1.y ok" mail &&
	tr "\n" " " <mail | grep "gone: *own_test: regression" &&
	breaks && release v6.1.10 good && tick && test "$(mails)" = 4 &&
	works && release v6.1.11 good && tick && test "$(mails)" = 5
'

test_expect_success 'the mails of a series are one thread, each with an id of its own' '
	grep -h "^References: " mails/* | sort -u >refs && test "$(wc -l <refs)" = 1 &&
	grep -hi "^Message-ID: " mails/* | sort -u >ids && test "$(wc -l <ids)" = 5
'

test_expect_success 'a queue on which the series does not apply is an alarm' '
	works && branch_tip queue/6.1 v6.1.12 broken && tick && test "$(mails)" = 6 && last_mail >mail && cat mail &&
	grep "^Subject: \[series demo\] 6.1.y-queue will not apply, 6.1.y ok" mail &&
	tr "\n" " " <mail >one && grep "6.1.y-queue (v6.1.12): will not apply on the next 6.1.y, because .*lib/demo.c: .*; lib/demo.c has changed since v6.1.11 in demo_add()" one &&
	grep "The series will break on the next 6.1.y" one && tick && test "$(mails)" = 6
'

test_expect_success 'its command can be pasted, and shows what it tells' '
	sed -n "/^Reproduce:/,/^\$/s/^  //p" mail >command && cat command && test_expect_code 3 sh ./command >out && cat out &&
	grep "X" out && grep "return a + b;" out
'

test_expect_success 'the alarm is over when the queue is' '
	branch_tip queue/6.1 v6.1.12 good && tick && test "$(mails)" = 7 && last_mail >mail && grep "6.1.y-queue ok" mail
'

test_expect_success 'what a killed tick did not say is said by the next one, once' '
	breaks && release v6.1.13 good && tick && test "$(mails)" = 8 &&
	sql "DELETE FROM letters WHERE key LIKE \"news%\"" && sql "UPDATE rounds SET told=0 WHERE id=(SELECT max(id) FROM rounds)" &&
	rm "mails/$(ls -t mails | head -n 1)" && tick && test "$(mails)" = 8 && last_mail >mail && grep "6.1.y regression" mail &&
	sql "UPDATE rounds SET told=0 WHERE id=(SELECT max(id) FROM rounds)" && tick && test "$(mails)" = 8 &&
	works && release v6.1.14 good && tick && test "$(mails)" = 9
'

test_expect_success 'a source that is silent for a day is told once, and that it answers again' '
	tick && n=$(mails) && mv remote.git away.git && { series -C ws ci || :; } && test "$(mails)" = "$n" &&
	sql "UPDATE reaches SET reached=reached - 30 * 3600" && { series -C ws ci || :; } && { series -C ws ci || :; } && test "$(mails)" = $((n + 1)) && last_mail >mail && cat mail &&
	grep "^Subject: \[series ci\] the data is old" mail && grep "stable: no answer since" mail &&
	mv away.git remote.git && tick && tick && test "$(mails)" = $((n + 2)) && last_mail >mail && grep "^Subject: \[series ci\] the sources answer again" mail
'

test_expect_success 'a week without a mail: one that says that it lives' '
	n=$(mails) && tick && test "$(mails)" = "$n" && sql "UPDATE notes SET value=value - 7 * 86400 WHERE name=\"told\"" &&
	tick && test "$(mails)" = $((n + 1)) && last_mail >mail && cat mail && grep "^Subject: \[series ci\] still alive: [0-9]* ticks, [0-9]* runs, the one line is ok" mail &&
	grep "stable: answered" mail && grep "GiB are free" mail && tick && test "$(mails)" = $((n + 1))
'

test_expect_success 'a clock that was years ahead does not end that' '
	n=$(mails) && sql "UPDATE notes SET value=value + 10 * 365 * 86400 WHERE name=\"told\"" && tick && test "$(mails)" = "$n" &&
	sql "UPDATE notes SET value=value - 7 * 86400 WHERE name=\"told\"" && tick && test "$(mails)" = $((n + 1)) && last_mail | grep "still alive"
'

test_expect_success 'a newer version of the series on the lists is told once' '
	n=$(mails) && for i in 1 2; do
		sed -e "1s/^From .*/From mboxrd@z Thu Jan  1 00:00:00 1970/" -e "s,^Subject: \[PATCH.*\] ,Subject: [PATCH v2 $i/2] ," \
			-e "s/^Date: .*/Message-ID: <$i.v2@example.org>\nIn-Reply-To: <1.v2@example.org>\nDate: Fri, 17 Nov 2023 12:00:00 +0000/" -e "s/return demo_add(a, a)/return demo_add(a, +a)/" ws/series/demo/000$i-*.patch || return 1
	done >lists && git config -f ws/ci/ci.conf lore.watch yes && git config -f ws/ci/ci.conf lore.archive "$PWD/lists" &&
	tick && test "$(mails)" = $((n + 1)) && last_mail >mail && cat mail && grep "^Subject: \[series demo\] v2 is on the lists\$" mail &&
	grep "Message-ID: <[12].v2@example.org>" mail && grep "^  series -C ws update --dry-run" mail && tick && test "$(mails)" = $((n + 1))
'

test_expect_success 'no row of a mail is wider than 72 columns, with more machines and a candidate too' '
	git config -f ws/ci/matrix.conf --unset cell.other.target && git config -f ws/ci/matrix.conf cell.other.default yes && breaks &&
	branch_tip queue/6.1 v6.1.99-rc9 good && tick && last_mail | sed "1,/^\$/d" >body && cat body && grep "^  6.1.y-queue  *v6.1.99-rc9" body &&
	grep "^  6.1.y .*regression .*build, verify, fake" body && ! grep ".\{73\}" body && works && release v6.1.15 good && tick
'

test_expect_success 'a sendmail that refuses keeps the mail, and the next tick sends it' '
	git config -f ws/ci/ci.conf --unset tell.folder && git config -f ws/ci/ci.conf tell.sendmail "$PWD/sendmail" &&
	printf "#!/bin/sh\necho no route >&2\nexit 75\n" >sendmail && chmod +x sendmail &&
	breaks && release v6.1.20 good && tick &&
	events >log && cat log && grep "1 mail could not be sent: .*exit code 75: no route" log &&
	printf "#!/bin/sh\nexec >>\"%s/sent\"\necho \"\$*\"\ncat\n" "$PWD" >sendmail && tick && tick &&
	head -n 1 sent | grep -x -e "-i -t" && grep -c "^Subject: .*6.1.y regression" sent >n && test "$(cat n)" = 1
'

test_done
