//! The PROXY protocol, versions 1 and 2: what a proxy says of the client behind it, before anything else.
//!
//! Only addresses that the configuration names may speak it: whoever can write this header can be anybody.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use bytes::Bytes;

use crate::{Layer, Machine, Moment, RecvBuf, SendBuf, Step};

/// The most octets of a version 1 header, CRLF included.
const TEXT_MOST: usize = 107;
/// What version 2 begins with.
const SIGNATURE: &[u8; 12] = b"\r\n\r\n\0\r\nQUIT\n";
/// Octets before the addresses of version 2.
const FIXED: usize = 16;
/// The most octets of a version 2 header that are accepted unless more are asked for; with TLVs it can have
/// 65551.
pub const DEFAULT_MOST: usize = 536;

/// A PROXY header.
///
/// # Example
///
/// ```
/// use wire_core::proxy::{DEFAULT_MOST, Header};
///
/// let octets = b"PROXY TCP4 192.0.2.1 192.0.2.2 56324 25\r\n220 ...";
/// let (header, length) = Header::parse(octets, DEFAULT_MOST).unwrap().unwrap();
/// assert_eq!(header.source, Some("192.0.2.1:56324".parse().unwrap()));
/// assert_eq!(&octets[length..], b"220 ...");
/// assert_eq!(Header::parse(b"PROXY TC", DEFAULT_MOST), Ok(None)); // more octets are needed
/// assert!(Header::parse(b"EHLO x", DEFAULT_MOST).is_err());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Header {
    /// The client; `None` if the proxy does not know, or it is no IP address.
    pub source: Option<SocketAddr>,
    /// What the client connected to.
    pub destination: Option<SocketAddr>,
    /// The proxy speaks for itself, for instance to see whether we live: use the socket's own addresses.
    pub local: bool,
    /// Type and value of what version 2 adds.
    pub tlvs: Vec<(u8, Bytes)>,
}

/// Why there is no PROXY header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProxyError {
    /// What came is none.
    #[error("not a PROXY header")]
    Syntax,
    /// It is longer than allowed.
    #[error("the PROXY header is longer than {0} octets")]
    TooLong(usize),
    /// It did not come in time.
    #[error("timeout while waiting for the PROXY header")]
    Timeout,
    /// The connection ended before it.
    #[error("the connection ended before the PROXY header")]
    Eof,
}

impl Header {
    /// The header that `octets` begin with and its length; `None` if more octets are needed to know. Nothing
    /// behind the header is looked at, and octets that can no longer become a header are refused at once.
    ///
    /// # Errors
    ///
    /// [`ProxyError`].
    pub fn parse(octets: &[u8], most: usize) -> Result<Option<(Self, usize)>, ProxyError> {
        let shared = octets.len().min(SIGNATURE.len());
        if octets.get(..shared) == SIGNATURE.get(..shared) {
            return if octets.len() < FIXED { partial_binary(octets) } else { parse_binary(octets, most) };
        }
        parse_text(octets)
    }

    /// The header in version 1.
    ///
    /// # Example
    ///
    /// ```
    /// use wire_core::proxy::{DEFAULT_MOST, Header};
    ///
    /// let octets = b"PROXY TCP6 2001:db8::1 2001:db8::2 56324 25\r\n";
    /// let (header, _) = Header::parse(octets, DEFAULT_MOST).unwrap().unwrap();
    /// assert_eq!(header.encode_v1(), octets);
    /// assert_eq!(Header::default().encode_v1(), b"PROXY UNKNOWN\r\n");
    /// ```
    pub fn encode_v1(&self) -> Vec<u8> {
        match (self.source, self.destination) {
            (Some(SocketAddr::V4(from)), Some(SocketAddr::V4(to))) => {
                format!("PROXY TCP4 {} {} {} {}\r\n", from.ip(), to.ip(), from.port(), to.port()).into_bytes()
            }
            (Some(SocketAddr::V6(from)), Some(SocketAddr::V6(to))) => {
                format!("PROXY TCP6 {} {} {} {}\r\n", from.ip(), to.ip(), from.port(), to.port()).into_bytes()
            }
            _ => b"PROXY UNKNOWN\r\n".to_vec(),
        }
    }

