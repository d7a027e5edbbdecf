//! Dates: RFC examples, quirks of mailers, corpora, hostile values, properties.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)] // tests

use mime_core::{DateTime, Defect, DefectKind, Severity};
use proptest::prelude::*;

fn parse(value: &str) -> Option<DateTime> {
    DateTime::parse(value.as_bytes(), &mut ())
}

/// What a value means, as RFC 3339 writes it, and the defects.
fn read(value: &str) -> (String, Vec<DefectKind>) {
    let mut defects: Vec<Defect> = Vec::new();
    let date = DateTime::parse(value.as_bytes(), &mut defects);
    assert!(defects.iter().all(|defect| defect.span.end <= value.len()));
    (date.map(DateTime::to_rfc3339).unwrap_or_default(), defects.into_iter().map(|d| d.kind).collect())
}

#[test]
fn rfc_5322_appendix_a() {
    use DefectKind::ObsoleteSyntax;
    for (value, expected, defects) in [
        // A.1.1
        (" Fri, 21 Nov 1997 09:55:06 -0600", "1997-11-21T09:55:06-06:00", vec![]),
        // A.1.2
        (" Tue, 1 Jul 2003 10:52:37 +0200", "2003-07-01T10:52:37+02:00", vec![]),
        // A.1.3
        (" Thu, 13 Feb 1969 23:32:54 -0330", "1969-02-13T23:32:54-03:30", vec![]),
        // A.5
        (
            " Thu,\r\n      13\r\n        Feb\r\n          1969\r\n      23:32\r\n               -0330 (Newfoundland Time)",
            "1969-02-13T23:32:00-03:30",
            vec![],
        ),
        // A.6.2
        (" 21 Nov 97 09:55:06 GMT", "1997-11-21T09:55:06+00:00", vec![ObsoleteSyntax]),
        // A.6.3
        (" Fri, 21 Nov 1997 09(comment):   55  :  06 -0600", "1997-11-21T09:55:06-06:00", vec![]),
    ] {
        assert_eq!(read(value), (expected.to_owned(), defects), "{value:?}");
    }
}

#[test]
fn rfc_3339_section_5_8() {
    for (value, unix) in [
        ("1985-04-12T23:20:50.52Z", 482_196_050),
        ("1996-12-19T16:39:57-08:00", 851_042_397),
        ("1990-12-31T23:59:60Z", 662_687_999),
        ("1937-01-01T12:00:27.87+00:20", -1_041_337_173),
        ("1996-12-19 16:39:57-08:00", 851_042_397),
        ("19961219T163957-0800", 851_042_397),
    ] {
        let (mut defects, value) = (Vec::new(), value.as_bytes());
        assert_eq!(DateTime::parse(value, &mut defects).unwrap().to_unix(), unix);
        assert_eq!(defects, [Defect::new(DefectKind::DateForm, 0..value.len())]);
    }
}

#[test]
fn obsolete_zones() {
    // RFC 5322 section 4.3
    for (zone, minutes) in [
        ("UT", 0),
        ("GMT", 0),
        ("EDT", -240),
        ("EST", -300),
        ("CDT", -300),
        ("CST", -360),
        ("MDT", -360),
        ("MST", -420),
        ("PDT", -420),
        ("PST", -480),
        ("pst", -480),
    ] {
        let mut defects = Vec::new();
        let value = format!(" Mon, 1 Jan 2024 00:00:00 {zone}");
        let date = DateTime::parse(value.as_bytes(), &mut defects).unwrap();
        assert_eq!((date.offset_minutes(), date.is_zone_unknown()), (minutes, false), "{zone}");
        assert_eq!(defects[0].kind, DefectKind::ObsoleteSyntax);
        assert_eq!(defects[0].severity, Severity::Cosmetic);
    }
    // "they SHOULD all be considered equivalent to -0000"
    for zone in "ABCDEFGHIKLMNOPQRSTUVWXYabcdefghiklmnopqrstuvwxy".chars() {
        let date = parse(&format!("Mon, 1 Jan 2024 00:00:00 {zone}")).unwrap();
        assert_eq!((date.to_unix(), date.is_zone_unknown()), (1_704_067_200, true), "{zone}");
    }
    for (zone, minutes) in [
        ("CET", 60),
        ("MESZ", 120),
        ("GMT+1", 60),
        ("UTC-0330", -210),
        ("GMT+05:30", 330),
        ("+2", 120),
        ("-8", -480),
    ] {
        let date = parse(&format!("Mon, 1 Jan 2024 00:00:00 {zone}")).unwrap();
        assert_eq!((date.offset_minutes(), date.is_zone_unknown()), (minutes, false), "{zone}");
    }
    for zone in ["+1401", "-1201", "+9999", "-2200", "+0060", "XYZ", "", "+"] {
        let value = format!("Mon, 1 Jan 2024 00:00:00 {zone}");
        let date = parse(&value).unwrap();
        assert_eq!((date.to_unix(), date.is_zone_unknown()), (1_704_067_200, true), "{zone}");
        assert_eq!(read(&value).1, [DefectKind::DateForm], "{zone}");
    }
}

