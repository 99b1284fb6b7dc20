#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
test_description='export writes a submission for each branch, and git send-email sends it as it is meant'
. "${0%/*}/../lib.sh"

make_store
make_workspace
upstream=d0ad1b05bbe6f8da159a4dfb6692b3b7ce30ccc8

git send-email --help >/dev/null 2>&1 && test_set_prereq SEND_EMAIL
b4 --version >/dev/null 2>&1 && test_set_prereq B4

header() {
	sed "/^\$/,\$d" "$2" | sed -n "s/^$1: //Ip"
}

# A worktree of the store's kernel $1, with the mails in folder $2 on it: the port's tree, authors, dates and messages.
am() {
	rm -rf am && git init -q am && git -C am fetch -q "$SERIES_STORE" "refs/series/kernel/$1" && git -C am checkout -q FETCH_HEAD &&
	git -C am am -q "$PWD/$2"/000[1-9]-*.patch &&
	test "$(git -C am rev-parse "HEAD^{tree}")" = "$(lib_git rev-parse "refs/series/demo/$1^{tree}")" &&
	git -C am log --format="%an %ae %ad%n%B" FETCH_HEAD..HEAD >got &&
	lib_git log --format="%an %ae %ad%n%B" "refs/series/kernel/$1..refs/series/demo/$1" >want && test_cmp want got
}

# What git send-email would hand to sendmail: each mail's headers, in "sent".
send() {
	rm -f sent && printf '#!/bin/sh\n{ cat; echo =====; } >>"%s/sent"\n' "$PWD" >sendmail && chmod +x sendmail &&
	rm -rf mailer && git init -q mailer && (cd mailer && git -c user.name="C O Mitter" -c user.email=committer@example.org send-email --quiet \
		--confirm=never --suppress-cc=self --smtp-server="$OLDPWD/sendmail" "$@")
}

# Greg's notice about patch 1 and branch $1.
notice() {
	printf 'From mboxrd@z Thu Jan  1 00:00:00 1970\nSubject: FAILED: patch "[PATCH] demo: count and clamp what is added" failed to apply to %s-stable tree\n' "$1"
	printf 'To: author@example.org,rev@example.net\nCc: <stable@vger.kernel.org>\nFrom: <gregkh@example.com>\n'
	printf 'Date: Tue, 20 Jan 2026 14:09:15 +0100\nMessage-ID: <2026012015-plank-%s@gregkh>\n\n' "$1"
	printf 'The patch below does not apply to the %s-stable tree.\n\ngit fetch https://git.example.org/linux.git/ linux-%s.y\n' "$1" "$1"
	printf 'git checkout FETCH_HEAD\ngit cherry-pick -x %s\n\nthanks,\n\ngreg k-h\n\n' "$2"
	printf "%s\n\n" "------------------ original commit in Linus's tree ------------------"
	sed -e "1s/[0-9a-f]\{40\}/$2/" -e '/^base-commit:/d' -e 's/^From /&/' ws/series/demo/0001-*.patch | sed '1s/^/>/'
	printf '\n\n'
}

series -C ws apply v6.12.3 v6.1.5 >/dev/null

test_expect_success 'several mails are one thread: the others answer the first' '
	series -C ws export v6.1.5 --out mails >out && cat out && am v6.1.5 mails &&
	head=$(header Message-ID mails/0001-*) && test -n "$head" && test -z "$(header In-Reply-To mails/0001-*)" &&
	test "$(header In-Reply-To mails/0002-*)" = "$head" && test "$(header References mails/0002-*)" = "$head" &&
	case $head in "<"*"@example.org>") ;; *) false ;; esac
'

test_expect_success 'the same commits give the same ids, another version others' '
	cp -r mails first && series -C ws export v6.1.5 --out mails && diff -r first mails &&
	series -C ws export v6.1.5 --out mails -v 2 && grep "^Subject: \[PATCH 6.1.y v2 1/2\] demo" mails/0001-* &&
	test "$(header Message-ID mails/0001-*)" != "$(header Message-ID first/0001-*)" && am v6.1.5 mails
'

test_expect_success 'a cover letter is what the others answer' '
	series -C ws export v6.1.5 --out mails --cover -v2 && head=$(header Message-ID mails/0000-*) && test -n "$head" &&
	grep "^Subject: \[PATCH 6.1.y v2 0/2\]" mails/0000-* && test -z "$(header In-Reply-To mails/0000-*)" &&
	for n in 1 2; do test "$(header In-Reply-To mails/000$n-*)" = "$head" || return 1; done && am v6.1.5 mails
'

