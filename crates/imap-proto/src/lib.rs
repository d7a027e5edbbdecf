//! IMAP4rev1 and IMAP4rev2 with their extensions, without I/O.

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
pub use error::{Error, Misuse, PeerError, Wait};
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
