#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# `replay` up to where the kernel judges: helper, inventory, and captures that cannot be read.

# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"

if ! [ -x "$BUILD_DIR/iotguard-replay" ]; then
	echo "skip replay iotguard-replay is not built: libpcap is missing"
	exit 0
fi

good_inventory good.yaml

# header MAGIC LINK_TYPE: of a little-endian pcap
header() {
	printf '%b\x02\x00\x04\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x04\x00%b\x00\x00\x00' "$1" "$2"
}

refused() { # TEXT CAPTURE
	run replay "$2" --inventory good.yaml
	exits 3 "$2: error: " && exits 3 "$1" && silent
}

PCAP='\xd4\xc3\xb2\xa1'

check "no such file" refused "No such file" nowhere.pcap
mkdir folder.pcap
check "a directory" refused "directory" folder.pcap
mkfifo fifo.pcap
check "a FIFO does not hang" refused "no regular file" fifo.pcap
check "a device" refused "no regular file" /dev/zero
: >empty.pcap
check "an empty file" refused "no capture that can be read" empty.pcap
check "a text" refused "no capture that can be read" good.yaml
header "$PCAP" '\x71' >sll.pcap
check "another link type by its name" refused "LINUX_SLL" sll.pcap
header "$PCAP" '\x65' >raw.pcap
check "raw IP" refused "RAW" raw.pcap
header "$PCAP" '\xfe' >none.pcap
check "a link type that is none" refused "link type" none.pcap
head -c 20 sll.pcap >short.pcap
check "half a header" refused "no capture that can be read" short.pcap
printf '\x0a\x0d\x0d\x0a\x1c\x00\x00\x00\x4d\x3c\x2b\x1a\x01\x00\x00\x00\xff\xff\xff\xff' >ng.pcapng
check "half a pcapng" refused "no capture that can be read" ng.pcapng

run replay - --inventory good.yaml
check "nothing on standard input" exits 3 "-: error: "

header "$PCAP" '\x01' >ether.pcap
sed 's/8883/70000/' good.yaml >bad.yaml
run replay ether.pcap --inventory bad.yaml
check "a bad inventory" exits 3 "bad.yaml:"
check "with its place" grep -qE '^bad\.yaml:[0-9]+:[0-9]+: error: ' "$ERR"
run replay ether.pcap --inventory nowhere.yaml
check "no inventory" exits 3 "nowhere.yaml"

# Beside a copy of the loader there is no helper, and the installed one is not asked for here.
if ! [ -e "$(strings -n 8 "$LOADER" 2>/dev/null | grep -m 1 'libexec/iotguard$')/iotguard-replay" ]; then
	mkdir alone
	cp "$LOADER" alone/
	LOADER=$WORK/alone/iotguard-load
	run replay ether.pcap --inventory good.yaml
	check "without the helper" exits 1 "iotguard-replay is missing"
	check "says what to do" grep -q 'hint: install' "$ERR"
	run version
	check "version says so, too" grep -q 'missing' "$OUT"
fi

done_testing
