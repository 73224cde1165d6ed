// SPDX-License-Identifier: BSD-2-Clause
//
// docs/policy.md, *MUD files*: one entry (ACE) of a list, and the sentences that it becomes.

use crate::address::{Address, Prefix};
use crate::json::Json;
use crate::mud::{first_of, identity, network_text};
use crate::rule::{icmp_type_text, Opening};

/// What an entry is told by its list.
pub struct List<'a> {
    pub opening: Opening,
    /// `private-addresses: allow`
    pub private: bool,
    /// The version that its type says: true for IPv6.
    pub v6: Option<bool>,
    pub name: &'a str,
    /// The authority of the file's URL.
    pub authority: &'a str,
}

enum Remote {
    Network(Prefix),
    /// A name, or one of the words and sets.
    Text(String),
}

type Ranges = Vec<(u16, u16)>;

#[derive(Default)]
struct Ports {
    source: Option<Ranges>,
    destination: Option<Ranges>,
}

/// All that an entry matches, in the words of rules.
#[derive(Default)]
struct Entry {
    /// What is said of the version of IP, as often as it is.
    versions: Vec<bool>,
    ethertype: Option<u16>,
    /// What is said of the other end, but for prefixes of length 0.
    remotes: Vec<Remote>,
    tcp: bool,
    udp: bool,
    icmp: bool,
    kind: Option<u8>,
    code: Option<u8>,
    protocol: Option<u8>,
    ports: Ports,
    dscp: Option<u8>,
    initiated: Option<Opening>,
    /// Something of the remote, of the service, or of anything else cannot be said.
    unsaid_remote: bool,
    unsaid_service: bool,
    /// Port 0 is among the ports.
    port_zero: bool,
    unsaid: bool,
    /// It is for the MAC address of everybody.
    broadcast: bool,
    /// `local-networks`, which is no remote of its own beside some prefixes.
    local: bool,
    /// How much is matched, beside the ethertype.
    others: usize,
}

/// The service of a rule, with the source ports that go with it.
struct Service {
    text: String,
    /// It is ICMP of a version, which says that one.
    says_version: bool,
}

pub fn sentences_of(json: &Json, list: &List) -> Result<Vec<String>, String> {
    let accept = accepts(json)?;
    let mut entry = Entry::default();

    for (key, value) in json.get("matches").map(|matches| matches.members()).unwrap_or(&[]) {
        entry.read_member(key, value, list)?;
    }
    entry.settle_local(accept);
    entry.settle_broadcast(list.opening);
    // SILENT: what tells rules of several entries apart, where they are shown. It is said why they are there.
    let name = first_of(json, &["name", "rule-name"]).and_then(|name| name.text()).unwrap_or("");
    let because = format!(" because \"entry {} of {}\"", name, list.name);
    Ok(entry.translate(accept, list).into_iter().map(|sentence| sentence + &because).collect())
}

/// "`accept` becomes `allow`; `drop` and `reject` become `deny`."
/// SILENT: `deny`, which some files have. It is a `drop`.
fn accepts(entry: &Json) -> Result<bool, String> {
    let forwarding = entry.get("actions").and_then(|actions| actions.get("forwarding")).and_then(|word| word.text());

    match forwarding.map(identity) {
        Some("accept") => Ok(true),
        Some("drop") | Some("reject") | Some("deny") => Ok(false),
        other => Err(format!("forwarding: {:?}", other)),
    }
}

fn number(value: &Json) -> Option<u64> {
    match value {
        Json::Number(_) => value.number(),
        Json::Text(text) => match text.strip_prefix("0x") {
            Some(digits) => u64::from_str_radix(digits, 16).ok(),
            None => text.parse().ok(),
        },
        _ => None,
    }
}

/// An operator and a port, or two ports. None: it cannot be said.
/// SILENT: a lower port alone. It cannot be said, as ports of no protocol cannot.
fn ranges_of(value: &Json) -> Option<Ranges> {
    let port = |key: &str| value.get(key).and_then(number).map(|port| port as u16);

    if let (Some(first), Some(last)) = (port("lower-port"), port("upper-port")) {
        return Some(vec![(first, last)]);
    }
    let port = port("port")?;
    let ranges = match value.get("operator").and_then(|operator| operator.text()).unwrap_or("eq") {
        "eq" => vec![(port, port)],
        "lte" => vec![(0, port)],
        "gte" => vec![(port, 65535)],
        "neq" => {
            let below = port.checked_sub(1).map(|last| (0, last));
            let above = port.checked_add(1).map(|first| (first, 65535));
            below.into_iter().chain(above).collect()
        }
        _ => return None,
    };
    Some(ranges)
}

