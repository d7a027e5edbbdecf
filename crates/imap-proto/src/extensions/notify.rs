//! What a server tells although nobody asks (RFC 5465).

use crate::{Atom, Encoder, Expected, MailboxName, ParseError, command::FetchAttribute, cursor::Cursor};

/// The arguments of NOTIFY (RFC 5465 section 3).
///
/// ```abnf
/// notify        = "NOTIFY" SP (notify-set / notify-none)
/// notify-set    = "SET" [SP "STATUS"] SP event-groups
/// notify-none   = "NONE"
/// event-groups  = event-group *(SP event-group)
/// ```
///
/// # Example
///
/// ```
/// use imap_proto::extensions::notify::{Event, EventGroup, MailboxFilter, Notify};
/// use imap_proto::{Command, Dialect, Encoder, Literals, Tag};
///
/// let selected = EventGroup::new(MailboxFilter::Selected, [Event::MessageNew(Vec::new()), Event::MessageExpunge]).unwrap();
/// let personal = EventGroup::new(MailboxFilter::Personal, [Event::MailboxName]).unwrap();
/// let notify = Notify::set(true, [selected, personal]).unwrap();
/// let mut encoder = Encoder::new(Literals::Plus, Dialect::REV1);
/// Command::Notify(notify).encode(&Tag::try_from("b").unwrap(), &mut encoder);
/// assert_eq!(
///     encoder.text(),
///     b"b NOTIFY SET STATUS (selected (MessageNew MessageExpunge)) (personal (MailboxName))\r\n"
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums)] // the grammar has two
pub enum Notify {
    /// Nothing.
    None,
    /// These, in place of what was wanted before.
    Set(NotifySet),
}

/// What is wanted from now on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotifySet {
    status: bool,
    groups: Vec<EventGroup>,
}

/// Why events cannot be asked for; a server has to answer BAD (RFC 5465 section 5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotifyError {
    /// There are no groups.
    #[error("nothing is asked for")]
    NoGroups,
    /// A filter names no mailbox.
    #[error("no mailbox is named")]
    NoMailboxes,
    /// The selected mailbox stands in two groups (RFC 5465 section 6.1).
    #[error("the selected mailbox stands there twice")]
    SelectedTwice,
    /// An event that is not of messages, for the selected mailbox (RFC 5465 section 6.1).
    #[error("the selected mailbox has no such event")]
    NotOfMessages,
    /// One of MessageNew and MessageExpunge without the other, or a change of flags or annotations without them.
    #[error("MessageNew and MessageExpunge belong together, and other events of messages to both")]
    Alone,
    /// What is to be fetched of new messages in mailboxes that are not selected (RFC 5465 section 8).
    #[error("only of messages in the selected mailbox something can be fetched")]
    Attributes,
}

impl Notify {
    /// These groups of events; with `status`, the status of every mailbox that is not selected comes first (RFC 5465 section 3).
    ///
    /// # Errors
    ///
    /// Without groups, and if two of them are for the selected mailbox.
    pub fn set(status: bool, groups: impl IntoIterator<Item = EventGroup>) -> Result<Self, NotifyError> {
        let groups: Vec<_> = groups.into_iter().collect();
        if groups.is_empty() {
            return Err(NotifyError::NoGroups);
        }
        if groups.iter().filter(|group| group.filter.is_selected()).count() > 1 {
            return Err(NotifyError::SelectedTwice);
        }
        Ok(Self::Set(NotifySet { status, groups }))
    }

    pub(crate) fn read(cursor: &mut Cursor<'_>) -> Result<Self, ParseError> {
        if cursor.eat_word("NONE") {
            return Ok(Self::None);
        }
        if !cursor.eat_word("SET") {
            return cursor.error(Expected::Item);
        }
        cursor.space()?;
        let status = cursor.eat_word("STATUS");
        if status {
            cursor.space()?;
        }
        let start = cursor.at();
        let mut groups = vec![EventGroup::read(cursor)?];
        while cursor.eat(b' ') {
            groups.push(EventGroup::read(cursor)?);
        }
        Self::set(status, groups).map_err(|_| ParseError::new(start, Expected::Once))
    }

    pub(crate) fn encode(&self, encoder: &mut Encoder) {
        let Self::Set(set) = self else { return encoder.octets(b"NONE") };
        encoder.octets(if set.status { b"SET STATUS " } else { b"SET " });
        encoder.joined(&set.groups, |encoder, group| group.encode(encoder));
    }
}

impl NotifySet {
    /// Whether the status of mailboxes is wanted first.
    pub const fn status(&self) -> bool {
        self.status
    }

