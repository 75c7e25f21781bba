//! What became of each record and what each document says, so that an import can be cut off at any point and run again,
//! and so that no refusal is forgotten.
//!
//! The journal is an SQLite database. It holds tens of millions of records in constant memory and opens at once. What
//! is written to it is on the disk before the import goes on.
//!
//! | module | what it holds |
//! |---|---|
//! | `documents` | the versions of documents, and their consents on the ledger |
//! | `outbox` | the accesses that are on their way to the ledger, each with its position |
//! | `former` | takes over the files of earlier releases |

mod documents;
mod former;
mod outbox;

pub(super) use documents::{Consent, Known, Met, Says, Stage};
pub(super) use outbox::Outbound;

use super::batch::{Pending, PlannedChange};
use crate::{ledger::Home, standards::record::Version};
use kexin_primitives::{members::MemberId, DatasetId, UnixMillis, H256};
use sp_crypto_hashing::blake2_256;
use sqlx::{
	sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
	ConnectOptions as _, Executor as _, SqliteConnection,
};
use std::{
	fs::{self, File, TryLockError},
	io,
	path::{Path, PathBuf},
};

/// The version of the tables.
const VERSION: i64 = 4;
/// What makes the tables of each version those of the next.
const UPGRADES: [(i64, &str); 3] = [
	(1, include_str!("upgrade-2.sql")),
	(2, include_str!("upgrade-3.sql")),
	(3, include_str!("upgrade-4.sql")),
];
/// The name of the database in the directory.
const DATABASE: &str = "journal.sqlite";
/// What only one import needs: it goes with the connection.
const TEMPORARY: &str = "
	CREATE TEMP TABLE accesses (
		source BLOB PRIMARY KEY,
		occurred INTEGER NOT NULL,
		event BLOB NOT NULL,
		file TEXT NOT NULL,
		line INTEGER NOT NULL,
		bytes BLOB NOT NULL
	);
	CREATE INDEX temp.by_time ON accesses (occurred);
	CREATE TEMP TABLE met (document BLOB NOT NULL, source BLOB NOT NULL, PRIMARY KEY (document, source)) WITHOUT ROWID;
";

/// Why the journal did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
	/// Another import has it open.
	#[error("another import is using {}: wait until it ends", .0.display())]
	Busy(PathBuf),
	/// It can't be used, and what to do about it.
	#[error("{0}")]
	Refused(String),
	/// A file can't be read or written.
	#[error("{path}: {cause}", path = .0.display(), cause = .1)]
	File(PathBuf, io::Error),
	/// The database can't be read or written.
	#[error("the journal can't be read or written: {0}")]
	Database(String),
}

/// SQLite's codes, <https://www.sqlite.org/rescode.html>, of what a person can do something about.
impl From<sqlx::Error> for JournalError {
	fn from(error: sqlx::Error) -> Self {
		let code = error
			.as_database_error()
			.and_then(|error| error.code()?.parse::<u32>().ok());
		// An extended code has the primary one in its last byte.
		match code.map(|code| code & 0xff) {
			Some(5 | 6) => {
				Self::Refused("another program is using the journal: wait until it ends, and try again".into())
			},
			Some(8) => Self::Refused("the journal can't be written: allow this user to write to its directory".into()),
			Some(11 | 26) => damaged("it is no database of SQLite any more"),
			Some(13) => Self::Refused("the disk with the journal is full: make room, and run the import again".into()),
			_ => Self::Database(error.to_string()),
		}
	}
}

/// The result of asking the journal.
pub type Result<T, E = JournalError> = std::result::Result<T, E>;

/// A record in quarantine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quarantined {
	/// blake2-256 of its bytes.
	pub hash: H256,
	/// The hash that would name it on the ledger.
	pub source: H256,
	/// Why it is there.
	pub reason: String,
	/// The file that it was in.
	pub file: PathBuf,
	/// The line that it began on.
	pub line: usize,
	/// Which version of which document it is, if it is one.
	pub version: Option<Version>,
	/// Its bytes.
	pub bytes: Vec<u8>,
}

impl Quarantined {
	/// What orders the records in quarantine. The same bytes may be there as several records, if they can be read in
	/// several ways.
	pub fn key(&self) -> (H256, H256) {
		(self.hash, self.source)
	}
}

/// The journal of one hospital's imports. Only one import at a time can have it open.
pub struct Journal {
	database: SqliteConnection,
	/// Locked while the journal is open.
	_lock: File,
}