    /// The header in version 2; values that do not fit its 16-bit length are left out.
    pub fn encode_v2(&self) -> Vec<u8> {
        let mut rest = Vec::new();
        let family = match (self.source, self.destination) {
            (Some(SocketAddr::V4(from)), Some(SocketAddr::V4(to))) => {
                rest.extend_from_slice(&from.ip().octets());
                rest.extend_from_slice(&to.ip().octets());
                rest.extend_from_slice(&from.port().to_be_bytes());
                rest.extend_from_slice(&to.port().to_be_bytes());
                0x11
            }
            (Some(SocketAddr::V6(from)), Some(SocketAddr::V6(to))) => {
                rest.extend_from_slice(&from.ip().octets());
                rest.extend_from_slice(&to.ip().octets());
                rest.extend_from_slice(&from.port().to_be_bytes());
                rest.extend_from_slice(&to.port().to_be_bytes());
                0x21
            }
            _ => 0,
        };
        for (kind, value) in &self.tlvs {
            let Ok(length) = u16::try_from(value.len()) else { continue };
            if rest.len() + 3 + value.len() > usize::from(u16::MAX) {
                continue;
            }
            rest.push(*kind);
            rest.extend_from_slice(&length.to_be_bytes());
            rest.extend_from_slice(value);
        }
        let mut out = SIGNATURE.to_vec();
        out.extend_from_slice(&[if self.local { 0x20 } else { 0x21 }, family]);
        out.extend_from_slice(&u16::try_from(rest.len()).unwrap_or(0).to_be_bytes());
        out.extend_from_slice(&rest);
        out
    }

    /// The name the client asked for (TLV type 2), if it is text.
    pub fn authority(&self) -> Option<&str> {
        let (_, value) = self.tlvs.iter().find(|(kind, _)| *kind == 2)?;
        std::str::from_utf8(value).ok()
    }
}

fn parse_text(octets: &[u8]) -> Result<Option<(Header, usize)>, ProxyError> {
    const WORD: &[u8] = b"PROXY ";
    let shared = octets.len().min(WORD.len());
    if octets.get(..shared) != WORD.get(..shared) {
        return Err(ProxyError::Syntax);
    }
    let window = octets.get(..TEXT_MOST).unwrap_or(octets);
    let Some(end) = memchr::memchr(b'\n', window) else {
        return if octets.len() >= TEXT_MOST { Err(ProxyError::TooLong(TEXT_MOST)) } else { Ok(None) };
    };
    let line = window.get(..end).and_then(|line| line.strip_suffix(b"\r")).ok_or(ProxyError::Syntax)?;
    let text = std::str::from_utf8(line)
        .ok()
        .and_then(|line| line.strip_prefix("PROXY "))
        .ok_or(ProxyError::Syntax)?;
    let length = end + 1;
    if text == "UNKNOWN" || text.starts_with("UNKNOWN ") {
        return Ok(Some((Header::default(), length)));
    }
    let mut words = text.split(' ');
    let mut word = || words.next().ok_or(ProxyError::Syntax);
    let (family, from, to, from_port, to_port) = (word()?, word()?, word()?, word()?, word()?);
    if words.next().is_some() {
        return Err(ProxyError::Syntax);
    }
    let address = |text: &str| -> Result<IpAddr, ProxyError> {
        match family {
            "TCP4" => text.parse::<Ipv4Addr>().map(IpAddr::V4).map_err(|_| ProxyError::Syntax),
            "TCP6" => text.parse::<Ipv6Addr>().map(IpAddr::V6).map_err(|_| ProxyError::Syntax),
            _ => Err(ProxyError::Syntax),
        }
    };
    let source = SocketAddr::new(address(from)?, port(from_port)?);
    let destination = SocketAddr::new(address(to)?, port(to_port)?);
    let header = Header { source: Some(source), destination: Some(destination), ..Header::default() };
    Ok(Some((header, length)))
}

