#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# demo.sh: from a fresh checkout to the shipped series on two kernels. Installs what is missing (or prints the one line that
# does), builds, gets v6.1 and v6.12 from the distribution's kernel source packages, ports, shows the result.
# Runs again at any time: what is there is not fetched again.
set -eu
cd "$(dirname "$0")/.."

targets="v6.1 v6.12"
step() { printf '\n== %s\n' "$*"; }

# The distribution's own package first; where this release has none, wherever ci/targets.conf says.
fetch() {
	tools/series fetch --from "package linux-source-${1#v}" "$1" || {
		echo "$1 is not among this machine's packages; trying its other sources" >&2
		tools/series fetch "$1"
	}
}

# 3 and 1 are results, not failures: a conflict is shown like everything else.
result() {
	local status=0

	"$@" || status=$?
	case $status in 0 | 1 | 3) ;; *) exit "$status" ;; esac
}

bash ci/need.sh build run
step "building"
make -s -j "$(nproc)" all
for target in $targets; do
	step "tools/series fetch $target"
	fetch "$target"
done
step "tools/series apply $targets"
# shellcheck disable=SC2086 # words
result tools/series apply $targets
for target in $targets; do
	step "tools/series show $target: what differs from upstream"
	result tools/series show "$target"
done
printf '\nThe series is on both kernels, as refs of the store. Next: series help\n'
