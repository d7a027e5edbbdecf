//! Internet messages and MIME: every message is read and nothing is hidden; what is composed cannot be injected.
//!
//! ```text
//! From: =?utf-8?Q?J=C3=BCrgen_Gro=C3=9F?= <juergen@example.de>     a header of fields
//! Subject: =?utf-8?Q?=C3=9Cbersicht?=
//! Content-Type: multipart/mixed; boundary=b
//!                                                              an empty line
//! --b                                                          a body: here two parts
//! Content-Type: text/plain; charset=iso-8859-1
//! Content-Transfer-Encoding: quoted-printable
//!
//! Viele Gr=FC=DFe
//! --b
//! Content-Disposition: attachment; filename=Bericht.pdf
//! Content-Transfer-Encoding: base64
//!
//! JVBERi0xLjc=
//! --b--
//! ```
//!
//! | you write | use |
//! |---|---|
//! | a program that shows or stores mail | [`Message`]: fields, texts and attachments of a message in memory, looked at when asked for |
//! | a filter, a gateway, a scanner | [`Message::defects`], [`Message::strict`], [`Message::interpretations`], [`authenticated_author`] |
//! | a server that reads what it receives | [`Push`]: the same, octets in pieces, in memory that does not grow with the message |
//! | a program that changes mail | [`edit::Edit`]: every other octet stays as it is |
//! | a program that writes mail | `compose::MessageBuilder`, with the feature `compose` |
//! | a tool for mailboxes | [`mbox`], [`maildir`]; [`Message::parse_header`] for lists of messages |
//! | a reader of reports | [`report`]: bounces, receipts, complaints; [`tnef`] for winmail.dat |
//! | something for one field | [`AddressList`], [`DateTime`], [`ContentType`], [`Received`], [`AuthenticationResults`] and others |
//!
//! The crate takes octets and gives values. It opens no file and no connection, asks no clock, makes no random octet and
//! starts no thread. The crate `postwire` has it as `mime`.
//!
//! # Reading
//!
//! Nothing fails: every sequence of octets is a message, and [`Message::defects`] says what is wrong with it.
//!
//! ```
//! use mime_core::{DefectKind, Message, Severity, safe_filename};
//!
//! let mail = Message::parse(concat!(
//!     "From: =?utf-8?Q?J=C3=BCrgen_Gro=C3=9F?= <juergen@example.de>\r\n",
//!     "To: Ana <ana@example.com>, Ben <ben@example.com>\r\n",
//!     "Subject: =?utf-8?Q?=C3=9Cbersicht?=\r\n",
//!     "Date: Tue, 31 Mar 2026 17:05:00 +0200\r\n",
//!     "MIME-Version: 1.0\r\n",
//!     "Content-Type: multipart/mixed; boundary=b\r\n",
//!     "\r\n",
//!     "--b\r\n",
//!     "Content-Type: text/plain; charset=iso-8859-1\r\n",
//!     "Content-Transfer-Encoding: quoted-printable\r\n",
//!     "\r\n",
//!     "Viele Gr=FC=DFe\r\n",
//!     "--b\r\n",
//!     "Content-Type: application/pdf\r\n",
//!     "Content-Disposition: attachment; filename*=utf-8''..%2F%C3%9Cbersicht.pdf\r\n",
//!     "Content-Transfer-Encoding: base64\r\n",
//!     "\r\n",
//!     "JVBERi0xLjc=\r\n",
//! ));
//!
//! assert_eq!(mail.subject().unwrap(), "Übersicht");
//! let author = mail.from().mailboxes().next().unwrap();
//! assert_eq!(author.name().unwrap(), "Jürgen Groß");
//! assert_eq!(author.address(), "juergen@example.de");
//! assert_eq!(mail.to().mailboxes().count(), 2);
//! assert_eq!(mail.date().unwrap().to_rfc3339(), "2026-03-31T17:05:00+02:00");
//! assert_eq!(mail.text().unwrap(), "Viele Grüße");
//!
//! let attachment = mail.attachments().next().unwrap();
//! assert_eq!(attachment.path(), "2");
//! assert_eq!(attachment.essence(), "application/pdf");
//! // A name is what the sender says. On a disk use the safe one.
//! let name = attachment.filename().unwrap();
//! assert_eq!(safe_filename(&name), "Übersicht.pdf");
//! assert_eq!(&*attachment.decode(), b"%PDF-1.7");
//!
//! // The end of the multipart is missing: told, and no reason not to read it.
//! let [defect] = mail.defects().try_into().unwrap();
//! assert_eq!(defect.kind, DefectKind::CloseDelimiterMissing);
//! assert_eq!(defect.severity, Severity::Lenient);
//! ```
//!
//! # Three views
//!
//! Programs differ in what they make of a broken message, and that is how a scanner is led past what a person sees.
//!
//! * **Lenient**, [`Message`] itself: what the sender most likely meant. For people.
//! * **Strict**, [`Message::strict`]: the same message, if every program reads it alike, and else the defects that say
//!   why not. For those who may refuse.
//! * **Interpretations**, [`Message::interpretations`]: how else it may be read, one whole message for each. For those who
//!   may not refuse, and have to look at all that anybody may see.
//!
//! ```
//! use mime_core::{Choice, DefectKind, Message};
//!
//! let mail = Message::parse(concat!(
//!     "From: a@example.org\r\nDate: Thu, 1 Jan 2026 00:00:00 +0000\r\nMIME-Version: 1.0\r\n",
//!     "Content-Type: multipart/mixed; boundary=b\r\n",
//!     "Content-Type: text/plain\r\n",
//!     "\r\n",
//!     "--b\r\n\r\nshown by some\r\n--b--\r\n",
//! ));
//! assert_eq!(mail.text().unwrap(), "shown by some");
//! let defects = mail.strict().unwrap_err();
//! assert!(defects.iter().any(|defect| defect.kind == DefectKind::DuplicateField));
//! let other = mail.interpretations(10).next().unwrap();
//! assert_eq!(other.choices, [Choice::LastField]);
//! assert_eq!(other.message.text().unwrap(), "--b\r\n\r\nshown by some\r\n--b--\r\n");
//! ```
//!
//! # Messages in pieces
//!
//! [`Push`] reads a message of any size while it arrives. It finds the same parts, fields and defects of structure as
//! [`Message`], wherever the pieces end.
//!
//! ```
//! use mime_core::{Config, Content, Event, Push};
//!
//! let message = concat!(
//!     "Subject: Hallo\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n",
//!     "--b\r\n\r\nText\r\n--b\r\nContent-Transfer-Encoding: base64\r\n\r\nR3LDvMOfZQ==\r\n--b--\r\n",
//! );
//! let mut push = Push::new(Config::new());
//! let (mut subject, mut leaves) = (None, Vec::new());
//! let mut pieces = message.as_bytes().chunks(10);
//! loop {
//!     // Events refer to what was pushed: take them before more is pushed.
//!     while let Some(event) = push.next() {
//!         match event {
//!             Event::Field(field) if field.name().eq_ignore_ascii_case("subject") => {
//!                 subject = Some(field.raw_value().to_vec());
//!             }
//!             Event::HeaderEnd { content: Content::Leaf, path, .. } => leaves.push((path, Vec::new())),
//!             // Decoded, in pieces as well: a file would be written here.
//!             Event::Body(octets) => leaves.last_mut().unwrap().1.extend_from_slice(&octets),
//!             _ => {}
//!         }
//!     }
//!     match pieces.next() {
//!         Some(piece) => push.push(piece),
//!         None if leaves.len() == 2 && leaves[1].1.ends_with(b"e") => break,
//!         None => push.finish(),
//!     }
//! }
//! assert_eq!(subject.unwrap(), b" Hallo");
//! assert_eq!(leaves, [("1".into(), b"Text".to_vec()), ("2".into(), "Grüße".into())]);
//! ```
//!
//! # Changing messages
//!
//! ```
//! use mime_core::{Message, edit::NewField};
//!
//! let mail = Message::parse("Subject:  Angebot\r\nX-Spam: no\r\n\r\nText\r\n");
//! let mut edit = mail.edit();
//! edit.replace_field(mail.root().field("Subject").unwrap(), &NewField::text("Subject", "Für später: Angebot")?)?;
//! edit.remove_field(mail.root().field("X-Spam").unwrap())?;
//! edit.prepend_field(mail.root(), &NewField::raw("X-Filter", "seen")?)?;
//! let octets = edit.finish()?;
//! assert_eq!(octets, "X-Filter: seen\r\nSubject: =?utf-8?q?F=C3=BCr_sp=C3=A4ter=3A_Angebot?=\r\n\r\nText\r\n");
//! # Ok::<(), mime_core::edit::EditError>(())
//! ```
//!
//! # Composing
//!
//! With the feature `compose`. Values are checked when they are made, and encoded when the message is built; line ends
//! in a subject or a name are refused, never written.
//!
//! ```
//! # #[cfg(feature = "compose")]
//! # fn compose() -> Result<(), Box<dyn std::error::Error>> {
//! use mime_core::{
//!     DateTime, Mailbox, Message,
//!     compose::{Attachment, MessageBuilder, RandomIds},
//! };
//!
//! let builder = MessageBuilder::new()
//!     .from(("Jürgen Groß", "juergen@example.de").try_into()?)
//!     .to([Mailbox::try_from("Ana <ana@example.com>")?])
//!     .bcc([Mailbox::try_from("archiv@example.de")?])
//!     .text("Siehe Anhang.")
//!     .html("<p>Siehe Anhang.</p>")
//!     .attach(Attachment::new("Übersicht.pdf", &b"%PDF-1.7"[..]));
//! // In earnest: octets of the operating system's random source, and its clock.
//! let mut count = 0;
//! let mut random = || {
//!     count += 1;
//!     [count; 16]
//! };
//! let date = DateTime::from_unix(1_774_969_500, 120).ok_or("no date")?;
//! let message = builder.clone().subject("Übersicht für März").build(RandomIds::new("example.de", &mut random)?, date)?;
//! assert_eq!(message.envelope().recipients().len(), 2); // Bcc is there, and nowhere else
//! let octets = message.into_bytes().map_err(|_| "an attachment is streamed")?;
//!
//! let mail = Message::parse(octets);
//! assert_eq!(mail.subject().unwrap(), "Übersicht für März");
//! assert_eq!(mail.attachments().next().unwrap().filename().unwrap(), "Übersicht.pdf");
//! assert!(mail.raw_field("Bcc").is_none() && mail.defects().is_empty());
//!
//! assert!(builder.subject("x\r\nBcc: v@example.net").build(RandomIds::new("example.de", random)?, date).is_err());
//! # Ok(())
//! # }
//! # #[cfg(feature = "compose")]
//! # compose().unwrap();
//! ```
//!
//! # Features
//!
//! None is on by default.
//!
//! | feature | what | brings in |
//! |---|---|---|
//! | `charset` | every charset that mail is written in. Without it UTF-8, US-ASCII, and windows-1252, which ISO-8859-1 is read as; text in others is given as UTF-8 if it is that, else as windows-1252, and told | `encoding_rs` |
//! | `compose` | the module `compose` | `mail-builder` |
//! | `html` | the module `html`: plain text of HTML; and previews of HTML | `html5gum` |
//!
//! # Memory and limits
//!
//! [`Limits`] bounds what a message can make a parser hold or do; [`Config`] carries it. What stands beyond a bound stays
//! reachable as raw octets, and [`DefectKind::LimitTruncated`] says where.
//!
//! * [`Message`] refers to the octets that it was made from and copies none of them. Its tree costs 20 octets a field
//!   and 56 a part, doubled at most while lists grow: [`Limits`] has the sum. Accessors borrow where the value stands as
//!   it is, and copy where it is decoded; nothing is remembered, so what is used twice is better kept. No more than 4 GiB
//!   of a message are parsed.
//! * [`Push`] holds the field at hand, the boundaries that are open, and a little that nobody asked for yet: below 1 MiB for
//!   mail of any size, and 5.4 MiB for the worst there is. Its documentation has the sum.
//! * Composing holds what it is given; streamed attachments are asked for a piece at a time.
//!
//! Time is linear in the octets for parsing, decoding and every accessor, whatever they are; nothing recurses.
//!
//! # Standards
//!
//! | RFC | section | what | status |
//! |---|---|---|---|
//! | RFC 5322 | 2.1.1, 2.2, 3.2 to 3.6, 4 | messages | yes, with the obsolete syntax; read and written |
//! | RFC 2045 | 2 to 8 | content fields, transfer codings | yes, read and written; x-uuencode and x-yenc are read |
//! | RFC 2046 | 4, 5 | media types, multiparts, messages inside | yes; message/partial is put together, message/external-body is told only |
//! | RFC 2047 | 2 to 6 | encoded words | yes, read and written |
//! | RFC 2231 | 3, 4, 5 | parameters in sections and charsets | yes, read and written; languages are skipped |
//! | RFC 2183 | 2 | Content-Disposition | yes, read and written |
//! | RFC 2387 | 3 | multipart/related | yes, but `start` is not followed |
//! | RFC 2392 | 2 | cid URLs | partial: no mid URLs |
//! | RFC 3676 | 4 | format=flowed | yes, read and written |
//! | RFC 6532 | 3 | UTF-8 in header fields | partial: read and written; message/global is read and not written |
//! | RFC 6854 | 2 | groups in From | yes, read, and told as a defect of the author |
//! | RFC 7103 | 7 | malformed messages | partial: every case is read and told; the application decides |
//! | RFC 8601 | 2 | Authentication-Results | yes, read and written; nothing is checked here |
//! | RFC 3464 | 2 | delivery reports | yes, read and written |
//! | RFC 6522 | 3 | multipart/report | yes, read and written |
//! | RFC 6533 | 3 to 6 | reports with UTF-8 addresses | yes, read and written |
//! | RFC 8098 | 2, 3 | receipts | yes, read and written |
//! | RFC 5965 | 2, 3 | complaints | yes, read and written |
//! | RFC 6591, RFC 6692, RFC 6430, RFC 3886 | | kinds of such reports | partial: read by type |
//! | RFC 2369, RFC 2919, RFC 8058, RFC 5064 | | fields of mailing lists | yes, read; nothing is fetched |
//! | RFC 6068 | 2 to 5 | mailto URLs | yes, read and written |
//! | RFC 8621 | 4.1.4 | which parts are texts and attachments | yes; no JMAP |
//! | RFC 8970 | 3 | previews | yes; no IMAP |
//! | RFC 3282 | 2 | Content-Language | partial: tags are read |
//! | RFC 4155 | | mailbox files | partial: four formats, read and written |
//! | RFC 5545, RFC 6047 | | calendars | partial: a part with its method is written; calendars are not read |
//! | RFC 7489, RFC 8617 | | DMARC, ARC | partial: which author to check, and ARC-Authentication-Results; nothing is checked here |
//! | RFC 3986, RFC 6838, RFC 1123 | | URLs, media types, names of hosts | partial: percent-encoding, and which names are allowed |
//! | RFC 1557, RFC 1843, RFC 1922, RFC 2781 | | charsets | partial: read, with the feature `charset` |
//! | RFC 1847 | | signed and encrypted multiparts | planned: parts as any other, whose octets [`Part::raw`] gives as they came |
//!
//! # Not supported
//!
//! * **Signatures and encryption**: S/MIME, OpenPGP, DKIM and ARC are neither checked nor made here.
//!   Authentication-Results and Autocrypt are read and written as fields.
//! * **Names of hosts**: A-labels and U-labels (IDNA) are not made from each other. A domain with U-labels is written with
//!   SMTPUTF8 or refused.
//! * **Fetching**: message/external-body is told as a defect and stays as it is, and no URL of any field is followed.
//! * **Composing**: no Resent fields, no message/global, no message/partial, no charset but UTF-8, no uuencode
//!   and no yEnc. Messages with UTF-8 in the header or octets above 127 in the body are not rewritten for servers without
//!   SMTPUTF8 (RFC 6531) or 8BITMIME (RFC 6152). Resent fields are read by name, and `compose::Envelope` takes recipients from them.
//! * **References between parts**: mid URLs, Content-Location, the parameter `start` of multipart/related.
//! * **Content**: HTML is not made harmless, only made into text; calendars, contacts and pictures are not read;
//!   Content-MD5 is not checked. UTF-7 is decoded only if [`Config::utf7`] says so.
//! * **Files**: mailbox files and Maildir names are octets and text here; locking and delivering is for programs.

