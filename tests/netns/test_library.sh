#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# A program of somebody else, examples/gateway.c, built against what `make install` installs, as C and as C++: it puts
# an inventory in force, a device into quarantine, and tells what is refused; all of which outlives it.

. "$(dirname "${BASH_SOURCE[0]}")/lab.sh"
lab_enter "$0" "$@"
. "$LAB_SOURCE/small.sh"

ROOT=$LAB/root
GATEWAY_POLICY=$LAB/gateway.yaml

for tool in make pkg-config gcc g++; do
	command -v "$tool" >/dev/null || lab_skip "not installed: $tool (make deps)"
done

# What was built is installed as it is, whatever flags it was made with.
installs() {
	env -u MAKEFLAGS -u MFLAGS make -C "$LAB_TREE" -o all BUILD="$LAB_BUILD" PREFIX=/usr/local DESTDIR="$ROOT" install
}

# A library that was built with sanitizers wants a program that was.
SANITIZED=$(nm -D "$LAB_BUILD/libiotguard.so" 2>/dev/null | grep -q __asan_init && echo -fsanitize=address,undefined)

builds() { # PROGRAM COMPILER...
	# shellcheck disable=SC2046,SC2086 # flags
	"${@:2}" $SANITIZED "$LAB_TREE/examples/gateway.c" -o "$LAB/$1" $(PKG_CONFIG_SYSROOT_DIR=$ROOT \
		PKG_CONFIG_PATH=$ROOT/usr/local/lib/pkgconfig pkg-config --cflags --libs libiotguard)
}

# starts PROGRAM [ARGUMENT...]: its words in PROGRAM.log, its process in PROGRAM_PID.
starts() {
	lab_start gw "$1" env LD_LIBRARY_PATH="$ROOT/usr/local/lib" "$LAB/$1" "$GATEWAY_POLICY" "${@:2}"
	PROGRAM_PID=$LAB_PID
}

says() { # PROGRAM TEXT
	lab_until 10 grep -qF -e "$2" "$LAB/$1.log" || { cat "$LAB/$1.log"; return 1; }
}

ends() {
	kill "$PROGRAM_PID" && lab_until 5 refuted kill -0 "$PROGRAM_PID"
}

refuses() { # THING ADDRESS
	refuted pings "$1" "$2"
}

# The program saves where an installed one does: that is a /var/lib of the laboratory's own, as empty as on a new machine.
mount -t tmpfs -o mode=0755 lab /var/lib || lab_die "no /var/lib of its own"

small_up
small_inventory "$GATEWAY_POLICY" "$FIRST"
check "what was built is installed" installs
check "the example builds as C" builds gateway gcc
check "the example builds as C++" builds gateway++ g++ -x c++

starts gateway
check "it puts the inventory in force" says gateway "generation 1 on 3 interfaces"
check "which lets pass what it allows" pings camera "$FIRST"
check "and nothing else" refuses camera "$NEITHER"
check "of which the program tells" says gateway "drop camera -> $NEITHER icmp/echo-request no-rule"
check "it ends" ends
check "and the inventory stays in force" guarded camera

starts gateway++ camera 5
check "the same in C++: nothing changed" says gateway++ "generation 1 on 3 interfaces"
check "the camera is put into quarantine" says gateway++ "camera is in quarantine"
check "and gets nothing of what it was allowed" refuses camera "$FIRST"
check "of which the program tells the reason" says gateway++ "drop camera -> $FIRST icmp/echo-request quarantine"
check "another device is refused something else" refuses pump "$NEITHER"
check "of which the program tells, too" says gateway++ "drop pump -> $NEITHER icmp/echo-request no-rule"
check "it ends, too" ends
check "and the quarantine at its time, without it" lab_until 20 pings camera "$FIRST"
lab_done
