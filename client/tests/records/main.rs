//! FHIR files as they are: every record is mapped or has a problem, none is lost, and nothing panics.

#[path = "../support/cases.rs"]
mod cases;
#[path = "../support/published.rs"]
mod published;

use kexin::{
	config::Config,
	pseudonym::Pseudonymiser,
	standards::{
		fhir::read::FhirReader,
		record::{Mapped, Problem, Reader as _, Record},
	},
};
use kexin_primitives::vocabulary::Region;
use serde_json::Value;
use std::{fs, path::Path};

/// Reads a file for a hospital, which may state no time zone.
fn read(file: &Path, bytes: &[u8], has_timezone: bool) -> Vec<Record> {
	let mut config = Config::load(Some("/dev/null".as_ref())).unwrap();
	config.timezone = has_timezone.then(|| "+00:00".parse().unwrap());
	(config.member, config.region) = (Some(0), Some(Region(276)));
	config.recipients.insert("urn:example:npi|17".into(), 3);
	let pseudonyms = Pseudonymiser::new([7; 32]);
	let reader = FhirReader {
		config: &config,
		pseudonyms: &pseudonyms,
		activity: None,
	};
	reader.read(file, bytes)
}

#[test]
fn every_case_maps_to_what_it_expects() {
	for (file, bytes, case) in cases::files() {
		let records = read(&file, &bytes, case["withoutTimezone"] != true);
		let name = &case["case"];
		let expected = case["expect"].as_array().unwrap();
		assert_eq!(records.len(), expected.len(), "{name}: {records:?}");
		for (record, expected) in records.iter().zip(expected) {
			check(record, expected).unwrap_or_else(|error| panic!("{name}: {error}"));
		}
	}
}

/// Compares what a record maps to with what a case expects.
fn check(record: &Record, expected: &Value) -> Result<(), String> {
	let mapped = match (&record.mapped, expected["problem"].as_str()) {
		(Ok(mapped), None) => mapped,
		(Err(problem), Some(element)) if problem.element == element => return Ok(()),
		(mapped, _) => return Err(format!("expected {expected}, found {mapped:?}")),
	};
	let (outcome, preview) = mapped.preview();
	let fields = match expected {
		Value::String(name) if name == outcome => return Ok(()),
		Value::Object(fields) if fields.contains_key(outcome) => fields[outcome].as_object().unwrap(),
		_ => return Err(format!("expected {expected}, found {mapped:?}")),
	};
	match fields.iter().find(|(name, value)| preview[&name[..]] != **value) {
		None => Ok(()),
		Some((name, value)) => Err(format!("expected {name} to be {value}, found {}", preview[&name[..]])),
	}
}

/// Reads a published file, and checks what must hold for every one.
fn read_published(file: &Path) -> Vec<Record> {
	let bytes = fs::read(file).unwrap();
	let records = read(file, &bytes, true);
	let name = file.display();
	for record in &records {
		if let Err(Problem { element, reason }) = &record.mapped {
			assert!(!element.is_empty() && !reason.is_empty(), "{name}");
		}
		assert!(contains(&bytes, &record.bytes), "{name}: line {}", record.line);
	}
	// One value, one in each line, or values that span lines and follow each other.
	match serde_json::Deserializer::from_slice(&bytes)
		.into_iter()
		.collect::<Result<Vec<Value>, _>>()
	{
		Ok(values) if !values.is_empty() => {
			let expected = values.iter().map(resources).sum::<usize>();
			assert_eq!(records.len(), expected, "{name}: a record is lost");
		},
		_ if file.extension().is_some_and(|extension| extension == "ndjson") => {
			for (number, line) in (1..).zip(bytes.split(|byte| *byte == b'\n')) {
				let expected = match serde_json::from_slice(line) {
					Ok(value) => resources(&value),
					Err(_) => usize::from(!String::from_utf8_lossy(line).trim().is_empty()),
				};
				let found = records.iter().filter(|record| record.line == number).count();
				assert_eq!(found, expected, "{name}: line {number}");
			}
		},
		_ => assert!(!records.is_empty(), "{name}: the file is lost"),
	}
	records
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
	part.is_empty() || bytes.windows(part.len()).any(|window| window == part)
}

/// How many records a file with this value has.
fn resources(value: &Value) -> usize {
	match value {
		Value::Array(values) => values.iter().map(resources).sum(),
		Value::Object(resource) if value["resourceType"] == "Bundle" => {
			let entries = resource.get("entry").and_then(Value::as_array);
			let entries = entries.into_iter().flatten();
			let records = entries.map(|entry| match entry.get("resource") {
				Some(resource) => resources(resource),
				None => usize::from(deletes_consent(entry)),
			});
			records.sum()
		},
		_ => 1,
	}
}

/// Whether an entry without a resource deletes a consent, which is a record of its own.
fn deletes_consent(entry: &Value) -> bool {
	let request = &entry["request"];
	request["method"] == "DELETE" && request["url"].as_str().is_some_and(|url| url.contains("Consent"))
}

#[test]
fn the_examples_of_hl7_are_mapped_or_have_a_problem() {
	let files = published::hl7_examples();
	let mut accesses = 0;
	for file in &files {
		let records = read_published(file);
		assert_eq!(records.len(), 1, "{}", file.display());
		let name = file.file_stem().unwrap().to_string_lossy();
		match (&name[..], &records[0].mapped) {
			("AuditEvent-example-search" | "AuditEvent-example-disclosure", Ok(Mapped::Access(_))) => accesses += 1,
			("AuditEvent-example-search" | "AuditEvent-example-disclosure", other) => panic!("{name}: {other:?}"),
			("AuditEvent-example-logout", mapped) => assert!(matches!(mapped, Ok(Mapped::NotApplicable(_)))),
			_ => (),
		}
	}
	if !files.is_empty() {
		assert_eq!(accesses, 4, "two of each version");
	}
}

#[test]
fn further_public_files_are_mapped_or_have_a_problem() {
	for file in published::shared_files() {
		read_published(&file);
	}
}
