# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# What the tests of the commands have in common. A test tests/t/NNNN-name.t is
#
#	#!/bin/sh
#	# SPDX-License-Identifier: GPL-2.0-or-later
#	test_description='apply leaves the store as it was when a patch conflicts'
#	. "${0%/*}/../lib.sh"
#
#	make_store
#	make_workspace
#	test_expect_success 'a conflict exits with 3' '
#		test_expect_code 3 series -C ws apply v5.10 >out &&
#		grep "X" out
#	'
#	test_done
#
# with sharness's functions (test_expect_success, test_expect_failure for a known breakage,
# test_expect_code, test_must_fail, test_cmp, test_when_finished) and those below. It starts in an empty folder
# of its own, which is also HOME and lies outside of any workspace; `series` is the
# program under test (env SERIES, else tools/series); nothing of the user's git configuration is seen, and author,
# committer and dates are fixed. What commands print inside a test is shown when it fails; run
# it by hand with -v to see everything, with -d to keep the folder.
#
# Made-up kernels, for everything that real ones do not make truer, in milliseconds:
#   make_store		store.git, and SERIES_STORE set to it: four small trees and the patches of
#			make_workspace do on them what the names say:
#			  v6.12.3	both fit exactly (=)
#			  v6.12.9	has patch 1 already (U), patch 2 fits (=)
#			  v6.1.5	patch 1: moved, and its context differs (~); patch 2 fits (=)
#			  v5.10.7	patch 1 conflicts (X): the function is written otherwise
#   add_kernel V DIR	one more version, the files of DIR; its Makefile is written for it
#   make_workspace	ws/: the series "demo" (2 patches, as mails) and ci/targets.conf with those branches
#   kernel_files V DIR	the files of one of the four, to start from
#   make_machine	they build (their Makefile compiles lib/demo.c), and boot in tests/fake/qemu, which is put into
#			PATH as qemu-system-x86_64: ws/ci/matrix.conf has the cell "fake" by default and "other" beside it,
#			each with the tests payload_test (shows the fix: patch 1), smoke_test and own_test (the kernel's own). What
#			goes otherwise than well is written into $FAKE_QEMU: tests/fake/qemu says how
#   make_ci		remote.git and rc.git, remotes such as stable's and stable-rc's, still empty, and ws/ci/ci.conf that watches them:
#			releases, candidates on linux-%.y, the queue on queue/%; the site is site/, mails go to mails/
#   release V DIR	a release in remote.git: the files of DIR, their Makefile and a checkpatch written for it, tagged V
#   branch_tip REF V DIR [PARENT]	a commit with DIR is what REF of rc.git points to now; its id in $lib_commit. Without PARENT the
#			branch was rewritten
#
# Real kernels:
#   real_store V...	store.git as above, with these versions as they are ("v6.12.73"; "v6.12" is
#			the newest 6.12.y), borrowing the objects of the test store, which is left as it is. The whole
#			test file is skipped, aloud, when the test store lacks one: `make check` fills it (tests/store.sh).
#   real_store_has V...	the same, but one that is not there is one skipped test, and $have names those
#			that are
#   $TOP		this repository, whose series/ is the shipped workspace
#
#   file_of COMMIT PATH	the file in store.git's commit (or any name git knows), to standard output
#   json FILTER FILE	jq -r; fails when the result is null or false
#
# Test store: env SERIES_TEST_STORE, else test-store.git in the user's cache folder for series. Compiler cache of
# tests/kernel/: env SERIES_TEST_CCACHE, else ccache beside it.

[ -n "$SERIES_LIB_SEEN" ] && return
SERIES_LIB_SEEN=yes

TOP=$(cd "$(dirname "$0")/../.." && pwd)
: "${SERIES:=$TOP/tools/series}"
: "${SERIES_TEST_STORE:=${XDG_CACHE_HOME:-$HOME/.cache}/series/test-store.git}"
: "${SERIES_TEST_CCACHE:=${XDG_CACHE_HOME:-$HOME/.cache}/series/ccache}"
SERIES_BUILD_DIRECTORY=$(dirname "$SERIES")
export TOP SERIES SERIES_TEST_STORE SERIES_TEST_CCACHE

