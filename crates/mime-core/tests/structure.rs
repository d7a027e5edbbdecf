//! Headers, parts and delimiters, as mail has them.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod both;

use both::{leaf, leaves, lines, nothing_is_lost, parse, parse_with, span, tells, text, told};
use mime_core::{Config, DefectKind::*, Message, Severity::*, TransferEncoding};

fn field(name: &str, value: &str) -> (bool, String, String) {
    (true, name.to_owned(), value.to_owned())
}

/// CR CR LF ends lines.
#[test]
fn quirk_mime_201() {
    let octets = "Subject: a\r\r\n\r\r\nbody\r\n";
    let mail = parse(octets);
    assert_eq!(lines(mail.root()), [field("Subject", " a")]);
    assert_eq!(mail.root().field("subject").unwrap().raw(), b"Subject: a\r\r\n");
    assert_eq!(leaves(&mail), [leaf("1", "body\r\n")]);
    assert_eq!(told(&mail), [(SeparatorVariant, 13..16, Ambiguous)]);
    assert!(tells(&mail, BareCr, 10..11));
    // A continuation stands behind such a line end too.
    let mail = parse("Subject: a\r\r\n b\r\r\nTo: c\r\n\r\n");
    assert_eq!(lines(mail.root()), [field("Subject", " a\r\r\n b"), field("To", " c")]);
}

/// The separator of an mbox file before the header.
#[test]
fn quirk_mime_202() {
    let octets = "From x@y Mon Jan  1 00:00:00 2024\r\nSubject: a\r\n\r\nb\r\n";
    let mail = parse(octets);
    assert_eq!(lines(mail.root()), [field("Subject", " a")]);
    assert_eq!(leaves(&mail), [leaf("1", "b\r\n")]);
    assert_eq!(told(&mail), [(MboxFromLine, 0..35, Cosmetic)]);
    assert_eq!(mail.root().span(), 35..octets.len());
    assert_eq!(mail.raw(), octets);
    // It is not looked for where no message begins.
    let mail = parse("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nFrom x\r\n\r\nc\r\n--b--\r\n");
    assert_eq!(leaves(&mail), [leaf("1", "From x\r\n\r\nc")]);
    let mail = parse(
        "Content-Type: message/rfc822\r\n\r\n>From x@y Mon Jan  1 00:00:00 2024\r\nSubject: a\r\n\r\nb",
    );
    assert_eq!(lines(mail.part("1.1").unwrap()), [field("Subject", " a")]);
}

/// A From field with the white space before its colon that RFC 5322 section 4.5.2 knows is no separator of an mbox file.
#[test]
fn a_from_field_with_white_space_before_its_colon_is_no_separator() {
    for space in [" ", "  ", " \t"] {
        let octets = format!("From{space}: <first@attack.example>\r\nFrom: <admin@legit.example>\r\n\r\n");
        let mail = parse(&octets);
        assert_eq!(
            lines(mail.root()),
            [field("From", " <first@attack.example>"), field("From", " <admin@legit.example>")]
        );
        assert_eq!(mail.root().span().start, 0);
        assert!(tells(&mail, SpaceBeforeColon, span(&octets, &octets[..octets.find('\n').unwrap() + 1])));
        assert!(mail.root().authenticated_author().is_err());
    }
}

/// Commands of SMTP before the header.
#[test]
fn quirk_mime_205() {
    let octets = "MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nSubject: a\r\n\r\nb\r\n";
    let mail = parse(octets);
    let odd = |value: &str| (false, String::new(), value.to_owned());
    assert_eq!(lines(mail.root()), [odd("<a@b>"), odd("<c@d>"), field("Subject", " a")]);
    assert_eq!(mail.root().fields().count(), 1);
    assert_eq!(mail.root().field("MAIL FROM").map(|_| ()), None);
    assert_eq!(told(&mail), [(IllegalFieldName, 0..17, Ambiguous), (IllegalFieldName, 17..32, Ambiguous)]);
    assert_eq!(mail.root().raw_header(), &octets.as_bytes()[..44]);
    assert_eq!(leaves(&mail), [leaf("1", "b\r\n")]);
}