    /// The groups, at least one.
    pub fn groups(&self) -> &[EventGroup] {
        &self.groups
    }
}

/// Events of some mailboxes.
///
/// ```abnf
/// event-group = "(" filter-mailboxes SP events ")"
/// events      = ( "(" event *(SP event) ")" ) / "NONE"
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventGroup {
    filter: MailboxFilter,
    events: Vec<Event>,
}

impl EventGroup {
    /// Events of mailboxes; without events nothing of them is wanted, which is written as NONE.
    ///
    /// # Errors
    ///
    /// The rules of RFC 5465 section 5 and of RFC 5465 section 6.1.
    pub fn new(filter: MailboxFilter, events: impl IntoIterator<Item = Event>) -> Result<Self, NotifyError> {
        let events: Vec<_> = events.into_iter().map(Event::known).collect();
        if filter.names().is_some_and(<[_]>::is_empty) {
            return Err(NotifyError::NoMailboxes);
        }
        let has = |wanted: fn(&Event) -> bool| events.iter().any(wanted);
        if filter.is_selected() {
            if has(Event::is_of_mailboxes) {
                return Err(NotifyError::NotOfMessages);
            }
        } else if has(|event| matches!(event, Event::MessageNew(attributes) if !attributes.is_empty())) {
            return Err(NotifyError::Attributes);
        }
        let new = has(|event| matches!(event, Event::MessageNew(_)));
        let expunge = has(|event| *event == Event::MessageExpunge);
        let change = has(|event| matches!(event, Event::FlagChange | Event::AnnotationChange));
        // RFC 5465 section 5: "If one of MessageNew or MessageExpunge is specified, then both events MUST be specified."
        if new != expunge || (change && !new) {
            return Err(NotifyError::Alone);
        }
        Ok(Self { filter, events })
    }

    /// Of which mailboxes.
    pub const fn filter(&self) -> &MailboxFilter {
        &self.filter
    }

    /// Which events; none if nothing is wanted.
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    fn read(cursor: &mut Cursor<'_>) -> Result<Self, ParseError> {
        let start = cursor.at();
        cursor.expect(b'(', Expected::List)?;
        let filter = MailboxFilter::read(cursor)?;
        cursor.space()?;
        let mut events = Vec::new();
        if !cursor.eat_word("NONE") {
            cursor.expect(b'(', Expected::List)?;
            events.push(Event::read(cursor)?);
            while cursor.eat(b' ') {
                events.push(Event::read(cursor)?);
            }
            cursor.expect(b')', Expected::Close)?;
        }
        cursor.expect(b')', Expected::Close)?;
        Self::new(filter, events).map_err(|_| ParseError::new(start, Expected::Item))
    }

    fn encode(&self, encoder: &mut Encoder) {
        encoder.octets(b"(");
        self.filter.encode(encoder);
        encoder.space();
        if self.events.is_empty() {
            encoder.octets(b"NONE");
        } else {
            encoder.list(&self.events, |encoder, event| event.encode(encoder));
        }
        encoder.octets(b")");
    }
}

/// Mailboxes, by what they are or by name (RFC 5465 section 6), and so the sources of a search in several (RFC 7377 section 2.2).
///
/// ```abnf
/// filter-mailboxes-selected = "selected" / "selected-delayed"
/// filter-mailboxes-other    = "inboxes" / "personal" / "subscribed" /
///                             ( "subtree" SP one-or-more-mailbox ) /
///                             ( "mailboxes" SP one-or-more-mailbox )
/// one-or-more-mailbox       = mailbox / "(" mailbox *(SP mailbox) ")"
/// ```
///
/// # Example
///
/// ```
/// use imap_proto::{MailboxName, extensions::notify::MailboxFilter};
///
/// let filter = MailboxFilter::Subtree(vec![MailboxName::new("Projekte").unwrap()]);
/// assert!(!filter.is_selected());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MailboxFilter {
    /// The one that is selected.
    Selected,
    /// The same, but messages vanish only with commands that allow it: who uses sequence numbers needs this one.
    SelectedDelayed,
    /// Those of the user that mail is delivered to.
    Inboxes,
    /// Those of the user.
    Personal,
    /// Those the user is subscribed to.
    Subscribed,
    /// These and all below them.
    Subtree(Vec<MailboxName>),
    /// These and those one level below them (RFC 7377 section 2.2).
    SubtreeOne(Vec<MailboxName>),
    /// These.
    Mailboxes(Vec<MailboxName>),
}

impl MailboxFilter {
    /// Whether it is the selected mailbox.
    pub const fn is_selected(&self) -> bool {
        matches!(self, Self::Selected | Self::SelectedDelayed)
    }