#[test]
fn other_forms() {
    use DefectKind::{DateForm, InvalidDate, ObsoleteSyntax};
    for (value, expected, defects) in [
        // ctime, asctime
        ("Fri Sep 14 14:36:56 2018", "2018-09-14T14:36:56-00:00", vec![DateForm]),
        ("Fri Sep 14 14:36:56 2018 -0400", "2018-09-14T14:36:56-04:00", vec![DateForm]),
        // Netnews
        ("Sunday, 06-Nov-94 08:49:37 GMT", "1994-11-06T08:49:37+00:00", vec![DateForm]),
        // IMAP
        (" 1-Jan-1970 00:00:00 +0000", "1970-01-01T00:00:00+00:00", vec![DateForm]),
        // German
        ("Do, 24 Dez 2026 18:00:00 +0100", "2026-12-24T18:00:00+01:00", vec![DateForm]),
        ("Mi, 4 M\u{e4}rz 2026 18:00:00 +0100", "2026-03-04T18:00:00+01:00", vec![DateForm]),
        ("Donnerstag, 24. Dezember 2026 18:00 MEZ", "2026-12-24T18:00:00+01:00", vec![DateForm]),
        ("24.12.2026 18:00:00 +0100", "2026-12-24T18:00:00+01:00", vec![DateForm]),
        ("24.12.2026 18.00", "2026-12-24T18:00:00-00:00", vec![DateForm]),
        // American
        ("12/24/2026 6:00:00 PM -0500", "2026-12-24T18:00:00-05:00", vec![DateForm]),
        ("3/4/2026 12:00:00 AM", "2026-03-04T00:00:00-00:00", vec![DateForm]),
        ("December 24th, 2026 12:00 PM EST", "2026-12-24T12:00:00-05:00", vec![DateForm]),
        // Spanish: mar is Tuesday, and March
        ("mar, 5 may 2026 10:00:00 +0200", "2026-05-05T10:00:00+02:00", vec![DateForm]),
        // junk and fractions
        ("Tue, 1 Jul 2003 10:52:37.123 +0200", "2003-07-01T10:52:37+02:00", vec![DateForm]),
        ("Tue, 1 Jul 2003 10:52:37 +0200 CEST", "2003-07-01T10:52:37+02:00", vec![DateForm]),
        ("Tue, 1 Jul 2003 10:52:37 +0200\r\nBcc: x", "2003-07-01T10:52:37+02:00", vec![]),
        ("Tue, 1 Jul 2003 10:52:37 +0200 (", "2003-07-01T10:52:37+02:00", vec![DateForm]),
        ("Wed, 1 Jul 2003 10:52:37 +0200", "2003-07-01T10:52:37+02:00", vec![DateForm]),
        ("18 Feb 01 12:29:13 AM", "2001-02-18T00:29:13-00:00", vec![DateForm]),
        ("1 Jan 00 00:00:00 +0000", "2000-01-01T00:00:00+00:00", vec![ObsoleteSyntax]),
        ("1 Jan 49 00:00:00 +0000", "2049-01-01T00:00:00+00:00", vec![ObsoleteSyntax]),
        ("1 Jan 50 00:00:00 +0000", "1950-01-01T00:00:00+00:00", vec![ObsoleteSyntax]),
        ("1 Jan 100 00:00:00 +0000", "2000-01-01T00:00:00+00:00", vec![ObsoleteSyntax]),
        ("29 Feb 2024 00:00:00 +0000", "2024-02-29T00:00:00+00:00", vec![]),
        // none
        ("29 Feb 2023 00:00:00 +0000", "", vec![InvalidDate]),
        ("0 Jan 2024 00:00:00 +0000", "", vec![InvalidDate]),
        ("1 Jan 0000 00:00:00 +0000", "", vec![InvalidDate]),
        ("1 Jan 10000 00:00:00 +0000", "", vec![InvalidDate]),
        ("1 Jan 99999999999999999999 00:00:00 +0000", "", vec![InvalidDate]),
        ("16 May 2016 at 09:30:32  GMT+1", "", vec![InvalidDate]),
        ("10:00:00", "", vec![InvalidDate]),
        ("", "", vec![InvalidDate]),
    ] {
        assert_eq!(read(value), (expected.to_owned(), defects), "{value:?}");
    }
    // The same in ISO-8859-1.
    let date = DateTime::parse(b"Mi, 4 M\xe4rz 2026 18:00:00 +0100", &mut ()).unwrap();
    assert_eq!(date.to_rfc3339(), "2026-03-04T18:00:00+01:00");
}