# Run by hand, sharness would leave files with counts where it was called.
HARNESS_ACTIVE=${HARNESS_ACTIVE:-1}
export HARNESS_ACTIVE

# Nothing of the caller's may show.
unset SERIES_STORE XDG_CACHE_HOME XDG_CONFIG_HOME NO_COLOR CDPATH MAKEFLAGS
unset $(env | sed -n 's/^\(GIT_[A-Z_0-9]*\)=.*/\1/p')
GIT_CONFIG_NOSYSTEM=1
GIT_CONFIG_GLOBAL=/dev/null
GIT_AUTHOR_NAME='A U Thor'
GIT_AUTHOR_EMAIL=author@example.org
GIT_COMMITTER_NAME='C O Mitter'
GIT_COMMITTER_EMAIL=committer@example.org
GIT_AUTHOR_DATE='1700000000 +0100'
GIT_COMMITTER_DATE='1700000000 +0000'
export GIT_CONFIG_NOSYSTEM GIT_CONFIG_GLOBAL GIT_AUTHOR_NAME GIT_AUTHOR_EMAIL GIT_COMMITTER_NAME
export GIT_COMMITTER_EMAIL GIT_AUTHOR_DATE GIT_COMMITTER_DATE

# Two runs at once, or another user's, must not meet; and no workspace may stand above.
lib_root=$(mktemp -d "${TMPDIR:-/tmp}/series-t.XXXXXX") || exit 1
SHARNESS_TEST_SRCDIR=$TOP/tests/t
SHARNESS_BUILD_DIRECTORY=$SERIES_BUILD_DIRECTORY
lib_args=
for lib_arg; do
	lib_args="$lib_args $lib_arg"
done
# shellcheck disable=SC2086
set -- --no-color --root="$lib_root" $lib_args
# shellcheck disable=SC1091
. "${SHARNESS:-/usr/share/sharness/sharness.sh}"

lib_exit() {
	if [ "$1" = 0 ] && [ -n "$EXIT_OK" ] && [ "$debug" != t ]; then
		cd / && rm -rf "$lib_root"
	else
		echo "# its folder is kept: $lib_root"
	fi
	(exit "$1")
	die
}
trap 'lib_exit $?' EXIT

# What the commands of a test print goes to a log that is shown when the test fails.
if [ "$verbose" != t ]; then
	lib_log=$lib_root/log
	exec 3>>"$lib_log" 4>&3

	test_ok_() {
		test_success=$((test_success + 1))
		: >"$lib_log"
		say_color "" "ok $test_count - $*"
	}

	test_failure_() {
		test_failure=$((test_failure + 1))
		say_color error "not ok $test_count - $1"
		tail -n 80 "$lib_log" | sed 's/^/#	/' # the test itself is in it
		: >"$lib_log"
		test "$immediate" = "" || { EXIT_OK=t; exit 1; }
	}
fi

SERIES_STORE=$PWD/store.git
export SERIES_STORE

if ! [ -x "$SERIES" ]; then
	error "there is no $SERIES: run make first"
fi

lib_git() {
	git --git-dir="$SERIES_STORE" "$@"
}

file_of() {
	lib_git show "$1:$2"
}

json() {
	jq -e -r "$1" "$2"
}

# The top Makefile of a version, as far as anybody reads it.
lib_makefile() {
	v=${1#v} lib_extra=
	case $v in
	*-rc*) lib_extra=-rc${v##*-rc} v=${v%-rc*} ;;
	esac
	printf '# SPDX-License-Identifier: GPL-2.0\nVERSION = %s\n' "${v%%.*}"
	v=${v#*.}
	printf 'PATCHLEVEL = %s\n' "${v%%.*}"
	case $v in
	*.*) printf 'SUBLEVEL = %s\n' "${v#*.}" ;;
	*) printf 'SUBLEVEL = 0\n' ;;
	esac
	printf 'EXTRAVERSION = %s\nNAME = Demo\n' "$lib_extra"
	lib_rules
}

