//! # Access
//!
//! # Overview
//!
//! The gateway of a hospital records the accesses to its data sets in batches. Each event is judged by the consents that
//! were in force when it occurred, and appended, with its breaches, to the log of the data set. The test
//! `tests::record::a_batch_is_judged_and_logged` shows it in full.
//!
//! # Design goals
//!
//! 1. **A breach is recorded, not refused.** What is refused is malformed, unauthorised or out of time.
//! 2. **State stays small.** A log is an accumulator of O(log n) hashes; the events are in the block bodies.
//! 3. **A source is recorded once.** For as long as late events are accepted, a replayed source is recognised and answered
//!    like the first time, so that a client that was cut off simply sends again. The sources of one hospital and one
//!    time share a page of storage: a batch reads and writes a few pages, not a key per event.
//! 4. **A judgement stays explicable.** Each entry pins the runtime that judged it.
//! 5. **All or nothing.** One unacceptable event refuses its batch; the error says which kind of event it was.

#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(
	not(test),
	deny(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::unwrap_used)
)]

extern crate alloc;

#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
mod judge;
#[cfg(test)]
mod mock;
mod sources;
#[cfg(test)]
mod tests;
#[cfg(any(test, feature = "invariants", feature = "try-runtime"))]
mod try_state;
pub mod types;
pub mod weights;

#[cfg(feature = "runtime-benchmarks")]
pub use benchmarking::BenchmarkHelper;
pub use pallet::*;
pub use sources::{second_of, Level, Page, MAX_PAGE};
pub use types::*;
pub use weights::WeightInfo;

use alloc::vec::Vec;
use frame_support::{
	ensure,
	pallet_prelude::DispatchResultWithPostInfo,
	traits::{Get, Time},
	weights::Weight,
};
use judge::Judge;
use kexin_primitives::{
	access::{AccessEvent, Breaches, Log, LogEntry, Outcome, Rules},
	members::MemberId,
	DatasetId, UnixMillis, Versioned, FOREVER, H256,
};
use sources::Sources;

/// The storage key of the runtime's code.
const CODE_KEY: &[u8] = b":code";

