# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# A laboratory for floods. Sourced after lab.sh.
#
#	eve	an attacker on lan-eve: a listed device that may reach one service. She has a packet socket and
#		no address, so that nothing comes from her port but what she floods
#	camera	her neighbour on lan-cam, with conversations of its own to the same service
#	internet	the service, TCP and UDP; the resolver is a sink on the gateway
#
# There is no address translation: its table of connections is the gateway's own, and floods fill it whoever filters.
#
# Packages: jq

EVE=10.30.0.66 EVE_MAC=02:00:5e:10:00:66
FLOOD_PORT=7000
FLOOD_KINDS="random spoofed strangers first later overlap tiny dns syn"

flood_thing() { # NAME PORT MAC
	lab_thing "$1" "$2" "$3"
	lab_in "$1" sysctl -qw net.ipv6.conf.all.disable_ipv6=1
	ip -n gw link set "$2" multicast off
}

flood_up() {
	command -v jq >/dev/null || lab_skip "not installed: jq (make deps)"
	[ -x "$LOADER" ] || lab_die "$LOADER is not built (make)"
	FLOOD=$(lab_tool flood) && NEIGHBOUR=$(lab_tool neighbour) && TALK=$(lab_tool talk) && BARE=$(lab_tool bare) ||
		lab_die "the tools cannot be built"
	lab_gateway
	lab_internet
	lab_in gw nft delete table inet lab
	# What is half open is not asked for again: nothing is on its way when the flood has ended.
	lab_in internet sysctl -qw net.ipv4.tcp_synack_retries=0
	lab_in gw sysctl -qw net.ipv6.conf.all.disable_ipv6=1
	ip -n gw route add default via "$BROKER"
	flood_thing camera lan-cam "$CAMERA_MAC"
	ip -n camera address add "$CAMERA/24" dev eth0
	ip -n camera route add default via "$GATEWAY"
	flood_thing eve lan-eve "$EVE_MAC"
	ip -n gw neigh replace "$EVE" lladdr "$EVE_MAC" dev br-lan nud permanent
	lab_start internet service "$TALK" serve "$FLOOD_PORT"
	FLOOD_SERVICE=$LAB_PID
	lab_start gw sink "$FLOOD" sink "$GATEWAY" 53
	FLOOD_SINK=$LAB_PID
	lab_until 5 flood_says_here service && lab_until 5 flood_says_here sink || lab_die "nobody serves"
	lab_until 5 pings camera "$BROKER" || lab_die "the internet does not answer"
}

flood_says_here() {
	grep -qx here "$LAB/$1.log"
}

# flood_inventory FILE: both may reach the service, by TCP and UDP.
flood_inventory() {
	local service="allow to $BROKER tcp/$FLOOD_PORT"$'\n'"      - allow to $BROKER udp/$FLOOD_PORT"
	cat >"$1" <<-YAML
		version: 1
		gateway:
		  addresses: [$GATEWAY]
		  macs: ["$GATEWAY_MAC"]
		  resolvers: [$GATEWAY]
		segments:
		  ward: {interfaces: [lan-cam, lan-eve], networks: [10.30.0.0/24]}
		devices:
		  camera:
		    mac: "$CAMERA_MAC"
		    addresses: [$CAMERA]
		    segment: ward
		    rules:
		      - $service
		  eve:
		    mac: "$EVE_MAC"
		    addresses: [$EVE]
		    segment: ward
		    rules:
		      - $service
	YAML
}

# flood KIND COUNT [CPU]: as flood.c says; what it prints is in $LAB/flood.log.
flood() {
	lab_in eve "$FLOOD" send "$1" eth0 "$2" "$EVE" "$GATEWAY_MAC" "$BROKER" "$FLOOD_PORT" "$GATEWAY" \
		${3:+"$3"} >"$LAB/flood.log"
}

# flood_begin KIND CPU: without an end, and when it is there; flood_end.
flood_begin() {
	local before
	before=$(flood_frames)
	lab_start eve flood "$FLOOD" send "$1" eth0 4000000000 "$EVE" "$GATEWAY_MAC" "$BROKER" "$FLOOD_PORT" \
		"$GATEWAY" "$2"
	FLOODER=$LAB_PID
	lab_until 5 flood_came $((before + 1000)) || lab_die "no flood: $(<"$LAB/flood.log")"
}

