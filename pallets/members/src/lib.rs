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
mod origins;
#[cfg(test)]
mod tests;
#[cfg(any(test, feature = "try-runtime"))]
mod try_state;
pub mod types;
pub mod weights;

pub use allowance::ChargeAllowance;
pub use genesis::GenesisMember;
pub use origins::{EnsureHospital, EnsureKey, EnsurePower};
pub use pallet::*;
pub use types::*;
pub use weights::WeightInfo;

use alloc::vec::Vec;
use frame_support::{
	defensive, ensure,
	pallet_prelude::DispatchResult,
	traits::{ChangeMembers, Get},
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

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	/// The members of the consortium.
	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	/// What the pallet takes from the runtime.
	#[pallet::config]
	pub trait Config: frame_system::Config<RuntimeEvent: From<Event<Self>>> {
		/// Who admits members.
		type AdmitOrigin: EnsureOrigin<Self::RuntimeOrigin>;
		/// Who suspends, reinstates and removes members.
		type RemoveOrigin: EnsureOrigin<Self::RuntimeOrigin>;
		/// The council, whose members are the seated keys.
		type Council: ChangeMembers<Self::AccountId>;
		/// What an allowance refills by in each block, in picoseconds of execution.
		#[pallet::constant]
		type AllowancePerBlock: Get<u128>;
		/// What an allowance grows to at the most, in picoseconds of execution.
		#[pallet::constant]
		type MaxAllowance: Get<u128>;
		/// The weights of the calls.
		type WeightInfo: WeightInfo;
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

	/// The accounts whose session keys author and finalize blocks.
	#[pallet::storage]
	pub type Validators<T: Config> = StorageValue<_, BoundedVec<T::AccountId, ConstU32<MAX_VALIDATORS>>, ValueQuery>;

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
		/// The validators.
		pub validators: Vec<T::AccountId>,
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
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn integrity_test() {
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
		/// `NotFound`, `WrongStatus`, `LastSeat`.
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
		/// `NotFound`, `WrongStatus`, `TooManySeats`.
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
		/// `NotFound`, `LastSeat`.
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
		/// `NotFound`, `NotAuthorized`, `LastAdministrator`, `LastSeat`.
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
		/// `LastAdministrator`, `LastSeat`.
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

	/// The validators.
	pub fn validators() -> Vec<T::AccountId> {
		Validators::<T>::get().into_inner()
	}

	pub(crate) fn do_admit(
		kind: MemberKind,
		name: Name,
		region: Region,
		seat: bool,
		key: T::AccountId,
	) -> Result<MemberId, sp_runtime::DispatchError> {
		ensure!(
			!name.is_empty() && core::str::from_utf8(&name).is_ok(),
			Error::<T>::MalformedName
		);
		ensure!(!seat || kind == MemberKind::Hospital, Error::<T>::SeatForHospitalsOnly);
		let member = NextMemberId::<T>::get();
		NextMemberId::<T>::put(member.saturating_add(1));
		Members::<T>::insert(
			member,
			Versioned::V1(Member {
				kind,
				name,
				region,
				status: Status::Active,
				seat,
				keys: 0,
			}),
		);
		Self::deposit_event(Event::Admitted {
			member,
			kind,
			key: key.clone(),
		});

		let mut powers = Powers::ADMINISTRATOR;
		powers.set(Powers::COUNCIL, seat);
		powers.set(Powers::ANNOTATOR, kind == MemberKind::Person);
		Self::do_add_key(member, key, powers)?;
		Ok(member)
	}

	fn change_status(id: MemberId, from: Status, to: Status) -> DispatchResult {
		Members::<T>::try_mutate(id, |member| -> DispatchResult {
			let member = member.as_mut().ok_or(Error::<T>::NotFound)?.latest_mut();
			ensure!(member.status == from, Error::<T>::WrongStatus);
			member.status = to;
			Ok(())
		})?;
		Self::sync_seat(id)
	}

	fn do_remove(id: MemberId) -> DispatchResult {
		let mut member = Self::member(id).ok_or(Error::<T>::NotFound)?;
		ensure!(member.status != Status::Removed, Error::<T>::NotFound);
		for (account, ()) in KeysOf::<T>::drain_prefix(id) {
			Self::forget(&account);
		}
		member.status = Status::Removed;
		member.keys = 0;
		Members::<T>::insert(id, Versioned::V1(member));
		Allowances::<T>::remove(id);
		Self::sync_seat(id)?;
		Self::deposit_event(Event::Removed { member: id });
		Ok(())
	}

	/// Binds an account to a member. The provider reference lets an account without tokens sign.
	pub(crate) fn do_add_key(id: MemberId, account: T::AccountId, powers: Powers) -> DispatchResult {
		ensure!(!Keys::<T>::contains_key(&account), Error::<T>::AlreadyExists);
		let mut member = Self::member(id).ok_or(Error::<T>::NotFound)?;
		ensure!(member.keys < MAX_KEYS_PER_MEMBER, Error::<T>::TooManyKeys);
		if powers.contains(Powers::COUNCIL) {
			ensure!(
				member.seat && !Self::any_key_has(id, Powers::COUNCIL),
				Error::<T>::SeatTaken
			);
		}
		member.keys = member.keys.saturating_add(1);
		Members::<T>::insert(id, Versioned::V1(member));
		Keys::<T>::insert(&account, Key { member: id, powers });
		KeysOf::<T>::insert(id, &account, ());
		frame_system::Pallet::<T>::inc_providers(&account);
		Self::deposit_event(Event::KeyAdded {
			member: id,
			account,
			powers,
		});
		Self::sync_seat(id)
	}

	fn do_revoke_key(account: T::AccountId, key: Key) -> DispatchResult {
		KeysOf::<T>::remove(key.member, &account);
		Self::forget(&account);
		if key.powers.contains(Powers::ADMINISTRATOR) {
			ensure!(
				Self::any_key_has(key.member, Powers::ADMINISTRATOR),
				Error::<T>::LastAdministrator
			);
		}
		Members::<T>::mutate(key.member, |member| match member {
			Some(Versioned::V1(member)) => member.keys = member.keys.saturating_sub(1),
			None => {
				defensive!("a key's member exists: members are never deleted");
			},
		});
		Self::sync_seat(key.member)?;
		Self::deposit_event(Event::KeyRevoked {
			member: key.member,
			account,
		});
		Ok(())
	}

	/// Drops the key. Where held tokens or session keys still need the account, its provider reference stays; it can
	/// sign nothing all the same, for it is no key any more.
	fn forget(account: &T::AccountId) {
		Keys::<T>::remove(account);
		let _ = frame_system::Pallet::<T>::dec_providers(account);
	}

	/// Whether a key of the member has the powers. A member has at most [`MAX_KEYS_PER_MEMBER`] keys.
	fn any_key_has(member: MemberId, powers: Powers) -> bool {
		KeysOf::<T>::iter_key_prefix(member)
			.filter_map(Keys::<T>::get)
			.any(|key| key.powers.contains(powers))
	}

	/// The key with which the member sits on the council, from the member and its keys alone.
	pub(crate) fn seat_of(id: MemberId) -> Option<T::AccountId> {
		Self::member(id).filter(|member| member.seat && member.status == Status::Active)?;
		KeysOf::<T>::iter_key_prefix(id)
			.find(|account| Keys::<T>::get(account).is_some_and(|key| key.powers.contains(Powers::COUNCIL)))
	}

	/// Brings the council in step with a member that changed (design goal 5).
	fn sync_seat(member: MemberId) -> DispatchResult {
		let mut seats = Seats::<T>::get();
		let before = seats.get(&member).cloned();
		let after = Self::seat_of(member);
		if before == after {
			return Ok(());
		}
		let sorted = |seats: &BoundedBTreeMap<_, T::AccountId, _>| {
			let mut accounts = seats.values().cloned().collect::<Vec<_>>();
			accounts.sort();
			accounts
		};
		let old = sorted(&seats);
		match after {
			Some(account) => {
				seats
					.try_insert(member, account)
					.map_err(|_| Error::<T>::TooManySeats)?;
			},
			None => {
				seats.remove(&member);
			},
		}
		ensure!(!seats.is_empty(), Error::<T>::LastSeat);
		T::Council::set_members_sorted(&sorted(&seats), &old);
		Seats::<T>::put(seats);
		Ok(())
	}
}
