#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
test_description='ci --plan says what a tick would do, and why, and does nothing'
. "${0%/*}/../lib.sh"

make_store
make_workspace
make_machine
make_ci

# Everything that a tick could write to, but for the times at which it looked.
everything() {
	lib_git for-each-ref && find site mails .local/state/series/ci -type f 2>/dev/null | sort
}

test_expect_success 'two releases, which a first tick takes into the store' '
	kernel_files v6.12.9 k && release v6.12.10 k && kernel_files v6.1.5 k6 && release v6.1.6 k6 &&
	test_might_fail series -C ws ci && rm -rf .local site mails && for t in v6.12.10 v6.1.6; do lib_git update-ref -d refs/series/demo/$t || return 1; done
'

test_expect_success 'at first everything is new: what would run, in which order, and why' '
	everything >before && series -C ws ci --plan >out && cat out && everything >after && test_cmp before after &&
	head -n 1 out | grep "tasks\? to run" && grep "^demo$" out &&
	grep "6.12.y .*v6.12.10 .*+ apply .*not applied yet" out && grep "+ test fake .*not tested yet" out &&
	! grep "test other" out
'

test_expect_success 'a tick does just that, and then there is nothing to do' '
	series -C ws ci --plan --json >plan.json && json .tasks plan.json >want &&
	test_might_fail series -C ws ci && series -C ws ci --plan >out && cat out &&
	series -C ws ci log 1 --json >log.json && json ".tasks | length" log.json >got && test_cmp want got &&
	grep "^Nothing to do" out && ! grep "+ " out && grep "test fake  *has a ruling: run 1" out
'

test_expect_success 'a new release: the line that it is on, what is fetched first' '
	release v6.12.11 k && series -C ws ci --plan >out && cat out &&
	grep "6.12.y .*v6.12.11 .*+ fetch" out && grep "once it is in the store" out && ! lib_git rev-parse -q --verify refs/series/kernel/v6.12.11 &&
	series -C ws ci --plan --json >plan.json &&
	json ".lines[] | select(.line == \"6.12.y\") | [.kernel, .in_store, .marks, (.items | length)] | @json" plan.json >got &&
	echo "[\"v6.12.11\",false,null,0]" >want && test_cmp want got
'

test_expect_success 'a test that changed: its cells, not the builds; and how long it will take' '
	test_might_fail series -C ws ci && echo "int main(void) { return 1; }" >ws/ci/guest/smoke_test.c && series -C ws ci --plan >out && cat out &&
	grep "+ test fake .*tests, machines or configuration changed" out && grep -- "- build .*has a ruling" out &&
	head -n 1 out | grep "about [0-9]" && series -C ws ci --plan --json >plan.json &&
	json "[.lines[].items[] | select(.task)] | all(.kind == \"test\" and .seconds > 0 and .cell == \"fake\")" plan.json &&
	json .why plan.json | grep "tests, machines or configuration changed"
'

test_expect_success 'the series changed' '
	test_might_fail series -C ws ci && sed -i "s/demo_add(a, a)/demo_add(a, +a)/" ws/series/demo/0002-*.patch && series -C ws ci --plan >out && cat out &&
	grep "+ build .*the series or a backport of it changed" out && head -n 1 out | grep "demo changed"
'

test_expect_success 'the JSON has the keys that docs/json.md says' '
	sed -n "/^## ci --plan/,/^## ci log/p" "$TOP/docs/json.md" | sed -n "/^\`\`\`json/,/^\`\`\`$/p" | grep -v "^\`" >doc.json &&
	for of in . ".lines[0]" ".lines[0].items[0]"; do
		jq -r "$of | keys[]" doc.json >want && series -C ws ci --plan --json | jq -r "$of | keys[]" >got && test_cmp want got || return 1
	done
'

test_expect_success 'with another word it is refused' '
	test_expect_code 2 series -C ws ci --plan log 2>err && grep "stands alone" err
'

test_done
