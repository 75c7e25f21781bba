//! How many motions each member may keep open.

use crate::{mock::*, Error, Proposers, MOTIONS_PER_SEAT};
use frame_support::{assert_noop, assert_ok, pallet_prelude::DispatchResultWithPostInfo, weights::Weight};
use kexin_primitives::members::Powers;
use sp_runtime::traits::{BlakeTwo256, Hash};

fn motion(number: u32) -> RuntimeCall {
	let remark = number.to_le_bytes().to_vec();
	frame_system::Call::remark { remark }.into()
}

fn propose(account: u64, number: u32) -> DispatchResultWithPostInfo {
	Council::propose(RuntimeOrigin::signed(account), 2, Box::new(motion(number)), 100)
}

fn open() -> usize {
	pallet_collective::Proposals::<Test, pallet_collective::Instance1>::get().len()
}

#[test]
fn one_seat_does_not_keep_the_others_from_proposing() {
	ExtBuilder::build_and_execute(|| {
		for number in 0..MOTIONS_PER_SEAT {
			assert_ok!(propose(10, number));
		}
		assert_noop!(propose(10, 90), Error::<Test>::TooManyMotions);
		for number in 0..MOTIONS_PER_SEAT {
			assert_ok!(propose(11, 100 + number));
		}
		assert_noop!(propose(11, 91), Error::<Test>::TooManyMotions);
		assert_ok!(propose(12, 200));
		assert_eq!(Proposers::<Test>::get().len(), open());
	});
}

#[test]
fn another_key_of_the_seat_has_no_more_motions() {
	ExtBuilder::build_and_execute(|| {
		for number in 0..MOTIONS_PER_SEAT {
			assert_ok!(propose(10, number));
		}
		assert_ok!(add_key(10, 30, Powers::ADMINISTRATOR));
		assert_ok!(Members::revoke_key(RuntimeOrigin::signed(30), 10));
		assert_ok!(add_key(30, 31, Powers::COUNCIL));
		assert_noop!(propose(31, 90), Error::<Test>::TooManyMotions);
	});
}

#[test]
fn a_closed_motion_makes_room() {
	ExtBuilder::build_and_execute(|| {
		for number in 0..MOTIONS_PER_SEAT {
			assert_ok!(propose(10, number));
			assert_ok!(propose(11, 100 + number));
		}
		let hash = BlakeTwo256::hash_of(&motion(1));
		for account in [10, 11] {
			assert_ok!(Council::vote(RuntimeOrigin::signed(account), hash, 2, true));
		}
		assert_ok!(Council::close(RuntimeOrigin::signed(11), hash, 2, Weight::MAX, 100));
		assert_noop!(propose(11, 90), Error::<Test>::TooManyMotions);
		assert_ok!(propose(10, 1));
		assert_noop!(propose(10, 91), Error::<Test>::TooManyMotions);
		assert_eq!(Proposers::<Test>::get().len(), open());
	});
}
