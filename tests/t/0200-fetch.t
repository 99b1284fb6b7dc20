#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
test_description='fetch brings kernels from tarballs, git remotes and clones'
. "${0%/*}/../lib.sh"

make_workspace
git init -q --bare "$SERIES_STORE"

# A kernel's folder linux-V with a few files.
make_tree() {
	mkdir -p "linux-$1/lib" && lib_makefile "v$1" >"linux-$1/Makefile" &&
	echo "/* $1 */" >"linux-$1/lib/a.c" && echo same >"linux-$1/same" && ln -s lib/a.c "linux-$1/link"
}

# linux-V.tar.xz of it.
make_tar() {
	make_tree "$1" && tar -cJf "linux-$1.tar.xz" "linux-$1" && rm -r "linux-$1"
}

refs() {
	lib_git for-each-ref --format='%(refname)' refs/series/kernel
}

test_expect_success 'a tarball is in the store under the version that its Makefile says' '
	make_tar 6.12.5 && mv linux-6.12.5.tar.xz any.tar.xz &&
	series -C ws fetch --from "tarball any.tar.xz" v6.12 >out &&
	grep "^v6.12.5 .*from tarball any.tar.xz: 7 new objects.*not verified" out &&
	echo refs/series/kernel/v6.12.5 >want && refs >got && test_cmp want got &&
	test "$(file_of series/kernel/v6.12.5 lib/a.c)" = "/* 6.12.5 */" &&
	lib_git fsck --strict
'

test_expect_success 'a second time nothing is written, and it says so' '
	ls -R "$SERIES_STORE" >before &&
	series -C ws fetch --from "tarball any.tar.xz" v6.12 >out &&
	grep "^v6.12.5 .*in the store already, from tarball any.tar.xz" out &&
	series -C ws fetch v6.12.5 >out && grep "already" out &&
	ls -R "$SERIES_STORE" >after && test_cmp before after
'

test_expect_success 'a tarball needs no target' '
	make_tar 6.1.9 && series -C ws fetch --from "tarball linux-6.1.9.tar.xz" >out && grep "^v6.1.9 " out
'

test_expect_success 'another version than asked for is refused with 2' '
	make_tar 5.10.3 && test_expect_code 2 series -C ws fetch --from "tarball linux-5.10.3.tar.xz" v6.12.8 2>err &&
	grep "linux-5.10.3.tar.xz: holds v5.10.3, not v6.12.8" err && ! refs | grep v5.10
'

test_expect_success 'a hash beside the tarball is checked' '
	sha256sum linux-5.10.3.tar.xz >sha256sums.asc &&
	sed "s/^./g/" sha256sums.asc >linux-5.10.3.tar.xz.sha256 &&
	test_expect_code 2 series -C ws fetch --from "tarball linux-5.10.3.tar.xz" 2>err && grep "no hash" err &&
	echo 0000000000000000000000000000000000000000000000000000000000000000 >linux-5.10.3.tar.xz.sha256 &&
	test_expect_code 4 series -C ws fetch --from "tarball linux-5.10.3.tar.xz" 2>err &&
	grep "SHA-256 is .* and should be 0000" err && ! refs | grep v5.10 &&
	rm linux-5.10.3.tar.xz.sha256 &&
	series -C ws fetch --from "tarball linux-5.10.3.tar.xz" >out && ! grep "not verified" out
'

test_expect_success 'a hostile tarball is refused with 4 and leaves nothing' '
	make_tree 6.12.6 && tar --transform "s,lib,../../evil," -cPf evil.tar linux-6.12.6 &&
	ls -R "$SERIES_STORE" >before &&
	test_expect_code 4 series -C ws fetch --from "tarball evil.tar" 2>err && grep "refusing the path" err &&
	ls -R "$SERIES_STORE" >after && test_cmp before after
'

if command -v curl >/dev/null || command -v wget >/dev/null; then
	test_set_prereq DOWNLOADER
fi

test_expect_success DOWNLOADER 'a tarball comes from a URL too, and its hash from the folder it is in' '
	make_tar 6.12.11 && mkdir -p web && sha256sum linux-6.12.11.tar.xz >web/sha256sums.asc && mv linux-6.12.11.tar.xz web &&
	url=file://$(pwd | sed "s/ /%20/g")/web &&
	series -C ws fetch --from "tarball $url/linux-6.12.11.tar.xz" v6.12 >out &&
	grep "^v6.12.11 " out && ! grep "not verified" out && test -z "$(ls -A .cache/series/download)" &&
	make_tar 6.12.12 && mv linux-6.12.12.tar.xz web &&
	sed s/12.11/12.12/ web/sha256sums.asc >sums && mv sums web/sha256sums.asc &&
	test_expect_code 4 series -C ws fetch --from "tarball $url/linux-6.12.12.tar.xz" v6.12.12 2>err &&
	grep "should be" err && test_expect_code 125 series -C ws fetch --from "tarball $url/none.tar.xz" v6.12.12
'

test_expect_success 'a target that is nowhere makes no store' '
	no_store() { (unset SERIES_STORE && XDG_CACHE_HOME=$PWD/cache series "$@"); } &&
	test_expect_code 2 no_store -C ws fetch v9.9 2>err && test $(wc -l <err) = 1 &&
	grep "^series fetch: v9.9 is no configured target" err && ! test -e cache
'

