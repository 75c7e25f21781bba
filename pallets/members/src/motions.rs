//! How many motions of the council each member may keep open.

use crate::*;
use alloc::vec::Vec;
use codec::{Decode, Encode, MaxEncodedLen};
use core::marker::PhantomData;
use frame_support::{
	defensive, ensure,
	pallet_prelude::DispatchResult,
	traits::{Consideration, Get, MaybeConsideration},
	CloneNoBound, DebugNoBound, EqNoBound, PartialEqNoBound,
};
use scale_info::TypeInfo;
use sp_runtime::DispatchError;

impl<T: Config> Pallet<T> {
	/// Notes that a key proposes a motion. `open` are the open motions in the order of their proposals; the new one is
	/// the last.
	///
	/// The member counts, not the key: a member that gives its seat to another key has no more motions.
	///
	/// # Errors
	/// `NotFound` if the account is no key of a member. `TooManyMotions` if the member has [`MOTIONS_PER_SEAT`] open
	/// motions already.
	pub fn note_motion(account: &T::AccountId, open: &[T::Hash]) -> DispatchResult {
		let member = Keys::<T>::get(account).ok_or(Error::<T>::NotFound)?.member;
		let Some((motion, before)) = open.split_last() else {
			defensive!("the new motion is open");
			return Ok(());
		};
		let mut proposers = Proposers::<T>::get();
		// Both lists have the same order, so one pass drops the motions that are closed.
		let mut before = before.iter().peekable();
		proposers.retain(|(motion, _)| before.next_if_eq(&motion).is_some());
		let own = proposers.iter().filter(|(_, proposer)| *proposer == member).count();
		ensure!(
			u32::try_from(own).is_ok_and(|own| own < MOTIONS_PER_SEAT),
			Error::<T>::TooManyMotions
		);
		proposers
			.try_push((*motion, member))
			.map_err(|_| Error::<T>::TooManyMotions)?;
		Proposers::<T>::put(proposers);
		Ok(())
	}

	/// For benchmarks: makes the account a key of a member that can propose another motion.
	#[cfg(feature = "runtime-benchmarks")]
	pub fn ensure_motion(account: &T::AccountId) {
		crate::registry::make_key::<T>(MemberKind::Hospital, Powers::COUNCIL, account.clone());
		Proposers::<T>::mutate(|proposers| proposers.iter_mut().for_each(|(_, proposer)| *proposer = MemberId::MAX));
	}
}

/// A motion whose proposer this pallet has noted. Nothing is held for it, so nothing has to be released.
///
/// `Open` gives the open motions in the order of their proposals.
#[derive(CloneNoBound, DebugNoBound, EqNoBound, PartialEqNoBound, Encode, Decode, MaxEncodedLen, TypeInfo)]
#[codec(mel_bound())]
#[scale_info(skip_type_params(T, Open))]
pub struct NotedMotion<T: 'static, Open: 'static>(PhantomData<fn() -> (T, Open)>);

impl<T: Config, Open: Get<Vec<T::Hash>> + 'static> Consideration<T::AccountId, u32> for NotedMotion<T, Open> {
	fn new(proposer: &T::AccountId, _: u32) -> Result<Self, DispatchError> {
		Pallet::<T>::note_motion(proposer, &Open::get())?;
		Ok(Self(PhantomData))
	}

	fn update(self, _: &T::AccountId, _: u32) -> Result<Self, DispatchError> {
		Ok(self)
	}

	fn drop(self, _: &T::AccountId) -> DispatchResult {
		Ok(())
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn ensure_successful(proposer: &T::AccountId, _: u32) {
		Pallet::<T>::ensure_motion(proposer);
	}
}

impl<T: Config, Open: Get<Vec<T::Hash>> + 'static> MaybeConsideration<T::AccountId, u32> for NotedMotion<T, Open> {
	fn is_none(&self) -> bool {
		true
	}
}
