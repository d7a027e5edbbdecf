//! rustls as a layer of an endpoint.

use std::io::{Read, Write};
use std::sync::Arc;

use bytes::{Buf, Bytes, BytesMut};
use rustls::{Connection, HandshakeKind, ProtocolVersion};
use wire_core::{Eof, Filter, LayerError, LayerFault, SendBuf, TlsSession};

use crate::end_point;
use crate::server::Certificates;

/// How much encoded output may wait before encoding stops.
const ENCODED_MOST: usize = 64 * 1024;
/// How much plaintext is encrypted at a time.
const BATCH: usize = 16 * 1024;

pub(crate) struct TlsFilter {
    connection: Connection,
    /// On the server's side, to know which certificate was shown.
    certificates: Option<Arc<Certificates>>,
    verifies: bool,
    session: Option<Arc<TlsSession>>,
    ended: bool,
    farewell: bool,
    heard: bool,
}

impl TlsFilter {
    pub(crate) fn client(connection: rustls::ClientConnection, verifies: bool) -> Self {
        Self::new(Connection::Client(connection), None, verifies)
    }

    pub(crate) fn server(
        connection: rustls::ServerConnection,
        certificates: Arc<Certificates>,
        verifies: bool,
    ) -> Self {
        Self::new(Connection::Server(connection), Some(certificates), verifies)
    }

    fn new(connection: Connection, certificates: Option<Arc<Certificates>>, verifies: bool) -> Self {
        Self {
            connection,
            certificates,
            verifies,
            session: None,
            ended: false,
            farewell: false,
            heard: false,
        }
    }

    /// What the handshake agreed upon.
    fn agree(&mut self) {
        if self.session.is_some() || self.connection.is_handshaking() {
            return;
        }
        let connection = &self.connection;
        let server_name = match connection {
            Connection::Server(server) => server.server_name().map(Box::from),
            Connection::Client(_) => None,
        };
        let peer_certificates: Vec<Bytes> = connection
            .peer_certificates()
            .unwrap_or_default()
            .iter()
            .map(|certificate| Bytes::copy_from_slice(certificate))
            .collect();
        let shown = match &self.certificates {
            Some(certificates) => certificates.leaf(server_name.as_deref()),
            None => peer_certificates.first().cloned(),
        };
        let version = connection.protocol_version();
        // RFC 9266 section 3: TLS 1.2 needs the extended master secret, which rustls does not tell of.
        let exporter = (version == Some(ProtocolVersion::TLSv1_3))
            .then(|| connection.export_keying_material([0; 32], b"EXPORTER-Channel-Binding", Some(b"")).ok())
            .flatten();
        let mut session = TlsSession::default();
        session.version = match version {
            Some(ProtocolVersion::TLSv1_3) => Some("TLSv1.3"),
            Some(ProtocolVersion::TLSv1_2) => Some("TLSv1.2"),
            _ => None,
        };
        session.cipher_suite = connection.negotiated_cipher_suite().and_then(|suite| suite.suite().as_str());
        session.alpn = connection.alpn_protocol().map(Bytes::copy_from_slice);
        session.server_name = server_name;
        session.peer_verified = self.verifies && !peer_certificates.is_empty();
        session.server_end_point = shown.map(|leaf| end_point::hash(&leaf));
        session.peer_certificates = peer_certificates;
        session.exporter = exporter;
        let _ = connection.handshake_kind().map(|kind| kind == HandshakeKind::Resumed);
        self.session = Some(Arc::new(session));
    }

    fn take_plain(&mut self, plain: &mut BytesMut) -> Result<usize, LayerError> {
        let state = self.connection.process_new_packets().map_err(|error| self.fault(error))?;
        if state.peer_has_closed() {
            self.ended = true;
        }
        let ready = state.plaintext_bytes_to_read();
        if ready > 0 {
            let filled = plain.len();
            plain.resize(filled + ready, 0);
            let got = plain
                .get_mut(filled..)
                .map_or(Ok(0), |room| self.connection.reader().read(room))
                .unwrap_or(0);
            plain.truncate(filled + got);
        }
        self.agree();
        Ok(ready)
    }

    fn fault(&self, error: rustls::Error) -> LayerError {
        use rustls::Error as E;
        let fault = match &error {
            E::InvalidCertificate(_) | E::NoCertificatesPresented => LayerFault::Certificate,
            E::InvalidMessage(rustls::InvalidMessage::InvalidContentType) if !self.heard => {
                LayerFault::NotTls
            }
            E::InvalidMessage(_) if !self.heard => LayerFault::NotTls,
            E::PeerIncompatible(_) | E::NoApplicationProtocol => LayerFault::Incompatible,
            E::AlertReceived(_) => LayerFault::Refused,
            E::PeerSentOversizedRecord => LayerFault::Limit,
            _ => LayerFault::Corrupt,
        };
        LayerError::with_cause(fault, error)
    }
}

impl Filter for TlsFilter {
    fn decode(&mut self, wire: &mut BytesMut, plain: &mut BytesMut, max: usize) -> Result<(), LayerError> {
        let mut given = 0;
        while !wire.is_empty() && given < max && !self.ended {
            let mut input = &wire[..];
            let before = input.len();
            let read = self.connection.read_tls(&mut input);
            let taken = before - input.len();
            wire.advance(taken);
            match read {
                Ok(0) => break,
                Ok(_) => {}
                // rustls wants what it holds to be taken first.
                Err(_) if taken == 0 && given > 0 => break,
                Err(_) if taken == 0 => return Err(LayerError::new(LayerFault::Limit)),
                Err(_) => {}
            }
            given += self.take_plain(plain)?;
            self.heard = true;
        }
        Ok(())
    }

    fn encode(&mut self, plain: &mut SendBuf, wire: &mut SendBuf) -> Result<(), LayerError> {
        loop {
            while self.connection.wants_write() {
                let mut sink = Vec::with_capacity(BATCH + 512);
                if self.connection.write_tls(&mut sink).map_err(|_| LayerError::new(LayerFault::Corrupt))?
                    == 0
                {
                    break;
                }
                wire.put_bytes(Bytes::from(sink));
            }
            if self.connection.is_handshaking()
                || plain.is_empty()
                || wire.len() >= ENCODED_MOST
                || self.farewell
            {
                return Ok(());
            }
            let mut left = BATCH;
            while left > 0 && !plain.is_empty() {
                let chunk = plain.take_chunk(left);
                left -= chunk.len();
                self.connection
                    .writer()
                    .write_all(&chunk)
                    .map_err(|_| LayerError::new(LayerFault::Corrupt))?;
            }
        }
    }

    fn is_ready(&self) -> bool {
        self.session.is_some()
    }

    fn is_ended(&self) -> bool {
        self.ended
    }

    fn eof(&mut self) -> Eof {
        if self.ended { Eof::Clean } else { Eof::Truncated }
    }

    fn close(&mut self) {
        if !std::mem::replace(&mut self.farewell, true) {
            self.connection.send_close_notify();
        }
    }

    fn session(&self) -> Option<Arc<TlsSession>> {
        self.session.clone()
    }
}
