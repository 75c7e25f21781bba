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

/// A scope of the same size that has ended, but not too long ago to be recorded.
fn ended_scope() -> Versioned<Scope> {
	Versioned::V1(Scope::largest().revoke(NOW.saturating_sub(1)))
}

fn steward<T: Config>() -> T::RuntimeOrigin {
	T::BenchmarkHelper::set_time(NOW);
	T::StewardOrigin::try_successful_origin().expect("a steward can be made")
}

/// Enrols a subject in as many other datasets as leave room for one.
fn enrolled_but_for_one<T: Config>(hospital: MemberId, pseudonym: Pseudonym) {
	Subjects::<T>::mutate(pseudonym, hospital, |subject| {
		let enrolled = (1..MAX_DATASETS).map(|number| Enrolled {
			dataset: hash(3, number),
			under: H256::zero(),
			recorded: 0,
		});
		let datasets = enrolled.collect::<Vec<_>>().try_into().expect("below the bound");
		subject.as_mut().expect("has consented").latest_mut().datasets = datasets;
	});
}

#[benchmarks]
mod benches {
	use super::*;

	#[benchmark]
	fn grant() {
		let origin = steward::<T>();
		let subject = hash(0, 0);
		// There is only room if one of them is dropped.
		Pallet::<T>::grant(origin.clone(), subject, ended_scope(), hash(1, MAX_CONSENTS)).expect("below the bound");
		for document in 1..MAX_CONSENTS {
			Pallet::<T>::grant(origin.clone(), subject, largest_scope(), hash(1, document)).expect("below the bound");
		}
		T::BenchmarkHelper::set_time(NOW.saturating_add(T::MaxLateness::get()));

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
		let hospital = Pallet::<T>::dataset(dataset).expect("declared above").owner;
		let subjects = (0..n).map(|subject| hash(0, subject)).collect::<Vec<_>>();
		for subject in &subjects {
			// The consent that counts is the last at which the ledger looks.
			for document in 0..MAX_CONSENTS {
				let scope = if document == 0 { largest_scope() } else { ended_scope() };
				Pallet::<T>::grant(origin.clone(), *subject, scope, hash(1, document)).expect("below the bound");
			}
			enrolled_but_for_one::<T>(hospital, *subject);
		}

		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, dataset, Enrolment::truncate_from(subjects));

		assert_eq!(Pallet::<T>::dataset(dataset).map(|dataset| dataset.subjects), Some(n));
	}

	#[benchmark]
	fn drop_superseded() {
		let origin = steward::<T>();
		let enrolled = |number| Enrolled {
			dataset: hash(2, number),
			under: H256::zero(),
			recorded: 0,
		};
		for number in 0..MAX_DATASETS {
			Pallet::<T>::declare_dataset(origin.clone(), hash(2, number), largest_scope(), None)
				.expect("a new dataset");
			Pallet::<T>::declare_dataset(origin.clone(), hash(3, number), largest_scope(), Some(hash(2, number)))
				.expect("a new version");
		}
		let mut subject = Subject {
			datasets: (0..MAX_DATASETS)
				.map(enrolled)
				.collect::<Vec<_>>()
				.try_into()
				.expect("the bound"),
			..Default::default()
		};
		let later = NOW.saturating_add(T::MaxLateness::get());

		#[block]
		{
			Pallet::<T>::drop_superseded(&mut subject, later);
		}

		assert!(subject.datasets.is_empty());
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::ExtBuilder::build(), crate::mock::Test);
}
