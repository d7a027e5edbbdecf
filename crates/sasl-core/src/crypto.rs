//! Digests, keyed digests and the iterated hash, chosen at run time.

use hmac::digest::common::KeySizeUser;
use hmac::{Hmac, KeyInit, Mac};
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};
use subtle::ConstantTimeEq;
use wire_core::Secret;

/// The hash function of a SCRAM mechanism or of a stored credential.
///
/// # Example
///
/// ```
/// use sasl_core::Hash;
///
/// assert_eq!((Hash::Sha256.scram_name(), Hash::Sha256.output_len()), ("SCRAM-SHA-256", 32));
/// ```
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Eq, PartialEq, Hash)]
pub enum Hash {
    /// SHA-1: 20 octets. Sound inside HMAC; only for servers that have nothing better.
    Sha1,
    /// SHA-256: 32 octets.
    Sha256,
    /// SHA-512: 64 octets.
    Sha512,
}

impl Hash {
    /// Length of its output, in octets.
    pub const fn output_len(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha512 => 64,
        }
    }

    /// The SCRAM mechanism name of it, without `-PLUS`.
    pub const fn scram_name(self) -> &'static str {
        match self {
            Self::Sha1 => "SCRAM-SHA-1",
            Self::Sha256 => "SCRAM-SHA-256",
            Self::Sha512 => "SCRAM-SHA-512",
        }
    }

    /// H(data).
    pub(crate) fn digest(self, data: &[u8]) -> Secret {
        Secret::new(match self {
            Self::Sha1 => Sha1::digest(data).to_vec(),
            Self::Sha256 => Sha256::digest(data).to_vec(),
            Self::Sha512 => Sha512::digest(data).to_vec(),
        })
    }

    /// HMAC(key, data).
    pub(crate) fn hmac(self, key: &[u8], data: &[u8]) -> Secret {
        match self {
            Self::Sha1 => keyed::<Hmac<Sha1>, Sha1>(key, data),
            Self::Sha256 => keyed::<Hmac<Sha256>, Sha256>(key, data),
            Self::Sha512 => keyed::<Hmac<Sha512>, Sha512>(key, data),
        }
    }

    /// Hi(password, salt, iterations): PBKDF2 with one block of output.
    pub(crate) fn salted(self, password: &[u8], salt: &[u8], iterations: u32) -> Secret {
        let mut out = vec![0; self.output_len()];
        match self {
            Self::Sha1 => pbkdf2::pbkdf2_hmac::<Sha1>(password, salt, iterations, &mut out),
            Self::Sha256 => pbkdf2::pbkdf2_hmac::<Sha256>(password, salt, iterations, &mut out),
            Self::Sha512 => pbkdf2::pbkdf2_hmac::<Sha512>(password, salt, iterations, &mut out),
        }
        Secret::new(out)
    }
}

/// HMAC-MD5 in lower-case hexadecimal, RFC 2195 section 2.
pub(crate) fn cram_md5(key: &[u8], challenge: &[u8]) -> String {
    hexadecimal(&keyed::<Hmac<Md5>, Md5>(key, challenge))
}

/// MD5 in lower-case hexadecimal, RFC 1939 section 7.
pub(crate) fn md5(data: &Secret) -> String {
    hexadecimal(&Secret::new(Md5::digest(data.expose()).to_vec()))
}

fn hexadecimal(digest: &Secret) -> String {
    digest.expose().iter().fold(String::with_capacity(32), |mut text, octet| {
        for nibble in [octet >> 4, octet & 15] {
            text.push(char::from_digit(u32::from(nibble), 16).unwrap_or('0'));
        }
        text
    })
}

/// Compares in time that depends on the lengths only.
pub(crate) fn equal(a: &[u8], b: &[u8]) -> bool {
    a.ct_eq(b).into()
}

/// Octet by octet exclusive or; as long as the shorter.
pub(crate) fn xor(a: &[u8], b: &[u8]) -> Secret {
    Secret::new(a.iter().zip(b).map(|(x, y)| x ^ y).collect())
}

/// HMAC with a key of any length, RFC 2104 section 2.
///
/// The key is brought to the block size here, so that no "invalid length" is left to handle.
fn keyed<M: Mac + KeyInit + KeySizeUser, D: Digest>(key: &[u8], data: &[u8]) -> Secret {
    let mut block = hmac::digest::Key::<M>::default();
    let shortened;
    let key = if key.len() > block.len() {
        shortened = D::digest(key);
        shortened.as_slice()
    } else {
        key
    };
    for (to, from) in block.iter_mut().zip(key) {
        *to = *from;
    }
    let mut mac = <M as KeyInit>::new(&block);
    mac.update(data);
    Secret::new(mac.finalize().into_bytes().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc_2104_and_rfc_2195_vectors() {
        // RFC 2104: key of 16 octets 0x0b, data "Hi There".
        assert_eq!(cram_md5(&[0x0b; 16], b"Hi There"), "9294727a3638bb1c13f48ef8158bfc9d");
        assert_eq!(cram_md5(b"Jefe", b"what do ya want for nothing?"), "750c783e6ab0b503eaa86e310a5db738");
        assert_eq!(
            cram_md5(b"tanstaaftanstaaf", b"<1896.697170952@postoffice.reston.mci.net>"),
            "b913a602c7eda7a495b4e6e7334d3890"
        );
    }

    #[test]
    fn long_keys_are_hashed_first() {
        let long = [0xaa; 200];
        assert_eq!(Hash::Sha256.hmac(&long, b"x"), Hash::Sha256.hmac(Sha256::digest(long).as_slice(), b"x"),);
    }

    #[test]
    fn comparison_minds_lengths() {
        assert!(equal(b"", b"") && equal(b"ab", b"ab"));
        assert!(!equal(b"ab", b"abc") && !equal(b"ab", b"ac"));
    }
}
