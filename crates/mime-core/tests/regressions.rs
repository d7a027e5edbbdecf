//! What was once read wrongly, with the sentence of the standard that decides.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use mime_core::{
    AddressList, Choice, Config, DefectKind, Message,
    encoded_word::{decode_text, encode},
};

/// The octets of a part.
fn octets<'a>(mail: &'a Message, path: &str) -> &'a str {
    let part = mail.parts().find(|part| part.path() == path).unwrap();
    std::str::from_utf8(&mail.raw()[part.span()]).unwrap()
}

/// RFC 2046 section 5.1.1: the line end before a delimiter belongs to it, and so it does when it ends the closing
/// delimiter of what is inside. What is signed (RFC 1847 section 2.1) ends there.
#[test]
fn the_line_end_behind_a_closing_delimiter_belongs_to_the_next_delimiter() {
    for line_end in ["\r\n", "\n"] {
        let mail = "Content-Type: multipart/signed; boundary=a\n\n--a\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\n\
                    text\n--b--\n--a\n\nsignature\n--a--\n"
            .replace('\n', line_end);
        let mail = Message::parse(mail);
        assert!(octets(&mail, "1").ends_with(&["text", "--b--"].join(line_end)), "{:?}", octets(&mail, "1"));
        assert_eq!(mail.parts().filter(|part| part.is_multipart()).nth(1).unwrap().epilogue(), b"");
    }
    // An empty line more is an empty epilogue.
    let mail = Message::parse(
        "Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\n\
         text\n--b--\n\n--a--\n",
    );
    assert!(octets(&mail, "1").ends_with("--b--\n"));
}

/// RFC 2047: padding ends at the end of the text; programs that put words together before they decode them end there.
#[test]
fn base64_is_padded_in_the_last_word_only() {
    for text in ["日本語のとても長い件名".repeat(9), "a日".repeat(40), "é日".repeat(40), "🎉".repeat(50)]
    {
        let encoded = encode(&text);
        let words: Vec<_> = encoded.split(' ').collect();
        assert!(words.len() > 2 && words.iter().all(|word| word.len() <= 75), "{encoded}");
        assert!(words[..words.len() - 1].iter().all(|word| !word.contains("=?=")), "{encoded}");
        assert_eq!(decode_text(encoded.as_bytes(), &Config::new(), &mut ()), text);
    }
}

/// RFC 3629 section 6: where text is always UTF-8 there is no byte order mark to be left out.
#[test]
fn no_character_of_a_word_is_lost() {
    for value in ["=?utf-8?q?=EF=BB=BFa?=", "=?utf-8?b?77u/YQ==?=", "\u{feff}a"] {
        assert_eq!(decode_text(value.as_bytes(), &Config::new(), &mut ()), "\u{feff}a");
    }
    let text = "\u{feff}Grüße";
    assert_eq!(decode_text(encode(text).as_bytes(), &Config::new(), &mut ()), text);
}

/// RFC 5322 section 3.2.3 has no full stop at the edges of a dot-atom, and providers gave such addresses out: they are
/// read as they stand, and written as RFC 5321 section 4.1.2 allows it.
#[test]
fn full_stops_where_none_belong_are_quoted_when_written() {
    for (value, read, written) in [
        ("a.@b.example", "a.@b.example", "\"a.\"@b.example"),
        ("<a..b@c.example>", "a..b@c.example", "\"a..b\"@c.example"),
        ("a.b@c.example", "a.b@c.example", "a.b@c.example"),
    ] {
        let mailbox = AddressList::new(value.as_bytes(), &Config::new()).mailboxes().next().unwrap();
        assert_eq!(mailbox.address(), read);
        let owned = mailbox.to_mailbox().unwrap();
        assert_eq!(owned.address().to_string(), written);
        let value = owned.to_string();
        let again = AddressList::new(value.as_bytes(), &Config::new()).mailboxes().next().unwrap();
        assert_eq!((again.local_part(), again.domain()), (mailbox.local_part(), mailbox.domain()));
    }
}

/// RFC 5322 section 2.3: CR and LF only together. Readers that take CR alone for a line end see other fields and parts.
#[test]
fn a_cr_alone_ends_a_line_for_some() {
    let parts = "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nhello\r--b\rContent-Type: text/html\r\r<b>evil</b>\r\n--b--\r\n";
    for (octets, children, fields) in [
        ("Subject: a\rContent-Type: text/html\r\n\r\ntext", 0, 2),
        (parts, 2, 1),
        (&*parts.replace("\r\n\r\nhello", "\r\nContent-Transfer-Encoding: base64\r\n\r\naGk"), 2, 1),
    ] {
        let mail = Message::parse(octets.to_owned());
        assert!(mail.defects().iter().any(|defect| defect.kind == DefectKind::BareCr), "{octets:?}");
        assert!(mail.strict().is_err());
        let other = mail.interpretations(1).next().unwrap();
        assert_eq!(other.choices, [Choice::CrEndsLine], "{octets:?}");
        let root = other.message.root();
        assert_eq!((root.children().count(), root.fields().count()), (children, fields), "{octets:?}");
    }
    // Where nothing differs there is no other reading: CR in text, and before a continuation.
    for octets in ["Subject: a\r b\r\n\r\ntext", "Subject: a\r\n\r\nte\rxt\r--b\r\n"] {
        assert_eq!(Message::parse(octets).interpretations(9).count(), 0, "{octets:?}");
    }
}
