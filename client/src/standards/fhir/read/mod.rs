//! Reads FHIR records and maps them to what the ledger knows.
//!
//! Records are read as JSON through a few accessors, not into a typed model. Real files break the cardinalities of both
//! versions: `recorded` is missing, agents have no `who`, references have extensions inside. A typed model would refuse
//! such records or drop what it does not know; then records would be lost, or a consent misread.
//!
//! | module | what it does |
//! |---|---|
//! | [`file`] | splits a file into resources |
//! | `audit_event` | maps an `AuditEvent` to an access |
//! | `consent` | maps a `Consent` to a change of consent |
//! | [`element`] | accessors for the elements of a resource |

mod audit_event;
mod consent;
pub mod element;
pub mod file;

use crate::{
	config::Config,
	pseudonym::Pseudonymiser,
	standards::record::{printable, Mapped, Problem, Reader, Record},
};
use kexin_primitives::{members::MemberId, vocabulary::Purpose, UnixMillis, H256};
use serde_json::Value;
use std::path::Path;

/// Reads FHIR records for one hospital.
pub struct FhirReader<'a> {
	/// The hospital's settings.
	pub config: &'a Config,
	/// The hospital's pseudonyms.
	pub pseudonyms: &'a Pseudonymiser,
	/// The activity that the accesses were for.
	pub activity: Option<H256>,
}

impl Reader for FhirReader<'_> {
	fn reads(&self, file: &Path) -> bool {
		file.extension()
			.is_some_and(|extension| extension == "json" || extension == "ndjson")
	}

	fn read(&self, file: &Path, bytes: &[u8]) -> Vec<Record> {
		let parts = file::split(bytes, file.extension().is_some_and(|extension| extension == "ndjson"));
		let records = parts
			.into_iter()
			.map(|part| Record::new(part.line, part.bytes, |source| self.map(source, &part.resource?)));
		records.collect()
	}
}

impl FhirReader<'_> {
	/// Maps a resource, without guessing.
	fn map(&self, source: H256, resource: &Value) -> Result<Mapped, Problem> {
		if let Some(element) = element::modifier(resource) {
			let reason =
				"changes the meaning of what it is part of (FHIR, ModifierExtension), and the ledger does not know \
			              how: a person must decide what the record means";
			return Err(Problem::new(element, reason));
		}
		match resource.get("resourceType").and_then(Value::as_str) {
			Some("AuditEvent") => audit_event::map(self, source, resource),
			Some("Consent") => consent::map(self, resource),
			Some(other) => {
				let reason = format!("a resource of type {other} is neither an AuditEvent nor a Consent");
				Ok(Mapped::NotApplicable(printable(&reason)))
			},
			None => Err(Problem::new("resourceType", "is missing: this is not a FHIR resource")),
		}
	}

	/// The time of a FHIR `dateTime` or `instant`.
	///
	/// A date alone stands for a whole day in the hospital's time zone: `latest` picks the day's end instead of its
	/// start. Callers pick the one that permits less.
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
			return Err(problem(
				"is not a time that names a day: give a dateTime with a time zone",
			));
		};
		let offset = self.config.utc_offset.ok_or_else(|| {
			problem("has no time zone: set `timezone` in the configuration if all such times are in the same one")
		})?;
		let utc = naive
			.and_utc()
			.timestamp_millis()
			.saturating_sub(i64::from(offset).saturating_mul(1_000));
		UnixMillis::try_from(utc).map_err(|_| problem("is before 1970"))
	}

	/// The member that a reference or identifier names, if `[recipients]` in the configuration lists it.
	fn member(&self, reference: &Value, resource: &Value) -> Option<MemberId> {
		element::names(reference, resource)
			.iter()
			.find_map(|name| self.config.recipients.get(name))
			.copied()
	}
}

/// The purposes among these codings, and the codes that the ledger does not know. A coding without a code counts as an
/// unknown empty one.
fn purposes<'a>(codings: impl Iterator<Item = &'a Value>) -> (Vec<Purpose>, Vec<String>) {
	let (mut known, mut unknown) = (Vec::new(), Vec::new());
	for coding in codings {
		let code = element::text(coding, "code").unwrap_or_default();
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
