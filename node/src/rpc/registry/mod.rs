//! The table of the JSON-RPC methods: outside of its own module, a method needs one line here.
//!
//! From [`METHODS`] follow
//! - the allow-list of the authenticated listener, together with [`STOCK`],
//! - `web/polkadot-js.json`, the definitions for polkadot.js,
//! - the table of methods in `README.md`.
//!
//! # How to add a method
//!
//! 1. Add the method to the trait of its domain (`access_…` in [`super::access`], and so on), and implement it there. A
//!    new domain gets a module of its own, and a line in `ledger_methods`.
//!    Types of its parameters and of its answer stand in the same module; a test pins the JSON of the answer. Use
//!    [`super::number::U64`] for 64-bit numbers in parameters, [`super::page`] for lists, and [`super::answer::Answer`]
//!    for the answer.
//! 2. Add its line to [`METHODS`], which are sorted by name. A field of an object that is a 64-bit number also goes
//!    into the list of the test in `modules.rs`.
//! 3. Rewrite the files: `KEXIN_BLESS=1 cargo test --release --workspace registry`.
//!
//! The tests hold the table against the methods and the names of parameters that the node really serves, and against
//! the files.

#[cfg(test)]
mod files;
#[cfg(test)]
mod modules;

use serde::{Deserialize, Serialize};
use std::fmt;
use Right::{Read, Submit};

/// A right of an access token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Right {
	/// To query and to subscribe.
	Read,
	/// To submit transactions. The ledger checks their signatures as it does those of all others.
	Submit,
}

impl fmt::Display for Right {
	fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
		formatter.write_str(match self {
			Self::Read => "read",
			Self::Submit => "submit",
		})
	}
}

/// A method of the ledger.
pub struct Method {
	/// The name: `domain_name`.
	pub name: &'static str,
	/// The parameters, in their order.
	pub parameters: &'static [Parameter],
	/// The right that it takes.
	pub right: Right,
	/// The other names of a subscription.
	pub subscription: Option<Subscription>,
	/// What it answers: one sentence, or two.
	pub doc: &'static str,
}

/// The names that a subscription has besides that of its method.
pub struct Subscription {
	/// The method of its notifications.
	pub notification: &'static str,
	/// The method that ends it.
	pub unsubscribe: &'static str,
}

/// A parameter of a method.
pub struct Parameter {
	/// The name.
	pub name: &'static str,
	/// The type.
	pub kind: Type,
	/// Whether it may be left out, or be null.
	pub optional: bool,
}

