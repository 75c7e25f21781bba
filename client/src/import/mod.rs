//! Brings records to the ledger, each exactly once, even if the import is cut off at any point.
//!
//! Each record ends final on the ledger or quarantined with a reason, and nothing in between can be lost. If an import
//! was cut off, run it again: it skips what is final and sends the rest again, and the ledger recognises a source that
//! it has recorded.
//!
//! The import handles [records](crate::standards::record::Record) and knows no standard.
//!
//! | module | what it does |
//! |---|---|
//! | [`files`] | finds and reads the files |
//! | `plan` | decides what becomes of each record, and in which order they go |
//! | `batch` | makes calls of records, and reads what the ledger made of them |
//! | [`journal`] | remembers what became of each record, and holds the quarantine |

mod batch;
pub mod files;
pub mod journal;
mod plan;

use crate::{
	call::Call,
	ledger::{Done, Ledger, LedgerError, Window},
	standards::record::{Mapped, Problem, Reader, Record},
};
use batch::{BatchItem, Pending};
use journal::{Journal, State};
use kexin_primitives::{DatasetId, H256};
use plan::{Held, Plan};
use serde::Serialize;
use serde_json::Value;
use std::{
	collections::BTreeSet,
	io,
	path::{Path, PathBuf},
	time::Duration,
};
use subxt_signer::sr25519::Keypair;

/// How often a call is tried that may succeed later, with twice the pause each time.
const ATTEMPTS: u32 = 6;

/// What the import needs of the ledger.
pub trait Submit {
	/// Sends a call and waits until it is final.
	fn submit(&self, call: &Call) -> impl std::future::Future<Output = Result<Done, LedgerError>>;
	/// When accesses must have occurred for the ledger to accept them now.
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
	/// Changes of consent that were recorded.
	pub consents: usize,
	/// Records that were on the ledger before, or repeat an earlier record of the import.
	pub already: usize,
	/// Records that are neither accesses nor changes of consent.
	pub not_applicable: usize,
	/// Records in quarantine.
	pub quarantined: usize,
	/// Files that were passed over.
	pub passed_over: usize,
}

/// What became of one record.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RecordOutcome {
	/// The file.
	pub file: PathBuf,
	/// The line.
	pub line: usize,
	/// The record's hash.
	pub source: H256,
	/// What became of it or, in a dry run, what it maps to.
	pub outcome: &'static str,
	/// The element that can't be mapped.
	#[serde(skip_serializing_if = "Option::is_none")]
	pub element: Option<String>,
	/// Why, or what the ledger found.
	#[serde(skip_serializing_if = "Option::is_none")]
	pub reason: Option<String>,
	/// In a dry run, what would go to the ledger.
	#[serde(skip_serializing_if = "Option::is_none")]
	pub mapped: Option<Value>,
}

/// Receives the outcomes.
pub type Watch<'a> = &'a mut dyn FnMut(RecordOutcome);

/// The outcome of a record that is quarantined.
const QUARANTINED: &str = "quarantined";

