//! The council's decisions, and who sits on it.

use super::admit;
use crate::{
	mock::{self, *},
	EnsureHospital, EnsureKey, Error, Event,
};
use codec::{Decode, Encode};
use frame_support::{assert_noop, assert_ok, dispatch::GetDispatchInfo, traits::EnsureOrigin};
use kexin_primitives::members::{MemberKind, Place, Powers};
use pallet_collective::Instance1;
use sp_runtime::{
	traits::{BlakeTwo256, Hash},
	DispatchError::BadOrigin,
};

fn sitting() -> Vec<u64> {
	pallet_collective::Members::<Test, Instance1>::get()
}

#[test]
fn a_majority_admits_members_without_a_seat_and_two_thirds_remove() {
	ExtBuilder::build_and_execute(|| {
		assert_noop!(
			mock::admit(council(1), MemberKind::Company, name(), false, 50),
			BadOrigin
		);
		assert_ok!(admit(MemberKind::Company, false, 50));
		System::assert_has_event(
			Event::Admitted {
				member: 3,
				kind: MemberKind::Company,
				key: 50,
			}
			.into(),
		);
		assert_noop!(Members::remove(council(1), 3), BadOrigin);
		assert_noop!(Members::remove(RuntimeOrigin::signed(10), 3), BadOrigin);
		assert_ok!(Members::remove(council(2), 3));
		System::assert_last_event(Event::Removed { member: 3 }.into());
		assert_eq!(Members::active_key(&50), None);
		assert_noop!(Members::remove(council(2), 3), Error::<Test>::NotFound);
		assert_ok!(admit(MemberKind::Company, false, 50));
		assert_eq!(
			Members::active_key(&50).unwrap().member,
			4,
			"numbers are never used again"
		);
	});
}

#[test]
fn a_majority_below_two_thirds_changes_neither_seats_nor_validators() {
	ExtBuilder::build_and_execute(|| {
		let admit = |origin, seat, key| mock::admit(origin, MemberKind::Hospital, name(), seat, key);
		assert_noop!(admit(mere_majority(), true, 50), BadOrigin);
		assert_noop!(Members::admit_validator(mere_majority(), 10), BadOrigin);
		assert_noop!(Members::suspend(mere_majority(), 0), BadOrigin);
		assert_noop!(Members::reinstate(mere_majority(), 0), BadOrigin);
		assert_noop!(Members::remove(mere_majority(), 0), BadOrigin);
		assert_noop!(Members::remove_validator(mere_majority(), 0), BadOrigin);
		assert_noop!(Members::reinstate_validator(mere_majority(), 0), BadOrigin);
		assert_noop!(Members::close_network(mere_majority(), true), BadOrigin);
		assert_eq!(sitting(), ADMINISTRATORS);
		assert_eq!(Members::validators(), ADMINISTRATORS);

		// A member without a seat has no vote, and its administrator can't give itself one.
		assert_ok!(admit(mere_majority(), false, 50));
		assert_noop!(add_key(50, 51, Powers::COUNCIL), Error::<Test>::NoSeat);
		assert_ok!(admit(council(2), true, 52));
		assert_eq!(sitting(), [10, 11, 12, 52]);
	});
}

#[test]
fn a_suspended_member_stops_at_once_and_can_be_reinstated() {
	ExtBuilder::build_and_execute(|| {
		assert_ok!(Members::suspend(council(2), 0));
		assert_eq!(Members::active_key(&10), None);
		assert_eq!(sitting(), [11, 12]);
		assert_noop!(Members::suspend(council(2), 0), Error::<Test>::WrongStatus);
		assert_ok!(Members::reinstate(council(2), 0));
		assert!(Members::active_key(&10).is_some());
		assert_eq!(sitting(), [10, 11, 12]);
		assert_noop!(Members::reinstate(council(2), 0), Error::<Test>::WrongStatus);
		assert_noop!(Members::suspend(council(2), 9), Error::<Test>::NotFound);
	});
}

