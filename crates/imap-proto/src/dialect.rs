//! What decides how the same thing is written.

/// How names of mailboxes and strings stand on the wire of a session.
///
/// # Example
///
/// ```
/// use imap_proto::Dialect;
///
/// assert_eq!(Dialect::default(), Dialect::REV1);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Dialect {
    /// Whether names are in UTF-8 and quoted strings may hold it: after `ENABLE IMAP4rev2` (RFC 9051 section 5.1) or
    /// `ENABLE UTF8=ACCEPT` (RFC 6855 section 3).
    pub utf8: bool,
}

impl Dialect {
    /// As a session of IMAP4rev1 begins: names are in modified UTF-7, quoted strings are ASCII.
    pub const REV1: Self = Self { utf8: false };
    /// With UTF-8.
    pub const UTF8: Self = Self { utf8: true };
}
