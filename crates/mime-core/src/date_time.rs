//! Dates, as fields have them: nothing here asks a clock.

mod names;
mod parse;

use std::fmt;

use wire_core::__Civil;

use crate::Report;

const DAY_NAMES: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const MONTH_NAMES: [&str; 13] =
    ["", "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// The zones there are, in minutes: from twelve hours behind to fourteen before UTC.
const OFFSETS: std::ops::RangeInclusive<i16> = -720..=840;

/// A point of time with the local offset, as `Date` and trace fields give it (RFC 5322 section 3.3).
///
/// Dates are ordered by the instant they name, then by offset: two that differ only in offset are not equal; compare
/// [`to_unix`](Self::to_unix) to ask for the same instant. A leap second is the second before it. The calendar is the
/// Gregorian one, for every year from 1 to 9999.
///
/// # Example
///
/// ```
/// use mime_core::DateTime;
///
/// let date = DateTime::parse(b" Tue, 24 Nov 2026 13:00:00 +0100", &mut ()).unwrap();
/// assert_eq!(date.to_unix(), 1_795_521_600);
/// assert_eq!(date.offset_minutes(), 60);
/// assert_eq!(date.to_string(), "Tue, 24 Nov 2026 13:00:00 +0100");
/// assert_eq!(date.to_rfc3339(), "2026-11-24T13:00:00+01:00");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DateTime {
    unix: i64,
    offset_minutes: i16,
    zone_unknown: bool,
}

/// Days from 0000-03-01 to 1970-01-01.
const EPOCH: i64 = 719_468;

/// Days from 0000-03-01 to a day of the Gregorian calendar.
#[inline]
fn days_from_civil(year: u32, month: u32, day: u32) -> u32 {
    // Years begin in March, so that leap days end one; an era has 400 years.
    let (year, march_month) = if month <= 2 { (year - 1, month + 9) } else { (year, month - 3) };
    (153 * march_month + 2) / 5 + day - 1 + year * 365 + year / 4 - year / 100 + year / 400
}

fn days_in_month(year: u16, month: u8) -> u8 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        _ => 31,
    }
}

impl DateTime {
    /// Seconds since 1970-01-01T00:00:00Z and the offset of the local time from UTC in minutes.
    ///
    /// `None` outside the years 1 to 9999, or for an offset that no place has: less than -720 (-12:00), more than 840
    /// (+14:00).
    ///
    /// # Example
    ///
    /// ```
    /// use mime_core::DateTime;
    ///
    /// let epoch = DateTime::from_unix(0, 0).unwrap();
    /// assert_eq!(epoch.to_string(), "Thu, 01 Jan 1970 00:00:00 +0000");
    /// assert_eq!(DateTime::from_unix(0, 25 * 60), None);
    /// ```
    pub fn from_unix(seconds: i64, offset_minutes: i16) -> Option<Self> {
        // A day less at either end: the local time is inside of the years, too.
        let good =
            (-62_135_510_400..=253_402_214_400).contains(&seconds) && OFFSETS.contains(&offset_minutes);
        good.then_some(Self { unix: seconds, offset_minutes, zone_unknown: false })
    }

    /// A date from its parts, in local time: year, month (1 to 12), day, hour, minute, second, and the offset from UTC
    /// in minutes. Second 60 is 59.
    ///
    /// `None` for a day that is in no calendar, a time that is on no clock, or what [`from_unix`](Self::from_unix)
    /// does not take.
    ///
    /// # Example
    ///
    /// ```
    /// use mime_core::DateTime;
    ///
    /// let date = DateTime::new(1997, 11, 21, 9, 55, 6, -360).unwrap();
    /// assert_eq!(date.to_string(), "Fri, 21 Nov 1997 09:55:06 -0600");
    /// assert_eq!(DateTime::new(2023, 2, 29, 0, 0, 0, 0), None);
    /// ```
    pub fn new(
        year: u16,
        month: u8,
        day: u8,
        hour: u8,
        minute: u8,
        second: u8,
        offset_minutes: i16,
    ) -> Option<Self> {
        let (date, _) = Self::with_weekday(year, month, day, (hour, minute, second), offset_minutes)?;
        Some(date)
    }

