//! Whatever is composed is parsed back to what went in, and to nothing else.

#![cfg(feature = "compose")]
#![allow(clippy::indexing_slicing, clippy::unwrap_used, clippy::panic, clippy::cast_possible_truncation)] // helpers of tests

mod fixed;

use fixed::{date, ids};
use mime_core::{
    Address, AddressList, AddressRef, Defect,
    DefectKind::{
        BidiControl, ConfusableScript, ControlCharacter, DisplayNameAddress, EncodedWordInStructured,
        MultipleAuthors,
    },
    Group, Mailbox, Message, MessageId, Part,
    compose::{
        Attachment, ComposeError, Composed, HeaderName, HeaderValue, MediaType, MessageBuilder, Step, cid_url,
    },
};
use proptest::prelude::*;

// ---- what goes in ---------------------------------------------------------------------------------------------------

const PIECES: &[&str] = &[
    "\r\n",
    "\r",
    "\n",
    "\0",
    " ",
    "  ",
    "\t",
    "\u{b}",
    "\u{1b}",
    "\u{7f}",
    "\u{85}",
    "\u{a0}",
    "\u{2028}",
    "\u{202e}",
    "=?utf-8?q?",
    "=?us-ascii?b?YQ==?=",
    "?=",
    "=",
    "\"",
    "\\",
    ",",
    ";",
    ":",
    "<",
    ">",
    "@",
    "(",
    ")",
    "[",
    "]",
    "'",
    "%",
    "*",
    ".",
    "..",
    "Bcc: x",
    "From ",
    "--",
    "--=_",
    "word",
    "a",
    "ü",
    "Grüße",
    "日本",
    "שלום",
    "مرحبا",
    "🎉",
    "👨‍👩‍👧",
    "e\u{301}",
    "/",
    "C:\\x",
];

/// Text of bodies: readers take a byte order mark for no character where it comes first.
fn hostile() -> impl Strategy<Value = String> {
    any_text().prop_map(|text| text.replace('\u{feff}', ""))
}

fn any_text() -> impl Strategy<Value = String> {
    let long = prop::sample::select(vec!["x", "ü", "日", " ", "a ", "=", "\"", "🎉"])
        .prop_map(|unit| unit.repeat(300));
    let piece = prop_oneof![
        8 => prop::sample::select(PIECES).prop_map(str::to_owned),
        3 => any::<char>().prop_map(String::from),
        1 => long,
    ];
    prop::collection::vec(piece, 0..10).prop_map(|pieces| pieces.concat())
}

/// What fields can hold: no CR, LF or NUL.
fn field_text() -> impl Strategy<Value = String> {
    any_text().prop_map(|text| text.replace(['\r', '\n', '\0'], ""))
}

fn mailbox() -> impl Strategy<Value = Mailbox> {
    let local = prop_oneof![3 => Just("a.b".to_owned()), 1 => field_text().prop_map(|text| text.replace("=?", "").chars().take(30).collect())];
    let domain =
        prop::sample::select(vec!["example.org", "EXAMPLE.com", "[192.0.2.1]", "sub.example.museum"]);
    (field_text(), local, domain).prop_filter_map("no mailbox", |(name, local, domain)| {
        let address = mime_core::AddrSpec::from_parts(&local, domain).ok()?;
        let name: String = name.chars().filter(|char| !char.is_control() || *char == '\t').collect();
        Mailbox::new(&name, address).ok()
    })
}

fn address() -> impl Strategy<Value = Address> {
    prop_oneof![
        4 => mailbox().prop_map(Address::Mailbox),
        1 => (field_text(), prop::collection::vec(mailbox(), 0..3)).prop_filter_map("no group", |(name, members)| {
            let name: String = name.chars().filter(|char| !char.is_control()).collect();
            Group::new(&name, members).ok().map(Address::Group)
        }),
    ]
}

fn addresses() -> impl Strategy<Value = Vec<Address>> {
    prop::collection::vec(address(), 0..5)
}

fn message_ids() -> impl Strategy<Value = Vec<MessageId>> {
    let id = prop_oneof![
        Just("abc@example.org".to_owned()),
        "[a-z]{1,80}@[a-z]{1,30}",
        "[a-z]{300}@\\[192\\.0\\.2\\.1\\]"
    ];
    prop::collection::vec(id.prop_map(|id| MessageId::try_from(id.as_str()).unwrap()), 0..20)
}

