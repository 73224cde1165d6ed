#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# docs/tutorial.md, word for word: every command of it is run in the laboratory, in the gateway's
# namespace, and what is printed is compared with what the document says.
#
#	test_tutorial.sh		a case for each block, with a diff where it is not as written
#	test_tutorial.sh --print	the document, with what was printed now in place of what it says
#	TUTORIAL=FILE			another document than docs/tutorial.md
#
# What is read of the document, from the top:
#
#	<!-- file: NAME -->		the fenced block that follows is written to NAME
#	<!-- edit: NAME -->		the fenced diff that follows is made in NAME: its old lines are there
#					once, and the new ones take their place
#	<!-- scene: NAME -->		what a machine does, and the document tells in words: scene_NAME below
#	```console			commands behind "$ ", each followed by what it prints
#
# What may differ, and nothing else: see normalised(). The names of the document are not those of
# the laboratory: the laptop is its station, the lamp is what sits at the port lan-new.

. "$(dirname "${BASH_SOURCE[0]}")/lab.sh"
lab_enter "$0" "$@"
. "$LAB_SOURCE/maker.sh"
maker_needs
unset SSH_CONNECTION

DOCUMENT=${TUTORIAL:-$LAB_TREE/docs/tutorial.md}
EVENING=$LAB/evening
PRINT=
[ "${1:-}" != --print ] || PRINT=yes

# Each rule is one thing that is another one at every run, or for every person:
normalised() {
	# the time in front of an event
	# dates and times, as `show changes` and `explain` print them
	# when a trial or a quarantine ends, on this day or the next one
	# when a MUD file was fetched, until when its signer's certificate is valid, how long ago a device told its URL
	# who did it: the number of the user in an event, the name in `show changes`
	# the width of the columns of `show changes`, which follows from that name
	sed -E \
		-e 's/^[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6} /TIME /' \
		-e 's/\b20[0-9]{2}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}\b/DATE/g' \
		-e 's/\b(fetched, )20[0-9]{2}-[0-9]{2}-[0-9]{2}$/\1DAY/' \
		-e 's/^(    until      )20[0-9]{2}-[0-9]{2}-[0-9]{2}$/\1DAY/' \
		-e 's/[0-9]+ (second|minute)s? ago$/AGO/' \
		-e 's/\buntil (DATE|[0-9]{2}:[0-9]{2}:[0-9]{2}\b)/until THEN/' \
		-e 's/^(TIME policy .*) by user [0-9]+/\1 by user USER/' \
		-e 's/^(DATE .* [0-9]+ +)[^ ]+( +[0-9a-f]{12} )/\1WHO\2/' \
		-e '/^(DATE|when) /s/ +/ /g'
}

### What the machines do ###########################################################################

scene_camera_works() { publishes camera; }
scene_camera_is_refused() { refuted fetches camera "http://$PORTAL/"; }
scene_camera_updates() { fetches camera "http://$PORTAL/"; }
scene_camera_is_cut_off() { refuted publishes camera; }
scene_plug_works() { publishes plug; }
# What its kernel would still send, once it learns the gateway's MAC address, is thrown away with the question.
scene_lamp_is_unknown() { refuted pings new "$GATEWAY" && ip -n new neigh flush all; }
scene_laptop_sees_lamp() { fetches station "http://$STRANGER/"; }
scene_lamp_is_refused() { refuted fetches new "http://$ELSEWHERE/"; }

PLUG_URL=https://$MAKER/plug.json
plug_is_noted() { ran 'iotguard-load show mud' | grep -qF "$PLUG_URL"; }
scene_daemon_runs() {
	lab_start gw daemon setpriv --reuid="$MAKER_USER" --regid="$MAKER_USER" --clear-groups --inh-caps=-all \
		--bounding-set=-all --no-new-privs "$LAB_BUILD/iotguardd" --state-dir "$LAB_STATE" \
		--save-dir "$LAB/saved" --save-interval 1
	lab_until 5 "$STREAM" "$LAB/events.sock" recent
}
scene_plug_tells() {
	lab_in plug busybox udhcpc -i eth0 -f -q -n -t 2 -T 1 -s "$LAB/udhcpc.sh" -x "$(option_161 "$PLUG_URL")" &&
		lab_until 5 plug_is_noted
}
scene_certificate_is_saved() { cp "$MAKER_CA" "$EVENING/things-ca.pem"; }
# Names are known to be allowed when the plug has asked for them.
scene_plug_works_by_name() { resolves plug "$GATEWAY" && publishes plug; }
scene_plug_is_refused() { refuted fetches plug "http://$PORTAL/"; }
scene_plug_has_an_update() {
	maker_publishes plug "$(maker_may broker.example 8883)" "$(maker_may portal.example 80)"
}
scene_plug_updates() {
	[ "$(lab_in plug dig +short +time=2 +tries=2 "@$GATEWAY" portal.example A)" = "$PORTAL" ] &&
		fetches plug "http://$PORTAL/"
}

