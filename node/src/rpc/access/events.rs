//! `access_events` and `access_subscribeBreaches`: entries of the logs, from the index.

use crate::{
	index::{
		access::{rows::Breach, EventQuery, Page},
		history::Key,
	},
	rpc::{
		answer::{Answer, BlockRef},
		context::Context,
		error::RpcError,
		number::U64,
		page::{limit, Blocks, Cursor, QuestionHash},
	},
};
use futures::{stream, FutureExt as _, Stream, StreamExt as _};
use jsonrpsee::{types::ErrorObjectOwned, PendingSubscriptionSink};
use kexin_primitives::{
	access::LogEntry,
	events::{access::AccessLogEvent, consent::ConsentEvent, DomainEvent as _},
	lineage::{ActivityId, ArtifactId},
	members::MemberId,
	DatasetId, Pseudonym,
};
use sc_rpc::utils::{spawn_subscription_task, BoundedVecDeque, PendingSubscription};
use serde::{Deserialize, Serialize};
use sp_blockchain::HeaderBackend as _;
use std::sync::Arc;
use tokio::sync::broadcast::Receiver;

/// Breaches that may wait for a slow subscriber before its subscription ends.
const MAX_WAITING: usize = 1024;

/// The filter of `access_events`. A field that is left out matches every entry.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventParameters {
	/// Entries of this dataset.
	pub dataset: Option<DatasetId>,
	/// Entries of this activity.
	pub activity: Option<ActivityId>,
	/// Entries of the activity that generated this artifact.
	pub artifact: Option<ArtifactId>,
	/// Entries that this member reported.
	pub reporter: Option<MemberId>,
	/// Entries of accesses to this data subject's data.
	pub subject: Option<Pseudonym>,
	/// Entries with breaches, or those without.
	pub breaches: Option<bool>,
	/// Entries of accesses at this time or later.
	pub from: Option<U64>,
	/// Entries of accesses before this time.
	pub to: Option<U64>,
	/// The most entries of the page: 100 by default, 1,000 at most.
	pub limit: Option<u32>,
	/// Where the last page ended: its `next`.
	pub cursor: Option<String>,
}

impl EventParameters {
	fn from(&self) -> Option<u64> {
		self.from.map(|time| time.0)
	}

	fn to(&self) -> Option<u64> {
		self.to.map(|time| time.0)
	}

	/// The hash of the filter, to which a cursor belongs.
	fn question(&self) -> QuestionHash {
		let who = (self.dataset, self.activity, self.artifact, self.reporter, self.subject);
		QuestionHash::of(("access_events", who, self.breaches, self.from(), self.to()))
	}

	/// The query to the index for what follows a cursor, among the entries of an activity if one is given, up to a
	/// block.
	fn query(&self, activity: Option<ActivityId>, after: Option<Cursor>, until: BlockRef) -> EventQuery {
		EventQuery {
			dataset: self.dataset,
			activity,
			reporter: self.reporter,
			subject: self.subject,
			breaches: self.breaches,
			from: self.from(),
			to: self.to(),
			after: after.map(|cursor| (cursor.place, cursor.index)),
			until: until.number,
			limit: limit(self.limit),
		}
	}
}

/// A page of entries.
#[derive(Clone, Debug, Serialize)]
pub struct Events {
	events: Vec<LoggedEvent>,
	/// How many batches and other events of logs the index has skipped; more than 0 when entries may be missing.
	skipped: u64,
	/// The cursor of the next page; `None` on the last.
	next: Option<String>,
}

/// An entry of a log, and where it stands.
#[derive(Clone, Debug, Serialize)]
pub struct LoggedEvent {
	#[serde(flatten)]
	entry: LogEntry,
	/// Its index in the log of its dataset.
	index: u64,
	/// The block that recorded it.
	block: BlockRef,
}

impl From<&Breach> for LoggedEvent {
	fn from(breach: &Breach) -> Self {
		Self {
			entry: breach.entry,
			index: breach.index,
			block: breach.block.into(),
		}
	}
}

/// A page of the entries that match a filter.
///
/// # Errors
/// [`RpcError`].
pub async fn page(context: &Context, filter: EventParameters) -> Result<Answer<Events>, RpcError> {
	let question = filter.question();
	let after = filter.cursor.as_deref().map(|text| Cursor::parse(text, question));
	let after = after.transpose()?;
	let (store, block) = context.store().await?;
	if let Some(dataset) = filter.dataset {
		if !store.knows::<ConsentEvent>(Key::Dataset(dataset)).await? {
			return Err(RpcError::no_dataset(dataset));
		}
	}
	let page = match activity(context, &filter)? {
		None => Page::default(),
		Some(activity) => store.events(&filter.query(activity, after, block)).await?,
	};
	let next = page.next.map(|(place, index)| Cursor { question, place, index });
	let mut blocks = Blocks::new(&context.client);
	let events = page.entries.into_iter().map(|found| {
		Ok::<_, RpcError>(LoggedEvent {
			block: blocks.get(found.block())?,
			entry: found.entry,
			index: found.index,
		})
	});
	let answer = Events {
		events: events.collect::<Result<_, _>>()?,
		skipped: context.index()?.skipped(AccessLogEvent::DOMAIN),
		next: next.map(|cursor| cursor.text()),
	};
	Ok(Answer::new(answer, block))
}

