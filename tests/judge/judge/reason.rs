// SPDX-License-Identifier: BSD-2-Clause
//
// The reasons of include/iotguard/reason.def: their tokens, and which of them drop. `no-policy` is left out: "the
// maps in the kernel are incomplete, which no apply leaves behind", and a judge has no maps.

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reason {
    Flow,
    Rule,
    Trusted,
    Arp,
    Nd,
    Dhcp,
    Dns,
    Ntp,
    Membership,
    LinkControl,
    JudgedAtEntry,
    NotEnforced,
    LaterFragment,
    IcmpError,

    Truncated,
    Malformed,
    TooManyTags,
    ExtensionChain,
    NoSegment,
    GatewaySpoof,
    UnknownDevice,
    WrongPort,
    ArpSpoof,
    NdSpoof,
    SourceSpoof,
    Flooded,
    UnknownUnicast,
    GroupRefused,
    NotItsAddress,
    Fragment,
    Ethertype,
    RuleDeny,
    NoRule,
    LayerMismatch,
    TinyFragment,
    FragmentOverlap,
    SourceRoute,
    DhcpSpoof,
    DhcpStarvation,
    DhcpUnasked,
    LeaseRefused,
    Quarantine,
    DnsMalformed,
    DnsUnasked,
    DnsUnread,
    DnsFragment,
    DnsName,
}

impl Reason {
    pub fn token(self) -> &'static str {
        match self {
            Reason::Flow => "flow",
            Reason::Rule => "rule",
            Reason::Trusted => "trusted",
            Reason::Arp => "arp",
            Reason::Nd => "nd",
            Reason::Dhcp => "dhcp",
            Reason::Dns => "dns",
            Reason::Ntp => "ntp",
            Reason::Membership => "membership",
            Reason::LinkControl => "link-control",
            Reason::JudgedAtEntry => "judged-at-entry",
            Reason::NotEnforced => "not-enforced",
            Reason::LaterFragment => "later-fragment",
            Reason::IcmpError => "icmp-error",
            Reason::Truncated => "truncated",
            Reason::Malformed => "malformed",
            Reason::TooManyTags => "too-many-tags",
            Reason::ExtensionChain => "extension-chain",
            Reason::NoSegment => "no-segment",
            Reason::GatewaySpoof => "gateway-spoof",
            Reason::UnknownDevice => "unknown-device",
            Reason::WrongPort => "wrong-port",
            Reason::ArpSpoof => "arp-spoof",
            Reason::NdSpoof => "nd-spoof",
            Reason::SourceSpoof => "source-spoof",
            Reason::Flooded => "flooded",
            Reason::UnknownUnicast => "unknown-unicast",
            Reason::GroupRefused => "group-refused",
            Reason::NotItsAddress => "not-its-address",
            Reason::Fragment => "fragment",
            Reason::Ethertype => "ethertype",
            Reason::RuleDeny => "rule-deny",
            Reason::NoRule => "no-rule",
            Reason::LayerMismatch => "layer-mismatch",
            Reason::TinyFragment => "tiny-fragment",
            Reason::FragmentOverlap => "fragment-overlap",
            Reason::SourceRoute => "source-route",
            Reason::DhcpSpoof => "dhcp-spoof",
            Reason::DhcpStarvation => "dhcp-starvation",
            Reason::DhcpUnasked => "dhcp-unasked",
            Reason::LeaseRefused => "lease-refused",
            Reason::Quarantine => "quarantine",
            Reason::DnsMalformed => "dns-malformed",
            Reason::DnsUnasked => "dns-unasked",
            Reason::DnsUnread => "dns-unread",
            Reason::DnsFragment => "dns-fragment",
            Reason::DnsName => "dns-name",
        }
    }

    /// "Reasons below 64 pass, reasons from 64 on drop".
    pub fn drops(self) -> bool {
        !matches!(
            self,
            Reason::Flow
                | Reason::Rule
                | Reason::Trusted
                | Reason::Arp
                | Reason::Nd
                | Reason::Dhcp
                | Reason::Dns
                | Reason::Ntp
                | Reason::Membership
                | Reason::LinkControl
                | Reason::JudgedAtEntry
                | Reason::NotEnforced
                | Reason::LaterFragment
                | Reason::IcmpError
        )
    }
}
