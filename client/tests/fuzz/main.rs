//! Real records, damaged with a knowledge of their form: each is mapped or kept with its line and a reason, and none is lost.

#[path = "../../verifier/tests/verifier/support/mutate.rs"]
mod mutate;

use codec::{Decode as _, Encode as _};
use kexin::{
	call::{Arguments, Call},
	config::Config,
	fhir::{source, Mapped, Mapper, Problem},
	import::{run, Report, Submit, Summary},
	journal::Journal,
	ledger::{Done, EmittedEvent, LedgerError, Until, Window},
	pseudonym::Pseudonymiser,
};
use kexin_primitives::{
	access::{AccessEvent, Breaches, Rules},
	scope::Scope,
	DatasetId, UnixMillis, Versioned, H256,
};
use mutate::{seeds, Numbers};
use serde_json::{json, Value};
use std::{cell::RefCell, fs, path::Path, time::Duration};

/// The records of the public files.
fn records() -> Vec<Value> {
	let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/data");
	let files = source::files(&[root.join("fhir-r4"), root.join("fhir-r5")]).unwrap();
	let records = files.iter().flat_map(|file| source::read(file).0);
	records.map(|record| record.value).collect()
}

/// Writes down some records, some of them damaged; the lines that are as they should be, with their numbers.
struct File {
	bytes: Vec<u8>,
	whole: Vec<(usize, String)>,
	damaged: Vec<usize>,
}

/// Times as systems write them, and as they don't.
const TIMES: &[&str] = &[
	"2026-01-01T00:00:00Z",
	"2026-01-01",
	"2026-01",
	"2026",
	"0000-01-01",
	"0001-01-01T00:00:00Z",
	"1969-12-31T23:59:59Z",
	"9999-12-31T23:59:59.999999999Z",
	"+262143-12-31",
	"-262143-01-01",
	"2016-12-31T23:59:60Z",
	"2026-02-30T00:00:00Z",
	"2026-01-01T24:00:00Z",
	"2026-01-01T00:00:00+14:00",
	"2026-01-01T00:00:00-99:99",
	"2026-01-01T00:00:00",
	"2026-01-01T00:00:00.000000000000001Z",
];

/// The record of a seed.
fn record(numbers: &mut Numbers, of: &[Value]) -> String {
	let mut record = numbers.pick(of).clone();
	let other = numbers.pick(of);
	if numbers.one_in(2) {
		mutate::json(numbers, &mut record, other);
	}
	if let Some(fields) = record.as_object_mut().filter(|_| numbers.one_in(4)) {
		let name = *numbers.pick(&["recorded", "dateTime", "date", "occurredDateTime", "period", "meta"]);
		let time = *numbers.pick(TIMES);
		let value = match name {
			"period" => json!({ "start": time, "end": *numbers.pick(TIMES) }),
			"meta" => json!({ "lastUpdated": time }),
			_ => time.into(),
		};
		fields.insert(name.into(), value);
	}
	mutate::text(&record).replace('\n', " ")
}

impl File {
	/// Lines of which some are torn, or have bytes that are no text.
	fn by_lines(numbers: &mut Numbers, of: &[Value]) -> Self {
		let mut file = Self {
			bytes: Vec::new(),
			whole: Vec::new(),
			damaged: Vec::new(),
		};
		if numbers.one_in(4) {
			file.bytes.extend("\u{feff}".as_bytes());
		}
		let ends: [&[u8]; 3] = [b"\n", b"\r\n", b"\n\n"];
		let end = *numbers.pick(&ends);
		let mut line = 1;
		for _ in 0..=numbers.below(6) {
			let text = record(numbers, of);
			let mut bytes = text.clone().into_bytes();
			if numbers.one_in(3) {
				mutate::bytes(numbers, &mut bytes, b"\xff\xfe\0\xc2\xa0\xef\xbb\xbf\r{}[]\",:");
				bytes.retain(|byte| *byte != b'\n');
			}
			if bytes != text.as_bytes() {
				file.damaged
					.extend(Some(line).filter(|_| !bytes.trim_ascii().is_empty()));
			} else if serde_json::from_str::<Value>(&text).is_ok_and(|value| value.is_object()) {
				file.whole.push((line, text));
			}
			file.bytes.extend(bytes);
			file.bytes.extend(end);
			line += end.iter().filter(|byte| **byte == b'\n').count();
		}
		file
	}

