//! The positions of events, by which each is recorded exactly once.

use super::{next, record, record_at};
use crate::{mock::*, Batch, Call, Error, Event, Logs, Position, Streams};
use frame_support::{
	assert_noop, assert_ok,
	dispatch::{DispatchErrorWithPostInfo, GetDispatchInfo},
	traits::UnfilteredDispatchable,
	weights::Weight,
};
use kexin_primitives::{access::AccessEvent, Versioned, H256};
use proptest::prelude::*;

fn at(stream: u64, event: u64) -> Position {
	Position { stream, event }
}

fn events(numbers: std::ops::Range<u64>) -> Vec<AccessEvent> {
	numbers.map(event).collect()
}

/// The index of the first new entry, how many are new, and how many events were recorded before.
fn recorded() -> (u64, u32, u32) {
	let Event::BatchRecorded {
		first,
		recorded,
		replayed,
		..
	} = last_event();
	(first, recorded, replayed)
}

fn count() -> u64 {
	Access::log(DATASET).accumulator.count()
}

#[test]
fn what_lies_before_the_next_position_is_answered_and_not_recorded_again() {
	ExtBuilder::build_and_execute(|| {
		assert_ok!(record_at(at(1, 0), &events(0..3)));
		assert_eq!((recorded(), next()), ((0, 3, 0), at(1, 3)));
		assert_ok!(record_at(at(1, 1), &events(1..5)));
		assert_eq!((recorded(), next()), ((3, 2, 2), at(1, 5)));

		let before = Access::log(DATASET);
		assert_ok!(record_at(at(1, 0), &events(0..5)));
		assert_eq!((recorded(), next()), ((5, 0, 5), at(1, 5)));
		assert_eq!(Access::log(DATASET), before, "a whole batch sent again changes nothing");
	});
}

#[test]
fn a_gap_is_refused() {
	ExtBuilder::build_and_execute(|| {
		assert_noop!(record_at(at(1, 1), &events(1..3)), pays_little(Error::Gap));
		assert_ok!(record_at(at(1, 0), &events(0..2)));
		assert_noop!(record_at(at(1, 3), &events(3..5)), pays_little(Error::Gap));
		assert_ok!(record_at(at(1, 2), &events(2..3)));
	});
}

#[test]
fn a_higher_stream_begins_anew_and_ends_the_ones_before() {
	ExtBuilder::build_and_execute(|| {
		assert_ok!(record_at(at(7, 0), &events(0..3)));
		assert_noop!(record_at(at(9, 3), &events(3..4)), pays_little(Error::Gap));
		assert_ok!(record_at(at(9, 0), &events(3..4)));
		assert_eq!((recorded(), next()), ((3, 1, 0), at(9, 1)));
		// A copy of what was sent in the former stream, which a pool may have kept.
		for first in [at(7, 0), at(7, 3), at(8, 0)] {
			assert_noop!(record_at(first, &events(3..9)), pays_little(Error::Superseded));
		}
	});
}

/// The error with the weight of looking up the position.
fn pays_little(error: Error<Test>) -> DispatchErrorWithPostInfo {
	DispatchErrorWithPostInfo {
		post_info: Some(weight(0, 0, 0)).into(),
		error: error.into(),
	}
}

fn weight(events: u32, subjects: u32, others: u32) -> Weight {
	crate::weights::record::<()>(crate::BatchShape {
		events,
		subjects,
		others,
	})
}

#[test]
fn a_refused_batch_leaves_its_positions_free() {
	ExtBuilder::build_and_execute(|| {
		let too_late = AccessEvent {
			occurred: 0,
			..event(1)
		};
		assert_noop!(record(vec![event(0), too_late]), Error::<Test>::TooLate);
		assert_ok!(record(vec![event(0)]));
		assert_eq!(next(), at(1, 1));
	});
}

