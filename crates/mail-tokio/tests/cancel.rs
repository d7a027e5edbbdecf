//! Futures are dropped at every point where they can wait; nothing is lost or repeated.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod common;

use std::future::Future;
use std::pin::pin;
use std::task::Poll;

use bytes::Bytes;
use common::{Event, Toy};
use mail_tokio::Connection;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};

/// Polls a future at most `polls` times, then drops it.
async fn polled<F: Future>(future: F, polls: usize) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut left = polls;
    std::future::poll_fn(|cx| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        match future.as_mut().poll(cx) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending if left == 0 => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

/// Writes and reads three octets at a time, and leaves when it has an answer to each line.
async fn peer(mut far: DuplexStream, lines: usize) -> String {
    let (mut read, mut write) = tokio::io::split(&mut far);
    let answered = tokio::sync::Notify::new();
    let writing = async {
        for n in 0..lines {
            write.write_all(format!("line {n}\r\n").as_bytes()).await.unwrap();
        }
        answered.notified().await;
        write.write_all(b"QUIT\r\n").await.unwrap();
    };
    let mut replies = Vec::new();
    let reading = async {
        let mut answers = 0;
        while let Ok(octet) = read.read_u8().await {
            replies.push(octet);
            answers += usize::from(octet == b'\n');
            if answers == lines {
                answered.notify_one();
            }
        }
    };
    tokio::join!(writing, reading);
    String::from_utf8(replies).unwrap()
}

#[tokio::test]
async fn next_and_flush_at_every_poll() {
    const LINES: usize = 40;
    for polls in 1..12 {
        for flushing in [false, true] {
            let (near, far) = duplex(3);
            let peer = tokio::spawn(peer(far, LINES));
            let mut connection = Connection::new(near, Toy::lines());
            let mut seen = 0;
            loop {
                if flushing && polled(connection.flush(), polls).await.is_none() {
                    tokio::task::yield_now().await;
                }
                match polled(connection.next(), polls).await {
                    None => tokio::task::yield_now().await,
                    Some(Ok(Some(Event::Line(line)))) => {
                        assert_eq!(line, format!("line {seen}"));
                        connection.machine().say(format!("reply {seen}\r\n"));
                        seen += 1;
                    }
                    Some(Ok(None)) => break,
                    Some(other) => panic!("{other:?}"),
                }
            }
            assert_eq!(seen, LINES);
            let want: String = (0..LINES).map(|n| format!("reply {n}\r\n")).collect();
            assert_eq!(peer.await.unwrap(), want + "bye\r\n", "{polls} polls");
        }
    }
}

#[tokio::test]
async fn closing_at_every_poll() {
    for polls in 1..6 {
        let (near, mut far) = duplex(3);
        let mut connection = Connection::new(near, Toy::lines());
        connection.machine().say(Bytes::from_static(&[b'x'; 100]));
        let peer = tokio::spawn(async move {
            let mut all = Vec::new();
            far.read_to_end(&mut all).await.unwrap();
            all.len()
        });
        // What is queued in the machine reaches the buffer with the first step.
        while polled(connection.flush(), polls).await.is_none() {
            tokio::task::yield_now().await;
        }
        while polled(connection.close(), polls).await.is_none() {
            tokio::task::yield_now().await;
        }
        assert_eq!(peer.await.unwrap(), 100);
    }
}
