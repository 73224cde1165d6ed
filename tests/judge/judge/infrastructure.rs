// SPDX-License-Identifier: BSD-2-Clause
//
// docs/policy.md, *Infrastructure*: the table of what passes by a switch, without the switches themselves. ARP and
// discovery are in truth.rs.

use crate::address::{Address, Mac};
use crate::frame::{Packet, ETHERTYPE_EAPOL, ETHERTYPE_LLDP, PROTOCOL_IGMP};
use crate::rule::What;
use crate::world::{Case, Side, World};

const ALL_DHCP_AGENTS: Address = Address::V6([0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 2]);
const ALL_DHCP_SERVERS: Address = Address::V6([0xff, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 3]);

impl World {
    /// `dhcp`: "UDP 68 to 67 of 255.255.255.255 or a listed server. DHCPv6: 546 to 547 of ff02::1:2, ff05::1:3 or a
    /// listed server". Whole packets.
    pub fn is_dhcp_from_machine(&self, packet: &Packet) -> bool {
        let to = &packet.destination;
        let listed = self.inventory.is_dhcp_server(to);

        if !packet.is_whole() {
            return false;
        }
        if packet.is_v6() {
            return packet.is_udp(546, 547) && (*to == ALL_DHCP_AGENTS || *to == ALL_DHCP_SERVERS || listed);
        }
        packet.is_udp(68, 67) && (*to == Address::V4([255; 4]) || listed)
    }

    /// `dhcp`: "from the gateway's MAC and a listed server 67 to 68; from the gateway's MAC and a link-local
    /// address or a listed server 547 to 546". Whole packets; the MAC address was looked at before.
    pub fn is_dhcp_from_gateway(&self, packet: &Packet) -> bool {
        let from = &packet.source;
        let listed = self.inventory.is_dhcp_server(from);

        if !packet.is_whole() {
            return false;
        }
        if packet.is_v6() {
            return packet.is_udp(547, 546) && (from.is_link_local() || listed);
        }
        packet.is_udp(67, 68) && listed
    }

    /// `membership`: "to a group address, IGMP with TTL 1 and MLD with hop limit 1: reports and leaves from
    /// machines (IGMP types 0x12, 0x16, 0x17 and 0x22; MLD 131, 132 and 143)". Whole packets.
    pub fn is_membership_report(&self, case: &Case, packet: &Packet) -> bool {
        is_membership(case, packet, &[0x12, 0x16, 0x17, 0x22], &[131, 132, 143])
    }

    /// `membership`: "queries from the gateway (0x11; 130)". Whole packets; the MAC address was looked at before.
    pub fn is_membership_query(&self, case: &Case, packet: &Packet) -> bool {
        is_membership(case, packet, &[0x11], &[130])
    }

    /// `dns`: "conversations that the machine opens to port 53, UDP and TCP, of a listed resolver".
    pub fn is_dns(&self, what: &What, remote: &Address) -> bool {
        matches!(what, What::Udp { service: 53, .. } | What::Tcp { service: 53, .. })
            && self.inventory.is_resolver(remote)
    }

    /// `ntp`: "the same to UDP port 123 of a listed time server".
    pub fn is_ntp(&self, what: &What, remote: &Address) -> bool {
        matches!(what, What::Udp { service: 123, .. }) && self.inventory.is_time_server(remote)
    }

    /// Conversations: "EAPOL (0x888e) and LLDP (0x88cc) pass as `link-control` between a machine and the
    /// gateway's MAC address, or from a machine to a group 01:80:c2:00:00:00 to 0f".
    pub fn is_link_control(&self, case: &Case) -> bool {
        let (destination, source) = match case.frame.macs {
            Some(macs) => macs,
            None => return false,
        };

        is_eapol_or_lldp(case)
            && match case.side {
                Side::FromDevice => self.inventory.is_gateway_mac(&destination) || is_link_group(&destination),
                Side::ToDevice => self.inventory.is_gateway_mac(&source),
            }
    }
}

pub fn is_eapol_or_lldp(case: &Case) -> bool {
    case.frame.ethertype == ETHERTYPE_EAPOL || case.frame.ethertype == ETHERTYPE_LLDP
}

fn is_link_group(mac: &Mac) -> bool {
    mac[0..5] == [0x01, 0x80, 0xc2, 0, 0] && mac[5] <= 0x0f
}

fn is_membership(case: &Case, packet: &Packet, igmp: &[u8], mld: &[u8]) -> bool {
    if !packet.is_whole() || !packet.destination.is_groups() || packet.hops != 1 {
        return false;
    }
    match packet.icmpv6() {
        Some((kind, _)) => mld.contains(&kind),
        None => igmp_type(case, packet).map(|kind| igmp.contains(&kind)).unwrap_or(false),
    }
}

/// "with at least 8 bytes behind the IP header in the frame, IGMP over IPv4"
fn igmp_type(case: &Case, packet: &Packet) -> Option<u8> {
    if packet.is_v6() || packet.protocol != PROTOCOL_IGMP || !case.frame.bytes.are_there(packet.payload, 8) {
        return None;
    }
    case.frame.bytes.byte(packet.payload)
}
