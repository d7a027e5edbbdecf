//! Dates, and dates with times (RFC 9051 section 9, `date` and `date-time`).

use std::fmt;

use wire_core::__Civil;

use crate::{Encoder, Expected, ParseError, cursor::Cursor};

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// A day, as searches have it.
///
/// ```abnf
/// date-text  = date-day "-" date-month "-" date-year
/// date-day   = 1*2DIGIT
/// date-month = "Jan" / "Feb" / "Mar" / ...
/// date-year  = 4DIGIT
/// ```
///
/// # Example
///
/// ```
/// use imap_proto::Date;
///
/// let date = Date::new(2026, 3, 1).unwrap();
/// assert_eq!(date.to_string(), "1-Mar-2026");
/// assert_eq!(Date::new(2026, 2, 29), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Date {
    year: u16,
    month: u8,
    day: u8,
}

impl Date {
    /// A day, if there is such a one; of a year of four digits.
    pub const fn new(year: u16, month: u8, day: u8) -> Option<Self> {
        let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        let length = match month {
            2 => 28 + leap as u8,
            4 | 6 | 9 | 11 => 30,
            1..=12 => 31,
            _ => return None,
        };
        if day == 0 || day > length || year > 9999 { None } else { Some(Self { year, month, day }) }
    }

    /// The day of so many seconds since 1970, in Coordinated Universal Time.
    pub fn from_unix(seconds: i64) -> Option<Self> {
        let civil = __Civil::from_days(seconds.div_euclid(86_400));
        Self::new(
            u16::try_from(civil.year).ok()?,
            u8::try_from(civil.month).ok()?,
            u8::try_from(civil.day).ok()?,
        )
    }

    /// The year.
    pub const fn year(self) -> u16 {
        self.year
    }

    /// The month, from 1.
    pub const fn month(self) -> u8 {
        self.month
    }

    /// The day of the month, from 1.
    pub const fn day(self) -> u8 {
        self.day
    }

    fn month_name(self) -> &'static str {
        MONTHS.get(usize::from(self.month).wrapping_sub(1)).copied().unwrap_or("Jan")
    }

    /// Days since 1970-01-01.
    pub fn days(self) -> i64 {
        // Years begin in March here, so that leap days end them.
        let (year, month, day) = (i64::from(self.year), i64::from(self.month), i64::from(self.day));
        let year = if month <= 2 { year - 1 } else { year };
        let era = year.div_euclid(400);
        let of_era = year.rem_euclid(400);
        let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
        era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
    }

    /// With or without quotes.
    pub(crate) fn read(cursor: &mut Cursor<'_>) -> Result<Self, ParseError> {
        if let Some((date, rest)) = Self::plain(cursor.rest()) {
            cursor.resume(rest);
            return Ok(date);
        }
        let start = cursor.at();
        let quoted = cursor.eat(b'"');
        let date = Self::text(cursor).ok_or(ParseError::new(start, Expected::Date))?;
        if quoted {
            cursor.expect(b'"', Expected::Date)?;
        }
        Ok(date)
    }

    /// A day as most clients write it, and what follows it.
    #[inline]
    pub(crate) const fn plain(octets: &[u8]) -> Option<(Self, &[u8])> {
        // With one digit it has a place less.
        let (tens, octets) = match octets {
            [tens, octets @ ..] if matches!(octets, [_, b'-', ..]) => (*tens, octets),
            _ => (b'0', octets),
        };
        let Some(([ones, b'-', m1, m2, m3, b'-', y1, y2, y3, y4], rest)) = octets.split_first_chunk() else {
            return None;
        };
        let (century, year) = (pair(*y1, *y2), pair(*y3, *y4));
        if century > 99 || year > 99 {
            return None;
        }
        match Self::new(century as u16 * 100 + year as u16, month([*m1, *m2, *m3]), pair(tens, *ones)) {
            Some(date) => Some((date, rest)),
            None => None,
        }
    }

    fn text(cursor: &mut Cursor<'_>) -> Option<Self> {
        cursor.eat(b' ');
        let day = digits(cursor, 1, 2)?;
        if !cursor.eat(b'-') {
            return None;
        }
        let name = cursor.rest().get(..3)?;
        let month = MONTHS.iter().position(|month| name.eq_ignore_ascii_case(month.as_bytes()))?;
        cursor.advance(3);
        if !cursor.eat(b'-') {
            return None;
        }
        let year = digits(cursor, 4, 4)?;
        Self::new(u16::try_from(year).ok()?, u8::try_from(month + 1).ok()?, u8::try_from(day).ok()?)
    }

    pub(crate) fn encode(self, encoder: &mut Encoder) {
        encoder.octets(self.to_string().as_bytes());
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}-{:04}", self.day, self.month_name(), self.year)
    }
}

