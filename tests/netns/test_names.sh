#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Names in rules, with real resolvers on the gateway: what a machine is told is allowed before it knows it,
# so that not one first packet is lost; over TCP, and where an answer is beyond what the programs read, with
# iotguardd and never without; and no lie of an answer makes an address reachable.

. "$(dirname "${BASH_SOURCE[0]}")/lab.sh"
lab_enter "$0" "$@"
. "$LAB_SOURCE/lan.sh"
lan_needs unbound jq

DAEMON=$LAB_BUILD/iotguardd OTHER=$LAB_BUILD/tests/iotguard-load-other
PORT=7777
GROUP=31415 # of nobody on this machine
NAMES=$(lab_tool names) || lab_die "the tool names cannot be built"
[ -x "$DAEMON" ] || lab_skip "$DAEMON is not built (make)"

# Addresses that answer, each of another name; a pin is gone long before its address comes again.
POOL=508
MANY=300 SLOW=20
[ -z "${IOTGUARD_LONG:-}" ] || MANY=10000 SLOW=200

address_of() { # NUMBER
	local n=$(($1 % POOL))
	[ "$n" -lt 254 ] && echo "192.0.2.$((n + 1))" || echo "198.51.100.$((n - 253))"
}

address6_of() { # NUMBER
	printf '2001:db8:f::%x\n' $(($1 + 1))
}

METER6=fd00:40::9 ROUTER6=fd00:30::7 ROUTER_MAC=02:00:5e:20:00:07

### The laboratory #################################################################################

# The group exists in here only.
make_group() {
	{ cat /etc/group; echo "iotguard:x:$GROUP:"; } >"$LAB/group"
	mount --bind "$LAB/group" /etc/group
	chgrp "$GROUP" "$LAB" && chmod 1775 "$LAB"
}

names_up() {
	local route
	lab_gateway
	lab_internet
	lab_thing camera lan-cam "$CAMERA_MAC"
	lab_thing pump lan-pump "$PUMP_MAC"
	ip -n camera address add "$CAMERA/24" dev eth0
	ip -n camera route add default via "$GATEWAY"
	lab_address6 camera "$CAMERA6"
	ip -n pump address add "$PUMP/24" dev eth0
	ip -n pump route add default via "$GATEWAY"
	lab_address6 pump "$PUMP6"
	for route in 192.0.2.0/24 198.51.100.0/24; do
		ip -n internet route add local "$route" dev lo
		ip -n gw route add "$route" via "$BROKER"
	done
	meter_up
	lab_in internet sysctl -qw net.ipv6.ip_nonlocal_bind=1
	ip -n internet -6 route add local 2001:db8:f::/48 dev lo
	ip -n gw -6 route add 2001:db8:f::/48 via "$BROKER6"
	for route in internet pump gw; do
		lab_start "$route" "echo-$route" "$NAMES" echo "$PORT"
		lab_until 3 grep -q here "$LAB/echo-$route.log" || lab_die "no echo server in $route"
	done
	lab_until 5 reaches "$(address_of 0)" || lab_die "the internet does not answer"
	lab_until 5 reaches "$(address6_of 0)" || lab_die "the internet does not answer by IPv6"
}

# A machine behind a router of the segment.
meter_up() {
	lab_thing router lan-router "$ROUTER_MAC"
	lab_address6 router "$ROUTER6"
	lab_in router sysctl -qw net.ipv6.conf.all.forwarding=1
	ip netns add meter
	ip link add behind netns router type veth peer name eth0 netns meter
	ip -n router address add fd00:40::1/64 dev behind nodad
	ip -n router link set behind up
	ip -n meter address add "$METER6/64" dev eth0 nodad
	ip -n meter link set lo up
	ip -n meter link set eth0 up
	ip -n meter route add default via fd00:40::1
	ip -n gw route add fd00:40::/64 via "$ROUTER6"
	ip -n internet route replace fd00:40::/64 via "$WAN6"
}

