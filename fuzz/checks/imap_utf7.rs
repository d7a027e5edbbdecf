//! Names of mailboxes: there and back in modified UTF-7 and UTF-8, each as it came; and patterns of LIST.
use bytes::Bytes;
use imap_proto::list::ListPattern;
use imap_proto::{Command, Dialect, Literals, MailboxName, Tag};

#[allow(dead_code)]
#[path = "imap.rs"]
mod imap;

/// Modified UTF-7 by way of UTF-16, with none of the rules of what must not be encoded.
fn decoded(octets: &[u8]) -> Option<String> {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";
    let mut units = Vec::new();
    let mut rest = octets;
    while let Some((&octet, behind)) = rest.split_first() {
        rest = behind;
        if octet != b'&' {
            units.push(u16::from(octet));
            continue;
        }
        let end = rest.iter().position(|&octet| octet == b'-')?;
        let mut bits = Vec::new();
        for digit in &rest[..end] {
            let value = DIGITS.iter().position(|one| one == digit)?;
            bits.extend((0..6).rev().map(|bit| u16::from(value >> bit & 1 != 0)));
        }
        if end == 0 {
            units.push(u16::from(b'&'));
        }
        units.extend(bits.chunks_exact(16).map(|unit| unit.iter().fold(0, |all, &bit| all << 1 | bit)));
        rest = &rest[end + 1..];
    }
    String::from_utf16(&units).ok()
}

fn name(name: &MailboxName) {
    assert_eq!(&name.detach(), name);
    assert!(!name.to_string().contains(char::is_control) && !format!("{name:?}").contains(char::is_control));
    assert_eq!(name.is_inbox(), name == &MailboxName::INBOX);
    assert_eq!(name.is_empty(), name.as_bytes().is_empty());
    for delimiter in ['/', '.', '\u{e4}'] {
        let parts: Vec<_> = name.parts(delimiter).collect();
        if let Some(text) = name.as_str() {
            assert_eq!(parts.join(&delimiter.to_string()), text);
        }
        if let Ok(child) = name.child("x", delimiter) {
            assert!(child.is_inbox() || child.parts(delimiter).count() == parts.len() + 1);
        }
    }
    if let Some(text) = name.as_str() {
        let wire = name.to_utf7();
        assert!(wire.bytes().all(|octet| matches!(octet, b' '..=b'~')), "{wire:?}");
        assert_eq!(&MailboxName::from_utf7(wire.as_bytes()), name);
        assert_eq!(decoded(wire.as_bytes()).as_deref(), Some(text));
        if !text.is_empty() {
            assert!(
                MailboxName::new(text).is_ok_and(|again| again == *name)
                    || text.contains(['\u{2028}', '\u{2029}'])
            );
        }
    }
}

/// A name that a server has said goes back as it came.
fn as_it_came(octets: &[u8], dialect: Dialect) {
    let frame = [format!("a DELETE {{{}+}}\r\n", octets.len()).as_bytes(), octets].concat();
    let Ok(command) = imap::command(&Bytes::from(frame), dialect) else {
        assert!(octets.contains(&0));
        return;
    };
    let Command::Delete(one) = &command else { panic!("{command:?}") };
    name(one);
    let tag = Tag::try_from("a").unwrap();
    let wire = imap::written_command(&tag, &command, Literals::Plus, dialect);
    let written = &wire["a DELETE ".len()..wire.len() - 2];
    let written = match written {
        [b'{', ..] => written[written.iter().position(|&octet| octet == b'\n').unwrap() + 1..].to_vec(),
        [b'"', quoted @ .., b'"'] => {
            let mut octets = quoted.iter();
            std::iter::from_fn(|| match octets.next() {
                Some(b'\\') => octets.next(),
                other => other,
            })
            .copied()
            .collect()
        }
        _ => written.to_vec(),
    };
    if !one.is_inbox() {
        assert_eq!(written, octets, "{}", written.escape_ascii());
    }
}

/// Whether a name fits, by trying everything.
fn fits(pattern: &[char], name: &[char], delimiter: char) -> bool {
    match pattern {
        [] => name.is_empty(),
        [wildcard @ ('*' | '%'), rest @ ..] => {
            fits(rest, name, delimiter)
                || name.split_first().is_some_and(|(first, behind)| {
                    (*wildcard == '*' || *first != delimiter) && fits(pattern, behind, delimiter)
                })
        }
        [first, rest @ ..] => name.first() == Some(first) && fits(rest, &name[1..], delimiter),
    }
}

fn pattern(pattern: &str, name: &str) {
    let (Ok(pattern), Ok(name)) = (ListPattern::new(pattern), MailboxName::new(name)) else { return };
    assert_eq!(pattern.detach(), pattern);
    let (Some(text), Some(of)) = (pattern.as_str(), name.as_str()) else { return };
    let text: Vec<_> = text.chars().collect();
    let of: Vec<_> = of.chars().collect();
    let wildcards = text.iter().filter(|&&one| one == '*' || one == '%').count();
    if wildcards <= 4 && of.len() <= 40 {
        assert_eq!(pattern.matches(&name, Some('/')), fits(&text, &of, '/'));
    }
    let _ = pattern.matches(&name, None);
}

pub fn check(data: &[u8]) {
    let from_wire = MailboxName::from_utf7(data);
    name(&from_wire);
    if let (Some(text), false) = (from_wire.as_str(), from_wire.is_inbox()) {
        assert_eq!(decoded(data).as_deref(), Some(text));
    }
    for dialect in imap::DIALECTS {
        as_it_came(data, dialect);
    }
    let text = String::from_utf8_lossy(data);
    if let Ok(made) = MailboxName::new(&text) {
        name(&made);
    }
    if let Some((one, other)) = text.split_once('\n') {
        pattern(one, other);
    }
}
