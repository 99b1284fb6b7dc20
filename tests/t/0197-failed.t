#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
test_description='failed answers the FAILED notices of the stable maintainers'
. "${0%/*}/../lib.sh"

make_store
make_workspace
id=0123456789abcdef0123456789abcdef01234567

# The upstream commit as git format-patch writes it: what the made-up kernels' names speak of.
sed -e "1s/[0-9a-f]\{40\}/$id/" -e '/^base-commit:/d' ws/series/demo/0001-*.patch >commit.patch
# A workspace without a series, for what is imported.
mkdir -p empty/series && cp -r ws/ci empty/

behind="------------------ original commit in Linus's tree ------------------"
does_not() {
	printf 'The patch below does not apply to the %s-stable tree.\nIf someone wants it applied there, or to any other stable or longterm\n' "$1"
	printf 'tree, then please email the backport, including the original git commit\nid to <stable@vger.kernel.org>.\n\n'
}

# greg BRANCH [COMMIT]: the subject is cut where git folded the commit's.
greg() {
	printf 'Subject: FAILED: patch "[PATCH] demo: count and" failed to apply to %s-stable tree\n' "$1"
	printf 'To: author@example.org,rev@example.net\nCc: <stable@vger.kernel.org>\nFrom: <gregkh@example.com>\n'
	printf 'Date: Tue, 20 Jan 2026 14:09:15 +0100\nMessage-ID: <2026012015-plank-%s@gregkh>\n' "$1"
	printf 'MIME-Version: 1.0\nContent-Type: text/plain; charset=ANSI_X3.4-1968\nContent-Transfer-Encoding: 8bit\n\n\n'
	does_not "$1"
	printf 'To reproduce the conflict and resubmit, you may use the following commands:\n\n'
	printf 'git fetch https://git.example.org/linux.git/ linux-%s.y\ngit checkout FETCH_HEAD\ngit cherry-pick -x %s\n' "$1" $id
	printf '# <resolve conflicts, build, test, etc.>\ngit commit -s\n'
	printf "git send-email --to '<stable@vger.kernel.org>' --in-reply-to '2026012015-plank-%s@gregkh' --subject-prefix 'PATCH %s.y' HEAD^..\n\n" "$1" "$1"
	printf 'Possible dependencies:\n\n%.12s ("demo: count and clamp what is added")\nabcdef012345 ("demo: the one before")\n\n\n\nthanks,\n\ngreg k-h\n\n%s\n\n' $id "$behind"
	cat "${2:-commit.patch}"
	printf '\n\n'
}

sasha() {
	printf 'From: Sasha Example <sashal@example.com>\nTo: stable@vger.kernel.org,\n\tauthor@example.org\n'
	printf 'Cc: "Last, First" <first@example.net>,\n\tlinux-demo@vger.kernel.org\n'
	printf 'Subject: FAILED: Patch "demo: count and clamp what is\n added" failed to apply to v%s-stable tree\n' "$1"
	printf 'Date: Tue,  5 Nov 2024 21:10:24 -0500\nMessage-ID: <20241106021025.180717-1-%s@example.com>\n' "$1"
	printf 'Content-Type: text/plain; charset=UTF-8\nContent-Transfer-Encoding: 8bit\n\n'
	does_not "v$1"
	printf 'Thanks,\nSasha\n\n%s\n\n' "$behind"
	cat "${2:-commit.patch}"
	printf '\n\n'
}

# A worktree of the store's kernel $1, with mail $2 on it.
am() {
	rm -rf am && git init -q am && git -C am fetch -q "$SERIES_STORE" "refs/series/kernel/$1" &&
	git -C am checkout -q FETCH_HEAD && git -C am am -q "$PWD/$2"
}

draft=6.1.y-demo-count-and-clamp-what-is-added.patch

test_expect_success 'a notice is answered with the port, and git am makes the same tree of it' '
	greg 6.1 >greg.eml && series -C ws failed --json greg.eml >out && cat out &&
	json ".notices[0].outcome" out >got && echo drafted >want && test_cmp want got &&
	test "$(json ".notices[0].draft" out)" = $draft && am v6.1.5 $draft &&
	test "$(git -C am rev-parse HEAD^{tree})" = "$(json ".notices[0].tree" out)" &&
	series -C ws apply v6.1 && git -C am log -1 --format="%an %ae %ad%n%B" >got &&
	lib_git log -1 --format="%an %ae %ad%n%B" refs/series/demo/v6.1.5^ | sed "s/d0ad1b05bbe6f8da159a4dfb6692b3b7ce30ccc8/$id/" >want && test_cmp want got
'

