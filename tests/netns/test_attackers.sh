#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Attackers on one port of a LAN, with the tools that real ones have: does each get what it wants
# without iotguard, and with it nothing, from its first packet on? Do the others notice nothing, and is
# none of them accused?
#
# eve is a known device with a port of her own, in the segment of all others. vic and wit have leases
# and addresses from router advertisements, nothing of them is listed. lou comes anew whenever the
# DHCP server is attacked.
#
# Prints `# TABLE tool | reason | malicious packets that passed | healthy packets lost`.

. "$(dirname "${BASH_SOURCE[0]}")/lab.sh"
lab_enter "$0" "$@"
. "$LAB_SOURCE/lan.sh"
lan_needs arpspoof atk6-fake_router26 atk6-parasite6 atk6-fake_advertise6 atk6-redir6 yersinia

LAN_POOL=10.30.0.100,10.30.0.119,255.255.255.0,120s
EVE=10.30.0.66 EVE6=fd00:30::66
EVIL=10.30.0.200,10.30.0.210,255.255.255.0,2m
FRAME=$(lab_tool frame) && STARVE=$(lab_tool starve) || lab_die "the tools cannot be built"

### The attacks ####################################################################################
#
# Each has: tool_X, what it does, in eve's namespace, in the background. won_X: it has what it wants.
# lies_X: which of the frames of eve's port are malicious. reason_X: what drops them. Perhaps
# before_X, at the victims, just before. `just_passes` where a frame got over is all there is to win.

# evil COMMAND...: in the background, so that it can be ended.
evil() {
	lab_start eve "tool" "$@"
	TOOLS+=("$LAB_PID")
}
TOOLS=()

just_passes() {
	[ "$(lan_counted passed)" -gt 0 ]
}

# ARP, for both sides of a conversation.
ATTACKS="arpspoof"
name_arpspoof="arpspoof -r"
tool_arpspoof() { evil arpspoof -i eth0 -t "$VIC" -r "$GATEWAY"; }
won_arpspoof() { [ "$(lan_neighbour vic "$GATEWAY")" = "$EVE_MAC" ] && [ "$(lan_neighbour gw "$VIC")" = "$EVE_MAC" ]; }
lies_arpspoof() { echo "arp and ether src $EVE_MAC and arp[14:4] != $(hex4 "$EVE")"; }
reason_arpspoof=arp-spoof

# She has the gateway's address, and says so whenever somebody asks.
ATTACKS+=" gateway4"
name_gateway4="the gateway's IPv4 address (arping -A)"
tool_gateway4() {
	lab_in eve sysctl -qw net.ipv4.ip_nonlocal_bind=1
	evil arping -q -A -c 20 -w 4 -I eth0 -s "$GATEWAY" "$GATEWAY"
}
won_gateway4() { [ "$(lan_neighbour vic "$GATEWAY")" = "$EVE_MAC" ]; }
lies_gateway4() { echo "arp and ether src $EVE_MAC and arp[14:4] = $(hex4 "$GATEWAY")"; }
reason_gateway4=arp-spoof

ATTACKS+=" source4"
name_source4="the gateway's IPv4 address as source"
tool_source4() { frames "$EVE_MAC" "${LAN_MAC[vic]}" ip "$GATEWAY" "$VIC" udp 53 5000 forged; }
won_source4() { just_passes; }
lies_source4() { echo "ether src $EVE_MAC and src host $GATEWAY and udp"; }
reason_source4=source-spoof

ATTACKS+=" source6"
name_source6="the gateway's IPv6 address as source"
tool_source6() { frames "$EVE_MAC" "${LAN_MAC[vic]}" ip "$GATEWAY6" "$VIC6" udp 53 5000 forged; }
won_source6() { just_passes; }
lies_source6() { echo "ether src $EVE_MAC and src host $GATEWAY6 and udp"; }
reason_source6=source-spoof

