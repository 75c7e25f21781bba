//! # Members
//!
//! # Overview
//!
//! The council admits hospitals, research institutes, auditors, companies and persons. Each member has keys with named
//! powers; its administrators add and revoke them. The other pallets deal with members rather than keys: their origins
//! are [`EnsurePower`], [`EnsureKey`] and [`EnsureHospital`].
#![doc = docify::embed!("src/tests/keys.rs", a_hospital_runs_its_own_keys)]
//!
//! # Design goals
//!
//! 1. **Permission is checked everywhere.** The pool refuses an account that is not a key of an active member
//!    ([`ChargeAllowance`]), and no call, wrapped or not, accepts such an account.
//! 2. **A suspended member stops at once.** Every look-up reads the member's status; keys cache nothing.
//! 3. **The ledger names organisations, not keys.** Keys can be rotated, and a stolen gateway key can't add keys. An
//!    account acts for one member at a time, so nobody makes it a key unless its own signature agrees.
//! 4. **Spam costs the spammer.** There are no fees. Each member has an allowance that refills with every block, so a
//!    hostile or broken gateway only uses up its own member's allowance. Administrators and the council decide from a
//!    reserve that no other key can use up.
//! 5. **The council follows from its seats.** One key of each member with a seat sits on it. Every change updates the
//!    council. Whatever changes who sits on it or who validates needs two thirds of it, so that no majority can make
//!    itself two thirds.
//! 6. **A hospital runs one validator.** Finality survives if fewer than a third of the validators are hostile, so no
//!    hospital runs two. The council admits and removes validators. A validator that equivocates is suspended at once,
//!    except the last.
//! 7. **The ledger decides which nodes may connect.** Each organisation names its nodes. Once the council has closed
//!    the network, nodes refuse all others ([`Pallet::admitted_nodes`]).

#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(test, allow(clippy::arithmetic_side_effects))]

extern crate alloc;

mod allowance;
#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
mod genesis;
#[cfg(test)]
mod mock;
mod motions;
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

pub use allowance::{Charge, ChargeAllowance, Part, NO_SEAT, TIP};
pub use genesis::GenesisMember;
pub use motions::NotedMotion;
pub use origins::{EnsureHospital, EnsureKey, EnsurePower};
pub use pallet::*;
pub use types::*;
pub use weights::WeightInfo;

use alloc::vec::Vec;
use frame_support::{
	ensure,
	pallet_prelude::DispatchResult,
	traits::{ChangeMembers, Contains, Get, ValidatorRegistration},
	BoundedBTreeMap, BoundedVec,
};
use kexin_primitives::{
	members::{Member, MemberId, MemberKind, Name, Place, Powers, Status},
	vocabulary::Region,
	Versioned,
};

