#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
test_description='import takes patches into a series, whole or not at all'
. "${0%/*}/../lib.sh"

make_store
make_workspace
id=0123456789abcdef0123456789abcdef01234567

# One commit on top of what the workspace's patches do, as git format-patch writes it.
mail() {
	rm -rf mail.git && git init -q mail.git && kernel_files v6.12.9 mail.git && lib_mail base &&
	printf '\nint demo_%s(void)\n{\n\treturn 1;\n}\n' "$1" >>mail.git/lib/demo.c &&
	GIT_AUTHOR_NAME='Jürgen Ütüb' lib_mail "demo: $1

Words on $1.

Cc: stable@vger.kernel.org
Signed-off-by: Jürgen Ütüb <author@example.org>" &&
	git -C mail.git format-patch -q --stdout -1 --add-header="Message-ID: <$1@example.org>"
}

reply() {
	printf 'From: Rev Iewer <rev@example.org>\nDate: Tue, 17 Feb 2026 16:54:38 -0800\n'
	printf 'Message-ID: <re-%s@example.org>\nIn-Reply-To: <%s@example.org>\nSubject: Re: [PATCH] demo: %s\n\n' "$1" "$1" "$1"
	printf '> Signed-off-by: x\n\nReviewed-by: Rev Iewer <rev@example.org>\nAcked-by: Big Name <big@example.net>\n'
}

mail three >three.eml && reply three >three-re.eml && mail four >four.eml

test_expect_success 'a patch is appended, with author, date and trailers' '
	series -C ws import three.eml >out &&
	grep "3  demo: three" out &&
	tail -n 1 ws/series/demo/series >got && echo 0003-demo-three.patch >want && test_cmp want got &&
	git -C mail.git checkout -q HEAD^ 2>/dev/null; rm -rf am && git init -q am && kernel_files v6.12.9 am &&
	git -C am add -A && git -C am commit -q -m base &&
	git -C am am -q ../ws/series/demo/0003-demo-three.patch &&
	git -C am log -1 --format="%an|%ae|%ad|%s|%b" >got &&
	grep "^Jürgen Ütüb|author@example.org|Tue Nov 14 23:13:20 2023 +0100|demo: three|Words on three.$" got
'

test_expect_success 'what series.conf had is kept, and the new patch gets a section' '
	git config -f ws/series/demo/series.conf patch.0003-demo-three.patch.link >got &&
	echo https://lore.kernel.org/all/three@example.org >want && test_cmp want got &&
	test "$(git config -f ws/series/demo/series.conf patch.0003-demo-three.patch.class)" = out-of-tree
'

test_expect_success 'there is no second patch of that number without --in-place' '
	cp -r ws/series/demo before &&
	test_expect_code 2 series -C ws import --number 3 four.eml 2>err &&
	grep "in-place" err &&
	test_expect_code 2 series -C ws import --number 9 four.eml 2>err &&
	grep "gap" err &&
	diff -r before ws/series/demo
'

test_expect_success 'nor one that is there already, by its subject' '
	test_expect_code 2 series -C ws import three.eml 2>err &&
	grep "has .demo: three. already, as patch 3; --in-place" err &&
	diff -r before ws/series/demo
'

test_expect_success 'a folder is no mail' '
	mkdir -p folder && test_expect_code 2 series -C ws --series new import folder 2>err &&
	grep "it is a folder" err && ! test -e ws/series/new
'

test_expect_success 'a reply adds the trailers of its sender, and says which it did not take' '
	series -C ws import --no-b4 --in-place three.eml three-re.eml >out &&
	grep "(replaced)" out && grep "+ Reviewed-by: Rev Iewer" out && grep -e "- Acked-by: Big Name" out &&
	grep "^Reviewed-by: Rev Iewer" ws/series/demo/0003-demo-three.patch &&
	! grep "Big Name" ws/series/demo/0003-demo-three.patch &&
	test $(wc -l <ws/series/demo/series) = 3
'

command -v b4 >/dev/null && test_set_prereq B4
test_expect_success B4 'b4 finds the same' '
	cp ws/series/demo/0003-demo-three.patch ours &&
	series -C ws import --in-place --number 3 --json three-re.eml three.eml >out &&
	test "$(json .b4 out)" = true &&
	json ".patches[0].trailers[0]" out >got && echo "Reviewed-by: Rev Iewer <rev@example.org>" >want && test_cmp want got &&
	test_cmp ours ws/series/demo/0003-demo-three.patch
'

test_expect_success '--upstream makes it a backport, of one patch only' '
	series -C ws import --series other --upstream $id three.eml &&
	test "$(git config -f ws/series/other/series.conf patch.0001-demo-three.patch.upstream)" = $id &&
	test "$(git config -f ws/series/other/series.conf patch.0001-demo-three.patch.class)" = stable-eligible &&
	test_expect_code 2 series -C ws import --series other --upstream 1234 four.eml 2>err && grep "40" err &&
	cat three.eml four.eml >both.mbox &&
	test_expect_code 2 series -C ws import --series both --no-b4 --upstream $id both.mbox 2>err && grep "2 patches" err &&
	! test -e ws/series/both
'

