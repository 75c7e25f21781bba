//! # Access
//!
//! # Overview
//!
//! A hospital's gateway records the accesses to its datasets in batches. The pallet judges each event by the consents
//! that were in force when it occurred, and appends it with its judgement to the log of the dataset:
#![doc = docify::embed!("src/tests/record.rs", a_batch_is_judged_and_logged)]
//!
//! # Design goals
//!
//! 1. **A breach is recorded, not refused.** The pallet refuses only what is malformed, unauthorised or out of time.
//! 2. **State stays small.** A log is an accumulator of O(log n) hashes; the events are in the block bodies.
//! 3. **An event is recorded exactly once.** Each gateway numbers its events, and the pallet keeps the number that
//!    comes next. A client that was cut off sends again with the same numbers, and learns what was recorded before.
//! 4. **A judgement can be explained later.** Each entry names the runtime that judged it.
//! 5. **All or nothing.** One unacceptable event refuses its batch; the error names the problem.

#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(test, allow(clippy::arithmetic_side_effects))]

extern crate alloc;

#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
mod judge;
#[cfg(test)]
mod mock;
mod observer;
#[cfg(test)]
mod tests;
#[cfg(any(test, feature = "invariants", feature = "try-runtime"))]
mod try_state;
pub mod types;
pub mod weights;

pub use observer::observe;
pub use pallet::*;
pub use types::*;
pub use weights::WeightInfo;

