//! Brings records to the ledger, once each, whatever breaks in between.
//!
//! A record is final, or kept with a reason; there is nothing between that could be lost. An import that was cut off is run
//! again: what is final is passed over, the rest is sent again, and the ledger knows a source that it has recorded.

use crate::{
	call::{self, Call},
	fhir::{source, Document, Mapped, Mapper, Problem},
	journal::{DocumentVersion, Journal, State},
	ledger::{BatchRecorded, Done, Ledger, LedgerError, Window},
};
use kexin_primitives::{access::AccessEvent, scope::Scope, DatasetId, Pseudonym, H256};
use serde::Serialize;
use serde_json::Value;
use std::{
	collections::{BTreeMap, BTreeSet},
	io,
	path::PathBuf,
	time::Duration,
};
use subxt_signer::sr25519::Keypair;

/// Accesses of one transaction at the most.
pub const EVENTS: usize = 1_000;
/// Consents of one transaction at the most.
pub const CONSENTS: usize = 100;
/// How often something that may pass is tried again, with twice the pause each time.
const ATTEMPTS: u32 = 6;

/// What the importer needs of the ledger.
pub trait Submit {
	/// Sends a call and waits until it is final.
	fn submit(&self, call: &Call) -> impl std::future::Future<Output = Result<Done, LedgerError>>;
	/// When accesses must have occurred for the ledger to take them now.
	fn window(&self) -> impl std::future::Future<Output = Result<Window, LedgerError>>;
	/// The pause before the first retry.
	const PAUSE: Duration;
}

/// A ledger and the key that signs.
pub struct Signing<'a> {
	/// The ledger.
	pub ledger: &'a Ledger,
	/// The key.
	pub signer: &'a Keypair,
}

impl Submit for Signing<'_> {
	async fn submit(&self, call: &Call) -> Result<Done, LedgerError> {
		self.ledger.submit(self.signer, call).await
	}

	async fn window(&self) -> Result<Window, LedgerError> {
		self.ledger.window().await
	}

	const PAUSE: Duration = Duration::from_secs(2);
}

/// What an import did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
	/// Accesses that are new on the ledger.
	pub recorded: usize,
	/// Accesses that the ledger had recorded before.
	pub replayed: usize,
	/// Recorded accesses that breach consent.
	pub breached: usize,
	/// Consents granted and withdrawn.
	pub consents: usize,
	/// Records that an earlier import had brought to the ledger.
	pub already: usize,
	/// Records that are neither accesses nor consents.
	pub not_applicable: usize,
	/// Records that are kept for a retry.
	pub kept: usize,
}

/// What became of one record, for those who watch.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
	/// The file.
	pub file: PathBuf,
	/// The line.
	pub line: usize,
	/// The record's hash.
	pub source: H256,
	/// What became of it, or what it would become.
	pub outcome: &'static str,
	/// The element that kept it from being mapped.
	#[serde(skip_serializing_if = "Option::is_none")]
	pub element: Option<String>,
	/// Why, or what the ledger found.
	#[serde(skip_serializing_if = "Option::is_none")]
	pub reason: Option<String>,
	/// What it would become on the ledger, where that was asked.
	#[serde(skip_serializing_if = "Option::is_none")]
	pub mapped: Option<Value>,
}

impl Report {
	fn unreadable(bad: source::Unreadable) -> Self {
		let report = Self {
			file: bad.file,
			line: bad.line,
			source: H256(sp_crypto_hashing::blake2_256(&bad.raw)),
			outcome: "kept",
			element: None,
			reason: None,
			mapped: None,
		};
		report.about(bad.problem)
	}

	fn about(self, problem: Problem) -> Self {
		Self {
			element: Some(problem.element),
			reason: Some(problem.reason),
			..self
		}
	}
}

/// Where reports go.
pub type Watch<'a> = &'a mut dyn FnMut(Report);

