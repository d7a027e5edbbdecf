//! What each command does.

use bytes::Bytes;
use wire_core::{Moment, RecvBuf, SendBuf, Step};

use super::{Abort, Ask, Event, Pending, Pipelining, Protocol, Server, State, Transaction, Verb, admits};
use crate::{
    Body, ByMode, Command, Error, ForwardPath, Hold, Host, Limit, MailParams, PeerError, RcptParams, Reply,
    ReversePath,
};

type Handled = Result<Option<Step<Event>>, Error>;

impl Server {
    pub(super) fn handle(
        &mut self,
        command: Command,
        now: Moment,
        rx: &mut RecvBuf,
        tx: &mut SendBuf,
    ) -> Handled {
        let verb = Verb::of(&command);
        self.check_pipelining(verb, rx)?;
        if verb.is_junk() {
            self.junk += 1;
            if self.junk > self.config.limits.junk_commands {
                return Err(Limit::JunkCommands(self.config.limits.junk_commands).into());
            }
        }
        if let Some(refusal) = self.admission(verb) {
            if let Command::Bdat { octets, last } = command {
                // RFC 3030 section 2: the octets of a refused chunk are sent all the same.
                self.swallow(octets, last, refusal, now);
                return Ok(None);
            }
            self.refuse_bad(now, &refusal)?;
            return Ok(None);
        }
        match command {
            Command::Ehlo(host) | Command::Lhlo(host) => Ok(Some(self.hello(host, true))),
            Command::Helo(host) => Ok(Some(self.hello(host, false))),
            Command::Mail { from, params } => self.mail(from, params, now),
            Command::Rcpt { to, params } => self.rcpt(to, params, now),
            Command::Data => self.data(now),
            Command::Bdat { octets, last } => self.bdat(octets, last, now),
            Command::Rset => {
                self.abort_transaction(Abort::Client);
                self.say(&Reply::fixed(250, (2, 0, 0), "ok"));
                Ok(None)
            }
            Command::Noop(_) => {
                self.say(&Reply::fixed(250, (2, 0, 0), "ok"));
                Ok(None)
            }
            Command::Quit => {
                self.abort_transaction(Abort::Client);
                self.say(&Reply::fixed(221, (2, 0, 0), "closing connection"));
                self.phase = super::Phase::Closing;
                Ok(None)
            }
            Command::Vrfy { argument, .. } if self.config.vrfy => {
                Ok(Some(self.ask(Ask::Plain, Event::Verify(argument))))
            }
            Command::Vrfy { .. } => {
                // RFC 5321 section 7.3: a server that does not want to tell answers 252.
                self.say(&Reply::fixed(252, (2, 5, 0), "send some mail, I will try my best"));
                Ok(None)
            }
            Command::Expn { argument, .. } if self.config.expn => {
                Ok(Some(self.ask(Ask::Plain, Event::Expand(argument))))
            }
            Command::Help(_) => {
                self.say(&Reply::fixed(214, (2, 0, 0), "see RFC 5321"));
                Ok(None)
            }
            Command::StartTls => self.start_tls(now, rx, tx),
            Command::Auth { mechanism, initial } => self.auth(&mechanism, initial.as_ref(), now, rx),
            Command::Etrn(queue) if self.config.etrn => {
                Ok(Some(self.ask(Ask::Plain, Event::TurnQueue(queue))))
            }
            Command::Xclient(attributes) => Ok(Some(self.ask(Ask::Xclient, Event::Xclient(attributes)))),
            Command::Xforward(attributes) => Ok(Some(self.ask(Ask::Plain, Event::Xforward(attributes)))),
            Command::Expn { .. } | Command::Etrn(_) => {
                // RFC 5321 section 4.2.4: 502 is for commands that are recognised but not implemented.
                self.refuse_bad(now, &Reply::fixed(502, (5, 5, 1), "not implemented"))?;
                Ok(None)
            }
            Command::Unknown { .. } => {
                self.refuse_bad(now, &Reply::fixed(500, (5, 5, 2), "unknown command"))?;
                Ok(None)
            }
            _ => {
                self.refuse_bad(now, &Reply::fixed(502, (5, 5, 1), "not implemented"))?;
                Ok(None)
            }
        }
    }

    /// Whether the client should have waited.
    fn check_pipelining(&self, verb: Verb, rx: &RecvBuf) -> Result<(), PeerError> {
        let early = match self.config.pipelining {
            Pipelining::Lenient => false,
            Pipelining::Strict => verb.ends_group(),
            Pipelining::Off => verb != Verb::Bdat,
        };
        // What follows STARTTLS is the seal's business.
        if early && verb != Verb::StartTls && !rx.is_empty() { Err(PeerError::Pipelining) } else { Ok(()) }
    }

