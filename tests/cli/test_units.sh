#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# The units of systemd, without a systemd that runs: it has nothing to say against them, and each may do little.

TREE=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"

UNITS=$TREE/packaging/systemd

if ! command -v systemd-analyze >/dev/null; then
	echo "skip units there is no systemd-analyze here"
	exit 77
fi

# As they are installed, with programs that are there.
mkdir "$WORK/libexec"
: >"$WORK/libexec/backstop" && chmod +x "$WORK/libexec/backstop"
for unit in "$UNITS"/*; do
	sed -e "s|@SBINDIR@|$BUILD_DIR|; s|@LIBEXECDIR@|$WORK/libexec|" "$unit" >"$WORK/$(basename "$unit")"
done
mv "$WORK/iotguard-watch@.path" "$WORK/iotguard-watch@etc-site.path"

verified() {
	local said
	said=$(systemd-analyze verify --man=no ./*.service ./*.socket ./*.mount ./*.path ./*.timer 2>&1)
	[ -z "$said" ] || { echo "$said"; return 1; }
}
check "systemd has nothing to say against the units" verified

# exposed UNIT TENTHS: at most so much, of 100, as systemd-analyze counts what a unit may do.
exposed() {
	systemd-analyze security --offline=true --threshold="$2" "./$1" >"$OUT" 2>"$ERR"
}

while read -r unit most; do
	check "$unit may do little" exposed "$unit" "$most"
done <<'END'
iotguard.service 33
iotguard-cover.service 33
iotguard-reload.service 33
iotguard-changed.service 15
iotguard-backstop.service 30
iotguard-backstop-changed.service 15
iotguardd.service 13
iotguard-mud.service 17
END

services_counted() {
	[ "$(ls ./*.service | wc -l)" = 8 ]
}
check "no service is left out here" services_counted

# A reader writes to its lock, and whoever may not finds the file system read-only.
locks_are_writable() {
	local unit
	for unit in $(grep -l '^ProtectSystem=strict' ./*.service); do
		case $unit in
		*changed* | *backstop* | *-mud*) continue ;;
		esac
		grep -q '^ReadWritePaths=/run/iotguard$' "$unit" || { echo "$unit" >"$ERR"; return 1; }
	done
}
check "who takes a lock beside the pins may write there" locks_are_writable

# hardening UNIT: from the capabilities to the end of the section.
hardening() {
	sed -n '/^CapabilityBoundingSet/,/^$/p' "$1" | grep -v '^#' | grep -v '^$'
}
same_hardening() {
	diff <(hardening iotguard.service) <(hardening "$1")
}
check "covering may do what applying may" same_hardening iotguard-cover.service
check "applying after a change, too" same_hardening iotguard-reload.service

# The last line about a system call counts.
may_call() { # UNIT CALL
	local line allowed=no
	while read -r line; do
		case " ${line#*=} " in
		" ~"*) [[ " ${line#*=~} " == *" @privileged "* ]] && allowed=no ;;
		*" $2 "*) allowed=yes ;;
		esac
	done < <(grep '^SystemCallFilter=' "$1")
	[ "$allowed" = yes ]
}
for unit in iotguard iotguard-cover iotguard-reload iotguard-backstop iotguardd; do
	check "$unit.service may call bpf" may_call "$unit.service" bpf
done

# What is begun anew for each change must not stop because there are many.
unlimited() {
	local unit
	for unit in iotguard*.service iotguard*.timer; do
		case $unit in
		iotguardd.service | iotguard-backstop.service) continue ;;
		esac
		grep -qx StartLimitIntervalSec=0 "$unit" || { echo "$unit"; return 1; }
	done
	for unit in iotguard*.path; do
		grep -qx TriggerLimitIntervalSec=0 "$unit" || { echo "$unit"; return 1; }
	done
}
check "no unit stops because there are many changes" unlimited

says_before() { # UNIT WHAT
	grep '^Before=' "$1" | grep -qw -e "$2"
}
check "the policy is in force before forwarding is switched on" says_before iotguard.service systemd-sysctl.service
check "and before the network is configured" says_before iotguard.service network-pre.target
check "the backstop is there before that" says_before iotguard-backstop.service iotguard.service
check "without an inventory nothing begins" grep -qx 'ConditionPathExists=/etc/iotguard/inventory.yaml' \
	iotguard.service
check "the pins are not unmounted by mistake" grep -qx RefuseManualStop=yes run-iotguard-bpf.mount

done_testing
