#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Is everything covered, and does one hear what is not? The units' own command lines are run, with the
# capabilities that the units leave, whenever an interface came, went or moved.

. "$(dirname "${BASH_SOURCE[0]}")/lab.sh"
lab_enter "$0" "$@"
. "$LAB_SOURCE/small.sh"

UNITS=$LAB_TREE/packaging/systemd
INVENTORY=/etc/iotguard/inventory.yaml
# The laboratory has a /run of its own: the units' directory is nobody else's.
LAB_STATE=/run/iotguard/bpf

### The units ######################################################################################

# unit UNIT KEY: what stands behind it.
unit() {
	sed -n "s|@SBINDIR@|$(dirname "$LOADER")|g; s/^$2=//p" "$UNITS/$1"
}

# An /etc with an inventory in it, which is seen in here alone, and the bpffs of the mount unit.
as_at_boot() {
	cp -a /etc "$LAB/etc" && mkdir -p "$LAB/etc/iotguard" && mount --bind "$LAB/etc" /etc || lab_die "no /etc"
	mkdir -p "$LAB_STATE"
	mount -t "$(unit run-iotguard-bpf.mount Type)" -o "$(unit run-iotguard-bpf.mount Options)" \
		"$(unit run-iotguard-bpf.mount What)" "$(unit run-iotguard-bpf.mount Where)" || lab_die "no bpffs"
}

