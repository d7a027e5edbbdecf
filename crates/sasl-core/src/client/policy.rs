//! What a client is willing to do.

use crate::mechanism::{Mechanism, Strength};
use crate::scram::{MAX_ITERATIONS, MIN_ITERATIONS};
use crate::transport::ChannelBinding;

/// What a client is willing to do to authenticate. The default is right for nearly everyone.
///
/// # Example
///
/// ```
/// use sasl_core::client::Policy;
/// use sasl_core::{Mechanism, Strength};
///
/// // Never again anything weaker than what was seen the last time.
/// const POLICY: Policy = Policy::new().minimum(Strength::Salted).without(Mechanism::ScramSha1);
/// assert!(!POLICY.allows_cleartext());
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Policy {
    permitted: u32,
    floor: Strength,
    allow_cleartext: bool,
    min_iterations: u32,
    max_iterations: u32,
    binding: BindingUse,
    first_binding: Option<ChannelBinding>,
}

/// How the client stands to channel binding.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum BindingUse {
    /// Used when both sides can.
    Prefer,
    /// Nothing but `-PLUS`.
    Require,
    /// As if the client knew nothing of it.
    Never,
}

impl Policy {
    /// Every mechanism, the strongest first; no secret in clear without TLS; 4096 to 10 000 000 iterations;
    /// channel binding when both sides can.
    pub const fn new() -> Self {
        Self {
            permitted: u32::MAX,
            floor: Strength::Anonymous,
            allow_cleartext: false,
            min_iterations: MIN_ITERATIONS,
            max_iterations: MAX_ITERATIONS,
            binding: BindingUse::Prefer,
            first_binding: None,
        }
    }

    /// Only these mechanisms.
    #[must_use]
    pub const fn only(mut self, mechanisms: &[Mechanism]) -> Self {
        self.permitted = 0;
        let mut rest = mechanisms;
        while let [first, tail @ ..] = rest {
            self.permitted |= first.bit();
            rest = tail;
        }
        self
    }

    /// All that was permitted so far but this one: for a server that offers what it cannot do, when the
    /// next mechanism is to be tried on the same connection.
    #[must_use]
    pub const fn without(mut self, mechanism: Mechanism) -> Self {
        self.permitted &= !mechanism.bit();
        self
    }

    /// Nothing weaker than this. Default: [`Strength::Anonymous`], that is anything.
    ///
    /// The defence against a server, or somebody in its place, that suddenly offers less than it did: set it
    /// to what was used the last time.
    #[must_use]
    pub const fn minimum(mut self, floor: Strength) -> Self {
        self.floor = floor;
        self
    }

    /// The fewest SCRAM iterations to accept. Default 4096, the floor of RFC 7677 section 4; fewer make the
    /// password cheap to guess for whoever sees the exchange. At least 1.
    #[must_use]
    pub const fn min_iterations(mut self, iterations: u32) -> Self {
        self.min_iterations = if iterations == 0 { 1 } else { iterations };
        self
    }

    /// The most SCRAM iterations to compute. Default 10 000 000: some seconds. Whoever asks for more gets an
    /// error, and not a second of work.
    #[must_use]
    pub const fn max_iterations(mut self, iterations: u32) -> Self {
        self.max_iterations = iterations;
        self
    }

    /// Only the `-PLUS` forms of SCRAM, and EXTERNAL: nothing that a relay could pass on.
    #[must_use]
    pub const fn require_channel_binding(mut self) -> Self {
        self.binding = BindingUse::Require;
        self
    }

    /// No channel binding at all: for a server that offers `-PLUS` and cannot do the binding types that this
    /// connection has, or behind a proxy that ends TLS. Gives up the protection against relays.
    #[must_use]
    pub const fn without_channel_binding(mut self) -> Self {
        self.binding = BindingUse::Never;
        self
    }

    /// The channel binding to use if the connection has it, before the usual order of `tls-exporter`,
    /// `tls-unique`, `tls-server-end-point`.
    ///
    /// ```
    /// use sasl_core::{ChannelBinding, client::Policy};
    ///
    /// const POLICY: Policy = Policy::new().with_channel_binding(ChannelBinding::TlsServerEndPoint);
    /// assert_ne!(POLICY, Policy::new());
    /// ```
    #[must_use]
    pub const fn with_channel_binding(mut self, binding: ChannelBinding) -> Self {
        self.first_binding = Some(binding);
        self
    }

    /// Permits PLAIN, LOGIN, XOAUTH2 and OAUTHBEARER without TLS.
    ///
    /// **Dangerous:** anybody on the path then has the password. For networks of one machine, and tests.
    #[must_use]
    pub const fn dangerous_allow_cleartext_secrets(mut self) -> Self {
        self.allow_cleartext = true;
        self
    }

    pub(crate) const fn permits(&self, mechanism: Mechanism) -> bool {
        let bound_enough = match self.binding {
            BindingUse::Prefer => true,
            // Not PLAIN either: whoever sits in between would offer nothing else.
            BindingUse::Require => mechanism.is_bound() || matches!(mechanism, Mechanism::External),
            BindingUse::Never => !mechanism.is_bound(),
        };
        bound_enough && self.permitted & mechanism.bit() != 0
    }

    pub(crate) const fn floor(&self) -> Strength {
        self.floor
    }

    /// Whether secrets may be sent in clear.
    pub const fn allows_cleartext(&self) -> bool {
        self.allow_cleartext
    }

    pub(crate) const fn iterations(&self) -> (u32, u32) {
        (self.min_iterations, self.max_iterations)
    }

    /// The binding to use on a connection, if any.
    pub(crate) fn binding(&self, transport: &crate::Transport) -> Option<ChannelBinding> {
        if self.binding == BindingUse::Never {
            return None;
        }
        self.first_binding
            .filter(|binding| transport.binding(*binding).is_some())
            .or_else(|| transport.bindings().next())
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self::new()
    }
}
