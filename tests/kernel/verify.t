#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
test_description='a port of a real kernel is checked without booting it, and seeded faults are found

Each fault is found by the check that is meant for it, and the port as it is has none. Only the compiler cache
outlives a run.'
. "${0%/*}/../lib.sh"

v=${SERIES_VERIFY_KERNEL:-v6.12.73}
real_store "$v"
mkdir -p "$HOME/.cache/series" "$SERIES_TEST_CCACHE" &&
ln -s "$SERIES_TEST_CCACHE" "$HOME/.cache/series/ccache" || exit 1
name=kvm-exception-payload

# variant DIR: the workspace, to be broken; of the targets only this one, so that no branch is missed.
variant() {
	mkdir "$1" && cp -R "$TOP/series" "$TOP/ci" "$TOP/coccinelle" "$1/" &&
	{ ! test -d "$TOP/backports" || cp -R "$TOP/backports" "$1/"; } &&
	printf '[target "%s"]\n\tsource = clone nowhere\n' "${v%.*}" >"$1/ci/targets.conf"
}

# seed LINE PATCH: one more added line in the last hunk of a mail, behind the first line of its context.
seed() {
	line=$1 perl -0pi -e 's/^(.*\n@@ -\d+,\d+ \+\d+,)(\d+)([^\n]*\n [^\n]*\n)/$1 . ($2 + 1) . "$3+$ENV{line}\n"/se' "$2" &&
	grep -F -x "+$1" "$2"
}

# found FILE: its findings that are no notes, "check rule function" a line.
found() {
	jq -r '.targets[].checks[].findings[] | select(.severity != "note") | [.rule, .function // "-"] | join(" ")' "$1"
}

test_expect_success "$v: the series has no finding, and every check ran and looked at something" '
	variant good && series -C good verify --json $v >good.json && found good.json >got && test_must_be_empty got &&
	json "[.targets[0].checks[] | select(.ran | not)] == []" good.json | grep true &&
	json ".targets[0].verdict" good.json | grep clean &&
	json ".targets[0].checks[] | select(.check == \"objects\") | .coverage" good.json >coverage &&
	grep -E "^1 object; [0-9]{3,} functions compared, 7 have other code: 6 that the port changes, 1 by what" coverage &&
	json ".targets[0].checks[] | select(.check == \"cocci\") | .coverage" good.json >coverage &&
	grep "3 invariants on [0-9]* functions, all parsed; 0 skipped; text and semantic patch: 3 the same, 0 not" coverage
'

test_expect_success "$v: asked again all of it is known, and status has V" '
	series -C good verify --json $v >again.json && json "[.targets[0].checks[].cached] | all" again.json | grep true &&
	jq "[.targets[].checks[].findings]" good.json >one && jq "[.targets[].checks[].findings]" again.json >two && test_cmp one two &&
	series -C good status $v >out && grep "1/3 .*V" out && grep "V checked" out
'

test_expect_success "$v: a call site that was left out is found by the invariant" '
	variant left-out && patch=$(echo left-out/series/$name/0001-*) &&
	perl -0pi -e "s/^\@\@ [^\n]*__get_sregs_common[^\n]*\n(?:[ +-](?!- \n)[^\n]*\n)+//m or die" "$patch" &&
	test_expect_code 1 series -C left-out verify --json --only cocci $v >left-out.json && found left-out.json >got &&
	grep "^cocci/invariant" got && grep quirk-before-read left-out.json
'

test_expect_success "$v: a path that leaves with a lock held is found by sparse" '
	variant lock && seed "	if (events->flags == 77) { rcu_read_lock(); return -EINVAL; }" lock/series/$name/0003-* &&
	test_expect_code 1 series -C lock verify --json --only sparse $v >lock.json && found lock.json >got &&
	echo "sparse/context -" >want && test_cmp want got && grep "context imbalance in .kvm_vcpu_ioctl_x86_set_vcpu_events" lock.json
'

test_expect_success "$v: an unused variable is found by the compiler" '
	variant unused && seed "	{ int seeded_unused; }" unused/series/$name/0003-* &&
	test_expect_code 1 series -C unused verify --json --only compiler $v >unused.json && found unused.json >got &&
	echo "compiler/warning kvm_vcpu_ioctl_x86_set_vcpu_events" >want && test_cmp want got && grep seeded_unused unused.json
'

# What a person recorded for this kernel: patch 3, and a change of another function that nobody asked for.
test_expect_success "$v: a stray change in another function is found in the object code" '
	variant stray && patch=$(echo stray/series/$name/0003-*) && file=arch/x86/kvm/x86.c && mkdir -p a/arch/x86/kvm b/arch/x86/kvm stray/backports/$name/$v &&
	series -C good apply $v >/dev/null && lib_git show refs/series/$name/$v^:$file >a/$file &&
	lib_git show refs/series/$name/$v:$file >good.c && perl -0pe "s/(\nvoid kvm_inject_nmi\(.*?\n\{\n)/\$1\tvcpu->arch.nmi_pending = 0;\n/s or die" good.c >b/$file &&
	{
		sed "/^---\$/,\$d" "$patch" && echo "---" && echo "Series-Kernel: $v" &&
		echo "Series-Patch-Id: $(git patch-id --stable <"$patch" | cut -d" " -f1)" &&
		test_expect_code 1 git diff --no-index --no-prefix -U10 a/$file b/$file
	} >"stray/backports/$name/$v/${patch##*/}" &&
	test_expect_code 1 series -C stray verify --json --only objects $v >stray.json && found stray.json >got &&
	echo "objects/stray kvm_inject_nmi" >want && test_cmp want got
'

test_done
