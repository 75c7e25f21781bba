//! The events of the ledger as auditors read them: one vocabulary for every release, one module per domain.
//!
//! The runtime that executed a block turns the events of its pallets into this vocabulary and hands each one to the
//! node in an [`Envelope`]. A node that is older than the runtime skips the envelopes that it cannot open, and goes on
//! with the others.
//!
//! What is published here never changes, because old runtimes keep writing it:
//! - A new event of a domain is a new variant with the next index. Older nodes skip it.
//! - A new layout of an existing event is a new version of its domain: the old enumeration stays, with a conversion
//!   into the new one, and [`Envelope::open`] knows both.
//!
//! | domain | module | what it is about |
//! |---|---|---|
//! | access | [`access`] | batches of access events that were recorded |
//! | consent | [`consent`] | consents, and the datasets that patients are enrolled in |
//! | lineage | [`lineage`] | artifacts, activities and evidence |
//! | members | [`members`] | organisations, their keys, validators and nodes |
//! | governance | [`governance`] | motions of the council, upgrades and restarts of finality |
//! | annotation | [`annotation`] | campaigns, contributions and rewards |

pub mod access;
pub mod annotation;
pub mod consent;
pub mod governance;
pub mod lineage;
pub mod members;

use crate::{UnixMillis, H256};
use access::AccessLogEvent;
use alloc::vec::Vec;
use annotation::AnnotationEvent;
use codec::{Decode, DecodeAll, Encode};
use consent::ConsentEvent;
use governance::GovernanceEvent;
use lineage::LineageEvent;
use members::MemberEvent;
use scale_info::TypeInfo;

/// An account: its public key, which JSON spells as 0x-hex.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, serde::Serialize)]
pub struct Account(pub H256);

impl<Id: Into<[u8; 32]>> From<Id> for Account {
	fn from(account: Id) -> Self {
		Self(H256(account.into()))
	}
}

/// An amount of tokens in the smallest unit. JSON spells it as a decimal string, since it can exceed 2^53.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct Amount(pub u128);

impl From<u128> for Amount {
	fn from(amount: u128) -> Self {
		Self(amount)
	}
}

impl serde::Serialize for Amount {
	fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
		serializer.collect_str(&self.0)
	}
}

/// The ledger events of a block, in the order in which they happened.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct BlockEvents {
	/// The time of the block.
	pub time: UnixMillis,
	/// Its events.
	pub events: Vec<Envelope>,
}

/// An event as the runtime hands it to a node, which need not understand it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct Envelope {
	/// What the event is about. A node may not know the domain.
	pub domain: u8,
	/// The version of the domain's vocabulary, from 1 on.
	pub version: u8,
	/// The encoded event.
	pub bytes: Vec<u8>,
}

/// The events of one domain.
pub trait DomainEvent: Encode + Decode + Into<LedgerEvent> {
	/// The number of the domain. It never changes.
	const DOMAIN: u8;
	/// The version that this release writes.
	const VERSION: u8;
	/// The name of the domain, as metrics and JSON spell it.
	const NAME: &'static str;

	/// The event, if it is one of this domain.
	fn from_ledger(event: LedgerEvent) -> Option<Self>;
}

