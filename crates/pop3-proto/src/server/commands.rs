//! What each command does.

use bytes::{BufMut, Bytes};
use wire_core::{Moment, RecvBuf, SendBuf, Step};

use super::{Ask, Event, Phase, Server, State, Verb, admits};
use crate::phrases::{self, Language, Phrase};
use crate::{Command, Error, Expire, Limit, Reply, digits};

pub(super) type Handled = Result<Option<Step<Event>>, Error>;

impl Server {
    pub(super) fn handle(
        &mut self,
        command: Command,
        now: Moment,
        rx: &mut RecvBuf,
        tx: &mut SendBuf,
    ) -> Handled {
        let verb = Verb::of(&command);
        let state = self.state;
        if verb != Verb::Pass {
            self.forget_name();
        }
        let junk = verb.is_junk()
            || matches!(command, Command::AuthList)
            || matches!((state, verb), (State::Named, Verb::User));
        if state != State::Transaction && junk {
            self.junk += 1;
            if self.junk > self.config.limits.junk_commands {
                return Err(Limit::JunkCommands(self.config.limits.junk_commands).into());
            }
        }
        if let Err(refusal) = admits(state, verb) {
            self.refuse_bad(now, &refusal)?;
            return Ok(None);
        }
        match command {
            Command::Stat => {
                let (messages, octets) = self.maildrop.counts();
                self.outbox.put_slice(b"+OK ");
                digits::put(u64::from(messages), &mut self.outbox);
                self.outbox.put_u8(b' ');
                digits::put(octets, &mut self.outbox);
                self.outbox.put_slice(b"\r\n");
                Ok(None)
            }
            Command::List(message) => self.list(message, false),
            Command::Uidl(message) => self.list(message, true),
            Command::Retr(message) => self.retrieve(message, None),
            Command::Top { message, lines } => self.retrieve(message, Some(lines)),
            Command::Dele(message) => {
                if !self.maildrop.has(message) {
                    return self.no_such_message(message);
                }
                self.maildrop.delete(message);
                self.say(&Reply::fixed(true, None, &phrases::DELETED_NOW));
                Ok(None)
            }
            Command::Noop => {
                self.outbox.put_slice(b"+OK\r\n");
                Ok(None)
            }
            Command::Rset => {
                self.maildrop.undelete();
                self.say(&Reply::ok());
                Ok(None)
            }
            Command::Quit => self.quit(),
            Command::User(name) => self.user(&name, now),
            Command::Pass(password) => {
                rx.redact("PASS ".len());
                self.pass(&password, now)
            }
            Command::Apop { user, digest } => {
                rx.redact("APOP ".len());
                self.apop(&user, &digest, now)
            }
            Command::Auth { mechanism, initial } => {
                rx.redact("AUTH ".len() + mechanism.len() + 1);
                self.auth(&mechanism, initial.as_ref(), now)
            }
            Command::AuthList => self.list_mechanisms(),
            Command::Capa => self.capabilities(),
            Command::Stls => self.start_tls(now, rx, tx),
            Command::Utf8 => self.utf8(now),
            Command::Lang(range) => self.lang(range.as_ref(), now),
            Command::Unknown { .. } => self.bad(now, &phrases::UNKNOWN),
        }
    }

    /// RFC 1939 section 7: PASS "may only be given in the AUTHORIZATION state immediately after a successful USER
    /// command"; whatever comes between ends the login.
    pub(super) fn forget_name(&mut self) {
        if self.state == State::Named {
            self.state = State::Authorization;
            self.user = None;
        }
    }

    /// A command that is wrong in form or place.
    pub(super) fn bad(&mut self, now: Moment, phrase: &'static Phrase) -> Handled {
        self.refuse_bad(now, &Reply::fixed(false, None, phrase))?;
        Ok(None)
    }

