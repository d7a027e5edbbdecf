//! How calls go on when their commands end, and what they take of what the server tells.

use super::{ExpungeStage, Kind, ListRequest, ListStage, MoveStage, Outcome, SearchStage, marked};
use crate::{
    Capability, Command, Seq, Uid, Untagged,
    client::Completion,
    list::{ListCommand, ListEntry, ListReturn, ListSelect, MailboxAttribute},
    response::{Code, Damaged, FetchItem, ResponseText},
    search::{SearchCommand, SearchReturn, SortCommand},
    session::{Event, Message, Refused, Session},
};

impl Session {
    /// The task under way goes on: its last command ended like this.
    pub(in crate::session) fn advance(&mut self, completion: Option<Completion>) {
        let Some(task) = self.tasks.front_mut() else { return };
        match &mut task.kind {
            Kind::Command(command) => match command.take() {
                Some(command) => self.issue(*command),
                None => self.complete(completion),
            },
            Kind::Fetch { command, .. } => match command.take() {
                Some(command) => self.issue(Command::Fetch(*command)),
                None => self.complete(completion),
            },
            Kind::Select(_) => self.advance_select(completion),
            Kind::List(_) => self.advance_list(completion),
            Kind::Search(_) => self.advance_search(completion),
            Kind::Move(_) => self.advance_move(completion),
            Kind::Expunge { .. } => self.advance_expunge(completion),
            Kind::Download(_) => self.advance_download(completion),
            Kind::Watch(_) => self.advance_watch(completion),
        }
    }

    fn complete(&mut self, completion: Option<Completion>) {
        if let Some(completion) = completion {
            self.note_code(&completion.text);
            let text = completion.text.clone();
            self.finish(Refused::or_ok(completion).map(|()| Outcome::Completed(text)));
        }
    }

    fn advance_list(&mut self, completion: Option<Completion>) {
        let extended = self.has(&Capability::LIST_EXTENDED) && !self.opening.profile.plain_list;
        let with_status = extended && self.has(&Capability::LIST_STATUS);
        let with_uses = extended && self.has(&Capability::SPECIAL_USE);
        let xlist = self.has(&Capability::XLIST) && !self.has(&Capability::SPECIAL_USE);
        let Some(Kind::List(listing)) = self.tasks.front_mut().map(|task| &mut task.kind) else { return };
        let refused = completion.map(Refused::or_ok);
        match listing.stage {
            ListStage::Begin if extended => {
                let ListRequest { reference, pattern, subscribed, status } = listing.request.clone();
                let mut returns = vec![ListReturn::Subscribed, ListReturn::Children];
                if with_uses {
                    returns.push(ListReturn::SpecialUse);
                }
                if with_status && !status.is_empty() {
                    returns.push(ListReturn::Status(status));
                }
                let mut list = ListCommand::new(pattern).below(reference).returning(returns);
                if subscribed {
                    list = list.selecting([ListSelect::Subscribed]);
                }
                listing.stage = ListStage::Extended;
                self.issue(Command::List(list));
            }
            // Some say that they can, and then do not.
            ListStage::Extended if listing.told == 0 || matches!(refused, Some(Err(_))) => {
                self.list_plainly(xlist)
            }
            ListStage::Extended => {
                if with_status {
                    listing.waiting.clear();
                }
                self.next_status();
            }
            ListStage::Begin => self.list_plainly(xlist),
            ListStage::Plain => match refused {
                Some(Err(refused)) => self.finish(Err(refused)),
                _ => self.next_status(),
            },
            // A mailbox that has no status is no reason to know nothing of the others.
            ListStage::Status => self.next_status(),
        }
    }

    fn list_plainly(&mut self, xlist: bool) {
        let Some(Kind::List(listing)) = self.tasks.front_mut().map(|task| &mut task.kind) else { return };
        listing.stage = ListStage::Plain;
        let ListRequest { reference, pattern, subscribed, .. } = listing.request.clone();
        self.issue(match (subscribed, xlist) {
            (true, _) => Command::Lsub { reference, pattern },
            (false, true) => Command::Xlist { reference, pattern },
            (false, false) => Command::List(ListCommand::new(pattern).below(reference)),
        });
    }

    fn next_status(&mut self) {
        let Some(Kind::List(listing)) = self.tasks.front_mut().map(|task| &mut task.kind) else { return };
        listing.stage = ListStage::Status;
        let items = listing.request.status.clone();
        match listing.waiting.pop_front() {
            Some(mailbox) if !items.is_empty() => self.issue(Command::Status { mailbox, items }),
            _ => self.finish(Ok(Outcome::Completed(ResponseText::new(None, "")))),
        }
    }

