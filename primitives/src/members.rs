//! Members of the consortium, and the powers of their keys.

use crate::vocabulary::{Label, RecipientClass, Region, Value};
use alloc::{string::String, vec::Vec};
use bounded_collections::{BoundedVec, ConstU32};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use core::fmt::Write as _;
use scale_info::TypeInfo;

/// The number of a member, counted from 0 in the order of admission. No number is used twice.
pub type MemberId = u32;

impl Value for MemberId {
	fn first(most: u32) -> impl Iterator<Item = Self> {
		0..most
	}

	fn label(self) -> Label {
		Label::Member(self)
	}
}

/// What a member is.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	serde::Serialize,
	serde::Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum MemberKind {
	/// Cares for patients and holds their data. Only hospitals declare datasets and sit on the council.
	#[codec(index = 0)]
	Hospital,
	/// Does research for the public good.
	#[codec(index = 1)]
	ResearchInstitute,
	/// Reads the ledger on behalf of the public or of a member.
	#[codec(index = 2)]
	Auditor,
	/// Builds and sells models.
	#[codec(index = 3)]
	Company,
	/// A natural person, such as an annotator.
	#[codec(index = 4)]
	Person,
}

impl MemberKind {
	/// Its name, as in JSON.
	pub const fn name(self) -> &'static str {
		match self {
			Self::Hospital => "hospital",
			Self::ResearchInstitute => "research-institute",
			Self::Auditor => "auditor",
			Self::Company => "company",
			Self::Person => "person",
		}
	}

	/// The class of a recipient of this kind under GA4GH DUO's modifiers NPU and NCU.
	///
	/// A person counts as commercial, the class that fewer consents allow, because the ledger does not know better.
	pub const fn recipient_class(self) -> RecipientClass {
		match self {
			Self::Hospital | Self::ResearchInstitute | Self::Auditor => RecipientClass::NonProfit,
			Self::Company | Self::Person => RecipientClass::Commercial,
		}
	}
}

bitflags::bitflags! {
	/// What a key may do for its member.
	#[derive(Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
	pub struct Powers: u8 {
		/// Sits on the council. At most one key of a member has this power, and only if the council gave the member a
		/// seat.
		const COUNCIL = 1;
		/// Adds and revokes the member's other keys.
		const ADMINISTRATOR = 2;
		/// Grants and withdraws consents, declares datasets, registers artifacts, reviews annotations.
		const STEWARD = 4;
		/// Records access events.
		const GATEWAY = 8;
		/// Contributes annotations and earns rewards.
		const ANNOTATOR = 16;
		/// Funds and closes campaigns with the member's tokens.
		const TREASURER = 32;
		/// Acts as an auditor.
		const AUDITOR = 64;
	}
}

impl Powers {
	/// Every power with its name, as the client and the documents spell it.
	pub const NAMED: [(Self, &'static str); 7] = [
		(Self::COUNCIL, "council"),
		(Self::ADMINISTRATOR, "administrator"),
		(Self::STEWARD, "steward"),
		(Self::GATEWAY, "gateway"),
		(Self::ANNOTATOR, "annotator"),
		(Self::TREASURER, "treasurer"),
		(Self::AUDITOR, "auditor"),
	];

	/// The names of the powers in this set.
	pub fn names(self) -> impl Iterator<Item = &'static str> {
		Self::NAMED
			.into_iter()
			.filter(move |(power, _)| self.contains(*power))
			.map(|(_, name)| name)
	}

	/// Whether every bit has a meaning here. Decoding keeps unknown bits; refuse them, so that a later runtime does not
	/// silently grant a new power.
	pub fn is_known(&self) -> bool {
		Self::all().contains(*self)
	}
}

/// In JSON, the names of the powers.
impl serde::Serialize for Powers {
	fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
		serializer.collect_seq(self.names())
	}
}

/// Longest name of a member, in bytes.
pub const MAX_NAME: u32 = 64;

/// A member's name for people, in UTF-8.
pub type Name = BoundedVec<u8, ConstU32<MAX_NAME>>;

/// Whether a member may act.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub enum Status {
	/// Its keys may act.
	Active,
	/// Its keys may not act until the council reinstates it.
	Suspended,
	/// It has left, and its keys are gone. What it did stays on the ledger under its number.
	Removed,
}

