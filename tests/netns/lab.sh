# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# The laboratory: a gateway, the things behind it and an internet, all of them
# network namespaces. Sourced by demo.sh and by every test_*.sh of this folder.
#
#	                    gw (bridge br-lan, dnsmasq, nftables masquerade)
#	  camera  ---- lan-cam     |
#	  pump    ---- lan-pump    |                              internet
#	  plug    ---- lan-plug    |- 10.30.0.1     203.0.113.1 -- wan0 -- broker, web servers,
#	  station ---- lan-station |  fd00:30::1    2001:db8::1            a resolver
#	  new     ---- lan-new     |
#
# lab_enter runs the script again in mount, pid and network namespaces of its
# own, with a /run of its own. So nothing here can reach the machine's network,
# its processes or an iotguard that runs on it, several laboratories can run at
# once, and the kernel takes everything away when the script ends, kill -9
# included: processes, namespaces, interfaces, programs and pins.
#
# Packages (Debian, Ubuntu): iproute2 util-linux procps dnsmasq-base mosquitto
#	mosquitto-clients nftables bind9-dnsutils curl iputils-ping
#	iputils-arping busybox or busybox-static
# Tools: build/tests/netns/frame, made by the Makefile from frame.c, else with cc.
#
# A test file:
#
#	. "$(dirname "$0")/lab.sh"
#	lab_enter "$0" "$@"
#	lab_up
#	check "without iotguard the neighbour answers" fetches camera "http://$PUMP:5000/"
#	lab_guard
#	check "with it the neighbour is refused" refuted fetches camera "http://$PUMP:5000/"
#	lab_done

set -u
export PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