test_expect_success 'bad input is one line and the exit code of its kind' '
	for args in "--from tarball" "--from" "--from ftp\ x" "nonsense" "v8.x" "v9.9" ""; do
		eval "test_expect_code 2 series -C ws fetch $args" 2>err && test "$(wc -l <err)" = 1 || return 1
	done &&
	test_expect_code 2 series -C ws fetch --from "tarball none.tar" v6.12 2>err && grep "No such file" err &&
	echo text >text.tar.xz && test_expect_code 2 series -C ws fetch --from "tarball text.tar.xz" 2>err &&
	test_expect_code 4 series -C ws fetch --from "git ext::sh -c true" v6.12
'

# A remote whose tags are v6.12, v6.12.7, v6.12.20 (not the last made), v6.13-rc1, and one that lies.
make_upstream() {
	git init -q up && for release in 6.12 6.12.20 6.12.7; do
		make_tree $release && cp -a linux-$release/. up && rm -r linux-$release &&
		git -C up add -A && git -C up commit -q -m "Linux $release" &&
		git -C up tag -a -m "Linux $release" v$release || return 1
	done &&
	sed -i "s/PATCHLEVEL = 12/PATCHLEVEL = 13/; s/SUBLEVEL = .*/SUBLEVEL = 0/; s/EXTRA.*/EXTRAVERSION = -rc1/" up/Makefile &&
	git -C up commit -qam "Linux 6.13-rc1" && git -C up tag v6.13-rc1 && git -C up tag v6.14.1
}

test_expect_success 'of a git remote the newest tag of a branch is taken, without history' '
	make_upstream && series -C ws fetch --from "git file://$PWD/up" v6.12 >out &&
	grep "^v6.12.20 .*from git file://" out &&
	test "$(lib_git rev-parse series/kernel/v6.12.20^{tree})" = "$(git -C up rev-parse v6.12.20^{tree})" &&
	test "$(lib_git rev-list --count series/kernel/v6.12.20)" = 1 &&
	lib_git log -1 --format=%B series/kernel/v6.12.20 | grep "Commit: $(git -C up rev-parse v6.12.20^{commit})" &&
	! test -e "$SERIES_STORE/shallow" && ! test -e .cache/series/scratch.git && lib_git fsck --strict
'

test_expect_success 'an exact tag is that one, a release candidate only by its name' '
	series -C ws fetch --from "git file://$PWD/up" v6.12.7 v6.13-rc1 >out &&
	grep "^v6.12.7 " out && grep "^v6.13-rc1 " out &&
	test_expect_code 125 series -C ws fetch --from "git file://$PWD/up" v6.13 2>err && grep "no tag for v6.13" err &&
	test_expect_code 2 series -C ws fetch --from "git file://$PWD/up" v6.14.1 2>err &&
	grep "Makefile of v6.14.1 says v6.13-rc1" err
'

test_expect_success 'a local clone gives its tags, and another store its kernels' '
	rm -rf "$SERIES_STORE" && git init -q --bare "$SERIES_STORE" &&
	series -C ws fetch --from "clone up" v6.12 >out && grep "^v6.12.20 .*from clone up" out &&
	git init -q --bare other.git && series -C ws --store other.git fetch --from "clone $SERIES_STORE" v6.12 >out &&
	grep "^v6.12.20 " out && git --git-dir=other.git fsck --strict &&
	test_expect_code 2 series -C ws fetch --from "clone none" v6.12
'

test_expect_success 'a clone that is the store itself has its tags already, and nothing of it is touched' '
	git -C up status --porcelain >before && git -C up for-each-ref >>before && cat up/.git/config up/.git/HEAD >>before &&
	series -C ws --store up fetch v6.12.7 >out && grep "^v6.12.7 *in the store already" out &&
	make_tar 6.12.11 && series -C ws --store up fetch --from "tarball linux-6.12.11.tar.xz" >out &&
	git -C up status --porcelain >after && git -C up for-each-ref | grep -v series/kernel/v6.12.11 >>after &&
	cat up/.git/config up/.git/HEAD >>after && test_cmp before after
'

test_expect_success 'sources are tried in order, and all their reasons are told when none has it' '
	cat >ws/ci/targets.conf <<-END &&
	[target "v6.12"]
		source = clone none
		source = git file://$PWD/nowhere
		source = tarball web/linux-6.12.11.tar.xz
	END
	rm -rf "$SERIES_STORE" && mkdir -p ws/web && make_tar 6.12.11 && mv linux-6.12.11.tar.xz ws/web &&
	git init -q --bare "$SERIES_STORE" && series -C ws fetch v6.12 >out 2>err &&
	grep "^v6.12.11 " out && grep "clone .*none" err && grep nowhere err &&
	test_must_fail series -C ws fetch v6.12.77 2>err &&
	test "$(wc -l <err)" = 1 && grep "clone .*nowhere.*holds v6.12.11, not v6.12.77" err
'

test_expect_success 'with --json the kernels are data' '
	series -C ws fetch --json v6.12.11 >out && test "$(json ".kernels[0].had" out)" = true &&
	test "$(jq ".kernels[0].verified" out)" = null &&
	rm -rf "$SERIES_STORE" && git init -q --bare "$SERIES_STORE" &&
	(cd ws/web && sha256sum linux-6.12.11.tar.xz >linux-6.12.11.tar.xz.sha256) &&
	series -C ws fetch --json --from "tarball ws/web/linux-6.12.11.tar.xz" v6.12 >out &&
	test "$(json ".kernels[0].kernel" out)" = v6.12.11 && test "$(jq ".kernels[0].verified" out)" = true
'

test_done
