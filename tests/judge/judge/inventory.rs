// SPDX-License-Identifier: BSD-2-Clause
//
// The inventory, as JSON has it and iotguard.inventory(5) spells it, and docs/policy.md, *Identity*: who holds which
// address. All that is asked of an inventory without any state is here.

use crate::address::{link_local_of, parse_mac, Address, Mac, Prefix};
use crate::json::Json;
use crate::management;
use crate::mud::{self, Files};
use crate::rule::{self, Makers, Names, Opening, Own, Remote, Rule, What};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    Enforce,
    Monitor,
    Learn,
}

/// What becomes of frames of MAC addresses that are not listed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum UnknownDevices {
    Drop,
    Monitor,
    Onboard,
}

/// The switches of *Infrastructure*: what passes without a rule.
#[derive(Debug)]
pub struct Switches {
    pub arp: bool,
    pub nd: bool,
    pub dhcp: bool,
    pub dns: bool,
    pub ntp: bool,
    pub membership: bool,
    pub link_control: bool,
}

#[derive(Debug)]
pub struct Segment {
    pub interfaces: Vec<String>,
    pub tags: Vec<u16>,
    pub networks: Vec<Prefix>,
    pub switches: Switches,
    pub unknown_devices: UnknownDevices,
    pub mode: Mode,
    /// Its machines may ask for no names but those that their rules allow.
    pub strict: bool,
}

impl Segment {
    pub fn has_interface(&self, interface: &str) -> bool {
        self.interfaces.iter().any(|name| name == interface)
    }

    pub fn has_in_networks(&self, address: &Address) -> bool {
        self.networks.iter().any(|network| network.contains(address))
    }

    pub fn lists_network_of_version(&self, address: &Address) -> bool {
        self.networks.iter().any(|network| network.address.is_v6() == address.is_v6())
    }

    /// Layers agree: "*On the link* of a machine is an address in the `networks` of its segment, and every link-local
    /// one".
    pub fn is_on_link(&self, address: &Address) -> bool {
        self.has_in_networks(address) || address.is_link_local()
    }

    /// Layers agree: "*The broadcast address* is the last address of the longest of the segment's IPv4 networks that
    /// the address is in, if that has at most 30 bits."
    pub fn is_broadcast(&self, address: &Address) -> bool {
        let longest = self
            .networks
            .iter()
            .filter(|network| !network.address.is_v6() && network.contains(address))
            .max_by_key(|network| network.length);

        match longest {
            Some(network) => network.length <= 30 && network.last() == *address,
            None => false,
        }
    }
}

#[derive(Debug)]
pub struct Machine {
    pub name: String,
    /// None for a device behind a router.
    pub mac: Option<Mac>,
    /// The machine that a device with `identify: address` is behind.
    pub router: Option<usize>,
    pub segment: usize,
    pub addresses: Vec<Address>,
    pub trusted: bool,
    pub mode: Mode,
    pub strict: bool,
    pub to_rules: Vec<Rc<Rule>>,
    pub from_rules: Vec<Rc<Rule>>,
    /// Those of `to_rules` that are of its MUD file.
    pub mud_to_rules: Vec<Rc<Rule>>,
    /// Its MUD file drops what it could ask resolvers, or time servers.
    pub loses_dns: bool,
    pub loses_ntp: bool,
    /// Places for flows of each IP version: ordinary ones, and critical ones.
    pub places: [usize; 2],
}

impl Machine {
    fn add_rule(&mut self, rule: Rule) {
        match rule.opening {
            Opening::To => self.to_rules.push(Rc::new(rule)),
            Opening::From => self.from_rules.push(Rc::new(rule)),
        }
    }