ATTACKS+=" neighbour4"
name_neighbour4="a neighbour's IPv4 address as source"
tool_neighbour4() { frames "$EVE_MAC" "${LAN_MAC[vic]}" ip "$WIT" "$VIC" udp 53 5000 forged; }
won_neighbour4() { just_passes; }
lies_neighbour4() { echo "ether src $EVE_MAC and src host $WIT and udp"; }
reason_neighbour4=source-spoof

ATTACKS+=" neighbour6"
name_neighbour6="a neighbour's IPv6 address as source"
tool_neighbour6() { frames "$EVE_MAC" "${LAN_MAC[vic]}" ip "$WIT6" "$VIC6" udp 53 5000 forged; }
won_neighbour6() { just_passes; }
lies_neighbour6() { echo "ether src $EVE_MAC and src host $WIT6 and udp"; }
reason_neighbour6=source-spoof

ATTACKS+=" mac"
name_mac="the gateway's MAC address"
tool_mac() { frames "$GATEWAY_MAC" "${LAN_MAC[vic]}" ip "$BROKER" "$VIC" udp 53 5000 forged; }
won_mac() { just_passes; }
lies_mac() { echo "ether src $GATEWAY_MAC"; }
reason_mac=gateway-spoof

# IPv6 discovery.
ATTACKS+=" router"
name_router="fake_router26"
tool_router() { evil atk6-fake_router26 -i 1 -A fd00:66::/64 eth0; }
won_router() { ip -n vic -6 route show default | grep -q "$EVE_LL" && ip -n vic -6 address show dev eth0 | grep -q fd00:66:; }
lies_router() { echo "ether src $EVE_MAC and ip6 dst host ff02::1"; }
reason_router=nd-spoof

ATTACKS+=" router_hop"
name_router_hop="fake_router26 -E H (hop-by-hop header)"
tool_router_hop() { evil atk6-fake_router26 -E H -i 1 -A fd00:66::/64 eth0; }
won_router_hop() { won_router; }
lies_router_hop() { lies_router; }
reason_router_hop=nd-spoof

ATTACKS+=" router_fragment"
name_router_fragment="fake_router26 -E 1 (fragment header)"
tool_router_fragment() { evil atk6-fake_router26 -E 1 -i 1 -A fd00:66::/64 eth0; }
won_router_fragment() { just_passes; } # Linux itself refuses it (RFC 6980)
lies_router_fragment() { lies_router; }
reason_router_fragment=nd-spoof

ATTACKS+=" parasite"
name_parasite="parasite6 -l"
tool_parasite() {
	evil atk6-parasite6 -l eth0
	lab_until 3 grep -q Started "$LAB/tool.log"
	ip -n vic neigh flush dev eth0 # so that vic asks
}
won_parasite() { [ "$(lan_neighbour vic "$WIT6")" = "$EVE_MAC" ] && [ "$(lan_neighbour vic "$GW_LL")" = "$EVE_MAC" ]; }
lies_parasite() { echo "ether src $EVE_MAC and icmp6 and ip6[40] = 136 and ip6[60:4] != $EVE_LL_END and ip6[60:4] != 0x66"; }
reason_parasite=nd-spoof

ATTACKS+=" advertise"
name_advertise="fake_advertise6"
tool_advertise() { evil atk6-fake_advertise6 -w 1 eth0 "$WIT6" "$VIC6"; }
won_advertise() { [ "$(lan_neighbour vic "$WIT6")" = "$EVE_MAC" ]; }
lies_advertise() { lies_parasite; }
reason_advertise=nd-spoof

ATTACKS+=" advertise_gateway"
name_advertise_gateway="fake_advertise6 (the gateway's address)"
tool_advertise_gateway() { evil atk6-fake_advertise6 -r -w 1 eth0 "$GW_LL"; }
won_advertise_gateway() { [ "$(lan_neighbour vic "$GW_LL")" = "$EVE_MAC" ]; }
lies_advertise_gateway() { lies_parasite; }
reason_advertise_gateway=nd-spoof

