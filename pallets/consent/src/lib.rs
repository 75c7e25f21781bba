//! # Consent
//!
//! # Overview
//!
//! Hospitals record, narrow and withdraw the consents of their data subjects, declare datasets, and enrol subjects in
//! them. A dataset's cohort scope is its label, narrowed by the consent of each subject when it is enrolled, so one
//! look-up judges an access to the data of a million patients:
#![doc = docify::embed!("src/tests/cohort.rs", a_withdrawal_closes_the_cohort)]
//!
//! # Design goals
//!
//! 1. **Rights only end earlier.** Narrowing, withdrawing and enrolling are all [`Scope::narrow`]: what was allowed
//!    before now stays allowed, and the scope alone answers for every time, past and future. Widening takes a new
//!    consent, which does not reach back behind the last narrowing.
//! 2. **For a subject, any consent suffices. For a cohort, every subject must consent.**
//! 3. **A withdrawal costs O(1)**: it touches the subject and its datasets, at most [`MAX_DATASETS`]. They stay closed
//!    until the hospital declares a version without the subject.
//! 4. **What is recorded late is told apart.** Consents and enrolments carry the time of the block that recorded them.
//!    So a later state tells what an access was judged by, unless that was dropped: then the subject says so.
//! 5. **A pseudonym belongs to a hospital.** Another hospital's entry under the same pseudonym has no effect on it.

#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(test, allow(clippy::arithmetic_side_effects))]

extern crate alloc;

#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;
#[cfg(any(test, feature = "invariants", feature = "try-runtime"))]
mod try_state;
pub mod types;
pub mod weights;

pub use pallet::*;
pub use types::*;
pub use weights::WeightInfo;

use alloc::vec::Vec;
use frame_support::{
	defensive, ensure,
	pallet_prelude::{DispatchError, DispatchResult, Weight},
	traits::{Contains, Get, Time},
};
use kexin_primitives::{
	dataset::Dataset, members::MemberId, scope::Scope, DatasetId, Pseudonym, UnixMillis, Versioned, H256,
};

