#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
test_description='series ci drafts replies to announcements of release candidates, for a person to send'
. "${0%/*}/../lib.sh"

make_store
make_workspace
make_machine
make_ci
# One branch is enough here.
for lib_v in v5.10 v6.12; do
	git config -f ws/ci/targets.conf --remove-section "target.$lib_v"
done
git config -f ws/ci/ci.conf lore.announcements "$PWD/box"
git config -f ws/ci/ci.conf publish.url https://ci.example.org/demo/
mkdir box
kernel_files v6.1.5 good
kernel_files v5.10.7 broken
release v6.1.14 good
drafts=$HOME/.local/state/series/ci/drafts

# From now on own_test fails on kernels that have this in their source: by default the series.
breaks() {
	echo "${1:-demo_twice} own_test fail regs.rip is not what it was" >"$FAKE_QEMU"
}
works() {
	: >"$FAKE_QEMU"
}
# A mail on the list: -rc number, hours that are left.
announce() {
	cat >box/"$1.$2" <<-END
	From: Greg Kroah-Hartman <gregkh@example.org>
	To: stable@vger.kernel.org
	Cc: Greg Kroah-Hartman <gregkh@example.org>,
	 linux-kernel@vger.kernel.org, "Committer, C" <committer@example.org>
	Subject: [PATCH 6.1 000/262]
	 $1 review
	Date: $(LC_ALL=C date -u '+%a, %d %b %Y %H:%M:%S +0000')
	Message-ID: <$1.1@example.org>
	X-KernelTest-Version: $1
	X-KernelTest-Deadline: $(date -u -d "$2 hours" +%Y-%m-%dT%H:%M+00:00)

	This is the start of the stable review cycle for the ${1%-rc*} release.
	END
}
# What the log has, a line each.
events() {
	series -C ws ci log --json | jq -r ".events[] | [.kind, .subject, .text] | join(\" \")"
}
tick() {
	rm -f code
	series -C ws ci >tick.out 2>tick.err
	echo $? >code
	cat tick.out tick.err
	case $(cat code) in 0 | 1 | 3) ;; *) return 1 ;; esac
}

test_expect_success 'a candidate that was announced and is well: a reply is drafted, to all, and not sent' '
	works && branch_tip linux-6.1.y v6.1.15-rc1 good && announce 6.1.15-rc1 +24 && tick && cat "$drafts"/* &&
	draft=$drafts/v6.1.15-rc1.eml && grep "^Subject: Re: \[PATCH 6.1 000/262\] 6.1.15-rc1 review" "$draft" &&
	grep "^To: Greg Kroah-Hartman <gregkh@example.org>" "$draft" && grep "^In-Reply-To: <6.1.15-rc1.1@example.org>" "$draft" &&
	grep "^From: C O Mitter <committer@example.org>" "$draft" && grep "^Cc: stable@vger.kernel.org" "$draft" &&
	! grep "Committer, C" "$draft" && grep "^Tested-by: C O Mitter <committer@example.org>" "$draft" &&
	tr "\n" " " <"$draft" >one && grep "No regressions against v6.1.14" one && grep "on QEMU 9.9.9 (TCG, AMD SVM), no real hardware" one &&
	grep "Of 3 tests (fake) 2 pass without demo, 3 with it" one && ! grep -r "6.1.15-rc1 review" mails &&
	events >log && cat log && grep "a reply is drafted (Tested-by), to be sent before" log
'

test_expect_success 'a mail program takes it as it is' '
	python3 -c "import email, sys
from email import policy
m = email.message_from_binary_file(open(sys.argv[1], \"rb\"), policy=policy.default)
assert not m.defects and not any(m[h].defects for h in m), m.defects
assert m[\"in-reply-to\"] == \"<6.1.15-rc1.1@example.org>\" == m[\"references\"]
m.get_content()" "$drafts"/v6.1.15-rc1.eml
'

test_expect_success 'a draft that somebody worked on is left alone until a result changes' '
	echo "A word of my own." >>"$drafts"/v6.1.15-rc1.eml && tick && release v6.1.15 good && tick &&
	touch box && announce 6.1.15-rc1 +24 && tick && grep "A word of my own" "$drafts"/v6.1.15-rc1.eml && ! test -e "$drafts"/v6.1.15-rc1.eml.old
'

test_expect_success 'a candidate that is not well by itself gets no Tested-by, although the series changes nothing there' '
	cp -r good rotten && echo "/* rotten */" >>rotten/lib/demo.c && breaks rotten &&
	branch_tip linux-6.1.y v6.1.16-rc1 rotten && announce 6.1.16-rc1 +24 && tick && draft=$drafts/v6.1.16-rc1.eml && cat "$draft" &&
	! grep "Tested-by" "$draft" && grep "^What fails on 6.1.16-rc1 by itself, and not on v6.1.15:" "$draft" &&
	tr "\n" " " <"$draft" >one && grep "own_test (fake): passes on v6.1.15, fails on v6.1.16-rc1" one
