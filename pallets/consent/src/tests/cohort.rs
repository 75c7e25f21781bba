//! Datasets, and the meet of the consents of their subjects.

use crate::{mock::*, *};
use frame_support::{
	assert_noop, assert_ok, dispatch::GetDispatchInfo, pallet_prelude::DispatchResultWithPostInfo,
	weights::constants::ParityDbWeight,
};
use kexin_primitives::{
	access::{Breaches, Notices},
	scope::{Dimension, Request},
	vocabulary::{Operation, Purpose, Region},
};

const DATASET: DatasetId = H256::repeat_byte(0xda);

fn training() -> Request {
	Request {
		purpose: Some(Purpose::ModelTraining),
		operation: Operation::Train,
		region: None,
		recipient: None,
		recipient_class: None,
	}
}

fn grant(subject: u64, scope: Versioned<Scope>) {
	assert_ok!(Consent::grant(steward(), hash(subject), scope, hash(1_000 + subject)));
}

fn enrol(subjects: impl IntoIterator<Item = u64>) -> DispatchResultWithPostInfo {
	let subjects = subjects.into_iter().map(hash).collect::<Vec<_>>().try_into().unwrap();
	Consent::enrol(steward(), DATASET, subjects)
}

fn declare() {
	assert_ok!(Consent::declare_dataset(steward(), DATASET, everything(), None));
}

fn cohort_breaches(at: UnixMillis) -> Breaches {
	Consent::dataset(DATASET).unwrap().breaches(&training(), at)
}

#[docify::export]
#[test]
fn a_withdrawal_closes_the_cohort() {
	ExtBuilder::build_and_execute(|| {
		declare();
		System::assert_last_event(
			Event::DatasetDeclared {
				dataset: DATASET,
				owner: HOSPITAL,
				supersedes: None,
			}
			.into(),
		);
		grant(1, everything());
		grant(2, everything());
		assert_ok!(enrol([1, 2]));
		System::assert_last_event(
			Event::Enrolled {
				dataset: DATASET,
				joined: 2,
				already: 0,
			}
			.into(),
		);
		assert!(cohort_breaches(NOW + 10 * DAY).is_empty());

		set_now(NOW + DAY);
		assert_ok!(Consent::revoke(steward(), hash(2), None, hash(9)));
		assert!(
			cohort_breaches(NOW + DAY - 1).is_empty(),
			"accesses before stay within scope"
		);
		assert!(cohort_breaches(NOW + DAY).contains(Breaches::PURPOSE | Breaches::OPERATION));

		// A version without the subject is open again.
		let newer = H256::repeat_byte(0xdb);
		assert_ok!(Consent::declare_dataset(steward(), newer, everything(), Some(DATASET)));
		assert_ok!(Consent::enrol(steward(), newer, vec![hash(1)].try_into().unwrap()));
		assert!(Consent::dataset(newer)
			.unwrap()
			.breaches(&training(), NOW + DAY)
			.is_empty());
		assert!(cohort_breaches(NOW + DAY).contains(Breaches::SUPERSEDED));
		assert!(!cohort_breaches(NOW + DAY - 1).contains(Breaches::SUPERSEDED));
	});
}

#[test]
fn withdrawing_another_consent_does_not_close_the_cohort() {
	ExtBuilder::build_and_execute(|| {
		declare();
		let scope = scope_for([Purpose::Marketing], NOW + DAY);
		assert_ok!(Consent::grant(steward(), hash(1), scope, hash(50)));
		grant(1, everything());
		let joined_under = Consent::subject(hash(1), HOSPITAL).unwrap().consents[1].document;
		assert_ok!(enrol([1]));
		assert_ok!(Consent::revoke(steward(), hash(1), Some(hash(50)), hash(9)));
		assert!(cohort_breaches(NOW).is_empty());
		assert_ok!(Consent::revoke(steward(), hash(1), Some(joined_under), hash(9)));
		assert!(!cohort_breaches(NOW).is_empty());
	});
}

