//! The allowance, which takes the place of fees, and the priority that follows from it.

use crate::{Allowance, Allowances, Config, Key, Pallet};
use codec::{Decode, DecodeWithMemTracking, Encode};
use core::marker::PhantomData;
use frame_support::{
	dispatch::{DispatchClass, DispatchInfo, Pays, PostDispatchInfo},
	ensure,
	pallet_prelude::{TransactionSource, Weight},
	traits::{Contains, Get},
};
use frame_system::pallet_prelude::BlockNumberFor;
use kexin_primitives::members::{MemberId, Powers};
use pallet_transaction_payment::{ChargeTransactionPayment, OnChargeTransaction, TxCreditHold, Val};
use scale_info::TypeInfo;
use sp_runtime::{
	traits::{
		DispatchInfoOf, Dispatchable, Implication, PostDispatchInfoOf, SaturatedConversion, Saturating,
		TransactionExtension, ValidateResult,
	},
	transaction_validity::{InvalidTransaction, TransactionPriority, TransactionValidityError},
	DispatchResult,
};

/// The [`InvalidTransaction::Custom`] with which a transaction with a tip is refused. Sign it again without a tip.
pub const TIP: u8 = 1;

/// The [`InvalidTransaction::Custom`] with which an operational call, such as a vote, is refused when the key has no
/// seat on the council. Sign it with the key that sits there.
pub const NO_SEAT: u8 = 2;

/// Transactions that are paid from a reserve come before all others while half of the reserve is left.
const FROM_RESERVE: TransactionPriority = 1 << 63;

/// The part of a member's allowance from which a transaction is paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
	/// The part that all keys of the member share.
	Shared,
	/// The part on which only administrators and the key on the council draw, and only to decide.
	Reserve,
}

impl<T: Config> Pallet<T> {
	/// What all keys of the member may draw together in this block, in picoseconds of execution.
	pub fn allowance(member: MemberId) -> u128 {
		Self::refilled(member).available
	}

	/// What the administrators of the member and its key on the council may draw besides, to decide.
	pub fn reserve(member: MemberId) -> u128 {
		Self::refilled(member).reserve
	}

	/// The member's allowance in this block. The refill is computed on reading, so blocks do no work for members that
	/// send nothing.
	fn refilled(member: MemberId) -> Allowance<BlockNumberFor<T>> {
		let (max, max_reserve) = (T::MaxAllowance::get(), T::MaxReserve::get());
		let now = frame_system::Pallet::<T>::block_number();
		let Some(allowance) = Allowances::<T>::get(member) else {
			return Allowance {
				available: max,
				reserve: max_reserve,
				updated: now,
			};
		};
		let blocks: u128 = now.saturating_sub(allowance.updated).saturated_into();
		let refill = |left: u128, per_block: u128, max| blocks.saturating_mul(per_block).saturating_add(left).min(max);
		Allowance {
			available: refill(allowance.available, T::AllowancePerBlock::get(), max),
			reserve: refill(allowance.reserve, T::ReservePerBlock::get(), max_reserve),
			updated: now,
		}
	}

	/// Changes one part of a member's allowance.
	fn set_part(member: MemberId, part: Part, change: impl FnOnce(u128) -> u128) {
		let mut allowance = Self::refilled(member);
		match part {
			Part::Shared => allowance.available = change(allowance.available).min(T::MaxAllowance::get()),
			Part::Reserve => allowance.reserve = change(allowance.reserve).min(T::MaxReserve::get()),
		}
		Allowances::<T>::insert(member, allowance);
	}

	/// The part of its member's allowance from which a key pays for a call of this cost.
	fn paying_part(key: &Key, call: &T::RuntimeCall, cost: u128) -> Result<Part, InvalidTransaction> {
		let Allowance { available, reserve, .. } = Self::refilled(key.member);
		if Self::decides(key) && reserve >= cost && T::Decisions::contains(call) {
			return Ok(Part::Reserve);
		}
		ensure!(available >= cost, InvalidTransaction::Payment);
		Ok(Part::Shared)
	}

