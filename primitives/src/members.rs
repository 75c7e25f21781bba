//! Members of the consortium, and the powers of the keys that act for them.

use crate::vocabulary::{RecipientClass, Region};
use bounded_collections::{BoundedVec, ConstU32};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// A member, numbered in the order of admission. Numbers are never used again.
pub type MemberId = u32;

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
	/// Cares for patients and holds their data. Only hospitals declare data sets and sit on the council.
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
	/// The class that GA4GH DUO's modifiers NPU and NCU put a recipient of this kind in.
	///
	/// A person is counted as commercial, the class that fewer consents allow, since nothing says otherwise.
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
		/// Sits on the council. At most one key of a member, and only where the council gave the member a seat.
		const COUNCIL = 1;
		/// Adds and revokes the member's other keys.
		const ADMINISTRATOR = 2;
		/// Grants and withdraws consents, declares data sets, registers artifacts.
		const STEWARD = 4;
		/// Records access events.
		const GATEWAY = 8;
		/// Contributes annotations and earns rewards.
		const ANNOTATOR = 16;
		/// Spends the member's tokens on campaigns and reviews what they buy.
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

	/// Whether every bit has a meaning. Decoding keeps unknown bits, so that nothing is granted silently later.
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

/// A member's name as people read it, in UTF-8.
pub type Name = BoundedVec<u8, ConstU32<MAX_NAME>>;

/// Whether a member may act.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub enum Status {
	/// Its keys act.
	Active,
	/// Its keys do nothing until the council reinstates it.
	Suspended,
	/// It is gone, and its keys with it. What it did stays on the ledger under its number.
	Removed,
}

/// An organisation or person that the council admitted.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Member {
	/// What it is.
	pub kind: MemberKind,
	/// Its name.
	pub name: Name,
	/// The country it is in.
	pub region: Region,
	/// Whether it may act.
	pub status: Status,
	/// Whether the council gave it a seat.
	pub seat: bool,
	/// How many keys it has.
	pub keys: u32,
}
