#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
test_description='a tick of series ci on a real release: found at a remote, built, checked, booted, judged, published

The tick is killed in the middle of a build and in the middle of a boot; the next one goes on there.'
. "${0%/*}/../lib.sh"

kernel=${SERIES_KERNELS:-v6.12.73}
kernel=${kernel##* }
real_store "$kernel"
kernel=$(lib_git for-each-ref --format='%(refname:lstrip=3)' refs/series/kernel/)
branch=${kernel%.*}
mkdir -p "$HOME/.cache/series" "$SERIES_TEST_CCACHE" && ln -s "$SERIES_TEST_CCACHE" "$HOME/.cache/series/ccache" || exit 1

mkdir ws && cp -R "$TOP/series" "$TOP/ci" "$TOP/coccinelle" ws/ && mkdir ws/backports && cp -R "$TOP/backports/." ws/backports/ 2>/dev/null
printf '[target "%s"]\n\tsource = tarball none\n' "$branch" >ws/ci/targets.conf
make_ci
printf '[watch "stable"]\n\tkind = release\n\turl = %s/remote.git\n[publish]\n\tdir = %s/site\n' "$PWD" "$PWD" >ws/ci/ci.conf

# The next release: the same tree, its Makefile says so.
next=$branch.$((${kernel##*.} + 1))
makefile=$(lib_git show "refs/series/kernel/$kernel:Makefile" | sed "s/^SUBLEVEL = .*/SUBLEVEL = ${next##*.}/" | git --git-dir=remote.git hash-object -w --stdin)
tree=$(lib_git ls-tree "refs/series/kernel/$kernel" | sed "s/ blob [0-9a-f]*\(.\)Makefile\$/ blob $makefile\1Makefile/" | git --git-dir=remote.git mktree)
git --git-dir=remote.git tag "$next" "$(echo "Linux ${next#v}" | git --git-dir=remote.git commit-tree "$tree")"
line=${branch#v}.y

# tick_until CONDITION...: a tick that is killed once that holds.
tick_until() {
	series -C ws ci >tick 2>&1 &
	pid=$!
	while kill -0 $pid 2>/dev/null; do
		if "$@"; then
			kill -9 $pid
			wait $pid
			return 0
		fi
		sleep 0.2
	done
	cat tick
	return 1
}
builds() {
	test "$(find .cache/series/kernels -name '*.o' 2>/dev/null | wc -l)" -gt 200
}
boots() {
	find .local/state/series/ci/tasks -name console -size +0 2>/dev/null | grep -q .
}

test_expect_success "killed while it builds $next, and killed while that boots" '
	tick_until builds && tick_until boots
'

test_expect_success 'the next tick finishes the same run: nothing regresses, and the fix is shown' '
	series -C ws ci >out; cat out; grep "^run 1: " out && grep "$line *$next *ok, fixed" out &&
	series -C ws ci log 1 --json >log.json && jq -e ".rulings[] | select(.kind == \"test\") | .verdict == \"fixed\"" log.json &&
	jq -e ".rulings[] | select(.kind == \"verify\") | .unknown | not" log.json
'

test_expect_success 'nothing of the killed ticks runs any more' '
	! grep -lza "^SERIES_TASK=$HOME" /proc/[0-9]*/environ 2>/dev/null
'

test_expect_success 'the results are those of series test' '
	series -C ws test --json "$next" >proof.json; jq -e ".targets[0].cells[0].tests | map(select(.class == \"fixed\") | .name) | length > 10" proof.json &&
	series -C ws history payload_test >history && cat history && grep "$next" history
'

test_expect_success 'the site has the run with its evidence' '
	test -s site/latest/index.html && grep -q "$next" site/index.html && test "$(find site/evidence -type f | wc -l)" -ge 6
'

test_expect_success 'a tick with nothing new is gone at once' '
	perl -e "system(@ARGV) == 0 or exit 1; my (\$u, \$s, \$cu, \$cs) = times; printf qq(%.2f\n), \$cu + \$cs" series -C ws ci >cpu && cat cpu && awk "{ exit !(\$1 < 2) }" cpu
'

test_done
