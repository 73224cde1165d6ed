#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Two devices whose traffic somebody captured, each judged by the MUD file that was made for it, and by nothing else: what
# passes, what does not, and why not. Then each by the file of the other one: nothing of it passes by a rule. Neither
# is part of this project: $IOTGUARD_CAPTURES says where the captures are.

set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1

load=${IOTGUARD_LOAD:-build/iotguard-load}
captures=${IOTGUARD_CAPTURES:-../shared/data/captures}
pairs=$captures/mud-pairs
inventories=tests/data/captures
failed=0

if [ ! -d "$pairs" ]; then
	echo "skip plug $pairs is not there (2 cases)"
	echo "skip lamp $pairs is not there (2 cases)"
	exit 77
fi
for tool in tcpdump jq; do
	if ! command -v "$tool" >/dev/null; then
		echo "$tool is not installed (4 cases)"
		exit 77
	fi
done
work=$(mktemp -d "${TMPDIR:-/tmp}/iotguard-mud.XXXXXX")
trap 'rm -rf "$work"' EXIT

verdict() { # NAME STATUS
	if [ "$2" = 0 ]; then
		echo "ok $1"
	else
		echo "not ok $1"
		failed=1
	fi
}

# Addresses and rules of a device go; what it has is learnt from the capture, what it may do is in the file.
judge() { # CAPTURE MUD
	{
		sed '/^    \(addresses\|rules\):/d' "$inventories/$1.yaml"
		echo "    mud: $(realpath "$pairs")/$2"
	} >"$work/inventory.yaml"
	"$load" replay "$pairs/$1.pcap" --inventory "$work/inventory.yaml" --learn-bindings --json >"$work/out" 2>"$work/err" ||
		{ cat "$work/err"; return 1; }
	jq -c '.summary // empty | [.packets, .passed, .dropped, .ignored, (.reasons | to_entries | map("\(.key) \(.value)") | sort | join(", "))]' \
		"$work/out" >"$work/sums"
}

# One line a flow that was refused: who spoke to whom, the reason, and the numbers of the frames.
refused() { # CAPTURE
	tcpdump -nn -r "$pairs/$1.pcap" 2>/dev/null | awk '
	FNR == NR { if (match($0, /"packet":[0-9]+/)) reason[substr($0, 10 + RSTART - 1, RLENGTH - 9) + 0] = $NF; next }
	FNR in reason {
		sub(/:$/, "", $5)
		flow = $3 " > " $5 " " reason[FNR]
		if (!(flow in frames)) order[++n] = flow
		frames[flow] = frames[flow] " " FNR
	}
	END { for (i = 1; i <= n; i++) print order[i] frames[order[i]] }' \
		<(jq -r 'select(.verdict == "drop") | "\"packet\":\(.packet) \(.reason)"' "$work/out") -
}

# Expected: [PACKETS, PASSED, DROPPED, IGNORED, REASONS], and on standard input the flows that are refused, each with why.
own_file() { # NAME CAPTURE MUD SUMS
	local status=0
	judge "$2" "$3" || return
	refused "$2" >"$work/flows"
	cat >"$work/why"
	echo "# $1: $(<"$work/sums")"
	sed "s/^/# $1: refused: /" "$work/why"
	[ "$(<"$work/sums")" = "$4" ] || { echo "expected: $4"; status=1; }
	diff <(sed 's/ *|.*//' "$work/why") "$work/flows" || status=1
	return "$status"
}

# Judged by the file of another device: conversations with the resolver, and not one that a rule admits.
foreign_file() { # NAME CAPTURE MUD
	judge "$2" "$3" || return
	echo "# $1 by the file of the other: $(<"$work/sums")"
	jq -e '.summary // empty | .reasons | (.rule // 0) == 0 and ."no-rule" > 200 and
		(.flow // 0) == (.dns // 0)' "$work/out" >/dev/null
}

own_file plug G06-tapo-p115 G06-tapo-p115.mud \
	'[305,289,7,9,"arp 29, dhcp 4, dns 5, flow 237, link-control 9, no-rule 7, rule 5"]' <<'END'
54.170.92.104.443 > 10.42.0.205.52433 no-rule 15 36 | a connection from before it was switched on: it asked for no name yet
10.42.0.205.52433 > 54.170.92.104.443 no-rule 37 | its reset of that
54.169.114.238.443 > 10.42.0.205.52435 no-rule 267 268 | likewise; no name that it asked for has this address
10.42.0.205.52435 > 54.169.114.238.443 no-rule 269 270 | its resets of that
END
verdict "the plug by its own file" $?
own_file lamp G06-mood_lamp-3204432 mood_lamp-3204432Mud.json \
	'[282,281,1,0,"arp 4, flow 255, no-rule 1, rule 22"]' <<'END'
3.124.225.12.8886 > 10.42.0.174.40572 no-rule 1 | in the middle of a connection that the lamp opened before: its next segment makes the flow
END
verdict "the lamp by its own file" $?
foreign_file plug G06-tapo-p115 mood_lamp-3204432Mud.json
verdict "the plug by the file of the lamp" $?
foreign_file lamp G06-mood_lamp-3204432 G06-tapo-p115.mud
verdict "the lamp by the file of the plug" $?
exit "$failed"