    pub fn rules(&self, opening: Opening) -> &[Rc<Rule>] {
        match opening {
            Opening::To => &self.to_rules,
            Opening::From => &self.from_rules,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Holder {
    Gateway,
    Machine(usize),
}

#[derive(Debug)]
pub struct Inventory {
    pub segments: Vec<Segment>,
    /// "the order of the inventory (hosts, then devices)".
    pub machines: Vec<Machine>,
    pub default_mode: Mode,
    gateway_macs: HashSet<Mac>,
    resolvers: HashSet<Address>,
    time_servers: HashSet<Address>,
    dhcp_servers: HashSet<Address>,
    macs: HashMap<Mac, usize>,
    guarded: HashSet<String>,
    /// Who lists an address.
    listed: HashMap<Address, Holder>,
    /// Whose link-local address it is, by its MAC address; only where nobody lists it.
    link_local: HashMap<Address, usize>,
}

impl Inventory {
    pub fn guards(&self, interface: &str) -> bool {
        self.guarded.contains(interface)
    }

    pub fn is_gateway_mac(&self, mac: &Mac) -> bool {
        self.gateway_macs.contains(mac)
    }

    /// The machine whose own MAC address it is.
    pub fn machine_of_mac(&self, mac: &Mac) -> Option<usize> {
        self.macs.get(mac).copied()
    }

    /// Layers agree: "The MAC address of a device behind a router is its router's."
    pub fn mac_of(&self, machine: usize) -> Option<Mac> {
        let machine = &self.machines[machine];

        match machine.router {
            Some(router) => self.machines[router].mac,
            None => machine.mac,
        }
    }

    pub fn segment_of(&self, machine: usize) -> &Segment {
        &self.segments[self.machines[machine].segment]
    }

    /// Who has the address by this inventory alone, in its list or as the link-local one.
    pub fn holder(&self, address: &Address) -> Option<Holder> {
        match self.listed.get(address) {
            Some(holder) => Some(*holder),
            None => self.link_local.get(address).map(|machine| Holder::Machine(*machine)),
        }
    }

    pub fn lister(&self, address: &Address) -> Option<Holder> {
        self.listed.get(address).copied()
    }

    pub fn lists(&self, machine: usize, address: &Address) -> bool {
        self.listed.get(address) == Some(&Holder::Machine(machine))
    }

    pub fn gateway_holds(&self, address: &Address) -> bool {
        self.listed.get(address) == Some(&Holder::Gateway)
    }

    /// Rules, `local`: "the networks of all segments, 169.254.0.0/16, fe80::/10".
    pub fn is_local(&self, address: &Address) -> bool {
        address.is_link_local() || self.segments.iter().any(|segment| segment.has_in_networks(address))
    }

    /// Rules, `internet`: "not local, not the gateway, and global".
    pub fn is_internet(&self, address: &Address) -> bool {
        address.is_global() && !self.gateway_holds(address) && !self.is_local(address)
    }

    pub fn is_resolver(&self, address: &Address) -> bool {
        self.resolvers.contains(address)
    }

    pub fn is_time_server(&self, address: &Address) -> bool {
        self.time_servers.contains(address)
    }

    pub fn is_dhcp_server(&self, address: &Address) -> bool {
        self.dhcp_servers.contains(address)
    }
}

/// The members of a section: names, and what is behind each. "A key that begins with x- is a note of your own".
fn section<'a>(root: &'a Json, key: &str) -> Vec<(&'a str, &'a Json)> {
    let members = root.get(key).map(|section| section.members()).unwrap_or(&[]);

    members.iter().filter(|(name, _)| !name.starts_with("x-")).map(|(name, value)| (name.as_str(), value)).collect()
}

fn texts<'a>(object: &'a Json, key: &str) -> Vec<&'a str> {
    let items = object.get(key).map(|list| list.list()).unwrap_or(&[]);

    items.iter().filter_map(|item| item.text()).collect()
}

fn text_of<'a>(object: &'a Json, key: &str) -> Option<&'a str> {
    object.get(key).and_then(|value| value.text())
}

fn addresses(object: &Json, key: &str) -> Result<Vec<Address>, String> {
    texts(object, key).into_iter().map(Address::parse).collect()
}

fn mode_of(object: &Json) -> Result<Option<Mode>, String> {
    match text_of(object, "mode") {
        None => Ok(None),
        Some("enforce") => Ok(Some(Mode::Enforce)),
        Some("monitor") => Ok(Some(Mode::Monitor)),
        Some("learn") => Ok(Some(Mode::Learn)),
        Some(other) => Err(format!("no mode: {}", other)),
    }
}

fn strict_of(object: &Json) -> Result<Option<bool>, String> {
    match text_of(object, "dns") {
        None => Ok(None),
        Some("open") => Ok(Some(false)),
        Some("strict") => Ok(Some(true)),
        Some(other) => Err(format!("no names: {}", other)),
    }
}

