//! rustls as a layer of an endpoint.

use std::io::{self, BufRead, IoSlice, Write};
use std::sync::Arc;

use bytes::{Buf, Bytes, BytesMut};
use rustls::server::Acceptor;
use rustls::{ClientConnection, Connection, Error, ProtocolVersion};
use wire_core::{Eof, Filter, LayerError, LayerFault, SendBuf, TlsSession};

use crate::certificates::Certificates;
use crate::{end_point, record};

/// How much encoded output may wait before encoding stops.
const ENCODED_MOST: usize = 64 * 1024;
/// How much plaintext goes into a record, RFC 8446 section 5.1.
const RECORD_MOST: usize = 16 * 1024;
/// How many pieces of plaintext are gathered into a record.
const PIECES_MOST: usize = 32;
/// Records longer than this leave rustls with a buffer that is worth giving back.
const READ_SIZE: usize = 4096;

/// One connection's TLS, either side.
///
/// rustls is given one record at a time: what a record holds is bounded, what is incomplete waits in the
/// endpoint's buffer, and an error is that of its own record.
pub(crate) struct TlsFilter {
    stage: Stage,
    verifies: bool,
    /// The `tls-server-end-point` binding of the certificate that was shown, on the server's side.
    end_point: Option<Bytes>,
    extended_master_secret: bool,
    session: Option<Arc<TlsSession>>,
    failed: Option<LayerError>,
    /// A record was understood, so the peer does speak TLS.
    heard: bool,
    /// A record was sent.
    spoke: bool,
    /// rustls holds a buffer larger than an idle connection should.
    swollen: bool,
    ended: bool,
    farewell: bool,
}

enum Stage {
    /// A server until it has seen what the client wants: only then a certificate is chosen.
    Hello { acceptor: Acceptor, certificates: Arc<Certificates> },
    /// The handshake and after it.
    Open(Connection),
    /// A server that could not get that far; what it has to say.
    Refused(Bytes),
}

impl TlsFilter {
    pub(crate) fn client(connection: ClientConnection, verifies: bool) -> Self {
        Self::new(Stage::Open(Connection::Client(connection)), verifies)
    }

    pub(crate) fn server(certificates: Arc<Certificates>, verifies: bool) -> Self {
        Self::new(Stage::Hello { acceptor: Acceptor::default(), certificates }, verifies)
    }

    fn new(stage: Stage, verifies: bool) -> Self {
        Self {
            stage,
            verifies,
            end_point: None,
            extended_master_secret: false,
            session: None,
            failed: None,
            heard: false,
            spoke: false,
            swollen: false,
            ended: false,
            farewell: false,
        }
    }

    /// Passes one record to rustls.
    fn record(&mut self, record: &[u8], plain: &mut BytesMut) -> Result<(), Error> {
        if record.len() > READ_SIZE {
            self.swollen = true;
        }
        match &mut self.stage {
            Stage::Hello { acceptor, .. } => {
                read_all(record, |input| acceptor.read_tls(input))?;
                self.accept(record)?;
            }
            Stage::Open(connection) => {
                if !self.heard && matches!(connection, Connection::Client(_)) {
                    self.extended_master_secret = record::agrees_to_extended_master_secret(record);
                }
                read_all(record, |input| connection.read_tls(input))?;
                let state = connection.process_new_packets()?;
                self.ended = state.peer_has_closed();
                let waiting = state.plaintext_bytes_to_read();
                if waiting > 0 {
                    plain.reserve(waiting);
                    let mut reader = connection.reader();
                    // An error means that nothing more is there.
                    while let Ok(chunk) = reader.fill_buf() {
                        let octets = chunk.len();
                        if octets == 0 {
                            break;
                        }
                        plain.extend_from_slice(chunk);
                        reader.consume(octets);
                    }
                }
            }
            Stage::Refused(_) => {}
        }
        self.heard = true;
        self.agree();
        Ok(())
    }

