#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Do large transfers arrive whole? Their packets are not the ones of a short exchange: merged by the
# sender's offload, with little of them in the linear part.

. "$(dirname "${BASH_SOURCE[0]}")/lab.sh"
lab_enter "$0" "$@"

MEGABYTES=32

# downloads NAMESPACE URL FILE
downloads() {
	lab_in "$1" curl --silent --fail --noproxy '*' --connect-timeout 1 --max-time 20 \
		--output "$LAB/got-$1" "$2" && cmp "$LAB/got-$1" "$3"
}

# uploads TOPIC FILE: the broker keeps the message, and gives it to somebody on its own side.
uploads() {
	lab_in camera timeout 20 mosquitto_pub -h "$BROKER" -p 8883 --psk-identity demo --psk "$PSK" \
		-q 1 -r -t "$1" -f "$2" || return
	lab_in internet timeout 20 mosquitto_sub -h "$BROKER" -p 8883 --psk-identity demo --psk "$PSK" \
		-q 1 -t "$1" -C 1 -N >"$LAB/kept" && cmp "$LAB/kept" "$2"
}

transfers() {
	local when=$1
	check "$when, the plug downloads from the internet" downloads plug "http://$PORTAL/large" "$LARGE"
	check "$when, the station from the pump" downloads station "http://$PUMP:5000/large" "$LARGE"
	check "$when, the same over IPv6" downloads station "http://[$PUMP6]:5000/large" "$LARGE"
	check "$when, the camera uploads to its broker" uploads "$when" "$LARGE"
}

lab_up
LARGE=$LAB/large
head -c "${MEGABYTES}M" /dev/urandom >"$LARGE"
for home in "$LAB/www/internet-$PORTAL-80" "$LAB/www/pump-[::]-5000"; do
	ln "$LARGE" "$home/large"
done
transfers "without iotguard"
lab_guard
transfers "with iotguard"
lab_done
