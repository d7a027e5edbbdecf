//! Facts that others tell of messages, and how many of them agree.
#![allow(dead_code)] // not every test uses all of it

use std::collections::BTreeMap;

use serde_json::Value;

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
}

/// Text with a single space wherever there is white space, and none at its ends.
pub(crate) fn collapsed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
