//! The index of finalized events: what happened on the ledger, in a database, so that it can be searched.
//!
//! | module | what it holds |
//! |---|---|
//! | [`store`] | the database |
//! | [`schema`] | the versions of its tables |
//! | [`follow`] | the worker that follows finality |
//! | [`rows`] | from the events of a block to rows |
//! | [`place`] | the order of all that happened |
//! | [`access`] | the logs: entries, and what proofs are made from |
//! | [`history`] | what the other domains share: events in order, found by keys |
//! | [`consent`], [`lineage`], [`members`], [`governance`], [`annotation`] | the keys of each domain's events |
//! | [`metrics`] | what Prometheus shows of it |
//! | [`command`] | `kexin-node index` |
//!
//! The rows of a block and the mark that it is indexed are one transaction. So each block is in the index once,
//! whatever happens to the node or the database. An auditor need not trust any answer from here: entries are proved
//! against the state.
//!
//! An event that this release can't read, because the runtime is newer, is skipped and counted; `kexin-node index
//! rebuild` brings it in after the node was updated.

pub mod access;
pub mod annotation;
mod client;
pub mod command;
pub mod consent;
pub mod follow;
pub mod governance;
pub mod history;
pub mod lineage;
pub mod members;
pub mod metrics;
pub mod place;
pub mod rows;
pub mod schema;
pub mod store;

#[cfg(test)]
mod tests;

use access::rows::Breach;
use kexin_primitives::{
	lineage::{ActivityId, ArtifactId, Trace, TraceError, TraceQuery},
	H256,
};
use lineage::graph::{Graph, Missing, Walks};
use rows::{add_skipped, AllSkipped, Rows};
use std::{
	path::Path,
	sync::{Arc, Mutex, OnceLock, PoisonError, RwLock},
	time::Duration,
};
use store::{Location, Store};
use tokio::sync::{broadcast, watch};

/// Breaches that a subscriber may be behind before it is dropped.
const BREACHES: usize = 4096;
/// How long a question waits for a block that was final a moment ago.
const BLOCK_WAIT: Duration = Duration::from_millis(1_500);
/// Further behind than this many blocks the index is not waited for.
const NEAR: u32 = 8;

/// A block of the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
	/// Its hash.
	pub hash: H256,
	/// Its number.
	pub number: u32,
}

/// Where the index is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
	/// Beside the chain's database.
	Sqlite,
	/// In this PostgreSQL database.
	Postgres(String),
	/// There is no index.
	Off,
}

/// The options of the index.
#[derive(Clone, Debug, clap::Args)]
pub struct IndexParams {
	/// Where the index of finalized events is kept: "sqlite" (a file beside the chain's database),
	/// postgres://USER@HOST/DATABASE, or "off".
	///
	/// PostgreSQL's password is better kept in PGPASSWORD or the file ~/.pgpass than here, where every user of the
	/// machine sees it.
	#[arg(long, value_name = "WHERE", default_value = "sqlite")]
	pub index: Target,
}

impl std::str::FromStr for Target {
	type Err = String;

	fn from_str(text: &str) -> Result<Self, String> {
		match text {
			"sqlite" => Ok(Self::Sqlite),
			"off" => Ok(Self::Off),
			url if url.starts_with("postgres://") || url.starts_with("postgresql://") => Ok(Self::Postgres(url.into())),
			_ => Err("expected sqlite, off or postgres://USER@HOST/DATABASE".into()),
		}
	}
}

impl Target {
	/// Where that is for a chain that is kept in this directory; none when there is no index.
	pub fn location(&self, directory: &Path) -> Option<Location> {
		match self {
			Self::Sqlite => Some(Location::Sqlite(directory.join("index.sqlite"))),
			Self::Postgres(url) => Some(Location::Postgres(url.clone())),
			Self::Off => None,
		}
	}
}

/// How far the index has come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
	/// The last block that is in it; none while its database could not be opened.
	pub indexed: Option<Block>,
	/// Why it does not go on; none when all is well.
	pub error: Option<String>,
	/// Whether it never goes on by itself: it can't be used, or the node can't read the next block. It answers nothing
	/// then.
	pub for_good: bool,
	/// The events that could not be read, by domain and version.
	pub skipped: AllSkipped,
}

/// The index as its readers see it.
pub struct Index {
	store: OnceLock<Store>,
	progress: watch::Sender<Progress>,
	breaches: broadcast::Sender<Arc<Breach>>,
	lineage: RwLock<Option<Lineage>>,
	walks: Mutex<Walks>,
}

struct Lineage {
	graph: Graph,
	block: Block,
}