/// A line of white space: a continuation.
#[test]
fn quirk_mime_207() {
    let octets = "Subject: a\r\n \t\r\nbody\r\n";
    let mail = parse(octets);
    assert_eq!(lines(mail.root()), [field("Subject", " a\r\n \t")]);
    assert_eq!(mail.subject().unwrap().trim_end(), "a");
    assert_eq!(leaves(&mail), [leaf("1", "body\r\n")]);
    assert_eq!(told(&mail), [(BlankContinuation, 12..16, Ambiguous), (MissingSeparator, 16..16, Ambiguous)]);
    let mail = parse("Subject: a\r\n \t\r\nTo: b\r\n\r\nbody\r\n");
    assert_eq!(lines(mail.root()), [field("Subject", " a\r\n \t"), field("To", " b")]);
}

/// A line of white space: the end of the header, by setting.
#[test]
fn a_blank_line_ends_the_header_by_setting() {
    let config = Config::new().blank_line_ends_header(true);
    for octets in ["Subject: a\r\n \t\r\nbody\r\n", "Subject: a\r\n \t\r\nTo: b\r\n\r\nbody\r\n", " \r\nbody"]
    {
        let mail = parse_with(octets, config);
        let blank = octets.find(" \t\r\n").unwrap_or(0);
        let body = blank + octets[blank..].find('\n').unwrap() + 1;
        assert_eq!(mail.root().header_span(), 0..blank, "{octets:?}");
        assert_eq!(mail.root().body_span(), body..octets.len(), "{octets:?}");
        assert_eq!(mail.root().lines().count(), usize::from(blank > 0));
        assert!(told(&mail).contains(&(BlankContinuation, blank..body, Ambiguous)), "{:?}", told(&mail));
    }
    // The same reading is told as one of others.
    let mail = Message::parse("Subject: a\r\n \t\r\nTo: b\r\n\r\nbody\r\n");
    let readings: Vec<_> =
        mail.interpretations(10).map(|reading| text(reading.message.root().raw_body())).collect();
    assert_eq!(readings, ["To: b\r\n\r\nbody\r\n"]);
}

/// A field without name.
#[test]
fn quirk_mime_211() {
    let octets = ": novalue\r\nSubject: a\r\n\r\nb\r\n";
    let mail = parse(octets);
    assert_eq!(lines(mail.root()), [(false, String::new(), " novalue".to_owned()), field("Subject", " a")]);
    assert_eq!(mail.root().lines().next().unwrap().raw(), b": novalue\r\n");
    assert_eq!(mail.raw_field(""), None);
    assert_eq!(told(&mail), [(IllegalFieldName, 0..11, Ambiguous)]);
    assert_eq!(leaves(&mail), [leaf("1", "b\r\n")]);
}

/// LF ends lines.
#[test]
fn quirk_mime_213() {
    let mail = parse("Subject: a\nFrom: b@c\n\nbody\n");
    assert_eq!(lines(mail.root()), [field("Subject", " a"), field("From", " b@c")]);
    assert_eq!(leaves(&mail), [leaf("1", "body\n")]);
    assert_eq!(told(&mail), [(BareLf, 10..11, Lenient)]);
    // Both kinds of line end: what one program takes for the end of a field another does not.
    let mail = parse("Subject: a\nFrom: b@c\r\n\r\nbody\n");
    assert_eq!(told(&mail), [(BareLf, 10..11, Lenient), (SeparatorVariant, 11..22, Ambiguous)]);
}

/// A bare LF within a field decides as much as one at its end.
#[test]
fn a_bare_lf_within_a_field_is_told() {
    let mail = parse("Subject: a\n b\r\nTo: c\r\n\r\n");
    assert!(told(&mail).contains(&(BareLf, 10..11, Lenient)), "{:?}", told(&mail));
}

/// NUL stays where it is.
#[test]
fn quirk_mime_215() {
    let octets = "Subject: a\0b\r\n\r\nc\0d\r\n";
    let mail = parse(octets);
    assert_eq!(lines(mail.root()), [field("Subject", " a\0b")]);
    assert_eq!(mail.root().raw_body(), b"c\0d\r\n");
    assert!(told(&mail).is_empty());
    assert!(tells(&mail, NulInHeader, 10..11));
    assert!(tells(&mail, NulInBody, 17..18));
    assert!(mail.strict().is_err());
}

