//! The allowance, which takes the place of fees.

use crate::{mock::*, ChargeAllowance, TIP};
use frame_support::assert_ok;
use kexin_primitives::members::{MemberId, Powers};
use pallet_transaction_payment::OnChargeTransaction;
use sp_runtime::transaction_validity::{InvalidTransaction, TransactionValidityError};

type Charge = ChargeAllowance<Test>;

fn call() -> RuntimeCall {
	frame_system::Call::remark { remark: vec![] }.into()
}

fn withdraw(who: u64, cost: u128) -> Result<Option<(MemberId, u128)>, TransactionValidityError> {
	Charge::withdraw_fee(&who, &call(), &Default::default(), cost, 0)
}

#[test]
fn a_stranger_and_a_member_without_allowance_are_refused() {
	ExtBuilder::build_and_execute(|| {
		assert_eq!(withdraw(99, 0), Err(InvalidTransaction::BadSigner.into()));
		assert_ok!(withdraw(10, FULL));
		assert_eq!(withdraw(10, 1), Err(InvalidTransaction::Payment.into()));
		assert_eq!(
			Charge::can_withdraw_fee(&10, &call(), &Default::default(), 1, 0),
			Err(InvalidTransaction::Payment.into())
		);
		assert_ok!(withdraw(11, FULL));

		System::set_block_number(4);
		assert_eq!(Members::allowance(0), 3 * REFILL);
		System::set_block_number(1_000);
		assert_eq!(Members::allowance(0), FULL);
	});
}

#[test]
fn unused_allowance_is_refunded() {
	ExtBuilder::build_and_execute(|| {
		let drawn = withdraw(10, 300).unwrap();
		assert_eq!(Members::allowance(0), FULL - 300);
		assert_ok!(Charge::correct_and_deposit_fee(
			&10,
			&Default::default(),
			&Default::default(),
			100,
			0,
			drawn
		));
		assert_eq!(Members::allowance(0), FULL - 100);
	});
}

#[test]
fn nobody_buys_precedence_with_a_tip() {
	ExtBuilder::build_and_execute(|| {
		for tip in [1, u128::MAX] {
			let refused = InvalidTransaction::Custom(TIP).into();
			let cost = tip.saturating_add(100);
			assert_eq!(
				Charge::can_withdraw_fee(&10, &call(), &Default::default(), cost, tip),
				Err(refused)
			);
			assert_eq!(
				Charge::withdraw_fee(&10, &call(), &Default::default(), cost, tip),
				Err(refused)
			);
		}
		assert_eq!(Members::allowance(0), FULL);
	});
}

#[test]
fn the_keys_of_a_member_share_one_allowance() {
	ExtBuilder::build_and_execute(|| {
		assert_ok!(Members::add_key(RuntimeOrigin::signed(10), 20, Powers::GATEWAY));
		assert_ok!(withdraw(20, FULL));
		assert_eq!(withdraw(10, 1), Err(InvalidTransaction::Payment.into()));
	});
}

#[test]
fn a_suspended_member_is_refused_in_the_pool() {
	ExtBuilder::build_and_execute(|| {
		assert_ok!(Members::suspend(council(3), 0));
		assert_eq!(withdraw(10, 0), Err(InvalidTransaction::BadSigner.into()));
	});
}
