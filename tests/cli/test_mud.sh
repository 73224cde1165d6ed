#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# `mud check`, `mud show`, `mud diff` and `mud export`: what they say of files that are in order, of files with mistakes, and of
# one whose every string is hostile; and of real files, where there are some.

TOP=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/cli/lib.sh
. "$TOP/tests/cli/lib.sh"

REAL=$TOP/../shared/data/mud

### Material #######################################################################################

# head [MEMBER...]: the first root, with the policies that name the lists f and t.
head_of() {
	local list='"access-lists":{"access-list":[{"name":'
	printf '{"ietf-mud:mud":{"mud-version":1,"mud-url":"https://vendor.example/plug","last-update":"2026-01-01T00:00:00Z",'
	printf '"is-supported":true,%s' "${1:-}"
	printf '"from-device-policy":{%s"f"}]}},"to-device-policy":{%s"t"}]}}},\n' "$list" "$list"
}

# ace NAME MATCHES [FORWARDING]
ace() {
	printf '{"name":"%s","matches":{%s},\n "actions":{"forwarding":"%s"}}' "$1" "$2" "${3:-accept}"
}

# lists FROM TO: entries of both
lists() {
	printf '"ietf-access-control-list:acls":{"acl":[\n{"name":"f","type":"ipv4-acl-type","aces":{"ace":[\n%s\n]}},\n' "$1"
	printf '{"name":"t","type":"ipv4-acl-type","aces":{"ace":[\n%s\n]}}]}}\n' "$2"
}

TLS='"ipv4":{"protocol":6,"ietf-acldns:dst-dnsname":"api.vendor.example"},"tcp":{"destination-port":{"operator":"eq","port":443},"ietf-mud:direction-initiated":"from-device"}'
ANSWERS='"ipv4":{"protocol":6,"ietf-acldns:src-dnsname":"api.vendor.example"},"tcp":{"source-port":{"operator":"eq","port":443},"ietf-mud:direction-initiated":"from-device"}'
PRIVATE='"ipv4":{"destination-ipv4-network":"192.168.7.7/32"}'
LITERAL='"ipv4":{"protocol":17,"destination-ipv4-network":"198.51.100.53/32"},"udp":{"destination-port":{"operator":"eq","port":53}}'
LOCAL='"ipv4":{"protocol":17},"udp":{"destination-port":{"lower-port":5000,"upper-port":5009}},"ietf-mud:mud":{"local-networks":[null]}'
LINKS='"extensions":["transparency"],"mfg-name":"Vendor","systeminfo":"A plug","ietf-mud-transparency:transparency":{"sboms":[{"version-info":"1.2","sbom-url":"https://vendor.example/sbom"}],"vuln-url":["https://vendor.example/vex","javascript:alert(1)"],"sbom-local-well-known":"ietf-mud-transparency:https"},'

{ head_of "$LINKS"; lists "$(ace tls "$TLS"),$(ace nas "$PRIVATE"),$(ace dns "$LITERAL")" "$(ace back "$ANSWERS"),$(ace local "$LOCAL")"; } >plug.json
{ head_of "$LINKS"; lists "$(ace tls "$TLS")" "$(ace back "$ANSWERS"),$(ace local "$LOCAL")"; } >less.json
{ head_of "$LINKS"; lists "$(ace local-2 '"ipv4":{"dscp":64}'),$(ace two '"tcp":{"source-port":{"port":70000}}')" "$(ace three '"udp":3')"; } >wrong.json