/// A field of 64 KiB.
#[test]
fn quirk_mime_216() {
    let value = "x".repeat(64 * 1024);
    let mail = parse(format!("Subject: {value}\r\n\r\nb"));
    assert_eq!(mail.raw_field("subject").unwrap(), format!(" {value}").as_bytes());
    assert_eq!(mail.subject().unwrap(), value);
    assert_eq!(leaves(&mail), [leaf("1", "b")]);
    assert!(told(&mail).is_empty());
    assert!(tells(&mail, LongLine, 0..9 + value.len() + 2));
}

/// A message that ends in its header.
#[test]
fn quirk_mime_217() {
    let mail = parse("Subject: a");
    assert_eq!(lines(mail.root()), [field("Subject", " a")]);
    assert_eq!((mail.root().raw_header(), mail.root().raw_body()), (&b"Subject: a"[..], &b""[..]));
    assert_eq!(told(&mail), [(EndInHeader, 10..10, Lenient)]);
}

/// Nothing at all.
#[test]
fn quirk_mime_218() {
    let mail = parse("");
    assert_eq!(mail.root().lines().count(), 0);
    assert_eq!(leaves(&mail), [leaf("1", "")]);
    assert!(told(&mail).is_empty() && mail.defects().is_empty());
}

/// A multipart that is not closed.
#[test]
fn quirk_mime_219() {
    let octets = "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nhi\r\n";
    let mail = parse(octets);
    assert_eq!(leaves(&mail), [leaf("1", "hi\r\n")]);
    assert_eq!(told(&mail), [(CloseDelimiterMissing, octets.len()..octets.len(), Lenient)]);
}

/// A multipart without boundary: one piece, and a guess for who asks.
#[test]
fn quirk_mime_220() {
    let octets = "Content-Type: multipart/mixed\r\n\r\n--b\r\n\r\nhi\r\n--b--\r\n";
    let mail = parse(octets);
    assert_eq!(leaves(&mail), [leaf("1", "--b\r\n\r\nhi\r\n--b--\r\n")]);
    assert_eq!(told(&mail), [(BoundaryMissing, 0..31, Ambiguous)]);
    let guessed: Vec<_> = mail.interpretations(10).map(|reading| leaves(&reading.message)).collect();
    assert_eq!(guessed, [[leaf("1", "hi")]]);
}

/// A multipart whose boundary never comes: all of it is preamble.
#[test]
fn quirk_mime_221() {
    let octets = "Content-Type: multipart/mixed; boundary=wrong\r\n\r\n--b\r\n\r\nhi\r\n--b--\r\n";
    let mail = parse(octets);
    assert!(mail.root().is_multipart());
    assert_eq!(mail.root().children().count(), 0);
    assert_eq!(mail.root().preamble(), b"--b\r\n\r\nhi\r\n--b--\r\n");
    assert_eq!(mail.root().raw_body(), mail.root().preamble());
    assert_eq!(mail.root().epilogue(), b"");
    assert_eq!(told(&mail), [(BoundaryAbsent, octets.len()..octets.len(), Ambiguous)]);
    let guessed: Vec<_> = mail.interpretations(10).map(|reading| leaves(&reading.message)).collect();
    assert_eq!(guessed, [[leaf("1", "hi")]]);
}

/// An inner and an outer multipart with one boundary.
#[test]
fn quirk_mime_225() {
    let octets = "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b--\r\n";
    let mail = parse(octets);
    assert_eq!(leaves(&mail), [leaf("1.1", "x")]);
    let inner = span(octets, "Content-Type: multipart/alternative; boundary=b\r\n");
    let end = octets.len();
    assert_eq!(told(&mail), [(BoundaryReused, inner, Ambiguous), (CloseDelimiterMissing, end..end, Lenient)]);
    // Closed twice, both are closed.
    let mail = parse(format!("{octets}--b--\r\nover\r\n"));
    assert_eq!(leaves(&mail), [leaf("1.1", "x")]);
    assert_eq!(mail.root().epilogue(), b"over\r\n");
    assert_eq!(told(&mail).len(), 1);
}

/// A transfer encoding on a multipart that is not encoded.
#[test]
fn quirk_mime_227() {
    let octets = "Content-Type: multipart/mixed; boundary=b\r\nContent-Transfer-Encoding: base64\r\n\r\n--b\r\n\r\nhi\r\n--b--\r\n";
    let mail = parse(octets);
    assert_eq!(leaves(&mail), [leaf("1", "hi")]);
    assert_eq!(mail.root().encoding(), TransferEncoding::Base64);
    assert_eq!(&*mail.root().decode(), mail.root().raw_body());
    assert_eq!(
        told(&mail),
        [(CteOnMultipart, span(octets, "Content-Transfer-Encoding: base64\r\n"), Ambiguous)]
    );
}

