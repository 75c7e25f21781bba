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
//! | `version` | reads which version of which document a `Consent` is |
//! | [`bundle`] | what a Bundle says about its entries |
//! | [`identity`] | who and what a reference names |
//! | [`element`] | accessors for the elements of a resource |
//! | `whole` | whether a resource says all that it should |

mod audit_event;
pub mod bundle;
mod consent;
pub mod element;
pub mod file;
pub mod identity;
mod version;
mod whole;

use crate::{
	config::Config,
	pseudonym::Pseudonymiser,
	standards::record::{printable, Mapped, Problem, Reader, Record},
};
use bundle::Shared;
use file::Part;
use identity::Context;
use kexin_primitives::{members::MemberId, vocabulary::Purpose, UnixMillis, H256};
use serde_json::{json, Value};
use std::{
	collections::{BTreeMap, BTreeSet},
	path::Path,
};

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
	fn reads(&self, file: &Path, bytes: &[u8]) -> bool {
		reads(file, bytes)
	}

	fn read(&self, file: &Path, bytes: &[u8]) -> Vec<Record> {
		let parts = file::split(bytes, names_ndjson(file));
		let mut shared = Shared::default();
		let mut records: Vec<Record> = Vec::new();
		// Where the readings of the present record begin.
		let mut first = 0;
		for part in parts {
			let is_again = part.is_again;
			let mut record = self.record(part, &mut shared);
			if !is_again {
				first = records.len();
				records.push(record);
				continue;
			}
			let document = |record: &Record| record.version.as_ref().and_then(|version| version.document.clone());
			let Some(name) = document(&record) else { continue };
			match records[first..]
				.iter_mut()
				.find(|earlier| document(earlier).as_ref() == Some(&name))
			{
				// It is not known which version of the document it is.
				Some(earlier) if earlier.version != record.version => {
					if let Some(version) = &mut earlier.version {
						(version.id, version.changed, version.place) = (None, None, None);
					}
				},
				Some(_) => {},
				// Read in another way, it is a version of another document, and so a record of its own.
				None => {
					record.source = H256(sp_crypto_hashing::blake2_256(
						&[record.source.as_bytes(), name.as_bytes()].concat(),
					));
					records.push(record);
				},
			}
		}
		records
	}

	fn naming(&self) -> H256 {
		self.pseudonyms.check_value()
	}
}

/// Whether a file can have FHIR resources: JSON begins with a brace or a bracket, whatever the file is called, and one
/// that is called JSON should have some.
pub(crate) fn reads(file: &Path, bytes: &[u8]) -> bool {
	let begun = file::without_mark(bytes).trim_ascii_start();
	matches!(begun.first(), Some(b'{' | b'[')) || names_ndjson(file) || parts_of_name(file).any(|part| part == "json")
}

/// What a file tells about where its records are from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
	/// The servers that the records are from, where Bundles tell it.
	pub servers: BTreeSet<String>,
	/// The addresses of the Bundles, as they state them.
	pub addresses: BTreeSet<String>,
	/// For each Bundle that another page follows, the line that says so, and the address of that page, if it is stated.
	pub following: Vec<(usize, Option<String>)>,
}

impl Origin {
	/// What a file with this name and these bytes tells.
	pub fn of(file: &Path, bytes: &[u8]) -> Self {
		let mut origin = Self::default();
		for part in file::split(bytes, names_ndjson(file)) {
			if let Some(entry) = &part.entry {
				origin.servers.extend(entry.server_of_record());
				origin.addresses.extend(entry.bundle.address.clone());
			}
			let bundle = part.resource.iter().filter(|_| !part.is_whole);
			for links in bundle.filter_map(|resource| resource.get("link")) {
				let leads = |relation: &str| bundle::link(Some(links), relation).map(bundle::address);
				let (own, next) = (leads("self").flatten(), leads("next"));
				// No page follows itself.
				let next = next.map(|next| (part.line, next.filter(|next| own.as_ref() != Some(next))));
				origin.following.extend(next);
				origin.addresses.extend(own);
			}
		}
		origin
	}
}

/// The servers that the records of a file are from, where Bundles tell it.
pub fn servers_of(file: &Path, bytes: &[u8]) -> BTreeSet<String> {
	Origin::of(file, bytes).servers
}

/// Whether the name of a file says that each of its lines is a resource. It may have been compressed or rotated, as
/// `audit.ndjson.gz` and `audit.ndjson.1`.
pub(crate) fn names_ndjson(file: &Path) -> bool {
	parts_of_name(file).any(|part| part == "ndjson" || part == "jsonl")
}

