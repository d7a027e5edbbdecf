//! A small honest server: one mailbox, which others change too.
#![allow(
    unreachable_pub,
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    missing_docs
)]

use std::collections::{BTreeMap, VecDeque};

use bytes::Bytes;
use imap_proto::command::{FetchAttribute, FetchCommand, QResync, Select, Store, StoreAction, StoreItem};
use imap_proto::extensions::notify::Notify;
use imap_proto::search::SearchCommand;
use imap_proto::{Command, Dialect, MessageSet, Uid, UidSet};

/// Flags, a bit each.
pub const FLAGS: [&str; 5] = ["\\Seen", "\\Flagged", "\\Deleted", "$Junk", "Urlaub"];

pub fn flags(bits: u8) -> String {
    let all = FLAGS.iter().enumerate().filter(|(bit, _)| bits >> bit & 1 != 0).map(|(_, flag)| *flag);
    format!("({})", all.collect::<Vec<_>>().join(" "))
}

/// What the server can.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Features {
    pub condstore: bool,
    pub qresync: bool,
    pub esearch: bool,
    pub moves: bool,
    pub uidplus: bool,
    pub idle: bool,
    pub notify: bool,
    /// NOTIFY is offered, and refused.
    pub notify_refused: bool,
    /// The UID stands in FETCH that nobody asked for; QRESYNC wants it.
    pub names: bool,
    /// EXPUNGE is not told with every command: messages are counted that are gone.
    pub lazy: bool,
}

impl Features {
    pub fn capabilities(&self) -> String {
        let mut all = String::from("IMAP4rev1 LITERAL+ UNSELECT");
        for (has, name) in [
            (self.condstore || self.qresync, " ENABLE CONDSTORE"),
            (self.qresync, " QRESYNC"),
            (self.esearch, " ESEARCH"),
            (self.moves, " MOVE"),
            (self.uidplus, " UIDPLUS"),
            (self.idle, " IDLE"),
            (self.notify || self.notify_refused, " NOTIFY"),
        ] {
            all.push_str(if has { name } else { "" });
        }
        all
    }
}

/// What somebody else does to the mailbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Behind {
    /// A message arrives.
    Arrives(u8),
    /// One goes: which of them.
    Goes(u8),
    /// The flags of one are these.
    Flags(u8, u8),
}

#[derive(Clone, Debug)]
pub struct Mail {
    pub uid: u32,
    pub flags: u8,
    modseq: u64,
}

/// The mailbox.
#[derive(Clone, Debug)]
pub struct World {
    pub features: Features,
    pub validity: u32,
    pub uid_next: u32,
    modseq: u64,
    pub mails: Vec<Mail>,
    /// UIDs that went, and when.
    gone: Vec<(u32, u64)>,
}

impl World {
    pub fn new(features: Features) -> Self {
        Self { features, validity: 7, uid_next: 1, modseq: 1, mails: Vec::new(), gone: Vec::new() }
    }

    pub fn change(&mut self, behind: Behind) {
        match behind {
            Behind::Arrives(flags) => {
                self.modseq += 1;
                // UIDs ascend, and not one by one.
                let uid = self.uid_next + u32::from(flags >> 5);
                self.mails.push(Mail { uid, flags: flags & 31, modseq: self.modseq });
                self.uid_next = uid + 1;
            }
            Behind::Goes(which) if !self.mails.is_empty() => {
                let mail = self.mails.remove(usize::from(which) % self.mails.len());
                self.is_gone(mail.uid);
            }
            Behind::Flags(which, flags) if !self.mails.is_empty() => {
                let at = usize::from(which) % self.mails.len();
                let uid = self.mails[at].uid;
                self.set(uid, flags & 31);
            }
            _ => {}
        }
    }

    fn is_gone(&mut self, uid: u32) {
        // RFC 7162 section 3.2: without QRESYNC an EXPUNGE is no change of the mod-sequence
        if self.features.qresync {
            self.modseq += 1;
        }
        self.gone.push((uid, self.modseq));
    }

    fn set(&mut self, uid: u32, flags: u8) {
        let Some(mail) = self.mails.iter_mut().find(|mail| mail.uid == uid) else { return };
        if mail.flags != flags {
            self.modseq += 1;
            (mail.flags, mail.modseq) = (flags, self.modseq);
        }
    }