/// SILENT: port 0, which no rule can have. An `accept` begins at port 1; a `drop` of more than that has a service that
/// cannot be said. All ports are all of them, with it.
fn without_zero(ranges: Ranges) -> (bool, Ranges) {
    let has_zero = ranges.iter().any(|(first, _)| *first == 0);
    let ranges = ranges.into_iter().map(|(first, last)| (first.max(1), last)).filter(|(first, last)| first <= last);

    (has_zero, ranges.collect())
}

/// Which end a member of `ipv4` or `ipv6` speaks of: true for the destination.
fn end_of(key: &str) -> Option<bool> {
    match key {
        "destination-ipv4-network" | "destination-ipv6-network" | "ietf-acldns:dst-dnsname" => Some(true),
        "source-ipv4-network" | "source-ipv6-network" | "ietf-acldns:src-dnsname" => Some(false),
        _ => None,
    }
}

impl Entry {
    fn read_member(&mut self, key: &str, value: &Json, list: &List) -> Result<(), String> {
        match key {
            "eth" => return self.read_ethernet(value),
            "ipv4" | "ipv4-acl" => self.read_ip(value, false, list.opening)?,
            "ipv6" | "ipv6-acl" => self.read_ip(value, true, list.opening)?,
            "tcp" | "tcp-acl" => {
                self.tcp = true;
                self.read_transport(value);
            }
            "udp" | "udp-acl" => {
                self.udp = true;
                self.read_transport(value);
            }
            "icmp" | "icmp-acl" => self.read_icmp(value),
            "ietf-mud:mud" => self.read_abstractions(value, list.authority),
            _ => self.unsaid = true,
        }
        self.others += 1;
        Ok(())
    }

    fn read_ethernet(&mut self, value: &Json) -> Result<(), String> {
        for (key, value) in value.members() {
            if key == "ethertype" {
                self.ethertype = Some(number(value).ok_or("no ethertype")? as u16);
                continue;
            }
            let everybody = value.text().map(|text| text.eq_ignore_ascii_case("ff:ff:ff:ff:ff:ff")).unwrap_or(false);
            match key == "destination-mac-address" && everybody {
                true => self.broadcast = true,
                false => self.unsaid = true,
            }
            self.others += 1;
        }
        Ok(())
    }

    fn read_ip(&mut self, value: &Json, v6: bool, opening: Opening) -> Result<(), String> {
        self.versions.push(v6);
        for (key, value) in value.members() {
            match (key.as_str(), end_of(key)) {
                ("protocol", _) => self.protocol = number(value).map(|number| number as u8),
                ("dscp", _) => self.dscp = number(value).map(|number| number as u8),
                (_, Some(destination)) => {
                    let remote = read_end(key, value.text().ok_or("an end that is no text")?)?;
                    self.add_end(remote, destination == (opening == Opening::To));
                }
                _ if self.read_ports(key, value) => (),
                _ => self.unsaid = true,
            }
        }
        Ok(())
    }

    /// "Nothing, or a prefix of length 0, is `any`." "Not said are: an address or name of the device's own end (but a
    /// prefix of length 0)".
    fn add_end(&mut self, end: Option<Remote>, is_remote: bool) {
        match end {
            Some(Remote::Network(prefix)) if prefix.length == 0 => self.versions.push(prefix.address.is_v6()),
            // SILENT: an address literal of the other version in the place of a name. It contradicts `ipv4` or `ipv6`.
            Some(remote) if is_remote => {
                if let Remote::Network(prefix) = &remote {
                    self.versions.push(prefix.address.is_v6());
                }
                self.remotes.push(remote);
            }
            None if is_remote => self.unsaid_remote = true,
            _ => self.unsaid = true,
        }
    }

    /// Older lists have ports where the protocol is. True: it is one of these members.
    fn read_ports(&mut self, key: &str, value: &Json) -> bool {
        let ports = match key {
            "source-port" | "source-port-range" | "source-port-range-or-operator" => &mut self.ports.source,
            "destination-port" | "destination-port-range" | "destination-port-range-or-operator" => {
                &mut self.ports.destination
            }
            _ => return false,
        };

        match ranges_of(value).map(without_zero) {
            // All ports are no condition.
            Some((true, ranges)) if ranges == [(1, 65535)] => (),
            Some((has_zero, ranges)) => {
                self.port_zero |= has_zero;
                self.unsaid_service |= ranges.is_empty();
                *ports = Some(ranges);
            }
            None => self.unsaid_service = true,
        }
        true
    }

