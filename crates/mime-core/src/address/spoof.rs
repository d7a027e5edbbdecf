//! Names and domains that pretend.

use std::ops::Range;

use crate::{DefectKind, Report};

/// Whether a raw name may be worth a look: it holds an at sign, something encoded, or more than ASCII.
pub(super) fn may_concern(raw: &[u8]) -> bool {
    !raw.is_ascii() || memchr::memchr2(b'@', b'?', raw).is_some()
}

/// Tells what is wrong with a display name beside an address.
pub(super) fn name(name: &str, address: Option<&str>, span: Range<usize>, report: &mut impl Report) {
    if holds_other_address(name, address) {
        report.report(DefectKind::DisplayNameAddress, span.clone());
    }
    if name.is_ascii() {
        return;
    }
    if name.chars().any(is_bidi_control) {
        report.report(DefectKind::BidiControl, span.clone());
    }
    if name.split(|char: char| !char.is_alphanumeric()).any(mixes_scripts) {
        report.report(DefectKind::ConfusableScript, span);
    }
}

/// Tells what is wrong with a domain.
pub(super) fn domain(domain: &str, span: Range<usize>, report: &mut impl Report) {
    if domain.chars().any(is_bidi_control) {
        report.report(DefectKind::BidiControl, span.clone());
    }
    if domain.is_ascii() {
        return;
    }
    let top = domain.rsplit('.').next().unwrap_or_default();
    let pretends = |label: &str| mixes_scripts(label) || (looks_latin(label) && !top.chars().any(is_other));
    if domain.split('.').any(pretends) {
        report.report(DefectKind::ConfusableScript, span);
    }
}

/// Whether there is something like an address in a name that is not the address beside it.
fn holds_other_address(name: &str, address: Option<&str>) -> bool {
    name.split(|char: char| {
        char.is_whitespace() || matches!(char, '<' | '>' | '(' | ')' | '"' | '\'' | ',' | ';')
    })
    .filter(|word| {
        let around = word.split_once('@');
        around.is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty())
    })
    .any(|word| !address.is_some_and(|address| word.eq_ignore_ascii_case(address)))
}

fn is_bidi_control(char: char) -> bool {
    matches!(char, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Script {
    Latin,
    Greek,
    Cyrillic,
    Armenian,
    Cherokee,
}

/// The scripts whose letters are taken for each other.
fn script(char: char) -> Option<Script> {
    match char {
        'A'..='Z' | 'a'..='z' | '\u{C0}'..='\u{D6}' | '\u{D8}'..='\u{F6}' | '\u{F8}'..='\u{2AF}' => {
            Some(Script::Latin)
        }
        '\u{1E00}'..='\u{1EFF}' | '\u{FF21}'..='\u{FF3A}' | '\u{FF41}'..='\u{FF5A}' => Some(Script::Latin),
        '\u{370}'..='\u{373}' | '\u{376}'..='\u{37D}' | '\u{37F}' | '\u{386}' | '\u{388}'..='\u{3FF}' => {
            Some(Script::Greek)
        }
        '\u{1F00}'..='\u{1FFF}' => Some(Script::Greek),
        '\u{400}'..='\u{52F}'
        | '\u{1C80}'..='\u{1C8F}'
        | '\u{2DE0}'..='\u{2DFF}'
        | '\u{A640}'..='\u{A69F}' => Some(Script::Cyrillic),
        '\u{531}'..='\u{58A}' => Some(Script::Armenian),
        '\u{13A0}'..='\u{13FF}' | '\u{AB70}'..='\u{ABBF}' => Some(Script::Cherokee),
        _ => None,
    }
}

fn mixes_scripts(label: &str) -> bool {
    let mut scripts = label.chars().filter_map(script);
    let Some(first) = scripts.next() else { return false };
    scripts.any(|script| script != first)
}

fn is_other(char: char) -> bool {
    script(char).is_some_and(|script| script != Script::Latin)
}

/// Whether all letters are of another script, and each could be taken for a Latin one.
fn looks_latin(label: &str) -> bool {
    let alike = |char: char| {
        matches!(
            char,
            'а' | 'с'
                | 'е'
                | 'о'
                | 'р'
                | 'х'
                | 'у'
                | 'ѕ'
                | 'і'
                | 'ї'
                | 'ј'
                | 'ԛ'
                | 'ԝ'
                | 'һ'
                | 'ӏ'
                | 'ԁ'
                | 'ё'
        ) || matches!(
            char,
            'А' | 'В'
                | 'Е'
                | 'К'
                | 'М'
                | 'Н'
                | 'О'
                | 'Р'
                | 'С'
                | 'Т'
                | 'У'
                | 'Х'
                | 'Ѕ'
                | 'І'
                | 'Ј'
                | 'Ӏ'
        ) || matches!(char, 'ο' | 'α' | 'ν' | 'ρ' | 'υ' | 'ι' | 'κ' | 'χ' | 'ϲ' | 'ϳ' | 'Α'..='Β' | 'Ε'..='Ζ' | 'Η')
            || matches!(char, 'Ι' | 'Κ' | 'Μ' | 'Ν' | 'Ο' | 'Ρ' | 'Τ' | 'Υ' | 'Χ')
            || matches!(char, 'օ' | 'ո' | 'ս' | 'հ' | 'ց' | 'զ')
    };
    label.chars().any(is_other) && label.chars().all(|char| !char.is_alphabetic() || alike(char))
}
