//! The seam between the standards and the import: what every reader makes of a file.
//!
//! To read another standard, implement [`Reader`] in `standards/<name>/read` and construct it in
//! `client/src/commands/import.rs`. Nothing in [`import`](crate::import) changes.

use kexin_primitives::{access::AccessEvent, scope::Scope, Pseudonym, UnixMillis, H256};
use serde::{Deserialize, Serialize};
use serde_json::{json, Value};
use std::{borrow::Cow, path::Path, sync::Arc};

/// Reads the records of one standard and maps them for one hospital.
pub trait Reader {
	/// Whether a file that a directory holds can have records of this standard, by its name and its content. Files that
	/// the user names are always read.
	fn reads(&self, file: &Path, bytes: &[u8]) -> bool;

	/// The records of a file with this name and these bytes, in their order there. It skips nothing: what
	/// is no record becomes one with a [`Problem`].
	fn read(&self, file: &Path, bytes: &[u8]) -> Vec<Record>;

	/// A value that changes when people get other names on the ledger.
	fn naming(&self) -> H256;
}

/// One record of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
	/// The line that it begins on, counted from 1.
	pub line: usize,
	/// Its bytes, exactly as in the file.
	pub bytes: Vec<u8>,
	/// The hash that names it on the ledger.
	pub source: H256,
	/// Which version of which document it is, if it is one: also where it can't be mapped.
	pub version: Option<Version>,
	/// What it maps to, or why it can't be mapped.
	pub mapped: Result<Mapped, Problem>,
	/// A file with this record alone that is read as the record was, if its own bytes are not: it also says what the
	/// Bundle around it says.
	pub alone: Option<Alone>,
}

/// The bytes of a file with one record, of which many records share a part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alone {
	/// What comes before the shared parts.
	pub before: Vec<u8>,
	/// What other records may have as well.
	pub shared: Vec<Arc<str>>,
	/// What comes after them.
	pub after: Vec<u8>,
}

impl Alone {
	/// The bytes.
	pub fn bytes(&self) -> Vec<u8> {
		let shared = self.shared.iter().map(|part| part.as_bytes());
		let parts = [&self.before[..]].into_iter().chain(shared).chain([&self.after[..]]);
		parts.collect::<Vec<_>>().concat()
	}
}

/// Which version of which document a record is. A document is a consent, which changes through its versions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
	/// What names the document in all its versions: its id, or else its identifier. A document without a name has only
	/// one version.
	pub document: Option<String>,
	/// Whom the document is about, if that can be read.
	pub subject: Option<Pseudonym>,
	/// The source of the record where nothing tells whom it is about, if it is only known from what is around it.
	#[serde(default, skip_serializing_if = "Option::is_none")]
	pub unresolved: Option<H256>,
	/// What names this version among those of the document.
	pub id: Option<String>,
	/// When this version was made.
	pub changed: Option<UnixMillis>,
	/// Its place in a history of the document.
	pub place: Option<Place>,
	/// When the person decided: no earlier and no later than these. A day without an hour leaves the two apart.
	pub decided: Option<(UnixMillis, UnixMillis)>,
}

/// A place in a history, which lists versions from the newest to the oldest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
	/// blake2-256 of the history's bytes.
	pub history: H256,
	/// The place in it. The newest version has place 0.
	pub number: u32,
}

impl Record {
	/// A file with this record alone, which is read as the record was here.
	pub fn alone(&self) -> Cow<'_, [u8]> {
		match &self.alone {
			Some(alone) => alone.bytes().into(),
			None => (&self.bytes[..]).into(),
		}
	}
}

/// What a record maps to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mapped {
	/// An access.
	Access(AccessEvent),
	/// A change of consent.
	Consent(ConsentChange),
	/// Nothing, for this reason: the record is neither an access nor a change of consent. A version of a document that
	/// maps to nothing ends what older versions granted.
	NotApplicable(String),
}

/// What a record changes about the consents of a data subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConsentChange {
	/// A consent with these alternatives, any of which suffices. It takes the place of the document's older versions.
	Grant {
		/// Who consents.
		subject: Pseudonym,
		/// What each alternative allows.
		scopes: Vec<Scope>,
	},
	/// The end of what a document granted.
	End {
		/// Whose consent it was.
		subject: Pseudonym,
	},
	/// A withdrawal of all consents.
	Revoke {
		/// Who withdraws.
		subject: Pseudonym,
	},
}

impl Mapped {
	/// The kind of outcome, and what would go to the ledger, as JSON.
	pub fn preview(&self) -> (&'static str, Value) {
		match self {
			Self::Access(event) => ("access", json!(event)),
			Self::Consent(ConsentChange::Grant { subject, scopes, .. }) => {
				("grant", json!({ "subject": subject, "scopes": scopes }))
			},
			Self::Consent(ConsentChange::End { subject, .. }) => ("end", json!({ "subject": subject })),
			Self::Consent(ConsentChange::Revoke { subject }) => ("revoke", json!({ "subject": subject })),
			Self::NotApplicable(reason) => ("not-applicable", json!(reason)),
		}
	}
}

/// Why a record can't be mapped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
	/// The element that is wrong, such as `AuditEvent.agent[1].who`.
	pub element: String,
	/// What is wrong with it, and what to do about it.
	pub reason: String,
}

impl Problem {
	/// A problem with an element. Both texts may quote the record: they are made safe for a terminal.
	pub fn new(element: impl AsRef<str>, reason: impl AsRef<str>) -> Self {
		Self {
			element: printable(element.as_ref()),
			reason: printable(reason.as_ref()),
		}
	}
}

/// The longest text about a record, in characters.
const LONGEST: usize = 400;

/// The beginning of a text, without control characters.
pub fn printable(text: &str) -> String {
	let mut letters = text.chars();
	let shown = letters.by_ref().take(LONGEST).map(|letter| match letter {
		letter if letter.is_control() => char::REPLACEMENT_CHARACTER,
		letter => letter,
	});
	let mut shown = shown.collect::<String>();
	if letters.next().is_some() {
		shown.push('…');
	}
	shown
}
