//! What servers and clients say: made here, the same every time, with values as they are.

use std::fmt::Write;

/// The octets of one direction of a session.
pub struct Batch {
    /// What it is called.
    pub name: String,
    /// Responses, or commands.
    pub wire: Vec<u8>,
    /// How many.
    pub count: usize,
    /// Whether a client says it.
    pub commands: bool,
}

/// The batches.
pub const MADE: [&str; 9] = [
    "envelope",
    "body-structure",
    "flags",
    "list",
    "search",
    "esearch",
    "commands",
    "commands-rev1",
    "literal",
];

/// Octets of the message of `literal`.
pub const LITERAL: usize = 5 * 1024 * 1024;

/// A batch by name.
///
/// - `envelope`: FETCH with FLAGS, UID, INTERNALDATE, RFC822.SIZE and ENVELOPE of 2,000 messages;
/// - `body-structure`: FETCH with UID and BODYSTRUCTURE of 1,000 messages of all kinds;
/// - `flags`: FETCH with FLAGS and UID of 100,000 messages;
/// - `list`: LIST of 2,000 mailboxes;
/// - `search`: SEARCH, once with 100,000 UIDs and fifty times with a few;
/// - `esearch`: ESEARCH of as many, in ranges;
/// - `commands`: 4,000 commands of clients;
/// - `commands-rev1`: those among them that RFC 3501 has;
/// - `literal`: one message of 5 MiB.
pub fn batch(name: &str) -> Option<Batch> {
    let mut writer = Writer::default();
    match name {
        "envelope" => writer.times(2_000, Writer::envelope_of),
        "body-structure" => writer.times(1_000, Writer::structure_of),
        "flags" => writer.times(100_000, Writer::flags_of),
        "list" => writer.times(2_000, Writer::list_of),
        "search" => writer.searches(),
        "esearch" => writer.extended_searches(),
        "commands" => {
            writer.commands = true;
            writer.times(4_000, |writer| writer.command(false));
        }
        "commands-rev1" => {
            writer.commands = true;
            writer.times(4_000, |writer| writer.command(true));
        }
        "literal" => writer.literal(),
        _ => return None,
    }
    Some(Batch {
        name: name.to_owned(),
        count: writer.count,
        commands: writer.commands,
        wire: writer.out.into_bytes(),
    })
}

const NAMES: [&str; 12] = [
    "\"Alice Example\"",
    "\"Bob Miller\"",
    "\"Carol K. Jones\"",
    "\"=?UTF-8?Q?J=C3=BCrgen_M=C3=BCller?=\"",
    "NIL",
    "\"Support Team\"",
    "\"notifications\"",
    "\"=?utf-8?B?5bGx55Sw5aSq6YOO?=\"",
    "\"Example Weekly Newsletter\"",
    "NIL",
    "\"D. Smith (via Example Groups)\"",
    "\"postmaster\"",
];
const LOCALS: [&str; 8] =
    ["alice", "bob.miller", "carol-jones", "jm", "no-reply", "support+ticket4711", "news", "d.smith1984"];
const HOSTS: [&str; 6] = [
    "example.org",
    "example.com",
    "mail.example.net",
    "lists.example.org",
    "corp.example",
    "uni.example.edu",
];
const SUBJECTS: [&str; 10] = [
    "Re: Meeting on Tuesday",
    "Your order 4711-2026 has been shipped",
    "[postwire] Pull request #123: Fix the parser of sequence sets (review requested)",
    "=?UTF-8?Q?Gr=C3=BC=C3=9Fe_aus_M=C3=BCnchen_und_alles_Gute?=",
    "Fwd: Fwd: invoice",
    "Weekly report",
    "=?utf-8?B?44GK55+l44KJ44Gb77ya5p2l6YCx44Gu5Lya6K2w44Gr44Gk44GE44Gm?=",
    "Reminder: \\\"quarterly planning\\\" starts in 15 minutes",
    "hello",
    "Re: [ietf-imap] WGLC of draft-ietf-extra-imap-uidbatches and what remains to be said about it",
];
const FLAGS: [&str; 8] = [
    "\\Seen",
    "\\Seen",
    "",
    "\\Answered \\Seen",
    "\\Seen $NotJunk NotJunk",
    "\\Flagged \\Seen",
    "\\Recent",
    "\\Seen $Forwarded",
];
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const ZONES: [&str; 5] = ["+0000", "+0200", "-0700", "+0530", "-0500"];

struct Writer {
    out: String,
    state: u64,
    count: usize,
    commands: bool,
    uid: u32,
}

