//! The runtime APIs that the node's JSON-RPC is thin over. polkadot.js shows them as `api.call.*`.

#![cfg_attr(not(feature = "std"), no_std)]
// `decl_runtime_apis!` repeats the bounds of a trait.
#![allow(clippy::multiple_bound_locations)]

extern crate alloc;

use alloc::vec::Vec;
use codec::{Codec, Decode, Encode};
use kexin_primitives::{
	access::{Breaches, Notices},
	events::BlockEvents,
	lineage::{Artifact, ArtifactId, Evidence, Trace, TraceError, TraceQuery},
	members::MemberId,
	scope::Scope,
	vocabulary::{Operation, Purpose, Region},
	DatasetId, Pseudonym, UnixMillis, H256,
};
use scale_info::TypeInfo;

/// An artifact with what is attached to it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct ArtifactReport {
	/// The artifact.
	pub artifact: Artifact,
	/// Each piece of evidence, with the member that attached it and when.
	pub evidence: Vec<(MemberId, Evidence, UnixMillis)>,
}

/// The state of a dataset's log.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct LogSummary {
	/// The member whose dataset it is.
	pub owner: MemberId,
	/// How many events are in the log.
	pub count: u64,
	/// The root over all of them.
	pub root: H256,
	/// How many of them gave data outside the consents.
	pub breaches: u64,
}

/// An access that is asked about.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct AccessQuery {
	/// The dataset.
	pub dataset: DatasetId,
	/// Whose data; none for the dataset as a whole.
	pub subject: Option<Pseudonym>,
	/// Why.
	pub purpose: Option<Purpose>,
	/// What would be done.
	pub operation: Operation,
	/// Where.
	pub region: Option<Region>,
	/// The member that would receive the data; none for somebody outside the consortium.
	pub recipient: Option<MemberId>,
	/// When; none for now.
	pub time: Option<UnixMillis>,
}

/// What the ledger answers to an [`AccessQuery`].
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct AccessJudgement {
	/// The moment that was judged.
	pub time: UnixMillis,
	/// The breaches that the access would be recorded with; empty when it is within scope.
	pub breaches: Breaches,
	/// The notices that it would be recorded with.
	pub notices: Notices,
}

/// One consent of a data subject.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct ConsentView {
	/// The hospital that keeps the consent.
	pub hospital: MemberId,
	/// blake2-256 of the signed document.
	pub document: H256,
	/// What it allows, and until when.
	pub scope: Scope,
	/// When it was recorded.
	pub recorded: UnixMillis,
	/// The datasets that the subject is enrolled in.
	pub datasets: Vec<DatasetId>,
}

/// A dataset with what it may be used for.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct DatasetView {
	/// The member whose dataset it is.
	pub owner: MemberId,
	/// What the dataset itself allows.
	pub label: Scope,
	/// What the label allows, narrowed by the consent of each subject from the time of its enrolment on.
	pub cohort: Scope,
	/// How many subjects are enrolled.
	pub subjects: u32,
	/// When it was declared.
	pub declared: UnixMillis,
	/// When the first subject was enrolled; none while nobody is.
	pub enrolled: Option<UnixMillis>,
	/// When a newer version took its place.
	pub superseded: Option<UnixMillis>,
	/// The version that did.
	pub superseded_by: Option<DatasetId>,
	/// The version that this one took the place of.
	pub supersedes: Option<DatasetId>,
}

sp_api::decl_runtime_apis! {
	/// Where an artifact came from and where it went.
	pub trait LineageApi {
		/// The artifact, or none when it is not registered.
		fn artifact(artifact: ArtifactId) -> Option<ArtifactReport>;
		/// One page of the graph around an artifact.
		fn trace(query: TraceQuery) -> Result<Trace, TraceError>;
	}

	/// What happened to a dataset.
	pub trait AccessApi {
		/// The state of the log, or none when the dataset is not declared.
		fn log(dataset: DatasetId) -> Option<LogSummary>;
		/// How an access would be judged, or none when the dataset is not declared.
		fn check(query: AccessQuery) -> Option<AccessJudgement>;
	}

	/// What was consented to.
	pub trait ConsentApi {
		/// The consents of a subject at every hospital; empty when there are none.
		fn subject(subject: Pseudonym) -> Vec<ConsentView>;
		/// The dataset, or none when it is not declared.
		fn dataset(dataset: DatasetId) -> Option<DatasetView>;
	}

	/// The events of the ledger.
	pub trait LedgerEventsApi {
		/// Executes a block on the state of its parent, at which this is asked, and returns its ledger events. So the
		/// runtime that executed a block reads it, even when the block replaced the runtime.
		///
		/// The answer never changes its layout; new kinds of events come in envelopes of their own.
		fn ledger_events(block: Block) -> BlockEvents;
	}

	/// Who may connect.
	pub trait NetworkApi {
		/// The ed25519 public keys of the nodes that may, or none while everybody may.
		fn admitted_nodes() -> Option<Vec<[u8; 32]>>;
	}

	/// How finality went on after a third or more of the validators were lost.
	pub trait FinalityApi {
		/// The number of the block that restarted finality last, or none when none did.
		fn last_restart() -> Option<u32>;
	}

	/// The validators and when they last authored.
	pub trait ValidatorApi<AccountId: Codec, BlockNumber: Codec> {
		/// The validators of this session, each with the number of the last block that it authored or, before its first
		/// one, of the block at which it was admitted; none when the ledger has no such number.
		fn validators() -> Vec<(AccountId, Option<BlockNumber>)>;
	}

	/// What annotators have earned.
	pub trait AnnotationApi<AccountId: Codec, Balance: Codec> {
		/// What the account can claim, in the token's smallest unit.
		fn claimable(account: AccountId) -> Balance;
	}
}