macro_rules! domains {
	($( $domain:literal $version:literal $name:literal $variant:ident($event:ty) ),+ $(,)?) => {
		/// An event of any domain, in the newest version of its vocabulary.
		#[derive(Clone, Debug, PartialEq, Eq)]
		#[allow(missing_docs)]
		pub enum LedgerEvent {
			$( $variant($event), )+
		}

		$(
			impl DomainEvent for $event {
				const DOMAIN: u8 = $domain;
				const VERSION: u8 = $version;
				const NAME: &'static str = $name;

				fn from_ledger(event: LedgerEvent) -> Option<Self> {
					match event {
						LedgerEvent::$variant(event) => Some(event),
						_ => None,
					}
				}
			}

			impl From<$event> for LedgerEvent {
				fn from(event: $event) -> Self {
					Self::$variant(event)
				}
			}
		)+

		impl LedgerEvent {
			/// Puts the event into an envelope.
			pub fn seal(&self) -> Envelope {
				match self {
					$( Self::$variant(event) => Envelope {
						domain: $domain,
						version: $version,
						bytes: event.encode(),
					}, )+
				}
			}
		}

		impl Envelope {
			/// The event inside; none when this release does not know it.
			pub fn open(&self) -> Option<LedgerEvent> {
				match (self.domain, self.version) {
					$( ($domain, $version) => <$event>::decode_all(&mut &self.bytes[..]).ok().map(LedgerEvent::$variant), )+
					_ => None,
				}
			}

			/// The name of the domain; none when this release does not know it.
			pub fn domain_name(&self) -> Option<&'static str> {
				match self.domain {
					$( $domain => Some($name), )+
					_ => None,
				}
			}
		}
	};
}

domains! {
	0 1 "access" Access(AccessLogEvent),
	1 1 "consent" Consent(ConsentEvent),
	2 1 "lineage" Lineage(LineageEvent),
	3 1 "members" Members(MemberEvent),
	4 1 "governance" Governance(GovernanceEvent),
	5 1 "annotation" Annotation(AnnotationEvent),
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::access::{AccessEvent, Breaches, Outcome, Rules};
	use crate::vocabulary::Operation;

	fn revoked() -> ConsentEvent {
		ConsentEvent::Revoked {
			hospital: 3,
			subject: H256::repeat_byte(1),
			consent: None,
			document: H256::repeat_byte(2),
		}
	}

	#[test]
	fn an_event_comes_out_of_its_envelope_unchanged() {
		let event = LedgerEvent::from(revoked());
		assert_eq!(event.seal().open(), Some(event));
	}

	#[test]
	fn an_older_release_skips_other_domains_versions_variants_and_longer_events() {
		let known = LedgerEvent::from(revoked()).seal();
		let changes: [fn(&mut Envelope); 4] = [
			|envelope| envelope.domain = 200,
			|envelope| envelope.version = 2,
			|envelope| envelope.bytes[0] = 200,
			|envelope| envelope.bytes.push(0),
		];
		for change in changes {
			let mut other = known.clone();
			change(&mut other);
			assert_eq!(other.open(), None, "{other:?}");
		}
	}

	#[test]
	fn the_encoding_is_pinned() {
		let block = BlockEvents {
			time: 258,
			events: vec![LedgerEvent::from(revoked()).seal()],
		};
		// The time, one envelope of domain 1 in version 1 with 70 bytes, and in them variant 2 of hospital 3.
		let mut expected = vec![2, 1, 0, 0, 0, 0, 0, 0, 4, 1, 1, 0x19, 0x01, 2, 3, 0, 0, 0];
		expected.extend([1; 32]);
		expected.push(0);
		expected.extend([2; 32]);
		assert_eq!(block.encode(), expected);
	}

	#[test]
	fn a_batch_holds_its_entries() {
		let event = |source| AccessEvent {
			source: H256::from_low_u64_be(source),
			occurred: 1,
			actor: H256::zero(),
			subject: None,
			purpose: None,
			operation: Operation::Read,
			region: None,
			recipient: None,
			activity: None,
			outcome: Outcome::Permitted,
		};
		let batch = access::Batch {
			dataset: H256::repeat_byte(0xda),
			reporter: 3,
			first: 7,
			entries: vec![
				(event(1), Breaches::empty().into()),
				(event(2), Breaches::REGION.into()),
			],
			replayed: 0,
			recorded: 5,
			rules: Rules {
				spec_version: 1,
				code: H256::zero(),
			},
			root: H256::zero(),
		};
		let entries = batch.entries().collect::<Vec<_>>();
		assert_eq!(entries[1].breaches, Breaches::REGION);
		assert!(entries
			.iter()
			.zip(&batch.entries)
			.all(|(entry, (event, _))| entry.event == *event && entry.recorded == 5 && entry.reporter == 3));
	}
}
