#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Whoever applies over SSH is not cut off by it. The session is a TCP connection like one, and
# SSH_CONNECTION that names it: refused with what to write, let be with that, and cut with --force.

. "$(dirname "${BASH_SOURCE[0]}")/lab.sh"
lab_enter "$0" "$@"
unset SSH_CONNECTION

ADMIN=10.30.0.9 ADMIN6=fd00:30::9 ADMIN_MAC=02:00:5e:10:00:09
TAGGED=10.33.0.2
WORK=$LAB/session.yaml
SESSION="$ADMIN 40022 $GATEWAY 22"

### The laboratory #################################################################################

# A thing with an address; the gateway knows its MAC address from the first packet on.
thing() { # NAME PORT MAC ADDRESS
	lab_thing "$1" "$2" "$3"
	ip -n "$1" address add "$4/24" dev eth0
	pings "$1" "$GATEWAY" >/dev/null
}

up() {
	[ -x "$LOADER" ] || lab_die "$LOADER is not built (make)"
	lab_gateway
	lab_internet
	thing admin lan-admin "$ADMIN_MAC" "$ADMIN" || lab_die "the admin's host reaches nobody"
	thing camera lan-cam "$CAMERA_MAC" "$CAMERA" || lab_die "the camera reaches nobody"
	ip -n admin address add "$ADMIN6/64" dev eth0 nodad
	pings admin "$GATEWAY6" >/dev/null || lab_die "there is no IPv6"
	TAGS=yes
	ip -n gw link add link lan-cam name lan-cam.33 type vlan id 33 2>/dev/null || { TAGS= && return; }
	ip -n gw address add 10.33.0.1/24 dev lan-cam.33
	ip -n gw link set lan-cam.33 up
	ip -n camera link add link eth0 name eth0.33 type vlan id 33
	ip -n camera address add "$TAGGED/24" dev eth0.33
	ip -n camera link set eth0.33 up
	pings camera 10.33.0.1 >/dev/null || lab_die "nobody answers behind the tag"
}

# A connection that stays: what is written to one end comes out at the other.
connect() {
	mkfifo "$LAB/to-server" "$LAB/to-client"
	exec 8<>"$LAB/to-server" 9<>"$LAB/to-client"
	nsenter --net=/run/netns/gw -- busybox nc -l -p 22 <"$LAB/to-client" >"$LAB/at-server" 2>&1 8>&- 9>&- &
	lab_until 5 listens || lab_die "no server"
	nsenter --net=/run/netns/admin -- busybox nc -p 40022 "$GATEWAY" 22 <"$LAB/to-server" \
		>"$LAB/at-client" 2>&1 8>&- 9>&- &
}

listens() {
	[ -n "$(lab_in gw ss -Hltn 'sport = :22')" ]
}

# talks: a line there and a line back.
talks() {
	local line=$EPOCHREALTIME
	echo "there $line" >&8
	lab_until "${1:-5}" grep -qx "there $line" "$LAB/at-server" || return
	echo "back $line" >&9
	lab_until "${1:-5}" grep -qx "back $line" "$LAB/at-client"
}

### Inventories ####################################################################################

