// SPDX-License-Identifier: BSD-2-Clause
//
// docs/policy.md, *LAN truth*: ARP and IPv6 discovery.

use crate::address::{Address, Mac};
use crate::frame::{is_mapped, Bytes, Packet};
use crate::reason::Reason;
use crate::world::{Case, Speaker, World};

struct Arp {
    is_request: bool,
    sender_mac: Mac,
    sender: Address,
}

/// "**ARP** is for Ethernet and IPv4, a request or a reply, and has at most 46 bytes behind the frame's header
/// and tags; all else is `malformed`, and less than 28 bytes `truncated`."
/// SILENT: which comes first in a frame that is longer than 46 bytes and captured in part. What is not there
/// cannot be read, so `truncated` does.
fn take_arp(bytes: &Bytes, at: usize) -> Result<Arp, Reason> {
    let header = bytes.slice(at, 28).ok_or(Reason::Truncated)?;
    let operation = u16::from_be_bytes([header[6], header[7]]);
    let for_ethernet_and_ipv4 = header[0..6] == [0, 1, 8, 0, 6, 4];

    if bytes.wire - at > 46 || !for_ethernet_and_ipv4 || (operation != 1 && operation != 2) {
        return Err(Reason::Malformed);
    }
    Ok(Arp {
        is_request: operation == 1,
        sender_mac: bytes.mac(at + 8).ok_or(Reason::Truncated)?,
        sender: bytes.ipv4(at + 14).ok_or(Reason::Truncated)?,
    })
}

impl World {
    /// From-device, step 6. SILENT: what becomes of ARP that lies where the segment has ARP switched off. LAN
    /// truth is always on, so it is `arp-spoof` (and `malformed`, and `truncated`); what tells the truth is
    /// `ethertype`.
    pub fn arp_from_device(&mut self, case: &Case, speaker: Speaker) -> Reason {
        let arp = match take_arp(&case.frame.bytes, case.frame.content) {
            Ok(arp) => arp,
            Err(fault) => return fault,
        };

        if Some(arp.sender_mac) != case.frame.source() {
            return Reason::ArpSpoof;
        }
        if !(arp.sender.is_unspecified() && arp.is_request) && !self.owns(case, speaker, &arp.sender) {
            return Reason::ArpSpoof;
        }
        self.arp_unless_switched_off(self.segment_index(speaker))
    }

    /// To-device, step 6: "ARP from a MAC address that is not in the inventory (the gateway's own are):
    /// `arp-spoof`. Otherwise `arp`, since the sender was judged at its own port; `truncated`, `malformed` and
    /// `ethertype` as above."
    /// SILENT: the order of these. As from-device: taken apart, held against the inventory, switched off.
    pub fn arp_to_device(&self, case: &Case, machine: usize, source: &Mac) -> Reason {
        if !self.is_mac_of_inventory(source) {
            return Reason::ArpSpoof;
        }
        if let Err(fault) = take_arp(&case.frame.bytes, case.frame.content) {
            return fault;
        }
        self.arp_unless_switched_off(self.inventory.machines[machine].segment)
    }

    /// Group frames from the gateway: "passes as ARP (`arp`)".
    /// SILENT: whether that is taken apart, too. It is: LAN truth is always on.
    pub fn arp_of_gateway(&self, case: &Case) -> Reason {
        match take_arp(&case.frame.bytes, case.frame.content) {
            Ok(_) => Reason::Arp,
            Err(fault) => fault,
        }
    }

    fn arp_unless_switched_off(&self, segment: usize) -> Reason {
        if self.inventory.segments[segment].switches.arp {
            return Reason::Arp;
        }
        Reason::Ethertype
    }

    pub fn is_mac_of_inventory(&self, mac: &Mac) -> bool {
        self.inventory.is_gateway_mac(mac) || self.inventory.machine_of_mac(mac).is_some()
    }