# Names, labels and the head have what commands a terminal, turns the direction of writing, and ends a string.
EVIL='\u001b[2J\u001b]0;x\u0007\u202e\u2066\"\\\u0085\n%s'
{
	head_of "\"systeminfo\":\"$EVIL\",\"mfg-name\":\"$EVIL\",\"model-name\":\"$EVIL\",\"firmware-rev\":\"$EVIL\",\"software-rev\":\"$EVIL\",\"documentation\":\"$EVIL\",\"mud-signature\":\"$EVIL\",\"extensions\":[\"$EVIL\"],\"ietf-mud-transparency:transparency\":{\"sboms\":[{\"version-info\":\"$EVIL\",\"sbom-url\":\"https://v.example/\"},{\"sbom-url\":\"https://v.example/$EVIL\"}]},"
	lists "$(ace "$EVIL" "\"ietf-mud:mud\":{\"controller\":\"$EVIL\"}"),$(ace "a$EVIL" "\"$EVIL\":{}"),$(ace c '"ietf-mud:mud":{"controller":"urn:x\u202e"}')" "$(ace "t$EVIL" "$LOCAL")"
} >evil.json
sed 's/urn:x/urn:y/; s/"mud-version":1,/&"cache-validity":5,/' evil.json | sed 's/"systeminfo":"/&other/' >evil2.json

cat >home.yaml <<'YAML'
version: 1
gateway: {addresses: [10.30.0.1], macs: ["02:00:5e:00:00:fe"], resolvers: [10.30.0.1]}
segments:
  lan: {interfaces: [lan0], networks: [10.30.0.0/24]}
devices:
  hub: {mac: "02:00:5e:10:00:12", addresses: [10.30.0.12], segment: lan}
  plug: {mac: "02:00:5e:10:00:11", segment: lan, mud: plug.json}
  cam:
    mac: "02:00:5e:10:00:13"
    segment: lan
    rules:
      - allow to api.vendor.example tcp/443,8000-8010
      - allow to "*.vendor.example"
      - allow to device:hub tcp/80
  lamp:
    mac: "02:00:5e:10:00:14"
    segment: lan
    rules:
      - deny to device:hub
      - allow to any
YAML
sed -i 's/- allow to "\*.vendor.example"/- allow to *.vendor.example/' home.yaml

### What a case may ask ############################################################################

# No byte but printable ASCII, tab and newline: what stands for the others is visible.
ascii() {
	! LC_ALL=C grep -q "$(printf '[^\t -~]')" "$1"
}

lacks() { # TEXT
	! grep -qF -e "$1" "$OUT"
}

counts() { # FILE TEXT NUMBER
	[ "$(grep -cF -e "$2" "$1")" = "$3" ]
}

### check ##########################################################################################

run mud check plug.json
check "a file in order is ok" says "plug.json: ok: 5 entries: 3 become rules, 1 is about answers, 1 allows nothing"
check "what it allows no more is said at its line" exits 0 "plug.json:5:1: warning: the entry 'nas' of 'f' allows nothing"
check "of a private address, it says how it counts" exits 0 "with \`private-addresses: allow\` it counts"
check "an address is, too" exits 0 "plug.json:6:1: warning: the entry 'dns' of 'f' has an address"
check "and a link that nobody should follow" exits 0 "vuln-url is no URI that can be shown"
run mud check plug.json --private-addresses allow
check "private addresses can be allowed" says "4 become rules, 1 is about answers"
run mud check wrong.json
check "a file with mistakes is refused" exits 3
check "all of them are said, each at its line" eval 'counts "$ERR" ": error: " 3 && grep -q "^wrong.json:4:1: error" "$ERR" && grep -q "^wrong.json:5:1: error" "$ERR" && grep -q "^wrong.json:9:1: error" "$ERR"'
check "and nothing is ok" silent
run mud check wrong.json plug.json
check "one that is refused does not hide the others" eval 'exits 3 && grep -q "^plug.json: ok" "$OUT"'
sed 's/"type":"ipv4-acl-type"/"type":"ethernet-acl-type"/; s/"matches":{.*},$/"matches":{"eth":{"ethertype":"0x0006"}},/' less.json >frames.json
run mud check frames.json
check "of frames that no rule can name, it promises none" exits 0 "hint: the device has to do without such frames: no rule allows them"
run mud check nowhere.json
check "a file that is not there" exits 1 "cannot read nowhere.json"
run mud check https://vendor.example/nothing --cache "$WORK"
check "a URL that was not fetched" exits 1 "was not fetched yet"
run mud check http://vendor.example/plug
check "what is no URL of a MUD file is no path" exits 3 "'http://vendor.example/plug' is no URL of a MUD file: it does not begin with https://"
run mud show https://user@vendor.example/plug --cache "$WORK"
check "nor a URL with a user" exits 3 "is no URL of a MUD file: it names a user"
head -c 1100000 /dev/zero | tr '\0' ' ' >large.json
run mud check large.json
check "a file that is too large" exits 3 "more than 1048576 bytes"
run mud check .
check "a directory" exits 1 "cannot read .: Is a directory"
run mud check plug.json --json
check "check as JSON" json ok files diagnostics

