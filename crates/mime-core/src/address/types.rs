//! Addresses that are kept and written: owned, and checked when they are made.

use std::{fmt, str::FromStr};

use super::AddressError;
use crate::lex;

/// The address of a mailbox: local part, at sign, domain. For keeping and for writing.
///
/// RFC 5322 section 3.4.1, without comments, white space and obsolete syntax; UTF-8 as RFC 6532 section 3.2 allows
/// it. Control characters can be nowhere in it. Labels of the domain neither begin nor end with a hyphen
/// (RFC 1123 section 2.1). The lengths of RFC 5321 section 4.5.3.1 are not checked.
///
/// ```abnf
/// addr-spec  = local-part "@" domain
/// local-part = dot-atom-text / quoted-string
/// domain     = dot-atom-text / "[" *dtext "]"
/// ```
///
/// A quoted local part is kept without its quotes and escapes, and written with them where it needs them. Two addresses
/// are equal if both parts are, the domain without regard to the case of ASCII letters.
///
/// # Example
///
/// ```
/// use mime_core::{AddrSpec, AddressError};
///
/// let address = AddrSpec::try_from("jörg@example.org")?;
/// assert_eq!((address.local_part(), address.domain()), ("jörg", "example.org"));
/// assert!(!address.is_ascii());
///
/// let quoted = AddrSpec::try_from("\"j. doe\"@example.org")?;
/// assert_eq!(quoted.local_part(), "j. doe");
/// assert_eq!(quoted.to_string(), "\"j. doe\"@example.org");
///
/// let injected = AddrSpec::try_from("a@example.org\r\nBcc: b");
/// assert_eq!(injected, Err(AddressError::Octet { octet: b'\r', at: 13 }));
/// # Ok::<(), AddressError>(())
/// ```
#[derive(Clone)]
pub struct AddrSpec {
    /// `local@domain`, the local part without quotes.
    text: Box<str>,
    /// Where the at sign between them is.
    at: usize,
}

impl AddrSpec {
    /// An address of its parts: the local part as it is meant, without quotes, and the domain.
    ///
    /// # Errors
    ///
    /// [`AddressError`] names the first octet that may not stand in it; positions count over `local@domain`.
    ///
    /// # Example
    ///
    /// ```
    /// let address = mime_core::AddrSpec::from_parts("j. doe", "example.org")?;
    /// assert_eq!(address.to_string(), "\"j. doe\"@example.org");
    /// # Ok::<(), mime_core::AddressError>(())
    /// ```
    pub fn from_parts(local_part: &str, domain: &str) -> Result<Self, AddressError> {
        Self::check_parts(local_part, domain)?;
        Ok(Self::joined(local_part, domain))
    }

    fn joined(local_part: &str, domain: &str) -> Self {
        let mut text = String::with_capacity(local_part.len().saturating_add(domain.len()).saturating_add(1));
        text.push_str(local_part);
        text.push('@');
        text.push_str(domain);
        Self { text: text.into(), at: local_part.len() }
    }

    pub(super) fn check_parts(local_part: &str, domain: &str) -> Result<(), AddressError> {
        if let Some((at, _)) = local_part.char_indices().find(|(_, char)| char.is_control() && *char != '\t')
        {
            return Err(AddressError::octet(local_part, at));
        }
        check_domain(domain).map_err(|error| error.shifted(local_part.len().saturating_add(1)))
    }

    /// The local part as it is meant: without quotes and escapes.
    pub fn local_part(&self) -> &str {
        self.text.get(..self.at).unwrap_or_default()
    }

    /// The domain: a name, or a literal with its brackets.
    pub fn domain(&self) -> &str {
        self.text.get(self.at.saturating_add(1)..).unwrap_or_default()
    }

    /// Whether all of it is ASCII: others need SMTPUTF8 (RFC 6531 section 3.2), at least in the local part.
    pub fn is_ascii(&self) -> bool {
        self.text.is_ascii()
    }
}

impl PartialEq for AddrSpec {
    fn eq(&self, other: &Self) -> bool {
        self.local_part() == other.local_part() && self.domain().eq_ignore_ascii_case(other.domain())
    }
}

impl Eq for AddrSpec {}

impl std::hash::Hash for AddrSpec {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.local_part().hash(state);
        for octet in self.domain().bytes() {
            state.write_u8(octet.to_ascii_lowercase());
        }
    }
}

