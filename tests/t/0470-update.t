#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
test_description='update takes in a newer version of the series, whole or not at all'
. "${0%/*}/../lib.sh"

make_store
make_workspace
conf=ws/series/demo/series.conf

# A version of the demo series as it is posted, to standard output: post N FIRST SECOND [git format-patch's options]. FIRST is a command that
# changes lib/demo.c (on v6.12.3's) for patch 1, SECOND for patch 2; ":" leaves the patch out.
post() {
	rm -rf mail.git && git init -q mail.git && kernel_files v6.12.3 mail.git && lib_mail base &&
	GIT_AUTHOR_DATE="$((1700000000 + 86400 * $1)) +0100" && export GIT_AUTHOR_DATE &&
	(cd mail.git && eval "$2") && lib_mail "${first:-demo: count and clamp what is added}

A sum must not be negative, and somebody wants to know how many there were.

Cc: stable@vger.kernel.org
Signed-off-by: A U Thor <author@example.org>" &&
	if [ "$3" != : ]; then
		(cd mail.git && eval "$3") && lib_mail 'demo: twice

Signed-off-by: A U Thor <author@example.org>'
	fi &&
	v=$1 && shift 3 && base=$(git -C mail.git rev-list --max-parents=0 HEAD) &&
	git -C mail.git format-patch -q --thread=shallow -v "$v" --full-index --stdout "$@" "$base"
}
fix='kernel_files v6.12.9 .'
twice='printf "\nint demo_twice(int a)\n{\nreturn demo_add(a, a);\n}\n" >>lib/demo.c'
# The second version counts in steps of two.
fix2="$fix; sed -i 's/demo_count++/demo_count += 2/' lib/demo.c"

post 2 "$fix2" "$twice" >v2.mbox
GIT_AUTHOR_DATE='1700000000 +0100'

test_expect_success '--dry-run says what is newer, and changes nothing' '
	cp -r ws before && test_expect_code 3 series -C ws update --dry-run v2.mbox >out && cat out &&
	grep "v2  demo: count and clamp what is added" out && grep "  1  changed " out && grep "  2  same " out &&
	grep "^1:  .* ! 1:  " out && grep "    .*+.*demo_count += 2" out && grep "Nothing was changed" out && diff -r before ws
'

test_expect_success 'the marks on every target stand there, before and after' '
	test_expect_code 3 series -C ws update --json --dry-run v2.mbox >out && cat out &&
	json ".targets[] | [.kernel, .before[0], .after[0]] | join(\" \")" out >got &&
	printf "v5.10.7 X X\nv6.1.5 ~ ~\nv6.12.9 U X\n" >want && test_cmp want got
'