impl Default for Writer {
    fn default() -> Self {
        Self { out: String::new(), state: 42, count: 0, commands: false, uid: 100_000 }
    }
}

impl Writer {
    fn times(&mut self, times: usize, mut write: impl FnMut(&mut Self)) {
        for _ in 0..times {
            self.count += 1;
            write(self);
            self.put("\r\n");
        }
    }

    fn below(&mut self, most: usize) -> usize {
        self.state =
            self.state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.state >> 33) as usize % most
    }

    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }

    fn put(&mut self, text: &str) {
        self.out.push_str(text);
    }

    fn number(&mut self, number: usize) {
        write!(self.out, "{number}").expect("it is memory");
    }

    fn next_uid(&mut self) -> usize {
        self.uid += [1, 1, 1, 1, 2, 7][self.below(6)];
        self.uid as usize
    }

    fn fetch(&mut self) {
        self.put("* ");
        self.number(self.count);
        self.put(" FETCH (");
    }

    fn flags_of(&mut self) {
        self.fetch();
        self.put("FLAGS (");
        let flags = self.one(&FLAGS);
        self.put(flags);
        self.put(") UID ");
        let uid = self.next_uid();
        self.number(uid);
        self.put(")");
    }

    fn envelope_of(&mut self) {
        self.fetch();
        self.put("FLAGS (");
        let flags = self.one(&FLAGS);
        self.put(flags);
        self.put(") UID ");
        let uid = self.next_uid();
        self.number(uid);
        let (day, month) = (self.below(28) + 1, self.one(&MONTHS));
        let (hour, minute, second, zone) = (self.below(24), self.below(60), self.below(60), self.one(&ZONES));
        write!(
            self.out,
            " INTERNALDATE \"{day:2}-{month}-2026 {hour:02}:{minute:02}:{second:02} {zone}\" RFC822.SIZE {} ENVELOPE ",
            2_000 + self.count * 37 % 90_000
        )
        .expect("it is memory");
        self.envelope();
        self.put(")");
    }

    fn envelope(&mut self) {
        let (name, day, month, zone) =
            (self.one(&DAYS), self.below(28) + 1, self.one(&MONTHS), self.one(&ZONES));
        let (hour, minute, second) = (self.below(24), self.below(60), self.below(60));
        write!(
            self.out,
            "(\"{name}, {day} {month} 2026 {hour:02}:{minute:02}:{second:02} {zone}\" \"{}\" ",
            SUBJECTS[self.count % 10]
        )
        .expect("it is memory");
        let from = self.address();
        // Servers write From where Sender and Reply-To are missing.
        for _ in 0..3 {
            self.put("(");
            self.put(&from);
            self.put(") ");
        }
        self.put("(");
        for _ in 0..[1, 1, 1, 2, 3][self.below(5)] {
            let to = self.address();
            self.put(&to);
        }
        self.put(") ");
        match self.below(4) {
            0 => {
                self.put("(");
                for _ in 0..=self.below(3) {
                    let cc = self.address();
                    self.put(&cc);
                }
                self.put(") ");
            }
            _ => self.put("NIL "),
        }
        self.put("NIL ");
        if self.below(3) == 0 {
            self.message_id();
        } else {
            self.put("NIL");
        }
        self.put(" ");
        self.message_id();
        self.put(")");
    }

    fn address(&mut self) -> String {
        format!("({} NIL \"{}\" \"{}\")", self.one(&NAMES), self.one(&LOCALS), self.one(&HOSTS))
    }

    fn message_id(&mut self) {
        let (left, right, host) = (self.below(1 << 30), self.below(1 << 30), self.one(&HOSTS));
        write!(self.out, "\"<{left:08x}.{right:08x}.JavaMail.app@{host}>\"").expect("it is memory");
    }

    fn structure_of(&mut self) {
        self.fetch();
        self.put("UID ");
        let uid = self.next_uid();
        self.number(uid);
        self.put(" BODYSTRUCTURE ");
        match self.below(10) {
            0..=2 => self.text("plain", "7bit"),
            3..=5 => self.alternative(),
            6 | 7 => {
                self.put("(");
                self.alternative();
                for _ in 0..=self.below(3) {
                    self.attachment();
                }
                self.rest("mixed");
            }
            8 => {
                self.put("(");
                self.put("(");
                self.alternative();
                for _ in 0..=self.below(2) {
                    self.inline_image();
                }
                self.rest("related");
                self.attachment();
                self.rest("mixed");
            }
            _ => {
                self.put("(");
                self.text("plain", "quoted-printable");
                self.put("(\"message\" \"rfc822\" NIL NIL NIL \"7bit\" 4711 ");
                self.envelope();
                self.put(" ");
                self.alternative();
                self.put(" 123 NIL (\"attachment\" NIL) NIL NIL)");
                self.rest("mixed");
            }
        }
        self.put(")");
    }

    fn text(&mut self, subtype: &str, encoding: &str) {
        let (charset, octets) = (self.one(&["utf-8", "us-ascii", "iso-8859-1"]), 400 + self.below(20_000));
        write!(
            self.out,
            "(\"text\" \"{subtype}\" (\"charset\" \"{charset}\") NIL NIL \"{encoding}\" {octets} {} NIL NIL NIL NIL)",
            octets / 60
        )
        .expect("it is memory");
    }

    fn alternative(&mut self) {
        self.put("(");
        self.text("plain", "quoted-printable");
        self.text("html", "quoted-printable");
        self.rest("alternative");
    }

    fn attachment(&mut self) {
        let (media_type, subtype, name) = self.one(&[
            ("application", "pdf", "invoice-2026-07.pdf"),
            ("image", "jpeg", "IMG_20260714_101112.jpg"),
            ("application", "vnd.openxmlformats-officedocument.spreadsheetml.sheet", "Budget (final).xlsx"),
            ("application", "octet-stream", "=?utf-8?Q?=C3=9Cbersicht?=.zip"),
        ]);
        let octets = 20_000 + self.below(3_000_000);
        write!(
            self.out,
            "(\"{media_type}\" \"{subtype}\" (\"name\" \"{name}\") NIL NIL \"base64\" {octets} NIL (\"attachment\" (\"filename\" \"{name}\" \"size\" \"{}\")) NIL NIL)",
            octets / 4 * 3
        )
        .expect("it is memory");
    }

    fn inline_image(&mut self) {
        let (id, octets) = (self.below(1 << 30), 2_000 + self.below(50_000));
        write!(
            self.out,
            "(\"image\" \"png\" (\"name\" \"image{:03}.png\") \"<image{:03}.png@01DB{id:08X}.{id:08X}>\" \"logo\" \"base64\" {octets} NIL (\"inline\" (\"filename\" \"image{:03}.png\")) NIL NIL)",
            id % 10,
            id % 10,
            id % 10
        )
        .expect("it is memory");
    }

    fn rest(&mut self, subtype: &str) {
        let (left, right) = (self.below(1 << 30), self.below(1 << 30));
        write!(self.out, " \"{subtype}\" (\"boundary\" \"----=_Part_{left}_{right}.1784\") NIL NIL NIL)")
            .expect("it is memory");
    }

    fn list_of(&mut self) {
        const LEFT: [&str; 6] = [
            "\\HasNoChildren",
            "\\HasChildren",
            "\\HasNoChildren \\UnMarked",
            "\\Noselect \\HasChildren",
            "\\HasNoChildren \\Marked",
            "\\HasNoChildren \\Subscribed",
        ];
        const TOP: [&str; 8] =
            ["INBOX", "Archive", "Projects", "Lists", "Entw&APw-rfe", "Work Stuff", "Customers", "Privat"];
        const BELOW: [&str; 8] = [
            "2024",
            "2025",
            "ietf-imap",
            "Angebote &- Rechnungen",
            "to do",
            "M&APw-nchen",
            "backup",
            "postwire-dev",
        ];
        let use_of = match self.count {
            1 => " \\Drafts",
            2 => " \\Sent",
            3 => " \\Junk",
            4 => " \\Trash",
            _ => "",
        };
        let (attributes, top, below) = (self.one(&LEFT), self.one(&TOP), self.one(&BELOW));
        write!(self.out, "* LIST ({attributes}{use_of}) \"/\" ").expect("it is memory");
        let name = match self.below(3) {
            0 => format!("{top}/{below}"),
            1 => format!("{top}/{below}/{}", self.count),
            _ => format!("{top}-{}", self.count),
        };
        // Some servers quote whatever they say.
        if self.below(2) == 0 || name.contains(' ') {
            write!(self.out, "\"{name}\"").expect("it is memory");
        } else {
            self.put(&name);
        }
    }

    fn searches(&mut self) {
        self.times(1, |writer| {
            writer.put("* SEARCH");
            for _ in 0..100_000 {
                writer.put(" ");
                let uid = writer.next_uid();
                writer.number(uid);
            }
        });
        self.times(50, |writer| {
            writer.put("* SEARCH");
            for _ in 0..writer.below(40) {
                writer.put(" ");
                let uid = writer.next_uid();
                writer.number(uid);
            }
        });
    }

    fn ranges(&mut self, ranges: usize) {
        for index in 0..ranges {
            if index > 0 {
                self.put(",");
            }
            let first = self.next_uid();
            self.number(first);
            if self.below(3) == 0 {
                self.uid += 1 + u32::try_from(self.below(9)).unwrap_or(0);
                self.put(":");
                self.number(self.uid as usize);
            }
            self.uid += 1;
        }
    }

    fn extended_searches(&mut self) {
        self.times(1, |writer| {
            writer.put("* ESEARCH (TAG \"ABCDEF12\") UID ALL ");
            writer.ranges(50_000);
        });
        self.times(50, |writer| {
            let ranges = 1 + writer.below(10);
            write!(
                writer.out,
                "* ESEARCH (TAG \"ABCDEF{}\") UID MIN {} MAX {} COUNT {ranges} ALL ",
                10 + writer.count,
                writer.uid,
                writer.uid + 500
            )
            .expect("it is memory");
            writer.ranges(ranges);
            writer.put(" MODSEQ 917162500");
        });
    }

    fn command(&mut self, rev1: bool) {
        write!(self.out, "ABCDEF{} ", self.count).expect("it is memory");
        let uid = self.next_uid();
        match self.below(16) {
            2 if rev1 => self.put("SELECT \"Archive/2025\""),
            3 if rev1 => self.put("STATUS Projects/postwire-dev (MESSAGES UNSEEN UIDNEXT UIDVALIDITY)"),
            4 if rev1 => self.put("LIST \"\" \"*\""),
            12 if rev1 => write!(self.out, "UID SEARCH UID {uid}:* UNDELETED SINCE 1-Jul-2026").expect("it is memory"),
            0 => self.put("NOOP"),
            1 => self.put("IDLE"),
            2 => self.put("SELECT \"Archive/2025\" (CONDSTORE)"),
            3 => self.put("STATUS Projects/postwire-dev (MESSAGES UNSEEN UIDNEXT UIDVALIDITY HIGHESTMODSEQ)"),
            4 => self.put("LIST \"\" \"*\" RETURN (SUBSCRIBED CHILDREN SPECIAL-USE)"),
            5 => write!(self.out, "UID FETCH {uid}:* (FLAGS)").expect("it is memory"),
            6 | 7 => write!(
                self.out,
                "UID FETCH {uid}:{} (UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODYSTRUCTURE BODY.PEEK[HEADER.FIELDS (References List-Id Content-Type)])",
                uid + 100
            )
            .expect("it is memory"),
            8 | 9 => write!(self.out, "UID FETCH {uid} (BODY.PEEK[1.2]<0.65536>)").expect("it is memory"),
            10 => write!(self.out, "UID STORE {uid},{},{}:{} +FLAGS.SILENT (\\Seen $NotJunk)", uid + 3, uid + 7, uid + 12)
                .expect("it is memory"),
            11 => write!(self.out, "UID COPY {uid}:{} \"Archive/2025\"", uid + 40).expect("it is memory"),
            12 => write!(self.out, "UID SEARCH RETURN (ALL) UID {uid}:* UNDELETED SINCE 1-Jul-2026").expect("it is memory"),
            13 => self.put("UID SEARCH CHARSET UTF-8 OR SUBJECT \"parser of sets\" FROM \"alice@example.org\" NOT SEEN"),
            14 => write!(self.out, "UID MOVE {uid} Trash").expect("it is memory"),
            _ => self.put("EXPUNGE"),
        }
    }

    fn literal(&mut self) {
        self.times(1, |writer| {
            write!(writer.out, "* 1 FETCH (UID 100001 BODY[] {{{LITERAL}}}\r\n").expect("it is memory");
            let end = writer.out.len() + LITERAL;
            while writer.out.len() < end {
                // base64 of an attachment
                for _ in 0..18.min((end - writer.out.len()) / 4) {
                    let digits =
                        writer.one(&["JVBE", "Ri0x", "LjQK", "MyAw", "IG9i", "ajw8", "L1R5", "cGUv"]);
                    writer.put(digits);
                }
                writer.put("\r\n");
            }
            writer.out.truncate(end);
            writer.put(")");
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_are_as_they_are_described() {
        for name in MADE {
            let batch = batch(name).expect(name);
            assert!(batch.count > 0 && batch.wire.is_ascii() && batch.wire.ends_with(b"\r\n"), "{name}");
        }
    }
}
