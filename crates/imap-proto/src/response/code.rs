//! Response codes: what a status says to programs (RFC 9051 section 7.1).
//!
//! To add a code without data: a line in `plain!`. With data: a variant, a line in `Code::read_data`, one in `Code::encode`.

use bytes::Bytes;

use crate::{
    Atom, Capabilities, Encoder, Expected, Flags, MailboxName, ModSeq, ObjectId, ParseError, Seq, SeqSet,
    Text, Uid, UidSet, UidValidity, chars::ATOM, cursor::Cursor,
};

use super::uid_plus::{AppendUid, CopyUid};

macro_rules! plain {
    ($($(#[$doc:meta])* $name:ident $text:literal;)* ; $($more:tt)*) => {
        /// A response code.
        ///
        /// What is known has a variant of its own; data that make no sense are `None` or [`Other`](Self::Other), and never cost the
        /// status that the code belongs to.
        ///
        /// ```abnf
        /// resp-text-code = "ALERT" / ... / atom [SP 1*<any TEXT-CHAR except "]">]
        /// ```
        ///
        /// # Example
        ///
        /// ```
        /// use imap_proto::{Code, Dialect, Response, Status, UidValidity, Untagged};
        ///
        /// let line = "* OK [UIDVALIDITY 3857529045] UIDs valid".into();
        /// let Response::Untagged(Untagged::Status(Status::Ok, text)) = Response::parse(&line, Dialect::REV1) else {
        ///     panic!()
        /// };
        /// assert_eq!(text.code, Some(Code::UidValidity(UidValidity::new(3857529045))));
        /// ```
        #[derive(Clone, Debug, PartialEq)]
        #[non_exhaustive]
        pub enum Code {
            $($(#[$doc])* $name,)*
            $($more)*
        }

        impl Code {
            /// Those without data.
            fn plain(name: &[u8]) -> Option<Self> {
                Some(match name {
                    $(name if name.eq_ignore_ascii_case($text.as_bytes()) => Self::$name,)*
                    _ => return None,
                })
            }

            fn plain_name(&self) -> Option<&'static str> {
                Some(match self {
                    $(Self::$name => $text,)*
                    _ => return None,
                })
            }
        }
    };
}

plain! {
    /// ALERT: the text must be shown to the user (RFC 9051 section 7.1).
    Alert "ALERT";
    /// ALREADYEXISTS: there is one of that name (RFC 5530 section 3).
    AlreadyExists "ALREADYEXISTS";
    /// AUTHENTICATIONFAILED: wrong credentials (RFC 5530 section 3).
    AuthenticationFailed "AUTHENTICATIONFAILED";
    /// AUTHORIZATIONFAILED: they are right, but not for that identity (RFC 5530 section 3).
    AuthorizationFailed "AUTHORIZATIONFAILED";
    /// BADCOMPARATOR: none of the comparators is known (RFC 5255 section 4.9).
    BadComparator "BADCOMPARATOR";
    /// CANNOT: it is against what the server can do at all (RFC 5530 section 3).
    Cannot "CANNOT";
    /// CLIENTBUG: the client did something it should not (RFC 5530 section 3).
    ClientBug "CLIENTBUG";
    /// CLOSED: the mailbox that was selected is not any more (RFC 7162 section 3.2.11).
    Closed "CLOSED";
    /// COMPRESSIONACTIVE: there is compression already (RFC 4978 section 3).
    CompressionActive "COMPRESSIONACTIVE";
    /// CONTACTADMIN: the user should ask somebody (RFC 5530 section 3).
    ContactAdmin "CONTACTADMIN";
    /// CORRUPTION: data of the server's are damaged (RFC 5530 section 3).
    Corruption "CORRUPTION";
    /// EXPIRED: the password is too old (RFC 5530 section 3).
    Expired "EXPIRED";
    /// EXPUNGEISSUED: somebody removed messages of it (RFC 5530 section 3).
    ExpungeIssued "EXPUNGEISSUED";
    /// HASCHILDREN: a mailbox with children is not removed (RFC 9051 section 7.1).
    HasChildren "HASCHILDREN";
    /// INUSE: somebody else is at it: try again (RFC 5530 section 3).
    InUse "INUSE";
    /// LIMIT: too much of something, or too often (RFC 5530 section 3).
    Limit "LIMIT";
    /// NOMODSEQ: the mailbox keeps no mod-sequences (RFC 7162 section 3.1.2.2).
    NoModSeq "NOMODSEQ";
    /// NONEXISTENT: there is none of that name (RFC 5530 section 3).
    NonExistent "NONEXISTENT";
    /// NOPERM: not allowed (RFC 5530 section 3).
    NoPerm "NOPERM";
    /// NOTIFICATIONOVERFLOW: no more is told (RFC 5465 section 5.8).
    NotificationOverflow "NOTIFICATIONOVERFLOW";
    /// NOTSAVED: the result of the search was not kept (RFC 5182 section 2.1).
    NotSaved "NOTSAVED";
    /// OVERQUOTA: there is no more room (RFC 5530 section 3).
    OverQuota "OVERQUOTA";
    /// PARSE: a message of the mailbox cannot be read (RFC 9051 section 7.1).
    Parse "PARSE";
    /// PRIVACYREQUIRED: not without TLS (RFC 5530 section 3).
    PrivacyRequired "PRIVACYREQUIRED";
    /// READ-ONLY: nothing can be changed (RFC 9051 section 7.1).
    ReadOnly "READ-ONLY";
    /// READ-WRITE: something can be changed (RFC 9051 section 7.1).
    ReadWrite "READ-WRITE";
    /// SERVERBUG: the server did something it should not (RFC 5530 section 3).
    ServerBug "SERVERBUG";
    /// TEMPFAIL: a conversion may go well later (RFC 5259 section 9.3).
    TempFail "TEMPFAIL";
    /// TOOBIG: the message is larger than it may be (RFC 4469 section 4.2).
    TooBig "TOOBIG";
    /// TOOFEW: the batches are too small (RFC 10022 section 3.1).
    TooFew "TOOFEW";
    /// TOOMANY: too many batches (RFC 10022 section 3.1).
    TooMany "TOOMANY";
    /// TRYCREATE: it would go if the mailbox was created (RFC 9051 section 7.1).
    TryCreate "TRYCREATE";
    /// UIDNOTSTICKY: UIDs do not outlive the session (RFC 4315 section 3).
    UidNotSticky "UIDNOTSTICKY";
    /// UIDREQUIRED: only UIDs can be used (RFC 9586 section 3.2).
    UidRequired "UIDREQUIRED";
    /// UNAVAILABLE: something the server needs is not there for the moment (RFC 5530 section 3).
    Unavailable "UNAVAILABLE";
    /// UNKNOWN-CTE: a transfer encoding that the server cannot decode (RFC 3516 section 4.3).
    UnknownCte "UNKNOWN-CTE";
    /// USEATTR: no mailbox can have that use (RFC 6154 section 6).
    UseAttr "USEATTR";
    ;
    /// ANNOTATE TOOBIG: an annotation is larger than it may be (RFC 5257 section 4.3).
    AnnotateTooBig,
    /// ANNOTATE TOOMANY: no more annotations (RFC 5257 section 4.3).
    AnnotateTooMany,
    /// APPENDUID: which UIDs the messages got; `None` if that makes no sense (RFC 4315 section 3).
    AppendUid(Option<AppendUid>),
    /// BADCHARSET: the charset is not known; those that are, if the server says so (RFC 9051 section 7.1).
    BadCharset(Vec<Text>),
    /// BADEVENT: the event is not known; those that are (RFC 5465 section 5).
    BadEvent(Vec<Atom>),
    /// BADURL: a URL that did not work (RFC 4469 section 4.1).
    BadUrl(Text),
    /// CAPABILITY: what the server can (RFC 9051 section 7.1).
    Capability(Capabilities),
    /// COPYUID: which UIDs the copies got; `None` if that makes no sense (RFC 4315 section 3).
    CopyUid(Option<CopyUid>),
    /// HIGHESTMODSEQ: the largest mod-sequence in the mailbox; `None` for zero, which is none (RFC 7162 section 3.1.2.1).
    HighestModSeq(Option<ModSeq>),
    /// INPROGRESS: the command goes on, the connection lives (RFC 9585 section 3).
    InProgress(InProgress),
    /// MAILBOXID: the identifier of a mailbox (RFC 8474 section 4.1).
    MailboxId(ObjectId),
    /// MESSAGELIMIT: only so many messages were processed (RFC 9738 section 3.1).
    MessageLimit {
        /// How many, at most.
        limit: u32,
        /// The lowest UID that was: the rest is below.
        uid: Option<Uid>,
    },
    /// METADATA LONGENTRIES: there was an entry of so many octets, and it was left out (RFC 5464 section 4.2.1).
    MetadataLongEntries(Option<u64>),
    /// METADATA MAXSIZE: a value may have so many octets (RFC 5464 section 4.3).
    MetadataMaxSize(Option<u64>),
    /// METADATA NOPRIVATE: there are no private entries (RFC 5464 section 4.3).
    MetadataNoPrivate,
    /// METADATA TOOMANY: no more entries (RFC 5464 section 4.3).
    MetadataTooMany,
    /// MODIFIED: these messages were not changed, for somebody else had changed them (RFC 7162 section 3.1.3).
    Modified(Option<Modified>),
    /// NEWNAME: the mailbox was renamed (RFC 3501 section 7.1).
    NewName {
        /// What it was called.
        from: MailboxName,
        /// What it is called.
        to: MailboxName,
    },
    /// NOUPDATE: the search of this tag is not kept up to date (RFC 5267 section 4.3.2).
    NoUpdate(Text),
    /// PERMANENTFLAGS: the flags that can be changed for good (RFC 9051 section 7.1).
    PermanentFlags(Flags),
    /// REFERRAL: where to go instead (RFC 2221 section 4.1, RFC 2193 section 4.1). Never to be followed without asking.
    Referral(Text),
    /// UIDNEXT: the next UID to be given; `None` if it makes no sense (RFC 9051 section 7.1).
    UidNext(Option<Uid>),
    /// UIDVALIDITY: whether known UIDs still mean the same; `None` for zero, which servers send (RFC 9051 section 7.1).
    UidValidity(Option<UidValidity>),
    /// UNDEFINED-FILTER: there is no filter of this name (RFC 5466 section 3.3).
    UndefinedFilter(Text),
    /// UNSEEN: the first message that was not seen (RFC 3501 section 7.1).
    Unseen(Option<Seq>),
    /// WEBALERT: a page that the user must visit, of Gmail.
    WebAlert(Text),
    /// A code that this crate does not know, or whose data it does not understand.
    #[non_exhaustive]
    Other {
        /// Its name.
        name: Atom,
        /// What stands behind the name and a space.
        data: Bytes,
    },
}

/// How far a command is (RFC 9585 section 3).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs)] // what the grammar has
pub struct InProgress {
    /// Which command.
    pub tag: Option<Text>,
    /// What is done of it.
    pub done: Option<u32>,
    /// All there is to do.
    pub total: Option<u32>,
}

/// The messages of [`Code::Modified`]: the code does not say by which number, the command that it answers does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Modified(UidSet);

impl Modified {
    /// Messages by their UIDs; `None` unless they are numbers alone.
    pub fn new(uids: UidSet) -> Option<Self> {
        uids.is_static().then_some(Self(uids))
    }

    /// Messages by their sequence numbers; `None` unless they are numbers alone.
    pub fn from_seqs(seqs: &SeqSet) -> Option<Self> {
        let uid = |bound: Option<Seq>| Uid::new(bound?.get());
        let ranges = seqs.written().filter_map(|(first, last)| Some((uid(first)?, uid(last)?)));
        if seqs.is_static() { UidSet::from_ranges(ranges).map(Self) } else { None }
    }

    /// The messages, if the command was UID STORE.
    pub const fn uids(&self) -> &UidSet {
        &self.0
    }

    /// The messages, if the command was STORE.
    pub fn seqs(&self) -> Option<SeqSet> {
        let seq = |bound: Option<Uid>| Seq::new(bound?.get());
        SeqSet::from_ranges(self.0.written().filter_map(|(first, last)| Some((seq(first)?, seq(last)?))))
    }
}

/// Elements of a list in a code, at most.
const MOST: usize = 1000;

impl Code {
    /// A code that this crate does not know. What cannot stand in a code becomes a space when it is written.
    pub const fn other(name: Atom, data: Bytes) -> Self {
        Self::Other { name, data }
    }

    /// The name.
    pub fn name(&self) -> &str {
        if let Some(name) = self.plain_name() {
            return name;
        }
        match self {
            Self::AnnotateTooBig | Self::AnnotateTooMany => "ANNOTATE",
            Self::AppendUid(_) => "APPENDUID",
            Self::BadCharset(_) => "BADCHARSET",
            Self::BadEvent(_) => "BADEVENT",
            Self::BadUrl(_) => "BADURL",
            Self::Capability(_) => "CAPABILITY",
            Self::CopyUid(_) => "COPYUID",
            Self::HighestModSeq(_) => "HIGHESTMODSEQ",
            Self::InProgress(_) => "INPROGRESS",
            Self::MailboxId(_) => "MAILBOXID",
            Self::MessageLimit { .. } => "MESSAGELIMIT",
            Self::MetadataLongEntries(_)
            | Self::MetadataMaxSize(_)
            | Self::MetadataNoPrivate
            | Self::MetadataTooMany => "METADATA",
            Self::Modified(_) => "MODIFIED",
            Self::NewName { .. } => "NEWNAME",
            Self::NoUpdate(_) => "NOUPDATE",
            Self::PermanentFlags(_) => "PERMANENTFLAGS",
            Self::Referral(_) => "REFERRAL",
            Self::UidNext(_) => "UIDNEXT",
            Self::UidValidity(_) => "UIDVALIDITY",
            Self::UndefinedFilter(_) => "UNDEFINED-FILTER",
            Self::Unseen(_) => "UNSEEN",
            Self::WebAlert(_) => "WEBALERT",
            Self::Other { name, .. } => name.as_str(),
            _ => "",
        }
    }

    /// What stands in brackets; `None` leaves the cursor where it was: it is text.
    pub(crate) fn read(cursor: &mut Cursor<'_>) -> Option<Self> {
        let start = cursor.at();
        let code = Self::read_bracketed(cursor);
        if code.is_none() {
            cursor.seek(start);
        }
        code
    }

    fn read_bracketed(cursor: &mut Cursor<'_>) -> Option<Self> {
        cursor.advance(1);
        cursor.spaces();
        let word = cursor.run(ATOM);
        if word.is_empty() || !matches!(cursor.peek(), Some(b' ' | b']')) {
            return None;
        }
        let end = cursor.at() + end(cursor.rest())?;
        let mut data = cursor.until(end);
        data.spaces();
        let rest = data.rest();
        let code = match Self::plain(word) {
            Some(code) => code,
            None => Self::read_data(word, &mut data).unwrap_or_else(|| Self::Other {
                name: Atom::received(cursor.share(word)),
                data: cursor.share(rest),
            }),
        };
        cursor.seek(end + 1);
        Some(code)
    }

    fn read_data(word: &[u8], data: &mut Cursor<'_>) -> Option<Self> {
        let mut upper = [0_u8; 16];
        let name = upper.get_mut(..word.len())?;
        name.copy_from_slice(word);
        name.make_ascii_uppercase();
        Some(match &*name {
            b"ANNOTATE" => match data.word().ok()? {
                word if word.eq_ignore_ascii_case(b"TOOBIG") => Self::AnnotateTooBig,
                word if word.eq_ignore_ascii_case(b"TOOMANY") => Self::AnnotateTooMany,
                _ => return None,
            },
            b"APPENDUID" => Self::AppendUid(AppendUid::read(data)),
            b"BADCHARSET" => Self::BadCharset(list(data, |cursor| cursor.astring()).unwrap_or_default()),
            b"BADEVENT" => Self::BadEvent(list(data, |cursor| cursor.atom()).ok()?),
            b"BADURL" => Self::BadUrl(url(data)),
            b"CAPABILITY" => Self::Capability(Capabilities::read(data).ok()?),
            b"COPYUID" => Self::CopyUid(CopyUid::read(data)),
            b"HIGHESTMODSEQ" => Self::HighestModSeq(data.unsigned64().ok().and_then(ModSeq::new)),
            b"INPROGRESS" => Self::InProgress(InProgress::read(data)?),
            b"MAILBOXID" => Self::MailboxId(ObjectId::read(data).ok()??),
            b"MESSAGELIMIT" => {
                let limit = data.number().ok()?;
                let uid = data.space().ok().and_then(|()| Uid::new(data.number().ok()?));
                Self::MessageLimit { limit, uid }
            }
            b"METADATA" => Self::read_metadata(data)?,
            b"MODIFIED" => Self::Modified(UidSet::read_static(data).ok().map(Modified)),
            b"NEWNAME" => {
                let from = data.mailbox().ok()?;
                data.space().ok()?;
                Self::NewName { from, to: data.mailbox().ok()? }
            }
            b"NOUPDATE" => Self::NoUpdate(data.astring().ok()?),
            b"PERMANENTFLAGS" => Self::PermanentFlags(Flags::read(data).ok()?),
            b"REFERRAL" => Self::Referral(url(data)),
            b"UIDNEXT" => Self::UidNext(data.number().ok().and_then(Uid::new)),
            b"UIDVALIDITY" => Self::UidValidity(data.number().ok().and_then(UidValidity::new)),
            b"UNDEFINED-FILTER" => Self::UndefinedFilter(data.astring().ok()?),
            b"UNSEEN" => Self::Unseen(data.number().ok().and_then(Seq::new)),
            b"WEBALERT" => Self::WebAlert(url(data)),
            _ => return None,
        })
    }

    fn read_metadata(data: &mut Cursor<'_>) -> Option<Self> {
        let word = data.word().ok()?;
        let mut number = || data.space().ok().and_then(|()| data.number64().ok());
        Some(match word {
            _ if word.eq_ignore_ascii_case(b"LONGENTRIES") => Self::MetadataLongEntries(number()),
            _ if word.eq_ignore_ascii_case(b"MAXSIZE") => Self::MetadataMaxSize(number()),
            _ if word.eq_ignore_ascii_case(b"TOOMANY") => Self::MetadataTooMany,
            _ if word.eq_ignore_ascii_case(b"NOPRIVATE") => Self::MetadataNoPrivate,
            _ => return None,
        })
    }

    /// With its brackets.
    pub(crate) fn encode(&self, encoder: &mut Encoder) {
        encoder.octets(b"[");
        match self {
            Self::Other { name, .. } => encoder.octets(name.as_bytes()),
            _ => encoder.octets(self.name().as_bytes()),
        }
        self.encode_data(encoder);
        encoder.octets(b"]");
    }

    fn encode_data(&self, encoder: &mut Encoder) {
        let number = |encoder: &mut Encoder, number: u64| {
            encoder.space();
            encoder.number(number);
        };
        match self {
            Self::AnnotateTooBig => encoder.octets(b" TOOBIG"),
            Self::AnnotateTooMany | Self::MetadataTooMany => encoder.octets(b" TOOMANY"),
            Self::AppendUid(Some(uids)) => uids.encode(encoder),
            Self::BadCharset(charsets) if !charsets.is_empty() => {
                encoder.space();
                encoder.list(charsets, |encoder, charset| encoder.astring(charset.as_bytes()));
            }
            Self::BadEvent(events) => {
                encoder.space();
                encoder.list(events, |encoder, event| encoder.octets(event.as_bytes()));
            }
            Self::BadUrl(url) | Self::Referral(url) | Self::WebAlert(url) => {
                encoder.space();
                encode_url(url.as_bytes(), encoder);
            }
            Self::Capability(capabilities) => {
                encoder.space();
                capabilities.encode(encoder);
            }
            Self::CopyUid(Some(uids)) => uids.encode(encoder),
            Self::HighestModSeq(modseq) => number(encoder, modseq.map_or(0, ModSeq::get)),
            Self::InProgress(progress) => progress.encode(encoder),
            Self::MailboxId(id) => {
                encoder.space();
                id.encode(encoder);
            }
            Self::MessageLimit { limit, uid } => {
                number(encoder, u64::from(*limit));
                if let Some(uid) = uid {
                    number(encoder, u64::from(uid.get()));
                }
            }
            Self::MetadataLongEntries(octets) => {
                encoder.octets(b" LONGENTRIES");
                number(encoder, octets.unwrap_or(0));
            }
            Self::MetadataMaxSize(octets) => {
                encoder.octets(b" MAXSIZE");
                number(encoder, octets.unwrap_or(0));
            }
            Self::MetadataNoPrivate => encoder.octets(b" NOPRIVATE"),
            Self::Modified(Some(messages)) => {
                encoder.space();
                messages.0.encode(encoder);
            }
            Self::NewName { from, to } => {
                encoder.space();
                encoder.mailbox(from);
                encoder.space();
                encoder.mailbox(to);
            }
            Self::NoUpdate(text) => {
                encoder.space();
                encoder.string(text.as_bytes());
            }
            Self::UndefinedFilter(text) => {
                encoder.space();
                encoder.astring(text.as_bytes());
            }
            Self::PermanentFlags(flags) => {
                encoder.space();
                flags.encode(encoder);
            }
            Self::UidNext(uid) => number(encoder, u64::from(uid.map_or(0, Uid::get))),
            Self::UidValidity(validity) => {
                number(encoder, u64::from(validity.map_or(0, UidValidity::get)));
            }
            Self::Unseen(seq) => number(encoder, u64::from(seq.map_or(0, Seq::get))),
            Self::Other { data, .. } if !data.is_empty() => {
                encoder.space();
                encoder.human(data);
            }
            _ => {}
        }
    }
}

impl InProgress {
    fn read(data: &mut Cursor<'_>) -> Option<Self> {
        if data.is_done() {
            return Some(Self::default());
        }
        data.expect(b'(', Expected::List).ok()?;
        let number = |data: &mut Cursor<'_>| {
            data.space().ok()?;
            if data.eat_nil() { Some(None) } else { data.number().ok().map(Some) }
        };
        let tag = data.field().ok()?;
        let (done, total) = (number(data)?, number(data)?);
        data.eat(b')').then_some(Self { tag, done, total })
    }

    fn encode(&self, encoder: &mut Encoder) {
        if *self == Self::default() {
            return;
        }
        encoder.octets(b" (");
        encoder.nstring(self.tag.as_ref().map(AsRef::as_ref));
        for number in [self.done, self.total] {
            encoder.space();
            match number {
                Some(number) => encoder.number(u64::from(number)),
                None => encoder.octets(b"NIL"),
            }
        }
        encoder.octets(b")");
    }
}

fn list<T>(
    data: &mut Cursor<'_>,
    read: impl Fn(&mut Cursor<'_>) -> Result<T, ParseError>,
) -> Result<Vec<T>, ParseError> {
    let mut all = Vec::new();
    data.list(|cursor| {
        if all.len() >= MOST {
            return cursor.error(Expected::Close);
        }
        all.push(read(cursor)?);
        Ok(())
    })?;
    Ok(all)
}

/// All that is left, with or without quotes.
fn url(data: &mut Cursor<'_>) -> Text {
    if data.peek() == Some(b'"')
        && let Ok(url) = data.string()
    {
        return url;
    }
    Text::received(data.share(data.rest().trim_ascii_end()))
}

/// What cannot stand in a code is escaped as URLs have it.
fn encode_url(octets: &[u8], encoder: &mut Encoder) {
    for &octet in octets {
        match octet {
            b']' => encoder.octets(b"%5D"),
            b'\r' => encoder.octets(b"%0D"),
            b'\n' => encoder.octets(b"%0A"),
            0 => encoder.octets(b"%00"),
            b'"' => encoder.octets(b"%22"),
            b'(' => encoder.octets(b"%28"),
            octet => encoder.octets(&[octet]),
        }
    }
}

/// Where the bracket is that closes a code: none that is in a list, a string or a literal; if there is no such one, the first.
fn end(octets: &[u8]) -> Option<usize> {
    structured_end(octets).or_else(|| memchr::memchr(b']', octets))
}

fn structured_end(octets: &[u8]) -> Option<usize> {
    let (mut at, mut depth) = (0_usize, 0_usize);
    while let Some(&octet) = octets.get(at) {
        match octet {
            b']' if depth == 0 => return Some(at),
            b'(' => depth += 1,
            b')' => depth = depth.saturating_sub(1),
            b'"' => at = super::fetch::quoted_end(octets, at)?,
            b'{' => at = super::fetch::literal_end(octets, at).unwrap_or(at),
            _ => {}
        }
        at += 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Dialect, Response, Status, Untagged};

    fn read(text: &str) -> (Option<Code>, String) {
        let frame = Bytes::copy_from_slice(format!("* OK {text}").as_bytes());
        match Response::parse(&frame, Dialect::REV1) {
            Response::Untagged(Untagged::Status(Status::Ok, text)) => {
                (text.code, text.text.to_str_lossy().into_owned())
            }
            other => panic!("{other:?}"),
        }
    }

    fn code(text: &str) -> Code {
        read(text).0.unwrap()
    }

    #[test]
    fn codes_there_and_back() {
        for text in [
            "[ALERT]",
            "[BADCHARSET]",
            "[BADCHARSET (UTF-8 US-ASCII)]",
            "[CAPABILITY IMAP4rev2 IDLE]",
            "[PARSE]",
            "[PERMANENTFLAGS (\\Deleted \\Seen \\*)]",
            "[READ-ONLY]",
            "[UIDNEXT 4392]",
            "[UIDVALIDITY 3857529045]",
            "[APPENDUID 38505 3955]",
            "[APPENDUID 38505 3955:3957]",
            "[COPYUID 38505 304,319:320 3956:3958]",
            "[UIDNOTSTICKY]",
            "[HIGHESTMODSEQ 715194045007]",
            "[NOMODSEQ]",
            "[MODIFIED 7,9]",
            "[CLOSED]",
            "[UNKNOWN-CTE]",
            "[USEATTR]",
            "[METADATA LONGENTRIES 2199]",
            "[METADATA MAXSIZE 1024]",
            "[METADATA TOOMANY]",
            "[METADATA NOPRIVATE]",
            "[BADEVENT (FlagChange MessageNew)]",
            "[NOTIFICATIONOVERFLOW]",
            "[NOUPDATE \"B02\"]",
            "[BADURL /INBOX;UIDVALIDITY=785799047/;UID=113330]",
            "[MAILBOXID (F2212ea87-6097-4256-9d51-71338625)]",
            "[INPROGRESS (\"A001\" 454 1000)]",
            "[INPROGRESS (NIL NIL NIL)]",
            "[INPROGRESS]",
            "[UIDREQUIRED]",
            "[MESSAGELIMIT 1000 23221]",
            "[MESSAGELIMIT 1000]",
            "[TOOFEW]",
            "[TOOMANY]",
            "[LIMIT]",
            "[REFERRAL IMAP://user;AUTH=*@SERVER2/]",
            "[NEWNAME blurdybloop owatagusiam]",
            "[UNSEEN 12]",
            "[UNDEFINED-FILTER x]",
            "[WEBALERT https://accounts.google.com/x]",
            "[ANNOTATE TOOBIG]",
            "[ANNOTATE TOOMANY]",
            "[URLMECH INTERNAL XSAMPLE=P34OKhO7VEkCbsiYY8rGEg==]",
            "[X-NEW some data (of) \"it\"]",
        ] {
            let (code, rest) = read(&format!("{text} and text"));
            assert_eq!(rest, "and text", "{text}");
            let mut encoder = Encoder::new(crate::Literals::Server, Dialect::REV1);
            code.unwrap().encode(&mut encoder);
            let expected = if text == "[INPROGRESS (NIL NIL NIL)]" { "[INPROGRESS]" } else { text };
            assert_eq!(String::from_utf8_lossy(encoder.text()), expected);
        }
    }

    #[test]
    fn data_that_make_no_sense_cost_no_status() {
        assert_eq!(code("[UIDVALIDITY 0] x"), Code::UidValidity(None));
        assert_eq!(code("[UIDVALIDITY] x"), Code::UidValidity(None));
        assert_eq!(code("[UIDNEXT 99999999999] x"), Code::UidNext(None));
        assert_eq!(code("[HIGHESTMODSEQ -1] x"), Code::HighestModSeq(None));
        assert_eq!(code("[closed shouldn't be anything here] x"), Code::Closed);
        assert_eq!(code("[ALERT ]"), Code::Alert);
        assert_eq!(code("[COPYUID] x"), Code::CopyUid(None));
        assert_eq!(code("[COPYUID 701  ] x"), Code::CopyUid(None));
        assert_eq!(code("[MODIFIED 1:*] x"), Code::Modified(None));
        assert_eq!(code("[MAILBOXID ()] x").name(), "MAILBOXID");
        assert!(
            matches!(code("[PERMANENTFLAGS \\Seen] x"), Code::Other { name, .. } if name.is("permanentflags"))
        );
        for text in ["[\u{1}BAD-CODE] x", "[ALERT x", "[] x", "[ (x", "[Error=\"a b\" c] d"] {
            assert_eq!(read(text), (None, text.to_owned()));
        }
    }

    #[test]
    fn brackets_in_lists_strings_and_literals_close_nothing() {
        let Code::PermanentFlags(flags) = code("[PERMANENTFLAGS ([css3-page] \\*)] ok") else { panic!() };
        assert!(flags.allows_keywords() && flags.iter().count() == 2);
        let (badcharset, text) = read("[BADCHARSET ({6}\r\nutf]-8 \"a]b\")] x");
        assert_eq!(text, "x");
        assert!(matches!(badcharset, Some(Code::BadCharset(all)) if all[0] == "utf]-8" && all[1] == "a]b"));
        // a list that never ends
        let (other, text) = read("[X-A (b] c");
        assert!(matches!(other, Some(Code::Other { data, .. }) if data == "(b"));
        assert_eq!(text, "c");
    }

    #[test]
    fn nothing_in_a_code_becomes_anything_else() {
        let text = Text::try_from("imap://a]\r\n* BYE").unwrap();
        let mut encoder = Encoder::for_text();
        Code::Referral(text).encode(&mut encoder);
        Code::other(Atom::from_static("X"), "a\r\nb".into()).encode(&mut encoder);
        assert_eq!(encoder.text(), b"[REFERRAL imap://a%5D%0D%0A* BYE][X a  b]");
    }

    #[test]
    fn sets_of_either_number() {
        let Code::Modified(Some(modified)) = code("[MODIFIED 7,9:12] x") else { panic!() };
        assert_eq!(modified.uids().to_string(), "7,9:12");
        assert_eq!(modified.seqs().unwrap().to_string(), "7,9:12");
        assert_eq!(Modified::from_seqs(&modified.seqs().unwrap()), Some(modified));
        assert_eq!(Modified::from_seqs(&SeqSet::all()), None);
    }
}
