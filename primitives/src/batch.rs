//! Batches of access events, as calls carry them: what events share is written once.

use crate::{
	access::{AccessEvent, Outcome},
	lineage::ActivityId,
	members::MemberId,
	vocabulary::{Operation, Purpose, Region},
	Pseudonym, UnixMillis, H256,
};
use alloc::collections::BTreeMap;
use bounded_collections::{BoundedVec, ConstU32};
use codec::{Compact, Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use core::fmt;
use scale_info::TypeInfo;

/// The most events of one batch.
pub const MAX_BATCH: u32 = 2_000;

/// At most as many items as a batch has events.
type List<T> = BoundedVec<T, ConstU32<MAX_BATCH>>;

/// The place of an event among those that one gateway reports.
///
/// A gateway numbers its events from 0, so that the ledger records each exactly once however often it is sent. A stream
/// is one such numbering. A gateway that has to number anew begins another stream, with a higher number.
#[derive(
	Clone,
	Copy,
	Debug,
	Default,
	PartialEq,
	Eq,
	PartialOrd,
	Ord,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub struct Position {
	/// The number of the stream.
	#[codec(compact)]
	pub stream: u64,
	/// The number of the event in the stream.
	#[codec(compact)]
	pub event: u64,
}

/// Why events with these positions can't come next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutOfOrder {
	/// The events before them are missing.
	Gap,
	/// The gateway has begun another stream since.
	Superseded,
}

impl Position {
	/// How many of `events` events from this position on were recorded before, when the gateway's next event has the
	/// position `next`, or none when it has reported nothing yet.
	///
	/// # Errors
	/// When the events can't come next.
	pub fn recorded_before(self, next: Option<Self>, events: u32) -> Result<u32, OutOfOrder> {
		let next = match next {
			Some(next) if self.stream < next.stream => return Err(OutOfOrder::Superseded),
			Some(next) if self.stream == next.stream => next.event,
			_ => 0,
		};
		let before = next.checked_sub(self.event).ok_or(OutOfOrder::Gap)?;
		Ok(u32::try_from(before).unwrap_or(u32::MAX).min(events))
	}

	/// The position of the event that many events later.
	pub fn plus(self, events: u32) -> Self {
		Self {
			event: self.event.saturating_add(events.into()),
			..self
		}
	}
}

/// Access events about one dataset, in the order in which they go into its log.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Batch {
	/// The time from which those of the events count.
	pub start: UnixMillis,
	/// The persons and systems that accessed the data.
	pub actors: List<Pseudonym>,
	/// The persons whose data it was.
	pub subjects: List<Pseudonym>,
	/// Why and how the data was used.
	pub usages: List<Usage>,
	/// The events.
	pub events: List<BatchEvent>,
}

/// Why and how data was used. The fields are those of [`AccessEvent`].
#[derive(
	Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Usage {
	/// Why the data was used.
	pub purpose: Option<Purpose>,
	/// What was done with the data.
	pub operation: Operation,
	/// Where the data was used.
	pub region: Option<Region>,
	/// The member that received the data.
	pub recipient: Option<MemberId>,
	/// The activity for which the data was used.
	pub activity: Option<ActivityId>,
	/// How the access ended at the hospital.
	pub outcome: Outcome,
}

/// One event of a batch. Its numbers are places in the batch's lists, counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct BatchEvent {
	/// The event's source.
	pub source: H256,
	/// How long after the start of the batch it occurred, in milliseconds.
	#[codec(compact)]
	pub after: UnixMillis,
	/// Who accessed the data.
	#[codec(compact)]
	pub actor: u32,
	/// Whose data it was; none for the dataset as a whole.
	pub subject: Option<Compact<u32>>,
	/// Why and how.
	#[codec(compact)]
	pub usage: u32,
}

/// Why events make no batch, or a batch no events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Malformed {
	/// There are more than [`MAX_BATCH`].
	TooMany,
	/// An event refers to what is not in the batch's lists, or to a time that no clock shows.
	Dangling,
}

