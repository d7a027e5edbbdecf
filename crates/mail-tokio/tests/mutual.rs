//! Both sides write much at the same time.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

mod common;

use std::time::Duration;

use bytes::Bytes;
use common::{Event, Toy};
use mail_tokio::Connection;
use tokio::io::{AsyncRead, AsyncWrite, duplex};

const OCTETS: usize = 8 * 1024 * 1024;

async fn side<S: AsyncRead + AsyncWrite + Unpin>(stream: S, flushing: bool) {
    let mut connection = Connection::new(stream, Toy::octets());
    connection.machine().window = Some(64 * 1024);
    let body = Bytes::from(vec![b'x'; 64 * 1024]);
    for _ in 0..OCTETS / body.len() {
        connection.machine().say(body.clone());
    }
    let mut received = 0;
    while received < OCTETS {
        if flushing {
            connection.flush().await.unwrap();
        }
        match connection.next().await.unwrap() {
            Some(Event::Chunk(chunk)) => received += chunk.len(),
            other => panic!("{other:?} after {received}"),
        }
    }
    connection.flush().await.unwrap();
    assert_eq!(received, OCTETS);
}

async fn within<F: Future>(future: F) -> F::Output {
    tokio::time::timeout(Duration::from_secs(60), future).await.unwrap()
}

#[tokio::test]
async fn over_a_narrow_pipe() {
    for (left, right) in [(false, false), (true, true), (true, false)] {
        let (near, far) = duplex(4096);
        within(async { tokio::join!(side(near, left), side(far, right)) }).await;
    }
}

#[tokio::test]
async fn over_sockets() {
    for flushing in [false, true] {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let near = tokio::net::TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (far, _) = listener.accept().await.unwrap();
        let near = tokio::spawn(side(near, flushing));
        let far = tokio::spawn(side(far, flushing));
        within(async {
            near.await.unwrap();
            far.await.unwrap();
        })
        .await;
    }
}
