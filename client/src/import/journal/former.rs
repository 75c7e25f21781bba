//! Takes over what an earlier release noted: a file of JSON lines, and a directory with a file for each record in
//! quarantine.

use super::{
	damaged,
	documents::{Consent, Stage},
	hash, int, to_json, Journal, JournalError, Result,
};
use crate::standards::record::Version;
use kexin_primitives::{Pseudonym, UnixMillis, H256};
use serde::Deserialize;
use sp_crypto_hashing::blake2_256;
use std::{
	fs::{self, File},
	io::{self, BufRead as _, BufReader},
	path::Path,
};

/// The file of an earlier release.
const FILE: &str = "journal.ndjson";
/// Its name once it is taken over.
const TAKEN_OVER: &str = "journal.ndjson.taken-over";
/// The directory of an earlier release with the records in quarantine.
const QUARANTINE: &str = "quarantine";

#[derive(Deserialize)]
struct Line {
	source: H256,
	#[serde(flatten)]
	state: State,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", tag = "state")]
enum State {
	Final {
		block: Option<H256>,
		document: Option<Document>,
	},
	Quarantined {
		reason: String,
	},
}

#[derive(Deserialize)]
struct Document {
	document: H256,
	changed: Option<UnixMillis>,
	consents: Vec<H256>,
}

/// Takes over the files of an earlier release, if there are any: all that is in them, or nothing.
pub(super) async fn take_over(journal: &mut Journal, directory: &Path) -> Result<()> {
	let path = directory.join(FILE);
	let error = |error| JournalError::File(path.clone(), error);
	let file = match File::open(&path) {
		Err(missing) if missing.kind() == io::ErrorKind::NotFound => return Ok(()),
		file => file.map_err(error)?,
	};
	// An import of the earlier release would hold this lock.
	file.try_lock().map_err(|_| JournalError::Busy(directory.to_owned()))?;
	let quarantine = directory.join(QUARANTINE);
	let mut taken = Vec::new();
	journal.begin().await?;
	// What an attempt that was cut off had written.
	sqlx::query("DELETE FROM former").execute(&mut journal.database).await?;
	let mut lines = BufReader::new(&file);
	let mut line = Vec::new();
	for number in 1.. {
		line.clear();
		lines.read_until(b'\n', &mut line).map_err(error)?;
		// The last line may have been cut off: nothing was done yet that relies on it.
		if line.last() != Some(&b'\n') {
			break;
		}
		let Ok(parsed) = serde_json::from_slice::<Line>(&line) else {
			let reason = format!(
				"{}: line {number} is damaged: restore the file from a copy",
				path.display()
			);
			return Err(JournalError::Refused(reason));
		};
		match parsed.state {
			State::Final { block, document } => {
				journal.note_final(&parsed.source, block, None).await?;
				if let Some(document) = document {
					journal.note_former(&parsed.source, &document).await?;
				}
			},
			State::Quarantined { reason } => {
				let file = quarantine.join(format!("{:x}.json", parsed.source));
				if journal.take_quarantined(&parsed.source, &reason, &file).await? {
					taken.push(file);
				}
			},
		}
	}
	journal.commit().await?;
	for file in taken {
		fs::remove_file(&file).map_err(|error| JournalError::File(file, error))?;
	}
	// Files that someone put there stay.
	let _ = fs::remove_dir(&quarantine);
	fs::rename(&path, directory.join(TAKEN_OVER)).map_err(error)
}

impl Journal {
	/// Notes a version of a document as an earlier release named it.
	async fn note_former(&mut self, source: &H256, version: &Document) -> Result<()> {
		let none = version.consents.is_empty().then_some(None);
		let consents = version.consents.iter().map(Some).chain(none);
		for (alternative, consent) in consents.enumerate() {
			sqlx::query(
				"INSERT INTO former (document, source, consent, alternative, changed) VALUES ($1, $2, $3, $4, $5)",
			)
			.bind(version.document.as_bytes())
			.bind(source.as_bytes())
			.bind(consent.map(|consent| consent.as_bytes().to_vec()))
			.bind(int(alternative))
			.bind(version.changed.map(super::time))
			.execute(&mut self.database)
			.await?;
		}
		Ok(())
	}

	/// Takes a record of the earlier quarantine. Returns whether its file is there.
	async fn take_quarantined(&mut self, source: &H256, reason: &str, file: &Path) -> Result<bool> {
		let bytes = match fs::read(file) {
			Err(missing) if missing.kind() == io::ErrorKind::NotFound => return Ok(false),
			bytes => bytes.map_err(|error| JournalError::File(file.to_owned(), error))?,
		};
		sqlx::query(
			"INSERT INTO quarantine (hash, source, reason, file, line, bytes) VALUES ($5, $1, $2, $3, 1, $4)
			 ON CONFLICT (hash, source) DO UPDATE SET reason = excluded.reason",
		)
		.bind(source.as_bytes())
		.bind(reason)
		.bind(file.to_string_lossy())
		.bind(&bytes)
		.bind(&blake2_256(&bytes)[..])
		.execute(&mut self.database)
		.await?;
		Ok(true)
	}

	/// Whether an earlier release granted consents of documents that no import has met since.
	pub(in crate::import) async fn has_former(&mut self) -> Result<bool> {
		let found = sqlx::query("SELECT 1 FROM former LIMIT 1")
			.fetch_optional(&mut self.database)
			.await?;
		Ok(found.is_some())
	}

	/// Recognises a document that an earlier release noted.
	///
	/// That release ended only the newest consents of a document and had narrowed the others, so all of them count as
	/// alive.
	pub(in crate::import) async fn recognise(
		&mut self,
		document: &H256,
		source: &H256,
		version: &Version,
		subject: &Pseudonym,
	) -> Result<()> {
		let name = version.document.as_deref().map_or(source.as_bytes(), str::as_bytes);
		let former = blake2_256(&[subject.as_bytes(), name].concat());
		type Row = (Vec<u8>, Option<Vec<u8>>, i64, Option<i64>);
		let rows: Vec<Row> = sqlx::query_as(
			"SELECT source, consent, alternative, changed FROM former WHERE document = $1 ORDER BY rowid",
		)
		.bind(&former[..])
		.fetch_all(&mut self.database)
		.await?;
		let Some((newest, consent, _, changed)) = rows.last() else {
			return Ok(());
		};
		let known = Version {
			document: version.document.clone(),
			subject: Some(*subject),
			changed: changed.and_then(|time| UnixMillis::try_from(time).ok()),
			..Version::default()
		};
		sqlx::query(
			"INSERT OR IGNORE INTO versions (document, source, version, kind, subject, scopes, open, file, line)
			 VALUES ($1, $2, $3, $4, $5, $6, 0, '', 0)",
		)
		.bind(document.as_bytes())
		.bind(newest)
		.bind(to_json(&known))
		.bind(if consent.is_some() { 1 } else { 3 })
		.bind(subject.as_bytes())
		// No alternatives, encoded.
		.bind(&[0u8][..])
		.execute(&mut self.database)
		.await?;
		for (_, consent, alternative, _) in &rows {
			let Some(consent) = consent else { continue };
			let consent = Consent {
				document: *document,
				consent: hash(consent)?,
				subject: *subject,
				alternative: usize::try_from(*alternative).map_err(|_| damaged("an alternative"))?,
				stage: Stage::Granted,
			};
			self.add_consent(&consent).await?;
		}
		sqlx::query("DELETE FROM former WHERE document = $1")
			.bind(&former[..])
			.execute(&mut self.database)
			.await?;
		self.mark_changed(document).await
	}
}
