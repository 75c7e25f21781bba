//! Imports into a ledger that refuses calls, loses answers and becomes unreachable.

mod documents;
mod entries;
mod envelopes;
mod streams;
mod takeover;
#[path = "../support/window.rs"]
mod window;

use codec::{Decode as _, Encode as _};
use kexin::{
	call::{Account, Arguments, Call},
	config::Config,
	import::{journal::Journal, run, RecordOutcome, Selection, Submit, Summary},
	ledger::{Done, EmittedEvent, Gateway, Home, LedgerError, Until, Window},
	pseudonym::Pseudonymiser,
	standards::fhir::read::{servers_of, FhirReader},
};
use kexin_primitives::{
	access::{Breaches, Notices, Rules},
	batch::{Batch, Position},
	members::{MemberId, Powers},
	scope::Scope,
	DatasetId, Pseudonym, UnixMillis, Versioned, H256,
};
use proptest::prelude::*;
use std::{
	cell::{Cell, RefCell},
	collections::{BTreeMap, VecDeque},
	fs,
	path::Path,
	time::Duration,
};

/// How often a call is tried that may succeed later.
const ATTEMPTS: usize = 6;
const QUARANTINED: &str = "quarantined";

/// What the connection does with one call.
#[derive(Clone, Copy, Debug)]
enum Fate {
	/// The ledger accepts or refuses it, and answers.
	Answered,
	/// The ledger accepts or refuses it, but the answer is lost.
	AnswerLost,
	/// It never arrives.
	NotSent,
}

/// A consent on the ledger.
#[derive(Clone, Debug, PartialEq)]
struct Held {
	subject: Pseudonym,
	document: H256,
	/// What it allows in the end: nothing once it is revoked.
	scope: Option<Scope>,
	/// What happened to it since.
	changes: Vec<&'static str>,
}

/// A ledger that works as the pallets do: a batch is all or nothing, and a position is recorded once.
struct Model {
	recorded: Vec<H256>,
	/// The position of the next access of each gateway.
	streams: BTreeMap<Account, Position>,
	/// The account that signs.
	gateway: Account,
	/// Sources of accesses that have not occurred yet by the ledger's clock.
	in_future: Vec<H256>,
	/// Datasets that the ledger does not know.
	undeclared: Vec<DatasetId>,
	/// When accesses must have occurred for the ledger to take them.
	earliest: UnixMillis,
	/// Accounts that are keys no more.
	revoked: Vec<Account>,
	consents: Vec<Held>,
	/// Sources that the ledger refuses, and the error with which it does.
	poison: Vec<H256>,
	poisoned: &'static str,
	/// An error with which it refuses every call.
	refuses_all: Option<LedgerError>,
	/// An error with which it refuses whatever takes away.
	refuses_ends: Option<LedgerError>,
	fates: VecDeque<Fate>,
	calls: usize,
	/// Which chain it is, and the member whose key signs.
	home: Home,
}

impl Default for Model {
	fn default() -> Self {
		Self {
			recorded: Vec::new(),
			streams: BTreeMap::new(),
			gateway: [7; 32],
			in_future: Vec::new(),
			undeclared: Vec::new(),
			earliest: 0,
			revoked: Vec::new(),
			consents: Vec::new(),
			poison: Vec::new(),
			poisoned: "LogFull",
			refuses_all: None,
			refuses_ends: None,
			fates: VecDeque::new(),
			calls: 0,
			home: Home {
				genesis: H256::repeat_byte(0xaa),
				member: 3,
				powers: Powers::all(),
			},
		}
	}
}

#[derive(Default)]
struct Fake(RefCell<Model>);

fn refused(error: &str) -> LedgerError {
	LedgerError::Dispatch {
		pallet: "Access".into(),
		error: error.into(),
		explanation: String::new(),
	}
}

