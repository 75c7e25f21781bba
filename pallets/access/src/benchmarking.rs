//! Benchmarks. `record` is the call that the ledger lives on: its weight per event decides the throughput.

use crate::*;
use frame_benchmarking::v2::*;
use frame_support::traits::Hooks;
use kexin_primitives::vocabulary::{Operation, Purpose};

/// What the benchmarks need of other pallets.
pub trait BenchmarkHelper<Origin> {
	/// Declares a data set with these subjects enrolled; yields a gateway of its owner.
	fn set_up(dataset: DatasetId, subjects: &[Pseudonym]) -> (Origin, MemberId);
	/// Sets the time of the block.
	fn set_time(now: Moment);
}

const NOW: Moment = 1_800_000_000_000;
const DATASET: DatasetId = H256::repeat_byte(0xda);

fn hash(tag: u8, number: u32) -> H256 {
	H256(sp_io::hashing::blake2_256(
		&[&[tag], &number.to_le_bytes()[..]].concat(),
	))
}

/// The worst case: every event is new and breaches every dimension; the pages of its seconds are half full, so that a page is read,
/// merged and written.
fn events(n: u32, s: u32, p: u32, reporter: MemberId) -> Vec<AccessEvent> {
	(0..n)
		.map(|number| {
			let second = u64::from(number.checked_rem(p).unwrap_or(0));
			AccessEvent {
				source: hash(0, number),
				occurred: NOW.saturating_sub(second.saturating_mul(1_000)),
				actor: hash(1, number),
				subject: number.checked_rem(s).map(|subject| hash(2, subject)),
				purpose: Some(Purpose::Marketing),
				operation: Operation::Share,
				region: None,
				recipient: Some(reporter),
				activity: None,
				outcome: Outcome::Permitted,
			}
		})
		.collect()
}

#[benchmarks]
mod benches {
	use super::*;

	#[benchmark]
	fn record(n: Linear<1, MAX_BATCH>, s: Linear<0, MAX_BATCH>, p: Linear<1, MAX_BATCH>) {
		// A batch has no more subjects or seconds than events.
		let (s, p) = (s.min(n), p.min(n));
		T::BenchmarkHelper::set_time(NOW);
		let subjects = (0..s).map(|subject| hash(2, subject)).collect::<Vec<_>>();
		let (origin, reporter) = T::BenchmarkHelper::set_up(DATASET, &subjects);
		for second in 0..u64::from(p) {
			let mut page = (0..64u32).map(|source| hash(3, source)).collect::<Vec<_>>();
			page.sort();
			let second = second_of(NOW).saturating_sub(second);
			Recorded::<T>::insert(second, reporter, Page::truncate_from(page));
		}
		let batch = Versioned::V1(Batch::truncate_from(events(n, s, p, reporter)));

		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, DATASET, batch);

		assert_eq!(Pallet::<T>::log(DATASET).accumulator.count(), u64::from(n));
	}

	#[benchmark]
	fn expire(s: Linear<1, 32>, p: Linear<0, 32>) {
		T::BenchmarkHelper::set_time(NOW);
		let horizon = second_of(NOW.saturating_sub(T::MaxLateness::get()));
		let oldest = horizon.saturating_sub(u64::from(s));
		OldestSecond::<T>::put(oldest);
		for number in 0..p {
			let second = oldest.saturating_add(u64::from(number.checked_rem(s).unwrap_or(0)));
			Recorded::<T>::insert(
				second,
				number,
				Page::truncate_from((0..64).map(|n| hash(3, n)).collect()),
			);
		}

		#[block]
		{
			Pallet::<T>::on_initialize(Default::default());
		}

		assert_eq!(OldestSecond::<T>::get(), Some(horizon));
		assert_eq!(Recorded::<T>::iter_keys().count(), 0);
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::ExtBuilder::build(), crate::mock::Test);
}
