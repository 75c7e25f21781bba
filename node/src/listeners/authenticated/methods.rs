//! What the door serves: the methods that are listed here, and no others. One that a later release adds is not served before it is
//! listed, and none that is safe on loopback alone ever is.

use super::token::Right;
use jsonrpsee::{core::RegisterMethodError, Methods, RpcModule};
use Right::{Read, Submit};

/// Each method with the right that it takes.
///
/// Left out are those that Substrate calls unsafe; those that tell how the operator's network is made (`system_peers`,
/// `system_localListenAddresses`, …); those without a bound on their answer (`state_getKeys`, `author_pendingExtrinsics`); and other
/// ways to the same (`chainHead_v1_*`, `archive_v1_*`, aliases).
const METHODS: &[(&str, Right)] = &[
	("access_check", Read),
	("access_events", Read),
	("access_log", Read),
	("access_proof", Read),
	("access_subscribeBreaches", Read),
	("access_unsubscribeBreaches", Read),
	("annotation_claimable", Read),
	("audit_finality", Read),
	("audit_proof", Read),
	("audit_report", Read),
	("author_submitAndWatchExtrinsic", Submit),
	("author_submitExtrinsic", Submit),
	("author_unwatchExtrinsic", Submit),
	("chain_getBlock", Read),
	("chain_getBlockHash", Read),
	("chain_getFinalizedHead", Read),
	("chain_getHeader", Read),
	("chain_subscribeAllHeads", Read),
	("chain_subscribeFinalizedHeads", Read),
	("chain_subscribeNewHeads", Read),
	("chain_unsubscribeAllHeads", Read),
	("chain_unsubscribeFinalizedHeads", Read),
	("chain_unsubscribeNewHeads", Read),
	("consent_history", Read),
	("consent_scope", Read),
	("grandpa_proveFinality", Read),
	("grandpa_subscribeJustifications", Read),
	("grandpa_unsubscribeJustifications", Read),
	("index_status", Read),
	("lineage_artifact", Read),
	("lineage_trace", Read),
	("rpc_methods", Read),
	("state_call", Read),
	("state_getKeysPaged", Read),
	("state_getMetadata", Read),
	("state_getReadProof", Read),
	("state_getRuntimeVersion", Read),
	("state_getStorage", Read),
	("state_getStorageHash", Read),
	("state_getStorageSize", Read),
	("state_queryStorageAt", Read),
	("state_subscribeRuntimeVersion", Read),
	("state_subscribeStorage", Read),
	("state_unsubscribeRuntimeVersion", Read),
	("state_unsubscribeStorage", Read),
	("system_accountNextIndex", Read),
	("system_chain", Read),
	("system_chainType", Read),
	("system_health", Read),
	("system_name", Read),
	("system_properties", Read),
	("system_syncState", Read),
	("system_version", Read),
];

/// The right that a method takes; none when it is not served.
pub fn right(method: &str) -> Option<Right> {
	METHODS
		.iter()
		.find(|(name, _)| *name == method)
		.map(|(_, right)| *right)
}

/// The listed ones of a node's methods, with `rpc_methods`, which names them.
///
/// # Errors
/// When the node has an `rpc_methods` of its own in the module.
pub fn served(all: &Methods) -> Result<Methods, RegisterMethodError> {
	let mut served = Methods::new();
	for (name, _) in METHODS {
		if let Some((name, callback)) = all.method_with_name(name) {
			served.verify_and_insert(name, callback.clone())?;
		}
	}
	let mut names: Vec<_> = served.method_names().chain(["rpc_methods"]).collect();
	names.sort_unstable();
	let mut listing = RpcModule::new(());
	listing.register_method("rpc_methods", move |_, (), _| serde_json::json!({ "methods": names }))?;
	served.merge(listing)?;
	Ok(served)
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn what_is_not_listed_is_not_served() {
		let mut node = RpcModule::new(());
		for name in [
			"system_chain",
			"system_chain2",
			"author_insertKey",
			"author_submitExtrinsic",
		] {
			node.register_method(name, |_, (), _| 1).unwrap();
		}
		let served = served(&node).unwrap();
		let mut names: Vec<_> = served.method_names().collect();
		names.sort_unstable();
		assert_eq!(names, ["author_submitExtrinsic", "rpc_methods", "system_chain"]);
	}

	#[test]
	fn each_is_listed_once_and_only_submitting_takes_more_than_reading() {
		assert!(METHODS.windows(2).all(|pair| pair[0].0 < pair[1].0));
		for (name, right) in METHODS {
			assert_eq!(*right == Submit, name.starts_with("author_"), "{name}");
		}
	}
}
