//! Compressed RTF (\[MS-OXRTFCP\]).

use super::{u16_from, u32_from};
use crate::{DefectKind, Report};

/// What the dictionary holds before the first octet (\[MS-OXRTFCP\] section 2.2.2.1.2).
const DICTIONARY: &[u8; 207] = b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}\
{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor MS Sans SerifSymbolArialTimes New RomanCourier\
{\\colortbl\\red0\\green0\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx";
const WINDOW: usize = 4096;

/// Decompresses RTF to at most so many octets.
///
/// What can be decompressed is given. [`DefectKind::ContainerDamaged`] is reported for a header that is none, an end that
/// comes too early and a wrong checksum, [`DefectKind::LimitTruncated`] if there is more than allowed. At most 8
/// octets come from one.
///
/// # Example
///
/// ```
/// use mime_core::tnef::decompress_rtf;
///
/// // [MS-OXRTFCP] section 4.1.1
/// let compressed = b"\x2d\x00\x00\x00\x2b\x00\x00\x00LZFu\xf1\xc5\xc7\xa7\
///     \x03\x00\x0a\x00rcpg125\x42\x32\x0a\xf3 hel\x09\x00 bw\x05\xb0ld}\x0a\x80\x0f\xa0";
/// assert_eq!(decompress_rtf(compressed, 1000, &mut ()), b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n");
/// ```
pub fn decompress_rtf(octets: &[u8], most: usize, report: &mut impl Report) -> Vec<u8> {
    let whole = 0..octets.len();
    let header = u32_from(octets).and_then(|(compressed, rest)| {
        let (raw, rest) = u32_from(rest)?;
        let (kind, rest) = u32_from(rest)?;
        let (checksum, rest) = u32_from(rest)?;
        Some((
            usize::try_from(compressed).ok()?,
            usize::try_from(raw).ok()?,
            kind.to_le_bytes(),
            checksum,
            rest,
        ))
    });
    let Some((compressed, raw, kind, checksum, rest)) = header else {
        report.report(DefectKind::ContainerDamaged, whole);
        return Vec::new();
    };
    // The size counts all of the header but itself: 12 octets.
    let content = rest.get(..compressed.saturating_sub(12)).unwrap_or(rest);
    let mut out;
    match &kind {
        b"MELA" => {
            out = rest.get(..raw.min(rest.len()).min(most)).unwrap_or_default().to_vec();
            if raw > most {
                report.report(DefectKind::LimitTruncated, whole.clone());
            } else if raw > rest.len() {
                report.report(DefectKind::ContainerDamaged, whole.clone());
            }
        }
        b"LZFu" => {
            if compressed.saturating_sub(12) > rest.len() || crc(content) != checksum {
                report.report(DefectKind::ContainerDamaged, whole.clone());
            }
            let limit = most.min(raw);
            out = Vec::with_capacity(limit.min(content.len().saturating_mul(8)));
            let end = inflate(content, limit, &mut out);
            if out.len() == most && raw > most {
                report.report(DefectKind::LimitTruncated, whole);
            } else if end == End::Early && out.len() < raw {
                report.report(DefectKind::ContainerDamaged, whole);
            }
        }
        _ => {
            report.report(DefectKind::ContainerDamaged, whole);
            out = Vec::new();
        }
    }
    out
}

#[derive(PartialEq)]
enum End {
    /// The mark of the end, or as much as there should be.
    Proper,
    /// The octets ran out.
    Early,
}

fn inflate(mut octets: &[u8], limit: usize, out: &mut Vec<u8>) -> End {
    let mut window = [0u8; WINDOW];
    for (slot, &octet) in window.iter_mut().zip(DICTIONARY) {
        *slot = octet;
    }
    let mut write = DICTIONARY.len();
    let mut put = |octet: u8, window: &mut [u8; WINDOW], write: &mut usize| {
        if let Some(slot) = window.get_mut(*write) {
            *slot = octet;
        }
        *write = write.wrapping_add(1) % WINDOW;
        out.push(octet);
        out.len() >= limit
    };
    if limit == 0 {
        return End::Proper;
    }
    while let Some((&control, rest)) = octets.split_first() {
        octets = rest;
        for bit in 0..8 {
            if control >> bit & 1 == 0 {
                let Some((&octet, rest)) = octets.split_first() else { return End::Early };
                octets = rest;
                if put(octet, &mut window, &mut write) {
                    return End::Proper;
                }
                continue;
            }
            let Some((reference, rest)) = u16_from(octets) else { return End::Early };
            octets = rest;
            let reference = usize::from(reference.swap_bytes());
            let (offset, length) = (reference >> 4, (reference & 15).saturating_add(2));
            if offset == write {
                return End::Proper;
            }
            for step in 0..length {
                let octet = window.get(offset.wrapping_add(step) % WINDOW).copied().unwrap_or_default();
                if put(octet, &mut window, &mut write) {
                    return End::Proper;
                }
            }
        }
    }
    End::Early
}

/// CRC-32 with the polynomial of all, but without inversion (\[MS-OXRTFCP\] section 2.1.3.2).
fn crc(octets: &[u8]) -> u32 {
    const TABLE: [u32; 256] = {
        let mut table = [0u32; 256];
        let mut index = 0u32;
        while index < 256 {
            let (mut value, mut bit) = (index, 0);
            while bit < 8 {
                value = if value & 1 == 1 { 0xedb8_8320 ^ (value >> 1) } else { value >> 1 };
                bit += 1;
            }
            #[allow(clippy::indexing_slicing)] // index is below 256, and a mistake would not compile
            {
                table[index as usize] = value;
            }
            index += 1;
        }
        table
    };
    octets.iter().fold(0, |crc: u32, &octet| {
        let [low, ..] = (crc ^ u32::from(octet)).to_le_bytes();
        TABLE.get(usize::from(low)).copied().unwrap_or_default() ^ (crc >> 8)
    })
}
