//! What is asked for.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use examples::command_line::Diagnosis;
use examples::imap::{Access, uids};
use postwire::imap::search::SearchKey;
use postwire::imap::{Date, Flag, InvalidOctet, PartPath, Uid, UidSet};

/// Reads mail where it is.
#[derive(Parser, Debug)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) access: Access,
    /// Use the blocking adapter instead of the one for tokio.
    #[arg(long)]
    pub(crate) blocking: bool,
    /// Print one JSON object.
    #[arg(long)]
    pub(crate) json: bool,
    #[command(subcommand)]
    pub(crate) work: Work,
}

#[derive(Subcommand, Debug)]
pub(crate) enum Work {
    /// List folders, and how much is in them.
    Folders {
        /// Only folders whose names match: `*` stands for anything, `%` for anything within a level.
        #[arg(default_value = "*")]
        pattern: String,
        /// Only those that are subscribed to.
        #[arg(long)]
        subscribed: bool,
    },
    /// Find messages: prints UIDs.
    Search {
        folder: String,
        #[command(flatten)]
        criteria: Criteria,
    },
    /// Show UID, date, author and subject of messages.
    Headers {
        folder: String,
        /// Only these UIDs, as `7`, `1:5,9` or `100:*`.
        #[arg(value_parser = uids)]
        uids: Option<UidSet>,
        #[command(flatten)]
        criteria: Criteria,
        /// Only the last so many.
        #[arg(long, value_name = "N")]
        last: Option<usize>,
    },
    /// Store a message, or a part of it decoded, in a file.
    Download {
        folder: String,
        #[arg(value_parser = uid)]
        uid: Uid,
        /// Which part, as `2` or `1.2`.
        #[arg(long, value_name = "PATH", value_parser = part)]
        part: Option<PartPath>,
        /// Where to; `-` is the output.
        #[arg(long, value_name = "FILE")]
        to: PathBuf,
    },
    /// Store a message file in a folder.
    Append {
        folder: String,
        file: PathBuf,
        /// With this flag, as `\Seen` or `$Important`; may be given several times.
        #[arg(long, value_parser = flag)]
        flag: Vec<Flag>,
        /// When it arrived, in seconds since 1970; without it, now.
        #[arg(long, value_name = "SECONDS", allow_hyphen_values = true)]
        date: Option<i64>,
    },
    /// Create a folder.
    Create {
        folder: String,
        /// What it is for, as `\Sent`.
        #[arg(long = "use", value_name = "USE", value_parser = flag)]
        uses: Vec<Flag>,
    },
    /// Delete a folder with all that is in it.
    Delete { folder: String },
    /// Rename a folder.
    Rename { from: String, to: String },
    /// Change flags.
    Flags {
        folder: String,
        #[arg(value_parser = uids)]
        uids: UidSet,
        /// Add this flag; may be given several times.
        #[arg(long, value_name = "FLAG", value_parser = flag)]
        add: Vec<Flag>,
        /// Take this flag away; may be given several times.
        #[arg(long, value_name = "FLAG", value_parser = flag)]
        remove: Vec<Flag>,
        /// Leave this flag and no others; may be given several times.
        #[arg(long, value_name = "FLAG", value_parser = flag, conflicts_with_all = ["add", "remove"])]
        set: Vec<Flag>,
    },
    /// Copy messages to another folder.
    Copy {
        folder: String,
        #[arg(value_parser = uids)]
        uids: UidSet,
        to: String,
    },
    /// Move messages to another folder.
    Move {
        folder: String,
        #[arg(value_parser = uids)]
        uids: UidSet,
        to: String,
    },
    /// Remove messages for good, and no others.
    Expunge {
        folder: String,
        #[arg(value_parser = uids)]
        uids: UidSet,
    },
    /// Tell how much of which quota is used.
    Quota {
        #[arg(default_value = "INBOX")]
        folder: String,
    },
}

