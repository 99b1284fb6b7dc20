#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
test_description='what is damaged in the caches is made anew; what cannot be is said, and is no verdict'
. "${0%/*}/../lib.sh"

make_store
make_workspace
make_machine
make_ci
kernel_files v6.12.3 k6.12
sed -i '/target "v5.10"/,/source/d; /target "v6.1"/,/source/d' ws/ci/targets.conf
sed -i '/watch "stable-rc"/,/queue\/%/d' ws/ci/ci.conf
cache=$HOME/.cache/series

# Another input, so that there is something to do: only the build's objects of the last time are of use.
anew() {
	echo "/* $1 */" >>ws/ci/guest/smoke_test.c && echo "CONFIG_N$1=y" >>ws/ci/kconfig/demo.config
}
# Each file of a folder: $1 overwritten, or cut to half.
damage() {
	find "$2" -type f -size +0 >files && test -s files && while read -r file; do
		chmod u+w "$file" && case $1 in
		overwrite) perl -e 'open F, "+<", $ARGV[0] or die; seek F, (-s F) / 2, 0; print F "x" x 40' "$file" ;;
		cut) truncate -s "$(($(stat -c %s "$file") / 2))" "$file" ;;
		esac || return 1
	done <files
}

test_expect_success 'what comes out where nothing is damaged' '
	release v6.12.10 k6.12 && series -C ws ci >out && cat out && grep "6\.12\.y *v6\.12\.10 *ok" out && test -n "$(ls "$cache/built")"
'

for how in overwrite cut; do
	test_expect_success "builds that are damaged ($how) are built anew" '
		damage $how "$cache/built" && anew 1$how && series -C ws ci >out && cat out && grep "6\.12\.y *v6\.12\.10 *ok" out
	'

	test_expect_success "so are sources and objects that have lain there for a while ($how)" '
		damage $how "$cache/kernels/v6.12.10/build/demo" && damage $how "$cache/kernels/v6.12.10/source" &&
		touch -d "2 hours ago" "$cache/kernels/v6.12.10/source.tree" "$cache/kernels/v6.12.10/build/demo.state" && anew 2$how && series -C ws ci >out && cat out && grep "6\.12\.y *v6\.12\.10 *ok" out
	'

	test_expect_success "what ccache kept ($how)" '
		rm -rf "$cache/kernels" && damage $how "$cache/ccache" && anew 3$how && series -C ws ci >out && cat out && grep "6\.12\.y *v6\.12\.10 *ok" out
	'

	test_expect_success "what was remembered ($how)" '
		if test -d "$cache/memo"; then damage $how "$cache/memo"; fi; anew 4$how && series -C ws ci >out && cat out && grep "6\.12\.y *v6\.12\.10 *ok" out
	'
done

test_expect_success 'a store that git cannot read is said, and nothing is concluded from it; mended, the next tick goes on' '
	release v6.12.11 k6.12 && git --git-dir=store.git repack -adq && cp -r store.git good.git && for pack in store.git/objects/pack/*.pack; do chmod u+w "$pack" && truncate -s 200 "$pack" || return 1; done &&
	series -C ws ci log --json | jq ".runs | length" >before && { series -C ws ci >out 2>&1; code=$?; cat out; test $code = 125; } &&
	! grep -i "regression\|conflict\|does not build" out && rm -rf store.git && mv good.git store.git && series -C ws ci >out && cat out && grep "6\.12\.y *v6\.12\.11 *ok" out &&
	series -C ws ci log --json | jq -e "[.lines[].red] | any | not"
'

test_done
