//! A runtime with tokens. Accounts below 100 act for the member of the same number, in every role.

use crate::{self as pallet_annotation, *};
use frame_support::{
	derive_impl, parameter_types,
	traits::{ConstU128, TryMapSuccess},
};
use frame_system::EnsureSigned;
use sp_runtime::{traits::TryMorph, BuildStorage};

frame_support::construct_runtime!(
	pub enum Test {
		System: frame_system,
		Balances: pallet_balances,
		Annotation: pallet_annotation,
	}
);

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = frame_system::mocking::MockBlock<Test>;
	type AccountData = pallet_balances::AccountData<u128>;
}

#[derive_impl(pallet_balances::config_preludes::TestDefaultConfig)]
impl pallet_balances::Config for Test {
	type Balance = u128;
	type ExistentialDeposit = ConstU128<1>;
	type AccountStore = System;
}

pub struct MemberOfAccount;
impl TryMorph<u64> for MemberOfAccount {
	type Outcome = MemberId;
	fn try_morph(account: u64) -> Result<MemberId, ()> {
		MemberId::try_from(account)
			.ok()
			.filter(|member| *member < 100)
			.ok_or(())
	}
}

pub struct WithAccount;
impl TryMorph<u64> for WithAccount {
	type Outcome = (MemberId, u64);
	fn try_morph(account: u64) -> Result<(MemberId, u64), ()> {
		MemberOfAccount::try_morph(account).map(|member| (member, account))
	}
}

parameter_types! {
	pub const Pot: PalletId = PalletId(*b"kx/annot");
}

pub const DATASET: DatasetId = H256::repeat_byte(0xda);

pub struct OneDataset;
impl DatasetExists for OneDataset {
	fn exists(dataset: DatasetId) -> bool {
		dataset == DATASET
	}
}

impl Config for Test {
	type Currency = Balances;
	type PalletId = Pot;
	type TreasurerOrigin = TryMapSuccess<EnsureSigned<u64>, WithAccount>;
	type AnnotatorOrigin = TryMapSuccess<EnsureSigned<u64>, WithAccount>;
	type ReviewerOrigin = TryMapSuccess<EnsureSigned<u64>, MemberOfAccount>;
	type ClaimOrigin = TryMapSuccess<EnsureSigned<u64>, WithAccount>;
	type Datasets = OneDataset;
	type WeightInfo = ();
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = MockHelper;
}

#[cfg(feature = "runtime-benchmarks")]
pub struct MockHelper;
#[cfg(feature = "runtime-benchmarks")]
impl BenchmarkHelper for MockHelper {
	fn declare(_: DatasetId) -> DatasetId {
		DATASET
	}
}

pub const COMPANY: u64 = 1;
pub const REVIEWER: u64 = 2;
pub const WEALTH: u128 = 1_000_000;

pub fn hash(number: u64) -> H256 {
	H256::from_low_u64_be(number)
}

/// Starts at block 1. Only the company has tokens.
pub struct ExtBuilder;
impl ExtBuilder {
	pub fn build() -> sp_io::TestExternalities {
		let genesis = RuntimeGenesisConfig {
			balances: pallet_balances::GenesisConfig {
				balances: vec![(COMPANY, WEALTH)],
				..Default::default()
			},
			..Default::default()
		};
		let mut externalities = sp_io::TestExternalities::from(genesis.build_storage().unwrap());
		externalities.execute_with(|| System::set_block_number(1));
		externalities
	}

	/// Runs the test, then checks every invariant, and that no token was created or lost.
	pub fn build_and_execute(test: impl FnOnce()) {
		Self::build().execute_with(|| {
			test();
			Annotation::do_try_state().unwrap();
			assert_eq!(Balances::total_issuance(), WEALTH);
		});
	}
}
