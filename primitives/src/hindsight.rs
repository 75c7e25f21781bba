//! Judging again, from a later state, what the ledger judged when it recorded it.
//!
//! The state of one block answers for every earlier time: rights only end, and nothing that is recorded changes what
//! was allowed before. So it is enough to leave out what was recorded only after the entry. What was recorded in the
//! same block may have come before the entry or after it, which the state does not tell: each is possible. "Judging
//! again" in `docs/proofs.md` says the same for those who write another verifier.

use crate::{
	access::{AccessEvent, Judgement, LogEntry, Notices},
	dataset::Dataset,
	lineage::Activity,
	subject::{self, Subject},
	vocabulary::RecipientClass,
	DatasetId, UnixMillis,
};
use alloc::{borrow::Cow, vec, vec::Vec};
use core::ops::RangeInclusive;

/// The spec versions of the runtimes that judge as this code does. A runtime that judges otherwise needs its own rules
/// here, because entries that were judged before stay in their logs.
pub const SPEC_VERSIONS: RangeInclusive<u32> = 1..=1;

/// Why a later state does not tell how an entry was judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unsure {
	/// Consents or enrolments of the subject were dropped since the entry was recorded.
	Dropped,
	/// The access is said to have occurred when it was recorded, or later. What it rests on may have been narrowed in
	/// between.
	Narrowed,
}

/// What comes of judging an entry again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
	/// The rules give the judgement in the entry.
	Same,
	/// The rules give this judgement instead.
	Other(Judgement),
	/// The later state does not tell.
	Unsure(Unsure),
}

/// What a later state holds of what an entry was judged by.
#[derive(Clone, Copy, Debug)]
pub struct Hindsight<'a> {
	/// The name of the dataset.
	pub id: DatasetId,
	/// The dataset.
	pub dataset: &'a Dataset,
	/// The subject at the dataset's owner, if the event names one and the owner knows it.
	pub subject: Option<&'a Subject>,
	/// The activity that the event names, if it is registered.
	pub activity: Option<&'a Activity>,
	/// The class of the member that received the data, if the event names one.
	pub class: Option<RecipientClass>,
}

impl Hindsight<'_> {
	/// Judges an entry again.
	pub fn judge(&self, entry: &LogEntry) -> Again {
		let by_consents = self.by_consents(entry);
		let permitted = by_consents.iter().all(|judgement| *judgement == Judgement::default());
		if let Some(unsure) = self.unsure(entry).filter(|_| !permitted) {
			return Again::Unsure(unsure);
		}
		let by_activity = self.by_activity(entry);
		let mut possible = by_consents.iter().flat_map(|judgement| {
			by_activity.iter().map(|notices| Judgement {
				breaches: judgement.breaches,
				notices: judgement.notices | *notices,
			})
		});
		let said = Judgement {
			breaches: entry.breaches,
			notices: entry.notices,
		};
		let first = possible.next().unwrap_or_default();
		if first == said || possible.any(|judgement| judgement == said) {
			Again::Same
		} else {
			Again::Other(first)
		}
	}

	/// Why the ledger may have known more than is left, or allowed more. It never allowed less: what is permitted now
	/// without a notice was so before.
	fn unsure(&self, entry: &LogEntry) -> Option<Unsure> {
		let subject = self.subject.filter(|_| entry.event.subject.is_some());
		if subject.and_then(|subject| subject.dropped) >= Some(entry.recorded) {
			return Some(Unsure::Dropped);
		}
		if entry.event.occurred < entry.recorded {
			return None;
		}
		// A cohort does not say when it was last narrowed. It takes the place of the consents of a subject without any.
		let by_cohort = subject.is_none_or(|subject| {
			subject
				.consents
				.iter()
				.all(|consent| consent.recorded >= entry.recorded)
		});
		let narrowed = subject.and_then(|subject| subject.narrowed) >= Some(entry.recorded);
		(by_cohort || narrowed).then_some(Unsure::Narrowed)
	}

	/// Every judgement by the consents that the ledger can have made.
	fn by_consents(&self, entry: &LogEntry) -> Vec<Judgement> {
		let event = &entry.event;
		let (at, request) = (event.occurred, event.request(self.class));
		let datasets = datasets(self.dataset, entry.recorded);
		if event.subject.is_none() {
			return datasets
				.iter()
				.map(|dataset| dataset.breaches(&request, at).into())
				.collect();
		}
		let subjects = self
			.subject
			.map_or_else(|| vec![None], |subject| subjects(subject, self.id, entry.recorded));
		let pairs = subjects
			.iter()
			.flat_map(|subject| datasets.iter().map(move |dataset| (subject, dataset)));
		pairs
			.map(|(subject, dataset)| subject::judge(subject.as_deref(), self.id, dataset, &request, at))
			.collect()
	}

	/// Every notice about the activity that the ledger can have given.
	fn by_activity(&self, entry: &LogEntry) -> Vec<Notices> {
		let Some(activity) = self.activity.filter(|_| entry.event.activity.is_some()) else {
			return vec![Notices::empty()];
		};
		let event: &AccessEvent = &entry.event;
		let notice = |activity: &Activity| match event.is_for(activity, self.id, self.dataset.owner) {
			true => Notices::empty(),
			false => Notices::NOT_FOR_ACTIVITY,
		};
		let views = moments(activity.ended, entry.recorded);
		views
			.into_iter()
			.map(|ended| match ended {
				Some(_) => notice(activity),
				// Its inputs are known when it ends.
				None => notice(&Activity {
					kind: activity.kind,
					agent: activity.agent,
					started: activity.started,
					ended: None,
					inputs: Default::default(),
					outputs: Default::default(),
				}),
			})
			.collect()
	}
}

