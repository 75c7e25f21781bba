//! Questions to the index of finalized events. Each answer says up to which block it is complete.

mod cursor;
mod json;

use super::{
	error::Error,
	json::{Answer, At},
	workers::in_time,
};
use crate::{
	chain::types::Client,
	index::{
		rows::{block_of, Breach},
		store::{self, EventQuery, Store},
		Block, Index,
	},
};
use codec::Encode as _;
use cursor::Cursor;
use futures::{stream, FutureExt as _, StreamExt as _};
use json::{Change, Entries, Entry, EventParameters, Page, Status, Story};
use jsonrpsee::{
	core::{async_trait, RpcResult},
	proc_macros::rpc,
	types::ErrorObjectOwned,
	PendingSubscriptionSink,
};
use kexin_primitives::{lineage::ActivityId, DatasetId, Pseudonym, H256};
use sc_rpc::{
	utils::{spawn_subscription_task, BoundedVecDeque, PendingSubscription},
	SubscriptionTaskExecutor,
};
use sp_blockchain::HeaderBackend as _;
use std::{collections::HashMap, sync::Arc};
use tokio::sync::broadcast::Receiver;

/// Rows of a page when the question does not say.
const DEFAULT_PAGE: u32 = 100;
/// Rows of a page at the most.
pub const MAX_PAGE: u32 = 1_000;

/// The methods.
#[rpc(server)]
pub trait Events {
	/// How far the index has come.
	#[method(name = "index_status")]
	fn status(&self) -> RpcResult<Status>;

	/// Entries of the logs, in the order in which they were recorded.
	#[method(name = "access_events")]
	async fn events(&self, filter: EventParameters) -> RpcResult<Answer<Entries>>;

	/// What happened to a subject's consents, oldest first.
	#[method(name = "consent_history")]
	async fn consents(&self, subject: Pseudonym, page: Option<Page>) -> RpcResult<Answer<Story>>;

	/// New entries with breaches as they become final, of one data set or of all.
	#[subscription(
		name = "access_subscribeBreaches" => "access_breach",
		unsubscribe = "access_unsubscribeBreaches",
		item = Entry
	)]
	fn breaches(&self, dataset: Option<DatasetId>);
}

/// Answers the methods from the index.
pub struct Events {
	client: Arc<Client>,
	index: Option<Arc<Index>>,
	executor: SubscriptionTaskExecutor,
}

impl Events {
	/// Answers from this index; none when the node keeps none.
	pub fn new(client: Arc<Client>, index: Option<Arc<Index>>, executor: SubscriptionTaskExecutor) -> Self {
		Self {
			client,
			index,
			executor,
		}
	}

	fn index(&self) -> Result<&Index, Error> {
		self.index.as_deref().ok_or(Error::NoIndex)
	}

	/// The index, and the block that it has come to.
	async fn at(&self) -> Result<(&Store, Block), Error> {
		let finalized = self.client.info().finalized_number;
		self.index()?.at(finalized).await.map_err(Error::IndexAway)
	}

	async fn entries(&self, filter: EventParameters) -> Result<Answer<Entries>, Error> {
		let question = filter.question();
		let after = filter.cursor.as_deref().map(|text| Cursor::parse(text, question));
		let after = after.transpose()?.map(|cursor| (cursor.place, cursor.index));
		let (store, block) = self.at().await?;
		if let Some(dataset) = filter.dataset {
			if !store.is_declared(dataset).await? {
				return Err(Error::NotFound(format!("the data set {dataset:?}")));
			}
		}
		let page = match activity(store, &filter).await? {
			None => store::Page::default(),
			Some(activity) => {
				let query = EventQuery {
					dataset: filter.dataset,
					activity,
					reporter: filter.organisation,
					subject: filter.subject,
					breaches: filter.breaches,
					from: filter.from,
					to: filter.to,
					after,
					until: block.number,
					limit: limit(filter.limit),
				};
				store.events(&query).await?
			},
		};
		let next = page.next.map(|(place, index)| Cursor { question, place, index });
		let mut blocks = Blocks::new(&self.client);
		let events = page.entries.into_iter().map(|found| {
			Ok::<_, Error>(Entry {
				block: blocks.at(found.block())?,
				entry: found.entry,
				index: found.index,
			})
		});
		let answer = Entries {
			events: events.collect::<Result<_, _>>()?,
			next: next.map(|cursor| cursor.text()),
		};
		Ok(Answer {
			answer,
			block: block.into(),
		})
	}

