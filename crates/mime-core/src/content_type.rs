//! Content-Type (RFC 2045 section 5).

use std::borrow::Cow;

use crate::{
    Charset, Config, DefectKind, Params, Report,
    encoded_word::is_white,
    params::{
        List,
        lexer::{ENDS_TYPE, ENDS_WORD, Lexer, is_token},
    },
};

/// What a part is, as far as reading a message needs to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MediaKind {
    /// text (RFC 2046 section 4.1)
    Text,
    /// multipart (RFC 2046 section 5.1)
    Multipart,
    /// message (RFC 2046 section 5.2)
    Message,
    /// Anything else.
    Other,
}

impl MediaKind {
    /// The kind of the value of a Content-Type field, from its first octets, without parsing it.
    ///
    /// The same as [`ContentType::kind`], except that a value that begins with a comment or a quote is
    /// [`Other`](Self::Other).
    ///
    /// # Example
    ///
    /// ```
    /// use mime_core::MediaKind;
    ///
    /// assert_eq!(MediaKind::of(b" Multipart/mixed; boundary=x"), MediaKind::Multipart);
    /// assert_eq!(MediaKind::of(b"application/pdf"), MediaKind::Other);
    /// ```
    pub fn of(value: &[u8]) -> Self {
        let start = value.iter().position(|&octet| !is_white(octet)).unwrap_or(value.len());
        let value = value.get(start..).unwrap_or_default();
        // With the bit of lower case set, nothing but a letter is that letter.
        const LOWER: u32 = 0x2020_2020;
        let four = |at: usize| {
            value
                .get(at..)
                .and_then(<[u8]>::first_chunk)
                .map_or([0; 4], |word| (u32::from_le_bytes(*word) | LOWER).to_le_bytes())
        };
        let (length, kind) = match &four(0) {
            b"text" => (4, Self::Text),
            b"mult" if four(4) == *b"ipar" && four(5) == *b"part" => (9, Self::Multipart),
            b"mess" if four(3) == *b"sage" => (7, Self::Message),
            _ => return Self::Other,
        };
        match value.get(length) {
            Some(&next) if next == b'/' || is_white(next) => kind,
            _ => Self::Other,
        }
    }

    fn named(media_type: &[u8]) -> Self {
        match media_type.len() {
            4 if media_type.eq_ignore_ascii_case(b"text") => Self::Text,
            9 if media_type.eq_ignore_ascii_case(b"multipart") => Self::Multipart,
            7 if media_type.eq_ignore_ascii_case(b"message") => Self::Message,
            _ => Self::Other,
        }
    }
}

/// The value of a Content-Type field (RFC 2045 section 5.1).
///
/// ```abnf
/// content := "Content-Type" ":" type "/" subtype *(";" parameter)
/// ```
///
/// It borrows from the value. Parameters are looked up each time: [`param`](Self::param) reads the value again.
///
/// Understood beyond the letter: missing semicolons, values with white space and without quotes, quotes that are not
/// closed or not opened, comments anywhere, white space around the slash and the equals sign, line ends anywhere.
///
/// # Example
///
/// ```
/// use mime_core::{Charset, Config, ContentType};
///
/// let value = b"Text/Plain; charset=iso-8859-1; format=flowed";
/// let content_type = ContentType::parse(value, &Config::new(), &mut ()).unwrap();
/// assert!(content_type.is("text", "plain"));
/// assert_eq!(content_type.essence(), "text/plain");
/// assert_eq!(content_type.charset(), Some(Charset::WINDOWS_1252));
/// assert_eq!(content_type.param("format").as_deref(), Some("flowed"));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct ContentType<'a> {
    media_type: &'a str,
    subtype: &'a str,
    list: List<'a>,
}

impl<'a> ContentType<'a> {
    /// Parses the value of a field, folded as it stands.
    ///
    /// `None` if there is no type and slash in it; [`DefectKind::InvalidContentType`] is reported, and the part is to be
    /// read as if it had none: text/plain (RFC 2045 section 5.2). An empty subtype is kept, and reported.
    pub fn parse(value: &'a [u8], config: &Config, report: &mut impl Report) -> Option<Self> {
        let mut lexer = Lexer { value, at: 0, comment_depth: config.limits.comment_depth, report };
        lexer.skip_cfws();
        let quoted = lexer.peek() == Some(b'"');
        if quoted {
            lexer.at += 1;
        }
        let start = lexer.at;
        let media_type = lexer.take(ENDS_TYPE);
        if lexer.peek() != Some(b'/') {
            lexer.skip_cfws();
        }
        if media_type.is_empty() || lexer.peek() != Some(b'/') {
            let end = lexer.at;
            lexer.report.report(DefectKind::InvalidContentType, start..end);
            return None;
        }
        lexer.at += 1;
        lexer.skip_cfws();
        let subtype = lexer.take(ENDS_WORD);
        let end = lexer.at;
        let (Some(media_type), Some(subtype)) = (word(media_type), word(subtype)) else {
            lexer.report.report(DefectKind::InvalidContentType, start..end);
            return None;
        };
        let sound =
            |word: &str| !word.is_empty() && word.bytes().all(|octet| is_token(octet) && octet < 0x80);
        if !lexer.report.is_ignored() && (quoted || !sound(media_type) || !sound(subtype)) {
            lexer.report.report(DefectKind::InvalidContentType, start..end);
        }
        let at = behind_word(&mut lexer, quoted);
        Some(Self { media_type, subtype, list: List::parse(value, at, config, report) })
    }

