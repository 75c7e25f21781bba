//! Exports: nothing that others chose breaks them, and what is imported comes back.

use crate::{
	everything,
	support::{named, sample::entry},
};
use kexin::{
	config::Config,
	export::{self, Format},
	fhir::{source, Mapped, Mapper},
	pseudonym::Pseudonymiser,
};
use kexin_primitives::{
	access::{AccessEvent, Breaches, LogEntry, Outcome},
	vocabulary::{Operation, Purpose, Region},
	H256,
};
use kexin_verifier::Document;
use proptest::prelude::*;
use std::{collections::BTreeMap, path::PathBuf};

const FHIR: [Format; 2] = [Format::FhirR4, Format::FhirR5];

fn document() -> Document {
	everything::sample().document().unwrap()
}

fn text(document: &Document, format: Format) -> String {
	let mut bytes = Vec::new();
	export::write(document, named("file"), format, &mut bytes).unwrap();
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
	config.utc_offset = Some(0);
	config.recipients = BTreeMap::from_iter((0..20).map(|id| (format!("urn:kexin:member|{id}"), id)));
	config
}

/// What the importer makes of records in a file, in their order.
fn import(text: &str) -> Vec<AccessEvent> {
	let directory = tempfile::tempdir().unwrap();
	let path = directory.path().join("bundle.json");
	std::fs::write(&path, text).unwrap();
	let (records, unreadable) = source::read(&path);
	assert!(unreadable.is_empty());
	let (config, pseudonyms) = (config(), pseudonyms());
	let mapper = Mapper {
		config: &config,
		pseudonyms: &pseudonyms,
		activity: None,
	};
	let mapped = records.iter().map(|record| mapper.map(record).unwrap());
	let accesses = mapped.filter_map(|mapped| match mapped {
		Mapped::Access(event) => Some(event),
		Mapped::NotApplicable(reason) => {
			assert!(reason.contains("Provenance"), "{reason}");
			None
		},
		other => panic!("{other:?}"),
	});
	accesses.collect()
}

fn pseudonyms() -> Pseudonymiser {
	Pseudonymiser::new([7; 32])
}

/// What comes back of an event: a pseudonym is made anew with the importer's key, and source, region and activity are those
/// of the import.
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
	fn what_is_exported_to_fhir_is_imported_again(entries in proptest::collection::vec(any_entry(), 1..8)) {
		static DOCUMENT: std::sync::LazyLock<Document> = std::sync::LazyLock::new(document);
		comes_back(&with_entries(&DOCUMENT, entries));
	}

	#[test]
	fn a_name_breaks_no_format(name in any::<String>()) {
		static DOCUMENT: std::sync::LazyLock<Document> = std::sync::LazyLock::new(document);
		let mut document = DOCUMENT.clone();
		let named = |document: &mut Document, name: &str| {
			document.report.members.iter_mut().for_each(|member| member.name = name.into());
			document.report.verdict.reasons.iter_mut().for_each(|reason| reason.text = name.into());
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
fn public_records_come_back_as_they_were_imported() {
	let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/data");
	let files = source::files(&[root.join("fhir-r4"), root.join("fhir-r5")]).unwrap();
	let (config, pseudonyms) = (config(), pseudonyms());
	let mapper = Mapper {
		config: &config,
		pseudonyms: &pseudonyms,
		activity: None,
	};
	let records = files.iter().flat_map(|file| source::read(file).0);
	let accesses = records.filter_map(|record| match mapper.map(&record) {
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
fn moments_beyond_the_calendar_and_hollow_reports_are_written() {
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
	let mut hollow = document.clone();
	hollow.report.artifacts.clear();
	hollow.report.activities.clear();
	hollow.report.datasets.clear();
	hollow.report.members.clear();
	hollow.logs.clear();
	for document in [document, hollow] {
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
