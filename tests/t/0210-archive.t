#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
test_description='fetch asks the archive through apt, and leaves the apt of the machine alone'
. "${0%/*}/../lib.sh"

make_workspace
git init -q --bare "$SERIES_STORE"

# The archive: files in pool/, and which version of what is in which suite ("SUITE NAME VERSION FILE"). The
# programs of apt are faked: they know the lines of the suites that were last updated in their state,
# the machine's own ones without. What they were called with is in apt.log.
mkdir pool bin etc etc/parts
: >index

cat >bin/common <<'END'
# Which lists are read: the private ones when a state is given, else own-index.
echo "$(basename "$0") $*" >>"$FAKE/apt.log"
lists=$FAKE/own-index sources=
for a; do
	case $a in
	Dir::State::lists=*) lists=${a#*=}/known ;;
	Dir::Etc::SourceList=*) sources=${a#*=} ;;
	esac
done
last() { for a; do :; done; echo "$a"; }
wanted=$(last "$@")
END
cat >bin/apt-config <<'END'
#!/bin/sh
echo "LIST='$FAKE/etc/sources.list'"
echo "PARTS='$FAKE/etc/parts/'"
END
cat >bin/apt-cache <<'END'
#!/bin/sh
. "$FAKE/bin/common"
[ -e "$lists" ] || exit 100
case " $* " in
*" showsrc "*) awk -v n="$wanted" '$2 == n { print "Package: " n "\nVersion: " $3 "\n" }' "$lists" ;;
*" madison "*) awk -v n="$wanted" '$2 == n { print " " n " | " $3 " | http://m/d " $1 "/main amd64 Packages" }' "$lists" ;;
esac
END
cat >bin/apt-get <<'END'
#!/bin/sh
. "$FAKE/bin/common"
case " $* " in
*" update "*)
	[ -n "$sources" ] || { echo "E: the machine's own lists are none of our business" >&2; exit 100; }
	: >"$lists"
	status=0
	for suite in $(sed -n 's/^Suites: //p' "$sources"); do
		if grep "^$suite " "$FAKE/index" >>"$lists"; then continue; fi
		echo "E: The repository of $suite does not have a Release file." >&2
		status=100
	done
	exit $status ;;
esac
line=$(awk -v n="${wanted%%=*}" -v v="${wanted#*=}" '$2 == n && $3 == v { print $4; exit }' "$lists")
[ -n "$line" ] || { echo "E: Unable to find $wanted" >&2; exit 100; }
sum=$(cat "$FAKE/pool/$line.sha256")
case " $* " in
*" --print-uris "*) echo "'http://mirror.invalid/$line' $line 77 SHA256:$sum"; exit 0 ;;
esac
echo "dlstatus:1:50.0000:Retrieving file 1 of 1" >&2
[ -e "$FAKE/pool/$line" ] || {
	echo "E: Failed to fetch $line  404  Not Found" >&2
	echo "E: Failed to fetch some archives." >&2
	exit 100
}
cp "$FAKE/pool/$line" .
END
chmod +x bin/apt-*
FAKE=$PWD PATH=$PWD/bin:$PATH
export FAKE PATH

codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
cat >etc/parts/a.sources <<END
Types: deb
URIs: http://mirror.invalid/debian
Suites: $codename
Components: main
Signed-By: /usr/share/keyrings/a.gpg

Types: deb
URIs: http://security.invalid/debian
Suites: $codename-security
Components: main
END
echo 'deb [signed-by=/k/third.gpg] http://third.invalid/x other main' >etc/sources.list

# The archive has VERSION of the source linux in SUITE.
has_orig() { # SUITE VERSION
	up=${2%%-*} &&
	mkdir -p "linux-$up" && lib_makefile "v$up" >"linux-$up/Makefile" && echo "$up" >"linux-$up/f" &&
	tar -cJf "pool/linux_$up.orig.tar.xz" "linux-$up" && rm -r "linux-$up" &&
	file=linux_$up.orig.tar.xz && sha256sum <"pool/$file" | cut -d' ' -f1 >"pool/$file.sha256" &&
	echo "$1 linux $2 $file" >>index
}

# And of the package linux-source-6.12.
has_package() { # VERSION
	up=${1%%-*} && file=linux-source-6.12_$1_all.deb &&
	mkdir -p "linux-source-6.12" usr/src && lib_makefile "v$up" >linux-source-6.12/Makefile &&
	echo "$1" >linux-source-6.12/f && tar -cJf usr/src/linux-source-6.12.tar.xz linux-source-6.12 &&
	tar -cJf data.tar.xz ./usr && echo 2.0 >debian-binary && ar qcS "pool/$file" debian-binary data.tar.xz &&
	rm -r linux-source-6.12 usr data.tar.xz debian-binary &&
	sha256sum <"pool/$file" | cut -d' ' -f1 >"pool/$file.sha256" &&
	echo "$codename-security linux-source-6.12 $1 $file" >>index
}

conf() {
	printf '[target "v6.12"]\n' >ws/ci/targets.conf && printf '\tsource = %s\n' "$@" >>ws/ci/targets.conf
}

