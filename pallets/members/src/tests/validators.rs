//! Which validators run the chain.

use super::admit;
use crate::{mock::*, Error, Event, Offence, ValidatorsOf, SILENCE, SILENT_TURNS};
use frame_support::{assert_noop, assert_ok};
use kexin_primitives::members::{MemberKind, Powers};
use sp_runtime::DispatchError::BadOrigin;

const BABE: [u8; 16] = *b"babe:equivocatio";

#[test]
fn two_thirds_admit_and_remove_validators() {
	ExtBuilder::build_and_execute(|| {
		assert_ok!(admit(MemberKind::Hospital, false, 20));
		assert_noop!(Members::admit_validator(mere_majority(), 20), BadOrigin);
		assert_noop!(Members::admit_validator(RuntimeOrigin::signed(10), 20), BadOrigin);
		assert_ok!(Members::admit_validator(council(2), 20));
		System::assert_last_event(Event::ValidatorAdmitted { member: 3, account: 20 }.into());
		assert_eq!(Members::validators(), [10, 11, 12, 20]);

		assert_noop!(Members::remove_validator(council(1), 3), BadOrigin);
		assert_ok!(Members::remove_validator(council(2), 3));
		System::assert_last_event(Event::ValidatorRemoved { member: 3, account: 20 }.into());
		assert_eq!(Members::validators(), ADMINISTRATORS);
		assert!(Members::active_key(&20).is_some(), "the hospital stays a member");
		assert_noop!(Members::remove_validator(council(2), 3), Error::<Test>::NotFound);
	});
}

#[test]
#[should_panic(expected = "the key interval is 3001 blocks, but may be 3000 at most")]
fn a_genesis_lets_validators_change_their_keys() {
	use sp_runtime::BuildStorage as _;
	let with = |key_interval| crate::GenesisConfig::<Test> {
		key_interval: Some(key_interval),
		..Default::default()
	};
	for interval in [0, 1, 3_000] {
		assert_ok!(with(interval).build_storage());
	}
	let _ = with(3_001).build_storage();
}

/// Builds a genesis of one member with these keys.
fn genesis_with(seat: bool, keys: &[(u64, &[&str])]) {
	use sp_runtime::BuildStorage as _;
	let keys = keys
		.iter()
		.map(|(key, powers)| (*key, powers.iter().map(|power| power.to_string()).collect()));
	let member = crate::GenesisMember {
		kind: MemberKind::Hospital,
		name: "Charité".into(),
		region: 276,
		seat,
		keys: keys.collect(),
	};
	let genesis = crate::GenesisConfig::<Test> {
		members: vec![member],
		..Default::default()
	};
	assert_ok!(genesis.build_storage());
}

#[test]
#[should_panic(expected = "only a member with a seat has a key with the power council")]
fn a_genesis_gives_nobody_without_a_seat_the_power_council() {
	genesis_with(false, &[(10, &["administrator"])]);
	genesis_with(false, &[(10, &["administrator", "council"])]);
}

#[test]
#[should_panic(expected = "only the first key sits on the council")]
fn a_genesis_gives_one_key_of_a_member_its_seat() {
	genesis_with(true, &[(10, &["administrator", "council"]), (11, &["gateway"])]);
	genesis_with(true, &[(10, &["administrator", "council"]), (11, &["council"])]);
}

#[test]
fn accounts_that_can_not_be_validators_are_refused() {
	ExtBuilder::build_and_execute(|| {
		assert_noop!(Members::admit_validator(council(2), 20), Error::<Test>::NotFound);
		assert_ok!(admit(MemberKind::Company, false, 20));
		assert_noop!(
			Members::admit_validator(council(2), 20),
			Error::<Test>::ValidatorsForHospitalsOnly
		);
		assert_ok!(admit(MemberKind::Hospital, false, WITHOUT_KEYS));
		assert_noop!(
			Members::admit_validator(council(2), WITHOUT_KEYS),
			Error::<Test>::NoSessionKeys
		);
		// A hospital with two validators would have two votes.
		assert_ok!(add_key(10, 21, Powers::GATEWAY));
		assert_noop!(Members::admit_validator(council(2), 21), Error::<Test>::ValidatorTaken);
	});
}

