//! The append-only accumulator of a dataset's log: a Merkle mountain range over blake2-256.
//!
//! The accumulator stores one hash (a "peak") for each perfect binary tree of the range, largest first: one per set bit
//! of the number of leaves. Appending costs O(1) hashes on average and O(log n) at most; the state stays O(log n).
//!
//! Version 1 of the hashes, byte by byte (`++` joins bytes, integers are little-endian):
//!
//! | hash | input of blake2-256 |
//! |---|---|
//! | leaf | `0x00 ++ entry` |
//! | node | `0x01 ++ left ++ right` |
//! | root | `0x02 ++ number of leaves (8 bytes) ++ peaks, largest tree first` |
//!
//! The first byte keeps leaves, nodes and roots apart. The number of leaves in the root fixes the shape of every tree,
//! so a log that was cut short or extended has another root.
//!
//! With an accumulator you can check that certain entries are at certain places in its log ([`Accumulator::verify`]).
//! For one entry this takes O(log n) hashes ([`prove`]); for the whole log it takes none, because every leaf is there.
//! A list that passes as the whole log is complete: nothing was left out.

use crate::H256;
use alloc::vec::Vec;
use bounded_collections::{BoundedVec, ConstU32};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

#[cfg(not(feature = "host-functions"))]
use sp_crypto_hashing::blake2_256;
#[cfg(feature = "host-functions")]
use sp_io::hashing::blake2_256;

/// The most peaks of an accumulator: one for each bit of its count.
pub const MAX_PEAKS: u32 = 64;

/// The hash of one entry's encoding.
pub fn leaf_hash(entry: &impl Encode) -> H256 {
	H256(blake2_256(&(0u8, entry).encode()))
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

/// A perfect tree within the range: `1 << height` leaves, from the leaf `index << height` on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Subtree {
	/// The number of levels above its leaves.
	pub height: u32,
	/// Its index among the trees of its height, counted from the left.
	pub index: u64,
}

impl Subtree {
	/// The peaks of a log of `count` leaves, largest tree first.
	pub fn peaks(count: u64) -> impl Iterator<Item = Self> {
		(0..MAX_PEAKS).rev().filter_map(move |height| {
			let above = count.checked_shr(height)?;
			// The trees to the left of a peak are larger, so the higher bits of the count tell where the peak is.
			(above & 1 == 1).then_some(Self {
				height,
				index: above & !1,
			})
		})
	}

	/// Its two halves; none for a leaf.
	pub fn children(self) -> Option<(Self, Self)> {
		let height = self.height.checked_sub(1)?;
		let index = self.index.checked_mul(2)?;
		let child = |index| Self { height, index };
		Some((child(index), child(index.checked_add(1)?)))
	}

	/// Whether it contains any of the leaves from `first` up to but not including `end`.
	fn overlaps(self, first: u64, end: u64) -> bool {
		// Its leaves are those whose number, shifted right by the height, is the index.
		let shifted = |leaf: u64| leaf.checked_shr(self.height).unwrap_or(0);
		first < end && shifted(first) <= self.index && self.index <= shifted(end.saturating_sub(1))
	}
}

/// Why entries are not those at these places in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RangeError {
	/// The log has fewer entries.
	OutOfRange,
	/// An entry is not the one at its place, or the hashes don't belong to the entries.
	Mismatch,
	/// There are too few or too many hashes.
	WrongNumberOfHashes,
}

/// The hashes with which [`Accumulator::verify`] checks `leaves` entries from `first` on in a log of `count` entries:
/// the hashes of the largest trees beside them, from left to right. `hash` looks one up.
///
/// # Errors
/// Those of `hash`.
pub fn prove<E>(
	count: u64,
	first: u64,
	leaves: u64,
	hash: &mut impl FnMut(Subtree) -> Result<H256, E>,
) -> Result<Vec<H256>, E> {
	fn walk<E>(
		tree: Subtree,
		range: (u64, u64),
		hash: &mut impl FnMut(Subtree) -> Result<H256, E>,
		hashes: &mut Vec<H256>,
	) -> Result<(), E> {
		if !tree.overlaps(range.0, range.1) {
			hashes.push(hash(tree)?);
		} else if let Some((left, right)) = tree.children() {
			walk(left, range, hash, hashes)?;
			walk(right, range, hash, hashes)?;
		}
		Ok(())
	}
	let range = (first, first.saturating_add(leaves));
	let mut hashes = Vec::new();
	for peak in Subtree::peaks(count).filter(|peak| peak.overlaps(range.0, range.1)) {
		walk(peak, range, hash, &mut hashes)?;
	}
	Ok(hashes)
}

/// The state of an append-only log: the number of leaves, and the peaks above them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Accumulator {
	count: u64,
	peaks: BoundedVec<H256, ConstU32<MAX_PEAKS>>,
}

/// The log holds 2^64 - 1 leaves and takes no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogFull;

impl Accumulator {
	/// The number of appended leaves.
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
	/// [`LogFull`] after 2^64 - 1 leaves. The accumulator is unchanged then.
	pub fn append(&mut self, leaf: H256) -> Result<(), LogFull> {
		let count = self.count.checked_add(1).ok_or(LogFull)?;
		let mut peak = leaf;
		// Each trailing one bit of the old count is a tree as high as the growing one; the two merge.
		for _ in 0..self.count.trailing_ones() {
			let left = self.peaks.pop().ok_or(LogFull)?;
			peak = node_hash(&left, &peak);
		}
		self.peaks.try_push(peak).map_err(|_| LogFull)?;
		self.count = count;
		Ok(())
	}