#[test]
fn a_subject_that_joins_late_does_not_change_the_past() {
	ExtBuilder::build_and_execute(|| {
		declare();
		grant(2, everything());
		assert_ok!(enrol([2]));
		set_now(NOW + DAY);
		grant(1, scope_for([Purpose::Treatment], NOW + 100 * DAY));
		assert_ok!(enrol([1]));
		assert!(cohort_breaches(NOW + DAY - 1).is_empty());
		assert_eq!(cohort_breaches(NOW + DAY), Breaches::PURPOSE);
	});
}

#[test]
fn a_version_with_no_subjects_permits_nothing_whenever_it_is_asked() {
	ExtBuilder::build_and_execute(|| {
		declare();
		grant(1, everything());
		grant(2, everything());
		assert_ok!(enrol([1, 2]));
		assert_ok!(Consent::revoke(steward(), hash(2), None, hash(9)));

		// An empty version does not reopen the cohort that the withdrawal closed.
		set_now(NOW + DAY);
		let newer = hash(77);
		assert_ok!(Consent::declare_dataset(steward(), newer, everything(), Some(DATASET)));
		let breaches = |at| Consent::dataset(newer).unwrap().breaches(&training(), at);
		assert_eq!(breaches(NOW + DAY), Breaches::NO_SUBJECTS);
		set_now(NOW + 2 * DAY);
		assert_ok!(Consent::enrol(steward(), newer, vec![hash(1)].try_into().unwrap()));
		assert_eq!(breaches(NOW + DAY), Breaches::NO_SUBJECTS);
		assert_eq!(breaches(NOW + 2 * DAY - 1), Breaches::NO_SUBJECTS);
		assert_eq!(breaches(NOW + 2 * DAY), Breaches::empty());
	});
}

#[test]
fn an_enrolment_that_was_recorded_after_the_access_is_told_apart() {
	ExtBuilder::build_and_execute(|| {
		declare();
		grant(1, everything());
		set_now(NOW + DAY);
		assert_ok!(enrol([1]));
		let judge = |at| {
			let dataset = Consent::dataset(DATASET).unwrap();
			Consent::subject(hash(1), HOSPITAL)
				.unwrap()
				.judge(DATASET, &dataset, &training(), at)
		};
		assert_eq!(judge(NOW + DAY - 1).breaches, Breaches::empty());
		assert_eq!(judge(NOW + DAY - 1).notices, Notices::RECORDED_AFTER);
		assert_eq!(judge(NOW + DAY), Default::default());
	});
}

#[test]
fn a_subject_does_not_join_under_a_consent_that_had_ended_when_it_was_recorded() {
	ExtBuilder::build_and_execute(|| {
		declare();
		let ended = || Versioned::V1(Scope::uniform(NOW - 20, NOW - 10));
		grant(1, everything());
		assert_ok!(Consent::grant(steward(), hash(1), ended(), hash(2_001)));
		assert_ok!(enrol([1]));
		assert_eq!(cohort_breaches(NOW), Breaches::empty());
		// Unless there is no other: the dataset has a subject who does not consent.
		grant(2, ended());
		assert_ok!(enrol([2]));
		assert!(cohort_breaches(NOW).contains(Breaches::PURPOSE));
	});
}

#[test]
fn a_subject_is_judged_by_label_consent_and_enrolment() {
	ExtBuilder::build_and_execute(|| {
		assert_ok!(Consent::declare_dataset(
			steward(),
			DATASET,
			scope_for([Purpose::ModelTraining], NOW + 50 * DAY),
			None
		));
		grant(1, everything());
		let judge = |at| {
			let dataset = Consent::dataset(DATASET).unwrap();
			Consent::subject(hash(1), HOSPITAL)
				.unwrap()
				.judge(DATASET, &dataset, &training(), at)
				.breaches
		};
		assert_eq!(judge(NOW), Breaches::NOT_ENROLLED);
		assert_ok!(enrol([1]));
		assert!(judge(NOW).is_empty());
		assert_eq!(judge(NOW + 50 * DAY), Breaches::PURPOSE, "the label ended");
		// Another subject's withdrawal closes the cohort, but not access to this subject's own data.
		grant(2, everything());
		assert_ok!(enrol([2]));
		assert_ok!(Consent::revoke(steward(), hash(2), None, hash(9)));
		assert!(judge(NOW).is_empty());
		assert!(!cohort_breaches(NOW).is_empty());
	});
}

