//! `kexin key` and `kexin session-keys`.

use super::{arguments::SessionKeys, Session};
use clap::Args;
use kexin::{call, ledger::account_text};
use serde_json::json;

/// The session keys to register.
#[derive(Debug, Args)]
pub struct SessionKeysArguments {
	/// The JSON that `kexin-node session-keys` printed for the account of your signing key.
	#[arg(value_name = "JSON")]
	made: SessionKeys,
}

/// Shows the account of the signing key.
///
/// # Errors
/// When no signing key is set, or it is malformed.
pub fn show(session: &Session) -> anyhow::Result<()> {
	let account = account_text(&session.signer()?.public_key().0);
	session.print(&json!({ "account": account }), |_| kexin::say!("{account}"));
	Ok(())
}

/// Registers session keys for the signing key's account.
///
/// # Errors
/// When the node can't be reached, or the ledger refuses the keys.
pub async fn register(session: &Session, arguments: &SessionKeysArguments) -> anyhow::Result<()> {
	let SessionKeys { keys, proof } = &arguments.made;
	session
		.submit(&call::set_session_keys(keys.as_ref(), proof.as_ref()))
		.await
}
