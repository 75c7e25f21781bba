//! # Governance
//!
//! # Overview
//!
//! What the council may do to the chain itself. There is no key and no origin that can do anything else to it.
//!
//! **Upgrades.** Two thirds of the council approve the hash of a runtime, which each hospital has built or checked for itself. After a delay
//! any seat applies the runtime with that hash; until then a majority can call it off. The test
//! `tests::upgrade::a_runtime_is_approved_waits_and_is_applied` shows it.
//!
//! **Finality.** When more than a third of the validators is gone, no block becomes final, and so no other validators can take over in the
//! usual way. Two thirds of the council may then suspend the silent ones and let the others start anew after the last final block.
//!
//! # Design goals
//!
//! 1. **What is decided is what is done.** The council decides about a hash, so nobody can exchange the runtime after the votes.
//! 2. **Nothing comes by surprise.** An upgrade waits for as long as the genesis says, and a hand applies it, not the clock.
//! 3. **State is bounded.** A runtime comes with the call that applies it; until then the ledger keeps its hash.
//! 4. **The emergency is narrow.** A restart of finality needs the chain's own record that so many validators author nothing that nothing can
//!    become final. It changes who votes, and no other state.

#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(
	not(test),
	deny(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::unwrap_used)
)]

extern crate alloc;

#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
mod finality;
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
use frame_support::{ensure, pallet_prelude::DispatchResult, traits::Get};
use frame_system::pallet_prelude::BlockNumberFor;
use sp_runtime::traits::{Hash as _, Saturating};