fn digits(cursor: &mut Cursor<'_>, least: usize, most: usize) -> Option<u32> {
    let rest = cursor.rest();
    let count = rest.iter().take(most).take_while(|octet| octet.is_ascii_digit()).count();
    if count < least {
        return None;
    }
    let number = rest.iter().take(count).fold(0, |number, digit| number * 10 + u32::from(digit - b'0'));
    cursor.advance(count);
    Some(number)
}

/// The number of a month, from 1; 0 if it is none, or not written as usual.
const fn month(name: [u8; 3]) -> u8 {
    const fn number(name: &[u8; 3]) -> u32 {
        u32::from_le_bytes([name[0], name[1], name[2], 0])
    }
    macro_rules! by_name {
        ($($name:literal $month:literal)+) => {{
            let name = number(&name);
            $(if name == const { number($name) } { $month } else)+ { 0 }
        }};
    }
    by_name!(
        b"Jan" 1 b"Feb" 2 b"Mar" 3 b"Apr" 4 b"May" 5 b"Jun" 6 b"Jul" 7 b"Aug" 8 b"Sep" 9 b"Oct" 10 b"Nov" 11 b"Dec" 12
    )
}

/// Two digits; 255 if they are none.
const fn pair(tens: u8, ones: u8) -> u8 {
    let (tens, ones) = (tens.wrapping_sub(b'0'), ones.wrapping_sub(b'0'));
    if tens > 9 || ones > 9 { u8::MAX } else { tens * 10 + ones }
}

/// A moment, as INTERNALDATE and APPEND have it: a day, a time, and the difference from Coordinated Universal Time.
///
/// ```abnf
/// date-time      = DQUOTE date-day-fixed "-" date-month "-" date-year SP time SP zone DQUOTE
/// date-day-fixed = (SP DIGIT) / 2DIGIT
/// time           = 2DIGIT ":" 2DIGIT ":" 2DIGIT
/// zone           = ("+" / "-") 4DIGIT
/// ```
///
/// # Example
///
/// ```
/// use imap_proto::DateTime;
///
/// let date = DateTime::from_unix(837595805, -7 * 60).unwrap();
/// assert_eq!(date.to_string(), "17-Jul-1996 02:30:05 -0700");
/// assert_eq!(DateTime::parse(b"\"17-Jul-1996 02:44:25 -0700\"").unwrap().unix(), 837596665);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DateTime {
    date: Date,
    hour: u8,
    minute: u8,
    second: u8,
    /// Minutes east.
    zone: i16,
}

impl DateTime {
    /// A moment, if there is such a one. `zone` is in minutes east of Coordinated Universal Time; seconds go to 60.
    pub const fn new(date: Date, hour: u8, minute: u8, second: u8, zone: i16) -> Option<Self> {
        if hour > 23 || minute > 59 || second > 60 || zone <= -100 * 60 || zone >= 100 * 60 {
            return None;
        }
        Some(Self { date, hour, minute, second, zone })
    }

    /// The moment so many seconds after the beginning of 1970; `zone` says how it is written.
    pub fn from_unix(seconds: i64, zone: i16) -> Option<Self> {
        let local = seconds.checked_add(i64::from(zone) * 60)?;
        let of_day = local.rem_euclid(86_400);
        let part = |value: i64| u8::try_from(value).ok();
        Self::new(
            Date::from_unix(local)?,
            part(of_day / 3600)?,
            part(of_day / 60 % 60)?,
            part(of_day % 60)?,
            zone,
        )
    }

    /// Seconds since the beginning of 1970.
    pub fn unix(self) -> i64 {
        let of_day = i64::from(self.hour) * 3600 + i64::from(self.minute) * 60 + i64::from(self.second);
        self.date.days() * 86_400 + of_day - i64::from(self.zone) * 60
    }

    /// The day, where it was written.
    pub const fn date(self) -> Date {
        self.date
    }

    /// Hour, minute and second, where it was written.
    pub const fn time(self) -> (u8, u8, u8) {
        (self.hour, self.minute, self.second)
    }

    /// The difference from Coordinated Universal Time, in minutes east.
    pub const fn zone(self) -> i16 {
        self.zone
    }

    /// Reads a moment in its quotes, all of the octets.
    ///
    /// # Errors
    ///
    /// [`ParseError`], also if there is no such moment.
    pub fn parse(octets: &[u8]) -> Result<Self, ParseError> {
        let frame = bytes::Bytes::copy_from_slice(octets);
        let mut cursor = Cursor::new(&frame);
        let date = Self::read(&mut cursor)?;
        cursor.end()?;
        Ok(date)
    }

    pub(crate) fn read(cursor: &mut Cursor<'_>) -> Result<Self, ParseError> {
        let start = cursor.at();
        Self::quoted(cursor).ok_or(ParseError::new(start, Expected::Date))
    }