#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use frame_support::{pallet_prelude::*, traits::StorageVersion};
	use frame_system::pallet_prelude::*;

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	/// The consents of data subjects.
	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	/// What the pallet needs from the runtime.
	#[pallet::config]
	pub trait Config: frame_system::Config<RuntimeEvent: From<Event<Self>>> {
		/// A steward of a hospital. Yields the hospital.
		type StewardOrigin: EnsureOrigin<Self::RuntimeOrigin, Success = MemberId>;
		/// Registers declared datasets as artifacts.
		type Artifacts: RegisterArtifact;
		/// Which datasets have accesses in their logs.
		type Recorded: Contains<DatasetId>;
		/// The time of the block.
		type Time: Time<Moment = UnixMillis>;
		/// How long after it occurred an access can be reported, in milliseconds. A consent that ended longer ago
		/// judges nothing and may be dropped.
		#[pallet::constant]
		type MaxLateness: Get<UnixMillis>;
		/// The weights of the calls.
		type WeightInfo: WeightInfo;
		/// Sets up what the benchmarks need from other pallets.
		#[cfg(feature = "runtime-benchmarks")]
		type BenchmarkHelper: BenchmarkHelper;
	}

	/// The subjects of each hospital.
	///
	/// The pseudonym comes first, so that it can be looked up alone. Hashers: members choose pseudonyms, so a
	/// cryptographic hash keeps an attacker from choosing keys that collide; the ledger counts member ids, which need
	/// none.
	#[pallet::storage]
	pub type Subjects<T> = StorageDoubleMap<_, Blake2_128Concat, Pseudonym, Identity, MemberId, Versioned<Subject>>;

	/// The datasets.
	///
	/// Hasher: members choose the ids, so a cryptographic hash keeps an attacker from choosing keys that collide.
	#[pallet::storage]
	pub type Datasets<T> = StorageMap<_, Blake2_128Concat, DatasetId, Versioned<Dataset>>;

	/// The pallet's events.
	#[pallet::event]
	#[pallet::generate_deposit(pub(super) fn deposit_event)]
	pub enum Event<T: Config> {
		/// A subject consented.
		Granted {
			/// The hospital.
			hospital: MemberId,
			/// The subject.
			subject: Pseudonym,
			/// blake2-256 of the signed document.
			document: H256,
		},
		/// A subject narrowed consents. The datasets that it joined under them allow less too.
		Narrowed {
			/// The hospital.
			hospital: MemberId,
			/// The subject.
			subject: Pseudonym,
			/// The document of the consent; none for all of them.
			consent: Option<H256>,
			/// blake2-256 of the signed document.
			document: H256,
		},
		/// A subject withdrew consents. The datasets that it joined under them are closed.
		Revoked {
			/// The hospital.
			hospital: MemberId,
			/// The subject.
			subject: Pseudonym,
			/// The document of the consent; none for all of them.
			consent: Option<H256>,
			/// blake2-256 of the signed document.
			document: H256,
		},
		/// A hospital declared a version of a dataset.
		DatasetDeclared {
			/// The dataset.
			dataset: DatasetId,
			/// The hospital.
			owner: MemberId,
			/// The version that it supersedes.
			supersedes: Option<DatasetId>,
		},
		/// Subjects were enrolled.
		Enrolled {
			/// The dataset.
			dataset: DatasetId,
			/// The number of subjects that joined.
			joined: u32,
			/// The number of subjects that were enrolled already.
			already: u32,
		},
	}

	/// Why a call is refused.
	#[pallet::error]
	pub enum Error<T> {
		/// The hospital has no such subject, the subject has no such consent, or there is no such dataset. Check the
		/// id.
		NotFound,
		/// The dataset belongs to another member. Only its owner may do this.
		NotAuthorized,
		/// The document was recorded before, or the dataset is declared already. Changed content has another hash:
		/// check it. If another hospital declared your dataset, try again a week after that: its declaration lapses
		/// unless something rests on it.
		AlreadyExists,
		/// The consent ended before it starts, or so long ago that no access within it can be reported; or the
		/// dataset's label allows nothing from now on. To withdraw a consent, call `revoke`.
		NothingAllowed,
		/// The subject has `MAX_CONSENTS` consents. Wait until one ended longer ago than `MaxLateness`, or revoke one
		/// and wait as long.
		TooManyConsents,
		/// A subject is enrolled in `MAX_DATASETS` datasets. Supersede one of them first.
		TooManyDatasets,
		/// A subject to enrol has no consent at this hospital. Record its consent first.
		NoConsent,
		/// A subject's newest consent has not started. Enrol the subject when it has started.
		ConsentNotStarted,
		/// A newer version has superseded the dataset. Use that one.
		Superseded,
		/// There are no subjects to enrol. Name at least one.
		Empty,
		/// With a subject's consent, the cohort would name more regions or recipients than a scope holds, and to leave
		/// some out would change what was allowed before. Declare a dataset without this subject.
		TooManyNamed,
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Records a consent of a data subject.
		///
		/// ## Dispatch Origin
		///
		/// A steward of a hospital.
		///
		/// ## Details
		///
		/// An access is permitted if any of the subject's consents permits it. A new consent does not widen the
		/// datasets in which the subject is enrolled: the consent under which it joined still applies there.
		///
		/// The consent is stored with the time of the block. An access that only a later record permits is recorded
		/// with a notice. So a consent that has ended may be recorded for the accesses within it, as long as these may
		/// be reported. A consent whose scope starts before the subject last narrowed or withdrew one starts now: it
		/// does not permit what was done in between.
		///
		/// ## Errors
		///
		/// `AlreadyExists`, `NothingAllowed`, `TooManyConsents`.
		///
		/// ## Events
		///
		/// [`Event::Granted`].
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::grant())]
		pub fn grant(
			origin: OriginFor<T>,
			subject: Pseudonym,
			scope: Versioned<Scope>,
			document: H256,
		) -> DispatchResult {
			let hospital = T::StewardOrigin::ensure_origin(origin)?;
			Self::do_grant(hospital, subject, scope.into_latest(), document)
		}

		/// Narrows a consent of a data subject, or all of them, and the datasets that it joined under them, to what
		/// `limits` also allow.
		///
		/// ## Dispatch Origin
		///
		/// A steward of a hospital.
		///
		/// ## Details
		///
		/// This takes effect from now on: what was allowed before stays allowed. The start of `limits` has no effect.
		/// `consent` is the document of the consent to narrow, or none for all consents. `document` is the document
		/// with the limits. A consent or a cohort that would name more values than a scope holds ends instead.
		///
		/// ## Errors
		///
		/// `NotFound`.
		///
		/// ## Events
		///
		/// [`Event::Narrowed`].
		#[pallet::call_index(1)]
		#[pallet::weight(T::WeightInfo::narrow(MAX_DATASETS))]
		pub fn narrow(
			origin: OriginFor<T>,
			subject: Pseudonym,
			consent: Option<H256>,
			limits: Versioned<Scope>,
			document: H256,
		) -> DispatchResult {
			let hospital = T::StewardOrigin::ensure_origin(origin)?;
			Self::do_narrow(hospital, subject, consent, &limits.into_latest())?;
			Self::deposit_event(Event::Narrowed {
				hospital,
				subject,
				consent,
				document,
			});
			Ok(())
		}

		/// Withdraws a consent of a data subject, or all of them. The datasets that it joined under them allow nothing
		/// from now on.
		///
		/// ## Dispatch Origin
		///
		/// A steward of a hospital.
		///
		/// ## Details
		///
		/// `consent` is the document of the consent to withdraw, or none for all consents. `document` is the document
		/// of the withdrawal.
		///
		/// ## Errors
		///
		/// `NotFound`.
		///
		/// ## Events
		///
		/// [`Event::Revoked`].
		#[pallet::call_index(2)]
		#[pallet::weight(T::WeightInfo::narrow(MAX_DATASETS))]
		pub fn revoke(
			origin: OriginFor<T>,
			subject: Pseudonym,
			consent: Option<H256>,
			document: H256,
		) -> DispatchResult {
			let hospital = T::StewardOrigin::ensure_origin(origin)?;
			Self::do_narrow(hospital, subject, consent, &Scope::nothing())?;
			Self::deposit_event(Event::Revoked {
				hospital,
				subject,
				consent,
				document,
			});
			Ok(())
		}

		/// Declares a version of a dataset under the hash of its content.
		///
		/// ## Dispatch Origin
		///
		/// A steward of a hospital.
		///
		/// ## Details
		///
		/// `label` is what the dataset itself allows. From now on, every access to the superseded version is a breach.
		///
		/// Another hospital's declaration under this hash lapses if nothing rests on it: nobody was enrolled, no access
		/// was recorded, it neither supersedes a version nor was superseded, and its artifact has lapsed (see
		/// `lineage.register`).
		///
		/// ## Errors
		///
		/// `AlreadyExists`, `NothingAllowed`, `NotFound`, `NotAuthorized`, `Superseded`.
		///
		/// ## Events
		///
		/// [`Event::DatasetDeclared`].
		#[pallet::call_index(3)]
		#[pallet::weight(T::WeightInfo::declare_dataset())]
		pub fn declare_dataset(
			origin: OriginFor<T>,
			dataset: DatasetId,
			label: Versioned<Scope>,
			supersedes: Option<DatasetId>,
		) -> DispatchResult {
			let owner = T::StewardOrigin::ensure_origin(origin)?;
			Self::do_declare_dataset(owner, dataset, label.into_latest(), supersedes)
		}

		/// Enrols subjects in a dataset.
		///
		/// ## Dispatch Origin
		///
		/// A steward of the dataset's owner.
		///
		/// ## Details
		///
		/// Each subject joins under its newest consent of those that had not ended when they were recorded, or else
		/// under its newest. From now on, the cohort only allows what that consent also allows. A subject that is
		/// enrolled already is counted and stays as it is. While nobody is enrolled, every access to the dataset as a
		/// whole is recorded with the breach `no-subjects`.
		///
		/// A subject that is in `MAX_DATASETS` datasets leaves those that were superseded so long ago that no access to
		/// them can be reported. The call pays for looking at them only where it does.
		///
		/// ## Errors
		///
		/// `Empty`, `NotFound`, `NotAuthorized`, `Superseded`, `NoConsent`, `ConsentNotStarted`, `TooManyDatasets`,
		/// `TooManyNamed`. All or nothing.
		///
		/// ## Events
		///
		/// [`Event::Enrolled`].
		#[pallet::call_index(4)]
		#[pallet::weight(enrol_weight::<T>(
			u32::try_from(subjects.len()).unwrap_or(MAX_ENROLLED),
			u32::try_from(subjects.len()).unwrap_or(MAX_ENROLLED),
		))]
		pub fn enrol(origin: OriginFor<T>, dataset: DatasetId, subjects: Enrolment) -> DispatchResultWithPostInfo {
			let owner = T::StewardOrigin::ensure_origin(origin)?;
			let number = u32::try_from(subjects.len()).unwrap_or(MAX_ENROLLED);
			let full = Self::do_enrol(owner, dataset, subjects)?;
			Ok(Some(enrol_weight::<T>(number, full)).into())
		}
	}
}

