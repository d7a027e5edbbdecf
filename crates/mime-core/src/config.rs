//! How messages are read, and what one may cost.

use std::borrow::Cow;

use crate::Charset;

/// Bounds on what a message can make a parser hold or do.
///
/// Nothing is cut silently: what stands beyond a bound stays reachable as raw octets, and
/// [`DefectKind::LimitTruncated`](crate::DefectKind::LimitTruncated) says where understanding ended.
///
/// # Memory
///
/// The tree of a [`Message`](crate::Message) costs at most
///
/// ```text
/// parts * 112 + all_fields * 40 + defects * 64 + 2 KiB
/// ```
///
/// octets, 5 MiB by default, beside the octets of the message, which it refers to. For a short message it is less: at most
/// 24 octets for each octet of it, and 64 for each defect. While it grows it may be half as much more. What
/// [`Push`](crate::Push) holds is told there.
///
/// # Example
///
/// ```
/// use mime_core::Limits;
///
/// const SMALL: Limits = Limits::new().parts(100).depth(10);
/// assert_eq!(SMALL.parts, 100);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Parts inside parts: multiparts and messages together; default 50. A part that lies deeper is a leaf: its
    /// content stays raw. Costs one boundary (at most `boundary` octets) each.
    pub depth: u16,
    /// Parts of one message, all levels together; default 10 000. What follows belongs to the last part, raw. A tree
    /// costs about 100 octets each.
    pub parts: u32,
    /// Header fields of one header; default 10 000. What follows is not indexed and changes nothing. A tree costs 20
    /// octets each.
    pub fields: u32,
    /// Header fields of one message, all parts together; default 100 000. What follows is not indexed and changes
    /// nothing.
    pub all_fields: u32,
    /// Octets of one header field, folding included; default 1 MiB. Its value is cut there for every accessor; its raw
    /// octets are whole. In the push parser this many octets are buffered.
    pub field_octets: usize,
    /// Octets of all header fields of one message; default 50 MiB. What follows is not indexed.
    pub header_octets: usize,
    /// Octets of a boundary; default 2048, where RFC 2046 section 5.1.1 allows 70 (longer ones are told as a defect).
    /// A multipart with a longer one is a leaf.
    pub boundary: usize,
    /// Addresses of one field, members of groups included; default 100 000. More are not given.
    pub addresses: usize,
    /// Comments inside comments; default 32. A comment that is deeper ends the understanding of its field.
    pub comment_depth: u16,
    /// Parameters of one field; default 64. More are not given.
    pub params: usize,
    /// Sections of one parameter (RFC 2231 section 3); default 64. The value ends there.
    pub param_sections: usize,
    /// Message identifiers of one field; default 10 000. More are not given.
    pub message_ids: usize,
    /// Defects that are kept for one message; default 1000. More are not, and
    /// [`DefectKind::LimitTruncated`](crate::DefectKind::LimitTruncated), the last, says so.
    pub defects: usize,
}

impl Limits {
    /// The defaults.
    pub const fn new() -> Self {
        Self {
            depth: 50,
            parts: 10_000,
            fields: 10_000,
            all_fields: 100_000,
            field_octets: 1024 * 1024,
            header_octets: 50 * 1024 * 1024,
            boundary: 2048,
            addresses: 100_000,
            comment_depth: 32,
            params: 64,
            param_sections: 64,
            message_ids: 10_000,
            defects: 1000,
        }
    }

    wire_core::__setters! {
        /// Sets [`depth`](Self::depth).
        depth: u16,
        /// Sets [`parts`](Self::parts).
        parts: u32,
        /// Sets [`fields`](Self::fields).
        fields: u32,
        /// Sets [`all_fields`](Self::all_fields).
        all_fields: u32,
        /// Sets [`field_octets`](Self::field_octets).
        field_octets: usize,
        /// Sets [`header_octets`](Self::header_octets).
        header_octets: usize,
        /// Sets [`boundary`](Self::boundary).
        boundary: usize,
        /// Sets [`addresses`](Self::addresses).
        addresses: usize,
        /// Sets [`comment_depth`](Self::comment_depth).
        comment_depth: u16,
        /// Sets [`params`](Self::params).
        params: usize,
        /// Sets [`param_sections`](Self::param_sections).
        param_sections: usize,
        /// Sets [`message_ids`](Self::message_ids).
        message_ids: usize,
        /// Sets [`defects`](Self::defects).
        defects: usize,
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::new()
    }
}

/// How messages are read.
///
/// # Example
///
/// ```
/// use mime_core::{Config, Limits};
///
/// const CONFIG: Config = Config::new().limits(Limits::new().parts(100)).blank_line_ends_header(true);
/// assert!(CONFIG.blank_line_ends_header);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Config {
    /// What a message may cost.
    pub limits: Limits,
    /// Whether a line of nothing but white space ends a header, as if it were empty. Off by default:
    /// RFC 5322 section 4.2 lets such lines belong to a field, and where the header ends decides what a scanner sees.
    pub blank_line_ends_header: bool,
    /// Whether UTF-7 is decoded. Off by default: it hides markup from whoever looks for it, and no mail program of this
    /// century writes it. Text in it is then given as the octets stand, and
    /// [`DefectKind::CharsetUnknown`](crate::DefectKind::CharsetUnknown) is reported.
    pub utf7: bool,
    /// The charset of octets in header fields that are no UTF-8; default `None`, windows-1252.
    ///
    /// RFC 6532 section 3.2 knows UTF-8 only, and nothing in a message says what else it may be. Who knows where the mail
    /// comes from (an archive of one country) sets it; with [`Charset::UTF_8`] each sequence of such octets becomes U+FFFD,
    /// and no wrong letter looks right. [`DefectKind::EightBitHeader`](crate::DefectKind::EightBitHeader) is reported in any
    /// case.
    pub header_charset: Option<Charset>,
}

impl Config {
    /// The defaults.
    pub const fn new() -> Self {
        Self { limits: Limits::new(), blank_line_ends_header: false, utf7: false, header_charset: None }
    }

    wire_core::__setters! {
        /// Sets [`limits`](Self::limits).
        limits: Limits,
        /// Sets [`blank_line_ends_header`](Self::blank_line_ends_header).
        blank_line_ends_header: bool,
        /// Sets [`utf7`](Self::utf7).
        utf7: bool,
        /// Sets [`header_charset`](Self::header_charset).
        header_charset: Option<Charset>,
    }

    /// The text of octets of a header field.
    pub(crate) fn header_text<'a>(&self, octets: &'a [u8]) -> Cow<'a, str> {
        match std::str::from_utf8(octets) {
            Ok(text) => Cow::Borrowed(text),
            Err(_) => self.header_charset.unwrap_or(Charset::WINDOWS_1252).decode(octets).0,
        }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self::new()
    }
}

/// As much of the configuration as those keep that borrow a value and decode it when they are asked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reading {
    header_charset: Option<Charset>,
    pub(crate) comment_depth: u16,
    pub(crate) utf7: bool,
}

impl Reading {
    pub(crate) const fn new(config: &Config) -> Self {
        Self {
            header_charset: config.header_charset,
            comment_depth: config.limits.comment_depth,
            utf7: config.utf7,
        }
    }

    /// The configuration, of limits no others than these.
    pub(crate) const fn config(self) -> Config {
        Config::new()
            .utf7(self.utf7)
            .header_charset(self.header_charset)
            .limits(Limits::new().comment_depth(self.comment_depth))
    }
}