test_expect_success 'the answer is a reply to the stable list and to all whom it concerns' '
	cat $draft && sed "/^\$/,\$d" $draft >head &&
	grep "^Subject: \[PATCH 6.1.y\] demo: count and clamp what is added" head &&
	grep "^From: C O Mitter <committer@example.org>" head && grep "^To: stable@vger.kernel.org\$" head &&
	grep "^In-Reply-To: <2026012015-plank-6.1@gregkh>\$" head && grep "^References: <2026012015-plank-6.1@gregkh>\$" head &&
	sed -n "/^Cc:/,/^[A-Z]/p" head >cc && grep "gregkh@example.com" cc && grep author@example.org cc && grep rev@example.net cc && ! grep stable@ cc
'

test_expect_success 'the message has what stable asks for, in order' '
	sed "1,/^\$/d" $draft | sed "/^---\$/,\$d" >body && cat body && sed -n 1p body >got && echo "From: A U Thor <author@example.org>" >want && test_cmp want got &&
	grep -n -e "^\[ Upstream commit $id \]\$" -e "^Fixes:" -e "^Signed-off-by: A U Thor" -e "^\[ context" -e "^Signed-off-by: C O Mitter" body >order && cat order &&
	test $(wc -l <order) = 5 && sort -n order | cmp - order && tail -n 1 body | grep "^Signed-off-by: C O Mitter <committer@example.org>"
'

test_expect_success 'it says what differs, what the notice names, and what to do next' '
	rm $draft && series -C ws failed greg.eml >out && cat out &&
	grep "^v6.1.5  demo: count" out && grep "upstream 0123456789ab; Greg.s notice v6.1, <2026012015-plank-6.1@gregkh>" out &&
	grep "~ context" out && grep "1  context only  lib/demo.c:12" out &&
	grep "abcdef012345  demo: the one before" out && ! grep "0123456789ab  demo: count" out &&
	grep "git send-email $draft" out
'

test_expect_success 'the other form gives the same answer' '
	sasha 6.1 >sasha.eml && series -C ws failed --out sasha.patch sasha.eml >out && cat out && grep "Sasha.s notice" out &&
	sed "1,/^\$/d" $draft >want && sed "1,/^\$/d" sasha.patch >got && test_cmp want got &&
	grep "^In-Reply-To: <20241106021025.180717-1-6.1@example.com>" sasha.patch && grep "\"Last, First\" <first@example.net>" sasha.patch &&
	grep "linux-demo@vger.kernel.org" sasha.patch
'

test_expect_success 'a second run changes nothing; a draft that somebody edited is not overwritten' '
	series -C ws failed greg.eml >out && grep "(as it was)" out && echo "my words" >>$draft && cp $draft mine &&
	test_expect_code 2 series -C ws failed greg.eml >out && cat out && grep "Not written: $draft" out && test_cmp mine $draft &&
	series -C ws failed --force greg.eml && ! grep "my words" $draft
'

test_expect_success 'standard output takes the drafts alone' '
	series -C ws failed --out - greg.eml >got 2>said && test_cmp $draft got && grep "context" said &&
	series -C ws failed --out - - <greg.eml >got && test_cmp $draft got &&
	test_expect_code 2 series -C ws failed --json --out - greg.eml
'

