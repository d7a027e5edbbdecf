//! Transfer codings, decoded as simply as can be, and in pieces.
#![allow(dead_code, clippy::unwrap_used, clippy::indexing_slicing)] // not every test uses all of it

use mime_core::{Defect, TransferEncoding, coding::Decoder};

/// Content and defects of what comes in pieces.
pub(crate) fn pieces<'a>(
    encoding: TransferEncoding,
    pieces: impl Iterator<Item = &'a [u8]>,
) -> (Vec<u8>, Vec<Defect>) {
    let (mut out, mut defects) = (Vec::new(), Vec::new());
    let mut decoder = Decoder::new(encoding);
    for piece in pieces {
        decoder.push(piece, &mut out, &mut defects);
    }
    decoder.finish(&mut out, &mut defects);
    (out, defects)
}

pub(crate) fn sextet(octet: u8) -> Option<u32> {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    alphabet.iter().position(|known| *known == octet).and_then(|value| u32::try_from(value).ok())
}

fn give(group: &[u8], out: &mut Vec<u8>) {
    let bits = group.iter().chain(b"AAAA").take(4).fold(0, |bits, octet| bits << 6 | sextet(*octet).unwrap());
    out.extend_from_slice(&bits.to_be_bytes()[1..][..group.len() * 3 / 4]);
}

pub(crate) fn simple_base64(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut group = Vec::new();
    let mut at = 0;
    let skip = |at: &mut usize, octets: &[u8]| {
        while body.get(*at).is_some_and(|octet| octets.contains(octet)) {
            *at += 1;
        }
    };
    while at < body.len() {
        let octet = body[at];
        at += 1;
        if sextet(octet).is_some() {
            group.push(octet);
            if group.len() == 4 {
                give(&group, &mut out);
                group.clear();
            }
        } else if octet == b'=' && !group.is_empty() {
            give(&group, &mut out);
            if group.len() == 2 {
                skip(&mut at, b" \t\r\n");
                at += usize::from(body.get(at) == Some(&b'='));
            }
            group.clear();
            loop {
                skip(&mut at, b" \t\r\n=");
                let line = &body[at..];
                let end = line.iter().position(|octet| b"\r\n".contains(octet)).unwrap_or(line.len());
                let judged = &line[..end.min(128)];
                at += judged.len();
                let spaces = judged.iter().rev().take_while(|octet| b" \t".contains(octet)).count();
                let judged = &judged[..judged.len() - spaces];
                if judged.is_empty() || !judged.len().is_multiple_of(4) {
                    return out;
                }
                let mut padded = false;
                let mut content = Vec::new();
                for four in judged.chunks(4) {
                    let octets = four.iter().take_while(|octet| sextet(**octet).is_some()).count();
                    if octets < 2 || four[octets..].iter().any(|octet| *octet != b'=') {
                        return out;
                    }
                    give(&four[..octets], &mut content);
                    padded = octets < 4;
                }
                out.extend_from_slice(&content);
                if !padded {
                    break;
                }
            }
        }
    }
    give(&group, &mut out);
    out
}

pub(crate) fn simple_quoted_printable(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut spaces = 0;
    let mut rest = body;
    let digit = |octet: &u8| char::from(*octet).to_digit(16);
    loop {
        let line_ends = rest.is_empty() || rest[0] == b'\n' || rest.starts_with(b"\r\n");
        if line_ends && spaces <= 256 {
            out.truncate(out.len() - spaces);
        }
        let Some((first, behind)) = rest.split_first() else { return out };
        spaces = if b" \t".contains(first) { spaces + 1 } else { 0 };
        rest = behind;
        if *first != b'=' {
            out.push(*first);
            if *first == b'\r' && rest.first() == Some(&b'\n') {
                out.push(b'\n');
                rest = &rest[1..];
            }
            continue;
        }
        let value = behind.first().and_then(digit).zip(behind.get(1).and_then(digit));
        if let Some((high, low)) = value {
            out.push(u8::try_from(high * 16 + low).unwrap());
            rest = &behind[2..];
            continue;
        }
        let count = behind.iter().take_while(|octet| b" \t".contains(octet)).count();
        let end = &behind[count..];
        if count < 256 && end.is_empty() {
            rest = end;
        } else if count < 256 && end.starts_with(b"\n") {
            rest = &end[1..];
        } else if count < 256 && end.starts_with(b"\r\n") {
            rest = &end[2..];
        } else {
            out.push(b'=');
        }
    }
}
