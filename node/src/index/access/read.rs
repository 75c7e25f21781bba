//! What the logs are asked.

use super::rows::{Log, TREE_STEP};
use crate::index::{
	place::{block_of, end_of, int, Place},
	store::{damaged, hash, number, time, Error, Statement, Store},
};
use codec::Decode;
use futures::TryStreamExt as _;
use kexin_primitives::{
	access::{AccessEvent, Breaches, LogEntry, Notices, Rules},
	lineage::ActivityId,
	log::{self, node_hash, Accumulator, Subtree},
	members::MemberId,
	DatasetId, Pseudonym, UnixMillis, H256,
};
use sqlx::{any::AnyRow, Row as _};
use std::collections::HashMap;

/// Which entries are asked for. What is none does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventQuery {
	/// Of this dataset.
	pub dataset: Option<DatasetId>,
	/// For this activity.
	pub activity: Option<ActivityId>,
	/// Reported by this member.
	pub reporter: Option<MemberId>,
	/// To this subject's data.
	pub subject: Option<Pseudonym>,
	/// With breaches, or without.
	pub breaches: Option<bool>,
	/// That took place at this time or later.
	pub from: Option<UnixMillis>,
	/// That took place before this time.
	pub to: Option<UnixMillis>,
	/// After this place and index.
	pub after: Option<(Place, u64)>,
	/// Up to this block.
	pub until: u32,
	/// How many at the most, 1 or more.
	pub limit: u32,
}

/// An entry, and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
	/// Where its batch was recorded.
	pub place: Place,
	/// Its index in the log of its dataset.
	pub index: u64,
	/// The entry.
	pub entry: LogEntry,
}

/// Entries, and where the next page begins; none on the last.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
	/// The entries.
	pub entries: Vec<Found>,
	/// The place and index after which it does.
	pub next: Option<(Place, u64)>,
}

/// Rows that are looked at for one page at the most: entries, or batches of up to 2,000 entries.
const SCAN: usize = 2_000;

const ENTRY: &str =
	"SELECT e.batch, e.position, e.breaches, e.notices, e.event, b.reporter, b.time, b.spec_version, b.code";

/// The first batch of a log that has an entry from a position on. Up to two parameters: the log and the position.
const FROM_BATCH: &str = "COALESCE((SELECT MAX(first) FROM batches WHERE log = $1 AND first <= $2), 0)";

impl Store {
	/// Entries in the order in which they were recorded. Of one dataset that is the order of its log.
	///
	/// No more than [`SCAN`] rows are looked at, so that a question ends soon however rare its answer is: a page can
	/// have fewer entries than its limit, or none, and a next one.
	///
	/// # Errors
	/// [`Error`].
	pub async fn events(&self, query: &EventQuery) -> Result<Page, Error> {
		self.scan(query, SCAN).await
	}

	/// The same with another bound on the rows that are looked at.
	pub(in crate::index) async fn scan(&self, query: &EventQuery, bound: usize) -> Result<Page, Error> {
		let mut datasets = HashMap::new();
		if let Some(dataset) = &query.dataset {
			let Some(log) = self.log_id(dataset).await? else {
				return Ok(Page::default());
			};
			datasets.insert(log, *dataset);
		}
		let log = datasets.keys().next().copied();
		// At the place where a page goes on may be a batch with nothing left in it.
		let bound = bound.max(query.limit as usize + 2);
		let mut statement = Statement::new("");
		Events { query, log, bound }.write(&mut statement);
		let (matching, next) = self.matching(&mut statement, query.limit as usize, bound).await?;
		let mut entries = Vec::with_capacity(matching.len());
		for row in matching {
			let log = row.try_get("log")?;
			let dataset = match datasets.get(&log) {
				Some(dataset) => *dataset,
				None => {
					let dataset = self.dataset_of(log).await?;
					datasets.insert(log, dataset);
					dataset
				},
			};
			entries.push(entry(&row, dataset)?);
		}
		Ok(Page { entries, next })
	}

