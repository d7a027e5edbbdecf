//! What a second reading of the standards and of the code found.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use mime_core::Message;

/// The octets of a part.
fn octets<'a>(mail: &'a Message, path: &str) -> &'a str {
    let part = mail.parts().find(|part| part.path().to_string() == path).unwrap();
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
    // A delimiter that nothing follows but the delimiter outside.
    let mail = Message::parse(
        "Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\n\
         text\n--b\n--a--\n",
    );
    assert!(octets(&mail, "1").ends_with("text\n--b"));
}
