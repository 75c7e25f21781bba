//! The append-only accumulator of a data set's log: a Merkle mountain range over blake2-256.
//!
//! The accumulator keeps one hash for each perfect binary tree ("peak") of the range, largest first: one per set bit of the number
//! of leaves. Appending costs O(1) hashes on average and O(log n) at most; the state stays O(log n).
//!
//! Version 1 of the hashes, byte by byte (`++` joins bytes, integers are little-endian):
//!
//! | hash | input of blake2-256 |
//! |---|---|
//! | leaf | `0x00 ++ entry` |
//! | node | `0x01 ++ left ++ right` |
//! | root | `0x02 ++ number of leaves (8 bytes) ++ peaks, largest tree first` |
//!
//! The first byte keeps leaves, nodes and roots apart; the number of leaves in the root fixes the shape of every tree, so a
//! log that was cut short or extended has another root.

use crate::H256;
use alloc::vec::Vec;
use bounded_collections::{BoundedVec, ConstU32};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use sp_crypto_hashing::blake2_256;

/// Most peaks of an accumulator: one for each bit of its count.
pub const MAX_PEAKS: u32 = 64;

/// The hash of one entry.
pub fn leaf_hash(entry: &[u8]) -> H256 {
	H256(blake2_256(&[&[0], entry].concat()))
}

/// The hash of two subtrees of the same height.
pub fn node_hash(left: &H256, right: &H256) -> H256 {
	let mut input = [1u8; 65];
	let (_, children) = input.split_at_mut(1);
	let (left_half, right_half) = children.split_at_mut(32);
	left_half.copy_from_slice(left.as_bytes());
	right_half.copy_from_slice(right.as_bytes());
	H256(blake2_256(&input))
}

/// The state of an append-only log: how many leaves, and the peaks over them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Accumulator {
	count: u64,
	peaks: BoundedVec<H256, ConstU32<MAX_PEAKS>>,
}

/// The log holds 2^64 - 1 leaves and takes no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogFull;

impl Accumulator {
	/// How many leaves were appended.
	pub fn count(&self) -> u64 {
		self.count
	}

	/// The peaks, largest tree first.
	pub fn peaks(&self) -> &[H256] {
		&self.peaks
	}

	/// Appends a leaf.
	///
	/// # Errors
	/// [`LogFull`] after 2^64 - 1 leaves; the accumulator is unchanged then.
	pub fn append(&mut self, leaf: H256) -> Result<(), LogFull> {
		let count = self.count.checked_add(1).ok_or(LogFull)?;
		let mut peak = leaf;
		// Each trailing one bit of the old count is a tree as high as the one that grows; they merge.
		for _ in 0..self.count.trailing_ones() {
			let left = self.peaks.pop().ok_or(LogFull)?;
			peak = node_hash(&left, &peak);
		}
		self.peaks.try_push(peak).map_err(|_| LogFull)?;
		self.count = count;
		Ok(())
	}

	/// The hash that stands for the whole log.
	pub fn root(&self) -> H256 {
		let mut input = Vec::from([2u8]);
		input.extend_from_slice(&self.count.to_le_bytes());
		for peak in &self.peaks {
			input.extend_from_slice(peak.as_bytes());
		}
		H256(blake2_256(&input))
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use proptest::prelude::*;

	/// The definition, without cleverness: split the leaves into the largest perfect trees from the left.
	fn naive_root(leaves: &[H256]) -> H256 {
		fn tree(leaves: &[H256]) -> H256 {
			match leaves {
				[leaf] => *leaf,
				_ => {
					let (left, right) = leaves.split_at(leaves.len() / 2);
					node_hash(&tree(left), &tree(right))
				},
			}
		}
		let mut input = vec![2u8];
		input.extend((leaves.len() as u64).to_le_bytes());
		let mut rest = leaves;
		while !rest.is_empty() {
			let (left, right) = rest.split_at(1 << rest.len().ilog2());
			input.extend(tree(left).as_bytes());
			rest = right;
		}
		H256(blake2_256(&input))
	}

	fn of(leaves: &[H256]) -> Accumulator {
		let mut log = Accumulator::default();
		leaves.iter().for_each(|leaf| log.append(*leaf).unwrap());
		log
	}

	fn numbered(count: u64) -> Vec<H256> {
		(0..count).map(H256::from_low_u64_be).collect()
	}

	#[test]
	fn every_small_log_has_the_root_of_the_definition() {
		for count in 0..130 {
			let leaves = numbered(count);
			let log = of(&leaves);
			assert_eq!(log.root(), naive_root(&leaves), "{count} leaves");
			assert_eq!(log.count(), count);
			assert_eq!(log.peaks().len() as u32, count.count_ones());
		}
	}

	#[test]
	fn published_roots_never_change() {
		let root = |count| format!("{:?}", of(&numbered(count)).root());
		assert_eq!(
			root(0),
			"0x5c3cd7b696e23b2d800734e78972f333448955cdd73bedd7061bb3e8c6e4edd0"
		);
		assert_eq!(
			root(1),
			"0xe3f76fb889f4c2e4b5e9bfc6f28214659fec74959b8383c295febb26ca48e5d2"
		);
		assert_eq!(
			root(7),
			"0x29b5573dff661b2d313cf951fc9d7cbe355808ebed538dbc2bd31eef576579aa"
		);
		assert_eq!(
			format!("{:?}", leaf_hash(b"kexin")),
			"0x28265edef5707b24b340c613b43efba463aa80bffa476784f0a3674c9843bb25"
		);
	}

	#[test]
	fn a_full_log_refuses_and_stays_as_it_was() {
		let mut log = Accumulator {
			count: u64::MAX,
			peaks: Default::default(),
		};
		assert_eq!(log.append(H256::zero()), Err(LogFull));
		assert_eq!(log.count(), u64::MAX);
	}

	proptest! {
		#[test]
		fn removing_reordering_or_editing_a_leaf_changes_the_root(
			leaves in proptest::collection::vec(any::<[u8; 32]>().prop_map(H256), 1..80),
			at in any::<prop::sample::Index>(),
		) {
			let root = of(&leaves).root();
			let at = at.index(leaves.len());
			let mut removed = leaves.clone();
			let leaf = removed.remove(at);
			prop_assert_ne!(of(&removed).root(), root);
			let mut edited = leaves.clone();
			edited[at].0[0] ^= 1;
			prop_assert_ne!(of(&edited).root(), root);
			removed.push(leaf);
			prop_assert_eq!(of(&removed).root() == root, removed == leaves);
		}
	}
}
