#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# shell.sh: shellcheck on every shell script of the tree. What sharness does (tests in quotes, variables of lib.sh) and
# words that are meant to split are no findings.
set -eu
cd "$(dirname "$0")/../.."

scripts=$(
	{ git ls-files --cached --others --exclude-standard 2>/dev/null || find . -type f; } |
		while read -r file; do
			[ -f "$file" ] || continue
			case $file in
			*.sh | *.t) echo "$file" ;;
			*.*) ;;
			*) head -c 64 "$file" | head -n 1 | grep -qaE '^#!.*[ /](ba)?sh( |$)' && echo "$file" ;;
			esac
		done
)
# SC2016: $ in single quotes; SC2086: split on purpose; SC1090, SC1091: sourced files; SC2034, SC2154: set
# and used across them; SC2317: called through eval; SC2046: split on purpose; SC2015: a && b || c; SC2310...
# shellcheck disable=SC2086
shellcheck -S warning -e SC2016,SC2086,SC1090,SC1091,SC2034,SC2154,SC2317,SC2046,SC2015 $scripts