names_inventory() {
	cat <<-YAML
		version: 1
		gateway:
		  addresses: [$GATEWAY, "$GATEWAY6"]
		  macs: ["$GATEWAY_MAC"]
		  resolvers: [$GATEWAY, "$GATEWAY6"]
		segments:
		  lan: {interfaces: [lan-cam, lan-pump, lan-router], networks: [10.30.0.0/24, "fd00:30::/64"]}
		hosts:
		  router: {mac: "$ROUTER_MAC", addresses: ["$ROUTER6"], segment: lan}
		devices:
		  camera:
		    mac: "$CAMERA_MAC"
		    addresses: [$CAMERA, "$CAMERA6"]
		    segment: lan
		    rules:
		      - allow to *.fresh.example tcp/$PORT
		      - allow to *.fresh.example udp/$PORT
		      - allow to $OTHER_RESOLVER udp/53
		  meter:
		    identify: address
		    router: host:router
		    addresses: ["$METER6"]
		    rules:
		      - allow to *.fresh.example tcp/$PORT
		      - allow to *.fresh.example udp/$PORT
		  pump:
		    mac: "$PUMP_MAC"
		    addresses: [$PUMP, "$PUMP6"]
		    segment: lan
		    rules:
		      - allow from any
	YAML
}

# What there is to resolve, NUMBER ADDRESS ADDRESS6.
names_list() {
	awk -v n="$((MANY + 4 * SLOW + 100))" -v pool="$POOL" 'BEGIN {
		for (i = 0; i < n; i++) {
			k = i % pool
			printf "n%d %s 2001:db8:f::%x\n", i, k < 254 ? "192.0.2." k + 1 : "198.51.100." k - 253, i + 1
		}
	}'
}

resolver_up() { # NAME COMMAND...
	lab_start gw resolver "${@:2}"
	lan_keep resolver
	lab_until 20 answered n0 || lab_die "$1 does not answer: $(cat "$LAB/resolver.log")"
}

answered() { # NAME [RESOLVER]
	lab_in gw "$NAMES" query "${2:-$GATEWAY}" udp "$1.fresh.example" 1 1000 | grep -q '^[0-9]'
}

dnsmasq_up() {
	{
		awk '{ print $2, $1 ".fresh.example"; print $3, $1 ".fresh.example" }' "$LAB/names.list"
		for i in {1..20}; do echo "$(address_of $((400 + i))) wide.fresh.example broad.fresh.example"; done
	} >"$LAB/hosts"
	{
		printf '%s\n' interface=br-lan bind-interfaces no-resolv no-hosts user=root "addn-hosts=$LAB/hosts" \
			edns-packet-max=1232
		# a longer way than the programs go
		for i in {1..11}; do echo "cname=long$i.fresh.example,long$((i + 1)).fresh.example"; done
		echo "host-record=long12.fresh.example,$(address_of 450)"
	} >"$LAB/dnsmasq.conf"
	resolver_up dnsmasq dnsmasq --keep-in-foreground --conf-file="$LAB/dnsmasq.conf" --pid-file
}

unbound_up() {
	{
		cat <<-CONF
			server:
			  directory: "$LAB"
			  chroot: ""
			  username: ""
			  pidfile: ""
			  use-syslog: no
			  interface: $GATEWAY
			  interface: $GATEWAY6
			  access-control: 0.0.0.0/0 allow
			  access-control: ::/0 allow
			  module-config: "iterator"
			  num-threads: 1
			  minimal-responses: no
			  local-zone: "fresh.example." static
		CONF
		awk -v q="'" '{ printf "  local-data: %s%s.fresh.example. 60 A %s%s\n", q, $1, $2, q
			printf "  local-data: %s%s.fresh.example. 60 AAAA %s%s\n", q, $1, $3, q }' "$LAB/names.list"
		for i in {1..20}; do
			echo "  local-data: 'wide.fresh.example. 60 A $(address_of $((400 + i)))'"
			echo "  local-data: 'broad.fresh.example. 60 A $(address_of $((400 + i)))'"
		done
	} >"$LAB/unbound.conf"
	resolver_up unbound unbound -d -c "$LAB/unbound.conf"
}

