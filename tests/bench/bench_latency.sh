#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# What a control loop feels: the time from a small question of a device, through the gateway, to the answer of a server
# beyond it. See roundtrip.c for how it is taken.
#
# Without anything on the port, with programs that do nothing (`bare`), with iotguard, and with nftables: a concatenated
# set at ingress that has the same policy, and the bare programs beside it. nftables judges questions only, iotguard
# answers as well. All of them in each round, one after the other; `added` is the difference to `bare` in the same round.
#
# Then the same while policies are exchanged without a pause, beside `bare` while they are exchanged at another port;
# and while another device floods its own port with what its policy refuses, beside `bare`, which passes it.
#
# CPU 0 has the loop, CPU 1 the rest: on a veth, a flood is worked off by the CPU that sends it.

[ -n "${LAB_INSIDE:-}" ] || exec 3>&1 1>&2
. "$(dirname "${BASH_SOURCE[0]}")/../netns/lab.sh"
lab_enter "$0" "$@"
. "$LAB_SOURCE/flood.sh"
. "$LAB_TREE/tests/bench/rows.sh"
unset SSH_CONNECTION
[ "$(nproc)" -ge 2 ] || lab_skip "needs two CPUs"

DEVICES=100 RULES=50
COUNT=20000 COLD_COUNT=5000 COLD_KIB=2048

LOOP_PORT=7100

# What is allowed is the same for everybody: RULES - 1 addresses, the last of which is the server's, and one more.
remotes() {
	awk -v n="$RULES" -v last="$BROKER" 'BEGIN { for (i = 2; i < n; i++) print "198.51.100." i; print last }'
}

# Devices with their MAC addresses; nobody has the ghosts'.
machines() {
	awk -v n="$DEVICES" -v camera="$CAMERA_MAC $CAMERA" -v eve="$EVE_MAC $EVE" 'BEGIN {
		print "camera", camera
		print "eve", eve
		for (i = 2; i < n; i++)
			printf "ghost-%d 02:00:5e:20:00:%02x 10.30.0.%d\n", i, i, i + 100
	}'
}

# inventory FILE INTERFACES PORT: PORT is another one in each policy, in one rule that nobody uses.
inventory() {
	{
		printf 'version: 1\ngateway:\n  addresses: [%s]\n  macs: ["%s"]\n' "$GATEWAY" "$GATEWAY_MAC"
		printf 'segments:\n  ward: {interfaces: [%s], networks: [10.30.0.0/24]}\n' "$2"
		printf 'profiles:\n  thing:\n    rules:\n      - allow to 192.0.2.1 udp/%d\n' "$3"
		remotes | sed "s|.*|      - allow to & udp/$LOOP_PORT|"
		echo 'devices:'
		machines | awk '{ printf "  %s: {mac: \"%s\", addresses: [%s], segment: ward, profile: thing}\n", $1, $2, $3 }'
	} >"$1"
}

# The same for nftables.
ruleset() {
	echo 'table netdev latency {'
	echo '  set allowed { type ether_addr . ipv4_addr . ipv4_addr . inet_proto . inet_service; elements = {'
	remotes >"$LAB/remotes"
	machines | awk -v port="$LOOP_PORT" -v remotes="$LAB/remotes" '{
		while ((getline remote <remotes) > 0)
			printf "%s . %s . %s . udp . %s,\n", $2, $3, remote, port
		close(remotes)
	}'
	cat <<-NFT
		} }
		  chain in {
		    type filter hook ingress device "lan-cam" priority 0; policy drop;
		    ether type arp accept
		    ether saddr . ip saddr . ip daddr . meta l4proto . th dport @allowed accept
		  }
		}
	NFT
}

### What is on the port ############################################################################

put_none() { :; }
take_none() { :; }

put_bare() {
	lab_start gw bare "$BARE" pass lan-cam lan-eve
	BARE_PID=$LAB_PID
	lab_until 5 flood_says_here bare || lab_die "$(<"$LAB/bare.log")"
}
take_bare() {
	kill "$BARE_PID"
	lab_until 5 refuted kill -0 "$BARE_PID"
}

put_nftables() {
	put_bare
	lab_in gw nft -f "$LAB/ruleset" || lab_die "nftables"
}
take_nftables() {
	lab_in gw nft delete table netdev latency
	take_bare
}

put_iotguard() { lab_guard "$LAB/policy-0"; }
take_iotguard() { lab_iotguard detach --all >/dev/null 2>&1; }

put_elsewhere() {
	put_bare
	lab_guard "$LAB/elsewhere-0"
}
take_elsewhere() {
	take_iotguard
	take_bare
}

### Measuring ######################################################################################

# ask NAME COUNT [KIB]
ask() {
	"$ROUNDTRIP" camera internet "$BROKER" "$LOOP_PORT" "$2" 0 ${3:+"$3"} >"$LAB/ask.log" ||
		lab_die "no round trip with $1"
	[ "$(flood_word ask lost)" = 0 ] || echo "# $1: $(flood_word ask lost) were lost"
	local which
	for which in p50 p99 p999; do
		row_value "$1.$which" "$(flood_word ask "$which" | awk '{ print $1 / 1000 }')"
	done
}