# What it takes to be built as a kernel is, out of tree: tinyconfig, olddefconfig, bzImage, headers, one object.
lib_rules() {
	cat <<-\END
	RELEASE := $(VERSION).$(PATCHLEVEL).$(SUBLEVEL)$(EXTRAVERSION)
	tinyconfig: ; @echo CONFIG_TINY=y >$(O)/.config
	olddefconfig: ; @grep -v CONFIG_NOWHERE $(O)/.config >$(O)/.config.new && mv $(O)/.config.new $(O)/.config
	headers: ; @mkdir -p $(O)/usr/include
	bzImage: $(O)/lib/demo.o ; @mkdir -p $(O)/arch/x86/boot $(O)/include/config && \
		echo $(RELEASE) >$(O)/include/config/kernel.release && \
		{ echo $(RELEASE) $(KBUILD_BUILD_VERSION); cat lib/demo.c; } >$(O)/arch/x86/boot/bzImage
	$(O)/lib/demo.o: lib/demo.c include/linux/demo.h ; @mkdir -p $(O)/lib && echo '  CC      lib/demo.o' && \
		$(CC) -Wall -Iinclude -c -o $@ $(CURDIR)/lib/demo.c
	.PHONY: lib/demo.o
	lib/demo.o: $(O)/lib/demo.o ; @$(if $(C),echo '  CHECK   lib/demo.c' && sparse -Wcontext -Iinclude $(CURDIR)/lib/demo.c)
	END
}

add_kernel() {
	lib_makefile "$1" >"$2/Makefile" &&
	lib_index=$PWD/index.$$ &&
	lib_tree=$(
		GIT_INDEX_FILE=$lib_index
		export GIT_INDEX_FILE
		lib_git --work-tree="$2" add -A -f . && lib_git write-tree
	) &&
	rm -f "$lib_index" &&
	lib_commit=$(echo "Linux ${1#v}" | lib_git commit-tree "$lib_tree") &&
	lib_git update-ref "refs/series/kernel/$1" "$lib_commit"
}

# lib/demo.c of one of the four: $1 what stands above demo_add(), $2 its body, $3 what stands behind.
lib_demo() {
	cat <<-END
	// SPDX-License-Identifier: GPL-2.0
	#include <linux/demo.h>

	int demo_count;
	$1
	int demo_add(int a, int b)
	{
	$2
	}

	$3
	{
		demo_count = 0;
	}

	int demo_half(int a)
	{
		return a / 2;
	}
	END
}

lib_plain='	return a + b;'
lib_fixed='	demo_count++;
	return demo_clamp(a + b);'

kernel_files() {
	mkdir -p "$2/lib" "$2/include/linux" "$2/tools/testing/selftests/kvm" &&
	echo 'int main(void) { return 0; }' >"$2/tools/testing/selftests/kvm/own_test.c" &&
	printf '$(OUTPUT)/%%: %%.c\n\t$(CC) -static -o $@ $<\n' >"$2/tools/testing/selftests/kvm/Makefile" &&
	cat >"$2/include/linux/demo.h" <<-\END &&
	/* SPDX-License-Identifier: GPL-2.0 */
	#ifndef _LINUX_DEMO_H
	#define _LINUX_DEMO_H

	#define demo_clamp(x)	((x) < 0 ? 0 : (x))

	extern int demo_count;
	int demo_add(int a, int b);
	int demo_half(int a);

	#endif
	END
	case $1 in
	v6.12.3) lib_demo '' "$lib_plain" 'void demo_reset(void)' ;;
	v6.12.9) lib_demo '' "$lib_fixed" 'void demo_reset(void)' ;;
	v6.1.5) lib_demo '
static int demo_limit = 7;

int demo_max(void)
{
	return demo_limit;
}
' "$lib_plain" 'void demo_clear(void)' ;;
	v5.10.7) lib_demo '' '	int sum = a;

	sum += b;
	return sum;' 'void demo_reset(void)' ;;
	*) error "kernel_files: no made-up kernel $1" ;;
	esac >"$2/lib/demo.c"
}

