//! Records, damaged with knowledge of their form: each is mapped or quarantined with its line and a reason, and none is
//! lost.

#[path = "../support/cases.rs"]
mod cases;
#[path = "../../verifier/tests/verifier/support/mutate.rs"]
mod mutate;
#[path = "../support/window.rs"]
mod window;

use codec::{Decode as _, Encode as _};
use kexin::{
	call::{Account, Arguments, Call},
	config::Config,
	import::{journal::Journal, run, RecordOutcome, Selection, Submit, Summary},
	ledger::{Done, EmittedEvent, Gateway, Home, LedgerError, Until, Window},
	pseudonym::Pseudonymiser,
	standards::{
		fhir::read::{file::split, FhirReader},
		record::{ConsentChange, Mapped, Problem, Reader as _, Record},
	},
};
use kexin_primitives::{
	access::{Breaches, Notices, Rules},
	batch::{Batch, Position},
	members::Powers,
	scope::Scope,
	DatasetId, UnixMillis, Versioned, H256,
};
use mutate::{seeds, Numbers};
use serde::de::IgnoredAny;
use serde_json::{json, Value};
use std::{cell::RefCell, fs, path::Path, time::Duration};

/// The resources of the cases.
fn records() -> Vec<Value> {
	let parts = cases::files()
		.into_iter()
		.flat_map(|(_, bytes, case)| split(&bytes, case["ndjson"].is_string()));
	parts.filter_map(|part| part.resource.ok()).collect()
}

/// A file of records of which some are damaged.
struct File {
	bytes: Vec<u8>,
	/// The lines that are not damaged, with their numbers.
	whole: Vec<(usize, String)>,
	/// The numbers of the damaged lines.
	damaged: Vec<usize>,
}

/// Times as systems write them, and malformed ones.
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
	/// Lines of which some are torn or are not UTF-8.
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

