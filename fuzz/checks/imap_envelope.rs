//! The envelope of a message, as FETCH has it: read in both ways that there are, looked at, and written again.

#[allow(dead_code)]
#[path = "imap.rs"]
mod imap;

pub fn check(data: &[u8]) {
    let &[kind, ref octets @ ..] = data else { return };
    imap::items("ENVELOPE", octets, imap::DIALECTS[usize::from(kind & 1)]);
}
