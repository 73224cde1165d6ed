// SPDX-License-Identifier: BSD-2-Clause
//
// docs/policy.md, *Bindings*: the places of machines, who takes them and for how long; and *Identity*: who holds an
// address. What makes claims is in claims.rs, what makes leases in dhcp.rs.

use crate::address::Address;
use crate::inventory::{Holder, Inventory};
use crate::names::Name;

/// "A machine has 16 places for them."
const PLACES: usize = 16;

const CLAIM_LASTS: u64 = 24 * 3600 * 1_000_000_000;

/// Claims lose their places before leases do.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Kind {
    Claim,
    Lease,
}

#[derive(Clone, Debug)]
pub struct Binding {
    pub address: Address,
    /// "a link-local one (fe80::/10) that is bound and not listed, to one in each segment": the segment of such a one.
    /// SILENT: a machine that a later policy has in another segment. The address stays bound in the one where it was.
    segment: Option<usize>,
    pub kind: Kind,
    /// None: it never ends. What ended before its time has the time when it did.
    pub ends: Option<u64>,
}

impl Binding {
    pub fn new(address: Address, segment: usize, kind: Kind, ends: Option<u64>) -> Binding {
        Binding { address, segment: scope_of(&address, segment), kind, ends }
    }

    pub fn claim(address: Address, segment: usize, now: u64) -> Binding {
        Binding::new(address, segment, Kind::Claim, Some(now + CLAIM_LASTS))
    }

    /// "A binding ends at its time."
    fn holds(&self, now: u64) -> bool {
        self.ends.map(|end| now < end).unwrap_or(true)
    }

    /// Never is later than any time.
    fn ends_later_than(&self, other: &Binding) -> bool {
        match (self.ends, other.ends) {
            (Some(end), Some(other_end)) => end > other_end,
            (None, Some(_)) => true,
            (_, None) => false,
        }
    }

    fn is_of(&self, address: &Address, scope: Option<usize>) -> bool {
        self.address == *address && self.segment == scope
    }
}

fn scope_of(address: &Address, segment: usize) -> Option<usize> {
    if address.is_v6() && address.is_link_local() {
        return Some(segment);
    }
    None
}

pub struct Bindings {
    /// By machine. None is a place that never had a binding, or whose binding is another machine's by now. A binding
    /// that ended stays where it was until another one takes its place.
    places: Vec<Vec<Option<Binding>>>,
}

impl Bindings {
    pub fn new(machines: usize) -> Bindings {
        Bindings { places: vec![Vec::new(); machines] }
    }

    /// The machine that an address is bound to now, as one of this segment sees it.
    pub fn find(&self, address: &Address, segment: usize, now: u64) -> Option<(usize, &Binding)> {
        let scope = scope_of(address, segment);

        for (machine, places) in self.places.iter().enumerate() {
            for binding in places.iter().flatten() {
                if binding.is_of(address, scope) && binding.holds(now) {
                    return Some((machine, binding));
                }
            }
        }
        None
    }

    /// Binds an address to a machine, and tells the machines whose flows are outdated by that: "When one ends before
    /// that, goes to another machine, or is renewed with an earlier end, whatever its kind".
    pub fn bind(&mut self, machine: usize, new: Binding, now: u64) -> Vec<usize> {
        let mut outdated = self.take_from_others(machine, &new, now);
        let places = &mut self.places[machine];

        places.resize(PLACES, None);
        let place = place_for(places, &new, now);
        if let Some(old) = places[place].as_ref().filter(|old| old.holds(now)) {
            // "What loses its place ends."
            let loses_its_place = !old.is_of(&new.address, new.segment);
            if loses_its_place || old.ends_later_than(&new) {
                outdated.push(machine);
            }
        }
        places[place] = Some(new);
        outdated
    }

    /// "When one [...] goes to another machine".
    /// "An address that went to another machine and comes back is a new one": nor the place that the other machine had for
    /// an address that ended there before.
    fn take_from_others(&mut self, machine: usize, new: &Binding, now: u64) -> Vec<usize> {
        let mut losers = Vec::new();

        for (other, places) in self.places.iter_mut().enumerate() {
            if other == machine {
                continue;
            }
            for place in places.iter_mut() {
                let is_it = place.as_ref().map(|old| old.is_of(&new.address, new.segment)).unwrap_or(false);
                if !is_it {
                    continue;
                }
                if let Some(old) = place.take() {
                    if old.holds(now) {
                        losers.push(other);
                    }
                }
            }
        }
        losers
    }

