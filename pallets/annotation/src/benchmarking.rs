//! Benchmarks.

use crate::*;
use frame_benchmarking::v2::*;
use frame_support::traits::EnsureOrigin;

const UNITS: u32 = 1_000;

fn hash(number: u32) -> H256 {
	let mut bytes = [0; 32];
	for (byte, value) in bytes.iter_mut().zip(number.to_be_bytes()) {
		*byte = value;
	}
	H256(bytes)
}

/// A campaign, its treasurer, and the member that reviews it.
fn campaign<T: Config>() -> (T::RuntimeOrigin, T::RuntimeOrigin) {
	let reviewing = T::ReviewerOrigin::try_successful_origin().expect("a reviewer can be made");
	let reviewer = T::ReviewerOrigin::ensure_origin(reviewing.clone()).expect("it succeeds");
	let (treasurer, dataset) = treasurer::<T>();
	Pallet::<T>::create(treasurer.clone(), dataset, 1u32.into(), UNITS, reviewer).expect("it is funded");
	(treasurer, reviewing)
}

fn treasurer<T: Config>() -> (T::RuntimeOrigin, DatasetId) {
	let origin = T::TreasurerOrigin::try_successful_origin().expect("a treasurer can be made");
	let (_, account) = T::TreasurerOrigin::ensure_origin(origin.clone()).expect("it succeeds");
	let _ = T::Currency::mint_into(&account, 1_000_000u32.into());
	(origin, T::BenchmarkHelper::declare(H256::repeat_byte(0xda)))
}

fn contributions<T: Config>(contributions: u32) -> T::RuntimeOrigin {
	let annotator = T::AnnotatorOrigin::try_successful_origin().expect("an annotator can be made");
	for number in 0..contributions {
		Pallet::<T>::contribute(annotator.clone(), 0, hash(number), 1).expect("there are units left");
	}
	annotator
}

fn decisions(contributions: u32) -> Decisions {
	Decisions::truncate_from((0..contributions).map(|number| (hash(number), true)).collect())
}

#[benchmarks]
mod benches {
	use super::*;

	#[benchmark]
	fn create() {
		let (origin, dataset) = treasurer::<T>();

		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, dataset, 1u32.into(), UNITS, 0);

		assert!(Campaigns::<T>::contains_key(0));
	}

	#[benchmark]
	fn contribute() {
		campaign::<T>();
		let origin = contributions::<T>(1);

		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, 0, hash(1), 1);

		assert!(Contributions::<T>::contains_key(0, hash(1)));
	}

	#[benchmark]
	fn review(n: Linear<1, MAX_DECISIONS>) {
		let (_, reviewer) = campaign::<T>();
		contributions::<T>(n);

		#[extrinsic_call]
		_(reviewer as T::RuntimeOrigin, 0, decisions(n));

		assert_eq!(Campaigns::<T>::get(0).map(|campaign| campaign.accepted), Some(n));
	}

	#[benchmark]
	fn claim() {
		let (_, reviewer) = campaign::<T>();
		contributions::<T>(1);
		Pallet::<T>::review(reviewer, 0, decisions(1)).expect("it is pending");
		let origin = T::ClaimOrigin::try_successful_origin().expect("a key can be made");
		let (_, account) = T::ClaimOrigin::ensure_origin(origin.clone()).expect("it succeeds");
		Claimable::<T>::insert(&account, BalanceOf::<T>::from(1u32));

		#[extrinsic_call]
		_(origin as T::RuntimeOrigin);

		assert!(Pallet::<T>::claimable(&account).is_zero());
	}

	#[benchmark]
	fn close() {
		let (treasurer, _) = campaign::<T>();

		#[extrinsic_call]
		_(treasurer as T::RuntimeOrigin, 0);

		assert_eq!(Campaigns::<T>::get(0).map(|campaign| campaign.closed), Some(true));
	}

	#[benchmark]
	fn prune(n: Linear<1, MAX_PRUNED>) {
		let (treasurer, reviewer) = campaign::<T>();
		contributions::<T>(n);
		Pallet::<T>::review(reviewer, 0, decisions(n)).expect("they are pending");
		Pallet::<T>::close(treasurer, 0).expect("nothing is pending");
		let origin = T::ClaimOrigin::try_successful_origin().expect("a key can be made");

		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, 0, n);

		assert_eq!(Contributions::<T>::iter_prefix(0).count(), 0);
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::ExtBuilder::build(), crate::mock::Test);
}