#[test]
fn parts_and_order() {
    let date = DateTime::new(2024, 2, 29, 23, 59, 60, -300).unwrap();
    let parts =
        (date.year(), date.month(), date.day(), date.hour(), date.minute(), date.second(), date.weekday());
    assert_eq!(parts, (2024, 2, 29, 23, 59, 59, 4));
    assert_eq!(date.to_unix(), 1_709_269_199);
    assert_eq!(date.to_internal_date(), "29-Feb-2024 23:59:59 -0500");
    let utc = DateTime::from_unix(date.to_unix(), 0).unwrap();
    assert_ne!(utc, date);
    assert!(date < utc && date.to_unix() == utc.to_unix());
    assert!(DateTime::from_unix(0, 840).unwrap() < DateTime::from_unix(1, -720).unwrap());
    for (seconds, offset) in [(i64::MIN, 0), (i64::MAX, 0), (0, 841), (0, -721), (0, i16::MIN), (0, i16::MAX)]
    {
        assert_eq!(DateTime::from_unix(seconds, offset), None);
    }
    for date in
        [(2024, 0, 1), (2024, 13, 1), (2024, 1, 0), (2024, 4, 31), (2100, 2, 29), (0, 1, 1), (10_000, 1, 1)]
    {
        assert_eq!(DateTime::new(date.0, date.1, date.2, 0, 0, 0, 0), None);
    }
}

/// The date fields of mail-parser's tests.
#[test]
fn corpus_mail_parser() {
    let Some(corpora) = test_support::corpora() else { return };
    let text = std::fs::read_to_string(corpora.join("mail-parser/date.json")).unwrap();
    let rows: Vec<serde_json::Value> = serde_json::from_str(&text).unwrap();
    let mut good = 0;
    for row in &rows {
        let value = row["header"].as_str().unwrap();
        let expected = &row["expected"];
        let number = |name: &str| expected[name].as_i64().unwrap();
        let wanted = expected.is_object().then(|| {
            let sign = if expected["tz_before_gmt"].as_bool().unwrap() { -1 } else { 1 };
            let date = format!(
                "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}",
                number("year"),
                number("month"),
                number("day"),
                number("hour"),
                number("minute"),
                number("second")
            );
            (date, sign * (number("tz_hour") * 60 + number("tz_minute")))
        });
        let found = parse(value).map(|d| (d.to_rfc3339()[..19].to_owned(), i64::from(d.offset_minutes())));
        assert_eq!(found, wanted, "{value:?}");
        good += 1;
    }
    println!("mail-parser/date.json: {good} of {}", rows.len());
    assert_eq!(good, 40);
}

