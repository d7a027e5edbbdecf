//! The four messages of SCRAM, RFC 5802 section 7: strictly parsed, in fixed order.

use super::{MAX_SALT_OCTETS, ScramError, positive_number};
use crate::base64;
use crate::malformed::Malformed;
use crate::nonce::{Nonce, is_printable};

/// ```abnf
/// gs2-cbind-flag  = ("p=" cb-name) / "n" / "y"
///                   ; RFC 5802 section 7
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum BindingFlag<'a> {
    /// `n`: the client has no channel binding.
    None,
    /// `y`: the client has one and believes that the server has not.
    Unused,
    /// `p=`: this one is used.
    Used(&'a str),
}

/// ```abnf
/// client-first-message-bare = [reserved-mext ","] username "," nonce ["," extensions]
/// client-first-message      = gs2-header client-first-message-bare
///                             ; RFC 5802 section 7
/// ```
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct ClientFirst<'a> {
    pub(crate) flag: BindingFlag<'a>,
    /// With `=2C` and `=3D` undone.
    pub(crate) authzid: Option<String>,
    /// The GS2 header as it stands.
    pub(crate) header: &'a str,
    /// All that follows the header.
    pub(crate) bare: &'a str,
    /// With `=2C` and `=3D` undone, not prepared.
    pub(crate) user: String,
    pub(crate) nonce: &'a str,
}

impl<'a> ClientFirst<'a> {
    pub(crate) fn parse(message: &'a [u8]) -> Result<Self, Malformed> {
        let text = text(message)?;
        let (header, authzid, bare) = gs2_header(text)?;
        let flag = header.split(',').next().ok_or(Malformed::Syntax).and_then(binding_flag)?;
        let mut fields = bare.split(',');
        let user = field(&mut fields, "n=").and_then(decode_name)?;
        let nonce = field(&mut fields, "r=")?;
        check_nonce(nonce)?;
        extensions(fields)?;
        Ok(Self { flag, authzid, header, bare, user, nonce })
    }
}

/// ```abnf
/// server-first-message = [reserved-mext ","] nonce "," salt "," iteration-count ["," extensions]
///                        ; RFC 5802 section 7
/// ```
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct ServerFirst<'a> {
    pub(crate) nonce: &'a str,
    /// May be empty: the grammar allows it, the client does not.
    pub(crate) salt: Vec<u8>,
    pub(crate) iterations: u32,
}

impl<'a> ServerFirst<'a> {
    pub(crate) fn parse(text: &'a str) -> Result<Self, Malformed> {
        let mut fields = text.split(',');
        let nonce = field(&mut fields, "r=")?;
        check_nonce(nonce)?;
        let salt = field(&mut fields, "s=")?;
        if salt.len() > base64::encoded_len(MAX_SALT_OCTETS) {
            return Err(Malformed::TooLong);
        }
        let salt = decode(salt)?;
        let iterations = field(&mut fields, "i=").and_then(positive_number)?;
        extensions(fields)?;
        Ok(Self { nonce, salt, iterations })
    }
}

/// ```abnf
/// client-final-message = client-final-message-without-proof "," proof
/// client-final-message-without-proof = channel-binding "," nonce ["," extensions]
///                        ; RFC 5802 section 7
/// ```
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct ClientFinal<'a> {
    /// Everything before the proof.
    pub(crate) without_proof: &'a str,
    /// Still base64: it must be compared as it stands.
    pub(crate) binding: &'a str,
    pub(crate) nonce: &'a str,
    pub(crate) proof: Vec<u8>,
}

impl<'a> ClientFinal<'a> {
    pub(crate) fn parse(message: &'a [u8]) -> Result<Self, Malformed> {
        let (without_proof, proof) = text(message)?.rsplit_once(',').ok_or(Malformed::Syntax)?;
        let proof = decode(proof.strip_prefix("p=").ok_or(Malformed::Syntax)?)?;
        let mut fields = without_proof.split(',');
        let binding = field(&mut fields, "c=")?;
        let nonce = field(&mut fields, "r=")?;
        extensions(fields)?;
        Ok(Self { without_proof, binding, nonce, proof })
    }
}

/// ```abnf
/// server-final-message = (server-error / verifier) ["," extensions]
///                        ; RFC 5802 section 7
/// ```
#[derive(Debug, Eq, PartialEq)]
pub(crate) enum ServerFinal {
    Verifier(Vec<u8>),
    Error(ScramError),
}

