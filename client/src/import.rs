//! Brings records to the ledger, once each, whatever breaks in between.
//!
//! A record is final, or kept with a reason; there is nothing between that could be lost. An import that was cut off is run
//! again: what is final is passed over, the rest is sent again, and the ledger knows a source that it has recorded.

use crate::{
	call::{self, Call},
	fhir::{source, Mapped, Mapper},
	journal::{Journal, State},
	ledger::{BatchRecorded, Finalized, Ledger, LedgerError},
};
use kexin_primitives::{access::AccessEvent, scope::Scope, DatasetId, Pseudonym, H256};
use serde::Serialize;
use std::{io, path::PathBuf, time::Duration};
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
	fn submit(&self, call: &Call) -> impl std::future::Future<Output = Result<Finalized, LedgerError>>;
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
	async fn submit(&self, call: &Call) -> Result<Finalized, LedgerError> {
		self.ledger.submit(self.signer, call).await
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
		}
	}
}

enum Change {
	Grant(Pseudonym, Vec<Scope>),
	Revoke(Pseudonym),
}

/// Maps every record of these files and reports what it would become; sends and writes nothing.
///
/// # Errors
/// When a path can't be read.
pub fn dry_run(mapper: &Mapper<'_>, paths: &[PathBuf], watch: Watch<'_>) -> io::Result<Summary> {
	let mut summary = Summary::default();
	sort(mapper, paths, None, watch, &mut summary).map(|sorted| {
		for event in sorted.accesses {
			summary.recorded += 1;
			watch(event.report("access", Some(format!("{:?}", event.what))));
		}
		for change in sorted.consents {
			summary.consents += 1;
			let what = match &change.what {
				Change::Grant(_, scopes) => ("grant", Some(format!("{scopes:?}"))),
				Change::Revoke(_) => ("revoke", None),
			};
			watch(change.report(what.0, what.1));
		}
		summary
	})
}

/// Brings every record of these files to the ledger.
///
/// # Errors
/// When a path can't be read, the journal can't be written, or the node stays unreachable: run it again then.
pub async fn run<S: Submit>(
	submit: &S,
	mapper: &Mapper<'_>,
	dataset: DatasetId,
	journal: &mut Journal,
	paths: &[PathBuf],
	watch: Watch<'_>,
) -> anyhow::Result<Summary> {
	let mut summary = Summary::default();
	let sorted = sort(mapper, paths, Some(journal), watch, &mut summary)?;
	// Consents first: accesses are judged by what the ledger knows when they arrive.
	let consents = |batch: &[Pending<Change>]| call::batch_all(batch.iter().flat_map(Pending::calls).collect());
	send(
		submit,
		journal,
		sorted.consents,
		CONSENTS,
		watch,
		&mut summary,
		consents,
		|batch, _, summary, watch| {
			summary.consents += batch.len();
			batch.iter().for_each(|pending| watch(pending.report("final", None)));
			Ok(())
		},
	)
	.await?;
	let accesses = |batch: &[Pending<AccessEvent>]| {
		call::record(dataset, &batch.iter().map(|pending| pending.what).collect::<Vec<_>>())
	};
	send(
		submit,
		journal,
		sorted.accesses,
		EVENTS,
		watch,
		&mut summary,
		accesses,
		|batch, done, summary, watch| {
			let found: Option<BatchRecorded> = done.event("Access", "BatchRecorded");
			let found = found.ok_or_else(|| LedgerError::Incompatible("it tells of its batches otherwise".into()))?;
			summary.recorded += found.recorded as usize;
			summary.replayed += found.replayed.len();
			summary.breached += found.breached.len();
			for (position, pending) in (0u32..).zip(batch) {
				let breaches = found
					.breached
					.iter()
					.find(|(at, _)| *at == position)
					.map(|(_, breaches)| breaches);
				let reason =
					breaches.map(|breaches| format!("breach: {}", breaches.names().collect::<Vec<_>>().join(", ")));
				watch(pending.report(
					if found.replayed.contains(&position) {
						"replayed"
					} else {
						"final"
					},
					reason,
				));
			}
			Ok(())
		},
	)
	.await?;
	Ok(summary)
}

