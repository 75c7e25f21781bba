//! The subcommands of the index. They read the chain's database themselves, so the node has to be stopped.

use super::{follow::Follower, metrics::Metrics, store::Store, IndexParams};
use crate::chain::types::Client;
use sc_cli::{CliConfiguration, DatabaseParams, PruningParams, SharedParams};
use sc_service::Configuration;
use sp_blockchain::HeaderBackend as _;
use std::{
	sync::Arc,
	time::{Duration, Instant},
};

/// How often a long work says how far it is.
const PROGRESS: Duration = Duration::from_secs(2);

/// What to do with the index.
#[derive(Debug, clap::Subcommand)]
pub enum IndexCommand {
	/// Drop the index and make it again from the chain's database.
	Rebuild(IndexArguments),
	/// Print how far the index has come.
	Status(IndexArguments),
}

/// Which chain and which index.
#[derive(Debug, clap::Args)]
pub struct IndexArguments {
	#[allow(missing_docs)]
	#[command(flatten)]
	pub index: IndexParams,
	#[allow(missing_docs)]
	#[command(flatten)]
	pub shared: SharedParams,
	#[allow(missing_docs)]
	#[command(flatten)]
	pub database: DatabaseParams,
	#[allow(missing_docs)]
	#[command(flatten)]
	pub pruning: PruningParams,
}

impl CliConfiguration for IndexArguments {
	fn shared_params(&self) -> &SharedParams {
		&self.shared
	}

	fn database_params(&self) -> Option<&DatabaseParams> {
		Some(&self.database)
	}

	fn pruning_params(&self) -> Option<&PruningParams> {
		Some(&self.pruning)
	}
}

impl IndexCommand {
	/// Which chain and which index.
	pub fn arguments(&self) -> &IndexArguments {
		match self {
			Self::Rebuild(arguments) | Self::Status(arguments) => arguments,
		}
	}

	/// Does it.
	///
	/// # Errors
	/// What the database or the chain said.
	pub async fn run(&self, config: &Configuration, client: Arc<Client>) -> sc_cli::Result<()> {
		let directory = config.base_path.config_dir(config.chain_spec.id());
		let location = self.arguments().index.index.location(&directory);
		let location = location.ok_or_else(|| sc_cli::Error::Input("--index off: there is no index".into()))?;
		let failed = |error: &dyn std::fmt::Display| sc_cli::Error::Application(error.to_string().into());
		if let Self::Rebuild(_) = self {
			Store::remove(&location).await.map_err(|error| failed(&error))?;
		}
		let follower = Follower::new(client.clone(), location.clone(), Metrics::default());
		let mut follower = follower.map_err(|error| failed(&error))?;
		let finalized = client.info().finalized_number;
		match self {
			Self::Rebuild(_) => {
				let begun = Instant::now();
				let mut said = begun;
				let progress = |block: super::Block| {
					if said.elapsed() >= PROGRESS {
						said = Instant::now();
						println!("block {} of {finalized}", block.number);
					}
				};
				follower.catch_up(progress).await.map_err(|error| failed(&error))?;
				let seconds = begun.elapsed().as_secs_f64();
				println!("{location} holds every block up to {finalized}, made in {seconds:.1} s");
			},
			Self::Status(_) => {
				let (_, last) = follower.open().await.map_err(|error| failed(&error))?;
				println!("index: {location}");
				println!("last block: {} ({:?})", last.number, last.hash);
				println!("final on the chain: {finalized}");
				println!("behind: {}", finalized.saturating_sub(last.number));
			},
		}
		Ok(())
	}
}
