//! Who authors blocks, who finalizes them, and what happens to a validator that signs twice.

use crate::*;
use alloc::vec::Vec;
use frame_support::{
	parameter_types,
	storage::{with_transaction_unchecked, TransactionOutcome},
	traits::{ConstU32, ConstU64, KeyOwnerProofSystem},
};
use pallet_governance::FinalityRestart;
use pallet_session::historical;
use sp_consensus_babe::{AllowedSlots, BabeEpochConfiguration};
use sp_core::crypto::KeyTypeId;
use sp_runtime::{traits::OpaqueKeys, DispatchError};
use sp_session::MembershipProof;
use sp_staking::{
	offence::{Offence, OffenceError, OffenceSeverity, ReportOffence},
	SessionIndex,
};

/// Sessions for which an equivocation can be reported: a week, where the genesis does not say how long a session is.
pub const REPORT_SESSIONS: u32 = 7 * DAYS / EPOCH_BLOCKS;

/// BABE's parameters at genesis: a quarter of the slots have a primary author by lot, the others a secondary one with a
/// VRF, so that every slot has a block.
pub const BABE_EPOCH_CONFIGURATION: BabeEpochConfiguration = BabeEpochConfiguration {
	c: (1, 4),
	allowed_slots: AllowedSlots::PrimaryAndSecondaryVRFSlots,
};

/// Blocks after the session's first one until new voters restart finality, at the most. A node that has seen this many
/// blocks has seen the decision.
const RESTART_DELAY: BlockNumber = 8;

parameter_types! {
	/// Slots in an epoch, which is a session: each has a block.
	pub EpochSlots: u64 = pallet_members::SessionBlocks::<Runtime>::get().into();
	/// Slots for which an equivocation can be reported.
	pub ReportLongevity: u64 = u64::from(REPORT_SESSIONS).saturating_mul(EpochSlots::get());
}

impl pallet_babe::Config for Runtime {
	type EpochDuration = EpochSlots;
	type ExpectedBlockTime = ConstU64<SLOT_MILLISECONDS>;
	type EpochChangeTrigger = pallet_babe::ExternalTrigger;
	type DisabledValidators = Session;
	type WeightInfo = weights::BabeWeights;
	type MaxAuthorities = ConstU32<{ pallet_members::MAX_VALIDATORS }>;
	type MaxNominators = ConstU32<0>;
	type KeyOwnerProof = MembershipProof;
	type EquivocationReportSystem =
		pallet_babe::EquivocationReportSystem<Self, SuspendOffenders, KeyOwners, ReportLongevity>;
}

impl pallet_grandpa::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type WeightInfo = weights::GrandpaWeights;
	type MaxAuthorities = ConstU32<{ pallet_members::MAX_VALIDATORS }>;
	type MaxNominators = ConstU32<0>;
	type MaxSetIdSessionEntries = ConstU64<{ REPORT_SESSIONS as u64 }>;
	type KeyOwnerProof = MembershipProof;
	type EquivocationReportSystem =
		pallet_grandpa::EquivocationReportSystem<Self, SuspendOffenders, KeyOwners, ReportLongevity>;
}

impl pallet_session::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type ValidatorId = AccountId;
	type ValidatorIdOf = NotTooOften;
	type ShouldEndSession = Babe;
	type NextSessionRotation = Babe;
	type SessionManager = historical::NoteHistoricalRoot<Self, ConsortiumValidators>;
	type SessionHandler = <SessionKeys as OpaqueKeys>::KeyTypeIdProviders;
	type Keys = SessionKeys;
	/// Fewer than a third are disabled: finality survives no more.
	type DisablingStrategy = pallet_session::disabling::UpToLimitDisablingStrategy;
	type WeightInfo = weights::SessionWeights;
	type Currency = Balances;
	type KeyDeposit = ();
}

impl historical::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type FullIdentification = ();
	type FullIdentificationOf = NoFurtherIdentification;
}