use alloc::vec::Vec;
use frame_support::{
	dispatch::WithPostDispatchInfo,
	ensure,
	pallet_prelude::DispatchResultWithPostInfo,
	traits::{Get, Time},
	weights::Weight,
};
use judge::Judge;
use kexin_primitives::{
	access::{AccessEvent, Breaches, Judgement, Log, LogEntry, Notices, Outcome, Rules},
	batch::OutOfOrder,
	events::access::Batch as RecordedBatch,
	members::MemberId,
	DatasetId, UnixMillis, Versioned, FOREVER, H256,
};

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

	/// What the pallet needs from the runtime.
	#[pallet::config]
	pub trait Config: frame_system::Config<RuntimeEvent: From<Event<Self>>> {
		/// A gateway. Yields the member for which it acts, and its account.
		type GatewayOrigin: EnsureOrigin<Self::RuntimeOrigin, Success = (MemberId, Self::AccountId)>;
		/// The consents.
		type Consents: Consents;
		/// The members that receive data.
		type Recipients: Recipients;
		/// The activities for which data is accessed.
		type Activities: Activities;
		/// The time of the block.
		type Time: Time<Moment = UnixMillis>;
		/// How long after it occurred an event is accepted, in milliseconds.
		#[pallet::constant]
		type MaxLateness: Get<UnixMillis>;
		/// How far after the block's time an event may occur, in milliseconds: the clocks of hospital systems differ.
		#[pallet::constant]
		type MaxClockSkew: Get<UnixMillis>;
		/// The weights of the calls.
		type WeightInfo: WeightInfo;
		/// Sets up what the benchmarks need from other pallets.
		#[cfg(feature = "runtime-benchmarks")]
		type BenchmarkHelper: BenchmarkHelper<Self::RuntimeOrigin>;
	}

	/// The log of each dataset.
	///
	/// Hasher: members choose dataset ids, so a cryptographic hash keeps an attacker from choosing keys that collide.
	#[pallet::storage]
	pub type Logs<T> = StorageMap<_, Blake2_128Concat, DatasetId, Versioned<Log>>;

	/// The position of the next event of each gateway; none for one that has reported nothing.
	///
	/// Hasher: whoever makes a key chooses the account, so a cryptographic hash keeps an attacker from choosing keys
	/// that collide.
	#[pallet::storage]
	pub type Streams<T: Config> = StorageMap<_, Blake2_128Concat, T::AccountId, Versioned<Position>>;

	/// The rules of the present runtime; none until they are first needed.
	#[pallet::storage]
	pub type CurrentRules<T> = StorageValue<_, Rules>;

	/// The pallet's events.
	#[pallet::event]
	#[pallet::generate_deposit(pub(super) fn deposit_event)]
	pub enum Event<T: Config> {
		/// A batch was recorded.
		BatchRecorded {
			/// The dataset whose log grew.
			dataset: DatasetId,
			/// The member that reported the batch.
			reporter: MemberId,
			/// The index in the log of the batch's first new event.
			first: u64,
			/// The number of new events.
			recorded: u32,
			/// How many events at the beginning of the call were recorded earlier. They are not in the log a second
			/// time.
			replayed: u32,
			/// The places in the call of new events that breach consent, with their breaches.
			breached: BoundedVec<(u32, Breaches), ConstU32<MAX_BATCH>>,
			/// The places in the call of new events of which there is more to know, with that.
			noticed: BoundedVec<(u32, Notices), ConstU32<MAX_BATCH>>,
			/// The time of the block, as in the entries.
			recorded_at: UnixMillis,
			/// The rules that judged the batch.
			rules: Rules,
			/// The root of the log after the batch.
			root: H256,
		},
	}

	/// Why a batch is refused. Nothing of it was recorded.
	#[pallet::error]
	pub enum Error<T> {
		/// The batch has no events. Send at least one.
		Empty,
		/// An event refers to an actor, a subject or a usage that is not in the batch's lists, or to a time that no
		/// clock shows. Its numbers are places in the lists, counted from 0.
		Malformed,
		/// The dataset is not declared. Declare it first.
		UnknownDataset,
		/// The dataset belongs to another member. Only its owner may report accesses to it.
		NotAuthorized,
		/// An event occurred longer ago than `MaxLateness`, so it can no longer be recorded. Keep it in the hospital's
		/// own records and inform the auditor.
		TooLate,
		/// An event occurred later than the block's time plus `MaxClockSkew`. Check the clock of the reporting system.
		InFuture,
		/// An event names a recipient that never was a member. If the recipient is not a member, leave it out.
		UnknownRecipient,
		/// An event names an activity that is not registered. Register the activity first.
		UnknownActivity,
		/// Events of the gateway before these are missing: `Streams` has the position of the next event. Send them
		/// first.
		Gap,
		/// The gateway has begun another stream since: `Streams` has its number. Find out whether another client signs
		/// with this key, give each its own, and send the events in a stream with a higher number.
		Superseded,
		/// The log holds 2^64 - 1 entries and takes no more. Declare a new version of the dataset.
		LogFull,
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn on_initialize(_: BlockNumberFor<T>) -> Weight {
			Self::pin_rules()
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
		/// Records a batch of access events in the log of a dataset.
		///
		/// ## Dispatch Origin
		///
		/// A gateway of the dataset's owner.
		///
		/// ## Details
		///
		/// The consents in force when an event occurred judge it. One that only a later record permits gets a notice.
		/// One that can't have been for the activity that it names (see [`AccessEvent::is_for`]) counts for none, and
		/// gets a notice too. `first` is the position of the batch's first event. Events before the gateway's next
		/// position were recorded earlier, and are not recorded again; [`Event::BatchRecorded`] counts them. The call
		/// is charged for the worst case, and gets back what it did not need.
		///
		/// ## Errors
		///
		/// Any of [`Error`]. Nothing of the batch is recorded then.
		///
		/// ## Events
		///
		/// [`Event::BatchRecorded`].
		#[pallet::call_index(0)]
		#[pallet::weight(weights::record::<T::WeightInfo>(BatchShape::at_most(batch.latest())))]
		pub fn record(
			origin: OriginFor<T>,
			dataset: DatasetId,
			first: Position,
			batch: Versioned<Batch>,
		) -> DispatchResultWithPostInfo {
			let (reporter, gateway) = T::GatewayOrigin::ensure_origin(origin)?;
			let batch = batch.into_latest();
			let replayed = Self::advance(&gateway, first, &batch)
				.map_err(|error| error.with_weight(weights::record::<T::WeightInfo>(BatchShape::default())))?;
			Self::do_record(reporter, dataset, batch, replayed)
		}
	}
}

