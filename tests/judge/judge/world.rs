// SPDX-License-Identifier: BSD-2-Clause
//
// A world: the policy in force and the state, and docs/policy.md, *Where judgement takes place*, *Order of
// judgement* and *Modes*. The steps that are longer than a few lines are in files of their own.

use crate::address::{is_group_mac, Address};
use crate::bindings::Bindings;
use crate::dhcp::Asked;
use crate::dns::Wait;
use crate::flows::Table;
use crate::fragments::Datagram;
use crate::frame::{take_apart, Frame, Packet, Part};
use crate::inventory::{Holder, Inventory, Mode, Switches, UnknownDevices};
use crate::names::Pins;
use crate::quarantine::{admits_spared, Quarantines};
use crate::reason::Reason;
use crate::rule::{Opening, Rule};
use std::rc::Rc;

/// "**From-device** is a frame that enters the gateway at a guarded port, **to-device** one that leaves through one."
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Side {
    FromDevice,
    ToDevice,
}

/// Who is judged from-device: a machine, or a stranger in a segment where these may use infrastructure.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Speaker {
    Machine(usize),
    Stranger { segment: usize },
}

/// A frame on its way to a verdict, and who it is from or for.
pub struct Case<'a> {
    pub side: Side,
    pub time: u64,
    pub interface: &'a str,
    pub frame: Frame<'a>,
    /// The port's segment: the one that has this interface and these tags.
    pub here: Option<usize>,
    /// The machine whose MAC address it is: the source's from-device, the destination's to-device.
    pub carrier: Option<usize>,
    /// The machine that is judged: the carrier, or a device behind it.
    pub machine: Option<usize>,
}

impl<'a> Case<'a> {
    pub fn goes_to_group_mac(&self) -> bool {
        self.frame.destination().map(|mac| is_group_mac(&mac)).unwrap_or(false)
    }
}

#[derive(Clone, Debug)]
pub struct Verdict {
    pub reason: Reason,
    /// The rule that the reason rests on.
    pub rule: Option<Rc<Rule>>,
    /// Group frames: "The machine that is named".
    pub named: Option<usize>,
    /// It is what a quarantine spares: admitted by a spared rule, as DNS or NTP, or by such a flow.
    pub spared: bool,
    /// Who opened the conversation, where it is a packet of one.
    pub opened: Option<Opening>,
}

impl From<Reason> for Verdict {
    fn from(reason: Reason) -> Verdict {
        Verdict::by_rule(reason, None)
    }
}

impl Verdict {
    pub fn by_rule(reason: Reason, rule: Option<Rc<Rule>>) -> Verdict {
        let spared = admits_spared(reason, &rule);

        Verdict { reason, rule, named: None, spared, opened: None }
    }
}

pub struct World {
    pub ports: bool,
    pub learn_bindings: bool,
    pub generation: u64,
    pub inventory: Rc<Inventory>,
    /// Where each machine was last heard.
    pub heard: Vec<Option<String>>,
    /// The places for datagrams of each machine.
    pub datagrams: Vec<Vec<Option<Datagram>>>,
    pub flows: Table,
    pub bindings: Bindings,
    /// What each machine last asked of DHCP.
    pub asked: Vec<Option<Asked>>,
    pub quarantines: Quarantines,
    /// The answers that each machine waits for.
    pub waits: Vec<Vec<Wait>>,
    pub pins: Pins,
}

impl World {
    pub fn new(ports: bool, learn_bindings: bool, inventory: Inventory) -> World {
        let count = inventory.machines.len();

        World {
            ports,
            learn_bindings,
            generation: 1,
            inventory: Rc::new(inventory),
            heard: vec![None; count],
            datagrams: vec![Vec::new(); count],
            flows: Table::new(count),
            bindings: Bindings::new(count),
            asked: vec![None; count],
            quarantines: Quarantines::new(count),
            waits: vec![Vec::new(); count],
            pins: Pins::new(count),
        }
    }