#[derive(Clone, Debug)]
struct File {
    name: String,
    octets: Vec<u8>,
    description: Option<String>,
    parameter: String,
    streamed: bool,
    inline: bool,
}

fn file() -> impl Strategy<Value = File> {
    let octets = prop::collection::vec(any::<u8>(), 0..400);
    (field_text(), octets, prop::option::of(field_text()), field_text(), any::<bool>(), any::<bool>())
        .prop_map(|(name, octets, description, parameter, streamed, inline)| File {
            name,
            octets,
            description,
            parameter,
            streamed,
            inline,
        })
}

#[derive(Clone, Debug)]
struct Given {
    from: Vec<Mailbox>,
    lists: [Vec<Address>; 4],
    subject: String,
    ids: [Vec<MessageId>; 2],
    text: Option<String>,
    html: Option<String>,
    image: Option<Vec<u8>>,
    calendar: bool,
    files: Vec<File>,
    field: (String, String),
    style: [bool; 3],
}

fn given() -> impl Strategy<Value = Given> {
    let lists = [addresses(), addresses(), addresses(), addresses()];
    let texts = (prop::option::of(hostile()), prop::option::of(hostile()));
    let image = prop::option::of(prop::collection::vec(any::<u8>(), 1..100));
    let files = prop::collection::vec(file(), 0..3);
    let field = ("X-[A-Za-z-]{0,60}", field_text());
    (
        (prop::collection::vec(mailbox(), 1..3), lists, field_text(), [message_ids(), message_ids()]),
        (texts, image, any::<bool>(), files, field, any::<[bool; 3]>()),
    )
        .prop_map(
            |((from, lists, subject, ids), ((text, html), image, calendar, files, field, style))| Given {
                from,
                lists,
                subject,
                ids,
                image: image.filter(|_| html.is_some()),
                text,
                html,
                calendar,
                files,
                field,
                style,
            },
        )
}

const CALENDAR: &str =
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nMETHOD:REQUEST\r\nSUMMARY:Grüße\r\nEND:VCALENDAR\r\n";

fn cid() -> MessageId {
    MessageId::try_from("bild%1@example.de").unwrap()
}

fn build(given: &Given) -> Result<Composed, ComposeError> {
    let [utf8, eight_bit, legacy] = given.style;
    let [reply_to, to, cc, bcc] = given.lists.clone();
    let mut builder = MessageBuilder::new().smtputf8(utf8).eight_bit(eight_bit).legacy_names(legacy);
    for author in &given.from {
        builder = builder.from(author.clone());
    }
    if given.from.len() > 1 {
        builder = builder.sender(given.from[0].clone());
    }
    builder = builder.reply_to(reply_to).to(to).cc(cc).bcc(bcc).subject(&given.subject);
    builder = builder.in_reply_to(given.ids[0].clone()).references(given.ids[1].clone());
    let name = HeaderName::new(&given.field.0).unwrap();
    builder = builder.field(name, HeaderValue::text(&given.field.1).unwrap());
    if let Some(text) = &given.text {
        builder = builder.text(text);
    }
    if let Some(html) = &given.html {
        builder = builder.html(html);
    }
    if let Some(image) = &given.image {
        builder = builder.related(Attachment::new("bild.png", image.clone()).content_id(cid()));
    }
    if given.calendar {
        builder = builder.calendar(CALENDAR);
    }
    for (number, file) in (1..).zip(&given.files) {
        let mut attachment = if file.streamed {
            Attachment::streamed(&file.name, number, file.octets.len() as u64)
        } else {
            Attachment::new(&file.name, file.octets.clone())
        };
        let media_type =
            MediaType::new("application/x-test").unwrap().parameter("para", &file.parameter).unwrap();
        attachment = attachment.media_type(media_type);
        if let Some(description) = &file.description {
            attachment = attachment.description(description);
        }
        builder = builder.attach(if file.inline { attachment.inline() } else { attachment });
    }
    builder.build(ids(), date())
}

