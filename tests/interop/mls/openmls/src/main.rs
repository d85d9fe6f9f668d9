//! OpenMLS as a member of a room.

use native::group::{Opened, PARAMETERS, PARAMETERS_VALUE};
use native::{failed, Group, Link, Person, Processed, Result};
use openmls::prelude::tls_codec::{Deserialize, Serialize};
use openmls::prelude::*;
use openmls::schedule::PreSharedKeyId;
use openmls_basic_credential::SignatureKeyPair;
use openmls_rust_crypto::OpenMlsRustCrypto;
use openmls_traits::OpenMlsProvider;

const SUITE: Ciphersuite = Ciphersuite::MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519;

struct OpenMls {
    provider: OpenMlsRustCrypto,
    signer: SignatureKeyPair,
    credential: CredentialWithKey,
    psk: PreSharedKeyId,
    group: Option<MlsGroup>,
}

/// To the byte what pages say that they can do.
fn capabilities() -> Capabilities {
    Capabilities::builder()
        .versions(vec![ProtocolVersion::Mls10])
        .ciphersuites(vec![SUITE])
        .extensions(vec![ExtensionType::Unknown(PARAMETERS)])
        .proposals(vec![])
        .credentials(vec![CredentialType::Basic])
        .build()
}

fn context_extensions() -> Result<Extensions<GroupContext>> {
    let required = RequiredCapabilitiesExtension::new(
        &[ExtensionType::Unknown(PARAMETERS)],
        &[],
        &[CredentialType::Basic],
    );
    Extensions::from_vec(vec![
        Extension::RequiredCapabilities(required),
        Extension::Unknown(PARAMETERS, UnknownExtension(PARAMETERS_VALUE.to_vec())),
    ])
    .map_err(failed("extensions"))
}

/// A day with the present in its middle.
fn lifetime() -> Lifetime {
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .expect("after 1970")
        .as_secs();
    Lifetime::init(now - 12 * 3600, now + 12 * 3600)
}

fn join_config() -> MlsGroupJoinConfig {
    MlsGroupJoinConfig::builder()
        .wire_format_policy(PURE_PLAINTEXT_WIRE_FORMAT_POLICY)
        .use_ratchet_tree_extension(true)
        .max_past_epochs(1)
        .build()
}

impl OpenMls {
    fn current(&self) -> &MlsGroup {
        self.group.as_ref().expect("in a group")
    }

    fn leave(&mut self) -> Result<()> {
        if let Some(mut group) = self.group.take() {
            group
                .delete(self.provider.storage())
                .map_err(failed("delete"))?;
        }
        Ok(())
    }

    fn processed(&mut self, bytes: &[u8]) -> Result<ProcessedMessage> {
        let message = MlsMessageIn::tls_deserialize_exact(bytes).map_err(failed("message"))?;
        let message = message
            .try_into_protocol_message()
            .map_err(failed("message"))?;
        let group = self.group.as_mut().ok_or("in no group")?;
        group
            .process_message(&self.provider, message)
            .map_err(failed("process"))
    }
}

impl Group for OpenMls {
    fn new(link: &Link, member: &[u8; 16]) -> Result<Self> {
        let provider = OpenMlsRustCrypto::default();
        let signer =
            SignatureKeyPair::new(SUITE.signature_algorithm()).map_err(failed("key pair"))?;
        signer
            .store(provider.storage())
            .map_err(failed("key pair"))?;
        let identity = link.identity(member, signer.public());
        let credential = CredentialWithKey {
            credential: BasicCredential::new(identity).into(),
            signature_key: signer.public().into(),
        };
        // The nonce is fresh for each proposal; the key is stored by its id.
        let psk = PreSharedKeyId::external(link.psk_id(), vec![0; 32]);
        psk.store(&provider, &link.psk).map_err(failed("psk"))?;
        Ok(OpenMls {
            provider,
            signer,
            credential,
            psk,
            group: None,
        })
    }

    fn key_package(&mut self) -> Result<Vec<u8>> {
        self.leave()?;
        let made = KeyPackage::builder()
            .key_package_lifetime(lifetime())
            .leaf_node_capabilities(capabilities())
            .build(SUITE, &self.provider, &self.signer, self.credential.clone())
            .map_err(failed("key package"))?;
        MlsMessageOut::from(made.key_package().clone())
            .tls_serialize_detached()
            .map_err(failed("key package"))
    }

    fn found(&mut self, id: &[u8]) -> Result<()> {
        self.leave()?;
        let config = MlsGroupCreateConfig::builder()
            .ciphersuite(SUITE)
            .wire_format_policy(join_config().wire_format_policy())
            .use_ratchet_tree_extension(true)
            .max_past_epochs(1)
            .capabilities(capabilities())
            .lifetime(lifetime())
            .with_group_context_extensions(context_extensions()?)
            .build();
        let id = GroupId::from_slice(id);
        let made = MlsGroup::new_with_group_id(
            &self.provider,
            &self.signer,
            &config,
            id,
            self.credential.clone(),
        );
        self.group = Some(made.map_err(failed("found"))?);
        Ok(())
    }

