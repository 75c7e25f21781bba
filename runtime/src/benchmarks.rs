//! The benchmarks of the runtime, and what they need of other pallets.

use crate::*;
use alloc::{string::String, vec::Vec};
use codec::Decode;
use frame_benchmarking::{BenchmarkBatch, BenchmarkConfig, BenchmarkList};
use frame_support::traits::{EnsureOrigin, StorageInfo, StorageInfoTrait, WhitelistedStorageKeys};
use frame_system_benchmarking::Pallet as SystemBenchmarks;
use kexin_primitives::{
	dataset::Dataset,
	members::{MemberId, Powers},
	scope::Scope,
	DatasetId, Moment, Pseudonym, Versioned, H256,
};
use sp_runtime::traits::TrailingZeroInput;

frame_benchmarking::define_benchmarks!(
	[frame_system, SystemBenchmarks::<Runtime>]
	[pallet_access, Access]
	[pallet_annotation, Annotation]
	[pallet_consent, Consent]
	[pallet_lineage, Lineage]
	[pallet_members, Members]
);

impl frame_system_benchmarking::Config for Runtime {}

/// Which benchmarks there are.
pub fn metadata(extra: bool) -> (Vec<BenchmarkList>, Vec<StorageInfo>) {
	use frame_benchmarking::BenchmarkList;
	let mut list = Vec::<BenchmarkList>::new();
	list_benchmarks!(list, extra);
	(list, AllPalletsWithSystem::storage_info())
}

/// Runs the benchmarks that the configuration selects.
pub fn dispatch(config: BenchmarkConfig) -> Result<Vec<BenchmarkBatch>, String> {
	use frame_benchmarking::BenchmarkBatch;
	let whitelist = AllPalletsWithSystem::whitelisted_storage_keys();
	let mut batches = Vec::<BenchmarkBatch>::new();
	let params = (&config, &whitelist);
	add_benchmarks!(params, batches);
	Ok(batches)
}

/// Sets up what the pallets' benchmarks need of each other.
pub struct Helper;

impl pallet_members::BenchmarkHelper<AccountId> for Helper {
	fn set_session_keys(account: &AccountId) {
		let keys = SessionKeys::decode(&mut TrailingZeroInput::zeroes()).expect("public keys are any bytes");
		pallet_session::NextKeys::<Runtime>::insert(account, keys);
	}
}

/// A data set that allows everything.
fn declare(owner: MemberId, dataset: DatasetId, subjects: u32) {
	let everything = Versioned::V1(Scope::everything(0));
	let (label, cohort) = (everything.clone(), everything);
	let declared = Dataset {
		owner,
		label,
		cohort,
		subjects,
		declared: 0,
		superseded: None,
		superseded_by: None,
		supersedes: None,
	};
	pallet_consent::Datasets::<Runtime>::insert(dataset, Versioned::V1(declared));
}

impl pallet_access::BenchmarkHelper<RuntimeOrigin> for Helper {
	fn set_up(dataset: DatasetId, subjects: &[Pseudonym]) -> (RuntimeOrigin, MemberId) {
		type Gateway = pallet_members::EnsurePower<Runtime, { Powers::GATEWAY.bits() }>;
		let origin = Gateway::try_successful_origin().expect("a gateway can be made");
		let owner = Gateway::ensure_origin(origin.clone()).expect("it succeeds");
		declare(
			owner,
			dataset,
			u32::try_from(subjects.len()).expect("no more than a batch"),
		);
		for subject in subjects {
			let consent = pallet_consent::SubjectConsent {
				form: H256::zero(),
				scope: Versioned::V1(Scope::everything(0)),
			};
			let known = pallet_consent::Subject {
				consents: alloc::vec![consent].try_into().expect("one consent"),
				datasets: alloc::vec![pallet_consent::Enrolled {
					dataset,
					under: H256::zero(),
				}]
				.try_into()
				.expect("one data set"),
			};
			pallet_consent::Subjects::<Runtime>::insert(subject, owner, known);
		}
		(origin, owner)
	}

	fn set_time(now: Moment) {
		pallet_timestamp::Now::<Runtime>::put(now);
	}
}

impl pallet_consent::BenchmarkHelper for Helper {
	fn set_time(now: Moment) {
		pallet_timestamp::Now::<Runtime>::put(now);
	}
}

impl pallet_annotation::BenchmarkHelper for Helper {
	fn declare(dataset: DatasetId) -> DatasetId {
		declare(0, dataset, 0);
		dataset
	}
}
