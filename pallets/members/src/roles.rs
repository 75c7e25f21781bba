//! Who sits on the council, whose validators run the chain, and when a validator is suspended.
//!
//! Both follow from the members. Every change of a member updates them, so nothing ever has to read all members.

use crate::*;
use alloc::vec::Vec;
use frame_support::{
	ensure,
	pallet_prelude::DispatchResult,
	traits::{ChangeMembers, Get, ValidatorRegistration},
	BoundedBTreeMap,
};
use frame_system::pallet_prelude::BlockNumberFor;
use kexin_primitives::members::{MemberId, MemberKind, Powers, Status};
use sp_runtime::{
	traits::{SaturatedConversion, Saturating},
	DispatchError,
};
use sp_staking::{offence::Kind, SessionIndex};

impl<T: Config> Pallet<T> {
	/// The accounts whose session keys run the chain from the session after the next one.
	pub fn validators() -> Vec<T::AccountId> {
		Validators::<T>::get().into_inner().into_values().collect()
	}

	/// The key with which the member sits on the council, computed from the member and its keys alone.
	pub(crate) fn seat_of(id: MemberId) -> Option<T::AccountId> {
		Self::member(id).filter(|member| member.seat && member.status == Status::Active)?;
		KeysOf::<T>::iter_key_prefix(id)
			.find(|account| Keys::<T>::get(account).is_some_and(|key| key.powers.contains(Powers::COUNCIL)))
	}

	/// The member's validator, unless the member or the validator is suspended.
	pub(crate) fn validator_of(id: MemberId) -> Option<T::AccountId> {
		let validator = ValidatorsOf::<T>::get(id).filter(|validator| validator.offence.is_none())?;
		Self::is_active(id).then_some(validator.account)
	}

	/// Updates the council and the validators after a change of a member (design goals 5 and 6).
	pub(crate) fn sync_roles(member: MemberId) -> DispatchResult {
		if let Some((before, after)) = sync::<Seats<T>, _, _>(member, Self::seat_of(member), Error::<T>::TooManySeats)?
		{
			ensure!(!after.is_empty(), Error::<T>::LastSeat);
			T::Council::set_members_sorted(&sorted(after), &sorted(before));
		}
		let validator = Self::validator_of(member);
		if let Some((_, after)) = sync::<Validators<T>, _, _>(member, validator, Error::<T>::TooManyValidators)? {
			ensure!(!after.is_empty(), Error::<T>::LastValidator);
		}
		Ok(())
	}

	/// The hospital for which a key acts, if the hospital can have a validator.
	pub(crate) fn hospital_without_validator(account: &T::AccountId) -> Result<MemberId, Error<T>> {
		let member = Self::active_key(account).ok_or(Error::<T>::NotFound)?.member;
		ensure!(
			Self::kind_of(member) == Some(MemberKind::Hospital),
			Error::<T>::ValidatorsForHospitalsOnly
		);
		ensure!(!ValidatorsOf::<T>::contains_key(member), Error::<T>::ValidatorTaken);
		Ok(member)
	}

	/// Makes a key the validator of its member.
	pub(crate) fn do_admit_validator(account: T::AccountId) -> DispatchResult {
		let member = Self::hospital_without_validator(&account)?;
		ensure!(T::SessionKeys::is_registered(&account), Error::<T>::NoSessionKeys);
		Self::nominate(member, account.clone())?;
		Self::deposit_event(Event::ValidatorAdmitted { member, account });
		Ok(())
	}

	/// Stores a member's validator.
	pub(crate) fn nominate(member: MemberId, account: T::AccountId) -> DispatchResult {
		// A new validator counts as having authored now, so that it is not silent before its time.
		LastAuthored::<T>::insert(&account, frame_system::Pallet::<T>::block_number());
		let offence = None;
		ValidatorsOf::<T>::insert(member, Validator { account, offence });
		Self::sync_roles(member)
	}

	/// Drops a member's validator, if it has one.
	pub(crate) fn drop_validator(member: MemberId) -> Option<Validator<T::AccountId, BlockNumberFor<T>>> {
		let validator = ValidatorsOf::<T>::take(member)?;
		LastAuthored::<T>::remove(&validator.account);
		KeysChanged::<T>::remove(&validator.account);
		Some(validator)
	}

	/// Whether the account may change its session keys now. Each change makes new voters, and so makes all later proofs
	/// longer: a validator can change its keys once in [`KeyInterval`] blocks.
	pub fn may_change_keys(account: &T::AccountId) -> bool {
		let now = frame_system::Pallet::<T>::block_number();
		KeysChanged::<T>::get(account)
			.is_none_or(|changed| now.saturating_sub(changed) >= KeyInterval::<T>::get().into())
	}

	/// Records that a session takes up new session keys of a validator.
	pub fn note_keys_changed(account: &T::AccountId) {
		KeysChanged::<T>::insert(account, frame_system::Pallet::<T>::block_number());
	}

	/// Removes a hospital's validator.
	pub(crate) fn do_remove_validator(member: MemberId) -> DispatchResult {
		let validator = Self::drop_validator(member).ok_or(Error::<T>::NotFound)?;
		Self::sync_roles(member)?;
		Self::deposit_event(Event::ValidatorRemoved {
			member,
			account: validator.account,
		});
		Ok(())
	}