    /// The type as it stands: compare it without regard to case, or use [`is`](Self::is).
    pub const fn media_type(&self) -> &'a str {
        self.media_type
    }

    /// The subtype as it stands; may be empty.
    pub const fn subtype(&self) -> &'a str {
        self.subtype
    }

    /// Whether it is this type and subtype, in any case.
    pub fn is(&self, media_type: &str, subtype: &str) -> bool {
        self.media_type.eq_ignore_ascii_case(media_type) && self.subtype.eq_ignore_ascii_case(subtype)
    }

    /// What kind of type it is.
    pub fn kind(&self) -> MediaKind {
        MediaKind::named(self.media_type.as_bytes())
    }

    /// Type and subtype in lower case with a slash between.
    pub fn essence(&self) -> Cow<'a, str> {
        for (known, media_type, subtype) in [
            ("text/plain", "text", "plain"),
            ("text/html", "text", "html"),
            ("multipart/mixed", "multipart", "mixed"),
        ] {
            if self.is(media_type, subtype) {
                return Cow::Borrowed(known);
            }
        }
        let mut essence = String::with_capacity(self.media_type.len() + 1 + self.subtype.len());
        essence.push_str(self.media_type);
        essence.push('/');
        essence.push_str(self.subtype);
        essence.make_ascii_lowercase();
        Cow::Owned(essence)
    }

    /// The value of a parameter: what RFC 2231 makes of it.
    ///
    /// Of several forms the extended one counts (`name*`), then the sections (`name*0`, `name*1`, up to the first gap,
    /// in any order, counted from 0 or 1), then the plain one; of duplicates the first. Encoded words are decoded in
    /// `name` and `filename` only. See [`all`](Self::all) for what others may read.
    ///
    /// # Example
    ///
    /// ```
    /// use mime_core::{Config, ContentType};
    ///
    /// let value = b"application/x-stuff; title*1*=%2A%2A%2Afun%2A%2A%2A%20; title*2=\"isn't it!\";
    ///  title*0*=us-ascii'en'This%20is%20even%20more%20";
    /// let content_type = ContentType::parse(value, &Config::new(), &mut ()).unwrap();
    /// assert_eq!(content_type.param("title").as_deref(), Some("This is even more ***fun*** isn't it!"));
    /// ```
    pub fn param(&self, name: &str) -> Option<Cow<'a, str>> {
        self.list.text(name, &mut ())
    }

    /// The parameters as they stand, in order, duplicates and sections included; at most
    /// [`Limits::params`](crate::Limits::params).
    pub fn params(&self) -> Params<'a> {
        self.list.params()
    }

    /// Everything that a reader might take for the value of a parameter, the most likely first: duplicates, the plain
    /// beside the extended form, what stands before white space, encoded words decoded and not, backslashes kept and
    /// not. More than one means that programs may disagree.
    ///
    /// # Example
    ///
    /// ```
    /// use mime_core::{Config, ContentType};
    ///
    /// let value = b"multipart/mixed; boundary=foo bar; boundary=baz";
    /// let content_type = ContentType::parse(value, &Config::new(), &mut ()).unwrap();
    /// assert_eq!(content_type.all("boundary"), ["foo bar", "foo", "baz"]);
    /// ```
    pub fn all(&self, name: &str) -> Vec<Cow<'a, str>> {
        self.list.all(name)
    }

    /// The charset parameter, if it is there and known (RFC 2046 section 4.1.2).
    pub fn charset(&self) -> Option<Charset> {
        let config = &self.list.config();
        if self.list.is_starred() {
            return Charset::from_label_with(self.param("charset")?.as_bytes(), config);
        }
        Charset::from_label_with(self.list.whole("charset")?.raw(), config)
    }

    /// The boundary parameter (RFC 2046 section 5.1.1): its octets, quoted pairs resolved, white space at the end left
    /// out. It may be empty, or longer than allowed.
    ///
    /// The first plain one counts; without one, what RFC 2231 makes of the others. Encoded words are never decoded.
    pub fn boundary(&self) -> Option<Cow<'a, [u8]>> {
        Some(match self.list.octets("boundary")? {
            Cow::Borrowed(octets) => Cow::Borrowed(octets.trim_ascii_end()),
            Cow::Owned(mut octets) => {
                octets.truncate(octets.trim_ascii_end().len());
                Cow::Owned(octets)
            }
        })
    }

    pub(crate) const fn list(&self) -> &List<'a> {
        &self.list
    }
}

/// A type or subtype as text. Those that most mail has are known to be text.
fn word(octets: &[u8]) -> Option<&str> {
    Some(match octets {
        b"text" => "text",
        b"multipart" => "multipart",
        b"image" => "image",
        b"application" => "application",
        b"plain" => "plain",
        b"html" => "html",
        b"mixed" => "mixed",
        b"alternative" => "alternative",
        b"related" => "related",
        b"png" => "png",
        b"jpeg" => "jpeg",
        b"pdf" => "pdf",
        _ => str::from_utf8(octets).ok()?,
    })
}

/// Where parameters begin; what should separate them from the word before them is reported if it is missing.
pub(crate) fn behind_word<R: Report>(lexer: &mut Lexer<'_, '_, R>, quoted: bool) -> usize {
    if quoted && lexer.peek() == Some(b'"') {
        lexer.at += 1;
    }
    let at = lexer.at;
    lexer.skip_cfws();
    let next = lexer.at;
    if lexer.peek().is_some_and(|octet| octet != b';') {
        lexer.report.report(DefectKind::ParameterForm, at..next);
    }
    next
}