#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use frame_support::{pallet_prelude::*, traits::StorageVersion};
	use frame_system::pallet_prelude::*;

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	/// The access log of the ledger.
	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	/// What the pallet takes from the runtime.
	#[pallet::config]
	pub trait Config: frame_system::Config<RuntimeEvent: From<Event<Self>>> {
		/// A gateway, acting for the member it yields.
		type GatewayOrigin: EnsureOrigin<Self::RuntimeOrigin, Success = MemberId>;
		/// The consents.
		type Consents: Consents;
		/// The members that receive data.
		type Recipients: Recipients;
		/// The activities that accesses are for.
		type Activities: Activities;
		/// The time of the block.
		type Time: Time<Moment = UnixMillis>;
		/// How long after it occurred an event is accepted, in milliseconds. It is also how long a replay is recognised.
		#[pallet::constant]
		type MaxLateness: Get<UnixMillis>;
		/// How far ahead of the block's time an event may be, in milliseconds: the clocks of hospital systems differ.
		#[pallet::constant]
		type MaxClockSkew: Get<UnixMillis>;
		/// The weights of the calls.
		type WeightInfo: WeightInfo;
		/// Sets up what the benchmarks need of other pallets.
		#[cfg(feature = "runtime-benchmarks")]
		type BenchmarkHelper: crate::benchmarking::BenchmarkHelper<Self::RuntimeOrigin>;
	}

	/// The log of each data set.
	///
	/// Hasher: data set ids are chosen by members, so the key is hashed with a cryptographic hash.
	#[pallet::storage]
	pub type Logs<T> = StorageMap<_, Blake2_128Concat, DatasetId, Versioned<Log>>;

	/// The sources that were recorded, by the last second that a page is about, and the member that reported them.
	///
	/// Hashers: seconds lie within a window and member ids are counted by the ledger; neither can be ground.
	#[pallet::storage]
	pub type Recorded<T> = StorageDoubleMap<_, Twox64Concat, u64, Twox64Concat, (MemberId, Level), Page, ValueQuery>;

	/// The first second whose pages may still be there; none before the first block.
	#[pallet::storage]
	pub type OldestSecond<T> = StorageValue<_, u64>;

	/// The rules of the runtime that executes; none until they are first needed.
	#[pallet::storage]
	pub type CurrentRules<T> = StorageValue<_, Rules>;

	/// What happened.
	#[pallet::event]
	#[pallet::generate_deposit(pub(super) fn deposit_event)]
	pub enum Event<T: Config> {
		/// A batch was recorded.
		BatchRecorded {
			/// The data set whose log grew.
			dataset: DatasetId,
			/// The member that reported the batch.
			reporter: MemberId,
			/// The index in the log of the batch's first new event.
			first: u64,
			/// How many events were new.
			recorded: u32,
			/// Positions in the call of the events that were recorded earlier and are not in the log a second time.
			replayed: BoundedVec<u32, ConstU32<MAX_BATCH>>,
			/// Positions in the call of the new events that breach consent, with their breaches.
			breached: BoundedVec<(u32, Breaches), ConstU32<MAX_BATCH>>,
			/// The time of the block, as it is in the entries.
			recorded_at: UnixMillis,
			/// The rules that judged the batch.
			rules: Rules,
			/// The root of the log after it.
			root: H256,
		},
	}

	/// Why a batch was refused. Nothing of it was recorded.
	#[pallet::error]
	pub enum Error<T> {
		/// The batch has no events. Send at least one.
		Empty,
		/// The data set is not declared. Declare it first.
		UnknownDataset,
		/// The data set belongs to another member. Only its owner reports accesses to it.
		NotAuthorized,
		/// An event occurred longer ago than `MaxLateness`. It can't be recorded any more; keep it with the hospital's
		/// own records and tell the auditor.
		TooLate,
		/// An event occurred later than the block's time plus `MaxClockSkew`. Check the clock of the reporting system.
		InFuture,
		/// An event names a recipient that never was a member. Leave the recipient out for somebody outside.
		UnknownRecipient,
		/// An event names an activity that is not registered. Register the activity first.
		UnknownActivity,
		/// The member reported so many events for one second that no page has room for another: at least 1,024, and about 130,000
		/// when their sources are hashes. Report the rest with the hospital's own records.
		TooManyPerSecond,
		/// The log is full.
		LogFull,
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn on_initialize(_: BlockNumberFor<T>) -> Weight {
			Self::expire_pages().saturating_add(Self::pin_rules())
		}

		fn on_runtime_upgrade() -> Weight {
			CurrentRules::<T>::kill();
			T::DbWeight::get().writes(1)
		}

		fn integrity_test() {
			let (late, skew) = (T::MaxLateness::get(), T::MaxClockSkew::get());
			assert!(
				skew < late,
				"MaxClockSkew of {skew} ms must be below MaxLateness of {late} ms"
			);
			assert!(
				late < FOREVER,
				"MaxLateness of {late} ms must be below FOREVER, {FOREVER} ms"
			);
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Records a batch of access events in the log of a data set.
		///
		/// ## Dispatch Origin
		///
		/// A gateway of the data set's owner.
		///
		/// ## Details
		///
		/// Each event is judged by the consents in force when it occurred. An event whose source this member has reported
		/// before is not recorded again; the event names its position. The weight is that of the worst case at first; what
		/// the batch did not need is given back.
		///
		/// ## Errors
		///
		/// Any of [`Error`], and then nothing of the batch is recorded.
		///
		/// ## Events
		///
		/// [`Event::BatchRecorded`].
		#[pallet::call_index(0)]
		#[pallet::weight(weights::record::<T::WeightInfo>(BatchShape::at_most(events.latest())))]
		pub fn record(
			origin: OriginFor<T>,
			dataset: DatasetId,
			events: Versioned<Batch>,
		) -> DispatchResultWithPostInfo {
			let reporter = T::GatewayOrigin::ensure_origin(origin)?;
			Self::do_record(reporter, dataset, events.into_latest())
		}
	}
}

