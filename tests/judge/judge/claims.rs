// SPDX-License-Identifier: BSD-2-Clause
//
// docs/policy.md, *Identity* and *Bindings*: whether an address is bound to whom it is asked of, which messages claim
// one, and what a replay learns.

use crate::address::{link_local_of, Address};
use crate::bindings::{Binding, Holders, Kind};
use crate::frame::Packet;
use crate::inventory::Holder;
use crate::world::{Case, Speaker, World};

impl World {
    pub fn holders(&self, segment: usize, now: u64) -> Holders<'_> {
        Holders { inventory: &self.inventory, bindings: &self.bindings, segment, now, names: &[] }
    }

    /// The segment in which somebody is judged.
    pub fn segment_index(&self, speaker: Speaker) -> usize {
        match speaker {
            Speaker::Machine(machine) => self.inventory.machines[machine].segment,
            Speaker::Stranger { segment } => segment,
        }
    }

    pub fn holders_for(&self, speaker: Speaker, now: u64) -> Holders<'_> {
        self.holders(self.segment_index(speaker), now)
    }

    pub fn is_bound(&self, machine: usize, address: &Address, now: u64) -> bool {
        self.holders_for(Speaker::Machine(machine), now).holder(address) == Some(Holder::Machine(machine))
    }

    /// From-device: whether an address is the speaker's, which gives it to a replay that learns and is what keeps a
    /// claim. Strangers: "An address that nobody holds, and that is neither the unspecified one nor a group's, counts as
    /// its own, and nothing is bound or claimed".
    pub fn owns(&mut self, case: &Case, speaker: Speaker, address: &Address) -> bool {
        let machine = match speaker {
            Speaker::Machine(machine) => machine,
            Speaker::Stranger { .. } => {
                let is_held = self.holders_for(speaker, case.time).holder(address).is_some();
                return !is_held && !address.is_unspecified() && !address.is_groups();
            }
        };

        self.learn_address(case, machine, address);
        if !self.is_bound(machine, address, case.time) {
            return false;
        }
        if self.inventory.holder(address).is_none() {
            let segment = self.inventory.machines[machine].segment;
            self.bindings.renew_claim(machine, address, segment, case.time);
        }
        true
    }

    /// "What can be claimed is a link-local address; an address on the link of the segment; and where the segment lists
    /// no IPv6 network, one of 2000::/3 and fc00::/7. But neither the unspecified address nor a group's, none that
    /// follows, as link-local one, from the MAC address of a machine of the inventory, and none by a device behind a
    /// router."
    pub fn can_be_claimed(&self, case: &Case, speaker: Speaker, address: &Address) -> bool {
        let machine = match speaker {
            Speaker::Machine(machine) => machine,
            Speaker::Stranger { .. } => return false,
        };
        let segment = self.inventory.segment_of(machine);
        let of_right_kind = segment.is_on_link(address)
            || (!segment.lists_network_of_version(address) && (address.is_global() || address.is_unique_local()));
        let follows_from_mac =
            self.inventory.machines.iter().filter_map(|machine| machine.mac).any(|mac| link_local_of(&mac) == *address);

        address.is_v6()
            && !address.is_unspecified()
            && !address.is_groups()
            && of_right_kind
            && !follows_from_mac
            && self.inventory.machines[machine].router.is_none()
            && self.holders_for(speaker, case.time).holder(address).is_none()
    }

    /// Step 9: "What passes this step all the same: an address that is being claimed". "An advertisement whose source
    /// address is not bound passes step 9 only if it claims that very address."
    pub fn claims_its_source(&self, case: &Case, speaker: Speaker, packet: &Packet) -> bool {
        claimed_address(case, packet) == Some(packet.source) && self.can_be_claimed(case, speaker, &packet.source)
    }

    /// "The claim is granted when the message has passed step 10."
    /// SILENT: an address that a replay learnt from this very message, and that lost its place before step 10 to another
    /// one that it learnt. It was given "before a claim is thought of", and is not claimed.
    pub fn grant_claim(&mut self, case: &Case, machine: usize, packet: &Packet) {
        let address = match claimed_address(case, packet) {
            Some(address) => address,
            None => return,
        };

        if !self.learn_bindings && self.can_be_claimed(case, Speaker::Machine(machine), &address) {
            let segment = self.inventory.machines[machine].segment;
            self.bind(machine, Binding::claim(address, segment, case.time), case.time);
        }
    }

    /// "A **replay** that learns gives an address that nobody holds to the first machine that uses it, at once, and
    /// before a claim is thought of. It takes a place as a claim that never ends. Unspecified and group addresses are
    /// never given, and a device behind a router learns nothing."
    /// SILENT: whether the client address of a DHCP message, which passes step 9 anyway, is given. It is: "the source
    /// of a packet at step 9".
    pub fn learn_address(&mut self, case: &Case, machine: usize, address: &Address) {
        let segment = self.inventory.machines[machine].segment;
        let is_held = self.holders(segment, case.time).holder(address).is_some();

        if !self.learn_bindings
            || is_held
            || address.is_unspecified()
            || address.is_groups()
            || self.inventory.machines[machine].router.is_some()
        {
            return;
        }
        self.bind(machine, Binding::new(*address, segment, Kind::Claim, None), case.time);
    }

    /// "When one ends before that, goes to another machine, or is renewed with an earlier end, all flows of the machine
    /// that had it are outdated."
    pub fn bind(&mut self, machine: usize, binding: Binding, now: u64) {
        for outdated in self.bindings.bind(machine, binding, now) {
            self.flows.outdate(outdated);
        }
    }
}

/// "A message claims the target of a neighbour advertisement, and of a neighbour solicitation whose source is the
/// unspecified address (duplicate address detection); the source of any other neighbour or router solicitation, if
/// that is not the unspecified address."
fn claimed_address(case: &Case, packet: &Packet) -> Option<Address> {
    let (kind, _) = packet.discovery()?;
    let unspecified = packet.source.is_unspecified();

    match kind {
        133 | 135 if !unspecified => Some(packet.source),
        135 | 136 => case.frame.bytes.ipv6(packet.payload + 8),
        _ => None,
    }
}
