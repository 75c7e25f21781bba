//! From the ledger events of blocks to the rows of the index. Pure: no database, no chain.

use super::{
	access::rows::{self as access, Discontinuous, Logs},
	history,
	place::{place, Place},
	Block,
};
use kexin_primitives::{
	events::{
		access::{AccessLogEvent, Batch},
		annotation::AnnotationEvent,
		consent::ConsentEvent,
		governance::GovernanceEvent,
		lineage::LineageEvent,
		members::MemberEvent,
		BlockEvents, DomainEvent, Envelope, LedgerEvent,
	},
	DatasetId, UnixMillis,
};
use sqlx::AnyConnection;
use std::collections::BTreeMap;

/// A block whose envelopes are opened, as far as this release knows them.
pub struct Opened {
	block: Block,
	time: UnixMillis,
	events: Vec<(Envelope, Option<LedgerEvent>)>,
}

impl Opened {
	/// Opens the envelopes of a block.
	pub fn new(block: Block, events: BlockEvents) -> Self {
		let open = |envelope: Envelope| {
			let event = envelope.open();
			(envelope, event)
		};
		Self {
			block,
			time: events.time,
			events: events.events.into_iter().map(open).collect(),
		}
	}

	/// The datasets whose logs grow.
	pub fn datasets(&self) -> impl Iterator<Item = DatasetId> + '_ {
		self.events.iter().filter_map(|(_, event)| match event {
			Some(LedgerEvent::Access(AccessLogEvent::BatchRecorded(Batch { dataset, .. }))) => Some(*dataset),
			_ => None,
		})
	}
}

/// Events that this release could not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Skipped {
	/// How many.
	pub events: u64,
	/// Where the first one happened.
	pub first: Place,
}

/// What was skipped, by domain and version.
pub type AllSkipped = BTreeMap<(u8, u8), Skipped>;

/// The rows of one block or several.
#[derive(Clone, Debug, Default, PartialEq)]
#[allow(missing_docs)]
pub struct Rows {
	pub access: access::Rows,
	pub consent: history::Rows<ConsentEvent>,
	pub lineage: history::Rows<LineageEvent>,
	pub members: history::Rows<MemberEvent>,
	pub governance: history::Rows<GovernanceEvent>,
	pub annotation: history::Rows<AnnotationEvent>,
	pub skipped: AllSkipped,
	/// The events of the lineage once more, as the graph in memory takes them.
	pub graph: Vec<(Place, UnixMillis, LineageEvent)>,
}

impl Rows {
	/// The rows of a block. The logs of its batches have to be among `logs`, and grow by them.
	///
	/// # Errors
	/// [`Discontinuous`] when a batch does not continue its log, although no event of any log was skipped. `logs` are
	/// of no use then.
	pub fn of(opened: Opened, logs: &mut Logs) -> Result<Self, Discontinuous> {
		let mut rows = Self::default();
		let Opened { block, time, events } = opened;
		for (position, (envelope, event)) in events.into_iter().enumerate() {
			let place = place(block.number, position);
			match event {
				Some(LedgerEvent::Access(AccessLogEvent::BatchRecorded(batch))) => {
					match rows.access.add(block, place, &batch, logs) {
						Ok(()) => {},
						// What came before it in its log may have been skipped, so it can't be placed either.
						Err(_) if logs.has_gaps => rows.skip(&envelope, place),
						Err(discontinuous) => return Err(discontinuous),
					}
				},
				Some(LedgerEvent::Consent(event)) => rows.consent.add(place, time, &event, envelope),
				Some(LedgerEvent::Lineage(event)) => {
					rows.lineage.add(place, time, &event, envelope);
					rows.graph.push((place, time, event));
				},
				Some(LedgerEvent::Members(event)) => rows.members.add(place, time, &event, envelope),
				Some(LedgerEvent::Governance(event)) => rows.governance.add(place, time, &event, envelope),
				Some(LedgerEvent::Annotation(event)) => rows.annotation.add(place, time, &event, envelope),
				None => {
					logs.has_gaps |= envelope.domain == AccessLogEvent::DOMAIN;
					rows.skip(&envelope, place);
				},
			}
		}
		Ok(rows)
	}

	fn skip(&mut self, envelope: &Envelope, place: Place) {
		let key = (envelope.domain, envelope.version);
		let first = Skipped {
			events: 0,
			first: place,
		};
		self.skipped.entry(key).or_insert(first).events += 1;
	}

	/// Adds the rows of the blocks after these.
	pub fn extend(&mut self, later: Self) {
		let Self {
			access,
			consent,
			lineage,
			members,
			governance,
			annotation,
			skipped,
			graph,
		} = later;
		self.access.extend(access);
		self.consent.extend(consent);
		self.lineage.extend(lineage);
		self.members.extend(members);
		self.governance.extend(governance);
		self.annotation.extend(annotation);
		self.graph.extend(graph);
		add_skipped(&mut self.skipped, &skipped);
	}

	/// About how many rows these are.
	pub fn count(&self) -> usize {
		let histories = self.consent.count() + self.lineage.count() + self.members.count();
		self.access.count() + histories + self.governance.count() + self.annotation.count() + self.skipped.len()
	}

	/// Writes the rows of every domain.
	///
	/// # Errors
	/// The database's.
	pub async fn write(&self, connection: &mut AnyConnection) -> sqlx::Result<()> {
		let Self {
			access,
			consent,
			lineage,
			members,
			governance,
			annotation,
			// The store adds these to what is there.
			skipped: _,
			// It is in memory alone.
			graph: _,
		} = self;
		access.write(connection).await?;
		consent.write(connection).await?;
		lineage.write(connection).await?;
		members.write(connection).await?;
		governance.write(connection).await?;
		annotation.write(connection).await
	}
}

/// Adds what was skipped later.
pub fn add_skipped(skipped: &mut AllSkipped, later: &AllSkipped) {
	for (key, more) in later {
		let known = skipped.entry(*key).or_insert(Skipped {
			events: 0,
			first: more.first,
		});
		known.events += more.events;
	}
}
