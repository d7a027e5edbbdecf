//! Facts that others tell of messages, and how many of them agree.
#![allow(dead_code, clippy::unwrap_used)] // not every test uses all of it

use std::collections::{BTreeMap, BTreeSet};

use mime_core::{AddressList, AddressRef};
use serde_json::{Value, json};

/// All facts of a file, and those that differ.
pub(crate) struct Facts {
    /// Who tells them.
    who: &'static str,
    same: fn(&Value, &Value) -> bool,
    /// Where the next ones are from.
    pub(crate) place: String,
    pub(crate) facts: usize,
    pub(crate) of: BTreeMap<&'static str, (usize, usize)>,
    pub(crate) differ: Vec<(String, String)>,
}

impl Facts {
    pub(crate) fn new(who: &'static str, same: fn(&Value, &Value) -> bool) -> Self {
        Self { who, same, place: String::new(), facts: 0, of: BTreeMap::new(), differ: Vec::new() }
    }

    pub(crate) fn fact(&mut self, what: &'static str, expected: Value, ours: Value) {
        self.facts += 1;
        let count = self.of.entry(what).or_default();
        count.1 += 1;
        if (self.same)(&expected, &ours) {
            count.0 += 1;
            return;
        }
        let short = |value: Value| value.to_string().chars().take(400).collect::<String>();
        let told = format!("{} {}\n  ours {}", self.who, short(expected), short(ours));
        self.differ.push((format!("{} {what}", self.place), told));
    }

    /// Tells how many agree, and gives that number. Each difference is one of the `known` ones, with a reason; and what is known does
    /// differ. They are written to the file that `into` names in the environment.
    pub(crate) fn settle(&self, from: &str, into: &str, known: &[(&str, &[&str])]) -> usize {
        for (what, (same, all)) in &self.of {
            eprintln!("{what}: {same} of {all}");
        }
        let same = self.facts - self.differ.len();
        eprintln!("{from} of {}: {same} of {} facts", self.who, self.facts);
        if let Some(path) = std::env::var_os(into) {
            let text: Vec<_> =
                self.differ.iter().map(|(place, text)| format!("{place}\n  {text}\n")).collect();
            std::fs::write(path, text.concat()).unwrap();
        }
        let known: BTreeSet<_> = known.iter().flat_map(|(_, places)| places.iter().copied()).collect();
        let differ: BTreeSet<_> = self.differ.iter().map(|(place, _)| &**place).collect();
        assert_eq!(differ.symmetric_difference(&known).collect::<Vec<_>>(), Vec::<&&str>::new());
        same
    }
}

/// Text with a single space wherever there is white space, and none at its ends.
pub(crate) fn collapsed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// As mail-parser groups addresses: those outside of groups are in groups without a name, if there are groups.
pub(crate) fn grouped(list: AddressList<'_>) -> Value {
    let mut seen: Vec<(Option<String>, Vec<Value>)> = Vec::new();
    let mut alone = true;
    for address in list {
        match address {
            AddressRef::GroupStart(group) => {
                alone = false;
                seen.push((Some(group.name().into_owned()), Vec::new()));
            }
            AddressRef::GroupEnd => alone = true,
            AddressRef::Mailbox(mailbox) => {
                if alone && seen.last().is_none_or(|(name, _)| name.is_some()) {
                    seen.push((None, Vec::new()));
                }
                let entry = json!({"name": mailbox.name(), "address": mailbox.address()});
                seen.last_mut().unwrap().1.push(entry);
            }
        }
    }
    if seen.iter().any(|(name, _)| name.is_some()) {
        let groups = seen.into_iter().map(|(name, addresses)| json!({"name": name, "addresses": addresses}));
        json!({"Group": groups.collect::<Vec<_>>()})
    } else {
        json!({"List": seen.into_iter().flat_map(|(_, addresses)| addresses).collect::<Vec<_>>()})
    }
}
