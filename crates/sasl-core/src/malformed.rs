//! What can be wrong with the form of a message.

/// How a peer's message breaks the grammar of its mechanism.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Malformed {
    /// Nothing, where something is needed.
    #[error("the message is empty")]
    Empty,
    /// Longer than [`MAX_MESSAGE_OCTETS`](crate::MAX_MESSAGE_OCTETS), or a part of it longer than it may be.
    #[error("the message is too long")]
    TooLong,
    /// Not UTF-8 where the mechanism is text.
    #[error("the message is not UTF-8")]
    NotUtf8,
    /// Not the grammar of the mechanism: a field is missing, twice there, or out of its place.
    #[error("the message breaks the grammar of the mechanism")]
    Syntax,
    /// SCRAM `m=`: RFC 5802 section 5.1 reserves it, and its presence is a failure.
    #[error("the message demands an unknown extension")]
    MandatoryExtension,
    /// A user name or authorization identity that cannot be one.
    #[error("the user name is not valid")]
    UserName,
    /// Base64 inside the message is not in canonical form.
    #[error("the message contains invalid base64")]
    Base64,
    /// The nonce is not the one of this exchange.
    #[error("the nonce is not the one of this exchange")]
    Nonce,
    /// Data where the mechanism has none to give: an initial response to a mechanism whose server speaks
    /// first, or an answer to the last challenge.
    #[error("there is data where none belongs")]
    Unexpected,
}
