# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# Files of makers, as the units fetch them: a web server of things.example and a resolver that knows it on the
# internet, and what of it is on the machine. Sourced by run, after machine.sh. The server is that of tests/netns.

LAB_BUILD=$BUILD_DIR
lab_die() { die "$*"; }
lab_skip() { skip "$*"; }
# shellcheck source=tests/netns/maker.sh
. "$TREE/tests/netns/maker.sh"

MUD_URL=https://$MAKER/camera.json
MUD_SAVED=$MACHINE/var/lib/iotguard
MUD_CACHE=$MUD_SAVED/mud
MUD_FILE=$MUD_CACHE/$(printf %s "$MUD_URL" | sha256sum | cut -d ' ' -f 1)
MUD=iotguard-mud.service
MUD_STALLS=$MAKER_SITE/camera.json.how

### The maker ######################################################################################

# What is needed beside what machine_enter looks for; a scene goes without it by name.
maker_is_possible() {
	local tool missing=()
	[ -x "$MAKER_SERVER" ] || missing+=("${MAKER_SERVER#"$TREE/"}")
	for tool in openssl jq xxd dnsmasq busybox; do
		command -v "$tool" >/dev/null || missing+=("$tool")
	done
	[ ${#missing[@]} -eq 0 ] || { echo "skip mud there is no ${missing[*]} (make deb-test)"; return 1; }
}

# The machine finds the maker by DNS, and trusts the CA of its web server as it does all others.
maker_begins() {
	maker_certificates
	nsenter --net=/run/netns/internet -- dnsmasq --keep-in-foreground --conf-file=/dev/null --no-resolv --no-hosts \
		--bind-interfaces --listen-address="$PORTAL" --user=root --pid-file --address="/$MAKER/$PORTAL" >"$LAB/dnsmasq" 2>&1 &
	echo "nameserver $PORTAL" >"$MACHINE/etc/resolv.conf"
	cp "$MAKER_DIR/web.pem" "$MACHINE/usr/local/share/ca-certificates/things.crt"
	on update-ca-certificates >"$LAB/ca" 2>&1 || die "update-ca-certificates: $(tail -n 5 "$LAB/ca")"
	until_true 10 on getent hosts "$MAKER" >/dev/null || die "the machine does not find $MAKER: $(cat "$LAB/dnsmasq")"
	maker_serves
}

maker_ends() {
	kill "$MAKER_SERVER_PID"
	until_true 5 refuted kill -0 "$MAKER_SERVER_PID"
}

# camera_may_ask ADDRESS: by its file, signed.
camera_may_ask() {
	maker_publishes camera "$(jq -n --arg to "$1/32" '{name: "echo", actions: {forwarding: "accept"},
		matches: {ipv4: {protocol: 1, "destination-ipv4-network": $to}}}')"
}

### What is on the machine #########################################################################

# belongs OWNER:GROUP MODE PATH
belongs() {
	local is
	is=$(on stat -c '%U:%G %a' "$3")
	[ "$is" = "$1 $2" ] || { echo "$3 is $is"; return 1; }
}

# As if an hour had gone by since each was asked for.
mud_is_due() {
	local file
	for file in "$MUD_CACHE"/*.meta; do
		jq '.checked_at -= 3600' "$file" >"$LAB/meta" && cat "$LAB/meta" >"$file" || return
	done
}

mud_is_served() {
	cmp "$MAKER_SITE/camera.json" "$MUD_FILE.json"
}

# The file of before, as it was at the last `mud_remember`.
mud_remember() {
	cp "$MUD_FILE.json" "$LAB/remembered"
}
mud_stands() {
	cmp "$LAB/remembered" "$MUD_FILE.json"
}

mud_refreshes() {
	mud_is_due && on systemctl start "$MUD"
}

# says WORDS...: the unit's status, each of them.
mud_says() {
	local words out
	out=$(on systemctl status --no-pager -l -n 20 "$MUD")
	for words; do
		grep -qF -e "$words" <<<"$out" || { printf 'not said: %s\n%s\n' "$words" "$out"; return 1; }
	done
}

### The unit #######################################################################################

mud_fetching() { # begins a fetch that waits for the server until it is told otherwise
	: >"$MAKER_SITE/.asked"
	mud_is_due && echo stall >"$MUD_STALLS" && on systemctl start --no-block "$MUD" &&
		until_true 10 mud_asked
}
mud_asked() {
	grep -q '^GET /camera.json' "$MAKER_SITE/.asked"
}

# sandboxed LINE...: what the kernel says of the process that waits.
sandboxed() {
	local pid line status
	pid=$(property "$MUD" MainPID)
	status=$(on cat "/proc/$pid/status")
	for line; do
		grep -qxP -e "$line" <<<"$status" || { printf 'not %s\n%s\n' "$line" "$status"; return 1; }
	done
}

# writable PATH: for the process that waits, as its mounts say.
writable() {
	local pid
	pid=$(property "$MUD" MainPID)
	on nsenter --target "$pid" --mount -- sh -c "[ -w '$1' ]" || { echo "not writable: $1"; return 1; }
}

may_little() {
	local uid
	uid=$(on id -u iotguard)
	sandboxed "Uid:\t$uid\t$uid\t$uid\t$uid" "Groups:\t*$(on id -g iotguard)? *" 'CapInh:\t0+' 'CapPrm:\t0+' 'CapEff:\t0+' \
		'CapBnd:\t0+' 'CapAmb:\t0+' 'NoNewPrivs:\t1' 'Seccomp:\t2'
}

# Root writes where the file system is not read-only: so these are its mounts, not its rights.
writes_little() {
	refuted writable /etc/iotguard && refuted writable /usr && refuted writable /var/lib &&
		writable /var/lib/iotguard/mud
}

mud() {
	maker_is_possible || return
	check "mud: the timer is not on by itself" has iotguard-mud.timer ActiveState inactive
	check "mud: the daemon runs, to note what devices tell" on systemctl enable --now iotguardd.service
	check "mud: with nothing to fetch the unit is content" on systemctl start "$MUD"
	check "mud: what is saved is the user's" belongs iotguard:iotguard 750 /var/lib/iotguard
	check "mud: the cache is, too" belongs iotguard:iotguard 750 /var/lib/iotguard/mud

	maker_begins
	camera_may_ask "$LATER"
	mkdir "$MACHINE/etc/iotguard/mud-ca.d"
	cp "$MAKER_CA" "$MACHINE/etc/iotguard/mud-ca.d/things.pem"
	on systemctl stop iotguard.path # what is put in force is by the commands here
	inventory | sed 's/^    rules:/    mud-discovery: adopt\n&/' | replace "$INVENTORY"
	check "mud: the camera may adopt what it tells" on systemctl reload iotguard
	tells_its_url
	check "mud: it adopted what it told" until_true 20 shows " adopted " on iotguard-load show mud
	check "mud: which is noted with the cache" belongs iotguard:iotguard 640 /var/lib/iotguard/mud/discovered.json

	check "mud: the unit fetches it" on systemctl start "$MUD"
	check "mud: and says so" mud_says "$MUD_URL: new, " "signed by  CN=signer"
	check "mud: it is in the cache" mud_is_served
	for kind in json p7s meta; do
		check "mud: its $kind is the user's" belongs iotguard:iotguard 640 "${MUD_FILE#"$MACHINE"}.$kind"
	done
	check "mud: it changes nothing" refuted pings camera "$LATER"
	check "mud: it is put in force" on iotguard-load apply /etc/iotguard/inventory.yaml
	check "mud: the camera may do what it says" pings camera "$LATER"
	check "mud: and no more" refuted pings camera "$REFUSED"

	camera_may_ask "$PORTAL"
	check "mud: what is not due is not asked for" on systemctl start "$MUD"
	check "mud: and stays" refuted mud_is_served
	check "mud: what is due is" mud_refreshes
	check "mud: its update is in the cache" mud_is_served
	check "mud: for the user to write" belongs iotguard:iotguard 640 "${MUD_FILE#"$MACHINE"}.json"
	check "mud: which changes nothing" refuted pings camera "$PORTAL"
	check "mud: the unit of the policy puts it in force" on systemctl reload iotguard
	check "mud: the camera may do what is new" pings camera "$PORTAL"
	check "mud: and not what was before" refuted pings camera "$LATER"

	mud_sandbox
	mud_fails
	mud_timer
	inventory | replace "$INVENTORY"
	on systemctl reload iotguard
	on systemctl start iotguard.path
}

# As a DHCP client that nobody answers.
tells_its_url() {
	inside camera busybox udhcpc -i eth0 -f -n -q -t 2 -T 1 -A 1 -s /bin/true -x "$(option_161 "$MUD_URL")" >"$LAB/udhcpc" 2>&1
}

mud_sandbox() {
	check "mud: a server may take its time" mud_fetching
	check "mud: who waits for it is nobody, and can become nobody else" may_little
	check "mud: and writes to the cache only" writes_little
	check "mud: what waits can be ended" on systemctl stop "$MUD"
	rm -f "$MUD_STALLS"
	check "mud: and is content the next time" mud_refreshes
}

mud_fails() {
	mud_remember
	camera_may_ask "$REFUSED"
	echo >>"$MAKER_SITE/camera.json"
	check "mud: a file that is not as it was signed fails" refuted mud_refreshes
	check "mud: the unit has failed" has "$MUD" Result exit-code
	check "mud: its status says what, and what is in use" mud_says "$MUD_URL: error: " "bad signature" "stays in use"
	check "mud: and what to do" mud_says "hint: one of the two may be older" "fetch it again"
	check "mud: once" said_once
	check "mud: the file of before stays" mud_stands
	fails_alone
	maker_ends
	check "mud: a server that is gone is another failure" refuted mud_refreshes
	check "mud: its status says what, and what is in use" mud_says "$MUD_URL: error: " "the server cannot be reached" "stays in use"
	check "mud: and what to do" mud_says "hint: is this machine online"
	check "mud: the file of before stays" mud_stands
	fails_alone
	chmod 700 "$MACHINE/etc/iotguard/mud-ca.d"
	check "mud: certificates that only root may read are a third failure" refuted mud_refreshes
	check "mud: its status says whose they should be" mud_says "/etc/iotguard/mud-ca.d cannot be read" "hint: " "the user 'iotguard'"
	chmod 755 "$MACHINE/etc/iotguard/mud-ca.d"
	check "mud: with the file of before the policy is put in force" on systemctl reload iotguard
	check "mud: and allows what it did" pings camera "$PORTAL"
	camera_may_ask "$PORTAL"
	maker_serves
	check "mud: it is there again" mud_refreshes
	check "mud: no unit has failed" shows "0 loaded units" on systemctl --failed
}

# What is in the cache and was adopted as well is one file.
said_once() {
	local said
	said=$(on systemctl status --no-pager -l -n 20 "$MUD" | grep -c "$MUD_URL: error: bad signature")
	[ "$said" = 1 ] || { echo "$said times"; return 1; }
}

fails_alone() {
	check "mud: no other unit has failed" shows "1 loaded units" on systemctl --failed
	check "mud: what is in force is still called so" has iotguard.service ActiveState active
	check "mud: the daemon goes on" has iotguardd.service ActiveState active
	check "mud: the camera is guarded as before" pings camera "$PORTAL"
}

runs_of_mud() {
	on journalctl --no-pager -q -o cat -u "$MUD" | grep -c '^Starting'
}
runs_more_than() {
	[ "$(runs_of_mud)" -gt "$1" ]
}

# An hour is made three seconds here; everything else is as it was installed.
mud_timer() {
	local before
	check "mud: one command switches the timer on" on systemctl enable --now iotguard-mud.timer
	check "mud: it is active" has iotguard-mud.timer ActiveState active
	check "mud: and waits for its time" has iotguard-mud.timer SubState waiting
	mkdir -p "$MACHINE/etc/systemd/system/iotguard-mud.timer.d"
	printf '[Timer]\nOnBootSec=\nOnUnitActiveSec=\nOnBootSec=1s\nOnUnitActiveSec=3s\nRandomizedDelaySec=0\nAccuracySec=100ms\n' \
		>"$MACHINE/etc/systemd/system/iotguard-mud.timer.d/soon.conf"
	on systemctl daemon-reload
	before=$(runs_of_mud)
	on systemctl restart iotguard-mud.timer
	check "mud: the timer starts the unit" until_true 15 runs_more_than "$before"
	maker_ends
	mud_is_due
	before=$(runs_of_mud)
	check "mud: one that failed" until_true 15 has "$MUD" Result exit-code
	check "mud: is started again" until_true 15 runs_more_than $((before + 1))
	maker_serves
	check "mud: and is content by itself" until_true 15 has "$MUD" Result success
	rm -r "$MACHINE/etc/systemd/system/iotguard-mud.timer.d"
	on systemctl daemon-reload
	on systemctl restart iotguard-mud.timer
}