	/// Whether a key administers its member or sits on the council.
	fn decides(key: &Key) -> bool {
		key.powers.intersects(Powers::ADMINISTRATOR | Powers::COUNCIL)
	}

	/// Which of the transactions that wait comes first: what is paid from a reserve of which half is left, then what
	/// comes from the member that has the most of its allowance left. What the transaction itself costs does not count,
	/// so many small ones don't push a large one out of the pool.
	fn priority(member: MemberId, part: Part) -> TransactionPriority {
		let Allowance { available, reserve, .. } = Self::refilled(member);
		let share = |left: u128, max: u128| {
			let share = left
				.saturating_mul(u32::MAX.into())
				.checked_div(max)
				.unwrap_or_default();
			TransactionPriority::from(share.saturated_into::<u32>())
		};
		match part {
			Part::Shared => share(available, T::MaxAllowance::get()),
			// Or a key could keep everybody else out of the pool with decisions without end.
			Part::Reserve if reserve.saturating_mul(2) >= T::MaxReserve::get() => {
				FROM_RESERVE | share(reserve, T::MaxReserve::get())
			},
			Part::Reserve => share(reserve, T::MaxReserve::get()),
		}
	}
}

/// Charges a transaction's cost to the allowance of the member whose key signed it.
///
/// The pool already refuses a signer that acts for no active member as [`InvalidTransaction::BadSigner`]. An allowance
/// that is used up is [`InvalidTransaction::Payment`]: send again once it has refilled. (It is not `ExhaustsResources`,
/// which makes block authors believe that the block is full: one member could then cut short everybody's blocks.) A tip
/// is refused as [`TIP`]: nobody can buy precedence.
///
/// What administrators and the key on the council decide ([`Config::Decisions`]) is paid from a reserve of their own.
/// So a stolen key that uses up the shared part can still be revoked.
pub struct ChargeAllowance<T>(PhantomData<T>);

impl<T: Config + pallet_transaction_payment::Config> ChargeAllowance<T> {
	fn affordable(
		who: &T::AccountId,
		call: &T::RuntimeCall,
		cost: u128,
		tip: u128,
	) -> Result<(MemberId, Part), TransactionValidityError> {
		// The pool would put the transaction before those without a tip.
		ensure!(tip == 0, InvalidTransaction::Custom(TIP));
		let key = Pallet::<T>::active_key(who).ok_or(InvalidTransaction::BadSigner)?;
		Ok((key.member, Pallet::<T>::paying_part(&key, call, cost)?))
	}
}

impl<T: Config + pallet_transaction_payment::Config> TxCreditHold<T> for ChargeAllowance<T> {
	type Credit = ();
}

impl<T: Config + pallet_transaction_payment::Config> OnChargeTransaction<T> for ChargeAllowance<T> {
	type Balance = u128;
	/// The member, the part of its allowance, and what was charged.
	type LiquidityInfo = Option<(MemberId, Part, u128)>;

	fn withdraw_fee(
		who: &T::AccountId,
		call: &T::RuntimeCall,
		_info: &DispatchInfoOf<T::RuntimeCall>,
		fee_with_tip: u128,
		tip: u128,
	) -> Result<Self::LiquidityInfo, TransactionValidityError> {
		let (member, part) = Self::affordable(who, call, fee_with_tip, tip)?;
		Pallet::<T>::set_part(member, part, |left| left.saturating_sub(fee_with_tip));
		Ok(Some((member, part, fee_with_tip)))
	}

