//! `annotation_…`: what annotators have earned.

use super::{answer::Answer, context::Context, error::RpcError};
use jsonrpsee::{core::RpcResult, proc_macros::rpc};
use kexin_primitives::H256;
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
}

/// Answers the methods from the runtime.
pub struct Annotation(pub Context);

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
