//! mls-rs as a member of a room.

use mls_rs::client_builder::{BaseConfig, WithCryptoProvider, WithIdentityProvider, WithMlsRules};
use mls_rs::crypto::SignatureSecretKey;
use mls_rs::extension::built_in::RequiredCapabilitiesExt;
use mls_rs::extension::ExtensionType;
use mls_rs::group::{CommitEffect, ReceivedMessage};
use mls_rs::identity::basic::{BasicCredential, BasicIdentityProvider};
use mls_rs::identity::{Credential, CredentialType, SigningIdentity};
use mls_rs::mls_rules::{CommitOptions, DefaultMlsRules, EncryptionOptions};
use mls_rs::psk::{ExternalPskId, PreSharedKey};
use mls_rs::time::MlsTime;
use mls_rs::{
    CipherSuite, CipherSuiteProvider, Client, CryptoProvider, Extension, ExtensionList, MlsMessage,
};
use mls_rs_crypto_rustcrypto::RustCryptoProvider;
use native::group::{Opened, PARAMETERS, PARAMETERS_VALUE};
use native::{failed, Group, Link, Person, Processed, Result};
use std::time::Duration;

const SUITE: CipherSuite = CipherSuite::CURVE25519_AES128;

type Config = WithMlsRules<
    DefaultMlsRules,
    WithIdentityProvider<BasicIdentityProvider, WithCryptoProvider<RustCryptoProvider, BaseConfig>>,
>;

struct MlsRs {
    client: Client<Config>,
    psk: ExternalPskId,
    group: Option<mls_rs::Group<Config>>,
}

/// The library puts the beginning of a lifetime an hour before the time it is given:
/// with this one, and 23 hours, the present is in the middle of a day.
fn begin_of_lifetime() -> Option<MlsTime> {
    let now = MlsTime::now().seconds_since_epoch();
    Some(MlsTime::from(now - 11 * 3600))
}

fn context_extensions() -> Result<ExtensionList> {
    let mut list = ExtensionList::new();
    let own = ExtensionType::new(PARAMETERS);
    let required = RequiredCapabilitiesExt::new(vec![own], vec![], vec![CredentialType::BASIC]);
    list.set_from(required).map_err(failed("extensions"))?;
    list.set(Extension::new(own, PARAMETERS_VALUE.to_vec()));
    Ok(list)
}

impl MlsRs {
    fn current(&self) -> &mls_rs::Group<Config> {
        self.group.as_ref().expect("in a group")
    }

    fn current_mut(&mut self) -> Result<&mut mls_rs::Group<Config>> {
        self.group.as_mut().ok_or("in no group".into())
    }

    /// Keys of epochs that are over are kept only for what was stored.
    fn store(&mut self) -> Result<()> {
        self.current_mut()?
            .write_to_storage()
            .map_err(failed("store"))
    }
}

impl Group for MlsRs {
    fn new(link: &Link, member: &[u8; 16]) -> Result<Self> {
        let provider = RustCryptoProvider::with_enabled_cipher_suites(vec![SUITE]);
        let suite = provider
            .cipher_suite_provider(SUITE)
            .ok_or("no such suite")?;
        let (secret, public): (SignatureSecretKey, _) =
            suite.signature_key_generate().map_err(failed("key pair"))?;
        let credential = BasicCredential::new(link.identity(member, public.as_bytes()));
        let identity = SigningIdentity::new(credential.into_credential(), public);
        let rules = DefaultMlsRules::new()
            .with_commit_options(CommitOptions::new().with_ratchet_tree_extension(true))
            .with_encryption_options(EncryptionOptions::default());
        let psk = ExternalPskId::new(link.psk_id());
        let client = Client::builder()
            .psk(psk.clone(), PreSharedKey::new(link.psk.to_vec()))
            .crypto_provider(provider)
            .identity_provider(BasicIdentityProvider)
            .mls_rules(rules)
            .extension_type(ExtensionType::new(PARAMETERS))
            .key_package_lifetime(Duration::from_secs(23 * 3600))
            .signing_identity(identity, secret, SUITE)
            .build();
        Ok(MlsRs {
            client,
            psk,
            group: None,
        })
    }

    fn key_package(&mut self) -> Result<Vec<u8>> {
        self.group = None;
        let none = ExtensionList::default;
        let made = self
            .client
            .generate_key_package_message(none(), none(), begin_of_lifetime());
        made.and_then(|message| message.to_bytes())
            .map_err(failed("key package"))
    }

    fn found(&mut self, id: &[u8]) -> Result<()> {
        let extensions = context_extensions()?;
        let made = self.client.create_group_with_id(
            id.to_vec(),
            extensions,
            ExtensionList::default(),
            begin_of_lifetime(),
        );
        self.group = Some(made.map_err(failed("found"))?);
        self.store()
    }

