//! Everything that is wrong with a message.

use super::{Field, Message, Part, note};
use crate::{
    AddressList, AddressRef, ContentDisposition, ContentType, DateTime, Defect, DefectKind, MessageIds,
    Report, TransferEncoding, encoded_word, filename, name::Known,
};

/// Passes on defects of a value, counted from the start of the message.
struct Shifted<'d> {
    defects: &'d mut Vec<Defect>,
    limit: usize,
    base: usize,
}

impl Report for Shifted<'_> {
    fn report(&mut self, kind: DefectKind, span: std::ops::Range<usize>) {
        let span = span.start.saturating_add(self.base)..span.end.saturating_add(self.base);
        note(self.defects, self.limit, kind, span);
    }
}

impl Message {
    /// Everything that is wrong with the message, in the order of its octets: its structure, the values of the fields that
    /// this crate understands, and the encodings and charsets of bodies.
    ///
    /// All values are looked at and all bodies decoded for this, once for each call. At most
    /// [`Limits::defects`](crate::Limits::defects) are given, and one more that says so.
    ///
    /// # Example
    ///
    /// ```
    /// use mime_core::{DefectKind, Message, Severity};
    ///
    /// let mail = Message::parse(
    ///     "From: a@example.org\r\nDate: 1 Jan 2026 00:00 +0000\r\nContent-Transfer-Encoding: base64\r\n\r\naGk*\r\n",
    /// );
    /// let worst: Vec<_> =
    ///     mail.defects().into_iter().filter(|defect| defect.severity >= Severity::Ambiguous).map(|defect| defect.kind).collect();
    /// assert_eq!(worst, [DefectKind::Base64Junk]);
    /// ```
    pub fn defects(&self) -> Vec<Defect> {
        let mut defects = self.structure_defects().to_vec();
        for part in self.parts() {
            self.inspect_header(part, &mut defects);
            self.inspect_body(part, &mut defects);
        }
        defects.sort_by_key(|defect| defect.span.start);
        defects
    }

    fn shifted<'d>(&self, defects: &'d mut Vec<Defect>, base: usize) -> Shifted<'d> {
        Shifted { defects, limit: self.config().limits.defects, base }
    }

    fn inspect_header(&self, part: Part<'_>, defects: &mut Vec<Defect>) {
        let config = self.config();
        let mut seen_content = false;
        for line in part.lines() {
            inspect_octets(line, &mut self.shifted(defects, line.span().start));
            seen_content |= matches!(line.known(), Known::ContentType | Known::ContentTransferEncoding);
            let value = line.raw_value();
            let mut report = self.shifted(defects, line.value_span().start);
            match line.known() {
                Known::From => inspect_author(line, &mut report),
                Known::Sender | Known::ReplyTo | Known::To | Known::Cc | Known::Bcc => {
                    AddressList::parse(value, config, &mut report).for_each(drop);
                }
                Known::Date => {
                    let _ = DateTime::parse(value, &mut report);
                }
                Known::MessageId | Known::InReplyTo | Known::References | Known::ContentId => {
                    MessageIds::parse(value, config, &mut report).for_each(drop);
                }
                Known::Subject | Known::ContentDescription => {
                    let _ = encoded_word::decode_text(value, config, &mut report);
                }
                Known::ContentType => {
                    inspect_content_type(&ContentType::parse(value, config, &mut report), &mut report)
                }
                Known::ContentDisposition => {
                    let _ = ContentDisposition::parse(value, config, &mut report);
                }
                Known::ContentTransferEncoding => {
                    let _ = TransferEncoding::from_value(value, &mut report);
                }
                _ => {}
            }
        }
        if let Some(disposition) = part.content_disposition() {
            let base = part.deciding(Known::ContentDisposition).map_or(0, |field| field.value_span().start);
            let content = part.content_type();
            let mut named = Vec::new();
            let _ = filename(Some(&disposition), content.as_ref(), config, &mut named);
            for defect in named.into_iter().filter(|defect| defect.kind == DefectKind::ConflictingFilename) {
                self.shifted(defects, base).report(defect.kind, defect.span);
            }
        }
        if part.is_message_root() && !part.raw_header().is_empty() {
            let start = part.header_span().start;
            let mut report = self.shifted(defects, start);
            for known in [Known::From, Known::Date] {
                if part.known(known).is_none() {
                    report.report(DefectKind::MissingField, 0..0);
                }
            }
            if seen_content && part.known(Known::MimeVersion).is_none() {
                report.report(DefectKind::MissingMimeVersion, 0..0);
            }
        }
    }

    fn inspect_body(&self, part: Part<'_>, defects: &mut Vec<Defect>) {
        let span = part.body_span();
        if part.is_multipart() || part.parent().is_some() {
            self.inspect_bare_cr(part, defects);
        }
        if part.is_multipart() {
            // The customary sentence is for readers without MIME; more than that, nobody sees.
            let preamble = part.preamble();
            if preamble.len() > 400 {
                self.shifted(defects, span.start).report(DefectKind::HiddenText, 0..preamble.len());
            }
            let epilogue = part.epilogue();
            if !epilogue.trim_ascii().is_empty() {
                self.shifted(defects, span.end.saturating_sub(epilogue.len()))
                    .report(DefectKind::HiddenText, 0..epilogue.len());
            }
            return;
        }
        if !part.is_leaf() {
            return;
        }
        let mut report = self.shifted(defects, span.start);
        if part.is_type("message", "partial") || part.is_type("message", "external-body") {
            report.report(DefectKind::ExternalContent, 0..span.len());
        }
        let body = part.raw_body();
        match part.encoding() {
            TransferEncoding::SevenBit => {
                if let Some(at) = body.iter().position(|octet| !octet.is_ascii()) {
                    report.report(DefectKind::EightBitBody, at..at.saturating_add(1));
                }
            }
            TransferEncoding::Unknown => report.report(DefectKind::UnknownCte, 0..0),
            _ => {}
        }
        if part.encoding() != TransferEncoding::Binary
            && let Some(at) = memchr::memchr(0, body)
        {
            report.report(DefectKind::NulInBody, at..at.saturating_add(1));
        }
        let octets = part.encoding().decode(body, &mut report);
        if part.is_type("text", "*") {
            let label = part.content_type().and_then(|content| content.param("charset"));
            let declared = part.charset();
            if label.is_some() && declared.is_none() {
                report.report(DefectKind::CharsetUnknown, 0..0);
            }
            if let Some(charset) = declared
                && charset.decode(&octets).1
            {
                report.report(DefectKind::CharsetMismatch, 0..span.len());
            }
        }
    }
}

