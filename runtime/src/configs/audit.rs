//! What the ledger is for: consents, lineage, accesses, and what annotators earn. What one pallet needs of another is
//! wired here.

use crate::*;
use frame_support::{
	pallet_prelude::DispatchResult,
	parameter_types,
	traits::{ConstU64, Contains, EitherOf},
	PalletId,
};
use kexin_primitives::{
	access::{Breaches, Judgement},
	dataset::Dataset,
	lineage::{Activity, ActivityId, ArtifactKind},
	members::{MemberId, Powers},
	scope::Request,
	vocabulary::RecipientClass,
	DatasetId, Pseudonym, UnixMillis,
};
use pallet_members::{EnsureHospital, EnsureKey, EnsurePower};

/// A day, in milliseconds.
const DAY: UnixMillis = 24 * 60 * 60 * 1_000;
/// How long after it occurred an access can be reported, in milliseconds. A month covers a long outage of a hospital's
/// network.
pub const MAX_LATENESS: UnixMillis = 30 * DAY;
/// How long a registration holds that nothing rests on, in milliseconds. A week leaves time to enrol the subjects of a
/// dataset, or to attach evidence to a model.
pub const MAX_UNUSED: UnixMillis = 7 * DAY;
/// How far the clocks of hospital systems may be ahead, in milliseconds.
pub const MAX_CLOCK_SKEW: UnixMillis = 60 * 1_000;

/// A steward of a hospital.
type HospitalSteward = EnsureHospital<Runtime, { Powers::STEWARD.bits() }>;
/// A steward of any member.
type Steward = EnsurePower<Runtime, { Powers::STEWARD.bits() }>;
/// An auditor.
type Auditor = EnsurePower<Runtime, { Powers::AUDITOR.bits() }>;

impl pallet_consent::Config for Runtime {
	type StewardOrigin = HospitalSteward;
	type Artifacts = LineageArtifacts;
	type Recorded = DatasetsWithLogs;
	type Time = Timestamp;
	type MaxLateness = ConstU64<MAX_LATENESS>;
	type WeightInfo = weights::pallet_consent::WeightInfo<Runtime>;
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = crate::benchmarks::Helper;
}

impl pallet_lineage::Config for Runtime {
	type AgentOrigin = Steward;
	type EvidenceOrigin = EitherOf<Steward, Auditor>;
	type Time = Timestamp;
	type Declared = DeclaredDatasets;
	type MaxUnused = ConstU64<MAX_UNUSED>;
	type WeightInfo = weights::pallet_lineage::WeightInfo<Runtime>;
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = crate::benchmarks::Helper;
}

impl pallet_access::Config for Runtime {
	type GatewayOrigin = EnsureKey<Runtime, { Powers::GATEWAY.bits() }>;
	type Consents = ConsentsInForce;
	type Recipients = MemberClasses;
	type Activities = LineageActivities;
	type Time = Timestamp;
	type MaxLateness = ConstU64<MAX_LATENESS>;
	type MaxClockSkew = ConstU64<MAX_CLOCK_SKEW>;
	type WeightInfo = weights::pallet_access::WeightInfo<Runtime>;
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = crate::benchmarks::Helper;
}

parameter_types! {
	pub const AnnotationPot: PalletId = PalletId(*b"kx/annot");
}

impl pallet_annotation::Config for Runtime {
	type Currency = Balances;
	type PalletId = AnnotationPot;
	type TreasurerOrigin = EnsureKey<Runtime, { Powers::TREASURER.bits() }>;
	type AnnotatorOrigin = EnsureKey<Runtime, { Powers::ANNOTATOR.bits() }>;
	type ReviewerOrigin = Steward;
	type ClaimOrigin = EnsureKey<Runtime, 0>;
	type Datasets = DeclaredDatasets;
	type WeightInfo = weights::pallet_annotation::WeightInfo<Runtime>;
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = crate::benchmarks::Helper;
}

/// A declared dataset is an artifact of the lineage, under the same hash.
pub struct LineageArtifacts;
impl pallet_consent::RegisterArtifact for LineageArtifacts {
	fn register_dataset(owner: MemberId, dataset: DatasetId) -> DispatchResult {
		Lineage::do_register(owner, dataset, ArtifactKind::Dataset)
	}
}

/// Accesses are judged by the consent pallet.
pub struct ConsentsInForce;
impl pallet_access::Consents for ConsentsInForce {
	type Dataset = Dataset;
	type Subject = pallet_consent::Subject;

	fn dataset(dataset: DatasetId) -> Option<(MemberId, Self::Dataset)> {
		Consent::dataset(dataset).map(|dataset| (dataset.owner, dataset))
	}

	fn subject(subject: Pseudonym, hospital: MemberId) -> Option<Self::Subject> {
		Consent::subject(subject, hospital)
	}

	fn dataset_breaches(dataset: &Self::Dataset, request: &Request, at: UnixMillis) -> Breaches {
		dataset.breaches(request, at)
	}

	fn judge_subject(
		id: DatasetId,
		dataset: &Self::Dataset,
		subject: Option<&Self::Subject>,
		request: &Request,
		at: UnixMillis,
	) -> Judgement {
		kexin_primitives::subject::judge(subject, id, dataset, request, at)
	}
}

/// A recipient's class follows from what kind of member it is.
pub struct MemberClasses;
impl pallet_access::Recipients for MemberClasses {
	fn class(member: MemberId) -> Option<RecipientClass> {
		Members::kind_of(member).map(|kind| kind.recipient_class())
	}
}

/// Accesses are for activities of the lineage.
pub struct LineageActivities;
impl pallet_access::Activities for LineageActivities {
	fn activity(activity: ActivityId) -> Option<Activity> {
		Lineage::activity(activity)
	}
}

/// A dataset has a log from its first recorded access on.
pub struct DatasetsWithLogs;
impl Contains<DatasetId> for DatasetsWithLogs {
	fn contains(dataset: &DatasetId) -> bool {
		pallet_access::Logs::<Runtime>::contains_key(dataset)
	}
}

/// The datasets that a hospital has declared. Campaigns are about these.
pub struct DeclaredDatasets;
impl Contains<DatasetId> for DeclaredDatasets {
	fn contains(dataset: &DatasetId) -> bool {
		pallet_consent::Datasets::<Runtime>::contains_key(dataset)
	}
}
impl pallet_annotation::DatasetExists for DeclaredDatasets {
	fn exists(dataset: DatasetId) -> bool {
		Consent::dataset(dataset).is_some()
	}
}
