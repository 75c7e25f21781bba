//! `kexin status`.

use super::{answers::NodeStatus, Session};
use serde_json::json;

/// Shows the node, its chain and how far it is finalized.
///
/// # Errors
/// When the node can't be reached, or answers with an error.
pub async fn run(session: &Session) -> anyhow::Result<()> {
	let ledger = session.ledger().await?;
	let heads = ledger.heads().await?;
	let health = ledger.rpc("system_health", &[]).await?;
	let status = NodeStatus {
		chain: ledger.query("system_chain", &[]).await?,
		version: ledger.query("system_version", &[]).await?,
		best: heads.best,
		finalized: heads.finalized,
		finalized_hash: heads.finalized_hash,
		peers: health["peers"].as_u64(),
	};
	session.print(&json!(status), |_| kexin::say!("{status}"));
	Ok(())
}
