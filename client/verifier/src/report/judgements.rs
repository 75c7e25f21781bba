//! Judges accesses again: whether the ledger judged each by its rules.

use super::{
	ancestry::Ancestry,
	verdict::{self, is_breach, Uses},
	DatasetLog,
};
use crate::{
	error::{in_state, Error},
	state::ReadState,
};
use alloc::{
	collections::{BTreeMap, BTreeSet},
	vec::Vec,
};
use kexin_primitives::{
	access::{Judgement, LogEntry, Notices, Rules},
	dataset::Dataset,
	hindsight::{Hindsight, Unsure, SPEC_VERSIONS},
	lineage::{Activity, ActivityId, ArtifactId},
	members::MemberId,
	storage_keys,
	subject::Subject,
	vocabulary::RecipientClass,
	DatasetId, Pseudonym, H256,
};
use serde::{Deserialize, Serialize};

/// For which accesses a file shows the consents by which they were judged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Consents {
	/// For none: only accesses to whole datasets can be judged again.
	#[default]
	None,
	/// For the accesses for the model, and for every permitted access with breaches.
	Model,
	/// For all accesses.
	All,
}

impl Consents {
	/// Whether they are shown for no access.
	pub fn is_none(&self) -> bool {
		*self == Self::None
	}
}

/// Why an access is not judged again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum NotAgain {
	/// Rules judged it that this version of the verifier does not know.
	UnknownRules,
	/// The file does not show the consents of its subject.
	ConsentsNotShown,
	/// The file does not show the activity that it names.
	ActivityNotShown,
	/// The ledger has dropped consents or enrolments of the subject since, to make room.
	ConsentsDropped,
	/// It was recorded before it is said to have occurred, or just then, and what it rests on may have been narrowed in
	/// between.
	NarrowedMeanwhile,
}

impl From<Unsure> for NotAgain {
	fn from(unsure: Unsure) -> Self {
		match unsure {
			Unsure::Dropped => Self::ConsentsDropped,
			Unsure::Narrowed => Self::NarrowedMeanwhile,
		}
	}
}

/// How many accesses have one reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Count {
	/// The reason.
	pub reason: NotAgain,
	/// How many accesses.
	pub count: u64,
}

/// How many accesses of a report were judged again. The ledger had judged each of them by its rules: an access that it
/// judged otherwise refuses the file.
///
/// This is no part of a report, because a later version of the verifier may know more rules.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Judgements {
	/// The rules that judged accesses, by spec version.
	pub rules: Vec<Rules>,
	/// How many accesses were judged again.
	pub again: u64,
	/// How many were not, and why not.
	pub not_again: Vec<Count>,
}

/// What judging a log again needs of the state, beside the dataset and the members.
pub(super) struct Needed {
	/// The subjects.
	pub subjects: BTreeSet<Pseudonym>,
	/// The activities outside the ancestry. The verdict needs those that breaches name, whatever is shown.
	pub activities: BTreeSet<ActivityId>,
}

impl Needed {
	/// What this log needs. `uses` are those of its dataset by the ancestry, whose activities are `of_model`.
	pub fn of(
		entries: &[LogEntry],
		owner: MemberId,
		uses: &Uses<'_>,
		of_model: &BTreeSet<ActivityId>,
		consents: Consents,
	) -> Self {
		let shown = |entry: &&LogEntry| match consents {
			Consents::None => false,
			Consents::Model => is_breach(entry) || uses.activity(entry, owner).is_some(),
			Consents::All => true,
		};
		let shown = || entries.iter().filter(shown);
		let mut activities = verdict::foreign(of_model, entries);
		activities.extend(shown().filter_map(|entry| entry.event.activity));
		Self {
			subjects: shown().filter_map(|entry| entry.event.subject).collect(),
			activities: activities.difference(of_model).copied().collect(),
		}
	}
}

/// The keys of the state that a report with these consents reads because of its logs: subjects, and activities outside
/// the ancestry. The logs are those of the datasets in [`Ancestry::datasets`], in any order.
///
/// # Errors
/// [`Error::State`], [`Error::NotRegistered`], [`Error::AgainstRules`].
pub fn keys(
	state: &(impl ReadState + ?Sized),
	model: ArtifactId,
	logs: &[DatasetLog],
	consents: Consents,
) -> Result<BTreeSet<Vec<u8>>, Error> {
	let ancestry = Ancestry::walk(state, model)?;
	let of_model = ancestry.activities.iter().map(|(id, _)| *id).collect();
	let (uses, unused) = (verdict::uses(&ancestry), Uses::default());
	let mut keys = BTreeSet::new();
	for (id, Dataset { owner, .. }) in &ancestry.datasets {
		let uses = uses.get(id).unwrap_or(&unused);
		for log in logs.iter().filter(|log| log.dataset == *id) {
			let needed = Needed::of(&log.entries, *owner, uses, &of_model, consents);
			let subjects = needed.subjects.iter();
			keys.extend(subjects.map(|subject| storage_keys::subject(subject, *owner)));
			keys.extend(needed.activities.iter().map(storage_keys::activity));
		}
	}
	Ok(keys)
}

