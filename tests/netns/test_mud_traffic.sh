#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# What a MUD file (RFC 8520) says, against real conversations: for each of its abstractions, what is allowed passes, and
# what is next to it and not allowed does not. Counted where the conversation is opened to; what is refused has to be told
# by the gateway, with its reason, before the count is looked at. Both versions of IP, both directions.
#
# The thing under test has nothing but its MUD file; its neighbours may do all they like, so that it alone decides.

. "$(dirname "${BASH_SOURCE[0]}")/lab.sh"
lab_enter "$0" "$@"
. "$LAB_SOURCE/lan.sh"
lan_needs jq

MEET=$(lab_tool meet) || lab_die "the tool meet cannot be built"
FRAME=$(lab_tool frame) || lab_die "the tool frame cannot be built"
MUD=$LAB/mud.d
mkdir "$MUD"

# thing and the peers are of things.example, the other one is not; the station is a trusted host.
declare -A V4=([thing]=10.30.0.11 [peer]=10.30.0.21 [sibling]=10.30.0.22 [other]=10.30.0.31 [station]=10.30.0.5
	[gw]=$GATEWAY [cloud]=$BROKER [elsewhere]=$PORTAL)
declare -A V6=([thing]=fd00:30::11 [peer]=fd00:30::21 [sibling]=fd00:30::22 [other]=fd00:30::31 [station]=fd00:30::5
	[gw]=$GATEWAY6 [cloud]=$BROKER6 [elsewhere]=$PORTAL6)
declare -A MAC=([thing]=02:00:5e:10:00:11 [peer]=02:00:5e:10:00:21 [sibling]=02:00:5e:10:00:22 [other]=02:00:5e:10:00:31
	[station]=02:00:5e:10:00:05)
declare -A SPACE=([cloud]=internet [elsewhere]=internet)

### The laboratory #################################################################################

mud_up() {
	local name
	[ -x "$LOADER" ] || lab_die "$LOADER is not built (make)"
	lab_gateway
	lab_internet
	for name in "${!MAC[@]}"; do
		lab_thing "$name" "lan-$name" "${MAC[$name]}"
		ip -n "$name" address add "${V4[$name]}/24" dev eth0
		ip -n "$name" route add default via "$GATEWAY"
		lab_address6 "$name" "${V6[$name]}"
	done
	ip -n internet route add fd00:30::/64 via "$WAN6"
	lan_dnsmasq "address=/cloud.things.example/$BROKER" "address=/cloud.things.example/$BROKER6"
	for name in peer sibling; do
		mud_file "$name" >"$MUD/$name.json"
	done
}

mud_machine() { # NAME KEY...
	printf '  %s:\n    mac: "%s"\n    addresses: [%s, "%s"]\n    segment: lan\n' "$1" "${MAC[$1]}" "${V4[$1]}" "${V6[$1]}"
	printf '    %s\n' "${@:2}"
}

# mud_inventory MACHINE...: these neighbours, and the thing.
mud_inventory() {
	local name free
	cat <<-YAML
		version: 1
		gateway:
		  addresses: [$GATEWAY, "$GATEWAY6"]
		  macs: ["$GATEWAY_MAC"]
		  resolvers: [$GATEWAY, "$GATEWAY6"]
		  time-servers: [$GATEWAY, "$GATEWAY6"]
		segments:
		  lan:
		    interfaces: [$(printf 'lan-%s, ' "${!MAC[@]}" | sed 's/, $//')]
		    networks: [10.30.0.0/24, "fd00:30::/64"]
		controllers:
		  urn:example:hub: [device:peer, $PORTAL, "$PORTAL6"]
		profiles:
		  kind: {mud: $MUD/thing.json}
		hosts:
	YAML
	mud_machine station 'trust: true'
	echo 'devices:'
	mud_machine thing 'my-controllers: [host:station]' "${THING[@]}"
	for name in "$@"; do
		free='rules: [allow to any, allow from any]'
		[ "$name" != "${MODEST:-}" ] || free='rules: []'
		case $name in
		other) mud_machine other 'manufacturer: other.example' 'model: "https://other.example/other"' "$free" ;;
		*) mud_machine "$name" "mud: $MUD/$name.json" "$free" ;;
		esac
	done
}

### MUD files ######################################################################################

