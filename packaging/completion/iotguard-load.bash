# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# Completion of iotguard-load for bash. The build puts in the table of what there is to type, of which
# user/cli/cmd_completion.c says the format.

_iotguard_load_table='@TABLE@'

# _iotguard_load_words: the command line up to the cursor, in whole: bash divides words at = and :, too.
_iotguard_load_words() {
	local rest=$COMP_LINE piece glued=
	words=()
	for piece in "${COMP_WORDS[@]:0:COMP_CWORD+1}"; do
		rest=${rest#"${rest%%[![:space:]]*}"}
		if [ -n "$glued" ]; then
			words[${#words[@]} - 1]+=$piece
		else
			words+=("$piece")
		fi
		rest=${rest#"$piece"}
		glued=
		if [[ -n $rest && $rest != [[:space:]]* ]]; then
			glued=1
		fi
	done
}

# _iotguard_load_offers COMMAND OPTION: what its value may be. Fails where the option takes none.
_iotguard_load_offers() {
	local what command name letter offers
	while IFS='|' read -r what command name letter offers _; do
		[[ $what = option && ($2 = "$name" || $2 = "$letter") ]] || continue
		[[ -z $command || $command = "$1" ]] || continue
		[ -n "$offers" ] || return 1
		printf '%s\n' "$offers"
		return 0
	done <<<"$_iotguard_load_table"
	return 1
}

_iotguard_load_options() { # COMMAND
	local what command name
	while IFS='|' read -r what command name _; do
		[[ $what = option && (-z $command || $command = "$1") ]] && printf '%s\n' "$name"
	done <<<"$_iotguard_load_table"
}

_iotguard_load_commands() {
	local what name
	while IFS='|' read -r what name _; do
		[ "$what" = command ] && printf '%s\n' "$name"
	done <<<"$_iotguard_load_table"
}

_iotguard_load_reasons() {
	local what name
	while IFS='|' read -r what name _; do
		[ "$what" = reason ] && printf '%s\n' "$name"
	done <<<"$_iotguard_load_table"
}

# _iotguard_load_operands COMMAND OPERAND...: what may come behind these.
_iotguard_load_operands() {
	local what command place before offer operands=${*:2}
	while IFS='|' read -r what command place before offer; do
		[[ $what = operand && $command = "$1" && $place = $(($# - 1)) ]] || continue
		# shellcheck disable=SC2053 # a pattern
		[[ $operands = $before ]] && printf '%s\n' "$offer"
	done <<<"$_iotguard_load_table"
}

# _iotguard_load_reply WORD OFFER...: in COMPREPLY.
_iotguard_load_reply() {
	local word=$1 offer list=
	shift
	for offer; do
		case $offer in
		'<file>')
			compopt -o filenames 2>/dev/null
			mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "$word")
			;;
		'<directory>')
			compopt -o filenames 2>/dev/null
			mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -d -- "$word")
			;;
		'<device>') list+=" $("${ask[@]}" completion devices 2>/dev/null)" ;;
		'<interface>') list+=" $("${ask[@]}" completion interfaces 2>/dev/null)" ;;
		'<reason>') list+=" $(_iotguard_load_reasons)" ;;
		'<command>') list+=" $(_iotguard_load_commands)" ;;
		'<'*) ;;
		*) list+=" $offer" ;;
		esac
	done
	mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -W "$list" -- "$word")
}

_iotguard_load() {
	local word option='' command='' only_operands='' offers
	local -a words operands=() ask=("$1")
	COMPREPLY=()
	_iotguard_load_words
	for word in "${words[@]:1:${#words[@]}-2}"; do
		if [ -n "$option" ]; then
			# the names are those of the same gateway
			[ "$option" = --state-dir ] && ask+=("$option" "$word")
			option=
		elif [[ -z $only_operands && $word = -- ]]; then
			only_operands=1
		elif [[ -z $only_operands && $word = -?* ]]; then
			[[ $word = --state-dir=* ]] && ask+=("$word")
			if [[ $word != *=* ]] && _iotguard_load_offers "$command" "$word" >/dev/null; then
				option=$word
			fi
		elif [ -z "$command" ]; then
			command=$word
		else
			operands+=("$word")
		fi
	done
	word=${words[${#words[@]} - 1]}
	if [ -n "$option" ]; then
		offers=$(_iotguard_load_offers "$command" "$option")
	elif [[ -z $only_operands && $word = --*=* ]]; then
		offers=$(_iotguard_load_offers "$command" "${word%%=*}") || return 0
		word=${word#*=}
	elif [[ -z $only_operands && $word = -* ]]; then
		offers=$(_iotguard_load_options "$command")
	elif [ -z "$command" ]; then
		offers=$(_iotguard_load_commands)
	else
		offers=$(_iotguard_load_operands "$command" "${operands[@]}")
		[[ -z $offers && -z $word ]] && offers=$(_iotguard_load_options "$command")
	fi
	# shellcheck disable=SC2086 # a list
	_iotguard_load_reply "$word" $offers
}

complete -F _iotguard_load iotguard-load
