//! format=flowed: examples, quirks, and text that comes back as it was.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)] // helpers of tests

use mime_core::flowed::{Encoder, Paragraph, Paragraphs, to_plain};
use proptest::prelude::*;

fn paragraphs(text: &str, del_sp: bool) -> Vec<(usize, String)> {
    Paragraphs::new(text, del_sp).map(|paragraph| (paragraph.depth, paragraph.text.into_owned())).collect()
}

fn expect(all: &[(usize, &str)]) -> Vec<(usize, String)> {
    all.iter().map(|&(depth, text)| (depth, text.to_owned())).collect()
}

#[test]
fn rfc_3676_quote_depth_wins() {
    let text = "> Thou villainous ill-breeding spongy dizzy-eyed \r\n\
        > reeky elf-skinned pigeon-egg! \r\n\
        >> Thou artless swag-bellied milk-livered \r\n\
        >> dismal-dreaming idle-headed scut!\r\n\
        >>> Thou errant folly-fallen spleeny reeling-ripe \r\n\
        >>> unmuzzled ratsbane!\r\n\
        >>>>>> Any complaints?\r\n";
    let expected = expect(&[
        (1, "Thou villainous ill-breeding spongy dizzy-eyed reeky elf-skinned pigeon-egg! "),
        (2, "Thou artless swag-bellied milk-livered dismal-dreaming idle-headed scut!"),
        (3, "Thou errant folly-fallen spleeny reeling-ripe unmuzzled ratsbane!"),
        (6, "Any complaints?"),
    ]);
    assert_eq!(paragraphs(text, false), expected);
}

#[test]
fn rfc_3676_quoting() {
    // RFC 3676 section 4.5: the first two are the same, the third is not.
    for (line, depth, content) in [
        (">> Exit, Stage Left", 2, "Exit, Stage Left"),
        (">>Exit, Stage Left", 2, "Exit, Stage Left"),
        ("> > Exit, Stage Left", 1, "> Exit, Stage Left"),
        (" From here", 0, "From here"),
        (" > x", 0, "> x"),
        ("  x", 0, " x"),
        (">", 1, ""),
        ("", 0, ""),
    ] {
        assert_eq!(paragraphs(&format!("{line}\r\n"), false), expect(&[(depth, content)]), "{line}");
    }
}

#[test]
fn rfc_3676_delsp() {
    assert_eq!(paragraphs("Sausage \r\nRoll\r\n", true), expect(&[(0, "SausageRoll")]));
    assert_eq!(paragraphs("Sausage  \r\nRoll\r\n", true), expect(&[(0, "Sausage Roll")]));
    assert_eq!(paragraphs("日本 \r\n語\r\n", true), expect(&[(0, "日本語")]));
    assert_eq!(paragraphs("end \r\n", true), expect(&[(0, "end")]));
}

#[test]
fn rfc_3676_signatures() {
    let text = "so \r\n-- \r\nBert \r\nMüller\r\n> quoted \r\n> -- \r\n> Anna\r\n>-- \r\n -- \r\nx\r\n";
    let expected = expect(&[
        (0, "so "),
        (0, "-- "),
        (0, "Bert Müller"),
        (1, "quoted "),
        (1, "-- "),
        (1, "Anna"),
        (1, "-- "),
        // Stuffed and not quoted: a line that flows.
        (0, "-- x"),
    ]);
    assert_eq!(paragraphs(text, false), expected);
    let separators = Paragraphs::new(text, false).filter(Paragraph::is_signature_separator).count();
    assert_eq!(separators, 3);
}

#[test]
fn quirk_mime_244() {
    // The stuffed space goes, and the change of depth ends a paragraph.
    let text = "a \r\n> b \r\n c\r\n";
    assert_eq!(paragraphs(text, false), expect(&[(0, "a "), (1, "b "), (0, "c")]));
    assert_eq!(paragraphs(text, true), expect(&[(0, "a"), (1, "b"), (0, "c")]));
    assert_eq!(to_plain(text, false), "a \n> b \nc\n");
}