    /// A message that is not there: no mistake of the program, so it is not counted.
    fn no_such_message(&mut self, message: u32) -> Handled {
        let phrase =
            if self.maildrop.is_deleted(message) { &phrases::DELETED } else { &phrases::NO_SUCH_MESSAGE };
        self.say(&Reply::fixed(false, None, phrase));
        Ok(None)
    }

    fn list(&mut self, message: Option<u32>, unique_ids: bool) -> Handled {
        match message {
            Some(message) if self.maildrop.has(message) => {
                self.outbox.put_slice(b"+OK ");
                self.maildrop.listing.put_line(message, unique_ids, &mut self.outbox);
                Ok(None)
            }
            Some(message) => self.no_such_message(message),
            None => {
                self.outbox.put_slice(b"+OK\r\n");
                self.phase = Phase::Listing { next: 1, unique_ids };
                Ok(None)
            }
        }
    }

    /// Writes as much of a listing as there is room for.
    pub(super) fn send_listing(&mut self, now: Moment, tx: &mut SendBuf) -> Handled {
        let Phase::Listing { next, unique_ids } = self.phase else { return Ok(None) };
        /// Octets of lines that are written at a time.
        const BATCH: usize = 8 * 1024;
        let (maildrop, last) = (&self.maildrop, self.maildrop.listing.len());
        let before = tx.len();
        let mut message = next;
        while message <= last && tx.len() < self.config.limits.window() {
            tx.put_with(|out| {
                let full = out.len() + BATCH;
                while message <= last && out.len() < full {
                    if !maildrop.is_deleted(message) {
                        maildrop.listing.put_line(message, unique_ids, out);
                    }
                    message += 1;
                }
            });
        }
        if message > last {
            tx.put(b".\r\n");
            self.unsent = tx.len();
            self.wait_for_command(now);
            return Ok(None);
        }
        self.phase = Phase::Listing { next: message, unique_ids };
        let moved = tx.len() != before;
        self.hold_for_wire(moved, now, tx).map(Some)
    }

    fn retrieve(&mut self, message: u32, lines: Option<u64>) -> Handled {
        if !self.maildrop.has(message) {
            return self.no_such_message(message);
        }
        let ascii_only = self.config.utf8 && !self.session.utf8;
        let event = Event::Retrieve { message, lines, ascii_only };
        Ok(Some(self.ask(Ask::Retrieve { message, lines }, event)))
    }

    fn quit(&mut self) -> Handled {
        if self.state == State::Transaction {
            let deleted = self.maildrop.deleted();
            let any = !deleted.is_empty();
            return Ok(Some(self.ask(Ask::Update { any }, Event::Update(deleted))));
        }
        self.say(&Reply::fixed(true, None, &phrases::BYE));
        self.phase = Phase::Closing;
        Ok(None)
    }

    fn start_tls(&mut self, now: Moment, rx: &mut RecvBuf, tx: &mut SendBuf) -> Handled {
        if self.session.tls.is_some() {
            // RFC 2595 section 4: "-ERR Command not permitted when TLS active"
            return self.bad(now, &phrases::ALREADY_TLS);
        }
        if !self.config.tls {
            return self.bad(now, &phrases::NOT_OFFERED);
        }
        if self.session.utf8 {
            // RFC 6856 section 2.1: no STLS after UTF8
            return self.bad(now, &phrases::AFTER_UTF8);
        }
        // The proof comes first: not one octet may follow the command before the handshake.
        let proof = rx.seal()?;
        self.say(&Reply::fixed(true, None, &phrases::BEGIN_TLS));
        self.deliver(tx);
        tx.urge();
        self.phase = Phase::Upgrading;
        self.deadline = Some(now + self.config.timeouts.tls);
        Ok(Some(Step::StartTls(proof)))
    }

    fn utf8(&mut self, now: Moment) -> Handled {
        if !self.config.utf8 {
            return self.bad(now, &phrases::NOT_OFFERED);
        }
        self.session.utf8 = true;
        self.say(&Reply::fixed(true, None, &phrases::UTF8_ON));
        Ok(None)
    }

