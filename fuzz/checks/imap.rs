//! What the checks of `imap-proto` have in common: frames of octets, and values that are written and read again.
use std::collections::VecDeque;
use std::time::Duration;

use bytes::{Buf, Bytes};
use imap_proto::frame::{Frame, FrameLimits, Framer, Side};
use imap_proto::list::{ListExtended, ListReturn, ListSelect};
use imap_proto::search::{MultiSearch, SearchCommand, SearchReturn};
use imap_proto::{
    Addressee, Atom, BodyPart, BodyStructure, Code, Command, CommandError, Dialect, Encoder, Envelope, Fetch,
    FetchItem, Limit, Limits, Literals, ParseError, PartKind, Response, ResponseText, Tag, TaggedItem,
    Untagged,
};
use wire_core::{Endpoint, Machine, Moment, Progress, RecvBuf};

#[path = "pieces.rs"]
mod cut;
use cut::pieces;

pub const DIALECTS: [Dialect; 2] = [Dialect::REV1, Dialect::UTF8];

pub fn dialect(bits: u8) -> Dialect {
    DIALECTS[usize::from(bits & 1)]
}

/// What tags begin with if all octets of the seed are 3.
const TAG: &str = "DDDDDD";

/// Limits that are soon reached.
pub fn small() -> Limits {
    Limits::new()
        .response(400)
        .inline_literal(40)
        .literal(1000)
        .chunk(30)
        .line(200)
        .command_literal(40)
        .command(400)
}

/// Limits that are never reached.
pub fn large() -> Limits {
    let most = 1 << 30;
    Limits::new().response(most).inline_literal(most).line(most).command_literal(most).command(most)
}

pub fn limits_of(side: Side, limits: &Limits) -> FrameLimits {
    match side {
        Side::Commands => FrameLimits::commands(limits),
        Side::Responses => FrameLimits::responses(limits),
    }
}

/// What a framer makes of octets that come in pieces: frames, pieces of a literal joined, and why it cannot go on. What it holds
/// is bounded.
pub fn frames(
    side: Side,
    octets: &[u8],
    sizes: &[u8],
    limits: &FrameLimits,
    refuses: impl Fn(u64) -> bool,
) -> (Vec<Frame>, Option<Limit>) {
    let (mut framer, mut rx, mut all) = (Framer::new(side), RecvBuf::default(), Vec::new());
    for piece in pieces(octets, sizes) {
        rx.feed(piece);
        loop {
            let frame = match framer.step(&mut rx, limits) {
                Ok(Some(frame)) => frame,
                Ok(None) => break,
                Err(error) => return (all, Some(error)),
            };
            let refused = match &frame {
                Frame::Begin { octets, waits: true, .. } | Frame::Waits { octets } => refuses(*octets),
                _ => false,
            };
            match (all.last_mut(), frame) {
                (Some(Frame::Chunk(before)), Frame::Chunk(chunk)) => {
                    assert!(!chunk.is_empty() && chunk.len() <= limits.chunk);
                    *before = [&before[..], &chunk].concat().into();
                }
                (_, frame) => all.push(frame),
            }
            if refused {
                all.push(Frame::End(framer.refuse(&mut rx)));
                assert!(framer.is_between());
            }
        }
        assert!(rx.len() <= limits.frame.max(limits.line) + piece.len(), "{} octets are held", rx.len());
    }
    (all, None)
}

/// Frames with the literals that were streamed in their places; those that were too large are none.
pub fn whole(frames: Vec<Frame>) -> Vec<Bytes> {
    let (mut all, mut open) = (Vec::new(), Vec::new());
    for frame in frames {
        match frame {
            Frame::Whole(frame) => all.push(frame),
            Frame::Begin { head, .. } => open.extend_from_slice(&head),
            Frame::Chunk(chunk) => open.extend_from_slice(&chunk),
            Frame::End(rest) => {
                open.extend_from_slice(&rest);
                all.push(std::mem::take(&mut open).into());
            }
            Frame::TooLarge { .. } => open.clear(),
            _ => {}
        }
    }
    all
}