impl fmt::Display for AddrSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_local_part(f, self.local_part())?;
        write!(f, "@{}", self.domain())
    }
}

impl fmt::Debug for AddrSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AddrSpec({self})")
    }
}

impl TryFrom<&str> for AddrSpec {
    type Error = AddressError;

    fn try_from(text: &str) -> Result<Self, AddressError> {
        if !text.starts_with('"') {
            let at = check_plain(text)?;
            return Ok(Self { text: text.into(), at });
        }
        let (content, end) = quoted(text)?;
        let domain = after_at(text, end)?;
        check_domain(domain).map_err(|error| error.shifted(end.saturating_add(1)))?;
        Ok(Self::joined(&content, domain))
    }
}

impl FromStr for AddrSpec {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        Self::try_from(text)
    }
}

/// A mailbox: an address, and perhaps the name of whom it belongs to.
///
/// RFC 5322 section 3.4. The name is text, not yet encoded; whoever writes it encodes or quotes it. Control characters
/// can be nowhere in it, except tabs.
///
/// ```abnf
/// mailbox   = name-addr / addr-spec
/// name-addr = [display-name] "<" addr-spec ">"
/// ```
///
/// # Example
///
/// ```
/// use mime_core::{AddressError, Mailbox};
///
/// let jörg = Mailbox::try_from(("Müller, Jörg", "jm@example.org"))?;
/// assert_eq!(jörg.name(), Some("Müller, Jörg"));
/// assert_eq!(jörg.to_string(), "\"Müller, Jörg\" <jm@example.org>");
/// assert_eq!(Mailbox::try_from("\"Müller, Jörg\" <jm@example.org>")?, jörg);
///
/// assert!(Mailbox::try_from(("Jörg\r\nBcc: x@example.net", "jm@example.org")).is_err());
/// assert!(Mailbox::try_from("a@example.org, b@example.org").is_err());
/// # Ok::<(), AddressError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Mailbox {
    name: Option<Box<str>>,
    address: AddrSpec,
}

impl Mailbox {
    /// A mailbox of a name and an address. An empty name is none.
    ///
    /// # Errors
    ///
    /// [`AddressError`] names the first control character of the name.
    pub fn new(name: &str, address: AddrSpec) -> Result<Self, AddressError> {
        check_name(name)?;
        Ok(Self { name: (!name.is_empty()).then(|| name.into()), address })
    }

    /// The name; never empty.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// The address.
    pub fn address(&self) -> &AddrSpec {
        &self.address
    }

    /// The address alone.
    pub fn into_address(self) -> AddrSpec {
        self.address
    }
}

impl From<AddrSpec> for Mailbox {
    fn from(address: AddrSpec) -> Self {
        Self { name: None, address }
    }
}

/// `Name <local@domain>` or `local@domain`. The name is atoms, full stops and quoted strings; with commas or other
/// specials it has to be
/// quoted. Encoded words are not decoded: names are text here.
impl TryFrom<&str> for Mailbox {
    type Error = AddressError;

    fn try_from(text: &str) -> Result<Self, AddressError> {
        let start = text.len().saturating_sub(text.trim_start_matches(' ').len());
        let trimmed = text.trim_matches(' ');
        let located = |error: AddressError| error.shifted(start);
        let Some(inner) = trimmed.strip_suffix('>') else {
            return AddrSpec::try_from(trimmed).map(Self::from).map_err(located);
        };
        let (name, open) = phrase(inner).map_err(located)?;
        let address = inner.get(open.saturating_add(1)..).unwrap_or_default();
        let address =
            AddrSpec::try_from(address).map_err(|error| located(error.shifted(open.saturating_add(1))))?;
        Ok(Self { name: (!name.is_empty()).then(|| name.into()), address })
    }
}

/// Name and address; the name is taken as it stands.
impl TryFrom<(&str, &str)> for Mailbox {
    type Error = AddressError;

    fn try_from((name, address): (&str, &str)) -> Result<Self, AddressError> {
        Self::new(name, AddrSpec::try_from(address)?)
    }
}

impl FromStr for Mailbox {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        Self::try_from(text)
    }
}

/// As RFC 6532 section 3 lets it be written, on one line; text outside of ASCII is not encoded.
impl fmt::Display for Mailbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            None => self.address.fmt(f),
            Some(name) => {
                write_phrase(f, name)?;
                write!(f, " <{}>", self.address)
            }
        }
    }
}

