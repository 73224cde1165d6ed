# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# A gateway with a systemd of its own: a root made by debootstrap, booted by systemd-nspawn in a network
# namespace. Sourced by run.
#
#	camera ---- lan0    gateway    wan0 ---- internet
#	pump ------ lan1    (bridge br-lan over lan1 and what joins it)
#
# As in tests/netns all is in mount, pid and network namespaces that end with the script.

set -u
export PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin LC_ALL=C.UTF-8

TREE=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
BUILD_DIR=$(realpath -m "${BUILD:-$TREE/build}")
DEB=$BUILD_DIR/deb
MACHINE=$DEB/machine
BASE=$DEB/base.tar
SUITE=${DEBIAN_SUITE:-bookworm}
MIRROR=${DEBIAN_MIRROR:-} # none: where this machine gets its own packages of that suite from
LAB=/run/lab
FAILED=0

# What the packages depend on, so that installing them needs no network, and what the tests look with.
PACKAGES=systemd,systemd-sysv,udev,dbus,iproute2,nftables,procps,iputils-ping,kmod,ifupdown
PACKAGES+=,ca-certificates,libbpf1,libelf1,zlib1g,libfyaml0,libjansson4,libpcap0.8,libcurl4,libssl3

CAMERA=10.30.0.11 CAMERA_MAC=02:00:5e:10:00:11
PUMP=10.31.0.21 PUMP_MAC=02:00:5e:10:00:21
ALLOWED=203.0.113.10 REFUSED=203.0.113.99 LATER=203.0.113.20 PORTAL=203.0.113.30

### Entering and leaving ###########################################################################

skip() {
	echo "skip packaging $*"
	exit 77
}

die() {
	echo "not ok laboratory: $*"
	exit 1
}

