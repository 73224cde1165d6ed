# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# A laboratory without servers, for tests that begin anew many times. Sourced after lab.sh.
#
#	camera, pump, plug	ports of br-lan, 10.30.0.0/24
#	one, two		ports of their own, lan-one (10.31.0.0/24) and lan-two (10.32.0.0/24)
#	internet		answers echo requests at every address
#
# In every inventory made here a device may ask two addresses: one that only this inventory allows
# ($FIRST or $SECOND), and one that all do ($BOTH). None allows $NEITHER.

FIRST=$BROKER SECOND=$PORTAL BOTH=$CLOUD NEITHER=$ELSEWHERE
BRIDGED="camera pump plug"
ONE=10.31.0.2	ONE_MAC=02:00:5e:10:01:01
TWO=10.32.0.2	TWO_MAC=02:00:5e:10:02:01

# small_port NAME PORT MAC NETWORK: a thing on a port of its own; the gateway is NETWORK.1, it .2.
small_port() {
	ip netns add "$1"
	ip link add "$2" netns gw type veth peer name eth0 netns "$1" address "$3"
	ip -n gw address add "$4.1/24" dev "$2"
	ip -n gw link set "$2" up
	ip -n "$1" address add "$4.2/24" dev eth0
	ip -n "$1" link set eth0 up
	ip -n "$1" route add default via "$4.1"
	ip -n internet route replace "$4.0/24" via "$WAN"
}

# small_thing NAME PORT MAC ADDRESS: one behind br-lan.
small_thing() {
	lab_thing "$1" "$2" "$3"
	ip -n "$1" address add "$4/24" dev eth0
	ip -n "$1" route add default via "$GATEWAY"
}

small_up() {
	[ -x "$LOADER" ] || lab_die "$LOADER is not built (make)"
	STEPS=$(lab_tool steps) && ANSWERS=$(lab_tool answers) || lab_die "the tools cannot be built"
	lab_gateway
	lab_internet
	small_thing camera lan-cam "$CAMERA_MAC" "$CAMERA"
	small_thing pump lan-pump "$PUMP_MAC" "$PUMP"
	small_thing plug lan-plug "$PLUG_MAC" "$PLUG"
	small_port one lan-one "$ONE_MAC" 10.31.0
	small_port two lan-two "$TWO_MAC" 10.32.0
	lab_until 5 small_open || lab_die "not everybody answers"
}

small_open() {
	local name
	for name in $BRIDGED one two; do
		pings "$name" "$BOTH" || return
	done
}

small_segment() { # NAME INTERFACES NETWORK
	printf '  %s: {interfaces: [%s], networks: [%s]}\n' "$1" "$2" "$3"
}

small_device() { # NAME MAC ADDRESS SEGMENT OWN
	printf '  %s:\n    mac: "%s"\n    addresses: [%s]\n    segment: %s\n    rules:\n' "$1" "$2" "$3" "$4"
	printf '      - allow to %s icmp/echo-request\n' "$5" "$BOTH"
}

# small_inventory FILE OWN [GHOSTS [PORT]]: OWN is the address that only this one allows, GHOSTS how many
# more devices there are (up to 150), PORT the one of `one` and `two` that is guarded beside the bridge's ports.
small_inventory() {
	local file=$1 own=$2 ghosts=${3:-0} port=${4:-} i
	{
		echo 'version: 1'
		printf 'gateway:\n  addresses: [%s]\n  macs: ["%s"]\n' "$GATEWAY" "$GATEWAY_MAC"
		echo 'segments:'
		small_segment ward "lan-cam, lan-pump, lan-plug" 10.30.0.0/24
		[ "$port" != one ] || small_segment one lan-one 10.31.0.0/24
		[ "$port" != two ] || small_segment two lan-two 10.32.0.0/24
		echo 'devices:'
		small_device camera "$CAMERA_MAC" "$CAMERA" ward "$own"
		small_device pump "$PUMP_MAC" "$PUMP" ward "$own"
		small_device plug "$PLUG_MAC" "$PLUG" ward "$own"
		[ "$port" != one ] || small_device one "$ONE_MAC" "$ONE" one "$own"
		[ "$port" != two ] || small_device two "$TWO_MAC" "$TWO" two "$own"
		for ((i = 0; i < ghosts; i++)); do
			printf '  ghost-%d: {mac: "02:00:5e:20:00:%02x", addresses: [10.30.0.%d], segment: ward}\n' \
				"$i" "$i" $((i + 100))
		done
	} >"$file"
}