# inventory [KEY=VALUE...]: management, host (the entry of admin), unknown, mode, segment of the camera's port.
inventory() {
	local management="" host="{mac: \"$ADMIN_MAC\", addresses: [$ADMIN, \"$ADMIN6\"], segment: desk}"
	local unknown=drop mode=enforce camera="{mac: \"$CAMERA_MAC\", addresses: [$CAMERA, $TAGGED], segment: ward}"
	[ $# -eq 0 ] || local "$@"
	cat <<-YAML
		version: 1
		gateway:
		  addresses: [$GATEWAY]
		  management: [$management]
		defaults: {unknown-devices: $unknown, mode: $mode}
		segments:
		  desk: {interfaces: [lan-admin], networks: [10.30.0.0/24, "fd00:30::/64"]}
		  ward: {interfaces: [lan-cam], networks: [10.30.0.0/24, "fd00:30::/64"]}
		  tagged: {interfaces: [lan-cam], vlan: 33, networks: [10.33.0.0/24]}
	YAML
	[ -z "$host" ] || printf 'hosts:\n  admin: %s\n' "$host"
	[ -z "$camera" ] || printf 'devices:\n  camera: %s\n' "$camera"
}

# applies SESSION [OPTION...]: the inventory on standard input; what it said is in $LAB/said.
applies() {
	cat >"$WORK"
	SSH_CONNECTION=$1 lab_iotguard apply "$WORK" "${@:2}" >"$LAB/said" 2>&1
	STATUS=$?
	cat "$LAB/said"
	return "$STATUS"
}

# refused WORDS...: with exit code 1, an error with all of these words, and nothing changed.
refused() {
	local word
	[ "$STATUS" = 1 ] || { echo "exit code $STATUS"; cat "$LAB/said"; return 1; }
	for word in "this would cut the SSH connection" "--force" "$@"; do
		grep -qF -e "$word" "$LAB/said" || { echo "no '$word'"; cat "$LAB/said"; return 1; }
	done
}

# taken: in force, and nothing was said of a session.
taken() {
	[ "$STATUS" = 0 ] && ! grep -q "SSH connection" "$LAB/said" || { cat "$LAB/said"; return 1; }
}

unguarded() {
	lab_iotguard show | grep -q "nothing is enforced"
}

generation() {
	lab_iotguard show --json | sed -n 's/.*"generation": *\([0-9]*\).*/\1/p'
}

again() {
	lab_iotguard detach --all >/dev/null 2>&1
}

### What is refused ################################################################################

up
connect
check "before a policy the session talks" talks

applies "$SESSION" < <(inventory) >/dev/null
check "a policy that would cut it is refused" refused "admin: no-rule" "$ADMIN"
check "the error has the rule to write" refused '`- allow from host:admin tcp/22`'
check "nothing was put in force" unguarded
check "the session still talks" talks

# sudo takes the variable away: it is found at an ancestor.
inventory >"$WORK"
SSH_CONNECTION=$SESSION bash -c 'env -u SSH_CONNECTION nsenter --net=/run/netns/gw -- "$@"; exit $?' \
	bash "$LOADER" --state-dir "$LAB_STATE" apply "$WORK" >"$LAB/said" 2>&1
STATUS=$?
check "the session is found at an ancestor" refused "admin: no-rule"

applies "$SESSION" < <(inventory host=) >/dev/null
check "a client that is in no inventory is named, with an entry to write" \
	refused "$ADMIN_MAC: not in the inventory" "mac: \"$ADMIN_MAC\", addresses: [\"$ADMIN\"]"
applies "$SESSION" < <(inventory host= unknown=onboard) >/dev/null
check "a stranger that may only be onboarded is cut, too" refused "not in the inventory"
applies "$SESSION" < <(inventory host="{mac: \"$ADMIN_MAC\", addresses: [$ADMIN], segment: ward, trust: true}") \
	>/dev/null
check "a client at the port of another segment is cut" refused "it is at lan-admin" "'ward'"
applies "$SESSION" < <(inventory host="{mac: \"$ADMIN_MAC\", addresses: [10.30.0.8], segment: desk}" \
	management="allow from any tcp/80") >/dev/null
check "an address of its own that is not listed does not help" refused "no-rule"
applies "$SESSION" < <(inventory host="{mac: \"$ADMIN_MAC\", addresses: [10.30.0.8], segment: desk, trust: true}" \
	camera="{mac: \"$CAMERA_MAC\", addresses: [$ADMIN], segment: ward}") >/dev/null
check "an address of somebody else is told" refused "source-spoof" "add \"$ADMIN\" to the"
applies "$ADMIN6 40022 $GATEWAY6 22" < <(inventory) >/dev/null
check "IPv6 is looked at, too" refused "admin: no-rule" "$ADMIN6"
if [ -n "$TAGS" ]; then
	applies "$TAGGED 40022 10.33.0.1 2222" < <(inventory \
		camera="{mac: \"$CAMERA_MAC\", addresses: [$TAGGED], segment: tagged}") >/dev/null
	check "so is what comes behind a tag" refused "camera: no-rule" '`- allow from device:camera tcp/2222`'
else
	echo "skip session-behind-a-tag this kernel has no VLAN interfaces"
fi
check "still nothing is in force" unguarded

### What is let be #################################################################################

applies "$SESSION" < <(inventory management="allow from host:admin tcp/22") >/dev/null
check "with the management rule it is applied" taken
check "and the session talks on" talks
before=$(generation)
applies "$SESSION" < <(inventory) >/dev/null
check "a policy without it is refused" refused "admin: no-rule"
check "and the old one stands" [ "$(generation)" = "${before:?}" ]
check "and the session talks on as before" talks
applies "$SESSION" < <(inventory management="allow from host:admin tcp/22") >/dev/null
check "what is in force already is no danger" taken

again
applies "$SESSION" < <(inventory host="{mac: \"$ADMIN_MAC\", addresses: [$ADMIN], segment: desk, trust: true}") \
	>/dev/null
check "a trusted host needs no rule" taken
check "and talks on" talks
again
applies "$SESSION" < <(inventory mode=monitor) >/dev/null
check "monitor mode cuts nothing" taken
again
applies "$SESSION" < <(inventory host= unknown=monitor) >/dev/null
check "a stranger that is let pass may apply" taken
check "and talks on as a stranger" talks
again
applies "$BROKER 40022 $WAN 22" < <(inventory) >/dev/null
check "a session from the WAN side is not looked at" taken
again
applies "nobody 1 2 3" < <(inventory) >/dev/null
check "a variable that says nothing is none" taken
again
applies "10.30.0.77 40022 $GATEWAY 22" < <(inventory) >/dev/null
check "a client whose MAC address nobody knows is a warning" \
	grep -q "cannot tell whether the SSH connection from 10.30.0.77 goes on" "$LAB/said"
check "and applied" [ "$STATUS" = 0 ]

### What is forced #################################################################################

again
check "without a policy the session is still there" talks
applies "$SESSION" --force < <(inventory) >/dev/null
check "with --force it is applied" [ "$STATUS" = 0 ]
check "and says what it cuts" grep -q "this cuts the SSH connection from $ADMIN.*admin: no-rule" "$LAB/said"
check "and so it does" refuted talks 2
again
lab_done
