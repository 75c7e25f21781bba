//! A runtime with this pallet and a clock that tests set. Accounts below 100 are stewards of the hospital with the same
//! number.

use crate::{self as pallet_consent, *};
use frame_support::{
	derive_impl, parameter_types,
	traits::{ConstU64, Contains, TryMapSuccess},
};
use frame_system::EnsureSigned;
use kexin_primitives::scope::Dimension;
use sp_runtime::{traits::TryMorph, BuildStorage, DispatchError};
use std::collections::BTreeSet;

frame_support::construct_runtime!(
	pub enum Test {
		System: frame_system,
		Timestamp: pallet_timestamp,
		Consent: pallet_consent,
	}
);

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = frame_system::mocking::MockBlock<Test>;
}

impl pallet_timestamp::Config for Test {
	type Moment = UnixMillis;
	type OnTimestampSet = ();
	type MinimumPeriod = ConstU64<1>;
	type WeightInfo = ();
}

pub struct HospitalOfSteward;
impl TryMorph<u64> for HospitalOfSteward {
	type Outcome = MemberId;
	fn try_morph(account: u64) -> Result<MemberId, ()> {
		MemberId::try_from(account)
			.ok()
			.filter(|member| *member < 100)
			.ok_or(())
	}
}

parameter_types! {
	/// The artifacts of the lineage.
	pub static Artifacts: BTreeSet<DatasetId> = BTreeSet::new();
	/// The datasets with accesses in their logs.
	pub static Recorded: BTreeSet<DatasetId> = BTreeSet::new();
}

/// Which datasets have accesses in their logs.
pub struct Logs;
impl Contains<DatasetId> for Logs {
	fn contains(dataset: &DatasetId) -> bool {
		Recorded::get().contains(dataset)
	}
}

pub struct SetOfArtifacts;
impl RegisterArtifact for SetOfArtifacts {
	fn register_dataset(_: MemberId, dataset: DatasetId) -> DispatchResult {
		let new = Artifacts::mutate(|all| all.insert(dataset));
		if new {
			Ok(())
		} else {
			Err(DispatchError::Other("known artifact"))
		}
	}
}

pub const NOW: UnixMillis = 1_800_000_000_000;
pub const DAY: UnixMillis = 24 * 60 * 60 * 1_000;
pub const LATENESS: UnixMillis = 30 * DAY;

impl Config for Test {
	type StewardOrigin = TryMapSuccess<EnsureSigned<u64>, HospitalOfSteward>;
	type Artifacts = SetOfArtifacts;
	type Recorded = Logs;
	type Time = Timestamp;
	type MaxLateness = ConstU64<LATENESS>;
	type WeightInfo = ();
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = MockHelper;
}

#[cfg(feature = "runtime-benchmarks")]
pub struct MockHelper;
#[cfg(feature = "runtime-benchmarks")]
impl BenchmarkHelper for MockHelper {
	fn set_time(now: UnixMillis) {
		set_now(now);
		// Each run of a benchmark starts on a fresh state, and the artifacts are not part of it.
		Artifacts::set(BTreeSet::new());
	}
}

pub const HOSPITAL: MemberId = 1;

pub fn steward() -> RuntimeOrigin {
	RuntimeOrigin::signed(HOSPITAL.into())
}

pub fn hash(number: u64) -> H256 {
	H256::from_low_u64_be(number)
}

pub fn set_now(now: UnixMillis) {
	pallet_timestamp::Now::<Test>::put(now);
}

/// Everything from [`NOW`] on, for these purposes, until `end`.
pub fn scope_for(
	purposes: impl IntoIterator<Item = kexin_primitives::vocabulary::Purpose>,
	end: UnixMillis,
) -> Versioned<Scope> {
	Versioned::V1(Scope {
		purposes: Dimension::only(purposes, end).unwrap(),
		..Scope::everything(NOW)
	})
}

pub fn everything() -> Versioned<Scope> {
	Versioned::V1(Scope::everything(NOW))
}

/// Starts at block 1 and [`NOW`].
pub struct ExtBuilder;
impl ExtBuilder {
	pub fn build() -> sp_io::TestExternalities {
		let storage = frame_system::GenesisConfig::<Test>::default().build_storage().unwrap();
		let mut externalities = sp_io::TestExternalities::from(storage);
		externalities.execute_with(|| {
			System::set_block_number(1);
			set_now(NOW);
			Artifacts::set(BTreeSet::new());
			Recorded::set(BTreeSet::new());
		});
		externalities
	}

	/// Runs the test, then checks every invariant.
	pub fn build_and_execute(test: impl FnOnce()) {
		Self::build().execute_with(|| {
			test();
			Consent::do_try_state().unwrap();
		});
	}
}
