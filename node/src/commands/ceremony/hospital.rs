//! The public file of a hospital: its public keys, signed by its account.

use crate::commands::session_keys;
use codec::{Decode as _, Encode as _};
use kexin_primitives::members::{Name, MAX_NAME};
use kexin_runtime::{AccountId, SessionKeys};
use sc_network::config::MultiaddrWithPeerId;
use sc_service::KeystoreContainer;
use serde::{Deserialize, Serialize};
use sp_core::{sr25519, Bytes, Pair as _};
use sp_runtime::traits::OpaqueKeys as _;
use std::{collections::BTreeMap, fs, path::Path};

/// The format of the file.
const VERSION: u32 = 1;
/// The prefix of the signed bytes. It keeps other messages that the account signs from passing as a hospital's file.
const CONTEXT: &[u8] = b"kexin:ceremony";

/// A hospital that starts a chain with others.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Hospital {
	version: u32,
	/// The chain's id.
	pub chain: String,
	/// The hospital's name, of at most 64 bytes.
	pub name: String,
	/// The ISO 3166-1 numeric code of its country.
	pub region: u16,
	/// The hospital's first key: its administrator, and its seat on the council.
	pub account: AccountId,
	/// Its validator's session keys.
	session_keys: Bytes,
	/// The proof that the account's holder also holds the session keys.
	proof: Bytes,
	/// The address at which the others reach its validator.
	pub node: MultiaddrWithPeerId,
	/// The account's signature over all of these fields.
	signature: Bytes,
}

impl Hospital {
	/// Makes new session keys in `keystore`, and signs the file.
	///
	/// # Errors
	/// When the keystore can't be used.
	pub fn new(
		chain: &str,
		name: &str,
		region: u16,
		account: &sr25519::Pair,
		keystore: &KeystoreContainer,
		node: MultiaddrWithPeerId,
	) -> sc_cli::Result<Self> {
		let id = AccountId::from(account.public());
		let (session_keys, proof) = session_keys::generate(&*keystore.local_keystore(), &id)?;
		let mut hospital = Self {
			version: VERSION,
			chain: chain.into(),
			name: name.into(),
			region,
			account: id,
			session_keys,
			proof,
			node,
			signature: Vec::new().into(),
		};
		hospital.signature = account.sign(&hospital.signed()).0.to_vec().into();
		Ok(hospital)
	}

	/// Reads and checks a file.
	///
	/// # Errors
	/// Why the file is invalid.
	pub fn read(path: &Path) -> Result<Self, String> {
		let failed = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
		let text = fs::read(path).map_err(|error| failed(&error))?;
		let hospital: Self = serde_json::from_slice(&text)
			.map_err(|error| failed(&format!("this is not what kexin-node ceremony keys writes: {error}")))?;
		hospital.check().map_err(|error| failed(&error))?;
		Ok(hospital)
	}

	/// Checks the signature and the proof of the session keys.
	fn check(&self) -> Result<(), String> {
		if self.version != VERSION {
			return Err(format!(
				"it has version {}, and this kexin-node knows version {VERSION}",
				self.version
			));
		}
		name(&self.name)?;
		region(&self.region.to_string())?;
		let by = sr25519::Public::from_raw(self.account.clone().into());
		let signature = sr25519::Signature::try_from(&self.signature[..]);
		if !signature.is_ok_and(|signature| sr25519::Pair::verify(&signature, self.signed(), &by)) {
			return Err(
				"it is not signed by its account, or was changed afterwards: ask the hospital for the file".into(),
			);
		}
		let keys = self.keys()?;
		if !keys.ownership_proof_is_valid(&self.account.encode(), &self.proof) {
			return Err("its session keys are not proved to belong to its account".into());
		}
		Ok(())
	}

	/// Its validator's session keys.
	///
	/// # Errors
	/// When they can't be decoded.
	pub fn keys(&self) -> Result<SessionKeys, String> {
		SessionKeys::decode(&mut &self.session_keys[..]).map_err(|_| "its session keys can't be read".into())
	}

	fn signed(&self) -> Vec<u8> {
		(
			CONTEXT,
			self.version,
			&self.chain,
			&self.name,
			self.region,
			&self.account,
			&self.session_keys.0,
			&self.proof.0,
			self.node.to_string(),
		)
			.encode()
	}
}

/// Checks that these are different hospitals of one chain, and sorts them by name, as the ledger numbers them.
///
/// # Errors
/// What two of them share and must not, or in what they differ and must not.
pub fn consortium(mut hospitals: Vec<Hospital>) -> Result<Vec<Hospital>, String> {
	let Some(first) = hospitals.first() else {
		return Err("a chain needs at least one hospital".into());
	};
	if let Some(other) = hospitals.iter().find(|hospital| hospital.chain != first.chain) {
		return Err(format!(
			"{} made its keys for the chain {}, but {} for {}",
			first.name, first.chain, other.name, other.chain
		));
	}
	let mut seen = BTreeMap::new();
	for hospital in &hospitals {
		let keys = hospital.keys()?;
		let parts = [
			("the name", hospital.name.to_lowercase()),
			("the account", hospital.account.to_string()),
			("the key for blocks", keys.babe.to_string()),
			("the key for finality", keys.grandpa.to_string()),
			("the node", hospital.node.peer_id.to_base58()),
			("the address", hospital.node.multiaddr.to_string()),
		];
		for part in parts {
			if let Some(other) = seen.insert(part.clone(), &hospital.name) {
				let (what, which) = part;
				return Err(format!("{other} and {} have the same: {what} {which}", hospital.name));
			}
		}
	}
	hospitals.sort_by(|one, other| one.name.cmp(&other.name));
	Ok(hospitals)
}

