#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# iotguardd, as a user without any capability: every reader gets every event or is told how many it lacks,
# whoever is killed, and what machines got is there again after a reboot. Enforcement knows nothing of it.

. "$(dirname "${BASH_SOURCE[0]}")/lab.sh"
lab_enter "$0" "$@"
. "$LAB_SOURCE/small.sh"

DAEMON=$LAB_BUILD/iotguardd
SOCKET=$LAB/events.sock SAVE=$LAB/save LEASES=$LAB/leases
GROUP=31415 # of nobody on this machine
LEASED=10.30.0.77
OLD=$LAB/old.yaml

[ -x "$DAEMON" ] || lab_skip "$DAEMON is not built (make)"

### Who does what ##################################################################################

# The group exists in here only.
make_group() {
	{ cat /etc/group; echo "iotguard:x:$GROUP:"; } >"$LAB/group"
	mount --bind "$LAB/group" /etc/group
	chgrp "$GROUP" "$LAB" && chmod 1775 "$LAB"
	mkdir "$SAVE" && chown "$GROUP:$GROUP" "$SAVE"
}

# as_nobody COMMAND...: without a capability, and no way to get one.
as_nobody() {
	setpriv --reuid="$GROUP" --regid="$GROUP" --clear-groups --inh-caps=-all --bounding-set=-all \
		--no-new-privs "$@"
}

# daemon LABEL [OPTION...]: in DAEMON_PID.
daemon() {
	local label=$1
	shift
	lab_start gw "$label" setpriv --reuid="$GROUP" --regid="$GROUP" --clear-groups --inh-caps=-all \
		--bounding-set=-all --no-new-privs "$DAEMON" --state-dir "$LAB_STATE" --save-dir "$SAVE" \
		--save-interval 1 "$@"
	DAEMON_PID=$LAB_PID
	lab_until 5 "$STREAM" "$SOCKET" recent
}

# reader LABEL WORDS...: its stream in LABEL.log.
reader() {
	local label=$1
	shift
	lab_start gw "$label" "$STREAM" "$SOCKET" "$*"
}

# refused FIRST COUNT: so many datagrams to ports of an address that no rule allows, each an event.
refused() {
	# shellcheck disable=SC2016 # the inner shell's
	lab_in camera bash -c 'for ((p = $2; p < $2 + $3; p++)); do echo >"/dev/udp/$1/$p"; done' - \
		"$NEITHER" "$1" "$2" 2>/dev/null
	return 0
}

gone() {
	! kill -0 "$1" 2>/dev/null
}

applies() { # FILE, and what it says in apply.log
	lab_iotguard --save-dir "$SAVE" apply "$1" >"$LAB/apply.log" 2>&1 || { cat "$LAB/apply.log"; return 1; }
}

### What a reader has ##############################################################################

# events_in LABEL...: each once, whoever had it; losses are none.
events_in() {
	(cd "$LAB" && cat "${@/%/.log}") | grep -v '"event":"loss"' | sort -u | wc -l
}

lines_in() { # LABEL
	grep -vc '"event":"loss"' "$LAB/$1.log"
}

lost_in() { # LABEL...
	(cd "$LAB" && cat "${@/%/.log}") | sed -n 's/.*"lost":\([0-9]*\).*/\1/p' | awk '{ n += $1 } END { print n + 0 }'
}

# has LABEL FIRST COUNT: all of these ports.
has() {
	local n
	n=$(sed -n 's/.*"dest_port":\([0-9]*\),.*/\1/p' "$LAB/$1.log" | sort -un |
		awk -v a="$2" -v b="$3" '$1 >= a && $1 < a + b { n++ } END { print n + 0 }')
	[ "$n" = "$3" ] || { echo "$1 has $n of $3"; return 1; }
}

# accounts_for ALL|LEAST LABEL...: what these readers have and what they were told of as lost, together.
accounts_for() {
	local kind=$1 sent have lost
	shift
	sent=$(shown sent) have=$(events_in "$@") lost=$(lost_in "$@")
	echo "sent $sent, had $have, told as lost $lost"
	case $kind in
	ALL) [ "$((have + lost))" = "$sent" ] ;;
	LEAST) [ "$((have + lost))" -ge "$sent" ] && [ "$have" -le "$sent" ] ;;
	esac
}

accounted() {
	accounts_for ALL "$@"
}

says() { # LABEL TEXT
	grep -qF -- "$2" "$LAB/$1.log" || { cat "$LAB/$1.log"; return 1; }
}

answers_with() { # COMMAND TEXT
	"$STREAM" "$SOCKET" "$1" >"$LAB/answer" && grep -qF -- "$2" "$LAB/answer" && [ "$(wc -l <"$LAB/answer")" = 1 ]
}