    fn advance_search(&mut self, completion: Option<Completion>) {
        let short = self.has(&Capability::ESEARCH) && !self.opening.profile.plain_search;
        let Some(Kind::Search(searching)) = self.tasks.front_mut().map(|task| &mut task.kind) else { return };
        match (searching.stage, completion) {
            (SearchStage::Begin, _) => {
                let extended = short && searching.sort.is_empty();
                self.begin_search(extended);
            }
            // RFC 4731 says what it is for; a server that does not understand its own extension is asked in the old way.
            (SearchStage::Extended, Some(completion))
                if completion.status == crate::response::Status::Bad =>
            {
                self.begin_search(false);
            }
            (_, Some(_)) if searching.overflows => {
                let text = ResponseText::new(None, "more messages are found than can be held");
                self.finish(Err(Refused { text: Box::new(text), is_bad: false, misuse: None }));
            }
            (SearchStage::Extended, Some(completion)) if completion.is_ok() && searching.damaged => {
                self.begin_search(false);
            }
            (_, Some(completion)) if completion.is_ok() && searching.damaged => {
                let text = ResponseText::new(None, "what the server found makes no sense");
                self.finish(Err(Refused { text: Box::new(text), is_bad: false, misuse: None }));
            }
            (_, Some(completion)) => {
                let found = std::mem::take(&mut searching.found);
                let found = found.into_iter().filter_map(Uid::new).collect();
                self.finish(Refused::or_ok(completion).map(|()| Outcome::Found(found)));
            }
            (_, None) => {}
        }
    }

    fn begin_search(&mut self, extended: bool) {
        let Some(Kind::Search(searching)) = self.tasks.front_mut().map(|task| &mut task.kind) else { return };
        searching.stage = if extended { SearchStage::Extended } else { SearchStage::Plain };
        searching.found.clear();
        (searching.damaged, searching.overflows) = (false, false);
        let key = searching.key.clone();
        let command = if searching.sort.is_empty() {
            SearchCommand::uid(key).map(|search| {
                Command::Search(if extended { search.returning([SearchReturn::All]) } else { search })
            })
        } else {
            SortCommand::uid(searching.sort.clone(), key).map(Command::Sort)
        };
        match command {
            Ok(command) => self.issue(command),
            Err(invalid) => self.finish(Err(Refused::of_value(invalid))),
        }
    }

    fn advance_move(&mut self, completion: Option<Completion>) {
        let direct = self.has(&Capability::MOVE);
        let Some(Kind::Move(moving)) = self.tasks.front_mut().map(|task| &mut task.kind) else { return };
        let (uids, mailbox) = (moving.uids.clone(), moving.mailbox.clone());
        if let Some(completion) = completion {
            if matches!(completion.text.code, Some(Code::CopyUid(_))) {
                moving.code.clone_from(&completion.text.code);
            }
            if let Err(refused) = Refused::or_ok(completion) {
                return self.finish(Err(refused));
            }
        }
        match moving.stage {
            MoveStage::Begin if direct => {
                moving.stage = MoveStage::Move;
                self.issue(Command::Move { messages: uids.into(), mailbox });
            }
            MoveStage::Begin => {
                moving.stage = MoveStage::Copy;
                self.issue(Command::Copy { messages: uids.into(), mailbox });
            }
            // What was copied is removed here, and nothing else.
            MoveStage::Copy => {
                moving.stage = MoveStage::Mark;
                self.issue(Command::Store(marked(uids)));
            }
            MoveStage::Mark => {
                moving.stage = MoveStage::Expunge;
                self.issue(Command::UidExpunge(uids));
            }
            MoveStage::Move | MoveStage::Expunge => {
                let code = moving.code.take();
                self.finish(Ok(Outcome::Moved(code)));
            }
        }
    }

    fn advance_expunge(&mut self, completion: Option<Completion>) {
        let Some(Kind::Expunge { uids, stage }) = self.tasks.front_mut().map(|task| &mut task.kind) else {
            return;
        };
        let uids = uids.clone();
        let text = completion.as_ref().map(|completion| completion.text.clone());
        let stage_was = *stage;
        *stage = match stage_was {
            ExpungeStage::Begin => ExpungeStage::Mark,
            _ => ExpungeStage::Expunge,
        };
        if let Some(Err(refused)) = completion.map(Refused::or_ok) {
            return self.finish(Err(refused));
        }
        match stage_was {
            ExpungeStage::Begin => {
                self.issue(Command::Store(marked(uids)));
            }
            ExpungeStage::Mark => self.issue(Command::UidExpunge(uids)),
            ExpungeStage::Expunge => {
                self.finish(Ok(Outcome::Completed(text.unwrap_or_else(|| ResponseText::new(None, "")))));
            }
        }
    }

