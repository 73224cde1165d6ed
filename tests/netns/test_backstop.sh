#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# The backstop: what is not guarded forwards nothing, what is guarded does not notice it, and when it is
# taken away nothing is left.

. "$(dirname "${BASH_SOURCE[0]}")/lab.sh"
lab_enter "$0" "$@"
. "$LAB_SOURCE/small.sh"

CONF=$LAB/backstop.conf
PORT=9999

backstop() {
	lab_in gw env IOTGUARD_LOAD="$LOADER --state-dir $LAB_STATE" IOTGUARD_BACKSTOP_CONF="$CONF" \
		sh "$LAB/backstop" "$@"
}

ruleset() {
	lab_in gw nft list ruleset
}

# heard NAMESPACE ADDRESS FROM: a datagram arrives there. One way, as no answer would tell.
heard() {
	local before after
	lab_in "$1" nft 'table inet ear { chain input { type filter hook input priority 0; udp dport '$PORT' counter; }; }'
	before=$(arrived "$1")
	lab_in "$3" bash -c "echo hello >/dev/udp/$2/$PORT"
	lab_until "${4:-2}" arrived_more "$1" "$before"
	after=$?
	lab_in "$1" nft delete table inet ear
	return "$after"
}

arrived() {
	lab_in "$1" nft list table inet ear | sed -n 's/.*packets \([0-9]*\).*/\1/p'
}

arrived_more() {
	[ "$(arrived "$1")" -gt "$2" ]
}

# unheard: the same, and there is nothing to wait for: what follows on the same way would come later.
unheard() {
	refuted heard "$1" "$2" "$3" 1
}

dropped() { # packets, by all rules of the backstop
	lab_in gw nft list ruleset | awk '/table .*iotguard_backstop/ { ours = 1 } /^}/ { ours = 0 }
		ours && /drop/ { for (i = 1; i < NF; i++) if ($i == "packets") sum += $(i + 1) } END { print sum + 0 }'
}

cut() { # NAMESPACE: reaches nothing beyond the gateway
	refuted pings "$1" "$BOTH"
}

# stream NAMESPACE: 200 a second to an address that every policy allows.
stream() {
	lab_start "$1" "stream-$1" ping -q -n -i 0.005 "$BOTH"
	STREAM=$LAB_PID
}

unbroken() { # NAMESPACE
	local log=$LAB/stream-$1.log
	kill -INT "$STREAM"
	lab_until 5 grep -q "packets transmitted" "$log"
	cat "$log"
	grep -q ', 0% packet loss' "$log" && ! grep -q '^[0-9] packets transmitted' "$log"
}

### The scenes #####################################################################################

nothing_guarded() {
	check "without it, bridged devices reach each other" pings camera "$PUMP"
	check "without it, a datagram from outside is heard" heard camera "$CAMERA" internet
	check "switched on" backstop on
	check "nothing guarded: a bridged device reaches nothing beyond the gateway" cut camera
	check "nothing guarded: nor its neighbour" refuted pings camera "$PUMP"
	check "nothing guarded: nor does one on a port of its own" cut one
	check "nothing guarded: nor one port the other" refuted pings one "$TWO"
	check "nothing guarded: nothing from outside is heard behind a bridge" unheard camera "$CAMERA" internet
	check "nothing guarded: nor behind a port" unheard one "$ONE" internet
	check "nothing guarded: the gateway is reached from a bridge" pings camera "$GATEWAY"
	check "nothing guarded: and from a port" pings one 10.31.0.1
	check "nothing guarded: and reaches them" pings gw "$CAMERA"
	check "nothing guarded: what was dropped is counted" test "$(dropped)" -gt 0
}

guarded_in_part() {
	lab_guard "$LAB/one.yaml"
	check "applied: guarded, and not told yet" cut camera
	check "told" backstop fill
	check "told: a bridged device passes" pings camera "$BOTH"
	check "told: a device on a port passes" pings one "$BOTH"
	check "told: as its policy says" refuted pings camera "$NEITHER"
	check "told: one that nobody guards does not pass" cut two
	check "told: nor reaches one that is guarded" refuted pings two "$ONE"
	check "told: nor is reached from outside" unheard two "$TWO" internet
}

