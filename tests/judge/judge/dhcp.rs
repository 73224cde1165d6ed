// SPDX-License-Identifier: BSD-2-Clause
//
// docs/policy.md, *DHCP*: messages of both versions, taken apart and held against who sends and who gets them, and the
// leases that come of them.

use crate::address::{Address, Mac};
use crate::bindings::{Binding, Kind};
use crate::frame::{Bytes, Packet};
use crate::inventory::Holder;
use crate::reason::Reason;
use crate::world::{Case, Speaker, World};

const SECOND: u64 = 1_000_000_000;

const DISCOVER: u8 = 1;
const OFFER: u8 = 2;
const REQUEST: u8 = 3;
const DECLINE: u8 = 4;
const ACK: u8 = 5;
const NAK: u8 = 6;
const RELEASE: u8 = 7;
const INFORM: u8 = 8;

const NOBODY: Address = Address::V4([0; 4]);

/// "remembered: of DISCOVER, REQUEST and INFORM the transaction (xid), the time, and the address that was asked for".
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    transaction: u32,
    time: u64,
    address: Address,
}

/// A message of DHCPv4, but its options.
struct Head {
    transaction: u32,
    client: Address,
    yours: Address,
    relay: Address,
    hardware: Mac,
    /// Where the options begin, and the first byte behind the message.
    options: usize,
    end: usize,
}

#[derive(Default)]
struct Options {
    requested: Option<Address>,
    lease_time: Option<u32>,
    kind: Option<u8>,
}

/// From the first byte of the message to the one behind it: "A whole packet is read as far as the UDP length says."
fn message_of(bytes: &Bytes, packet: &Packet) -> Result<(usize, usize), Reason> {
    let length = bytes.number16(packet.payload + 4).ok_or(Reason::Truncated)? as usize;

    Ok((packet.payload + 8, packet.payload + length))
}

/// "fewer than 240 bytes: `malformed`; not all of these there: `truncated`; op is not 1 [or 2], hardware type not 1
/// with 6 bytes of address, or the four bytes before the options are not 99, 130, 83, 99: `malformed`".
fn take_head(bytes: &Bytes, packet: &Packet, operation: u8) -> Result<Head, Reason> {
    let (at, end) = message_of(bytes, packet)?;

    if end < at + 240 {
        return Err(Reason::Malformed);
    }
    let head = bytes.slice(at, 240).ok_or(Reason::Truncated)?;
    if head[0] != operation || head[1] != 1 || head[2] != 6 || head[236..240] != [99, 130, 83, 99] {
        return Err(Reason::Malformed);
    }
    Ok(Head {
        transaction: u32::from_be_bytes([head[4], head[5], head[6], head[7]]),
        client: bytes.ipv4(at + 12).ok_or(Reason::Truncated)?,
        yours: bytes.ipv4(at + 16).ok_or(Reason::Truncated)?,
        relay: bytes.ipv4(at + 24).ok_or(Reason::Truncated)?,
        hardware: bytes.mac(at + 28).ok_or(Reason::Truncated)?,
        options: at + 240,
        end,
    })
}

/// "0 is one byte, 255 ends them, each other one has a length. One that is not within the message is `malformed`, one
/// that is not all there `truncated`. The first 64 options are read (zeros counted), and no option overload."
/// "No type: `malformed`."
fn take_options(bytes: &Bytes, head: &Head) -> Result<Options, Reason> {
    let mut options = Options::default();
    let mut at = head.options;

    for _ in 0..64 {
        if at >= head.end {
            break;
        }
        let code = bytes.byte(at).ok_or(Reason::Truncated)?;
        if code == 255 {
            break;
        }
        if code == 0 {
            at += 1;
            continue;
        }
        if at + 1 >= head.end {
            return Err(Reason::Malformed);
        }
        let length = bytes.byte(at + 1).ok_or(Reason::Truncated)? as usize;
        if at + 2 + length > head.end {
            return Err(Reason::Malformed);
        }
        let value = bytes.slice(at + 2, length).ok_or(Reason::Truncated)?;
        take_option(&mut options, code, value)?;
        at += 2 + length;
    }
    if options.kind.is_none() {
        return Err(Reason::Malformed);
    }
    Ok(options)
}