/// What is written is one frame, whatever follows.
fn is_one(side: Side, wire: &[u8]) {
    let next: &[u8] = match side {
        Side::Commands => b"A2 NOOP\r\n",
        Side::Responses => b"* 1 EXISTS\r\n",
    };
    let (frames, error) = frames(side, &[wire, next].concat(), &[], &limits_of(side, &large()), |_| false);
    let [one, other] = &whole(frames)[..] else { panic!("not one frame: {}", wire.escape_ascii()) };
    assert_eq!((&one[..], &other[..]), (&wire[..wire.len() - 2], &next[..next.len() - 2]));
    assert_eq!(error, None);
}

fn within(error: &ParseError, octets: &[u8]) {
    assert!(error.at() <= octets.len() && !error.to_string().contains(char::is_control), "{error}");
}

/// The octets of a command as a client writes them.
pub fn written_command(tag: &Tag, command: &Command, literals: Literals, dialect: Dialect) -> Bytes {
    let mut encoder = Encoder::new(literals, dialect);
    assert!(command.encode(tag, &mut encoder));
    let wire = Bytes::copy_from_slice(encoder.text());
    let pieces: Vec<_> = encoder.into_pieces().map(|piece| piece.octets).collect();
    assert_eq!(pieces.concat(), wire);
    wire
}

/// UTF-8 is said where it must be, whether it was told or not, and nowhere else.
fn without_charset(mut command: Command) -> Command {
    if let Command::Search(SearchCommand { charset, .. }) | Command::Esearch(MultiSearch { charset, .. }) =
        &mut command
    {
        charset.take_if(|charset| charset.as_bytes().eq_ignore_ascii_case(b"UTF-8"));
    }
    command
}

/// Whether there is an option that is not known, with a value that is written otherwise than it was.
fn has_odd_option(command: &Command) -> bool {
    let is_odd = |item: &TaggedItem| item.value.is_some() && !is_regular_item(item);
    let of_search = |returns: &Option<Vec<SearchReturn>>| {
        returns.iter().flatten().any(|one| matches!(one, SearchReturn::Unknown(item) if is_odd(item)))
    };
    match command {
        Command::Search(search) => of_search(&search.returns),
        Command::Sort(sort) => of_search(&sort.returns),
        Command::Esearch(search) => of_search(&search.returns) || search.scope.iter().any(is_odd),
        Command::List(list) => {
            list.select.iter().flatten().any(|one| matches!(one, ListSelect::Unknown(item) if is_odd(item)))
                || list
                    .returns
                    .iter()
                    .flatten()
                    .any(|one| matches!(one, ListReturn::Unknown(item) if is_odd(item)))
        }
        _ => false,
    }
}

/// However literals are sent: who reads what was written reads the same command, and no other.
pub fn command_again(tag: &Tag, command: &Command, dialect: Dialect) {
    for literals in [Literals::Synchronizing, Literals::Minus, Literals::Plus] {
        let wire = written_command(tag, command, literals, dialect);
        let (told, again) = Command::parse(&wire.slice(..wire.len() - 2), dialect)
            .unwrap_or_else(|error| panic!("{error}: {}", wire.escape_ascii()));
        assert_eq!(again.name(), command.name());
        let same = (&told, without_charset(again)) == (tag, without_charset(command.clone()));
        assert!(same || has_odd_option(command), "{}", wire.escape_ascii());
        is_one(Side::Commands, &wire);
    }
}

/// A command is read; what makes sense is written and read again.
pub fn command(frame: &Bytes, dialect: Dialect) -> Result<Command, CommandError> {
    match Command::parse(frame, dialect) {
        Ok((tag, command)) => {
            assert!(!format!("{command:?}").is_empty());
            command_again(&tag, &command, dialect);
            Ok(command)
        }
        Err(error) => {
            within(&error.error, frame);
            Err(error)
        }
    }
}