fn unknown_devices_of(object: &Json) -> Result<Option<UnknownDevices>, String> {
    match text_of(object, "unknown-devices") {
        None => Ok(None),
        Some("drop") => Ok(Some(UnknownDevices::Drop)),
        Some("monitor") => Ok(Some(UnknownDevices::Monitor)),
        Some("onboard") => Ok(Some(UnknownDevices::Onboard)),
        Some(other) => Err(format!("nothing for unknown devices: {}", other)),
    }
}

fn parse_segment(
    object: &Json,
    default_mode: Mode,
    default_strict: bool,
    default_unknown: UnknownDevices,
) -> Result<Segment, String> {
    let switch = |name: &str| {
        let switches = object.get("infrastructure");
        switches.and_then(|switches| switches.get(name)).and_then(|value| value.boolean()).unwrap_or(true)
    };
    let tags = match object.get("vlan") {
        None => Vec::new(),
        Some(Json::List(tags)) => tags.iter().filter_map(|tag| tag.number()).map(|tag| tag as u16).collect(),
        Some(tag) => tag.number().map(|tag| tag as u16).into_iter().collect(),
    };
    let networks: Result<Vec<Prefix>, String> = texts(object, "networks").into_iter().map(Prefix::parse).collect();

    Ok(Segment {
        interfaces: texts(object, "interfaces").into_iter().map(str::to_string).collect(),
        tags,
        networks: networks?,
        switches: Switches {
            arp: switch("arp"),
            nd: switch("nd"),
            dhcp: switch("dhcp"),
            dns: switch("dns"),
            ntp: switch("ntp"),
            membership: switch("membership"),
            link_control: switch("link-control"),
        },
        unknown_devices: unknown_devices_of(object)?.unwrap_or(default_unknown),
        mode: mode_of(object)?.unwrap_or(default_mode),
        strict: strict_of(object)?.unwrap_or(default_strict),
    })
}

/// A profile and those that it extends, parent last.
fn profile_chain<'a>(profiles: &HashMap<&'a str, &'a Json>, first: Option<&'a str>) -> Result<Vec<&'a Json>, String> {
    let mut chain = Vec::new();
    let mut name = first;

    while let Some(profile) = name {
        let object = *profiles.get(profile).ok_or_else(|| format!("no profile: {}", profile))?;
        chain.push(object);
        if chain.len() > 100 {
            return Err(format!("profile {} extends itself", profile));
        }
        name = text_of(object, "extends");
    }
    Ok(chain)
}

/// "A list of rules is: those of *Management* that name the machine, its own, then its profile's, then those of the
/// profiles that this one extends, parent last, then those of its MUD file. `to` and `from` rules are asked separately".
fn parse_rules(entry: &Entry, names: &Names, machine: &mut Machine) -> Result<(), String> {
    let own = Own {
        controllers: own_controllers(&entry.sources, names)?,
        // "is the one that its entry names, else that of its MUD file"
        manufacturer: entry.manufacturer().or_else(|| entry.mud.as_ref().map(|mud| mud.authority.clone())),
    };

    for source in &entry.sources {
        for sentence in texts(source, "rules") {
            machine.add_rule(rule::parse(sentence, names, &own)?);
        }
    }
    if let Some(mud) = &entry.mud {
        let before = machine.to_rules.len();

        for sentence in &mud.sentences {
            machine.add_rule(rule::parse(sentence, names, &own)?);
        }
        machine.mud_to_rules = machine.to_rules[before..].to_vec();
    }
    Ok(())
}

/// "`my-controllers` is the machine's own list, else its profile's, else those of the profiles that this one extends."
/// SILENT: a list that is there and empty. It is the machine's list: no others are asked for.
fn own_controllers(sources: &[&Json], names: &Names) -> Result<Vec<Remote>, String> {
    let list = sources.iter().find(|source| source.get("my-controllers").is_some());

    match list {
        Some(source) => parse_members(source.get("my-controllers"), names),
        None => Ok(Vec::new()),
    }
}

fn parse_members(list: Option<&Json>, names: &Names) -> Result<Vec<Remote>, String> {
    let items = list.map(|list| list.list()).unwrap_or(&[]);

    items.iter().filter_map(|member| member.text()).map(|member| parse_member(member, names)).collect()
}

