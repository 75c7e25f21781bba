//! The worker: it follows finality and writes what happened in each block, in a task of its own that nothing of the
//! node waits for.

use super::{
	access::{
		rows::{Breach, Discontinuous, Logs},
		EventQuery,
	},
	add_skipped,
	lineage::graph::{Graph, Missing},
	metrics::Metrics,
	place::{block_of, place},
	rows::{AllSkipped, Opened, Rows},
	store::{damaged, Error as StoreError, Location, Store},
	Block, Index, Progress,
};
use futures::{FutureExt as _, Stream, StreamExt as _};
use kexin_primitives::{
	events::BlockEvents,
	events::{access::AccessLogEvent, lineage::LineageEvent, DomainEvent},
	H256,
};
use std::{
	fmt,
	sync::Arc,
	time::{Duration, Instant},
};

/// Rows of one transaction, about, while older blocks are taken in.
const MAX_ROWS: usize = 20_000;
/// Blocks of one transaction at the most.
const MAX_BLOCKS: u32 = 1_000;
/// How long the worker waits before it tries again for the first time, and at the most.
const WAIT: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));
/// How often a long catch-up logs its progress.
const LOG_INTERVAL: Duration = Duration::from_secs(10);

/// The chain, as far as the index asks it. Reading a block may block the thread.
pub trait Chain: Send + Sync + 'static {
	/// The last final block.
	fn finalized(&self) -> Block;

	/// The hash of the block with this number on the chain; none when the node does not have it.
	///
	/// # Errors
	/// Why the node's database can't be read.
	fn hash(&self, number: u32) -> Result<Option<H256>, String>;

	/// The ledger events of a block, read by the runtime that executed it.
	///
	/// # Errors
	/// Why they can't be read.
	fn events(&self, hash: H256) -> Result<BlockEvents, String>;
}

/// Why the index does not go on.
#[derive(Debug)]
pub enum Error {
	/// The database.
	Store(StoreError),
	/// The chain could not tell what happened in a block.
	Chain {
		/// Its number.
		number: u32,
		/// Why.
		cause: String,
	},
	/// A batch of a block does not continue the log that the index has.
	Discontinuous {
		/// The block.
		block: Block,
		/// The batch.
		batch: Discontinuous,
	},
	/// The chain is not so far yet as the index is.
	Ahead {
		/// The last block that is in the index.
		indexed: u32,
	},
}

impl Error {
	/// Whether trying again may help.
	pub fn may_pass(&self) -> bool {
		match self {
			Self::Store(error) => error.may_pass(),
			Self::Chain { .. } | Self::Ahead { .. } => true,
			Self::Discontinuous { .. } => false,
		}
	}

	/// Whether the node must not start: its operator has named an index that it can't use. Without a damaged one it
	/// still takes part.
	pub fn is_refusal(&self) -> bool {
		matches!(self, Self::Store(StoreError::Refused(_)))
	}

	/// Whether the index never goes on by itself. The node itself would have to learn to read the block.
	fn lasts(&self) -> bool {
		matches!(self, Self::Chain { .. }) || !self.may_pass()
	}

	/// The cause without what only the operator may see.
	fn public_cause(&self) -> String {
		match self {
			Self::Store(error) => error.public_cause().into(),
			error => error.to_string(),
		}
	}
}

impl fmt::Display for Error {
	fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
		match self {
			Self::Store(error) => error.fmt(formatter),
			Self::Chain { number, cause } => write!(
				formatter,
				"the node can't read the events of block {number}: {cause}. The index needs the state and the transactions of every \
				 block. If this node has dropped them, stop it, run kexin-node purge-chain, and synchronise it again with \
				 --state-pruning archive --blocks-pruning archive; or run it with --index off and ask another node"
			),
			Self::Discontinuous { block, batch } => write!(
				formatter,
				"block {} ({:?}): its batch does not continue the log of {:?} as the index has it: stop the node and run kexin-node index \
				 rebuild",
				block.number, block.hash, batch.0
			),
			Self::Ahead { indexed } => write!(
				formatter,
				"the index has block {indexed}, which is not final on this node yet: the index waits until the node has finalized that block"
			),
		}
	}
}

