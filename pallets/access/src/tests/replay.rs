//! Replayed sources, and the pages that recognise them.

use crate::{mock::*, Event, OldestSecond, Recorded, MAX_PER_SECOND};
use frame_support::{
	assert_noop, assert_ok,
	traits::{Hooks, Time},
};
use kexin_primitives::{access::AccessEvent, Versioned, H256};
use proptest::prelude::*;
use std::collections::BTreeSet;

fn record(events: Vec<AccessEvent>) -> frame_support::pallet_prelude::DispatchResult {
	Access::record(
		RuntimeOrigin::signed(GATEWAY),
		DATASET,
		Versioned::V1(events.try_into().unwrap()),
	)
}

fn advance_to(now: u64) {
	pallet_timestamp::Now::<Test>::put(now);
	System::set_block_number(System::block_number() + 1);
	Access::on_initialize(System::block_number());
}

#[test]
fn a_replayed_source_is_answered_and_not_recorded_again() {
	ExtBuilder::build_and_execute(|| {
		assert_ok!(record(vec![event(1), event(2), event(1)]));
		assert_ok!(record(vec![event(2), event(3)]));
		let Event::BatchRecorded {
			first,
			recorded,
			replayed,
			..
		} = last_event();
		assert_eq!((first, recorded, replayed.into_inner()), (2, 1, vec![0]));
		assert_eq!(Access::log(DATASET).accumulator.count(), 3);

		let before = Access::log(DATASET);
		assert_ok!(record(vec![event(1), event(2), event(3)]));
		assert_eq!(Access::log(DATASET), before, "a whole batch sent again changes nothing");
	});
}

#[test]
fn hospitals_do_not_shadow_each_other() {
	ExtBuilder::build_and_execute(|| {
		let other = H256::repeat_byte(0xdb);
		Datasets::mutate(|all| all.insert(other, (2, kexin_primitives::scope::Scope::everything(0))));
		assert_ok!(record(vec![event(1)]));
		assert_ok!(Access::record(
			RuntimeOrigin::signed(2),
			other,
			Versioned::V1(vec![event(1)].try_into().unwrap())
		));
		assert_eq!(Access::log(other).accumulator.count(), 1);
	});
}

#[test]
fn more_events_in_a_second_than_a_page_holds_are_refused() {
	ExtBuilder::build_and_execute(|| {
		let full = (0..u64::from(MAX_PER_SECOND))
			.map(H256::from_low_u64_be)
			.collect::<Vec<_>>();
		Recorded::<Test>::insert(NOW / 1_000, HOSPITAL, crate::Page::try_from(full).unwrap());
		assert_noop!(record(vec![event(1_000_000)]), crate::Error::<Test>::TooManyPerSecond);
		assert_ok!(record(vec![event(5)]));
		assert_ok!(record(vec![AccessEvent {
			occurred: NOW - 1_000,
			..event(1_000_000)
		}]));
	});
}

#[test]
fn pages_are_kept_while_late_events_are_accepted_and_dropped_after() {
	ExtBuilder::build_and_execute(|| {
		advance_to(NOW);
		assert_ok!(record(vec![event(1)]));
		advance_to(NOW + LATENESS);
		assert_ok!(record(vec![event(1)]));
		let Event::BatchRecorded { recorded, .. } = last_event();
		assert_eq!(recorded, 0, "still recognised at the last moment");
		for _ in 0..LATENESS / 1_000 / 32 + 1 {
			advance_to(NOW + LATENESS + 1_000);
		}
		assert_eq!(Recorded::<Test>::iter().count(), 0);
		assert_noop!(record(vec![event(1)]), crate::Error::<Test>::TooLate);
	});
}

#[test]
fn the_clean_up_waits_for_the_first_timestamp() {
	ExtBuilder::build_and_execute(|| {
		advance_to(0);
		assert_eq!(OldestSecond::<Test>::get(), None);
		advance_to(NOW);
		assert_eq!(OldestSecond::<Test>::get(), Some((Timestamp::now() - LATENESS) / 1_000));
	});
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(64))]
	/// Against a naive model: the set of all sources that were ever recorded.
	#[test]
	fn sources_are_recorded_exactly_once(
		batches in proptest::collection::vec(proptest::collection::vec(0u64..40, 1..20), 1..12),
	) {
		ExtBuilder::build_and_execute(|| {
			let mut model = BTreeSet::new();
			for batch in batches {
				let events = batch
					.iter()
					.map(|source| AccessEvent { occurred: NOW - source % 7 * 700, ..event(*source) })
					.collect();
				record(events).unwrap();
				let Event::BatchRecorded { replayed, recorded, .. } = last_event();
				let expected = (0u32..)
					.zip(&batch)
					.filter(|(_, source)| !model.insert(**source))
					.map(|(position, _)| position)
					.collect::<Vec<_>>();
				assert_eq!(replayed.into_inner(), expected);
				assert_eq!(recorded as usize, batch.len() - expected.len());
			}
			assert_eq!(Access::log(DATASET).accumulator.count() as usize, model.len());
		});
	}
}
