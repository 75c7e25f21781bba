//! A runtime in which the number of an account stands for a decision of the council, and a runtime's code is its
//! version.

use crate::{self as pallet_governance, Config, SuspendSilent};
use codec::Encode as _;
use frame_support::{derive_impl, ord_parameter_types, parameter_types, traits::ConstU64};
use frame_system::EnsureSignedBy;
use sp_core::traits::{ReadRuntimeVersion, ReadRuntimeVersionExt};
use sp_runtime::{BuildStorage as _, DispatchError};
use sp_staking::SessionIndex;
use sp_version::RuntimeVersion;

frame_support::construct_runtime!(
	pub enum Test {
		System: frame_system,
		Governance: pallet_governance,
	}
);

type Block = frame_system::mocking::MockBlock<Test>;

parameter_types! {
	pub Version: RuntimeVersion = version("kexin", 1);
}

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = Block;
	type Version = Version;
}

ord_parameter_types! {
	pub const TwoThirds: u64 = 1;
	pub const Majority: u64 = 2;
	pub const Seat: u64 = 3;
}

/// Two thirds of the council.
pub const TWO_THIRDS: u64 = 1;
/// A majority of the council.
pub const MAJORITY: u64 = 2;
/// A seat of the council.
pub const SEAT: u64 = 3;
/// The session with which the remaining validators take over.
pub const SESSION: SessionIndex = 7;
/// The number of blocks between approval and application.
pub const DELAY: u64 = 10;

parameter_types! {
	pub static Silent: bool = true;
}

/// Validators. A test sets whether too many of them are silent.
pub struct Validators;
impl SuspendSilent for Validators {
	fn suspend_silent() -> Result<SessionIndex, DispatchError> {
		Silent::get().then_some(SESSION).ok_or(DispatchError::Unavailable)
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn silence() {}
}

impl Config for Test {
	type ApproveOrigin = EnsureSignedBy<TwoThirds, u64>;
	type CancelOrigin = EnsureSignedBy<Majority, u64>;
	type ApplyOrigin = EnsureSignedBy<Seat, u64>;
	type RestartOrigin = EnsureSignedBy<TwoThirds, u64>;
	type Validators = Validators;
	type DefaultUpgradeDelay = ConstU64<DELAY>;
	type WeightInfo = ();
}

fn version(name: &'static str, spec_version: u32) -> RuntimeVersion {
	RuntimeVersion {
		spec_name: name.into(),
		spec_version,
		..Default::default()
	}
}

/// A runtime of this name and version.
pub fn code(name: &'static str, spec_version: u32) -> Vec<u8> {
	version(name, spec_version).encode()
}

/// Reads the version of such a runtime.
struct Reader;
impl ReadRuntimeVersion for Reader {
	fn read_runtime_version(&self, code: &[u8], _: &mut dyn sp_core::traits::Externalities) -> Result<Vec<u8>, String> {
		Ok(code.to_vec())
	}
}

/// A chain at block 1.
pub struct ExtBuilder;
impl ExtBuilder {
	pub fn build() -> sp_io::TestExternalities {
		let storage = frame_system::GenesisConfig::<Test>::default().build_storage().unwrap();
		let mut externalities = sp_io::TestExternalities::from(storage);
		externalities.register_extension(ReadRuntimeVersionExt::new(Reader));
		externalities.execute_with(|| System::set_block_number(1));
		externalities
	}

	/// Runs the test, then checks every invariant.
	pub fn build_and_execute(test: impl FnOnce()) {
		Self::build().execute_with(|| {
			test();
			Governance::do_try_state().unwrap();
		});
	}
}
