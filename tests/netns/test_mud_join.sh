#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# A device says what it needs, from its first lease to its connections: it tells its MUD URL, a person has the file
# fetched and verified, and puts it in force; the maker's update counts when it is applied, and not before. The same for
# a device that may adopt what it tells, as far as the maker stays the same.

. "$(dirname "${BASH_SOURCE[0]}")/lab.sh"
lab_enter "$0" "$@"
. "$LAB_SOURCE/lan.sh"
. "$LAB_SOURCE/maker.sh"
lan_needs
maker_needs

DAEMON=$LAB_BUILD/iotguardd
SOCKET=$LAB/events.sock SAVE=$LAB/save
CACHE=$SAVE/mud INVENTORY=$LAB/home.yaml
OUT=$LAB/out ERR=$LAB/err
CAM=https://$MAKER/cam.json BULB=https://$MAKER/bulb.json OTHER=https://other.example/bulb.json

[ -x "$DAEMON" ] || lab_skip "$DAEMON is not built (make)"
MEET=$(lab_tool meet) && STREAM=$(lab_tool stream) || lab_die "the tools cannot be built"

### What a person does #############################################################################

# run STATUS ARGUMENT...: what it says is in OUT and ERR.
run() {
	local status=0
	lab_iotguard --save-dir "$SAVE" "${@:2}" >"$OUT" 2>"$ERR" </dev/null || status=$?
	[ "$status" = "$1" ] || { echo "status $status"; cat "$OUT" "$ERR"; return 1; }
}

# says WORDS...: each of them on either output, in the last run.
says() {
	local words
	for words in "$@"; do
		grep -qF -e "$words" "$OUT" "$ERR" || { echo "not said: $words"; cat "$OUT" "$ERR"; return 1; }
	done
}

unsaid() { # WORDS
	! grep -F -e "$1" "$OUT" "$ERR"
}

# inventory [KEY...]: more that it says of cam. Nobody has a rule there.
inventory() {
	cat <<-YAML
		version: 1
		gateway:
		  addresses: [$GATEWAY]
		  resolvers: [$GATEWAY]
		  dhcp-servers: [$GATEWAY]
		  lease-files: [$LAB/leases]
		segments:
		  lan: {interfaces: [lan-cam, lan-bulb], networks: [10.30.0.0/24]}
		devices:
		  cam:
		    mac: "${LAN_MAC[cam]}"
		    segment: lan
		$(printf '    %s\n' "$@")
		  bulb:
		    mac: "${LAN_MAC[bulb]}"
		    segment: lan
		    mud-discovery: adopt
	YAML
}

### What devices do ################################################################################

tells() { # NAME URL: by DHCP, in a DISCOVER and a REQUEST that get it a lease
	[ ! -e "$LAB/dhcp-$1.pid" ] || { lan_ends "dhcp-$1" && ip -n "$1" -4 address flush dev eth0; }
	lan_dhcp "$1" -x "$(option_161 "$2")" ||
		{ cat "$LAB/dhcp-$1.log"; tail -n 20 "$LAB/dnsmasq.log"; tail -n 5 "$LAN_EVENTS"; return 1; }
}

# answer NAME HOST: the address that the gateway's resolver gives it.
answer() {
	lab_in "$1" dig +short +time=2 +tries=2 "@$GATEWAY" "$2.$MAKER" A | grep .
}

# connects NAME HOST PORT: asks for the name and has an answer from there.
connects() {
	local to out
	to=$(answer "$1" "$2") || { echo "no address of $2"; return 1; }
	out=$("$MEET" tcp "$1" "$(lan_address "$1")" 0 internet "$to" "$3")
	[[ $out =~ ^arrived\ [1-9].*answered\ 1 ]] || { echo "$out"; return 1; }
}

told() { # NAME ADDRESS PORT
	jq -e --arg name "$1" --arg to "$2" --argjson port "$3" 'select(.iotguard.device == $name and .dest_ip == $to and
		.dest_port == $port and .iotguard.reason == "no-rule")' <"$LAN_EVENTS" | grep -q .
}

# shut_out NAME HOST PORT: it asks for the name, the gateway tells that it refused, and nothing came. What is told once is
# not told again so soon, where the policy is the same.
shut_out() {
	local from to pid status=0
	from=$(lan_address "$1") && to=$(answer "$1" "$2") || { echo "no address of $1 or $2"; return 1; }
	: >"$LAN_EVENTS"
	"$MEET" tcp "$1" "$from" 0 internet "$to" "$3" >"$LAB/shut-out" 2>&1 &
	pid=$!
	lab_until 10 told "$1" "$to" "$3" || status=1
	kill "$pid" 2>/dev/null
	wait "$pid"
	[ "$status" = 0 ] && grep -qx "arrived 0 answered 0" "$LAB/shut-out" ||
		{ cat "$LAB/shut-out" "$LAN_EVENTS"; return 1; }
}

