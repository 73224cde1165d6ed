#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# MUD files over a real HTTPS: what is in order is taken into use; whatever is not is refused, for the reason that it is,
# and the file before stays in use. Root becomes the user iotguard first, who has no right left.

. "$(dirname "${BASH_SOURCE[0]}")/lab.sh"
lab_enter "$0" "$@"

SERVER=$LAB_BUILD/tests/web/server
HELPER=$LAB_BUILD/iotguard-mud
USER_ID=31415 # of nobody on this machine
HOST=things.example
PKI=$LAB/pki CACHE=$LAB/cache
SIGNED=$LAB_TREE/../shared/data/mud/signed # not ours to keep: left out where it is not there

[ -x "$HELPER" ] || lab_skip "$HELPER is not built (libcurl, OpenSSL)"
[ -x "$SERVER" ] || lab_skip "$SERVER is not built (OpenSSL)"
for tool in openssl jq; do
	command -v "$tool" >/dev/null || lab_skip "$tool is not installed (make deps)"
done

### Certificates ###################################################################################

mkdir "$PKI"
: >"$PKI/index"
cat >"$PKI/ca.cnf" <<'END'
[ca]
default_ca = here
[here]
dir = /run/lab/pki
database = $dir/index
new_certs_dir = $dir
default_md = sha256
policy = any
unique_subject = no
rand_serial = yes
[any]
organizationName = optional
commonName = supplied
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign
subjectKeyIdentifier = hash
[server]
subjectAltName = DNS:things.example
[elsewhere]
subjectAltName = DNS:elsewhere.example
[signer]
keyUsage = critical, digitalSignature
[encipherer]
keyUsage = critical, keyEncipherment
[unsaid]
basicConstraints = CA:FALSE
END

key() { # NAME
	openssl ecparam -name prime256v1 -genkey -noout -out "$PKI/$1.key"
}

authority() { # NAME
	key "$1" && openssl req -new -key "$PKI/$1.key" -subj "/O=Test/CN=$1" -out "$PKI/$1.csr" &&
		openssl ca -batch -notext -selfsign -config "$PKI/ca.cnf" -keyfile "$PKI/$1.key" -extfile "$PKI/ca.cnf" \
			-extensions authority -in "$PKI/$1.csr" -out "$PKI/$1.pem" -startdate 20170101000000Z \
			-enddate 20991231000000Z
}

# certificate NAME AUTHORITY SECTION COMMON-NAME [FROM UNTIL]
certificate() {
	key "$1" && openssl req -new -key "$PKI/$1.key" -subj "/O=Test/CN=$4" -out "$PKI/$1.csr" &&
		openssl ca -batch -notext -config "$PKI/ca.cnf" -cert "$PKI/$2.pem" -keyfile "$PKI/$2.key" \
			-extfile "$PKI/ca.cnf" -extensions "$3" -in "$PKI/$1.csr" -out "$PKI/$1.pem" \
			-startdate "${5:-20200101000000Z}" -enddate "${6:-20991231000000Z}"
}

make_certificates() {
	authority web && authority other-web && authority makers && authority strangers &&
		certificate server web server "$HOST" && certificate elsewhere web elsewhere elsewhere.example &&
		certificate stranger other-web server "$HOST" &&
		certificate late web server "$HOST" 20180101000000Z 20190712000000Z &&
		certificate signer makers signer maker && certificate renewed makers signer maker &&
		certificate successor makers signer successor && certificate unknown strangers signer maker &&
		certificate expired makers signer maker 20180101000000Z 20190712120000Z &&
		certificate future makers signer maker 20980101000000Z &&
		certificate encipherer makers encipherer maker && certificate unsaid makers unsaid maker
}
make_certificates >"$LAB/pki.log" 2>&1 || lab_die "certificates: $(tail -n 5 "$LAB/pki.log")"

### Servers ########################################################################################