/// What a time that is set once can have been when something else was recorded.
fn moments(set: Option<UnixMillis>, recorded: UnixMillis) -> Vec<Option<UnixMillis>> {
	match set {
		Some(time) if time == recorded => vec![Some(time), None],
		Some(time) if time > recorded => vec![None],
		earlier => vec![earlier],
	}
}

/// What a dataset can have been. What its cohort allowed before is not changed by what came later.
fn datasets(dataset: &Dataset, recorded: UnixMillis) -> Vec<Cow<'_, Dataset>> {
	let later = |time: Option<UnixMillis>| time.is_some_and(|time| time >= recorded);
	if !later(dataset.superseded) && !later(dataset.enrolled) {
		return vec![Cow::Borrowed(dataset)];
	}
	let views = moments(dataset.superseded, recorded)
		.into_iter()
		.flat_map(|superseded| {
			moments(dataset.enrolled, recorded).into_iter().map(move |enrolled| {
				Cow::Owned(Dataset {
					superseded,
					enrolled,
					..dataset.clone()
				})
			})
		});
	views.collect()
}

/// What a subject can have been; none where the hospital did not know it yet.
fn subjects(subject: &Subject, id: DatasetId, recorded: UnixMillis) -> Vec<Option<Cow<'_, Subject>>> {
	let joined = subject.datasets.iter().find(|enrolled| enrolled.dataset == id);
	let joined = joined.map(|enrolled| enrolled.recorded);
	let later = subject.consents.iter().any(|consent| consent.recorded >= recorded);
	if !later && joined.is_none_or(|joined| joined < recorded) {
		return vec![Some(Cow::Borrowed(subject))];
	}
	// Consents are in the order in which they were recorded.
	let before = |last: UnixMillis| {
		subject
			.consents
			.iter()
			.filter(|consent| consent.recorded <= last)
			.count()
	};
	let (fewest, most) = (recorded.checked_sub(1).map_or(0, before), before(recorded));
	let views = (fewest..=most).flat_map(|consents| {
		moments(joined, recorded).into_iter().map(move |joined| {
			let mut view = subject.clone();
			view.consents.truncate(consents);
			view.datasets
				.retain(|enrolled| joined.is_some() || enrolled.dataset != id);
			// A hospital knows a subject from its first consent on.
			(consents > 0).then_some(Cow::Owned(view))
		})
	});
	views.collect()
}
