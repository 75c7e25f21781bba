//! Benchmarks. The worst case is that every scope names as many values as it can.

use crate::*;
use frame_benchmarking::v2::*;
use frame_support::traits::EnsureOrigin;

const NOW: UnixMillis = 1_800_000_000_000;

fn hash(tag: u8, number: u32) -> H256 {
	let mut bytes = [tag; 32];
	for (byte, value) in bytes.iter_mut().zip(number.to_be_bytes()) {
		*byte = value;
	}
	H256(bytes)
}

fn largest_scope() -> Versioned<Scope> {
	Versioned::V1(Scope::largest())
}

fn steward<T: Config>() -> T::RuntimeOrigin {
	T::BenchmarkHelper::set_time(NOW);
	T::StewardOrigin::try_successful_origin().expect("a steward can be made")
}

#[benchmarks]
mod benches {
	use super::*;

	#[benchmark]
	fn grant() {
		let origin = steward::<T>();
		let subject = hash(0, 0);
		for document in 1..MAX_CONSENTS {
			Pallet::<T>::grant(origin.clone(), subject, largest_scope(), hash(1, document)).expect("below the bound");
		}

		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, subject, largest_scope(), hash(1, 0));

		let (_, subject) = Pallet::<T>::consents_of(subject).pop().expect("granted above");
		assert_eq!(subject.consents.len(), MAX_CONSENTS as usize);
	}

	#[benchmark]
	fn narrow(d: Linear<0, MAX_DATASETS>) {
		let origin = steward::<T>();
		let subject = hash(0, 0);
		for document in 0..MAX_CONSENTS {
			Pallet::<T>::grant(origin.clone(), subject, largest_scope(), hash(1, document)).expect("below the bound");
		}
		for dataset in 0..d {
			let id = hash(2, dataset);
			Pallet::<T>::declare_dataset(origin.clone(), id, largest_scope(), None).expect("a new dataset");
			let subjects = alloc::vec![subject].try_into().expect("one subject");
			Pallet::<T>::enrol(origin.clone(), id, subjects).expect("has consented");
		}

		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, subject, None, largest_scope(), hash(1, 99));

		assert_eq!(Pallet::<T>::consents_of(subject).len(), 1);
	}

	#[benchmark]
	fn declare_dataset() {
		let origin = steward::<T>();
		let older = hash(2, 0);
		Pallet::<T>::declare_dataset(origin.clone(), older, largest_scope(), None).expect("a new dataset");
		let newer = hash(2, 1);

		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, newer, largest_scope(), Some(older));

		assert!(Pallet::<T>::dataset(older).is_some_and(|dataset| dataset.superseded.is_some()));
	}

	#[benchmark]
	fn enrol(n: Linear<1, MAX_ENROLLED>) {
		let origin = steward::<T>();
		let dataset = hash(2, 0);
		Pallet::<T>::declare_dataset(origin.clone(), dataset, largest_scope(), None).expect("a new dataset");
		let subjects = (0..n).map(|subject| hash(0, subject)).collect::<Vec<_>>();
		for subject in &subjects {
			for document in 0..MAX_CONSENTS {
				Pallet::<T>::grant(origin.clone(), *subject, largest_scope(), hash(1, document))
					.expect("below the bound");
			}
		}

		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, dataset, Enrolment::truncate_from(subjects));

		assert_eq!(Pallet::<T>::dataset(dataset).map(|dataset| dataset.subjects), Some(n));
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::ExtBuilder::build(), crate::mock::Test);
}
