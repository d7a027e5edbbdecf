//! Bearer tokens: the messages of OAUTHBEARER (RFC 7628) and XOAUTH2.

mod json;
mod token_error;

pub use token_error::TokenError;

use wire_core::Secret;

use crate::malformed::Malformed;
use crate::scram::message::{BindingFlag, binding_flag, encode_name, gs2_header};

/// Ends each key-value pair.
pub(crate) const SEPARATOR: u8 = 0x01;

/// The answer to an error of OAUTHBEARER, RFC 7628 section 3.2.3.
pub(crate) const DUMMY: &[u8] = &[SEPARATOR];

/// What a client claims.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct Claim {
    /// The authorization identity of OAUTHBEARER, the user of XOAUTH2; not prepared.
    pub(crate) user: Option<String>,
    /// Empty if the client asks what it would need.
    pub(crate) token: Secret,
    pub(crate) host: Option<String>,
    pub(crate) port: Option<u16>,
}

/// Writes the message of OAUTHBEARER.
///
/// ```abnf
/// client-resp    = (gs2-header kvsep *kvpair kvsep) / kvsep
/// kvpair         = key "=" value kvsep
///                  ; RFC 7628 section 3.1
/// ```
pub(crate) fn bearer_message(user: &str, server: Option<(&str, u16)>, token: &Secret) -> Secret {
    let mut head = String::from("n,");
    if !user.is_empty() {
        head.push_str("a=");
        encode_name(user, &mut head);
    }
    head.push_str(",\u{1}");
    if let Some((host, port)) = server {
        head.push_str(&format!("host={host}\u{1}port={port}\u{1}"));
    }
    finish(head, token)
}

/// Writes the message of XOAUTH2: `user=` user %x01 `auth=Bearer ` token %x01 %x01.
pub(crate) fn xoauth2_message(user: &str, token: &Secret) -> Secret {
    finish(format!("user={user}\u{1}"), token)
}

fn finish(head: String, token: &Secret) -> Secret {
    const AUTH: &[u8] = b"auth=Bearer ";
    let len = head.len().saturating_add(AUTH.len()).saturating_add(token.len()).saturating_add(2);
    // In one allocation of the right size, so that no copy of the token is left behind by growth.
    let mut message = Vec::with_capacity(len);
    message.extend_from_slice(head.as_bytes());
    message.extend_from_slice(AUTH);
    message.extend_from_slice(token.expose());
    message.extend_from_slice(&[SEPARATOR, SEPARATOR]);
    Secret::new(message)
}

/// Reads the message of OAUTHBEARER.
pub(crate) fn parse_bearer(message: &[u8]) -> Result<Claim, Malformed> {
    let text = str::from_utf8(message).map_err(|_| Malformed::NotUtf8)?;
    let (header, authzid, rest) = gs2_header(text)?;
    // RFC 7628 defines no channel binding: "p=" would be a promise that nobody keeps.
    if let BindingFlag::Used(_) = header.split(',').next().ok_or(Malformed::Syntax).and_then(binding_flag)? {
        return Err(Malformed::Syntax);
    }
    let mut claim = pairs(rest.strip_prefix('\u{1}').ok_or(Malformed::Syntax)?, false)?;
    claim.user = authzid;
    Ok(claim)
}

/// Reads the message of XOAUTH2.
pub(crate) fn parse_xoauth2(message: &[u8]) -> Result<Claim, Malformed> {
    pairs(str::from_utf8(message).map_err(|_| Malformed::NotUtf8)?, true)
}

/// Reads `*kvpair kvsep`. With `user_key`, a pair `user` is wanted too.
fn pairs(text: &str, user_key: bool) -> Result<Claim, Malformed> {
    // `*kvpair kvsep` ends in two separators, or is a single one.
    let text = text.strip_suffix('\u{1}').ok_or(Malformed::Syntax)?;
    let (mut user, mut auth, mut host, mut port) = (None, None, None, None);
    for pair in text.split_terminator('\u{1}') {
        let (key, value) = pair.split_once('=').ok_or(Malformed::Syntax)?;
        if key.is_empty() || !key.bytes().all(|c| c.is_ascii_alphabetic()) {
            return Err(Malformed::Syntax);
        }
        // RFC 7628 section 3.1: value = *(VCHAR / SP / HTAB / CR / LF); the user of XOAUTH2 may be UTF-8.
        if value.chars().any(|c| c.is_control() && !matches!(c, '\t' | '\r' | '\n')) {
            return Err(Malformed::Syntax);
        }
        let slot = match key {
            "user" if user_key => &mut user,
            "auth" => &mut auth,
            "host" => &mut host,
            "port" => &mut port,
            // RFC 7628 section 3.1: "Unknown key/value pairs MUST be ignored by the server."
            _ => continue,
        };
        if slot.replace(value).is_some() {
            return Err(Malformed::Syntax);
        }
    }
    // A message of one pair without separator is cut short.
    if !text.is_empty() && !text.ends_with('\u{1}') {
        return Err(Malformed::Syntax);
    }
    if user_key && user.is_none() {
        return Err(Malformed::Syntax);
    }
    let port = match port {
        None => None,
        Some(port) => match crate::scram::positive_number(port).map(u16::try_from) {
            Ok(Ok(port)) => Some(port),
            _ => return Err(Malformed::Syntax),
        },
    };
    let token = bearer(auth.ok_or(Malformed::Syntax)?)?;
    Ok(Claim { user: user.map(str::to_owned), token, host: host.map(str::to_owned), port })
}

