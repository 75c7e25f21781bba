//! # Members
//!
//! # Overview
//!
//! The council admits hospitals, research institutes, auditors, companies and persons. Each member has keys with named
//! powers, which its administrators add and revoke. The other pallets see the member, never the key: their origins are
//! [`EnsurePower`], [`EnsureKey`] and [`EnsureHospital`]. The test `tests::keys::a_hospital_runs_its_own_keys` shows it.
//!
//! # Design goals
//!
//! 1. **Permission is checked at every door.** Who is no active member's key is refused in the pool
//!    ([`ChargeAllowance`]), and has no origin in any call, wrapped or not.
//! 2. **A suspended member stops at once.** Every look-up asks for the member's status; nothing is cached in keys.
//! 3. **The organisation is what the ledger names.** Keys can be rotated, and a stolen gateway key can't add keys.
//! 4. **Spam costs the spammer.** There are no fees; each member has an allowance that refills with every block, so that a
//!    hostile or broken gateway starves itself alone.
//! 5. **The council is its seats.** One key of each member with a seat sits on it, kept in step with every change.
//! 6. **A hospital is one validator.** Finality survives a third of the validators being hostile, so no hospital runs two. The council
//!    admits and removes them; one that equivocates is suspended at once; the last one stays.
//! 7. **The ledger says who may connect.** Each organisation names its nodes; once the council has closed the network, nodes serve no
//!    others ([`Pallet::admitted_nodes`]).

#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(
	not(test),
	deny(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::unwrap_used)
)]

extern crate alloc;

mod allowance;
#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
mod genesis;
#[cfg(test)]
mod mock;
mod nodes;
mod origins;
mod registry;
mod roles;
#[cfg(test)]
mod tests;
#[cfg(any(test, feature = "invariants", feature = "try-runtime"))]
mod try_state;
pub mod types;
pub mod weights;

pub use allowance::{ChargeAllowance, TIP};
#[cfg(feature = "runtime-benchmarks")]
pub use benchmarking::BenchmarkHelper;
pub use genesis::GenesisMember;
pub use origins::{EnsureHospital, EnsureKey, EnsurePower};
pub use pallet::*;
pub use types::*;
pub use weights::WeightInfo;

use alloc::vec::Vec;
use frame_support::{
	ensure,
	pallet_prelude::DispatchResult,
	traits::{ChangeMembers, Get, ValidatorRegistration},
	BoundedBTreeMap,
};
use kexin_primitives::{
	members::{Member, MemberId, MemberKind, Name, Powers, Status},
	vocabulary::Region,
	Versioned,
};