/// A message that is encoded in a message.
#[test]
fn quirk_mime_228() {
    let octets =
        "Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\nU3ViamVjdDogYQ0KDQpi\r\n";
    let mail = parse(octets);
    assert_eq!(leaves(&mail), [leaf("1", "U3ViamVjdDogYQ0KDQpi\r\n")]);
    assert!(mail.root().embedded().is_none());
    let inner = mail.root().embedded_message().unwrap();
    assert_eq!(inner.subject().as_deref(), Some("a"));
    assert_eq!(leaves(&inner), [leaf("1", "b")]);
    assert_eq!(
        told(&mail),
        [(CteOnMultipart, span(octets, "Content-Transfer-Encoding: base64\r\n"), Ambiguous)]
    );
}

/// Multiparts in multiparts, ten thousand deep.
#[test]
fn quirk_mime_229() {
    let depth = |mail: &Message| {
        mail.parts().map(|part| std::iter::successors(part.parent(), |part| part.parent()).count()).max()
    };
    let octets = "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n".repeat(10_000);
    let mail = Message::parse(octets.clone());
    // 50 levels; what would be deeper is a part of the last.
    assert_eq!((depth(&mail), mail.parts().count()), (Some(50), 10_000));
    assert_eq!(mail.parts().last().unwrap().path(), "1.".repeat(49) + "9950");
    let start = octets.match_indices("--b").nth(50).unwrap().0;
    let truncated: Vec<_> = told(&mail).into_iter().filter(|told| told.0 == LimitTruncated).collect();
    assert_eq!(truncated[0], (LimitTruncated, start..start, Hostile));
    nothing_is_lost(&mail);
    // With boundaries that differ all of that is the content of one leaf.
    let octets: String = (0..10_000)
        .map(|level| format!("Content-Type: multipart/mixed; boundary=b{level}_\r\n\r\n--b{level}_\r\n"))
        .collect();
    let mail = Message::parse(octets.clone());
    assert_eq!((depth(&mail), mail.parts().count()), (Some(50), 51));
    let last = mail.parts().last().unwrap();
    assert!(last.is_leaf() && last.raw_body() == &octets.as_bytes()[octets.find("--b50_").unwrap()..]);
    nothing_is_lost(&mail);
}

// The letter of the standards.

#[test]
fn the_line_end_before_a_delimiter_belongs_to_it() {
    // RFC 2046 section 5.1.1, its example.
    let octets = "From: Nathaniel Borenstein <nsb@bellcore.com>\r\nTo: Ned Freed <ned@innosoft.com>\r\nDate: Sun, 21 Mar 1993 23:56:48 -0800 (PST)\r\nSubject: Sample message\r\nMIME-Version: 1.0\r\nContent-type: multipart/mixed; boundary=\"simple boundary\"\r\n\r\nThis is the preamble.  It is to be ignored, though it\r\nis a handy place for composition agents to include an\r\nexplanatory note to non-MIME conformant readers.\r\n\r\n--simple boundary\r\n\r\nThis is implicitly typed plain US-ASCII text.\r\nIt does NOT end with a linebreak.\r\n--simple boundary\r\nContent-type: text/plain; charset=us-ascii\r\n\r\nThis is explicitly typed plain US-ASCII text.\r\nIt DOES end with a linebreak.\r\n\r\n--simple boundary--\r\n\r\nThis is the epilogue.  It is also to be ignored.\r\n";
    let mail = parse(octets);
    assert_eq!(
        leaves(&mail),
        [
            leaf("1", "This is implicitly typed plain US-ASCII text.\r\nIt does NOT end with a linebreak."),
            leaf("2", "This is explicitly typed plain US-ASCII text.\r\nIt DOES end with a linebreak.\r\n"),
        ]
    );
    assert!(mail.root().preamble().ends_with(b"readers.\r\n"));
    assert_eq!(mail.root().epilogue(), b"\r\nThis is the epilogue.  It is also to be ignored.\r\n");
    assert!(told(&mail).is_empty());
    nothing_is_lost(&mail);
}