impl From<StoreError> for Error {
	fn from(error: StoreError) -> Self {
		Self::Store(error)
	}
}

/// Writes to the index what becomes final on a chain.
pub struct Follower<C> {
	chain: Arc<C>,
	location: Location,
	genesis: H256,
	metrics: Metrics,
	index: Arc<Index>,
	store: Option<Store>,
	position: Option<Position>,
	/// The last block whose breaches were published.
	published_to: Option<u32>,
	/// The last error in the log.
	reported: Option<String>,
	/// The events that could not be read.
	skipped: AllSkipped,
}

/// Where the worker is; read from the database again after an error.
struct Position {
	last: Block,
	logs: Logs,
}

impl<C: Chain> Follower<C> {
	/// Follows this chain with an index that is kept there.
	///
	/// # Errors
	/// When the chain can't be read.
	pub fn new(chain: Arc<C>, location: Location, metrics: Metrics) -> Result<Self, Error> {
		let genesis = canonical(&*chain, 0)?;
		Ok(Self {
			chain,
			location,
			genesis,
			metrics,
			index: Arc::default(),
			store: None,
			position: None,
			published_to: None,
			reported: None,
			skipped: AllSkipped::new(),
		})
	}

	/// What can be asked.
	pub fn index(&self) -> Arc<Index> {
		self.index.clone()
	}

	/// Opens the database, checks that it is that of the chain, and says which block it has come to.
	///
	/// # Errors
	/// [`Error`].
	pub async fn open(&mut self) -> Result<(Store, Block), Error> {
		let store = match &self.store {
			Some(store) => store.clone(),
			None => {
				let opened = Store::open(&self.location, self.genesis).await?;
				let questions = Store::for_questions(&self.location)?;
				self.index.store.get_or_init(|| questions);
				self.store.insert(opened).clone()
			},
		};
		let last = store.last().await?;
		if last.number > self.chain.finalized().number {
			return Err(Error::Ahead { indexed: last.number });
		}
		if canonical(&*self.chain, last.number)? != last.hash {
			return Err(Error::Store(StoreError::Refused(format!(
				"the index has block {} as {:?}, which is not on this chain: stop the node and run kexin-node index rebuild \
				 with the node's --index",
				last.number, last.hash
			))));
		}
		Ok((store, last))
	}

	/// Reads from the database where to go on.
	async fn resume(&mut self) -> Result<(Store, Position), Error> {
		let (store, last) = self.open().await?;
		let skipped = store.skipped().await?;
		if self.index.lineage() != Some(last) {
			let begun = Instant::now();
			let graph = graph(&store, last, &skipped).await?;
			log::info!(
				target: "index",
				"{} is at block {}, with {} artifacts read in {:.1} s", self.location, last.number, graph.artifacts(),
				begun.elapsed().as_secs_f64()
			);
			self.index.set_lineage(graph, last);
		}
		if !skipped.is_empty() {
			log::warn!(
				target: "index",
				"an older release skipped {} ledger events: run kexin-node index rebuild, with the node's --index, to bring them in",
				skipped.values().map(|skipped| skipped.events).sum::<u64>()
			);
		}
		let logs = Logs::new(store.last_log().await?, has_gaps(&skipped));
		self.skipped = skipped;
		// A transaction may have gone through although its answer was lost, or another node shares the index.
		if let Some(published) = self.published_to.filter(|number| *number < last.number) {
			self.publish_breaches(&store, published, last.number).await?;
		}
		self.published_to = Some(last.number);
		// An error stays until a block was taken in: what failed has not succeeded yet.
		let known = self.index.progress();
		self.publish_progress(last, known.error, known.for_good);
		Ok((store, Position { last, logs }))
	}

