//! The allowance, which takes the place of fees.

use crate::{mock::*, ChargeAllowance, Part, NO_SEAT, TIP};
use frame_support::{
	assert_ok,
	dispatch::{DispatchInfo, GetDispatchInfo, Pays, PostDispatchInfo},
	pallet_prelude::TransactionSource,
};
use kexin_primitives::members::{MemberId, Powers};
use pallet_transaction_payment::OnChargeTransaction;
use sp_runtime::{
	traits::{DispatchTransaction, TransactionExtension},
	transaction_validity::{InvalidTransaction, TransactionValidityError},
};

type Charge = ChargeAllowance<Test>;

fn call() -> RuntimeCall {
	frame_system::Call::remark { remark: vec![] }.into()
}

/// An administrator's call.
fn decision() -> RuntimeCall {
	crate::Call::revoke_key { account: 20 }.into()
}

type Drawn = Result<Option<(MemberId, Part, u128)>, TransactionValidityError>;

fn pay(who: u64, call: &RuntimeCall, cost: u128) -> Drawn {
	Charge::withdraw_fee(&who, call, &Default::default(), cost, 0)
}

fn withdraw(who: u64, cost: u128) -> Drawn {
	pay(who, &call(), cost)
}

/// What the pool makes of a transaction of so many bytes with this call.
fn validate(who: u64, call: &RuntimeCall, length: usize) -> Result<u64, TransactionValidityError> {
	let info = DispatchInfo {
		class: call.get_dispatch_info().class,
		..Default::default()
	};
	crate::Charge::<Test>::with_tip(0)
		.validate_only(
			RuntimeOrigin::signed(who),
			call,
			&info,
			length,
			TransactionSource::External,
			0,
		)
		.map(|(valid, ..)| valid.priority)
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
		assert_ok!(add_key(10, 20, Powers::GATEWAY));
		assert_ok!(withdraw(20, FULL));
		assert_eq!(withdraw(10, 1), Err(InvalidTransaction::Payment.into()));
	});
}

#[test]
fn a_stolen_key_that_uses_up_the_allowance_can_be_revoked() {
	ExtBuilder::build_and_execute(|| {
		assert_ok!(add_key(10, 20, Powers::GATEWAY));
		// The thief takes what there is in every block.
		for block in 1..100 {
			System::set_block_number(block);
			assert_ok!(withdraw(20, Members::allowance(0)));
			assert_eq!(pay(20, &decision(), 1), Err(InvalidTransaction::Payment.into()));
		}
		assert_eq!(withdraw(10, 1), Err(InvalidTransaction::Payment.into()));
		assert_ok!(pay(10, &decision(), RESERVE));
		assert_eq!(pay(10, &decision(), 1), Err(InvalidTransaction::Payment.into()));

		System::set_block_number(102);
		assert_eq!(Members::reserve(0), 3 * RESERVE_REFILL);
		let drawn = pay(10, &decision(), 2 * RESERVE_REFILL).unwrap();
		assert_ok!(Charge::correct_and_deposit_fee(
			&10,
			&Default::default(),
			&Default::default(),
			RESERVE_REFILL,
			0,
			drawn
		));
		assert_eq!(
			Members::reserve(0),
			2 * RESERVE_REFILL,
			"what is not used goes back to the reserve"
		);
		System::set_block_number(1_000);
		assert_eq!((Members::allowance(0), Members::reserve(0)), (FULL, RESERVE));
	});
}

#[test]
fn a_revocation_comes_before_what_a_stolen_key_sends() {
	ExtBuilder::build_and_execute(|| {
		assert_ok!(add_key(10, 20, Powers::GATEWAY));
		assert_ok!(withdraw(20, FULL / 2));
		let thief = validate(20, &call(), 10).unwrap();
		let others = validate(11, &call(), 10).unwrap();
		let administrator = validate(10, &decision(), 10).unwrap();
		assert!(administrator > others && others > thief);
	});
}

#[test]
fn decisions_come_first_only_while_half_of_the_reserve_is_left() {
	ExtBuilder::build_and_execute(|| {
		let others = || validate(11, &call(), 10).unwrap();
		assert_ok!(pay(10, &decision(), RESERVE / 2));
		assert!(validate(10, &decision(), 10).unwrap() > others());
		assert_eq!(pay(10, &decision(), 1), Ok(Some((0, Part::Reserve, 1))));
		assert!(validate(10, &decision(), 10).unwrap() < others());
		assert_eq!(
			pay(10, &decision(), 10),
			Ok(Some((0, Part::Reserve, 10))),
			"it is still paid"
		);

		System::set_block_number(1 + RESERVE as u64 / RESERVE_REFILL as u64);
		assert!(validate(10, &decision(), 10).unwrap() > others());
	});
}

#[test]
fn no_call_exempts_itself_from_the_allowance() {
	ExtBuilder::build_and_execute(|| {
		let info = DispatchInfo::default();
		let charge = crate::Charge::<Test>::with_tip(0);
		let (charged, _) = charge
			.validate_and_prepare(RuntimeOrigin::signed(10), &call(), &info, 10, 0)
			.unwrap();
		let free = PostDispatchInfo {
			actual_weight: None,
			pays_fee: Pays::No,
		};
		assert_ok!(crate::Charge::<Test>::post_dispatch_details(
			charged,
			&info,
			&free,
			10,
			&Ok(())
		));
		assert_eq!(Members::allowance(0), FULL - 10);
	});
}

#[test]
fn only_keys_on_the_council_send_operational_calls() {
	ExtBuilder::build_and_execute(|| {
		let vote: RuntimeCall = pallet_collective::Call::vote {
			proposal: Default::default(),
			index: 0,
			approve: true,
		}
		.into();
		let powers = Powers::all().difference(Powers::COUNCIL);
		assert_ok!(add_key(10, 20, powers));
		assert_ok!(validate(10, &vote, 10));
		assert_eq!(validate(20, &vote, 10), Err(InvalidTransaction::Custom(NO_SEAT).into()));
	});
}

#[test]
fn a_small_transaction_does_not_come_before_a_large_one() {
	ExtBuilder::build_and_execute(|| {
		assert_eq!(validate(10, &call(), 1), validate(11, &call(), 500));
		// Whose member has more of its allowance left comes first, however large it is.
		assert_ok!(withdraw(10, 1));
		assert!(validate(10, &call(), 1).unwrap() < validate(11, &call(), 500).unwrap());
	});
}

#[test]
fn a_suspended_member_is_refused_in_the_pool() {
	ExtBuilder::build_and_execute(|| {
		assert_ok!(Members::suspend(council(3), 0));
		assert_eq!(withdraw(10, 0), Err(InvalidTransaction::BadSigner.into()));
	});
}
