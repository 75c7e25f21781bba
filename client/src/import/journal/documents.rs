//! The versions of documents, and their consents on the ledger.

use super::{damaged, from_json, hash, int, to_json, Journal, JournalError, Result};
use crate::{
	import::{
		batch::{Pending, PlannedChange, Step},
		plan,
	},
	standards::record::{ConsentChange, Mapped, Problem, Version},
};
use codec::{Decode as _, Encode as _};
use kexin_primitives::{scope::Scope, Pseudonym, H256};
use sqlx::{sqlite::SqliteRow, Row as _};
use std::path::PathBuf;

/// What a version of a document says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::import) enum Says {
	/// Any of these alternatives is permitted.
	Permission {
		/// Who permits it.
		subject: Pseudonym,
		/// The alternatives. The journal does not know those that an earlier release granted.
		scopes: Vec<Scope>,
	},
	/// Nothing is permitted, by no document.
	Refusal {
		/// Who refuses.
		subject: Pseudonym,
	},
	/// The document is not in force any more.
	End {
		/// Whose it was.
		subject: Pseudonym,
	},
	/// Nothing, for this reason.
	Nothing(String),
	/// What can't be mapped.
	Unmapped(Problem),
}

impl From<Result<Mapped, Problem>> for Says {
	fn from(mapped: Result<Mapped, Problem>) -> Self {
		match mapped {
			Ok(Mapped::Consent(ConsentChange::Grant { subject, scopes })) => Self::Permission { subject, scopes },
			Ok(Mapped::Consent(ConsentChange::Revoke { subject })) => Self::Refusal { subject },
			Ok(Mapped::Consent(ConsentChange::End { subject })) => Self::End { subject },
			Ok(Mapped::NotApplicable(reason)) => Self::Nothing(reason),
			Ok(Mapped::Access(_)) => Self::Nothing("is an access".into()),
			Err(problem) => Self::Unmapped(problem),
		}
	}
}

impl Says {
	fn kind(&self) -> i64 {
		match self {
			Self::Permission { .. } => 1,
			Self::Refusal { .. } => 2,
			Self::End { .. } => 3,
			Self::Nothing(_) => 4,
			Self::Unmapped(_) => 5,
		}
	}

	/// Whose consent it is about, as far as that matters.
	pub fn subject(&self) -> Option<Pseudonym> {
		match self {
			Self::Permission { subject, .. } | Self::Refusal { subject } | Self::End { subject } => Some(*subject),
			Self::Nothing(_) | Self::Unmapped(_) => None,
		}
	}
}

/// A version of a document that an import has met.
#[derive(Clone, Debug)]
pub(in crate::import) struct Known {
	/// The record.
	pub record: Pending<()>,
	/// Which version it is.
	pub version: Version,
	/// What it says.
	pub says: Says,
	/// Whether what becomes of it is still to be decided.
	pub open: bool,
}

/// A consent that a document granted on the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::import) struct Consent {
	/// The document that granted it.
	pub document: H256,
	/// The hash that names it on the ledger.
	pub consent: H256,
	/// Whose it is.
	pub subject: Pseudonym,
	/// Which alternative of its version it is.
	pub alternative: usize,
	/// How far it has come.
	pub stage: Stage,
}

/// How far a consent that a document granted has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::import) enum Stage {
	/// It was not ended since.
	Granted,
	/// It goes to the ledger, and the ledger's answer is not known: it may be in force.
	Sent,
	/// It has ended.
	Ended,
}

impl Stage {
	/// As the journal holds it.
	fn number(self) -> i64 {
		match self {
			Self::Ended => 0,
			Self::Granted => 1,
			Self::Sent => 2,
		}
	}
}

impl Consent {
	/// Whether it may be in force.
	pub fn is_alive(&self) -> bool {
		self.stage != Stage::Ended
	}
}

/// What a version of a document is to an import that meets it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::import) enum Met {
	/// What becomes of it is to be decided.
	New,
	/// It repeats a record of this import.
	Repeated,
	/// What became of it was decided before, and nothing new is known about it.
	Decided,
}

/// The columns that [`known`] reads.
const VERSIONS: &str =
	"SELECT source, version, kind, subject, scopes, element, reason, open, file, line, bytes FROM versions WHERE";

