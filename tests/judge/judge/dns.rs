// SPDX-License-Identifier: BSD-2-Clause
//
// docs/policy.md, *Names*: what is looked at, queries, and answers. What comes of the addresses is in names.rs.

use crate::address::Address;
use crate::frame::{is_mapped, Bytes, Packet, Part, Transport};
use crate::names::Name;
use crate::reason::Reason;
use crate::rule::Opening;
use crate::world::{Case, Side, Verdict, World};

const SECOND: u64 = 1_000_000_000;

/// "A message has at most 2048 bytes."
const MESSAGE_MAX: usize = 2048;

const HEADER: usize = 12;
const NAME_MAX: usize = 255;
const ANSWERS_MAX: usize = 48;
const ALIASES_MAX: usize = 8;
const ADDRESSES_MAX: usize = 16;

const TYPE_A: u16 = 1;
const TYPE_ALIAS: u16 = 5;
const TYPE_AAAA: u16 = 28;
const TYPE_ANY: u16 = 255;
const CLASS_INTERNET: u16 = 1;

/// "The machine *waits* for an answer to it: from that resolver, to that port, by that protocol, with that identifier,
/// for that name; for 30 s from then."
#[derive(Clone, Debug)]
pub struct Wait {
    resolver: Address,
    port: u16,
    protocol: u8,
    identifier: u16,
    name: Name,
    since: u64,
}

/// What is waited for lasts 30 s, the last nanosecond included.
const WAITS: u64 = 30 * SECOND;

struct Question {
    name: Name,
    kind: u16,
    class: u16,
    /// Where the answers begin.
    end: usize,
}

/// What stands behind the header of UDP or TCP: from its first byte to the one behind it.
fn content_of(bytes: &Bytes, packet: &Packet) -> (usize, usize) {
    match packet.transport {
        // "The *message* is what UDP carries, as its length says; none where that is 8."
        Transport::Udp { .. } => {
            let length = bytes.number16(packet.payload + 4).unwrap_or(8) as usize;
            (packet.payload + 8, packet.payload + length)
        }
        // "what a packet carries behind its TCP header, as the lengths of the IP header say"
        _ => {
            let header = (bytes.byte(packet.payload + 12).unwrap_or(0x50) >> 4) as usize * 4;
            (packet.payload + header, packet.end)
        }
    }
}

fn number16(message: &[u8], at: usize) -> Option<u16> {
    message.get(at..at + 2).map(|b| u16::from_be_bytes([b[0], b[1]]))
}

/// "Of a message of less than 12 bytes the flags count as 0."
/// SILENT: whether that holds for answers, too. It does.
fn flags_of(message: &[u8]) -> u16 {
    match message.len() < HEADER {
        true => 0,
        false => number16(message, 2).unwrap_or(0),
    }
}

fn opcode(flags: u16) -> u16 {
    flags >> 11 & 15
}

fn is_answer(flags: u16) -> bool {
    flags & 0x8000 != 0
}

/// A name, and the place behind it. "A name may end in a pointer: it leads to a place in the message behind the header
/// and before the place where the name that has the pointer begins, or for one that was itself come to by a pointer,
/// before the place that this one led to. A name has at most 255 bytes in all."
fn take_name(message: &[u8], start: usize, pointers: bool) -> Option<(Name, usize)> {
    let mut labels: Vec<&[u8]> = Vec::new();
    let (mut at, mut before, mut behind) = (start, start, None);
    let mut size = 1;

    loop {
        let length = *message.get(at)? as usize;
        match length {
            0 => return Some((Name::new(&labels), behind.unwrap_or(at + 1))),
            1..=63 => {
                labels.push(message.get(at + 1..at + 1 + length)?);
                at += 1 + length;
                size += 1 + length;
                if size > NAME_MAX {
                    return None;
                }
            }
            0xc0..=0xff if pointers => {
                let target = number16(message, at)? as usize & 0x3fff;
                if target < HEADER || target >= before {
                    return None;
                }
                behind = behind.or(Some(at + 2));
                before = target;
                at = target;
            }
            _ => return None,
        }
    }
}