# daemon_begin LABEL [OPTION...]
daemon_begin() {
	mkdir -p "$LAB/save" && chown "$GROUP:$GROUP" "$LAB/save"
	lab_start gw "$1" setpriv --reuid="$GROUP" --regid="$GROUP" --clear-groups --inh-caps=-all \
		--bounding-set=-all --no-new-privs "$DAEMON" --state-dir "$LAB_STATE" --save-dir "$LAB/save" \
		"${@:2}"
	lan_keep "$1"
}

daemon_up() {
	daemon_begin daemon
	lab_until 30 lab_is_locked "$LAB_STATE.answers" || { cat "$LAB/daemon.log"; return 1; }
	! grep -E '^Cap(Inh|Prm|Eff|Bnd|Amb):.*[1-9a-f]' "/proc/$LAB_PID/status"
}

### What a machine does ############################################################################

# fresh RESOLVER udp|tcp FIRST COUNT: the figures are shown.
fresh() {
	lab_in camera "$NAMES" fresh "$1" "$2" "$3" "$4" "$PORT"
}

# asks RESOLVER udp|tcp NAME [TRIES [MS]]
asks() {
	lab_in camera "$NAMES" query "$1" "$2" "$3.fresh.example" "${4:-1}" "${5:-2000}"
}

reaches() { # ADDRESS
	lab_in camera "$NAMES" reach "$1" "$PORT"
}

### Fresh names ####################################################################################

fresh_of() { # WHO RESOLVER VERSION
	local out
	out=$(fresh "$2" udp 0 "$MANY")
	echo "# $1, $3: $out"
	check "$1: $MANY fresh names by $3, each reached at once" [ "$out" = "asked $MANY answered $MANY lost 0" ]
}

nothing_on_its_way() {
	[ -z "$(lab_in gw ss -Hnt sport = :53 | awk '$3 > 0')" ]
}

retransmitted() {
	lab_in gw awk '/^Tcp: [0-9]/ { print $13 }' /proc/net/snmp
}

# over_tcp WHO RESOLVER VERSION FIRST: one after the other, and how often the resolver had to send again.
over_tcp() {
	local before out n
	before=$(retransmitted)
	out=$(fresh "$2" tcp "$4" "$SLOW")
	n=$(($(retransmitted) - before))
	echo "# $1, $3, over TCP: $out retransmitted $n"
	check "$1: $SLOW fresh names by $3 over TCP, each reached at once" \
		[ "$out" = "asked $SLOW answered $SLOW lost 0" ]
	check "$1: none of these answers was sent more than twice" [ "$n" -le "$SLOW" ]
}

unread() { lan_dropped dns-unread; }

without_daemon() { # WHO RESOLVER NUMBER
	local before
	before=$(unread)
	check "$1: without iotguardd DNS over TCP fails" refuted asks "$2" tcp "n$3"
	check "$1: and is counted" [ "$(unread)" -gt "$before" ]
	check "$1: and its address is not reached" refuted reaches "$(address_of "$3")"
}

# every address of a name that has twenty
reaches_all() {
	local i
	for i in {1..20}; do reaches "$(address_of $((400 + i)))" || { echo "not $i"; return 1; }; done
}

asked_twice() { # NAME
	local out
	out=$(asks "$GATEWAY" udp "$1" 4 300) || return
	grep -q '^# tries [23]' <<<"$out" || { echo "$out"; return 1; }
}

