#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# The cold start: twenty machines that have long had their addresses, with connections open, when the
# policy is applied for the first time, after a reboot, and when the DHCP server becomes another one.
# Does every connection live on, and is nobody accused?
#
# Each machine has a lease of dnsmasq, an address and a privacy address from router advertisements, an
# MQTT connection over IPv4 and one over IPv6 to a broker beyond the gateway. Some have one to a
# neighbour over IPv6. The inventory lists no address.
#
# Behind each connection is a keepalive of 5 s: where the policy in force knows no flow, a segment of
# the broker has to wait until the device has spoken, and is sent again until then.
#
# Connections are counted where they end: brokers log who connects and who goes, and clients what they
# hear. What TCP had to send again is counted, too.

. "$(dirname "${BASH_SOURCE[0]}")/lab.sh"
lab_enter "$0" "$@"
. "$LAB_SOURCE/lan.sh"
. "$LAB_SOURCE/clients.sh"
lan_needs kea-dhcp4 nstat

COUNT=20
PEERS=4 # that are connected to the first machine
LAN_TEMPORARY=2
LAN_POOL=10.30.0.100,10.30.0.149,255.255.255.0,10m
LAN_LEASES="$LAB/leases"
DAEMON=${IOTGUARDD:-$LAB_BUILD/iotguardd}
SUBSCRIBERS=()

### The connections ################################################################################

# subscribes NAME ID HOST: a connection that stays, over which messages come.
subscribes() {
	lab_start "$1" "sub-$2" mosquitto_sub -i "$2" -h "$3" -p 1883 -k 5 -q 1 -t all
	SUBSCRIBERS+=("$2")
}

connect_all() {
	local name n=0
	for name in "${LAN_NAMES[@]}"; do
		subscribes "$name" "$name-v4" "$BROKER"
		subscribes "$name" "$name-v6" "$BROKER6"
	done
	cat >"$LAB/peer.conf" <<-CONF
		listener 1883
		allow_anonymous true
		persistence false
	CONF
	lab_start dev1 peer mosquitto -c "$LAB/peer.conf"
	PEER=$(lan_address6 dev1 mngtmpaddr)
	lab_until 5 sh -c "ip netns exec dev1 true; grep -q running '$LAB/peer.log'"
	for ((n = 2; n < 2 + PEERS; n++)); do
		subscribes "dev$n" "dev$n-peer" "$PEER"
	done
	lab_until 10 all_connected
}