/// What it costs to enrol so many subjects, of which so many are in as many datasets as they can be.
fn enrol_weight<T: Config>(subjects: u32, full: u32) -> Weight {
	let dropping = T::WeightInfo::drop_superseded().saturating_mul(full.into());
	T::WeightInfo::enrol(subjects).saturating_add(dropping)
}

impl<T: Config> Pallet<T> {
	/// The dataset.
	pub fn dataset(dataset: DatasetId) -> Option<Dataset> {
		Datasets::<T>::get(dataset).map(Versioned::into_latest)
	}

	/// The subject at this hospital.
	pub fn subject(subject: Pseudonym, hospital: MemberId) -> Option<Subject> {
		Subjects::<T>::get(subject, hospital).map(Versioned::into_latest)
	}

	/// The subject at every hospital. The number of hospitals bounds the list.
	pub fn consents_of(subject: Pseudonym) -> Vec<(MemberId, Subject)> {
		Subjects::<T>::iter_prefix(subject)
			.map(|(hospital, subject)| (hospital, subject.into_latest()))
			.collect()
	}

	fn do_grant(hospital: MemberId, pseudonym: Pseudonym, scope: Scope, document: H256) -> DispatchResult {
		let now = T::Time::now();
		let mut subject = Self::subject(pseudonym, hospital).unwrap_or_default();
		let mut scope = scope.canonical();
		if subject.narrowed.is_some_and(|narrowed| scope.start < narrowed) {
			scope.start = now;
		}
		let horizon = now.saturating_sub(T::MaxLateness::get());
		ensure!(scope.end() > scope.start.max(horizon), Error::<T>::NothingAllowed);
		ensure!(
			subject.consents.iter().all(|consent| consent.document != document),
			Error::<T>::AlreadyExists
		);
		if subject.consents.is_full() {
			subject
				.consents
				.retain(|consent| consent.scope.latest().end() > horizon);
			if !subject.consents.is_full() {
				subject.dropped = Some(now);
			}
		}
		subject
			.consents
			.try_push(SubjectConsent {
				document,
				scope: Versioned::V1(scope),
				recorded: now,
			})
			.map_err(|_| Error::<T>::TooManyConsents)?;
		Subjects::<T>::insert(pseudonym, hospital, Versioned::V1(subject));
		Self::deposit_event(Event::Granted {
			hospital,
			subject: pseudonym,
			document,
		});
		Ok(())
	}

