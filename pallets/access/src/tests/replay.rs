//! Replayed sources, and the pages by which they are recognised.

use crate::{mock::*, Event, Level, OldestSecond, Page, Recorded, MAX_PAGE};
use frame_support::{
	assert_noop, assert_ok,
	dispatch::GetDispatchInfo,
	traits::{Hooks, Time, UnfilteredDispatchable},
};
use kexin_primitives::{access::AccessEvent, Versioned, H256};
use proptest::prelude::*;
use std::collections::BTreeSet;

fn record(events: Vec<AccessEvent>) -> frame_support::pallet_prelude::DispatchResultWithPostInfo {
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
fn a_source_of_one_hospital_does_not_hide_the_same_source_of_another() {
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

/// A full page of sources that no test uses.
fn full(tag: u8) -> Page {
	let source = |number| {
		H256(
			[[tag; 28].as_slice(), &u32::to_be_bytes(number)]
				.concat()
				.try_into()
				.unwrap(),
		)
	};
	Page::try_from((0..MAX_PAGE).map(source).collect::<Vec<_>>()).unwrap()
}

fn fill(event: &AccessEvent, levels: usize) {
	for ((second, level), tag) in crate::sources::places(event).into_iter().zip(0xf0..).take(levels) {
		Recorded::<Test>::insert(second, (HOSPITAL, level), full(tag));
	}
}

fn pages() -> Vec<Level> {
	let mut pages = Recorded::<Test>::iter_keys()
		.map(|(_, (_, level))| level)
		.collect::<Vec<_>>();
	pages.sort();
	pages
}

#[test]
fn a_source_goes_into_the_first_page_with_room_and_is_found_there() {
	for (filled, expected) in [
		(0, vec![Level::Minute]),
		(1, vec![Level::Minute, Level::Second]),
		(2, vec![Level::Minute, Level::Second, Level::Shard(0)]),
	] {
		ExtBuilder::build_and_execute(|| {
			fill(&event(1), filled);
			assert_ok!(record(vec![event(1)]));
			assert_eq!(pages(), expected);
			assert_ok!(record(vec![event(1)]));
			let Event::BatchRecorded { recorded, .. } = last_event();
			assert_eq!(recorded, 0, "{filled} pages were full");
		});
	}
}

#[test]
fn a_page_that_fills_up_within_a_batch_passes_on_the_rest() {
	ExtBuilder::build_and_execute(|| {
		let number = u64::from(MAX_PAGE) * 2 + 3;
		let all = || (0..number).map(event).collect::<Vec<_>>();
		assert_ok!(record(all()));
		assert_eq!(pages(), [Level::Minute, Level::Second, Level::Shard(0)]);
		assert_ok!(record(all()));
		assert_eq!(Access::log(DATASET).accumulator.count(), number);
	});
}

#[test]
fn more_events_in_a_second_than_its_pages_hold_are_refused() {
	ExtBuilder::build_and_execute(|| {
		fill(&event(1), 3);
		assert_noop!(record(vec![event(1)]), crate::Error::<Test>::TooManyPerSecond);
		let second_before = AccessEvent {
			occurred: NOW - 1_000,
			..event(1)
		};
		assert_ok!(record(vec![second_before]));
	});
}

#[test]
fn a_batch_pays_for_the_pages_and_subjects_that_it_needs() {
	ExtBuilder::build_and_execute(|| {
		let batch = |events: Vec<AccessEvent>| crate::Call::<Test>::record {
			dataset: DATASET,
			events: Versioned::V1(events.try_into().unwrap()),
		};
		let of_subject = AccessEvent {
			subject: Some(ALICE),
			..event(0)
		};
		let events = (0..10)
			.map(|number| AccessEvent {
				source: H256::from_low_u64_be(number),
				occurred: NOW - number * 1_000,
				..of_subject
			})
			.collect::<Vec<_>>();
		let call = batch(events.clone());
		let before = call.get_dispatch_info().call_weight;
		let paid = call
			.dispatch_bypass_filter(RuntimeOrigin::signed(GATEWAY))
			.unwrap()
			.actual_weight
			.unwrap();
		// One subject, and the pages of the one or two minutes of these ten seconds.
		let pages = pages().len() as u32;
		assert!(pages <= 2);
		let shape = crate::BatchShape {
			events: 10,
			subjects: 1,
			activities: 0,
			pages,
		};
		assert_eq!(paid, crate::weights::record::<()>(shape));
		assert!(paid.all_lte(before));
	});
}

#[test]
fn pages_stay_while_late_events_are_accepted_and_are_dropped_afterwards() {
	ExtBuilder::build_and_execute(|| {
		advance_to(NOW);
		assert_ok!(record(vec![event(1)]));
		advance_to(NOW + LATENESS);
		assert_ok!(record(vec![event(1)]));
		let Event::BatchRecorded { recorded, .. } = last_event();
		assert_eq!(recorded, 0, "still recognised at the last time");
		// The page is that of the minute.
		for _ in 0..LATENESS / 1_000 / 32 + 1 {
			advance_to(NOW + LATENESS + 60_000);
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

/// An event whose second, one of seven, follows from its source.
fn spread(source: u64) -> AccessEvent {
	AccessEvent {
		occurred: NOW - source % 7 * 20_000,
		..event(source)
	}
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
			// The pages are nearly full, so new sources spread over all levels.
			for source in 0..7 {
				for ((second, level), room) in crate::sources::places(&spread(source)).into_iter().zip([3, 2]) {
					let page = full(0xf0).into_iter().take(MAX_PAGE as usize - room).collect::<Vec<_>>();
					Recorded::<Test>::insert(second, (HOSPITAL, level), Page::try_from(page).unwrap());
				}
			}
			for batch in batches {
				let events = batch.iter().map(|source| spread(*source)).collect();
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