/// A record on its way.
struct Pending<T> {
	file: PathBuf,
	line: usize,
	source: H256,
	raw: String,
	what: T,
}

impl<T> Pending<T> {
	fn new(record: &source::Record, source: H256, what: T) -> Self {
		Self {
			file: record.file.clone(),
			line: record.line,
			source,
			raw: record.raw.clone(),
			what,
		}
	}

	fn report(&self, outcome: &'static str, reason: Option<String>) -> Report {
		Report {
			file: self.file.clone(),
			line: self.line,
			source: self.source,
			outcome,
			element: None,
			reason,
			mapped: None,
		}
	}
}

/// Something that goes to the ledger in batches.
trait Load: Sized {
	/// Records of one transaction at the most.
	const MOST: usize;

	/// The call that brings a batch to the ledger.
	fn call(batch: &[Pending<Self>], dataset: DatasetId) -> Call;

	/// What became of each record of a final batch, and why.
	fn outcomes(
		batch: &[Pending<Self>],
		done: &Done,
		summary: &mut Summary,
	) -> Result<Vec<(&'static str, Option<String>)>, LedgerError>;

	/// Whether the ledger refused the record because it has come to what the record says already.
	fn is_settled_by(&self, error: &str) -> bool;

	/// The version of a document that the record is.
	fn version(&self) -> Option<&DocumentVersion>;
}

impl Load for AccessEvent {
	const MOST: usize = EVENTS;

	fn call(batch: &[Pending<Self>], dataset: DatasetId) -> Call {
		call::record(dataset, &batch.iter().map(|pending| pending.what).collect::<Vec<_>>())
	}

	fn outcomes(
		batch: &[Pending<Self>],
		done: &Done,
		summary: &mut Summary,
	) -> Result<Vec<(&'static str, Option<String>)>, LedgerError> {
		let found: Option<BatchRecorded> = done.event("Access", "BatchRecorded");
		let found = found.ok_or_else(|| LedgerError::Incompatible("it tells of its batches otherwise".into()))?;
		summary.recorded += found.recorded as usize;
		summary.replayed += found.replayed.len();
		summary.breached += found.breached.len();
		let positions = (0u32..).take(batch.len());
		Ok(positions
			.map(|position| {
				if found.replayed.contains(&position) {
					return ("replayed", None);
				}
				let breached = found.breached.iter().find(|(at, _)| *at == position);
				let names = breached.map(|(_, breaches)| breaches.names().collect::<Vec<_>>().join(", "));
				("final", names.map(|names| format!("breach: {names}")))
			})
			.collect())
	}

	fn is_settled_by(&self, _: &str) -> bool {
		false
	}

	fn version(&self) -> Option<&DocumentVersion> {
		None
	}
}

/// What a consent changes on the ledger.
enum Change {
	/// These alternatives take the place of the consents of these forms.
	Grant {
		subject: Pseudonym,
		replaces: Vec<H256>,
		scopes: Vec<Scope>,
		version: DocumentVersion,
	},
	/// The consents of these forms end.
	End {
		subject: Pseudonym,
		replaces: Vec<H256>,
		version: DocumentVersion,
	},
	/// Every consent ends.
	Revoke { subject: Pseudonym },
}

impl Load for Change {
	const MOST: usize = CONSENTS;

	fn call(batch: &[Pending<Self>], _: DatasetId) -> Call {
		call::batch_all(batch.iter().flat_map(Pending::calls).collect())
	}

	fn outcomes(
		batch: &[Pending<Self>],
		_: &Done,
		summary: &mut Summary,
	) -> Result<Vec<(&'static str, Option<String>)>, LedgerError> {
		summary.consents += batch.len();
		Ok(vec![("final", None); batch.len()])
	}

	fn is_settled_by(&self, error: &str) -> bool {
		match self {
			// An earlier run got that far and was cut off.
			Self::Grant { .. } => error == "AlreadyExists",
			// There is no consent that could end.
			Self::End { .. } | Self::Revoke { .. } => error == "NotFound",
		}
	}