#[test]
fn a_validator_is_suspended_and_reinstated_with_its_member() {
	ExtBuilder::build_and_execute(|| {
		assert_ok!(Members::suspend(council(2), 0));
		assert_eq!(Members::validators(), [11, 12]);
		assert_ok!(Members::reinstate(council(2), 0));
		assert_eq!(Members::validators(), ADMINISTRATORS);
		assert_ok!(Members::remove(council(2), 0));
		assert_eq!(Members::validators(), [11, 12]);
		assert_eq!(ValidatorsOf::<Test>::get(0), None);
	});
}

#[test]
fn a_revoked_key_is_no_longer_a_validator() {
	ExtBuilder::build_and_execute(|| {
		assert_ok!(add_key(10, 21, Powers::ADMINISTRATOR));
		assert_ok!(Members::revoke_key(RuntimeOrigin::signed(21), 10));
		assert_eq!(Members::validators(), [11, 12]);
		assert_ok!(Members::admit_validator(council(2), 21));
		assert_eq!(Members::validators(), [21, 11, 12]);
	});
}

#[test]
fn the_last_validator_stays() {
	ExtBuilder::build_and_execute(|| {
		// Otherwise it would be its seat that keeps the last member from being suspended.
		assert_ok!(admit(MemberKind::Hospital, true, 20));
		assert_ok!(Members::remove_validator(council(2), 0));
		assert_ok!(Members::suspend(council(2), 1));
		assert_noop!(Members::remove_validator(council(2), 2), Error::<Test>::LastValidator);
		assert_noop!(Members::suspend(council(2), 2), Error::<Test>::LastValidator);
		assert_noop!(Members::remove(council(2), 2), Error::<Test>::LastValidator);
		assert_ok!(add_key(12, 22, Powers::ADMINISTRATOR));
		assert_noop!(
			Members::revoke_key(RuntimeOrigin::signed(22), 12),
			Error::<Test>::LastValidator
		);
		assert_noop!(Members::resign(RuntimeOrigin::signed(12)), Error::<Test>::LastValidator);
	});
}

#[test]
fn an_equivocation_suspends_until_the_council_reinstates() {
	ExtBuilder::build_and_execute(|| {
		Members::note_offence(&11, BABE, 7);
		System::assert_last_event(
			Event::ValidatorEquivocated {
				member: 1,
				account: 11,
				kind: BABE,
				session: 7,
				suspended: true,
			}
			.into(),
		);
		assert_eq!(Members::validators(), [10, 12]);
		let offence = ValidatorsOf::<Test>::get(1).unwrap().offence;
		assert_eq!(
			offence,
			Some(Offence {
				kind: BABE,
				session: 7,
				reported: 1
			})
		);
		assert!(Members::active_key(&11).is_some(), "the hospital goes on recording");

		// Neither its administrators nor a suspension of the member change that.
		assert_ok!(Members::suspend(council(2), 1));
		assert_ok!(Members::reinstate(council(2), 1));
		assert_eq!(Members::validators(), [10, 12]);

		assert_noop!(Members::reinstate_validator(council(1), 1), BadOrigin);
		assert_ok!(Members::reinstate_validator(council(2), 1));
		System::assert_last_event(Event::ValidatorReinstated { member: 1 }.into());
		assert_eq!(Members::validators(), ADMINISTRATORS);
		assert_noop!(Members::reinstate_validator(council(2), 1), Error::<Test>::WrongStatus);
		assert_noop!(Members::reinstate_validator(council(2), 9), Error::<Test>::NotFound);
	});
}

