#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Policies on trial: kept when they are confirmed, and gone by the kernel's own timer when nobody does; and
# going back by hand.

. "$(dirname "${BASH_SOURCE[0]}")/lab.sh"
lab_enter "$0" "$@"
. "$LAB_SOURCE/small.sh"
unset SSH_CONNECTION

OLD=$LAB/old.yaml NEW=$LAB/new.yaml THIRD=$LAB/third.yaml MANY=$LAB/many.yaml

answers_as() { # OWN|open
	local seen
	# shellcheck disable=SC2086 # words
	seen=$(answered 6 $BRIDGED)
	# shellcheck disable=SC2086 # words
	[ "$seen" = "$(scene "$1" $BRIDGED)" ] || { echo "answered: $seen"; return 1; }
}

generation() {
	shown generation
}

is_generation() {
	[ "$(generation)" = "$1" ] || { echo "generation $(generation)"; return 1; }
}

nothing_enforced() {
	says "nothing is enforced" lab_iotguard show
}

small_up
small_inventory "$OLD" "$FIRST"
small_inventory "$NEW" "$SECOND"
small_inventory "$THIRD" "$SECOND" 3
small_inventory "$MANY" "$SECOND" 100

### The first one ##################################################################################

check "with nothing enforced there is nothing to confirm" fails 1 "nothing is enforced" lab_iotguard confirm
check "nor to go back to" fails 1 "nothing is enforced" lab_iotguard rollback
check "--confirm wants a time with its unit" fails 2 "90s, 5m, 1h or 2d" lab_iotguard apply "$OLD" --confirm 60
check "of a day at most" fails 2 "a day at most" lab_iotguard apply "$OLD" --confirm 2d
check "the first policy goes on trial" says "passes unfiltered again" lab_iotguard apply "$OLD" --confirm 1h
check "it is in force" answers_as "$FIRST"
check "show says that it is on trial" says "trial" lab_iotguard show
check "another one is refused meanwhile" fails 1 "is on trial" lab_iotguard apply "$NEW"
check "the same one as well" fails 1 "iotguard-load confirm" lab_iotguard apply "$OLD"
check "and in force is what was" answers_as "$FIRST"
check "rolled back, all passes" says "nothing is enforced" lab_iotguard rollback
check "indeed" answers_as open
check "and show says so" nothing_enforced
check "there is nothing on trial any more" fails 1 "no policy is on trial" lab_iotguard confirm
check "nothing is covered" says "nothing to cover" lab_iotguard apply --again "$OLD"

check "once more, for some seconds" lab_iotguard apply "$OLD" --confirm 6s
check "it is in force" answers_as "$FIRST"
check "no process is left" lab_none_left
check "then it is not any more" lab_until 15 nothing_enforced
check "all passes" answers_as open
check "a first one that is confirmed" lab_iotguard apply "$OLD" --confirm 1h
check "stays" says "stays in force" lab_iotguard confirm
check "and is not on trial" fails 1 "no policy is on trial" lab_iotguard confirm
check "there is no policy before it" fails 1 "there was no policy before" lab_iotguard rollback

### Ending ########################################################################################

# trial_number BYTE: as if the number in ig_trial (at 16 of its 40 bytes) had these bytes.
trial_number() {
	local zero i
	zero=$(printf '0 %.0s' {1..16})
	# shellcheck disable=SC2046,SC2086 # words
	bpftool map update pinned "$LAB_STATE/current/ig_trial" key 0 0 0 0 \
		value $zero $(for i in {1..8}; do echo "$1"; done) $zero
}

check "while the timer takes a policy back" trial_number 255
check "nothing is applied" fails 1 "is just ending" lab_iotguard apply "$NEW"
check "nor confirmed" fails 1 "is just ending" lab_iotguard confirm
check "and in force is what was" answers_as "$FIRST"
check "when it has done so" trial_number 0
check "there is nothing on trial" fails 1 "no policy is on trial" lab_iotguard confirm

### Another one ####################################################################################

series_begin
BEFORE=$(generation)
check "another policy for some seconds" lab_iotguard apply "$NEW" --confirm 6s
check "it is in force" answers_as "$SECOND"
check "at its deadline the one before is, under a higher generation" \
	lab_until 15 is_generation $((BEFORE + 2))
check "whole" answers_as "$FIRST"
check "the same again is a change" says "generation $((BEFORE + 3))" lab_iotguard apply "$NEW" --confirm 1h
check "confirmed in time" lab_iotguard confirm
check "it stays" answers_as "$SECOND"

check "rollback brings back the one before" says "generation $((BEFORE + 4))" lab_iotguard rollback
check "whole" answers_as "$FIRST"
check "a second one undoes the first" lab_iotguard rollback
check "whole as well" answers_as "$SECOND"
check "names and rules are those in force" says "allow to $SECOND" lab_iotguard show policy
check "and a third one" lab_iotguard rollback
check "of the other one" says "allow to $FIRST" lab_iotguard show policy

check "one that needs larger maps, on trial" lab_iotguard apply "$MANY" --confirm 1h
check "is in force" answers_as "$SECOND"
check "and goes back" lab_iotguard rollback
check "to the one before" answers_as "$FIRST"
check "one more device goes on trial" lab_iotguard apply "$THIRD" --confirm 1h
check "programs of another build" other_build
check "do not end the trial by an apply" fails 1 "is on trial" lab_iotguard apply "$OLD"
check "they are taken when it is over" lab_iotguard confirm
check "by the next apply" says "of another version" lab_iotguard apply "$THIRD"
check "with the policy as it was" answers_as "$SECOND"
check "no packet of the series got lost" series_end

### Interfaces #####################################################################################

small_inventory "$LAB/one.yaml" "$FIRST" 0 one
small_inventory "$LAB/two.yaml" "$FIRST" 0 two
check "a policy that guards a port more" lab_iotguard apply "$LAB/one.yaml"
check "guards it" guarded one
check "one on trial that guards another instead" lab_iotguard apply "$LAB/two.yaml" --confirm 1h
check "guards that" guarded two
check "and the first one not" unguarded one
check "taken back, the first is guarded" lab_iotguard rollback
check "as before" guarded one
check "and the other one is not" unguarded two
check "for good, the other one" lab_iotguard apply "$LAB/two.yaml"
check "leaves the first" unguarded one
check "and rollback guards it again" lab_iotguard rollback
check "indeed" guarded one
lab_in gw ip link del lan-two
check "an interface of the policy before that is gone keeps it from coming back" \
	fails 1 "cannot come back" lab_iotguard rollback
check "and in force is what was" guarded one
lab_done
