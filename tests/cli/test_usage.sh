#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# How the command line is read: commands, options in any place, and exit 2 for what is none.

# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"

usage_error() { # TEXT ARGUMENT...
	local text=$1
	shift
	run "$@"
	exits 2 "$text" && silent
}

check "unknown command lists the commands" usage_error "commands: check, plan, apply, confirm, rollback, detach" frobnicate
check "no learn yet" usage_error "unknown command 'learn'" learn x
check "unknown option" usage_error "unknown option '--frob' of 'check'" check --frob x
check "unknown letter" usage_error "unknown option '-z'" -z
check "bundled letters are none" usage_error "unknown option '-hh'" -hh
check "option of a command before its name" usage_error "behind its name" --follow events
check "check wants an inventory" usage_error "wants INVENTORY" check
check "check wants one inventory" usage_error "no use for 'b'" check a b
check "apply wants an inventory" usage_error "wants INVENTORY" apply
check "detach wants what" usage_error "wants an interface, or --all" detach
check "detach wants one of both" usage_error "wants an interface, or --all" detach lan0 --all
check "replay wants a capture" usage_error "wants CAPTURE" replay
check "replay wants an inventory" usage_error "wants --inventory" replay x.pcap
check "show knows its subjects" usage_error "'show' knows no 'rivers'" show rivers
check "and lists them" usage_error "devices, leases, pins [DEVICE], flows" show rivers
check "show leases wants no name" usage_error "no use for 'cam'" show leases cam
check "show flows wants no name" usage_error "'show flows' has no use for 'cam'" show flows cam
check "help on show explains leases" eval 'run help show; says "leases      addresses that devices were seen to get"'
check "show devices wants no name" usage_error "no use for 'cam'" show devices cam
check "mud wants a word" usage_error "'mud' wants (fetch" mud
check "mud knows its words" usage_error "'mud' knows no 'rivers'" mud rivers
check "mud fetch wants a URL" usage_error "'mud fetch' wants URL" mud fetch
check "or all of them" usage_error "has no use for 'https://a.example/'" mud fetch --refresh https://a.example/
check "mud fetch wants no time" usage_error "'mud fetch' has no use for --at" mud fetch --at 2026-01-01 https://a.example/
check "mud verify wants no reason" usage_error "'mud verify' has no use for --why" mud verify --why x a.json
check "mud verify wants a file" usage_error "wants one FILE or URL" mud verify
check "what is accepted wants a reason" usage_error "--why TEXT" mud fetch --accept-unsigned https://a.example/
check "what is accepted is accepted of one file" usage_error "of one URL" mud fetch --accept-new-signer --why x https://a.example/ https://b.example/
check "a reason wants something accepted" usage_error "is for what is accepted" mud fetch --why x https://a.example/
check "mud fetch of no span" usage_error "is no span of time" mud fetch --timeout 5 https://a.example/
check "events wants no operand" usage_error "no use for 'cam'" events cam
check "events of an unknown reason" usage_error "no reason is called" events --reason nonsense
check "events of an unknown type" usage_error "no event is of the type" events --type nonsense
check "events of a count that is none" usage_error "--count" events --count 0
check "events of a negative count" usage_error "--count" events --count=-1
check "an option without its value" usage_error "wants a value" show --state-dir
check "a flag with a value" usage_error "takes no value" show --json=yes
check "a save directory without its name" usage_error "wants a value" apply x --save-dir
check "colour of no kind" usage_error "auto|always|never" --color sometimes
check "an empty argument is no command" usage_error "unknown command ''" ""
check "an escape in a name is shown" usage_error 'unknown command '"'"'a\x1b[2J'"'" "$(printf 'a\033[2J')"
check "and does not reach the terminal" plain "$ERR"

shows() { # TEXT ARGUMENT...
	local text=$1
	shift
	run "$@"
	says "$text"
}

check "help" shows "commands:" help
check "help by option" shows "commands:" --help
check "help by letter" shows "commands:" -h
check "help on a command" shows "--require-native" help apply
check "help by option behind a command" shows "--require-native" apply --help
check "help by option before a command" shows "--require-native" -h apply
check "help wins over missing operands" shows "usage: iotguard-load replay" replay --help
check "help on reasons" shows "no rule of the policy allows it" help reasons
check "no help on nonsense" usage_error "no help on 'nonsense'" help nonsense
check "version" shows "iotguard-load " version
check "version by option" shows "libbpf" --version
check "version names the helpers" shows "replay" version
check "each of them" eval 'run version; grep -q "^mud  *" "$OUT"'

for command in check plan apply detach show events mud replay version help; do
	check "help lists $command" shows "  $command" help
	check "help explains $command" shows "usage: iotguard-load $command" help "$command"
done

prints_json() { # KEY ARGUMENT...
	local key=$1
	shift
	run "$@"
	[ "$STATUS" = 0 ] && json "$key"
}

check "--json before the command" prints_json abi --json version
check "--json behind the command" prints_json abi version --json
check "reasons as JSON" prints_json reasons help reasons --json

done_testing
