//! What a POP3 server says, line by line: replies and their codes, timestamps, listings; and the text of a journal.
use bytes::Bytes;
use pop3_proto::collector::Journal;
use pop3_proto::{
    DropListing, Language, Quirks, Reply, ResponseCode, ScanListing, UniqueIdListing, timestamp,
};

fn line(line: &Bytes) {
    let strict = Reply::parse(line, &Quirks::default());
    let lenient = Quirks::default().any_case(true).greeting_without_space(true);
    let lenient = [Reply::parse(line, &lenient), Reply::parse_greeting(line, &lenient)];
    if strict.is_ok() {
        assert!(lenient.iter().all(|reply| *reply == strict), "leniency changes what was understood");
    }
    for reply in lenient.into_iter().flatten() {
        assert!(!reply.to_string().chars().any(char::is_control));
        let mut wire = Vec::new();
        reply.encode(Language::English, &mut wire);
        wire.truncate(wire.len() - 2);
        assert!(!wire.iter().any(|octet| matches!(octet, b'\r' | b'\n' | 0)));
        assert_eq!(Reply::parse(&wire.into(), &Quirks::default()), Ok(reply.clone()));
        if let Some(code) = reply.code() {
            assert!(code.is(code) && code.levels().all(|level| !level.is_empty()));
            let text = std::str::from_utf8(code.as_bytes()).unwrap();
            assert_eq!(ResponseCode::new(text).as_ref(), Some(code));
        }
    }
    if let Some(stamp) = timestamp(line) {
        assert!(stamp.starts_with(b"<") && stamp.ends_with(b">") && stamp.is_ascii());
        assert_eq!(timestamp(&stamp), Some(stamp));
    }
    if let Some(stat) = DropListing::parse(line) {
        let octets = stat.octets.map(|octets| octets.to_string()).unwrap_or_default();
        assert_eq!(DropListing::parse(format!("{} {octets}", stat.messages).as_bytes()), Some(stat));
    }
    for asked in [None, Some(7)] {
        if let Some(scan) = ScanListing::parse(line, asked) {
            let text = format!("{} {}", scan.message, scan.octets);
            assert_eq!(ScanListing::parse(text.as_bytes(), None), Some(scan));
        }
        if let Some(listing) = UniqueIdListing::parse(line, asked) {
            assert!(listing.message > 0);
            let mut text = format!("{} ", listing.message).into_bytes();
            text.extend_from_slice(listing.unique_id.as_ref().map_or(&[], |id| id.as_bytes()));
            assert_eq!(UniqueIdListing::parse(&text.into(), None).as_ref(), Some(&listing));
            if let Some(id) = &listing.unique_id {
                let mut journal = Journal::new();
                journal.record(id, 7);
                let text = journal.to_text();
                assert!(text.is_ascii() && text.lines().count() == 2);
                assert_eq!(Journal::parse(&text).unwrap().retrieved(id), Some(7));
            }
        }
    }
}

pub fn check(data: &[u8]) {
    line(&Bytes::copy_from_slice(data));
    for one in data.split(|&octet| octet == b'\n') {
        line(&Bytes::copy_from_slice(one.strip_suffix(b"\r").unwrap_or(one)));
    }
    if let Ok(text) = std::str::from_utf8(data)
        && let Ok(journal) = Journal::parse(text)
    {
        assert_eq!(Journal::parse(&journal.to_text()), Ok(journal));
    }
}