/// "Of options 50 (requested address, 4 bytes), 51 (lease time, 4 bytes) and 53 (message type, 1 byte) the first one
/// counts, and any one of another length is `malformed`; that is looked at last": behind the other two of that option.
fn take_option(options: &mut Options, code: u8, value: &[u8]) -> Result<(), Reason> {
    match (code, value) {
        (50, [a, b, c, d]) => options.requested = options.requested.or(Some(Address::V4([*a, *b, *c, *d]))),
        (51, [a, b, c, d]) => options.lease_time = options.lease_time.or(Some(u32::from_be_bytes([*a, *b, *c, *d]))),
        (53, [kind]) => options.kind = options.kind.or(Some(*kind)),
        (50 | 51 | 53, _) => return Err(Reason::Malformed),
        _ => (),
    }
    Ok(())
}

/// "DHCPv6: fewer than 4 bytes `malformed`, not there `truncated`", and the type.
fn take_v6(bytes: &Bytes, packet: &Packet) -> Result<u8, Reason> {
    let (at, end) = message_of(bytes, packet)?;

    if end < at + 4 {
        return Err(Reason::Malformed);
    }
    bytes.slice(at, 4).map(|head| head[0]).ok_or(Reason::Truncated)
}

impl World {
    // From-device

    /// Step 8: why DHCP of a machine or a stranger is not true, or None.
    pub fn dhcp_untrue_from_device(&self, case: &Case, speaker: Speaker, packet: &Packet) -> Option<Reason> {
        if speaks_as_server(packet) && !self.inventory.is_dhcp_server(&packet.source) {
            return Some(Reason::DhcpSpoof);
        }
        if !is_client_message(packet) {
            return None;
        }
        // "In a first fragment it is `malformed`."
        if !packet.is_whole() {
            return Some(Reason::Malformed);
        }
        let judged = match packet.is_v6() {
            true => client_of_v6(case, packet),
            false => self.client_of_v4(case, speaker, packet),
        };
        judged.err()
    }

    /// "the client's hardware address (chaddr) is not the frame's source MAC address: `dhcp-starvation`, but of a
    /// device behind a router; a relay's address (giaddr) other than 0: `dhcp-spoof`. Then the options are read."
    /// "A type that no client sends (other than 1, 3, 4, 7 and 8): `dhcp-spoof`. A machine with eight leases or more
    /// that did not end, and that asks for another one, by DISCOVER (1) or by REQUEST (3) for an address (ciaddr, or
    /// option 50 where that is 0) that is none of them: `dhcp-starvation`; not of a device behind a router."
    fn client_of_v4(&self, case: &Case, speaker: Speaker, packet: &Packet) -> Result<(), Reason> {
        let head = take_head(&case.frame.bytes, packet, 1)?;
        let machine = match speaker {
            Speaker::Machine(machine) => Some(machine),
            Speaker::Stranger { .. } => None,
        };
        let behind_router = machine.map(|machine| self.inventory.machines[machine].router.is_some()).unwrap_or(false);

        if !behind_router && Some(head.hardware) != case.frame.source() {
            return Err(Reason::DhcpStarvation);
        }
        if head.relay != NOBODY {
            return Err(Reason::DhcpSpoof);
        }
        let options = take_options(&case.frame.bytes, &head)?;
        let kind = options.kind;
        if !matches!(kind, Some(DISCOVER | REQUEST | DECLINE | RELEASE | INFORM)) {
            return Err(Reason::DhcpSpoof);
        }
        if let (Some(machine), false) = (machine, behind_router) {
            let asked = if head.client == NOBODY { options.requested.unwrap_or(NOBODY) } else { head.client };
            let another = kind == Some(DISCOVER)
                || (kind == Some(REQUEST) && !self.bindings.has_lease(machine, &asked, case.time));

            if another && self.bindings.count_leases(machine, case.time) >= 8 {
                return Err(Reason::DhcpStarvation);
            }
        }
        Ok(())
    }

