//! The chains that the node knows by name.

use kexin_runtime::{SS58_PREFIX, TOKEN_DECIMALS, TOKEN_SYMBOL, WASM_BINARY};
use sc_service::{ChainType, Properties};

/// What a chain is made from: its genesis as JSON, and how it is shown.
pub type ChainSpec = sc_service::GenericChainSpec;

/// One hospital that is also the council.
pub fn development() -> Result<ChainSpec, String> {
	preset(
		"Kexin Development",
		"kexin_dev",
		ChainType::Development,
		sp_genesis_builder::DEV_RUNTIME_PRESET,
	)
}

/// Four hospitals, each with a validator and a seat.
pub fn local() -> Result<ChainSpec, String> {
	preset(
		"Kexin Local",
		"kexin_local",
		ChainType::Local,
		sp_genesis_builder::LOCAL_TESTNET_RUNTIME_PRESET,
	)
}

fn preset(name: &str, id: &str, chain_type: ChainType, preset: &str) -> Result<ChainSpec, String> {
	let wasm = WASM_BINARY.ok_or("this binary was built without its runtime; build it without SKIP_WASM_BUILD")?;
	let mut properties = Properties::new();
	properties.insert("ss58Format".into(), SS58_PREFIX.into());
	properties.insert("tokenSymbol".into(), TOKEN_SYMBOL.into());
	properties.insert("tokenDecimals".into(), TOKEN_DECIMALS.into());
	Ok(ChainSpec::builder(wasm, None)
		.with_name(name)
		.with_id(id)
		.with_protocol_id("kexin")
		.with_chain_type(chain_type)
		.with_properties(properties)
		.with_genesis_config_preset_name(preset)
		.build())
}
