//! Messages out of files: one, or many in a mailbox file.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use bytes::Bytes;
use indicatif::{ProgressBar, ProgressStyle};
use postwire::mime::mbox::{Event, Format, Reader, messages as stored};

use crate::Mbox;

/// Octets that are read at once.
const CHUNK: usize = 256 * 1024;
/// Files from this size on are worth a progress bar.
const BIG: u64 = 16 * 1024 * 1024;

/// Gives every message of a file to `on`, with its number if the file is a mailbox.
pub(crate) fn messages(
    file: &Path,
    mbox: Mbox,
    mut on: impl FnMut(Option<u64>, Bytes) -> io::Result<()>,
) -> io::Result<()> {
    if file == Path::new("-") {
        let mut octets = Vec::new();
        io::stdin().lock().read_to_end(&mut octets)?;
        return match mbox.format().or_else(|| detect(mbox, &octets[..]).ok().flatten()) {
            None => on(None, Bytes::from(octets)),
            Some(format) => {
                let mut number = 0;
                stored(&octets, format).try_for_each(|message| {
                    number += 1;
                    on(Some(number), Bytes::from(message.content().into_owned()))
                })
            }
        };
    }
    if file.is_dir() {
        return Err(io::Error::other("a folder: name the files in it"));
    }
    match mbox.format().map_or_else(|| detect(mbox, File::open(file)?), |format| Ok(Some(format)))? {
        None => on(None, Bytes::from(std::fs::read(file)?)),
        Some(format) => mailbox(file, format, on),
    }
}

/// Whether there are at least two messages, each behind a line that divides messages.
fn detect(mbox: Mbox, mut source: impl Read) -> io::Result<Option<Format>> {
    if mbox == Mbox::No {
        return Ok(None);
    }
    let mut chunk = vec![0; CHUNK];
    let (mut reader, mut begun, mut first) = (Reader::new(Format::Mboxrd), 0, true);
    loop {
        let read = source.read(&mut chunk)?;
        let octets = chunk.get(..read).unwrap_or_default();
        if read == 0 || (std::mem::take(&mut first) && !octets.starts_with(b"From ")) {
            return Ok(None);
        }
        reader.feed(octets, &mut (), |event| begun += u32::from(matches!(event, Event::Begin(_))));
        if begun > 1 {
            return Ok(Some(Format::Mboxrd));
        }
    }
}

/// One message of the file is in memory at a time.
fn mailbox(
    file: &Path,
    format: Format,
    mut on: impl FnMut(Option<u64>, Bytes) -> io::Result<()>,
) -> io::Result<()> {
    let mut source = File::open(file)?;
    let size = source.metadata()?.len();
    let bar = if size >= BIG { ProgressBar::new(size) } else { ProgressBar::hidden() };
    let style = ProgressStyle::with_template("{bar:40} {binary_bytes}/{binary_total_bytes} {msg}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    let mut reader = Reader::new(format);
    let (mut message, mut number) = (Vec::new(), 0);
    let mut result = Ok(());
    let mut take = |event: Event<'_>| match event {
        Event::Begin(_) => number += 1,
        Event::Octets(octets) => message.extend_from_slice(octets),
        Event::End => {
            let octets = Bytes::from(std::mem::take(&mut message));
            if result.is_ok() {
                result = on(Some(number), octets);
                bar.set_message(format!("{number} messages"));
            }
        }
    };
    let mut chunk = vec![0; CHUNK];
    loop {
        let read = source.read(&mut chunk)?;
        if read == 0 {
            break;
        }
        reader.feed(chunk.get(..read).unwrap_or_default(), &mut (), &mut take);
        bar.inc(read as u64);
    }
    reader.finish(&mut (), &mut take);
    bar.finish_and_clear();
    result
}