fn known(row: &SqliteRow) -> Result<Known> {
	let subject = row.try_get::<Option<Vec<u8>>, _>(3)?;
	let subject = subject.as_deref().map(hash).transpose()?;
	let subject_is = || subject.ok_or_else(|| damaged("a subject"));
	let text = |column: usize| row.try_get::<Option<String>, _>(column).map(Option::unwrap_or_default);
	let says = match row.try_get::<i64, _>(2)? {
		1 => Says::Permission {
			subject: subject_is()?,
			scopes: Vec::<Scope>::decode(&mut &row.try_get::<Vec<u8>, _>(4)?[..]).map_err(|_| damaged("a scope"))?,
		},
		2 => Says::Refusal { subject: subject_is()? },
		3 => Says::End { subject: subject_is()? },
		4 => Says::Nothing(text(6)?),
		5 => Says::Unmapped(Problem {
			element: text(5)?,
			reason: text(6)?,
		}),
		_ => return Err(damaged("what a document says")),
	};
	Ok(Known {
		record: Pending {
			file: PathBuf::from(row.try_get::<String, _>(8)?),
			line: usize::try_from(row.try_get::<i64, _>(9)?).unwrap_or_default(),
			source: hash(&row.try_get::<Vec<u8>, _>(0)?)?,
			bytes: row.try_get::<Option<Vec<u8>>, _>(10)?.unwrap_or_default(),
			item: (),
		},
		version: from_json(&row.try_get::<String, _>(1)?)?,
		says,
		open: row.try_get(7)?,
	})
}