test_expect_success 'the newest of a branch in any of the suites is taken' '
	has_orig trixie 6.12.8-1 && has_orig trixie-security 6.12.20-2~bpo1 && has_orig trixie 6.13~rc1-1 &&
	has_orig trixie 6.1.99-1 && has_orig sid 6.12.30-1 && conf "orig trixie trixie-security" &&
	series -C ws fetch v6.12 >out &&
	grep "^v6.12.20 .*from orig linux 6.12.20-2~bpo1: " out && ! grep "not verified" out &&
	test "$(file_of series/kernel/v6.12.20 f)" = 6.12.20 && test -z "$(ls .cache/series/download)"
'

test_expect_success 'the suites are looked for where the machine has its own, with its keys' '
	sources=.cache/series/apt/series.sources &&
	test "$(grep -c "^Types: deb-src" $sources)" = 2 && grep -A1 "^URIs: http://mirror" $sources | grep "Suites: trixie$" &&
	grep -A1 "^URIs: http://security" $sources | grep "Suites: trixie-security" &&
	grep "^Signed-By: /usr/share/keyrings/a.gpg" $sources && ! grep third $sources
'

test_expect_success 'every call has a state of ours; the lists of the machine are never updated' '
	! grep -v Dir::State::lists= apt.log && grep "apt-get.* --tar-only .*linux=6.12.20-2~bpo1" apt.log
'

test_expect_success 'an exact version that the lists have needs no update' '
	: >apt.log && series -C ws fetch v6.12.8 >out && grep "^v6.12.8 " out && ! grep " update" apt.log &&
	series -C ws fetch v6.12.8 >out && grep already out
'

test_expect_success 'a release candidate only for who asks for it' '
	printf "[target \"v6.13\"]\n\tsource = orig trixie\n" >>ws/ci/targets.conf &&
	test_expect_code 125 series -C ws fetch v6.13 2>err && grep "no v6.13 there" err
'

test_expect_success 'where the file of the newest is gone the next one is taken' '
	conf "orig trixie sid" && rm pool/linux_6.12.30.orig.tar.xz &&
	lib_git update-ref -d refs/series/kernel/v6.12.20 && lib_git update-ref -d refs/series/kernel/v6.12.8 &&
	series -C ws fetch v6.12 >out && grep "^v6.12.8 " out &&
	test_expect_code 125 series -C ws fetch v6.12.30 2>err && grep "Failed to fetch.*404" err
'

test_expect_success 'a file that is not what the archive says is refused with 4, and not kept' '
	has_orig trixie 6.12.9-1 && cp pool/linux_6.12.8.orig.tar.xz.sha256 pool/linux_6.12.9.orig.tar.xz.sha256 &&
	test_expect_code 4 series -C ws fetch v6.12.9 2>err && grep "SHA-256" err &&
	test -z "$(ls .cache/series/download)" && ! lib_git show-ref v6.12.9
'

test_expect_success 'a suite that is gone is no reason to stop, and is the reason told when nothing is left' '
	conf "orig gone trixie" && sed -i "/6.12.9-1/d" index &&
	series -C ws fetch v6.12 >out && grep "^v6.12.8 .*already" out &&
	conf "orig gone" && test_expect_code 125 series -C ws fetch v6.12 2>err && grep "repository of gone" err
'

test_expect_success 'a package comes from the lists of the machine as they are' '
	has_package 6.12.40-1 && cp index own-index && : >apt.log && conf "package linux-source-6.12" &&
	series -C ws fetch v6.12 >out &&
	grep "^v6.12.40 .*from package linux-source-6.12 6.12.40-1 with the distribution.s patches" out &&
	test "$(file_of series/kernel/v6.12.40 f)" = 6.12.40-1 && ! grep " update" apt.log
'

test_expect_success 'or, where those are old or not there, from lists of ours' '
	has_package 6.12.41-1 && rm pool/linux-source-6.12_6.12.40-1_all.deb && lib_git update-ref -d refs/series/kernel/v6.12.40 &&
	series -C ws fetch v6.12 >out && grep "^v6.12.41 " out && grep "Dir::State::lists.* update" apt.log &&
	rm own-index && lib_git update-ref -d refs/series/kernel/v6.12.41 && series -C ws fetch v6.12 >out && grep "^v6.12.41 " out &&
	test_expect_code 125 series -C ws fetch --from "package linux-source-9" v6.12
'

test_expect_success 'another fetch at work makes this one leave with 75' '
	(flock 9 && test_expect_code 75 series -C ws fetch v6.12) 9>.cache/series/apt/series.lock
'

test_expect_success 'series ci finds what the archive has, and does not ask for its lists each hour' '
	make_machine && conf "orig trixie" && lib_git update-ref -d refs/series/kernel/v6.12.41 && lib_git update-ref -d refs/series/kernel/v6.12.8 && printf "[watch \"stable\"]\n\tkind = release\n\tdepth = apply\n" >ws/ci/ci.conf && : >apt.log &&
	series -C ws ci --plan >out && test_must_be_empty apt.log &&
	{ test_might_fail series -C ws ci >out; } && cat out && grep "6.12.y *v6.12.8 " out && grep " update" apt.log &&
	has_orig trixie 6.12.50-1 && : >apt.log && series -C ws ci >out && test_must_be_empty out && test_must_be_empty apt.log
'

test_expect_success 'without apt it says so' '
	mkdir few && for p in git sh; do ln -s "$(command -v $p)" few || return 1; done &&
	(PATH=$PWD/few && test_expect_code 125 "$SERIES" -C ws fetch v6.12) 2>err && grep "no apt on this machine" err
'

test_done
