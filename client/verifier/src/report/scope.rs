//! Reads a scope as the ledger's JSON shows it, and in no other form: a scope that says one thing twice could be read in
//! two ways.

use alloc::collections::BTreeMap;
use core::{fmt, marker::PhantomData};
use kexin_primitives::{
	members::MemberId,
	scope::{Dimension, Scope},
	vocabulary::{Operation, Purpose, RecipientClass, Region},
	UnixMillis, FOREVER,
};
use serde::{
	de::{Error, MapAccess, Visitor},
	Deserialize, Deserializer,
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ScopeJson {
	start: UnixMillis,
	end: UnixMillis,
	purposes: DimensionJson<Purpose>,
	operations: DimensionJson<Operation>,
	regions: DimensionJson<Region>,
	recipients: DimensionJson<MemberId>,
	recipient_classes: DimensionJson<RecipientClass>,
}

#[derive(Deserialize)]
#[serde(
	rename_all = "camelCase",
	deny_unknown_fields,
	bound(deserialize = "V: Deserialize<'de> + Ord")
)]
struct DimensionJson<V> {
	#[serde(deserialize_with = "once_each")]
	named: BTreeMap<V, UnixMillis>,
	other: UnixMillis,
}

impl<V: Ord + Copy> DimensionJson<V> {
	fn read<const N: u32, E: Error>(self) -> Result<Dimension<V, N>, E> {
		if self.other > FOREVER || self.named.values().any(|until| *until > FOREVER) {
			return Err(E::custom("a time is after the last one"));
		}
		if self.named.values().any(|until| *until == self.other) {
			return Err(E::custom(
				"a scope names a value with the time of those that it does not name",
			));
		}
		self.named
			.into_iter()
			.try_fold(Dimension::all(self.other), |dimension, (value, until)| {
				dimension.with(value, until)
			})
			.map_err(|_| E::custom("a scope names more values than it can"))
	}
}

/// Reads an object in which no name is there twice.
fn once_each<'de, D: Deserializer<'de>, V: Deserialize<'de> + Ord>(
	deserializer: D,
) -> Result<BTreeMap<V, UnixMillis>, D::Error> {
	struct Once<V>(PhantomData<V>);

	impl<'de, V: Deserialize<'de> + Ord> Visitor<'de> for Once<V> {
		type Value = BTreeMap<V, UnixMillis>;

		fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
			formatter.write_str("moments by their values")
		}

		fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
			let mut named = BTreeMap::new();
			while let Some((value, until)) = entries.next_entry()? {
				if named.insert(value, until).is_some() {
					return Err(A::Error::custom("a scope names a value twice"));
				}
			}
			Ok(named)
		}
	}

	deserializer.deserialize_map(Once(PhantomData))
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Scope, D::Error> {
	let json = ScopeJson::deserialize(deserializer)?;
	let scope = Scope {
		start: json.start,
		purposes: json.purposes.read()?,
		operations: json.operations.read()?,
		regions: json.regions.read()?,
		recipients: json.recipients.read()?,
		recipient_classes: json.recipient_classes.read()?,
	};
	// The end is shown for people; it follows from the rest.
	if scope.end() == json.end {
		Ok(scope)
	} else {
		Err(D::Error::custom("a scope does not end when it says"))
	}
}
