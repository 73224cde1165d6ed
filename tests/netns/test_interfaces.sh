#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Interfaces come and go, have odd names and poor drivers. Is each guarded when it should be, and does
# one hear when it is not?

. "$(dirname "${BASH_SOURCE[0]}")/lab.sh"
lab_enter "$0" "$@"
. "$LAB_SOURCE/small.sh"

BASE=$LAB/base.yaml WITH_TWO=$LAB/two.yaml DOTTED=$LAB/dotted.yaml GENERIC=$LAB/generic.yaml TAGGED=$LAB/tagged.yaml

# warns_of INTERFACE WORDS: so does `show`.
warns_of() {
	lab_iotguard show | grep '^interfaces' | tr ',' '\n' | grep -w "$1" | grep -qF -e "$2" ||
		{ lab_iotguard show | grep '^interfaces'; return 1; }
}

# of_port INTERFACE: the inventory WITH_TWO, where `two` is behind it.
of_port() {
	sed "s/lan-two/$1/" "$WITH_TWO"
}

gone_and_back() {
	ip -n gw link del lan-two
	lab_until 2 refuted ip -n gw link show lan-two
	check "an interface that is gone is shown as absent" shows_as lan-two absent
	check "and in the overview" warns_of lan-two absent
	check "apply names what is missing, and goes on" says "no interface lan-two" lab_iotguard apply "$WITH_TWO"
	check "which is in force then" says "nothing to do" lab_iotguard apply "$WITH_TWO"
	check "and still shown as absent" shows_as lan-two absent
	check "the others stay guarded" guarded camera

	ip netns del two
	small_port two lan-two "$TWO_MAC" 10.32.0
	lab_until 5 pings two 10.32.0.1 || lab_die "the new interface does not work"
	check "a new interface of that name is not guarded" unguarded two
	check "which is shown" shows_as lan-two none
	check "not as if it were still absent" refuted shows_as lan-two absent
	check "and in the overview" warns_of lan-two UNGUARDED
	check "the same inventory again covers it" lab_iotguard apply "$WITH_TWO"
	check "it is guarded" guarded two
	check "and shown so" shows_as lan-two native
}

left_out() {
	check "an interface that the inventory no longer names is released, and that is said" \
		says "lan-two is no longer guarded: its traffic now passes unfiltered" lab_iotguard apply "$BASE"
	check "it is not guarded any more" unguarded two
	check "nor shown" refuted shows_as lan-two lan-two
	check "the others stay guarded" guarded camera
}

detached() {
	lab_guard "$WITH_TWO"
	check "an interface alone can be released, and that is said" \
		says "lan-two: traffic now passes unfiltered" lab_iotguard detach lan-two
	check "it is not guarded any more" unguarded two
	check "the others are" guarded camera
	check "it is shown as not guarded, for the policy names it" shows_as lan-two none
	check "and in the overview" warns_of lan-two UNGUARDED
	check "releasing it again is an error" fails 1 lan-two lab_iotguard detach lan-two
	check "the same inventory again guards it" says lan-two lab_iotguard apply "$WITH_TWO"
	check "as before" guarded two
	check "and then there is nothing to do" says "nothing to do" lab_iotguard apply "$WITH_TWO"
}

dotted() {
	lab_guard "$BASE"
	ip -n gw link set lan-two down
	ip -n gw link set lan-two name eth0.30 up
	ip -n internet route replace 10.32.0.0/24 via "$WAN"
	of_port eth0.30 >"$DOTTED"
	check "a name with a dot: apply" lab_iotguard apply "$DOTTED"
	check "a name with a dot: guarded" guarded two
	check "a name with a dot: shown" shows_as 'eth0\.30' native
	check "a name with a dot: again there is nothing to do" says "nothing to do" lab_iotguard apply "$DOTTED"
	check "a name with a dot: released" says "eth0.30: traffic now passes unfiltered" lab_iotguard detach eth0.30
	check "a name with a dot: open" unguarded two
	ip -n gw link set eth0.30 down
	ip -n gw link set eth0.30 name lan-two up
	lab_until 5 pings two 10.32.0.1
}

rename_port() { # FROM TO
	ip -n gw link set "$1" down
	ip -n gw link set "$1" name "$2" up
	ip -n internet route replace 10.32.0.0/24 via "$WAN"
	lab_until 5 pings two 10.32.0.1
}

# To look what would be is not to change what is.
explains_only() {
	local before
	before=$(find "$LAB_STATE" | sort)
	lab_iotguard explain two to "$BOTH" icmp/echo-request --inventory "$DOTTED" || return
	[ "$(find "$LAB_STATE" | sort)" = "$before" ] || diff <(echo "$before") <(find "$LAB_STATE" | sort)
}

renamed() {
	lab_guard "$WITH_TWO"
	ip -n gw link set lan-two down
	ip -n gw link set lan-two name lan-other up
	ip -n internet route replace 10.32.0.0/24 via "$WAN"
	of_port lan-other >"$DOTTED"
	check "renamed under the guard: explain leaves all pins where they are" explains_only
	check "renamed under the guard: apply knows its own programs again" lab_iotguard apply "$DOTTED"
	check "renamed under the guard: guarded" guarded two
	check "renamed under the guard: shown by its new name" shows_as lan-other native
	check "renamed under the guard: and no more by the old one" refuted shows_as lan-two lan-two
	check "renamed under the guard: released by the new one" says "traffic now passes" lab_iotguard detach lan-other
	check "renamed under the guard: open" unguarded two
	rename_port lan-other lan-two
}