### show ###########################################################################################

run mud show plug.json
check "show says what it is" says "says it is    A plug"
check "whom it may open what to" says "  to api.vendor.example: tcp/443 ipv4"
check "and what may be opened to it" says "  from local: udp/5000-5009 ipv4"
check "what fails closed, and why" says "  nas of f (line 5): 192.168.7.7 is a private address"
check "addresses that are written into it" says "  dns of f (line 6): allow to 198.51.100.53 udp/53"
check "links, with versions" says "what it is made of, version 1.2: https://vendor.example/sbom"
check "and of the device itself" says "the device itself says it, by: https"
check "but none that nobody should follow" lacks javascript
check "nothing stands on standard error" eval '! [ -s "$ERR" ]'
run mud show plug.json --private-addresses allow
check "with private addresses" says "  to 192.168.7.7: anything"
run mud show plug.json --json
check "show as JSON" json head summary entries links diagnostics
run mud show wrong.json
check "show refuses what check refuses" exits 3 "wrong.json:4:1: error"

### diff ###########################################################################################

run mud diff plug.json plug.json
check "the same file: exit 0" says "the same is allowed"
run mud diff plug.json less.json
check "an update that loses: exit 6" exits 6
check "and says what" grep -qF "  loses  to 198.51.100.53 udp/53  # plug.json:6, its MUD file" "$OUT"
check "and how many" grep -qF "0 gains, 1 loss, 0 other changes" "$OUT"
run mud diff less.json plug.json --private-addresses allow
check "the other way round it gains" eval 'exits 6 && grep -qF "2 gains, 0 losses" "$OUT"'
sed 's/2026-01-01/2026-02-02/' plug.json >later.json
run mud diff plug.json later.json
check "another day alone is no difference" says "last-update: 2026-02-02T00:00:00Z, was 2026-01-01T00:00:00Z"
sed 's/"is-supported":true/"is-supported":false/' plug.json >end.json
run mud diff plug.json end.json
check "the end of support is one" eval 'exits 6 && grep -qF "supported: no, was yes" "$OUT"'
sed 's|vendor.example/vex|vendor.example/other|' plug.json >links.json
run mud diff plug.json links.json
check "and other links are" eval 'exits 6 && grep -qF "other links" "$OUT"'
run mud diff plug.json less.json --json
check "diff as JSON" eval 'json different old new head summary changes && [ "$STATUS" = 6 ]'
run mud diff plug.json
check "diff wants two files, or a URL" exits 2 "wants OLD and NEW, or one URL"

### Many devices of one file #######################################################################

# What the file says is told once; what depends on the setting of those that have it, with their names.
lists "$(ace tls "$TLS"),$(ace nas "$PRIVATE"),$(ace dns "$LITERAL"),$(ace boss '"ietf-mud:mud":{"controller":"urn:example:boss"}'),$(ace mine '"ietf-mud:mud":{"my-controller":[null]}')" "$(ace flags '"tcp":{"flags":"syn"}' drop)" >shared.lists
{ head_of "$LINKS"; cat shared.lists; } >shared.json
cat >shared.yaml <<'YAML'
version: 1
gateway: {addresses: [10.30.0.1], macs: ["02:00:5e:00:00:fe"], resolvers: [10.30.0.1]}
segments:
  lan: {interfaces: [lan0], networks: [10.30.0.0/24]}
