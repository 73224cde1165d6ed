#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Quarantines over a reboot: whoever was in one is again before the policy is in force, until the same
# moment, and whoever was released is not. The command line, as root, and iotguardd, as nobody, both save.

. "$(dirname "${BASH_SOURCE[0]}")/lab.sh"
lab_enter "$0" "$@"
. "$LAB_SOURCE/small.sh"
. "$LAB_SOURCE/saved.sh"
unset SSH_CONNECTION

INVENTORY=$LAB/inventory.yaml WITHOUT_PUMP=$LAB/without-pump.yaml
NEVER=null

### Who does what ##################################################################################

told() { # WORDS: by the last apply
	grep -qF -e "$1" "$LAB/apply.log" || { cat "$LAB/apply.log"; return 1; }
}

### What is saved, and what is so ##################################################################

# saved: the MAC addresses, in order; as `is` prints them.
saved() {
	sed 's/.*"quarantined":\[//' "$STATE" | grep -o '"mac":"[^"]*"' | cut -d'"' -f4 | tr '\n' ' '
}

has_saved() { # MAC...
	local now
	now=$(saved)
	[ "$now" = "${*:+$* }" ] || { echo "saved: $now"; return 1; }
}

whole() {
	[ "$(head -n 1 "$STATE" | sed 's/.*"sha256":"\([^"]*\)".*/\1/')" = \
		"$(tail -n +2 "$STATE" | sha256sum | cut -d' ' -f1)" ]
}

owned() {
	local now
	now=$(stat -c '%u %g %a' "$STATE")
	[ "$now" = "$OWNER $OWNER 640" ] || { echo "$now"; return 1; }
}

only_the_file() {
	[ "$(ls -A "$SAVE")" = state.json ] || { ls -lA "$SAVE"; return 1; }
}

# until_of NAME: when its quarantine ends, in seconds since the epoch; "null": never; empty: it is in none.
until_of() {
	lab_iotguard show devices --json | tr -d ' \n' | sed 's/{"name"/\n&/g' | grep "^{\"name\":\"$1\"" |
		sed -n 's/.*"quarantine":{"until":\([^}]*\)}.*/\1/p'
}

in_none() {
	[ -z "$(until_of "$1")" ] || { echo "$1: until $(until_of "$1")"; return 1; }
}

without_end() {
	[ "$(until_of "$1")" = "$NEVER" ] || { echo "$1: until $(until_of "$1")"; return 1; }
}

# ends_after NAME SECONDS SINCE: not before, and no later than if it had begun now.
ends_after() {
	local until
	until=$(until_of "$1")
	echo "ends at $until, which was to be $(($3 + $2)) at the earliest, and is $(date +%s) now"
	[[ $until =~ ^[0-9]+$ ]] && [ "$until" -ge $(($3 + $2 - 1)) ] && [ "$until" -le $(($(date +%s) + $2)) ]
}

cut_off() {
	local name
	for name; do
		refuted pings "$name" "$BOTH" || { echo "$name gets an answer"; return 1; }
	done
}

# as_before LABEL: what is asked after each reboot.
as_before() {
	check "$1: the camera is in quarantine again, until its end" ends_after camera 3600 "$BEGAN"
	check "$1: the pump is, without an end" without_end pump
	check "$1: neither gets anything" cut_off camera pump
	check "$1: the plug, which was released, is in none" in_none plug
	check "$1: and gets what it is allowed" guarded plug
}

### The play #######################################################################################

small_up
make_group
mkdir "$SAVE" && chown "$OWNER:$OWNER" "$SAVE" && chmod 0750 "$SAVE"
small_inventory "$INVENTORY" "$FIRST"
sed '/^  pump:/,/^  plug:/{/^  plug:/!d}' "$INVENTORY" >"$WITHOUT_PUMP"

# The daemon will not get round to saving: what is saved at once is what the command line saves.
applies "$INVENTORY" || lab_die "apply: $(cat "$LAB/apply.log")"
daemon 86400
BEGAN=$(date +%s)
check "the camera is put into quarantine, for an hour" saving quarantine camera --for 1h
check "the pump, without an end" saving quarantine pump
check "the plug" saving quarantine plug
check "which is saved" has_saved "$CAMERA_MAC" "$PUMP_MAC" "$PLUG_MAC"
check "the file is the daemon's" owned
check "the plug is released again" saving release plug
check "which is saved as well" has_saved "$CAMERA_MAC" "$PUMP_MAC"
check "and nothing else is there" only_the_file

check "the power is cut" power_cut
check "the same policy is applied" applies "$INVENTORY"
check "it says who is in quarantine" told "2 machines are in quarantine again, as before the reboot"
as_before "power cut"
check "a second apply has nothing to tell" eval 'applies "$INVENTORY" && ! told "in quarantine"'
check "and changes nothing of it" without_end pump

# What iotguardd finds changed by somebody who saves nothing.
daemon 1
check "a quarantine that nobody saved" lab_iotguard quarantine plug --for 2h
check "is saved by the daemon" lab_until 5 has_saved "$CAMERA_MAC" "$PUMP_MAC" "$PLUG_MAC"
check "a release that nobody saved" lab_iotguard release plug
check "is saved by the daemon as well" lab_until 5 has_saved "$CAMERA_MAC" "$PUMP_MAC"
check "the file is its own" owned

# Both at once: whoever comes last has seen the last.
often() {
	local n
	for ((n = 0; n < 15; n++)); do
		saving quarantine plug && saving release plug || return
		whole || { echo "half a file: $(<"$STATE")"; return 1; }
	done >/dev/null
}
lab_start gw other "$DAEMON" --state-dir "$LAB_STATE" --socket "$LAB/other.sock" --save-dir "$SAVE" --save-interval 1
OTHER=$LAB_PID
check "two daemons and the command line save at once" often
check "and what is saved is what is so" lab_until 5 has_saved "$CAMERA_MAC" "$PUMP_MAC"
check "nor has the daemon anything to say of it" refuted grep -i 'sav' "$LAB/iotguardd.log"
exec 9<"$SAVE"
flock 9
check "while a third one saves, nobody else does" fails 1 "cannot save" saving quarantine plug
check "and that it is in force all the same is said" fails 1 "the quarantine is in force, and a reboot would undo it" \
	saving quarantine plug
check "what is saved stays until it is done" has_saved "$CAMERA_MAC" "$PUMP_MAC"
exec 9<&-
check "then it is what is so" lab_until 5 has_saved "$CAMERA_MAC" "$PUMP_MAC" "$PLUG_MAC"
check "and is again" eval 'saving release plug && has_saved "$CAMERA_MAC" "$PUMP_MAC"'
kill -TERM "$OTHER"
lab_until 5 gone "$OTHER"
check "nothing is left of it" only_the_file
check "the power is cut again" power_cut
applies "$INVENTORY"
as_before "second power cut"

# A first policy on trial goes, and what was saved is for the next one.
daemon 1
check "the power is cut a third time" power_cut
check "the policy is on trial for a second" applies "$INVENTORY" --confirm 1s
daemon 1
check "with those in quarantine" told "2 machines are in quarantine again"
check "nothing is enforced after that" lab_until 5 unguarded camera
check "the daemon ends, and has its last word" ends TERM
check "what was saved is not overwritten by nothing" has_saved "$CAMERA_MAC" "$PUMP_MAC"
check "it is applied for good" applies "$INVENTORY"
as_before "after a trial"

# One without the pump, and back.
daemon 1
check "a policy without the pump is on trial" applies "$WITHOUT_PUMP" --confirm 1h
check "the camera goes on being in quarantine" ends_after camera 3600 "$BEGAN"
check "the daemon ends" ends TERM
check "who may come back is saved" has_saved "$CAMERA_MAC" "$PUMP_MAC"
check "it is rolled back" lab_iotguard rollback
as_before "rolled back"

daemon 1
check "the power is cut a last time" power_cut
check "the policy has no pump now" applies "$WITHOUT_PUMP"
check "which is told" told "$PUMP_MAC was in quarantine before the reboot, and not in this policy"
check "the camera is in quarantine as before" ends_after camera 3600 "$BEGAN"
check "the camera is released" saving release camera
check "and nobody is saved" has_saved
lab_done
