//! The sources that were recorded, so that a replay is recognised (design goal 3).
//!
//! A source belongs to the page of the minute in which its access occurred; when this page is full, to that of the second; and
//! when this one is full too, to the page of the second that its first byte says. So a batch of a quiet hospital, which spreads over many
//! seconds, touches few pages, and a busy hospital's pages stay small. A page that is full stays so, which is why a source is in
//! the first of its pages that had room for it, and nowhere else.

use crate::{Config, Error, OldestSecond, Pallet, Recorded, WeightInfo};
use alloc::{
	collections::{BTreeMap, BTreeSet},
	vec::Vec,
};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use core::marker::PhantomData;
use frame_support::{
	traits::{ConstU32, Get, Time},
	weights::Weight,
	BoundedVec,
};
use kexin_primitives::{access::AccessEvent, members::MemberId, UnixMillis, H256};
use scale_info::TypeInfo;

/// Most sources of one page: 16 KiB, which is read, merged and written in the time that a few events take.
pub const MAX_PAGE: u32 = 512;
/// Seconds in a minute.
const MINUTE: u64 = 60;
/// Seconds whose pages are dropped in one block at the most. Two expire in a block of two seconds; the rest catches up
/// after an outage.
const EXPIRED_SECONDS_PER_BLOCK: u64 = 32;
/// Pages that are dropped in one block at the most.
const EXPIRED_PAGES_PER_BLOCK: u32 = 64;

/// Sources that one member has reported, sorted.
pub type Page = BoundedVec<H256, ConstU32<MAX_PAGE>>;

/// Which of a member's pages.
#[derive(
	Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub enum Level {
	/// That of a whole minute, which ends with the second.
	Minute,
	/// That of the second.
	Second,
	/// That of the second's sources with this first byte.
	Shard(u8),
}

/// A page's place: the last second that it is about, and which of the pages it is.
pub(crate) type Place = (u64, Level);

/// The second that a moment falls into, in seconds since 1970-01-01T00:00:00Z.
pub fn second_of(time: UnixMillis) -> u64 {
	time.div_euclid(1_000)
}

/// The pages that an event's source may be in, in the order in which they are filled.
pub(crate) fn places(event: &AccessEvent) -> [Place; 3] {
	let second = second_of(event.occurred);
	let minute = second
		.div_euclid(MINUTE)
		.saturating_add(1)
		.saturating_mul(MINUTE)
		.saturating_sub(1);
	let [first, ..] = event.source.0;
	[
		(minute, Level::Minute),
		(second, Level::Second),
		(second, Level::Shard(first)),
	]
}

/// A page as a batch works on it: what was there, sorted, and what is new.
struct Open {
	before: Vec<H256>,
	new: BTreeSet<H256>,
}

impl Open {
	fn contains(&self, source: &H256) -> bool {
		self.before.binary_search(source).is_ok() || self.new.contains(source)
	}

	fn is_full(&self) -> bool {
		self.before.len().saturating_add(self.new.len()) >= Page::bound()
	}

	/// What is to be stored, if anything is new.
	fn merged(self) -> Option<Page> {
		if self.new.is_empty() {
			return None;
		}
		let mut page = self.before;
		page.extend(self.new);
		// Two sorted runs, which this sort merges in one pass. No source goes into a page that is full.
		page.sort();
		Some(Page::truncate_from(page))
	}
}

/// The sources of one member, as a batch works on them.
pub(crate) struct Sources<T> {
	reporter: MemberId,
	pages: BTreeMap<Place, Open>,
	_config: PhantomData<T>,
}

impl<T: Config> Sources<T> {
	pub(crate) fn new(reporter: MemberId) -> Self {
		Self {
			reporter,
			pages: BTreeMap::new(),
			_config: PhantomData,
		}
	}

	/// Takes the event's source in; false when it was there already.
	///
	/// # Errors
	/// `TooManyPerSecond` when all its pages are full.
	pub(crate) fn insert(&mut self, event: &AccessEvent) -> Result<bool, Error<T>> {
		for place in places(event) {
			let page = self.pages.entry(place).or_insert_with(|| Open {
				before: Recorded::<T>::get(place.0, (self.reporter, place.1)).into_inner(),
				new: BTreeSet::new(),
			});
			if page.contains(&event.source) {
				return Ok(false);
			}
			if !page.is_full() {
				return Ok(page.new.insert(event.source));
			}
		}
		Err(Error::<T>::TooManyPerSecond)
	}

	/// Writes what is new; says how many pages were looked at.
	pub(crate) fn store(self) -> u32 {
		let looked_at = u32::try_from(self.pages.len()).unwrap_or(u32::MAX);
		for ((second, level), page) in self.pages {
			if let Some(page) = page.merged() {
				Recorded::<T>::insert(second, (self.reporter, level), page);
			}
		}
		looked_at
	}
}

impl<T: Config> Pallet<T> {
	/// Drops the pages of seconds that no event can be accepted for any more.
	pub(crate) fn expire_pages() -> Weight {
		// The first block starts before any time was set.
		let Some(horizon) = T::Time::now().checked_sub(T::MaxLateness::get()).map(second_of) else {
			return T::WeightInfo::expire(0, 0);
		};
		let oldest = OldestSecond::<T>::get().unwrap_or(horizon);
		let mut second = oldest;
		let mut left = EXPIRED_PAGES_PER_BLOCK;
		while left > 0 && second < horizon && second < oldest.saturating_add(EXPIRED_SECONDS_PER_BLOCK) {
			let cleared = Recorded::<T>::clear_prefix(second, left, None);
			left = left.saturating_sub(cleared.unique);
			if cleared.maybe_cursor.is_some() {
				break;
			}
			second = second.saturating_add(1);
		}
		OldestSecond::<T>::put(second);
		let seconds = u32::try_from(second.saturating_sub(oldest)).unwrap_or(u32::MAX);
		T::WeightInfo::expire(seconds, EXPIRED_PAGES_PER_BLOCK.saturating_sub(left))
	}
}