	fn can_withdraw_fee(
		who: &T::AccountId,
		call: &T::RuntimeCall,
		_info: &DispatchInfoOf<T::RuntimeCall>,
		fee_with_tip: u128,
		tip: u128,
	) -> Result<(), TransactionValidityError> {
		Self::affordable(who, call, fee_with_tip, tip).map(|_| ())
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
		if let Some((member, part, charged)) = charged {
			let unused = charged.saturating_sub(corrected_fee_with_tip);
			Pallet::<T>::set_part(member, part, |left| left.saturating_add(unused));
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

/// [`ChargeTransactionPayment`] with the priority that follows from the allowance. To wallets it is the same extension.
///
/// Operational transactions may fill the share of a block that signed transactions can't have otherwise. Only the keys
/// on the council send them: [`NO_SEAT`] refuses those of all others.
#[derive(Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking)]
pub struct Charge<T: pallet_transaction_payment::Config>(ChargeTransactionPayment<T>);

impl<T: pallet_transaction_payment::Config> Charge<T>
where
	T::RuntimeCall: Dispatchable<Info = DispatchInfo, PostInfo = PostDispatchInfo>,
	T::OnChargeTransaction: OnChargeTransaction<T, Balance = u128>,
{
	/// The extension with a tip, which is refused unless it is 0.
	pub fn with_tip(tip: u128) -> Self {
		Self(ChargeTransactionPayment::from(tip))
	}
}

impl<T: pallet_transaction_payment::Config> core::fmt::Debug for Charge<T> {
	fn fmt(&self, formatter: &mut core::fmt::Formatter) -> core::fmt::Result {
		self.0.fmt(formatter)
	}
}

impl<T: pallet_transaction_payment::Config> TypeInfo for Charge<T>
where
	ChargeTransactionPayment<T>: TypeInfo,
{
	type Identity = <ChargeTransactionPayment<T> as TypeInfo>::Identity;

	fn type_info() -> scale_info::Type {
		ChargeTransactionPayment::<T>::type_info()
	}
}

impl<T: Config + pallet_transaction_payment::Config + Send + Sync> TransactionExtension<T::RuntimeCall> for Charge<T>
where
	T::RuntimeCall: Dispatchable<Info = DispatchInfo, PostInfo = PostDispatchInfo>,
	T::OnChargeTransaction: OnChargeTransaction<T, Balance = u128>,
	ChargeTransactionPayment<T>: TransactionExtension<T::RuntimeCall, Val = Val<T>, Implicit = ()>,
{
	const IDENTIFIER: &'static str = ChargeTransactionPayment::<T>::IDENTIFIER;
	type Implicit = ();
	type Val = Val<T>;
	type Pre = <ChargeTransactionPayment<T> as TransactionExtension<T::RuntimeCall>>::Pre;

	fn weight(&self, call: &T::RuntimeCall) -> Weight {
		self.0.weight(call)
	}

	fn validate(
		&self,
		origin: T::RuntimeOrigin,
		call: &T::RuntimeCall,
		info: &DispatchInfoOf<T::RuntimeCall>,
		len: usize,
		implicit: (),
		implication: &impl Implication,
		source: TransactionSource,
	) -> ValidateResult<Val<T>, T::RuntimeCall> {
		let (mut valid, val, origin) = self
			.0
			.validate(origin, call, info, len, implicit, implication, source)?;
		if let Val::Charge { who, fee_with_tip, .. } = &val {
			let key = Pallet::<T>::active_key(who).ok_or(InvalidTransaction::BadSigner)?;
			ensure!(
				info.class != DispatchClass::Operational || key.powers.contains(Powers::COUNCIL),
				InvalidTransaction::Custom(NO_SEAT)
			);
			let part = Pallet::<T>::paying_part(&key, call, *fee_with_tip)?;
			valid.priority = Pallet::<T>::priority(key.member, part);
		}
		Ok((valid, val, origin))
	}

	fn prepare(
		self,
		val: Val<T>,
		origin: &T::RuntimeOrigin,
		call: &T::RuntimeCall,
		info: &DispatchInfoOf<T::RuntimeCall>,
		len: usize,
	) -> Result<Self::Pre, TransactionValidityError> {
		self.0.prepare(val, origin, call, info, len)
	}

	fn post_dispatch_details(
		pre: Self::Pre,
		info: &DispatchInfoOf<T::RuntimeCall>,
		post_info: &PostDispatchInfoOf<T::RuntimeCall>,
		len: usize,
		result: &DispatchResult,
	) -> Result<Weight, TransactionValidityError> {
		// A call can't exempt itself: what is free for its sender can fill every block.
		let paid = PostDispatchInfo {
			pays_fee: Pays::Yes,
			..*post_info
		};
		ChargeTransactionPayment::<T>::post_dispatch_details(pre, info, &paid, len, result)
	}
}
