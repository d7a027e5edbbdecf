//! IMAP4rev1 and IMAP4rev2 with their extensions: the grammar of both sides, and the client as sans-I/O machines.
//!
//! ```text
//! S: * OK [CAPABILITY IMAP4rev2 STARTTLS AUTH=SCRAM-SHA-256] ready
//! C: A1 AUTHENTICATE SCRAM-SHA-256
//! S: + ...
//! S: A1 OK [CAPABILITY IMAP4rev2 IDLE MOVE CONDSTORE] welcome
//! C: A2 SELECT INBOX
//! S: * 18 EXISTS
//! S: * OK [UIDVALIDITY 3857529045] UIDs are valid
//! S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft)
//! S: A2 OK [READ-WRITE] selected
//! C: A3 UID FETCH 4827313 (FLAGS BODY.PEEK[HEADER])
//! S: * 12 FETCH (UID 4827313 FLAGS (\Seen) BODY[HEADER] {342}
//! S: <342 octets>
//! S: )
//! S: A3 OK done
//! ```
//!
//! | you write | use |
//! |---|---|
//! | a program that reads mailboxes | [`session::Session`]: opens by policy, lists, selects, searches, fetches, moves, watches, resynchronises, whatever the server has |
//! | a client with commands of its own | [`client::Client`]: queues any [`Command`], tells answers and news |
//! | a tool that reads the wire, or a server | [`frame::Framer`], [`Command::parse`], [`Response::parse`], and [`Encoder`] to write both |
//!
//! The machines are driven by [`wire_core::Endpoint`]; the adapters `mail-tokio` and `mail-std` do that over sockets.
//!
//! # Framing before meaning
//!
//! [`frame`] finds where a command or response ends, literals included, before anybody looks at what it says. So an item that cannot be
//! understood costs nothing but itself: it is delivered as damaged, with its octets, the error, and the UID if it was there
//! ([`FetchItem::Damaged`], [`Untagged::Damaged`]), and what follows is read as if nothing had been.
//!
//! Commands are read strictly, responses with everything that servers were seen to send, told apart by structure and never by the name
//! of a product.
//!
//! # A client's loop
//!
//! ```
//! use bytes::Buf;
//! use imap_proto::{MailboxName, search::SearchKey, session::{Event, Opening, Outcome, Session}};
//! use sasl_core::{Credentials, client::Policy};
//! use wire_core::{Endpoint, Moment, Progress, Security};
//!
//! // What a server says, `%` its tag; a driver reads it from a socket.
//! let mut server = [
//!     "* OK [CAPABILITY IMAP4rev1] ready\r\n",
//!     "% OK [CAPABILITY IMAP4rev1] welcome\r\n",
//!     "* 3 EXISTS\r\n% OK [READ-WRITE] selected\r\n",
//!     "* SEARCH 7 9\r\n% OK done\r\n",
//! ]
//! .into_iter();
//!
//! let policy = Policy::new().dangerous_allow_cleartext_secrets();
//! let opening = Opening::new(Security::Clear, Credentials::password("mrose", "tanstaaf")).policy(policy);
//! let mut endpoint = Endpoint::new(Session::new(opening, [7; 32], Moment::ORIGIN));
//! let mut tag = String::new();
//! let found = loop {
//!     match endpoint.poll(Moment::ORIGIN).unwrap() {
//!         Progress::Event(Event::Ready) => {
//!             endpoint.machine().select(MailboxName::INBOX, false).unwrap();
//!             endpoint.machine().search(SearchKey::unseen()).unwrap();
//!         }
//!         Progress::Event(Event::Done(_, Ok(Outcome::Found(uids)))) => break uids,
//!         Progress::Event(_) => {}
//!         Progress::Io { .. } => {
//!             let tx = endpoint.transmit().unwrap();
//!             let sent = String::from_utf8(tx.copy_to_bytes(tx.len()).to_vec()).unwrap();
//!             tag = sent.split(' ').next().unwrap().to_owned();
//!             let answer = server.next().unwrap().replace('%', &tag);
//!             endpoint.recv_buf().extend_from_slice(answer.as_bytes());
//!         }
//!         _ => unreachable!(),
//!     }
//! };
//! assert_eq!(found.iter().map(|uid| uid.get()).collect::<Vec<_>>(), [7, 9]);
//! ```
//!
//! # Where an extension goes
//!
//! One that has commands or responses of its own is a file in [`extensions`]: its types, `read`, `encode`, the examples of its RFC as
//! tests. Then a variant and a line each in the tables of [`command`] and [`response`]. One that adds an item to something that is there
//! (a FETCH attribute, a search key, an option of LIST, a response code) is a variant there: `command/fetch.rs` and `response/fetch_item.rs`,
//! [`search`], [`list`], `response/code.rs`. What is not known is kept raw everywhere, so that nothing has to be added to get by.
//!
//! # Features
//!
//! None is on by default.
//!
//! | feature | what | brings in |
//! |---|---|---|
//! | `compress` | COMPRESS=DEFLATE (RFC 4978): [`session::Opening::compress`] asks for it | `flate2` |
//!
//! # Standards
//!
//! Both sides' grammar and the client: RFC 3501, RFC 9051, and the extensions ACL, APPENDLIMIT, BINARY, CATENATE, CHILDREN, COMPRESS (feature
//! `compress`), CONDSTORE, CONTEXT, CREATE-SPECIAL-USE, ENABLE, ESEARCH, ESORT, ID, IDLE, INPROGRESS, JMAPACCESS, LIST-EXTENDED,
//! LIST-METADATA, LIST-MYRIGHTS, LIST-STATUS, LITERAL+ and LITERAL-, LOGINDISABLED, MESSAGELIMIT, METADATA, MOVE, MULTIAPPEND, MULTISEARCH,
//! NAMESPACE, NOTIFY, OBJECTID, PARTIAL, PREVIEW, QRESYNC, QUOTA, REPLACE, SASL-IR, SAVEDATE, SEARCHRES, SORT, SPECIAL-USE, STATUS=SIZE,
//! THREAD, UIDBATCHES, UIDONLY, UIDPLUS, UNAUTHENTICATE, UNSELECT, URLAUTH, UTF8=ACCEPT, WITHIN and X-GM-EXT-1. The table of the project
//! (`docs/rfcs.tsv`) has them row by row.
//!
//! # Not supported
//!
//! The server machine is not here yet. ANNOTATE, CONVERT, LANGUAGE, FILTERS beyond the search key and the other extensions of few servers are
//! parsed as unknown and kept raw. Referrals are told and never followed. MIME words in envelopes are decoded by `mime-core`, not here.

