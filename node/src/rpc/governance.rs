//! `governance_…`: motions of the council, upgrades and restarts of finality.

use super::{
	answer::Answer,
	context::Context,
	history::{self, filter, Account, History},
};
use crate::index::history::Key;
use jsonrpsee::{
	core::{async_trait, RpcResult},
	proc_macros::rpc,
};
use kexin_primitives::{events::governance::GovernanceEvent, H256};

/// The methods.
#[rpc(server)]
pub trait Governance {
	/// The events of the council, oldest first.
	#[method(name = "governance_history")]
	async fn history(&self, filter: HistoryParameters) -> RpcResult<Answer<History<GovernanceEvent>>>;
}

/// Answers the methods from the index.
pub struct Governance(pub Context);

#[async_trait]
impl GovernanceServer for Governance {
	async fn history(&self, filter: HistoryParameters) -> RpcResult<Answer<History<GovernanceEvent>>> {
		Ok(history::page(&self.0, filter.question()?).await?)
	}
}

filter! {
	/// The filter of `governance_history`: one of these fields, or none for all events.
	HistoryParameters {
		/// Events of the motion for the call of this hash.
		motion: H256 => Key::Motion,
		/// Events of the runtime of this hash.
		code: H256 => Key::Code,
		/// What this account of the council proposed or voted.
		account: Account => |account: Account| Key::Account(account.0),
	}
}