    /// Step 9: "and in the latter" (UDP from port 68 to 67, in a whole packet) "also the client address (ciaddr) of the
    /// message, if nobody holds it".
    pub fn is_its_client_address(&self, case: &Case, speaker: Speaker, packet: &Packet) -> bool {
        if packet.is_v6() || !packet.is_whole() || !is_client_message(packet) {
            return false;
        }
        match take_head(&case.frame.bytes, packet, 1) {
            Ok(head) => {
                head.client == packet.source && self.holders_for(speaker, case.time).holder(&packet.source).is_none()
            }
            Err(_) => false,
        }
    }

    /// "What then passes as `dhcp` at step 13 (a DHCPv4 message of a machine that is not behind a router) is
    /// remembered: of DISCOVER (1), REQUEST (3) and INFORM (8) the transaction (xid), the time, and the address that
    /// was asked for, which is ciaddr, or option 50 where that is 0. RELEASE (7) ends the machine's lease of ciaddr,
    /// DECLINE (4) that of option 50."
    pub fn remember_dhcp(&mut self, case: &Case, machine: usize, packet: &Packet) {
        if packet.is_v6() || self.inventory.machines[machine].router.is_some() {
            return;
        }
        let (head, options) = match take_message(&case.frame.bytes, packet, 1) {
            Ok(message) => message,
            Err(_) => return,
        };
        let requested = options.requested.unwrap_or(NOBODY);

        match options.kind {
            Some(DISCOVER | REQUEST | INFORM) => {
                let address = if head.client == NOBODY { requested } else { head.client };
                self.asked[machine] = Some(Asked { transaction: head.transaction, time: case.time, address });
            }
            Some(RELEASE) => self.end_lease(machine, &head.client, case.time),
            Some(DECLINE) => self.end_lease(machine, &requested, case.time),
            _ => (),
        }
    }

    fn end_lease(&mut self, machine: usize, address: &Address, now: u64) {
        if self.bindings.end_lease(machine, address, now) {
            self.flows.outdate(machine);
        }
    }

    // To-device

    /// A whole packet from the gateway that is DHCP by its ports and addresses (infrastructure.rs), to one machine or
    /// stranger, or in a group frame.
    pub fn dhcp_to_device(&mut self, case: &Case, packet: &Packet) -> Reason {
        let judged = match packet.is_v6() {
            true => server_of_v6(case, packet),
            false => self.server_of_v4(case, packet),
        };

        match judged {
            Ok(()) => Reason::Dhcp,
            Err(reason) => reason,
        }
    }

    /// "A type other than OFFER (2), ACK (5) and NAK (6): `dhcp-unasked`. In a frame to one machine chaddr is the
    /// frame's destination MAC address: else `dhcp-unasked`. In a group frame, and for a stranger, chaddr may be of no
    /// machine of the inventory with a MAC address of its own: then the message passes as `dhcp`."
    /// SILENT: whether a frame to a stranger is one to one machine. It is: its chaddr is the stranger's.
    /// SILENT: who "that machine" is in a frame to a device behind a router. The one that has chaddr: the router.
    fn server_of_v4(&mut self, case: &Case, packet: &Packet) -> Result<(), Reason> {
        let (head, options) = take_message(&case.frame.bytes, packet, 2)?;

        if !matches!(options.kind, Some(OFFER | ACK | NAK)) {
            return Err(Reason::DhcpUnasked);
        }
        if !case.goes_to_group_mac() && case.frame.destination() != Some(head.hardware) {
            return Err(Reason::DhcpUnasked);
        }
        let machine = match self.inventory.machine_of_mac(&head.hardware) {
            Some(machine) => machine,
            None => return Ok(()),
        };
        if self.ports && !self.has_asked(machine, head.transaction, case.time) {
            return Err(Reason::DhcpUnasked);
        }
        match options.kind {
            Some(ACK) => self.take_lease(machine, &head.yours, options.lease_time, case.time)?,
            Some(NAK) => self.lose_lease(machine, case.time),
            _ => (),
        }
        Ok(())
    }

    /// "Otherwise the transaction is the one that machine's last message was remembered with, not more than 60 s ago:
    /// else `dhcp-unasked`. (A replay without ports does not ask for the transaction.)"
    fn has_asked(&self, machine: usize, transaction: u32, now: u64) -> bool {
        match self.asked[machine] {
            Some(asked) => asked.transaction == transaction && now.saturating_sub(asked.time) <= 60 * SECOND,
            None => false,
        }
    }

