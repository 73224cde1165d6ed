// SPDX-License-Identifier: BSD-2-Clause
//
// docs/policy.md, *State*: flows, their places, and how long they live.

use crate::address::{Address, Mac};
use crate::frame::{Packet, Transport};
use crate::names::Name;
use crate::reason::Reason;
use crate::rule::{Opening, Question, Rule};
use crate::world::Side;
use std::collections::HashMap;
use std::rc::Rc;

const SECOND: u64 = 1_000_000_000;

/// "A flow is the machine's MAC address, the protocol, both addresses and both ports. For ICMP queries it has the
/// identifier and the type of the request in place of ports".
/// SILENT: whose MAC address it is behind a router. Each such device is a machine with flows of its own.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Key {
    pub machine: usize,
    pub protocol: u8,
    pub local: Address,
    pub remote: Address,
    pub local_port: u16,
    pub remote_port: u16,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    Opening,
    Established,
    Closing,
    Datagram,
}

/// "the interface and tags where the machine was when the flow was admitted"
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Where {
    pub interface: String,
    pub tags: Vec<u16>,
    /// "the MAC address at the other end of the frame"
    pub peer: Option<Mac>,
}

#[derive(Clone, Debug)]
pub struct Flow {
    pub state: State,
    /// The side that opened it: `to` is the machine's.
    pub opened: Opening,
    /// What the packet that opened it was judged by.
    pub question: Question,
    pub reason: Reason,
    pub rule: Option<Rc<Rule>>,
    /// The name by which that rule admitted it.
    pub name: Option<Name>,
    pub generation: u64,
    /// When the machine's address has to be proved again, if ever.
    pub proof_ends: Option<u64>,
    /// Since it was judged, a binding of the machine ended before its time, or went to another machine, or got an
    /// earlier end.
    pub lost_binding: bool,
    pub place: Where,
    pub packets: u64,
    pub bytes: u64,
    pub last: u64,
    slot: usize,
}

/// All that a packet brings to the flow that it makes or renews.
pub struct Admission<'a> {
    pub side: Side,
    pub packet: &'a Packet,
    pub wire: usize,
    pub time: u64,
    pub opened: Opening,
    pub question: Question,
    pub reason: Reason,
    pub rule: Option<Rc<Rule>>,
    /// The name by which that rule admitted it.
    pub name: Option<Name>,
    pub generation: u64,
    pub proof_ends: Option<u64>,
    pub place: Where,
}

/// A query of ICMP over IPv4 or ICMPv6 over IPv6: the type of its request, and whether it is that.
/// "ICMP echo 8 and 0, timestamp 13 and 14, information 15 and 16, mask 17 and 18; ICMPv6 echo 128 and 129".
pub fn icmp_query(v6: bool, kind: u8) -> Option<(u8, bool)> {
    match (v6, kind) {
        (false, 8) => Some((8, true)),
        (false, 0) => Some((8, false)),
        (false, 13) | (false, 15) | (false, 17) => Some((kind, true)),
        (false, 14) | (false, 16) | (false, 18) => Some((kind - 1, false)),
        (true, 128) => Some((128, true)),
        (true, 129) => Some((128, false)),
        _ => None,
    }
}

/// None for "other ICMP messages", which "have no flow and are judged one by one". "ICMP over IPv6 and ICMPv6
/// over IPv4 are other protocols. These have flows without ports."
pub fn key_of(machine: usize, side: Side, packet: &Packet) -> Option<Key> {
    let own_icmp = packet.icmp().or_else(|| packet.icmpv6());
    let (source_port, destination_port) = match packet.transport {
        Transport::Tcp { source, destination, .. } | Transport::Udp { source, destination } => (source, destination),
        _ => (0, 0),
    };
    let (local, remote, mut local_port, mut remote_port) = match side {
        Side::FromDevice => (packet.source, packet.destination, source_port, destination_port),
        Side::ToDevice => (packet.destination, packet.source, destination_port, source_port),
    };

    if let (Some((kind, _)), Transport::Icmp { identifier, .. }) = (own_icmp, packet.transport) {
        let (request, _) = icmp_query(packet.is_v6(), kind)?;
        local_port = identifier;
        remote_port = request as u16;
    }
    Some(Key { machine, protocol: packet.protocol, local, remote, local_port, remote_port })
}

/// Which side opens, if this packet does.
pub fn opener(side: Side) -> Opening {
    match side {
        Side::FromDevice => Opening::To,
        Side::ToDevice => Opening::From,
    }
}

