//! What is recorded, how it is judged, and what is refused.

use super::{next, record};
use crate::{mock::*, Batch, CurrentRules, Error, Event, MAX_BATCH};
use codec::{Decode, Encode};
use frame_support::{assert_noop, assert_ok};
use kexin_primitives::{
	access::{AccessEvent, Breaches, Log, LogEntry, Notices, Outcome, Rules},
	log::Accumulator,
	scope::Dimension,
	vocabulary::Purpose,
	Versioned, H256,
};
use proptest::prelude::*;

fn refused(bad: AccessEvent, error: Error<Test>) {
	// One bad event among good ones refuses them all.
	assert_noop!(record(vec![event(1), bad, event(2)]), error);
}

#[docify::export]
#[test]
fn a_batch_is_judged_and_logged() {
	ExtBuilder::build_and_execute(|| {
		Datasets::mutate(|all| {
			all.get_mut(&DATASET).unwrap().1.purposes = Dimension::only([Purpose::ModelTraining], NOW + DAY).unwrap();
		});
		let within = event(1);
		let breach = AccessEvent {
			purpose: Some(Purpose::Marketing),
			..event(2)
		};
		let refused_by_hospital = AccessEvent {
			outcome: Outcome::Denied,
			source: H256::from_low_u64_be(3),
			..breach
		};
		assert_ok!(record(vec![within, breach, refused_by_hospital]));

		let rules = Rules {
			spec_version: 0,
			code: H256(sp_io::hashing::blake2_256(b"")),
		};
		let mut expected = Accumulator::default();
		for (event, breaches) in [
			(within, Breaches::empty()),
			(breach, Breaches::PURPOSE),
			(refused_by_hospital, Breaches::PURPOSE),
		] {
			let entry = LogEntry {
				dataset: DATASET,
				reporter: HOSPITAL,
				recorded: NOW,
				rules,
				breaches,
				notices: Notices::empty(),
				event,
			};
			expected.append(entry.leaf()).unwrap();
		}
		assert_eq!(
			last_event(),
			Event::BatchRecorded {
				dataset: DATASET,
				reporter: HOSPITAL,
				first: 0,
				recorded: 3,
				replayed: 0,
				breached: vec![(1, Breaches::PURPOSE), (2, Breaches::PURPOSE)].try_into().unwrap(),
				noticed: Default::default(),
				recorded_at: NOW,
				rules,
				root: expected.root(),
			}
		);
		// The hospital denied the third access, so it does not count as a breach of the dataset.
		assert_eq!(
			Access::log(DATASET),
			Log {
				accumulator: expected,
				breaches: 1
			}
		);
	});
}

#[test]
fn an_event_is_judged_by_the_time_at_which_it_occurred() {
	ExtBuilder::build_and_execute(|| {
		let withdrawn = NOW - 2 * DAY;
		Datasets::mutate(|all| {
			let cohort = &mut all.get_mut(&DATASET).unwrap().1;
			*cohort = cohort.revoke(withdrawn);
		});
		let before = AccessEvent {
			occurred: withdrawn - 1,
			..event(1)
		};
		let after = AccessEvent {
			occurred: withdrawn,
			..event(2)
		};
		assert_ok!(record(vec![before, after]));
		let Event::BatchRecorded { breached, .. } = last_event();
		assert_eq!(breached.iter().map(|(position, _)| *position).collect::<Vec<_>>(), [1]);
	});
}

#[test]
fn a_named_subject_is_judged_by_their_own_consent() {
	ExtBuilder::build_and_execute(|| {
		let known = AccessEvent {
			subject: Some(ALICE),
			..event(1)
		};
		let too_early = AccessEvent {
			subject: Some(ALICE),
			occurred: NOW - DAY - 1,
			..event(2)
		};
		let stranger = AccessEvent {
			subject: Some(H256::repeat_byte(0xee)),
			..event(3)
		};
		assert_ok!(record(vec![known, too_early, stranger]));
		let Event::BatchRecorded { breached, .. } = last_event();
		assert_eq!(
			breached.into_inner(),
			[(1, Breaches::BEFORE_START), (2, Breaches::NOT_ENROLLED)]
		);
	});
}

/// The entry of an event without breaches.
fn within_consent(event: AccessEvent, rules: Rules, notices: Notices) -> LogEntry {
	LogEntry {
		dataset: DATASET,
		reporter: HOSPITAL,
		recorded: NOW,
		rules,
		breaches: Breaches::empty(),
		notices,
		event,
	}
}