    fn join(&mut self, welcome: &[u8]) -> Result<()> {
        let message = MlsMessageIn::tls_deserialize_exact(welcome).map_err(failed("welcome"))?;
        let MlsMessageBodyIn::Welcome(welcome) = message.extract() else {
            return Err("not a Welcome".into());
        };
        let staged = StagedWelcome::new_from_welcome(&self.provider, &join_config(), welcome, None);
        let group = staged
            .map_err(failed("welcome"))?
            .into_group(&self.provider);
        self.group = Some(group.map_err(failed("welcome"))?);
        Ok(())
    }

    fn prepare(&mut self, adds: &[Vec<u8>], removes: &[u32]) -> Result<(Vec<u8>, Option<Vec<u8>>)> {
        let mut packages = vec![];
        for bytes in adds {
            let message =
                MlsMessageIn::tls_deserialize_exact(&bytes[..]).map_err(failed("key package"))?;
            let MlsMessageBodyIn::KeyPackage(package) = message.extract() else {
                return Err("not a key package".into());
            };
            let package = package.validate(self.provider.crypto(), ProtocolVersion::Mls10);
            packages.push(package.map_err(failed("key package"))?);
        }
        let group = self.group.as_mut().ok_or("in no group")?;
        let changes = !packages.is_empty() || !removes.is_empty();
        let mut builder = group
            .commit_builder()
            .consume_proposal_store(false)
            .force_self_update(!changes)
            .propose_removals(removes.iter().map(|leaf| LeafNodeIndex::new(*leaf)))
            .propose_adds(packages);
        if changes {
            let id = PreSharedKeyId::new(SUITE, self.provider.rand(), self.psk.psk().clone());
            let id = id.map_err(failed("psk"))?;
            builder = builder.add_proposal(Proposal::PreSharedKey(Box::new(
                PreSharedKeyProposal::new(id),
            )));
        }
        let made = builder
            .load_psks(self.provider.storage())
            .map_err(failed("psk"))?
            .build(
                self.provider.rand(),
                self.provider.crypto(),
                &self.signer,
                |_| true,
            )
            .map_err(failed("commit"))?
            .stage_commit(&self.provider)
            .map_err(failed("commit"))?;
        let (commit, welcome, _) = made.into_messages();
        let bytes =
            |message: MlsMessageOut| message.tls_serialize_detached().map_err(failed("commit"));
        Ok((bytes(commit)?, welcome.map(bytes).transpose()?))
    }

    fn confirm(&mut self) -> Result<()> {
        let group = self.group.as_mut().ok_or("in no group")?;
        group
            .merge_pending_commit(&self.provider)
            .map_err(failed("merge"))
    }

    fn drop_prepared(&mut self) -> Result<()> {
        let group = self.group.as_mut().ok_or("in no group")?;
        group
            .clear_pending_commit(self.provider.storage())
            .map_err(failed("clear"))
    }

    fn process(&mut self, commit: &[u8]) -> Result<Processed> {
        let processed = self.processed(commit)?;
        if !processed.aad().is_empty() {
            return Err("authenticated data".into());
        }
        let ProcessedMessageContent::StagedCommitMessage(staged) = processed.into_content() else {
            return Err("not a commit".into());
        };
        let removed = staged.self_removed();
        let group = self.group.as_mut().ok_or("in no group")?;
        group
            .merge_staged_commit(&self.provider, *staged)
            .map_err(failed("merge"))?;
        Ok(if removed {
            Processed::Removed
        } else {
            Processed::Next
        })
    }

    fn seal(&mut self, plaintext: &[u8]) -> Result<Vec<u8>> {
        let group = self.group.as_mut().ok_or("in no group")?;
        let message = group
            .create_message(&self.provider, &self.signer, plaintext)
            .map_err(failed("seal"))?;
        message.tls_serialize_detached().map_err(failed("seal"))
    }

    fn open(&mut self, message: &[u8]) -> Result<Opened> {
        let processed = self.processed(message)?;
        let epoch = processed.epoch().as_u64();
        let Sender::Member(leaf) = *processed.sender() else {
            return Err("not a member".into());
        };
        let ProcessedMessageContent::ApplicationMessage(plain) = processed.into_content() else {
            return Err("not an application message".into());
        };
        Ok(Opened {
            epoch,
            leaf: leaf.u32(),
            plaintext: plain.into_bytes(),
        })
    }

    fn export(&self, label: &str, length: usize) -> Result<Vec<u8>> {
        self.current()
            .export_secret(self.provider.crypto(), label, &[], length)
            .map_err(failed("export"))
    }

    fn authenticator(&self) -> Result<Vec<u8>> {
        Ok(self.current().epoch_authenticator().as_slice().to_vec())
    }

    fn id(&self) -> Vec<u8> {
        self.current().group_id().to_vec()
    }

    fn epoch(&self) -> u64 {
        self.group
            .as_ref()
            .map_or(0, |group| group.epoch().as_u64())
    }

    fn leaf(&self) -> u32 {
        self.current().own_leaf_index().u32()
    }

    fn roster(&self) -> Vec<Person> {
        let person = |member: openmls::prelude::Member| Person {
            leaf: member.index.u32(),
            identity: member.credential.serialized_content().to_vec(),
            signature_key: member.signature_key,
        };
        self.current().members().map(person).collect()
    }
}

fn main() {
    native::run::<OpenMls>("0.9.2");
}