/// A named list of mailboxes, which may be empty (`undisclosed-recipients:;`).
///
/// RFC 5322 section 3.4.
///
/// ```abnf
/// group = display-name ":" [group-list] ";"
/// ```
///
/// # Example
///
/// ```
/// use mime_core::{Group, Mailbox};
///
/// let friends = Group::new("Friends", vec![Mailbox::try_from("a@example.org")?])?;
/// assert_eq!(friends.to_string(), "Friends: a@example.org;");
/// # Ok::<(), mime_core::AddressError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Group {
    name: Box<str>,
    members: Vec<Mailbox>,
}

impl Group {
    /// A group of a name and its members.
    ///
    /// # Errors
    ///
    /// [`AddressError`] names the first control character of the name; a group without name is
    /// [`AddressError::Empty`].
    pub fn new(name: &str, members: Vec<Mailbox>) -> Result<Self, AddressError> {
        if name.is_empty() {
            return Err(AddressError::Empty);
        }
        check_name(name)?;
        Ok(Self { name: name.into(), members })
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The members.
    pub fn members(&self) -> &[Mailbox] {
        &self.members
    }
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_phrase(f, &self.name)?;
        f.write_str(":")?;
        for (index, member) in self.members.iter().enumerate() {
            write!(f, "{} {member}", if index == 0 { "" } else { "," })?;
        }
        f.write_str(";")
    }
}

/// A mailbox or a group of them: what To, Cc and Reply-To hold (RFC 5322 section 3.4).
///
/// # Example
///
/// ```
/// use mime_core::{Address, Mailbox};
///
/// let address = Address::from(Mailbox::try_from("a@example.org")?);
/// assert_eq!(address.mailboxes().len(), 1);
/// # Ok::<(), mime_core::AddressError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[allow(clippy::exhaustive_enums)] // the grammar has no third
pub enum Address {
    /// One mailbox.
    Mailbox(Mailbox),
    /// A group.
    Group(Group),
}

impl Address {
    /// The mailbox, or the members of the group.
    pub fn mailboxes(&self) -> &[Mailbox] {
        match self {
            Self::Mailbox(mailbox) => std::slice::from_ref(mailbox),
            Self::Group(group) => group.members(),
        }
    }
}

impl From<AddrSpec> for Address {
    fn from(address: AddrSpec) -> Self {
        Self::Mailbox(address.into())
    }
}

impl From<Mailbox> for Address {
    fn from(mailbox: Mailbox) -> Self {
        Self::Mailbox(mailbox)
    }
}

impl From<Group> for Address {
    fn from(group: Group) -> Self {
        Self::Group(group)
    }
}

/// One mailbox; groups are made with [`Group::new`].
impl TryFrom<&str> for Address {
    type Error = AddressError;

    fn try_from(text: &str) -> Result<Self, AddressError> {
        Mailbox::try_from(text).map(Self::Mailbox)
    }
}

impl TryFrom<(&str, &str)> for Address {
    type Error = AddressError;

    fn try_from(pair: (&str, &str)) -> Result<Self, AddressError> {
        Mailbox::try_from(pair).map(Self::Mailbox)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mailbox(mailbox) => mailbox.fmt(f),
            Self::Group(group) => group.fmt(f),
        }
    }
}

/// Checks an address without quoted string, and gives the place of its at sign.
pub(crate) fn check_plain(text: &str) -> Result<usize, AddressError> {
    if text.is_empty() {
        return Err(AddressError::Empty);
    }
    let at = check_dot_atom(text)?;
    check_domain(after_at(text, at)?).map_err(|error| error.shifted(at.saturating_add(1)))?;
    Ok(at)
}

/// Whether a local part can stand without quotes.
pub(super) fn is_dot_atom(text: &str) -> bool {
    check_dot_atom(text) == Ok(text.len())
}

/// The end of the dot-atom that the text begins with.
fn check_dot_atom(text: &str) -> Result<usize, AddressError> {
    let mut dot = true;
    for (at, char) in text.char_indices() {
        if is_atext(char) {
            dot = false;
        } else if char == '.' && !dot {
            dot = true;
        } else if dot {
            return Err(AddressError::octet(text, at));
        } else {
            return Ok(at);
        }
    }
    if dot { Err(AddressError::End { at: text.len() }) } else { Ok(text.len()) }
}

