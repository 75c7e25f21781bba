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
	DatasetId, Moment, Pseudonym, H256,
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
	pub from: Option<Moment>,
	/// That took place before this moment.
	pub to: Option<Moment>,
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
	/// The form of the consent; none when it was about all of them.
	consent: Option<H256>,
	/// blake2-256 of the form that was signed for it.
	form: H256,
	moment: Moment,
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
			form: consent.form,
			moment: consent.moment,
			block,
		}
	}
}