#[test]
fn an_access_that_only_a_later_record_permits_is_told_apart() {
	ExtBuilder::build_and_execute(|| {
		let mut expected = Accumulator::default();
		let events = [ENROLLED - 1, ENROLLED].map(|occurred| AccessEvent {
			subject: Some(ALICE),
			occurred,
			..event(occurred)
		});
		assert_ok!(record(events.to_vec()));
		let Event::BatchRecorded {
			breached,
			noticed,
			rules,
			root,
			..
		} = last_event();
		assert!(breached.is_empty());
		assert_eq!(noticed.into_inner(), [(0, Notices::RECORDED_AFTER)]);
		for (event, notices) in events.into_iter().zip([Notices::RECORDED_AFTER, Notices::empty()]) {
			let entry = within_consent(event, rules, notices);
			expected.append(entry.leaf()).unwrap();
		}
		assert_eq!(root, expected.root(), "the entries hold the notice");
	});
}

/// The positions of the events that don't count for the activity that they name.
fn not_for_activity(events: Vec<AccessEvent>) -> Vec<u32> {
	assert_ok!(record(events));
	let Event::BatchRecorded { noticed, breached, .. } = last_event();
	assert!(breached.is_empty());
	let positions = noticed
		.iter()
		.map(|(position, notices)| (*notices == Notices::NOT_FOR_ACTIVITY).then_some(*position));
	positions.collect::<Option<_>>().unwrap()
}

#[test]
fn an_access_counts_for_an_activity_only_while_it_runs() {
	ExtBuilder::build_and_execute(|| {
		let at = |number, occurred| AccessEvent {
			occurred,
			activity: Some(ACTIVITY),
			..event(number)
		};
		let end = NOW - DAY / 2;
		let times = [NOW - DAY - 1, NOW - DAY, end, end + 1];
		let events = |from: u64| {
			(from..)
				.zip(times)
				.map(|(number, occurred)| at(number, occurred))
				.collect()
		};
		assert_eq!(not_for_activity(events(0)), [0]);
		// Once it has ended, nobody can say any more that an access was for it.
		Registered::set([(ACTIVITY, ended(end, DATASET))].into());
		assert_eq!(not_for_activity(events(10)), [0, 3]);
	});
}

#[test]
fn an_access_counts_only_for_an_activity_that_uses_the_dataset_and_whose_agent_gets_the_data() {
	ExtBuilder::build_and_execute(|| {
		let other = H256::repeat_byte(0xad);
		Registered::set(
			[
				(ACTIVITY, ended(NOW, DATASET)),
				(other, ended(NOW, H256::repeat_byte(0xdb))),
			]
			.into(),
		);
		let naming = |number, activity, recipient| AccessEvent {
			activity,
			recipient,
			..event(number)
		};
		let events = vec![
			naming(0, Some(ACTIVITY), Some(HOSPITAL)),
			naming(1, Some(ACTIVITY), None),
			naming(2, Some(ACTIVITY), Some(HOSPITAL + 1)),
			naming(3, Some(other), Some(HOSPITAL)),
			naming(4, None, Some(HOSPITAL + 1)),
		];
		assert_eq!(not_for_activity(events.clone()), [2, 3]);
		let Event::BatchRecorded { rules, root, .. } = last_event();
		let mut expected = Accumulator::default();
		for (event, counts) in events.iter().zip([true, true, false, false, true]) {
			let notices = match counts {
				true => Notices::empty(),
				false => Notices::NOT_FOR_ACTIVITY,
			};
			let entry = within_consent(*event, rules, notices);
			assert_eq!(entry.activity(), event.activity.filter(|_| counts));
			expected.append(entry.leaf()).unwrap();
		}
		assert_eq!(
			root,
			expected.root(),
			"the entries say what the hospital named, and that it does not count"
		);
	});
}

#[test]
fn malformed_unauthorised_or_untimely_events_are_refused() {
	ExtBuilder::build_and_execute(|| {
		assert_noop!(record(vec![]), Error::<Test>::Empty);
		refused(
			AccessEvent {
				occurred: NOW - LATENESS - 1,
				..event(9)
			},
			Error::TooLate,
		);
		refused(
			AccessEvent {
				occurred: NOW + SKEW + 1,
				..event(9)
			},
			Error::InFuture,
		);
		refused(
			AccessEvent {
				recipient: Some(20),
				..event(9)
			},
			Error::UnknownRecipient,
		);
		refused(
			AccessEvent {
				activity: Some(H256::zero()),
				..event(9)
			},
			Error::UnknownActivity,
		);

		let mut dangling = Batch::of(&[event(1), event(2)]).unwrap();
		dangling.events[1].usage = 1;
		assert_noop!(
			Access::record(RuntimeOrigin::signed(GATEWAY), DATASET, next(), Versioned::V1(dangling)),
			Error::<Test>::Malformed
		);

		let batch = || Versioned::V1(Batch::of(&[event(1)]).unwrap());
		let unknown = H256::repeat_byte(1);
		assert_noop!(
			Access::record(RuntimeOrigin::signed(GATEWAY), unknown, next(), batch()),
			Error::<Test>::UnknownDataset
		);
		assert_noop!(
			Access::record(RuntimeOrigin::signed(2), DATASET, next(), batch()),
			Error::<Test>::NotAuthorized
		);
		assert_noop!(
			Access::record(RuntimeOrigin::signed(100), DATASET, next(), batch()),
			sp_runtime::DispatchError::BadOrigin
		);
		assert_noop!(
			Access::record(RuntimeOrigin::root(), DATASET, next(), batch()),
			sp_runtime::DispatchError::BadOrigin
		);
	});
}

