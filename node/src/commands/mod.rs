//! The command line, and what each subcommand does.
//!
//! | module | what it holds |
//! |---|---|
//! | [`cli`] | the options and subcommands |
//! | [`archive`] | `kexin-node archive` |
//! | [`ceremony`] | `kexin-node ceremony` |
//! | [`session_keys`] | `kexin-node session-keys` |
//! | [`token`] | `kexin-node token` |
//! | [`directory`] | the directory of a chain |
//! | [`logs`] | the log as JSON |
//!
//! `kexin-node index` is in [`crate::index::command`].

pub mod archive;
pub mod ceremony;
pub mod cli;
mod directory;
pub mod logs;
pub mod session_keys;
pub mod token;

use crate::{
	chain::{service, spec, types::Client},
	index::{store::Store, Target},
};
use cli::{Cli, Subcommand};
use kexin_runtime::{opaque::Block, SS58_PREFIX};
use logs::LogFormat;
use sc_cli::{PurgeChainCmd, SubstrateCli};
use sc_service::Configuration;
use std::{path::Path, sync::Arc};

impl SubstrateCli for Cli {
	fn impl_name() -> String {
		"Kexin Node".into()
	}

	fn impl_version() -> String {
		env!("SUBSTRATE_CLI_IMPL_VERSION").into()
	}

	fn description() -> String {
		env!("CARGO_PKG_DESCRIPTION").into()
	}

	fn author() -> String {
		"The Kexin authors".into()
	}

	fn support_url() -> String {
		"the README of the project".into()
	}

	fn copyright_start_year() -> i32 {
		2026
	}

	fn load_spec(&self, id: &str) -> Result<Box<dyn sc_service::ChainSpec>, String> {
		Ok(Box::new(match id {
			"dev" | "development" => spec::development()?,
			"local" => spec::local()?,
			"" => return Err("name the chain: --chain dev, --chain local, or --chain FILE".into()),
			path => spec::ChainSpec::from_json_file(path.into())?,
		}))
	}
}

/// Reads the command line and runs the node, or the subcommand.
///
/// # Errors
/// Those of the node or the subcommand.
pub fn run() -> sc_cli::Result<()> {
	sp_core::crypto::set_default_ss58_version(sp_core::crypto::Ss58AddressFormat::custom(SS58_PREFIX));
	let cli = Cli::from_args();
	match &cli.subcommand {
		Some(subcommand) => run_subcommand(&cli, subcommand),
		None => match (run_node(&cli), cli.logs.log_format) {
			(Err(error), LogFormat::Json) => {
				log::error!("{error}");
				std::process::exit(1);
			},
			(ended, _) => ended,
		},
	}
}

fn run_node(cli: &Cli) -> sc_cli::Result<()> {
	logs::runner(cli, &cli.run, cli.logs.log_format)?.run_node_until_exit(|config| async move {
		let node = service::new_full(config, &cli.index.index, &cli.listeners).await;
		node.map_err(sc_cli::Error::Service)
	})?;
	// Substrate logs the end of the transaction pool as a failure just before, which looks like a crash.
	log::info!(target: "node", "the node was told to stop, and has stopped");
	Ok(())
}

fn run_subcommand(cli: &Cli, subcommand: &Subcommand) -> sc_cli::Result<()> {
	match subcommand {
		Subcommand::Key(command) => command.run(cli),
		Subcommand::Ceremony(command) => command.run::<Cli>(),
		Subcommand::SessionKeys(command) => command.run(cli),
		Subcommand::Token(command) => command.run(cli),
		Subcommand::ExportChainSpec(command) => command.run(cli.load_spec(&command.chain)?),
		Subcommand::CheckBlock(command) => cli.create_runner(command)?.async_run(|config| {
			let node = service::new_partial(&config)?;
			Ok((command.run(node.parts.client, node.import_queue), node.task_manager))
		}),
		Subcommand::ExportState(command) => cli.create_runner(command)?.async_run(|config| {
			let node = service::new_partial(&config)?;
			Ok((command.run(node.parts.client, config.chain_spec), node.task_manager))
		}),
		Subcommand::Archive(command) => cli.create_runner(command)?.async_run(|config| {
			let node = service::new_partial(&config)?;
			Ok((command.run(node.parts.client, node.import_queue), node.task_manager))
		}),
		Subcommand::PurgeChain(command) => cli
			.create_runner(command)?
			.sync_run(|config| purge_chain(command, config)),
		Subcommand::Revert(command) => cli.create_runner(command)?.async_run(|config| {
			let node = service::new_partial(&config)?;
			let revert_consensus = Box::new(|client: Arc<Client>, backend, blocks| {
				sc_consensus_babe::revert(client.clone(), backend, blocks)?;
				sc_consensus_grandpa::revert(client, blocks)?;
				Ok(())
			});
			let reverted = command.run(node.parts.client, node.parts.backend, Some(revert_consensus));
			Ok((reverted, node.task_manager))
		}),
		Subcommand::ChainInfo(command) => cli
			.create_runner(command)?
			.sync_run(|config| command.run::<Block>(&config)),
		Subcommand::Index(command) => cli.create_runner(command.arguments())?.async_run(|config| {
			let node = service::new_partial(&config)?;
			let run = async move { command.run(&config, node.parts.client).await };
			Ok((run, node.task_manager))
		}),
	}
}

/// Removes the chain, and with it its index.
fn purge_chain(command: &PurgeChainCmd, config: Configuration) -> sc_cli::Result<()> {
	let index = Target::Sqlite.location(&config.base_path.config_dir(config.chain_spec.id()));
	let chain = config.database.path().map(Path::to_path_buf);
	command.run(config.database)?;
	// The operator may have answered no to the question whether to remove the chain.
	match (index, chain) {
		(Some(index), Some(chain)) if !chain.exists() => {
			futures::executor::block_on(Store::remove(&index)).map_err(|error| error.to_string().into())
		},
		_ => Ok(()),
	}
}