/// "It is read if it has one question: a name, from byte 12 on, in labels of at most 63 bytes without pointers, at most
/// 255 bytes with its last zero byte; behind it 2 bytes of type and 2 of class."
fn take_question(message: &[u8]) -> Option<Question> {
    if number16(message, 4)? != 1 || message.len() < HEADER {
        return None;
    }
    let (name, at) = take_name(message, HEADER, false)?;

    Some(Question { name, kind: number16(message, at)?, class: number16(message, at + 2)?, end: at + 4 })
}

/// What is asked for in answers, so far.
struct Reading {
    sought: Name,
    aliases: usize,
    addresses: Vec<Address>,
    /// "the time to live, which is the least of all answers that were asked for"
    least: u32,
    /// "an answer of class 1 and of type 1, 5 or 28 that was not asked for"
    passed_over: bool,
}

/// One answer, the names in which were found right.
struct Answer<'a> {
    name: Name,
    kind: u16,
    class: u16,
    seconds: u32,
    /// Where what follows begins.
    at: usize,
    data: &'a [u8],
}

/// "Each has a name, 10 bytes (type, class, time to live, length of what follows) and what follows."
/// "A time to live of 2^31 or more is 0."
fn take_answer(message: &[u8], start: usize) -> Option<Answer<'_>> {
    let (name, at) = take_name(message, start, true)?;
    let head = message.get(at..at + 10)?;
    let length = number16(head, 8)? as usize;
    let seconds = u32::from_be_bytes([head[4], head[5], head[6], head[7]]);

    Some(Answer {
        name,
        kind: number16(head, 0)?,
        class: number16(head, 2)?,
        seconds: if seconds >> 31 == 1 { 0 } else { seconds },
        at: at + 10,
        data: message.get(at + 10..at + 10 + length)?,
    })
}

impl Reading {
    /// SILENT: a ninth alias, or a seventeenth address, that is also malformed. It is malformed.
    fn read(&mut self, message: &[u8], answer: &Answer) -> Result<(), Reason> {
        if answer.class != CLASS_INTERNET {
            return Ok(());
        }
        if answer.name != self.sought {
            self.passed_over |= matches!(answer.kind, TYPE_A | TYPE_ALIAS | TYPE_AAAA);
            return Ok(());
        }
        if matches!(answer.kind, TYPE_A | TYPE_ALIAS | TYPE_AAAA) {
            self.least = self.least.min(answer.seconds);
        }
        match answer.kind {
            TYPE_ALIAS => self.follow(message, answer),
            TYPE_A => match answer.data {
                [a, b, c, d] => self.add(Address::V4([*a, *b, *c, *d])),
                _ => Err(Reason::DnsMalformed),
            },
            TYPE_AAAA => match <[u8; 16]>::try_from(answer.data) {
                Ok(bytes) => self.add(Address::V6(bytes)),
                Err(_) => Err(Reason::DnsMalformed),
            },
            _ => Ok(()),
        }
    }

    /// "type 5 is an alias: what follows is a name and nothing else, else `dns-malformed`. The ninth is *beyond*. From
    /// then on its name is the one that is asked for."
    fn follow(&mut self, message: &[u8], answer: &Answer) -> Result<(), Reason> {
        match take_name(message, answer.at, true) {
            Some((name, end)) if end == answer.at + answer.data.len() => self.sought = name,
            _ => return Err(Reason::DnsMalformed),
        }
        self.aliases += 1;
        if self.aliases > ALIASES_MAX {
            return Err(Reason::DnsUnread);
        }
        Ok(())
    }

