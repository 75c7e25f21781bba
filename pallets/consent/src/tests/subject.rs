//! The consents of one subject.

use crate::{mock::*, *};
use frame_support::{assert_noop, assert_ok};
use kexin_primitives::{
	access::{Breaches, Judgement, Notices},
	scope::{Dimension, Request},
	vocabulary::{Operation, Purpose, Region},
};
use sp_runtime::DispatchError::BadOrigin;

const SUBJECT: Pseudonym = H256::repeat_byte(0x5b);

fn request(purpose: Purpose) -> Request {
	Request {
		purpose: Some(purpose),
		operation: Operation::Train,
		region: None,
		recipient: None,
		recipient_class: None,
	}
}

/// Whether any consent permits it.
fn permitted(purpose: Purpose, at: UnixMillis) -> bool {
	let subject = Consent::subject(SUBJECT, HOSPITAL).unwrap();
	subject
		.consents
		.iter()
		.any(|consent| consent.scope.latest().permits(&request(purpose), at))
}

#[test]
fn a_consent_is_granted_narrowed_and_withdrawn() {
	ExtBuilder::build_and_execute(|| {
		let both = scope_for([Purpose::ModelTraining, Purpose::Treatment], NOW + 100 * DAY);
		assert_ok!(Consent::grant(steward(), SUBJECT, both, hash(1)));
		System::assert_last_event(
			Event::Granted {
				hospital: HOSPITAL,
				subject: SUBJECT,
				document: hash(1),
			}
			.into(),
		);
		assert!(permitted(Purpose::ModelTraining, NOW));
		assert!(!permitted(Purpose::Marketing, NOW));

		set_now(NOW + DAY);
		assert_ok!(Consent::narrow(
			steward(),
			SUBJECT,
			None,
			scope_for([Purpose::Treatment], NOW + 50 * DAY),
			hash(2)
		));
		System::assert_last_event(
			Event::Narrowed {
				hospital: HOSPITAL,
				subject: SUBJECT,
				consent: None,
				document: hash(2),
			}
			.into(),
		);
		assert!(permitted(Purpose::ModelTraining, NOW + DAY - 1), "the past stays");
		assert!(!permitted(Purpose::ModelTraining, NOW + DAY));
		assert!(permitted(Purpose::Treatment, NOW + 50 * DAY - 1));
		assert!(!permitted(Purpose::Treatment, NOW + 50 * DAY));

		set_now(NOW + 2 * DAY);
		assert_ok!(Consent::revoke(steward(), SUBJECT, None, hash(3)));
		System::assert_last_event(
			Event::Revoked {
				hospital: HOSPITAL,
				subject: SUBJECT,
				consent: None,
				document: hash(3),
			}
			.into(),
		);
		assert!(permitted(Purpose::Treatment, NOW + 2 * DAY - 1));
		assert!(!permitted(Purpose::Treatment, NOW + 2 * DAY));

		set_now(NOW + 3 * DAY);
		assert_ok!(Consent::revoke(steward(), SUBJECT, None, hash(4)));
		assert!(!permitted(Purpose::Treatment, NOW + 2 * DAY), "ended rights stay ended");
	});
}

#[test]
fn widening_takes_a_new_consent() {
	ExtBuilder::build_and_execute(|| {
		let end = NOW + 100 * DAY;
		assert_ok!(Consent::grant(
			steward(),
			SUBJECT,
			scope_for([Purpose::Treatment], end),
			hash(1)
		));
		set_now(NOW + DAY);
		assert_ok!(Consent::revoke(steward(), SUBJECT, None, hash(2)));
		set_now(NOW + 2 * DAY);
		let mut again = Scope::everything(NOW + 2 * DAY);
		again.purposes = Dimension::only([Purpose::Treatment], end).unwrap();
		assert_ok!(Consent::grant(steward(), SUBJECT, Versioned::V1(again), hash(3)));
		assert!(permitted(Purpose::Treatment, NOW));
		assert!(!permitted(Purpose::Treatment, NOW + DAY));
		assert!(permitted(Purpose::Treatment, NOW + 2 * DAY));
	});
}

