//! Twice the octets cost twice the time: for everything that was ever blown up, in both faces.
//!
//! Time is measured, so these run optimised only: `cargo test --release --test doubling`. `counts` beside the benchmarks
//! is what notices small changes.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::{
    sync::LazyLock,
    thread,
    time::{Duration, Instant},
};

use bytes::Bytes;
use mime_core::{Config, Message, Push};

/// The sizes of the pieces that the push parser is given.
const PIECES: [usize; 3] = [1, 1460, usize::MAX];

/// Time that this thread was working: other programs do not count, where the system tells (Linux).
fn worked() -> Duration {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    // The account is settled when another thread may run.
    thread::yield_now();
    std::fs::read_to_string("/proc/thread-self/schedstat")
        .ok()
        .and_then(|line| line.split(' ').next()?.parse().ok())
        .map_or_else(|| START.elapsed(), Duration::from_nanos)
}

fn fastest(mut work: impl FnMut()) -> Duration {
    (0..5)
        .map(|_| {
            let start = worked();
            work();
            worked() - start
        })
        .min()
        .unwrap()
}

fn tree(octets: &Bytes) -> Duration {
    fastest(|| drop(Message::parse(octets.clone())))
}

fn push(octets: &Bytes, size: usize) -> Duration {
    fastest(|| {
        let mut push = Push::new(Config::new()).raw();
        let mut at = 0;
        while at < octets.len() {
            let end = octets.len().min(at.saturating_add(size));
            push.push(octets.slice(at..end));
            at = end;
            while push.next().is_some() {}
        }
        push.finish();
        while push.next().is_some() {}
    })
}

/// Twice the input may take 3.5 times as long: caches are small. What is measured twice and found slow is tried again.
fn is_linear(name: &str, octets: usize, make: impl Fn(usize) -> Vec<u8>, time: impl Fn(&Bytes) -> Duration) {
    let (one, two) = (Bytes::from(make(octets)), Bytes::from(make(2 * octets)));
    let mut tries = Vec::new();
    for _ in 0..5 {
        let (first, second) = (time(&one), time(&two));
        if second < first * 7 / 2 || second < Duration::from_micros(200) {
            return;
        }
        tries.push((first, second));
    }
    panic!("{name}: {tries:?}");
}

/// The tree, and the push parser in pieces of every size.
fn both(name: &str, make: impl Fn(usize) -> Vec<u8>) {
    is_linear(name, 1 << 20, &make, tree);
    for size in PIECES {
        let octets = if size == 1 { 1 << 17 } else { 1 << 19 };
        is_linear(&format!("{name} in pieces of {size}"), octets, &make, |octets| push(octets, size));
    }
}

fn filled(start: &str, pattern: &[u8], octets: usize) -> Vec<u8> {
    start.bytes().chain(pattern.iter().copied().cycle().take(octets)).collect()
}

/// 49 multiparts in one another, and the start of a leaf. `boundary` is what their boundaries begin with.
fn nested(boundary: &str) -> String {
    let mut start = String::new();
    for level in 0..49 {
        start.push_str(&format!(
            "Content-Type: multipart/mixed; boundary={boundary}{level:02}\r\n\r\n--{boundary}{level:02}\r\n"
        ));
    }
    start + "\r\n"
}

const MIXED: &str = "Content-Type: multipart/mixed; boundary=b\r\n\r\n";

#[test]
#[cfg_attr(debug_assertions, ignore = "measures time")]
fn nesting() {
    both("multiparts with one boundary", |n| filled("", format!("{MIXED}--b\r\n").as_bytes(), n));
    both("messages", |n| filled("", b"Content-Type: message/rfc822\r\n\r\n", n));
    both("multiparts that open and close", |n| {
        filled(MIXED, b"--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\n--c--\r\n", n)
    });
    both("multiparts with boundaries of their own", |n| {
        let mut octets = String::new();
        while octets.len() < n {
            let level = octets.len();
            octets
                .push_str(&format!("Content-Type: multipart/mixed; boundary={level}_\r\n\r\n--{level}_\r\n"));
        }
        octets.into_bytes()
    });
}

#[test]
#[cfg_attr(debug_assertions, ignore = "measures time")]
fn parts() {
    both("empty parts", |n| filled(MIXED, b"--b\r\n", n));
    both("parts", |n| filled(MIXED, b"--b\r\n\r\n\r\n", n));
    both("parts of one line that is no field", |n| filled(MIXED, b"--b\r\nodd\r\n", n));
    both("closing delimiters", |n| filled(MIXED, b"--b--\r\n", n));
    both("digests", |n| {
        filled("Content-Type: multipart/digest; boundary=b\r\n\r\n", b"--b\r\n\r\nA: b\r\n\r\n", n)
    });
}

