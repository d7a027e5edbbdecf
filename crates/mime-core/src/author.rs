//! Who wrote a message, if there is no doubt.

use crate::{AddrSpec, AddressList, AddressRef, Config, Defect, Mailbox};

/// The author of a message: the one mailbox of the one From field.
///
/// From [`authenticated_author`].
///
/// # Example
///
/// ```
/// use mime_core::{Config, DefectKind, authenticated_author};
///
/// let from: [&[u8]; 1] = [b" \"ceo@example.com\" <joe@example.org>"];
/// let author = authenticated_author(from, false, &Config::new())?;
/// assert_eq!((author.address().to_string(), author.domain()), ("joe@example.org".to_owned(), "example.org"));
/// assert_eq!(author.defects[0].kind, DefectKind::DisplayNameAddress);
/// # Ok::<(), mime_core::AuthorError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Author {
    /// The mailbox. Its name is what the sender likes to be called, and proves nothing.
    pub mailbox: Mailbox,
    /// What is wrong with the field, though there is no doubt about the address: a name that holds another address,
    /// scripts that are mixed. Spans count from the start of its value.
    pub defects: Vec<Defect>,
}

impl Author {
    /// The address.
    pub fn address(&self) -> &AddrSpec {
        self.mailbox.address()
    }

    /// The domain of the address: what DMARC aligns with (RFC 7489 section 3.1).
    pub fn domain(&self) -> &str {
        self.mailbox.address().domain()
    }
}

/// Why there is no author that could be relied on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum AuthorError {
    /// No From field. Sender and Resent-From are no substitute.
    #[error("no From field")]
    Missing,
    /// Several From fields (RFC 5322 section 3.6 allows one).
    #[error("several From fields")]
    DuplicateFrom,
    /// The header can be read in several ways, so another From field may be seen by others.
    #[error("the header is ambiguous")]
    AmbiguousHeader,
    /// Several mailboxes (RFC 5322 section 3.6.2 allows them, with a Sender field).
    #[error("several authors")]
    MultipleAuthors,
    /// A group (RFC 6854 section 2 allows it).
    #[error("a group as author")]
    GroupAuthor,
    /// No address, or several readings of what stands there.
    #[error("the author cannot be understood")]
    Unparsable,
    /// The domain is neither a name nor a literal, or not of letters, digits and hyphens.
    #[error("the domain of the author is none")]
    InvalidDomain,
}

/// The author of a message for whatever decides by it: DMARC, signatures, a mark of trust beside a name.
///
/// The fields are the raw values of all From fields of the header. `ambiguous` says whether the header itself can be
/// read in several ways: folded field names, lines that are no fields, stray NUL or CR.
///
/// There is an author if there is one From field with one mailbox outside of any group, written such that every program
/// understands the same address. Everything else is refused, as DMARC (RFC 7489 section 6.6.1) suggests; that such a
/// message can still be shown is another matter.
///
/// # Errors
///
/// [`AuthorError`] says why there is none.
///
/// # Example
///
/// ```
/// use mime_core::{AuthorError, Config, authenticated_author};
///
/// let config = Config::new();
/// let from: [&[u8]; 1] = [b" Pete <pete@silly.example>"];
/// assert_eq!(authenticated_author(from, false, &config)?.domain(), "silly.example");
///
/// let two: [&[u8]; 1] = [b" admin@legit.example, <second@attack.example>"];
/// assert_eq!(authenticated_author(two, false, &config), Err(AuthorError::MultipleAuthors));
/// # Ok::<(), AuthorError>(())
/// ```
pub fn authenticated_author<'a>(
    from_fields: impl IntoIterator<Item = &'a [u8]>,
    ambiguous: bool,
    config: &Config,
) -> Result<Author, AuthorError> {
    let mut fields = from_fields.into_iter();
    let field = match (fields.next(), fields.next()) {
        (_, Some(_)) => return Err(AuthorError::DuplicateFrom),
        // a header that can be read otherwise may have a From field for others
        (_, None) if ambiguous => return Err(AuthorError::AmbiguousHeader),
        (None, None) => return Err(AuthorError::Missing),
        (Some(field), None) => field,
    };
    let mut defects = Vec::new();
    let mut list = AddressList::parse(field, config, &mut defects);
    let mut author = None;
    for address in list.by_ref() {
        match address {
            AddressRef::GroupStart(_) | AddressRef::GroupEnd => return Err(AuthorError::GroupAuthor),
            AddressRef::Mailbox(_) if author.is_some() => return Err(AuthorError::MultipleAuthors),
            AddressRef::Mailbox(mailbox) => author = Some(mailbox),
        }
    }
    let ambiguous = list.is_ambiguous() || field.iter().any(|octet| is_control(*octet));
    let author = author.ok_or(AuthorError::Unparsable)?;
    if !is_host(&author.domain()) && !author.domain().is_empty() {
        return Err(AuthorError::InvalidDomain);
    }
    let mailbox = author.to_mailbox().filter(|_| !ambiguous).ok_or(AuthorError::Unparsable)?;
    Ok(Author { mailbox, defects })
}

/// Whether a domain is a literal, or a name of letters, digits and hyphens, of whatever script.
fn is_host(domain: &str) -> bool {
    if domain.starts_with('[') {
        return domain.is_ascii();
    }
    domain.split('.').all(|label| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|char| char.is_alphanumeric() || matches!(char, '-' | '_') || is_mark(char))
    })
}

/// Marks that letters carry: enough of them for the names of hosts.
fn is_mark(char: char) -> bool {
    matches!(char, '\u{300}'..='\u{36F}' | '\u{591}'..='\u{5C7}' | '\u{610}'..='\u{61A}' | '\u{64B}'..='\u{65F}')
        || matches!(char, '\u{900}'..='\u{DFF}' | '\u{E31}'..='\u{E4E}' | '\u{200C}' | '\u{200D}' | '\u{3099}' | '\u{309A}')
}

fn is_control(octet: u8) -> bool {
    octet.is_ascii_control() && !matches!(octet, b'\t' | b'\r' | b'\n')
}
