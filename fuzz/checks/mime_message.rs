//! Messages: every accessor of every part, whatever was parsed; nothing is lost; changes change only what they should.
use bytes::Bytes;
use mime_core::{
    Choice, Config, Message, Part, Severity, edit::NewField, flowed, html::HtmlText, preview, tnef::Tnef,
};

#[allow(dead_code)]
#[path = "mime.rs"]
mod mime;
#[allow(dead_code)]
#[path = "mime_header.rs"]
mod mime_header;

/// Every octet belongs to a part, and each part to the one that it is in.
fn nothing_is_lost(mail: &Message) {
    let octets = mail.raw().len();
    assert!(mail.root().span().end == octets && mail.root().parent().is_none());
    for part in mail.parts() {
        let (span, header, body) = (part.span(), part.header_span(), part.body_span());
        assert!(span.start == header.start && header.end <= body.start && body.end == span.end);
        assert_eq!(part.raw(), &mail.raw()[span]);
        assert_eq!(part.raw_header(), &mail.raw()[header.clone()]);
        assert_eq!(part.raw_body(), part.raw_body_bytes());
        // Between header and body stands nothing but a line end.
        assert!(mail.raw()[header.end..body.start].trim_ascii().is_empty());
        let mut at = header.start;
        for line in part.lines() {
            assert!(at <= line.span().start && line.span().end <= header.end);
            at = line.span().end;
            assert_eq!(line.raw(), &mail.raw()[line.span()]);
            assert_eq!(line.raw_value(), &mail.raw()[line.value_span()]);
            assert!(line.is_field() || line.name().is_empty());
        }
        let mut at = body.start;
        for child in part.children() {
            assert!(at <= child.span().start && child.span().end <= body.end);
            assert_eq!(child.parent(), Some(part));
            at = child.span().end;
        }
        assert_eq!(part.is_leaf(), part.children().next().is_none() && part.is_leaf());
        assert!(body.len() >= part.preamble().len() + part.epilogue().len());
        assert!(part.raw_body().starts_with(part.preamble()) && part.raw_body().ends_with(part.epilogue()));
        assert_eq!(part.boundary().is_some(), part.is_multipart());
        assert!(part.descendants().all(|inner| part.span().start <= inner.span().start));
        let path = part.path();
        if !path.is_empty() && !part.is_message_root() {
            assert_eq!(mail.part(&path).map(|found| found.path()), Some(path));
        }
    }
    assert_eq!(mail.root().descendants().count(), mail.parts().count());
}

fn part(part: Part<'_>, config: &Config, values: bool) {
    for field in part.fields() {
        assert!(!field.name().is_empty());
        assert!(field.is(field.name()) && field.is(&field.name().to_ascii_uppercase()));
        assert_eq!(
            part.field(field.name()).map(|first| first.name().to_ascii_lowercase()),
            Some(field.name().to_ascii_lowercase())
        );
        assert!(part.fields_named(field.name()).any(|one| one.span() == field.span()));
        if values {
            mime_header::value(field.raw_value(), config);
        }
        let _ = (field.text(), field.addresses().count(), field.message_ids().count(), field.date());
    }
    assert_eq!(part.lines().rev().count(), part.lines().count());
    let _ = (part.content_disposition(), part.filename(), part.content_id(), part.description());
    let essence = part.essence();
    assert!(!essence.bytes().any(|octet| octet.is_ascii_uppercase()));
    let (kind, subtype) = essence.split_once('/').unwrap_or((&essence, ""));
    assert!(part.is_type(kind, subtype) && part.is_type("*", "*"));
    let octets = part.decode();
    let mut appended = b"x".to_vec();
    part.decode_into(&mut appended);
    assert_eq!(appended[1..], *octets);
    if let Some(text) = part.text() {
        assert!(part.is_leaf() && part.is_type("text", "*") && text.len() <= octets.len() * 4);
        assert!(part.charset().is_none_or(|charset| charset.decode(&octets).0 == text));
        shown(&text);
    }
    let _ = (part.subject(), part.date(), part.message_id(), part.authenticated_author());
    let lists = [part.from(), part.sender(), part.reply_to(), part.to(), part.cc(), part.bcc()];
    let _ = lists.into_iter().map(|list| list.count()).sum::<usize>();
    let _ = (part.in_reply_to().count(), part.references().count());
    let _ = Tnef::parse(&octets, config, &mut ());
    if let Some(inner) = part.embedded_message() {
        assert_eq!(inner.raw().len(), octets.len());
        nothing_is_lost(&inner);
    }
    let bodies = part.bodies();
    let all: Vec<_> = part.descendants().collect();
    for shown in [&bodies.text, &bodies.html, &bodies.attachments] {
        assert!(shown.len() <= all.len() && shown.iter().all(|one| all.contains(one) && !one.is_multipart()));
    }
    // Whatever is neither in the one nor in the other is an attachment.
    if part.is_multipart() {
        for inner in all.iter().filter(|inner| !inner.is_multipart()) {
            let in_message = std::iter::successors(inner.parent(), |part| part.parent())
                .take_while(|outer| *outer != part)
                .any(|outer| !outer.is_multipart());
            let found =
                [&bodies.text, &bodies.html, &bodies.attachments].iter().any(|list| list.contains(inner));
            assert!(found != in_message, "{inner:?}");
        }
    }
}

