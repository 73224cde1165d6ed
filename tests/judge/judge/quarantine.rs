// SPDX-License-Identifier: BSD-2-Clause
//
// docs/policy.md, *Quarantine*: who is in it, what is spared, and how rules are asked meanwhile.

use crate::bindings::Holders;
use crate::flows::Flow;
use crate::names::Name;
use crate::reason::Reason;
use crate::rule::{Opening, Question, Rule};
use crate::world::{Speaker, Verdict, World};
use std::rc::Rc;

/// When the quarantine of each machine ends: None where it has no end, 0 where there is none.
pub struct Quarantines {
    ends: Vec<Option<u64>>,
}

impl Quarantines {
    pub fn new(machines: usize) -> Quarantines {
        Quarantines { ends: vec![Some(0); machines] }
    }

    /// "ends at its moment by itself"
    pub fn lasts(&self, machine: usize, now: u64) -> bool {
        self.ends[machine].map(|end| now < end).unwrap_or(true)
    }
}

/// "some rules are **spared**: those that are `critical`, and those of *Management*."
fn is_spared(rule: &Rule) -> bool {
    rule.critical || rule.management
}

/// "admitted by a spared rule, or as DNS or NTP". What learn mode made of a refused conversation was admitted by none.
pub fn admits_spared(reason: Reason, rule: &Option<Rc<Rule>>) -> bool {
    match reason {
        Reason::Dns | Reason::Ntp => true,
        Reason::Rule => rule.as_ref().map(|rule| is_spared(rule)).unwrap_or(false),
        _ => false,
    }
}

impl World {
    /// From the next packet on, until a moment: 0 is none that is still to come. None: without an end.
    pub fn put_into_quarantine(&mut self, name: &str, end: Option<u64>) -> Result<(), String> {
        let machine = self.inventory.machines.iter().position(|machine| machine.name == name);
        let machine = machine.ok_or_else(|| format!("no machine: {}", name))?;

        self.quarantines.ends[machine] = end;
        Ok(())
    }

    /// "A flow admits packets, and an ICMP error about it, only if it was admitted by a spared rule, or as DNS or NTP.
    /// The judgement of any other one is outdated".
    /// SILENT: a frame at the port of another segment, or where the machine was before it was heard elsewhere. It is no
    /// packet of such a flow either.
    pub fn flow_is_outdated(&self, machine: usize, flow: &Flow, now: u64) -> bool {
        let kept_out = self.quarantines.lasts(machine, now) && !admits_spared(flow.reason, &flow.rule);

        kept_out || flow.is_outdated(self.generation, now)
    }

    /// The rules of a machine, as they are asked in *Conversations*, in steps 4 and 5.
    pub fn ask_rules_in_force(
        &self,
        machine: usize,
        opened: Opening,
        question: &Question,
        names: &[Name],
        now: u64,
    ) -> Verdict {
        let holders = Holders { names, ..self.holders_for(Speaker::Machine(machine), now) };

        if !self.quarantines.lasts(machine, now) {
            return self.ask_rules(machine, opened, question, &holders);
        }
        // "A trusted host has infrastructure, and nothing else." "A trusted host, where nothing else admits it, is
        // `quarantine` without a rule."
        // SILENT: rules of *Management* that name a trusted host. It has no rules in quarantine either.
        if self.inventory.machines[machine].trusted {
            return Reason::Quarantine.into();
        }
        self.ask_rules_in_quarantine(machine, opened, question, &holders)
    }

    /// "Where the first rule that matches is an `allow` that is not spared, the first one among the spared rules and all
    /// `deny` rules is asked for instead. An `allow` decides: `rule`. Else the frame is refused as `quarantine`, and the
    /// rule that is named is the one that would have allowed it."
    fn ask_rules_in_quarantine(
        &self,
        machine: usize,
        opened: Opening,
        question: &Question,
        holders: &Holders,
    ) -> Verdict {
        let first = self.ask_rules(machine, opened, question, holders);

        if first.reason != Reason::Rule || admits_spared(first.reason, &first.rule) {
            return first;
        }
        match self.first_match(machine, opened, question, holders, |rule| is_spared(rule) || !rule.allow) {
            Some(rule) if rule.allow => Verdict::by_rule(Reason::Rule, Some(rule)),
            _ => Verdict::by_rule(Reason::Quarantine, first.rule),
        }
    }
}