    fn join(&mut self, welcome: &[u8]) -> Result<()> {
        let message = MlsMessage::from_bytes(welcome).map_err(failed("welcome"))?;
        let (group, info) = self
            .client
            .join_group(None, &message, None)
            .map_err(failed("welcome"))?;
        if !info
            .group_info_extensions
            .iter()
            .all(|extension| extension.extension_type == ExtensionType::RATCHET_TREE)
        {
            return Err("extensions of the GroupInfo".into());
        }
        self.group = Some(group);
        self.store()
    }

    fn prepare(&mut self, adds: &[Vec<u8>], removes: &[u32]) -> Result<(Vec<u8>, Option<Vec<u8>>)> {
        let psk = self.psk.clone();
        let mut builder = self.current_mut()?.commit_builder();
        for leaf in removes {
            builder = builder.remove_member(*leaf).map_err(failed("remove"))?;
        }
        for bytes in adds {
            let message = MlsMessage::from_bytes(bytes).map_err(failed("key package"))?;
            builder = builder.add_member(message).map_err(failed("add"))?;
        }
        if !adds.is_empty() || !removes.is_empty() {
            builder = builder.add_external_psk(psk).map_err(failed("psk"))?;
        }
        let made = builder.build().map_err(failed("commit"))?;
        let commit = made.commit_message().to_bytes().map_err(failed("commit"))?;
        let welcome = made
            .welcome_messages()
            .first()
            .map(|message| message.to_bytes());
        Ok((commit, welcome.transpose().map_err(failed("welcome"))?))
    }

    fn confirm(&mut self) -> Result<()> {
        self.current_mut()?
            .apply_pending_commit()
            .map_err(failed("apply"))?;
        self.store()
    }

    fn drop_prepared(&mut self) -> Result<()> {
        self.current_mut()?.clear_pending_commit();
        Ok(())
    }

    fn process(&mut self, commit: &[u8]) -> Result<Processed> {
        let message = MlsMessage::from_bytes(commit).map_err(failed("commit"))?;
        let received = self
            .current_mut()?
            .process_incoming_message(message)
            .map_err(failed("process"))?;
        let ReceivedMessage::Commit(done) = received else {
            return Err("not a commit".into());
        };
        if !done.authenticated_data.is_empty() {
            return Err("authenticated data".into());
        }
        if matches!(done.effect, CommitEffect::Removed { .. }) {
            return Ok(Processed::Removed);
        }
        self.store()?;
        Ok(Processed::Next)
    }

    fn seal(&mut self, plaintext: &[u8]) -> Result<Vec<u8>> {
        let sealed = self
            .current_mut()?
            .encrypt_application_message(plaintext, vec![]);
        sealed
            .and_then(|message| message.to_bytes())
            .map_err(failed("seal"))
    }

    fn open(&mut self, message: &[u8]) -> Result<Opened> {
        let message = MlsMessage::from_bytes(message).map_err(failed("message"))?;
        let epoch = message.epoch().ok_or("no epoch")?;
        let received = self
            .current_mut()?
            .process_incoming_message(message)
            .map_err(failed("open"))?;
        let ReceivedMessage::ApplicationMessage(opened) = received else {
            return Err("not an application message".into());
        };
        Ok(Opened {
            epoch,
            leaf: opened.sender_index,
            plaintext: opened.data().to_vec(),
        })
    }

    fn export(&self, label: &str, length: usize) -> Result<Vec<u8>> {
        let secret = self
            .current()
            .export_secret(label.as_bytes(), &[], length)
            .map_err(failed("export"))?;
        Ok(secret.as_bytes().to_vec())
    }

    fn authenticator(&self) -> Result<Vec<u8>> {
        let secret = self
            .current()
            .epoch_authenticator()
            .map_err(failed("authenticator"))?;
        Ok(secret.as_bytes().to_vec())
    }

    fn id(&self) -> Vec<u8> {
        self.current().group_id().to_vec()
    }

    fn epoch(&self) -> u64 {
        self.group.as_ref().map_or(0, |group| group.current_epoch())
    }

    fn leaf(&self) -> u32 {
        self.current().current_member_index()
    }

    fn roster(&self) -> Vec<Person> {
        let person = |member: mls_rs::group::Member| {
            let identity = match &member.signing_identity.credential {
                Credential::Basic(basic) => basic.identifier.clone(),
                _ => vec![],
            };
            Person {
                leaf: member.index,
                identity,
                signature_key: member.signing_identity.signature_key.as_bytes().to_vec(),
            }
        };
        self.current().roster().members_iter().map(person).collect()
    }
}

fn main() {
    native::run::<MlsRs>("0.57.0");
}
