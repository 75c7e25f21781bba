//! The consent scope: a right is not a bit, it is the moment until which it holds.
//!
//! A [`Scope`] says, in each of its dimensions, until when each named value is allowed, and until when every other
//! value is. Scopes form a meet-semilattice under the pointwise minimum ([`Scope::meet`]): narrowing, revoking and
//! expiring are the same operation, it commutes, associates and repeats without effect, and rights only ever end
//! earlier. The question "was this allowed at `t`?" is answered from the scope itself, without a history.

use crate::{
	access::Breaches,
	members::MemberId,
	vocabulary::{Operation, Purpose, RecipientClass, Region},
	UnixMillis, FOREVER,
};
use alloc::collections::BTreeMap;
use bounded_collections::{BoundedVec, ConstU32};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use serde::{ser::SerializeStruct as _, Serialize, Serializer};

/// Most purposes a scope names. Every code of the vocabulary fits, with room for as many again.
pub const MAX_PURPOSES: u32 = 48;
/// Most operations a scope names. Every code of the vocabulary fits, with room for as many again.
pub const MAX_OPERATIONS: u32 = 32;
/// Most regions a scope names: the 27 states of the European Union, and a few more.
pub const MAX_REGIONS: u32 = 32;
/// Most organisations a scope names. A consortium's projects name a handful of recipients.
pub const MAX_RECIPIENTS: u32 = 32;
/// Most recipient classes a scope names.
pub const MAX_CLASSES: u32 = 4;

/// One dimension of a scope: until when each value is allowed.
///
/// Canonical: the named values are in order, each once, none has the moment of `other`, and no moment is after [`FOREVER`].
#[derive(Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
#[codec(mel_bound(V: MaxEncodedLen))]
pub struct Dimension<V, const N: u32> {
	/// A list and not a tree: most dimensions name a few values, and the ledger decodes one for each access that it judges.
	named: BoundedVec<(V, UnixMillis), ConstU32<N>>,
	other: UnixMillis,
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

impl<V: Serialize + Ord, const N: u32> Serialize for Dimension<V, N> {
	fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
		let mut json = serializer.serialize_struct("Dimension", 2)?;
		let named: BTreeMap<&V, UnixMillis> = self.named.iter().map(|(value, until)| (value, *until)).collect();
		json.serialize_field("named", &named)?;
		json.serialize_field("other", &self.other)?;
		json.end()
	}
}

impl<V: Ord + Copy, const N: u32> Dimension<V, N> {
	/// Every value until the same moment.
	pub fn all(until: UnixMillis) -> Self {
		Self {
			named: BoundedVec::new(),
			other: until.min(FOREVER),
		}
	}

	/// The named values until `until`, and no other.
	///
	/// # Errors
	/// [`TooManyNamed`] when there are more than `N` values.
	pub fn only(values: impl IntoIterator<Item = V>, until: UnixMillis) -> Result<Self, TooManyNamed> {
		values
			.into_iter()
			.try_fold(Self::all(0), |dimension, value| dimension.with(value, until))
	}

	/// This dimension with one more value named.
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

	/// Where a value is among the named ones, or where it would be.
	fn place(&self, value: &V) -> Result<usize, usize> {
		self.named.binary_search_by(|(named, _)| named.cmp(value))
	}

	/// Until when `value` is allowed. A value that is not stated could be any: it is allowed until the first of
	/// all moments here.
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

	/// The named values with their moments, in order.
	pub fn named(&self) -> impl Iterator<Item = (&V, UnixMillis)> {
		self.named.iter().map(|(value, until)| (value, *until))
	}

	/// Until when every value that is not named is allowed.
	pub fn other(&self) -> UnixMillis {
		self.other
	}

	/// The pointwise minimum. Where more than `N` values would be named, those that end first are forgotten, and
	/// every unnamed value ends with them: the result allows less than the exact minimum, never more.
	fn meet(&self, with: &Self) -> Self {
		let exact = self
			.named
			.iter()
			.chain(&with.named)
			.map(|(value, _)| (*value, self.until(Some(value)).min(with.until(Some(value)))));
		Self::bounded(exact.collect(), self.other.min(with.other))
	}

	/// Applies a monotone function to every moment.
	fn map(&self, change: impl Fn(UnixMillis) -> UnixMillis) -> Self {
		let named = self
			.named
			.iter()
			.map(|(value, until)| (*value, change(*until)))
			.collect();
		Self::bounded(named, change(self.other))
	}