    /// "An ACK with an address (yiaddr) other than 0 and a lease time makes a lease of that address for that machine:
    /// until that much later, for ever if the time is 4,294,967,295." "But where the inventory lists it for that very
    /// machine nothing is to be done, nor refused."
    /// SILENT: a lease of 0 seconds. It is one that has ended.
    fn take_lease(&mut self, machine: usize, address: &Address, time: Option<u32>, now: u64) -> Result<(), Reason> {
        let time = match time {
            Some(time) if *address != NOBODY => time,
            _ => return Ok(()),
        };

        if self.inventory.lists(machine, address) {
            return Ok(());
        }
        if self.refuses_lease(machine, address) {
            return Err(Reason::LeaseRefused);
        }
        let ends = match time {
            u32::MAX => None,
            seconds => Some(now + seconds as u64 * SECOND),
        };
        let segment = self.inventory.machines[machine].segment;
        self.bind(machine, Binding::new(*address, segment, Kind::Lease, ends), now);
        Ok(())
    }

    /// "`lease-refused` is one of 0/8, 127/8 and 224/3, one that the gateway holds or the inventory lists for another
    /// machine, and where the machine's segment lists IPv4 networks one that is not on the link, or is the broadcast
    /// address."
    fn refuses_lease(&self, machine: usize, address: &Address) -> bool {
        let segment = self.inventory.segment_of(machine);
        let special = matches!(address, Address::V4([first, ..]) if *first == 0 || *first == 127 || *first >= 224);
        let somebody_elses = match self.inventory.lister(address) {
            Some(Holder::Gateway) => true,
            Some(Holder::Machine(holder)) => holder != machine,
            None => false,
        };
        let elsewhere = segment.lists_network_of_version(address)
            && (!segment.is_on_link(address) || segment.is_broadcast(address));

        special || somebody_elses || elsewhere
    }

    /// "A NAK ends the machine's lease of the address that it last asked for."
    fn lose_lease(&mut self, machine: usize, now: u64) {
        if let Some(asked) = self.asked[machine] {
            self.end_lease(machine, &asked.address, now);
        }
    }
}

fn take_message(bytes: &Bytes, packet: &Packet, operation: u8) -> Result<(Head, Options), Reason> {
    let head = take_head(bytes, packet, operation)?;
    let options = take_options(bytes, &head)?;

    Ok((head, options))
}

/// "UDP over IPv4 from port 67 or to port 68, and over IPv6 from port 547 or to port 546, speaks as a server:
/// `dhcp-spoof`, in whole packets and first fragments".
fn speaks_as_server(packet: &Packet) -> bool {
    match (packet.udp_ports(), packet.is_v6()) {
        (Some((source, destination)), false) => source == 67 || destination == 68,
        (Some((source, destination)), true) => source == 547 || destination == 546,
        (None, _) => false,
    }
}

/// "UDP from port 68 to 67 over IPv4 is a client's message (RFC 2131), and over IPv6 from port 546 to 547 (RFC 8415)."
fn is_client_message(packet: &Packet) -> bool {
    match packet.is_v6() {
        true => packet.is_udp(546, 547),
        false => packet.is_udp(68, 67),
    }
}

/// "and a type other than 1, 3, 4, 5, 6, 8, 9 and 11: `dhcp-spoof`".
fn client_of_v6(case: &Case, packet: &Packet) -> Result<(), Reason> {
    match take_v6(&case.frame.bytes, packet)? {
        1 | 3 | 4 | 5 | 6 | 8 | 9 | 11 => Ok(()),
        _ => Err(Reason::DhcpSpoof),
    }
}

/// "a type other than 2, 7 and 10: `dhcp-unasked`".
fn server_of_v6(case: &Case, packet: &Packet) -> Result<(), Reason> {
    match take_v6(&case.frame.bytes, packet)? {
        2 | 7 | 10 => Ok(()),
        _ => Err(Reason::DhcpUnasked),
    }
}