# In here only.
ip link set lo up
{ cat /etc/hosts; echo "127.0.0.1 $HOST"; } >"$LAB/hosts" && mount --bind "$LAB/hosts" /etc/hosts
cp /etc/passwd "$LAB/passwd" && cp "$LAB/passwd" "$LAB/passwd.without"
echo "iotguard:x:$USER_ID:$USER_ID::/nonexistent:/usr/sbin/nologin" >>"$LAB/passwd"
mount --bind "$LAB/passwd" /etc/passwd
# What the system trusts is the CA of others, as a bundle and as a directory.
mount -t tmpfs -o mode=755 certs /etc/ssl/certs
cp "$PKI/other-web.pem" /etc/ssl/certs/ca-certificates.crt
cp "$PKI/other-web.pem" "/etc/ssl/certs/$(openssl x509 -noout -subject_hash -in "$PKI/other-web.pem").0"
unset http_proxy https_proxy HTTPS_PROXY all_proxy ALL_PROXY

# serve PORT CERTIFICATE [tls1.1]: from the directory of that port, in SITE_PORT; waits until it listens.
serve() {
	local fd line
	mkdir "$LAB/site-$1"
	exec {fd}< <(exec "$SERVER" 127.0.0.1 "$1" "$PKI/$2.pem" "$PKI/$2.key" "$LAB/site-$1" ${3:+"$3"} 2>&1)
	read -r line <&"$fd"
	[ "$line" = ready ] || lab_die "no server at $1: $line"
}
serve 443 server
serve 8443 server
serve 8444 elsewhere
serve 8445 stranger
serve 8446 late
serve 8447 server tls1.1
SITE=$LAB/site-443
ASKED=$SITE/.asked

### Files ##########################################################################################

# mud URL [MEMBERS]: a file that says so of itself.
mud() {
	cat <<-END
		{"ietf-mud:mud": {"mud-version": 1, "mud-url": "$1", "last-update": "2026-01-01T00:00:00Z",
		 "cache-validity": 1, "is-supported": true${2:+, $2},
		 "from-device-policy": {"access-lists": {"access-list": [{"name": "out"}]}}},
		 "ietf-access-control-list:acls": {"acl": [{"name": "out", "type": "ipv4-acl-type", "aces": {"ace": [
		  {"name": "cloud", "matches": {"ipv4": {"ietf-acldns:dst-dnsname": "cloud.example", "protocol": 6},
		   "tcp": {"destination-port": {"operator": "eq", "port": 443}}}, "actions": {"forwarding": "accept"}}]}}]}}
	END
}

sign() { # FILE SIGNATURE SIGNER [OPTION...]
	openssl cms -sign -binary -outform DER -in "$1" -out "$2" -signer "$PKI/$3.pem" -inkey "$PKI/$3.key" -nosmimecap \
		"${@:4}" 2>>"$LAB/sign.log" || lab_die "sign $1: $(tail -n 2 "$LAB/sign.log")"
}

# publish NAME SIGNER [MEMBERS]: a file of its own at the server, with its signature beside it.
publish() {
	rm -f "$SITE/$1".*
	mud "https://$HOST/$1.json" "${3:-}" >"$SITE/$1.json"
	sign "$SITE/$1.json" "$SITE/$1.p7s" "$2"
}

how() { # NAME LINE...
	printf '%s\n' "${@:2}" >"$SITE/$1.how"
}

url() { # NAME
	echo "https://$HOST/$1.json"
}

### What is asked ##################################################################################

OUT=$LAB/out ERR=$LAB/err
install -d -o "$USER_ID" -g "$USER_ID" -m 0750 "$CACHE"

# load ARGUMENT...: what it says is in OUT and ERR, how it ended in STATUS.
load() {
	STATUS=0
	"$LOADER" mud "$@" >"$OUT" 2>"$ERR" </dev/null || STATUS=$?
}

fetch() {
	load fetch --cache "$CACHE" --ca "$PKI/web.pem" --signer-ca "$PKI/makers.pem" "$@"
}

said() {
	cat "$OUT" "$ERR"
	echo "status $STATUS"
	return 1
}

cached() { # URL SUFFIX
	echo "$CACHE/$(printf %s "$1" | sha256sum | cut -d ' ' -f 1).$2"
}

# fetches NAME [OPTION...]: it is new, and what is in use is what the server has.
fetches() {
	fetch "${@:2}" "$(url "$1")"
	{ [ "$STATUS" = 0 ] && grep -q ': new, ' "$OUT" && cmp "$SITE/$1.json" "$(cached "$(url "$1")" json)"; } || said
}

says() { # STATUS TEXT
	{ [ "$STATUS" = "$1" ] && grep -qF -e "$2" "$ERR"; } || said
}

