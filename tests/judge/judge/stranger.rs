// SPDX-License-Identifier: BSD-2-Clause
//
// docs/policy.md, *Strangers*: what a MAC address that the inventory does not know may do where `unknown-devices` is
// `onboard`. What is the same as for a machine is in world.rs.

use crate::address::{is_group_mac, Mac};
use crate::frame::Packet;
use crate::inventory::UnknownDevices;
use crate::reason::Reason;
use crate::world::{Case, World};

impl World {
    /// "With `unknown-devices: onboard` in the port's segment (which a replay without ports does not know)": that
    /// segment.
    pub fn onboarding_segment(&self, case: &Case) -> Option<usize> {
        case.here.filter(|segment| self.inventory.segments[*segment].unknown_devices == UnknownDevices::Onboard)
    }

    /// "From-device, a frame to a MAC address that is neither a group's nor the gateway's, and any fragment, is
    /// `unknown-device` all the same."
    pub fn stranger_keeps_apart(&self, case: &Case) -> bool {
        let goes_to = |mac: Mac| is_group_mac(&mac) || self.inventory.is_gateway_mac(&mac);
        let whole = case.frame.packet.as_ref().map(|packet| packet.is_whole()).unwrap_or(true);

        whole && case.frame.destination().map(goes_to).unwrap_or(false)
    }

    /// "What is not IP and no ARP: `link-control` as in *Conversations*, else `unknown-device`."
    pub fn stranger_without_ip(&self, case: &Case, segment: usize) -> Reason {
        if self.is_link_control(case) && self.inventory.segments[segment].switches.link_control {
            return Reason::LinkControl;
        }
        Reason::UnknownDevice
    }

    /// 12 and 13 as for a machine, and "Conversations: a packet of UDP or TCP that would be `dns` or `ntp` is, all else
    /// `unknown-device`. There are no flows."
    pub fn end_stranger(&self, case: &Case, segment: usize, packet: &Packet) -> Reason {
        let switches = &self.inventory.segments[segment].switches;
        let what = self.question_of_packet(case.side, packet).what;

        if let Some(reason) = self.infrastructure_from_device(case, packet, switches) {
            return reason;
        }
        if switches.dns && self.is_dns(&what, &packet.destination) {
            return Reason::Dns;
        }
        if switches.ntp && self.is_ntp(&what, &packet.destination) {
            return Reason::Ntp;
        }
        Reason::UnknownDevice
    }

    /// "To-device, only what comes from the gateway's MAC address: ARP `arp`; EAPOL and LLDP `link-control`; [...] Each
    /// if it is switched on in the segment; then what is wrong with it has the reasons given there. All else is
    /// `unknown-unicast`."
    pub fn judge_to_stranger(&mut self, case: &Case, segment: usize, source: &Mac) -> Reason {
        let inventory = self.inventory.clone();
        let switches = &inventory.segments[segment].switches;

        if !inventory.is_gateway_mac(source) {
            return Reason::UnknownUnicast;
        }
        if case.frame.is_arp() && switches.arp {
            return self.arp_of_gateway(case);
        }
        match &case.frame.packet {
            Some(packet) => self.packet_to_stranger(case, segment, packet, source),
            None if self.is_link_control(case) && switches.link_control => Reason::LinkControl,
            None => Reason::UnknownUnicast,
        }
    }

    /// "IPv6 discovery `nd` or `nd-spoof`; whole packets of DHCP, judged as said under *DHCP*, and membership queries;
    /// whole packets of UDP or TCP from port 53 of a listed resolver: `dns`, and of UDP from port 123 of a listed time
    /// server: `ntp`."
    fn packet_to_stranger(&mut self, case: &Case, segment: usize, packet: &Packet, source: &Mac) -> Reason {
        let inventory = self.inventory.clone();
        let switches = &inventory.segments[segment].switches;
        let udp_from = packet.udp_ports().map(|(source, _)| source);
        let tcp_from = packet.tcp_ports().map(|(source, _)| source);

        if packet.discovery().is_some() && switches.nd {
            return self.discovery_of_gateway(packet, source);
        }
        if let Some(reason) = self.infrastructure_from_gateway(case, packet, switches, source) {
            return reason;
        }
        if !packet.is_whole() {
            return Reason::UnknownUnicast;
        }
        if switches.dns && (udp_from == Some(53) || tcp_from == Some(53)) && inventory.is_resolver(&packet.source) {
            return Reason::Dns;
        }
        if switches.ntp && udp_from == Some(123) && inventory.is_time_server(&packet.source) {
            return Reason::Ntp;
        }
        Reason::UnknownUnicast
    }
}
