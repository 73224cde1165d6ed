// SPDX-License-Identifier: BSD-2-Clause
//
// docs/policy.md, *Conversations*: flows, ICMP errors, and rules, in that order.

use crate::address::Mac;
use crate::bindings::{Holders, Kind};
use crate::flows::{icmp_query, key_of, opener, Admission, Flow, Key, Where};
use crate::frame::{Packet, Transport};
use crate::inventory::Mode;
use crate::names::Name;
use crate::quarantine::admits_spared;
use crate::reason::Reason;
use crate::rule::{End, Opening, Question, Rule, What};
use crate::world::{Case, Side, Speaker, Verdict, World};
use std::rc::Rc;

const SECOND: u64 = 1_000_000_000;

/// State: "of a claimed address [...] at most 12 hours after the flow was judged".
const CLAIM_PROVES: u64 = 12 * 3600 * SECOND;

impl World {
    /// Order of judgement: "The frame is taken apart, then the flow table is asked, unless the frame is a
    /// fragment or goes to a group MAC address. What a live flow proved is not proved again".
    pub fn pass_by_live_flow(&mut self, case: &Case) -> Option<Verdict> {
        let packet = case.frame.packet.as_ref()?;

        if !packet.is_whole() || case.goes_to_group_mac() {
            return None;
        }
        let key = key_of(case.machine?, case.side, packet)?;
        let verdict = self.carry_by_live_flow(case, packet, &key)?;
        Some(self.look_at_names(case, key.machine, packet, verdict))
    }

    fn carry_by_live_flow(&mut self, case: &Case, packet: &Packet, key: &Key) -> Option<Verdict> {
        let flow = self.flows.get(key)?;

        if flow.is_too_old(key, case.time)
            || self.flow_is_outdated(key.machine, flow, case.time)
            || !self.is_at_place_of(case, flow)
            || !goes_to_peer_of(case, flow)
            || flow.is_opened_anew_by(case.side, packet)
        {
            return None;
        }
        let flow = self.flows.get_mut(key)?;
        flow.carry(case.side, packet, case.frame.bytes.wire, case.time);
        // SILENT: which rule a flow rests on that learn mode made of a refused conversation. The one that refused it.
        let spared = admits_spared(flow.reason, &flow.rule);
        let opened = Some(flow.opened);
        Some(Verdict { spared, opened, ..Verdict::by_rule(Reason::Flow, flow.rule.clone()) })
    }

    /// "the packet is at the interface and tags where the machine was when the flow was admitted (in a replay, not
    /// to-device)".
    fn is_at_place_of(&self, case: &Case, flow: &Flow) -> bool {
        if !self.ports && case.side == Side::ToDevice {
            return true;
        }
        flow.place.interface == case.interface && case.frame.tags == flow.place.tags
    }

    /// "in a replay without ports, a flow admitted to-device has the segment's tags".
    fn place_of(&self, case: &Case, machine: usize) -> Where {
        Where {
            interface: case.interface.to_string(),
            tags: self.inventory.segment_of(machine).tags.clone(),
            peer: other_end(case),
        }
    }

    pub fn converse(&mut self, case: &Case, machine: usize, packet: &Packet) -> Verdict {
        let verdict = self.converse_by_flow_or_rules(case, machine, packet);

        self.look_at_names(case, machine, packet, verdict)
    }

    /// For IP, "in this order".
    fn converse_by_flow_or_rules(&mut self, case: &Case, machine: usize, packet: &Packet) -> Verdict {
        let key = match case.goes_to_group_mac() {
            // "A frame to a group MAC address belongs to no flow, and makes none."
            true => None,
            false => key_of(machine, case.side, packet),
        };

        if let Some(key) = key {
            // 1: "A first fragment of a live flow: `flow`."
            if let Some(verdict) = self.carry_by_live_flow(case, packet, &key) {
                return verdict;
            }
            if let Some(verdict) = self.judge_flow_again(case, machine, packet, &key) {
                return verdict;
            }
        }
        if let Some(verdict) = self.icmp_error(case, machine, packet) {
            return verdict;
        }
        self.open_conversation(case, machine, packet, key)
    }