/// Text for people: flowed, of HTML, the first words.
fn shown(text: &str) {
    for del_sp in [false, true] {
        let plain = flowed::to_plain(text, del_sp);
        assert!(
            flowed::Paragraphs::new(text, del_sp).count() <= text.len() + 1
                && plain.len() <= text.len() * 2 + 8
        );
    }
    let rendered = HtmlText::new().width(30).render(text);
    assert!(!rendered.contains(|octet: char| octet.is_control() && !matches!(octet, '\n' | '\t')));
    assert!(HtmlText::new().most(100).render(text).len() <= 200);
    for preview in [preview::preview(text, 40), preview::preview_html(text, 40)] {
        assert!(
            preview.chars().count() <= 40 && preview.trim() == preview && !preview.contains(['\n', '\r'])
        );
    }
}

/// Changes that `order` asks for; all that is not concerned is as it was.
fn edit(mail: &Message, order: &[u8]) {
    assert_eq!(mail.edit().finish().unwrap(), mail.raw());
    let mut edit = mail.edit();
    let parts: Vec<_> = mail.parts().collect();
    let field = NewField::text("X-New", "grün und blau").unwrap();
    let (mut removed, mut added) = (0_usize, 0_usize);
    for pair in order.chunks_exact(2) {
        let part = parts[usize::from(pair[1]) % parts.len()];
        let line = part.lines().nth(usize::from(pair[1] >> 4));
        let done = match (pair[0] % 9, line) {
            (0, _) => edit.prepend_field(part, &field),
            (1, _) => edit.append_field(part, &field),
            (2, Some(line)) => edit.replace_field(line, &field),
            (3, Some(line)) => edit.remove_field(line),
            (4, _) => edit.replace_body(part, "new body\r\n"),
            (5, _) => edit.replace_part(part, "X-New: 1\r\n\r\nnew part"),
            (6, _) => edit.remove_part(part),
            (7, _) => edit.insert_part_before(part, b"X-New: 1\r\n\r\nnew part"),
            (8, _) => edit.append_part(part, b"X-New: 1\r\n\r\nnew part"),
            _ => continue,
        };
        if done.is_ok() {
            removed += usize::from(matches!(pair[0] % 9, 2..=6)) * part.raw().len();
            added += 200 + 2 * mail.config().limits.boundary;
        }
    }
    if let Ok(new) = edit.finish() {
        assert!(
            new.len() <= mail.raw().len() + added && new.len() + removed >= mail.raw().len().min(new.len())
        );
        let new = Message::parse_with(new, *mail.config());
        nothing_is_lost(&new);
    }
    if mail.config().limits.header_octets < 1000 {
        return;
    }
    // One field on top is the first that is found, and the rest is as it was.
    let mut edit = mail.edit();
    edit.prepend_field(mail.root(), &field).unwrap();
    let new = Message::parse_with(edit.finish().unwrap(), *mail.config());
    // But for a line that would belong to it.
    let first = new
        .root()
        .lines()
        .find(|line| !line.raw().starts_with(b" ") && !line.raw().starts_with(b"\t"))
        .unwrap();
    assert!(first.is("X-New") && first.text() == "grün und blau");
    assert!(new.root().raw_body().ends_with(mail.root().raw_body()) || mail.root().span().start > 0);
}

fn whole(octets: &Bytes, config: Config, order: &[u8], values: bool) {
    let mail = Message::parse_with(octets.clone(), config);
    assert_eq!(mail.raw(), octets);
    let limits = config.limits;
    assert!(mail.parts().count() <= limits.parts as usize);
    assert!(mail.structure_defects().len() <= limits.defects + 1);
    nothing_is_lost(&mail);
    mail.parts().for_each(|one| part(one, &config, values));
    let _ =
        (mail.text().map(|text| text.len()), mail.html().map(|text| text.len()), mail.attachments().count());
    let defects = mail.defects();
    mime::within(&defects, octets.len());
    assert!(defects.len() <= limits.defects + 1);
    assert!(defects.is_sorted_by_key(|defect| defect.span.start));
    let doubtful = defects.iter().any(|defect| defect.severity >= Severity::Ambiguous);
    match mail.strict() {
        Ok(strict) => assert!(!doubtful && strict.raw() == octets),
        Err(told) => assert!(doubtful && told == defects),
    }
    let readings: Vec<_> = mail.interpretations(8).collect();
    assert!(readings.len() <= 8 && (doubtful || readings.iter().all(|reading| !reading.choices.is_empty())));
    for reading in readings {
        assert!(!reading.choices.is_empty());
        let other_octets = reading.part.is_some() || reading.choices == [Choice::CrEndsLine];
        assert!(other_octets || reading.message.raw() == octets);
        nothing_is_lost(&reading.message);
        for part in reading.message.parts() {
            let _ = (part.decode(), part.text(), part.filename(), part.content_type());
        }
        mime::within(&reading.message.defects(), reading.message.raw().len());
    }
    edit(&mail, order);
}

pub fn check(data: &[u8]) {
    let &[kind, ref order @ ..] = data.first_chunk::<9>().unwrap_or(&[0; 9]);
    let octets = Bytes::copy_from_slice(data.get(9..).unwrap_or_default());
    whole(&octets, mime::config(kind), order, true);
    if kind & 4 == 0 {
        whole(&octets, mime::config(kind | 4), order, false);
    }
}