### What is known of it ############################################################################

noted() { # NAME URL STATE [ADOPTED]
	run 0 show mud --json && jq -e --arg who "$1" --arg url "$2" --arg state "$3" --arg adopted "${4:-}" \
		'[.mud[] | select(.device == $who and .url == $url and .state == $state and (.adopted // "") == $adopted)] |
			length == 1' "$OUT" >/dev/null
}

is_noted() {
	lab_until 5 noted "$@" || { cat "$OUT"; tail -n 3 "$LAB/daemon.log"; return 1; }
}

is_in_the_table() { # NAME WORDS...
	run 0 show mud && grep "^$1 " "$OUT" >"$LAB/line" || { cat "$OUT"; return 1; }
	local words
	for words in "${@:2}"; do
		grep -qF -e "$words" "$LAB/line" || { cat "$OUT"; return 1; }
	done
}

generation() {
	lab_iotguard show status --json | jq -e .generation
}

cached() { # URL: the file in use
	echo "$CACHE/$(printf %s "$1" | sha256sum | cut -d ' ' -f 1).json"
}

# As if an hour had gone by since each was asked for.
is_due() {
	local file
	for file in "$CACHE"/*.meta; do
		jq '.checked_at -= 3600' "$file" >"$LAB/meta" && cat "$LAB/meta" >"$file" || return
	done
}

# nothing_changed: what is in force is what was at the last `remember`.
remember() { run 0 show policy --json && cp "$OUT" "$LAB/policy" && generation >"$LAB/generation"; }
nothing_changed() {
	run 0 show policy --json && cmp "$OUT" "$LAB/policy" && [ "$(generation)" = "$(<"$LAB/generation")" ]
}

### The laboratory #################################################################################

join_up() {
	lan_up
	lan_thing cam
	lan_thing bulb
	maker_up
	maker_publishes cam "$(maker_may "first.$MAKER" 8001)" "$(maker_may "stays.$MAKER" 8002)"
	maker_publishes bulb "$(maker_may "light.$MAKER" 8003)" "$(maker_may "light.$MAKER" 8004)"
	lan_dnsmasq "address=/first.$MAKER/$BROKER" "address=/stays.$MAKER/$BROKER" "address=/second.$MAKER/$CLOUD" \
		"address=/light.$MAKER/$STATISTICS" "address=/spy.$MAKER/$ELSEWHERE"
	chgrp "$MAKER_USER" "$LAB" && chmod 1775 "$LAB" # for the socket
	install -d -o "$MAKER_USER" -g "$MAKER_USER" -m 0750 "$SAVE"
	inventory >"$INVENTORY"
	lab_start gw daemon setpriv --reuid="$MAKER_USER" --regid="$MAKER_USER" --clear-groups --inh-caps=-all \
		--bounding-set=-all --no-new-privs "$DAEMON" --state-dir "$LAB_STATE" --save-dir "$SAVE" --save-interval 1
	lab_until 5 "$STREAM" "$SOCKET" recent || lab_die "iotguardd does not listen: $(<"$LAB/daemon.log")"
	lab_guard "$INVENTORY"
	lab_until 5 grep -q "reading events" "$LAB/daemon.log" || lab_die "iotguardd does not read: $(<"$LAB/daemon.log")"
	lan_watch
}

join_up

### A person decides ###############################################################################

check "a device that tells nothing gets its lease" lan_dhcp bulb
check "a device that tells its URL gets its lease" tells cam "$CAM"
check "iotguardd notes it" is_noted cam "$CAM" proposed
check "for a person to see" is_in_the_table cam "$CAM" dhcp4 proposed
check "which allows nothing" shut_out cam first 8001

remember
refused_fetch() {
	run 1 mud fetch "$CAM" && says "$CAM" "/etc/iotguard/mud-ca.d" && [ ! -e "$(cached "$CAM")" ] && nothing_changed
}
check "a signer whose CA nobody trusts is refused, and changes nothing" refused_fetch
check "nor can it be shown" eval 'run 1 mud show "$CAM" && says "$CAM was not fetched yet"'
cp "$MAKER_CA" /etc/iotguard/mud-ca.d/things.pem
check "a signer of a trusted CA is not" eval 'run 0 mud fetch "$CAM" && says ": new, " "CN=signer"'
check "where apply looks for it" cmp "$MAKER_SITE/cam.json" "$(cached "$CAM")"
check "it changes nothing yet" nothing_changed
check "a person reads it" eval 'run 0 mud show "$CAM" && says "a cam of Things" "CN=signer" "to first.$MAKER: tcp/8001 ipv4" "to stays.$MAKER: tcp/8002 ipv4"'

inventory "mud: $CAM" >"$INVENTORY"
check "plan says what the device gains" eval \
	'run 6 plan "$INVENTORY" && says "gains  to first.$MAKER tcp/8001" "gains  to stays.$MAKER tcp/8002" "0 losses" && unsaid bulb'
check "which is not in force yet" shut_out cam stays 8002
check "it is put in force" run 0 apply "$INVENTORY"
check "its first connection passes" connects cam first 8001
check "its first other one does not" shut_out cam spy 443
check "nor one to the same server that is not in the file" shut_out cam first 8003
check "a neighbour has nothing of it" shut_out bulb first 8001

### The maker's update #############################################################################

maker_publishes cam "$(maker_may "second.$MAKER" 8001)" "$(maker_may "stays.$MAKER" 8002)"
remember
check "an update is fetched when it is due" eval 'is_due && run 0 mud fetch --refresh && says "$CAM: new, "'
check "what it gains and loses is told" eval \
	'run 6 mud diff "$CAM" && says "gains  to second.$MAKER tcp/8001" "loses  to first.$MAKER tcp/8001" && unsaid "to stays.$MAKER"'
check "it changes nothing" nothing_changed
check "the old server is still reached" connects cam first 8001
check "and the new one is not" shut_out cam second 8001
check "plan says the same" eval \
	'run 6 plan "$INVENTORY" && says "gains  to second.$MAKER tcp/8001" "loses  to first.$MAKER tcp/8001" && unsaid "to stays.$MAKER"'
check "it is applied" run 0 apply "$INVENTORY"
check "the new server is reached" connects cam second 8001
check "and the old one is not" shut_out cam first 8001
check "the third is, as before" connects cam stays 8002

### A device that adopts ###########################################################################

check "another one tells its URL" tells bulb "$BULB"
check "which it adopts" is_noted bulb "$BULB" adopted "$BULB"
check "as the table says" is_in_the_table bulb "$BULB" adopted
check "apply warns that it was not fetched" eval \
	'run 0 apply "$INVENTORY" && says "warning: the MUD file that \`bulb\` adopted was not fetched yet" "mud fetch --adopted"'
check "nothing of it is allowed" shut_out bulb light 8003
check "what devices adopted is fetched" eval 'run 0 mud fetch --adopted && says "$BULB: new, "'
check "and what nobody did is not" unsaid "$CAM"
check "still nothing is allowed" shut_out bulb light 8004
check "it is applied, without a warning" eval 'run 0 apply "$INVENTORY" && unsaid warning'
check "its connection passes" connects bulb light 8003
check "its first other one does not" shut_out bulb spy 443

cp "$MAKER_SITE/bulb.json" "$LAB/bulb.json" && echo >>"$MAKER_SITE/bulb.json"
asked_once() {
	: >"$MAKER_SITE/.asked"
	is_due && run 1 mud fetch --refresh --adopted && says "$BULB: error: bad signature" &&
		[ "$(grep -c '^GET /bulb.json' "$MAKER_SITE/.asked")" = 1 ] || { cat "$MAKER_SITE/.asked"; return 1; }
}
check "what is in the cache and adopted is asked for once, also where it fails" asked_once
cp "$LAB/bulb.json" "$MAKER_SITE/bulb.json"
check "and again the next time" eval 'run 0 mud fetch --refresh --adopted && says "$BULB: unchanged"'

check "it tells a URL of another owner" tells bulb "$OTHER"
check "which waits for a person" is_noted bulb "$OTHER" conflict "$BULB"
check "and the table says what is in force" is_in_the_table bulb "$OTHER" "conflict, in force is $BULB"
check "that is not asked for" eval 'run 0 mud fetch --adopted && unsaid "$OTHER"'
check "nor does apply want it" eval 'run 0 apply "$INVENTORY" && unsaid "$OTHER"'
check "what was in force stays" connects bulb light 8003
check "and nothing else passes" shut_out bulb spy 80

check "nobody was called a liar" lan_truth
lab_done
