#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
test_description='the documentation says what the program does'
. "${0%/*}/../lib.sh"

make_store
make_workspace
make_machine

# Every key of JSON on standard input, once.
keys() {
	jq -r '[.. | objects | keys[]] | unique[]'
}

test_expect_success 'every key of the JSON that is printed stands in docs/json.md, in backquotes or quotes' '
	{
		series -C ws apply --json v6.12.3 v6.1 && series -C ws show --json v6.1 && series -C ws list --json &&
		series -C ws apply v6.1 >/dev/null && series -C ws export --json -o out v6.1 &&
		git -C "$SERIES_STORE" archive --prefix=linux-6.12.4/ -o "$PWD/linux-6.12.4.tar" series/kernel/v6.12.3 &&
		series -C ws fetch --json --from "tarball $PWD/linux-6.12.4.tar" &&
		series -C ws --series fresh import --json ws/series/demo/0001-*.patch &&
		series -C ws test --list --json v6.12.3 &&
		echo "demo_twice own_test splat demo_half+0x1/0x2" >"$FAKE_QEMU" && echo CONFIG_NOWHERE=y >>ws/ci/kconfig/demo.config &&
		test_expect_code 1 series -C ws --series demo test --json v6.12.3 && series -C ws --series demo status --json v6.12.3
	} >out.json && rm -r ws/series/fresh && jq -s . out.json | keys >keys && test $(wc -l <keys) -ge 30 &&
	while read -r key; do
		grep -q -e "\"$key\"" -e "[\`.]$key\`" "$TOP/docs/json.md" || { echo "no $key" && return 1; }
	done <keys
'

test_expect_success 'the examples of docs/json.md are JSON, with the keys that are printed' '
	awk "/^\`\`\`json/ { n++; on = 1; next } /^\`\`\`/ { on = 0 } on { print > (\"example.\" n) }" "$TOP/docs/json.md" &&
	series -C ws apply --json v6.1 | keys >want && keys <example.1 >got && test_cmp want got &&
	series -C ws show --json v6.1 | keys >want && keys <example.2 >got && test_cmp want got &&
	{ test_might_fail series -C ws --series demo test --json v6.12.3 >proof.json; } && keys <proof.json >printed &&
	keys <example.3 >shown && test $(wc -l <printed) -ge 60 && comm -23 printed shown >lacking && test_must_be_empty lacking
'

test_expect_success 'every key that ci/matrix.conf may have stands in docs/matrix.md, and no other' '
	sed -n "s/^| .\([a-z]*\)\.\(NAME\.\)*\([a-z-]*\). |.*/\1 \3/p" "$TOP/docs/matrix.md" | sort >page && test $(wc -l <page) -ge 25 &&
	for section in run "config \"x\"" "target \"v6.1\"" "machine \"x\"" "tests \"x\"" "test \"x\"" "cell \"x\""; do
		printf "[%s]\n\tno-such-key = 1\n" "$section" >ws/ci/matrix.conf &&
		test_expect_code 2 series -C ws test --list v6.12.3 2>err && grep "matrix.conf:2: unknown key" err || return 1
		sed "s/.*(known: //; s/).*//; s/, /\n/g" err | sed "s/^/${section%% *} /" >>table
	done && sort -u table >want && test_cmp want page
'

test_expect_success 'links between the pages lead somewhere' '
	for page in "$TOP"/README.md "$TOP"/MAINTAINERS.md "$TOP"/docs/*.md; do
		grep -o "](\([^)#]*\)" "$page" | sed "s/^](//" | grep -v "^https*:" | while read -r link; do
			test -e "${page%/*}/$link" || echo "$page: $link"
		done
	done >broken && ! test -s broken
'

test_expect_success 'the index of docs/ has every page' '
	for page in "$TOP"/docs/*.md "$TOP"/docs/*.1; do
		page=${page##*/}
		test "$page" = README.md || grep -q "]($page)" "$TOP/docs/README.md" || { echo "$page" && return 1; }
	done
'

test_expect_success 'every command that README.md and docs/ show is one' '
	grep -h -o -E "^(    |\\$ |    \\$ )(tools/|\./)?series [a-z][a-z-]*" "$TOP"/README.md "$TOP"/docs/*.md |
		sed "s/.* //" | sort -u >shown && test -s shown &&
	while read -r command; do
		series help "$command" >/dev/null || return 1
	done <shown
'

test_expect_success 'every exit code and every mark stands in the man page' '
	for code in 0 1 2 3 4 75 125 130; do
		grep -qx ".B $code" "$TOP/docs/series.1" || return 1
	done &&
	for mark in U = H 3 M W S X; do
		grep -qx ".B $mark" "$TOP/docs/series.1" || return 1
	done
'

test_expect_success 'man reads the page without complaint' '
	if command -v mandoc >/dev/null; then
		mandoc -T lint -W error "$TOP/docs/series.1"
	else
		LC_ALL=C groff -man -ww -T ascii -z "$TOP/docs/series.1" 2>complaints && ! test -s complaints
	fi
'

test_done
