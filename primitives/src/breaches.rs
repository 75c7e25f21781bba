//! The ways in which an access goes outside what was consented to.

use crate::dimensions::dimensions;
use alloc::{string::String, vec::Vec};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use serde::{de::Error as _, Deserialize, Deserializer, Serialize, Serializer};

macro_rules! declare_breaches {
	($(
		$(#[$doc:meta])*
		$field:ident $json:literal [$value:ty; $most:literal], $requested:ident: $request:ty, $breach:ident = $bit:literal $name:literal;
	)+) => {
		bitflags::bitflags! {
			/// The ways in which an access goes outside what was consented to; empty when it stays within.
			#[derive(Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
			pub struct Breaches: u16 {
				/// The access took place before anything was allowed.
				const BEFORE_START = 1;
				$(
					#[doc = concat!("The ", $name, " was not allowed, or no longer allowed.")]
					const $breach = $bit;
				)+
				/// The data subject is not enrolled in the dataset.
				const NOT_ENROLLED = 64;
				/// A newer version had superseded the dataset.
				const SUPERSEDED = 128;
			}
		}

		impl Breaches {
			/// Every breach with its name, as JSON-RPC and the documents spell it.
			pub const NAMED: &'static [(Self, &'static str)] = &[
				(Self::BEFORE_START, "before-start"),
				$( (Self::$breach, $name), )+
				(Self::NOT_ENROLLED, "not-enrolled"),
				(Self::SUPERSEDED, "superseded"),
			];
		}
	};
}
dimensions!(declare_breaches);

impl Breaches {
	/// The breach of this name.
	pub fn from_name(name: &str) -> Option<Self> {
		Self::NAMED
			.iter()
			.find(|(_, known)| *known == name)
			.map(|(breach, _)| *breach)
	}

	/// The names of the breaches in this set.
	pub fn names(self) -> impl Iterator<Item = &'static str> {
		Self::NAMED
			.iter()
			.filter(move |(breach, _)| self.contains(*breach))
			.map(|(_, name)| *name)
	}
}

/// In JSON, the names of the breaches.
impl Serialize for Breaches {
	fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
		serializer.collect_seq(self.names())
	}
}

impl<'de> Deserialize<'de> for Breaches {
	fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
		let names = Vec::<String>::deserialize(deserializer)?;
		names.iter().try_fold(Self::empty(), |breaches, name| {
			let breach = Self::from_name(name)
				.ok_or_else(|| D::Error::custom(format_args!("there is no breach called {name:?}")))?;
			Ok(breaches | breach)
		})
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn every_breach_has_a_bit_and_a_name_of_its_own() {
		let bits = Breaches::NAMED.iter().map(|(breach, name)| (breach.bits(), *name));
		assert_eq!(
			bits.collect::<Vec<_>>(),
			[
				(1, "before-start"),
				(2, "purpose"),
				(4, "operation"),
				(8, "region"),
				(16, "recipient"),
				(32, "recipient-class"),
				(64, "not-enrolled"),
				(128, "superseded"),
			]
		);
		assert_eq!(
			Breaches::NAMED.iter().map(|(breach, _)| *breach).collect::<Breaches>(),
			Breaches::all()
		);
	}
}
