//! A field, folded token by token.

use std::borrow::Cow;

use super::ComposeError;

/// Octets of a line that should not be exceeded, and octets that must not (RFC 5322 section 2.1.1).
pub(super) const SHOULD: usize = 78;
pub(super) const MUST: usize = 998;
/// RFC 2047 section 2: "each line of a header field that contains one or more 'encoded-word's is limited to 76
/// characters."
pub(super) const ENCODED: usize = 76;

/// Fields that are written: their names, and their values folded.
pub(super) type Fields = Vec<(Cow<'static, str>, String)>;

/// The fields as they are a content of their own, in reports.
pub(super) fn write_to(fields: &Fields, out: &mut Vec<u8>) {
    for (name, value) in fields {
        out.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
    }
}

/// The value of one field: tokens with a space between them, and a line end before that space where a line gets too
/// long.
///
/// There is never a line of nothing but white space, since a line end is only written together with the token that
/// follows it. The first token stays beside the name: a first line with nothing behind the colon is legal, and programs
/// that read fields line by line take it for an empty one.
pub(super) struct Field<'a> {
    fields: &'a mut Fields,
    name: Cow<'static, str>,
    value: String,
    /// Octets on this line.
    column: usize,
}

impl<'a> Field<'a> {
    pub(super) fn new(fields: &'a mut Fields, name: impl Into<Cow<'static, str>>) -> Self {
        let name = name.into();
        // The colon; the space comes with the first token.
        Self { fields, value: String::new(), column: name.len() + 1, name }
    }

    /// The name.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Writes a token, given in slices, behind a space, on this line or the next.
    pub(super) fn token(&mut self, token: &[&str]) -> Result<(), ComposeError> {
        self.token_within(token, SHOULD)
    }

    /// The same, with lines of at most `limit` octets where that is possible.
    pub(super) fn token_within(&mut self, token: &[&str], limit: usize) -> Result<(), ComposeError> {
        let octets = token.iter().map(|slice| slice.len()).fold(1_usize, usize::saturating_add);
        if self.value.is_empty() {
            if self.column + octets > MUST {
                return Err(ComposeError::TooLong { field: self.name.clone().into_owned() });
            }
        } else if self.column + octets <= limit {
            self.value.push(' ');
        } else {
            if octets > MUST {
                return Err(ComposeError::TooLong { field: self.name.clone().into_owned() });
            }
            self.value.push_str("\r\n ");
            self.column = 0;
        }
        self.value.extend(token.iter().copied());
        self.column += octets;
        Ok(())
    }

    /// Octets that a token could have on this line, and on a new one if there may be one.
    pub(super) fn room(&self, limit: usize) -> (usize, Option<usize>) {
        (limit.saturating_sub(self.column + 1), (!self.value.is_empty()).then(|| limit - 1))
    }

    /// Continues on the next line with a token, whether or not it would fit on this one.
    pub(super) fn next_line(&mut self, token: &[&str]) -> Result<(), ComposeError> {
        self.token_within(token, 0)
    }

    /// Ends the field.
    pub(super) fn end(self) {
        self.fields.push((self.name, self.value));
    }
}
