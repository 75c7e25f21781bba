//! The invariants of the pallet's storage, one function each.

use crate::{
	Allowances, Config, Keys, KeysOf, Members, NextMemberId, NodesOf, Nominees, Pallet, Seats, Validators,
	ValidatorsOf, MAX_KEYS_PER_MEMBER,
};
use alloc::collections::BTreeMap;
use frame_support::{ensure, traits::Get};
use kexin_primitives::{
	members::{MemberId, MemberKind, Powers, Status},
	Versioned,
};
use sp_runtime::TryRuntimeError;

impl<T: Config> Pallet<T> {
	/// Checks every invariant.
	pub fn do_try_state() -> Result<(), TryRuntimeError> {
		Self::every_key_has_its_member()?;
		Self::keys_are_counted()?;
		Self::every_member_can_manage_its_keys()?;
		Self::seats_follow_the_members()?;
		Self::validators_follow_the_members()?;
		Self::nodes_are_those_of_organisations()?;
		Self::allowances_are_bounded()
	}

	/// The two maps of keys agree, and every key's member exists and was not removed.
	fn every_key_has_its_member() -> Result<(), TryRuntimeError> {
		for (account, key) in Keys::<T>::iter() {
			let member = Self::member(key.member).ok_or("a key's member does not exist")?;
			ensure!(member.status != Status::Removed, "a removed member has a key");
			ensure!(
				KeysOf::<T>::contains_key(key.member, &account),
				"a key is not listed for its member"
			);
			ensure!(frame_system::Pallet::<T>::providers(&account) > 0, "a key can't sign");
		}
		for (member, account, ()) in KeysOf::<T>::iter() {
			ensure!(
				Keys::<T>::get(&account).is_some_and(|key| key.member == member),
				"a listed key does not exist"
			);
		}
		Ok(())
	}

	/// A member's count of keys is right and bounded.
	fn keys_are_counted() -> Result<(), TryRuntimeError> {
		for (id, Versioned::V1(member)) in Members::<T>::iter() {
			let keys = u32::try_from(KeysOf::<T>::iter_key_prefix(id).count()).unwrap_or(u32::MAX);
			ensure!(
				keys == member.keys && keys <= MAX_KEYS_PER_MEMBER,
				"a member's keys are miscounted"
			);
			ensure!(id < NextMemberId::<T>::get(), "a member's number was not given out");
		}
		Ok(())
	}

	/// Every member that was not removed has an administrator.
	fn every_member_can_manage_its_keys() -> Result<(), TryRuntimeError> {
		for (id, _) in Members::<T>::iter().filter(|(_, member)| member.latest().status != Status::Removed) {
			let administrators = KeysOf::<T>::iter_key_prefix(id)
				.filter_map(Keys::<T>::get)
				.filter(|key| key.powers.contains(Powers::ADMINISTRATOR))
				.count();
			ensure!(administrators > 0, "a member has no administrator");
		}
		Ok(())
	}

	/// The seats are those that follow from the members and keys, and one key of a member with a seat has it.
	fn seats_follow_the_members() -> Result<(), TryRuntimeError> {
		for (id, Versioned::V1(member)) in Members::<T>::iter() {
			let sitting = KeysOf::<T>::iter_key_prefix(id)
				.filter_map(Keys::<T>::get)
				.filter(|key| key.powers.contains(Powers::COUNCIL))
				.count();
			ensure!(
				sitting <= usize::from(member.seat),
				"more keys sit on the council than the member has seats"
			);
		}
		ensure!(
			matches_members::<T>(&Seats::<T>::get(), Self::seat_of),
			"the seats don't match the members"
		);
		Ok(())
	}

	/// The validators are those that follow from the members, each is a key of its hospital, and one is left if there
	/// ever was one.
	fn validators_follow_the_members() -> Result<(), TryRuntimeError> {
		let validators = Validators::<T>::get();
		ensure!(
			matches_members::<T>(&validators, Self::validator_of),
			"the validators don't match the members"
		);
		for (id, validator) in ValidatorsOf::<T>::iter() {
			ensure!(
				Nominees::<T>::get(&validator.account).is_some_and(|nominee| nominee.member == id),
				"nobody answers for a validator"
			);
			ensure!(
				Keys::<T>::get(validator.account).is_some_and(|key| key.member == id),
				"a validator is not a key of its hospital"
			);
			ensure!(
				Self::kind_of(id) == Some(MemberKind::Hospital),
				"a validator's member is not a hospital"
			);
		}
		ensure!(
			ValidatorsOf::<T>::iter_keys().next().is_none() || !validators.is_empty(),
			"no validator is left"
		);
		Ok(())
	}

	/// Only organisations that were not removed have nodes.
	fn nodes_are_those_of_organisations() -> Result<(), TryRuntimeError> {
		let organisation = |id| {
			Self::member(id).is_some_and(|member| member.kind != MemberKind::Person && member.status != Status::Removed)
		};
		ensure!(
			NodesOf::<T>::iter_keys().all(organisation),
			"nodes belong to no organisation"
		);
		Ok(())
	}

	/// No allowance is above its bound.
	fn allowances_are_bounded() -> Result<(), TryRuntimeError> {
		let max = T::MaxAllowance::get();
		ensure!(
			Allowances::<T>::iter_values().all(|allowance| allowance.available <= max),
			"an allowance is too large"
		);
		Ok(())
	}
}

/// Whether the accounts in a role are those that follow from the members.
fn matches_members<T: Config>(
	accounts: &BTreeMap<MemberId, T::AccountId>,
	of: impl Fn(MemberId) -> Option<T::AccountId>,
) -> bool {
	Members::<T>::iter_keys().all(|id| accounts.get(&id).cloned() == of(id))
}