meta() { # NAME FILTER [OPTION...]
	jq -e "${@:3}" "$2" "$(cached "$(url "$1")" meta)" || { cat "$(cached "$(url "$1")" meta)"; return 1; }
}

# keeps TEXT [OPTION...]: the file `plug`, which is in use, stays so; the error says TEXT and is noted.
keeps() {
	local in_use before text=$1
	in_use=$(cached "$(url plug)" json)
	before=$(sha256sum <"$in_use")
	fetch "${@:2}" "$(url plug)"
	says 1 "$text" || return 1
	[ "$before" = "$(sha256sum <"$in_use")" ] || { echo "another file is in use"; return 1; }
	meta plug '.error.message | contains($t)' --arg t "$text"
}

refuses() { # URL TEXT: what never worked leaves nothing behind
	fetch "${@:3}" "$1"
	says 1 "$2" || return 1
	[ ! -e "$(cached "$1" json)" ] && [ ! -e "$(cached "$1" meta)" ] || { ls "$CACHE"; return 1; }
}

### What is in order ###############################################################################

publish plug signer
how plug.json 'etag "one"' 'header Content-Type: application/mud+json' 'header Last-Modified: Sat, 22 Nov 2025 10:00:00 GMT'
check "a file that is in order is taken into use" fetches plug
check "with its signature" cmp "$SITE/plug.p7s" "$(cached "$(url plug)" p7s)"
check "who signed it is known" meta plug '.signer.subject == "CN=maker,O=Test" and .signer.issuer == "CN=makers,O=Test"'
check "and that nothing was accepted" meta plug '.accepted == {} and .error == null'
check "its cache-validity is" meta plug '.cache_hours == 1 and .etag == "\"one\""'
check "the cache is the user's, and no world's" test "$(stat -c '%u %a' "$(cached "$(url plug)" json)")" = "$USER_ID 640"
check "nothing unfinished is left" test -z "$(find "$CACHE" -name '*.new')"
check "it was asked for as RFC 8520 says" grep -q '^Accept: application/mud+json' "$ASKED"
check "with a language" grep -q '^Accept-Language: en' "$ASKED"
check "and a name" grep -q '^User-Agent: iotguard/' "$ASKED"

unchanged() { # NAME
	fetch "$(url "$1")"
	{ [ "$STATUS" = 0 ] && grep -q ': unchanged since ' "$OUT"; } || said
}
: >"$ASKED"
check "the same again is not sent again" unchanged plug
check "since it is asked whether it changed" grep -q '^If-None-Match: "one"' "$ASKED"
check "by date as well" grep -q '^If-Modified-Since: Sat, 22 Nov 2025' "$ASKED"
check "nor is the signature asked for" test "$(grep -c ^GET "$ASKED")" = 1
rm "$SITE/plug.json.how"
check "the same bytes from a server that cannot tell are unchanged, too" unchanged plug

one=$(sha256sum <"$SITE/plug.json" | cut -d ' ' -f 1)
publish plug renewed '"systeminfo": "second"'
check "a new version, by a certificate that was renewed, is taken into use" fetches plug
check "and the one before is kept" test "$(sha256sum <"$(cached "$(url plug)" previous)" | cut -d ' ' -f 1)" = "$one"
check "which is known" meta plug '.previous_sha256 == $one' --arg one "$one"

publish named signer '"mud-signature": "signatures.p7s"'
mv "$SITE/named.p7s" "$SITE/signatures.p7s"
check "a signature is where the file says" fetches named
publish absolute signer "\"mud-signature\": \"https://$HOST:8443/here.p7s\""
mv "$SITE/absolute.p7s" "$LAB/site-8443/here.p7s"
check "at another server as well" fetches absolute
how moved.json 'status 302' "header Location: /moved-on.json"
publish moved signer
mv "$SITE/moved.json" "$SITE/moved-on.json"
how moved.json 'status 302' "header Location: /moved-on.json"
check "a redirection is followed" eval 'fetch "$(url moved)"; [ "$STATUS" = 0 ] || said'
check "the same URL in another spelling is the same file" eval \
	'fetch "HTTPS://Things.Example:443/x/../plug.json#y"; { [ "$STATUS" = 0 ] && grep -q unchanged "$OUT"; } || said'

