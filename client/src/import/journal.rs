//! What became of each record, so that an import can be cut off at any point and run again.
//!
//! The journal is an append-only file of JSON lines. Each is written and synced before the import goes on. When the
//! journal is opened, it drops a last line that was cut off: nothing was done yet that relies on it. Beside it is the
//! quarantine, a directory with the bytes of each record that could not be brought to the ledger.

use kexin_primitives::{UnixMillis, H256};
use serde::{Deserialize, Serialize};
use std::{
	collections::BTreeMap,
	fs::{self, File, OpenOptions},
	io::{self, Seek as _, SeekFrom, Write as _},
	path::{Path, PathBuf},
};

/// The name of the directory with the records in quarantine.
const QUARANTINE: &str = "quarantine";

/// What became of a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "state")]
pub enum State {
	/// It is final on the ledger.
	Final {
		/// The block; none if the ledger had the record before.
		block: Option<H256>,
		/// What the record changed, if it is a version of a document.
		#[serde(default, skip_serializing_if = "Option::is_none")]
		document: Option<DocumentVersion>,
	},
	/// It is in quarantine.
	Quarantined {
		/// Why.
		reason: String,
	},
}

/// A version of a document that is on the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocumentVersion {
	/// Which document.
	pub document: H256,
	/// When this version was made, if the document states it.
	pub changed: Option<UnixMillis>,
	/// The hashes that name its consents on the ledger, one for each alternative.
	pub consents: Vec<H256>,
}

#[derive(Serialize, Deserialize)]
struct Line {
	source: H256,
	#[serde(flatten)]
	state: State,
}

/// The journal of one hospital's imports. Only one import at a time can have it open.
pub struct Journal {
	file: File,
	directory: PathBuf,
	states: BTreeMap<H256, State>,
	documents: BTreeMap<H256, DocumentVersion>,
}

impl Journal {
	/// Opens or makes the journal in a directory.
	///
	/// # Errors
	/// When another import has it open, or a file can't be read or written, or a line in its middle is damaged.
	pub fn open(directory: &Path) -> io::Result<Self> {
		fs::create_dir_all(directory.join(QUARANTINE))?;
		let path = directory.join("journal.ndjson");
		let mut file = OpenOptions::new().read(true).append(true).create(true).open(&path)?;
		file.try_lock().map_err(|_| {
			let text = format!("another import is using {}: wait until it ends", directory.display());
			io::Error::new(io::ErrorKind::WouldBlock, text)
		})?;
		let text = fs::read_to_string(&path)?;
		let (mut states, mut documents) = (BTreeMap::new(), BTreeMap::new());
		let mut good = 0;
		for (number, line) in text.split_inclusive('\n').enumerate() {
			match serde_json::from_str::<Line>(line) {
				Ok(parsed) if line.ends_with('\n') => {
					remember(&mut states, &mut documents, parsed);
					good += line.len();
				},
				_ if good + line.len() == text.len() => break,
				_ => {
					let text = format!("{}: line {} is damaged", path.display(), number + 1);
					return Err(io::Error::new(io::ErrorKind::InvalidData, text));
				},
			}
		}
		file.set_len(good as u64)?;
		file.seek(SeekFrom::End(0))?;
		Ok(Self {
			file,
			directory: directory.to_owned(),
			states,
			documents,
		})
	}

	/// What became of a record, if an import has met it.
	pub fn state(&self, source: &H256) -> Option<&State> {
		self.states.get(source)
	}

	/// The newest version of each document that is on the ledger.
	pub fn documents(&self) -> &BTreeMap<H256, DocumentVersion> {
		&self.documents
	}

	/// Writes what became of records. It is on the disk when this returns.
	///
	/// # Errors
	/// When it can't be written.
	pub fn note(&mut self, states: impl IntoIterator<Item = (H256, State)>) -> io::Result<()> {
		let lines = states.into_iter().map(|(source, state)| Line { source, state });
		let lines = lines.collect::<Vec<_>>();
		let mut bytes = Vec::new();
		for line in &lines {
			serde_json::to_writer(&mut bytes, line)?;
			bytes.push(b'\n');
		}
		self.file.write_all(&bytes)?;
		self.file.sync_data()?;
		for line in lines {
			if matches!(line.state, State::Final { .. }) {
				let _ = fs::remove_file(self.quarantine_file(&line.source));
			}
			remember(&mut self.states, &mut self.documents, line);
		}
		Ok(())
	}

	/// Puts a record's bytes into quarantine, with the reason.
	///
	/// # Errors
	/// When they can't be written.
	pub fn quarantine(&mut self, source: H256, bytes: &[u8], reason: &str) -> io::Result<()> {
		let mut file = File::create(self.quarantine_file(&source))?;
		file.write_all(bytes)?;
		file.sync_all()?;
		let reason = reason.to_owned();
		self.note([(source, State::Quarantined { reason })])
	}

