//! The methods that the authenticated listener serves: those of the [registry], and no others. A method that a later
//! release adds is not served before it is listed there, and no method that is only safe on loopback is listed.

use crate::rpc::registry::{self, Right};
use jsonrpsee::{core::RegisterMethodError, Methods, RpcModule};

/// The right that a method takes; `None` when it is not served.
pub fn right(method: &str) -> Option<Right> {
	registry::allowed()
		.find(|(name, _)| *name == method)
		.map(|(_, right)| right)
}

/// The listed ones of a node's methods, with `rpc_methods`, which names them.
///
/// # Errors
/// When the node has an `rpc_methods` of its own in the module.
pub fn served(all: &Methods) -> Result<Methods, RegisterMethodError> {
	let mut served = Methods::new();
	for (name, _) in registry::allowed() {
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
	fn methods_that_are_not_listed_are_not_served() {
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
	fn methods_have_the_rights_of_the_registry() {
		for (method, expected) in [
			("access_unsubscribeBreaches", Some(Right::Read)),
			("system_chain", Some(Right::Read)),
			("author_submitExtrinsic", Some(Right::Submit)),
			("author_insertKey", None),
		] {
			assert_eq!(right(method), expected, "{method}");
		}
	}
}