### What is not: the server ########################################################################

check "another name in the certificate" refuses "https://$HOST:8444/a.json" "the server is not trusted"
check "a CA that the system trusts and --ca does not" refuses "https://$HOST:8445/a.json" "the server is not trusted"
check "an expired certificate" refuses "https://$HOST:8446/a.json" "certificate has expired"
check "TLS 1.1" refuses "https://$HOST:8447/a.json" "cannot be fetched"
check "nobody there" refuses "https://$HOST:8448/a.json" "cannot be reached"
check "with what to look at" grep -q "hint: is this machine online, and may it reach that server" "$ERR"
check "no such name" refuses "https://nobody.invalid/a.json" "name of the server is not known"
check "with what to look at, too" grep -q "hint: is this machine online, and does its resolver answer" "$ERR"
check "no file" refuses "https://$HOST/nothing.json" "status 404"
check "http is not spoken" refuses "http://$HOST/plug.json" "not a MUD URL: it does not begin with https://"
check "nor with a user" refuses "https://me:secret@$HOST/plug.json" "it names a user"
check "the system's trust does not know the server" eval \
	'load fetch --cache "$CACHE" --signer-ca "$PKI/makers.pem" "$(url plug)"; says 1 "the server is not trusted"'
check "and knows another one" eval 'load fetch --cache "$CACHE" "https://$HOST:8445/a.json"; says 1 "status 404"'

while IFS='|' read -r name text lines; do
	IFS=';' read -ra lines <<<"$lines"
	publish plug signer "\"systeminfo\": \"$name\""
	how plug.json "${lines[@]}"
	# Only of what never comes is it waited for the end.
	check "$name" keeps "$text" --timeout "$([ "${lines[0]}" = stall ] && echo 2s || echo 5m)"
done <<END
the server fails|status 500|status 500
the file is gone|status 404|status 404
the server wants a password|status 401|status 401
a part of a file|status 206|status 206
a 304 that nobody asked for|status 304|status 304
a redirection without an end|more than 5 times|status 302;header Location: /plug.json
a redirection to http|which is not followed: it does not begin with https://|status 301;header Location: http://$HOST/plug.json
a redirection with a user|which is not followed: it names a user|status 301;header Location: https://me:secret@$HOST/plug.json
a redirection to a file|which is not followed: it does not begin with https://|status 301;header Location: file:///etc/passwd
a redirection to nowhere|does not say where|status 301
a server that stalls|the server takes too long|stall
a file without an end|more than 1024 KiB|endless
headers without an end|KiB|headers
a file that breaks off|the answer broke off|length 100000
END

rm -f "$SITE"/plug.*
printf '<!DOCTYPE html>\n<html><body>Not found</body></html>\n' >"$SITE/plug.json"
check "a page of the web with status 200" keeps "a page of the web (HTML) instead of a MUD file"
head -c 2097152 /dev/zero | tr '\0' ' ' >"$SITE/plug.json"
check "2 MiB" keeps "more than 1024 KiB"
how plug.json endless
: >"$SITE/plug.json"
rm "$SITE/plug.json.how"
check "an empty file" keeps "an empty file"
echo 'mud' >"$SITE/plug.json"
check "no JSON" keeps "not JSON"
publish plug signer
head -c 300 "$SITE/plug.json" >"$SITE/half" && mv "$SITE/half" "$SITE/plug.json"
check "half of a file" keeps "not JSON"

### What is not: the file and its signature ########################################################

resigned() { # SIGNER: what is there, signed anew
	sign "$SITE/plug.json" "$SITE/plug.p7s" "$1"
}

