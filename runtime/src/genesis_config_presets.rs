//! The chains that the node knows by name. Their inputs are the files of `chain-spec/`, which a person can read and a
//! consortium can take as the start of its own.

use alloc::{vec, vec::Vec};
use sp_genesis_builder::{PresetId, DEV_RUNTIME_PRESET, LOCAL_TESTNET_RUNTIME_PRESET};

/// One hospital that is also the council.
const DEVELOPMENT: &str = include_str!("../../chain-spec/development.json");
/// Four hospitals, each with a validator and a seat.
const LOCAL: &str = include_str!("../../chain-spec/local.json");

/// The preset of this name, as JSON.
pub fn get(id: &PresetId) -> Option<Vec<u8>> {
	let json = match id.as_ref() {
		DEV_RUNTIME_PRESET => DEVELOPMENT,
		LOCAL_TESTNET_RUNTIME_PRESET => LOCAL,
		_ => return None,
	};
	Some(json.as_bytes().to_vec())
}

/// The names of the presets.
pub fn names() -> Vec<PresetId> {
	vec![DEV_RUNTIME_PRESET.into(), LOCAL_TESTNET_RUNTIME_PRESET.into()]
}
