//! Messages that are composed of anything: refused, or read back as what they were made of, and nothing else.
use arbitrary::{Arbitrary, Result, Unstructured};
use bytes::Bytes;
use mime_core::{
    AddrSpec, Address, Config, DateTime, Group, Mailbox, MailboxRef, Message, MessageId, Severity,
    compose::{
        Attachment, ComposeError, Composed, HeaderName, HeaderValue, MediaType, MessageBuilder, RandomIds,
        Step, cid_url,
    },
};

#[allow(dead_code)]
#[path = "mime.rs"]
mod mime;

#[derive(Arbitrary, Debug)]
struct Person<'a> {
    name: &'a str,
    local: &'a str,
    literal: bool,
}

#[derive(Arbitrary, Debug)]
struct File<'a> {
    name: Option<&'a str>,
    content: &'a [u8],
    description: Option<&'a str>,
    parameter: Option<&'a str>,
    inline: bool,
    id: Option<&'a str>,
    streamed: bool,
    message: bool,
    related: bool,
}

#[derive(Arbitrary, Debug)]
struct Letter<'a> {
    from: Person<'a>,
    others: Vec<(u8, Person<'a>)>,
    group: Option<&'a str>,
    subject: Option<&'a str>,
    text: Option<&'a str>,
    html: Option<&'a str>,
    value: Option<&'a str>,
    structured: Option<&'a str>,
    field_name: Option<&'a str>,
    ids: Vec<&'a str>,
    files: Vec<File<'a>>,
    utf8: bool,
    eight_bit: bool,
    legacy: bool,
    seconds: u32,
    cut: u8,
}

fn mailbox(person: &Person<'_>) -> Option<Mailbox> {
    let domain = if person.literal { "[192.0.2.1]" } else { "example.org" };
    Mailbox::new(person.name, AddrSpec::from_parts(person.local, domain).ok()?).ok()
}

/// Names are read with their white space made simple, and not at all if they are nothing but that.
fn plain(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn is_read<'a>(found: impl Iterator<Item = MailboxRef<'a>>, expected: &[Mailbox]) {
    let found: Vec<_> = found
        .map(|one| {
            assert!(one.is_valid());
            (plain(&one.name().unwrap_or_default()), one.local_part().into_owned(), one.domain().into_owned())
        })
        .collect();
    let expected: Vec<_> = expected
        .iter()
        .map(|one| {
            let address = one.address();
            (
                plain(one.name().unwrap_or_default()),
                address.local_part().to_owned(),
                address.domain().to_owned(),
            )
        })
        .collect();
    assert_eq!(found, expected);
}

fn lines(text: &str) -> String {
    text.trim_start_matches('\u{feff}')
        .replace("\r\n", "\n")
        .replace('\r', "\n")
        .trim_end_matches('\n')
        .to_owned()
}

/// The octets of the message, sources fed in pieces.
fn sent(mut composed: Composed, sources: &[&[u8]], cut: u8) -> Vec<u8> {
    let announced = composed.octets();
    let mut out = Vec::new();
    let mut at = vec![0; sources.len()];
    loop {
        match composed.step() {
            Step::Octets(octets) => out.extend_from_slice(&octets),
            Step::Want { source, .. } => {
                let source = usize::try_from(source).unwrap();
                let rest = &sources[source][at[source]..];
                let piece = &rest[..rest.len().min(usize::from(cut) + 1)];
                at[source] += piece.len();
                composed.feed(piece).unwrap();
            }
            _ => break,
        }
        assert_eq!(composed.left() + out.len() as u64, announced);
    }
    assert_eq!(out.len() as u64, announced);
    out
}

pub fn check(data: &[u8]) {
    let _ = compose(&mut Unstructured::new(data));
}

