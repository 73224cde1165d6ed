#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# A device resolves a name, and remembers the answer. What it was told is shown, is in the events, and is there
# again after a power cut: the device asks nobody again, and reaches its server.

. "$(dirname "${BASH_SOURCE[0]}")/lab.sh"
lab_enter "$0" "$@"
. "$LAB_SOURCE/saved.sh"
unset SSH_CONNECTION

INVENTORY=$LAB/inventory.yaml

### Who does what ##################################################################################

inventory() {
	cat <<-YAML
		version: 1
		gateway:
		  addresses: [$GATEWAY, "$GATEWAY6"]
		  macs: ["$GATEWAY_MAC"]
		  resolvers: [$GATEWAY]
		  dhcp-servers: [$GATEWAY]
		segments:
		  ward: {interfaces: [lan-cam, lan-pump, lan-plug, lan-station, lan-new], networks: [10.30.0.0/24, "fd00:30::/64"]}
		devices:
		  camera:
		    mac: "$CAMERA_MAC"
		    addresses: [$CAMERA, "$CAMERA6"]
		    segment: ward
		    rules:
		      - allow to *.example tcp/80
		  plug:
		    mac: "$PLUG_MAC"
		    addresses: [$PLUG, "$PLUG6"]
		    segment: ward
		    dns: strict
		    rules:
		      - allow to portal.example tcp/80
	YAML
}

asks() { # NAME DOMAIN: its resolver
	lab_in "$1" dig +short +tries=1 +time=2 "@$GATEWAY" "$2" A
}

reaches() { # NAME ADDRESS: without asking anybody
	fetches "$1" "http://$2/"
}

shows() { # WORDS...: what `show pins` has
	local out word
	out=$(lab_iotguard show pins) || return
	for word; do
		grep -qF -e "$word" <<<"$out" || { echo "$out"; return 1; }
	done
}

events() { # the latest ones
	lab_iotguard events "$@"
}

tells() { # WORDS [OPTION...]
	local words=$1 out
	shift
	out=$(events "$@")
	grep -qF -e "$words" <<<"$out" || { echo "$out"; return 1; }
}

### The play #######################################################################################

lab_up
make_group
mkdir "$SAVE" && chown "$OWNER:$OWNER" "$SAVE" && chmod 0750 "$SAVE"
inventory >"$INVENTORY"
applies "$INVENTORY" || lab_die "apply: $(cat "$LAB/apply.log")"
check "before it asks, the portal is refused" refuted reaches camera "$PORTAL"
check "nothing is shown" refuted shows portal.example
check "it asks for the portal" eval '[ "$(asks camera portal.example)" = "$PORTAL" ]'
check "and reaches it" reaches camera "$PORTAL"
check "what it was told is shown, and why it counts" shows "portal.example" "$PORTAL" "allow to *.example tcp/80"
check "of this device as well" eval 'lab_iotguard show pins camera | grep -q portal.example'
check "and not of another one" eval '! lab_iotguard show pins plug | grep -q portal.example'
check "as JSON, too" eval 'lab_iotguard --json show pins | grep -q "\"name\": \"portal.example\""'
check "the flow has the name" eval 'lab_iotguard show flows | grep -qF "allow to *.example tcp/80 (as portal.example)"'
check "the numbers are right" eval 'lab_iotguard show stats | grep -q "^names: 1 that"'

daemon 1
check "the broker has another port" eval '[ "$(asks camera broker.example)" = "$BROKER" ]'
check "which is refused" refuted lab_in camera curl -sf --max-time 1 "http://$BROKER:8443/"
check "and told with its name" lab_until 5 tells "camera -> $BROKER (broker.example) tcp/8443 no-rule"
check "over the socket, as JSON" lab_until 5 tells '"names":["broker.example"]' --json
check "the plug asks for what no rule of it allows, in vain" refuted asks plug tracker.test
check "which is told" lab_until 5 tells "plug asks for tracker.test (A) dns-name: " --type name
check "as EVE has it" lab_until 5 tells '"dns":{"type":"query","rrname":"tracker.test","rrtype":"A"}' --json
check "and may be asked for by its reason" lab_until 5 tells "plug asks for tracker.test" --reason dns-name
check "what the camera asks for in vain is told" lab_until 5 eval 'asks camera tracker.test; tells "camera asks for tracker.test (A), which no rule of it allows" --type name'

check "the names are saved" lab_until 5 grep -q '"name":"portal.example","address":"'"$PORTAL"'"' "$STATE"
check "the power is cut" power_cut
check "the same policy is applied" applies "$INVENTORY"
check "it says what is restored" grep -q "names\? restored, as devices had resolved" "$LAB/apply.log"
check "the camera asks nobody, and reaches the portal" reaches camera "$PORTAL"
check "which is shown" shows "portal.example" "$PORTAL" "allow to *.example tcp/80"
check "the plug, which was told nothing, does not" refuted reaches plug "$PORTAL"
check "the next apply restores nothing" eval 'applies "$INVENTORY" && ! grep -q restored "$LAB/apply.log"'
lab_done
