//! Mechanism names, and what each mechanism is worth.

use std::fmt;

use crate::crypto::Hash;

/// A SASL mechanism that both sides of this crate can run.
///
/// # Example
///
/// ```
/// use sasl_core::Mechanism;
///
/// let offered: Vec<_> = ["PLAIN", "scram-sha-256", "NTLM"].iter().filter_map(|n| Mechanism::parse(n.as_bytes())).collect();
/// assert_eq!(offered, [Mechanism::Plain, Mechanism::ScramSha256]);
/// assert!(Mechanism::ScramSha256.strength() > Mechanism::Plain.strength());
/// ```
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Eq, PartialEq, Hash)]
pub enum Mechanism {
    /// `PLAIN`, RFC 4616: the password itself.
    Plain,
    /// `LOGIN`, never standardised: the password itself, in three messages.
    Login,
    /// `CRAM-MD5`, RFC 2195: a keyed digest of a challenge.
    CramMd5,
    /// `SCRAM-SHA-1`, RFC 5802.
    ScramSha1,
    /// `SCRAM-SHA-1-PLUS`, RFC 5802, bound to the TLS connection.
    ScramSha1Plus,
    /// `SCRAM-SHA-256`, RFC 7677.
    ScramSha256,
    /// `SCRAM-SHA-256-PLUS`, RFC 7677, bound to the TLS connection.
    ScramSha256Plus,
    /// `SCRAM-SHA-512`: RFC 5802 with SHA-512, as deployed.
    ScramSha512,
    /// `SCRAM-SHA-512-PLUS`, bound to the TLS connection.
    ScramSha512Plus,
    /// `XOAUTH2`, de facto: a bearer token.
    XOAuth2,
    /// `OAUTHBEARER`, RFC 7628: a bearer token.
    OAuthBearer,
    /// `EXTERNAL`, RFC 4422 section A.1: whoever the TLS certificate says.
    External,
    /// `ANONYMOUS`, RFC 4505: nobody in particular.
    Anonymous,
}

/// What an attacker who sees or fakes the other end gains, weakest first.
///
/// The floor of [`Policy::minimum`](crate::client::Policy::minimum) is given in these.
///
/// # Example
///
/// ```
/// use sasl_core::{Mechanism, Strength};
///
/// assert_eq!(Mechanism::ScramSha256.strength(), Strength::Salted);
/// assert!(Strength::Bound > Strength::Salted && Strength::Token > Strength::Cleartext);
/// ```
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Eq, PartialEq, Ord, PartialOrd, Hash)]
pub enum Strength {
    /// Nothing is proven.
    Anonymous,
    /// The password itself is sent: PLAIN, LOGIN.
    Cleartext,
    /// A revocable token is sent: XOAUTH2, OAUTHBEARER.
    Token,
    /// An unsalted digest of the password is sent: CRAM-MD5.
    Digest,
    /// Salted and iterated, and the server proves itself too: SCRAM.
    Salted,
    /// The same, and nobody sits in between: SCRAM with channel binding.
    Bound,
    /// The key of a certificate, proven by TLS: EXTERNAL.
    Certificate,
}

impl Mechanism {
    /// Every mechanism, strongest first: the order in which a client tries them.
    pub const ALL: &'static [Self] = &[
        Self::External,
        Self::ScramSha512Plus,
        Self::ScramSha256Plus,
        Self::ScramSha1Plus,
        Self::ScramSha512,
        Self::ScramSha256,
        Self::ScramSha1,
        Self::CramMd5,
        Self::OAuthBearer,
        Self::XOAuth2,
        Self::Plain,
        Self::Login,
        Self::Anonymous,
    ];

    /// The registered name, in capitals.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Plain => "PLAIN",
            Self::Login => "LOGIN",
            Self::CramMd5 => "CRAM-MD5",
            Self::ScramSha1 => "SCRAM-SHA-1",
            Self::ScramSha1Plus => "SCRAM-SHA-1-PLUS",
            Self::ScramSha256 => "SCRAM-SHA-256",
            Self::ScramSha256Plus => "SCRAM-SHA-256-PLUS",
            Self::ScramSha512 => "SCRAM-SHA-512",
            Self::ScramSha512Plus => "SCRAM-SHA-512-PLUS",
            Self::XOAuth2 => "XOAUTH2",
            Self::OAuthBearer => "OAUTHBEARER",
            Self::External => "EXTERNAL",
            Self::Anonymous => "ANONYMOUS",
        }
    }

    /// The mechanism of that name, in any case; `None` for names this crate does not run
    /// (see [`Refused`] for those it knows and will not).
    ///
    /// ```abnf
    /// sasl-mech    = 1*20mech-char
    /// mech-char    = UPPER-ALPHA / DIGIT / HYPHEN / UNDERSCORE
    ///                ; RFC 4422 section 3.1
    /// ```
    pub fn parse(name: &[u8]) -> Option<Self> {
        Self::ALL.iter().copied().find(|m| m.name().as_bytes().eq_ignore_ascii_case(name))
    }

    /// Whether a secret crosses the wire as it is, so that TLS must be there first.
    pub const fn is_plaintext(self) -> bool {
        matches!(self, Self::Plain | Self::Login | Self::XOAuth2 | Self::OAuthBearer)
    }

    /// Whether the client speaks first, so that an initial response may go with the command
    /// (RFC 4422 section 3.3).
    ///
    /// ```
    /// use sasl_core::Mechanism;
    ///
    /// assert!(Mechanism::Plain.is_client_first() && !Mechanism::Login.is_client_first());
    /// ```
    pub const fn is_client_first(self) -> bool {
        !matches!(self, Self::Login | Self::CramMd5)
    }

    /// Whether this is one of the SCRAM family.
    pub const fn is_scram(self) -> bool {
        matches!(self.strength(), Strength::Salted | Strength::Bound)
    }

    /// Whether the exchange is bound to the TLS connection: the `-PLUS` forms.
    pub const fn is_bound(self) -> bool {
        matches!(self.strength(), Strength::Bound)
    }

    /// What an attacker gains from the exchange.
    pub const fn strength(self) -> Strength {
        match self {
            Self::Plain | Self::Login => Strength::Cleartext,
            Self::CramMd5 => Strength::Digest,
            Self::ScramSha1 | Self::ScramSha256 | Self::ScramSha512 => Strength::Salted,
            Self::ScramSha1Plus | Self::ScramSha256Plus | Self::ScramSha512Plus => Strength::Bound,
            Self::XOAuth2 | Self::OAuthBearer => Strength::Token,
            Self::External => Strength::Certificate,
            Self::Anonymous => Strength::Anonymous,
        }
    }

    /// The `-PLUS` form of a SCRAM mechanism; itself for one that is bound already.
    pub const fn plus(self) -> Option<Self> {
        match self {
            Self::ScramSha1 | Self::ScramSha1Plus => Some(Self::ScramSha1Plus),
            Self::ScramSha256 | Self::ScramSha256Plus => Some(Self::ScramSha256Plus),
            Self::ScramSha512 | Self::ScramSha512Plus => Some(Self::ScramSha512Plus),
            _ => None,
        }
    }

    /// The hash of a SCRAM mechanism: the one its stored verifier must have been made with.
    pub const fn hash(self) -> Option<Hash> {
        match self {
            Self::ScramSha1 | Self::ScramSha1Plus => Some(Hash::Sha1),
            Self::ScramSha256 | Self::ScramSha256Plus => Some(Hash::Sha256),
            Self::ScramSha512 | Self::ScramSha512Plus => Some(Hash::Sha512),
            _ => None,
        }
    }

    /// One bit for each mechanism, for sets that fit in a `const`.
    pub(crate) const fn bit(self) -> u32 {
        1 << self as u32
    }
}

