//! News of the selected mailbox: what responses mean for what is known of its messages.

use super::{Change, Event, Ledger, Message, Session, cursor::digest};
use crate::{
    Flags, Seq, Uid, UidSet, UidValidity, Untagged,
    client::{Change as ViewChange, State},
    response::{Fetch, FetchItem},
};

impl Session {
    /// Tells news, in UIDs where they are known.
    pub(super) fn changed(&mut self, change: ViewChange) {
        self.moves += u64::from(!matches!(change, ViewChange::Flags { .. }));
        if matches!(change, ViewChange::Vanished(_) | ViewChange::Expunged { uid: None, .. }) {
            // It may have been one of those.
            self.ghosts = 0;
        }
        let change = match change {
            ViewChange::Arrived(count) => return self.arrived(count),
            ViewChange::Expunged { uid: Some(uid), .. } => {
                let uids = UidSet::from(uid);
                if let Some(ledger) = &mut self.ledger
                    && ledger.remove(&uids).is_none()
                {
                    self.ghosts = self.ghosts.saturating_sub(1);
                }
                Change::Vanished(uids)
            }
            ViewChange::Expunged { seq, uid: None } => {
                if self.is_unnamed(seq) || self.keeps_up() {
                    return;
                }
                Change::Expunged(seq)
            }
            ViewChange::Vanished(uids) => match &mut self.ledger {
                Some(ledger) => {
                    let known = ledger.remove(&uids);
                    if ledger.len() == self.view.exists() as usize && !self.view.is_complete() {
                        self.fill_view();
                    }
                    match known {
                        Some(known) => Change::Vanished(known),
                        None => return,
                    }
                }
                None => Change::Vanished(uids),
            },
            ViewChange::Flags { seq, uid, flags, modseq } => {
                match uid {
                    Some(uid) => self.note_flags(uid, flags.as_ref()),
                    None if self.is_unnamed(seq) || self.keeps_up() => return,
                    None => {}
                }
                if self.is_selecting() {
                    return;
                }
                Change::Flags { uid, flags, modseq }
            }
            _ => {
                self.ledger = None;
                Change::Lost
            }
        };
        self.pending.push_back(Event::Change(change));
    }

    /// Something happened to a message whose UID is not known: whether it is one of those that are told by UID. They are compared then.
    fn is_unnamed(&mut self, seq: Seq) -> bool {
        let Some(ledger) = &self.ledger else { return false };
        // What is beyond arrived since, and nobody was told of it. While everything is asked for, it is seen there.
        if seq.get() as usize > ledger.len() || self.asks_everything() {
            return false;
        }
        self.unsure = true;
        self.disturbed();
        true
    }

    /// Whether news of messages that nobody was told of are nobody's.
    fn keeps_up(&self) -> bool {
        self.is_selecting() || (self.ledger.is_some() && self.watching())
    }

    /// The flags that a message has.
    fn note_flags(&mut self, uid: Uid, flags: Option<&Flags>) {
        if let (Some(ledger), Some(flags)) = (&mut self.ledger, flags)
            && ledger.digest(uid).is_some()
        {
            ledger.set(uid, digest(flags));
        }
    }

    /// A message that was asked for tells its flags too.
    pub(super) fn note_wanted(&mut self, message: &Message) {
        if let Some(uid) = message.uid {
            self.note_flags(uid, message.fetch.flags());
        }
    }

    /// A message begins that comes in pieces.
    pub(super) fn streams(&mut self, fetch: Fetch) -> Message {
        self.streamed = Some((fetch.number, fetch.by_uid));
        self.note_streamed(fetch)
    }

    /// More of it.
    pub(super) fn note_items(&mut self, items: &[FetchItem]) {
        if let Some((number, by_uid)) = self.streamed {
            self.note_streamed(Fetch { number, by_uid, items: items.iter().cloned().collect() });
        }
    }

    fn note_streamed(&mut self, fetch: Fetch) -> Message {
        let change = match self.client.state() {
            State::Selected => self.view.apply(&Untagged::Fetch(fetch.clone())),
            _ => None,
        };
        let message = self.message(fetch);
        let is_told = self.telling || (self.current().is_some() && self.is_wanted(&message, true));
        match change {
            Some(ViewChange::Lost) => self.changed(ViewChange::Lost),
            Some(_) if is_told => self.note_wanted(&message),
            Some(change) => self.changed(change),
            None => {}
        }
        message
    }

    /// What `UIDVALIDITY` of the selected mailbox is, if that is another than it was: nothing that is known by UID means anything.
    pub(super) fn revalidated(&mut self, validity: Option<UidValidity>) {
        let Some(selected) = &mut self.selected else { return };
        let before = std::mem::replace(&mut selected.uid_validity, validity);
        if self.is_selecting() || before.is_none() || before == validity {
            return;
        }
        self.view.forget();
        self.pending.push_back(Event::Change(Change::Reset));
        if self.ledger.is_some() {
            self.ledger = Some(Ledger::default());
            self.unsure = true;
            self.disturbed();
        }
    }
}