# flood_frames: that came in at eve's port so far.
flood_frames() {
	ip -n gw -j -s link show dev lan-eve | jq '.[0].stats64.rx.packets'
}

flood_came() {
	[ "$(flood_frames)" -gt "$1" ]
}

flood_end() {
	kill -TERM "$FLOODER"
	lab_until 5 grep -q '^sent' "$LAB/flood.log"
}

# flood_neighbour FLOWS PERIOD [COMMAND...]: the camera begins; its process is FLOOD_NEIGHBOUR. COMMAND: runs it. Its
# ports are others each time, so that no flow of an earlier time is taken up again.
FLOOD_FROM=10000
flood_neighbour() {
	lab_start camera neighbour "${@:3}" "$NEIGHBOUR" "$BROKER" "$FLOOD_PORT" "$1" "$2" "$FLOOD_FROM"
	FLOOD_FROM=$((FLOOD_FROM + $1))
	FLOOD_NEIGHBOUR=$LAB_PID
	lab_until 10 flood_says_here neighbour || lab_die "the neighbour has no answer: $(<"$LAB/neighbour.log")"
}

flood_neighbour_end() {
	kill -TERM "$FLOOD_NEIGHBOUR"
	lab_until 20 grep -q '^echoes' "$LAB/neighbour.log" || { cat "$LAB/neighbour.log"; return 1; }
}

# flood_word LABEL WORD: the number behind it in what a tool printed last.
flood_word() {
	tail -n 1 "$LAB/$1.log" | tr -s ' ' '\n' | sed -n "/^$2\$/{n;p;q}"
}

# flood_flows FILE: the camera's, one a line.
flood_flows() {
	lab_iotguard show flows --json | jq -r '.flows[] | select(.device == "camera") |
		"\(.protocol) \(.local):\(.local_port) \(.remote):\(.remote_port)"' | sort >"$1"
}

FLOOD_QUIET=$(sed -n 's/^IG_REASON([^"]*"\([^"]*\)", *QUIET.*/"\1",/p' "$LAB_TREE/include/iotguard/reason.def" | tr -d '\n')

# flood_count FILE: what the gateway has counted, as an object of numbers:
#	from		frames that came in, of everybody but the camera	passed, dropped	the same by verdict
#	told		refusals, in both directions, that are to be told	events		those that were, or are counted
#	refused		the camera's own that were refused, from it or toward it
flood_count() {
	lab_iotguard show stats --json >"$LAB/stats.json" && lab_iotguard show devices --json >"$LAB/devices.json" &&
		jq -n --slurpfile stats "$LAB/stats.json" --slurpfile devices "$LAB/devices.json" "
		(\$devices[0].devices[] | select(.name == \"camera\").packets) as \$camera | \$stats[0] as \$s |
		def frames(way): [\$s.reasons[] | way.packets] | add // 0;
		def of(verdict): [\$s.reasons[] | select(.verdict == verdict).from_device.packets] | add // 0;
		{
			from: (frames(.from_device) - \$camera.from_device.passed.packets - \$camera.from_device.dropped.packets),
			passed: (of(\"pass\") - \$camera.from_device.passed.packets),
			dropped: (of(\"drop\") - \$camera.from_device.dropped.packets),
			told: ([\$s.reasons[] | select(.verdict == \"drop\" and (.reason | IN(${FLOOD_QUIET%,}) | not)) |
				.from_device.packets + .to_device.packets] | add // 0),
			events: (\$s.events.sent + \$s.events.suppressed + \$s.events.lost),
			sent: \$s.events.sent, suppressed: \$s.events.suppressed, lost: \$s.events.lost,
			refused: (\$camera.from_device.dropped.packets + \$camera.to_device.dropped.packets),
			reasons: ([\$s.reasons[] | {key: .reason, value: .from_device.packets}] | from_entries)
		}" >"$1"
}

# flood_grew BEFORE AFTER MEMBER: by how much.
flood_grew() {
	jq -n --slurpfile a "$1" --slurpfile b "$2" "\$b[0].$3 - \$a[0].$3"
}
