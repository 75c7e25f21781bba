//! # Governance
//!
//! # Overview
//!
//! This pallet holds the council's powers over the chain itself. No key and no origin has any other power over it.
//!
//! **Upgrades.** Two thirds of the council approve the hash of a runtime, which each hospital has built or checked for
//! itself. After a delay, any seat applies the runtime with that hash; until then, a majority can cancel it:
#![doc = docify::embed!("src/tests/upgrade.rs", a_runtime_is_approved_waits_and_is_applied)]
//! **Finality.** If a third or more of the validators are gone, no block becomes final, so no other validators can take
//! over in the usual way. Two thirds of the council may then suspend the silent validators and let the others continue
//! after the last final block.
//!
//! # Design goals
//!
//! 1. **What is decided is what is done.** The council decides about a hash, so nobody can swap the runtime after the
//!    vote.
//! 2. **No surprises.** An upgrade waits for the delay that the genesis sets, and a person applies it, not the clock.
//! 3. **State is bounded.** A runtime comes with the call that applies it; until then, the ledger stores only its hash.
//! 4. **The emergency power is narrow.** A restart of finality requires the chain's own record that so many validators
//!    author no blocks that nothing can become final. It changes who votes, and no other state.

#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(test, allow(clippy::arithmetic_side_effects))]

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

	/// What the pallet needs from the runtime.
	#[pallet::config]
	pub trait Config: frame_system::Config<RuntimeEvent: From<Event<Self>>> {
		/// The origin that approves an upgrade.
		type ApproveOrigin: EnsureOrigin<Self::RuntimeOrigin>;
		/// The origin that cancels an approved upgrade.
		type CancelOrigin: EnsureOrigin<Self::RuntimeOrigin>;
		/// The origin that applies an approved upgrade.
		type ApplyOrigin: EnsureOrigin<Self::RuntimeOrigin>;
		/// The origin that restarts finality.
		type RestartOrigin: EnsureOrigin<Self::RuntimeOrigin>;
		/// The validators, of which the silent ones can be suspended.
		type Validators: SuspendSilent;
		/// The number of blocks between the approval of an upgrade and its application, if the genesis sets none.
		#[pallet::constant]
		type DefaultUpgradeDelay: Get<BlockNumberFor<Self>>;
		/// The weights of the calls.
		type WeightInfo: WeightInfo;
	}

	/// The upgrade that the council approved.
	#[pallet::storage]
	pub type Approved<T: Config> = StorageValue<_, Upgrade<T::Hash, BlockNumberFor<T>>>;

	/// The number of blocks between the approval of an upgrade and its application. It never changes after the genesis.
	#[pallet::storage]
	pub type UpgradeDelay<T: Config> = StorageValue<_, BlockNumberFor<T>, ValueQuery, T::DefaultUpgradeDelay>;

	/// The restart of finality that the council decided, until it happens.
	#[pallet::storage]
	pub type Restarting<T: Config> = StorageValue<_, PendingRestart<BlockNumberFor<T>>>;

	/// The last voter changes that the ledger announced. The last entry is the block where this session may announce
	/// one.
	#[pallet::storage]
	pub type Announcements<T: Config> =
		StorageValue<_, BoundedVec<Announcement<BlockNumberFor<T>>, ConstU32<MAX_ANNOUNCEMENTS>>, ValueQuery>;

	/// The last restart of finality. The state before its block holds the one before.
	#[pallet::storage]
	pub type LastRestart<T: Config> = StorageValue<_, CompletedRestart<BlockNumberFor<T>>>;

	/// The limit of the council's powers that the genesis sets.
	#[pallet::genesis_config]
	#[derive(frame_support::DefaultNoBound)]
	pub struct GenesisConfig<T: Config> {
		/// The number of blocks between the approval of an upgrade and its application.
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

	/// The pallet's events.
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
		/// The council cancelled an approved upgrade.
		UpgradeCancelled {
			/// The blake2-256 hash of the runtime.
			code: T::Hash,
		},
		/// A runtime was applied. It takes effect with the next block.
		UpgradeApplied {
			/// The blake2-256 hash of the runtime.
			code: T::Hash,
		},
		/// The council suspended the silent validators; the others will restart finality.
		RestartDecided {
			/// The last final block.
			last_final: BlockNumberFor<T>,
			/// The session with which the others take over.
			session: SessionIndex,
		},
	}

	/// Why a call is refused.
	#[pallet::error]
	pub enum Error<T> {
		/// No upgrade is approved. Have the council approve one first.
		NotFound,
		/// An upgrade is approved already. Apply or cancel it first.
		AlreadyApproved,
		/// The approved upgrade can't be applied yet. Wait for the block that its approval names.
		TooEarly,
		/// This is not the runtime that the council approved: its hash is different. Apply the runtime with the
		/// approved hash.
		OtherCode,
		/// The block given as the last final one does not exist yet. Check its number.
		InFuture,
		/// A restart of finality is pending. Wait for its session.
		AlreadyRestarting,
		/// No block was ever final, so there is none to continue from. Start a new chain.
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
		/// The runtime can be applied after [`UpgradeDelay`] blocks.
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

		/// Cancels the approved upgrade.
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
		/// The runtime must be for this chain, and its version must be above the present one. Its migrations run at the
		/// start of the next block.
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

		/// Suspends the validators that author no blocks, and lets the others restart finality.
		///
		/// ## Dispatch Origin
		///
		/// [`Config::RestartOrigin`]: two thirds of the council.
		///
		/// ## Details
		///
		/// `last_final` is the number of the last block that is final on the most advanced node: ask every hospital.
		/// The remaining validators take over with the session after the next one. What was proved stays proved. What
		/// follows can't be proved from the genesis hash alone, because the previous voters did not announce the new
		/// ones: auditors also need the hash of the block in [`LastRestart`].
		///
		/// ## Errors
		///
		/// `NothingFinal`, `InFuture`, `AlreadyRestarting`, and the error of [`Config::Validators`] when fewer than a
		/// third of the validators are silent.
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