/// "Three classes are there without being listed, unless the inventory lists them itself".
fn parse_classes(root: &Json, gateway: &Json, names: &Names) -> Result<HashMap<String, Vec<Remote>>, String> {
    let servers = |key: &str| -> Result<Vec<Remote>, String> {
        let servers = texts(gateway, key).into_iter();
        servers.map(|text| Prefix::parse(text).map(Remote::Network)).collect()
    };
    let mut classes = HashMap::new();

    classes.insert("urn:ietf:params:mud:dns".to_string(), servers("resolvers")?);
    classes.insert("urn:ietf:params:mud:ntp".to_string(), servers("time-servers")?);
    classes.insert("urn:ietf:params:mud:gateway".to_string(), vec![Remote::Gateway]);
    for (class, members) in section(root, "controllers") {
        classes.insert(class.to_string(), parse_members(Some(members), names)?);
    }
    Ok(classes)
}

/// "The device's own counts, else its profile's, else those of the profiles that this one extends."
fn mud_of(sources: &[&Json], files: &Files) -> Result<Option<mud::Mud>, String> {
    let written = match sources.iter().find_map(|source| source.get("mud")) {
        Some(written) => written,
        None => return Ok(None),
    };
    let (path, private) = match written {
        Json::Text(path) => (path.as_str(), false),
        _ => (
            text_of(written, "source").ok_or("a MUD file without a source")?,
            text_of(written, "private-addresses") == Some("allow"),
        ),
    };
    let text = files.get(path).ok_or_else(|| format!("no MUD file: {}", path))?;

    mud::read(text, private).map(Some).map_err(|error| format!("MUD file {}: {}", path, error))
}

/// "A device is of the manufacturer that its entry names, and of that which is the authority of the URL of its MUD file
/// [...]. It is of the model that its entry names, and of that which is this URL."
fn makers_of(entries: &[Entry]) -> Makers {
    let mut makers = Makers::default();

    for (index, entry) in entries.iter().enumerate().filter(|(_, entry)| !entry.is_host) {
        makers.manufacturers.extend(entry.manufacturer().map(|name| (name, index)));
        makers.models.extend(text_of(entry.object, "model").map(|name| (name.to_string(), index)));
        if let Some(mud) = &entry.mud {
            makers.manufacturers.push((mud.authority.clone(), index));
            makers.models.push((mud.url.clone(), index));
        }
    }
    makers
}

/// State: "`flows` of its entry or profile, else 64, or 16 in an inventory of more than 10,000 machines; and a
/// quarter as many again, at least 4, for flows of critical rules."
fn places_of(sources: &[&Json], machines: usize) -> [usize; 2] {
    let written = sources.iter().find_map(|source| source.get("flows").and_then(|flows| flows.number()));
    let ordinary = match written {
        Some(flows) => (flows as usize).max(1),
        None if machines > 10_000 => 16,
        None => 64,
    };

    [ordinary, (ordinary / 4).max(4)]
}

/// What the inventory says of a machine: itself, and behind it, of a device, its profile and those that this one extends.
struct Entry<'a> {
    name: &'a str,
    object: &'a Json,
    is_host: bool,
    sources: Vec<&'a Json>,
    mud: Option<mud::Mud>,
}

impl Entry<'_> {
    fn manufacturer(&self) -> Option<String> {
        text_of(self.object, "manufacturer").filter(|_| !self.is_host).map(str::to_string)
    }
}

fn entries<'a>(root: &'a Json, files: &Files) -> Result<Vec<Entry<'a>>, String> {
    let profiles: HashMap<&str, &Json> = section(root, "profiles").into_iter().collect();
    let mut entries = Vec::new();

    for (name, object) in section(root, "hosts") {
        entries.push(Entry { name, object, is_host: true, sources: vec![object], mud: None });
    }
    for (name, object) in section(root, "devices") {
        let mut sources = vec![object];
        sources.extend(profile_chain(&profiles, text_of(object, "profile"))?);
        let mud = mud_of(&sources, files)?;
        entries.push(Entry { name, object, is_host: false, sources, mud });
    }
    Ok(entries)
}

