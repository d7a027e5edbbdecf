//! From arguments and files to what the composer takes.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use examples::read_file;
use postwire::mime::compose::{
    Attachment, Audience, HeaderName, HeaderValue, Ids, MessageBuilder, RandomIds, Reply,
};
use postwire::mime::{AddrSpec, DateTime, Mailbox, Message, MessageId};

use crate::Failure;
use crate::arguments::Arguments;

/// What an address looks like.
const ADDRESS: &str = "; an address is user@example.org or \"A Name <user@example.org>\"";

/// The builder, and the files that are read later: their places are the numbers of the sources.
pub(crate) fn builder(arguments: &Arguments) -> Result<(MessageBuilder, Vec<PathBuf>), Failure> {
    let mut builder = begun(arguments)?;
    for author in mailboxes("from", &arguments.from)? {
        builder = builder.from(author);
    }
    for sender in mailboxes("sender", arguments.sender.as_slice())? {
        builder = builder.sender(sender);
    }
    builder = builder
        .reply_to(mailboxes("reply-to", &arguments.reply_to)?)
        .to(mailboxes("to", &arguments.to)?)
        .cc(mailboxes("cc", &arguments.cc)?)
        .bcc(mailboxes("bcc", &arguments.bcc)?)
        .smtputf8(arguments.smtputf8)
        .eight_bit(arguments.eight_bit);
    if let Some(subject) = &arguments.subject {
        builder = builder.subject(subject);
    }
    if let Some(id) = &arguments.message_id {
        let id = id.trim_matches(['<', '>']);
        builder = builder.message_id(
            MessageId::try_from(id)
                .map_err(|error| format!("--message-id {id}: {error}; it is like a.b@example.org"))?,
        );
    }
    if let Some(text) = text(arguments.text.as_deref(), arguments.text_file.as_deref())? {
        builder = builder.text(text);
    }
    if let Some(html) = text(arguments.html.as_deref(), arguments.html_file.as_deref())? {
        builder = builder.html(html);
    }
    if let Some(calendar) = text(None, arguments.calendar.as_deref())? {
        builder = builder.calendar(calendar);
    }
    for field in &arguments.field {
        let (name, value) = pair("field", field)?;
        let value = HeaderValue::text(value).map_err(|error| format!("--field {name}: {error}"))?;
        builder = builder.field(header_name(name)?, value);
    }
    for field in &arguments.raw_field {
        let (name, value) = pair("raw-field", field)?;
        let value = HeaderValue::structured(value).map_err(|error| format!("--raw-field {name}: {error}"))?;
        builder = builder.field(header_name(name)?, value);
    }
    let mut streamed = Vec::new();
    for inline in &arguments.inline {
        let (cid, path) = pair("inline", inline)?;
        let cid = MessageId::try_from(cid)
            .map_err(|error| format!("--inline {cid}: {error}; the CID is like logo@example.org"))?;
        builder = builder.related(attachment(Path::new(path), &mut streamed)?.content_id(cid));
    }
    for path in &arguments.attach {
        builder = builder.attach(attachment(path, &mut streamed)?);
    }
    Ok((builder, streamed))
}

/// A new message, a reply, or one that passes another on.
fn begun(arguments: &Arguments) -> Result<MessageBuilder, Failure> {
    if let Some(path) = &arguments.reply_to_message {
        let mut own = addresses(&arguments.own)?;
        own.extend(mailboxes("from", &arguments.from)?.into_iter().map(Mailbox::into_address));
        let audience = if arguments.reply_all { Audience::All } else { Audience::ReplyTo };
        let reply = Reply::new(&message(path)?, audience, &own);
        for skipped in reply.skipped() {
            eprintln!("mime_compose: {}: left out: {}", path.display(), skipped.escape_debug());
        }
        return Ok(reply.into_builder());
    }
    match &arguments.forward {
        Some(path) => Ok(MessageBuilder::forward(&message(path)?)?),
        None => Ok(MessageBuilder::new()),
    }
}