	/// Follows the chain until `finality` ends. Each of its items says that more may be final.
	pub async fn run(mut self, finality: impl Stream<Item = ()>) {
		let mut finality = std::pin::pin!(finality);
		let mut wait = WAIT.0;
		let chain = self.chain.clone();
		loop {
			let mut said = Instant::now();
			let says = |block: Block| {
				if said.elapsed() >= LOG_INTERVAL {
					said = Instant::now();
					log::info!(target: "index", "block {} of {}", block.number, chain.finalized().number);
				}
			};
			match self.catch_up(says).await {
				Ok(()) => {
					wait = WAIT.0;
					if finality.next().await.is_none() {
						return;
					}
					// One look at the chain answers all that came meanwhile.
					while let Some(Some(())) = finality.next().now_or_never() {}
				},
				Err(error) => {
					self.report(&error);
					if !error.may_pass() {
						return;
					}
					tokio::time::sleep(wait).await;
					wait = (wait * 2).min(WAIT.1);
				},
			}
		}
	}

	/// Takes in every block that is final by now, and reports after each transaction to which block that is.
	///
	/// # Errors
	/// [`Error`]. What was written before stays.
	pub async fn catch_up(&mut self, mut progress: impl FnMut(Block)) -> Result<(), Error> {
		let position = self.position.take();
		let (store, mut position) = match (self.store.clone(), position) {
			(Some(store), Some(position)) => (store, position),
			_ => self.resume().await?,
		};
		loop {
			let (from, finalized) = (position.last, self.chain.finalized().number);
			if from.number >= finalized {
				self.publish(from);
				self.position = Some(position);
				return Ok(());
			}
			let gathered = match gather(&*self.chain, &store, &mut position, finalized).await {
				// The logs are those of another block when somebody else wrote meanwhile.
				Err(Error::Discontinuous { .. }) if store.last().await? != from => return Err(StoreError::Moved.into()),
				gathered => gathered?,
			};
			store.write(&gathered.rows, from, gathered.to).await?;
			add_skipped(&mut self.skipped, &gathered.rows.skipped);
			position.last = gathered.to;
			if !gathered.whole {
				position.logs = Logs::new(store.last_log().await?, has_gaps(&self.skipped));
			}
			self.take_in(gathered.rows, gathered.to)?;
			progress(gathered.to);
		}
	}

	/// Shows what was written.
	fn take_in(&mut self, rows: Rows, to: Block) -> Result<(), Error> {
		self.metrics.wrote(&rows);
		for ((domain, version), skipped) in &rows.skipped {
			log::warn!(
				target: "index",
				"skipped {} events of domain {domain} in version {version}, from block {} on: this node is older than the runtime. Update it, \
				 then run kexin-node index rebuild with the node's --index", skipped.events, block_of(skipped.first)
			);
		}
		let extended = self.index.extend_lineage(&rows, to, lacks_lineage(&self.skipped));
		extended.map_err(missing)?;
		self.publish(to);
		self.published_to = Some(to.number);
		for breach in rows.access.breaches {
			self.publish_breach(breach);
		}
		Ok(())
	}

	/// Publishes the breaches after one block and up to another.
	async fn publish_breaches(&self, store: &Store, after: u32, until: u32) -> Result<(), Error> {
		let mut query = EventQuery {
			breaches: Some(true),
			after: Some((place(after + 1, 0) - 1, u64::MAX)),
			until,
			limit: 1_000,
			..EventQuery::default()
		};
		loop {
			let page = store.events(&query).await?;
			for found in page.entries {
				let number = found.block();
				let hash = canonical(&*self.chain, number)?;
				self.publish_breach(Breach {
					block: Block { hash, number },
					index: found.index,
					entry: found.entry,
				});
			}
			match page.next {
				Some(next) => query.after = Some(next),
				None => return Ok(()),
			}
		}
	}

	fn publish_breach(&self, breach: Breach) {
		// Nobody may be listening.
		let _ = self.index.breaches.send(Arc::new(breach));
	}

	fn publish(&self, last: Block) {
		self.publish_progress(last, None, false);
	}