#[test]
fn a_consent_does_not_reach_back_behind_the_last_withdrawal() {
	ExtBuilder::build_and_execute(|| {
		assert_ok!(Consent::grant(steward(), SUBJECT, everything(), hash(1)));
		set_now(NOW + DAY);
		assert_ok!(Consent::revoke(steward(), SUBJECT, Some(hash(1)), hash(2)));
		set_now(NOW + 3 * DAY);
		// A scope that does not say when it starts.
		let new = Versioned::V1(Scope::everything(0));
		assert_ok!(Consent::grant(steward(), SUBJECT, new.clone(), hash(3)));
		for between in [NOW + DAY, NOW + 2 * DAY, NOW + 3 * DAY - 1] {
			assert!(!permitted(Purpose::Treatment, between), "whenever it is reported");
		}
		assert!(permitted(Purpose::Treatment, NOW + DAY - 1) && permitted(Purpose::Treatment, NOW + 3 * DAY));

		// Narrowing counts too, and a consent that was signed after it may say so.
		assert_ok!(Consent::narrow(
			steward(),
			SUBJECT,
			None,
			scope_for([Purpose::Research], NOW + 90 * DAY),
			hash(4)
		));
		set_now(NOW + 5 * DAY);
		assert_ok!(Consent::grant(steward(), SUBJECT, new, hash(5)));
		assert!(!permitted(Purpose::Treatment, NOW + 4 * DAY));
		let signed = Versioned::V1(Scope::everything(NOW + 4 * DAY));
		assert_ok!(Consent::grant(steward(), SUBJECT, signed, hash(6)));
		assert!(permitted(Purpose::Treatment, NOW + 4 * DAY));
		assert!(!permitted(Purpose::Treatment, NOW + 4 * DAY - 1));
	});
}

#[test]
fn a_consent_that_ended_before_the_last_withdrawal_is_refused() {
	ExtBuilder::build_and_execute(|| {
		assert_ok!(Consent::grant(steward(), SUBJECT, everything(), hash(1)));
		set_now(NOW + DAY);
		assert_ok!(Consent::revoke(steward(), SUBJECT, None, hash(2)));
		set_now(NOW + 3 * DAY);
		let ended = Versioned::V1(Scope::uniform(NOW, NOW + 2 * DAY));
		assert_noop!(
			Consent::grant(steward(), SUBJECT, ended, hash(3)),
			Error::<Test>::NothingAllowed
		);
	});
}

#[test]
fn a_consent_that_has_ended_permits_what_was_done_while_it_was_in_force() {
	ExtBuilder::build_and_execute(|| {
		let ended = Versioned::V1(Scope::uniform(NOW - 20, NOW - 10));
		assert_ok!(Consent::grant(steward(), SUBJECT, ended, hash(1)));
		assert!(permitted(Purpose::Treatment, NOW - 20));
		assert!(permitted(Purpose::Treatment, NOW - 11));
		for time in [NOW - 21, NOW - 10, NOW] {
			assert!(!permitted(Purpose::Treatment, time));
		}
	});
}

/// A dataset in which the subject is enrolled since [`NOW`], and the judgement of an access to it.
fn judge(at: UnixMillis) -> Judgement {
	let id = hash(0xda);
	let dataset = Consent::dataset(id).unwrap();
	let subject = Consent::subject(SUBJECT, HOSPITAL).unwrap();
	subject.judge(id, &dataset, &request(Purpose::Treatment), at)
}

#[test]
fn a_consent_that_was_recorded_after_the_access_is_told_apart() {
	ExtBuilder::build_and_execute(|| {
		assert_ok!(Consent::declare_dataset(steward(), hash(0xda), everything(), None));
		let marketing = scope_for([Purpose::Marketing], NOW + DAY);
		assert_ok!(Consent::grant(steward(), SUBJECT, marketing, hash(1)));
		let subjects = || vec![SUBJECT].try_into().unwrap();
		assert_ok!(Consent::enrol(steward(), hash(0xda), subjects()));
		assert_eq!(judge(NOW + 1), Breaches::PURPOSE.into());

		set_now(NOW + 5);
		assert_ok!(Consent::grant(steward(), SUBJECT, everything(), hash(2)));
		let late = Judgement {
			breaches: Breaches::empty(),
			notices: Notices::RECORDED_AFTER,
		};
		assert_eq!(judge(NOW + 4), late);
		assert_eq!(judge(NOW + 5), Judgement::default());
		// What is no longer permitted anyway needs no notice.
		assert_eq!(judge(NOW - 1).notices, Notices::empty());

		// Of two consents that permit an access, the one that was known counts.
		set_now(NOW + 9);
		assert_ok!(Consent::grant(steward(), SUBJECT, everything(), hash(3)));
		assert_eq!(judge(NOW + 5), Judgement::default());
		assert_eq!(judge(NOW + 4), late);
	});
}

