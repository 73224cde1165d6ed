// SPDX-License-Identifier: BSD-2-Clause
//
// docs/policy.md, *Layers agree*: "A frame's MAC address and its IP address have to mean the same machine."

use crate::address::{is_group_mac, link_local_of, Mac};
use crate::frame::Packet;
use crate::inventory::Holder;
use crate::world::{Case, Speaker, World};

impl World {
    /// "IP frames from and to all machines but trusted hosts are held against this."
    /// SILENT: a frame from a device to a trusted host, at the device's port. It is the machine whose policy is asked
    /// that is trusted or not.
    pub fn layers_mismatch_from_device(&self, case: &Case, speaker: Speaker, packet: &Packet) -> bool {
        let destination = &packet.destination;
        let holders = self.holders_for(speaker, case.time);
        let segment = &self.inventory.segments[holders.segment];
        let groups_or_broadcast = destination.is_groups() || segment.is_broadcast(destination);
        let mac = match case.frame.destination() {
            Some(mac) => mac,
            None => return true,
        };
        let to_gateway = self.inventory.is_gateway_mac(&mac);

        if matches!(speaker, Speaker::Machine(machine) if self.inventory.machines[machine].trusted) {
            return false;
        }
        if groups_or_broadcast {
            return !is_group_mac(&mac); // 1
        }
        if is_group_mac(&mac) {
            return true; // 2
        }
        match (holders.holder_by_layers(destination), segment.is_on_link(destination)) {
            (Some(Holder::Gateway), _) => !to_gateway,                              // 3
            (Some(Holder::Machine(holder)), true) => !self.is_mac_of(&mac, holder), // 4
            (Some(Holder::Machine(holder)), false) => {
                let in_one_segment = self.inventory.machines[holder].segment == holders.segment;
                !to_gateway && !(in_one_segment && self.is_mac_of(&mac, holder))
                // 5
            }
            // 6, which "does not hold for the MAC address that it follows from"
            (None, true) => self.inventory.machine_of_mac(&mac).is_some() && *destination != link_local_of(&mac),
            (None, false) if segment.lists_network_of_version(destination) => !to_gateway, // 7
            (None, false) => self.inventory.machine_of_mac(&mac).is_some(),
        }
    }

    /// "**To-device**, unless the source address is the unspecified one or the source MAC address is the gateway's".
    pub fn layers_mismatch_to_device(&self, case: &Case, machine: usize, packet: &Packet, mac: &Mac) -> bool {
        let source = &packet.source;
        let holders = self.holders_for(Speaker::Machine(machine), case.time);
        let segment = self.inventory.segment_of(machine);

        if self.inventory.machines[machine].trusted || source.is_unspecified() || self.inventory.is_gateway_mac(mac) {
            return false;
        }
        match holders.holder_by_layers(source) {
            Some(Holder::Gateway) => true,                                                   // 1
            Some(Holder::Machine(holder)) => !self.is_mac_of(mac, holder),                   // 2
            None => !segment.is_on_link(source) && segment.lists_network_of_version(source), // 3
        }
    }

    /// "The MAC address of a device behind a router is its router's."
    fn is_mac_of(&self, mac: &Mac, machine: usize) -> bool {
        self.inventory.mac_of(machine) == Some(*mac)
    }
}
