//! Judges a model by the logs of its datasets.

use super::{
	ancestry::{used, Ancestor},
	Accesses, Ancestry, Code, Reason, Verdict, VerdictStatus,
};
use alloc::{
	collections::{BTreeMap, BTreeSet},
	vec::Vec,
};
use kexin_primitives::{
	access::{AccessEvent, Breaches, Log, LogEntry, Notices, Outcome},
	dataset::Dataset,
	lineage::{Activity, ActivityId, ActivityKind, ArtifactId},
	members::MemberId,
	vocabulary::{Operation, RecipientClass},
	DatasetId, UnixMillis, H256,
};

/// The set of breaches of an access that nobody could have consented to, or refused: it does not tell that anybody's
/// consent was breached.
const NOBODY: u16 = Breaches::NO_SUBJECTS.bits();

/// What an ancestry does with one of its artifacts as an input.
#[derive(Clone, Debug, Default)]
pub(super) struct Uses<'a> {
	/// The activities of the ancestry that used or read it.
	activities: BTreeMap<ActivityId, &'a Activity>,
	/// Their operations on it, each with the end of the last activity that performs it.
	operations: BTreeMap<Operation, End>,
	/// Their agents, each with the end of its last activity.
	agents: BTreeMap<MemberId, End>,
}

/// The end of the last of several activities; none while one is running.
type End = Option<UnixMillis>;

/// Takes another activity into account, under a key.
fn note<K: Ord>(ends: &mut BTreeMap<K, End>, key: K, ended: End) {
	let last = ends.entry(key).or_insert(ended);
	*last = last.zip(ended).map(|(one, other)| one.max(other));
}

/// Whether the last activity under a key had not ended before this time.
fn still_ran<K: Ord>(ends: &BTreeMap<K, End>, key: &K, time: UnixMillis) -> bool {
	ends.get(key)
		.is_some_and(|ended| ended.is_none_or(|ended| time <= ended))
}

/// The uses of each input of the ancestry.
pub(super) fn uses(ancestry: &Ancestry) -> BTreeMap<ArtifactId, Uses<'_>> {
	let mut uses = BTreeMap::<_, Uses>::new();
	for (id, activity) in &ancestry.activities {
		for input in &activity.inputs {
			let of_input = uses.entry(input.artifact).or_default();
			of_input.activities.insert(*id, activity);
			note(&mut of_input.operations, operation(activity.kind), activity.ended);
			note(&mut of_input.agents, activity.agent, activity.ended);
		}
	}
	uses
}

impl Uses<'_> {
	/// The activity that an access to the input, a dataset of `owner`, was for, if it was for one of these.
	pub fn activity(&self, entry: &LogEntry, owner: MemberId) -> Option<(ActivityId, &Activity)> {
		let id = entry.activity()?;
		let activity = *self.activities.get(&id)?;
		let is_for = entry.event.is_for(activity, entry.dataset, owner);
		is_for.then_some((id, activity))
	}

	/// Whether an access that is for none of these could have been for one of them all the same, given the activity
	/// outside the ancestry that it names: it occurred no later than the end of one that performs its operation, or
	/// whose agent received the data or does the activity that it names.
	fn possible(&self, event: &AccessEvent, named: Option<&Activity>) -> bool {
		let mut members = [event.recipient, named.map(|named| named.agent)].into_iter().flatten();
		still_ran(&self.operations, &event.operation, event.occurred)
			|| members.any(|member| still_ran(&self.agents, &member, event.occurred))
	}

	/// Whether an access was for the activity outside the ancestry that it names, as far as the ledger can show it, and
	/// for none of these.
	fn elsewhere(&self, entry: &LogEntry, owner: MemberId, named: &Activity) -> bool {
		let event = &entry.event;
		named.ended.is_some()
			&& event.is_for(named, entry.dataset, owner)
			&& event.operation == operation(named.kind)
			&& !still_ran(&self.agents, &named.agent, event.occurred)
	}
}

