//! The ledger's own methods. Each is thin over a runtime API of the block that is asked about, by default the last
//! finalized one, and says which block its answer is true at. Walks are taken in the index's memory where it has come to the block, since
//! there none is too large.

use super::{
	error::Error,
	json::{
		Answer, Artifact, At, CheckParameters, Claimable, Judgement, Log, ScopeOf, ScopeParameters, Scopes, Trace,
		TraceParameters,
	},
	verified::{ask, Api},
	workers::{in_time, Workers},
};
use crate::{chain::types::Client, index::Index};
use codec::{Decode, Encode};
use jsonrpsee::{
	core::{async_trait, RpcResult},
	proc_macros::rpc,
};
use kexin_primitives::{
	lineage::{ArtifactId, Direction, Trace as Walk, TraceError, TraceQuery},
	vocabulary::Region,
	DatasetId, UnixMillis, H256,
};
use kexin_runtime::AccountId;
use kexin_runtime_api::{AccessApi as _, AccessQuery, AnnotationApi as _, ConsentApi as _, LineageApi as _};
use sp_api::ApiError;
use sp_blockchain::HeaderBackend as _;
use std::{str::FromStr, sync::Arc};

/// Artifacts of a page of `lineage_trace` when the question does not say.
const DEFAULT_PAGE: u32 = 100;

/// The methods.
#[rpc(server)]
pub trait Ledger {
	/// The artifact of this hash, and the evidence attached to it.
	#[method(name = "lineage_artifact")]
	fn artifact(&self, id: ArtifactId, at: Option<H256>) -> RpcResult<Answer<Artifact>>;

	/// One page of the graph around an artifact, nearest first.
	#[method(name = "lineage_trace")]
	async fn trace(&self, query: TraceParameters, at: Option<H256>) -> RpcResult<Answer<Trace>>;

	/// The state of a data set's log.
	#[method(name = "access_log")]
	fn log(&self, dataset: DatasetId, at: Option<H256>) -> RpcResult<Answer<Log>>;

	/// How an access would be judged.
	#[method(name = "access_check")]
	fn check(&self, request: CheckParameters, at: Option<H256>) -> RpcResult<Answer<Judgement>>;

	/// What a subject or the subjects of a data set consented to, and whether it is in force at a moment (by default the
	/// time of the node).
	#[method(name = "consent_scope")]
	fn scope(&self, of: ScopeParameters, time: Option<UnixMillis>, at: Option<H256>) -> RpcResult<Answer<Scopes>>;

	/// What an account can claim. The account is given in SS58 or as 0x-hex.
	#[method(name = "annotation_claimable")]
	fn claimable(&self, account: String, at: Option<H256>) -> RpcResult<Answer<Claimable>>;
}

/// Answers the methods from the client's blocks.
pub struct Ledger {
	client: Arc<Client>,
	index: Option<Arc<Index>>,
	workers: Workers,
}

impl Ledger {
	/// Answers from this client, and from the index if there is one.
	pub fn new(client: Arc<Client>, index: Option<Arc<Index>>, workers: Workers) -> Self {
		Self { client, index, workers }
	}

	/// The block that is asked about.
	fn at(&self, at: Option<H256>) -> Result<At, Error> {
		let hash = at.unwrap_or_else(|| self.client.info().finalized_hash);
		match self.client.number(hash) {
			Ok(Some(number)) => Ok(At { hash, number }),
			_ => Err(Error::UnknownBlock(format!("{hash:?}"))),
		}
	}

	/// Asks the runtime at a block.
	fn ask<T>(&self, block: At, question: impl FnOnce(&Api) -> Result<T, ApiError>) -> Result<T, Error> {
		ask(&self.client, block.hash, question)
	}

	/// A page of a walk at a block: from the index where it has come to it, else from the runtime.
	async fn walk(&self, query: TraceQuery, block: At) -> Result<Walk, Error> {
		let (index, client) = (self.indexed(block).await, self.client.clone());
		let work = move || {
			let walked = match index {
				Some(index) => index.trace(&query, block.number),
				None => ask(&client, block.hash, |api| api.trace(block.hash, query))?,
			};
			walked.map_err(|error| match error {
				TraceError::NotFound => Error::NotFound(format!("the artifact {:?}", query.artifact)),
				TraceError::TooLarge => Error::TooLarge,
			})
		};
		in_time(self.workers.run(work)).await
	}

	/// The index, if it has come to this block, which it only does when the block is final.
	async fn indexed(&self, block: At) -> Option<Arc<Index>> {
		let index = self.index.clone()?;
		if block.number > self.client.info().finalized_number {
			return None;
		}
		let _ = index.at(block.number).await;
		let reached = index.lineage().is_some_and(|last| last.number >= block.number);
		(reached && self.client.hash(block.number).ok()? == Some(block.hash)).then_some(index)
	}
}

/// Where a walk goes on: the block and the question that it belongs to, and how far it came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
struct Cursor {
	block: H256,
	artifact: ArtifactId,
	direction: Direction,
	depth: u32,
	offset: u32,
}

impl Cursor {
	/// As it is given out.
	fn text(&self) -> String {
		sp_core::bytes::to_hex(&self.encode(), false)
	}

