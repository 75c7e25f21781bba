//! What happened in a block, as the runtime of that block tells it: the form in which it is indexed, whatever the runtime's own
//! calls and events look like before and after.

use crate::{
	access::{AccessEvent, Breaches, LogEntry, Rules},
	lineage::{Activity, ActivityId, ActivityKind, Artifact, ArtifactId, Evidence},
	members::{MemberId, MemberKind},
	DatasetId, Pseudonym, UnixMillis, H256,
};
use alloc::vec::Vec;
use codec::{Decode, Encode};
use scale_info::TypeInfo;

/// An account: the public key of whoever signs.
pub type Account = [u8; 32];

/// What happened in a block.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct History {
	/// The time of the block.
	pub time: UnixMillis,
	/// The batches that were recorded, in order.
	pub batches: Vec<RecordedBatch>,
	/// The calls that may have recorded them, in order. One that failed is among them too.
	pub calls: Vec<RecordCall>,
	/// Everything else, in order.
	pub happenings: Vec<Happening>,
}

/// A batch of access events that was recorded.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct RecordedBatch {
	/// The position in the block of the transaction.
	pub transaction: u32,
	/// The dataset.
	pub dataset: DatasetId,
	/// The member that reported it.
	pub reporter: MemberId,
	/// The index in the log of its first new event.
	pub first: u64,
	/// How many events were new.
	pub recorded: u32,
	/// Positions of events that were recorded earlier, in order.
	pub replayed: Vec<u32>,
	/// Positions of new events that breach consent, in order.
	pub breached: Vec<(u32, Breaches)>,
	/// The time of the block.
	pub recorded_at: UnixMillis,
	/// The rules that judged it.
	pub rules: Rules,
	/// The root of the log after it.
	pub root: H256,
}

/// A call with a batch of access events.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct RecordCall {
	/// The position in the block of the transaction.
	pub transaction: u32,
	/// The dataset.
	pub dataset: DatasetId,
	/// The events.
	pub events: Vec<AccessEvent>,
}

impl RecordedBatch {
	/// The entries that the batch added to its log, if this is the call that it was recorded from; none when it can't be. Whether it is,
	/// the root of the log tells.
	pub fn entries(&self, call: &RecordCall) -> Option<Vec<LogEntry>> {
		let number = usize::try_from(self.recorded).ok()?.checked_add(self.replayed.len())?;
		let may_be =
			call.transaction == self.transaction && call.dataset == self.dataset && call.events.len() == number;
		if !may_be {
			return None;
		}
		let new = (0u32..)
			.zip(&call.events)
			.filter(|(position, _)| self.replayed.binary_search(position).is_err());
		let entries = new.map(|(position, event)| {
			let found = self.breached.binary_search_by_key(&position, |(at, _)| *at).ok();
			LogEntry {
				dataset: self.dataset,
				reporter: self.reporter,
				recorded: self.recorded_at,
				rules: self.rules,
				breaches: found
					.and_then(|at| self.breached.get(at))
					.map_or(Breaches::empty(), |(_, breaches)| *breaches),
				event: *event,
			}
		});
		Some(entries.collect())
	}
}

