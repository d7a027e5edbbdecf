//! Names of files that a message gives to its parts.

use std::borrow::Cow;

use crate::{Config, ContentDisposition, ContentType, DefectKind, Report, once::Once, params::List};

/// The file name of a part: `filename` of Content-Disposition, else `name` of Content-Type.
///
/// In each the extended form (RFC 2231 section 4) counts before sections and before the plain form, in which encoded words
/// are decoded. White space around it is left out; an empty name is `None`.
///
/// The name is what the sender wrote, **path, control characters and all**: [`safe_filename`] makes a name for a file of
/// it.
///
/// [`DefectKind::ConflictingFilename`] is reported if the forms do not agree. Spans are of the value that the name was
/// taken from.
///
/// # Example
///
/// ```
/// use mime_core::{Config, ContentDisposition, ContentType, DefectKind, filename};
///
/// let config = Config::new();
/// let content_type = ContentType::parse(b"image/png; name=a.exe", &config, &mut ());
/// let disposition =
///     ContentDisposition::parse(b"attachment; filename*=utf-8''Gr%C3%BC%C3%9Fe.png", &config, &mut ());
/// let mut defects = Vec::new();
/// let name = filename(disposition.as_ref(), content_type.as_ref(), &config, &mut defects);
/// assert_eq!(name.as_deref(), Some("Grüße.png"));
/// assert_eq!(defects[0].kind, DefectKind::ConflictingFilename);
/// ```
pub fn filename<'a>(
    disposition: Option<&ContentDisposition<'a>>,
    content_type: Option<&ContentType<'a>>,
    config: &Config,
    report: &mut impl Report,
) -> Option<Cow<'a, str>> {
    let _ = config;
    let mut once = Once::new(report);
    let first = disposition.and_then(|disposition| named(disposition.list(), "filename", &mut once));
    let second = content_type.and_then(|content_type| {
        // what is wrong with the name that is not taken does not matter
        if first.is_some() {
            named(content_type.list(), "name", &mut ())
        } else {
            named(content_type.list(), "name", &mut once)
        }
    });
    match (first, second) {
        (Some(first), second) => {
            if second.is_some_and(|second| second != first) {
                once.report(DefectKind::ConflictingFilename, 0..0);
            }
            Some(first)
        }
        (None, second) => second,
    }
}

/// The name in one of the fields.
fn named<'a>(list: &List<'a>, param: &str, report: &mut impl Report) -> Option<Cow<'a, str>> {
    // what is wrong with extended values was told when the field was parsed
    let name = if list.is_starred() { list.text(param, &mut ()) } else { list.text(param, report) }?;
    let name = match name {
        Cow::Borrowed(name) => Cow::Borrowed(name.trim()),
        Cow::Owned(name) if name.trim().len() == name.len() => Cow::Owned(name),
        Cow::Owned(name) => Cow::Owned(name.trim().to_owned()),
    };
    if list.is_starred()
        && let Some(plain) = list.whole(param)
        && list.plain_text(&plain).trim() != name
    {
        report.report(DefectKind::ConflictingFilename, plain.span());
    }
    (!name.is_empty()).then_some(name)
}

/// Octets that names of files may have on most file systems.
const LONGEST: usize = 255;

/// Longer extensions are none.
const LONGEST_EXTENSION: usize = 32;

/// What a file is called if nothing is left of its name.
const NAMELESS: &str = "attachment";

/// A name under which a file can be stored, made of the name that a message gave: on any common file system, inside the
/// folder it is put into.
///
/// * What stands before the last `/` or `\` is left out, a drive and a `stream:` too.
/// * Control characters and those that reorder text ([`DefectKind::BidiControl`]) are left out; `< > " | ? * :` become `_`.
/// * Dots and white space at the start, dots and white space at the end are left out.
/// * Names that are devices on Windows (`CON`, `nul.txt`, `COM1`) get a `_` in front, and those that begin with a hyphen.
/// * At most 255 octets of UTF-8 remain; the extension is kept.
/// * Never empty: `attachment` if nothing is left.
///
/// It does not make names unique, and says nothing about what is in the file: whether an extension fits to the type, and
/// whether it is one to be opened, is for the caller to judge.
///
/// # Example
///
/// ```
/// use mime_core::safe_filename;
///
/// assert_eq!(safe_filename("../../etc/passwd"), "passwd");
/// assert_eq!(safe_filename(r"C:\Windows\x.exe"), "x.exe");
/// assert_eq!(safe_filename("CON"), "_CON");
/// assert_eq!(safe_filename("-rf"), "_-rf");
/// assert_eq!(safe_filename("invoice\u{202e}fdp.exe"), "invoicefdp.exe");
/// assert_eq!(safe_filename("..."), "attachment");
/// ```
pub fn safe_filename(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).find(|part| !part.trim_matches(is_edge).is_empty()).unwrap_or("");
    // a drive
    let last = match last.as_bytes() {
        [letter, b':', ..] if letter.is_ascii_alphabetic() => last.get(2..).unwrap_or(""),
        _ => last,
    };
    let mut safe: String = last
        .chars()
        .filter(|&character| !is_invisible(character))
        .map(|character| {
            if matches!(character, '<' | '>' | '"' | '|' | '?' | '*' | ':' | '/' | '\\') {
                '_'
            } else {
                character
            }
        })
        .collect();
    safe.truncate(safe.trim_end_matches(is_edge).len());
    let start = safe.len() - safe.trim_start_matches(is_edge).len();
    safe.drain(..start);
    if safe.is_empty() {
        return NAMELESS.to_owned();
    }
    // Programs take what begins with a hyphen for an option.
    if is_device(&safe) || safe.starts_with('-') {
        safe.insert(0, '_');
    }
    shorten(&mut safe);
    safe
}

fn is_edge(character: char) -> bool {
    character == '.' || character.is_whitespace() || is_invisible(character)
}

/// Control characters, line separators, marks of direction, characters without width.
const fn is_invisible(character: char) -> bool {
    matches!(character,
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e007f}')
}

/// Whether Windows takes the name for a device, whatever its extension.
fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or(name).trim_end();
    if ["con", "prn", "aux", "nul", "conin$", "conout$", "clock$"]
        .iter()
        .any(|device| stem.eq_ignore_ascii_case(device))
    {
        return true;
    }
    let numbered = stem
        .get(..3)
        .is_some_and(|port| port.eq_ignore_ascii_case("com") || port.eq_ignore_ascii_case("lpt"));
    // the superscripts are digits to Windows
    numbered
        && matches!(
            stem.get(3..),
            Some("0" | "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9" | "\u{b9}" | "\u{b2}" | "\u{b3}")
        )
}

/// Cuts the stem so that the name has at most 255 octets.
fn shorten(name: &mut String) {
    if name.len() <= LONGEST {
        return;
    }
    let extension = match name.rfind('.') {
        Some(dot) if name.len() - dot <= LONGEST_EXTENSION => name.split_off(dot),
        _ => String::new(),
    };
    let mut end = LONGEST - extension.len();
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    name.truncate(end);
    name.truncate(name.trim_end_matches(is_edge).len());
    name.push_str(&extension);
}
