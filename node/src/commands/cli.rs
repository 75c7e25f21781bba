//! The options and subcommands of `kexin-node`.

use super::{
	archive::ArchiveCommand, ceremony::CeremonyCommand, logs::LogParams, session_keys::SessionKeysCommand,
	token::TokenCommand,
};
use crate::{
	index::{command::IndexCommand, IndexParams},
	listeners::ListenerParams,
};
use sc_cli::RunCmd;

/// The validator and archive node of the Kexin audit ledger.
///
/// Without a subcommand, it runs the node. JSON-RPC listens on loopback and serves safe methods only; --rpc-auth serves
/// it to callers with a token. The node keeps all blocks and their state, so you can ask about any time in the ledger's
/// past.
#[derive(Debug, clap::Parser)]
#[command(
	propagate_version = true,
	args_conflicts_with_subcommands = true,
	subcommand_negates_reqs = true,
	mut_arg("rpc_methods", |methods| {
		methods.default_value("safe").help(
			"JSON-RPC methods that ports serve. Only \"safe\" is accepted; use --operator-socket for unsafe methods"
		)
	}),
	mut_arg("state_pruning", |mode| mode.default_value("archive")),
	mut_arg("blocks_pruning", |mode| mode.default_value("archive")),
	// The index and questions about the past execute the runtimes of their time beside the present one. A runtime that
	// is not at hand is compiled first, which takes seconds in which the node imports no block.
	mut_arg("runtime_cache_size", |size| size.default_value("8")),
)]
pub struct Cli {
	/// What to do instead of running the node.
	#[command(subcommand)]
	pub subcommand: Option<Subcommand>,
	/// How to run it.
	#[command(flatten)]
	pub run: RunCmd,
	/// Where it keeps the index of finalized events.
	#[command(flatten)]
	pub index: IndexParams,
	/// The listeners besides the stock one.
	#[command(flatten)]
	pub listeners: ListenerParams,
	/// How it writes its log.
	#[command(flatten)]
	pub logs: LogParams,
}

/// What the node does besides running.
#[derive(Debug, clap::Subcommand)]
#[allow(clippy::large_enum_variant)]
pub enum Subcommand {
	/// Make and inspect keys.
	#[command(subcommand)]
	Key(sc_cli::KeySubcommand),
	/// Start a chain with other hospitals: make one hospital's keys, and the specification from all hospitals' files.
	#[command(subcommand)]
	Ceremony(CeremonyCommand),
	/// Make new session keys in the node's keystore. Print them as JSON, with the proof that registers them for an
	/// account.
	SessionKeys(SessionKeysCommand),
	/// Write the specification of a chain as JSON.
	ExportChainSpec(sc_cli::ExportChainSpecCmd),
	/// Check blocks by executing them again.
	CheckBlock(sc_cli::CheckBlockCmd),
	/// Write the state at a block as a chain specification.
	ExportState(sc_cli::ExportStateCmd),
	/// Remove the whole chain from this machine.
	PurgeChain(sc_cli::PurgeChainCmd),
	/// Go back to an earlier block that is not final.
	Revert(sc_cli::RevertCmd),
	/// Print what the database holds.
	ChainInfo(sc_cli::ChainInfoCmd),
	/// Make, list and revoke tokens for the authenticated RPC listener, whether the node runs or not.
	#[command(subcommand)]
	Token(TokenCommand),
	/// Write the chain's blocks to a file, or make a node from such a file.
	#[command(subcommand)]
	Archive(ArchiveCommand),
	/// Rebuild or inspect the index of finalized events. Stop the node first.
	#[command(subcommand)]
	Index(IndexCommand),
}
