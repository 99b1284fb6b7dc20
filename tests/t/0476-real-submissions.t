#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
test_description='on real kernels, git am of a submission gives the port, and update says what a newer version would change'
. "${0%/*}/../lib.sh"

real_store_has v5.10 v6.1 v6.12.73 v6.12.107 v6.18 v6.19 v7.1 v7.2
command -v spatch >/dev/null && test_set_prereq SPATCH
name=kvm-exception-payload
upstream=d0ad1b05bbe6f8da159a4dfb6692b3b7ce30ccc8
kernels=$(lib_git for-each-ref --format='%(refname:lstrip=3)' refs/series/kernel)

mkdir -p ws/ci && cp -r "$TOP/series" "$TOP/coccinelle" ws/ && cp "$TOP/ci/targets.conf" ws/ci/

# A worktree for all of them, with what KVM has alone: the rest is in the index.
git init -q am && echo "$SERIES_STORE/objects" >am/.git/objects/info/alternates &&
git -C am sparse-checkout set --no-cone /arch/x86/kvm/ /arch/x86/include/ /Documentation/virt/kvm/

# Greg's notice about patch 1, for the branch of kernel $1.
notice() {
	branch=$(echo "${1#v}" | cut -d. -f1,2)
	printf 'From mboxrd@z Thu Jan  1 00:00:00 1970\nSubject: FAILED: patch "[PATCH] KVM: x86: Defer non-architectural deliver of exception" failed to apply to %s-stable tree\n' "$branch"
	printf 'To: seanjc@google.com,yosry.ahmed@linux.dev\nCc: <stable@vger.kernel.org>\nFrom: <gregkh@example.com>\nDate: Tue, 20 Jan 2026 14:09:15 +0100\n'
	printf 'Message-ID: <2026012015-plank-%s@gregkh>\n\nThe patch below does not apply to the %s-stable tree.\n\n' "$branch" "$branch"
	printf 'git fetch https://git.example.org/linux.git/ linux-%s.y\ngit checkout FETCH_HEAD\ngit cherry-pick -x %s\n\n' "$branch" $upstream
	printf "%s\n\n" "------------------ original commit in Linus's tree ------------------"
	sed 's/^From [0-9a-f]\{40\} />&/' ws/series/$name/0001-*.patch
	printf '\n\n'
}

for kernel in $kernels; do
	test_expect_success SPATCH "git am of what is exported for $kernel gives its tree, authors, dates and messages" '
		series -C ws apply $kernel && notice $kernel >notice.mbox && series -C ws export $kernel --out mails-$kernel --cover --failed notice.mbox --range-diff upstream >out; code=$?; cat out; test $code -le 1 &&
		git -C am checkout -q -f $(lib_git rev-parse refs/series/kernel/$kernel) && git -C am am -q "$PWD"/mails-$kernel/000[1-9]-*.patch &&
		test "$(git -C am rev-parse HEAD^{tree})" = "$(lib_git rev-parse refs/series/$name/$kernel^{tree})" &&
		git -C am log --format="%an %ae %ad%n%B" $(lib_git rev-parse refs/series/kernel/$kernel)..HEAD >got &&
		lib_git log --format="%an %ae %ad%n%B" refs/series/kernel/$kernel..refs/series/$name/$kernel >want && test -s want && test_cmp want got
	'
done

test_expect_success SPATCH 'the answer to a FAILED notice heads its thread, where the patch is in the submission' '
	for kernel in $kernels; do
		branch=$(echo "${kernel#v}" | cut -d. -f1,2)
		if grep -q "Upstream commit $upstream" mails-$kernel/0001-*; then
			grep "^In-Reply-To: <2026012015-plank-$branch@gregkh>" mails-$kernel/0000-* && grep "^To: stable@vger.kernel.org" mails-$kernel/0001-* || return 1
		else
			! grep "plank" mails-$kernel/* || return 1
		fi
	done
'

command -v git-send-email >/dev/null || git send-email --help >/dev/null 2>&1 && test_set_prereq SEND_EMAIL
test_expect_success SPATCH,SEND_EMAIL 'git send-email takes all of them' '
	printf "#!/bin/sh\ncat >/dev/null\necho >>\"%s/count\"\n" "$PWD" >sendmail && chmod +x sendmail && rm -f count && for kernel in $kernels; do
		(cd am && git -c user.name="C O Mitter" -c user.email=committer@example.org send-email --quiet --confirm=never --suppress-cc=all --to stable@vger.kernel.org \
			--smtp-server="$OLDPWD/sendmail" "$OLDPWD"/mails-$kernel/*.patch) || return 1
	done && test $(wc -l <count) = $(cat mails-*/*.patch | grep -c "^From [0-9a-f]\{40\} ")
'

# Nobody has posted a second version: this one gives a function another name.
sed -e 's/kvm_handle_exception_payload_quirk/kvm_deliver_payload_to_userspace/g' -e 's/^Subject: \[PATCH\]/Subject: [PATCH v2]/' -e 's/20260218005438.2619063-1/20260303005438.2619063-1/' \
	-e 's/^Date: Tue, 17 Feb/Date: Mon, 2 Mar/' "$TOP"/tests/mails/20260218005438.2619063-1-*.eml >v2.eml

test_expect_success SPATCH 'a newer version that its semantic patch does not follow: S becomes X, U becomes X, = stays, before it is taken' '
	lib_git for-each-ref >refs && cp -r ws before && test_expect_code 3 series -C ws update --dry-run --no-b4 --json v2.eml >out && diff -r before ws && lib_git for-each-ref >got && test_cmp refs got &&
	json ".targets[] | [.kernel, .before[0], .after[0]] | join(\" \")" out >marks && cat marks && test -s marks && while read -r kernel change; do
		case $kernel in
		v5.10.* | v6.1.*) want="S X" ;;
		v6.12.73 | v6.18.* | v6.19.*) want="= =" ;;
		*) want="U X" ;;
		esac
		test "$change" = "$want" || { echo "$kernel: $change, not $want"; return 1; }
	done <marks && test "$(json ".decided[0].fate" out)" = stale && json .range_diff out | grep "^    ++static void kvm_deliver_payload_to_userspace"
'

test_expect_success SPATCH 'taken in and ported by its text, it is exported and applied as any other' '
	series -C ws update --no-b4 v2.eml >out; test $? = 3 && grep "S -> X" out && kernel=$(echo "$kernels" | grep "^v6.19") && test -n "$kernel" || return 0
	series -C ws apply $kernel && series -C ws export $kernel --out second -v 2 --cover --range-diff mails-$kernel 2>err; series -C ws export $kernel --out mails-$kernel -v 2 --cover --range-diff previous >out; cat out &&
	grep "^    ++static void kvm_deliver_payload_to_userspace" mails-$kernel/0000-* && grep "^Subject: \[PATCH 6.19.y v2 1/" mails-$kernel/0001-* &&
	git -C am checkout -q -f $(lib_git rev-parse refs/series/kernel/$kernel) && git -C am am -q "$PWD"/mails-$kernel/000[1-9]-*.patch && test "$(git -C am rev-parse HEAD^{tree})" = "$(lib_git rev-parse refs/series/$name/$kernel^{tree})"
'
test_done
