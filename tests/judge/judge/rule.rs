// SPDX-License-Identifier: BSD-2-Clause
//
// docs/policy.md, *Rules*: the sentence `(allow|deny) (to|from) REMOTE [SERVICE] [OPTION ...]`, taken apart, and
// what it matches. Who a remote is, is asked of the inventory.

use crate::address::{Address, Mac, Prefix};
use crate::bindings::Holders;
use crate::inventory::Inventory;
use crate::names::{matches_by_name, Pattern};
use std::collections::HashMap;

/// "`to`: the machine opens the conversation. `from`: the other side does."
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Opening {
    To,
    From,
}

#[derive(Clone, Debug)]
pub enum Remote {
    Network(Prefix),
    Machine(usize),
    Group(Vec<Remote>),
    /// *Sets*: what `controller:`, `manufacturer:` and the like stand for.
    Set(Vec<Remote>),
    Segment(usize),
    Gateway,
    Local,
    Internet,
    Any,
    Name(Pattern),
}

#[derive(Debug)]
pub enum Service {
    EveryIpProtocol,
    Tcp(Vec<(u16, u16)>),
    Udp(Vec<(u16, u16)>),
    /// Types, each with a code or with all of them.
    Icmp(Vec<(u8, Option<u8>)>),
    Icmpv6(Vec<(u8, Option<u8>)>),
    Ip(u8),
    Ethertype(u16),
}

#[derive(Debug)]
pub struct Rule {
    pub sentence: String,
    pub allow: bool,
    pub opening: Opening,
    pub remote: Remote,
    pub service: Service,
    pub critical: bool,
    /// A local remote may have the name.
    pub local: bool,
    /// It is one of *Management*.
    pub management: bool,
    pub source_port: Option<(u16, u16)>,
    pub dscp: Option<u8>,
    /// Only packets of this version of IP: true for IPv6.
    pub v6: Option<bool>,
    /// The first nanosecond behind the day of `until`.
    pub ends: Option<u64>,
}

/// What the names in rules mean, to those who parse them.
pub struct Names {
    pub hosts: HashMap<String, usize>,
    pub devices: HashMap<String, usize>,
    pub segments: HashMap<String, usize>,
    pub groups: HashMap<String, Vec<Remote>>,
    /// The members of classes of controllers.
    pub classes: HashMap<String, Vec<Remote>>,
    pub makers: Makers,
}

/// Which devices are of which manufacturer and model; a device may be of two.
#[derive(Default)]
pub struct Makers {
    pub manufacturers: Vec<(String, usize)>,
    pub models: Vec<(String, usize)>,
}

impl Makers {
    /// "Manufacturers are compared without regard to case, models and classes byte by byte."
    /// SILENT: the case of letters that are not of ASCII. They are compared as they are.
    fn devices_of_manufacturer(&self, name: &str) -> Vec<Remote> {
        let same = self.manufacturers.iter().filter(|(text, _)| text.eq_ignore_ascii_case(name));
        same.map(|(_, machine)| Remote::Machine(*machine)).collect()
    }

    fn devices_of_model(&self, name: &str) -> Vec<Remote> {
        self.models.iter().filter(|(text, _)| text == name).map(|(_, machine)| Remote::Machine(*machine)).collect()
    }
}

/// What `my-controllers` and `same-manufacturer` mean in the rules of one machine.
#[derive(Clone, Default)]
pub struct Own {
    pub controllers: Vec<Remote>,
    pub manufacturer: Option<String>,
}

/// The other end of a frame: its IP address, or in a frame without IP its MAC address.
#[derive(Clone, Copy, Debug)]
pub enum End {
    Ip(Address),
    Link(Mac),
}

/// What a conversation is opened to and from, as the first packet of it says.
#[derive(Clone, Copy, Debug)]
pub enum What {
    Tcp {
        service: u16,
        source: u16,
    },
    Udp {
        service: u16,
        source: u16,
    },
    /// ICMP over IPv4.
    Icmp {
        kind: u8,
        code: u8,
    },
    /// ICMPv6 over IPv6.
    Icmpv6 {
        kind: u8,
        code: u8,
    },
    Ip {
        protocol: u8,
    },
    Ethertype(u16),
}

