#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Machines that no inventory lists, on ports of three segments: `drop`, `onboard` and `monitor`. Under
# `onboard` one gets a lease, names and the time, and nothing else; and it is told once who it says it
# is.

. "$(dirname "${BASH_SOURCE[0]}")/lab.sh"
lab_enter "$0" "$@"
. "$LAB_SOURCE/lan.sh"
lan_needs

# An inventory of its own: three segments, one known machine in each, `kim`, `ona` and `mon`.
onboard_inventory() {
	local name
	{
		printf 'version: 1\ngateway:\n  addresses: [%s, "%s"]\n' "$GATEWAY" "$GATEWAY6"
		printf '  resolvers: [%s]\n  time-servers: [%s]\n  dhcp-servers: [%s]\n' "$GATEWAY" "$GATEWAY" "$GATEWAY"
		printf '  lease-files: [%s]\nsegments:\n' "$LAB/leases"
		onboard_segment dropping drop kim newdrop
		onboard_segment welcoming onboard ona newonboard
		onboard_segment watching monitor mon newmonitor
		printf 'devices:\n'
		onboard_device kim dropping
		onboard_device ona welcoming
		onboard_device mon watching
	} >"$LAB/onboard.yaml"
}

onboard_segment() { # NAME UNKNOWN MACHINE...
	printf '  %s: {interfaces: [lan-%s, lan-%s], networks: [10.30.0.0/24, "fd00:30::/64"], unknown-devices: %s}\n' \
		"$1" "$3" "$4" "$2"
}

onboard_device() { # NAME SEGMENT
	printf '  %s: {mac: "%s", segment: %s, rules: [%s]}\n' "$1" "${LAN_MAC[$1]}" "$2" \
		"'allow to $BROKER icmp/echo-request', 'allow from 10.30.0.0/24', 'allow to 10.30.0.0/24'"
}

# asks_lease NAME: as an appliance does that says who it is.
asks_lease() {
	lab_in "$1" timeout 8 busybox udhcpc -i eth0 -f -q -n -t 2 -T 1 -A 1 -s "$LAB/udhcpc.sh" \
		-V "acme-kettle 1.0" -x "hostname:$1" -O ntpsrv
}

# asks_time NAME: whether an NTP server answers (one that says as much as it takes to be seen).
asks_time() {
	rm -f "$LAB/time-asked"
	lab_in gw timeout 3 tcpdump -l -n -p -Q in --immediate-mode -i br-lan -c 1 \
		"udp dst port 123 and ether src ${LAN_MAC[$1]}" >"$LAB/time-asked" 2>"$LAB/time-listening" &
	local listener=$!
	lab_until 2 grep -q '^listening' "$LAB/time-listening"
	lab_in "$1" "$FRAME" send eth0 "${LAN_MAC[$1]}" "$GATEWAY_MAC" \
		ip "$(lan_address "$1")" "$GATEWAY" udp 123 123 "time, please"
	wait "$listener"
}

# told_of NAME: the events that it is a new device.
told_of() {
	jq -c --arg mac "${LAN_MAC[$1]}" 'select(.event_type == "new-device" and .ether.src_mac == $mac)' <"$LAN_EVENTS"
}

told_once() { # NAME
	lab_until 3 sh -c "grep new-device '$LAN_EVENTS' | grep -q '${LAN_MAC[$1]}'" ||
		{ cat "$LAN_EVENTS" | head -n 5; return 1; }
	[ "$(told_of "$1" | wc -l)" -eq 1 ] || { told_of "$1"; return 1; }
}

told_as() { # NAME ACTION
	local seen
	seen=$(told_of "$1" | jq -r '[.dhcp.hostname, .dhcp.vendor_class_identifier, (.dhcp.params | index(42) != null),
		.verdict.action] | join(",")')
	[ "$seen" = "$1,acme-kettle 1.0,true,$2" ] || { echo "$seen"; told_of "$1"; return 1; }
}

all_of_it() { # NAME: whatever it may get without iotguard
	asks_lease "$1" && resolves "$1" "$GATEWAY" && asks_time "$1" && pings "$1" "$BROKER" &&
		pings "$1" "$KIM" && fetches "$1" "http://$BROKER/" && pings "$1" "$GATEWAY"
}

lan_up
for name in kim ona mon newdrop newonboard newmonitor; do lan_thing "$name"; done
FRAME=$(lab_tool frame) || lab_die "the tools cannot be built"
lan_dnsmasq "${LAN_RA[@]}"
for name in kim ona mon; do lan_dhcp "$name" >/dev/null || lab_die "no lease for $name"; done
KIM=$(lan_address kim) ONA=$(lan_address ona)
for name in newdrop newonboard newmonitor; do
	check "without iotguard $name gets everything" all_of_it "$name"
	ip -n "$name" -4 address flush dev eth0
done
lan_ends dnsmasq
sed -i '/ 02:00:5e:20:00:0[456] /d' "$LAB/leases"
lan_dnsmasq "${LAN_RA[@]}"

onboard_inventory
lab_guard "$LAB/onboard.yaml"
lan_watch
for name in kim ona mon; do check "known: $name goes on" lab_until 3 pings "$name" "$BROKER"; done

check "drop: no lease" refuted asks_lease newdrop
check "drop: told once" told_once newdrop
check "drop: with what it says of itself" told_as newdrop drop

check "onboard: a lease" asks_lease newonboard
check "onboard: told once" told_once newonboard
check "onboard: with what it says of itself" told_as newonboard pass
check "onboard: names" resolves newonboard "$GATEWAY"
check "onboard: the time" asks_time newonboard
check "onboard: no page" refuted fetches newonboard "http://$BROKER/"
check "onboard: no echo from beyond" refuted pings newonboard "$BROKER"
check "onboard: no neighbour" refuted pings newonboard "$KIM"
check "onboard: no neighbour of its segment" refuted pings newonboard "$ONA"
check "onboard: no gateway" refuted pings newonboard "$GATEWAY"
check "onboard: no other resolver" refuted resolves newonboard "$OTHER_RESOLVER"
check "onboard: nobody reaches it" refuted pings kim "$(lan_address newonboard)"
check "onboard: it renews" asks_lease newonboard
check "onboard: and is not told again" told_once newonboard

check "monitor: a lease" asks_lease newmonitor
check "monitor: told once" told_once newmonitor
check "monitor: with what it says of itself" told_as newmonitor pass
check "monitor: and all the rest" pings newmonitor "$BROKER"
check "monitor: which is reported" lab_until 3 sh -c "grep would-drop '$LAN_EVENTS' | grep -q '${LAN_MAC[newmonitor]}'"

for name in kim ona mon; do check "known: $name still goes on" pings "$name" "$BROKER"; done
check "nobody known was called a liar" lan_honest kim ona mon
lan_told
lab_done