    /// The table, and what the configuration adds to it.
    fn admission(&self, verb: Verb) -> Option<Reply> {
        let lmtp = self.config.protocol == Protocol::Lmtp;
        // RFC 2033 section 4.1: "The HELO and EHLO commands of ESMTP are replaced by the LHLO command."
        if matches!((verb, lmtp), (Verb::Ehlo | Verb::Helo, true) | (Verb::Lhlo, false)) {
            return Some(Reply::fixed(
                500,
                (5, 5, 1),
                if lmtp { "this is LMTP" } else { "this is not LMTP" },
            ));
        }
        if matches!(verb, Verb::Xclient | Verb::Xforward) && !self.trusted {
            return Some(Reply::fixed(550, (5, 7, 0), "not from you"));
        }
        let secure = self.session.tls.is_some();
        if verb == Verb::StartTls && (secure || !self.config.tls) {
            let text = if secure { "TLS is active" } else { "TLS is not available" };
            let code = if secure { 503 } else { 502 };
            return Some(Reply::fixed(code, (5, 5, 1), text));
        }
        if let Err(refusal) = admits(self.state, verb) {
            // RFC 2033 section 4.2: "when there have been no successful RCPT commands in the mail transaction, the
            // DATA command MUST fail with a 503 reply code."
            let nobody = lmtp && verb == Verb::Data && self.state == State::Mail;
            return Some(if nobody { Reply::fixed(503, (5, 5, 1), "no valid recipients") } else { refusal });
        }
        let exempt = matches!(
            verb,
            Verb::Ehlo
                | Verb::Helo
                | Verb::Lhlo
                | Verb::Noop
                | Verb::Quit
                | Verb::StartTls
                | Verb::Rset
                | Verb::Other
        );
        // RFC 3207 section 4: "530 Must issue a STARTTLS command first" to every command other than NOOP,
        // EHLO, STARTTLS, or QUIT.
        if self.config.tls_required && !secure && !exempt {
            return Some(Reply::fixed(530, (5, 7, 0), "must issue a STARTTLS command first"));
        }
        if verb == Verb::Mail && self.config.auth_required && self.session.identity.is_none() {
            return Some(Reply::fixed(530, (5, 7, 0), "authentication required"));
        }
        if verb == Verb::Bdat && !self.config.chunking {
            return Some(Reply::fixed(502, (5, 5, 1), "not implemented"));
        }
        None
    }

    fn hello(&mut self, host: Host, extended: bool) -> Step<Event> {
        // RFC 5321 section 4.1.4: "If it is issued after the session begins and the EHLO command is acceptable
        // to the SMTP server, the SMTP server MUST clear all buffers and reset the state exactly as if a RSET
        // command had been issued."
        self.abort_transaction(Abort::Client);
        let ask = Ask::Hello { host: host.clone(), extended };
        match self.pending.pop_front() {
            Some(aborted) => {
                self.pending.push_back(Pending::Hello { host, extended });
                self.ask(ask, aborted.into())
            }
            None => self.ask(ask, Event::Hello { host, extended }),
        }
    }

    fn mail(&mut self, from: ReversePath, params: MailParams, now: Moment) -> Handled {
        if let Some(refusal) = self.mail_refusal(&from, &params) {
            self.refuse_bad(now, &refusal)?;
            return Ok(None);
        }
        self.transaction = Transaction {
            smtp_utf8: params.smtp_utf8,
            binary: params.body == Some(Body::BinaryMime),
            begun: true,
            recipients: 0,
        };
        Ok(Some(self.ask(Ask::Mail, Event::Mail { from, params })))
    }

