//! A field, written line by line.

use super::ComposeError;

/// Octets of a line that should not be exceeded, and octets that must not (RFC 5322 section 2.1.1).
pub(super) const SHOULD: usize = 78;
pub(super) const MUST: usize = 998;
/// RFC 2047 section 2: "each line of a header field that contains one or more 'encoded-word's is limited to 76
/// characters."
pub(super) const ENCODED: usize = 76;

/// Writes one field: tokens with one space before each, and a line end before that space where a line gets too long.
///
/// There is never a line of nothing but white space, since a line end is only written together with the token that
/// follows it.
pub(super) struct Field<'a> {
    out: &'a mut Vec<u8>,
    name: &'a str,
    /// Octets on this line.
    column: usize,
    /// Whether the line holds a token already.
    used: bool,
}

impl<'a> Field<'a> {
    /// Writes name and colon.
    pub(super) fn new(out: &'a mut Vec<u8>, name: &'a str) -> Self {
        out.extend_from_slice(name.as_bytes());
        out.push(b':');
        Self { out, name, column: name.len() + 1, used: false }
    }

    /// The name.
    pub(super) const fn name(&self) -> &'a str {
        self.name
    }

    /// Writes a token, given in slices, behind a space, on this line or the next.
    pub(super) fn token(&mut self, token: &[&[u8]]) -> Result<(), ComposeError> {
        self.token_within(token, SHOULD)
    }

    /// The same, with lines of at most `limit` octets where that is possible.
    pub(super) fn token_within(&mut self, token: &[&[u8]], limit: usize) -> Result<(), ComposeError> {
        let octets = token.iter().map(|slice| slice.len()).fold(1_usize, usize::saturating_add);
        if octets > MUST {
            return Err(ComposeError::TooLong { field: self.name.to_owned() });
        }
        // The first token stays beside the name if the line may hold it at all: a first line with nothing behind the
        // colon is legal, and programs that read fields line by line take it for an empty one.
        let limit = if self.used { limit } else { MUST };
        if self.column + octets > limit {
            self.out.extend_from_slice(b"\r\n");
            self.column = 0;
        }
        self.out.push(b' ');
        for slice in token {
            self.out.extend_from_slice(slice);
        }
        self.column += octets;
        self.used = true;
        Ok(())
    }

    /// Octets that a token could have on this line, and on a new one.
    pub(super) fn room(&self, limit: usize) -> (usize, usize) {
        (limit.saturating_sub(self.column + 1), limit - 1)
    }

    /// Continues on the next line with a token, whether or not it would fit on this one.
    pub(super) fn next_line(&mut self, token: &[&[u8]]) -> Result<(), ComposeError> {
        self.used = true;
        self.token_within(token, 0)
    }

    /// Ends the field.
    pub(super) fn end(self) {
        self.out.extend_from_slice(b"\r\n");
    }
}
