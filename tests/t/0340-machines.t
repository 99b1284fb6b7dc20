#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
test_description='machines and kernels that are not as asked for, patches that break in between, and what stays untouched'
. "${0%/*}/../lib.sh"

make_store
make_workspace
make_machine

scenario() {
	printf '%s\n' "$@" >"$FAKE_QEMU"
}
boots() {
	test_might_fail cat "$FAKE_QEMU.boots" | wc -l
}
for v in 31 32 33 34 35; do
	mkdir -p k && kernel_files v6.12.3 k && add_kernel v6.12.$v k
done

test_expect_success 'a guest that is not what was asked for says nothing about the series, and in which way: exit code 125' '
	scenario "6.12.31 - release 6.1.1" "6.12.32 - mark 0123456789ab" "6.12.33 - nested 0" "6.12.34 - hypervisor KVMKVMKVM" "6.12.35 - cpus 3" &&
	test_expect_code 125 series -C ws test v6.12.31 v6.12.32 v6.12.33 v6.12.34 v6.12.35 v6.12.3 >out && cat out && tr -s " \n" " " <out >words &&
	grep "runs kernel 6.1.1, not 6.12.31" words && grep "the build of tree 0123456789ab, not of" words && grep "nested virtualization is off in the guest" words &&
	grep "the guest runs under .KVMKVMKVM., and machine .fake. is .TCGTCGTCGTCG." words && grep "has 3 processors, not 1" words &&
	! grep "LOOK" out
'

test_expect_success 'and is no skip, in no format' '
	test_expect_code 125 series -C ws test --ktap - v6.12.33 >out && cat out && grep "^not ok 1 v6.12.33" out && ! grep -i "# skip" out &&
	test_expect_code 125 series -C ws test --json v6.12.33 >out.json && json ".outcome" out.json >got && echo unknown >want && test_cmp want got
'

test_expect_success 'a target that could be found out is, beside them' '
	test_expect_code 125 series -C ws test v6.12.33 v6.12.3 >out && cat out && grep "payload_test: fails -> passes on 1 of" out
'

