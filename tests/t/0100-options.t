#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
test_description='options, help, man page and completion come from the tables'
. "${0%/*}/../lib.sh"

test_expect_success 'without a command it says where to look, and exits with 2' '
	test_expect_code 2 series 2>err &&
	grep "series help" err
'

test_expect_success 'help and -h print the same, to standard output' '
	series help >one && series -h >two && series --help >three &&
	test_cmp one two && test_cmp one three &&
	grep "apply" one && grep -e "--store DIR" one
'

test_expect_success 'each command that help lists has help of its own, with a usage line' '
	series help | sed -n "/^commands:/,/^\$/s/^  \([a-z-]*\) .*/\1/p" >names &&
	test $(wc -l <names) -ge 8 &&
	while read -r name; do
		series help "$name" >out && grep -q "^usage: series $name" out &&
		series "$name" --help >again && test_cmp out again || return 1
	done <names
'

test_expect_success 'a misspelt command is refused, and the near one named' '
	test_expect_code 2 series aplly v6.12 2>err &&
	grep "did you mean .apply" err
'

test_expect_success 'a misspelt option is refused, and the near one named' '
	test_expect_code 2 series apply --dry-rnu v6.12 2>err &&
	grep "did you mean --dry-run" err
'

test_expect_success 'an option without its value, or with another word than it takes, is refused' '
	test_expect_code 2 series --store 2>err && grep "needs a value" err &&
	test_expect_code 2 series --store= list 2>err && grep "needs a value" err &&
	test_expect_code 2 series --color=sometimes list 2>err && grep "auto always never" err
'

test_expect_success 'a word too many or too few is refused' '
	test_expect_code 2 series apply 2>err && grep "TARGET" err &&
	test_expect_code 2 series list more 2>err && grep "takes no words" err &&
	test_expect_code 2 series show v6.12 1 2 2>err && grep "one word too many" err
'

test_expect_success 'JSON is refused where there is none, not left out' '
	test_expect_code 2 series --json resolve v6.12 2>err && grep "prints no JSON" err
'

test_expect_success 'the version says which build it is' '
	series --version >out && grep "^series [0-9][0-9.]* (.*build [0-9a-f]\{12\})" out
'

test_expect_success 'options of every command go before its name or behind it' '
	make_workspace && make_store &&
	series -C ws list >one && series list -C ws >two && test_cmp one two
'

test_expect_success 'the workspace is found from a folder inside it' '
	(cd ws/series/demo && series list) >two && test_cmp one two &&
	test_expect_code 2 series list 2>err && grep "no workspace" err && grep -e "-C DIR" err
'

test_expect_success 'the man page in docs/ is what the tables say (series help --man >docs/series.1)' '
	series help --man >man && test_cmp "$TOP/docs/series.1" man
'

test_expect_success 'the completion in docs/ is what the tables say (series help --completion >docs/series.bash)' '
	series help --completion >completion && test_cmp "$TOP/docs/series.bash" completion
'

test_expect_success 'every option and every mark stands in the man page' '
	for name in directory store json quiet explain continue not-needed; do
		tr -d "\\\\" <"$TOP/docs/series.1" | grep -q -e "--$name" || return 1
	done &&
	grep "three.*way: merged against" man
'

# The words that bash would offer behind those given; the last one is being written.
cat >complete.bash <<'END'
compopt() { :; }
. "$TOP/docs/series.bash"
series() { "$SERIES" "$@"; }
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
_series
printf '%s\n' "${COMPREPLY[@]}"
END

test_expect_success 'completion offers commands, options and the targets there are' '
	bash complete.bash series ap >out && echo apply >want && test_cmp want out &&
	bash complete.bash series apply --dry >out && echo --dry-run >want && test_cmp want out &&
	bash complete.bash series -C ws apply v6.12. >out &&
	printf "%s\n" v6.12.3 v6.12.9 >want && test_cmp want out
'

test_expect_success 'and what an option takes: words, series, cells, machines, tests' '
	make_machine &&
	bash complete.bash series build --sandbox = bub >out && echo bubblewrap >want && test_cmp want out &&
	bash complete.bash series build --sandbox = >out && printf "%s\n" bubblewrap unshare none >want && test_cmp want out &&
	bash complete.bash series list --names se >out && echo series >want && test_cmp want out &&
	bash complete.bash series -C ws --series "" >out && echo demo >want && test_cmp want out &&
	bash complete.bash series -C ws test --cell "" >out && printf "%s\n" fake other >want && test_cmp want out &&
	bash complete.bash series -C ws test --machine f >out && echo fake >want && test_cmp want out &&
	bash complete.bash series -C ws test --only pay >out && echo payload_test >want && test_cmp want out
'

test_done