LAB_SOURCE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
LAB_TREE=$(cd "$LAB_SOURCE/../.." && pwd)
LAB_BUILD=${IOTGUARD_BUILD:-$LAB_TREE/build}
LOADER=${IOTGUARD_LOAD:-$LAB_BUILD/iotguard-load}
LAB=/run/lab
LAB_STATE=$LAB/state
LAB_TEST=$(basename "$0" .sh)
LAB_TEST=${LAB_TEST#test_}

# Who is who. Documentation addresses only; the inventory in examples/ says the same.
GATEWAY=10.30.0.1		GATEWAY6=fd00:30::1	GATEWAY_MAC=02:00:5e:00:00:fe
STATION=10.30.0.5		STATION6=fd00:30::5	STATION_MAC=02:00:5e:10:00:50
CAMERA=10.30.0.11		CAMERA6=fd00:30::11	CAMERA_MAC=02:00:5e:10:00:11
PUMP=10.30.0.21			PUMP6=fd00:30::21	PUMP_MAC=02:00:5e:10:00:21
PLUG=10.30.0.31			PLUG6=fd00:30::31	PLUG_MAC=02:00:5e:10:00:31
STRANGER=10.30.0.66		STRANGER_MAC=02:00:5e:10:00:66
WAN=203.0.113.1			WAN6=2001:db8::1
BROKER=203.0.113.10		BROKER6=2001:db8::10
PORTAL=203.0.113.20		PORTAL6=2001:db8::20
CLOUD=203.0.113.65		STATISTICS=203.0.113.67
ELSEWHERE=203.0.113.99		ELSEWHERE6=2001:db8::99
ELSEWHERE_2=203.0.113.98
OTHER_RESOLVER=203.0.113.53
PSK=746865206b6579206f66207468652064656d6f

### Entering and leaving ###########################################################################

# lab_enter SCRIPT [ARGUMENT...]: continue in a world of our own, or skip by name.
lab_enter() {
	local script=$1 missing=() tool
	shift
	if [ "${LAB_INSIDE:-}" = "$LAB_SOURCE" ] && [ $$ -eq 1 ]; then
		mount -t tmpfs -o mode=0755 lab /run && mkdir -p "$LAB" /run/netns || exit 1
		trap lab_down EXIT
		cd "$LAB_TREE" || exit 1
		return
	fi
	[ "$(id -u)" -eq 0 ] || lab_skip "needs root"
	for tool in ip nsenter unshare setpriv dnsmasq mosquitto mosquitto_pub mosquitto_sub nft \
		dig curl ping arping busybox; do
		command -v "$tool" >/dev/null || missing+=("$tool")
	done
	[ ${#missing[@]} -eq 0 ] || lab_skip "not installed: ${missing[*]} (make deps)"
	unshare --mount --pid --fork --net mount -t bpf bpf /run 2>/dev/null ||
		lab_skip "cannot make namespaces or mount a BPF file system here"
	# unshare takes no notice of INT and TERM; whatever ends this shell ends all the rest.
	LAB_INSIDE=$LAB_SOURCE setpriv --pdeathsig KILL \
		unshare --mount --pid --fork --kill-child --mount-proc --net \
		bash "$(realpath "$script")" "$@" &
	trap 'kill -9 $!; exit 130' INT
	trap 'kill -9 $!; exit 143' TERM HUP
	wait $!
	exit
}

# The kernel does the rest; unmounting early just makes the programs go at once.
lab_down() {
	local status=$?
	trap - EXIT
	mountpoint -q "$LAB_STATE" 2>/dev/null && lab_iotguard detach --all >/dev/null 2>&1
	exit "$status"
}

lab_skip() {
	echo "skip $LAB_TEST $*"
	exit 77
}

# What a test prints: one line a question. lab_done turns the tally into the exit code.
LAB_FAILED=0

# check NAME COMMAND...: ok when the command succeeds; what it said follows when it does not.
check() {
	local name=$1 out
	shift
	if out=$("$@" 2>&1); then
		echo "ok $name"
		return 0
	fi
	echo "not ok $name"
	printf '# failed: %s\n' "$*"
	[ -z "$out" ] || printf '%s\n' "$out" | sed 's/^/#   /'
	LAB_FAILED=$((LAB_FAILED + 1))
	return 1
}

# refuted COMMAND...: succeeds when the command fails.
refuted() {
	! "$@"
}

# fails CODE WORDS COMMAND...
fails() {
	local code=$1 words=$2 out got
	shift 2
	out=$("$@" 2>&1)
	got=$?
	[ "$got" -eq "$code" ] || { echo "exit code $got: $out"; return 1; }
	grep -qF -e "$words" <<<"$out" || { echo "it said: $out"; return 1; }
}

lab_done() {
	exit $((LAB_FAILED > 0))
}

# lab_die MESSAGE: the laboratory itself is broken; nothing it would say about iotguard counts.
lab_die() {
	echo "not ok laboratory: $*"
	exit 1
}

### Namespaces and processes #######################################################################

# lab_in NAMESPACE COMMAND...; not `ip netns exec`, which hides every mounted bpffs.
lab_in() {
	nsenter --net="/run/netns/$1" -- "${@:2}"
}

# lab_start NAMESPACE LABEL COMMAND...: in the background, its words in $LAB/LABEL.log, its
# process in LAB_PID.
lab_start() {
	nsenter --net="/run/netns/$1" -- "${@:3}" </dev/null >"$LAB/$2.log" 2>&1 &
	LAB_PID=$!
	disown "$LAB_PID"
}

# lab_until SECONDS COMMAND...: poll; for state that nothing announces.
lab_until() {
	local end=$((SECONDS + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ "$SECONDS" -lt "$end" ] || return 1
		sleep 0.05
	done
}

# lab_is_locked FILE: by flock(2). Looked at from outside: who takes the lock to see whether it is free, keeps another one
# from it.
lab_is_locked() {
	grep -q "FLOCK .*:$(stat -c %i "$1") 0 EOF" /proc/locks
}

# lab_tool NAME: the path of a small C tool of this folder.
lab_tool() {
	local built=$LAB_BUILD/tests/netns/$1 source=$LAB_SOURCE/$1.c
	if [ ! -x "$built" ] || [ "$source" -nt "$built" ]; then
		built=$LAB/$1
		[ -x "$built" ] || cc -O2 -Wall -o "$built" "$source" || return
	fi
	echo "$built"
}

### Building #######################################################################################

# A thing: a namespace with one port that ends in the gateway's bridge.
lab_thing() {
	local name=$1 port=$2 mac=$3
	ip netns add "$name"
	ip link add "$port" netns gw type veth peer name eth0 netns "$name" address "$mac"
	ip -n gw link set "$port" master br-lan up
	lab_in "$name" sysctl -qw net.ipv6.conf.eth0.accept_ra=0 net.ipv4.neigh.eth0.locktime=0
	ip -n "$name" link set lo up
	ip -n "$name" link set eth0 up
}

lab_address6() {
	ip -n "$1" address add "$2/64" dev eth0 nodad
	ip -n "$1" route add default via "$GATEWAY6"
}

lab_gateway() {
	ip netns add gw
	lab_in gw sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 \
		net.ipv4.conf.all.send_redirects=0
	# Bridged frames would be masqueraded too. The file exists where br_netfilter is loaded.
	lab_in gw sysctl -qew net.bridge.bridge-nf-call-iptables=0 \
		net.bridge.bridge-nf-call-ip6tables=0 net.bridge.bridge-nf-call-arptables=0
	ip -n gw link add br-lan address "$GATEWAY_MAC" type bridge forward_delay 0 mcast_snooping 0
	ip -n gw address add "$GATEWAY/24" dev br-lan
	ip -n gw address add "$GATEWAY6/64" dev br-lan nodad
	ip -n gw link set lo up
	ip -n gw link set br-lan up
}

lab_internet() {
	local address
	ip netns add internet
	ip link add wan0 netns gw type veth peer name eth0 netns internet
	ip -n gw address add "$WAN/24" dev wan0
	ip -n gw address add "$WAN6/64" dev wan0 nodad
	ip -n gw link set wan0 up
	for address in "$BROKER" "$PORTAL" "$CLOUD" "$STATISTICS" "$ELSEWHERE" "$ELSEWHERE_2" \
		"$OTHER_RESOLVER"; do
		ip -n internet address add "$address/24" dev eth0
	done
	for address in "$BROKER6" "$PORTAL6" "$ELSEWHERE6"; do
		ip -n internet address add "$address/64" dev eth0 nodad
	done
	ip -n internet link set lo up
	ip -n internet link set eth0 up
	# A stranger outside who knows the way in: masquerading hides addresses, it is no filter.
	ip -n internet route add 10.30.0.0/24 via "$WAN"
	lab_in gw nft -f - <<-NFT
		table inet lab {
			chain postrouting {
				type nat hook postrouting priority srcnat;
				oifname "wan0" masquerade
			}
		}
	NFT
}

# lab_page NAMESPACE ADDRESS PORT TEXT: a web server with one page.
lab_page() {
	local home=$LAB/www/$1-$2-$3
	mkdir -p "$home"
	echo "$4" >"$home/index.html"
	lab_start "$1" "httpd-$1-$2-$3" busybox httpd -f -p "$2:$3" -h "$home"
}

lab_servers() {
	cat >"$LAB/dnsmasq.conf" <<-CONF
		interface=br-lan
		bind-interfaces
		no-resolv
		no-hosts
		no-ping
		user=root
		dhcp-authoritative
		dhcp-leasefile=$LAB/leases
		dhcp-range=10.30.0.100,10.30.0.150,255.255.255.0,2m
		dhcp-option=option:router,$GATEWAY
		dhcp-option=option:dns-server,$GATEWAY
		dhcp-host=$STATION_MAC,$STATION,station-1
		dhcp-host=$CAMERA_MAC,$CAMERA,camera-2
		dhcp-host=$PUMP_MAC,$PUMP,pump-3
		dhcp-host=$PLUG_MAC,$PLUG,plug-7
		address=/broker.example/$BROKER
		address=/portal.example/$PORTAL
	CONF
	lab_start gw dnsmasq dnsmasq --keep-in-foreground --conf-file="$LAB/dnsmasq.conf" --pid-file
	lab_start internet resolver dnsmasq --keep-in-foreground --conf-file=/dev/null --pid-file \
		--listen-address="$OTHER_RESOLVER" --bind-interfaces --no-resolv --no-hosts \
		--user=root --address="/broker.example/$BROKER"

	echo "demo:$PSK" >"$LAB/psk"
	cat >"$LAB/mosquitto.conf" <<-CONF
		listener 8883 $BROKER
		psk_hint demo
		psk_file $LAB/psk
		allow_anonymous true
		persistence false
	CONF
	lab_start internet mosquitto mosquitto -c "$LAB/mosquitto.conf"

	lab_page gw 0.0.0.0 80 "the gateway's own page"
	lab_page internet "$PORTAL" 80 "the portal"
	lab_page internet "$BROKER" 80 "the broker's other port"
	lab_page internet "$ELSEWHERE" 80 "an address on no list"
	lab_page internet "$ELSEWHERE_2" 80 "another address on no list"
	lab_page internet "[$PORTAL6]" 80 "the portal, IPv6"
	lab_page internet "[$ELSEWHERE6]" 80 "an address on no list, IPv6"
	lab_page camera 0.0.0.0 80 "the camera's page"
	lab_page pump "[::]" 5000 "the pump's vital signs"
}

# udhcpc tells this script what it got; every exchange leaves a line in the log.
lab_dhcp_script() {
	cat >"$LAB/udhcpc.sh" <<-'SCRIPT'
		#!/bin/sh
		case $1 in
		deconfig)
			ip -4 address flush dev "$interface" ;;
		bound | renew)
			ip address replace "$ip/$mask" dev "$interface"
			for r in $router; do ip route replace default via "$r"; done ;;
		esac
		echo "$1 ${ip:-}"
	SCRIPT
	chmod +x "$LAB/udhcpc.sh"
}

# lab_mac NAMESPACE: of its port.
lab_mac() {
	ip -n "$1" -o link show eth0 | sed 's/.* link.ether \([^ ]*\).*/\1/'
}

# Nobody knows anybody's MAC address any more.
lab_forget() {
	local name
	for name in gw camera pump plug station new internet; do
		ip -n "$name" neigh flush all
	done
}

# lab_up: everything, and every server answers.
lab_up() {
	lab_gateway
	lab_thing camera lan-cam "$CAMERA_MAC"
	lab_thing pump lan-pump "$PUMP_MAC"
	lab_thing plug lan-plug "$PLUG_MAC"
	lab_thing station lan-station "$STATION_MAC"
	lab_thing new lan-new "$STRANGER_MAC"
	# A stranger that says nothing by itself: what is reported of it is what its scenes do.
	lab_in new sysctl -qw net.ipv6.conf.all.disable_ipv6=1
	lab_address6 camera "$CAMERA6"
	lab_address6 pump "$PUMP6"
	lab_address6 plug "$PLUG6"
	lab_address6 station "$STATION6"
	lab_internet
	lab_dhcp_script
	lab_servers

	lab_until 5 resolves gw "$GATEWAY" || lab_die "dnsmasq does not answer"
	local name
	for name in camera plug station; do
		leases "$name" "$LAB/udhcpc.sh" >"$LAB/dhcp-$name.log" 2>&1 || lab_die "no DHCP lease for $name"
	done
	# The pump keeps its client, so that a lease can be renewed under the guard.
	lab_start pump dhcp-pump busybox udhcpc -i eth0 -f -t 3 -T 1 -s "$LAB/udhcpc.sh"
	PUMP_DHCP=$LAB_PID
	lab_until 5 grep -q '^bound' "$LAB/dhcp-pump.log" || lab_die "no DHCP lease for pump"
	ip -n new address add "$STRANGER/24" dev eth0
	ip -n new route add default via "$GATEWAY"
	lab_until 5 publishes camera || lab_die "the broker does not answer"
	lab_until 5 fetches station "http://$PUMP:5000/" || lab_die "the pump does not answer"
}

### iotguard #######################################################################################

lab_iotguard() {
	lab_in gw "$LOADER" --state-dir "$LAB_STATE" "$@"
}

# lab_guard [INVENTORY]: apply it; a laboratory without a guard has no more to say.
lab_guard() {
	[ -x "$LOADER" ] || lab_die "$LOADER is not built (make)"
	lab_iotguard apply "${1:-examples/ward.yaml}" >"$LAB/apply.log" 2>&1 && return
	local status=$?
	sed 's/^/# /' "$LAB/apply.log"
	[ "$status" -ne 4 ] || lab_skip "$(tail -n 1 "$LAB/apply.log")"
	lab_die "apply failed with exit code $status"
}

# lab_none_left: no process of iotguard's runs.
lab_none_left() {
	local exe
	for exe in /proc/[0-9]*/exe; do
		case $(readlink "$exe") in
		*/iotguard*) return 1 ;;
		esac
	done
}

# Every iotguard process of this laboratory, by its id; no other machine's process is visible here.
lab_kill_iotguard() {
	local exe
	for exe in /proc/[0-9]*/exe; do
		case $(readlink "$exe") in
		*/iotguard*) kill -9 "$(basename "$(dirname "$exe")")" ;;
		esac
	done
}

. "$LAB_SOURCE/probes.sh"
