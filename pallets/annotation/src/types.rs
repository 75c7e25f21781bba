//! Campaigns and contributions.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{traits::ConstU32, BoundedVec};
use kexin_primitives::{members::MemberId, DatasetId, H256};
use scale_info::TypeInfo;

/// The number of a campaign, counted from 0.
pub type CampaignId = u32;

/// The most units of one campaign.
pub const MAX_UNITS: u32 = 1_000_000;
/// The most decisions of one review.
pub const MAX_DECISIONS: u32 = 100;
/// The most contributions that one call drops from a closed campaign.
pub const MAX_PRUNED: u32 = 100;

/// The decisions of a review: the content of each contribution, and whether it is accepted.
pub type Decisions = BoundedVec<(H256, bool), ConstU32<MAX_DECISIONS>>;

/// A campaign in which annotators label a dataset for a reward.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Campaign<Balance> {
	/// The member that funds it.
	pub owner: MemberId,
	/// The member whose stewards judge the contributions.
	pub reviewer: MemberId,
	/// The dataset to label.
	pub dataset: DatasetId,
	/// The reward for one accepted unit, in the token's smallest unit.
	pub reward: Balance,
	/// The number of funded units.
	pub units: u32,
	/// The number of accepted units.
	pub accepted: u32,
	/// The number of units that wait for a review.
	pub pending: u32,
	/// Whether it is closed.
	pub closed: bool,
}

/// Where a contribution stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub enum ReviewStatus {
	/// It waits for a review.
	Pending,
	/// It was accepted, and its reward accrued to the annotator.
	Accepted,
	/// It was rejected. The same content can't be contributed again.
	Rejected,
}

/// A contribution to a campaign.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Contribution<AccountId> {
	/// The account that made it and earns its reward.
	pub annotator: AccountId,
	/// The number of units in it.
	pub units: u32,
	/// Where it stands.
	pub status: ReviewStatus,
}

/// The declared datasets. The runtime implements it with the consent pallet.
pub trait DatasetExists {
	/// Whether the dataset was declared.
	fn exists(dataset: DatasetId) -> bool;
}

/// What the benchmarks need from other pallets.
#[cfg(feature = "runtime-benchmarks")]
pub trait BenchmarkHelper {
	/// Declares a dataset, if possible with this id. Returns the id of the declared dataset.
	fn declare(dataset: DatasetId) -> DatasetId;
}
