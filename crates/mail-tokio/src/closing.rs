//! How a connection ends: last words, FIN, and a while of listening.
//!
//! A socket that is closed while input is unread sends RST, which makes the peer's system drop what it has not
//! read yet: the reply that says why.

use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, sleep_until};
use wire_core::Machine;

use crate::connection::PollNext;
use crate::{Connection, Error, trace};

/// How long the last words wait for a peer that takes none of them.
const STALL: Duration = Duration::from_secs(10);
/// How long they wait for one that takes them slowly.
const FLUSH_MOST: Duration = Duration::from_secs(300);
/// How long a closing connection waits for the peer to close too.
const LINGER: Duration = Duration::from_secs(1);
/// How many octets of a closing peer are read and dropped.
const LINGER_OCTETS: usize = 4 * 1024 * 1024;

/// Why a connection closes before its protocol does.
#[derive(Debug)]
pub(crate) enum Failure<E: std::error::Error + 'static> {
    Endpoint(wire_core::Error<E>),
    Io(io::Error),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// The last words are being sent.
    Flush,
    /// They are sent; so was FIN.
    Linger,
    Done,
}

#[derive(Debug)]
pub(crate) struct Closing<E: std::error::Error + 'static> {
    stage: Stage,
    /// When the stage began.
    since: Instant,
    dropped: usize,
    failure: Option<Failure<E>>,
}

impl<E: std::error::Error + Clone + 'static> Closing<E> {
    pub(crate) fn new(failure: Option<Failure<E>>) -> Self {
        match &failure {
            None => trace::closing(),
            Some(Failure::Endpoint(error)) => trace::failed(error),
            Some(Failure::Io(error)) => trace::failed(error),
        }
        // A broken socket takes no last words.
        let stage = if matches!(failure, Some(Failure::Io(_))) { Stage::Done } else { Stage::Flush };
        Self { stage, since: Instant::now(), dropped: 0, failure }
    }

    /// Whether the connection has closed as the protocol wants it.
    pub(crate) fn is_done_well(&self) -> bool {
        self.stage == Stage::Done && self.failure.is_none()
    }

    fn enter(&mut self, stage: Stage) {
        self.stage = stage;
        self.since = Instant::now();
    }

    fn result<T>(&mut self) -> Result<Option<T>, Error<E>> {
        match &mut self.failure {
            None => Ok(None),
            Some(Failure::Endpoint(error)) => Err(Error::Endpoint(error.clone())),
            Some(Failure::Io(error)) => {
                let again = error.kind().into();
                Err(Error::Io(std::mem::replace(error, again)))
            }
        }
    }
}

impl<M: Machine, S: AsyncRead + AsyncWrite + Unpin> Connection<M, S> {
    pub(crate) fn poll_close(&mut self, cx: &mut Context<'_>) -> PollNext<M> {
        loop {
            let Some(closing) = &self.closing else { return Poll::Ready(Ok(None)) };
            let (stage, since) = (closing.stage, closing.since);
            let next = match stage {
                Stage::Done => {
                    self.timer = None;
                    return Poll::Ready(self.closing.as_mut().map_or(Ok(None), |closing| closing.result()));
                }
                Stage::Flush => match self.poll_last_words(cx) {
                    Poll::Ready(true) if !self.ended => Stage::Linger,
                    Poll::Ready(_) => Stage::Done,
                    Poll::Pending => {
                        let until = (since.max(self.traffic) + STALL).min(since + FLUSH_MOST);
                        ready!(self.poll_until(cx, until));
                        Stage::Done
                    }
                },
                Stage::Linger => match self.poll_drop_input(cx) {
                    Poll::Ready(()) => Stage::Done,
                    Poll::Pending => {
                        ready!(self.poll_until(cx, since + LINGER));
                        Stage::Done
                    }
                },
            };
            if let Some(closing) = &mut self.closing {
                closing.enter(next);
            }
        }
    }

    /// Whether everything, FIN too, could be sent.
    fn poll_last_words(&mut self, cx: &mut Context<'_>) -> Poll<bool> {
        ready!(self.poll_write(cx));
        if self.deaf {
            return Poll::Ready(false);
        }
        Pin::new(&mut self.stream).poll_shutdown(cx).map(|result| result.is_ok())
    }

    fn poll_drop_input(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let mut scratch = [MaybeUninit::uninit(); 4096];
        while self.closing.as_ref().is_some_and(|closing| closing.dropped < LINGER_OCTETS) {
            let mut input = ReadBuf::uninit(&mut scratch);
            let result = ready!(Pin::new(&mut self.stream).poll_read(cx, &mut input));
            if result.is_err() || input.filled().is_empty() {
                break;
            }
            if let Some(closing) = &mut self.closing {
                closing.dropped += input.filled().len();
            }
        }
        Poll::Ready(())
    }

    fn poll_until(&mut self, cx: &mut Context<'_>, until: Instant) -> Poll<()> {
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(until)));
        if timer.deadline() != until {
            timer.as_mut().reset(until);
        }
        timer.as_mut().poll(cx)
    }
}
