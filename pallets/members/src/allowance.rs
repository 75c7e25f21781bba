//! The allowance, which takes the place of fees.

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

/// The [`InvalidTransaction::Custom`] with which a transaction with a tip is refused. Sign it again without a tip.
pub const TIP: u8 = 1;

impl<T: Config> Pallet<T> {
	/// The member's allowance in this block, in picoseconds of execution. The refill is computed on reading, so blocks
	/// do no work for members that send nothing.
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

/// Charges a transaction's cost to the allowance of the member whose key signed it.
///
/// The pool already refuses a signer that acts for no active member as [`InvalidTransaction::BadSigner`]. An allowance
/// that is used up is [`InvalidTransaction::Payment`]: send again once it has refilled. (It is not `ExhaustsResources`,
/// which makes block authors believe that the block is full: one member could then cut short everybody's blocks.) A tip
/// is refused as [`TIP`]: nobody can buy precedence.
pub struct ChargeAllowance<T>(PhantomData<T>);

impl<T: Config + pallet_transaction_payment::Config> ChargeAllowance<T> {
	fn affordable(who: &T::AccountId, cost: u128, tip: u128) -> Result<(MemberId, u128), TransactionValidityError> {
		// The pool would put the transaction before those without a tip.
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
	/// The member, and what was charged.
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

	/// Refunds what the call did not use.
	fn correct_and_deposit_fee(
		_who: &T::AccountId,
		_info: &DispatchInfoOf<T::RuntimeCall>,
		_post_info: &PostDispatchInfoOf<T::RuntimeCall>,
		corrected_fee_with_tip: u128,
		_tip: u128,
		charged: Self::LiquidityInfo,
	) -> Result<(), TransactionValidityError> {
		if let Some((member, charged)) = charged {
			let unused = charged.saturating_sub(corrected_fee_with_tip);
			Pallet::<T>::set_allowance(member, Pallet::<T>::allowance(member).saturating_add(unused));
		}
		Ok(())
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn endow_account(who: &T::AccountId, _: u128) {
		crate::registry::make_key::<T>(
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
