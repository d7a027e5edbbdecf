//! What charsets are called in mail.

use super::{Charset, Inner};
#[cfg(feature = "charset")]
use super::{decoder::Pairs, tables};

/// Longer labels name nothing.
const LONGEST: usize = 64;

/// The charset of a label, whatever the label is wrapped in.
pub(super) fn find(label: &[u8]) -> Option<Charset> {
    let label = label.trim_ascii();
    // most of all mail
    for (name, charset) in [
        (&b"utf-8"[..], Charset::UTF_8),
        (b"us-ascii", Charset::US_ASCII),
        (b"iso-8859-1", Charset::WINDOWS_1252),
        (b"windows-1252", Charset::WINDOWS_1252),
    ] {
        if label.eq_ignore_ascii_case(name) {
            return Some(charset);
        }
    }
    let mut compact = [0; LONGEST];
    let compact = squeeze(bare(label), &mut compact)?;
    own(compact).or_else(|| others(compact)).or_else(|| listed(label))
}

/// The label without quotes, without a `charset=` that was written twice, without the `3D` of quoted-printable that was encoded twice, and without the `_` and the
/// escape sequence that some Japanese programs put around it.
fn bare(label: &[u8]) -> &[u8] {
    let label = match label.get(..8) {
        Some(prefix) if prefix.eq_ignore_ascii_case(b"charset=") => label.get(8..).unwrap_or_default(),
        _ => label,
    };
    let label = match label {
        [b'3', b'D' | b'd', rest @ ..] if rest.starts_with(b"\"") || rest.starts_with(b"'") => rest,
        _ => label,
    };
    let label = trim(label, |octet| {
        matches!(octet, b'"' | b'\'' | b'_' | b'<' | b'>' | b'=' | b';' | b'\\') || octet <= b' '
    });
    label.split(|octet| matches!(octet, b'$' | 0x1b)).next().unwrap_or(label)
}

fn trim(mut octets: &[u8], what: impl Fn(u8) -> bool) -> &[u8] {
    while let [first, rest @ ..] = octets {
        if !what(*first) {
            break;
        }
        octets = rest;
    }
    while let [rest @ .., last] = octets {
        if !what(*last) {
            break;
        }
        octets = rest;
    }
    octets
}

/// Lower-case letters and digits only: `ISO_8859-1`, `iso8859-1` and `ISO-8859-1` are one.
fn squeeze<'b>(label: &[u8], buffer: &'b mut [u8; LONGEST]) -> Option<&'b [u8]> {
    let mut count = 0;
    for octet in label.iter().filter(|octet| !matches!(octet, b'-' | b'_' | b' ' | b'.' | b':' | b'/')) {
        *buffer.get_mut(count)? = octet.to_ascii_lowercase();
        count += 1;
    }
    buffer.get(..count)
}

/// Those that need no feature.
fn own(compact: &[u8]) -> Option<Charset> {
    Some(Charset(match compact {
        b"utf8" | b"unicode11utf8" | b"unicode20utf8" | b"xunicode20utf8" | b"utf8mb4" | b"cp65001"
        | b"65001" | b"windows65001" => Inner::Utf8,
        b"usascii" | b"ascii" | b"ansix341968" | b"ansix341986" | b"iso646us" | b"iso646irv1991" | b"us"
        | b"isoir6" | b"csascii" | b"cp367" | b"ibm367" | b"cp20127" | b"646" | b"usascii1"
        | b"unicode11" => Inner::Ascii,
        b"iso88591" | b"iso885911987" | b"latin1" | b"l1" | b"isoir100" | b"csisolatin1" | b"cp819"
        | b"ibm819" | b"windows1252" | b"win1252" | b"cp1252" | b"xcp1252" | b"1252" | b"ansi1252"
        | b"ibm1252" | b"cp28591" | b"windows28591" | b"8859" | b"88591" | b"isolatin1" | b"xansi" => {
            Inner::Windows1252
        }
        _ => return None,
    }))
}

#[cfg(not(feature = "charset"))]
fn listed(_: &[u8]) -> Option<Charset> {
    None
}

/// What is left of the labels that browsers know.
#[cfg(feature = "charset")]
fn listed(label: &[u8]) -> Option<Charset> {
    let encoding = encoding_rs::Encoding::for_label_no_replacement(label)?;
    (encoding != encoding_rs::X_USER_DEFINED).then_some(Charset(Inner::Known(encoding)))
}

#[cfg(not(feature = "charset"))]
fn others(_: &[u8]) -> Option<Charset> {
    None
}

