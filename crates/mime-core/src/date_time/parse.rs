//! Reading dates: the form that nearly all mail has, and then everything else.

use super::names::{FOREIGN_MONTHS, OBSOLETE_ZONES, ZONES, month_number, weekday_number};
use super::{DateTime, OFFSETS};
use crate::{Config, DefectKind, Report, encoded_word};

pub(super) fn date_time(value: &[u8], report: &mut impl Report) -> Option<DateTime> {
    if let Some(date) = canonical(value) {
        return Some(date);
    }
    let whole = 0..value.len();
    // A trace field: the date stands behind the last semicolon.
    let rest = memchr::memrchr(b';', value).and_then(|at| value.get(at + 1..));
    let mut found = None;
    for candidate in [Some(value), rest].into_iter().flatten() {
        found = Tokens::new(candidate).date();
        if found.is_some() {
            break;
        }
    }
    if found.is_none() && memchr::memmem::find(value, b"=?").is_some() {
        // RFC 2047 section 5 allows no encoded word here.
        let text = encoded_word::decode_text(value, &Config::new(), &mut ());
        found = Tokens::new(text.as_bytes()).date();
        if found.is_some() {
            report.report(DefectKind::EncodedWordInStructured, whole.clone());
        }
    }
    let Some((date, form)) = found else {
        report.report(DefectKind::InvalidDate, whole);
        return None;
    };
    match form {
        Form::Legal => {}
        Form::Obsolete => report.report(DefectKind::ObsoleteSyntax, whole),
        Form::Guessed => report.report(DefectKind::DateForm, whole),
    }
    Some(date)
}

/// `[day-name "," SP] 1*2DIGIT SP month-name SP 4DIGIT SP 2DIGIT ":" 2DIGIT [":" 2DIGIT] SP ("+" / "-") 4DIGIT`, white
/// space around it, one plain comment behind it, and every part as it should be: no defect can be found in it.
fn canonical(value: &[u8]) -> Option<DateTime> {
    let mut rest = value;
    while let [b' ' | b'\t' | b'\r' | b'\n', tail @ ..] = rest {
        rest = tail;
    }
    let mut weekday = None;
    if let [a, b, c, b',', b' ', tail @ ..] = rest {
        weekday = Some(weekday_number([*a, *b, *c])?);
        rest = tail;
    }
    if let [b' ', tail @ ..] = rest {
        rest = tail;
    }
    let (day, rest) = match rest {
        [d, b' ', tail @ ..] => (digit(*d)?, tail),
        [d, e, b' ', tail @ ..] => (two(*d, *e)?, tail),
        _ => return None,
    };
    let [a, b, c, b' ', y1, y2, y3, y4, b' ', h1, h2, b':', m1, m2, tail @ ..] = rest else {
        return None;
    };
    let month = month_number([*a, *b, *c])?;
    let year = u16::from(two(*y1, *y2)?) * 100 + u16::from(two(*y3, *y4)?);
    let (second, tail) = match tail {
        [b':', s1, s2, tail @ ..] => (two(*s1, *s2)?, tail),
        _ => (0, tail),
    };
    let [b' ', sign, z1, z2, z3, z4, tail @ ..] = tail else {
        return None;
    };
    let (hours, minutes) = (two(*z1, *z2)?, two(*z3, *z4)?);
    let offset = i16::from(hours) * 60 + i16::from(minutes);
    let offset = match sign {
        b'+' => offset,
        b'-' => -offset,
        _ => return None,
    };
    match tail {
        [] | [b'\n'] | [b'\r', b'\n'] => {}
        [b' ', b'(', b'A'..=b'Z', b'A'..=b'Z', b'A'..=b'Z', b')'] => {}
        [b' ', b'(', comment @ .., b')'] if comment.iter().all(|b| b.is_ascii_alphabetic()) => {}
        _ => return None,
    }
    if second > 59 || minutes > 59 || year < 1900 {
        return None;
    }
    let time = (two(*h1, *h2)?, two(*m1, *m2)?, second);
    let (date, of_week) = DateTime::with_weekday(year, month, day, time, offset)?;
    if weekday.is_some_and(|weekday| weekday != of_week) {
        return None;
    }
    let zone_unknown = *sign == b'-' && offset == 0;
    Some(if zone_unknown { date.with_zone_unknown() } else { date })
}

fn digit(octet: u8) -> Option<u8> {
    octet.is_ascii_digit().then(|| octet - b'0')
}

