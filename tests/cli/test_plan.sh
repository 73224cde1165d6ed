#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# `plan`: what is said of pairs of inventories (tests/data/plans, each with what is to come out),
# exit status, options, and JSON. Against a policy in force it is tested where one can be.

DATA=$(cd "$(dirname "$0")/../data/plans" && pwd)
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"

# golden NAME: as it is written down, from the folder itself so that paths are short.
golden() {
	cp -r "$DATA/$1" . && cd "$1" || return 1
	run plan after.yaml --against before.yaml --all
	cd ..
	diff -u "$DATA/$1/plan.txt" "$OUT" >"$ERR" && [ "$STATUS" = 6 ]
}

for pair in "$DATA"/*/; do
	check "the plan of $(basename "$pair") is as it was" golden "$(basename "$pair")"
done

good_inventory good.yaml
sed 's/8883/8884/' good.yaml >other.yaml
sed 's/- allow to 203.0.113.10 tcp.8883/- {x: 1}/' good.yaml >bad.yaml
mkdir "$STATE"

# Nothing in force.
run plan good.yaml --state-dir "$STATE"
check "where nothing is enforced, all is new: exit 6" exits 6
check "and it says so" grep -q "nothing is enforced here: all of this is new" "$OUT"
check "with the policy" grep -q "  - allow to 203.0.113.10 tcp/8883  # good.yaml:16, its own" "$OUT"
run plan good.yaml --diff --state-dir "$STATE"
check "--diff leaves the policy out" eval '[ "$STATUS" = 6 ] && ! grep -q allow "$OUT"'

# Against another one.
run plan good.yaml --against good.yaml
check "the same inventory: nothing would change" says "nothing would change"
run plan other.yaml --against good.yaml
check "another one: exit 6" exits 6
check "gains" grep -qF "  gains  to 203.0.113.10 tcp/8884  # other.yaml:16, its own" "$OUT"
check "and losses" grep -qF "  loses  to 203.0.113.10 tcp/8883  # good.yaml:16, its own" "$OUT"
check "and not the policy" eval '! grep -q "without a rule" "$OUT"'
run plan other.yaml cam --against good.yaml
check "of a machine that is named, the policy, too" grep -q "without a rule: arp, nd" "$OUT"
check "and no other" eval '! grep -q admin "$OUT"'
run plan other.yaml admin --against good.yaml
check "of one that does not change: exit 0" says "nothing would change"
run plan other.yaml host:admin device:cam --against good.yaml --diff
check "kinds may stand in front" exits 6

# Alone.
run plan good.yaml --alone --state-dir "$STATE"
check "--alone compares with nothing" says "cam (device, segment lan, mode enforce, 64 flows)"
check "and does not look what is in force" eval '! grep -q "nothing is enforced" "$OUT"'
check "a trusted host is said to be one" grep -q "trusted: whatever it opens" "$OUT"

# What is refused.
run plan good.yaml nobody --alone
check "no such machine" exits 1 "there is no device, host or group 'nobody'"
run plan bad.yaml --alone
check "a bad inventory" exits 3 "bad.yaml:16"
run plan good.yaml --against bad.yaml
check "a bad one to compare with" exits 3 "bad.yaml:16"
run plan good.yaml --all --diff
check "--all and --diff" exits 2 "either --all or --diff"
run plan good.yaml --alone --against good.yaml
check "--alone and --against" exits 2 "--alone compares with nothing"
run plan
check "it wants an inventory" exits 2 "wants INVENTORY"
printf 'version: 1\nsegments: {s: {interfaces: [lan0]}}\ndevices: {"a\\e[2Jb": {mac: "02:00:5e:10:00:11", segment: s}}\n' >escape.yaml
run plan escape.yaml --alone
check "names do not reach the terminal as they are" plain "$OUT"
check "nor as errors" plain "$ERR"

# JSON.
run plan other.yaml --against good.yaml --json
check "JSON, and exit 6" exits 6
check "with its members" json inventory compared generation different summary general machines halves
check "it is different" grep -q '"different": true' "$OUT"
check "with the policy" grep -q '"policy": {' "$OUT"
run plan good.yaml --against good.yaml --json --diff
check "not different: exit 0" exits 0
check "and so it says" grep -q '"different": false' "$OUT"
check "--diff leaves policies out" eval '! grep -q "\"policy\": {" "$OUT"'

done_testing