impl Journal {
	/// Opens or makes the journal in a directory, and takes over what an earlier release left there.
	///
	/// # Errors
	/// When another import has it open, a newer release wrote it, or a file can't be read or written.
	pub async fn open(directory: &Path) -> Result<Self> {
		let file_error = |path: &Path| {
			let path = path.to_owned();
			move |error| JournalError::File(path, error)
		};
		fs::create_dir_all(directory).map_err(file_error(directory))?;
		let path = directory.join("lock");
		let lock = File::create(&path).map_err(file_error(&path))?;
		lock.try_lock().map_err(|error| match error {
			TryLockError::WouldBlock => JournalError::Busy(directory.to_owned()),
			TryLockError::Error(error) => JournalError::File(path.clone(), error),
		})?;
		let path = directory.join(DATABASE);
		let options = SqliteConnectOptions::new()
			.filename(&path)
			.create_if_missing(true)
			.journal_mode(SqliteJournalMode::Wal)
			.synchronous(SqliteSynchronous::Full)
			.disable_statement_logging();
		let mut journal = Self {
			database: options.connect().await?,
			_lock: lock,
		};
		let (version,): (i64,) = sqlx::query_as("PRAGMA user_version")
			.fetch_one(&mut journal.database)
			.await?;
		if version > VERSION {
			let path = path.display();
			let reason = format!("{path} was written by a newer release of kexin: update kexin");
			return Err(JournalError::Refused(reason));
		}
		if version < VERSION {
			journal.begin().await?;
			if version == 0 {
				journal.database.execute(include_str!("schema.sql")).await?;
			}
			for (_, upgrade) in UPGRADES.iter().filter(|(from, _)| 0 < version && version <= *from) {
				journal.database.execute(*upgrade).await?;
			}
			let set_version = format!("PRAGMA user_version = {VERSION}");
			journal.database.execute(&*set_version).await?;
			journal.commit().await?;
		}
		journal.database.execute(TEMPORARY).await?;
		former::take_over(&mut journal, directory).await?;
		Ok(journal)
	}

	/// Binds the journal to a chain, a member and a pseudonym key, when it is first used. What it remembers is true of
	/// these alone.
	///
	/// # Errors
	/// When it is bound to others, or can't be read or written.
	pub(super) async fn bind(&mut self, home: Home, naming: H256) -> Result<()> {
		let bound: Option<(Vec<u8>, MemberId, Option<Vec<u8>>)> =
			sqlx::query_as("SELECT genesis, member, naming FROM home")
				.fetch_optional(&mut self.database)
				.await?;
		let Some((genesis, member, named)) = bound else {
			sqlx::query("INSERT INTO home (genesis, member, naming) VALUES ($1, $2, $3)")
				.bind(home.genesis.as_bytes())
				.bind(home.member)
				.bind(naming.as_bytes())
				.execute(&mut self.database)
				.await?;
			return Ok(());
		};
		if named.is_none() {
			sqlx::query("UPDATE home SET naming = $1")
				.bind(naming.as_bytes())
				.execute(&mut self.database)
				.await?;
		}
		let genesis = hash(&genesis)?;
		let reason = if genesis != home.genesis {
			format!(
				"the journal is of the chain with the genesis hash {genesis:?}, but the node's chain has {:?}: connect to a \
				 node of that chain, or set another directory as `state` in kexin.toml for this chain",
				home.genesis
			)
		} else if member != home.member {
			format!(
				"the journal is of member {member}, but the key acts for member {}: use a key of that member, or set another \
				 directory as `state` in kexin.toml for this one",
				home.member
			)
		} else if named.is_some_and(|named| named != naming.as_bytes()) {
			"the pseudonym key is not the one with which the journal was made, so the same people would have other names: restore \
			 that key. With a new one, nobody's earlier consents could be withdrawn"
				.into()
		} else {
			return Ok(());
		};
		Err(JournalError::Refused(reason))
	}

	/// Begins a transaction. What is written until [`Self::commit`] is written completely or not at all.
	pub(super) async fn begin(&mut self) -> Result<()> {
		self.database.execute("BEGIN IMMEDIATE").await?;
		Ok(())
	}

	/// Ends a transaction: what was written is on the disk.
	pub(super) async fn commit(&mut self) -> Result<()> {
		self.database.execute("COMMIT").await?;
		Ok(())
	}

	/// Ends a transaction, if there is one, as if nothing had been written.
	pub(super) async fn roll_back(&mut self) {
		// Without a transaction, this is refused and has no effect.
		let _ = self.database.execute("ROLLBACK").await;
	}

	/// Whether a record is on the ledger.
	///
	/// # Errors
	/// When the database can't be read.
	pub async fn is_final(&mut self, source: &H256) -> Result<bool> {
		self.has("SELECT 1 FROM final WHERE source = $1", source).await
	}

	/// Whether a query for a source has a result.
	async fn has(&mut self, query: &str, source: &H256) -> Result<bool> {
		let found = sqlx::query(query)
			.bind(source.as_bytes())
			.fetch_optional(&mut self.database)
			.await?;
		Ok(found.is_some())
	}

	/// The dataset in whose log an access is, as far as the journal knows.
	///
	/// # Errors
	/// When the database can't be read.
	pub(super) async fn dataset_of(&mut self, source: &H256) -> Result<Option<DatasetId>> {
		let found: Option<(Option<Vec<u8>>,)> = sqlx::query_as("SELECT dataset FROM final WHERE source = $1")
			.bind(source.as_bytes())
			.fetch_optional(&mut self.database)
			.await?;
		found.and_then(|(dataset,)| dataset).as_deref().map(hash).transpose()
	}