impl Model {
	fn record(&mut self, arguments: &[u8]) -> Result<Vec<EmittedEvent>, LedgerError> {
		type Record = (DatasetId, Position, Versioned<Batch>);
		let (dataset, first, batch) = Record::decode(&mut &arguments[..]).unwrap();
		let batch = batch.latest();
		if self.undeclared.contains(&dataset) {
			return Err(refused("UnknownDataset"));
		}
		let next = self.streams.get(&self.gateway).copied();
		let replayed = first
			.recorded_before(next, batch.number())
			.map_err(|problem| refused(&format!("{problem:?}")))?;
		let events = batch.unpacked().collect::<Result<Vec<_>, _>>().unwrap();
		let new = &events[replayed as usize..];
		if new.iter().any(|event| event.occurred < self.earliest) {
			return Err(refused("TooLate"));
		}
		if new.iter().any(|event| self.in_future.contains(&event.source)) {
			return Err(refused("InFuture"));
		}
		if new.iter().any(|event| self.poison.contains(&event.source)) {
			return Err(refused(self.poisoned));
		}
		let first_entry = self.recorded.len() as u64;
		if !new.is_empty() {
			self.streams.insert(self.gateway, first.plus(batch.number()));
			self.recorded.extend(new.iter().map(|event| event.source));
		}
		let recorded = new.len() as u32;
		let breached: Vec<(u32, Breaches)> = Vec::new();
		let noticed: Vec<(u32, Notices)> = Vec::new();
		let rules = Rules {
			spec_version: 1,
			code: H256::zero(),
		};
		let judged = (0 as UnixMillis, rules, H256::zero());
		let fields = (
			dataset,
			0u32,
			first_entry,
			recorded,
			replayed,
			breached,
			noticed,
			judged,
		);
		Ok(vec![EmittedEvent {
			pallet: "Access".into(),
			name: "BatchRecorded".into(),
			fields: fields.encode(),
		}])
	}

	fn consent(&mut self, call: &Call) -> Result<(), LedgerError> {
		let Arguments::Encoded(arguments) = &call.arguments else {
			panic!("{call:?}")
		};
		let arguments = &mut &arguments[..];
		match call.function.name() {
			"grant" => {
				let (subject, scope, document) = <(Pseudonym, Versioned<Scope>, H256)>::decode(arguments).unwrap();
				let same = |held: &Held| (held.subject, held.document) == (subject, document);
				if self.consents.iter().any(same) {
					return Err(refused("AlreadyExists"));
				}
				if self.poison.contains(&document) {
					return Err(refused("NothingAllowed"));
				}
				self.consents.push(Held {
					subject,
					document,
					scope: Some(scope.into_latest()),
					changes: Vec::new(),
				});
				Ok(())
			},
			name => {
				if let Some(error) = &self.refuses_ends {
					return Err(error.clone());
				}
				let (subject, only) = <(Pseudonym, Option<H256>)>::decode(arguments).unwrap();
				let limits = (name == "narrow").then(|| <Versioned<Scope>>::decode(arguments).unwrap().into_latest());
				let mut found = false;
				for held in self.consents.iter_mut().filter(|held| held.subject == subject) {
					if only.is_none_or(|only| only == held.document) {
						held.changes.push(name);
						held.scope = held
							.scope
							.take()
							.zip(limits.as_ref())
							.and_then(|(scope, limits)| scope.meet(limits).ok());
						found = true;
					}
				}
				found.then_some(()).ok_or_else(|| refused("NotFound"))
			},
		}
	}

	fn take(&mut self, call: &Call) -> Result<Vec<EmittedEvent>, LedgerError> {
		if let Some(error) = &self.refuses_all {
			return Err(error.clone());
		}
		match &call.arguments {
			Arguments::Encoded(arguments) => self.record(arguments),
			Arguments::Calls { calls, .. } => {
				let before = self.consents.clone();
				let taken = calls.iter().try_for_each(|call| self.consent(call));
				if taken.is_err() {
					self.consents = before;
				}
				taken.map(|()| Vec::new())
			},
		}
	}
}

impl Submit for Fake {
	async fn submit(&self, call: &Call) -> Result<Done, LedgerError> {
		let mut model = self.0.borrow_mut();
		model.calls += 1;
		let fate = model.fates.pop_front().unwrap_or(Fate::Answered);
		let gone = Err(LedgerError::Unreachable("gone".into()));
		match fate {
			Fate::NotSent => gone,
			Fate::AnswerLost => {
				let _ = model.take(call);
				gone
			},
			Fate::Answered => model.take(call).map(|events| Done {
				until: Until::Final,
				block: H256::repeat_byte(0xbb),
				transaction: H256::zero(),
				events,
			}),
		}
	}

