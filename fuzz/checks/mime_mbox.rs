//! Mailbox files: however they are cut, every octet accounted for, and what is written is read back.
use mime_core::{
    Defect, Message,
    mbox::{self, Event, Format, Reader, Sender, Writer},
    partial::Assembler,
};

#[allow(dead_code)]
#[path = "mime.rs"]
mod mime;

const FORMATS: [Format; 4] = [Format::Mboxo, Format::Mboxrd, Format::Mboxcl, Format::Mboxcl2];

/// Line before it and content of each message.
type Messages = Vec<(Vec<u8>, Vec<u8>)>;

fn read<'a>(
    pieces: impl Iterator<Item = &'a [u8]>,
    octets: usize,
    format: Format,
) -> (Messages, Vec<Defect>) {
    let mut reader = Reader::new(format);
    let (mut found, mut defects, mut open) = (Messages::new(), Vec::new(), false);
    let mut on = |event: Event<'_>| match event {
        Event::Begin(envelope) => {
            assert!(!std::mem::replace(&mut open, true));
            found.push((envelope.line().to_vec(), Vec::new()));
        }
        Event::Octets(octets) => {
            assert!(open && !octets.is_empty());
            found.last_mut().unwrap().1.extend_from_slice(octets);
        }
        Event::End => assert!(std::mem::replace(&mut open, false)),
    };
    for piece in pieces {
        reader.feed(piece, &mut defects, &mut on);
    }
    reader.finish(&mut defects, &mut on);
    assert!(!open);
    mime::within(&defects, octets);
    (found, defects)
}

fn sliced(file: &[u8], format: Format) -> Messages {
    let mut end = 0;
    mbox::messages(file, format)
        .map(|message| {
            assert_eq!(&file[message.span()], message.raw());
            let envelope = message.envelope();
            // Between messages stand the line before one, and empty lines.
            let between = &file[end..message.span().start];
            end = message.span().end;
            let line = envelope.line();
            let at = between.len() - between.trim_ascii_start().len();
            assert!(between[at..].starts_with(line) && between[at..][line.len()..].trim_ascii().is_empty());
            assert!(line.is_empty() || line.starts_with(b"From"));
            assert!(line.len() >= envelope.sender().len() + envelope.date().len());
            let content = message.content();
            assert!(content.len() <= message.raw().len());
            let _ = message.length_agrees();
            (line.to_vec(), content.into_owned())
        })
        .collect()
}

pub fn check(data: &[u8]) {
    let &[kind, first, second, ref file @ ..] = data else { return };
    let sizes = [first, second];
    for format in FORMATS {
        let whole = read([file].into_iter(), file.len(), format);
        assert_eq!(read(mime::pieces(file, &sizes), file.len(), format), whole, "{format:?} in pieces");
        assert_eq!(read(file.chunks(1), file.len(), format), whole, "{format:?} in octets");
        let sliced = sliced(file, format);
        if matches!(format, Format::Mboxo | Format::Mboxrd) {
            assert_eq!(sliced, whole.0, "{format:?}");
        }
    }
    // Messages between octets 0, written and read back.
    let texts: Vec<_> = file.split(|&octet| octet == 0).map(|text| [text, b"\n"].concat()).collect();
    let crlf = kind & 1 != 0;
    let sender =
        std::str::from_utf8(&file[..file.len().min(20)]).ok().and_then(|text| Sender::new(text).ok());
    let sender = sender.unwrap_or(Sender::unknown());
    for format in FORMATS {
        let mut out = Vec::new();
        for text in &texts {
            Writer::new(format).crlf(crlf).message(&sender, i64::from(kind) << (first % 40), text, &mut out);
        }
        let (found, defects) = read(mime::pieces(&out, &sizes), out.len(), format);
        assert_eq!(found, sliced(&out, format), "{format:?}");
        assert_eq!((found.len(), defects), (texts.len(), Vec::new()), "{format:?}");
        for ((line, content), text) in found.iter().zip(&texts) {
            assert!(line.starts_with(format!("From {} ", sender.as_str()).as_bytes()));
            match format {
                Format::Mboxrd => assert_eq!(content, text),
                // What was `>From ` before comes back without it.
                Format::Mboxo => assert!(content.len() <= text.len()),
                // They have a field more, and the body as it was.
                _ => {
                    let (with, without) = (Message::parse(content.clone()), Message::parse(text.clone()));
                    if without.structure_defects().is_empty() && !without.root().raw_header().is_empty() {
                        assert_eq!(with.root().raw_body(), without.root().raw_body(), "{format:?}");
                    }
                }
            }
        }
    }
    partial(file, &texts);
}

/// The pieces of message/partial: never more than allowed, in whatever order they come.
fn partial(file: &[u8], texts: &[Vec<u8>]) {
    let total = u32::try_from(texts.len()).unwrap();
    let mut orders = [Assembler::new(20, 4000), Assembler::new(20, 4000)];
    let mut taken = [true; 2];
    for (number, text) in (1..).zip(texts) {
        taken[0] &= orders[0].add(number, Some(total), text).is_ok();
    }
    for (number, text) in (1..=total).rev().zip(texts.iter().rev()) {
        taken[1] &= orders[1].add(number, Some(total), text).is_ok();
    }
    if taken == [true; 2] {
        assert!(orders.iter().all(Assembler::is_complete));
        let [one, two] = orders.map(|assembler| assembler.assemble());
        assert_eq!(one, two);
        assert!(one.is_ok_and(|message| message.len() <= file.len() + 2 * texts.len() + 8));
    } else {
        assert!(texts.len() > 20 || file.len() + texts.len() > 4000);
    }
}
