// SPDX-License-Identifier: BSD-2-Clause
//
// docs/policy.md, *Taking frames apart*, **Transport**: the headers of TCP, UDP and the ICMPs.

use crate::frame::{too_short, Bytes, Part, Transport, PROTOCOL_ICMP, PROTOCOL_ICMPV6, PROTOCOL_TCP, PROTOCOL_UDP};
use crate::reason::Reason;

/// "**Transport.**"
pub fn take_transport(bytes: &Bytes, protocol: u8, part: Part, at: usize, end: usize) -> Result<Transport, Reason> {
    if part == Part::Later {
        return Ok(Transport::Other);
    }
    match protocol {
        PROTOCOL_TCP => take_tcp(bytes, part, at, end),
        PROTOCOL_UDP => take_udp(bytes, part, at, end),
        PROTOCOL_ICMP | PROTOCOL_ICMPV6 => take_icmp(bytes, part, at, end),
        _ => Ok(Transport::Other),
    }
}

fn take_tcp(bytes: &Bytes, part: Part, at: usize, end: usize) -> Result<Transport, Reason> {
    if at + 20 > end {
        return Err(too_short(part));
    }
    let header = bytes.slice(at, 20).ok_or(Reason::Truncated)?;
    let length = (header[12] >> 4) as usize * 4;
    if length < 20 {
        return Err(Reason::Malformed);
    }
    if at + length > end {
        return Err(too_short(part));
    }
    Ok(Transport::Tcp {
        source: u16::from_be_bytes([header[0], header[1]]),
        destination: u16::from_be_bytes([header[2], header[3]]),
        flags: header[13],
    })
}

fn take_udp(bytes: &Bytes, part: Part, at: usize, end: usize) -> Result<Transport, Reason> {
    if at + 8 > end {
        return Err(too_short(part));
    }
    let header = bytes.slice(at, 8).ok_or(Reason::Truncated)?;
    let length = u16::from_be_bytes([header[4], header[5]]) as usize;
    // "UDP's length is only held against the 8" in a first fragment.
    if length < 8 || (part == Part::Whole && at + length > end) {
        return Err(Reason::Malformed);
    }
    Ok(Transport::Udp {
        source: u16::from_be_bytes([header[0], header[1]]),
        destination: u16::from_be_bytes([header[2], header[3]]),
    })
}

fn take_icmp(bytes: &Bytes, part: Part, at: usize, end: usize) -> Result<Transport, Reason> {
    if at + 8 > end {
        return Err(too_short(part));
    }
    let header = bytes.slice(at, 8).ok_or(Reason::Truncated)?;
    Ok(Transport::Icmp { kind: header[0], code: header[1], identifier: u16::from_be_bytes([header[4], header[5]]) })
}