/// The last `Date` of a header, as far as this test needs one.
fn date_field(message: &[u8]) -> Option<Vec<u8>> {
    let mut lines = message.split_inclusive(|b| *b == b'\n').peekable();
    let mut found = None;
    while let Some(line) = lines.next() {
        if matches!(line, b"\n" | b"\r\n" | b"\r\r\n") {
            break;
        }
        let mut field = line.to_vec();
        while let Some(next) = lines.next_if(|next| matches!(next, [b' ' | b'\t', ..])) {
            field.extend_from_slice(next);
        }
        if field.len() > 5 && field[..4].eq_ignore_ascii_case(b"date") {
            let colon = field.iter().position(|b| *b == b':');
            if let Some(colon) = colon.filter(|colon| field[4..*colon].iter().all(|b| *b == b' ')) {
                found = Some(field[colon + 1..].to_vec());
            }
        }
    }
    found
}

/// What several parsers agree on.
#[test]
fn corpus_consensus() {
    let Some(corpora) = test_support::corpora() else { return };
    let text = std::fs::read_to_string(corpora.join("consensus/messages.jsonl")).unwrap();
    let (mut good, mut all, mut disputed) = (0, 0, 0);
    let mut wrong = Vec::new();
    for line in text.lines() {
        let row: serde_json::Value = serde_json::from_str(line).unwrap();
        let path = row["path"].as_str().unwrap();
        let Some(decided) = row["date"].get("value") else {
            disputed += usize::from(row["date"].get("disputed").is_some());
            continue;
        };
        let message = std::fs::read(corpora.join(path)).unwrap();
        let found = date_field(&message).and_then(|value| DateTime::parse(&value, &mut ()));
        all += 1;
        if found.map(DateTime::to_unix) == decided.as_i64() {
            good += 1;
        } else {
            wrong.push(format!("{path}: {found:?}, not {decided}"));
        }
    }
    println!("consensus: {good} of {all} dates, {disputed} disputed");
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn comments_do_not_recurse_and_cost_once() {
    let mut deep = vec![b'('; 200_000];
    assert_eq!(DateTime::parse(&deep, &mut ()), None);
    deep.splice(0..0, *b"1 Jan 2024 00:00:00 +0000 ");
    deep.extend(vec![b')'; 200_000]);
    let mut defects = Vec::new();
    assert_eq!(DateTime::parse(&deep, &mut defects).unwrap().to_unix(), 1_704_067_200);
    assert_eq!(defects, []);
}

fn date() -> impl Strategy<Value = DateTime> {
    (-62_135_510_400i64..=253_402_214_400, -720i16..=840, any::<bool>()).prop_map(
        |(unix, offset, unknown)| {
            let date = DateTime::from_unix(unix, offset).unwrap();
            if unknown { date.with_zone_unknown() } else { date }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_read(date in date()) {
        prop_assert_eq!(parse(&date.to_string()), Some(date));
        prop_assert_eq!(parse(&date.to_rfc3339()), Some(date));
        prop_assert_eq!(parse(&date.to_internal_date()), Some(date));
        let again = DateTime::new(
            date.year(), date.month(), date.day(), date.hour(), date.minute(), date.second(), date.offset_minutes()
        );
        prop_assert_eq!(again.map(DateTime::to_unix), Some(date.to_unix()));
    }

    #[test]
    fn what_is_written_has_no_defect(unix in -2_208_800_000i64..=253_402_214_400, offset in -720i16..=840) {
        let mut defects = Vec::new();
        let text = DateTime::from_unix(unix, offset).unwrap().to_string();
        let _ = DateTime::parse(text.as_bytes(), &mut defects);
        prop_assert!(defects.is_empty() || text.contains(" 1899 "));
    }

    #[test]
    fn any_octets(value in proptest::collection::vec(any::<u8>(), 0..200)) {
        let mut defects = Vec::new();
        let date = DateTime::parse(&value, &mut defects);
        prop_assert!(date.is_some() || !defects.is_empty());
        prop_assert!(defects.iter().all(|defect| defect.span.end <= value.len()));
    }

    #[test]
    fn nearly_dates(value in "([0-9]{1,5}|Jan|Mon|Z|EST|AM|T|:|-|\\+|,|/|\\.|\\(|\\)|;|=\\?| ){0,40}") {
        let mut defects = Vec::new();
        let date = DateTime::parse(value.as_bytes(), &mut defects);
        if let Some(date) = date {
            prop_assert_eq!(parse(&date.to_string()), Some(date));
        } else {
            prop_assert_eq!(defects.last().map(|d| d.kind), Some(DefectKind::InvalidDate));
        }
    }
}

/// What a value means, as RFC 5322 writes it. A zone that is not known is shown as +0000.
fn shown(field: &str) -> String {
    let value = field.strip_prefix("Date:").unwrap().strip_suffix("\r\n").unwrap();
    let date = DateTime::parse(value.as_bytes(), &mut ()).expect("a date");
    let text = date.to_string();
    if date.is_zone_unknown() { text.replace(" -0000", " +0000") } else { text }
}

#[test]
fn quirk_mime_001() {
    assert_eq!(shown("Date: Sun, 08 Dec 91 09:11:00 +0000\r\n"), "Sun, 08 Dec 1991 09:11:00 +0000");
}

#[test]
fn quirk_mime_003() {
    assert_eq!(shown("Date: 26 Dec 1991 20:45 (Thursday)\r\n"), "Thu, 26 Dec 1991 20:45:00 +0000");
}

#[test]
fn quirk_mime_004() {
    assert_eq!(shown("Date: Tue, 9 Jun 92 03:45:24 JST\r\n"), "Tue, 09 Jun 1992 03:45:24 +0900");
}

#[test]
fn quirk_mime_006() {
    assert_eq!(shown("Date: Mon, 17 Jan 01 11:14:55 -0500\r\n"), "Wed, 17 Jan 2001 11:14:55 -0500");
}

#[test]
fn quirk_mime_007() {
    assert_eq!(shown("Date: Tue, 30 Mar 2004 13:01:38 +0000\r\n"), "Tue, 30 Mar 2004 13:01:38 +0000");
}

#[test]
fn quirk_mime_008() {
    assert_eq!(shown("Date: Sat Mar 24 21:23:03 EDT 2007\r\n"), "Sat, 24 Mar 2007 21:23:03 -0400");
}

#[test]
fn quirk_mime_009() {
    assert_eq!(shown("Date: Sat, 24 Mar 2007 21:23:03 EDT\r\n"), "Sat, 24 Mar 2007 21:23:03 -0400");
}

#[test]
fn quirk_mime_010() {
    assert_eq!(shown("Date: Sat, 24 Mar 2007 21:23:03 GMT\r\n"), "Sat, 24 Mar 2007 21:23:03 +0000");
}

#[test]
fn quirk_mime_011() {
    assert_eq!(shown("Date: 17-6-2008 17:10:08\r\n"), "Tue, 17 Jun 2008 17:10:08 +0000");
}

#[test]
fn quirk_mime_014() {
    assert_eq!(shown("Date: Wed, 6 Aug 2014 01:53:48 -2200\r\n"), "Wed, 06 Aug 2014 01:53:48 +0000");
}

#[test]
fn quirk_mime_015() {
    assert_eq!(shown("Date: Tue, 21 Apr 15 14:44:51 GMT\r\n"), "Tue, 21 Apr 2015 14:44:51 +0000");
}

#[test]
fn quirk_mime_016() {
    assert_eq!(shown("Date: Tue, 21 April 15 14:44:51 GMT\r\n"), "Tue, 21 Apr 2015 14:44:51 +0000");
}

#[test]
fn quirk_mime_020() {
    assert_eq!(shown("Date: Fri, 8 May 2015 12\r\n"), "Fri, 08 May 2015 00:00:00 +0000");
}

#[test]
fn quirk_mime_022() {
    assert_eq!(shown("Date: Fri, 8 May 2015 12:05:01\r\n"), "Fri, 08 May 2015 12:05:01 +0000");
}

#[test]
fn quirk_mime_024() {
    assert_eq!(shown("Date: Sat, 9 May 2015 24:00:00 -0400\r\n"), "Sat, 09 May 2015 00:00:00 -0400");
}

#[test]
fn quirk_mime_026() {
    assert_eq!(shown("Date: May 9 2015 25:00:00 -0400\r\n"), "Sat, 09 May 2015 00:00:00 -0400");
}

#[test]
fn quirk_mime_027() {
    assert_eq!(shown("Date: 2015 May 9 25:00:00 -0400\r\n"), "Sat, 09 May 2015 00:00:00 -0400");
}

#[test]
fn quirk_mime_029() {
    assert_eq!(shown("Date: 25 Sep 81 06:03:27 -0400\r\n"), "Fri, 25 Sep 1981 06:03:27 -0400");
}

#[test]
fn quirk_mime_030() {
    assert_eq!(
        shown("Date: Sat, 10 Sep 2022 12:59:19 -1234567890123456789\r\n"),
        "Sat, 10 Sep 2022 12:59:19 +0000"
    );
}

#[test]
fn quirk_mime_031() {
    assert_eq!(
        shown("Date: Sat, 10 Sep 2022 12:59:19 1234567890123456789\r\n"),
        "Sat, 10 Sep 2022 12:59:19 +0000"
    );
}

#[test]
fn quirk_mime_032() {
    assert_eq!(shown("Date: Sat, 10 Sep 2022 12:59:19 04+00\r\n"), "Sat, 10 Sep 2022 12:59:19 +0000");
}

#[test]
fn quirk_mime_033() {
    assert_eq!(shown("Date: Sat, 10 Sep 2022 12:59:19 ECST\r\n"), "Sat, 10 Sep 2022 12:59:19 +0000");
}

#[test]
fn quirk_mime_036() {
    assert_eq!(shown("Date: Sat, 01 Mar 2025 09:00:00 XYZ\r\n"), "Sat, 01 Mar 2025 09:00:00 +0000");
}

#[test]
fn quirk_mime_037() {
    assert_eq!(shown("Date: Mon, 28 Feb 2025 09:00:00 -0500\r\n"), "Fri, 28 Feb 2025 09:00:00 -0500");
}

#[test]
fn quirk_mime_039() {
    assert_eq!(shown("Date: Fri, 28 Feb 2025 11:30:00 PM -0500\r\n"), "Fri, 28 Feb 2025 23:30:00 -0500");
}

#[test]
fn quirk_mime_042() {
    assert_eq!(shown("Date: Fri, 28 Feb 2025 23:59:60 -0500\r\n"), "Fri, 28 Feb 2025 23:59:59 -0500");
}

#[test]
fn quirk_mime_044() {
    assert_eq!(shown("Date: Fri, 28 Feb 2025 22:59:60 -0500\r\n"), "Fri, 28 Feb 2025 00:00:00 -0500");
}

#[test]
fn quirk_mime_045() {
    assert_eq!(shown("Date: Fri, 28 Feb 2025 23:60:59 -0500\r\n"), "Fri, 28 Feb 2025 00:00:00 -0500");
}

#[test]
fn quirk_mime_046() {
    assert_eq!(shown("Date: 31 Dec 2024 10:15:00 AM\r\n"), "Tue, 31 Dec 2024 10:15:00 +0000");
}

#[test]
fn quirk_mime_049() {
    let date = DateTime::parse(b" Mon, 1 Jan 2024 00:00:00 -0000", &mut ()).unwrap();
    assert!(date.is_zone_unknown());
    assert_eq!((date.to_unix(), date.offset_minutes()), (1_704_067_200, 0));
    assert_eq!(date.to_string(), "Mon, 01 Jan 2024 00:00:00 -0000");
    assert_eq!(date.to_rfc3339(), "2024-01-01T00:00:00-00:00");
    assert!(!DateTime::parse(b" Mon, 1 Jan 2024 00:00:00 +0000", &mut ()).unwrap().is_zone_unknown());
}

#[test]
fn quirk_mime_051() {
    assert_eq!(shown("Date: Mon, 1 Jan 124 00:00:00 +0000\r\n"), "Mon, 01 Jan 2024 00:00:00 +0000");
}

#[test]
fn quirk_mime_052() {
    // Decoded or none; never anything else.
    let date = DateTime::parse(b" =?us-ascii?q?Mon=2C_1_Jan_2024_00=3A00=3A00_=2B0000?=", &mut ());
    assert!(date.is_none_or(|date| date.to_unix() == 1_704_067_200));
}