/// The state by this packet alone.
/// SILENT: a bare SYN with FIN. It is closing, "from the first FIN or RST on".
fn state_alone(packet: &Packet) -> State {
    if !packet.is_tcp() {
        State::Datagram
    } else if packet.has_fin_or_rst() {
        State::Closing
    } else if packet.is_bare_syn() {
        State::Opening
    } else {
        State::Established
    }
}

impl Flow {
    /// "it has not been silent longer than: TCP established 2 h 4 min, TCP opening or closing 4 min, ICMP and ICMPv6
    /// (whatever the IP version) 30 s, all else 180 s"
    pub fn is_too_old(&self, key: &Key, now: u64) -> bool {
        let limit = match (key.protocol, self.state) {
            (6, State::Established) => 2 * 3600 + 4 * 60,
            (6, _) => 4 * 60,
            (1, _) | (58, _) => 30,
            _ => 180,
        };

        now.saturating_sub(self.last) > limit * SECOND
    }

    /// "its judgement is not outdated: the policy in force is the one that judged it, the rule has not ended, and the
    /// machine's address need not be proved again; nor did a binding of the machine end before its time, or change as
    /// said under *Bindings*".
    /// SILENT: a flow that learn mode made although a rule with `until` denied it. It is outdated then, too.
    pub fn is_outdated(&self, generation: u64, now: u64) -> bool {
        self.generation != generation
            || self.rule.as_ref().map(|rule| rule.has_ended(now)).unwrap_or(false)
            || self.proof_ends.map(|end| now >= end).unwrap_or(false)
            || self.lost_binding
    }

    /// "the packet does not open anew. A TCP segment with SYN and neither ACK nor RST always does. So does an
    /// ICMP request against the direction of the flow, or an ICMP answer along it."
    pub fn is_opened_anew_by(&self, side: Side, packet: &Packet) -> bool {
        let along = self.opened == opener(side);
        let query = packet.icmp().or_else(|| packet.icmpv6()).and_then(|(kind, _)| icmp_query(packet.is_v6(), kind));

        match query {
            Some((_, is_request)) => is_request != along,
            None => packet.is_bare_syn(),
        }
    }

    /// A packet that passes on it. "TCP is opening until the side that did not open it has sent something, and
    /// closing from the first FIN or RST on."
    pub fn carry(&mut self, side: Side, packet: &Packet, wire: usize, time: u64) {
        self.packets += 1;
        self.bytes += wire as u64;
        self.last = time;
        if packet.is_tcp() && packet.has_fin_or_rst() {
            self.state = State::Closing;
        } else if self.state == State::Opening && self.opened != opener(side) {
            self.state = State::Established;
        }
    }

    fn is_critical(&self) -> bool {
        is_critical(&self.rule)
    }
}

fn is_critical(rule: &Option<Rc<Rule>>) -> bool {
    rule.as_ref().map(|rule| rule.critical).unwrap_or(false)
}

/// The places of one machine, of one IP version and one kind.
#[derive(Clone, Default)]
struct Places {
    slots: Vec<Option<Key>>,
    /// How many new flows there were.
    count: usize,
}

pub struct Table {
    flows: HashMap<Key, Flow>,
    /// By machine, IP version, and kind (ordinary, critical).
    places: Vec<[[Places; 2]; 2]>,
}

impl Table {
    pub fn new(machines: usize) -> Table {
        Table { flows: HashMap::new(), places: vec![Default::default(); machines] }
    }

    pub fn get(&self, key: &Key) -> Option<&Flow> {
        self.flows.get(key)
    }

    pub fn get_mut(&mut self, key: &Key) -> Option<&mut Flow> {
        self.flows.get_mut(key)
    }

    pub fn iter(&self) -> impl Iterator<Item = (&Key, &Flow)> {
        self.flows.iter()
    }

    fn places_of(&mut self, key: &Key, critical: bool) -> &mut Places {
        &mut self.places[key.machine][key.local.is_v6() as usize][critical as usize]
    }

    /// Bindings: "all flows of the machine that had it are outdated."
    pub fn outdate(&mut self, machine: usize) {
        for (key, flow) in self.flows.iter_mut() {
            if key.machine == machine {
                flow.lost_binding = true;
            }
        }
    }

    /// "Refused, the flow ends".
    pub fn end(&mut self, key: &Key) {
        if let Some(flow) = self.flows.remove(key) {
            self.places_of(key, flow.is_critical()).slots[flow.slot] = None;
        }
    }