    /// 2: "The packet belongs to a flow whose judgement is outdated, or that was admitted at another place, and
    /// is not too old: it is judged by the rules of the side that opened the flow, as the packet that opened it
    /// would be. Refused, the flow ends (in learn mode it goes on)."
    /// SILENT: whether a packet that opens anew belongs to such a flow. It does not: it is judged by the rules of
    /// the side that sent it, and where they refuse it, the flow that is there stays as it is.
    /// SILENT: what is remembered of the packet that opened it. All that rules ask for: ICMP type and code, and
    /// DSCP.
    fn judge_flow_again(&mut self, case: &Case, machine: usize, packet: &Packet, key: &Key) -> Option<Verdict> {
        let flow = self.flows.get(key)?;

        if flow.is_too_old(key, case.time) || flow.is_opened_anew_by(case.side, packet) {
            return None;
        }
        let opened = flow.opened;
        let question = flow.question;
        let names = self.names_of(machine, &key.remote, flow.name.as_ref(), case.time);
        let verdict = self.ask(machine, opened, &question, &names, case.time);
        if verdict.reason.drops() && self.mode(case) != Mode::Learn {
            // Quarantine: "Refused as `quarantine` the flow does not end, and is not renewed".
            if verdict.reason != Reason::Quarantine {
                self.flows.end(key);
            }
            return Some(verdict);
        }
        self.make_flow(case, machine, packet, Some(*key), opened, question, &names, &verdict);
        Some(Verdict { opened: Some(opened), ..verdict })
    }

    /// 4 and 5.
    /// SILENT: whether 5 holds for what 2 refused. It does not: there the flow says who opened it.
    fn open_conversation(&mut self, case: &Case, machine: usize, packet: &Packet, key: Option<Key>) -> Verdict {
        let opened = opener(case.side);
        let question = self.question_of_packet(case.side, packet);
        let names = match question.remote {
            End::Ip(remote) => self.names_of(machine, &remote, None, case.time),
            End::Link(_) => Vec::new(),
        };
        let verdict = self.ask(machine, opened, &question, &names, case.time);
        // "Only a request opens one: an answer to none is judged one by one, too."
        let key = if may_open(packet) { key } else { None };

        if !verdict.reason.drops() {
            self.make_flow(case, machine, packet, key, opened, question, &names, &verdict);
            return Verdict { opened: Some(opened), ..verdict };
        }
        if case.side == Side::FromDevice && packet.has_ack() && !packet.has_syn() {
            let question = as_answer(&question);
            // Quarantine: "Step 5 goes by the same, for the segments that were refused as `quarantine` as well. What it
            // does not admit keeps the reason and the rule of step 4."
            let answer = self.ask_rules_in_force(machine, Opening::From, &question, &names, case.time);
            if answer.reason == Reason::Rule {
                self.make_flow(case, machine, packet, key, Opening::From, question, &names, &answer);
                return Verdict { opened: Some(Opening::From), ..answer };
            }
        }
        // Modes, `learn`: "A conversation that is refused makes a flow all the same".
        if self.mode(case) == Mode::Learn {
            self.make_flow(case, machine, packet, key, opened, question, &names, &verdict);
        }
        verdict
    }

    /// State: "A packet that is admitted by a rule, by trust or as DNS or NTP makes a **flow**, unless monitor
    /// mode alone let it pass, or it goes to a group MAC address or a group's address."
    #[allow(clippy::too_many_arguments)]
    fn make_flow(
        &mut self,
        case: &Case,
        machine: usize,
        packet: &Packet,
        key: Option<Key>,
        opened: Opening,
        question: Question,
        names: &[Name],
        verdict: &Verdict,
    ) {
        let key = match key {
            Some(key) if !packet.destination.is_groups() && !packet.source.is_groups() => key,
            _ => return,
        };
        let admission = Admission {
            side: case.side,
            packet,
            wire: case.frame.bytes.wire,
            time: case.time,
            opened,
            question,
            reason: verdict.reason,
            rule: verdict.rule.clone(),
            name: match verdict.reason {
                Reason::Rule => World::name_to_remember(verdict.rule.as_deref(), names),
                _ => None,
            },
            generation: self.generation,
            proof_ends: self.proof_ends(case, machine, &key),
            place: self.place_of(case, machine),
        };

        self.flows.admit(&key, admission, self.inventory.machines[machine].places);
    }

    /// State: "the machine's address need not be proved again: that is when a lease ends as it was known then, and of a
    /// claimed address when the claim ends, but at most 12 hours after the flow was judged, in whole seconds, rounded
    /// down (not of what was judged to-device for a trusted host)". What a replay learnt is a claim that never ends.
    /// SILENT: a claim that is asked for after the flow was judged, and so ends later. Its end is the one known when the
    /// flow was judged, as with leases.
    fn proof_ends(&self, case: &Case, machine: usize, key: &Key) -> Option<u64> {
        if case.side == Side::ToDevice && self.inventory.machines[machine].trusted {
            return None;
        }
        let ends = match self.holders_for(Speaker::Machine(machine), case.time).bound(&key.local) {
            Some((holder, binding)) if holder == machine => match binding.kind {
                Kind::Lease => binding.ends,
                Kind::Claim => {
                    let proves_until = case.time + CLAIM_PROVES;
                    Some(binding.ends.map(|end| end.min(proves_until)).unwrap_or(proves_until))
                }
            },
            _ => None,
        };
        ends.map(|end| end / SECOND * SECOND)
    }

