//! Judging again, from a later state, what the ledger judged when it recorded it.
//!
//! The state of one block answers for every earlier time: rights only end, and nothing that is recorded changes what
//! was allowed before. So it is enough to leave out what was recorded only after the entry. What was recorded in the
//! same block may have come before the entry or after it, which the state does not tell: each is possible. "Judging
//! again" in `docs/proofs.md` says the same for those who write another verifier.

use crate::{
	access::{AccessEvent, Breaches, Judgement, LogEntry, Notices},
	dataset::{superseded_at, Dataset},
	lineage::Activity,
	subject::{self, Subject},
	vocabulary::RecipientClass,
	DatasetId, UnixMillis,
};
use alloc::{vec, vec::Vec};
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
		let (consents, unsure) = match self.consents(entry) {
			Ok(consents) => (consents, None),
			Err(unsure) => (self.at_least(entry), Some(unsure)),
		};
		let rules = Judgement {
			breaches: consents.breaches,
			notices: consents.notices | self.activity(entry),
		};
		match unsure {
			_ if rules != said(entry) => Again::Other(rules),
			Some(unsure) => Again::Unsure(unsure),
			None => Again::Same,
		}
	}

	/// What the rules give but for the notice about the activity. It is what the entry says, if that is possible.
	///
	/// # Errors
	/// [`Unsure`]. [`Self::at_least`] is known all the same.
	pub fn consents(&self, entry: &LogEntry) -> Result<Judgement, Unsure> {
		let possible = self.by_consents(entry);
		let permitted = possible.iter().all(|judgement| *judgement == Judgement::default());
		match self.unsure(entry) {
			Some(unsure) if !permitted => Err(unsure),
			_ => Ok(one_of(possible, said_of_consents(entry))),
		}
	}

	/// What the entry says but for the notice about the activity, and the breaches that no consent takes away: those
	/// of the label, and that a newer version superseded the dataset.
	pub fn at_least(&self, entry: &LogEntry) -> Judgement {
		let (at, request) = (entry.event.occurred, entry.event.request(self.class));
		let mut certain = self.dataset.label.latest().breaches(&request, at);
		let superseded = moments(self.dataset.superseded, entry.recorded);
		let always = superseded.iter().all(|time| !superseded_at(*time, at).is_empty());
		certain.set(Breaches::SUPERSEDED, always);
		let mut judgement = said_of_consents(entry);
		judgement.breaches |= certain;
		judgement
	}

	/// The notice about the activity that the rules give. It is what the entry says, if that is possible.
	pub fn activity(&self, entry: &LogEntry) -> Notices {
		one_of(self.by_activity(entry), entry.notices & Notices::NOT_FOR_ACTIVITY)
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
		let (event, recorded) = (&entry.event, entry.recorded);
		let (at, request) = (event.occurred, event.request(self.class));
		let superseded = moments(self.dataset.superseded, recorded);
		// What the cohort allowed before is not changed by what came later.
		let as_a_whole = || {
			let enrolled = moments(self.dataset.enrolled, recorded);
			let pairs = pairs(&superseded, &enrolled);
			let breaches =
				pairs.map(|(superseded, enrolled)| self.dataset.breaches_had(superseded, enrolled, &request, at));
			breaches.collect::<Vec<_>>()
		};
		if event.subject.is_none() {
			return as_a_whole().into_iter().map(Judgement::from).collect();
		}
		// Consents are in the order in which they were recorded.
		let consents = self.subject.map_or(&[][..], |subject| &subject.consents);
		let before = |is_before: &dyn Fn(UnixMillis) -> bool| {
			consents
				.iter()
				.take_while(|consent| is_before(consent.recorded))
				.count()
		};
		let numbers = before(&|time| time < recorded)..=before(&|time| time <= recorded);
		let joined = moments(self.subject.and_then(|subject| subject.joined(&self.id)), recorded);
		let label = self.dataset.label.latest().breaches(&request, at);
		let mut judgements = Vec::new();
		for number in numbers {
			match consents.get(..number) {
				// A hospital knows a subject from its first consent on.
				None | Some([]) => {
					let breaches = as_a_whole().into_iter();
					judgements.extend(breaches.map(|breaches| Judgement::from(Breaches::NOT_ENROLLED | breaches)));
				},
				Some(known) => judgements.extend(pairs(&superseded, &joined).map(|(superseded, joined)| {
					subject::judge_by(superseded_at(superseded, at) | label, known, joined, &request, at)
				})),
			}
		}
		judgements
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

/// How the ledger judged an entry.
fn said(entry: &LogEntry) -> Judgement {
	Judgement {
		breaches: entry.breaches,
		notices: entry.notices,
	}
}

/// The same but for the notice about the activity.
fn said_of_consents(entry: &LogEntry) -> Judgement {
	Judgement {
		breaches: entry.breaches,
		notices: entry.notices.difference(Notices::NOT_FOR_ACTIVITY),
	}
}

/// What was said if it is possible, or else the first of what is.
fn one_of<T: Copy + Default + PartialEq>(possible: Vec<T>, said: T) -> T {
	match possible.contains(&said) {
		true => said,
		false => possible.first().copied().unwrap_or_default(),
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

/// Each of these with each of those.
fn pairs<'a, T: Copy, U: Copy>(these: &'a [T], those: &'a [U]) -> impl Iterator<Item = (T, U)> + 'a {
	these.iter().flat_map(|one| those.iter().map(|other| (*one, *other)))
}
