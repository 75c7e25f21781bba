//! `annotation_…`: campaigns, and what annotators have earned.

use super::{
	answer::Answer,
	context::Context,
	error::RpcError,
	history::{self, filter, Account, History},
};
use crate::index::history::Key;
use jsonrpsee::{
	core::{async_trait, RpcResult},
	proc_macros::rpc,
};
use kexin_primitives::{events::annotation::AnnotationEvent, members::MemberId, DatasetId, H256};
use kexin_runtime::AccountId;
use kexin_runtime_api::AnnotationApi as _;
use serde::Serialize;
use std::str::FromStr as _;

/// The methods.
#[rpc(server)]
pub trait Annotation {
	/// What an account can claim. The account is given in SS58 or as 0x-hex.
	#[method(name = "annotation_claimable")]
	fn claimable(&self, account: String, at: Option<H256>) -> RpcResult<Answer<Claimable>>;

	/// The events of campaigns and rewards, oldest first.
	#[method(name = "annotation_history")]
	async fn history(&self, filter: HistoryParameters) -> RpcResult<Answer<History<AnnotationEvent>>>;
}

/// Answers the methods from the runtime and the index.
pub struct Annotation(pub Context);

#[async_trait]
impl AnnotationServer for Annotation {
	fn claimable(&self, account: String, at: Option<H256>) -> RpcResult<Answer<Claimable>> {
		let account = AccountId::from_str(&account).map_err(|cause| {
			RpcError::InvalidParameter(format!(
				"{account} is not an account: expected SS58 or 0x-hex ({cause})"
			))
		})?;
		let block = self.0.block(at)?;
		let claimable = self.0.ask(block, |api| api.claimable(block.hash, account))?;
		Ok(Answer::new(Claimable::new(claimable), block))
	}

	async fn history(&self, filter: HistoryParameters) -> RpcResult<Answer<History<AnnotationEvent>>> {
		Ok(history::page(&self.0, filter.question()?).await?)
	}
}

filter! {
	/// The filter of `annotation_history`: one of these fields, or none for all events.
	HistoryParameters {
		/// Events of this campaign.
		campaign: u32 => Key::Campaign,
		/// Campaigns over this dataset.
		dataset: DatasetId => Key::Dataset,
		/// Campaigns that this member funds.
		member: MemberId => Key::Member,
		/// Events that name this account.
		account: Account => |account: Account| Key::Account(account.0),
	}
}

/// What an account can claim.
#[derive(Clone, Debug, Serialize)]
pub struct Claimable {
	/// The amount in the smallest unit, as a decimal string.
	claimable: String,
}

impl Claimable {
	fn new(amount: u128) -> Self {
		Self {
			claimable: amount.to_string(),
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::rpc::answer::golden::{answer, block};
	use serde_json::json;

	#[test]
	fn annotation_claimable_is_pinned() {
		assert_eq!(
			answer(Claimable::new(u128::MAX)),
			json!({ "claimable": "340282366920938463463374607431768211455", "block": block() })
		);
	}
}
