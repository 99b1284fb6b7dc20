#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
test_description='tests/run adds up right whatever the programs do'
. "${0%/*}/../lib.sh"

# sums NAME LINE: program NAME (from standard input) makes that last line, and the exit code that goes with it.
sums() {
	cat >"$1" && chmod +x "$1" || return 1
	code=0
	"$TOP/tests/run" --timeout 2 "./$1" >out 2>&1 || code=$?
	cat out
	test "$(tail -n 1 out)" = "$2" || return 1
	case $2 in
	*" 0 failed"*) test $code = 0 ;;
	*) test $code = 1 ;;
	esac
}

test_expect_success 'what passed, was skipped and is known to be broken' '
	sums a.t "1 passed, 0 failed, 2 skipped" <<-\END &&
	echo "ok 1 - a"
	echo "ok 2 - b # SKIP no thing"
	echo "not ok 3 - c # TODO known breakage"
	echo 1..3
	END
	grep "a.t: b (no thing)" out
'

test_expect_success 'a failed test' '
	sums a.t "1 passed, 1 failed" <<-\END
	echo ok 1
	echo not ok 2
	echo 1..2
	exit 1
	END
'

test_expect_success 'a crash loses the tests that its plan promised' '
	sums a.t "1 passed, 3 failed" <<-\END
	echo 1..4
	echo ok 1
	kill -SEGV $$
	END
'

test_expect_success 'a crash after the last test' '
	sums a.t "1 passed, 1 failed" <<-\END
	echo 1..1
	echo ok 1
	kill -SEGV $$
	END
'

test_expect_success 'an exit code that nothing explains' '
	sums a.t "1 passed, 1 failed" <<-\END
	echo ok 1
	echo 1..1
	exit 3
	END
'

test_expect_success 'no plan' '
	sums a.t "1 passed, 1 failed" <<-\END
	echo ok 1
	END
'

test_expect_success 'nothing at all' '
	sums a.t "0 passed, 1 failed" <<-\END
	exit 0
	END
'

test_expect_success 'a known breakage that is none any more' '
	sums a.t "0 passed, 1 failed" <<-\END
	echo "ok 1 - a # TODO known breakage vanished"
	echo 1..1
	END
'

test_expect_success 'a program that hangs is stopped' '
	sums a.t "1 passed, 1 failed" <<-\END
	echo ok 1
	sleep 60
	echo 1..1
	END
'

test_expect_success 'a program that is skipped whole says why, and alone is no success' '
	echo "echo \"1..0 # SKIP no kernel\"" >a.t &&
	test_must_fail "$TOP/tests/run" ./a.t >out &&
	grep "a.t: all of it (no kernel)" out &&
	test "$(tail -n 1 out)" = "0 passed, 0 failed, 1 skipped"
'

test_expect_success 'a skipped test as cmocka writes it' '
	sums unit "1 passed, 0 failed, 1 skipped" <<-\END
	#!/bin/sh
	echo 1..2
	echo "ok 1 - a"
	echo "not ok 2 # SKIP b"
	END
'

test_expect_success 'a crashed unit test' '
	sums unit "1 passed, 1 failed" <<-\END
	#!/bin/sh
	echo 1..2
	echo "ok 1 - a"
	kill -ABRT $$
	END
'

test_expect_success 'a program that cannot be run' '
	test_must_fail "$TOP/tests/run" ./none >out 2>&1 &&
	test "$(tail -n 1 out)" = "0 passed, 1 failed"
'

test_done
