//! `lineage_…`: artifacts, their evidence, and the graph of their derivations.

use super::{
	answer::{Answer, BlockRef},
	context::Context,
	error::RpcError,
	history::{self, filter, History},
	workers::in_time,
};
use crate::index::{history::Key, Index};
use codec::{Decode, Encode};
use jsonrpsee::{
	core::{async_trait, RpcResult},
	proc_macros::rpc,
};
use kexin_primitives::{
	events::lineage::LineageEvent,
	lineage::{
		ActivityId, ActivityKind, ArtifactId, ArtifactKind, Direction, EvidenceKind, Trace as Walk, TraceError,
		TraceQuery,
	},
	members::MemberId,
	UnixMillis, H256,
};
use kexin_runtime_api::{ArtifactReport, LineageApi as _};
use serde::{Deserialize, Serialize};
use sp_blockchain::HeaderBackend as _;
use std::sync::Arc;

/// Artifacts of a page of `lineage_trace` when the query states no limit.
const DEFAULT_LIMIT: u32 = 100;

/// The methods.
#[rpc(server)]
pub trait Lineage {
	/// An artifact, and the evidence attached to it.
	#[method(name = "lineage_artifact")]
	fn artifact(&self, id: ArtifactId, at: Option<H256>) -> RpcResult<Answer<Artifact>>;

	/// One page of the graph around an artifact, nearest first.
	#[method(name = "lineage_trace")]
	async fn trace(&self, query: TraceParameters, at: Option<H256>) -> RpcResult<Answer<Trace>>;

	/// The events of artifacts, activities and evidence, oldest first.
	#[method(name = "lineage_history")]
	async fn history(&self, filter: HistoryParameters) -> RpcResult<Answer<History<LineageEvent>>>;
}

filter! {
	/// The filter of `lineage_history`: one of these fields, or none for all events.
	HistoryParameters {
		/// Events that name this artifact.
		artifact: ArtifactId => Key::Artifact,
		/// Events of this activity.
		activity: ActivityId => Key::Activity,
		/// What this member did.
		member: MemberId => Key::Member,
	}
}

/// Answers the methods from the runtime, and walks from the index where it can.
pub struct Lineage(pub Context);

#[async_trait]
impl LineageServer for Lineage {
	async fn history(&self, filter: HistoryParameters) -> RpcResult<Answer<History<LineageEvent>>> {
		Ok(history::page(&self.0, filter.question()?).await?)
	}

	fn artifact(&self, id: ArtifactId, at: Option<H256>) -> RpcResult<Answer<Artifact>> {
		let block = self.0.block(at)?;
		let report = self.0.ask(block, |api| api.artifact(block.hash, id))?;
		let report = report.ok_or_else(|| RpcError::no_artifact(id))?;
		Ok(Answer::new(Artifact::new(id, report), block))
	}

	async fn trace(&self, query: TraceParameters, at: Option<H256>) -> RpcResult<Answer<Trace>> {
		let cursor = query
			.cursor
			.as_deref()
			.map(|text| Cursor::parse(text, &query, at))
			.transpose()?;
		let block = self.0.block(cursor.map(|cursor| cursor.block).or(at))?;
		let depth = query.depth.unwrap_or(u32::MAX);
		let walk = TraceQuery {
			artifact: query.artifact,
			direction: query.direction,
			depth,
			offset: cursor.map_or(0, |cursor| cursor.offset),
			limit: query.limit.unwrap_or(DEFAULT_LIMIT),
		};
		let page = self.walk(walk, block).await?;
		let cursor = |offset| {
			let next = Cursor {
				block: block.hash,
				artifact: query.artifact,
				direction: query.direction,
				depth,
				offset,
			};
			next.text()
		};
		Ok(Answer::new(Trace::new(page, cursor), block))
	}
}

impl Lineage {
	/// A page of a walk at a block: from the index, which can take walks of any size, if it has reached the block,
	/// otherwise from the runtime.
	async fn walk(&self, query: TraceQuery, block: BlockRef) -> Result<Walk, RpcError> {
		let (index, client) = (self.indexed(block).await, self.0.client.clone());
		let work = move || {
			let walked = match index {
				Some(index) => index.trace(&query, block.number),
				None => client.ask(block.hash, |api| api.trace(block.hash, query))?,
			};
			walked.map_err(|error| match error {
				TraceError::NotFound => RpcError::no_artifact(query.artifact),
				TraceError::TooLarge => RpcError::WalkTooLarge,
			})
		};
		in_time(self.0.workers.run(work)).await
	}

