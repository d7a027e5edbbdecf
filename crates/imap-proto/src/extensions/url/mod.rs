//! URLs of mailboxes and messages (RFC 5092).

mod read;
#[cfg(test)]
mod tests;

use std::fmt;
use std::net::Ipv6Addr;
use std::num::NonZeroU64;

use crate::{
    Atom, DateTime, Encoder, InvalidOctet, MailboxName, ParseError, Section, Text, Uid, UidValidity,
    extensions::urlauth::UrlMechanism,
};

/// An `imap` URL: a server, a mailbox, messages that a search finds, a message or a part of one.
///
/// It comes from anywhere, most often from somebody else: who follows one asks before a password is given to its server
/// (RFC 5092 section 3.2). References relative to a path are neither read nor written, as RFC 5092 section 7.2 demands.
///
/// # Example
///
/// ```
/// use imap_proto::extensions::url::{ImapUrl, UrlTarget};
///
/// let url = ImapUrl::parse("imap://joe;AUTH=*@example.org:1143/Entw%C3%BCrfe;UIDVALIDITY=3/;UID=20/;SECTION=1.2").unwrap();
/// let server = url.server.as_ref().unwrap();
/// assert_eq!((server.host(), server.port()), ("example.org", Some(1143)));
/// let mailbox = url.mailbox.as_ref().unwrap();
/// assert_eq!(mailbox.name().as_str(), Some("Entwürfe"));
/// let UrlTarget::Message(message) = &mailbox.target else { panic!() };
/// assert_eq!((message.uid.get(), message.section.as_ref().unwrap().to_string()), (20, "1.2".to_owned()));
/// assert_eq!(
///     url.to_string(),
///     "imap://joe;AUTH=*@example.org:1143/Entw%C3%BCrfe;UIDVALIDITY=3/;UID=20/;SECTION=1.2"
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs)] // what the grammar has
pub struct ImapUrl {
    /// Which server; `None` for a reference that begins with a slash: that of the URL it is relative to.
    pub server: Option<UrlServer>,
    /// Which mailbox; `None` for the server as a whole.
    pub mailbox: Option<UrlMailbox>,
}

/// The server of a URL, and as whom (RFC 5092 section 3).
///
/// ```abnf
/// iserver   = [iuserinfo "@"] host [ ":" port ]
/// iuserinfo = enc-user [iauth] / [enc-user] iauth
/// iauth     = ";AUTH=" ( "*" / enc-auth-type )
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UrlServer {
    network: bool,
    user: Option<Text>,
    auth: Option<UrlAuth>,
    host: Box<str>,
    port: Option<u16>,
}

/// By which mechanism a URL wants its user to be authenticated.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums)] // the grammar has two
pub enum UrlAuth {
    /// `*`: any.
    Any,
    /// This one.
    Mechanism(Atom),
}

/// A mailbox of a URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UrlMailbox {
    name: MailboxName,
    /// With another UIDVALIDITY the URL is stale (RFC 5092 section 5).
    pub uid_validity: Option<UidValidity>,
    /// What of it.
    pub target: UrlTarget,
}

/// What of a mailbox a URL is about.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums)] // the grammar has three
pub enum UrlTarget {
    /// All of it.
    All,
    /// What a search finds: the arguments of SEARCH as they stand (RFC 5092 section 5). Nothing says that they are any.
    Search(Text),
    /// A message (RFC 5092 section 6).
    Message(UrlMessage),
}

/// A message of a URL, or a part of it (RFC 5092 section 6).
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs)] // what the grammar has
pub struct UrlMessage {
    /// Which message.
    pub uid: Uid,
    /// Which part; `None` for all of it.
    pub section: Option<Section>,
    /// Which octets of that: where they begin, and how many there are.
    pub partial: Option<(u64, Option<NonZeroU64>)>,
    /// Who may have it (RFC 5092 section 6.1).
    pub authorization: Option<UrlAuthorization>,
}