test_expect_success SEND_EMAIL 'git send-email keeps the thread, and sends to whom it is told' '
	send --to stable@vger.kernel.org "$PWD"/mails/*.patch && cat sent && test $(grep -c "^=====" sent) = 3 &&
	head=$(header Message-ID mails/0000-*) && test $(grep -ci "^In-Reply-To: $head" sent) = 2 &&
	test $(grep -ci "^Message-ID: $head" sent) = 1 && test $(grep -c "^To: stable@vger.kernel.org" sent) = 3 &&
	grep "^From: C O Mitter <committer@example.org>" sent && grep "^From: A U Thor <author@example.org>" sent
'

test_expect_success 'what answers a FAILED notice is in reply to it, on its branch only' '
	{ notice 6.1 $upstream && notice 6.6 $upstream; } >notices.mbox &&
	series -C ws export v6.1.5 v6.12.3 --out both --failed notices.mbox --json >out && cat out &&
	test "$(header In-Reply-To both/v6.1.5/0001-*)" = "<2026012015-plank-6.1@gregkh>" &&
	test "$(header In-Reply-To both/v6.1.5/0002-*)" = "$(header Message-ID both/v6.1.5/0001-*)" &&
	sed -n "/^References:/,/^[A-Z]/p" both/v6.1.5/0002-* >refs && grep "2026012015-plank-6.1@gregkh" refs && grep "$(header Message-ID both/v6.1.5/0001-*)" refs &&
	test -z "$(header In-Reply-To both/v6.12.3/0001-*)" && test "$(json ".targets[0].answers" out)" = "2026012015-plank-6.1@gregkh" &&
	grep "failed to apply to 6.6-stable" out && test "$(json ".unanswered | length" out)" = 1 && am v6.1.5 both/v6.1.5 && am v6.12.3 both/v6.12.3
'

test_expect_success 'it goes to stable and to all whom the notice went to' '
	for n in 1 2; do
		test "$(header To both/v6.1.5/000$n-*)" = stable@vger.kernel.org &&
		sed -e "/^\$/,\$d" -e "/^Cc:/,/^Message/!d" both/v6.1.5/000$n-* >cc && grep gregkh@example.com cc && grep rev@example.net cc && ! grep stable@ cc || return 1
	done && test -z "$(header To both/v6.12.3/0001-*)" &&
	series -C ws export v6.1.5 --out both/v6.1.5 --failed notices.mbox >out && cat out &&
	grep "answers <2026012015-plank-6.1@gregkh>" out && grep "Not answered here, line .*6.6-stable" out
'

test_expect_success SEND_EMAIL 'git send-email sends the answer as a reply' '
	send "$PWD"/both/v6.1.5/*.patch && cat sent && test $(grep -c "^=====" sent) = 2 &&
	grep -i "^In-Reply-To: <2026012015-plank-6.1@gregkh>" sent && grep "gregkh@example.com" sent && test $(grep -c "^To: stable@vger.kernel.org" sent) = 2
'

test_expect_success 'a cover letter answers the notice for all, and says so' '
	series -C ws export v6.1.5 --out cover --failed notices.mbox --cover &&
	test "$(header In-Reply-To cover/0000-*)" = "<2026012015-plank-6.1@gregkh>" && grep "answers <2026012015-plank-6.1@gregkh>" cover/0000-* &&
	test "$(header In-Reply-To cover/0001-*)" = "$(header Message-ID cover/0000-*)"
'

test_expect_success 'one mail alone answers the notice itself' '
	rm -rf one && cp -r ws one && git config -f one/series/demo/series.conf --remove-section patch.0002-demo-twice.patch && rm one/series/demo/0002-* &&
	sed -i /0002/d one/series/demo/series && series -C one apply v6.1.5 && series -C one export v6.1.5 --out single --failed notices.mbox &&
	test "$(header In-Reply-To single/0001-*)" = "<2026012015-plank-6.1@gregkh>" && test -z "$(header Message-ID single/0001-*)" &&
	grep "^Subject: \[PATCH 6.1.y\] demo" single/0001-* && series -C ws apply v6.1.5
'

test_expect_success 'a notice about another commit answers nothing, one that is none is refused' '
	notice 6.1 0123456789abcdef0123456789abcdef01234567 >other.mbox && series -C ws export v6.1.5 --out none --failed other.mbox >out &&
	test -z "$(header In-Reply-To none/0001-*)" && grep "Not answered here" out &&
	test_expect_code 2 series -C ws export v6.1.5 --out none2 --failed ws/series/demo/0001-*.patch 2>err && grep "FAILED notice" err && ! test -e none2 &&
	test_expect_code 2 series -C ws export v6.1.5 --out none2 --failed nosuch 2>err && grep "no file nosuch" err
'

test_expect_success 'what differs from upstream stands in the cover letter' '
	series -C ws export v6.1.5 --out ranged --cover --range-diff upstream && cat ranged/0000-* &&
	grep "^Range-diff against upstream" ranged/0000-* && grep "^1:  .* ! 1:  " ranged/0000-* && grep "Upstream commit" ranged/0000-* && am v6.1.5 ranged
'

test_expect_success 'what differs from the previous version, too; the mails of it are in the folder' '
	cp -r ws next && sed -i "s/^Signed-off-by: A U Thor/Tested-by: Te Ster <test@example.org>\n&/" next/series/demo/0002-*.patch &&
	test_expect_code 2 series -C ws export v6.1.5 --out nothing --range-diff previous 2>err && grep "no mails of an earlier export" err && ! test -e nothing &&
	series -C ws export v6.1.5 --out versions && series -C next apply v6.1.5 &&
	series -C next export v6.1.5 --out versions -v 2 --cover --range-diff previous && cat versions/0000-* &&
	grep "^Range-diff against v1:" versions/0000-* && grep "^1:  .* = 1:" versions/0000-* && grep "^    .*+.*Tested-by: Te Ster" versions/0000-* &&
	am v6.1.5 versions && series -C ws apply v6.1.5 && test_expect_code 2 series -C ws export v6.1.5 --range-diff nosuch 2>err && grep "neither upstream nor previous" err
'

test_expect_success 'one mail alone has it below its line, and git am passes over it' '
	series -C one apply v6.1.5 && series -C one export v6.1.5 --out single --range-diff upstream && cat single/0001-* &&
	sed "1,/^---\$/d" single/0001-* | grep "^Range-diff against upstream" && am v6.1.5 single && series -C ws apply v6.1.5
'

test_expect_success 'a file in the place of the folder is a mistake of the user, and stays' '
	echo mine >file && test_expect_code 2 series -C ws export v6.1.5 --out file 2>err && cat err && grep "file is no folder" err &&
	test_expect_code 2 series -C ws export v6.1.5 --out file/below 2>err && grep "file is no folder" err && test "$(cat file)" = mine
'

test_expect_success 'nothing is written when one of the targets is not applied' '
	test_expect_code 2 series -C ws export v6.1.5 v6.12.9 --out partly 2>err && grep "apply v6.12.9" err && ! test -e partly
'

test_expect_success 'values that make no header or number are refused' '
	test_expect_code 2 series -C ws export v6.1.5 --in-reply-to "a
b" --out bad && test_expect_code 2 series -C ws export v6.1.5 --in-reply-to "ä@x" --out bad && test_expect_code 2 series -C ws export v6.1.5 -v 0 --out bad && test_expect_code 2 series -C ws export v6.1.5 -v x --out bad && ! test -e bad
'

test_expect_success 'a newer branch that lacks the patch and has no port is said, with exit code 1' '
	cp -r ws gate && printf "[target \"v6.6\"]\n\tsource = tarball none/linux-6.6.tar\n" >>gate/ci/targets.conf &&
	kernel_files v5.10.7 kernel && add_kernel v6.6.2 kernel && test_expect_code 1 series -C gate export v6.1.5 --out gated >out && cat out &&
	grep "Not yet: 1/2: newer branches lack it and have no port: v6.6" out && test -f gated/0001-* &&
	test_expect_code 1 series -C gate export v6.1.5 --out gated --json >out && test "$(json ".targets[0].gate[0].severity" out)" = bad &&
	series -C ws export v6.1.5 --out gated >out && cat out && grep "^  1/2: newer branches: it is in v6.12" out
'

test_expect_success 'what goes onto a candidate of Linus is for no stable branch; onto one of stable it is' '
	kernel_files v6.12.3 kernel && add_kernel v6.13-rc3 kernel && series -C ws apply v6.13-rc3 && series -C ws export v6.13-rc3 --out mainline &&
	grep "^Subject: \[PATCH 1/2\] demo" mainline/0001-* && am v6.13-rc3 mainline &&
	add_kernel v6.12.11-rc1 kernel && series -C ws apply v6.12.11-rc1 && series -C ws export v6.12.11-rc1 --out candidate; grep "^Subject: \[PATCH 6.12.y 1/2\] demo" candidate/0001-*
'

# b4 sends branches, not mails: what docs/update.md says of it.
test_expect_success B4 'b4 sends the branch that is the port, with the prefix that it is told' '
	rm -rf b4 && git init -q b4 && (cd b4 && git config user.name "C O Mitter" && git config user.email committer@example.org && git config b4.prep-cover-strategy branch-description &&
	git fetch -q "$SERIES_STORE" refs/series/kernel/v6.1.5:refs/heads/linux-6.1.y refs/series/demo/v6.1.5:refs/heads/demo-6.1.y && git checkout -q demo-6.1.y &&
	b4 prep -e linux-6.1.y && b4 prep --set-prefixes 6.1.y && b4 prep --force-revision 2 &&
	git config core.editor "sed -i s/EDITME.*/Demo/" && b4 prep --edit-cover && b4 send --to stable@vger.kernel.org --no-sign -o ../b4-out) >b4.log 2>&1; cat b4.log; ls b4-out &&
	grep -i "^Subject: \[PATCH 6.1.y v2 1/2\] demo: count" b4-out/* && grep -i "^To: stable@vger.kernel.org" b4-out/* &&
	rm -rf am && git init -q am && git -C am fetch -q "$SERIES_STORE" refs/series/kernel/v6.1.5 && git -C am checkout -q FETCH_HEAD && ls b4-out &&
	git -C am am -q "$PWD"/b4-out/0[0-9]*[1-9]-* && test "$(git -C am rev-parse HEAD^{tree})" = "$(lib_git rev-parse "refs/series/demo/v6.1.5^{tree}")"
'
test_done