	/// The canonical dimension of these moments, with what exceeds the bound taken away.
	fn bounded(mut named: BTreeMap<V, UnixMillis>, other: UnixMillis) -> Self {
		let mut other = other.min(FOREVER);
		let bound = usize::try_from(N).unwrap_or(usize::MAX);
		loop {
			named.retain(|_, until| {
				*until = (*until).min(FOREVER);
				*until != other
			});
			if named.len() <= bound {
				break;
			}
			let Some((first, until)) = named
				.iter()
				.map(|(v, until)| (*v, *until))
				.min_by_key(|(v, until)| (*until, *v))
			else {
				break;
			};
			named.remove(&first);
			other = other.min(until);
		}
		Self {
			named: BoundedVec::truncate_from(named.into_iter().collect()),
			other,
		}
	}
}

/// More values named than a [`Dimension`] holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooManyNamed;

/// What a consent, a data set's label or a cohort allows, and until when.
///
/// An access at `t` is permitted when `start <= t` and `t` is before the moment of its value in every dimension.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Scope {
	/// The first moment at which anything is allowed.
	pub start: UnixMillis,
	/// Why the data may be used.
	pub purposes: Dimension<Purpose, MAX_PURPOSES>,
	/// What may be done with it.
	pub operations: Dimension<Operation, MAX_OPERATIONS>,
	/// Where it may be used.
	pub regions: Dimension<Region, MAX_REGIONS>,
	/// Which members may receive it.
	pub recipients: Dimension<MemberId, MAX_RECIPIENTS>,
	/// Which classes of members may receive it.
	pub recipient_classes: Dimension<RecipientClass, MAX_CLASSES>,
}

impl Serialize for Scope {
	fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
		let mut json = serializer.serialize_struct("Scope", 7)?;
		json.serialize_field("start", &self.start)?;
		json.serialize_field("end", &self.end())?;
		json.serialize_field("purposes", &self.purposes)?;
		json.serialize_field("operations", &self.operations)?;
		json.serialize_field("regions", &self.regions)?;
		json.serialize_field("recipients", &self.recipients)?;
		json.serialize_field("recipientClasses", &self.recipient_classes)?;
		json.end()
	}
}

/// An access that is asked for or has happened, as far as it is stated. See [`Dimension::until`] for what is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Request {
	/// Why.
	pub purpose: Option<Purpose>,
	/// What is done.
	pub operation: Operation,
	/// Where.
	pub region: Option<Region>,
	/// The member that receives the data; none when the recipient is not a member.
	pub recipient: Option<MemberId>,
	/// The class of that member.
	pub recipient_class: Option<RecipientClass>,
}

impl Scope {
	/// Everything from `start` on, for ever.
	pub fn everything(start: UnixMillis) -> Self {
		Self::uniform(start, FOREVER)
	}

	/// Nothing, ever.
	pub fn nothing() -> Self {
		Self::uniform(0, 0)
	}

	/// Everything from `start` until `end`.
	pub fn uniform(start: UnixMillis, end: UnixMillis) -> Self {
		Self {
			start: start.min(FOREVER),
			purposes: Dimension::all(end),
			operations: Dimension::all(end),
			regions: Dimension::all(end),
			recipients: Dimension::all(end),
			recipient_classes: Dimension::all(end),
		}
	}

	/// The same rights in the one form that equal rights share. What comes from outside passes through here before it is
	/// kept or compared.
	pub fn canonical(&self) -> Self {
		self.map(|until| until)
	}

	/// What both scopes allow: the later start and the pointwise minimum.
	pub fn meet(&self, with: &Self) -> Self {
		Self {
			start: self.start.max(with.start).min(FOREVER),
			purposes: self.purposes.meet(&with.purposes),
			operations: self.operations.meet(&with.operations),
			regions: self.regions.meet(&with.regions),
			recipients: self.recipients.meet(&with.recipients),
			recipient_classes: self.recipient_classes.meet(&with.recipient_classes),
		}
	}

	/// What is left when, from `now` on, only what `limits` allows is allowed as well.
	///
	/// What was allowed before `now` stays so: withdrawing consent does not make what happened before unlawful
	/// (GDPR article 7(3)). It is the meet with `limits` in which no moment is before `now`, so it obeys the laws of
	/// the meet; a right that ended before `now` stays ended. The start of `limits` is not looked at.
	pub fn narrow(&self, limits: &Self, now: UnixMillis) -> Self {
		let mut limits = limits.map(|until| until.max(now));
		limits.start = self.start;
		self.meet(&limits)
	}

	/// What is left when everything ends at `now`.
	pub fn revoke(&self, now: UnixMillis) -> Self {
		self.narrow(&Self::nothing(), now)
	}