    /// Goes from the client's hello to the handshake, or refuses.
    fn accept(&mut self, record: &[u8]) -> Result<(), Error> {
        let Stage::Hello { acceptor, certificates } = &mut self.stage else { return Ok(()) };
        let accepted = match acceptor.accept() {
            Ok(Some(accepted)) => accepted,
            Ok(None) => return Ok(()),
            Err((Error::PeerIncompatible(error), _)) if record::is_outdated_hello(record) => {
                // Such a hello lacks more than the version, and rustls finds fault with that first.
                self.stage = Stage::Refused(Bytes::from_static(record::PROTOCOL_VERSION));
                return Err(error.into());
            }
            Err((error, mut alert)) => {
                self.stage = refused(|out| alert.write_all(out));
                return Err(error);
            }
        };
        let hello = accepted.client_hello();
        if certificates.refuses(&hello) {
            self.stage = Stage::Refused(Bytes::from_static(record::NO_APPLICATION_PROTOCOL));
            return Err(Error::NoApplicationProtocol);
        }
        let Some(identity) = certificates.choose(&hello) else {
            // There always is one.
            return Err(Error::General("no certificate".to_owned()));
        };
        self.end_point.clone_from(&identity.end_point);
        match accepted.into_connection(identity.config.clone()) {
            Ok(connection) => {
                self.stage = Stage::Open(Connection::Server(connection));
                Ok(())
            }
            Err((error, mut alert)) => {
                self.stage = refused(|out| alert.write_all(out));
                Err(error)
            }
        }
    }

    /// Writes down what the handshake agreed upon, once it is finished.
    fn agree(&mut self) {
        let Stage::Open(connection) = &self.stage else { return };
        if self.session.is_some() || connection.is_handshaking() {
            return;
        }
        let mut session = TlsSession::default();
        session.peer_certificates = connection
            .peer_certificates()
            .unwrap_or_default()
            .iter()
            .map(|certificate| Bytes::copy_from_slice(certificate))
            .collect();
        session.server_end_point = match connection {
            Connection::Client(_) => session.peer_certificates.first().and_then(|leaf| end_point::hash(leaf)),
            Connection::Server(_) => self.end_point.take(),
        };
        session.server_name = match connection {
            Connection::Client(_) => None,
            Connection::Server(server) => server.server_name().map(Box::from),
        };
        let (version, bound) = match connection.protocol_version() {
            Some(ProtocolVersion::TLSv1_3) => (Some("TLSv1.3"), true),
            // RFC 9266 section 2: "This channel binding mechanism is defined only when the TLS handshake results
            // in unique master secrets"; with TLS 1.2 they are if the extension of RFC 7627 is in use.
            Some(ProtocolVersion::TLSv1_2) => (Some("TLSv1.2"), self.extended_master_secret),
            _ => (None, false),
        };
        session.version = version;
        if bound {
            // RFC 9266 section 2: the label, "Context value: Zero-length string", "Length: 32 bytes".
            let exporter = connection.export_keying_material([0; 32], b"EXPORTER-Channel-Binding", Some(b""));
            session.exporter = exporter.ok();
        }
        session.cipher_suite = connection.negotiated_cipher_suite().and_then(|suite| suite.suite().as_str());
        session.alpn = connection.alpn_protocol().map(Bytes::copy_from_slice);
        session.peer_verified = self.verifies && !session.peer_certificates.is_empty();
        self.session = Some(Arc::new(session));
    }

    /// Moves the records that rustls has made to the wire.
    fn flush(&mut self, wire: &mut SendBuf) -> Result<(), LayerError> {
        let connection = match &mut self.stage {
            Stage::Open(connection) => connection,
            Stage::Refused(alert) => {
                wire.put(&std::mem::take(alert));
                return Ok(());
            }
            Stage::Hello { .. } => return Ok(()),
        };
        while connection.wants_write() {
            let sniffed = (!self.spoke && matches!(connection, Connection::Server(_)))
                .then_some(&mut self.extended_master_secret);
            self.spoke = true;
            let written = connection.write_tls(&mut Wire { out: wire, extended_master_secret: sniffed });
            // Writing to memory does not fail.
            if !matches!(written, Ok(octets) if octets > 0) {
                return Err(LayerError::new(LayerFault::Corrupt));
            }
        }
        Ok(())
    }

    fn fault(&self, error: Error) -> LayerError {
        let fault = match &error {
            Error::InvalidCertificate(_) | Error::NoCertificatesPresented => LayerFault::Certificate,
            Error::InvalidMessage(_) | Error::PeerSentOversizedRecord if !self.heard => LayerFault::NotTls,
            Error::PeerIncompatible(_) | Error::NoApplicationProtocol => LayerFault::Incompatible,
            Error::AlertReceived(_) => LayerFault::Refused,
            _ => LayerFault::Corrupt,
        };
        LayerError::with_cause(fault, error)
    }
}

