//! The command line.

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
/// Without a subcommand it runs the node. JSON-RPC listens on loopback and serves safe methods alone; --door opens it to those
/// who have a token. All blocks and their state are kept, so that any moment of the ledger can be asked about.
#[derive(Debug, clap::Parser)]
#[command(
	propagate_version = true,
	args_conflicts_with_subcommands = true,
	subcommand_negates_reqs = true,
	mut_arg("rpc_methods", |methods| {
		methods.default_value("safe").help("JSON-RPC methods that ports serve: safe ones alone; see --operator-socket for others")
	}),
	mut_arg("state_pruning", |mode| mode.default_value("archive")),
	mut_arg("blocks_pruning", |mode| mode.default_value("archive")),
)]
pub struct Cli {
	/// What to do instead of running the node.
	#[command(subcommand)]
	pub subcommand: Option<Subcommand>,
	/// How to run it.
	#[command(flatten)]
	pub run: RunCmd,
	/// What it keeps of finalized events.
	#[command(flatten)]
	pub index: IndexParams,
	/// Who can ask it.
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
	/// Key management utilities.
	#[command(subcommand)]
	Key(sc_cli::KeySubcommand),
	/// Start a chain with other hospitals: make the keys of one, and the specification from the public files of all.
	#[command(subcommand)]
	Ceremony(CeremonyCommand),
	/// Make new session keys in the node's keystore, and print them as JSON with the proof that the account's owner has them.
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
	/// Make, list and revoke the tokens of the door, whether the node runs or not.
	#[command(subcommand)]
	Token(TokenCommand),
	/// Write the chain's blocks to a file, and make a node from it.
	#[command(subcommand)]
	Archive(ArchiveCommand),
	/// Look after the index of finalized events; the node has to be stopped.
	#[command(subcommand)]
	Index(IndexCommand),
}
