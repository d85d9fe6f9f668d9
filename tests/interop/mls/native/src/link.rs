//! What follows from the secret of a link (docs/protocol.md §1).

use ed25519_dalek::{Signature, Signer, SigningKey, Verifier};
use hkdf::Hkdf;
use sha2::{Digest, Sha256};

/// SHA-256 of the parts, one behind the other.
pub fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part);
    }
    hash.finalize().into()
}

/// Bytes behind their length as u16.
pub fn lp(bytes: &[u8]) -> Vec<u8> {
    let length = u16::try_from(bytes.len()).expect("short");
    [&length.to_be_bytes()[..], bytes].concat()
}

pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::getrandom(&mut bytes).expect("the system has random bytes");
    bytes
}

/// All keys of a link with digit 1.
pub struct Link {
    pub tag: [u8; 13],
    pub admission: SigningKey,
    pub lobby: [u8; 32],
    pub psk: [u8; 32],
}

impl Link {
    /// `secret` is the 24 bytes behind the `1.` of the fragment.
    pub fn new(secret: &[u8]) -> Self {
        let kdf = Hkdf::<Sha256>::new(Some(b"RV1 room e2ee"), secret);
        let expand = |label: &str| {
            let mut out = [0; 32];
            kdf.expand(&[label.as_bytes(), &[1]].concat(), &mut out)
                .expect("32 bytes");
            out
        };
        let admission = SigningKey::from_bytes(&expand("RV1 admission ed25519"));
        let key = lp(admission.verifying_key().as_bytes());
        let hash = sha256(&[b"RV1 room", &key, &lp(b""), &lp(b"")]);
        Link {
            tag: hash[..13].try_into().expect("13 bytes"),
            admission,
            lobby: expand("RV1 lobby aead"),
            psk: expand("RV1 mls external psk"),
        }
    }

    /// The id of the pre-shared key in proposals.
    pub fn psk_id(&self) -> Vec<u8> {
        [b"RV1", &self.tag[..]].concat()
    }

    pub fn new_group_id(&self) -> Vec<u8> {
        [b"RV1", &self.tag[..], &random::<16>()].concat()
    }

    fn claim(&self, member: &[u8], signature_key: &[u8]) -> Vec<u8> {
        let key = sha256(&[signature_key]);
        [b"RV1 leaf", &lp(&self.tag)[..], &lp(member), &lp(&key)].concat()
    }

    /// The identity of a basic credential: `u8(1) || member || leaf_sig`.
    pub fn identity(&self, member: &[u8; 16], signature_key: &[u8]) -> Vec<u8> {
        let signature = self.admission.sign(&self.claim(member, signature_key));
        [&[1], &member[..], &signature.to_bytes()].concat()
    }

    /// The member whose credential this is, when somebody with the link made it.
    pub fn member_of(&self, identity: &[u8], signature_key: &[u8]) -> Option<[u8; 16]> {
        if identity.len() != 81 || identity[0] != 1 {
            return None;
        }
        let member: [u8; 16] = identity[1..17].try_into().ok()?;
        let signature = Signature::from_slice(&identity[17..]).ok()?;
        let claim = self.claim(&member, signature_key);
        self.admission
            .verifying_key()
            .verify(&claim, &signature)
            .ok()?;
        Some(member)
    }

    /// The signature of `admit` (§3.1).
    pub fn admit(
        &self,
        origin: &str,
        room: &str,
        nonce: &[u8],
        member: &[u8],
        key_package: &[u8],
    ) -> [u8; 64] {
        let mut message = b"RV1 admit".to_vec();
        let hash = sha256(&[key_package]);
        for field in [origin.as_bytes(), room.as_bytes(), nonce, member, &hash] {
            message.extend(lp(field));
        }
        self.admission.sign(&message).to_bytes()
    }

    /// The display name, sealed for the door.
    pub fn lobby(&self, name: &str, member: &[u8; 16]) -> Vec<u8> {
        use aes_gcm::aead::{Aead, KeyInit, Payload};
        let iv = random::<12>();
        let aad = [b"RV1 lobby", &self.tag[..], member].concat();
        let cipher = aes_gcm::Aes256Gcm::new(&self.lobby.into());
        let sealed = cipher.encrypt(
            &iv.into(),
            Payload {
                msg: name.as_bytes(),
                aad: &aad,
            },
        );
        [&iv[..], &sealed.expect("a short name")].concat()
    }
}
