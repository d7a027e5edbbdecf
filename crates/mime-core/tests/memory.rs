//! What is held while a message comes in pieces, and what a tree costs: for a message that is large, and for the worst
//! there is.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::wildcard_enum_match_arm)]

use bytes::{Bytes, BytesMut};
use mime_core::{Config, Content, Event, Limits, Message, Push};
use test_support::alloc;

/// Octets of the large message: 1 GiB as the crate is shipped (`scripts/test-release`), less where nothing is
/// optimised, as it would take minutes.
const LARGE: usize = if cfg!(debug_assertions) { 64 << 20 } else { 1 << 30 };
/// Octets that come at once, as from a socket.
const PIECE: usize = 16 * 1024;

/// Octets that stand so many times.
type Run<'a> = (&'a str, usize);

/// Makes pieces of runs, each when its turn comes.
fn pieces<'a>(runs: &'a [Run<'a>], octets: usize) -> impl Iterator<Item = Bytes> + 'a {
    let mut runs = runs.iter().copied().filter(|&(text, times)| !text.is_empty() && times > 0);
    let (mut text, mut times, mut at) = ("", 0, 0);
    std::iter::from_fn(move || {
        let mut piece = BytesMut::with_capacity(octets);
        while piece.len() < octets {
            if times == 0 {
                let Some(run) = runs.next() else { break };
                (text, times) = run;
            }
            let rest = &text.as_bytes()[at..];
            let some = &rest[..rest.len().min(octets - piece.len())];
            piece.extend_from_slice(some);
            at += some.len();
            if at == text.len() {
                (at, times) = (0, times - 1);
            }
        }
        (!piece.is_empty()).then(|| piece.freeze())
    })
}

/// Pushes a message, and tells how much was held at most, the piece at hand included.
fn held(config: Config, pieces: impl Iterator<Item = Bytes>, mut on: impl FnMut(Event)) -> usize {
    let ((), info) = alloc::measure(|| {
        let mut push = Push::new(config);
        for piece in pieces {
            push.push(piece);
            while let Some(event) = push.next() {
                on(event);
            }
        }
        push.finish();
        while let Some(event) = push.next() {
            on(event);
        }
    });
    assert_eq!(info.bytes_current, 0);
    info.bytes_max.try_into().unwrap()
}

#[test]
fn a_large_message_is_never_held() {
    const BASE64: &str = "R3LDvMOfZSBhdXMgS8O2bG4hR3LDvMOfZSBhdXMgS8O2bG4hR3LDvMOfZSBhdXMgS8O2bG4h\r\n";
    const QUOTED: &str = "Gr=C3=BC=C3=9Fe aus K=C3=B6ln, und noch ein paar Worte, damit es lang wird=\r\n";
    const PLAIN: &str = "Viele Grüße\r\n";
    const MANY: usize = 3000;
    let quarter = LARGE / 4;
    let (base64, quoted, plain) = (quarter / BASE64.len(), quarter / QUOTED.len(), quarter / PLAIN.len());
    let message = [
        ("From: =?utf-8?Q?J=C3=BCrgen?= <j@example.de>\r\nDate: Tue, 31 Mar 2026 17:05:00 +0200\r\n", 1),
        ("X-Many: a field\r\n of two lines\r\n", MANY),
        ("MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=outer\r\n\r\npreamble\r\n", 1),
        ("--outer\r\nContent-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n", 1),
        (BASE64, base64),
        ("--outer\r\nContent-Type: text/plain\r\nX-Small: yes\r\n\r\nsmall\r\n", MANY),
        ("--outer\r\nContent-Type: multipart/alternative; boundary=inner\r\n\r\n", 1),
        ("--inner\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n", 1),
        (QUOTED, quoted),
        ("\r\n", 1),
        ("--inner\r\n\r\nsmall\r\n", MANY),
        ("--inner\r\nContent-Type: text/plain\r\n\r\n", 1),
        ("x", quarter),
        ("\r\n--inner--\r\n", 1),
        ("--outer\r\nContent-Type: message/rfc822\r\n\r\nSubject: inside\r\n\r\n", 1),
        (PLAIN, plain),
        ("\r\n--outer--\r\nepilogue\r\n", 1),
    ];
    let (mut parts, mut fields, mut large, mut others, mut defects) = (0, 0, [0; 4], 0, 0);
    let mut which = None;
    let held = held(Config::new(), pieces(&message, PIECE), |event| match event {
        Event::PartBegin => parts += 1,
        Event::Field(_) => fields += 1,
        Event::HeaderEnd { content: Content::Leaf, path, .. } => {
            which = match path.as_str() {
                "1" => Some(0),
                _ if path == format!("{}.1", MANY + 2) => Some(1),
                _ if path == format!("{}.{}", MANY + 2, MANY + 2) => Some(2),
                _ if path == format!("{}.1", MANY + 3) => Some(3),
                _ => None,
            };
        }
        Event::Body(octets) => match which {
            Some(part) => large[part] += octets.len(),
            None => others += octets.len(),
        },
        Event::Defect(defect) => {
            defects += 1;
            eprintln!("{defect:?}");
        }
        _ => {}
    });
    assert_eq!(parts, 1 + 1 + MANY + 1 + 1 + MANY + 1 + 2);
    assert_eq!(fields, 2 + MANY + 2 + 2 + 2 * MANY + 1 + 1 + 1 + 2);
    // 72 characters of base64 are 54 octets, and a soft line break is nothing.
    let decoded = "Grüße aus Köln, und noch ein paar Worte, damit es lang wird".len();
    assert_eq!(large, [base64 * 54, quoted * decoded, quarter, plain * PLAIN.len()]);
    assert_eq!(others, 2 * MANY * "small".len());
    assert_eq!(defects, 0);
    eprintln!("{LARGE} octets, {held} held");
    assert!(held <= 1 << 20, "{held}");
}

/// What [`Push`] says that it holds at most.
fn documented(limits: Limits) -> usize {
    4 * limits.field_octets + 4 * usize::from(limits.depth) * (limits.boundary + 32) + (1 << 20)
}

/// Headers of multiparts inside each other, and many delimiters of the innermost.
fn nested(limits: Limits) -> String {
    let mut text = String::new();
    for level in 0..limits.depth {
        // The innermost is short: the more of them.
        let length = if level + 1 == limits.depth { 3 } else { limits.boundary };
        let boundary = format!("{level:b>length$}");
        text.push_str("Content-Type: multipart/mixed; boundary=");
        text.push_str(&boundary);
        text.push_str("\n\n--");
        text.push_str(&boundary);
        text.push('\n');
    }
    text
}

#[test]
fn what_is_held_at_most() {
    const MULTIPART: Run<'_> = ("Content-Type: multipart/mixed; boundary=b\n\n", 1);
    let small = Limits::new().field_octets(8192).depth(10).boundary(300).parts(200).fields(300).defects(50);
    for limits in [small, Limits::new()] {
        let nested = nested(limits);
        let field = limits.field_octets;
        let innermost = format!("--{:b>3}\n\n", limits.depth - 1);
        let dashes = format!("Content-Type: multipart/mixed; boundary={}\n\n", "-".repeat(limits.boundary));
        let sections: String = (0..limits.param_sections)
            .map(|n| format!(";boundary*{n}*=''{}", "%41".repeat(field / 230)))
            .collect();
        let fields = "\n--b\n".to_owned() + &"a:\n".repeat(30) + "\n";
        let messages: &[(&str, &[Run<'_>])] = &[
            ("parts", &[MULTIPART, ("--b\n\n", 20_000)]),
            ("parts deep inside", &[(&nested, 1), (&innermost, 20_000)]),
            ("parts of fields", &[MULTIPART, ("x", 60), (&fields, 2000)]),
            ("fields", &[MULTIPART, ("\n--b\n", 1), ("a:\n", 50_000)]),
            ("fields of base64", &[MULTIPART, ("--b\nContent-Transfer-Encoding:base64\n\nAA==\n", 3000)]),
            ("a long field", &[("A: ", 1), ("b", 3 * field), ("\n\n", 1)]),
            ("a long name", &[("A", 3 * field), (": \n\n", 1)]),
            ("a folded field", &[("A:", 1), ("b\n ", field), ("\n\n", 1)]),
            ("a field as long as it may be", &[("A:", 1), ("b", field - 3), ("\n", 1), ("c:\n", 20_000)]),
            ("a line that is no field", &[("A: b\n", 1), ("b", field - 1), ("\n", 1), ("b\n", 5000)]),
            ("lines that are no fields", &[("A: b\n", 1), ("b\n", 100_000)]),
            ("fields with a defect", &[("a b:\n", 100_000)]),
            ("a boundary in sections", &[("Content-Type:multipart/mixed", 1), (&sections, 1), ("\n\n", 1)]),
            (
                "an extended boundary",
                &[("Content-Type:multipart/mixed;boundary*=''", 1), ("%41", field / 3 - 20)],
            ),
            (
                "a quoted boundary",
                &[("Content-Type:multipart/mixed;boundary=\"\\@", 1), ("b", field - 50), ("\"\n\n", 1)],
            ),
            (
                "a boundary of pairs",
                &[("Content-Type:multipart/mixed;boundary=\"", 1), ("\\@", field / 2 - 30), ("\"\n\n", 1)],
            ),
            (
                "comments",
                &[("Content-Type:multipart/mixed;boundary=", 1), ("(b)", field / 3 - 30), ("\n\n", 1)],
            ),
            ("encodings", &[("Content-Transfer-Encoding:", 1), ("(b)", field / 3 - 30), ("base64\n\n", 1)]),
            ("base64", &[("Content-Transfer-Encoding: base64\n\n", 1), ("AAAA", 100_000)]),
            ("damaged base64", &[("Content-Transfer-Encoding: base64\n\n", 1), ("A=*-", 100_000)]),
            ("quoted-printable", &[("Content-Transfer-Encoding: quoted-printable\n\n", 1), ("A= ", 100_000)]),
            ("white space", &[("Content-Transfer-Encoding: quoted-printable\n\n", 1), (" ", 300_000)]),
            ("hyphens", &[(&dashes, 1), ("-", 300_000)]),
            ("lines of hyphens", &[(&dashes, 1), ("\n--------------", 30_000)]),
            ("padding", &[MULTIPART, ("--b", 1), (" ", 300_000)]),
            ("CR", &[("\r", 3 * field)]),
            ("a line of an mbox", &[("From ", 1), ("x", 3 * field)]),
            ("a line of white space", &[("A: b\n", 1), (" ", 3 * field)]),
        ];
        for size in [700, PIECE, 1 << 20] {
            for &(name, message) in messages {
                let mut events = 0;
                let held = held(Config::new().limits(limits), pieces(message, size), |_| events += 1);
                let held = held.saturating_sub(size);
                eprintln!(
                    "{name} in pieces of {size}: {held} of {} octets, {events} events",
                    documented(limits)
                );
                assert!(held <= documented(limits), "{name} in pieces of {size}: {held}");
                assert!(events > 1, "{name}");
            }
        }
    }
}

/// A piece that holds more than is found in one go: nothing is left out, and nothing comes twice.
#[test]
fn a_piece_full_of_parts_gives_all_of_them() {
    let fields = "a:1\r\n".repeat(700);
    let message = format!(
        "Content-Type: multipart/mixed; boundary=b\r\n{fields}\r\n{}--b\r\n{fields}\r\nx\r\n--b--\r\n{}",
        "--b\r\nc: 2\r\n\r\ny\r\n--b\r\n\r\n".repeat(900),
        "--b\r\n".repeat(300)
    );
    let mail = Message::parse(message.clone());
    let expected: Vec<_> = mail
        .parts()
        .map(|part| (part.path(), part.lines().count(), part.is_leaf().then(|| part.raw_body())))
        .collect();
    assert_eq!(expected.len(), 1802);
    for size in [message.len(), message.len() / 2, 5000] {
        let mut push = Push::new(Config::new());
        let (mut parts, mut open, mut defects) = (Vec::new(), Vec::new(), Vec::new());
        let mut on = |event| match event {
            Event::PartBegin => {
                open.push(parts.len());
                parts.push((String::new(), 0, None));
            }
            Event::Field(_) => parts[*open.last().unwrap()].1 += 1,
            Event::HeaderEnd { path, content, .. } => {
                let part = &mut parts[*open.last().unwrap()];
                (part.0, part.2) = (path, (content == Content::Leaf).then(Vec::new));
            }
            Event::Body(octets) => {
                parts[*open.last().unwrap()].2.as_mut().unwrap().extend_from_slice(&octets)
            }
            Event::PartEnd => assert!(open.pop().is_some()),
            Event::Defect(defect) => defects.push(defect),
            _ => {}
        };
        for piece in message.as_bytes().chunks(size) {
            push.push(Bytes::copy_from_slice(piece));
            while let Some(event) = push.next() {
                on(event);
            }
        }
        push.finish();
        while let Some(event) = push.next() {
            on(event);
        }
        assert!(open.is_empty());
        assert_eq!(defects, mail.structure_defects());
        assert_eq!(parts.len(), expected.len());
        for (part, expected) in parts.iter().zip(&expected) {
            assert_eq!((&part.0, part.1, part.2.as_deref()), (&expected.0, expected.1, expected.2));
        }
    }
}

/// What [`Limits`] says that a tree costs at most.
fn tree(limits: Limits, octets: usize) -> usize {
    let records = limits.parts as usize * 112 + limits.all_fields as usize * 40;
    records.min(24 * octets) + (limits.defects + 1).min(octets) * 64 + 2048
}

#[test]
fn what_a_tree_costs_for_each_octet() {
    let limits = Limits::new();
    for octets in [10_usize, 100, 1000, 10_000, 1_000_000] {
        for (name, start, dense) in [
            ("parts", "Content-Type:multipart/mixed;boundary=b\n\n", "--b\n\n"),
            ("parts with a field", "Content-Type:multipart/mixed;boundary=b\n\n", "--b\na:\n\n"),
            ("parts with a defect", "Content-Type:multipart/mixed;boundary=b\n\n", "--b\na:\n--b\n\n"),
            ("fields", "", "a:\n"),
            ("lines that are no fields", "A:b\n", "b\n"),
            ("lines of text within a header", "A:b\n", &("b\n".repeat(1000) + "c:\n")),
            ("fields with a defect", "", "a :\n"),
            ("delimiters that come late", "Content-Type:multipart/mixed;boundary=b\n\n--b--\n", "--b\n"),
            ("text", "", "\n"),
        ] {
            let message = Bytes::from(start.to_owned() + &dense.repeat(octets.div_ceil(dense.len())));
            let length = message.len();
            let (mail, info) = alloc::measure(|| Message::parse(message));
            let (now, most): (usize, usize) =
                (info.bytes_current.try_into().unwrap(), info.bytes_max.try_into().unwrap());
            eprintln!("{length} octets of {name}: {now} held, at most {most}, of {}", tree(limits, length));
            assert!(now <= tree(limits, length), "{length} octets of {name}: {now}");
            // While a list grows the old one is there too.
            assert!(most <= tree(limits, length) * 3 / 2, "{length} octets of {name}: {most}");
            drop(mail);
        }
    }
}
