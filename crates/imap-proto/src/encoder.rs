//! Writing commands and responses.

use std::ops::Range;

use bytes::{Bytes, BytesMut};
use smallvec::SmallVec;
use wire_core::Secret;

use crate::{
    Dialect, MailboxName,
    chars::{self, ASTRING, ATOM},
};

/// How literals may be sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Literals {
    /// A client waits for the server before each (RFC 9051 section 4.3).
    #[default]
    Synchronizing,
    /// Up to 4096 octets without waiting: LITERAL- (RFC 7888 section 5), IMAP4rev2.
    Minus,
    /// Without waiting: LITERAL+ (RFC 7888 section 4).
    Plus,
    /// As servers send them: nobody waits.
    Server,
}

/// A command or response being written: text, and where the writer has to wait.
///
/// Everything that gets in is validated, so nothing can leave its place: a string that cannot be quoted becomes a literal.
#[derive(Debug)]
pub struct Encoder {
    out: BytesMut,
    literals: Literals,
    dialect: Dialect,
    /// Behind these octets the server's continuation has to be waited for.
    waits: SmallVec<[usize; 4]>,
    secrets: SmallVec<[Range<usize>; 2]>,
}

/// The most octets of a literal that LITERAL- lets go without waiting (RFC 7888 section 5).
const MINUS: usize = 4096;

/// A string up to here is quoted if it can be; beyond it is a literal, for lines have limits (RFC 7162 section 4).
const QUOTED_MOST: usize = 1000;

impl Encoder {
    /// An encoder.
    pub fn new(literals: Literals, dialect: Dialect) -> Self {
        Self { out: BytesMut::new(), literals, dialect, waits: SmallVec::new(), secrets: SmallVec::new() }
    }

    /// For values that are shown.
    pub(crate) fn for_text() -> Self {
        Self::new(Literals::Server, Dialect::UTF8)
    }

    /// What was written.
    pub fn text(&self) -> &[u8] {
        &self.out
    }

    /// Whether nothing was written.
    pub fn is_empty(&self) -> bool {
        self.out.is_empty()
    }

    /// How names and strings are written.
    pub const fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// What was written, in pieces: a client sends one, waits for `+`, and sends the next.
    ///
    /// # Example
    ///
    /// ```
    /// use imap_proto::{Command, Dialect, Encoder, Literals, Tag};
    ///
    /// let command = Command::login("jörg", "tanstaaf").unwrap();
    /// let mut encoder = Encoder::new(Literals::Synchronizing, Dialect::REV1);
    /// command.encode(&Tag::try_from("A1").unwrap(), &mut encoder);
    /// let pieces: Vec<_> = encoder.into_pieces().map(|piece| (piece.octets, piece.waits)).collect();
    /// assert_eq!(pieces[0], ("A1 LOGIN {5}\r\n".into(), true));
    /// assert_eq!(pieces[1].0, "jörg \"");
    /// assert_eq!(pieces[2].0, "tanstaaf");
    /// ```
    pub fn into_pieces(self) -> impl Iterator<Item = Piece> {
        let mut bounds: SmallVec<[usize; 8]> = self.waits.iter().copied().collect();
        bounds.extend(self.secrets.iter().flat_map(|secret| [secret.start, secret.end]));
        bounds.push(self.out.len());
        bounds.sort_unstable();
        bounds.dedup();
        let whole = self.out.freeze();
        let mut start = 0;
        bounds.into_iter().filter_map(move |end| {
            let octets = whole.slice(start.min(end)..end);
            let piece = Piece {
                octets,
                waits: self.waits.contains(&end),
                secret: self.secrets.iter().any(|secret| secret.start <= start && end <= secret.end),
            };
            start = end;
            (!piece.octets.is_empty()).then_some(piece)
        })
    }

    /// Octets that are known to be right where they go.
    pub(crate) fn octets(&mut self, octets: &[u8]) {
        self.out.extend_from_slice(octets);
    }

    pub(crate) fn space(&mut self) {
        self.out.extend_from_slice(b" ");
    }

    pub(crate) fn crlf(&mut self) {
        self.out.extend_from_slice(b"\r\n");
    }