/// A message file; the line ends of this system become those of mail.
fn message(path: &Path) -> Result<Message, Failure> {
    let octets = read_file(path)?;
    if octets.contains(&b'\r') {
        return with_fields(path, Message::parse(octets));
    }
    let mut lines = Vec::with_capacity(octets.len() + octets.len() / 32);
    for line in octets.split_inclusive(|octet| *octet == b'\n') {
        match line.strip_suffix(b"\n") {
            Some(line) => lines.extend_from_slice(&[line, b"\r\n"].concat()),
            None => lines.extend_from_slice(line),
        }
    }
    with_fields(path, Message::parse(lines))
}

/// What has no header field at all is some other file, given by mistake.
fn with_fields(path: &Path, message: Message) -> Result<Message, Failure> {
    if message.root().fields().next().is_none() {
        return Err(format!("{}: not a message: it has no header field", path.display()).into());
    }
    Ok(message)
}

/// A file that is read when its turn comes. Its length is taken now.
fn attachment(path: &Path, streamed: &mut Vec<PathBuf>) -> Result<Attachment, Failure> {
    let failed = |error: io::Error| format!("{}: {error}", path.display());
    let metadata = std::fs::metadata(path).map_err(failed)?;
    if !metadata.is_file() {
        return Err(format!("{}: not a file", path.display()).into());
    }
    let name = path.file_name().and_then(|name| name.to_str());
    let name = name.ok_or_else(|| format!("{}: a name that is not UTF-8", path.display()))?;
    streamed.push(path.to_owned());
    Ok(Attachment::streamed(name, (streamed.len() - 1) as u64, metadata.len()))
}

fn text(given: Option<&str>, path: Option<&Path>) -> Result<Option<String>, Failure> {
    let Some(path) = path else { return Ok(given.map(str::to_owned)) };
    let mut octets = Vec::new();
    if path == Path::new("-") {
        io::stdin().lock().read_to_end(&mut octets)?;
    } else {
        octets = read_file(path)?;
    }
    let text = String::from_utf8(octets).map_err(|_| format!("{}: not UTF-8", path.display()))?;
    Ok(Some(text))
}

fn pair<'a>(option: &str, text: &'a str) -> Result<(&'a str, &'a str), Failure> {
    text.split_once('=').ok_or_else(|| format!("--{option} {text}: an equals sign is missing").into())
}

fn header_name(name: &str) -> Result<HeaderName, Failure> {
    HeaderName::new(name).map_err(|error| format!("field {name}: {error}").into())
}

fn mailboxes(option: &str, texts: &[String]) -> Result<Vec<Mailbox>, Failure> {
    let mailbox = |text: &String| {
        Mailbox::try_from(text.as_str())
            .map_err(|error| format!("--{option} {text}: {error}{ADDRESS}").into())
    };
    texts.iter().map(mailbox).collect()
}

fn addresses(texts: &[String]) -> Result<Vec<AddrSpec>, Failure> {
    let address = |text: &String| {
        AddrSpec::try_from(text.as_str())
            .map_err(|error| format!("--own {text}: {error}; an address is user@example.org").into())
    };
    texts.iter().map(address).collect()
}

/// Identifiers in the domain of the first author, of the system's random source.
pub(crate) fn ids(arguments: &Arguments) -> Result<impl Ids, Failure> {
    // The first octets are fetched now: that is where it could fail.
    let mut first = [0; 16];
    getrandom::fill(&mut first)?;
    let authors = mailboxes("from", &arguments.from)?;
    let domain = authors.first().map_or("localhost", |author| author.address().domain());
    // An identifier in ASCII is read by everybody.
    let domain = if domain.is_ascii() { domain } else { "localhost" };
    let random = move || {
        let mut octets = [0; 16];
        // Where there was one octet there is another; without, no identifier would be better than a bad one.
        match getrandom::fill(&mut octets) {
            Ok(()) => octets,
            Err(error) => {
                eprintln!("mime_compose: {error}");
                std::process::exit(2)
            }
        }
    };
    Ok(RandomIds::new(domain, random)?)
}

/// The clock says nothing about the zone (RFC 5322 section 3.3).
pub(crate) fn date(arguments: &Arguments, now: u64) -> Result<DateTime, Failure> {
    let seconds = arguments.date.map_or_else(|| i64::try_from(now), Ok)?;
    let date =
        DateTime::from_unix(seconds, arguments.zone.unwrap_or(0)).ok_or("--date or --zone: no such date")?;
    Ok(if arguments.zone.is_some() { date } else { date.with_zone_unknown() })
}
