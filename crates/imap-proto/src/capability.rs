//! What a server can (RFC 9051 section 7.2.2).

use std::fmt;

use bytes::Bytes;

use crate::{Atom, Encoder, Expected, ParseError, chars::WORD, cursor::Cursor, number::decimal};

/// One capability: an atom, often with a value behind an equals sign.
///
/// The vocabulary is open; those that this crate knows are constants of [`Capability`]. They are the same in upper and lower case.
///
/// # Example
///
/// ```
/// use imap_proto::Capability;
///
/// let capability = Capability::try_from("appendlimit=35651584").unwrap();
/// assert_eq!(capability.name(), "appendlimit");
/// assert_eq!(capability.value(), Some("35651584"));
/// assert_eq!(Capability::try_from("idle").unwrap(), Capability::IDLE);
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Capability(Atom);

macro_rules! capabilities {
    ($($(#[$doc:meta])* $name:ident $text:literal;)*) => {
        impl Capability {
            $($(#[$doc])* pub const $name: Self = Self(Atom::from_static($text));)*
        }
    };
}

capabilities! {
    /// RFC 3501.
    IMAP4REV1 "IMAP4rev1";
    /// RFC 9051.
    IMAP4REV2 "IMAP4rev2";
    /// RFC 4314.
    ACL "ACL";
    /// RFC 7889, without a limit that holds for every mailbox.
    APPENDLIMIT "APPENDLIMIT";
    /// RFC 3516.
    BINARY "BINARY";
    /// RFC 4469.
    CATENATE "CATENATE";
    /// RFC 3348.
    CHILDREN "CHILDREN";
    /// RFC 4978.
    COMPRESS_DEFLATE "COMPRESS=DEFLATE";
    /// RFC 7162.
    CONDSTORE "CONDSTORE";
    /// RFC 5267.
    CONTEXT_SEARCH "CONTEXT=SEARCH";
    /// RFC 5267.
    CONTEXT_SORT "CONTEXT=SORT";
    /// RFC 6154.
    CREATE_SPECIAL_USE "CREATE-SPECIAL-USE";
    /// RFC 5161.
    ENABLE "ENABLE";
    /// RFC 4731.
    ESEARCH "ESEARCH";
    /// RFC 5267.
    ESORT "ESORT";
    /// RFC 2971.
    ID "ID";
    /// RFC 2177.
    IDLE "IDLE";
    /// RFC 9585.
    INPROGRESS "INPROGRESS";
    /// RFC 9698.
    JMAPACCESS "JMAPACCESS";
    /// RFC 5258.
    LIST_EXTENDED "LIST-EXTENDED";
    /// RFC 9590.
    LIST_METADATA "LIST-METADATA";
    /// RFC 8440.
    LIST_MYRIGHTS "LIST-MYRIGHTS";
    /// RFC 5819.
    LIST_STATUS "LIST-STATUS";
    /// RFC 7888.
    LITERAL_MINUS "LITERAL-";
    /// RFC 7888.
    LITERAL_PLUS "LITERAL+";
    /// RFC 9051 section 6.2.3: no LOGIN.
    LOGINDISABLED "LOGINDISABLED";
    /// RFC 5464.
    METADATA "METADATA";
    /// RFC 5464, for the server only.
    METADATA_SERVER "METADATA-SERVER";
    /// RFC 6851.
    MOVE "MOVE";
    /// RFC 3502.
    MULTIAPPEND "MULTIAPPEND";
    /// RFC 7377.
    MULTISEARCH "MULTISEARCH";
    /// RFC 2342.
    NAMESPACE "NAMESPACE";
    /// RFC 5465.
    NOTIFY "NOTIFY";
    /// RFC 8474.
    OBJECTID "OBJECTID";
    /// RFC 9394.
    PARTIAL "PARTIAL";
    /// RFC 8970.
    PREVIEW "PREVIEW";
    /// RFC 7162.
    QRESYNC "QRESYNC";
    /// RFC 9208.
    QUOTA "QUOTA";
    /// RFC 9208: quotas can be set.
    QUOTASET "QUOTASET";
    /// RFC 8508.
    REPLACE "REPLACE";
    /// RFC 4959.
    SASL_IR "SASL-IR";
    /// RFC 8514.
    SAVEDATE "SAVEDATE";
    /// RFC 5182.
    SEARCHRES "SEARCHRES";
    /// RFC 5256.
    SORT "SORT";
    /// RFC 5957.
    SORT_DISPLAY "SORT=DISPLAY";
    /// RFC 6154.
    SPECIAL_USE "SPECIAL-USE";
    /// RFC 9051 section 6.2.1.
    STARTTLS "STARTTLS";
    /// RFC 8438.
    STATUS_SIZE "STATUS=SIZE";
    /// RFC 5256.
    THREAD_ORDEREDSUBJECT "THREAD=ORDEREDSUBJECT";
    /// RFC 5256.
    THREAD_REFERENCES "THREAD=REFERENCES";
    /// RFC 10022.
    UIDBATCHES "UIDBATCHES";
    /// RFC 9586.
    UIDONLY "UIDONLY";
    /// RFC 4315.
    UIDPLUS "UIDPLUS";
    /// RFC 8437.
    UNAUTHENTICATE "UNAUTHENTICATE";
    /// RFC 3691.
    UNSELECT "UNSELECT";
    /// RFC 4467.
    URLAUTH "URLAUTH";
    /// RFC 9755.
    UTF8_ACCEPT "UTF8=ACCEPT";
    /// RFC 9755: nothing works before it is enabled.
    UTF8_ONLY "UTF8=ONLY";
    /// RFC 5032.
    WITHIN "WITHIN";
    /// Gmail's own.
    X_GM_EXT_1 "X-GM-EXT-1";
    /// What SPECIAL-USE was before.
    XLIST "XLIST";
}

impl Capability {
    /// All of it.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The atom.
    pub const fn as_atom(&self) -> &Atom {
        &self.0
    }

    /// What stands before the equals sign.
    pub fn name(&self) -> &str {
        self.as_str().split_once('=').map_or(self.as_str(), |(name, _)| name)
    }

    /// What stands behind it.
    pub fn value(&self) -> Option<&str> {
        self.as_str().split_once('=').map(|(_, value)| value)
    }
}

impl TryFrom<&str> for Capability {
    type Error = crate::InvalidOctet;

    fn try_from(text: &str) -> Result<Self, crate::InvalidOctet> {
        Atom::try_from(text).map(Self)
    }
}

impl From<Atom> for Capability {
    fn from(atom: Atom) -> Self {
        Self(atom)
    }
}

impl fmt::Debug for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Capability({})", self.0)
    }
}

impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What a server can, all of it.
///
/// # Example
///
/// ```
/// use imap_proto::{Capabilities, Capability};
///
/// let capabilities = Capabilities::parse(b"IMAP4rev1 IDLE AUTH=PLAIN APPENDLIMIT=5000");
/// assert!(capabilities.has(&Capability::IDLE) && !capabilities.has(&Capability::MOVE));
/// assert_eq!(capabilities.auth_mechanisms().collect::<Vec<_>>(), ["PLAIN"]);
/// assert_eq!(capabilities.append_limit(), Some(5000));
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Capabilities(Vec<Capability>);

impl Capabilities {
    /// None.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Reads a list without the word CAPABILITY. Whatever stands there is kept.
    pub fn parse(octets: &[u8]) -> Self {
        let frame = Bytes::copy_from_slice(octets);
        let mut cursor = Cursor::lenient(&frame, crate::Dialect::REV1);
        Self::read(&mut cursor).unwrap_or_default()
    }

    /// Words up to something that is none.
    pub(crate) fn read(cursor: &mut Cursor<'_>) -> Result<Self, ParseError> {
        let mut all: Vec<Capability> = Vec::new();
        cursor.spaces();
        loop {
            let start = cursor.at();
            let word = if cursor.lenient {
                bracketless(cursor.run(WORD), cursor, start)
            } else {
                cursor.atom_octets()?
            };
            if word.is_empty() {
                break;
            }
            // A plus sign that was set apart belongs to the word before it.
            if word == b"+"
                && let Some(last) = all.last_mut().filter(|last| last.0.is("LITERAL"))
            {
                *last = Capability::LITERAL_PLUS;
            } else {
                all.push(Capability(Atom::received(cursor.share(word))));
            }
            if cursor.space().is_err() {
                break;
            }
        }
        if all.is_empty() { cursor.error(Expected::Item) } else { Ok(Self(all)) }
    }

    /// Whether a capability is among them. IMAP4rev2 has what is part of it, whether the server says so or not.
    pub fn has(&self, capability: &Capability) -> bool {
        self.0.contains(capability)
            || (self.0.contains(&Capability::IMAP4REV2) && PART_OF_REV2.contains(capability))
    }

    /// Whether the server itself names it.
    pub fn names(&self, capability: &Capability) -> bool {
        self.0.contains(capability)
    }

    /// Every one, in the server's order.
    pub fn iter(&self) -> impl Iterator<Item = &Capability> {
        self.0.iter()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What stands behind `NAME=`, for every capability of that name: `THREAD`, `RIGHTS`, `QUOTA`.
    pub fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |one| one.name().eq_ignore_ascii_case(name)).filter_map(Capability::value)
    }

    /// The SASL mechanisms.
    pub fn auth_mechanisms(&self) -> impl Iterator<Item = &str> {
        self.values("AUTH")
    }

    /// The most octets of a message that can be appended to any mailbox (RFC 7889 section 2).
    pub fn append_limit(&self) -> Option<u64> {
        self.values("APPENDLIMIT").find_map(decimal)
    }

    /// The most messages that a command is carried out for (RFC 9738 section 3).
    ///
    /// # Example
    ///
    /// ```
    /// use imap_proto::{Capabilities, Capability};
    ///
    /// let mut capabilities = Capabilities::new();
    /// capabilities.insert(Capability::try_from("MESSAGELIMIT=1000").unwrap());
    /// assert_eq!(capabilities.message_limit(), Some(1000));
    /// ```
    pub fn message_limit(&self) -> Option<u32> {
        self.values("MESSAGELIMIT").find_map(|value| decimal(value)?.try_into().ok())
    }

    /// Adds one.
    pub fn insert(&mut self, capability: Capability) {
        if !self.0.contains(&capability) {
            self.0.push(capability);
        }
    }

    pub(crate) fn encode(&self, encoder: &mut Encoder) {
        encoder.joined(&self.0, |encoder, one| encoder.octets(one.0.as_bytes()));
    }

    /// A copy that keeps no read buffer alive.
    pub fn detach(&self) -> Self {
        self.0.iter().map(|one| Capability(one.0.detach())).collect()
    }
}

/// Within a response code the bracket that closes it is no part of a word.
fn bracketless<'a>(word: &'a [u8], cursor: &mut Cursor<'_>, start: usize) -> &'a [u8] {
    let Some(end) = memchr::memchr(b']', word) else { return word };
    cursor.seek(start + end);
    word.get(..end).unwrap_or_default()
}

/// RFC 9051: what is part of IMAP4rev2. Of BINARY it has what FETCH needs, and not the whole.
static PART_OF_REV2: [Capability; 15] = [
    Capability::NAMESPACE,
    Capability::UNSELECT,
    Capability::UIDPLUS,
    Capability::ESEARCH,
    Capability::SEARCHRES,
    Capability::ENABLE,
    Capability::IDLE,
    Capability::SASL_IR,
    Capability::LIST_EXTENDED,
    Capability::LIST_STATUS,
    Capability::MOVE,
    Capability::LITERAL_MINUS,
    Capability::SPECIAL_USE,
    Capability::STATUS_SIZE,
    Capability::CHILDREN,
];

impl FromIterator<Capability> for Capabilities {
    fn from_iter<I: IntoIterator<Item = Capability>>(capabilities: I) -> Self {
        Self(capabilities.into_iter().collect())
    }
}

impl fmt::Debug for Capabilities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Capabilities({self})")
    }
}

impl fmt::Display for Capabilities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, one) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str(" ")?;
            }
            one.fmt(f)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_as_servers_write_them() {
        let all = Capabilities::parse(
            b"st11p00mm-iscream009 1Q49 IMAP4 IMAP4rev1 LITERAL + AUTH=ATOKEN AUTH=PLAIN ",
        );
        assert_eq!(all.len(), 7);
        assert!(all.has(&Capability::LITERAL_PLUS));
        assert_eq!(all.auth_mechanisms().collect::<Vec<_>>(), ["ATOKEN", "PLAIN"]);
    }

    #[test]
    fn rev2_has_its_parts() {
        let all = Capabilities::parse(b"IMAP4rev2");
        assert!(
            all.has(&Capability::MOVE) && !all.names(&Capability::MOVE) && !all.has(&Capability::CONDSTORE)
        );
    }
}
