// SPDX-License-Identifier: BSD-2-Clause
//
// docs/policy.md, *Taking frames apart*: from bytes to a frame with tags, a packet and a transport header, or to the
// first fault that is found. Nothing here knows an inventory.

use crate::address::{Address, Mac};
use crate::reason::Reason;
use crate::transport::take_transport;

pub const ETHERTYPE_IPV4: u16 = 0x0800;
pub const ETHERTYPE_ARP: u16 = 0x0806;
pub const ETHERTYPE_IPV6: u16 = 0x86dd;
pub const ETHERTYPE_EAPOL: u16 = 0x888e;
pub const ETHERTYPE_LLDP: u16 = 0x88cc;

pub const PROTOCOL_ICMP: u8 = 1;
pub const PROTOCOL_IGMP: u8 = 2;
pub const PROTOCOL_TCP: u8 = 6;
pub const PROTOCOL_UDP: u8 = 17;
pub const PROTOCOL_ICMPV6: u8 = 58;

/// What was captured of a frame, and its length on the wire. Reading beyond the capture gives None.
#[derive(Clone, Copy)]
pub struct Bytes<'a> {
    pub captured: &'a [u8],
    pub wire: usize,
}

impl<'a> Bytes<'a> {
    pub fn are_there(&self, at: usize, count: usize) -> bool {
        at + count <= self.captured.len()
    }

    pub fn slice(&self, at: usize, count: usize) -> Option<&'a [u8]> {
        self.captured.get(at..at + count)
    }

    pub fn byte(&self, at: usize) -> Option<u8> {
        self.captured.get(at).copied()
    }

    pub fn number16(&self, at: usize) -> Option<u16> {
        self.slice(at, 2).map(|b| u16::from_be_bytes([b[0], b[1]]))
    }

    fn number32(&self, at: usize) -> Option<u32> {
        self.slice(at, 4).map(|b| u32::from_be_bytes([b[0], b[1], b[2], b[3]]))
    }

    pub fn mac(&self, at: usize) -> Option<Mac> {
        self.slice(at, 6).map(|b| [b[0], b[1], b[2], b[3], b[4], b[5]])
    }

    pub fn ipv4(&self, at: usize) -> Option<Address> {
        self.slice(at, 4).map(|b| Address::V4([b[0], b[1], b[2], b[3]]))
    }

    pub fn ipv6(&self, at: usize) -> Option<Address> {
        let mut address = [0; 16];

        address.copy_from_slice(self.slice(at, 16)?);
        Some(Address::V6(address))
    }
}

/// *Fragments*: "A *first* fragment has offset 0, all others are *later* ones."
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Part {
    Whole,
    First,
    Later,
}

#[derive(Clone, Copy, Debug)]
pub struct Fragment {
    pub identification: u32,
    pub offset: usize,
    pub length: usize,
    pub more: bool,
}

#[derive(Clone, Copy, Debug)]
pub enum Transport {
    Tcp {
        source: u16,
        destination: u16,
        flags: u8,
    },
    Udp {
        source: u16,
        destination: u16,
    },
    /// ICMP and ICMPv6, over either version of IP. The identifier is there whether the type has one or not.
    Icmp {
        kind: u8,
        code: u8,
        identifier: u16,
    },
    /// No header that is read, or a later fragment.
    Other,
}

const TCP_FIN: u8 = 0x01;
const TCP_SYN: u8 = 0x02;
const TCP_RST: u8 = 0x04;
const TCP_ACK: u8 = 0x10;

#[derive(Clone, Debug)]
pub struct Packet {
    pub source: Address,
    pub destination: Address,
    pub protocol: u8,
    /// TTL or hop limit.
    pub hops: u8,
    pub dscp: u8,
    pub part: Part,
    /// Of a first or later fragment.
    pub fragment: Fragment,
    /// An IPv6 fragment header, of a whole packet, too.
    pub has_fragment_header: bool,
    /// Offsets in the frame. The payload is what follows the IPv4 header, or the last IPv6 extension header.
    pub payload: usize,
    pub end: usize,
    pub transport: Transport,
}

impl Packet {
    pub fn is_v6(&self) -> bool {
        self.source.is_v6()
    }

    pub fn is_whole(&self) -> bool {
        self.part == Part::Whole
    }

    /// Type and code of ICMPv6 over IPv6.
    pub fn icmpv6(&self) -> Option<(u8, u8)> {
        match self.transport {
            Transport::Icmp { kind, code, .. } if self.is_v6() && self.protocol == PROTOCOL_ICMPV6 => {
                Some((kind, code))
            }
            _ => None,
        }
    }

