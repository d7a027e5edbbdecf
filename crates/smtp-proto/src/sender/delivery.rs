//! One transaction: MAIL, RCPT, the message, and what came of it.

use std::collections::VecDeque;

use bytes::Bytes;
use wire_core::{NewlineCheck, NewlineRepair};

use super::{BodyError, Content, Envelope, Event, Missing, Opening, Outcome, Sent, Stage};
use crate::client::{Client, CommandId, Event as ClientEvent, Protocol};
use crate::{Body, ForwardPath, MailParams, Misuse, RcptParams, Reply, ReversePath};

/// One transaction.
#[derive(Debug)]
pub(super) struct Delivery {
    from: ReversePath,
    params: MailParams,
    recipients: Vec<Recipient>,
    /// How the message goes.
    way: Way,
    lmtp: bool,
    mail: Option<CommandId>,
    mail_accepted: bool,
    data: Option<CommandId>,
    stage: Stage,
    phase: Phase,
    newlines: Option<NewlineCheck>,
    repair: Option<NewlineRepair>,
    ascii_only: bool,
    octets: u64,
    declared: Option<u64>,
    /// Chunks of a binary message whose length is not known, which wait for the one before them.
    chunks: VecDeque<Bytes>,
    chunk_open: bool,
    refusal: Option<(Stage, Reply)>,
    unanswered_chunks: u32,
}

#[derive(Debug)]
struct Recipient {
    path: ForwardPath,
    params: RcptParams,
    id: Option<CommandId>,
    outcome: Option<Outcome>,
    accepted: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Data,
    /// One BDAT with everything.
    Whole(u64),
    /// A BDAT for each chunk: a binary message of unknown length.
    Chunks,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Envelope,
    /// The application is giving the message.
    Body,
    /// The message is complete.
    Ended,
}

impl Delivery {
    /// Decides how the message goes, and which recipients it cannot go to.
    pub(super) fn plan(envelope: Envelope, content: Content, opening: &Opening, client: &Client) -> Self {
        let caps = client.capabilities();
        let mut params = envelope.params().clone();
        let from = envelope.from().clone();
        let utf8 = content.needs_smtp_utf8() || !from.is_ascii();
        let any_utf8 = utf8 || envelope.recipients().iter().any(|(path, _)| !path.is_ascii());
        let missing = missing_for_all(&content, &params, utf8, client);
        params.size = content.octets().filter(|_| caps.size().is_some());
        params.smtp_utf8 = any_utf8 && caps.smtp_utf8();
        params.body = if content.needs_binary() {
            Some(Body::BinaryMime)
        } else if content.needs_eight_bit() && caps.eight_bit_mime() {
            Some(Body::EightBitMime)
        } else {
            None
        };
        let chunking = opening.config.chunking && caps.chunking();
        let way = match (content.octets(), content.needs_binary()) {
            (Some(octets), binary) if binary || chunking => Way::Whole(octets),
            (None, true) => Way::Chunks,
            _ => Way::Data,
        };
        let most = caps.limits().rcpt_max.and_then(|most| usize::try_from(most).ok()).unwrap_or(usize::MAX);
        let recipients = envelope.recipients().iter().enumerate().map(|(i, (path, params))| {
            let own = missing.or_else(|| missing_for_one(path, params, i >= most, client));
            Recipient {
                path: path.clone(),
                params: params.clone(),
                id: None,
                outcome: own.map(Outcome::NotSupported),
                accepted: false,
            }
        });
        Self {
            recipients: recipients.collect(),
            from,
            params,
            way,
            lmtp: opening.config.protocol == Protocol::Lmtp,
            mail: None,
            mail_accepted: false,
            data: None,
            stage: Stage::Mail,
            phase: Phase::Envelope,
            newlines: (!content.needs_binary() && !opening.repair_newlines).then(NewlineCheck::default),
            repair: (!content.needs_binary() && opening.repair_newlines).then(NewlineRepair::default),
            ascii_only: !content.needs_eight_bit(),
            octets: 0,
            declared: content.octets(),
            chunks: VecDeque::new(),
            chunk_open: false,
            refusal: None,
            unanswered_chunks: 0,
        }
    }

