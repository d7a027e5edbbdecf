//! Days to dates.

/// A date of the proleptic Gregorian calendar.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs)] // for the crates of this family alone
pub struct __Civil {
    pub year: i64,
    /// From 1.
    pub month: usize,
    /// From 1.
    pub day: i64,
    /// From 0, Sunday.
    pub weekday: usize,
}

impl __Civil {
    /// The date so many days after 1970-01-01.
    pub fn from_days(days: i64) -> Self {
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
        Self { year, month: index(month), day, weekday: index((days + 4).rem_euclid(7)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_of_a_thousand_years() {
        let (mut year, mut month, mut day) = (1600, 1, 1);
        for days in -135_140..230_000 {
            // 1600-01-01 was a Saturday.
            let weekday = usize::try_from((days + 135_140 + 6) % 7).unwrap();
            assert_eq!(__Civil::from_days(days), __Civil { year, month, day, weekday });
            let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
            let length = match month {
                2 => 28 + i64::from(leap),
                4 | 6 | 9 | 11 => 30,
                _ => 31,
            };
            day += 1;
            if day > length {
                (month, day) = (month + 1, 1);
            }
            if month > 12 {
                (year, month) = (year + 1, 1);
            }
        }
    }
}
