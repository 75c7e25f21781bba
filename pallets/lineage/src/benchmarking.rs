//! Benchmarks. The worst case is that what is registered lapses first.

use crate::*;
use frame_benchmarking::v2::*;
use frame_support::traits::EnsureOrigin;
use kexin_primitives::{
	lineage::{EvidenceKind, Input, Output, MAX_EVIDENCE},
	H256,
};

fn hash(tag: u8, number: u32) -> H256 {
	let mut bytes = [tag; 32];
	for (byte, value) in bytes.iter_mut().zip(number.to_be_bytes()) {
		*byte = value;
	}
	H256(bytes)
}

fn agent<T: Config>() -> T::RuntimeOrigin {
	T::AgentOrigin::try_successful_origin().expect("an agent can be made")
}

/// Has somebody else register these artifacts, long enough ago.
fn squat<T: Config>(artifacts: impl Iterator<Item = ArtifactId>) {
	T::BenchmarkHelper::set_time(0);
	for artifact in artifacts {
		Pallet::<T>::do_register(MemberId::MAX, artifact, ArtifactKind::Report).expect("a new artifact");
	}
	T::BenchmarkHelper::set_time(T::MaxUnused::get());
}

#[benchmarks]
mod benches {
	use super::*;

	#[benchmark]
	fn register() {
		squat::<T>([hash(0, 0)].into_iter());

		#[extrinsic_call]
		_(agent::<T>() as T::RuntimeOrigin, hash(0, 0), ArtifactKind::Dataset);

		assert!(Pallet::<T>::artifact(hash(0, 0)).is_some_and(|artifact| artifact.owner != MemberId::MAX));
	}

	#[benchmark]
	fn start() {
		#[extrinsic_call]
		_(agent::<T>() as T::RuntimeOrigin, hash(1, 0), ActivityKind::Training);

		assert!(Activities::<T>::contains_key(hash(1, 0)));
	}

	#[benchmark]
	fn derive(i: Linear<1, MAX_INPUTS>, o: Linear<1, MAX_OUTPUTS>) {
		let origin = agent::<T>();
		Pallet::<T>::start(origin.clone(), hash(1, 0), ActivityKind::Training).expect("a new activity");
		let inputs = (0..i)
			.map(|number| {
				let artifact = hash(0, number);
				Pallet::<T>::register(origin.clone(), artifact, ArtifactKind::Dataset).expect("a new artifact");
				Input {
					artifact,
					role: InputRole::Used,
				}
			})
			.collect::<Vec<_>>();
		let outputs = (0..o).map(|number| Output {
			artifact: hash(2, number),
			kind: ArtifactKind::Model,
		});
		squat::<T>(outputs.clone().map(|output| output.artifact));
		let (inputs, outputs) = (Inputs::truncate_from(inputs), Outputs::truncate_from(outputs.collect()));

		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, hash(1, 0), inputs, outputs);

		assert!(Pallet::<T>::artifact(hash(2, 0)).is_some_and(|artifact| artifact.generated_by.is_some()));
	}

	#[benchmark]
	fn attach_evidence() {
		Pallet::<T>::register(agent::<T>(), hash(0, 0), ArtifactKind::Model).expect("a new artifact");
		let origin = T::EvidenceOrigin::try_successful_origin().expect("a member can be made");
		let evidence = Evidence {
			kind: EvidenceKind::Fairness,
			document: hash(3, 0),
			measure: 1,
			threshold: 1,
		};
		// The worst case: the list is all but full.
		for _ in 1..MAX_EVIDENCE {
			Pallet::<T>::attach_evidence(origin.clone(), hash(0, 0), evidence).expect("below the bound");
		}

		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, hash(0, 0), evidence);

		assert_eq!(Pallet::<T>::evidence_of(hash(0, 0)).len(), MAX_EVIDENCE as usize);
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::ExtBuilder::build(), crate::mock::Test);
}