/// The accesses in a dataset's log, counted for the verdict on a model.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
	/// The accesses, divided by what they were for.
	pub accesses: Accesses,
	/// The number of breached accesses for the model with each set of breaches, by its bits.
	breached: BTreeMap<u16, u64>,
	/// The permitted accesses with which activities of the ancestry performed their own operation.
	own: BTreeMap<ActivityId, Own>,
	/// The number of breached accesses that are for no activity and could have been for the model.
	unattributed: u64,
	/// The number of permitted accesses for the model that rest on what was recorded only after them.
	recorded_after: u64,
	/// The number of permitted accesses for the model that were recorded before they are said to have occurred.
	recorded_before: u64,
	/// The number of accesses with the source of an earlier one in the log.
	repeated: u64,
}

/// The permitted accesses with which an activity performed its own operation.
#[derive(Clone, Copy, Debug, Default)]
struct Own {
	/// Whether one of them was permitted to the dataset as a whole.
	whole: bool,
	/// The number of those that were permitted by the consents of single subjects, but not to the dataset as a whole.
	single: u64,
}

/// A dataset with what the ancestry does with it.
pub(super) struct Used<'a> {
	/// The dataset.
	pub dataset: &'a Dataset,
	/// The uses of it.
	pub uses: &'a Uses<'a>,
	/// The activities outside the ancestry that breaches name, as far as they are registered: see [`foreign`].
	pub foreign: &'a BTreeMap<ActivityId, Option<Activity>>,
	/// The classes of the members that received its data.
	pub classes: &'a BTreeMap<MemberId, RecipientClass>,
}

impl Used<'_> {
	/// Whether the dataset as a whole permitted what was permitted for its subject.
	fn permits_as_a_whole(&self, event: &AccessEvent) -> bool {
		let class = event
			.recipient
			.and_then(|recipient| self.classes.get(&recipient).copied());
		let request = event.request(class);
		event.subject.is_none() || self.dataset.breaches(&request, event.occurred).is_empty()
	}
}

impl Tally {
	/// Counts the entries of a dataset's log.
	pub fn new(used: &Used<'_>, entries: &[LogEntry]) -> Self {
		let mut tally = Self::default();
		let mut sources = BTreeSet::new();
		for entry in entries {
			let LogEntry { breaches, event, .. } = entry;
			if !sources.insert(event.source) {
				count(&mut tally.repeated);
			}
			let permitted = event.outcome == Outcome::Permitted;
			let breached = is_breach(entry);
			let counted = &mut tally.accesses;
			let Some((id, activity)) = used.uses.activity(entry, used.dataset.owner) else {
				count(&mut counted.other);
				if breached {
					count(&mut counted.breached_other);
					// What names an activity without being for it, or one of the ancestry, counts as naming none.
					let named = entry.activity().and_then(|named| used.foreign.get(&named)?.as_ref());
					let elsewhere = named.is_some_and(|named| used.uses.elsewhere(entry, used.dataset.owner, named));
					if !elsewhere && used.uses.possible(event, named) {
						count(&mut tally.unattributed);
					}
				}
				continue;
			};
			count(&mut counted.for_model);
			if breached {
				count(&mut counted.breached_for_model);
				count(tally.breached.entry(breaches.bits()).or_default());
			}
			if permitted && entry.notices.contains(Notices::RECORDED_AFTER) {
				count(&mut tally.recorded_after);
			}
			if permitted && entry.recorded < event.occurred {
				count(&mut tally.recorded_before);
			}
			if permitted && event.operation == operation(activity.kind) {
				let own = tally.own.entry(id).or_default();
				if !breached && !own.whole {
					own.whole = used.permits_as_a_whole(event);
					own.single = own.single.saturating_add(u64::from(!own.whole));
				}
			}
		}
		tally
	}
}

/// Whether the hospital permitted an access that went outside the consents.
pub(super) fn is_breach(entry: &LogEntry) -> bool {
	entry.event.outcome == Outcome::Permitted && !entry.breaches.is_empty()
}

/// The activities outside the ancestry that breaches in a log name, so that they can be looked up.
pub(super) fn foreign(of_model: &BTreeSet<ActivityId>, entries: &[LogEntry]) -> BTreeSet<ActivityId> {
	let breaches = entries.iter().filter(|entry| is_breach(entry));
	let named = breaches.filter_map(LogEntry::activity);
	named.filter(|id| !of_model.contains(id)).collect()
}