#[inline]
fn two(tens: u8, ones: u8) -> Option<u8> {
    let (tens, ones) = (tens.wrapping_sub(b'0'), ones.wrapping_sub(b'0'));
    (tens <= 9 && ones <= 9).then(|| tens * 10 + ones)
}

/// How a date is written.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Form {
    Legal,
    Obsolete,
    Guessed,
}

#[derive(Clone, Copy)]
enum Token<'a> {
    /// How many digits, and their value (`u32::MAX` if it is larger).
    Number(usize, u32),
    /// Letters and octets above 127.
    Word(&'a [u8]),
    /// Anything else that is neither white space nor comment.
    Sign(u8),
}

/// More than any date has; what follows is junk.
const MAX_TOKENS: usize = 32;

/// The beginning of a value as tokens; each knows whether it touches the one before.
struct Tokens<'a> {
    list: [(Token<'a>, bool); MAX_TOKENS],
    count: usize,
    next: usize,
    /// A comment is not closed.
    unclosed: bool,
}

impl<'a> Tokens<'a> {
    fn new(value: &'a [u8]) -> Self {
        let mut tokens =
            Self { list: [(Token::Sign(0), false); MAX_TOKENS], count: 0, next: 0, unclosed: false };
        let mut rest = value;
        let mut touches = false;
        while let [first, tail @ ..] = rest {
            let token = match *first {
                // What follows a line end without white space is another field.
                b'\n' if !matches!(tail, [b' ' | b'\t', ..]) => break,
                b' ' | b'\t' | b'\r' | b'\n' => {
                    rest = tail;
                    touches = false;
                    continue;
                }
                b'(' => {
                    (rest, tokens.unclosed) = skip_comment(tail);
                    touches = false;
                    continue;
                }
                b'0'..=b'9' => {
                    let digits = rest.iter().take_while(|b| b.is_ascii_digit());
                    let (count, number) = digits.fold((0, 0u32), |(count, number), digit| {
                        let digit = u32::from(digit - b'0');
                        (count + 1, number.saturating_mul(10).saturating_add(digit))
                    });
                    rest = rest.get(count..).unwrap_or_default();
                    Token::Number(count, number)
                }
                b'A'..=b'Z' | b'a'..=b'z' | 128.. => {
                    let is_letter = |b: &&u8| b.is_ascii_alphabetic() || **b >= 128;
                    let (word, tail) = rest.split_at(rest.iter().take_while(is_letter).count());
                    rest = tail;
                    Token::Word(word)
                }
                sign => {
                    rest = tail;
                    Token::Sign(sign)
                }
            };
            let Some(slot) = tokens.list.get_mut(tokens.count) else {
                break;
            };
            *slot = (token, touches);
            tokens.count += 1;
            touches = true;
        }
        tokens
    }

    fn at(&self, index: usize) -> Option<Token<'a>> {
        self.list.get(index).filter(|_| index < self.count).map(|(token, _)| *token)
    }

    fn peek(&self, ahead: usize) -> Option<Token<'a>> {
        self.at(self.next + ahead)
    }

    fn touches(&self, ahead: usize) -> bool {
        self.list.get(self.next + ahead).is_some_and(|(_, touches)| *touches)
    }

    fn date(mut self) -> Option<(DateTime, Form)> {
        let mut draft = Draft::default();
        while let Some(token) = self.peek(0) {
            if draft.has_date() && draft.time.is_some() && draft.zone.is_some() {
                draft.guessed();
                break;
            }
            match token {
                Token::Number(digits, number) => self.number(&mut draft, digits, number)?,
                Token::Word(word) => self.word(&mut draft, word)?,
                Token::Sign(sign) => self.sign(&mut draft, sign),
            }
        }
        if self.unclosed {
            // What it swallowed was perhaps the time.
            draft.time?;
            draft.guessed();
        }
        draft.finish()
    }

    fn number(&mut self, draft: &mut Draft, digits: usize, number: u32) -> Option<()> {
        if draft.time.is_none() {
            if let Some(Token::Sign(b':')) = self.peek(1) {
                self.time(draft);
                return Some(());
            }
            if draft.has_date() {
                self.time_without_colons(draft, digits, number);
                return Some(());
            }
            if digits == 8 && draft.count == 0 && draft.month.is_none() {
                draft.guessed();
                draft.add(4, number / 10_000)?;
                draft.add(2, number / 100 % 100)?;
                draft.add(2, number % 100)?;
                self.next += 1;
                return Some(());
            }
        } else if draft.has_date() {
            // An offset without sign, or a number that is none.
            draft.guessed();
            let signed = self.touches(1) && matches!(self.peek(1), Some(Token::Sign(b'+' | b'-')));
            draft.zone =
                Some(if digits <= 4 && !signed { offset(number / 100, number % 100, false) } else { None });
            self.next += 1;
            return Some(());
        }
        draft.add(digits, number)?;
        self.next += 1;
        if let Some(Token::Word(word)) = self.peek(0)
            && self.touches(0)
            && [&b"st"[..], b"nd", b"rd", b"th"].iter().any(|suffix| word.eq_ignore_ascii_case(suffix))
        {
            draft.guessed();
            self.next += 1;
        }
        Some(())
    }

    /// Hours, a colon, and what belongs to them.
    fn time(&mut self, draft: &mut Draft) {
        let mut parts = [None; 3];
        for (index, part) in parts.iter_mut().enumerate() {
            if index > 0 {
                if !matches!(self.peek(0), Some(Token::Sign(b':'))) {
                    break;
                }
                self.next += 1;
            }
            if let Some(Token::Number(digits, number)) = self.peek(0) {
                if digits != 2 {
                    draft.guessed();
                }
                *part = Some(number);
                self.next += 1;
            } else {
                draft.guessed();
                break;
            }
        }
        if let [_, _, Some(_)] = parts {
            self.skip_fraction(draft);
        }
        let [hour, minute, second] = parts.map(|part| part.unwrap_or(0));
        self.set_time(draft, hour, minute, second);
    }

    fn skip_fraction(&mut self, draft: &mut Draft) {
        if let (Some(Token::Sign(b'.' | b',')), Some(Token::Number(..))) = (self.peek(0), self.peek(1))
            && self.touches(0)
            && self.touches(1)
        {
            draft.guessed();
            self.next += 2;
        }
    }

    /// Behind a date: `HHMMSS`, `HHMM`, or hours, minutes and seconds one by one. A lone number is no time.
    fn time_without_colons(&mut self, draft: &mut Draft, digits: usize, number: u32) {
        draft.guessed();
        self.next += 1;
        let apart = (self.peek(0), self.peek(1));
        if let (2, Some(Token::Sign(b'.')), Some(Token::Number(2, minute))) = (digits, apart.0, apart.1) {
            self.next += 2;
            let mut second = 0;
            if let (Some(Token::Sign(b'.')), Some(Token::Number(2, number))) = (self.peek(0), self.peek(1)) {
                second = number;
                self.next += 2;
            }
            self.set_time(draft, number, minute, second);
        } else if let (Some(Token::Number(1..=2, minute)), Some(Token::Number(1..=2, second))) = apart
            && digits <= 2
        {
            self.next += 2;
            self.set_time(draft, number, minute, second);
        } else if digits == 6 {
            self.set_time(draft, number / 10_000, number / 100 % 100, number % 100);
        } else if digits == 4 {
            self.set_time(draft, number / 100, number % 100, 0);
        }
    }

    fn set_time(&mut self, draft: &mut Draft, mut hour: u32, minute: u32, second: u32) {
        if let Some(Token::Word(word)) = self.peek(0) {
            let afternoon = word.eq_ignore_ascii_case(b"PM");
            if afternoon || word.eq_ignore_ascii_case(b"AM") {
                draft.guessed();
                self.next += 1;
                if hour == 12 {
                    hour = 0;
                }
                if afternoon && hour < 12 {
                    hour += 12;
                }
            }
        }
        let small = |number: u32, limit: u8| u8::try_from(number).ok().filter(|number| *number <= limit);
        let time = match (small(hour, 23), small(minute, 59), small(second, 60)) {
            (Some(23), Some(59), Some(60)) => Some((23, 59, 59)),
            (Some(hour), Some(minute), Some(second)) if second < 60 => Some((hour, minute, second)),
            _ => None,
        };
        if time.is_none() || second == 60 {
            draft.guessed();
        }
        draft.time = Some(time.unwrap_or_default());
    }

    fn word(&mut self, draft: &mut Draft, word: &[u8]) -> Option<()> {
        let first = self.next == 0;
        let separates = self.touches(0) && self.touches(1) && matches!(self.peek(1), Some(Token::Number(..)));
        self.next += 1;
        let start: Option<[u8; 3]> = word.first_chunk().copied();
        if draft.time.is_some() && draft.zone.is_none() && (draft.month.is_some() || draft.count == 3) {
            // Behind the time stands the zone, or the day of the week.
            if word.len() >= 3 && draft.weekday.is_none() && start.and_then(weekday_number).is_some() {
                draft.guessed();
                draft.weekday = start.and_then(weekday_number);
                return Some(());
            }
            self.zone_name(draft, word);
            return Some(());
        }
        if let Some(weekday) = start.and_then(weekday_number)
            && draft.weekday.is_none()
        {
            if word.len() > 3 || !first || !matches!(self.peek(0), Some(Token::Sign(b','))) {
                draft.guessed();
            }
            draft.weekday = Some(weekday);
        } else if draft.month_is_open()
            && let Some(month) = start.and_then(month_number)
        {
            if word.len() > 3 || draft.count == 0 {
                draft.guessed();
            }
            draft.set_month(month, first);
        } else if draft.month_is_open()
            && let Some((_, month)) = FOREIGN_MONTHS.iter().find(|(name, _)| {
                word.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name))
            })
        {
            draft.guessed();
            draft.set_month(*month, first);
        } else if first || (separates && word.eq_ignore_ascii_case(b"T")) {
            // The day of the week in another language, or what ISO 8601 has between date and time.
            draft.guessed();
        } else {
            // Prose.
            return None;
        }
        Some(())
    }

    fn zone_name(&mut self, draft: &mut Draft, word: &[u8]) {
        let known = ZONES.iter().position(|(name, _)| word.eq_ignore_ascii_case(name));
        let zone = known.and_then(|index| ZONES.get(index)).map(|(_, offset)| *offset);
        // GMT+1
        if zone == Some(0)
            && self.touches(0)
            && let Some(Token::Sign(sign @ (b'+' | b'-'))) = self.peek(0)
        {
            self.sign(draft, sign);
            draft.guessed();
            return;
        }
        match known {
            Some(index) if index < OBSOLETE_ZONES => draft.obsolete(),
            // RFC 5322 section 4.3: "they SHOULD all be considered equivalent to "-0000" unless there is out-of-band
            // information confirming their meaning."
            None if word.len() == 1 => draft.obsolete(),
            _ => draft.guessed(),
        }
        draft.zone = Some(zone.map(|offset| (offset, false)));
    }

    fn sign(&mut self, draft: &mut Draft, sign: u8) {
        let touches = self.touches(0);
        let joins = touches && !draft.has_date() && draft.time.is_some() && draft.last_was_number;
        self.next += 1;
        if let (b'+' | b'-', Some(Token::Number(digits, number)), Some(_), None, false) =
            (sign, self.peek(0), draft.time, draft.zone, joins)
        {
            let behind = sign == b'-';
            self.next += 1;
            let colon = matches!(self.peek(0), Some(Token::Sign(b':')));
            draft.zone = Some(match (digits, self.peek(1)) {
                (1..=2, Some(Token::Number(2, minutes))) if colon => {
                    draft.guessed();
                    self.next += 2;
                    offset(number, minutes, behind)
                }
                (1..=2, _) => {
                    draft.guessed();
                    offset(number, 0, behind)
                }
                (3..=4, _) => offset(number / 100, number % 100, behind),
                _ => None,
            });
            if digits != 4 || draft.zone == Some(None) || touches {
                draft.guessed();
            }
        } else if sign != b',' || self.next != 2 {
            draft.slashes |= sign == b'/';
            draft.guessed();
        }
    }
}