test_expect_success 'with more than one series, it must be said which' '
	test_expect_code 2 series -C ws import four.eml 2>err && grep -e "--series" err &&
	test_expect_code 2 series -C ws import --series Kernel/x four.eml 2>err && grep "no name for a series" err
'

test_expect_success 'what was imported ports like any other' '
	series -C ws --series other apply v6.12.9 >out &&
	file_of refs/series/other/v6.12.9 lib/demo.c >got && grep demo_three got &&
	lib_git log -1 --format=%B refs/series/other/v6.12.9 >got && grep "^\[ Upstream commit $id \]" got
'

test_expect_success 'a malformed patch is refused with file and line, and nothing is written' '
	rm -rf before && cp -r ws/series before &&
	sed "s/^@@ .*/@@ -1,70 +1,70 @@/" four.eml >bad.eml &&
	line=$(grep -n "^@@" bad.eml | cut -d: -f1) &&
	test_expect_code 2 series -C ws import --series demo bad.eml 2>err && cat err &&
	grep "bad.eml: line $line" err &&
	sed "s,lib/demo.c,../../etc/demo.c,g" four.eml >evil.eml &&
	test_expect_code 4 series -C ws import --series demo evil.eml 2>err &&
	echo words >words.txt && test_expect_code 2 series -C ws import --series demo words.txt 2>err && grep "words.txt" err &&
	test_expect_code 2 series -C ws import --series demo nosuch.eml 2>err && grep "nosuch.eml" err &&
	diff -r before ws/series && test "$(ls -A ws/series | wc -l)" = 2
'

test_expect_success 'a message id without a way to get it is a clear error' '
	mkdir -p bin && for p in git sh; do ln -sf "$(command -v $p)" bin/$p; done &&
	test_expect_code 125 env PATH="$PWD/bin" "$SERIES" -C ws import --series demo "<three@example.org>" 2>err && cat err &&
	grep "b4 is needed to get message three@example.org" err
'

test_expect_success 'a FAILED notice gives the upstream commit, its author and its id' '
	{
		printf "Subject: FAILED: patch \"[PATCH] demo: four\" failed to apply to 6.1-stable tree\n"
		printf "From: <gregkh@linuxfoundation.org>\n\nThe patch below does not apply.\n\n"
		printf -- "------------------ original commit in Linus'"'\''"'s tree ------------------\n\n"
		sed "1s/[0-9a-f]\{40\}/$id/" four.eml
	} >failed.eml &&
	series -C ws import --series backport failed.eml &&
	test "$(git config -f ws/series/backport/series.conf patch.0001-demo-four.patch.upstream)" = $id &&
	grep "^Words on four" ws/series/backport/0001-demo-four.patch && ! grep gregkh ws/series/backport/0001-demo-four.patch
'

test_expect_success 'a message id, or its address, is for b4 to get' '
	mkdir -p fake && cat >fake/b4 <<-\END && chmod +x fake/b4 &&
	#!/bin/sh
	# A b4 that knows one message.
	while [ $# -gt 1 ]; do
		[ "$1" = -o ] && out=$2
		shift
	done
	[ "$1" = three@example.org ] || { echo "Grabbing thread" && echo "HTTPError: 404 (not found)" >&2; exit 1; }
	{ echo "From git@z Thu Jan  1 00:00:00 1970" && sed 1d three.eml; } >"$out/x.mbx"
	END
	for word in "<three@example.org>" https://lore.kernel.org/all/three@example.org/ three@example.org; do
		rm -rf ws/series/byid && PATH="$PWD/fake:$PATH" series -C ws import --series byid "$word" &&
		grep "^Words on three" ws/series/byid/0001-demo-three.patch || return 1
	done &&
	test_expect_code 125 env PATH="$PWD/fake:$PATH" "$SERIES" -C ws import --series byid five@example.org 2>err && cat err &&
	grep "could not get message five@example.org (HTTPError: 404)" err && test $(wc -l <ws/series/byid/series) = 1
'

# tests/mails/ has the patch as it came from the list, and the answer to it.
test_expect_success 'patch 1 of the shipped series is what import makes of its mail and the review' '
	for how in --no-b4 $(command -v b4 >/dev/null && echo --json); do
		rm -rf ws/series/shipped &&
		series -C ws import $how --series shipped --upstream d0ad1b05bbe6f8da159a4dfb6692b3b7ce30ccc8 "$TOP"/tests/mails/*.eml &&
		cmp ws/series/shipped/0001-* "$TOP"/series/kvm-exception-payload/0001-* || return 1
	done &&
	test "$(git config -f ws/series/shipped/series.conf --get-regexp class | cut -d" " -f2)" = stable-eligible
'

test_expect_success 'two imports at once: the second is told to wait' '
	command -v flock >/dev/null && { flock 9 && test_expect_code 75 series -C ws import --series byid four.eml 2>err; } 9<ws/series &&
	grep "another import" err
'

test_expect_success 'a series that is broken is not touched' '
	echo "[series" >>ws/series/other/series.conf && rm -rf before && cp -r ws/series before &&
	test_must_fail series -C ws import --series other four.eml 2>err && grep series.conf err &&
	diff -r before ws/series
'

test_done