'

test_expect_success 'a candidate that the series breaks on: what fails stands there, and a changed result is drafted anew' '
	works && branch_tip linux-6.1.y v6.1.17-rc1 broken && announce 6.1.17-rc1 +24 && tick && draft=$drafts/v6.1.17-rc1.eml && cat "$draft" &&
	! grep "Tested-by" "$draft" && grep "^What fails with the series demo on top:" "$draft" && grep "applying it: conflict" "$draft" &&
	branch_tip linux-6.1.y v6.1.17-rc1 good && tick && cat "$draft" && grep "Tested-by" "$draft" && grep "conflict" "$draft.old" &&
	echo "A word of my own." >>"$draft" && branch_tip linux-6.1.y v6.1.17-rc1 broken && tick && ! grep "Tested-by" "$draft" &&
	grep "conflict" "$draft.old" && grep "A word of my own" "$draft.old2"
'

test_expect_success 'after the deadline nothing is drafted, and the log says so once' '
	branch_tip linux-6.1.y v6.1.18-rc1 good && announce 6.1.18-rc1 -1 && tick && ! test -e "$drafts"/v6.1.18-rc1.eml &&
	touch box && tick && events >log && cat log && test "$(grep -c "v6.1.18-rc1.*deadline passed" log)" = 1
'

test_expect_success 'a candidate that is announced after it was tested is replied to in the next tick' '
	branch_tip linux-6.1.y v6.1.19-rc1 good && tick && ! test -e "$drafts"/v6.1.19-rc1.eml &&
	announce 6.1.19-rc1 +24 && tick && test_must_be_empty tick.out && grep "Tested-by" "$drafts"/v6.1.19-rc1.eml
'

test_expect_success 'a mailbox that is not there is said once, and stops nothing' '
	mv box gone && tick && tick && events >log && cat log &&
	test "$(grep -c "no reply can be drafted: there is no mailbox" log)" = 1 && mv gone box
'

test_expect_success 'a tick that began before the deadline and is done after it drafts nothing' '
	works && mv bin/qemu-system-x86_64 bin/quick && test_when_finished "mv -f bin/quick bin/qemu-system-x86_64" &&
	printf "#!/bin/sh\ncase \$* in *-kernel*) sleep 2 ;; esac\nexec \"%s/bin/quick\" \"\$@\"\n" "$PWD" >bin/qemu-system-x86_64 && chmod +x bin/qemu-system-x86_64 &&
	echo "/* slow */" >>good/lib/demo.c && branch_tip linux-6.1.y v6.1.29-rc1 good && announce 6.1.29-rc1 +24 &&
	sed -i "s/^\(X-KernelTest-Deadline:\).*/\1 $(date -u -d "1 second" +%Y-%m-%dT%H:%M:%S+00:00)/" box/6.1.29-rc1.+24 && tick && events >log && cat log &&
	grep "v6.1.29-rc1" log && ! test -e "$drafts"/v6.1.29-rc1.eml && grep "v6.1.29-rc1.*deadline passed" log
'

test_done
