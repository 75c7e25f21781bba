//! Fetches a report or an access proof from a node. The node is not trusted: every part is checked as it comes.

use crate::ledger::{Ledger, LedgerError};
use kexin_primitives::{access::LogEntry, DatasetId, H256};
use kexin_verifier::{
	error::StateError,
	report::{keys, Ancestry, Consents, DatasetLog},
	text::message,
	AccessProof, Bytes, Document, FinalBlock, Finality, ProvedState, ReadState as _, Trust,
};
use serde::{de::DeserializeOwned, Deserialize};
use serde_json::{json, Value};
use std::{future::Future, time::Duration};

/// The number of entries in one request: a few megabytes.
pub const PAGE: u64 = 2_500;
/// The number of values of the state in one request. The largest, with their proof, fit into an answer of a node.
pub const VALUES: usize = 250;
/// How often a request is repeated while the node can't answer it yet.
const ATTEMPTS: u32 = 30;

/// The JSON-RPC methods of a node.
pub trait Rpc {
	/// Calls a method.
	fn call(&self, method: &str, params: &[Value]) -> impl Future<Output = Result<Value, LedgerError>>;
	/// The pause before a request is repeated.
	const PAUSE: Duration;
}

impl Rpc for Ledger {
	async fn call(&self, method: &str, params: &[Value]) -> Result<Value, LedgerError> {
		self.rpc(method, params).await
	}

	const PAUSE: Duration = Duration::from_secs(2);
}

/// Why nothing was fetched.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
	/// The node gave no answer.
	#[error("{method}: {error}")]
	Node {
		/// The method.
		method: String,
		/// Why.
		error: LedgerError,
	},
	/// The answer does not have the method's form.
	#[error("the node's answer to {method} can't be read: {cause}")]
	Malformed {
		/// The method.
		method: String,
		/// What is wrong.
		cause: String,
	},
	/// The answer proves nothing.
	#[error("the node's answer is not proved, so nothing was written")]
	Refused(#[from] kexin_verifier::Error),
	/// The answer is proved, but is not about what was asked.
	#[error("the node answered {method} about something else: {what}")]
	Other {
		/// The method.
		method: String,
		/// What differs.
		what: String,
	},
}

/// A block by its hash or number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum At {
	/// By its hash.
	Hash(H256),
	/// By its number.
	Number(u32),
}

/// The block that a proof shall be about, as far as it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
	/// Its hash.
	pub hash: H256,
	/// Its number, if the block was named by it: the hash is only the node's answer then.
	pub number: Option<u32>,
}

impl Wanted {
	/// Checks that a proof is about this block.
	fn check(self, method: &str, block: &FinalBlock) -> Result<(), FetchError> {
		if self.hash == block.hash && self.number.is_none_or(|number| number == block.number) {
			return Ok(());
		}
		Err(other(method, &format!("block {}, {:?}", block.number, block.hash)))
	}
}

/// How far a fetch is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FetchProgress {
	/// Some entries of a dataset's log are here.
	Entries {
		/// The dataset.
		dataset: DatasetId,
		/// How many are fetched and checked.
		done: u64,
		/// How many there are.
		total: u64,
	},
	/// Some of the consents, and of the activities that accesses name, are here.
	Consents {
		/// How many values of the state are fetched and checked.
		done: usize,
		/// How many there are.
		total: usize,
	},
	/// The report is being computed and checked.
	Deriving,
}

/// The parts of the answer of `audit_proof` that are used.
#[derive(Deserialize)]
struct AuditProof {
	finality: Finality,
	state: Vec<Bytes>,
}

/// The part of the answer of `state_getReadProof` that is used.
#[derive(Deserialize)]
struct ReadProof {
	proof: Vec<Bytes>,
}

async fn ask<T: DeserializeOwned, N: Rpc>(node: &N, method: &str, params: &[Value]) -> Result<T, FetchError> {
	/// The block is not in the index yet, or not shown to be final yet.
	const SOON: [i32; 2] = [8008, 8009];
	let mut attempt = 1;
	let answer = loop {
		match node.call(method, params).await {
			Err(LedgerError::Method { code, .. }) if SOON.contains(&code) && attempt < ATTEMPTS => {
				attempt += 1;
				tokio::time::sleep(N::PAUSE).await;
			},
			Err(error) => {
				return Err(FetchError::Node {
					method: method.into(),
					error,
				})
			},
			Ok(answer) => break answer,
		}
	};
	serde_json::from_value(answer).map_err(|cause| FetchError::Malformed {
		method: method.into(),
		cause: message(&cause.to_string()),
	})
}

/// The block at which a proof shall begin, if it is not the chain's first.
fn start(trust: &Trust) -> Value {
	json!(trust.block.map(|block| block.hash))
}

fn other(method: &str, what: &str) -> FetchError {
	FetchError::Other {
		method: method.into(),
		what: what.into(),
	}
}

/// The genesis hash, as the node reports it, without a proof.
///
/// # Errors
/// [`FetchError`].
pub async fn genesis(node: &impl Rpc) -> Result<H256, FetchError> {
	ask(node, "chain_getBlockHash", &[json!(0)]).await
}