    /// "the n-th new flow of that kind and IP version (from 0) looks at place n, modulo their number, and at the
    /// three behind it, and takes the first free one, or else that of the flow that was idle longest, the first
    /// one of equal ones."
    fn take_place(&mut self, key: &Key, critical: bool, number: usize) -> usize {
        let places = self.places_of(key, critical);
        let n = places.count;

        places.count += 1;
        places.slots.resize(number, None);
        let looked_at: Vec<(usize, Option<Key>)> =
            (n..n + 4).map(|place| place % number).map(|place| (place, places.slots[place])).collect();
        let last_of = |holder: &Option<Key>| holder.and_then(|key| self.flows.get(&key)).map(|flow| flow.last);
        let mut best = looked_at[0];
        for place in &looked_at[1..] {
            // A free place has no last packet, which is less than any.
            if last_of(&place.1) < last_of(&best.1) {
                best = *place;
            }
        }
        if let Some(loser) = best.1 {
            self.flows.remove(&loser);
        }
        self.places_of(key, critical).slots[best.0] = Some(*key);
        best.0
    }

    /// "A packet that is judged by rules and passes makes the flow anew, or renews the one that is there."
    pub fn admit(&mut self, key: &Key, admission: Admission, numbers: [usize; 2]) {
        let critical = is_critical(&admission.rule);
        let old = self.flows.get(key).cloned();
        // "A flow of the same key that is there already keeps its place, whether it goes on or not; but where it
        // becomes critical or ceases to be, it leaves its place free and takes a new one."
        let slot = match &old {
            Some(flow) if flow.is_critical() == critical => flow.slot,
            _ => {
                self.end(key);
                self.take_place(key, critical, numbers[critical as usize])
            }
        };
        let goes_on = old.filter(|flow| !admission.packet.is_bare_syn() && flow.opened == admission.opened);
        let (packets, bytes) = goes_on.as_ref().map(|flow| (flow.packets, flow.bytes)).unwrap_or((0, 0));
        let state = match &goes_on {
            Some(flow) => state_renewed(flow, &admission),
            None => state_alone(admission.packet),
        };

        self.flows.insert(
            *key,
            Flow {
                state,
                opened: admission.opened,
                question: admission.question,
                reason: admission.reason,
                rule: admission.rule,
                name: admission.name,
                generation: admission.generation,
                proof_ends: admission.proof_ends,
                lost_binding: false,
                place: admission.place,
                packets: packets + 1,
                bytes: bytes + admission.wire as u64,
                last: admission.time,
                slot,
            },
        );
    }

    /// The lines of `state`, sorted as bytes.
    pub fn lines(&self, generation: u64, name_of: impl Fn(usize) -> String) -> Vec<String> {
        let mut lines: Vec<String> =
            self.iter().map(|(key, flow)| line(&name_of(key.machine), key, flow, generation)).collect();

        lines.sort();
        lines
    }
}

/// "One that goes on does not become more alive by being judged again: where the packet alone would make it
/// established, but it was closing, or opening and the packet comes from the side that opened it, it stays what
/// it was."
fn state_renewed(old: &Flow, admission: &Admission) -> State {
    let alone = state_alone(admission.packet);
    let from_opener = old.opened == opener(admission.side);

    if alone == State::Established && (old.state == State::Closing || (old.state == State::Opening && from_opener)) {
        return old.state;
    }
    alone
}

/// RULE is "- where another policy is in force by now".
fn line(machine: &str, key: &Key, flow: &Flow, generation: u64) -> String {
    let rule = flow.rule.as_ref().filter(|_| flow.generation == generation);
    let state = match flow.state {
        State::Opening => "opening",
        State::Established => "established",
        State::Closing => "closing",
        State::Datagram => "datagram",
    };
    let initiator = match flow.opened {
        Opening::To => "device",
        Opening::From => "remote",
    };

    format!(
        "flow {} {} {} {} {} {} {} {} {} {} {} {} {} {}",
        machine,
        key.protocol,
        key.local.hexadecimal(),
        key.local_port,
        key.remote.hexadecimal(),
        key.remote_port,
        state,
        initiator,
        flow.reason.token(),
        if flow.is_critical() { "critical" } else { "ordinary" },
        flow.packets,
        flow.bytes,
        flow.last,
        rule.map(|rule| rule.sentence.as_str()).unwrap_or("-"),
    )
}
