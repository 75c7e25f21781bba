//! The recorded sources, by which a replay is recognised (design goal 3).
//!
//! A source belongs to the page of the minute in which its access occurred. If that page is full, it belongs to the
//! page of the second; if that is full too, to the page of the second and of the source's first byte. So a batch from a
//! quiet hospital, which spreads over many seconds, touches few pages, and the pages of a busy hospital stay small. A
//! full page stays full, so a source is in the first of its pages that had room for it, and nowhere else.

use crate::{
	types::{Level, Page},
	weights::WeightInfo,
	Config, Error, OldestSecond, Pallet, Recorded,
};
use alloc::{
	collections::{BTreeMap, BTreeSet},
	vec::Vec,
};
use core::marker::PhantomData;
use frame_support::{
	traits::{Get, Time},
	weights::Weight,
};
use kexin_primitives::{access::AccessEvent, members::MemberId, UnixMillis, H256};

/// Seconds in a minute.
const MINUTE: u64 = 60;
/// The most seconds whose pages are dropped in one block. Two seconds expire per block of two seconds; the rest is for
/// catching up after an outage.
const EXPIRED_SECONDS_PER_BLOCK: u64 = 32;
/// The most pages that are dropped in one block.
const EXPIRED_PAGES_PER_BLOCK: u32 = 64;

/// Where a page is stored: its last second and its level.
pub(crate) type Place = (u64, Level);

/// The second of a time, in seconds since 1970-01-01T00:00:00Z.
pub fn second_of(time: UnixMillis) -> u64 {
	time.div_euclid(1_000)
}

/// The pages that may hold an event's source, in the order in which they are filled.
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

/// A page while a batch works on it: the stored sources, in order, and the new ones.
struct Open {
	stored: Vec<H256>,
	new: BTreeSet<H256>,
}

impl Open {
	fn contains(&self, source: &H256) -> bool {
		self.stored.binary_search(source).is_ok() || self.new.contains(source)
	}

	fn is_full(&self) -> bool {
		self.stored.len().saturating_add(self.new.len()) >= Page::bound()
	}

	/// The page to store, if anything is new.
	fn merged(self) -> Option<Page> {
		if self.new.is_empty() {
			return None;
		}
		let mut page = self.stored;
		page.extend(self.new);
		// This sort merges two sorted runs in one pass. A full page takes no source.
		page.sort();
		Some(Page::truncate_from(page))
	}
}

/// The sources of one member while a batch works on them.
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

	/// Adds the event's source; false when it was there already.
	///
	/// # Errors
	/// `TooManyPerSecond` when all its pages are full.
	pub(crate) fn insert(&mut self, event: &AccessEvent) -> Result<bool, Error<T>> {
		for place in places(event) {
			let page = self.pages.entry(place).or_insert_with(|| Open {
				stored: Recorded::<T>::get(place.0, (self.reporter, place.1)).into_inner(),
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

	/// Stores what is new. Returns the number of pages that were read.
	pub(crate) fn store(self) -> u32 {
		let read = u32::try_from(self.pages.len()).unwrap_or(u32::MAX);
		for ((second, level), page) in self.pages {
			if let Some(page) = page.merged() {
				Recorded::<T>::insert(second, (self.reporter, level), page);
			}
		}
		read
	}
}

impl<T: Config> Pallet<T> {
	/// Drops the pages of seconds for which events are no longer accepted.
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