#[test]
fn nothing_is_copied_that_is_one_line() {
    let mut paragraphs = Paragraphs::new("> one\ntwo \nlines", false);
    assert!(matches!(paragraphs.next().unwrap().text, std::borrow::Cow::Borrowed("one")));
    assert_eq!(paragraphs.next().unwrap().text, "two lines");
    assert_eq!(paragraphs.next(), None);
}

#[test]
fn lines_that_are_written() {
    let encoder = Encoder::new().width(30);
    let text = encoder.encode([
        Paragraph::new(0, "Grüße aus Köln, wo es wieder einmal regnet.   "),
        Paragraph::new(0, ""),
        Paragraph::new(2, "From >here"),
        Paragraph::new(1, ""),
        Paragraph::new(0, "From me"),
        Paragraph::new(0, "> no quote\n two lines"),
        Paragraph::new(0, "-- "),
        Paragraph::new(1, "-- "),
        Paragraph::new(0, "Donaudampfschifffahrtsgesellschaftskapitän ja"),
    ]);
    let expected = "Grüße aus Köln, wo es wieder \r\neinmal regnet.\r\n\r\n>> From >here\r\n>\r\n From me\r\n > no quote\r\n  two lines\r\n-- \r\n> -- \r\nDonaudampfschifffahrtsgesellschaftskapitän \r\nja\r\n";
    assert_eq!(text, expected);
    let text = Encoder::new().width(20).del_sp(true).encode([Paragraph::new(0, "日本語".repeat(10))]);
    assert!(text.lines().all(|line| line.chars().count() <= 20), "{text}");
    assert_eq!(paragraphs(&text, true), expect(&[(0, &"日本語".repeat(10))]));
    // No line becomes a separator.
    let words = format!("{} -- {} -- x", "a".repeat(18), "b".repeat(17));
    for width in 20..40 {
        for del_sp in [false, true] {
            let text = Encoder::new().width(width).del_sp(del_sp).encode([Paragraph::new(0, &*words)]);
            assert_eq!(paragraphs(&text, del_sp), expect(&[(0, &words)]), "{text}");
            assert!(!text.contains("\r\n-- \r\n"));
        }
    }
}

#[test]
fn work_is_linear() {
    for piece in ["a \n", "> a \n", "\n", " \n", ">", "> > ", "a", "a ", "-- \n", "日"] {
        let text = piece.repeat(100_000 / piece.len());
        for del_sp in [false, true] {
            let plain = to_plain(&text, del_sp);
            assert!(plain.len() <= text.len() + 2 * text.lines().count());
            let encoded = Encoder::new().del_sp(del_sp).encode(Paragraphs::new(&text, del_sp));
            assert!(encoded.len() <= 8 * text.len() + 8);
        }
    }
}

proptest! {
    #[test]
    fn never_panics(text in "[ >\\-a\r\n\u{65e5}ü]{0,60}", del_sp: bool) {
        let depths: usize = Paragraphs::new(&text, del_sp).map(|paragraph| paragraph.depth).sum();
        prop_assert!(depths <= text.len());
    }

    #[test]
    fn what_is_written_is_read(
        all in proptest::collection::vec((0usize..4, "[ >\\-aF\u{65e5}ü]{0,60}|From .{0,20}|-- "), 0..6), width in 0usize..90, del_sp: bool
    ) {
        let all: Vec<_> = all.into_iter().map(|(depth, text)| {
            let text: String = text.chars().filter(|character| !matches!(character, '\r' | '\n')).collect();
            let text = if text == "-- " { text } else { text.trim_end_matches(' ').to_owned() };
            (depth, text)
        }).collect();
        let encoder = Encoder::new().width(width).del_sp(del_sp);
        let text = encoder.encode(all.iter().map(|(depth, text)| Paragraph::new(*depth, &**text)));
        prop_assert!(text.split_terminator("\r\n").all(|line| !line.contains(['\r', '\n'])));
        prop_assert!(text.lines().all(|line| !line.starts_with("From ")));
        prop_assert_eq!(paragraphs(&text, del_sp), all);
    }
}
