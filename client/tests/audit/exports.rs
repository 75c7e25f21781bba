//! Exports: no name that others chose breaks them, and they can be imported again.

use crate::{
	cases, everything, published,
	support::{named, sample::entry},
};
use kexin::{
	config::Config,
	pseudonym::Pseudonymiser,
	standards::{
		self,
		fhir::read::FhirReader,
		record::{Mapped, Reader as _, Record},
		Format,
	},
};
use kexin_primitives::{
	access::{AccessEvent, Breaches, LogEntry, Outcome},
	vocabulary::{Operation, Purpose, Region},
	H256,
};
use kexin_verifier::Document;
use proptest::prelude::*;
use std::{collections::BTreeMap, fs, path::Path};

const FHIR: [Format; 2] = [Format::FhirR4, Format::FhirR5];

fn document() -> Document {
	everything::sample().document().unwrap()
}

fn text(document: &Document, format: Format) -> String {
	let mut bytes = Vec::new();
	standards::write(document, named("file"), format, &mut bytes).unwrap();
	String::from_utf8(bytes).unwrap()
}

fn with_entries(document: &Document, entries: Vec<LogEntry>) -> Document {
	let mut document = document.clone();
	document.logs[0].entries = entries;
	document.logs.truncate(1);
	document
}

fn config() -> Config {
	let mut config = Config::load(Some("/dev/null".as_ref())).unwrap();
	config.member = Some(0);
	config.region = Some(Region(276));
	config.timezone = Some("+00:00".parse().unwrap());
	config.recipients = BTreeMap::from_iter((0..20).map(|id| (format!("urn:kexin:member|{id}"), id)));
	config
}

/// The records of a file.
fn read(file: &Path, bytes: &[u8]) -> Vec<Record> {
	let (config, pseudonyms) = (config(), pseudonyms());
	let reader = FhirReader {
		config: &config,
		pseudonyms: &pseudonyms,
		activity: None,
	};
	reader.read(file, bytes)
}

/// The accesses of an exported Bundle, in their order.
fn import(text: &str) -> Vec<AccessEvent> {
	let records = read(Path::new("bundle.json"), text.as_bytes());
	let mapped = records.into_iter().map(|record| record.mapped.unwrap());
	let accesses = mapped.filter_map(|mapped| match mapped {
		Mapped::Access(event) => Some(event),
		Mapped::NotApplicable(reason) => {
			assert!(reason.contains("Provenance"), "{reason}");
			None
		},
		other @ Mapped::Consent(_) => panic!("{other:?}"),
	});
	accesses.collect()
}

fn pseudonyms() -> Pseudonymiser {
	Pseudonymiser::new([7; 32])
}

/// What an exported event is imported as: its pseudonyms become pseudonyms of the importing hospital, and source,
/// region and activity are those of the import.
fn as_imported(event: &AccessEvent, imported: &AccessEvent) -> AccessEvent {
	let name = |person: H256| format!("urn:kexin:pseudonym|{person:?}");
	AccessEvent {
		source: imported.source,
		actor: pseudonyms().actor(&name(event.actor)),
		subject: event.subject.map(|subject| pseudonyms().subject(&name(subject))),
		region: Some(Region(276)),
		recipient: match event.operation {
			Operation::Export | Operation::Share => event.recipient,
			_ => Some(0),
		},
		activity: None,
		..*event
	}
}

/// Checks that both exports of FHIR are imported as the entries of the first log.
#[track_caller]
fn comes_back(document: &Document) {
	for format in FHIR {
		let imported = import(&text(document, format));
		assert_eq!(imported.len(), document.logs[0].entries.len());
		for (entry, imported) in document.logs[0].entries.iter().zip(&imported) {
			assert_eq!(imported, &as_imported(&entry.event, imported));
		}
	}
}