#[test]
fn parts_of_a_digest_are_messages() {
    let octets = "Content-Type: multipart/digest; boundary=d\r\n\r\n--d\r\n\r\nSubject: a\r\n\r\none\r\n--d\r\nContent-Type: text/plain\r\n\r\ntwo\r\n--d--\r\n";
    let mail = parse(octets);
    assert_eq!(leaves(&mail), [leaf("1.1", "one"), leaf("2", "two")]);
    assert_eq!(lines(mail.part("1").unwrap().embedded().unwrap()), [field("Subject", " a")]);
    assert!(told(&mail).is_empty());
}

#[test]
fn an_outer_delimiter_ends_everything_inside() {
    let octets = "Content-Type: multipart/mixed; boundary=out\r\n\r\n--out\r\nContent-Type: message/rfc822\r\n\r\nContent-Type: multipart/mixed; boundary=in\r\n\r\n--in\r\n\r\nx\r\n--out\r\n\r\ny\r\n--out--\r\n";
    let mail = parse(octets);
    assert_eq!(leaves(&mail), [leaf("1.1", "x"), leaf("2", "y")]);
    let end = octets.find("\r\n--out\r\n\r\ny").unwrap();
    assert_eq!(told(&mail), [(CloseDelimiterMissing, end..end, Lenient)]);
}

#[test]
fn a_boundary_that_begins_like_an_outer_one_is_another() {
    let octets = "Content-Type: multipart/mixed; boundary=foo\r\n\r\n--foo\r\nContent-Type: multipart/mixed; boundary=foobar\r\n\r\n--foobar\r\n\r\nx\r\n--foobar--\r\n\r\n--foo--\r\n";
    let mail = parse(octets);
    assert_eq!(leaves(&mail), [leaf("1.1", "x")]);
    let inner = span(octets, "Content-Type: multipart/mixed; boundary=foobar\r\n");
    assert_eq!(told(&mail), [(BoundaryReused, inner, Ambiguous)]);
    // And the other way round.
    let octets = octets.replace("foobar", "FOO").replace("foo", "foobar").replace("FOO", "foo");
    let mail = parse(&octets);
    assert_eq!(leaves(&mail), [leaf("1.1", "x")]);
}

#[test]
fn a_part_that_ends_in_its_header() {
    let octets = "Content-Type: multipart/mixed; boundary=d\r\n\r\n--d\r\n--d\r\nX: y\r\n--d--\r\n";
    let mail = parse(octets);
    // RFC 2046 section 5.1.1: a delimiter begins with a line end, so there is no part between the first two.
    assert_eq!(leaves(&mail), [leaf("1", "")]);
    assert_eq!(lines(mail.part("1").unwrap()), [field("X", " y")]);
    let (first, second) = (span(octets, "--d\r\nX"), span(octets, "--d--"));
    assert_eq!(
        told(&mail),
        [
            (EndInHeader, first.start..first.start, Lenient),
            (EndInHeader, second.start..second.start, Lenient)
        ]
    );
}

#[test]
fn delimiters_behind_the_closing_one_are_text() {
    let octets = "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b--\r\n--b\r\n\r\nhidden\r\n--b--\r\n";
    let mail = parse(octets);
    assert_eq!(leaves(&mail), [leaf("1", "x")]);
    assert_eq!(mail.root().epilogue(), b"--b\r\n\r\nhidden\r\n--b--\r\n");
    let start = octets.find("--b--\r\n").unwrap() + 7;
    let end = octets.len() - 7;
    assert_eq!(
        told(&mail),
        [(PartAfterClose, start..start + 5, Ambiguous), (PartAfterClose, end..end + 7, Ambiguous)]
    );
    let readings: Vec<_> = mail.interpretations(10).map(|reading| leaves(&reading.message)).collect();
    assert_eq!(readings, [[leaf("1", "x"), leaf("2", "hidden")]]);
}

#[test]
fn white_space_may_follow_a_boundary() {
    // RFC 2046 section 5.1.1: "transport-padding"
    let mail = parse("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b \t \r\n\r\nx\r\n--b-- \r\n");
    assert_eq!(leaves(&mail), [leaf("1", "x")]);
    assert!(told(&mail).is_empty());
}