/// All octets, the streamed ones given in small chunks.
fn octets(mut composed: Composed, given: &Given) -> Vec<u8> {
    let announced = composed.octets();
    let mut all = Vec::new();
    let mut taken = [0; 8];
    loop {
        match composed.step() {
            Step::Octets(octets) => all.extend_from_slice(&octets),
            Step::Want { source, octets } => {
                let at = &mut taken[source as usize];
                let end = *at + (octets as usize).min(37);
                composed.feed(&given.files[source as usize - 1].octets[*at..end]).unwrap();
                *at = end;
            }
            Step::Done => break,
        }
    }
    assert_eq!(all.len() as u64, announced);
    all
}

// ---- what comes out -------------------------------------------------------------------------------------------------

/// White space around a name says nothing, and readers take it away.
fn shown(name: Option<&str>) -> Option<&str> {
    name.map(str::trim).filter(|name| !name.is_empty())
}

fn read_addresses(list: AddressList<'_>) -> Vec<String> {
    list.map(|address| match address {
        AddressRef::GroupStart(group) => format!("group {:?}", shown(Some(&group.name()))),
        AddressRef::Mailbox(mailbox) => {
            format!("{:?} {:?} {}", shown(mailbox.name().as_deref()), mailbox.local_part(), mailbox.domain())
        }
        AddressRef::GroupEnd => "end".to_owned(),
    })
    .collect()
}

fn written_addresses(list: &[Address]) -> Vec<String> {
    let mut all = Vec::new();
    for address in list {
        let one = |mailbox: &Mailbox| {
            let address = mailbox.address();
            format!("{:?} {:?} {}", shown(mailbox.name()), address.local_part(), address.domain())
        };
        match address {
            Address::Group(group) => {
                all.push(format!("group {:?}", shown(Some(group.name()))));
                all.extend(group.members().iter().map(one));
                all.push("end".to_owned());
            }
            Address::Mailbox(mailbox) => all.push(one(mailbox)),
        }
    }
    all
}

fn in_lines(text: &str) -> String {
    let mut lines = text.replace("\r\n", "\n").replace('\r', "\n").replace('\n', "\r\n");
    if !lines.is_empty() && !lines.ends_with("\r\n") {
        lines.push_str("\r\n");
    }
    lines
}

fn check_lines(message: &Message) -> Result<(), TestCaseError> {
    for part in message.parts() {
        let header = part.raw_header();
        for (at, line) in header.split(|octet| *octet == b'\n').enumerate() {
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            prop_assert!(line.len() <= 998);
            prop_assert!(at == 0 || line.is_empty() || !line.trim_ascii().is_empty());
            if line.len() > 78 {
                // Only what has no place to be folded at, behind the name at most.
                let behind = if matches!(line[0], b' ' | b'\t') {
                    line
                } else {
                    &line[line.iter().position(|octet| *octet == b':').unwrap() + 1..]
                };
                prop_assert!(!behind.trim_ascii().contains(&b' '), "{:?}", String::from_utf8_lossy(line));
            }
        }
        if part.is_leaf() {
            for line in part.raw_body().split(|octet| *octet == b'\n') {
                prop_assert!(line.strip_suffix(b"\r").unwrap_or(line).len() <= 78);
            }
        }
    }
    Ok(())
}

fn types(part: Part<'_>) -> String {
    let inner: Vec<_> = part.children().map(types).collect();
    if inner.is_empty() {
        part.essence().into_owned()
    } else {
        format!("{}({})", part.essence(), inner.join(" "))
    }
}

fn expected_types(given: &Given) -> String {
    let mut texts = Vec::new();
    if given.text.is_some() {
        texts.push("text/plain");
    }
    match (&given.html, &given.image) {
        (Some(_), Some(_)) => texts.push("multipart/related(text/html image/png)"),
        (Some(_), None) => texts.push("text/html"),
        _ => {}
    }
    if given.calendar {
        texts.push("text/calendar");
    }
    let body = match texts.as_slice() {
        [] => None,
        [one] => Some((*one).to_owned()),
        several => Some(format!("multipart/alternative({})", several.join(" "))),
    };
    if given.files.is_empty() {
        return body.unwrap_or_else(|| "text/plain".to_owned());
    }
    let all: Vec<_> =
        body.into_iter().chain(given.files.iter().map(|_| "application/x-test".to_owned())).collect();
    format!("multipart/mixed({})", all.join(" "))
}

