// SPDX-License-Identifier: BSD-2-Clause
//
// docs/policy.md, *Fragments*: datagrams that are remembered, and what later fragments of them come to.

use crate::address::Address;
use crate::frame::{Fragment, Packet};
use crate::reason::Reason;
use crate::rule::Rule;
use crate::world::{Case, Side, Verdict, World};
use std::rc::Rc;

/// "Each machine has eight places for datagrams."
const PLACES: usize = 8;

/// "A datagram is forgotten when all its bytes were there, and when more than 30 s have passed since its first
/// fragment."
const FORGOTTEN_AFTER: u64 = 30_000_000_000;

/// "in more than eight separate runs of bytes"
const RUNS: usize = 8;

#[derive(Clone, Debug)]
pub struct Datagram {
    side: Side,
    source: Address,
    destination: Address,
    identification: u32,
    /// "in IPv4 the protocol"
    protocol: Option<u8>,
    generation: u64,
    first_time: u64,
    /// Which bytes there were: from the first one of a run to the one behind it, in order.
    runs: Vec<(usize, usize)>,
    /// Where it ends, once the last fragment was there.
    end: Option<usize>,
    overlapped: bool,
    /// Of the first fragment.
    rule: Option<Rc<Rule>>,
    spared: bool,
}

fn protocol_of(packet: &Packet) -> Option<u8> {
    if packet.is_v6() {
        return None;
    }
    Some(packet.protocol)
}

impl Datagram {
    fn is_of(&self, case: &Case, packet: &Packet) -> bool {
        self.side == case.side
            && self.source == packet.source
            && self.destination == packet.destination
            && self.identification == packet.fragment.identification
            && self.protocol == protocol_of(packet)
    }

    fn is_forgotten(&self, now: u64) -> bool {
        self.is_complete() || now.saturating_sub(self.first_time) > FORGOTTEN_AFTER
    }

    fn is_complete(&self) -> bool {
        match self.end {
            Some(end) => !self.overlapped && self.runs == [(0, end)],
            None => false,
        }
    }

    /// "A fragment that has a byte in common with what was there before, or that ends behind the end of the
    /// datagram, or is the last one (without more-fragments) and another one was, or is the last one and ends
    /// before bytes that were there, is `fragment-overlap`."
    fn overlaps(&self, fragment: &Fragment) -> bool {
        let start = fragment.offset;
        let end = fragment.offset + fragment.length;
        let in_common = self.runs.iter().any(|(from, to)| start < *to && *from < end);
        let behind_the_end = self.end.map(|last| end > last).unwrap_or(false);
        let another_last = !fragment.more && self.end.is_some();
        let before_others = !fragment.more && self.runs.iter().any(|(_, to)| *to > end);

        in_common || behind_the_end || another_last || before_others
    }

    fn add(&mut self, fragment: &Fragment) {
        let mut merged: Vec<(usize, usize)> = Vec::new();

        self.runs.push((fragment.offset, fragment.offset + fragment.length));
        self.runs.sort_unstable();
        for (from, to) in &self.runs {
            match merged.last_mut() {
                Some(run) if run.1 == *from => run.1 = *to,
                _ => merged.push((*from, *to)),
            }
        }
        self.runs = merged;
        if !fragment.more {
            self.end = Some(fragment.offset + fragment.length);
        }
    }
}

impl World {
    /// The place of a datagram that is remembered, not forgotten, and was judged by the policy in force.
    fn remembered(&mut self, case: &Case, machine: usize, packet: &Packet) -> Option<&mut Datagram> {
        let generation = self.generation;

        self.datagrams[machine].iter_mut().flatten().find(|datagram| {
            datagram.is_of(case, packet) && datagram.generation == generation && !datagram.is_forgotten(case.time)
        })
    }

    /// "if the same datagram is remembered already and not yet forgotten, and was judged by the same generation,
    /// it ends at step 11 (to-device 13): `fragment-overlap`, and all that follow of that datagram are".
    pub fn first_fragment_came_again(&mut self, case: &Case, machine: usize, packet: &Packet) -> bool {
        match self.remembered(case, machine, packet) {
            Some(datagram) => {
                datagram.overlapped = true;
                true
            }
            None => false,
        }
    }

    pub fn judge_later_fragment(&mut self, case: &Case, machine: usize, packet: &Packet) -> Verdict {
        let quarantined = self.quarantines.lasts(machine, case.time);
        let datagram = match self.remembered(case, machine, packet) {
            Some(datagram) => datagram,
            None => return Reason::Fragment.into(),
        };

        // Quarantine: "A later fragment passes only where the first one was admitted so: by a spared rule, as DNS or
        // NTP, by such a flow, or as anything that is no conversation. Else it is `quarantine`, before anything of it is
        // remembered." First fragments are admitted by conversations alone.
        // SILENT: a datagram that is `fragment-overlap` already. It is `quarantine` all the same.
        // SILENT: which rule is named. That of the first fragment.
        if quarantined && !datagram.spared {
            return Verdict::by_rule(Reason::Quarantine, datagram.rule.clone());
        }
        // "From then on all fragments of that datagram are `fragment-overlap`, until it is forgotten."
        if datagram.overlapped || datagram.overlaps(&packet.fragment) {
            datagram.overlapped = true;
            return Reason::FragmentOverlap.into();
        }
        datagram.add(&packet.fragment);
        if datagram.runs.len() > RUNS {
            datagram.overlapped = true;
            return Reason::FragmentOverlap.into();
        }
        // "Later fragments do not count on flows."
        Verdict::by_rule(Reason::LaterFragment, datagram.rule.clone())
    }

    /// "A new one takes the first place that is free or whose datagram is forgotten, else that of the one whose
    /// first fragment is the oldest. For the place of a first fragment, an entry of the same datagram under
    /// another generation counts as free."
    pub fn remember_datagram(&mut self, case: &Case, machine: usize, packet: &Packet, verdict: &Verdict) {
        let generation = self.generation;
        let places = &mut self.datagrams[machine];
        let mut datagram = Datagram {
            side: case.side,
            source: packet.source,
            destination: packet.destination,
            identification: packet.fragment.identification,
            protocol: protocol_of(packet),
            generation,
            first_time: case.time,
            runs: Vec::new(),
            end: None,
            overlapped: false,
            rule: verdict.rule.clone(),
            spared: verdict.spared,
        };

        datagram.add(&packet.fragment);
        places.resize(PLACES, None);
        let free = places.iter().position(|place| match place {
            None => true,
            Some(old) => old.is_forgotten(case.time) || (old.is_of(case, packet) && old.generation != generation),
        });
        let oldest = (0..PLACES).min_by_key(|place| places[*place].as_ref().map(|old| old.first_time));
        if let Some(place) = free.or(oldest) {
            places[place] = Some(datagram);
        }
    }
}