	async fn story(&self, subject: Pseudonym, page: Page) -> Result<Answer<Story>, Error> {
		let question = cursor::question(("consent_history", subject).encode());
		let after = page.cursor.as_deref().map(|text| Cursor::parse(text, question));
		let after = after.transpose()?.map(|cursor| cursor.place);
		let (store, block) = self.at().await?;
		let limit = limit(page.limit);
		let mut changes = store.consents(subject, after, block.number, limit + 1).await?;
		let more = cut(&mut changes, limit);
		let next = changes.last().filter(|_| more).map(|last| Cursor {
			question,
			place: last.place,
			index: 0,
		});
		let mut blocks = Blocks::new(&self.client);
		let history = changes.iter().map(|change| {
			let block = blocks.at(block_of(change.place))?;
			Ok::<_, Error>(Change::new(change, block))
		});
		let answer = Story {
			history: history.collect::<Result<_, _>>()?,
			next: next.map(|cursor| cursor.text()),
		};
		Ok(Answer {
			answer,
			block: block.into(),
		})
	}
}

/// The blocks that a page names, each looked up once.
struct Blocks<'a> {
	client: &'a Client,
	known: HashMap<u32, H256>,
}

impl<'a> Blocks<'a> {
	fn new(client: &'a Client) -> Self {
		Self {
			client,
			known: HashMap::new(),
		}
	}

	fn at(&mut self, number: u32) -> Result<At, Error> {
		let hash = match self.known.get(&number) {
			Some(hash) => *hash,
			None => {
				let hash = self.client.hash(number)?;
				let hash = hash.ok_or_else(|| Error::UnknownBlock(number.to_string()))?;
				self.known.insert(number, hash);
				hash
			},
		};
		Ok(At { hash, number })
	}
}

impl From<Block> for At {
	fn from(block: Block) -> Self {
		Self {
			hash: block.hash,
			number: block.number,
		}
	}
}

impl From<&Breach> for Entry {
	fn from(breach: &Breach) -> Self {
		Self {
			entry: breach.entry,
			index: breach.index,
			block: breach.block.into(),
		}
	}
}

/// Rows of a page.
fn limit(limit: Option<u32>) -> u32 {
	limit.unwrap_or(DEFAULT_PAGE).clamp(1, MAX_PAGE)
}

/// The activity that entries are asked for, by itself and as that which made an artifact; none when there can't be any.
async fn activity(store: &Store, filter: &EventParameters) -> Result<Option<Option<ActivityId>>, Error> {
	let Some(artifact) = filter.artifact else {
		return Ok(Some(filter.activity));
	};
	let made_by = store.generated_by(artifact).await?;
	let made_by = made_by.ok_or_else(|| Error::NotFound(format!("the artifact {artifact:?}")))?;
	let same = made_by.filter(|made_by| filter.activity.is_none_or(|activity| activity == *made_by));
	Ok(same.map(Some))
}

/// Drops the row that only says that there are more, and returns whether it was there.
fn cut<Row>(rows: &mut Vec<Row>, limit: u32) -> bool {
	let more = rows.len() > limit as usize;
	rows.truncate(limit as usize);
	more
}

#[async_trait]
impl EventsServer for Events {
	fn status(&self) -> RpcResult<Status> {
		let progress = self.index()?.progress();
		let info = self.client.info();
		let finalized = At {
			hash: info.finalized_hash,
			number: info.finalized_number,
		};
		let indexed = progress.indexed.map(At::from);
		let lag = indexed.map(|indexed| finalized.number.saturating_sub(indexed.number));
		Ok(Status {
			indexed,
			finalized,
			lag,
			error: progress.error,
		})
	}

	async fn events(&self, filter: EventParameters) -> RpcResult<Answer<Entries>> {
		Ok(in_time(self.entries(filter)).await?)
	}

	async fn consents(&self, subject: Pseudonym, page: Option<Page>) -> RpcResult<Answer<Story>> {
		Ok(in_time(self.story(subject, page.unwrap_or_default())).await?)
	}

	fn breaches(&self, pending: PendingSubscriptionSink, dataset: Option<DatasetId>) {
		let index = self.index();
		let subscribed = index.map(|index| (index.breaches(), self.client.info().finalized_number));
		let task = async move {
			match subscribed {
				Ok((breaches, finalized)) => {
					// What was final before is not new, though the index may come to it only now.
					let new = breach_stream(breaches).filter_map(move |breach| {
						let wanted = breach.block.number > finalized
							&& dataset.is_none_or(|dataset| dataset == breach.entry.dataset);
						std::future::ready(wanted.then(|| Entry::from(&*breach)))
					});
					let pending = PendingSubscription::from(pending);
					pending.pipe_from_stream(new.boxed(), BoundedVecDeque::new(1024)).await;
				},
				Err(error) => pending.reject(ErrorObjectOwned::from(error)).await,
			}
		};
		spawn_subscription_task(&self.executor, task.boxed());
	}
}

/// Breaches as they come. Whoever falls behind is dropped, and can ask for what was missed by `access_events`.
fn breach_stream(receiver: Receiver<Arc<Breach>>) -> impl futures::Stream<Item = Arc<Breach>> {
	stream::unfold(receiver, |mut receiver| async move {
		let breach = receiver.recv().await.ok()?;
		Some((breach, receiver))
	})
}
