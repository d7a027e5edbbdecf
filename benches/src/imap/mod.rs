//! IMAP read by us and by the peers: every reader takes every batch it has a grammar for.

pub mod batch;
mod ours;
mod peers;

use batch::Batch;

/// Something that reads a batch, once for each call. Storage that it keeps is its own. It panics where it finds fewer responses or
/// commands than there are.
pub type Reader = Box<dyn FnMut(&Batch)>;

/// The readers:
///
/// - `ours`: octets in reads of 16 KiB, framed and parsed;
/// - `ours-client`: the same through the client's whole machine, to its events;
/// - `fill` takes the octets out of the buffer that they are put into: what the driver costs, and not the grammar;
/// - `linescan` looks for the ends of lines and does nothing else;
/// - `imap-proto` and `imap-codec` have all octets at once;
/// - `async-imap` is imap-proto behind a stream, which gives reads of 16 KiB from memory.
pub const READERS: [&str; 7] =
    ["ours", "ours-client", "fill", "linescan", "imap-proto", "imap-codec", "async-imap"];

/// Octets that arrive at a time.
pub const READ: usize = 16 * 1024;

/// The reader of this name, if it can read the batch.
pub fn reader(name: &str, batch: &Batch) -> Option<Reader> {
    match name {
        "ours" if batch.commands => Some(ours::commands()),
        "ours" => Some(ours::responses()),
        "fill" => Some(ours::fill()),
        "linescan" => Some(Box::new(|batch| {
            std::hint::black_box(memchr::memchr_iter(b'\n', &batch.wire).fold(0, |before, end| before ^ end));
        })),
        // What the peers have no grammar for they do not read.
        "imap-codec" if batch.name == "commands" => None,
        "imap-proto" | "imap-codec" | "async-imap" if batch.name == "esearch" => None,
        "imap-codec" if batch.commands => Some(peers::imap_codec_commands()),
        "imap-codec" => Some(peers::imap_codec_responses()),
        _ if batch.commands => None,
        "ours-client" => Some(ours::client()),
        "imap-proto" => Some(peers::imap_proto()),
        "async-imap" => Some(peers::async_imap()),
        _ => None,
    }
}
