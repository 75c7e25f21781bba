//! The benchmarks of the runtime, and what they need of other pallets.

// A benchmark that panics measures nothing: it is no code of the chain.
#![allow(clippy::arithmetic_side_effects, clippy::indexing_slicing)]

mod consensus;

use crate::*;
use alloc::{format, string::String, vec::Vec};
use codec::{Decode, Encode};
use frame_benchmarking::{BenchmarkBatch, BenchmarkConfig, BenchmarkList};
use frame_support::traits::{EnsureOrigin, StorageInfo, StorageInfoTrait, WhitelistedStorageKeys};
use frame_system_benchmarking::{extensions::Pallet as ExtensionBenchmarks, Pallet as SystemBenchmarks};
use kexin_primitives::{
	dataset::Dataset,
	lineage::{Activity, ActivityId},
	members::{MemberId, MemberKind, Name, Place, Powers},
	scope::Scope,
	vocabulary::Region,
	DatasetId, Pseudonym, UnixMillis, Versioned, H256,
};
use pallet_members::BenchmarkHelper as _;
use sp_core::crypto::KeyTypeId;
use sp_runtime::traits::TrailingZeroInput;

frame_benchmarking::define_benchmarks!(
	[consensus, ConsensusBenchmarks]
	[frame_system, SystemBenchmarks::<Runtime>]
	[frame_system_extensions, ExtensionBenchmarks::<Runtime>]
	[pallet_access, Access]
	[pallet_annotation, Annotation]
	[pallet_balances, Balances]
	[pallet_collective, Council]
	[pallet_consent, Consent]
	[pallet_governance, Governance]
	[pallet_lineage, Lineage]
	[pallet_members, Members]
	[pallet_timestamp, Timestamp]
	[pallet_utility, Utility]
);

type ConsensusBenchmarks = consensus::Pallet<Runtime>;

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

/// The kind of the keys whose secrets benchmarks have at hand.
const KEYS: KeyTypeId = KeyTypeId(*b"test");

impl pallet_members::BenchmarkHelper<AccountId, Signature> for Helper {
	fn set_session_keys(account: &AccountId) {
		let any = account.encode();
		let keys = SessionKeys::decode(&mut TrailingZeroInput::new(&any)).expect("public keys are any bytes");
		pallet_session::NextKeys::<Runtime>::insert(account, keys);
	}

	fn account(number: u32) -> AccountId {
		sp_io::crypto::sr25519_generate(KEYS, Some(format!("//{number}").into_bytes())).into()
	}

	fn sign(account: &AccountId, message: &[u8]) -> Signature {
		let key = sp_core::sr25519::Public::from_raw(*account.as_ref());
		let signature = sp_io::crypto::sr25519_sign(KEYS, &key, message);
		signature.expect("its secret is in the keystore").into()
	}
}

/// As many validators as there can be, with session keys of their own.
fn validators() {
	type Majority = <Runtime as pallet_members::Config>::AdmitOrigin;
	type TwoThirds = <Runtime as pallet_members::Config>::ChangeOrigin;
	let majority = || Majority::try_successful_origin().expect("the council can admit a member");
	let two_thirds = || TwoThirds::try_successful_origin().expect("the council can admit a validator");
	let present = Members::validators().len();
	for index in present..pallet_members::MAX_VALIDATORS as usize {
		let account = Helper::account(index as u32);
		let (kind, region) = (MemberKind::Hospital, Region(276));
		let name: Name = b"benchmark".to_vec().try_into().expect("a short name");
		let place = Place::FirstKey {
			kind,
			name: &name,
			region,
			seat: false,
		};
		let acceptance = Helper::sign(&account, &Members::statement(&account, &place));
		Members::admit(
			majority(),
			kind,
			name.clone(),
			region,
			false,
			account.clone(),
			acceptance,
		)
		.expect("a new member");
		Helper::set_session_keys(&account);
		Members::admit_validator(two_thirds(), account).expect("it has session keys");
	}
}

/// As many validators as there can be, of whom all but one are silent.
pub fn silence() {
	validators();
	let validators = Members::validators();
	System::set_block_number(
		System::block_number() + pallet_members::SILENT_TURNS * pallet_members::MAX_VALIDATORS + 1,
	);
	Members::note_author(&validators[0]);
	pallet_session::Validators::<Runtime>::put(validators);
}

/// A dataset that allows everything.
fn declare(owner: MemberId, dataset: DatasetId, subjects: u32) {
	let everything = Versioned::V1(Scope::everything(0));
	let (label, cohort) = (everything.clone(), everything);
	let declared = Dataset {
		owner,
		label,
		cohort,
		subjects,
		declared: 0,
		enrolled: Some(0),
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
				document: H256::zero(),
				scope: Versioned::V1(Scope::everything(0)),
				recorded: 0,
			};
			let known = pallet_consent::Subject {
				consents: alloc::vec![consent].try_into().expect("one consent"),
				datasets: alloc::vec![pallet_consent::Enrolled {
					dataset,
					under: H256::zero(),
					recorded: 0,
				}]
				.try_into()
				.expect("one dataset"),
				narrowed: None,
				dropped: None,
			};
			pallet_consent::Subjects::<Runtime>::insert(subject, owner, Versioned::V1(known));
		}
		(origin, owner)
	}

	fn insert_activity(id: ActivityId, activity: Activity) {
		pallet_lineage::Activities::<Runtime>::insert(id, Versioned::V1(activity));
	}

	fn set_time(now: UnixMillis) {
		pallet_timestamp::Now::<Runtime>::put(now);
	}
}

impl pallet_consent::BenchmarkHelper for Helper {
	fn set_time(now: UnixMillis) {
		pallet_timestamp::Now::<Runtime>::put(now);
	}
}

impl pallet_lineage::BenchmarkHelper for Helper {
	fn set_time(now: UnixMillis) {
		pallet_timestamp::Now::<Runtime>::put(now);
	}
}

impl pallet_annotation::BenchmarkHelper for Helper {
	fn declare(dataset: DatasetId) -> DatasetId {
		declare(0, dataset, 0);
		dataset
	}
}
