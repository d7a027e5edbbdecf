//! What the server says, and what it means for the session.

use bytes::Bytes;
use wire_core::{Moment, RecvBuf, Security, Step};

use super::flight::{Family, Flight, Kind, Turn};
use super::{Client, Completion, Event, Fetching, Idle, Outgoing, Phase, Queued, State};
use crate::{
    Capability, Command, Error, PeerError, Response, Untagged,
    extensions::metadata::MetadataContent,
    frame::Frame,
    response::{Code, Damaged, Fetch, FetchBegin, FetchContinued, FetchItem, ResponseText, Status, Tagged},
};

impl Client {
    /// Takes what has arrived; a step if the driver has something to do, an event or a new state otherwise.
    pub(super) fn receive(&mut self, now: Moment, rx: &mut RecvBuf) -> Result<Option<Step<Event>>, Error> {
        if self.state == State::Greeting && self.framer.is_at_beginning() && is_foreign(rx.peek()) {
            return Err(PeerError::NotImap.into());
        }
        if self.state != State::Greeting
            && let Some(fetch) = self.framer.flags(rx, &self.frame_limits)
        {
            self.rearm = true;
            self.untagged(Untagged::Fetch(fetch))?;
            return Ok(None);
        }
        let Some(frame) = self.framer.step(rx, &self.frame_limits)? else { return Ok(None) };
        self.rearm = true;
        match frame {
            // A greeting is whole, and there is no session yet that could go on without it.
            Frame::Begin { .. } | Frame::TooLarge { .. } if self.state == State::Greeting => {
                return Err(PeerError::Greeting.into());
            }
            Frame::Whole(octets) => {
                let in_auth =
                    self.flights.front().is_some_and(|flight| flight.kind == Kind::Alone(Turn::Authenticate));
                if in_auth && octets.first() == Some(&b'+') {
                    // A challenge may hold what only the two sides should know.
                    rx.redact(2);
                }
                return self.response(Response::parse(&octets, self.dialect()), &octets, now, rx);
            }
            Frame::Begin { head, octets, .. } => self.fetch_begins(&head, octets)?,
            Frame::Chunk(chunk) => {
                if self.fetching.as_ref().is_some_and(|fetching| fetching.wanted) {
                    self.pending.push_back(Event::BodyChunk(chunk));
                }
            }
            Frame::End(tail) => self.fetch_continues(&tail, None),
            Frame::TooLarge { head } => match self.fetching.take() {
                Some(fetching) => self.fetch_is_too_large(fetching, head),
                None => self.tell(Untagged::Damaged(Damaged::too_large(head))),
            },
            // Servers wait for nobody.
            Frame::Waits { .. } => {}
        }
        Ok(None)
    }

    /// A literal of a message is streamed, and this is what stands before it.
    fn fetch_begins(&mut self, head: &Bytes, octets: u64) -> Result<(), Error> {
        if self.fetching.is_some() {
            self.fetch_continues(head, Some(octets));
            return Ok(());
        }
        let wanted = !self.is_hidden() && !self.is_abandoned(Family::Fetch);
        match FetchBegin::parse(head, self.dialect()) {
            Ok(begin) => {
                let FetchBegin { number, by_uid, .. } = begin;
                self.check_uid_fetch(by_uid)?;
                self.fetching = Some(Fetching { wanted, uid: begin.uid(), number: Some((number, by_uid)) });
                if wanted {
                    let FetchBegin { items, streamed, .. } = begin;
                    self.pending.push_back(Event::FetchBegin { number, by_uid, items: items.to_vec() });
                    self.pending.push_back(Event::BodyBegin { item: streamed, octets });
                } else {
                    self.tell_news(&Fetch { number, by_uid, items: begin.items });
                }
            }
            Err(damaged) => {
                // What follows is passed over with it.
                self.fetching = Some(Fetching { wanted: false, uid: None, number: None });
                if wanted {
                    self.tell(Untagged::Damaged(damaged));
                }
            }
        }
        Ok(())
    }

    /// RFC 9586 section 3.3: UIDFETCH comes once UIDONLY was enabled.
    fn check_uid_fetch(&self, by_uid: bool) -> Result<(), PeerError> {
        if by_uid && !self.enabled.names(&Capability::UIDONLY) {
            return Err(PeerError::UidFetch);
        }
        Ok(())
    }

    /// What nobody asked for of a message that nobody wants.
    fn tell_news(&mut self, fetch: &Fetch) {
        if let Some(news) = news_of(fetch) {
            self.tell(Untagged::Fetch(news));
        }
    }

