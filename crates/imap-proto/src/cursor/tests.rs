use super::*;

fn with<T>(text: &'static str, read: impl FnOnce(&mut Cursor<'_>) -> T) -> T {
    read(&mut Cursor::new(&Bytes::from_static(text.as_bytes())))
}

fn leniently<T>(text: &'static str, read: impl FnOnce(&mut Cursor<'_>) -> T) -> T {
    read(&mut Cursor::lenient(&Bytes::from_static(text.as_bytes()), Dialect::REV1))
}

#[test]
fn strings() {
    for (text, string) in [
        ("\"a b\"", "a b"),
        ("\"\"", ""),
        (r#""a\"b\\c""#, r#"a"b\c"#),
        ("{3}\r\na\"b", "a\"b"),
        ("{3+}\r\n\r\n ", "\r\n "),
        ("~{1}\r\n\0", "\0"),
        ("{0}\r\n", ""),
    ] {
        assert_eq!(with(text, |cursor| cursor.string()).unwrap(), string, "{text:?}");
    }
    for text in [
        "\"a",
        "a",
        r#""a\b""#,
        "\"a\r\n\"",
        "{3}\r\nab",
        "{3}\nabc",
        "{+3}\r\nabc",
        "{-1}\r\n",
        "{}\r\n",
        "\"a\0\"",
    ] {
        assert!(with(text, |cursor| cursor.string()).is_err(), "{text:?}");
    }
    assert_eq!(leniently(r#""C:\dir\new""#, |cursor| cursor.string()).unwrap(), r"C:\dir\new");
    assert_eq!(leniently("{5}\nhello", |cursor| cursor.string()).unwrap(), "hello");
}

#[test]
fn numbers_are_digits_and_bounded() {
    assert_eq!(with("4294967295", |cursor| cursor.number()), Ok(u32::MAX));
    for text in ["4294967296", "+5", "-1", "", "x"] {
        assert!(with(text, |cursor| cursor.number()).is_err(), "{text}");
    }
    assert_eq!(with("9223372036854775807", |cursor| cursor.number64()), Ok(i64::MAX.cast_unsigned()));
    assert!(with("9223372036854775808", |cursor| cursor.number64()).is_err());
    for text in ["0", "01", "4294967296"] {
        assert!(with(text, |cursor| cursor.nz_number()).is_err(), "{text}");
    }
}

#[test]
fn any_value_is_passed_over() {
    for text in [
        "ATOM",
        "\"a (b\"",
        "{3}\r\n(()",
        "(a (b \"c)\") {1}\r\n) ~{1}\r\n\0)",
        "()",
        "( a  (b )c)",
        r"(\Seen \* $x)",
        "BODY[HEADER.FIELDS (FROM TO)]<0>",
        "-1",
        "1.8e+06",
        "BODY[]",
    ] {
        let text: &'static str = text;
        let whole = format!("{text} rest").leak();
        assert_eq!(with(whole, |cursor| cursor.value().map(<[u8]>::len)), Ok(text.len()), "{text}");
    }
    assert_eq!(with("(a", |cursor| cursor.value().map(<[u8]>::len)).unwrap_err().expected(), Expected::Item);
    let deep: &'static str = "(".repeat(1000).leak();
    assert_eq!(
        with(deep, |cursor| cursor.value().map(<[u8]>::len)).unwrap_err().expected(),
        Expected::LessDepth
    );
}

#[test]
fn quotes_inside_of_quotes() {
    let text = r#""=?UTF-8?Q?"Dummy=C3=ADa"?=" NIL)"#;
    assert_eq!(leniently(text, |cursor| cursor.broken_quoted()).unwrap(), r#"=?UTF-8?Q?"Dummy=C3=ADa"?="#);
}