impl fmt::Display for Mechanism {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A mechanism that is known by name and will never be selected.
///
/// For diagnostics: "the server offers only NTLM" is a better message than "nothing is offered".
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Eq, PartialEq, Hash)]
pub enum Refused {
    /// `DIGEST-MD5`: moved to Historic by RFC 6331.
    DigestMd5,
    /// `NTLM`: a broken digest of a vendor.
    Ntlm,
    /// `GSSAPI`, RFC 4752: needs a Kerberos library.
    Gssapi,
    /// `GS2-KRB5` and `GS2-KRB5-PLUS`: need a Kerberos library.
    Gs2Krb5,
    /// `GSS-SPNEGO`: needs a Kerberos library.
    GssSpnego,
    /// `KERBEROS_V4`: obsolete.
    KerberosV4,
    /// `OTP` and `SKEY`: one-time passwords, hardly deployed.
    OneTime,
}

impl Refused {
    /// The refused mechanism of that name, in any case.
    ///
    /// ```
    /// assert_eq!(sasl_core::Refused::parse(b"digest-md5"), Some(sasl_core::Refused::DigestMd5));
    /// assert_eq!(sasl_core::Mechanism::parse(b"DIGEST-MD5"), None);
    /// ```
    pub fn parse(name: &[u8]) -> Option<Self> {
        const NAMES: [(&str, Refused); 9] = [
            ("DIGEST-MD5", Refused::DigestMd5),
            ("NTLM", Refused::Ntlm),
            ("GSSAPI", Refused::Gssapi),
            ("GS2-KRB5", Refused::Gs2Krb5),
            ("GS2-KRB5-PLUS", Refused::Gs2Krb5),
            ("GSS-SPNEGO", Refused::GssSpnego),
            ("KERBEROS_V4", Refused::KerberosV4),
            ("OTP", Refused::OneTime),
            ("SKEY", Refused::OneTime),
        ];
        NAMES.iter().find(|(n, _)| n.as_bytes().eq_ignore_ascii_case(name)).map(|(_, refused)| *refused)
    }

    /// Why it is refused, for a person.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::DigestMd5 => "DIGEST-MD5 is historic (RFC 6331)",
            Self::Ntlm => "NTLM rests on broken digests",
            Self::Gssapi | Self::Gs2Krb5 | Self::GssSpnego => "Kerberos is not supported",
            Self::KerberosV4 => "Kerberos 4 is obsolete",
            Self::OneTime => "one-time passwords are not supported",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_legal_and_parse_back() {
        for &mechanism in Mechanism::ALL {
            let name = mechanism.name();
            // RFC 4422 section 3.1: "named by character strings, from 1 to 20 characters in length"
            assert!((1..=20).contains(&name.len()), "{name}");
            assert!(
                name.bytes().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == b'-' || c == b'_')
            );
            assert_eq!(Mechanism::parse(name.to_ascii_lowercase().as_bytes()), Some(mechanism));
            assert_eq!(Refused::parse(name.as_bytes()), None);
        }
    }

    #[test]
    fn all_is_complete_and_ordered_by_strength() {
        let bits = Mechanism::ALL.iter().fold(0, |set, m| set | m.bit());
        assert_eq!(bits.count_ones() as usize, Mechanism::ALL.len());
        assert!(Mechanism::ALL.windows(2).all(|pair| pair[0].strength() >= pair[1].strength()));
    }

    #[test]
    fn near_misses_are_nothing() {
        for name in ["", "PLAIN ", "SCRAM-SHA-256-", "SCRAM-SHA-224", "XOAUTH", "PLAIN\0", "NTLM", "GSSAPI"] {
            assert_eq!(Mechanism::parse(name.as_bytes()), None, "{name:?}");
        }
    }
}
