//! Content-Type and Content-Disposition, with their parameters.

use super::{
    ComposeError,
    fold::{Field, Fields},
    media_type::is_token,
    words,
};

/// Octets of a line of parameters: what fits without folding.
const LINE: usize = 76;
/// Sections of all parameters of a field; readers do not take many more of them (RFC 2231 section 3 has no bound).
const SECTIONS: usize = 63;

/// The values of a field that has parameters, in the order in which they are written.
pub(super) struct Params {
    /// What stands on one line, and whether the next belongs to it still.
    tokens: Vec<(String, bool)>,
}

impl Params {
    pub(super) fn new(value: &str) -> Self {
        Self { tokens: vec![(value.to_owned(), false)] }
    }

    /// A parameter, in whichever form it needs: token, quoted string, or RFC 2231.
    pub(super) fn push(&mut self, name: &str, value: &str) -> Result<(), ComposeError> {
        words::check(name, value)?;
        if is_token(value) && name != "filename" && name != "name" {
            self.add(format!("{name}={value}"));
            return Ok(());
        }
        let quoted = words::quoted(value);
        // What looks like an encoded word would be decoded by some.
        let plain = value.chars().all(|c| words::is_plain(c, false)) && !value.contains("=?");
        if plain && name.len() + quoted.len() + 4 <= LINE {
            self.add(format!("{name}=\"{quoted}\""));
            return Ok(());
        }
        self.extended(name, value)
    }

    /// RFC 2231 sections 3 and 4, whole characters in each section.
    fn extended(&mut self, name: &str, value: &str) -> Result<(), ComposeError> {
        let percent = percent(value.chars());
        if name.len() + "*=utf-8'';".len() + percent.len() < LINE {
            self.add(format!("{name}*=utf-8''{percent}"));
            return Ok(());
        }
        let room = LINE.saturating_sub(name.len() + "*10*=utf-8'';".len()).max(12);
        let mut section = String::new();
        let mut number = 0_usize;
        let mut characters = value.chars().peekable();
        while let Some(character) = characters.next() {
            section.push_str(&self::percent([character].into_iter()));
            if characters.peek().is_none_or(|next| section.len() + percent_octets(*next) > room) {
                let charset = if number == 0 { "utf-8''" } else { "" };
                self.add(format!("{name}*{number}*={charset}{section}"));
                section.clear();
                number += 1;
            }
        }
        Ok(())
    }

    /// A file name in the encoded words that RFC 2047 section 5 does not want here, and that programs look for which
    /// do not know RFC 2231.
    pub(super) fn push_legacy_name(&mut self, value: &str) -> Result<(), ComposeError> {
        if value.chars().all(|c| words::is_plain(c, false)) && !value.contains("=?") {
            return self.push("name", value);
        }
        words::check("name", value)?;
        // One encoded word a line, all of them in one quoted string.
        let words = words::in_words(value, LINE - "name=\"\";".len());
        let last = words.len().saturating_sub(1);
        for (at, word) in words.iter().enumerate() {
            let (before, behind) = (if at == 0 { "name=\"" } else { "" }, if at == last { "\"" } else { "" });
            self.tokens.push((format!("{before}{word}{behind}"), at != last));
        }
        Ok(())
    }

    fn add(&mut self, token: String) {
        self.tokens.push((token, false));
    }

    /// Writes the field.
    pub(super) fn write(self, out: &mut Fields, name: &'static str) -> Result<(), ComposeError> {
        if self.tokens.iter().filter(|(_, continues)| !continues).count() > SECTIONS {
            return Err(ComposeError::TooLong { field: name.to_owned() });
        }
        let mut field = Field::new(out, name);
        let last = self.tokens.len().saturating_sub(1);
        for (at, (token, continues)) in self.tokens.iter().enumerate() {
            field.token(&[token, if *continues || at == last { "" } else { ";" }])?;
        }
        field.end();
        Ok(())
    }
}

fn is_attribute(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || b"!#$&+-.^_`{|}~".contains(&octet)
}

fn percent_octets(character: char) -> usize {
    match u8::try_from(character) {
        Ok(octet) if is_attribute(octet) => 1,
        _ => 3 * character.len_utf8(),
    }
}

fn percent(characters: impl Iterator<Item = char>) -> String {
    let mut out = String::new();
    let mut octets = [0; 4];
    for character in characters {
        for octet in character.encode_utf8(&mut octets).bytes() {
            if is_attribute(octet) {
                out.push(char::from(octet));
            } else {
                out.push_str(&format!("%{octet:02X}"));
            }
        }
    }
    out
}
