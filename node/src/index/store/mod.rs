//! The database: SQLite, a file beside the chain, or PostgreSQL. The statements are the same for both.

mod statement;

pub use statement::{insert, Statement, Values};

use super::{
	place::int,
	rows::{AllSkipped, Rows, Skipped},
	schema, Block,
};
use kexin_primitives::{UnixMillis, H256};
use sqlx::{
	any::{AnyConnectOptions, AnyPoolOptions},
	migrate::MigrateError,
	AnyPool, ConnectOptions as _, Connection as _, Executor as _,
};
use std::{fmt, path::PathBuf, str::FromStr, time::Duration};

/// Connections that answer questions, at most.
const QUESTIONS: u32 = 4;
/// How long a query waits for a connection.
const CONNECTION_WAIT: Duration = Duration::from_secs(10);

/// Where the index is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
	/// In this file.
	Sqlite(PathBuf),
	/// In the database of this URL.
	Postgres(String),
}

impl Location {
	fn url(&self) -> String {
		match self {
			Self::Sqlite(path) => {
				let path = path.to_string_lossy();
				let path = path.replace('%', "%25").replace('?', "%3f").replace('#', "%23");
				format!("sqlite://{path}?mode=rwc")
			},
			Self::Postgres(url) => url.clone(),
		}
	}
}

/// As it may be logged: without a password.
impl fmt::Display for Location {
	fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
		match self {
			Self::Sqlite(path) => path.display().fmt(formatter),
			Self::Postgres(url) => match AnyConnectOptions::from_str(url) {
				Ok(mut options) => {
					// Fails for URLs that can't have one.
					let _ = options.database_url.set_password(None);
					options.database_url.set_query(None);
					options.database_url.fmt(formatter)
				},
				Err(_) => formatter.write_str("PostgreSQL"),
			},
		}
	}
}

/// Why the database did not do what it was asked.
#[derive(Debug)]
pub enum Error {
	/// It can't be used, and what to do about it.
	Refused(String),
	/// It is damaged, and how.
	Damaged(String),
	/// Another process wrote to it meanwhile.
	Moved,
	/// It is away, or could not do it now.
	Away(sqlx::Error),
}

impl fmt::Display for Error {
	fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
		match self {
			Self::Refused(cause) => formatter.write_str(cause),
			Self::Damaged(how) => write!(formatter, "the index is damaged, {how}: {REBUILD}"),
			Self::Moved => formatter.write_str("another process writes to the same index"),
			Self::Away(error) => write!(formatter, "the index's database does not answer: {error}"),
		}
	}
}

impl Error {
	/// Whether trying again may help.
	pub fn may_pass(&self) -> bool {
		!matches!(self, Self::Refused(_) | Self::Damaged(_))
	}

	/// The cause without what only the operator may see. Where the database is and who opens it stays in the
	/// node's log.
	pub fn public_cause(&self) -> &'static str {
		match self {
			Self::Refused(_) | Self::Damaged(_) => "the index can't be used: the node's log says why and what to do",
			Self::Moved => "another process writes to the same index",
			Self::Away(_) => "the index's database does not answer: the node's log has the cause",
		}
	}
}

impl From<sqlx::Error> for Error {
	fn from(error: sqlx::Error) -> Self {
		if finds_damage(&error) {
			Self::Damaged(format!("its database says \"{error}\""))
		} else {
			Self::Away(error)
		}
	}
}

/// Whether the database has found its own files damaged: SQLite's codes `SQLITE_CORRUPT`, with its extended ones, and
/// `SQLITE_NOTADB`, or PostgreSQL's `data_corrupted` and `index_corrupted`.
fn finds_damage(error: &sqlx::Error) -> bool {
	let code = error.as_database_error().and_then(|error| error.code());
	matches!(
		code.as_deref(),
		Some("11" | "26" | "267" | "523" | "779" | "XX001" | "XX002")
	)
}

/// What to do about an index that is of no use.
const REBUILD: &str = "stop the node and run kexin-node index rebuild with the node's --index";

/// Something that must be in the index is not there.
pub fn damaged(what: impl fmt::Display) -> Error {
	Error::Damaged(format!("{what} is missing or unreadable"))
}

/// The open database.
#[derive(Clone, Debug)]
pub struct Store {
	pool: AnyPool,
}

impl Store {
	/// Opens the database for one writer, makes it when it is not there, brings its tables to this version and checks
	/// that it belongs to the chain with this first block.
	///
	/// # Errors
	/// [`Error::Refused`] for the database of another chain or of a newer version.
	pub async fn open(location: &Location, genesis: H256) -> Result<Self, Error> {
		// Alone at first: the connections of a pool would not say what is wrong with the database.
		let mut connection = options(location)?.connect().await?;
		connection
			.execute(match location {
				Location::Sqlite(_) => schema::SQLITE_CONNECTION,
				Location::Postgres(_) => schema::POSTGRES_SCHEMA,
			})
			.await?;
		connection.close().await?;
		let start = match location {
			Location::Sqlite(_) => schema::SQLITE_CONNECTION,
			Location::Postgres(_) => schema::POSTGRES_CONNECTION,
		};
		let store = Self::connect(location, 1, start)?;
		match store.prepare(genesis, location).await {
			Ok(()) => Ok(store),
			Err(error) => {
				// A migration that was refused leaves its lock behind.
				store.pool.close().await;
				Err(error)
			},
		}
	}