    /// Queues the envelope, and DATA with it: one group if the server pipelines.
    pub(super) fn begin(&mut self, client: &mut Client) -> Result<(), Misuse> {
        if self.recipients.iter().all(|recipient| recipient.outcome.is_some()) {
            return Ok(());
        }
        self.mail = Some(client.mail(self.from.clone(), self.params.clone())?);
        for recipient in self.recipients.iter_mut().filter(|recipient| recipient.outcome.is_none()) {
            recipient.id = Some(client.rcpt(recipient.path.clone(), recipient.params.clone())?);
        }
        if self.way == Way::Data {
            self.data = Some(client.data()?);
        }
        Ok(())
    }

    /// The outcomes, if there was nobody to ask the server for.
    pub(super) fn finished_early(&mut self) -> Option<Sent> {
        self.mail.is_none().then(|| self.sent())
    }

    pub(super) fn stage(&self) -> Stage {
        self.stage
    }

    pub(super) fn is_dirty(&self) -> bool {
        self.mail_accepted
            && !self.recipients.iter().any(|recipient| recipient.accepted && recipient.is_done())
    }

    pub(super) fn wants_body(&self) -> bool {
        self.phase == Phase::Body
    }

    pub(super) fn capacity(&self, client: &Client) -> usize {
        if self.phase != Phase::Body {
            return 0;
        }
        let waiting: usize = self.chunks.iter().map(Bytes::len).sum();
        client.body_capacity().saturating_sub(waiting)
    }

    pub(super) fn body(&mut self, octets: Bytes, client: &mut Client) -> Result<(), BodyError> {
        if self.phase != Phase::Body {
            return Err(Misuse::State.into());
        }
        if self.ascii_only && !octets.is_ascii() {
            return Err(BodyError::EightBit);
        }
        if let Some(check) = &mut self.newlines {
            check.chunk(&octets).map_err(|(octet, at)| BodyError::Bare { octet, at })?;
        }
        let octets = match &mut self.repair {
            Some(repair) => repair.chunk(octets),
            None => octets,
        };
        self.octets += octets.len() as u64;
        if self.declared.is_some_and(|declared| self.octets > declared) {
            return Err(Misuse::BodyOverrun.into());
        }
        match self.way {
            Way::Chunks => {
                if !octets.is_empty() {
                    self.chunks.push_back(octets);
                }
                self.next_chunk(client)?;
            }
            _ => client.body(octets)?,
        }
        Ok(())
    }

    pub(super) fn end_body(&mut self, client: &mut Client) -> Result<(), BodyError> {
        if self.phase != Phase::Body {
            return Err(Misuse::State.into());
        }
        if let Some(check) = &self.newlines {
            check.finish().map_err(|(octet, at)| BodyError::Bare { octet, at })?;
        }
        if self.declared.is_some_and(|declared| self.octets < declared) {
            return Err(Misuse::BodyUnderrun.into());
        }
        self.phase = Phase::Ended;
        self.stage = Stage::Message;
        match self.way {
            Way::Chunks => self.next_chunk(client)?,
            _ => client.end_body()?,
        }
        Ok(())
    }

    /// Announces the next chunk of a binary message, when the one before it is queued.
    fn next_chunk(&mut self, client: &mut Client) -> Result<(), Misuse> {
        if self.chunk_open || self.data.is_some() {
            return Ok(());
        }
        match (self.chunks.front(), self.phase) {
            (Some(chunk), _) => {
                client.bdat(chunk.len() as u64, false)?;
                self.chunk_open = true;
                self.unanswered_chunks += 1;
            }
            (None, Phase::Ended) => {
                self.data = Some(client.bdat(0, true)?);
            }
            _ => {}
        }
        Ok(())
    }

    pub(super) fn on_event(&mut self, event: ClientEvent, client: &mut Client) -> Option<Event> {
        match event {
            ClientEvent::Reply(id, reply) => self.on_reply(id, reply, client),
            ClientEvent::RecipientReply(_, index, reply) => {
                let accepted = self.recipients.iter_mut().filter(|recipient| recipient.accepted);
                if let Some(recipient) = accepted.into_iter().nth(index) {
                    recipient.outcome = Some(message_outcome(reply));
                }
                self.finished()
            }
            ClientEvent::BodyWanted(_) => self.body_wanted(client),
            _ => None,
        }
    }

