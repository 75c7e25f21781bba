//! The laws of the meet, and the encodings.

use super::*;
use proptest::prelude::*;

/// Few values and few times, so that what is generated collides.
fn dimension<V: Value + core::fmt::Debug + 'static, const N: u32>() -> impl Strategy<Value = Dimension<V, N>> {
	let values = V::first(NAMED).collect::<Vec<_>>();
	let most = values.len();
	let named = proptest::collection::btree_map(proptest::sample::select(values), 0..12u64, 0..most);
	(named, 0..12u64).prop_map(|(named, other)| Dimension::exact(named, other).expect("few values"))
}

/// A field of a request, which states its value or may leave it out.
trait Stated<V>: Sized {
	fn any_of(values: Vec<V>) -> BoxedStrategy<Self>;
}

impl<V: Value + core::fmt::Debug + 'static> Stated<V> for V {
	fn any_of(values: Vec<V>) -> BoxedStrategy<Self> {
		proptest::sample::select(values).boxed()
	}
}

impl<V: Value + core::fmt::Debug + 'static> Stated<V> for Option<V> {
	fn any_of(values: Vec<V>) -> BoxedStrategy<Self> {
		proptest::option::of(proptest::sample::select(values)).boxed()
	}
}

/// Values that a scope may name, so few that generated scopes collide.
const NAMED: u32 = 4;

/// One value more than scopes name.
fn requested<V: Value>() -> Vec<V> {
	V::first(NAMED + 1).collect()
}

