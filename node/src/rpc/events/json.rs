//! The JSON of the questions to the index.

use super::cursor::{self, Question};
use crate::{
	index::rows::{Consent, ConsentChange},
	rpc::json::At,
};
use codec::Encode as _;
use kexin_primitives::{
	access::LogEntry,
	lineage::{ActivityId, ArtifactId},
	members::MemberId,
	DatasetId, Pseudonym, UnixMillis, H256,
};
use serde::{Deserialize, Serialize};

/// How far the index has come.
#[derive(Clone, Debug, Serialize)]
pub struct Status {
	/// The last block that is in it; none while its database can't be opened.
	pub indexed: Option<At>,
	/// The last final block.
	pub finalized: At,
	/// How many blocks it is behind.
	pub lag: Option<u32>,
	/// Why it does not go on; none when all is well.
	pub error: Option<String>,
}

/// Where a page begins and how long it is.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Page {
	/// How many rows it has at the most.
	pub limit: Option<u32>,
	/// Where the last page ended.
	pub cursor: Option<String>,
}

/// The question of `access_events`. What is left out does not matter.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventParameters {
	/// Of this data set.
	pub dataset: Option<DatasetId>,
	/// For this activity.
	pub activity: Option<ActivityId>,
	/// For the activity that made this artifact.
	pub artifact: Option<ArtifactId>,
	/// Reported by this member.
	pub organisation: Option<MemberId>,
	/// To this subject's data.
	pub subject: Option<Pseudonym>,
	/// With breaches, or without.
	pub breaches: Option<bool>,
	/// That took place at this moment or later.
	pub from: Option<UnixMillis>,
	/// That took place before this moment.
	pub to: Option<UnixMillis>,
	/// How many entries a page has at the most.
	pub limit: Option<u32>,
	/// Where the last page ended.
	pub cursor: Option<String>,
}

impl EventParameters {
	/// What a cursor remembers of it.
	pub fn question(&self) -> Question {
		let who = (
			self.dataset,
			self.activity,
			self.artifact,
			self.organisation,
			self.subject,
		);
		cursor::question(("access_events", who, self.breaches, self.from, self.to).encode())
	}
}

/// A page of entries.
#[derive(Clone, Debug, Serialize)]
pub struct Entries {
	/// The entries.
	pub events: Vec<Entry>,
	/// The cursor of the next page; none on the last.
	pub next: Option<String>,
}

/// An entry of a log, and where it stands.
#[derive(Clone, Debug, Serialize)]
pub struct Entry {
	/// The entry.
	#[serde(flatten)]
	pub entry: LogEntry,
	/// Its index in the log of its data set.
	pub index: u64,
	/// The block that recorded it.
	pub block: At,
}

/// A page of what happened to a subject's consents.
#[derive(Clone, Debug, Serialize)]
pub struct Story {
	/// What happened, oldest first.
	pub history: Vec<Change>,
	/// The cursor of the next page; none on the last.
	pub next: Option<String>,
}

/// What happened to a consent.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum What {
	/// The subject consented.
	Granted,
	/// The subject narrowed the consent, or all.
	Narrowed,
	/// The subject withdrew the consent, or all.
	Revoked,
}

/// Something that happened to a subject's consents.
#[derive(Clone, Debug, Serialize)]
pub struct Change {
	what: What,
	hospital: MemberId,
	/// The document of the consent; none when it was about all of them.
	consent: Option<H256>,
	/// blake2-256 of the document that was signed for it.
	document: H256,
	time: UnixMillis,
	block: At,
}

