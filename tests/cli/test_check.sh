#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# `check`: exit status, the form of its messages, and its JSON. What is a mistake is tested beside
# the inventory itself.

EXAMPLES=$(cd "$(dirname "$0")/../../examples" && pwd)
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"

good_inventory good.yaml
run check good.yaml
check "a good inventory" says "good.yaml: ok: 1 device, 1 host"
check "says nothing on stderr" test ! -s "$ERR"

run check good.yaml --json
check "a good inventory as JSON" json inventory ok summary diagnostics
check "and it says so" grep -q '"ok": true' "$OUT"

sed 's/mac: "02:00:5e:10:00:11"/mac: "02:00:5e:10:00:5z"/; s/8883/70000/; s/^hosts:/hosst:/' good.yaml >bad.yaml
run check bad.yaml
check "mistakes are exit 3" exits 3
check "and nothing on stdout" silent
check "with file, line and column" grep -qE '^bad\.yaml:[0-9]+:[0-9]+: error: ' "$ERR"
check "and hints" grep -q '^    hint: ' "$ERR"
check "all of them in one run" test "$(grep -c ': error: ' "$ERR")" -ge 3

run check bad.yaml --json
check "mistakes as JSON, exit 3" exits 3
check "a document all the same" json inventory ok summary diagnostics
check "that has the places" grep -q '"line": ' "$OUT"
check "and says no" grep -q '"ok": false' "$OUT"
check "stderr has them, too" grep -q ': error: ' "$ERR"

refused() { # TEXT PATH
	run check "$2"
	exits 3 "$1" && silent
}

check "no such file" refused "No such file" nowhere.yaml
check "a directory" refused "directory" .
mkfifo fifo
check "a FIFO does not hang" refused "fifo" fifo
: >empty.yaml
check "an empty file" refused "empty.yaml" empty.yaml
head -c 4096 /dev/urandom >noise.yaml
check "noise" refused "noise.yaml" noise.yaml
check "noise does not reach the terminal" plain "$ERR"
printf 'version: 1\nde\033[2Jvices: {}\n' >escape.yaml
run check escape.yaml
check "an escape in a key does not reach the terminal" plain "$ERR"
run check escape.yaml --json
check "an escape in a key leaves JSON in order" json diagnostics

printf 'version: 1\n"\xff\xfe": x\n' >latin.yaml
run check latin.yaml --json
check "bytes that are no UTF-8 leave JSON in order" json diagnostics

cp good.yaml -- --odd.yaml
run check -- --odd.yaml
check "a name like an option, behind --" says "ok: 1 device"

run check good.yaml --state-dir /nonexistent
check "the state directory does not matter" says "ok: 1 device"

sed 's/^hosts:/groups: {nobody: []}\nhosts:/' good.yaml >odd.yaml
run check odd.yaml
check "a warning is exit 0" exits 0 ": warning: "
check "with the summary" says "ok: 1 device"
run check odd.yaml --strict
check "--strict makes it exit 3, and an error" exits 3 "odd.yaml:8:10: error: the group"
check "that is no warning any more" test "$(grep -c ': warning: ' "$ERR")" = 0
check "with its hint" grep -q '^    hint: ' "$ERR"
check "without a summary" silent
run check odd.yaml --strict --json
check "and not ok in JSON" grep -q '"ok": false' "$OUT"
check "where it is an error, too" grep -q '"severity": "error"' "$OUT"
check "and no warning" test "$(grep -c '"severity": "warning"' "$OUT")" = 0
run check odd.yaml --json
check "without --strict it is a warning in JSON" grep -q '"severity": "warning"' "$OUT"
check "and ok" grep -q '"ok": true' "$OUT"
run check good.yaml --strict
check "--strict has nothing against a good inventory" says "good.yaml: ok: 1 device, 1 host"
check "and nothing to say" test ! -s "$ERR"
run check bad.yaml --strict
check "mistakes are exit 3 with --strict as well" exits 3 ": error: "

# Rules that are in order one by one.
with_rule() { # FILE RULE...: the good inventory with more rules at its end
	local file=$1
	shift
	cp good.yaml "$file"
	printf '      - %s\n' "$@" >>"$file"
}
with_rule covered.yaml "allow to 203.0.113.10 tcp/8883"
run check covered.yaml
check "a rule that is covered is a warning" exits 0 "covered.yaml:17:9: warning: this rule never decides"
check "with the place of the other" grep -q 'covered.yaml:16:9, .allow to 203.0.113.10 tcp/8883.,' "$ERR"
run check covered.yaml --strict
check "--strict refuses it" exits 3 "covered.yaml:17:9: error: this rule never decides"
with_rule opposite.yaml "deny to 203.0.113.10 tcp/8883"
run check opposite.yaml
check "a contradiction is an error" exits 3 "opposite.yaml:17:9: error: this rule contradicts opposite.yaml:16:9"
with_rule hidden.yaml "allow to internet tcp/8883 critical"
run check hidden.yaml
check "a critical rule that comes too late is an error" \
	exits 3 "hidden.yaml:16:9: error: this rule takes packets from a critical one"
run check hidden.yaml --json
check "in JSON as well" grep -q '"line": 16' "$OUT"
# A policy that is too large: which limit, and by how much.
many() { # N FORMAT: a line each, with its number
	awk -v n="$1" -v format="$2\n" 'BEGIN { for (i = 1; i <= n; i++) printf format, i, i }'
}
{ cat good.yaml && many 1030 "      - allow to any tcp/%d"; } >rules.yaml
run check rules.yaml
check "too many rules" exits 3 "1031 'to' rules in one policy: 7 more than the limit of 1024"
{
	sed 's/^devices:/groups: {g: []}\n&/' good.yaml | sed "s/g: \[\]/g: [$(many 520 '10.9.%d.2, ' |
		awk '{ n = NR * 2; printf "10.9.%d.%d,", n / 256, n % 256 }')]/"
	many 1020 "      - allow to group:g udp/%d"
} >ranges.yaml
run check ranges.yaml
check "too many ranges" exits 3 \
	"the 'to' rules of one policy cut the IPv4 addresses into 1060803 ranges: 12227 more than the limit of 1048576"
{
	sed '/^devices:/q' good.yaml
	awk 'BEGIN { for (i = 0; i < 13200; i++)
		printf "  d%d: {mac: 02:00:00:00:%02x:%02x, segment: lan, flows: 65535}\n", i, i / 256, i % 256 }'
} >flows.yaml
run check flows.yaml
check "too many places for flows" exits 3 "more than the limit of 1073741823"
check "and how many they are" grep -q '1081317620 places for flows' "$ERR"

for example in "$EXAMPLES"/*.yaml; do
	run check --strict "$example"
	check "--strict has nothing against $(basename "$example")" says "ok: "
done

done_testing