fn check(given: &Given) -> Result<(), TestCaseError> {
    let composed = match build(given) {
        Ok(composed) => composed,
        // Three hundred times three or four octets may be too much for a token of fields that are not encoded, and
        // addresses beyond ASCII need SMTPUTF8.
        Err(ComposeError::TooLong { .. }) => return Ok(()),
        Err(ComposeError::NotAscii { .. }) if !given.style[0] => return Ok(()),
        Err(error) => return Err(TestCaseError::fail(error.to_string())),
    };
    let [utf8, eight_bit, legacy] = given.style;
    let (is_utf8, is_eight_bit) = (composed.is_utf8(), composed.is_eight_bit());
    prop_assert!((utf8 || !is_utf8) && (eight_bit || !is_eight_bit));
    let envelope = composed.envelope().clone();
    let octets = octets(composed, given);
    let message = Message::parse(octets);

    // Nothing but what is said.
    prop_assert!(message.raw().is_ascii() || is_utf8 || is_eight_bit);
    let mut defects: Vec<Defect> = message.defects();
    defects.retain(|defect| match defect.kind {
        // What words say is said by those who give them.
        BidiControl | ConfusableScript | ControlCharacter | DisplayNameAddress => false,
        EncodedWordInStructured => !legacy,
        MultipleAuthors => given.from.len() == 1,
        _ => true,
    });
    prop_assert_eq!(defects, []);
    check_lines(&message)?;
    let mut names = vec!["Date", "From"];
    names.extend((given.from.len() > 1).then_some("Sender"));
    let [reply_to, to, cc, bcc] = &given.lists;
    for (name, list) in [("Reply-To", reply_to), ("To", to), ("Cc", cc)] {
        names.extend((!list.is_empty()).then_some(name));
    }
    names.extend(["Subject", "Message-ID"]);
    for (name, ids) in [("In-Reply-To", &given.ids[0]), ("References", &given.ids[1])] {
        names.extend((!ids.is_empty()).then_some(name));
    }
    names.extend([given.field.0.as_str(), "MIME-Version", "Content-Type"]);
    let root = message.root();
    names.extend(root.field("Content-Transfer-Encoding").map(|_| "Content-Transfer-Encoding"));
    prop_assert_eq!(root.lines().map(|field| field.name()).collect::<Vec<_>>(), names);
    prop_assert_eq!(types(root), expected_types(given));

    // Fields.
    let from: Vec<_> = given.from.iter().cloned().map(Address::Mailbox).collect();
    for (read, written) in
        [(message.from(), &from), (message.reply_to(), reply_to), (message.to(), to), (message.cc(), cc)]
    {
        prop_assert_eq!(read_addresses(read), written_addresses(written));
    }
    prop_assert_eq!(message.subject().unwrap(), given.subject.as_str());
    prop_assert_eq!(message.date().unwrap(), date());
    prop_assert_eq!(message.message_id().unwrap(), "01".repeat(16) + "@example.de");
    for (read, written) in [(message.in_reply_to(), &given.ids[0]), (message.references(), &given.ids[1])] {
        prop_assert_eq!(read.collect::<Vec<_>>(), written.iter().map(MessageId::as_str).collect::<Vec<_>>());
    }
    prop_assert_eq!(root.field(&given.field.0).unwrap().text(), given.field.1.as_str());
    let mut recipients: Vec<_> = [to, cc, bcc].into_iter().flatten().flat_map(Address::mailboxes).collect();
    let mut known = std::collections::HashSet::new();
    recipients.retain(|mailbox| known.insert(mailbox.address()));
    let recipients: Vec<_> = recipients.into_iter().map(Mailbox::address).collect();
    prop_assert_eq!(envelope.recipients().iter().collect::<Vec<_>>(), recipients);

    // Texts, and what belongs to them.
    let leaf = |essence: &str| message.parts().find(|part| part.essence() == essence);
    for (essence, text) in [("text/plain", &given.text), ("text/html", &given.html)] {
        if let Some(text) = text {
            prop_assert_eq!(leaf(essence).unwrap().text().unwrap(), in_lines(text));
        }
    }
    if let Some(image) = &given.image {
        let part = leaf("image/png").unwrap();
        prop_assert_eq!(&part.decode()[..], image.as_slice());
        prop_assert!(mime_core::cid_matches(&cid_url(&cid()), &part.content_id().unwrap()));
        prop_assert!(part.content_disposition().unwrap().is_inline());
    }
    if given.calendar {
        let part = leaf("text/calendar").unwrap();
        prop_assert_eq!(part.text().unwrap(), CALENDAR);
        prop_assert_eq!(part.content_type().unwrap().param("method").unwrap(), "REQUEST");
    }

    // Attachments.
    let parts = message.parts().filter(|part| part.essence() == "application/x-test");
    for (part, file) in parts.zip(&given.files) {
        prop_assert_eq!(&part.decode()[..], file.octets.as_slice());
        let disposition = part.content_disposition().unwrap();
        prop_assert_eq!(disposition.is_inline(), file.inline);
        prop_assert_eq!(disposition.param("filename").unwrap_or_default(), file.name.as_str());
        prop_assert_eq!(part.filename().unwrap_or_default(), file.name.trim());
        prop_assert_eq!(part.content_type().unwrap().param("para").unwrap(), file.parameter.as_str());
        prop_assert_eq!(part.description().map(|text| text.into_owned()), file.description.clone());
    }
    // The same again gives the same: nothing comes from a clock or a random source.
    prop_assert_eq!(&self::octets(build(given).unwrap(), given), message.raw());
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn what_is_composed_is_what_is_parsed(given in given()) {
        check(&given)?;
    }

    /// What no field may hold is refused, wherever it is given.
    #[test]
    fn line_ends_are_refused(before in field_text(), octet in prop::sample::select(vec!["\r", "\n", "\r\n", "\0"]), after in field_text()) {
        let text = format!("{before}{octet}{after}");
        let builder = || MessageBuilder::new().from("a@example.org".try_into().unwrap()).text("x");
        let refused = |builder: MessageBuilder| matches!(
            builder.build(ids(), date()),
            Err(ComposeError::Octet { .. } | ComposeError::TooLong { .. })
        );
        prop_assert!(refused(builder().subject(&text)));
        prop_assert!(refused(builder().attach(Attachment::new(&text, &b"x"[..]))));
        prop_assert!(refused(builder().attach(Attachment::new("x", &b"x"[..]).description(&text))));
        prop_assert!(HeaderValue::text(&text).is_err());
        prop_assert!(HeaderValue::structured(&text).is_err());
        prop_assert!(HeaderName::new(&text).is_err());
        prop_assert!(Mailbox::try_from((text.as_str(), "a@example.org")).is_err());
        prop_assert!(Group::new(&text, Vec::new()).is_err());
        prop_assert!(MessageId::try_from(text.as_str()).is_err());
        prop_assert!(MessageId::as_received(&text).is_err());
        prop_assert!(MediaType::new(&text).is_err());
        prop_assert!(MediaType::new("a/b").unwrap().parameter("x", &text).is_err());
        prop_assert!(MediaType::new("a/b").unwrap().parameter(&text, "x").is_err());
    }

    /// Values with a grammar of their own stand as they are.
    #[test]
    fn structured_values_stand_as_they_are(text in field_text(), utf8 in any::<bool>()) {
        let Ok(value) = HeaderValue::structured(&text) else { return Ok(()) };
        let builder = MessageBuilder::new().from("a@example.org".try_into().unwrap()).text("x").smtputf8(utf8);
        match builder.field(HeaderName::new("X-Structured").unwrap(), value).build(ids(), date()) {
            Ok(composed) => {
                let message = Message::parse(composed.into_bytes().unwrap());
                check_lines(&message)?;
                let value = message.raw_field("X-Structured").unwrap();
                let value = String::from_utf8(value.to_vec()).unwrap().replace("\r\n", "");
                prop_assert_eq!(value.trim_matches(' '), text.trim_matches(' '));
            }
            Err(ComposeError::TooLong { .. }) => {}
            Err(ComposeError::NotAscii { .. }) => prop_assert!(!utf8 && !text.is_ascii()),
            Err(error) => prop_assert!(false, "{}", error),
        }
    }
}
