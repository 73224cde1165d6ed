// SPDX-License-Identifier: BSD-2-Clause
//
// docs/policy.md, *Management*: the rules of `gateway.management`, which stand in front of those of machines.

use crate::inventory::Machine;
use crate::rule::{self, Names, Opening, Own, Remote, Rule};
use std::rc::Rc;

/// "A rule `allow from REMOTE SERVICE` there is, for each machine that REMOTE names, a rule `allow to gateway SERVICE`
/// in front of its own ones; `deny` likewise, and options stay." "What is said of the rule names it as it is written."
pub fn put_in_front(sentences: &[&str], names: &Names, machines: &mut [Machine]) -> Result<(), String> {
    let mut rules = Vec::new();

    for sentence in sentences {
        let written = rule::parse(sentence, names, &Own::default())?;
        if written.opening != Opening::From {
            return Err(format!("management '{}': not from", sentence));
        }
        if matches!(written.remote, Remote::Gateway | Remote::Internet | Remote::Name(_) | Remote::Set(_)) {
            return Err(format!("management '{}': no such remote there", sentence));
        }
        let named = written.remote.clone();
        let rule = Rule { opening: Opening::To, remote: Remote::Gateway, management: true, ..written };
        rules.push((named, Rc::new(rule)));
    }
    for (index, machine) in machines.iter_mut().enumerate() {
        let mut list: Vec<Rc<Rule>> = rules
            .iter()
            .filter(|(named, _)| names_machine(named, index, machine))
            .map(|(_, rule)| rule.clone())
            .collect();
        list.append(&mut machine.to_rules);
        machine.to_rules = list;
    }
    Ok(())
}

/// "`host:` and `device:` name that machine; `group:` its members, where a prefix stands for the machines that list an
/// address in it, as an address or prefix does by itself; `segment:` all machines of the segment; `local` and `any` all
/// machines."
fn names_machine(remote: &Remote, index: usize, machine: &Machine) -> bool {
    match remote {
        Remote::Machine(named) => *named == index,
        Remote::Group(members) => members.iter().any(|member| names_machine(member, index, machine)),
        Remote::Network(prefix) => machine.addresses.iter().any(|address| prefix.contains(address)),
        Remote::Segment(segment) => machine.segment == *segment,
        Remote::Local | Remote::Any => true,
        Remote::Gateway | Remote::Internet | Remote::Name(_) | Remote::Set(_) => false,
    }
}
