//! A report as a Bundle of one AuditEvent for each access and one Provenance for each artifact and piece of evidence.
//!
//! `kexin import` reads what this writes, and the tests show it.

mod audit_event;
mod provenance;

use super::Version;
use crate::{
	report::text::{self, Names},
	standards::writing::{self, uuid, Each},
};
use kexin_primitives::{members::MemberId, UnixMillis, H256};
use kexin_verifier::{Document, Report};
use serde::{ser::SerializeMap as _, Serialize, Serializer};
use serde_json::{json, Map, Value};
use std::{
	collections::BTreeMap,
	io::{self, Write},
};

/// DICOM's codes.
const DICOM: &str = "http://dicom.nema.org/resources/ontology/DCM";

/// Writes a report. `source` is the hash of the file that proves it.
///
/// # Errors
/// When the output can't be written to.
pub fn write(document: &Document, source: H256, version: Version, out: &mut dyn Write) -> io::Result<()> {
	writing::json(out, &Bundle::new(document, source, version))
}

/// A report as a Bundle.
struct Bundle<'a> {
	document: &'a Document,
	report: &'a Report,
	source: H256,
	version: Version,
	names: Names<'a>,
	activities: BTreeMap<H256, &'a kexin_verifier::report::ReportedActivity>,
}

/// A time as an `instant`. Times from the year 10000 on become the last one that can be written.
fn instant(time: UnixMillis) -> String {
	text::instant(time).unwrap_or_else(|| "9999-12-31T23:59:59.999Z".into())
}

/// A Reference by an identifier of the ledger.
fn identified(kind: &str, value: impl std::fmt::Display) -> Value {
	json!({ "identifier": { "system": format!("urn:kexin:{kind}"), "value": value.to_string() } })
}

fn hash(kind: &str, hash: H256) -> Value {
	identified(kind, format_args!("{hash:?}"))
}

fn concept(system: &str, code: &str) -> Value {
	json!({ "coding": [coding(system, code)] })
}

fn coding(system: &str, code: &str) -> Value {
	json!({ "system": system, "code": code })
}

/// A resource of the elements that have a value.
fn resource(elements: impl IntoIterator<Item = (&'static str, Value)>) -> Value {
	let present = elements.into_iter().filter(|(_, value)| match value {
		Value::Null => false,
		Value::Array(list) => !list.is_empty(),
		_ => true,
	});
	Value::Object(Map::from_iter(present.map(|(name, value)| (name.into(), value))))
}

/// An entry of the Bundle. The same `name` gives the resource the same id in every export.
fn bundled(name: &str, mut resource: Value) -> Value {
	let id = uuid(name);
	resource["id"] = id.as_str().into();
	json!({ "fullUrl": format!("urn:uuid:{id}"), "resource": resource })
}

impl<'a> Bundle<'a> {
	fn new(document: &'a Document, source: H256, version: Version) -> Self {
		let report = &document.report;
		Self {
			document,
			report,
			source,
			version,
			names: Names::new(&report.members),
			activities: report
				.activities
				.iter()
				.map(|activity| (activity.id, activity))
				.collect(),
		}
	}

	/// A member as a Reference.
	fn member(&self, id: MemberId) -> Value {
		let mut reference = identified("member", id);
		reference["display"] = self.names.name(id).into();
		reference
	}

	fn bundle_entries(&self) -> impl Iterator<Item = Value> + '_ {
		let genesis = self.report.genesis;
		let artifacts = self.report.artifacts.iter().flat_map(move |artifact| {
			let made = bundled(
				&format!("{genesis:?} artifact {:?}", artifact.id),
				self.provenance(artifact),
			);
			let evidence = artifact.evidence.iter().enumerate().map(move |(number, evidence)| {
				let name = format!("{genesis:?} evidence {:?} {number}", artifact.id);
				bundled(&name, self.evidence(artifact.id, evidence))
			});
			[made].into_iter().chain(evidence)
		});
		let accesses = writing::entries(self.document).map(move |(index, entry)| {
			let name = format!("{genesis:?} access {:?} {index}", entry.dataset);
			bundled(&name, self.audit_event(index, entry))
		});
		artifacts.chain(accesses)
	}
}

impl Serialize for Bundle<'_> {
	fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
		let mut map = serializer.serialize_map(None)?;
		map.serialize_entry("resourceType", "Bundle")?;
		map.serialize_entry("type", "collection")?;
		map.serialize_entry("identifier", &hash("report", self.source)["identifier"])?;
		map.serialize_entry("timestamp", &instant(self.report.block.time))?;
		map.serialize_entry("entry", &Each(|| self.bundle_entries()))?;
		map.end()
	}
}
