# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# The maker of things: a web server that is things.example, with MUD files that it signs. Sourced after lab.sh, or after
# whatever says LAB, LAB_BUILD, PORTAL, lab_die and lab_skip as that does.
#
#	maker_up				once lab_internet was; in $MAKER_CA the certificate of its signers' CA
#	maker_publishes plug "$(maker_may a.example 443)"...
#						the file is https://things.example/plug.json, its signature beside it
#	busybox udhcpc ... -x "$(option_161 URL)"	a machine says so by DHCP
#
# Packages: openssl jq xxd; built: iotguard-mud, tests/web/server

MAKER=things.example
MAKER_DIR=$LAB/maker
MAKER_SITE=$MAKER_DIR/site
# shellcheck disable=SC2034 # for who sources this
MAKER_CA=$MAKER_DIR/signers.pem
MAKER_SERVER=$LAB_BUILD/tests/web/server
MAKER_USER=31415 # of nobody on this machine

maker_needs() {
	local tool
	[ -x "$LAB_BUILD/iotguard-mud" ] || lab_skip "$LAB_BUILD/iotguard-mud is not built (libcurl, OpenSSL)"
	[ -x "$MAKER_SERVER" ] || lab_skip "$MAKER_SERVER is not built (OpenSSL)"
	for tool in openssl jq xxd; do
		command -v "$tool" >/dev/null || lab_skip "$tool is not installed (make deps)"
	done
}

### Certificates ###################################################################################

# maker_authority NAME
maker_authority() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 -subj "/O=Test/CN=$1" \
		-addext "keyUsage=critical,keyCertSign" -keyout "$MAKER_DIR/$1.key" -out "$MAKER_DIR/$1.pem"
}

# maker_certificate NAME AUTHORITY EXTENSION
maker_certificate() {
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/O=Things/CN=$1" \
		-keyout "$MAKER_DIR/$1.key" -out "$MAKER_DIR/$1.csr" &&
		openssl x509 -req -in "$MAKER_DIR/$1.csr" -CA "$MAKER_DIR/$2.pem" -CAkey "$MAKER_DIR/$2.key" \
			-CAcreateserial -days 30 -extfile <(echo "$3") -out "$MAKER_DIR/$1.pem"
}

### The server #####################################################################################

# Names, users and trust of the gateway, which are in here only. The system trusts the CA of web servers, as it does;
# nobody trusts that of the signers so far.
maker_etc() {
	cp -a /etc "$LAB/etc" && mount --bind "$LAB/etc" /etc || return
	echo "$PORTAL $MAKER" >>/etc/hosts
	echo "iotguard:x:$MAKER_USER:$MAKER_USER::/nonexistent:/usr/sbin/nologin" >>/etc/passwd
	echo "iotguard:x:$MAKER_USER:" >>/etc/group
	mkdir -p /etc/ssl/certs && rm -rf /etc/iotguard && mkdir -p /etc/iotguard/mud-ca.d &&
		cat "$MAKER_DIR/web.pem" >"$LAB/bundle" && rm -f /etc/ssl/certs/ca-certificates.crt &&
		cp "$LAB/bundle" /etc/ssl/certs/ca-certificates.crt
}

# Those of the web server, signed by `web`, and of the signer, signed by `signers`.
maker_certificates() {
	mkdir -p "$MAKER_SITE"
	{ maker_authority web && maker_authority signers &&
		maker_certificate server web "subjectAltName=DNS:$MAKER" &&
		maker_certificate signer signers "keyUsage=critical,digitalSignature"; } >"$LAB/maker.log" 2>&1 ||
		lab_die "certificates: $(tail -n 5 "$LAB/maker.log")"
}

# In $MAKER_SERVER_PID what ends it.
maker_serves() {
	local fd line
	exec {fd}< <(exec nsenter --net=/run/netns/internet -- "$MAKER_SERVER" "$PORTAL" 443 "$MAKER_DIR/server.pem" \
		"$MAKER_DIR/server.key" "$MAKER_SITE" 2>&1)
	# shellcheck disable=SC2034 # for who sources this
	MAKER_SERVER_PID=$!
	read -r line <&"$fd"
	[ "$line" = ready ] || lab_die "no server: $line"
}

maker_up() {
	maker_certificates
	maker_etc || lab_die "the gateway's /etc"
	unset http_proxy https_proxy HTTPS_PROXY all_proxy ALL_PROXY
	maker_serves
}

### Its files ######################################################################################

# maker_may NAME PORT: an entry, to open TCP there.
maker_may() {
	jq -n --arg name "$1" --argjson port "$2" '{name: "to-\($name)-\($port)", actions: {forwarding: "accept"},
		matches: {ipv4: {protocol: 6, "ietf-acldns:dst-dnsname": $name},
			tcp: {"destination-port": {operator: "eq", port: $port}, "ietf-mud:direction-initiated": "from-device"}}}'
}

maker_publishes() { # NAME ENTRY...
	local file=$MAKER_SITE/$1
	jq -n --arg url "https://$MAKER/$1.json" --arg info "a ${1//[^a-z]/} of Things" '
		{"ietf-mud:mud": {"mud-version": 1, "mud-url": $url, "last-update": "2026-03-02T09:30:00Z", "cache-validity": 1,
			"is-supported": true, systeminfo: $info, "mfg-name": "Things",
			"from-device-policy": {"access-lists": {"access-list": [{name: "from"}]}}},
		 "ietf-access-control-list:acls": {acl: [{name: "from", type: "ipv4-acl-type",
			aces: {ace: $ARGS.positional}}]}}' --jsonargs "${@:2}" >"$file.json" &&
		openssl cms -sign -binary -outform DER -nosmimecap -in "$file.json" -out "$file.p7s" \
			-signer "$MAKER_DIR/signer.pem" -inkey "$MAKER_DIR/signer.key"
}

### What devices say ###############################################################################

# option_161 URL: for udhcpc.
option_161() {
	printf '0xa1:%s' "$(printf %s "$1" | xxd -p | tr -d '\n')"
}
