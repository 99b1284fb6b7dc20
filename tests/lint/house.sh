#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# house.sh [DIR]: the rules of the house that a script can see, one finding a line; fails when there is one.
#	floors		base < patch < kernel < ci < cmd: includes go downwards only, and name their floor
#	silence		nothing below cmd/ prints or exits
#	size		a file has at most 600 lines, a function at most 140
#	licence		each source says its SPDX identifier in its first two lines
#	places		no path of one machine, no host of a package registry
set -u
cd "${1:-$(dirname "$0")/../..}" || exit 2

found=$(mktemp)
trap 'rm -f "$found"' EXIT

# What git knows, and what is about to be known to it; without git (a tarball) everything but build/.
files() {
	if [ -e .git ]; then
		git ls-files -z --cached --others --exclude-standard
	else
		find . -name build -prune -o -type f -print0 | sed -z 's,^\./,,'
	fi | xargs -0 -r ls -d 2>/dev/null
}
all=$(files)
c=$(printf '%s\n' "$all" | grep '\.[ch]$')
tools=$(printf '%s\n' "$c" | grep '^tools/')
below=$(printf '%s\n' "$tools" | grep -v '^tools/cmd/')

# Comments and the insides of strings taken out, so that words in them are no code.
bare() {
	awk '
	function strip(s,   out, i, ch, q) {
		out = ""
		for (i = 1; i <= length(s); i++) {
			ch = substr(s, i, 1)
			if (comment) {
				if (substr(s, i, 2) == "*/") { comment = 0; i++ }
			} else if (q != "") {
				if (ch == "\\") i++
				else if (ch == q) { q = ""; out = out ch }
			} else if (substr(s, i, 2) == "/*") { comment = 1; i++
			} else if (substr(s, i, 2) == "//") break
			else {
				if (ch == "\"" || ch == "\x27") q = ch
				out = out ch
			}
		}
		return out
	}
	FNR == 1 { comment = 0 }
	{ print FILENAME ":" FNR ":" strip($0) }' "$@"
}

# shellcheck disable=SC2086
{
	awk '
	BEGIN { split("base patch kernel ci cmd", f); for (i in f) floor[f[i]] = i }
	/^[ \t]*#[ \t]*include[ \t]*"/ {
		split(FILENAME, path, "/")
		name = $0
		sub(/^[^"]*"/, "", name)
		sub(/".*/, "", name)
		split(name, part, "/")
		if (name == "version.h" && path[2] == "cmd")
			next
		if (!(part[1] in floor))
			print FILENAME ":" FNR ": \"" name "\" does not name its floor"
		else if (floor[part[1]] > floor[path[2]])
			print FILENAME ":" FNR ": " path[2] "/ includes upwards: \"" name "\""
	}' $tools

	# Only running out of memory, said and then abort()ed on, ends the program where it is found.
	bare $below | awk '
		/abort\(\);/ && held ~ /fputs\("", stderr\)/ { held = "" }
		{ if (held != "") print held; held = $0 }
		END { print held }' |
		grep -E '[^A-Za-z0-9_](v?printf|puts|putchar|perror|errx?|warnx?|exit)\(|[^A-Za-z0-9_](fprintf|vfprintf|dprintf)\((stderr|stdout)|(fputs|fputc|putc|fwrite)\(.*(stderr|stdout)' |
		grep -vE '\b_exit\(' |
		sed 's/^\([^:]*:[0-9]*\):.*/\1: prints or exits below cmd\//'

	awk '
	FNR == 1 && NR > 1 && last > 600 { print name ": " last " lines, more than 600" }
	{ name = FILENAME; last = FNR }
	END { if (last > 600) print name ": " last " lines, more than 600" }' $c

	awk '
	/^[{][ \t]*$/ { start = FNR }
	/^}/ && start {
		if (FNR - start > 140)
			print FILENAME ":" start ": a function of " FNR - start " lines, more than 140"
		start = 0
	}' $c

	for file in $(printf '%s\n' "$all" | grep -E '\.(c|h|sh|t|pl|py|cocci|mk)$|^(Makefile|\.ci/run|tests/run|tests/bench/run|tests/eval/run)$'); do
		# What was taken from elsewhere as data (a test pair in C, a mail) carries what it came with.
		case $file in
		coccinelle/*.c | tests/*/cases/* | tests/*/corpus/* | tests/data/*) continue ;;
		esac
		head -n 2 "$file" | grep -q 'SPDX-License-Identifier: ' ||
			echo "$file:1: no SPDX-License-Identifier"
	done

	# The hosts are those of this machine's own package sources; the second pattern knows the usual ones.
	hosts=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null |
		grep -oE 'https?://[^/ ]+' | sed 's,.*//,,; s/[.]/[.]/g' | sort -u | paste -sd'|')
	usual='(deb|ftp|security|snapshot|cdn-fastly|archive)[.](debian|ubuntu)[.](org|com|net)|registry[.]npmjs'
	printf '%s\n' "$all" | grep -v '^tests/lint/' | tr '\n' '\0' |
		xargs -0 grep -HnIE "(${hosts:+$hosts|}$usual)" 2>/dev/null |
		sed 's/^\([^:]*:[0-9]*\):.*/\1: names the host of a package registry/'
	printf '%s\n' "$all" | grep -v '^tests/lint/' | tr '\n' '\0' |
		xargs -0 grep -HnIE '(^|[^A-Za-z0-9_.~-])/(work|root|farm)/' 2>/dev/null |
		sed 's/^\([^:]*:[0-9]*\):.*/\1: names a path of one machine/'
} >"$found" 2>&1

cat "$found"
[ ! -s "$found" ]