    pub(crate) fn number(&mut self, number: u64) {
        let mut digits = [0_u8; 20];
        let mut rest = number;
        let mut start = digits.len();
        for (at, slot) in digits.iter_mut().enumerate().rev() {
            *slot = b'0' + u8::try_from(rest % 10).unwrap_or(0);
            rest /= 10;
            start = at;
            if rest == 0 {
                break;
            }
        }
        self.out.extend_from_slice(digits.get(start..).unwrap_or_default());
    }

    /// A quoted string, or a literal if it cannot be one.
    pub(crate) fn string(&mut self, octets: &[u8]) {
        if self.can_quote(octets) { self.quoted(octets) } else { self.literal(octets) }
    }

    fn can_quote(&self, octets: &[u8]) -> bool {
        octets.len() <= QUOTED_MOST
            && if octets.is_ascii() {
                !octets.iter().any(|octet| matches!(octet, b'\r' | b'\n' | 0))
            } else {
                self.dialect.utf8
                    && str::from_utf8(octets).is_ok_and(|text| !text.contains(['\r', '\n', '\0']))
            }
    }

    /// Only for octets that can be quoted.
    fn quoted(&mut self, octets: &[u8]) {
        self.octets(b"\"");
        let mut rest = octets;
        while let Some(at) = memchr::memchr2(b'"', b'\\', rest) {
            let (plain, special) = rest.split_at_checked(at).unwrap_or((rest, b""));
            self.out.extend_from_slice(plain);
            self.out.extend_from_slice(b"\\");
            self.out.extend_from_slice(special.get(..1).unwrap_or_default());
            rest = special.get(1..).unwrap_or_default();
        }
        self.out.extend_from_slice(rest);
        self.octets(b"\"");
    }

    /// Announces a literal of so many octets, which are what comes next.
    pub(crate) fn announce(&mut self, octets: u64, literal8: bool) {
        if literal8 {
            self.octets(b"~");
        }
        self.octets(b"{");
        self.number(octets);
        let waits = match self.literals {
            Literals::Synchronizing => true,
            Literals::Minus => octets > MINUS as u64,
            Literals::Plus | Literals::Server => false,
        };
        if !waits && self.literals != Literals::Server {
            self.octets(b"+");
        }
        self.octets(b"}\r\n");
        if waits {
            self.waits.push(self.out.len());
        }
    }

    pub(crate) fn literal(&mut self, octets: &[u8]) {
        // Only what was received can hold NUL, and only a literal8 can say it.
        self.announce(octets.len() as u64, memchr::memchr(0, octets).is_some());
        self.octets(octets);
    }

    pub(crate) fn nstring(&mut self, octets: Option<&[u8]>) {
        match octets {
            Some(octets) => self.string(octets),
            None => self.octets(b"NIL"),
        }
    }

    /// An atom if it can be one, else a string.
    pub(crate) fn astring(&mut self, octets: &[u8]) {
        let is_atom = !octets.is_empty()
            && octets.len() <= QUOTED_MOST
            && chars::foreign(octets, ASTRING).is_none()
            && !octets.eq_ignore_ascii_case(b"NIL");
        if is_atom { self.octets(octets) } else { self.string(octets) }
    }

    pub(crate) fn mailbox(&mut self, name: &MailboxName) {
        let wire = name.to_wire(self.dialect);
        self.astring(&wire);
    }

    /// A pattern of LIST, whose wildcards need no quotes but are safe in them.
    pub(crate) fn list_mailbox(&mut self, octets: &[u8]) {
        self.string(octets);
    }

    /// A string that no log may show.
    pub(crate) fn secret(&mut self, secret: &Secret) {
        let octets = secret.expose();
        if self.can_quote(octets) {
            self.octets(b"\"");
            let start = self.out.len();
            for octet in octets {
                if matches!(octet, b'"' | b'\\') {
                    self.octets(b"\\");
                }
                self.octets(&[*octet]);
            }
            self.secrets.push(start..self.out.len());
            self.octets(b"\"");
        } else {
            self.announce(octets.len() as u64, false);
            let start = self.out.len();
            self.octets(octets);
            self.secrets.push(start..self.out.len());
        }
    }