	/// The rows of a page that match, and where the next one begins. Rows are taken one by one, so that SQLite stops
	/// when there are enough, or when nobody waits any more.
	async fn matching(
		&self,
		statement: &mut Statement<'_>,
		limit: usize,
		bound: usize,
	) -> Result<(Vec<AnyRow>, Option<(Place, u64)>), Error> {
		let mut rows = statement.build().fetch(self.pool());
		let (mut matching, mut last, mut seen) = (Vec::new(), None, 0);
		while let Some(row) = rows.try_next().await? {
			let at = (row.try_get("at_place")?, index(row.try_get("at_position")?)?);
			if row.try_get::<Option<i64>, _>("log")?.is_some() && row.try_get::<Option<i64>, _>("position")?.is_some() {
				if matching.len() == limit {
					return Ok((matching, last));
				}
				matching.push(row);
			}
			last = Some(at);
			seen += 1;
		}
		Ok((matching, last.filter(|_| seen >= bound)))
	}

	/// The entries of a log from one index to before another. Fewer when the index has not so many.
	///
	/// # Errors
	/// [`Error`].
	pub async fn range(&self, dataset: DatasetId, from: u64, to: u64) -> Result<Vec<LogEntry>, Error> {
		let Some(log) = self.log_id(&dataset).await? else {
			return Ok(Vec::new());
		};
		// SQLite and PostgreSQL both see that the batches come in the order of the log.
		let statement = format!(
			"{ENTRY} FROM batches b CROSS JOIN entries e WHERE b.log = $1 AND b.first >= {FROM_BATCH} AND b.first < $3
			 AND e.batch = b.place AND e.position >= $2 AND e.position < $3 ORDER BY b.first, e.position"
		);
		let rows = sqlx::query(&statement)
			.bind(log)
			.bind(int(from))
			.bind(int(to))
			.fetch_all(self.pool())
			.await?;
		rows.iter().map(|row| Ok(entry(row, dataset)?.entry)).collect()
	}

	/// The hashes that prove entries of a log of `count`: see [`log::prove`].
	///
	/// # Errors
	/// [`Error`].
	pub async fn prove(&self, dataset: DatasetId, count: u64, first: u64, number: u64) -> Result<Vec<H256>, Error> {
		let mut trees = Vec::new();
		let mut note = |tree| {
			trees.push(tree);
			Ok::<_, Error>(H256::zero())
		};
		log::prove(count, first, number, &mut note)?;
		let mut hashes = Vec::with_capacity(trees.len());
		for tree in trees {
			hashes.push(self.tree(dataset, tree).await?);
		}
		Ok(hashes)
	}

	/// The root of a perfect tree of a log, from the nearest ones below it that are kept.
	async fn tree(&self, dataset: DatasetId, tree: Subtree) -> Result<H256, Error> {
		let levels = tree.height % TREE_STEP;
		let height = tree.height - levels;
		let (from, to) = (tree.index << levels, (tree.index + 1) << levels);
		let mut hashes = if height == 0 {
			let entries = self.range(dataset, from, to).await?;
			entries.iter().map(LogEntry::leaf).collect::<Vec<_>>()
		} else {
			let rows: Vec<(Vec<u8>,)> = sqlx::query_as(
				"SELECT t.hash FROM logs l JOIN trees t ON t.log = l.id
				 WHERE l.dataset = $1 AND t.height = $2 AND t.position >= $3 AND t.position < $4 ORDER BY t.position",
			)
			.bind(dataset.as_bytes())
			.bind(i64::from(height))
			.bind(int(from))
			.bind(int(to))
			.fetch_all(self.pool())
			.await?;
			rows.iter().map(|(found,)| hash(found)).collect::<Result<Vec<_>, _>>()?
		};
		if hashes.len() as u64 != to - from {
			return Err(damaged(format_args!("a part of the log of {dataset:?}")));
		}
		while hashes.len() > 1 {
			hashes = hashes.chunks(2).map(|pair| node_hash(&pair[0], &pair[1])).collect();
		}
		Ok(hashes[0])
	}

	/// The members that the first `count` entries of a log name as reporter or recipient.
	///
	/// # Errors
	/// [`Error`].
	pub async fn members(&self, dataset: DatasetId, count: u64) -> Result<Vec<MemberId>, Error> {
		let rows: Vec<(i64,)> = sqlx::query_as(
			"SELECT m.member FROM logs l JOIN log_members m ON m.log = l.id
			 WHERE l.dataset = $1 AND m.position < $2 ORDER BY m.member",
		)
		.bind(dataset.as_bytes())
		.bind(int(count))
		.fetch_all(self.pool())
		.await?;
		rows.into_iter().map(|(member,)| number(member)).collect()
	}

