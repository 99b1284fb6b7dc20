#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
test_description='what sets things up: need.sh, .ci/run, make install'
. "${0%/*}/../lib.sh"

# A machine made of stubs: dpkg-query knows what is in `installed`, apt-get and sudo write down what they are asked.
mkdir bin ci
cp "$TOP/ci/need.sh" ci/
cat >ci/packages <<-\END
# a comment
build	make	why
build	gcc	why
test	gcc	why again
test	jq	why
END
stub() {
	cat >"bin/$1" && chmod +x "bin/$1"
}
stub dpkg-query <<-\END
	#!/bin/sh
	shift 2
	for p; do
		grep -qx "$p" installed && echo "installed $p"
	done
	exit 1
END
stub apt-get <<-\END
	#!/bin/sh
	echo "apt-get $*" >>asked
	[ ! -e odd ] || { printf "gcc\njq\n" >>installed; exit 100; }
	case $* in *install*) [ ! -e broken ] ;; esac
END
stub id <<-\END
	#!/bin/sh
	cat uid
END
stub sudo <<-\END
	#!/bin/sh
	[ -e may ] || exit 1
	[ "$1" = -n ] && shift
	[ "$1" = true ] || echo "sudo" >>asked
	exec "$@"
END
need() {
	rm -f asked
	PATH=$PWD/bin:$PATH sh ci/need.sh "$@" >out 2>&1
}

test_expect_success 'nothing is asked of apt when all is there' '
	printf "make\ngcc\njq\n" >installed && echo 1000 >uid &&
	need build test && test ! -e asked && test_must_be_empty out
'

test_expect_success 'root installs what is missing, each once' '
	echo make >installed && echo 0 >uid &&
	need build test &&
	grep "apt-get.* update" asked &&
	grep "apt-get.* install --no-install-recommends gcc jq$" asked &&
	test_must_fail grep sudo asked
'

test_expect_success 'so does a user with a sudo that asks nothing' '
	echo 1000 >uid && >may &&
	need build && grep sudo asked && grep " gcc$" asked
'

test_expect_success 'anybody else is told the one line to run' '
	rm -f may && test_must_fail need test && test ! -e asked &&
	grep "^  sudo apt-get install --no-install-recommends gcc jq$" out
'

test_expect_success 'an install that fails is a failure' '
	echo 0 >uid && >broken && test_must_fail need test && grep "cannot install: gcc jq" out &&
	rm broken
'

test_expect_success 'one that fails for a package of somebody else, and brings ours, is none' '
	echo make >installed && >odd && need test && grep "other packages" out &&
	need test && test_must_be_empty out && rm odd && echo make >installed
'

test_expect_success 'a purpose nobody knows is refused by name' '
	test_expect_code 2 need tset && grep "no purpose .tset." out
'

test_expect_success 'the list that is shipped has each purpose the Makefile asks for' '
	for purpose in $(sed -n "s,.*need.sh \(.*\),\1,p" "$TOP/Makefile" | tr -d "\047" | tr " )" "\n\n" | sort -u); do
		sh "$TOP/ci/need.sh" --list "$purpose" >list && test -s list || return 1
	done
'

# .ci/run in a tree whose make does as it is told: each of check, check-kernel and lint by the file of that name.
mkdir -p tree/.ci tree/ci
cp "$TOP/.ci/run" tree/.ci/
cat >tree/ci/need.sh <<-\END
	[ ! -e "no-$1" ]
END
printf 'check check-kernel lint:\n\t@sh do-$@ $(SERIES_KERNELS)\n' >tree/Makefile
echo true >tree/do-lint && echo 'echo "1 passed, 0 failed"' >tree/do-check-kernel
# ci CODE LINE: its exit code and last line, with what is on standard input for the tests.
ci() {
	cat >tree/do-check
	code=0
	bash tree/.ci/run >out 2>&1 || code=$?
	cat out
	test "$code" = "$1" && test "$(tail -n 1 out)" = "$2"
}

test_expect_success 'CI ends with the sums, and with success' '
	ci 0 "14 passed, 0 failed, 3 skipped" <<-\END
	echo "1 passed, 9 failed of something else"
	echo "12 passed, 0 failed, 3 skipped"
	END
'

test_expect_success 'CI ends with the sums when make complains behind them' '
	ci 2 "14 passed, 1 failed" <<-\END
	echo "12 passed, 1 failed"
	exit 1
	END
'

test_expect_success 'a kernel that shows a regression is a failure, and one that cannot be tried is skipped' '
	test_when_finished "rm -f tree/no-check-kernel" &&
	echo "echo \"3 passed, 2 failed\"; echo kernel \$1; exit 1" >tree/do-check-kernel &&
	ci 2 "16 passed, 2 failed" <<-\END &&
	echo "12 passed, 0 failed"
	END
	grep "^kernel v6" out && >tree/no-check-kernel &&
	ci 0 "13 passed, 0 failed, 1 skipped" <<-\END
	echo "12 passed, 0 failed"
	END
'
echo 'echo "1 passed, 0 failed"' >tree/do-check-kernel

test_expect_success 'lint that complains is a failure, and lint that cannot be had is skipped' '
	echo false >tree/do-lint && test_when_finished "echo true >tree/do-lint; rm -f tree/no-lint" &&
	ci 1 "13 passed, 1 failed" <<-\END &&
	echo "12 passed, 0 failed"
	END
	>tree/no-lint &&
	ci 0 "13 passed, 0 failed, 2 skipped" <<-\END
	echo "12 passed, 0 failed, 1 skipped"
	END
'

test_expect_success 'an exit code that the sums do not explain is a failure' '
	ci 2 "11 passed, 1 failed" <<-\END
	echo "9 passed, 0 failed"
	exit 1
	END
'

test_expect_success 'a build that breaks is one failure' '
	ci 2 "2 passed, 1 failed" <<-\END
	echo "x.c:1: error" >&2
	exit 1
	END
'

test_expect_success 'a check that says nothing is no success' '
	ci 1 "2 passed, 1 failed" </dev/null
'

test_expect_success 'a machine that cannot be set up is one failure' '
	>tree/no-build && test_when_finished "rm -f tree/no-build" &&
	ci 125 "1 passed, 1 failed, 1 skipped" <<-\END
	echo "9 passed, 0 failed"
	END
'

test_expect_success 'make install puts program, man page and completion where they belong' '
	make -s -C "$TOP" -o all install PROGRAM="$SERIES" DESTDIR="$PWD/root" PREFIX=/usr &&
	(cd root && find . -type f -o -type l) | sort >found &&
	cat >want <<-\END &&
	./usr/bin/series
	./usr/share/bash-completion/completions/series
	./usr/share/man/man1/series.1
	END
	test_cmp want found &&
	root/usr/bin/series --version | grep "^series [0-9]" &&
	make -s -C "$TOP" uninstall DESTDIR="$PWD/root" PREFIX=/usr &&
	test -z "$(find root -type f)"
'

test_expect_success 'the version names a commit or at least the sources' '
	series --version >out &&
	grep -E "^series [0-9.]+ \((commit [0-9a-f]{12}, )?build [0-9a-f]{12}\)$" out
'

test_done
