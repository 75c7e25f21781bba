//! The command line, and what each subcommand does.
//!
//! | module | what it holds |
//! |---|---|
//! | [`cli`] | the options and subcommands |
//! | [`archive`] | `kexin-node archive` |
//! | [`ceremony`] | `kexin-node ceremony` |
//! | [`session_keys`] | `kexin-node session-keys` |
//! | [`token`] | `kexin-node token` |
//! | [`logs`] | the log as JSON |
//!
//! `kexin-node index` is with the index.

pub mod archive;
pub mod ceremony;
pub mod cli;
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
use sc_cli::SubstrateCli;
use sc_service::PartialComponents;
use std::path::Path;

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
			"" => return Err("say which chain: --chain dev, --chain local, or --chain FILE".into()),
			path => spec::ChainSpec::from_json_file(path.into())?,
		}))
	}
}

/// Reads the command line and does what it says.
pub fn run() -> sc_cli::Result<()> {
	sp_core::crypto::set_default_ss58_version(sp_core::crypto::Ss58AddressFormat::custom(SS58_PREFIX));
	let cli = Cli::from_args();
	match &cli.subcommand {
		None => match (run_node(&cli), cli.logs.log_format) {
			(Err(error), LogFormat::Json) => {
				log::error!("{error}");
				std::process::exit(1);
			},
			(ended, _) => ended,
		},
		Some(Subcommand::Key(command)) => command.run(&cli),
		Some(Subcommand::Ceremony(command)) => command.run::<Cli>(),
		Some(Subcommand::SessionKeys(command)) => command.run(&cli),
		Some(Subcommand::Token(command)) => command.run(&cli),
		Some(Subcommand::ExportChainSpec(command)) => {
			let spec = cli.load_spec(&command.chain)?;
			command.run(spec)
		},
		Some(Subcommand::CheckBlock(command)) => cli.create_runner(command)?.async_run(|config| {
			let PartialComponents {
				client,
				task_manager,
				import_queue,
				..
			} = service::new_partial(&config)?;
			Ok((command.run(client, import_queue), task_manager))
		}),
		Some(Subcommand::ExportState(command)) => cli.create_runner(command)?.async_run(|config| {
			let PartialComponents {
				client, task_manager, ..
			} = service::new_partial(&config)?;
			Ok((command.run(client, config.chain_spec), task_manager))
		}),
		Some(Subcommand::Archive(command)) => cli.create_runner(command)?.async_run(|config| {
			let PartialComponents {
				client,
				task_manager,
				import_queue,
				..
			} = service::new_partial(&config)?;
			Ok((command.run(client, import_queue), task_manager))
		}),
		Some(Subcommand::PurgeChain(command)) => cli.create_runner(command)?.sync_run(|config| {
			let index = Target::Sqlite.location(&config.base_path.config_dir(config.chain_spec.id()));
			let chain = config.database.path().map(Path::to_path_buf);
			command.run(config.database)?;
			// The question whether to remove the chain can be answered with no.
			match (index, chain) {
				(Some(index), Some(chain)) if !chain.exists() => {
					futures::executor::block_on(Store::remove(&index)).map_err(|error| error.to_string().into())
				},
				_ => Ok(()),
			}
		}),
		Some(Subcommand::Revert(command)) => cli.create_runner(command)?.async_run(|config| {
			let PartialComponents {
				client,
				task_manager,
				backend,
				..
			} = service::new_partial(&config)?;
			let revert_aux = Box::new(|client: std::sync::Arc<Client>, backend, blocks| {
				sc_consensus_babe::revert(client.clone(), backend, blocks)?;
				sc_consensus_grandpa::revert(client, blocks)?;
				Ok(())
			});
			Ok((command.run(client, backend, Some(revert_aux)), task_manager))
		}),
		Some(Subcommand::ChainInfo(command)) => cli
			.create_runner(command)?
			.sync_run(|config| command.run::<Block>(&config)),
		Some(Subcommand::Index(command)) => cli.create_runner(command.arguments())?.async_run(|config| {
			let PartialComponents {
				client, task_manager, ..
			} = service::new_partial(&config)?;
			Ok((async move { command.run(&config, client).await }, task_manager))
		}),
	}
}

fn run_node(cli: &Cli) -> sc_cli::Result<()> {
	logs::runner(cli, &cli.run, cli.logs.log_format)?.run_node_until_exit(|config| async move {
		let node = service::new_full(config, &cli.index.index, &cli.listeners).await;
		node.map_err(sc_cli::Error::Service)
	})
}
