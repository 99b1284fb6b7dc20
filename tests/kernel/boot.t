#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
test_description='the series proves itself on real kernels, booted under QEMU with nested KVM

Base and patched are built and booted, with our own tests and the kernels'"'"' self-tests. Then what has to be
caught: a port without one of its patches, one that left a call site out, one that brings a warning, one that
does not compile. Only the compiler cache outlives a run: everything else is done from nothing.'
. "${0%/*}/../lib.sh"

# SERIES_KERNELS: others than these two, or one. The oldest, and the newest that lacks the fix of patch 1.
kernels=${SERIES_KERNELS:-v5.10 v6.12.73}
# shellcheck disable=SC2086
real_store $kernels
last=${kernels##* }
mkdir -p "$HOME/.cache/series" "$SERIES_TEST_CCACHE" &&
ln -s "$SERIES_TEST_CCACHE" "$HOME/.cache/series/ccache" || exit 1

# of_target V FILTER FILE: of the target asked for as V.
of_target() {
	jq -e -r ".targets[] | select(.target == \"$1\" or (.target | startswith(\"$1.\"))) | $2" "$3"
}

# class V TEST FILE: what became of it.
class() {
	of_target "$1" ".cells[0].tests[] | select(.name == \"$2\") | .class" "$3"
}

# variant DIR: the workspace, to be broken.
variant() {
	mkdir "$1" && cp -R "$TOP/series" "$TOP/ci" "$TOP/coccinelle" "$TOP/backports" "$1/" 2>/dev/null
	test -d "$1/ci"
}

# shellcheck disable=SC2086
test_expect_success "$kernels: nothing regresses" '
	series -C "$TOP" test --json $kernels >proof.json
'
for v in $kernels; do
	test_expect_success "$v: base and patched booted, with nested KVM, and every test came to an end" '
		of_target $v ".cells[0] | .base.usable and .patched.usable" proof.json &&
		of_target $v ".cells[0].patched.preflight | [.vendor, .nested, .hypervisor, .kvm] | join(\" \")" proof.json >got &&
		echo "kvm_amd 1 TCGTCGTCGTCG ok" >want && test_cmp want got &&
		test $(of_target $v "[.cells[0].tests[] | select(.name | contains(\"/\") | not)] | length" proof.json) -ge 13 &&
		of_target $v "[.cells[0].tests[] | select(.patched.status == \"missing\")] == []" proof.json
	'
	test_expect_success "$v: the payload test fails before and passes after, for the reason that the patch gives" '
		test "$(class $v payload_test proof.json)" = fixed &&
		for test in cr2_get_sregs dr6_get_debugregs cr2_sync_regs; do
			test "$(class $v payload_test/$test proof.json)" = fixed || return 1
		done &&
		of_target $v ".cells[0].tests[] | select(.name == \"payload_test/cr2_get_sregs\") | .base.why" proof.json >why &&
		grep "CR2 by KVM_GET_SREGS.*expected 0xdeadbeef000" why
	'
	test_expect_success "$v: controls pass with the series as without" '
		for test in cr2_get_sregs_after_events cr2_get_sregs_capability_on cr2_guest_handler; do
			test "$(class $v payload_test/$test proof.json)" = ok || return 1
		done
	'
	test_expect_success "$v: the re-injection test fails before and passes after" '
		test "$(class $v reinject_test proof.json)" = fixed &&
		test "$(class $v reinject_test/injected_pf_keeps_payload proof.json)" = fixed
	'
	test_expect_success "$v: what fails under emulation fails before, too" '
		test "$(class $v debug_regs proof.json)" = pre-existing
	'
	test_expect_success "$v: the series brings no warning of the compiler at W=1, and each symbol stuck" '
		of_target $v "[.builds[] | .new_messages[], .unmet[]] == []" proof.json
	'
done

command -v bochs >/dev/null && test_set_prereq BOCHS
test_expect_success BOCHS "$last: an emulated Intel, with VMX, says the same" '
	series -C "$TOP" test --json --cell bochs $last >bochs.json &&
	of_target $last ".cells[0] | .base.usable and .patched.usable" bochs.json &&
	test "$(of_target $last .cells[0].patched.preflight.vendor bochs.json)" = kvm_intel &&
	for test in payload_test reinject_test nested_test; do
		test "$(class $last $test bochs.json)" = fixed || return 1
	done
'

# shellcheck disable=SC2086
test_expect_success 'asked again, it builds nothing and boots nothing, and says the same' '
	series -C "$TOP" test --json $kernels >again.json &&
	json ".totals | [.booted, .built] | @csv" again.json >got && echo 0,0 >want && test_cmp want got &&
	jq "[.targets[].cells[].tests[] | {name, class}]" proof.json >one &&
	jq "[.targets[].cells[].tests[] | {name, class}]" again.json >two && test_cmp one two
'

test_expect_success "$last: patch 3 without patch 2 is caught: the payload survives, and clobbers CR2" '
	variant without-2 && dir=without-2/series/kvm-exception-payload && rm $dir/0002-* && sed -i /^0002-/d $dir/series &&
	sed -i "/^\[patch \"0002-/,/^\[/ { /^\[patch \"0002-/d; /^\[/!d }" $dir/series.conf && cat $dir/series.conf &&
	test_expect_code 1 series -C without-2 test --json --only reinject_test $last >without-2.json &&
	test "$(class $last reinject_test/injected_pf_keeps_payload without-2.json)" = fixed &&
	test "$(class $last reinject_test/injected_pf_cr2_guest_handler without-2.json)" = regression &&
	of_target $last ".cells[0].first_bad" without-2.json
'

# seed LINE PATCH: one more added line in the last hunk of a mail, behind the first line of its context.
seed() {
	line=$1 perl -0pi -e 's/^(.*\n@@ -\d+,\d+ \+\d+,)(\d+)([^\n]*\n [^\n]*\n)/$1 . ($2 + 1) . "$3+$ENV{line}\n"/se' "$2" &&
	grep -x "+$1" "$2"
}

test_expect_success "$last: a port that left KVM_GET_SREGS out is caught by the tests of that register, and no other" '
	variant left-out && patch=$(echo left-out/series/kvm-exception-payload/0001-*) &&
	perl -0pi -e "s/^\@\@ [^\n]*__get_sregs_common[^\n]*\n(?:[ +-](?!- \n)[^\n]*\n)+//m or die" "$patch" &&
	test_expect_code 1 series -C left-out test --json --only payload_test $last >left-out.json &&
	for test in cr2_get_sregs cr2_get_sregs2 cr2_sync_regs; do
		test "$(class $last payload_test/$test left-out.json)" != fixed || return 1
	done &&
	test "$(class $last payload_test/dr6_get_debugregs left-out.json)" = fixed
'

test_expect_success "$last: a patch that brings a warning is named with it" '
	variant warning && seed "#warning seeded" warning/series/kvm-exception-payload/0003-* &&
	test_expect_code 1 series -C warning build --json $last >warning.json &&
	of_target $last ".builds[-1].new_messages[].text" warning.json | grep seeded
'

test_expect_success "$last: a patch that does not compile is named" '
	variant broken && seed "#error seeded" broken/series/kvm-exception-payload/0003-* &&
	test_expect_code 1 series -C broken build --json $last >broken.json &&
	test "$(of_target $last .bad_build broken.json)" = 3 &&
	of_target $last ".builds[-1].errors[].text" broken.json | grep seeded
'

test_done