	/// Notes that a record is on the ledger.
	async fn note_final(&mut self, source: &H256, block: Option<H256>, dataset: Option<DatasetId>) -> Result<()> {
		sqlx::query("INSERT OR IGNORE INTO final (source, block, dataset) VALUES ($1, $2, $3)")
			.bind(source.as_bytes())
			.bind(block.map(|block| block.as_bytes().to_vec()))
			.bind(dataset.map(|dataset| dataset.as_bytes().to_vec()))
			.execute(&mut self.database)
			.await?;
		self.release(source).await
	}

	/// Takes a record out of quarantine, whatever it came with.
	pub(super) async fn release(&mut self, source: &H256) -> Result<()> {
		sqlx::query("DELETE FROM quarantine WHERE source = $1")
			.bind(source.as_bytes())
			.execute(&mut self.database)
			.await?;
		Ok(())
	}

	/// Notes what a batch did on the ledger, or without a block that the ledger had it: it is on the disk when this
	/// returns.
	pub(super) async fn note<'a>(
		&mut self,
		records: impl IntoIterator<Item = (&'a H256, Carried<'a>)>,
		block: Option<H256>,
	) -> Result<()> {
		self.begin().await?;
		for (source, carried) in records {
			match carried {
				Carried::Access(dataset) => {
					self.drop_outbound(source).await?;
					self.note_final(source, block, Some(dataset)).await?;
				},
				Carried::Change(change) => {
					for step in &change.steps {
						self.carried_out(&change.document, step, block.is_some()).await?;
					}
					if change.settles {
						self.settle(&change.document, source).await?;
						self.note_final(source, block, None).await?;
					}
				},
			}
		}
		self.commit().await
	}

	/// Puts a record's bytes into quarantine, with the reason.
	pub(super) async fn quarantine<T>(
		&mut self,
		pending: &Pending<T>,
		version: Option<&Version>,
		reason: &str,
	) -> Result<()> {
		sqlx::query(
			"INSERT INTO quarantine (hash, source, reason, file, line, version, bytes) VALUES ($7, $1, $2, $3, $4, $5, $6)
			 ON CONFLICT (hash, source) DO UPDATE SET reason = excluded.reason,
			 version = coalesce(excluded.version, version)",
		)
		.bind(pending.source.as_bytes())
		.bind(reason)
		.bind(pending.file.to_string_lossy())
		.bind(int(pending.line))
		.bind(version.map(to_json))
		.bind(&pending.bytes)
		.bind(&blake2_256(&pending.bytes)[..])
		.execute(&mut self.database)
		.await?;
		Ok(())
	}

	/// A page of the records in quarantine, in the order of their keys: those after `after`, or the first ones.
	///
	/// # Errors
	/// When the database can't be read.
	pub async fn quarantined(&mut self, after: Option<(H256, H256)>) -> Result<Vec<Quarantined>> {
		type Row = (Vec<u8>, Vec<u8>, String, String, i64, Option<String>, Vec<u8>);
		let rows: Vec<Row> = sqlx::query_as(
			"SELECT hash, source, reason, file, line, version, bytes FROM quarantine
			 WHERE (hash, source) > ($1, $2) ORDER BY hash, source LIMIT 100",
		)
		.bind(after.map(|(hash, _)| hash.as_bytes().to_vec()).unwrap_or_default())
		.bind(after.map(|(_, source)| source.as_bytes().to_vec()).unwrap_or_default())
		.fetch_all(&mut self.database)
		.await?;
		let records = rows
			.into_iter()
			.map(|(key, source, reason, file, line, version, bytes)| {
				Ok(Quarantined {
					hash: hash(&key)?,
					source: hash(&source)?,
					reason,
					file: file.into(),
					line: usize::try_from(line).unwrap_or_default(),
					version: version.as_deref().map(from_json).transpose()?,
					bytes,
				})
			});
		records.collect()
	}
}

/// What the ledger carried out for a record.
pub(super) enum Carried<'a> {
	/// It recorded an access in the log of this dataset.
	Access(DatasetId),
	/// It changed consents as a version of a document says.
	Change(&'a PlannedChange),
}

/// Something in the journal is not what it should be.
fn damaged(what: &str) -> JournalError {
	let reason = format!(
		"the journal is damaged ({what}): restore it from a copy, or remove it and import every file again. Accesses that \
		 are in a log already are then in it twice, and reports say so"
	);
	JournalError::Refused(reason)
}

fn hash(bytes: &[u8]) -> Result<H256> {
	<[u8; 32]>::try_from(bytes).map(H256).map_err(|_| damaged("a hash"))
}

fn int(number: usize) -> i64 {
	i64::try_from(number).unwrap_or(i64::MAX)
}

fn time(time: UnixMillis) -> i64 {
	i64::try_from(time).unwrap_or(i64::MAX)
}

fn to_json(version: &Version) -> String {
	serde_json::json!(version).to_string()
}

fn from_json(text: &str) -> Result<Version> {
	serde_json::from_str(text).map_err(|_| damaged("a version"))
}