echo '{"a": 1}' >"$SITE/plug.json" && resigned signer
check "JSON that is no MUD file" keeps "not a MUD file that can be used"
mud "https://$HOST/lamp.json" >"$SITE/plug.json" && resigned signer
check "the file of another URL" keeps "its mud-url is 'https://$HOST/lamp.json'"
mud "$(url plug)" >"$SITE/plug.json" && echo nonsense >"$SITE/plug.p7s"
check "what is beside it and no signature is none" keeps "not signed"
mud "$(url plug)" '"mud-signature": "plug.p7s"' >"$SITE/plug.json"
check "what the file calls its signature and is none" keeps "bad signature: it is not CMS in DER"
resigned signer && echo >>"$SITE/plug.json"
check "a signature over other bytes" keeps "bad signature: it does not fit the file"
check "with what to do about it" grep -q "hint: .*fetch it again; if it stays so, its maker has to sign it anew" "$ERR"
resigned signer && echo x >>"$SITE/plug.p7s"
check "more behind a signature" keeps "bad signature: it is not CMS in DER"
sign "$SITE/plug.json" "$SITE/plug.p7s" signer -nodetach
check "a signature with content of its own" keeps "it signs content of its own"
sign "$SITE/plug.json" "$SITE/plug.p7s" signer -nocerts
check "a signature without its certificate" keeps "does not bring the certificate of its signer"
sign "$SITE/plug.json" "$SITE/plug.p7s" signer -md sha1
check "a weak digest" keeps "its digest is weaker"
resigned unknown
check "a signer whom nobody trusts" keeps "the signer is not trusted"
resigned encipherer
check "a certificate that is not for signing" keeps "lacks the key usage digitalSignature"
resigned unsaid
check "or does not say so" keeps "lacks the key usage digitalSignature"
resigned future
check "a certificate that is not valid yet" keeps "not valid before 2098-01-01"
resigned expired
check "an expired certificate of the signer" keeps "signer certificate expired 2019-07-12"
resigned successor
check "another signer" keeps "the signer changed: from 'CN=maker,O=Test', issued by 'CN=makers,O=Test', to 'CN=successor,O=Test'"
resigned signer
echo nothing >"$LAB/nothing.pem"
check "no CA of signers" keeps "has no certificate in it" --signer-ca "$LAB/nothing.pem"
check "none at all" eval 'mkdir "$LAB/none.d"; keeps "no CA of signers is trusted here" --signer-ca "$LAB/none.d"'
mud "$(url plug)" >"$SITE/plug.json" && rm "$SITE/plug.p7s"
check "no signature, where there was one" keeps "not signed, and the file in use is signed by 'CN=maker,O=Test'"
mud "$(url plug)" '"mud-signature": "http://things.example/plug.p7s"' >"$SITE/plug.json"
check "a signature over http" keeps "cannot be used: it does not begin with https://"
mud "$(url plug)" "\"mud-signature\": \"https://$HOST:8445/plug.p7s\"" >"$SITE/plug.json"
check "a signature at a server that is not trusted" keeps "its signature, https://$HOST:8445/plug.p7s: the server is not trusted"
check "that a file stays in use is said" grep -q 'note: the file of .* stays in use' "$ERR"

publish plug renewed '"systeminfo": "third"'
check "after all that, a good one is taken into use" fetches plug
check "and nothing is held against it" meta plug '.error == null and .accepted == {}'

### What a person accepts ##########################################################################

publish bare signer
rm "$SITE/bare.p7s"
check "what is not signed is refused" refuses "$(url bare)" "not signed"
check "accepting wants a reason" eval 'fetch --accept-unsigned "$(url bare)"; says 2 "--why TEXT"'
check "and one URL" eval 'fetch --accept-unsigned --why x "$(url bare)" "$(url plug)"; says 2 "of one URL"'
check "it is accepted by a person" fetches bare --accept-unsigned --why "its maker signs nothing"
check "which is remembered" meta bare \
	'.accepted.unsigned | .why == "its maker signs nothing" and (.by | length > 0) and .at > 1500000000'
mud "$(url bare)" '"systeminfo": "second"' >"$SITE/bare.json"
check "and holds for the next version" fetches bare
publish bare signer '"systeminfo": "third"'
check "a signature is taken" fetches bare
check "and ends it" meta bare '.accepted == {} and .signer.subject == "CN=maker,O=Test"'
rm "$SITE/bare.p7s"
mud "$(url bare)" >"$SITE/bare.json"
check "so that none is refused again" eval 'fetch "$(url bare)"; says 1 "not signed"'

publish old expired
check "expired is refused" refuses "$(url old)" "signer certificate expired 2019-07-12"
check "accepting it needs a day to come" eval \
	'fetch --accept-expired-until 2020-02-30 --why x "$(url old)"; says 2 "a day: YYYY-MM-DD"'