impl fmt::Display for Malformed {
	fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
		match self {
			Self::TooMany => write!(formatter, "a batch has at most {MAX_BATCH} events"),
			Self::Dangling => formatter.write_str("an event refers to what is not in the lists of its batch"),
		}
	}
}

impl core::error::Error for Malformed {}

impl Batch {
	/// The batch of these events.
	///
	/// # Errors
	/// [`Malformed::TooMany`].
	pub fn of(events: &[AccessEvent]) -> Result<Self, Malformed> {
		let mut batch = Self {
			start: events.iter().map(|event| event.occurred).min().unwrap_or_default(),
			..Self::default()
		};
		let (mut actors, mut subjects, mut usages) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
		for event in events {
			let subject = event
				.subject
				.map(|subject| place(&mut batch.subjects, &mut subjects, subject));
			let packed = BatchEvent {
				source: event.source,
				after: event.occurred.saturating_sub(batch.start),
				actor: place(&mut batch.actors, &mut actors, event.actor)?,
				subject: subject.transpose()?.map(Compact),
				usage: place(&mut batch.usages, &mut usages, Usage::of(event))?,
			};
			batch.events.try_push(packed).map_err(|_| Malformed::TooMany)?;
		}
		Ok(batch)
	}

	/// The number of events.
	pub fn number(&self) -> u32 {
		u32::try_from(self.events.len()).unwrap_or(MAX_BATCH)
	}

	/// The events.
	///
	/// # Errors
	/// [`Malformed::Dangling`] in the place of an event that can't be told.
	pub fn unpacked(&self) -> impl Iterator<Item = Result<AccessEvent, Malformed>> + '_ {
		let events = self.events.iter();
		events.map(|event| self.unpack(event).ok_or(Malformed::Dangling))
	}

	fn unpack(&self, event: &BatchEvent) -> Option<AccessEvent> {
		let usage = item(&self.usages, event.usage)?;
		Some(AccessEvent {
			source: event.source,
			occurred: self.start.checked_add(event.after)?,
			actor: item(&self.actors, event.actor)?,
			subject: match event.subject {
				Some(Compact(subject)) => Some(item(&self.subjects, subject)?),
				None => None,
			},
			purpose: usage.purpose,
			operation: usage.operation,
			region: usage.region,
			recipient: usage.recipient,
			activity: usage.activity,
			outcome: usage.outcome,
		})
	}
}

impl Usage {
	fn of(event: &AccessEvent) -> Self {
		Self {
			purpose: event.purpose,
			operation: event.operation,
			region: event.region,
			recipient: event.recipient,
			activity: event.activity,
			outcome: event.outcome,
		}
	}
}

/// The place of an item in a list, to which it is added unless it is there.
fn place<T: Copy + Ord>(list: &mut List<T>, places: &mut BTreeMap<T, u32>, item: T) -> Result<u32, Malformed> {
	if let Some(place) = places.get(&item) {
		return Ok(*place);
	}
	let place = u32::try_from(list.len()).map_err(|_| Malformed::TooMany)?;
	list.try_push(item).map_err(|_| Malformed::TooMany)?;
	places.insert(item, place);
	Ok(place)
}

fn item<T: Copy>(list: &List<T>, place: u32) -> Option<T> {
	list.get(usize::try_from(place).ok()?).copied()
}

#[cfg(test)]
mod tests {
	use super::*;
	use proptest::prelude::*;

	fn event() -> impl Strategy<Value = AccessEvent> {
		let of = |names: u8| (0..names).prop_map(H256::repeat_byte);
		let whose = proptest::option::of(of(3));
		let why = (
			proptest::option::of(0..3u32),
			proptest::option::of(of(2)),
			any::<bool>(),
		);
		(any::<[u8; 32]>(), 0..10_000_u64, of(3), whose, why).prop_map(
			|(source, occurred, actor, subject, (recipient, activity, is_denied))| AccessEvent {
				source: H256(source),
				occurred,
				actor,
				subject,
				purpose: Some(Purpose::Treatment),
				operation: Operation::Read,
				region: Some(Region(276)),
				recipient,
				activity,
				outcome: if is_denied { Outcome::Denied } else { Outcome::Permitted },
			},
		)
	}

