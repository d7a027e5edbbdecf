//! What is done with what blows readers up.

use std::hint::black_box;

use bytes::Bytes;
use mime_core::coding::{Base64Encoder, QuotedPrintableEncoder, uuencode, yenc};
use mime_core::encoded_word::{decode_text, encode};
use mime_core::flowed::{Paragraphs, to_plain};
use mime_core::html::text_from_html;
use mime_core::mbox::{self, Format};
use mime_core::report::{DeliveryStatus, DispositionNotification, FeedbackReport};
use mime_core::{
    AddressList, AuthenticationResults, Autocrypt, Config, ContentDisposition, ContentType, DateTime,
    Importance, Limits, ListId, ListUrls, Mailto, Message, MessageIds, Push, Received, ReceivedSpf,
    TransferEncoding, authenticated_author, filename, keywords, language_tags, mime_version, one_click,
    partial::Assembler, preview, safe_filename, tnef::Tnef,
};

pub(crate) fn pieces(octets: &Bytes, size: usize) {
    let mut push = Push::new(Config::new()).raw();
    let mut at = 0;
    while at < octets.len() {
        let end = octets.len().min(at.saturating_add(size));
        push.push(octets.slice(at..end));
        at = end;
        while push.next().is_some() {}
    }
    push.finish();
    while push.next().is_some() {}
}

pub(crate) fn tree(octets: &Bytes) {
    black_box(Message::parse(octets.clone()).parts().count());
}

pub(crate) fn inspected(octets: &Bytes) {
    let mail = Message::parse(octets.clone());
    black_box((mail.defects().len(), mail.bodies().text.len(), mail.text(), mail.html()));
    black_box((mail.authenticated_author().is_ok(), mail.parts().filter_map(|part| part.filename()).count()));
}

pub(crate) fn addresses(octets: &Bytes) {
    let config = Config::new().limits(Limits::new().addresses(usize::MAX));
    for mailbox in AddressList::parse(octets, &config, ()).mailboxes() {
        black_box((mailbox.name(), mailbox.address(), mailbox.is_valid()));
    }
    black_box(authenticated_author([&octets[..]], false, &config).is_ok());
}

pub(crate) fn identifiers(octets: &Bytes) {
    let config = Config::new().limits(Limits::new().message_ids(usize::MAX));
    black_box(MessageIds::new(octets, &config).count());
}

pub(crate) fn parameters(octets: &Bytes) {
    let config = Config::new().limits(Limits::new().params(usize::MAX).param_sections(usize::MAX));
    let content = ContentType::parse(octets, &config, &mut ());
    let disposition = ContentDisposition::parse(octets, &config, &mut ());
    if let Some(content) = &content {
        black_box((content.params().count(), content.charset(), content.boundary(), content.all("x").len()));
    }
    black_box(
        filename(disposition.as_ref(), content.as_ref(), &config, &mut ()).map(|name| safe_filename(&name)),
    );
}

pub(crate) fn words(octets: &Bytes) {
    let text = decode_text(octets, &Config::new(), &mut ());
    black_box(encode(&text).len());
}

pub(crate) fn trace(octets: &Bytes) {
    let received = Received::parse(octets, &mut ());
    black_box((received.date(), received.protocol(), received.comments().count()));
    black_box(
        received.from().map(|host| (host.address(), host.reverse_name().is_some(), host.helo().is_some())),
    );
    let results = AuthenticationResults::parse(octets, &mut ());
    black_box(
        results
            .results()
            .map(|result| result.properties().count() + result.comments().count())
            .sum::<usize>(),
    );
    black_box(ReceivedSpf::parse(octets, &mut ()).pairs().count());
}

pub(crate) fn dates(octets: &Bytes) {
    black_box(DateTime::parse(octets, &mut ()));
}

pub(crate) fn lists(octets: &Bytes) {
    let list = ListUrls::parse(octets, &mut ());
    black_box((list.comments().count(), list.count(), one_click(octets, octets)));
    black_box((
        language_tags(octets).count(),
        keywords(octets, &Config::new()).count(),
        mime_version(octets),
    ));
    black_box((ListId::parse(octets, &mut ()), Autocrypt::parse(octets), Importance::parse(octets)));
    let text = String::from_utf8_lossy(octets);
    black_box(Mailto::parse(&format!("mailto:?body={text}&subject={text}")).map(|mailto| mailto.to_string()));
}

pub(crate) fn decoded(octets: &Bytes) {
    for encoding in [
        TransferEncoding::Base64,
        TransferEncoding::QuotedPrintable,
        TransferEncoding::Uuencode,
        TransferEncoding::Yenc,
    ] {
        black_box(encoding.decode(octets, &mut ()).len());
    }
    black_box((uuencode::find(octets).count(), yenc::Header::find(octets).is_some()));
    black_box(TransferEncoding::from_value(octets, &mut ()));
    let mut out = Vec::new();
    QuotedPrintableEncoder::encode_text_into(octets, &mut out);
    Base64Encoder::encode_into(octets, &mut out);
    black_box(out.len());
}

pub(crate) fn markup(octets: &Bytes) {
    let html = String::from_utf8_lossy(octets);
    black_box((text_from_html(&html).len(), preview::preview_html(&html, 200).len()));
}

pub(crate) fn flowing(octets: &Bytes) {
    let text = String::from_utf8_lossy(octets);
    black_box((
        to_plain(&text, true).len(),
        Paragraphs::new(&text, false).count(),
        preview::preview(&text, 200).len(),
    ));
}

pub(crate) fn mailbox_file(octets: &Bytes) {
    for format in [Format::Mboxrd, Format::Mboxo, Format::Mboxcl2] {
        black_box(mbox::messages(octets, format).map(|message| message.content().len()).sum::<usize>());
        let mut reader = mbox::Reader::new(format);
        let mut events = 0;
        octets.chunks(100).for_each(|chunk| reader.feed(chunk, &mut (), |_| events += 1));
        reader.finish(&mut (), |_| events += 1);
        black_box(events);
    }
}

pub(crate) fn reports(octets: &Bytes) {
    let config = Config::new();
    black_box(DeliveryStatus::parse(octets, &config, &mut ()).recipients().len());
    black_box(DispositionNotification::parse(octets, &config, &mut ()).errors().count());
    black_box(FeedbackReport::parse(octets, &config, &mut ()).reported_uris().count());
}

pub(crate) fn containers(octets: &Bytes) {
    let tnef = Tnef::parse(octets, &Config::new(), &mut ());
    black_box((tnef.attributes().count(), tnef.attachments().len(), tnef.properties().count()));
    black_box(tnef.body_rtf(1 << 20, &mut ()));
}

/// So many pieces of a message, the last one first.
pub(crate) fn assembled(octets: &Bytes) {
    let number = u32::try_from(octets.len() / 40).unwrap_or(u32::MAX);
    let mut assembler = Assembler::new(number, usize::MAX);
    for piece in (1..=number).rev() {
        let message = format!("Content-Type: message/partial; number={piece}\r\n\r\nA: b\r\n");
        black_box(assembler.add(piece, Some(number), message.as_bytes()).is_ok());
    }
    black_box(assembler.assemble().map(|message| message.len()).ok());
}

/// Ten thousand multiparts whose boundary never comes, all in one.
pub(crate) fn guessed(octets: &Bytes) {
    black_box(Message::parse(octets.clone()).interpretations(20).count());
}