	fn version(&self) -> Option<&DocumentVersion> {
		match self {
			Self::Grant { version, .. } | Self::End { version, .. } => Some(version),
			Self::Revoke { .. } => None,
		}
	}
}

impl Pending<Change> {
	fn calls(&self) -> Vec<Call> {
		let document = self.source;
		let end = |subject: &Pseudonym, replaces: &[H256]| {
			let calls = replaces
				.iter()
				.map(|older| call::revoke(*subject, Some(*older), document));
			calls.collect::<Vec<_>>()
		};
		match &self.what {
			Change::Grant {
				subject,
				replaces,
				scopes,
				version,
			} => {
				let kept = replaces.iter().zip(scopes);
				let narrowed = kept.map(|(older, scope)| call::narrow(*subject, Some(*older), scope, document));
				let ended = end(subject, replaces.get(scopes.len()..).unwrap_or_default());
				let granted = scopes.iter().zip(&version.forms);
				let granted = granted.map(|(scope, document)| call::grant(*subject, scope, *document));
				narrowed.chain(ended).chain(granted).collect()
			},
			Change::End { subject, replaces, .. } => end(subject, replaces),
			Change::Revoke { subject } => vec![call::revoke(*subject, None, document)],
		}
	}
}

/// Each alternative of a consent has a form of its own; the first one is the record itself.
fn document_of(source: H256, number: u8) -> H256 {
	match number {
		0 => source,
		_ => H256(sp_crypto_hashing::blake2_256(&[source.as_bytes(), &[number]].concat())),
	}
}

/// Maps every record of these files and reports what it would become; sends and writes nothing.
///
/// # Errors
/// When a path can't be read.
pub fn dry_run(mapper: &Mapper<'_>, paths: &[PathBuf], watch: Watch<'_>) -> io::Result<Summary> {
	let mut summary = Summary::default();
	for file in source::files(paths)? {
		let (records, unreadable) = source::read(&file);
		for bad in unreadable {
			summary.kept += 1;
			watch(Report::unreadable(bad));
		}
		for record in records {
			let pending = Pending::new(&record, record.source(), ());
			match mapper.map(&record) {
				Ok(mapped) => {
					let (outcome, preview) = mapped.preview();
					match mapped {
						Mapped::Access(_) => summary.recorded += 1,
						Mapped::NotApplicable(_) => summary.not_applicable += 1,
						Mapped::Grant { .. } | Mapped::End { .. } | Mapped::Revoke { .. } => summary.consents += 1,
					}
					let mapped = Some(preview);
					watch(Report {
						mapped,
						..pending.report(outcome, None)
					});
				},
				Err(problem) => {
					summary.kept += 1;
					watch(pending.report("kept", None).about(problem));
				},
			}
		}
	}
	Ok(summary)
}

/// Brings every record of these files to the ledger.
///
/// # Errors
/// When a path can't be read, the journal can't be written, the node stays unreachable, or the ledger refuses the key or the data set:
/// run it again then.
pub async fn run<S: Submit>(
	submit: &S,
	mapper: &Mapper<'_>,
	dataset: DatasetId,
	journal: &mut Journal,
	paths: &[PathBuf],
	watch: Watch<'_>,
) -> anyhow::Result<Summary> {
	let mut import = Import {
		submit,
		dataset,
		journal,
		watch,
		summary: Summary::default(),
	};
	let window = submit.window().await?;
	let sorted = import.sort(mapper, paths, &window)?;
	// Consents first: accesses are judged by what the ledger knows when they arrive.
	import.send(sorted.consents).await?;
	import.send(sorted.accesses).await?;
	Ok(import.summary)
}

struct Sorted {
	accesses: Vec<Pending<AccessEvent>>,
	consents: Vec<Pending<Change>>,
}

struct Import<'a, S> {
	submit: &'a S,
	dataset: DatasetId,
	journal: &'a mut Journal,
	watch: Watch<'a>,
	summary: Summary,
}