### Before anything is enforced ####################################################################

# A directory that nobody has given to the group yet, as run-iotguard-bpf.mount makes it.
early() {
	EARLY=$LAB/early
	mkdir "$EARLY" && mount -t bpf -o mode=0750 bpf "$EARLY"
	lab_start gw early setpriv --reuid="$GROUP" --regid="$GROUP" --clear-groups --inh-caps=-all \
		--bounding-set=-all --no-new-privs "$DAEMON" --state-dir "$EARLY" --save-dir "$SAVE" \
		--socket "$LAB/early.sock" --save-interval 1
	EARLY_PID=$LAB_PID
}

# What an apply does to it first, and last.
given() {
	chgrp "$GROUP" "$EARLY" && : >"$EARLY.lock"
}

no_privilege() {
	grep -q "^Uid:.$GROUP" "/proc/$1/status" && ! grep -E '^Cap(Inh|Prm|Eff|Bnd|Amb):.*[1-9a-f]' "/proc/$1/status"
}

small_up
STREAM=$(lab_tool stream) || lab_die "the tool stream cannot be built"
make_group
small_inventory "$OLD" "$FIRST"
sed -i "s|^gateway:|gateway:\n  lease-files: [$LEASES]|" "$OLD"
printf '%d %s %s * *\n' $(($(date +%s) + 3600)) "$CAMERA_MAC" "$LEASED" >"$LEASES"
ip -n camera address add "$LEASED/24" dev eth0

early
check "where it may not read yet, it says so, and for what it waits" lab_until 5 says early "may not be read: waiting for an apply"
sleep 1.5 # it would have saved by then
check "and in one line, which is no error" test "$(wc -l <"$LAB/early.log")" = 1
check "'events' says who may" fails 1 "be root, or a member of the group 'iotguard'" \
	as_nobody "$LOADER" --state-dir "$EARLY" events
check "the directory is given to its group" given
check "then it looks again" lab_until 5 says early "nothing is enforced yet"
kill "$EARLY_PID"

daemon first
FIRST_PID=$DAEMON_PID
check "it begins before anything is enforced" lab_until 5 says first "nothing is enforced yet"
check "as a user without any capability" no_privilege "$FIRST_PID"
check "a second one is refused" refuted as_nobody "$DAEMON" --state-dir "$LAB_STATE" --save-dir "$SAVE"
check "recent is empty" test -z "$("$STREAM" "$SOCKET" recent)"
check "a policy is applied" applies "$OLD"
check "it learns of that" lab_until 5 says first "reading events"
check "and met nothing on the way that it may not read" refuted grep "may not\|denied" "$LAB/first.log"
check "an allowed address is reached from the leased one" pings camera "$BOTH" -I "$LEASED"
series_begin

### Readers ########################################################################################

same() { # LABEL LABEL
	diff <(grep dest_port "$LAB/$1.log") <(grep dest_port "$LAB/$2.log")
}

json_of_cli() { # the very same text
	lab_iotguard events --json >"$LAB/cli.log" && diff <("$STREAM" "$SOCKET" recent) "$LAB/cli.log"
}

cli_events() { # OPTION...
	lab_iotguard events "$@" >"$LAB/cli.log" 2>&1 && [ -s "$LAB/cli.log" ]
}

# connected MORE: so many readers more than HERE.
connected() {
	[ "$(sockets_of "$DAEMON_PID")" -ge $((HERE + $1)) ]
}

sockets_of() { # PROCESS
	find "/proc/$1/fd" -lname 'socket:*' | wc -l
}

HERE=$(sockets_of "$DAEMON_PID")
reader one recent follow
reader two follow
lab_start gw mute "$STREAM" --mute "$SOCKET" follow
MUTE=$LAB_PID
lab_start gw cli-follow "$LOADER" --state-dir "$LAB_STATE" events --follow --json
CLI=$LAB_PID
lab_until 5 connected 4 || lab_die "the readers do not come"
refused 1000 500
check "a reader gets what is refused" lab_until 5 has one 1000 500
check "so does another" lab_until 5 has two 1000 500
check "and one of iotguard-load" lab_until 5 has cli-follow 1000 500
check "each the same" same one two
check "'events' reads while the daemon does" cli_events --count 3
check "'events --device' filters" cli_events --device camera
check "'events' needs no capability" as_nobody "$LOADER" --state-dir "$LAB_STATE" events
check "nor does 'show changes'" eval 'as_nobody "$LOADER" --state-dir "$LAB_STATE" show changes | grep -w apply'
check "'events --json' is what the socket says" lab_until 5 json_of_cli
check "nothing is missing" lab_until 5 accounted one