    /// Type and code of ICMP over IPv4.
    pub fn icmp(&self) -> Option<(u8, u8)> {
        match self.transport {
            Transport::Icmp { kind, code, .. } if !self.is_v6() && self.protocol == PROTOCOL_ICMP => Some((kind, code)),
            _ => None,
        }
    }

    /// Type and code of "IPv6 discovery (ICMPv6 types 133 to 137)".
    pub fn discovery(&self) -> Option<(u8, u8)> {
        self.icmpv6().filter(|(kind, _)| (133..=137).contains(kind))
    }

    /// Source and destination.
    pub fn udp_ports(&self) -> Option<(u16, u16)> {
        match self.transport {
            Transport::Udp { source, destination } => Some((source, destination)),
            _ => None,
        }
    }

    /// Source and destination.
    pub fn tcp_ports(&self) -> Option<(u16, u16)> {
        match self.transport {
            Transport::Tcp { source, destination, .. } => Some((source, destination)),
            _ => None,
        }
    }

    pub fn is_udp(&self, from: u16, to: u16) -> bool {
        self.udp_ports() == Some((from, to))
    }

    fn tcp_flags(&self) -> u8 {
        match self.transport {
            Transport::Tcp { flags, .. } => flags,
            _ => 0,
        }
    }

    pub fn is_tcp(&self) -> bool {
        matches!(self.transport, Transport::Tcp { .. })
    }

    /// State: "A TCP segment with SYN and neither ACK nor RST".
    pub fn is_bare_syn(&self) -> bool {
        self.tcp_flags() & (TCP_SYN | TCP_ACK | TCP_RST) == TCP_SYN
    }

    pub fn has_ack(&self) -> bool {
        self.tcp_flags() & TCP_ACK != 0
    }

    pub fn has_syn(&self) -> bool {
        self.tcp_flags() & TCP_SYN != 0
    }

    pub fn has_fin_or_rst(&self) -> bool {
        self.tcp_flags() & (TCP_FIN | TCP_RST) != 0
    }
}

pub struct Frame<'a> {
    pub bytes: Bytes<'a>,
    /// None where the Ethernet header is not all there: "of less than 14 bytes none were".
    pub macs: Option<(Mac, Mac)>,
    /// "the tags and MAC addresses that were read before still say which machine and port it is". Without zeros at
    /// the end: "a priority tag alone is the same as none, and before another one it is not".
    pub tags: Vec<u16>,
    pub ethertype: u16,
    /// Where that begins which follows the Ethernet header and the tags.
    pub content: usize,
    pub packet: Option<Packet>,
    pub fault: Option<Reason>,
}

impl<'a> Frame<'a> {
    pub fn destination(&self) -> Option<Mac> {
        self.macs.map(|(destination, _)| destination)
    }

    pub fn source(&self) -> Option<Mac> {
        self.macs.map(|(_, source)| source)
    }

    pub fn is_arp(&self) -> bool {
        self.ethertype == ETHERTYPE_ARP
    }
}

pub fn take_apart(captured: &[u8], wire: usize) -> Frame<'_> {
    let bytes = Bytes { captured, wire: wire.max(captured.len()) };
    let mut frame = Frame { bytes, macs: None, tags: Vec::new(), ethertype: 0, content: 0, packet: None, fault: None };

    let taken = take_ethernet(&mut frame);
    while frame.tags.last() == Some(&0) {
        frame.tags.pop();
    }
    if let Err(fault) = taken {
        frame.fault = Some(fault);
        return frame;
    }
    let packet = match frame.ethertype {
        ETHERTYPE_IPV4 => take_ipv4(&bytes, frame.content),
        ETHERTYPE_IPV6 => take_ipv6(&bytes, frame.content),
        _ => return frame,
    };
    match packet {
        Ok(packet) => frame.packet = Some(packet),
        Err(fault) => frame.fault = Some(fault),
    }
    frame
}

