# SPDX-License-Identifier: GPL-2.0-or-later
# bash completion for series; written by: series help --completion
_series()
{
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}
	local i command= own= words=commands of=
	local -a with=()
	local global=' --directory --series --store --json --quiet --color= --version --help'
	local commands=' fetch apply status show resolve verify build test ci import update export failed history report list port-tree help'
	COMPREPLY=()
	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		-C | --directory | --store | --series)
			((i + 1 < COMP_CWORD)) && with+=("${COMP_WORDS[i]}" "${COMP_WORDS[i+1]}")
			((i++)) ;;
		-* | = | auto | always | never) ;;
		*) [[ $command ]] || command=${COMP_WORDS[i]} ;;
		esac
	done
	[[ $cur == = ]] && cur=
	[[ $prev == = ]] && prev=${COMP_WORDS[COMP_CWORD-2]}
	case $prev in
	-C | --directory | --store) COMPREPLY=($(compgen -d -- "$cur")); return ;;
	--ktap | --junit) COMPREPLY=($(compgen -f -- "$cur")); return ;;
	--series) of=series ;;
	--cell) of=cells ;;
	--machine) of=machines ;;
	--only) of=tests ;;
	--color) COMPREPLY=($(compgen -W 'auto always never' -- "$cur")); return ;;
	--sandbox) COMPREPLY=($(compgen -W 'bubblewrap unshare none' -- "$cur")); return ;;
	--names) COMPREPLY=($(compgen -W 'series targets kernels cells machines tests' -- "$cur")); return ;;
	esac
	if [[ $of ]]; then
		own=$(series "${with[@]}" list --names $of 2>/dev/null)
		COMPREPLY=($(compgen -W "$own" -- "$cur")); return
	fi
	case $command in
	fetch) words=targets own=' --from' ;;
	apply) words=targets own=' --dry-run --explain' ;;
	status) words=targets own='' ;;
	show) words=targets own='' ;;
	resolve) words=targets own=' --continue --note --not-needed --abort' ;;
	verify) words=targets own=' --only --fresh --jobs --sandbox=' ;;
	build) words=targets own=' --fresh --cell --each --jobs --sandbox=' ;;
	test) words=targets own=' --list --only --machine --rerun --ktap --junit --fresh --cell --each --jobs --sandbox=' ;;
	ci) words='log doctor publish prune' own=' --plan --fail-if-locked --dry-run --task' ;;
	import) words=files own=' --number --in-place --upstream --no-b4' ;;
	update) words=files own=' --dry-run --archive --upstream --force --no-b4' ;;
	export) words=targets own=' --out --cover --reroll-count --failed --in-reply-to --range-diff' ;;
	failed) words=files own=' --out --force --on --import' ;;
	history) words=targets own=' --last' ;;
	report) words=targets own=' --html --mail --cover' ;;
	list) words=none own=' --names=' ;;
	port-tree) words=files own=' --explain' ;;
	help) words=commands own=' --man --completion' ;;
	esac
	if [[ $cur == -* ]]; then
		COMPREPLY=($(compgen -W "$global $own" -- "$cur"))
		[[ ${COMPREPLY-} == *= ]] && compopt -o nospace
		return
	fi
	case $words in
	none) ;;
	files) COMPREPLY=($(compgen -f -- "$cur")) ;;
	commands) COMPREPLY=($(compgen -W "$commands" -- "$cur")) ;;
	targets)
		own=$(series "${with[@]}" list --names targets 2>/dev/null)
		COMPREPLY=($(compgen -W "$own" -- "$cur")) ;;
	*) COMPREPLY=($(compgen -W "$words" -- "$cur")) ;;
	esac
}
complete -F _series series