    /// 4: "The machine's policy is asked, from-device the `to` rules, to-device the `from` rules".
    fn ask(&self, machine: usize, opened: Opening, question: &Question, names: &[Name], now: u64) -> Verdict {
        let switches = &self.inventory.segment_of(machine).switches;

        // Quarantine: "Nobody is trusted."
        if self.inventory.machines[machine].trusted && !self.quarantines.lasts(machine, now) {
            return Reason::Trusted.into();
        }
        if let (Opening::To, End::Ip(remote)) = (opened, &question.remote) {
            let asked = &self.inventory.machines[machine];
            if switches.dns && !asked.loses_dns && self.is_dns(&question.what, remote) {
                return Reason::Dns.into();
            }
            if switches.ntp && !asked.loses_ntp && self.is_ntp(&question.what, remote) {
                return Reason::Ntp.into();
            }
        }
        self.ask_rules_in_force(machine, opened, question, names, now)
    }

    /// "The first rule that matches: `rule`, or `rule-deny`. None: `no-rule`. For a frame that is not IP:
    /// `ethertype`."
    pub fn ask_rules(&self, machine: usize, opened: Opening, question: &Question, holders: &Holders) -> Verdict {
        let first = self.first_match(machine, opened, question, holders, |_| true);

        match (first, question.what) {
            (Some(rule), _) if rule.allow => Verdict::by_rule(Reason::Rule, Some(rule)),
            (Some(rule), _) => Verdict::by_rule(Reason::RuleDeny, Some(rule)),
            (None, What::Ethertype(_)) => Reason::Ethertype.into(),
            (None, _) => Reason::NoRule.into(),
        }
    }

    /// The first rule that matches, among those that are asked.
    pub fn first_match(
        &self,
        machine: usize,
        opened: Opening,
        question: &Question,
        holders: &Holders,
        is_asked: fn(&Rule) -> bool,
    ) -> Option<Rc<Rule>> {
        let rules = self.inventory.machines[machine].rules(opened);

        rules.iter().find(|rule| is_asked(rule) && rule.matches(question, holders)).cloned()
    }

    /// "**SERVICE** is what the conversation is opened to: the destination port of its first packet, or the ICMP
    /// type, or type and code, of that packet."
    pub fn question_of_packet(&self, side: Side, packet: &Packet) -> Question {
        let remote = match side {
            Side::FromDevice => packet.destination,
            Side::ToDevice => packet.source,
        };
        let what = match packet.transport {
            Transport::Tcp { source, destination, .. } => What::Tcp { service: destination, source },
            Transport::Udp { source, destination } => What::Udp { service: destination, source },
            _ => match (packet.icmp(), packet.icmpv6()) {
                (Some((kind, code)), _) => What::Icmp { kind, code },
                (_, Some((kind, code))) => What::Icmpv6 { kind, code },
                _ => What::Ip { protocol: packet.protocol },
            },
        };

        Question { remote: End::Ip(remote), what, dscp: packet.dscp }
    }

    // Frames that are neither IP nor ARP

    pub fn question_without_ip(&self, case: &Case) -> Option<Question> {
        let (destination, source) = case.frame.macs?;
        let remote = match case.side {
            Side::FromDevice => destination,
            Side::ToDevice => source,
        };

        Some(Question { remote: End::Link(remote), what: What::Ethertype(case.frame.ethertype), dscp: 0 })
    }

    /// "EAPOL and LLDP pass as `link-control`, unless switched off. All others need a rule that names the
    /// ethertype."
    /// SILENT: which comes first for a trusted host. As with the infrastructure of IP: `link-control`, then
    /// `trusted`.
    pub fn converse_without_ip(&mut self, case: &Case, machine: usize) -> Verdict {
        if self.is_link_control(case) && self.inventory.segment_of(machine).switches.link_control {
            return Reason::LinkControl.into();
        }
        match self.question_without_ip(case) {
            Some(question) => self.ask(machine, opener(case.side), &question, &[], case.time),
            None => Reason::Ethertype.into(),
        }
    }

    // ICMP errors

