//! The version after this one, for rehearsing an upgrade on running nodes (`tests/upgrade`). It does nothing but to have a later version and a
//! migration that touches every member.

use crate::*;
use alloc::borrow::Cow;
use frame_support::{traits::OnRuntimeUpgrade, weights::Weight};
use kexin_primitives::{members::Member, Versioned};
use pallet_members::Members as Records;
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
	transaction_version: 1,
	system_version: 1,
};

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