/// The octets of a response as a server writes them.
pub fn written_response(response: &Response, dialect: Dialect) -> Bytes {
    let mut encoder = Encoder::new(Literals::Server, dialect);
    response.encode(&mut encoder);
    Bytes::copy_from_slice(encoder.text().strip_suffix(b"\r\n").unwrap())
}

/// Whether octets are written as they are: text of people, and data of codes that are not known, are in one line.
fn is_one_line(octets: &[u8]) -> bool {
    !octets.iter().any(|octet| matches!(octet, b'\r' | b'\n' | 0))
}

/// Text of a status that is written as it is.
fn is_plain(text: &ResponseText) -> bool {
    // What looks like a code and is none is set apart.
    let is_set_apart = text.code.is_none() && text.text.as_bytes().starts_with(b"[");
    let is_odd = match &text.code {
        Some(Code::Other { data, .. }) => !is_one_line(data),
        Some(
            Code::BadUrl(text)
            | Code::NoUpdate(text)
            | Code::Referral(text)
            | Code::UndefinedFilter(text)
            | Code::WebAlert(text),
        ) => !text.as_bytes().iter().all(|octet| octet.is_ascii_graphic() && !b"%](\"".contains(octet)),
        _ => false,
    };
    is_one_line(text.text.as_bytes()) && !is_set_apart && !is_odd
}

/// Whether a name is one by the grammar: others are read, and written as what nobody could mistake.
fn is_atom(name: &Atom) -> bool {
    Atom::try_from(name.as_bytes().clone()).is_ok()
}

/// The same of an item, and of its value. Brackets may hold what no word does.
fn is_regular_item(item: &TaggedItem) -> bool {
    let is_regular = |octet: &u8| octet.is_ascii() && !b"\"\\%*{[".contains(octet);
    is_atom(&item.name) && item.value.as_ref().is_some_and(|value| value.as_bytes().iter().all(is_regular))
}

/// Whether a part and those in it have what the grammar has a place for, and nothing else: it is written as it was.
fn is_regular(part: &BodyPart, extensible: bool) -> bool {
    let fields = part.fields();
    let has_single = fields.id.is_some() || fields.description.is_some() || fields.octets.is_some();
    let has_more = fields.disposition.is_some() || !fields.languages.is_empty() || fields.location.is_some();
    let fits = match part.kind() {
        PartKind::Multipart { parts } => {
            !parts.is_empty()
                && parts.iter().all(|part| is_regular(part, extensible))
                && !has_single
                && fields.encoding.is_none()
                && fields.md5.is_none()
                && (extensible || fields.parameters.is_empty())
        }
        kind => {
            let is_whole = fields.encoding.is_some() && fields.octets.is_some();
            let has_lines = matches!(kind, PartKind::Basic) || part.lines().is_some();
            let is_inside = match kind {
                PartKind::Message { body, .. } => is_regular(body, extensible),
                _ => true,
            };
            is_whole && is_inside && has_lines && (extensible || fields.md5.is_none())
        }
    };
    fits && (extensible || !has_more)
}

/// Whether all of it was understood, so that it is written as it was read.
pub fn is_understood(response: &Response) -> bool {
    match response {
        Response::Stray(_) => false,
        Response::Continuation(text)
        | Response::Untagged(Untagged::Status(_, text) | Untagged::Preauth(text) | Untagged::Bye(text)) => {
            is_plain(text)
        }
        Response::Tagged(tagged) => is_plain(&tagged.text),
        Response::Untagged(Untagged::Damaged(_)) => false,
        Response::Untagged(Untagged::Search(found) | Untagged::Sort(found)) => {
            !found.numbers.is_empty() || found.modseq.is_none()
        }
        // What is written first is what numbers are.
        Response::Untagged(Untagged::Esearch(found)) => found
            .unknown
            .iter()
            .all(|item| is_regular_item(item) && !item.name.as_str().eq_ignore_ascii_case("UID")),
        Response::Untagged(Untagged::MailboxStatus(status)) => status.unknown.iter().all(is_regular_item),
        Response::Untagged(Untagged::List(entry) | Untagged::Lsub(entry)) => {
            entry.extended.iter().all(|extended| match extended {
                ListExtended::Unknown(item) => is_regular_item(item),
                _ => true,
            })
        }
        // A value of what is not known may be one by a leniency that nothing asks for any more, or missing.
        Response::Untagged(Untagged::Fetch(fetch)) => !fetch.items.iter().any(|item| match item {
            FetchItem::Unknown(item) => {
                !is_atom(&item.name) || FetchItem::unknown(item.name.clone(), item.raw.clone()).is_err()
            }
            FetchItem::Body(structure) => !is_regular(structure.root(), false),
            FetchItem::BodyStructure(structure) => !is_regular(structure.root(), true),
            FetchItem::Damaged(_) => true,
            _ => false,
        }),
        _ => true,
    }
}