	/// The same database for those who ask, with connections of their own, so that the writer never waits for one.
	///
	/// # Errors
	/// [`Error::Refused`] when the location can't be one.
	pub fn for_questions(location: &Location) -> Result<Self, Error> {
		let start = match location {
			Location::Sqlite(_) => schema::SQLITE_CONNECTION,
			Location::Postgres(_) => schema::POSTGRES_QUESTIONS,
		};
		Self::connect(location, QUESTIONS, start)
	}

	fn connect(location: &Location, connections: u32, start: &'static str) -> Result<Self, Error> {
		let pool = AnyPoolOptions::new()
			.max_connections(connections)
			.acquire_timeout(CONNECTION_WAIT)
			.after_connect(move |connection, _| {
				Box::pin(async move {
					connection.execute(start).await?;
					Ok(())
				})
			})
			.connect_lazy_with(options(location)?);
		Ok(Self { pool })
	}

	async fn prepare(&self, genesis: H256, location: &Location) -> Result<(), Error> {
		let mut connection = self.pool.acquire().await?;
		let migrated = schema::migrator().run_direct(&mut *connection).await;
		migrated.map_err(|error| match error {
			MigrateError::VersionMissing(version) => Error::Refused(format!(
				"the index {location} was written by a newer kexin-node (version {version} of its tables): run that one, or {REBUILD}"
			)),
			MigrateError::VersionMismatch(version) | MigrateError::Dirty(version) => Error::Refused(format!(
				"the tables of the index {location} are not those of version {version}: {REBUILD}"
			)),
			MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => error.into(),
			error => Error::Away(sqlx::Error::Migrate(Box::new(error))),
		})?;
		let genesis = genesis.as_bytes();
		sqlx::query(
			"INSERT INTO progress (id, genesis, number, hash) VALUES (1, $1, 0, $2) ON CONFLICT (id) DO NOTHING",
		)
		.bind(genesis)
		.bind(genesis)
		.execute(&mut *connection)
		.await?;
		let (found,): (Vec<u8>,) = sqlx::query_as("SELECT genesis FROM progress")
			.fetch_one(&mut *connection)
			.await?;
		if found == genesis {
			Ok(())
		} else {
			Err(Error::Refused(format!(
				"the index {location} belongs to another chain, whose first block is {:?}: give this chain another one (--index), or, \
				 to drop what is there, {REBUILD}",
				hash(&found)?,
			)))
		}
	}

	/// The last block that is in the index.
	///
	/// # Errors
	/// [`Error::Away`].
	pub async fn last(&self) -> Result<Block, Error> {
		let (number, found): (i64, Vec<u8>) = sqlx::query_as("SELECT number, hash FROM progress")
			.fetch_one(&self.pool)
			.await?;
		Ok(Block {
			hash: hash(&found)?,
			number: u32::try_from(number).map_err(|_| damaged("the number of the last block"))?,
		})
	}

	/// Adds the rows of the blocks after `from` up to `to`, and marks them as indexed: all of it or nothing.
	///
	/// # Errors
	/// [`Error::Moved`] when `from` is not the last block that is in the index; nothing was written then.
	pub async fn write(&self, rows: &Rows, from: Block, to: Block) -> Result<(), Error> {
		let mut transaction = self.pool.begin().await?;
		// First of all, since it keeps any other writer out until the end of the transaction.
		let moved = sqlx::query("UPDATE progress SET number = $1, hash = $2 WHERE number = $3 AND hash = $4")
			.bind(i64::from(to.number))
			.bind(to.hash.as_bytes())
			.bind(i64::from(from.number))
			.bind(from.hash.as_bytes())
			.execute(&mut *transaction)
			.await?;
		if moved.rows_affected() != 1 {
			return Err(Error::Moved);
		}
		rows.write(&mut transaction).await?;
		for ((domain, version), skipped) in &rows.skipped {
			sqlx::query(
				"INSERT INTO skipped (domain, version, events, first) VALUES ($1, $2, $3, $4)
				 ON CONFLICT (domain, version) DO UPDATE SET events = skipped.events + excluded.events",
			)
			.bind(i64::from(*domain))
			.bind(i64::from(*version))
			.bind(int(skipped.events))
			.bind(skipped.first)
			.execute(&mut *transaction)
			.await?;
		}
		transaction.commit().await?;
		Ok(())
	}

	/// The events that a release which wrote this index could not read.
	///
	/// # Errors
	/// [`Error`].
	pub async fn skipped(&self) -> Result<AllSkipped, Error> {
		let rows: Vec<(i64, i64, i64, i64)> = sqlx::query_as("SELECT domain, version, events, first FROM skipped")
			.fetch_all(&self.pool)
			.await?;
		let byte = |number| u8::try_from(number).map_err(|_| damaged("what was skipped"));
		rows.into_iter()
			.map(|(domain, version, events, first)| {
				let events = u64::try_from(events).map_err(|_| damaged("what was skipped"))?;
				Ok(((byte(domain)?, byte(version)?), Skipped { events, first }))
			})
			.collect()
	}

