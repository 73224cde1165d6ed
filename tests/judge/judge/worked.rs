// SPDX-License-Identifier: BSD-2-Clause
//
// Cases worked out by hand from docs/policy.md, *Rules* and *MUD files*: what entries come to, and what sets, versions
// and files mean for frames. Built by `rustc --test`, apart from the judge.

use crate::inventory;
use crate::json;
use crate::mud::{self, Files};
use crate::world::{Side, World};

// Entries

/// One list of one entry, in the policy of one direction. @list: what stands in it beside name and entries.
fn file_of(direction: &str, list: &str, matches: &str, forwarding: &str) -> String {
    format!(
        r#"{{"ietf-mud:mud": {{"mud-version": 1, "mud-url": "https://Acme.example/x.json",
            "{}-policy": {{"access-lists": {{"access-list": [{{"name": "l"}}]}}}}}},
            "ietf-access-control-list:acls": {{"acl": [{{"name": "l"{}, "aces": {{"ace": [
            {{"name": "a", "matches": {{{}}}, "actions": {{"forwarding": "{}"}}}}]}}}}]}}}}"#,
        direction, list, matches, forwarding
    )
}

fn sentences(direction: &str, list: &str, matches: &str, forwarding: &str) -> Vec<String> {
    let sentences = mud::read(&file_of(direction, list, matches, forwarding), false).unwrap().sentences;
    let why = r#" because "entry a of l""#;

    sentences.into_iter().map(|sentence| sentence.strip_suffix(why).unwrap().to_string()).collect()
}

const V4: &str = r#", "type": "ipv4-acl-type""#;
const V6: &str = r#", "type": "ietf-access-control-list:ipv6-acl-type""#;

/// What an `accept` and a `drop` of these matches come to, from-device, in a list without a type.
fn expect(matches: &str, accept: &[&str], drop: &[&str]) {
    assert_eq!(sentences("from-device", "", matches, "accept"), accept, "accept {}", matches);
    assert_eq!(sentences("from-device", "", matches, "drop"), drop, "drop {}", matches);
    assert_eq!(sentences("from-device", "", matches, "reject"), drop, "reject {}", matches);
}

