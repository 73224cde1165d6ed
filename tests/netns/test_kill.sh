#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Killed with -9 before any of its steps, does apply leave one whole policy, the old one or the new one,
# say which, and nothing that is in the way of the next apply?
#
# Every state that can be left behind is tried with IOTGUARD_LONG=1; ordinarily those around a change of
# an interface or of the policy in force, and every thirtieth of the others.

. "$(dirname "${BASH_SOURCE[0]}")/lab.sh"
lab_enter "$0" "$@"
. "$LAB_SOURCE/small.sh"
. "$LAB_SOURCE/kill.sh"

EVERY=${IOTGUARD_LONG:+1}
EVERY=${EVERY:-30}
DECISIVE='attach|update link|detach|exit|current$|links/'

steps() { # N FILE
	lab_in gw "$STEPS" "$LAB/made" "$1" 9 "$LOADER" --state-dir "$LAB_STATE" apply "$2" >"$LAB/apply.log" 2>&1
}

# Numbers of the steps in $LAB/list before which apply is killed.
chosen() {
	awk -v every="$EVERY" -v decisive="$DECISIVE" '
		{ now = $0 ~ decisive; if (now || before || NR % every == 0) print NR; before = now }
	' "$LAB/list"
}

# one_death BEGIN FROM TO N: complaints go to $LAB/verdicts, $LAB/claims and $LAB/heals.
one_death() {
	local begin=$1 from=$2 to=$3 n=$4 where now said rest
	"$begin" "$from" >"$LAB/begin.log" 2>&1 || { cat "$LAB/begin.log" >>"$LAB/heals"; return; }
	steps "$n" "$to"
	where="killed before step $n ($(tail -n 1 "$LAB/made"))"
	now=$(state)
	said=$(claimed)
	[ "$now" = "$from" ] || [ "$now" = "$to" ] || echo "$where: $now" >>"$LAB/verdicts"
	[ "$said" = "$now" ] || echo "$where: in force is $now; show says $said" >>"$LAB/claims"

	lab_iotguard apply "$to" >"$LAB/apply.log" 2>&1 ||
		{ echo "$where: the next apply failed: $(<"$LAB/apply.log")" >>"$LAB/heals"; return; }
	now=$(state)
	said=$(claimed)
	rest=$(left_behind | tr '\n' ' ')
	[ "$now" = "$to" ] && [ "$said" = "$to" ] && [ -z "$rest" ] ||
		echo "$where, after the next apply: in force is $now; show says $said; left: $rest" >>"$LAB/heals"
}

# succeeds BEGIN FROM TO: nobody is killed.
succeeds() {
	"$1" "$2" && steps 0 "$3" && return
	cat "$LAB/apply.log"
	return 1
}

# deaths NAME BEGIN FROM TO: BEGIN brings FROM into force. Where it takes TO for FROM as well, the two
# change places every time.
deaths() {
	local name=$1 begin=$2 from=$3 to=$4 n total numbers
	rm -f "$LAB/verdicts" "$LAB/claims" "$LAB/heals"
	check "$name: apply" succeeds "$begin" "$from" "$to" || return
	cp "$LAB/made" "$LAB/list"
	total=$(wc -l <"$LAB/list")
	numbers=$(chosen)
	[ "$begin" = nothing ] || series_begin
	for n in $numbers; do
		if [ "$begin" != nothing ] && [ "$begin" != anew ] && [ "$(claimed)" = "$to" ]; then
			one_death "$begin" "$to" "$from" "$n"
		else
			one_death "$begin" "$from" "$to" "$n"
		fi
	done
	echo "# $name: killed $(wc -w <<<"$numbers") times in $total steps"
	check "$name: the verdicts are of one policy" none_in verdicts
	check "$name: show says which" none_in claims
	check "$name: the next one puts all in order" none_in heals
	[ "$begin" = nothing ] || check "$name: a conversation went on all the time" series_end
}

### Answers ########################################################################################

small_up
OLD=$LAB/old.yaml NEW=$LAB/new.yaml MANY=$LAB/many.yaml
SCENES[open]=$(scene open $BRIDGED)
policy "$OLD" "$FIRST"
policy "$NEW" "$SECOND"
deaths "the first apply" nothing open "$NEW"
deaths "another policy" in_force "$OLD" "$NEW"
deaths "other programs" upgraded "$OLD" "$NEW"

unset "SCENES[$NEW]"
policy "$MANY" "$SECOND" 70
deaths "more devices than there was room for" anew "$OLD" "$MANY"

# A port more, a port less. Beside the guard everything is answered.
unset "SCENES[$MANY]"
PLACES="$BRIDGED one two" COUNT=12
small_inventory "$OLD" "$FIRST" 0 one
small_inventory "$NEW" "$SECOND" 0 two
SCENES[open]=$(scene open $PLACES)
SCENES[$OLD]=$(scene "$FIRST" $BRIDGED one)$(scene open two)
SCENES[$NEW]=$(scene "$SECOND" $BRIDGED)$(scene open one)$(scene "$SECOND" two)
for name in "$OLD" "$NEW"; do
	SCENES[$name]=$(tr ' ' '\n' <<<"${SCENES[$name]}" | sed '/^$/d' | sort | tr '\n' ' ')
done
deaths "other interfaces" in_force "$OLD" "$NEW"
lab_done
