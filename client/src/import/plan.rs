//! Decides what becomes of each record before anything is sent.

use super::{
	batch::{Pending, PlannedChange},
	journal::DocumentVersion,
};
use crate::{
	ledger::Window,
	standards::record::{ConsentChange, ConsentDocument, Mapped, Problem},
};
use kexin_primitives::{access::AccessEvent, Pseudonym, H256};
use std::collections::BTreeMap;

/// The records that go to the ledger.
pub(super) struct Plan {
	accesses: Vec<Pending<AccessEvent>>,
	consents: Vec<Pending<PlannedChange>>,
	withdrawals: Vec<Pending<PlannedChange>>,
	/// The newest version of each document, on the ledger or in this plan.
	documents: BTreeMap<H256, DocumentVersion>,
}

/// What a record brings to the ledger.
pub(super) enum Planned {
	Access(AccessEvent),
	Change(PlannedChange),
}

/// Why a record does not go to the ledger.
pub(super) enum Held {
	/// There is nothing in it for the ledger.
	NotApplicable(String),
	/// It can't go there as it is.
	Quarantined {
		/// The element that is wrong.
		element: Option<String>,
		/// Why.
		reason: String,
	},
}

impl From<Problem> for Held {
	fn from(problem: Problem) -> Self {
		Self::Quarantined {
			element: Some(problem.element),
			reason: problem.reason,
		}
	}
}

impl Plan {
	/// An empty plan, with the documents that are on the ledger.
	pub fn new(documents: BTreeMap<H256, DocumentVersion>) -> Self {
		Self {
			accesses: Vec::new(),
			consents: Vec::new(),
			withdrawals: Vec::new(),
			documents,
		}
	}

	/// What the record with this hash brings to the ledger.
	///
	/// An access that the ledger's window refuses would be refused with its whole batch, so it is not sent.
	pub fn decide(&mut self, source: H256, mapped: Result<Mapped, Problem>, window: &Window) -> Result<Planned, Held> {
		match mapped? {
			Mapped::Access(event) => match window.refusal(event.occurred) {
				None => Ok(Planned::Access(event)),
				Some(refusal) => Err(Held::Quarantined {
					element: None,
					reason: refusal.into(),
				}),
			},
			Mapped::Consent(change) => self.change(source, change).map(Planned::Change),
			Mapped::NotApplicable(reason) => Err(Held::NotApplicable(reason)),
		}
	}

	/// Adds a record with what it brings to the ledger.
	pub fn add(&mut self, record: Pending<()>, planned: Planned) {
		match planned {
			Planned::Access(event) => self.accesses.push(record.with(event)),
			Planned::Change(change @ PlannedChange::Revoke { .. }) => self.withdrawals.push(record.with(change)),
			Planned::Change(change) => self.consents.push(record.with(change)),
		}
	}

	/// The consents and accesses, each in the order in which they go.
	pub fn ordered(self) -> (Vec<Pending<PlannedChange>>, Vec<Pending<AccessEvent>>) {
		let (mut consents, mut accesses) = (self.consents, self.accesses);
		// If a patient both permits and refuses, the refusal stands: it comes last.
		consents.extend(self.withdrawals);
		// Accesses that are near in time share pages on the ledger.
		accesses.sort_by_key(|pending| pending.item.occurred);
		(consents, accesses)
	}

	/// What a change of consent replaces.
	fn change(&mut self, source: H256, change: ConsentChange) -> Result<PlannedChange, Held> {
		match change {
			ConsentChange::Revoke { subject } => Ok(PlannedChange::Revoke { subject }),
			ConsentChange::Grant {
				subject,
				document,
				scopes,
			} => {
				let consents = (0u8..).take(scopes.len()).map(|number| alternative(source, number));
				let version = version(subject, &document, source, consents.collect());
				let replaces = self.replaced(&version)?;
				self.documents.insert(version.document, version.clone());
				Ok(PlannedChange::Grant {
					subject,
					replaces,
					scopes,
					version,
				})
			},
			ConsentChange::End { subject, document } => {
				let version = version(subject, &document, source, Vec::new());
				let replaces = self.replaced(&version)?;
				if replaces.is_empty() {
					let reason = "the consent is not in force, and this journal knows no version of it on the ledger; if it was \
					              granted in another way, withdraw it with `kexin consent revoke`";
					return Err(Problem::new("Consent.status", reason).into());
				}
				self.documents.insert(version.document, version.clone());
				Ok(PlannedChange::End {
					subject,
					replaces,
					version,
				})
			},
		}
	}

	/// The consents on the ledger that a version takes the place of.
	fn replaced(&self, version: &DocumentVersion) -> Result<Vec<H256>, Held> {
		match self.documents.get(&version.document) {
			Some(known) if version.changed.is_some() && version.changed < known.changed => Err(Held::NotApplicable(
				"an older version of a document, of which a newer version is on the ledger".into(),
			)),
			Some(known) => Ok(known.consents.clone()),
			None => Ok(Vec::new()),
		}
	}
}

/// The hash that names an alternative of a consent on the ledger. That of the first alternative is the record's own.
fn alternative(source: H256, number: u8) -> H256 {
	match number {
		0 => source,
		_ => H256(sp_crypto_hashing::blake2_256(&[source.as_bytes(), &[number]].concat())),
	}
}

/// The version of a document that a record is. A document without a name is named by the record, and has no other
/// version.
fn version(subject: Pseudonym, document: &ConsentDocument, source: H256, consents: Vec<H256>) -> DocumentVersion {
	let name = document
		.name
		.as_deref()
		.map_or(source.as_bytes().to_vec(), |name| name.as_bytes().to_vec());
	DocumentVersion {
		document: H256(sp_crypto_hashing::blake2_256(&[subject.as_bytes(), &name].concat())),
		changed: document.changed,
		consents,
	}
}
