#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
test_description='stopped by a signal it exits with 130, and leaves everything as it was'
. "${0%/*}/../lib.sh"

make_store
make_workspace
mkdir -p bin tmp
lib_rule ws
# A spatch that never comes back.
cat >bin/spatch <<END
#!/bin/sh
echo \$\$ >"$PWD/spatch.pid"
exec sleep 100
END
chmod +x bin/spatch
TMPDIR=$PWD/tmp PATH=$PWD/bin:$PATH
export TMPDIR PATH

# Start it on all targets, and once spatch runs, send it the signal.
stopped_by() {
	rm -f spatch.pid
	"$SERIES" -C ws apply v6.12.3 v5.10 >out 2>err &
	pid=$!
	for i in $(seq 100); do
		test -s spatch.pid && break
		sleep 0.1
	done
	kill -$1 $pid
	wait $pid
}

# A killed process takes a moment to go.
gone() {
	for i in $(seq 100); do
		kill -0 "$1" 2>/dev/null || return 0
		sleep 0.1
	done
	return 1
}

for signal in TERM HUP; do
	test_expect_success "$signal: 130, no ref moved, spatch is gone, no temporary folder left" '
		lib_git for-each-ref >before &&
		test_expect_code 130 stopped_by $signal &&
		cat err && grep interrupted err && ! test -s out &&
		lib_git for-each-ref >after && test_cmp before after &&
		gone "$(cat spatch.pid)" && test -z "$(ls tmp)"
	'
done

test_expect_success 'the same for ^C' '
	rm -f spatch.pid && lib_git for-each-ref >before &&
	test_expect_code 130 timeout --foreground --preserve-status -s INT 3 "$SERIES" -C ws apply v6.12.3 v5.10 >out 2>err &&
	test -s spatch.pid && grep interrupted err && lib_git for-each-ref >after && test_cmp before after &&
	test -z "$(ls tmp)"
'

test_expect_success 'killed outright, the refs are the old ones, and what it ran is gone' '
	test_expect_code 137 stopped_by KILL &&
	lib_git for-each-ref >after && test_cmp before after &&
	gone "$(cat spatch.pid)" && git --git-dir=store.git fsck
'

test_done
