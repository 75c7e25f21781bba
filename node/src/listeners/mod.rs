//! The ways in besides the stock listener: the door, the operator's socket, and who asks for the node's health.

pub mod authenticated;
pub mod health;
pub mod http1;
pub mod operator;

use crate::{chain::types::Client, index::Index};
use authenticated::{self as door, keyring::Keyring, token::TokenFile, DoorParams};
use health::{metrics::Metrics, Health, HealthParams};
use jsonrpsee::Methods;
use kexin_runtime::opaque::Block;
use operator::OperatorParams;
use sc_network_sync::SyncingService;
use sc_service::{error::Error, TaskManager};
use std::{path::Path, sync::Arc};
use substrate_prometheus_endpoint::Registry;

/// The options of the listeners.
#[derive(Clone, Debug, clap::Args)]
pub struct ListenerParams {
	#[allow(missing_docs)]
	#[command(flatten)]
	pub door: DoorParams,
	#[allow(missing_docs)]
	#[command(flatten)]
	pub operator: OperatorParams,
	#[allow(missing_docs)]
	#[command(flatten)]
	pub health: HealthParams,
}

impl ListenerParams {
	/// Whether they can be opened as they are asked for, as far as can be told before the node runs.
	///
	/// # Errors
	/// Why not.
	pub fn check(&self) -> Result<(), Error> {
		self.door.encryption().map(|_| ())
	}
}

/// What the listeners ask.
pub struct Dependencies<'a> {
	/// Every JSON-RPC method of the node.
	pub methods: Methods,
	/// The client that executes and stores blocks.
	pub client: Arc<Client>,
	/// The network's synchronisation.
	pub sync: Arc<SyncingService<Block>>,
	/// The index of finalized events; none when the node keeps none.
	pub index: Option<Arc<Index>>,
	/// Where the chain is kept.
	pub directory: &'a Path,
	/// What Prometheus sees.
	pub registry: Option<&'a Registry>,
}

/// Opens those that were asked for.
///
/// # Errors
/// When one of them can't be opened as it was asked for.
pub fn open(params: &ListenerParams, dependencies: Dependencies<'_>, tasks: &mut TaskManager) -> Result<(), Error> {
	let Dependencies {
		methods,
		client,
		sync,
		index,
		directory,
		registry,
	} = dependencies;
	let mut keyring = None;
	if let Some(address) = params.door.door {
		let tokens = Arc::new(Keyring::new(TokenFile::of(directory)));
		let metrics = door::metrics::Metrics::new(registry)?;
		let door = door::open(&params.door, address, &methods, tokens.clone(), metrics)?;
		tasks.keep_alive(door);
		keyring = Some(tokens);
	}
	let handle = tasks.spawn_handle();
	if let Some(socket) = &params.operator.operator_socket {
		operator::open(socket, methods, &handle)?;
	}
	let health = Health {
		client,
		sync,
		index,
		keyring,
		max_lag: params.health.ready_max_lag,
	};
	if let Some(registry) = registry {
		let told = health::tell(health.clone(), Metrics::new(registry)?);
		handle.spawn("health-metrics", Some("health"), told);
	}
	if let Some(address) = params.health.health {
		health::listen(address, health, &handle)?;
	}
	Ok(())
}