machine_enter() { # SCRIPT [ARGUMENT...]
	local script=$1 tool missing=()
	shift
	if [ "${LAB_INSIDE:-}" = "$TREE" ] && [ $$ -eq 1 ]; then
		mount -t tmpfs -o mode=0755 lab /run && mkdir -p "$LAB" /run/netns || exit 1
		trap machine_down EXIT
		cd "$TREE" || exit 1
		return
	fi
	[ "$(id -u)" -eq 0 ] || skip "needs root"
	for tool in debootstrap systemd-nspawn dpkg-buildpackage dh ip nsenter unshare setpriv ping; do
		command -v "$tool" >/dev/null || missing+=("$tool")
	done
	[ ${#missing[@]} -eq 0 ] || skip "not installed: ${missing[*]} (packaging/deps.sh install deb)"
	machine_base
	LAB_INSIDE=$TREE setpriv --pdeathsig KILL unshare --mount --pid --fork --kill-child --mount-proc --net \
		bash "$(realpath "$script")" "$@" &
	trap 'kill -9 $!; exit 130' INT
	trap 'kill -9 $!; exit 143' TERM HUP
	wait $!
	exit
}

machine_down() {
	local status=$?
	trap - EXIT
	[ -z "${LEADER:-}" ] || machine_halt
	rm -rf --one-file-system "$MACHINE"
	exit "$status"
}

# Made once, and again where it is to have other packages; the mirror is asked only for that.
machine_base() {
	[ -e "$BASE" ] && [ "$(cat "$BASE.packages" 2>/dev/null)" = "$PACKAGES" ] && return
	mkdir -p "$DEB"
	rm -rf "$MACHINE"
	echo "# debootstrap $SUITE, into $BASE"
	: "${MIRROR:=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' "Codename: $SUITE" | head -n 1)}"
	[ -n "$MIRROR" ] || skip "apt knows no mirror of $SUITE here: say one in DEBIAN_MIRROR"
	debootstrap --variant=minbase --include="$PACKAGES" "$SUITE" "$MACHINE" "$MIRROR" >"$DEB/debootstrap.log" 2>&1 ||
		{ rm -rf "$MACHINE"; skip "debootstrap could not make a root: $(tail -n 1 "$DEB/debootstrap.log")"; }
	tar -C "$MACHINE" -cf "$BASE.new" . && mv "$BASE.new" "$BASE" && echo "$PACKAGES" >"$BASE.packages"
	rm -rf "$MACHINE"
}

### What is asked ##################################################################################

check() { # NAME COMMAND...
	local name=$1 out
	shift
	if out=$("$@" 2>&1); then
		echo "ok $name"
		return 0
	fi
	echo "not ok $name"
	printf '# failed: %s\n' "$*"
	[ -z "$out" ] || printf '%s\n' "$out" | tail -n 40 | sed 's/^/#   /'
	FAILED=$((FAILED + 1))
	return 1
}

refuted() {
	! "$@"
}

# shows WORDS COMMAND...: the command says so, on whichever stream.
shows() {
	local words=$1 out
	shift
	out=$("$@" 2>&1)
	grep -qF -e "$words" <<<"$out" || { echo "$out"; return 1; }
}

# until SECONDS COMMAND...: for state that nothing announces.
until_true() {
	local end=$((SECONDS + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ "$SECONDS" -lt "$end" ] || { "$@"; return 1; }
		sleep 0.05
	done
}

### The network ####################################################################################

inside() { # NAMESPACE COMMAND...
	nsenter --net="/run/netns/$1" -- "${@:2}"
}

# thing NAME PORT MAC ADDRESS GATEWAY
thing() {
	[ -e "/run/netns/$1" ] || ip netns add "$1"
	ip link add "$2" netns gateway type veth peer name eth0 netns "$1" address "$3"
	ip -n "$1" link set lo up
	ip -n "$1" link set eth0 up
	ip -n "$1" address add "$4/24" dev eth0
	ip -n "$1" route add default via "$5"
}

# The gateway's own side is configured by the machine itself, when it boots.
network_up() {
	ip netns add gateway
	thing camera lan0 "$CAMERA_MAC" "$CAMERA" 10.30.0.1
	thing pump lan1 "$PUMP_MAC" "$PUMP" 10.31.0.1
	ip netns add internet
	ip link add wan0 netns gateway type veth peer name eth0 netns internet
	ip -n internet link set eth0 up
	local address
	for address in "$ALLOWED" "$REFUSED" "$LATER" "$PORTAL"; do
		ip -n internet address add "$address/24" dev eth0
	done
	ip -n internet route add 10.0.0.0/8 via 203.0.113.1
}

pings() { # NAMESPACE ADDRESS [COUNT]: all of them are answered
	local out
	out=$(inside "$1" ping -q -n -c "${3:-1}" -i 0.02 -W 1 "$2")
	grep -q ', 0% packet loss' <<<"$out" || { echo "$out"; return 1; }
}

# stream NAMESPACE ADDRESS: 200 a second, until counted. Not by inside(): the process is to be ping itself.
stream() {
	nsenter --net="/run/netns/$1" -- ping -q -n -i 0.005 "$2" >"$LAB/stream-$1-$2" 2>&1 &
	disown
	echo $! >"$LAB/stream-$1-$2.pid"
}

# counted NAMESPACE ADDRESS: ends it; sets SENT and LOST.
counted() {
	local file=$LAB/stream-$1-$2 received
	SENT=0 LOST=0
	kill -INT "$(cat "$file.pid")"
	until_true 5 grep -q 'packets transmitted' "$file" || { cat "$file"; return 1; }
	SENT=$(sed -n 's/^\([0-9]*\) packets transmitted.*/\1/p' "$file")
	received=$(sed -n 's/.* \([0-9]*\) received.*/\1/p' "$file")
	LOST=$((SENT - received))
}

# none_lost, all_lost WHAT NAMESPACE ADDRESS: of the stream so far.
none_lost() {
	counted "$2" "$3" && [ "$SENT" -gt 20 ] && [ "$LOST" -eq 0 ] || { echo "$LOST of $SENT lost"; return 1; }
	echo "# $1: 0 of $SENT packets lost" >>"$LAB/figures"
}

all_lost() {
	counted "$2" "$3" && [ "$SENT" -gt 20 ] && [ "$LOST" -eq "$SENT" ] ||
		{ echo "$((SENT - LOST)) of $SENT passed"; return 1; }
	echo "# $1: 0 of $SENT refused packets passed" >>"$LAB/figures"
}

figures() {
	[ ! -e "$LAB/figures" ] || cat "$LAB/figures"
	rm -f "$LAB/figures"
}

### The machine ####################################################################################

machine_make() {
	rm -rf --one-file-system "$MACHINE"
	mkdir -p "$MACHINE"
	tar -C "$MACHINE" -xf "$BASE"
	echo gateway >"$MACHINE/etc/hostname"
	cat >"$MACHINE/etc/network/interfaces" <<-'END'
		auto lo lan0 lan1 br-lan wan0
		iface lo inet loopback
		iface lan0 inet static
		    address 10.30.0.1/24
		iface lan1 inet manual
		    pre-up ip link show br-lan >/dev/null 2>&1 || ip link add br-lan type bridge forward_delay 0 mcast_snooping 0
		    up ip link set lan1 master br-lan up
		iface br-lan inet static
		    address 10.31.0.1/24
		iface wan0 inet static
		    address 203.0.113.1/24
	END
	echo 'net.ipv4.ip_forward=1' >"$MACHINE/etc/sysctl.d/gateway.conf"
	# The console has nobody.
	ln -sf /dev/null "$MACHINE/etc/systemd/system/console-getty.service"
	ln -sf /lib/systemd/system/multi-user.target "$MACHINE/etc/systemd/system/default.target"
}

# As the machine finds its network when it is switched on: nothing up, nothing forwarded.
network_down() {
	local port
	for port in $(ip -n gateway -o link show | sed -n 's/^[0-9]*: \([^:@]*\)[:@].*/\1/p'); do
		[ "$port" = lo ] && continue
		[ "$port" = br-lan ] && ip -n gateway link del br-lan && continue
		ip -n gateway address flush dev "$port" && ip -n gateway link set "$port" down
	done
	inside gateway sysctl -qw net.ipv4.ip_forward=0
}

machine_boot() {
	network_down
	# It inherits the network, so that its /sys shows that one, and udev sees the interfaces.
	SYSTEMD_NSPAWN_API_VFS_WRITABLE=1 nsenter --net=/run/netns/gateway systemd-nspawn --quiet \
		--directory="$MACHINE" --register=no --keep-unit --boot --capability=all --resolv-conf=off \
		--system-call-filter='bpf perf_event_open' --console=pipe </dev/null >"$LAB/console" 2>&1 &
	NSPAWN=$!
	until_true 20 leader || die "the machine did not begin: $(tail -n 5 "$LAB/console")"
	until_true 60 booted || { on systemctl list-jobs; die "the machine did not boot: $(tail -n 5 "$LAB/console")"; }
}

# Its init: the only child of systemd-nspawn, once the one that began it is gone.
leader() {
	LEADER=$(tr -d ' ' 2>/dev/null <"/proc/$NSPAWN/task/$NSPAWN/children")
	[ -n "$LEADER" ]
}

booted() {
	leader || return 1
	case $(on systemctl is-system-running 2>/dev/null) in
	running | degraded) ;;
	*) return 1 ;;
	esac
}

machine_halt() {
	kill -s RTMIN+4 "$LEADER" 2>/dev/null
	local end=$((SECONDS + 60))
	while kill -0 "$NSPAWN" 2>/dev/null; do
		[ "$SECONDS" -lt "$end" ] || { kill -9 "$NSPAWN"; break; }
		sleep 0.1
	done
	wait "$NSPAWN" 2>/dev/null
	LEADER=
}

# on COMMAND...: in the machine.
on() {
	nsenter --target "$LEADER" --mount --uts --ipc --net --pid --root -- \
		env -i -C /srv PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 \
		DEBIAN_FRONTEND=noninteractive "$@"
}

# install VERSION: the packages of that version, as an admin would.
install() {
	cp "$DEB"/iotguard_"$1"_*.deb "$DEB"/libiotguard0_"$1"_*.deb "$DEB"/libiotguard-dev_"$1"_*.deb "$MACHINE/srv/"
	on sh -c "dpkg -i /srv/iotguard_$1_*.deb /srv/libiotguard0_$1_*.deb" >"$LAB/dpkg" 2>&1
}
