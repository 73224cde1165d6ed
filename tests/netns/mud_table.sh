#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# What becomes of a heap of MUD files, as a table, and whether all of them can be enforced at once.
#
#	mud_table.sh DIRECTORY		takes every *.json and *.mud below it
#
# One line a file: entries (ACEs of the lists that its policies name), and how many of them became rules, are about answers,
# about infrastructure, match nothing, and fail closed; then rules, entries that deny more than they say, and entries
# with an address written into them. Below it why entries fail closed, or why the file is refused. Entries, answers and
# infrastructure are counted from the file by itself, the others are what iotguard-load says: the sum has to be right.
#
# Then each file that is not refused gets a device in a namespace, and all of them one policy. Each device opens
# what its file allows, where that is a name, and is let; and something that no file allows, and is refused.

. "$(dirname "${BASH_SOURCE[0]}")/lab.sh"
FILES=${1:-}
[ -d "$FILES" ] || { echo "usage: mud_table.sh DIRECTORY" >&2; exit 2; }
FILES=$(realpath "$FILES")
lab_enter "$0" "$FILES"
. "$LAB_SOURCE/lan.sh"
lan_needs jq

MEET=$(lab_tool meet) || lab_die "the tool meet cannot be built"
DEVICES=()
declare -A FILE ADDRESS

inventory_head() {
	cat <<-YAML
		version: 1
		gateway:
		  addresses: [$GATEWAY]
		  macs: ["$GATEWAY_MAC"]
		  resolvers: [$GATEWAY]
		  time-servers: [$GATEWAY]
		segments: {lan: {interfaces: [${1:-lan0}], networks: [10.30.0.0/24]}}
		devices:
	YAML
}

inventory_device() { # NAME NUMBER
	printf '  %s: {mac: "02:00:5e:30:00:%02x", addresses: [10.30.0.%d], segment: lan, mud: "%s"}\n' \
		"$1" "$2" $((100 + $2)) "${FILE[$1]}"
}

### The table ######################################################################################