    /// 3: "An ICMP error that quotes a packet of an admitted flow: `icmp-error`." The flow "has to belong to the
    /// machine, not too old and at the same place. If the judgement of that flow is outdated, the rules are asked
    /// as above, and have to allow it. The flow is not touched".
    /// SILENT: which rule is named where the flow is outdated. The one that allows it now.
    /// SILENT: whether a flow counts that learn mode made of a refused conversation. It does, until it is
    /// outdated.
    fn icmp_error(&self, case: &Case, machine: usize, packet: &Packet) -> Option<Verdict> {
        let key = quoted_key(case, machine, packet)?;
        let flow = self.flows.get(&key)?;

        if flow.is_too_old(&key, case.time) || !self.is_at_place_of(case, flow) {
            return None;
        }
        if !self.flow_is_outdated(machine, flow, case.time) {
            return Some(Verdict::by_rule(Reason::IcmpError, flow.rule.clone()));
        }
        let names = self.names_of(machine, &key.remote, flow.name.as_ref(), case.time);
        let verdict = self.ask(machine, flow.opened, &flow.question, &names, case.time);
        if verdict.reason.drops() {
            return None;
        }
        Some(Verdict::by_rule(Reason::IcmpError, verdict.rule))
    }
}

/// "the MAC address at the other end of the frame"
fn other_end(case: &Case) -> Option<Mac> {
    match case.side {
        Side::FromDevice => case.frame.destination(),
        Side::ToDevice => case.frame.source(),
    }
}

/// "from-device, it goes to the MAC address at the other end of the frame that made or renewed the flow by being
/// judged"
fn goes_to_peer_of(case: &Case, flow: &Flow) -> bool {
    case.side == Side::ToDevice || other_end(case) == flow.place.peer
}

fn may_open(packet: &Packet) -> bool {
    let kind = packet.icmp().or_else(|| packet.icmpv6()).map(|(kind, _)| kind);

    match kind.and_then(|kind| icmp_query(packet.is_v6(), kind)) {
        Some((_, is_request)) => is_request,
        None => true,
    }
}

/// 5: "asked once more as an answer: under the `from` rules, with its source port as the service and its
/// destination port as the source port".
fn as_answer(question: &Question) -> Question {
    let what = match question.what {
        What::Tcp { service, source } => What::Tcp { service: source, source: service },
        other => other,
    };

    // SILENT: the DSCP of a first packet that nobody saw. The answer's is taken.
    Question { what, ..*question }
}

/// "whole packets, neither to nor from a group's address, of ICMP over IPv4 of types 3, 11 and 12, and of ICMPv6 over IPv6 of types 1 to 4"
fn is_error(packet: &Packet) -> bool {
    let error = match (packet.icmp(), packet.icmpv6()) {
        (Some((kind, _)), _) => matches!(kind, 3 | 11 | 12),
        (_, Some((kind, _))) => (1..=4).contains(&kind),
        _ => false,
    };

    error && packet.is_whole() && !packet.destination.is_groups() && !packet.source.is_groups()
}

/// The flow that an ICMP error is about, if its quotation is one. "Behind the 8 bytes of ICMP header, within the
/// payload and the frame, they quote a packet: an IPv4 header (version 4, a header length of at least 20, offset
/// 0) with 8 bytes behind it, or an IPv6 header (version 6) with 8 bytes behind it, whose next header is the
/// protocol."
fn quoted_key(case: &Case, machine: usize, packet: &Packet) -> Option<Key> {
    let bytes = &case.frame.bytes;
    let at = packet.payload + 8;

    if !is_error(packet) {
        return None;
    }
    let first = bytes.byte(at)?;
    let (protocol, source, destination, transport) = if packet.is_v6() {
        if first >> 4 != 6 {
            return None;
        }
        (bytes.byte(at + 6)?, bytes.ipv6(at + 8)?, bytes.ipv6(at + 24)?, at + 40)
    } else {
        let length = (first & 0x0f) as usize * 4;
        if first >> 4 != 4 || length < 20 || bytes.number16(at + 6)? & 0x1fff != 0 {
            return None;
        }
        (bytes.byte(at + 9)?, bytes.ipv4(at + 12)?, bytes.ipv4(at + 16)?, at + length)
    };
    if transport + 8 > packet.end || !bytes.are_there(transport, 8) {
        return None;
    }
    // "its source address is the destination address of the error; from-device, its destination address is also
    // the source address of the error"
    if source != packet.destination || (case.side == Side::FromDevice && destination != packet.source) {
        return None;
    }
    let (source_port, destination_port) = match protocol {
        6 | 17 => (bytes.number16(transport)?, bytes.number16(transport + 2)?),
        _ => (0, 0),
    };
    // "The quoted packet ran the other way": from-device the machine received it, to-device it sent it.
    let (local, remote, mut local_port, mut remote_port) = match case.side {
        Side::FromDevice => (destination, source, destination_port, source_port),
        Side::ToDevice => (source, destination, source_port, destination_port),
    };
    if (protocol == 1 && !packet.is_v6()) || (protocol == 58 && packet.is_v6()) {
        let (request, _) = icmp_query(packet.is_v6(), bytes.byte(transport)?)?;
        local_port = bytes.number16(transport + 4)?;
        remote_port = request as u16;
    }
    Some(Key { machine, protocol, local, remote, local_port, remote_port })
}
