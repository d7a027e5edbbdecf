//! The text of a notification.

use std::fmt::Write;

use bytes::Bytes;
use wire_core::Escaped;

use super::{Action, DsnError, RecipientReport, Report};
use crate::{ForwardPath, Mailbox, Reply, Return};

/// Octets of a line of ours, without CRLF: RFC 5322 section 2.1.1 allows 998.
const LINE_MOST: usize = 900;

pub(super) fn render(report: &Report, to: &Mailbox) -> Result<Vec<Bytes>, DsnError> {
    let original = Original::of(report);
    if original.holds(&report.boundary) {
        return Err(DsnError::Boundary);
    }
    let international =
        !to.is_ascii() || report.recipients.iter().any(|recipient| !recipient.path.is_ascii());
    let mut head = String::new();
    header(report, to, international, &mut head);
    human(report, international, &mut head);
    machine(report, international, &mut head);
    original.introduce(&report.boundary, &mut head);
    let mut chunks = vec![Bytes::from(head)];
    let ends_line = original.ends_line();
    chunks.extend(original.pieces);
    chunks.push(Bytes::from(format!(
        "{}\r\n--{}--\r\n",
        if ends_line { "" } else { "\r\n" },
        report.boundary
    )));
    Ok(chunks)
}

fn line(out: &mut String, text: &str) {
    // Whatever came from a peer was escaped; this is the one place where lines are ended.
    out.push_str(text);
    out.push_str("\r\n");
}

fn header(report: &Report, to: &Mailbox, international: bool, out: &mut String) {
    let mta = &report.reporting_mta;
    line(out, &format!("From: Mail Delivery System <MAILER-DAEMON@{mta}>"));
    line(out, &format!("To: <{to}>"));
    line(out, &format!("Subject: {}", subject(report)));
    line(out, &format!("Date: {}", report.date));
    line(out, &format!("Message-ID: {}", report.message_id));
    line(out, "MIME-Version: 1.0");
    // RFC 3834 section 5: automatic messages say so, lest they be answered automatically.
    line(out, "Auto-Submitted: auto-replied");
    line(out, "Content-Type: multipart/report; report-type=delivery-status;");
    line(out, &format!("\tboundary=\"{}\"", report.boundary));
    if international {
        line(out, "Content-Transfer-Encoding: 8bit");
    }
    line(out, "");
}

fn subject(report: &Report) -> &'static str {
    let any = |action| report.recipients.iter().any(|recipient| recipient.action == action);
    if any(Action::Failed) {
        "Your message could not be delivered"
    } else if any(Action::Delayed) {
        "Your message is delayed"
    } else {
        "Your message was delivered"
    }
}

fn human(report: &Report, international: bool, out: &mut String) {
    line(out, &format!("--{}", report.boundary));
    line(
        out,
        &format!("Content-Type: text/plain; charset={}", if international { "utf-8" } else { "us-ascii" }),
    );
    if international {
        line(out, "Content-Transfer-Encoding: 8bit");
    }
    line(out, "");
    line(out, &format!("This is the mail system of {}.", report.reporting_mta));
    line(out, "");
    for recipient in &report.recipients {
        line(out, &format!("<{}>", recipient.path));
        line(out, &format!("    {}", explanation(recipient)));
        if let Some(reply) = &recipient.diagnostic {
            let said = match &recipient.remote_mta {
                Some(host) => format!("The server {host} said:"),
                None => "The answer was:".to_owned(),
            };
            line(out, &format!("    {said}"));
            for text in reply_lines(reply) {
                line(out, &format!("        {text}"));
            }
        }
        line(out, "");
    }
    line(
        out,
        match report.ret {
            Return::Full => "Your message follows.",
            Return::Headers => "The header of your message follows.",
        },
    );
    line(out, "");
}

fn explanation(recipient: &RecipientReport) -> String {
    match (recipient.action, recipient.will_retry_until) {
        (Action::Failed, _) => "could not get your message. It will not be tried again.".to_owned(),
        (Action::Delayed, Some(until)) => {
            format!("has not got your message yet. It is tried until {until}. You need not do anything.")
        }
        (Action::Delayed, None) => {
            "has not got your message yet. It is tried again. You need not do anything.".to_owned()
        }
        (Action::Delivered, _) => "has got your message.".to_owned(),
        (Action::Relayed, _) => {
            "is served by a system that tells nothing of delivery; it has your message.".to_owned()
        }
        (Action::Expanded, _) => "is a list, which has got your message.".to_owned(),
    }
}

/// The lines of a reply with its code, escaped and bounded, in ASCII.
fn reply_lines(reply: &Reply) -> impl Iterator<Item = String> + '_ {
    reply.lines().take(50).map(move |text| {
        let mut shown = reply.code().to_string();
        if let Some(enhanced) = reply.enhanced() {
            let _ = write!(shown, " {enhanced}");
        }
        let _ = write!(shown, " {}", ascii(&Escaped(text).to_string()));
        cut(shown)
    })
}

/// Text in ASCII: what is not becomes a question mark.
fn ascii(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii() && !c.is_ascii_control() { c } else { '?' }).collect()
}

fn cut(mut text: String) -> String {
    if text.len() > LINE_MOST {
        let end = (0..=LINE_MOST).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
        text.truncate(end);
    }
    text
}