    /// Octets that no log may show, as they are.
    pub(crate) fn secret_octets(&mut self, octets: &[u8]) {
        let start = self.out.len();
        self.octets(octets);
        self.secrets.push(start..self.out.len());
    }

    /// What each element is written by, with spaces between.
    pub(crate) fn joined<T>(
        &mut self,
        items: impl IntoIterator<Item = T>,
        mut write: impl FnMut(&mut Self, T),
    ) {
        for (index, item) in items.into_iter().enumerate() {
            if index > 0 {
                self.space();
            }
            write(self, item);
        }
    }

    /// The same in parentheses.
    pub(crate) fn list<T>(&mut self, items: impl IntoIterator<Item = T>, write: impl FnMut(&mut Self, T)) {
        self.octets(b"(");
        self.joined(items, write);
        self.octets(b")");
    }

    /// Text behind a status: what cannot stand there is left out.
    pub(crate) fn human(&mut self, octets: &[u8]) {
        for octet in octets {
            match octet {
                b'\r' | b'\n' | 0 => self.octets(b" "),
                _ => self.octets(&[*octet]),
            }
        }
    }

    /// Whether octets are an atom.
    pub(crate) fn is_atom(octets: &[u8]) -> bool {
        !octets.is_empty() && chars::foreign(octets, ATOM).is_none()
    }
}

/// A piece of what an [`Encoder`] has written.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Piece {
    /// The octets.
    pub octets: Bytes,
    /// Whether the server has to be waited for behind them.
    pub waits: bool,
    /// Whether they are a credential.
    pub secret: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(literals: Literals, dialect: Dialect, write: impl FnOnce(&mut Encoder)) -> String {
        let mut encoder = Encoder::new(literals, dialect);
        write(&mut encoder);
        String::from_utf8(encoder.text().to_vec()).unwrap()
    }

    #[test]
    fn a_string_is_what_it_can_be() {
        let string = |octets: &str, dialect| {
            written(Literals::Plus, dialect, |encoder| encoder.string(octets.as_bytes()))
        };
        assert_eq!(string("a b", Dialect::REV1), "\"a b\"");
        assert_eq!(string(r#"a"b\"#, Dialect::REV1), r#""a\"b\\""#);
        assert_eq!(string("ü", Dialect::REV1), "{2+}\r\nü");
        assert_eq!(string("ü", Dialect::UTF8), "\"ü\"");
        assert_eq!(string("a\r\nb", Dialect::UTF8), "{4+}\r\na\r\nb");
        assert_eq!(string("", Dialect::REV1), "\"\"");
        assert_eq!(string(&"x".repeat(1001), Dialect::REV1).len(), 1001 + 9);
    }

    #[test]
    fn what_looks_like_nil_is_quoted() {
        let astring = |octets: &str| {
            written(Literals::Plus, Dialect::REV1, |encoder| encoder.astring(octets.as_bytes()))
        };
        assert_eq!(astring("nil"), "\"nil\"");
        assert_eq!(astring("NILS"), "NILS");
        assert_eq!(astring(""), "\"\"");
        assert_eq!(astring("a]b"), "a]b");
        assert_eq!(astring("a(b"), "\"a(b\"");
    }

    #[test]
    fn who_waits_where() {
        let pieces = |literals, octets: usize| {
            let mut encoder = Encoder::new(literals, Dialect::REV1);
            encoder.literal(&vec![b'\n'; octets]);
            encoder.crlf();
            encoder.into_pieces().map(|piece| piece.waits).collect::<Vec<_>>()
        };
        assert_eq!(pieces(Literals::Synchronizing, 3), [true, false]);
        assert_eq!(pieces(Literals::Minus, 4096), [false]);
        assert_eq!(pieces(Literals::Minus, 4097), [true, false]);
        assert_eq!(pieces(Literals::Plus, 5000), [false]);
        assert_eq!(pieces(Literals::Server, 5000), [false]);
    }

    #[test]
    fn numbers() {
        for number in [0, 7, 10, 4_294_967_295, u64::MAX] {
            assert_eq!(
                written(Literals::Server, Dialect::REV1, |encoder| encoder.number(number)),
                number.to_string()
            );
        }
    }
}