ATTACKS+=" redirect"
name_redirect="redir6"
tool_redirect() { evil sh -c "while :; do atk6-redir6 eth0 $VIC6 $PORTAL6 $GW_LL $EVE_LL $EVE_MAC; sleep 0.5; done"; }
won_redirect() { ip -n vic -6 route get "$PORTAL6" | grep -q "$EVE_LL"; }
lies_redirect() { echo "icmp6 and (ip6[40] = 137 or src host $PORTAL6)"; }
reason_redirect="gateway-spoof source-spoof" # the frames have the MAC address of whom they imitate

# DHCP.
ATTACKS+=" rogue"
name_rogue="a second dnsmasq"
before_rogue() { [ -n "$GUARDED" ] || kill -STOP "$(lan_pid dnsmasq)"; }
tool_rogue() {
	evil dnsmasq --keep-in-foreground --conf-file=/dev/null --pid-file --port=0 --user=root --no-ping \
		--interface=eth0 --bind-interfaces --dhcp-range="$EVIL" --dhcp-authoritative \
		--dhcp-option="option:router,$EVE" --dhcp-leasefile="$LAB/evil-leases"
	lab_until 2 lan_sees_server
	lou_asks
}
lan_sees_server() { lab_in eve ss -lun | grep -q ':67 '; }
won_rogue() { ip -n lou route show default | grep -q "via $EVE"; }
lies_rogue() { echo "ether src $EVE_MAC and udp src port 67"; }
after_rogue() { kill -CONT "$(lan_pid dnsmasq)"; }
reason_rogue=group-refused # she does not even hear the question

ATTACKS+=" answer"
name_answer="forged DHCP answers, from the server's address"
tool_answer() { evil "$STARVE" answer eth0 40 40 "$GATEWAY" "${LAN_MAC[vic]}" 10.30.0.205; }
won_answer() { just_passes; }
lies_answer() { lies_rogue; }
reason_answer=source-spoof

ATTACKS+=" answer_own"
name_answer_own="forged DHCP answers, from its own address"
tool_answer_own() { evil "$STARVE" answer eth0 40 40 "$EVE" "${LAN_MAC[vic]}" 10.30.0.205; }
won_answer_own() { just_passes; }
lies_answer_own() { lies_rogue; }
reason_answer_own=dhcp-spoof

ATTACKS+=" relay"
name_relay="DHCP as a relay"
tool_relay() { evil "$STARVE" relay eth0 40 40 "$EVE"; }
won_relay() { just_passes; }
lies_relay() { lies_strangers; }
reason_relay=dhcp-spoof

ATTACKS+=" yersinia"
name_yersinia="yersinia dhcp -attack 1"
tool_yersinia() { evil sh -c "cd $LAB; sleep 60 | yersinia dhcp -attack 1 -interface eth0 -M"; }
won_yersinia() { just_passes; }
lies_yersinia() { lies_strangers; }
reason_yersinia=dhcp-starvation

ATTACKS+=" strangers"
name_strangers="DHCP starvation, random hardware addresses"
tool_strangers() { evil "$STARVE" strangers eth0 60 20; }
won_strangers() { exhausted; }
lies_strangers() { echo "udp dst port 67 and not (ether src ${LAN_MAC[vic]} or ether src ${LAN_MAC[wit]} or ether src ${LAN_MAC[lou]})"; }
reason_strangers=dhcp-starvation

ATTACKS+=" names"
name_names="DHCP starvation, own hardware address, ever new client ids"
tool_names() { evil "$STARVE" names eth0 60 20; }
won_names() { exhausted; }
lies_names() { lies_strangers; }
reason_names=dhcp-starvation

ATTACKS+=" reboot"
name_reboot="DHCP starvation, only REQUESTs, ever new client ids"
tool_reboot() { evil "$STARVE" reboot eth0 60 20 10.30.0.100; }
won_reboot() { exhausted; }
lies_reboot() { lies_strangers; }
reason_reboot=dhcp-starvation

# exhausted: the pool is, so a machine that comes anew gets nothing.
exhausted() {
	[ "$(grep -c ' 10\.30\.0\.1[01][0-9] ' "$LAB/leases")" -ge 20 ] && refuted leases lou
}