# A driver without native XDP: the interface with the gateway's address moves onto one.
generic() {
	if ! ip -n gw link add link lan-two name lan-mac type macvlan mode private; then
		echo "skip generic this kernel has no macvlan"
		return
	fi
	ip -n gw address del 10.32.0.1/24 dev lan-two
	ip -n gw address add 10.32.0.1/24 dev lan-mac
	ip -n gw link set lan-two arp off
	ip -n gw link set lan-mac up
	ip -n two neigh flush all
	lab_until 5 pings two 10.32.0.1
	lab_guard "$BASE"
	of_port lan-mac >"$GENERIC"
	check "without native XDP: --require-native makes it an error" \
		fails 4 "lan-mac cannot run XDP in native mode" lab_iotguard apply --require-native "$GENERIC"
	check "without native XDP: which leaves the interface alone" unguarded two
	check "without native XDP: and the policy" guarded camera
	check "without native XDP: else it is reported" says "using generic mode" lab_iotguard apply "$GENERIC"
	check "without native XDP: guarded all the same" guarded two
	check "without native XDP: shown" shows_as lan-mac generic
	check "without native XDP: what is in force does not please --require-native either" \
		fails 4 "lan-mac" lab_iotguard apply --require-native "$GENERIC"
	check "without native XDP: and stays in force" guarded two
	check "without native XDP: --require-native does not mind the others" lab_iotguard apply --require-native "$BASE"
	ip -n gw link del lan-mac
	ip -n gw link set lan-two arp on
	ip -n gw address add 10.32.0.1/24 dev lan-two
}

# Two segments behind each of two ports, told apart by their tags. Frames written by hand go from the
# camera's port to the pump's.
CAM_B_MAC=02:00:5e:10:03:11 PUMP_B_MAC=02:00:5e:10:03:21

tagged_inventory() {
	local ports="interfaces: [lan-cam, lan-pump, lan-plug]"
	cat >"$TAGGED" <<-YAML
		version: 1
		gateway: {addresses: [$GATEWAY], macs: ["$GATEWAY_MAC"]}
		segments:
		  a: {$ports, vlan: 30, networks: [10.30.0.0/24]}
		  b: {$ports, vlan: 40, networks: [10.40.0.0/24]}
		devices:
		  cam-a: {mac: "$CAMERA_MAC", addresses: [10.30.0.11], segment: a, rules: [allow to device:pump-a udp/7000]}
		  pump-a: {mac: "$PUMP_MAC", addresses: [10.30.0.21], segment: a, rules: [allow from device:cam-a udp/7000]}
		  cam-b: {mac: "$CAM_B_MAC", addresses: [10.40.0.11], segment: b, rules: [allow to device:pump-b udp/7000]}
		  pump-b: {mac: "$PUMP_B_MAC", addresses: [10.40.0.21], segment: b, rules: [allow from device:cam-b udp/7000]}
	YAML
}

COUNT=0

# arrives TAG SOURCE-MAC DESTINATION-MAC NETWORK
arrives() {
	local text=frame-$COUNT-heard ready=$LAB/ready-$COUNT ear tags=()
	[ -z "$1" ] || tags=(vlan "$1")
	lab_in pump "$FRAME" hear eth0 400 "$text" "$ready" &
	ear=$!
	lab_until 2 test -e "$ready"
	lab_in camera "$FRAME" send eth0 "$2" "$3" ${tags[@]+"${tags[@]}"} ip "$4.11" "$4.21" udp $((20000 + COUNT)) 7000 \
		"$text" || return
	wait "$ear"
}

question() { # NAME COMMAND...
	COUNT=$((COUNT + 1))
	check "$@"
}

two_segments() {
	local a=("$CAMERA_MAC" "$PUMP_MAC" 10.30.0) b=("$CAM_B_MAC" "$PUMP_B_MAC" 10.40.0)
	FRAME=$(lab_tool frame) || { echo "skip two-segments no tool frame"; return; }
	tagged_inventory
	lab_guard "$TAGGED"
	question "two segments on a port: the first, by its tag" arrives 30 "${a[@]}"
	question "two segments on a port: the second, by its tag" arrives 40 "${b[@]}"
	question "two segments on a port: not the first's devices with the second's tag" refuted arrives 40 "${a[@]}"
	question "two segments on a port: not the second's devices with the first's tag" refuted arrives 30 "${b[@]}"
	question "two segments on a port: not without a tag" refuted arrives "" "${a[@]}"
	question "two segments on a port: nor with a third" refuted arrives 50 "${b[@]}"
	question "two segments on a port: nor from one to the other" refuted arrives 30 "$CAMERA_MAC" "$PUMP_B_MAC" 10.30.0
}

small_up
small_inventory "$BASE" "$FIRST"
small_inventory "$WITH_TWO" "$FIRST" 0 two
lab_guard "$WITH_TWO"
check "a port of its own is guarded" guarded two
gone_and_back
left_out
detached
dotted
renamed
generic
two_segments
lab_done