    /// Change: "A new policy is in force from one moment to the next". State is kept.
    pub fn change_policy(&mut self, inventory: Inventory) {
        self.generation += 1;
        self.inventory = Rc::new(inventory);
    }

    /// The line of an answer.
    pub fn judge(&mut self, side: Side, time: u64, interface: &str, wire: usize, captured: &[u8]) -> String {
        let case = self.case(side, time, interface, take_apart(captured, wire));

        // "`not-enforced`, before all else: no policy is in force, or the one in force does not guard this
        // interface."
        if self.ports && !self.inventory.guards(interface) {
            return self.answer(&case, &Reason::NotEnforced.into());
        }
        let verdict = match self.pass_by_live_flow(&case) {
            Some(verdict) => verdict,
            None => match side {
                Side::FromDevice => self.judge_from_device(&case),
                Side::ToDevice => self.judge_to_device(&case),
            },
        };

        self.answer(&case, &verdict)
    }

    fn answer(&self, case: &Case, verdict: &Verdict) -> String {
        let passes = !verdict.reason.drops() || self.mode_lets_pass(case, verdict.reason);
        let machine = verdict.named.or(case.machine);
        let name = machine.map(|machine| self.inventory.machines[machine].name.as_str()).unwrap_or("-");
        let sentence = verdict.rule.as_ref().map(|rule| rule.sentence.as_str()).unwrap_or("-");

        format!("{} {} {} {}", if passes { "pass" } else { "drop" }, verdict.reason.token(), name, sentence)
    }

    fn case<'a>(&self, side: Side, time: u64, interface: &'a str, frame: Frame<'a>) -> Case<'a> {
        let mac = match side {
            Side::FromDevice => frame.source(),
            Side::ToDevice => frame.destination(),
        };
        let carrier = mac.and_then(|mac| self.inventory.machine_of_mac(&mac));
        let address = frame.packet.as_ref().map(|packet| match side {
            Side::FromDevice => packet.source,
            Side::ToDevice => packet.destination,
        });
        let machine = self.behind_router(carrier, address).or(carrier);
        let here = self.port_segment(interface, &frame.tags);

        Case { side, time, interface, frame, here, carrier, machine }
    }

    /// Behind a router: "A frame from the router's MAC address whose IP source is bound to such a device of this
    /// router is from that device; all others are from the router itself." And likewise the destination of one to
    /// it.
    fn behind_router(&self, carrier: Option<usize>, address: Option<Address>) -> Option<usize> {
        let router = carrier?;

        match self.inventory.lister(&address?) {
            Some(Holder::Machine(machine)) if self.inventory.machines[machine].router == Some(router) => Some(machine),
            _ => None,
        }
    }

    /// The segment that has this interface and these tags. "In a replay without ports nobody knows the port".
    fn port_segment(&self, interface: &str, tags: &[u16]) -> Option<usize> {
        let segments = &self.inventory.segments;

        if !self.ports {
            return None;
        }
        segments.iter().position(|s| s.has_interface(interface) && s.tags == tags)
    }

    /// Whether the machine is of the port's segment. Without ports, one of several segments with these tags will do.
    fn is_in_its_segment(&self, case: &Case, machine: usize) -> bool {
        if self.ports {
            return case.here == Some(self.inventory.machines[machine].segment);
        }
        match case.side {
            Side::FromDevice => case.frame.tags == self.inventory.segment_of(machine).tags,
            Side::ToDevice => true,
        }
    }

    /// "was last heard on another port of its segment that is still there".
    fn was_heard_elsewhere(&self, case: &Case) -> bool {
        let carrier = match case.carrier {
            Some(carrier) if self.ports => carrier,
            _ => return false,
        };

        match &self.heard[carrier] {
            Some(port) => port != case.interface && self.inventory.segment_of(carrier).has_interface(port),
            None => false,
        }
    }