#[derive(Clone, Copy, Debug)]
pub struct Question {
    pub remote: End,
    pub what: What,
    pub dscp: u8,
}

impl Rule {
    pub fn matches(&self, question: &Question, holders: &Holders) -> bool {
        !self.has_ended(holders.now)
            && self.matches_remote(&question.remote, holders)
            && self.service_matches(&question.what)
            && self.source_port_matches(&question.what)
            && self.dscp_matches(question)
            && self.version_matches(&question.remote)
    }

    /// Whatever its source port and dscp are, by what the inventory says alone.
    pub fn could_match(&self, address: &Address, what: &What, inventory: &Inventory) -> bool {
        self.service_matches(what)
            && self.version_matches(&End::Ip(*address))
            && could_be(&self.remote, address, inventory)
    }

    fn matches_remote(&self, end: &End, holders: &Holders) -> bool {
        match (&self.remote, end) {
            (Remote::Name(pattern), End::Ip(remote)) => matches_by_name(self, pattern, remote, holders),
            (remote, end) => remote_matches(remote, end, holders),
        }
    }

    /// "`until DATE`: the rule matches up to the end of that day in UTC".
    pub fn has_ended(&self, now: u64) -> bool {
        match self.ends {
            Some(end) => now >= end,
            None => false,
        }
    }

    fn service_matches(&self, what: &What) -> bool {
        match (&self.service, what) {
            // "Without one: every IP protocol, and no other ethertype."
            (Service::EveryIpProtocol, What::Ethertype(_)) => false,
            (Service::EveryIpProtocol, _) => true,
            (Service::Tcp(ports), What::Tcp { service, .. }) => within(ports, *service),
            (Service::Udp(ports), What::Udp { service, .. }) => within(ports, *service),
            (Service::Icmp(types), What::Icmp { kind, code }) => type_among(types, *kind, *code),
            (Service::Icmpv6(types), What::Icmpv6 { kind, code }) => type_among(types, *kind, *code),
            (Service::Ip(number), what) => protocol_of(what) == Some(*number),
            (Service::Ethertype(number), What::Ethertype(ethertype)) => number == ethertype,
            _ => false,
        }
    }

    /// "`source-port P` or `P-Q`: the port that the conversation is opened from".
    fn source_port_matches(&self, what: &What) -> bool {
        match (self.source_port, what) {
            (None, _) => true,
            (Some(range), What::Tcp { source, .. }) | (Some(range), What::Udp { source, .. }) => {
                within(&[range], *source)
            }
            _ => false,
        }
    }

    fn dscp_matches(&self, question: &Question) -> bool {
        match self.dscp {
            None => true,
            // SILENT: whether a rule with `dscp` can match a frame without IP. It cannot: there is none.
            Some(dscp) => !matches!(question.what, What::Ethertype(_)) && dscp == question.dscp,
        }
    }

    /// "`ipv4`, `ipv6`: only packets of that version".
    fn version_matches(&self, remote: &End) -> bool {
        match (self.v6, remote) {
            (None, _) => true,
            (Some(v6), End::Ip(address)) => address.is_v6() == v6,
            (Some(_), End::Link(_)) => false,
        }
    }
}

fn within(ranges: &[(u16, u16)], port: u16) -> bool {
    ranges.iter().any(|(first, last)| *first <= port && port <= *last)
}

fn type_among(types: &[(u8, Option<u8>)], kind: u8, code: u8) -> bool {
    types.is_empty() || types.iter().any(|(k, c)| *k == kind && (c.is_none() || *c == Some(code)))
}

fn protocol_of(what: &What) -> Option<u8> {
    match what {
        What::Tcp { .. } => Some(6),
        What::Udp { .. } => Some(17),
        What::Icmp { .. } => Some(1),
        What::Icmpv6 { .. } => Some(58),
        What::Ip { protocol } => Some(*protocol),
        What::Ethertype(_) => None,
    }
}

