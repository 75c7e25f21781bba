//! The members with which a chain starts.

use crate::{Config, GenesisConfig, KeyInterval, Pallet, SessionBlocks};
use alloc::{string::String, vec::Vec};
use frame_support::traits::Get as _;
use kexin_primitives::{
	members::{MemberKind, Name, Powers, MAX_NAME},
	vocabulary::Region,
};
use serde::{Deserialize, Serialize};

/// The longest interval between two changes of session keys, in default intervals. Test chains may have a short one, or
/// none.
const MAX_KEY_INTERVALS: u32 = 30;

/// A member, as it is written in a chain specification.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GenesisMember<AccountId> {
	/// What it is.
	pub kind: MemberKind,
	/// Its name.
	pub name: String,
	/// The ISO 3166-1 numeric code of its country.
	pub region: u16,
	/// Whether it sits on the council.
	pub seat: bool,
	/// Its keys, each with the names of its powers. The first is an administrator.
	pub keys: Vec<(AccountId, Vec<String>)>,
}

/// Stores the genesis members.
///
/// # Panics
/// If no chain can start with this genesis. The message says why: a chain specification is checked when it is made.
pub(crate) fn build<T: Config>(config: &GenesisConfig<T>) {
	for member in &config.members {
		let what = &member.name;
		let name = Name::try_from(what.as_bytes().to_vec())
			.unwrap_or_else(|_| panic!("{what}: the name is too long: it may have {MAX_NAME} bytes"));
		let mut keys = member
			.keys
			.iter()
			.map(|(account, powers)| (account.clone(), powers_of(what, powers)));
		let (first, powers) = keys.next().unwrap_or_else(|| panic!("{what}: the member needs a key"));
		let implied = Powers::ADMINISTRATOR | if member.seat { Powers::COUNCIL } else { Powers::empty() };
		assert!(
			powers.contains(implied),
			"{what}: the first key needs the power administrator, and with a seat also the power council"
		);
		assert!(
			member.seat || !powers.contains(Powers::COUNCIL),
			"{what}: only a member with a seat has a key with the power council"
		);
		let id = Pallet::<T>::do_admit(member.kind, name, Region(member.region), member.seat, first.clone())
			.unwrap_or_else(|error| panic!("{what}: {error:?}"));
		crate::Keys::<T>::mutate(first, |key| {
			if let Some(key) = key {
				key.powers |= powers;
			}
		});
		for (account, powers) in keys {
			assert!(
				!powers.contains(Powers::COUNCIL),
				"{what}: only the first key sits on the council"
			);
			Pallet::<T>::do_add_key(id, account, powers).unwrap_or_else(|error| panic!("{what}: {error:?}"));
		}
	}
	for validator in &config.validators {
		Pallet::<T>::hospital_without_validator(validator)
			.map_err(Into::into)
			.and_then(|member| Pallet::<T>::nominate(member, validator.clone(), 0))
			.unwrap_or_else(|error| panic!("the validator {validator:?}: {error:?}"));
	}
	if let Some(blocks) = config.session_blocks {
		assert!(blocks > 3, "a session has more than 3 blocks");
		SessionBlocks::<T>::put(blocks);
	}
	if let Some(blocks) = config.key_interval {
		let most = MAX_KEY_INTERVALS.saturating_mul(T::DefaultKeyInterval::get());
		assert!(
			blocks <= most,
			"the key interval is {blocks} blocks, but may be {most} at most: keys that somebody has stolen must go"
		);
		KeyInterval::<T>::put(blocks);
	}
}

fn powers_of(member: &str, names: &[String]) -> Powers {
	names.iter().fold(Powers::empty(), |powers, name| {
		let named = Powers::NAMED.iter().find(|(_, known)| known == name);
		powers
			| named
				.unwrap_or_else(|| panic!("{member}: there is no power called {name:?}"))
				.0
	})
}
