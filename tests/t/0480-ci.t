#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
test_description='ticks of series ci find what is new, do only that, and say what changed'
. "${0%/*}/../lib.sh"

make_store
make_workspace
make_machine
make_ci
kernel_files v6.1.5 k6.1
kernel_files v6.12.3 k6.12
home=$HOME/.local/state/series/ci

scenario() {
	printf '%s\n' "$@" >"$FAKE_QEMU"
}
boots() {
	cat "$FAKE_QEMU.boots" 2>/dev/null | wc -l
}
# rulings RUN: what came out, a line each.
rulings() {
	series -C ws ci log "$1" --json | jq -r ".rulings[] | [.line, .target, .kind, .cell // \"\", .verdict] | join(\" \")"
}
mails() {
	find mails -type f 2>/dev/null | wc -l
}
# Everything outside of the journal, by content.
snapshot() {
	find ws store.git site mails .cache .local -type f ! -name "results.db*" ! -name "*.lock" -exec md5sum {} + 2>/dev/null | sort
}

release v6.1.6 k6.1
release v6.12.10 k6.12

test_expect_success 'before anything is done, --plan says what would be, and why' '
	snapshot >before && series -C ws ci --plan >out && cat out && head -n 1 out | grep "^2 kernels to fetch" && grep "v6.1.6" out && grep "v6.12.10" out && snapshot >after &&
	test_cmp before after && ! git --git-dir=store.git rev-parse -q --verify refs/series/kernel/v6.1.6
'

test_expect_success 'the first tick finds the releases, proves the series on them, and ends with the worst of it' '
	test_expect_code 3 series -C ws ci >out && cat out && grep "^run 1: " out &&
	grep "6\.1\.y *v6\.1\.6 *ok" out && grep "6\.12\.y *v6\.12\.10 *ok" out && grep "5\.10\.y *v5\.10\.7 *conflict" out &&
	rulings 1 >got && cat got && grep "^6.1.y v6.1.6 apply  ok" got && grep "^6.1.y v6.1.6 test fake fixed" got &&
	test "$(git --git-dir=store.git rev-parse -q --verify series/demo/v6.1.6)"
'

test_expect_success 'its news is one mail, and the site has the run' '
	test $(mails) = 1 && test -L site/latest && test -s site/latest/index.html && grep -q "v6.1.6" site/index.html
'

test_expect_success 'a tick without news is quick, says nothing, and writes nothing but the journal' '
	series -C ws ci >out && test_must_be_empty out && snapshot >before && boots >boots.before &&
	for i in 1 2 3; do
		perl -e "use Time::HiRes qw(time); system(@ARGV) == 0 or exit 1; my (\$u, \$s, \$cu, \$cs) = times; printf qq(%.2f\n), \$cu + \$cs" \
			series -C ws ci >>cpu 2>err || return 1
	done && cat cpu && test_must_be_empty err && snapshot >after && test_cmp before after && boots >boots.after && test_cmp boots.before boots.after &&
	sort -n cpu | sed -n 2p | awk "{ exit !(\$1 < 2) }"
'

test_expect_success 'a new release is all that the next tick works on' '
	release v6.1.7 k6.1 && boots >before && series -C ws ci >out && cat out && grep "^run 2: .*v6.1.7" out &&
	rulings 2 >got && ! grep -v "^6.1.y v6.1.7" got && grep "^6.1.y v6.1.7 test fake fixed" got && test $(boots) = $(($(cat before) + 2))
'

test_expect_success 'the same verdict on a newer kernel is no news: no mail' '
	test $(mails) = 1
'

test_expect_success 'a regression is news, told once, and is what the tick ends with' '
	scenario "demo_twice own_test fail regs.rip is not what it was" && release v6.12.11 k6.12 &&
	test_expect_code 1 series -C ws ci >out && cat out && grep "6\.12\.y *v6\.12\.11 *regression *own_test" out && test $(mails) = 2 &&
	grep -rl "own_test" mails && series -C ws ci >out && test_must_be_empty out && test $(mails) = 2
'

test_expect_success 'and that it is gone is news, too' '
	scenario && release v6.12.12 k6.12 && series -C ws ci >out && grep "6\.12\.y *v6\.12\.12 *ok" out && test $(mails) = 3
'

test_expect_success 'the series changes: every line is proven anew, and the plan says why' '
	sed -i "s/return demo_add(a, a);/return demo_add(a, +a);/" ws/series/demo/0002-*.patch && series -C ws ci --plan >out && cat out &&
	grep "the series or a backport of it changed" out && series -C ws ci >out && grep "^run 5: demo changed" out && rulings 5 >got && grep "^6.12.y v6.12.12 test" got
'

test_expect_success 'a candidate is tested under its own name, and a queue that breaks the series is an alarm' '
	branch_tip linux-6.1.y v6.1.8-rc1 k6.1 && kernel_files v5.10.7 broken && branch_tip queue/6.12 v6.12.12 broken &&
	test_expect_code 3 series -C ws ci >out && cat out && grep "6\.1\.y-rc *v6\.1\.8-rc1+[0-9a-f]* *ok" out &&
	grep "6\.12\.y-queue *v6\.12\.12+[^ ]* *conflict" out && grep -rh "will not apply on the next 6.12.y" mails
'