/// "**Ethernet**: 14 bytes, else `truncated`. A third tag is `too-many-tags`, a tag of which not all 4 bytes are
/// there `truncated`." And: "a priority tag counts as VLAN 0 in its place".
fn take_ethernet(frame: &mut Frame) -> Result<(), Reason> {
    let bytes = frame.bytes;
    let mut count = 0;

    if !bytes.are_there(0, 14) {
        return Err(Reason::Truncated);
    }
    frame.macs = bytes.mac(0).zip(bytes.mac(6));
    frame.ethertype = bytes.number16(12).ok_or(Reason::Truncated)?;
    frame.content = 14;
    while frame.ethertype == 0x8100 || frame.ethertype == 0x88a8 {
        if count == 2 {
            return Err(Reason::TooManyTags);
        }
        if !bytes.are_there(frame.content, 4) {
            return Err(Reason::Truncated);
        }
        let vlan = bytes.number16(frame.content).ok_or(Reason::Truncated)? & 0x0fff;
        frame.tags.resize(count, 0);
        if vlan != 0 {
            frame.tags.push(vlan);
        }
        frame.ethertype = bytes.number16(frame.content + 2).ok_or(Reason::Truncated)?;
        frame.content += 4;
        count += 1;
    }
    Ok(())
}

/// "**IPv4**: 20 bytes, else `truncated`. Version 4, header length of at least 20 and at most the total length, total
/// length within the frame: else `malformed`."
fn take_ipv4(bytes: &Bytes, at: usize) -> Result<Packet, Reason> {
    let header = bytes.slice(at, 20).ok_or(Reason::Truncated)?;
    let length = (header[0] & 0x0f) as usize * 4;
    let total = u16::from_be_bytes([header[2], header[3]]) as usize;
    let flags_and_offset = u16::from_be_bytes([header[6], header[7]]);

    if header[0] >> 4 != 4 || length < 20 || length > total || at + total > bytes.wire {
        return Err(Reason::Malformed);
    }
    let fragment = Fragment {
        identification: u16::from_be_bytes([header[4], header[5]]) as u32,
        offset: (flags_and_offset & 0x1fff) as usize * 8,
        length: total - length,
        more: flags_and_offset & 0x2000 != 0,
    };
    let part = part_of(&fragment)?;
    let payload = at + length;
    let end = at + total;
    let packet = Packet {
        source: bytes.ipv4(at + 12).ok_or(Reason::Truncated)?,
        destination: bytes.ipv4(at + 16).ok_or(Reason::Truncated)?,
        protocol: header[9],
        hops: header[8],
        dscp: header[1] >> 2,
        part,
        fragment,
        has_fragment_header: false,
        payload,
        end,
        transport: take_transport(bytes, header[9], part, payload, end)?,
    };

    // "IPv4 options are gone through when all else was found right."
    walk_options(bytes, at + 20, payload)?;
    Ok(packet)
}

/// "0 ends them, 1 is one byte, each other one has a length of at least 2 that ends within the header, else
/// `malformed`; 131 and 137 (loose and strict source route) are `source-route`. What stands behind option 0 is
/// not read."
fn walk_options(bytes: &Bytes, start: usize, end: usize) -> Result<(), Reason> {
    let mut at = start;

    // "all of which have to be there (else `truncated`)"
    if !bytes.are_there(start, end - start) {
        return Err(Reason::Truncated);
    }
    while at < end {
        let option = bytes.byte(at).ok_or(Reason::Truncated)?;
        if option == 0 {
            return Ok(());
        }
        if option == 1 {
            at += 1;
            continue;
        }
        // SILENT: a source route whose length is wrong. The length comes first, as the text has it.
        if at + 1 >= end {
            return Err(Reason::Malformed);
        }
        let length = bytes.byte(at + 1).ok_or(Reason::Truncated)? as usize;
        if length < 2 || at + length > end {
            return Err(Reason::Malformed);
        }
        if option == 131 || option == 137 {
            return Err(Reason::SourceRoute);
        }
        at += length;
    }
    Ok(())
}

/// "**Fragments**: an IPv4 packet with more-fragments or an offset, an IPv6 packet with a fragment header that
/// has either. Its data is not empty; with more-fragments its length is a multiple of 8; offset and length
/// together are at most 65,535: else `malformed`."
fn part_of(fragment: &Fragment) -> Result<Part, Reason> {
    if !fragment.more && fragment.offset == 0 {
        return Ok(Part::Whole);
    }
    if fragment.length == 0 || (fragment.more && fragment.length % 8 != 0) || fragment.offset + fragment.length > 65_535
    {
        return Err(Reason::Malformed);
    }
    if fragment.offset == 0 {
        return Ok(Part::First);
    }
    Ok(Part::Later)
}

fn is_extension(next: u8) -> bool {
    matches!(next, 0 | 43 | 44 | 51 | 60)
}