#[cfg(feature = "charset")]
fn others(compact: &[u8]) -> Option<Charset> {
    if let Some(inner) = beside(compact) {
        return Some(Charset(inner));
    }
    let name: &[u8] = match numbered(compact) {
        Some(name) => name,
        None => match compact {
            b"gb2312" | b"gbk" | b"xgbk" | b"cp936" | b"ms936" | b"euccn" | b"xeuccn" | b"gb231280"
            | b"csgb2312" | b"chinese" | b"isoir58" | b"csiso58gb231280" | b"cngb" | b"windows936"
            | b"gb23121980" => b"gbk",
            b"gb18030" | b"gb180302000" | b"gb180302005" | b"cp54936" => b"gb18030",
            b"big5" | b"big5hkscs" | b"csbig5" | b"xxbig5" | b"cnbig5" | b"cp950" | b"ms950"
            | b"big5eten" | b"windows950" | b"cp951" | b"xbig5" => b"big5",
            b"eucjp"
            | b"xeucjp"
            | b"ujis"
            | b"cp51932"
            | b"eucjpms"
            | b"cseucpkdfmtjapanese"
            | b"extendedunixcodepackedformatforjapanese" => b"euc-jp",
            b"shiftjis" | b"sjis" | b"xsjis" | b"mskanji" | b"csshiftjis" | b"cp932" | b"xcp932"
            | b"ms932" | b"cp943" | b"ibm943" | b"cp943c" | b"windows31j" | b"cswindows31j"
            | b"windows932" => b"shift_jis",
            b"iso2022jp" | b"csiso2022jp" | b"iso2022jp1" | b"iso2022jp2" | b"iso2022jp3"
            | b"iso2022jp2004" | b"iso2022jpms" | b"cp50220" | b"cp50221" | b"cp50222" | b"iso2022jpext"
            | b"jis" => b"iso-2022-jp",
            b"euckr" | b"ksc5601" | b"ksc56011987" | b"ksc56011989" | b"ksc56011992" | b"cseuckr"
            | b"csksc56011987" | b"korean" | b"isoir149" | b"cp949" | b"ms949" | b"xcp949" | b"uhc"
            | b"windows949" | b"cp51949" | b"xwindows949" | b"ks5601" | b"kscompleted" => b"euc-kr",
            b"utf16le" | b"cp1200" | b"xutf16le" => b"utf-16le",
            b"utf16be" | b"cp1201" | b"unicodefffe" | b"xutf16be" => b"utf-16be",
            b"koi8r" | b"koi8" | b"koi" | b"cskoi8r" | b"cp20866" | b"xkoi8r" => b"koi8-r",
            b"koi8u" | b"koi8ru" | b"cp21866" | b"xkoi8u" => b"koi8-u",
            b"macintosh" | b"mac" | b"xmacroman" | b"macroman" | b"csmacintosh" | b"cp10000"
            | b"xmacintosh" | b"applemac" => b"macintosh",
            b"xmaccyrillic" | b"maccyrillic" | b"xmacukrainian" | b"cp10007" => b"x-mac-cyrillic",
            b"tis620" | b"tis6200" | b"tis6202533" | b"tis62025331" => b"windows-874",
            b"iso88598i" | b"csiso88598i" | b"logical" => b"iso-8859-8-i",
            b"iso88598e" | b"csiso88598e" | b"visual" => b"iso-8859-8",
            b"iso88596i" | b"iso88596e" => b"iso-8859-6",
            b"latin2" | b"l2" | b"csisolatin2" => b"iso-8859-2",
            b"latin3" | b"l3" | b"csisolatin3" => b"iso-8859-3",
            b"latin4" | b"l4" | b"csisolatin4" => b"iso-8859-4",
            b"latin5" | b"l5" | b"csisolatin5" | b"turkish" => b"windows-1254",
            b"latin6" | b"l6" | b"csisolatin6" => b"iso-8859-10",
            b"latin7" | b"l7" => b"iso-8859-13",
            b"latin8" | b"l8" => b"iso-8859-14",
            b"latin9" | b"l9" | b"latin0" | b"csisolatin9" => b"iso-8859-15",
            b"latin10" | b"l10" => b"iso-8859-16",
            b"cyrillic" | b"csisolatincyrillic" => b"iso-8859-5",
            b"arabic" | b"csisolatinarabic" | b"asmo708" | b"ecma114" => b"iso-8859-6",
            b"greek" | b"greek8" | b"csisolatingreek" | b"ecma118" | b"elot928" => b"iso-8859-7",
            b"hebrew" | b"csisolatinhebrew" => b"iso-8859-8",
            b"xcp1250" => b"windows-1250",
            b"xcp1251" => b"windows-1251",
            _ => return None,
        },
    };
    let encoding = encoding_rs::Encoding::for_label(name)?;
    Some(Charset(Inner::Known(encoding)))
}