lou_asks() {
	lab_start lou lou busybox udhcpc -i eth0 -f -q -n -t 4 -T 1 -s "$LAB/udhcpc.sh"
	LOU=$LAB_PID
}

# frames SOURCE-MAC DESTINATION-MAC LAYER...: forty of them.
frames() {
	evil sh -c 'for n in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do "$@"; sleep 0.02; done' \
		frames "$FRAME" send eth0 "$@"
}

hex4() {
	local a b c d
	IFS=. read -r a b c d <<<"$1"
	printf '0x%02x%02x%02x%02x' "$a" "$b" "$c" "$d"
}

### How an attack is played ########################################################################

declared() { declare -F "$1" >/dev/null; }

stop_tools() {
	local tool
	for tool in "${TOOLS[@]}"; do
		end_tree "$tool"
	done
	TOOLS=()
}

end_tree() {
	local child
	for child in $(pgrep -P "$1"); do
		end_tree "$child"
	done
	kill -9 "$1" 2>/dev/null
}

# heal: nobody believes anything of eve any more; the server has forgotten her leases.
heal() {
	local name
	ip -n lou -4 address flush dev eth0
	for name in gw vic wit lou eve; do
		ip -n "$name" neigh flush all
	done
	ip -n vic -6 route flush cache
	case $1 in
	router*)
		for name in vic wit lou; do
			ip -n "$name" -6 route del default via "$EVE_LL" dev eth0 2>/dev/null
			ip -n "$name" -6 address flush dev eth0 to fd00:66::/64
			ip -n "$name" -6 route flush dev eth0 to fd00:66::/64 2>/dev/null
		done ;;
	strangers | names | reboot) serve_anew ;;
	redirect) renumber vic ;;
	esac
	! ip -n vic -6 route | grep -q "$EVE_LL" || lab_die "vic still believes eve after $1: $(ip -n vic -6 route)"
}

# serve_anew: dnsmasq without any lease but those of vic and wit.
serve_anew() {
	lan_ends dnsmasq
	sed -i '/ 02:00:5e:20:00:0[12] /!d' "$LAB/leases"
	lan_dnsmasq "${LAN_RA[@]}"
}

# renumber NAME: IPv6 from scratch.
renumber() {
	lab_in "$1" sysctl -qw net.ipv6.conf.eth0.disable_ipv6=1
	lab_in "$1" sysctl -qw net.ipv6.conf.eth0.disable_ipv6=0
	lab_until 6 has6 "$1" || lab_die "$1 has no IPv6 address"
}

has6() { lan_address6 "$1" && ip -n "$1" -6 route show default | grep -q via; }

begin() { # ATTACK
	! declared "before_$1" || "before_$1"
	lan_count eve eth0 sent "$(lies_"$1")"
	lan_count gw lan-eve passed "$(lies_"$1")"
	"tool_$1"
}

end() { # ATTACK
	stop_tools
	sleep 0.1 # what it sent last is on its way
	SENT=$(lan_counted sent) PASSED=$(lan_counted passed)
	lan_count_end
	! declared "after_$1" || "after_$1"
}

# healthy: what goes on meanwhile, and gives everybody somebody to believe in.
healthy() {
	lan_series vic "$BROKER"
	lan_series vic "$BROKER6"
	lan_series vic "$WIT"
	lan_series wit "$VIC6"
}

open_attack() { # ATTACK
	local name=name_$1
	healthy
	begin "$1"
	check "without iotguard it succeeds: ${!name}" lab_until 8 "won_$1" || tail -n 3 "$LAB/tool.log" | sed 's/^/#   /'
	end "$1"
	lan_lost >/dev/null
	printf '# %s: %d malicious packets sent, %d passed\n' "${!name}" "$SENT" "$PASSED"
	heal "$1"
}

