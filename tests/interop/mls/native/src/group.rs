//! What is asked of an MLS library. Bytes are MLSMessages.

use crate::{Link, Result};

/// Somebody in the tree.
#[derive(Clone, Debug)]
pub struct Person {
    pub leaf: u32,
    /// Of the basic credential.
    pub identity: Vec<u8>,
    pub signature_key: Vec<u8>,
}

#[derive(Debug, PartialEq)]
pub enum Processed {
    Next,
    Removed,
}

/// A plaintext with its sender.
pub struct Opened {
    pub epoch: u64,
    pub leaf: u32,
    pub plaintext: Vec<u8>,
}

/// The groups of one member, one at a time: one identity, one signature key.
pub trait Group: Sized {
    /// Before a group: the identity for its public signature key comes from `link`.
    fn new(link: &Link, member: &[u8; 16]) -> Result<Self>;
    /// A fresh key package; it opens one Welcome.
    fn key_package(&mut self) -> Result<Vec<u8>>;
    /// Epoch 0 with this member alone.
    fn found(&mut self, id: &[u8]) -> Result<()>;
    fn join(&mut self, welcome: &[u8]) -> Result<()>;
    /// Adds, removes and the PSK; without either an empty commit with a path. Not in
    /// force before `confirm`.
    fn prepare(&mut self, adds: &[Vec<u8>], removes: &[u32]) -> Result<(Vec<u8>, Option<Vec<u8>>)>;
    fn confirm(&mut self) -> Result<()>;
    /// The prepared commit was not taken.
    fn drop_prepared(&mut self) -> Result<()>;
    /// A commit of another member.
    fn process(&mut self, commit: &[u8]) -> Result<Processed>;
    fn seal(&mut self, plaintext: &[u8]) -> Result<Vec<u8>>;
    fn open(&mut self, message: &[u8]) -> Result<Opened>;
    /// MLS-Exporter with empty context.
    fn export(&self, label: &str, length: usize) -> Result<Vec<u8>>;
    fn authenticator(&self) -> Result<Vec<u8>>;
    fn id(&self) -> Vec<u8>;
    fn epoch(&self) -> u64;
    fn leaf(&self) -> u32;
    /// In the order of leaves.
    fn roster(&self) -> Vec<Person>;
}

/// The group context extension 0xF0A1: version, frame suite, bits of epoch and leaf, policy.
pub const PARAMETERS: u16 = 0xf0a1;
pub const PARAMETERS_VALUE: [u8; 6] = [1, 0, 4, 4, 6, 0];