/// `message/delivery-status`, RFC 3464 section 2; `message/global-delivery-status`, RFC 6533 section 4.
fn machine(report: &Report, international: bool, out: &mut String) {
    line(out, &format!("--{}", report.boundary));
    if international {
        line(out, "Content-Type: message/global-delivery-status");
        line(out, "Content-Transfer-Encoding: 8bit");
    } else {
        line(out, "Content-Type: message/delivery-status");
    }
    line(out, "");
    if let Some(envid) = &report.envid {
        line(out, &cut(format!("Original-Envelope-Id: {}", ascii(&Escaped(envid).to_string()))));
    }
    line(out, &format!("Reporting-MTA: dns; {}", report.reporting_mta));
    if let Some(date) = report.arrival {
        line(out, &format!("Arrival-Date: {date}"));
    }
    for recipient in &report.recipients {
        line(out, "");
        if let Some(original) = &recipient.original {
            let kind = ascii(&Escaped(original.kind()).to_string());
            let address = if original.address().is_ascii() || international {
                Escaped(original.address()).to_string()
            } else {
                utf8_xtext(&String::from_utf8_lossy(original.address()))
            };
            line(out, &cut(format!("Original-Recipient: {kind}; {address}")));
        }
        line(out, &format!("Final-Recipient: {}", typed(&recipient.path, &report.reporting_mta)));
        line(out, &format!("Action: {}", recipient.action.as_str()));
        line(out, &format!("Status: {}", recipient.status));
        if let Some(host) = &recipient.remote_mta {
            line(out, &format!("Remote-MTA: dns; {host}"));
        }
        if let Some(reply) = &recipient.diagnostic {
            // RFC 3464 section 2.3.6: lines of a reply are one field, folded.
            let text: Vec<String> = reply_lines(reply).collect();
            line(out, &format!("Diagnostic-Code: smtp; {}", text.join("\r\n\t")));
        }
        if let Some(date) = recipient.last_attempt {
            line(out, &format!("Last-Attempt-Date: {date}"));
        }
        if let (Some(date), Action::Delayed) = (recipient.will_retry_until, recipient.action) {
            line(out, &format!("Will-Retry-Until: {date}"));
        }
    }
    line(out, "");
}

/// An address with its type: RFC 3464 section 2.1.2, RFC 6533 section 3.
fn typed(path: &ForwardPath, mta: &crate::Domain) -> String {
    match path {
        ForwardPath::Postmaster => format!("rfc822; postmaster@{mta}"),
        ForwardPath::Mailbox(mailbox) if mailbox.is_ascii() => format!("rfc822; {mailbox}"),
        ForwardPath::Mailbox(mailbox) => format!("utf-8; {mailbox}"),
    }
}

/// `utf-8-addr-xtext` of RFC 6533 section 3: `\x{HEX}` for what is not ASCII.
fn utf8_xtext(text: &str) -> String {
    text.chars().fold(String::new(), |mut out, c| {
        if c.is_ascii_graphic() && !matches!(c, '\\' | '+' | '=') {
            out.push(c);
        } else {
            let _ = write!(out, "\\x{{{:X}}}", u32::from(c));
        }
        out
    })
}

/// The returned message, or its header.
struct Original {
    pieces: Vec<Bytes>,
    whole: bool,
    eight_bit: bool,
    utf8_header: bool,
}

impl Original {
    fn of(report: &Report) -> Self {
        let whole = report.ret == Return::Full;
        let mut header = Vec::new();
        let mut seen = HeaderEnd::default();
        for piece in &report.original {
            let end = seen.find(piece);
            header.push(piece.slice(..end.unwrap_or(piece.len())));
            if end.is_some() {
                break;
            }
        }
        let utf8_header = header.iter().any(|piece| !piece.is_ascii());
        let pieces = if whole { report.original.clone() } else { header };
        let eight_bit = pieces.iter().any(|piece| !piece.is_ascii());
        Self { pieces, whole, eight_bit, utf8_header }
    }

    /// Whether a line of it begins with the boundary. Looked for anywhere: a false alarm costs another boundary.
    fn holds(&self, boundary: &str) -> bool {
        let mut last = Vec::new();
        self.pieces.iter().any(|piece| {
            last.extend_from_slice(piece.get(..boundary.len().min(piece.len())).unwrap_or_default());
            let found = memchr::memmem::find(&last, boundary.as_bytes()).is_some()
                || memchr::memmem::find(piece, boundary.as_bytes()).is_some();
            last.extend_from_slice(piece.get(boundary.len().min(piece.len())..).unwrap_or_default());
            let keep = last.len().saturating_sub(boundary.len());
            last.drain(..keep);
            found
        })
    }

    fn ends_line(&self) -> bool {
        self.pieces.iter().rev().find(|piece| !piece.is_empty()).is_none_or(|piece| piece.ends_with(b"\n"))
    }

    fn introduce(&self, boundary: &str, out: &mut String) {
        line(out, &format!("--{boundary}"));
        // RFC 6522 section 3 (text/rfc822-headers) and RFC 6533 section 5 (message/global).
        line(
            out,
            match (self.whole, self.utf8_header) {
                (true, false) => "Content-Type: message/rfc822",
                (true, true) => "Content-Type: message/global",
                (false, false) => "Content-Type: text/rfc822-headers",
                (false, true) => "Content-Type: message/global-headers",
            },
        );
        if self.eight_bit {
            line(out, "Content-Transfer-Encoding: 8bit");
        }
        line(out, "");
    }
}

/// Finds the empty line behind a header, across pieces.
#[derive(Default)]
struct HeaderEnd {
    line_octets: usize,
}

impl HeaderEnd {
    /// Where the body begins in this piece, if it does.
    fn find(&mut self, piece: &[u8]) -> Option<usize> {
        for (at, &octet) in piece.iter().enumerate() {
            match octet {
                b'\n' if self.line_octets == 0 => return Some(at + 1),
                b'\n' => self.line_octets = 0,
                b'\r' => {}
                _ => self.line_octets += 1,
            }
        }
        None
    }
}
