#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Does the form of a frame (IPv6, options, tags, a foreign source) neither open the gate nor close it
# for what is allowed? The frames are written by hand in the camera and listened for in the pump.

. "$(dirname "${BASH_SOURCE[0]}")/lab.sh"
lab_enter "$0" "$@"

FORMS=$LAB/forms.yaml
COUNT=0

# inventory SEGMENT-LINE: camera and pump agree on one UDP port.
inventory() {
	cat >"$FORMS" <<-YAML
		version: 1
		gateway:
		  addresses: [$GATEWAY, "$GATEWAY6"]
		  macs: ["$GATEWAY_MAC"]
		  dhcp-servers: [$GATEWAY]
		segments:
		  open: {interfaces: [lan-station, lan-new, lan-plug], networks: [10.30.0.0/24, "fd00:30::/64"]}
		  forms: {interfaces: [lan-cam, lan-pump], networks: [10.30.0.0/24, "fd00:30::/64"]$1}
		devices:
		  camera:
		    mac: "$CAMERA_MAC"
		    addresses: [$CAMERA, "$CAMERA6"]
		    segment: forms
		    rules: [allow to device:pump udp/7000]
		  pump:
		    mac: "$PUMP_MAC"
		    addresses: [$PUMP, "$PUMP6"]
		    segment: forms
		    rules: [allow from device:camera udp/7000]
	YAML
}

# arrives SOURCE-MAC LAYER...: a frame from the camera's port to the pump. Every frame carries a text
# and a source port of its own; TEXT and PORT in the layers stand for them.
arrives() {
	local text layers=() word ear ready mac=$1
	shift
	text=frame-$COUNT-heard
	ready=$LAB/ready-$COUNT
	for word; do
		case $word in
		TEXT) word=$text ;;
		PORT) word=$((20000 + COUNT)) ;;
		esac
		layers+=("$word")
	done
	lab_in pump "$FRAME" hear eth0 400 "$text" "$ready" &
	ear=$!
	lab_until 2 test -e "$ready"
	lab_in camera "$FRAME" send eth0 "$mac" "$PUMP_MAC" "${layers[@]}" || return
	wait "$ear"
}

V4=(ip "$CAMERA" "$PUMP")
V6=(ip "$CAMERA6" "$PUMP6")
ALLOWED=(udp PORT 7000 TEXT)
REFUSED=(udp PORT 7001 TEXT)

# question passes|refused NAME SOURCE-MAC LAYER...: in the baseline everything has to arrive.
question() {
	local expected=$1 name=$2
	shift 2
	COUNT=$((COUNT + 1)) # here, for check has a shell of its own
	if [ -n "$BASELINE" ]; then
		arrives "$@" || lab_die "without iotguard this should arrive, and does not: $name"
	elif [ "$expected" = passes ]; then
		check "$name: $expected" arrives "$@"
	else
		check "$name: $expected" refuted arrives "$@"
	fi
}

