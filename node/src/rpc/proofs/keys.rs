//! Where the values stand in the ledger's state: "Values of the state" in `docs/proofs.md`.

use kexin_primitives::{
	lineage::{ActivityId, ArtifactId},
	members::MemberId,
	DatasetId, H256,
};
use sp_crypto_hashing::{blake2_128, twox_128, twox_64};

fn item(pallet: &str, name: &str) -> Vec<u8> {
	[twox_128(pallet.as_bytes()), twox_128(name.as_bytes())].concat()
}

fn under_hash(pallet: &str, name: &str, id: &H256) -> Vec<u8> {
	[&item(pallet, name)[..], &blake2_128(id.as_bytes()), id.as_bytes()].concat()
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

/// What the keys of all evidence about an artifact begin with. They end with the number of the member that attached it.
pub fn evidence_of(id: &ArtifactId) -> Vec<u8> {
	under_hash("Lineage", "EvidenceOf", id)
}

/// A member.
pub fn member(id: MemberId) -> Vec<u8> {
	let number = id.to_le_bytes();
	[&item("Members", "Members")[..], &twox_64(&number), &number].concat()
}

/// The time of the block.
pub fn now() -> Vec<u8> {
	item("Timestamp", "Now")
}

/// The voters of GRANDPA.
pub fn authorities() -> Vec<u8> {
	item("Grandpa", "Authorities")
}