/// A response is read, and none of it is lost; it is written, and read again as the same.
pub fn response(frame: &Bytes, dialect: Dialect) -> Response {
    let response = Response::parse(frame, dialect);
    match &response {
        Response::Stray(text) => assert_eq!(text.as_bytes(), frame),
        Response::Untagged(Untagged::Damaged(damaged)) => {
            assert_eq!(&damaged.raw, frame);
            within(damaged.error.as_ref().unwrap(), frame);
        }
        Response::Untagged(Untagged::Fetch(fetch)) => look_at_fetch(fetch, frame),
        _ => {}
    }
    assert!(!format!("{response:?}").is_empty());
    let limits = FrameLimits::responses(&Limits::new());
    let mut rx = RecvBuf::default();
    rx.feed(frame);
    rx.feed(b"\r\n");
    if let Some(fetch) = Framer::new(Side::Responses).flags(&mut rx, &limits)
        && rx.is_empty()
    {
        assert_eq!(Response::Untagged(Untagged::Fetch(fetch)), response);
    }
    response_again(&response, dialect);
    response
}

/// What was understood is read as the same, and then written as the same. Nothing that is written makes reading panic.
pub fn response_again(response: &Response, dialect: Dialect) {
    let written = written_response(response, dialect);
    let again = Response::parse(&written, dialect);
    let twice = written_response(&again, dialect);
    if is_understood(response) {
        assert_eq!(&again, response, "{}", written.escape_ascii());
        assert_eq!(twice, written);
    }
}

/// Every accessor of a message; what is damaged in it stands in the frame.
pub fn look_at_fetch(fetch: &Fetch, frame: &[u8]) {
    for damaged in fetch.damaged() {
        within(&damaged.error, frame);
        assert!(
            frame.windows(damaged.raw.len().max(1)).any(|octets| octets == damaged.raw)
                || damaged.raw.is_empty()
        );
    }
    ask_of_fetch(fetch);
}

/// Every accessor of a message.
pub fn ask_of_fetch(fetch: &Fetch) {
    let uids: Vec<_> = fetch.items.iter().filter(|item| matches!(item, FetchItem::Uid(_))).collect();
    assert!(
        uids.iter().all(|uid| *uid == uids[0]) && (fetch.by_uid || fetch.uid().is_some() != uids.is_empty())
    );
    let _ = (fetch.flags(), fetch.modseq(), fetch.internal_date(), fetch.size(), fetch.preview());
    for item in &fetch.items {
        match item {
            FetchItem::Envelope(envelope) => look_at_envelope(envelope),
            FetchItem::Body(structure) | FetchItem::BodyStructure(structure) => look_at_structure(structure),
            FetchItem::Section(item) => assert!(fetch.body(&item.section).is_some()),
            FetchItem::Flags(flags) => {
                assert_eq!(&flags.detach(), flags);
                assert!(flags.iter().all(|flag| flags.contains(&flag)));
                assert_eq!(flags.iter().collect::<imap_proto::Flags>(), *flags);
            }
            _ => {}
        }
    }
}