/// Those that `encoding_rs` lacks.
#[cfg(feature = "charset")]
fn beside(compact: &[u8]) -> Option<Inner> {
    Some(match compact {
        b"utf16" | b"unicode" | b"ucs2" | b"iso10646ucs2" | b"csunicode" | b"utf16mb4" => Inner::Utf16,
        b"utf32" | b"ucs4" | b"iso10646ucs4" | b"csucs4" => Inner::Utf32(None),
        b"utf32le" | b"cp12000" => Inner::Utf32(Some(false)),
        b"utf32be" | b"cp12001" => Inner::Utf32(Some(true)),
        b"utf7" | b"unicode11utf7" | b"unicode20utf7" | b"xunicode20utf7" | b"csunicode11utf7"
        | b"cp65000" => Inner::Utf7,
        b"iso2022kr" | b"csiso2022kr" | b"cp50225" => Inner::Pairs(Pairs::Kr),
        b"iso2022cn" | b"iso2022cnext" | b"csiso2022cn" => Inner::Pairs(Pairs::Cn),
        b"hzgb2312" | b"hz" | b"hzgb" | b"cp52936" => Inner::Pairs(Pairs::Hz),
        b"hproman8" | b"roman8" | b"r8" | b"cshproman8" => Inner::Single(&tables::HP_ROMAN8),
        b"kz1048" | b"strk10482002" | b"rk1048" | b"cskz1048" => Inner::Single(&tables::KZ_1048),
        b"xmacce" | b"macce" | b"maclatin2" | b"maccentraleurope" | b"xmaccentraleurroman" | b"cp10029" => {
            Inner::Single(&tables::X_MAC_CE)
        }
        b"xmacgreek" | b"macgreek" | b"cp10006" => Inner::Single(&tables::X_MAC_GREEK),
        b"xmacturkish" | b"macturkish" | b"cp10081" => Inner::Single(&tables::X_MAC_TURKISH),
        b"xmacicelandic" | b"maciceland" | b"xmaciceland" | b"cp10079" => {
            Inner::Single(&tables::X_MAC_ICELANDIC)
        }
        _ => {
            let digits = ["cp", "ibm", "csibm", "oem", "dos", "cspc", "cspcp", "cspc8codepage", "xcp", ""]
                .iter()
                .find_map(|prefix| {
                    compact
                        .strip_prefix(prefix.as_bytes())
                        .filter(|rest| rest.first().is_some_and(u8::is_ascii_digit))
                })?;
            Inner::Single(match digits {
                b"437" => &tables::IBM437,
                b"737" => &tables::IBM737,
                b"775" => &tables::IBM775,
                b"850" | b"850multilingual" => &tables::IBM850,
                b"852" => &tables::IBM852,
                b"855" => &tables::IBM855,
                b"857" => &tables::IBM857,
                b"858" | b"00858" | b"0858" => &tables::IBM00858,
                b"860" => &tables::IBM860,
                b"861" => &tables::IBM861,
                b"862" | b"862latinhebrew" => &tables::IBM862,
                b"863" => &tables::IBM863,
                b"864" => &tables::IBM864,
                b"865" => &tables::IBM865,
                b"869" => &tables::IBM869,
                _ => return None,
            })
        }
    })
}

/// The families that are numbered: `windows-125x`, `iso-8859-x`, and what else means one of them.
#[cfg(feature = "charset")]
fn numbered(compact: &[u8]) -> Option<&'static [u8]> {
    for prefix in [&b"iso8859"[..], b"iso88"] {
        if let Some(number) = compact.strip_prefix(prefix) {
            // with the year of the standard, as in ISO_8859-2:1987
            let number = match number {
                [rest @ .., b'1', b'9', b'8' | b'9', _] | [rest @ .., b'2', b'0', b'0', b'1']
                    if !rest.is_empty() =>
                {
                    rest
                }
                _ => number,
            };
            if let Some(name) = iso_8859(number) {
                return Some(name);
            }
        }
    }
    if let Some(number) = compact.strip_prefix(b"cp28").or_else(|| compact.strip_prefix(b"windows28")) {
        return match number {
            [b'5', b'9', digit] => iso_8859(&[*digit]),
            [b'6', b'0', b'3'] => iso_8859(b"13"),
            [b'6', b'0', b'5'] => iso_8859(b"15"),
            _ => None,
        };
    }
    let number =
        ["windows", "win", "cp", "xcp", "ansi", "ibm", "csibm", "dos", ""].iter().find_map(|prefix| {
            compact
                .strip_prefix(prefix.as_bytes())
                .filter(|rest| rest.first().is_some_and(u8::is_ascii_digit))
        })?;
    Some(match number {
        b"874" => b"windows-874",
        b"932" => b"shift_jis",
        b"936" => b"gbk",
        b"949" => b"euc-kr",
        b"950" => b"big5",
        b"866" => b"ibm866",
        b"1250" => b"windows-1250",
        b"1251" => b"windows-1251",
        b"1253" => b"windows-1253",
        b"1254" => b"windows-1254",
        b"1255" => b"windows-1255",
        b"1256" => b"windows-1256",
        b"1257" => b"windows-1257",
        b"1258" => b"windows-1258",
        _ => return None,
    })
}

#[cfg(feature = "charset")]
fn iso_8859(number: &[u8]) -> Option<&'static [u8]> {
    Some(match number {
        b"2" => b"iso-8859-2",
        b"3" => b"iso-8859-3",
        b"4" => b"iso-8859-4",
        b"5" => b"iso-8859-5",
        b"6" => b"iso-8859-6",
        b"7" => b"iso-8859-7",
        b"8" => b"iso-8859-8",
        b"9" => b"windows-1254",
        b"10" => b"iso-8859-10",
        b"11" => b"windows-874",
        b"13" => b"iso-8859-13",
        b"14" => b"iso-8859-14",
        b"15" => b"iso-8859-15",
        b"16" => b"iso-8859-16",
        _ => return None,
    })
}
