#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Completion of the loader, typed at a real bash and a real zsh: what a tab puts in. There, `iotguard-load` is a
# function that writes down what it was called with, and has three devices and an interface to tell of.

# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"

COMPLETION=$BUILD_DIR/completion
CALLS=$WORK/calls

skip() { # NAME REASON
	echo "skip $1 $2"
}

### The table ######################################################################################

table_says() { # LINE
	grep -qxF -e "$1" "$OUT"
}

# A word in capital letters that nobody explained.
table_is_known() {
	[ "$STATUS" = 0 ] && [ -s "$OUT" ] && ! grep -n '<unknown>' "$OUT" >"$ERR"
}

# What help lists is in it, and the other way round.
table_has_all_commands() {
	local listed
	listed=$("$LOADER" help | sed -n '/^commands:/,/^$/ s/^  \([a-z]*\) .*/\1/p' | sort)
	[ -n "$listed" ] && [ "$listed" = "$(awk -F'|' '$1 == "command" { print $2 }' "$OUT" | sort)" ]
}

table_has_all_options() {
	local command bad=0 option
	for command in $(awk -F'|' '$1 == "command" { print $2 }' "$OUT"); do
		for option in $("$LOADER" help "$command" | grep -oE '^  (-., )?--[a-z-]+' | grep -oE '\-\-[a-z-]+'); do
			grep -qE "^option\|($command)?\|$option\|" "$OUT" || { echo "$command $option" >>"$ERR"; bad=1; }
		done
	done
	return "$bad"
}

# What is installed has the table of this very program.
script_is_current() { # SCRIPT
	[ -e "$1" ] && sed "s/'/'\\\\''/g" "$OUT" >"$WORK/escaped" &&
		sed -n "/_table='/,/^'\$/p" "$1" | sed '1d;$d' | diff - "$WORK/escaped" >"$ERR"
}

### What is typed ##################################################################################

# Each with what the program is called with: a tab puts in all that may stand there, in the order of the shell.
TYPED=() EXPECTED=() NAMES=()
typed() { # NAME LINE ARGUMENT...
	NAMES+=("$1")
	TYPED+=("iotguard-load $2")
	EXPECTED+=("$(printf '<%s>' "${@:3}")")
}

typed "commands by their beginning" 'de\t' detach
typed "options of every command" '--s\t' --save-dir --socket --state-dir
typed "not those of commands" '--fo\t' --fo
typed "options of a command" 'apply --re\t' apply --require-native
typed "but no other's" 'check --re\t' check --re
typed "subjects of show" 'show s\t' show stats status
# shellcheck disable=SC2046 # words
typed "all of them" 'show \t' show $("$LOADER" completion table | sed -n 's/^operand|show|0||//p' | sort -u)
typed "options before the command" '--json --state-dir /x show st\t' --json --state-dir /x show stats status
typed "an option with its value in one" '--state-dir=/x show st\t' --state-dir=/x show stats status
typed "words of mud" 'mud \t' mud check diff export fetch show verify
typed "files to verify" 'mud verify ho\t' mud verify home.yaml
typed "options of mud" 'mud fetch --accept\t' mud fetch --accept-expired-until --accept-new-signer --accept-unsigned
typed "choices" '--color a\t' --color always auto
typed "choices behind the sign" '--color=n\t' --color=never
typed "files behind the sign" '--socket=ho\t' --socket=home.yaml
typed "files" 'apply ho\t' apply home.yaml
typed "a file with a space in its name" 'check my\t' check "my home.yaml"
typed "a file of a folder" 'check folder/w\t' check folder/ward.yaml
typed "the value of an option" 'replay x.pcap --inventory ho\t' replay x.pcap --inventory home.yaml
typed "folders where a folder is wanted" 'show --state-dir fo\t' show --state-dir folder
typed "devices" 'show policy cam-\t' show policy cam-drive cam-porch
typed "devices only where there may be some" 'show flows cam-\t' show flows cam-
typed "devices of an option" 'events --device l\t' events --device lamp
typed "devices to quarantine" 'quarantine cam-p\t' quarantine cam-porch
typed "and to release" 'release la\t' release lamp
typed "devices of another gateway" '--state-dir /other show policy \t' --state-dir /other show policy kettle
typed "likewise in one" '--state-dir=/other show policy \t' --state-dir=/other show policy kettle
typed "a number is not offered" 'events --count \t' events --count
typed "interfaces" 'detach \t' detach lan1
typed "reasons" 'events --reason nd\t' events --reason nd nd-spoof
typed "types of events" 'events --type new\t' events --type new-device new-flow
typed "behind all operands, options" 'check home.yaml --str\t' check home.yaml --strict
typed "no option behind --" 'check -- --str\t' check -- --str
typed "help on commands" 'help de\t' help detach
typed "help on reasons" 'help rea\t' help reasons
typed "a command that is none" 'frobnicate x\t' frobnicate x
typed "nothing that is not for people" 'compl\t' compl