# answered COUNT PLACES...: who got an answer, in one line; of the places named, COUNT are expected to.
answered() {
	local count=$1 name address questions=()
	shift
	for name; do
		for address in "$FIRST" "$SECOND" "$BOTH" "$NEITHER"; do
			questions+=("$name/$address")
		done
	done
	"$ANSWERS" "$count" "${questions[@]}" | sort | tr '\n' ' '
}

# scene OWN|open PLACES...: what answered has to say where OWN is allowed, or everything.
scene() {
	local own=$1 name address
	shift
	for name; do
		for address in "$FIRST" "$SECOND" "$BOTH" "$NEITHER"; do
			case $own-$address in
			open-* | "$own-$own" | "$own-$BOTH") echo "$name/$address" ;;
			esac
		done
	done | sort | tr '\n' ' '
}

# guarded NAME, unguarded NAME: the thing gets what its policy allows, or everything.
guarded() {
	local seen
	seen=$(answered 2 "$1")
	[ "$seen" = "$(scene "$FIRST" "$1")" ] || { echo "answered: $seen"; return 1; }
}

unguarded() {
	local seen
	seen=$(answered 4 "$1")
	[ "$seen" = "$(scene open "$1")" ] || { echo "answered: $seen"; return 1; }
}

# says WORDS COMMAND...: it succeeds and has these words.
says() {
	local words=$1 out
	shift
	out=$("$@" 2>&1) || { echo "it failed: $out"; return 1; }
	grep -qF -e "$words" <<<"$out" || { echo "it said: $out"; return 1; }
}

# shows_as INTERFACE WORDS: it has a line in `show interfaces` which has these words.
shows_as() {
	local line
	line=$(lab_iotguard show interfaces | grep -E "^$1( |$)")
	grep -qF -e "$2" <<<"$line" || { echo "it says: ${line:-nothing of $1}"; return 1; }
}

# shown KEY: of `show --json`, a word or a number.
shown() {
	lab_iotguard show --json 2>/dev/null | tr ',{}' '\n\n\n' |
		sed -n "s/^ *\"$1\": *\"\{0,1\}\([^\"]*\)\"\{0,1\} *\$/\1/p" | head -n 1
}

# other_build: as if the programs in force came from another build. Their hash becomes another one: the
# 8 bytes at 24 in struct ig_control.
other_build() {
	local pin=$LAB_STATE/current/ig_control bytes
	read -ra bytes < <(bpftool map lookup pinned "$pin" key 0 0 0 0 --json |
		grep -o '"value":\["[^]]*' | grep -o '0x[0-9a-f]*' | tr '\n' ' ')
	[ ${#bytes[@]} -eq 192 ] || { echo "struct ig_control cannot be read"; return 1; }
	bytes[24]=$(((bytes[24] + 1) % 256))
	bpftool map update pinned "$pin" key 0 0 0 0 value "${bytes[@]}"
}

# series_begin: the camera goes on asking $BOTH, in one conversation. series_end: nothing got lost.
series_begin() {
	lab_start camera series ping -q -n -i 0.02 "$BOTH"
	SERIES=$LAB_PID
}

# The last request may be on its way when the series ends.
series_end() {
	local sent received
	kill -INT "$SERIES"
	lab_until 2 grep -q received "$LAB/series.log"
	read -r sent received < <(sed -n 's/^\([0-9]*\) packets transmitted, \([0-9]*\) received.*/\1 \2/p' \
		"$LAB/series.log")
	[ "${received:-0}" -gt 0 ] && [ "$received" -ge $((sent - 1)) ] ||
		{ echo "of ${sent:-0} packets ${received:-0} came back"; return 1; }
}
