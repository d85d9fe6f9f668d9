//! What members say to each other inside application messages (docs/protocol.md §4.1).

use crate::fields;
use crate::wire::{bytes, encode, Fields, Message};

/// A map with its number, padded to a multiple of 256 bytes.
pub fn pack(number: u64, fields: Fields) -> Vec<u8> {
    let whole = |padding: usize| {
        let mut all = fields!["s" => number];
        all.extend(fields.clone());
        all.extend(fields!["p" => bytes(vec![0; padding])]);
        encode(all)
    };
    whole((256 - whole(0).len() % 256) % 256)
}

/// The map and its number; None when it is nothing of ours.
pub fn unpack(plain: &[u8]) -> Option<(u64, Message)> {
    let message = Message::decode(plain).ok()?;
    Some((message.uint("s").ok()?, message))
}