test_expect_success 'a notice is read however the mail was sent' '
	{ sed "/^\$/,\$d" greg.eml | sed "s/^Content-Transfer-Encoding: .*/Content-Transfer-Encoding: base64/" && echo && sed "1,/^\$/d" greg.eml | base64; } >base64.eml &&
	{ sed "/^\$/,\$d" greg.eml | sed "s/^Content-Transfer-Encoding: .*/Content-Transfer-Encoding: quoted-printable/" && echo &&
		sed "1,/^\$/d" greg.eml | sed -e "s/=/=3D/g" -e "s/^From /=46rom /" -e "s/ \$/=20/" -e "s/^\(The patch below\)/\1=\\
/"; } >quoted.eml &&
	sed "s/\$/\r/" greg.eml >crlf.eml &&
	{ echo "From mboxrd@z Thu Jan  1 00:00:00 1970" && sed "s/^>*From [0-9a-f]/>&/" greg.eml; } >rd.mbox &&
	sed "s/^From [0-9a-f]/>&/" greg.eml >escaped.eml &&
	{ echo "From greg Tue Jan 20 14:09:15 2026" && cat greg.eml; } >unescaped.mbox &&
	for mail in base64.eml quoted.eml crlf.eml rd.mbox escaped.eml unescaped.mbox; do
		series -C ws failed --out - $mail >got || return 1
		test_cmp $draft got || { echo $mail; return 1; }
	done
'

test_expect_success 'each notice of a file gets a draft; other mails are passed over' '
	greg 6.1 >one && sasha 5.10 >two && { printf "Subject: Re: FAILED: patch \"x\" failed to apply to 6.1-stable tree\nFrom: a@b\n\nOn it.\n\n"; } >three &&
	for mail in one three two; do echo "From mboxrd@z Thu Jan  1 00:00:00 1970" && sed "s/^>*From [0-9a-f]/>&/" $mail; done >both.mbox &&
	mkdir drafts && test_expect_code 3 series -C ws failed --out drafts both.mbox >out 2>err && cat out err &&
	grep "1 other mail in it passed over" err && test "$(ls drafts)" = $draft && grep "^v6.1.5  demo" out && grep "^v5.10.7  demo" out &&
	test_expect_code 2 series -C ws failed --out one.patch both.mbox 2>err && grep "2 notices" err && ! test -e one.patch
'

test_expect_success 'a conflict names the hunk, what was tried, and how to go on; no draft is written' '
	greg 5.10 >greg510.eml && test_expect_code 3 series -C ws failed greg510.eml >out && cat out &&
	grep "^  X  *lib/demo.c  hunk 1" out && grep "tried before, not sure: text as it is" out && grep "failed --import greg510.eml" out &&
	! ls 5.10.y-* 2>/dev/null
'

test_expect_success 'what conflicts is taken in, decided with resolve, and then answered' '
	test_expect_code 3 series -C empty failed --import greg510.eml >out && cat out &&
	grep "Taken in as series/demo-count-and-clamp-what-is-added" out && grep "series -C empty resolve --series demo-count-and-clamp-what-is-added v5.10" out &&
	sh -c "$(sed -n "s/^ *\(series .* resolve .*\)/\1/p" out)" >opened; test $? = 3 && cat opened &&
	work=empty/build/resolve/demo-count-and-clamp-what-is-added/v5.10.7/work/lib/demo.c && test -f $work &&
	file_of refs/series/kernel/v5.10.7 lib/demo.c | sed "s/return sum;/demo_count++;\n\treturn demo_clamp(sum);/" >$work &&
	series -C empty resolve --series demo-count-and-clamp-what-is-added v5.10 --continue --note "it adds in two steps here" &&
	series -C empty failed greg510.eml >out && cat out && grep "H recorded backport" out &&
	draft510=5.10.y-demo-count-and-clamp-what-is-added.patch && grep "^\[ it adds in two steps here \]" $draft510 &&
	grep "^In-Reply-To: <2026012015-plank-5.10@gregkh>" $draft510 && am v5.10.7 $draft510 && grep "demo_clamp(sum)" am/lib/demo.c &&
	series -C empty failed --import greg510.eml && test $(ls empty/series | wc -l) = 1
'

test_expect_success 'what is taken in is named by whole words' '
	sed "s/^Subject: .*/Subject: [PATCH] demo: count all of it and clamp what is added/" commit.patch >long.patch && greg 5.10 long.patch >long.eml &&
	mkdir -p named/series && cp -r ws/ci named/ &&
	test_expect_code 3 series -C named failed --import long.eml >out && cat out && grep "Taken in as series/demo-count-all-of-it-and-clamp-what-is\." out
'

test_expect_success 'a series of the workspace that has the commit lends its rule' '
	command -v spatch >/dev/null || return 0
	cp -r ws ruled && lib_rule ruled && git config -f ruled/series/demo/series.conf patch.0001-demo-count-and-clamp-what-is-added.patch.upstream $id &&
	sed -i "s/^-return sum;/-return sum;\n+demo_count++;/" ruled/coccinelle/demo/*.cocci &&
	sed -i "s/^\/\/: change .*/\/\/: change demo_add: demo_clamp+1 demo_count+1/" ruled/coccinelle/demo/*.cocci &&
	series -C ruled failed --json --out ruled.patch greg510.eml >json; cat json; test "$(json ".notices[0].mark" json)" = S && test "$(json ".notices[0].series" json)" = demo
'

test_expect_success 'a kernel that has the change gets no draft, and is said to have it' '
	greg 6.12 >greg612.eml && series -C ws failed greg612.eml >out && cat out && grep "^v6.12.9  demo" out && grep "already there" out && ! ls 6.12.y-* 2>/dev/null &&
	series -C ws failed --on v6.12.3 --out older.patch greg612.eml >out && grep "= exact" out && grep "^Subject: \[PATCH 6.12.y\] demo" older.patch && am v6.12.3 older.patch
'

test_expect_success 'a branch that the store lacks is said, with what brings it' '
	greg 6.6 >greg66.eml && test_expect_code 2 series -C ws failed greg66.eml >out && cat out && grep "v6.6 is not in the store; get it with: series -C ws fetch v6.6" out &&
	test_expect_code 2 series -C ws failed --on nosuch greg66.eml >out && grep "nosuch is no version, branch, tag or commit" out
'

test_expect_success 'a store with history knows whether the branch has what the patch fixes' '
	tree=$(lib_git rev-parse refs/series/kernel/v6.1.5^{tree}) && root=refs/series/kernel/v6.1.5 &&
	bug=$(lib_git commit-tree -p $root -m "demo: add" $tree) && other=$(lib_git commit-tree -p $root -m "demo: other" $tree) &&
	port=$(printf "demo: add\n\n[ Upstream commit $bug ]\n" | lib_git commit-tree -p $root $tree) &&
	lib_git update-ref refs/heads/bug $bug && lib_git update-ref refs/heads/other $other && lib_git update-ref refs/heads/port $port &&
	short=$(echo $bug | cut -c 1-12) && sed "s/^Fixes: 0123456789ab/Fixes: $short/" commit.patch >fixes.patch && greg 6.1 fixes.patch >fixes.eml &&
	series -C ws failed --on other --out f1.patch fixes.eml >out && cat out && grep "Fixes: $short is not in the history of other" out &&
	for on in bug port v6.1.5; do
		series -C ws failed --on $on --out f-$on.patch fixes.eml >out && ! grep "not in the history" out || return 1
	done &&
	grep "^base-commit: $port" f-port.patch && grep "^Subject: \[PATCH 6.1.y\]" f-port.patch
'

test_expect_success 'no workspace is needed, but for --import' '
	mkdir away && (cd away && series failed ../greg.eml && test_cmp ../$draft $draft &&
	test_expect_code 3 series failed ../greg510.eml >out && cat out && grep "mkdir -p ws/series" out &&
	test_expect_code 3 sh -c "$(sed -n "/^    mkdir/p;/^    series/p" out)" >out && cat out && grep "Taken in as series/demo-count" out &&
	series -C ws --series demo-count-and-clamp-what-is-added list &&
	test_expect_code 2 series failed --import ../greg510.eml 2>err && cat err && grep "no workspace" err)
'

# Kernels of a store of their own, none of which the patch fits exactly but the one that lacks a name.
(
	SERIES_STORE=$PWD/names.git && git init -q --bare "$SERIES_STORE" && kernel_files v6.12.9 newer && add_kernel v6.12.9 newer &&
	kernel_files v6.12.3 older && sed -i /demo_clamp/d older/include/linux/demo.h && add_kernel v5.15.3 older
)
test_expect_success 'text that fits is no draft where a newer kernel, which has the change, shows that a name is missing' '
	greg 5.15 >greg515.eml && test_expect_code 3 series --store names.git failed greg515.eml >out && cat out &&
	grep "v5.15.3 has no .demo_clamp., which is there in v6.12.9" out && ! ls 5.15.y-* 2>/dev/null
'

# The newer kernel has the change, and returns where the older one has to clean up.
label_kernel() {
	kernel_files v6.12.3 "$1" && cat >>"$1/lib/demo.c"
}
git init -q --bare label.git && git init -q out.git && label_kernel out.git <<\END &&

int demo_get(struct demo *demo, int i)
{
	struct path *path __free(path) = demo_path(demo);

	if (demo_lock(demo))
		return -EINTR;
	demo_count++;
	if (demo->last < i)
		return -ENOENT;
	demo_walk(path, i);
	demo_count--;
	return demo->items[i];
}
END
git -C out.git add -A && git -C out.git commit -q -m base &&
sed -i "s/^	demo_walk(path, i);/	if (demo->last == i)\n		return 0;\n&/" out.git/lib/demo.c &&
git -C out.git commit -q -a -m "demo: the last one

Signed-off-by: A U Thor <author@example.org>" &&
git -C out.git format-patch -q -1 --stdout | sed "1s/[0-9a-f]\{40\}/$id/" >label.patch &&
mkdir new && cp -r out.git/* new/ && label_kernel old <<\END

int demo_get(struct demo *demo, int i)
{
	struct path *path = demo_path(demo);
	int ret = -EINTR;

	if (demo_lock(demo))
		goto out;
	ret = -ENOENT;
	if (demo->first > i)
		goto out;
	demo_count++;
	if (demo->last < i)
		return -ENOENT;
	demo_walk(path, i);
	demo_count--;
	return demo->items[i];
out:
	demo_put(path);
	return ret;
}
END
(SERIES_STORE=$PWD/label.git && add_kernel v6.12.9 new && add_kernel v6.1.5 old)
test_expect_success 'text that fits is no draft where the base shows that it leaves the function past a label' '
	cat label.patch && greg 6.1 label.patch >label.eml && test_expect_code 3 series --store label.git failed label.eml >out; cat out &&
	grep "it returns from a function that is left through .out" out
'

test_expect_success 'what is missing in a notice is named' '
	sed "/^diff --git/,\$d" commit.patch >cut.patch && greg 6.1 cut.patch >nodiff.eml &&
	test_expect_code 2 series -C ws failed nodiff.eml >out && cat out && grep "there is no diff behind the message of commit 0123456789ab" out &&
	sed 1d commit.patch >noid.patch && greg 6.1 noid.patch >noid.eml &&
	test_expect_code 2 series -C ws failed noid.eml >out && grep "the upstream commit is not in it" out &&
	sed "s/failed to apply to 6.1-stable tree/failed to apply to our tree/;s/to the 6.1-stable tree/to it/" greg.eml >nobranch.eml &&
	test_expect_code 2 series -C ws failed nobranch.eml >out && grep "it names no stable branch" out &&
	sed "s/6.1-stable tree\\.\$/6.6-stable tree./" greg.eml >two.eml &&
	test_expect_code 2 series -C ws failed two.eml >out && grep "its subject is about v6.1, its text about v6.6" out &&
	sed -e "/^Message-ID:/d" -e "/^git send-email/d" greg.eml >nomid.eml &&
	test_expect_code 2 series -C ws failed nomid.eml >out && grep "no message id" out &&
	sed "s/^git cherry-pick -x .*/git cherry-pick -x ffffffffffff0123456789abcdef0123456789ab/" greg.eml >other.eml &&
	test_expect_code 2 series -C ws failed other.eml >out && grep "its recipe picks commit ffffffffffff" out &&
	sed "s/^@@ .*/@@ -1,70 +1,70 @@/" commit.patch >bad.patch && greg 6.1 bad.patch >bad.eml &&
	test_expect_code 2 series -C ws failed bad.eml >out && cat out && grep "line [0-9]*: " out &&
	test_expect_code 2 series -C ws failed commit.patch 2>err && grep "none of its 1 mails is a FAILED notice" err &&
	test_expect_code 2 series -C ws failed nosuch.eml 2>err && grep "there is no file nosuch.eml" err
'

test_expect_success 'hostile mails write nothing outside, and nothing to the terminal' '
	sed "s,lib/demo.c,../../etc/demo.c,g" commit.patch >evil.patch && greg 6.1 evil.patch >evil.eml &&
	test_expect_code 4 series -C ws failed evil.eml >out && cat -v out &&
	esc=$(printf "\033") &&
	sed -e "s/^Subject: \[PATCH\] demo:/Subject: [PATCH] ..\/..\/${esc}[31m demo:/" commit.patch >esc.patch && greg 6.1 esc.patch | sed "s/^To: .*/To: a@b${esc}[31m,\"x\" <evil@example.org\r>,bad space@example.org/" >esc.eml &&
	mkdir here && (cd here && series -C ../ws failed ../esc.eml >../out); cat -v out && ! grep "$esc" out && test "$(find here -type f | wc -l)" = 1 && ! grep "$esc" here/* &&
	sed "s/^Message-ID: .*/Message-ID: <a b@c>/;/^git send-email/d" greg.eml >badid.eml && test_expect_code 2 series -C ws failed badid.eml >out && grep "no message id" out &&
	greg 6.1 | sed "s/6\\.1-stable/..\/6.1-stable/g" >path.eml && test_expect_code 2 series -C ws failed path.eml >out && grep "names no stable branch" out
'

test_expect_success 'without a name in git there is no sign-off, and it says so' '
	unset GIT_COMMITTER_NAME GIT_COMMITTER_EMAIL && test_when_finished "GIT_COMMITTER_NAME=\"C O Mitter\" GIT_COMMITTER_EMAIL=committer@example.org; export GIT_COMMITTER_NAME GIT_COMMITTER_EMAIL" &&
	series -C ws failed --out nobody.patch greg.eml >out && cat out && grep "Not signed off" out && grep "^From: A U Thor" nobody.patch && ! grep Mitter nobody.patch
'

test_expect_success 'nothing of the store changes' '
	lib_git for-each-ref >before && find store.git -name "*.pack" | sort >packs && rm -f 6.1.y-* && series -C ws failed greg.eml && lib_git for-each-ref | test_cmp before - && find store.git -name "*.pack" | sort | test_cmp packs -
'

test_done