impl Message {
    /// A CR that ends a line for some readers, with what may be a delimiter behind it, whatever the encoding.
    fn inspect_bare_cr(&self, part: Part<'_>, defects: &mut Vec<Defect>) {
        let (span, epilogue) = (part.body_span(), part.epilogue());
        let texts = if part.is_multipart() {
            [(span.start, part.preamble()), (span.end.saturating_sub(epilogue.len()), epilogue)]
        } else if part.is_leaf() {
            [(span.start, part.raw_body()), (span.end, &[][..])]
        } else {
            return;
        };
        for (start, text) in texts {
            if let Some(at) = memchr::memmem::find(text, b"\r--") {
                self.shifted(defects, start).report(DefectKind::BareCr, at..at.saturating_add(1));
            }
        }
    }
}

/// Octets that do not belong into a header.
fn inspect_octets(line: Field<'_>, report: &mut Shifted<'_>) {
    let raw = line.raw();
    if let Some(at) = memchr::memchr(0, raw) {
        report.report(DefectKind::NulInHeader, at..at.saturating_add(1));
    }
    let mut at = 0_usize;
    for text in raw.split_inclusive(|&octet| octet == b'\n') {
        let content = text.strip_suffix(b"\n").unwrap_or(text);
        let content = content.strip_suffix(b"\r").unwrap_or(content);
        if let Some(cr) = memchr::memchr(b'\r', content) {
            let cr = at.saturating_add(cr);
            report.report(DefectKind::BareCr, cr..cr.saturating_add(1));
        }
        if content.len() > 998 {
            report.report(DefectKind::LongLine, at..at.saturating_add(text.len()));
        }
        at = at.saturating_add(text.len());
    }
    // Fields that are understood tell themselves.
    if line.known() == Known::Other && std::str::from_utf8(raw).is_err() {
        report.report(DefectKind::EightBitHeader, 0..raw.len());
    }
}

fn inspect_content_type(content: &Option<ContentType<'_>>, report: &mut Shifted<'_>) {
    let Some(content) = content else { return };
    if !content.media_type().eq_ignore_ascii_case("multipart") {
        return;
    }
    let Some(boundary) = content.boundary() else { return };
    // RFC 2046 section 5.1.1: "boundary := 0*69<bchars> bcharsnospace"
    let legal = boundary.len() <= 70
        && boundary.iter().all(|octet| octet.is_ascii_alphanumeric() || b"'()+_,-./:=? ".contains(octet))
        && boundary.last() != Some(&b' ');
    let extended = content
        .params()
        .any(|param| param.name().len() > 8 && param.name().to_ascii_lowercase().starts_with(b"boundary*"));
    if extended {
        report.report(DefectKind::BoundaryExtended, 0..0);
    }
    if !boundary.is_empty() && (!legal || (!extended && content.all("boundary").len() > 1)) {
        report.report(DefectKind::BoundaryIllegal, 0..0);
    }
}

fn inspect_author(field: Field<'_>, report: &mut Shifted<'_>) {
    let value = field.raw_value();
    let (mut mailboxes, mut groups, mut invalid) = (0_usize, false, false);
    for address in AddressList::parse(value, field.message().config(), &mut *report) {
        match address {
            AddressRef::GroupStart(_) => groups = true,
            AddressRef::Mailbox(mailbox) => {
                mailboxes = mailboxes.saturating_add(1);
                invalid |= !mailbox.is_valid();
            }
            AddressRef::GroupEnd => {}
        }
    }
    if groups {
        report.report(DefectKind::GroupAuthor, 0..value.len());
    } else if mailboxes > 1 {
        report.report(DefectKind::MultipleAuthors, 0..value.len());
    } else if mailboxes == 0 || invalid {
        report.report(DefectKind::AuthorUnparsable, 0..value.len());
    }
}
