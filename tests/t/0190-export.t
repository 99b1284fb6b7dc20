#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
test_description='export writes mails that git am turns into the same commits'
. "${0%/*}/../lib.sh"

make_store
make_workspace

# A worktree of the store's kernel $1.
kernel_tree() {
	rm -rf am && git init -q am && git -C am fetch -q "$SERIES_STORE" "refs/series/kernel/$1" && git -C am checkout -q FETCH_HEAD
}

test_expect_success 'a series that was not applied cannot be exported' '
	test_expect_code 2 series -C ws export v6.12.3 2>err && cat err &&
	grep "series -C ws apply v6.12.3" err && ! test -e outgoing
'

test_expect_success 'git am gives the same tree, authors and messages' '
	series -C ws apply v6.12.3 v6.12.9 v6.1.5 &&
	series -C ws export v6.1.5 --out mails >out &&
	test "$(ls mails | wc -l)" = 2 && kernel_tree v6.1.5 && git -C am am -q "$PWD"/mails/*.patch &&
	test "$(git -C am rev-parse HEAD^{tree})" = "$(lib_git rev-parse refs/series/demo/v6.1.5^{tree})" &&
	git -C am log -2 --format="%an %ae %ad%n%B" >got &&
	lib_git log -2 --format="%an %ae %ad%n%B" refs/series/demo/v6.1.5 >want && test_cmp want got
'

test_expect_success 'the diff and its picture are those of git format-patch' '
	kernel_tree v6.1.5 && git -C am fetch -q "$SERIES_STORE" refs/series/demo/v6.1.5 &&
	git -C am format-patch -q --full-index --no-signature -o ../theirs HEAD..FETCH_HEAD &&
	for n in 1 2; do
		sed -n "/^---\$/,/^-- \$/p" theirs/000$n-* | sed "\$ { /^\$/d; }" >want &&
		sed -n "/^---\$/,/^-- \$/p" mails/000$n-* | sed "/^-- \$/d" >got && test_cmp want got || return 1
	done
'

test_expect_success 'the subject has the branch, and n/m where there is more than one' '
	grep "^Subject: \[PATCH 6.1.y 1/2\] demo: count" mails/0001-*.patch &&
	series -C ws export v6.12.9 --out one && grep "^Subject: \[PATCH 6.12.y\] demo: twice" one/0001-*.patch &&
	test "$(ls one | wc -l)" = 1
'

test_expect_success 'the upstream line, the note and the sign-off are inside' '
	grep "^\[ Upstream commit [0-9a-f]\{40\} \]" mails/0001-*.patch &&
	sed -n "/^Signed-off-by: A U Thor/,/^---/p" mails/0001-*.patch >got && grep "^\[ " got &&
	grep "^Signed-off-by: C O Mitter <committer@example.org>" got
'

test_expect_success 'the author stands in the body where somebody else sends' '
	sed -n "/^\$/,\$p" mails/0001-*.patch | sed -n 2p >got && echo "From: A U Thor <author@example.org>" >want && test_cmp want got &&
	grep "^From: C O Mitter <committer@example.org>" mails/0001-*.patch
'

test_expect_success 'an export replaces the mails of an earlier one, and nothing else' '
	echo mine >mails/notes.txt && echo x >mails/0007-old.patch &&
	series -C ws export v6.1.5 --out mails --cover --in-reply-to "failed@example.org" &&
	! test -e mails/0007-old.patch && test -f mails/notes.txt &&
	grep "^Subject: \[PATCH 6.1.y 0/2\]" mails/0000-cover-letter.patch &&
	grep "^In-Reply-To: <failed@example.org>" mails/0000-*.patch &&
	series -C ws export v6.1.5 --out mails && ! test -e mails/0000-cover-letter.patch
'

test_expect_success 'a message id may stand between angle brackets' '
	series -C ws export v6.1.5 --out answer --in-reply-to "<failed@example.org>" &&
	grep "^In-Reply-To: <failed@example.org>\$" answer/0001-*.patch
'

test_expect_success 'several targets get a folder each' '
	series -C ws export v6.12.3 v6.1.5 >out && test -d outgoing/demo/v6.12.3 && test -d outgoing/demo/v6.1.5 &&
	series -C ws export --json v6.12.3 v6.1.5 --out many >out &&
	test "$(json ".targets[1].mails[0].class" out)" = stable-eligible && test -d many/v6.1.5
'

test_expect_success 'a real commit is named as the base, a tarball is not' '
	! grep "^base-commit:" mails/*.patch &&
	base=$(lib_git commit-tree -p refs/series/kernel/v6.1.5 -m "on top" refs/series/kernel/v6.1.5^{tree}) &&
	lib_git update-ref refs/heads/devel/x "$base" &&
	series -C ws apply devel/x && series -C ws export devel/x --out based >out && cat out && cat based/0001* &&
	grep "^base-commit: $base" based/0001-*.patch && grep "^Subject: \[PATCH 6.1.y 1/2\]" based/0001-*.patch &&
	kernel_tree v6.1.5 && git -C am am -q "$PWD"/based/*.patch &&
	test "$(git -C am rev-parse HEAD^{tree})" = "$(lib_git rev-parse refs/series/demo/v6.1.5^{tree})"
'

test_expect_success 'a branch that is not of a stable release has the plain prefix' '
	kernel_files v6.1.5 mainline && lib_makefile v6.1 >mainline/Makefile && git -C mainline init -q &&
	git -C mainline add -A && git -C mainline commit -q -m mainline &&
	lib_git fetch -q "$PWD/mainline" HEAD:refs/heads/mainline &&
	series -C ws apply mainline && series -C ws export mainline --out plain &&
	grep "^Subject: \[PATCH 1/2\]" plain/0001-*.patch
'

test_expect_success 'a ref that stands on another kernel is not exported' '
	lib_git update-ref refs/series/demo/v6.12.3 refs/series/demo/v6.1.5 && rm -rf mails &&
	test_expect_code 2 series -C ws export v6.12.3 --out mails 2>err && grep "series apply again" err &&
	! test -e mails
'

test_done
