//! Benchmarks. The weight of `record` per event decides how many events per second the ledger takes.

use crate::*;
use frame_benchmarking::v2::*;
use kexin_primitives::{
	lineage::{Activity, ActivityKind, Input, InputRole, MAX_INPUTS, MAX_OUTPUTS},
	vocabulary::{Operation, Purpose},
};

const NOW: UnixMillis = 1_800_000_000_000;
const DATASET: DatasetId = H256::repeat_byte(0xda);

fn hash(tag: u8, number: u32) -> H256 {
	H256(sp_io::hashing::blake2_256(
		&[&[tag], &number.to_le_bytes()[..]].concat(),
	))
}

/// A minute, in milliseconds.
const MINUTE: UnixMillis = 60_000;

/// `n` new events about `s` subjects in `p` different minutes. Each event breaches every dimension. The pages of their
/// minutes have just enough room, so each page has its largest size when it is read, merged and written.
fn set_up<T: Config>(n: u32, s: u32, p: u32) -> (<T as frame_system::Config>::RuntimeOrigin, Versioned<Batch>) {
	T::BenchmarkHelper::set_time(NOW);
	Pallet::<T>::pin_rules();
	let subjects = (0..s).map(|subject| hash(2, subject)).collect::<Vec<_>>();
	let (origin, reporter) = T::BenchmarkHelper::set_up(DATASET, &subjects);
	let event = |number: u32| {
		let minute = u64::from(number.checked_rem(p).unwrap_or(0));
		AccessEvent {
			source: hash(0, number),
			occurred: NOW.saturating_sub(minute.saturating_mul(MINUTE)),
			actor: hash(1, number),
			subject: number.checked_rem(s).map(|subject| hash(2, subject)),
			purpose: Some(Purpose::Marketing),
			operation: Operation::Share,
			region: None,
			recipient: Some(reporter),
			activity: None,
			outcome: Outcome::Permitted,
		}
	};
	let events = (0..n).map(event).collect::<Vec<_>>();
	let room = MAX_PAGE.saturating_sub(n.div_ceil(p));
	for event in events.iter().take(usize::try_from(p).unwrap_or(usize::MAX)) {
		let [(minute, level), ..] = sources::places(event);
		let mut page = (0..room).map(|source| hash(3, source)).collect::<Vec<_>>();
		page.sort();
		Recorded::<T>::insert(minute, (reporter, level), Page::truncate_from(page));
	}
	(origin, Versioned::V1(Batch::truncate_from(events)))
}

fn recorded<T: Config>() -> u64 {
	Pallet::<T>::log(DATASET).accumulator.count()
}

#[benchmarks]
mod benches {
	use super::*;

	#[benchmark]
	fn record_events(n: Linear<1, MAX_BATCH>) {
		let (origin, batch) = set_up::<T>(n, 0, weights::FEWEST_PAGES);

		#[extrinsic_call]
		record(origin as T::RuntimeOrigin, DATASET, batch);

		assert_eq!(recorded::<T>(), u64::from(n));
	}

	#[benchmark]
	fn record_subjects(s: Linear<0, MAX_BATCH>) {
		let (origin, batch) = set_up::<T>(MAX_BATCH, s, weights::FEWEST_PAGES);

		#[extrinsic_call]
		record(origin as T::RuntimeOrigin, DATASET, batch);

		assert_eq!(recorded::<T>(), u64::from(MAX_BATCH));
	}

	#[benchmark]
	fn record_activities(a: Linear<0, MAX_BATCH>) {
		let (origin, batch) = set_up::<T>(MAX_BATCH, 0, weights::FEWEST_PAGES);
		// The largest, of which the dataset is the last input.
		let inputs = (1..MAX_INPUTS).map(|input| hash(5, input)).chain([DATASET]);
		let inputs = inputs.map(|artifact| Input {
			artifact,
			role: InputRole::Used,
		});
		let activity = Activity {
			kind: ActivityKind::Training,
			agent: 0,
			started: 0,
			ended: Some(NOW),
			inputs: inputs.collect::<Vec<_>>().try_into().expect("as many as there can be"),
			outputs: (0..MAX_OUTPUTS)
				.map(|output| hash(6, output))
				.collect::<Vec<_>>()
				.try_into()
				.expect("as many as there can be"),
		};
		for number in 0..a {
			T::BenchmarkHelper::insert_activity(hash(4, number), activity.clone());
		}
		let mut events = batch.into_latest().into_inner();
		for (number, event) in (0u32..).zip(&mut events) {
			event.activity = number.checked_rem(a).map(|activity| hash(4, activity));
		}
		let batch = Versioned::V1(Batch::truncate_from(events));

		#[extrinsic_call]
		record(origin as T::RuntimeOrigin, DATASET, batch);

		assert_eq!(recorded::<T>(), u64::from(MAX_BATCH));
	}

	#[benchmark]
	fn record_pages(p: Linear<{ weights::FEWEST_PAGES }, MAX_BATCH>) {
		let (origin, batch) = set_up::<T>(MAX_BATCH, 0, p);

		#[extrinsic_call]
		record(origin as T::RuntimeOrigin, DATASET, batch);

		assert_eq!(recorded::<T>(), u64::from(MAX_BATCH));
	}

	#[benchmark]
	fn expire(s: Linear<1, 32>, p: Linear<0, 32>) {
		T::BenchmarkHelper::set_time(NOW);
		let horizon = second_of(NOW.saturating_sub(T::MaxLateness::get()));
		let oldest = horizon.saturating_sub(u64::from(s));
		OldestSecond::<T>::put(oldest);
		let page = Page::truncate_from((0..MAX_PAGE).map(|source| hash(3, source)).collect());
		for number in 0..p {
			let second = oldest.saturating_add(u64::from(number.checked_rem(s).unwrap_or(0)));
			Recorded::<T>::insert(second, (number, Level::Second), page.clone());
		}

		#[block]
		{
			Pallet::<T>::expire_pages();
		}

		assert_eq!(OldestSecond::<T>::get(), Some(horizon));
		assert_eq!(Recorded::<T>::iter_keys().count(), 0);
	}

	#[benchmark]
	fn pin_rules() {
		#[block]
		{
			Pallet::<T>::pin_rules();
		}

		assert!(CurrentRules::<T>::exists());
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::ExtBuilder::build(), crate::mock::Test);
}