# The evening's network: four ports, and machines that say nothing by themselves.
evening_up() {
	local name
	[ -x "$LOADER" ] || lab_die "$LOADER is not built (make)"
	lab_up
	kill "$PUMP_DHCP"
	ip -n gw link del lan-pump
	for name in camera plug station; do
		lab_in "$name" sysctl -qw net.ipv6.conf.all.disable_ipv6=1
	done
	lab_page new 0.0.0.0 80 "the lamp's page"
	lab_until 5 fetches station "http://$STRANGER/" || lab_die "the lamp does not answer"
	maker_up
	maker_publishes plug "$(maker_may broker.example 8883)"
	STREAM=$(lab_tool stream) || lab_die "the tool stream cannot be built"
	chgrp "$MAKER_USER" "$LAB" && chmod 1775 "$LAB" # for the socket
	install -d -o "$MAKER_USER" -g "$MAKER_USER" -m 0750 "$LAB/saved"
	lab_forget
	mkdir -p "$EVENING" "$LAB/bin"
	# Leases of the machine that this runs on are none of the laboratory.
	[ ! -d /var/lib/misc ] || mount -t tmpfs lab /var/lib/misc
	printf '#!/bin/sh\nexec "$@"\n' >"$LAB/bin/sudo"
	printf '#!/bin/sh\nexec "%s" --state-dir "%s" --save-dir "%s" "$@"\n' \
		"$LOADER" "$LAB_STATE" "$LAB/saved" >"$LAB/bin/iotguard-load"
	chmod +x "$LAB/bin/sudo" "$LAB/bin/iotguard-load"
}

### The document ###################################################################################

# ran COMMAND: what it prints, on both outputs, where the person sits.
ran() {
	(cd "$EVENING" && PATH=$LAB/bin:$PATH NO_COLOR=1 lab_in gw bash -c "$1" 2>&1 </dev/null)
}

# console FILE: runs the block; what it printed is in $LAB/seen, commands included.
console() {
	local line
	while IFS= read -r line <&4; do
		[ "${line:0:2}" = '$ ' ] || continue
		printf '%s\n' "$line"
		ran "${line:2}"
	done 4<"$1" >"$LAB/seen"
}

as_written() { # FILE
	diff -u --label "$DOCUMENT" --label "what is printed" <(normalised <"$1") <(normalised <"$LAB/seen")
}

edit() { # NAME FILE: a diff without positions
	local content old new rest
	content=$(<"$EVENING/$1") || return
	old=$(grep -v '^+' "$2" | sed 's/^[ -]//')
	new=$(grep -v '^-' "$2" | sed 's/^[ +]//')
	rest=${content#*"$old"}
	[ "$rest" != "$content" ] || { echo "no such lines in $1:"; echo "$old"; return 1; }
	[ "${rest#*"$old"}" = "$rest" ] || { echo "more than once in $1:"; echo "$old"; return 1; }
	printf '%s\n' "${content/"$old"/"$new"}" >"$EVENING/$1"
}

say() { # in the place of check, where the document is printed
	[ -n "$PRINT" ] || { check "$@"; return; }
	"${@:2}" >&2 || echo "not ok $1" >&2
}

block() { # KIND LINE FILE
	case $1 in
	file:*)
		say "line $2: ${1#file:} is written" cp "$3" "$EVENING/${1#file:}"
		;;
	edit:*)
		say "line $2: ${1#edit:} is edited" edit "${1#edit:}" "$3"
		;;
	console)
		console "$3"
		[ -n "$PRINT" ] || check "line $2: $(sed -n '1s/^\$ //p' "$3")" as_written "$3"
		;;
	esac
}

# Blocks and scenes in their order; COUNT of them, so that a document without any is no success.
play() {
	local line kind='' next='' number=0 start=0
	COUNT=0
	while IFS= read -r line <&3; do
		number=$((number + 1))
		if [ -z "$kind" ]; then
			[ -z "$PRINT" ] || printf '%s\n' "$line"
			case $line in
			'<!-- scene: '*' -->')
				line=${line#<!-- scene: }
				say "line $number: ${line% -->}" "scene_${line% -->}"
				COUNT=$((COUNT + 1))
				;;
			'<!-- '*': '*' -->')
				line=${line#<!-- } line=${line% -->}
				next=${line%%: *}:${line#*: }
				;;
			'```console') kind=console ;;
			'```'*) kind=${next:-text} ;;
			esac
			start=$number
			[ -z "$kind" ] || next=
			: >"$LAB/block"
		elif [ "$line" = '```' ]; then
			block "$kind" "$start" "$LAB/block"
			[ "$kind" = text ] || COUNT=$((COUNT + 1))
			if [ -n "$PRINT" ]; then
				[ "$kind" != console ] || cp "$LAB/seen" "$LAB/block"
				cat "$LAB/block" - <<<"$line"
			fi
			kind=
		else
			printf '%s\n' "$line" >>"$LAB/block"
		fi
	done 3<"$DOCUMENT"
	[ -z "$kind" ]
}

evening_up
if [ -n "$PRINT" ]; then
	play
	exit
fi
play || lab_die "the last block of $DOCUMENT has no end"
check "all of the document was played" test "$COUNT" -ge 20
lab_done