    /// "One of ::ffff:0:0/96 in type 28 is none. The seventeenth is *beyond*."
    fn add(&mut self, address: Address) -> Result<(), Reason> {
        if self.addresses.len() == ADDRESSES_MAX {
            return Err(Reason::DnsUnread);
        }
        if is_mapped(&address) {
            return Ok(());
        }
        self.addresses.push(address);
        Ok(())
    }
}

/// 9, for all answers in turn. "The first of all these that is found is the reason. If at the end there is no address,
/// but an answer of class 1 and of type 1, 5 or 28 that was not asked for: *beyond*."
fn read_answers(message: &[u8], question: &Question, count: usize) -> Result<Reading, Reason> {
    let mut at = question.end;
    let mut reading = Reading {
        sought: question.name.clone(),
        aliases: 0,
        addresses: Vec::new(),
        least: u32::MAX,
        passed_over: false,
    };

    for _ in 0..count {
        let answer = take_answer(message, at).ok_or(Reason::DnsMalformed)?;
        reading.read(message, &answer)?;
        at = answer.at + answer.data.len();
    }
    if reading.addresses.is_empty() && reading.passed_over {
        return Err(Reason::DnsUnread);
    }
    Ok(reading)
}

impl World {
    /// "Its packets are judged as all others; each that is admitted then goes through what follows, also where it passes
    /// as `flow`. In place of the reason that admitted it there may be one that drops. Whatever becomes of it, the flow
    /// is made or goes on."
    pub fn look_at_names(&mut self, case: &Case, machine: usize, packet: &Packet, verdict: Verdict) -> Verdict {
        if verdict.reason.drops() || !self.resolves(case, machine, packet, &verdict) {
            return verdict;
        }
        // "A first fragment of such a conversation is `dns-fragment`, and is not remembered."
        if packet.part != Part::Whole {
            return Reason::DnsFragment.into();
        }
        let read = match (case.side, packet.is_tcp()) {
            (Side::FromDevice, _) => self.read_query(case, machine, packet),
            (Side::ToDevice, false) => self.read_answer(case, machine, packet),
            (Side::ToDevice, true) => read_piece(case, packet),
        };
        match read {
            Ok(()) => verdict,
            Err(reason) => reason.into(),
        }
    }

    /// "A conversation *resolves* if the machine opened it, to UDP or TCP port 53 of a listed resolver, and the machine
    /// is not a trusted host; whether infrastructure or a rule admits it."
    /// SILENT: a trusted host in quarantine, which nobody trusts then. It is a trusted host.
    fn resolves(&self, case: &Case, machine: usize, packet: &Packet, verdict: &Verdict) -> bool {
        let ports = packet.udp_ports().or_else(|| packet.tcp_ports());
        let (remote, port) = match (case.side, ports) {
            (_, None) => return false,
            (Side::FromDevice, Some((_, destination))) => (packet.destination, destination),
            (Side::ToDevice, Some((source, _))) => (packet.source, source),
        };

        !case.goes_to_group_mac()
            && verdict.opened == Some(Opening::To)
            && port == 53
            && self.inventory.is_resolver(&remote)
            && !self.inventory.machines[machine].trusted
    }

    /// *Queries*, by its numbers.
    fn read_query(&mut self, case: &Case, machine: usize, packet: &Packet) -> Result<(), Reason> {
        let strict = self.inventory.machines[machine].strict;
        let not_read = if strict { Err(Reason::DnsName) } else { Ok(()) };
        let bytes = &case.frame.bytes;
        let (mut at, end) = content_of(bytes, packet);

        if at == end {
            return Ok(()); // 1
        }
        // SILENT: a length of 0 over TCP. As with UDP there is no message then, and what should be one is not read.
        if packet.is_tcp() {
            match bytes.number16(at) {
                _ if end - at <= 2 => return not_read,
                None => return Err(Reason::Truncated),
                Some(length) if at + 2 + length as usize == end => at += 2,
                _ => return not_read, // 2
            }
        }
        if end - at > MESSAGE_MAX {
            return not_read;
        }
        let message = match bytes.slice(at, end - at) {
            Some(message) => message,
            None => return Err(Reason::Truncated), // 3
        };
        let flags = flags_of(message);
        if opcode(flags) != 0 {
            return not_read; // 4
        }
        let question = match take_question(message) {
            Some(question) if !is_answer(flags) => question,
            _ => return Err(Reason::DnsMalformed), // 5
        };
        // SILENT: what "Otherwise" leaves out, where names are open and no rule allows this one. Only what is
        // `dns-name`: the machine waits for answers to all others.
        if strict && !self.allows_name(machine, &question.name) {
            return Err(Reason::DnsName); // 6
        }
        self.wait_for_answer(case, machine, packet, message, question.name); // 7
        Ok(())
    }