	/// Reinstates a suspended validator.
	pub(crate) fn do_reinstate_validator(member: MemberId) -> DispatchResult {
		ValidatorsOf::<T>::try_mutate(member, |validator| -> DispatchResult {
			let validator = validator.as_mut().ok_or(Error::<T>::NotFound)?;
			ensure!(validator.offence.take().is_some(), Error::<T>::WrongStatus);
			Ok(())
		})?;
		Self::sync_roles(member)?;
		Self::deposit_event(Event::ValidatorReinstated { member });
		Ok(())
	}

	/// Suspends a validator that is proved to have equivocated, until the council reinstates it. The last validator is
	/// not suspended: a chain without validators could not even decide to reinstate it.
	pub fn note_offence(account: &T::AccountId, kind: Kind, session: SessionIndex) {
		let Some(member) = Keys::<T>::get(account).map(|key| key.member) else {
			return;
		};
		let suspended = Self::suspend_validator(member, account, kind, session);
		Self::deposit_event(Event::ValidatorEquivocated {
			member,
			account: account.clone(),
			kind,
			session,
			suspended: suspended.is_ok(),
		});
	}

	/// Suspends the silent ones among the session's validators, if finality does not survive their silence.
	///
	/// # Errors
	/// `FinalityIsPossible` if it does; `LastValidator` if no validator would be left.
	pub fn suspend_silent(in_session: &[T::AccountId], session: SessionIndex) -> DispatchResult {
		let now = frame_system::Pallet::<T>::block_number();
		let turns = silent_turns(in_session);
		let silent = |account: &&T::AccountId| {
			LastAuthored::<T>::get(account).is_some_and(|last| now.saturating_sub(last) > turns)
		};
		let silent = in_session.iter().filter(silent).collect::<Vec<_>>();
		// GRANDPA finalizes with more than two thirds of the voters.
		let survived = in_session.len().saturating_sub(1) / 3;
		ensure!(silent.len() > survived, Error::<T>::FinalityIsPossible);
		for account in silent {
			let member = Keys::<T>::get(account).ok_or(Error::<T>::NotFound)?.member;
			Self::suspend_validator(member, account, SILENCE, session)?;
			Self::deposit_event(Event::ValidatorSuspended {
				member,
				account: account.clone(),
			});
		}
		Ok(())
	}

	/// Suspends the validator of a member if it is this account.
	fn suspend_validator(
		member: MemberId,
		account: &T::AccountId,
		kind: Kind,
		session: SessionIndex,
	) -> DispatchResult {
		frame_support::storage::with_storage_layer(|| {
			ValidatorsOf::<T>::try_mutate(member, |validator| -> DispatchResult {
				let validator = validator.as_mut().filter(|validator| validator.account == *account);
				validator.ok_or(Error::<T>::NotFound)?.offence = Some(Offence {
					kind,
					session,
					reported: frame_system::Pallet::<T>::block_number(),
				});
				Ok(())
			})?;
			Self::sync_roles(member)
		})
	}

	/// Records who authored this block. A removed validator authors until its last session ends, and is not recorded.
	pub fn note_author(account: &T::AccountId) {
		LastAuthored::<T>::mutate_exists(account, |last| {
			if last.is_some() {
				*last = Some(frame_system::Pallet::<T>::block_number());
			}
		});
	}

	/// Emits an event for each validator that became silent in the session that ends now.
	pub fn note_silent(in_session: &[T::AccountId]) {
		let now = frame_system::Pallet::<T>::block_number();
		let turns: BlockNumberFor<T> = silent_turns(in_session);
		let started = SessionStart::<T>::mutate(|start| core::mem::replace(start, now));
		for account in in_session {
			let Some(last) = LastAuthored::<T>::get(account) else {
				continue;
			};
			let silent = |now: BlockNumberFor<T>| now.saturating_sub(last) > turns;
			if silent(now) && !silent(started) {
				Self::deposit_event(Event::ValidatorSilent {
					account: account.clone(),
					since: last,
				});
			}
		}
	}
}

/// The number of blocks within which each of these validators authors one, if it authors at all.
fn silent_turns<AccountId, BlockNumber: sp_runtime::traits::AtLeast32BitUnsigned>(
	in_session: &[AccountId],
) -> BlockNumber {
	SILENT_TURNS
		.saturating_mul(in_session.len().saturated_into())
		.saturated_into()
}

/// The accounts of members in a role.
type Accounts<AccountId, Bound> = BoundedBTreeMap<MemberId, AccountId, Bound>;

/// The accounts of a role before and after a change.
type Change<AccountId, Bound> = (Accounts<AccountId, Bound>, Accounts<AccountId, Bound>);

/// Sets or removes a member's account in a role. Returns the accounts before and after, if they changed.
fn sync<Role, AccountId, Bound>(
	member: MemberId,
	account: Option<AccountId>,
	full: impl Into<DispatchError>,
) -> Result<Option<Change<AccountId, Bound>>, DispatchError>
where
	Role: frame_support::StorageValue<Accounts<AccountId, Bound>, Query = Accounts<AccountId, Bound>>,
	AccountId: Clone + PartialEq + codec::FullCodec,
	Bound: Get<u32>,
{
	let before = Role::get();
	if before.get(&member) == account.as_ref() {
		return Ok(None);
	}
	let mut after = before.clone();
	match account {
		Some(account) => {
			after.try_insert(member, account).map_err(|_| full.into())?;
		},
		None => {
			after.remove(&member);
		},
	}
	Role::put(after.clone());
	Ok(Some((before, after)))
}

fn sorted<AccountId: Ord, Bound: Get<u32>>(accounts: Accounts<AccountId, Bound>) -> Vec<AccountId> {
	let mut accounts = accounts.into_inner().into_values().collect::<Vec<_>>();
	accounts.sort();
	accounts
}