fn compose(input: &mut Unstructured<'_>) -> Result<()> {
    let letter = Letter::arbitrary(input)?;
    let Some(author) = mailbox(&letter.from) else { return Ok(()) };
    let mut counter = 0_u8;
    let ids = RandomIds::new("example.org", move || {
        counter = counter.wrapping_add(1);
        [counter; 16]
    })
    .unwrap();
    let date = DateTime::from_unix(letter.seconds.into(), i16::from(letter.cut) * 4 - 500).unwrap();
    let mut builder =
        MessageBuilder::new().smtputf8(letter.utf8).eight_bit(letter.eight_bit).legacy_names(letter.legacy);
    builder = builder.from(author.clone());
    let mut lists = [Vec::new(), Vec::new(), Vec::new(), Vec::new()];
    for (place, person) in &letter.others {
        if let Some(mailbox) = mailbox(person) {
            lists[usize::from(*place) % 4].push(mailbox);
        }
    }
    let [to, cc, bcc, reply_to] = &lists;
    let group = letter.group.and_then(|name| Group::new(name, to.clone()).ok());
    builder = match &group {
        Some(group) => builder.to([Address::from(group.clone())]),
        None => builder.to(to.clone()),
    };
    builder = builder.cc(cc.clone()).bcc(bcc.clone()).reply_to(reply_to.clone());
    let references: Vec<_> = letter.ids.iter().filter_map(|id| MessageId::as_received(id).ok()).collect();
    builder = builder.references(references.clone());
    let mut names =
        vec!["Date", "From", "Message-ID", "MIME-Version", "Content-Type", "Content-Transfer-Encoding"];
    names.extend((!to.is_empty() || group.is_some()).then_some("To"));
    names.extend((!cc.is_empty()).then_some("Cc"));
    names.extend((!reply_to.is_empty()).then_some("Reply-To"));
    names.extend((!references.is_empty()).then_some("References"));
    if let Some(subject) = letter.subject {
        builder = builder.subject(subject);
        names.push("Subject");
    }
    if let Some(text) = letter.text {
        builder = builder.text(text);
    }
    if let Some(html) = letter.html {
        builder = builder.html(html);
    }
    let value = letter.value.filter(|value| HeaderValue::text(value).is_ok());
    if let Some(value) = value {
        builder = builder.field(HeaderName::new("X-Value").unwrap(), HeaderValue::text(value).unwrap());
        names.push("X-Value");
    }
    if let Some(value) = letter.structured.and_then(|value| HeaderValue::structured(value).ok()) {
        builder = builder.field(HeaderName::new("X-Structured").unwrap(), value);
        names.push("X-Structured");
    }
    if let Some(name) = letter.field_name.and_then(|name| HeaderName::new(name).ok()) {
        assert!(name.as_str().bytes().all(|octet| octet.is_ascii_graphic() && octet != b':'));
        builder = builder.field(name, HeaderValue::text("x").unwrap());
    }
    let mut sources = Vec::new();
    for file in &letter.files {
        let id = file.id.and_then(|id| MessageId::as_received(id).ok());
        if let Some(id) = &id {
            assert!(cid_url(id).bytes().all(|octet| octet.is_ascii_graphic()));
        }
        let mut one = match (file.message, file.streamed) {
            (true, _) => Attachment::message(Bytes::copy_from_slice(file.content)),
            (_, true) => {
                sources.push(file.content);
                Attachment::streamed("", sources.len() as u64 - 1, file.content.len() as u64)
            }
            _ => Attachment::new("", Bytes::copy_from_slice(file.content)),
        };
        if let Some(name) = file.name {
            one = one.name(name);
        }
        if !file.message {
            let mut kind = MediaType::new("application/x-test").unwrap();
            if let Some(with) = file.parameter.and_then(|text| kind.clone().parameter("x", text).ok()) {
                kind = with;
            }
            one = one.media_type(kind);
        }
        one = if file.inline { one.inline() } else { one };
        one = match id {
            Some(id) => one.content_id(id),
            None => one,
        };
        one = match file.description {
            Some(text) => one.description(text),
            None => one,
        };
        builder = if file.related { builder.related(one) } else { builder.attach(one) };
    }
    let composed = match builder.build(ids, date) {
        Ok(composed) => composed,
        Err(
            ComposeError::NoAuthor | ComposeError::NoSender | ComposeError::TooLarge | ComposeError::Boundary,
        ) => {
            panic!("{letter:?}")
        }
        Err(_) => return Ok(()),
    };
    let (is_utf8, is_eight_bit) = (composed.is_utf8(), composed.is_eight_bit());
    assert!((letter.utf8 || !is_utf8) && (letter.eight_bit || !is_eight_bit));
    for mailbox in to.iter().chain(cc).chain(bcc) {
        assert!(composed.envelope().recipients().contains(mailbox.address()));
    }
    let octets = sent(composed, &sources, letter.cut);
    assert!(is_utf8 || is_eight_bit || octets.is_ascii());
    for line in octets.split_inclusive(|&octet| octet == b'\n') {
        let text = line.strip_suffix(b"\r\n").unwrap_or(line);
        assert!(text.len() <= 998 && !text.contains(&b'\r') && !text.contains(&b'\n') && !text.contains(&0));
    }

    let mail = Message::parse(octets);
    // Messages that are attached are as they are.
    if letter.files.iter().all(|file| !file.message) {
        assert_eq!(mail.structure_defects(), []);
    }
    let root = mail.root();
    let mut found: Vec<_> = root.lines().map(|line| line.name()).collect();
    if let Some(name) = letter.field_name {
        found.retain(|field| *field != name);
        names.retain(|field| *field != name);
    }
    found.retain(|field| *field != "Content-Transfer-Encoding");
    names.retain(|field| *field != "Content-Transfer-Encoding");
    found.sort_unstable();
    names.sort_unstable();
    assert_eq!(found, names);
    let text_of = |name: &str| root.field(name).map(|field| field.text());
    assert_eq!(text_of("Subject").as_deref(), letter.subject);
    if !letter.field_name.is_some_and(|name| name.eq_ignore_ascii_case("X-Value")) {
        assert_eq!(text_of("X-Value").as_deref(), value);
    }
    is_read(mail.from().mailboxes(), std::slice::from_ref(&author));
    is_read(mail.to().mailboxes(), to);
    is_read(mail.cc().mailboxes(), cc);
    is_read(mail.reply_to().mailboxes(), reply_to);
    assert_eq!(mail.date(), Some(date));
    assert!(mail.message_id().is_some());
    let read: Vec<_> = mail.references().collect();
    assert_eq!(read, references.iter().map(MessageId::as_str).collect::<Vec<_>>());

    // Outside of messages that are attached: each file, with its content and its name.
    let own = |part: &mime_core::Part<'_>| {
        std::iter::successors(part.parent(), |part| part.parent()).all(|outer| outer.is_multipart())
    };
    let mut found: Vec<_> =
        mail.parts().filter(own).filter(|part| part.is_type("application", "x-test")).collect();
    for file in letter.files.iter().filter(|file| !file.message) {
        let name = file.name.unwrap_or_default();
        let at = found.iter().position(|part| {
            *part.decode() == *file.content
                && part.filename().unwrap_or_default().trim() == name.trim()
                && part.description().unwrap_or_default() == file.description.unwrap_or_default()
        });
        found.remove(at.unwrap_or_else(|| panic!("{file:?} in {found:?}")));
    }
    assert!(found.is_empty());
    let messages = mail.parts().filter(own).filter(|part| part.is_type("message", "rfc822"));
    let contents: Vec<_> = messages.map(|part| part.raw_body().to_vec()).collect();
    let expected: Vec<_> = letter.files.iter().filter(|file| file.message).map(|file| file.content).collect();
    assert_eq!(contents.len(), expected.len());
    let bodies = mail.bodies();
    let shown = |kind: &str| {
        let part =
            mail.parts().filter(own).find(|part| part.is_type("text", kind) && part.filename().is_none());
        part.and_then(|part| part.text()).map(|text| lines(&text))
    };
    if letter.text.is_some() {
        assert_eq!(shown("plain"), letter.text.map(lines));
    }
    assert_eq!(shown("html"), letter.html.map(lines));
    assert!(letter.html.is_none() || !bodies.html.is_empty());
    let _ = mail.defects().iter().filter(|defect| defect.severity == Severity::Hostile).count();
    let _ = Config::new();
    Ok(())
}