	/// A resource, an array or a Bundle, with damage anywhere.
	fn whole(numbers: &mut Numbers, of: &[Value]) -> Vec<u8> {
		let records = (0..numbers.below(4)).map(|_| record(numbers, of)).collect::<Vec<_>>();
		let text = match numbers.below(4) {
			0 => record(numbers, of),
			1 => format!("[{}]", records.join(",\n\u{a0}")),
			_ => {
				let entries = records
					.iter()
					.map(|record| format!("{{\"fullUrl\":\"urn:x\",\"resource\":{record}}}"));
				let entries = entries.collect::<Vec<_>>().join(",\r\n");
				format!("\u{feff}{{\"resourceType\":\"Bundle\",\"entry\":[{entries}]}}")
			},
		};
		let mut bytes = text.into_bytes();
		if numbers.one_in(2) {
			mutate::bytes(numbers, &mut bytes, b"\xff\xfe\0\xc2\xa0\xef\xbb\xbf\r\n{}[]\",:");
		}
		bytes
	}
}

/// Calls something with the settings of a hospital.
fn with_mapper<T>(call: impl FnOnce(&Mapper<'_>) -> T) -> T {
	let mut config = Config::load(Some(Path::new("/dev/null"))).unwrap();
	config.utc_offset = Some(0);
	config.recipients.insert("Organization/f001".into(), 3);
	let pseudonyms = Pseudonymiser::new([7; 32]);
	call(&Mapper {
		config: &config,
		pseudonyms: &pseudonyms,
		activity: None,
	})
}

/// What the records of a file become.
fn mapped(records: &[source::Record]) -> Vec<Result<Mapped, Problem>> {
	with_mapper(|mapper| records.iter().map(|record| mapper.map(record)).collect())
}

/// Reads a file, and checks what holds whatever is in it.
fn read(path: &Path, bytes: &[u8], seed: u64) -> (Vec<source::Record>, Vec<source::Unreadable>) {
	fs::write(path, bytes).unwrap();
	let (records, unreadable) = source::read(path);
	let parts = records.iter().map(|record| (record.line, record.raw.as_bytes()));
	let bad = unreadable.iter().map(|bad| (bad.line, &bad.raw[..]));
	for (line, raw) in parts.chain(bad) {
		let whole = raw.len() == bytes.len();
		let begins = bytes
			.split_inclusive(|byte| *byte == b'\n')
			.take(line - 1)
			.map(<[u8]>::len)
			.sum::<usize>();
		let from = if whole { 0 } else { begins };
		let found = raw.is_empty() || bytes[from..].windows(raw.len()).any(|part| part == raw);
		assert!(found, "seed {seed}: what is said to stand on line {line} does not");
	}
	let results = mapped(&records);
	assert_eq!(results, mapped(&records), "seed {seed}: a record is read in two ways");
	let problems = unreadable
		.iter()
		.map(|bad| &bad.problem)
		.chain(results.iter().filter_map(|result| result.as_ref().err()));
	for Problem { element, reason } in problems {
		let fit = |text: &str| !text.is_empty() && text.chars().count() < 500 && !text.contains(char::is_control);
		assert!(fit(element) && fit(reason), "seed {seed}: {element:?}: {reason:?}");
	}
	(records, unreadable)
}

#[test]
fn of_damaged_lines_each_is_read_or_reported_and_the_others_are_as_they_were() {
	let (directory, of) = (tempfile::tempdir().unwrap(), records());
	let mut intact = 0;
	for seed in seeds(15_000) {
		let mut numbers = Numbers::new(seed);
		let file = File::by_lines(&mut numbers, &of);
		let path = directory.path().join(*numbers.pick(&["file.json", "file.ndjson"]));
		let (records, unreadable) = read(&path, &file.bytes, seed);
		for (line, text) in &file.whole {
			// A line may be a Bundle, which has others instead, or say something twice.
			let as_it_was = records.iter().any(|record| record.line == *line && record.raw == *text);
			intact += usize::from(as_it_was);
			let is_resource = serde_json::from_str::<Value>(text).is_ok_and(|value| value["resourceType"] != "Bundle");
			let reported = unreadable.iter().any(|bad| bad.line == *line);
			assert!(
				as_it_was || reported || !is_resource,
				"seed {seed}: line {line} is lost: {text}"
			);
		}
		let told = records
			.iter()
			.map(|record| record.line)
			.chain(unreadable.iter().map(|bad| bad.line));
		let told = told.collect::<Vec<_>>();
		let as_one = unreadable.iter().any(|bad| bad.raw == file.bytes);
		for line in &file.damaged {
			let empty = |bytes: &[u8]| {
				serde_json::from_slice::<Value>(bytes)
					.is_ok_and(|value| value["resourceType"] == "Bundle" || value == json!([]))
			};
			let text = file.bytes.split(|byte| *byte == b'\n').nth(line - 1).unwrap();
			assert!(
				as_one || told.contains(line) || empty(text),
				"seed {seed}: line {line} is lost"
			);
		}
	}
	assert!(intact > 10_000, "{intact}");
}

#[test]
fn damaged_files_are_read_or_reported() {
	let (directory, of) = (tempfile::tempdir().unwrap(), records());
	let path = directory.path().join("file.json");
	let (mut some, mut none) = (0, 0);
	for seed in seeds(15_000) {
		let bytes = File::whole(&mut Numbers::new(seed), &of);
		let (records, unreadable) = read(&path, &bytes, seed);
		match records.len() + unreadable.len() {
			0 => {
				none += 1;
				let value = serde_json::from_str::<Value>(
					&String::from_utf8_lossy(&bytes).replace(['\u{feff}', '\u{a0}'], " "),
				);
				assert!(value.is_ok(), "seed {seed}: the whole file is lost");
			},
			_ => some += 1,
		}
	}
	assert!(some > 10_000, "{some} files had records and {none} had none");
}

/// An element of another type than FHIR says is not clear, and what is not clear never permits more.
#[test]
fn what_is_of_a_wrong_type_permits_nothing_more() {
	let consents = records()
		.into_iter()
		.filter(|record| record["resourceType"] == "Consent");
	let purposes = json!([{ "code": "TREAT" }, { "code": "MLTRAINING" }]);
	let made_up = [
		json!({
			"resourceType": "Consent", "id": "c", "status": "active", "patient": { "reference": "Patient/1" },
			"meta": { "lastUpdated": "2026-01-01T00:00:00Z" }, "scope": { "coding": [{ "code": "research" }] },
			"dateTime": "2026-01-01", "verification": [{ "verified": true }],
			"provision": {
				"type": "permit", "purpose": purposes, "period": { "start": "2026-01-02", "end": "2027-01-01" },
				"action": [{ "coding": [{ "code": "access" }, { "code": "use" }] }],
				"actor": [{ "reference": { "reference": "Organization/f001" } }],
				"provision": [{ "type": "deny", "purpose": [{ "code": "TREAT" }] }, { "type": "deny", "action": [{ "coding": [{ "code": "use" }] }] }],
			},
		}),
		json!({
			"resourceType": "Consent", "id": "c", "status": "active", "subject": { "reference": "Patient/1" }, "date": "2026-01-01",
			"period": { "start": "2026-01-02", "end": "2027-01-01" }, "decision": "deny",
			"provision": [{ "purpose": purposes, "period": { "end": "2026-06-01" }, "actor": [{ "reference": { "identifier": { "value": "Organization/f001" } } }] }],
		}),
	];
	let wrong = [
		json!(true),
		json!(17),
		json!({}),
		json!({ "x": 1 }),
		json!("\u{1f}x"),
		json!([5]),
	];
	let (mut granted, made_up_number) = (0, made_up.len());
	for consent in consents.chain(made_up) {
		let Some(Ok(Mapped::Grant { scopes: honest, .. })) = map_value(&consent) else {
			continue;
		};
		granted += 1;
		let mut pointers = Vec::new();
		pointers_of(&consent, String::new(), &mut pointers);
		for pointer in &pointers {
			for value in &wrong {
				let mut damaged = consent.clone();
				*damaged.pointer_mut(pointer).unwrap() = value.clone();
				let Some(Ok(Mapped::Grant { scopes, .. })) = map_value(&damaged) else {
					continue;
				};
				for scope in scopes {
					let within = |honest: &Scope| honest.meet(&scope) == scope.canonical();
					assert!(
						honest.iter().any(within),
						"{pointer} = {value} of {consent} permits more: {scope:?}"
					);
				}
			}
		}
	}
	assert!(granted >= made_up_number, "{granted}");
}

fn map_value(value: &Value) -> Option<Result<Mapped, Problem>> {
	let record = source::Record {
		file: "consent.json".into(),
		line: 1,
		raw: value.to_string(),
		value: value.clone(),
	};
	mapped(&[record]).pop()
}

/// The places in a value, but not the value itself.
fn pointers_of(value: &Value, pointer: String, pointers: &mut Vec<String>) {
	let below: Vec<(String, &Value)> = match value {
		Value::Object(fields) => fields
			.iter()
			.map(|(name, value)| (name.replace('~', "~0").replace('/', "~1"), value))
			.collect(),
		Value::Array(items) => items
			.iter()
			.enumerate()
			.map(|(index, value)| (index.to_string(), value))
			.collect(),
		_ => Vec::new(),
	};
	for (name, value) in below {
		let pointer = format!("{pointer}/{name}");
		pointers.push(pointer.clone());
		pointers_of(value, pointer, pointers);
	}
}

/// A ledger that takes everything, and keeps the sources of the accesses.
#[derive(Default)]
struct Ledger(RefCell<Vec<H256>>);

impl Submit for Ledger {
	async fn submit(&self, call: &Call) -> Result<Done, LedgerError> {
		let mut events = Vec::new();
		if let Arguments::Encoded(arguments) = &call.arguments {
			let (dataset, batch) = <(DatasetId, Versioned<Vec<AccessEvent>>)>::decode(&mut &arguments[..]).unwrap();
			let batch = batch.into_latest();
			self.0.borrow_mut().extend(batch.iter().map(|event| event.source));
			let rules = Rules {
				spec_version: 1,
				code: H256::zero(),
			};
			let judged = (0 as UnixMillis, rules, H256::zero());
			let nothing = (Vec::<u32>::new(), Vec::<(u32, Breaches)>::new());
			let fields = (dataset, 0u32, 0u64, batch.len() as u32, nothing, judged);
			events.push(EmittedEvent {
				pallet: "Access".into(),
				name: "BatchRecorded".into(),
				fields: fields.encode(),
			});
		}
		Ok(Done {
			until: Until::Final,
			block: H256::zero(),
			transaction: H256::zero(),
			events,
		})
	}

	async fn window(&self) -> Result<Window, LedgerError> {
		Ok(Window {
			earliest: 1_600_000_000_000,
			latest: 1_900_000_000_000,
		})
	}

	const PAUSE: Duration = Duration::ZERO;
}

/// One run of the importer over these paths of a directory.
fn import(ledger: &Ledger, directory: &Path, paths: &[&str]) -> (Summary, Vec<Report>) {
	let paths = paths.iter().map(|path| directory.join(path)).collect::<Vec<_>>();
	let mut journal = Journal::open(&directory.join("state")).unwrap();
	let mut reports = Vec::new();
	let runtime = tokio::runtime::Builder::new_current_thread()
		.enable_time()
		.build()
		.unwrap();
	let summary = with_mapper(|mapper| {
		let mut watch = |report| reports.push(report);
		runtime.block_on(run(ledger, mapper, H256::zero(), &mut journal, &paths, &mut watch))
	});
	(summary.unwrap(), reports)
}

/// The records that are kept, by the hashes of what is there.
fn kept(directory: &Path) -> Vec<H256> {
	let files = fs::read_dir(directory.join("state/kept")).unwrap();
	let hash = |bytes: Vec<u8>| H256(sp_crypto_hashing::blake2_256(&bytes));
	let mut kept = files
		.map(|file| hash(fs::read(file.unwrap().path()).unwrap()))
		.collect::<Vec<_>>();
	kept.sort();
	kept
}

/// What is kept is there byte for byte, with its reason, and comes to the same when it is tried again.
#[test]
fn every_record_is_counted_and_what_is_kept_can_be_tried_again() {
	let of = records();
	let mut kept_in_all = 0;
	for seed in seeds(60) {
		let mut numbers = Numbers::new(seed);
		let (directory, ledger) = (tempfile::tempdir().unwrap(), Ledger::default());
		let directory = directory.path();
		let names = ["a.ndjson", "b.json"];
		fs::write(directory.join(names[0]), File::by_lines(&mut numbers, &of).bytes).unwrap();
		fs::write(directory.join(names[1]), File::whole(&mut numbers, &of)).unwrap();
		let (summary, reports) = import(&ledger, directory, &names);
		let Summary {
			recorded,
			replayed,
			consents,
			already,
			not_applicable,
			kept: left,
			..
		} = summary;
		let found = names.map(|name| source::read(&directory.join(name)));
		let found = found
			.iter()
			.map(|(records, unreadable)| records.len() + unreadable.len());
		let found = found.sum::<usize>();
		let counted = recorded + replayed + consents + already + not_applicable + left;
		assert_eq!((counted, reports.len()), (found, found), "seed {seed}");
		assert_eq!(ledger.0.borrow().len(), recorded, "seed {seed}");
		let kept_reports = reports.iter().filter(|report| report.outcome == "kept");
		let mut sources = kept_reports.map(|report| report.source).collect::<Vec<_>>();
		sources.sort();
		sources.dedup();
		assert_eq!(
			kept(directory),
			sources,
			"seed {seed}: what is kept is there byte for byte"
		);
		kept_in_all += sources.len();

		let (again, _) = import(&ledger, directory, &["state/kept"]);
		let same = (again.recorded, again.consents, again.kept);
		assert_eq!(same, (0, 0, sources.len()), "seed {seed}: it comes to the same");
		assert_eq!(kept(directory), sources, "seed {seed}");
	}
	assert!(kept_in_all > 100, "{kept_in_all}");
}
