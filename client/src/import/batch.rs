//! What goes to the ledger in batches: accesses and changes of consent.

use super::Summary;
use crate::{
	call::{self, Call},
	import::journal::DocumentVersion,
	ledger::{BatchRecorded, Done, LedgerError},
};
use kexin_primitives::{access::AccessEvent, scope::Scope, DatasetId, Pseudonym, H256};
use std::path::PathBuf;

/// The most accesses in one transaction.
pub const MAX_EVENTS: usize = 1_000;
/// The most consents in one transaction.
pub const MAX_CONSENTS: usize = 100;

/// A record on its way to the ledger.
pub(super) struct Pending<T> {
	pub file: PathBuf,
	pub line: usize,
	pub source: H256,
	pub bytes: Vec<u8>,
	pub item: T,
}

impl<T> Pending<T> {
	/// The same record with another item.
	pub fn with<U>(self, item: U) -> Pending<U> {
		Pending {
			file: self.file,
			line: self.line,
			source: self.source,
			bytes: self.bytes,
			item,
		}
	}
}

/// What became of a record: the name of the outcome, and a reason or what the ledger found.
pub(super) type Settled = (&'static str, Option<String>);

/// Something that goes to the ledger in batches.
pub(super) trait BatchItem: Sized {
	/// The most records in one transaction.
	const MAX: usize;

	/// The call that brings a batch to the ledger.
	fn call(batch: &[Pending<Self>], dataset: DatasetId) -> Call;

	/// What became of each record of a final batch.
	fn outcomes(batch: &[Pending<Self>], done: &Done, summary: &mut Summary) -> Result<Vec<Settled>, LedgerError>;

	/// Whether this error means that the ledger already is as the record wants it.
	fn is_settled_by(&self, error: &str) -> bool;

	/// The version of a document that the record is.
	fn version(&self) -> Option<&DocumentVersion>;
}

impl BatchItem for AccessEvent {
	const MAX: usize = MAX_EVENTS;

	fn call(batch: &[Pending<Self>], dataset: DatasetId) -> Call {
		call::record(dataset, &batch.iter().map(|pending| pending.item).collect::<Vec<_>>())
	}

	fn outcomes(batch: &[Pending<Self>], done: &Done, summary: &mut Summary) -> Result<Vec<Settled>, LedgerError> {
		let found: BatchRecorded = done.event("Access", "BatchRecorded")?;
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

/// A change of consent, with the consents on the ledger that it takes the place of.
pub(super) enum PlannedChange {
	/// These alternatives take the place of those consents.
	Grant {
		subject: Pseudonym,
		replaces: Vec<H256>,
		scopes: Vec<Scope>,
		version: DocumentVersion,
	},
	/// Those consents end.
	End {
		subject: Pseudonym,
		replaces: Vec<H256>,
		version: DocumentVersion,
	},
	/// Every consent ends.
	Revoke { subject: Pseudonym },
}

impl BatchItem for PlannedChange {
	const MAX: usize = MAX_CONSENTS;

	fn call(batch: &[Pending<Self>], _: DatasetId) -> Call {
		let calls = batch.iter().flat_map(|pending| pending.item.calls(pending.source));
		call::batch_all(calls.collect())
	}

	fn outcomes(batch: &[Pending<Self>], _: &Done, summary: &mut Summary) -> Result<Vec<Settled>, LedgerError> {
		summary.consents += batch.len();
		Ok(vec![("final", None); batch.len()])
	}

	fn is_settled_by(&self, error: &str) -> bool {
		match self {
			// An earlier import got this far before it was cut off.
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

impl PlannedChange {
	/// The calls of a change that the record with this hash documents.
	fn calls(&self, document: H256) -> Vec<Call> {
		let end = |subject: &Pseudonym, replaces: &[H256]| {
			let calls = replaces
				.iter()
				.map(|older| call::revoke(*subject, Some(*older), document));
			calls.collect::<Vec<_>>()
		};
		match self {
			Self::Grant {
				subject,
				replaces,
				scopes,
				version,
			} => {
				let narrowed = replaces.iter().zip(scopes);
				let narrowed = narrowed.map(|(older, scope)| call::narrow(*subject, Some(*older), scope, document));
				let ended = end(subject, replaces.get(scopes.len()..).unwrap_or_default());
				let granted = scopes.iter().zip(&version.consents);
				let granted = granted.map(|(scope, document)| call::grant(*subject, scope, *document));
				narrowed.chain(ended).chain(granted).collect()
			},
			Self::End { subject, replaces, .. } => end(subject, replaces),
			Self::Revoke { subject } => vec![call::revoke(*subject, None, document)],
		}
	}
}
