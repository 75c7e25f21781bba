//! Artifacts, activities, evidence, and what is refused.

use crate::{mock::*, *};
use frame_support::{assert_noop, assert_ok};
use kexin_primitives::lineage::{Direction, EvidenceKind, Input, Output, TraceQuery, MAX_EVIDENCE};
use sp_runtime::DispatchError::BadOrigin;

fn used(number: u64) -> Input {
	Input {
		artifact: hash(number),
		role: InputRole::Used,
	}
}

fn model(number: u64) -> Output {
	Output {
		artifact: hash(number),
		kind: ArtifactKind::Model,
	}
}

fn derive(by: u64, activity: u64, inputs: Vec<Input>, outputs: Vec<Output>) -> DispatchResult {
	Lineage::derive(
		steward(by),
		hash(activity),
		inputs.try_into().unwrap(),
		outputs.try_into().unwrap(),
	)
}

/// Two datasets of member 1, and a training by member 2.
fn set_up() {
	assert_ok!(Lineage::register(steward(1), hash(1), ArtifactKind::Dataset));
	assert_ok!(Lineage::register(steward(1), hash(2), ArtifactKind::Dataset));
	assert_ok!(Lineage::start(steward(2), hash(100), ActivityKind::Training));
}

#[docify::export]
#[test]
fn a_model_is_traced_to_its_datasets() {
	ExtBuilder::build_and_execute(|| {
		set_up();
		System::assert_last_event(
			Event::Started {
				activity: hash(100),
				kind: ActivityKind::Training,
				agent: 2,
			}
			.into(),
		);
		let looked_at = Input {
			artifact: hash(2),
			role: InputRole::Read,
		};
		assert_ok!(derive(2, 100, vec![used(1), looked_at], vec![model(10)]));
		System::assert_has_event(
			Event::Registered {
				artifact: hash(10),
				kind: ArtifactKind::Model,
				owner: 2,
				generated_by: Some(hash(100)),
			}
			.into(),
		);
		System::assert_last_event(
			Event::Derived {
				activity: hash(100),
				inputs: 2,
				outputs: 1,
			}
			.into(),
		);

		let walk = |artifact, direction| {
			let query = TraceQuery {
				artifact: hash(artifact),
				direction,
				depth: 9,
				offset: 0,
				limit: 9,
			};
			Lineage::trace(query)
				.unwrap()
				.nodes
				.iter()
				.map(|node| node.id)
				.collect::<Vec<_>>()
		};
		assert_eq!(walk(10, Direction::Ancestors), [hash(10), hash(1)]);
		assert_eq!(walk(1, Direction::Descendants), [hash(1), hash(10)]);
		assert_eq!(walk(2, Direction::Descendants), [hash(2)], "it was read, not used");
	});
}

#[test]
fn invalid_derivations_are_refused() {
	ExtBuilder::build_and_execute(|| {
		set_up();
		assert_noop!(derive(2, 101, vec![used(1)], vec![model(10)]), Error::<Test>::NotFound);
		assert_noop!(
			derive(1, 100, vec![used(1)], vec![model(10)]),
			Error::<Test>::NotAuthorized
		);
		assert_noop!(
			derive(2, 100, vec![used(9)], vec![model(10)]),
			Error::<Test>::UnknownInput
		);
		assert_noop!(
			derive(2, 100, vec![used(1), used(1)], vec![model(10)]),
			Error::<Test>::Duplicate
		);
		assert_noop!(
			derive(2, 100, vec![used(1)], vec![model(10), model(10)]),
			Error::<Test>::Duplicate
		);
		assert_noop!(
			derive(2, 100, vec![used(1)], vec![model(2)]),
			Error::<Test>::AlreadyExists
		);
		assert_noop!(
			derive(2, 100, vec![used(1), used(10)], vec![model(10)]),
			Error::<Test>::UnknownInput
		);
		assert_noop!(derive(2, 100, vec![used(1)], vec![]), Error::<Test>::NothingDerived);
		let read = Input {
			role: InputRole::Read,
			..used(1)
		};
		assert_noop!(
			derive(2, 100, vec![read], vec![model(10)]),
			Error::<Test>::NothingDerived
		);
		assert_noop!(derive(100, 100, vec![used(1)], vec![model(10)]), BadOrigin);
		assert_ok!(derive(2, 100, vec![used(1)], vec![model(10)]));
		assert_noop!(
			derive(2, 100, vec![used(1)], vec![model(11)]),
			Error::<Test>::AlreadyEnded
		);
		assert_noop!(
			Lineage::register(steward(1), hash(10), ArtifactKind::Model),
			Error::<Test>::AlreadyExists
		);
		assert_noop!(
			Lineage::start(steward(1), hash(100), ActivityKind::Training),
			Error::<Test>::AlreadyExists
		);
	});
}