# mud_file NAME: with the entries that were said, of both versions.
mud_file() {
	local acl all=()
	for acl in from-4 from-6 to-4 to-6; do
		all+=("$acl" "[${ACES[$acl]:-}]")
	done
	jq -n --arg url "https://things.example/$1" '
		def acl($n): {name: $ARGS.positional[$n], type: (if $n % 4 == 0 then "ipv4-acl-type" else "ipv6-acl-type" end),
			aces: {ace: ($ARGS.positional[$n + 1] | fromjson)}};
		def policy($n): {"access-lists": {"access-list": [{name: $ARGS.positional[$n]}, {name: $ARGS.positional[$n + 2]}]}};
		{"ietf-mud:mud": {"mud-version": 1, "mud-url": $url, "last-update": "2026-03-02T09:30:00Z", "is-supported": true,
			"from-device-policy": policy(0), "to-device-policy": policy(4)},
		"ietf-access-control-list:acls": {acl: [acl(0), acl(2), acl(4), acl(6)]}}' --args "${all[@]}"
}

declare -A ACES
SAID=0
prefixes() { # VERSION MATCHES
	local -n of=V$1
	local name out=$2
	for name in "${!of[@]}"; do
		out=${out//@$name\"/${of[$name]}/$([ "$1" = 4 ] && echo 32 || echo 128)\"}
	done
	echo "$out"
}

# says from|to FORWARDING MATCHES: an entry for each version; $V stands for ipv4 or ipv6, $ECHO for the type of its echo
# request, @NAME for the address of a machine, as a prefix.
says() {
	local v matches
	for v in 4 6; do
		matches=${3//\$V/ipv$v}
		matches=${matches//\$ECHO/$([ "$v" = 4 ] && echo 8 || echo 128)}
		matches=$(prefixes "$v" "$matches")
		SAID=$((SAID + 1))
		ACES[$1-$v]+="${ACES[$1-$v]:+, }{\"name\": \"ace-$SAID\", \"matches\": {$matches}, \"actions\": {\"forwarding\": \"$2\"}}"
	done
}

# Parts of matches. port: one of `destination` and `source`, an operator or `range`, and numbers.
remote() { printf '"ietf-mud:mud": {%s}, ' "$1"; }
port() {
	if [ "$2" = range ]; then
		printf '"%s-port": {"lower-port": %s, "upper-port": %s}' "$1" "$3" "$4"
	else
		printf '"%s-port": {"operator": "%s", "port": %s}' "$1" "$2" "$3"
	fi
}
tcp() { printf '"$V": {"protocol": 6}, "tcp": {%s}' "$*"; }
udp() { printf '"$V": {"protocol": 17}, "udp": {%s}' "$*"; }
LOCAL=$(remote '"local-networks": [null]')

# begins NAME: the next file is about that. TOLD_BY refuses; MODEST has no rules but those of its MUD file.
begins() {
	CASE=$1 ACES=() SAID=0 TOLD_BY=thing MODEST=''
	THING=("mud: $MUD/thing.json")
}

# in_force [MACHINE...]: what was said is the thing's file now.
in_force() {
	[ $# -gt 0 ] || set -- peer sibling other
	mud_file thing >"$MUD/thing.json" || lab_die "the MUD file cannot be made"
	mud_inventory "$@" >"$LAB/mud.yaml"
	if [ ! -d "$LAB_STATE" ]; then
		lab_guard "$LAB/mud.yaml"
		lan_watch
	elif ! lab_iotguard apply "$LAB/mud.yaml" >"$LAB/apply.log" 2>&1; then
		lab_die "apply: $(<"$LAB/apply.log")"
	fi
}

### Conversations ##################################################################################

# meeting VERSION FROM TO PROTOCOL/PORT [SOURCE-PORT]: the words for `meet`; 7777 is an identifier where there is no port.
meeting() {
	local -n of=V$1
	local from=7777
	[ "${4%/*}" = icmp ] || from=0
	echo "${4%/*} ${SPACE[$2]:-$2} ${of[$2]} ${5:-$from} ${SPACE[$3]:-$3} ${of[$3]} ${4#*/}"
}

# ports are numbers of their own in JSON, and those of ICMP are its type
told() { # REASON VERSION FROM TO PROTOCOL/PORT
	local -n of=V$2
	local port="\"dest_port\":${5#*/},"
	[ "${5%/*}" != icmp ] || port="\"icmp_type\":${5#*/},"
	awk -v by="\"device\":\"$TOLD_BY\"" -v reason="\"reason\":\"$1\"" -v from="\"src_ip\":\"${of[$3]}\"" -v to="\"dest_ip\":\"${of[$4]}\"" -v port="$port" '
	index($0, reason) && index($0, from) && index($0, to) && index($0, port) && index($0, by) { found = 1 }
	END { exit !found }' "$LAN_EVENTS"
}

# meets VERSION FROM TO PROTOCOL/PORT [SOURCE-PORT]: it is there, and answered.
meets() {
	local out
	# shellcheck disable=SC2046 # words
	out=$("$MEET" $(meeting "$@")) && [[ $out =~ ^arrived\ [1-9] ]] || { echo "$out"; return 1; }
}

# shut_out REASON VERSION FROM TO PROTOCOL/PORT [SOURCE-PORT]: the gateway says so, and nothing came.
shut_out() {
	local out status=0
	: >"$LAN_EVENTS"
	# shellcheck disable=SC2046 # words
	"$MEET" $(meeting "${@:2}") >"$LAB/shut-out" 2>&1 &
	local pid=$!
	lab_until 10 told "${@:1:5}" || status=1
	kill "$pid" 2>/dev/null
	wait "$pid"
	out=$(<"$LAB/shut-out")
	[ "$status" = 0 ] && [ "$out" = "arrived 0 answered 0" ] ||
		{ echo "told: $((1 - status)); $out"; cat "$LAN_EVENTS"; return 1; }
}

# Of both versions; the second type is that of ICMPv6.
allowed() { # FROM TO PROTOCOL/PORT[,PORT6] [SOURCE-PORT]
	check "$CASE: $1 to $2 ${3%,*}${4:+ from port $4}, IPv4" meets 4 "$1" "$2" "${3%,*}" "${@:4}"
	check "$CASE: $1 to $2 ${3/[0-9]*,/}${4:+ from port $4}, IPv6" meets 6 "$1" "$2" "${3/[0-9]*,/}" "${@:4}"
}

refused() { # REASON FROM TO PROTOCOL/PORT[,PORT6] [SOURCE-PORT]
	check "$CASE: not $2 to $3 ${4%,*}${5:+ from port $5}, IPv4" shut_out "$1" 4 "$2" "$3" "${4%,*}" "${@:5}"
	check "$CASE: not $2 to $3 ${4/[0-9]*,/}${5:+ from port $5}, IPv6" shut_out "$1" 6 "$2" "$3" "${4/[0-9]*,/}" "${@:5}"
}

# Conversations that stay. holds LABEL VERSION FROM TO PROTOCOL/PORT [SOURCE-PORT]; lives LABEL: one more answer.
holds() {
	# shellcheck disable=SC2046 # words
	"$MEET" $(meeting "${@:2}") hold >"$LAB/hold-$1" 2>&1 &
	echo $! >"$LAB/hold-$1.pid"
	lab_until 10 grep -q '^answered 1$' "$LAB/hold-$1" || { cat "$LAB/hold-$1"; return 1; }
}

lives() {
	local next
	next=$(($(grep -c '^answered' "$LAB/hold-$1") + 1))
	kill -USR1 "$(<"$LAB/hold-$1.pid")" && lab_until 10 grep -q "^answered $next\$" "$LAB/hold-$1" ||
		{ cat "$LAB/hold-$1"; return 1; }
}

# cut_off LABEL REASON VERSION FROM TO PROTOCOL/PORT: what is sent now is refused, and has no answer.
cut_off() {
	local before
	before=$(grep -c '^answered' "$LAB/hold-$1")
	: >"$LAN_EVENTS"
	kill -USR1 "$(<"$LAB/hold-$1.pid")" && lab_until 10 told "${@:2}" || { cat "$LAN_EVENTS"; return 1; }
	[ "$(grep -c '^answered' "$LAB/hold-$1")" = "$before" ]
}

lets_go() { # LABEL
	kill "$(<"$LAB/hold-$1.pid")"
}

shouts() { # PORT: to everybody
	lab_in thing "$FRAME" send eth0 "${MAC[thing]}" ff:ff:ff:ff:ff:ff ip "${V4[thing]}" 255.255.255.255 udp 5000 "$1" "everybody-$1"
}

# heard PORT: what the thing shouts gets to the other one. unheard PORT: it is refused before.
heard() {
	nsenter --net=/run/netns/other -- "$FRAME" hear eth0 20000 "everybody-$1" "$LAB/hears-$1" &
	local pid=$!
	lab_until 10 test -e "$LAB/hears-$1" && shouts "$1" && wait "$pid"
}

unheard() {
	nsenter --net=/run/netns/other -- "$FRAME" hear eth0 20000 "everybody-$1" "$LAB/hears-$1" &
	local pid=$!
	: >"$LAN_EVENTS"
	lab_until 10 test -e "$LAB/hears-$1" && shouts "$1" || return
	V4[everybody]=255.255.255.255
	lab_until 10 told no-rule 4 thing everybody "udp/$1" || { cat "$LAN_EVENTS"; return 1; }
	kill "$pid"
	wait "$pid"
	[ $? -eq 143 ] # who heard something listens no more
}

# asks_for NAME: the thing is told both addresses of it.
asks_for() {
	[ "$(lab_in thing dig +short +time=2 +tries=2 "@$GATEWAY" "$1" A)" = "$BROKER" ] &&
		[ "$(lab_in thing dig +short +time=2 +tries=2 "@$GATEWAY6" "$1" AAAA)" = "$BROKER6" ]
}

warns() { # WORDS
	grep -qF "$1" "$LAB/apply.log" || { cat "$LAB/apply.log"; return 1; }
}

mud_up

### Each abstraction ###############################################################################

name_of() { printf '"$V": {"protocol": %s, "ietf-acldns:%s-dnsname": "cloud.things.example"}' "$2" "$1"; }

begins names
says from accept "$(name_of dst 6), \"tcp\": {$(port destination eq 8001)}"
says from accept "$(name_of dst 17), \"udp\": {$(port destination eq 8002)}"
says to accept "$(name_of src 6), \"tcp\": {$(port destination eq 8003)}"
in_force
check "the rules are shown, with the file that they come from" eval \
	'lab_iotguard show policy thing >"$LAB/policy" && grep -q "allow to cloud.things.example tcp/8001 ipv6.*ace-2" "$LAB/policy" || ! cat "$LAB/policy"'
refused no-rule thing cloud tcp/8001
check "names: the thing asks for the name" asks_for cloud.things.example
allowed thing cloud tcp/8001
allowed thing cloud udp/8002
refused no-rule thing cloud tcp/8002
refused no-rule thing elsewhere tcp/8001
allowed cloud thing tcp/8003
refused no-rule elsewhere thing tcp/8003
refused no-rule cloud thing udp/8003

begins controller
says from accept "$(remote '"controller": "urn:example:hub"')$(tcp "$(port destination eq 8001)")"
says from accept "$(remote '"controller": "urn:example:nobody"')$(tcp "$(port destination eq 8002)")"
says from accept "$(remote '"controller": "urn:ietf:params:mud:gateway"')$(udp "$(port destination eq 8003)")"
says to accept "$(remote '"controller": "urn:example:hub"')$(udp "$(port destination eq 8004)")"
in_force
allowed thing peer tcp/8001
allowed thing elsewhere tcp/8001
refused no-rule thing other tcp/8001
refused no-rule thing peer tcp/8002
allowed thing gw udp/8003
refused no-rule thing peer udp/8003
refused no-rule thing gw tcp/8001
allowed peer thing udp/8004
allowed elsewhere thing udp/8004
refused no-rule cloud thing udp/8004
refused no-rule other thing udp/8004

begins my-controller
says from accept "$(remote '"my-controller": [null]')$(tcp "$(port destination eq 8001)")"
says to accept "$(remote '"my-controller": [null]')$(tcp "$(port destination eq 8002)")"
in_force
allowed thing station tcp/8001
refused no-rule thing peer tcp/8001
allowed station thing tcp/8002
refused no-rule peer thing tcp/8002
refused no-rule station thing tcp/8001

begins local-networks
says from accept "$LOCAL$(tcp "$(port destination eq 8001)")"
says to accept "$LOCAL$(udp "$(port destination eq 8002)")"
in_force
allowed thing other tcp/8001
allowed thing gw tcp/8001
refused no-rule thing cloud tcp/8001
allowed other thing udp/8002
allowed gw thing udp/8002
refused no-rule cloud thing udp/8002

begins same-manufacturer
says from accept "$(remote '"same-manufacturer": [null]')$(udp "$(port destination eq 8001)")"
says to accept "$(remote '"same-manufacturer": [null]')$(tcp "$(port destination eq 8002)")"
in_force
allowed thing peer udp/8001
allowed thing sibling udp/8001
refused no-rule thing other udp/8001
refused no-rule thing cloud udp/8001
allowed sibling thing tcp/8002
refused no-rule other thing tcp/8002
refused no-rule station thing tcp/8002

begins manufacturer
says from accept "$(remote '"manufacturer": "other.example"')$(tcp "$(port destination eq 8001)")"
says to accept "$(remote '"manufacturer": "other.example"')$(tcp "$(port destination eq 8002)")"
in_force
allowed thing other tcp/8001
refused no-rule thing peer tcp/8001
allowed other thing tcp/8002
refused no-rule peer thing tcp/8002

begins model
says from accept "$(remote '"model": "https://things.example/peer"')$(tcp "$(port destination eq 8001)")"
says to accept "$(remote '"model": "https://things.example/peer"')$(udp "$(port destination eq 8002)")"
in_force
allowed thing peer tcp/8001
refused no-rule thing sibling tcp/8001
refused no-rule thing other tcp/8001
allowed peer thing udp/8002
refused no-rule sibling thing udp/8002

begins "IPv4 alone"
says from accept "$LOCAL$(tcp "$(port destination eq 8001)")"
says to accept "$LOCAL$(udp "$(port destination eq 8002)")"
ACES[from-6]='' ACES[to-6]=''
in_force
check "$CASE: thing to other tcp/8001, IPv4" meets 4 thing other tcp/8001
check "$CASE: not thing to other tcp/8001, IPv6" shut_out no-rule 6 thing other tcp/8001
check "$CASE: other to thing udp/8002, IPv4" meets 4 other thing udp/8002
check "$CASE: not other to thing udp/8002, IPv6" shut_out no-rule 6 other thing udp/8002

### Services #######################################################################################

begins "ports eq, neq, range"
says from accept "$LOCAL$(tcp "$(port destination eq 8001), $(port source eq 7001)")"
says from accept "$LOCAL$(udp "$(port destination neq 8001)")"
says to accept "$LOCAL$(tcp "$(port source neq 7001), $(port destination eq 8001)")"
says to accept "$LOCAL$(udp "$(port source range 7001 7005), $(port destination range 8001 8005)")"
in_force
allowed thing other tcp/8001 7001
refused no-rule thing other tcp/8001 7002
refused no-rule thing other tcp/8002 7001
refused no-rule thing other udp/8001
allowed thing other udp/8000
allowed thing other udp/8002
refused no-rule other thing tcp/8001 7001
allowed other thing tcp/8001 7000
allowed other thing tcp/8001 7002
allowed other thing udp/8001 7001
allowed other thing udp/8005 7005
refused no-rule other thing udp/8000 7001
refused no-rule other thing udp/8006 7005
refused no-rule other thing udp/8001 7000
refused no-rule other thing udp/8005 7006

begins "ports lte, gte"
says from accept "$LOCAL$(tcp "$(port source range 7001 7005), $(port destination gte 8001)")"
says from accept "$LOCAL$(udp "$(port source neq 7003), $(port destination range 8001 8005)")"
says to accept "$LOCAL$(tcp "$(port destination neq 8001)")"
says to accept "$LOCAL$(udp "$(port source lte 7001), $(port destination lte 8001)")"
in_force
allowed thing other tcp/8001 7005
allowed thing other tcp/65535 7001
refused no-rule thing other tcp/8000 7001
refused no-rule thing other tcp/8001 7006
allowed thing other udp/8001 7002
allowed thing other udp/8005 7004
refused no-rule thing other udp/8001 7003
refused no-rule thing other udp/8006 7002
refused no-rule other thing tcp/8001
allowed other thing tcp/8002
allowed other thing udp/8001 7001
refused no-rule other thing udp/8002 7001
refused no-rule other thing udp/8001 7002

begins ICMP
says from accept "$LOCAL\"\$V\": {}, \"icmp\": {\"type\": \$ECHO}"
in_force
allowed thing other icmp/8,128
refused no-rule thing other icmp/13,139
refused no-rule other thing icmp/8,128
refused no-rule thing cloud icmp/8,128

begins "no service"
says to accept "$LOCAL\"\$V\": {}"
in_force
allowed other thing icmp/8,128
allowed other thing tcp/1
allowed other thing udp/65535
refused no-rule thing other tcp/1
refused no-rule cloud thing tcp/1

### Who opens, and what comes first ################################################################

begins direction-initiated
opened_by() { printf '"ietf-mud:direction-initiated": "%s-device", ' "$1"; }
says from accept "$(name_of dst 6), \"tcp\": {$(opened_by from)$(port destination eq 8001)}"
says to accept "$(name_of src 6), \"tcp\": {$(opened_by from)$(port source eq 8001)}"
says to accept "$(name_of src 6), \"tcp\": {$(opened_by to)$(port destination eq 8003)}"
says from accept "$(name_of dst 6), \"tcp\": {$(opened_by to)$(port source eq 8003)}"
in_force
check "$CASE: the thing asks for the name" asks_for cloud.things.example
for v in 4 6; do
	check "$CASE: the thing opens, and is answered, IPv$v" holds "opened$v" "$v" thing cloud tcp/8001
done
refused no-rule cloud thing tcp/9001 8001
allowed cloud thing tcp/8003
refused no-rule thing cloud tcp/9003 8003
for v in 4 6; do
	check "$CASE: what the thing opened goes on, IPv$v" lives "opened$v"
	lets_go "opened$v"
done

begins "first match"
says from drop "$LOCAL$(tcp "$(port destination eq 8001)")"
says from accept "$LOCAL$(tcp "$(port destination range 8001 8002)")"
says from accept "$LOCAL$(udp "$(port destination eq 8001)")"
says from reject "$LOCAL$(udp "$(port destination range 8001 8002)")"
says from accept "$LOCAL$(udp "$(port destination gte 8002)")"
says to reject "$(remote '"same-manufacturer": [null]')$(tcp "$(port destination eq 8003)")"
says to accept "$LOCAL$(tcp "$(port destination eq 8003)")"
in_force
refused rule-deny thing other tcp/8001
allowed thing other tcp/8002
allowed thing other udp/8001
refused rule-deny thing other udp/8002
allowed thing other udp/8003
refused rule-deny peer thing tcp/8003
allowed other thing tcp/8003

begins nothing
in_force
check "$CASE: names are resolved all the same" asks_for cloud.things.example
refused no-rule thing cloud udp/53
allowed thing gw udp/123
refused no-rule thing cloud udp/123
refused no-rule thing gw tcp/123
refused no-rule thing other tcp/8001
refused no-rule other thing tcp/8001
refused no-rule station thing udp/8001

begins "fails closed"
says from accept "$LOCAL\"\$V\": {\"protocol\": 6, \"ttl\": 64}, \"tcp\": {$(port destination eq 8001)}"
says from accept "$LOCAL$(tcp "$(port destination eq 8002), \"window-size\": 1024")"
says from drop "$LOCAL\"\$V\": {\"protocol\": 17, \"ttl\": 1}, \"udp\": {$(port destination eq 8003)}"
says from accept "$LOCAL$(udp "$(port destination gte 8003)")"
says to accept "$LOCAL$(tcp "$(port destination eq 8001), \"flags\": \"syn\"")"
says to accept "$LOCAL$(tcp "$(port destination eq 8002)")"
in_force
check "$CASE: which is said" warns "allows nothing: it matches the TTL, which no rule can"
check "$CASE: of what is not known, too" warns "allows nothing: it matches 'window-size', which no rule can"
check "$CASE: as what denies more" warns "denies more than it says: it matches the TTL"
refused no-rule thing other tcp/8001
refused no-rule thing other tcp/8002
refused rule-deny thing other udp/8003
allowed thing other udp/8004
refused no-rule other thing tcp/8001
allowed other thing tcp/8002

begins addresses
at_address() { printf '"$V": {"protocol": 6, "destination-$V-network": "@%s"}, "tcp": {%s}' "$1" "$(port destination eq "$2")"; }
says from accept "$(at_address elsewhere 8001)"
says from accept "$(at_address other 8002)"
in_force
check "$CASE: one that is written down is told" warns "has an address written into it"
check "$CASE: a private one allows nothing" warns "${V4[other]} is a private address"
allowed thing elsewhere tcp/8001
refused no-rule thing cloud tcp/8001
refused no-rule thing other tcp/8002
THING=("mud: {source: $MUD/thing.json, private-addresses: allow}")
CASE="private addresses"
in_force
allowed thing other tcp/8002
refused no-rule thing peer tcp/8002

# The lamps and phones of this world: UDP to everybody on the link.
begins broadcast
ACES[from-4]='{"name": "all", "actions": {"forwarding": "accept"}, "matches": {"ietf-mud:mud": {"local-networks": [null]},
	"eth": {"destination-mac-address": "ff:ff:ff:ff:ff:ff", "ethertype": "0x0800"},
	"ipv4": {"protocol": 17, "destination-ipv4-network": "255.255.255.255/32"}, "udp": {"destination-port": {"operator": "eq", "port": 6667}}}}'