    /// A streamed literal is complete, and this is what stands behind it: up to the next, or to the end.
    fn fetch_continues(&mut self, octets: &Bytes, next: Option<u64>) {
        let Some(mut fetching) = self.fetching.take() else { return };
        let continued = FetchContinued::parse(octets, fetching.uid, self.dialect());
        if fetching.wanted {
            self.pending.push_back(Event::BodyEnd);
            match continued {
                Ok(FetchContinued { items, streamed }) => {
                    if !items.is_empty() {
                        self.pending.push_back(Event::FetchItems(items.to_vec()));
                    }
                    if let (Some(item), Some(octets)) = (streamed, next) {
                        self.pending.push_back(Event::BodyBegin { item, octets });
                    }
                }
                Err(error) => {
                    // The rest makes no sense; what was told of the message stays.
                    fetching.wanted = false;
                    self.tell(Untagged::Damaged(Damaged::of_fetch(octets, fetching.uid, error)));
                    self.pending.push_back(Event::FetchEnd);
                }
            }
        } else if let (Some((number, by_uid)), Ok(FetchContinued { items, .. })) =
            (fetching.number, continued)
        {
            let uid = fetching.uid.filter(|_| !by_uid).map(FetchItem::Uid);
            let items = uid.into_iter().chain(items).collect();
            self.tell_news(&Fetch { number, by_uid, items });
        }
        if next.is_some() {
            self.fetching = Some(fetching);
        } else if fetching.wanted {
            self.pending.push_back(Event::FetchEnd);
        }
    }

    /// The rest of a message is too large. What was told of it stays, and it ends here.
    fn fetch_is_too_large(&mut self, fetching: Fetching, head: Bytes) {
        if fetching.wanted {
            let number = fetching.number.and_then(|(number, by_uid)| (!by_uid).then_some(number));
            let name = Some(crate::Atom::from_static("FETCH"));
            let damaged = Damaged { name, number, uid: fetching.uid, raw: head, error: None };
            self.pending.push_back(Event::BodyEnd);
            self.tell(Untagged::Damaged(damaged));
            self.pending.push_back(Event::FetchEnd);
        }
    }

    /// Whether nothing of what the server says may reach the application: it was said in clear, by whoever is on the line.
    fn is_hidden(&self) -> bool {
        self.config.security == Security::StartTls && self.tls.is_none()
    }

    fn is_abandoned(&self, family: Family) -> bool {
        self.flights.iter().any(|flight| flight.abandoned && flight.kind.tells(family))
    }

    fn tell(&mut self, untagged: Untagged) {
        if !self.is_hidden() {
            self.pending.push_back(Event::Untagged(untagged));
        }
    }

    fn response(
        &mut self,
        response: Response,
        octets: &Bytes,
        now: Moment,
        rx: &mut RecvBuf,
    ) -> Result<Option<Step<Event>>, Error> {
        if self.state == State::Greeting {
            self.greeting(response)?;
            return Ok(None);
        }
        match response {
            Response::Continuation(text) => {
                self.continued(&text, octets, now)?;
                Ok(None)
            }
            Response::Tagged(tagged) => self.tagged(tagged, now, rx),
            Response::Untagged(untagged) => {
                self.untagged(untagged)?;
                Ok(None)
            }
            Response::Stray(text) => {
                if !self.is_hidden() {
                    self.pending.push_back(Event::Stray(text));
                }
                Ok(None)
            }
        }
    }

    /// RFC 9051 section 7.1: OK, PREAUTH or BYE.
    fn greeting(&mut self, response: Response) -> Result<(), Error> {
        let (text, authenticated) = match response {
            Response::Untagged(Untagged::Status(Status::Ok, text)) => (text, false),
            Response::Untagged(Untagged::Preauth(text)) => (text, true),
            Response::Untagged(Untagged::Bye(text)) => {
                self.bye = true;
                self.pending.push_back(Event::Untagged(Untagged::Bye(text)));
                self.phase = Phase::Closing;
                return Ok(());
            }
            Response::Stray(text) => return Err(PeerError::Line(text.detach()).into()),
            _ => return Err(PeerError::Greeting.into()),
        };
        // RFC 9051 section 7.1.4: STARTTLS cannot be used any more, so whoever removed the need for a login removed TLS.
        if authenticated && self.is_hidden() {
            return Err(PeerError::PreauthInClear.into());
        }
        self.state = if authenticated { State::Authenticated } else { State::NotAuthenticated };
        self.code(text.code.as_ref());
        self.pending.push_back(Event::Greeting { authenticated, text });
        Ok(())
    }