pub fn look_at_envelope(envelope: &Envelope) {
    assert_eq!(&envelope.detach(), envelope);
    let fields = envelope.fields();
    for list in [&fields.from, &fields.sender, &fields.reply_to, &fields.to, &fields.cc, &fields.bcc] {
        assert_eq!(&list.detach(), list);
        assert_eq!(list.is_empty(), list.iter().next().is_none());
        let mut open = false;
        for one in list.iter() {
            match one {
                Addressee::GroupStart(_) => open = true,
                Addressee::GroupEnd => assert!(std::mem::replace(&mut open, false), "the end of no group"),
                _ => {}
            }
        }
        let mailboxes = list.iter().filter(|one| matches!(one, Addressee::Mailbox(_))).count();
        assert_eq!(list.mailboxes().count(), mailboxes);
        assert!(list.mailboxes().all(|one| !one.to_string().contains(['\r', '\n', '\0'])));
    }
    assert_eq!(fields.subject, envelope.subject());
    let made: Envelope = fields.into();
    assert_eq!(&made, envelope);
}

pub fn look_at_structure(structure: &BodyStructure) {
    assert_eq!(&structure.detach(), structure);
    let mut paths = Vec::new();
    for (path, part) in structure.parts() {
        let found = structure.find(&path).unwrap();
        assert!(std::ptr::eq(found, part), "{path:?}");
        look_at_part(part);
        paths.push(path);
    }
    let parts = paths.len();
    paths.sort_by(|one, other| one.numbers().cmp(other.numbers()));
    paths.dedup();
    assert!(parts > 0 && paths.len() == parts, "a path of two parts");
    assert!(structure.attachments().all(|(path, _)| paths.contains(&path)));
}

fn look_at_part(part: &BodyPart) {
    let fields = part.fields();
    let types = (fields.media_type.as_str(), fields.subtype.as_str());
    if let (Some(media_type), Some(subtype)) = types {
        assert!(part.is(media_type, subtype));
    }
    for (name, _) in fields.parameters.iter() {
        assert!(name.as_str().is_none_or(|name| fields.parameters.get(name).is_some()));
    }
    assert_eq!(fields.parameters.is_empty(), fields.parameters.iter().next().is_none());
    let _ = (part.file_name(), part.lines());
    assert_eq!(
        part.parts().is_empty(),
        !matches!(part.kind(), PartKind::Multipart { parts } if !parts.is_empty())
    );
    if let PartKind::Message { envelope, .. } = part.kind() {
        look_at_envelope(envelope);
    }
    let made = BodyPart::new(fields, part.kind().clone());
    assert_eq!(&made, part);
}

/// What a server does to a client.
#[derive(Clone, Copy)]
pub struct Script<'a> {
    /// What it says at a time stands between octets 255; `%` is the tag of the last command.
    pub turns: &'a [u8],
    /// Octets at a time, which never go on behind the end of a line; or a turn at a time.
    pub step: Option<usize>,
    /// Time passes to the next deadline between turns.
    pub waits: bool,
    /// It does not leave in the end: it says nothing more.
    pub is_silent: bool,
    /// Octets that the client may hold of what it has read.
    pub most: usize,
}

/// How it ended.
#[derive(Debug, PartialEq, Eq)]
pub enum End {
    Closed,
    Failed(String),
    /// TLS is begun, and cannot be had here.
    StartTls,
    /// It waits for nothing, and the server says nothing.
    Silence,
}