#[test]
fn the_last_validator_is_not_suspended_but_its_offence_is_published() {
	ExtBuilder::build_and_execute(|| {
		Members::note_offence(&10, BABE, 1);
		Members::note_offence(&11, BABE, 1);
		Members::note_offence(&12, BABE, 1);
		System::assert_last_event(
			Event::ValidatorEquivocated {
				member: 2,
				account: 12,
				kind: BABE,
				session: 1,
				suspended: false,
			}
			.into(),
		);
		assert_eq!(Members::validators(), [12]);
		assert_eq!(ValidatorsOf::<Test>::get(2).unwrap().offence, None);
	});
}

#[test]
fn a_silent_validator_is_reported_once() {
	ExtBuilder::build_and_execute(|| {
		// Two author blocks.
		let turns = u64::from(SILENT_TURNS) * 2;
		let silent = |since| Event::<Test>::ValidatorSilent { account: 11, since }.into();
		let reported = || {
			let events = System::events();
			events
				.iter()
				.filter(|event| matches!(event.event, RuntimeEvent::Members(Event::ValidatorSilent { .. })))
				.count()
		};
		for block in 1..=2 * turns {
			System::set_block_number(block);
			Members::note_author(if block % 2 == 0 { &10 } else { &12 });
			if block % 10 == 0 {
				Members::note_silent(&ADMINISTRATORS);
			}
			assert_eq!(reported(), usize::from(block >= turns + 10), "{block}");
		}
		System::assert_has_event(silent(0));
		Members::note_author(&11);
		for block in 2 * turns..=4 * turns {
			System::set_block_number(block);
			Members::note_author(&10);
			Members::note_author(&12);
			if block % 10 == 0 {
				Members::note_silent(&ADMINISTRATORS);
			}
		}
		System::assert_has_event(silent(2 * turns));
		assert_eq!(reported(), 2);
	});
}

/// Continues for long enough that all validators but these are silent.
fn only_author(authors: &[u64]) {
	for _ in 0..=SILENT_TURNS * 3 {
		System::set_block_number(System::block_number() + 1);
		authors.iter().for_each(Members::note_author);
	}
}

#[test]
fn silent_validators_are_suspended_when_finality_does_not_survive_without_them() {
	ExtBuilder::build_and_execute(|| {
		let restart = || Members::suspend_silent(&ADMINISTRATORS, 7);
		only_author(&[10, 11, 12]);
		assert_noop!(restart(), Error::<Test>::FinalityIsPossible);
		only_author(&[10, 12]);
		assert_ok!(restart());
		System::assert_last_event(Event::ValidatorSuspended { member: 1, account: 11 }.into());
		assert_eq!(Members::validators(), [10, 12]);
		let reported = System::block_number();
		assert_eq!(
			ValidatorsOf::<Test>::get(1).unwrap().offence,
			Some(Offence {
				kind: SILENCE,
				session: 7,
				reported
			})
		);
		assert_ok!(Members::reinstate_validator(council(2), 1));
		assert_eq!(Members::validators(), ADMINISTRATORS);
	});
}

#[test]
fn a_validator_answers_once_for_what_it_signed_before_the_council_decided_on_it() {
	ExtBuilder::build_and_execute(|| {
		let answers = |session| Members::answers_for(&11, session);
		assert!(answers(0), "also in the first session");
		Members::note_offence(&11, BABE, 3);
		assert_eq!(Members::validators(), [10, 12]);
		assert!(
			!answers(2) && !answers(3),
			"who has the other's keys reports nothing twice"
		);
		assert!(answers(4));
		CurrentSession::set(5);
		assert_ok!(Members::reinstate_validator(council(2), 1));
		assert!(!answers(6), "an old machine's keys suspend nobody again");
		assert!(answers(7));
		Members::note_offence(&11, BABE, 7);
		assert_eq!(Members::validators(), [10, 12]);

		assert_ok!(Members::remove_validator(council(2), 1));
		CurrentSession::set(8);
		assert_ok!(Members::admit_validator(council(2), 11));
		assert!(!answers(9) && answers(10));
		assert!(!Members::answers_for(&99, 10), "it never was a validator");
	});
}

