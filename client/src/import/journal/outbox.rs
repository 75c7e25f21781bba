//! The accesses that are on their way to the ledger.
//!
//! While files are read, accesses are held in a table that goes with the connection. Before they are sent, they get
//! positions and move to the outbox, which is on the disk: they are sent again with the same positions until it is
//! known what became of them, so that the ledger tells what it has recorded.

use super::{damaged, hash, int, time, Journal, Result};
use crate::{call::Account, import::batch::Pending};
use codec::{DecodeAll as _, Encode as _};
use kexin_primitives::{access::AccessEvent, batch::Position, DatasetId, Versioned, H256};

/// An access with its position.
#[derive(Clone, Debug)]
pub(in crate::import) struct Outbound {
	/// The account whose position it is.
	pub gateway: Account,
	/// The position.
	pub position: Position,
	/// The dataset to whose log it goes.
	pub dataset: DatasetId,
	/// The access.
	pub event: AccessEvent,
	/// Whether it may be in the log already, from a stream that another client has ended.
	pub is_doubtful: bool,
}

impl Journal {
	/// Holds an access until it is numbered. Returns whether it is new.
	pub(in crate::import) async fn hold_access(&mut self, pending: &Pending<AccessEvent>) -> Result<bool> {
		let done = sqlx::query(
			"INSERT OR IGNORE INTO temp.accesses (source, occurred, event, file, line, bytes) VALUES ($1, $2, $3, $4, $5, $6)",
		)
		.bind(pending.source.as_bytes())
		.bind(time(pending.item.occurred))
		.bind(Versioned::V1(pending.item).encode())
		.bind(pending.file.to_string_lossy())
		.bind(int(pending.line))
		.bind(&pending.bytes)
		.execute(&mut self.database)
		.await?;
		Ok(done.rows_affected() == 1)
	}

	/// Whether accesses are held.
	pub(in crate::import) async fn holds_accesses(&mut self) -> Result<bool> {
		let found = sqlx::query("SELECT 1 FROM temp.accesses LIMIT 1")
			.fetch_optional(&mut self.database)
			.await?;
		Ok(found.is_some())
	}

	/// Whether an access is held.
	pub(in crate::import) async fn holds(&mut self, source: &H256) -> Result<bool> {
		self.has("SELECT 1 FROM temp.accesses WHERE source = $1", source).await
	}

	/// Whether an access is in the outbox.
	pub(in crate::import) async fn is_under_way(&mut self, source: &H256) -> Result<bool> {
		self.has("SELECT 1 FROM outbox WHERE source = $1", source).await
	}

	/// Lets go of an access that is held.
	pub(in crate::import) async fn drop_held(&mut self, source: &H256) -> Result<()> {
		sqlx::query("DELETE FROM temp.accesses WHERE source = $1")
			.bind(source.as_bytes())
			.execute(&mut self.database)
			.await?;
		Ok(())
	}

	/// Lets go of the accesses that are held and are in the log of this dataset by now.
	pub(in crate::import) async fn drop_held_in(&mut self, dataset: DatasetId) -> Result<()> {
		sqlx::query("DELETE FROM temp.accesses WHERE source IN (SELECT source FROM final WHERE dataset = $1)")
			.bind(dataset.as_bytes())
			.execute(&mut self.database)
			.await?;
		Ok(())
	}

	/// An access that is held and is in a log by now.
	pub(in crate::import) async fn held_elsewhere(&mut self) -> Result<Option<Pending<()>>> {
		let row: Option<(Vec<u8>, String, i64, Vec<u8>)> = sqlx::query_as(
			"SELECT source, file, line, bytes FROM temp.accesses WHERE source IN (SELECT source FROM final) LIMIT 1",
		)
		.fetch_optional(&mut self.database)
		.await?;
		let access = row.map(|(source, file, line, bytes)| {
			Ok(Pending {
				file: file.into(),
				line: usize::try_from(line).unwrap_or_default(),
				source: hash(&source)?,
				bytes,
				item: (),
			})
		});
		access.transpose()
	}

	/// The last position of a gateway in the outbox; none when nothing of it is there.
	pub(in crate::import) async fn last_position(&mut self, gateway: &Account) -> Result<Option<Position>> {
		let found: Option<(i64, i64)> = sqlx::query_as(
			"SELECT stream, number FROM outbox WHERE gateway = $1 ORDER BY stream DESC, number DESC LIMIT 1",
		)
		.bind(&gateway[..])
		.fetch_optional(&mut self.database)
		.await?;
		found.map(|(stream, event)| position(stream, event)).transpose()
	}