/// Who may use a URL (RFC 5092 section 6.1.2).
///
/// ```abnf
/// iurlauth      = iurlauth-rump iua-verifier
/// iua-verifier  = ":" uauth-mechanism ":" enc-urlauth
/// iurlauth-rump = [expire] ";URLAUTH=" access
/// expire        = ";EXPIRE=" date-time
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs)] // what the grammar has
pub struct UrlAuthorization {
    /// When it ends.
    pub expires: Option<DateTime>,
    /// Who may.
    pub access: UrlAccess,
    /// What proves it; `None` in a URL that is to be authorized.
    pub token: Option<UrlToken>,
}

/// Who may use a URL (RFC 5092 section 6.1.2).
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums)] // the grammar has four
pub enum UrlAccess {
    /// A submission server, for this user.
    Submit(Text),
    /// This user.
    User(Text),
    /// Every user but the anonymous.
    AuthUser,
    /// Everybody.
    Anonymous,
}

/// What proves that a server authorized a URL: as good as a password for what it is about. [`Debug`](fmt::Debug) does not show
/// it.
#[derive(Clone, PartialEq, Eq)]
pub struct UrlToken {
    mechanism: UrlMechanism,
    token: Box<str>,
}

impl UrlToken {
    /// A token of a mechanism: 32 hexadecimal digits or more.
    ///
    /// # Errors
    ///
    /// If it is none.
    pub fn new(mechanism: UrlMechanism, token: &str) -> Result<Self, InvalidOctet> {
        match token.bytes().enumerate().find(|(_, octet)| !octet.is_ascii_hexdigit()) {
            Some((at, octet)) => Err(InvalidOctet::new(at, octet)),
            None if token.len() < 32 => Err(InvalidOctet::missing(token.len())),
            None => Ok(Self { mechanism, token: token.into() }),
        }
    }

    /// The mechanism.
    pub const fn mechanism(&self) -> &UrlMechanism {
        &self.mechanism
    }

    /// The digits.
    pub fn expose(&self) -> &str {
        &self.token
    }
}

impl fmt::Debug for UrlToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UrlToken({}, ..)", self.mechanism)
    }
}

impl UrlServer {
    /// A host: a name, an IPv4 address, or an IPv6 address in brackets.
    ///
    /// # Errors
    ///
    /// If it is none. Percent-encoding is not understood in names of hosts.
    pub fn new(host: &str) -> Result<Self, InvalidOctet> {
        if let Some(address) = host.strip_prefix('[') {
            let address = address.strip_suffix(']').ok_or(InvalidOctet::missing(host.len()))?;
            if address.parse::<Ipv6Addr>().is_err() {
                return Err(InvalidOctet::missing(1));
            }
        } else if host.is_empty() {
            return Err(InvalidOctet::missing(0));
        } else if let Some((at, octet)) = host.bytes().enumerate().find(|&(_, octet)| !is_unreserved(octet)) {
            return Err(InvalidOctet::new(at, octet));
        }
        Ok(Self { network: false, user: None, auth: None, host: host.into(), port: None })
    }

    /// At another port than 143.
    #[must_use]
    pub const fn with_port(mut self, port: u16) -> Self {
        self.port = Some(port);
        self
    }

    /// As this user, in whose names of mailboxes those of the URL are (RFC 5092 section 3.1).
    ///
    /// # Errors
    ///
    /// If the name is empty or holds control characters.
    pub fn with_user(mut self, user: &str) -> Result<Self, InvalidOctet> {
        self.user = Some(identity(user)?);
        Ok(self)
    }

    /// Authenticated by this.
    #[must_use]
    pub fn with_auth(mut self, auth: UrlAuth) -> Self {
        self.auth = Some(auth);
        self
    }

    /// Without `imap:`, relative to a URL that has it (RFC 5092 section 7).
    #[must_use]
    pub const fn as_network_path(mut self) -> Self {
        self.network = true;
        self
    }

    /// The user.
    pub const fn user(&self) -> Option<&Text> {
        self.user.as_ref()
    }

    /// How the user is authenticated.
    pub const fn auth(&self) -> Option<&UrlAuth> {
        self.auth.as_ref()
    }

    /// The host, as it is written.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port; `None` for 143.
    pub const fn port(&self) -> Option<u16> {
        self.port
    }
}

