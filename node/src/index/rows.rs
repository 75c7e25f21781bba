//! From what happened in a block to the rows of the index. Pure: no database, no chain.

use super::Block;
use codec::Encode;
use kexin_primitives::{
	access::{AccessEvent, Breaches, LogEntry, Rules},
	history::{Account, Happening, History, RecordCall, RecordedBatch},
	lineage::{ActivityId, ActivityKind, ArtifactId, ArtifactKind, Evidence, InputRole},
	log::{node_hash, Accumulator, LogFull, Subtree},
	members::{MemberId, MemberKind},
	DatasetId, Pseudonym, UnixMillis, H256,
};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Roots are kept of trees whose height is a multiple of this, so that at most 2^8 of them, or as many entries, make any other.
pub const TREE_STEP: u32 = 8;

/// Where something happened: see the schema.
pub type Place = i64;

const PLACES: u32 = 20;

/// The place of what happened in a block at this position.
pub fn place(block: u32, position: usize) -> Place {
	// A block holds far less than 2^20 happenings: each takes an event.
	(Place::from(block) << PLACES) | int(position as u64)
}

/// The block of a place.
pub fn block_of(place: Place) -> u32 {
	u32::try_from(place >> PLACES).unwrap_or(u32::MAX)
}

/// As the databases keep it. Moments and counts stay below 2^53.
pub fn int(number: u64) -> i64 {
	i64::try_from(number).unwrap_or(i64::MAX)
}

/// The log of a data set, as far as the index has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Log {
	/// Its number in the index.
	pub id: i64,
	/// The accumulator over its entries.
	pub accumulator: Accumulator,
	/// The members that its entries name.
	pub members: BTreeSet<MemberId>,
}

/// The logs that are needed for the next blocks.
#[derive(Clone, Debug, Default)]
pub struct Logs {
	known: HashMap<DatasetId, Log>,
	last: i64,
}

impl Logs {
	/// Knows no log yet; the last number that was given to one is `last`.
	pub fn new(last: i64) -> Self {
		Self {
			known: HashMap::new(),
			last,
		}
	}

	/// Whether the log of this data set is here.
	pub fn has(&self, dataset: &DatasetId) -> bool {
		self.known.contains_key(dataset)
	}

	/// Puts in the log of a data set as the index has it; none when nothing was recorded.
	pub fn insert(&mut self, dataset: DatasetId, log: Option<Log>) {
		let log = log.unwrap_or_else(|| {
			self.last += 1;
			Log {
				id: self.last,
				accumulator: Accumulator::default(),
				members: BTreeSet::new(),
			}
		});
		self.known.insert(dataset, log);
	}
}

/// A batch was recorded, and no call of the block explains it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unexplained {
	/// The data set.
	pub dataset: DatasetId,
	/// The position in the block of the transaction.
	pub transaction: u32,
}

/// The rows of one block or several.
#[derive(Clone, Debug, Default, PartialEq)]
#[allow(missing_docs)]
pub struct Rows {
	pub logs: BTreeMap<DatasetId, (i64, Accumulator)>,
	pub log_members: Vec<LogMember>,
	pub trees: Vec<Tree>,
	pub batches: Vec<Batch>,
	pub entries: Vec<Entry>,
	pub consents: Vec<Consent>,
	pub datasets: Vec<Dataset>,
	pub artifacts: Vec<Artifact>,
	pub activities: Vec<Activity>,
	pub derivations: Vec<Derivation>,
	pub evidence: Vec<Attached>,
	pub rewards: Vec<Reward>,
	pub members: Vec<Member>,
	/// Not rows: the entries with breaches as they are told to who asked for them.
	pub breaches: Vec<Breach>,
}

/// A member that a log names first in this entry.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct LogMember {
	pub log: i64,
	pub member: MemberId,
	pub position: u64,
}

/// The root of a perfect tree of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Tree {
	pub log: i64,
	pub tree: Subtree,
	pub hash: H256,
}

