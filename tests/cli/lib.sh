# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2034
#
# What the scripts of this folder share. They need no root, touch nothing that is enforced, and
# print a line `ok NAME` or `not ok NAME` for each case.
#
#	. "$(dirname "$0")/lib.sh"
#	run ARGUMENT...			runs iotguard-load; its output is in $OUT and $ERR, its exit in $STATUS
#	check NAME COMMAND...		a case: the command succeeds
#	done_testing

set -u

BUILD_DIR=${IOTGUARD_BUILD:-$(cd "$(dirname "$0")/../.." && pwd)/build}
LOADER=${IOTGUARD_LOAD:-$BUILD_DIR/iotguard-load}
WORK=$(mktemp -d "${TMPDIR:-/tmp}/iotguard-cli.XXXXXX")
OUT=$WORK/.out ERR=$WORK/.err STATUS=0 FAILED=0
# Nothing is enforced there, whatever runs on this machine.
STATE=$WORK/.state
trap 'rm -rf "$WORK"' EXIT
cd "$WORK" || exit 1
unset NO_COLOR

run() {
	STATUS=0
	timeout 20 "$LOADER" "$@" >"$OUT" 2>"$ERR" </dev/null || STATUS=$?
}

check() {
	local name=$1
	shift
	if "$@"; then
		echo "ok $name"
		return
	fi
	FAILED=1
	echo "not ok $name"
	echo "    failed: $*; exit $STATUS"
	sed 's/^/    out: /' "$OUT" | head -n 20
	sed 's/^/    err: /' "$ERR" | head -n 20
}

done_testing() {
	exit "$FAILED"
}

### What a case may ask ############################################################################

# exits STATUS [TEXT_ON_STDERR]
exits() {
	[ "$STATUS" = "$1" ] || return 1
	[ $# -lt 2 ] || grep -qF -e "$2" "$ERR"
}

# says TEXT: on standard output, and nothing went wrong
says() {
	[ "$STATUS" = 0 ] && grep -qF -e "$1" "$OUT"
}

# silent: nothing on standard output
silent() {
	! [ -s "$OUT" ]
}

# json KEY...: standard output is one JSON document with these members
json() {
	"$JSON_CHECK" "$OUT" "$@"
}

# plain FILE: no byte that commands a terminal
plain() {
	! LC_ALL=C grep -q "$(printf '[\001-\010\013-\037\177]')" "$1"
}

# Without a JSON tool of its own a fresh machine has python3 or jq, or this case says nothing.
json_with_python() {
	python3 -c '
import json, sys
document = json.load(open(sys.argv[1]))
sys.exit(not all(key in document for key in sys.argv[2:]))' "$@"
}

json_with_jq() {
	local file=$1
	shift
	# shellcheck disable=SC2016
	jq -e --args '. as $d | $ARGS.positional | all(. as $k | $d | has($k))' "$@" <"$file" >/dev/null
}

# As far as grep can tell.
json_with_grep() {
	local file=$1 key
	shift
	[ "$(head -c 1 "$file")" = '{' ] || return 1
	for key; do
		grep -q "^  \"$key\":" "$file" || return 1
	done
}

if command -v python3 >/dev/null; then
	JSON_CHECK=json_with_python
elif command -v jq >/dev/null; then
	JSON_CHECK=json_with_jq
else
	JSON_CHECK=json_with_grep
fi

### Material #######################################################################################

# A small inventory in $1, which is in order.
good_inventory() {
	cat >"$1" <<-'YAML'
		version: 1
		gateway:
		  addresses: [10.30.0.1]
		  macs: ["02:00:5e:00:00:fe"]
		  resolvers: [10.30.0.1]
		segments:
		  lan: {interfaces: [lan0], networks: [10.30.0.0/24]}
		hosts:
		  admin: {mac: "02:00:5e:10:00:51", addresses: [10.30.0.7], segment: lan, trust: true}
		devices:
		  cam:
		    mac: "02:00:5e:10:00:11"
		    addresses: [10.30.0.11]
		    segment: lan
		    rules:
		      - allow to 203.0.113.10 tcp/8883
	YAML
}
