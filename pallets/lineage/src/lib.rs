//! # Lineage
//!
//! # Overview
//!
//! Members register artifacts (datasets, annotations, models, …) under the hash of their content, and the activities
//! that generated some of them from others. The graph follows W3C PROV-DM and can be walked both ways
//! ([`Pallet::trace`]):
#![doc = docify::embed!("src/tests/derive.rs", a_model_is_traced_to_its_datasets)]
//!
//! # Design goals
//!
//! 1. **No cycles, by construction.** When an activity ends, its inputs exist and its outputs don't, so every edge
//!    leads from an older artifact to a younger one. No search is needed.
//! 2. **Used and read are different edges.** An input that was only read makes no lineage.
//! 3. **Members act only in their own name.** An activity's outputs belong to the member that started it; evidence
//!    carries the name of the member that attached it.
//! 4. **What an activity makes fits its kind** ([`ActivityKind::generates`]). So what has to be permitted for a model
//!    is to train with the data, however its maker calls the work.
//! 5. **A bare registration lapses.** Ids are hashes of content, so anybody may be the first to register what is
//!    somebody else's. What nothing on the ledger rests on for [`Config::MaxUnused`] gives way to another member
//!    ([`Event::Lapsed`]).
//! 6. **Every look-up is O(1)**: an artifact names the activity that generated it, and lists the activities that used
//!    it under numbered keys.

#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(test, allow(clippy::arithmetic_side_effects))]

extern crate alloc;

#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;
mod trace;
#[cfg(any(test, feature = "invariants", feature = "try-runtime"))]
mod try_state;
pub mod weights;

pub use pallet::*;
pub use trace::{MAX_PAGE, MAX_WALK};
pub use weights::WeightInfo;

use alloc::{collections::BTreeSet, vec::Vec};
use frame_support::{
	defensive, ensure,
	pallet_prelude::DispatchResult,
	traits::{Contains, Get, Time},
};
use kexin_primitives::{
	lineage::{
		Activity, ActivityId, ActivityKind, Artifact, ArtifactId, ArtifactKind, AttachedEvidence, Evidence, InputRole,
		Inputs, Outputs, MAX_INPUTS, MAX_OUTPUTS,
	},
	members::MemberId,
	UnixMillis, Versioned,
};

