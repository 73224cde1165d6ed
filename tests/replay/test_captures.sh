#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Real captures through `replay`: those of known devices with an inventory written for each
# (tests/data/captures), and a heap of odd and malformed ones with an inventory made from the MAC
# addresses in them. The captures are not part of this project: $IOTGUARD_CAPTURES says where they are.
# No packet may be without a reason, whatever it is.

set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1

load=${IOTGUARD_LOAD:-build/iotguard-load}
captures=${IOTGUARD_CAPTURES:-../shared/data/captures}
inventories=tests/data/captures
failed=0

if [ ! -d "$captures" ]; then
	echo "skip known-devices $captures is not there (7 captures)"
	echo "skip odd-captures $captures/parse is not there (378 captures)"
	exit 77
fi
if ! command -v tcpdump >/dev/null; then
	echo "skip odd-captures tcpdump is not installed (378 captures)"
fi
work=$(mktemp -d "${TMPDIR:-/tmp}/iotguard-captures.XXXXXX")
trap 'rm -rf "$work"' EXIT

verdict() { # NAME STATUS
	if [ "$2" = 0 ]; then
		echo "ok $1"
	else
		echo "not ok $1"
		failed=1
	fi
}

# Every packet has a direction, a verdict and (unless ignored) a reason, and the summary adds up.
complete() { # OUTPUT
	awk '
	/^\{"packet":/ {
		n++
		if ($0 !~ /"verdict":"(pass|drop|ignored)"/) bad++
		if ($0 ~ /"verdict":"(pass|drop)"/ && $0 !~ /"reason":"[a-z-]+"/) bad++
	}
	/^\{"summary":/ {
		match($0, /"packets":[0-9]+/); packets = substr($0, RSTART + 10, RLENGTH - 10)
		match($0, /"passed":[0-9]+/); passed = substr($0, RSTART + 9, RLENGTH - 9)
		match($0, /"dropped":[0-9]+/); dropped = substr($0, RSTART + 10, RLENGTH - 10)
		match($0, /"ignored":[0-9]+/); ignored = substr($0, RSTART + 10, RLENGTH - 10)
		seen = 1
	}
	END { exit !(seen && !bad && n == packets && passed + dropped + ignored == packets) }' "$1"
}

known_device() { # CAPTURE
	local name out=$work/known.json
	name=$(basename "$1" .pcap)
	"$load" replay "$1" --inventory "$inventories/$name.yaml" --json >"$out" 2>"$work/err" || return 1
	complete "$out" || return 1
	grep -q '"direction":"from-device"' "$out" || return 1
	# this one has requests only
	[ "$name" = dhcpv6-mud ] || grep -q '"direction":"to-device"' "$out"
}

for capture in "$captures"/benign/*.pcap "$captures"/mud-pairs/*.pcap; do
	known_device "$capture"
	verdict "replay $(basename "$capture")" $?
done

# The first two unicast addresses that talk are a device and its gateway.
inventory_for() { # CAPTURE
	local macs
	macs=$(tcpdump -nner "$1" -c 50 2>/dev/null | awk '{ print $2; sub(",", "", $4); print $4 }' |
		grep -E '^[0-9a-f][02468ace](:[0-9a-f]{2}){5}$' | grep -v '^00:00:00:00:00:00$' | awk '!seen[$0]++' | head -2)
	[ -n "$macs" ] || return 1
	mapfile -t macs <<<"$macs"
	cat <<-END
	version: 1
	gateway: {macs: [${macs[1]:+\"${macs[1]}\"}]}
	segments: {all: {interfaces: [lan0], networks: [0.0.0.0/0, "::/0"]}}
	devices:
	  it: {mac: "${macs[0]}", segment: all, rules: [allow to any, allow from any tcp/1-1023]}
	END
}

odd=0 odd_failed=0
if command -v tcpdump >/dev/null; then
	for capture in "$captures"/parse/*; do
		[[ $capture == *.tsv ]] && continue
		odd=$((odd + 1))
		inventory_for "$capture" >"$work/odd.yaml" || cp examples/home.yaml "$work/odd.yaml"
		"$load" replay "$capture" --inventory "$work/odd.yaml" --learn-bindings --json >"$work/odd.json" 2>"$work/err"
		status=$?
		# a file that is no capture is said to be none
		if [ "$status" = 3 ] && grep -q 'no capture that can be read' "$work/err"; then
			continue
		fi
		if [ "$status" != 0 ] || ! complete "$work/odd.json"; then
			echo "    $(basename "$capture"): exit $status: $(head -n 1 "$work/err")"
			odd_failed=$((odd_failed + 1))
		fi
	done
	verdict "replay $odd odd captures" "$odd_failed"
fi
exit "$failed"