impl Change {
	/// What happened, in this block.
	pub fn new(consent: &Consent, block: At) -> Self {
		Self {
			what: match consent.what {
				ConsentChange::Granted => What::Granted,
				ConsentChange::Narrowed => What::Narrowed,
				ConsentChange::Revoked => What::Revoked,
			},
			hospital: consent.hospital,
			consent: consent.consent,
			document: consent.document,
			time: consent.time,
			block,
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::rpc::json::Answer;
	use kexin_primitives::{
		access::{AccessEvent, Breaches, Outcome, Rules},
		vocabulary::{Operation, Purpose, Region},
	};
	use serde_json::{json, to_value, Value};

	const BLOCK: At = At {
		hash: H256::repeat_byte(0xbb),
		number: 7,
	};

	fn hash(byte: u8) -> String {
		format!("{:?}", H256::repeat_byte(byte))
	}

	fn block() -> Value {
		json!({ "hash": hash(0xbb), "number": 7 })
	}

	#[test]
	fn index_status_is_pinned() {
		let status = Status {
			indexed: Some(BLOCK),
			finalized: BLOCK,
			lag: Some(0),
			error: None,
		};
		assert_eq!(
			to_value(status).unwrap(),
			json!({ "indexed": block(), "finalized": block(), "lag": 0, "error": null })
		);
		let closed = Status {
			indexed: None,
			finalized: BLOCK,
			lag: None,
			error: Some("away".into()),
		};
		assert_eq!(
			to_value(closed).unwrap(),
			json!({ "indexed": null, "finalized": block(), "lag": null, "error": "away" })
		);
	}

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
		let answer = Entries {
			events: vec![Entry {
				entry,
				index: 9,
				block: BLOCK,
			}],
			next: Some("0x00".into()),
		};
		assert_eq!(
			to_value(Answer { answer, block: BLOCK }).unwrap(),
			json!({
				"events": [{
					"dataset": hash(1), "reporter": 3, "recorded": 2000, "rules": { "specVersion": 4, "code": hash(2) },
					"breaches": ["purpose", "not-enrolled"],
					"event": {
						"source": hash(3), "occurred": 1000, "actor": hash(4), "subject": hash(5), "purpose": "MLTRAINING",
						"operation": "train", "region": 276, "recipient": 6, "activity": null, "outcome": "permitted",
					},
					"index": 9,
					"block": block(),
				}],
				"next": "0x00",
				"block": block(),
			})
		);
	}

	#[test]
	fn consent_history_is_pinned() {
		let change = |what, consent| {
			let consent = Consent {
				place: 0,
				time: 1_000,
				subject: H256::repeat_byte(1),
				what,
				hospital: 3,
				consent,
				document: H256::repeat_byte(4),
			};
			Change::new(&consent, BLOCK)
		};
		let answer = Story {
			history: vec![
				change(ConsentChange::Granted, Some(H256::repeat_byte(2))),
				change(ConsentChange::Narrowed, Some(H256::repeat_byte(2))),
				change(ConsentChange::Revoked, None),
			],
			next: None,
		};
		let expected = |what, consent: Option<String>| {
			json!({
				"what": what, "hospital": 3, "consent": consent, "document": hash(4), "time": 1000, "block": block(),
			})
		};
		assert_eq!(
			to_value(Answer { answer, block: BLOCK }).unwrap(),
			json!({
				"history": [
					expected("granted", Some(hash(2))), expected("narrowed", Some(hash(2))), expected("revoked", None),
				],
				"next": null,
				"block": block(),
			})
		);
	}

	#[test]
	fn questions_have_these_fields_and_no_others() {
		let everything = json!({
			"dataset": hash(1), "activity": hash(2), "artifact": hash(3), "organisation": 4, "subject": hash(5), "breaches": true,
			"from": 6, "to": 7, "limit": 8, "cursor": "0x00",
		});
		let asked: EventParameters = serde_json::from_value(everything).unwrap();
		assert_eq!(
			(asked.organisation, asked.from, asked.to, asked.limit),
			(Some(4), Some(6), Some(7), Some(8))
		);
		let page: Page = serde_json::from_value(json!({ "limit": 1, "cursor": "0x00" })).unwrap();
		assert_eq!((page.limit, page.cursor.as_deref()), (Some(1), Some("0x00")));
		assert!(serde_json::from_value::<EventParameters>(json!({ "dataSet": hash(1) })).is_err());
		assert!(serde_json::from_value::<Page>(json!({ "offset": 1 })).is_err());
	}
}