with_resolver() { # WHO
	check "$1: what was not asked for is not reached" refuted reaches "$(address_of 0)"
	fresh_of "$1" "$GATEWAY" IPv4
	fresh_of "$1" "$GATEWAY6" IPv6
	without_daemon "$1" "$GATEWAY" $((MANY + 1))
	check "$1: an answer of twenty addresses fails without iotguardd" refuted asks "$GATEWAY" udp broad 3 300
	check "iotguardd runs, without any capability" daemon_up
	# the answer that was held back is sent until it arrives
	lab_until 90 nothing_on_its_way || lab_die "DNS over TCP is not quiet"
	over_tcp "$1" "$GATEWAY" IPv4 $((MANY + 2))
	lab_until 90 nothing_on_its_way
	over_tcp "$1" "$GATEWAY6" IPv6 $((MANY + 2 + SLOW))
	check "$1: behind a router answers over TCP by IPv6 name what is reached" lab_in meter \
		"$NAMES" fresh "$GATEWAY6" tcp $((MANY + 8 + 2 * SLOW)) 3 "$PORT"
	check "$1: an answer of twenty addresses comes when it is asked for again" asked_twice wide
	check "$1: and all of them are reached" reaches_all
	check "$1: other names take the place of its addresses" fresh "$GATEWAY" udp 0 80
	sleep 1.1 # what ends in the same second is as good
	check "$1: which are there again when it is asked for" asks "$GATEWAY" udp wide 4 300
	check "$1: all of them" reaches_all
	check "$1: other programs take over" upgrades
	check "$1: and answers over TCP are read on" fresh "$GATEWAY" tcp $((MANY + 2 + 2 * SLOW)) 3
	check "$1: other tables take their place" renews
	check "$1: and answers over TCP are read on" fresh "$GATEWAY" tcp $((MANY + 5 + 2 * SLOW)) 3
}

# Programs of another build, on the same tables; and back.
upgrades() {
	lab_in gw "$OTHER" --state-dir "$LAB_STATE" apply "$LAB/names.yaml"
}

renews() {
	lab_iotguard detach --all && lab_iotguard apply "$LAB/names.yaml"
}

### Lies ###########################################################################################

TARGET=192.0.2.200 TARGET6=2001:db8:f::abc

# lies NAME REASON [HOW]: it is told under that name, counted so, and nothing is reached by it.
lies() {
	local before
	before=$(lan_dropped "$2")
	lab_in camera "$NAMES" query "$GATEWAY" "${3:-udp}" "$1.fresh.example" 1 300 >/dev/null
	[ "$(lan_dropped "$2")" -gt "$before" ] || { lab_iotguard show stats; return 1; }
	! reaches "$TARGET"
}

lies6() { # NAME REASON
	local before
	before=$(lan_dropped "$2")
	lab_in camera "$NAMES" query "$GATEWAY6" udp "$1.fresh.example" 1 300 >/dev/null
	[ "$(lan_dropped "$2")" -gt "$before" ] && ! reaches "$TARGET6"
}

# rebinds WHOM ADDRESS: the answer comes, and does not help.
rebinds() {
	lab_in camera "$NAMES" query "$GATEWAY" udp "to-${1//./-}.fresh.example" 1 500 >/dev/null || return
	! reaches "$1"
}

liar_up() { # ADDRESS
	lab_start gw "liar-$1" "$NAMES" lie "$1" "$TARGET" "$TARGET6"
	lan_keep "liar-$1"
	lab_until 3 grep -q here "$LAB/liar-$1.log" || lab_die "no liar: $(cat "$LAB/liar-$1.log")"
}

all_lies() { # WITH
	check "$1: another identifier is refused" lies id dns-unasked
	check "$1: another name is refused" lies name dns-unasked
	check "$1: another port is refused" lies port no-rule
	check "$1: a question in place of an answer is refused" lies query dns-unasked
	check "$1: a name that points to itself is refused" lies loop dns-malformed
	check "$1: one that points forward is refused" lies forward dns-malformed
	check "$1: data beyond the end is refused" lies length dns-malformed
	check "$1: an address of three bytes is refused" lies short dns-malformed
	check "$1: a message that was cut is refused" lies cut dns-malformed
	check "$1: forty records that are not there are refused" lies many dns-malformed
	check "$1: 65,535 records that are not there are held back" lies records dns-unread
	check "$1: the same by IPv6: another name" lies6 name dns-unasked
	check "$1: the same by IPv6: a name that points to itself" lies6 loop dns-malformed
	check "$1: the same by IPv6: 65,535 records" lies6 records dns-unread
	check "$1: the gateway has no name" rebinds "$GATEWAY"
	check "$1: nor has a neighbour, without the option local" rebinds "$PUMP"
	check "$1: nor has the machine's own host" rebinds 127.0.0.1
	check "$1: nor what the link gives itself" rebinds 169.254.1.1
}

