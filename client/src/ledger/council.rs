//! The council's seats and motions.

use super::{
	connection::AtBlock,
	error::{incompatible, unreachable},
	Ledger, LedgerError,
};
use crate::call::Account;
use codec::Decode;
use kexin_primitives::H256;
use sp_crypto_hashing::blake2_256;
use subxt::dynamic::Value;

/// A motion of the council.
#[derive(Clone, Debug, PartialEq)]
pub struct Motion {
	/// Its hash.
	pub hash: H256,
	/// The votes.
	pub votes: Votes,
	/// The proposed call, as in `Members.remove { member: 2 }`.
	pub call: String,
}

/// The votes on a motion, as `pallet_collective` stores them.
#[derive(Clone, Debug, PartialEq, Eq, Decode)]
pub struct Votes {
	/// The motion's number.
	pub index: u32,
	/// How many have to approve.
	pub threshold: u32,
	/// The accounts that approve.
	pub ayes: Vec<Account>,
	/// The accounts that are against it.
	pub nays: Vec<Account>,
	/// The number of the block at which the vote ends.
	pub end: u32,
}

impl Ledger {
	/// The accounts that have a seat on the council.
	///
	/// # Errors
	/// When the node can't be reached.
	pub async fn council(&self) -> Result<Vec<Account>, LedgerError> {
		value(&self.newest().await?, "Members").await
	}

	/// The council's open motions at the newest block.
	///
	/// # Errors
	/// When the node can't be reached, or shows another call than a motion's hash stands for.
	pub async fn motions(&self) -> Result<Vec<Motion>, LedgerError> {
		let mut motions = Vec::new();
		let at = self.newest().await?;
		for hash in value::<Vec<[u8; 32]>>(&at, "Proposals").await? {
			let key = (subxt::utils::H256(hash),);
			let voting = subxt::dynamic::storage::<(subxt::utils::H256,), Value>("Council", "Voting");
			let voting = at.storage().fetch(voting, key).await.map_err(unreachable)?;
			let votes = Votes::decode(&mut voting.bytes()).map_err(incompatible)?;
			let proposal = subxt::dynamic::storage::<(subxt::utils::H256,), Value>("Council", "ProposalOf");
			let proposal = at.storage().fetch(proposal, key).await.map_err(unreachable)?;
			stands_for(H256(hash), proposal.bytes())?;
			motions.push(Motion {
				hash: H256(hash),
				votes,
				call: readable(&proposal.decode().map_err(incompatible)?),
			});
		}
		Ok(motions)
	}
}

/// Checks that a motion's hash stands for this call. Members vote on the hash, and the node shows the call.
fn stands_for(hash: H256, call: &[u8]) -> Result<(), LedgerError> {
	let found = H256(blake2_256(call));
	match found == hash {
		true => Ok(()),
		false => Err(LedgerError::OtherMotion { hash, found }),
	}
}

/// A value of the council at a block.
async fn value<T: Decode>(at: &AtBlock, name: &str) -> Result<T, LedgerError> {
	let address = subxt::dynamic::storage::<(), Value>("Council", name);
	let value = at.storage().fetch(address, ()).await.map_err(unreachable)?;
	T::decode(&mut value.bytes()).map_err(incompatible)
}

/// A call as a person reads it: `Members.remove { member: 2 }`.
fn readable(call: &Value) -> String {
	use subxt::ext::scale_value::{Composite, ValueDef};
	let ValueDef::Variant(pallet) = &call.value else {
		return call.to_string();
	};
	match &pallet.values {
		Composite::Unnamed(values) if values.len() == 1 => format!("{}.{}", pallet.name, values[0]),
		_ => call.to_string(),
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_call_that_a_motion_does_not_stand_for_is_not_shown() {
		let (proposed, shown) = (b"remove member 2", b"remove member 3");
		let [hash, found] = [&proposed[..], shown].map(|call| H256(blake2_256(call)));
		assert_eq!(stands_for(hash, proposed), Ok(()));
		for other in [&shown[..], &proposed[1..], b""] {
			assert!(stands_for(hash, other).is_err());
		}
		let error = stands_for(hash, shown).unwrap_err();
		assert_eq!(error, LedgerError::OtherMotion { hash, found });
		let text = error.to_string();
		assert!(
			text.contains(&format!("{hash:?}")) && text.contains(&format!("{found:?}")),
			"{text}"
		);
		assert!(!error.is_transient(), "the same node would show the same call again");
	}
}
