//! What is read: made here, the same every time, or taken from a file.

use std::fmt::Write;

/// Whole messages.
pub type Batch = Vec<Vec<u8>>;

/// The batches that are made here.
pub const MADE: [&str; 4] = ["varied", "letter", "attachment", "received"];

/// A batch by name, else from an mbox file: `PATH` or `PATH:MESSAGES`.
///
/// - `varied`: a thousand messages of all kinds;
/// - `letter`: one of 2 KiB, plain text;
/// - `attachment`: one with 5 MiB of base64;
/// - `received`: one that has come a long way, fifty Received fields.
pub fn batch(name: &str) -> std::io::Result<Batch> {
    Ok(match name {
        "varied" => varied(),
        "letter" => vec![letter()],
        "attachment" => vec![attachment()],
        "received" => vec![received()],
        _ => {
            let (path, most) = match name.rsplit_once(':').map(|(path, most)| (path, most.parse())) {
                Some((path, Ok(most))) => (path, most),
                _ => (name, usize::MAX),
            };
            mbox(&std::fs::read(path)?, most)
        }
    })
}

/// The messages of an mbox file (mboxrd).
fn mbox(octets: &[u8], most: usize) -> Batch {
    let mut messages = Batch::new();
    for line in octets.split_inclusive(|&octet| octet == b'\n') {
        if line.starts_with(b"From ") {
            if messages.len() == most {
                break;
            }
            messages.push(Vec::new());
        } else if let Some(message) = messages.last_mut() {
            let quotes = line.iter().take_while(|&&octet| octet == b'>').count();
            let quoted = quotes > 0 && line[quotes..].starts_with(b"From ");
            message.extend_from_slice(&line[usize::from(quoted)..]);
        }
    }
    // The empty line before the next separator is not the message's.
    for message in &mut messages {
        let end = if message.ends_with(b"\r\n") { 2 } else { 1 };
        message.truncate(message.len().saturating_sub(end));
    }
    messages
}

/// The batch as an mbox file.
pub fn to_mbox(batch: &Batch) -> Vec<u8> {
    let mut octets = Vec::new();
    for message in batch {
        octets.extend_from_slice(b"From bench@example.org Thu Jan  1 00:00:00 2026\r\n");
        for line in message.split_inclusive(|&octet| octet == b'\n') {
            let quotes = line.iter().take_while(|&&octet| octet == b'>').count();
            if line[quotes..].starts_with(b"From ") {
                octets.push(b'>');
            }
            octets.extend_from_slice(line);
        }
        octets.extend_from_slice(b"\r\n");
    }
    octets
}

/// Kinds of a hundred messages, about as a mailbox has them.
const KINDS: [(usize, fn(&mut Writer)); 9] = [
    (26, plain),
    (8, eight_bit),
    (8, quoted_printable),
    (20, alternative),
    (4, newsletter),
    (16, with_attachment),
    (8, list_post),
    (5, forwarded),
    (5, bounce),
];

fn varied() -> Batch {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let make = |number| {
        let mut kind = random.below(100);
        let (_, kind) = KINDS
            .iter()
            .find(|(share, _)| {
                let found = kind < *share;
                kind = kind.wrapping_sub(*share);
                found
            })
            .expect("the shares are a hundred");
        let mut writer = Writer { text: String::new(), random: Random(random.next() | 1), number };
        kind(&mut writer);
        writer.text.into_bytes()
    };
    (0..1000).map(make).collect()
}

fn letter() -> Vec<u8> {
    let mut writer = Writer::new();
    writer.line("Return-Path: <alice@example.com>\r\nDelivered-To: bob@example.org");
    writer.received();
    writer.line("Message-ID: <4711@mail.example.com>\r\nDate: Wed, 7 Jan 2026 10:09:58 +0100");
    writer.line("From: Alice Example <alice@example.com>\r\nTo: Bob <bob@example.org>");
    writer.line("Subject: Notes from yesterday\r\nMIME-Version: 1.0");
    writer.line("Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 7bit\r\n");
    let room = 2048 - writer.text.len();
    let body = writer.paragraphs(room, &ENGLISH);
    writer.text.push_str(&body[..room - 2]);
    writer.line("");
    writer.text.into_bytes()
}

