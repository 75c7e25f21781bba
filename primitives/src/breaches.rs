//! The ledger's judgement of an access: the ways in which it goes outside what was consented to, and what else an
//! auditor has to know.

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
			#[derive(Default, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
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
				/// Nobody was enrolled in the dataset. So no consent permits the access, and none forbids it: the
				/// ledger can't tell.
				const NO_SUBJECTS = 256;
			}
		}

		impl Breaches {
			/// Every breach with its name, as JSON-RPC and the documents spell it.
			pub const NAMED: &'static [(Self, &'static str)] = &[
				(Self::BEFORE_START, "before-start"),
				$( (Self::$breach, $name), )+
				(Self::NOT_ENROLLED, "not-enrolled"),
				(Self::SUPERSEDED, "superseded"),
				(Self::NO_SUBJECTS, "no-subjects"),
			];
		}
	};
}
dimensions!(declare_breaches);

bitflags::bitflags! {
	/// What an auditor has to know about a judgement. None of it is a breach.
	#[derive(Default, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
	pub struct Notices: u8 {
		/// The access is within a consent by the time that its document states, but the ledger learnt of the consent,
		/// or of the enrolment under it, only after the access.
		const RECORDED_AFTER = 1;
		/// The access can't have been for the activity that its event names, so it counts for none: see
		/// [`AccessEvent::is_for`](crate::access::AccessEvent::is_for).
		const NOT_FOR_ACTIVITY = 2;
	}
}

impl Notices {
	/// Every notice with its name, as JSON-RPC and the documents spell it.
	pub const NAMED: &'static [(Self, &'static str)] = &[
		(Self::RECORDED_AFTER, "recorded-after"),
		(Self::NOT_FOR_ACTIVITY, "not-for-activity"),
	];
}

/// Names in JSON, and in what people read, for each flag of a set.
macro_rules! named {
	($flags:ident, $flag:literal) => {
		impl $flags {
			#[doc = concat!("The ", $flag, " of this name.")]
			pub fn from_name(name: &str) -> Option<Self> {
				Self::NAMED
					.iter()
					.find(|(_, known)| *known == name)
					.map(|(flag, _)| *flag)
			}

			#[doc = concat!("The name of each ", $flag, " in this set.")]
			pub fn names(self) -> impl Iterator<Item = &'static str> {
				Self::NAMED
					.iter()
					.filter(move |(flag, _)| self.contains(*flag))
					.map(|(_, name)| *name)
			}
		}

		impl Serialize for $flags {
			fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
				serializer.collect_seq(self.names())
			}
		}

		impl<'de> Deserialize<'de> for $flags {
			fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
				let names = Vec::<String>::deserialize(deserializer)?;
				names.iter().try_fold(Self::empty(), |flags, name| {
					let flag = Self::from_name(name)
						.ok_or_else(|| D::Error::custom(format_args!("there is no {} called {name:?}", $flag)))?;
					Ok(flags | flag)
				})
			}
		}
	};
}
named!(Breaches, "breach");
named!(Notices, "notice");

/// The ledger's judgement of an access.
#[derive(
	Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Judgement {
	/// The ways in which it goes outside what was consented to.
	pub breaches: Breaches,
	/// What else there is to know.
	pub notices: Notices,
}

impl From<Breaches> for Judgement {
	fn from(breaches: Breaches) -> Self {
		Self {
			breaches,
			notices: Notices::empty(),
		}
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
				(256, "no-subjects"),
			]
		);
		assert_eq!(
			Breaches::NAMED.iter().map(|(breach, _)| *breach).collect::<Breaches>(),
			Breaches::all()
		);
	}

	#[test]
	fn every_notice_has_a_bit_and_a_name_of_its_own() {
		let bits = Notices::NAMED.iter().map(|(notice, name)| (notice.bits(), *name));
		assert_eq!(
			bits.collect::<Vec<_>>(),
			[(1, "recorded-after"), (2, "not-for-activity")]
		);
		assert_eq!(
			Notices::NAMED.iter().map(|(notice, _)| *notice).collect::<Notices>(),
			Notices::all()
		);
	}
}