#[test]
fn the_council_is_never_empty() {
	ExtBuilder::build_and_execute(|| {
		assert_ok!(Members::remove(council(2), 0));
		assert_ok!(Members::suspend(council(2), 1));
		assert_noop!(Members::suspend(council(2), 2), Error::<Test>::LastSeat);
		assert_noop!(Members::remove(council(2), 2), Error::<Test>::LastSeat);
	});
}

#[test]
fn a_seat_moves_to_a_new_key_and_is_never_empty_meanwhile() {
	ExtBuilder::build_and_execute(|| {
		assert_ok!(add_key(10, 30, Powers::COUNCIL | Powers::ADMINISTRATOR));
		assert_eq!(sitting(), [11, 12, 30]);
		assert_eq!(Members::active_key(&10).unwrap().powers, Powers::ADMINISTRATOR);
		assert_ok!(Members::revoke_key(RuntimeOrigin::signed(30), 10));
		assert_eq!(sitting(), [11, 12, 30]);

		// What has no other power is a key without any.
		assert_ok!(add_key(30, 31, Powers::COUNCIL));
		assert_ok!(add_key(30, 32, Powers::COUNCIL));
		assert_eq!(sitting(), [11, 12, 32]);
		assert!(Members::active_key(&31).unwrap().powers.is_empty());
	});
}

#[test]
fn the_votes_of_a_key_that_leaves_the_council_are_dropped() {
	ExtBuilder::build_and_execute(|| {
		let motion = RuntimeCall::Members(crate::Call::remove { member: 2 });
		let (hash, length) = (BlakeTwo256::hash_of(&motion), motion.encoded_size() as u32);
		assert_ok!(Council::propose(RuntimeOrigin::signed(10), 2, Box::new(motion), length));
		assert_ok!(Council::vote(RuntimeOrigin::signed(10), hash, 0, true));
		assert_ok!(add_key(10, 30, Powers::COUNCIL));
		let weight = |powers| {
			let acceptance = accepted(30, Place::Key { member: 0, powers });
			let call = crate::Call::<Test>::add_key {
				account: 30,
				powers,
				acceptance,
			};
			call.get_dispatch_info().call_weight
		};
		let moved = weight(Powers::COUNCIL) - weight(Powers::GATEWAY);
		assert_eq!(moved.ref_time(), 2, "the council rewrites the votes on a motion");
		let ayes = || {
			let votes = pallet_collective::Voting::<Test, Instance1>::get(hash)
				.unwrap()
				.encode();
			// Its number, the threshold, who is for it and who against it, and when it ends.
			<(u32, u32, Vec<u64>, Vec<u64>, u64)>::decode(&mut &votes[..])
				.unwrap()
				.2
		};
		assert!(ayes().is_empty());
		assert!(Council::vote(RuntimeOrigin::signed(10), hash, 0, true).is_err());
		assert_ok!(Council::vote(RuntimeOrigin::signed(30), hash, 0, true));
		assert_eq!(ayes(), [30]);
	});
}

#[test]
fn only_hospitals_have_seats() {
	ExtBuilder::build_and_execute(|| {
		assert_noop!(
			admit(MemberKind::Company, true, 50),
			Error::<Test>::SeatForHospitalsOnly
		);
		assert_ok!(admit(MemberKind::Hospital, true, 9));
		assert_eq!(sitting(), [9, 10, 11, 12]);
		assert_noop!(admit(MemberKind::Hospital, false, 9), Error::<Test>::AlreadyExists);
		let malformed = vec![0xff].try_into().unwrap();
		assert_noop!(
			mock::admit(council(3), MemberKind::Person, malformed, false, 51),
			Error::<Test>::MalformedName
		);
	});
}

#[test]
fn a_person_can_annotate_once_admitted() {
	ExtBuilder::build_and_execute(|| {
		assert_ok!(admit(MemberKind::Person, false, 60));
		let annotator = EnsureKey::<Test, { Powers::ANNOTATOR.bits() }>::try_origin(RuntimeOrigin::signed(60));
		assert_eq!(annotator.ok(), Some((3, 60)));
		assert!(EnsureHospital::<Test, 0>::try_origin(RuntimeOrigin::signed(60)).is_err());
		assert!(EnsureHospital::<Test, 0>::try_origin(RuntimeOrigin::signed(10)).is_ok());
	});
}
