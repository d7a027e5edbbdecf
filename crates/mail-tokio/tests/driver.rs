//! The driver over pipes in memory.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod common;

use std::future::{Future, poll_fn};
use std::io;
use std::pin::pin;
use std::sync::atomic::Ordering;
use std::task::Poll;

use bytes::Bytes;
use common::{Counting, Event, Script, Toy, ToyError};
use mail_tokio::{Connection, Error};
use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

fn machine_error(error: &Error<ToyError>) -> &ToyError {
    match error {
        Error::Endpoint(wire_core::Error::Machine(error)) => error,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn lines_go_in_and_replies_out() {
    let (near, mut far) = duplex(64);
    let mut connection = Connection::new(near, Toy::lines());
    far.write_all(b"one\r\ntwo\r\nQUIT\r\n").await.unwrap();
    assert_eq!(connection.next().await.unwrap(), Some(Event::line("one")));
    connection.machine().say("1\r\n");
    assert_eq!(connection.next().await.unwrap(), Some(Event::line("two")));
    connection.machine().say("2\r\n");
    let client = tokio::spawn(async move {
        let mut replies = String::new();
        far.read_to_string(&mut replies).await.unwrap();
        replies
    });
    assert_eq!(connection.next().await.unwrap(), None);
    assert_eq!(connection.next().await.unwrap(), None); // and so it stays
    assert_eq!(client.await.unwrap(), "1\r\n2\r\nbye\r\n");
}

#[tokio::test]
async fn pipelined_replies_leave_in_one_write_and_urgent_ones_at_once() {
    let (near, mut far) = duplex(4096);
    let (near, writes, _) = Counting::new(near);
    let mut connection = Connection::new(near, Toy::lines());
    far.write_all(b"a\r\nb\r\nc\r\nNOW\r\nd\r\n").await.unwrap();
    for _ in 0..3 {
        connection.next().await.unwrap().unwrap();
        connection.machine().say("ok\r\n");
    }
    assert_eq!(writes.load(Ordering::Relaxed), 0); // more input is waiting
    assert_eq!(connection.next().await.unwrap(), Some(Event::line("NOW")));
    assert_eq!(writes.load(Ordering::Relaxed), 1);
    assert_eq!(connection.next().await.unwrap(), Some(Event::line("d")));
    connection.machine().say("ok\r\n");
    let idle = tokio::time::timeout(std::time::Duration::from_millis(20), connection.next()).await;
    assert!(idle.is_err());
    assert_eq!(writes.load(Ordering::Relaxed), 2); // nothing was waiting any more
}

#[tokio::test]
async fn the_end_of_the_stream() {
    for (input, events, error) in [
        (&b""[..], 0, None),
        (b"whole\r\n", 1, None),
        (b"whole\r\nha", 1, Some(ToyError::Eof)),
        (b"whole\r\nhalf\r", 1, Some(ToyError::Eof)),
    ] {
        let (near, mut far) = duplex(64);
        let mut connection = Connection::new(near, Toy::lines());
        far.write_all(input).await.unwrap();
        drop(far);
        for _ in 0..events {
            assert!(connection.next().await.unwrap().is_some());
        }
        for _ in 0..2 {
            match (connection.next().await, &error) {
                (Ok(None), None) => {}
                (Err(got), Some(want)) => assert_eq!(machine_error(&got), want),
                (got, want) => panic!("{got:?} instead of {want:?}"),
            }
        }
    }
}

#[tokio::test]
async fn an_error_is_told_to_the_peer_first_and_stays() {
    let (near, mut far) = duplex(64);
    let mut connection = Connection::new(near, Toy::lines());
    let client = tokio::spawn(async move {
        far.write_all(&[b'x'; 600]).await.unwrap();
        let mut replies = String::new();
        far.read_to_string(&mut replies).await.unwrap();
        replies
    });
    for _ in 0..3 {
        let error = connection.next().await.unwrap_err();
        assert_eq!(machine_error(&error), &ToyError::TooLong);
    }
    assert!(connection.flush().await.is_err());
    assert_eq!(client.await.unwrap(), "too long\r\n");
}

#[tokio::test]
async fn half_closed_peers_get_all_of_a_large_answer() {
    let (near, mut far) = duplex(64);
    let (near, _, reads) = Counting::new(near);
    let mut connection = Connection::new(near, Toy::lines());
    far.write_all(b"give\r\n").await.unwrap();
    far.shutdown().await.unwrap();
    assert_eq!(connection.next().await.unwrap(), Some(Event::line("give")));
    connection.machine().say(vec![b'y'; 100_000]);
    let client = tokio::spawn(async move {
        let mut answer = Vec::new();
        far.read_to_end(&mut answer).await.unwrap();
        answer
    });
    connection.flush().await.unwrap();
    assert!(connection.next().await.unwrap().is_none());
    assert_eq!(client.await.unwrap().len(), 100_000);
    assert!(reads.load(Ordering::Relaxed) < 10, "the end was read {reads:?} times");
}

#[tokio::test]
async fn what_the_peer_said_before_it_left_is_heard() {
    let mut stream = Script { write_error: Some(io::ErrorKind::BrokenPipe), ..Script::default() };
    stream.input.push_back(Ok(Bytes::from_static(b"421 too many\r\n")));
    stream.input.push_back(Err(io::ErrorKind::ConnectionReset.into()));
    let mut connection = Connection::new(stream, Toy::lines());
    connection.machine().say("hello\r\n");
    connection.flush().await.unwrap(); // an event is kept
    assert_eq!(connection.next().await.unwrap(), Some(Event::line("421 too many")));
    assert_eq!(connection.next().await.unwrap(), None);
    assert_eq!(connection.flush().await.unwrap_err().to_string(), "the connection failed: not connected");
}

#[tokio::test]
async fn socket_errors_are_told_and_stay() {
    for write in [true, false] {
        let mut stream = Script::default();
        if write {
            stream.write_error = Some(io::ErrorKind::HostUnreachable);
        } else {
            stream.input.push_back(Err(io::ErrorKind::HostUnreachable.into()));
        }
        let mut connection = Connection::new(stream, Toy::lines());
        connection.machine().say("hello\r\n");
        for _ in 0..2 {
            let Err(Error::Io(error)) = connection.next().await else { panic!() };
            assert_eq!(error.kind(), io::ErrorKind::HostUnreachable);
            let Err(Error::Io(error)) = connection.flush().await else { panic!() };
            assert_eq!(error.kind(), io::ErrorKind::HostUnreachable);
        }
    }
}

#[tokio::test]
async fn flush_sends_what_the_machine_holds_back() {
    for by_flush in [true, false] {
        let (near, mut far) = duplex(64);
        let mut connection = Connection::new(near, Toy::lines());
        connection.machine().window = Some(10);
        for _ in 0..1000 {
            connection.machine().say("0123456789\r\n");
        }
        let client = tokio::spawn(async move {
            let mut all = vec![0; 12_000];
            far.read_exact(&mut all).await.unwrap();
            far.write_all(b"got it\r\n").await.unwrap();
        });
        if by_flush {
            connection.flush().await.unwrap();
        }
        assert_eq!(connection.next().await.unwrap(), Some(Event::line("got it")));
        client.await.unwrap();
    }
}

#[tokio::test]
async fn what_the_machine_holds_back_leaves_without_a_rest() {
    const WINDOWS: usize = 100;
    let mut stream = Script::default();
    stream.input.push_back(Ok(Bytes::from_static(b"never read\r\n")));
    let mut connection = Connection::new(stream, Toy::lines());
    connection.machine().window = Some(1000);
    // It reads nothing meanwhile, as a server does that sends a long listing.
    connection.machine().hold = true;
    for _ in 0..WINDOWS {
        connection.machine().say(vec![b'x'; 1000]);
    }
    // One poll does it: no window waits for the clock.
    let pending = poll_fn(|cx| Poll::Ready(pin!(connection.next()).poll(cx).is_pending()));
    assert!(pending.await);
    assert_eq!(connection.stream().output.len(), WINDOWS * 1000);
    assert_eq!(connection.stream().input.len(), 1);
    assert_eq!(connection.machine_ref().steps, WINDOWS + 1);
}

#[tokio::test]
async fn flush_keeps_events_in_order_up_to_a_number() {
    let (near, mut far) = duplex(64);
    let mut connection = Connection::new(near, Toy::lines());
    connection.machine().say(vec![b'y'; 1000]);
    let client = tokio::spawn(async move {
        for n in 0..1000 {
            far.write_all(format!("{n}\r\n").as_bytes()).await.unwrap();
        }
        let mut all = vec![0; 1000];
        far.read_exact(&mut all).await.unwrap();
        far
    });
    // The peer takes nothing before it has said everything: only taking events gets on.
    let mut next = 0;
    let mut flushes = 0;
    while next < 1000 {
        connection.flush().await.unwrap();
        flushes += 1;
        for _ in 0..32 {
            if next < 1000 {
                let Some(Event::Line(line)) = connection.next().await.unwrap() else { panic!() };
                assert_eq!(line, next.to_string());
                next += 1;
            }
        }
    }
    assert!(flushes <= 40, "{flushes}");
    connection.flush().await.unwrap();
    drop(client.await.unwrap());
    assert!(connection.next().await.unwrap().is_none());
}

#[tokio::test]
async fn nothing_is_read_while_the_application_is_asked() {
    let (near, mut far) = duplex(1024);
    let (near, _, reads) = Counting::new(near);
    let mut connection = Connection::new(near, Toy::lines());
    connection.machine().hold = true;
    connection.machine().say("wait\r\n");
    far.write_all(b"line\r\n").await.unwrap();
    let quiet = tokio::time::timeout(std::time::Duration::from_millis(20), connection.next()).await;
    assert!(quiet.is_err());
    assert_eq!(reads.load(Ordering::Relaxed), 0);
    let mut said = [0; 6];
    far.read_exact(&mut said).await.unwrap();
    connection.machine().hold = false;
    assert_eq!(connection.next().await.unwrap(), Some(Event::line("line")));
}

#[tokio::test]
async fn closing_sends_what_is_queued() {
    let (near, mut far) = duplex(16);
    let mut connection = Connection::new(near, Toy::lines());
    let client = tokio::spawn(async move {
        let mut all = Vec::new();
        far.read_to_end(&mut all).await.unwrap();
        all.len()
    });
    connection.machine().say(vec![b'z'; 5000]);
    connection.flush().await.unwrap();
    connection.close().await.unwrap();
    connection.close().await.unwrap();
    assert_eq!(client.await.unwrap(), 5000);
    let Err(Error::Io(error)) = connection.flush().await else { panic!() };
    assert_eq!(error.kind(), io::ErrorKind::NotConnected);
}

#[tokio::test]
async fn what_is_left_of_the_input_can_be_handed_on() {
    let (near, mut far) = duplex(64);
    let mut connection = Connection::new(near, Toy::lines());
    far.write_all(b"first\r\nsecond\r\n").await.unwrap();
    assert_eq!(connection.next().await.unwrap(), Some(Event::line("first")));
    let (stream, _, left) = connection.into_parts();
    assert_eq!(left, "second\r\n");
    let mut connection = Connection::new(stream, Toy::lines());
    connection.endpoint().recv_buf().extend_from_slice(&left);
    assert_eq!(connection.next().await.unwrap(), Some(Event::line("second")));
}