	/// The log of a dataset; none when nothing was recorded.
	///
	/// # Errors
	/// [`Error`].
	pub async fn log(&self, dataset: DatasetId) -> Result<Option<Log>, Error> {
		let found: Option<(i64, Vec<u8>)> = sqlx::query_as("SELECT id, accumulator FROM logs WHERE dataset = $1")
			.bind(dataset.as_bytes())
			.fetch_optional(self.pool())
			.await?;
		let Some((id, accumulator)) = found else {
			return Ok(None);
		};
		let accumulator = Accumulator::decode(&mut &accumulator[..]).map_err(|_| damaged("an accumulator"))?;
		let members = self.members(dataset, accumulator.count()).await?;
		Ok(Some(Log {
			id,
			accumulator,
			members: members.into_iter().collect(),
		}))
	}

	/// The last number that was given to a log.
	///
	/// # Errors
	/// [`Error`].
	pub async fn last_log(&self) -> Result<i64, Error> {
		let (last,): (i64,) = sqlx::query_as("SELECT COALESCE(MAX(id), 0) FROM logs")
			.fetch_one(self.pool())
			.await?;
		Ok(last)
	}

	async fn log_id(&self, dataset: &DatasetId) -> Result<Option<i64>, Error> {
		let found: Option<(i64,)> = sqlx::query_as("SELECT id FROM logs WHERE dataset = $1")
			.bind(dataset.as_bytes())
			.fetch_optional(self.pool())
			.await?;
		Ok(found.map(|(id,)| id))
	}

	async fn dataset_of(&self, log: i64) -> Result<DatasetId, Error> {
		let (found,): (Vec<u8>,) = sqlx::query_as("SELECT dataset FROM logs WHERE id = $1")
			.bind(log)
			.fetch_one(self.pool())
			.await?;
		hash(&found)
	}

	/// How the database comes to the answer of [`Self::events`].
	#[cfg(test)]
	pub async fn explain(&self, query: &EventQuery, log: Option<i64>) -> Result<Vec<String>, Error> {
		let mut statement = Statement::new("EXPLAIN QUERY PLAN ");
		let bound = SCAN;
		Events { query, log, bound }.write(&mut statement);
		let rows = statement.build().fetch_all(self.pool()).await?;
		rows.iter().map(|row| Ok(row.try_get::<String, _>("detail")?)).collect()
	}
}

/// The statement that answers a question for entries. It begins where few rows remain: with the entries of a subject,
/// an activity or with breaches, for which there are indices, else with the batches. What else is asked for is looked
/// up beside these rows by a LEFT JOIN, which keeps SQLite to that order, and of which comes at least one row each,
/// empty where nothing matches.
struct Events<'a> {
	query: &'a EventQuery,
	log: Option<i64>,
	bound: usize,
}

impl<'a> Events<'a> {
	fn write(&self, statement: &mut Statement<'a>) {
		let query = self.query;
		let by_entry = query.subject.is_some() || query.activity.is_some() || query.breaches == Some(true);
		statement.push(ENTRY).push(", b.log");
		let order = if by_entry {
			self.by_entry(statement);
			"e.batch, e.position"
		} else {
			self.by_batch(statement);
			match self.log {
				Some(_) => "b.first, e.position",
				None => "b.place, e.position",
			}
		};
		statement.push(" ORDER BY ").push(order);
		statement.push(" LIMIT ").push_bind(self.bound as i64);
	}

	/// Goes through an index of entries.
	fn by_entry(&self, statement: &mut Statement<'a>) {
		let query = self.query;
		statement.push(
			", e.batch AS at_place, e.position AS at_position FROM entries e LEFT JOIN batches b ON b.place = e.batch",
		);
		if let Some(log) = self.log {
			statement.push(" AND b.log = ").push_bind(log);
		}
		if let Some(reporter) = query.reporter {
			statement.push(" AND b.reporter = ").push_bind(i64::from(reporter));
		}
		self.times(statement);
		// One of them is that of the index; the others belong to what is looked up.
		let subject = query.subject.as_ref().map(|subject| ("e.subject", subject));
		let activity = query.activity.as_ref().map(|activity| ("e.activity", activity));
		let (index, beside) = match (subject, activity) {
			(Some(subject), activity) => (Some(subject), activity),
			(None, activity) => (activity, None),
		};
		if let Some((column, value)) = beside {
			statement
				.push(" AND ")
				.push(column)
				.push(" = ")
				.push_bind(value.as_bytes());
		}
		if index.is_some() {
			self.breaches(statement);
		}
		match index {
			Some((column, value)) => statement
				.push(" WHERE ")
				.push(column)
				.push(" = ")
				.push_bind(value.as_bytes()),
			None => statement.push(" WHERE e.breaches > 0"),
		};
		if let Some((place, position)) = query.after {
			statement.push(" AND (e.batch, e.position) > (").push_bind(place);
			statement.push(", ").push_bind(int(position)).push(")");
		}
		statement.push(" AND e.batch < ").push_bind(end_of(query.until));
	}