#[test]
fn one_consent_of_several_is_withdrawn_alone() {
	ExtBuilder::build_and_execute(|| {
		let end = NOW + 100 * DAY;
		for (document, purpose) in [(1, Purpose::Treatment), (2, Purpose::ModelTraining)] {
			assert_ok!(Consent::grant(
				steward(),
				SUBJECT,
				scope_for([purpose], end),
				hash(document)
			));
		}
		assert_noop!(
			Consent::revoke(steward(), SUBJECT, Some(hash(3)), hash(9)),
			Error::<Test>::NotFound
		);
		assert_ok!(Consent::narrow(
			steward(),
			SUBJECT,
			Some(hash(1)),
			everything(),
			hash(9)
		));
		assert!(permitted(Purpose::Treatment, NOW));
		assert_ok!(Consent::revoke(steward(), SUBJECT, Some(hash(1)), hash(9)));
		assert!(!permitted(Purpose::Treatment, NOW));
		assert!(permitted(Purpose::ModelTraining, NOW));
	});
}

#[test]
fn limits_for_which_a_consent_has_no_room_end_it_and_leave_the_past() {
	ExtBuilder::build_and_execute(|| {
		let mut scope = Scope::everything(NOW);
		for region in 0..32 {
			scope.regions = scope.regions.with(Region(region), NOW + u64::from(region)).unwrap();
		}
		assert_ok!(Consent::grant(steward(), SUBJECT, Versioned::V1(scope), hash(1)));
		set_now(NOW + 10);
		let mut limits = Scope::everything(0);
		limits.regions = limits.regions.with(Region(99), 0).unwrap();
		assert_ok!(Consent::narrow(
			steward(),
			SUBJECT,
			None,
			Versioned::V1(limits),
			hash(2)
		));
		let narrowed = Consent::subject(SUBJECT, HOSPITAL).unwrap().consents[0].scope.clone();
		let until = |region| narrowed.latest().regions.until(Some(&Region(region)));
		assert_eq!(until(5), NOW + 5);
		for ended in [31, 99, 100] {
			assert_eq!(until(ended), NOW + 10);
		}
	});
}

#[test]
fn invalid_consents_are_refused() {
	ExtBuilder::build_and_execute(|| {
		let nothing = Versioned::V1(Scope::nothing());
		assert_noop!(
			Consent::grant(steward(), SUBJECT, nothing, hash(1)),
			Error::<Test>::NothingAllowed
		);
		let never = Versioned::V1(Scope::uniform(NOW, NOW));
		let too_old = Versioned::V1(Scope::uniform(0, NOW - LATENESS));
		for scope in [never, too_old] {
			assert_noop!(
				Consent::grant(steward(), SUBJECT, scope, hash(1)),
				Error::<Test>::NothingAllowed
			);
		}
		assert_noop!(
			Consent::revoke(steward(), SUBJECT, None, hash(1)),
			Error::<Test>::NotFound
		);
		assert_noop!(
			Consent::narrow(steward(), SUBJECT, None, everything(), hash(1)),
			Error::<Test>::NotFound
		);
		assert_noop!(
			Consent::grant(RuntimeOrigin::signed(100), SUBJECT, everything(), hash(1)),
			BadOrigin
		);
		assert_ok!(Consent::grant(steward(), SUBJECT, everything(), hash(1)));
		assert_noop!(
			Consent::grant(steward(), SUBJECT, everything(), hash(1)),
			Error::<Test>::AlreadyExists
		);
	});
}

#[test]
fn consents_that_ended_long_ago_make_room() {
	ExtBuilder::build_and_execute(|| {
		let brief = || Versioned::V1(Scope::uniform(NOW, NOW + DAY));
		for document in 0..u64::from(MAX_CONSENTS) {
			assert_ok!(Consent::grant(steward(), SUBJECT, brief(), hash(document)));
		}
		assert_noop!(
			Consent::grant(steward(), SUBJECT, everything(), hash(99)),
			Error::<Test>::TooManyConsents
		);
		set_now(NOW + DAY + LATENESS - 1);
		assert_noop!(
			Consent::grant(steward(), SUBJECT, everything(), hash(99)),
			Error::<Test>::TooManyConsents
		);
		set_now(NOW + DAY + LATENESS);
		assert_ok!(Consent::grant(steward(), SUBJECT, everything(), hash(99)));
		assert_eq!(Consent::subject(SUBJECT, HOSPITAL).unwrap().consents.len(), 1);
	});
}

#[test]
fn another_hospital_cannot_touch_the_subject() {
	ExtBuilder::build_and_execute(|| {
		assert_ok!(Consent::grant(steward(), SUBJECT, everything(), hash(1)));
		let other = || RuntimeOrigin::signed(2);
		assert_noop!(
			Consent::revoke(other(), SUBJECT, None, hash(2)),
			Error::<Test>::NotFound
		);
		assert_ok!(Consent::grant(other(), SUBJECT, everything(), hash(2)));
		assert_ok!(Consent::revoke(other(), SUBJECT, None, hash(3)));
		assert!(permitted(Purpose::Treatment, NOW + DAY));
		assert_eq!(Consent::consents_of(SUBJECT).len(), 2);
	});
}
