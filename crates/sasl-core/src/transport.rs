//! What the connection offers to an authentication.

use std::fmt;

use bytes::Bytes;

/// The security of the connection at the moment of authentication: filled in by the protocol machine.
///
/// Both sides need it: it decides whether a secret may be sent in clear, whether the `-PLUS` forms of SCRAM
/// exist, and on a server whether EXTERNAL does.
///
/// # Example
///
/// ```
/// use sasl_core::{ChannelBinding, Transport};
///
/// let transport = Transport::tls().with_exporter([7; 32]);
/// assert!(transport.is_secure());
/// assert_eq!(transport.bindings().collect::<Vec<_>>(), [ChannelBinding::TlsExporter]);
/// assert!(!Transport::clear().is_secure());
/// ```
#[derive(Clone, Default)]
pub struct Transport {
    secure: bool,
    exporter: Option<[u8; 32]>,
    unique: Option<Bytes>,
    end_point: Option<Bytes>,
    client_identity: Option<Bytes>,
}

impl Transport {
    /// A connection that anybody on the path can read.
    pub const fn clear() -> Self {
        Self { secure: false, exporter: None, unique: None, end_point: None, client_identity: None }
    }

    /// A connection under TLS, whose peer was verified if the application verifies peers.
    ///
    /// Also right for what is as good as TLS: a socket that never leaves the machine.
    pub const fn tls() -> Self {
        Self { secure: true, exporter: None, unique: None, end_point: None, client_identity: None }
    }

    /// The `tls-exporter` value: 32 octets exported under the label `EXPORTER-Channel-Binding` with an empty
    /// context (RFC 9266 section 2). Give it for TLS 1.3, and for TLS 1.2 with extended master secret.
    #[must_use]
    pub const fn with_exporter(mut self, value: [u8; 32]) -> Self {
        self.exporter = Some(value);
        self
    }

    /// The `tls-unique` value: the first Finished message (RFC 5929 section 3). Only for TLS 1.2, and only
    /// with extended master secret, else two connections may share it.
    #[must_use]
    pub fn with_unique(mut self, value: impl Into<Bytes>) -> Self {
        self.unique = Some(value.into());
        self
    }

    /// The `tls-server-end-point` value: the hash of the server's certificate (RFC 5929 section 4.1).
    #[must_use]
    pub fn with_end_point(mut self, value: impl Into<Bytes>) -> Self {
        self.end_point = Some(value.into());
        self
    }

    /// Whom TLS has authenticated the client as: the certificate, or whatever the application makes of it.
    ///
    /// Only a server uses it, for EXTERNAL; the octets are handed to the application unchanged.
    #[must_use]
    pub fn with_client_identity(mut self, identity: impl Into<Bytes>) -> Self {
        self.client_identity = Some(identity.into());
        self
    }

    /// Whether secrets may be sent as they are.
    pub const fn is_secure(&self) -> bool {
        self.secure
    }

    /// Whom TLS has authenticated the client as.
    pub fn client_identity(&self) -> Option<&Bytes> {
        self.client_identity.as_ref().filter(|_| self.secure)
    }

    /// The channel bindings of this connection, the best first; none without TLS.
    pub fn bindings(&self) -> impl Iterator<Item = ChannelBinding> + '_ {
        ChannelBinding::ALL.iter().copied().filter(|binding| self.binding(*binding).is_some())
    }

    /// The data of one channel binding.
    pub fn binding(&self, binding: ChannelBinding) -> Option<&[u8]> {
        let data = match binding {
            ChannelBinding::TlsExporter => self.exporter.as_ref().map(<[u8; 32]>::as_slice),
            ChannelBinding::TlsUnique => self.unique.as_deref(),
            ChannelBinding::TlsServerEndPoint => self.end_point.as_deref(),
        };
        // RFC 5802 section 7: "cbind-data    = 1*OCTET"
        data.filter(|data| self.secure && !data.is_empty())
    }
}

/// The bindings of a finished handshake; a verified client certificate is the client's identity, in DER.
impl From<&wire_core::TlsSession> for Transport {
    fn from(session: &wire_core::TlsSession) -> Self {
        let leaf = session.peer_certificates.first().filter(|_| session.peer_verified);
        Self {
            exporter: session.exporter,
            end_point: session.server_end_point.clone(),
            client_identity: leaf.cloned(),
            ..Self::tls()
        }
    }
}

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transport")
            .field("secure", &self.secure)
            .field("bindings", &self.bindings().collect::<Vec<_>>())
            .field("client_identity", &self.client_identity.is_some())
            .finish()
    }
}

/// A type of channel binding, RFC 5056 section 7.
///
/// # Example
///
/// ```
/// use sasl_core::{ChannelBinding, Transport};
///
/// let transport = Transport::tls().with_end_point(vec![1; 32]).with_exporter([2; 32]);
/// assert!(transport.bindings().eq([ChannelBinding::TlsExporter, ChannelBinding::TlsServerEndPoint]));
/// assert_eq!(transport.binding(ChannelBinding::TlsUnique), None);
/// assert_eq!(ChannelBinding::TlsExporter.name(), "tls-exporter");
/// ```
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Eq, PartialEq, Hash)]
pub enum ChannelBinding {
    /// `tls-exporter`, RFC 9266: the default.
    TlsExporter,
    /// `tls-unique`, RFC 5929 section 3: TLS 1.2 only.
    TlsUnique,
    /// `tls-server-end-point`, RFC 5929 section 4: binds to the certificate, not to the connection.
    TlsServerEndPoint,
}

impl ChannelBinding {
    const ALL: &'static [Self] = &[Self::TlsExporter, Self::TlsUnique, Self::TlsServerEndPoint];

    /// The registered name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::TlsExporter => "tls-exporter",
            Self::TlsUnique => "tls-unique",
            Self::TlsServerEndPoint => "tls-server-end-point",
        }
    }

    /// The binding of that name; names are matched exactly.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|binding| binding.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bindings_need_tls() {
        let clear = Transport::clear().with_exporter([1; 32]).with_client_identity("joe");
        assert_eq!(clear.bindings().count(), 0);
        assert_eq!(clear.client_identity(), None);
    }

    #[test]
    fn the_exporter_comes_first_and_empty_data_is_no_binding() {
        let both =
            Transport::tls().with_end_point(vec![2; 32]).with_exporter([1; 32]).with_unique(Bytes::new());
        let bindings: Vec<_> = both.bindings().collect();
        assert_eq!(bindings, [ChannelBinding::TlsExporter, ChannelBinding::TlsServerEndPoint]);
    }

    #[test]
    fn debug_shows_no_data() {
        let text =
            format!("{:?}", Transport::tls().with_exporter([0x41; 32]).with_client_identity("certificate"));
        assert!(!text.contains("65") && !text.contains("certificate\""), "{text}");
    }
}
