//! Who sits on the council, whose validators run the chain, and when a validator is suspended.
//!
//! Both follow from the members. Every change of a member updates them, so nothing ever has to read all members.

use crate::*;
use alloc::vec::Vec;
use frame_support::{
	ensure,
	pallet_prelude::DispatchResult,
	traits::{ChangeMembers, Get, ValidatorRegistration},
	weights::Weight,
	BoundedBTreeMap,
};
use frame_system::pallet_prelude::BlockNumberFor;
use kexin_primitives::members::{MemberId, MemberKind, Powers, Status};
use sp_runtime::{
	traits::{Convert, SaturatedConversion, Saturating},
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
		Self::key_with_power(id, Powers::COUNCIL)
	}

	/// The member's validator, unless the member or the validator is suspended.
	pub(crate) fn validator_of(id: MemberId) -> Option<T::AccountId> {
		let validator = ValidatorsOf::<T>::get(id).filter(|validator| validator.offence.is_none())?;
		Self::is_active(id).then_some(validator.account)
	}

	/// What a call that `moves` a seat costs besides. The motions that are open were so when the last one was proposed.
	pub(crate) fn seat_change(moves: bool) -> Weight {
		if !moves {
			return Weight::zero();
		}
		let motions = Proposers::<T>::decode_len().unwrap_or_default();
		T::SeatChange::convert(u32::try_from(motions).unwrap_or(MAX_MOTIONS))
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
		Self::nominate(member, account.clone(), Self::next_answerable())?;
		Self::deposit_event(Event::ValidatorAdmitted { member, account });
		Ok(())
	}

	/// Stores a member's validator, which answers for what it signs from a session on.
	pub(crate) fn nominate(member: MemberId, account: T::AccountId, answers_from: SessionIndex) -> DispatchResult {
		// A new validator counts as having authored now, so that it is not silent before its time.
		LastAuthored::<T>::insert(&account, frame_system::Pallet::<T>::block_number());
		Nominees::<T>::insert(&account, Nominee { member, answers_from });
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

	/// The first session whose session keys can follow a decision of now. What a validator signed before is settled
	/// with the decision: with the old keys, others may sign more of it at any time.
	fn next_answerable() -> SessionIndex {
		T::CurrentSession::get().saturating_add(2)
	}

	/// Reinstates a suspended validator. After an equivocation, what it signed before is settled.
	pub(crate) fn do_reinstate_validator(member: MemberId) -> DispatchResult {
		ValidatorsOf::<T>::try_mutate(member, |validator| -> DispatchResult {
			let validator = validator.as_mut().ok_or(Error::<T>::NotFound)?;
			let offence = validator.offence.take().ok_or(Error::<T>::WrongStatus)?;
			if offence.kind != SILENCE {
				let answers_from = Self::next_answerable();
				Nominees::<T>::insert(&validator.account, Nominee { member, answers_from });
			}
			Ok(())
		})?;
		Self::sync_roles(member)?;
		Self::deposit_event(Event::ValidatorReinstated { member });
		Ok(())
	}

	/// Suspends a validator that is proved to have equivocated, until the council reinstates it. The last validator is
	/// not suspended: a chain without validators could not even decide to reinstate it. Who is no validator any more
	/// is only named.
	pub fn note_offence(account: &T::AccountId, kind: Kind, session: SessionIndex) {
		let Some(Nominee { member, answers_from }) = Nominees::<T>::get(account) else {
			return;
		};
		let answers_from = answers_from.max(session.saturating_add(1));
		Nominees::<T>::insert(account, Nominee { member, answers_from });
		let suspended = Self::suspend_validator(member, account, kind, session);
		Self::deposit_event(Event::ValidatorEquivocated {
			member,
			account: account.clone(),
			kind,
			session,
			suspended: suspended.is_ok(),
		});
	}

	/// Whether a validator answers for what it signed in a session. If not, the council has decided on it since, or an
	/// equivocation in that session or a later one is known: whoever has its old keys could go on reporting others
	/// without end.
	pub fn answers_for(account: &T::AccountId, session: SessionIndex) -> bool {
		Nominees::<T>::get(account).is_some_and(|nominee| session >= nominee.answers_from)
	}

	/// Suspends the silent ones among the session's validators, if finality does not survive their silence.
	///
	/// # Errors
	/// `FinalityIsPossible` if it does; `LastValidator` if no validator would be left.
	pub fn suspend_silent(in_session: &[T::AccountId], session: SessionIndex) -> DispatchResult {
		let silent = Self::silent(in_session);
		ensure!(
			!survives(silent.len(), in_session.len()),
			Error::<T>::FinalityIsPossible
		);
		for (_, account) in silent {
			let member = Keys::<T>::get(account).ok_or(Error::<T>::NotFound)?.member;
			Self::suspend_validator(member, account, SILENCE, session)?;
			Self::deposit_event(Event::ValidatorSuspended {
				member,
				account: account.clone(),
			});
		}
		Ok(())
	}

	/// Whether finality survives the silence of those among the session's validators that are silent.
	pub fn finality_survives(in_session: &[T::AccountId]) -> bool {
		survives(Self::silent(in_session).len(), in_session.len())
	}

	/// The silent ones among the session's validators, each with the last block that it authored.
	fn silent(in_session: &[T::AccountId]) -> Vec<(BlockNumberFor<T>, &T::AccountId)> {
		Self::silent_at(in_session, frame_system::Pallet::<T>::block_number())
	}

	/// Those who were silent at a block, by what is known of their last blocks now.
	///
	/// They are the most validators of which each has authored nothing in [`SILENT_TURNS`] turns of the others.
	fn silent_at(in_session: &[T::AccountId], at: BlockNumberFor<T>) -> Vec<(BlockNumberFor<T>, &T::AccountId)> {
		let authored = |account| LastAuthored::<T>::get(account).map(|last| (last, account));
		let mut by_last = in_session.iter().filter_map(authored).collect::<Vec<_>>();
		by_last.sort_by_key(|(last, _)| *last);
		let are_silent = |number: usize| {
			// One block each of all others.
			let turn = in_session.len().saturating_sub(number).max(1);
			let turns: u32 = turn.saturating_mul(SILENT_TURNS.saturated_into()).saturated_into();
			let latest = number.checked_sub(1).and_then(|index| by_last.get(index));
			latest.is_none_or(|(last, _)| at.saturating_sub(*last) > turns.into())
		};
		let number = (0..=by_last.len()).rev().find(|number| are_silent(*number));
		by_last.truncate(number.unwrap_or_default());
		by_last
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
				let validator = validator.ok_or(Error::<T>::NotFound)?;
				// Silence is no misbehaviour, and does not hide one.
				if kind != SILENCE || validator.offence.is_none() {
					validator.offence = Some(Offence {
						kind,
						session,
						reported: frame_system::Pallet::<T>::block_number(),
					});
				}
				Ok(())
			})?;
			Self::sync_roles(member)
		})
	}

	/// Records that validators begin to validate with the session that starts now. They had no turn before.
	pub fn note_beginning<'a>(accounts: impl IntoIterator<Item = &'a T::AccountId>) {
		accounts.into_iter().for_each(Self::note_author);
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
		let started = SessionStart::<T>::mutate(|start| core::mem::replace(start, now));
		let before = Self::silent_at(in_session, started);
		for silent in Self::silent_at(in_session, now) {
			if !before.contains(&silent) {
				let (since, account) = silent;
				Self::deposit_event(Event::ValidatorSilent {
					account: account.clone(),
					since,
				});
			}
		}
	}
}

/// Whether blocks become final without so many of the validators. GRANDPA needs more than two thirds of the voters.
fn survives(silent: usize, validators: usize) -> bool {
	silent <= validators.saturating_sub(1) / 3
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