# Entries of the lists that are named, one a line: side, and what becomes of it without a rule, if that can be seen.
entries() { # FILE
	jq -r '
	def named: .["access-lists"]["access-list"][]? | .name // .["acl-name"];
	(.["ietf-access-control-list:acls"] // .["ietf-access-control-list:access-lists"]).acl as $acls |
	.["ietf-mud:mud"] as $mud | ("from-device", "to-device") as $side |
	(($mud[$side + "-policy"] // {}) | named) as $name |
	$acls[] | select((.name // .["acl-name"]) == $name) | (.aces // .["access-list-entries"] // {}).ace[]? |
	((.matches.tcp // .matches["tcp-acl"] // {})["ietf-mud:direction-initiated"] // $side) as $opens |
	(.matches.eth.ethertype // "" | tostring | ascii_downcase) as $type |
	if ["0x0806", "0x888e", "0x88cc"] | index($type) then "infrastructure"
	elif $opens != $side and (.actions.forwarding | endswith("accept")) then "answers"
	else "-" end' "$1"
}

said() { # PATTERN: how many warnings of entries say so
	grep -c "warning: the entry .*$1" "$LAB/said"
}

tell_file() { # NAME SHORT
	local all answers infrastructure ruled rules
	entries "${FILE[$1]}" >"$LAB/entries" || return
	all=$(wc -l <"$LAB/entries")
	answers=$(grep -c answers "$LAB/entries")
	infrastructure=$(grep -c infrastructure "$LAB/entries")
	read -r ruled rules < <(jq -r '[.machines[0].policy.rules[] | select(.level == "mud")] |
		"\(map([.direction, .line, .rule[-80:]] | join(" ")) | map(sub(".* because "; "")) | unique | length) \(length)"' "$LAB/plan")
	printf '%-52s %7d %7d %7d %7d %7d %7d %7d %7d %7d\n' "$2" "$all" "$ruled" "$answers" "$infrastructure" \
		"$(said 'matches nothing')" "$(said 'allows nothing')" "$rules" "$(said 'denies more')" "$(said 'written into it')"
	sed -n "s/.*warning: the entry .* allows nothing: /    closed: /p; s/.*warning: the entry .* denies more than it says: /    wider: /p" \
		"$LAB/said" | sort | uniq -c | sed 's/^ *\([0-9]*\) *\(.*\)/    \1 \2/'
	[ $((ruled + answers + infrastructure + $(said 'matches nothing') + $(said 'allows nothing'))) = "$all" ]
}

# A file that is refused is no failure; one that the table cannot account for is.
try_file() { # PATH
	local name short=${1#"$FILES/"}
	name=$(basename "${1%.*}" | tr -c 'A-Za-z0-9\n' - | tr '[:upper:]' '[:lower:]')
	[ -z "${FILE[$name]:-}" ] || name+=-$((${#DEVICES[@]} + 1))
	FILE[$name]=$1
	{ inventory_head; inventory_device "$name" 0; } >"$LAB/one.yaml"
	if "$LOADER" plan --alone --json "$LAB/one.yaml" >"$LAB/plan" 2>"$LAB/said"; then
		tell_file "$name" "$short" || UNACCOUNTED+=("$short")
		DEVICES+=("$name")
	else
		printf '%-52s refused: %s\n' "$short" "$(sed -n 's/.*: error: //p' "$LAB/said" | head -n 1)"
	fi
}

### All at once ####################################################################################

all_up() {
	local i=0 name
	lab_gateway
	lab_internet
	for name in "${DEVICES[@]}"; do
		i=$((i + 1))
		ADDRESS[$name]=10.30.0.$((100 + i))
		lab_thing "$name" "lan-$i" "$(printf '02:00:5e:30:00:%02x' "$i")"
		ip -n "$name" address add "${ADDRESS[$name]}/24" dev eth0
		ip -n "$name" route add default via "$GATEWAY"
		inventory_device "$name" "$i" >>"$LAB/devices"
	done
	{ inventory_head "$(seq -s ', ' -f 'lan-%g' "$i")"; cat "$LAB/devices"; } >"$LAB/all.yaml"
	lan_dnsmasq "address=/#/$BROKER"
}

# shown NAME: the rules in force are those that the plan has.
shown() {
	lab_iotguard show policy "$1" --json >"$LAB/policy" 2>"$LAB/said" || { cat "$LAB/said"; return 1; }
	diff <(jq -r --arg name "$1" '.machines[] | select(.name == $name) | .policy.rules[].rule' "$LAB/plan") \
		<(jq -r '.rules[].rule' "$LAB/policy")
}

# A name and a service that the file lets it open, if there is such a thing in IPv4: NAME PROTOCOL PORT.
something_allowed() { # NAME
	jq -r --arg name "$1" '[.machines[] | select(.name == $name) | .policy.rules[].rule |
		select(test(" ipv6") | not) |
		capture("^allow to (?<name>[a-z0-9_-]+(\\.[a-z0-9_-]+)+) (?<protocol>tcp|udp)/(?<port>[0-9]+)(?! source-port)") |
		select(.name | test("^[0-9.]+$") | not)] | first // empty | "\(.name) \(.protocol) \(.port)"' "$LAB/plan"
}

opens() { # DEVICE NAME PROTOCOL PORT
	local out
	lab_in "$1" dig +short +time=2 +tries=2 "@$GATEWAY" "$2" A >/dev/null || return
	out=$("$MEET" "$3" "$1" "${ADDRESS[$1]}" 0 internet "$BROKER" "$4") || { echo "$out"; return 1; }
}

told() { # DEVICE
	awk -v device="\"device\":\"$1\"" -v to="\"dest_ip\":\"$ELSEWHERE\"" '
	index($0, device) && index($0, to) && /"dest_port":9,/ && /"reason":"(no-rule|rule-deny)"/ { found = 1 }
	END { exit !found }' "$LAN_EVENTS"
}

shut_out() { # DEVICE
	local status=0 pid
	"$MEET" tcp "$1" "${ADDRESS[$1]}" 0 internet "$ELSEWHERE" 9 >"$LAB/shut-out" 2>&1 &
	pid=$!
	lab_until 10 told "$1" || status=1
	kill "$pid" 2>/dev/null
	wait "$pid"
	[ "$status" = 0 ] && [ "$(<"$LAB/shut-out")" = "arrived 0 answered 0" ] || { cat "$LAB/shut-out"; return 1; }
}

all_enforced() {
	local name words
	for name in "${DEVICES[@]}"; do
		check "$name: its rules are in force" shown "$name"
		words=$(something_allowed "$name")
		# shellcheck disable=SC2086 # words
		[ -z "$words" ] || check "$name: opens $words" opens "$name" $words
		check "$name: is refused what no file allows" shut_out "$name"
	done
}

UNACCOUNTED=()
printf '%-52s %7s %7s %7s %7s %7s %7s %7s %7s %7s\n' file entries ruled answers infra nothing closed rules wider literal
while read -r path; do
	try_file "$path"
done < <(find "$FILES" -name '*.json' -o -name '*.mud' | sort)
check "every entry is accounted for" [ "${#UNACCOUNTED[@]}" = 0 ] || printf '#   %s\n' "${UNACCOUNTED[@]}"
[ "${#DEVICES[@]}" -gt 0 ] || lab_die "no file can be used"
all_up
"$LOADER" plan --alone --json "$LAB/all.yaml" >"$LAB/plan" 2>"$LAB/said" || lab_die "$(<"$LAB/said")"
lab_guard "$LAB/all.yaml"
lan_watch
all_enforced
lab_done