impl<S: Submit> Import<'_, S> {
	/// Reads and maps every record. What needs not, or cannot, go to the ledger is reported and kept here.
	fn sort(&mut self, mapper: &Mapper<'_>, paths: &[PathBuf], window: &Window) -> io::Result<Sorted> {
		let (mut accesses, mut consents, mut withdrawals) = (Vec::new(), Vec::new(), Vec::new());
		let mut documents = self.journal.documents().clone();
		let mut seen = BTreeSet::new();
		for file in source::files(paths)? {
			let (records, unreadable) = source::read(&file);
			for bad in unreadable {
				let raw = bad.raw.clone();
				self.keep(&raw, Report::unreadable(bad))?;
			}
			for record in records {
				let source = record.source();
				let pending = Pending::new(&record, source, ());
				let is_final = matches!(self.journal.state(&source), Some(State::Final { .. }));
				if is_final || !seen.insert(source) {
					self.summary.already += 1;
					(self.watch)(pending.report("already", Some("brought to the ledger before".into())));
					continue;
				}
				let mapped = match mapper.map(&record) {
					Ok(mapped) => mapped,
					Err(problem) => {
						self.keep(record.raw.as_bytes(), pending.report("kept", None).about(problem))?;
						continue;
					},
				};
				let reason = match mapped {
					Mapped::Access(event) => {
						if let Some(refusal) = window.refusal(event.occurred) {
							self.keep(record.raw.as_bytes(), pending.report("kept", Some(refusal.into())))?;
							continue;
						}
						accesses.push(Pending::new(&record, source, event));
						continue;
					},
					// Where a patient both permits and refuses, the refusal stands: it comes last.
					Mapped::Revoke { subject } => {
						withdrawals.push(Pending::new(&record, source, Change::Revoke { subject }));
						continue;
					},
					Mapped::Grant {
						subject,
						document,
						scopes,
					} => {
						let forms = (0u8..).take(scopes.len()).map(|number| document_of(source, number));
						let version = version(subject, &document, source, forms.collect());
						match replaced(&documents, &version) {
							Ok(replaces) => {
								documents.insert(version.document, version.clone());
								let change = Change::Grant {
									subject,
									replaces,
									scopes,
									version,
								};
								consents.push(Pending::new(&record, source, change));
								continue;
							},
							Err(newer) => newer,
						}
					},
					Mapped::End { subject, document } => {
						let version = version(subject, &document, source, Vec::new());
						match replaced(&documents, &version) {
							Ok(replaces) if replaces.is_empty() => {
								let reason = "is not in force, and no version of it was brought to the ledger by this \
								              journal; if it was granted otherwise, withdraw it with `kexin consent revoke`";
								let problem = Problem::new("Consent.status", reason);
								self.keep(record.raw.as_bytes(), pending.report("kept", None).about(problem))?;
								continue;
							},
							Ok(replaces) => {
								documents.insert(version.document, version.clone());
								let change = Change::End {
									subject,
									replaces,
									version,
								};
								consents.push(Pending::new(&record, source, change));
								continue;
							},
							Err(newer) => newer,
						}
					},
					Mapped::NotApplicable(reason) => reason,
				};
				self.summary.not_applicable += 1;
				(self.watch)(pending.report("not-applicable", Some(reason)));
			}
		}
		consents.extend(withdrawals);
		// What is near in time shares pages on the ledger.
		accesses.sort_by_key(|pending: &Pending<AccessEvent>| pending.what.occurred);
		Ok(Sorted { accesses, consents })
	}

	/// Sends records in batches. A batch that is refused is halved, down to the record that is the cause, which is kept.
	async fn send<T: Load>(&mut self, mut records: Vec<Pending<T>>) -> anyhow::Result<()> {
		let mut batches = Vec::new();
		while !records.is_empty() {
			let rest = records.split_off(records.len().min(T::MOST));
			batches.push(records);
			records = rest;
		}
		batches.reverse();
		while let Some(mut batch) = batches.pop() {
			match attempt(self.submit, &T::call(&batch, self.dataset)).await {
				Ok(finalized) => {
					self.finish(&batch, Some(finalized.block))?;
					let outcomes = T::outcomes(&batch, &finalized, &mut self.summary)?;
					for (pending, (outcome, reason)) in batch.iter().zip(outcomes) {
						(self.watch)(pending.report(outcome, reason));
					}
				},
				Err(error) if error.is_transient() || error.concerns_every_record() => return Err(error.into()),
				Err(error) if batch.len() > 1 => {
					eprintln!("{error}; sending the {} records of this batch in halves", batch.len());
					let second = batch.split_off(batch.len() / 2);
					batches.push(second);
					batches.push(batch);
				},
				Err(error) => {
					let settled = |pending: &Pending<T>| match &error {
						LedgerError::Dispatch { error, .. } => pending.what.is_settled_by(error),
						_ => false,
					};
					if batch.iter().all(settled) {
						self.finish(&batch, None)?;
						self.summary.already += batch.len();
						for pending in batch {
							let reason = Some("the ledger has come to this already".into());
							(self.watch)(pending.report("already", reason));
						}
					} else {
						for pending in batch {
							let report = pending.report("kept", Some(error.to_string()));
							self.keep(pending.raw.as_bytes(), report)?;
						}
					}
				},
			}
		}
		Ok(())
	}

	fn finish<T: Load>(&mut self, batch: &[Pending<T>], block: Option<H256>) -> io::Result<()> {
		let state = |pending: &Pending<T>| State::Final {
			block,
			document: pending.what.version().cloned(),
		};
		self.journal
			.note(batch.iter().map(|pending| (pending.source, state(pending))))
	}

	fn keep(&mut self, raw: &[u8], report: Report) -> io::Result<()> {
		let element = report.element.as_deref().map(|element| format!("{element}: "));
		let reason = report.reason.as_deref().unwrap_or_default();
		self.journal
			.keep(report.source, raw, &format!("{}{reason}", element.unwrap_or_default()))?;
		self.summary.kept += 1;
		(self.watch)(report);
		Ok(())
	}
}