/// The rest behind a comment whose parenthesis was just opened, and whether it is not closed.
fn skip_comment(mut rest: &[u8]) -> (&[u8], bool) {
    let mut depth = 1usize;
    while let [first, tail @ ..] = rest {
        rest = tail;
        match first {
            b'(' => depth += 1,
            b')' => depth -= 1,
            b'\\' => rest = tail.split_first().map_or(tail, |(_, tail)| tail),
            b'\n' if !matches!(tail, [b' ' | b'\t', ..]) => return (&[], true),
            _ => {}
        }
        if depth == 0 {
            return (rest, false);
        }
    }
    (rest, true)
}

/// An offset in minutes and whether the zone is meant to be unknown; `None` if no place has it.
fn offset(hours: u32, minutes: u32, behind: bool) -> Option<(i16, bool)> {
    let (hours, minutes) = (u8::try_from(hours).ok()?, u8::try_from(minutes).ok()?);
    let all = i16::from(hours) * 60 + i16::from(minutes);
    let offset = if behind { -all } else { all };
    // RFC 5322 section 3.3: "Though "-0000" also indicates Universal Time, it is used to indicate that the time was
    // generated on a system that may be in a local time zone other than Universal Time"
    (minutes <= 59 && OFFSETS.contains(&offset)).then_some((offset, behind && all == 0))
}

