#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
test_description='a remote with real trees grows releases of v6.1 and v6.12: ticks find them and do only what is new'
. "${0%/*}/../lib.sh"

real_store v6.1 v6.12.73
base61=$(lib_git for-each-ref --format='%(refname:lstrip=3)' 'refs/series/kernel/v6.1.*')

# The workspace that is shipped, for two branches; nothing is built here: tests/kernel/ci.t does.
mkdir ws && cp -R "$TOP/series" "$TOP/ci" "$TOP/coccinelle" ws/ && mkdir ws/backports && cp -R "$TOP/backports/." ws/backports/ 2>/dev/null
printf '[target "v6.1"]\n\tsource = tarball none\n[target "v6.12"]\n\tsource = tarball none\n' >ws/ci/targets.conf
make_ci
cat >ws/ci/ci.conf <<END
[ci]
	verify = no
[watch "stable"]
	kind = release
	url = $PWD/remote.git
	depth = apply
[watch "queue"]
	kind = queue
	url = $PWD/rc.git
	branch = queue/%
[publish]
	dir = $PWD/site
END

# grow REPO REF V FROM [SED]: a commit whose tree is FROM's, its Makefile saying V, and x86.c changed by SED.
grow() {
	minor=${3#v*.*.}
	makefile=$(git --git-dir="$1" show "$4:Makefile" | sed "s/^SUBLEVEL = .*/SUBLEVEL = $minor/" | git --git-dir="$1" hash-object -w --stdin) &&
	x86=$(git --git-dir="$1" show "$4:arch/x86/kvm/x86.c" | sed "${5:-\$a /* $3 */}" | git --git-dir="$1" hash-object -w --stdin) &&
	rm -f grow.index && GIT_INDEX_FILE=$PWD/grow.index && export GIT_INDEX_FILE &&
	git --git-dir="$1" read-tree "$4" && git --git-dir="$1" update-index --cacheinfo "100644,$makefile,Makefile" --cacheinfo "100644,$x86,arch/x86/kvm/x86.c" &&
	tree=$(git --git-dir="$1" write-tree) && unset GIT_INDEX_FILE &&
	commit=$(echo "Linux ${3#v}" | git --git-dir="$1" commit-tree "$tree") && git --git-dir="$1" update-ref "$2" "$commit"
}
at61=$(lib_git rev-parse "refs/series/kernel/$base61")
at612=$(lib_git rev-parse refs/series/kernel/v6.12.73)
next61=v6.1.$((${base61##*.} + 1))
grow remote.git "refs/tags/$next61" "$next61" "$at61" || exit 1
grow remote.git refs/tags/v6.12.74 v6.12.74 "$at612" || exit 1
git --git-dir=store.git for-each-ref --format='delete %(refname)' refs/series/kernel/v6.1.* | git --git-dir=store.git update-ref --stdin

test_expect_success 'the first tick takes in both releases, and carries the series onto them' '
	series -C ws ci >out && cat out && grep "6\.1\.y *$next61 *ok" out && grep "6\.12\.y *v6\.12\.74 *ok" out &&
	series show -h >/dev/null && git --git-dir=store.git rev-parse -q --verify "series/kvm-exception-payload/$next61"
'

# A site that is made anew is another folder, also when it says the same.
written() {
	ls -di site && find store.git site .cache -type f ! -name "*.lock" -exec cksum {} + | sort
}

test_expect_success 'without news it is gone within two seconds, and has written nothing but its journal' '
	written >before &&
	perl -e "system(@ARGV) == 0 or exit 1; my (\$u, \$s, \$cu, \$cs) = times; printf qq(%.2f\n), \$cu + \$cs" series -C ws ci >cpu && cat cpu &&
	awk "{ exit !(\$1 < 2) }" cpu && written >after && test_cmp before after
'

test_expect_success 'the remote grows by one release: only that is taken in and worked on' '
	grow remote.git refs/tags/v6.12.75 v6.12.75 v6.12.74 && series -C ws ci >out && cat out && grep "6\.12\.y *v6\.12\.75 *ok" out && ! grep "6\.1\.y" out
'

test_expect_success 'a queue that takes the ground from under the series is an alarm before it is a release' '
	grow rc.git refs/heads/queue/6.12 v6.12.75 "$at612" "s/kvm_deliver_exception_payload/kvm_hand_over_payload/g; s/queue_exception/exception_queue/g; s/has_payload/carries_payload/g" &&
	test_expect_code 3 series -C ws ci >out && cat out && grep "6\.12\.y-queue *v6\.12\.75+[^ ]* *conflict" out && series -C ws ci log >log && cat log && grep "6\.12\.y-queue" log
'

test_done
