//! What holds for the runtime as a whole.

mod consensus;
mod histories;

use crate::{configs::system::RuntimeBlockWeights, *};
use frame_support::dispatch::{DispatchClass, GetDispatchInfo};
use kexin_primitives::{
	access::{AccessEvent, Outcome},
	vocabulary::Operation,
	Versioned, H256,
};

/// The state of a preset: the default genesis with the preset's JSON laid over it.
fn preset(name: &str) -> sp_io::TestExternalities {
	let mut genesis = serde_json::to_value(RuntimeGenesisConfig::default()).unwrap();
	let patch = genesis_config_presets::get(&name.into()).unwrap();
	let patch: serde_json::Value = serde_json::from_slice(&patch).unwrap();
	for (pallet, values) in patch.as_object().unwrap() {
		for (key, value) in values.as_object().unwrap() {
			genesis[pallet][key] = value.clone();
		}
	}
	let mut externalities = sp_io::TestExternalities::default();
	externalities.execute_with(|| {
		let json = serde_json::to_vec(&genesis).unwrap();
		frame_support::genesis_builder_helper::build_state::<RuntimeGenesisConfig>(json).unwrap();
	});
	externalities
}

#[test]
fn every_preset_builds_a_council_and_its_validators() {
	for (name, hospitals) in [("development", 1), ("local_testnet", 4)] {
		preset(name).execute_with(|| {
			let council = pallet_collective::Members::<Runtime, pallet_collective::Instance1>::get();
			assert_eq!(council.len(), hospitals, "{name}");
			assert_eq!(Session::validators().len(), hospitals, "{name}");
			assert_eq!(Session::validators(), Members::validators(), "{name}");
			assert_eq!(Grandpa::grandpa_authorities().len(), hospitals, "{name}");
			assert!(
				pallet_session::historical::HistoricalSessions::<Runtime>::contains_key(0),
				"{name}"
			);
		});
	}
	let names = genesis_config_presets::names();
	assert_eq!(
		names.iter().map(|name| name.as_ref()).collect::<Vec<&str>>(),
		["development", "local_testnet"]
	);
}

#[test]
fn the_largest_batch_fits_into_a_block() {
	let event = |number: u64| AccessEvent {
		source: H256::from_low_u64_be(number),
		occurred: number * 1_000,
		actor: H256::zero(),
		subject: Some(H256::from_low_u64_be(number)),
		purpose: None,
		operation: Operation::Read,
		region: None,
		recipient: None,
		activity: None,
		outcome: Outcome::Permitted,
	};
	let events = (0..u64::from(pallet_access::MAX_BATCH))
		.map(event)
		.collect::<Vec<_>>()
		.try_into()
		.unwrap();
	let call = RuntimeCall::Access(pallet_access::Call::record {
		dataset: H256::zero(),
		events: Versioned::V1(events),
	});
	let weight = call.get_dispatch_info().call_weight;
	let most = RuntimeBlockWeights::get()
		.get(DispatchClass::Normal)
		.max_extrinsic
		.unwrap();
	assert!(weight.all_lte(most), "{weight} is more than {most}");
}

#[test]
fn pallets_and_calls_keep_their_numbers() {
	use frame_support::traits::PalletInfoAccess as _;
	assert_eq!(Members::index(), 7);
	assert_eq!(Governance::index(), 12);
	assert_eq!(Consent::index(), 20);
	assert_eq!(Lineage::index(), 21);
	assert_eq!(Access::index(), 22);
	assert_eq!(Annotation::index(), 23);
}

#[test]
fn the_weights_are_measured() {
	for file in [
		include_str!("../weights/pallet_access.rs"),
		include_str!("../weights/pallet_annotation.rs"),
		include_str!("../weights/pallet_consent.rs"),
		include_str!("../weights/pallet_lineage.rs"),
		include_str!("../weights/pallet_members.rs"),
	] {
		assert!(file.contains("measured by `scripts/weights`"));
		let functions = file.matches("\tfn ").count();
		let measured = file.matches("// At least ").count();
		assert_eq!(functions, measured);
		assert!(!file.contains("from_parts(0, 0)\n\t}"), "a weight of nothing");
	}
}
