#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# What a machine needs to build, test and demonstrate iotguard, and how to get it.
#
#   deps.sh check GROUP...     name what is missing; exit 1 if anything is
#   deps.sh install GROUP...   install what is missing (apt; as root)
#   deps.sh ensure GROUP...    install if root, else name it; fails only where going on is no use
#
# Groups: build optional tests fuzz evasion bench demo kernel deb. What is there is found by looking for the thing itself
# and not for its package, so that a compiler from elsewhere counts.

set -euo pipefail
cd "$(dirname "$0")/.."
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

# group  package  how to see that it is there  what it is for
table() {
	cat <<-'END'
	build    clang             cmd:clang              compiles the BPF programs
	build    llvm              cmd:llvm-strip         strips the BPF object, keeps its types
	build    bpftool           run:bpftool,version    makes the skeleton header
	build    gcc               cmd:gcc                compiles the library and the loader
	build    libc6-dev         hdr:stdio.h            headers of the C library
	build    pkg-config        cmd:pkg-config         finds the libraries below
	build    libbpf-dev        pc:libbpf              loads and attaches the BPF programs
	build    libelf-dev        pc:libelf              libbpf reads objects with it
	build    zlib1g-dev        pc:zlib                libelf reads compressed sections with it
	build    libfyaml-dev      pc:libfyaml            reads inventories
	build    libjansson-dev    pc:jansson             writes JSON
	optional libpcap-dev       pc:libpcap             replay reads captures with it
	optional libcurl4-openssl-dev pc:libcurl          mud fetches with it
	optional libssl-dev        pc:libcrypto           mud verifies signatures with it
	optional scdoc             cmd:scdoc              man pages
	tests    libcmocka-dev     pc:cmocka              unit tests
	tests    iproute2          cmd:ip                 namespaces, bridges and tc in the tests
	tests    ethtool           cmd:ethtool            offloads in the tests
	tests    procps            cmd:sysctl             forwarding in the tests
	tests    tcpdump           cmd:tcpdump            names the machines in foreign captures
	tests    kmod              cmd:modprobe           loads veth and others where modular
	tests    rustc             cmd:rustc              compiles the independent judge
	tests    dsniff            cmd:arpspoof           attacks: ARP
	tests    thc-ipv6          cmd:atk6-parasite6     attacks: IPv6 discovery
	tests    yersinia          cmd:yersinia           attacks: DHCP
	tests    kea-dhcp4-server  cmd:kea-dhcp4          a DHCP server
	tests    radvd             cmd:radvd              router advertisements
	tests    unbound           cmd:unbound            a resolver
	tests    isc-dhcp-client   cmd:dhclient           a DHCP client
	tests    dhcpcd-base       cmd:dhcpcd             a DHCP client
	tests    jq                cmd:jq                 reads JSON in the laboratories
	tests    g++               cmd:g++                the library's header and example in C++
	tests    libssl-dev        pc:libssl              a server that speaks TLS
	tests    openssl           cmd:openssl            certificates and signatures
	tests    bsdutils          cmd:script             a terminal to complete at
	tests    zsh               cmd:zsh                completes
	fuzz     libclang-rt-dev   clang:fuzzer           fuzzers
	evasion  iproute2          cmd:ip                 interfaces to compare on
	evasion  xdp-tools         cmd:xdp-filter         is compared with
	evasion  nftables          cmd:nft                is compared with
	bench    iproute2          cmd:ip                 interfaces to compare on
	bench    xdp-tools         cmd:xdp-filter         is compared with
	bench    nftables          cmd:nft                is compared with
	bench    jq                cmd:jq                 makes the table
	demo     iproute2          cmd:ip                 namespaces and bridges in the laboratory
	demo     ethtool           cmd:ethtool            offloads in the laboratory
	demo     kmod              cmd:modprobe           loads veth and others where modular
	demo     procps            cmd:sysctl             forwarding in the laboratory
	demo     dnsmasq-base      cmd:dnsmasq            DHCP and DNS in the laboratory
	demo     nftables          cmd:nft                masquerade in the laboratory
	demo     mosquitto         cmd:mosquitto          MQTT server in the laboratory
	demo     mosquitto-clients cmd:mosquitto_pub      MQTT client in the laboratory
	demo     curl              cmd:curl               HTTP client in the laboratory
	demo     bind9-dnsutils    cmd:dig                DNS client in the laboratory
	demo     iputils-ping      cmd:ping               ping in the laboratory
	demo     iputils-arping    cmd:arping             ARP in the laboratory
	demo     busybox-static    cmd:busybox            web server in the laboratory
	kernel   qemu-system-x86   cmd:qemu-system-x86_64 runs a second kernel
	kernel   busybox-static    cmd:busybox            user space of the second kernel
	kernel   cpio              cmd:cpio               packs it
	deb      dpkg-dev          cmd:dpkg-buildpackage  builds packages
	deb      debhelper         cmd:dh                 builds packages
	deb      lintian           cmd:lintian            looks at packages
	deb      debootstrap       cmd:debootstrap        a machine to install packages on
	deb      systemd-container cmd:systemd-nspawn     boots that machine
	deb      nftables          cmd:nft                the backstop
	deb      iputils-ping      cmd:ping               traffic while packages are upgraded
	deb      iproute2          cmd:ip                 its network
	deb      dnsmasq-base      cmd:dnsmasq            a resolver on its internet
	deb      busybox           cmd:busybox            a DHCP client
	deb      openssl           cmd:openssl            certificates and signatures of MUD files
	deb      jq                cmd:jq                 makes MUD files
	deb      xxd               cmd:xxd                writes options of DHCP
	END
}