    /// Which of its places a query takes cannot be foretold, so there is no end of them here.
    fn wait_for_answer(&mut self, case: &Case, machine: usize, packet: &Packet, message: &[u8], name: Name) {
        let waits = &mut self.waits[machine];
        let (port, _) = packet.udp_ports().or_else(|| packet.tcp_ports()).unwrap_or((0, 0));

        waits.retain(|wait| case.time.saturating_sub(wait.since) <= WAITS);
        waits.push(Wait {
            resolver: packet.destination,
            port,
            protocol: packet.protocol,
            identifier: number16(message, 0).unwrap_or(0),
            name,
            since: case.time,
        });
    }

    /// "Which answers it waited for does not change."
    /// SILENT: whether an answer ends the waiting. It does not: the machine waits for 30 s.
    fn waits_for(&self, case: &Case, machine: usize, packet: &Packet, message: &[u8], name: &Name) -> bool {
        let port = packet.udp_ports().map(|(_, destination)| destination);

        self.waits[machine].iter().any(|wait| {
            wait.resolver == packet.source
                && Some(wait.port) == port
                && wait.protocol == packet.protocol
                && Some(wait.identifier) == number16(message, 0)
                && wait.name == *name
                && case.time.saturating_sub(wait.since) <= WAITS
        })
    }

    /// *Answers*, by its numbers.
    fn read_answer(&mut self, case: &Case, machine: usize, packet: &Packet) -> Result<(), Reason> {
        let bytes = &case.frame.bytes;
        let (at, end) = content_of(bytes, packet);

        if at == end {
            return Ok(()); // 1
        }
        let size = end - at;
        let message = bytes.slice(at, size.min(MESSAGE_MAX)).ok_or(Reason::Truncated)?;
        let flags = flags_of(message);
        if opcode(flags) != 0 {
            return Ok(()); // 2
        }
        if !is_answer(flags) {
            return Err(Reason::DnsUnasked); // 3
        }
        let count = number16(message, 6).ok_or(Reason::DnsMalformed)? as usize;
        if number16(message, 4) == Some(0) && count == 0 {
            return Ok(()); // 4
        }
        let question = take_question(message).ok_or(Reason::DnsMalformed)?; // 5
        if !self.waits_for(case, machine, packet, message, &question.name) {
            return Err(Reason::DnsUnasked); // 6
        }
        if question.class != CLASS_INTERNET || !matches!(question.kind, TYPE_A | TYPE_AAAA | TYPE_ANY) {
            return Ok(()); // 7
        }
        if size > MESSAGE_MAX || count > ANSWERS_MAX {
            return Err(Reason::DnsUnread); // 8
        }
        let reading = read_answers(message, &question, count)?; // 9
        self.pin(machine, &question.name, &reading.addresses, reading.least, case.time); // 10
        Ok(())
    }
}

/// "Over TCP every piece is `dns-unread`".
fn read_piece(case: &Case, packet: &Packet) -> Result<(), Reason> {
    let (at, end) = content_of(&case.frame.bytes, packet);

    match at == end {
        true => Ok(()),
        false => Err(Reason::DnsUnread),
    }
}