/// An organisation or person that the council admitted.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Member {
	/// What it is.
	pub kind: MemberKind,
	/// Its name.
	pub name: Name,
	/// Its country.
	pub region: Region,
	/// Whether it may act.
	pub status: Status,
	/// Whether it has a seat on the council.
	pub seat: bool,
	/// How many keys it has.
	pub keys: u32,
}

/// What an account agrees to become when it signs the [`Place::statement`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place<'a> {
	/// A key of a member.
	Key {
		/// The member.
		member: MemberId,
		/// The powers of the key.
		powers: Powers,
	},
	/// The first key of a member that the council admits.
	FirstKey {
		/// What the member is.
		kind: MemberKind,
		/// Its name.
		name: &'a [u8],
		/// Its country.
		region: Region,
		/// Whether it gets a seat on the council.
		seat: bool,
	},
}

impl Place<'_> {
	/// What an account signs to take this place on the chain with this genesis hash. People read it in their wallets,
	/// so it is a text, in the frame that wallets put around what is no transaction. Each place has a text of its own.
	///
	/// `nonce` is the number of the account's next transaction. The ledger uses it up when it accepts the statement, so
	/// each statement holds once.
	pub fn statement(&self, genesis: &[u8], nonce: u64) -> Vec<u8> {
		let mut text = String::from("<Bytes>Kexin 0x");
		for byte in genesis {
			let _ = write!(text, "{byte:02x}");
		}
		let _ = write!(text, ", nonce {nonce}: this account becomes ");
		let mut name: &[u8] = &[];
		let _ = match self {
			Self::Key { member, powers } => {
				let powers = powers.names().collect::<Vec<_>>().join(",");
				write!(text, "a key of member {member} with the powers {powers}")
			},
			Self::FirstKey {
				kind,
				name: named,
				region,
				seat,
			} => {
				name = named;
				let (kind, region) = (kind.name(), region.0);
				let seat = if *seat { "with" } else { "without" };
				write!(
					text,
					"the first key of a {kind} in region {region} {seat} a seat, called "
				)
			},
		};
		let mut bytes = text.into_bytes();
		bytes.extend_from_slice(name);
		bytes.extend_from_slice(b"</Bytes>");
		bytes
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use alloc::collections::BTreeSet;

	#[test]
	fn kinds_have_the_same_name_in_a_statement_and_in_json() {
		for kind in [
			MemberKind::Hospital,
			MemberKind::ResearchInstitute,
			MemberKind::Auditor,
			MemberKind::Company,
			MemberKind::Person,
		] {
			assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
		}
	}

	#[test]
	fn every_place_has_a_statement_of_its_own() {
		let key = |member, powers| Place::Key { member, powers };
		let first = |kind, name, region, seat| Place::FirstKey {
			kind,
			name,
			region: Region(region),
			seat,
		};
		let named: &[u8] = b"A";
		let places = [
			key(3, Powers::GATEWAY),
			key(31, Powers::GATEWAY),
			key(3, Powers::STEWARD),
			key(3, Powers::STEWARD | Powers::GATEWAY),
			first(MemberKind::Person, named, 276, false),
			first(MemberKind::Company, named, 276, false),
			first(MemberKind::Person, named, 40, false),
			first(MemberKind::Hospital, named, 276, true),
			first(MemberKind::Hospital, named, 276, false),
			first(
				MemberKind::Person,
				b"A key of member 3 with the powers gateway",
				276,
				false,
			),
		];
		let mut statements = BTreeSet::new();
		for place in places {
			for (genesis, nonce) in [([1; 32], 0), ([2; 32], 0), ([1; 32], 1)] {
				assert!(statements.insert(place.statement(&genesis, nonce)), "{place:?}");
			}
		}
		let text = |place: Place| String::from_utf8(place.statement(&[0xab; 2], 7)).unwrap();
		assert_eq!(
			text(key(3, Powers::GATEWAY | Powers::STEWARD)),
			"<Bytes>Kexin 0xabab, nonce 7: this account becomes a key of member 3 with the powers steward,gateway</Bytes>"
		);
		assert_eq!(
			text(first(MemberKind::Hospital, named, 276, true)),
			"<Bytes>Kexin 0xabab, nonce 7: this account becomes the first key of a hospital in region 276 with a seat, \
			 called A</Bytes>"
		);
	}
}
