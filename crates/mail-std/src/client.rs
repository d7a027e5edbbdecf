//! What clients of every protocol share: where to connect, how TLS begins, and what goes wrong below the protocol.

use std::io;
use std::net::TcpStream;

use wire_core::{Endpoint, LayerError, Machine, Recorder};
#[cfg(feature = "tls")]
use wire_rustls::ClientTls;

use crate::{ConnectOptions, Connection, Error, Stream, connect};

/// What goes wrong below the protocol. The errors of clients have these variants too.
#[derive(Debug)]
pub(crate) enum TransportError {
    /// The host cannot be reached.
    Connect(io::Error),
    /// The connection failed.
    Io(io::Error),
    /// TLS failed.
    Tls(LayerError),
    /// The configuration of TLS does not allow a session with this host.
    TlsConfig(Box<dyn std::error::Error + Send + Sync>),
}

impl TransportError {
    /// What of a driver's error is below the protocol; else the error of the machine.
    pub(crate) fn below<E: std::error::Error + 'static>(error: Error<E>) -> Result<Self, E> {
        match error {
            Error::Endpoint(wire_core::Error::Machine(error)) => Err(error),
            Error::Endpoint(wire_core::Error::Layer(error)) => Ok(Self::Tls(error)),
            Error::Io(error) => Ok(Self::Io(error)),
        }
    }
}

/// How TLS begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TlsUse {
    /// Not at all.
    None,
    /// When the machine asks for it, which it does if it can: built without TLS it cannot.
    #[cfg_attr(not(feature = "smtp"), allow(dead_code))] // mail between servers only
    Opportunistic,
    /// When the machine asks for it.
    Upgrade,
    /// With the connection.
    Implicit,
}

/// Where to connect and how, for what builds a client.
#[derive(Clone, Debug)]
pub(crate) struct Dial {
    pub(crate) host: String,
    pub(crate) port: Option<u16>,
    pub(crate) options: ConnectOptions,
    pub(crate) recorder: Option<Recorder>,
    /// By default the certificates of the public web are trusted.
    #[cfg(feature = "tls")]
    pub(crate) tls: Option<ClientTls>,
}

impl Dial {
    /// A session with `host`.
    pub(crate) fn new(host: &str) -> Self {
        Self {
            host: host.to_owned(),
            port: None,
            options: ConnectOptions::default(),
            recorder: None,
            #[cfg(feature = "tls")]
            tls: None,
        }
    }

    /// Connects, to `port` unless another was set.
    ///
    /// # Errors
    ///
    /// [`TransportError::Connect`].
    pub(crate) fn connect(&self, port: u16) -> Result<TcpStream, TransportError> {
        let port = self.port.unwrap_or(port);
        connect(&self.host, port, &self.options).map_err(TransportError::Connect)
    }

    /// A machine on a stream that is connected.
    ///
    /// # Errors
    ///
    /// [`TransportError::TlsConfig`].
    #[cfg(feature = "tls")]
    pub(crate) fn connection<M, S>(
        &self,
        stream: S,
        machine: M,
        tls: TlsUse,
    ) -> Result<Connection<M, S>, TransportError>
    where
        M: Machine,
        S: Stream,
    {
        let config_error = |error| TransportError::TlsConfig(Box::new(error));
        let filter = match (&self.tls, tls) {
            (_, TlsUse::None) => None,
            (Some(tls), _) => Some(tls.session(&self.host)),
            (None, _) => Some(ClientTls::webpki().map_err(config_error)?.session(&self.host)),
        };
        let filter = filter.transpose().map_err(config_error)?;
        let (mut endpoint, upgrade) = match filter {
            Some(filter) if tls == TlsUse::Implicit => (Endpoint::with_tls(machine, filter), None),
            filter => (Endpoint::new(machine), filter),
        };
        if let Some(recorder) = &self.recorder {
            endpoint.record(recorder.clone());
        }
        let connection = Connection::new(stream, endpoint);
        Ok(match upgrade {
            Some(filter) => connection.with_tls_source(Box::new(move || Ok(filter))),
            None => connection,
        })
    }

    /// A machine on a stream that is connected.
    ///
    /// # Errors
    ///
    /// [`TransportError::TlsConfig`] if there has to be TLS.
    #[cfg(not(feature = "tls"))]
    pub(crate) fn connection<M, S>(
        &self,
        stream: S,
        machine: M,
        tls: TlsUse,
    ) -> Result<Connection<M, S>, TransportError>
    where
        M: Machine,
        S: Stream,
    {
        if matches!(tls, TlsUse::Implicit | TlsUse::Upgrade) {
            return Err(TransportError::TlsConfig("built without TLS".into()));
        }
        let mut endpoint = Endpoint::new(machine);
        if let Some(recorder) = &self.recorder {
            endpoint.record(recorder.clone());
        }
        Ok(Connection::new(stream, endpoint))
    }
}
