//! Admitting and removing members and their keys.

use crate::*;
use alloc::vec::Vec;
use frame_support::{defensive, ensure, pallet_prelude::DispatchResult};
use frame_system::pallet_prelude::BlockNumberFor;
use kexin_primitives::{
	members::{Member, MemberId, MemberKind, Name, Place, Powers, Status},
	vocabulary::Region,
	Versioned,
};
use sp_runtime::{
	traits::{SaturatedConversion, Verify, Zero},
	DispatchError,
};

impl<T: Config> Pallet<T> {
	/// Admits a member with its first key. Returns its number.
	pub(crate) fn do_admit(
		kind: MemberKind,
		name: Name,
		region: Region,
		seat: bool,
		key: T::AccountId,
	) -> Result<MemberId, DispatchError> {
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

	/// Changes the status of a member that has the status `from`.
	pub(crate) fn change_status(id: MemberId, from: Status, to: Status) -> DispatchResult {
		Members::<T>::try_mutate(id, |member| -> DispatchResult {
			let member = member.as_mut().ok_or(Error::<T>::NotFound)?.latest_mut();
			ensure!(member.status == from, Error::<T>::WrongStatus);
			member.status = to;
			Ok(())
		})?;
		Self::sync_roles(id)
	}

	/// Removes a member with its keys, its nodes and its validator.
	pub(crate) fn do_remove(id: MemberId) -> DispatchResult {
		let mut member = Self::member(id).ok_or(Error::<T>::NotFound)?;
		ensure!(member.status != Status::Removed, Error::<T>::NotFound);
		for (account, ()) in KeysOf::<T>::drain_prefix(id) {
			Keys::<T>::remove(account);
		}
		member.status = Status::Removed;
		member.keys = 0;
		Members::<T>::insert(id, Versioned::V1(member));
		Allowances::<T>::remove(id);
		NodesOf::<T>::remove(id);
		Self::drop_validator(id);
		Self::sync_roles(id)?;
		Self::deposit_event(Event::Removed { member: id });
		Ok(())
	}

	/// Makes an account a key of a member. The provider reference lets an account without tokens sign. It stays when
	/// the key is revoked: a forgotten account would begin anew with the nonce 0, and somebody could send its old
	/// transactions again once it is a key once more.
	pub(crate) fn do_add_key(id: MemberId, account: T::AccountId, powers: Powers) -> DispatchResult {
		ensure!(!Keys::<T>::contains_key(&account), Error::<T>::AlreadyExists);
		let mut member = Self::member(id).ok_or(Error::<T>::NotFound)?;
		ensure!(member.keys < MAX_KEYS_PER_MEMBER, Error::<T>::TooManyKeys);
		if powers.contains(Powers::COUNCIL) {
			ensure!(member.seat, Error::<T>::NoSeat);
			Self::vacate_seat(id);
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
		Self::sync_roles(id)
	}

	/// Takes the power to sit on the council from the key that has it. The seat is never empty meanwhile: without it,
	/// fewer votes of the others would be two thirds.
	pub(crate) fn vacate_seat(id: MemberId) {
		if let Some(account) = Self::key_with_power(id, Powers::COUNCIL) {
			Keys::<T>::mutate(account, |key| {
				if let Some(key) = key {
					key.powers.remove(Powers::COUNCIL);
				}
			});
		}
	}

	/// What an account signs to take a place on this chain now.
	pub fn statement(account: &T::AccountId, place: &Place) -> Vec<u8> {
		let genesis = frame_system::Pallet::<T>::block_hash(BlockNumberFor::<T>::zero());
		let nonce = frame_system::Pallet::<T>::account_nonce(account).saturated_into();
		place.statement(genesis.as_ref(), nonce)
	}

	/// Makes sure that an account agreed to a place, and uses up the nonce that it signed, so that the signature does
	/// not hold a second time. An account that is no key can't use up its nonce in another way.
	pub(crate) fn accept(account: &T::AccountId, place: &Place, acceptance: &T::Signature) -> DispatchResult {
		let statement = Self::statement(account, place);
		ensure!(acceptance.verify(&statement[..], account), Error::<T>::NotAccepted);
		frame_system::Pallet::<T>::inc_account_nonce(account);
		Ok(())
	}

	/// Removes a key, and the validator if the key is one.
	pub(crate) fn do_revoke_key(account: T::AccountId, key: Key) -> DispatchResult {
		KeysOf::<T>::remove(key.member, &account);
		Keys::<T>::remove(&account);
		if key.powers.contains(Powers::ADMINISTRATOR) {
			ensure!(
				Self::key_with_power(key.member, Powers::ADMINISTRATOR).is_some(),
				Error::<T>::LastAdministrator
			);
		}
		Members::<T>::mutate(key.member, |member| match member {
			Some(Versioned::V1(member)) => member.keys = member.keys.saturating_sub(1),
			None => {
				defensive!("a key's member exists: members are never deleted");
			},
		});
		if ValidatorsOf::<T>::get(key.member).is_some_and(|validator| validator.account == account) {
			Self::drop_validator(key.member);
		}
		Self::sync_roles(key.member)?;
		Self::deposit_event(Event::KeyRevoked {
			member: key.member,
			account,
		});
		Ok(())
	}

	/// A key of the member that has the powers. A member has at most [`MAX_KEYS_PER_MEMBER`] keys.
	pub(crate) fn key_with_power(member: MemberId, powers: Powers) -> Option<T::AccountId> {
		KeysOf::<T>::iter_key_prefix(member)
			.find(|account| Keys::<T>::get(account).is_some_and(|key| key.powers.contains(powers)))
	}
}

/// For benchmarks: makes a member of this kind with this account as its only key.
#[cfg(feature = "runtime-benchmarks")]
pub(crate) fn make_key<T: Config>(kind: MemberKind, powers: Powers, account: T::AccountId) -> MemberId {
	if let Some(key) = Keys::<T>::get(&account) {
		return key.member;
	}
	let name = Name::truncate_from(b"benchmark".to_vec());
	let member = Pallet::<T>::do_admit(kind, name, Region(276), false, account.clone()).unwrap_or_default();
	Keys::<T>::mutate(account, |key| {
		if let Some(key) = key {
			key.powers |= powers;
		}
	});
	member
}

/// For benchmarks, those of other pallets included: an account with these powers.
#[cfg(feature = "runtime-benchmarks")]
pub(crate) fn key_with<T: Config>(kind: MemberKind, powers: Powers) -> T::AccountId {
	let who: T::AccountId = frame_benchmarking::account("key", u32::from(powers.bits()), 0);
	make_key::<T>(kind, powers, who.clone());
	who
}