check "that is not over" eval \
	'fetch --accept-expired-until 2020-01-01 --why x "$(url old)"; says 2 "a day that is not over"'
check "until then it is accepted" fetches old --accept-expired-until 2099-06-30 --why "nobody signs it anew"
check "which is remembered, for this certificate" meta old \
	'.accepted.expired | .until == 4086547199 and .sha256 == $f and .why == "nobody signs it anew"' \
	--arg f "$(openssl x509 -in "$PKI/expired.pem" -outform DER | sha256sum | cut -d ' ' -f 1)"
publish old expired '"systeminfo": "second"'
check "and holds for the next version" fetches old
# As if that day were over.
sed -i 's/"until": 4086547199/"until": 1600000000/' "$(cached "$(url old)" meta)"
publish old expired '"systeminfo": "third"'
check "and not after that day" eval 'fetch "$(url old)"; says 1 "signer certificate expired 2019-07-12"'
check "nor for another URL" eval 'publish old2 expired; refuses "$(url old2)" "signer certificate expired 2019-07-12"'

publish sold signer
fetches sold >/dev/null
publish sold successor '"systeminfo": "second"'
check "another signer is refused" eval 'fetch "$(url sold)"; says 1 "the signer changed"'
check "and accepted by a person" fetches sold --accept-new-signer --why "the firm was sold"
check "which is remembered" meta sold '.accepted.new_signer.why == "the firm was sold" and .signer.subject == "CN=successor,O=Test"'
publish sold successor '"systeminfo": "third"'
check "that is the signer now" fetches sold
publish sold signer '"systeminfo": "fourth"'
check "and the one before is another one" eval 'fetch "$(url sold)"; says 1 "the signer changed"'

# Who forgets the signer would take anybody's file, signed or not.
publish lost signer
fetches lost >/dev/null
publish lost successor '"systeminfo": "second"'
truncate -s -9 "$(cached "$(url lost)" meta)"
before=$(sha256sum "$(cached "$(url lost)" meta)" "$(cached "$(url lost)" json)")
check "where it is not known who signed the file before, none is taken" eval \
	'fetch --accept-new-signer --why x "$(url lost)"; says 1 "nobody knows who signed the file before"'
check "what is there stays" eval 'sha256sum "$(cached "$(url lost)" meta)" "$(cached "$(url lost)" json)" | diff - <(echo "$before")'
rm "$(cached "$(url lost)" meta)"
check "and a person who removes it begins anew" fetches lost

### Refreshing #####################################################################################

