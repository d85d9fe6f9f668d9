//! Media frames: SFrame (RFC 9605) with suite 4, AES_128_GCM_SHA256_128, under the
//! base key of an epoch (docs/e2ee.md, Frames).

use crate::{failed, Result};
use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::Aes128Gcm;
use hkdf::Hkdf;
use sha2::Sha256;

#[derive(Clone, Copy, PartialEq)]
pub enum Codec {
    Opus,
    Vp8,
}

impl Codec {
    /// Bytes that stay readable at the start of a frame.
    fn clear(self, frame: &[u8]) -> Result<usize> {
        let length = match (self, frame.first()) {
            (_, None) => return Err("an empty frame".into()),
            (Codec::Opus, _) => 0,
            (Codec::Vp8, Some(first)) => {
                if first & 1 == 0 {
                    10
                } else {
                    1
                }
            }
        };
        if frame.len() < length {
            Err("a short frame".into())
        } else {
            Ok(length)
        }
    }

    fn metadata(self, clear: &[u8]) -> Vec<u8> {
        let kind = (self == Codec::Vp8) as u8;
        [&[1, kind, kind], clear].concat()
    }
}

/// `context << 10 | leaf << 4 | (epoch & 15)`.
pub fn kid(context: u64, leaf: u32, epoch: u64) -> u64 {
    context << 10 | u64::from(leaf) << 4 | (epoch & 15)
}

fn field(value: u64) -> (u8, Vec<u8>) {
    if value < 8 {
        return (value as u8, vec![]);
    }
    let bytes: Vec<u8> = value
        .to_be_bytes()
        .into_iter()
        .skip_while(|byte| *byte == 0)
        .collect();
    (8 | (bytes.len() - 1) as u8, bytes)
}

fn header(kid: u64, counter: u64) -> Vec<u8> {
    let ((k, kid), (c, counter)) = (field(kid), field(counter));
    [&[k << 4 | c], &kid[..], &counter[..]].concat()
}

/// `(kid, counter, length)`; only the shortest spelling counts.
fn read_header(bytes: &[u8]) -> Option<(u64, u64, usize)> {
    let first = *bytes.first()?;
    let mut at = 1;
    let mut read = |bits: u8| {
        if bits < 8 {
            return Some(u64::from(bits));
        }
        let length = usize::from(bits & 7) + 1;
        let value = bytes
            .get(at..at + length)?
            .iter()
            .fold(0, |sum, byte| sum << 8 | u64::from(*byte));
        at += length;
        Some(value)
    };
    let (kid, counter) = (read(first >> 4)?, read(first & 15)?);
    (header(kid, counter) == bytes[..at]).then_some((kid, counter, at))
}

fn cipher(base: &[u8], kid: u64, counter: u64) -> (Aes128Gcm, [u8; 12]) {
    let kdf = Hkdf::<Sha256>::new(Some(&[]), base);
    let label = |text: &str| [text.as_bytes(), &kid.to_be_bytes(), &[0, 4]].concat();
    let (mut key, mut iv) = ([0; 16], [0; 12]);
    kdf.expand(&label("SFrame 1.0 Secret key "), &mut key)
        .expect("16 bytes");
    kdf.expand(&label("SFrame 1.0 Secret salt "), &mut iv)
        .expect("12 bytes");
    for (byte, other) in iv[4..].iter_mut().zip(counter.to_be_bytes()) {
        *byte ^= other;
    }
    (Aes128Gcm::new(&key.into()), iv)
}

/// `counter` is never used twice with one base key and KID.
pub fn seal(base: &[u8], kid: u64, counter: u64, codec: Codec, frame: &[u8]) -> Result<Vec<u8>> {
    let (clear, rest) = frame.split_at(codec.clear(frame)?);
    let head = header(kid, counter);
    let (cipher, iv) = cipher(base, kid, counter);
    let aad = [&head[..], &codec.metadata(clear)].concat();
    let sealed = cipher
        .encrypt(
            &iv.into(),
            Payload {
                msg: rest,
                aad: &aad,
            },
        )
        .map_err(failed("frame"))?;
    Ok([clear, &head, &sealed].concat())
}

/// The KID of a frame on the wire.
pub fn kid_of(codec: Codec, wire: &[u8]) -> Result<u64> {
    let (kid, _, _) = read_header(&wire[codec.clear(wire)?..]).ok_or("no SFrame header")?;
    Ok(kid)
}

pub fn open(base: &[u8], codec: Codec, wire: &[u8]) -> Result<Vec<u8>> {
    let (clear, sealed) = wire.split_at(codec.clear(wire)?);
    let (kid, counter, length) = read_header(sealed).ok_or("no SFrame header")?;
    let (cipher, iv) = cipher(base, kid, counter);
    let aad = [&sealed[..length], &codec.metadata(clear)].concat();
    let opened = cipher.decrypt(
        &iv.into(),
        Payload {
            msg: &sealed[length..],
            aad: &aad,
        },
    );
    Ok([clear, &opened.map_err(failed("frame"))?].concat())
}
