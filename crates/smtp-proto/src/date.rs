//! Dates, as an argument: nothing here asks a clock.

use std::fmt;

use wire_core::__Civil;

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

    fn civil(self) -> (__Civil, i64) {
        let local = self.unix + i64::from(self.offset_minutes) * 60;
        (__Civil::from_days(local.div_euclid(86_400)), local.rem_euclid(86_400))
    }

    /// As RFC 3339 section 5.6 has it.
    pub fn to_rfc3339(self) -> String {
        let (__Civil { year, month, day, .. }, second) = self.civil();
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
        let (__Civil { year, month, day, weekday }, second) = self.civil();
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
