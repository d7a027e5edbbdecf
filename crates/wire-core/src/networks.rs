//! Addresses by network.

use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;

/// IP networks, for instance those whose PROXY header is believed. Empty by default.
///
/// # Example
///
/// ```
/// use wire_core::Networks;
///
/// let inside = Networks::parse(["192.0.2.0/24", "2001:db8::/32", "127.0.0.1"]).unwrap();
/// assert!(inside.contains("192.0.2.77".parse().unwrap()));
/// assert!(inside.contains("::ffff:192.0.2.77".parse().unwrap())); // the same address
/// assert!(!inside.contains("198.51.100.1".parse().unwrap()));
/// assert!(Networks::parse(["192.0.2.0/33"]).is_err());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Networks(Vec<(IpAddr, u32)>);

/// The text is no network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("neither an address nor a network such as 192.0.2.0/24")]
#[non_exhaustive]
pub struct NetworkError;

impl Networks {
    /// Networks from text: an address, or an address and the number of bits that count.
    ///
    /// # Errors
    ///
    /// [`NetworkError`] for anything else.
    pub fn parse<'a>(networks: impl IntoIterator<Item = &'a str>) -> Result<Self, NetworkError> {
        networks.into_iter().map(network).collect::<Result<_, _>>().map(Self)
    }

    /// Whether one of the networks holds `address`.
    pub fn contains(&self, address: IpAddr) -> bool {
        let (bits, width) = bits(address.to_canonical());
        self.0.iter().any(|&(network, length)| {
            let (network, same_width) = self::bits(network);
            width == same_width && (bits ^ network).checked_shr(width - length).unwrap_or(0) == 0
        })
    }

    /// What a single customer has, so that its connections are counted together: the IPv4 address, or the IPv6
    /// network of 64 bits, written as its first address.
    ///
    /// # Example
    ///
    /// ```
    /// use wire_core::Networks;
    ///
    /// let customer = |text: &str| Networks::customer(text.parse().unwrap());
    /// assert_eq!(customer("2001:db8:0:1::1"), customer("2001:db8:0:1:ffff::9"));
    /// assert_ne!(customer("2001:db8:0:1::1"), customer("2001:db8:0:2::1"));
    /// assert_eq!(customer("::ffff:192.0.2.1"), customer("192.0.2.1"));
    /// ```
    pub fn customer(address: IpAddr) -> IpAddr {
        match address.to_canonical() {
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
            }
            address => address,
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<Vec<IpAddr>> for Networks {
    fn from(addresses: Vec<IpAddr>) -> Self {
        Self(addresses.into_iter().map(|address| whole(address.to_canonical())).collect())
    }
}

fn whole(address: IpAddr) -> (IpAddr, u32) {
    (address, if address.is_ipv4() { 32 } else { 128 })
}

fn network(text: &str) -> Result<(IpAddr, u32), NetworkError> {
    let (address, length) = text.split_once('/').map_or((text, None), |(a, b)| (a, Some(b)));
    let (address, most) = whole(IpAddr::from_str(address).map_err(|_| NetworkError)?);
    let length = match length {
        Some(length) if length.bytes().all(|octet| octet.is_ascii_digit()) => {
            length.parse().map_err(|_| NetworkError)?
        }
        Some(_) => return Err(NetworkError),
        None => most,
    };
    if length > most { Err(NetworkError) } else { Ok((address, length)) }
}

fn bits(address: IpAddr) -> (u128, u32) {
    match address {
        IpAddr::V4(address) => (u32::from(address).into(), 32),
        IpAddr::V6(address) => (address.into(), 128),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_count_from_the_front() {
        let cases = [
            ("0.0.0.0/0", "203.0.113.9", true),
            ("::/0", "2001:db8::1", true),
            ("::/0", "192.0.2.1", false),
            ("10.0.0.0/8", "10.255.0.1", true),
            ("10.0.0.0/8", "11.0.0.1", false),
            ("192.0.2.1/32", "192.0.2.1", true),
            ("192.0.2.1", "192.0.2.2", false),
            ("2001:db8::/33", "2001:db8:8000::", false),
            ("2001:db8::/32", "2001:db8:8000::", true),
        ];
        for (network, address, inside) in cases {
            let networks = Networks::parse([network]).unwrap();
            assert_eq!(networks.contains(address.parse().unwrap()), inside, "{address} in {network}");
        }
    }

    #[test]
    fn what_is_no_network() {
        for text in
            ["", "/", "10.0.0.0/", "10.0.0.0/+8", "10.0.0.0/ 8", "10.0/8", "::/129", "a/8", "10.0.0.0/8/8"]
        {
            assert_eq!(Networks::parse([text]), Err(NetworkError), "{text}");
        }
    }
}