    /// A moment as most servers write it, and what follows it.
    #[inline]
    pub(crate) const fn plain(octets: &[u8]) -> Option<(Self, &[u8])> {
        let [
            b'"',
            d1,
            d2,
            b'-',
            m1,
            m2,
            m3,
            b'-',
            y1,
            y2,
            y3,
            y4,
            b' ',
            h1,
            h2,
            b':',
            n1,
            n2,
            b':',
            s1,
            s2,
            b' ',
            sign @ (b'+' | b'-'),
            z1,
            z2,
            z3,
            z4,
            b'"',
            rest @ ..,
        ] = octets
        else {
            return None;
        };
        let d1 = if *d1 == b' ' { b'0' } else { *d1 };
        let month = month([*m1, *m2, *m3]);
        // Two digits make no more than 99; what is no digit makes more than any of these may be.
        let (century, year) = (pair(*y1, *y2), pair(*y3, *y4));
        let (day, hour, minute, second) = (pair(d1, *d2), pair(*h1, *h2), pair(*n1, *n2), pair(*s1, *s2));
        let (hours, minutes) = (pair(*z1, *z2), pair(*z3, *z4));
        if century > 99 || year > 99 || hours > 99 || minutes > 59 {
            return None;
        }
        let Some(date) = Date::new(century as u16 * 100 + year as u16, month, day) else { return None };
        let zone = hours as i16 * 60 + minutes as i16;
        match Self::new(date, hour, minute, second, if *sign == b'-' { -zone } else { zone }) {
            Some(date) => Some((date, rest)),
            None => None,
        }
    }

    fn quoted(cursor: &mut Cursor<'_>) -> Option<Self> {
        if !cursor.eat(b'"') {
            return None;
        }
        let date = Date::text(cursor)?;
        let mut after = |octet: u8| if cursor.eat(octet) { digits(cursor, 2, 2) } else { None };
        let (hour, minute, second) = (after(b' ')?, after(b':')?, after(b':')?);
        if !cursor.eat(b' ') {
            return None;
        }
        let west = match cursor.peek()? {
            b'+' => false,
            b'-' => true,
            _ => return None,
        };
        cursor.advance(1);
        let (hours, minutes) = (digits(cursor, 2, 2)?, digits(cursor, 2, 2)?);
        if minutes > 59 || !cursor.eat(b'"') {
            return None;
        }
        let zone = i16::try_from(hours * 60 + minutes).ok()?;
        let part = |value: u32| u8::try_from(value).ok();
        Self::new(date, part(hour)?, part(minute)?, part(second)?, if west { -zone } else { zone })
    }

    pub(crate) fn encode(self, encoder: &mut Encoder) {
        encoder.octets(b"\"");
        // date-day-fixed has two octets
        if self.date.day < 10 {
            encoder.octets(b" ");
        }
        encoder.octets(self.to_string().as_bytes());
        encoder.octets(b"\"");
    }
}

impl fmt::Display for DateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (sign, zone) = if self.zone < 0 { ('-', -self.zone) } else { ('+', self.zone) };
        let Self { date, hour, minute, second, .. } = self;
        write!(f, "{date} {hour:02}:{minute:02}:{second:02} {sign}{:02}{:02}", zone / 60, zone % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_there_and_back() {
        for text in [
            "\"17-Jul-1996 02:44:25 -0700\"",
            "\" 1-Jan-1970 00:00:00 +0000\"",
            "\"29-Feb-2024 23:59:60 +1400\"",
        ] {
            let date = DateTime::parse(text.as_bytes()).unwrap();
            let mut encoder = Encoder::for_text();
            date.encode(&mut encoder);
            assert_eq!(encoder.text(), text.as_bytes());
            assert_eq!(DateTime::plain(text.as_bytes()), Some((date, &b""[..])));
        }
        for seconds in (-60_000_000_000_i64..200_000_000_000).step_by(7_777_777_777) {
            assert_eq!(DateTime::from_unix(seconds, 90).unwrap().unix(), seconds);
        }
    }

    #[test]
    fn moments_that_never_were() {
        for text in [
            "\"00-Jan-0000 00:00:00 +0000\"",
            "\"27-JAG-2018 13:41:57 -0400\"",
            "\"27-OCT-2018 13:41:57 -0400 XYZ\"",
            "\"30-Feb-2024 00:00:00 +0000\"",
            "\"1-Jan-2024 24:00:00 +0000\"",
            "\"1-Jan-2024 00:00:00 +0060\"",
            "1-Jan-2024 00:00:00 +0000",
        ] {
            assert!(DateTime::parse(text.as_bytes()).is_err(), "{text}");
            assert_eq!(DateTime::plain(text.as_bytes()), None, "{text}");
        }
    }
}