    /// UIDs mean something else from now on.
    pub fn revalidate(&mut self) {
        self.validity += 1;
        self.uid_next = 1;
        self.gone.clear();
        for mail in &mut self.mails {
            mail.uid = self.uid_next;
            self.uid_next += 2;
        }
    }

    pub fn idea(&self) -> BTreeMap<u32, String> {
        self.mails.iter().map(|mail| (mail.uid, flags(mail.flags))).collect()
    }
}

/// A connection.
#[derive(Debug)]
pub struct Connection {
    /// UIDs, by the numbers that this client knows, and the flags that it was told.
    pub seen: Vec<(u32, Option<u8>)>,
    pub selected: bool,
    qresync: bool,
    /// Mod-sequences are told.
    condstore: bool,
    pub notifies: bool,
    idling: Option<String>,
    unread: String,
    pub out: Vec<u8>,
    /// What others do with each command, before and while it is carried out.
    pub script: VecDeque<Vec<Behind>>,
    pub said: Vec<String>,
}

impl Connection {
    pub fn new(world: &World) -> Self {
        let greeting = format!("* PREAUTH [CAPABILITY {}] hi\r\n", world.features.capabilities());
        Self {
            seen: Vec::new(),
            selected: false,
            qresync: false,
            condstore: false,
            notifies: false,
            idling: None,
            unread: String::new(),
            out: greeting.into_bytes(),
            script: VecDeque::new(),
            said: Vec::new(),
        }
    }

    fn say(&mut self, line: &str) {
        self.out.extend_from_slice(line.as_bytes());
        self.out.extend_from_slice(b"\r\n");
    }

    /// Takes what the client says.
    pub fn hears(&mut self, world: &mut World, octets: &[u8]) {
        self.unread.push_str(std::str::from_utf8(octets).unwrap());
        while let Some((line, rest)) = self.unread.split_once("\r\n") {
            let (line, rest) = (line.to_owned(), rest.to_owned());
            self.unread = rest;
            self.line(world, &line);
        }
    }

    /// Others changed something: whoever waits is told.
    pub fn pushes(&mut self, world: &World) {
        if self.idling.is_some() || self.notifies {
            self.sync(world);
        }
    }

    fn line(&mut self, world: &mut World, line: &str) {
        self.said.push(line.to_owned());
        let mut behind: VecDeque<Behind> = self.script.pop_front().unwrap_or_default().into();
        if let Some(tag) = self.idling.take() {
            assert_eq!(line, "DONE");
            behind.drain(..).for_each(|one| world.change(one));
            self.sync(world);
            return self.say(&format!("{tag} OK done"));
        }
        let (tag, command) = Command::parse(&Bytes::copy_from_slice(line.as_bytes()), Dialect::REV1)
            .unwrap_or_else(|error| panic!("{line}: {error}"));
        let tag = tag.as_str().to_owned();
        // Some happen before, some while it is carried out.
        for _ in 0..behind.len() / 2 {
            world.change(behind.pop_front().unwrap());
        }
        let mut text = "OK done".to_owned();
        match command {
            Command::Noop | Command::Logout => {}
            Command::Enable(all) => {
                let names: Vec<_> = all.iter().map(|one| one.as_str().to_owned()).collect();
                self.qresync |= names.iter().any(|name| name == "QRESYNC");
                self.condstore = true;
                self.say(&format!("* ENABLED {}", names.join(" ")));
            }
            Command::Select(select) => {
                self.select(world, &select, &mut behind);
                text = "OK [READ-WRITE] selected".to_owned();
            }
            Command::Unselect => self.selected = false,
            Command::Fetch(fetch) => self.fetch(world, &fetch, &mut behind),
            Command::Search(search) => self.search(world, &tag, &search),
            Command::Store(store) => self.store(world, &store),
            Command::UidExpunge(uids) => {
                let uids = self.known(world, &uids);
                let goes = |mail: &Mail| uids.contains(&mail.uid) && mail.flags & 4 != 0;
                let all: Vec<_> = world.mails.iter().filter(|mail| goes(mail)).map(|mail| mail.uid).collect();
                world.mails.retain(|mail| !goes(mail));
                all.into_iter().for_each(|uid| world.is_gone(uid));
            }
            Command::Copy { .. } => {}
            Command::Move { messages: MessageSet::Uid(uids), .. } => {
                let uids = self.known(world, &uids);
                world.mails.retain(|mail| !uids.contains(&mail.uid));
                uids.into_iter().for_each(|uid| world.is_gone(uid));
            }
            Command::Notify(notify) => {
                if world.features.notify_refused {
                    text = "NO [UNAVAILABLE] not today".to_owned();
                } else {
                    self.notifies = matches!(notify, Notify::Set(_));
                }
            }
            Command::Idle => {
                self.say("+ idling");
                self.idling = Some(tag.clone());
            }
            other => panic!("{other:?}"),
        }
        behind.drain(..).for_each(|one| world.change(one));
        let keeps = ["UID FETCH", "UID SEARCH", "UID STORE", "SELECT"].iter().any(|name| line.contains(name));
        self.sync_some(world, !(world.features.lazy && keeps));
        if self.idling.is_none() {
            if self.qresync && self.selected && text == "OK done" && line.contains("EXPUNGE") {
                text = format!("OK [HIGHESTMODSEQ {}] done", world.modseq);
            }
            self.say(&format!("{tag} {text}"));
        }
    }