profiles:
  lenient: {mud: {source: shared.json, private-addresses: allow}}
groups:
  pair: [device:plug, device:plug2]
devices:
  hub: {mac: "02:00:5e:10:00:12", addresses: [10.30.0.12], segment: lan, rules: [allow from device:cam tcp/80]}
  cam: {mac: "02:00:5e:10:00:13", addresses: [10.30.0.13], segment: lan, rules: [allow to device:hub tcp/80], mud: plug.json}
  plug: {mac: "02:00:5e:10:00:14", segment: lan, mud: shared.json}
  plug2: {mac: "02:00:5e:10:00:15", segment: lan, profile: lenient}
  plug3: {mac: "02:00:5e:10:00:16", segment: lan, profile: lenient}
  plug4: {mac: "02:00:5e:10:00:17", segment: lan, profile: lenient}
YAML
told_once() { # TEXT...
	local text
	for text; do
		counts "$ERR" "$text" 1 || return 1
	done
}
run check shared.yaml
check "of a file under two settings, each thing is told once" exits 0
check "a warning of the file" told_once "shared.json: warning: its vuln-url is no URI"
check "one of an entry" told_once "shared.json:6:1: warning: the entry 'dns' of 'f' has an address" "the entry 'flags' of 't' denies more"
check "a class without members" told_once "no controllers are listed for the class \`urn:example:boss\`"
check "a rule about the own controllers" told_once "this rule matches nothing for \`plug\`: it has no controllers"
check "and for whom it is so, where it depends on that" told_once \
	"shared.json:5:1: warning: for \`plug\`: the entry 'nas' of 'f' allows nothing: 192.168.7.7 is a private address" \
	"shared.json:5:1: warning: for \`plug2\` and 2 others: the entry 'nas' of 'f' has an address written into it"
{ head_of "$LINKS"; sed 's/"flags":"syn"/"flags":"sin"/' shared.lists; } >mistaken.json
sed 's/shared.json/mistaken.json/' shared.yaml >mistaken.yaml
run check mistaken.yaml
check "a mistake is, too" eval 'exits 3 "mistaken.json:12:1: error" && counts "$ERR" ": error: " 1'
sed 's/shared.json/nowhere.json/' shared.yaml >nowhere.yaml
run check nowhere.yaml
check "and a file that is not there" eval 'exits 3 "cannot read \`nowhere.json\`" && counts "$ERR" ": error: " 1'

# Who asks about some machines is told of their files, and of mistakes in any.
about() { # FILE...: standard error is about these files, and about no other
	[ "$(sed -n 's/^\([a-z]*\.json\).*/\1/p' "$ERR" | sort -u | tr '\n' ' ')" = "$*${*:+ }" ]
}
plan() { # NAME...
	run plan shared.yaml --alone "$@"
	[ "$STATUS" = 0 ]
}
check "plan of all tells of all files" eval 'plan && about plug.json shared.json'
check "of one machine, of its file" eval 'plan cam && about plug.json'
check "of one without a file, of none" eval 'plan device:hub && about'
check "of a group, of those of its members" eval 'plan group:pair && about shared.json && told_once "for \`plug\`: the entry" "for \`plug2\`"'
check "and of one setting alone" eval 'plan plug3 && about shared.json && counts "$ERR" "for \`plug\`: the entry" 0 && told_once "for \`plug2\` and 2 others: the entry"'
check "with the rules that match nothing for it" told_once "for the class \`urn:example:boss\`" "nothing for \`plug3\`: it has no controllers"
run plan shared.yaml --against shared.yaml cam
check "of both inventories" eval 'exits 0 && about plug.json'
run plan shared.yaml --alone nobody
check "of nobody, of none" eval '[ "$STATUS" = 1 ] && about'
run mud export shared.yaml cam
check "export tells of the file of its device" eval 'exits 0 && about plug.json'
run mud export shared.yaml cam --json
check "also as JSON" eval 'exits 0 && ! grep -q "shared.json" "$OUT" && grep -q "plug.json" "$OUT"'
run mud export shared.yaml hub --mud-url https://vendor.example/hub
check "and of none where it has none" eval 'exits 0 && about'
run plan mistaken.yaml --alone hub
check "a mistake in any is one" eval 'exits 3 "mistaken.json:12:1: error" && about mistaken.json && counts "$ERR" warning: 0'
run check shared.yaml
check "check tells of all" eval 'exits 0 && about plug.json shared.json'