    /// Where messages are that are being moved: RFC 6851 section 4.3 has the server say so before they go.
    pub(in crate::session) fn note_moved(&mut self, text: &ResponseText) {
        if let Some(Kind::Move(moving)) = self.tasks.front_mut().map(|task| &mut task.kind)
            && matches!(text.code, Some(Code::CopyUid(Some(_))))
        {
            moving.code.clone_from(&text.code);
        }
    }

    /// Whether a message is one that the FETCH under way asked for, rather than news; `streamed` if it has content that comes in
    /// pieces.
    pub(in crate::session) fn is_wanted(&self, message: &Message, streamed: bool) -> bool {
        let Some(Kind::Fetch { wanted, command: None }) = self.tasks.front().map(|task| &task.kind) else {
            return false;
        };
        let has_content = streamed || message.fetch.items.iter().any(|item| !is_told_unasked(item));
        if wanted.content && !has_content {
            return false;
        }
        // A server may give what was not asked for; that is nobody's answer.
        let number = if wanted.by_uid { message.uid.map(Uid::get) } else { message.seq.map(Seq::get) };
        match (number, &wanted.ranges) {
            (Some(number), Some(ranges)) => {
                let after = ranges.partition_point(|&(first, _)| first <= number);
                after.checked_sub(1).and_then(|at| ranges.get(at)).is_some_and(|&(_, last)| number <= last)
            }
            (Some(_), None) => true,
            // RFC 9051 section 6.4.9: UID FETCH is answered with UIDs; what has none is news if it can be
            (None, _) => wanted.by_uid && wanted.content,
        }
    }

    /// A response that makes no sense: a search whose result it was has none, and is not one that found nothing.
    pub(in crate::session) fn note_damaged(&mut self, damaged: &Damaged) {
        let is_numbers = ["SEARCH", "ESEARCH", "SORT"];
        let is_result = damaged.name.as_ref().is_none_or(|name| is_numbers.iter().any(|one| name.is(one)));
        match self.tasks.front_mut().map(|task| &mut task.kind) {
            Some(Kind::Search(searching)) if is_result => searching.damaged = true,
            Some(Kind::Select(selecting)) => selecting.note_damaged(damaged.uid),
            _ => {}
        }
    }

    pub(in crate::session) fn collects_numbers(&self) -> bool {
        self.collects_presence()
            || matches!(self.tasks.front().map(|task| &task.kind), Some(Kind::Search(searching)) if searching.stage != SearchStage::Begin)
    }

    pub(in crate::session) fn collect_numbers(&mut self, untagged: Untagged) {
        if self.collects_presence() {
            return self.collect_presence(untagged);
        }
        let most = self.opening.config.limits.view;
        let Some(Kind::Search(searching)) = self.tasks.front_mut().map(|task| &mut task.kind) else { return };
        match untagged {
            Untagged::Search(numbers) | Untagged::Sort(numbers) => searching.found.extend(numbers.numbers),
            Untagged::Esearch(search) => {
                // A few octets may stand for as many messages as there are numbers.
                let room = most.saturating_sub(searching.found.len());
                let uids = search.uids().into_iter();
                searching.overflows |= uids.clone().any(|uids| uids.count(u32::MAX) > room as u64);
                searching.found.extend(uids.flat_map(|uids| uids.numbers(u32::MAX)).take(room).map(Uid::get));
            }
            _ => {}
        }
        searching.overflows |= searching.found.len() > most;
        searching.found.truncate(most);
    }

    pub(in crate::session) fn collects(&self, untagged: &Untagged) -> bool {
        matches!(untagged, Untagged::List(_) | Untagged::Lsub(_))
            && matches!(self.tasks.front().map(|task| &task.kind), Some(Kind::List(_)))
    }

    pub(in crate::session) fn collect(&mut self, untagged: Untagged) {
        let id = self.current();
        let Some(Kind::List(listing)) = self.tasks.front_mut().map(|task| &mut task.kind) else { return };
        let entry = match untagged {
            Untagged::List(entry) => entry,
            // A LIST among them may be of any mailbox; those of LSUB are subscribed to.
            Untagged::Lsub(mut entry) => {
                entry.attributes.insert(&MailboxAttribute::SUBSCRIBED);
                entry
            }
            _ => return,
        };
        listing.told += 1;
        if is_selectable(&entry) && !listing.request.status.is_empty() {
            listing.waiting.push_back(entry.name.detach());
        }
        if let Some(id) = id {
            self.pending.push_back(Event::Data(id, Untagged::List(entry)));
        }
    }
}

const fn is_told_unasked(item: &FetchItem) -> bool {
    matches!(item, FetchItem::Uid(_) | FetchItem::Flags(_) | FetchItem::ModSeq(_))
}

fn is_selectable(entry: &ListEntry) -> bool {
    !entry.attributes.contains(&MailboxAttribute::NO_SELECT)
}
