//! `kexin status`.

use super::Session;
use serde_json::json;

/// Shows the node, its chain and how far it is finalized.
///
/// # Errors
/// When the node can't be reached, or answers with an error.
pub async fn run(session: &Session) -> anyhow::Result<()> {
	let ledger = session.ledger().await?;
	let heads = ledger.heads().await?;
	let value = json!({
		"chain": ledger.rpc("system_chain", &[]).await?,
		"version": ledger.rpc("system_version", &[]).await?,
		"best": heads.best,
		"finalized": heads.finalized,
		"finalizedHash": heads.finalized_hash,
		"peers": ledger.rpc("system_health", &[]).await?.get("peers"),
	});
	session.print(&value, |value| kexin::say!("{value:#}"));
	Ok(())
}
