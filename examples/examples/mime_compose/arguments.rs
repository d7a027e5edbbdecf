//! What the message is to be made of.

use std::path::PathBuf;

use clap::Parser;

/// Composes a message, and writes it to standard output.
#[derive(Parser, Debug)]
pub(crate) struct Arguments {
    /// An author: `address` or `Name <address>`; may be given several times.
    #[arg(long, required = true, value_name = "MAILBOX")]
    pub(crate) from: Vec<String>,
    /// Who sends it, if that is not the author.
    #[arg(long, value_name = "MAILBOX")]
    pub(crate) sender: Option<String>,
    /// Where replies go.
    #[arg(long, value_name = "MAILBOX")]
    pub(crate) reply_to: Vec<String>,
    /// A recipient; may be given several times.
    #[arg(long, value_name = "MAILBOX")]
    pub(crate) to: Vec<String>,
    /// A recipient of a copy.
    #[arg(long, value_name = "MAILBOX")]
    pub(crate) cc: Vec<String>,
    /// A recipient whom the others do not see: in the envelope, and in no field.
    #[arg(long, value_name = "MAILBOX")]
    pub(crate) bcc: Vec<String>,
    /// The subject.
    #[arg(long)]
    pub(crate) subject: Option<String>,
    /// The text.
    #[arg(long, conflicts_with = "text_file")]
    pub(crate) text: Option<String>,
    /// The text is in this file, in UTF-8; `-` is standard input.
    #[arg(long, value_name = "FILE")]
    pub(crate) text_file: Option<PathBuf>,
    /// The same in HTML.
    #[arg(long, conflicts_with = "html_file")]
    pub(crate) html: Option<String>,
    /// The same in HTML is in this file, in UTF-8.
    #[arg(long, value_name = "FILE")]
    pub(crate) html_file: Option<PathBuf>,
    /// Attach files.
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub(crate) attach: Vec<PathBuf>,
    /// A picture that the HTML shows as `cid:CID`; the CID has the form of an address.
    #[arg(long, value_name = "CID=FILE")]
    pub(crate) inline: Vec<String>,
    /// A calendar, for invitations and their answers.
    #[arg(long, value_name = "FILE")]
    pub(crate) calendar: Option<PathBuf>,
    /// A field of your own.
    #[arg(long, value_name = "NAME=VALUE")]
    pub(crate) field: Vec<String>,
    /// The same with a value that programs read: it stands as it is.
    #[arg(long, value_name = "NAME=VALUE")]
    pub(crate) raw_field: Vec<String>,
    /// Reply to the message in this file.
    #[arg(long, value_name = "FILE", conflicts_with = "forward")]
    pub(crate) reply_to_message: Option<PathBuf>,
    /// Reply to everybody.
    #[arg(long, requires = "reply_to_message")]
    pub(crate) reply_all: bool,
    /// An address that is yours, too, and gets no copy of a reply.
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) own: Vec<String>,
    /// Pass on the message in this file, as an attachment.
    #[arg(long, value_name = "FILE")]
    pub(crate) forward: Option<PathBuf>,
    /// Write fields in UTF-8 (RFC 6532).
    #[arg(long)]
    pub(crate) smtputf8: bool,
    /// Write texts without encoding them (RFC 6152).
    #[arg(long)]
    pub(crate) eight_bit: bool,
    /// Seconds since 1970, instead of the clock.
    #[arg(long, value_name = "SECONDS")]
    pub(crate) date: Option<i64>,
    /// The zone of the date, in minutes east of Greenwich.
    #[arg(long, value_name = "MINUTES", requires = "date", allow_hyphen_values = true)]
    pub(crate) zone: Option<i16>,
    /// The message identifier, instead of a random one.
    #[arg(long, value_name = "ID")]
    pub(crate) message_id: Option<String>,
    /// Write the message into this file.
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Write sender and recipients into this file, for `smtp_send --envelope-file`.
    #[arg(long, value_name = "FILE")]
    pub(crate) envelope: Option<PathBuf>,
    /// Say how many octets the message has before it is written.
    #[arg(long)]
    pub(crate) size: bool,
}
