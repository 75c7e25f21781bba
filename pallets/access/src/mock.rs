//! A runtime with this pallet, a table of consents, and a clock that tests set.

use crate::{self as pallet_access, types::*};
use frame_support::{derive_impl, parameter_types, traits::ConstU64};
use frame_system::EnsureSigned;
use kexin_primitives::{
	access::{AccessEvent, Breaches, Judgement, Notices, Outcome},
	lineage::{Activity, ActivityKind, Input, InputRole},
	members::MemberId,
	scope::{Request, Scope},
	vocabulary::{Operation, Purpose, RecipientClass, Region},
	DatasetId, Pseudonym, UnixMillis, H256,
};
use sp_runtime::{traits::TryMorph, BuildStorage};
use std::collections::BTreeMap;

frame_support::construct_runtime!(
	pub enum Test {
		System: frame_system,
		Timestamp: pallet_timestamp,
		Access: pallet_access,
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

/// Accounts whose last three digits are below 100 are gateways of the member with that number.
pub struct MemberOfGateway;
impl TryMorph<u64> for MemberOfGateway {
	type Outcome = (MemberId, u64);
	fn try_morph(account: u64) -> Result<(MemberId, u64), ()> {
		let member = MemberId::try_from(account % 1_000).map_err(|_| ())?;
		(member < 100).then_some((member, account)).ok_or(())
	}
}

parameter_types! {
	/// The datasets: owner, cohort scope.
	pub static Datasets: BTreeMap<DatasetId, (MemberId, Scope)> = BTreeMap::new();
	/// The subjects: scope of their consent.
	pub static Subjects: BTreeMap<(Pseudonym, MemberId), Scope> = BTreeMap::new();
}

pub struct TableOfConsents;
impl Consents for TableOfConsents {
	type Dataset = Scope;
	type Subject = Scope;
	fn dataset(dataset: DatasetId) -> Option<(MemberId, Scope)> {
		Datasets::get().get(&dataset).cloned()
	}
	fn subject(subject: Pseudonym, hospital: MemberId) -> Option<Scope> {
		Subjects::get().get(&(subject, hospital)).cloned()
	}
	fn dataset_breaches(dataset: &Scope, request: &Request, at: UnixMillis) -> Breaches {
		dataset.breaches(request, at)
	}
	fn judge_subject(
		_: DatasetId,
		dataset: &Scope,
		subject: Option<&Scope>,
		request: &Request,
		at: UnixMillis,
	) -> Judgement {
		let Some(subject) = subject else {
			return (Breaches::NOT_ENROLLED | dataset.breaches(request, at)).into();
		};
		let breaches = subject.breaches(request, at);
		let mut notices = Notices::empty();
		notices.set(Notices::RECORDED_AFTER, breaches.is_empty() && at < ENROLLED);
		Judgement { breaches, notices }
	}
}

/// Members 0 to 9 are non-profit and 10 to 19 commercial; there are no others.
pub struct TwentyMembers;
impl Recipients for TwentyMembers {
	fn class(member: MemberId) -> Option<RecipientClass> {
		match member {
			0..=9 => Some(RecipientClass::NonProfit),
			10..=19 => Some(RecipientClass::Commercial),
			_ => None,
		}
	}
}

pub const ACTIVITY: H256 = H256::repeat_byte(0xac);

/// An activity of member 1 that started a day ago and runs.
pub fn running() -> Activity {
	Activity {
		kind: ActivityKind::Training,
		agent: HOSPITAL,
		started: NOW - DAY,
		ended: None,
		inputs: Default::default(),
		outputs: Default::default(),
	}
}

/// The same, which used a dataset and ended at this time.
pub fn ended(at: UnixMillis, dataset: DatasetId) -> Activity {
	let used = Input {
		artifact: dataset,
		role: InputRole::Used,
	};
	Activity {
		ended: Some(at),
		inputs: vec![used].try_into().unwrap(),
		..running()
	}
}

parameter_types! {
	/// The activities.
	pub static Registered: BTreeMap<H256, Activity> = BTreeMap::new();
}

pub struct TableOfActivities;
impl Activities for TableOfActivities {
	fn activity(activity: H256) -> Option<Activity> {
		Registered::get().get(&activity).cloned()
	}
}

pub const DAY: UnixMillis = 24 * 60 * 60 * 1_000;
pub const NOW: UnixMillis = 1_800_000_000_000;
pub const LATENESS: UnixMillis = 30 * DAY;
/// When the consents of all subjects were recorded.
pub const ENROLLED: UnixMillis = NOW - DAY / 2;
pub const SKEW: UnixMillis = 60_000;

impl pallet_access::Config for Test {
	type GatewayOrigin = frame_support::traits::TryMapSuccess<EnsureSigned<u64>, MemberOfGateway>;
	type Consents = TableOfConsents;
	type Recipients = TwentyMembers;
	type Activities = TableOfActivities;
	type Time = Timestamp;
	type MaxLateness = ConstU64<LATENESS>;
	type MaxClockSkew = ConstU64<SKEW>;
	type WeightInfo = ();
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = MockHelper;
}

#[cfg(feature = "runtime-benchmarks")]
pub struct MockHelper;
#[cfg(feature = "runtime-benchmarks")]
impl BenchmarkHelper<RuntimeOrigin> for MockHelper {
	fn set_up(dataset: DatasetId, subjects: &[Pseudonym]) -> (RuntimeOrigin, MemberId) {
		Datasets::mutate(|all| all.insert(dataset, (HOSPITAL, Scope::everything(0))));
		Subjects::mutate(|all| all.extend(subjects.iter().map(|s| ((*s, HOSPITAL), Scope::everything(0)))));
		(RuntimeOrigin::signed(HOSPITAL.into()), HOSPITAL)
	}
	fn insert_activity(id: H256, activity: Activity) {
		Registered::mutate(|all| all.insert(id, activity));
	}
	fn set_time(now: UnixMillis) {
		pallet_timestamp::Now::<Test>::put(now);
	}
}

pub const HOSPITAL: MemberId = 1;
pub const GATEWAY: u64 = 1;
pub const DATASET: DatasetId = H256::repeat_byte(0xda);
pub const ALICE: Pseudonym = H256::repeat_byte(0xa1);

/// An event within scope: a radiologist trains a model, now.
pub fn event(source: u64) -> AccessEvent {
	AccessEvent {
		source: H256::from_low_u64_be(source),
		occurred: NOW,
		actor: H256::repeat_byte(0xbb),
		subject: None,
		purpose: Some(Purpose::ModelTraining),
		operation: Operation::Train,
		region: Some(Region(276)),
		recipient: Some(HOSPITAL),
		activity: None,
		outcome: Outcome::Permitted,
	}
}

/// The pallet's event that was emitted last.
pub fn last_event() -> pallet_access::Event<Test> {
	match System::events().pop().map(|record| record.event) {
		Some(RuntimeEvent::Access(event)) => event,
		other => panic!("no access event: {other:?}"),
	}
}

/// Starts at block 1 and [`NOW`], with one dataset that allows everything from a day ago on.
pub struct ExtBuilder;
impl ExtBuilder {
	pub fn build() -> sp_io::TestExternalities {
		let storage = frame_system::GenesisConfig::<Test>::default().build_storage().unwrap();
		let mut externalities = sp_io::TestExternalities::from(storage);
		externalities.execute_with(|| {
			System::set_block_number(1);
			pallet_timestamp::Now::<Test>::put(NOW);
			Datasets::set([(DATASET, (HOSPITAL, Scope::everything(NOW - 10 * DAY)))].into());
			Registered::set([(ACTIVITY, running())].into());
			Subjects::set([((ALICE, HOSPITAL), Scope::everything(NOW - DAY))].into());
		});
		externalities
	}

	/// Runs the test, then checks every invariant.
	pub fn build_and_execute(test: impl FnOnce()) {
		Self::build().execute_with(|| {
			test();
			Access::do_try_state().unwrap();
		});
	}
}