/// Sends records in batches. A batch that is refused is halved, down to the record that is the cause, which is kept.
#[allow(clippy::too_many_arguments)]
async fn send<S: Submit, T>(
	submit: &S,
	journal: &mut Journal,
	mut records: Vec<Pending<T>>,
	most: usize,
	watch: Watch<'_>,
	summary: &mut Summary,
	call: impl Fn(&[Pending<T>]) -> Call,
	mut done: impl FnMut(&[Pending<T>], &Finalized, &mut Summary, Watch<'_>) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
	let mut batches = Vec::new();
	while !records.is_empty() {
		let rest = records.split_off(records.len().min(most));
		batches.push(records);
		records = rest;
	}
	batches.reverse();
	while let Some(mut batch) = batches.pop() {
		let sources = batch.iter().map(|pending| pending.source).collect::<Vec<_>>();
		match attempt(submit, &call(&batch)).await {
			Ok(finalized) => {
				journal.note(&sources, &State::Final { block: finalized.block })?;
				done(&batch, &finalized, summary, watch)?;
			},
			Err(error) if error.is_transient() => return Err(error.into()),
			Err(error) if batch.len() > 1 => {
				eprintln!("{error}; sending the {} records of this batch in halves", batch.len());
				let second = batch.split_off(batch.len() / 2);
				batches.push(second);
				batches.push(batch);
			},
			// The same form is there already: an earlier run got that far and was cut off.
			Err(LedgerError::Dispatch { error, .. }) if error == "AlreadyExists" => {
				journal.note(&sources, &State::Final { block: H256::zero() })?;
				summary.already += 1;
				let reason = Some("the ledger had it already".into());
				batch
					.iter()
					.for_each(|pending| watch(pending.report("already", reason.clone())));
			},
			Err(error) => {
				for pending in batch {
					journal.keep(pending.source, &pending.raw, &error.to_string())?;
					summary.kept += 1;
					watch(pending.report("kept", Some(error.to_string())));
				}
			},
		}
	}
	Ok(())
}

impl Pending<Change> {
	/// The calls of a consent: one for each alternative.
	fn calls(&self) -> Vec<Call> {
		match &self.what {
			Change::Grant(subject, scopes) => {
				let numbered = (0u8..).zip(scopes);
				numbered
					.map(|(number, scope)| call::grant(*subject, scope, form(self.source, number)))
					.collect()
			},
			Change::Revoke(subject) => vec![call::revoke(*subject, self.source)],
		}
	}
}

/// Each alternative of a consent has a form of its own; the first one is the record itself.
fn form(source: H256, number: u8) -> H256 {
	match number {
		0 => source,
		_ => H256(sp_crypto_hashing::blake2_256(&[source.as_bytes(), &[number]].concat())),
	}
}

/// Tries again what may pass.
async fn attempt<S: Submit>(submit: &S, call: &Call) -> Result<Finalized, LedgerError> {
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

struct Sorted {
	accesses: Vec<Pending<AccessEvent>>,
	consents: Vec<Pending<Change>>,
}

/// Reads and maps every record. Without a journal nothing is written, and nothing is passed over.
fn sort(
	mapper: &Mapper<'_>,
	paths: &[PathBuf],
	mut journal: Option<&mut Journal>,
	watch: Watch<'_>,
	summary: &mut Summary,
) -> io::Result<Sorted> {
	let mut sorted = Sorted {
		accesses: Vec::new(),
		consents: Vec::new(),
	};
	let mut seen = std::collections::BTreeSet::new();
	for file in source::files(paths)? {
		let (records, unreadable) = source::read(&file);
		for bad in unreadable {
			let source = H256(sp_crypto_hashing::blake2_256(bad.raw.as_bytes()));
			if let Some(journal) = journal.as_deref_mut() {
				journal.keep(source, &bad.raw, &bad.problem.reason)?;
			}
			summary.kept += 1;
			let (element, reason) = (Some(bad.problem.element), Some(bad.problem.reason));
			watch(Report {
				file: bad.file,
				line: bad.line,
				source,
				outcome: "kept",
				element,
				reason,
			});
		}
		for record in records {
			let source = record.source();
			let pending = || Pending::new(&record, source, ());
			let done = matches!(
				journal.as_deref().and_then(|journal| journal.state(&source)),
				Some(State::Final { .. })
			);
			if done || !seen.insert(source) {
				summary.already += 1;
				watch(pending().report("already", Some("brought to the ledger before".into())));
				continue;
			}
			match mapper.map(&record) {
				Ok(Mapped::Access(event)) => sorted.accesses.push(Pending::new(&record, source, event)),
				Ok(Mapped::Grant { subject, scopes }) => {
					sorted
						.consents
						.push(Pending::new(&record, source, Change::Grant(subject, scopes)))
				},
				Ok(Mapped::Revoke { subject }) => {
					sorted
						.consents
						.push(Pending::new(&record, source, Change::Revoke(subject)))
				},
				Ok(Mapped::NotApplicable(reason)) => {
					summary.not_applicable += 1;
					watch(pending().report("not-applicable", Some(reason)));
				},
				Err(problem) => {
					if let Some(journal) = journal.as_deref_mut() {
						journal.keep(source, &record.raw, &format!("{}: {}", problem.element, problem.reason))?;
					}
					summary.kept += 1;
					let mut report = pending().report("kept", Some(problem.reason));
					report.element = Some(problem.element);
					watch(report);
				},
			}
		}
	}
	Ok(sorted)
}
