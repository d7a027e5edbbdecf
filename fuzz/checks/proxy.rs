//! The PROXY header: no panic; prefixes agree with the whole; what parses is encoded to the same addresses.
use wire_core::proxy::{DEFAULT_MOST, Header};

pub fn check(data: &[u8]) {
    let whole = Header::parse(data, DEFAULT_MOST);
    for cut in 0..data.len().min(600) {
        match Header::parse(&data[..cut], DEFAULT_MOST) {
            Ok(None) => {}
            decided => {
                assert_eq!(decided, whole);
                break;
            }
        }
    }
    if let Ok(Some((header, length))) = whole {
        assert!(length <= data.len());
        let (back, _) = Header::parse(&header.encode_v2(), 70_000).unwrap().unwrap();
        if header.source.is_some()
            && header.source.map(|a| a.is_ipv4()) == header.destination.map(|a| a.is_ipv4())
        {
            assert_eq!((back.source, back.destination), (header.source, header.destination));
        }
    }
}
