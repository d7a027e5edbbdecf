//! The driver over a stream in memory.
#![allow(clippy::unwrap_used, missing_docs)]

use std::convert::Infallible;
use std::io::{self, Read, Write};
use std::time::{Duration, Instant};

use mail_std::{Connection, Stream, Waited};
use wire_core::{Endpoint, Layer, Machine, Moment, RecvBuf, SendBuf, Step};

const WINDOW: usize = 1000;

/// Sends a long listing, a window of it at a time, and reads nothing before all of it is taken.
struct Listing {
    windows: usize,
    steps: usize,
}

#[derive(Debug, PartialEq, Eq)]
struct Listed;

impl Machine for Listing {
    type Event = Listed;
    type Error = Infallible;

    fn step(&mut self, _: Moment, _: &mut RecvBuf, tx: &mut SendBuf) -> Result<Step<Listed>, Infallible> {
        self.steps += 1;
        if !tx.is_empty() {
            return Ok(Step::Hold);
        }
        if self.windows == 0 {
            return Ok(Step::Event(Listed));
        }
        self.windows -= 1;
        tx.put(&[b'x'; WINDOW]);
        Ok(Step::Hold)
    }

    fn deadline(&self) -> Option<Moment> {
        None
    }

    fn layered(&mut self, _: Layer) {}
}

/// Takes everything and says nothing.
#[derive(Default)]
struct Sink {
    taken: usize,
}

impl Read for Sink {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::ErrorKind::WouldBlock.into())
    }
}

impl Write for Sink {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.taken += octets.len();
        Ok(octets.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Stream for Sink {
    fn set_read_timeout(&self, _: Option<Duration>) -> io::Result<()> {
        Ok(())
    }

    fn set_write_timeout(&self, _: Option<Duration>) -> io::Result<()> {
        Ok(())
    }

    fn shutdown_write(&self) -> io::Result<()> {
        Ok(())
    }
}

fn listing(windows: usize) -> Connection<Listing, Sink> {
    Connection::new(Sink::default(), Endpoint::new(Listing { windows, steps: 0 }))
}

#[test]
fn what_the_machine_holds_back_leaves_without_a_rest() {
    const WINDOWS: usize = 100;
    let mut connection = listing(WINDOWS);
    let begun = Instant::now();
    assert_eq!(connection.next().unwrap(), Some(Listed));
    // A rest lasts a second when the machine has no deadline.
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    assert_eq!(connection.stream().taken, WINDOWS * WINDOW);
    assert_eq!(connection.machine_ref().steps, WINDOWS + 1);
}

#[test]
fn a_listing_without_end_does_not_outlast_the_patience() {
    let mut connection = listing(usize::MAX);
    assert!(matches!(connection.next_within(Duration::ZERO).unwrap(), Waited::Quiet));
    assert_eq!((connection.machine_ref().steps, connection.stream().taken), (1, WINDOW));
    assert!(matches!(connection.next_within(Duration::from_millis(5)).unwrap(), Waited::Quiet));
}
