#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# A policy by domain name, written from what a device did on the first day of a capture, and the rest of the capture
# through `replay`: which share of the conversations that the device opened is admitted? The captures are not part of
# this project: $IOTGUARD_CAPTURES says where they are. An opened conversation is a TCP segment with SYN alone, or the
# first UDP datagram to a remote and port after two minutes without one; infrastructure and what goes to groups are not
# counted. A connection that is open when the capture begins gets a rule by address, for its name is not known.
# Whatever has a rule by name has to be admitted, each time; which share that is, is printed.

set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1

load=${IOTGUARD_LOAD:-build/iotguard-load}
captures=${IOTGUARD_CAPTURES:-../shared/data/captures}
inventories=tests/data/captures

if [ ! -d "$captures/benign" ]; then
	echo "skip by-name $captures/benign is not there (3 captures)"
	exit 77
fi
if ! command -v tcpdump >/dev/null; then
	echo "skip by-name tcpdump is not installed (3 captures)"
	exit 77
fi
work=$(mktemp -d "${TMPDIR:-/tmp}/iotguard-names.XXXXXX")
trap 'rm -rf "$work"' EXIT
failed=0

# One line a packet, numbered: number, time, and what tcpdump says of it.
packets() { # CAPTURE
	tcpdump -nn -tt -v -r "$1" 2>/dev/null | awk '
	/^[0-9]/ { if (n) print line; n++; line = n " " $0; next }
	{ line = line " " $0 }
	END { if (n) print line }'
}

# Prints "open NUMBER DAY TIME PROTO ADDRESS PORT NAME" for each conversation that ADDRESS opens.
opened() { # ADDRESS
	awk -v own="$1" '
	function address(s) { sub(/\.[0-9]+:?$/, "", s); return s }
	function port(s) { sub(/:$/, "", s); sub(/.*\./, "", s); return s }
	{
		time = $2
		if (!begin) begin = time
		for (i = 3; i <= NF && $i != ">"; i++);
		if (i > NF) next
		src = $(i - 1); dst = $(i + 1); sub(/:$/, "", dst)
		if (address(dst) == own && port(src) == 53 && match($0, / [0-9]+\/[0-9]+\/[0-9]+ [^ ]+/)) {
			# the first record is the name that was asked for
			name = substr($0, RSTART, RLENGTH); sub(/.* /, "", name); sub(/\.$/, "", name)
			rest = $0
			while (match(rest, / A [0-9.]+/)) {
				names[substr(rest, RSTART + 3, RLENGTH - 3)] = tolower(name)
				rest = substr(rest, RSTART + RLENGTH)
			}
			next
		}
		if (address(src) != own) next
		to = address(dst); p = port(dst)
		if (to ~ /^(22[4-9]|23[0-9]|255)\./ || to ~ /\.255$/ || p == 53 || p == 67) next
		if ($0 ~ /Flags \[S\],/) { proto = "tcp"; open[src " " dst] = 1 }
		else if ($0 ~ /proto TCP/) {
			if (src " " dst in open || time - begin > 3600) { open[src " " dst] = 1; next }
			open[src " " dst] = 1
			proto = "tcp"
		} else if ($0 ~ /proto UDP/) {
			proto = "udp"
			key = to " " p
			fresh = !(key in last) || time - last[key] > 120
			last[key] = time
			if (!fresh) next
		} else next
		print "open", $1, int((time - begin) / 86400), time, proto, to, p, (to in names ? names[to] : "-")
	}'
}

rules() {
	awk '$3 == 0 { print "      - allow to " ($8 == "-" ? $6 : $8) " " $5 "/" $7 }' | sort -u
}

by_name() { # CAPTURE ADDRESS
	local name out
	name=$(basename "$1" .pcap)
	packets "$1" | opened "$2" >"$work/opened"
	sed '/rules:/,$d' "$inventories/$name.yaml" >"$work/inventory.yaml"
	{ echo "    rules:"; rules <"$work/opened"; } >>"$work/inventory.yaml"
	"$load" replay "$1" --inventory "$work/inventory.yaml" --json >"$work/out" 2>"$work/err" || { cat "$work/err"; return 1; }
	out=$(awk -v name="$name" '
	FNR == NR {
		remote = $8 == "-" ? $6 : $8
		if ($3 > 0) { day[$2] = $3; what[$2] = $5 "/" $7 " of " remote; known[$2] = (remote, $5, $7) in rule }
		else rule[remote, $5, $7] = 1
		next
	}
	match($0, /^\{"packet":[0-9]+/) {
		n = substr($0, 11, RLENGTH - 10)
		if (!(n in day)) next
		all++
		if ($0 ~ /"verdict":"pass"/) passed++
		else { refused[what[n] (known[n] ? ", which has a rule" : ", unknown on the first day")]++; lost += known[n] }
	}
	END {
		printf "# %s: %d of %d conversations of the days after the first are admitted\n", name, passed, all
		for (w in refused) printf "# %s: refused %d times: %s\n", name, refused[w], w
		exit !all || lost
	}' "$work/opened" "$work/out")
	local status=$?
	echo "$out"
	[ "$status" -eq 0 ] || return 1
	printf '%s\n' "$out" >>"$work/all"
}

while read -r device _ address _; do
	if by_name "$captures/benign/$device.pcap" "$address"; then
		echo "ok $device"
	else
		echo "not ok $device"
		failed=1
	fi
done < <(awk -F'\t' 'NR > 1 { gsub(" ", "_", $2); print $1, $2, $3, $4 }' "$captures/benign/devices.tsv")

awk '/conversations of the days/ { passed += $3; all += $5 }
	END { printf "# all: %d of %d, %.2f %%\n", passed, all, all ? 100 * passed / all : 0 }' "$work/all"
exit "$failed"