all_connected() { [ "$(grep -c 'New client connected .* as dev' "$LAB/mosquitto.log" "$LAB/peer.log" -h | awk '{ n += $1 } END { print n }')" -ge ${#SUBSCRIBERS[@]} ]; }

# tell: one message to all of them, from both brokers. Who has not heard all so far is named.
TOLD=0
tell() {
	TOLD=$((TOLD + 1))
	lab_in internet mosquitto_pub -h "$BROKER" -p 1883 -q 1 -t all -m "message $TOLD"
	lab_in dev1 mosquitto_pub -h "$PEER" -p 1883 -q 1 -t all -m "message $TOLD"
	lab_until "${1:-20}" all_heard
}

all_heard() { [ -z "$(deaf)" ]; }

deaf() {
	local id
	for id in "${SUBSCRIBERS[@]}"; do
		[ "$(grep -c "^message" "$LAB/sub-$id.log")" -eq "$TOLD" ] || echo "$id"
	done
}

# nobody_deaf: each connection brought each message.
nobody_deaf() {
	local who
	who=$(deaf)
	[ -z "$who" ] || { echo "did not hear message $TOLD:" $who; return 1; }
}

# one_connection_each: nobody connected again, nobody went.
one_connection_each() {
	local again gone
	again=$(cat "$LAB/mosquitto.log" "$LAB/peer.log" | grep -o 'New client connected .* as dev[^ ]*' |
		sed 's/.* as //' | sort | uniq -d)
	gone=$(cat "$LAB/mosquitto.log" "$LAB/peer.log" | grep 'Client dev.*\(closed\|disconnected\|timeout\)')
	[ -z "$again$gone" ] || { echo "again: $again"; echo "gone: $gone"; return 1; }
}

sent_again() {
	local name n=0
	for name in internet "${LAN_NAMES[@]}"; do
		n=$((n + $(lab_in "$name" cat /proc/net/snmp | awk '/^Tcp:/ { if (column) print $column
			for (i = 1; i <= NF; i++) if ($i == "RetransSegs") column = i }')))
	done
	echo "$n"
}

# alive LABEL: what is asked after each change.
alive() {
	tell
	check "$1: every connection brings its message" nobody_deaf
	check "$1: nobody had to connect again" one_connection_each
	check "$1: new connections are made" all_open_anew
	check "$1: nobody was called a liar" lan_truth
	printf '# %s: %d connections, %d deaf, segments sent again: %d so far\n' "$1" ${#SUBSCRIBERS[@]} \
		"$(deaf | wc -l)" "$(sent_again)"
}

# all_open_anew: a page over IPv4 and over IPv6 for each, from the addresses that they have.
all_open_anew() {
	local name pids=() pid failed=0
	for name in "${LAN_NAMES[@]}"; do
		{ fetches "$name" "http://$BROKER/" && fetches "$name" "http://[$BROKER6]/"; } &
		pids+=($!)
	done
	for pid in "${pids[@]}"; do wait "$pid" || failed=$((failed + 1)); done
	[ "$failed" -eq 0 ] || { echo "$failed machines got no page"; return 1; }
}

### The changes ####################################################################################

# Whoever is asked: udhcpc turns to everybody now and then, without iotguard, too.
renew_all() {
	local name
	for name in "${LAN_NAMES[@]}"; do
		lan_renews "$name" || { echo "$name: $(tail -n 3 "$LAB/dhcp-$name.log")"; return 1; }
	done
}

has_daemon() { [ -x "$DAEMON" ]; }

# watch: the daemon has the events and saves what is known; who reads events has them from it.
watch() {
	if has_daemon; then
		lab_start gw iotguardd "$DAEMON" --state-dir "$LAB_STATE" --save-dir "$LAB/saved"
		lan_keep iotguardd
		lab_until 5 test -S "$(dirname "$LAB_STATE")/events.sock"
	fi
	lan_watch
}

# reboot: of the gateway's iotguard, as far as it can be had without one of the machine: what was in
# the kernel is gone, what was saved is there.
reboot() {
	lan_ends iotguardd || return
	[ -s "$LAB/saved/state.json" ] || { ls -l "$LAB/saved"; cat "$LAB/iotguardd.log"; return 1; }
	lan_ends watch
	lab_iotguard detach --all || return
	umount "$LAB_STATE" 2>/dev/null
	rm -rf "$LAB_STATE"
}

guard() {
	lab_iotguard --save-dir "$LAB/saved" apply "$LAB/lan.yaml" >"$LAB/apply.log" 2>&1 ||
		lab_die "apply: $(cat "$LAB/apply.log")"
	sed 's/^/# /; s/ (.*)$//' "$LAB/apply.log"
	watch
}

### The play #######################################################################################

lan_up
for ((n = 1; n <= COUNT; n++)); do lan_thing "dev$n"; done
lan_dnsmasq "${LAN_RA[@]}"
for name in "${LAN_NAMES[@]}"; do
	lab_start "$name" "dhcp-$name" busybox udhcpc -i eth0 -f -t 5 -T 1 -A 1 -s "$LAB/udhcpc.sh"
	lan_keep "dhcp-$name"
done
for name in "${LAN_NAMES[@]}"; do
	lab_until 10 lan_address "$name" || lab_die "no lease for $name"
	lab_until 10 lan_address6 "$name" temporary || lab_die "no privacy address for $name"
done
connect_all || lab_die "not all are connected"
tell || lab_die "without iotguard not every connection works: $(deaf)"
printf '# before: segments sent again: %d\n' "$(sent_again)"

mkdir -m 0700 "$LAB/saved"
lan_inventory "$LAB/lan.yaml"
guard
alive "first apply"
check "first apply: all renew" renew_all
alive "after renewals"

if has_daemon; then
	check "reboot: the state was saved" reboot
	guard
	alive "reboot"
	check "reboot without lease file: the state was saved" reboot
	mv "$LAB/leases" "$LAB/leases-away"
	guard
	alive "reboot without lease file"
	mv "$LAB/leases-away" "$LAB/leases"
else
	echo "skip reboot iotguardd is not built"
fi

# The server becomes another one, which knows the leases of the old one.
lan_ends dnsmasq
{
	echo 'address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,fqdn_rev,hostname,state,user_context'
	awk '{ printf "%s,%s,%s,600,%d,1,0,0,,0,\n", $3, $2, $5 == "*" ? "" : $5, $1 }' "$LAB/leases"
} >"$LAB/kea-leases.csv"
LAN_KEA_TIME=600 LAN_KEA_RENEW=300 LAN_KEA_REBIND=500 lan_kea
check "Kea: all renew" renew_all
alive "Kea"
lan_told
lab_done