    /// What the extensions' RFCs refuse without asking the application.
    fn mail_refusal(&self, from: &ReversePath, params: &MailParams) -> Option<Reply> {
        let config = &self.config;
        let secure = self.session.tls.is_some();
        let refuse = |code, enhanced, text| Some(Reply::fixed(code, enhanced, text));
        let unknown = refuse(555, (5, 5, 4), "parameter not recognized or not implemented");
        if params.is_empty() && from.is_ascii() {
            return None;
        }
        // RFC 1870 section 6.1: a declared size above the fixed maximum is refused with MAIL already.
        if params.size.is_some_and(|size| size > config.limits.message_octets) {
            return refuse(552, (5, 3, 4), "message too long");
        }
        if params.unknown().next().is_some()
            || !self.session.extended && !params.is_empty()
            || params.body.is_some_and(|body| match body {
                Body::BinaryMime => !config.chunking,
                _ => !config.eight_bit_mime,
            })
            || params.smtp_utf8 && !(config.smtp_utf8 && config.eight_bit_mime)
            || (params.ret.is_some() || params.envid.is_some()) && !config.dsn
            || params.require_tls && !(config.require_tls && secure)
            || params.deliver_by.is_some() && config.deliver_by.is_none()
            || params.hold.is_some() && config.future_release.is_none()
            || params.mt_priority.is_some() && !config.mt_priority
            || params.auth.is_some() && config.auth.is_none()
        {
            return unknown;
        }
        // RFC 4865 section 4.2: "MUST reject a MAIL command containing the "for" option specifying a value that is
        // greater than the advertised max-future-release-interval". A date is for the application, which has a clock.
        if let (Some(Hold::For(seconds)), Some(most)) = (&params.hold, config.future_release)
            && *seconds > most
        {
            return refuse(501, (5, 5, 4), "held for longer than allowed");
        }
        // RFC 2852 section 3: "Any attempt by a client to specify a by-mode of "R" and a by-time strictly less than
        // this limit, min-by-time, will be rejected with a permanent failure (55z) reply code."
        if let (Some(by), Some(least)) = (params.deliver_by, config.deliver_by)
            && by.mode == ByMode::Return
            && i64::from(by.seconds) < i64::from(least)
        {
            return refuse(555, (5, 5, 4), "sooner than can be promised");
        }
        if !from.is_ascii() && !params.smtp_utf8 {
            return refuse(553, (5, 6, 7), "non-ASCII address without SMTPUTF8");
        }
        None
    }

    fn rcpt(&mut self, to: ForwardPath, params: RcptParams, now: Moment) -> Handled {
        let config = &self.config;
        let refusal = if self.transaction.recipients >= config.limits.recipients {
            // RFC 5321 section 4.5.3.1.10: 452, and the client may try the rest later.
            self.say(&Reply::fixed(452, (4, 5, 3), "too many recipients"));
            return Ok(None);
        } else if params.unknown().next().is_some()
            || !self.session.extended && !params.is_empty()
            || (params.notify.is_some() || params.orcpt.is_some()) && !config.dsn
            || params.rrvs.is_some() && !config.rrvs
        {
            Some(Reply::fixed(555, (5, 5, 4), "parameter not recognized or not implemented"))
        } else if !to.is_ascii() && !self.transaction.smtp_utf8 {
            Some(Reply::fixed(553, (5, 6, 7), "non-ASCII address without SMTPUTF8"))
        } else {
            None
        };
        if let Some(refusal) = refusal {
            self.refuse_bad(now, &refusal)?;
            return Ok(None);
        }
        Ok(Some(self.ask(Ask::Recipient, Event::Recipient { to, params })))
    }

    fn data(&mut self, now: Moment) -> Handled {
        if self.transaction.binary {
            // RFC 3030 section 3: "BINARYMIME cannot be used with the DATA command."
            self.refuse_bad(now, &Reply::fixed(503, (5, 5, 1), "BINARYMIME needs BDAT"))?;
            return Ok(None);
        }
        Ok(Some(self.ask(Ask::Data(None), Event::Data)))
    }

    fn bdat(&mut self, octets: u64, last: bool, now: Moment) -> Handled {
        if self.state == State::Chunks {
            self.next_chunk(octets, last, now);
            return Ok(None);
        }
        Ok(Some(self.ask(Ask::Data(Some((octets, last))), Event::Data)))
    }

    fn start_tls(&mut self, now: Moment, rx: &mut RecvBuf, tx: &mut SendBuf) -> Handled {
        // The proof comes first: not one octet may follow the command before the handshake.
        let proof = rx.seal()?;
        tx.put(b"220 2.0.0 ready to start TLS\r\n");
        tx.urge();
        self.phase = super::Phase::Upgrading;
        self.deadline = Some(now + self.config.timeouts.tls);
        Ok(Some(Step::StartTls(proof)))
    }

    /// Hides the credentials in a line that could not be parsed.
    pub(super) fn redact_credentials(&self, line: &Bytes, rx: &RecvBuf) {
        if line.get(..4).is_some_and(|verb| verb.eq_ignore_ascii_case(b"AUTH")) {
            rx.redact(4);
        }
    }
}
