# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# What a loader leaves behind that is killed: one whole policy, by what is answered; what `show` says of it; and
# whether the next one puts all in order. Sourced after small.sh.

# What answers where, by the inventory in force; "open": none is.
declare -A SCENES
PLACES="$BRIDGED"
COUNT=6

policy() { # FILE OWN [GHOSTS]
	small_inventory "$1" "$2" "${3:-0}"
	# shellcheck disable=SC2086 # words
	SCENES[$1]=$(scene "$2" $BRIDGED)
}

# state: the policy in force by what is answered, or the answers if they are of none.
state() {
	local seen name
	# shellcheck disable=SC2086 # words
	seen=$(answered "$COUNT" $PLACES)
	for name in "${!SCENES[@]}"; do
		[ "$seen" != "${SCENES[$name]}" ] || { echo "$name"; return; }
	done
	echo "a mix: ${seen:-no answer}"
}

# claimed: the policy in force by what `show` says.
claimed() {
	local words
	words=$(lab_iotguard show --json 2>&1)
	case $words in
	*'"enforced": true'*) sed -n 's/^ *"inventory": "\(.*\)",$/\1/p' <<<"$words" ;;
	*'"enforced": false'*) echo open ;;
	*) echo "an error: $words" ;;
	esac
}

# left_behind: what should not be there after an apply.
left_behind() {
	find "$LAB_STATE" -name '*-next'
	find "$LAB_STATE" -maxdepth 1 -name 'instance-*' ! -name "$(readlink "$LAB_STATE/current")"
}

none_in() {
	[ ! -s "$LAB/$1" ] || { cat "$LAB/$1"; return 1; }
}

### Beginnings #####################################################################################

# Not even the file system is there.
nothing() {
	mountpoint -q "$LAB_STATE" || return 0
	lab_iotguard detach --all
	umount "$LAB_STATE" && rm -rf "$LAB_STATE" "$LAB_STATE.lock"
}

# FILE, in maps of their first sizes.
anew() {
	lab_iotguard detach --all && lab_iotguard apply "$1"
}

in_force() {
	[ "$(claimed)" = "$1" ] || lab_iotguard apply "$1"
}

# The programs are those of another build: of the loader that was built for this, or as if.
upgraded() {
	local other=$LAB_BUILD/tests/iotguard-load-other
	in_force "$1" || return
	if [ -x "$other" ]; then
		lab_in gw "$other" --state-dir "$LAB_STATE" apply "$1"
	else
		other_build
	fi
}