    /// Those of a set that are there.
    fn known(&self, world: &World, uids: &UidSet) -> Vec<u32> {
        let most = self.seen.last().map_or(0, |(uid, _)| *uid);
        let is_there = |uid: &u32| world.mails.iter().any(|mail| mail.uid == *uid);
        let has = |uid: u32| Uid::new(uid).is_some_and(|uid| uids.contains(uid, most));
        self.seen.iter().map(|(uid, _)| *uid).filter(|uid| has(*uid) && is_there(uid)).collect()
    }

    /// Tells what changed since it was last told.
    fn sync(&mut self, world: &World) {
        self.sync_some(world, true);
    }

    fn sync_some(&mut self, world: &World, expunges: bool) {
        if !self.selected {
            return;
        }
        let mut vanished = Vec::new();
        let mut at = 0;
        while at < self.seen.len() {
            let uid = self.seen[at].0;
            if !expunges || world.mails.iter().any(|mail| mail.uid == uid) {
                at += 1;
                continue;
            }
            self.seen.remove(at);
            if self.qresync {
                vanished.push(uid.to_string());
            } else {
                self.say(&format!("* {} EXPUNGE", at + 1));
            }
        }
        if !vanished.is_empty() {
            self.say(&format!("* VANISHED {}", vanished.join(",")));
        }
        for at in 0..self.seen.len() {
            let (uid, told) = self.seen[at];
            let Some(mail) = world.mails.iter().find(|mail| mail.uid == uid).cloned() else { continue };
            if told.is_some_and(|told| told != mail.flags) {
                self.tell(world, at, &mail, self.qresync || world.features.names);
            }
        }
        let last = self.seen.last().map_or(0, |(uid, _)| *uid);
        let new: Vec<_> = world.mails.iter().filter(|mail| mail.uid > last).cloned().collect();
        if !new.is_empty() {
            self.seen.extend(new.iter().map(|mail| (mail.uid, Some(mail.flags))));
            self.say(&format!("* {} EXISTS", self.seen.len()));
            if self.notifies {
                let first = self.seen.len() - new.len();
                new.iter().enumerate().for_each(|(at, mail)| self.tell(world, first + at, mail, true));
            }
        }
    }

    /// FETCH of one.
    fn tell(&mut self, world: &World, at: usize, mail: &Mail, with_uid: bool) {
        let uid = if with_uid { format!("UID {} ", mail.uid) } else { String::new() };
        let modseq = match self.condstore && (world.features.condstore || world.features.qresync) {
            true => format!(" MODSEQ ({})", mail.modseq),
            false => String::new(),
        };
        self.seen[at].1 = Some(mail.flags);
        self.say(&format!("* {} FETCH ({uid}FLAGS {}{modseq})", at + 1, flags(mail.flags)));
    }

