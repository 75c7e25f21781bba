//! Where the values stand in the ledger's state: the table "Values of the state" in `docs/proofs.md`.

use crate::{
	lineage::{ActivityId, ArtifactId},
	members::MemberId,
	DatasetId, H256,
};
use alloc::vec::Vec;
use sp_crypto_hashing::{blake2_128, twox_128, twox_64};

fn item(pallet: &str, name: &str) -> Vec<u8> {
	[twox_128(pallet.as_bytes()), twox_128(name.as_bytes())].concat()
}

fn under_hash(pallet: &str, name: &str, id: &H256) -> Vec<u8> {
	let mut key = item(pallet, name);
	key.extend(blake2_128(id.as_bytes()));
	key.extend(id.as_bytes());
	key
}

fn under_member(mut key: Vec<u8>, member: MemberId) -> Vec<u8> {
	let number = member.to_le_bytes();
	key.extend(twox_64(&number));
	key.extend(number);
	key
}

/// The log of a data set.
pub fn log(id: &DatasetId) -> Vec<u8> {
	under_hash("Access", "Logs", id)
}

/// A data set.
pub fn dataset(id: &DatasetId) -> Vec<u8> {
	under_hash("Consent", "Datasets", id)
}

/// An artifact.
pub fn artifact(id: &ArtifactId) -> Vec<u8> {
	under_hash("Lineage", "Artifacts", id)
}

/// An activity.
pub fn activity(id: &ActivityId) -> Vec<u8> {
	under_hash("Lineage", "Activities", id)
}

/// What the keys of all evidence about an artifact begin with.
pub fn evidence_of(id: &ArtifactId) -> Vec<u8> {
	under_hash("Lineage", "EvidenceOf", id)
}

/// The evidence about an artifact by one member.
pub fn evidence(id: &ArtifactId, by: MemberId) -> Vec<u8> {
	under_member(evidence_of(id), by)
}

/// The member in a key of [`evidence`]; none when it is no such key.
pub fn evidence_by(id: &ArtifactId, key: &[u8]) -> Option<MemberId> {
	let member = MemberId::from_le_bytes(*key.last_chunk()?);
	(evidence(id, member) == key).then_some(member)
}

/// A member.
pub fn member(id: MemberId) -> Vec<u8> {
	under_member(item("Members", "Members"), id)
}

/// The time of the block.
pub fn now() -> Vec<u8> {
	item("Timestamp", "Now")
}

/// The voters of GRANDPA.
pub fn authorities() -> Vec<u8> {
	item("Grandpa", "Authorities")
}