fn attachment() -> Vec<u8> {
    let mut writer = Writer::new();
    writer.fields("The recording");
    writer.multipart("mixed", "outer");
    writer.part("outer", "text/plain; charset=us-ascii", "7bit");
    writer.line("Here it is.");
    writer.part("outer", "application/octet-stream; name=recording.bin", "base64");
    writer.base64(5 * 1024 * 1024 / 4 * 3);
    writer.close("outer");
    writer.text.into_bytes()
}

fn received() -> Vec<u8> {
    let mut writer = Writer::new();
    for _ in 0..50 {
        writer.received();
    }
    writer.fields("A long way");
    writer.line("Content-Type: text/plain\r\n\r\nShort.");
    writer.text.into_bytes()
}

fn plain(writer: &mut Writer) {
    writer.fields("Lunch on Thursday, and what we said about the budget");
    writer.line("Content-Type: text/plain; charset=us-ascii\r\nContent-Transfer-Encoding: 7bit\r\n");
    let size = 300 + writer.random.skewed(9000);
    writer.paragraph_lines(size, &ENGLISH);
}

fn eight_bit(writer: &mut Writer) {
    writer.fields("=?UTF-8?B?w5xiZXJzaWNodCBmw7xyIE3DpHJ6?= =?UTF-8?Q?_und_f=C3=BCr_April?=");
    writer.line(
        "Content-Type: text/plain; charset=\"utf-8\"; format=flowed\r\nContent-Transfer-Encoding: 8bit\r\n",
    );
    let size = 300 + writer.random.skewed(8000);
    writer.paragraph_lines(size, &GERMAN);
}

fn quoted_printable(writer: &mut Writer) {
    writer.fields("=?iso-8859-1?Q?Re=3A_Gr=FC=DFe_aus_K=F6ln?=");
    writer.line(
        "Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n",
    );
    let size = 400 + writer.random.skewed(9000);
    writer.quoted(size, &GERMAN, true);
}

fn alternative(writer: &mut Writer) {
    writer.fields("Your order has been sent");
    writer.multipart("alternative", "alt");
    let size = 500 + writer.random.skewed(6000);
    writer.both("alt", size);
    writer.close("alt");
}

fn newsletter(writer: &mut Writer) {
    writer.received();
    writer.fields("=?utf-8?B?TmV1aWdrZWl0ZW4g4oCTIEF1c2dhYmUgMTI=?=");
    writer.line("List-Unsubscribe: <https://news.example.com/u/4711>, <mailto:leave@news.example.com>");
    writer.line("List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\nPrecedence: bulk");
    writer.line("Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n");
    let size = 4000 + writer.random.skewed(30_000);
    let html = writer.html(size, &GERMAN);
    writer.base64_of(html.as_bytes());
}

fn with_attachment(writer: &mut Writer) {
    writer.fields("Documents for the meeting");
    writer.multipart("mixed", "mix");
    writer.line("--mix\r\nContent-Type: multipart/related; boundary=rel\r\n\r\n--rel");
    writer.line("Content-Type: multipart/alternative; boundary=\"alt\"\r\n");
    let size = 400 + writer.random.skewed(3000);
    writer.both("alt", size);
    writer.close("alt");
    writer.part("rel", "image/png; name=\"logo.png\"", "base64\r\nContent-ID: <logo@example.com>");
    writer.base64(1500);
    writer.close("rel");
    for _ in 0..1 + writer.random.below(5) {
        writer.part(
            "mix",
            "application/pdf;\r\n\tname*=utf-8''Bericht%20f%C3%BCr%20M%C3%A4rz.pdf",
            "base64\r\nContent-Disposition: attachment;\r\n\tfilename*0*=utf-8''Bericht%20f%C3%BCr;\r\n\tfilename*1*=%20M%C3%A4rz.pdf",
        );
        let size = 500 + writer.random.skewed(30_000);
        writer.base64(size);
    }
    writer.close("mix");
}

