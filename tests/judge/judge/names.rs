// SPDX-License-Identifier: BSD-2-Clause
//
// docs/policy.md, *Names*: domain names, what rules say of them, and the pins of machines. How DNS is read is in dns.rs.

use crate::address::Address;
use crate::bindings::Holders;
use crate::inventory::Holder;
use crate::rule::{Opening, Remote, Rule};
use crate::world::World;

const SECOND: u64 = 1_000_000_000;

/// The labels of a name. "Letters are taken for small ones."
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Name(Vec<Vec<u8>>);

impl Name {
    pub fn new(labels: &[&[u8]]) -> Name {
        Name(labels.iter().map(|label| label.to_ascii_lowercase()).collect())
    }

    /// "A name is *odd* if a byte in it is a dot or none of 0x21 to 0x7e; no pattern matches an odd name."
    fn is_odd(&self) -> bool {
        self.0.iter().flatten().any(|byte| *byte == b'.' || !(0x21..=0x7e).contains(byte))
    }
}

/// A domain name as the remote of a rule. "`*.vendor.example` is every name below `vendor.example`, and not that one
/// itself".
#[derive(Clone, Debug)]
pub struct Pattern {
    name: Name,
    below: bool,
}

impl Pattern {
    pub fn parse(text: &str) -> Result<Pattern, String> {
        let (name, below) = match text.strip_prefix("*.") {
            Some(name) => (name, true),
            None => (text, false),
        };
        let labels: Vec<&[u8]> = name.split('.').map(|label| label.as_bytes()).collect();

        if labels.iter().any(|label| label.is_empty() || label.len() > 63) || !(below || labels.len() > 1) {
            return Err(format!("neither an address nor a name: {}", text));
        }
        Ok(Pattern { name: Name::new(&labels), below })
    }

    pub fn fits(&self, name: &Name) -> bool {
        if name.is_odd() {
            return false;
        }
        match self.below {
            true => name.0.len() > self.name.0.len() && name.0.ends_with(&self.name.0),
            false => *name == self.name,
        }
    }
}

/// Whether a rule by name matches a remote that has these names.
/// "But none matches that is the gateway's, however that is known." "A *local* remote is matched by an `allow` by name
/// only if that has the option `local`. A `deny` by name matches it in any case."
pub fn matches_by_name(rule: &Rule, pattern: &Pattern, remote: &Address, holders: &Holders) -> bool {
    holders.holder(remote) != Some(Holder::Gateway)
        && holders.names.iter().any(|name| pattern.fits(name))
        && (!rule.allow || rule.local || !is_local(remote, holders))
}

/// "one that a machine holds; on the link of any segment; in IPv4 one of 10/8, 100.64/10, 172.16/12, 192.0.0/24,
/// 192.168/16 and 198.18/15; in IPv6 all but 2000::/3". What else is not global in IPv4 is never pinned.
fn is_local(remote: &Address, holders: &Holders) -> bool {
    holders.holder(remote).is_some() || holders.inventory.is_local(remote) || !remote.is_global()
}

#[derive(Clone, Debug)]
struct Pin {
    name: Name,
    address: Address,
    ends: u64,
}

/// By machine. Which pins and names lose their places cannot be foretold, so there is no end of places here.
pub struct Pins(Vec<Vec<Pin>>);

impl Pins {
    pub fn new(machines: usize) -> Pins {
        Pins(vec![Vec::new(); machines])
    }

    /// "A pin lasts for the time to live [...]; but an hour at least, and a day at most."
    /// SILENT: a pin that is there and would end later. What was told last counts.
    fn add(&mut self, machine: usize, name: &Name, address: &Address, seconds: u32, now: u64) {
        let ends = now / SECOND * SECOND + (seconds as u64).clamp(3600, 86_400) * SECOND;
        let pins = &mut self.0[machine];

        pins.retain(|pin| now < pin.ends);
        match pins.iter_mut().find(|pin| pin.name == *name && pin.address == *address) {
            Some(pin) => pin.ends = ends,
            None => pins.push(Pin { name: name.clone(), address: *address, ends }),
        }
    }

    fn names_of(&self, machine: usize, address: &Address, now: u64) -> Vec<Name> {
        self.0[machine]
            .iter()
            .filter(|pin| pin.address == *address && now < pin.ends)
            .map(|pin| pin.name.clone())
            .collect()
    }
}

/// "An address is not pinned if it is one of 0/8, 127/8, 169.254/16 and 224/3, and in IPv6 one of ::/8, fe80::/9 and
/// ff00::/8".
fn is_never_pinned(address: &Address) -> bool {
    match address {
        Address::V4([a, b, ..]) => *a == 0 || *a == 127 || (*a == 169 && *b == 254) || *a >= 224,
        Address::V6([a, b, ..]) => *a == 0 || (*a == 0xfe && *b >= 0x80) || *a == 0xff,
    }
}

impl World {
    pub fn pin(&mut self, machine: usize, name: &Name, addresses: &[Address], seconds: u32, now: u64) {
        for address in addresses {
            // "the gateway's, as an address that is listed or was its own when the policy was applied"
            if !is_never_pinned(address) && !self.inventory.gateway_holds(address) {
                self.pins.add(machine, name, address, seconds, now);
            }
        }
    }

    /// The names that a remote has for a machine: those of its pins, and "when the flow is judged again, that name counts
    /// beside those of its pins".
    /// SILENT: which four count, of more than "Four names of a remote". All do here.
    pub fn names_of(&self, machine: usize, remote: &Address, remembered: Option<&Name>, now: u64) -> Vec<Name> {
        let mut names = self.pins.names_of(machine, remote, now);

        names.extend(remembered.cloned());
        names
    }

    /// "A flow that a rule admitted by a name, and by nothing else, remembers the name".
    /// SILENT: which one, of several that fit the rule. The one that was pinned first, and last the one remembered.
    pub fn name_to_remember(rule: Option<&Rule>, names: &[Name]) -> Option<Name> {
        match rule.map(|rule| &rule.remote) {
            Some(Remote::Name(pattern)) => names.iter().find(|name| pattern.fits(name)).cloned(),
            _ => None,
        }
    }

    /// Queries, 6: "No `allow` rule of the machine, `to` or `from`, has this name, whatever its service, its conditions
    /// and its end".
    pub fn allows_name(&self, machine: usize, name: &Name) -> bool {
        let machine = &self.inventory.machines[machine];
        let rules = machine.rules(Opening::To).iter().chain(machine.rules(Opening::From));

        rules.filter(|rule| rule.allow).any(|rule| match &rule.remote {
            Remote::Name(pattern) => pattern.fits(name),
            _ => false,
        })
    }
}