#[test]
fn lines_that_are_no_fields_belong_to_the_header_if_fields_follow() {
    // RFC 7103 section 7.2
    let octets = "Subject: a\r\nodd line\r\n and more of it\r\nTo: b\r\n\r\nbody";
    let mail = parse(octets);
    let odd = (false, String::new(), String::new());
    assert_eq!(lines(mail.root()), [field("Subject", " a"), odd, field("To", " b")]);
    assert_eq!(told(&mail), [(NonHeaderLine, span(octets, "odd line\r\n and more of it\r\n"), Ambiguous)]);
    // Without a field there is no header.
    let mail = parse("only text\r\n\r\nmore");
    assert_eq!(leaves(&mail), [leaf("1", "only text\r\n\r\nmore")]);
    assert_eq!(told(&mail), [(MissingSeparator, 0..0, Ambiguous)]);
}

/// A name with white space before its colon makes a header as any other does.
#[test]
fn a_field_with_white_space_before_its_colon_follows() {
    let octets = "odd line\r\nSubject : a\r\n\r\nbody";
    let mail = parse(octets);
    assert_eq!(lines(mail.root()), [(false, String::new(), String::new()), field("Subject", " a")]);
    assert_eq!(leaves(&mail), [leaf("1", "body")]);
}

/// A line of white space does not end a header: what looks ahead may not take it for the end either.
#[test]
fn a_line_of_white_space_is_no_empty_line_when_looking_ahead() {
    let octets = "Subject: a\r\n \r\nWelcome\r\nand more\r\n \r\nThanks\r\n";
    let mail = parse(octets);
    assert_eq!(leaves(&mail), [leaf("1", "Welcome\r\nand more\r\n \r\nThanks\r\n")]);
    // What stands in the body is no continuation.
    assert_eq!(told(&mail), [(BlankContinuation, 12..15, Ambiguous), (MissingSeparator, 15..15, Ambiguous)]);
}

/// A multipart that is closed without a part: readers differ whether its text is shown.
#[test]
fn a_multipart_without_parts_is_told() {
    let mail = parse(
        "From: a@example.org\r\nDate: Thu, 1 Jan 2026 00:00:00 +0000\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\nhidden\r\n--b--\r\n",
    );
    assert_eq!(mail.root().children().count(), 0);
    assert_eq!(mail.root().preamble(), b"hidden");
    assert!(mail.strict().is_err());
}

/// A delimiter right behind the header that names its boundary ends that header.
#[test]
fn the_first_delimiter_ends_a_header_without_empty_line() {
    let octets = "Subject: a\r\nContent-Type: multipart/mixed; boundary=b\r\n--b\r\nContent-Type: text/html\r\n\r\nx\r\n--b\r\n\r\ny\r\n--b--\r\n";
    let mail = parse(octets);
    assert_eq!(leaves(&mail), [leaf("1", "x"), leaf("2", "y")]);
    assert_eq!(mail.part("1").unwrap().essence(), "text/html");
    let start = octets.find("--b\r\n").unwrap();
    assert_eq!(told(&mail), [(MissingSeparator, start..start, Ambiguous)]);
}

#[test]
fn paths_name_one_part_only() {
    let mail = parse(
        "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: in\r\n\r\ny\r\n--b--\r\n",
    );
    assert_eq!(mail.part("").unwrap(), mail.root());
    assert_eq!(mail.part("2.1").unwrap(), mail.part("2").unwrap().embedded().unwrap());
    for none in ["0", "3", "1.1", "2.2", "x", "+1", ".", "1.", "-1", "99999999999999999999999"] {
        assert!(mail.part(none).is_none(), "{none}");
    }
}

#[test]
fn the_body_of_a_message_has_no_parts() {
    let mail = parse("Subject: a\r\n\r\nx");
    assert!(mail.part("1").is_some());
    assert!(mail.part("1.1").is_none());
    let mail = parse("Content-Type: message/rfc822\r\n\r\nSubject: in\r\n\r\ny");
    assert!(mail.part("1.1").is_some());
    assert!(mail.part("1.1.1").is_none());
}

/// German as a matter of course.
#[test]
fn octets_above_127_are_text() {
    let octets = "Subject: Grüße\r\nContent-Type: multipart/mixed; boundary=\"grün\"\r\n\r\nfür alte Programme\r\n--grün\r\n\r\nMaß\r\n--grün--\r\n";
    let mail = parse(octets);
    assert_eq!(mail.subject().unwrap(), "Grüße");
    assert_eq!(leaves(&mail), [leaf("1", "Maß")]);
    assert_eq!(text(mail.root().preamble()), "für alte Programme");
    assert!(told(&mail).is_empty());
}