there() {
	case $1 in
	cmd:*) command -v "${1#cmd:}" >/dev/null ;;
	run:*) IFS=, read -ra words <<<"${1#run:}"; "${words[@]}" >/dev/null 2>&1 ;;
	pc:*) pkg-config --exists "${1#pc:}" 2>/dev/null ;;
	clang:*) [ -e "$(clang --print-file-name="libclang_rt.${1#clang:}-$(uname -m).a" 2>/dev/null)" ] ;;
	hdr:*) [ -e "/usr/include/${1#hdr:}" ] ;;
	esac
}

# Fills missing (packages, each once) and missing_group, missing_why (by package).
declare -a missing=()
declare -A missing_group=() missing_why=()
look() {
	local group package probe why
	missing=() missing_group=() missing_why=()
	while read -r group package probe why; do
		[[ " $* " == *" $group "* ]] || continue
		[ -z "${missing_group[$package]:-}" ] || continue
		there "$probe" && continue
		missing+=("$package")
		missing_group[$package]=$group
		missing_why[$package]=$why
	done < <(table)
}

list() {
	local package
	for package in "${missing[@]}"; do
		printf '  %-18s %-9s %s\n' "$package" "${missing_group[$package]}" \
			"${missing_why[$package]}"
	done
}

no_apt="no apt here: get them from the system's own package manager (the names are Debian's)"
has_apt() { command -v apt-get >/dev/null && command -v dpkg >/dev/null; }
is_root() { [ "$(id -u)" = 0 ]; }

# Is going on without this package no use? A test that lacks its tool counts as skipped.
needed() {
	case ${missing_group[$1]} in
	build) return 0 ;;
	demo) [[ " ${groups[*]} " != *" tests "* ]] ;;
	tests) [ "$1" = libcmocka-dev ] ;;
	*) return 1 ;;
	esac
}

any_needed() {
	local package
	for package in "${missing[@]}"; do
		if needed "$package"; then
			return 0
		fi
	done
	return 1
}

# Services of packages that we bring in stay off: now, by a policy-rc.d of our own that goes away
# again, and at the next boot.
policy=/usr/sbin/policy-rc.d
policy_ours=
services_off() {
	if [ ! -e "$policy" ]; then
		printf '#!/bin/sh\nexit 101\n' >"$policy"
		chmod 755 "$policy"
		policy_ours=1
	fi
}

services_restore() {
	if [ -n "$policy_ours" ]; then
		rm -f "$policy"
		policy_ours=
	fi
}

# Not begun at the next boot either.
stays_off() {
	case $1 in
	mosquitto | kea-dhcp4-server | radvd | unbound)
		update-rc.d "$1" disable >/dev/null 2>&1 || true
		rm -f "/etc/systemd/system/multi-user.target.wants/$1.service"
		;;
	esac
}

# Older and newer systems lack some of the packages.
known_here() {
	apt-cache show "$(apt_name "$1")" >/dev/null 2>&1
}

# Ubuntu has bpftool in its kernel tools.
apt_name() {
	if [ "$1" = bpftool ] && ! apt-cache show bpftool >/dev/null 2>&1; then
		echo linux-tools-generic
	else
		echo "$1"
	fi
}

apt_install() {
	local -a names=()
	local package
	export DEBIAN_FRONTEND=noninteractive

	echo "updating the package lists"
	apt-get -q -q update || echo "deps: the package lists could not be updated" >&2
	for package in "$@"; do
		# One name that the system does not know would keep all others from being installed.
		if needed "$package" || known_here "$package"; then
			names+=("$(apt_name "$package")")
		else
			echo "deps: no package $package here" >&2
		fi
	done

	trap services_restore EXIT
	services_off
	echo "installing: ${names[*]}"
	local rc=0
	apt-get -q -q -y --no-install-recommends -o Dpkg::Use-Pty=0 install "${names[@]}" \
		</dev/null || rc=$?
	services_restore
	trap - EXIT
	for package in "${names[@]}"; do
		stays_off "$package"
	done
	return "$rc"
}

install() {
	look "${groups[@]}"
	if [ "${#missing[@]}" -gt 0 ]; then
		echo "missing:"
		list
		if ! has_apt; then
			echo "deps: $no_apt" >&2
			return 1
		fi
		if ! is_root; then
			echo "deps: installing needs root: sudo make deps" >&2
			return 1
		fi
		apt_install "${missing[@]}" || return 1
		look "${groups[@]}"
		if [ "${#missing[@]}" -gt 0 ]; then
			echo "deps: still missing:" >&2
			list >&2
			return 1
		fi
	fi
}

# The second kernel is a file in the build directory and never installed.
kernel() {
	if [[ " ${groups[*]} " == *" kernel "* ]]; then
		tests/kernels/fetch || echo "deps: no second kernel; its tests will be skipped" >&2
	fi
}

mode=${1:-}
if [ "$#" -gt 0 ]; then
	shift
fi
groups=("$@")

case $mode in
check)
	look "${groups[@]}"
	if [ "${#missing[@]}" -gt 0 ]; then
		echo "missing:" >&2
		list >&2
		echo "get them with: sudo make deps" >&2
		exit 1
	fi
	;;
install)
	install
	kernel
	;;
ensure)
	look "${groups[@]}"
	if [ "${#missing[@]}" -gt 0 ]; then
		if is_root && has_apt; then
			install || look "${groups[@]}"
		else
			echo "missing:" >&2
			list >&2
			if has_apt; then
				echo "get them with: sudo make deps" >&2
			else
				echo "$no_apt" >&2
			fi
		fi
		if any_needed; then
			exit 1
		fi
	fi
	kernel
	;;
*)
	sed -n '/^#   deps.sh/s/^# *//p' "$0" >&2
	exit 2
	;;
esac
