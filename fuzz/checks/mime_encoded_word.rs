//! Text in headers: whatever it is, encoded it can do no harm and comes back; charsets do not care how they are cut.
use mime_core::{
    Charset, Config, Message, charset,
    edit::NewField,
    encoded_word::{self, EncodedWord},
};

#[allow(dead_code)]
#[path = "mime.rs"]
mod mime;

pub fn value(value: &[u8], config: &Config) {
    let mut defects = Vec::new();
    let text = encoded_word::decode_text(value, config, &mut defects);
    mime::within(&defects, value.len());
    // No octet gives more than a character.
    assert!(text.len() <= value.len() * 4);
    let mut appended = String::from("x");
    encoded_word::decode_text_into(&mut appended, value, config, &mut ());
    assert_eq!(appended[1..], text);
    let mut rest = value;
    while let Some((range, word)) = encoded_word::find(rest) {
        let EncodedWord { charset, language, text, .. } = word;
        assert!(rest[range.clone()].starts_with(b"=?") && rest[range.clone()].ends_with(b"?="));
        assert!(!charset.is_empty() && charset.is_ascii() && language.is_none_or(<[u8]>::is_ascii));
        assert!(range.len() >= charset.len() + text.len() + 7);
        rest = &rest[range.end..];
    }
    if std::str::from_utf8(value).is_ok_and(|text| text.chars().all(|octet| !octet.is_control()))
        && !value.windows(2).any(|two| two == b"=?")
    {
        assert_eq!(text.as_bytes(), value.trim_ascii());
    }
}

fn decoded(charset: Charset, octets: &[u8], sizes: &[u8]) {
    let (whole, foreign) = charset.decode(octets);
    let (mut text, mut decoder) = (String::new(), charset::Decoder::new(charset));
    for piece in mime::pieces(octets, sizes) {
        decoder.push(piece, &mut text);
    }
    assert_eq!((decoder.finish(&mut text), &*text), (foreign, &*whole), "{charset}");
}

fn written(text: &str) {
    let encoded = encoded_word::encode(text);
    assert!(encoded.bytes().all(|octet| (b' '..=b'~').contains(&octet)));
    assert_eq!(encoded_word::decode_text(encoded.as_bytes(), &Config::new(), &mut ()), text);
    if encoded != text {
        assert!(encoded.split(' ').all(|word| word.len() <= encoded_word::MAX_WORD));
    } else {
        assert!(!encoded_word::needs_encoding(text));
    }
    if let Ok(field) = NewField::text("Subject", text) {
        assert!(field.as_str().split("\r\n").all(|line| line.len() <= 998 && !line.trim().is_empty()));
        let mail = Message::parse(format!("{}\r\nTo: a\r\n\r\nbody", field.as_str()));
        assert_eq!(mail.root().lines().count(), 2);
        assert_eq!(mail.subject().unwrap(), text);
        assert_eq!(mail.structure_defects(), []);
    }
}

pub fn check(data: &[u8]) {
    let &[kind, cut, other, ref octets @ ..] = data else { return };
    let config = mime::config(kind);
    value(octets, &config);
    written(&String::from_utf8_lossy(octets));
    let sizes = [cut, other];
    decoded(Charset::guess(octets), octets, &sizes);
    for charset in [Charset::UTF_8, Charset::US_ASCII, Charset::WINDOWS_1252] {
        decoded(charset, octets, &sizes);
    }
    let (text, foreign) = Charset::UTF_8.decode(octets);
    let lossy = String::from_utf8_lossy(octets.strip_prefix(b"\xef\xbb\xbf").unwrap_or(octets));
    assert_eq!((text, foreign), (lossy, std::str::from_utf8(octets).is_err()));
    let _ = charset::from_html_meta(octets);
    // What is behind a line end is text in the charset whose label stands before it.
    let end = octets.iter().position(|&octet| octet == b'\n').unwrap_or(octets.len());
    let (label, text) = (&octets[..end], octets.get(end + 1..).unwrap_or_default());
    if let Some(charset) = Charset::from_label_with(label, &config) {
        decoded(charset, text, &sizes);
        assert_eq!(Charset::from_label_with(charset.name().as_bytes(), &config), Some(charset));
    }
}