/// "what is not walked (mobility 135, HIP 139, Shim6 140, 253 to 255)".
fn is_not_walked(next: u8) -> bool {
    matches!(next, 135 | 139 | 140 | 253..=255)
}

/// "**IPv6**: 40 bytes, else `truncated`. Version 6, payload within the frame: else `malformed`. Then up to eight
/// extension headers are walked".
/// "::ffff:0:0/96 (an IPv4 address, which is never on a wire so)"
pub fn is_mapped(address: &Address) -> bool {
    match address {
        Address::V6(bytes) => bytes[..10] == [0; 10] && bytes[10..12] == [0xff; 2],
        Address::V4(_) => false,
    }
}

fn take_ipv6(bytes: &Bytes, start: usize) -> Result<Packet, Reason> {
    let header = bytes.slice(start, 40).ok_or(Reason::Truncated)?;
    let end = start + 40 + u16::from_be_bytes([header[4], header[5]]) as usize;
    let mut packet = Packet {
        source: bytes.ipv6(start + 8).ok_or(Reason::Truncated)?,
        destination: bytes.ipv6(start + 24).ok_or(Reason::Truncated)?,
        protocol: header[6],
        hops: header[7],
        dscp: (u16::from_be_bytes([header[0], header[1]]) >> 6) as u8 & 0x3f,
        part: Part::Whole,
        fragment: Fragment { identification: 0, offset: 0, length: 0, more: false },
        has_fragment_header: false,
        payload: start + 40,
        end,
        transport: Transport::Other,
    };

    if header[0] >> 4 != 6 || end > bytes.wire || is_mapped(&packet.source) || is_mapped(&packet.destination) {
        return Err(Reason::Malformed);
    }
    walk_extensions(bytes, &mut packet)?;
    packet.transport = take_transport(bytes, packet.protocol, packet.part, packet.payload, packet.end)?;
    Ok(packet)
}

fn walk_extensions(bytes: &Bytes, packet: &mut Packet) -> Result<(), Reason> {
    let mut walked = 0;

    while is_extension(packet.protocol) {
        let at = packet.payload;
        if walked == 8 || at > 1024 {
            return Err(Reason::ExtensionChain);
        }
        if at + 8 > packet.end {
            return Err(too_short(packet.part));
        }
        let header = bytes.slice(at, 8).ok_or(Reason::Truncated)?;
        let length = match packet.protocol {
            51 => (header[1] as usize + 2) * 4,
            44 => 8,
            _ => (header[1] as usize + 1) * 8,
        };
        if packet.protocol == 43 && (header[2] == 0 || header[3] != 0) {
            return Err(Reason::SourceRoute);
        }
        if packet.protocol == 44 {
            if packet.has_fragment_header {
                return Err(Reason::ExtensionChain);
            }
            take_fragment_header(bytes, packet)?;
        }
        packet.protocol = header[0];
        packet.payload = at + length;
        walked += 1;
        // "The fragment header of a later fragment ends the walk, and only the lengths of fragments are checked
        // then."
        if packet.part == Part::Later {
            return Ok(());
        }
    }
    // "The order of these is: ninth header or beyond 1024, then longer than the payload, then not walked."
    if packet.payload > 1024 {
        return Err(Reason::ExtensionChain);
    }
    if packet.payload > packet.end {
        return Err(too_short(packet.part));
    }
    if is_not_walked(packet.protocol) {
        return Err(Reason::ExtensionChain);
    }
    Ok(())
}

fn take_fragment_header(bytes: &Bytes, packet: &mut Packet) -> Result<(), Reason> {
    let at = packet.payload;
    let offset_and_more = bytes.number16(at + 2).ok_or(Reason::Truncated)?;

    packet.has_fragment_header = true;
    packet.fragment = Fragment {
        identification: bytes.number32(at + 4).ok_or(Reason::Truncated)?,
        offset: (offset_and_more & 0xfff8) as usize,
        length: packet.end - (at + 8),
        more: offset_and_more & 1 != 0,
    };
    packet.part = part_of(&packet.fragment)?;
    Ok(())
}

/// "Behind the fragment header of a first fragment, `tiny-fragment` takes the place of `malformed`." And of transport
/// headers: "For first fragments likewise, but: what has to be within the payload and is not is `tiny-fragment`".
pub fn too_short(part: Part) -> Reason {
    match part {
        Part::First => Reason::TinyFragment,
        _ => Reason::Malformed,
    }
}