    fn select(&mut self, world: &mut World, select: &Select, behind: &mut VecDeque<Behind>) {
        if self.selected && (world.features.qresync || world.features.condstore) {
            // News of the mailbox before, and its end.
            self.sync(world);
            self.say("* OK [CLOSED] closed");
        }
        self.condstore |= select.condstore || select.qresync.is_some();
        self.selected = true;
        self.seen = world.mails.iter().map(|mail| (mail.uid, Some(mail.flags))).collect();
        self.say(&format!("* {} EXISTS", self.seen.len()));
        self.say(&format!("* OK [UIDVALIDITY {}] v", world.validity));
        self.say(&format!("* OK [UIDNEXT {}] n", world.uid_next));
        if world.features.condstore || world.features.qresync {
            self.say(&format!("* OK [HIGHESTMODSEQ {}] m", world.modseq));
        }
        if let Some(QResync { uid_validity, mod_seq, known_uids, .. }) = &select.qresync
            && uid_validity.get() == world.validity
        {
            let since = mod_seq.get();
            let wanted = |uid: u32| {
                known_uids.as_ref().is_none_or(|set| set.contains(Uid::new(uid).unwrap(), u32::MAX))
            };
            let gone: Vec<_> = world
                .gone
                .iter()
                .filter(|(uid, at)| *at > since && wanted(*uid))
                .map(|(uid, _)| Uid::new(*uid).unwrap())
                .collect();
            if let Some(gone) = UidSet::from_numbers(gone) {
                self.say(&format!("* VANISHED (EARLIER) {gone}"));
            }
            for at in 0..world.mails.len() {
                if world.mails[at].modseq > since {
                    self.tell(world, at, &world.mails[at].clone(), true);
                }
            }
        }
        behind.drain(..).for_each(|one| world.change(one));
    }

    fn fetch(&mut self, world: &mut World, fetch: &FetchCommand, behind: &mut VecDeque<Behind>) {
        let MessageSet::Uid(uids) = &fetch.messages else { panic!("{fetch:?}") };
        assert!(fetch.attributes.contains(&FetchAttribute::Flags));
        let since = fetch.changed_since.map_or(0, |since| since.get());
        self.condstore |= fetch.changed_since.is_some();
        // `*` is the last that this client knows.
        let asked = self.known(world, uids);
        for uid in asked {
            let Some(at) = self.seen.iter().position(|(seen, _)| *seen == uid) else { continue };
            let Some(mail) = world.mails.iter().find(|mail| mail.uid == uid).cloned() else { continue };
            if mail.modseq > since {
                self.tell(world, at, &mail, true);
            }
            // RFC 9051 section 7.5.1: while UID FETCH is under way EXPUNGE may come
            if let Some(one) = behind.pop_front() {
                world.change(one);
                self.sync_some(world, !world.features.lazy);
            }
        }
    }

    fn search(&mut self, world: &World, tag: &str, search: &SearchCommand) {
        assert!(search.uid);
        let found: Vec<_> = self
            .seen
            .iter()
            .map(|(uid, _)| *uid)
            .filter(|uid| world.mails.iter().any(|mail| mail.uid == *uid))
            .collect();
        if search.returns.is_some() {
            let set = UidSet::from_numbers(found.iter().map(|uid| Uid::new(*uid).unwrap()));
            let all = set.map_or(String::new(), |set| format!(" ALL {set}"));
            self.say(&format!("* ESEARCH (TAG \"{tag}\") UID{all}"));
        } else {
            let all: String = found.iter().map(|uid| format!(" {uid}")).collect();
            self.say(&format!("* SEARCH{all}"));
        }
    }

    fn store(&mut self, world: &mut World, store: &Store) {
        let MessageSet::Uid(uids) = &store.messages else { panic!("{store:?}") };
        let StoreItem::Flags(given) = &store.item else { panic!("{store:?}") };
        let given =
            FLAGS.iter().enumerate().filter(|(_, flag)| given.iter().any(|one| one.as_str() == **flag));
        let bits = given.fold(0, |bits, (bit, _)| bits | 1 << bit);
        for uid in self.known(world, uids) {
            let Some(mail) = world.mails.iter().find(|mail| mail.uid == uid) else { continue };
            let now = match store.action {
                StoreAction::Add => mail.flags | bits,
                StoreAction::Remove => mail.flags & !bits,
                _ => bits,
            };
            world.set(uid, now);
            let at = self.seen.iter().position(|(seen, _)| *seen == uid).unwrap();
            let mail = world.mails.iter().find(|mail| mail.uid == uid).unwrap().clone();
            if !store.silent {
                self.tell(world, at, &mail, true);
                continue;
            }
            self.seen[at].1 = Some(mail.flags);
            if self.condstore {
                // RFC 7162 section 3.1.3: the mod-sequence is told all the same
                self.say(&format!("* {} FETCH (UID {uid} MODSEQ ({}))", at + 1, mail.modseq));
            }
        }
    }
}
