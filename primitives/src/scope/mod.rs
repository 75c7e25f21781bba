//! The consent scope: a right is not a bit, it is the time until which it holds.
//!
//! A [`Scope`] holds, for each of its dimensions, the time until which each named value is allowed, and the time until
//! which every other value is. Scopes form a meet-semilattice under the pointwise minimum ([`Scope::meet`]): narrowing,
//! revoking and expiring are the same operation. It is commutative, associative and idempotent, and rights only ever
//! end earlier. The scope itself answers whether something was allowed at a given time; no history is needed.
//!
//! The table in `dimensions.rs` lists the dimensions. Everything below that exists once per dimension is made from it.

mod dimension;
mod json;
#[cfg(test)]
mod tests;

pub use crate::request::Request;
pub use dimension::{Dimension, TooManyNamed};

use crate::{
	breaches::Breaches,
	dimensions::dimensions,
	members::MemberId,
	vocabulary::{Label, Operation, Purpose, RecipientClass, Region, Value},
	UnixMillis, FOREVER,
};
use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// A dimension of a scope as reports list it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DimensionView {
	/// Its name, as in JSON.
	pub name: &'static str,
	/// The named values in order, each with the time until which it is allowed.
	pub named: Vec<(Label, UnixMillis)>,
	/// Until when every value that is not named is allowed.
	pub other: UnixMillis,
}

macro_rules! declare_scope {
	($(
		$(#[$doc:meta])*
		$field:ident $json:literal [$value:ty; $most:literal], $requested:ident: $request:ty, $breach:ident = $bit:literal $name:literal;
	)+) => {
		/// What a consent, a dataset's label or a cohort allows, and until when.
		///
		/// An access at time `t` is permitted when `start <= t` and, in every dimension, `t` is before the time of the
		/// access's value.
		#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
		pub struct Scope {
			/// The first time at which anything is allowed.
			pub start: UnixMillis,
			$( $(#[$doc])* pub $field: Dimension<$value, $most>, )+
		}

		impl Scope {
			/// Everything from `start` until `end`.
			pub fn uniform(start: UnixMillis, end: UnixMillis) -> Self {
				Self {
					start: start.min(FOREVER),
					$( $field: Dimension::all(end), )+
				}
			}

			/// A scope that names as many values as it can, each with an end of its own. It is the most that a scope
			/// can cost: benchmarks and tests of sizes use it.
			pub fn largest() -> Self {
				Self {
					start: 0,
					$( $field: Dimension::largest(), )+
				}
			}

			/// What both scopes allow: the later start and the pointwise minimum.
			///
			/// # Errors
			/// [`TooManyNamed`] when a dimension would name more values than it holds.
			pub fn meet(&self, with: &Self) -> Result<Self, TooManyNamed> {
				Ok(Self {
					start: self.start.max(with.start).min(FOREVER),
					$( $field: self.$field.meet(&with.$field)?, )+
				})
			}

			/// Applies a monotone function to every time but the start.
			fn map(&self, change: impl Fn(UnixMillis) -> UnixMillis) -> Self {
				Self {
					start: self.start.min(FOREVER),
					$( $field: self.$field.map(&change), )+
				}
			}

			/// The ways in which `request` at time `at` goes outside this scope; empty when it is permitted.
			pub fn breaches(&self, request: &Request, at: UnixMillis) -> Breaches {
				let mut breaches = Breaches::empty();
				breaches.set(Breaches::BEFORE_START, at < self.start);
				$(
					let requested: Option<$value> = request.$requested.into();
					breaches.set(Breaches::$breach, self.$field.until(requested.as_ref()) <= at);
				)+
				breaches
			}

			/// The time at which the last right ends.
			///
			/// A right needs every dimension, so that is when the first dimension has ended altogether.
			pub fn end(&self) -> UnixMillis {
				[ $( self.$field.end() ),+ ].into_iter().fold(FOREVER, UnixMillis::min)
			}

			/// Every dimension, in the order of the table.
			pub fn dimensions(&self) -> Vec<DimensionView> {
				Vec::from([ $(
					DimensionView {
						name: $json,
						named: self.$field.named().map(|(value, until)| (value.label(), until)).collect(),
						other: self.$field.other(),
					},
				)+ ])
			}
		}
	};
}
dimensions!(declare_scope);

impl Scope {
	/// Everything from `start` on, for ever.
	pub fn everything(start: UnixMillis) -> Self {
		Self::uniform(start, FOREVER)
	}

	/// Nothing, ever.
	pub fn nothing() -> Self {
		Self::uniform(0, 0)
	}

	/// The same rights in canonical form, which equal rights share. Pass a scope from outside through this function
	/// before you store or compare it.
	pub fn canonical(&self) -> Self {
		self.map(|until| until)
	}

	/// What is left when, from `now` on, an access must also be within `limits`.
	///
	/// What was allowed before `now` stays allowed: withdrawing consent does not make earlier accesses unlawful (GDPR
	/// article 7(3)). The result is the meet with `limits`, of which no time is taken to be before `now`, so it obeys
	/// the laws of the meet; a right that ended before `now` stays ended. The start of `limits` has no effect.
	///
	/// # Errors
	/// [`TooManyNamed`] when a dimension would name more values than it holds.
	pub fn narrow(&self, limits: &Self, now: UnixMillis) -> Result<Self, TooManyNamed> {
		let mut limits = limits.map(|until| until.max(now));
		limits.start = self.start;
		self.meet(&limits)
	}

	/// What is left when everything ends at `now`. No narrowing leaves less, and it names no more values than this
	/// scope.
	pub fn revoke(&self, now: UnixMillis) -> Self {
		self.map(|until| until.min(now))
	}

	/// Whether `request` at time `at` is within this scope.
	pub fn permits(&self, request: &Request, at: UnixMillis) -> bool {
		self.breaches(request, at).is_empty()
	}
}