    pub(crate) fn names(&self) -> Option<&[MailboxName]> {
        match self {
            Self::Subtree(names) | Self::SubtreeOne(names) | Self::Mailboxes(names) => Some(names),
            _ => None,
        }
    }

    pub(crate) fn read(cursor: &mut Cursor<'_>) -> Result<Self, ParseError> {
        let at = cursor.at();
        let word = cursor.atom_octets()?;
        let is = |name: &str| word.eq_ignore_ascii_case(name.as_bytes());
        let plain = [Self::Selected, Self::SelectedDelayed, Self::Inboxes, Self::Personal, Self::Subscribed];
        if let Some(found) = plain.into_iter().find(|filter| is(filter.word())) {
            return Ok(found);
        }
        let of: fn(Vec<MailboxName>) -> Self = if is("SUBTREE") {
            Self::Subtree
        } else if is("SUBTREE-ONE") {
            Self::SubtreeOne
        } else if is("MAILBOXES") {
            Self::Mailboxes
        } else {
            return Err(ParseError::new(at, Expected::Item));
        };
        cursor.space()?;
        let mut names = Vec::new();
        if cursor.peek() == Some(b'(') {
            cursor.list(|cursor| {
                names.push(cursor.mailbox()?);
                Ok(())
            })?;
        } else {
            names.push(cursor.mailbox()?);
        }
        Ok(of(names))
    }

    const fn word(&self) -> &'static str {
        match self {
            Self::Selected => "selected",
            Self::SelectedDelayed => "selected-delayed",
            Self::Inboxes => "inboxes",
            Self::Personal => "personal",
            Self::Subscribed => "subscribed",
            Self::Subtree(_) => "subtree",
            Self::SubtreeOne(_) => "subtree-one",
            Self::Mailboxes(_) => "mailboxes",
        }
    }

    pub(crate) fn encode(&self, encoder: &mut Encoder) {
        encoder.octets(self.word().as_bytes());
        match self.names() {
            None => {}
            Some([name]) => {
                encoder.space();
                encoder.mailbox(name);
            }
            Some(names) => {
                encoder.space();
                encoder.list(names, |encoder, name| encoder.mailbox(name));
            }
        }
    }
}

/// Something that happens (RFC 5465 section 5). The vocabulary is open.
///
/// ```abnf
/// message-event = ( "MessageNew" [SP "(" fetch-att *(SP fetch-att) ")" ] )
///               / "MessageExpunge" / "FlagChange" / "AnnotationChange"
/// mailbox-event = "MailboxName" / "SubscriptionChange" / "MailboxMetadataChange"
/// user-event    = "ServerMetadataChange"
/// event-ext     = atom
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// A message is there (RFC 5465 section 5.2), and what is to be fetched of it.
    MessageNew(Vec<FetchAttribute>),
    /// A message is gone (RFC 5465 section 5.3).
    MessageExpunge,
    /// Flags of a message are others (RFC 5465 section 5.1).
    FlagChange,
    /// Annotations of a message are others (RFC 5465 section 5.1).
    AnnotationChange,
    /// A mailbox was created, deleted or renamed (RFC 5465 section 5.4).
    MailboxName,
    /// A mailbox was subscribed to, or is no more (RFC 5465 section 5.5).
    SubscriptionChange,
    /// Annotations of a mailbox are others (RFC 5465 section 5.6).
    MailboxMetadataChange,
    /// Annotations of the server are others (RFC 5465 section 5.7).
    ServerMetadataChange,
    /// An event that this crate does not know.
    Other(Atom),
}

impl Event {
    /// Without what is fetched with it: `BADEVENT` lists such names.
    pub fn name(&self) -> &str {
        match self {
            Self::MessageNew(_) => "MessageNew",
            Self::MessageExpunge => "MessageExpunge",
            Self::FlagChange => "FlagChange",
            Self::AnnotationChange => "AnnotationChange",
            Self::MailboxName => "MailboxName",
            Self::SubscriptionChange => "SubscriptionChange",
            Self::MailboxMetadataChange => "MailboxMetadataChange",
            Self::ServerMetadataChange => "ServerMetadataChange",
            Self::Other(name) => name.as_str(),
        }
    }

    const fn is_of_mailboxes(&self) -> bool {
        matches!(
            self,
            Self::MailboxName
                | Self::SubscriptionChange
                | Self::MailboxMetadataChange
                | Self::ServerMetadataChange
        )
    }