impl Default for Index {
	fn default() -> Self {
		Self {
			store: OnceLock::new(),
			progress: watch::Sender::new(Progress::default()),
			breaches: broadcast::Sender::new(BREACHES),
			lineage: RwLock::new(None),
			walks: Mutex::default(),
		}
	}
}

impl Index {
	/// How far the index has come.
	pub fn progress(&self) -> Progress {
		self.progress.borrow().clone()
	}

	/// How many events of a domain were skipped.
	pub fn skipped(&self, domain: u8) -> u64 {
		let progress = self.progress.borrow();
		let skipped = progress.skipped.iter().filter(|((of, _), _)| *of == domain);
		skipped.map(|(_, skipped)| skipped.events).sum()
	}

	/// The database, and the last block that is in it. Waits a little for a block that has just become final.
	///
	/// # Errors
	/// Why the index can't be asked.
	pub async fn at(&self, finalized: u32) -> Result<(&Store, Block), String> {
		let reached = |progress: &Progress| progress.indexed.is_some_and(|block| block.number >= finalized);
		let near = |progress: &Progress| {
			let indexed = progress.indexed.map(|block| block.number);
			progress.error.is_none() && indexed.is_some_and(|number| number.saturating_add(NEAR) >= finalized)
		};
		let mut progress = self.progress.subscribe();
		let now = progress.borrow_and_update().clone();
		if near(&now) && !reached(&now) {
			// What has not come by then is not in the answer, which says so.
			let _ = tokio::time::timeout(BLOCK_WAIT, progress.wait_for(reached)).await;
		}
		let now = self.progress();
		match (self.store.get(), now.indexed) {
			// An index with the first blocks alone, as on a node that was not synchronised from the genesis, would say
			// that nothing ever happened.
			(Some(store), Some(block)) if !now.for_good && (block.number > 0 || finalized == 0) => Ok((store, block)),
			(Some(_), Some(_)) => Err(now.error.unwrap_or_else(|| "it has no block yet".into())),
			_ => Err(now.error.unwrap_or_else(|| "its database is still being opened".into())),
		}
	}

	/// New entries with breaches, from now on.
	pub fn breaches(&self) -> broadcast::Receiver<Arc<Breach>> {
		self.breaches.subscribe()
	}

	/// The last block of the lineage that is held in memory; none while it is not.
	pub fn lineage(&self) -> Option<Block> {
		let lineage = self.lineage.read().unwrap_or_else(PoisonError::into_inner);
		lineage.as_ref().map(|lineage| lineage.block)
	}

	/// A page of a walk at a block that is not after [`Self::lineage`].
	///
	/// # Errors
	/// [`TraceError::NotFound`] when the artifact is not registered at it, [`TraceError::TooLarge`] when one artifact
	/// of the page has more derivations than a page can have.
	pub fn trace(&self, query: &TraceQuery, block: u32) -> Result<Trace, TraceError> {
		let lineage = self.lineage.read().unwrap_or_else(PoisonError::into_inner);
		let mut walks = self.walks.lock().unwrap_or_else(PoisonError::into_inner);
		let lineage = lineage.as_ref().ok_or(TraceError::NotFound)?;
		lineage.graph.trace(query, block, &mut walks)
	}

	/// Puts in the whole lineage up to a block.
	fn set_lineage(&self, graph: Graph, block: Block) {
		let mut lineage = self.lineage.write().unwrap_or_else(PoisonError::into_inner);
		self.walks.lock().unwrap_or_else(PoisonError::into_inner).clear();
		*lineage = Some(Lineage { graph, block });
	}

	/// Adds what came up to a block. An event that names an artifact which was skipped is left out.
	fn extend_lineage(&self, rows: &Rows, block: Block, incomplete: bool) -> Result<(), Missing> {
		let mut lineage = self.lineage.write().unwrap_or_else(PoisonError::into_inner);
		if let Some(lineage) = lineage.as_mut() {
			for (place, time, event) in &rows.graph {
				match lineage.graph.add(*place, *time, event) {
					Err(missing) if !incomplete => return Err(missing),
					_ => {},
				}
			}
			lineage.block = block;
		}
		Ok(())
	}

	/// The activity that generated an artifact: `Some(None)` for an artifact from outside, `None` when it is not
	/// registered.
	pub fn generated_by(&self, artifact: ArtifactId) -> Option<Option<ActivityId>> {
		let lineage = self.lineage.read().unwrap_or_else(PoisonError::into_inner);
		lineage.as_ref()?.graph.generated_by(artifact)
	}
}