    fn lang(&mut self, range: Option<&Bytes>, now: Moment) -> Handled {
        if !self.config.lang {
            return self.bad(now, &phrases::NOT_OFFERED);
        }
        let Some(range) = range else {
            self.say(&Reply::fixed(true, None, &phrases::LANGUAGES));
            for language in Language::ALL {
                for part in [language.tag(), " ", language.name(), "\r\n"] {
                    self.outbox.put_slice(part.as_bytes());
                }
            }
            self.outbox.put_slice(b".\r\n");
            return Ok(None);
        };
        // RFC 6856 section 3.2: "*" asks for the language that the administrator prefers.
        let language = if range == "*" { Some(Language::default()) } else { Language::of(range) };
        let Some(language) = language else {
            self.say(&Reply::fixed(false, None, &phrases::NO_LANGUAGE));
            return Ok(None);
        };
        self.session.language = language;
        // RFC 6856 section 3.2: "+OK response followed by a single space, the exact language tag selected, and another
        // space."
        for part in ["+OK ", language.tag(), " ", phrases::LANGUAGE_CHANGED.text(language), "\r\n"] {
            self.outbox.put_slice(part.as_bytes());
        }
        Ok(None)
    }

    /// RFC 2449 section 5.
    fn capabilities(&mut self) -> Handled {
        self.say(&Reply::fixed(true, None, &phrases::CAPABILITIES));
        let in_clear = self.session.tls.is_none();
        let logged_in = self.state == State::Transaction;
        let mechanisms = self.mechanisms();
        let plain = self.takes_logins() && self.config.auth.permits_secrets(&self.transport());
        let config = &self.config;
        let out = &mut self.outbox;
        let mut offer = |offered: bool, line: &[&[u8]]| {
            if offered {
                line.iter().for_each(|part| out.put_slice(part));
                out.put_slice(b"\r\n");
            }
        };
        offer(true, &[b"TOP"]);
        offer(true, &[b"UIDL"]);
        offer(true, &[b"RESP-CODES"]);
        offer(true, &[b"AUTH-RESP-CODE"]);
        offer(config.pipelining, &[b"PIPELINING"]);
        offer(config.user_pass && plain, &[b"USER"]);
        if !mechanisms.is_empty() {
            let names: Vec<&str> = mechanisms.iter().map(|mechanism| mechanism.name()).collect();
            offer(true, &[b"SASL ", names.join(" ").as_bytes()]);
        }
        // RFC 2595 section 4: announced in the AUTHORIZATION state, and not once TLS is there.
        offer(config.tls && in_clear && !logged_in, &[b"STLS"]);
        offer(config.utf8, &[b"UTF8 USER"]);
        offer(config.lang, &[b"LANG"]);
        // RFC 2449 section 6.5: "The server SHOULD append the token "USER" to the LOGIN-DELAY parameter in AUTHENTICATION
        // state, to inform the client that a more accurate value is available after authentication."
        let more: &[u8] = if config.per_user && !logged_in { b" USER" } else { b"" };
        let listing = &self.maildrop.listing;
        if let Some(seconds) = listing.login_delay.or(config.login_delay) {
            offer(true, &[b"LOGIN-DELAY ", seconds.to_string().as_bytes(), more]);
        }
        match listing.expire.or(config.expire) {
            Some(Expire::Never) => offer(true, &[b"EXPIRE NEVER", more]),
            Some(Expire::Days(days)) => offer(true, &[b"EXPIRE ", days.to_string().as_bytes(), more]),
            None => {}
        }
        if let Some(implementation) = &config.implementation {
            offer(true, &[b"IMPLEMENTATION ", implementation]);
        }
        self.outbox.put_slice(b".\r\n");
        Ok(None)
    }
}