	/// The index, if its lineage has reached this block. The index only reaches final blocks.
	async fn indexed(&self, block: BlockRef) -> Option<Arc<Index>> {
		let (index, client) = (self.0.index.clone()?, &self.0.client);
		if block.number > client.info().finalized_number {
			return None;
		}
		let _ = index.at(block.number).await;
		let reached = index.lineage().is_some_and(|last| last.number >= block.number);
		(reached && client.hash(block.number).ok()? == Some(block.hash)).then_some(index)
	}
}

/// An artifact.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Artifact {
	artifact: ArtifactId,
	kind: ArtifactKind,
	owner: MemberId,
	registered: UnixMillis,
	generated_by: Option<ActivityId>,
	uses: u32,
	evidence: Vec<Evidence>,
}

/// A piece of evidence about an artifact.
#[derive(Clone, Debug, Serialize)]
pub struct Evidence {
	by: MemberId,
	attached: UnixMillis,
	kind: EvidenceKind,
	document: H256,
	measure: i64,
	threshold: i64,
}

impl Artifact {
	/// The runtime's report about an artifact.
	pub fn new(id: ArtifactId, report: ArtifactReport) -> Self {
		let evidence = report.evidence.into_iter().map(|(by, evidence, attached)| Evidence {
			by,
			attached,
			kind: evidence.kind,
			document: evidence.document,
			measure: evidence.measure,
			threshold: evidence.threshold,
		});
		Self {
			artifact: id,
			kind: report.artifact.kind,
			owner: report.artifact.owner,
			registered: report.artifact.registered,
			generated_by: report.artifact.generated_by,
			uses: report.artifact.uses,
			evidence: evidence.collect(),
		}
	}
}

/// The query of `lineage_trace`.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TraceParameters {
	/// Where the walk starts.
	pub artifact: ArtifactId,
	/// The direction of the walk.
	pub direction: Direction,
	/// How far the walk goes, in activities; without a limit by default.
	pub depth: Option<u32>,
	/// The most artifacts of the page: 100 by default, 500 at most.
	pub limit: Option<u32>,
	/// Where the last page ended: its `next`.
	pub cursor: Option<String>,
}

/// A page of a walk.
#[derive(Clone, Debug, Serialize)]
pub struct Trace {
	nodes: Vec<Node>,
	edges: Vec<Edge>,
	next: Option<String>,
}

/// An artifact on a walk.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Node {
	artifact: ArtifactId,
	kind: ArtifactKind,
	owner: MemberId,
	registered: UnixMillis,
	generated_by: Option<ActivityId>,
	distance: u32,
}

/// A derivation on a walk.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Edge {
	from: ArtifactId,
	activity: ActivityId,
	activity_kind: ActivityKind,
	to: ArtifactId,
}

impl Trace {
	/// A page of a walk, with the cursor of the next one.
	pub fn new(walk: Walk, cursor: impl Fn(u32) -> String) -> Self {
		let nodes = walk.nodes.into_iter().map(|node| Node {
			artifact: node.id,
			kind: node.artifact.kind,
			owner: node.artifact.owner,
			registered: node.artifact.registered,
			generated_by: node.artifact.generated_by,
			distance: node.distance,
		});
		let edges = walk.edges.into_iter().map(|edge| Edge {
			from: edge.from,
			activity: edge.activity,
			activity_kind: edge.kind,
			to: edge.to,
		});
		Self {
			nodes: nodes.collect(),
			edges: edges.collect(),
			next: walk.next.map(cursor),
		}
	}
}

/// Where a walk goes on: its block and query, and how many artifacts the pages before had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
struct Cursor {
	block: H256,
	artifact: ArtifactId,
	direction: Direction,
	depth: u32,
	offset: u32,
}

impl Cursor {
	/// The cursor as a parameter.
	fn text(&self) -> String {
		sp_core::bytes::to_hex(&self.encode(), false)
	}