    fn on_reply(&mut self, id: CommandId, reply: Reply, client: &mut Client) -> Option<Event> {
        if self.mail == Some(id) {
            self.mail_accepted = reply.is_positive();
            self.stage = Stage::Recipient;
            if !self.mail_accepted {
                self.refusal = Some((Stage::Mail, reply));
                self.retract(client);
            }
            return self.envelope_answered(client);
        }
        if let Some(recipient) = self.recipients.iter_mut().find(|recipient| recipient.id == Some(id)) {
            recipient.id = None;
            if reply.is_positive() {
                recipient.accepted = true;
            } else if self.refusal.is_none() {
                // After a refused MAIL, "503 MAIL first" explains nothing.
                recipient.outcome = Some(Outcome::Refused { stage: Stage::Recipient, reply });
            }
            return self.envelope_answered(client);
        }
        if self.data == Some(id) {
            return self.data_answered(reply, client);
        }
        if self.unanswered_chunks > 0 {
            self.unanswered_chunks -= 1;
            if !reply.is_positive() {
                // RFC 3030 section 2: a refused chunk refuses the message.
                self.refusal.get_or_insert((Stage::Data, reply));
                self.chunks.clear();
                self.phase = Phase::Ended;
                return Some(self.close_refused());
            }
        }
        None
    }

    /// Takes back commands that were not sent and have become pointless.
    fn retract(&mut self, client: &mut Client) {
        for recipient in &mut self.recipients {
            if recipient.id.is_some_and(|id| client.retract(id)) {
                recipient.id = None;
            }
        }
        if self.data.is_some_and(|id| client.retract(id)) {
            self.data = None;
        }
    }

    /// The last reply to the envelope may decide what comes next.
    fn envelope_answered(&mut self, client: &mut Client) -> Option<Event> {
        if self.recipients.iter().any(|recipient| recipient.id.is_some()) {
            return None;
        }
        self.stage = Stage::Data;
        let anybody = self.recipients.iter().any(|recipient| recipient.accepted);
        if !anybody {
            self.retract(client);
            // DATA that was sent in the same group has its own reply.
            return if self.data.is_some() { None } else { Some(self.close_refused()) };
        }
        match self.way {
            Way::Data => None,
            Way::Whole(octets) if self.data.is_none() => {
                self.data = client.bdat(octets, true).ok();
                None
            }
            Way::Chunks if self.phase == Phase::Envelope => {
                self.phase = Phase::Body;
                Some(Event::BodyWanted)
            }
            _ => None,
        }
    }

    fn body_wanted(&mut self, client: &mut Client) -> Option<Event> {
        if self.way == Way::Chunks {
            if let Some(chunk) = self.chunks.pop_front() {
                let _ = client.body(chunk);
            }
            let _ = client.end_body();
            self.chunk_open = false;
            let _ = self.next_chunk(client);
            return None;
        }
        if !self.recipients.iter().any(|recipient| recipient.accepted) {
            // RFC 2920 section 3.1: "the client cannot assume that the DATA command will be rejected just because
            // none of the RCPT TO commands worked. If the DATA command was properly rejected the client SMTP can
            // just issue RSET, but if the DATA command was accepted the client SMTP should send a single dot."
            let _ = client.end_body();
            self.phase = Phase::Ended;
            return None;
        }
        self.phase = Phase::Body;
        Some(Event::BodyWanted)
    }

    fn data_answered(&mut self, reply: Reply, client: &mut Client) -> Option<Event> {
        let complete = self.phase == Phase::Ended;
        if !complete && self.phase == Phase::Body {
            // Refused before it was complete: there is nobody to give the rest to.
            client.abort_body();
        }
        if !self.recipients.iter().any(|recipient| recipient.accepted) {
            return Some(self.close_refused());
        }
        if complete {
            let outcome = message_outcome(reply);
            for recipient in self.recipients.iter_mut().filter(|r| r.accepted && r.outcome.is_none()) {
                recipient.outcome = Some(outcome.clone());
            }
        } else {
            self.refusal.get_or_insert((Stage::Data, reply));
        }
        Some(self.close_refused())
    }