/// Checks the name of a hospital.
///
/// # Errors
/// The rule that it breaks.
pub fn name(text: &str) -> Result<String, String> {
	let fits = Name::try_from(text.as_bytes().to_vec()).is_ok();
	if fits && text.trim() == text && !text.is_empty() && !text.chars().any(char::is_control) {
		Ok(text.into())
	} else {
		Err(format!(
			"a name has 1 to {MAX_NAME} bytes in one line, without spaces around it"
		))
	}
}

/// Reads the code of a country.
///
/// # Errors
/// When the text is not such a code.
pub fn region(text: &str) -> Result<u16, String> {
	let code = text.parse().ok().filter(|code| (1..=999).contains(code));
	code.ok_or_else(|| format!("{text} is not an ISO 3166-1 numeric code, which is a number from 1 to 999"))
}

/// Checks the id of a chain, which is also the name of its directory.
///
/// # Errors
/// The rule that it breaks.
pub fn chain(text: &str) -> Result<String, String> {
	let allowed = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_';
	if (1..=32).contains(&text.len()) && text.chars().all(allowed) {
		Ok(text.into())
	} else {
		Err("expected 1 to 32 lower-case letters, digits and underscores".into())
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use sc_service::config::KeystoreConfig;

	fn hospital(name: &str, node: u8) -> Hospital {
		let keystore = KeystoreContainer::new(&KeystoreConfig::InMemory).unwrap();
		let pair = sr25519::Pair::generate().0;
		let peer =
			sc_network::PeerId::from_ed25519(&sp_core::ed25519::Pair::from_seed(&[node; 32]).public().0).unwrap();
		let node = format!("/dns/{node}.example/tcp/30333/p2p/{peer}").parse().unwrap();
		Hospital::new("kexin_test", name, 276, &pair, &keystore, node).unwrap()
	}

	fn refused(changed: &Hospital) -> String {
		changed.check().unwrap_err()
	}

	#[test]
	fn the_signature_covers_every_field() {
		let honest = hospital("Heidelberg", 1);
		honest.check().unwrap();
		let other = hospital("Vienna", 2);
		let changes: [&dyn Fn(&mut Hospital); 7] = [
			&|file| file.chain = other.chain.clone() + "2",
			&|file| file.name = other.name.clone(),
			&|file| file.region = 40,
			&|file| file.account = other.account.clone(),
			&|file| file.session_keys = other.session_keys.clone(),
			&|file| file.proof = other.proof.clone(),
			&|file| file.node = other.node.clone(),
		];
		for change in changes {
			let mut changed = honest.clone();
			change(&mut changed);
			assert!(refused(&changed).contains("not signed"));
		}
	}

	#[test]
	fn session_keys_of_another_account_are_refused() {
		let stolen = hospital("Vienna", 2);
		let pair = sr25519::Pair::generate().0;
		let mut forged = hospital("Heidelberg", 1);
		forged.account = pair.public().into();
		forged.session_keys = stolen.session_keys;
		forged.proof = stolen.proof;
		forged.signature = pair.sign(&forged.signed()).0.to_vec().into();
		assert!(refused(&forged).contains("not proved"));
	}

	#[test]
	fn hospitals_share_nothing_except_the_chain() {
		let (one, other) = (hospital("Heidelberg", 1), hospital("Vienna", 2));
		let both = consortium(vec![other.clone(), one.clone()]).unwrap();
		assert_eq!(both, [one.clone(), other.clone()]);
		assert_eq!(consortium(vec![one.clone(), other.clone()]).unwrap(), both);
		assert!(consortium(vec![one.clone(), one.clone()]).is_err());
		assert!(consortium(vec![]).is_err());
		for changed in [
			Hospital {
				name: "HEIDELBERG".into(),
				..other.clone()
			},
			Hospital {
				account: one.account.clone(),
				..other.clone()
			},
			Hospital {
				session_keys: one.session_keys.clone(),
				..other.clone()
			},
			Hospital {
				node: one.node.clone(),
				..other.clone()
			},
			Hospital {
				chain: "another".into(),
				..other.clone()
			},
		] {
			assert!(consortium(vec![one.clone(), changed]).is_err());
		}
	}

	#[test]
	fn names_and_ids_are_checked() {
		assert!(name("Zürich").is_ok() && chain("kexin_1").is_ok() && region("756").is_ok());
		for bad in ["", " Zürich", "a\nb"] {
			assert!(name(bad).is_err(), "{bad:?}");
		}
		assert!(name(&"a".repeat(65)).is_err());
		for bad in ["", "a/b", "..", "Kexin"] {
			assert!(chain(bad).is_err(), "{bad:?}");
		}
		for bad in ["0", "1000", "DE"] {
			assert!(region(bad).is_err(), "{bad:?}");
		}
	}
}
