#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
test_description='the kernels compile with the series as they did without

For each kernel arch/x86/kvm/ is compiled as it is, then with what the series changes there laid over it, by
the same compiler, in the same output directory. A warning is one of the series when it is not in the first
log; line numbers do not count, since lines move. W=1 asks for more warnings than anybody builds with.'
. "${0%/*}/../lib.sh"

# SERIES_COMPILE: fewer kernels than these, for a quick look.
# The kernel's Makefile wants no blank in its path; sharness's folder has one. Gone at the end.
work=$lib_root/kernels
kernels=${SERIES_COMPILE:-v5.10 v6.1 v6.12}
# shellcheck disable=SC2086
real_store $kernels v7.2
make_cc=gcc
command -v ccache >/dev/null && make_cc='ccache gcc'
jobs=$(nproc)

kernel_of() {
	lib_git for-each-ref --sort=-version:refname --count=1 --format='%(refname)' \
		"refs/series/kernel/$1" "refs/series/kernel/$1.*"
}

# unpack COMMIT DIR: without what no build of these objects reads.
unpack() {
	mkdir -p "$2" &&
	lib_git archive "$1" | tar -x -C "$2" --exclude=Documentation/devicetree \
		--exclude='drivers/gpu/drm/amd/include' --exclude='tools/testing'
}

# kernel_make DIR TARGET...: out of tree.
kernel_make() {
	kernel_dir=$1
	shift
	make -s -C "$kernel_dir" O="$kernel_dir.out" ARCH=x86_64 CC="$make_cc" -j"$jobs" "$@"
}

# configure DIR: tinyconfig, our fragment, and a word about symbols that the kernel has but did not take.
configure() {
	kernel_make "$1" tinyconfig >config.log 2>&1 &&
	cat "$TOP/ci/kconfig/kvm-x86.config" >>"$1.out/.config" &&
	kernel_make "$1" olddefconfig >>config.log 2>&1 &&
	grep '^CONFIG_KVM_INTEL=y' "$1.out/.config" && grep '^CONFIG_KVM_AMD=y' "$1.out/.config" &&
	grep '^CONFIG_[A-Z0-9_]*=y' "$TOP/ci/kconfig/kvm-x86.config" | while read -r line; do
		name=${line%=y}
		grep -q "^$line" "$1.out/.config" ||
			! grep -rqs --include='Kconfig*' "^config ${name#CONFIG_}\$" "$1/arch/x86" "$1/virt" ||
			echo "# $1 did not take $line"
	done
}

# warnings LOG: one a line, as FILE FUNCTION MESSAGE.
warnings() {
	awk '
	match($0, /: In function .*:$/) {
		file = substr($0, 1, RSTART - 1)
		in_function[file] = substr($0, RSTART + 14, RLENGTH - 15)
	}
	match($0, /:[0-9]+:[0-9]+: (warning|error): /) {
		file = substr($0, 1, RSTART - 1)
		message = substr($0, RSTART)
		sub(/^:[0-9]+:[0-9]+: /, "", message)
		print file, in_function[file], message
	}' "$1" | sed "s|[^ ]*/arch/x86/|arch/x86/|; s|at line [0-9]*|at line N|" | sort -u
}

# overlay KERNEL COMMIT DIR: the files that differ, as the commit has them; their names to "changed".
overlay() {
	lib_git diff --name-only "$1" "$2" >changed &&
	while read -r path; do
		mkdir -p "$3/${path%/*}" && file_of "$2" "$path" >"$3/$path" || return
	done <changed
}

compile_base() {
	unpack "$1" "$2" && configure "$2" && kernel_make "$2" prepare >prepare.log 2>&1 &&
	kernel_make "$2" W=1 arch/x86/kvm/ >base.log 2>&1 || {
		tail -n 40 prepare.log base.log
		return 1
	}
	warnings base.log >base.warnings
}

compile_ported() {
	overlay "$1" "$2" "$3" && grep '^arch/x86/kvm/' changed && {
		kernel_make "$3" W=1 arch/x86/kvm/ >ported.log 2>&1 || {
			cat ported.log
			return 1
		}
	}
	warnings ported.log >ported.warnings &&
	comm -13 base.warnings ported.warnings >new.warnings &&
	test_must_be_empty new.warnings
}

test_must_be_empty() {
	test -s "$1" || return 0
	cat "$1"
	return 1
}

for v in $kernels; do
	test_expect_success "$v: arch/x86/kvm compiles as it is" '
		compile_base "$(kernel_of $v)" "$work/$v"
	'
	test_expect_success "$v: with the series it compiles without a new warning" '
		series -C "$TOP" apply --json "$v" >"$v.json" &&
		compile_ported "$(kernel_of $v)" "$(json ".targets[0].commit" "$v.json")" "$work/$v"
	'
	test_expect_success "$v: each patch of it compiles by itself" '
		json ".targets[0].patches[] | select(.commit) | .commit" "$v.json" >commits &&
		while read -r commit; do
			overlay "$(kernel_of $v)" "$commit" "$work/$v" &&
			kernel_make "$work/$v" W=1 arch/x86/kvm/x86.o || return
		done <commits
	'
	test_expect_success "$v: a warning that was not there is one that this test sees" '
		printf "\nstatic void series_seed(void)\n{\n\tint nothing;\n}\n" >>"$work/$v/arch/x86/kvm/x86.c" &&
		kernel_make "$work/$v" W=1 arch/x86/kvm/x86.o >seeded.log 2>&1 &&
		warnings seeded.log >seeded.warnings && comm -13 base.warnings seeded.warnings >new &&
		cat new && grep "series_seed" new && test $(wc -l <new) = 2
	'
	rm -rf "$work"
done

# KVM FRED is in no kernel yet: two names of it are made up, so that the probe holds.
test_expect_success 'v7.2 with the names of FRED: the conditional hunk lands' '
	GIT_INDEX_FILE=$PWD/index && export GIT_INDEX_FILE &&
	lib_git read-tree "$(kernel_of v7.2)" &&
	lib_git apply --cached "$TOP/tests/prereq/kvm-fred.patch" &&
	tree=$(lib_git write-tree) && unset GIT_INDEX_FILE &&
	commit=$(echo fred | lib_git commit-tree "$tree" -p "$(kernel_of v7.2)") &&
	lib_git update-ref refs/heads/fred "$commit" &&
	series -C "$TOP" apply --json fred >fred.json &&
	file_of "$(json ".targets[0].commit" fred.json)" arch/x86/kvm/vmx/vmx.c >vmx.c &&
	grep "vmcs_write64(INJECTED_EVENT_DATA, vmx_fred_event_data(ex));" vmx.c
'
test_expect_success 'v7.2 with the names of FRED: it compiles without a new warning' '
	compile_base refs/heads/fred "$work/fred" &&
	compile_ported refs/heads/fred "$(json ".targets[0].commit" fred.json)" "$work/fred" &&
	nm "$work/fred.out/arch/x86/kvm/vmx/vmx.o" >symbols && grep vmx_inject_exception symbols
'
rm -rf "$work"

test_done
