//! A scope in JSON. Equal scopes have equal JSON: what states something twice, or in another form, is refused, because
//! two readers could understand it in two ways.

use super::{Dimension, Scope};
use crate::{
	dimensions::dimensions,
	members::MemberId,
	vocabulary::{Operation, Purpose, RecipientClass, Region},
	UnixMillis, FOREVER,
};
use alloc::collections::BTreeMap;
use core::{fmt, marker::PhantomData};
use serde::{
	de::{Error, MapAccess, Visitor},
	ser::SerializeStruct as _,
	Deserialize, Deserializer, Serialize, Serializer,
};

macro_rules! declare_json {
	($(
		$(#[$doc:meta])*
		$field:ident $json:literal [$value:ty; $most:literal], $requested:ident: $request:ty, $breach:ident = $bit:literal $name:literal;
	)+) => {
		impl Serialize for Scope {
			fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
				let fields = ["start", "end", $( $json ),+].len();
				let mut json = serializer.serialize_struct("Scope", fields)?;
				json.serialize_field("start", &self.start)?;
				json.serialize_field("end", &self.end())?;
				$( json.serialize_field($json, &self.$field)?; )+
				json.end()
			}
		}

		impl<'de> Deserialize<'de> for Scope {
			fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
				#[derive(Deserialize)]
				#[serde(rename = "Scope", deny_unknown_fields)]
				struct Fields {
					start: UnixMillis,
					end: UnixMillis,
					$( #[serde(rename = $json)] $field: Dimension<$value, $most>, )+
				}

				let Fields { start, end, $( $field ),+ } = Fields::deserialize(deserializer)?;
				let scope = Self { start, $( $field ),+ };
				// The end is there for readers; it follows from the rest.
				if scope.end() != end {
					return Err(D::Error::custom("the end of a scope does not follow from its dimensions"));
				}
				Ok(scope)
			}
		}
	};
}
dimensions!(declare_json);

impl<V: Serialize + Ord, const N: u32> Serialize for Dimension<V, N> {
	fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
		let mut json = serializer.serialize_struct("Dimension", 2)?;
		let named: BTreeMap<&V, UnixMillis> = self.named.iter().map(|(value, until)| (value, *until)).collect();
		json.serialize_field("named", &named)?;
		json.serialize_field("other", &self.other)?;
		json.end()
	}
}

impl<'de, V: Deserialize<'de> + Ord + Copy, const N: u32> Deserialize<'de> for Dimension<V, N> {
	fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
		#[derive(Deserialize)]
		#[serde(
			rename = "Dimension",
			deny_unknown_fields,
			bound(deserialize = "V: Deserialize<'de> + Ord")
		)]
		struct Fields<V> {
			#[serde(deserialize_with = "once_each")]
			named: BTreeMap<V, UnixMillis>,
			other: UnixMillis,
		}

		let Fields { named, other } = Fields::<V>::deserialize(deserializer)?;
		if other > FOREVER || named.values().any(|until| *until > FOREVER) {
			return Err(D::Error::custom(format_args!(
				"a time in a scope is after {FOREVER}, the last one"
			)));
		}
		if named.values().any(|until| *until == other) {
			return Err(D::Error::custom(
				"a scope names a value that ends with the values it does not name",
			));
		}
		named
			.into_iter()
			.try_fold(Self::all(other), |dimension, (value, until)| {
				dimension.with(value, until)
			})
			.map_err(|_| D::Error::custom(format_args!("a dimension of a scope names more than {N} values")))
	}
}

/// Reads an object in which each name is there once.
fn once_each<'de, D: Deserializer<'de>, V: Deserialize<'de> + Ord>(
	deserializer: D,
) -> Result<BTreeMap<V, UnixMillis>, D::Error> {
	struct Once<V>(PhantomData<V>);

	impl<'de, V: Deserialize<'de> + Ord> Visitor<'de> for Once<V> {
		type Value = BTreeMap<V, UnixMillis>;

		fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
			formatter.write_str("an object with a time for each value")
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
