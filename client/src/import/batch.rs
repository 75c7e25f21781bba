//! What goes to the ledger in batches: accesses and changes of consent.

use super::{
	journal::{Carried, Consent, Outbound},
	plan, Summary,
};
use crate::{
	call::{self, Call},
	ledger::{BatchRecorded, Done, LedgerError},
	standards::record::Version,
};
use kexin_primitives::{batch::Malformed, scope::Scope, Pseudonym, H256};
use std::path::PathBuf;

/// The most accesses in one transaction.
pub const MAX_EVENTS: usize = 1_000;
/// The most accesses that are under way at a time. A member can send so many at once after a quiet time.
pub const MAX_UNDER_WAY: usize = 8 * MAX_EVENTS;
/// The most changes of consents in one transaction.
pub const MAX_CONSENTS: usize = 100;

/// A record on its way to the ledger.
#[derive(Clone, Debug)]
pub(super) struct Pending<T> {
	pub file: PathBuf,
	pub line: usize,
	pub source: H256,
	pub bytes: Vec<u8>,
	pub item: T,
}

impl<T> Pending<T> {
	/// A copy of the record with another item.
	pub fn clone_with<U>(&self, item: U) -> Pending<U> {
		Pending {
			file: self.file.clone(),
			line: self.line,
			source: self.source,
			bytes: self.bytes.clone(),
			item,
		}
	}

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
	/// The largest size of a transaction.
	const MAX: usize;
	/// Whether each record has a position after the one before it, so that the ledger takes none while that is missing.
	const IS_NUMBERED: bool = false;

	/// What the record adds to the size of a transaction.
	fn size(&self) -> usize {
		1
	}

	/// The call that brings a batch to the ledger.
	///
	/// # Errors
	/// When the records make no batch.
	fn call(batch: &[Pending<Self>]) -> Result<Call, Malformed>;

	/// What became of each record of a final batch.
	fn outcomes(batch: &[Pending<Self>], done: &Done, summary: &mut Summary) -> Result<Vec<Settled>, LedgerError>;

	/// Whether this error means that the ledger already is as the record wants it.
	fn is_settled_by(&self, _error: &str) -> bool {
		false
	}

	/// What the ledger carries out for the record.
	fn carried(&self) -> Carried<'_>;

	/// The change, if the record is one.
	fn change(&self) -> Option<&PlannedChange> {
		match self.carried() {
			Carried::Access(_) => None,
			Carried::Change(change) => Some(change),
		}
	}

	/// Whether all that the record does is to take away what is permitted.
	fn only_takes_away(&self) -> bool {
		false
	}

	/// Whether the record ends every consent of a person.
	fn is_refusal(&self) -> bool {
		false
	}

	/// The parts of a record that the ledger refused with this error, if they can be sent one after the other.
	fn apart(&self, _error: &str) -> Vec<Self> {
		Vec::new()
	}

	/// What is left to do when the ledger has refused the record, of whose document it has these consents.
	fn after_refusal(&self, _consents: &[Consent]) -> Option<Self> {
		None
	}
}

impl BatchItem for Outbound {
	const MAX: usize = MAX_EVENTS;
	const IS_NUMBERED: bool = true;

	fn call(batch: &[Pending<Self>]) -> Result<Call, Malformed> {
		let events = batch.iter().map(|pending| pending.item.event).collect::<Vec<_>>();
		let first = batch.first().map(|first| (first.item.dataset, first.item.position));
		let (dataset, position) = first.unwrap_or_default();
		call::record(dataset, position, &events)
	}

	fn outcomes(batch: &[Pending<Self>], done: &Done, summary: &mut Summary) -> Result<Vec<Settled>, LedgerError> {
		let found: BatchRecorded = done.event("Access", "BatchRecorded")?;
		summary.recorded += found.recorded as usize;
		summary.replayed += found.replayed as usize;
		summary.breached += found.breached.len();
		let places = (0u32..).take(batch.len());
		Ok(places
			.map(|place| {
				if place < found.replayed {
					return ("replayed", None);
				}
				let breached = found.breached.iter().find(|(at, _)| *at == place);
				let names = breached.map(|(_, breaches)| breaches.names().collect::<Vec<_>>().join(", "));
				("final", names.map(|names| format!("breach: {names}")))
			})
			.collect())
	}

	fn carried(&self) -> Carried<'_> {
		Carried::Access(self.dataset)
	}
}