	/// The ways in which `request` at `at` is outside this scope; empty when it is permitted.
	pub fn breaches(&self, request: &Request, at: UnixMillis) -> Breaches {
		let checks = [
			(Breaches::BEFORE_START, self.start <= at),
			(Breaches::PURPOSE, at < self.purposes.until(request.purpose.as_ref())),
			(
				Breaches::OPERATION,
				at < self.operations.until(Some(&request.operation)),
			),
			(Breaches::REGION, at < self.regions.until(request.region.as_ref())),
			(
				Breaches::RECIPIENT,
				at < self.recipients.until(request.recipient.as_ref()),
			),
			(
				Breaches::RECIPIENT_CLASS,
				at < self.recipient_classes.until(request.recipient_class.as_ref()),
			),
		];
		checks
			.into_iter()
			.filter(|(_, within)| !within)
			.map(|(breach, _)| breach)
			.collect()
	}

	/// Whether `request` at `at` is within this scope.
	pub fn permits(&self, request: &Request, at: UnixMillis) -> bool {
		self.breaches(request, at).is_empty()
	}

	/// The moment at which the last right ends.
	///
	/// Rights are conjunctive over the dimensions, so that is the first dimension to end altogether.
	pub fn end(&self) -> UnixMillis {
		fn last<V: Ord + Copy, const N: u32>(dimension: &Dimension<V, N>) -> UnixMillis {
			dimension
				.named()
				.map(|(_, until)| until)
				.fold(dimension.other(), UnixMillis::max)
		}
		last(&self.purposes)
			.min(last(&self.operations))
			.min(last(&self.regions))
			.min(last(&self.recipients))
			.min(last(&self.recipient_classes))
	}