/// Digits without a leading zero.
fn port(text: &str) -> Result<u16, ProxyError> {
    let good = text.bytes().all(|octet| octet.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    text.parse().ok().filter(|_| good).ok_or(ProxyError::Syntax)
}

fn partial_binary(octets: &[u8]) -> Result<Option<(Header, usize)>, ProxyError> {
    match octets.get(12) {
        Some(0x20 | 0x21) | None => Ok(None),
        Some(_) => Err(ProxyError::Syntax),
    }
}

fn parse_binary(octets: &[u8], most: usize) -> Result<Option<(Header, usize)>, ProxyError> {
    let Some(&[command, family, high, low]) = octets.get(12..FIXED) else { return Ok(None) };
    let local = match command {
        0x20 => true,
        0x21 => false,
        _ => return Err(ProxyError::Syntax),
    };
    let length = FIXED + usize::from(u16::from_be_bytes([high, low]));
    if length > most {
        return Err(ProxyError::TooLong(most));
    }
    let Some(rest) = octets.get(FIXED..length) else { return Ok(None) };
    let (source, destination, rest) = match family {
        0x11 | 0x12 => {
            let (addresses, rest) = rest.split_at_checked(12).ok_or(ProxyError::Syntax)?;
            let ip = |at: usize| -> Option<IpAddr> {
                let octets: [u8; 4] = addresses.get(at..at + 4)?.try_into().ok()?;
                Some(IpAddr::from(octets))
            };
            (socket(addresses, ip(0), 8), socket(addresses, ip(4), 10), rest)
        }
        0x21 | 0x22 => {
            let (addresses, rest) = rest.split_at_checked(36).ok_or(ProxyError::Syntax)?;
            let ip = |at: usize| -> Option<IpAddr> {
                let octets: [u8; 16] = addresses.get(at..at + 16)?.try_into().ok()?;
                Some(IpAddr::from(octets))
            };
            (socket(addresses, ip(0), 32), socket(addresses, ip(16), 34), rest)
        }
        // Paths of Unix sockets tell nothing about a client.
        0x31 | 0x32 => (None, None, rest.get(216..).ok_or(ProxyError::Syntax)?),
        0x00 => (None, None, rest),
        _ if local => (None, None, &[][..]),
        _ => return Err(ProxyError::Syntax),
    };
    let header = Header { source, destination, local, tlvs: tlvs(rest)? };
    Ok(Some((header, length)))
}

fn socket(addresses: &[u8], ip: Option<IpAddr>, at: usize) -> Option<SocketAddr> {
    let port: [u8; 2] = addresses.get(at..at + 2)?.try_into().ok()?;
    Some(SocketAddr::new(ip?, u16::from_be_bytes(port)))
}

fn tlvs(mut rest: &[u8]) -> Result<Vec<(u8, Bytes)>, ProxyError> {
    let mut list = Vec::new();
    while let Some((&[kind, high, low], after)) = rest.split_first_chunk::<3>() {
        let length = usize::from(u16::from_be_bytes([high, low]));
        let (value, after) = after.split_at_checked(length).ok_or(ProxyError::Syntax)?;
        list.push((kind, Bytes::copy_from_slice(value)));
        rest = after;
    }
    if rest.is_empty() { Ok(list) } else { Err(ProxyError::Syntax) }
}

/// A machine that reads a PROXY header and is done; what follows the header stays unread
/// ([`crate::Endpoint::into_parts`]).
///
/// # Example
///
/// ```
/// use std::time::Duration;
/// use wire_core::{Endpoint, Moment, Progress, proxy};
///
/// let machine = proxy::Acceptor::new(Moment::ORIGIN, Duration::from_secs(10), proxy::DEFAULT_MOST);
/// let mut endpoint = Endpoint::new(machine);
/// endpoint.recv_buf().extend_from_slice(b"PROXY UNKNOWN\r\nEHLO x\r\n");
/// let Ok(Progress::Event(header)) = endpoint.poll(Moment::ORIGIN) else { panic!() };
/// assert_eq!(header.source, None);
/// assert_eq!(endpoint.into_parts().1, "EHLO x\r\n");
/// ```
#[derive(Debug)]
pub struct Acceptor {
    deadline: Moment,
    most: usize,
    done: bool,
}

impl Acceptor {
    /// Waits for a header of at most `most` octets until `timeout` has passed.
    pub fn new(now: Moment, timeout: Duration, most: usize) -> Self {
        Self { deadline: now + timeout, most, done: false }
    }
}

impl Machine for Acceptor {
    type Event = Header;
    type Error = ProxyError;

    fn step(&mut self, now: Moment, rx: &mut RecvBuf, _tx: &mut SendBuf) -> Result<Step<Header>, ProxyError> {
        if self.done {
            return Ok(Step::Close);
        }
        if let Some((header, length)) = Header::parse(rx.peek(), self.most)? {
            rx.skip(length);
            self.done = true;
            return Ok(Step::Event(header));
        }
        if rx.ended().is_some() {
            return Err(ProxyError::Eof);
        }
        if now >= self.deadline { Err(ProxyError::Timeout) } else { Ok(Step::Read) }
    }

    fn deadline(&self) -> Option<Moment> {
        (!self.done).then_some(self.deadline)
    }

    fn layered(&mut self, _layer: Layer) {}
}