fn any_entry() -> impl Strategy<Value = LogEntry> {
	let person = || any::<[u8; 32]>().prop_map(H256);
	let values = (
		0..253_402_300_800_000u64,
		person(),
		proptest::option::of(person()),
		proptest::option::of(proptest::sample::select(Purpose::ALL)),
		proptest::sample::select(Operation::ALL),
		proptest::option::of(0u32..20),
	);
	let rest = (
		proptest::sample::select(&[Outcome::Permitted, Outcome::Denied, Outcome::Failed]),
		proptest::option::of(person()),
		0u16..256,
		proptest::option::of((1u16..1_000).prop_map(Region)),
	);
	(values, rest).prop_map(
		|((occurred, actor, subject, purpose, operation, recipient), (outcome, activity, breaches, region))| {
			let mut entry = entry("scans", 0, operation, None);
			entry.breaches = Breaches::from_bits_truncate(breaches);
			entry.event = AccessEvent {
				occurred,
				actor,
				subject,
				purpose,
				operation,
				recipient,
				outcome,
				activity,
				region,
				..entry.event
			};
			entry
		},
	)
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(64))]

	#[test]
	fn an_export_to_fhir_can_be_imported_again(entries in proptest::collection::vec(any_entry(), 1..8)) {
		static DOCUMENT: std::sync::LazyLock<Document> = std::sync::LazyLock::new(document);
		comes_back(&with_entries(&DOCUMENT, entries));
	}

	#[test]
	fn a_name_breaks_no_format(name in any::<String>()) {
		static DOCUMENT: std::sync::LazyLock<Document> = std::sync::LazyLock::new(document);
		let mut document = DOCUMENT.clone();
		let named = |document: &mut Document, name: &str| {
			document.report.members.iter_mut().for_each(|member| member.name = name.into());
		};
		let shape = |document: &Document| {
			let html = text(document, Format::Html);
			let tags = html.matches(['<', '>']).count();
			let lines = [Format::Markdown, Format::Dot, Format::Openlineage].map(|format| text(document, format).lines().count());
			let quotes = text(document, Format::Dot).replace("\\\\", "").replace("\\\"", "").matches('"').count();
			(tags, lines, quotes)
		};
		named(&mut document, "plain");
		let plain = shape(&document);
		named(&mut document, &name);
		prop_assert_eq!(shape(&document), plain);
		for format in [Format::ProvJson, Format::FhirR4, Format::FhirR5] {
			prop_assert!(serde_json::from_str::<serde_json::Value>(&text(&document, format)).is_ok());
		}
	}
}

#[test]
fn imported_records_can_be_exported_and_imported_again() {
	let own = cases::files().into_iter().map(|(file, bytes, _)| (file, bytes));
	let published = published::hl7_examples().into_iter().chain(published::shared_files());
	let published = published.map(|file| {
		let bytes = fs::read(&file).unwrap();
		(file, bytes)
	});
	let records = own.chain(published).flat_map(|(file, bytes)| read(&file, &bytes));
	let accesses = records.filter_map(|record| match record.mapped {
		Ok(Mapped::Access(event)) => Some(event),
		_ => None,
	});
	let entries = accesses.map(|event| LogEntry {
		event,
		..entry("scans", 0, Operation::Read, None)
	});
	let document = with_entries(&document(), entries.collect());
	assert!(document.logs[0].entries.len() > 10);
	comes_back(&document);
}

#[test]
fn the_same_file_gives_the_same_bytes() {
	let document = document();
	for format in [
		Format::ProvJson,
		Format::FhirR4,
		Format::FhirR5,
		Format::Openlineage,
		Format::Dot,
		Format::Html,
	] {
		assert_eq!(text(&document, format), text(&document, format));
	}
}

#[test]
fn times_beyond_the_calendar_and_empty_reports_are_written() {
	let mut document = document();
	for entry in &mut document.logs[0].entries {
		(entry.recorded, entry.event.occurred) = (u64::MAX, u64::MAX);
	}
	document.report.block.time = u64::MAX;
	document
		.report
		.activities
		.iter_mut()
		.for_each(|activity| activity.ended = None);
	let mut empty = document.clone();
	empty.report.artifacts.clear();
	empty.report.activities.clear();
	empty.report.datasets.clear();
	empty.report.members.clear();
	empty.logs.clear();
	for document in [document, empty] {
		for format in [
			Format::ProvJson,
			Format::FhirR4,
			Format::FhirR5,
			Format::Openlineage,
			Format::Dot,
			Format::Markdown,
			Format::Html,
		] {
			assert!(!text(&document, format).is_empty());
		}
	}
}
