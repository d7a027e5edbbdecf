//! A call under way.

use imap_proto::Misuse;
use imap_proto::command::Command;
use imap_proto::session::{Answer, Event, Outcome, Refused, Session, TaskId};
use tokio::io::{AsyncRead, AsyncWrite};

use super::{ImapClient, ImapError};

/// Data of one answer that is kept, at most.
const DATA_MOST: usize = 1_000_000;

/// What is known of a call under way.
#[derive(Debug)]
pub(super) struct Progress {
    id: TaskId,
    /// What it is called in errors.
    command: &'static str,
    over: bool,
}

/// What a call tells.
pub(super) enum Told {
    Event(Event),
    Over(Outcome),
}

impl Progress {
    pub(super) fn new(id: TaskId, command: &'static str) -> Self {
        Self { id, command, over: false }
    }

    pub(super) fn id(&self) -> TaskId {
        self.id
    }

    pub(super) fn is_over(&self) -> bool {
        self.over
    }

    /// One event: `None` if it was news, which the client keeps.
    pub(super) async fn step<S>(&mut self, client: &mut ImapClient<S>) -> Result<Option<Told>, ImapError>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let event = client.step().await?;
        self.told(event)
    }

    /// The same, if there is one already.
    pub(super) async fn step_now<S>(&mut self, client: &mut ImapClient<S>) -> Result<Option<Told>, ImapError>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let event = client.step_now().await?;
        self.told(event)
    }

    fn told(&mut self, event: Option<Event>) -> Result<Option<Told>, ImapError> {
        Ok(match event {
            Some(Event::Done(id, result)) if id == self.id => {
                self.over = true;
                let command = self.command;
                let refused = |refused: Refused| match refused.misuse {
                    Some(misuse) => ImapError::Misuse(misuse),
                    None => ImapError::Refused { command, refused },
                };
                Some(Told::Over(result.map_err(refused)?))
            }
            Some(event) => Some(Told::Event(event)),
            None => None,
        })
    }

    /// The next event that is no news.
    pub(super) async fn next<S>(&mut self, client: &mut ImapClient<S>) -> Result<Told, ImapError>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        loop {
            if let Some(told) = self.step(client).await? {
                return Ok(told);
            }
        }
    }
}

/// A call under way, and the client that nobody else can use until it is dropped.
///
/// Dropped before its end, nobody wants its result any more: when the next call begins, it is abandoned. It has no
/// destructor that could do it at once, so that the borrow ends with its last use.
#[derive(Debug)]
pub(super) struct Call<'a, S> {
    pub(super) client: &'a mut ImapClient<S>,
    pub(super) progress: Progress,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Call<'_, S> {
    pub(super) async fn next(&mut self) -> Result<Told, ImapError> {
        self.progress.next(self.client).await
    }

    /// Waits for the end. A response that makes no sense is kept for whoever looks at what was damaged.
    pub(super) async fn outcome(mut self) -> Result<Outcome, ImapError> {
        loop {
            match self.next().await? {
                Told::Over(outcome) => return Ok(outcome),
                Told::Event(event) => self.client.keep(event),
            }
        }
    }

    /// Waits for the end, and keeps what is told until then.
    pub(super) async fn answer(mut self) -> Result<Answer, ImapError> {
        let mut answer = Answer::default();
        loop {
            match self.next().await? {
                Told::Over(Outcome::Completed(text)) => {
                    answer.text = text;
                    return Ok(answer);
                }
                Told::Over(_) => return Ok(answer),
                Told::Event(Event::Data(_, data)) => {
                    if answer.data.len() >= DATA_MOST {
                        return Err(ImapError::TooMuch);
                    }
                    answer.data.push(data);
                }
                Told::Event(event) => self.client.keep(event),
            }
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> ImapClient<S> {
    /// Begins a call without anybody to end it.
    pub(super) fn start(
        &mut self,
        command: &'static str,
        call: impl FnOnce(&mut Session) -> Result<TaskId, Misuse>,
    ) -> Result<Progress, ImapError> {
        if let Some(id) = self.under_way.take() {
            self.session().abandon(id);
        }
        if !self.session().is_ready() {
            return Err(self.closed());
        }
        let id = call(self.session())?;
        self.under_way = Some(id);
        Ok(Progress::new(id, command))
    }

    /// Begins a call.
    pub(super) fn begin(
        &mut self,
        command: &'static str,
        call: impl FnOnce(&mut Session) -> Result<TaskId, Misuse>,
    ) -> Result<Call<'_, S>, ImapError> {
        let progress = self.start(command, call)?;
        Ok(Call { client: self, progress })
    }

    /// Begins a command that is sent as it is.
    pub(super) fn begin_command(
        &mut self,
        name: &'static str,
        command: Command,
    ) -> Result<Call<'_, S>, ImapError> {
        self.begin(name, |session| session.run(command))
    }
}