impl Filter for TlsFilter {
    fn decode(&mut self, wire: &mut BytesMut, plain: &mut BytesMut, max: usize) -> Result<(), LayerError> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        let before = plain.len();
        while plain.len() - before < max && !self.ended {
            let Some(length) = record::length(wire) else { break };
            let Some(record) = wire.get(..length) else { break };
            if let Err(error) = self.record(record, plain) {
                let error = self.fault(error);
                self.failed = Some(error.clone());
                // What came before is still good. The record stays on the wire, so that the endpoint comes back.
                return if plain.len() > before { Ok(()) } else { Err(error) };
            }
            wire.advance(length);
        }
        if self.ended {
            // RFC 8446 section 6.1: "Any data received after a closure alert has been received MUST be ignored."
            wire.clear();
        }
        if self.swollen
            && let Stage::Open(connection) = &mut self.stage
        {
            // A read makes rustls fit its buffer; this one gives nothing and does not mean the end.
            let _ = connection.read_tls(&mut Nothing);
            self.swollen = false;
        }
        Ok(())
    }

    fn encode(&mut self, plain: &mut SendBuf, wire: &mut SendBuf) -> Result<(), LayerError> {
        self.flush(wire)?;
        if self.session.is_none() || self.failed.is_some() || self.farewell {
            return Ok(());
        }
        while !plain.is_empty() && wire.len() < ENCODED_MOST {
            let Stage::Open(connection) = &mut self.stage else { break };
            let octets = seal_record(connection, plain).map_err(|_| LayerError::new(LayerFault::Corrupt))?;
            plain.advance(octets);
            self.flush(wire)?;
            if octets == 0 {
                break;
            }
        }
        Ok(())
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
        if std::mem::replace(&mut self.farewell, true) {
            return;
        }
        match &mut self.stage {
            Stage::Open(connection) => connection.send_close_notify(),
            Stage::Hello { .. } => self.stage = Stage::Refused(Bytes::from_static(record::CLOSE_NOTIFY)),
            Stage::Refused(_) => {}
        }
    }

    fn session(&self) -> Option<Arc<TlsSession>> {
        self.session.clone()
    }
}

/// Hands over all of a record. rustls takes it in parts, and does not look at it before it is asked to.
fn read_all(
    mut record: &[u8],
    mut read: impl FnMut(&mut dyn io::Read) -> io::Result<usize>,
) -> Result<(), Error> {
    while !record.is_empty() {
        match read(&mut record) {
            Ok(0) => break,
            Ok(_) => {}
            // The only reason: handshake messages of more than 64 KiB.
            Err(_) => return Err(rustls::InvalidMessage::HandshakePayloadTooLarge.into()),
        }
    }
    Ok(())
}

fn refused(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Stage {
    let mut alert = Vec::new();
    // Writing to memory does not fail.
    let _ = write(&mut alert);
    Stage::Refused(Bytes::from(alert))
}

/// Encrypts a record of what waits; how many octets of it were taken.
fn seal_record(connection: &mut Connection, plain: &SendBuf) -> io::Result<usize> {
    let mut pieces = [IoSlice::new(&[]); PIECES_MOST];
    let filled = plain.chunks_vectored(&mut pieces);
    let mut record = [IoSlice::new(&[]); PIECES_MOST];
    let (mut room, mut count) = (RECORD_MOST, 0);
    for (slot, piece) in record.iter_mut().zip(pieces.iter().take(filled)) {
        if room == 0 {
            break;
        }
        let taken = piece.get(..room).unwrap_or(piece);
        *slot = IoSlice::new(taken);
        room -= taken.len();
        count += 1;
    }
    connection.writer().write_vectored(record.get(..count).unwrap_or_default())
}

/// The wire's end of `write_tls`, which passes slices of what rustls has made: the one copy there is.
struct Wire<'a> {
    out: &'a mut SendBuf,
    /// Set if the first record is a ServerHello that agrees to it.
    extended_master_secret: Option<&'a mut bool>,
}

impl Write for Wire<'_> {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        if let Some(agreed) = self.extended_master_secret.take() {
            *agreed = record::agrees_to_extended_master_secret(octets);
        }
        self.out.put(octets);
        Ok(octets.len())
    }

    fn write_vectored(&mut self, pieces: &[IoSlice<'_>]) -> io::Result<usize> {
        let mut octets = 0;
        for piece in pieces {
            octets += self.write(piece)?;
        }
        Ok(octets)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A reader that has nothing at the moment.
struct Nothing;

impl io::Read for Nothing {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::ErrorKind::WouldBlock.into())
    }
}