fn list_post(writer: &mut Writer) {
    for _ in 0..4 {
        writer.received();
    }
    writer.signature();
    writer.fields("Re: [discuss] What the next release should have in it");
    writer
        .line("References: <4711.1@example.org>\r\n <4712.7@example.net> <20260105101010.4713@example.com>");
    writer.line("In-Reply-To: <20260105101010.4713@example.com>");
    writer.line(
        "List-Id: Discussion <discuss.lists.example.org>\r\nList-Post: <mailto:discuss@lists.example.org>",
    );
    writer.line("List-Help: <mailto:discuss-request@lists.example.org?subject=help>");
    writer.line("Content-Type: text/plain; charset=us-ascii\r\n");
    let size = 1000 + writer.random.skewed(8000);
    let text = writer.paragraphs(size, &ENGLISH);
    for line in text.lines() {
        let quotes = ["", "> ", "> > "][writer.random.below(3)];
        let _ = write!(writer.text, "{quotes}{line}\r\n");
    }
}

fn forwarded(writer: &mut Writer) {
    writer.fields("Fwd: two of them");
    writer.multipart("mixed", "fwd");
    writer.part("fwd", "text/plain", "7bit");
    writer.line("See below.");
    for kind in [quoted_printable, alternative] {
        writer.part("fwd", "message/rfc822", "8bit\r\nContent-Disposition: inline");
        kind(writer);
    }
    writer.close("fwd");
}

fn bounce(writer: &mut Writer) {
    writer.fields("Undelivered Mail Returned to Sender");
    writer.multipart("report; report-type=delivery-status", "dsn");
    writer.part("dsn", "text/plain; charset=us-ascii", "7bit");
    writer.paragraph_lines(600, &ENGLISH);
    writer.part("dsn", "message/delivery-status", "7bit");
    writer.line("Reporting-MTA: dns; mx.example.org\r\n\r\nFinal-Recipient: rfc822; bob@example.net");
    writer.line("Action: failed\r\nStatus: 5.1.1\r\nDiagnostic-Code: smtp; 550 5.1.1 no such user here");
    writer.part("dsn", "text/rfc822-headers", "7bit");
    for _ in 0..3 {
        writer.received();
    }
    writer.fields("Hello");
    writer.close("dsn");
}

const ENGLISH: [&str; 24] = [
    "the",
    "of",
    "meeting",
    "and",
    "we",
    "should",
    "next",
    "week",
    "a",
    "report",
    "that",
    "in",
    "have",
    "to",
    "before",
    "draft",
    "please",
    "look",
    "at",
    "numbers",
    "again",
    "it",
    "is",
    "customers",
];

const GERMAN: [&str; 24] = [
    "die",
    "der",
    "Übersicht",
    "und",
    "wir",
    "haben",
    "vorige",
    "Woche",
    "ein",
    "Bericht",
    "das",
    "in",
    "mit",
    "zu",
    "vorher",
    "Entwurf",
    "bitte",
    "schön",
    "an",
    "Zahlen",
    "wieder",
    "es",
    "ist",
    "Summe",
];

/// xorshift: the same numbers everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: usize) -> usize {
        ((self.next() >> 32) as usize) % limit
    }

    /// Below the limit, and mostly far below.
    fn skewed(&mut self, limit: usize) -> usize {
        let part = self.below(1000) as u64;
        (part * part * part * limit as u64 / 1_000_000_000) as usize
    }
}

struct Writer {
    text: String,
    random: Random,
    number: usize,
}

