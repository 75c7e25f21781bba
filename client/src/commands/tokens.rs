//! `kexin claimable` and `kexin transfer`.

use super::{answers::Claimable, arguments::account, Session};
use clap::Args;
use kexin::{
	call::{self, Account},
	ledger::account_text,
};
use serde_json::json;

/// Whose rewards to show.
#[derive(Debug, Args)]
pub struct ClaimableArguments {
	/// The account. Without this argument, that of the signing key.
	#[arg(value_parser = account)]
	account: Option<Account>,
}

/// What to send.
#[derive(Debug, Args)]
pub struct TransferArguments {
	/// The account that receives the tokens.
	#[arg(value_parser = account)]
	to: Account,
	/// The amount, in the token's smallest unit.
	amount: u128,
}

/// Shows the rewards that an account can claim.
///
/// # Errors
/// When there is neither an account nor a signing key, the node can't be reached, or it answers with an error.
pub async fn claimable(session: &Session, arguments: &ClaimableArguments) -> anyhow::Result<()> {
	let account = match arguments.account {
		Some(account) => account,
		None => session.signer()?.public_key().0,
	};
	session
		.query::<Claimable>("annotation_claimable", &[json!(account_text(&account))])
		.await
}

/// Sends tokens.
///
/// # Errors
/// When the node can't be reached, or the ledger refuses the transfer.
pub async fn transfer(session: &Session, arguments: &TransferArguments) -> anyhow::Result<()> {
	session.submit(&call::transfer(arguments.to, arguments.amount)).await
}