/// @files: the MUD files, by the paths that the inventory has.
pub fn parse(root: &Json, files: &Files) -> Result<Inventory, String> {
    let empty = Json::Null;
    let gateway = root.get("gateway").unwrap_or(&empty);
    let defaults = root.get("defaults").unwrap_or(&empty);
    let default_mode = mode_of(defaults)?.unwrap_or(Mode::Enforce);
    let default_strict = strict_of(defaults)?.unwrap_or(false);
    let default_unknown = unknown_devices_of(defaults)?.unwrap_or(UnknownDevices::Drop);
    let entries = entries(root, files)?;
    let gateway_macs: Result<HashSet<Mac>, String> = texts(gateway, "macs").into_iter().map(parse_mac).collect();
    let mut names = Names {
        hosts: HashMap::new(),
        devices: HashMap::new(),
        segments: HashMap::new(),
        groups: HashMap::new(),
        classes: HashMap::new(),
        makers: makers_of(&entries),
    };
    let mut inventory = Inventory {
        segments: Vec::new(),
        machines: Vec::new(),
        default_mode,
        gateway_macs: gateway_macs?,
        resolvers: addresses(gateway, "resolvers")?.into_iter().collect(),
        time_servers: addresses(gateway, "time-servers")?.into_iter().collect(),
        dhcp_servers: addresses(gateway, "dhcp-servers")?.into_iter().collect(),
        macs: HashMap::new(),
        guarded: HashSet::new(),
        listed: HashMap::new(),
        link_local: HashMap::new(),
    };

    for (index, (name, object)) in section(root, "segments").into_iter().enumerate() {
        names.segments.insert(name.to_string(), index);
        inventory.segments.push(parse_segment(object, default_mode, default_strict, default_unknown)?);
    }
    for (index, entry) in entries.iter().enumerate() {
        let kind = if entry.is_host { &mut names.hosts } else { &mut names.devices };
        kind.insert(entry.name.to_string(), index);
    }
    for (name, object) in section(root, "groups") {
        let members = parse_members(Some(object), &names)?;
        names.groups.insert(name.to_string(), members);
    }
    names.classes = parse_classes(root, gateway, &names)?;
    let mut own_modes = Vec::new();
    let mut own_stricts = Vec::new();
    for entry in &entries {
        own_modes.push(own_setting(&entry.sources, entry.is_host, mode_of)?);
        own_stricts.push(own_setting(&entry.sources, entry.is_host, strict_of)?);
        inventory.machines.push(parse_machine(entry, entries.len(), &names)?);
    }
    settle_routers(&mut inventory)?;
    management::put_in_front(&texts(gateway, "management"), &names, &mut inventory.machines)?;
    settle_modes(&mut inventory, &own_modes);
    settle_stricts(&mut inventory, &own_stricts);
    settle_holders(&mut inventory, gateway)?;
    settle_drops(&mut inventory);
    for segment in &inventory.segments {
        inventory.guarded.extend(segment.interfaces.iter().cloned());
    }
    Ok(inventory)
}

/// MUD files: "a `drop` that could match a conversation with a listed resolver, by UDP or TCP to port 53, takes DNS from
/// the device [...]; with a listed time server, by UDP to port 123, NTP."
fn settle_drops(inventory: &mut Inventory) {
    let losses: Vec<(bool, bool)> = inventory.machines.iter().map(|machine| losses_of(inventory, machine)).collect();

    for (machine, (dns, ntp)) in inventory.machines.iter_mut().zip(losses) {
        machine.loses_dns = dns;
        machine.loses_ntp = ntp;
    }
}

fn losses_of(inventory: &Inventory, machine: &Machine) -> (bool, bool) {
    let udp = |service| What::Udp { service, source: 0 };
    let drops = |address: &Address, what: What| {
        // "The first entry of the file decides that matches; an `accept` that asks for a source port or a dscp does not."
        let mut rules = machine.mud_to_rules.iter().filter(|rule| rule.could_match(address, &what, inventory));
        let first = rules.find(|rule| !rule.allow || (rule.source_port.is_none() && rule.dscp.is_none()));
        first.is_some_and(|rule| !rule.allow)
    };
    let dns = inventory.resolvers.iter().any(|address| {
        drops(address, udp(53)) || drops(address, What::Tcp { service: 53, source: 0 })
    });

    (dns, inventory.time_servers.iter().any(|address| drops(address, udp(123))))
}

/// A member may stand in quotes, as in a rule.
fn parse_member(text: &str, names: &Names) -> Result<Remote, String> {
    let own = Own::default();

    match rule::parse_remote(text, names, &own) {
        Ok(remote) => Ok(remote),
        Err(_) => rule::parse_remote(&text.replace('"', ""), names, &own),
    }
}

