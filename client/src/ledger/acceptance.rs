//! The signature with which an account agrees to become a key.

use super::{Ledger, LedgerError};
use crate::call::Account;
use kexin_primitives::{members::Place, H256};
use kexin_verifier::Bytes;
use serde_json::json;
use std::{fmt, str::FromStr};
use subxt_signer::sr25519::{verify, Keypair, PublicKey, Signature};

/// The number of sr25519 among the kinds of signatures that the ledger takes (`sp_runtime::MultiSignature`).
const SR25519: u8 = 1;
/// The bytes of an sr25519 signature.
const LENGTH: usize = 64;

/// A signature of [`Place::statement`], as the ledger decodes it: its kind, then the signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acceptance(Vec<u8>);

impl Acceptance {
	/// Signs a statement.
	pub fn sign(signer: &Keypair, statement: &[u8]) -> Self {
		Self([&[SR25519], &signer.sign(statement).0[..]].concat())
	}

	/// Whether the account signed the statement. Only the ledger checks the signatures of other kinds than sr25519.
	pub fn is_of(&self, account: &Account, statement: &[u8]) -> bool {
		match self.0.split_first() {
			Some((&SR25519, signature)) => <[u8; LENGTH]>::try_from(signature)
				.is_ok_and(|signature| verify(&Signature(signature), statement, &PublicKey(*account))),
			_ => true,
		}
	}
}

impl AsRef<[u8]> for Acceptance {
	fn as_ref(&self) -> &[u8] {
		&self.0
	}
}

impl fmt::Display for Acceptance {
	fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
		write!(
			formatter,
			"{}",
			json!(Bytes(self.0.clone())).as_str().unwrap_or_default()
		)
	}
}

/// Wallets give an sr25519 signature with its kind or without it.
impl FromStr for Acceptance {
	type Err = anyhow::Error;

	fn from_str(text: &str) -> anyhow::Result<Self> {
		let bytes = serde_json::from_value::<Bytes>(json!(text)).map(|bytes| bytes.as_ref().to_vec());
		match bytes.as_deref() {
			Ok(signature) if signature.len() == LENGTH => Ok(Self([&[SR25519], signature].concat())),
			Ok([0 | SR25519, signature @ ..]) if signature.len() == LENGTH => Ok(Self(bytes.unwrap_or_default())),
			Ok([2 | 3, signature @ ..]) if signature.len() == LENGTH + 1 => Ok(Self(bytes.unwrap_or_default())),
			_ => anyhow::bail!("{text:?} is no signature: give what kexin members accept-key or a wallet printed"),
		}
	}
}

impl Ledger {
	/// What an account signs to take a place now.
	///
	/// # Errors
	/// When the node can't be reached, or answers something else.
	pub async fn statement(&self, account: &Account, place: &Place<'_>) -> Result<Vec<u8>, LedgerError> {
		let genesis: H256 = self.query("chain_getBlockHash", &[json!(0)]).await?;
		let nonce = self.next_nonce(account).await?;
		Ok(place.statement(genesis.as_bytes(), nonce))
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use subxt_signer::sr25519::dev;

	#[test]
	fn an_acceptance_is_read_with_its_kind_and_without() {
		let made = Acceptance::sign(&dev::bob(), b"statement");
		let text = made.to_string();
		let bare = format!("0x{}", text.strip_prefix("0x01").unwrap());
		for text in [text, bare] {
			assert_eq!(text.parse::<Acceptance>().unwrap(), made);
		}
		for text in ["", "0x", "0x01", &format!("0x{}", "5".repeat(132)), "//Bob"] {
			let error = text.parse::<Acceptance>().unwrap_err().to_string();
			assert!(error.contains("accept-key"), "{error}");
		}
	}

	#[test]
	fn the_signature_of_somebody_else_or_of_something_else_is_known() {
		let made = Acceptance::sign(&dev::bob(), b"statement");
		let (bob, alice) = (dev::bob().public_key().0, dev::alice().public_key().0);
		assert!(made.is_of(&bob, b"statement"));
		assert!(!made.is_of(&alice, b"statement"));
		assert!(!made.is_of(&bob, b"another"));
	}
}
