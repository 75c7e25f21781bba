//! The invariants of the pallet's storage, one function each.

use crate::{types::Enrolled, Config, Datasets, Pallet, Subjects};
use frame_support::ensure;
use kexin_primitives::Versioned;
use sp_runtime::TryRuntimeError;

impl<T: Config> Pallet<T> {
	/// Checks every invariant.
	pub fn do_try_state() -> Result<(), TryRuntimeError> {
		Self::cohorts_allow_no_more_than_their_labels()?;
		Self::scopes_are_canonical()?;
		Self::versions_are_linked_both_ways()?;
		Self::enrolments_are_counted()
	}

	/// A cohort allows no more than its label.
	fn cohorts_allow_no_more_than_their_labels() -> Result<(), TryRuntimeError> {
		for Versioned::V1(dataset) in Datasets::<T>::iter_values() {
			let (cohort, label) = (dataset.cohort.latest(), dataset.label.latest());
			ensure!(
				cohort.meet(label).as_ref() == Ok(cohort),
				"a cohort allows more than its label"
			);
		}
		Ok(())
	}

	/// Equal rights are stored in equal bytes.
	fn scopes_are_canonical() -> Result<(), TryRuntimeError> {
		for Versioned::V1(subject) in Subjects::<T>::iter_values() {
			for consent in subject.consents {
				ensure!(
					consent.scope.latest().canonical() == *consent.scope.latest(),
					"a consent is not canonical"
				);
			}
		}
		for Versioned::V1(dataset) in Datasets::<T>::iter_values() {
			ensure!(
				dataset.cohort.latest().canonical() == *dataset.cohort.latest(),
				"a cohort is not canonical"
			);
		}
		Ok(())
	}

	/// A version and the version that superseded it name each other and have the same owner.
	fn versions_are_linked_both_ways() -> Result<(), TryRuntimeError> {
		for (id, Versioned::V1(dataset)) in Datasets::<T>::iter() {
			ensure!(
				dataset.superseded.is_some() == dataset.superseded_by.is_some(),
				"a superseded version names no newer one"
			);
			if let Some(newer) = dataset.superseded_by.and_then(Self::dataset) {
				ensure!(
					newer.supersedes == Some(id) && newer.owner == dataset.owner,
					"versions are not linked"
				);
			}
		}
		Ok(())
	}

	/// Every dataset of a subject exists, belongs to its hospital, and counts it.
	fn enrolments_are_counted() -> Result<(), TryRuntimeError> {
		let mut enrolled = alloc::collections::BTreeMap::<_, u32>::new();
		for (_, hospital, Versioned::V1(subject)) in Subjects::<T>::iter() {
			for Enrolled { dataset: id, .. } in subject.datasets {
				let dataset = Self::dataset(id).ok_or("an enrolment's dataset does not exist")?;
				ensure!(dataset.owner == hospital, "a subject is enrolled at another hospital");
				let count = enrolled.entry(id).or_default();
				*count = count.saturating_add(1);
			}
		}
		for (id, Versioned::V1(dataset)) in Datasets::<T>::iter() {
			let listed = enrolled.get(&id).copied().unwrap_or_default();
			ensure!(
				dataset.enrolled.is_some() == (dataset.subjects > 0),
				"a dataset does not know when its first subject was enrolled"
			);
			// Subjects drop old versions, but the count stays.
			ensure!(
				listed == dataset.subjects || dataset.superseded.is_some(),
				"enrolments are miscounted"
			);
		}
		Ok(())
	}
}