	/// As it comes back, for this question.
	fn parse(text: &str, query: &TraceParameters, at: Option<H256>) -> Result<Self, Error> {
		let bytes = sp_core::bytes::from_hex(text).map_err(|_| Error::BadCursor)?;
		let cursor = Self::decode(&mut &bytes[..]).map_err(|_| Error::BadCursor)?;
		let same = cursor.artifact == query.artifact
			&& cursor.direction == query.direction
			&& cursor.depth == query.depth.unwrap_or(u32::MAX)
			&& at.is_none_or(|at| at == cursor.block);
		same.then_some(cursor).ok_or(Error::BadCursor)
	}
}

fn region(region: Option<Region>) -> Result<Option<Region>, Error> {
	match region {
		Some(Region(code)) if !(1..=999).contains(&code) => Err(Error::InvalidParameter(format!(
			"region {code} is no ISO 3166-1 numeric code, which go from 1 to 999"
		))),
		region => Ok(region),
	}
}

#[async_trait]
impl LedgerServer for Ledger {
	fn artifact(&self, id: ArtifactId, at: Option<H256>) -> RpcResult<Answer<Artifact>> {
		let block = self.at(at)?;
		let report = self.ask(block, |api| api.artifact(block.hash, id))?;
		let report = report.ok_or_else(|| Error::NotFound(format!("the artifact {id:?}")))?;
		Ok(Answer {
			answer: Artifact::new(id, report),
			block,
		})
	}

	async fn trace(&self, query: TraceParameters, at: Option<H256>) -> RpcResult<Answer<Trace>> {
		let cursor = query
			.cursor
			.as_deref()
			.map(|text| Cursor::parse(text, &query, at))
			.transpose()?;
		let block = self.at(cursor.map(|cursor| cursor.block).or(at))?;
		let depth = query.depth.unwrap_or(u32::MAX);
		let walk = TraceQuery {
			artifact: query.artifact,
			direction: query.direction,
			depth,
			offset: cursor.map_or(0, |cursor| cursor.offset),
			limit: query.limit.unwrap_or(DEFAULT_PAGE),
		};
		let trace = self.walk(walk, block).await?;
		let cursor = |offset| {
			let (artifact, direction) = (query.artifact, query.direction);
			Cursor {
				block: block.hash,
				artifact,
				direction,
				depth,
				offset,
			}
			.text()
		};
		Ok(Answer {
			answer: Trace::new(trace, cursor),
			block,
		})
	}

	fn log(&self, dataset: DatasetId, at: Option<H256>) -> RpcResult<Answer<Log>> {
		let block = self.at(at)?;
		let log = self.ask(block, |api| api.log(block.hash, dataset))?;
		let log = log.ok_or_else(|| Error::NotFound(format!("the data set {dataset:?}")))?;
		Ok(Answer {
			answer: Log::new(dataset, log),
			block,
		})
	}

	fn check(&self, request: CheckParameters, at: Option<H256>) -> RpcResult<Answer<Judgement>> {
		let block = self.at(at)?;
		let query = AccessQuery {
			dataset: request.dataset,
			subject: request.subject,
			purpose: request.purpose,
			operation: request.operation,
			region: region(request.region)?,
			recipient: request.recipient,
			time: request.time,
		};
		let judgement = self.ask(block, |api| api.check(block.hash, query))?;
		let judgement = judgement.ok_or_else(|| Error::NotFound(format!("the data set {:?}", request.dataset)))?;
		Ok(Answer {
			answer: Judgement::from(judgement),
			block,
		})
	}

	fn scope(&self, of: ScopeParameters, time: Option<UnixMillis>, at: Option<H256>) -> RpcResult<Answer<Scopes>> {
		let of = ScopeOf::try_from(of)?;
		let block = self.at(at)?;
		let time = time.unwrap_or_else(|| sp_timestamp::Timestamp::current().as_millis());
		let answer = match of {
			ScopeOf::Subject(subject, hospital) => {
				Scopes::of_subject(self.ask(block, |api| api.subject(block.hash, subject))?, hospital, time)
			},
			ScopeOf::Dataset(dataset) => {
				let view = self.ask(block, |api| api.dataset(block.hash, dataset))?;
				Scopes::of_dataset(
					view.ok_or_else(|| Error::NotFound(format!("the data set {dataset:?}")))?,
					time,
				)
			},
		};
		Ok(Answer { answer, block })
	}

	fn claimable(&self, account: String, at: Option<H256>) -> RpcResult<Answer<Claimable>> {
		let account = AccountId::from_str(&account)
			.map_err(|cause| Error::InvalidParameter(format!("{account} is no account in SS58 or 0x-hex: {cause}")))?;
		let block = self.at(at)?;
		let claimable = self.ask(block, |api| api.claimable(block.hash, account))?;
		Ok(Answer {
			answer: Claimable {
				claimable: claimable.to_string(),
			},
			block,
		})
	}
}

#[cfg(test)]
mod tests {
	use super::*;

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
	fn a_cursor_belongs_to_one_question_at_one_block() {
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
			assert_eq!(Cursor::parse(text, &query, at), Err(Error::BadCursor));
		}
	}
}