#[test]
fn nobodys_source_keeps_another_record_out() {
	ExtBuilder::build_and_execute(|| {
		let harmless = AccessEvent {
			subject: None,
			..event(1)
		};
		let honest = AccessEvent {
			subject: Some(ALICE),
			..event(1)
		};
		assert_ok!(record(vec![harmless]));
		assert_ok!(record(vec![honest, honest]));
		assert_eq!((recorded(), count()), ((1, 2, 0), 3));
	});
}

#[test]
fn each_gateway_has_its_own_stream_for_all_datasets() {
	ExtBuilder::build_and_execute(|| {
		let [other_gateway, other_dataset] = [GATEWAY + 1_000, 0xdb];
		let other_dataset = H256::repeat_byte(other_dataset as u8);
		Datasets::mutate(|all| all.insert(other_dataset, all[&DATASET].clone()));
		assert_ok!(record(events(0..3)));

		let batch = || Versioned::V1(Batch::of(&events(0..2)).unwrap());
		let send = |gateway, dataset, first| Access::record(RuntimeOrigin::signed(gateway), dataset, first, batch());
		assert_ok!(send(other_gateway, DATASET, at(1, 0)));
		assert_eq!(recorded(), (3, 2, 0));
		assert_eq!(next(), at(1, 3));

		assert_ok!(send(GATEWAY, other_dataset, at(1, 1)));
		assert_eq!(recorded(), (0, 0, 2));
		assert!(!Logs::<Test>::contains_key(other_dataset), "nothing was recorded in it");
		assert_ok!(send(GATEWAY, other_dataset, at(1, 2)));
		assert_eq!(recorded(), (0, 1, 1));
		assert_eq!(Streams::<Test>::iter().count(), 2);
	});
}

#[test]
fn a_batch_pays_for_the_new_events_and_for_whom_and_what_they_name() {
	ExtBuilder::build_and_execute(|| {
		let of_subject = |number| AccessEvent {
			subject: Some(ALICE),
			activity: Some(ACTIVITY),
			purpose: None,
			..event(number)
		};
		let paid = |first, events: &[AccessEvent]| {
			let call = Call::<Test>::record {
				dataset: DATASET,
				first,
				batch: Versioned::V1(Batch::of(events).unwrap()),
			};
			let before = call.get_dispatch_info().call_weight;
			let paid = call
				.dispatch_bypass_filter(RuntimeOrigin::signed(GATEWAY))
				.unwrap()
				.actual_weight
				.unwrap();
			assert!(paid.all_lte(before), "{paid} {before}");
			paid
		};
		let events = (0..10).map(of_subject).collect::<Vec<_>>();
		// An activity and a recipient.
		assert_eq!(paid(at(1, 0), &events[..8]), weight(8, 1, 2));
		assert_eq!(paid(at(1, 0), &events), weight(2, 1, 2), "eight were recorded before");
		assert_eq!(paid(at(1, 0), &events), weight(0, 0, 0));
	});
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(64))]
	/// Whatever a client sends again, in whatever pieces, the log has every event once and in order.
	#[test]
	fn events_are_recorded_exactly_once(sent in proptest::collection::vec((0u64..30, 1u64..12), 1..30)) {
		ExtBuilder::build_and_execute(|| {
			let mut end = 0;
			for (first, number) in sent {
				let result = record_at(at(1, first), &events(first..first + number));
				if first > end {
					assert_eq!(result, Err(pays_little(Error::Gap)));
					continue;
				}
				assert_ok!(result);
				let new = (first + number).saturating_sub(end);
				assert_eq!(recorded(), (end, new as u32, (number - new) as u32));
				end += new;
				assert_eq!((count(), next()), (end, at(1, end)));
			}
			let log = Access::log(DATASET);
			ExtBuilder::build().execute_with(|| {
				if end > 0 {
					assert_ok!(record_at(at(1, 0), &events(0..end)));
				}
				assert_eq!(Access::log(DATASET), log, "as if sent at once");
			});
		});
	}
}
