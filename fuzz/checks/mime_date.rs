//! Dates: what is understood is written and read back, and the calendar is that of a second implementation.
use mime_core::{Config, DateTime, DefectKind};

#[allow(dead_code)]
#[path = "mime.rs"]
mod mime;

/// Seconds since 1970 by counting the days of every year and month.
fn seconds(date: DateTime) -> i64 {
    let leap = |year: u16| year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days_of = |year| if leap(year) { 366 } else { 365 };
    let year = date.year();
    let mut days = (1970..year).map(days_of).sum::<i64>() - (year..1970).map(days_of).sum::<i64>();
    let months = [31, if leap(year) { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let before = usize::from(date.month()) - 1;
    assert!((1..=months[before]).contains(&i64::from(date.day())));
    days += months[..before].iter().sum::<i64>() + i64::from(date.day()) - 1;
    // 1970 began on a Thursday; days of the week count from Sunday.
    assert_eq!(i64::from(date.weekday()), (days + 4).rem_euclid(7));
    let (hour, minute, second) = (date.hour(), date.minute(), date.second());
    assert!(hour < 24 && minute < 60 && second < 60);
    let of_day = i64::from(hour) * 3600 + i64::from(minute) * 60 + i64::from(second);
    days * 86_400 + of_day - i64::from(date.offset_minutes()) * 60
}

fn date(date: DateTime) {
    assert_eq!(seconds(date), date.to_unix());
    let field = date.to_string();
    for text in [&field, &date.to_rfc3339(), &date.to_internal_date()] {
        assert!(text.is_ascii() && !text.contains(['\r', '\n']));
        assert_eq!(DateTime::parse(text.as_bytes(), &mut ()), Some(date), "{text}");
    }
    let again = DateTime::new(
        date.year(),
        date.month(),
        date.day(),
        date.hour(),
        date.minute(),
        date.second(),
        date.offset_minutes(),
    );
    assert_eq!(again.map(DateTime::to_unix), Some(date.to_unix()));
    assert_eq!(date.with_zone_unknown().to_unix(), date.to_unix());
}

pub fn value(value: &[u8], _: &Config) {
    let mut defects = Vec::new();
    let found = DateTime::parse(value, &mut defects);
    mime::within(&defects, value.len());
    assert_eq!(found.is_none(), defects.iter().any(|defect| defect.kind == DefectKind::InvalidDate));
    if let Some(found) = found {
        date(found);
        // White space around it changes nothing.
        let folded = [b"\r\n ", value, b"\r\n\t"].concat();
        assert_eq!(DateTime::parse(&folded, &mut ()), Some(found));
    }
}

pub fn check(data: &[u8]) {
    value(data, &Config::new());
    for line in data.split(|&octet| octet == b'\n') {
        value(line, &Config::new());
    }
    if let Some((&octets, rest)) = data.split_first_chunk::<8>()
        && let Some((&offset, _)) = rest.split_first_chunk::<2>()
        // In the years that dates can have.
        && let Some(made) = DateTime::from_unix(i64::from_le_bytes(octets) >> (octets[0] % 64), i16::from_le_bytes(offset))
    {
        date(made);
    }
}