	/// The connections.
	pub(super) fn pool(&self) -> &AnyPool {
		&self.pool
	}

	/// Changes what is in the database, as someone else could.
	#[cfg(test)]
	pub async fn execute(&self, statement: &str) -> Result<(), Error> {
		sqlx::raw_sql(statement).execute(&self.pool).await?;
		Ok(())
	}

	/// Closes all connections.
	pub async fn close(&self) {
		self.pool.close().await;
	}

	/// Removes the index with all that is in it, whichever chain it belongs to.
	///
	/// # Errors
	/// [`Error::Refused`] when files can't be removed.
	pub async fn remove(location: &Location) -> Result<(), Error> {
		match location {
			Location::Sqlite(path) => {
				for suffix in ["", "-wal", "-shm"] {
					let mut file = path.clone().into_os_string();
					file.push(suffix);
					match std::fs::remove_file(&file) {
						Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
							return Err(Error::Refused(format!(
								"can't remove {}: {error}",
								file.to_string_lossy()
							)));
						},
						_ => {},
					}
				}
			},
			Location::Postgres(_) => {
				let mut connection = options(location)?.connect().await?;
				connection.execute(schema::POSTGRES_DROP).await?;
				connection.close().await?;
			},
		}
		Ok(())
	}
}

fn options(location: &Location) -> Result<AnyConnectOptions, Error> {
	sqlx::any::install_default_drivers();
	let options = AnyConnectOptions::from_str(&location.url());
	let options = options.map_err(|error| Error::Refused(format!("--index is no URL of a database: {error}")))?;
	Ok(options.disable_statement_logging())
}

/// A hash of the database.
///
/// # Errors
/// [`Error::Damaged`] when it is none.
pub(super) fn hash(bytes: &[u8]) -> Result<H256, Error> {
	<[u8; 32]>::try_from(bytes).map(H256).map_err(|_| damaged("a hash"))
}

/// A small number of the database.
///
/// # Errors
/// [`Error::Damaged`] when it is none.
pub(super) fn number(number: i64) -> Result<u32, Error> {
	u32::try_from(number).map_err(|_| damaged("a number"))
}

/// A time of the database.
///
/// # Errors
/// [`Error::Damaged`] when it is none.
pub(super) fn time(time: i64) -> Result<UnixMillis, Error> {
	UnixMillis::try_from(time).map_err(|_| damaged("a time"))
}

#[cfg(test)]
mod tests {
	use super::*;
	use sqlx::error::{DatabaseError, ErrorKind};
	use std::{borrow::Cow, error::Error as StdError};

	/// What a database answers with this code.
	#[derive(Debug)]
	struct Answer(&'static str);

	impl fmt::Display for Answer {
		fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
			formatter.write_str(self.message())
		}
	}

	impl StdError for Answer {}

	impl DatabaseError for Answer {
		fn message(&self) -> &str {
			"something is wrong"
		}

		fn code(&self) -> Option<Cow<'_, str>> {
			Some(self.0.into())
		}

		fn as_error(&self) -> &(dyn StdError + Send + Sync + 'static) {
			self
		}

		fn as_error_mut(&mut self) -> &mut (dyn StdError + Send + Sync + 'static) {
			self
		}

		fn into_error(self: Box<Self>) -> Box<dyn StdError + Send + Sync + 'static> {
			self
		}

		fn kind(&self) -> ErrorKind {
			ErrorKind::Other
		}
	}

	#[test]
	fn a_database_that_finds_its_files_damaged_is_told_from_one_that_does_not_answer() {
		// PostgreSQL: data_corrupted, index_corrupted; internal_error, admin_shutdown. SQLite: SQLITE_CORRUPT and
		// SQLITE_CORRUPT_INDEX, SQLITE_NOTADB; SQLITE_BUSY, SQLITE_FULL.
		for (code, is_damaged) in [
			("XX001", true),
			("XX002", true),
			("XX000", false),
			("57P01", false),
			("11", true),
			("779", true),
			("26", true),
			("5", false),
			("13", false),
		] {
			let error = Error::from(sqlx::Error::Database(Box::new(Answer(code))));
			assert_eq!(matches!(error, Error::Damaged(_)), is_damaged, "{code}: {error}");
		}
	}

	#[tokio::test]
	async fn a_file_that_is_no_database_is_damaged() {
		let directory = tempfile::tempdir().unwrap();
		let path = directory.path().join("index.sqlite");
		std::fs::write(&path, "This was written by something else. ".repeat(100)).unwrap();
		let opened = Store::open(&Location::Sqlite(path), H256::zero()).await;
		let error = opened.expect_err("it is no database");
		assert!(matches!(error, Error::Damaged(_)), "{error}");
		assert!(error.to_string().contains("index rebuild"), "{error}");
	}
}
