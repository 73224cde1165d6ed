#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# `explain` on the command line: what is no question, what it prints, and that the rule it names is one that
# allows. An inventory is asked; nothing is enforced.

# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"

mkdir "$STATE"
good_inventory good.yaml

explain() { # ARGUMENT...
	run explain --state-dir "$STATE" "$@"
}

usage_error() { # TEXT ARGUMENT...
	local text=$1
	shift
	explain "$@"
	exits 2 "$text" && silent
}

check "it wants a whole question" usage_error "wants DEVICE to|from REMOTE SERVICE" cam to gateway
check "and no more" usage_error "no use for 'tcp/2'" cam to gateway tcp/1 tcp/2
check "to or from" usage_error "\`to\` or \`from\` has to" cam towards gateway tcp/1
check "a port that is none" usage_error "from 1 to 65535" cam to gateway tcp/1 --source-port 65536
check "a port that is no number" usage_error "--source-port" cam to gateway tcp/1 --source-port x
check "a dscp that is none" usage_error "from 0 to 63" cam to gateway tcp/1 --dscp 64
printf 'version: 1\nfrob: 2\n' >bad.yaml
explain cam to gateway tcp/1 --inventory bad.yaml
check "an invalid inventory" exits 3 "bad.yaml:2:1: error"
explain cam to gateway tcp/1 --inventory nowhere.yaml
check "an inventory that is not there" exits 3 "nowhere.yaml"
run help explain
check "help has its options" eval 'says --source-port && says --inventory'
run help
check "help lists it" says "  explain"

if [ "$(id -u)" != 0 ] || ! bpftool prog list >/dev/null 2>&1; then
	echo "skip explain-answers needs root and the bpf() system call"
	done_testing
fi

ask() { # ARGUMENT...
	explain --inventory good.yaml "$@"
}

explain cam to gateway tcp/1
check "nothing is enforced" exits 1 "nothing is enforced here"
check "and what to do is said" exits 1 "--inventory"
check "and nothing is left" eval '[ -z "$(ls -A "$STATE")" ]'

ask cam to 203.0.113.10 tcp/8883
check "what is allowed" says "cam to 203.0.113.10 tcp/8883: allowed"
check "by which rule" says "by: - allow to 203.0.113.10 tcp/8883  # good.yaml:16"
ask cam to 203.0.113.10 tcp/8884
check "what is refused is an answer as well" says "cam, to: drop no-rule: no rule of the policy allows it"
check "with the rule that would allow it" says "allowed by: - allow to 203.0.113.10 tcp/8884"
check "and where to write it" says "to stand in devices.cam.rules, after good.yaml:16"
check "nothing on standard error" eval '! [ -s "$ERR" ]'
cp good.yaml before.yaml
# shellcheck disable=SC2016
sed -i "16a\\      $(sed -n 's/.*allowed by: //p' "$OUT")" good.yaml
ask cam to 203.0.113.10 tcp/8884
check "which it does" says "cam to 203.0.113.10 tcp/8884: allowed"
mv before.yaml good.yaml

# A MUD file that is odd is told of who asks about a device of it, at either end, and of nobody else.
sed 's|rules:|mud: odd.json\n    &|' good.yaml >mud.yaml
printf '  lamp: {mac: "02:00:5e:10:00:12", addresses: [10.30.0.12], segment: lan}\n' >>mud.yaml
echo '{"ietf-mud:mud":{"mud-url":"https://vendor.example/cam"},"ietf-access-control-list:acls":{"acl":[]}}' >odd.json
odd() { # NUMBER ARGUMENT...
	local warnings=$1
	shift
	explain --inventory mud.yaml "$@"
	[ "$STATUS" = 0 ] && [ "$(grep -c '^odd.json: warning' "$ERR")" = "$warnings" ]
}
check "of a device, it warns of its MUD file" odd 2 cam to 203.0.113.10 tcp/8883
check "of the other end, too" odd 2 lamp to device:cam tcp/80
check "and not of those of others" odd 0 lamp to 203.0.113.10 tcp/8883

ask cam to 2001:db8:: tcp/443
check "what YAML would misread is quoted" says "- 'allow to 2001:db8:: tcp/443'"
ask admin to cam tcp/80
check "both ends are shown" eval 'says "admin, to: pass trusted" && says "cam, from: drop no-rule"'
check "and what is missing at one of them" says "allowed by: - allow from host:admin tcp/80"
ask cam from host:admin tcp/80 --source-port 99 --dscp 46
check "options are part of the rule" says "allow from host:admin tcp/80 source-port 99 dscp 46"
ask cam to 203.0.113.10 tcp/8883 --address 10.30.0.7
check "another's address" says "10.30.0.7 is the address of admin"
check "and what to do" says "-> list its address in devices.cam.addresses"

ask cams to gateway tcp/1
check "no such machine" exits 1 "no device or host 'cams'"
ask "$(printf 'a\033[2J')" to gateway tcp/1
check "an escape in a name is shown" exits 1 'a\x1b[2J'
check "and does not reach the terminal" plain "$ERR"
ask cam to gateway tcp/1-3
check "several ports" exits 2 "name one port"
ask cam to any tcp/1
check "several remotes" exits 2 "is not one remote"
ask cam to '*.portal.example' tcp/1
check "a pattern of names" exits 2 "ask about a name that fits it"
ask cam to portal.example tcp/443
check "a name that nobody resolved" says "cam has not resolved portal.example yet: asked about 192.0.2.1 as if"
check "and the rule that would allow it" says "allowed by: - allow to portal.example tcp/443"
cp good.yaml before.yaml
echo "      - allow to '*.portal.example' tcp/443" >>good.yaml
ask cam to eu.portal.example tcp/443
check "quotes are no part of a name" exits 3 "good.yaml:17"
cp before.yaml good.yaml
printf '      - allow to *.portal.example tcp/443\n    dns: strict\n' >>good.yaml
ask cam to eu.portal.example tcp/443
check "the rule by name that allows it" says "by: - allow to *.portal.example tcp/443  # good.yaml:17"
ask cam to portal.example tcp/443
check "with dns: strict it may not be asked for" says "it may not even ask its resolver for it"
ask cam to eu.portal.example tcp/443 --json
check "as JSON, with a made-up address" grep -q '"made_up": true' "$OUT"
mv before.yaml good.yaml

ask cam to 203.0.113.10 tcp/8884 --json
check "as JSON" json explanations
ask cam to 203.0.113.10 tcp/8884 --color always
check "with colour" eval 'grep -q "$(printf "\033\\[1;31m")drop" "$OUT"'
done_testing