fn count(number: &mut u64) {
	*number = number.saturating_add(1);
}

/// The operation on the inputs of such an activity.
fn operation(kind: ActivityKind) -> Operation {
	match kind {
		ActivityKind::Training | ActivityKind::FederatedRound => Operation::Train,
		ActivityKind::Inference => Operation::Infer,
		ActivityKind::Annotation => Operation::Annotate,
		ActivityKind::Synthesis => Operation::Synthesise,
		ActivityKind::Evaluation => Operation::Evaluate,
	}
}

/// The verdict and the notices. The tallies are those of the ancestry's datasets, in that order.
pub(super) fn judge(ancestry: &Ancestry, tallies: &[(Log, Tally)], time: UnixMillis) -> (Verdict, Vec<Reason>) {
	let breached = breaches(ancestry, tallies);
	let unclear = [
		not_reported(ancestry, tallies),
		single_subjects(ancestry, tallies),
		no_subjects(ancestry, tallies),
		nothing_used(ancestry),
		unknown_origins(ancestry),
		unattributed(ancestry, tallies),
	]
	.concat();
	let (status, reasons, mut notices) = match (breached.is_empty(), unclear.is_empty()) {
		(false, _) => (VerdictStatus::Breached, breached, unclear),
		(true, false) => (VerdictStatus::CannotTell, unclear, Vec::new()),
		(true, true) => (VerdictStatus::Compliant, Vec::new(), Vec::new()),
	};
	notices.extend(other_breaches(ancestry, tallies));
	let counted = |code, number: fn(&Tally) -> u64| counted(ancestry, tallies, code, number);
	notices.extend(counted(Code::RecordedAfter, |tally| tally.recorded_after));
	notices.extend(counted(Code::RecordedBefore, |tally| tally.recorded_before));
	notices.extend(counted(Code::Repeated, |tally| tally.repeated));
	notices.extend(ended(ancestry, time));
	notices.extend(superseded(ancestry));
	(Verdict { status, reasons }, notices)
}

fn reason(code: Code, about: H256) -> Reason {
	Reason {
		code,
		about,
		dataset: None,
		count: None,
		breaches: None,
	}
}

/// The datasets with their tallies.
fn per_dataset<'a>(
	ancestry: &'a Ancestry,
	tallies: &'a [(Log, Tally)],
) -> impl Iterator<Item = (DatasetId, &'a Tally)> + Clone {
	let datasets = ancestry.datasets.iter().map(|(id, _)| *id);
	datasets.zip(tallies.iter().map(|(_, tally)| tally))
}

fn breaches(ancestry: &Ancestry, tallies: &[(Log, Tally)]) -> Vec<Reason> {
	let sets = per_dataset(ancestry, tallies).flat_map(|(id, tally)| {
		let sets = tally.breached.iter().filter(|(bits, _)| **bits != NOBODY);
		sets.map(move |(bits, number)| (id, Breaches::from_bits_truncate(*bits), *number))
	});
	let reasons = sets.map(|(id, breaches, number)| Reason {
		count: Some(number),
		breaches: Some(breaches),
		..reason(Code::Breach, id)
	});
	reasons.collect()
}

/// Each use of a dataset by an activity, with the activity's own operation on it if an access was permitted for that.
fn own<'a>(
	ancestry: &'a Ancestry,
	tallies: &'a [(Log, Tally)],
) -> impl Iterator<Item = (ActivityId, DatasetId, Option<Own>)> + 'a {
	let tallies = per_dataset(ancestry, tallies).collect::<BTreeMap<_, _>>();
	let activities = ancestry.activities.iter();
	let uses = activities.flat_map(|(id, activity)| used(activity).map(move |input| (*id, input)));
	uses.filter_map(move |(id, input)| Some((id, input, tallies.get(&input)?.own.get(&id).copied())))
}

