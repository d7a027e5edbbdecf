use super::*;
use crate::Limits;

fn limits() -> FrameLimits {
    FrameLimits { frame: 300, line: 100, inline: 40, streamed: 1_000_000, chunk: 16 }
}

/// Every frame, with octets in pieces of `step`; chunks of one literal are joined.
fn frames(side: Side, input: &[u8], step: usize) -> Vec<Result<Frame, Limit>> {
    let (mut framer, mut rx, mut all) =
        (Framer::new(side), RecvBuf::default(), Vec::<Result<Frame, Limit>>::new());
    for piece in input.chunks(step) {
        rx.feed(piece);
        loop {
            match framer.step(&mut rx, &limits()) {
                Ok(None) => break,
                Ok(Some(Frame::Chunk(chunk))) => match all.last_mut() {
                    Some(Ok(Frame::Chunk(before))) => *before = [&before[..], &chunk[..]].concat().into(),
                    _ => all.push(Ok(Frame::Chunk(chunk))),
                },
                Ok(Some(frame)) => all.push(Ok(frame)),
                Err(error) => {
                    all.push(Err(error));
                    return all;
                }
            }
        }
        assert!(rx.len() <= 300 + step, "{} octets are held", rx.len());
    }
    all
}

fn at_every_step(side: Side, input: &[u8]) -> Vec<Result<Frame, Limit>> {
    let all = frames(side, input, input.len());
    for step in 1..input.len() {
        assert_eq!(frames(side, input, step), all, "pieces of {step}");
    }
    all
}

fn whole(text: &str) -> Result<Frame, Limit> {
    Ok(Frame::Whole(Bytes::copy_from_slice(text.as_bytes())))
}

#[test]
fn lines_and_literals() {
    let input =
        b"* OK x\r\n* LIST () \"/\" {3}\r\na\r\n {2}\r\nbc\r\nA1 OK done {5}\r\n+ {5}\r\n* BAD \" {1}\r\n";
    let expected = [
        whole("* OK x"),
        whole("* LIST () \"/\" {3}\r\na\r\n {2}\r\nbc"),
        whole("A1 OK done {5}"),
        whole("+ {5}"),
        whole("* BAD \" {1}"),
    ];
    assert_eq!(at_every_step(Side::Responses, input), expected);
}

#[test]
fn an_open_code_may_hold_a_literal() {
    let input = b"* OK [BADCHARSET ({5}\r\nutf-8)] x\r\n* OK [ALERT] {9}\r\n";
    assert_eq!(
        at_every_step(Side::Responses, input),
        [whole("* OK [BADCHARSET ({5}\r\nutf-8)] x"), whole("* OK [ALERT] {9}")]
    );
}

#[test]
fn bodies_are_streamed_and_the_rest_is_not() {
    let body = "x".repeat(50);
    let input = format!(
        "* 1 FETCH (UID 7 BODY[] {{50}}\r\n{body} FLAGS () RFC822 {{50}}\r\n{body})\r\n* 2 EXISTS\r\n"
    );
    let chunk = || Ok(Frame::Chunk(Bytes::copy_from_slice(body.as_bytes())));
    let begin = |head: &'static str| Ok(Frame::Begin { head: head.into(), octets: 50, waits: false });
    assert_eq!(
        at_every_step(Side::Responses, input.as_bytes()),
        [
            begin("* 1 FETCH (UID 7 BODY[] {50}\r\n"),
            chunk(),
            begin(" FLAGS () RFC822 {50}\r\n"),
            chunk(),
            Ok(Frame::End(")".into())),
            whole("* 2 EXISTS"),
        ]
    );
}

#[test]
fn what_is_too_large_is_passed_over() {
    let large = "* X\r\n".repeat(80);
    let head = "* 1 FETCH (ENVELOPE ({400}\r\n";
    let input = format!("{head}{large} \"a\" {{5}}\r\nhello)\r\n* 3 EXISTS\r\n");
    assert_eq!(
        at_every_step(Side::Responses, input.as_bytes()),
        [Ok(Frame::TooLarge { head: Bytes::copy_from_slice(head.as_bytes()) }), whole("* 3 EXISTS")]
    );
}