    fn close_refused(&mut self) -> Event {
        if let Some((stage, reply)) = &self.refusal {
            for recipient in self.recipients.iter_mut().filter(|recipient| recipient.outcome.is_none()) {
                recipient.outcome = Some(Outcome::Refused { stage: *stage, reply: reply.clone() });
            }
        }
        Event::Sent(self.sent())
    }

    /// With LMTP the last recipient's reply ends the transaction.
    fn finished(&mut self) -> Option<Event> {
        let open = self.lmtp
            && self.recipients.iter().any(|recipient| recipient.accepted && recipient.outcome.is_none());
        if open { None } else { Some(Event::Sent(self.sent())) }
    }

    /// The outcomes when the connection is gone.
    pub(super) fn lost(mut self: Box<Self>) -> Sent {
        let lost = match (self.refusal.take(), &self.phase) {
            // What came before the end, such as 421 to MAIL, says why.
            (Some((stage, reply)), _) => Outcome::Refused { stage, reply },
            (None, Phase::Ended) => Outcome::Unknown,
            (None, _) => Outcome::Lost(self.stage),
        };
        for recipient in self.recipients.iter_mut().filter(|recipient| recipient.outcome.is_none()) {
            recipient.outcome = Some(lost.clone());
        }
        self.sent()
    }

    fn sent(&mut self) -> Sent {
        let stage = self.stage;
        let outcomes = std::mem::take(&mut self.recipients).into_iter().map(|recipient| {
            let outcome = recipient.outcome.unwrap_or(Outcome::Lost(stage));
            (recipient.path, outcome)
        });
        let outcomes: Vec<_> = outcomes.collect();
        // What is_dirty asks for afterwards.
        self.mail_accepted &= !outcomes.iter().any(|(_, outcome)| outcome.is_accepted());
        Sent { outcomes }
    }
}

impl Recipient {
    fn is_done(&self) -> bool {
        self.outcome.as_ref().is_some_and(Outcome::is_accepted)
    }
}

fn message_outcome(reply: Reply) -> Outcome {
    if reply.is_positive() {
        Outcome::Accepted(reply)
    } else {
        Outcome::Refused { stage: Stage::Message, reply }
    }
}

/// What the message itself needs and the server lacks.
fn missing_for_all(content: &Content, params: &MailParams, utf8: bool, client: &Client) -> Option<Missing> {
    let caps = client.capabilities();
    if let (Some(octets), Some(Some(limit))) = (content.octets(), caps.size())
        && octets > limit
    {
        return Some(Missing::Size { limit });
    }
    if content.needs_binary() && !(caps.binary_mime() && caps.chunking()) {
        return Some(Missing::BinaryMime);
    }
    // RFC 6531 section 3.2: an internationalised message is not sent to a server without SMTPUTF8.
    if utf8 && !caps.smtp_utf8() {
        return Some(Missing::SmtpUtf8);
    }
    // RFC 6152 section 3: 8-bit content is not sent to a server that does not offer 8BITMIME.
    if content.needs_eight_bit() && !content.needs_binary() && !caps.eight_bit_mime() {
        return Some(Missing::EightBitMime);
    }
    if params.require_tls && !(caps.require_tls() && client.tls().is_some()) {
        return Some(Missing::RequireTls);
    }
    let extensions = (params.ret.is_none() && params.envid.is_none() || caps.dsn())
        && (params.deliver_by.is_none() || caps.deliver_by().is_some())
        && (params.hold.is_none() || caps.future_release().is_some())
        && (params.mt_priority.is_none() || caps.mt_priority().is_some());
    (!extensions).then_some(Missing::Extension)
}

/// What one recipient needs and the server lacks.
fn missing_for_one(
    path: &ForwardPath,
    params: &RcptParams,
    beyond: bool,
    client: &Client,
) -> Option<Missing> {
    let caps = client.capabilities();
    if !path.is_ascii() && !caps.smtp_utf8() {
        return Some(Missing::SmtpUtf8);
    }
    if (params.notify.is_some() || params.orcpt.is_some()) && !caps.dsn()
        || params.rrvs.is_some() && !caps.rrvs()
    {
        return Some(Missing::Extension);
    }
    beyond.then_some(Missing::Recipients)
}
