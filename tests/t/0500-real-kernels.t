#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
test_description='the shipped series reaches real kernels, and says truly how'
. "${0%/*}/../lib.sh"

old='v5.10 v6.1'
fits='v6.12.73 v6.18 v6.19'
fixed='v6.12.107 v7.1 v7.2'
# shellcheck disable=SC2086
real_store_has $old $fits $fixed
all=$have

# among V...: those of them that are there.
among() {
	for v; do
		case " $all " in *" $v "*) echo "$v" ;; esac
	done
}
old=$(among $old) fits=$(among $fits) fixed=$(among $fixed)
for v in $all; do
	test_set_prereq "HAS_$(echo "$v" | tr -d v | tr . _)"
done
[ -n "$fits" ] && test_set_prereq HAS_FITS

base=refs/series/kernel
name=kvm-exception-payload
x86=arch/x86/kvm/x86.c

# The version that stands for a branch here: "v6.1.187".
of() {
	lib_git for-each-ref --sort=-version:refname --count=1 --format='%(refname:lstrip=3)' \
		"$base/$1" "$base/$1.*"
}

# marks TARGET: those of its patches, "= = =".
marks() {
	json ".targets[] | select(.target == \"$(of "$1")\") | [.patches[].mark] | join(\" \")" apply.json
}

# function_of COMMIT FUNCTION: its definition in x86.c.
function_of() {
	file_of "$1" $x86 | awk -v name="$2" '
		!on && $0 ~ "(^|[ *])" name "\\(" && $0 !~ /;[ \t]*$/ { on = 1; text = ""; open = 0 }
		on { text = text $0 "\n"; if (/^{/) open = 1 }
		on && !open && /;[ \t]*$/ { on = 0 }
		on && /^}/ { printf "%s", text; exit }'
}

# ported TARGET N: the commit of its Nth patch.
ported() {
	json ".targets[] | select(.target == \"$(of "$1")\") | .patches[$2 - 1].commit" apply.json
}