/// The activity that a filter asks for, by itself or as the one that generated an artifact. The outer `None` means that
/// no entry can match.
fn activity(context: &Context, filter: &EventParameters) -> Result<Option<Option<ActivityId>>, RpcError> {
	let Some(artifact) = filter.artifact else {
		return Ok(Some(filter.activity));
	};
	let generated_by = context.index()?.generated_by(artifact);
	let generated_by = generated_by.ok_or_else(|| RpcError::no_artifact(artifact))?;
	let same = generated_by.filter(|generated_by| filter.activity.is_none_or(|activity| activity == *generated_by));
	Ok(same.map(Some))
}

/// Sends a subscriber each new entry with breaches, of one dataset or of all.
pub fn stream_breaches(context: &Context, pending: PendingSubscriptionSink, dataset: Option<DatasetId>) {
	let finalized = context.client.info().finalized_number;
	let breaches = context.index().map(|index| index.breaches());
	let task = async move {
		match breaches {
			Ok(breaches) => {
				// The index may reach blocks that were final before the subscription only now: their breaches are not
				// new.
				let new = breach_stream(breaches).filter_map(move |breach| {
					let wanted = breach.block.number > finalized
						&& dataset.is_none_or(|dataset| dataset == breach.entry.dataset);
					std::future::ready(wanted.then(|| LoggedEvent::from(&*breach)))
				});
				let pending = PendingSubscription::from(pending);
				pending
					.pipe_from_stream(new.boxed(), BoundedVecDeque::new(MAX_WAITING))
					.await;
			},
			Err(error) => pending.reject(ErrorObjectOwned::from(error)).await,
		}
	};
	spawn_subscription_task(&context.executor, task.boxed());
}

/// Breaches as they come. The stream ends for a subscriber that falls behind, which can read what it missed with
/// `access_events`.
fn breach_stream(receiver: Receiver<Arc<Breach>>) -> impl Stream<Item = Arc<Breach>> {
	stream::unfold(receiver, |mut receiver| async move {
		let breach = receiver.recv().await.ok()?;
		Some((breach, receiver))
	})
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::rpc::answer::golden::{answer, block, hash, BLOCK};
	use kexin_primitives::{
		access::{AccessEvent, Breaches, Notices, Outcome, Rules},
		vocabulary::{Operation, Purpose, Region},
		H256,
	};
	use serde_json::json;

	#[test]
	fn access_events_is_pinned() {
		let entry = LogEntry {
			dataset: H256::repeat_byte(1),
			reporter: 3,
			recorded: 2_000,
			rules: Rules {
				spec_version: 4,
				code: H256::repeat_byte(2),
			},
			breaches: Breaches::PURPOSE | Breaches::NOT_ENROLLED,
			notices: Notices::RECORDED_AFTER,
			event: AccessEvent {
				source: H256::repeat_byte(3),
				occurred: 1_000,
				actor: H256::repeat_byte(4),
				subject: Some(H256::repeat_byte(5)),
				purpose: Some(Purpose::ModelTraining),
				operation: Operation::Train,
				region: Some(Region(276)),
				recipient: Some(6),
				activity: None,
				outcome: Outcome::Permitted,
			},
		};
		let page = Events {
			events: vec![LoggedEvent {
				entry,
				index: 9,
				block: BLOCK,
			}],
			skipped: 0,
			next: Some("0x00".into()),
		};
		assert_eq!(
			answer(page),
			json!({
				"events": [{
					"dataset": hash(1), "reporter": 3, "recorded": 2000, "rules": { "specVersion": 4, "code": hash(2) },
					"breaches": ["purpose", "not-enrolled"], "notices": ["recorded-after"],
					"event": {
						"source": hash(3), "occurred": 1000, "actor": hash(4), "subject": hash(5), "purpose": "MLTRAINING",
						"operation": "train", "region": 276, "recipient": 6, "activity": null, "outcome": "permitted",
					},
					"index": 9,
					"block": block(),
				}],
				"skipped": 0,
				"next": "0x00",
				"block": block(),
			})
		);
	}

	#[test]
	fn a_filter_has_these_fields_and_no_others() {
		let everything = json!({
			"dataset": hash(1), "activity": hash(2), "artifact": hash(3), "reporter": 4, "subject": hash(5), "breaches": true,
			"from": 6, "to": "0x07", "limit": 8, "cursor": "0x00",
		});
		let filter: EventParameters = serde_json::from_value(everything).unwrap();
		assert_eq!(
			(filter.reporter, filter.from(), filter.to(), filter.limit),
			(Some(4), Some(6), Some(7), Some(8))
		);
		assert!(serde_json::from_value::<EventParameters>(json!({ "dataSet": hash(1) })).is_err());
	}
}