#[test]
fn version_comes_from_entry_list_and_ethertype() {
    expect(r#""ipv4": {}"#, &["allow to any ipv4"], &["deny to any ipv4"]);
    expect("", &["allow to any"], &["deny to any"]);
    expect(r#""eth": {"ethertype": "0x86dd"}, "tcp": {}"#, &["allow to any tcp ipv6"], &["deny to any tcp ipv6"]);
    assert_eq!(sentences("from-device", V6, "", "accept"), ["allow to any ipv6"]);
    assert_eq!(sentences("from-device", V4, r#""udp": {}"#, "accept"), ["allow to any udp ipv4"]);
}

#[test]
fn versions_that_contradict_match_nothing() {
    expect(r#""ipv4": {}, "ipv6": {}"#, &[], &[]);
    expect(r#""ipv4": {}, "eth": {"ethertype": 34525}"#, &[], &[]);
    assert!(sentences("from-device", V6, r#""ipv4": {}"#, "drop").is_empty());
}

#[test]
fn other_ethertypes() {
    expect(r#""eth": {"ethertype": "0x88b5"}"#, &["allow to any ethertype/0x88b5"], &["deny to any ethertype/0x88b5"]);
    for infrastructure in ["0x0806", "0x888e", "0x88cc"] {
        expect(&format!(r#""eth": {{"ethertype": "{}"}}"#, infrastructure), &[], &[]);
    }
    let with_mac = r#""eth": {"ethertype": "0x88b5", "source-mac-address": "02:00:5e:10:00:01"}"#;
    expect(with_mac, &[], &["deny to any ethertype/0x88b5"]);
}

#[test]
fn remotes() {
    let abstraction = |word: &str| format!(r#""ietf-mud:mud": {{"{}": [null]}}"#, word);

    expect(&abstraction("local-networks"), &["allow to local"], &["deny to local"]);
    expect(&abstraction("my-controller"), &["allow to my-controllers"], &["deny to my-controllers"]);
    let (allow, deny) = ("allow to manufacturer:acme.example", "deny to manufacturer:acme.example");
    expect(&abstraction("same-manufacturer"), &[allow], &[deny]);
    for key in ["controller", "manufacturer", "model"] {
        let matches = format!(r#""ietf-mud:mud": {{"{}": "urn:x"}}"#, key);
        expect(&matches, &[&format!("allow to {}:urn:x", key)], &[&format!("deny to {}:urn:x", key)]);
    }
    let network = r#""ipv4": {"destination-ipv4-network": "198.51.100.77/24"}"#;
    expect(network, &["allow to 198.51.100.0/24"], &["deny to 198.51.100.0/24"]);
    let everything = r#""ipv6": {"destination-ipv6-network": "2001:db8::1/0"}"#;
    expect(everything, &["allow to any ipv6"], &["deny to any ipv6"]);
    let name = r#""ipv4": {"ietf-acldns:dst-dnsname": "Cloud.Acme.example."}"#;
    expect(name, &["allow to cloud.acme.example ipv4"], &["deny to cloud.acme.example ipv4"]);
    let literal = r#""ipv6": {"ietf-acldns:dst-dnsname": "2001:db8::1"}"#;
    expect(literal, &["allow to 2001:db8::1"], &["deny to 2001:db8::1"]);
}

#[test]
fn remotes_that_cannot_be_said() {
    expect(r#""ipv4": {"ietf-acldns:dst-dnsname": "nas."}"#, &[], &["deny to any ipv4"]);
    let two = r#""ipv4": {"destination-ipv4-network": "198.51.100.0/24"}, "ietf-mud:mud": {"local-networks": [null]}"#;
    expect(two, &[], &["deny to any ipv4"]);
    let beside = r#""ipv4": {"destination-ipv4-network": "0.0.0.0/0"}, "ietf-mud:mud": {"local-networks": [null]}"#;
    expect(beside, &["allow to local ipv4"], &["deny to local ipv4"]);
}

#[test]
fn local_networks_beside_a_prefix() {
    let beside = |version: u8, network: &str| {
        format!(
            r#""ipv{}": {{"destination-ipv{}-network": "{}"}}, "ietf-mud:mud": {{"local-networks": [null]}}"#,
            version, version, network
        )
    };

    for (version, network, text) in [
        (4, "255.255.255.255/32", "255.255.255.255"),
        (4, "224.0.0.251/32", "224.0.0.251"),
        (4, "224.0.0.9/24", "224.0.0.0/24"),
        (4, "239.255.255.250/32", "239.255.255.250"),
        (4, "239.255.0.0/16", "239.255.0.0/16"),
        (6, "ff02::fb/128", "ff02::fb"),
        (6, "ff02::/16", "ff02::/16"),
    ] {
        expect(&beside(version, network), &[&format!("allow to {}", text)], &[&format!("deny to {}", text)]);
    }
    for network in ["224.0.1.1/32", "224.0.0.0/23", "239.254.255.250/32", "239.254.0.0/15", "255.255.255.254/31"] {
        expect(&beside(4, network), &[], &["deny to any ipv4"]);
    }
    expect(&beside(6, "ff05::c/128"), &[], &["deny to any ipv6"]);
    for network in ["ff00::/8", "ff00::/12", "ff02::/15"] {
        expect(&beside(6, network), &["allow to ff02::/16"], &["deny to any ipv6"]);
    }
    for network in ["ff00::/7", "ff10::/12", "ff03::/16"] {
        expect(&beside(6, network), &[], &["deny to any ipv6"]);
    }
}

#[test]
fn broadcast_mac_address() {
    let beside = |mac: &str, network: &str| {
        format!(
            r#""eth": {{"destination-mac-address": "{}"}}, "ipv4": {{"destination-ipv4-network": "{}/32"}}"#,
            mac, network
        )
    };
    let limited = beside("FF:ff:ff:ff:ff:ff", "255.255.255.255");

    expect(&limited, &["allow to 255.255.255.255"], &["deny to 255.255.255.255"]);
    expect(&beside("ff:ff:ff:ff:ff:fe", "255.255.255.255"), &[], &["deny to 255.255.255.255"]);
    expect(&beside("ff:ff:ff:ff:ff:ff", "224.0.0.1"), &[], &["deny to 224.0.0.1"]);
    assert!(sentences("to-device", "", &limited, "accept").is_empty());
}

#[test]
fn own_end() {
    expect(r#""ipv4": {"source-ipv4-network": "0.0.0.0/0"}"#, &["allow to any ipv4"], &["deny to any ipv4"]);
    expect(r#""ipv4": {"source-ipv4-network": "198.51.100.0/24"}"#, &[], &["deny to any ipv4"]);
    expect(r#""ipv4": {"ietf-acldns:src-dnsname": "a.example"}"#, &[], &["deny to any ipv4"]);
    let to_device = r#""ipv4": {"ietf-acldns:src-dnsname": "a.example"}"#;
    assert_eq!(sentences("to-device", "", to_device, "accept"), ["allow from a.example ipv4"]);
}

#[test]
fn ports() {
    let of = |ports: &str| format!(r#""tcp": {{"destination-port": {{{}}}}}"#, ports);

    expect(&of(r#""port": 443"#), &["allow to any tcp/443"], &["deny to any tcp/443"]);
    expect(&of(r#""operator": "lte", "port": 9"#), &["allow to any tcp/1-9"], &["deny to any"]);
    expect(&of(r#""operator": "gte", "port": 9"#), &["allow to any tcp/9-65535"], &["deny to any tcp/9-65535"]);
    let neq = &of(r#""operator": "neq", "port": 9"#);
    expect(neq, &["allow to any tcp/1-8,10-65535"], &["deny to any"]);
    let first = &of(r#""operator": "neq", "port": 0"#);
    expect(first, &["allow to any tcp/1-65535"], &["deny to any tcp/1-65535"]);
    let range = &of(r#""lower-port": 5, "upper-port": 7"#);
    expect(range, &["allow to any tcp/5-7"], &["deny to any tcp/5-7"]);
    expect(&of(r#""port": 0"#), &[], &["deny to any"]);
    expect(&of(r#""operator": "gte", "port": 0"#), &["allow to any tcp"], &["deny to any tcp"]);
    let source = r#""udp": {"source-port": {"operator": "neq", "port": 53}, "destination-port": {"port": 7}}"#;
    expect(
        source,
        &["allow to any udp/7 source-port 1-52", "allow to any udp/7 source-port 54-65535"],
        &["deny to any"],
    );
}

#[test]
fn icmp() {
    expect(
        r#""icmp": {"type": 8, "code": 0}"#,
        &["allow to any icmp/echo-request.0", "allow to any icmpv6/8.0"],
        &["deny to any icmp/echo-request.0", "deny to any icmpv6/8.0"],
    );
    let v6 = r#""ipv6": {"protocol": 58}, "icmp": {"type": 128}"#;
    expect(v6, &["allow to any icmpv6/echo-request"], &["deny to any icmpv6/echo-request"]);
    expect(r#""ipv4": {}, "icmp": {"code": 0}"#, &[], &["deny to any ipv4"]);
    expect(r#""ipv4": {}, "icmp": {}"#, &["allow to any icmp"], &["deny to any icmp"]);
}

#[test]
fn protocols() {
    let v4 = |number: u8| format!(r#""ipv4": {{"protocol": {}}}"#, number);

    expect(&v4(6), &["allow to any tcp ipv4"], &["deny to any tcp ipv4"]);
    expect(&v4(17), &["allow to any udp ipv4"], &["deny to any udp ipv4"]);
    expect(&v4(1), &["allow to any icmp"], &["deny to any icmp"]);
    expect(&v4(47), &["allow to any ip/47 ipv4"], &["deny to any ip/47 ipv4"]);
    expect(&v4(58), &[], &["deny to any ipv4"]);
    expect(r#""ipv6": {"protocol": 1}"#, &[], &["deny to any ipv6"]);
}

#[test]
fn direction_initiated() {
    let by = |direction: &str| {
        format!(r#""tcp": {{"ietf-mud:direction-initiated": "{}", "destination-port": {{"port": 80}}}}"#, direction)
    };

    expect(&by("from-device"), &["allow to any tcp/80"], &["deny to any tcp/80"]);
    expect(&by("to-device"), &[], &["deny to any tcp/80"]);
    assert_eq!(sentences("to-device", "", &by("to-device"), "accept"), ["allow from any tcp/80"]);
    assert!(sentences("to-device", "", &by("from-device"), "accept").is_empty());
}

#[test]
fn what_else_cannot_be_said() {
    let udp = r#", "udp": {"destination-port": {"port": 7}}"#;

    for member in [r#""ttl": 1"#, r#""length": 100"#, r#""ecn": 1"#, r#""flags": "more""#, r#""x:y": 1"#] {
        expect(&format!(r#""ipv4": {{{}}}{}"#, member, udp), &[], &["deny to any udp/7 ipv4"]);
    }
    expect(r#""tcp": {"flags": "syn", "destination-port": {"port": 7}}"#, &[], &["deny to any tcp/7"]);
    expect(r#""udp": {"length": 8}"#, &[], &["deny to any udp"]);
    expect(r#""x:y": {}"#, &[], &["deny to any"]);
    expect(r#""eth": {"source-mac-address": "02:00:5e:10:00:01"}"#, &[], &["deny to any"]);
    expect(r#""ipv4": {"dscp": 46}"#, &["allow to any dscp 46 ipv4"], &["deny to any dscp 46 ipv4"]);
}

#[test]
fn addresses_that_are_refused() {
    let allowed = |address: &str, private: bool| {
        let version = if address.contains(':') { 6 } else { 4 };
        let matches = format!(r#""ipv{}": {{"destination-ipv{}-network": "{}"}}"#, version, version, address);
        !mud::read(&file_of("from-device", "", &matches, "accept"), private).unwrap().sentences.is_empty()
    };

    for never in ["127.0.0.1/32", "0.0.0.0/32", "0.0.0.0/1", "126.0.0.0/7", "::1/128", "::/3", "::/128"] {
        assert!(!allowed(never, true), "{}", never);
    }
    for private in ["10.1.2.3/32", "172.16.0.0/12", "192.0.0.0/8", "100.64.0.1/32", "169.254.1.1/32", "8.0.0.0/5"] {
        assert!(!allowed(private, false), "{}", private);
        assert!(allowed(private, true), "{}", private);
    }
    assert!(!allowed("fd00::/8", false) && allowed("fd00::/8", true) && !allowed("f000::/4", false));
    for fine in ["255.255.255.255/32", "239.255.255.250/32", "ff02::fb/128", "8.8.8.8/32", "0.0.0.0/0", "::/0"] {
        assert!(allowed(fine, false), "{}", fine);
    }
}

#[test]
fn older_files() {
    let text = r#"{"ietf-mud:mud": {"mud-url": "https://a.example",
        "from-device-policy": {"access-lists": {"access-list": [{"acl-name": "o", "acl-type": "ipv6-acl"}]}}},
        "ietf-access-control-list:access-lists": {"acl": [{"acl-name": "o", "acl-type": "ipv6-acl",
        "access-list-entries": {"ace": [{"rule-name": "r", "matches": {
        "ipv6-acl": {"ietf-acldns:dst-dnsname": "s.a.example", "protocol": 6,
        "destination-port-range": {"lower-port": 443, "upper-port": 443}},
        "tcp-acl": {"ietf-mud:direction-initiated": "from-device"}}, "actions": {"forwarding": "accept"}}]}}]}}"#;
    let mud = mud::read(text, false).unwrap();

    assert_eq!(mud.sentences, [r#"allow to s.a.example tcp/443 ipv6 because "entry r of o""#]);
    assert_eq!(mud.authority, "a.example");
}

// Frames

/// UDP over IPv4 or IPv6 from the device to the gateway's MAC address.
fn udp(source: &str, target: &str, port: u16) -> Vec<u8> {
    let (source, target) = (address(source), address(target));
    let v6 = source.len() == 16;
    let mut frame = vec![2, 0, 0x5e, 0, 0, 1, 2, 0, 0x5e, 0x10, 0, 1];

    match v6 {
        true => frame.extend([0x86, 0xdd, 0x60, 0, 0, 0, 0, 8, 17, 64]),
        false => frame.extend([8, 0, 0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17, 0, 0]),
    }
    frame.extend(source);
    frame.extend(target);
    frame.extend([0x9c, 0x40]);
    frame.extend(port.to_be_bytes());
    frame.extend([0, 8, 0, 0]);
    frame.resize(frame.len().max(60), 0);
    frame
}

fn address(text: &str) -> Vec<u8> {
    crate::address::Address::parse(text).unwrap().bytes().to_vec()
}

/// One device that speaks, with @device in its entry; two more, that it may speak to.
fn inventory_of(device: &str, rest: &str) -> String {
    format!(
        r#"{{"version": 1, "gateway": {{"macs": ["02:00:5e:00:00:01"], "addresses": ["10.0.1.1"],
            "resolvers": ["198.51.100.53"], "time-servers": ["198.51.100.123"]}},
            "segments": {{"s": {{"interfaces": ["lan0"], "networks": ["10.0.1.0/24", "fd00:1::/64"],
                                 "infrastructure": {{"dns": false, "ntp": false}}}},
                          "t": {{"interfaces": ["lan1"], "networks": ["10.0.2.0/24"]}}}},
            "devices": {{"it": {{"mac": "02:00:5e:10:00:01", "segment": "s",
                                 "addresses": ["10.0.1.9", "fd00:1::9"], {}}},
                         "acme": {{"mac": "02:00:5e:10:00:02", "segment": "t", "addresses": ["10.0.2.2"],
                                   "manufacturer": "ACME.example", "model": "Plug 2"}},
                         "other": {{"mac": "02:00:5e:10:00:03", "segment": "t", "addresses": ["10.0.2.3"],
                                    "manufacturer": "Other", "mud": "m.json"}}}}{}}}"#,
        device, rest
    )
}

fn files() -> Files {
    let matches = r#""ietf-mud:mud": {"same-manufacturer": [null]}"#;
    [("m.json".to_string(), file_of("from-device", "", matches, "accept"))].into_iter().collect()
}

/// What becomes of a packet to UDP port 7 of this address.
fn verdict(device: &str, rest: &str, target: &str) -> String {
    let source = if target.contains(':') { "fd00:1::9" } else { "10.0.1.9" };
    let root = json::parse(&inventory_of(device, rest)).unwrap();
    let mut world = World::new(true, false, inventory::parse(&root, &files()).unwrap());
    let frame = udp(source, target, 7);
    world.judge(Side::FromDevice, 1_000_000_000, "lan0", frame.len(), &frame)
}

fn passes(device: &str, rest: &str, target: &str) -> bool {
    let verdict = verdict(device, rest, target);
    assert!(verdict.starts_with("pass rule it ") || verdict == "drop no-rule it -", "{}", verdict);
    verdict.starts_with("pass")
}

#[test]
fn versions_of_packets() {
    let rules = |option: &str| format!(r#""rules": ["allow to any udp/7 {}"]"#, option);

    assert!(passes(&rules("ipv4"), "", "198.51.100.1") && !passes(&rules("ipv4"), "", "2001:db8::1"));
    assert!(!passes(&rules("ipv6"), "", "198.51.100.1") && passes(&rules("ipv6"), "", "2001:db8::1"));
}

#[test]
fn classes_of_controllers() {
    let class = |name: &str| format!(r#""rules": ["allow to controller:{}"]"#, name);
    let listed = r#", "controllers": {"c": ["device:acme", "198.51.100.0/28", "gateway"],
                                      "urn:ietf:params:mud:ntp": []}"#;

    for member in ["10.0.2.2", "198.51.100.14", "10.0.1.1"] {
        assert!(passes(&class("c"), listed, member), "{}", member);
    }
    assert!(!passes(&class("c"), listed, "10.0.2.3") && !passes(&class("C"), listed, "10.0.2.2"));
    assert!(passes(&class("urn:ietf:params:mud:dns"), "", "198.51.100.53"));
    assert!(passes(&class("urn:ietf:params:mud:ntp"), "", "198.51.100.123"));
    assert!(!passes(&class("urn:ietf:params:mud:ntp"), listed, "198.51.100.123"));
    assert!(passes(&class("urn:ietf:params:mud:gateway"), "", "10.0.1.1"));
    assert!(!passes(&class("nobody"), listed, "10.0.2.2"));
}

#[test]
fn own_controllers() {
    let rules = r#""rules": ["allow to my-controllers"], "profile": "p""#;
    let profiles = r#", "profiles": {"p": {"extends": "q"}, "q": {"my-controllers": ["device:acme"]}}"#;
    let own = format!(r#"{}, "my-controllers": ["device:other"]"#, rules);

    assert!(passes(rules, profiles, "10.0.2.2") && !passes(rules, profiles, "10.0.2.3"));
    assert!(!passes(&own, profiles, "10.0.2.2") && passes(&own, profiles, "10.0.2.3"));
}

#[test]
fn manufacturers_and_models() {
    let to = |remote: &str| format!(r#""rules": ["allow to {}"]"#, remote);

    // `acme` is of it by its entry, `other` by its file; case does not count
    assert!(passes(&to("manufacturer:acme.EXAMPLE"), "", "10.0.2.2"));
    assert!(passes(&to("manufacturer:acme.EXAMPLE"), "", "10.0.2.3"));
    assert!(passes(&to("manufacturer:other"), "", "10.0.2.3") && !passes(&to("manufacturer:other"), "", "10.0.2.2"));
    assert!(passes(&to(r#"model:\"Plug 2\""#), "", "10.0.2.2") && !passes(&to(r#"model:\"plug 2\""#), "", "10.0.2.2"));
    assert!(passes(&to("model:https://Acme.example/x.json"), "", "10.0.2.3"));
    assert!(!passes(&to("model:https://acme.example/x.json"), "", "10.0.2.3"));
}

#[test]
fn same_manufacturer() {
    let rules = r#""rules": ["allow to same-manufacturer"]"#;
    let other = format!(r#"{}, "manufacturer": "OTHER", "mud": "m.json""#, rules);

    assert!(!passes(rules, "", "10.0.2.2"));
    // its own rules: the one of its entry, which is that of `other`; the file's: that of both
    assert!(verdict(&other, "", "10.0.2.3").ends_with("allow to same-manufacturer"));
    assert!(passes(&other, "", "10.0.2.2"));
    assert!(!passes(r#""manufacturer": "Nobody", "rules": ["allow to same-manufacturer"]"#, "", "10.0.2.2"));
    // a file of the profile, and of no manufacturer in the entry
    let profile = r#", "profiles": {"p": {"mud": {"source": "m.json", "private-addresses": "allow"}}}"#;
    assert!(passes(r#""profile": "p""#, profile, "10.0.2.2") && passes(r#""profile": "p""#, profile, "10.0.2.3"));
    assert!(!passes(r#""profile": "p""#, profile, "198.51.100.1"));
}

#[test]
fn files_stand_behind_all_other_rules() {
    let own = r#""mud": "m.json", "rules": ["deny to device:acme"]"#;

    assert_eq!(verdict(own, "", "10.0.2.2"), "drop rule-deny it deny to device:acme");
    assert_eq!(verdict(own, "", "10.0.2.3"), r#"pass rule it allow to manufacturer:acme.example because "entry a of l""#);
}