	/// Narrows the subject's consents and its cohorts (design goals 1 and 3).
	fn do_narrow(hospital: MemberId, pseudonym: Pseudonym, only: Option<H256>, limits: &Scope) -> DispatchResult {
		let now = T::Time::now();
		let mut subject = Self::subject(pseudonym, hospital).ok_or(Error::<T>::NotFound)?;
		let chosen = |document: &H256| only.is_none_or(|only| only == *document);
		ensure!(
			subject.consents.iter().any(|consent| chosen(&consent.document)),
			Error::<T>::NotFound
		);
		// A scope that has no room for what the limits name must not keep them out: then nothing is left of it.
		let narrowed = |scope: &Scope| scope.narrow(limits, now).unwrap_or_else(|_| scope.revoke(now));
		for consent in subject.consents.iter_mut().filter(|consent| chosen(&consent.document)) {
			consent.scope = Versioned::V1(narrowed(consent.scope.latest()));
		}
		for enrolled in subject.datasets.iter().filter(|enrolled| chosen(&enrolled.under)) {
			Datasets::<T>::mutate(enrolled.dataset, |dataset| match dataset {
				Some(Versioned::V1(dataset)) => dataset.cohort = Versioned::V1(narrowed(dataset.cohort.latest())),
				None => {
					defensive!("a subject's dataset exists: datasets are never deleted");
				},
			});
		}
		subject.narrowed = Some(now);
		Subjects::<T>::insert(pseudonym, hospital, Versioned::V1(subject));
		Ok(())
	}

