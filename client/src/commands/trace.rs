//! `kexin trace`.

use super::{arguments::Hash, Session};
use clap::Args;
use serde::{Deserialize, Serialize};
use serde_json::{json, Value};

/// What to trace.
#[derive(Debug, Args)]
pub struct Arguments {
	/// The artifact.
	artifact: Hash,
	/// Show what was made from the artifact, instead of what it was made from.
	#[arg(long)]
	descendants: bool,
	/// The largest number of activities to go back or forward.
	#[arg(long)]
	depth: Option<u32>,
}

/// A page of `lineage_trace`.
#[derive(Deserialize)]
struct Page {
	nodes: Vec<Node>,
	edges: Vec<Value>,
	block: Value,
	next: Option<Value>,
}

/// An artifact on the way.
#[derive(Deserialize, Serialize)]
struct Node {
	kind: String,
	artifact: String,
	owner: u32,
	distance: u32,
	#[serde(flatten)]
	rest: serde_json::Map<String, Value>,
}

/// Traces the lineage of an artifact, page by page.
///
/// # Errors
/// When the node can't be reached, or answers with an error.
pub async fn run(session: &Session, arguments: &Arguments) -> anyhow::Result<()> {
	let ledger = session.ledger().await?;
	let direction = if arguments.descendants {
		"descendants"
	} else {
		"ancestors"
	};
	let (mut nodes, mut edges, mut cursor) = (Vec::new(), Vec::new(), None);
	let block = loop {
		let query = json!({
			"artifact": arguments.artifact.0, "direction": direction, "depth": arguments.depth, "cursor": cursor,
		});
		let page: Page = ledger.query("lineage_trace", &[query]).await?;
		nodes.extend(page.nodes);
		edges.extend(page.edges);
		cursor = page.next;
		if cursor.is_none() {
			break page.block;
		}
	};
	session.print(&json!({ "nodes": nodes, "edges": edges, "block": block }), |_| {
		for node in &nodes {
			for _ in 0..node.distance {
				kexin::output::print(format_args!("  "));
			}
			kexin::say!("{} {} of member {}", node.kind, node.artifact, node.owner);
		}
	});
	Ok(())
}