refresh() {
	: >"$ASKED"
	fetch --refresh "$@"
}
age() { # NAME SECONDS: as if it had been asked for so long ago
	local file
	file=$(cached "$(url "$1")" meta)
	jq ".checked_at -= $2" "$file" >"$LAB/meta" && cat "$LAB/meta" >"$file"
}
for entry in "$CACHE"/*.meta; do
	jq ".checked_at = now - 60 | .checked_at |= floor" "$entry" >"$LAB/meta" && cat "$LAB/meta" >"$entry"
done
check "what is fresh is not asked for" eval 'refresh; { [ "$STATUS" = 0 ] && [ ! -s "$ASKED" ]; } || said'
publish plug renewed '"systeminfo": "fifth"'
age plug 3600
check "what is due is" eval 'refresh; { [ "$STATUS" = 0 ] && [ "$(grep -c "^GET /plug.json" "$ASKED")" = 1 ]; } || said'
check "and only that" test "$(grep -c '^GET' "$ASKED")" = 2
check "a new one is taken into use" cmp "$SITE/plug.json" "$(cached "$(url plug)" json)"
age plug 360000
age named 360000
how plug.json 'status 500'
publish named signer '"systeminfo": "sixth"'
mv "$SITE/plug.json" "$LAB/plug.json"
check "one that fails keeps no other from it" eval 'refresh; says 1 "status 500"; cmp "$SITE/named.json" "$(cached "$(url named)" json)"'
check "what expired and cannot be had stays" cmp "$LAB/plug.json" "$(cached "$(url plug)" json)"
check "in JSON, each is told" eval 'refresh --json; jq -e ".files | length > 5 and any(.result == \"failed\" and (.error | contains(\"500\"))) and any(.result == \"not-due\")" "$OUT" >/dev/null || said'
check "an empty cache has nothing to refresh" eval 'mkdir -m 777 "$LAB/empty"; load fetch --refresh --cache "$LAB/empty"; [ "$STATUS" = 0 ] || said'

### What is in the cache is looked at ##############################################################

publish lamp signer
fetches lamp >/dev/null
echo changed >>"$(cached "$(url lamp)" json)"
check "what is not what was verified is fetched anew" fetches lamp
check "which is said" grep -q 'it is not what was verified' "$ERR"
rm "$(cached "$(url lamp)" json)"
ln -s /etc/passwd "$(cached "$(url lamp)" json)"
check "a link is not followed" fetches lamp
check "and is gone" test ! -L "$(cached "$(url lamp)" json)"

# A writer that was killed between the last two steps: the new .meta, the old file.
cp "$(cached "$(url lamp)" json)" "$LAB/lamp.before"
publish lamp signer '"systeminfo": "second"'
how lamp.json 'etag "two"'
fetches lamp >/dev/null
cat "$LAB/lamp.before" >"$(cached "$(url lamp)" json)"
check "what was killed is done again" fetches lamp

# A disk that is full.
mkdir "$LAB/small" && mount -t tmpfs -o size=48k,uid=$USER_ID,mode=750 small "$LAB/small"
full() {
	local in_use
	in_use=$LAB/small/$(basename "$(cached "$(url lamp)" json)")
	load fetch --cache "$LAB/small" --ca "$PKI/web.pem" --signer-ca "$PKI/makers.pem" "$(url lamp)"
	[ "$STATUS" = 0 ] && cmp "$SITE/lamp.json" "$in_use" || said || return 1
	dd if=/dev/zero of="$LAB/small/fill" bs=4k 2>/dev/null
	cp "$SITE/lamp.json" "$LAB/lamp.full"
	publish lamp signer '"systeminfo": "third"'
	load fetch --cache "$LAB/small" --ca "$PKI/web.pem" --signer-ca "$PKI/makers.pem" "$(url lamp)"
	says 1 "No space left on device" && cmp "$LAB/lamp.full" "$in_use" &&
		[ -z "$(find "$LAB/small" -name '*.new')" ] || { ls -la "$LAB/small"; return 1; }
	load verify --cache "$LAB/small" --signer-ca "$PKI/makers.pem" "$(url lamp)"
	[ "$STATUS" = 0 ] || said
}
check "where the disk is full, the file before stays in use" full
check "and is fetched when there is room" eval 'rm "$LAB/small/fill"; load fetch --cache "$LAB/small" --ca "$PKI/web.pem" --signer-ca "$PKI/makers.pem" "$(url lamp)"; [ "$STATUS" = 0 ] || said'

verify_cached() {
	load verify --cache "$CACHE" --signer-ca "$PKI/makers.pem" "$@"
}
check "what is in the cache is verified" eval 'verify_cached "$(url lamp)"; { [ "$STATUS" = 0 ] && grep -q verified "$OUT"; } || said'
check "what is not there is not" eval 'verify_cached "$(url nothing)"; says 1 "it is not in the cache"'

### Files at hand ##################################################################################

verify() {
	load verify --signer-ca "$PKI/makers.pem" "$@"
}
mud "$(url hand)" >"$LAB/hand.json"
check "without a signature" eval 'verify "$LAB/hand.json"; says 3 "not signed"'
sign "$LAB/hand.json" "$LAB/hand.p7s" signer
check "a file and what is beside it" eval 'verify "$LAB/hand.json"; { [ "$STATUS" = 0 ] && grep -q "signed by  CN=maker,O=Test" "$OUT"; } || said'
check "in JSON" eval 'verify --json "$LAB/hand.json"; jq -e ".files[0] | .verified and .signer.subject == \"CN=maker,O=Test\"" "$OUT" >/dev/null || said'
mv "$LAB/hand.p7s" "$LAB/elsewhere"
check "or elsewhere" eval 'verify --signature "$LAB/elsewhere" "$LAB/hand.json"; [ "$STATUS" = 0 ] || said'
sign "$LAB/hand.json" "$LAB/hand.p7s" expired
check "an expired one" eval 'verify "$LAB/hand.json"; says 3 "signer certificate expired 2019-07-12"'
check "as of a day when it was not" eval 'verify --at 2019-01-01 "$LAB/hand.json"; [ "$STATUS" = 0 ] || said'
check "or a second" eval 'verify --at 1546300800 "$LAB/hand.json"; [ "$STATUS" = 0 ] || said'
check "no time at all" eval 'verify --at yesterday "$LAB/hand.json"; says 2 "a day, YYYY-MM-DD"'
mkdir "$LAB/ca.d" && cp "$PKI/strangers.pem" "$PKI/makers.pem" "$LAB/ca.d"
check "CAs of a directory" eval 'load verify --signer-ca "$LAB/ca.d" --at 2019-01-01 "$LAB/hand.json"; [ "$STATUS" = 0 ] || said'
check "no file" eval 'verify "$LAB/nothing.json"; says 1 "cannot be read: No such file"'

if [ -d "$SIGNED" ]; then
	verify_luminaire() {
		load verify --signer-ca "$SIGNED/luminaire-cacert.pem" "$@" "$SIGNED/Luminaire_150.json"
	}
	check "a file that others signed has expired" eval 'verify_luminaire; says 3 "signer certificate expired 2019-07-12"'
	check "and was good before" eval 'verify_luminaire --at 1546300800; [ "$STATUS" = 0 ] || said'
else
	echo "skip luminaire $SIGNED is not there"
fi

### Who speaks to strangers ########################################################################

# While the server stalls, the one who waits is looked at.
waits_without_rights() {
	local pid status
	: >"$ASKED"
	"$LOADER" mud fetch --cache "$CACHE" --ca "$PKI/web.pem" "$(url stalls)" >"$OUT" 2>"$ERR" &
	pid=$!
	lab_until 10 grep -q 'GET /stalls.json' "$ASKED"
	status=$(cat "/proc/$pid/status")
	kill "$pid"
	wait "$pid" 2>/dev/null
	[ "$(awk '/^Uid:/ { print $2, $3, $4 }' <<<"$status")" = "$USER_ID $USER_ID $USER_ID" ] &&
		[ "$(awk '/^Gid:/ { print $2, $3, $4 }' <<<"$status")" = "$USER_ID $USER_ID $USER_ID" ] &&
		grep -q '^Groups:[[:space:]]*$' <<<"$status" && grep -q '^NoNewPrivs:[[:space:]]*1$' <<<"$status" &&
		[ "$(grep -cE '^Cap(Inh|Prm|Eff|Bnd|Amb):[[:space:]]*0*$' <<<"$status")" = 5 ] ||
		{ echo "$status"; return 1; }
}
publish stalls signer
how stalls.json stall
check "root becomes iotguard, without a right" waits_without_rights

as_somebody() { # ARGUMENT...
	STATUS=0
	setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all "$LOADER" mud "$@" >"$OUT" 2>"$ERR" || STATUS=$?
}
cp "$PKI/web.pem" "$PKI/makers.pem" "$LAB" && chmod 755 "$LAB" && chmod 644 "$LAB"/*.pem
install -d -o 65534 "$LAB/own"
check "somebody fetches for themselves" eval \
	'as_somebody fetch --cache "$LAB/own" --ca "$LAB/web.pem" --signer-ca "$LAB/makers.pem" "$(url lamp)"; [ "$STATUS" = 0 ] || said'
check "and not for others" eval \
	'as_somebody fetch --cache "$CACHE" --ca "$LAB/web.pem" --signer-ca "$LAB/makers.pem" "$(url lamp)"; says 1 "as which root does it; or name another one with --cache"'
chmod 600 "$LAB/makers.pem"
check "certificates that they may not read are said to be the matter" eval \
	'as_somebody fetch --cache "$LAB/own" --signer-ca "$LAB/makers.pem" "$(url lamp)"; says 1 "makers.pem cannot be read: Permission denied" &&
		grep -qF "in the units that is the user '"'iotguard'"'" "$ERR"'
check "a cache in a directory that is not there is said to be one" eval \
	'as_somebody fetch --cache "$LAB/nowhere/mud" "$(url lamp)"; says 1 "the directory that it lies in has to be there"'

umount /etc/passwd
mount --bind "$LAB/passwd.without" /etc/passwd
check "root without that user does not fetch" eval 'fetch "$(url plug)"; says 4 "there is no user '"'iotguard'"'"'
lab_done