	fn publish_progress(&self, last: Block, error: Option<String>, for_good: bool) {
		self.metrics.indexed(last.number);
		self.metrics.finalized(self.chain.finalized().number);
		let progress = Progress {
			indexed: Some(last),
			error,
			for_good,
			skipped: self.skipped.clone(),
		};
		self.index.progress.send_if_modified(|known| {
			let changed = *known != progress;
			*known = progress;
			changed
		});
	}

	fn report(&mut self, error: &Error) {
		self.metrics.failed();
		let text = error.to_string();
		let known = self.index.progress.borrow().error.is_some() && self.reported.as_ref() == Some(&text);
		if !error.may_pass() {
			log::error!(target: "index", "{text}; the index stays where it is");
		} else if !known {
			log::warn!(target: "index", "{text}; trying again");
		}
		self.reported = Some(text);
		let (cause, for_good) = (error.public_cause(), error.lasts());
		self.index.progress.send_modify(|progress| {
			progress.error = Some(cause);
			progress.for_good = for_good;
		});
	}
}

/// The hash of a final block.
fn canonical(chain: &impl Chain, number: u32) -> Result<H256, Error> {
	let error = |cause| Error::Chain { number, cause };
	let hash = chain.hash(number).map_err(error)?;
	hash.ok_or_else(|| error("the node does not have the block".into()))
}

/// The rows of blocks, and the last of them. Not whole when a later one failed.
struct Gathered {
	rows: Rows,
	to: Block,
	whole: bool,
}

/// The rows of the next blocks, one at the least.
async fn gather(chain: &impl Chain, store: &Store, position: &mut Position, finalized: u32) -> Result<Gathered, Error> {
	let mut gathered = Gathered {
		rows: Rows::default(),
		to: position.last,
		whole: true,
	};
	let end = finalized.min(position.last.number.saturating_add(MAX_BLOCKS));
	for number in position.last.number.saturating_add(1)..=end {
		match block(chain, store, &mut position.logs, number).await {
			Ok((block, rows)) => {
				gathered.rows.extend(rows);
				gathered.to = block;
			},
			Err(error) if gathered.to == position.last => return Err(error),
			Err(_) => {
				// What came before it is written first; then it fails again.
				gathered.whole = false;
				break;
			},
		}
		if gathered.rows.count() >= MAX_ROWS {
			break;
		}
	}
	Ok(gathered)
}

async fn block(chain: &impl Chain, store: &Store, logs: &mut Logs, number: u32) -> Result<(Block, Rows), Error> {
	let hash = canonical(chain, number)?;
	let events = chain.events(hash).map_err(|cause| Error::Chain { number, cause })?;
	let block = Block { hash, number };
	let opened = Opened::new(block, events);
	for dataset in opened.datasets() {
		if !logs.has(&dataset) {
			logs.insert(dataset, store.log(dataset).await?);
		}
	}
	let rows = Rows::of(opened, logs).map_err(|batch| Error::Discontinuous { block, batch })?;
	Ok((block, rows))
}

/// Reads the lineage up to a block, a page at a time.
async fn graph(store: &Store, last: Block, skipped: &AllSkipped) -> Result<Graph, Error> {
	const PAGE: u32 = 10_000;
	let (mut graph, mut after) = (Graph::default(), None);
	loop {
		let page = store.history::<LineageEvent>(None, after, last.number, PAGE).await?;
		for recorded in &page {
			match graph.add(recorded.place, recorded.time, &recorded.event) {
				Err(error) if !lacks_lineage(skipped) => return Err(missing(error)),
				_ => {},
			}
		}
		match page.last() {
			Some(recorded) => after = Some(recorded.place),
			None => return Ok(graph),
		}
	}
}

fn missing(missing: Missing) -> Error {
	damaged(format_args!("the artifact {:?}", missing.0)).into()
}

/// Whether events of some log were skipped.
fn has_gaps(skipped: &AllSkipped) -> bool {
	skipped.keys().any(|(domain, _)| *domain == AccessLogEvent::DOMAIN)
}

/// Whether events of the lineage were skipped.
fn lacks_lineage(skipped: &AllSkipped) -> bool {
	skipped.keys().any(|(domain, _)| *domain == LineageEvent::DOMAIN)
}