/// What the entries of a batch share.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Batch {
	pub place: Place,
	pub log: i64,
	pub first: u64,
	pub recorded: u32,
	pub reporter: MemberId,
	pub time: UnixMillis,
	pub rules: Rules,
	pub earliest: UnixMillis,
	pub latest: UnixMillis,
}

/// An entry of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Entry {
	pub batch: Place,
	pub position: u64,
	pub occurred: UnixMillis,
	pub breaches: Breaches,
	pub subject: Option<Pseudonym>,
	pub activity: Option<ActivityId>,
	pub event: Vec<u8>,
}

/// What happened to a consent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum ConsentChange {
	Granted = 0,
	Narrowed = 1,
	Revoked = 2,
}

/// Something happened to a subject's consents.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Consent {
	pub place: Place,
	pub time: UnixMillis,
	pub subject: Pseudonym,
	pub what: ConsentChange,
	pub hospital: MemberId,
	pub consent: Option<H256>,
	pub document: H256,
}

/// A data set was declared.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Dataset {
	pub id: DatasetId,
	pub place: Place,
	pub time: UnixMillis,
	pub owner: MemberId,
	pub supersedes: Option<DatasetId>,
}

/// An artifact was registered.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Artifact {
	pub id: ArtifactId,
	pub place: Place,
	pub kind: ArtifactKind,
	pub owner: MemberId,
	pub registered: UnixMillis,
	pub generated_by: Option<ActivityId>,
}

/// An activity started.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Activity {
	pub id: ActivityId,
	pub place: Place,
	pub time: UnixMillis,
	pub kind: ActivityKind,
	pub agent: MemberId,
}

/// An activity ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Derivation {
	pub place: Place,
	pub activity: ActivityId,
	pub kind: ActivityKind,
	pub time: UnixMillis,
	pub inputs: Vec<(ArtifactId, InputRole)>,
	pub outputs: Vec<ArtifactId>,
}

/// Evidence was attached.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Attached {
	pub place: Place,
	pub time: UnixMillis,
	pub artifact: ArtifactId,
	pub by: MemberId,
	pub evidence: Evidence,
}

/// A contribution was accepted, or, without one, rewards were claimed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Reward {
	pub place: Place,
	pub time: UnixMillis,
	pub annotator: Account,
	pub amount: u128,
	pub contribution: Option<(u32, H256)>,
}

/// Something happened to a member. The kind is there when it was admitted.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Member {
	pub place: Place,
	pub time: UnixMillis,
	pub member: MemberId,
	pub what: MemberChange,
	pub kind: Option<MemberKind>,
}

/// What happened to a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum MemberChange {
	Admitted = 0,
	Suspended = 1,
	Reinstated = 2,
	Removed = 3,
}

/// A new entry with breaches.
#[derive(Clone, Debug, PartialEq)]
pub struct Breach {
	/// The block that recorded it.
	pub block: Block,
	/// Its index in the log of its data set.
	pub index: u64,
	/// The entry.
	pub entry: LogEntry,
}

impl Rows {
	/// The rows of a block. The logs of its batches have to be among `logs`, and grow by them.
	///
	/// # Errors
	/// [`Unexplained`]; `logs` are of no use then.
	pub fn of(block: Block, history: &History, logs: &mut Logs) -> Result<Self, Unexplained> {
		let mut rows = Self::default();
		let mut next = 0;
		for (position, batch) in history.batches.iter().enumerate() {
			next = rows.batch(block, position, batch, &history.calls, next, logs)?;
		}
		for (position, happening) in history.happenings.iter().enumerate() {
			rows.happening(place(block.number, position), history.time, happening);
		}
		Ok(rows)
	}

