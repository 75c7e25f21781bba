//! A runtime with this pallet. Accounts below 100 are the stewards of the member of the same number.

use crate::{self as pallet_lineage, *};
use frame_support::{
	derive_impl,
	traits::{ConstU64, Contains, TryMapSuccess},
};
use frame_system::EnsureSigned;
use kexin_primitives::H256;
use sp_runtime::{traits::TryMorph, BuildStorage};

frame_support::construct_runtime!(
	pub enum Test {
		System: frame_system,
		Timestamp: pallet_timestamp,
		Lineage: pallet_lineage,
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

pub struct MemberOfSteward;
impl TryMorph<u64> for MemberOfSteward {
	type Outcome = MemberId;
	fn try_morph(account: u64) -> Result<MemberId, ()> {
		MemberId::try_from(account)
			.ok()
			.filter(|member| *member < 100)
			.ok_or(())
	}
}

impl Config for Test {
	type AgentOrigin = TryMapSuccess<EnsureSigned<u64>, MemberOfSteward>;
	type EvidenceOrigin = TryMapSuccess<EnsureSigned<u64>, MemberOfSteward>;
	type Time = Timestamp;
	type Declared = Declared;
	type MaxUnused = ConstU64<WEEK>;
	type WeightInfo = ();
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = Declared;
}

/// The hash 77 is a declared dataset.
pub struct Declared;
impl Contains<ArtifactId> for Declared {
	fn contains(artifact: &ArtifactId) -> bool {
		*artifact == hash(77)
	}
}

#[cfg(feature = "runtime-benchmarks")]
impl crate::BenchmarkHelper for Declared {
	fn set_time(now: UnixMillis) {
		pallet_timestamp::Now::<Test>::put(now);
	}
}

pub const WEEK: UnixMillis = 7 * 24 * 60 * 60 * 1_000;
pub const NOW: UnixMillis = 1_800_000_000_000;

pub fn steward(member: u64) -> RuntimeOrigin {
	RuntimeOrigin::signed(member)
}

pub fn hash(number: u64) -> H256 {
	H256::from_low_u64_be(number)
}

/// Starts at block 1 and [`NOW`].
pub struct ExtBuilder;
impl ExtBuilder {
	pub fn build() -> sp_io::TestExternalities {
		let storage = frame_system::GenesisConfig::<Test>::default().build_storage().unwrap();
		let mut externalities = sp_io::TestExternalities::from(storage);
		externalities.execute_with(|| {
			System::set_block_number(1);
			pallet_timestamp::Now::<Test>::put(NOW);
		});
		externalities
	}

	/// Runs the test, then checks every invariant.
	pub fn build_and_execute(test: impl FnOnce()) {
		Self::build().execute_with(|| {
			test();
			Lineage::do_try_state().unwrap();
		});
	}
}
