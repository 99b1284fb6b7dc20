#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
test_description='what import makes of a mail is what git am makes of it'
. "${0%/*}/../lib.sh"

mkdir -p ws/series ws/ci && : >ws/ci/targets.conf

diff_of() {
	printf 'diff --git a/f b/f\nindex 7898192..6178079 100644\n--- a/f\n+++ b/f\n@@ -1 +1 @@\n-a\n+%s\n-- \n2.43\n\n' "${1-b}"
}
head_of() {
	printf 'From: %s\nDate: Tue, 17 Feb 2026 16:54:38 -0800\nMessage-ID: <%s@example.org>\nSubject: %s\n' \
		"${3-A U Thor <author@example.org>}" "$1" "$2"
}

# A repository in which f holds "a".
fresh() {
	rm -rf "$1" && git init -q "$1" && echo a >"$1/f" && git -C "$1" add f && git -C "$1" commit -q -m base
}
told() {
	git -C "$1" log -1 --format='%an|%ae|%ad|%T|%B' && git -C "$1" show HEAD:f
}

# git am on the mail itself, and on what import made of it, give the same commit.
same_as_git() {
	fresh git && (cd git && git am -q "../$1") && told git >want && cat want &&
	fresh ours && rm -rf ws/series/one && series -C ws import --series one "$1" >/dev/null &&
	(cd ours && git am -q ../ws/series/one/*.patch) && told ours >got && test_cmp want got
}

test_expect_success 'a plain one' '
	{ head_of 1 "[PATCH v3 2/7] demo: change f"; printf "\nWhy,\nwith  two spaces \n\n\n\nand gaps.\n\nFixes: 12\nSigned-off-by: x\n---\nv2: notes\n"; diff_of; } >m.eml &&
	same_as_git m.eml
'

test_expect_success 'a folded, encoded subject and name' '
	{ head_of 2 "$(printf "[PATCH] =?UTF-8?q?demo:_=C3=A4ndert?=\n =?UTF-8?b?IGbDvHI=?= something that goes on and on\n for more than one line")" "=?ISO-8859-1?Q?J=FCrgen_=22x=22?= <j@example.org>"
	printf "\nWhy.\n---\n"; diff_of; } >m.eml &&
	same_as_git m.eml && grep "^Jürgen" got && grep "demo: ändert für something" got
'

test_expect_success 'a quoted name with a comma' '
	{ head_of 3 "[PATCH] demo: x" "\"Thor, A. U.\" <author@example.org>"; printf "\nWhy.\n---\n"; diff_of; } >m.eml &&
	same_as_git m.eml && grep "^Thor, A. U|" got
'

test_expect_success 'an in-body author' '
	{ head_of 4 "[PATCH] demo: x" "Sender <s@example.org>"; printf "\nFrom: =?UTF-8?q?J=C3=BCrgen?= <j@example.org>\n\nWhy.\n---\n"; diff_of; } >m.eml &&
	same_as_git m.eml && grep "^Jürgen|j@example.org" got
'

test_expect_success 'base64' '
	{ head_of 5 "[PATCH] demo: x"; printf "MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\n"
	{ printf "Wörter.\n---\n"; diff_of; } | base64; } >m.eml &&
	same_as_git m.eml && grep "Wörter" got
'

test_expect_success 'quoted-printable' '
	{ head_of 6 "[PATCH] demo: x"; printf "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n"
	printf "W=C3=B6rter, soft=\n broken, a=3Db.\n---\n"; diff_of "b =3D c;=20"; } >m.eml &&
	same_as_git m.eml && grep "b = c; $" got
'

test_expect_success 'Latin-1, in the message and in the file' '
	{ head_of 7 "[PATCH] demo: x"; printf "Content-Type: text/plain; charset=iso-8859-1\n\nW\366rter.\n---\n"; diff_of "$(printf "\344")"; } >m.eml &&
	same_as_git m.eml && grep -a "Wörter" got
'

test_expect_success 'CRLF' '
	{ head_of 8 "[PATCH] demo: x"; printf "\nWhy.\n---\n"; diff_of; } | sed "s/\$/\r/" >m.eml &&
	same_as_git m.eml
'

test_expect_success 'an attached patch' '
	{ head_of 9 "[PATCH] demo: x"; printf "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"=-x\"\n\n--=-x\nContent-Type: text/plain; charset=utf-8\n\nWhy.\n\n"
	printf -- "--=-x\nContent-Type: text/x-patch; name=p.patch\nContent-Disposition: attachment; filename=p.patch\n\n"; diff_of; printf -- "--=-x--\n"; } >m.eml &&
	same_as_git m.eml
'

test_expect_success 'format=flowed' '
	{ head_of 10 "[PATCH] demo: x"; printf "Content-Type: text/plain; charset=utf-8; format=flowed\n\nOne sentence on \ntwo lines.\n---\n"; diff_of; } >m.eml &&
	same_as_git m.eml && grep "on two lines" got
'

test_expect_success 'brackets that are no [PATCH], and no text at all' '
	{ head_of 11 "Re: [PATCH] [RFC] demo: x [y]"; printf "\n---\n"; diff_of; } | sed "s/^Subject: Re: /Subject: /" >m.eml &&
	same_as_git m.eml
'

test_expect_success 'a message that begins like a header, and has long lines and quotes' '
	{ head_of 12 "[PATCH] demo: a subject that is so long that it has to be folded, twice, by whoever writes it into a mail"
	printf "\nFrom: A U Thor <author@example.org>\n\nFrom: the top, this looks like a header <x@example.org>\n\n>From a quote, and\nFrom here on.\n---\n"; diff_of; } >m.eml &&
	same_as_git m.eml && grep "^From: the top" got
'

test_expect_success 'of many in an mbox, each' '
	{ for n in 1 2 3; do printf "From mboxrd@z Thu Jan  1 00:00:00 1970\n"; head_of 13$n "[PATCH $n/3] demo: x$n"
	printf "\nWhy $n.\n>From here.\n---\n"; diff_of | sed "s/f\$/f$n/; s,/f\b,/f$n,g"; done; } >m.mbox &&
	fresh git && for n in 1 2 3; do echo a >git/f$n; done && git -C git add -A && git -C git commit -q -m more && rm -rf ours && cp -r git ours &&
	git -C git am -q --patch-format=mboxrd ../m.mbox && git -C git log -3 --format="%an%ad%T%B" >want &&
	rm -rf ws/series/one && series -C ws import --no-b4 --series one m.mbox &&
	(cd ours && git am -q ../ws/series/one/*.patch) && git -C ours log -3 --format="%an%ad%T%B" >got && test_cmp want got
'

test_done