/// The version of a document that a record is. A document without a name is named by the record, and has no other version.
fn version(subject: Pseudonym, document: &Document, source: H256, forms: Vec<H256>) -> DocumentVersion {
	let name = document
		.name
		.as_deref()
		.map_or(source.as_bytes().to_vec(), |name| name.as_bytes().to_vec());
	DocumentVersion {
		document: H256(sp_crypto_hashing::blake2_256(&[subject.as_bytes(), &name].concat())),
		changed: document.changed,
		forms,
	}
}

/// The forms on the ledger whose place a version takes, or why it does not.
fn replaced(known: &BTreeMap<H256, DocumentVersion>, version: &DocumentVersion) -> Result<Vec<H256>, String> {
	match known.get(&version.document) {
		Some(known) if version.changed.is_some() && version.changed < known.changed => {
			Err("an older version of a document whose newer version is on the ledger".into())
		},
		Some(known) => Ok(known.forms.clone()),
		None => Ok(Vec::new()),
	}
}

/// Tries again what may pass.
async fn attempt<S: Submit>(submit: &S, call: &Call) -> Result<Done, LedgerError> {
	let mut pause = S::PAUSE;
	for _ in 1..ATTEMPTS {
		match submit.submit(call).await {
			Err(error) if error.is_transient() => {
				eprintln!("{error}; trying again in {} s", pause.as_secs());
				tokio::time::sleep(pause).await;
				pause = pause.saturating_mul(2);
			},
			other => return other,
		}
	}
	submit.submit(call).await
}

#[cfg(test)]
mod tests;
