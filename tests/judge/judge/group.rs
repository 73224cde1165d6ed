// SPDX-License-Identifier: BSD-2-Clause
//
// docs/policy.md, *Group frames*, to-device: what was judged where it entered, and what the gateway sends to groups.

use crate::address::Mac;
use crate::infrastructure::is_eapol_or_lldp;
use crate::reason::Reason;
use crate::rule::{Opening, Question};
use crate::world::{Case, Verdict, World};

impl World {
    pub fn judge_group_frame(&mut self, case: &Case, source: &Mac) -> Verdict {
        if self.inventory.is_gateway_mac(source) {
            return self.judge_group_frame_of_gateway(case, source);
        }
        self.judge_group_frame_of_others(case, source)
    }

    /// "one from a machine of the inventory was judged where it entered, and passes: `judged-at-entry`. But what
    /// a machine asks of the gateway leaves through no other guarded port"; "and for frames of unknown MAC
    /// addresses: `group-refused`".
    pub fn judge_group_frame_of_others(&self, case: &Case, source: &Mac) -> Verdict {
        let sender = match self.inventory.machine_of_mac(source) {
            Some(sender) => sender,
            None => return Reason::GroupRefused.into(),
        };

        // "an IP packet for an address that is neither a group's nor the broadcast address of the sender's segment
        // would be carried past the port of whom it is for: `layer-mismatch`"
        if let Some(packet) = &case.frame.packet {
            let to = &packet.destination;
            if !to.is_groups() && !self.inventory.segment_of(sender).is_broadcast(to) {
                return Reason::LayerMismatch.into();
            }
        }
        if self.is_asked_of_gateway(case) {
            return Reason::GroupRefused.into();
        }
        Reason::JudgedAtEntry.into()
    }

    /// "whole packets of DHCP (UDP 68 to 67, 546 to 547) and router solicitations, EAPOL and LLDP".
    /// SILENT: which ports go with which version of IP, and which destination. Either with either, to any.
    fn is_asked_of_gateway(&self, case: &Case) -> bool {
        match &case.frame.packet {
            Some(packet) => {
                let dhcp = packet.is_udp(68, 67) || packet.is_udp(546, 547);
                let router_solicitation = matches!(packet.discovery(), Some((133, _)));
                packet.is_whole() && (dhcp || router_solicitation)
            }
            None => is_eapol_or_lldp(case),
        }
    }

    /// "One from the gateway passes as ARP (`arp`), EAPOL or LLDP (`link-control`), true IPv6 discovery (`nd`,
    /// else `nd-spoof`), DHCP from a listed server (as said under *DHCP*) or a membership query (`membership`). The
    /// switches of a segment do not reach group frames of the gateway."
    fn judge_group_frame_of_gateway(&mut self, case: &Case, source: &Mac) -> Verdict {
        if case.frame.is_arp() {
            return self.arp_of_gateway(case).into();
        }
        if is_eapol_or_lldp(case) {
            return Reason::LinkControl.into();
        }
        if let Some(packet) = &case.frame.packet {
            if packet.discovery().is_some() {
                return self.discovery_of_gateway(packet, source).into();
            }
            if self.is_dhcp_from_gateway(packet) {
                return self.dhcp_to_device(case, packet).into();
            }
            if self.is_membership_query(case, packet) {
                return Reason::Membership.into();
            }
            // "and for every fragment of such a frame"; "All others from the gateway, but TCP"
            if !packet.is_whole() || packet.protocol == 6 {
                return Reason::GroupRefused.into();
            }
        }
        self.ask_for_consent(case)
    }

    /// "All others from the gateway need the consent of somebody at this port: they pass as `rule` if the `from`
    /// rules of any machine of the port's segment allow them, asked as always: first match decides. The machine
    /// that is named, and its rule, is the first in the order of the inventory (hosts, then devices). Trusted
    /// hosts have no rules, and do not consent for others. In a replay without ports the machines of all segments
    /// are asked."
    /// SILENT: devices behind a router. They are machines of its segment, and are asked.
    /// SILENT: a replay without ports does not know in which segment a link-local source is bound. It is nobody's there.
    fn ask_for_consent(&self, case: &Case) -> Verdict {
        let question = match self.question_of_case(case) {
            Some(question) => question,
            None => return Reason::GroupRefused.into(),
        };

        let holders = self.holders(case.here.unwrap_or(usize::MAX), case.time);
        for (index, machine) in self.inventory.machines.iter().enumerate() {
            if machine.trusted || (self.ports && case.here != Some(machine.segment)) {
                continue;
            }
            let verdict = self.ask_rules(index, Opening::From, &question, &holders);
            if verdict.reason == Reason::Rule {
                return Verdict { named: Some(index), ..verdict };
            }
        }
        Reason::GroupRefused.into()
    }

    fn question_of_case(&self, case: &Case) -> Option<Question> {
        match &case.frame.packet {
            Some(packet) => Some(self.question_of_packet(case.side, packet)),
            None => self.question_without_ip(case),
        }
    }
}