/// Drives a client to the end of a script, and gives what was sent before anything was compressed. It comes to rest wherever octets
/// end, waits in the future then, holds no more than it may, and once it is over it stays so.
pub fn drive<M: Machine>(
    machine: M,
    script: Script<'_>,
    is_clear: impl Fn(&M) -> bool,
    mut hear: impl FnMut(&mut M, M::Event),
) -> (Vec<u8>, End)
where
    M::Error: std::fmt::Display,
{
    /// No time that is waited for is longer, whatever is configured by default.
    const LONGEST: Duration = Duration::from_secs(30 * 60);
    let mut endpoint = Endpoint::new(machine);
    let (mut sent, mut now, mut ended, mut silences) = (Vec::new(), Moment::ORIGIN, false, 0);
    let mut turns = script.turns.split(|&octet| octet == 0xff);
    let (mut pieces, mut largest) = (VecDeque::<Vec<u8>>::new(), 0);
    let mut at_rest = None;
    for _ in 0..200_000 {
        let progress = endpoint.poll(now);
        let clear = is_clear(endpoint.machine());
        let mut any = false;
        while let Ok(tx) = endpoint.transmit() {
            let octets = tx.copy_to_bytes(tx.remaining());
            if octets.is_empty() {
                break;
            }
            any = true;
            if clear {
                sent.extend_from_slice(&octets);
            }
        }
        let end = match progress {
            Ok(Progress::Event(event)) => {
                assert!(at_rest.is_none(), "an event out of nothing");
                hear(endpoint.machine(), event);
                continue;
            }
            Ok(Progress::Io { read: true }) => {
                assert!(!ended, "it waits behind the end");
                let deadline = endpoint.deadline();
                // Asked again it says the same.
                match at_rest.take() {
                    None => {
                        at_rest = Some(deadline);
                        continue;
                    }
                    Some(before) => assert!(before == deadline && !any, "it does not rest"),
                }
                assert!(deadline.is_none_or(|deadline| deadline > now && deadline <= now + LONGEST));
                let held = endpoint.recv_buf().len();
                assert!(!clear || held <= script.most + largest, "{held} octets are held");
                if let Some(piece) = pieces.pop_front() {
                    largest = largest.max(piece.len());
                    endpoint.recv_buf().extend_from_slice(&piece);
                } else if let Some(turn) = turns.next() {
                    if let (true, Some(deadline)) = (script.waits, deadline) {
                        now = deadline;
                    }
                    pieces = cut_turn(&with_tags(turn, &sent), script.step);
                } else if let (true, Some(deadline)) = (script.is_silent, deadline) {
                    silences += 1;
                    assert!(silences < 10, "it waits for ever");
                    now = deadline;
                } else if script.is_silent {
                    return (sent, End::Silence);
                } else {
                    ended = true;
                    endpoint.recv_eof();
                }
                continue;
            }
            Ok(Progress::StartTls(_)) => {
                assert!(endpoint.recv_buf().is_empty());
                return (sent, End::StartTls);
            }
            Ok(Progress::Close) => End::Closed,
            Ok(_) => panic!("it holds"),
            Err(error) => End::Failed(error.to_string()),
        };
        for _ in 0..2 {
            match (endpoint.poll(now), &end) {
                (Ok(Progress::Close), End::Closed) => {}
                (Err(error), End::Failed(before)) => assert_eq!(&error.to_string(), before),
                _ => panic!("it goes on behind the end"),
            }
            assert!(endpoint.transmit().is_ok_and(|tx| tx.is_empty()));
        }
        return (sent, end);
    }
    panic!("it does not come to rest");
}

fn cut_turn(turn: &[u8], step: Option<usize>) -> VecDeque<Vec<u8>> {
    match step {
        Some(step) => {
            let lines = turn.split_inclusive(|&octet| octet == b'\n');
            lines.flat_map(|line| line.chunks(step)).map(<[u8]>::to_vec).collect()
        }
        None => VecDeque::from([turn.to_vec()]),
    }
}

/// Where commands begin in what was sent.
fn begins(sent: &[u8]) -> impl DoubleEndedIterator<Item = usize> + '_ {
    let lines = sent.iter().enumerate().filter(|(_, octet)| **octet == b'\n').map(|(at, _)| at + 1);
    std::iter::once(0).chain(lines).filter(|&at| sent[at..].starts_with(TAG.as_bytes()))
}

fn with_tags(turn: &[u8], sent: &[u8]) -> Vec<u8> {
    let last = begins(sent).next_back().map_or(&b"none"[..], |at| &sent[at..]);
    let tag = last.split(|&octet| octet == b' ').next().unwrap();
    let mut parts = turn.split(|&octet| octet == b'%');
    let mut whole = parts.next().unwrap().to_vec();
    for part in parts {
        whole.extend_from_slice(tag);
        whole.extend_from_slice(part);
    }
    whole
}