    /// "**IPv6 discovery from-device**": why it is not true, or None.
    pub fn discovery_untrue_from_device(&mut self, case: &Case, speaker: Speaker, packet: &Packet) -> Option<Reason> {
        let (kind, code) = packet.discovery()?;
        let bytes = &case.frame.bytes;

        // "has hop limit 255, code 0 and no fragment header (RFC 6980), and stays on the link"
        let stays_on_link = self.stays_on_link(case, speaker, &packet.destination);
        if packet.hops != 255 || code != 0 || packet.has_fragment_header || !stays_on_link {
            return Some(Reason::NdSpoof);
        }
        // "a frame with more than these 88 bytes from the ICMPv6 header on is `malformed`"
        // SILENT: whether that holds for router solicitations (8 bytes and options), router advertisements and
        // redirects. It holds for all discovery, before the type is looked at.
        if bytes.wire - packet.payload > 88 {
            return Some(Reason::Malformed);
        }
        // "router advertisements and redirects are `nd-spoof`"
        if kind == 134 || kind == 137 {
            return Some(Reason::NdSpoof);
        }
        if kind == 133 {
            return self.options_untrue(case, packet.payload + 8);
        }
        // "Neighbour messages whose 24 bytes are not all there are `truncated`."
        // SILENT: there in the payload, or in the frame. As with options: in the frame.
        let target = match bytes.ipv6(packet.payload + 8) {
            Some(target) => target,
            None => return Some(Reason::Truncated),
        };
        // "A target of ::ffff:0:0/96 is `nd-spoof`", in any neighbour message.
        if is_mapped(&target) {
            return Some(Reason::NdSpoof);
        }
        // "An advertisement's target is bound to the machine or can be claimed by it; so is the target of a solicitation
        // without a source address (duplicate address detection): else `nd-spoof`."
        if kind == 136 || packet.source.is_unspecified() {
            if !self.owns(case, speaker, &target) && !self.can_be_claimed(case, speaker, &target) {
                return Some(Reason::NdSpoof);
            }
        }
        self.options_untrue(case, packet.payload + 24)
    }

    /// "it goes to a link-local address, to a group of link scope, or to an address of a machine of the inventory
    /// or of the gateway"
    fn stays_on_link(&self, case: &Case, speaker: Speaker, destination: &Address) -> bool {
        destination.is_link_local()
            || destination.is_group_of_link_scope()
            || self.holders_for(speaker, case.time).holder(destination).is_some()
    }

    /// "Options reach as far as the frame: as long as 8 more bytes of the frame follow, there is another one.
    /// More than four options, or one of length 0, are taken for a lie, and so are link-layer address options (1
    /// and 2) that do not name the frame's source; options are judged in turn."
    /// SILENT: an option that the frame has on the wire and that was not captured. It is `truncated`.
    fn options_untrue(&self, case: &Case, start: usize) -> Option<Reason> {
        let bytes = &case.frame.bytes;
        let mut at = start;
        let mut count = 0;

        while at + 8 <= bytes.wire {
            count += 1;
            if count > 4 {
                return Some(Reason::NdSpoof);
            }
            let option = match bytes.slice(at, 8) {
                Some(option) => option,
                None => return Some(Reason::Truncated),
            };
            if option[1] == 0 {
                return Some(Reason::NdSpoof);
            }
            if (option[0] == 1 || option[0] == 2) && bytes.mac(at + 2) != case.frame.source() {
                return Some(Reason::NdSpoof);
            }
            at += option[1] as usize * 8;
        }
        None
    }

    /// What the gateway sends to a group or a stranger: "true IPv6 discovery (`nd`, else `nd-spoof`)".
    /// SILENT: a first fragment of discovery, which is both `nd-spoof` and a fragment. It is `nd-spoof`.
    pub fn discovery_of_gateway(&self, packet: &Packet, source: &Mac) -> Reason {
        if self.discovery_untrue_to_device(packet, source) {
            return Reason::NdSpoof;
        }
        Reason::Nd
    }

    /// To-device, step 9: "IPv6 discovery from a MAC address that is not in the inventory, with a hop limit other
    /// than 255 or a code other than 0, in a packet with a fragment header, or a router advertisement or redirect
    /// that is not the gateway's: `nd-spoof`."
    pub fn discovery_untrue_to_device(&self, packet: &Packet, source: &Mac) -> bool {
        let (kind, code) = match packet.discovery() {
            Some(discovery) => discovery,
            None => return false,
        };

        !self.is_mac_of_inventory(source)
            || packet.hops != 255
            || code != 0
            || packet.has_fragment_header
            || ((kind == 134 || kind == 137) && !self.inventory.is_gateway_mac(source))
    }
}
