//! How the events of a batch are checked and judged.

use crate::{Activities, Config, Consents, Error, Recipients};
use alloc::collections::BTreeMap;
use frame_support::{ensure, pallet_prelude::DispatchResult, traits::Get};
use kexin_primitives::{
	access::{AccessEvent, Judgement, Notices},
	lineage::{Activity, ActivityId},
	members::MemberId,
	vocabulary::RecipientClass,
	DatasetId, Pseudonym, UnixMillis,
};

/// Judges the events of one batch. It looks up once what several events share.
pub(crate) struct Judge<T: Config> {
	owner: MemberId,
	dataset: DatasetId,
	terms: <T::Consents as Consents>::Dataset,
	subjects: BTreeMap<Pseudonym, Option<<T::Consents as Consents>::Subject>>,
	recipients: BTreeMap<MemberId, Option<RecipientClass>>,
	activities: BTreeMap<ActivityId, Option<Activity>>,
}

impl<T: Config> Judge<T> {
	pub(crate) fn new(owner: MemberId, dataset: DatasetId, terms: <T::Consents as Consents>::Dataset) -> Self {
		Self {
			owner,
			dataset,
			terms,
			subjects: BTreeMap::new(),
			recipients: BTreeMap::new(),
			activities: BTreeMap::new(),
		}
	}

	/// The number of different subjects that were looked up.
	pub(crate) fn subjects(&self) -> u32 {
		u32::try_from(self.subjects.len()).unwrap_or(u32::MAX)
	}

	/// The number of different activities and recipients that were looked up.
	pub(crate) fn others(&self) -> u32 {
		let others = self.activities.len().saturating_add(self.recipients.len());
		u32::try_from(others).unwrap_or(u32::MAX)
	}

	/// Checks that the event is in time, and that its recipient and activity exist.
	pub(crate) fn check(&mut self, event: &AccessEvent, now: UnixMillis) -> DispatchResult {
		ensure!(
			event.occurred >= now.saturating_sub(T::MaxLateness::get()),
			Error::<T>::TooLate
		);
		ensure!(
			event.occurred <= now.saturating_add(T::MaxClockSkew::get()),
			Error::<T>::InFuture
		);
		if let Some(recipient) = event.recipient {
			ensure!(self.class(recipient).is_some(), Error::<T>::UnknownRecipient);
		}
		if let Some(activity) = event.activity {
			ensure!(self.activity(activity).is_some(), Error::<T>::UnknownActivity);
		}
		Ok(())
	}

	fn activity(&mut self, id: ActivityId) -> Option<&Activity> {
		let activity = self.activities.entry(id).or_insert_with(|| T::Activities::activity(id));
		activity.as_ref()
	}

	fn class(&mut self, member: MemberId) -> Option<RecipientClass> {
		*self
			.recipients
			.entry(member)
			.or_insert_with(|| T::Recipients::class(member))
	}

	/// The judgement of the event.
	pub(crate) fn judge(&mut self, event: &AccessEvent) -> Judgement {
		let (dataset, owner) = (self.dataset, self.owner);
		let named = event.activity.and_then(|activity| self.activity(activity));
		let counts = named.is_none_or(|activity| event.is_for(activity, dataset, owner));
		let mut judgement = self.judge_by_consents(event);
		judgement.notices.set(Notices::NOT_FOR_ACTIVITY, !counts);
		judgement
	}

	fn judge_by_consents(&mut self, event: &AccessEvent) -> Judgement {
		let class = event.recipient.and_then(|recipient| self.class(recipient));
		let request = event.request(class);
		let Some(pseudonym) = event.subject else {
			return T::Consents::dataset_breaches(&self.terms, &request, event.occurred).into();
		};
		let subject = self
			.subjects
			.entry(pseudonym)
			.or_insert_with(|| T::Consents::subject(pseudonym, self.owner));
		T::Consents::judge_subject(self.dataset, &self.terms, subject.as_ref(), &request, event.occurred)
	}
}