mod atom;
mod capability;
mod chars;
pub mod client;
pub mod command;
mod cursor;
mod date;
mod dialect;
mod encoder;
mod error;
pub mod extensions;
mod flag;
pub mod frame;
mod limits;
pub mod list;
mod mailbox;
mod number;
mod parse_error;
mod places;
mod plain;
pub mod response;
pub mod search;
mod section;
pub mod session;
mod set;
mod tagged;
mod text;
mod utf7;

pub use atom::{Atom, Tag};
pub use capability::{Capabilities, Capability};
pub use command::{Command, CommandError};
pub use date::{Date, DateTime};
pub use dialect::Dialect;
pub use encoder::{Encoder, Literals, Piece};
pub use error::{Error, Limit, Misuse, PeerError, Wait};
pub use flag::{Flag, Flags};
pub use limits::{Limits, Timeouts};
pub use mailbox::MailboxName;
pub use number::{ModSeq, Seq, Uid, UidValidity};
pub use parse_error::{Expected, InvalidOctet, ParseError};
pub use response::{
    Address, AddressList, Addressee, AppendUid, BinaryItem, BinarySize, BodyItem, BodyPart, BodyStructure,
    Code, Content, CopyUid, Damaged, DamagedItem, Disposition, Envelope, EnvelopeFields, Fetch, FetchBegin,
    FetchContinued, FetchItem, InProgress, Modified, ObjectId, Parameters, PartFields, PartKind, Response,
    ResponseText, Status, Streamed, Tagged, UnknownItem, Untagged,
};
pub use section::{PartPath, Section, SectionText};
pub use set::{MessageSet, SeqSet, UidSet};
pub use tagged::{TaggedItem, TaggedValue};
pub use text::Text;