#[test]
fn to_be_reinstated_after_silence_settles_no_equivocation() {
	ExtBuilder::build_and_execute(|| {
		only_author(&[10, 12]);
		assert_ok!(Members::suspend_silent(&ADMINISTRATORS, 7));
		CurrentSession::set(9);
		assert_ok!(Members::reinstate_validator(council(2), 1));
		assert!(Members::answers_for(&11, 6));
	});
}

#[test]
fn an_equivocation_is_told_of_although_the_key_is_gone() {
	ExtBuilder::build_and_execute(|| {
		assert_ok!(add_key(11, 31, Powers::ADMINISTRATOR | Powers::COUNCIL));
		assert_ok!(Members::revoke_key(RuntimeOrigin::signed(31), 11));
		// Somebody else's key now.
		assert_ok!(add_key(10, 11, Powers::GATEWAY));
		Members::note_offence(&11, BABE, 3);
		let told = Event::ValidatorEquivocated {
			member: 1,
			account: 11,
			kind: BABE,
			session: 3,
			suspended: false,
		};
		System::assert_last_event(told.into());
		assert_eq!(Members::validators(), [10, 12]);
	});
}

#[test]
fn finality_can_restart_without_a_validator_that_left_before_its_vote_was_dispensable() {
	ExtBuilder::build_and_execute(|| {
		assert_ok!(Members::remove_validator(council(2), 1));
		let left = [10, 12];
		let restart = || Members::suspend_silent(&left, 7);
		only_author(&left);
		assert_noop!(restart(), Error::<Test>::FinalityIsPossible);
		// One of the others stops its node for a while.
		only_author(&[12]);
		assert_ok!(restart());
		assert_eq!(Members::validators(), [12]);
		assert_ok!(Members::reinstate_validator(council(2), 0));
		assert_eq!(Members::validators(), left);
	});
}

#[test]
fn silence_does_not_hide_an_equivocation() {
	ExtBuilder::build_and_execute(|| {
		Members::note_offence(&11, BABE, 6);
		only_author(&[10, 12]);
		assert_ok!(Members::suspend_silent(&ADMINISTRATORS, 7));
		let offence = ValidatorsOf::<Test>::get(1).unwrap().offence.unwrap();
		assert_eq!((offence.kind, offence.session), (BABE, 6));
	});
}

#[test]
fn the_fewer_author_the_fewer_blocks_show_who_is_silent() {
	ExtBuilder::build_and_execute(|| {
		for (authors, blocks) in [(&[10, 12][..], 2 * SILENT_TURNS), (&[12], SILENT_TURNS)] {
			ADMINISTRATORS.iter().for_each(Members::note_author);
			for _ in 0..blocks {
				System::set_block_number(System::block_number() + 1);
				authors.iter().for_each(Members::note_author);
				assert!(Members::finality_survives(&ADMINISTRATORS), "{authors:?}");
			}
			System::set_block_number(System::block_number() + 1);
			authors.iter().for_each(Members::note_author);
			assert!(!Members::finality_survives(&ADMINISTRATORS), "{authors:?}");
		}
	});
}

#[test]
fn a_silent_third_is_not_suspended() {
	ExtBuilder::build_and_execute(|| {
		assert_ok!(admit(MemberKind::Hospital, false, 20));
		assert_ok!(Members::admit_validator(council(2), 20));
		let four = Members::validators();
		for _ in 0..=SILENT_TURNS * 4 {
			System::set_block_number(System::block_number() + 1);
			four[1..].iter().for_each(Members::note_author);
		}
		assert_noop!(Members::suspend_silent(&four, 7), Error::<Test>::FinalityIsPossible);
	});
}

#[test]
fn the_last_validator_is_never_suspended_for_silence() {
	ExtBuilder::build_and_execute(|| {
		only_author(&[]);
		let restart = || Members::suspend_silent(&ADMINISTRATORS, 7);
		assert_noop!(
			frame_support::storage::with_storage_layer(restart),
			Error::<Test>::LastValidator
		);
	});
}
