//! Names of files in a maildir.
//!
//! A maildir has three folders, `tmp`, `new` and `cur`; each message is a file, written in `tmp`, moved to `new`, and
//! from there to `cur` when it is seen. All that is known about a message is in the name of its file. Names only: this
//! touches no file, and time, process and host come in as arguments.
//!
//! ```abnf
//! name    = unique *( "," size ) [ ":2," *flag ]
//! size    = "S=" 1*DIGIT / "W=" 1*DIGIT   ; octets as stored, and with CRLF as line ends
//! flag    = "D" / "F" / "P" / "R" / "S" / "T" / %x61-7A
//! ```
//!
//! # Example
//!
//! ```
//! use mime_core::maildir::{Flag, Name, unique};
//!
//! let name = Name::parse("1704067200.M5P7.host,S=1234,W=1280:2,FSa").unwrap();
//! assert_eq!((name.unique(), name.size(), name.wire_size()), ("1704067200.M5P7.host", Some(1234), Some(1280)));
//! assert!(name.flags().contains(Flag::Seen) && name.flags().contains(Flag::Flagged));
//! assert_eq!(name.flags().keywords().collect::<String>(), "a");
//! assert_eq!(name.with_flags(name.flags().with(Flag::Replied)).to_string(), "1704067200.M5P7.host,S=1234,W=1280:2,FRSa");
//!
//! assert_eq!(unique(1_704_067_200, 5, 7, 1, "a/b:c"), "1704067200.M5P7Q1.a\\057b\\072c");
//! ```

use std::fmt;

/// What is known about a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(clippy::exhaustive_enums)] // these six are defined, and programs agree on no more
pub enum Flag {
    /// `D`: it is not finished.
    Draft,
    /// `F`: the user marked it.
    Flagged,
    /// `P`: it was resent, forwarded or bounced.
    Passed,
    /// `R`: it was answered.
    Replied,
    /// `S`: it was seen.
    Seen,
    /// `T`: it is to be deleted.
    Trashed,
}

impl Flag {
    /// All of them, in the order in which they are written.
    pub const ALL: [Self; 6] =
        [Self::Draft, Self::Flagged, Self::Passed, Self::Replied, Self::Seen, Self::Trashed];

    /// Its letter.
    pub const fn letter(self) -> char {
        match self {
            Self::Draft => 'D',
            Self::Flagged => 'F',
            Self::Passed => 'P',
            Self::Replied => 'R',
            Self::Seen => 'S',
            Self::Trashed => 'T',
        }
    }
}

/// A set of flags, keyword letters `a` to `z` included. What a letter means is up to whoever keeps the folder (Dovecot
/// has it in `dovecot-keywords`); other letters are dropped.
///
/// # Example
///
/// ```
/// use mime_core::maildir::{Flag, Flags};
///
/// let flags = Flags::new().with(Flag::Seen).with_keyword('b').unwrap();
/// assert_eq!(flags.to_string(), "Sb");
/// assert_eq!(Flags::parse("bS"), flags);
/// assert!(Flags::new().with_keyword('B').is_none());
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Flags(u32);

impl Flags {
    /// No flag.
    pub const fn new() -> Self {
        Self(0)
    }

    /// The flags of these letters, in any order.
    pub fn parse(letters: &str) -> Self {
        letters.chars().fold(Self::new(), |flags, letter| Self(flags.0 | bit(letter)))
    }

    /// With this flag.
    #[must_use]
    pub fn with(self, flag: Flag) -> Self {
        Self(self.0 | bit(flag.letter()))
    }

    /// Without this flag.
    #[must_use]
    pub fn without(self, flag: Flag) -> Self {
        Self(self.0 & !bit(flag.letter()))
    }

    /// With this keyword; `None` if the letter is not one of `a` to `z`.
    #[must_use]
    pub fn with_keyword(self, letter: char) -> Option<Self> {
        letter.is_ascii_lowercase().then(|| Self(self.0 | bit(letter)))
    }

    /// Without this keyword.
    ///
    /// ```
    /// use mime_core::maildir::Flags;
    ///
    /// let flags = Flags::parse("Sab").without_keyword('a');
    /// assert_eq!(flags.to_string(), "Sb");
    /// ```
    #[must_use]
    pub fn without_keyword(self, letter: char) -> Self {
        if letter.is_ascii_lowercase() { Self(self.0 & !bit(letter)) } else { self }
    }