/// Commands that a client sent: each is one that a server can read, with the next tag, unless the server refused its literal or it is
/// the last and was cut.
pub fn commands_of(sent: &[u8]) -> Vec<Command> {
    let starts: Vec<usize> = begins(sent).collect();
    assert!(starts.first().is_none_or(|first| *first == 0) && (sent.is_empty() || !starts.is_empty()));
    let mut all = Vec::new();
    for (index, &start) in starts.iter().enumerate() {
        let end = starts.get(index + 1).copied();
        let octets = &sent[start..end.unwrap_or(sent.len())];
        let shown = octets.escape_ascii();
        assert!(octets.starts_with(format!("{TAG}{} ", index + 1).as_bytes()), "{shown}");
        let limits = limits_of(Side::Commands, &large());
        let (frames, error) = frames(Side::Commands, octets, &[], &limits, |_| false);
        assert_eq!(error, None);
        let frames = whole(frames);
        let Some((first, lines)) = frames.split_first() else {
            assert!(end.is_none() || octets.ends_with(b"}\r\n"), "{shown}");
            continue;
        };
        let read = DIALECTS.iter().find_map(|dialect| Command::parse(first, *dialect).ok());
        let (_, command) = read.unwrap_or_else(|| panic!("{shown}"));
        let is_line = |line: &Bytes| match command {
            Command::Idle => line == "DONE",
            Command::Authenticate(_) => {
                line.iter().all(|octet| octet.is_ascii_alphanumeric() || b"+/=*".contains(octet))
            }
            _ => false,
        };
        assert!(lines.iter().all(is_line), "{shown}");
        all.push(command);
    }
    all
}

/// Where a message stands that comes in pieces: its events are told in order, its parts are as long as was said.
#[derive(Default)]
pub struct Streaming {
    is_open: bool,
    left: Option<u64>,
}

impl Streaming {
    pub fn begins(&mut self) {
        assert!(!std::mem::replace(&mut self.is_open, true), "a message in a message");
    }

    pub fn body_begins(&mut self, octets: u64) {
        assert!(self.is_open && self.left.replace(octets).is_none(), "a part in a part");
    }

    pub fn chunk(&mut self, chunk: &[u8]) {
        let left = self.left.as_mut().expect("a piece of nothing");
        *left = left.checked_sub(chunk.len() as u64).expect("no more than was said");
        assert!(!chunk.is_empty());
    }

    pub fn body_ends(&mut self) {
        assert_eq!(self.left.take(), Some(0));
    }

    pub fn items(&self) {
        assert!(self.is_open && self.left.is_none());
    }

    pub fn ends(&mut self) {
        assert!(std::mem::take(&mut self.is_open) && self.left.is_none());
    }

    /// What stands between messages.
    pub fn is_between(&self) -> bool {
        !self.is_open
    }
}

/// What stands behind the name of an item, in a message that is told with it, by both readers there are: that of what most
/// servers write, which takes names in capitals only, and that of everything. They agree.
pub fn items(name: &str, value: &[u8], dialect: Dialect) -> Vec<FetchItem> {
    let read = |name: &str| {
        let frame = [b"* 7 FETCH (UID 77 ", name.as_bytes(), b" ", value, b" RFC822.SIZE 44)"].concat();
        response(&frame.into(), dialect)
    };
    match (read(name), read(&name.to_ascii_lowercase())) {
        (Response::Untagged(Untagged::Fetch(plain)), Response::Untagged(Untagged::Fetch(other))) => {
            let is_known = |item: &&FetchItem| !matches!(item, FetchItem::Damaged(_) | FetchItem::Unknown(_));
            assert!(plain.items.iter().filter(is_known).eq(other.items.iter().filter(is_known)));
            assert_eq!(plain.items.len(), other.items.len());
            plain.items.to_vec()
        }
        (Response::Untagged(Untagged::Damaged(plain)), Response::Untagged(Untagged::Damaged(other))) => {
            assert_eq!((plain.uid, plain.error), (other.uid, other.error));
            Vec::new()
        }
        (plain, other) => panic!("{plain:?} {other:?}"),
    }
}