# What iotguardd saved before: its own file, in its own directory, which is nobody else's to read.
SAVED=10.30.0.99
saved_before() {
	local body dir=/var/lib/iotguard
	mount -t tmpfs lab /var/lib && mkdir -m 0750 "$dir" || lab_die "no $dir"
	body='{"saved_at":'$(date +%s)',"bindings":[{"mac":"'$CAMERA_MAC'","address":"'$SAVED'","source":"lease",'
	body+='"expires_at":'$(($(date +%s) + 3600))'}]}'
	printf '{"iotguard":1,"length":%d,"sha256":"%s"}\n%s' ${#body} \
		"$(printf %s "$body" | sha256sum | cut -d' ' -f1)" "$body" >"$dir/state.json"
	chmod 0600 "$dir/state.json" && chown -R 31415:31415 "$dir"
}

# as_unit UNIT KEY: runs that line of the unit, with the unit's capabilities.
as_unit() {
	local words caps
	read -ra words <<<"$(unit "$1" "$2")"
	caps=$(unit "$1" CapabilityBoundingSet | tr '[:upper:]' '[:lower:]' | sed 's/cap_/+/g; s/ /,/g')
	lab_in gw setpriv --bounding-set="-all,$caps" --inh-caps=-all --no-new-privs "${words[@]}"
}

boot() {
	as_unit iotguard.service ExecStart
}

cover() {
	as_unit iotguard-cover.service ExecStart
}

# Of an event of that kind, udev runs what the rule says.
rule_answers() {
	udevadm test --action="$1" /sys/class/net/lo 2>&1 | grep -F 'restart iotguard-cover.service'
}

packaged() {
	if ! command -v udevadm >/dev/null; then
		echo "skip udev-rule no udevadm here"
		return
	fi
	mkdir -p /run/udev/rules.d
	cp "$LAB_TREE/packaging/udev/90-iotguard.rules" /run/udev/rules.d/
	check "udev covers an interface that appears" rule_answers add
	check "udev covers an interface that was renamed" rule_answers move
	check "udev does nothing about one that goes" refuted rule_answers remove
}

### What is asked ##################################################################################

# finds SEVERITY CHECK WORDS: doctor has such a finding; with the exit code that goes with it.
finds() {
	local out
	out=$(lab_iotguard doctor)
	grep -E "^$1 +$2: " <<<"$out" | grep -qF -e "$3" || { grep -A1 -vE '^ok' <<<"$out"; return 1; }
}

# advised CHECK WORDS: what doctor says to type about that.
advised() {
	lab_iotguard doctor | grep -A1 -E "^(note|warning|error) +$1: .*$2" | sed -n 's/^ *-> //p' | head -n 1
}

# helps CHECK WORDS: the first command of the advice can be typed, and then the finding is gone.
helps() {
	local advice words
	advice=$(advised "$1" "$2")
	read -ra words <<<"${advice%%;*}"
	lab_in gw "${words[@]}" || { echo "the advice was: $advice"; return 1; }
	[ -z "$(advised "$1" "$2")" ] || { echo "it is still there after: $advice"; return 1; }
}

doctor_exits() {
	local got=0
	lab_iotguard doctor >/dev/null || got=$?
	[ "$got" -eq "$1" ] || { echo "exit code $got"; return 1; }
}

shows_of() { # INTERFACE KEY WORD, in JSON
	lab_iotguard show interfaces --json | python3 -c '
import json, sys
for it in json.load(sys.stdin)["interfaces"]:
    if it["name"] == sys.argv[1]:
        value = it
        for key in sys.argv[2].split("."):
            value = value[key]
        print(value)
        sys.exit(str(value) != sys.argv[3])
sys.exit("there is no " + sys.argv[1])' "$@"
}

### Coming and going ###############################################################################

without_two() {
	ip netns del two 2>/dev/null
	lab_until 2 refuted ip -n gw link show lan-two
}

nothing_there() {
	sed 's/lan-/not-/g' "$LAB/two.yaml" >"$INVENTORY"
	check "where no interface is there, that is an error" fails 1 "there is none" boot
	check "and nothing is enforced" says "nothing is enforced" lab_iotguard show
	check "covering does nothing where nothing is enforced" says "nothing to cover" cover
	cp "$LAB/two.yaml" "$INVENTORY"
}

absent_at_boot() {
	without_two
	check "at boot one is not there yet: that is a warning" says "no interface lan-two" boot
	check "the others are guarded" guarded camera
	check "a machine has the address again that was saved before" says "$SAVED" lab_iotguard show leases
	check "it is shown as absent" shows_as lan-two absent
	check "doctor says so" finds warning interface "no interface lan-two"
	check "which is no error" doctor_exits 0
	check "reloading the unit finds nothing to do" says "nothing to do" as_unit iotguard.service ExecReload
	check "so does covering" says "nothing to do" cover

	small_port two lan-two "$TWO_MAC" 10.32.0
	lab_until 5 pings two 10.32.0.1 || lab_die "the new interface does not work"
	check "it appears, and is open" unguarded two
	check "which is an error of doctor's" finds error interface "lan-two is not guarded"
	check "with its exit code" doctor_exits 1
	check "covered, it is guarded" cover
	check "as the policy says" guarded two
	check "the others are, too" guarded camera
	check "and there is nothing more to do" says "nothing to do" cover
}

made_again() {
	without_two
	small_port two lan-two "$TWO_MAC" 10.32.0
	lab_until 5 pings two 10.32.0.1
	check "deleted and made again, between two events: covered" cover
	check "deleted and made again: guarded" guarded two
	check "deleted and made again: nothing more to do" says "nothing to do" cover
}

named_late() {
	without_two
	small_port two usb0 "$TWO_MAC" 10.32.0
	check "another interface appears: covering says what is absent" says "no interface lan-two" cover
	ip -n gw link set usb0 down
	ip -n gw link set usb0 name lan-two up
	ip -n internet route replace 10.32.0.0/24 via "$WAN"
	lab_until 5 pings two 10.32.0.1
	check "it gets the name that the policy knows: covered" cover
	check "it gets the name that the policy knows: guarded" guarded two
}

renamed_away() {
	ip -n gw link set lan-two down
	ip -n gw link set lan-two name other0 up
	ip -n internet route replace 10.32.0.0/24 via "$WAN"
	check "renamed: covering does not release it" says "lan-two is called other0 now" cover
	check "renamed: still guarded" guarded two
	check "renamed: shown" shows_as lan-two "another name"
	check "renamed: doctor says what to write" finds warning interface "is called other0 now"
	ip -n gw link set other0 down
	ip -n gw link set other0 name lan-two up
	ip -n internet route replace 10.32.0.0/24 via "$WAN"
	check "renamed back: nothing to do" says "nothing to do" cover
	check "renamed back: guarded" guarded two
}

link_of() { # INTERFACE: number of the link that our program hangs on it by
	bpftool link show pinned "$LAB_STATE/links/xdp/$1" | sed -n 's/^\([0-9]*\):.*/\1/p'
}

# A program that was taken off and put on again would have let frames pass in between.
exchanged() {
	local cam pump
	cam=$(link_of lan-cam) pump=$(link_of lan-pump)
	lab_in gw sh -c 'for port in lan-cam:x lan-pump:lan-cam x:lan-pump; do
		ip link set "${port%:*}" down && ip link set "${port%:*}" name "${port#*:}" up; done'
	check "two exchanged their names: covered" cover
	check "two exchanged their names: both guarded" shows_as lan-cam native
	check "two exchanged their names: neither was open meanwhile" \
		test "$(link_of lan-cam)/$(link_of lan-pump)" = "$pump/$cam"
	lab_in gw sh -c 'for port in lan-cam:x lan-pump:lan-cam x:lan-pump; do
		ip link set "${port%:*}" down && ip link set "${port%:*}" name "${port#*:}" up; done'
	check "and back" cover
	check "and as before" lab_until 5 guarded camera
}

into_a_bridge() {
	ip -n gw address del 10.32.0.1/24 dev lan-two
	ip -n gw link add br-two address 02:00:5e:00:00:fd type bridge forward_delay 0 mcast_snooping 0
	ip -n gw address add 10.32.0.1/24 dev br-two
	ip -n gw link set lan-two master br-two
	ip -n gw link set br-two up
	ip -n internet route replace 10.32.0.0/24 via "$WAN"
	ip -n two neigh flush all
	check "moved into a bridge: covered" cover
	check "moved into a bridge: guarded" lab_until 5 guarded two
	check "moved into a bridge: shown" shows_of lan-two bridge br-two

	ip -n gw link add loose0 type veth peer name loose1
	ip -n gw link set loose0 master br-two
	check "an unguarded port beside it: shown" shows_as lan-two "loose0 UNGUARDED"
	check "an unguarded port beside it: an error of doctor's" finds error bridge "loose0 is an unguarded port of br-two"
	check "an unguarded port beside it: covering fails, and names it" fails 1 loose0 cover
	check "an unguarded port beside it: the guarded one is still guarded" guarded two
	check "an unguarded port beside it: the advice helps" helps bridge loose0
	check "and covering is content" cover
	ip -n gw link del loose0
}

out_of_the_bridge() {
	ip -n gw link del br-two
	ip -n gw address add 10.32.0.1/24 dev lan-two
	ip -n internet route replace 10.32.0.0/24 via "$WAN"
	ip -n two neigh flush all
	check "out of the bridge: covered" cover
	check "out of the bridge: guarded" lab_until 5 guarded two
}

edited() {
	echo '# a remark' >>"$INVENTORY"
	check "edited: doctor says that it is not in force" finds warning inventory "was changed since"
	check "edited: covering leaves it alone" says "nothing to do" cover
	without_two
	small_port two lan-two "$TWO_MAC" 10.32.0
	check "edited, and an interface is open: covering says that it did not put the edit in force" \
		fails 1 "was changed since" cover
	check "edited: reloading does" as_unit iotguard.service ExecReload
	check "edited: and guards" guarded two
	check "edited: doctor is content" finds ok inventory "is as it was applied"
}

### Who can talk unseen ############################################################################

speak() { # NAMESPACE MAC ADDRESS: one frame to the gateway
	lab_in "$1" "$FRAME" send eth0 "$2" "$GATEWAY_MAC" ip "$3" "$GATEWAY" udp 20000 67 hello
}

segments() {
	FRAME=$(lab_tool frame) || { echo "skip segments no tool frame"; return; }
	check "everybody speaks" eval 'pings camera "$BOTH" && pings pump "$BOTH" && pings plug "$BOTH" && pings two "$BOTH"'
	check "each machine on a port of its own: isolated" shows_of lan-cam coverage.state isolated
	check "each machine on a port of its own: doctor" finds ok coverage "segment ward is isolated"
	small_inventory "$INVENTORY" "$FIRST" 1 two
	check "a machine more is known" boot
	check "it was not heard yet: unknown" shows_of lan-cam coverage.state unknown
	check "it was not heard yet: doctor" finds note coverage "ghost-0 was not heard yet"
	speak camera 02:00:5e:20:00:00 10.30.0.100
	check "heard behind the camera's port: shared" lab_until 2 shows_of lan-cam coverage.state shared
	check "the other ports are not" shows_of lan-pump coverage.state isolated
	check "doctor names the segment and both machines" finds warning coverage "segment ward is shared"
	check "with what to do" test -n "$(advised coverage 'segment ward')"
	cp "$LAB/two.yaml" "$INVENTORY"
	boot >/dev/null
}

### Other findings #################################################################################

other_programs() {
	local other
	lab_iotguard detach lan-two >/dev/null
	lab_start gw other "$(lab_tool xdp_other)" lan-two
	other=$LAB_PID
	lab_until 2 test -s "$LAB/other.log"
	check "another XDP program: doctor has its number" finds error xdp "id $(cat "$LAB/other.log")"
	check "another XDP program: and says how to look" \
		eval '[[ $(advised xdp lan-two) == "bpftool prog show id $(cat "$LAB/other.log"); "* ]]'
	check "another XDP program: which is a command" helps_to_look
	kill "$other"
	check "once it is gone, covering guards" lab_until 5 cover
}

helps_to_look() {
	local words
	read -ra words <<<"$(advised xdp lan-two | sed 's/;.*//')"
	lab_in gw "${words[@]}"
}

network() {
	lab_in gw sysctl -qw net.ipv4.ip_forward=0
	check "forwarding off: doctor" finds warning forwarding "IPv4 is not forwarded"
	check "forwarding off: the advice helps" helps forwarding "IPv4 is not"
	check "no resolver: doctor" finds note resolver "lists no resolver"
	sed "s/^gateway:/&\n  resolvers: [$GATEWAY, $PUMP, $OTHER_RESOLVER]\n  dhcp-servers: [$GATEWAY]/" "$LAB/two.yaml" >"$INVENTORY"
	boot >/dev/null
	check "the gateway's own resolver: in the path" finds ok resolver "$GATEWAY is this gateway"
	check "a resolver on the LAN: not in the path" finds warning resolver "$PUMP is on the guarded LAN (br-lan)"
	check "a resolver outside: in the path" finds ok resolver "$OTHER_RESOLVER is beyond this gateway (wan0)"
	check "the DHCP server" finds ok dhcp-server "$GATEWAY is this gateway"
}

flow_tables() {
	if ! lab_in gw nft 'add table inet flows; add flowtable inet flows fast { hook ingress priority 0; devices = { lan-cam }; }' 2>/dev/null; then
		echo "skip flow-tables this kernel has no flow tables"
		return
	fi
	check "a flow table names an interface: shown" shows_of lan-cam offloads.flows software
	check "another has none" shows_of lan-pump offloads.flows none
	lab_in gw nft delete table inet flows
}

as_stranger() {
	lab_in gw setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all "$LOADER" doctor
}

nothing_enforced() {
	check "without root: doctor says what it could not see" says "may not be read" as_stranger
	lab_iotguard detach --all >/dev/null
	check "nothing enforced: doctor works" finds note policy "nothing is enforced"
	check "nothing enforced: no error" doctor_exits 0
}

small_up
small_inventory "$LAB/two.yaml" "$FIRST" 0 two
as_at_boot
saved_before
packaged
nothing_there
absent_at_boot
made_again
named_late
renamed_away
exchanged
into_a_bridge
out_of_the_bridge
edited
segments
other_programs
network
flow_tables
nothing_enforced
lab_done