    /// The same, but none that is known is among the others.
    fn known(self) -> Self {
        let Self::Other(name) = self else { return self };
        let known = [
            Self::MessageNew(Vec::new()),
            Self::MessageExpunge,
            Self::FlagChange,
            Self::AnnotationChange,
            Self::MailboxName,
            Self::SubscriptionChange,
            Self::MailboxMetadataChange,
            Self::ServerMetadataChange,
        ];
        let found = known.into_iter().find(|event| name.is(event.name()));
        found.unwrap_or(Self::Other(name))
    }

    fn read(cursor: &mut Cursor<'_>) -> Result<Self, ParseError> {
        let event = Self::Other(cursor.atom()?).known();
        if let Self::MessageNew(_) = event
            && cursor.rest().starts_with(b" (")
        {
            cursor.advance(1);
            return FetchAttribute::read_list(cursor).map(Self::MessageNew);
        }
        Ok(event)
    }

    fn encode(&self, encoder: &mut Encoder) {
        match self {
            Self::Other(name) => encoder.octets(name.as_bytes()),
            _ => encoder.octets(self.name().as_bytes()),
        }
        if let Self::MessageNew(attributes) = self
            && !attributes.is_empty()
        {
            encoder.space();
            encoder.list(attributes, |encoder, attribute| attribute.encode(encoder));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extensions::testing::{command, command_as, refused};

    #[test]
    fn examples_of_the_rfc() {
        command("a NOTIFY NONE");
        // RFC 5465 section 6
        command_as(
            "a notify set (mailboxes INBOX (Messagenew messageExpunge)) (personal (SubscriptionChange))",
            "a NOTIFY SET (mailboxes INBOX (MessageNew MessageExpunge)) (personal (SubscriptionChange))",
        );
        command_as(
            "a notify set (selected (Messagenew (uid flags) messageExpunge)) (personal (MessageNew FlagChange MessageExpunge))",
            "a NOTIFY SET (selected (MessageNew (UID FLAGS) MessageExpunge)) (personal (MessageNew FlagChange MessageExpunge))",
        );
        // RFC 5465 section 3, as the grammar and the rules of section 5 have it
        command(
            "b NOTIFY SET STATUS (selected (MessageNew (UID BODY.PEEK[HEADER.FIELDS (from to subject)]) MessageExpunge)) \
             (subtree Lists (MessageNew MessageExpunge))",
        );
        refused("b notify set status (selected MessageNew (uid) MessageExpunge) (subtree Lists MessageNew)");
    }

    #[test]
    fn filters_and_events() {
        command("a NOTIFY SET (selected-delayed (MessageNew MessageExpunge FlagChange AnnotationChange))");
        command("a NOTIFY SET (selected NONE) (inboxes NONE) (subscribed (MailboxName))");
        command(
            "a NOTIFY SET (subtree-one (a b) (MailboxMetadataChange)) (mailboxes \"a b\" (ServerMetadataChange X-Foo))",
        );
        command_as("a NOTIFY SET (mailboxes (a) NONE)", "a NOTIFY SET (mailboxes a NONE)");
        command(
            "a NOTIFY SET (selected (MessageNew (BODY.PEEK[1.MIME]<0.100> PREVIEW (LAZY) RFC822.SIZE) MessageExpunge))",
        );
    }

    #[test]
    fn rules_of_the_rfc() {
        for arguments in [
            // RFC 5465 section 5
            "SET (personal (MessageNew))",
            "SET (personal (MessageExpunge))",
            "SET (personal (FlagChange))",
            "SET (personal (AnnotationChange MailboxName))",
            // RFC 5465 section 6.1
            "SET (selected NONE) (selected-delayed NONE)",
            "SET (selected (MailboxName))",
            // RFC 5465 section 8
            "SET (personal (MessageNew (uid) MessageExpunge))",
            "SET",
            "SET STATUS",
            "SET ()",
            "SET (selected)",
            "SET (selected ())",
            "SET (mailboxes () NONE)",
            "SET (mailboxes NONE)",
            "SET (elsewhere NONE)",
            "SET (selected (MessageNew () MessageExpunge))",
            "SET (selected (MessageNew (UID {1+}\r\nx) MessageExpunge))",
            "SET (selected NONE)(personal NONE)",
            "NONE x",
            "",
        ] {
            refused(&format!("A NOTIFY {arguments}"));
        }
        assert_eq!(Notify::set(false, []), Err(NotifyError::NoGroups));
        let name = Event::Other(Atom::from_static("messagenew"));
        assert_eq!(EventGroup::new(MailboxFilter::Personal, [name]), Err(NotifyError::Alone));
        let none = MailboxFilter::Subtree(Vec::new());
        assert_eq!(EventGroup::new(none, []), Err(NotifyError::NoMailboxes));
    }
}