impl UrlMailbox {
    /// A mailbox, all of it; `None` for a name that is empty or [no text](MailboxName::as_str), which no URL has.
    pub fn new(name: MailboxName) -> Option<Self> {
        let text = !name.is_empty() && name.as_str().is_some();
        text.then_some(Self { name, uid_validity: None, target: UrlTarget::All })
    }

    /// Its name.
    pub const fn name(&self) -> &MailboxName {
        &self.name
    }
}

/// A user in a URL.
fn identity(user: &str) -> Result<Text, InvalidOctet> {
    if user.is_empty() {
        return Err(InvalidOctet::missing(0));
    }
    match user.char_indices().find(|(_, character)| character.is_control()) {
        Some((at, _)) => Err(InvalidOctet::new(at, user.as_bytes().get(at).copied().unwrap_or(0))),
        None => Text::try_from(user),
    }
}

/// `unreserved` (RFC 3986 section 2.3).
const fn is_unreserved(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'.' | b'_' | b'~')
}

/// `sub-delims-sh` but `+`, which some take for a space.
const fn is_plain(octet: u8) -> bool {
    is_unreserved(octet) || matches!(octet, b'!' | b'$' | b'\'' | b'(' | b')' | b'*' | b',')
}

impl ImapUrl {
    /// Reads a URL, all of the text.
    ///
    /// ```abnf
    /// imapurl       = "imap://" iserver ["/" [ icommand ]]
    /// inetwork-path = "//" iserver ["/" [ icommand ]]
    /// iabsolute-path = "/" [ icommand ]
    /// icommand      = imessagelist / imessagepart [iurlauth]
    /// imessagelist  = enc-mailbox [uidvalidity] [ "?" enc-search ]
    /// imessagepart  = enc-mailbox [uidvalidity] iuid [isection] [ipartial]
    /// ```
    ///
    /// # Errors
    ///
    /// [`ParseError`] says what is wrong; where is only told as far as the path.
    pub fn parse(url: &str) -> Result<Self, ParseError> {
        read::url(url)
    }

    /// Takes apart a URL with a token: what was authorized, octet by octet, and the token. `None` if there is none.
    ///
    /// A server computes the token of what comes first and compares them (RFC 4467 section 6); nothing of it may be decoded
    /// before.
    ///
    /// ```
    /// use imap_proto::extensions::url::ImapUrl;
    ///
    /// let url = "imap://joe@example.com/INBOX/;uid=20;urlauth=anonymous:internal:91354a473744909de610943775f92038";
    /// let (rump, token) = ImapUrl::split_token(url).unwrap();
    /// assert_eq!(rump, "imap://joe@example.com/INBOX/;uid=20;urlauth=anonymous");
    /// assert_eq!(token.expose(), "91354a473744909de610943775f92038");
    /// ```
    pub fn split_token(url: &str) -> Option<(&str, UrlToken)> {
        let (rest, token) = url.rsplit_once(':')?;
        let (rump, mechanism) = rest.rsplit_once(':')?;
        let (_, last) = rump.rsplit_once(';')?;
        last.get(..8).filter(|name| name.eq_ignore_ascii_case("URLAUTH="))?;
        Some((rump, UrlToken::new(UrlMechanism::try_from(mechanism).ok()?, token).ok()?))
    }
}

/// With percent-encoding for all but what `plain` is.
fn encoded(octets: &[u8], plain: fn(u8) -> bool, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for &octet in octets {
        if plain(octet) { write!(f, "{}", char::from(octet))? } else { write!(f, "%{octet:02X}")? }
    }
    Ok(())
}

/// The URL, its token included: what is shown may be used.
impl fmt::Display for ImapUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(server) = &self.server {
            server.fmt(f)?;
        }
        match &self.mailbox {
            None if self.server.is_some() => Ok(()),
            None => f.write_str("/"),
            Some(mailbox) => mailbox.fmt(f),
        }
    }
}