### What a file drops ############################################################################

# RFC 8520, section 5: DNS and NTP are there by default, behind all entries of the file, and a drop takes them.
DNS='"udp":{"destination-port":{"operator":"eq","port":53}},"ietf-mud:mud":{"controller":"urn:ietf:params:mud:dns"}'
NTP='"udp":{"destination-port":{"operator":"eq","port":123}},"ietf-mud:mud":{"controller":"urn:ietf:params:mud:ntp"}'
SOME='"udp":{"source-port":{"operator":"eq","port":53},"destination-port":{"operator":"eq","port":53}}'
# without LEFT ENTRIES: what the plug may do without a rule, by a file of these entries
without() {
	{ head_of; lists "$2" ""; } >drops.json
	run plan drops.yaml --alone plug
	[ "$STATUS" = 0 ] && grep -qF "  without a rule: $1" "$OUT"
}
takes() { # DNS|NTP
	grep -q "^drops.json:[0-9]*:1: warning: entry [a-z]* of f takes $1 from .plug., which it had by default" "$ERR"
}
sed 's/resolvers: .10.30.0.1./&, time-servers: [10.30.0.1, 192.0.2.123]/; s/plug.json/drops.json/' home.yaml >drops.yaml
ALL="arp, nd, dhcp, dns, ntp, membership" NO_DNS="arp, nd, dhcp, ntp, membership" NO_NTP="arp, nd, dhcp, dns, membership"
NEITHER="arp, nd, dhcp, membership"
check "what a file says nothing of is there" eval 'without "$ALL" "$(ace tls "$TLS")" && ! takes DNS && ! takes NTP'
check "a drop of DNS takes it" eval 'without "$NO_DNS" "$(ace nodns "$DNS" drop)" && takes DNS && ! takes NTP'
check "one of NTP takes that" eval 'without "$NO_NTP" "$(ace nontp "$NTP" drop)" && takes NTP && ! takes DNS'
check "one of everything takes both" eval 'without "$NEITHER" "$(ace none "" reject)" && takes DNS && takes NTP'
check "also of an address" eval 'without "$NO_NTP" "$(ace clock "\"ipv4\":{\"destination-ipv4-network\":\"192.0.2.0/24\"}" drop)" && takes NTP'
check "and of the local networks" eval 'without "$NEITHER" "$(ace near "\"ietf-mud:mud\":{\"local-networks\":[null]}" drop)"'
check "one of some packets takes all" eval 'without "$NO_DNS" "$(ace some "$SOME" drop)"'
check "one of other networks, names and ports takes nothing" eval 'without "$ALL" "$(ace far "\"ipv4\":{\"destination-ipv4-network\":\"198.51.100.0/24\"}" drop),$(ace name "\"ipv4\":{\"ietf-acldns:dst-dnsname\":\"api.vendor.example\"}" drop),$(ace web "\"udp\":{\"destination-port\":{\"operator\":\"eq\",\"port\":443}}" drop)"'
check "an accept before it decides, and is a rule; of UDP alone" eval 'without "$NO_DNS" "$(ace dns "$DNS"),$(ace ntp "$NTP"),$(ace none "" drop)" && ! takes DNS && ! takes NTP && grep -qF "allow to controller:urn:ietf:params:mud:dns udp/53" "$OUT"'
check "one of some packets does not" eval 'without "$NO_DNS" "$(ace some "$SOME"),$(ace nodns "$DNS" drop)"'
sed -i 's/mud: drops.json}/mud: drops.json, rules: ["allow to 10.30.0.1 udp\/53"]}/' drops.yaml
check "a rule of people gives it back" eval 'without "$NO_DNS" "$(ace nodns "$DNS" drop)" && ! takes DNS'
run mud export drops.yaml plug --output dropped.json
sed 's/drops.json/dropped.json/; s/, rules: .*/}/' drops.yaml >again.yaml
run plan again.yaml --alone plug
check "an export keeps what the file drops" says "  without a rule: $NO_DNS"
sed 's/drops.json/plug.json/; s/udp\/53"/udp\/53", deny to local/' drops.yaml >denying.yaml
run mud export denying.yaml plug --output denied.json
sed 's/plug.json/denied.json/; s/, rules: .*/}/' denying.yaml >again.yaml
run plan again.yaml --alone plug
check "and what the denies of people do not reach" eval 'says "  without a rule: $ALL" && grep -qF -e "- deny to local" "$OUT"'
run mud show drops.json
check "show says that there may be none" says "no DNS or NTP that it drops"
run mud show plug.json
check "but of a file that drops something" lacks "no DNS or NTP that it drops"