    /// "*Heard* means: its last frame whose judgement from-device got as far as step 11, or ended with a reason that
    /// passes before it."
    /// A device behind a router has its router's ports, so it is the carrier that is heard.
    fn hear(&mut self, case: &Case) {
        if let Some(carrier) = case.carrier {
            if self.heard[carrier].as_deref() != Some(case.interface) {
                self.heard[carrier] = Some(case.interface.to_string());
            }
        }
    }

    // Modes

    /// Modes: "It holds only where the machine belongs: on a port and tag of its segment, and to-device not where
    /// it was last heard on another port."
    fn machine_belongs_here(&self, case: &Case) -> Option<usize> {
        let machine = case.machine?;
        let elsewhere = case.side == Side::ToDevice && self.was_heard_elsewhere(case);

        if self.is_in_its_segment(case, machine) && !elsewhere {
            return Some(machine);
        }
        None
    }

    /// "So `wrong-port`, `flooded` and frames of no machine have the mode of the port's segment, and on a port
    /// and tag of no segment the default."
    pub fn mode(&self, case: &Case) -> Mode {
        if let Some(machine) = self.machine_belongs_here(case) {
            // Quarantine: "While it lasts, where the machine belongs, its mode is `enforce`."
            if self.quarantines.lasts(machine, case.time) {
                return Mode::Enforce;
            }
            return self.inventory.machines[machine].mode;
        }
        match case.here {
            Some(segment) => self.inventory.segments[segment].mode,
            None => self.inventory.default_mode,
        }
    }

    /// "`enforce` drops what has a reason to be dropped. `monitor` lets it pass"; "`learn`: all passes as in monitor
    /// mode".
    fn mode_lets_pass(&self, case: &Case, reason: Reason) -> bool {
        // "One thing drops in every mode: `gateway-spoof`".
        if reason == Reason::GatewaySpoof {
            return false;
        }
        self.mode(case) != Mode::Enforce || self.unknown_devices_monitor(case, reason)
    }

    /// "`unknown-devices: monitor` of the port's segment is monitor mode for `unknown-device`, and to-device for
    /// all that is not for a machine behind that port. Where it is only the default, it does not reach ports and
    /// tags of no segment."
    /// SILENT: a group frame to-device. It is not for a machine behind that port.
    fn unknown_devices_monitor(&self, case: &Case, reason: Reason) -> bool {
        let monitored = match case.here {
            Some(segment) => self.inventory.segments[segment].unknown_devices == UnknownDevices::Monitor,
            None => false,
        };

        monitored
            && match case.side {
                Side::FromDevice => reason == Reason::UnknownDevice,
                Side::ToDevice => self.machine_belongs_here(case).is_none(),
            }
    }

    // Order of judgement

    /// *From-device*, by its numbers.
    fn judge_from_device(&mut self, case: &Case) -> Verdict {
        let source = match (case.frame.fault, case.frame.source()) {
            (Some(fault), _) => return fault.into(), // 1
            (None, None) => return Reason::Truncated.into(),
            (None, Some(source)) => source,
        };
        if is_group_mac(&source) {
            return Reason::Malformed.into(); // 2
        }
        if self.ports && case.here.is_none() {
            return Reason::NoSegment.into(); // 3
        }
        let speaker = match (case.machine, self.onboarding_segment(case)) {
            (Some(machine), _) => Speaker::Machine(machine),
            (None, _) if self.inventory.is_gateway_mac(&source) => return Reason::GatewaySpoof.into(),
            (None, Some(segment)) if self.stranger_keeps_apart(case) => Speaker::Stranger { segment },
            (None, _) => return Reason::UnknownDevice.into(), // 4
        };
        if matches!(speaker, Speaker::Machine(machine) if !self.is_in_its_segment(case, machine)) {
            return Reason::WrongPort.into(); // 5
        }
        if case.frame.is_arp() {
            let reason = self.arp_from_device(case, speaker); // 6
            if !reason.drops() {
                self.hear(case);
            }
            return reason.into();
        }
        let packet = match &case.frame.packet {
            Some(packet) => packet,
            None => return self.end_without_ip(case, speaker), // 7
        };
        if let Some(untrue) = self.untrue_from_device(case, speaker, packet) {
            return untrue.into(); // 8
        }
        if !self.source_passes(case, speaker, packet) {
            return Reason::SourceSpoof.into(); // 9
        }
        if self.layers_mismatch_from_device(case, speaker, packet) {
            return Reason::LayerMismatch.into(); // 10
        }
        let machine = match speaker {
            Speaker::Machine(machine) => machine,
            Speaker::Stranger { segment } => return self.end_stranger(case, segment, packet).into(),
        };
        self.grant_claim(case, machine, packet);
        self.hear(case);
        self.follow_fragment(case, machine, packet, World::end_from_device) // 11
    }

