#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# How the command line of iotguardd is read, and how it begins and ends where nothing is enforced.

# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"

LOADER=$BUILD_DIR/iotguardd # what run() runs

usage_error() { # TEXT ARGUMENT...
	local text=$1
	shift
	run "$@"
	exits 2 "$text" && silent
}

shows() { # TEXT ARGUMENT...
	local text=$1
	shift
	run "$@"
	says "$text"
}

fails() { # TEXT ARGUMENT...
	local text=$1
	shift
	run "$@"
	exits 1 "$text" && silent
}

check "help" shows "usage: iotguardd" --help
check "help by letter" shows "--save-interval SECONDS" -h
check "version" shows "iotguardd " --version
check "unknown option" usage_error "unknown option '--frob'" --frob
check "unknown letter" usage_error "unknown option" -z
check "an operand" usage_error "no use for 'lan0'" lan0
check "an option without its value" usage_error "wants a value" --socket
for seconds in 0 -1 +1 1.5 x '' 86401 99999999999999999999; do
	check "an interval of '$seconds'" usage_error "--save-interval" --save-interval="$seconds"
done
check "an escape in an option is shown" usage_error '\x1b' "$(printf -- '--\033[2J')"
check "and does not reach the terminal" plain "$ERR"

check "no directory for the socket" fails "cannot listen at $WORK/none/events.sock" --state-dir "$WORK/none/bpf"
check "a path that no socket can have" fails "File name too long" --state-dir "$WORK/bpf" \
	--socket "$WORK/$(printf 'x%.0s' {1..120})"
: >"$WORK/file"
check "a file where the socket is to be" fails "Address already in use" --state-dir "$WORK/bpf" --socket "$WORK/file"
check "which is still there" test -f "$WORK/file"

# With standard input of its own, and no terminal.
begins_and_ends() { # SIGNAL
	local pid end=$((SECONDS + 10))
	"$LOADER" --state-dir "$WORK/bpf" >"$OUT" 2>"$ERR" </dev/null &
	pid=$!
	until grep -q "nothing is enforced yet" "$ERR"; do
		[ "$SECONDS" -lt "$end" ] || return 1
		sleep 0.05
	done
	[ -S "$WORK/events.sock" ] && [ "$(stat -c %a "$WORK/events.sock")" = 660 ] || return 1
	kill -s "$1" "$pid"
	STATUS=0
	wait "$pid" || STATUS=$?
	[ "$STATUS" = 0 ] && ! [ -e "$WORK/events.sock" ]
}

check "it begins where nothing is enforced, and ends by TERM" begins_and_ends TERM
check "and by INT" begins_and_ends INT
check "without a place for it, nothing is saved, which is said" grep -q "nothing is saved" "$ERR"

done_testing