fn is_atext(char: char) -> bool {
    u8::try_from(char).map_or(true, |octet| if octet < 0x80 { lex::is_atext(octet) } else { octet >= 0xA0 })
}

/// What follows the at sign that is to stand there.
fn after_at(text: &str, at: usize) -> Result<&str, AddressError> {
    let rest = text.get(at..).unwrap_or_default();
    rest.strip_prefix('@').ok_or_else(|| AddressError::octet(text, at))
}

/// The content of the quoted string that the text begins with, and where it ends.
fn quoted(text: &str) -> Result<(String, usize), AddressError> {
    let mut content = String::new();
    let mut escaped = false;
    for (at, char) in text.char_indices().skip(1) {
        if char.is_control() && char != '\t' {
            return Err(AddressError::octet(text, at));
        }
        match char {
            '\\' if !escaped => escaped = true,
            '"' if !escaped => return Ok((content, at.saturating_add(1))),
            // RFC 5322 section 3.2.1: quoted-pair = ("\" (VCHAR / WSP))
            _ => {
                content.push(char);
                escaped = false;
            }
        }
    }
    Err(AddressError::End { at: text.len() })
}

pub(super) fn check_domain(domain: &str) -> Result<(), AddressError> {
    if let Some(literal) = domain.strip_prefix('[') {
        for (at, char) in literal.char_indices() {
            let at = at.saturating_add(1);
            match char {
                ']' if at.saturating_add(1) == domain.len() => return Ok(()),
                '[' | ']' | '\\' | ' ' => return Err(AddressError::octet(domain, at)),
                _ if char.is_control() => return Err(AddressError::octet(domain, at)),
                _ => {}
            }
        }
        return Err(AddressError::End { at: domain.len() });
    }
    let end = check_dot_atom(domain)?;
    if end != domain.len() {
        return Err(AddressError::octet(domain, end));
    }
    let mut start = 0_usize;
    for label in domain.split('.') {
        let end = start.saturating_add(label.len());
        if label.starts_with('-') {
            return Err(AddressError::octet(domain, start));
        }
        if label.ends_with('-') {
            return Err(AddressError::octet(domain, end.saturating_sub(1)));
        }
        start = end.saturating_add(1);
    }
    Ok(())
}

fn check_name(name: &str) -> Result<(), AddressError> {
    match name.char_indices().find(|(_, char)| char.is_control() && *char != '\t') {
        Some((at, _)) => Err(AddressError::octet(name, at)),
        None => Ok(()),
    }
}

/// The text of the phrase before an angle bracket, and where the bracket is.
fn phrase(text: &str) -> Result<(String, usize), AddressError> {
    let mut name = String::new();
    // whether the name ends with white space that is not quoted
    let mut loose = false;
    let mut at = 0_usize;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        match rest.chars().next() {
            Some('<') => {
                if loose {
                    name.pop();
                }
                return Ok((name, at));
            }
            Some('"') => {
                let (content, length) = quoted(rest).map_err(|error| error.shifted(at))?;
                name.push_str(&content);
                loose = false;
                at = at.saturating_add(length);
            }
            Some(char) if is_atext(char) || matches!(char, '.' | ' ') => {
                if char != ' ' || !(name.is_empty() || name.ends_with(' ')) {
                    name.push(char);
                    loose = char == ' ';
                }
                at = at.saturating_add(char.len_utf8());
            }
            _ => return Err(AddressError::octet(text, at)),
        }
    }
    Err(AddressError::End { at: text.len() })
}

pub(super) fn write_local_part(f: &mut impl fmt::Write, local: &str) -> fmt::Result {
    if is_dot_atom(local) { f.write_str(local) } else { write_quoted(f, local) }
}

fn write_phrase(f: &mut impl fmt::Write, name: &str) -> fmt::Result {
    let plain = name.split(' ').all(|word| !word.is_empty() && word.chars().all(is_atext));
    if plain { f.write_str(name) } else { write_quoted(f, name) }
}

fn write_quoted(f: &mut impl fmt::Write, content: &str) -> fmt::Result {
    f.write_char('"')?;
    for char in content.chars() {
        if matches!(char, '"' | '\\') {
            f.write_char('\\')?;
        }
        f.write_char(char)?;
    }
    f.write_char('"')
}