#[test]
fn the_edges_of_the_window_are_accepted() {
	ExtBuilder::build_and_execute(|| {
		let oldest = AccessEvent {
			occurred: NOW - LATENESS,
			..event(1)
		};
		let newest = AccessEvent {
			occurred: NOW + SKEW,
			activity: Some(ACTIVITY),
			recipient: None,
			..event(2)
		};
		assert_ok!(record(vec![oldest, newest]));
	});
}

#[test]
fn a_batch_over_the_limit_does_not_decode() {
	let Batch {
		start,
		actors,
		subjects,
		usages,
		events,
	} = Batch::of(&[event(1)]).unwrap();
	for (number, decodes) in [(MAX_BATCH, true), (MAX_BATCH + 1, false)] {
		let events = vec![events[0]; number as usize];
		let encoded = (start, &actors, &subjects, &usages, events).encode();
		assert_eq!(Batch::decode(&mut &encoded[..]).is_ok(), decodes, "{number}");
	}
}

#[test]
fn the_event_and_entry_encodings_are_pinned() {
	let entry = LogEntry {
		dataset: DATASET,
		reporter: HOSPITAL,
		recorded: NOW,
		rules: Rules {
			spec_version: 1,
			code: H256::repeat_byte(0xcc),
		},
		breaches: Breaches::PURPOSE,
		notices: Notices::RECORDED_AFTER,
		event: AccessEvent {
			subject: Some(ALICE),
			activity: Some(ACTIVITY),
			..event(1)
		},
	};
	assert_eq!(Versioned::V1(entry).encode()[0], 1, "the version comes first");
	assert_eq!(entry.event.encode().len(), 32 + 8 + 32 + 33 + 2 + 1 + 3 + 5 + 33 + 1);
	assert_eq!(
		format!("{:?}", entry.leaf()),
		"0xcaf8795e05a244e349f2dd3ba6240ca70f67a7d17dcc7c9503d79ce760e795c8"
	);
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(64))]
	/// However the events are divided into batches, the log is the same.
	#[test]
	fn batching_does_not_change_the_log(count in 1u64..60, cuts in proptest::collection::vec(1usize..20, 0..10)) {
		let events = (0..count).map(event).collect::<Vec<_>>();
		let mut whole = None;
		ExtBuilder::build_and_execute(|| {
			record(events.clone()).unwrap();
			whole = Some(Access::log(DATASET));
		});
		ExtBuilder::build_and_execute(|| {
			let mut rest = &events[..];
			for cut in cuts.iter().copied().chain(core::iter::repeat(7)) {
				if rest.is_empty() {
					break;
				}
				let (batch, after) = rest.split_at(cut.min(rest.len()));
				record(batch.to_vec()).unwrap();
				rest = after;
			}
			assert_eq!(Some(Access::log(DATASET)), whole);
		});
	}
}

#[test]
fn a_new_runtime_pins_its_own_rules() {
	ExtBuilder::build_and_execute(|| {
		frame_support::storage::unhashed::put_raw(b":code", b"first");
		assert_ok!(record(vec![event(1)]));
		frame_support::storage::unhashed::put_raw(b":code", b"second");
		assert_ok!(record(vec![event(2)]));
		let code = |event| match event {
			Event::BatchRecorded { rules, .. } => rules.code,
		};
		assert_eq!(
			code(last_event()),
			H256(sp_io::hashing::blake2_256(b"first")),
			"until the upgrade applies"
		);
		<Access as frame_support::traits::OnRuntimeUpgrade>::on_runtime_upgrade();
		<Access as frame_support::traits::Hooks<_>>::on_initialize(2);
		assert_eq!(
			CurrentRules::<Test>::get().map(|rules| rules.code),
			Some(H256(sp_io::hashing::blake2_256(b"second"))),
			"before any batch"
		);
		assert_ok!(record(vec![event(3)]));
		assert_eq!(code(last_event()), H256(sp_io::hashing::blake2_256(b"second")));
	});
}
