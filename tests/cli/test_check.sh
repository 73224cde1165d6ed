#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# `check`: exit status, the form of its messages, and its JSON. What is a mistake is tested beside
# the inventory itself.

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
check "--strict makes it exit 3" exits 3 ": warning: "
check "without a summary" silent
run check odd.yaml --strict --json
check "and not ok in JSON" grep -q '"ok": false' "$OUT"

done_testing