	fn do_declare_dataset(
		owner: MemberId,
		id: DatasetId,
		label: Scope,
		supersedes: Option<DatasetId>,
	) -> DispatchResult {
		let now = T::Time::now();
		let label = label.canonical();
		ensure!(label.end() > now, Error::<T>::NothingAllowed);
		if let Some(taken) = Self::dataset(id) {
			let versions = taken.supersedes.or(taken.superseded_by);
			let unused = taken.enrolled.is_none() && versions.is_none() && !T::Recorded::contains(&id);
			ensure!(taken.owner != owner && unused, Error::<T>::AlreadyExists);
		}
		if let Some(older) = supersedes {
			Datasets::<T>::try_mutate(older, |dataset| -> DispatchResult {
				let dataset = dataset.as_mut().ok_or(Error::<T>::NotFound)?.latest_mut();
				ensure!(dataset.owner == owner, Error::<T>::NotAuthorized);
				ensure!(dataset.superseded.is_none(), Error::<T>::Superseded);
				dataset.superseded = Some(now);
				dataset.superseded_by = Some(id);
				Ok(())
			})?;
		}
		T::Artifacts::register_dataset(owner, id)?;
		let label = Versioned::V1(label);
		Datasets::<T>::insert(
			id,
			Versioned::V1(Dataset {
				owner,
				cohort: label.clone(),
				label,
				subjects: 0,
				declared: now,
				enrolled: None,
				superseded: None,
				superseded_by: None,
				supersedes,
			}),
		);
		Self::deposit_event(Event::DatasetDeclared {
			dataset: id,
			owner,
			supersedes,
		});
		Ok(())
	}

	/// Enrols subjects. Returns how many of them were in as many datasets as they can be.
	fn do_enrol(owner: MemberId, id: DatasetId, pseudonyms: Enrolment) -> Result<u32, DispatchError> {
		ensure!(!pseudonyms.is_empty(), Error::<T>::Empty);
		let now = T::Time::now();
		let mut dataset = Self::dataset(id).ok_or(Error::<T>::NotFound)?;
		ensure!(dataset.owner == owner, Error::<T>::NotAuthorized);
		ensure!(dataset.superseded.is_none(), Error::<T>::Superseded);

		let (mut joined, mut already, mut full) = (0u32, 0u32, 0u32);
		let mut cohort = dataset.cohort.latest().clone();
		for pseudonym in pseudonyms {
			let mut subject = Self::subject(pseudonym, owner).ok_or(Error::<T>::NoConsent)?;
			if subject.is_in(&id) {
				already = already.saturating_add(1);
				continue;
			}
			let consents = || subject.consents.iter().rev();
			let newest = consents()
				.find(|consent| consent.scope.latest().end() > consent.recorded)
				.or_else(|| consents().next())
				.ok_or(Error::<T>::NoConsent)?;
			let (under, allowed) = (newest.document, newest.scope.latest());
			ensure!(allowed.start <= now, Error::<T>::ConsentNotStarted);
			// Accesses before the subject joined are judged without it: narrowing does not change the past.
			cohort = cohort.narrow(allowed, now).map_err(|_| Error::<T>::TooManyNamed)?;
			if subject.datasets.is_full() {
				full = full.saturating_add(1);
				Self::drop_superseded(&mut subject, now);
			}
			let enrolled = Enrolled {
				dataset: id,
				under,
				recorded: now,
			};
			subject
				.datasets
				.try_push(enrolled)
				.map_err(|_| Error::<T>::TooManyDatasets)?;
			Subjects::<T>::insert(pseudonym, owner, Versioned::V1(subject));
			joined = joined.saturating_add(1);
		}
		dataset.cohort = Versioned::V1(cohort);
		dataset.subjects = dataset.subjects.saturating_add(joined);
		dataset.enrolled.get_or_insert(now);
		Datasets::<T>::insert(id, Versioned::V1(dataset));
		Self::deposit_event(Event::Enrolled {
			dataset: id,
			joined,
			already,
		});
		Ok(full)
	}

	/// Drops the datasets that were superseded so long ago that no access to them can be reported.
	pub(crate) fn drop_superseded(subject: &mut Subject, now: UnixMillis) {
		let horizon = now.saturating_sub(T::MaxLateness::get());
		subject.datasets.retain(|enrolled| {
			Self::dataset(enrolled.dataset)
				.and_then(|dataset| dataset.superseded)
				.is_none_or(|superseded| superseded > horizon)
		});
		if !subject.datasets.is_full() {
			subject.dropped = Some(now);
		}
	}
}