/// Everything everywhere but in one region.
fn not_in(region: u16) -> Versioned<Scope> {
	let regions = Dimension::all(kexin_primitives::FOREVER)
		.with(Region(region), 0)
		.unwrap();
	Versioned::V1(Scope {
		regions,
		..Scope::everything(0)
	})
}

/// A cohort that names as many regions as it can, each since another day.
fn full_cohort() {
	declare();
	for number in 0..32 {
		set_now(NOW + u64::from(number) * DAY);
		grant(number.into(), not_in(number));
		assert_ok!(enrol([number.into()]));
	}
}

fn in_region(region: u16, at: UnixMillis) -> Breaches {
	let request = Request {
		region: Some(Region(region)),
		..training()
	};
	Consent::dataset(DATASET).unwrap().breaches(&request, at)
}

#[test]
fn a_subject_that_names_one_region_too_many_does_not_join() {
	ExtBuilder::build_and_execute(|| {
		full_cohort();
		set_now(NOW + 32 * DAY);
		grant(32, not_in(32));
		assert_noop!(enrol([32]), Error::<Test>::TooManyNamed);
		// What was allowed before the attempt is reported after it.
		assert!(in_region(31, NOW + 31 * DAY - 1).is_empty());
		assert!(in_region(100, NOW + 32 * DAY).is_empty());
	});
}

#[test]
fn limits_for_which_a_cohort_has_no_room_close_it_and_leave_the_past() {
	ExtBuilder::build_and_execute(|| {
		full_cohort();
		set_now(NOW + 32 * DAY);
		assert_ok!(Consent::narrow(steward(), hash(3), None, not_in(32), hash(9)));
		assert!(in_region(31, NOW + 31 * DAY - 1).is_empty());
		assert!(in_region(100, NOW + 32 * DAY - 1).is_empty());
		assert!(in_region(100, NOW + 32 * DAY).contains(Breaches::REGION));
		assert_eq!(in_region(0, NOW + DAY), Breaches::REGION);
	});
}

#[test]
fn enrolling_again_changes_nothing() {
	ExtBuilder::build_and_execute(|| {
		declare();
		grant(1, everything());
		assert_ok!(enrol([1]));
		let before = Consent::dataset(DATASET);
		assert_ok!(enrol([1, 1]));
		System::assert_last_event(
			Event::Enrolled {
				dataset: DATASET,
				joined: 0,
				already: 2,
			}
			.into(),
		);
		assert_eq!(Consent::dataset(DATASET), before);
	});
}

#[test]
fn invalid_enrolments_and_declarations_are_refused() {
	ExtBuilder::build_and_execute(|| {
		assert_noop!(enrol([1]), Error::<Test>::NotFound);
		declare();
		assert_noop!(
			Consent::declare_dataset(steward(), DATASET, everything(), None),
			Error::<Test>::AlreadyExists
		);
		assert_noop!(enrol([]), Error::<Test>::Empty);
		grant(1, everything());
		assert_noop!(enrol([1, 2]), Error::<Test>::NoConsent);
		assert_noop!(
			Consent::enrol(RuntimeOrigin::signed(2), DATASET, vec![hash(1)].try_into().unwrap()),
			Error::<Test>::NotAuthorized
		);
		grant(3, Versioned::V1(Scope::everything(NOW + 1)));
		assert_noop!(enrol([3]), Error::<Test>::ConsentNotStarted);

		let newer = H256::repeat_byte(0xdb);
		let declare =
			|by: u64, older| Consent::declare_dataset(RuntimeOrigin::signed(by), newer, everything(), Some(older));
		assert_noop!(declare(1, hash(77)), Error::<Test>::NotFound);
		assert_noop!(declare(2, DATASET), Error::<Test>::NotAuthorized);
		assert_ok!(declare(1, DATASET));
		assert_noop!(
			Consent::declare_dataset(steward(), hash(78), everything(), Some(DATASET)),
			Error::<Test>::Superseded
		);
		assert_noop!(enrol([1]), Error::<Test>::Superseded);
		let nothing = Versioned::V1(Scope::nothing());
		assert_noop!(
			Consent::declare_dataset(steward(), hash(79), nothing, None),
			Error::<Test>::NothingAllowed
		);
	});
}

