//! The storage keys of the ledger's values: the table "Values of the state" in `docs/proofs.md`.

use crate::{
	lineage::{ActivityId, ArtifactId},
	members::MemberId,
	DatasetId, Pseudonym, H256,
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

/// The key of a dataset's log.
pub fn log(id: &DatasetId) -> Vec<u8> {
	under_hash("Access", "Logs", id)
}

/// The key of a dataset.
pub fn dataset(id: &DatasetId) -> Vec<u8> {
	under_hash("Consent", "Datasets", id)
}

/// The key of a data subject at a hospital.
pub fn subject(pseudonym: &Pseudonym, hospital: MemberId) -> Vec<u8> {
	let mut key = under_hash("Consent", "Subjects", pseudonym);
	key.extend(hospital.to_le_bytes());
	key
}

/// The key of an artifact.
pub fn artifact(id: &ArtifactId) -> Vec<u8> {
	under_hash("Lineage", "Artifacts", id)
}

/// The key of an activity.
pub fn activity(id: &ActivityId) -> Vec<u8> {
	under_hash("Lineage", "Activities", id)
}

/// The prefix of the keys of all evidence about an artifact.
pub fn evidence_of(id: &ArtifactId) -> Vec<u8> {
	under_hash("Lineage", "EvidenceOf", id)
}

/// The key of one member's evidence about an artifact.
pub fn evidence(id: &ArtifactId, by: MemberId) -> Vec<u8> {
	under_member(evidence_of(id), by)
}

/// The member in a key of [`evidence`]; none for any other key.
pub fn evidence_by(id: &ArtifactId, key: &[u8]) -> Option<MemberId> {
	let member = MemberId::from_le_bytes(*key.last_chunk()?);
	(evidence(id, member) == key).then_some(member)
}

/// The key of a member.
pub fn member(id: MemberId) -> Vec<u8> {
	under_member(item("Members", "Members"), id)
}

/// The key of the block's time.
pub fn now() -> Vec<u8> {
	item("Timestamp", "Now")
}

/// The key of GRANDPA's voters.
pub fn authorities() -> Vec<u8> {
	item("Grandpa", "Authorities")
}

/// The key of the number of GRANDPA's voter set.
pub fn set_id() -> Vec<u8> {
	item("Grandpa", "CurrentSetId")
}

/// The key of a change of GRANDPA's voters that has not taken effect.
pub fn pending_change() -> Vec<u8> {
	item("Grandpa", "PendingChange")
}

/// The key of the hash of the chain's first block, which every later state keeps.
pub fn genesis_hash() -> Vec<u8> {
	let number = 0u32.to_le_bytes();
	let mut key = item("System", "BlockHash");
	key.extend(twox_64(&number));
	key.extend(number);
	key
}
