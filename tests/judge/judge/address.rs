// SPDX-License-Identifier: BSD-2-Clause
//
// MAC addresses, IP addresses and prefixes, and the kinds of addresses that docs/policy.md has words for.

use std::net::{Ipv4Addr, Ipv6Addr};

pub type Mac = [u8; 6];

pub fn is_group_mac(mac: &Mac) -> bool {
    mac[0] & 1 == 1
}

pub fn parse_mac(text: &str) -> Result<Mac, String> {
    let mut mac = [0; 6];
    let parts: Vec<&str> = text.split(|c| c == ':' || c == '-').collect();

    if parts.len() != 6 {
        return Err(format!("no MAC address: {}", text));
    }
    for (byte, part) in mac.iter_mut().zip(parts) {
        *byte = u8::from_str_radix(part, 16).map_err(|_| format!("no MAC address: {}", text))?;
    }
    Ok(mac)
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Address {
    V4([u8; 4]),
    V6([u8; 16]),
}

impl Address {
    pub fn parse(text: &str) -> Result<Address, String> {
        if let Ok(address) = text.parse::<Ipv4Addr>() {
            return Ok(Address::V4(address.octets()));
        }
        if let Ok(address) = text.parse::<Ipv6Addr>() {
            return Ok(Address::V6(address.octets()));
        }
        Err(format!("no address: {}", text))
    }

    pub fn bytes(&self) -> &[u8] {
        match self {
            Address::V4(bytes) => bytes,
            Address::V6(bytes) => bytes,
        }
    }

    pub fn is_v6(&self) -> bool {
        matches!(self, Address::V6(_))
    }

    pub fn hexadecimal(&self) -> String {
        self.bytes().iter().map(|byte| format!("{:02x}", byte)).collect()
    }

    pub fn is_unspecified(&self) -> bool {
        self.bytes().iter().all(|byte| *byte == 0)
    }

    /// Layers agree: "*A group's* is an IPv4 address of 224.0.0.0/4 or 255.255.255.255, an IPv6 address of ff00::/8."
    pub fn is_groups(&self) -> bool {
        match self {
            Address::V4(bytes) => bytes[0] & 0xf0 == 224 || *bytes == [255; 4],
            Address::V6(bytes) => bytes[0] == 0xff,
        }
    }

    /// Layers agree: "169.254.0.0/16, fe80::/10".
    pub fn is_link_local(&self) -> bool {
        match self {
            Address::V4(bytes) => bytes[0] == 169 && bytes[1] == 254,
            Address::V6(bytes) => bytes[0] == 0xfe && bytes[1] & 0xc0 == 0x80,
        }
    }

    /// Claims: "fc00::/7".
    pub fn is_unique_local(&self) -> bool {
        match self {
            Address::V4(_) => false,
            Address::V6(bytes) => bytes[0] & 0xfe == 0xfc,
        }
    }

    /// LAN truth: "a group of link scope (ff02::/16 and the like with other flags)".
    pub fn is_group_of_link_scope(&self) -> bool {
        match self {
            Address::V4(_) => false,
            Address::V6(bytes) => bytes[0] == 0xff && bytes[1] & 0x0f == 2,
        }
    }

    /// Rules, `internet`: "global: all of IPv4 but 0/8, 10/8, 100.64/10, 127/8, 169.254/16, 172.16/12, 192.0.0/24,
    /// 192.168/16, 198.18/15 and 224/3; in IPv6 2000::/3".
    pub fn is_global(&self) -> bool {
        match self {
            Address::V4([a, b, c, _]) => {
                let special = *a == 0
                    || *a == 10
                    || (*a == 100 && *b & 0xc0 == 64)
                    || *a == 127
                    || (*a == 169 && *b == 254)
                    || (*a == 172 && *b & 0xf0 == 16)
                    || (*a == 192 && *b == 0 && *c == 0)
                    || (*a == 192 && *b == 168)
                    || (*a == 198 && *b & 0xfe == 18)
                    || *a & 0xe0 == 224;
                !special
            }
            Address::V6(bytes) => bytes[0] & 0xe0 == 0x20,
        }
    }
}

/// Identity: "the one IPv6 link-local address that follows from the MAC address (modified EUI-64)".
pub fn link_local_of(mac: &Mac) -> Address {
    let mut bytes = [0; 16];

    bytes[0] = 0xfe;
    bytes[1] = 0x80;
    bytes[8] = mac[0] ^ 2;
    bytes[9] = mac[1];
    bytes[10] = mac[2];
    bytes[11] = 0xff;
    bytes[12] = 0xfe;
    bytes[13] = mac[3];
    bytes[14] = mac[4];
    bytes[15] = mac[5];
    Address::V6(bytes)
}

#[derive(Clone, Copy, Debug)]
pub struct Prefix {
    pub address: Address,
    pub length: usize,
}

impl Prefix {
    /// A prefix, or an address, which is a prefix of all its bits.
    pub fn parse(text: &str) -> Result<Prefix, String> {
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (address, Some(length)),
            None => (text, None),
        };
        let address = Address::parse(address)?;
        let bits = address.bytes().len() * 8;
        let length = match length {
            Some(length) => length.parse().map_err(|_| format!("no prefix: {}", text))?,
            None => bits,
        };

        if length > bits {
            return Err(format!("no prefix: {}", text));
        }
        Ok(Prefix { address, length })
    }

    pub fn contains(&self, address: &Address) -> bool {
        let ours = self.address.bytes();
        let theirs = address.bytes();

        ours.len() == theirs.len() && (0..self.length).all(|bit| bit_of(ours, bit) == bit_of(theirs, bit))
    }

    pub fn last(&self) -> Address {
        let mut address = self.address;
        let bytes: &mut [u8] = match &mut address {
            Address::V4(bytes) => bytes,
            Address::V6(bytes) => bytes,
        };

        for bit in self.length..bytes.len() * 8 {
            bytes[bit / 8] |= 0x80 >> (bit % 8);
        }
        address
    }
}

fn bit_of(bytes: &[u8], bit: usize) -> bool {
    bytes[bit / 8] & (0x80 >> (bit % 8)) != 0
}