#[test]
fn a_subject_is_enrolled_in_a_bounded_number_of_datasets() {
	ExtBuilder::build_and_execute(|| {
		grant(1, everything());
		let add = |number: u64, older: Option<u64>| {
			let id = hash(0xd000 + number);
			assert_ok!(Consent::declare_dataset(
				steward(),
				id,
				everything(),
				older.map(|n| hash(0xd000 + n))
			));
			Consent::enrol(steward(), id, vec![hash(1)].try_into().unwrap())
		};
		for number in 0..u64::from(MAX_DATASETS) {
			assert_ok!(add(number, None));
		}
		assert_eq!(
			add(100, Some(0)),
			Err(Error::<Test>::TooManyDatasets.into()),
			"accesses may still be reported"
		);
		set_now(NOW + LATENESS);
		assert_ok!(add(101, Some(1)));
	});
}

#[test]
fn an_enrolment_pays_for_the_datasets_that_it_drops() {
	ExtBuilder::build_and_execute(|| {
		grant(1, everything());
		let id = |number: u64| hash(0xd000 + number);
		let declare = |number: u64, older: Option<u64>| {
			assert_ok!(Consent::declare_dataset(
				steward(),
				id(number),
				everything(),
				older.map(id)
			));
		};
		let enrol = |number: u64| {
			let subjects: Enrolment = vec![hash(1)].try_into().unwrap();
			let call = crate::Call::<Test>::enrol {
				dataset: id(number),
				subjects: subjects.clone(),
			};
			let charged = call.get_dispatch_info().call_weight;
			let paid = Consent::enrol(steward(), id(number), subjects)
				.unwrap()
				.actual_weight
				.unwrap();
			(charged, paid)
		};
		let (alone, dropping) = (<()>::enrol(1), <()>::drop_superseded());
		assert!(
			dropping.all_gte(ParityDbWeight::get().reads(MAX_DATASETS.into())),
			"{dropping}"
		);
		for number in 0..u64::from(MAX_DATASETS) {
			declare(number, None);
			assert_eq!(enrol(number), (alone + dropping, alone));
		}
		for number in 0..u64::from(MAX_DATASETS) {
			declare(100 + number, Some(number));
		}
		set_now(NOW + LATENESS);
		assert_eq!(enrol(100), (alone + dropping, alone + dropping));
		let subject = Consent::subject(hash(1), HOSPITAL).unwrap();
		assert_eq!(subject.datasets.len(), 1, "it left all that were superseded");
	});
}

/// The registration of [`DATASET`] as an artifact lapses.
fn lapse() {
	Artifacts::mutate(|all| all.remove(&DATASET));
}

#[test]
fn a_declaration_on_which_nothing_rests_gives_way() {
	ExtBuilder::build_and_execute(|| {
		let declare = |by: u64| Consent::declare_dataset(RuntimeOrigin::signed(by), DATASET, everything(), None);
		assert_ok!(declare(2));
		assert!(declare(1).is_err(), "it is a registered artifact");
		lapse();
		assert_noop!(declare(2), Error::<Test>::AlreadyExists);
		assert_ok!(declare(1));
		System::assert_last_event(
			Event::DatasetDeclared {
				dataset: DATASET,
				owner: 1,
				supersedes: None,
			}
			.into(),
		);
		assert_eq!(Consent::dataset(DATASET).unwrap().owner, 1);
		grant(1, everything());
		assert_ok!(enrol([1]));
		lapse();
		assert_noop!(declare(2), Error::<Test>::AlreadyExists);
	});
}

#[test]
fn a_declaration_with_accesses_or_other_versions_stays() {
	ExtBuilder::build_and_execute(|| {
		declare();
		let take = |id| Consent::declare_dataset(RuntimeOrigin::signed(2), id, everything(), None);
		Recorded::mutate(|all| all.insert(DATASET));
		lapse();
		assert_noop!(take(DATASET), Error::<Test>::AlreadyExists);
		Recorded::set(Default::default());
		assert_ok!(Consent::declare_dataset(
			steward(),
			hash(1),
			everything(),
			Some(DATASET)
		));
		Artifacts::set(Default::default());
		for id in [DATASET, hash(1)] {
			assert_noop!(take(id), Error::<Test>::AlreadyExists);
		}
	});
}