### The cache ######################################################################################

# As `mud fetch` writes it: the file in use, the one before, and what is known of both.
mkdir cache && chmod 755 cache
ENTRY=cache/$(printf 'https://vendor.example/plug' | sha256sum | cut -d ' ' -f 1)
cp less.json "$ENTRY.json" && cp plug.json "$ENTRY.previous"
digest() {
	sha256sum <"$1" | cut -d ' ' -f 1
}
cat >"$ENTRY.meta" <<JSON
{"iotguard_mud": 1, "url": "https://vendor.example/plug", "sha256": "$(digest less.json)",
 "previous_sha256": "$(digest plug.json)", "size": $(stat -c %s less.json), "fetched_at": 1795343465,
 "checked_at": 1795343465, "cache_hours": 48, "etag": null, "last_modified": null, "signature_url": null,
 "signer": null, "accepted": {"unsigned": {"at": 1795343465, "by": "alice", "why": "ticket 4711"}}, "error": null}
JSON
run mud show https://Vendor.example:443/plug --cache cache
check "a URL is the file in the cache" says "a person took it into use: ticket 4711"
mkdir -p save && cp -a cache save/mud
run mud show https://vendor.example/plug --save-dir save
check "which is in the save-dir" says "a person took it into use: ticket 4711"
run mud diff https://vendor.example/plug --cache cache
check "and alone, the file before against it" eval 'exits 6 && grep -qF "  loses  to 198.51.100.53 udp/53  # $ENTRY.previous:6" "$OUT"'

# A file that a device adopted is no mistake of the inventory, whatever is wrong with it.
cp -a save adopted && echo >>"adopted/${ENTRY/cache/mud}.json"
cat >adopted/mud/discovered.json <<'JSON'
{"version": 1, "machines": [
 {"device": "hub", "mac": "02:00:5e:10:00:12", "adopted": "https://vendor.example/plug", "adopted_at": 1795343465,
  "told": [{"source": "dhcp4", "url": "https://vendor.example/plug", "fault": null, "state": "adopted",
            "first_seen": 1795343465, "last_seen": 1795350665}]}]}
JSON
sed 's|addresses: .10.30.0.12.|mud-discovery: adopt, &|' home.yaml >adopting.yaml
run check adopting.yaml --save-dir adopted
check "of one that was adopted and is damaged nothing is allowed" exits 0 \
	"adopting.yaml:6:3: warning: nothing of the MUD file \`https://vendor.example/plug\` that \`hub\` adopted is allowed: adopted/${ENTRY/cache/mud}.json is not used: it is not what was verified"