/// A block, with its hash.
///
/// # Errors
/// [`FetchError`], also when the node has no block of this number.
pub async fn block(node: &impl Rpc, at: At) -> Result<Wanted, FetchError> {
	match at {
		At::Hash(hash) => Ok(Wanted { hash, number: None }),
		At::Number(number) => {
			let hash: Option<H256> = ask(node, "chain_getBlockHash", &[json!(number)]).await?;
			let hash = hash.ok_or_else(|| other("chain_getBlockHash", &format!("it has no block {number}")))?;
			Ok(Wanted {
				hash,
				number: Some(number),
			})
		},
	}
}

/// The report about an artifact at a block, by default the newest that is proved to be final, with these consents. It
/// is verified as a whole.
///
/// # Errors
/// [`FetchError`].
pub async fn report<N: Rpc>(
	node: &N,
	model: H256,
	trust: &Trust,
	at: Option<Wanted>,
	consents: Consents,
	watch: &mut impl FnMut(FetchProgress),
) -> Result<Document, FetchError> {
	const METHOD: &str = "audit_proof";
	let hash = at.map(|at| at.hash);
	let mut parts: AuditProof = ask(node, METHOD, &[json!(model), json!(hash), start(trust)]).await?;
	let block = parts.finality.verify(trust)?;
	if let Some(at) = at {
		at.check(METHOD, &block)?;
	}
	// The proved state shows which logs are needed, and how long they are.
	let mut wanted = Vec::new();
	let state = ProvedState::new(block.state_root, &parts.state).map_err(in_state)?;
	for (dataset, _) in Ancestry::walk(&state, model)?.datasets {
		wanted.push((dataset, state.log(&dataset).map_err(in_state)?.accumulator.count()));
	}
	let at = Wanted {
		hash: block.hash,
		number: Some(block.number),
	};
	let mut logs = Vec::new();
	for (dataset, total) in wanted {
		let entries = entries(node, trust, at, dataset, total, watch).await?;
		logs.push(DatasetLog { dataset, entries });
	}
	let keys = keys(&state, model, &logs, consents)?.into_iter().collect();
	parts
		.state
		.extend(values(node, block.hash, block.state_root, keys, watch).await?);
	watch(FetchProgress::Deriving);
	let AuditProof { finality, state } = parts;
	Ok(Document::assemble_with(consents, model, trust, finality, &state, logs)?)
}

/// The trie nodes that lead to values of the state, page by page.
async fn values<N: Rpc>(
	node: &N,
	block: H256,
	root: H256,
	keys: Vec<Vec<u8>>,
	watch: &mut impl FnMut(FetchProgress),
) -> Result<Vec<Bytes>, FetchError> {
	let (mut nodes, mut done, total) = (Vec::new(), 0usize, keys.len());
	for page in keys.chunks(VALUES) {
		let asked = page.iter().map(|key| Bytes(key.clone())).collect::<Vec<_>>();
		let answer: ReadProof = ask(node, "state_getReadProof", &[json!(asked), json!(block)]).await?;
		let state = ProvedState::gather(root, &answer.proof);
		for key in page {
			state.get(key).map_err(in_state)?;
		}
		nodes.extend(state.used_nodes());
		done = done.saturating_add(page.len());
		watch(FetchProgress::Consents { done, total });
	}
	Ok(nodes)
}

fn in_state(error: StateError) -> kexin_verifier::Error {
	kexin_verifier::Error::State {
		at: kexin_verifier::error::Place::State,
		error,
	}
}

/// All entries of a log, page by page.
async fn entries<N: Rpc>(
	node: &N,
	trust: &Trust,
	block: Wanted,
	dataset: DatasetId,
	total: u64,
	watch: &mut impl FnMut(FetchProgress),
) -> Result<Vec<LogEntry>, FetchError> {
	let mut all = Vec::new();
	let mut done = 0;
	while done < total {
		let end = done.saturating_add(PAGE).min(total);
		let page = accesses(
			node,
			dataset,
			Range {
				first: done,
				end: Some(end),
			},
			trust,
			Some(block),
		)
		.await?;
		all.extend(page.entries);
		done = end;
		watch(FetchProgress::Entries { dataset, done, total });
	}
	Ok(all)
}

/// Entries of a log by their indices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
	/// The first.
	pub first: u64,
	/// The one after the last, or none for all that follow.
	pub end: Option<u64>,
}

/// The proof that entries are in a dataset's log. It is verified as a whole.
///
/// # Errors
/// [`FetchError`].
pub async fn accesses<N: Rpc>(
	node: &N,
	dataset: DatasetId,
	range: Range,
	trust: &Trust,
	at: Option<Wanted>,
) -> Result<AccessProof, FetchError> {
	const METHOD: &str = "access_proof";
	let asked = match range.end {
		Some(end) => json!({ "from": range.first, "to": end }),
		None => json!({ "from": range.first }),
	};
	let hash = at.map(|at| at.hash);
	let proof: AccessProof = ask(node, METHOD, &[json!(dataset), asked, json!(hash), start(trust)]).await?;
	let proved = proof.verify(trust)?;
	let end = range.end.unwrap_or(proved.count);
	let number = u64::try_from(proved.entries.len()).unwrap_or(u64::MAX);
	if proved.dataset != dataset {
		return Err(other(METHOD, "another dataset"));
	}
	if let Some(at) = at {
		at.check(METHOD, &proved.block)?;
	}
	if proved.first != range.first || proved.first.checked_add(number) != Some(end) {
		return Err(other(METHOD, "other entries"));
	}
	Ok(proof)
}