/// "a domain name has no address that is known before": no name could.
fn could_be(remote: &Remote, address: &Address, inventory: &Inventory) -> bool {
    match remote {
        Remote::Any => true,
        Remote::Group(members) | Remote::Set(members) => members.iter().any(|member| could_be(member, address, inventory)),
        Remote::Network(prefix) => prefix.contains(address),
        Remote::Machine(machine) => inventory.lists(*machine, address),
        Remote::Segment(segment) => inventory.segments[*segment].has_in_networks(address),
        Remote::Gateway => inventory.gateway_holds(address),
        Remote::Local => inventory.is_local(address),
        Remote::Internet => inventory.is_internet(address),
        Remote::Name(_) => false,
    }
}

/// The table of **REMOTE**.
fn remote_matches(remote: &Remote, end: &End, holders: &Holders) -> bool {
    let inventory = holders.inventory;

    match (remote, end) {
        (Remote::Any, _) => true,
        (Remote::Group(members), _) | (Remote::Set(members), _) => members.iter().any(|member| remote_matches(member, end, holders)),

        (Remote::Network(prefix), End::Ip(address)) => prefix.contains(address),
        (Remote::Machine(machine), End::Ip(address)) => holders.is_named_by(*machine, address),
        (Remote::Segment(segment), End::Ip(address)) => inventory.segments[*segment].has_in_networks(address),
        (Remote::Gateway, End::Ip(address)) => inventory.gateway_holds(address),
        (Remote::Local, End::Ip(address)) => inventory.is_local(address),
        (Remote::Internet, End::Ip(address)) => inventory.is_internet(address),

        // "in a frame without IP, its MAC address".
        // SILENT: a device behind a router. It has none that the gateway sees, so it is nobody's remote here.
        (Remote::Machine(machine), End::Link(mac)) => inventory.machines[*machine].mac == Some(*mac),
        (Remote::Gateway, End::Link(mac)) => inventory.is_gateway_mac(mac),
        _ => false,
    }
}

/// REMOTE as it is written in a rule, or (a member) in a group.
pub fn parse_remote(text: &str, names: &Names, own: &Own) -> Result<Remote, String> {
    let unknown = || format!("no such name: {}", text);

    match text {
        "gateway" => return Ok(Remote::Gateway),
        "local" => return Ok(Remote::Local),
        "internet" => return Ok(Remote::Internet),
        "any" => return Ok(Remote::Any),
        "my-controllers" => return Ok(Remote::Set(own.controllers.clone())),
        "same-manufacturer" => {
            // "Who has none has no other one of its manufacturer."
            let devices = own.manufacturer.as_ref().map(|name| names.makers.devices_of_manufacturer(name));
            return Ok(Remote::Set(devices.unwrap_or_default()));
        }
        _ => (),
    }
    if let Some(name) = text.strip_prefix("device:") {
        return names.devices.get(name).map(|machine| Remote::Machine(*machine)).ok_or_else(unknown);
    }
    if let Some(name) = text.strip_prefix("host:") {
        return names.hosts.get(name).map(|machine| Remote::Machine(*machine)).ok_or_else(unknown);
    }
    if let Some(name) = text.strip_prefix("group:") {
        return names.groups.get(name).map(|members| Remote::Group(members.clone())).ok_or_else(unknown);
    }
    if let Some(name) = text.strip_prefix("segment:") {
        return names.segments.get(name).map(|segment| Remote::Segment(*segment)).ok_or_else(unknown);
    }
    if let Some(class) = text.strip_prefix("controller:") {
        // "A class that nobody lists has no members."
        return Ok(Remote::Set(names.classes.get(class).cloned().unwrap_or_default()));
    }
    if let Some(name) = text.strip_prefix("manufacturer:") {
        return Ok(Remote::Set(names.makers.devices_of_manufacturer(name)));
    }
    if let Some(name) = text.strip_prefix("model:") {
        return Ok(Remote::Set(names.makers.devices_of_model(name)));
    }
    match Prefix::parse(text) {
        Ok(prefix) => Ok(Remote::Network(prefix)),
        Err(_) => Pattern::parse(text).map(Remote::Name),
    }
}