	/// Goes through the batches, of a log or of a member or all.
	fn by_batch(&self, statement: &mut Statement<'a>) {
		let query = self.query;
		statement.push(", b.place AS at_place, COALESCE(e.position, b.first) AS at_position FROM batches b LEFT JOIN entries e ON e.batch = ");
		// The bounds of a batch spare its entries: nothing is in no batch.
		statement
			.push("CASE WHEN b.latest >= ")
			.push_bind(int(query.from.unwrap_or(0)));
		if let Some(to) = query.to {
			statement.push(" AND b.earliest < ").push_bind(int(to));
		}
		statement.push(" THEN b.place END");
		self.times(statement);
		self.breaches(statement);
		let reporter = query.reporter.map(i64::from);
		if let (Some(_), Some(reporter)) = (self.log, reporter) {
			statement.push(" AND b.reporter = ").push_bind(reporter);
		}
		match (self.log, query.after) {
			(Some(_), Some((_, position))) => {
				statement.push(" AND e.position > ").push_bind(int(position));
			},
			(None, Some((place, position))) => {
				statement.push(" AND (b.place > ").push_bind(place);
				statement.push(" OR e.position > ").push_bind(int(position)).push(")");
			},
			(_, None) => {},
		}
		statement.push(" WHERE b.place < ").push_bind(end_of(query.until));
		match (self.log, reporter) {
			(Some(log), _) => {
				statement.push(" AND b.log = ").push_bind(log);
			},
			(None, Some(reporter)) => {
				statement.push(" AND b.reporter = ").push_bind(reporter);
			},
			(None, None) => {},
		}
		match (self.log, query.after) {
			(Some(log), Some((_, position))) => {
				statement.push(" AND b.first >= COALESCE((SELECT MAX(first) FROM batches WHERE log = ");
				statement
					.push_bind(log)
					.push(" AND first <= ")
					.push_bind(int(position))
					.push("), 0)");
			},
			(None, Some((place, _))) => {
				statement.push(" AND b.place >= ").push_bind(place);
			},
			(_, None) => {},
		}
	}

	fn times(&self, statement: &mut Statement<'a>) {
		if let Some(from) = self.query.from {
			statement.push(" AND e.occurred >= ").push_bind(int(from));
		}
		if let Some(to) = self.query.to {
			statement.push(" AND e.occurred < ").push_bind(int(to));
		}
	}

	fn breaches(&self, statement: &mut Statement<'a>) {
		match self.query.breaches {
			Some(true) => statement.push(" AND e.breaches > 0"),
			Some(false) => statement.push(" AND e.breaches = 0"),
			None => statement,
		};
	}
}

fn entry(row: &AnyRow, dataset: DatasetId) -> Result<Found, Error> {
	let event: &[u8] = row.try_get("event")?;
	let breaches: i64 = row.try_get("breaches")?;
	let notices: i64 = row.try_get("notices")?;
	Ok(Found {
		place: row.try_get("batch")?,
		index: index(row.try_get("position")?)?,
		entry: LogEntry {
			dataset,
			reporter: number(row.try_get("reporter")?)?,
			recorded: time(row.try_get("time")?)?,
			rules: Rules {
				spec_version: number(row.try_get("spec_version")?)?,
				code: hash(row.try_get("code")?)?,
			},
			breaches: u16::try_from(breaches)
				.ok()
				.and_then(Breaches::from_bits)
				.ok_or_else(|| damaged("the meaning of a breach"))?,
			notices: u8::try_from(notices)
				.ok()
				.and_then(Notices::from_bits)
				.ok_or_else(|| damaged("the meaning of a notice"))?,
			event: AccessEvent::decode(&mut &*event).map_err(|_| damaged("an event"))?,
		},
	})
}

impl Found {
	/// The block that recorded it.
	pub fn block(&self) -> u32 {
		block_of(self.place)
	}
}

fn index(index: i64) -> Result<u64, Error> {
	u64::try_from(index).map_err(|_| damaged("the index of an entry"))
}
