#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
test_description='verify checks a port without booting it, and says what it looked at'
. "${0%/*}/../lib.sh"

make_store
make_workspace
make_machine
checks='rules meaning cocci compiler sparse objects abi checkpatch'

# found FILE: its findings that are no notes, "rule function" a line.
found() {
	jq -r '.targets[].checks[].findings[] | select(.severity != "note") | [.rule, .function // "-"] | join(" ")' "$1"
}

# variant DIR SCRIPT: the workspace, the demo series' second patch changed by a sed script that keeps its lines' number.
variant() {
	cp -R ws "$1" && sed -i "$2" "$1"/series/demo/0002-*.patch
}

test_expect_success 'the verdict comes first, then checks by targets, and what was looked at' '
	test_might_fail series -C ws verify v6.12.3 v6.1 >out &&
	head -n 1 out | grep "^demo: v6" && grep "v6.12.3 *v6.1.5" out &&
	for check in $checks; do
		grep -E "^  $check +(ok|1 look|did not run)" out || return 1
	done &&
	grep "^Looked at:" out && grep "objects: 1 object; 4 functions compared, 2 have other code: 2 that the port" out &&
	sed -n "/^Could not run:/,\$p" out | grep "checkpatch: v6.12.3 has no scripts/checkpatch.pl"
'

test_expect_success 'a check that could not run is no pass: exit code 125 where nothing else was found' '
	test_expect_code 125 series -C ws verify --only checkpatch v6.12.3 >out && grep "nothing found, but 1 check could not run" out &&
	series -C ws verify --only rules,objects,compiler v6.12.3 >out && grep "^demo: v6.12.3: nothing found" out &&
	grep "^  sparse *-" out
'

test_expect_success 'the second time all of it is known, and with --fresh it is checked again' '
	series -C ws verify --only rules,objects,compiler,meaning --json v6.12.3 >known.json &&
	json "[.targets[0].checks[].cached] | all" known.json && json ".targets[0].checks | length" known.json | grep 4 &&
	series -C ws verify --only rules,objects --json --fresh v6.12.3 >fresh.json &&
	json "[.targets[0].checks[].cached] | any | not" fresh.json &&
	json ".targets[0].checks[].findings[0].text" known.json >one; json ".targets[0].checks[].findings[0].text" fresh.json >two;
	head -n 1 one >first && head -n 1 two | test_cmp first -
'

test_expect_success 'a check that there is none of is refused, and the one that was meant is named' '
	test_expect_code 2 series -C ws verify --only object v6.12.3 2>err && grep "no check .object.; did you mean .objects." err
'

test_expect_success 'a target where a patch conflicts is not checked: exit code 3' '
	test_expect_code 3 series -C ws verify --only abi v5.10 v6.12.3 >out && grep "v5.10.7: conflict, not checked" out &&
	grep "series -C ws resolve v5.10.7" out
'

test_expect_success 'status has V where all checks were made, with what became of them' '
	test_might_fail series -C ws verify v6.12.9 >/dev/null && test_might_fail series -C ws status --json v6.12.9 >out.json &&
	json ".targets[0].patches[1].verified" out.json | grep -E "bad|unknown" &&
	test_might_fail series -C ws status v6.12.9 >out && grep "V[!?]" out && grep "V checked" out
'

test_expect_success 'nothing of the store is changed by it' '
	lib_git for-each-ref >refs && ! grep series/demo refs
'

test_expect_success 'a warning that base does not have is found by the compiler' '
	variant unused "s/^+return demo_add/+int nobody; return demo_add/" &&
	test_expect_code 1 series -C unused verify --only compiler --json v6.12.3 >unused.json && found unused.json >got &&
	echo "compiler/warning demo_twice" >want && test_cmp want got && grep "unused variable .nobody" unused.json
'

test_expect_success 'an object that does not compile any more is bad' '
	variant broken "s/^+return demo_add(a, a/+return demo_add(a, nobody/" &&
	test_expect_code 1 series -C broken verify --only compiler --json v6.12.3 >broken.json && found broken.json >got &&
	grep "compiler/error demo_twice" got && grep "does not compile any more" broken.json
'

test_expect_success 'a stray change in another function is found in the object code, and only that' '
	cp -R ws stray && mkdir -p a/lib b/lib stray/backports/demo/v6.12.3 && file=lib/demo.c &&
	patch=$(echo stray/series/demo/0002-*) &&
	series -C ws apply v6.12.3 >/dev/null && file_of refs/series/demo/v6.12.3^ $file >a/$file &&
	file_of refs/series/demo/v6.12.3 $file | perl -0pe "s/(\nint demo_half\(.*?\n\{\n)/\$1\tdemo_count++;\n/s or die" >b/$file &&
	{
		sed "/^---\$/,\$d" "$patch" && echo "---" && echo "Series-Kernel: v6.12.3" &&
		echo "Series-Patch-Id: $(git patch-id --stable <"$patch" | cut -d" " -f1)" &&
		test_expect_code 1 git diff --no-index --no-prefix -U10 a/$file b/$file
	} >"stray/backports/demo/v6.12.3/${patch##*/}" &&
	test_expect_code 1 series -C stray verify --only objects --json v6.12.3 >stray.json && found stray.json >got &&
	echo "objects/stray demo_half" >want && test_cmp want got &&
	json ".targets[0].checks[0].findings[0] | [.patch, .path, .severity] | join(\" \")" stray.json >got &&
	echo "2/2 lib/demo.c look" >want && test_cmp want got
'

test_expect_success 'a patch that changes no object code is named' '
	variant comment "s/^+return demo_add.*/+return 0;/; s/^+int demo_twice(int a)/+static inline int demo_twice(int a)/" &&
	series -C comment verify --only objects v6.12.3 >out && grep "2/2: changes no object code" out
'

test_expect_success 'every key of its JSON stands in docs/json.md' '
	jq -r "[.. | objects | keys[]] | unique[]" stray.json >keys && test $(wc -l <keys) -ge 15 &&
	while read -r key; do
		sed -n "/^## verify/,/^## build/p" "$TOP/docs/json.md" | grep -q -e "\"$key\"" -e "[\`.]$key\`" || { echo "no $key" && return 1; }
	done <keys
'

test_expect_success 'docs/checks.md has every rule, and no other' '
	grep -h -o "\"\(rules\|meaning\|cocci\|compiler\|sparse\|objects\|abi\)/[a-z-]*\"" "$TOP"/tools/kernel/audit_*.c \
		"$TOP"/tools/patch/rules*.c "$TOP"/tools/patch/meaning*.c | tr -d "\"" | sort -u >want && test $(wc -l <want) -ge 30 &&
	sed -n "/^| .*\`/s/^| \([^|]*\) |.*/\1/p" "$TOP/docs/checks.md" | grep -o "[a-z]*/[a-z-]*" | sort -u >got && test_cmp want got &&
	for check in $checks; do
		grep -E "^## .*\b$check\b" "$TOP/docs/checks.md" || return 1
	done
'

test_done
