#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Where nothing is enforced: an answer with what to type, not an error.

# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"

mkdir "$STATE"

nothing() {
	run "$@" --state-dir "$STATE"
	says "nothing is enforced" && says "iotguard-load apply"
}

nothing_json() {
	run --json --state-dir "$STATE" "$@"
	[ "$STATUS" = 0 ] && json enforced && grep -q '"enforced": false' "$OUT"
}

check "bare" nothing
check "bare, without the directory" eval 'run --state-dir /nonexistent/iotguard; says "nothing is enforced"'
check "bare as JSON" nothing_json
for subject in status interfaces devices leases pins "pins cam" flows policy "policy cam" stats changes; do
	# shellcheck disable=SC2086
	check "show $subject" nothing show $subject
	# shellcheck disable=SC2086
	check "show $subject as JSON" nothing_json show $subject
done
check "events" nothing events
check "detach --all" nothing detach --all
run detach lan0 --state-dir "$STATE"
check "detach of an interface that is not guarded" exits 1

done_testing