impl ServerFinal {
    pub(crate) fn parse(text: &str) -> Result<Self, Malformed> {
        let mut fields = text.split(',');
        let first = fields.next().unwrap_or_default();
        let this = if let Some(signature) = first.strip_prefix("v=") {
            Self::Verifier(decode(signature)?)
        } else if let Some(name) = first.strip_prefix("e=").filter(|name| !name.is_empty()) {
            Self::Error(ScramError::parse(name))
        } else {
            return Err(if first.starts_with("m=") {
                Malformed::MandatoryExtension
            } else {
                Malformed::Syntax
            });
        };
        extensions(fields)?;
        Ok(this)
    }
}

/// Splits the GS2 header off: its text, its authorization identity, and the rest.
///
/// ```abnf
/// gs2-header      = gs2-cbind-flag "," [ authzid ] ","
///                   ; RFC 5802 section 7
/// ```
pub(crate) fn gs2_header(text: &str) -> Result<(&str, Option<String>, &str), Malformed> {
    let (_, rest) = text.split_once(',').ok_or(Malformed::Syntax)?;
    let (authzid, rest) = rest.split_once(',').ok_or(Malformed::Syntax)?;
    let authzid = match authzid.strip_prefix("a=") {
        Some(name) => Some(decode_name(name)?),
        None if authzid.is_empty() => None,
        None => return Err(Malformed::Syntax),
    };
    let header = text.strip_suffix(rest).ok_or(Malformed::Syntax)?;
    Ok((header, authzid, rest))
}

/// Reads the flag in front of a GS2 header.
pub(crate) fn binding_flag(text: &str) -> Result<BindingFlag<'_>, Malformed> {
    // RFC 5802 section 5: "the client's first message will always start with "n", "y", or "p"; otherwise, the
    // message is invalid and authentication MUST fail."
    match text {
        "n" => Ok(BindingFlag::None),
        "y" => Ok(BindingFlag::Unused),
        _ => match text.strip_prefix("p=") {
            Some(name)
                if !name.is_empty()
                    && name.bytes().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'.' | b'-')) =>
            {
                Ok(BindingFlag::Used(name))
            }
            _ => Err(Malformed::Syntax),
        },
    }
}

/// Writes a name with `,` and `=` quoted.
///
/// ```abnf
/// saslname        = 1*(value-safe-char / "=2C" / "=3D")
///                   ; RFC 5802 section 7
/// ```
pub(crate) fn encode_name(name: &str, out: &mut String) {
    for c in name.chars() {
        match c {
            ',' => out.push_str("=2C"),
            '=' => out.push_str("=3D"),
            c => out.push(c),
        }
    }
}

/// Reads a `saslname`.
pub(crate) fn decode_name(text: &str) -> Result<String, Malformed> {
    // RFC 5802 section 5.1: "If the server receives a username that contains '=' not followed by either '2C'
    // or '3D', then the server MUST fail the authentication."
    let mut parts = text.split('=');
    let mut name = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (c, rest) = match (part.strip_prefix("2C"), part.strip_prefix("3D")) {
            (Some(rest), _) => (',', rest),
            (_, Some(rest)) => ('=', rest),
            _ => return Err(Malformed::UserName),
        };
        name.push(c);
        name.push_str(rest);
    }
    if name.is_empty() || name.contains(['\0']) {
        return Err(Malformed::UserName);
    }
    Ok(name)
}

pub(crate) fn text(message: &[u8]) -> Result<&str, Malformed> {
    str::from_utf8(message).map_err(|_| Malformed::NotUtf8)
}

/// The value of the next attribute, which must be this one.
fn field<'a>(fields: &mut impl Iterator<Item = &'a str>, name: &str) -> Result<&'a str, Malformed> {
    let field = fields.next().ok_or(Malformed::Syntax)?;
    // RFC 5802 section 5.1: "In this version of SCRAM, its presence in a client or a server message MUST
    // cause authentication failure when the attribute is parsed by the other end."
    if field.starts_with("m=") {
        return Err(Malformed::MandatoryExtension);
    }
    field.strip_prefix(name).ok_or(Malformed::Syntax)
}

/// RFC 5802 section 5.1: "Unknown optional extensions MUST be ignored upon receipt."
fn extensions<'a>(fields: impl Iterator<Item = &'a str>) -> Result<(), Malformed> {
    for field in fields {
        let (name, value) = field.split_once('=').ok_or(Malformed::Syntax)?;
        match name.as_bytes() {
            b"m" => return Err(Malformed::MandatoryExtension),
            // The attributes of RFC 5802 section 5.1 have their own places; a second one is not an extension.
            b"a" | b"n" | b"r" | b"c" | b"s" | b"i" | b"p" | b"v" | b"e" => return Err(Malformed::Syntax),
            [c] if c.is_ascii_alphabetic() && !value.is_empty() && !value.contains('\0') => {}
            _ => return Err(Malformed::Syntax),
        }
    }
    Ok(())
}