#[test]
fn lines_without_end_and_literals_beyond_all_limits() {
    assert_eq!(frames(Side::Responses, &[b'x'; 500], 1).last(), Some(&Err(Limit::Line(100))));
    for number in ["1000001", "99999999999999999999", "18446744073709551615"] {
        let input = format!("* 1 FETCH (BODY[] {{{number}}}\r\n");
        assert_eq!(at_every_step(Side::Responses, input.as_bytes()), [Err(Limit::Literal(1_000_000))]);
    }
}

#[test]
fn only_crlf_ends_a_line() {
    assert_eq!(at_every_step(Side::Responses, b"* OK a\nA1 OK b\r\n"), [whole("* OK a\nA1 OK b")]);
    assert_eq!(at_every_step(Side::Responses, b"A1 OK a\rA2 OK\r\n"), [whole("A1 OK a\rA2 OK")]);
    // except behind an announcement, where servers were seen to write LF
    assert_eq!(
        at_every_step(Side::Responses, b"* 1 FETCH (BODY[TEXT] {5}\nhello UID 1)\r\n"),
        [whole("* 1 FETCH (BODY[TEXT] {5}\nhello UID 1)")]
    );
    assert_eq!(at_every_step(Side::Commands, b"A1 X {5}\nhello\r\n"), [whole("A1 X {5}\nhello")]);
}

#[test]
fn clients_wait_for_each_literal_that_does_not_say_otherwise() {
    let input = b"A1 LOGIN {1}\r\na {1+}\r\nb\r\nA2 NOOP\r\n";
    assert_eq!(
        at_every_step(Side::Commands, input),
        [Ok(Frame::Waits { octets: 1 }), whole("A1 LOGIN {1}\r\na {1+}\r\nb"), whole("A2 NOOP")]
    );
    let mut framer = Framer::new(Side::Commands);
    let mut rx = RecvBuf::default();
    rx.feed(b"A1 LOGIN {1}\r\nA2 NOOP\r\n");
    assert_eq!(framer.step(&mut rx, &limits()), Ok(Some(Frame::Waits { octets: 1 })));
    assert_eq!(framer.refuse(&mut rx), "A1 LOGIN {1}\r\n");
    assert_eq!(framer.step(&mut rx, &limits()), Ok(Some(Frame::Whole("A2 NOOP".into()))));
}

#[test]
fn messages_of_clients_are_streamed() {
    let input = b"A1 APPEND \"a b\" (\\Seen) {3+}\r\nabc {2+}\r\nde\r\nA2 APPEND {1+}\r\nx {1}\r\ny\r\nA3 UID REPLACE 4 x {1+}\r\nz\r\n";
    let begin = |head: &'static str, octets, waits| Ok(Frame::Begin { head: head.into(), octets, waits });
    let chunk = |text: &'static str| Ok(Frame::Chunk(text.into()));
    assert_eq!(
        at_every_step(Side::Commands, input),
        [
            begin("A1 APPEND \"a b\" (\\Seen) {3+}\r\n", 3, false),
            chunk("abc"),
            begin(" {2+}\r\n", 2, false),
            chunk("de"),
            Ok(Frame::End(Bytes::new())),
            begin("A2 APPEND {1+}\r\nx {1}\r\n", 1, true),
            chunk("y"),
            Ok(Frame::End(Bytes::new())),
            begin("A3 UID REPLACE 4 x {1+}\r\n", 1, false),
            chunk("z"),
            Ok(Frame::End(Bytes::new())),
        ]
    );
}

#[test]
fn the_work_is_that_of_the_octets() {
    // A line that drips in is searched once.
    let mut framer = Framer::new(Side::Responses);
    let limits = FrameLimits::responses(&Limits::new());
    let mut rx = RecvBuf::default();
    for _ in 0..100_000 {
        rx.feed(b"x");
        assert_eq!(framer.step(&mut rx, &limits), Ok(None));
    }
    assert_eq!(framer.scanned, 100_000);
}