/// Words are separated by space. What stands in quotes is part of its word, space and all.
/// SILENT: how a quote stands in quotes. A backslash takes the character behind it as it is.
fn split_words(sentence: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut begun = false;
    let mut quoted = false;
    let mut characters = sentence.chars();

    while let Some(character) = characters.next() {
        if character == '"' {
            quoted = !quoted;
            begun = true;
        } else if quoted && character == '\\' {
            word.extend(characters.next());
        } else if !quoted && character.is_whitespace() {
            if begun {
                words.push(std::mem::take(&mut word));
            }
            begun = false;
        } else {
            word.push(character);
            begun = true;
        }
    }
    if begun {
        words.push(word);
    }
    words
}

pub fn parse(sentence: &str, names: &Names, own: &Own) -> Result<Rule, String> {
    parse_words(sentence, names, own).map_err(|error| format!("rule '{}': {}", sentence, error))
}

fn parse_words(sentence: &str, names: &Names, own: &Own) -> Result<Rule, String> {
    let mut words = split_words(sentence).into_iter().peekable();
    let mut next = |what: &str| words.next().ok_or_else(|| format!("{} is missing", what));
    let allow = match next("allow or deny")?.as_str() {
        "allow" => true,
        "deny" => false,
        other => return Err(format!("neither allow nor deny: {}", other)),
    };
    let opening = match next("to or from")?.as_str() {
        "to" => Opening::To,
        "from" => Opening::From,
        other => return Err(format!("neither to nor from: {}", other)),
    };
    let remote = parse_remote(&next("the remote")?, names, own)?;
    let mut rule = Rule {
        sentence: sentence.to_string(),
        allow,
        opening,
        remote,
        service: Service::EveryIpProtocol,
        critical: false,
        local: false,
        management: false,
        source_port: None,
        dscp: None,
        v6: None,
        ends: None,
    };

    if let Some(service) = words.peek().and_then(|word| parse_service(word)) {
        rule.service = service?;
        words.next();
    }
    while let Some(option) = words.next() {
        let mut value = || words.next().ok_or_else(|| format!("{} of what?", option));
        match option.as_str() {
            "critical" => rule.critical = true,
            "local" => rule.local = true,
            "source-port" => rule.source_port = Some(parse_ports(&value()?)?),
            "dscp" => rule.dscp = Some(parse_number(&value()?)? as u8),
            "ipv4" => rule.v6 = Some(false),
            "ipv6" => rule.v6 = Some(true),
            "until" => rule.ends = Some(end_of_day(&value()?)?),
            "because" => {
                value()?;
            }
            _ => return Err(format!("no option: {}", option)),
        }
    }
    Ok(rule)
}

/// None where the word is no service at all, but an option.
fn parse_service(word: &str) -> Option<Result<Service, String>> {
    let (protocol, list) = match word.split_once('/') {
        Some((protocol, list)) => (protocol, Some(list)),
        None => (word, None),
    };

    match protocol {
        "tcp" => Some(parse_port_list(list).map(Service::Tcp)),
        "udp" => Some(parse_port_list(list).map(Service::Udp)),
        "icmp" => Some(parse_type_list(list, false).map(Service::Icmp)),
        "icmpv6" => Some(parse_type_list(list, true).map(Service::Icmpv6)),
        "ip" => Some(parse_number(list.unwrap_or("")).map(|number| Service::Ip(number as u8))),
        "ethertype" => Some(parse_number(list.unwrap_or("")).map(|number| Service::Ethertype(number as u16))),
        _ => None,
    }
}

fn parse_number(text: &str) -> Result<u32, String> {
    let number = match text.strip_prefix("0x") {
        Some(digits) => u32::from_str_radix(digits, 16),
        None => text.parse(),
    };

    number.map_err(|_| format!("no number: {}", text))
}