	/// The directory with the records in quarantine.
	pub fn quarantine_directory(&self) -> PathBuf {
		self.directory.join(QUARANTINE)
	}

	fn quarantine_file(&self, source: &H256) -> PathBuf {
		self.quarantine_directory().join(format!("{source:x}.json"))
	}
}

fn remember(states: &mut BTreeMap<H256, State>, documents: &mut BTreeMap<H256, DocumentVersion>, line: Line) {
	if let State::Final {
		document: Some(version),
		..
	} = &line.state
	{
		documents.insert(version.document, version.clone());
	}
	states.insert(line.source, line.state);
}

#[cfg(test)]
mod tests {
	use super::*;

	fn hash(number: u64) -> H256 {
		H256::from_low_u64_be(number)
	}

	const FINAL: State = State::Final {
		block: Some(H256::repeat_byte(0xbb)),
		document: None,
	};

	#[test]
	fn a_journal_that_is_opened_again_has_what_was_noted() {
		let directory = tempfile::tempdir().unwrap();
		let mut journal = Journal::open(directory.path()).unwrap();
		journal.quarantine(hash(1), b"{}", "no time").unwrap();
		journal.note([(hash(2), FINAL), (hash(3), FINAL)]).unwrap();
		drop(journal);
		let mut journal = Journal::open(directory.path()).unwrap();
		assert_eq!(
			journal.state(&hash(1)),
			Some(&State::Quarantined {
				reason: "no time".into()
			})
		);
		assert_eq!(journal.state(&hash(3)), Some(&FINAL));
		assert_eq!(journal.state(&hash(4)), None);
		assert_eq!(fs::read_dir(journal.quarantine_directory()).unwrap().count(), 1);
		journal.note([(hash(1), FINAL)]).unwrap();
		assert_eq!(
			fs::read_dir(journal.quarantine_directory()).unwrap().count(),
			0,
			"what is final leaves the quarantine"
		);
	}

	#[test]
	fn the_newest_version_of_a_document_is_known() {
		let directory = tempfile::tempdir().unwrap();
		let mut journal = Journal::open(directory.path()).unwrap();
		let version = |consents| DocumentVersion {
			document: hash(7),
			changed: Some(1),
			consents,
		};
		for (source, consents) in [(1, vec![hash(1)]), (2, vec![hash(2), hash(3)])] {
			let document = Some(version(consents));
			journal
				.note([(hash(source), State::Final { block: None, document })])
				.unwrap();
		}
		let newest = Some(version(vec![hash(2), hash(3)]));
		assert_eq!(journal.documents().get(&hash(7)), newest.as_ref());
		drop(journal);
		let journal = Journal::open(directory.path()).unwrap();
		assert_eq!(journal.documents().get(&hash(7)), newest.as_ref());
	}

	#[test]
	fn a_journal_that_was_cut_at_any_byte_opens_with_what_was_whole() {
		let directory = tempfile::tempdir().unwrap();
		let mut journal = Journal::open(directory.path()).unwrap();
		for number in 0..4 {
			journal.note([(hash(number), FINAL)]).unwrap();
		}
		drop(journal);
		let path = directory.path().join("journal.ndjson");
		let whole = fs::read(&path).unwrap();
		let line = whole.len() / 4;
		for cut in 0..=whole.len() {
			fs::write(&path, &whole[..cut]).unwrap();
			let mut journal = Journal::open(directory.path()).unwrap();
			let found = (0..4).filter(|number| journal.state(&hash(*number)).is_some()).count();
			assert_eq!(found, cut / line, "cut at {cut}");
			journal.note([(hash(9), FINAL)]).unwrap();
			drop(journal);
			assert!(
				Journal::open(directory.path()).unwrap().state(&hash(9)).is_some(),
				"cut at {cut}"
			);
		}
	}

	#[test]
	fn damage_in_the_middle_is_an_error() {
		let directory = tempfile::tempdir().unwrap();
		let mut journal = Journal::open(directory.path()).unwrap();
		journal.note([(hash(1), FINAL), (hash(2), FINAL)]).unwrap();
		drop(journal);
		let path = directory.path().join("journal.ndjson");
		let text = fs::read_to_string(&path).unwrap().replacen("final", "fi\0al", 1);
		fs::write(&path, text).unwrap();
		assert!(Journal::open(directory.path()).is_err());
	}

	#[test]
	fn two_imports_do_not_share_a_journal() {
		let directory = tempfile::tempdir().unwrap();
		let _open = Journal::open(directory.path()).unwrap();
		assert!(Journal::open(directory.path()).is_err());
	}
}
