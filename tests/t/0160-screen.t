#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
test_description='what a terminal gets: colour and progress there only, nothing that it would obey'
. "${0%/*}/../lib.sh"

make_store
make_workspace
escape=$(printf '\033')

# Run on a terminal of its own, what it printed to standard output.
on_terminal() {
	TERM=xterm script -qefc "$*" typescript >/dev/null </dev/null
	code=$?
	tr -d '\r' <typescript | sed '1d;$d'
	return $code
}

test_expect_success 'no colour in a pipe, colour when it is asked for' '
	series -C ws status v6.12.3 >out && ! grep "$escape" out &&
	series -C ws --color=always status v6.12.3 >out && grep "$escape" out
'

test_expect_success 'colour on a terminal, unless NO_COLOR is set or TERM is dumb' '
	on_terminal "$SERIES" -C ws status v6.12.3 >out && grep "$escape\[32m=" out &&
	NO_COLOR=1 && export NO_COLOR && on_terminal "$SERIES" -C ws status v6.12.3 >out &&
	unset NO_COLOR && ! grep "$escape\[32m" out
'

test_expect_success 'colour changes nothing else' '
	series -C ws status v6.12.3 v6.1 >plain &&
	series -C ws --color=always status v6.12.3 v6.1 | sed "s/$escape\[[0-9;]*m//g" >out && test_cmp plain out
'

test_expect_success 'control characters of a patch are shown, not obeyed' '
	sed -i "s/^Subject: \[PATCH 2\/2\] .*/Subject: [PATCH 2\/2] demo: ${escape}]0;owned$(printf "\007") twice $(printf "\342\200\256")/" \
		ws/series/demo/0002-*.patch &&
	sed -i "s/title = .*/title = a${escape}[31mb/" ws/series/demo/series.conf &&
	for command in "status v6.12.3" "show v6.12.3" "show v6.12.3 2" "apply -n --explain v6.12.3" list; do
		series -C ws $command >out 2>&1; ! grep "$escape" out || return 1
		! grep "$(printf "\007")" out || return 1
		! grep "$(printf "\342\200\256")" out || return 1
	done &&
	series -C ws show v6.12.3 >out && grep "demo: .x1b" out
'

test_expect_success 'and JSON with them is still JSON' '
	series -C ws apply -n --json v6.12.3 >out.json && json .version out.json
'

test_expect_success 'columns stand under each other whatever stands in them' '
	make_names() {
		lib_git update-ref refs/heads/a-rather-long-branch-name series/kernel/v6.12.3 &&
		series -C ws status a-rather-long-branch-name v6.12.9
	} && make_names >out &&
	head=$(grep -b -o "v6.12.9" out | head -n 1 | cut -d: -f1) &&
	awk "/a-rather.*v6.12.9/ { at = index(\$0, \"v6.12.9\") }
	     /^  [12]\/2  [=U]/ { found++; if (substr(\$0, at, 1) !~ /[=U]/) bad = 1 }
	     END { exit bad || found < 2 }" out
'

test_expect_success 'what takes longer than a second says so on a terminal, and takes the line away again' '
	mkdir -p bin && printf "#!/bin/sh\nsleep 2\n" >bin/spatch && chmod +x bin/spatch &&
	lib_rule ws &&
	PATH=$PWD/bin:$PATH on_terminal "$SERIES" -C ws status v6.12.3 v5.10 >out
	grep "porting to v5.10.7 *50%  1 of 2 kernels, [12] s" out &&
	tr "\r" "\n" <typescript | sed -n "/porting to/,\$p" | grep "^$escape\[K" &&
	PATH=$PWD/bin:$PATH series -C ws status v5.10 >out 2>err; ! grep porting out err
'

test_expect_success 'quiet says nothing but results' '
	(
		unset GIT_COMMITTER_NAME GIT_COMMITTER_EMAIL
		series -q -C ws apply v6.12.3 >out 2>err
	) && ! test -s err && test -s out
'

test_done
