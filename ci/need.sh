#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# need.sh PURPOSE...: see to it that the packages which ci/packages lists for these purposes are
# installed. Instant when they are. As root or with a sudo that asks no password it installs what is
# missing; else it prints the one line to run and fails.
# need.sh --list PURPOSE...: only print the names.
set -eu

here=$(dirname "$0")
list=
if [ "${1-}" = --list ]; then
	list=yes
	shift
fi
[ $# -gt 0 ] || { echo "usage: need.sh [--list] PURPOSE..." >&2; exit 2; }

wanted=
for purpose; do
	found=$(awk -v p="$purpose" '$1 == p { print $2 }' "$here/packages")
	[ -n "$found" ] || { echo "need.sh: ci/packages has no purpose '$purpose'" >&2; exit 2; }
	wanted="$wanted $found"
done
wanted=$(printf '%s\n' $wanted | sort -u)
if [ -n "$list" ]; then
	printf '%s\n' "$wanted"
	exit 0
fi

if ! command -v dpkg-query >/dev/null 2>&1; then
	echo "need.sh: this is no Debian; here these packages have other names, please see to them:" $wanted >&2
	exit 0
fi

find_missing() {
	missing=
	# One call for all: dpkg-query says what it does not know on stderr and the rest on stdout.
	installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' $wanted 2>/dev/null || true)
	for package in $wanted; do
		case "
$installed
" in
		*"
installed $package
"*) ;;
		*) missing="$missing $package" ;;
		esac
	done
}
find_missing
[ -n "$missing" ] || exit 0

if [ "$(id -u)" = 0 ]; then
	as=
elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
	as="sudo -n"
else
	echo "Some packages are missing. Please run:" >&2
	echo "  sudo apt-get install --no-install-recommends$missing" >&2
	exit 1
fi

echo "installing:$missing"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# RUNLEVEL: no service of theirs is started, which may fail in a container; a test starts what it needs itself.
apt="$as env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get -q -y -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 -o Acquire::http::Timeout=30 -o Acquire::https::Timeout=30"
# A source of somebody else's that cannot be reached is no reason to stop: the install below decides.
$apt update >"$log" 2>&1 || echo "apt-get update had trouble, going on" >&2
if ! $apt install --no-install-recommends $missing >>"$log" 2>&1; then
	# It also fails where another package, of some earlier install, cannot be set up: that is not ours to mend.
	find_missing
	[ -n "$missing" ] || { echo "apt-get had trouble with other packages, going on" >&2; exit 0; }
	tail -n 20 "$log" >&2
	echo "need.sh: cannot install:$missing" >&2
	exit 1
fi