# exchange POLICY: one after the other, as fast as it goes; it says how many there were.
exchange() {
	local n=0
	while [ ! -e "$LAB/enough" ]; do
		n=$((n + 1))
		lab_iotguard apply "$LAB/$1-$((n % 2))" >"$LAB/apply.log" 2>&1 || { cat "$LAB/apply.log"; return 1; }
	done
	echo "$n" >"$LAB/exchanges"
}

ask_while_exchanged() { # NAME POLICY
	local other
	rm -f "$LAB/enough"
	exchange "$2" &
	other=$!
	taskset -pc 1 "$other" >/dev/null
	ask "$1" $((COUNT * 2))
	: >"$LAB/enough"
	wait "$other" || lab_die "no exchange"
	row_value "$1.exchanges" "$(<"$LAB/exchanges")"
}

ask_while_flooded() { # NAME
	flood_begin random 1
	ask "$1" "$COUNT"
	flood_end || lab_die "the flood failed"
	row_value "$1.rate" "$(awk '{ print $2 * 1e9 / $4 }' "$LAB/flood.log")"
}

measure() { # NAME
	"put_$1"
	case $1 in
	elsewhere) ask_while_exchanged bare.exchanged elsewhere ;;
	bare | iotguard)
		ask "$1" "$COUNT"
		ask "$1.cold" "$COLD_COUNT" "$COLD_KIB"
		ask_while_flooded "$1.flooded"
		[ "$1" = bare ] || ask_while_exchanged iotguard.exchanged policy
		;;
	*) ask "$1" "$COUNT" ;;
	esac
	"take_$1"
}

### Rows ###########################################################################################

say_name() { # p50 | p99 | p999
	[ "$1" = p999 ] && echo p99.9 || echo "$1"
}

# say_all NAME WORDS PARAMETERS
say_all() {
	local which
	for which in p50 p99 p999; do
		row latency "$2, $(say_name "$which")" us "$3" "$1.$which"
	done
}

# say_added NAME TO WORDS PARAMETERS [MICROSECONDS]: these are the target of p99.9.
say_added() {
	local which
	for which in p50 p99 p999; do
		row_difference "$1.added.$which" "$1.$which" "$2.$which"
		row latency "$3, added $(say_name "$which")" us "$4" "$1.added.$which" \
			"$([ "$which" != p999 ] || echo "${5:+\"at_most\":$5}")"
	done
}

say() {
	local policy="\"devices\":$DEVICES,\"rules\":$RULES" swaps rate
	say_all none "round trip without anything" ""
	say_all bare "round trip, bare programs" ""
	say_all iotguard "round trip, iotguard" "$policy"
	say_added iotguard bare "round trip, iotguard" "$policy" 20
	say_all nftables "round trip, nftables" "$policy"
	say_added nftables bare "round trip, nftables" "$policy"

	say_all bare.cold "round trip, caches cold, bare programs" ""
	say_all iotguard.cold "round trip, caches cold, iotguard" "$policy"
	say_added iotguard.cold bare.cold "round trip, caches cold, iotguard" "$policy" 20

	swaps="\"exchanges\":$(row_median bare.exchanged.exchanges)"
	say_all bare.exchanged "round trip while policies are exchanged elsewhere, bare programs" "$swaps"
	swaps="$policy,\"exchanges\":$(row_median iotguard.exchanged.exchanges)"
	say_all iotguard.exchanged "round trip while policies are exchanged, iotguard" "$swaps"
	say_added iotguard.exchanged bare.exchanged "round trip while policies are exchanged, iotguard" "$swaps" 20

	rate="\"frames_per_s\":$(row_median bare.flooded.rate)"
	say_all bare.flooded "round trip while another device floods, bare programs" "$rate"
	rate="$policy,\"frames_per_s\":$(row_median iotguard.flooded.rate)"
	say_all iotguard.flooded "round trip while another device floods, iotguard" "$rate"
	say_added iotguard.flooded bare.flooded "round trip while another device floods, iotguard" "$rate" 20
}

flood_up
ROUNDTRIP=$(lab_tool roundtrip) || lab_die "the tools cannot be built"
# A port of its own for policies that are not the camera's.
ip -n gw link add lan-other type veth peer name lan-peer
ip -n gw link set lan-other up
for n in 0 1; do
	inventory "$LAB/policy-$n" "lan-cam, lan-eve" $((n + 1))
	inventory "$LAB/elsewhere-$n" lan-other $((n + 1))
done
ruleset >"$LAB/ruleset"
order="none bare iotguard nftables elsewhere"
for ((round = 0; round < ROW_ROUNDS; round++)); do
	for what in $order; do
		measure "$what"
	done
	# the next round begins with the next one
	order="${order#* } ${order%% *}"
done
say