    fn read_transport(&mut self, value: &Json) {
        for (key, value) in value.members() {
            // SILENT: `direction-initiated` of UDP, for which the RFC has none. It is what RFC 8519 does not know.
            if key == "ietf-mud:direction-initiated" && self.tcp {
                self.initiated = match value.text() {
                    Some("from-device") => Some(Opening::To),
                    Some("to-device") => Some(Opening::From),
                    _ => None,
                };
                self.unsaid |= self.initiated.is_none();
            } else if !self.read_ports(key, value) {
                self.unsaid = true;
            }
        }
    }

    fn read_icmp(&mut self, value: &Json) {
        self.icmp = true;
        for (key, value) in value.members() {
            match key.as_str() {
                "type" => self.kind = number(value).map(|number| number as u8),
                "code" => self.code = number(value).map(|number| number as u8),
                _ => self.unsaid = true,
            }
        }
    }

    fn read_abstractions(&mut self, value: &Json, authority: &str) {
        for (key, value) in value.members() {
            let text = value.text().unwrap_or("");
            let remote = match key.as_str() {
                "local-networks" => {
                    self.local = true;
                    continue;
                }
                "my-controller" => "my-controllers".to_string(),
                // "`same-manufacturer` the manufacturer of the file"
                // SILENT: how it is written, since case does not count. In small letters.
                "same-manufacturer" => format!("manufacturer:{}", quoted(&authority.to_ascii_lowercase())),
                "controller" => format!("controller:{}", quoted(text)),
                "manufacturer" => format!("manufacturer:{}", quoted(text)),
                "model" => format!("model:{}", quoted(text)),
                _ => {
                    self.unsaid = true;
                    continue;
                }
            };
            self.remotes.push(Remote::Text(remote));
        }
    }

    /// "and `local-networks` beside a prefix within 255.255.255.255, 224.0.0.0/24, 239.255.0.0/16 or ff02::/16, which stay in the local networks:
    /// then it is the prefix. An `accept` with `local-networks` beside a prefix within ff00::/8 that has all of ff02::/16 and
    /// more is about ff02::/16, those of its groups that do."
    /// SILENT: an address in the place of a name. It is a prefix of all its bits.
    fn settle_local(&mut self, accept: bool) {
        const NEAR: [&str; 4] = ["255.255.255.255", "224.0.0.0/24", "239.255.0.0/16", "ff02::/16"];
        let beside_near = match self.remotes.as_slice() {
            [Remote::Network(prefix)] => is_within(prefix, &NEAR),
            _ => false,
        };

        let around_link_groups = match (self.remotes.as_slice(), Prefix::parse("ff02::/16")) {
            ([Remote::Network(prefix)], Ok(link)) => {
                is_within(prefix, &["ff00::/8"]) && prefix.length < link.length && prefix.contains(&link.address)
            }
            _ => false,
        };

        if self.local && accept && around_link_groups {
            self.remotes = Prefix::parse("ff02::/16").map(Remote::Network).into_iter().collect();
        } else if self.local && !beside_near {
            self.remotes.push(Remote::Text("local".to_string()));
        }
    }

    /// "**MAC addresses** cannot be said, but for the destination ff:ff:ff:ff:ff:ff beside the destination
    /// 255.255.255.255, where it says nothing new." To-device that is the device's own end, which cannot be said anyway.
    fn settle_broadcast(&mut self, opening: Opening) {
        let beside_limited = match self.remotes.as_slice() {
            [Remote::Network(prefix)] => opening == Opening::To && is_within(prefix, &["255.255.255.255"]),
            _ => false,
        };

        self.unsaid |= self.broadcast && !beside_limited;
    }

    // What it comes to

    fn translate(&self, accept: bool, list: &List) -> Vec<String> {
        let ethertype_version = match self.ethertype {
            Some(0x0800) => Some(false),
            Some(0x86dd) => Some(true),
            _ => None,
        };
        let mut versions = self.versions.clone();

        versions.extend(list.v6);
        versions.extend(ethertype_version);
        // "Two that contradict each other: the entry matches nothing, and there is no rule."
        if versions.contains(&false) && versions.contains(&true) {
            return Vec::new();
        }
        let v6 = versions.first().copied();
        match self.ethertype {
            Some(ethertype) if ethertype_version.is_none() => self.translate_ethertype(ethertype, accept, v6, list),
            _ => self.translate_ip(accept, v6, list),
        }
    }

