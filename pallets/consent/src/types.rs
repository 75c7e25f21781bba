//! What the pallet needs from others, and the types of its calls.

pub use kexin_primitives::subject::{Enrolled, Subject, SubjectConsent, MAX_CONSENTS, MAX_DATASETS};

use frame_support::{pallet_prelude::DispatchResult, traits::ConstU32, BoundedVec};
#[cfg(feature = "runtime-benchmarks")]
use kexin_primitives::UnixMillis;
use kexin_primitives::{members::MemberId, DatasetId, Pseudonym};

/// The most subjects that one call enrols. Larger datasets take several calls.
pub const MAX_ENROLLED: u32 = 1_000;

/// The subjects that one call enrols.
pub type Enrolment = BoundedVec<Pseudonym, ConstU32<MAX_ENROLLED>>;

/// Registers declared datasets as artifacts. The runtime implements it with the lineage pallet.
pub trait RegisterArtifact {
	/// Registers the dataset.
	///
	/// # Errors
	/// When the hash already names an artifact whose registration has not lapsed.
	fn register_dataset(owner: MemberId, dataset: DatasetId) -> DispatchResult;
}

/// What the benchmarks need from other pallets.
#[cfg(feature = "runtime-benchmarks")]
pub trait BenchmarkHelper {
	/// Sets the time of the block.
	fn set_time(now: UnixMillis);
}
