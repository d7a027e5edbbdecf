//! The `tls-server-end-point` channel binding: a hash of the server's certificate.

use bytes::Bytes;
use sha2::{Digest, Sha256, Sha384, Sha512};

/// RFC 5929 section 4.1: the hash function of the certificate's signature; SHA-256 where that is MD5 or SHA-1,
/// and where the signature has none of its own (Ed25519).
pub(crate) fn hash(certificate: &[u8]) -> Bytes {
    let digest = match signature_hash(certificate) {
        Hash::Sha256 => Sha256::digest(certificate).to_vec(),
        Hash::Sha384 => Sha384::digest(certificate).to_vec(),
        Hash::Sha512 => Sha512::digest(certificate).to_vec(),
    };
    Bytes::from(digest)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hash {
    Sha256,
    Sha384,
    Sha512,
}

fn signature_hash(certificate: &[u8]) -> Hash {
    const RSA_SHA384: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0c];
    const RSA_SHA512: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0d];
    const RSA_PSS: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a];
    const ECDSA_SHA384: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x03];
    const ECDSA_SHA512: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x04];
    const SHA384: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02];
    const SHA512: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03];
    let Some(algorithm) = signature_algorithm(certificate) else { return Hash::Sha256 };
    let holds = |oid: &[u8]| algorithm.windows(oid.len()).any(|part| part == oid);
    if holds(RSA_PSS) {
        return if holds(SHA384) {
            Hash::Sha384
        } else if holds(SHA512) {
            Hash::Sha512
        } else {
            Hash::Sha256
        };
    }
    if holds(RSA_SHA384) || holds(ECDSA_SHA384) {
        Hash::Sha384
    } else if holds(RSA_SHA512) || holds(ECDSA_SHA512) {
        Hash::Sha512
    } else {
        Hash::Sha256
    }
}

/// `Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm, signatureValue }`, RFC 5280 section 4.1.
fn signature_algorithm(certificate: &[u8]) -> Option<&[u8]> {
    let (content, _) = element(certificate)?;
    let (_, behind) = element(content)?;
    let (algorithm, _) = element(behind)?;
    Some(algorithm)
}

/// The content of a DER element, and what is behind it.
fn element(der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (&[_tag, first], rest) = der.split_first_chunk::<2>()?;
    let (length, rest) = if first < 0x80 {
        (usize::from(first), rest)
    } else {
        let (octets, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
        if octets.len() > 4 {
            return None;
        }
        (octets.iter().fold(0, |length, &octet| length << 8 | usize::from(octet)), rest)
    };
    rest.split_at_checked(length)
}