    /// The same, and the day of the week.
    #[inline]
    fn with_weekday(
        year: u16,
        month: u8,
        day: u8,
        (hour, minute, second): (u8, u8, u8),
        offset_minutes: i16,
    ) -> Option<(Self, u8)> {
        let good = (1..=9999).contains(&year)
            && (1..=12).contains(&month)
            && day >= 1
            && (day <= 28 || day <= days_in_month(year, month))
            && hour <= 23
            && minute <= 59
            && second <= 60;
        if !good {
            return None;
        }
        let days = days_from_civil(u32::from(year), u32::from(month), u32::from(day));
        let of_day = i32::from(hour) * 3600 + i32::from(minute) * 60 + i32::from(second.min(59));
        let of_day = of_day - i32::from(offset_minutes) * 60;
        let unix = (i64::from(days) - EPOCH) * 86_400 + i64::from(of_day);
        // 0000-03-01 was a Wednesday.
        let weekday = u8::try_from((days + 3) % 7).unwrap_or(0);
        Some((Self::from_unix(unix, offset_minutes)?, weekday))
    }

    /// Reads the value of a `Date` field, or of any other that holds a date.
    ///
    /// Read are RFC 5322 section 3.3, the obsolete forms of RFC 5322 section 4.3, and what else programs write:
    /// years of two and three digits, the month first, the form of `ctime`, AM and PM, ISO 8601 and RFC 3339, IMAP,
    /// `24.12.2026`, names of months in German and a few other languages, encoded words, junk behind the date. What
    /// stands before the last semicolon of a trace field may be part of the value.
    ///
    /// * A missing or impossible time of day is midnight.
    /// * A missing, unknown or impossible zone is `-0000`, and so are the military letters, as RFC 5322 section 4.3
    ///   wants it: [`is_zone_unknown`](Self::is_zone_unknown).
    /// * A wrong weekday is passed over.
    ///
    /// Everything that is guessed is reported as [`DateForm`](crate::DefectKind::DateForm), what is merely obsolete
    /// as [`ObsoleteSyntax`](crate::DefectKind::ObsoleteSyntax). `None` if day, month or year cannot be found or do
    /// not exist ([`InvalidDate`](crate::DefectKind::InvalidDate)); words in between make prose of a date.
    ///
    /// ```abnf
    /// date-time  =  [ day-of-week "," ] date time [CFWS]
    /// date       =  day month year
    /// time       =  time-of-day zone
    /// zone       =  (FWS ( "+" / "-" ) 4DIGIT) / obs-zone
    /// ```
    ///
    /// # Example
    ///
    /// ```
    /// use mime_core::{DateTime, DefectKind};
    ///
    /// let mut defects = Vec::new();
    /// let date = DateTime::parse(b" Sat Mar 24 21:23:03 EDT 2007", &mut defects).unwrap();
    /// assert_eq!(date.to_string(), "Sat, 24 Mar 2007 21:23:03 -0400");
    /// assert!(defects.iter().any(|d| d.kind == DefectKind::DateForm));
    /// assert_eq!(DateTime::parse(b" Whenever", &mut defects), None);
    /// ```
    pub fn parse(value: &[u8], report: &mut impl Report) -> Option<Self> {
        parse::date_time(value, report)
    }

    /// Seconds since 1970-01-01T00:00:00Z.
    pub fn to_unix(self) -> i64 {
        self.unix
    }

    /// Minutes that the local time is ahead of UTC, negative behind.
    pub fn offset_minutes(self) -> i16 {
        self.offset_minutes
    }

    /// Whether the date says nothing of the zone that it was written in; the offset is then 0.
    ///
    /// RFC 5322 section 3.3: the zone `-0000` has this meaning; dates without a zone that can be understood have it,
    /// too.
    pub fn is_zone_unknown(self) -> bool {
        self.zone_unknown
    }

    /// The same instant, and nothing said of the zone: `-0000`.
    ///
    /// # Example
    ///
    /// ```
    /// use mime_core::DateTime;
    ///
    /// let date = DateTime::from_unix(0, 60).unwrap().with_zone_unknown();
    /// assert_eq!(date.to_string(), "Thu, 01 Jan 1970 00:00:00 -0000");
    /// ```
    #[must_use]
    pub fn with_zone_unknown(self) -> Self {
        Self { unix: self.unix, offset_minutes: 0, zone_unknown: true }
    }