	/// All calls arrive, whatever becomes of those before.
	async fn submit_all(&self, calls: &[Call]) -> Vec<Result<Done, LedgerError>> {
		let mut results = Vec::new();
		for call in calls {
			results.push(self.submit(call).await);
		}
		let first = results.iter().position(Result::is_err);
		results.truncate(first.map_or(results.len(), |first| first + 1));
		results
	}

	async fn window(&self) -> Result<Window, LedgerError> {
		let window = window::window();
		Ok(Window {
			earliest: window.earliest.max(self.0.borrow().earliest),
			..window
		})
	}

	async fn home(&self) -> Result<Home, LedgerError> {
		Ok(self.0.borrow().home)
	}

	fn signer(&self) -> Account {
		self.0.borrow().gateway
	}

	async fn gateway(&self, account: &Account) -> Result<Gateway, LedgerError> {
		let model = self.0.borrow();
		Ok(Gateway {
			next: model.streams.get(account).copied(),
			can_report: !model.revoked.contains(account),
		})
	}

	const PAUSE: Duration = Duration::ZERO;
}

struct Hospital {
	directory: tempfile::TempDir,
	timezone: Cell<Option<&'static str>>,
	ledger: Fake,
	servers: Vec<String>,
	key: [u8; 32],
	member: Option<MemberId>,
	dataset: H256,
}

impl Hospital {
	fn new() -> Self {
		Self {
			directory: tempfile::tempdir().unwrap(),
			timezone: Cell::new(Some("+00:00")),
			ledger: Fake::default(),
			servers: Vec::new(),
			key: [7; 32],
			member: None,
			dataset: H256::zero(),
		}
	}

	fn write(&self, name: &str, lines: &[String]) -> Vec<H256> {
		fs::write(self.directory.path().join(name), lines.join("\n")).unwrap();
		lines
			.iter()
			.map(|line| H256(sp_crypto_hashing::blake2_256(canonical(line).as_bytes())))
			.collect()
	}

	fn state(&self) -> std::path::PathBuf {
		self.directory.path().join("state")
	}

	/// One import, which opens the journal again.
	fn import(&self, paths: &[&str]) -> anyhow::Result<(Summary, Vec<RecordOutcome>)> {
		self.select(paths, false)
	}

	fn select(&self, paths: &[&str], quarantine: bool) -> anyhow::Result<(Summary, Vec<RecordOutcome>)> {
		let mut config = Config::load(Some(Path::new("/dev/null"))).unwrap();
		config.timezone = self.timezone.get().map(|zone| zone.parse().unwrap());
		config.servers.clone_from(&self.servers);
		let pseudonyms = Pseudonymiser::new(self.key);
		let reader = FhirReader {
			config: &config,
			pseudonyms: &pseudonyms,
			activity: None,
		};
		let paths = paths
			.iter()
			.map(|path| self.directory.path().join(path))
			.collect::<Vec<_>>();
		for path in paths.iter().filter(|path| path.is_file()) {
			config.meet(servers_of(path, &fs::read(path).unwrap())).unwrap();
		}
		let selection = Selection {
			paths: &paths,
			quarantine,
			member: self.member,
		};
		let mut reports = Vec::new();
		let mut watch = |report| reports.push(report);
		let summary = runtime().block_on(async {
			let mut journal = Journal::open(&self.state()).await?;
			run(&self.ledger, &reader, self.dataset, &mut journal, selection, &mut watch).await
		})?;
		Ok((summary, reports))
	}

	/// The records in quarantine, by their hashes.
	fn quarantine(&self) -> Vec<H256> {
		runtime().block_on(async {
			let mut journal = Journal::open(&self.state()).await.unwrap();
			let (mut quarantine, mut last) = (Vec::new(), None);
			loop {
				let page = journal.quarantined(last).await.unwrap();
				let Some(end) = page.last() else { return quarantine };
				last = Some(end.key());
				for record in page {
					assert_eq!(record.hash, H256(sp_crypto_hashing::blake2_256(&record.bytes)));
					quarantine.push(record.source);
				}
			}
		})
	}