fn parse_machine(entry: &Entry, count: usize, names: &Names) -> Result<Machine, String> {
    let Entry { name, object, is_host, .. } = entry;
    let behind = text_of(object, "identify") == Some("address");
    let mac = match text_of(object, "mac") {
        Some(mac) if !behind => Some(parse_mac(mac)?),
        _ => None,
    };
    let router = match text_of(object, "router") {
        Some(router) if behind => match parse_member(router, names)? {
            Remote::Machine(machine) => Some(machine),
            _ => return Err(format!("{}: no router: {}", name, router)),
        },
        _ => None,
    };
    let segment = match text_of(object, "segment") {
        Some(segment) => *names.segments.get(segment).ok_or_else(|| format!("{}: no segment: {}", name, segment))?,
        None if behind => 0,
        None => return Err(format!("{}: no segment", name)),
    };
    let mut machine = Machine {
        name: name.to_string(),
        mac,
        router,
        segment,
        addresses: addresses(object, "addresses")?,
        trusted: *is_host && object.get("trust").and_then(|trust| trust.boolean()).unwrap_or(false),
        mode: Mode::Enforce,
        strict: false,
        to_rules: Vec::new(),
        from_rules: Vec::new(),
        mud_to_rules: Vec::new(),
        loses_dns: false,
        loses_ntp: false,
        places: places_of(&entry.sources, count),
    };

    parse_rules(entry, names, &mut machine)?;
    Ok(machine)
}

/// "its own `mode`, else its profile's, else those of the profiles that this one extends, else its segment's,
/// else the default. Hosts have their segment's."
/// SILENT: where `dns` may stand, and which one counts. As with `mode`.
fn own_setting<T>(
    sources: &[&Json],
    is_host: bool,
    setting_of: fn(&Json) -> Result<Option<T>, String>,
) -> Result<Option<T>, String> {
    if is_host {
        return Ok(None);
    }
    for source in sources {
        if let Some(setting) = setting_of(source)? {
            return Ok(Some(setting));
        }
    }
    Ok(None)
}

/// Behind a router: "Segment, ports and tags are the router's."
fn settle_routers(inventory: &mut Inventory) -> Result<(), String> {
    for index in 0..inventory.machines.len() {
        if let Some(router) = inventory.machines[index].router {
            if inventory.machines[router].router.is_some() {
                return Err(format!("{}: its router is behind a router", inventory.machines[index].name));
            }
            inventory.machines[index].segment = inventory.machines[router].segment;
        }
    }
    Ok(())
}

fn settle_modes(inventory: &mut Inventory, own_modes: &[Option<Mode>]) {
    for (machine, own) in inventory.machines.iter_mut().zip(own_modes) {
        machine.mode = own.unwrap_or(inventory.segments[machine.segment].mode);
    }
}

fn settle_stricts(inventory: &mut Inventory, own_stricts: &[Option<bool>]) {
    for (machine, own) in inventory.machines.iter_mut().zip(own_stricts) {
        machine.strict = own.unwrap_or(inventory.segments[machine.segment].strict);
    }
}

/// Identity: "Those that the inventory lists; and the one IPv6 link-local address that follows from the MAC address
/// (modified EUI-64), unless somebody else holds it. An address belongs to one machine. The gateway's are the listed
/// ones". What is bound is in bindings.rs, and never such an address.
/// SILENT: whether link-local addresses follow from the gateway's MAC addresses, too. They do not: only the
/// listed ones are the gateway's where there is no live interface to ask.
fn settle_holders(inventory: &mut Inventory, gateway: &Json) -> Result<(), String> {
    for address in addresses(gateway, "addresses")? {
        inventory.listed.insert(address, Holder::Gateway);
    }
    for (index, machine) in inventory.machines.iter().enumerate() {
        for address in &machine.addresses {
            inventory.listed.entry(*address).or_insert(Holder::Machine(index));
        }
        if let Some(mac) = machine.mac {
            inventory.macs.insert(mac, index);
        }
    }
    for (mac, index) in &inventory.macs {
        let address = link_local_of(mac);
        if !inventory.listed.contains_key(&address) {
            inventory.link_local.insert(address, *index);
        }
    }
    Ok(())
}