in_force
check "$CASE: what the file says is heard by the others" heard 6667
check "$CASE: another port is not" unheard 6668

begins "both consent"
says from accept "$(remote '"same-manufacturer": [null]')$(tcp "$(port destination range 8001 8002)")"
mud_file thing >"$MUD/thing.json"
MINE=("${ACES[from-4]}" "${ACES[from-6]}")
ACES=()
says to accept "$(remote '"same-manufacturer": [null]')$(tcp "$(port destination eq 8001)")"
mud_file sibling >"$MUD/sibling.json"
ACES=([from-4]="${MINE[0]}" [from-6]="${MINE[1]}") MODEST=sibling TOLD_BY=sibling
in_force
allowed thing sibling tcp/8001
refused no-rule thing sibling tcp/8002
refused no-rule other sibling tcp/8001
refused no-rule cloud sibling tcp/8001

begins "own rules first"
says from accept "$LOCAL$(tcp "$(port destination range 8001 8002)")"
THING+=("rules: [deny to local tcp/8001, allow to device:other tcp/8003]")
in_force
refused rule-deny thing other tcp/8001
allowed thing other tcp/8002
allowed thing other tcp/8003
refused no-rule thing peer tcp/8003

begins "a profile's file"
says from accept "$LOCAL$(tcp "$(port destination eq 8001)")"
THING=("profile: kind")
in_force
allowed thing other tcp/8001
refused no-rule thing other tcp/8002