/// What is known of a date while its tokens are read.
struct Draft {
    form: Form,
    weekday: Option<u8>,
    month: Option<u8>,
    /// The month was the first token: it may be a day of the week in another language, if another month follows.
    month_first: bool,
    /// Day, month and year in the order they stand, as digits and value.
    numbers: [(usize, u32); 3],
    count: usize,
    last_was_number: bool,
    slashes: bool,
    time: Option<(u8, u8, u8)>,
    /// `Some(None)`: one that cannot be understood.
    zone: Option<Option<(i16, bool)>>,
}

impl Default for Draft {
    fn default() -> Self {
        Self {
            form: Form::Legal,
            weekday: None,
            month: None,
            month_first: false,
            numbers: [(0, 0); 3],
            count: 0,
            last_was_number: false,
            slashes: false,
            time: None,
            zone: None,
        }
    }
}

impl Draft {
    fn guessed(&mut self) {
        self.form = Form::Guessed;
    }

    fn obsolete(&mut self) {
        self.form = self.form.max(Form::Obsolete);
    }

    fn has_date(&self) -> bool {
        self.count + usize::from(self.month.is_some()) >= 3
    }

    fn month_is_open(&self) -> bool {
        self.month.is_none() || self.month_first
    }

    fn set_month(&mut self, month: u8, first: bool) {
        self.month = Some(month);
        self.month_first = first;
        self.last_was_number = false;
    }