impl<T: Config> Pallet<T> {
	/// The log of a data set; empty when nothing was recorded.
	pub fn log(dataset: DatasetId) -> Log {
		Logs::<T>::get(dataset).map(Versioned::into_latest).unwrap_or_default()
	}

	/// The breaches with which an event would be recorded for the data set, or none when the data set is not declared.
	pub fn judge(dataset: DatasetId, event: &AccessEvent) -> Option<Breaches> {
		let (owner, terms) = T::Consents::dataset(dataset)?;
		Some(Judge::<T>::new(owner, dataset, terms).breaches(event))
	}

	fn do_record(reporter: MemberId, dataset: DatasetId, events: Batch) -> DispatchResultWithPostInfo {
		ensure!(!events.is_empty(), Error::<T>::Empty);
		let (owner, terms) = T::Consents::dataset(dataset).ok_or(Error::<T>::UnknownDataset)?;
		ensure!(owner == reporter, Error::<T>::NotAuthorized);

		let now = T::Time::now();
		let rules = Self::rules();
		let mut judge = Judge::<T>::new(owner, dataset, terms);
		let mut sources = Sources::<T>::new(reporter);
		let mut log = Self::log(dataset);
		let first = log.accumulator.count();
		let mut replayed = Vec::new();
		let mut breached = Vec::new();

		let number = u32::try_from(events.len()).unwrap_or(MAX_BATCH);
		for (position, event) in (0u32..).zip(events) {
			judge.check(&event, now)?;
			if !sources.insert(&event)? {
				replayed.push(position);
				continue;
			}
			let breaches = judge.breaches(&event);
			if !breaches.is_empty() {
				breached.push((position, breaches));
				if event.outcome == Outcome::Permitted {
					log.breaches = log.breaches.saturating_add(1);
				}
			}
			let entry = LogEntry {
				dataset,
				reporter,
				recorded: now,
				rules,
				breaches,
				event,
			};
			log.accumulator.append(entry.leaf()).map_err(|_| Error::<T>::LogFull)?;
		}

		let shape = BatchShape {
			events: number,
			subjects: judge.subjects(),
			pages: sources.store(),
		};
		let recorded = log.accumulator.count().saturating_sub(first);
		let root = log.accumulator.root();
		Logs::<T>::insert(dataset, Versioned::V1(log));
		Self::deposit_event(Event::BatchRecorded {
			dataset,
			reporter,
			first,
			recorded: u32::try_from(recorded).unwrap_or(MAX_BATCH),
			replayed: replayed.try_into().unwrap_or_default(),
			breached: breached.try_into().unwrap_or_default(),
			recorded_at: now,
			rules,
			root,
		});
		Ok(Some(weights::record::<T::WeightInfo>(shape)).into())
	}

	/// The rules that judge now. The hash of the code is computed once per runtime (design goal 4).
	fn rules() -> Rules {
		let spec_version = <T as frame_system::Config>::Version::get().spec_version;
		CurrentRules::<T>::get()
			.filter(|rules| rules.spec_version == spec_version)
			.unwrap_or_else(|| {
				let code = frame_support::storage::unhashed::get_raw(CODE_KEY).unwrap_or_default();
				let rules = Rules {
					spec_version,
					code: H256(sp_io::hashing::blake2_256(&code)),
				};
				CurrentRules::<T>::put(rules);
				rules
			})
	}

	/// Pins the rules of a new runtime in its first block, so that no member's batch pays for hashing the code.
	fn pin_rules() -> Weight {
		if CurrentRules::<T>::exists() {
			return T::DbWeight::get().reads(1);
		}
		Self::rules();
		T::WeightInfo::pin_rules()
	}
}
