//! Campaigns and contributions.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{traits::ConstU32, BoundedVec};
use kexin_primitives::{members::MemberId, DatasetId, H256};
use scale_info::TypeInfo;

/// The number of a campaign, counted from 0.
pub type CampaignId = u32;

/// Most units of one campaign.
pub const MAX_UNITS: u32 = 1_000_000;
/// Most decisions in one review.
pub const MAX_DECISIONS: u32 = 100;
/// Most contributions that are dropped from a closed campaign in one call.
pub const MAX_PRUNED: u32 = 100;

/// Decisions of a review: the content of each contribution, and whether it is accepted.
pub type Decisions = BoundedVec<(H256, bool), ConstU32<MAX_DECISIONS>>;

/// A campaign in which annotators label a data set for a reward.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Campaign<Balance> {
	/// The member that funds it.
	pub owner: MemberId,
	/// The member whose stewards judge the contributions.
	pub reviewer: MemberId,
	/// What is labelled.
	pub dataset: DatasetId,
	/// The reward for one accepted unit, in the token's smallest unit.
	pub reward: Balance,
	/// How many units are funded.
	pub units: u32,
	/// How many units were accepted.
	pub accepted: u32,
	/// How many units wait for a review.
	pub pending: u32,
	/// Whether it is closed.
	pub closed: bool,
}

/// What became of a contribution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub enum Verdict {
	/// It waits for a review.
	Pending,
	/// It was accepted, and its reward accrued.
	Accepted,
	/// It was rejected. The same content can't be contributed again.
	Rejected,
}

/// A contribution to a campaign.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Contribution<AccountId> {
	/// Who made it, and earns its reward.
	pub annotator: AccountId,
	/// How many units it is.
	pub units: u32,
	/// What became of it.
	pub verdict: Verdict,
}

/// Knows the data sets. The runtime wires it to the consent pallet.
pub trait DatasetExists {
	/// Whether the data set was declared.
	fn exists(dataset: DatasetId) -> bool;
}