# Nothing that is guarded may notice.
unnoticed() {
	local i
	stream camera
	for ((i = 0; i < 20; i++)); do
		backstop off && backstop on && backstop fill || break
	done
	check "switched off and on twenty times: no packet is lost" unbroken camera
}

made_again() {
	ip netns del one
	lab_until 2 refuted ip -n gw link show lan-one
	small_port one lan-one "$ONE_MAC" 10.31.0
	lab_until 5 pings one 10.31.0.1 || lab_die "the new interface does not work"
	check "made again under its name: passes nothing" cut one
	check "told of it before it is covered: nothing changes" backstop fill
	check "made again under its name: still passes nothing" cut one
	check "covered" lab_iotguard apply --again "$LAB/one.yaml"
	check "and told" backstop fill
	check "passes" pings one "$BOTH"
	lab_iotguard detach lan-one >/dev/null
	check "taken off an interface, and told" backstop fill
	check "passes nothing" cut one
	lab_iotguard apply "$LAB/one.yaml" >/dev/null
	backstop fill
}

upper_interfaces() {
	if ! ip -n gw link add link lan-one name lan-upper address 02:00:5e:00:00:aa type macvlan mode private 2>/dev/null; then
		echo "skip upper this kernel has no macvlan"
		return
	fi
	check "what stands on a guarded port is guarded" backstop fill
	check "and is among them" shows_index lan-upper
	ip -n gw link del lan-upper
}

shows_index() {
	lab_in gw nft -y list set inet iotguard_backstop guarded | grep -qw -e "$1" -e "$(ip -n gw -o link show "$1" | cut -d: -f1)"
}

beside_others() {
	lab_in gw nft 'table inet theirs { chain forward { type filter hook forward priority 0; ct state established accept; }; }'
	local before
	backstop off
	before=$(ruleset)
	backstop on
	check "the rules of others are as they were" test "$(ruleset | sed '/iotguard_backstop/,/^}/d' | grep .)" = \
		"$(grep . <<<"$before")"
	lab_in gw nft flush ruleset
	check "somebody flushed all rules: told again" backstop fill
	check "somebody flushed all rules: it is there again" cut two
	check "somebody flushed all rules: and what is guarded passes" pings camera "$BOTH"
	lab_in gw nft 'table inet theirs { chain forward { type filter hook forward priority 0; ct state established accept; }; }'
	check "marks of others are let be" marks_let_be
	check "switched off" backstop off
	check "switched off twice" backstop off
	check "nothing of it is left" refuted grep -q iotguard <<<"$(ruleset)"
	check "and nothing is cut" pings two "$BOTH"
}

# A mark that the gateway's own rules set for routed packets arrives where they look at it.
marks_let_be() {
	lab_in gw nft 'table inet marks { chain pre { type filter hook prerouting priority 0; iifname "wan0" meta mark set 0x7; };
		chain post { type filter hook postrouting priority 0; oifname "br-lan" meta mark 0x7 counter; }; }
		table bridge marks { chain post { type filter hook postrouting priority 500; meta mark 0x7 counter; }; }'
	pings camera "$BOTH" || return
	lab_in gw nft list table inet marks | grep -q 'packets [1-9]' &&
		lab_in gw nft list table bridge marks | grep -q 'packets [1-9]'
	local status=$?
	lab_in gw nft 'delete table inet marks; delete table bridge marks'
	return "$status"
}

refuses() {
	echo "# nothing" >"$CONF"
	check "without a name it is not switched on" refuted backstop on
	check "and nothing is cut by that" pings two "$BOTH"
}

if ! nsenter --net=/proc/self/ns/net nft -c 'table bridge probe { set s { type iface_index; }; chain c { type filter hook prerouting priority 0; iif @s drop; }; }' 2>/dev/null; then
	lab_skip "this kernel has no nftables for bridges"
fi
sed "s|@SBINDIR@|/nowhere|" "$LAB_TREE/packaging/libexec/backstop.in" >"$LAB/backstop"
echo 'lan-*' >"$CONF"
small_up
small_inventory "$LAB/one.yaml" "$FIRST" 0 one
nothing_guarded
guarded_in_part
unnoticed
made_again
upper_interfaces
beside_others
refuses
lab_done
