//! Dates, as an argument: nothing here asks a clock.

use std::fmt;

/// A point of wall-clock time with the local offset, shown as RFC 5322 section 3.3 wants it.
///
/// ```
/// use smtp_proto::DateTime;
///
/// let date = DateTime::from_unix(1_795_521_600, 60).unwrap();
/// assert_eq!(date.to_string(), "Tue, 24 Nov 2026 13:00:00 +0100");
/// assert_eq!(date.to_rfc3339(), "2026-11-24T13:00:00+01:00");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DateTime {
    unix: i64,
    offset_minutes: i16,
}

/// The parts of a date in the proleptic Gregorian calendar.
struct Civil {
    year: i64,
    month: usize,
    day: i64,
    weekday: usize,
    second: i64,
}

impl DateTime {
    /// Seconds since 1970-01-01T00:00:00Z and the offset of the local time from UTC in minutes.
    ///
    /// `None` outside the years 1 to 9999, or for an offset of a day or more.
    pub fn from_unix(seconds: i64, offset_minutes: i16) -> Option<Self> {
        let good =
            (-62_135_510_400..=253_402_214_400).contains(&seconds) && offset_minutes.unsigned_abs() < 24 * 60;
        good.then_some(Self { unix: seconds, offset_minutes })
    }

    /// Seconds since 1970-01-01T00:00:00Z.
    pub fn unix(self) -> i64 {
        self.unix
    }

    fn civil(self) -> Civil {
        let local = self.unix + i64::from(self.offset_minutes) * 60;
        let days = local.div_euclid(86_400);
        // Days are counted from 0000-03-01, so that leap days end a year; an era has 400 years.
        let shifted = days + 719_468;
        let era = shifted.div_euclid(146_097);
        let of_era = shifted.rem_euclid(146_097);
        let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let march_month = (5 * of_year + 2) / 153;
        let day = of_year - (153 * march_month + 2) / 5 + 1;
        let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        let index = |number: i64| usize::try_from(number).unwrap_or(0);
        let weekday = index((days + 4).rem_euclid(7));
        Civil { year, month: index(month), day, weekday, second: local.rem_euclid(86_400) }
    }

    /// As RFC 3339 section 5.6 has it.
    pub fn to_rfc3339(self) -> String {
        let Civil { year, month, day, second, .. } = self.civil();
        let (h, m, s) = (second / 3600, second / 60 % 60, second % 60);
        let (sign, minutes) = self.offset();
        format!(
            "{year:04}-{month:02}-{day:02}T{h:02}:{m:02}:{s:02}{sign}{:02}:{:02}",
            minutes / 60,
            minutes % 60
        )
    }

    fn offset(self) -> (char, u16) {
        (if self.offset_minutes < 0 { '-' } else { '+' }, self.offset_minutes.unsigned_abs())
    }
}

impl fmt::Display for DateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const DAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
        const MONTHS: [&str; 13] =
            ["", "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
        let Civil { year, month, day, weekday, second } = self.civil();
        let (weekday, month) = (DAYS.get(weekday).unwrap_or(&""), MONTHS.get(month).unwrap_or(&""));
        let (h, m, s) = (second / 3600, second / 60 % 60, second % 60);
        let (sign, minutes) = self.offset();
        write!(
            f,
            "{weekday}, {day} {month} {year:04} {h:02}:{m:02}:{s:02} {sign}{:02}{:02}",
            minutes / 60,
            minutes % 60
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_dates() {
        for (unix, offset, text) in [
            (0, 0, "Thu, 1 Jan 1970 00:00:00 +0000"),
            (951_782_400, 0, "Tue, 29 Feb 2000 00:00:00 +0000"),
            (951_868_799, 0, "Tue, 29 Feb 2000 23:59:59 +0000"),
            (880_127_706, -360, "Fri, 21 Nov 1997 09:55:06 -0600"),
            (4_107_542_400, 0, "Mon, 1 Mar 2100 00:00:00 +0000"),
            (-1, 330, "Thu, 1 Jan 1970 05:29:59 +0530"),
        ] {
            assert_eq!(DateTime::from_unix(unix, offset).unwrap().to_string(), text);
        }
        assert!(DateTime::from_unix(i64::MAX, 0).is_none());
    }
}