impl<T: Config> Pallet<T> {
	/// The log of a dataset; empty when nothing was recorded.
	pub fn log(dataset: DatasetId) -> Log {
		Logs::<T>::get(dataset).map(Versioned::into_latest).unwrap_or_default()
	}

	/// The judgement with which an event would be recorded for the dataset; none when the dataset is not declared.
	pub fn judge(dataset: DatasetId, event: &AccessEvent) -> Option<Judgement> {
		let (owner, terms) = T::Consents::dataset(dataset)?;
		Some(Judge::<T>::new(owner, dataset, terms).judge(event))
	}

	/// Moves the gateway's next position behind the batch. Returns how many of its events were recorded before.
	fn advance(gateway: &T::AccountId, first: Position, batch: &Batch) -> Result<u32, Error<T>> {
		let next = Streams::<T>::get(gateway).map(Versioned::into_latest);
		let replayed = first
			.recorded_before(next, batch.number())
			.map_err(|problem| match problem {
				OutOfOrder::Gap => Error::<T>::Gap,
				OutOfOrder::Superseded => Error::<T>::Superseded,
			})?;
		if replayed < batch.number() {
			Streams::<T>::insert(gateway, Versioned::V1(first.plus(batch.number())));
		}
		Ok(replayed)
	}

	fn do_record(reporter: MemberId, dataset: DatasetId, batch: Batch, replayed: u32) -> DispatchResultWithPostInfo {
		ensure!(!batch.events.is_empty(), Error::<T>::Empty);
		let (owner, terms) = T::Consents::dataset(dataset).ok_or(Error::<T>::UnknownDataset)?;
		ensure!(owner == reporter, Error::<T>::NotAuthorized);

		let now = T::Time::now();
		let rules = Self::rules();
		let mut judge = Judge::<T>::new(owner, dataset, terms);
		let mut log = Self::log(dataset);
		let first = log.accumulator.count();
		let mut breached = Vec::new();
		let mut noticed = Vec::new();
		let mut observed = observer::is_observed().then(Vec::new);

		let before = usize::try_from(replayed).unwrap_or(usize::MAX);
		for (place, event) in (0u32..).zip(batch.unpacked()).skip(before) {
			let event = event.map_err(|_| Error::<T>::Malformed)?;
			judge.check(&event, now)?;
			let judgement = judge.judge(&event);
			let Judgement { breaches, notices } = judgement;
			if !notices.is_empty() {
				noticed.push((place, notices));
			}
			if !breaches.is_empty() {
				breached.push((place, breaches));
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
				notices,
				event,
			};
			log.accumulator.append(entry.leaf()).map_err(|_| Error::<T>::LogFull)?;
			if let Some(observed) = &mut observed {
				observed.push((event, judgement));
			}
		}

		let shape = BatchShape {
			events: batch.number().saturating_sub(replayed),
			subjects: judge.subjects(),
			others: judge.others(),
		};
		let recorded = log.accumulator.count().saturating_sub(first);
		let root = log.accumulator.root();
		if recorded > 0 {
			Logs::<T>::insert(dataset, Versioned::V1(log));
		}
		if let Some(entries) = observed {
			observer::note(RecordedBatch {
				dataset,
				reporter,
				first,
				entries,
				replayed,
				recorded: now,
				rules,
				root,
			});
		}
		Self::deposit_event(Event::BatchRecorded {
			dataset,
			reporter,
			first,
			recorded: u32::try_from(recorded).unwrap_or(MAX_BATCH),
			replayed,
			breached: breached.try_into().unwrap_or_default(),
			noticed: noticed.try_into().unwrap_or_default(),
			recorded_at: now,
			rules,
			root,
		});
		Ok(Some(weights::record::<T::WeightInfo>(shape)).into())
	}

	/// The present rules. The hash of the code is computed once per runtime (design goal 4).
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

	/// Stores the rules of a new runtime in its first block, so that no member's batch pays for hashing the code.
	fn pin_rules() -> Weight {
		if CurrentRules::<T>::exists() {
			return T::DbWeight::get().reads(1);
		}
		Self::rules();
		T::WeightInfo::pin_rules()
	}
}