	/// The consents that allow something, by their documents.
	fn in_force(&self) -> Vec<H256> {
		let model = self.ledger.0.borrow();
		let alive = model.consents.iter().filter(|held| held.scope.is_some());
		alive.map(|held| held.document).collect()
	}

	/// Each consent's document, and what happened to it since.
	fn consents(&self) -> Vec<(H256, Vec<&'static str>)> {
		let model = self.ledger.0.borrow();
		let consents = model.consents.iter();
		consents.map(|held| (held.document, held.changes.clone())).collect()
	}
}

/// A record as it is hashed, if it is JSON.
fn canonical(record: &str) -> String {
	let value = serde_json::from_str::<serde_json::Value>(record);
	value.map_or_else(|_| record.to_owned(), |value| value.to_string())
}

fn runtime() -> tokio::runtime::Runtime {
	tokio::runtime::Builder::new_current_thread()
		.enable_time()
		.build()
		.unwrap()
}

fn access(number: usize) -> String {
	format!(
		r#"{{"resourceType":"AuditEvent","id":"{number}","action":"R","recorded":"2026-01-01T00:00:00Z","agent":[{{"altId":"a"}}]}}"#
	)
}

fn consent(version: u8, status: &str, purposes: &[&str]) -> String {
	let purposes = purposes
		.iter()
		.map(|purpose| format!(r#"{{"code":"{purpose}"}}"#))
		.collect::<Vec<_>>()
		.join(",");
	format!(
		r#"{{"resourceType":"Consent","id":"c","meta":{{"lastUpdated":"2026-01-0{version}T00:00:00Z"}},"status":"{status}","patient":{{"reference":"Patient/1"}},"dateTime":"2026-01-01T00:00:00Z","provision":{{"type":"permit","purpose":[{purposes}]}}}}"#
	)
}

fn outcomes(reports: &[RecordOutcome]) -> Vec<&'static str> {
	reports.iter().map(|report| report.outcome).collect()
}

#[test]
fn a_refused_batch_is_halved_down_to_the_record_that_is_the_cause() {
	let hospital = Hospital::new();
	let sources = hospital.write("events.ndjson", &(0..100).map(access).collect::<Vec<_>>());
	hospital.ledger.0.borrow_mut().poison = vec![sources[17], sources[60]];
	let (summary, reports) = hospital.import(&["events.ndjson"]).unwrap();
	assert_eq!((summary.recorded, summary.quarantined), (98, 2));
	let quarantined = reports.iter().filter(|report| report.outcome == QUARANTINED);
	let quarantined = quarantined
		.map(|report| (report.line, report.reason.as_deref().unwrap()))
		.collect::<Vec<_>>();
	assert!(
		quarantined.iter().all(|(_, reason)| reason.contains("LogFull")),
		"{quarantined:?}"
	);
	assert_eq!(quarantined.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [18, 61]);

	hospital.ledger.0.borrow_mut().poison.clear();
	let (summary, _) = hospital.select(&[], true).unwrap();
	assert_eq!((summary.recorded, summary.quarantined), (2, 0));
	assert!(hospital.quarantine().is_empty());
}

#[test]
fn an_answer_that_is_lost_records_nothing_twice() {
	let hospital = Hospital::new();
	hospital.write("events.ndjson", &(0..10).map(access).collect::<Vec<_>>());
	hospital.write("consent.json", &[consent(1, "active", &["TREAT"])]);
	hospital.ledger.0.borrow_mut().fates = vec![Fate::AnswerLost; 2].into();
	let (summary, reports) = hospital.import(&["events.ndjson", "consent.json"]).unwrap();
	let model = hospital.ledger.0.borrow();
	assert_eq!((summary.already, summary.recorded), (1, 10));
	assert_eq!((model.recorded.len(), model.consents.len()), (10, 1));
	assert_eq!(outcomes(&reports), [&["already"][..], &["final"; 10]].concat());
}

#[test]
fn a_node_that_stays_unreachable_ends_the_import_and_quarantines_nothing() {
	let hospital = Hospital::new();
	hospital.write("events.ndjson", &(0..10).map(access).collect::<Vec<_>>());
	hospital.ledger.0.borrow_mut().fates = vec![Fate::NotSent; ATTEMPTS].into();
	assert!(hospital.import(&["events.ndjson"]).is_err());
	assert!(hospital.quarantine().is_empty());
	assert_eq!(hospital.import(&["events.ndjson"]).unwrap().0.resumed, 10);
}

#[test]
fn an_error_that_concerns_every_record_ends_the_import_and_quarantines_nothing() {
	let hospital = Hospital::new();
	hospital.write("events.ndjson", &(0..10).map(access).collect::<Vec<_>>());
	for (number, error) in (1..).zip([refused("UnknownDataset"), LedgerError::Token("no right".into())]) {
		hospital.ledger.0.borrow_mut().refuses_all = Some(error);
		assert!(hospital.import(&["events.ndjson"]).is_err());
		assert!(hospital.quarantine().is_empty());
		assert_eq!(hospital.ledger.0.borrow().calls, number);
	}
}

#[test]
fn an_access_that_is_too_old_or_in_the_future_is_quarantined_and_not_sent() {
	let hospital = Hospital::new();
	let (old, future) = (access(1).replace("2026", "2012"), access(2).replace("2026", "2099"));
	hospital.write("events.ndjson", &[old, access(3), future]);
	let (summary, reports) = hospital.import(&["events.ndjson"]).unwrap();
	assert_eq!((summary.recorded, summary.quarantined), (1, 2));
	let reasons = reports
		.iter()
		.filter_map(|report| report.reason.as_deref())
		.collect::<Vec<_>>();
	assert!(
		reasons[0].contains("TooLate") && reasons[1].contains("InFuture"),
		"{reasons:?}"
	);
	assert_eq!(hospital.ledger.0.borrow().calls, 1);
}

#[test]
fn a_new_version_of_a_consent_takes_the_place_of_the_old_one() {
	let hospital = Hospital::new();
	let first = hospital.write("1.json", &[consent(1, "active", &["TREAT", "HMARKT"])])[0];
	let second = hospital.write("2.json", &[consent(2, "active", &["TREAT"])])[0];
	hospital.write("3.json", &[consent(3, "inactive", &["TREAT"])]);
	hospital.import(&["1.json"]).unwrap();
	hospital.import(&["2.json"]).unwrap();
	assert_eq!(hospital.consents(), [(first, vec!["narrow"]), (second, vec![])]);
	assert_eq!(outcomes(&hospital.import(&["3.json"]).unwrap().1), ["final"]);
	let ended = [(first, vec!["narrow", "revoke"]), (second, vec!["revoke"])];
	assert_eq!(hospital.consents(), ended, "the end is that of every version");
	// An older version that arrives later replaces nothing.
	let late = Hospital::new();
	late.write("1.json", &[consent(1, "active", &["TREAT", "HMARKT"])]);
	late.write("2.json", &[consent(2, "active", &["TREAT"])]);
	let (summary, reports) = late.import(&["2.json", "1.json"]).unwrap();
	assert_eq!((summary.consents, summary.not_applicable), (1, 1), "{reports:?}");
	assert_eq!(late.ledger.0.borrow().consents.len(), 1);
}

#[test]
fn the_end_of_an_unknown_consent_is_remembered() {
	let hospital = Hospital::new();
	hospital.write("3.json", &[consent(3, "inactive", &["TREAT"])]);
	hospital.write("2.json", &[consent(2, "active", &["TREAT"])]);
	let (summary, reports) = hospital.import(&["3.json"]).unwrap();
	assert_eq!((summary.not_applicable, summary.quarantined), (1, 0));
	let reason = reports[0].reason.as_deref().unwrap();
	assert!(
		reason.contains("remembered") && reason.contains("kexin consent revoke"),
		"{reason}"
	);
	let (_, reports) = hospital.import(&["2.json"]).unwrap();
	assert_eq!(outcomes(&reports), ["not-applicable"]);
	assert_eq!(hospital.ledger.0.borrow().calls, 0);
}

#[test]
fn a_refusal_stands_against_a_permission_of_the_same_import() {
	let hospital = Hospital::new();
	let refusal = r#"{"resourceType":"Consent","id":"no","status":"active","patient":{"reference":"Patient/1"},"provision":{"type":"deny"}}"#;
	hospital.write("0.json", &[refusal.into()]);
	assert_eq!(
		outcomes(&hospital.import(&["0.json"]).unwrap().1),
		["not-applicable"],
		"nothing to withdraw"
	);
	let hospital = Hospital::new();
	hospital.write("0.json", &[refusal.into()]);
	hospital.write("1.json", &[consent(1, "active", &["TREAT"])]);
	let (_, reports) = hospital.import(&["1.json", "0.json"]).unwrap();
	assert_eq!(outcomes(&reports), ["not-applicable", "quarantined"]);
	assert_eq!(hospital.consents(), [], "it is not granted for a moment");
}

#[test]
fn a_record_in_another_spelling_is_the_same_record() {
	let reversed = |record: &str| {
		let fields = serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(record).unwrap();
		let fields = fields.iter().rev().map(|(name, value)| format!("\"{name}\":{value}"));
		format!("{{{}}}", fields.collect::<Vec<_>>().join(","))
	};
	for record in [access(1), consent(1, "active", &["TREAT"])] {
		let value: serde_json::Value = serde_json::from_str(&record).unwrap();
		let spellings = [
			record.clone(),
			reversed(&record),
			serde_json::to_string_pretty(&value).unwrap(),
			record
				.replace("\"status\"", "\"st\\u0061tus\"")
				.replace("\"R\"", "\"\\u0052\""),
			format!("\u{feff}[ {record}\r\n ]"),
			format!(r#"{{"resourceType":"Bundle","type":"collection","entry":[{{"resource":{record}}}]}}"#),
		];
		for (number, spelling) in spellings.iter().enumerate() {
			assert!(number == 0 || spellings[..number].iter().all(|other| other != spelling));
		}
		let names = (0..spellings.len())
			.map(|number| format!("{number}.json"))
			.collect::<Vec<_>>();
		let names = names.iter().map(String::as_str).collect::<Vec<_>>();
		for paths in [names.chunks(names.len()), names.chunks(1)] {
			let hospital = Hospital::new();
			for (name, spelling) in names.iter().zip(&spellings) {
				hospital.write(name, std::slice::from_ref(spelling));
			}
			let imports = paths.map(|paths| hospital.import(paths).unwrap().0);
			let (new, already) = imports.fold((0, 0), |(new, already), summary| {
				(new + summary.recorded + summary.consents, already + summary.already)
			});
			assert_eq!((new, already), (1, spellings.len() - 1), "{record}");
			assert_eq!(hospital.in_force().len() + hospital.ledger.0.borrow().recorded.len(), 1);
		}
	}
}

#[test]
fn a_journal_is_of_one_chain_and_one_member() {
	let hospital = Hospital::new();
	let sources = hospital.write("1.ndjson", &[access(1)]);
	let home = hospital.ledger.0.borrow().home;
	let others = [
		(Home { member: 4, ..home }, "member 3"),
		(
			Home {
				genesis: H256::zero(),
				..home
			},
			"0xaaaa",
		),
	];
	hospital.import(&["1.ndjson"]).unwrap();
	for (other, named) in others {
		hospital.ledger.0.borrow_mut().home = other;
		let error = hospital.import(&["1.ndjson"]).unwrap_err().to_string();
		assert!(error.contains(named) && error.contains("kexin.toml"), "{error}");
	}
	hospital.ledger.0.borrow_mut().home = home;
	assert_eq!(hospital.import(&["1.ndjson"]).unwrap().0.already, 1);
	assert_eq!(hospital.ledger.0.borrow().recorded, sources);
}

#[test]
fn a_journal_is_of_one_pseudonym_key() {
	let mut hospital = Hospital::new();
	hospital.write("1.json", &[consent(1, "active", &["TREAT"])]);
	hospital.write("2.json", &[consent(2, "inactive", &["TREAT"])]);
	hospital.import(&["1.json"]).unwrap();
	hospital.key = [8; 32];
	let error = hospital.import(&["2.json"]).unwrap_err().to_string();
	assert!(error.contains("pseudonym key"), "{error}");
	hospital.key = [7; 32];
	hospital.import(&["2.json"]).unwrap();
	assert_eq!(hospital.in_force(), []);
}

#[test]
fn the_settings_and_the_key_are_of_one_member() {
	let mut hospital = Hospital::new();
	hospital.write("1.json", &[access(1)]);
	let member = hospital.ledger.0.borrow().home.member;
	hospital.member = Some(member + 1);
	let error = hospital.import(&["1.json"]).unwrap_err().to_string();
	assert!(error.contains("kexin.toml"), "{error}");
	hospital.member = Some(member);
	assert_eq!(hospital.import(&["1.json"]).unwrap().0.recorded, 1);
}

#[test]
fn an_access_that_is_in_the_log_of_another_dataset_is_not_passed_over() {
	let mut hospital = Hospital::new();
	hospital.write("1.json", &[access(1)]);
	hospital.import(&["1.json"]).unwrap();
	let first = std::mem::replace(&mut hospital.dataset, H256::repeat_byte(1));
	let (summary, reports) = hospital.import(&["1.json"]).unwrap();
	assert_eq!((summary.already, summary.quarantined), (0, 1));
	assert!(reports[0].reason.as_deref().unwrap().contains(&format!("{first:?}")));
	hospital.dataset = first;
	assert_eq!(hospital.select(&[], true).unwrap().0.already, 1);
	assert_eq!(hospital.quarantine(), []);
}

#[cfg(unix)]
#[test]
fn a_device_is_named_and_not_read() {
	let hospital = Hospital::new();
	let path = hospital.directory.path().join("device.ndjson");
	std::os::unix::fs::symlink("/dev/null", path).unwrap();
	let (summary, reports) = hospital.import(&["device.ndjson"]).unwrap();
	assert_eq!(summary.passed_over, 1);
	assert!(reports[0].reason.as_deref().unwrap().contains("pipe"));
}

#[test]
fn what_is_wrong_with_a_journal_is_told_with_what_to_do() {
	let hospital = Hospital::new();
	fs::create_dir(hospital.state()).unwrap();
	fs::write(hospital.state().join("journal.sqlite"), [b'x'; 5_000]).unwrap();
	let error = runtime().block_on(Journal::open(&hospital.state())).err().unwrap();
	assert!(error.to_string().contains("restore it from a copy"), "{error}");
}

#[test]
fn two_imports_do_not_share_a_journal() {
	let hospital = Hospital::new();
	runtime().block_on(async {
		let _open = Journal::open(&hospital.state()).await.unwrap();
		assert!(Journal::open(&hospital.state()).await.is_err());
	});
}

#[test]
fn an_import_that_cannot_be_read_whole_grants_nothing() {
	let hospital = Hospital::new();
	hospital.write("1.json", &[consent(1, "active", &["TREAT"])]);
	assert!(hospital.import(&["1.json", "missing.json"]).is_err());
	assert_eq!(hospital.import(&[]).unwrap().0, Summary::default());
	assert_eq!(hospital.import(&["1.json"]).unwrap().0.consents, 1);
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(64))]
	/// However the connection fails, and however often the import is run again: in the end each record is on the ledger
	/// once or in quarantine, and never both.
	#[test]
	fn no_record_is_lost_or_recorded_twice(
		events in 1..40usize,
		poison in proptest::collection::btree_set(0..40usize, 0..4),
		fates in proptest::collection::vec(
			prop_oneof![Just(Fate::Answered), Just(Fate::AnswerLost), Just(Fate::NotSent)], 0..60,
		),
	) {
		let hospital = Hospital::new();
		let mut sources = hospital.write("events.ndjson", &(0..events).map(access).collect::<Vec<_>>());
		let mut bad = poison.iter().filter_map(|number| sources.get(*number)).copied().collect::<Vec<_>>();
		bad.sort();
		{
			let mut model = hospital.ledger.0.borrow_mut();
			model.poison.clone_from(&bad);
			model.fates = fates.into();
		}
		let done = (0..20).any(|_| hospital.import(&["events.ndjson"]).is_ok());
		prop_assert!(done, "the connection recovers in the end");
		let mut held = hospital.quarantine();
		held.sort();
		prop_assert_eq!(held, bad.clone());
		let mut recorded = hospital.ledger.0.borrow().recorded.clone();
		recorded.sort();
		sources.retain(|source| !bad.contains(source));
		sources.sort();
		prop_assert_eq!(recorded, sources);
	}
}