    fn end_without_ip(&mut self, case: &Case, speaker: Speaker) -> Verdict {
        match speaker {
            Speaker::Machine(machine) => {
                self.hear(case);
                self.converse_without_ip(case, machine)
            }
            Speaker::Stranger { segment } => self.stranger_without_ip(case, segment).into(),
        }
    }

    /// 8: IPv6 discovery or DHCP "that is not true".
    fn untrue_from_device(&mut self, case: &Case, speaker: Speaker, packet: &Packet) -> Option<Reason> {
        if packet.discovery().is_some() {
            return self.discovery_untrue_from_device(case, speaker, packet);
        }
        self.dhcp_untrue_from_device(case, speaker, packet)
    }

    /// 9: "The source address is not bound to the machine: `source-spoof`. What passes this step all the same: an
    /// address that is being claimed; the unspecified address in whole packets of IPv6 discovery, group membership, and
    /// UDP from port 68 to 67; and in the latter also the client address (ciaddr) of the message, if nobody holds it."
    /// SILENT: what group membership is here, and whether UDP 68 to 67 over IPv6 is meant. It is what the switch
    /// `membership` lets pass from machines; and UDP over either version.
    /// SILENT: an advertisement from the unspecified address, which is not bound and claims something else. It passes,
    /// as all whole packets of discovery from there do.
    fn source_passes(&mut self, case: &Case, speaker: Speaker, packet: &Packet) -> bool {
        if packet.source.is_unspecified()
            && packet.is_whole()
            && (packet.discovery().is_some() || self.is_membership_report(case, packet) || packet.is_udp(68, 67))
        {
            return true;
        }
        self.owns(case, speaker, &packet.source)
            || self.claims_its_source(case, speaker, packet)
            || self.is_its_client_address(case, speaker, packet)
    }

    /// From-device, 12 to 14.
    fn end_from_device(&mut self, case: &Case, machine: usize, packet: &Packet) -> Verdict {
        let inventory = self.inventory.clone();
        let switches = &inventory.segment_of(machine).switches;

        if let Some(reason) = self.infrastructure_from_device(case, packet, switches) {
            if reason == Reason::Dhcp {
                self.remember_dhcp(case, machine, packet);
            }
            return reason.into();
        }
        self.converse(case, machine, packet) // 14
    }

    pub fn infrastructure_from_device(&self, case: &Case, packet: &Packet, switches: &Switches) -> Option<Reason> {
        if packet.discovery().is_some() && switches.nd {
            return Some(Reason::Nd); // 12
        }
        if self.is_dhcp_from_machine(packet) && switches.dhcp {
            return Some(Reason::Dhcp); // 13
        }
        if self.is_membership_report(case, packet) && switches.membership {
            return Some(Reason::Membership);
        }
        None
    }

