#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
test_description='what the series does on a kernel with KVM FRED builds

KVM FRED is in no kernel yet, and no machine here has it: two names of it are made up, so that the probe holds. The
hunk then lands and builds; that it does the right thing nobody can try here.'
. "${0%/*}/../lib.sh"

real_store v7.2
mkdir -p "$HOME/.cache/series" "$SERIES_TEST_CCACHE" &&
ln -s "$SERIES_TEST_CCACHE" "$HOME/.cache/series/ccache" || exit 1

kernel=$(lib_git for-each-ref --sort=-version:refname --count=1 --format='%(refname)' 'refs/series/kernel/v7.2.*')

test_expect_success 'v7.2 with the names of FRED: the conditional hunk lands' '
	GIT_INDEX_FILE=$PWD/index && export GIT_INDEX_FILE &&
	lib_git read-tree "$kernel" &&
	lib_git apply --cached "$TOP/tests/prereq/kvm-fred.patch" &&
	tree=$(lib_git write-tree) && unset GIT_INDEX_FILE &&
	commit=$(echo fred | lib_git commit-tree "$tree" -p "$kernel") &&
	lib_git update-ref refs/heads/fred "$commit" &&
	series -C "$TOP" apply --json fred >fred.json &&
	file_of "$(json ".targets[0].commit" fred.json)" arch/x86/kvm/vmx/vmx.c >vmx.c &&
	grep "vmcs_write64(INJECTED_EVENT_DATA, vmx_fred_event_data(ex));" vmx.c
'

test_expect_success 'v7.2 with the names of FRED: each commit builds, without a new warning' '
	series -C "$TOP" build --each --json fred >build.json &&
	json "[.targets[0].builds[].arm] | join(\" \")" build.json >got && cat got && test $(wc -w <got) -ge 3 &&
	json "[.targets[0].builds[] | select(.built | not)] == []" build.json &&
	json "[.targets[0].builds[].new_messages[]] == []" build.json &&
	nm "$HOME/.cache/series/kernels/fred/build/guest/arch/x86/kvm/vmx/vmx.o" >symbols && grep vmx_inject_exception symbols
'

test_done
