#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# `plan` against the policy in force: it knows all of it from the kernel, changes nothing, and its
# "nothing would change" is what `apply` finds as well.

. "$(dirname "${BASH_SOURCE[0]}")/lab.sh"
lab_enter "$0" "$@"
. "$LAB_SOURCE/small.sh"

OLD=$LAB/old.yaml NEW=$LAB/new.yaml
OUT=$LAB/plan.out

# plan CODE ARGUMENT...
plan() {
	local wanted=$1 code=0
	shift
	lab_iotguard plan "$@" >"$OUT" 2>&1 || code=$?
	[ "$code" = "$wanted" ] || { echo "exit $code:"; cat "$OUT"; return 1; }
}

says() {
	grep -qF -- "$1" "$OUT" || { cat "$OUT"; return 1; }
}

generation() {
	lab_iotguard show --json | grep -o '^  *"generation": [0-9]*' | head -n 1 | tr -s ' ' | sed 's/^ //'
}

# applied FILE TEXT
applied() {
	lab_iotguard apply "$1" >"$OUT" 2>&1 || { cat "$OUT"; return 1; }
	says "$2"
}

small_up
small_inventory "$OLD" "$FIRST"
small_inventory "$NEW" "$SECOND"
# the plug is gone
sed -i '/^  plug:/,$d' "$NEW"

check "nothing is enforced: all is new" plan 6 "$OLD" --diff
check "and so it says" says "nothing is enforced here: all of this is new"
check "the first policy" applied "$OLD" "now enforcing, as generation 1"
check "its own plan is nothing" plan 0 "$OLD"
check "and so it says" says "nothing would change"
check "apply finds the same" applied "$OLD" "this policy is in force already"

check "another one" plan 6 "$NEW"
check "what it gains" says "  gains  to $SECOND icmp/echo-request  # $NEW:"
check "what it loses" says "  loses  to $FIRST icmp/echo-request  # $OLD:"
check "who is gone" says "plug is gone"
check "the policy in force is the same one" test "$(generation)" = '"generation": 1'
check "as JSON" plan 6 "$NEW" --json
check "which says against what" says '"generation": 1'

cp "$OLD" "$LAB/copy.yaml"
rm "$OLD"
check "the file that it came from need not be there" plan 0 "$LAB/copy.yaml"
check "the second policy" applied "$NEW" "policy changed, now generation 2"
check "its own plan is nothing either" plan 0 "$NEW"
check "and the way back is the other way round" plan 6 "$LAB/copy.yaml" camera
check "with gains" says "  gains  to $FIRST icmp/echo-request"
check "and losses" says "  loses  to $SECOND icmp/echo-request"

lab_done
