//! The clock, which stands still here until everybody waits for it.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

mod common;

use std::io;
use std::time::Duration;

use common::{Event, Script, Toy, ToyError};
use mail_tokio::{Connection, Error};
use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
use tokio::time::{Instant, sleep, timeout};

fn is_timeout(error: &Error<ToyError>) -> bool {
    matches!(error, Error::Endpoint(wire_core::Error::Machine(ToyError::Timeout)))
}

#[tokio::test(start_paused = true)]
async fn a_silent_peer_is_told_after_five_minutes() {
    let start = Instant::now();
    let (near, mut far) = duplex(64);
    let mut connection = Connection::new(near, Toy::with_timeout(300));
    assert!(is_timeout(&connection.next().await.unwrap_err()));
    assert_eq!(start.elapsed().as_secs(), 301); // one of them to listen whether the peer closes too
    assert!(connection.machine_ref().steps < 10);
    drop(connection);
    let mut told = String::new();
    far.read_to_string(&mut told).await.unwrap();
    assert_eq!(told, "timeout\r\n");
}

#[tokio::test(start_paused = true)]
async fn each_line_begins_the_wait_anew() {
    let start = Instant::now();
    let (near, mut far) = duplex(64);
    let mut connection = Connection::new(near, Toy::with_timeout(300));
    let peer = tokio::spawn(async move {
        for _ in 0..10 {
            sleep(Duration::from_secs(299)).await;
            far.write_all(b"here\r\n").await.unwrap();
        }
        far
    });
    for _ in 0..10 {
        assert_eq!(connection.next().await.unwrap(), Some(Event::line("here")));
    }
    assert!(is_timeout(&connection.next().await.unwrap_err()));
    assert_eq!(start.elapsed().as_secs(), 2990 + 301);
    drop(peer);
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_takes_nothing_does_not_hold_up_flush_for_ever() {
    let (near, _far) = duplex(64);
    let mut connection = Connection::new(near, Toy::with_timeout(300));
    connection.machine().say(vec![0; 1000]);
    let start = Instant::now();
    assert!(is_timeout(&connection.flush().await.unwrap_err()));
    assert_eq!(start.elapsed().as_secs(), 310); // the last words got ten more seconds
}

#[tokio::test(start_paused = true)]
async fn last_words_may_take_long_if_they_get_on() {
    let (near, mut far) = duplex(100);
    let mut connection = Connection::new(near, Toy::lines());
    connection.machine().say(vec![b'x'; 1000]);
    let peer = tokio::spawn(async move {
        let (mut all, mut some) = (0, [0; 100]);
        loop {
            sleep(Duration::from_secs(9)).await;
            match far.read(&mut some).await.unwrap() {
                0 => return all,
                octets => all += octets,
            }
        }
    });
    let _ = timeout(Duration::ZERO, connection.flush()).await;
    connection.close().await.unwrap();
    assert_eq!(peer.await.unwrap(), 1000);
}

#[tokio::test(start_paused = true)]
async fn a_deadline_that_is_left_standing_does_not_spin() {
    let (near, _far) = duplex(64);
    let mut connection = Connection::new(near, Toy::with_timeout(5));
    connection.machine().stubborn = true;
    assert!(timeout(Duration::from_secs(3600), connection.next()).await.is_err());
    assert!(connection.machine_ref().steps < 10, "{}", connection.machine_ref().steps);
}

#[tokio::test(start_paused = true)]
async fn a_deadline_beyond_all_time_is_none() {
    let (near, mut far) = duplex(64);
    let mut connection = Connection::new(near, Toy::with_timeout(u64::MAX));
    far.write_all(b"a\r\n").await.unwrap();
    assert_eq!(connection.next().await.unwrap(), Some(Event::line("a")));
    assert!(timeout(Duration::from_secs(3600), connection.next()).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn buffers_are_given_back_after_a_second() {
    let (near, mut far) = duplex(64);
    let mut connection = Connection::new(near, Toy::with_timeout(300));
    for _ in 0..3 {
        far.write_all(b"line\r\n").await.unwrap();
        assert_eq!(connection.next().await.unwrap(), Some(Event::line("line")));
        connection.machine().say("ok\r\n");
        assert!(timeout(Duration::from_millis(900), connection.next()).await.is_err());
        assert!(connection.endpoint().held() > 0);
        assert!(timeout(Duration::from_millis(200), connection.next()).await.is_err());
        assert_eq!(connection.endpoint().held(), 0);
        let mut reply = [0; 4];
        far.read_exact(&mut reply).await.unwrap();
    }
    // Half a line is kept.
    far.write_all(b"ha").await.unwrap();
    assert!(timeout(Duration::from_secs(5), connection.next()).await.is_err());
    far.write_all(b"lf\r\n").await.unwrap();
    assert_eq!(connection.next().await.unwrap(), Some(Event::line("half")));
}

#[tokio::test(start_paused = true)]
async fn what_is_pushed_to_an_idle_peer_is_given_back_too() {
    let (near, mut far) = duplex(64);
    let mut connection = Connection::new(near, Toy::lines());
    assert!(timeout(Duration::from_secs(2), connection.next()).await.is_err());
    assert_eq!(connection.endpoint().held(), 0);
    connection.machine().say("news\r\n");
    assert!(timeout(Duration::from_secs(2), connection.next()).await.is_err());
    assert_eq!(connection.endpoint().held(), 0);
    let mut news = [0; 6];
    far.read_exact(&mut news).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn lingering_takes_a_second_at_most() {
    let (near, mut far) = duplex(64);
    let mut connection = Connection::new(near, Toy::lines());
    far.write_all(b"QUIT\r\n").await.unwrap();
    let peer = tokio::spawn(async move {
        // Goes on talking, and never closes.
        while far.write_all(b"and another thing\r\n").await.is_ok() {
            sleep(Duration::from_millis(10)).await;
        }
    });
    let start = Instant::now();
    assert!(connection.next().await.unwrap().is_none());
    assert!(start.elapsed() >= Duration::from_millis(900) && start.elapsed() < Duration::from_millis(1100));
    drop(connection);
    peer.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_stalls_the_upgrade_is_left() {
    let (near, mut far) = duplex(2);
    let source = Box::new(|| panic!("the agreement is not sent yet"));
    let mut connection = Connection::new(near, Toy::with_timeout(300)).with_tls_source(source);
    let peer = tokio::spawn(async move {
        far.write_all(b"STARTTLS\r\n").await.unwrap();
        std::future::pending::<()>().await;
    });
    let Err(Error::Io(error)) = connection.next().await else { panic!() };
    assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    peer.abort();
}

#[tokio::test(start_paused = true)]
async fn a_busy_connection_hardly_touches_its_timer() {
    let mut stream = Script::default();
    for _ in 0..1000 {
        stream.input.push_back(Ok("line\r\n".into()));
    }
    let mut connection = Connection::new(stream, Toy::with_timeout(300));
    for _ in 0..1000 {
        connection.next().await.unwrap().unwrap();
    }
    // One step for a line, one for waiting: a timer that fired would add to them.
    assert!(connection.machine_ref().steps <= 2001, "{}", connection.machine_ref().steps);
}