#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use frame_support::{pallet_prelude::*, traits::StorageVersion};
	use frame_system::pallet_prelude::*;
	use sp_staking::{offence::Kind, SessionIndex};

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	/// The members of the consortium.
	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	/// What the pallet takes from the runtime.
	#[pallet::config]
	pub trait Config: frame_system::Config<RuntimeEvent: From<Event<Self>>> {
		/// Who admits members and validators.
		type AdmitOrigin: EnsureOrigin<Self::RuntimeOrigin>;
		/// Who suspends, reinstates and removes members and validators.
		type RemoveOrigin: EnsureOrigin<Self::RuntimeOrigin>;
		/// The council, whose members are the seated keys.
		type Council: ChangeMembers<Self::AccountId>;
		/// Who has session keys.
		type SessionKeys: ValidatorRegistration<Self::AccountId>;
		/// What an allowance refills by in each block, in picoseconds of execution.
		#[pallet::constant]
		type AllowancePerBlock: Get<u128>;
		/// What an allowance grows to at the most, in picoseconds of execution.
		#[pallet::constant]
		type MaxAllowance: Get<u128>;
		/// Blocks in a session where the genesis does not say.
		#[pallet::constant]
		type DefaultSessionBlocks: Get<u32>;
		/// The weights of the calls.
		type WeightInfo: WeightInfo;
		/// Sets up what the benchmarks need of other pallets.
		#[cfg(feature = "runtime-benchmarks")]
		type BenchmarkHelper: crate::BenchmarkHelper<Self::AccountId>;
	}

	/// Every member that was ever admitted.
	///
	/// Hasher: ids are counted by the ledger.
	#[pallet::storage]
	pub type Members<T> = StorageMap<_, Twox64Concat, MemberId, Versioned<kexin_primitives::members::Member>>;

	/// The number of the next member.
	#[pallet::storage]
	pub type NextMemberId<T> = StorageValue<_, MemberId, ValueQuery>;

	/// The keys of all members.
	///
	/// Hasher: accounts are chosen by whoever makes them.
	#[pallet::storage]
	pub type Keys<T: Config> = StorageMap<_, Blake2_128Concat, T::AccountId, Key>;

	/// The same keys, by member.
	///
	/// Hashers: as above.
	#[pallet::storage]
	pub type KeysOf<T: Config> = StorageDoubleMap<_, Twox64Concat, MemberId, Blake2_128Concat, T::AccountId, ()>;

	/// The key of each active member with a seat that sits on the council.
	#[pallet::storage]
	pub type Seats<T: Config> =
		StorageValue<_, BoundedBTreeMap<MemberId, T::AccountId, ConstU32<MAX_SEATS>>, ValueQuery>;

	/// The validator of each hospital that the council admitted one of.
	///
	/// Hasher: ids are counted by the ledger.
	#[pallet::storage]
	pub type ValidatorsOf<T: Config> =
		StorageMap<_, Twox64Concat, MemberId, Validator<T::AccountId, BlockNumberFor<T>>>;

	/// Those of active members, and not suspended themselves: they run the chain.
	#[pallet::storage]
	pub type Validators<T: Config> =
		StorageValue<_, BoundedBTreeMap<MemberId, T::AccountId, ConstU32<MAX_VALIDATORS>>, ValueQuery>;

	/// The last block that each validator authored, or the one at which it was admitted.
	///
	/// Hasher: accounts are chosen by whoever makes them.
	#[pallet::storage]
	pub type LastAuthored<T: Config> = StorageMap<_, Blake2_128Concat, T::AccountId, BlockNumberFor<T>>;

	/// The first block of the session.
	#[pallet::storage]
	pub type SessionStart<T: Config> = StorageValue<_, BlockNumberFor<T>, ValueQuery>;

	/// Blocks in a session: the shortest time in which the validators can change. It is that of the genesis for ever.
	#[pallet::storage]
	pub type SessionBlocks<T: Config> = StorageValue<_, u32, ValueQuery, T::DefaultSessionBlocks>;

	/// The nodes of each organisation that has named some.
	///
	/// Hasher: ids are counted by the ledger.
	#[pallet::storage]
	pub type NodesOf<T> = StorageMap<_, Twox64Concat, MemberId, Nodes>;

	/// Whether none but the members' nodes may connect.
	#[pallet::storage]
	pub type Closed<T> = StorageValue<_, bool, ValueQuery>;

	/// What each member may still send. A member that has sent nothing yet has all of it.
	///
	/// Hasher: ids are counted by the ledger.
	#[pallet::storage]
	pub type Allowances<T: Config> = StorageMap<_, Twox64Concat, MemberId, Allowance<BlockNumberFor<T>>>;

	/// The members and validators that a chain starts with.
	#[pallet::genesis_config]
	#[derive(frame_support::DefaultNoBound)]
	pub struct GenesisConfig<T: Config> {
		/// The members, numbered in this order from 0.
		pub members: Vec<GenesisMember<T::AccountId>>,
		/// The validators, which are keys of hospitals.
		pub validators: Vec<T::AccountId>,
		/// Blocks in a session, above 3.
		pub session_blocks: Option<u32>,
	}

	#[pallet::genesis_build]
	impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
		fn build(&self) {
			genesis::build::<T>(self);
		}
	}

	/// What happened.
	#[pallet::event]
	#[pallet::generate_deposit(pub(super) fn deposit_event)]
	pub enum Event<T: Config> {
		/// The council admitted a member.
		Admitted {
			/// Its number.
			member: MemberId,
			/// What it is.
			kind: MemberKind,
			/// Its first key, an administrator.
			key: T::AccountId,
		},
		/// The council suspended a member.
		Suspended {
			/// Which.
			member: MemberId,
		},
		/// The council reinstated a suspended member.
		Reinstated {
			/// Which.
			member: MemberId,
		},
		/// The council removed a member and its keys.
		Removed {
			/// Which.
			member: MemberId,
		},
		/// A member has a new key.
		KeyAdded {
			/// The member.
			member: MemberId,
			/// The key.
			account: T::AccountId,
			/// What it may do.
			powers: Powers,
		},
		/// A member has a key less.
		KeyRevoked {
			/// The member.
			member: MemberId,
			/// The key.
			account: T::AccountId,
		},
		/// A hospital has a validator, from the session after the next one on.
		ValidatorAdmitted {
			/// The hospital.
			member: MemberId,
			/// The account that has the session keys.
			account: T::AccountId,
		},
		/// A hospital's validator ends with the next session.
		ValidatorRemoved {
			/// The hospital.
			member: MemberId,
			/// The account that has the session keys.
			account: T::AccountId,
		},
		/// A validator is proved to have signed two blocks for one slot, or two votes for one round.
		ValidatorEquivocated {
			/// The hospital.
			member: MemberId,
			/// The account that has the session keys.
			account: T::AccountId,
			/// `babe:equivocatio` or `grandpa:equivoca`.
			kind: Kind,
			/// The session in which it signed.
			session: SessionIndex,
			/// Whether it is suspended. The last validator is not.
			suspended: bool,
		},
		/// The council suspended a silent validator, so that the others can start finality anew.
		ValidatorSuspended {
			/// The hospital.
			member: MemberId,
			/// The account that has the session keys.
			account: T::AccountId,
		},
		/// The council lets a suspended validator take part again.
		ValidatorReinstated {
			/// The hospital.
			member: MemberId,
		},
		/// A validator has authored no block for [`SILENT_TURNS`] rounds: its operator should look.
		ValidatorSilent {
			/// The account that has the session keys.
			account: T::AccountId,
			/// The last block that it authored, or the one at which it was admitted.
			since: BlockNumberFor<T>,
		},
		/// A member named its nodes.
		NodesNamed {
			/// The member.
			member: MemberId,
			/// All of them.
			nodes: Nodes,
		},
		/// The council closed the network to all but the members' nodes, or opened it.
		NetworkClosed {
			/// Whether it is closed.
			closed: bool,
		},
	}

	/// Why a call was refused.
	#[pallet::error]
	pub enum Error<T> {
		/// There is no such member or key.
		NotFound,
		/// The key does not have the power for this, or belongs to another member.
		NotAuthorized,
		/// The account acts for a member already. Use another account, or revoke it there first.
		AlreadyExists,
		/// The member is in another state than this call needs: suspend an active one, reinstate a suspended one.
		WrongStatus,
		/// The member has `MAX_KEYS_PER_MEMBER` keys. Revoke one first.
		TooManyKeys,
		/// The council has `MAX_SEATS` seats.
		TooManySeats,
		/// Only hospitals sit on the council.
		SeatForHospitalsOnly,
		/// The member has no seat, or another key of it sits on the council. Revoke that one first.
		SeatTaken,
		/// No powers, or powers that this runtime does not know.
		UnknownPowers,
		/// A member keeps at least one administrator. Add another one first.
		LastAdministrator,
		/// The council keeps at least one seat.
		LastSeat,
		/// The name is empty or not UTF-8.
		MalformedName,
		/// Only hospitals have validators.
		ValidatorsForHospitalsOnly,
		/// The hospital has a validator. Remove that one first.
		ValidatorTaken,
		/// The account has no session keys: `session.setKeys` first.
		NoSessionKeys,
		/// The chain has `MAX_VALIDATORS` validators.
		TooManyValidators,
		/// The chain keeps at least one validator. Admit another one first.
		LastValidator,
		/// No more than a third of the validators is silent, so finality comes back by itself, or with them. Look for the cause first.
		FinalityIsPossible,
		/// Persons run no nodes of the network.
		NodesForOrganisationsOnly,
		/// The network is closed or open already, as the call wants it.
		AlreadySo,
		/// A hospital with a validator has not named its nodes: it could not connect any more. Have it do so first.
		NodesMissing,
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn integrity_test() {
			assert!(T::DefaultSessionBlocks::get() > 3, "a session has more than 3 blocks");
			let (refill, max) = (T::AllowancePerBlock::get(), T::MaxAllowance::get());
			assert!(
				0 < refill && refill <= max,
				"AllowancePerBlock of {refill} must be above 0 and up to {max}"
			);
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Admits a member.
		///
		/// ## Dispatch Origin
		///
		/// [`Config::AdmitOrigin`]: a majority of the council.
		///
		/// ## Details
		///
		/// The member's first key is an administrator; it sits on the council when the member has a seat, and annotates when the
		/// member is a person. The account can sign from then on, though it holds no tokens.
		///
		/// ## Errors
		///
		/// `AlreadyExists`, `MalformedName`, `SeatForHospitalsOnly`, `TooManySeats`.
		///
		/// ## Events
		///
		/// [`Event::Admitted`], [`Event::KeyAdded`].
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::admit())]
		pub fn admit(
			origin: OriginFor<T>,
			kind: MemberKind,
			name: Name,
			region: Region,
			seat: bool,
			key: T::AccountId,
		) -> DispatchResult {
			T::AdmitOrigin::ensure_origin(origin)?;
			Self::do_admit(kind, name, region, seat, key).map(|_| ())
		}

		/// Stops all keys of a member until it is reinstated.
		///
		/// ## Dispatch Origin
		///
		/// [`Config::RemoveOrigin`]: two thirds of the council.
		///
		/// ## Errors
		///
		/// `NotFound`, `WrongStatus`, `LastSeat`, `LastValidator`.
		///
		/// ## Events
		///
		/// [`Event::Suspended`].
		#[pallet::call_index(1)]
		#[pallet::weight(T::WeightInfo::suspend())]
		pub fn suspend(origin: OriginFor<T>, member: MemberId) -> DispatchResult {
			T::RemoveOrigin::ensure_origin(origin)?;
			Self::change_status(member, Status::Active, Status::Suspended)?;
			Self::deposit_event(Event::Suspended { member });
			Ok(())
		}

		/// Lets the keys of a suspended member act again.
		///
		/// ## Dispatch Origin
		///
		/// [`Config::RemoveOrigin`]: two thirds of the council.
		///
		/// ## Errors
		///
		/// `NotFound`, `WrongStatus`, `TooManySeats`, `TooManyValidators`.
		///
		/// ## Events
		///
		/// [`Event::Reinstated`].
		#[pallet::call_index(2)]
		#[pallet::weight(T::WeightInfo::suspend())]
		pub fn reinstate(origin: OriginFor<T>, member: MemberId) -> DispatchResult {
			T::RemoveOrigin::ensure_origin(origin)?;
			Self::change_status(member, Status::Suspended, Status::Active)?;
			Self::deposit_event(Event::Reinstated { member });
			Ok(())
		}

		/// Removes a member and its keys for ever. What it recorded stays.
		///
		/// ## Dispatch Origin
		///
		/// [`Config::RemoveOrigin`]: two thirds of the council.
		///
		/// ## Errors
		///
		/// `NotFound`, `LastSeat`, `LastValidator`.
		///
		/// ## Events
		///
		/// [`Event::Removed`].
		#[pallet::call_index(3)]
		#[pallet::weight(T::WeightInfo::remove())]
		pub fn remove(origin: OriginFor<T>, member: MemberId) -> DispatchResult {
			T::RemoveOrigin::ensure_origin(origin)?;
			Self::do_remove(member)
		}

		/// Adds a key to the caller's member.
		///
		/// ## Dispatch Origin
		///
		/// An administrator of an active member.
		///
		/// ## Details
		///
		/// The power to sit on the council can be given where the council gave the member a seat, to one key at a time.
		///
		/// ## Errors
		///
		/// `AlreadyExists`, `UnknownPowers`, `SeatTaken`, `TooManyKeys`.
		///
		/// ## Events
		///
		/// [`Event::KeyAdded`].
		#[pallet::call_index(4)]
		#[pallet::weight(T::WeightInfo::add_key())]
		pub fn add_key(origin: OriginFor<T>, account: T::AccountId, powers: Powers) -> DispatchResult {
			let member = EnsurePower::<T, { Powers::ADMINISTRATOR.bits() }>::ensure_origin(origin)?;
			ensure!(!powers.is_empty() && powers.is_known(), Error::<T>::UnknownPowers);
			Self::do_add_key(member, account, powers)
		}

		/// Revokes a key of the caller's member. It stops at once.
		///
		/// ## Dispatch Origin
		///
		/// An administrator of an active member.
		///
		/// ## Errors
		///
		/// `NotFound`, `NotAuthorized`, `LastAdministrator`, `LastSeat`, `LastValidator`.
		///
		/// ## Events
		///
		/// [`Event::KeyRevoked`].
		#[pallet::call_index(5)]
		#[pallet::weight(T::WeightInfo::revoke_key())]
		pub fn revoke_key(origin: OriginFor<T>, account: T::AccountId) -> DispatchResult {
			let member = EnsurePower::<T, { Powers::ADMINISTRATOR.bits() }>::ensure_origin(origin)?;
			let key = Keys::<T>::get(&account).ok_or(Error::<T>::NotFound)?;
			ensure!(key.member == member, Error::<T>::NotAuthorized);
			Self::do_revoke_key(account, key)
		}

		/// Gives the calling key up: for one that was added by mistake, or is no longer safe.
		///
		/// ## Dispatch Origin
		///
		/// Any key of an active member.
		///
		/// ## Errors
		///
		/// `LastAdministrator`, `LastSeat`, `LastValidator`.
		///
		/// ## Events
		///
		/// [`Event::KeyRevoked`].
		#[pallet::call_index(6)]
		#[pallet::weight(T::WeightInfo::revoke_key())]
		pub fn resign(origin: OriginFor<T>) -> DispatchResult {
			let (_, account) = EnsureKey::<T, 0>::ensure_origin(origin)?;
			let key = Keys::<T>::get(&account).ok_or(Error::<T>::NotFound)?;
			Self::do_revoke_key(account, key)
		}

		/// Makes a key the validator of its hospital.
		///
		/// ## Dispatch Origin
		///
		/// [`Config::AdmitOrigin`]: a majority of the council.
		///
		/// ## Details
		///
		/// The account has set its session keys before. The next session is announced already when the council decides, so the
		/// validator takes part from the one after it.
		///
		/// ## Errors
		///
		/// `NotFound`, `ValidatorsForHospitalsOnly`, `ValidatorTaken`, `NoSessionKeys`, `TooManyValidators`.
		///
		/// ## Events
		///
		/// [`Event::ValidatorAdmitted`].
		#[pallet::call_index(7)]
		#[pallet::weight(T::WeightInfo::admit_validator())]
		pub fn admit_validator(origin: OriginFor<T>, account: T::AccountId) -> DispatchResult {
			T::AdmitOrigin::ensure_origin(origin)?;
			Self::do_admit_validator(account)
		}

		/// Removes a hospital's validator. The hospital stays a member.
		///
		/// ## Dispatch Origin
		///
		/// [`Config::RemoveOrigin`]: two thirds of the council.
		///
		/// ## Errors
		///
		/// `NotFound`, `LastValidator`.
		///
		/// ## Events
		///
		/// [`Event::ValidatorRemoved`].
		#[pallet::call_index(8)]
		#[pallet::weight(T::WeightInfo::remove_validator())]
		pub fn remove_validator(origin: OriginFor<T>, member: MemberId) -> DispatchResult {
			T::RemoveOrigin::ensure_origin(origin)?;
			Self::do_remove_validator(member)
		}

		/// Lets a validator that was suspended for an equivocation or for its silence take part again.
		///
		/// ## Dispatch Origin
		///
		/// [`Config::RemoveOrigin`]: two thirds of the council.
		///
		/// ## Errors
		///
		/// `NotFound`, `WrongStatus`, `TooManyValidators`.
		///
		/// ## Events
		///
		/// [`Event::ValidatorReinstated`].
		#[pallet::call_index(9)]
		#[pallet::weight(T::WeightInfo::remove_validator())]
		pub fn reinstate_validator(origin: OriginFor<T>, member: MemberId) -> DispatchResult {
			T::RemoveOrigin::ensure_origin(origin)?;
			Self::do_reinstate_validator(member)
		}

		/// Names the nodes of the caller's member, in place of those that it named before.
		///
		/// ## Dispatch Origin
		///
		/// An administrator of an active member.
		///
		/// ## Errors
		///
		/// `NodesForOrganisationsOnly`.
		///
		/// ## Events
		///
		/// [`Event::NodesNamed`].
		#[pallet::call_index(10)]
		#[pallet::weight(T::WeightInfo::name_nodes())]
		pub fn name_nodes(origin: OriginFor<T>, nodes: Nodes) -> DispatchResult {
			let member = EnsurePower::<T, { Powers::ADMINISTRATOR.bits() }>::ensure_origin(origin)?;
			Self::do_name_nodes(member, nodes)
		}

		/// Closes the network to all but the members' nodes, or opens it.
		///
		/// ## Dispatch Origin
		///
		/// [`Config::RemoveOrigin`]: two thirds of the council.
		///
		/// ## Details
		///
		/// It can be closed when each hospital that has a validator has named a node.
		///
		/// ## Errors
		///
		/// `AlreadySo`, `NodesMissing`.
		///
		/// ## Events
		///
		/// [`Event::NetworkClosed`].
		#[pallet::call_index(11)]
		#[pallet::weight(T::WeightInfo::close_network())]
		pub fn close_network(origin: OriginFor<T>, closed: bool) -> DispatchResult {
			T::RemoveOrigin::ensure_origin(origin)?;
			Self::do_close_network(closed)
		}
	}
}

impl<T: Config> Pallet<T> {
	/// The member that an account acts for, and its powers; none when the member is not active (design goal 2).
	pub fn active_key(account: &T::AccountId) -> Option<Key> {
		Keys::<T>::get(account).filter(|key| Self::is_active(key.member))
	}

	/// The member.
	pub fn member(member: MemberId) -> Option<Member> {
		Members::<T>::get(member).map(Versioned::into_latest)
	}

	/// Whether the member may act.
	pub fn is_active(member: MemberId) -> bool {
		Self::member(member).is_some_and(|member| member.status == Status::Active)
	}

	/// What the member is, or was.
	pub fn kind_of(member: MemberId) -> Option<MemberKind> {
		Self::member(member).map(|member| member.kind)
	}
}