/// The token of an Authorization header; an empty header is a question, RFC 7628 section 4.3.
fn bearer(auth: &str) -> Result<Secret, Malformed> {
    if auth.is_empty() {
        return Ok(Secret::default());
    }
    let (scheme, token) = auth.split_once(' ').ok_or(Malformed::Syntax)?;
    if !scheme.eq_ignore_ascii_case("Bearer") || !is_token(token.as_bytes()) {
        return Err(Malformed::Syntax);
    }
    Ok(Secret::from(token))
}

/// Whether this can be a bearer token: printable ASCII without space, at least one.
pub(crate) fn is_token(octets: &[u8]) -> bool {
    !octets.is_empty() && octets.iter().all(u8::is_ascii_graphic)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RFC_7628: &str = "n,a=user@example.com,\u{1}host=server.example.com\u{1}port=143\u{1}\
        auth=Bearer vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==\u{1}\u{1}";

    #[test]
    fn rfc_7628_section_4_1() {
        let token = Secret::from("vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==");
        let message = bearer_message("user@example.com", Some(("server.example.com", 143)), &token);
        assert_eq!(message.expose(), RFC_7628.as_bytes());
        let claim = parse_bearer(RFC_7628.as_bytes()).unwrap();
        assert_eq!(claim.user.as_deref(), Some("user@example.com"));
        assert_eq!(claim.token, token);
        assert_eq!((claim.host.as_deref(), claim.port), (Some("server.example.com"), Some(143)));
    }

    #[test]
    fn an_empty_header_is_a_question() {
        let claim =
            parse_bearer(b"n,a=user@example.com,\x01host=server.example.com\x01port=143\x01auth=\x01\x01");
        assert!(claim.unwrap().token.is_empty());
    }

    #[test]
    fn xoauth2_round_trips() {
        let token = Secret::from("ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg");
        let message = xoauth2_message("someuser@example.com", &token);
        let claim = parse_xoauth2(message.expose()).unwrap();
        assert_eq!(claim.user.as_deref(), Some("someuser@example.com"));
        assert_eq!(claim.token, token);
    }

    #[test]
    fn hostile_bearer_messages() {
        for wrong in [
            "",
            "\u{1}",
            "n,,",
            "n,,\u{1}",
            "n,,\u{1}\u{1}",
            "n,,\u{1}auth=Bearer x\u{1}",
            "n,,\u{1}auth=Bearer x",
            "n,,auth=Bearer x\u{1}\u{1}",
            "p=tls-exporter,,\u{1}auth=Bearer x\u{1}\u{1}",
            "n,user=someuser@example.com,\u{1}auth=Bearer x\u{1}\u{1}",
            "n,,\u{1}auth=Bearer x\u{1}auth=Bearer y\u{1}\u{1}",
            "n,,\u{1}auth=Basic x\u{1}\u{1}",
            "n,,\u{1}auth=Bearer\u{1}\u{1}",
            "n,,\u{1}auth=Bearer a b\u{1}\u{1}",
            "n,,\u{1}auth=Bearer x\0\u{1}\u{1}",
            "n,,\u{1}port=0143\u{1}auth=Bearer x\u{1}\u{1}",
            "n,,\u{1}port=65536\u{1}auth=Bearer x\u{1}\u{1}",
            "n,,\u{1}port=+25\u{1}auth=Bearer x\u{1}\u{1}",
            "n,,\u{1}a_b=1\u{1}auth=Bearer x\u{1}\u{1}",
            "n,,\u{1}=1\u{1}auth=Bearer x\u{1}\u{1}",
        ] {
            assert!(parse_bearer(wrong.as_bytes()).is_err(), "{wrong:?}");
        }
        assert!(parse_bearer(b"y,,\x01mthd=POST\x01auth=bEARER x\x01\x01").is_ok());
    }

    #[test]
    fn hostile_xoauth2_messages() {
        for wrong in [
            "",
            "user=joe",
            "user=joe\u{1}auth=Bearer x\u{1}",
            "auth=Bearer x\u{1}\u{1}",
            "user=joe\u{1}\u{1}",
        ] {
            assert!(parse_xoauth2(wrong.as_bytes()).is_err(), "{wrong:?}");
        }
    }
}
