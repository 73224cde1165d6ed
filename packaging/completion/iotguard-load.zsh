#compdef iotguard-load
# SPDX-License-Identifier: BSD-2-Clause
#
# Completion of iotguard-load for zsh. The build puts in the table of what there is to type, of which
# user/cli/cmd_completion.c says the format.

typeset -g _iotguard_load_table='@TABLE@'

# In `reply`, rows of the table as "NAME:EXPLANATION".
_iotguard_load_commands() {
	local what name summary
	reply=()
	while IFS='|' read -r what name summary; do
		[[ $what == command ]] && reply+=("$name:$summary")
	done <<<"$_iotguard_load_table"
}

_iotguard_load_options() { # COMMAND
	local what command name letter offers help
	reply=()
	while IFS='|' read -r what command name letter offers help; do
		[[ $what == option && ( -z $command || $command == "$1" ) ]] && reply+=("$name:$help")
	done <<<"$_iotguard_load_table"
}

_iotguard_load_reasons() {
	local what name
	reply=()
	while IFS='|' read -r what name; do
		[[ $what == reason ]] && reply+=("$name")
	done <<<"$_iotguard_load_table"
}

# In `reply`, what the value of an option may be. Fails where it takes none.
_iotguard_load_offers() { # COMMAND OPTION
	local what command name letter offers help
	reply=()
	while IFS='|' read -r what command name letter offers help; do
		[[ $what == option && ( $2 == "$name" || $2 == "$letter" ) ]] || continue
		[[ -z $command || $command == "$1" ]] || continue
		reply=(${=offers})
		[[ -n $offers ]]
		return
	done <<<"$_iotguard_load_table"
	return 1
}

# In `reply`, what may come behind these operands.
_iotguard_load_operands() { # COMMAND OPERAND...
	local what command place before offer operands="${*[2,-1]}"
	reply=()
	while IFS='|' read -r what command place before offer; do
		[[ $what == operand && $command == "$1" && $place == $(( $# - 1 )) ]] || continue
		[[ $operands == ${~before} ]] && reply+=("$offer")
	done <<<"$_iotguard_load_table"
}

_iotguard_load_add() { # OFFER...
	local offer added=1
	local -a words_offered reply names
	for offer; do
		case $offer in
		'<file>') _files && added=0 ;;
		'<directory>') _files -/ && added=0 ;;
		'<device>')
			names=(${(f)"$("${ask[@]}" completion devices 2>/dev/null)"})
			_describe -t devices device names && added=0
			;;
		'<interface>')
			names=(${(f)"$("${ask[@]}" completion interfaces 2>/dev/null)"})
			_describe -t interfaces interface names && added=0
			;;
		'<reason>')
			_iotguard_load_reasons
			_describe -t reasons reason reply && added=0
			;;
		'<command>')
			_iotguard_load_commands
			_describe -t commands command reply && added=0
			;;
		'<'*) ;;
		*) words_offered+=("$offer") ;;
		esac
	done
	if (( $#words_offered )); then
		words_offered=(${(u)words_offered})
		_describe -t values value words_offered && added=0
	fi
	return added
}

_iotguard_load() {
	local word option command only_operands
	local -a operands ask reply
	ask=("${(Q)words[1]/#\~\//$HOME/}")
	for word in "${(@Q)words[2,CURRENT-1]}"; do
		if [[ -n $option ]]; then
			# the names are those of the same gateway
			[[ $option == --state-dir ]] && ask+=($option "$word")
			option=
		elif [[ -z $only_operands && $word == -- ]]; then
			only_operands=1
		elif [[ -z $only_operands && $word == -?* ]]; then
			[[ $word == --state-dir=* ]] && ask+=("$word")
			[[ $word != *=* ]] && _iotguard_load_offers "$command" "$word" && option=$word
		elif [[ -z $command ]]; then
			command=$word
		else
			operands+=("$word")
		fi
	done
	word=${(Q)words[CURRENT]}
	if [[ -n $option ]]; then
		_iotguard_load_offers "$command" "$option"
		_iotguard_load_add $reply
	elif [[ -z $only_operands && $word == --*=* ]]; then
		_iotguard_load_offers "$command" "${word%%=*}" || return 1
		compset -P '*='
		_iotguard_load_add $reply
	elif [[ -z $only_operands && $word == -* ]]; then
		_iotguard_load_options "$command"
		_describe -o option reply
	elif [[ -z $command ]]; then
		_iotguard_load_commands
		_describe -t commands command reply
	else
		_iotguard_load_operands "$command" "${operands[@]}"
		if (( $#reply )); then
			_iotguard_load_add $reply
		else
			_iotguard_load_options "$command"
			_describe -o option reply
		fi
	fi
}

_iotguard_load "$@"