	/// Checks with the hashes of [`prove`] that these are the leaves from `first` on.
	///
	/// # Errors
	/// [`RangeError`] when they are not.
	pub fn verify(&self, first: u64, leaves: &[H256], hashes: &[H256]) -> Result<(), RangeError> {
		let number = u64::try_from(leaves.len()).map_err(|_| RangeError::OutOfRange)?;
		let end = first.checked_add(number).filter(|end| *end <= self.count);
		let mut walk = Walk {
			range: (first, end.ok_or(RangeError::OutOfRange)?),
			leaves: leaves.iter(),
			hashes: hashes.iter(),
		};
		for (tree, peak) in Subtree::peaks(self.count).zip(&self.peaks) {
			if tree.overlaps(walk.range.0, walk.range.1) && walk.root(tree)? != *peak {
				return Err(RangeError::Mismatch);
			}
		}
		match walk.hashes.next() {
			None => Ok(()),
			Some(_) => Err(RangeError::WrongNumberOfHashes),
		}
	}

	/// The hash that identifies the whole log.
	pub fn root(&self) -> H256 {
		let mut input = Vec::from([2u8]);
		input.extend_from_slice(&self.count.to_le_bytes());
		for peak in &self.peaks {
			input.extend_from_slice(peak.as_bytes());
		}
		H256(blake2_256(&input))
	}
}

/// Rebuilds the trees above a range of leaves from the leaves and the hashes beside them.
struct Walk<'a> {
	range: (u64, u64),
	leaves: core::slice::Iter<'a, H256>,
	hashes: core::slice::Iter<'a, H256>,
}

impl Walk<'_> {
	fn root(&mut self, tree: Subtree) -> Result<H256, RangeError> {
		if !tree.overlaps(self.range.0, self.range.1) {
			return self.hashes.next().copied().ok_or(RangeError::WrongNumberOfHashes);
		}
		match tree.children() {
			None => self.leaves.next().copied().ok_or(RangeError::OutOfRange),
			Some((left, right)) => {
				let left = self.root(left)?;
				Ok(node_hash(&left, &self.root(right)?))
			},
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use proptest::prelude::*;

	/// The definition, taken literally: split the leaves into the largest perfect trees from the left.
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

	fn tree_hash(leaves: &[H256], tree: Subtree) -> H256 {
		match tree.children() {
			None => leaves[tree.index as usize],
			Some((left, right)) => node_hash(&tree_hash(leaves, left), &tree_hash(leaves, right)),
		}
	}

	fn proof(leaves: &[H256], first: u64, number: u64) -> Vec<H256> {
		let mut hash = |tree| Ok::<_, ()>(tree_hash(leaves, tree));
		prove(leaves.len() as u64, first, number, &mut hash).unwrap()
	}

	#[test]
	fn every_range_of_every_small_log_is_proved() {
		for count in 0..20u64 {
			let leaves = numbered(count);
			let log = of(&leaves);
			for first in 0..=count {
				for number in 0..=count - first {
					let hashes = proof(&leaves, first, number);
					let range = &leaves[first as usize..(first + number) as usize];
					assert_eq!(
						log.verify(first, range, &hashes),
						Ok(()),
						"{number} from {first} of {count}"
					);
					if number == count {
						assert!(hashes.is_empty(), "the whole log needs no hashes");
					}
				}
			}
			assert_eq!(log.verify(count, &[H256::zero()], &[]), Err(RangeError::OutOfRange));
		}
	}

	#[test]
	fn the_peaks_are_the_set_bits_of_the_count() {
		let peaks = |count| {
			Subtree::peaks(count)
				.map(|tree| (tree.height, tree.index))
				.collect::<Vec<_>>()
		};
		assert_eq!(peaks(0), []);
		assert_eq!(peaks(11), [(3, 0), (1, 4), (0, 10)]);
		assert_eq!(Subtree::peaks(u64::MAX).count(), 64);
	}

	#[test]
	fn one_entry_of_a_million_takes_twenty_hashes_at_most() {
		let mut none = |_| Ok::<_, ()>(H256::zero());
		for at in [0, 499_999, 999_999] {
			assert!(prove(1_000_000, at, 1, &mut none).unwrap().len() <= 20);
		}
	}

	#[test]
	fn a_full_log_refuses_a_leaf_and_stays_unchanged() {
		let mut log = Accumulator {
			count: u64::MAX,
			peaks: Default::default(),
		};
		assert_eq!(log.append(H256::zero()), Err(LogFull));
		assert_eq!(log.count(), u64::MAX);
	}

	proptest! {
		#[test]
		fn anything_but_the_range_is_refused(
			count in 1..100u64,
			at in any::<prop::sample::Index>(),
			number in 1..20u64,
			change in 0..6u8,
			place in any::<prop::sample::Index>(),
		) {
			let leaves = numbered(count);
			let log = of(&leaves);
			let first = at.index(count as usize) as u64;
			let number = number.min(count - first);
			let mut range = leaves[first as usize..(first + number) as usize].to_vec();
			let mut hashes = proof(&leaves, first, number);
			let mut from = first;
			match change {
				0 => range[place.index(number as usize)].0[5] ^= 1,
				1 => { range.remove(place.index(number as usize)); },
				2 => range.insert(place.index(number as usize), H256::zero()),
				3 => hashes.push(H256::zero()),
				4 if !hashes.is_empty() => { let at = place.index(hashes.len()); hashes[at].0[5] ^= 1; },
				_ => from += 1,
			}
			// What is left after the last leaf is removed may be a range with a proof of its own.
			let end = from as usize + range.len();
			let honest = leaves.get(from as usize..end) == Some(&range[..]) && hashes == proof(&leaves, from, range.len() as u64);
			prop_assert_eq!(log.verify(from, &range, &hashes).is_ok(), honest);
		}

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