test_expect_success 'apply lands on all of them' '
	series -C "$TOP" apply --json $all >apply.json &&
	test "$(json ".targets | length" apply.json)" = "$(echo $all | wc -w)" &&
	test "$(json "[.targets[].patches[] | select(.mark == \"X\" or .mark == \"n/a\")] | length" apply.json)" = 0
'

test_expect_success 'patch 1 is exact before the fix, and seen to be there after it' '
	for v in $fits; do
		marks $v >out && grep "^= = =" out || return 1
	done &&
	for v in $fixed; do
		marks $v >out && grep "^U " out || return 1
	done
'

test_expect_success 'on 5.10 and 6.1 patch 1 is adapted, not just laid over' '
	for v in $old; do
		marks $v >out && cat out && grep -E "^(~|3|M|W|S) " out || return 1
	done
'

test_expect_success 'patches in are commits out and those already there' '
	for v in $all; do
		k=$(of $v) &&
		there=$(marks $v | tr " " "\n" | grep -c U) || test "$there" = 0 &&
		new=$(lib_git rev-list --count "$base/$k..refs/series/$name/$k") &&
		test $((there + new)) = 3 || return 1
	done
'

test_expect_success 'nothing delivers a payload at queue time' '
	for v in $old $fits; do
		k=$(of $v) &&
		function_of "$base/$k" kvm_multiple_exception >before &&
		function_of "$(ported $v 1)" kvm_multiple_exception >after &&
		grep kvm_deliver_exception_payload before &&
		test -s after && test_must_fail grep kvm_deliver_exception_payload after || return 1
	done
'

test_expect_success 'each reader of saved state goes through the quirk first' '
	for v in $old $fits; do
		readers="kvm_vcpu_ioctl_x86_get_vcpu_events kvm_vcpu_ioctl_x86_get_debugregs" &&
		sregs=__get_sregs_common &&
		function_of "$(ported $v 1)" $sregs >out && { test -s out || sregs=__get_sregs; } &&
		for f in $readers $sregs; do
			function_of "$(ported $v 1)" $f >out &&
			grep "kvm_handle_exception_payload_quirk(vcpu);" out || return 1
		done
	done
'

test_expect_success HAS_6_1 'no SMI handling is lost where there is no CONFIG_KVM_SMM' '
	k=$(of v6.1) &&
	file_of "$base/$k" $x86 >before && file_of "refs/series/$name/$k" $x86 >after &&
	test_must_fail grep CONFIG_KVM_SMM before && test_must_fail grep CONFIG_KVM_SMM after &&
	function_of "refs/series/$name/$k" kvm_vcpu_ioctl_x86_get_vcpu_events >out &&
	grep process_smi out
'

test_expect_success HAS_6_12_73,HAS_6_12_107 'the six functions of 6.12.73 end up as in 6.12.107, byte for byte' '
	for f in kvm_multiple_exception kvm_get_exception_to_save kvm_handle_exception_payload_quirk \
		kvm_vcpu_ioctl_x86_get_vcpu_events kvm_vcpu_ioctl_x86_get_debugregs __get_sregs_common; do
		function_of "$base/v6.12.107" $f >want &&
		function_of "$(ported v6.12.73 1)" $f >got &&
		test -s want && test_cmp want got || return 1
	done
'

test_expect_success 'no payload is delivered again when injected, on any of them' '
	for v in $all; do
		function_of "refs/series/$name/$(of $v)" kvm_deliver_exception_payload >out &&
		grep -A 1 "if (\(ex->\|vcpu->arch.exception\.\)injected)" out | grep "goto clear_payload;" || return 1
	done
'

test_expect_success 'author, date, subject and trailers are those of the mail' '
	for v in $old $fits; do
		lib_git log -1 --format="%an <%ae>%n%at%n%s%n%B" "$(ported $v 1)" >out &&
		grep "^Sean Christopherson <seanjc@google.com>$" out &&
		grep "^KVM: x86: Defer non-architectural deliver of exception payload to userspace read$" out &&
		grep "^\[ Upstream commit d0ad1b05bbe6f8da159a4dfb6692b3b7ce30ccc8 \]$" out &&
		grep "^Tested-by: Yosry Ahmed" out &&
		grep "^Signed-off-by: C O Mitter <committer@example.org>$" out || return 1
	done
'

test_expect_success 'a second apply changes nothing and says so' '
	lib_git for-each-ref >once &&
	series -C "$TOP" apply $all >out && grep unchanged out && test_must_fail grep " new$" out &&
	lib_git for-each-ref >twice && test_cmp once twice
'

test_expect_success 'the same input gives the same commits in another store' '
	lib_git for-each-ref "refs/series/$name" >once &&
	rm -rf store.git && real_store $old $fits &&
	series -C "$TOP" apply $old $fits >out &&
	lib_git for-each-ref "refs/series/$name" >twice &&
	while read -r line; do
		grep -F "$line" once || return 1
	done <twice &&
	test -s twice
'

test_expect_success HAS_7_2,HAS_FITS 'where the kernel carries KVM FRED, its hunk is there too' '
	rm -rf store.git && real_store v7.2 $fits &&
	k=$(of v7.2) && mkdir fred && lib_git archive "$base/$k" arch/x86/include/asm/vmx.h \
		arch/x86/kvm/x86.h | tar -x -C fred &&
	sed -i "/^[[:space:]]*EOI_EXIT_BITMAP0 /i \\	INJECTED_EVENT_DATA = 0x00002052," \
		fred/arch/x86/include/asm/vmx.h &&
	grep INJECTED_EVENT_DATA fred/arch/x86/include/asm/vmx.h &&
	sed -i "\$i static inline bool is_fred_enabled(struct kvm_vcpu *vcpu) { return false; }" \
		fred/arch/x86/kvm/x86.h &&
	tree=$(
		GIT_INDEX_FILE=$PWD/index && export GIT_INDEX_FILE &&
		lib_git read-tree "$base/$k" &&
		(cd fred && find . -type f | sed "s,^\./,," ) | while read -r f; do
			echo "100644 $(lib_git hash-object -w "fred/$f")	$f"
		done | lib_git update-index --index-info &&
		lib_git write-tree
	) &&
	commit=$(echo "a prerequisite" | lib_git commit-tree "$tree" -p "$base/$k") &&
	lib_git update-ref refs/heads/with-fred "$commit" &&
	series -C "$TOP" apply --json with-fred >fred.json &&
	tip=$(json ".targets[0].commit" fred.json) &&
	file_of "$tip" arch/x86/kvm/vmx/vmx.c >out &&
	grep "vmcs_write64(INJECTED_EVENT_DATA, vmx_fred_event_data(ex));" out &&
	json "[.targets[0].patches[1].hunks[].mark] | unique | index(\"n/a\") | not" fred.json
'

test_expect_success HAS_7_2,HAS_FITS 'where it does not, the hunk is not there and the reason is' '
	series -C "$TOP" apply --json v7.2 >plain.json &&
	file_of "$(json ".targets[0].commit" plain.json)" arch/x86/kvm/vmx/vmx.c >out &&
	test_must_fail grep vmx_fred_event_data out &&
	json "[.targets[0].patches[1].hunks[] | select(.mark == \"n/a\") | .evidence] | .[0]" plain.json >out &&
	grep "no KVM FRED" out
'

test_done
