//! `kexin-node session-keys`: makes session keys on the validator's machine, so that no listener needs a method for it.

use super::directory;
use codec::Encode as _;
use kexin_runtime::{AccountId, SessionKeys};
use sc_cli::{KeystoreParams, SharedParams, SubstrateCli};
use sc_service::KeystoreContainer;
use sp_core::{
	crypto::key_types::{BABE, GRANDPA},
	proof_of_possession::statement_of_ownership,
	Bytes,
};
use sp_keystore::Keystore;

/// `kexin-node session-keys`.
#[derive(Debug, clap::Parser)]
pub struct SessionKeysCommand {
	/// The account that will register the keys.
	#[arg(long)]
	account: AccountId,
	#[clap(flatten)]
	shared_params: SharedParams,
	#[clap(flatten)]
	keystore_params: KeystoreParams,
}

impl SessionKeysCommand {
	/// Makes new keys in the node's keystore, whether the node runs or not, and prints what registers them.
	///
	/// # Errors
	/// When the chain is unknown, or the keystore can't be written.
	pub fn run<C: SubstrateCli>(&self, cli: &C) -> sc_cli::Result<()> {
		let directory = directory::of_chain(cli, &self.shared_params)?;
		let config = self.keystore_params.keystore_config(&directory)?;
		let container = KeystoreContainer::new(&config)?;
		let (keys, proof) = generate(&*container.local_keystore(), &self.account)?;
		println!("{}", serde_json::json!({ "keys": keys, "proof": proof }));
		Ok(())
	}
}

/// Makes new session keys, and the proof that the account's holder also holds them.
///
/// # Errors
/// When the keystore can't be used.
pub(crate) fn generate(keystore: &dyn Keystore, account: &AccountId) -> sc_cli::Result<(Bytes, Bytes)> {
	let failed = |error: sp_keystore::Error| sc_cli::Error::Input(format!("the keystore can't be used: {error}"));
	let author = keystore.sr25519_generate_new(BABE, None).map_err(failed)?;
	let voter = keystore.ed25519_generate_new(GRANDPA, None).map_err(failed)?;
	let statement = statement_of_ownership(&account.encode());
	let proof = (
		keystore.sr25519_sign(BABE, &author, &statement).map_err(failed)?,
		keystore.ed25519_sign(GRANDPA, &voter, &statement).map_err(failed)?,
	);
	let (Some(by_author), Some(by_voter)) = proof else {
		return Err(sc_cli::Error::KeystoreOperation);
	};
	let keys = SessionKeys {
		babe: author.into(),
		grandpa: voter.into(),
	};
	Ok((keys.encode().into(), (by_author, by_voter).encode().into()))
}

#[cfg(test)]
mod tests {
	use super::*;
	use codec::Decode as _;
	use sp_keystore::testing::MemoryKeystore;
	use sp_runtime::traits::OpaqueKeys as _;

	#[test]
	fn the_proof_is_valid_for_its_account_only() {
		let keystore = MemoryKeystore::new();
		let account = AccountId::new([1; 32]);
		let (keys, proof) = generate(&keystore, &account).unwrap();
		let keys = SessionKeys::decode(&mut &keys[..]).unwrap();
		assert!(keys.ownership_proof_is_valid(&account.encode(), &proof));
		assert!(!keys.ownership_proof_is_valid(&[2; 32], &proof));
	}
}