    /// "**Another ethertype**: `ethertype/N` with the remote `any`, if nothing else is matched. ARP, EAPOL and LLDP
    /// (0x0806, 0x888e, 0x88cc) are infrastructure: there is no rule."
    /// SILENT: together with a version of IP. No packet is both: there is no rule.
    fn translate_ethertype(&self, ethertype: u16, accept: bool, v6: Option<bool>, list: &List) -> Vec<String> {
        let infrastructure = matches!(ethertype, 0x0806 | 0x888e | 0x88cc);

        if infrastructure || v6.is_some() || (accept && self.others > 0) {
            return Vec::new();
        }
        vec![format!("{} any ethertype/0x{:04x}", beginning(accept, list), ethertype)]
    }

    /// "Such an `accept` makes no rule. Such a `drop` makes a `deny` that leaves out what cannot be said".
    fn translate_ip(&self, accept: bool, v6: Option<bool>, list: &List) -> Vec<String> {
        let services = if !accept && self.port_zero { None } else { self.services(v6) };
        let other_way = self.initiated.map(|initiated| initiated != list.opening).unwrap_or(false);
        // "Two of these together cannot be said".
        let unsaid_remote = self.unsaid_remote || self.remotes.len() > 1;

        if accept && (self.unsaid || unsaid_remote || services.is_none() || other_way || self.is_refused(list)) {
            return Vec::new();
        }
        let remote = if unsaid_remote { None } else { self.remotes.first() };
        let source = if services.is_some() { self.ports.source.clone() } else { None };
        let services = services.unwrap_or_else(|| vec![Service { text: String::new(), says_version: false }]);
        let mut sentences = Vec::new();

        for service in &services {
            for source in each(&source) {
                sentences.push(self.sentence(accept, list, remote, service, source, v6));
            }
        }
        sentences
    }

    fn sentence(
        &self,
        accept: bool,
        list: &List,
        remote: Option<&Remote>,
        service: &Service,
        source: Option<(u16, u16)>,
        v6: Option<bool>,
    ) -> String {
        let mut sentence = beginning(accept, list);

        match remote {
            None => sentence += " any",
            Some(Remote::Network(prefix)) => sentence += &format!(" {}", network_text(prefix)),
            Some(Remote::Text(text)) => sentence += &format!(" {}", text),
        }
        sentence += &service.text;
        if let Some(range) = source {
            sentence += &format!(" source-port {}", range_text(&range));
        }
        if let Some(dscp) = self.dscp {
            sentence += &format!(" dscp {}", dscp);
        }
        // "the rule has the option `ipv4` or `ipv6`, unless its remote is an address or its service is ICMP of that
        // version"
        if let (Some(v6), false) = (v6, service.says_version || matches!(remote, Some(Remote::Network(_)))) {
            sentence += if v6 { " ipv6" } else { " ipv4" };
        }
        sentence
    }

    /// None: it cannot be said.
    /// SILENT: a protocol number that contradicts `tcp`, `udp` or `icmp`, and two of these. They cannot be said.
    fn services(&self, v6: Option<bool>) -> Option<Vec<Service>> {
        let has_ports = self.ports.source.is_some() || self.ports.destination.is_some();
        let service = |text: String, says_version: bool| Some(vec![Service { text, says_version }]);
        let icmp_number = |v6: bool| if v6 { 58 } else { 1 };

        if self.unsaid_service {
            return None;
        }
        match (self.tcp, self.udp, self.icmp, self.protocol) {
            (true, false, false, None | Some(6)) | (false, false, false, Some(6)) => {
                service(format!(" tcp{}", self.ports_text()), false)
            }
            (false, true, false, None | Some(17)) | (false, false, false, Some(17)) => {
                service(format!(" udp{}", self.ports_text()), false)
            }
            _ if has_ports => None,
            (false, false, true, protocol) => match v6 {
                Some(v6) if protocol.is_none() || protocol == Some(icmp_number(v6)) => {
                    self.icmp_service(v6).map(|service| vec![service])
                }
                // "Without a version, `icmp` and `icmpv6`: two rules."
                None if protocol.is_none() => Some(vec![self.icmp_service(false)?, self.icmp_service(true)?]),
                _ => None,
            },
            // "1 (in IPv4) and 58 (in IPv6) are [...] ICMP and ICMPv6; [...] 1 in IPv6 and 58 in IPv4 cannot be said, nor
            // can either without a version."
            (false, false, false, Some(number @ (1 | 58))) => match v6 {
                Some(v6) if icmp_number(v6) == number => self.icmp_service(v6).map(|service| vec![service]),
                _ => None,
            },
            (false, false, false, Some(number)) => service(format!(" ip/{}", number), false),
            (false, false, false, None) => service(String::new(), false),
            _ => None,
        }
    }