/// What a file shows of what the entries of one log were judged by. What was looked up and is not in the state is none.
pub(super) struct Shown<'a> {
	pub id: DatasetId,
	pub dataset: &'a Dataset,
	pub subjects: BTreeMap<Pseudonym, Option<Subject>>,
	pub of_model: &'a BTreeMap<ActivityId, &'a Activity>,
	pub foreign: &'a BTreeMap<ActivityId, Option<Activity>>,
	pub classes: &'a BTreeMap<MemberId, RecipientClass>,
}

impl Shown<'_> {
	/// Judges an entry again. What is shown is checked, also if something else is not.
	fn judge(&self, entry: &LogEntry) -> Result<Result<(), Judgement>, NotAgain> {
		if !SPEC_VERSIONS.contains(&entry.rules.spec_version) {
			return Err(NotAgain::UnknownRules);
		}
		let (subject, activity) = (self.subject(entry), self.activity(entry));
		let hindsight = Hindsight {
			id: self.id,
			dataset: self.dataset,
			subject: subject.ok().flatten(),
			activity: activity.ok().flatten(),
			class: entry
				.event
				.recipient
				.and_then(|member| self.classes.get(&member).copied()),
		};
		let consents = subject.and_then(|_| hindsight.consents(entry).map_err(NotAgain::from));
		let notice = activity.map(|_| hindsight.activity(entry));
		let mut rules = consents.unwrap_or_else(|_| hindsight.at_least(entry));
		rules.notices |= notice.unwrap_or(entry.notices & Notices::NOT_FOR_ACTIVITY);
		let said = Judgement {
			breaches: entry.breaches,
			notices: entry.notices,
		};
		if rules != said {
			return Ok(Err(rules));
		}
		// In the order of the reasons.
		subject.and(activity.map(drop)).and(consents.map(drop)).map(Ok)
	}

	/// The subject that an event names, as far as the state knows it.
	fn subject(&self, entry: &LogEntry) -> Result<Option<&Subject>, NotAgain> {
		let Some(pseudonym) = &entry.event.subject else {
			return Ok(None);
		};
		let subject = self.subjects.get(pseudonym).ok_or(NotAgain::ConsentsNotShown)?;
		Ok(subject.as_ref())
	}

	/// The activity that an event names, as far as the state knows it.
	fn activity(&self, entry: &LogEntry) -> Result<Option<&Activity>, NotAgain> {
		let Some(id) = &entry.event.activity else {
			return Ok(None);
		};
		if let Some(activity) = self.of_model.get(id) {
			return Ok(Some(*activity));
		}
		let activity = self.foreign.get(id).ok_or(NotAgain::ActivityNotShown)?;
		Ok(activity.as_ref())
	}
}

/// Counts what comes of judging logs again.
#[derive(Default)]
pub(super) struct Counter {
	rules: BTreeSet<(u32, H256)>,
	again: u64,
	not_again: BTreeMap<NotAgain, u64>,
}

impl Counter {
	/// Judges the entries of a log again.
	///
	/// # Errors
	/// [`Error::JudgedOtherwise`].
	pub fn judge(&mut self, shown: &Shown<'_>, entries: &[LogEntry]) -> Result<(), Error> {
		for (index, entry) in (0..).zip(entries) {
			self.rules.insert((entry.rules.spec_version, entry.rules.code));
			match shown.judge(entry) {
				Ok(Ok(())) => self.again = self.again.saturating_add(1),
				Ok(Err(rules)) => {
					return Err(Error::JudgedOtherwise {
						dataset: shown.id,
						index,
						ledger: Judgement {
							breaches: entry.breaches,
							notices: entry.notices,
						},
						rules,
					})
				},
				Err(reason) => {
					let count = self.not_again.entry(reason).or_default();
					*count = count.saturating_add(1);
				},
			}
		}
		Ok(())
	}

	/// What was counted.
	pub fn finish(self) -> Judgements {
		let rules = self.rules.into_iter();
		let not_again = self.not_again.into_iter();
		Judgements {
			rules: rules.map(|(spec_version, code)| Rules { spec_version, code }).collect(),
			again: self.again,
			not_again: not_again.map(|(reason, count)| Count { reason, count }).collect(),
		}
	}
}

/// The subjects at a hospital.
pub(super) fn subjects(
	state: &(impl ReadState + ?Sized),
	pseudonyms: BTreeSet<Pseudonym>,
	hospital: MemberId,
) -> Result<BTreeMap<Pseudonym, Option<Subject>>, Error> {
	let subjects = pseudonyms.into_iter().map(|pseudonym| {
		let subject = state.subject(&pseudonym, hospital).map_err(in_state)?;
		Ok((pseudonym, subject))
	});
	subjects.collect()
}
