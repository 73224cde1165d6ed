# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# What outlives a reboot: to be sourced behind lab.sh. The reboot is one as far as it can be had without one of the
# machine: iotguardd is killed, what was in the kernel is gone, and what was saved is there.

DAEMON=$LAB_BUILD/iotguardd
SAVE=$LAB/save STATE=$LAB/save/state.json
OWNER=31415 # of nobody on this machine

[ -x "$DAEMON" ] || lab_skip "$DAEMON is not built (make)"

# The group exists in here only.
make_group() {
	{ cat /etc/group; echo "iotguard:x:$OWNER:"; } >"$LAB/group"
	mount --bind "$LAB/group" /etc/group
	chgrp "$OWNER" "$LAB" && chmod 1775 "$LAB"
}

# daemon SECONDS: in DAEMON_PID, without any privilege; it saves that often.
daemon() {
	lab_start gw iotguardd setpriv --reuid="$OWNER" --regid="$OWNER" --clear-groups --inh-caps=-all \
		--bounding-set=-all --no-new-privs "$DAEMON" --state-dir "$LAB_STATE" --save-dir "$SAVE" \
		--save-interval "$1"
	DAEMON_PID=$LAB_PID
	lab_until 5 test -S "$LAB/events.sock"
}

gone() {
	! kill -0 "$1" 2>/dev/null
}

ends() { # SIGNAL: the daemon does
	kill "-$1" "$DAEMON_PID"
	lab_until 5 gone "$DAEMON_PID" || return
	wait "$DAEMON_PID" 2>/dev/null # so that nobody else gets its number
	rm -f "$LAB/events.sock" "$LAB/events.sock.lock"
}

saving() { # COMMAND...: of the command line
	lab_iotguard --save-dir "$SAVE" "$@"
}

# applies FILE [OPTION...]: what it says stands in apply.log.
applies() {
	saving apply "$@" >"$LAB/apply.log" 2>&1 || { cat "$LAB/apply.log"; return 1; }
}

power_cut() {
	ends KILL
	lab_iotguard detach --all >/dev/null || return
	umount "$LAB_STATE" && rm -rf "$LAB_STATE"
}