    /// *To-device*, by its numbers.
    fn judge_to_device(&mut self, case: &Case) -> Verdict {
        let source = match (case.frame.fault, case.frame.source()) {
            (Some(fault), _) => return fault.into(), // 1
            (None, None) => return Reason::Truncated.into(),
            (None, Some(source)) => source,
        };
        if self.ports && case.here.is_none() {
            return Reason::NoSegment.into(); // 2
        }
        if case.goes_to_group_mac() {
            return self.judge_group_frame(case, &source); // 3
        }
        let machine = match (case.machine, case.frame.destination(), self.onboarding_segment(case)) {
            (Some(machine), _, _) => machine,
            (None, Some(mac), Some(segment)) if !self.inventory.is_gateway_mac(&mac) => {
                return self.judge_to_stranger(case, segment, &source).into();
            }
            _ => return Reason::UnknownUnicast.into(), // 4
        };
        if !self.is_in_its_segment(case, machine) || self.was_heard_elsewhere(case) {
            return Reason::Flooded.into(); // 5
        }
        if case.frame.is_arp() {
            return self.arp_to_device(case, machine, &source).into(); // 6
        }
        let packet = match &case.frame.packet {
            Some(packet) => packet,
            None => return self.converse_without_ip(case, machine), // 7
        };
        if packet.destination.is_groups() && !self.inventory.is_gateway_mac(&source) {
            return self.judge_group_frame_of_others(case, &source); // 8
        }
        if packet.discovery().is_some() && self.discovery_untrue_to_device(packet, &source) {
            return Reason::NdSpoof.into(); // 9
        }
        let inventory = self.inventory.clone();
        let switches = &inventory.segment_of(machine).switches;
        if let Some(reason) = self.infrastructure_from_gateway(case, packet, switches, &source) {
            return reason.into(); // 10
        }
        if !self.destination_is_its_own(case, machine, packet) {
            return Reason::NotItsAddress.into(); // 11
        }
        if self.layers_mismatch_to_device(case, machine, packet, &source) {
            return Reason::LayerMismatch.into(); // 12
        }
        self.follow_fragment(case, machine, packet, World::end_to_device) // 13
    }

    /// 10: "Whole packets from the gateway, unless switched off: DHCP `dhcp`, `dhcp-unasked`, `lease-refused`,
    /// `malformed` or `truncated`, see *DHCP*; membership queries `membership`."
    pub fn infrastructure_from_gateway(
        &mut self,
        case: &Case,
        packet: &Packet,
        switches: &Switches,
        source: &[u8; 6],
    ) -> Option<Reason> {
        if !self.inventory.is_gateway_mac(source) {
            return None;
        }
        if self.is_dhcp_from_gateway(packet) && switches.dhcp {
            return Some(self.dhcp_to_device(case, packet));
        }
        if self.is_membership_query(case, packet) && switches.membership {
            return Some(Reason::Membership);
        }
        None
    }

    /// 11: "The destination address is neither bound to the machine nor a group's: `not-its-address`. Trusted
    /// hosts are exempt."
    /// SILENT: whether a trusted host learns the destination. It is exempt from the step, and learns nothing.
    fn destination_is_its_own(&mut self, case: &Case, machine: usize, packet: &Packet) -> bool {
        if self.inventory.machines[machine].trusted || packet.destination.is_groups() {
            return true;
        }
        self.learn_address(case, machine, &packet.destination);
        self.is_bound(machine, &packet.destination, case.time)
    }

    /// To-device, the rest of 13, and 14.
    fn end_to_device(&mut self, case: &Case, machine: usize, packet: &Packet) -> Verdict {
        if packet.discovery().is_some() && self.inventory.segment_of(machine).switches.nd {
            return Reason::Nd.into();
        }
        self.converse(case, machine, packet)
    }

    /// Step 11 from-device and 13 to-device: what kind of part it is decides what happens.
    fn follow_fragment(
        &mut self,
        case: &Case,
        machine: usize,
        packet: &Packet,
        judge_the_rest: fn(&mut World, &Case, usize, &Packet) -> Verdict,
    ) -> Verdict {
        match packet.part {
            Part::Whole => judge_the_rest(self, case, machine, packet),
            Part::Later => self.judge_later_fragment(case, machine, packet),
            Part::First => {
                if self.first_fragment_came_again(case, machine, packet) {
                    return Reason::FragmentOverlap.into();
                }
                let verdict = judge_the_rest(self, case, machine, packet);
                if !verdict.reason.drops() {
                    self.remember_datagram(case, machine, packet, &verdict);
                }
                verdict
            }
        }
    }
}
