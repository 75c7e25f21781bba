//! The allowance that stands in for fees.

use crate::{Allowance, Allowances, Config, Pallet};
use core::marker::PhantomData;
use frame_support::{ensure, traits::Get};
use frame_system::pallet_prelude::BlockNumberFor;
use kexin_primitives::members::MemberId;
use pallet_transaction_payment::{OnChargeTransaction, TxCreditHold};
use sp_runtime::{
	traits::{DispatchInfoOf, PostDispatchInfoOf, SaturatedConversion, Saturating},
	transaction_validity::{InvalidTransaction, TransactionValidityError},
};

/// What a transaction with a tip is refused as, an [`InvalidTransaction::Custom`]: sign it again without one.
pub const TIP: u8 = 1;

impl<T: Config> Pallet<T> {
	/// What the member may send in this block, in picoseconds of execution. It refills when it is looked at, so that blocks do
	/// no work for members that are quiet.
	pub fn allowance(member: MemberId) -> u128 {
		let max = T::MaxAllowance::get();
		let Some(allowance) = Allowances::<T>::get(member) else {
			return max;
		};
		let now = frame_system::Pallet::<T>::block_number();
		let blocks: u128 = now.saturating_sub(allowance.updated).saturated_into();
		blocks
			.saturating_mul(T::AllowancePerBlock::get())
			.saturating_add(allowance.available)
			.min(max)
	}

	pub(crate) fn set_allowance(member: MemberId, available: u128) {
		let updated: BlockNumberFor<T> = frame_system::Pallet::<T>::block_number();
		let available = available.min(T::MaxAllowance::get());
		Allowances::<T>::insert(member, Allowance { available, updated });
	}
}

/// Draws a transaction's cost on the allowance of the member whose key signed it.
///
/// A signer that acts for no active member is refused as [`InvalidTransaction::BadSigner`], in the pool already. An empty
/// allowance is [`InvalidTransaction::Payment`]: send again when it has refilled. (It is not `ExhaustsResources`, which block
/// authors take to mean that the block is full, so that one member could cut everybody's blocks short.) A tip is [`TIP`]: nobody can buy
/// precedence over others.
pub struct ChargeAllowance<T>(PhantomData<T>);

impl<T: Config + pallet_transaction_payment::Config> ChargeAllowance<T> {
	fn affordable(who: &T::AccountId, cost: u128, tip: u128) -> Result<(MemberId, u128), TransactionValidityError> {
		// The pool would let the transaction go before those without a tip.
		ensure!(tip == 0, InvalidTransaction::Custom(TIP));
		let key = Pallet::<T>::active_key(who).ok_or(InvalidTransaction::BadSigner)?;
		let left = Pallet::<T>::allowance(key.member)
			.checked_sub(cost)
			.ok_or(InvalidTransaction::Payment)?;
		Ok((key.member, left))
	}
}

impl<T: Config + pallet_transaction_payment::Config> TxCreditHold<T> for ChargeAllowance<T> {
	type Credit = ();
}

impl<T: Config + pallet_transaction_payment::Config> OnChargeTransaction<T> for ChargeAllowance<T> {
	type Balance = u128;
	/// The member, and what was drawn.
	type LiquidityInfo = Option<(MemberId, u128)>;

	fn withdraw_fee(
		who: &T::AccountId,
		_call: &T::RuntimeCall,
		_info: &DispatchInfoOf<T::RuntimeCall>,
		fee_with_tip: u128,
		tip: u128,
	) -> Result<Self::LiquidityInfo, TransactionValidityError> {
		let (member, left) = Self::affordable(who, fee_with_tip, tip)?;
		Pallet::<T>::set_allowance(member, left);
		Ok(Some((member, fee_with_tip)))
	}

	fn can_withdraw_fee(
		who: &T::AccountId,
		_call: &T::RuntimeCall,
		_info: &DispatchInfoOf<T::RuntimeCall>,
		fee_with_tip: u128,
		tip: u128,
	) -> Result<(), TransactionValidityError> {
		Self::affordable(who, fee_with_tip, tip).map(|_| ())
	}

	/// Gives back what the call did not use after all.
	fn correct_and_deposit_fee(
		_who: &T::AccountId,
		_info: &DispatchInfoOf<T::RuntimeCall>,
		_post_info: &PostDispatchInfoOf<T::RuntimeCall>,
		corrected_fee_with_tip: u128,
		_tip: u128,
		drawn: Self::LiquidityInfo,
	) -> Result<(), TransactionValidityError> {
		if let Some((member, drawn)) = drawn {
			let unused = drawn.saturating_sub(corrected_fee_with_tip);
			Pallet::<T>::set_allowance(member, Pallet::<T>::allowance(member).saturating_add(unused));
		}
		Ok(())
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn endow_account(who: &T::AccountId, _: u128) {
		crate::benchmarking::make_key::<T>(
			kexin_primitives::members::MemberKind::Hospital,
			kexin_primitives::members::Powers::empty(),
			who.clone(),
		);
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn minimum_balance() -> u128 {
		1
	}
}