	/// Adds the rows of the blocks after these.
	pub fn extend(&mut self, later: Self) {
		self.logs.extend(later.logs);
		self.log_members.extend(later.log_members);
		self.trees.extend(later.trees);
		self.batches.extend(later.batches);
		self.entries.extend(later.entries);
		self.consents.extend(later.consents);
		self.datasets.extend(later.datasets);
		self.artifacts.extend(later.artifacts);
		self.activities.extend(later.activities);
		self.derivations.extend(later.derivations);
		self.evidence.extend(later.evidence);
		self.rewards.extend(later.rewards);
		self.members.extend(later.members);
		self.breaches.extend(later.breaches);
	}

	/// How many rows that is, about.
	pub fn count(&self) -> usize {
		let events = self.consents.len() + self.datasets.len() + self.evidence.len() + self.rewards.len();
		let lineage = self.artifacts.len() + self.activities.len() + self.derivations.len();
		self.entries.len() + self.batches.len() + self.trees.len() + self.members.len() + events + lineage
	}

	/// Adds a batch, and says behind which call to look for the next one's.
	fn batch(
		&mut self,
		block: Block,
		position: usize,
		batch: &RecordedBatch,
		calls: &[RecordCall],
		next: usize,
		logs: &mut Logs,
	) -> Result<usize, Unexplained> {
		let unexplained = Unexplained {
			dataset: batch.dataset,
			transaction: batch.transaction,
		};
		let log = logs.known.get_mut(&batch.dataset).ok_or(unexplained)?;
		if batch.first != log.accumulator.count() {
			return Err(unexplained);
		}
		if batch.recorded == 0 {
			// Everything in it was recorded earlier: the log stays as it is.
			return if batch.root == log.accumulator.root() {
				Ok(next)
			} else {
				Err(unexplained)
			};
		}
		let found = explain(batch, calls, next, &log.accumulator).ok_or(unexplained)?;
		log.accumulator = found.accumulator;
		self.logs.insert(batch.dataset, (log.id, log.accumulator.clone()));
		let trees = found.trees.into_iter();
		self.trees.extend(trees.map(|(tree, hash)| Tree {
			log: log.id,
			tree,
			hash,
		}));
		let place = place(block.number, position);
		let moments = found.entries.iter().map(|entry| entry.event.occurred);
		self.batches.push(Batch {
			place,
			log: log.id,
			first: batch.first,
			recorded: batch.recorded,
			reporter: batch.reporter,
			time: batch.recorded_at,
			rules: batch.rules,
			earliest: moments.clone().min().unwrap_or(0),
			latest: moments.max().unwrap_or(0),
		});
		for (index, entry) in (batch.first..).zip(found.entries) {
			for member in entry.members() {
				if log.members.insert(member) {
					self.log_members.push(LogMember {
						log: log.id,
						member,
						position: index,
					});
				}
			}
			self.entries
				.push(Entry::new(place, index, &entry.event, entry.breaches));
			if !entry.breaches.is_empty() {
				self.breaches.push(Breach { block, index, entry });
			}
		}
		Ok(found.call + 1)
	}

