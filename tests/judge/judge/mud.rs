// SPDX-License-Identifier: BSD-2-Clause
//
// docs/policy.md, *MUD files*: what a MUD file (RFC 8520) comes to, as sentences of rules. What they mean is asked of
// rule.rs, as of all others. Files are taken to be such as are read: right types, both roots, names that are there.

use crate::address::{Address, Prefix};
use crate::json::{self, Json};
use crate::mud_entry::{sentences_of, List};
use crate::rule::Opening;
use std::collections::HashMap;
use std::net::{Ipv4Addr, Ipv6Addr};

/// The text of files, by their paths.
pub type Files = HashMap<String, String>;

pub struct Mud {
    pub url: String,
    /// The authority of this URL.
    pub authority: String,
    pub sentences: Vec<String>,
}

/// @private: the inventory says `private-addresses: allow`.
pub fn read(text: &str, private: bool) -> Result<Mud, String> {
    let root = json::parse(text)?;
    let mud = root.get("ietf-mud:mud").ok_or("no ietf-mud:mud")?;
    let url = mud.get("mud-url").and_then(|url| url.text()).ok_or("no mud-url")?;
    // "Read are both spellings of the second root"
    let acls = first_of(&root, &["ietf-access-control-list:acls", "ietf-access-control-list:access-lists"]);
    let acls = acls.and_then(|acls| acls.get("acl")).ok_or("no lists")?;
    let authority = authority_of(url)?;
    let mut sentences = Vec::new();

    // "The lists (ACLs) that the from-device policy names, in its order, become `to` rules, those of the to-device policy
    // `from` rules".
    for (policy, opening) in [("from-device-policy", Opening::To), ("to-device-policy", Opening::From)] {
        let mut no_frames = false;

        for name in names_of_policy(mud.get(policy)) {
            let acl = acls.list().iter().find(|acl| name_of(acl) == Some(name));
            let acl = acl.ok_or_else(|| format!("no list {}", name))?;
            sentences.extend(sentences_of_list(acl, opening, private, &authority, &mut no_frames)?);
        }
    }
    Ok(Mud { url: url.to_string(), authority, sentences })
}

/// What stands between `//` and the next `/`, `?` or `#` (RFC 3986).
/// SILENT: a port, and a user before an @. They are part of the authority.
fn authority_of(url: &str) -> Result<String, String> {
    let rest = url.split_once("://").ok_or_else(|| format!("no URL: {}", url))?.1;

    Ok(rest.split(|c| matches!(c, '/' | '?' | '#')).next().unwrap_or("").to_string())
}

pub fn first_of<'a>(object: &'a Json, keys: &[&str]) -> Option<&'a Json> {
    keys.iter().find_map(|key| object.get(key))
}

/// The text without `ietf-access-control-list:`, with which identities may be written (RFC 7951).
pub fn identity(text: &str) -> &str {
    text.strip_prefix("ietf-access-control-list:").unwrap_or(text)
}

fn name_of(list: &Json) -> Option<&str> {
    first_of(list, &["name", "acl-name"]).and_then(|name| name.text())
}

fn names_of_policy(policy: Option<&Json>) -> Vec<&str> {
    let lists = policy.and_then(|policy| policy.get("access-lists")).and_then(|lists| lists.get("access-list"));

    lists.map(|lists| lists.list().iter().filter_map(name_of).collect()).unwrap_or_default()
}

/// "entries (ACEs) stay in order"
fn sentences_of_list(
    acl: &Json,
    opening: Opening,
    private: bool,
    authority: &str,
    no_frames: &mut bool,
) -> Result<Vec<String>, String> {
    let kind = first_of(acl, &["type", "acl-type"]).and_then(|kind| kind.text());
    let entries = first_of(acl, &["aces", "access-list-entries"]).and_then(|aces| aces.get("ace"));
    let name = name_of(acl).unwrap_or("");
    let list = List { opening, private, v6: kind.and_then(version_of_type), name, authority };
    let mut sentences = Vec::new();

    for entry in entries.map(|entries| entries.list()).unwrap_or(&[]) {
        let made = sentences_of(entry, &list)?;

        // "Nor can an `accept` be said behind a `drop`, of the same side, that is about frames of every ethertype"
        *no_frames |= is_drop(entry) && list.v6.is_none() && is_about_every_frame(entry);
        sentences.extend(made.into_iter().filter(|made| !(*no_frames && is_frame_allowed(made))));
    }
    Ok(sentences)
}

fn is_drop(entry: &Json) -> bool {
    let word = entry.get("actions").and_then(|actions| actions.get("forwarding")).and_then(|word| word.text());

    word.map(identity) != Some("accept")
}

fn is_about_every_frame(entry: &Json) -> bool {
    entry.get("matches").map(|matches| matches.members()).unwrap_or(&[]).iter().all(|(key, value)| {
        let word = identity(key).trim_end_matches("-acl");

        !matches!(word, "ipv4" | "ipv6" | "tcp" | "udp" | "icmp") && (word != "eth" || value.get("ethertype").is_none())
    })
}

fn is_frame_allowed(sentence: &str) -> bool {
    sentence.starts_with("allow") && sentence.contains(" any ethertype/")
}

/// "else that of the list's type". None: it says neither.
/// SILENT: lists of a mixed type, Ethernet and one version of IP. What they may match is of that version or no IP at all;
/// such a type says no version, so that it contradicts no ethertype.
fn version_of_type(kind: &str) -> Option<bool> {
    match identity(kind) {
        "ipv4-acl-type" | "ipv4-acl" => Some(false),
        "ipv6-acl-type" | "ipv6-acl" => Some(true),
        _ => None,
    }
}

/// An address or prefix as rules have it: nothing set behind the length, and no length where it is that of an address.
pub fn network_text(prefix: &Prefix) -> String {
    let mut address = prefix.address;
    let bytes: &mut [u8] = match &mut address {
        Address::V4(bytes) => bytes,
        Address::V6(bytes) => bytes,
    };
    let bits = bytes.len() * 8;

    for bit in prefix.length..bits {
        bytes[bit / 8] &= !(0x80 >> (bit % 8));
    }
    let text = match address {
        Address::V4(bytes) => Ipv4Addr::from(bytes).to_string(),
        Address::V6(bytes) => Ipv6Addr::from(bytes).to_string(),
    };
    match prefix.length == bits {
        true => text,
        false => format!("{}/{}", text, prefix.length),
    }
}