	/// The cursor in a parameter of this query.
	fn parse(text: &str, query: &TraceParameters, at: Option<H256>) -> Result<Self, RpcError> {
		let bytes = sp_core::bytes::from_hex(text).map_err(|_| RpcError::BadCursor)?;
		let cursor = Self::decode(&mut &bytes[..]).map_err(|_| RpcError::BadCursor)?;
		let same = cursor.artifact == query.artifact
			&& cursor.direction == query.direction
			&& cursor.depth == query.depth.unwrap_or(u32::MAX)
			&& at.is_none_or(|at| at == cursor.block);
		same.then_some(cursor).ok_or(RpcError::BadCursor)
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::rpc::answer::golden::{answer, block, hash};
	use kexin_primitives::lineage::{Artifact as LedgerArtifact, TraceEdge, TraceNode};
	use serde_json::json;

	fn artifact() -> LedgerArtifact {
		LedgerArtifact {
			kind: ArtifactKind::Model,
			owner: 3,
			registered: 1_000,
			generated_by: Some(H256::repeat_byte(2)),
			uses: 4,
		}
	}

	#[test]
	fn lineage_artifact_is_pinned() {
		let evidence = kexin_primitives::lineage::Evidence {
			kind: EvidenceKind::TeeQuote,
			document: H256::repeat_byte(9),
			measure: -1,
			threshold: 1,
		};
		let report = ArtifactReport {
			artifact: artifact(),
			evidence: vec![(5, evidence, 2_000)],
		};
		assert_eq!(
			answer(Artifact::new(H256::repeat_byte(1), report)),
			json!({
				"artifact": hash(1), "kind": "model", "owner": 3, "registered": 1000, "generatedBy": hash(2), "uses": 4,
				"evidence": [{
					"by": 5, "attached": 2000, "kind": "tee-quote", "document": hash(9), "measure": -1, "threshold": 1,
				}],
				"block": block(),
			})
		);
	}

	#[test]
	fn lineage_trace_is_pinned() {
		let walk = Walk {
			nodes: vec![TraceNode {
				id: H256::repeat_byte(1),
				artifact: artifact(),
				distance: 0,
			}],
			edges: vec![TraceEdge {
				from: H256::repeat_byte(4),
				activity: H256::repeat_byte(2),
				kind: ActivityKind::FederatedRound,
				to: H256::repeat_byte(1),
			}],
			next: Some(1),
		};
		assert_eq!(
			answer(Trace::new(walk, |offset| format!("cursor{offset}"))),
			json!({
				"nodes": [{
					"artifact": hash(1), "kind": "model", "owner": 3, "registered": 1000, "generatedBy": hash(2), "distance": 0,
				}],
				"edges": [{
					"from": hash(4), "activity": hash(2), "activityKind": "federated-round", "to": hash(1),
				}],
				"next": "cursor1",
				"block": block(),
			})
		);
	}

	fn query() -> TraceParameters {
		TraceParameters {
			artifact: H256::repeat_byte(1),
			direction: Direction::Ancestors,
			depth: None,
			limit: None,
			cursor: None,
		}
	}

	#[test]
	fn a_cursor_belongs_to_one_query_at_one_block() {
		let block = H256::repeat_byte(7);
		let cursor = Cursor {
			block,
			artifact: H256::repeat_byte(1),
			direction: Direction::Ancestors,
			depth: u32::MAX,
			offset: 100,
		};
		let text = cursor.text();
		assert_eq!(Cursor::parse(&text, &query(), None), Ok(cursor));
		assert_eq!(Cursor::parse(&text, &query(), Some(block)), Ok(cursor));
		for (text, query, at) in [
			(&text[..], query(), Some(H256::zero())),
			(
				&text,
				TraceParameters {
					direction: Direction::Descendants,
					..query()
				},
				None,
			),
			(
				&text,
				TraceParameters {
					artifact: H256::zero(),
					..query()
				},
				None,
			),
			(
				&text,
				TraceParameters {
					depth: Some(3),
					..query()
				},
				None,
			),
			("0x", query(), None),
			("next", query(), None),
		] {
			assert_eq!(Cursor::parse(text, &query, at), Err(RpcError::BadCursor));
		}
	}
}
