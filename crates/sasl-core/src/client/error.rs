//! Why a client will not go on.

use crate::credentials::CredentialsError;
use crate::malformed::Malformed;

/// Why an exchange cannot begin, go on, or be believed.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ClientError {
    /// Ours: the credentials cannot be used with the mechanism.
    #[error(transparent)]
    Credentials(CredentialsError),
    /// Ours: the policy forbids the mechanism.
    #[error("the policy forbids the mechanism")]
    Forbidden,
    /// Ours: the mechanism is weaker than the policy's floor.
    #[error("the mechanism is weaker than the policy asks for")]
    BelowFloor,
    /// Ours: a secret would be sent in clear.
    #[error("the mechanism sends a secret and the connection is not encrypted")]
    NeedsTls,
    /// Ours: a `-PLUS` mechanism, or a policy that requires one, and a transport without channel binding.
    #[error("the mechanism needs a channel binding and the connection has none")]
    NeedsChannelBinding,
    /// Ours: the `-PLUS` form is offered and possible, so it must be the one that is used
    /// (RFC 5802 section 6).
    #[error("the -PLUS form of the mechanism is offered and must be used")]
    PlusRequired,
    /// Ours: a call at the wrong time; or theirs: a success in the middle of the exchange.
    #[error("the exchange is not at a point where this can happen")]
    OutOfOrder,
    /// Theirs: the challenge breaks the grammar.
    #[error("the server's challenge is malformed: {0}")]
    Malformed(Malformed),
    /// Theirs: a challenge after the last one.
    #[error("the server sent a challenge after the last one")]
    UnexpectedChallenge,
    /// Theirs: the nonce does not begin with ours. Somebody replays, or is confused.
    #[error("the server's nonce does not begin with ours")]
    NonceMismatch,
    /// Theirs: nothing was added to our nonce.
    #[error("the server added nothing to our nonce")]
    NonceNotExtended,
    /// Theirs: no salt.
    #[error("the server sent an empty salt")]
    EmptySalt,
    /// Theirs: fewer iterations than the policy's floor, so that guessing would be cheap.
    #[error("the server asks for {announced} iterations, fewer than the floor of {floor}")]
    TooFewIterations {
        /// What the server said.
        announced: u32,
        /// [`Policy::min_iterations`](super::Policy::min_iterations)
        floor: u32,
    },
    /// Theirs: more iterations than the policy's cap, so that we would compute for hours.
    #[error("the server asks for {announced} iterations, more than the cap of {cap}")]
    TooManyIterations {
        /// What the server said; the largest number if it said more than 32 bits hold.
        announced: u32,
        /// [`Policy::max_iterations`](super::Policy::max_iterations)
        cap: u32,
    },
    /// Theirs: the signature is wrong. It does not know the password, or somebody sits in between.
    #[error("the server's signature is wrong")]
    ServerSignature,
    /// Theirs: success without having shown a signature.
    #[error("the server claims success without having proven itself")]
    ServerNotAuthenticated,
}
