# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# A LAN whose machines get their addresses by themselves: leases from a real DHCP server, IPv6 from
# router advertisements. Sourced after lab.sh, which lists what else has to be installed.
#
#	NAME  ---- lan-NAME  |  br-lan of gw  |  wan0 -- internet: an MQTT broker, a web page
#
# Packages: jq tcpdump, and those of the servers and clients that a test names in lan_needs.

LAN_POOL=10.30.0.100,10.30.0.149,255.255.255.0,120s
LAN_NAMES=()
LAN_EVENTS=$LAB/events.json
declare -A LAN_MAC

# Reasons that accuse somebody of a lie.
LAN_LIES='"arp-spoof","nd-spoof","source-spoof","gateway-spoof","layer-mismatch","dhcp-spoof","dhcp-starvation","dhcp-unasked","lease-refused","wrong-port"'

# lan_needs TOOL...: skip where one is missing.
lan_needs() {
	local tool missing=()
	for tool in jq tcpdump "$@"; do
		command -v "$tool" >/dev/null || missing+=("$tool")
	done
	[ ${#missing[@]} -eq 0 ] || lab_skip "not installed: ${missing[*]} (make deps)"
}

### Building #######################################################################################

# lan_thing NAME [MAC]: a machine that takes router advertisements; its port is lan-NAME.
lan_thing() {
	local mac=${2:-$(printf '02:00:5e:20:00:%02x' $((${#LAN_NAMES[@]} + 1)))}
	LAN_NAMES+=("$1")
	LAN_MAC[$1]=$mac
	ip netns add "$1"
	lab_in "$1" sysctl -qw net.ipv6.conf.default.use_tempaddr="${LAN_TEMPORARY:-0}" \
		net.ipv6.conf.default.router_solicitation_delay=0 net.ipv6.conf.default.accept_ra=1
	ip link add "lan-$1" netns gw type veth peer name eth0 netns "$1" address "$mac"
	ip -n gw link set "lan-$1" master br-lan up
	lab_in "$1" sysctl -qw net.ipv4.neigh.eth0.locktime=0
	ip -n "$1" link set lo up
	ip -n "$1" link set eth0 up
}

# lan_up: gateway, internet, a broker on port 1883 and a page on port 80, of both IP versions.
lan_up() {
	[ -x "$LOADER" ] || lab_die "$LOADER is not built (make)"
	lab_gateway
	lab_internet
	lab_dhcp_script
	cat >"$LAB/mosquitto.conf" <<-CONF
		listener 1883 $BROKER
		listener 1883 $BROKER6
		allow_anonymous true
		persistence false
	CONF
	lab_start internet mosquitto mosquitto -c "$LAB/mosquitto.conf"
	lab_page internet "$BROKER" 80 "a page"
	lab_page internet "[$BROKER6]" 80 "a page, IPv6"
	lab_until 5 fetches internet "http://$BROKER/" || lab_die "the web server does not answer"
}

# Processes are kept in files, because what check calls cannot set a variable. lan_pid LABEL: its id.
lan_keep() { echo "$LAB_PID" >"$LAB/$1.pid"; }
lan_pid() { cat "$LAB/$1.pid"; }

# lan_ends LABEL [SIGNAL]: it is told to end, and is gone.
lan_ends() {
	kill "-${2:-TERM}" "$(lan_pid "$1")" 2>/dev/null
	lab_until 5 refuted kill -0 "$(lan_pid "$1")"
}

# lan_dnsmasq [LINE...]: `dnsmasq`: DHCPv4, router advertisements and DNS on the gateway. LINES: more
# of its configuration.
lan_dnsmasq() {
	{
		cat <<-CONF
			interface=br-lan
			bind-interfaces
			no-resolv
			no-hosts
			no-ping
			user=root
			log-dhcp
			log-facility=-
			dhcp-authoritative
			dhcp-leasefile=$LAB/leases
			dhcp-range=$LAN_POOL
			dhcp-option=option:router,$GATEWAY
			dhcp-option=option:dns-server,$GATEWAY
			address=/broker.example/$BROKER
		CONF
		printf '%s\n' "$@"
	} >"$LAB/dnsmasq.conf"
	lab_start gw dnsmasq dnsmasq --keep-in-foreground --conf-file="$LAB/dnsmasq.conf" --pid-file
	lan_keep dnsmasq
	lab_until 5 resolves gw "$GATEWAY" || lab_die "dnsmasq does not answer: $(cat "$LAB/dnsmasq.log")"
}

LAN_RA=("enable-ra" "dhcp-range=fd00:30::,ra-only,64,10m" "ra-param=br-lan,10,1800")

### Addresses ######################################################################################

# lan_dhcp NAME [OPTION...]: `dhcp-NAME`, a udhcpc that stays, and has its lease.
lan_dhcp() {
	lab_start "$1" "dhcp-$1" busybox udhcpc -i eth0 -f -t 5 -T 1 -A 1 -s "$LAB/udhcpc.sh" "${@:2}"
	lan_keep "dhcp-$1"
	lab_until 20 grep -q '^bound' "$LAB/dhcp-$1.log" && lan_address "$1" # its script is done: routes, too
}

# lan_again NAME: its client starts anew, and asks as a machine does that was just switched on.
lan_again() {
	lan_ends "dhcp-$1"
	ip -n "$1" -4 address flush dev eth0
	lan_dhcp "$1"
}

# lan_renews NAME: it asks for more time, and gets it.
lan_renews() {
	local log=$LAB/dhcp-$1.log before
	before=$(grep -c '^renew' "$log")
	kill -USR1 "$(lan_pid "dhcp-$1")"
	lab_until 8 sh -c "[ \$(grep -c '^renew' '$log') -gt $before ]"
}

# lan_renews_alone NAME: and asks its own server only. udhcpc misses an answer now and then, whoever is
# between, and turns to everybody; so it may try again.
lan_renews_alone() {
	local log=$LAB/dhcp-$1.log try before
	for try in 1 2 3 4 5; do
		before=$(grep -c 'broadcasting renew' "$log")
		lan_renews "$1" || return
		[ "$(grep -c 'broadcasting renew' "$log")" -gt "$before" ] || return 0
	done
	echo "$try times it had to ask everybody"
	return 1
}

# lan_address NAME: its IPv4 address.
lan_address() {
	ip -n "$1" -4 -o address show dev eth0 scope global | awk '{ sub("/.*", "", $4); print $4; n++ }
		END { exit !n }'
}

# lan_address6 NAME [FLAG]: its IPv6 address, one that is used by now; FLAG as `temporary`.
lan_address6() {
	ip -n "$1" -6 -o address show dev eth0 scope global -tentative ${2:+"$2"} 2>/dev/null |
		awk '!/deprecated/ { sub("/.*", "", $4); print $4; n++; exit } END { exit !n }'
}

lan_link_local() {
	ip -n "$1" -6 -o address show dev eth0 scope link | awk '{ sub("/.*", "", $4); print $4; exit }'
}

# lan_neighbour NAME ADDRESS: the MAC address that it believes in.
lan_neighbour() {
	ip -n "$1" neigh show "$2" | sed -n 's/.* lladdr \([^ ]*\).*/\1/p'
}

### The guard ######################################################################################

# lan_inventory FILE [LINE...]: a segment `lan` with all machines, without addresses; LINES are more
# keys of the segment. LAN_SERVER: one more DHCP server, LAN_LEASES:
# where the server keeps what it gave.
lan_inventory() {
	local file=$1 name ports
	shift
	ports=$(printf ', lan-%s' "${LAN_NAMES[@]}")
	{
		echo 'version: 1'
		printf 'gateway:\n  addresses: [%s, "%s"]\n' "$GATEWAY" "$GATEWAY6"
		printf '  resolvers: [%s]\n  time-servers: [%s]\n' "$GATEWAY" "$GATEWAY"
		printf '  dhcp-servers: [%s, "%s"%s]\n' "$GATEWAY" "$GATEWAY6" "${LAN_SERVER:+, $LAN_SERVER}"
		printf '  lease-files: [%s]\n' "${LAN_LEASES:-$LAB/leases}"
		printf 'segments:\n  lan:\n    interfaces: [%s]\n' "${ports#, }"
		printf '    networks: [10.30.0.0/24, "fd00:30::/64"]\n'
		[ $# -eq 0 ] || printf '    %s\n' "$@"
		echo 'profiles:'
		printf '  thing:\n    rules:\n'
		printf '      - %s\n' "${LAN_RULES[@]}"
		echo 'devices:'
		for name in "${LAN_NAMES[@]}"; do
			lan_listed "$name" || continue
			printf '  %s: {mac: "%s", segment: lan, profile: thing%s}\n' "$name" \
				"${LAN_MAC[$name]}" "${LAN_KEYS[$name]:+, ${LAN_KEYS[$name]}}"
		done
	} >"$file"
}

# Which machines the inventory lists, and what else it says of them; tests may say otherwise.
declare -A LAN_KEYS
lan_listed() { true; }

LAN_RULES=(
	"allow to $BROKER icmp/echo-request" "allow to $BROKER6 icmpv6/echo-request"
	"allow to $BROKER tcp/1883" "allow to $BROKER6 tcp/1883"
	"allow to $BROKER tcp/80" "allow to $BROKER6 tcp/80"
	"allow to segment:lan" "allow from segment:lan"
)

# lan_guard [LINE...]: apply the inventory for the first time, and read what happens from now on.
lan_guard() {
	lan_inventory "$LAB/lan.yaml" "$@"
	lab_guard "$LAB/lan.yaml"
	lan_watch
}

# lan_watch: `watch`, events go to $LAN_EVENTS.
lan_watch() {
	nsenter --net=/run/netns/gw -- "$LOADER" --state-dir "$LAB_STATE" events --follow --json \
		</dev/null >>"$LAN_EVENTS" 2>"$LAB/events.log" &
	LAB_PID=$!
	disown
	lan_keep watch
}

# lan_told: all events by machine and reason, as comments.
lan_told() {
	jq -r '"\(.iotguard.event) \(.iotguard.device) \(.iotguard.reason)"' <"$LAN_EVENTS" | sort | uniq -c |
		sed 's/^/# events: /'
}

# lan_dropped REASON...: how many packets were, in both directions.
lan_dropped() {
	lab_iotguard show stats --json | jq --args '[.reasons[] | select(.reason | IN($ARGS.positional[])) |
		.from_device.packets + .to_device.packets] | add // 0' "$@"
}

# lan_lies [NAME...]: events that accuse somebody (of those named) of a lie, one a line. What is dropped
# on the way to a machine is the lie of somebody else.
lan_lies() {
	jq -c --args "select(.direction == \"from-device\" and (.iotguard.reason | IN($LAN_LIES))) |
		select((\$ARGS.positional | length) == 0 or (.iotguard.device | IN(\$ARGS.positional[])))" \
		"$@" <"$LAN_EVENTS"
}

# lan_honest [NAME...]: nobody of them was called a liar.
lan_honest() {
	local lies
	lies=$(lan_lies "$@")
	[ -z "$lies" ] || { echo "$lies" | head -n 5; return 1; }
}

# lan_truth: no packet at all was dropped as a lie, repeats that no event tells included.
lan_truth() {
	local count
	# shellcheck disable=SC2046 # words
	count=$(lan_dropped $(tr -d '"' <<<"${LAN_LIES//,/ }"))
	[ "${count:-0}" -eq 0 ] || { lab_iotguard show stats; lan_lies | head -n 5; return 1; }
}

### Healthy traffic ################################################################################

# lan_series NAME ADDRESS [SECONDS]: asks every 20 ms, from now on. lan_lost ends all series, says how
# many questions had no answer, and fails if nobody asked.
lan_series() {
	lab_start "$1" "series-$1-$2" ping -q -n -i "${3:-0.02}" "$2"
	lan_keep "series-$1-$2"
}

lan_lost() {
	local series log sent received lost=0
	for series in "$LAB"/series-*.pid; do
		series=$(basename "$series" .pid) log=$LAB/$(basename "$series").log
		kill -INT "$(lan_pid "$series")"
		lab_until 2 grep -q received "$log"
		read -r sent received < <(sed -n \
			's/^\([0-9]*\) packets transmitted, \([0-9]*\) received.*/\1 \2/p' "$log")
		rm "$LAB/$series.pid"
		[ "${received:-0}" -gt 0 ] || lost=$((lost + 1000))
		# The last request may be on its way when the series ends.
		[ "${received:-0}" -ge $((${sent:-1} - 1)) ] || lost=$((lost + sent - received))
	done
	echo "$lost"
}

# lan_count NAMESPACE INTERFACE LABEL FILTER...: counts frames that come in there, or that leave, if
# NAMESPACE is not gw; lan_counted LABEL says how many there were so far.
lan_count() {
	local way=out
	[ "$1" != gw ] || way=in
	lab_start "$1" "count-$3" tcpdump -l -n -p -Q "$way" --immediate-mode -i "$2" "${@:4}"
	lan_keep "count-$3"
	LAN_COUNTERS+=("count-$3")
	lab_until 5 grep -q '^listening on' "$LAB/count-$3.log" || lab_die "tcpdump: $(cat "$LAB/count-$3.log")"
}
LAN_COUNTERS=()

lan_counted() {
	grep -c '^[0-9][0-9]:[0-9][0-9]:[0-9][0-9]' "$LAB/count-$1.log"
}

lan_count_end() {
	local label
	for label in "${LAN_COUNTERS[@]}"; do
		lan_ends "$label" INT
	done
	LAN_COUNTERS=()
}