    /// DHCP: "ends the machine's lease of" an address. Tells whether it had one that did not end.
    pub fn end_lease(&mut self, machine: usize, address: &Address, now: u64) -> bool {
        for binding in self.places[machine].iter_mut().flatten() {
            if binding.kind == Kind::Lease && binding.address == *address && binding.holds(now) {
                binding.ends = Some(now);
                return true;
            }
        }
        false
    }

    /// DHCP: is an address one of its leases "that did not end"?
    pub fn has_lease(&self, machine: usize, address: &Address, now: u64) -> bool {
        self.places[machine]
            .iter()
            .flatten()
            .any(|binding| binding.kind == Kind::Lease && binding.address == *address && binding.holds(now))
    }

    /// DHCP: "leases ... that did not end".
    pub fn count_leases(&self, machine: usize, now: u64) -> usize {
        self.places[machine]
            .iter()
            .flatten()
            .filter(|binding| binding.kind == Kind::Lease && binding.holds(now))
            .count()
    }

    /// "It ends after 24 hours, counted from the last packet from-device in which the machine was asked for it".
    pub fn renew_claim(&mut self, machine: usize, address: &Address, segment: usize, now: u64) {
        let scope = scope_of(address, segment);

        for binding in self.places[machine].iter_mut().flatten() {
            let is_claim = binding.kind == Kind::Claim && binding.is_of(address, scope) && binding.holds(now);
            if is_claim && binding.ends.is_some() {
                binding.ends = Some(now + CLAIM_LASTS);
            }
        }
    }
}

/// "A binding that is there already keeps its place, and one that ended gets it back if it comes again for the same
/// machine and nothing else took it." "A new one takes the first place that is free: that never had one, or whose
/// binding ended, or is another machine's by now. Else it takes that of the claim that ends first, where there is no
/// claim that of the lease that ends first, of equal ones the first; one that never ends comes last of its kind."
fn place_for(places: &[Option<Binding>], new: &Binding, now: u64) -> usize {
    let is_it = |place: &Option<Binding>| place.as_ref().map(|old| old.is_of(&new.address, new.segment));
    let is_free = |place: &Option<Binding>| place.as_ref().map(|old| !old.holds(now)).unwrap_or(true);

    if let Some(place) = places.iter().position(|place| is_it(place) == Some(true)) {
        return place;
    }
    if let Some(place) = places.iter().position(is_free) {
        return place;
    }
    let order = |place: &usize| places[*place].as_ref().map(|old| (old.kind, old.ends.is_none(), old.ends));
    (0..places.len()).min_by_key(order).unwrap_or(0)
}

/// Who holds which address, as a machine or a stranger of one segment sees it, at one time.
#[derive(Clone, Copy)]
pub struct Holders<'a> {
    pub inventory: &'a Inventory,
    pub bindings: &'a Bindings,
    pub segment: usize,
    pub now: u64,
    /// The names of the remote that rules are asked about, for this machine.
    pub names: &'a [Name],
}

impl Holders<'_> {
    /// "What the inventory lists, and what the gateway has, counts first: nothing else is bound to anybody." "What a
    /// later policy lists is bound no more, but keeps its place."
    /// "What a later policy lists is bound no more while it does": the binding counts again, if it did not end.
    pub fn holder(&self, address: &Address) -> Option<Holder> {
        self.inventory.holder(address).or_else(|| self.bound(address).map(|(machine, _)| Holder::Machine(machine)))
    }

    /// The binding that counts for an address.
    pub fn bound(&self, address: &Address) -> Option<(usize, &Binding)> {
        if self.inventory.holder(address).is_some() {
            return None;
        }
        self.bindings.find(address, self.segment, self.now)
    }

    /// Layers agree: "An address that is held as the link-local one of a MAC address counts as nobody's".
    pub fn holder_by_layers(&self, address: &Address) -> Option<Holder> {
        match self.inventory.lister(address) {
            Some(holder) => Some(holder),
            None => self.bound(address).map(|(machine, _)| Holder::Machine(machine)),
        }
    }

    /// Rules, `device:NAME`, `host:NAME`: "the addresses that the inventory lists for that machine, and those that
    /// are bound to it. Its link-local address only where it is listed".
    /// SILENT: a link-local address that it claimed. That one is bound to it.
    pub fn is_named_by(&self, machine: usize, address: &Address) -> bool {
        self.holder_by_layers(address) == Some(Holder::Machine(machine))
    }
}
