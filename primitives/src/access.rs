//! Access events, and the entries of a dataset's log.

pub use crate::breaches::{Breaches, Judgement, Notices};

use crate::{
	lineage::{Activity, ActivityId},
	log::Accumulator,
	members::MemberId,
	request::Request,
	vocabulary::{Operation, Purpose, RecipientClass, Region},
	DatasetId, Pseudonym, UnixMillis, Versioned, H256,
};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// How an access ended at the hospital. This is the hospital's own statement; the ledger's is [`Judgement`].
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	PartialOrd,
	Ord,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	serde::Serialize,
	serde::Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
	/// The hospital gave access to the data.
	#[codec(index = 0)]
	Permitted,
	/// The hospital's access control refused the access.
	#[codec(index = 1)]
	Denied,
	/// The access failed for a technical reason.
	#[codec(index = 2)]
	Failed,
}

/// One access to data of one dataset, as the hospital reports it.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	serde::Serialize,
	serde::Deserialize,
)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AccessEvent {
	/// The hash of the record from which the event was made, as the hospital says. The ledger does not compare it.
	pub source: H256,
	/// When the access took place.
	pub occurred: UnixMillis,
	/// The person or system that accessed the data.
	pub actor: Pseudonym,
	/// The person whose data it was; none for an access to the dataset as a whole.
	pub subject: Option<Pseudonym>,
	/// Why the data was used; none when it is not stated.
	pub purpose: Option<Purpose>,
	/// What was done with the data.
	pub operation: Operation,
	/// Where the data was used; none when it is not stated.
	pub region: Option<Region>,
	/// The member that received the data; none when the data stayed where it was, or the recipient is not a member.
	pub recipient: Option<MemberId>,
	/// The activity of the lineage for which the data was used, as the hospital states it; none when it is not stated.
	pub activity: Option<ActivityId>,
	/// How the access ended at the hospital.
	pub outcome: Outcome,
}

impl AccessEvent {
	/// The request for which a scope judges this event. The ledger knows the class of the recipient.
	pub fn request(&self, recipient_class: Option<RecipientClass>) -> Request {
		Request {
			purpose: self.purpose,
			operation: self.operation,
			region: self.region,
			recipient: self.recipient,
			recipient_class,
		}
	}

	/// Whether this access to a dataset of `owner` can have been for an activity:
	///
	/// - it occurred while the activity ran, its first and last moments included;
	/// - no member but the activity's agent or the owner received the data;
	/// - the dataset is an input of the activity. While the activity runs, its inputs are not known, so ask again when
	///   it has ended.
	pub fn is_for(&self, activity: &Activity, dataset: DatasetId, owner: MemberId) -> bool {
		let runs = activity.started <= self.occurred && activity.ended.is_none_or(|ended| self.occurred <= ended);
		let stays = self
			.recipient
			.is_none_or(|recipient| recipient == activity.agent || recipient == owner);
		let is_input = activity.inputs.iter().any(|input| input.artifact == dataset);
		runs && stays && (is_input || activity.ended.is_none())
	}
}

/// The rules that judged an event, so that an old judgement can still be explained.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	serde::Serialize,
	serde::Deserialize,
)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Rules {
	/// The runtime's spec version.
	pub spec_version: u32,
	/// blake2-256 of the runtime's code.
	pub code: H256,
}

/// One entry of a dataset's log: the event and the ledger's judgement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LogEntry {
	/// The dataset.
	pub dataset: DatasetId,
	/// The member that reported the event.
	pub reporter: MemberId,
	/// The time of the block that recorded the event.
	pub recorded: UnixMillis,
	/// The rules that judged the event.
	pub rules: Rules,
	/// The ways in which the access goes outside what was consented to, as the ledger judged it.
	pub breaches: Breaches,
	/// What else there is to know about the judgement.
	pub notices: Notices,
	/// The event, as the hospital reported it.
	pub event: AccessEvent,
}

impl LogEntry {
	/// The hash of this entry in the log's accumulator.
	pub fn leaf(&self) -> H256 {
		crate::log::leaf_hash(&Versioned::V1(*self))
	}

	/// The activity for which the access counts: the one that the event names, unless the ledger found that the access
	/// can't have been for it.
	pub fn activity(&self) -> Option<ActivityId> {
		self.event
			.activity
			.filter(|_| !self.notices.contains(Notices::NOT_FOR_ACTIVITY))
	}

	/// The members that the entry names: the reporter, and the recipient of the data.
	pub fn members(&self) -> impl Iterator<Item = MemberId> {
		[Some(self.reporter), self.event.recipient].into_iter().flatten()
	}
}

/// A dataset's log: the accumulator over its entries, and how many of them gave access outside the consents.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Log {
	/// The accumulator.
	pub accumulator: Accumulator,
	/// The number of entries that have breaches and that the hospital permitted.
	pub breaches: u64,
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::lineage::{ActivityKind, Input, InputRole};

	const DATASET: DatasetId = H256::repeat_byte(1);
	const OWNER: MemberId = 6;

	fn activity(ended: Option<UnixMillis>, inputs: &[(DatasetId, InputRole)]) -> Activity {
		let inputs = inputs.iter().map(|(artifact, role)| Input {
			artifact: *artifact,
			role: *role,
		});
		Activity {
			kind: ActivityKind::Training,
			agent: 7,
			started: 10,
			ended,
			inputs: inputs.collect::<alloc::vec::Vec<_>>().try_into().unwrap(),
			outputs: Default::default(),
		}
	}

	fn event(occurred: UnixMillis, recipient: Option<MemberId>) -> AccessEvent {
		AccessEvent {
			source: H256::zero(),
			occurred,
			actor: H256::zero(),
			subject: None,
			purpose: None,
			operation: Operation::Train,
			region: None,
			recipient,
			activity: None,
			outcome: Outcome::Permitted,
		}
	}

	#[test]
	fn an_access_is_for_an_activity_that_ran_and_used_the_dataset_with_its_own_agent() {
		for role in [InputRole::Used, InputRole::Read] {
			let ended = activity(Some(20), &[(H256::repeat_byte(2), InputRole::Used), (DATASET, role)]);
			let running = activity(None, &[]);
			for (occurred, in_ended, in_running) in
				[(9, false, false), (10, true, true), (20, true, true), (21, false, true)]
			{
				for recipient in [None, Some(7), Some(OWNER)] {
					assert_eq!(event(occurred, recipient).is_for(&ended, DATASET, OWNER), in_ended);
					assert_eq!(event(occurred, recipient).is_for(&running, DATASET, OWNER), in_running);
				}
				assert!(!event(occurred, Some(8)).is_for(&ended, DATASET, OWNER));
				assert!(!event(occurred, Some(8)).is_for(&running, DATASET, OWNER));
			}
			assert!(!event(15, None).is_for(&ended, H256::repeat_byte(3), OWNER));
		}
	}
}