over_tcp_lies() {
	local lie
	for lie in id name loop forward length short cut many records; do
		check "over TCP, with iotguardd: a lie about $lie is held back" lies "$lie" dns-unread tcp
	done
}

others_at_once() {
	local address addresses
	sleep 1.1 # what ends in the same second is as good
	addresses=$(asks "$GATEWAY" udp turn) || return
	for address in $(grep -v '^#' <<<"$addresses"); do
		reaches "$address" || { echo "not $address"; return 1; }
	done
}

# A hundred names that have a long time to live, of which 32 stay; then twenty that have a short one. By chance one takes
# another one's place.
outlasted() {
	local i lost=0
	for i in {1..100}; do asks "$GATEWAY" udp "long-$i" >/dev/null || return; done
	sleep 1.1 # what was used in the same second is as good
	for i in {101..120}; do asks "$GATEWAY" udp "brief-$i" >/dev/null || return; done
	for i in {101..120}; do reaches "192.0.2.$i" || lost=$((lost + 1)); done
	echo "$lost of 20 are not reached"
	[ "$lost" -le 4 ]
}

# No pattern matches a name that has such a byte, now or under the next policy.
odd_name() {
	asks "$GATEWAY" tcp $'od\001d' || return
	! reaches "$TARGET" || return
	sed '$a\      - allow to any icmp/echo-request' "$LAB/names.yaml" >"$LAB/next.yaml"
	lab_iotguard apply "$LAB/next.yaml" && ! reaches "$TARGET"
}

# Another reader waits, and goes on when the first one ends.
takes_turns() {
	daemon_begin second --socket "$LAB/second.sock"
	lab_until 5 grep -q 'DNS answers are being read by process' "$LAB/second.log" || return
	lan_ends daemon
	lab_until 5 grep -q 'note: reading DNS answers' "$LAB/second.log" || { cat "$LAB/second.log"; return 1; }
	asks "$GATEWAY" tcp honest && reaches "$TARGET"
}

# The other resolver tells the truth, and is none of the listed ones: it may be asked, and names nothing.
unlisted() {
	lab_in camera "$NAMES" query "$OTHER_RESOLVER" udp "honest.fresh.example" 1 500 | grep -q "$TARGET" &&
		! reaches "$TARGET"
}

### The play #######################################################################################

names_up
make_group
names_list >"$LAB/names.list"
names_inventory >"$LAB/names.yaml"
check "without iotguard the neighbour answers" reaches "$PUMP"
check "and the gateway" reaches "$GATEWAY"
lab_guard "$LAB/names.yaml"

dnsmasq_up
with_resolver dnsmasq
check "dnsmasq: an answer by way of eleven aliases comes when it is asked for again" asked_twice long1
check "dnsmasq: and its address is reached" reaches "$(address_of 450)"
lan_ends resolver
lan_ends daemon
lab_iotguard detach --all
lab_guard "$LAB/names.yaml"

unbound_up
with_resolver unbound
lan_ends resolver
lan_ends daemon
lab_iotguard detach --all
lab_guard "$LAB/names.yaml"

liar_up "$GATEWAY"
liar_up "$GATEWAY6"
all_lies "without iotguardd"
check "iotguardd runs once more" daemon_up
all_lies "with iotguardd"
over_tcp_lies
lab_start internet liar-elsewhere "$NAMES" lie "$OTHER_RESOLVER" "$TARGET" "$TARGET6"
lab_until 3 grep -q here "$LAB/liar-elsewhere.log"
check "twenty addresses come when they are asked for again" asked_twice turn
for _ in 1 2 3; do check "and twenty others: all of them are reached" others_at_once; done
check "addresses whose names went make room for others, however long they had" outlasted
check "a resolver that is not listed names nothing" unlisted
check "nor does an odd name, over TCP" odd_name
check "an honest answer of the listed one does" eval 'asks "$GATEWAY" udp honest >/dev/null && reaches "$TARGET"'
check "a second reader waits for the end of the first" takes_turns
lab_done
