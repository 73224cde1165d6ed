// SPDX-License-Identifier: BSD-2-Clause
//
// The judge of tests/judge/README.md: reads a case stream from standard input and answers it on standard output, by a
// slow, plain reading of docs/policy.md. Places where the text does not say what to do are marked SILENT.

mod address;
mod bindings;
mod claims;
mod conversation;
mod dhcp;
mod dns;
mod flows;
mod fragments;
mod frame;
mod group;
mod infrastructure;
mod inventory;
mod json;
mod layers;
mod management;
mod mud;
mod mud_entry;
mod names;
mod quarantine;
mod reason;
mod rule;
mod stranger;
mod transport;
mod truth;
#[cfg(test)]
mod worked;
mod world;

use mud::Files;
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use world::{Side, World};

/// The stream so far: what kind of world it is, and that world once it has an inventory.
#[derive(Default)]
struct Stream {
    ports: bool,
    learn_bindings: bool,
    world: Option<World>,
    /// The MUD files of this world.
    files: Files,
}

impl Stream {
    fn begin_world(&mut self, words: &[&str]) -> Result<(), String> {
        *self = Stream::default();
        for word in words {
            match *word {
                "ports" => self.ports = true,
                "learn" => self.learn_bindings = true,
                other => return Err(format!("a world of {}", other)),
            }
        }
        Ok(())
    }

    fn put_in_force(&mut self, text: &str) -> Result<(), String> {
        let inventory = inventory::parse(&json::parse(text)?, &self.files)?;

        match &mut self.world {
            Some(world) => world.change_policy(inventory),
            None => self.world = Some(World::new(self.ports, self.learn_bindings, inventory)),
        }
        Ok(())
    }

    /// `mud NAME JSON`: counts from the next inventory on.
    fn keep_file(&mut self, rest: &str) -> Result<(), String> {
        let (name, text) = rest.split_once(' ').ok_or("a MUD file of one word")?;

        self.files.insert(name.to_string(), text.to_string());
        Ok(())
    }

    fn judge_frame(&mut self, words: &[&str]) -> Result<String, String> {
        let world = self.world.as_mut().ok_or("a frame before the first inventory")?;

        if words.len() != 5 {
            return Err("a frame of other than five words".to_string());
        }
        let side = match words[0] {
            "from" => Side::FromDevice,
            "to" => Side::ToDevice,
            other => return Err(format!("a frame {}", other)),
        };
        let time = words[1].parse().map_err(|_| "no time")?;
        let wire = words[3].parse().map_err(|_| "no length")?;
        Ok(world.judge(side, time, words[2], wire, &bytes_of(words[4])?))
    }

    /// `quarantine MACHINE TIME`, or `never` in place of a time.
    fn put_into_quarantine(&mut self, words: &[&str]) -> Result<(), String> {
        let world = self.world.as_mut().ok_or("a quarantine before the first inventory")?;

        match words {
            [machine, "never"] => world.put_into_quarantine(machine, None),
            [machine, time] => world.put_into_quarantine(machine, Some(time.parse().map_err(|_| "no time")?)),
            _ => Err("a quarantine of other than two words".to_string()),
        }
    }

    fn list_state(&self) -> Vec<String> {
        match &self.world {
            Some(world) => world.flows.lines(world.generation, |machine| world.inventory.machines[machine].name.clone()),
            None => Vec::new(),
        }
    }

    fn answer(&mut self, line: &str, out: &mut dyn Write) -> Result<(), String> {
        let (command, rest) = line.split_once(' ').unwrap_or((line, ""));
        let words: Vec<&str> = rest.split(' ').filter(|word| !word.is_empty()).collect();

        match command {
            "" => Ok(()),
            "world" => self.begin_world(&words),
            "inventory" => self.put_in_force(rest),
            "mud" => self.keep_file(rest),
            "quarantine" => self.put_into_quarantine(&words),
            "frame" => {
                let answer = self.judge_frame(&words)?;
                writeln!(out, "{}", answer).map_err(|error| error.to_string())
            }
            "state" => {
                for flow in self.list_state() {
                    writeln!(out, "{}", flow).map_err(|error| error.to_string())?;
                }
                writeln!(out, "end").map_err(|error| error.to_string())
            }
            other => Err(format!("no command: {}", other)),
        }
    }
}

fn bytes_of(text: &str) -> Result<Vec<u8>, String> {
    let digit = |byte: u8| (byte as char).to_digit(16).map(|digit| digit as u8).ok_or("no hexadecimal digit");
    let mut bytes = Vec::with_capacity(text.len() / 2);

    for pair in text.as_bytes().chunks(2) {
        if pair.len() != 2 {
            return Err("half a byte".to_string());
        }
        bytes.push(digit(pair[0])? << 4 | digit(pair[1])?);
    }
    Ok(bytes)
}

fn run() -> Result<(), String> {
    let stdin = io::stdin();
    let stdout = io::stdout();
    let mut input = BufReader::with_capacity(1 << 16, stdin.lock());
    let mut output = BufWriter::with_capacity(1 << 16, stdout.lock());
    let mut stream = Stream::default();
    let mut line = String::new();
    let mut number = 0;

    loop {
        // Whoever waits for answers before asking on gets them.
        if input.buffer().is_empty() {
            output.flush().map_err(|error| error.to_string())?;
        }
        line.clear();
        if input.read_line(&mut line).map_err(|error| error.to_string())? == 0 {
            return output.flush().map_err(|error| error.to_string());
        }
        number += 1;
        stream
            .answer(line.trim_end_matches(|c| c == '\n' || c == '\r'), &mut output)
            .map_err(|error| format!("line {}: {}", number, error))?;
    }
}

fn main() {
    if let Err(error) = run() {
        eprintln!("judge: {}", error);
        std::process::exit(1);
    }
}