	fn happening(&mut self, place: Place, time: UnixMillis, happening: &Happening) {
		let consent =
			|what, hospital: &MemberId, subject: &Pseudonym, consent: Option<H256>, document: &H256| Consent {
				place,
				time,
				subject: *subject,
				what,
				hospital: *hospital,
				consent,
				document: *document,
			};
		let member = |member: &MemberId, what, kind| Member {
			place,
			time,
			member: *member,
			what,
			kind,
		};
		match happening {
			Happening::Granted {
				hospital,
				subject,
				document,
			} => {
				let granted = consent(ConsentChange::Granted, hospital, subject, Some(*document), document);
				self.consents.push(granted);
			},
			Happening::Narrowed {
				hospital,
				subject,
				consent: which,
				document,
			} => self
				.consents
				.push(consent(ConsentChange::Narrowed, hospital, subject, *which, document)),
			Happening::Revoked {
				hospital,
				subject,
				consent: which,
				document,
			} => self
				.consents
				.push(consent(ConsentChange::Revoked, hospital, subject, *which, document)),
			Happening::DatasetDeclared {
				dataset,
				owner,
				supersedes,
			} => self.datasets.push(Dataset {
				id: *dataset,
				place,
				time,
				owner: *owner,
				supersedes: *supersedes,
			}),
			Happening::Registered { id, artifact } => self.artifacts.push(Artifact {
				id: *id,
				place,
				kind: artifact.kind,
				owner: artifact.owner,
				registered: artifact.registered,
				generated_by: artifact.generated_by,
			}),
			Happening::Started { activity, kind, agent } => self.activities.push(Activity {
				id: *activity,
				place,
				time,
				kind: *kind,
				agent: *agent,
			}),
			Happening::Derived { id, activity } => self.derivations.push(Derivation {
				place,
				activity: *id,
				kind: activity.kind,
				time,
				inputs: activity
					.inputs
					.iter()
					.map(|input| (input.artifact, input.role))
					.collect(),
				outputs: activity.outputs.to_vec(),
			}),
			Happening::EvidenceAttached { artifact, by, evidence } => self.evidence.push(Attached {
				place,
				time,
				artifact: *artifact,
				by: *by,
				evidence: *evidence,
			}),
			Happening::Accepted {
				campaign,
				content,
				annotator,
				reward,
			} => self.rewards.push(Reward {
				place,
				time,
				annotator: *annotator,
				amount: *reward,
				contribution: Some((*campaign, *content)),
			}),
			Happening::Claimed { annotator, amount } => self.rewards.push(Reward {
				place,
				time,
				annotator: *annotator,
				amount: *amount,
				contribution: None,
			}),
			Happening::Admitted { member: id, kind } => {
				self.members.push(member(id, MemberChange::Admitted, Some(*kind)));
			},
			Happening::Suspended { member: id } => self.members.push(member(id, MemberChange::Suspended, None)),
			Happening::Reinstated { member: id } => self.members.push(member(id, MemberChange::Reinstated, None)),
			Happening::Removed { member: id } => self.members.push(member(id, MemberChange::Removed, None)),
		}
	}
}

impl Entry {
	fn new(batch: Place, position: u64, event: &AccessEvent, breaches: Breaches) -> Self {
		Self {
			batch,
			position,
			occurred: event.occurred,
			breaches,
			subject: event.subject,
			activity: event.activity,
			event: event.encode(),
		}
	}
}

/// What a batch added to its log.
struct Explanation {
	call: usize,
	entries: Vec<LogEntry>,
	accumulator: Accumulator,
	trees: Vec<(Subtree, H256)>,
}

/// The call that a batch was recorded from: the one after which the log has the root that the batch says. Batches stand in the order of
/// their calls, save those that failed, so that it is looked for behind the last one's first.
fn explain(batch: &RecordedBatch, calls: &[RecordCall], next: usize, log: &Accumulator) -> Option<Explanation> {
	let mut order = (next..calls.len()).chain(0..next.min(calls.len()));
	order.find_map(|call| {
		let entries = batch.entries(calls.get(call)?)?;
		let mut accumulator = log.clone();
		let mut trees = Vec::new();
		for entry in &entries {
			append(&mut accumulator, entry.leaf(), &mut trees).ok()?;
		}
		(accumulator.root() == batch.root).then_some(Explanation {
			call,
			entries,
			accumulator,
			trees,
		})
	})
}

/// Appends a leaf, and notes the roots to keep of the trees that it completes.
fn append(log: &mut Accumulator, leaf: H256, trees: &mut Vec<(Subtree, H256)>) -> Result<(), LogFull> {
	let count = log.count().checked_add(1).ok_or(LogFull)?;
	if count.trailing_zeros() >= TREE_STEP {
		let mut hash = leaf;
		for (height, left) in (1..=count.trailing_zeros()).zip(log.peaks().iter().rev()) {
			hash = node_hash(left, &hash);
			if height % TREE_STEP == 0 {
				let index = (count >> height) - 1;
				trees.push((Subtree { height, index }, hash));
			}
		}
	}
	log.append(leaf)
}
