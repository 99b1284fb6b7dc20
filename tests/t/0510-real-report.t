#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
test_description='the report on the shipped series names exactly what differs, and stays small'
. "${0%/*}/../lib.sh"

real_store v5.10 v6.1 v6.12.73

plain() {
	sed 's/<[^>]*>//g; s/&#39;/'"'"'/g; s/&gt;/>/g; s/&amp;/\&/g' "$1"
}

test_expect_success 'three kernels of five years in a page of less than 300 kB, in no time' '
	series -C "$TOP" report --html page v5.10 v6.1 v6.12.73 >out && cat out && test $(wc -c <page/index.html) -lt 300000 &&
	plain page/index.html >text && grep "LOOK.*v5.10" text && grep "LOOK.*v6.1" text
'

test_expect_success 'on 6.1: patch 1, two hunks, and why; nothing of 6.12.73' '
	grep "^v6.1[0-9.]* 1/3: .*2 adapted: no CONFIG_KVM_SMM: SMIs are always processed" text &&
	test $(grep -c "^v6.1\.[0-9]* [23]/3: " text) = 0 && ! grep "^v6.12.73 [123]/3" text &&
	grep "[0-9]. v6.1.[0-9]*, patch 1/3" text && ! grep "[0-9]. v6.12.73, patch" text
'

test_expect_success 'on 5.10: patches 1 and 2, with what 5.10 does not have' '
	grep "^v5.10[0-9.]* 1/3: .*kvm_get_exception_to_save" text && grep "^v5.10[0-9.]* 2/3: .*one queued exception only" text &&
	! grep "^v5.10[0-9.]* 3/3: " text
'

test_expect_success 'whole functions stand beside upstream, where a hunk shows three lines' '
	for page in page/deviation-*.html; do
		grep -l "patch 1/3" "$page"
	done >pages && page=$(sed -n 2p pages) && plain "$page" >deviation && grep "Whole functions, upstream.s from v" deviation &&
	grep "kvm_vcpu_ioctl_x86_get_vcpu_events() arch/x86/kvm/x86.c" deviation && grep "#ifdef CONFIG_KVM_SMM" deviation
'

test_expect_success 'what is left out on purpose is no deviation, and stands under what nobody tested' '
	grep "vmx.c of patch 2/3 is not there: no KVM FRED in this kernel" text && grep "2 hunks left out on purpose" text
'

test_done
