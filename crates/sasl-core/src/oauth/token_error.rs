//! The error that a server gives for a token.

use std::fmt;

use bytes::Bytes;
use wire_core::Escaped;

use super::json;

/// Why a token was refused, as OAUTHBEARER and XOAUTH2 say it: a small JSON object (RFC 7628 section 3.2.2).
///
/// A server makes one; a client reads one. **All of it is the other end's text:** escape it before showing
/// it, and never fetch [`openid_configuration`](TokenError::openid_configuration) without asking the user.
///
/// # Example
///
/// ```
/// use sasl_core::TokenError;
///
/// let error = TokenError::new("invalid_token").with_scope("mail");
/// assert_eq!(error.as_json(), br#"{"status":"invalid_token","scope":"mail"}"#);
///
/// let read = TokenError::parse(br#"{"status":"401","schemes":"bearer","scope":"https://mail.example/"}"#);
/// assert_eq!(read.status(), Some("401"));
/// assert_eq!(read.scope(), Some("https://mail.example/"));
/// assert_eq!(TokenError::parse(b"not JSON").status(), None);
/// ```
#[derive(Clone, Eq, PartialEq)]
pub struct TokenError {
    json: Bytes,
    status: Option<String>,
    scope: Option<String>,
    schemes: Option<String>,
    openid_configuration: Option<String>,
}

impl TokenError {
    /// The longest error a client keeps, in octets.
    pub const MAX_OCTETS: usize = 8192;

    /// An error with a status: `invalid_token`, `insufficient_scope` and the like for OAUTHBEARER, an HTTP
    /// status for XOAUTH2.
    pub fn new(status: &str) -> Self {
        Self { status: Some(status.to_owned()), ..Self::nothing() }.encoded()
    }

    /// The scope a token needs.
    #[must_use]
    pub fn with_scope(self, scope: &str) -> Self {
        Self { scope: Some(scope.to_owned()), ..self }.encoded()
    }

    /// The schemes a server takes: XOAUTH2 says `bearer` here.
    #[must_use]
    pub fn with_schemes(self, schemes: &str) -> Self {
        Self { schemes: Some(schemes.to_owned()), ..self }.encoded()
    }

    /// Where the provider describes itself, an `https` URL.
    #[must_use]
    pub fn with_openid_configuration(self, url: &str) -> Self {
        Self { openid_configuration: Some(url.to_owned()), ..self }.encoded()
    }

    /// Reads what a server sent. Never fails: text that is not a JSON object is kept all the same, without
    /// members.
    pub fn parse(json: &[u8]) -> Self {
        let mut this = Self { json: Bytes::copy_from_slice(json), ..Self::nothing() };
        for (key, value) in json::string_members(json).unwrap_or_default() {
            let slot = match key.as_str() {
                "status" => &mut this.status,
                "scope" => &mut this.scope,
                "schemes" => &mut this.schemes,
                "openid-configuration" => &mut this.openid_configuration,
                _ => continue,
            };
            // The first one counts; a second is not a correction.
            slot.get_or_insert(value);
        }
        this
    }

    /// The JSON text as it was, or will be, sent.
    pub fn as_json(&self) -> &[u8] {
        &self.json
    }

    /// `status`, if there is one.
    pub fn status(&self) -> Option<&str> {
        self.status.as_deref()
    }

    /// `scope`: what to ask the token endpoint for.
    pub fn scope(&self) -> Option<&str> {
        self.scope.as_deref()
    }

    /// `schemes`: what the server takes.
    pub fn schemes(&self) -> Option<&str> {
        self.schemes.as_deref()
    }

    /// `openid-configuration`: where the server says its provider is described. Not to be followed blindly.
    pub fn openid_configuration(&self) -> Option<&str> {
        self.openid_configuration.as_deref()
    }

    pub(crate) fn json(&self) -> Bytes {
        self.json.clone()
    }

    fn nothing() -> Self {
        Self { json: Bytes::new(), status: None, scope: None, schemes: None, openid_configuration: None }
    }

    fn encoded(mut self) -> Self {
        let members = [
            ("status", &self.status),
            ("schemes", &self.schemes),
            ("scope", &self.scope),
            ("openid-configuration", &self.openid_configuration),
        ];
        self.json =
            json::object(members.into_iter().filter_map(|(key, value)| Some((key, value.as_deref()?))))
                .into();
        self
    }
}

impl fmt::Debug for TokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TokenError").field(&Escaped(&self.json)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc_7628_section_4_3() {
        let error = TokenError::parse(
            br#"{"status":"invalid_token","scope":"example_scope","openid-configuration":"https://example.com/.well-known/openid-configuration"}"#,
        );
        assert_eq!(error.status(), Some("invalid_token"));
        assert_eq!(error.scope(), Some("example_scope"));
        assert_eq!(
            error.openid_configuration(),
            Some("https://example.com/.well-known/openid-configuration")
        );
        let made = TokenError::new("invalid_token")
            .with_scope("example_scope")
            .with_openid_configuration("https://example.com/.well-known/openid-configuration");
        assert_eq!(made, error);
    }

    #[test]
    fn hostile_text_stays_inside_its_string() {
        let error = TokenError::new("a\"b\\c\r\n\u{1}");
        assert_eq!(error.as_json(), br#"{"status":"a\"b\\c\u000d\u000a\u0001"}"#);
        assert_eq!(TokenError::parse(error.as_json()).status(), Some("a\"b\\c\r\n\u{1}"));
        assert_eq!(format!("{:?}", TokenError::parse(b"\x1b[2J")), r#"TokenError("\u{1b}[2J")"#);
    }

    #[test]
    fn the_first_of_two_counts() {
        assert_eq!(TokenError::parse(br#"{"status":"1","status":"2"}"#).status(), Some("1"));
    }
}