/// Something that happened besides accesses.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub enum Happening {
	/// A subject consented.
	#[codec(index = 0)]
	Granted {
		/// The hospital.
		hospital: MemberId,
		/// The subject.
		subject: Pseudonym,
		/// blake2-256 of the signed document.
		document: H256,
	},
	/// A subject narrowed a consent, or all of them.
	#[codec(index = 1)]
	Narrowed {
		/// The hospital.
		hospital: MemberId,
		/// The subject.
		subject: Pseudonym,
		/// The document of the consent; none for all of them.
		consent: Option<H256>,
		/// blake2-256 of the signed document.
		document: H256,
	},
	/// A subject withdrew a consent, or all of them.
	#[codec(index = 2)]
	Revoked {
		/// The hospital.
		hospital: MemberId,
		/// The subject.
		subject: Pseudonym,
		/// The document of the consent; none for all of them.
		consent: Option<H256>,
		/// blake2-256 of the signed document.
		document: H256,
	},
	/// A version of a dataset was declared.
	#[codec(index = 3)]
	DatasetDeclared {
		/// The dataset.
		dataset: DatasetId,
		/// The hospital.
		owner: MemberId,
		/// The version whose place it takes.
		supersedes: Option<DatasetId>,
	},
	/// An artifact was registered.
	#[codec(index = 4)]
	Registered {
		/// Its name.
		id: ArtifactId,
		/// What the ledger knows of it.
		artifact: Artifact,
	},
	/// An activity started.
	#[codec(index = 5)]
	Started {
		/// Its name.
		activity: ActivityId,
		/// What it does.
		kind: ActivityKind,
		/// The member that does it.
		agent: MemberId,
	},
	/// An activity ended.
	#[codec(index = 6)]
	Derived {
		/// Its name.
		id: ActivityId,
		/// What it used, read and generated.
		activity: Activity,
	},
	/// Evidence was attached to an artifact.
	#[codec(index = 7)]
	EvidenceAttached {
		/// The artifact.
		artifact: ArtifactId,
		/// The member that attached it.
		by: MemberId,
		/// The evidence.
		evidence: Evidence,
	},
	/// A contribution to a campaign was accepted.
	#[codec(index = 8)]
	Accepted {
		/// The campaign.
		campaign: u32,
		/// The hash of the labels.
		content: H256,
		/// Who earns.
		annotator: Account,
		/// How much, in the token's smallest unit.
		reward: u128,
	},
	/// An annotator claimed.
	#[codec(index = 9)]
	Claimed {
		/// Who.
		annotator: Account,
		/// How much, in the token's smallest unit.
		amount: u128,
	},
	/// A member was admitted.
	#[codec(index = 10)]
	Admitted {
		/// Its number.
		member: MemberId,
		/// What it is.
		kind: MemberKind,
	},
	/// A member was suspended.
	#[codec(index = 11)]
	Suspended {
		/// Which.
		member: MemberId,
	},
	/// A member was reinstated.
	#[codec(index = 12)]
	Reinstated {
		/// Which.
		member: MemberId,
	},
	/// A member was removed.
	#[codec(index = 13)]
	Removed {
		/// Which.
		member: MemberId,
	},
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{access::Outcome, vocabulary::Operation};

	fn event(source: u64) -> AccessEvent {
		AccessEvent {
			source: H256::from_low_u64_be(source),
			occurred: 1,
			actor: H256::zero(),
			subject: None,
			purpose: None,
			operation: Operation::Read,
			region: None,
			recipient: None,
			activity: None,
			outcome: Outcome::Permitted,
		}
	}

	#[test]
	fn entries_are_the_new_events_with_their_breaches() {
		let batch = RecordedBatch {
			transaction: 2,
			dataset: H256::repeat_byte(0xda),
			reporter: 3,
			first: 7,
			recorded: 3,
			replayed: vec![1],
			breached: vec![(2, Breaches::REGION)],
			recorded_at: 5,
			rules: Rules {
				spec_version: 1,
				code: H256::zero(),
			},
			root: H256::zero(),
		};
		let call = RecordCall {
			transaction: 2,
			dataset: H256::repeat_byte(0xda),
			events: (0..4).map(event).collect(),
		};
		let entries = batch.entries(&call).unwrap();
		let found = entries
			.iter()
			.map(|entry| (entry.event.source.to_low_u64_be(), entry.breaches));
		assert_eq!(
			found.collect::<Vec<_>>(),
			[(0, Breaches::empty()), (2, Breaches::REGION), (3, Breaches::empty())]
		);
		for other in [
			RecordCall {
				transaction: 1,
				..call.clone()
			},
			RecordCall {
				dataset: H256::zero(),
				..call.clone()
			},
			RecordCall {
				events: vec![event(0)],
				..call
			},
		] {
			assert_eq!(batch.entries(&other), None);
		}
	}
}