	#[test]
	fn a_position_tells_what_was_recorded_before() {
		let at = |stream, event| Position { stream, event };
		let next = Some(at(5, 10));
		for (first, next, expected) in [
			(at(0, 0), None, Ok(0)),
			(at(7, 0), None, Ok(0)),
			(at(0, 1), None, Err(OutOfOrder::Gap)),
			(at(5, 10), next, Ok(0)),
			(at(5, 8), next, Ok(2)),
			(at(5, 0), next, Ok(3)),
			(at(5, 11), next, Err(OutOfOrder::Gap)),
			(at(4, 10), next, Err(OutOfOrder::Superseded)),
			(at(4, 0), next, Err(OutOfOrder::Superseded)),
			(at(6, 0), next, Ok(0)),
			(at(6, 1), next, Err(OutOfOrder::Gap)),
			(at(u64::MAX, u64::MAX), Some(at(u64::MAX, u64::MAX)), Ok(0)),
			(at(u64::MAX, 0), Some(at(u64::MAX, u64::MAX)), Ok(3)),
		] {
			assert_eq!(first.recorded_before(next, 3), expected, "{first:?} after {next:?}");
		}
		assert_eq!(at(5, u64::MAX).plus(3), at(5, u64::MAX));
		assert_eq!(at(5, 8).plus(3), at(5, 11));
	}

	proptest! {
		#[test]
		fn events_are_what_they_were(events in proptest::collection::vec(event(), 0..50)) {
			let batch = Batch::of(&events).unwrap();
			prop_assert_eq!(batch.unpacked().collect::<Result<Vec<_>, _>>(), Ok(events));
			let encoded = batch.encode();
			prop_assert_eq!(Batch::decode(&mut &encoded[..]), Ok(batch));
		}
	}

	/// Read for research by one of ten physicians, five accesses a patient, one a second.
	fn typical(number: u32) -> AccessEvent {
		AccessEvent {
			source: H256(sp_crypto_hashing::blake2_256(&number.to_le_bytes())),
			occurred: u64::from(number) * 1_000,
			actor: H256::from_low_u64_be(u64::from(number % 10)),
			subject: Some(H256::from_low_u64_be(u64::from(number / 5))),
			purpose: Some(Purpose::Research),
			operation: Operation::Read,
			region: Some(Region(276)),
			recipient: None,
			activity: Some(H256::repeat_byte(u8::from(number.is_multiple_of(2)))),
			outcome: Outcome::Permitted,
		}
	}

	#[test]
	fn a_typical_event_takes_less_than_fifty_bytes() {
		let events = (0..1_000).map(typical).collect::<Vec<_>>();
		let bytes = Batch::of(&events).unwrap().encode().len();
		assert!(bytes < 50 * events.len(), "{bytes}");
	}

	#[test]
	fn too_many_events_are_no_batch() {
		let many = (0..=MAX_BATCH).map(typical).collect::<Vec<_>>();
		assert_eq!(Batch::of(&many), Err(Malformed::TooMany));
	}

	#[test]
	fn an_event_that_refers_to_nothing_is_told() {
		let honest = Batch::of(&[typical(1), typical(2)]).unwrap();
		let change = |change: fn(&mut BatchEvent)| {
			let mut batch = honest.clone();
			change(&mut batch.events[1]);
			batch.unpacked().collect::<Vec<_>>()
		};
		for found in [
			change(|event| event.actor = 2),
			change(|event| event.subject = Some(Compact(1))),
			change(|event| event.usage = u32::MAX),
			change(|event| event.after = u64::MAX),
		] {
			assert_eq!(found, [Ok(typical(1)), Err(Malformed::Dangling)]);
		}
		assert_eq!(change(|event| event.after = 2_000).len(), 2);
	}
}