    fn add(&mut self, digits: usize, number: u32) -> Option<()> {
        *self.numbers.get_mut(self.count)? = (digits, number);
        self.count += 1;
        self.last_was_number = true;
        if self.time.is_some() {
            self.guessed();
        }
        Some(())
    }

    fn finish(mut self) -> Option<(DateTime, Form)> {
        let [a, b, c] = self.numbers;
        let is_year = |(digits, number): (usize, u32)| digits >= 3 || number > 31;
        let (year, month, day) = match (self.month, self.count) {
            (Some(month), 2) if is_year(a) => {
                self.guessed();
                (a, u32::from(month), b)
            }
            (Some(month), 2) => (b, u32::from(month), a),
            (None, 3) => {
                self.guessed();
                let american = (c, a.1, b);
                let usual = (c, b.1, a);
                if is_year(a) {
                    (a, b.1, c)
                } else if (self.slashes && a.1 <= 12) || b.1 > 12 {
                    american
                } else {
                    usual
                }
            }
            _ => return None,
        };
        let year = self.year(year)?;
        let (month, day) = (u8::try_from(month).ok()?, u8::try_from(day.1).ok()?);
        let (hour, minute, second) = self.time.unwrap_or_else(|| {
            self.form = Form::Guessed;
            (0, 0, 0)
        });
        let (offset, unknown) = match self.zone {
            Some(Some(zone)) => zone,
            unknown => {
                if unknown.is_none() {
                    self.guessed();
                }
                (0, true)
            }
        };
        let date = DateTime::new(year, month, day, hour, minute, second, offset)?;
        if self.weekday.is_some_and(|weekday| weekday != date.weekday()) {
            self.guessed();
        }
        Some((if unknown { date.with_zone_unknown() } else { date }, self.form))
    }

    fn year(&mut self, (digits, number): (usize, u32)) -> Option<u16> {
        // RFC 5322 section 4.3: "If a two digit year is encountered whose value is between 00 and 49, the year is
        // interpreted by adding 2000, ending up with a value between 2000 and 2049.  If a two digit year is
        // encountered with a value between 50 and 99, or any three digit year is encountered, the year is interpreted
        // by adding 1900."
        let year = match (digits, number) {
            (2, ..=49) => number + 2000,
            (2, _) | (3, _) => number + 1900,
            (4.., _) => number,
            _ => return None,
        };
        if digits < 4 {
            self.obsolete();
        } else if digits > 4 || year < 1900 {
            self.guessed();
        }
        u16::try_from(year).ok()
    }
}
