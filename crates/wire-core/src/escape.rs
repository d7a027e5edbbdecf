//! Octets of a peer, made safe to print.

use std::fmt;

/// Shows octets of a peer so that a terminal, a log or a report cannot be bent by them.
///
/// Valid UTF-8 is kept, but control characters (C0, DEL, C1), bidirectional controls and line separators are
/// written as `\u{..}`, octets that are not UTF-8 as `\x..`, and a backslash is doubled.
///
/// # Example
///
/// ```
/// use wire_core::Escaped;
///
/// assert_eq!(Escaped(b"5.1.1 \x1b[2J\x00bad \xff").to_string(), "5.1.1 \\u{1b}[2J\\u{0}bad \\xff");
/// assert_eq!(Escaped("Übersicht".as_bytes()).to_string(), "Übersicht");
/// ```
#[derive(Clone, Copy)]
#[allow(clippy::exhaustive_structs)] // a plain view: it will never hold more than the octets
pub struct Escaped<'a>(pub &'a [u8]);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use fmt::Write;
        for chunk in self.0.utf8_chunks() {
            for c in chunk.valid().chars() {
                match c {
                    '\\' => f.write_str("\\\\")?,
                    c if is_hostile(c) => write!(f, "\\u{{{:x}}}", u32::from(c))?,
                    c => f.write_char(c)?,
                }
            }
            for octet in chunk.invalid() {
                write!(f, "\\x{octet:02x}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}

/// Characters that move the cursor, end the line or reorder what is around them.
fn is_hostile(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}