    /// What a code says about the session.
    fn code(&mut self, code: Option<&Code>) {
        if let Some(Code::Capability(capabilities)) = code {
            self.capabilities = Some(capabilities.detach());
        }
    }

    fn continued(&mut self, text: &ResponseText, octets: &Bytes, now: Moment) -> Result<(), Error> {
        if let Some(outgoing) = self.outgoing.as_mut().filter(|outgoing| outgoing.is_waiting()) {
            outgoing.go_on();
            self.asked = true;
            return Ok(());
        }
        match self.flights.front().map(|flight| flight.kind) {
            Some(Kind::Alone(Turn::Authenticate)) => {
                let challenge = octets.get(1..).unwrap_or_default();
                self.challenged(challenge.strip_prefix(b" ").unwrap_or(challenge));
                self.asked = true;
            }
            Some(Kind::Alone(Turn::Idle)) => {
                let until = now + self.config.timeouts.idle;
                if let Some(idle) = &mut self.idle
                    && !idle.begun
                    && !idle.ended
                {
                    idle.begun = true;
                    idle.until = Some(until);
                    if !idle.told {
                        idle.told = true;
                        let id = idle.id;
                        self.pending.push_back(Event::Idling(id));
                    }
                }
            }
            // Some servers send one too many; it releases nothing.
            Some(_) if text.code.is_none() && text.text.is_empty() => {}
            _ => return Err(PeerError::Continuation.into()),
        }
        Ok(())
    }

    fn untagged(&mut self, untagged: Untagged) -> Result<(), Error> {
        match &untagged {
            Untagged::Status(_, text) => self.code(text.code.as_ref()),
            Untagged::Preauth(_) => return Err(PeerError::SecondGreeting.into()),
            Untagged::Bye(_) => {
                self.bye = true;
                if self.is_hidden() {
                    self.phase = Phase::Closing;
                }
            }
            Untagged::Capability(capabilities) => self.capabilities = Some(capabilities.detach()),
            Untagged::Enabled(capabilities) if !self.is_hidden() => {
                for capability in capabilities.detach().iter() {
                    self.enabled.insert(capability.clone());
                }
            }
            Untagged::Fetch(fetch) => {
                self.check_uid_fetch(fetch.by_uid)?;
                if self.is_abandoned(Family::Fetch) {
                    self.tell_news(fetch);
                    return Ok(());
                }
            }
            Untagged::Search(_) | Untagged::Sort(_) | Untagged::Thread(_) | Untagged::Esearch(_)
                if self.is_abandoned(Family::Search) =>
            {
                return Ok(());
            }
            Untagged::List(_) | Untagged::Lsub(_) if self.is_abandoned(Family::List) => return Ok(()),
            Untagged::MailboxStatus(_) if self.is_abandoned(Family::Status) => return Ok(()),
            untagged if is_of_extension(untagged) && self.is_abandoned(Family::Extension) => return Ok(()),
            // Which message is which can only be guessed from here on.
            Untagged::Damaged(Damaged { name: Some(name), .. })
                if name.is("EXPUNGE") || name.is("EXISTS") =>
            {
                return Err(PeerError::Count.into());
            }
            _ => {}
        }
        self.tell(untagged);
        Ok(())
    }

    fn tagged(
        &mut self,
        tagged: Tagged,
        now: Moment,
        rx: &mut RecvBuf,
    ) -> Result<Option<Step<Event>>, Error> {
        let Tagged { tag, status, text } = tagged;
        let Some(index) = self.flights.iter().position(|flight| flight.tag == tag) else {
            return Err(PeerError::UnknownTag.into());
        };
        let Some(flight) = self.flights.remove(index) else { return Ok(None) };
        self.in_flight = self.in_flight.saturating_sub(flight.octets);
        let mut cut = false;
        if self.outgoing.as_ref().is_some_and(|outgoing| outgoing.id == flight.id) {
            // A literal that was not asked for need not be sent; one that has begun must be, and nobody gives it any more.
            cut = self.outgoing.as_ref().is_some_and(Outgoing::waits_for_application);
            self.outgoing = None;
            self.literal.clear();
            self.literal_waiting = 0;
        }
        let told_capabilities = matches!(text.code, Some(Code::Capability(_)));
        if !self.is_hidden() || told_capabilities {
            self.code(text.code.as_ref());
        }
        let ok = status == Status::Ok;
        if let Kind::Alone(turn) = flight.kind {
            match turn {
                Turn::StartTls if ok => {
                    // What was sent in clear behind the OK is an injection.
                    let proof = rx.seal()?;
                    self.phase = Phase::Upgrading;
                    self.capabilities = None;
                    self.deadline = Some(now + self.config.timeouts.tls);
                    self.rearm = false;
                    self.finish(&flight, status, text);
                    return Ok(Some(Step::StartTls(proof)));
                }
                Turn::Idle if ok && self.renews_idle() => return Ok(None),
                _ => {
                    self.turned(turn, ok, told_capabilities);
                    self.look_ahead();
                }
            }
        }
        self.finish(&flight, status, text);
        if cut {
            self.phase = Phase::Closing;
        }
        Ok(None)
    }

