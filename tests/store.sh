#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# store.sh [VERSION...]: see to it that the test store has these kernels, else those of tests/kernels. What is there
# is not fetched again. A version that no source has any more is replaced by the newest of
# its branch; where that fails too it says so and goes on, since the tests that need it are skipped aloud.
# Fails only when not one kernel is there.
set -u

top=$(cd "$(dirname "$0")/.." && pwd)
series=${SERIES:-$top/tools/series}
store=${SERIES_TEST_STORE:-${XDG_CACHE_HOME:-$HOME/.cache}/series/test-store.git}

[ $# -gt 0 ] || set -- $(awk '/^v/ { print $1 }' "$top/tests/kernels")
mkdir -p "$(dirname "$store")"
[ -d "$store" ] || git init -q --bare "$store" || exit 1

# One at a time: a second run waits here, and then finds everything there.
exec 9>"$store.lock"
flock 9

has() {
	[ -n "$(git --git-dir="$store" for-each-ref --count=1 "refs/series/kernel/$1" "refs/series/kernel/$1.*")" ]
}

fetch() {
	"$series" -C "$top" --store "$store" fetch "$1" 9>&-
}

for version; do
	has "$version" && continue
	branch=$(echo "$version" | sed 's/^\(v[0-9]*\.[0-9]*\).*/\1/')
	echo "test store: $version"
	fetch "$version" && continue
	[ "$branch" != "$version" ] && fetch "$branch" && continue
	echo "test store: cannot get $version; what needs it is skipped" >&2
done

[ -n "$(git --git-dir="$store" for-each-ref --count=1 refs/series/kernel/)" ] || {
	echo "test store: there is not one kernel in $store" >&2
	exit 1
}