impl Work {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Folders { .. } => "folders",
            Self::Search { .. } => "search",
            Self::Headers { .. } => "headers",
            Self::Download { .. } => "download",
            Self::Append { .. } => "append",
            Self::Create { .. } => "create",
            Self::Delete { .. } => "delete",
            Self::Rename { .. } => "rename",
            Self::Flags { .. } => "flags",
            Self::Copy { .. } => "copy",
            Self::Move { .. } => "move",
            Self::Expunge { .. } => "expunge",
            Self::Quota { .. } => "quota",
        }
    }
}

/// Which messages; all of this has to hold.
#[derive(Args, Debug)]
pub(crate) struct Criteria {
    /// Not read.
    #[arg(long)]
    unseen: bool,
    /// With this flag; may be given several times.
    #[arg(long, value_name = "FLAG", value_parser = flag)]
    with: Vec<Flag>,
    /// Without this flag; may be given several times.
    #[arg(long, value_name = "FLAG", value_parser = flag)]
    without: Vec<Flag>,
    /// The author's name or address holds this.
    #[arg(long, value_name = "TEXT")]
    from: Option<String>,
    /// A recipient's name or address holds this.
    #[arg(long, value_name = "TEXT")]
    to: Option<String>,
    /// The subject holds this.
    #[arg(long, value_name = "TEXT")]
    subject: Option<String>,
    /// The header or a text holds this.
    #[arg(long, value_name = "TEXT")]
    text: Option<String>,
    /// Arrived on this day or later.
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = date)]
    since: Option<Date>,
    /// Arrived before this day.
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = date)]
    before: Option<Date>,
    /// Larger than this.
    #[arg(long, value_name = "OCTETS")]
    larger: Option<u64>,
    /// Smaller than this.
    #[arg(long, value_name = "OCTETS")]
    smaller: Option<u64>,
}

impl Criteria {
    pub(crate) fn key(&self, uids: Option<&UidSet>) -> SearchKey {
        let mut keys: Vec<_> = uids.cloned().map(SearchKey::uid).into_iter().collect();
        keys.extend(self.unseen.then(SearchKey::unseen));
        keys.extend(self.with.iter().map(SearchKey::flag));
        keys.extend(self.without.iter().map(|flag| SearchKey::flag(flag).not()));
        keys.extend(self.from.as_deref().map(SearchKey::from));
        keys.extend(self.to.as_deref().map(SearchKey::to));
        keys.extend(self.subject.as_deref().map(SearchKey::subject));
        keys.extend(self.text.as_deref().map(SearchKey::text));
        keys.extend(self.since.map(SearchKey::since));
        keys.extend(self.before.map(SearchKey::before));
        keys.extend(self.larger.map(SearchKey::larger));
        keys.extend(self.smaller.map(SearchKey::smaller));
        SearchKey::all(keys)
    }
}

fn uid(text: &str) -> Result<Uid, String> {
    text.parse().ok().and_then(Uid::new).ok_or_else(|| "a number above zero".to_owned())
}

fn part(text: &str) -> Result<PartPath, String> {
    text.parse::<PartPath>().map_err(|error| error.to_string())
}

fn flag(text: &str) -> Result<Flag, String> {
    Flag::try_from(text).map_err(|error: InvalidOctet| error.to_string())
}

fn date(text: &str) -> Result<Date, String> {
    let mut numbers = text.splitn(3, '-').map(|number| number.parse::<u16>().ok());
    let mut next = || numbers.next().flatten();
    let (year, month, day) = (next(), next(), next());
    let small = |number: Option<u16>| u8::try_from(number?).ok();
    year.zip(small(month))
        .zip(small(day))
        .and_then(|((year, month), day)| Date::new(year, month, day))
        .ok_or_else(|| "YYYY-MM-DD".to_owned())
}

impl Arguments {
    /// What clap cannot know.
    pub(crate) fn check(&self) -> Result<(), Diagnosis> {
        match &self.work {
            Work::Flags { add, remove, set, .. } if add.is_empty() && remove.is_empty() && set.is_empty() => {
                Err(Diagnosis::argument("say which flags: --add, --remove or --set"))
            }
            Work::Download { to, .. } if self.json && to.as_os_str() == "-" => {
                Err(Diagnosis::argument("--json prints on the output: the message cannot go there too"))
            }
            _ => Ok(()),
        }
    }
}