    /// "ICMP with type, or type and code; a code alone cannot be said."
    fn icmp_service(&self, v6: bool) -> Option<Service> {
        let word = if v6 { " icmpv6" } else { " icmp" };
        let text = match (self.kind, self.code) {
            (Some(kind), Some(code)) => format!("{}/{}.{}", word, icmp_type_text(v6, kind), code),
            (Some(kind), None) => format!("{}/{}", word, icmp_type_text(v6, kind)),
            (None, Some(_)) => return None,
            (None, None) => word.to_string(),
        };

        Some(Service { text, says_version: true })
    }

    fn ports_text(&self) -> String {
        match &self.ports.destination {
            None => String::new(),
            Some(ranges) => {
                let texts: Vec<String> = ranges.iter().map(range_text).collect();
                format!("/{}", texts.join(","))
            }
        }
    }

    /// "An `accept` with an address as the remote, or a prefix, that is not of length 0 fails closed, too, if it is or
    /// overlaps" one of these.
    fn is_refused(&self, list: &List) -> bool {
        const NEVER: [&str; 4] = ["127.0.0.0/8", "::1", "0.0.0.0/8", "::"];
        const PRIVATE: [&str; 7] = [
            "10.0.0.0/8",
            "172.16.0.0/12",
            "192.168.0.0/16",
            "100.64.0.0/10",
            "169.254.0.0/16",
            "fc00::/7",
            "fe80::/10",
        ];
        let overlaps = |texts: &[&str], prefix: &Prefix| {
            texts.iter().filter_map(|text| Prefix::parse(text).ok()).any(|other| {
                // One of two prefixes that overlap has the other's first address in it.
                other.contains(&prefix.address) || prefix.contains(&other.address)
            })
        };

        self.remotes.iter().any(|remote| match remote {
            Remote::Network(prefix) => overlaps(&NEVER, prefix) || (!list.private && overlaps(&PRIVATE, prefix)),
            Remote::Text(_) => false,
        })
    }
}

fn is_within(prefix: &Prefix, networks: &[&str]) -> bool {
    let mut networks = networks.iter().filter_map(|text| Prefix::parse(text).ok());

    networks.any(|network| network.length <= prefix.length && network.contains(&prefix.address))
}

fn beginning(accept: bool, list: &List) -> String {
    let side = match list.opening {
        Opening::To => "to",
        Opening::From => "from",
    };

    format!("{} {}", if accept { "allow" } else { "deny" }, side)
}

/// "where the source port is one of two ranges (`neq`), there are two rules"
fn each(source: &Option<Ranges>) -> Vec<Option<(u16, u16)>> {
    match source {
        None => vec![None],
        Some(ranges) => ranges.iter().map(|range| Some(*range)).collect(),
    }
}

fn range_text(range: &(u16, u16)) -> String {
    match range.0 == range.1 {
        true => range.0.to_string(),
        false => format!("{}-{}", range.0, range.1),
    }
}

/// A name with a space or a quote in it stands in quotes.
fn quoted(text: &str) -> String {
    match text.contains(|c: char| c.is_whitespace() || c == '"' || c == '\\') {
        true => format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")),
        false => text.to_string(),
    }
}

/// "a prefix, whose bits behind its length do not count; a domain name, or an address in its place". None: "a name
/// without a dot".
fn read_end(key: &str, text: &str) -> Result<Option<Remote>, String> {
    if !key.ends_with("dnsname") {
        return Prefix::parse(text).map(Remote::Network).map(Some);
    }
    if let Ok(address) = Address::parse(text) {
        let length = address.bytes().len() * 8;
        return Ok(Some(Remote::Network(Prefix { address, length })));
    }
    // SILENT: how names are compared. As those of rules: without the dot at the end, and without regard to case.
    let name = text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase();
    Ok(if name.contains('.') { Some(Remote::Text(name)) } else { None })
}