    fn finish(&mut self, flight: &Flight, status: Status, text: ResponseText) {
        if !flight.abandoned {
            self.pending.push_back(Event::Done(flight.id, Completion { status, text }));
        }
    }

    /// IDLE is over only to begin again.
    fn renews_idle(&mut self) -> bool {
        let Some(idle) = self.idle.as_mut().filter(|idle| idle.renewing) else { return false };
        let id = idle.id;
        *idle = Idle { told: idle.told, ..Idle::new(id) };
        let state_behind = self.state_to_come();
        let command = Command::Idle;
        self.queue.push_back(Queued { id, command, timeout: None, abandoned: false, state_behind });
        true
    }

    /// The session is another one.
    fn turned(&mut self, turn: Turn, ok: bool, told_capabilities: bool) {
        match turn {
            Turn::Authenticate | Turn::Login => {
                if turn == Turn::Authenticate {
                    self.authenticated(ok);
                }
                if ok {
                    self.state = State::Authenticated;
                    if !told_capabilities {
                        self.capabilities = None;
                    }
                }
            }
            Turn::Select if ok => self.state = State::Selected,
            // RFC 9051 section 6.3.2: "if a mailbox is selected and a SELECT command that fails is attempted, no mailbox is
            // selected"
            Turn::Select | Turn::Close if self.state == State::Selected && (ok || turn == Turn::Select) => {
                self.state = State::Authenticated;
            }
            Turn::Logout => {
                self.state = State::Logout;
                self.phase = Phase::Closing;
            }
            Turn::Idle => self.idle = None,
            #[cfg(feature = "compress")]
            Turn::Compress if ok => self.phase = Phase::Compressing,
            Turn::Unauthenticate if ok => {
                self.state = State::NotAuthenticated;
                self.enabled = crate::Capabilities::new();
                self.capabilities = None;
            }
            _ => {}
        }
    }
}

/// What commands of extensions are answered with. That metadata changed is news.
fn is_of_extension(untagged: &Untagged) -> bool {
    match untagged {
        Untagged::Metadata(metadata) => matches!(metadata.content, MetadataContent::Values(_)),
        Untagged::Namespace(_)
        | Untagged::Id(_)
        | Untagged::Acl(_)
        | Untagged::ListRights(_)
        | Untagged::MyRights(_)
        | Untagged::Quota(_)
        | Untagged::QuotaRoots(_)
        | Untagged::JmapAccess(_)
        | Untagged::GenUrlAuth(_)
        | Untagged::UrlFetch(_) => true,
        _ => false,
    }
}

/// What a message tells of its flags, if it does.
fn news_of(fetch: &Fetch) -> Option<Fetch> {
    let is_news =
        |item: &&FetchItem| matches!(item, FetchItem::Flags(_) | FetchItem::Uid(_) | FetchItem::ModSeq(_));
    fetch.flags()?;
    let items = fetch.items.iter().filter(is_news).cloned().collect();
    Some(Fetch { items, ..fetch.clone() })
}

/// A TLS record, or another protocol.
fn is_foreign(octets: &[u8]) -> bool {
    matches!(octets, [0x15 | 0x16, 3, ..]) || octets.starts_with(b"HTTP/")
}

impl Damaged {
    fn too_large(head: Bytes) -> Self {
        let number = head.strip_prefix(b"* ").and_then(leading_number);
        let uid = crate::response::find_uid(&head);
        Self { name: None, number, uid, raw: head, error: None }
    }

    fn of_fetch(rest: &Bytes, uid: Option<crate::Uid>, error: crate::ParseError) -> Self {
        let name = Some(crate::Atom::from_static("FETCH"));
        Self { name, number: None, uid, raw: rest.clone(), error: Some(error) }
    }
}

fn leading_number(octets: &[u8]) -> Option<u32> {
    let digits = octets.iter().take_while(|octet| octet.is_ascii_digit()).count();
    crate::number::decimal(str::from_utf8(octets.get(..digits)?).ok()?)?.try_into().ok()
}
