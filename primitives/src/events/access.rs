//! Batches of access events that were recorded.

use crate::{
	access::{AccessEvent, Judgement, LogEntry, Rules},
	members::MemberId,
	DatasetId, UnixMillis, H256,
};
use alloc::vec::Vec;
use codec::{Decode, Encode};
use scale_info::TypeInfo;

/// What happened to the log of a dataset.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub enum AccessLogEvent {
	/// A batch was recorded.
	#[codec(index = 0)]
	BatchRecorded(Batch),
}

/// A batch of access events with what the ledger made of each.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct Batch {
	/// The dataset whose log grew.
	pub dataset: DatasetId,
	/// The member that reported the batch.
	pub reporter: MemberId,
	/// The index in the log of its first new entry.
	pub first: u64,
	/// Its new entries in the order of the log, each with its judgement.
	pub entries: Vec<(AccessEvent, Judgement)>,
	/// How many of its events were recorded before, and so are not among the entries.
	pub replayed: u32,
	/// The time of the block.
	pub recorded: UnixMillis,
	/// The rules that judged it.
	pub rules: Rules,
	/// The root of the log after it.
	pub root: H256,
}

impl Batch {
	/// The entries that the batch added to the log.
	pub fn entries(&self) -> impl Iterator<Item = LogEntry> + '_ {
		self.entries.iter().map(|(event, judgement)| LogEntry {
			dataset: self.dataset,
			reporter: self.reporter,
			recorded: self.recorded,
			rules: self.rules,
			breaches: judgement.breaches,
			notices: judgement.notices,
			event: *event,
		})
	}
}
