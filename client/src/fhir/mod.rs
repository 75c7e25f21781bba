//! FHIR R4 and R5 records, and what they become on the ledger. `docs/fhir-mapping.md` has the tables.
//!
//! Records are read as JSON with a thin layer of accessors, not into a typed model: real files break the cardinalities of both
//! versions (missing `recorded`, agents without `who`, extensions inside references), and a model that refuses them, or
//! drops what it does not know, would lose records or misread a consent.

pub mod audit_event;
pub mod consent;
pub mod source;
pub mod value;

use crate::{config::Config, pseudonym::Pseudonymiser};
use kexin_primitives::{access::AccessEvent, scope::Scope, vocabulary::Purpose, Pseudonym, UnixMillis, H256};
use serde::Serialize;
use serde_json::{json, Value};
use source::Record;

/// The code system of the ledger's own operations, most of which FHIR has no code for.
pub const OPERATION: &str = "urn:kexin:operation";

/// Why a record was not mapped: which element, and what about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
	/// The element, such as `AuditEvent.agent[1].who`.
	pub element: String,
	/// What is wrong, and what to do about it.
	pub reason: String,
}

impl Problem {
	/// About an element. Both texts repeat parts of the record: they are made fit for a terminal.
	pub fn new(element: impl AsRef<str>, reason: impl AsRef<str>) -> Self {
		Self {
			element: printable(element.as_ref()),
			reason: printable(reason.as_ref()),
		}
	}
}

/// Letters that a text about a record has at the most.
const LONGEST: usize = 400;

/// The beginning of a text, without what would steer a terminal.
fn printable(text: &str) -> String {
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

/// What a record becomes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mapped {
	/// An access.
	Access(AccessEvent),
	/// A consent with these alternatives, any of which suffices. It takes the place of the document's older versions.
	Grant {
		/// Who consents.
		subject: Pseudonym,
		/// Which document says so.
		document: Document,
		/// What each alternative allows.
		scopes: Vec<Scope>,
	},
	/// The end of what a document granted.
	End {
		/// Whose consent it was.
		subject: Pseudonym,
		/// Which document granted it.
		document: Document,
	},
	/// A withdrawal of all consents.
	Revoke {
		/// Who withdraws.
		subject: Pseudonym,
	},
	/// Nothing, and rightly so: it is no access and no consent.
	NotApplicable(String),
}

/// A document that changes through its versions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
	/// Its id, or else its identifier. One without a name has no other version.
	pub name: Option<String>,
	/// When this version was made, where that is said.
	pub changed: Option<UnixMillis>,
}

impl Mapped {
	/// The kind of outcome, and what would go to the ledger, as a program reads it.
	pub fn preview(&self) -> (&'static str, Value) {
		match self {
			Self::Access(event) => ("access", json!(event)),
			Self::Grant { subject, scopes, .. } => ("grant", json!({ "subject": subject, "scopes": scopes })),
			Self::End { subject, .. } => ("end", json!({ "subject": subject })),
			Self::Revoke { subject } => ("revoke", json!({ "subject": subject })),
			Self::NotApplicable(reason) => ("not-applicable", json!(reason)),
		}
	}
}

/// Maps records for one hospital.
pub struct Mapper<'a> {
	/// The hospital's settings.
	pub config: &'a Config,
	/// The hospital's pseudonyms.
	pub pseudonyms: &'a Pseudonymiser,
	/// The activity that the accesses were for.
	pub activity: Option<H256>,
}

impl Mapper<'_> {
	/// What the record becomes.
	///
	/// # Errors
	/// What kept it from being mapped. It is never guessed at.
	pub fn map(&self, record: &Record) -> Result<Mapped, Problem> {
		if let Some(element) = value::modifier(&record.value) {
			let reason = "changes the meaning of what it is part of (FHIR, ModifierExtension) in a way that the ledger does not know";
			return Err(Problem::new(element, reason));
		}
		match record.value.get("resourceType").and_then(Value::as_str) {
			Some("AuditEvent") => audit_event::map(self, record),
			Some("Consent") => consent::map(self, record),
			Some(other) => {
				let reason = format!("a {other} is neither an AuditEvent nor a Consent");
				Ok(Mapped::NotApplicable(printable(&reason)))
			},
			None => Err(Problem::new("resourceType", "missing: this is no FHIR resource")),
		}
	}

	/// The moment that a FHIR `dateTime` or `instant` begins or, for a date alone, ends.
	///
	/// A date without a time is read as the moment that allows less: `latest` picks its end, in the hospital's time zone.
	fn time(&self, element: &str, text: &str, latest: bool) -> Result<UnixMillis, Problem> {
		let problem = |reason: &str| Problem::new(element, format!("{text:?} {reason}"));
		if let Ok(time) = chrono::DateTime::parse_from_rfc3339(text) {
			return UnixMillis::try_from(time.timestamp_millis()).map_err(|_| problem("is before 1970"));
		}
		let naive = if let Ok(time) = text.parse::<chrono::NaiveDateTime>() {
			time
		} else if let Ok(day) = text.parse::<chrono::NaiveDate>() {
			let day = if latest { day.succ_opt().unwrap_or(day) } else { day };
			day.and_time(chrono::NaiveTime::MIN)
		} else {
			return Err(problem("is no time that names a day: give a dateTime with a time zone"));
		};
		let offset = self.config.utc_offset.ok_or_else(|| {
			problem("has no time zone: set `timezone` in the configuration if all its times are in one")
		})?;
		let utc = naive
			.and_utc()
			.timestamp_millis()
			.saturating_sub(i64::from(offset).saturating_mul(1_000));
		UnixMillis::try_from(utc).map_err(|_| problem("is before 1970"))
	}

	/// The member that a reference or identifier names, if the hospital's settings know it.
	fn member(&self, reference: &Value, record: &Record) -> Option<u32> {
		value::names(reference, &record.value)
			.iter()
			.find_map(|name| self.config.recipients.get(name))
			.copied()
	}
}

/// The purposes among these codings, and the codes that the ledger does not know. A coding without a code has an empty one.
fn purposes<'a>(codings: impl Iterator<Item = &'a Value>) -> (Vec<Purpose>, Vec<String>) {
	let (mut known, mut unknown) = (Vec::new(), Vec::new());
	for coding in codings {
		let code = value::text(coding, "code").unwrap_or_default();
		let of_hl7 = coding
			.get("system")
			.and_then(Value::as_str)
			.is_none_or(|system| system.ends_with("v3-ActReason"));
		match Purpose::from_code(code).filter(|_| of_hl7) {
			Some(purpose) if !known.contains(&purpose) => known.push(purpose),
			Some(_) => (),
			None => unknown.push(code.to_owned()),
		}
	}
	(known, unknown)
}