test_expect_success 'a rewritten branch is noticed; what was tested stays where it is' '
	was=$(git --git-dir=store.git for-each-ref --format="%(refname)" "refs/series/tip/*rc1*") && test "$was" && echo "/* again */" >>k6.1/include/linux/demo.h &&
	branch_tip linux-6.1.y v6.1.8-rc1 k6.1 && series -C ws ci >out && cat out && grep "6\.1\.y-rc" out && series -C ws ci log >log && cat log && grep -i "rewritten" log &&
	git --git-dir=store.git rev-parse -q --verify "$was" && test $(git --git-dir=store.git for-each-ref "refs/series/tip/*rc1*" | wc -l) = 2
'

test_expect_success 'a tag that is rewritten or gone is an alarm; the tree that was tested stays the one that counts' '
	tree=$(git --git-dir=store.git rev-parse "refs/series/kernel/v6.12.12^{tree}") && echo "/* other */" >>k6.12/lib/demo.c && release v6.12.12 k6.12 &&
	git --git-dir=remote.git tag -d v6.1.7 && series -C ws ci >out; cat out && series -C ws ci log >log && cat log && grep "v6.12.12.*rewritten\|rewritten.*v6.12.12" log &&
	grep "v6.1.7.*gone\|gone.*v6.1.7" log && test "$(git --git-dir=store.git rev-parse "refs/series/kernel/v6.12.12^{tree}")" = "$tree"
'

test_expect_success 'without the remotes a tick goes on with what is there, marked stale, and says so once' '
	mv remote.git away.git && mails >before && series -C ws ci >out && test_must_be_empty out && series -C ws ci && mails >after && test_cmp before after &&
	series -C ws ci log >log && cat log && grep -i "stable.*no answer\|stable.*stale\|unreachable" log && test $(grep -c "unreachable" log) -le 2
'

age() {
	python3 - "$HOME/.local/state/series/results.db" "$1" <<-\END
	import sqlite3, sys
	db = sqlite3.connect(sys.argv[1])
	db.execute("UPDATE reaches SET reached = reached - ?", (int(sys.argv[2]),))
	db.commit()
	END
}

test_expect_success 'after a day it is red, on the site and in one mail' '
	mails >before && age 90000 && series -C ws ci; series -C ws ci; test $(mails) = $(($(cat before) + 1)) && grep -rlE "no answer" mails && grep -qi "no answer\|stale" site/index.html
'

test_expect_success 'back again, all is as it was' '
	mv away.git remote.git && series -C ws ci; series -C ws ci log >log && cat log && ! grep -qi "no answer since" site/index.html
'

test_expect_success 'of two ticks at once one works, and the other leaves in silence' '
	scenario "any own_test subtests a b c" && release v6.1.9 k6.1 && { series -C ws ci >first 2>&1 & } && pid=$! &&
	for i in 1 2 3 4 5 6 7 8 9 10; do
		test -d "$home/tasks" && test "$(series -C ws ci log --json | jq -r ".runs[0].ended")" = null && break
		sleep 0.1
	done &&
	series -C ws ci >second 2>&1 && test_must_be_empty second && test_expect_code 75 series -C ws ci --fail-if-locked &&
	wait $pid; cat first && grep "^run" first
'

test_expect_success 'a line that cannot be ported to says why, once, and keeps no other from being worked on' '
	mkdir -p ws/backports/demo/v6.1 && echo rubbish >ws/backports/demo/v6.1/0001-demo-count-and-clamp-what-is-added.patch &&
	release v6.12.13 k6.12 && test_expect_code 125 series -C ws ci >out 2>err && cat out err && grep "6\.12\.y *v6\.12\.13 *ok" out &&
	grep "demo cannot be ported to v6.1.9: .*0001-demo-count" err && test_expect_code 125 series -C ws ci >out 2>err && test_must_be_empty err &&
	series -C ws ci log --json | jq -e ".lines[] | select(.line == \"6.1.y\") | .unknown and .verdict == \"infrastructure\" and (.why | contains(\"0001-demo-count\"))" &&
	mails >before && test_expect_code 125 series -C ws ci && test $(mails) = $(($(cat before) + 1)) && series -C ws ci --plan >out && cat out &&
	grep "6.1.y  *v6.1.9 .*apply .*infrastructure 3 times in a row.*tried again after" out && test $(grep -c "^  6\.1\.y " out) = 1 &&
	rm -r ws/backports/demo/v6.1 && series -C ws ci --plan >out && cat out && grep "apply .*back at what it was in run" out &&
	series -C ws ci && series -C ws ci log >log && cat log && grep "porting works again" log && grep "^  6\.1\.y *v6\.1\.9 *ok" log &&
	series -C ws ci >out && test_must_be_empty out
'

# v6.12.13 was released meanwhile, and the queue that broke the series stands on the one before.
test_expect_success 'a queue or a candidate whose release is out is red no more: what was red is told, once' '
	series -C ws ci log >log && cat log && grep "^  6\.12\.y-queue  *none" log && grep "^  6\.1\.y-rc  *none" log &&
	series -C ws ci log --json | jq -e "[.lines[] | select(.line == \"6.12.y-queue\") | .red or .unknown] == [false]" &&
	test $(grep -rl "6\.12\.y-queue: nothing there any more" mails | wc -l) = 1 && ! grep -r "6\.1\.y-rc: nothing there" mails &&
	series -C ws ci >out && test_must_be_empty out && series -C ws ci publish &&
	grep -o "<li class=\"[a-z]*\" id=\"[^\"]*queue\"" site/index.html >card && cat card && grep "class=\"dim\"" card
'

test_done
