//! What is in a maildrop, as far as the server tells.

use std::collections::{BTreeMap, HashMap};

use crate::{DropListing, ScanListing, UniqueId, UniqueIdListing};

/// A message of a maildrop.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Found {
    /// Its number in this session.
    pub message: u32,
    /// Its size in octets, if the server says; advisory.
    pub octets: Option<u64>,
    /// Its unique id, if the server gives one.
    pub unique_id: Option<UniqueId>,
    /// Another message has the same unique id: it does not tell them apart.
    pub ambiguous: bool,
}

/// The messages of a maildrop, by STAT, LIST and UIDL.
///
/// Lists with gaps, in any order, with damaged lines, or in disagreement with each other are put together by message
/// number: no line shifts another, and a message that one list leaves out is known by the other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Survey {
    /// The messages, by ascending number.
    pub messages: Vec<Found>,
    /// Whether the server gives unique ids at all.
    pub unique_ids: bool,
    /// Lines that made no sense.
    pub damaged: u32,
    /// Lines that named a number twice, or one beyond what STAT counted.
    pub irregular: u32,
    /// How many messages have a unique id, if it is more than one.
    shared: HashMap<UniqueId, u32>,
}

/// A survey that is being made.
#[derive(Debug, Default)]
pub(super) struct Surveying {
    stat: Option<DropListing>,
    found: BTreeMap<u32, Found>,
    /// Ids that were given to a message that has another one: they were shown too.
    surplus: Vec<UniqueId>,
    unique_ids: bool,
    listed: bool,
    damaged: u32,
    irregular: u32,
}

impl Surveying {
    pub(super) fn stat(&mut self, stat: DropListing) {
        self.stat = Some(stat);
    }

    /// LIST was answered.
    pub(super) fn listed(&mut self) {
        self.listed = true;
    }

    /// UIDL was answered.
    pub(super) fn identified(&mut self) {
        self.unique_ids = true;
    }

    pub(super) fn scan(&mut self, scan: ScanListing) {
        let found = self.entry(scan.message);
        if found.octets.replace(scan.octets).is_some() {
            self.irregular += 1;
        }
    }

    pub(super) fn unique_id(&mut self, listing: &UniqueIdListing) {
        let unique_id = listing.unique_id.as_ref().map(UniqueId::detach);
        let found = self.entry(listing.message);
        if found.unique_id.is_some() && found.unique_id != unique_id {
            // Two ids for one number: neither is to be trusted.
            found.ambiguous = true;
            self.irregular += 1;
            self.surplus.extend(unique_id);
        } else {
            found.unique_id = unique_id;
        }
    }

    pub(super) fn damaged(&mut self) {
        self.damaged = self.damaged.saturating_add(1);
    }

    fn entry(&mut self, message: u32) -> &mut Found {
        if self.stat.is_some_and(|stat| message > stat.messages) {
            self.irregular += 1;
        }
        self.found.entry(message).or_insert(Found {
            message,
            octets: None,
            unique_id: None,
            ambiguous: false,
        })
    }

    pub(super) fn finish(mut self, most: u32) -> Survey {
        // There are servers that refuse to list what STAT has counted.
        if !self.listed && self.found.is_empty() {
            let count = self.stat.map_or(0, |stat| stat.messages.min(most));
            for message in 1..=count {
                self.entry(message);
            }
        }
        let mut messages: Vec<Found> = self.found.into_values().collect();
        let mut uses: HashMap<UniqueId, u32> = HashMap::new();
        for id in messages.iter().filter_map(|found| found.unique_id.clone()).chain(self.surplus) {
            *uses.entry(id).or_default() += 1;
        }
        for found in &mut messages {
            found.ambiguous |=
                found.unique_id.as_ref().is_some_and(|id| uses.get(id).is_some_and(|&uses| uses > 1));
        }
        uses.retain(|_, uses| *uses > 1);
        Survey {
            messages,
            unique_ids: self.unique_ids,
            damaged: self.damaged,
            irregular: self.irregular,
            shared: uses,
        }
    }
}

impl Survey {
    /// A message by its number.
    pub fn message(&self, message: u32) -> Option<&Found> {
        let at = self.messages.binary_search_by_key(&message, |found| found.message).ok()?;
        self.messages.get(at)
    }

    /// How many messages have this unique id.
    pub(super) fn uses(&self, id: &UniqueId) -> u32 {
        self.shared.get(id).copied().unwrap_or(1)
    }
}
