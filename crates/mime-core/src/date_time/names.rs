//! Names in dates: days, months, zones.

/// Three letters as one number, in lower case. What is no letter equals none.
const fn key([a, b, c]: [u8; 3]) -> u32 {
    u32::from_be_bytes([0, a, b, c]) | 0x20_20_20
}

#[inline]
pub(super) fn weekday_number(name: [u8; 3]) -> Option<u8> {
    const SUN: u32 = key(*b"sun");
    const MON: u32 = key(*b"mon");
    const TUE: u32 = key(*b"tue");
    const WED: u32 = key(*b"wed");
    const THU: u32 = key(*b"thu");
    const FRI: u32 = key(*b"fri");
    const SAT: u32 = key(*b"sat");
    Some(match key(name) {
        SUN => 0,
        MON => 1,
        TUE => 2,
        WED => 3,
        THU => 4,
        FRI => 5,
        SAT => 6,
        _ => return None,
    })
}

#[inline]
pub(super) fn month_number(name: [u8; 3]) -> Option<u8> {
    const JAN: u32 = key(*b"jan");
    const FEB: u32 = key(*b"feb");
    const MAR: u32 = key(*b"mar");
    const APR: u32 = key(*b"apr");
    const MAY: u32 = key(*b"may");
    const JUN: u32 = key(*b"jun");
    const JUL: u32 = key(*b"jul");
    const AUG: u32 = key(*b"aug");
    const SEP: u32 = key(*b"sep");
    const OCT: u32 = key(*b"oct");
    const NOV: u32 = key(*b"nov");
    const DEC: u32 = key(*b"dec");
    Some(match key(name) {
        JAN => 1,
        FEB => 2,
        MAR => 3,
        APR => 4,
        MAY => 5,
        JUN => 6,
        JUL => 7,
        AUG => 8,
        SEP => 9,
        OCT => 10,
        NOV => 11,
        DEC => 12,
        _ => return None,
    })
}

/// Beginnings of months in other languages, lower case: German, then French, Spanish, Italian, Portuguese, Dutch.
pub(super) const FOREIGN_MONTHS: [(&[u8], u8); 28] = [
    (b"j\xc3\xa4n", 1),
    (b"j\xe4n", 1),
    (b"m\xc3\xa4r", 3),
    (b"m\xe4r", 3),
    (b"mrz", 3),
    (b"mai", 5),
    (b"okt", 10),
    (b"dez", 12),
    (b"ene", 1),
    (b"gen", 1),
    (b"f\xc3\xa9v", 2),
    (b"f\xe9v", 2),
    (b"fev", 2),
    (b"mrt", 3),
    (b"maa", 3),
    (b"avr", 4),
    (b"abr", 4),
    (b"mag", 5),
    (b"mei", 5),
    (b"juin", 6),
    (b"giu", 6),
    (b"juil", 7),
    (b"lug", 7),
    (b"ago", 8),
    (b"set", 9),
    (b"ott", 10),
    (b"d\xc3\xa9c", 12),
    (b"dic", 12),
];

/// Zones by name, in minutes. Well-known ones only: the others mean several things.
pub(super) const ZONES: [(&[u8], i16); 27] = [
    (b"UT", 0),
    (b"GMT", 0),
    (b"UTC", 0),
    (b"EST", -300),
    (b"EDT", -240),
    (b"CST", -360),
    (b"CDT", -300),
    (b"MST", -420),
    (b"MDT", -360),
    (b"PST", -480),
    (b"PDT", -420),
    (b"Z", 0),
    (b"WET", 0),
    (b"WEST", 60),
    (b"CET", 60),
    (b"MEZ", 60),
    (b"MET", 60),
    (b"CEST", 120),
    (b"MESZ", 120),
    (b"MEST", 120),
    (b"EET", 120),
    (b"EEST", 180),
    (b"MSK", 180),
    (b"JST", 540),
    (b"KST", 540),
    (b"AEST", 600),
    (b"AEDT", 660),
];

/// How many of [`ZONES`] are those of RFC 5322 section 4.3, and `UTC`.
pub(super) const OBSOLETE_ZONES: usize = 11;
