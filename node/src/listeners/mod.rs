//! The listeners besides the stock JSON-RPC listener.
//!
//! | module | what it holds |
//! |---|---|
//! | [`authenticated`] | JSON-RPC for auditors and applications with a token |
//! | [`operator`] | JSON-RPC for the operator, unsafe methods included, on a socket in the file system |
//! | [`health`] | the node's health, over HTTP and for Prometheus |
//! | [`http1`] | HTTP/1.1 as all three serve it |

pub mod authenticated;
pub mod health;
pub mod http1;
pub mod operator;

use crate::{
	chain::{damage::Damage, types::Client},
	index::Index,
};
use authenticated::{params::RpcAuthParams, token::TokenFile, token_cache::TokenCache};
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
	pub rpc_auth: RpcAuthParams,
	#[allow(missing_docs)]
	#[command(flatten)]
	pub operator: OperatorParams,
	#[allow(missing_docs)]
	#[command(flatten)]
	pub health: HealthParams,
}

impl ListenerParams {
	/// Checks the options as far as possible before the node runs.
	///
	/// # Errors
	/// Why the listeners can't be opened as requested.
	pub fn check(&self) -> Result<(), Error> {
		self.rpc_auth.encryption().map(|_| ())
	}
}

/// The parts of the node that the listeners need.
pub struct Dependencies<'a> {
	/// Every JSON-RPC method of the node.
	pub methods: Methods,
	/// The client that executes and stores blocks.
	pub client: Arc<Client>,
	/// The network's synchronisation.
	pub sync: Arc<SyncingService<Block>>,
	/// The index of finalized events; none when the node keeps none.
	pub index: Option<Arc<Index>>,
	/// What is damaged in the node's database.
	pub damage: Damage,
	/// The directory of the chain.
	pub directory: &'a Path,
	/// The registry of Prometheus metrics; none when there is none.
	pub registry: Option<&'a Registry>,
}

/// Opens the listeners that were requested.
///
/// # Errors
/// When one of them can't be opened as requested.
pub fn open(params: &ListenerParams, dependencies: Dependencies<'_>, tasks: &mut TaskManager) -> Result<(), Error> {
	let Dependencies {
		methods,
		client,
		sync,
		index,
		damage,
		directory,
		registry,
	} = dependencies;
	let mut tokens = None;
	if let Some(address) = params.rpc_auth.rpc_auth {
		let cache = Arc::new(TokenCache::new(TokenFile::in_directory(directory)));
		let metrics = authenticated::metrics::Metrics::new(registry)?;
		let listener = authenticated::open(&params.rpc_auth, address, &methods, cache.clone(), metrics)?;
		tasks.keep_alive(listener);
		tokens = Some(cache);
	}
	let handle = tasks.spawn_handle();
	if let Some(socket) = &params.operator.operator_socket {
		operator::open(socket, methods, &handle)?;
	}
	let health = Health {
		client,
		sync,
		index,
		tokens,
		damage,
		max_lag: params.health.ready_max_lag,
	};
	if let Some(registry) = registry {
		let update = health::update_metrics(health.clone(), Metrics::new(registry)?);
		handle.spawn("health-metrics", Some("health"), update);
	}
	if let Some(address) = params.health.health {
		health::listen(address, health, &handle)?;
	}
	Ok(())
}
