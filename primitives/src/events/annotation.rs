//! Campaigns of annotation work, and its rewards.

use super::{Account, Amount};
use crate::{members::MemberId, DatasetId, H256};
use codec::{Decode, Encode};
use scale_info::TypeInfo;

/// What happened in campaigns.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, serde::Serialize)]
#[serde(tag = "event", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum AnnotationEvent {
	/// A contribution was accepted, and its reward accrued.
	#[codec(index = 0)]
	Accepted {
		/// The campaign.
		campaign: u32,
		/// The hash of the labels.
		content: H256,
		/// Who earns.
		annotator: Account,
		/// How much.
		reward: Amount,
	},
	/// An annotator claimed what was earned.
	#[codec(index = 1)]
	Claimed {
		/// Who claimed.
		annotator: Account,
		/// How much.
		amount: Amount,
	},
	/// A campaign was funded.
	#[codec(index = 2)]
	Created {
		/// The campaign.
		campaign: u32,
		/// The member that funds it.
		owner: MemberId,
		/// What is labelled.
		dataset: DatasetId,
		/// The tokens that went into its pot.
		budget: Amount,
	},
	/// A contribution was made, and waits for a review.
	#[codec(index = 3)]
	Contributed {
		/// The campaign.
		campaign: u32,
		/// The hash of the labels.
		content: H256,
		/// Who made it.
		annotator: Account,
		/// How many units it is.
		units: u32,
	},
	/// A contribution was rejected.
	#[codec(index = 4)]
	Rejected {
		/// The campaign.
		campaign: u32,
		/// The hash of the labels.
		content: H256,
	},
	/// A campaign was closed.
	#[codec(index = 5)]
	Closed {
		/// The campaign.
		campaign: u32,
		/// What was left of its budget.
		refund: Amount,
		/// The treasurer's account, to which it went back.
		to: Account,
	},
	/// Contributions of a closed campaign were dropped from the state.
	#[codec(index = 6)]
	Pruned {
		/// The campaign.
		campaign: u32,
		/// How many.
		contributions: u32,
	},
}