impl fmt::Display for UrlServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.network { "//" } else { "imap://" })?;
        if let Some(user) = &self.user {
            encoded(user.as_bytes(), is_plain, f)?;
        }
        match &self.auth {
            None => {}
            Some(UrlAuth::Any) => f.write_str(";AUTH=*")?,
            Some(UrlAuth::Mechanism(mechanism)) => {
                f.write_str(";AUTH=")?;
                // `*` alone would be any
                encoded(mechanism.as_bytes(), is_unreserved, f)?;
            }
        }
        if self.user.is_some() || self.auth.is_some() {
            f.write_str("@")?;
        }
        f.write_str(&self.host)?;
        self.port.map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

/// From its slash on.
impl fmt::Display for UrlMailbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut octets = &self.name.as_bytes()[..];
        f.write_str("/")?;
        // RFC 5092 section 7.1: a slash at the beginning is encoded, and so is one that would belong to what follows
        let follows = self.uid_validity.is_none() && matches!(self.target, UrlTarget::Message(_));
        if let Some(rest) = octets.strip_prefix(b"/") {
            f.write_str("%2F")?;
            octets = rest;
        }
        let (octets, last) = match octets.strip_suffix(b"/").filter(|_| follows) {
            Some(octets) => (octets, true),
            None => (octets, false),
        };
        for (index, segment) in octets.split(|&octet| octet == b'/').enumerate() {
            if index > 0 {
                f.write_str("/")?;
            }
            // RFC 5092 section 7: a segment of dots alone is encoded
            let plain = if matches!(segment, b"." | b"..") { |_| false } else { is_plain };
            encoded(segment, plain, f)?;
        }
        if last {
            f.write_str("%2F")?;
        }
        if let Some(validity) = self.uid_validity {
            write!(f, ";UIDVALIDITY={validity}")?;
        }
        match &self.target {
            UrlTarget::All => Ok(()),
            UrlTarget::Search(search) if search.is_empty() => Ok(()),
            UrlTarget::Search(search) => {
                f.write_str("?")?;
                encoded(search.as_bytes(), is_plain, f)
            }
            UrlTarget::Message(message) => message.fmt(f),
        }
    }
}

impl fmt::Display for UrlMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "/;UID={}", self.uid)?;
        if let Some(section) = &self.section {
            let mut encoder = Encoder::for_text();
            section.encode(&mut encoder);
            let text = encoder.text();
            f.write_str("/;SECTION=")?;
            encoded(text.get(1..text.len().saturating_sub(1)).unwrap_or_default(), is_plain, f)?;
        }
        if let Some((offset, length)) = self.partial {
            write!(f, "/;PARTIAL={offset}")?;
            if let Some(length) = length {
                write!(f, ".{length}")?;
            }
        }
        let Some(authorization) = &self.authorization else { return Ok(()) };
        if let Some(expires) = authorization.expires {
            // RFC 3339 section 5.6 has zones up to 23:59, IMAP more
            let day = 24 * 60;
            let far = expires.zone().unsigned_abs() >= day;
            let expires =
                if far { DateTime::from_unix(expires.unix(), 0).unwrap_or(expires) } else { expires };
            let (date, (hour, minute, second), zone) = (expires.date(), expires.time(), expires.zone());
            let (sign, minutes) = (if zone < 0 { '-' } else { '+' }, zone.unsigned_abs());
            write!(f, ";EXPIRE={:04}-{:02}-{:02}", date.year(), date.month(), date.day())?;
            write!(f, "T{hour:02}:{minute:02}:{second:02}{sign}{:02}:{:02}", minutes / 60, minutes % 60)?;
        }
        f.write_str(";URLAUTH=")?;
        match &authorization.access {
            UrlAccess::AuthUser => f.write_str("authuser")?,
            UrlAccess::Anonymous => f.write_str("anonymous")?,
            UrlAccess::Submit(user) | UrlAccess::User(user) => {
                let submit = matches!(authorization.access, UrlAccess::Submit(_));
                f.write_str(if submit { "submit+" } else { "user+" })?;
                encoded(user.as_bytes(), is_plain, f)?;
            }
        }
        match &authorization.token {
            Some(token) => write!(f, ":{}:{}", token.mechanism, token.token),
            None => Ok(()),
        }
    }
}

impl std::str::FromStr for ImapUrl {
    type Err = ParseError;

    fn from_str(url: &str) -> Result<Self, ParseError> {
        Self::parse(url)
    }
}