# enough ATTACK: the tool has had its say: all of it where it ends by itself, else ten packets.
enough() {
	case $1 in
	strangers | names | reboot) grep -q '^leases' "$LAB/tool.log" ;;
	*) [ "$(lan_counted sent)" -ge 10 ] ;;
	esac
}

# counts REASON...: each with its number so far.
counts() {
	local reason
	for reason; do echo "$reason $(lan_dropped "$reason")"; done
}

# since BEFORE AFTER: what was added, as `reason N, reason N`. added: the sum of it.
since() {
	awk 'NR == FNR { before[$1] = $2; next }
		$2 > before[$1] { printf "%s%s %d", sep, $1, $2 - before[$1]; sep = ", " }' \
		<(echo "$1") <(echo "$2")
}

added() {
	tr ',' '\n' <<<"$1" | awk '{ n += $2 } END { print n + 0 }'
}

guarded_attack() { # ATTACK
	local name=name_$1 reason=reason_$1 before after dropped lost
	# shellcheck disable=SC2086 # words
	before=$(counts ${!reason})
	healthy
	begin "$1"
	lab_until 5 enough "$1"
	check "with it, it fails: ${!name}" refuted "won_$1"
	case $1 in
	rogue) check "and the right server is heard" lab_until 5 right_lease ;;
	strangers | names | reboot | yersinia) check "and a lease is to be had: ${!name}" leases lou ;;
	esac
	lost=$(lan_lost)
	end "$1"
	# shellcheck disable=SC2086 # words
	after=$(counts ${!reason})
	dropped=$(since "$before" "$after")
	check "nobody else lost a packet: ${!name}" [ "$lost" -eq 0 ]
	case $1 in
	names | reboot) ;; # up to eight leases are its own good right
	rogue) check "nothing to answer was heard" [ "$PASSED" -eq 0 ] ;;
	*)
		check "no packet of it passed: ${!name}" [ "$PASSED" -eq 0 ]
		check "all of it counts as ${!reason}: ${!name}" [ "$(added "$dropped")" -ge "$SENT" ] ||
			lab_iotguard show stats | sed 's/^/#   /'
		;;
	esac
	printf '# TABLE %s | %s | %d of %d | %d\n' "${!name}" "${dropped:-none}" "$PASSED" "$SENT" "$lost"
	heal "$1"
}

right_lease() { ip -n lou route show default | grep -q "via $GATEWAY"; }

### The play #######################################################################################

lan_up
for name in vic wit eve lou; do lan_thing "$name"; done
EVE_MAC=${LAN_MAC[eve]}
for conf in accept_ra=0 autoconf=0; do lab_in eve sysctl -qw "net.ipv6.conf.eth0.$conf"; done
ip -n eve address add "$EVE/24" dev eth0
ip -n eve address add "$EVE6/64" dev eth0 nodad
lan_dnsmasq "${LAN_RA[@]}"
for name in vic wit; do lan_dhcp "$name" >/dev/null || lab_die "no lease for $name"; done
for name in vic wit lou; do
	lab_until 8 has6 "$name" || lab_die "no IPv6 address for $name"
done
VIC=$(lan_address vic) WIT=$(lan_address wit) VIC6=$(lan_address6 vic) WIT6=$(lan_address6 wit)
EVE_LL=$(lan_link_local eve) GW_LL=$(ip -n gw -6 -o address show dev br-lan scope link | awk '{ sub("/.*", "", $4); print $4 }')
EVE_LL_END=0xfe20$(printf %04x "0x${EVE_LL##*:}")
LAN_KEYS[eve]="addresses: [$EVE, \"$EVE6\"]"

GUARDED=
for attack in ${ONLY:-$ATTACKS}; do open_attack "$attack"; done

GUARDED=yes
lan_guard
for name in vic wit; do check "$name gets its lease under the guard" lan_again "$name"; done
lab_until 3 pings vic "$BROKER" || lab_die "no healthy traffic"
for attack in ${ONLY:-$ATTACKS}; do guarded_attack "$attack"; done
check "none of the victims was called a liar" lan_honest vic wit lou
lab_done