check "and the inventory is in order" says "adopting.yaml: ok"
sed 's|mud: plug.json|mud: https://vendor.example/plug|' home.yaml >named.yaml
run check named.yaml --save-dir adopted
check "of one that the inventory names it is a mistake, at its line" exits 3 "named.yaml:7:55: error: the MUD file \`https://vendor.example/plug\`: adopted"

# Whoever may not read the cache is told which file that is, and who may.
sed 's|mud: plug.json|mud: https://vendor.example/plug|; s|addresses: .10.30.0.12.|mud-discovery: adopt, &|' home.yaml >cached.yaml
echo '{"version": 1, "machines": []}' >save/mud/discovered.json
run check cached.yaml --save-dir save
check "an inventory has it from there" says "cached.yaml: ok"
if [ "$(id -u)" != 0 ]; then
	stranger() { run "$@"; }
	chmod 0 save/mud
elif command -v setpriv >/dev/null; then
	cp "$LOADER" "$WORK/loader"
	stranger() {
		STATUS=0
		setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all "$WORK/loader" "$@" >"$OUT" 2>"$ERR" </dev/null ||
			STATUS=$?
	}
	chmod 755 "$WORK"
	chmod 750 save/mud
fi
WHO="be root or a member of the group 'iotguard', or name another directory with --save-dir"
denied() { # STATUS FILE
	exits "$1" "$2 cannot be read: Permission denied" && grep -qF "hint: $WHO" "$ERR" && ! grep -q "remove it" "$ERR"
}
if command -v stranger >/dev/null; then
	stranger check cached.yaml --save-dir save
	check "without the right to read it: check names the file" denied 3 "save/${ENTRY/cache/mud}.json"
	check "and the line" exits 3 "cached.yaml:7:"
	check "and what was adopted is left out" exits 3 "save/mud/discovered.json cannot be read: Permission denied: what devices told"
	stranger mud show https://vendor.example/plug --save-dir save
	check "so does mud show" denied 1 "save/${ENTRY/cache/mud}.json"
	stranger show mud --save-dir save
	check "and show mud" denied 1 save/mud/discovered.json
	chmod 755 save/mud
	chmod 0 "save/${ENTRY/cache/mud}.json"
	stranger mud show https://vendor.example/plug --save-dir save
	check "where the directory can be read, and the file not, too" denied 1 "save/${ENTRY/cache/mud}.json"
else
	echo "skip without-the-right-to-read no setpriv"
fi
rm "$ENTRY.previous"
run mud diff https://vendor.example/plug --cache cache
check "without one before" exits 1 "no file of https://vendor.example/plug was in use before"
echo >>"$ENTRY.json"
run mud show https://vendor.example/plug --cache cache
check "what is not as it was fetched is refused" eval '[ "$STATUS" = 3 ] || [ "$STATUS" = 1 ]'
check "with a reason" grep -q "error" "$ERR"

### verify, as far as reading ######################################################################

if [ -x "$BUILD_DIR/iotguard-mud" ]; then
	run mud verify nowhere.json
	check "what is not there is not wrong: verify says so as check does" exits 1 "nowhere.json cannot be read: No such file"
	run mud verify nowhere.json --json
	check "also as JSON" eval '[ "$STATUS" = 1 ] && json files && grep -qF "\"error\": \"nowhere.json cannot be read" "$OUT"'
	run mud verify .
	check "a directory is no file either" exits 1 ". cannot be read: Is a directory"
	run mud verify plug.json --signature nowhere.p7s
	check "nor a signature that is not there" exits 1 "nowhere.p7s cannot be read: No such file"
	run mud verify large.json
	check "what is too large is wrong" exits 3 "large.json cannot be read: File too large"
else
	echo "skip verify $BUILD_DIR/iotguard-mud is not built (libcurl, OpenSSL)"
fi

### fetch, as far as the command line ################################################################

run mud fetch --timeout 2h https://vendor.example/plug
check "a file may not take as long as anybody likes" exits 2 "--timeout: one file may take an hour at most"