fn check_nonce(nonce: &str) -> Result<(), Malformed> {
    if nonce.len() > Nonce::MAX_LEN.saturating_mul(2) {
        return Err(Malformed::TooLong);
    }
    if is_printable(nonce) { Ok(()) } else { Err(Malformed::Syntax) }
}

fn decode(text: &str) -> Result<Vec<u8>, Malformed> {
    base64::decode(text.as_bytes()).map(|octets| octets.expose().to_vec()).map_err(|_| Malformed::Base64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc_5802_messages() {
        let first = ClientFirst::parse(b"n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL").unwrap();
        assert_eq!(first.flag, BindingFlag::None);
        assert_eq!((first.header, first.bare), ("n,,", "n=user,r=fyko+d2lbbFgONRv9qkxdawL"));
        assert_eq!((first.user.as_str(), first.authzid), ("user", None));

        let text = "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096";
        assert_eq!(ServerFirst::parse(text).unwrap().iterations, 4096);

        let last = ClientFinal::parse(
            b"c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=",
        );
        assert_eq!(last.unwrap().binding, "biws");
        assert!(matches!(ServerFinal::parse("v=rmF9pqV8S7suAoZWja4dJRkFsKQ="), Ok(ServerFinal::Verifier(_))));
    }

    #[test]
    fn names_are_quoted_and_nothing_else() {
        let mut quoted = String::new();
        encode_name("a,b=c", &mut quoted);
        assert_eq!(quoted, "a=2Cb=3Dc");
        assert_eq!(decode_name(&quoted).unwrap(), "a,b=c");
        for wrong in ["", "us=er", "=", "a=2", "a=2c", "a=3d", "a==3D", "a\0b"] {
            assert_eq!(decode_name(wrong), Err(Malformed::UserName), "{wrong:?}");
        }
    }

    #[test]
    fn client_first_in_disorder() {
        for (wrong, why) in [
            ("", Malformed::Syntax),
            ("n", Malformed::Syntax),
            ("n,n=user,r=abc", Malformed::Syntax),
            ("x,,n=user,r=abc", Malformed::Syntax),
            ("p=,,n=user,r=abc", Malformed::Syntax),
            ("p=tls_unique,,n=user,r=abc", Malformed::Syntax),
            ("n,b=x,n=user,r=abc", Malformed::Syntax),
            ("n,,r=abc,n=user", Malformed::Syntax),
            ("n,,n=user", Malformed::Syntax),
            ("n,,n=user,r=", Malformed::Syntax),
            ("n,,n=user,r=a b", Malformed::Syntax),
            ("n,,n=user,r=abc,", Malformed::Syntax),
            ("n,,n=user,r=abc,x", Malformed::Syntax),
            ("n,,n=user,r=abc,x=", Malformed::Syntax),
            ("n,,n=user,r=abc,n=other", Malformed::Syntax),
            ("n,,n=user,r=abc,m=x", Malformed::MandatoryExtension),
            ("n,,m=x,n=user,r=abc", Malformed::MandatoryExtension),
            ("n,,n=,r=abc", Malformed::UserName),
            ("n,a=,n=user,r=abc", Malformed::UserName),
        ] {
            assert_eq!(ClientFirst::parse(wrong.as_bytes()).err(), Some(why), "{wrong:?}");
        }
        assert_eq!(ClientFirst::parse(b"n,,n=\xff,r=abc").err(), Some(Malformed::NotUtf8));
        assert!(ClientFirst::parse(b"y,a=x=2Cy,n=user,r=abc,x=1=2,y=z").is_ok());
    }

    #[test]
    fn finals_in_disorder() {
        for wrong in
            ["", "c=biws,r=abc", "r=abc,c=biws,p=AAAA", "c=biws,p=AAAA,r=abc", "c=biws,r=abc,p=AAAA,x=y"]
        {
            assert!(ClientFinal::parse(wrong.as_bytes()).is_err(), "{wrong:?}");
        }
        assert_eq!(ClientFinal::parse(b"c=biws,r=abc,p=AAA").err(), Some(Malformed::Base64));
        for wrong in ["", "v=%", "e=", "x=y", "v=AAAA,", "m=x,v=AAAA"] {
            assert!(ServerFinal::parse(wrong).is_err(), "{wrong:?}");
        }
        assert_eq!(ServerFinal::parse("e=nonsense,x=y"), Ok(ServerFinal::Error(ScramError::OtherError)));
    }
}
