#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Whatever is done to the policy is told: once, in its order, with who did it and to which inventory, to a reader of
# the ring and to readers of iotguardd, and in `show changes`. Also what the kernel does by itself, and the last thing
# that happens before everything goes.

. "$(dirname "${BASH_SOURCE[0]}")/lab.sh"
lab_enter "$0" "$@"
. "$LAB_SOURCE/small.sh"
unset SSH_CONNECTION

DAEMON=$LAB_BUILD/iotguardd
OLD=$LAB/old.yaml NEW=$LAB/new.yaml LEARN=$LAB/learn.yaml PORT=$LAB/port.yaml
SOMEBODY=4711 # of nobody on this machine

[ -x "$DAEMON" ] || lab_skip "$DAEMON is not built (make)"

### Who does what ##################################################################################

# by UID COMMAND...: as a user who has what the loader needs, and may read the pins.
by() {
	local uid=$1 caps=+bpf,+net_admin,+perfmon,+dac_override
	shift
	lab_in gw setpriv --reuid="$uid" --regid="$uid" --clear-groups --inh-caps="$caps" --ambient-caps="$caps" \
		"$LOADER" --state-dir "$LAB_STATE" "$@"
}

# uid_of UID: as it is told. Where somebody has logged in, sudo and setpriv do not change who that is.
uid_of() {
	local login=4294967295
	[ ! -r /proc/self/loginuid ] || login=$(</proc/self/loginuid)
	[ "$login" = 4294967295 ] && echo "$1" || echo "$login"
}

sha_of() { # INVENTORY
	lab_iotguard check --json "$1" | sed -n 's/.*"sha256": *"\([0-9a-f]*\)".*/\1/p'
}

generation() {
	shown generation
}

### What was told ##################################################################################

# follower LABEL: its stream in LABEL.log.
follower() {
	lab_start gw "$1" "$LOADER" --state-dir "$LAB_STATE" events --follow --json
	FOLLOWER=$LAB_PID
}

# changes_in LABEL: the policy objects of its stream, one a line.
changes_in() {
	sed -n 's/.*"event":"policy",.*"policy":{\(.*\)}}}*$/\1/p' "$LAB/$1.log"
}

# last_is LABEL PATTERN...: the last change in its stream has all of these.
last_is() {
	local label=$1 last pattern
	shift
	last=$(changes_in "$label" | tail -n 1)
	for pattern; do
		grep -qE -e "$pattern" <<<"$last" || { echo "no $pattern in: $last"; return 1; }
	done
}

# told PATTERN...: the last of ACTIONS is, with its number.
told() {
	local nth=("\"action\":\"${ACTIONS[-1]}\"" "\"number\":${#ACTIONS[@]},")
	lab_until 5 last_is "$READER" "${nth[@]}"
	last_is "$READER" "${nth[@]}" "$@"
}

# in_force GENERATION BEFORE INVENTORY: patterns.
in_force() {
	FORCE=("\"generation\":$1,\"before\":$2,\"uid\":$(uid_of 0),\"sha256\":\"$(sha_of "$3")\"")
}

does() { # COMMAND...: and that is told, with the patterns of FORCE and WITH
	"$@" >"$LAB/did.log" 2>&1 || { cat "$LAB/did.log"; return 1; }
	told "${FORCE[@]}" "${WITH[@]}"
}

# step NAME ACTION does|told ...
step() {
	ACTIONS+=("$2")
	check "$READER: $1" "${@:3}"
}

actions_in() { # LABEL
	changes_in "$1" | sed -n 's/^"action":"\([a-z]*\)".*/\1/p' | tr '\n' ' '
}

# listed FIELD: of `show changes --json`, in its order.
listed() {
	lab_iotguard show changes --json | sed -n "s/^ *\"$1\": *\"\{0,1\}\([^\",]*\)\"\{0,1\},*\$/\1/p"
}

same() { # WANTED SEEN
	[ "$1" = "$2" ] || { printf 'wanted: %s\nseen:   %s\n' "$1" "$2"; return 1; }
}