/// What the dots and hyphens of a file's name part, in lower case.
fn parts_of_name(file: &Path) -> impl Iterator<Item = String> {
	let name = file.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
	let parts = name.split(['.', '-']).skip(1).map(str::to_owned).collect::<Vec<_>>();
	parts.into_iter()
}

impl FhirReader<'_> {
	/// The record that a part of a file is.
	fn record(&self, part: Part, shared: &mut Shared) -> Record {
		let Part {
			line,
			bytes,
			resource,
			reading,
			entry,
			is_entry,
			is_whole,
			is_again: _,
		} = part;
		let entry = entry.as_ref();
		let context = Context {
			config: self.config,
			resource: resource.as_ref().ok().or(reading.as_ref()).unwrap_or(&Value::Null),
			entry,
		};
		let settled = self.settled(&context);
		let mut version = version::of(self, &context, settled.as_ref());
		let alone = entry.and_then(|entry| entry.alone(context.resource, &bytes, is_entry, shared));
		// What can't be read whole might be read in two ways, so its bytes count as they are.
		let content = |bytes: &[u8]| {
			let canonical = resource.as_ref().ok().and_then(|_| canonical(bytes));
			canonical.unwrap_or_else(|| bytes.to_vec())
		};
		let source = match &alone {
			// What the Bundle says is the reason: this is not the same record as its resource by itself.
			Some(alone) if settled.is_some() && !context.resource.is_null() => {
				source(None, BTreeMap::new(), &content(&alone.bytes()))
			},
			_ => {
				let content = match &resource {
					Ok(resource) if is_whole => canonical_of(resource.clone()),
					_ => content(&bytes),
				};
				let (server, resolved) = (context.foreign_server(), context.resolved());
				if let Some(version) = version.as_mut().filter(|_| !resolved.is_empty()) {
					version.unresolved = Some(source(server.clone(), BTreeMap::new(), &content));
				}
				source(server, resolved, &content)
			},
		};
		let mapped = match (&resource, settled) {
			(Err(problem), _) => Err(problem.clone()),
			(Ok(_), Some(settled)) => settled.mapped,
			(Ok(_), None) => self.map(source, &context),
		};
		Record {
			line,
			bytes,
			source,
			version,
			mapped,
			alone,
		}
	}

	/// Maps a resource, without guessing.
	fn map(&self, source: H256, context: &Context<'_>) -> Result<Mapped, Problem> {
		let resource = context.resource;
		if let Some(element) = element::modifier(resource) {
			let reason =
				"changes the meaning of what it is part of (FHIR, ModifierExtension), and the ledger does not know \
			              how: a person must decide what the record means";
			return Err(Problem::new(element, reason));
		}
		match resource.get("resourceType").and_then(Value::as_str) {
			Some("Patient") if bundle::is_replaced(resource) => Err(Problem::new(
				"Patient.link",
				"says that the person is known by another record now: what was recorded and permitted under this one is not \
				 moved. Withdraw the consents under this one with `kexin consent revoke`, and import them as the other one's",
			)),
			Some(kind @ ("AuditEvent" | "Consent")) => {
				whole::check(kind, resource)?;
				match kind {
					"Consent" => consent::map(self, context),
					_ => audit_event::map(self, source, context),
				}
			},
			Some("Bundle") => {
				let is_page = bundle::link(resource.get("link"), "next").is_some();
				Ok(Mapped::NotApplicable(
					if is_page {
						"the Bundle is one page of several: import those that follow as well"
					} else {
						"the Bundle has no entries"
					}
					.into(),
				))
			},
			Some(other) if element::is_misspelt(other) => {
				let reason = format!("is {other:?}: write the type as FHIR does, with the same capital letters");
				Err(Problem::new("resourceType", reason))
			},
			Some(other) => {
				if let Some((path, kind)) = element::record_within(resource) {
					let reason = format!("is a {kind} inside of a resource of type {other}: import it by itself");
					return Err(Problem::new(format!("{}.{path}", printable(other)), reason));
				}
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
		let time = self.moment(element, text, latest)?;
		UnixMillis::try_from(time).map_err(|_| Problem::new(element, format!("{text:?} is before 1970")))
	}

	/// As [`time`](Self::time), in milliseconds since 1970, or before it.
	fn moment(&self, element: &str, text: &str, latest: bool) -> Result<i64, Problem> {
		let problem = |reason: &str| Problem::new(element, format!("{text:?} {reason}"));
		if let Ok(time) = chrono::DateTime::parse_from_rfc3339(text) {
			return Ok(time.timestamp_millis());
		}
		let zone = || {
			self.config.timezone.as_ref().ok_or_else(|| {
				problem("has no time zone: set `timezone` in the configuration if all such times are in the same one")
			})
		};
		let time = if let Ok(time) = text.parse::<chrono::NaiveDateTime>() {
			zone()?.moments(time).single().ok_or_else(|| {
				problem(
					"is a time that the clocks of the configured time zone show twice or never, when they are set back or forward: give it \
					 with its offset from UTC",
				)
			})?
		} else if let Ok(day) = text.parse::<chrono::NaiveDate>() {
			let day = if latest { day.succ_opt().unwrap_or(day) } else { day };
			zone()?.start_of(day).ok_or_else(|| problem("is no day"))?
		} else {
			return Err(problem(
				"is not a time that names a day: give a dateTime with a time zone",
			));
		};
		Ok(time.timestamp_millis())
	}

	/// The member that a reference or identifier names, if `[recipients]` in the configuration lists it.
	fn member(&self, reference: &Value, context: &Context<'_>) -> Option<MemberId> {
		let names = context.names(reference);
		let mut listed = self.config.recipients.iter();
		let found = listed.find(|(listed, _)| names.contains(&identity::listed(self.config, listed)));
		found.map(|(_, member)| *member)
	}

	/// What becomes of an entry of a Bundle, if what the Bundle says about it decides that.
	fn settled(&self, context: &Context<'_>) -> Option<Settled> {
		let entry = context.entry?;
		let fields = entry.fields()?;
		let is_held = !context.resource.is_null();
		let method = fields.request().map(|(method, _)| method.to_ascii_uppercase());
		let kind = match method.as_deref() {
			// What is sent with it is not the resource.
			Some("DELETE" | "PATCH") => fields.target().or_else(|| fields.kind()),
			_ => fields.kind(),
		};
		let kind = match kind.as_deref() {
			Some(kind @ ("AuditEvent" | "Consent")) => kind,
			_ if is_held => return None,
			_ => return Some(Settled::not_applicable("an entry of a Bundle that has no resource")),
		};
		let is_about_consent = || fields.about().is_some_and(|about| about.kind == "Consent");
		let answer = fields
			.response
			.as_ref()
			.and_then(|response| element::text(response, "status"));
		let answer = answer.and_then(|status| status.split_whitespace().next());
		if answer == Some("410")
			&& kind == "Consent"
			&& !is_held
			&& method.as_deref() != Some("POST")
			&& is_about_consent()
		{
			return Some(Settled::not_applicable("the consent was deleted").of_version());
		}
		if answer == Some("200") && method.as_deref() == Some("POST") && entry.bundle.history.is_none() {
			let reason = format!(
				"is 200, not 201: the server has created nothing, because it had such a record. Import the {kind} as it has it"
			);
			return Some(Settled::problem("response.status", &reason));
		}
		if let Some(status) = fields.refusal() {
			return Some(if is_held {
				let reason = format!("is {status}: the server did not do what the entry asks for");
				Settled::problem("response.status", &reason)
			} else {
				Settled::not_applicable(&format!("the answer {status} of a server"))
			});
		}
		match (method.as_deref(), kind) {
			(Some("DELETE"), "Consent") => {
				return Some(if is_about_consent() {
					Settled::not_applicable("the consent was deleted").of_version()
				} else {
					let reason = "does not state which consent is deleted: withdraw it with `kexin consent revoke`";
					Settled::problem("request.url", reason)
				});
			},
			(Some("DELETE"), _) if !is_held => {
				let reason = "the deletion of an AuditEvent: what the ledger has recorded stays";
				return Some(Settled::not_applicable(reason));
			},
			_ => (),
		}
		if let Some(mark) = &entry.bundle.mark {
			let settled = Settled::of(Err(mark.problem.clone()));
			return Some(match kind == "Consent" && !mark.is_of_parts() {
				true => settled.of_version(),
				false => settled,
			});
		}
		if context.is_of_unclear_server() {
			let reason = "names no server, and the Bundle names several, of which not all are the hospital's: state the address of \
			              the record";
			let settled = Settled::problem("fullUrl", reason);
			return Some(if kind == "Consent" {
				settled.of_version()
			} else {
				settled
			});
		}
		let holds_kind = element::text(context.resource, "resourceType") == Some(kind);
		// A history has each record as the change left it.
		let is_whole = entry.bundle.history.is_some() && holds_kind;
		if method.as_deref() == Some("PATCH") && !is_whole {
			let reason = "is PATCH, a change of a record: import the record itself";
			let settled = Settled::problem("request.method", reason);
			return Some(if kind == "Consent" {
				settled.of_version()
			} else {
				settled
			});
		}
		if !is_held {
			let reason = format!("is missing: import the {kind} itself");
			let settled = Settled::problem("resource", &reason);
			// What is only shown has not changed.
			let is_shown = matches!(method.as_deref(), Some("GET" | "HEAD"));
			return Some(if kind == "Consent" && !is_shown {
				settled.of_version()
			} else {
				settled
			});
		}
		let named = entry.literal()?;
		let id = element::text(context.resource, "id");
		let differs = named.kind != kind || id.is_some_and(|id| id != named.id);
		differs.then(|| {
			let settled = Settled::problem("fullUrl", "names another resource than the one that is there");
			if kind == "Consent" {
				settled.of_version()
			} else {
				settled
			}
		})
	}
}

/// What becomes of an entry of a Bundle by what the Bundle says.
struct Settled {
	mapped: Result<Mapped, Problem>,
	/// Whether it is a version of a consent, although its resource is none.
	is_version: bool,
}

impl Settled {
	fn of(mapped: Result<Mapped, Problem>) -> Self {
		Self {
			mapped,
			is_version: false,
		}
	}

	fn not_applicable(reason: &str) -> Self {
		Self::of(Ok(Mapped::NotApplicable(printable(reason))))
	}

	fn problem(element: &str, reason: &str) -> Self {
		Self::of(Err(Problem::new(format!("Bundle.entry.{element}"), reason)))
	}

	fn of_version(self) -> Self {
		Self {
			is_version: true,
			..self
		}
	}
}

/// JSON without white space, with the names of each object in the order of their characters, and with no more escapes
/// than needed: the canonical form of RFC 8785, but for numbers, whose digits FHIR gives a meaning. However a record is
/// spelled, this form is the same.
fn canonical(json: &[u8]) -> Option<Vec<u8>> {
	serde_json::from_slice(file::without_mark(json)).ok().map(canonical_of)
}

/// The same of a value.
fn canonical_of(mut value: Value) -> Vec<u8> {
	value.sort_all_objects();
	value.to_string().into_bytes()
}

/// The source of a record: blake2-256 of its content, after the address of its server if that is none of the
/// hospital's, and after what the Bundle resolves its references to, as JSON; a zero byte follows each. Two servers or
/// Bundles may have records with the same content, which are about different people.
fn source(foreign_server: Option<String>, resolved: BTreeMap<String, String>, content: &[u8]) -> H256 {
	let server = foreign_server.map(|server| server + "\0").unwrap_or_default();
	let resolved = match resolved.is_empty() {
		true => String::new(),
		false => json!(resolved).to_string() + "\0",
	};
	H256(sp_crypto_hashing::blake2_256(
		&[server.as_bytes(), resolved.as_bytes(), content].concat(),
	))
}

/// The code system of purposes of use, HL7's v3 ActReason, by its names in R4 and R5, in STU3, and in HL7 version 3.
const ACT_REASON: &[&str] = &[
	"http://terminology.hl7.org/CodeSystem/v3-ActReason",
	"https://terminology.hl7.org/CodeSystem/v3-ActReason",
	"http://hl7.org/fhir/v3/ActReason",
	"urn:oid:2.16.840.1.113883.5.8",
];

/// The purposes of these concepts, and codes of those that have none that the ledger knows.
///
/// The codings of one concept are translations: those of other code systems say the same as HL7's. A concept without a
/// code counts as an unknown empty one. One with two of HL7's codes is unknown.
fn purposes<'a>(concepts: impl Iterator<Item = &'a Value>) -> (Vec<Purpose>, Vec<String>) {
	let (mut known, mut unknown) = (Vec::new(), Vec::new());
	for concept in concepts {
		let codings = || element::codings(Some(concept));
		let of_hl7 = codings().filter(|coding| match coding.get("system") {
			None => true,
			Some(system) => system.as_str().is_some_and(|system| ACT_REASON.contains(&system)),
		});
		let mut of_hl7 = of_hl7.map(|coding| element::text(coding, "code").and_then(Purpose::from_code));
		let first = of_hl7.next().flatten();
		match first.filter(|_| of_hl7.all(|other| other == first)) {
			Some(purpose) if !known.contains(&purpose) => known.push(purpose),
			Some(_) => (),
			None => {
				let code = codings().find_map(|coding| element::text(coding, "code"));
				unknown.push(code.unwrap_or_default().to_owned());
			},
		}
	}
	(known, unknown)
}
