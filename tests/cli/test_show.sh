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

# What devices told is there whether something is enforced or not; and it is what devices told.
mkdir -p "$WORK/save/mud"
cat >"$WORK/save/mud/discovered.json" <<'JSON'
{"version": 1, "machines": [
 {"device": "cam\u001b[2J", "mac": "02:00:5e:10:00:11", "adopted": "https://vendor.example/cam", "adopted_at": 1795343465,
  "told": [{"source": "dhcp4", "url": "https://other.example/cam", "fault": null, "state": "conflict",
            "first_seen": 1795343465, "last_seen": 1795350665}]},
 {"device": null, "mac": "02:00:5e:10:00:12", "adopted": null, "adopted_at": null,
  "told": [{"source": "lldp", "url": "http://x/\"", "fault": "not-https", "state": "invalid",
            "first_seen": 1795343465, "last_seen": 1795343465}]}]}
JSON

shows_mud() {
	run show mud --state-dir "$STATE" --save-dir "$WORK/save"
	[ "$STATUS" = 0 ] || return 1
	grep -qF 'cam\x1b[2J' "$OUT" && grep -qF 'conflict, in force is https://vendor.example/cam' "$OUT" &&
		grep -qF 'invalid: not-https' "$OUT" && ! grep -q $'\033' "$OUT"
}

shows_mud_json() {
	local text
	run show mud --json --state-dir "$STATE" --save-dir "$WORK/save"
	[ "$STATUS" = 0 ] && json mud || return 1
	for text in '"device": "cam\u001b[2J"' '"state": "conflict"' '"adopted": "https://vendor.example/cam"' \
		'"first_seen": "2026-11-22T10:31:05Z"' '"device": null' '"mac": "02:00:5e:10:00:12"' \
		'"url": "http://x/\""' '"fault": "not-https"' '"fault": null'; do
		grep -qiF -- "$text" "$OUT" || return 1
	done
}

spoilt() {
	echo '{"version": 1' >"$WORK/save/mud/discovered.json"
	run show mud --state-dir "$STATE" --save-dir "$WORK/save"
	[ "$STATUS" = 0 ] && grep -q "is not used: it is not what iotguardd writes" "$ERR" &&
		[ -e "$WORK/save/mud/discovered.json" ]
}

check "show mud" shows_mud
check "show mud as JSON" shows_mud_json
check "show mud of a file that is none" spoilt
check "events" nothing events
check "detach --all" nothing detach --all
run detach lan0 --state-dir "$STATE"
check "detach of an interface that is not guarded" exits 1

done_testing
