//! One dimension of a scope.

use crate::{vocabulary::Value, UnixMillis, FOREVER};
use alloc::{collections::BTreeMap, vec::Vec};
use bounded_collections::{BoundedVec, ConstU32};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// One dimension of a scope: until when each value is allowed. It names at most `N` values.
///
/// The canonical form lists each named value once and in order, names no value that ends with the values not named, and
/// has no time after [`FOREVER`].
#[derive(Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
#[codec(mel_bound(V: MaxEncodedLen))]
pub struct Dimension<V, const N: u32> {
	/// A list rather than a tree: most dimensions name a few values, and the ledger decodes one for each access it
	/// judges.
	pub(super) named: BoundedVec<(V, UnixMillis), ConstU32<N>>,
	pub(super) other: UnixMillis,
}

impl<V: Clone, const N: u32> Clone for Dimension<V, N> {
	fn clone(&self) -> Self {
		Self {
			named: self.named.clone(),
			other: self.other,
		}
	}
}

impl<V: PartialEq, const N: u32> PartialEq for Dimension<V, N> {
	fn eq(&self, other: &Self) -> bool {
		self.other == other.other && self.named == other.named
	}
}

impl<V: Eq, const N: u32> Eq for Dimension<V, N> {}

impl<V: core::fmt::Debug, const N: u32> core::fmt::Debug for Dimension<V, N> {
	fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
		formatter
			.debug_map()
			.entries(self.named.iter().map(|(value, until)| (value, until)))
			.entry(&"other", &self.other)
			.finish()
	}
}

impl<V: Ord + Copy, const N: u32> Dimension<V, N> {
	/// Every value until the same time.
	pub fn all(until: UnixMillis) -> Self {
		Self {
			named: BoundedVec::new(),
			other: until.min(FOREVER),
		}
	}

	/// The given values until `until`, and no other.
	///
	/// # Errors
	/// [`TooManyNamed`] when there are more than `N` values.
	pub fn only(values: impl IntoIterator<Item = V>, until: UnixMillis) -> Result<Self, TooManyNamed> {
		values
			.into_iter()
			.try_fold(Self::all(0), |dimension, value| dimension.with(value, until))
	}

	/// This dimension with one more named value.
	///
	/// # Errors
	/// [`TooManyNamed`] when there are more than `N` values.
	pub fn with(mut self, value: V, until: UnixMillis) -> Result<Self, TooManyNamed> {
		let until = until.min(FOREVER);
		let place = self.place(&value);
		if let Ok(place) = place {
			self.named.remove(place);
		}
		if until != self.other {
			let (Ok(place) | Err(place)) = place;
			self.named.try_insert(place, (value, until)).map_err(|_| TooManyNamed)?;
		}
		Ok(self)
	}

	/// The index of a named value, or the index at which it would be inserted.
	fn place(&self, value: &V) -> Result<usize, usize> {
		self.named.binary_search_by(|(named, _)| named.cmp(value))
	}

	/// Until when `value` is allowed. A value that is not stated could be any value, so it is allowed until the
	/// earliest of all times here.
	pub fn until(&self, value: Option<&V>) -> UnixMillis {
		match value {
			Some(value) => {
				let named = self.place(value).ok().and_then(|place| self.named.get(place));
				named.map_or(self.other, |(_, until)| *until)
			},
			None => self
				.named
				.iter()
				.map(|(_, until)| *until)
				.fold(self.other, UnixMillis::min),
		}
	}

	/// The time at which the last value ends.
	pub(super) fn end(&self) -> UnixMillis {
		self.named().map(|(_, until)| until).fold(self.other, UnixMillis::max)
	}

	/// The named values in order, each with the time until which it is allowed.
	pub fn named(&self) -> impl Iterator<Item = (&V, UnixMillis)> {
		self.named.iter().map(|(value, until)| (value, *until))
	}

	/// Until when every value that is not named is allowed.
	pub fn other(&self) -> UnixMillis {
		self.other
	}

	/// The pointwise minimum.
	///
	/// # Errors
	/// [`TooManyNamed`] when it would name more than `N` values. To leave some out would change what they were allowed
	/// before.
	pub(super) fn meet(&self, with: &Self) -> Result<Self, TooManyNamed> {
		let exact = self
			.named
			.iter()
			.chain(&with.named)
			.map(|(value, _)| (*value, self.until(Some(value)).min(with.until(Some(value)))));
		Self::exact(exact.collect(), self.other.min(with.other))
	}

	/// Applies a monotone function to every time.
	pub(super) fn map(&self, change: impl Fn(UnixMillis) -> UnixMillis) -> Self {
		let named = self
			.named
			.iter()
			.map(|(value, until)| (*value, change(*until)))
			.collect();
		let (named, other) = Self::canonical(named, change(self.other));
		Self {
			// No more than are named here.
			named: BoundedVec::truncate_from(named),
			other,
		}
	}

	/// The dimension with these times.
	///
	/// # Errors
	/// [`TooManyNamed`] when more than `N` values have a time of their own.
	pub(super) fn exact(named: BTreeMap<V, UnixMillis>, other: UnixMillis) -> Result<Self, TooManyNamed> {
		let (named, other) = Self::canonical(named, other);
		let named = named.try_into().map_err(|_| TooManyNamed)?;
		Ok(Self { named, other })
	}

	/// These times in canonical form.
	fn canonical(mut named: BTreeMap<V, UnixMillis>, other: UnixMillis) -> (Vec<(V, UnixMillis)>, UnixMillis) {
		let other = other.min(FOREVER);
		named.retain(|_, until| {
			*until = (*until).min(FOREVER);
			*until != other
		});
		(named.into_iter().collect(), other)
	}
}

impl<V: Value, const N: u32> Dimension<V, N> {
	/// As many named values as the dimension holds and the vocabulary has, each with an end of its own.
	pub(super) fn largest() -> Self {
		let ends = (1u64..).map(|earlier| FOREVER.saturating_sub(earlier));
		let named = V::first(N).zip(ends).collect();
		Self {
			named: BoundedVec::truncate_from(named),
			other: 0,
		}
	}
}

/// More values would be named than a [`Dimension`] holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooManyNamed;