#[test]
fn an_activity_makes_only_what_fits_its_kind() {
	ExtBuilder::build_and_execute(|| {
		set_up();
		assert_ok!(Lineage::start(steward(2), hash(101), ActivityKind::Evaluation));
		let report = Output {
			kind: ArtifactKind::Report,
			..model(11)
		};
		for outputs in [vec![model(10)], vec![report, model(10)]] {
			assert_noop!(derive(2, 101, vec![used(1)], outputs), Error::<Test>::WrongKind);
		}
		let dataset = Output {
			kind: ArtifactKind::Dataset,
			..model(10)
		};
		assert_noop!(derive(2, 100, vec![used(1)], vec![dataset]), Error::<Test>::WrongKind);
		assert_ok!(derive(2, 101, vec![used(1)], vec![report]));
		assert_ok!(derive(2, 100, vec![used(1)], vec![model(10)]));
	});
}

#[test]
fn evidence_names_the_member_that_attached_it() {
	ExtBuilder::build_and_execute(|| {
		set_up();
		let evidence = Evidence {
			kind: EvidenceKind::Fairness,
			document: hash(7),
			measure: 950_000,
			threshold: 900_000,
		};
		let attach = |by| Lineage::attach_evidence(steward(by), hash(1), evidence);
		assert_ok!(attach(3));
		System::assert_last_event(
			Event::EvidenceAttached {
				artifact: hash(1),
				by: 3,
				evidence,
			}
			.into(),
		);
		assert_eq!(Lineage::evidence_of(hash(1)), [(3, evidence, NOW)]);
		for _ in 1..MAX_EVIDENCE {
			assert_ok!(attach(3));
		}
		assert_noop!(attach(3), Error::<Test>::TooManyEvidence);
		assert_ok!(attach(4));
		assert_noop!(
			Lineage::attach_evidence(steward(3), hash(9), evidence),
			Error::<Test>::NotFound
		);
	});
}

fn register(by: u64, kind: ArtifactKind) -> DispatchResult {
	Lineage::register(steward(by), hash(10), kind)
}

fn pass(time: UnixMillis) {
	pallet_timestamp::Now::<Test>::mutate(|now| *now += time);
}

#[test]
fn a_registration_on_which_nothing_rests_lapses_after_a_week() {
	ExtBuilder::build_and_execute(|| {
		assert_ok!(register(3, ArtifactKind::Report));
		pass(WEEK - 1);
		assert_noop!(register(2, ArtifactKind::Model), Error::<Test>::AlreadyExists);
		pass(1);
		assert_noop!(register(3, ArtifactKind::Model), Error::<Test>::AlreadyExists);
		assert_ok!(register(2, ArtifactKind::Model));
		let lapsed = Event::Lapsed {
			artifact: hash(10),
			owner: 3,
		};
		System::assert_has_event(lapsed.into());
		let artifact = Lineage::artifact(hash(10)).unwrap();
		assert_eq!((artifact.owner, artifact.kind), (2, ArtifactKind::Model));
		assert_noop!(register(3, ArtifactKind::Report), Error::<Test>::AlreadyExists);
	});
}

#[test]
fn a_registration_does_not_keep_an_activity_from_what_it_made() {
	ExtBuilder::build_and_execute(|| {
		set_up();
		assert_ok!(register(3, ArtifactKind::Report));
		let end = || derive(2, 100, vec![used(1)], vec![model(10)]);
		assert_noop!(end(), Error::<Test>::AlreadyExists);
		pass(WEEK);
		assert_ok!(end());
		let artifact = Lineage::artifact(hash(10)).unwrap();
		assert_eq!((artifact.owner, artifact.generated_by), (2, Some(hash(100))));
		pass(WEEK);
		assert_noop!(register(3, ArtifactKind::Report), Error::<Test>::AlreadyExists);
	});
}

#[test]
fn what_something_rests_on_does_not_lapse() {
	ExtBuilder::build_and_execute(|| {
		set_up();
		let read = Input {
			artifact: hash(2),
			role: InputRole::Read,
		};
		assert_ok!(derive(2, 100, vec![used(1), read], vec![model(11)]));
		assert_ok!(register(3, ArtifactKind::Model));
		let evidence = Evidence {
			kind: EvidenceKind::Fairness,
			document: hash(5),
			measure: 1,
			threshold: 1,
		};
		assert_ok!(Lineage::attach_evidence(steward(4), hash(10), evidence));
		pass(10 * WEEK);
		for number in [1, 2, 10, 11, 77] {
			assert_noop!(
				Lineage::register(steward(5), hash(number), ArtifactKind::Report),
				Error::<Test>::AlreadyExists
			);
		}
		assert_ok!(Lineage::start(steward(5), hash(101), ActivityKind::Training));
		assert_noop!(
			derive(5, 101, vec![used(1)], vec![model(77)]),
			Error::<Test>::AlreadyExists
		);
	});
}