impl Writer {
    fn new() -> Self {
        Self { text: String::new(), random: Random(0x2545_f491_4f6c_dd1d), number: 0 }
    }

    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push_str("\r\n");
    }

    /// The fields that every message has.
    fn fields(&mut self, subject: &str) {
        let number = self.number;
        let (minute, second) = (self.random.below(60), self.random.below(60));
        self.line("Return-Path: <alice@example.com>\r\nDelivered-To: bob@example.org");
        self.received();
        self.received();
        let dice = self.random.below(10);
        if dice < 3 {
            self.signature();
        }
        if dice < 2 {
            self.line("Authentication-Results: mx.example.org;\r\n\tdkim=pass header.d=example.com header.s=s2026;\r\n\tspf=pass smtp.mailfrom=alice@example.com; dmarc=pass header.from=example.com");
        }
        let from = [
            "Alice Example <alice@example.com>",
            "\"Example, Alice (Sales)\" <alice@example.com>",
            "=?UTF-8?Q?J=C3=BCrgen_Gro=C3=9F?= <juergen@example.de>",
        ][self.random.below(3)];
        let to = [
            "bob@example.org",
            "Bob <bob@example.org>, \"Carol D.\" <carol@example.net>,\r\n\tDave <dave@example.com>",
        ][self.random.below(2)];
        let _ = write!(
            self.text,
            "Message-ID: <20260107{minute:02}{second:02}.{number}@mail.example.com>\r\n\
             Date: Wed, 7 Jan 2026 10:{minute:02}:{second:02} +0100\r\n\
             From: {from}\r\nTo: {to}\r\nSubject: {subject}\r\nMIME-Version: 1.0\r\n"
        );
        if self.random.below(3) == 0 {
            self.line("Cc: \"Team\" <team@example.com>, erin@example.net");
        }
        if self.random.below(2) == 0 {
            self.line("User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Thunderbird/128.5.2\r\nContent-Language: en-US");
        }
        if self.random.below(2) == 0 {
            self.line("X-Spam-Status: No, score=-1.9 required=5.0 tests=BAYES_00,DKIM_SIGNED,\r\n\tDKIM_VALID,HTML_MESSAGE,SPF_PASS autolearn=ham version=4.0.0\r\nX-Mailer: Mailer 7.2\r\nX-Priority: 3");
        }
    }

    fn received(&mut self) {
        let (hop, id, second) = (self.random.below(100), self.random.next(), self.random.below(60));
        let _ = write!(
            self.text,
            "Received: from mx{hop}.example.com (mx{hop}.example.com [192.0.2.{hop}])\r\n\
             \tby mail.example.org (Postfix) with ESMTPS id {id:016X}\r\n\
             \tfor <bob@example.org>; Wed, 7 Jan 2026 10:10:{second:02} +0100 (CET)\r\n"
        );
    }

    fn signature(&mut self) {
        self.line("DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.com;\r\n\ts=s2026; t=1767777010; h=from:to:subject:date:message-id:mime-version;");
        self.text.push_str("\tbh=");
        let hash = self.octets(32);
        self.text.push_str(&encoded(&hash));
        self.text.push_str(";\r\n\tb=");
        let signature = encoded(&self.octets(256));
        for at in (0..signature.len()).step_by(70) {
            if at > 0 {
                self.text.push_str("\r\n\t ");
            }
            self.text.push_str(&signature[at..signature.len().min(at + 70)]);
        }
        self.line("");
    }

    fn multipart(&mut self, subtype: &str, boundary: &str) {
        let _ = write!(
            self.text,
            "Content-Type: multipart/{subtype};\r\n boundary=\"{boundary}\"\r\n\r\n\
             This is a multi-part message in MIME format.\r\n"
        );
    }

    fn part(&mut self, boundary: &str, content_type: &str, encoding: &str) {
        let _ = write!(
            self.text,
            "--{boundary}\r\nContent-Type: {content_type}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n"
        );
    }

    fn close(&mut self, boundary: &str) {
        let _ = write!(self.text, "--{boundary}--\r\n\r\n");
    }

    /// Text and HTML, both quoted-printable.
    fn both(&mut self, boundary: &str, size: usize) {
        self.part(boundary, "text/plain; charset=\"UTF-8\"", "quoted-printable");
        self.quoted(size, &GERMAN, false);
        self.part(boundary, "text/html; charset=\"UTF-8\"", "quoted-printable");
        let html = self.html(size * 2, &GERMAN);
        self.quote(html.as_bytes());
    }

    /// Lines of at most 72 octets, and empty ones between.
    fn paragraphs(&mut self, size: usize, words: &[&str]) -> String {
        let mut text = String::new();
        while text.len() < size {
            let mut width = 0;
            loop {
                let word = words[self.random.below(words.len())];
                if width + word.len() > 70 {
                    break;
                }
                if width > 0 {
                    text.push(' ');
                }
                text.push_str(word);
                width += word.len() + 1;
            }
            text.push_str(if self.random.below(8) == 0 { ".\r\n\r\n" } else { "\r\n" });
        }
        text
    }

    fn paragraph_lines(&mut self, size: usize, words: &[&str]) {
        let text = self.paragraphs(size, words);
        self.text.push_str(&text);
    }

    fn html(&mut self, size: usize, words: &[&str]) -> String {
        let mut html =
            String::from("<!DOCTYPE html>\r\n<html><head><meta charset=\"utf-8\"></head><body>\r\n");
        while html.len() < size {
            let text = self.paragraphs(200, words);
            let _ = write!(
                html,
                "<table width=\"600\" border=\"0\"><tr><td style=\"font-family: Arial; color: #333333\">\r\n\
                 <p class=\"text\">{text}</p><a href=\"https://www.example.com/item?id={}&amp;ref=mail\">mehr</a></td></tr></table>\r\n",
                self.random.below(100_000)
            );
        }
        html.push_str("</body></html>\r\n");
        html
    }

    fn quoted(&mut self, size: usize, words: &[&str], latin: bool) {
        let text = self.paragraphs(size, words);
        if latin {
            let octets: Vec<u8> =
                text.chars().map(|character| u8::try_from(u32::from(character)).unwrap_or(b'?')).collect();
            self.quote(&octets);
        } else {
            self.quote(text.as_bytes());
        }
    }

    /// Quoted-printable, lines of at most 76 octets.
    fn quote(&mut self, octets: &[u8]) {
        let mut width = 0;
        for &octet in octets {
            match octet {
                b'\r' => continue,
                b'\n' => {
                    self.line("");
                    width = 0;
                    continue;
                }
                _ => {}
            }
            if width >= 73 {
                self.line("=");
                width = 0;
            }
            if octet == b'=' || octet > 126 {
                let _ = write!(self.text, "={octet:02X}");
                width += 3;
            } else {
                self.text.push(char::from(octet));
                width += 1;
            }
        }
    }

    fn octets(&mut self, number: usize) -> Vec<u8> {
        (0..number).map(|_| (self.random.next() >> 32) as u8).collect()
    }

    fn base64(&mut self, number: usize) {
        let octets = self.octets(number);
        self.base64_of(&octets);
    }

    /// Base64 in lines of 76 octets.
    fn base64_of(&mut self, octets: &[u8]) {
        for line in octets.chunks(57) {
            self.line(&encoded(line));
        }
    }
}

fn encoded(octets: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(octets.len().div_ceil(3) * 4);
    for group in octets.chunks(3) {
        let mut bits = 0;
        for at in 0..3 {
            bits = bits << 8 | usize::from(group.get(at).copied().unwrap_or(0));
        }
        for digit in 0..4 {
            let value = bits >> (18 - 6 * digit) & 63;
            text.push(if digit <= group.len() { char::from(DIGITS[value]) } else { '=' });
        }
    }
    text
}
