# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# More servers and clients of DHCP and router advertisements than lan.sh has. Sourced after it.
#
# Packages (Debian, Ubuntu): kea-dhcp4-server radvd isc-dhcp-client dhcpcd-base

### Servers ########################################################################################

# lan_kea: `kea`, DHCPv4 on the gateway, leases leases in $LAB/kea-leases.csv.
lan_kea() {
	mkdir -p "$LAB/kea"
	cat >"$LAB/kea.conf" <<-CONF
		{ "Dhcp4": {
			"interfaces-config": { "interfaces": ["br-lan"], "dhcp-socket-type": "raw" },
			"lease-database": { "type": "memfile", "name": "$LAB/kea-leases.csv", "lfc-interval": 0 },
			"authoritative": true,
			"valid-lifetime": ${LAN_KEA_TIME:-120},
			"renew-timer": ${LAN_KEA_RENEW:-60}, "rebind-timer": ${LAN_KEA_REBIND:-105},
			"subnet4": [ { "id": 1, "subnet": "10.30.0.0/24", "interface": "br-lan",
				"pools": [ { "pool": "10.30.0.100 - 10.30.0.149" } ],
				"option-data": [ { "name": "routers", "data": "$GATEWAY" },
					{ "name": "domain-name-servers", "data": "$GATEWAY" } ] } ],
			"loggers": [ { "name": "kea-dhcp4", "severity": "INFO",
				"output_options": [ { "output": "stdout" } ] } ]
		} }
	CONF
	KEA_PIDFILE_DIR=$LAB/kea KEA_LOCKFILE_DIR=$LAB/kea lab_start gw kea kea-dhcp4 -c "$LAB/kea.conf"
	lan_keep kea
	lab_until 10 grep -q DHCP4_STARTED "$LAB/kea.log" || lab_die "Kea does not start: $(tail -n 5 "$LAB/kea.log")"
}

# lan_radvd: `radvd`, router advertisements.
lan_radvd() {
	cat >"$LAB/radvd.conf" <<-CONF
		interface br-lan {
			AdvSendAdvert on;
			MinRtrAdvInterval 3;
			MaxRtrAdvInterval 10;
			prefix fd00:30::/64 { };
		};
	CONF
	lab_start gw radvd radvd --nodaemon --config "$LAB/radvd.conf" --pidfile "$LAB/radvd.own" \
		--logmethod stderr --username root
	lan_keep radvd
	lab_until 3 test -s "$LAB/radvd.own" || lab_die "radvd does not start: $(cat "$LAB/radvd.log")"
}

### udhcpc #########################################################################################

# client_releases NAME: gives its lease back, and ends.
client_releases() {
	kill -USR2 "$(lan_pid "dhcp-$1")"
	lab_until 3 refuted lan_address "$1" || return
	lan_ends "dhcp-$1"
}

### dhclient #######################################################################################

client_script() {
	cat >"$LAB/dhclient.sh" <<-'SCRIPT'
		#!/bin/sh
		case $reason in
		BOUND | RENEW | REBIND | REBOOT)
			ip address replace "$new_ip_address/24" dev "$interface"
			for r in $new_routers; do ip route replace default via "$r"; done ;;
		EXPIRE | FAIL | RELEASE | STOP)
			ip -4 address flush dev "$interface" ;;
		BOUND6)
			ip address replace "$new_ip6_address/64" dev "$interface"
			echo "$new_ip6_address" >"$LAB_ADDRESS6" ;;
		PREINIT*)
			ip link set "$interface" up ;;
		esac
		echo "$reason ${new_ip_address:-}${new_ip6_address:-}"
	SCRIPT
	chmod +x "$LAB/dhclient.sh"
}

client_dhclient() {
	client_script
	lab_start "$1" "dhclient-$1" dhclient -4 -d -sf "$LAB/dhclient.sh" -lf "$LAB/dhclient-$1.leases" \
		-pf "$LAB/dhclient-$1.pid" -cf /dev/null eth0
	lab_until 8 lan_address "$1" || { cat "$LAB/dhclient-$1.log"; return 1; }
}

client_dhclient_releases() {
	lab_in "$1" timeout 5 dhclient -4 -r -sf "$LAB/dhclient.sh" -lf "$LAB/dhclient-$1.leases" \
		-pf "$LAB/dhclient-$1.pid" -cf /dev/null eth0
	lab_until 3 refuted lan_address "$1"
}

client_address6() { cat "$LAB/dhclient6-$1.address"; }

# client_dhclient6 NAME: an address from DHCPv6 that is past address detection.
client_dhclient6() {
	client_script
	lab_start "$1" "dhclient6-$1" dhclient -6 -d \
		-e LAB_ADDRESS6="$LAB/dhclient6-$1.address" \
		-sf "$LAB/dhclient.sh" -lf "$LAB/dhclient6-$1.leases" -pf "$LAB/dhclient6-$1.pid" \
		-cf /dev/null eth0
	lab_until 8 test -s "$LAB/dhclient6-$1.address" || { cat "$LAB/dhclient6-$1.log"; return 1; }
	lab_until 4 sh -c "ip -n '$1' -6 -o address show dev eth0 -tentative | grep -q '$(client_address6 "$1")/'"
}

### dhcpcd #########################################################################################

# dhcpcd keeps files of its own, and there is one at a time: it has no hooks, and asks for IPv4 only.
client_dhcpcd_begin() { # NAME OPTION...
	mountpoint -q /var/lib/dhcpcd || mount -t tmpfs lab /var/lib/dhcpcd || return
	lab_start "$1" "dhcpcd-$1" dhcpcd -4 -B -d -f /dev/null -c /bin/true "${@:2}" eth0
	lan_keep "dhcpcd-$1"
}

client_dhcpcd() {
	client_dhcpcd_begin "$1"
	lab_until 12 lan_address "$1" || { cat "$LAB/dhcpcd-$1.log"; return 1; }
}

client_dhcpcd_renews() {
	local log=$LAB/dhcpcd-$1.log before
	before=$(grep -c 'acknowledged' "$log")
	lab_in "$1" dhcpcd -4 -N eth0 >/dev/null 2>&1
	lab_until 5 sh -c "[ \$(grep -c 'acknowledged' '$log') -gt $before ]" || { cat "$log"; return 1; }
}

client_dhcpcd_releases() {
	lab_in "$1" dhcpcd -4 -k eth0 >/dev/null 2>&1
	lab_until 5 refuted lan_address "$1" || return
	lab_until 5 refuted kill -0 "$(lan_pid "dhcpcd-$1")"
}

client_dhcpcd_informs() { # NAME ADDRESS/LENGTH
	client_dhcpcd_begin "$1" -s "$2"
}