make_store() {
	git init -q --bare "$SERIES_STORE" || error 'cannot make a store'
	for lib_v in v6.12.3 v6.12.9 v6.1.5 v5.10.7; do
		kernel_files "$lib_v" "kernel.$lib_v" &&
		add_kernel "$lib_v" "kernel.$lib_v" &&
		rm -rf "kernel.$lib_v" || error "cannot make kernel $lib_v"
	done
}

# Commit the folder mail.git as it is now, with message $1.
lib_mail() {
	git -C mail.git add -A && printf '%s\n' "$1" | git -C mail.git commit -q -F -
}

lib_patches() {
	git init -q mail.git && kernel_files v6.12.3 mail.git && lib_mail base &&
	kernel_files v6.12.9 mail.git && lib_mail 'demo: count and clamp what is added

A sum must not be negative, and somebody wants to know how many there were.

Fixes: 0123456789ab ("demo: add")
Cc: stable@vger.kernel.org # 5.10.x
Signed-off-by: A U Thor <author@example.org>' &&
	cat >>mail.git/lib/demo.c <<-\END &&

	int demo_twice(int a)
	{
		return demo_add(a, a);
	}
	END
	lib_mail 'demo: twice

Signed-off-by: A U Thor <author@example.org>' &&
	git -C mail.git format-patch -q --base=HEAD~2 --full-index -o ../ws/series/demo HEAD~2 &&
	rm -rf mail.git
}

make_workspace() {
	mkdir -p ws/series/demo ws/ci ws/backports ws/coccinelle/demo &&
	lib_patches &&
	(cd ws/series/demo && ls -- *.patch >series) &&
	cat >ws/series/demo/series.conf <<-\END &&
	[series]
		name = demo
		title = count, clamp and double
	[patch "0001-demo-count-and-clamp-what-is-added.patch"]
		upstream = d0ad1b05bbe6f8da159a4dfb6692b3b7ce30ccc8
		class = stable-eligible
		why = upstream already
	[patch "0002-demo-twice.patch"]
		mainline = Not yet, nobody asked
		class = out-of-tree
		why = a test needs no upstream
	END
	for lib_v in v5.10 v6.1 v6.12; do
		printf '[target "%s"]\n\tsource = tarball none/linux-%s.tar\n' "$lib_v" "${lib_v#v}"
	done >ws/ci/targets.conf || error 'cannot make a workspace'
}

make_machine() {
	mkdir -p bin ws/ci/kconfig ws/ci/guest &&
	cp "$TOP/tests/fake/qemu" bin/qemu-system-x86_64 &&
	cp "$TOP/ci/guest/init" ws/ci/guest/ &&
	for lib_v in flex bison bc; do
		# Looked for, as a real kernel wants them; a made-up one does not.
		command -v "$lib_v" >/dev/null || { printf '#!/bin/sh\n' >"bin/$lib_v" && chmod +x "bin/$lib_v"; } || return 1
	done &&
	for lib_v in preflight payload_test smoke_test; do
		echo 'int main(void) { return 0; }' >"ws/ci/guest/$lib_v.c" || return 1
	done &&
	printf 'CONFIG_DEMO=y\nCONFIG_SERIAL=y\n' >ws/ci/kconfig/demo.config &&
	cat >ws/ci/matrix.conf <<-\END || error 'cannot make a matrix'
	[config "demo"]
		fragment = demo
	[run]
		retries = 2
	[machine "fake"]
		kind = qemu
		accel = tcg
		cpu = max
		vendor = kvm_amd
		memory = 64
		wall = 20
		silence = 3
	[tests "demo"]
		prove = payload_test
		guest = smoke_test
		selftest = own_test
	[cell "fake"]
		config = demo
		machine = fake
		tests = demo
	[cell "other"]
		target = v6.12
		config = demo
		machine = fake
		tests = demo
		default = no
	END
	FAKE_QEMU=$PWD/scenario
	PATH=$PWD/bin:$PATH
	export FAKE_QEMU PATH
	: >"$FAKE_QEMU"
}