	/// Moves accesses that are held to the empty outbox, in the order in which they occurred, at most `limit`. The
	/// first gets the position `first`. Returns how many there are.
	pub(in crate::import) async fn number_accesses(
		&mut self,
		gateway: &Account,
		first: Position,
		dataset: DatasetId,
		limit: usize,
	) -> Result<u32> {
		self.begin().await?;
		let numbered = sqlx::query(
			"INSERT INTO outbox (gateway, stream, number, source, dataset, event, file, line, bytes)
			 SELECT $1, $2, $3 + row_number() OVER (ORDER BY occurred, place) - 1, source, $4, event, file, line, bytes
			 FROM (SELECT *, rowid AS place FROM temp.accesses ORDER BY occurred, rowid LIMIT $5)",
		)
		.bind(&gateway[..])
		.bind(number(first.stream))
		.bind(number(first.event))
		.bind(dataset.as_bytes())
		.bind(int(limit))
		.execute(&mut self.database)
		.await?;
		sqlx::query("DELETE FROM temp.accesses WHERE source IN (SELECT source FROM outbox)")
			.execute(&mut self.database)
			.await?;
		self.commit().await?;
		Ok(u32::try_from(numbered.rows_affected()).unwrap_or(u32::MAX))
	}

	/// What is in the outbox, in the order of the positions. They follow each other.
	pub(in crate::import) async fn outbound(&mut self) -> Result<Vec<Pending<Outbound>>> {
		let rows: Vec<Row> = sqlx::query_as(
			"SELECT gateway, stream, number, source, dataset, event, file, line, bytes, doubtful FROM outbox ORDER BY stream, number",
		)
		.fetch_all(&mut self.database)
		.await?;
		rows.into_iter().map(access).collect()
	}

	/// Takes an access out of the outbox.
	pub(in crate::import) async fn drop_outbound(&mut self, source: &H256) -> Result<()> {
		sqlx::query("DELETE FROM outbox WHERE source = $1")
			.bind(source.as_bytes())
			.execute(&mut self.database)
			.await?;
		Ok(())
	}

	/// Takes everything out of the outbox.
	pub(in crate::import) async fn empty_outbox(&mut self) -> Result<()> {
		sqlx::query("DELETE FROM outbox").execute(&mut self.database).await?;
		Ok(())
	}

	/// Numbers all that is in the outbox anew, from the position `first` of a stream in which nothing was sent, and
	/// notes if it has become doubtful. Returns how many accesses there are.
	pub(in crate::import) async fn renumber(
		&mut self,
		gateway: &Account,
		first: Position,
		is_doubtful: bool,
	) -> Result<u32> {
		let sources: Vec<(Vec<u8>,)> = sqlx::query_as("SELECT source FROM outbox ORDER BY stream, number")
			.fetch_all(&mut self.database)
			.await?;
		let mut position = first;
		for (source,) in &sources {
			sqlx::query(
				"UPDATE outbox SET gateway = $1, stream = $2, number = $3, doubtful = doubtful OR $4 WHERE source = $5",
			)
			.bind(&gateway[..])
			.bind(number(position.stream))
			.bind(number(position.event))
			.bind(is_doubtful)
			.bind(source)
			.execute(&mut self.database)
			.await?;
			position = position.plus(1);
		}
		Ok(u32::try_from(sources.len()).unwrap_or(u32::MAX))
	}
}

/// What a row of the outbox holds, in the order of [`Journal::outbound`].
type Row = (Vec<u8>, i64, i64, Vec<u8>, Vec<u8>, Vec<u8>, String, i64, Vec<u8>, bool);

fn access(
	(gateway, stream, number, source, dataset, event, file, line, bytes, is_doubtful): Row,
) -> Result<Pending<Outbound>> {
	Ok(Pending {
		file: file.into(),
		line: usize::try_from(line).unwrap_or_default(),
		source: hash(&source)?,
		bytes,
		item: Outbound {
			gateway: Account::try_from(&gateway[..]).map_err(|_| damaged("a gateway"))?,
			position: position(stream, number)?,
			dataset: hash(&dataset)?,
			event: Versioned::decode_all(&mut &event[..])
				.map_err(|_| damaged("an access"))?
				.into_latest(),
			is_doubtful,
		},
	})
}

fn position(stream: i64, event: i64) -> Result<Position> {
	let number = |number| u64::try_from(number).map_err(|_| damaged("a position"));
	Ok(Position {
		stream: number(stream)?,
		event: number(event)?,
	})
}

/// A number of a stream or an event as SQLite keeps it. `stream.rs` chooses smaller ones than its largest.
fn number(number: u64) -> i64 {
	i64::try_from(number).unwrap_or(i64::MAX)
}