    /// Whether the flag is there.
    pub fn contains(self, flag: Flag) -> bool {
        self.0 & bit(flag.letter()) != 0
    }

    /// The letters of keywords.
    pub fn keywords(self) -> impl Iterator<Item = char> {
        ('a'..='z').filter(move |letter| self.0 & bit(*letter) != 0)
    }
}

/// The place of a letter in a set, or nothing.
fn bit(letter: char) -> u32 {
    let place = match letter {
        'a'..='z' => u32::from(letter).wrapping_sub(u32::from('a')),
        'D' => 26,
        'F' => 27,
        'P' => 28,
        'R' => 29,
        'S' => 30,
        'T' => 31,
        _ => return 0,
    };
    1 << place
}

impl fmt::Display for Flags {
    /// Its letters, in ASCII order as they must be.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let flags = Flag::ALL.into_iter().filter(|flag| self.contains(*flag)).map(Flag::letter);
        flags.chain(self.keywords()).try_for_each(|letter| fmt::Write::write_char(f, letter))
    }
}

/// The name of a message's file.
///
/// # Example
///
/// ```
/// use mime_core::maildir::{Flag, Flags, Name};
///
/// let name = Name::parse("1704067200.M5P7Q1.host,S=5:2,S").unwrap();
/// assert_eq!((name.unique(), name.size()), ("1704067200.M5P7Q1.host", Some(5)));
/// assert!(name.has_flags() && name.flags().contains(Flag::Seen));
/// assert_eq!(name.with_flags(Flags::new()).to_string(), "1704067200.M5P7Q1.host,S=5:2,");
/// assert_eq!(Name::parse(".hidden"), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Name<'a> {
    /// Unique part and sizes.
    base: &'a str,
    /// What stands between colon and comma, and behind the comma.
    info: Option<(&'a str, &'a str)>,
    flags: Flags,
}

impl<'a> Name<'a> {
    /// Takes a name apart. `None` for names that are no messages: empty ones, those that begin with a dot, and those with
    /// a slash or NUL.
    pub fn parse(name: &'a str) -> Option<Self> {
        if name.is_empty() || name.starts_with('.') || name.contains(['/', '\0']) {
            return None;
        }
        // A colon at the start divides nothing from anything.
        let colon = name.char_indices().skip(1).find(|(_, character)| *character == ':');
        let Some((base, info)) =
            colon.and_then(|(at, _)| Some((name.get(..at)?, name.get(at.saturating_add(1)..)?)))
        else {
            return Some(Self { base: name, info: None, flags: Flags::new() });
        };
        let (version, letters) = info.split_once(',').unwrap_or((info, ""));
        let flags = if version == "2" { Flags::parse(letters) } else { Flags::new() };
        Some(Self { base, info: Some((version, letters)), flags })
    }

    /// What names the message as long as it lives: everything before sizes and flags.
    pub fn unique(&self) -> &'a str {
        self.base.split(',').next().unwrap_or_default()
    }

    /// Everything before the flags: what stays when they change.
    pub fn base(&self) -> &'a str {
        self.base
    }

    /// Octets of the file, from `S=`.
    pub fn size(&self) -> Option<u64> {
        self.number("S=")
    }

    /// Octets of the message with CRLF as line ends, from `W=`.
    pub fn wire_size(&self) -> Option<u64> {
        self.number("W=")
    }

    /// The flags; none for files in `new`, which have no such part, or in a form other than `2`.
    pub fn flags(&self) -> Flags {
        self.flags
    }

    /// Whether the name has flags, though there may be none: those in `cur` do.
    pub fn has_flags(&self) -> bool {
        self.info.is_some_and(|(version, _)| version == "2")
    }

    /// The same message with other flags, as a name for `cur`.
    #[must_use]
    pub fn with_flags(&self, flags: Flags) -> Self {
        Self { base: self.base, info: Some(("2", "")), flags }
    }

    fn number(&self, key: &str) -> Option<u64> {
        let value = self.base.split(',').skip(1).find_map(|part| part.strip_prefix(key))?;
        value.bytes().all(|octet| octet.is_ascii_digit()).then(|| value.parse().ok())?
    }
}

impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.info {
            None => f.write_str(self.base),
            Some(("2", _)) => write!(f, "{}:2,{}", self.base, self.flags),
            Some((version, "")) => write!(f, "{}:{version}", self.base),
            Some((version, rest)) => write!(f, "{}:{version},{rest}", self.base),
        }
    }
}

/// A unique name from the time (seconds since 1970 and microseconds), the number of the process, a number that it has
/// not used before, and the name of the host; `/` and `:` in that are written as `\057` and `\072`, and so are commas,
/// control characters and a backslash.
pub fn unique(seconds: u64, microseconds: u32, process: u32, counter: u64, host: &str) -> String {
    use fmt::Write;
    let mut name = format!("{seconds}.M{microseconds}P{process}Q{counter}.");
    for character in host.chars() {
        if matches!(character, '/' | ':' | ',' | '\\') || character.is_ascii_control() {
            let _ = write!(name, "\\{:03o}", u32::from(character));
        } else {
            name.push(character);
        }
    }
    name
}

/// The name with its sizes behind it: octets of the file, and of the message with CRLF as line ends.
///
/// # Example
///
/// ```
/// assert_eq!(mime_core::maildir::with_sizes("1.M2P3Q4.host", 1234, 1280), "1.M2P3Q4.host,S=1234,W=1280");
/// ```
pub fn with_sizes(unique: &str, size: u64, wire_size: u64) -> String {
    format!("{unique},S={size},W={wire_size}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names() {
        for (name, unique, size, flags) in [
            ("1.a", "1.a", None, ""),
            ("1.a:2,", "1.a", None, ""),
            ("1.a:2,SF", "1.a", None, "FS"),
            ("1.a,S=5:2,zTa?", "1.a", Some(5), "Taz"),
            ("1.a,W=6,S=5,x", "1.a", Some(5), ""),
            ("1.a,S=,S=5", "1.a", None, ""),
            ("1.a,S=+5", "1.a", None, ""),
            ("1.a,S=99999999999999999999", "1.a", None, ""),
            ("1.a:1,S", "1.a", None, ""),
            (":2,S", ":2", None, ""),
            (":2:2,S", ":2", None, "S"),
        ] {
            let found = Name::parse(name).unwrap();
            assert_eq!(
                (found.unique(), found.size(), &*found.flags().to_string()),
                (unique, size, flags),
                "{name}"
            );
        }
        for name in ["", ".", "..", ".hidden", "a/b", "../x", "a\0"] {
            assert_eq!(Name::parse(name), None, "{name}");
        }
    }

    #[test]
    fn what_is_unknown_stays() {
        for name in ["1.a:1,experimental", "1.a:x", "1.a", "1.a,S=3,X=y:2,S"] {
            assert_eq!(Name::parse(name).unwrap().to_string(), name);
        }
        let name = Name::parse("1.a").unwrap();
        assert!(!name.has_flags());
        assert_eq!(name.with_flags(Flags::new()).to_string(), "1.a:2,");
        assert_eq!(name.with_flags(Flags::new().with(Flag::Seen).without(Flag::Seen)).to_string(), "1.a:2,");
    }

    #[test]
    fn hosts_cannot_leave_the_folder() {
        let name = unique(1, 2, 3, 4, "../:2,T\n\\");
        assert_eq!(name, "1.M2P3Q4...\\057\\0722\\054T\\012\\134");
        let name = with_sizes(&name, 10, 11);
        let parsed = Name::parse(&name).unwrap();
        assert_eq!((parsed.size(), parsed.wire_size(), parsed.flags()), (Some(10), Some(11), Flags::new()));
        assert_eq!(with_sizes(parsed.unique(), 10, 11), name);
    }

    proptest! {
        #[test]
        fn flags_come_back(letters in "[DFPRSTa-z]{0,32}", name in "[0-9.A-Za-z]{1,20}") {
            prop_assume!(!name.starts_with('.'));
            let flags = Flags::parse(&letters);
            let text = Name::parse(&name).unwrap().with_flags(flags).to_string();
            prop_assert_eq!(Name::parse(&text).unwrap().flags(), flags);
            prop_assert!(text.split_once(',').unwrap().1.chars().is_sorted());
        }

        #[test]
        fn never_panics(name: String) {
            if let Some(name) = Name::parse(&name) {
                let _ = (name.unique(), name.size(), name.wire_size(), name.to_string());
            }
        }
    }
}