check "another command is refused" answers_with "tail" '{"error":"one line is wanted: follow'
check "so are two lines" answers_with $'recent\nfollow' '{"error":"one line is wanted'
check "so is a long one" answers_with "$(printf 'follow%0100d' 7)" '{"error":"one line is wanted'
check "so is noise" answers_with $'\x01\xff{}' '{"error":"one line is wanted'
check "the daemon is unharmed" kill -0 "$FIRST_PID"

### One that never reads, and too many ############################################################

bounded() {
	"$STREAM" "$SOCKET" recent >"$LAB/recent.log"
	local lines bytes
	lines=$(wc -l <"$LAB/recent.log") bytes=$(wc -c <"$LAB/recent.log")
	echo "$lines lines, $bytes bytes"
	[ "$lines" -le 4096 ] && [ "$bytes" -le 1048576 ] && [ "$bytes" -gt 900000 ]
}

# It was there for all of those.
mute_knows() {
	local have lost
	have=$(lines_in mute) lost=$(lost_in mute)
	echo "it has $have, and was told that $lost are lost, of $(lines_in two)"
	[ "$lost" -gt 0 ] && [ $((have + lost)) -ge 5500 ] && [ $((have + lost)) -le "$(lines_in two)" ]
}

# As fast as the slowest of those who read.
for ((first = 2000; first < 7000; first += 500)); do
	refused "$first" 500
	lab_until 10 has cli-follow "$first" 500
done
check "who reads gets everything" lab_until 10 has one 2000 5000
check "and lost nothing" test "$(lost_in one two cli-follow)" = 0
check "recent has a bound" bounded
kill -USR1 "$MUTE"
check "who did not read is told what it lost" lab_until 5 mute_knows
check "still nothing is missing" lab_until 5 accounted one

lab_start gw crowd "$STREAM" --crowd "$SOCKET" 60
CROWD=$LAB_PID
check "64 readers are served" lab_until 5 says crowd here
check "the next one is told that there are too many" answers_with follow '{"error":"there are 64 readers already"}'
kill "$CROWD"
lab_until 5 gone "$CROWD"
check "then there is room again" lab_until 5 cli_events --count 1

### Another instance ###############################################################################

check "the programs are replaced" other_build
check "by an apply" applies "$OLD"
refused 8000 500
check "events go on" lab_until 5 has one 8000 500
check "and nothing is missing" lab_until 5 accounted one

### Killed #########################################################################################

kill -KILL "$CLI"
kill -KILL "$FIRST_PID"
lab_until 5 gone "$FIRST_PID"
refused 9000 300
daemon second
reader three recent follow
check "killed and started again, it has what came in between" lab_until 5 has three 9000 300
check "no event is missing, and none came twice" lab_until 5 accounted one three
check "and none was called lost" test "$(lost_in three)" = 0

# Slow, but nothing lost: a part of it is in the daemon's memory when that is killed.
HERE=$(sockets_of "$DAEMON_PID")
lab_start gw slow "$STREAM" --mute "$SOCKET" follow
SLOW=$LAB_PID
lab_until 5 connected 1 || lab_die "the slow reader does not come"
# Connected, but has the daemon read what it wants? One more event is in front of those that are counted: a daemon that
# has passed that on was told of both, and looks at its readers before it takes more.
refused 29999 1
lab_until 5 has three 29999 1 || lab_die "no event comes"
refused 30000 1000
lab_until 5 has three 30000 1000
kill -KILL "$DAEMON_PID"
lab_until 5 gone "$DAEMON_PID"
daemon between
kill -USR1 "$SLOW"
lab_until 5 gone "$SLOW"
reader between-one recent follow

what_the_slow_lacks() {
	local had lost
	# whole lines: the kill may have come in the middle of one
	had=$(grep -v '"dest_port":29999,' "$LAB/slow.log" | grep -c '}$') lost=$(lost_in between-one)
	echo "it had $had, and the next ones were told that $lost are lost"
	[ "$lost" -gt 0 ] && [ $((had + lost)) = 1000 ]
}

check "what a slow reader lacks when the daemon is killed is told as lost" lab_until 5 what_the_slow_lacks
refused 32000 10
reader three-again recent follow
lab_until 5 has three-again 32000 10

refused 10000 6000 &
LOAD=$!
lab_until 5 has three-again 10000 500
kill -KILL "$DAEMON_PID"
daemon third
reader four recent follow
lab_until 5 has four 12000 1
kill -KILL "$DAEMON_PID"
daemon fourth
reader five recent follow
wait "$LOAD"
check "killed while events come, each is had or told as lost" lab_until 10 accounts_for LEAST one three three-again four five

### Its end, and what a follower does then #########################################################

follows_on() {
	lab_until 5 says follower "reading on from the kernel itself" && lab_until 5 has follower "$1" "$2"
}

