//! What is wrong with a message.

use std::{fmt, ops::Range};

/// How much a [`Defect`] matters.
///
/// # Example
///
/// ```
/// use mime_core::{DefectKind, Severity};
///
/// assert!(Severity::Lenient < Severity::Ambiguous);
/// let hostile = DefectKind::ALL.iter().filter(|kind| kind.severity() == Severity::Hostile);
/// assert!(hostile.eq(DefectKind::ALL.iter().filter(|kind| kind.severity() > Severity::Ambiguous)));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Severity {
    /// Against the letter, and everybody reads it alike.
    Cosmetic,
    /// Something had to be guessed or left out; readers agree on the guess.
    Lenient,
    /// Other readers understand something else: what one program checks is not what another shows.
    Ambiguous,
    /// Hardly written by accident.
    Hostile,
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident $severity:ident $text:literal,)*) => {
        /// The kinds of [`Defect`], each with its usual [`Severity`].
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum DefectKind { $($(#[$doc])* $name,)* }

        impl DefectKind {
            /// Every kind there is.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// How much a defect of this kind matters.
            pub const fn severity(self) -> Severity {
                match self { $(Self::$name => Severity::$severity,)* }
            }

            /// The name, as the variant is written.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => stringify!($name),)* }
            }

            const fn text(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

kinds! {
    // the header as a whole
    /// A field that may stand once (RFC 5322 section 3.6, RFC 2045 section 3) stands again.
    DuplicateField Ambiguous "a field that may stand only once stands again",
    /// A field without which a message is incomplete is missing (RFC 5322 section 3.6): From or Date.
    MissingField Lenient "a required field is missing",
    /// White space between field name and colon (RFC 5322 section 4.5 knows it as obsolete).
    SpaceBeforeColon Ambiguous "white space before the colon of a field",
    /// NUL in a header.
    NulInHeader Ambiguous "a NUL octet in the header",
    /// A field name that is continued on the next line.
    FoldedFieldName Hostile "a field name is folded",
    /// A field name with octets that no name may have (RFC 5322 section 3.6.8), or an empty one.
    IllegalFieldName Ambiguous "a field name with illegal octets",
    /// A line in the header that is neither field nor continuation (RFC 7103 section 7.2).
    NonHeaderLine Ambiguous "a line of the header is no field",
    /// A header that begins with a continuation line.
    LeadingContinuation Ambiguous "the header begins with a continuation line",
    /// A line of white space inside a header: a continuation by RFC 5322 section 4.2, the end for many.
    BlankContinuation Ambiguous "a line of white space inside the header",
    /// A multipart is closed before its first part: what stands in it is preamble, and readers differ whether it is seen.
    MultipartEmpty Ambiguous "a multipart without parts",
    /// The header has no empty line behind it, though there are octets that are taken for the body.
    MissingSeparator Ambiguous "no empty line between header and body",
    /// The empty line behind the header is not CRLF where the rest is, or stray CR or LF stand before it.
    SeparatorVariant Ambiguous "the line between header and body is not CRLF alone",
    /// CR without LF, in a header or before what would be a delimiter: some readers take it for a line end.
    BareCr Ambiguous "a CR without LF",
    /// LF without CR. Reported once for each header and each body whose structure depends on it.
    BareLf Lenient "a LF without CR",
    /// A line that begins with `From ` before the header, as mbox files have it.
    MboxFromLine Cosmetic "an mbox separator line before the header",
    /// A line of more than 998 octets (RFC 5322 section 2.1.1).
    LongLine Cosmetic "a line of more than 998 octets",
    /// Octets above 127 in a field that are not UTF-8 (RFC 6532 section 3).
    EightBitHeader Lenient "octets that are neither ASCII nor UTF-8 in the header",
    /// The message ends inside its header.
    EndInHeader Lenient "the message ends inside a header",

    // values of fields
    /// A quoted string, comment, angle address or domain literal that is not closed.
    Unclosed Ambiguous "a quoted string, comment, address or literal is not closed",
    /// A comment where tokens stand: legal, and read differently.
    CommentInToken Ambiguous "a comment inside a structured value",
    /// An encoded word where RFC 2047 section 5 forbids it: in a quoted string, an address, a parameter.
    EncodedWordInStructured Ambiguous "an encoded word where none may stand",
    /// An encoded word that cannot be decoded, or not wholly.
    EncodedWordInvalid Lenient "an encoded word that cannot be decoded",
    /// An encoded word of more than 75 octets, or one that touches its neighbour.
    EncodedWordForm Cosmetic "an encoded word of irregular form",
    /// What was decoded holds control characters: CR, LF, NUL and such.
    ControlCharacter Ambiguous "control characters in decoded text",
    /// Characters that reorder the text around them.
    BidiControl Hostile "bidirectional control characters",
    /// A domain or name that mixes scripts, or looks like another.
    ConfusableScript Hostile "scripts are mixed within one label",
    /// A display name that holds an address: people take it for the sender.
    DisplayNameAddress Ambiguous "a display name that looks like an address",
    /// An address that does not follow RFC 5322 section 3.4.1, obsolete syntax included.
    InvalidAddress Lenient "an address that is none",
    /// Obsolete syntax that RFC 5322 section 4 wants accepted: routes, white space around dots, empty list members.
    ObsoleteSyntax Cosmetic "obsolete syntax",
    /// Several addresses where one may stand, or a separator that is none.
    AddressSeparator Lenient "addresses separated by something other than a comma",
    /// Groups inside groups, or a group that is not closed.
    GroupForm Ambiguous "a group of irregular form",
    /// From holds several mailboxes.
    MultipleAuthors Ambiguous "several authors",
    /// From holds a group.
    GroupAuthor Ambiguous "a group as author",
    /// From holds nothing that can be understood.
    AuthorUnparsable Ambiguous "the author cannot be understood",
    /// A date that had to be guessed at.
    DateForm Lenient "a date of irregular form",
    /// A date that cannot be understood.
    InvalidDate Lenient "a date that is none",
    /// A message identifier that does not follow RFC 5322 section 3.6.4.
    InvalidMessageId Lenient "a message identifier of irregular form",
    /// A value that does not follow the grammar of its field.
    InvalidValue Lenient "a value that does not follow its grammar",

    // parameters
    /// A parameter stands twice.
    DuplicateParameter Ambiguous "a parameter stands twice",
    /// The forms of a file name do not agree: `filename`, `filename*`, `name`.
    ConflictingFilename Ambiguous "file names that do not agree",
    /// A parameter without name, value or separator.
    ParameterForm Lenient "a parameter of irregular form",
    /// Sections of a parameter are missing (RFC 2231 section 3).
    Rfc2231Gap Ambiguous "a section of a parameter is missing",
    /// A section of a parameter stands twice, or beside the whole.
    Rfc2231Duplicate Ambiguous "a section of a parameter stands twice",
    /// A section number with a leading zero, or too large.
    Rfc2231Number Ambiguous "a section number of irregular form",
    /// Percent encoding, charset or language of a parameter are not as RFC 2231 section 4 wants them.
    Rfc2231Encoding Lenient "an extended parameter value of irregular form",
    /// A Content-Type that cannot be understood.
    InvalidContentType Ambiguous "a content type that is none",

    // structure
    /// A multipart without boundary parameter.
    BoundaryMissing Ambiguous "a multipart without boundary",
    /// A multipart whose boundary is empty.
    BoundaryEmpty Hostile "an empty boundary",
    /// A boundary with octets that none may have, of more than 70 (RFC 2046 section 5.1.1), or one that is not the same for
    /// every reader.
    BoundaryIllegal Ambiguous "a boundary of irregular form",
    /// A boundary that is continued or extended (RFC 2231): legal, and many do not understand it.
    BoundaryExtended Ambiguous "a boundary in several sections",
    /// A line that begins with the boundary and goes on.
    BoundaryPrefix Ambiguous "a line that only begins like a boundary",
    /// A boundary that an enclosing multipart has too, or that begins like it.
    BoundaryReused Ambiguous "a boundary that an enclosing part uses",
    /// A multipart whose boundary never comes.
    BoundaryAbsent Ambiguous "a multipart whose boundary does not occur",
    /// A multipart that is not closed.
    CloseDelimiterMissing Lenient "a multipart that is not closed",
    /// Delimiters behind the one that closes.
    PartAfterClose Ambiguous "parts behind the closing delimiter",
    /// Octets before the first delimiter that are more than the customary sentence, or behind the last.
    HiddenText Cosmetic "text outside of the parts",
    /// A multipart or message with an encoding that RFC 2045 section 6.4 forbids.
    CteOnMultipart Ambiguous "a transfer encoding on a composite part",
    /// A transfer encoding that is unknown.
    UnknownCte Ambiguous "an unknown transfer encoding",
    /// MIME fields without MIME-Version.
    MissingMimeVersion Cosmetic "no MIME-Version",
    /// Content that asks to be fetched or put together: message/external-body, message/partial.
    ExternalContent Ambiguous "content that lies elsewhere",

    // bodies
    /// Octets that are no base64, or anything behind its end.
    Base64Junk Ambiguous "octets that are not base64",
    /// Padding inside base64.
    Base64InnerPad Ambiguous "padding inside base64",
    /// Bits that belong to no octet are set.
    Base64NonCanonical Ambiguous "base64 with stray bits",
    /// Base64 that ends inside a group, or without its padding.
    Base64Truncated Lenient "base64 that ends too early",
    /// Lower-case digits in quoted-printable.
    QpLowerHex Cosmetic "lower-case digits in quoted-printable",
    /// An equals sign that is followed by no digits.
    QpBadEscape Lenient "an equals sign that encodes nothing",
    /// White space between equals sign and line end.
    QpSoftBreakSpace Lenient "white space behind a soft line break",
    /// Octets in quoted-printable that must be encoded, or lines of more than 76.
    QpForm Cosmetic "quoted-printable of irregular form",
    /// A uuencoded or yEnc body that is damaged or not closed.
    EncodedBodyDamaged Lenient "a uuencoded or yEnc body that is damaged",
    /// Octets above 127 or NUL in a body that is declared 7bit.
    EightBitBody Lenient "octets above 127 in a 7bit body",
    /// NUL in a body that is not declared binary.
    NulInBody Ambiguous "a NUL octet in the body",
    /// A charset that is unknown, or refused.
    CharsetUnknown Lenient "an unknown charset",
    /// Octets that the declared charset does not have, or markup that declares another.
    CharsetMismatch Ambiguous "octets that the charset does not have",
    /// Part of an attachment format (TNEF, report, mbox) cannot be understood.
    ContainerDamaged Lenient "a container that is damaged",

    // limits
    /// A limit of [`Limits`](crate::Limits) was reached: what follows is there, and not understood.
    LimitTruncated Hostile "a limit was reached",
}

impl fmt::Display for DefectKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

/// One thing that is wrong, and where.
///
/// # Example
///
/// ```
/// use mime_core::{Defect, DefectKind, Severity};
///
/// let defect = Defect::new(DefectKind::BareLf, 3..4);
/// assert_eq!(defect.severity, Severity::Lenient);
/// assert_eq!(defect.to_string(), "a LF without CR at 3");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Defect {
    /// What it is.
    pub kind: DefectKind,
    /// The octets that it concerns, counted from the start of what was parsed: of the message, or of the value that
    /// was given.
    pub span: Range<usize>,
    /// How much it matters.
    pub severity: Severity,
}

impl Defect {
    /// A defect with the usual severity of its kind.
    pub const fn new(kind: DefectKind, span: Range<usize>) -> Self {
        Self { kind, span, severity: kind.severity() }
    }
}

impl fmt::Display for Defect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {}", self.kind, self.span.start)
    }
}

/// Who is told of defects while something is parsed: `()` is not, a `Vec<Defect>` keeps all of them.
///
/// # Example
///
/// ```
/// use mime_core::{Defect, DefectKind, Report};
///
/// let mut defects = Vec::new();
/// defects.report(DefectKind::BareCr, 0..1);
/// assert_eq!(defects, [Defect::new(DefectKind::BareCr, 0..1)]);
/// ```
pub trait Report {
    /// Takes one defect.
    fn report(&mut self, kind: DefectKind, span: Range<usize>);

    /// Whether nobody looks at what is reported: then nothing needs to be looked for that is only reported.
    fn is_ignored(&self) -> bool {
        false
    }
}

impl Report for () {
    #[inline]
    fn report(&mut self, _: DefectKind, _: Range<usize>) {}

    #[inline]
    fn is_ignored(&self) -> bool {
        true
    }
}

impl Report for Vec<Defect> {
    fn report(&mut self, kind: DefectKind, span: Range<usize>) {
        self.push(Defect::new(kind, span));
    }
}

impl<R: Report + ?Sized> Report for &mut R {
    fn report(&mut self, kind: DefectKind, span: Range<usize>) {
        (**self).report(kind, span);
    }

    #[inline]
    fn is_ignored(&self) -> bool {
        (**self).is_ignored()
    }
}