/// A validator is its account. One that has changed its session keys too recently can't set others: `session.set_keys`
/// refuses it with `NoAssociatedValidatorId`.
pub struct NotTooOften;
impl sp_runtime::traits::Convert<AccountId, Option<AccountId>> for NotTooOften {
	fn convert(account: AccountId) -> Option<AccountId> {
		Members::may_change_keys(&account).then_some(account)
	}
}

/// A validator is identified by its account alone.
pub struct NoFurtherIdentification;
impl sp_runtime::traits::Convert<AccountId, Option<()>> for NoFurtherIdentification {
	fn convert(_: AccountId) -> Option<()> {
		Some(())
	}
}

/// The validators of the consortium: those of the members pallet.
pub struct ConsortiumValidators;

impl pallet_session::SessionManager<AccountId> for ConsortiumValidators {
	/// `None` when nothing changed, because each new voter set lengthens every later proof; and when there would be
	/// nobody, because then no block would follow.
	fn new_session(_: SessionIndex) -> Option<Vec<AccountId>> {
		let with_keys = |account| Session::load_keys(&account).map(|keys| (account, keys));
		let next = Members::validators()
			.into_iter()
			.filter_map(with_keys)
			.collect::<Vec<_>>();
		let queued = Session::queued_keys();
		let changed = !next.is_empty() && next != queued;
		changed.then(|| {
			let renewed = next.iter().filter(|(account, keys)| {
				let before = queued.iter().find(|(before, _)| before == account);
				before.is_some_and(|(_, before)| before != keys)
			});
			renewed.for_each(|(account, _)| Members::note_keys_changed(account));
			next.into_iter().map(|(account, _)| account).collect()
		})
	}

	/// Restarts finality if the council decided that this session's validators shall.
	fn start_session(index: SessionIndex) {
		let Some(FinalityRestart {
			last_final,
			previous_set_id,
		}) = Governance::note_session(index, Grandpa::current_set_id())
		else {
			return;
		};
		// The pallet counts announcements, the nodes the voters who took over. Reports of equivocations name them by
		// the nodes' numbers.
		pallet_grandpa::CurrentSetId::<Runtime>::put(previous_set_id);
		// Before the next session, which may announce others.
		let delay = RESTART_DELAY.min(pallet_members::SessionBlocks::<Runtime>::get() / 2);
		let noted = Grandpa::note_stalled(RuntimeOrigin::root(), delay, last_final);
		frame_support::defensive_assert!(noted.is_ok(), "the origin is root");
	}

	/// Tells who was silent, notes who begins, and drops the roots that no report can need any more.
	fn end_session(index: SessionIndex) {
		let in_session = Session::validators();
		Members::note_silent(&in_session);
		let next = Session::queued_keys();
		let next = next.iter().map(|(account, _)| account);
		Members::note_beginning(next.filter(|account| !in_session.contains(account)));
		historical::Pallet::<Runtime>::prune_up_to(index.saturating_sub(REPORT_SESSIONS));
	}
}

impl pallet_governance::SuspendSilent for ConsortiumValidators {
	/// The next session is announced already.
	fn suspend_silent() -> Result<SessionIndex, DispatchError> {
		let session = Session::current_index();
		Members::suspend_silent(&Session::validators(), session)?;
		Ok(session.saturating_add(2))
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn silence() {
		crate::benchmarks::silence();
	}
}

/// Notes who authors blocks.
pub struct NoteAuthor;
impl pallet_authorship::EventHandler<AccountId, BlockNumber> for NoteAuthor {
	fn note_author(author: AccountId) {
		Members::note_author(&author);
	}
}

impl historical::SessionManager<AccountId, ()> for ConsortiumValidators {
	fn new_session(index: SessionIndex) -> Option<Vec<(AccountId, ())>> {
		<Self as pallet_session::SessionManager<_>>::new_session(index)
			.map(|validators| validators.into_iter().map(|validator| (validator, ())).collect())
	}

	fn start_session(index: SessionIndex) {
		<Self as pallet_session::SessionManager<_>>::start_session(index)
	}