# A remote such as stable's, beside the store and sharing its objects; ws watches it.
make_ci() {
	for lib_v in remote.git rc.git; do
		# No looking for deltas: a whole real tree takes a fifth of the time to send.
		git init -q --bare "$lib_v" && git --git-dir="$lib_v" config pack.window 0 &&
			echo "$SERIES_STORE/objects" >"$lib_v/objects/info/alternates" ||
			error 'cannot make remotes'
	done
	cat >ws/ci/ci.conf <<-END || error 'cannot make ci.conf'
	[watch "stable"]
		kind = release
		url = $PWD/remote.git
	[watch "stable-rc"]
		kind = candidate
		url = $PWD/rc.git
		branch = linux-%.y
	[watch "queue"]
		kind = queue
		url = $PWD/rc.git
		branch = queue/%
	[publish]
		dir = $PWD/site
	[tell]
		to = maintainer@example.org
		from = ci@example.org
		folder = $PWD/mails
	END
}

# Commit folder $3 as kernel $2 in repository $1, on parent $4; its id goes to $lib_commit.
lib_remote() {
	mkdir -p "$3/scripts" && echo 'print "total: 0 errors, 0 warnings, 0 checks\n";' >"$3/scripts/checkpatch.pl" &&
	lib_makefile "$2" >"$3/Makefile" &&
	lib_tree=$(
		GIT_INDEX_FILE=$PWD/index.$$
		export GIT_INDEX_FILE
		rm -f "$GIT_INDEX_FILE"
		git --git-dir="$1" --work-tree="$3" add -A -f . && git --git-dir="$1" write-tree
		rm -f "$GIT_INDEX_FILE"
	) &&
	lib_commit=$(echo "Linux ${2#v}" | git --git-dir="$1" commit-tree ${4:+-p "$4"} "$lib_tree")
}

release() {
	lib_remote remote.git "$1" "$2" &&
	git --git-dir=remote.git tag -f -a -m "This is the ${1#v} stable release" "$1" "$lib_commit" >/dev/null
}

branch_tip() {
	lib_remote rc.git "$2" "$3" "$4" && git --git-dir=rc.git update-ref "refs/heads/$1" "$lib_commit"
}

# Borrow one kernel from the test store; false when it lacks it.
lib_borrow() {
	lib_ref=$(git --git-dir="$SERIES_TEST_STORE" for-each-ref --sort=-version:refname \
		--count=1 --format='%(refname) %(objectname)' \
		"refs/series/kernel/$1" "refs/series/kernel/$1.*" 2>/dev/null)
	[ -n "$lib_ref" ] || return 1
	lib_git update-ref "${lib_ref% *}" "${lib_ref#* }" || error "cannot borrow $1"
}

real_store() {
	git init -q --bare "$SERIES_STORE" &&
	echo "$SERIES_TEST_STORE/objects" >"$SERIES_STORE/objects/info/alternates" ||
		error 'cannot make a store'
	for lib_v; do
		lib_borrow "$lib_v" && continue
		skip_all="no kernel $lib_v in $SERIES_TEST_STORE: see tests/store.sh"
		test_done
	done
}

real_store_has() {
	[ -d "$SERIES_STORE" ] || real_store
	have=
	for lib_v; do
		if lib_borrow "$lib_v"; then
			have="$have $lib_v"
		else
			test_expect_success "KERNEL_$(echo "$lib_v" | tr -c 'A-Za-z0-9\n' _)" \
				"kernel $lib_v is in the test store" 'false'
		fi
	done
}

# A semantic patch for the demo series' first patch, in workspace DIR.
lib_rule() {
	mkdir -p "$1/coccinelle/demo" &&
	cat >"$1/coccinelle/demo/0001-demo-count-and-clamp-what-is-added.cocci" <<-\END
	// SPDX-License-Identifier: GPL-2.0-or-later
	//: file lib/demo.c
	//: change demo_add: demo_clamp+1

	@@
	@@
	-return sum;
	+return demo_clamp(sum);
	END
}