#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use frame_support::{pallet_prelude::*, traits::StorageVersion};
	use frame_system::pallet_prelude::*;

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	/// Where artifacts come from.
	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	/// What the pallet needs from the runtime.
	#[pallet::config]
	pub trait Config: frame_system::Config<RuntimeEvent: From<Event<Self>>> {
		/// The origin that registers artifacts and activities. Yields the member for which it acts.
		type AgentOrigin: EnsureOrigin<Self::RuntimeOrigin, Success = MemberId>;
		/// The origin that attaches evidence. Yields the member for which it acts.
		type EvidenceOrigin: EnsureOrigin<Self::RuntimeOrigin, Success = MemberId>;
		/// The time of the block.
		type Time: Time<Moment = UnixMillis>;
		/// Which artifacts are declared datasets. Only the declaration of another dataset replaces one.
		type Declared: Contains<ArtifactId>;
		/// How long a registration holds that nothing rests on, in milliseconds.
		#[pallet::constant]
		type MaxUnused: Get<UnixMillis>;
		/// The weights of the calls.
		type WeightInfo: WeightInfo;
		/// Sets up what the benchmarks need from other pallets.
		#[cfg(feature = "runtime-benchmarks")]
		type BenchmarkHelper: BenchmarkHelper;
	}

	/// The artifacts.
	///
	/// Hasher: members choose the ids, so a cryptographic hash keeps an attacker from choosing keys that collide.
	#[pallet::storage]
	pub type Artifacts<T> = StorageMap<_, Blake2_128Concat, ArtifactId, Versioned<Artifact>>;

	/// The activities.
	///
	/// Hasher: members choose the ids, so a cryptographic hash keeps an attacker from choosing keys that collide.
	#[pallet::storage]
	pub type Activities<T> = StorageMap<_, Blake2_128Concat, ActivityId, Versioned<Activity>>;

	/// The activities that used or read an artifact, numbered from 0 to [`Artifact::uses`].
	///
	/// Hashers: members choose the ids, so a cryptographic hash keeps them from colliding; the ledger counts the
	/// numbers.
	#[pallet::storage]
	pub type UsedBy<T> = StorageDoubleMap<_, Blake2_128Concat, ArtifactId, Twox64Concat, u32, ActivityId>;

	/// The evidence that each member attached to an artifact.
	///
	/// Hashers: members choose the ids, so a cryptographic hash keeps them from colliding; the ledger counts member
	/// ids.
	#[pallet::storage]
	pub type EvidenceOf<T> =
		StorageDoubleMap<_, Blake2_128Concat, ArtifactId, Twox64Concat, MemberId, Versioned<AttachedEvidence>>;

	/// The pallet's events.
	#[pallet::event]
	#[pallet::generate_deposit(pub(super) fn deposit_event)]
	pub enum Event<T: Config> {
		/// An artifact was registered.
		Registered {
			/// Its name.
			artifact: ArtifactId,
			/// What it is.
			kind: ArtifactKind,
			/// The member that owns it.
			owner: MemberId,
			/// The activity that generated it; none for an artifact from outside the ledger.
			generated_by: Option<ActivityId>,
		},
		/// A registration on which nothing rested gave way to another member's, which follows.
		Lapsed {
			/// The artifact.
			artifact: ArtifactId,
			/// The member that had registered it.
			owner: MemberId,
		},
		/// An activity started.
		Started {
			/// Its name.
			activity: ActivityId,
			/// What it does.
			kind: ActivityKind,
			/// The member that does it.
			agent: MemberId,
		},
		/// An activity ended. Its inputs and outputs are recorded.
		Derived {
			/// Its name.
			activity: ActivityId,
			/// The number of inputs that it used or read.
			inputs: u32,
			/// The number of outputs that it generated.
			outputs: u32,
		},
		/// Evidence was attached to an artifact.
		EvidenceAttached {
			/// The artifact.
			artifact: ArtifactId,
			/// The member that attached it.
			by: MemberId,
			/// The evidence.
			evidence: Evidence,
		},
	}

	/// Why a call is refused.
	#[pallet::error]
	pub enum Error<T> {
		/// There is no such artifact or activity. Register it first.
		NotFound,
		/// The activity belongs to another member. Only the member that started it may end it.
		NotAuthorized,
		/// The artifact or activity is registered already. Changed content has another hash: check it. If somebody else
		/// registered your artifact, try again when `MaxUnused` has passed since then: it lapses unless something rests
		/// on it.
		AlreadyExists,
		/// The activity has ended. Start another one.
		AlreadyEnded,
		/// An input is not registered. Register it first.
		UnknownInput,
		/// An input or output is named twice. Name each once.
		Duplicate,
		/// No input was used, or there is no output, so nothing was derived. Name at least one of each.
		NothingDerived,
		/// The member has attached `MAX_EVIDENCE` pieces of evidence to the artifact, and can attach no more.
		TooManyEvidence,
		/// An activity of this kind makes no such artifact: a model, for example, comes from a training or a federated
		/// round (see `ActivityKind::generates`). Start an activity of a kind that makes it.
		WrongKind,
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
		/// Registers an artifact that comes from outside the ledger.
		///
		/// ## Dispatch Origin
		///
		/// [`Config::AgentOrigin`].
		///
		/// ## Details
		///
		/// If another member registered the artifact at least [`Config::MaxUnused`] ago, and no activity used, read or
		/// generated it, nobody attached evidence and it is no declared dataset, then that registration lapses.
		///
		/// ## Errors
		///
		/// `AlreadyExists`.
		///
		/// ## Events
		///
		/// [`Event::Lapsed`] if so, [`Event::Registered`].
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::register())]
		pub fn register(origin: OriginFor<T>, artifact: ArtifactId, kind: ArtifactKind) -> DispatchResult {
			let owner = T::AgentOrigin::ensure_origin(origin)?;
			Self::ensure_not_declared(artifact)?;
			Self::do_register(owner, artifact, kind)
		}

		/// Registers an activity that starts now. From then on, access events can name it.
		///
		/// ## Dispatch Origin
		///
		/// [`Config::AgentOrigin`].
		///
		/// ## Errors
		///
		/// `AlreadyExists`.
		///
		/// ## Events
		///
		/// [`Event::Started`].
		#[pallet::call_index(1)]
		#[pallet::weight(T::WeightInfo::start())]
		pub fn start(origin: OriginFor<T>, activity: ActivityId, kind: ActivityKind) -> DispatchResult {
			let agent = T::AgentOrigin::ensure_origin(origin)?;
			Self::do_start(agent, activity, kind)
		}

		/// Ends an activity: records what it used or read, and registers what it generated.
		///
		/// ## Dispatch Origin
		///
		/// [`Config::AgentOrigin`], for the member that started the activity.
		///
		/// ## Details
		///
		/// A registration of an output lapses as for [`Pallet::register`].
		///
		/// ## Errors
		///
		/// `NotFound`, `NotAuthorized`, `AlreadyEnded`, `UnknownInput`, `Duplicate`, `NothingDerived`, `WrongKind`,
		/// `AlreadyExists`.
		///
		/// ## Events
		///
		/// [`Event::Lapsed`] and [`Event::Registered`] for each output, [`Event::Derived`].
		#[pallet::call_index(2)]
		#[pallet::weight(T::WeightInfo::derive(
			u32::try_from(inputs.len()).unwrap_or(MAX_INPUTS),
			u32::try_from(outputs.len()).unwrap_or(MAX_OUTPUTS),
		))]
		pub fn derive(origin: OriginFor<T>, activity: ActivityId, inputs: Inputs, outputs: Outputs) -> DispatchResult {
			let agent = T::AgentOrigin::ensure_origin(origin)?;
			Self::do_derive(agent, activity, inputs, outputs)
		}

		/// Attaches evidence to an artifact, in the caller's name.
		///
		/// ## Dispatch Origin
		///
		/// [`Config::EvidenceOrigin`].
		///
		/// ## Errors
		///
		/// `NotFound`, `TooManyEvidence`.
		///
		/// ## Events
		///
		/// [`Event::EvidenceAttached`].
		#[pallet::call_index(3)]
		#[pallet::weight(T::WeightInfo::attach_evidence())]
		pub fn attach_evidence(origin: OriginFor<T>, artifact: ArtifactId, evidence: Evidence) -> DispatchResult {
			let by = T::EvidenceOrigin::ensure_origin(origin)?;
			Self::do_attach_evidence(by, artifact, evidence)
		}
	}
}

