//! The history of a domain: its events in order, found by the things that they name.
//!
//! A domain only says under which keys each of its events is found. Its two tables follow from its name.

use super::{
	place::{block_of, end_of, int, Place},
	store::{damaged, insert, time, Error, Store},
};
use kexin_primitives::{
	events::{DomainEvent, Envelope, LedgerEvent},
	members::MemberId,
	UnixMillis, H256,
};
use sqlx::{any::AnyRow, AnyConnection, Row as _};
use std::marker::PhantomData;

/// Something by which events are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum Key {
	Member(MemberId),
	Subject(H256),
	Dataset(H256),
	Artifact(H256),
	Activity(H256),
	Account(H256),
	Campaign(u32),
	Code(H256),
	Motion(H256),
}

impl Key {
	/// As the database keeps it: the first byte says what it is.
	pub fn bytes(self) -> Vec<u8> {
		let (kind, value): (u8, &[u8]) = match &self {
			Self::Member(member) => (0, &member.to_be_bytes()),
			Self::Subject(subject) => (1, subject.as_bytes()),
			Self::Dataset(dataset) => (2, dataset.as_bytes()),
			Self::Artifact(artifact) => (3, artifact.as_bytes()),
			Self::Activity(activity) => (4, activity.as_bytes()),
			Self::Account(account) => (5, account.as_bytes()),
			Self::Campaign(campaign) => (6, &campaign.to_be_bytes()),
			Self::Code(code) => (7, code.as_bytes()),
			Self::Motion(motion) => (8, motion.as_bytes()),
		};
		[&[kind], value].concat()
	}
}

/// A domain whose events are kept as they are.
pub trait Domain: DomainEvent + serde::Serialize + Send + Unpin {
	/// What the event is found by. Each thing once.
	fn keys(&self) -> Vec<Key>;
}

/// The tables of a domain. What was published never changes: a later layout is a migration of its own.
pub fn schema<D: Domain>() -> String {
	let name = D::NAME;
	format!(
		"-- The events of the domain {name}, each encoded in the version of its vocabulary.
CREATE TABLE {name}_events (
	place BIGINT NOT NULL PRIMARY KEY,
	time BIGINT NOT NULL,
	version BIGINT NOT NULL,
	event BLOB NOT NULL
);
-- What they are found by.
CREATE TABLE {name}_keys (
	key BLOB NOT NULL,
	place BIGINT NOT NULL,
	PRIMARY KEY (key, place)
);
"
	)
}

/// Events of a domain that are to be written.
#[derive(Clone, Debug, PartialEq)]
pub struct Rows<D> {
	events: Vec<(Place, UnixMillis, Envelope)>,
	keys: Vec<(Vec<u8>, Place)>,
	domain: PhantomData<D>,
}

impl<D> Default for Rows<D> {
	fn default() -> Self {
		Self {
			events: Vec::new(),
			keys: Vec::new(),
			domain: PhantomData,
		}
	}
}

impl<D: Domain> Rows<D> {
	/// Adds an event, and the envelope that it came in.
	pub fn add(&mut self, place: Place, time: UnixMillis, event: &D, envelope: Envelope) {
		self.events.push((place, time, envelope));
		self.keys
			.extend(event.keys().into_iter().map(|key| (key.bytes(), place)));
	}

	/// Adds the events of the blocks after these.
	pub fn extend(&mut self, later: Self) {
		self.events.extend(later.events);
		self.keys.extend(later.keys);
	}

	/// How many rows these are.
	pub fn count(&self) -> usize {
		self.events.len() + self.keys.len()
	}

	/// Writes them.
	///
	/// # Errors
	/// The database's.
	pub async fn write(&self, connection: &mut AnyConnection) -> sqlx::Result<()> {
		let events = format!("{}_events (place, time, version, event)", D::NAME);
		insert(connection, &events, &self.events, |values, (place, time, envelope)| {
			values.push_bind(*place);
			values.push_bind(int(*time));
			values.push_bind(i64::from(envelope.version));
			values.push_bind(&envelope.bytes[..]);
		})
		.await?;
		let keys = format!("{}_keys (key, place)", D::NAME);
		insert(connection, &keys, &self.keys, |values, (key, place)| {
			values.push_bind(&key[..]);
			values.push_bind(*place);
		})
		.await
	}
}

/// An event of a history.
#[derive(Clone, Debug, PartialEq)]
pub struct Recorded<D> {
	/// Where it happened.
	pub place: Place,
	/// The time of its block.
	pub time: UnixMillis,
	/// The event.
	pub event: D,
}

impl<D> Recorded<D> {
	/// The number of its block.
	pub fn block(&self) -> u32 {
		block_of(self.place)
	}
}

impl Store {
	/// Events of a domain, oldest first: those with this key, or all; after one place and up to a block; `limit` at
	/// most.
	///
	/// # Errors
	/// [`Error`].
	pub async fn history<D: Domain>(
		&self,
		key: Option<Key>,
		after: Option<Place>,
		until: u32,
		limit: u32,
	) -> Result<Vec<Recorded<D>>, Error> {
		let name = D::NAME;
		let select = "SELECT e.place, e.time, e.version, e.event";
		let order = "ORDER BY e.place LIMIT $3";
		let (after, end) = (after.unwrap_or(-1), end_of(until));
		let rows = match key {
			None => {
				let statement = format!("{select} FROM {name}_events e WHERE e.place > $1 AND e.place < $2 {order}");
				let query = sqlx::query(&statement).bind(after).bind(end).bind(i64::from(limit));
				query.fetch_all(self.pool()).await?
			},
			Some(key) => {
				let statement = format!(
					"{select} FROM {name}_keys k CROSS JOIN {name}_events e WHERE k.key = $4 AND k.place > $1 AND k.place < $2
					 AND e.place = k.place ORDER BY k.place LIMIT $3"
				);
				let query = sqlx::query(&statement).bind(after).bind(end).bind(i64::from(limit));
				query.bind(key.bytes()).fetch_all(self.pool()).await?
			},
		};
		rows.iter().map(recorded).collect()
	}

	/// Whether any event of a domain has this key.
	///
	/// # Errors
	/// [`Error`].
	pub async fn knows<D: Domain>(&self, key: Key) -> Result<bool, Error> {
		let statement = format!("SELECT place FROM {}_keys WHERE key = $1 LIMIT 1", D::NAME);
		let found = sqlx::query(&statement)
			.bind(key.bytes())
			.fetch_optional(self.pool())
			.await?;
		Ok(found.is_some())
	}
}

fn recorded<D: Domain>(row: &AnyRow) -> Result<Recorded<D>, Error> {
	let version: i64 = row.try_get("version")?;
	let envelope = Envelope {
		domain: D::DOMAIN,
		version: u8::try_from(version).map_err(|_| damaged("the version of an event"))?,
		bytes: row.try_get("event")?,
	};
	let event = envelope.open().and_then(|event: LedgerEvent| D::from_ledger(event));
	Ok(Recorded {
		place: row.try_get("place")?,
		time: time(row.try_get("time")?)?,
		event: event.ok_or_else(|| damaged("an event"))?,
	})
}
