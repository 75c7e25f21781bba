//! Rewards for annotation work.

use super::{Account, Amount};
use crate::H256;
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
}
