//! Reading commands: which one it is, and what reads its arguments.

use bytes::Bytes;

use super::{
    Append, Authenticate, Command, CommandError, Create, FetchCommand, Login, Replace, Select, Store,
    UnknownCommand, select,
};
use crate::{
    Atom, Capabilities, Dialect, Expected, MailboxName, MessageSet, ParseError, Tag, UidSet,
    chars::{self, TAG, by_name},
    cursor::Cursor,
    extensions::{
        acl::{DeleteAcl, ListRightsCommand, SetAcl},
        id::Identification,
        metadata::{GetMetadata, SetMetadata},
        notify::Notify,
        quota::SetQuota,
        urlauth::{ResetKey, UrlRump},
    },
    list::{ListCommand, ListPattern, StatusItem},
    plain,
    search::{MultiSearch, SearchCommand, SortCommand, ThreadCommand, UidBatchesCommand},
};

/// Reads a command, from behind its name on.
type Reader = fn(&mut Cursor<'_>) -> Result<Command, ParseError>;

/// A [`Reader`] of what stands behind a space.
macro_rules! arguments {
    (|$cursor:ident| $read:expr) => {
        |$cursor| {
            $cursor.space()?;
            $read
        }
    };
}

/// Whether this is the name of a command.
pub(super) fn is_known(name: &[u8]) -> bool {
    Command::reader(chars::upper(name)).is_some()
}

fn read_fetch(cursor: &mut Cursor<'_>, uid: bool) -> Result<Command, ParseError> {
    let messages = MessageSet::read(cursor, uid)?;
    cursor.space()?;
    FetchCommand::read(cursor, messages)
}

#[inline(always)] // a command is large, and every function more moves it once more
fn read_store(cursor: &mut Cursor<'_>, uid: bool) -> Result<Command, ParseError> {
    let messages = MessageSet::read(cursor, uid)?;
    cursor.space()?;
    Store::read(cursor, messages)
}

#[inline(always)] // a command is large, and every function more moves it once more
fn read_copy(cursor: &mut Cursor<'_>, uid: bool) -> Result<Command, ParseError> {
    let messages = MessageSet::read(cursor, uid)?;
    cursor.space()?;
    Ok(Command::Copy { messages, mailbox: cursor.mailbox()? })
}

#[inline(always)] // a command is large, and every function more moves it once more
fn read_move(cursor: &mut Cursor<'_>, uid: bool) -> Result<Command, ParseError> {
    let messages = MessageSet::read(cursor, uid)?;
    cursor.space()?;
    Ok(Command::Move { messages, mailbox: cursor.mailbox()? })
}

/// What LSUB and XLIST have.
fn read_reference(cursor: &mut Cursor<'_>) -> Result<(MailboxName, ListPattern), ParseError> {
    let reference = cursor.mailbox()?;
    cursor.space()?;
    Ok((reference, ListPattern::read(cursor)?))
}

/// RFC 5267 section 5: tags in quotes.
fn read_tags(cursor: &mut Cursor<'_>) -> Result<Vec<Tag>, ParseError> {
    read_each(cursor, |cursor| {
        let at = cursor.at();
        if cursor.peek() != Some(b'"') {
            return cursor.error(Expected::String);
        }
        let tag = cursor.string_octets()?;
        Tag::try_from(tag).map_err(|_| ParseError::new(at, Expected::Tag))
    })
}

/// One, and others behind a space.
fn read_each<'a, T>(
    cursor: &mut Cursor<'a>,
    read: impl Fn(&mut Cursor<'a>) -> Result<T, ParseError>,
) -> Result<Vec<T>, ParseError> {
    let mut all = vec![read(cursor)?];
    while cursor.eat(b' ') {
        all.push(read(cursor)?);
    }
    Ok(all)
}

/// The tag that a command begins with (RFC 9051 section 2.2.1), and what follows it.
#[inline]
pub(super) fn read_tag(frame: &Bytes) -> Result<(Tag, &[u8]), CommandError> {
    let length = chars::run_of_word(frame, TAG);
    match frame.split_at_checked(length) {
        Some((tag, rest @ ([] | [b' ', ..]))) if !tag.is_empty() && tag.len() <= Tag::MOST => {
            Ok((Tag::received(frame, tag), rest))
        }
        _ => Err(CommandError { tag: None, error: ParseError::new(length, Expected::Tag) }),
    }
}

impl Command {
    /// Reads a frame: a command without the last CRLF, its literals in place.
    ///
    /// # Errors
    ///
    /// [`CommandError`] says what is wrong where. Unknown commands are no error: they are [`Unknown`](Self::Unknown).
    pub fn parse(frame: &Bytes, dialect: Dialect) -> Result<(Tag, Self), CommandError> {
        let (tag, rest) = read_tag(frame)?;
        let refused = |tag, error| Err(CommandError { tag: Some(tag), error });
        let mut cursor = Cursor::new(frame);
        cursor.dialect = dialect;
        let read = match Self::frequent(rest) {
            Some((read, rest)) => {
                cursor.resume(rest);
                read
            }
            None => {
                cursor.resume(rest);
                match cursor.space().and_then(|()| Self::named(&mut cursor)) {
                    Ok(read) => read,
                    Err(error) => return refused(tag, error),
                }
            }
        };
        // A command is large, and moved once.
        match read(&mut cursor) {
            Ok(command) if cursor.is_done() => Ok((tag, command)),
            Ok(_) => refused(tag, ParseError::new(cursor.at(), Expected::End)),
            Err(error) => refused(tag, error),
        }
    }

    /// What reads the command whose name stands here, from behind that on.
    fn named(cursor: &mut Cursor<'_>) -> Result<Reader, ParseError> {
        let start = *cursor;
        let mut word = cursor.atom_octets().map_err(|_| ParseError::new(start.at(), Expected::Name))?;
        let uid = word.eq_ignore_ascii_case(b"UID");
        if uid {
            cursor.space()?;
            word = cursor.atom_octets().map_err(|_| ParseError::new(cursor.at(), Expected::Name))?;
        }
        let name = chars::upper(word);
        let read = if uid { Self::reader_of_uid(name) } else { Self::reader(name) };
        Ok(read.unwrap_or_else(|| {
            *cursor = start;
            Self::read_unknown
        }))
    }

    /// What clients say most of the time, as they write it behind a space, and what follows.
    fn frequent(octets: &[u8]) -> Option<(Reader, &[u8])> {
        macro_rules! one_of {
            ($reader:ident, $octets:expr, $($name:literal)+) => {{
                $(if let Some(rest) = plain::behind($octets, $name)
                    && matches!(rest, [] | [b' ', ..])
                {
                    return const { Self::$reader(chars::name($name)) }.map(|read| (read, rest));
                })+
                None
            }};
        }
        let [b' ', octets @ ..] = octets else { return None };
        match octets {
            [b'U', b'I', b'D', b' ', rest @ ..] => match rest {
                [b'F', ..] => one_of!(reader_of_uid, rest, b"FETCH"),
                [b'S', ..] => one_of!(reader_of_uid, rest, b"SEARCH" b"STORE"),
                _ => one_of!(reader_of_uid, rest, b"COPY" b"MOVE"),
            },
            [b'S', ..] => one_of!(reader, octets, b"SELECT" b"STATUS" b"STORE" b"SEARCH"),
            [b'N' | b'I', ..] => one_of!(reader, octets, b"NOOP" b"IDLE"),
            _ => one_of!(reader, octets, b"FETCH" b"LIST" b"EXPUNGE"),
        }
    }

    /// A command of another name, from its name on.
    fn read_unknown(cursor: &mut Cursor<'_>) -> Result<Self, ParseError> {
        let start = cursor.at();
        if cursor.atom_octets()?.eq_ignore_ascii_case(b"UID") {
            cursor.space()?;
            cursor.atom_octets()?;
        }
        let name = Atom::received(cursor.share(cursor.since(start)));
        let unknown = UnknownCommand::read(cursor, name)?;
        cursor.advance(cursor.rest().len());
        Ok(Self::Unknown(unknown))
    }

    /// What reads a command of this name behind UID, from behind it on.
    const fn reader_of_uid(name: u128) -> Option<Reader> {
        Some(by_name!(name, {
            "FETCH" => arguments!(|cursor| read_fetch(cursor, true)),
            "STORE" => arguments!(|cursor| read_store(cursor, true)),
            "COPY" => arguments!(|cursor| read_copy(cursor, true)),
            "MOVE" => arguments!(|cursor| read_move(cursor, true)),
            "SEARCH" => arguments!(|cursor| SearchCommand::read(cursor, true)),
            "SORT" => arguments!(|cursor| SortCommand::read(cursor, true).map(Self::Sort)),
            "THREAD" => arguments!(|cursor| ThreadCommand::read(cursor, true).map(Self::Thread)),
            "EXPUNGE" => arguments!(|cursor| UidSet::read(cursor).map(Self::UidExpunge)),
            "REPLACE" => arguments!(|cursor| Replace::read(cursor, true).map(Self::Replace)),
            _ => return None,
        }))
    }

    /// What reads a command of this name, from behind it on.
    #[allow(clippy::too_many_lines)] // a line for each command
    const fn reader(name: u128) -> Option<Reader> {
        Some(by_name!(name, {
            // Without arguments, or with some that may be left out.
            "CAPABILITY" => |_| Ok(Self::Capability),
            "NOOP" => |_| Ok(Self::Noop),
            "LOGOUT" => |_| Ok(Self::Logout),
            "STARTTLS" => |_| Ok(Self::StartTls),
            "NAMESPACE" => |_| Ok(Self::Namespace),
            "IDLE" => |_| Ok(Self::Idle),
            "CHECK" => |_| Ok(Self::Check),
            "CLOSE" => |_| Ok(Self::Close),
            "UNSELECT" => |_| Ok(Self::Unselect),
            "EXPUNGE" => |_| Ok(Self::Expunge),
            "UNAUTHENTICATE" => |_| Ok(Self::Unauthenticate),
            "GETJMAPACCESS" => |_| Ok(Self::GetJmapAccess),
            "RESETKEY" => |cursor| ResetKey::read(cursor).map(Self::ResetKey),
            // With arguments.
            "AUTHENTICATE" => arguments!(|cursor| Authenticate::read(cursor).map(Self::Authenticate)),
            "LOGIN" => arguments!(|cursor| Login::read(cursor).map(Self::Login)),
            "ENABLE" => arguments!(|cursor| Capabilities::read(cursor).map(Self::Enable)),
            "SELECT" => arguments!(|cursor| Select::read(cursor, Self::Select)),
            "EXAMINE" => arguments!(|cursor| Select::read(cursor, Self::Examine)),
            "CREATE" => arguments!(|cursor| Create::read(cursor).map(Self::Create)),
            "DELETE" => arguments!(|cursor| cursor.mailbox().map(Self::Delete)),
            "RENAME" => arguments!(|cursor| {
                let from = cursor.mailbox()?;
                cursor.space()?;
                Ok(Self::Rename { from, to: select::read_new_name(cursor)? })
            }),
            "SUBSCRIBE" => arguments!(|cursor| cursor.mailbox().map(Self::Subscribe)),
            "UNSUBSCRIBE" => arguments!(|cursor| cursor.mailbox().map(Self::Unsubscribe)),
            "LIST" => arguments!(|cursor| ListCommand::read(cursor)),
            "LSUB" => arguments!(|cursor| {
                let (reference, pattern) = read_reference(cursor)?;
                Ok(Self::Lsub { reference, pattern })
            }),
            "XLIST" => arguments!(|cursor| {
                let (reference, pattern) = read_reference(cursor)?;
                Ok(Self::Xlist { reference, pattern })
            }),
            "STATUS" => arguments!(|cursor| {
                let mailbox = cursor.mailbox()?;
                cursor.space()?;
                Ok(Self::Status { mailbox, items: StatusItem::read_list(cursor)? })
            }),
            "APPEND" => arguments!(|cursor| Append::read(cursor).map(Self::Append)),
            "SEARCH" => arguments!(|cursor| SearchCommand::read(cursor, false)),
            "SORT" => arguments!(|cursor| SortCommand::read(cursor, false).map(Self::Sort)),
            "THREAD" => arguments!(|cursor| ThreadCommand::read(cursor, false).map(Self::Thread)),
            "ESEARCH" => arguments!(|cursor| MultiSearch::read(cursor).map(Self::Esearch)),
            "CANCELUPDATE" => arguments!(|cursor| read_tags(cursor).map(Self::CancelUpdate)),
            "UIDBATCHES" => arguments!(|cursor| UidBatchesCommand::read(cursor).map(Self::UidBatches)),
            "FETCH" => arguments!(|cursor| read_fetch(cursor, false)),
            "STORE" => arguments!(|cursor| read_store(cursor, false)),
            "COPY" => arguments!(|cursor| read_copy(cursor, false)),
            "MOVE" => arguments!(|cursor| read_move(cursor, false)),
            "REPLACE" => arguments!(|cursor| Replace::read(cursor, false).map(Self::Replace)),
            "ID" => arguments!(|cursor| Identification::read(cursor).map(Self::Id)),
            "COMPRESS" => arguments!(|cursor| match cursor.eat_word("DEFLATE") {
                true => Ok(Self::Compress),
                false => cursor.error(Expected::Name),
            }),
            "SETACL" => arguments!(|cursor| SetAcl::read(cursor).map(Self::SetAcl)),
            "DELETEACL" => arguments!(|cursor| DeleteAcl::read(cursor).map(Self::DeleteAcl)),
            "GETACL" => arguments!(|cursor| cursor.mailbox().map(Self::GetAcl)),
            "LISTRIGHTS" => arguments!(|cursor| ListRightsCommand::read(cursor).map(Self::ListRights)),
            "MYRIGHTS" => arguments!(|cursor| cursor.mailbox().map(Self::MyRights)),
            "GETQUOTA" => arguments!(|cursor| cursor.astring().map(Self::GetQuota)),
            "GETQUOTAROOT" => arguments!(|cursor| cursor.mailbox().map(Self::GetQuotaRoot)),
            "SETQUOTA" => arguments!(|cursor| SetQuota::read(cursor).map(Self::SetQuota)),
            "GETMETADATA" => arguments!(|cursor| GetMetadata::read(cursor).map(Self::GetMetadata)),
            "SETMETADATA" => arguments!(|cursor| SetMetadata::read(cursor).map(Self::SetMetadata)),
            "NOTIFY" => arguments!(|cursor| Notify::read(cursor).map(Self::Notify)),
            "GENURLAUTH" => arguments!(|cursor| read_each(cursor, UrlRump::read).map(Self::GenUrlAuth)),
            "URLFETCH" => arguments!(|cursor| read_each(cursor, Cursor::astring).map(Self::UrlFetch)),
            _ => return None,
        }))
    }
}