macro_rules! declare_strategies {
	($(
		$(#[$doc:meta])*
		$field:ident $json:literal [$value:ty; $most:literal], $requested:ident: $request:ty, $breach:ident = $bit:literal $name:literal;
	)+) => {
		fn scope() -> impl Strategy<Value = Scope> {
			(0..6u64, $( dimension::<$value, $most>() ),+)
				.prop_map(|(start, $( $field ),+)| Scope { start, $( $field ),+ })
		}

		fn request() -> impl Strategy<Value = Request> {
			( $( <$request as Stated<$value>>::any_of(requested()) ),+ )
				.prop_map(|( $( $requested ),+ )| Request { $( $requested ),+ })
		}

		/// Whether the request states a value in every dimension.
		fn states_everything(request: &Request) -> bool {
			[ $( Option::<$value>::from(request.$requested).is_some() ),+ ].into_iter().all(|stated| stated)
		}
	};
}
dimensions!(declare_strategies);

/// The meet of scopes that name few values.
fn meet(a: &Scope, b: &Scope) -> Scope {
	a.meet(b).expect("few values")
}

proptest! {
	#[test]
	fn the_meet_is_commutative_associative_and_idempotent(a in scope(), b in scope(), c in scope()) {
		prop_assert_eq!(meet(&a, &b), meet(&b, &a));
		prop_assert_eq!(meet(&meet(&a, &b), &c), meet(&a, &meet(&b, &c)));
		prop_assert_eq!(meet(&a, &a), a.clone());
		prop_assert_eq!(meet(&a, &Scope::everything(0)), a.clone());
		prop_assert_eq!(meet(&meet(&a, &b), &b), meet(&a, &b));
		prop_assert_eq!(a.canonical(), a);
	}

	#[test]
	fn the_meet_permits_what_both_permit(a in scope(), b in scope(), request in request(), at in 0..14u64) {
		let stated = states_everything(&request);
		let both = a.permits(&request, at) && b.permits(&request, at);
		let meet = meet(&a, &b).permits(&request, at);
		// What is not stated is judged by the earliest of all times, and the meet may only know an earlier one.
		let sound = if stated { meet == both } else { both || !meet };
		prop_assert!(sound);
	}

	#[test]
	fn narrowing_leaves_the_past_and_binds_the_future(
		a in scope(), limits in scope(), request in request(), now in 0..14u64, at in 0..14u64,
	) {
		let narrowed = a.narrow(&limits, now).expect("few values");
		let limits_at = Scope { start: 0, ..limits.clone() };
		if at < now {
			prop_assert_eq!(narrowed.permits(&request, at), a.permits(&request, at));
		} else if narrowed.permits(&request, at) {
			prop_assert!(a.permits(&request, at) && limits_at.permits(&request, at));
		}
		prop_assert_eq!(narrowed.narrow(&limits, now), Ok(narrowed.clone()));
		prop_assert_eq!(Ok(a.revoke(now)), a.narrow(&Scope::nothing(), now));
		prop_assert_eq!(Ok(a.revoke(now)), narrowed.meet(&a.revoke(now)));
	}

	/// However many lists are narrowed one after the other, what was allowed before each of them stays allowed: a
	/// narrowing that needs more names than there is room for is refused.
	#[test]
	fn a_narrowing_is_exact_or_refused(
		lists in proptest::collection::vec(proptest::collection::btree_set(0..60u32, 0..32), 1..6),
		denies in any::<bool>(),
		member in 0..60u32,
		at in 0..20u64,
	) {
		let (listed, unlisted) = if denies { (3, 15) } else { (15, 3) };
		let mut scope = Scope::everything(0);
		let mut exact = FOREVER;
		for (now, list) in (5u64..).zip(&lists) {
			let all = Dimension::<MemberId, 32>::all(unlisted);
			let recipients = list.iter().try_fold(all, |dimension, member| dimension.with(*member, listed)).unwrap();
			let limit = recipients.until(Some(&member)).max(now);
			let Ok(narrowed) = scope.narrow(&Scope { recipients, ..Scope::everything(0) }, now) else {
				prop_assert!(scope.recipients.named().count() + list.len() > 32);
				continue;
			};
			scope = narrowed;
			exact = exact.min(limit);
		}
		prop_assert_eq!(at < scope.recipients.until(Some(&member)), at < exact);
		prop_assert!(scope.recipients.named().count() <= 32);
	}

	#[test]
	fn nothing_is_permitted_after_the_end(a in scope(), request in request(), after in 0..5u64) {
		prop_assert!(!a.permits(&request, a.end() + after));
	}

	#[test]
	fn a_decoded_scope_becomes_canonical(a in scope(), b in scope()) {
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
fn naming_more_values_than_the_bound_is_refused() {
	assert_eq!(Dimension::<MemberId, 2>::only(0..3, 1), Err(TooManyNamed));
}

#[test]
fn a_narrowing_beyond_the_bound_is_refused_and_a_withdrawal_never_is() {
	let largest = Scope::largest();
	let mut limits = Scope::everything(0);
	limits.regions = Dimension::only([Region(999)], FOREVER).unwrap();
	assert_eq!(
		largest.narrow(&limits, 20).map(|_| ()),
		Ok(()),
		"what ended for all others needs no name"
	);
	let mut open = Scope::everything(0);
	for number in 0..32 {
		open.regions = open.regions.with(Region(number), 10 + u64::from(number)).unwrap();
	}
	limits.regions = Dimension::all(FOREVER).with(Region(999), 50).unwrap();
	assert_eq!(open.narrow(&limits, 20), Err(TooManyNamed));
	let revoked = open.revoke(20);
	for number in 0..32 {
		let until = 10 + u64::from(number);
		assert_eq!(revoked.regions.until(Some(&Region(number))), until.min(20));
	}
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

#[test]
fn json_is_pinned_and_read_back() {
	let mut scope = Scope::everything(1);
	scope.purposes = Dimension::only([Purpose::Treatment], 2).unwrap();
	let json = r#"{"start":1,"end":2,"purposes":{"named":{"TREAT":2},"other":0},"#.to_string()
		+ r#""operations":{"named":{},"other":9007199254740991},"regions":{"named":{},"other":9007199254740991},"#
		+ r#""recipients":{"named":{},"other":9007199254740991},"recipientClasses":{"named":{},"other":9007199254740991}}"#;
	assert_eq!(serde_json::to_string(&scope).unwrap(), json);
	assert_eq!(serde_json::from_str::<Scope>(&json).unwrap(), scope);
	for scope in [Scope::largest(), Scope::nothing()] {
		let json = serde_json::to_string(&scope).unwrap();
		assert_eq!(serde_json::from_str::<Scope>(&json).unwrap(), scope);
	}
}

#[test]
fn the_largest_scope_is_canonical_and_names_all_it_can() {
	let largest = Scope::largest();
	assert_eq!(largest.canonical(), largest);
	let named = largest
		.dimensions()
		.iter()
		.map(|view| (view.name, view.named.len()))
		.collect::<Vec<_>>();
	assert_eq!(
		named,
		[
			("purposes", Purpose::ALL.len()),
			("operations", Operation::ALL.len()),
			("regions", 32),
			("recipients", 32),
			("recipientClasses", RecipientClass::ALL.len())
		]
	);
}
