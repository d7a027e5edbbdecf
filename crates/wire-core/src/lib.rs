//! The contract of the Postwire family: protocols without I/O.
//!
//! A [`Machine`] is one side of a protocol. It takes octets from a [`RecvBuf`], puts octets into a
//! [`SendBuf`], and gives events; time comes as a [`Moment`]. An [`Endpoint`] owns machine, buffers and
//! layers (TLS, DEFLATE), and a driver moves octets between it and a socket. There is nothing else to a
//! connection, so everything can be tested in memory, and an adapter needs to know only read, write and sleep.
//!
//! What holds for every machine and endpoint:
//!
//! * **One pull function.** [`Endpoint::poll`] gives the next event or says what to wait for; it is correct
//!   under any order and number of calls.
//! * **No copies in clear.** The driver reads into the machine's own buffer; lines and body chunks are split
//!   from it; bodies are sent by reference.
//! * **No plaintext across STARTTLS.** [`Step::StartTls`] needs the [`Sealed`] proof, which exists only if
//!   nothing was waiting, and which shuts the plaintext inlet ([`RecvBuf::seal`]).
//! * **Time is an argument**, errors are sticky, the end of the stream is seen after every octet before it,
//!   and an end that TLS did not announce is told apart ([`Eof`]).
//! * **Idle costs nothing.** [`Endpoint::release`] gives every empty buffer back.
//!
//! Beside the contract there is what several protocols share: the [`dot`] codec, [`NewlineCheck`],
//! the [`proxy`] header, [`Secret`], [`Escaped`], and [`Src`] to run nom grammars over `Bytes`.
//!
//! # Not supported
//!
//! SASL security layers (RFC 4422 section 3.7): TLS does that work.

mod calendar;
pub mod dot;
mod endpoint;
mod escape;
mod filter;
mod http;
mod machine;
mod moment;
mod networks;
mod newline;
pub mod proxy;
mod recv;
mod secret;
mod security;
mod send;
mod setters;
mod src;
mod transcript;

#[doc(hidden)]
pub use calendar::__Civil;
pub use endpoint::{Endpoint, Error, Progress};
pub use escape::Escaped;
pub use filter::{Filter, LayerError, LayerFault};
pub use http::is_http_request;
pub use machine::{Layer, Machine, Step, TlsSession};
pub use moment::Moment;
pub use networks::{NetworkError, Networks};
pub use newline::{BareOctet, CrlfLines, NewlineCheck, NewlineRepair};
pub use recv::{Eof, LineTooLong, RecvBuf, SealError, Sealed};
pub use secret::Secret;
pub use security::Security;
pub use send::SendBuf;
pub use src::{Src, detach};
pub use transcript::{Direction, Recorder, Replayed, replay};
