//! The chains that the node knows by name, and those that hospitals make.

use kexin_runtime::{opaque::Block, Hash, SS58_PREFIX, TOKEN_DECIMALS, TOKEN_SYMBOL, VERSION, WASM_BINARY};
use sc_chain_spec::{construct_genesis_block, ChainSpecBuilder};
use sc_network::config::MultiaddrWithPeerId;
use sc_service::{ChainType, Properties};
use sp_runtime::{
	traits::{BlakeTwo256, Block as _, Hash as _},
	BuildStorage as _,
};

/// The specification of a chain: its genesis as JSON, its name and its properties.
pub type ChainSpec = sc_service::GenericChainSpec;

/// The development chain: one hospital, which is also the council.
///
/// # Errors
/// When this binary has no runtime.
pub fn development() -> Result<ChainSpec, String> {
	preset(
		"Kexin Development",
		"kexin_dev",
		ChainType::Development,
		sp_genesis_builder::DEV_RUNTIME_PRESET,
	)
}

/// The local test chain: four hospitals, each with a validator and a seat on the council.
///
/// # Errors
/// When this binary has no runtime.
pub fn local() -> Result<ChainSpec, String> {
	preset(
		"Kexin Local",
		"kexin_local",
		ChainType::Local,
		sp_genesis_builder::LOCAL_TESTNET_RUNTIME_PRESET,
	)
}

/// A chain that these nodes start together. `genesis` is the JSON that differs from the runtime's defaults.
///
/// # Errors
/// When this binary has no runtime.
pub fn consortium(id: &str, nodes: Vec<MultiaddrWithPeerId>, genesis: serde_json::Value) -> Result<ChainSpec, String> {
	let builder = builder(id, id, ChainType::Live)?;
	Ok(builder
		.with_boot_nodes(nodes)
		.with_genesis_config_patch(genesis)
		.build())
}

/// The hash of a chain's first block. If it can be computed, the chain can start.
///
/// # Errors
/// Why the genesis is invalid.
pub fn genesis_hash(spec: &ChainSpec) -> Result<Hash, String> {
	let storage = spec.build_storage()?;
	let root = BlakeTwo256::trie_root(storage.top.into_iter().collect(), VERSION.state_version());
	Ok(construct_genesis_block::<Block>(root, VERSION.state_version()).hash())
}

/// The runtime that chains start with.
///
/// # Errors
/// When this binary has none.
pub fn runtime() -> Result<&'static [u8], String> {
	WASM_BINARY.ok_or_else(|| "this binary was built without its runtime; build it without SKIP_WASM_BUILD".into())
}

fn preset(name: &str, id: &str, chain_type: ChainType, preset: &str) -> Result<ChainSpec, String> {
	Ok(builder(name, id, chain_type)?
		.with_genesis_config_preset_name(preset)
		.build())
}

fn builder(name: &str, id: &str, chain_type: ChainType) -> Result<ChainSpecBuilder, String> {
	let mut properties = Properties::new();
	properties.insert("ss58Format".into(), SS58_PREFIX.into());
	properties.insert("tokenSymbol".into(), TOKEN_SYMBOL.into());
	properties.insert("tokenDecimals".into(), TOKEN_DECIMALS.into());
	Ok(ChainSpec::builder(runtime()?, None)
		.with_name(name)
		.with_id(id)
		.with_protocol_id("kexin")
		.with_chain_type(chain_type)
		.with_properties(properties))
}