/// What the benchmarks need from other pallets.
#[cfg(feature = "runtime-benchmarks")]
pub trait BenchmarkHelper {
	/// Sets the time of the block.
	fn set_time(now: UnixMillis);
}

impl<T: Config> Pallet<T> {
	/// Registers an artifact from outside the ledger.
	///
	/// # Errors
	/// `AlreadyExists` when the hash already names an artifact whose registration has not lapsed.
	pub fn do_register(owner: MemberId, artifact: ArtifactId, kind: ArtifactKind) -> DispatchResult {
		Self::insert(owner, artifact, kind, None)
	}

	/// The artifact.
	pub fn artifact(id: ArtifactId) -> Option<Artifact> {
		Artifacts::<T>::get(id).map(Versioned::into_latest)
	}

	/// The activity.
	pub fn activity(id: ActivityId) -> Option<Activity> {
		Activities::<T>::get(id).map(Versioned::into_latest)
	}

	/// The evidence about an artifact: the member that attached it, the evidence, and the time. The number of members
	/// bounds the list.
	pub fn evidence_of(artifact: ArtifactId) -> Vec<(MemberId, Evidence, UnixMillis)> {
		EvidenceOf::<T>::iter_prefix(artifact)
			.flat_map(|(by, attached)| {
				let attached = attached.into_latest().into_iter();
				attached.map(move |(evidence, at)| (by, evidence, at))
			})
			.collect()
	}

	fn ensure_not_declared(artifact: ArtifactId) -> DispatchResult {
		ensure!(!T::Declared::contains(&artifact), Error::<T>::AlreadyExists);
		Ok(())
	}

	/// Whether nothing rests on a registration, and has not for so long that it gives way (design goal 5).
	fn has_lapsed(id: ArtifactId, artifact: &Artifact) -> bool {
		let until = artifact.registered.saturating_add(T::MaxUnused::get());
		artifact.generated_by.is_none()
			&& artifact.uses == 0
			&& until <= T::Time::now()
			&& EvidenceOf::<T>::iter_key_prefix(id).next().is_none()
	}