/// The type of a parameter.
pub enum Type {
	/// 32 bytes as 0x-hex.
	Hash,
	/// The hash of a block.
	BlockHash,
	/// A 64-bit number, or the same as 0x-hex.
	U64,
	/// Text.
	Text,
	/// An object of one of these forms, as `{field, optional?} or {other}`.
	Object(&'static str),
}

/// A parameter that must be given.
const fn required(name: &'static str, kind: Type) -> Parameter {
	Parameter {
		name,
		kind,
		optional: false,
	}
}

/// A parameter that may be left out.
const fn optional(name: &'static str, kind: Type) -> Parameter {
	Parameter {
		name,
		kind,
		optional: true,
	}
}

/// The block of a question, by default the last finalized one.
const AT: Parameter = optional("at", Type::BlockHash);

/// The block that the caller trusts, at which a proof begins, by default the chain's first.
const TRUSTED: Parameter = optional("trusted", Type::BlockHash);

/// A method that takes the right to read, and is no subscription.
const fn read(name: &'static str, parameters: &'static [Parameter], doc: &'static str) -> Method {
	Method {
		name,
		parameters,
		right: Read,
		subscription: None,
		doc,
	}
}

/// The ledger's methods, sorted by name.
pub const METHODS: &[Method] = &[
	read(
		"access_check",
		&[
			required(
				"request",
				Type::Object("{dataset, subject?, purpose?, operation, region?, recipient?, time?}"),
			),
			AT,
		],
		"Whether an access would be within the consents, and if not, the breaches that it would be recorded with.",
	),
	read(
		"access_events",
		&[required(
			"filter",
			Type::Object(
				"{dataset?, activity?, artifact?, reporter?, subject?, breaches?, from?, to?, limit?, cursor?}",
			),
		)],
		"A page of log entries, in the order in which they were recorded.",
	),
	read(
		"access_log",
		&[required("dataset", Type::Hash), AT],
		"The state of a dataset's log: how many entries it has, their root, and how many permitted accesses were outside the consents.",
	),
	read(
		"access_proof",
		&[
			required("dataset", Type::Hash),
			required("range", Type::Object("{index} or {from, to?}")),
			AT,
			TRUSTED,
		],
		"Up to 5,000 entries of a dataset's log, with the proof that they stand in it.",
	),
	Method {
		name: "access_subscribeBreaches",
		parameters: &[optional("dataset", Type::Hash)],
		right: Read,
		subscription: Some(Subscription {
			notification: "access_breach",
			unsubscribe: "access_unsubscribeBreaches",
		}),
		doc: "New log entries with breaches, as they become final, of one dataset or of all.",
	},
	read(
		"annotation_claimable",
		&[required("account", Type::Text), AT],
		"What an account can claim, as a decimal string in the smallest unit.",
	),
	read(
		"annotation_history",
		&[required(
			"filter",
			Type::Object("{campaign?, dataset?, member?, account?, limit?, cursor?}"),
		)],
		"A page of the events of campaigns and rewards, oldest first, of one campaign, dataset, member or account, or of all.",
	),
	read(
		"audit_finality",
		&[AT, TRUSTED],
		"The proof that a block is final, by default the newest that has a justification of its own. It begins at the first block, or at a block that you trust.",
	),
	read(
		"audit_proof",
		&[required("model", Type::Hash), AT, TRUSTED],
		"The proof of everything in a report about an artifact but the log entries, and the consents and activities that they name.",
	),
	read(
		"audit_report",
		&[required("model", Type::Hash), AT],
		"The report about an artifact with up to 100,000 accesses, as `kexin report` makes it but without a proof: you have to trust the node.",
	),
	read(
		"consent_history",
		&[required(
			"filter",
			Type::Object("{subject?, hospital?, dataset?, limit?, cursor?}"),
		)],
		"A page of the events of consents and datasets, oldest first, of one data subject, hospital or dataset, or of all.",
	),
	read(
		"consent_scope",
		&[
			required("of", Type::Object("{subject, hospital?} or {dataset}")),
			optional("time", Type::U64),
			AT,
		],
		"What a data subject or the subjects of a dataset consented to, and whether it is in force at a time, by default now.",
	),
	read(
		"governance_history",
		&[required(
			"filter",
			Type::Object("{motion?, code?, account?, limit?, cursor?}"),
		)],
		"A page of the events of motions, upgrades and restarts of finality, oldest first, of one motion, runtime or council account, or of all.",
	),
	read(
		"index_status",
		&[],
		"How far the index of finalized events has come, how many blocks it is behind, which events it could not read, and why it has stopped if it has.",
	),
	read(
		"lineage_artifact",
		&[required("id", Type::Hash), AT],
		"An artifact, and the evidence attached to it.",
	),
	read(
		"lineage_history",
		&[required(
			"filter",
			Type::Object("{artifact?, activity?, member?, limit?, cursor?}"),
		)],
		"A page of the events of artifacts, activities and evidence, oldest first, of one artifact, activity or member, or of all.",
	),
	read(
		"lineage_trace",
		&[
			required("query", Type::Object("{artifact, direction, depth?, limit?, cursor?}")),
			AT,
		],
		"A page of the graph around an artifact, nearest first. The direction is `ancestors` or `descendants`.",
	),
	read(
		"members_history",
		&[required(
			"filter",
			Type::Object("{member?, account?, limit?, cursor?}"),
		)],
		"A page of the events of members, their keys, validators and nodes, oldest first, of one member or account, or of all.",
	),
];

/// The stock methods of Substrate that the authenticated listener serves, each with the right that it takes, sorted by
/// name.
///
/// Left out are the methods that Substrate calls unsafe; those that reveal the operator's network (`system_peers`,
/// `system_localListenAddresses`, …); those whose answers have no limit (`state_getKeys`, `author_pendingExtrinsics`);
/// and other ways to the same answers (`chainHead_v1_*`, `archive_v1_*`, aliases).
pub const STOCK: &[(&str, Right)] = &[
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
	("grandpa_proveFinality", Read),
	("grandpa_subscribeJustifications", Read),
	("grandpa_unsubscribeJustifications", Read),
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

/// The names under which the ledger's methods are served, each with the right that it takes.
pub fn ledger() -> impl Iterator<Item = (&'static str, Right)> {
	METHODS.iter().flat_map(|method| {
		let unsubscribe = method.subscription.as_ref().map(|names| names.unsubscribe);
		[Some(method.name), unsubscribe]
			.into_iter()
			.flatten()
			.map(|name| (name, method.right))
	})
}

/// The allow-list of the authenticated listener: every method that it serves, with the right that the method takes.
pub fn allowed() -> impl Iterator<Item = (&'static str, Right)> {
	ledger().chain(STOCK.iter().copied())
}

#[cfg(test)]
mod tests {
	use super::*;
	use std::collections::HashSet;

	#[test]
	fn every_method_is_listed_once_and_sorted() {
		assert!(METHODS.is_sorted_by_key(|method| method.name));
		assert!(STOCK.is_sorted_by_key(|(name, _)| *name));
		let mut names = HashSet::new();
		for (name, _) in allowed() {
			assert!(names.insert(name), "{name}");
		}
	}

	#[test]
	fn only_submitting_takes_more_than_the_right_to_read() {
		for (name, right) in allowed() {
			assert_eq!(right == Submit, name.starts_with("author_"), "{name}");
		}
	}
}