test_expect_success 'it is taken in: patches, links, version, and the rest of series.conf as it was' '
	git config -f $conf patch.0001-demo-count-and-clamp-what-is-added.patch.why "ours" && echo "# mine" >>$conf &&
	test_expect_code 3 series -C ws update v2.mbox >out && cat out && grep "Taken in" out &&
	grep "+	demo_count += 2;" ws/series/demo/0001-*.patch && test $(ls ws/series/demo/*.patch | wc -l) = 2 &&
	test "$(git config -f $conf patch.0001-demo-count-and-clamp-what-is-added.patch.version)" = 2 &&
	test "$(git config -f $conf patch.0001-demo-count-and-clamp-what-is-added.patch.why)" = ours && grep "^# mine" $conf &&
	id=$(sed -n "s/^Message-I[dD]: <\(.*\)>/\1/p" v2.mbox | head -n 1) &&
	test "$(git config -f $conf patch.0001-demo-count-and-clamp-what-is-added.patch.link)" = "https://lore.kernel.org/all/$id" &&
	ls -A ws/series >got && echo demo >want && test_cmp want got
'

test_expect_success 'a message id is no line of series.conf, whatever stands in it' '
	cp -r ws saved && post 3 "$fix" "$twice" | sed "s/^\(Message-I[dD]\|In-Reply-To\|References\): </&a\"#;b/" >odd.mbox && GIT_AUTHOR_DATE="1700000000 +0100" &&
	git config -f $conf patch.0001-demo-count-and-clamp-what-is-added.patch.mainline "Submitted, $(git config -f $conf patch.0001-demo-count-and-clamp-what-is-added.patch.link)" &&
	{ series -C ws update --no-b4 odd.mbox >out || :; } && cat out $conf && grep "v2 -> v3" out && grep "Taken in" out &&
	id=$(sed -n "s/^Message-I[dD]: <\(.*\)>/\1/p" odd.mbox | head -n 1) && case $id in "a\"#;b"*) ;; *) false ;; esac &&
	test "$(git config -f $conf patch.0001-demo-count-and-clamp-what-is-added.patch.mainline)" = "Submitted, https://lore.kernel.org/all/$id" &&
	rm -rf ws && mv saved ws
'

test_expect_success 'what is there is up to date, and nothing is written' '
	cp -r ws/series/demo before2 && series -C ws update v2.mbox >out && cat out && grep "series/demo is up to date" out && diff -r before2 ws/series/demo
'

# A reply to the first patch of a file of mails.
review() {
	id=$(sed -n "s/^Message-I[dD]: <\(.*\)>/\1/p" "$1" | head -n 1)
	printf 'From mboxrd@z Thu Jan  1 00:00:00 1970\nFrom: Rev Iewer <rev@example.org>\nDate: Mon, 20 Nov 2023 16:54:38 -0800\n'
	printf 'Message-ID: <re@example.org>\nIn-Reply-To: <%s>\nSubject: Re: [PATCH] demo\n\nReviewed-by: Rev Iewer <rev@example.org>\n\n' "$id"
}
post 3 "$fix2" "$twice" >v3.mbox && review v3.mbox >>v3.mbox
GIT_AUTHOR_DATE='1700000000 +0100'

test_expect_success 'words alone leave every mark as it is: exit code 1 for --dry-run, 0 when taken in' '
	test_expect_code 1 series -C ws update --dry-run --no-b4 v3.mbox >out && cat out && grep "v2 -> v3" out && grep "  1  words " out &&
	grep "+ Reviewed-by: Rev Iewer" out && series -C ws update --no-b4 v3.mbox && grep "^Reviewed-by: Rev Iewer" ws/series/demo/0001-*.patch
'

command -v b4 >/dev/null && test_set_prereq B4
test_expect_success B4 'b4 gathers the same' '
	rm -rf ws && cp -r before ws && series -C ws update --json v3.mbox >out; test $? = 3 &&
	test "$(json ".patches[0].trailers[0]" out)" = "Reviewed-by: Rev Iewer <rev@example.org>" && grep "^Reviewed-by: Rev Iewer" ws/series/demo/0001-*.patch
'

# In front of the two comes a third, and the last goes.
renumber() {
	rm -rf mail.git && git init -q mail.git && kernel_files v6.12.3 mail.git && lib_mail base && GIT_AUTHOR_DATE='1700500000 +0100' && export GIT_AUTHOR_DATE &&
	(cd mail.git && sed -i 's/^int demo_count;/&\nint demo_zero;/' lib/demo.c) && lib_mail 'demo: zero' && (cd mail.git && sed -i 's/^	return a + b;/	demo_count++;\n	return demo_clamp(a + b);/' lib/demo.c) &&
	lib_mail 'demo: count and clamp what is added

Counted.

Signed-off-by: A U Thor <author@example.org>' && git -C mail.git format-patch -q --thread=shallow -v "$1" --stdout HEAD~2 && GIT_AUTHOR_DATE='1700000000 +0100'
}

test_expect_success 'a new patch in front renumbers the others; one that is gone is dropped' '
	rm -rf ws && cp -r before ws && series -C ws update v3.mbox >out; printf "# about the first\n[patch \"0001-demo-count-and-clamp-what-is-added.patch\"]\n\tfrom = v5.10\n" >>$conf &&
	renumber 5 >v5.mbox && series -C ws update --json v3.mbox v5.mbox >out; test $? = 0 && cat out && cat ws/series/demo/series &&
	printf "0001-demo-zero.patch\n0002-demo-count-and-clamp-what-is-added.patch\n" >want && test_cmp want ws/series/demo/series && test $(ls ws/series/demo/*.patch | wc -l) = 2 &&
	json ".patches[] | [.kind, .number, .was] | map(tostring) | join(\" \")" out >got && printf "%s\n" "new 1 null" "changed 2 1" "dropped null 2" >want && test_cmp want got &&
	git config -f $conf patch.0002-demo-count-and-clamp-what-is-added.patch.from && ! grep 0001-demo-count $conf && ! grep demo-twice $conf && grep "^# about the first" $conf &&
	series -C ws list
'

test_expect_success 'a version that is not whole is passed over, and said' '
	rm -rf ws && cp -r before ws && { cat v2.mbox && sed "/^Subject.*2\/2/,\$d" v3.mbox | sed "\$d"; } >mixed.mbox &&
	test_expect_code 3 series -C ws update --dry-run mixed.mbox >out && cat out && grep "Passed over, v3: patch 2/2 is missing" out && grep " v2  demo" out
'

test_expect_success 'an archive is an mbox, a folder or a maildir; ci.conf can name it' '
	mkdir -p folder maildir/cur maildir/new maildir/tmp && cp v2.mbox folder/1 && cp v3.mbox maildir/cur/2:2,S && printf "From: x\n\nhello\n" >folder/3 &&
	test_expect_code 3 series -C ws update -n --archive folder >out && grep " v2  demo" out &&
	test_expect_code 3 series -C ws update -n --archive maildir >out && grep " v3  demo" out &&
	printf "[lore]\n\tarchive = %s/folder\n" "$PWD" >ws/ci/ci.conf && test_expect_code 3 series -C ws update -n >out && grep " v2  demo" out && rm ws/ci/ci.conf &&
	test_expect_code 2 series -C ws update -n --archive nosuch 2>err && grep "there is no nosuch" err
'

# b4 as far as it is asked: the thread of an id is a file of that name.
mkdir -p fake && cat >fake/b4 <<\END
#!/bin/sh
echo "$*" >>"$FAKE_B4/asked"
test "$1" = mbox || exit 9
while [ $# -gt 1 ]; do
	case $1 in -o) dir=$2 ;; -n) name=$2 ;; esac
	shift
done
test -f "$FAKE_B4/$1" || { echo "CRITICAL: Server returned an error: 404" >&2; exit 1; }
cp "$FAKE_B4/$1" "$dir/$name"
END
chmod +x fake/b4 && FAKE_B4=$PWD/fake && export FAKE_B4

test_expect_success 'without mails lore is asked for the threads that the series names' '
	test_expect_code 2 series -C ws update -n 2>err && cat err && grep "does not say where it was discussed" err && grep "archive" err &&
	git config -f $conf series.link https://lore.kernel.org/all/one@example.org/ && cp v2.mbox fake/one@example.org &&
	test_expect_code 3 env PATH="$PWD/fake:$PATH" series -C ws update -n --no-b4 >out && cat out && grep " v2  demo" out && grep "mbox --check-newer-revisions .* one@example.org" fake/asked &&
	cp v3.mbox fake/three@example.org && test_expect_code 3 env PATH="$PWD/fake:$PATH" series -C ws update -n --no-b4 "<three@example.org>" >out && grep " v3  demo" out
'

test_expect_success 'what lore cannot give is said; nothing is changed' '
	rm fake/one@example.org && cp -r ws was && test_expect_code 125 env PATH="$PWD/fake:$PATH" series -C ws update 2>err && cat err && grep "CRITICAL: Server returned an error: 404" err && diff -r was ws && rm -rf was
'

test_expect_success 'hostile mails are refused, and nothing of the workspace changes' '
	rm -rf ws && cp -r before ws && sed "s|b/lib/demo.c|b/../../../etc/passwd|g; s|a/lib/demo.c|a/../../../etc/passwd|g" v2.mbox >evil.mbox &&
	test_expect_code 4 series -C ws update evil.mbox 2>err && cat err && diff -r before ws &&
	sed "s/^Subject: \[PATCH v2 1\/2\] demo: count/Subject: [PATCH v2 1\/2] demo:\x1b[2J\x1b[31m count/" v2.mbox >escape.mbox && test_expect_code 3 series -C ws update -n escape.mbox >out 2>&1; ! grep "$(printf "\033")" out &&
	echo "no mail" >none && test_expect_code 2 series -C ws update none && test_expect_code 2 series -C ws update nosuch.mbox && diff -r before ws
'

test_expect_success 'a patch that strangers send under another name is none of ours' '
	sed "s/^From: A U Thor <author@example.org>/From: Mal Lory <mal@example.net>/" v2.mbox >mal.mbox && series -C ws update mal.mbox >out && grep "up to date" out && diff -r before ws
'

test_expect_success 'changes that are not committed stand in the way, unless --force' '
	rm -rf repo && git init -q repo && cp -r before repo/ws && git -C repo add -A && git -C repo commit -q -m ws && echo "# mine" >>repo/$conf &&
	test_expect_code 2 series -C repo/ws update v3.mbox 2>err && cat err && grep "ws/series/demo/series.conf is not committed" err && git -C repo diff --stat >got && grep "1 file changed" got &&
	git -C repo commit -q -a -m mine && mkdir -p repo/ws/backports/demo/v6.1 && echo x >repo/ws/backports/demo/v6.1/mine && test_expect_code 2 series -C repo/ws update v3.mbox 2>err && grep "backports/demo/v6.1/mine is not committed" err &&
	series -C repo/ws update --force v3.mbox; test $? = 3 && grep "^Reviewed-by" repo/ws/series/demo/0001-* && test -f repo/ws/backports/demo/v6.1/mine &&
	series -C repo/ws update -n v3.mbox
'

test_expect_success 'another one at work: 75, and nothing changes' '
	command -v flock >/dev/null || return 0
	flock ws/series sleep 5 & sleep 0.5 && test_expect_code 75 series -C ws update v2.mbox; code=$?; kill $! 2>/dev/null; wait; test $code = 0 && diff -r before ws
'

test_expect_success 'killed at any moment, the series is the old one or the new one, and the next run ends the same' '
	rm -rf new && cp -r before new && series -C new update --no-b4 v3.mbox; mkdir -p tmp; for i in $(seq 1 20); do
		rm -rf ws && cp -r before ws && TMPDIR=$PWD/tmp timeout -s KILL 0.0$i series -C ws update --no-b4 v3.mbox >/dev/null 2>&1
		diff -r -x ".*" ws/series/demo before/series/demo >/dev/null || diff -r -x ".*" ws/series/demo new/series/demo || return 1
		# A child of the dead one may hold its lock for a moment more.
		for try in 1 2 3 4 5; do series -C ws update --no-b4 v3.mbox >out 2>&1; test $? = 75 || break; sleep 0.2; done
		diff -r new ws || { cat out; return 1; }
	done
'

test_expect_success 'cut short between two folders, the next run finishes' '
	rm -rf ws && cp -r before ws && mkdir -p ws/backports/demo/v6.1 new/backports/demo/v6.1 ws/series/.update/series ws/series/.update/backports/demo/v6.1 && cp -r new/series/demo ws/series/.update/series/ && echo new >ws/series/.update/backports/demo/v6.1/x &&
	printf "demo\nbackports %s\nseries %s\n" $(stat -c %i ws/series/.update/backports/demo) $(stat -c %i ws/series/.update/series/demo) >ws/series/.update/ready &&
	mv ws/backports/demo old && mv ws/series/.update/backports/demo ws/backports/demo && series -C ws update --no-b4 v3.mbox >out 2>err && cat out err && grep "finished" err && grep "up to date" out &&
	diff -r new/series ws/series && test "$(cat ws/backports/demo/v6.1/x)" = new && rm -rf new/backports/demo
'

test_expect_success 'a mail from stable says which commit a patch became' '
	rm -rf ws && cp -r before ws && git config -f $conf --unset patch.0001-demo-count-and-clamp-what-is-added.patch.upstream && cp -r ws known &&
	sed -e "1s/.*/From mboxrd@z Thu Jan  1 00:00:00 1970/" -e "s/^Subject: \[PATCH 1\/2\]/Subject: [PATCH 6.12 113\/200]/" -e "s/^A sum must/commit 0123456789abcdef0123456789abcdef01234567 upstream.\n\n&/" ws/series/demo/0001-*.patch >review.mbox &&
	series -C ws update review.mbox >out && cat out && grep "upstream 0123456789abcdef" out && test "$(git config -f $conf patch.0001-demo-count-and-clamp-what-is-added.patch.upstream)" = 0123456789abcdef0123456789abcdef01234567 &&
	diff known/series/demo/0002-* ws/series/demo/0002-*
'

test_expect_success 'a commit of the store is how the patch reads upstream' '
	rm -rf ws && cp -r before ws && rm -rf linus && git init -q linus && kernel_files v6.12.3 linus && git -C linus add -A && git -C linus commit -q -m base &&
	kernel_files v6.12.9 linus && sed -i "s/demo_count++/demo_count += 3/" linus/lib/demo.c && git -C linus commit -q -a -m "demo: count and clamp what is added

As Linus has it." && id=$(git -C linus rev-parse HEAD) && lib_git fetch -q "$PWD/linus" HEAD:refs/heads/linus &&
	test_expect_code 3 series -C ws update --upstream 1=$id >out; cat out && grep "it went upstream" out && grep "demo_count += 3" ws/series/demo/0001-* &&
	test "$(git config -f $conf patch.0001-demo-count-and-clamp-what-is-added.patch.upstream)" = $id &&
	test_expect_code 2 series -C ws update --upstream 7=$id && test_expect_code 2 series -C ws update --upstream 1=abc
'

test_expect_success 'without a store the mails are compared, and no more' '
	rm -rf ws && cp -r before ws && env -u SERIES_STORE series -C ws update -n v2.mbox >out 2>err; test $? = 1 && cat out err && grep "no kernel store yet" err && grep "^    +.*demo_count += 2" out && ! grep "On the targets" out
'

test_expect_success 'nothing is left behind in the folder for temporary files, and the store is as it was' '
	lib_git for-each-ref >refs && lib_git count-objects -v >objects && mkdir -p temp && TMPDIR=$PWD/temp test_expect_code 3 series -C ws update v2.mbox &&
	test -z "$(ls temp)" && lib_git for-each-ref >got && test_cmp refs got && lib_git count-objects -v >got && test_cmp objects got
'
test_done
