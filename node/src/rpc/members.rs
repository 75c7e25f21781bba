//! `members_…`: organisations, their keys, validators and nodes.

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
use kexin_primitives::{events::members::MemberEvent, members::MemberId};

/// The methods.
#[rpc(server)]
pub trait Members {
	/// The events of members, oldest first.
	#[method(name = "members_history")]
	async fn history(&self, filter: HistoryParameters) -> RpcResult<Answer<History<MemberEvent>>>;
}

/// Answers the methods from the index.
pub struct Members(pub Context);

#[async_trait]
impl MembersServer for Members {
	async fn history(&self, filter: HistoryParameters) -> RpcResult<Answer<History<MemberEvent>>> {
		Ok(history::page(&self.0, filter.question()?).await?)
	}
}

filter! {
	/// The filter of `members_history`: one of these fields, or none for all events.
	HistoryParameters {
		/// Events of this member.
		member: MemberId => Key::Member,
		/// Events of this account.
		account: Account => |account: Account| Key::Account(account.0),
	}
}