#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use frame_support::{pallet_prelude::*, traits::StorageVersion};
	use frame_system::pallet_prelude::*;
	use sp_staking::SessionIndex;

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	/// The council's powers over the chain itself.
	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	/// What the pallet takes from the runtime.
	#[pallet::config]
	pub trait Config: frame_system::Config<RuntimeEvent: From<Event<Self>>> {
		/// Who approves an upgrade.
		type ApproveOrigin: EnsureOrigin<Self::RuntimeOrigin>;
		/// Who calls an approved upgrade off.
		type CancelOrigin: EnsureOrigin<Self::RuntimeOrigin>;
		/// Who applies an approved upgrade.
		type ApplyOrigin: EnsureOrigin<Self::RuntimeOrigin>;
		/// Who restarts finality.
		type RestartOrigin: EnsureOrigin<Self::RuntimeOrigin>;
		/// The validators, of whom the silent ones can be suspended.
		type Validators: SuspendSilent;
		/// Blocks between the approval of an upgrade and its application, where the genesis does not say.
		#[pallet::constant]
		type DefaultUpgradeDelay: Get<BlockNumberFor<Self>>;
		/// The weights of the calls.
		type WeightInfo: WeightInfo;
	}

	/// The upgrade that the council approved.
	#[pallet::storage]
	pub type Approved<T: Config> = StorageValue<_, Upgrade<T::Hash, BlockNumberFor<T>>>;

	/// Blocks between the approval of an upgrade and its application. It is that of the genesis for ever.
	#[pallet::storage]
	pub type UpgradeDelay<T: Config> = StorageValue<_, BlockNumberFor<T>, ValueQuery, T::DefaultUpgradeDelay>;

	/// The restart of finality that is under way.
	#[pallet::storage]
	pub type Restarting<T: Config> = StorageValue<_, Restart<BlockNumberFor<T>>>;

	/// The last changes of finality's voters that the ledger announced, and at the end where this session could have announced one.
	#[pallet::storage]
	pub type Announcements<T: Config> =
		StorageValue<_, BoundedVec<Announcement<BlockNumberFor<T>>, ConstU32<MAX_ANNOUNCEMENTS>>, ValueQuery>;

	/// The last restart of finality. What the one before it was is in the state before its block.
	#[pallet::storage]
	pub type LastRestart<T: Config> = StorageValue<_, Restarted<BlockNumberFor<T>>>;

	/// How the council's powers are bounded from the start.
	#[pallet::genesis_config]
	#[derive(frame_support::DefaultNoBound)]
	pub struct GenesisConfig<T: Config> {
		/// Blocks between the approval of an upgrade and its application.
		pub upgrade_delay: Option<BlockNumberFor<T>>,
	}

	#[pallet::genesis_build]
	impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
		fn build(&self) {
			if let Some(delay) = self.upgrade_delay {
				UpgradeDelay::<T>::put(delay);
			}
		}
	}

	/// What happened.
	#[pallet::event]
	#[pallet::generate_deposit(pub(super) fn deposit_event)]
	pub enum Event<T: Config> {
		/// The council approved an upgrade.
		UpgradeApproved {
			/// The blake2-256 hash of the runtime.
			code: T::Hash,
			/// The first block in which it can be applied.
			from: BlockNumberFor<T>,
		},
		/// The council called an approved upgrade off.
		UpgradeCancelled {
			/// The blake2-256 hash of the runtime.
			code: T::Hash,
		},
		/// A runtime was applied. It is in force from the next block on.
		UpgradeApplied {
			/// The blake2-256 hash of the runtime.
			code: T::Hash,
		},
		/// The council suspended the silent validators; the others will start finality anew.
		RestartDecided {
			/// The last block that is final.
			last_final: BlockNumberFor<T>,
			/// The session with which the others take over.
			session: SessionIndex,
		},
	}

	/// Why a call was refused.
	#[pallet::error]
	pub enum Error<T> {
		/// No upgrade is approved.
		NotFound,
		/// An upgrade is approved already. Apply it, or cancel it first.
		AlreadyApproved,
		/// The approved upgrade can't be applied yet: wait until the block that its approval names.
		TooEarly,
		/// This is not the runtime that the council approved: the hash is another one.
		OtherCode,
		/// The block that is said to be final does not exist yet.
		InFuture,
		/// A restart of finality is under way. Wait for its session.
		AlreadyRestarting,
		/// No block was ever final: there is nothing to go on from. Start the chain anew.
		NothingFinal,
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
		/// Approves a runtime, named by its hash.
		///
		/// ## Dispatch Origin
		///
		/// [`Config::ApproveOrigin`]: two thirds of the council.
		///
		/// ## Details
		///
		/// It can be applied after [`UpgradeDelay`] blocks.
		///
		/// ## Errors
		///
		/// `AlreadyApproved`.
		///
		/// ## Events
		///
		/// [`Event::UpgradeApproved`].
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::approve_upgrade())]
		pub fn approve_upgrade(origin: OriginFor<T>, code: T::Hash) -> DispatchResult {
			T::ApproveOrigin::ensure_origin(origin)?;
			Self::do_approve(code)
		}

		/// Calls the approved upgrade off.
		///
		/// ## Dispatch Origin
		///
		/// [`Config::CancelOrigin`]: a majority of the council.
		///
		/// ## Errors
		///
		/// `NotFound`.
		///
		/// ## Events
		///
		/// [`Event::UpgradeCancelled`].
		#[pallet::call_index(1)]
		#[pallet::weight(T::WeightInfo::cancel_upgrade())]
		pub fn cancel_upgrade(origin: OriginFor<T>) -> DispatchResult {
			T::CancelOrigin::ensure_origin(origin)?;
			let code = Approved::<T>::take().ok_or(Error::<T>::NotFound)?.code;
			Self::deposit_event(Event::UpgradeCancelled { code });
			Ok(())
		}

		/// Applies the approved upgrade.
		///
		/// ## Dispatch Origin
		///
		/// [`Config::ApplyOrigin`]: any seat of the council.
		///
		/// ## Details
		///
		/// The runtime must be of this chain, and its version above the present one. Its migrations run at the beginning of the next block.
		///
		/// ## Errors
		///
		/// `NotFound`, `TooEarly`, `OtherCode`; `System.InvalidSpecName`, `System.SpecVersionNeedsToIncrease`,
		/// `System.FailedToExtractRuntimeVersion`.
		///
		/// ## Events
		///
		/// [`Event::UpgradeApplied`], `System.CodeUpdated`.
		#[pallet::call_index(2)]
		#[pallet::weight(T::WeightInfo::apply_upgrade())]
		pub fn apply_upgrade(origin: OriginFor<T>, code: Vec<u8>) -> DispatchResult {
			T::ApplyOrigin::ensure_origin(origin)?;
			Self::do_apply(code)
		}

		/// Suspends the validators that author nothing, and lets the others start finality anew.
		///
		/// ## Dispatch Origin
		///
		/// [`Config::RestartOrigin`]: two thirds of the council.
		///
		/// ## Details
		///
		/// `last_final` is the number of the last block that is final on the most advanced node: ask every hospital. The others take over with
		/// the session after the next one. What was proved stays proved. What comes after can't be proved from the genesis alone, as those who
		/// would have to vouch for the new voters are gone: auditors need the hash of the block that [`LastRestart`] names, too.
		///
		/// ## Errors
		///
		/// `NothingFinal`, `InFuture`, `AlreadyRestarting`, and what [`Config::Validators`] says when the silent ones are no more than a third.
		///
		/// ## Events
		///
		/// [`Event::RestartDecided`].
		#[pallet::call_index(3)]
		#[pallet::weight(T::WeightInfo::restart_finality())]
		pub fn restart_finality(origin: OriginFor<T>, last_final: BlockNumberFor<T>) -> DispatchResult {
			T::RestartOrigin::ensure_origin(origin)?;
			Self::do_restart(last_final)
		}
	}
}

impl<T: Config> Pallet<T> {
	fn do_approve(code: T::Hash) -> DispatchResult {
		ensure!(!Approved::<T>::exists(), Error::<T>::AlreadyApproved);
		let from = frame_system::Pallet::<T>::block_number().saturating_add(UpgradeDelay::<T>::get());
		Approved::<T>::put(Upgrade { code, from });
		Self::deposit_event(Event::UpgradeApproved { code, from });
		Ok(())
	}

	fn do_apply(code: Vec<u8>) -> DispatchResult {
		let approved = Approved::<T>::get().ok_or(Error::<T>::NotFound)?;
		ensure!(
			frame_system::Pallet::<T>::block_number() >= approved.from,
			Error::<T>::TooEarly
		);
		ensure!(T::Hashing::hash(&code) == approved.code, Error::<T>::OtherCode);
		frame_system::Pallet::<T>::can_set_code(&code, true).into_result()?;
		<T::OnSetCode as frame_system::SetCode<T>>::set_code(code)?;
		Approved::<T>::kill();
		Self::deposit_event(Event::UpgradeApplied { code: approved.code });
		Ok(())
	}
}
