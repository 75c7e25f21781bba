//! The council's decisions, and who sits on it.

use super::admit;
use crate::{
	mock::{self, *},
	EnsureHospital, EnsureKey, Error, Event,
};
use frame_support::{assert_noop, assert_ok, traits::EnsureOrigin};
use kexin_primitives::members::{MemberKind, Powers};
use pallet_collective::Instance1;
use sp_runtime::DispatchError::BadOrigin;

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
		assert_noop!(add_key(50, 51, Powers::COUNCIL), Error::<Test>::SeatTaken);
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
fn a_seat_moves_with_the_key() {
	ExtBuilder::build_and_execute(|| {
		assert_ok!(add_key(ADMINISTRATORS[0], 30, Powers::ADMINISTRATOR));
		assert_ok!(Members::revoke_key(RuntimeOrigin::signed(30), 10));
		assert_eq!(sitting(), [11, 12]);
		assert_ok!(add_key(30, 31, Powers::COUNCIL));
		assert_eq!(sitting(), [11, 12, 31]);
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
