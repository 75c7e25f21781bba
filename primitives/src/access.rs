//! Access events, how the ledger judges them, and the entry that goes into a data set's log.

use crate::{
	log::Accumulator,
	members::MemberId,
	scope::Request,
	vocabulary::{Operation, Purpose, RecipientClass, Region},
	DatasetId, Pseudonym, UnixMillis, Versioned, H256,
};
use alloc::{string::String, vec::Vec};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// How an access went at the hospital. It is the hospital's own statement; the ledger's judgement is [`Breaches`].
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
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
	/// The data was given.
	#[codec(index = 0)]
	Permitted,
	/// The hospital's access control refused.
	#[codec(index = 1)]
	Denied,
	/// The access failed for a technical reason.
	#[codec(index = 2)]
	Failed,
}

/// One access to data of one data set, as the hospital reports it.
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
	/// blake2-256 of the raw bytes of the record it was made from. A hospital records each source once.
	pub source: H256,
	/// When the access took place.
	pub occurred: UnixMillis,
	/// The person or system that accessed the data.
	pub actor: Pseudonym,
	/// Whose data it was; none when it was the data set as a whole.
	pub subject: Option<Pseudonym>,
	/// Why.
	pub purpose: Option<Purpose>,
	/// What was done.
	pub operation: Operation,
	/// Where the data was used.
	pub region: Option<Region>,
	/// The member that received the data; none when the recipient is not a member.
	pub recipient: Option<MemberId>,
	/// The activity in the lineage that the access was for.
	pub activity: Option<H256>,
	/// How it went at the hospital.
	pub outcome: Outcome,
}

impl AccessEvent {
	/// What the scope is asked about this event.
	pub fn request(&self, recipient_class: Option<RecipientClass>) -> Request {
		Request {
			purpose: self.purpose,
			operation: self.operation,
			region: self.region,
			recipient: self.recipient,
			recipient_class,
		}
	}
}

bitflags::bitflags! {
	/// The ways in which an access is outside what was consented to; empty when it is within.
	#[derive(Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
	pub struct Breaches: u16 {
		/// Before anything was allowed.
		const BEFORE_START = 1;
		/// The purpose of use was not allowed, or not any more.
		const PURPOSE = 2;
		/// The operation was not allowed, or not any more.
		const OPERATION = 4;
		/// The region was not allowed, or not any more.
		const REGION = 8;
		/// The recipient was not allowed, or not any more.
		const RECIPIENT = 16;
		/// The recipient's class was not allowed, or not any more.
		const RECIPIENT_CLASS = 32;
		/// The data subject is not enrolled in the data set.
		const NOT_ENROLLED = 64;
		/// A newer version of the data set had superseded this one.
		const SUPERSEDED = 128;
	}
}

impl Breaches {
	/// Every breach with its name, as JSON-RPC and the documents spell it.
	pub const NAMED: [(Self, &'static str); 8] = [
		(Self::BEFORE_START, "before-start"),
		(Self::PURPOSE, "purpose"),
		(Self::OPERATION, "operation"),
		(Self::REGION, "region"),
		(Self::RECIPIENT, "recipient"),
		(Self::RECIPIENT_CLASS, "recipient-class"),
		(Self::NOT_ENROLLED, "not-enrolled"),
		(Self::SUPERSEDED, "superseded"),
	];

	/// The breach of this name.
	pub fn from_name(name: &str) -> Option<Self> {
		Self::NAMED
			.into_iter()
			.find(|(_, known)| *known == name)
			.map(|(breach, _)| breach)
	}

	/// The names of the breaches in this set.
	pub fn names(self) -> impl Iterator<Item = &'static str> {
		Self::NAMED
			.into_iter()
			.filter(move |(breach, _)| self.contains(*breach))
			.map(|(_, name)| name)
	}
}

/// In JSON, the names of the breaches.
impl serde::Serialize for Breaches {
	fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
		serializer.collect_seq(self.names())
	}
}

impl<'de> serde::Deserialize<'de> for Breaches {
	fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
		let names = <Vec<String> as serde::Deserialize>::deserialize(deserializer)?;
		names.iter().try_fold(Self::empty(), |breaches, name| {
			let breach = Self::from_name(name)
				.ok_or_else(|| serde::de::Error::custom(format_args!("there is no breach called {name:?}")))?;
			Ok(breaches | breach)
		})
	}
}

/// The rules that judged an event, so that an old judgement stays explicable.
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

/// One entry of a data set's log: the event, and what the ledger made of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LogEntry {
	/// The data set.
	pub dataset: DatasetId,
	/// The member that reported the event.
	pub reporter: MemberId,
	/// The time of the block that recorded it.
	pub recorded: UnixMillis,
	/// The rules that judged it.
	pub rules: Rules,
	/// The judgement.
	pub breaches: Breaches,
	/// The event.
	pub event: AccessEvent,
}

impl LogEntry {
	/// The hash that stands for this entry in the log's accumulator.
	pub fn leaf(&self) -> H256 {
		crate::log::leaf_hash(&Versioned::V1(*self))
	}

	/// The members that it names: the one that reported the event, and the one that received the data.
	pub fn members(&self) -> impl Iterator<Item = MemberId> {
		[Some(self.reporter), self.event.recipient].into_iter().flatten()
	}
}

/// A data set's log: the accumulator over its entries, and how many of them gave data outside the consents.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Log {
	/// The accumulator.
	pub accumulator: Accumulator,
	/// Entries with breaches whose access was permitted by the hospital.
	pub breaches: u64,
}