fn not_reported(ancestry: &Ancestry, tallies: &[(Log, Tally)]) -> Vec<Reason> {
	let silent = own(ancestry, tallies).filter(|(.., own)| own.is_none());
	let reasons = silent.map(|(id, dataset, _)| Reason {
		dataset: Some(dataset),
		..reason(Code::NoAccessReported, id)
	});
	reasons.collect()
}

fn single_subjects(ancestry: &Ancestry, tallies: &[(Log, Tally)]) -> Vec<Reason> {
	let reasons = own(ancestry, tallies).filter_map(|(id, dataset, own)| {
		let own = own.filter(|own| !own.whole && own.single > 0)?;
		Some(Reason {
			dataset: Some(dataset),
			count: Some(own.single),
			..reason(Code::SingleSubjects, id)
		})
	});
	reasons.collect()
}

fn no_subjects(ancestry: &Ancestry, tallies: &[(Log, Tally)]) -> Vec<Reason> {
	let datasets = ancestry.datasets.iter().zip(tallies);
	let empty =
		datasets.filter(|((_, dataset), (_, tally))| dataset.subjects == 0 || tally.breached.contains_key(&NOBODY));
	empty.map(|((id, _), _)| reason(Code::NoSubjects, *id)).collect()
}

fn nothing_used(ancestry: &Ancestry) -> Vec<Reason> {
	let idle = ancestry
		.activities
		.iter()
		.filter(|(_, activity)| used(activity).next().is_none());
	idle.map(|(id, _)| reason(Code::NothingUsed, *id)).collect()
}

fn unknown_origins(ancestry: &Ancestry) -> Vec<Reason> {
	let declared = ancestry.datasets.iter().map(|(id, _)| *id).collect::<BTreeSet<_>>();
	// A dataset is an origin of what was made from it. To declare the artifact that the report is about as a dataset
	// doesn't show where it came from.
	let is_origin = |ancestor: &Ancestor| ancestor.distance > 0 && declared.contains(&ancestor.id);
	let foreign = ancestry
		.artifacts
		.iter()
		.filter(|ancestor| ancestor.artifact.generated_by.is_none() && !is_origin(ancestor));
	foreign
		.map(|Ancestor { id, .. }| reason(Code::UnknownOrigin, *id))
		.collect()
}

fn unattributed(ancestry: &Ancestry, tallies: &[(Log, Tally)]) -> Vec<Reason> {
	let datasets = per_dataset(ancestry, tallies).filter(|(_, tally)| tally.unattributed > 0);
	let reasons = datasets.map(|(id, tally)| Reason {
		count: Some(tally.unattributed),
		..reason(Code::UnattributedBreach, id)
	});
	reasons.collect()
}

fn other_breaches(ancestry: &Ancestry, tallies: &[(Log, Tally)]) -> Vec<Reason> {
	let reasons = per_dataset(ancestry, tallies).filter_map(|(id, tally)| {
		let number = tally.accesses.breached_other.saturating_sub(tally.unattributed);
		(number > 0).then(|| Reason {
			count: Some(number),
			..reason(Code::OtherBreach, id)
		})
	});
	reasons.collect()
}

/// A notice about each dataset of which this number is not 0.
fn counted(ancestry: &Ancestry, tallies: &[(Log, Tally)], code: Code, number: fn(&Tally) -> u64) -> Vec<Reason> {
	let numbers = per_dataset(ancestry, tallies).map(|(id, tally)| (id, number(tally)));
	let reasons = numbers.filter(|(_, number)| *number > 0).map(|(id, number)| Reason {
		count: Some(number),
		..reason(code, id)
	});
	reasons.collect()
}

fn ended(ancestry: &Ancestry, time: UnixMillis) -> Vec<Reason> {
	let ended = ancestry
		.datasets
		.iter()
		.filter(|(_, dataset)| dataset.cohort.latest().end() <= time);
	ended.map(|(id, _)| reason(Code::ConsentEnded, *id)).collect()
}

fn superseded(ancestry: &Ancestry) -> Vec<Reason> {
	let superseded = ancestry
		.datasets
		.iter()
		.filter(|(_, dataset)| dataset.superseded.is_some());
	superseded.map(|(id, _)| reason(Code::Superseded, *id)).collect()
}