cat >"$WORK/answers" <<'E2'
iotguard-load() {
	case "$*" in
	"--state-dir /other completion devices" | "--state-dir=/other completion devices") echo kettle ;;
	"completion devices" | *" completion devices") printf '%s\n' cam-porch cam-drive lamp ;;
	"completion interfaces") echo lan1 ;;
	*) { printf '<%s>' "$@"; echo; } >>"$CALLS" ;;
	esac
}
E2

type_at() { # SHELL-COMMAND
	rm -f "$CALLS"
	local line
	for line in "${TYPED[@]}"; do
		printf '%b\n' "$line"
	done >"$WORK/typed"
	printf 'exit\n' >>"$WORK/typed"
	CALLS=$CALLS TERM=dumb timeout 60 script -qec "$1" /dev/null <"$WORK/typed" >"$OUT" 2>"$ERR"
	[ -e "$CALLS" ] && [ "$(wc -l <"$CALLS")" = "${#TYPED[@]}" ]
}

called_with() { # NUMBER
	local call
	call=$(sed -n "$(($1 + 1))p" "$CALLS")
	[ "$call" = "${EXPECTED[$1]}" ] || { echo "typed ${TYPED[$1]}: $call" >"$ERR"; return 1; }
}

holds_results() { # SHELL
	local i
	for i in "${!TYPED[@]}"; do
		check "$1: ${NAMES[$i]}" called_with "$i"
	done
}

####################################################################################################

run completion table
check "every word in capital letters is known" table_is_known
check "the table has all commands" table_has_all_commands
check "the table has all options" table_has_all_options
check "and choices" table_says "option||--color||auto always never|colour the text; auto: on a terminal, unless NO_COLOR is set"
check "and what stands behind what" table_says "operand|show|1|policy|<device>"
check "and what stands behind nothing" table_says "operand|show|0||leases"
check "and reasons" table_says "reason|nd-spoof"
if [ -d "$COMPLETION" ]; then
	check "the script for bash has this table" script_is_current "$COMPLETION/iotguard-load.bash"
	check "the script for zsh has this table" script_is_current "$COMPLETION/iotguard-load.zsh"
fi
run help
check "help does not list it" eval '! grep -q completion "$OUT"'
run completion rivers
check "it knows what it is asked for" exits 2 "'completion' knows no 'rivers'"
run --state-dir "$STATE" completion devices
check "without a policy there are no devices" silent

mkdir folder
touch home.yaml "my home.yaml" folder/ward.yaml
if ! command -v script >/dev/null; then
	skip bash "there is no script(1) here to make a terminal"
	skip zsh "there is no script(1) here to make a terminal"
	done_testing
fi

cat >bashrc <<E2
PS1= HISTFILE=
bind '"\t": insert-completions'
bind 'set enable-bracketed-paste off'
. "$WORK/answers"
. "$COMPLETION/iotguard-load.bash"
E2
check "bash takes what is typed" type_at "bash --noprofile --rcfile $WORK/bashrc -i"
holds_results bash

if ! command -v zsh >/dev/null; then
	skip zsh "zsh is not installed (make deps)"
	done_testing
fi
check "the script is zsh" zsh -n "$COMPLETION/iotguard-load.zsh"
mkdir zsh
cp "$COMPLETION/iotguard-load.zsh" zsh/_iotguard-load
cat >zsh/.zshrc <<E2
PS1= HISTFILE=
unsetopt zle_bracketed_paste prompt_sp prompt_cr 2>/dev/null
fpath=("$WORK/zsh" \$fpath)
autoload -Uz compinit && compinit -u -D
zstyle ':completion:all::::' completer _all_matches _complete
zstyle ':completion:all:*' insert true
zle -C all complete-word _generic
bindkey '^I' all
. "$WORK/answers"
E2
check "zsh takes what is typed" type_at "env ZDOTDIR=$WORK/zsh zsh -d -i"
holds_results zsh
done_testing