untagged() {
	question passes "IPv4, the allowed port" "$CAMERA_MAC" "${V4[@]}" "${ALLOWED[@]}"
	question refused "IPv4, another port" "$CAMERA_MAC" "${V4[@]}" "${REFUSED[@]}"
	question passes "IPv4 with options, the allowed port" "$CAMERA_MAC" "${V4[@]}" options "${ALLOWED[@]}"
	question refused "IPv4 with options, another port" "$CAMERA_MAC" "${V4[@]}" options "${REFUSED[@]}"
	question passes "IPv6, the allowed port" "$CAMERA_MAC" "${V6[@]}" "${ALLOWED[@]}"
	question refused "IPv6, another port" "$CAMERA_MAC" "${V6[@]}" "${REFUSED[@]}"
	question passes "IPv6 with extension headers, the allowed port" "$CAMERA_MAC" \
		"${V6[@]}" hop dest "${ALLOWED[@]}"
	question refused "IPv6 with extension headers, another port" "$CAMERA_MAC" \
		"${V6[@]}" hop dest "${REFUSED[@]}"
	question passes "a priority tag, the allowed port" "$CAMERA_MAC" vlan 0 "${V4[@]}" "${ALLOWED[@]}"
	question refused "a priority tag, another port" "$CAMERA_MAC" vlan 0 "${V4[@]}" "${REFUSED[@]}"
	question refused "a tag where none belongs" "$CAMERA_MAC" vlan 30 "${V4[@]}" "${ALLOWED[@]}"
	question refused "two tags where none belongs" "$CAMERA_MAC" \
		svlan 30 vlan 40 "${V4[@]}" "${ALLOWED[@]}"
	question refused "three tags" "$CAMERA_MAC" vlan 1 vlan 2 vlan 3 "${V4[@]}" "${ALLOWED[@]}"
	question refused "a later fragment" "$CAMERA_MAC" "${V4[@]}" fragment 64 0 "${ALLOWED[@]}"
	question refused "a later IPv6 fragment" "$CAMERA_MAC" "${V6[@]}" fragment 64 0 "${ALLOWED[@]}"
	question refused "an ethertype that no rule names" "$CAMERA_MAC" ether 88b5 TEXT
	question refused "another source address" "$CAMERA_MAC" ip "$STATION" "$PUMP" "${ALLOWED[@]}"
	question refused "another IPv6 source address" "$CAMERA_MAC" ip "$GATEWAY6" "$PUMP6" "${ALLOWED[@]}"
	question refused "a source MAC that nobody has" 02:00:5e:10:00:77 "${V4[@]}" "${ALLOWED[@]}"
	question refused "the gateway's MAC" "$GATEWAY_MAC" ip "$GATEWAY" "$PUMP" "${ALLOWED[@]}"
	# The bridge believed that frame, too, where it came through.
	pings pump "$GATEWAY" >/dev/null
}

tagged() {
	question passes "the segment's tag, the allowed port" "$CAMERA_MAC" \
		vlan 30 "${V4[@]}" "${ALLOWED[@]}"
	question refused "the segment's tag, another port" "$CAMERA_MAC" vlan 30 "${V4[@]}" "${REFUSED[@]}"
	question passes "the segment's tag, IPv6" "$CAMERA_MAC" vlan 30 "${V6[@]}" "${ALLOWED[@]}"
	question refused "another tag" "$CAMERA_MAC" vlan 31 "${V4[@]}" "${ALLOWED[@]}"
	question refused "no tag" "$CAMERA_MAC" "${V4[@]}" "${ALLOWED[@]}"
	question refused "a second tag" "$CAMERA_MAC" vlan 30 vlan 31 "${V4[@]}" "${ALLOWED[@]}"
}

twice_tagged() {
	question passes "both tags of the segment" "$CAMERA_MAC" svlan 30 vlan 40 "${V4[@]}" "${ALLOWED[@]}"
	question refused "both tags, another port" "$CAMERA_MAC" svlan 30 vlan 40 "${V4[@]}" "${REFUSED[@]}"
	question passes "both tags, IPv6" "$CAMERA_MAC" svlan 30 vlan 40 "${V6[@]}" "${ALLOWED[@]}"
	question refused "the tags the wrong way round" "$CAMERA_MAC" \
		svlan 40 vlan 30 "${V4[@]}" "${ALLOWED[@]}"
	question refused "the outer tag alone" "$CAMERA_MAC" svlan 30 "${V4[@]}" "${ALLOWED[@]}"
}

lab_up
FRAME=$(lab_tool frame) || lab_skip "no tool frame, and no cc to make it with"
BASELINE=yes
untagged
tagged
twice_tagged
[ -x "$LOADER" ] || lab_die "$LOADER is not built (make)"
BASELINE=
inventory ""
lab_guard "$FORMS"
untagged
inventory ", vlan: 30"
lab_guard "$FORMS"
tagged
inventory ", vlan: [30, 40]"
lab_guard "$FORMS"
twice_tagged
lab_done