	fn map(&self, change: impl Fn(UnixMillis) -> UnixMillis) -> Self {
		Self {
			start: self.start.min(FOREVER),
			purposes: self.purposes.map(&change),
			operations: self.operations.map(&change),
			regions: self.regions.map(&change),
			recipients: self.recipients.map(&change),
			recipient_classes: self.recipient_classes.map(&change),
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use alloc::vec::Vec;
	use proptest::prelude::*;

	/// Few values and few moments, so that what is generated collides.
	fn dimension<V: Ord + Copy + core::fmt::Debug + 'static, const N: u32>(
		values: &'static [V],
	) -> impl Strategy<Value = Dimension<V, N>> {
		let named = proptest::collection::btree_map(proptest::sample::select(values), 0..12u64, 0..values.len());
		(named, 0..12u64).prop_map(|(named, other)| Dimension::bounded(named, other))
	}

	const REGIONS: &[Region] = &[Region(40), Region(156), Region(276)];
	const CLASSES: &[RecipientClass] = RecipientClass::ALL;
	const MEMBERS: &[MemberId] = &[0, 1, 2, 3];

	fn scope() -> impl Strategy<Value = Scope> {
		(
			0..6u64,
			dimension(&Purpose::ALL[..5]),
			dimension(&Operation::ALL[..5]),
			dimension(REGIONS),
			dimension(MEMBERS),
			dimension(CLASSES),
		)
			.prop_map(
				|(start, purposes, operations, regions, recipients, recipient_classes)| Scope {
					start,
					purposes,
					operations,
					regions,
					recipients,
					recipient_classes,
				},
			)
	}

	fn request() -> impl Strategy<Value = Request> {
		(
			proptest::option::of(proptest::sample::select(&Purpose::ALL[..6])),
			proptest::sample::select(&Operation::ALL[..6]),
			proptest::option::of(proptest::sample::select(REGIONS)),
			proptest::option::of(proptest::sample::select(MEMBERS)),
			proptest::option::of(proptest::sample::select(CLASSES)),
		)
			.prop_map(|(purpose, operation, region, recipient, recipient_class)| Request {
				purpose,
				operation,
				region,
				recipient,
				recipient_class,
			})
	}

	proptest! {
		#[test]
		fn the_meet_commutes_associates_and_repeats_without_effect(a in scope(), b in scope(), c in scope()) {
			prop_assert_eq!(a.meet(&b), b.meet(&a));
			prop_assert_eq!(a.meet(&b).meet(&c), a.meet(&b.meet(&c)));
			prop_assert_eq!(a.meet(&a), a.clone());
			prop_assert_eq!(a.meet(&Scope::everything(0)), a.clone());
			prop_assert_eq!(a.meet(&b).meet(&b), a.meet(&b));
			prop_assert_eq!(a.canonical(), a);
		}

		#[test]
		fn the_meet_permits_what_both_permit(a in scope(), b in scope(), request in request(), at in 0..14u64) {
			let stated = request.purpose.is_some() && request.region.is_some()
				&& request.recipient.is_some() && request.recipient_class.is_some();
			let both = a.permits(&request, at) && b.permits(&request, at);
			let meet = a.meet(&b).permits(&request, at);
			// What is not stated is judged by the first of all moments, which the meet can only know to be earlier.
			let sound = if stated { meet == both } else { both || !meet };
			prop_assert!(sound);
		}

		#[test]
		fn narrowing_leaves_the_past_and_binds_the_future(
			a in scope(), limits in scope(), request in request(), now in 0..14u64, at in 0..14u64,
		) {
			let narrowed = a.narrow(&limits, now);
			let limits_at = Scope { start: 0, ..limits.clone() };
			if at < now {
				prop_assert_eq!(narrowed.permits(&request, at), a.permits(&request, at));
			} else if narrowed.permits(&request, at) {
				prop_assert!(a.permits(&request, at) && limits_at.permits(&request, at));
			}
			prop_assert_eq!(narrowed.narrow(&limits, now), narrowed);
		}

		#[test]
		fn a_meet_over_its_bound_gives_less_and_never_more(
			lists in proptest::collection::vec(proptest::collection::btree_set(0..200u32, 0..32), 1..6),
			denies in any::<bool>(),
			member in 0..200u32,
		) {
			let (listed, unlisted) = if denies { (3, 9) } else { (9, 3) };
			let dimensions = lists
				.iter()
				.map(|list| {
					let all = Dimension::<MemberId, MAX_RECIPIENTS>::all(unlisted);
					list.iter().try_fold(all, |dimension, member| dimension.with(*member, listed)).unwrap()
				})
				.collect::<Vec<_>>();
			let meet = dimensions.iter().skip(1).fold(dimensions[0].clone(), |meet, with| meet.meet(with));
			let exact = dimensions.iter().map(|dimension| dimension.until(Some(&member))).min().unwrap();
			prop_assert!(meet.until(Some(&member)) <= exact);
			prop_assert!(meet.named().count() <= MAX_RECIPIENTS as usize);
		}

		#[test]
		fn nothing_is_permitted_after_the_end(a in scope(), request in request(), after in 0..5u64) {
			prop_assert!(!a.permits(&request, a.end() + after));
		}

		#[test]
		fn what_decodes_becomes_canonical(a in scope(), b in scope()) {
			let mut foreign = a.clone();
			foreign.purposes.other = u64::MAX;
			foreign.start = u64::MAX;
			let canonical = foreign.canonical();
			prop_assert_eq!(canonical.purposes.other, FOREVER);
			prop_assert_eq!(canonical.start, FOREVER);
			prop_assert_eq!(canonical.canonical(), canonical.clone());
			prop_assert_eq!(canonical.meet(&b), foreign.meet(&b));
		}
	}

	#[test]
	fn a_revoked_scope_still_answers_for_the_past() {
		let granted = Scope::everything(10);
		let revoked = granted.revoke(20);
		let request = Request {
			purpose: Some(Purpose::ModelTraining),
			operation: Operation::Train,
			region: Some(Region(156)),
			recipient: Some(1),
			recipient_class: Some(RecipientClass::NonProfit),
		};
		assert_eq!(revoked.breaches(&request, 9), Breaches::BEFORE_START);
		assert!(revoked.permits(&request, 10) && revoked.permits(&request, 19));
		assert!(!revoked.permits(&request, 20));
		assert_eq!(revoked.end(), 20);
	}

	#[test]
	fn naming_more_than_the_bound_is_refused() {
		assert_eq!(Dimension::<MemberId, 2>::only(0..3, 1), Err(TooManyNamed));
	}

	#[test]
	fn the_encoding_is_pinned() {
		let mut scope = Scope::everything(1);
		scope.purposes = Dimension::only([Purpose::Treatment], 2).unwrap();
		let bytes = crate::Versioned::V1(scope.clone()).encode();
		let forever = FOREVER.to_le_bytes();
		let mut expected = Vec::from([1]);
		expected.extend(1u64.to_le_bytes());
		expected.extend([4, 0]);
		expected.extend(2u64.to_le_bytes());
		expected.extend(0u64.to_le_bytes());
		for _ in 0..4 {
			expected.push(0);
			expected.extend(forever);
		}
		assert_eq!(bytes, expected);
		assert_eq!(
			Scope::max_encoded_len(),
			8 + 433 + 8 + 289 + 8 + 321 + 8 + 385 + 8 + 37 + 8
		);
	}
}