lab_start gw follower "$LOADER" --state-dir "$LAB_STATE" events --follow --json
FOLLOWER=$LAB_PID
lab_until 5 test -s "$LAB/follower.log"
kill -TERM "$DAEMON_PID"
check "it ends when it is told to" lab_until 5 gone "$DAEMON_PID"
check "its socket is gone" lab_until 2 refuted test -e "$SOCKET"
refused 20000 100
check "who follows says so, and goes on with the ring" follows_on 20000 100
daemon fifth
check "who comes meanwhile says who reads" lab_until 5 says fifth "the events are being read by process $FOLLOWER"
kill -KILL "$FOLLOWER"
refused 21000 100
check "and takes over as soon as that ends" lab_until 5 says fifth "reading events"
lab_until 5 cli_events --count 1
reader six recent follow
check "with what came in between" lab_until 5 has six 21000 100

### State ##########################################################################################

saved() {
	grep -q "\"address\":\"$LEASED\",\"source\":\"lease\"" "$SAVE/state.json"
}

unchanged() { # COMMAND...
	local before old
	before=$(stat -c '%i %y' "$SAVE/state.json") old=$(<"$SAVE/state.json")
	"$@" || return
	[ "$before" = "$(stat -c '%i %y' "$SAVE/state.json")" ] && return
	echo "before: $old"
	echo "now: $(<"$SAVE/state.json")"
	return 1
}

some_rounds() { # of saving: each wakes the daemon once
	local before
	before=$(awk '/^voluntary/ { print $2 }' "/proc/$DAEMON_PID/status")
	lab_until 10 awk -v n=$((before + 3)) '/^voluntary/ { exit !($2 >= n) }' "/proc/$DAEMON_PID/status"
}

forgets() {
	lab_iotguard detach --all >/dev/null && : >"$LEASES"
}

check "the lease is saved" lab_until 5 saved
check "what did not change is not written again" unchanged some_rounds
check "everything is detached, as by a reboot" forgets
check "what was saved is still there" unchanged some_rounds
check "the first policy is applied again" applies "$OLD"
check "and restores it" says apply "1 address was restored from before the reboot"
check "the leased address passes" pings camera "$BOTH" -I "$LEASED"
check "show says so" grep -q "$LEASED" <(lab_iotguard show leases)
check "who follows gets the events of the new beginning" eval 'refused 22000 50; lab_until 5 has six 22000 50'

# As on a disk that has no room for more, when there is something new.
mount -t tmpfs -o size=16k,mode=0770,gid="$GROUP" tmpfs "$SAVE"
kill -TERM "$DAEMON_PID"
lab_until 5 gone "$DAEMON_PID"
daemon sixth
check "an empty directory is filled by the next one" lab_until 5 saved
dd if=/dev/zero of="$SAVE/filler" bs=4k 2>/dev/null
printf '%d %s %s * *\n' $(($(date +%s) + 3600)) "$CAMERA_MAC" 10.30.0.78 >"$LEASES"
check "a full disk" unchanged applies "$OLD"
check "is told" lab_until 5 says sixth "No space left on device; what was saved before stays"
check "once" eval 'some_rounds; [ "$(grep -c "No space" "$LAB/sixth.log")" = 1 ]'
check "and the old file stays" saved
rm "$SAVE/filler"
check "when there is room, it goes on" lab_until 5 grep -q 10.30.0.78 "$SAVE/state.json"
check "which is told, too" lab_until 5 says sixth "saving works again"

kill -TERM "$DAEMON_PID"
lab_until 5 gone "$DAEMON_PID"
forgets
sed -i 's/10.30.0.77/10.30.0.79/' "$SAVE/state.json"
check "a changed file does not keep a policy from being applied" applies "$OLD"
check "it is told" says apply "state.json is not used"
check "and set aside" ls "$SAVE"/state.json.bad-*
check "what was in it counts for nothing" refuted pings camera "$BOTH" -I "$LEASED"
check "listed addresses do" pings camera "$BOTH"

### A socket that is handed in #####################################################################

lab_start gw seventh "$STREAM" --hand-in "$SOCKET" "$DAEMON" --state-dir "$LAB_STATE" --save-dir "$SAVE"
HANDED=$LAB_PID
lab_until 5 "$STREAM" "$SOCKET" recent
refused 23000 50
reader seven recent follow
check "it serves a socket that was handed in" lab_until 5 has seven 23000 50
check "started by root, it has no capability left" eval '! grep -E "^Cap(Inh|Prm|Eff|Amb):.*[1-9a-f]" /proc/'"$HANDED"/status
kill -TERM "$HANDED"
check "and leaves it to whoever made it" eval 'lab_until 5 gone "$HANDED" && test -S "$SOCKET"'

check "no packet of what is allowed was lost in all this" series_end
lab_done
