//! Writing `Authentication-Results`.

use std::fmt::Write as _;

use crate::cursor;

/// Why an `Authentication-Results` field cannot be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum AuthenticationResultsError {
    /// A method, result, property type or property that is no keyword: letters, digits and hyphens, no hyphen last.
    #[error("a keyword of letters, digits and hyphens is needed")]
    Keyword,
    /// A text with control characters: line ends above all.
    #[error("control characters in a text")]
    Control,
    /// A text that is empty, or of more than 900 octets.
    #[error("a text that is empty or too long")]
    Length,
    /// A reason, property or comment before any method.
    #[error("no method that this belongs to")]
    NoMethod,
}

use AuthenticationResultsError as Error;

/// Writes the value of an `Authentication-Results` field (RFC 8601 section 2.2).
///
/// Whatever text is given, the value says what the calls said and nothing else: texts are quoted where they have to be,
/// and what cannot be quoted is refused. The value is folded, begins behind the space that follows the colon and ends
/// without line end.
///
/// # Example
///
/// ```
/// use mime_core::AuthenticationResultsBuilder;
///
/// let value = AuthenticationResultsBuilder::new("mx.example")?
///     .method("spf", "pass")?
///     .property("smtp", "mailfrom", "mary@x.example")?
///     .method("dkim", "fail")?
///     .reason("bad; header.d=bank.example")?
///     .build();
/// assert_eq!(
///     value,
///     "mx.example;\r\n\tspf=pass smtp.mailfrom=mary@x.example;\r\n\tdkim=fail reason=\"bad; header.d=bank.example\""
/// );
/// # Ok::<(), mime_core::AuthenticationResultsError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthenticationResultsBuilder {
    value: String,
    /// Octets of the last line.
    line: usize,
    methods: usize,
}

/// How long a text may be.
const MAX_TEXT: usize = 900;

/// RFC 5322 section 2.1.1: "Each line of characters MUST be no more than 998 characters, and SHOULD be no more than 78
/// characters, excluding the CRLF."
const LINE: usize = 78;

impl AuthenticationResultsBuilder {
    /// Begins with the identifier of the host that speaks.
    ///
    /// # Errors
    ///
    /// [`AuthenticationResultsError`] if it is empty, too long or holds control characters.
    pub fn new(authserv_id: &str) -> Result<Self, Error> {
        let value = quote(authserv_id, false)?;
        let line = "Authentication-Results: ".len() + value.len();
        Ok(Self { value, line, methods: 0 })
    }

    /// Adds the result of a method.
    ///
    /// # Errors
    ///
    /// [`AuthenticationResultsError::Keyword`] if either is none.
    pub fn method(mut self, method: &str, result: &str) -> Result<Self, Error> {
        let (method, result) = (keyword(method)?, keyword(result)?);
        self.methods += 1;
        let _ = write!(self.value, ";\r\n\t{method}={result}");
        self.line = 2 + method.len() + result.len();
        Ok(self)
    }

    /// Says why the last method has its result.
    ///
    /// # Errors
    ///
    /// [`AuthenticationResultsError`] if there is no method yet, or the text cannot be written.
    pub fn reason(mut self, reason: &str) -> Result<Self, Error> {
        let reason = quote(reason, false)?;
        self.word(&format!("reason={reason}"))?;
        Ok(self)
    }

    /// Adds a property to the last method: its type, its name and its value. An address is written as one.
    ///
    /// # Errors
    ///
    /// [`AuthenticationResultsError`] if there is no method yet, type or name are no keywords, or the value cannot be
    /// written.
    pub fn property(mut self, ptype: &str, name: &str, value: &str) -> Result<Self, Error> {
        let word = format!("{}.{}={}", keyword(ptype)?, keyword(name)?, quote(value, true)?);
        self.word(&word)?;
        Ok(self)
    }

    /// Adds a comment to the last method.
    ///
    /// # Errors
    ///
    /// [`AuthenticationResultsError`] if there is no method yet, or the text cannot be written.
    pub fn comment(mut self, comment: &str) -> Result<Self, Error> {
        let mut word = String::from("(");
        escape(comment, &['(', ')', '\\'], &mut word)?;
        word.push(')');
        self.word(&word)?;
        Ok(self)
    }

    /// The value. Without any method it says that nothing was checked: `none`.
    pub fn build(mut self) -> String {
        if self.methods == 0 {
            self.value.push_str("; none");
        }
        self.value
    }

    fn word(&mut self, word: &str) -> Result<(), Error> {
        if self.methods == 0 {
            return Err(Error::NoMethod);
        }
        if self.line + 1 + word.len() > LINE {
            self.value.push_str("\r\n\t");
            self.line = 1;
        } else {
            self.value.push(' ');
            self.line += 1;
        }
        self.value.push_str(word);
        self.line += word.len();
        Ok(())
    }
}

/// `Keyword` of RFC 5321 section 4.1.2.
fn keyword(text: &str) -> Result<&str, Error> {
    let good = !text.is_empty()
        && text.len() <= MAX_TEXT / 4
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        && !text.ends_with('-');
    good.then_some(text).ok_or(Error::Keyword)
}

fn escape(text: &str, special: &[char], out: &mut String) -> Result<(), Error> {
    if text.is_empty() || text.len() > MAX_TEXT / 2 && text.len() + text.matches(special).count() > MAX_TEXT {
        return Err(Error::Length);
    }
    for character in text.chars() {
        if character.is_control() {
            return Err(Error::Control);
        }
        if special.contains(&character) {
            out.push('\\');
        }
        out.push(character);
    }
    Ok(())
}

/// `value` of RFC 8601 section 2.2: a token, or a quoted string. Or else, if that is allowed, an address or domain.
fn quote(text: &str, address: bool) -> Result<String, Error> {
    let mut quoted = String::from("\"");
    escape(text, &['"', '\\'], &mut quoted)?;
    quoted.push('"');
    let bare = text.bytes().all(is_token) || (address && is_address(text));
    Ok(if bare { text.to_owned() } else { quoted })
}

/// RFC 2045 section 5.1.
fn is_token(octet: u8) -> bool {
    octet.is_ascii_graphic() && !b"()<>@,;:\\\"/[]?=".contains(&octet)
}

/// `[ [ local-part ] "@" ] domain-name`
fn is_address(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else {
        return false;
    };
    let is_domain = domain.split('.').all(|label| {
        !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b >= 128)
    });
    // RFC 5322 section 3.2.3, RFC 6532 section 3.2.
    let is_atom = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&b) || b >= 128;
    let is_local = local.is_empty()
        || local.split('.').all(|atom| !atom.is_empty() && atom.bytes().all(is_atom))
        || local
            .strip_prefix('"')
            .is_some_and(|inside| cursor::quoted(inside.as_bytes()) == Some(inside.len()));
    is_domain && is_local
}
