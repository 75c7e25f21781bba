//! How a runtime is replaced.

use crate::{mock::*, Approved, Error, Event, Upgrade, UpgradeDelay};
use frame_support::{assert_noop, assert_ok};
use sp_core::{storage::well_known_keys::CODE, H256};
use sp_runtime::{
	traits::{BlakeTwo256, Hash as _},
	DispatchError::BadOrigin,
};

fn approve(code: &[u8]) -> H256 {
	let hash = BlakeTwo256::hash(code);
	assert_ok!(Governance::approve_upgrade(RuntimeOrigin::signed(TWO_THIRDS), hash));
	hash
}

fn seat() -> RuntimeOrigin {
	RuntimeOrigin::signed(SEAT)
}

#[docify::export]
#[test]
fn a_runtime_is_approved_waits_and_is_applied() {
	ExtBuilder::build_and_execute(|| {
		let next = code("kexin", 2);
		let hash = approve(&next);
		let from = 1 + DELAY;
		System::assert_last_event(Event::UpgradeApproved { code: hash, from }.into());
		System::set_block_number(from - 1);
		assert_noop!(Governance::apply_upgrade(seat(), next.clone()), Error::<Test>::TooEarly);
		System::set_block_number(from);
		assert_ok!(Governance::apply_upgrade(seat(), next.clone()));
		System::assert_last_event(Event::UpgradeApplied { code: hash }.into());
		assert_eq!(frame_support::storage::unhashed::get_raw(CODE), Some(next.clone()));
		assert_noop!(Governance::apply_upgrade(seat(), next), Error::<Test>::NotFound);
	});
}

#[test]
fn nobody_else_decides_or_applies() {
	ExtBuilder::build_and_execute(|| {
		let next = code("kexin", 2);
		let hash = BlakeTwo256::hash(&next);
		for account in [MAJORITY, SEAT, 9] {
			let origin = RuntimeOrigin::signed(account);
			assert_noop!(Governance::approve_upgrade(origin, hash), BadOrigin);
		}
		approve(&next);
		System::set_block_number(1 + DELAY);
		for account in [TWO_THIRDS, MAJORITY, 9] {
			let origin = RuntimeOrigin::signed(account);
			assert_noop!(Governance::apply_upgrade(origin, next.clone()), BadOrigin);
		}
		assert_noop!(Governance::cancel_upgrade(seat()), BadOrigin);
		assert_noop!(Governance::approve_upgrade(RuntimeOrigin::root(), hash), BadOrigin);
	});
}

#[test]
fn only_the_approved_runtime_of_this_chain_and_a_later_version_is_applied() {
	ExtBuilder::build_and_execute(|| {
		type System = frame_system::Error<Test>;
		let refused = [
			(code("other", 2), System::InvalidSpecName),
			(code("kexin", 1), System::SpecVersionNeedsToIncrease),
			(b"no runtime".to_vec(), System::FailedToExtractRuntimeVersion),
		];
		UpgradeDelay::<Test>::put(0);
		for (code, error) in refused {
			approve(&code);
			assert_noop!(
				Governance::apply_upgrade(seat(), [&code[..], &[0]].concat()),
				Error::<Test>::OtherCode
			);
			assert_noop!(Governance::apply_upgrade(seat(), code), error);
			assert_ok!(Governance::cancel_upgrade(RuntimeOrigin::signed(MAJORITY)));
		}
	});
}

#[test]
fn an_approval_is_cancelled_before_the_next_one() {
	ExtBuilder::build_and_execute(|| {
		let majority = || RuntimeOrigin::signed(MAJORITY);
		assert_noop!(Governance::cancel_upgrade(majority()), Error::<Test>::NotFound);
		let first = approve(b"first");
		let second = BlakeTwo256::hash(b"second");
		assert_noop!(
			Governance::approve_upgrade(RuntimeOrigin::signed(TWO_THIRDS), second),
			Error::<Test>::AlreadyApproved
		);
		assert_ok!(Governance::cancel_upgrade(majority()));
		System::assert_last_event(Event::UpgradeCancelled { code: first }.into());
		approve(b"second");
		assert_eq!(
			Approved::<Test>::get(),
			Some(Upgrade {
				code: second,
				from: 1 + DELAY
			})
		);
	});
}