/// What a version of a document changes on the ledger.
#[derive(Clone, Debug)]
pub(super) struct PlannedChange {
	/// The document.
	pub document: H256,
	/// Which version of it is the cause.
	pub version: Version,
	/// The changes, those that take away before those that permit.
	pub steps: Vec<Step>,
	/// Whether that is all that becomes of the record.
	pub settles: bool,
}

/// A change of one consent on the ledger, or of all of a person.
#[derive(Clone, Debug)]
pub(super) enum Step {
	/// It permits no more than this from now on.
	Narrow {
		subject: Pseudonym,
		consent: H256,
		scope: Scope,
	},
	/// It ends; without its hash, every consent of the person.
	Revoke { subject: Pseudonym, consent: Option<H256> },
	/// It is new.
	Grant {
		subject: Pseudonym,
		consent: H256,
		scope: Scope,
		alternative: usize,
	},
}

impl Step {
	/// The call for a step that the record with this hash documents.
	fn call(&self, document: H256) -> Call {
		match self {
			Self::Narrow {
				subject,
				consent,
				scope,
			} => call::narrow(*subject, Some(*consent), scope, document),
			Self::Revoke { subject, consent } => call::revoke(*subject, *consent, document),
			Self::Grant {
				subject,
				consent,
				scope,
				..
			} => call::grant(*subject, scope, *consent),
		}
	}

	fn is_grant(&self) -> bool {
		matches!(self, Self::Grant { .. })
	}
}

impl PlannedChange {
	fn with(&self, steps: Vec<Step>, settles: bool) -> Self {
		Self {
			steps,
			settles,
			..self.clone()
		}
	}
}

impl BatchItem for PlannedChange {
	const MAX: usize = MAX_CONSENTS;

	fn size(&self) -> usize {
		self.steps.len()
	}

	fn call(batch: &[Pending<Self>]) -> Result<Call, Malformed> {
		let calls = batch.iter().flat_map(|pending| {
			let steps = pending.item.steps.iter();
			steps.map(|step| step.call(pending.source))
		});
		Ok(call::batch_all(calls.collect()))
	}

	fn outcomes(batch: &[Pending<Self>], _: &Done, summary: &mut Summary) -> Result<Vec<Settled>, LedgerError> {
		summary.consents += batch.iter().filter(|pending| pending.item.settles).count();
		Ok(vec![("final", None); batch.len()])
	}

	fn is_settled_by(&self, error: &str) -> bool {
		match &self.steps[..] {
			// There is no consent that could end.
			[Step::Narrow { .. } | Step::Revoke { .. }] => error == "NotFound",
			// An earlier import got this far before it was cut off.
			steps => error == "AlreadyExists" && steps.iter().all(Step::is_grant),
		}
	}

	fn carried(&self) -> Carried<'_> {
		Carried::Change(self)
	}

	fn only_takes_away(&self) -> bool {
		!self.steps.iter().any(Step::is_grant)
	}

	fn is_refusal(&self) -> bool {
		matches!(self.steps[..], [Step::Revoke { consent: None, .. }])
	}

	/// The ledger may not have one of the consents that end, or have the grant from an earlier import: that must not
	/// keep the others alive.
	fn apart(&self, error: &str) -> Vec<Self> {
		if !matches!(error, "NotFound" | "AlreadyExists") || self.steps.len() < 2 {
			return Vec::new();
		}
		let (grants, ends): (Vec<_>, Vec<_>) = self.steps.iter().cloned().partition(Step::is_grant);
		if ends.is_empty() {
			return Vec::new();
		}
		let last = ends.len() - 1;
		let ends = ends.into_iter().enumerate();
		let mut parts = ends
			.map(|(number, step)| self.with(vec![step], self.settles && number == last && grants.is_empty()))
			.collect::<Vec<_>>();
		if !grants.is_empty() {
			parts.push(self.with(grants, self.settles));
		}
		parts
	}

	/// What older versions granted ends, since the newer one does not say it any more. So does what this one granted if
	/// the answer to that was lost.
	fn after_refusal(&self, consents: &[Consent]) -> Option<Self> {
		let alive = consents.iter().filter(|consent| consent.is_alive());
		let ends = alive.map(plan::end).collect::<Vec<_>>();
		(self.steps.iter().any(Step::is_grant) && !ends.is_empty()).then(|| self.with(ends, false))
	}
}