impl Journal {
	/// Remembers a version of a document. What becomes of it is to be decided, unless that was decided before and
	/// nothing new is known about it.
	///
	/// A record that was met before may have come with other facts about its version: those that make it newer count.
	/// What a record said that is final on the ledger is not forgotten if it can't be read any more. Nor is what it
	/// said in this import, because one Bundle may lack what another one tells.
	pub(in crate::import) async fn remember(
		&mut self,
		document: &H256,
		record: &Pending<()>,
		version: &Version,
		says: &Says,
		is_final: bool,
	) -> Result<Met> {
		let met = sqlx::query("INSERT OR IGNORE INTO temp.met (document, source) VALUES ($1, $2)")
			.bind(document.as_bytes())
			.bind(record.source.as_bytes())
			.execute(&mut self.database)
			.await?;
		let is_new = met.rows_affected() == 1;
		let earlier: Option<(String, i64, bool)> =
			sqlx::query_as("SELECT version, kind, open FROM versions WHERE document = $1 AND source = $2")
				.bind(document.as_bytes())
				.bind(record.source.as_bytes())
				.fetch_optional(&mut self.database)
				.await?;
		let mut version = version.clone();
		// Final without being known as a version: an earlier release brought it, unless another document has it.
		let is_decided = is_final && earlier.is_none() && !self.is_elsewhere(document, &record.source).await?;
		if let Some((earlier, kind, is_open)) = earlier {
			let earlier = from_json(&earlier)?;
			version = plan::joined(version, earlier.clone());
			let is_changed = version != earlier;
			if is_final && !is_open && !is_changed && kind == says.kind() {
				return Ok(if is_new { Met::Decided } else { Met::Repeated });
			}
			let is_known = match says {
				// The settings changed, not what the record says.
				Says::Nothing(_) => is_final,
				Says::Unmapped(_) => is_final || (!is_new && kind < says.kind()),
				_ => false,
			};
			if is_known {
				sqlx::query(
					"UPDATE versions SET version = $3, open = open OR $4, bytes = coalesce(bytes, $5)
					 WHERE document = $1 AND source = $2",
				)
				.bind(document.as_bytes())
				.bind(record.source.as_bytes())
				.bind(to_json(&version))
				.bind(is_changed)
				.bind(&record.bytes)
				.execute(&mut self.database)
				.await?;
				self.mark_changed(document).await?;
				return Ok(match is_new {
					true if is_open || is_changed => Met::New,
					true => Met::Decided,
					false => Met::Repeated,
				});
			}
		}
		let (element, reason) = match says {
			Says::Nothing(reason) => (None, Some(reason)),
			Says::Unmapped(problem) => (Some(&problem.element), Some(&problem.reason)),
			_ => (None, None),
		};
		let scopes = match says {
			Says::Permission { scopes, .. } => Some(scopes.encode()),
			_ => None,
		};
		sqlx::query(
			"INSERT INTO versions (document, source, version, kind, subject, scopes, element, reason, open, file, line, bytes)
			 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $12, $9, $10, $11) ON CONFLICT (document, source) DO UPDATE SET
			 version = excluded.version, kind = excluded.kind, subject = excluded.subject, scopes = excluded.scopes,
			 element = excluded.element, reason = excluded.reason, open = 1, file = excluded.file, line = excluded.line,
			 bytes = excluded.bytes",
		)
		.bind(document.as_bytes())
		.bind(record.source.as_bytes())
		.bind(to_json(&version))
		.bind(says.kind())
		.bind(says.subject().map(|subject| subject.as_bytes().to_vec()))
		.bind(scopes)
		.bind(element)
		.bind(reason)
		.bind(record.file.to_string_lossy())
		.bind(int(record.line))
		.bind(&record.bytes)
		.bind(!is_decided)
		.execute(&mut self.database)
		.await?;
		self.mark_changed(document).await?;
		Ok(match is_new {
			true if is_decided => Met::Decided,
			true => Met::New,
			false => Met::Repeated,
		})
	}

	/// Whether a record is a version of another document, too.
	async fn is_elsewhere(&mut self, document: &H256, source: &H256) -> Result<bool> {
		let found = sqlx::query("SELECT 1 FROM versions WHERE source = $1 AND document != $2 LIMIT 1")
			.bind(source.as_bytes())
			.bind(document.as_bytes())
			.fetch_optional(&mut self.database)
			.await?;
		Ok(found.is_some())
	}

	pub(super) async fn mark_changed(&mut self, document: &H256) -> Result<()> {
		sqlx::query("INSERT OR IGNORE INTO changed (document) VALUES ($1)")
			.bind(document.as_bytes())
			.execute(&mut self.database)
			.await?;
		Ok(())
	}

	/// Documents of which a version is not carried out yet, in the order of their hashes: a page of those after
	/// `after`.
	pub(in crate::import) async fn changed(&mut self, after: Option<H256>) -> Result<Vec<H256>> {
		let rows: Vec<(Vec<u8>,)> =
			sqlx::query_as("SELECT document FROM changed WHERE document > $1 ORDER BY document LIMIT 500")
				.bind(after.map(|after| after.as_bytes().to_vec()).unwrap_or_default())
				.fetch_all(&mut self.database)
				.await?;
		rows.iter().map(|(document,)| hash(document)).collect()
	}

	/// Notes that all versions of a document are carried out.
	pub(in crate::import) async fn carried_out_all(&mut self, document: &H256) -> Result<()> {
		sqlx::query("DELETE FROM changed WHERE document = $1")
			.bind(document.as_bytes())
			.execute(&mut self.database)
			.await?;
		Ok(())
	}

	/// The versions of a document, in the order of their hashes.
	pub(in crate::import) async fn versions(&mut self, document: &H256) -> Result<Vec<Known>> {
		let rows = sqlx::query(&format!("{VERSIONS} document = $1 ORDER BY source"))
			.bind(document.as_bytes())
			.fetch_all(&mut self.database)
			.await?;
		rows.iter().map(known).collect()
	}

	/// The refusals of a subject that stand.
	pub(in crate::import) async fn refusals(&mut self, subject: &Pseudonym) -> Result<Vec<Known>> {
		let rows = sqlx::query(&format!("{VERSIONS} subject = $1 AND stands = 1"))
			.bind(subject.as_bytes())
			.fetch_all(&mut self.database)
			.await?;
		rows.iter().map(known).collect()
	}

	/// Notes which versions of a document are refusals that stand.
	pub(in crate::import) async fn stand(&mut self, document: &H256, sources: &[H256]) -> Result<()> {
		sqlx::query("UPDATE versions SET stands = 0 WHERE document = $1 AND stands = 1")
			.bind(document.as_bytes())
			.execute(&mut self.database)
			.await?;
		for source in sources {
			sqlx::query("UPDATE versions SET stands = 1 WHERE document = $1 AND source = $2")
				.bind(document.as_bytes())
				.bind(source.as_bytes())
				.execute(&mut self.database)
				.await?;
		}
		Ok(())
	}

	/// Notes that nothing is to be decided about a version any more.
	pub(in crate::import) async fn settle(&mut self, document: &H256, source: &H256) -> Result<()> {
		sqlx::query("UPDATE versions SET open = 0, bytes = NULL WHERE document = $1 AND source = $2")
			.bind(document.as_bytes())
			.bind(source.as_bytes())
			.execute(&mut self.database)
			.await?;
		Ok(())
	}

	/// The consents that a document granted.
	pub(in crate::import) async fn consents(&mut self, document: &H256) -> Result<Vec<Consent>> {
		self.consents_where("document = $1", document).await
	}

	/// The consents with this hash.
	pub(in crate::import) async fn consents_named(&mut self, consent: &H256) -> Result<Vec<Consent>> {
		self.consents_where("consent = $1", consent).await
	}

	/// The consents of a subject that may be in force.
	pub(in crate::import) async fn consents_of(&mut self, subject: &Pseudonym) -> Result<Vec<Consent>> {
		self.consents_where("subject = $1 AND stage > 0", subject).await
	}

	async fn consents_where(&mut self, condition: &str, value: &H256) -> Result<Vec<Consent>> {
		let columns = "SELECT document, consent, subject, alternative, stage FROM consents WHERE";
		type Row = (Vec<u8>, Vec<u8>, Vec<u8>, i64, i64);
		let rows: Vec<Row> = sqlx::query_as(&format!("{columns} {condition} ORDER BY document, consent"))
			.bind(value.as_bytes())
			.fetch_all(&mut self.database)
			.await?;
		let consents = rows.iter().map(|(document, consent, subject, alternative, stage)| {
			Ok::<_, JournalError>(Consent {
				document: hash(document)?,
				consent: hash(consent)?,
				subject: hash(subject)?,
				alternative: usize::try_from(*alternative).unwrap_or_default(),
				stage: match stage {
					0 => Stage::Ended,
					1 => Stage::Granted,
					2 => Stage::Sent,
					_ => return Err(damaged("a consent")),
				},
			})
		});
		consents.collect()
	}

	/// Notes that the grants of a document go to the ledger, which may take them even if its answer is lost.
	pub(in crate::import) async fn sent(&mut self, change: &PlannedChange) -> Result<()> {
		for step in &change.steps {
			if let Some(consent) = granted(&change.document, step, Stage::Sent) {
				self.add_consent(&consent).await?;
			}
		}
		Ok(())
	}

	/// Notes what the ledger carried out for a document. `is_new` is false if the ledger answered that this was done
	/// before: that the consent to grant is there, or that the one to change is not.
	pub(super) async fn carried_out(&mut self, document: &H256, step: &Step, is_new: bool) -> Result<()> {
		if let Some(consent) = granted(document, step, Stage::Granted) {
			return self.add_consent(&consent).await;
		}
		let (subject, consent) = match step {
			Step::Narrow { .. } if is_new => return Ok(()),
			Step::Narrow { subject, consent, .. } => (subject, Some(consent)),
			Step::Revoke { subject, consent } => (subject, consent.as_ref()),
			Step::Grant { .. } => return Ok(()),
		};
		let these = "subject = $1 AND stage > 0 AND ($2 IS NULL OR consent = $2)";
		if !is_new {
			// It never reached the ledger, so it can still be granted.
			self.change_consents(
				&format!("DELETE FROM consents WHERE {these} AND stage = 2"),
				subject,
				consent,
			)
			.await?;
		}
		self.change_consents(
			&format!("UPDATE consents SET stage = 0 WHERE {these}"),
			subject,
			consent,
		)
		.await
	}

	async fn change_consents(&mut self, query: &str, subject: &Pseudonym, consent: Option<&H256>) -> Result<()> {
		sqlx::query(query)
			.bind(subject.as_bytes())
			.bind(consent.map(|consent| consent.as_bytes().to_vec()))
			.execute(&mut self.database)
			.await?;
		Ok(())
	}

	/// Adds a consent, or notes that one that was sent is granted.
	pub(super) async fn add_consent(&mut self, consent: &Consent) -> Result<()> {
		sqlx::query(
			"INSERT INTO consents (document, consent, subject, alternative, stage) VALUES ($1, $2, $3, $4, $5)
			 ON CONFLICT (document, consent, subject) DO UPDATE SET stage = excluded.stage WHERE stage = 2",
		)
		.bind(consent.document.as_bytes())
		.bind(consent.consent.as_bytes())
		.bind(consent.subject.as_bytes())
		.bind(int(consent.alternative))
		.bind(consent.stage.number())
		.execute(&mut self.database)
		.await?;
		Ok(())
	}
}

/// The consent that a step grants.
fn granted(document: &H256, step: &Step, stage: Stage) -> Option<Consent> {
	match step {
		Step::Grant {
			subject,
			consent,
			alternative,
			..
		} => Some(Consent {
			document: *document,
			consent: *consent,
			subject: *subject,
			alternative: *alternative,
			stage,
		}),
		Step::Narrow { .. } | Step::Revoke { .. } => None,
	}
}