    /// The year, local time: 1 to 9999.
    pub fn year(self) -> u16 {
        u16::try_from(self.civil().0.year).unwrap_or(0)
    }

    /// The month, local time: 1 to 12.
    pub fn month(self) -> u8 {
        u8::try_from(self.civil().0.month).unwrap_or(0)
    }

    /// The day of the month, local time: 1 to 31.
    pub fn day(self) -> u8 {
        u8::try_from(self.civil().0.day).unwrap_or(0)
    }

    /// The day of the week, local time: 0 is Sunday, 6 Saturday.
    pub fn weekday(self) -> u8 {
        u8::try_from(self.civil().0.weekday).unwrap_or(0)
    }

    /// The hour, local time: 0 to 23.
    pub fn hour(self) -> u8 {
        u8::try_from(self.second_of_day() / 3600).unwrap_or(0)
    }

    /// The minute: 0 to 59.
    pub fn minute(self) -> u8 {
        u8::try_from(self.second_of_day() / 60 % 60).unwrap_or(0)
    }

    /// The second: 0 to 59.
    pub fn second(self) -> u8 {
        u8::try_from(self.second_of_day() % 60).unwrap_or(0)
    }

    fn local(self) -> i64 {
        self.unix + i64::from(self.offset_minutes) * 60
    }

    fn second_of_day(self) -> i64 {
        self.local().rem_euclid(86_400)
    }

    fn civil(self) -> (__Civil, i64) {
        (__Civil::from_days(self.local().div_euclid(86_400)), self.second_of_day())
    }

    fn sign(self) -> (char, u16) {
        let behind = self.offset_minutes < 0 || self.zone_unknown;
        (if behind { '-' } else { '+' }, self.offset_minutes.unsigned_abs())
    }

    /// As RFC 3339 section 5.6 has it, local time with offset; `-00:00` if the zone is unknown (RFC 3339 section 4.3).
    ///
    /// # Example
    ///
    /// ```
    /// use mime_core::DateTime;
    ///
    /// assert_eq!(DateTime::from_unix(0, 60).unwrap().to_rfc3339(), "1970-01-01T01:00:00+01:00");
    /// ```
    pub fn to_rfc3339(self) -> String {
        let (__Civil { year, month, day, .. }, second) = self.civil();
        let (h, m, s) = (second / 3600, second / 60 % 60, second % 60);
        let (sign, offset) = self.sign();
        format!(
            "{year:04}-{month:02}-{day:02}T{h:02}:{m:02}:{s:02}{sign}{:02}:{:02}",
            offset / 60,
            offset % 60
        )
    }

    /// As IMAP has internal dates, without the quotes: `date-time` of RFC 9051 section 9.
    ///
    /// # Example
    ///
    /// ```
    /// use mime_core::DateTime;
    ///
    /// assert_eq!(DateTime::from_unix(0, 0).unwrap().to_internal_date(), " 1-Jan-1970 00:00:00 +0000");
    /// ```
    pub fn to_internal_date(self) -> String {
        let (__Civil { year, month, day, .. }, second) = self.civil();
        let month = MONTH_NAMES.get(month).unwrap_or(&"");
        let (h, m, s) = (second / 3600, second / 60 % 60, second % 60);
        let (sign, offset) = self.sign();
        format!("{day:>2}-{month}-{year:04} {h:02}:{m:02}:{s:02} {sign}{:02}{:02}", offset / 60, offset % 60)
    }
}

/// The form of RFC 5322 section 3.3, as a field holds it.
impl fmt::Display for DateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (__Civil { year, month, day, weekday }, second) = self.civil();
        let (weekday, month) = (DAY_NAMES.get(weekday).unwrap_or(&""), MONTH_NAMES.get(month).unwrap_or(&""));
        let (h, m, s) = (second / 3600, second / 60 % 60, second % 60);
        let (sign, offset) = self.sign();
        write!(
            f,
            "{weekday}, {day:02} {month} {year:04} {h:02}:{m:02}:{s:02} {sign}{:02}{:02}",
            offset / 60,
            offset % 60
        )
    }
}