/// Calls a function with the reader of a hospital.
fn with_reader<T>(call: impl FnOnce(&FhirReader<'_>) -> T) -> T {
	let mut config = Config::load(Some(Path::new("/dev/null"))).unwrap();
	config.timezone = Some("+00:00".parse().unwrap());
	config.recipients.insert("Organization/f001".into(), 3);
	config.recipients.insert("urn:example:npi|17".into(), 3);
	let pseudonyms = Pseudonymiser::new([7; 32]);
	call(&FhirReader {
		config: &config,
		pseudonyms: &pseudonyms,
		activity: None,
	})
}

/// Reads a file, and checks what must hold for every one.
fn read(name: &str, bytes: &[u8], seed: u64) -> Vec<Record> {
	let name = Path::new(name);
	let records = with_reader(|reader| reader.read(name, bytes));
	for Record { line, bytes: part, .. } in &records {
		let whole = part.len() == bytes.len();
		let begins = bytes
			.split_inclusive(|byte| *byte == b'\n')
			.take(line - 1)
			.map(<[u8]>::len)
			.sum::<usize>();
		let from = if whole { 0 } else { begins };
		let found = part.is_empty() || bytes[from..].windows(part.len()).any(|window| window == part);
		assert!(found, "seed {seed}: line {line} does not have the bytes of its record");
	}
	let again = with_reader(|reader| reader.read(name, bytes));
	assert_eq!(records, again, "seed {seed}: a record is read in two ways");
	for Problem { element, reason } in records.iter().filter_map(|record| record.mapped.as_ref().err()) {
		let fit = |text: &str| !text.is_empty() && text.chars().count() < 500 && !text.contains(char::is_control);
		assert!(fit(element) && fit(reason), "seed {seed}: {element:?}: {reason:?}");
	}
	records
}

/// Whether the bytes of a record are not a resource.
fn is_unreadable(record: &Record) -> bool {
	matches!(&record.mapped, Err(problem) if problem.element == "file")
}

#[test]
fn of_damaged_lines_each_is_read_or_reported_and_the_others_are_unchanged() {
	let of = records();
	let mut intact = 0;
	for seed in seeds(15_000) {
		let mut numbers = Numbers::new(seed);
		let file = File::by_lines(&mut numbers, &of);
		let name = *numbers.pick(&["file.json", "file.ndjson"]);
		let records = read(name, &file.bytes, seed);
		for (line, text) in &file.whole {
			// A line may be a Bundle, which has others instead, or repeat a name.
			let on_line = || records.iter().filter(|record| record.line == *line);
			let unchanged = on_line().any(|record| !is_unreadable(record) && record.bytes == text.as_bytes());
			intact += usize::from(unchanged);
			let is_resource = serde_json::from_str::<Value>(text).is_ok_and(|value| value["resourceType"] != "Bundle");
			let reported = on_line().any(is_unreadable);
			assert!(
				unchanged || reported || !is_resource,
				"seed {seed}: line {line} is lost: {text}"
			);
		}
		let as_one = records
			.iter()
			.any(|record| is_unreadable(record) && record.bytes == file.bytes);
		for line in &file.damaged {
			let empty = |bytes: &[u8]| {
				serde_json::from_slice::<Value>(bytes)
					.is_ok_and(|value| value["resourceType"] == "Bundle" || value == json!([]))
			};
			let text = file.bytes.split(|byte| *byte == b'\n').nth(line - 1).unwrap();
			assert!(
				as_one || records.iter().any(|record| record.line == *line) || empty(text),
				"seed {seed}: line {line} is lost"
			);
		}
	}
	assert!(intact > 10_000, "{intact}");
}

#[test]
fn damaged_files_are_read_or_reported() {
	let of = records();
	let (mut some, mut none) = (0, 0);
	for seed in seeds(15_000) {
		let bytes = File::whole(&mut Numbers::new(seed), &of);
		match read("file.json", &bytes, seed).len() {
			0 => {
				none += 1;
				let text = String::from_utf8_lossy(&bytes).replace(['\u{feff}', '\u{a0}'], " ");
				// Numbers that a `Value` can't hold are JSON too, where nothing reads them.
				let is_json = serde_json::from_str::<IgnoredAny>(&text).is_ok();
				assert!(is_json, "seed {seed}: the whole file is lost: {text:?}");
			},
			_ => some += 1,
		}
	}
	assert!(some > 10_000, "{some} files had records and {none} had none");
}

/// An element of another type than FHIR defines is unclear, and what is unclear never permits more.
#[test]
fn an_element_of_a_wrong_type_permits_nothing_more() {
	let consents = records()
		.into_iter()
		.filter(|record| record["resourceType"] == "Consent");
	let purposes = json!([{ "code": "TREAT" }, { "code": "MLTRAINING" }]);
	let complete = [
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
	let (mut granted, complete_number) = (0, complete.len());
	for consent in consents.chain(complete) {
		let Some(honest) = scopes(&consent) else {
			continue;
		};
		granted += 1;
		let mut pointers = Vec::new();
		pointers_of(&consent, String::new(), &mut pointers);
		for pointer in &pointers {
			for value in &wrong {
				let mut damaged = consent.clone();
				*damaged.pointer_mut(pointer).unwrap() = value.clone();
				let Some(scopes) = scopes(&damaged) else {
					continue;
				};
				for scope in scopes {
					let within = |honest: &Scope| honest.meet(&scope) == Ok(scope.canonical());
					assert!(
						honest.iter().any(within),
						"{pointer} = {value} of {consent} permits more: {scope:?}"
					);
				}
			}
		}
	}
	assert!(granted >= complete_number, "{granted}");
}

/// The scopes of a consent that is a permission.
fn scopes(consent: &Value) -> Option<Vec<Scope>> {
	let bytes = consent.to_string().into_bytes();
	let records = with_reader(|reader| reader.read(Path::new("consent.json"), &bytes));
	match records.into_iter().next()?.mapped {
		Ok(Mapped::Consent(ConsentChange::Grant { scopes, .. })) => Some(scopes),
		_ => None,
	}
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

/// A ledger that accepts everything, and stores the sources of the accesses.
#[derive(Default)]
struct Ledger(RefCell<Vec<H256>>);

impl Submit for Ledger {
	async fn submit(&self, call: &Call) -> Result<Done, LedgerError> {
		let mut events = Vec::new();
		if let Arguments::Encoded(arguments) = &call.arguments {
			let (dataset, _, batch) = <(DatasetId, Position, Versioned<Batch>)>::decode(&mut &arguments[..]).unwrap();
			let batch = batch.into_latest();
			self.0
				.borrow_mut()
				.extend(batch.events.iter().map(|event| event.source));
			let rules = Rules {
				spec_version: 1,
				code: H256::zero(),
			};
			let judged = (0 as UnixMillis, rules, H256::zero());
			let nothing = (0u32, Vec::<(u32, Breaches)>::new(), Vec::<(u32, Notices)>::new());
			let fields = (dataset, 0u32, 0u64, batch.number(), nothing, judged);
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

	async fn submit_all(&self, calls: &[Call]) -> Vec<Result<Done, LedgerError>> {
		let mut results = Vec::new();
		for call in calls {
			results.push(self.submit(call).await);
			if results.last().is_some_and(Result::is_err) {
				break;
			}
		}
		results
	}

	async fn window(&self) -> Result<Window, LedgerError> {
		Ok(window::window())
	}

	async fn home(&self) -> Result<Home, LedgerError> {
		Ok(Home {
			genesis: H256::zero(),
			member: 0,
			powers: Powers::all(),
		})
	}

	fn signer(&self) -> Account {
		[7; 32]
	}

	async fn gateway(&self, _: &Account) -> Result<Gateway, LedgerError> {
		Ok(Gateway {
			next: None,
			can_report: true,
		})
	}

	const PAUSE: Duration = Duration::ZERO;
}

/// Imports these paths of a directory.
fn import(ledger: &Ledger, directory: &Path, paths: &[&str], quarantine: bool) -> (Summary, Vec<RecordOutcome>) {
	let paths = paths.iter().map(|path| directory.join(path)).collect::<Vec<_>>();
	let selection = Selection {
		paths: &paths,
		quarantine,
		member: None,
	};
	let mut reports = Vec::new();
	let summary = with_reader(|reader| {
		let mut watch = |report| reports.push(report);
		runtime().block_on(async {
			let mut journal = Journal::open(&directory.join("state")).await?;
			run(ledger, reader, H256::zero(), &mut journal, selection, &mut watch).await
		})
	});
	(summary.unwrap(), reports)
}

/// The sources of the records in quarantine, each of which is read again from what is there.
fn quarantine(directory: &Path) -> Vec<H256> {
	runtime().block_on(async {
		let mut journal = Journal::open(&directory.join("state")).await.unwrap();
		let (mut quarantine, mut last) = (Vec::new(), None);
		loop {
			let page = journal.quarantined(last).await.unwrap();
			let Some(end) = page.last() else { break };
			last = Some(end.key());
			for record in page {
				let again = with_reader(|reader| reader.read("held.json".as_ref(), &record.bytes));
				assert!(again.iter().any(|again| again.source == record.source));
				quarantine.push(record.source);
			}
		}
		quarantine.sort();
		quarantine.dedup();
		quarantine
	})
}

fn runtime() -> tokio::runtime::Runtime {
	tokio::runtime::Builder::new_current_thread()
		.enable_time()
		.build()
		.unwrap()
}

/// The quarantine has each record, with its reason, and a retry has the same result.
#[test]
fn every_record_is_counted_and_the_quarantine_can_be_retried() {
	let of = records();
	let mut quarantined_in_all = 0;
	for seed in seeds(60) {
		let mut numbers = Numbers::new(seed);
		let (directory, ledger) = (tempfile::tempdir().unwrap(), Ledger::default());
		let directory = directory.path();
		let names = ["a.ndjson", "b.json"];
		fs::write(directory.join(names[0]), File::by_lines(&mut numbers, &of).bytes).unwrap();
		fs::write(directory.join(names[1]), File::whole(&mut numbers, &of)).unwrap();
		let (summary, reports) = import(&ledger, directory, &names, false);
		let Summary {
			recorded,
			replayed,
			consents,
			already,
			not_applicable,
			quarantined,
			..
		} = summary;
		let found = names.map(|name| read(name, &fs::read(directory.join(name)).unwrap(), seed).len());
		let found = found.into_iter().sum::<usize>();
		let counted = recorded + replayed + consents + already + not_applicable + quarantined;
		assert_eq!((counted, reports.len()), (found, found), "seed {seed}");
		assert_eq!(ledger.0.borrow().len(), recorded, "seed {seed}");
		let quarantined = reports.iter().filter(|report| report.outcome == "quarantined");
		let mut sources = quarantined.map(|report| report.source).collect::<Vec<_>>();
		sources.sort();
		sources.dedup();
		assert_eq!(
			quarantine(directory),
			sources,
			"seed {seed}: the quarantine has other records"
		);
		quarantined_in_all += sources.len();

		let (again, _) = import(&ledger, directory, &[], true);
		let same = (again.recorded, again.consents, again.quarantined);
		assert_eq!(same, (0, 0, sources.len()), "seed {seed}: a retry has another result");
		assert_eq!(quarantine(directory), sources, "seed {seed}");
	}
	assert!(quarantined_in_all > 100, "{quarantined_in_all}");
}