test_expect_success 'where there is no QEMU: what to install; nothing boots, nothing else is taken in its place' '
	scenario && mkdir -p few && ln -s /usr/bin/* few/ 2>/dev/null; rm -f few/qemu-system-x86_64 &&
	for name in flex bison bc; do test -e few/$name || ln -s "$PWD/bin/$name" few/; done && boots >before &&
	test_expect_code 125 env PATH="$PWD/few" "$SERIES" -C ws test v6.12.3 --fresh >out && cat out && tr -s " \n" " " <out >words &&
	grep "qemu-system-x86_64 is not installed: apt install qemu-system-x86" words && grep "NOTHING was tested" words && boots >after && test_cmp before after &&
	env PATH="$PWD/few" "$SERIES" -C ws build v6.12.3
'

test_expect_success 'where /dev/kvm cannot be had, a machine that wants it is not emulated instead' '
	cp -r ws kvm && sed -i "s/accel = tcg/accel = kvm/" kvm/ci/matrix.conf && boots >before &&
	test_expect_code 125 series -C kvm test --fresh v6.12.3 >out && cat out && tr -s " \n" " " <out >words &&
	grep "/dev/kvm cannot be opened\|the guest runs under .TCGTCGTCGTCG., and machine .fake. is .KVMKVMKVM." words && ! grep "no regressions" out
'

test_expect_success 'a test that does not end is killed, the others run, and it is the one that is named' '
	scenario "demo_twice smoke_test late" && test_expect_code 1 series -C ws test --fresh v6.12.3 >out && cat out &&
	grep "smoke_test: regression" out && grep "timed out" out && ! grep "own_test: \(lost\|regression\)" out && grep "first bad patch: 2/2" out
'

test_expect_success 'one that takes the whole guest with it is named too' '
	scenario "demo_twice smoke_test hang" && test_expect_code 1 series -C ws test --fresh v6.12.3 >out && cat out &&
	grep "smoke_test: regression" out && grep "first bad patch: 2/2" out
'

test_expect_success 'a panic during a test is that of the test' '
	scenario "demo_twice smoke_test panic Fatal exception in demo" && test_expect_code 1 series -C ws test --fresh v6.12.3 >out && cat out &&
	grep "smoke_test: regression" out && grep "Fatal exception in demo" out
'

test_expect_success 'base that panics at boot says nothing about the series' '
	scenario "!demo_twice - panic VFS: Unable to mount root fs" && test_expect_code 125 series -C ws test --fresh v6.12.3 >out && cat out &&
	grep "Unable to mount root fs" out && ! grep "no regressions" out
'

test_expect_success 'and a complaint that base has as well is no news' '
	scenario "any own_test splat demo_half+0x10/0x20" && series -C ws test --fresh v6.12.3 >out && grep "no regressions" out
'

# Two more patches: one that does not build, one that mends it.
two_more() {
	git init -q mail.git && kernel_files v6.12.3 mail.git && lib_mail base &&
	git -C mail.git am -q "$PWD"/ws/series/demo/000[12]-*.patch && echo "int demo_bad(void) { return nowhere; }" >>mail.git/lib/demo.c &&
	lib_mail "demo: break

Signed-off-by: A U Thor <author@example.org>" &&
	sed -i "s/return nowhere/return 7/" mail.git/lib/demo.c && lib_mail "demo: mend

Signed-off-by: A U Thor <author@example.org>" &&
	git -C mail.git format-patch -q --full-index --start-number 3 -o ../ws/series/demo HEAD~2 && rm -rf mail.git &&
	for name in 0003-demo-break.patch 0004-demo-mend.patch; do
		echo $name >>ws/series/demo/series &&
		printf "[patch \"%s\"]\n\tmainline = Never, a test\n\tclass = out-of-tree\n\twhy = a test\n" $name >>ws/series/demo/series.conf || return 1
	done
}

test_expect_success 'a patch in between that does not build is found with --each, although the last one does' '
	cp -r ws before_more && two_more && series -C ws build v6.12.3 >out && grep "no new warnings" out &&
	test_expect_code 1 series -C ws build --each v6.12.3 >out && cat out && grep "first bad is patch 3/4, demo: break" out && grep "3/4 *FAILED" out &&
	grep "patched *\(built\|cached\)" out && grep nowhere out && rm -r ws && mv before_more ws
'

test_expect_success 'the compiler is that of the target, and one that is not there is said' '
	cp ws/ci/matrix.conf kept.conf && printf "[target \"v6.12.31\"]\n\tcompiler = cc\n[target \"v6.12.32\"]\n\tcompiler = cc-of-tomorrow\n" >>ws/ci/matrix.conf &&
	series -C ws build v6.12.31 >out && cat out && grep "Compiler: cc " out &&
	test_expect_code 125 series -C ws build v6.12.32 >out 2>err && cat out err | tr -s " \n" " " | grep "no compiler .cc-of-tomorrow. here" && mv kept.conf ws/ci/matrix.conf
'

test_expect_success 'a program that the matrix names runs as the others do' '
	cp -r ws more && program=${PWD%/*}/unit.flat && printf "#!/bin/sh\nexit 77\n" >"$program" && chmod +x "$program" &&
	sed -i "s,selftest = own_test,&\n\tprogram = $program," more/ci/matrix.conf && scenario "demo_twice unit.flat fail as it does" &&
	test_expect_code 1 series -C more test v6.12.3 >out && cat out && grep "unit.flat: regression" out
'

test_expect_success 'the own clone of a user, its branches and its work are untouched' '
	scenario && git init -q own && git -C own fetch -q ../store.git "refs/*:refs/*" && git -C own checkout -q -b work refs/series/kernel/v6.12.3 &&
	echo "/* mine */" >>own/lib/demo.c && echo staged >own/staged && git -C own add staged && echo new >own/new &&
	state() {
		git -C own status --porcelain --branch && git -C own for-each-ref && git -C own worktree list && cat own/lib/demo.c && sha1sum own/.git/index
	} &&
	state >before && SERIES_STORE=$PWD/own/.git series -C ws test --fresh v6.12.3 >out && grep "no regressions" out && state >after && test_cmp before after
'

test_done