fn parse_ports(text: &str) -> Result<(u16, u16), String> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));

    Ok((parse_number(first)? as u16, parse_number(last)? as u16))
}

fn parse_port_list(list: Option<&str>) -> Result<Vec<(u16, u16)>, String> {
    match list {
        Some(list) => list.split(',').map(parse_ports).collect(),
        None => Ok(vec![(0, 65535)]),
    }
}

fn parse_type_list(list: Option<&str>, v6: bool) -> Result<Vec<(u8, Option<u8>)>, String> {
    match list {
        Some(list) => list.split(',').map(|text| parse_type(text, v6)).collect(),
        None => Ok(Vec::new()),
    }
}

fn parse_type(text: &str, v6: bool) -> Result<(u8, Option<u8>), String> {
    let (kind, code) = match text.split_once('.') {
        Some((kind, code)) => (kind, Some(parse_number(code)? as u8)),
        None => (text, None),
    };

    match icmp_types(v6).iter().find(|(name, _)| *name == kind) {
        Some((_, kind)) => Ok((*kind, code)),
        None => Ok((parse_number(kind)? as u8, code)),
    }
}

/// "The names of types are those of nft(8)". The first name of a type is the one that is written.
const ICMP_TYPES: &[(&str, u8)] = &[
    ("echo-reply", 0),
    ("destination-unreachable", 3),
    ("source-quench", 4),
    ("redirect", 5),
    ("echo-request", 8),
    ("router-advertisement", 9),
    ("router-solicitation", 10),
    ("time-exceeded", 11),
    ("parameter-problem", 12),
    ("timestamp-request", 13),
    ("timestamp-reply", 14),
    ("info-request", 15),
    ("info-reply", 16),
    ("address-mask-request", 17),
    ("address-mask-reply", 18),
];

const ICMPV6_TYPES: &[(&str, u8)] = &[
    ("destination-unreachable", 1),
    ("packet-too-big", 2),
    ("time-exceeded", 3),
    ("parameter-problem", 4),
    ("echo-request", 128),
    ("echo-reply", 129),
    ("mld-listener-query", 130),
    ("mld-listener-report", 131),
    ("mld-listener-done", 132),
    ("mld-listener-reduction", 132),
    ("nd-router-solicit", 133),
    ("nd-router-advert", 134),
    ("nd-neighbor-solicit", 135),
    ("nd-neighbor-advert", 136),
    ("nd-redirect", 137),
    ("router-renumbering", 138),
    ("ind-neighbor-solicit", 141),
    ("ind-neighbor-advert", 142),
    ("mld2-listener-report", 143),
];

fn icmp_types(v6: bool) -> &'static [(&'static str, u8)] {
    match v6 {
        true => ICMPV6_TYPES,
        false => ICMP_TYPES,
    }
}

/// A type as rules have it: its name, or where it has none its number.
pub fn icmp_type_text(v6: bool, kind: u8) -> String {
    match icmp_types(v6).iter().find(|(_, number)| *number == kind) {
        Some((name, _)) => name.to_string(),
        None => kind.to_string(),
    }
}

/// The first nanosecond of the day behind this one, YYYY-MM-DD, in UTC.
fn end_of_day(text: &str) -> Result<u64, String> {
    let parts: Vec<i64> = text.split('-').filter_map(|part| part.parse().ok()).collect();

    if parts.len() != 3 {
        return Err(format!("no date: {}", text));
    }
    let days = days_since_epoch(parts[0], parts[1], parts[2]) + 1;
    Ok((days.max(0) as u64).saturating_mul(86_400_000_000_000))
}

/// Days are counted year by year and month by month, as one would on paper.
fn days_since_epoch(year: i64, month: i64, day: i64) -> i64 {
    let leap = |year: i64| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let mut days = 0;

    for y in 1970..year {
        days += if leap(y) { 366 } else { 365 };
    }
    for m in 1..month {
        days += match m {
            2 if leap(year) => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        };
    }
    days + day - 1
}