impl<T> Pending<T> {
	fn outcome(&self, outcome: &'static str, reason: Option<String>) -> RecordOutcome {
		RecordOutcome {
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

impl Summary {
	/// Whether every record and file was understood.
	pub fn is_whole(&self) -> bool {
		self.quarantined == 0 && self.passed_over == 0
	}

	/// Reports a file that was passed over.
	fn pass_over(&mut self, file: PathBuf, reason: String, watch: Watch<'_>) {
		self.passed_over += 1;
		watch(RecordOutcome {
			file,
			line: 1,
			source: H256::zero(),
			outcome: "passed-over",
			element: None,
			reason: Some(reason),
			mapped: None,
		});
	}
}

/// A record of a file, and what it maps to.
fn pending(file: &Path, record: Record) -> (Pending<()>, Result<Mapped, Problem>) {
	let pending = Pending {
		file: file.to_owned(),
		line: record.line,
		source: record.source,
		bytes: record.bytes,
		item: (),
	};
	(pending, record.mapped)
}

/// Maps every record of these files and reports the result. It sends and writes nothing.
///
/// # Errors
/// When a path can't be read.
pub fn dry_run(reader: &dyn Reader, paths: &[PathBuf], watch: Watch<'_>) -> io::Result<Summary> {
	let mut summary = Summary::default();
	for file in files::find(paths)? {
		let records = match files::read(&file, reader) {
			Ok(records) => records,
			Err(reason) => {
				summary.pass_over(file.path, reason, watch);
				continue;
			},
		};
		for record in records {
			let (pending, mapped) = pending(&file.path, record);
			watch(match mapped {
				Ok(mapped) => {
					match mapped {
						Mapped::Access(_) => summary.recorded += 1,
						Mapped::Consent(_) => summary.consents += 1,
						Mapped::NotApplicable(_) => summary.not_applicable += 1,
					}
					let (outcome, preview) = mapped.preview();
					RecordOutcome {
						mapped: Some(preview),
						..pending.outcome(outcome, None)
					}
				},
				Err(problem) => {
					summary.quarantined += 1;
					RecordOutcome {
						element: Some(problem.element),
						..pending.outcome(QUARANTINED, Some(problem.reason))
					}
				},
			});
		}
	}
	Ok(summary)
}

/// Brings every record of these files to the ledger.
///
/// # Errors
/// When a path can't be read, the journal can't be written, the node stays unreachable, or the ledger refuses the key
/// or the dataset. Run it again after the cause is gone.
pub async fn run<S: Submit>(
	submit: &S,
	reader: &dyn Reader,
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
	let (consents, accesses) = import.plan(reader, paths, &window)?.ordered();
	// Consents first: the ledger judges accesses by what it knows when they arrive.
	import.send(consents).await?;
	import.send(accesses).await?;
	Ok(import.summary)
}

struct Import<'a, S> {
	submit: &'a S,
	dataset: DatasetId,
	journal: &'a mut Journal,
	watch: Watch<'a>,
	summary: Summary,
}

impl<S: Submit> Import<'_, S> {
	/// Reads every record, and settles those that don't go to the ledger.
	fn plan(&mut self, reader: &dyn Reader, paths: &[PathBuf], window: &Window) -> io::Result<Plan> {
		let mut plan = Plan::new(self.journal.documents().clone());
		let mut seen = BTreeSet::new();
		for file in files::find(paths)? {
			let records = match files::read(&file, reader) {
				Ok(records) => records,
				Err(reason) => {
					self.summary.pass_over(file.path, reason, self.watch);
					continue;
				},
			};
			for record in records {
				let (pending, mapped) = pending(&file.path, record);
				if matches!(self.journal.state(&pending.source), Some(State::Final { .. })) {
					self.already(&pending, "is on the ledger from an earlier import");
				} else if mapped.is_ok() && !seen.insert(pending.source) {
					self.already(&pending, "repeats an earlier record of this import");
				} else {
					match plan.decide(pending.source, mapped, window) {
						Ok(planned) => plan.add(pending, planned),
						Err(held) => self.hold(&pending, held)?,
					}
				}
			}
		}
		Ok(plan)
	}

	/// Sends records in batches. A refused batch is halved until the record that is the cause is alone; it is
	/// quarantined.
	async fn send<T: BatchItem>(&mut self, mut records: Vec<Pending<T>>) -> anyhow::Result<()> {
		let mut batches = Vec::new();
		while !records.is_empty() {
			let rest = records.split_off(records.len().min(T::MAX));
			batches.push(records);
			records = rest;
		}
		batches.reverse();
		while let Some(mut batch) = batches.pop() {
			match attempt(self.submit, &T::call(&batch, self.dataset)).await {
				Ok(done) => {
					self.finish(&batch, Some(done.block))?;
					let outcomes = T::outcomes(&batch, &done, &mut self.summary)?;
					for (pending, (outcome, reason)) in batch.iter().zip(outcomes) {
						(self.watch)(pending.outcome(outcome, reason));
					}
				},
				Err(error) if error.is_transient() || error.concerns_every_record() => return Err(error.into()),
				Err(error) if batch.len() > 1 => {
					crate::warn!("{error}; sending the {} records of this batch in halves", batch.len());
					let second = batch.split_off(batch.len() / 2);
					batches.push(second);
					batches.push(batch);
				},
				Err(error) => self.refused(&batch, &error)?,
			}
		}
		Ok(())
	}

	/// Settles a record that the ledger refused by itself.
	fn refused<T: BatchItem>(&mut self, batch: &[Pending<T>], error: &LedgerError) -> io::Result<()> {
		for pending in batch {
			let settled = match error {
				LedgerError::Dispatch { error, .. } => pending.item.is_settled_by(error),
				_ => false,
			};
			if settled {
				self.finish(std::slice::from_ref(pending), None)?;
				self.already(pending, "the ledger already has this result");
			} else {
				let held = Held::Quarantined {
					element: None,
					reason: error.to_string(),
				};
				self.hold(pending, held)?;
			}
		}
		Ok(())
	}

	fn finish<T: BatchItem>(&mut self, batch: &[Pending<T>], block: Option<H256>) -> io::Result<()> {
		let state = |pending: &Pending<T>| State::Final {
			block,
			document: pending.item.version().cloned(),
		};
		self.journal
			.note(batch.iter().map(|pending| (pending.source, state(pending))))
	}

	fn already<T>(&mut self, pending: &Pending<T>, reason: &str) {
		self.summary.already += 1;
		(self.watch)(pending.outcome("already", Some(reason.into())));
	}

	/// Reports a record that does not go to the ledger, and quarantines it unless there is nothing in it for the
	/// ledger.
	fn hold<T>(&mut self, pending: &Pending<T>, held: Held) -> io::Result<()> {
		match held {
			Held::NotApplicable(reason) => {
				self.summary.not_applicable += 1;
				(self.watch)(pending.outcome("not-applicable", Some(reason)));
			},
			Held::Quarantined { element, reason } => {
				let why = match &element {
					Some(element) => format!("{element}: {reason}"),
					None => reason.clone(),
				};
				self.journal.quarantine(pending.source, &pending.bytes, &why)?;
				self.summary.quarantined += 1;
				(self.watch)(RecordOutcome {
					element,
					..pending.outcome(QUARANTINED, Some(reason))
				});
			},
		}
		Ok(())
	}
}

/// Submits a call, and again with growing pauses while the error may pass.
async fn attempt<S: Submit>(submit: &S, call: &Call) -> Result<Done, LedgerError> {
	let mut pause = S::PAUSE;
	for _ in 1..ATTEMPTS {
		match submit.submit(call).await {
			Err(error) if error.is_transient() => {
				crate::warn!("{error}; trying again in {} s", pause.as_secs());
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
