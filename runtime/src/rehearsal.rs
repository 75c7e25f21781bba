//! The version after this one, to rehearse an upgrade with on running nodes (`tests/upgrade`).
//!
//! It changes what later versions may change: the state by a migration that touches every member, the calls that record
//! accesses by another number of their pallet (in `lib.rs`), the transactions by one more extension, and the ledger
//! events by a new version of a domain.

use crate::*;
use alloc::borrow::Cow;
use codec::{Decode, DecodeWithMemTracking, Encode};
use frame_support::{traits::OnRuntimeUpgrade, weights::Weight};
use kexin_primitives::{
	events::{consent::ConsentEvent, DomainEvent, Envelope},
	members::Member,
	Versioned,
};
use pallet_members::Members as Records;
use scale_info::TypeInfo;
use sp_runtime::{impl_tx_ext_default, traits::TransactionExtension};
use sp_version::runtime_version;

/// The version after this one.
#[runtime_version]
pub const VERSION: RuntimeVersion = RuntimeVersion {
	spec_name: Cow::Borrowed("kexin"),
	impl_name: Cow::Borrowed("kexin-node"),
	authoring_version: 1,
	spec_version: 2,
	impl_version: 1,
	apis: apis::RUNTIME_API_VERSIONS,
	transaction_version: 2,
	system_version: 1,
};

/// An extension that older nodes don't know. It checks nothing.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct CheckNothing;

impl TransactionExtension<RuntimeCall> for CheckNothing {
	const IDENTIFIER: &'static str = "CheckNothing";
	type Implicit = ();
	type Val = ();
	type Pre = ();

	fn weight(&self, _: &RuntimeCall) -> Weight {
		Weight::zero()
	}

	impl_tx_ext_default!(RuntimeCall; validate prepare);
}

/// The envelope as this version writes it: the events of consents have one byte more.
pub fn reseal(mut envelope: Envelope) -> Envelope {
	if envelope.domain == ConsentEvent::DOMAIN {
		envelope.version += 1;
		envelope.bytes.push(0);
	}
	envelope
}

/// What it changes in the state.
pub type Migrations = CapitalNames;

/// Writes the name of every member in capitals.
pub struct CapitalNames;

impl OnRuntimeUpgrade for CapitalNames {
	fn on_runtime_upgrade() -> Weight {
		let mut members = 0;
		Records::<Runtime>::translate_values(|Versioned::V1(mut member): Versioned<Member>| {
			members += 1;
			member.name.iter_mut().for_each(u8::make_ascii_uppercase);
			Some(Versioned::V1(member))
		});
		<Runtime as frame_system::Config>::DbWeight::get().reads_writes(members, members)
	}

	#[cfg(feature = "try-runtime")]
	fn pre_upgrade() -> Result<Vec<u8>, sp_runtime::TryRuntimeError> {
		Ok(codec::Encode::encode(
			&Records::<Runtime>::iter_keys().count().to_le_bytes(),
		))
	}

	#[cfg(feature = "try-runtime")]
	fn post_upgrade(before: Vec<u8>) -> Result<(), sp_runtime::TryRuntimeError> {
		let after = Records::<Runtime>::iter_keys().count().to_le_bytes();
		frame_support::ensure!(before == after, "a member was lost");
		let small = |Versioned::V1(member): Versioned<Member>| member.name.iter().any(u8::is_ascii_lowercase);
		frame_support::ensure!(!Records::<Runtime>::iter_values().any(small), "a name was left out");
		Ok(())
	}
}