#[test]
fn a_line_is_too_long_however_it_comes() {
    let too_long = vec![Err(Limit::Line(100))];
    for side in [Side::Commands, Side::Responses] {
        let line = |octets: usize| format!("* {}\r\n", "x".repeat(octets - 3));
        let next = "A2 NOOP\r\n";
        let frames = at_every_step(side, format!("{}{next}", line(100)).as_bytes());
        assert_eq!((frames.len(), &frames[1]), (2, &Ok(Frame::Whole("A2 NOOP".into()))));
        assert_eq!(at_every_step(side, format!("{}{next}", line(101)).as_bytes()), too_long);
        // A bare LF ends nothing.
        let bare = format!("* {}\n{}\r\n{next}", "x".repeat(60), "x".repeat(60));
        assert_eq!(at_every_step(side, bare.as_bytes()), too_long);
    }
}

#[test]
fn a_frame_is_too_large_by_its_last_line() {
    for side in [Side::Commands, Side::Responses] {
        let literal = format!("{{40+}}\r\n{}", "x".repeat(40));
        let begins = format!("* LIST () \"/\" {}", literal.repeat(5));
        let left = 300 - begins.len();
        assert!(left < 80);
        let next = "A2 NOOP\r\n";
        let fits = format!("{begins}{}\r\n{next}", "y".repeat(left - 1));
        let frames = at_every_step(side, fits.as_bytes());
        assert!(matches!(&frames[..], [.., Ok(Frame::Whole(one)), Ok(Frame::Whole(_))] if one.len() == 299));
        for more in ["", " {40+}\r\nA3 LOGOUT\r\nxxxxxxxxxxxxxxxxxxxxxxxxxxxxz", "\n"] {
            let octets = format!("{begins}{}{more}\r\n{next}", "y".repeat(left));
            let frames = at_every_step(side, octets.as_bytes());
            let [.., Ok(Frame::TooLarge { head }), Ok(Frame::Whole(one))] = &frames[..] else {
                panic!("{frames:?}")
            };
            assert!(begins.as_bytes().starts_with(&head[..50]) && one == "A2 NOOP");
        }
        // Nothing of it is held, wherever a bare LF stands.
        let octets = format!("{begins}{}\n{}\r\n{next}", "y".repeat(left + 5), "y".repeat(90));
        assert_eq!(at_every_step(side, octets.as_bytes()).len(), 2);
        let (mut framer, mut rx) = (Framer::new(side), RecvBuf::default());
        rx.feed(format!("{begins}{}\n{}", "y".repeat(left + 5), "y".repeat(70)).as_bytes());
        while framer.step(&mut rx, &limits()).unwrap().is_some() {}
        assert!(rx.len() <= 100, "{} octets are held", rx.len());
    }
}

/// Of a line that is passed over only the end is kept, and a literal without end must be found there too.
#[test]
fn a_literal_with_a_number_without_end_is_fatal_however_it_comes() {
    for side in [Side::Commands, Side::Responses] {
        let literal = format!("{{40+}}\r\n{}", "x".repeat(40));
        let begins = format!("* LIST () \"/\" {}", literal.repeat(5));
        for length in [60, 90] {
            for announcement in ["{0888", "{0000"] {
                let digits = announcement.to_owned() + &announcement[4..].repeat(length);
                let octets = format!("{begins}{}{digits}5}}\r\nxxxxx\r\nA2 NOOP\r\n", "y".repeat(20));
                let frames = at_every_step(side, octets.as_bytes());
                assert_eq!(frames.last(), Some(&Err(Limit::Literal(1_000_000))), "{digits}");
            }
        }
        // A line of digits behind a literal announces nothing, as far as can be seen.
        let before = format!("{begins}{}{{2+}}\r\nab", "y".repeat(290 - begins.len()));
        for length in 1..60 {
            let octets = format!("{before}{}}}\r\nA2 NOOP\r\n", "8".repeat(length));
            let frames = at_every_step(side, octets.as_bytes());
            let is_fatal = frames.last() == Some(&Err(Limit::Literal(1_000_000)));
            assert_eq!(is_fatal, length > 26, "{length} digits");
        }
        // Neither is this one, nor does it end the connection.
        let octets = format!("{begins}{} 88888}}\r\nA2 NOOP\r\n", "y".repeat(90));
        assert_eq!(at_every_step(side, octets.as_bytes()).len(), 2);
    }
}