lists_all() {
	same "${ACTIONS[*]} " "$(listed action | tr '\n' ' ')" &&
		same "$(seq -s ' ' "${#ACTIONS[@]}")" "$(listed number | paste -sd ' ')" &&
		same "$(changes_in "$READER" | sed 's/.*"sha256":"*\([^",]*\).*/\1/')" "$(listed sha256)" &&
		same "$(changes_in "$READER" | sed 's/.*"uid":\([0-9]*\).*/\1/')" "$(listed uid)" &&
		same "$(changes_in "$READER" | sed 's/.*"generation":\([0-9]*\).*/\1/')" "$(listed generation)"
}

past() { # SECONDS of the clock since the machine was started
	awk -v t="$1" '{ exit !($1 > t) }' /proc/uptime
}

uptime_in() { # SECONDS
	awk -v n="$1" '{ print $1 + n }' /proc/uptime
}

### The story ######################################################################################

# Ended by a detach of everything: what was on trial then ends in silence.
ends_silently() {
	local deadline before
	lab_iotguard apply "$OLD" --confirm 1s >"$LAB/did.log" 2>&1 || { cat "$LAB/did.log"; return 1; }
	deadline=$(uptime_in 1)
	lab_iotguard detach --all >/dev/null || return
	lab_until 5 last_is "$READER" '"action":"detach"' '"open":true' || return
	before=$(actions_in "$READER")
	lab_until 5 past "$deadline"
	# one more event behind it, if there were one
	lab_iotguard apply "$OLD" >/dev/null || return
	lab_until 5 last_is "$READER" '"action":"apply"' '"trial":false' || return
	same "${before}apply " "$(actions_in "$READER")"
}

# Before the reader has looked, there is another ring.
at_once() {
	local before
	before=$(actions_in "$READER")
	lab_iotguard detach --all >/dev/null && lab_iotguard apply "$NEW" >/dev/null || return
	lab_until 5 last_is "$READER" '"action":"apply"' "\"sha256\":\"$(sha_of "$NEW")\"" '"first":true'
	same "${before}detach apply " "$(actions_in "$READER")"
}

# After two more generations the dictionary in its slot is another one, and nobody else's name is told instead.
forgets_names() {
	lab_iotguard quarantine camera >/dev/null && lab_iotguard release camera >/dev/null || return
	says "quarantine camera" lab_iotguard show changes || return
	lab_iotguard apply "$OLD" >/dev/null && says "quarantine camera" lab_iotguard show changes || return
	lab_iotguard apply "$NEW" >/dev/null && says "quarantine ?" lab_iotguard show changes
}

again() { # lan-one, as another interface
	ip -n gw link del lan-one
	lab_until 2 refuted ip -n gw link show lan-one
	ip netns del one
	small_port one lan-one "$ONE_MAC" 10.31.0
}

story() { # LABEL
	local g
	ACTIONS=() READER=$1 WITH=()
	lab_iotguard apply "$OLD" >"$LAB/did.log" 2>&1
	g=$(generation)
	follower "$1"
	in_force "$g" $((g - 1)) "$OLD"
	step "the first policy" apply told "${FORCE[@]}" '"first":true' '"trial":false' '"until":null' '"monitors":false'
	check "$1: the same again is no change" says "nothing to do" lab_iotguard apply "$OLD"
	in_force $((g + 1)) "$g" "$NEW"
	WITH=('"first":false')
	step "another one" apply does lab_iotguard apply "$NEW"

	in_force $((g + 2)) $((g + 1)) "$OLD"
	WITH=('"trial":true' '"until":"20')
	step "one on trial" apply does lab_iotguard apply "$OLD" --confirm 1s
	in_force $((g + 3)) $((g + 2)) "$NEW"
	step "its end by the kernel" expired told "${FORCE[@]}" '"trial":false'
	in_force $((g + 4)) $((g + 3)) "$OLD"
	step "one on trial again" apply does lab_iotguard apply "$OLD" --confirm 1h
	in_force $((g + 4)) $((g + 4)) "$OLD"
	WITH=('"trial":false' '"until":null')
	step "confirmed" confirm does lab_iotguard confirm
	in_force $((g + 5)) $((g + 4)) "$NEW"
	step "rolled back by hand" rollback does lab_iotguard rollback

	check "$1: programs of another build" other_build
	in_force $((g + 5)) $((g + 5)) "$NEW"
	step "an upgrade" upgrade does lab_iotguard apply "$NEW"
	in_force $((g + 6)) $((g + 5)) "$LEARN"
	WITH=('"monitors":true')
	step "learn mode" apply does lab_iotguard apply "$LEARN"
	in_force $((g + 7)) $((g + 6)) "$PORT"
	WITH=('"monitors":false')
	step "a port more" apply does lab_iotguard apply "$PORT"
	again
	in_force $((g + 8)) $((g + 7)) "$PORT"
	step "it is made anew and covered" cover does lab_iotguard apply --again "$PORT"

	FORCE=("\"generation\":$((g + 8)),\"before\":$((g + 8)),\"uid\":$(uid_of "$SOMEBODY"),\"sha256\":\"$(sha_of "$PORT")\"")
	WITH=('"device":"camera"' '"until":"20')
	step "a quarantine, by somebody else" quarantine does by "$SOMEBODY" quarantine camera --for 1h
	WITH=('"device":"camera"' '"until":null')
	step "one without an end" quarantine does by "$SOMEBODY" quarantine camera
	step "its release" release does by "$SOMEBODY" release camera
	in_force $((g + 8)) $((g + 8)) "$PORT"
	WITH=('"interface":"lan-pump"' '"open":false')
	step "an interface is detached" detach does lab_iotguard detach lan-pump
	check "$1: one that is not there is no change" fails 1 "not guarded" lab_iotguard detach lan-pump
	check "$1: show changes has the same" lists_all
	check "$1: the last one is in show" says "detach lan-pump by " lab_iotguard show

	FORCE=("\"generation\":0,\"before\":$((g + 8)),\"uid\":$(uid_of 0),\"sha256\":null")
	WITH=('"interface":null' '"open":true')
	step "everything is detached, as the last thing there is" detach does lab_iotguard detach --all
	check "$1: none of them came twice, and nothing else" same "${ACTIONS[*]} " "$(actions_in "$1")"
	check "$1: what is on trial goes with everything, and says no more" ends_silently
	check "$1: neither is lost where one instance follows another at once" at_once
	check "$1: a name is told as long as it is known" forgets_names
	check "$1: a reader hears of no trouble" refuted grep -v '^{' "$LAB/$1.log"
	lab_iotguard detach --all >/dev/null
}

small_up
small_inventory "$OLD" "$FIRST"
small_inventory "$NEW" "$SECOND"
sed 's/^version: 1/&\ndefaults: {mode: learn}/' "$OLD" >"$LEARN"
small_inventory "$PORT" "$FIRST" 0 one

### A reader of the ring ###########################################################################

story ring
kill "$FOLLOWER"

### iotguardd, and readers of it ###################################################################

shown_as_text() { # WORDS OPTION...
	local words=$1
	shift
	lab_iotguard events "$@" >"$LAB/text" && grep -qE -e "$words" "$LAB/text" || { cat "$LAB/text"; return 1; }
}

filtered() { # TYPE OPTION...: nothing else comes
	local type=$1
	shift
	lab_iotguard events --json "$@" >"$LAB/filtered" && [ -s "$LAB/filtered" ] &&
		! grep -v "\"event\":\"$type\"" "$LAB/filtered"
}

lab_iotguard apply "$OLD" >/dev/null
lab_iotguard detach --all >/dev/null
mkdir "$LAB/save"
lab_start gw daemon "$DAEMON" --state-dir "$LAB_STATE" --save-dir "$LAB/save"
lab_until 5 test -S "$LAB/events.sock" || lab_die "iotguardd does not begin"
story daemon

lab_iotguard apply "$PORT" >/dev/null
lab_iotguard quarantine camera >/dev/null
lab_until 5 last_is daemon '"action":"quarantine"'
pings camera "$BOTH" -W 0.2 >/dev/null
lab_until 5 grep -q '"reason":"quarantine"' "$LAB/daemon.log"
check "as text" shown_as_text "policy quarantine: camera by user $(uid_of 0), until it is released"
check "--type has that type alone" filtered policy --type policy
check "and without a change of the policy" filtered drop --type drop
check "--device has what was done to that device" shown_as_text 'policy quarantine: camera' --device camera
check "also by its MAC address" shown_as_text 'policy quarantine: camera' --device "$CAMERA_MAC"
check "and nothing that was done to others or to all" refuted shown_as_text 'policy (apply|quarantine: camera)' --device pump
check "--reason has none" filtered drop --reason quarantine
lab_done