#[test]
#[cfg_attr(debug_assertions, ignore = "measures time")]
fn fields() {
    both("fields", |n| filled("", b"A: 1\r\n", n));
    both("short fields", |n| filled("", b"A:\n", n));
    both("content types", |n| filled("", b"Content-Type: multipart/mixed; boundary=b\r\n", n));
    both("one long field", |n| filled("A: ", b"x", n));
    both("one long name", |n| filled("", b"x", n));
    both("continuations", |n| filled("A: 1\r\n", b" 1\r\n", n));
    both("continuations of white space", |n| filled("A: 1\r\n", b" \r\n", n));
    both("continuations that begin nothing", |n| filled("", b" 1\r\n", n));
}

#[test]
#[cfg_attr(debug_assertions, ignore = "measures time")]
fn lines_that_are_no_fields() {
    both("odd lines", |n| filled("A: 1\r\n", b"odd\r\n", n));
    both("odd lines, and a field in time", |n| {
        let page = [b"odd\r\n".repeat(800), b"A: 1\r\n".to_vec()].concat();
        filled("A: 1\r\n", &page, n)
    });
    both("illegal names", |n| filled("A: 1\r\n", b"\xc3: 1\r\nA: 1\r\n", n));
    both("folded names", |n| filled("A: 1\r\n", b"A\r\n : 1\r\n", n));
    both("two hyphens in a header", |n| filled(&(nested("b") + "A: 1\r\n"), b"--\r\nA: 1\r\n", n));
    both("lines of an mbox", |n| filled("", b"From x\r\n", n));
    both("messages of an mbox", |n| filled("", b"Content-Type: message/rfc822\r\n\r\nFrom x\r\n", n));
}

#[test]
#[cfg_attr(debug_assertions, ignore = "measures time")]
fn lines_like_delimiters() {
    let long = "b".repeat(2000);
    both("two hyphens", |n| filled(&nested("b"), b"--\n", n));
    both("hyphens", |n| filled(&nested("b"), b"-", n));
    both("nearly a boundary", |n| filled(&nested(&long), format!("--{long}\n").as_bytes(), n));
    both("a boundary and more", |n| filled(&nested("b"), b"--b00x\n", n));
    both("a boundary and white space", |n| {
        filled(&nested("b"), format!("--b00{}x\n", " ".repeat(990)).as_bytes(), n)
    });
    both("boundaries that are closed", |n| filled(&(nested("b") + "--b00--\r\n"), b"--b00\r\n", n));
}

#[test]
#[cfg_attr(debug_assertions, ignore = "measures time")]
fn line_ends_in_bodies() {
    for octets in ["\r", "\n", "\r\n", "\n\r", "\n-", "\r\n-", "\r\n--", "\r\r\n", " \r\n"] {
        both(&format!("{octets:?}"), |n| filled(&format!("{MIXED}--b\r\n\r\n"), octets.as_bytes(), n));
    }
}

#[test]
#[cfg_attr(debug_assertions, ignore = "measures time")]
fn runs_in_headers() {
    for octets in ["\n", "\r\n", "\n\r", " ", "\t\r", ":", "\0", "--", "\r\r\n"] {
        both(&format!("{octets:?}"), |n| filled("", octets.as_bytes(), n));
    }
}

#[test]
fn runs_of_cr_in_headers() {
    let make = |n| filled("", b"\r", n);
    is_linear("CR", 1 << 20, make, tree);
    is_linear("CR in pieces of 1460", 1 << 18, make, |octets| push(octets, 1460));
    is_linear("CR in pieces of 1", 1 << 13, make, |octets| push(octets, 1));
}

#[test]
fn a_long_continuation_of_white_space() {
    let make = |n| filled("A: 1\r\n", b" ", n);
    is_linear("white space", 1 << 20, make, tree);
    is_linear("white space in pieces of 1460", 1 << 18, make, |octets| push(octets, 1460));
    is_linear("white space in pieces of 1", 1 << 13, make, |octets| push(octets, 1));
}

#[test]
fn a_long_line_of_an_mbox() {
    let make = |n| filled("From ", b"x", n);
    is_linear("From", 1 << 20, make, tree);
    is_linear("From in pieces of 1460", 1 << 18, make, |octets| push(octets, 1460));
    is_linear("From in pieces of 1", 1 << 17, make, |octets| push(octets, 1));
}

#[test]
fn guessed_boundaries() {
    // Ten thousand multiparts whose boundary never comes, all in one.
    let make = |n| {
        let mut octets = filled(MIXED, b"--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n", n);
        octets.extend_from_slice(b"--b--\r\n");
        octets
    };
    is_linear("guesses", 1 << 16, make, |octets| {
        let mail = Message::parse(octets.clone());
        fastest(|| assert!(mail.interpretations(20).count() > 0))
    });
}

/// The cost of an octet that comes alone may not depend on what is kept.
#[test]
fn looking_ahead_one_octet_at_a_time() {
    let page = [b"A: 1\r\n".to_vec(), b"odd\r\n".repeat(800)].concat();
    let odd = Bytes::from(filled("", &page, 1 << 16));
    let plain = Bytes::from(filled("", b"A: 1\r\n", 1 << 16));
    let (odd, plain) = (push(&odd, 1), push(&plain, 1));
    assert!(odd < plain * 20, "{odd:?}, {plain:?}");
}