	fn end_session(index: SessionIndex) {
		<Self as pallet_session::SessionManager<_>>::end_session(index)
	}
}

impl pallet_offences::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type IdentificationTuple = historical::IdentificationTuple<Self>;
	type OnOffenceHandler = ();
}

/// Whose a session key was.
///
/// For the session that goes on, the historical pallet takes the keys that its validators have registered for later
/// ones. So whoever equivocates could escape by registering others. These are the keys with which they sign.
pub struct KeyOwners;
impl<Data: AsRef<[u8]>> KeyOwnerProofSystem<(KeyTypeId, Data)> for KeyOwners {
	type Proof = MembershipProof;
	type IdentificationTuple = historical::IdentificationTuple<Runtime>;

	fn prove((kind, key): (KeyTypeId, Data)) -> Option<MembershipProof> {
		let key = (kind, key.as_ref());
		let proof = aside(|| {
			let keys = Babe::authorities().into_iter().zip(Grandpa::grandpa_authorities());
			for (account, ((babe, _), (grandpa, _))) in Session::validators().into_iter().zip(keys) {
				pallet_session::NextKeys::<Runtime>::insert(account, SessionKeys { babe, grandpa });
			}
			Historical::prove(key)
		});
		// While finality restarts, the voters are those of another session.
		proof
			.filter(|proof| Self::check_proof(key, proof.clone()).is_some())
			.or_else(|| Historical::prove(key))
	}

	fn check_proof((kind, key): (KeyTypeId, Data), proof: MembershipProof) -> Option<Self::IdentificationTuple> {
		aside(|| {
			// The historical pallet takes the stored root for every session but the present one.
			if historical::HistoricalSessions::<Runtime>::contains_key(proof.session) {
				pallet_session::CurrentIndex::<Runtime>::put(proof.session.saturating_add(1));
			}
			Historical::check_proof((kind, key.as_ref()), proof)
		})
	}
}

/// What a look yields that changes the state only for itself.
fn aside<Seen>(look: impl FnOnce() -> Seen) -> Seen {
	with_transaction_unchecked(|| TransactionOutcome::Rollback(look()))
}

/// A validator that equivocates stops authoring at once, and is no validator from the session after the next one on.
pub struct SuspendOffenders;
impl<O: Offence<historical::IdentificationTuple<Runtime>>>
	ReportOffence<AccountId, historical::IdentificationTuple<Runtime>, O> for SuspendOffenders
{
	fn report_offence(reporters: Vec<AccountId>, offence: O) -> Result<(), OffenceError> {
		let (offenders, session) = (offence.offenders(), offence.session_index());
		if !offenders
			.iter()
			.any(|(validator, ())| Members::answers_for(validator, session))
		{
			return Err(OffenceError::DuplicateReport);
		}
		Offences::report_offence(reporters, offence)?;
		for (validator, ()) in offenders {
			Members::note_offence(&validator, O::ID, session);
			Session::report_offence(validator, OffenceSeverity::max_severity());
		}
		Ok(())
	}

	/// Also where no session counts any more, not even the present one, so that no block holds such a report.
	fn is_known_offence(offenders: &[historical::IdentificationTuple<Runtime>], slot: &O::Slot) -> bool {
		let answers = |(validator, ()): &_| Members::answers_for(validator, Session::current_index());
		!offenders.iter().any(answers) || <Offences as ReportOffence<_, _, O>>::is_known_offence(offenders, slot)
	}
}

impl<C> frame_system::offchain::CreateTransactionBase<C> for Runtime
where
	RuntimeCall: From<C>,
{
	type RuntimeCall = RuntimeCall;
	type Extrinsic = UncheckedExtrinsic;
}

impl<C> frame_system::offchain::CreateBare<C> for Runtime
where
	RuntimeCall: From<C>,
{
	fn create_bare(call: RuntimeCall) -> UncheckedExtrinsic {
		UncheckedExtrinsic::new_bare(call)
	}
}
