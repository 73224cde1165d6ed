#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# `doctor` where nothing is enforced: it works, is no error, and each finding that is not in order says
# what to type.

# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"

mkdir "$STATE"

finds() { # SEVERITY CHECK WORDS
	grep -E "^$1 +$2: " "$OUT" | grep -qF -e "$3"
}

# Behind each line that is not ok there is one that begins with an arrow, and behind the others none.
advises() {
	awk '/^(note|warning|error) / { if (open) exit 1; open = 1; next }
		/^ +-> ./ { if (!open) exit 1; open = 0; next }
		/^(ok) / || /^[0-9]+ errors?, / { if (open) exit 1; next }
		{ exit 1 }' "$OUT"
}

counts() { # the last line says how many there are of each
	local last severity
	last=$(tail -n 1 "$OUT")
	for severity in error warning note; do
		grep -qE "(^| )$(grep -c "^$severity " "$OUT") ${severity}s?(,|;)" <<<"$last" || return 1
	done
}

advised_in_json() {
	python3 -c '
import json, sys
document = json.load(open(sys.argv[1]))
for finding in document["findings"]:
    assert set(finding) == {"severity", "check", "about", "message", "advice"}, finding
    assert finding["severity"] in ("ok", "note", "warning", "error"), finding
    assert (finding["advice"] is None) == (finding["severity"] == "ok"), finding
assert document["ok"] == all(f["severity"] != "error" for f in document["findings"])' "$OUT" 2>>"$ERR"
}

run doctor --state-dir "$STATE"
check "nothing enforced is no error" exits 0
check "and said" finds note policy "nothing is enforced"
check "the kernel is looked at" eval 'grep -qE "^(ok|note|warning|error) +kernel: Linux" "$OUT"'
check "so is libbpf" eval 'grep -qE "^(ok|warning) +libbpf: " "$OUT"'
check "so are helpers" eval 'grep -qE "^(ok|note) +helper: " "$OUT"'
check "what is not in order says what to type" advises
check "and all is counted" counts
check "nothing on standard error" eval '! [ -s "$ERR" ]'

run doctor --json --state-dir "$STATE"
check "as JSON" exits 0
check "JSON has its members" json ok findings
if command -v python3 >/dev/null; then
	check "each finding in JSON has its members" advised_in_json
else
	echo "skip findings-in-json no python3 here"
fi

run doctor lan0
check "it wants no operand" exits 2 "no use for 'lan0'"

if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
	chmod 755 "$WORK"
	LOADER_BEFORE=$LOADER
	cp "$LOADER" "$WORK/loader" && LOADER=$WORK/loader
	run_as_nobody() {
		STATUS=0
		setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all "$LOADER" "$@" >"$OUT" 2>"$ERR" \
			</dev/null || STATUS=$?
	}
	run_as_nobody doctor --state-dir "$STATE"
	check "without privilege it works, too" exits 0
	check "and names what it lacks" finds note capabilities CAP_BPF
	LOADER=$LOADER_BEFORE
fi
done_testing