mod address;
mod authentication_results;
mod author;
mod autocrypt;
pub mod charset;
pub mod coding;
#[cfg(feature = "compose")]
pub mod compose;
mod config;
mod content_disposition;
mod content_type;
mod cursor;
mod date_time;
mod defect;
pub mod edit;
pub mod encoded_word;
mod filename;
pub mod flowed;
#[cfg(feature = "html")]
pub mod html;
mod language;
mod lex;
mod list;
pub mod maildir;
mod mailto;
pub mod mbox;
mod message;
mod message_id;
mod name;
mod once;
mod params;
pub mod partial;
pub mod preview;
mod priority;
mod push;
mod received;
mod received_spf;
pub mod report;
mod scan;
pub mod tnef;

pub use address::{
    AddrSpec, Address, AddressError, AddressList, AddressRef, Group, GroupRef, Mailbox, MailboxRef, Mailboxes,
};
pub use authentication_results::{
    AuthenticationResults, AuthenticationResultsBuilder, AuthenticationResultsError, MethodResult, Property,
};
pub use author::{Author, AuthorError, authenticated_author};
pub use autocrypt::{Autocrypt, autocrypt_value};
pub use charset::Charset;
pub use coding::TransferEncoding;
pub use config::{Config, Limits};
pub use content_disposition::ContentDisposition;
pub use content_type::{ContentType, MediaKind};
pub use date_time::DateTime;
pub use defect::{Defect, DefectKind, Report, Severity};
pub use filename::{filename, safe_filename};
pub use language::{keywords, language_tags, mime_version};
pub use list::{ListId, ListUrls, archived_at, one_click};
pub use mailto::Mailto;
pub use message::{
    Bodies, Children, Choice, Field, Fields, Interpretations, Message, Parser, Part, Parts, Reading,
    StrictMessage,
};
pub use message_id::{MessageId, MessageIds, cid_content_id, cid_matches};
pub use params::{Param, Params};
pub use priority::{AutoSubmitted, Importance, Precedence};
pub use push::{Content, Event, Push, PushedField};
pub use received::{Host, Received};
pub use received_spf::ReceivedSpf;