### export #########################################################################################

run mud export home.yaml plug --output out.json
check "a device with a MUD file keeps its URL" says "out.json: 4 entries of 3 rules"
run mud export home.yaml cam
check "another one needs a URL" exits 3 "has no MUD file whose URL could be kept"
run mud export home.yaml cam --mud-url https://vendor.example/cam
check "a policy is a MUD file on standard output" json ietf-mud:mud ietf-access-control-list:acls
check "what cannot be said is left out, with a warning" exits 0 "home.yaml:13:9: warning: left out: \`allow to *.vendor.example\`"
check "a machine is its listed addresses" exits 0 "home.yaml:14:9: warning: not all of it is said"
check "which are private" exits 0 "1 of its entries have private addresses"
cp "$OUT" cam.json
run mud check cam.json --private-addresses allow
check "and is in order" says "ok: 10 entries: 5 become rules, 5 are about answers"
run mud export home.yaml cam --mud-url https://vendor.example/cam --json
check "export as JSON" json device entries rules left_out narrowed mud diagnostics
run mud export home.yaml lamp --mud-url https://vendor.example/lamp
check "a deny that cannot be said: none at all" eval 'exits 3 "home.yaml:19:9: error: a MUD file cannot say this deny" && silent'
run mud export home.yaml nobody --mud-url https://vendor.example/x
check "no such device" exits 1 "there is no device 'nobody'"
run mud export home.yaml cam --mud-url http://vendor.example/x
check "no such URL" exits 3 "no MUD URL is 'http://vendor.example/x'"
run mud export home.yaml cam --mud-url https://vendor.example/cam --output /nowhere/x.json
check "nowhere to write to" exits 1 "cannot write /nowhere/x.json"

### Strings of strangers ###########################################################################

for words in "check evil.json" "show evil.json" "diff evil.json evil2.json"; do
	# shellcheck disable=SC2086 # words
	run mud $words
	check "mud ${words%% *} of a hostile file works" eval '[ "$STATUS" = 0 ] || [ "$STATUS" = 6 ]'
	check "mud ${words%% *} says nothing that commands a terminal" eval 'plain "$OUT" && plain "$ERR" && ascii "$OUT" && ascii "$ERR"'
	# shellcheck disable=SC2086
	run mud $words --json
	check "nor does it as JSON" eval 'json diagnostics && plain "$OUT" && ascii "$OUT"'
done
run mud show evil.json
check "what was hostile is visible" says '\x1b[2J\x1b]0;x\x07\u{202e}\u{2066}"\\u{0085}\n%s'

### Real files #####################################################################################

# What comes of a file that was applied to a device, exported and read again.
round_trip() { # FILE
	sed "s|mud: plug.json|mud: {source: $1, private-addresses: allow}|" home.yaml >real.yaml
	run mud export real.yaml plug --output again.json
	case "$STATUS $(cat "$ERR")" in
	0*"left out"*) return 0 ;; # ethertypes have no word
	0*) ;;
	*"more than 1024 entries"* | *"at most 1024 entries"*) return 0 ;;
	*) return 1 ;;
	esac
	run mud diff "$1" again.json --private-addresses allow --json
	grep -q '"gains": 0' "$OUT" && grep -q '"losses": 0' "$OUT" && grep -q '"changes": 0' "$OUT"
}

# A dialect that is refused is refused by all.
real() { # FILE
	run mud check "$1"
	[ "$STATUS" = 3 ] && { run mud show "$1"; [ "$STATUS" = 3 ]; return; }
	[ "$STATUS" = 0 ] || return 1
	run mud show "$1"
	says "It may open" && plain "$OUT" || return 1
	run mud show "$1" --json
	json head entries && round_trip "$1"
}

if [ -d "$REAL" ]; then
	for file in "$REAL"/*/*.json; do
		check "of $(basename "$file") all of it works" real "$file"
	done
else
	echo "skip real-files there are none beside this project"
fi

done_testing
