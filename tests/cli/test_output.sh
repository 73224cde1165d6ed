#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Standard output: colour only where it is asked for, and what happens when it cannot be written.

# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"

coloured() { # FILE
	grep -q "$(printf '\033')" "$1"
}

colour() { # yes|no ARGUMENT...
	local wanted=$1
	shift
	run "$@"
	[ "$STATUS" = 0 ] || return 1
	if [ "$wanted" = yes ]; then coloured "$OUT"; else ! coloured "$OUT"; fi
}

check "no colour into a file" colour no help reasons
check "colour where it is always" colour yes help reasons --color always
check "no colour where it is never" colour no --color=never help reasons
export NO_COLOR=1
check "NO_COLOR gives way to --color always" colour yes help reasons --color=always
unset NO_COLOR
run help nonsense --color always
check "messages have colour, too" coloured "$ERR"

on_terminal() { # yes|no ENVIRONMENT...
	local wanted=$1
	shift
	script -qec "env $* '$LOADER' help reasons" /dev/null >"$OUT" 2>"$ERR" </dev/null || return 1
	if [ "$wanted" = yes ]; then coloured "$OUT"; else ! coloured "$OUT"; fi
}

if command -v script >/dev/null; then
	check "colour on a terminal" on_terminal yes -u NO_COLOR TERM=xterm
	check "NO_COLOR on a terminal" on_terminal no NO_COLOR=1 TERM=xterm
	check "an empty NO_COLOR says nothing" on_terminal yes NO_COLOR= TERM=xterm
	check "a dumb terminal" on_terminal no -u NO_COLOR TERM=dumb
else
	echo "skip colour-on-a-terminal script(1) is not installed"
fi

full() {
	STATUS=0
	"$LOADER" "$@" >/dev/full 2>"$ERR" || STATUS=$?
	exits 1 "standard output"
}

check "a full disk under text" full help reasons
check "a full disk under JSON" full version --json

closed_pipe() {
	STATUS=0
	: >"$OUT"
	{ sleep 0.2 && "$LOADER" "$@"; } 2>"$ERR" | true
	STATUS=${PIPESTATUS[0]}
	[ "$STATUS" = 0 ] && ! [ -s "$ERR" ]
}

check "a reader that went away is no failure" closed_pipe help reasons

done_testing
