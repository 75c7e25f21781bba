//! A runtime with a council. Tests vote by calling with the collective's origin.

use crate::{
	self as pallet_members, ChargeAllowance, Config, GenesisConfig, GenesisMember, NotedMotion, MAX_MOTIONS, MAX_SEATS,
};
use frame_support::{
	derive_impl, parameter_types,
	traits::{ConstU128, Contains},
	weights::{FixedFee, IdentityFee, Weight},
};
use kexin_primitives::{
	members::{MemberKind, Name, Place, Powers},
	vocabulary::Region,
};
use pallet_collective::{EnsureProportionAtLeast, EnsureProportionMoreThan, Instance1};
use sp_runtime::{
	testing::{TestSignature, H256},
	BuildStorage, DispatchResult,
};

frame_support::construct_runtime!(
	pub enum Test {
		System: frame_system,
		TransactionPayment: pallet_transaction_payment,
		Council: pallet_collective::<Instance1>,
		Members: pallet_members,
	}
);

type Block = frame_system::mocking::MockBlock<Test>;

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = Block;
}

#[derive_impl(pallet_transaction_payment::config_preludes::TestDefaultConfig)]
impl pallet_transaction_payment::Config for Test {
	type OnChargeTransaction = ChargeAllowance<Test>;
	/// Only its bytes cost a transaction something.
	type WeightToFee = FixedFee<0, u128>;
	type LengthToFee = IdentityFee<u128>;
}

parameter_types! {
	pub static CurrentSession: u32 = 0;
	pub MaxMotionWeight: Weight = Weight::MAX;
	pub OpenMotions: Vec<H256> = pallet_collective::Proposals::<Test, Instance1>::get().into_inner();
}

impl pallet_collective::Config<Instance1> for Test {
	type RuntimeOrigin = RuntimeOrigin;
	type Proposal = RuntimeCall;
	type RuntimeEvent = RuntimeEvent;
	type MotionDuration = frame_support::traits::ConstU64<10>;
	type MaxProposals = frame_support::traits::ConstU32<MAX_MOTIONS>;
	type MaxMembers = frame_support::traits::ConstU32<MAX_SEATS>;
	type DefaultVote = pallet_collective::PrimeDefaultVote;
	type WeightInfo = ();
	type SetMembersOrigin = frame_support::traits::NeverEnsureOrigin<()>;
	type MaxProposalWeight = MaxMotionWeight;
	type DisapproveOrigin = frame_support::traits::NeverEnsureOrigin<()>;
	type KillOrigin = frame_support::traits::NeverEnsureOrigin<()>;
	type Consideration = NotedMotion<Test, OpenMotions>;
}

/// The only account without session keys.
pub const WITHOUT_KEYS: u64 = 40;

/// Which accounts have session keys.
pub struct SessionKeys;
impl frame_support::traits::ValidatorRegistration<u64> for SessionKeys {
	fn is_registered(account: &u64) -> bool {
		*account != WITHOUT_KEYS
	}
}

#[cfg(feature = "runtime-benchmarks")]
impl crate::types::BenchmarkHelper<u64, TestSignature> for SessionKeys {
	fn set_session_keys(_: &u64) {}

	fn account(number: u32) -> u64 {
		u64::from(number) + 1_000_000
	}

	fn sign(account: &u64, message: &[u8]) -> TestSignature {
		TestSignature(*account, message.to_vec())
	}
}

pub const REFILL: u128 = 100;
pub const FULL: u128 = 1_000;
pub const RESERVE_REFILL: u128 = 10;
pub const RESERVE: u128 = 200;

/// The calls of this pallet and of the council.
pub struct Decisions;
impl Contains<RuntimeCall> for Decisions {
	fn contains(call: &RuntimeCall) -> bool {
		matches!(call, RuntimeCall::Members(_) | RuntimeCall::Council(_))
	}
}

/// A change of the council costs as many as there are motions, and one.
pub struct SeatChange;
impl sp_runtime::traits::Convert<u32, Weight> for SeatChange {
	fn convert(motions: u32) -> Weight {
		Weight::from_parts(u64::from(motions) + 1, 0)
	}
}

impl Config for Test {
	type AdmitOrigin = EnsureProportionMoreThan<u64, Instance1, 1, 2>;
	type ChangeOrigin = EnsureProportionAtLeast<u64, Instance1, 2, 3>;
	type Council = Council;
	type SeatChange = SeatChange;
	type Signature = TestSignature;
	type CurrentSession = CurrentSession;
	type SessionKeys = SessionKeys;
	type DefaultSessionBlocks = frame_support::traits::ConstU32<10>;
	type DefaultKeyInterval = frame_support::traits::ConstU32<100>;
	type AllowancePerBlock = ConstU128<REFILL>;
	type MaxAllowance = ConstU128<FULL>;
	type ReservePerBlock = ConstU128<RESERVE_REFILL>;
	type MaxReserve = ConstU128<RESERVE>;
	type Decisions = Decisions;
	type WeightInfo = ();
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = SessionKeys;
}

/// The administrators and seats of the hospitals 0, 1 and 2.
pub const ADMINISTRATORS: [u64; 3] = [10, 11, 12];

/// The origin with which `yes` of three council members agree.
pub fn council(yes: u32) -> RuntimeOrigin {
	pallet_collective::RawOrigin::<u64, Instance1>::Members(yes, 3).into()
}

/// The origin with which more than half of a council agree, but less than two thirds.
pub fn mere_majority() -> RuntimeOrigin {
	pallet_collective::RawOrigin::<u64, Instance1>::Members(4, 7).into()
}

pub fn name() -> Name {
	b"A member".to_vec().try_into().unwrap()
}

/// The account's signature that it takes a place now.
pub fn accepted(account: u64, place: Place) -> TestSignature {
	TestSignature(account, Members::statement(&account, &place))
}

/// An administrator adds a key, which agrees.
pub fn add_key(administrator: u64, account: u64, powers: Powers) -> DispatchResult {
	let member = crate::Keys::<Test>::get(administrator).map_or(0, |key| key.member);
	let acceptance = accepted(account, Place::Key { member, powers });
	Members::add_key(RuntimeOrigin::signed(administrator), account, powers, acceptance)
}

/// The council admits a member, and its first key agrees.
pub fn admit(origin: RuntimeOrigin, kind: MemberKind, name: Name, seat: bool, key: u64) -> DispatchResult {
	let region = Region(40);
	let place = Place::FirstKey {
		kind,
		name: &name,
		region,
		seat,
	};
	let acceptance = accepted(key, place);
	Members::admit(origin, kind, name, region, seat, key, acceptance)
}

/// Three hospitals with a seat each.
pub struct ExtBuilder;
impl ExtBuilder {
	pub fn build() -> sp_io::TestExternalities {
		let members = ADMINISTRATORS
			.iter()
			.map(|account| GenesisMember {
				kind: MemberKind::Hospital,
				name: format!("Hospital {account}"),
				region: 276,
				seat: true,
				keys: vec![(*account, vec!["administrator".into(), "council".into()])],
			})
			.collect();
		let genesis = GenesisConfig::<Test> {
			members,
			validators: ADMINISTRATORS.to_vec(),
			session_blocks: None,
			key_interval: None,
		};
		let mut externalities = sp_io::TestExternalities::from(genesis.build_storage().unwrap());
		externalities.execute_with(|| System::set_block_number(1));
		CurrentSession::set(0);
		externalities
	}

	/// Runs the test, then checks every invariant.
	pub fn build_and_execute(test: impl FnOnce()) {
		Self::build().execute_with(|| {
			test();
			Members::do_try_state().unwrap();
		});
	}
}
