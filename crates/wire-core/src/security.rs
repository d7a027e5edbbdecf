//! What a client insists on before it logs in.

/// What an open session must have: never less because the server, or somebody in between, offers less.
///
/// ```
/// use wire_core::Security;
///
/// assert_eq!(Security::default(), Security::ImplicitTls);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Security {
    /// TLS from the first octet (RFC 8314 section 3): ports 993 and 995.
    #[default]
    ImplicitTls,
    /// STARTTLS or STLS, or no session (RFC 8314 section 4.1): ports 143 and 110.
    StartTls,
    /// In clear. For connections that do not leave the machine.
    Clear,
}
