//! Benchmarks. The weight of `record` per event decides how many events per second the ledger takes.

use crate::*;
use frame_benchmarking::v2::*;
use kexin_primitives::{
	lineage::{Activity, ActivityKind, Input, InputRole, MAX_INPUTS, MAX_OUTPUTS},
	vocabulary::{Operation, Purpose, Region},
};

const NOW: UnixMillis = 1_800_000_000_000;
const DATASET: DatasetId = H256::repeat_byte(0xda);

fn hash(tag: u8, number: u32) -> H256 {
	H256(sp_io::hashing::blake2_256(
		&[&[tag], &number.to_le_bytes()[..]].concat(),
	))
}

/// The batch is the gateway's first.
const FIRST: Position = Position { stream: 1, event: 0 };

/// `n` new events about `s` subjects. Each event breaches every dimension, and shares nothing with another that it need
/// not share.
fn set_up<T: Config>(n: u32, s: u32) -> (<T as frame_system::Config>::RuntimeOrigin, Vec<AccessEvent>) {
	T::BenchmarkHelper::set_time(NOW);
	Pallet::<T>::pin_rules();
	let subjects = (0..s).map(|subject| hash(2, subject)).collect::<Vec<_>>();
	let (origin, reporter) = T::BenchmarkHelper::set_up(DATASET, &subjects);
	let event = |number: u32| AccessEvent {
		source: hash(0, number),
		occurred: NOW.saturating_sub(number.into()),
		actor: hash(1, number),
		subject: number.checked_rem(s).map(|subject| hash(2, subject)),
		purpose: Some(Purpose::Marketing),
		operation: Operation::Share,
		region: Some(Region(u16::try_from(number).unwrap_or_default())),
		recipient: Some(reporter),
		activity: None,
		outcome: Outcome::Permitted,
	};
	(origin, (0..n).map(event).collect())
}

fn packed(events: &[AccessEvent]) -> Versioned<Batch> {
	Versioned::V1(Batch::of(events).unwrap_or_default())
}

fn recorded<T: Config>() -> u64 {
	Pallet::<T>::log(DATASET).accumulator.count()
}

#[benchmarks]
mod benches {
	use super::*;

	#[benchmark]
	fn record_events(n: Linear<1, MAX_BATCH>) {
		let (origin, events) = set_up::<T>(n, 0);
		let batch = packed(&events);

		#[extrinsic_call]
		record(origin as T::RuntimeOrigin, DATASET, FIRST, batch);

		assert_eq!(recorded::<T>(), u64::from(n));
	}

	#[benchmark]
	fn record_subjects(s: Linear<0, MAX_BATCH>) {
		let (origin, events) = set_up::<T>(MAX_BATCH, s);
		let batch = packed(&events);

		#[extrinsic_call]
		record(origin as T::RuntimeOrigin, DATASET, FIRST, batch);

		assert_eq!(recorded::<T>(), u64::from(MAX_BATCH));
	}

	#[benchmark]
	fn record_activities(a: Linear<0, MAX_BATCH>) {
		let (origin, mut events) = set_up::<T>(MAX_BATCH, 0);
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
		for (number, event) in (0u32..).zip(&mut events) {
			event.activity = number.checked_rem(a).map(|activity| hash(4, activity));
		}
		let batch = packed(&events);

		#[extrinsic_call]
		record(origin as T::RuntimeOrigin, DATASET, FIRST, batch);

		assert_eq!(recorded::<T>(), u64::from(MAX_BATCH));
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