	fn insert(
		owner: MemberId,
		artifact: ArtifactId,
		kind: ArtifactKind,
		generated_by: Option<ActivityId>,
	) -> DispatchResult {
		if let Some(taken) = Self::artifact(artifact) {
			ensure!(
				taken.owner != owner && Self::has_lapsed(artifact, &taken),
				Error::<T>::AlreadyExists
			);
			Self::deposit_event(Event::Lapsed {
				artifact,
				owner: taken.owner,
			});
		}
		let registered = T::Time::now();
		Artifacts::<T>::insert(
			artifact,
			Versioned::V1(Artifact {
				kind,
				owner,
				registered,
				generated_by,
				uses: 0,
			}),
		);
		Self::deposit_event(Event::Registered {
			artifact,
			kind,
			owner,
			generated_by,
		});
		Ok(())
	}

	fn do_start(agent: MemberId, activity: ActivityId, kind: ActivityKind) -> DispatchResult {
		ensure!(!Activities::<T>::contains_key(activity), Error::<T>::AlreadyExists);
		let started = T::Time::now();
		let new = Activity {
			kind,
			agent,
			started,
			ended: None,
			inputs: Default::default(),
			outputs: Default::default(),
		};
		Activities::<T>::insert(activity, Versioned::V1(new));
		Self::deposit_event(Event::Started { activity, kind, agent });
		Ok(())
	}

	fn do_derive(agent: MemberId, id: ActivityId, inputs: Inputs, outputs: Outputs) -> DispatchResult {
		let mut activity = Self::activity(id).ok_or(Error::<T>::NotFound)?;
		ensure!(activity.agent == agent, Error::<T>::NotAuthorized);
		ensure!(activity.ended.is_none(), Error::<T>::AlreadyEnded);
		let used = inputs.iter().any(|input| input.role == InputRole::Used);
		ensure!(used && !outputs.is_empty(), Error::<T>::NothingDerived);
		let distinct = inputs.iter().map(|input| input.artifact).collect::<BTreeSet<_>>();
		ensure!(distinct.len() == inputs.len(), Error::<T>::Duplicate);
		let distinct = outputs.iter().map(|output| output.artifact).collect::<BTreeSet<_>>();
		ensure!(distinct.len() == outputs.len(), Error::<T>::Duplicate);

		let makes = outputs.iter().all(|output| activity.kind.generates(output.kind));
		ensure!(makes, Error::<T>::WrongKind);

		// Inputs before outputs: an output can't be its own input (design goal 1).
		for input in &inputs {
			Artifacts::<T>::try_mutate(input.artifact, |artifact| -> DispatchResult {
				let artifact = artifact.as_mut().ok_or(Error::<T>::UnknownInput)?.latest_mut();
				UsedBy::<T>::insert(input.artifact, artifact.uses, id);
				artifact.uses = artifact.uses.saturating_add(1);
				Ok(())
			})?;
		}
		for output in &outputs {
			Self::ensure_not_declared(output.artifact)?;
			Self::insert(agent, output.artifact, output.kind, Some(id))?;
			if activity.outputs.try_push(output.artifact).is_err() {
				defensive!("the call has the same bound for outputs as the activity");
			}
		}
		Self::deposit_event(Event::Derived {
			activity: id,
			inputs: u32::try_from(inputs.len()).unwrap_or(MAX_INPUTS),
			outputs: u32::try_from(outputs.len()).unwrap_or(MAX_OUTPUTS),
		});
		activity.inputs = inputs;
		activity.ended = Some(T::Time::now());
		Activities::<T>::insert(id, Versioned::V1(activity));
		Ok(())
	}

	fn do_attach_evidence(by: MemberId, artifact: ArtifactId, evidence: Evidence) -> DispatchResult {
		ensure!(Artifacts::<T>::contains_key(artifact), Error::<T>::NotFound);
		EvidenceOf::<T>::try_mutate(artifact, by, |attached| {
			let attached = attached.get_or_insert_with(|| Versioned::V1(Default::default()));
			attached.latest_mut().try_push((evidence, T::Time::now()))
		})
		.map_err(|_| Error::<T>::TooManyEvidence)?;
		Self::deposit_event(Event::EvidenceAttached { artifact, by, evidence });
		Ok(())
	}
}