### Who comes and goes #############################################################################

# A stranger is not heard, not even where it is. So both know it before.
acquaint() { # ONE OTHER
	ip -n "$1" neigh replace "${V4[$2]}" lladdr "${MAC[$2]}" dev eth0
	ip -n "$1" neigh replace "${V6[$2]}" lladdr "${MAC[$2]}" dev eth0
}

begins members
acquaint thing sibling
acquaint sibling thing
says from accept "$(remote '"same-manufacturer": [null]')$(tcp "$(port destination range 8001 8009)")"
says to accept "$(remote '"manufacturer": "things.example"')$(tcp "$(port destination eq 8010)")"
in_force peer other
for v in 4 6; do
	check "$CASE: the thing speaks to its peer, IPv$v" holds "peer$v" "$v" thing peer tcp/8001
done
refused no-rule thing sibling tcp/8001
CASE="one joins"
in_force peer sibling other
allowed thing sibling tcp/8001
allowed sibling thing tcp/8010
refused no-rule other thing tcp/8010
for v in 4 6; do
	check "$CASE: what was there goes on, IPv$v" lives "peer$v"
	check "$CASE: the thing speaks to the new one, too, IPv$v" holds "sibling$v" "$v" thing sibling tcp/8002
done
CASE="one leaves"
in_force peer other
for v in 4 6; do
	check "$CASE: which ends what was said to it, IPv$v" cut_off "sibling$v" no-rule "$v" thing sibling tcp/8002
	check "$CASE: and nothing else, IPv$v" lives "peer$v"
done
refused no-rule thing sibling tcp/8003
allowed thing peer tcp/8002
for v in 4 6; do lets_go "peer$v"; lets_go "sibling$v"; done
lab_done