#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use frame_support::{pallet_prelude::*, traits::StorageVersion};
	use frame_system::pallet_prelude::*;
	use sp_runtime::traits::{Convert, IdentifyAccount, Verify};
	use sp_staking::{offence::Kind, SessionIndex};

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	/// The members of the consortium.
	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	/// What the pallet needs from the runtime.
	#[pallet::config]
	pub trait Config: frame_system::Config<RuntimeEvent: From<Event<Self>>> {
		/// The origin that admits members without a seat.
		type AdmitOrigin: EnsureOrigin<Self::RuntimeOrigin>;
		/// The origin that changes who decides and who validates: it gives seats, suspends, reinstates and removes
		/// members, decides about validators, and closes and opens the network.
		type ChangeOrigin: EnsureOrigin<Self::RuntimeOrigin>;
		/// The council. Its members are the keys with a seat.
		type Council: ChangeMembers<Self::AccountId>;
		/// What it costs the council to change its members while so many motions are open: it rewrites the votes on
		/// each.
		type SeatChange: Convert<u32, Weight>;
		/// The signature with which an account agrees to become a key.
		type Signature: Parameter + Verify<Signer: IdentifyAccount<AccountId = Self::AccountId>>;
		/// The present session.
		type CurrentSession: Get<SessionIndex>;
		/// Which accounts have session keys.
		type SessionKeys: ValidatorRegistration<Self::AccountId>;
		/// By how much an allowance refills in each block, in picoseconds of execution.
		#[pallet::constant]
		type AllowancePerBlock: Get<u128>;
		/// The largest allowance, in picoseconds of execution.
		#[pallet::constant]
		type MaxAllowance: Get<u128>;
		/// By how much the reserve of an allowance refills in each block, in picoseconds of execution.
		#[pallet::constant]
		type ReservePerBlock: Get<u128>;
		/// The largest reserve, in picoseconds of execution.
		#[pallet::constant]
		type MaxReserve: Get<u128>;
		/// The calls with which administrators and the council decide. They are paid from the reserve.
		type Decisions: Contains<Self::RuntimeCall>;
		/// The number of blocks in a session, if the genesis sets none.
		#[pallet::constant]
		type DefaultSessionBlocks: Get<u32>;
		/// The least number of blocks between two changes of a validator's session keys, if the genesis sets none.
		#[pallet::constant]
		type DefaultKeyInterval: Get<u32>;
		/// The weights of the calls.
		type WeightInfo: WeightInfo;
		/// Sets up what the benchmarks need from other pallets.
		#[cfg(feature = "runtime-benchmarks")]
		type BenchmarkHelper: BenchmarkHelper<Self::AccountId, Self::Signature>;
	}

	/// Every member that was ever admitted.
	///
	/// Hasher: the ledger counts the ids, so an attacker can't choose them to collide.
	#[pallet::storage]
	pub type Members<T> = StorageMap<_, Twox64Concat, MemberId, Versioned<kexin_primitives::members::Member>>;

	/// The number of the next member.
	#[pallet::storage]
	pub type NextMemberId<T> = StorageValue<_, MemberId, ValueQuery>;

	/// The keys of all members.
	///
	/// Hasher: anybody can choose accounts, so a cryptographic hash keeps an attacker from choosing keys that collide.
	#[pallet::storage]
	pub type Keys<T: Config> = StorageMap<_, Blake2_128Concat, T::AccountId, Key>;

	/// The same keys, by member.
	///
	/// Hashers: as for [`Members`] and [`Keys`].
	#[pallet::storage]
	pub type KeysOf<T: Config> = StorageDoubleMap<_, Twox64Concat, MemberId, Blake2_128Concat, T::AccountId, ()>;

	/// For each active member with a seat, the key that sits on the council.
	#[pallet::storage]
	pub type Seats<T: Config> =
		StorageValue<_, BoundedBTreeMap<MemberId, T::AccountId, ConstU32<MAX_SEATS>>, ValueQuery>;

	/// The validator of each hospital for which the council admitted one.
	///
	/// Hasher: the ledger counts the ids, so an attacker can't choose them to collide.
	#[pallet::storage]
	pub type ValidatorsOf<T: Config> =
		StorageMap<_, Twox64Concat, MemberId, Validator<T::AccountId, BlockNumberFor<T>>>;

	/// The validators that run the chain: those that are not suspended, of members that are active.
	#[pallet::storage]
	pub type Validators<T: Config> =
		StorageValue<_, BoundedBTreeMap<MemberId, T::AccountId, ConstU32<MAX_VALIDATORS>>, ValueQuery>;

	/// Every account that is or was a validator.
	///
	/// Hasher: anybody can choose accounts, so a cryptographic hash keeps an attacker from choosing keys that collide.
	#[pallet::storage]
	pub type Nominees<T: Config> = StorageMap<_, Blake2_128Concat, T::AccountId, Nominee>;

	/// The last block that each validator authored, or the block at which it was admitted or began to validate, if that
	/// is later.
	///
	/// Hasher: anybody can choose accounts, so a cryptographic hash keeps an attacker from choosing keys that collide.
	#[pallet::storage]
	pub type LastAuthored<T: Config> = StorageMap<_, Blake2_128Concat, T::AccountId, BlockNumberFor<T>>;

	/// The first block of the session.
	#[pallet::storage]
	pub type SessionStart<T: Config> = StorageValue<_, BlockNumberFor<T>, ValueQuery>;

	/// The number of blocks in a session, the shortest time in which the validators can change. It never changes after
	/// the genesis.
	#[pallet::storage]
	pub type SessionBlocks<T: Config> = StorageValue<_, u32, ValueQuery, T::DefaultSessionBlocks>;

	/// The least number of blocks between two changes of a validator's session keys. It never changes after the
	/// genesis.
	#[pallet::storage]
	pub type KeyInterval<T: Config> = StorageValue<_, u32, ValueQuery, T::DefaultKeyInterval>;

	/// The block at which a session last took up new session keys of each validator that has changed them.
	///
	/// Hasher: anybody can choose accounts, so a cryptographic hash keeps an attacker from choosing keys that collide.
	#[pallet::storage]
	pub type KeysChanged<T: Config> = StorageMap<_, Blake2_128Concat, T::AccountId, BlockNumberFor<T>>;

	/// The nodes of each organisation that has named any.
	///
	/// Hasher: the ledger counts the ids, so an attacker can't choose them to collide.
	#[pallet::storage]
	pub type NodesOf<T> = StorageMap<_, Twox64Concat, MemberId, Nodes>;

	/// Whether only the members' nodes may connect.
	#[pallet::storage]
	pub type Closed<T> = StorageValue<_, bool, ValueQuery>;

	/// The allowance that each member has left. A member that has sent nothing yet has a full one.
	///
	/// Hasher: the ledger counts the ids, so an attacker can't choose them to collide.
	#[pallet::storage]
	pub type Allowances<T: Config> = StorageMap<_, Twox64Concat, MemberId, Allowance<BlockNumberFor<T>>>;

	/// Which member proposed each motion that was open when the last one was proposed, in the order of the council.
	#[pallet::storage]
	pub type Proposers<T: Config> = StorageValue<_, BoundedVec<(T::Hash, MemberId), ConstU32<MAX_MOTIONS>>, ValueQuery>;

	/// The members and validators with which a chain starts.
	#[pallet::genesis_config]
	#[derive(frame_support::DefaultNoBound)]
	pub struct GenesisConfig<T: Config> {
		/// The members, numbered in this order from 0.
		pub members: Vec<GenesisMember<T::AccountId>>,
		/// The validators. Each is a key of a hospital.
		pub validators: Vec<T::AccountId>,
		/// The number of blocks in a session, above 3.
		pub session_blocks: Option<u32>,
		/// The least number of blocks between two changes of a validator's session keys.
		pub key_interval: Option<u32>,
	}

	#[pallet::genesis_build]
	impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
		fn build(&self) {
			genesis::build::<T>(self);
		}
	}

	/// The pallet's events.
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
			/// Its number.
			member: MemberId,
		},
		/// The council reinstated a suspended member.
		Reinstated {
			/// Its number.
			member: MemberId,
		},
		/// The council removed a member and its keys.
		Removed {
			/// Its number.
			member: MemberId,
		},
		/// A member has a new key. With the power *council*, it takes the seat from the member's earlier one.
		KeyAdded {
			/// The member.
			member: MemberId,
			/// The key.
			account: T::AccountId,
			/// Its powers.
			powers: Powers,
		},
		/// A key of a member was revoked.
		KeyRevoked {
			/// The member.
			member: MemberId,
			/// The key.
			account: T::AccountId,
		},
		/// A hospital's validator was admitted. It starts with the session after the next one.
		ValidatorAdmitted {
			/// The hospital.
			member: MemberId,
			/// The account with the session keys.
			account: T::AccountId,
		},
		/// A hospital's validator was removed. It ends with the next session.
		ValidatorRemoved {
			/// The hospital.
			member: MemberId,
			/// The account with the session keys.
			account: T::AccountId,
		},
		/// It was proved that a validator signed two blocks for one slot, or two votes for one round.
		ValidatorEquivocated {
			/// The hospital.
			member: MemberId,
			/// The account with the session keys.
			account: T::AccountId,
			/// `babe:equivocatio` or `grandpa:equivoca`.
			kind: Kind,
			/// The session in which it signed; for votes, one in which its voters were in office.
			session: SessionIndex,
			/// Whether it was suspended. The last validator is not, nor one that is no validator any more.
			suspended: bool,
		},
		/// The council suspended a silent validator, so that the others can restart finality.
		ValidatorSuspended {
			/// The hospital.
			member: MemberId,
			/// The account with the session keys.
			account: T::AccountId,
		},
		/// The council reinstated a suspended validator.
		ValidatorReinstated {
			/// The hospital.
			member: MemberId,
		},
		/// A validator has authored no block for [`SILENT_TURNS`] turns. Its operator should check it.
		ValidatorSilent {
			/// The account with the session keys.
			account: T::AccountId,
			/// The last block that it authored, or the block at which it was admitted.
			since: BlockNumberFor<T>,
		},
		/// A member named its nodes.
		NodesNamed {
			/// The member.
			member: MemberId,
			/// All its nodes, in place of those before.
			nodes: Nodes,
		},
		/// The council closed the network to all nodes but the members', or opened it.
		NetworkClosed {
			/// Whether it is closed.
			closed: bool,
		},
	}

	/// Why a call is refused.
	#[pallet::error]
	pub enum Error<T> {
		/// There is no such member, key or validator. Check its number or account.
		NotFound,
		/// The key belongs to another member. Only an administrator of that member can revoke it.
		NotAuthorized,
		/// The account is a member's key already. Use another account, or revoke it there first.
		AlreadyExists,
		/// The account has not signed that it becomes this key: its statement names another chain, member, power or
		/// nonce, or was used before. Have it sign again.
		NotAccepted,
		/// The member has the wrong status: only an active member can be suspended, and only a suspended one
		/// reinstated.
		WrongStatus,
		/// The member has `MAX_KEYS_PER_MEMBER` keys. Revoke one first.
		TooManyKeys,
		/// The council has `MAX_SEATS` seats, and takes no more.
		TooManySeats,
		/// Only hospitals sit on the council. Admit the member without a seat.
		SeatForHospitalsOnly,
		/// The member has no seat on the council. The council gives seats when it admits a hospital.
		NoSeat,
		/// There are no powers, or powers that this runtime does not know. Name known powers.
		UnknownPowers,
		/// A member needs at least one administrator. Add another one first.
		LastAdministrator,
		/// The council needs at least one seat. Admit another member with a seat first.
		LastSeat,
		/// The name is empty or not UTF-8. Correct it.
		MalformedName,
		/// Only hospitals have validators. Use a key of a hospital.
		ValidatorsForHospitalsOnly,
		/// The hospital has a validator already. Remove that one first.
		ValidatorTaken,
		/// The account has no session keys. Call `session.setKeys` first.
		NoSessionKeys,
		/// The chain has `MAX_VALIDATORS` validators, and takes no more.
		TooManyValidators,
		/// The chain needs at least one validator. Admit another one first.
		LastValidator,
		/// Fewer than a third of the validators are silent, so finality can continue without a restart. Find out why it
		/// stands still.
		FinalityIsPossible,
		/// The member has `MOTIONS_PER_SEAT` open motions. Close one whose vote is decided or whose time is over, or
		/// wait until that is so.
		TooManyMotions,
		/// Persons don't run nodes of the network. Only organisations name nodes.
		NodesForOrganisationsOnly,
		/// The network is closed or open already, as the call asks.
		AlreadySo,
		/// A hospital with a validator has not named its nodes, so they could no longer connect. Have it name them
		/// first.
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
			let (refill, max) = (T::ReservePerBlock::get(), T::MaxReserve::get());
			assert!(
				0 < refill && refill <= max,
				"ReservePerBlock of {refill} must be above 0 and up to {max}"
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
		/// [`Config::ChangeOrigin`] for a member with a seat: two thirds of the council. [`Config::AdmitOrigin`] for
		/// one without: a majority.
		///
		/// ## Details
		///
		/// The member's first key is an administrator. It sits on the council if the member has a seat, and is an
		/// annotator if the member is a person. From then on the account can sign, although it holds no tokens.
		/// `acceptance` is the account's signature of its [`Place::statement`].
		///
		/// ## Errors
		///
		/// `AlreadyExists`, `MalformedName`, `NotAccepted`, `SeatForHospitalsOnly`, `TooManySeats`.
		///
		/// ## Events
		///
		/// [`Event::Admitted`], [`Event::KeyAdded`].
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::admit().saturating_add(Pallet::<T>::seat_change(*seat)))]
		pub fn admit(
			origin: OriginFor<T>,
			kind: MemberKind,
			name: Name,
			region: Region,
			seat: bool,
			key: T::AccountId,
			acceptance: T::Signature,
		) -> DispatchResult {
			// Otherwise a majority could admit members that make it two thirds (design goal 5).
			if seat {
				T::ChangeOrigin::ensure_origin(origin)?;
			} else {
				T::AdmitOrigin::ensure_origin(origin)?;
			}
			Self::do_admit(kind, name.clone(), region, seat, key.clone())?;
			let place = Place::FirstKey {
				kind,
				name: &name,
				region,
				seat,
			};
			Self::accept(&key, &place, &acceptance)
		}

		/// Stops all keys of a member until the member is reinstated.
		///
		/// ## Dispatch Origin
		///
		/// [`Config::ChangeOrigin`]: two thirds of the council.
		///
		/// ## Errors
		///
		/// `NotFound`, `WrongStatus`, `LastSeat`, `LastValidator`.
		///
		/// ## Events
		///
		/// [`Event::Suspended`].
		#[pallet::call_index(1)]
		#[pallet::weight(T::WeightInfo::suspend().saturating_add(Pallet::<T>::seat_change(true)))]
		pub fn suspend(origin: OriginFor<T>, member: MemberId) -> DispatchResult {
			T::ChangeOrigin::ensure_origin(origin)?;
			Self::change_status(member, Status::Active, Status::Suspended)?;
			Self::deposit_event(Event::Suspended { member });
			Ok(())
		}

		/// Lets the keys of a suspended member act again.
		///
		/// ## Dispatch Origin
		///
		/// [`Config::ChangeOrigin`]: two thirds of the council.
		///
		/// ## Errors
		///
		/// `NotFound`, `WrongStatus`, `TooManySeats`, `TooManyValidators`.
		///
		/// ## Events
		///
		/// [`Event::Reinstated`].
		#[pallet::call_index(2)]
		#[pallet::weight(T::WeightInfo::reinstate().saturating_add(Pallet::<T>::seat_change(true)))]
		pub fn reinstate(origin: OriginFor<T>, member: MemberId) -> DispatchResult {
			T::ChangeOrigin::ensure_origin(origin)?;
			Self::change_status(member, Status::Suspended, Status::Active)?;
			Self::deposit_event(Event::Reinstated { member });
			Ok(())
		}

		/// Removes a member and its keys for ever. What the member recorded stays.
		///
		/// ## Dispatch Origin
		///
		/// [`Config::ChangeOrigin`]: two thirds of the council.
		///
		/// ## Errors
		///
		/// `NotFound`, `LastSeat`, `LastValidator`.
		///
		/// ## Events
		///
		/// [`Event::Removed`].
		#[pallet::call_index(3)]
		#[pallet::weight(T::WeightInfo::remove().saturating_add(Pallet::<T>::seat_change(true)))]
		pub fn remove(origin: OriginFor<T>, member: MemberId) -> DispatchResult {
			T::ChangeOrigin::ensure_origin(origin)?;
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
		/// The power to sit on the council can be given where the council gave the member a seat. One key has it: the
		/// one that had it before keeps its other powers, and its votes on open motions are dropped.
		/// `acceptance` is the account's signature of its [`Place::statement`]. It holds once: a key that was revoked
		/// signs anew to come back.
		///
		/// ## Errors
		///
		/// `AlreadyExists`, `NotAccepted`, `UnknownPowers`, `NoSeat`, `TooManyKeys`.
		///
		/// ## Events
		///
		/// [`Event::KeyAdded`].
		#[pallet::call_index(4)]
		#[pallet::weight({
			let moves = powers.contains(Powers::COUNCIL);
			T::WeightInfo::add_key().saturating_add(Pallet::<T>::seat_change(moves))
		})]
		pub fn add_key(
			origin: OriginFor<T>,
			account: T::AccountId,
			powers: Powers,
			acceptance: T::Signature,
		) -> DispatchResult {
			let member = EnsurePower::<T, { Powers::ADMINISTRATOR.bits() }>::ensure_origin(origin)?;
			ensure!(!powers.is_empty() && powers.is_known(), Error::<T>::UnknownPowers);
			Self::do_add_key(member, account.clone(), powers)?;
			Self::accept(&account, &Place::Key { member, powers }, &acceptance)
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
		#[pallet::weight(T::WeightInfo::revoke_key().saturating_add(Pallet::<T>::seat_change(true)))]
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
		#[pallet::weight(T::WeightInfo::revoke_key().saturating_add(Pallet::<T>::seat_change(true)))]
		pub fn resign(origin: OriginFor<T>) -> DispatchResult {
			let (_, account) = EnsureKey::<T, 0>::ensure_origin(origin)?;
			let key = Keys::<T>::get(&account).ok_or(Error::<T>::NotFound)?;
			Self::do_revoke_key(account, key)
		}

		/// Makes a key the validator of its hospital.
		///
		/// ## Dispatch Origin
		///
		/// [`Config::ChangeOrigin`]: two thirds of the council.
		///
		/// ## Details
		///
		/// The account has set its session keys before. The next session is announced already when the council decides,
		/// so the validator takes part from the one after it.
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
			T::ChangeOrigin::ensure_origin(origin)?;
			Self::do_admit_validator(account)
		}

		/// Removes a hospital's validator. The hospital stays a member.
		///
		/// ## Dispatch Origin
		///
		/// [`Config::ChangeOrigin`]: two thirds of the council.
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
			T::ChangeOrigin::ensure_origin(origin)?;
			Self::do_remove_validator(member)
		}

		/// Lets a validator that was suspended for an equivocation or for its silence take part again. After an
		/// equivocation, what it signed up to the next session is settled.
		///
		/// ## Dispatch Origin
		///
		/// [`Config::ChangeOrigin`]: two thirds of the council.
		///
		/// ## Errors
		///
		/// `NotFound`, `WrongStatus`, `TooManyValidators`.
		///
		/// ## Events
		///
		/// [`Event::ValidatorReinstated`].
		#[pallet::call_index(9)]
		#[pallet::weight(T::WeightInfo::admit_validator())]
		pub fn reinstate_validator(origin: OriginFor<T>, member: MemberId) -> DispatchResult {
			T::ChangeOrigin::ensure_origin(origin)?;
			Self::do_reinstate_validator(member)
		}

		/// Names the nodes of the caller's member, in place of those before.
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

		/// Closes the network to all nodes but the members', or opens it.
		///
		/// ## Dispatch Origin
		///
		/// [`Config::ChangeOrigin`]: two thirds of the council.
		///
		/// ## Details
		///
		/// It can be closed once each hospital with a validator has named a node.
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
			T::ChangeOrigin::ensure_origin(origin)?;
			Self::do_close_network(closed)
		}
	}
}

impl<T: Config> Pallet<T> {
	/// The member for which an account acts, and its powers; none when the member is not active (design goal 2).
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

	/// The kind of the member; none when no member ever had this number.
	pub fn kind_of(member: MemberId) -> Option<MemberKind> {
		Self::member(member).map(|member| member.kind)
	}
}
